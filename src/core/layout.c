#include "layout.h"

#define NUMERIC(sense, type, member, optional)                                                               \
    {                                                                                                        \
#member, NUMBER, offsetof(struct type, member), sizeof(((struct type *)0)->member), FIELD_##sense,   \
            NULL, optional                                                                                   \
    }
#define SENSE(sense, type, member) NUMERIC(sense, type, member, false)
#define NUM(type, member)          NUMERIC(NUMBER, type, member, false)
#define NUM_OPTIONAL(type, member) NUMERIC(NUMBER, type, member, true)
#define ID(type, member)           NUMERIC(ID, type, member, false)
#define ID_OPTIONAL(type, member)  NUMERIC(ID, type, member, true)
#define FIELD(kind, type, member)                                                                            \
    {                                                                                                        \
#member, kind, offsetof(struct type, member), 0, FIELD_NUMBER, NULL, false                           \
    }
#define ITEMS(type, member, layout)                                                                          \
    {                                                                                                        \
#member, LIST, offsetof(struct type, member), 0, FIELD_NUMBER, &(layout), false                      \
    }
#define LAYOUT(name, fields, sized)                                                                          \
    {                                                                                                        \
        name, fields, sizeof(fields) / sizeof *(fields), sized                                               \
    }

static const struct field room_fields[] = {
    ID(wire_room, tag),
    ID(wire_room, vector_digest),
    ID(wire_room, roster_digest),
    FIELD(ROOM_OR_NONE, wire_room, name),
};
const struct layout room_layout = LAYOUT("room", room_fields, true);

static const struct field pair_fields[] = {ID(wire_pair, origin), NUM(wire_pair, highest),
                                           NUM(wire_pair, lost)};
const struct layout pair_layout = LAYOUT("pair", pair_fields, false);

static const struct field exception_fields[] = {ID(wire_exception, id), SENSE(PATHS, wire_exception, paths)};
const struct layout exception_layout = LAYOUT("exception", exception_fields, false);

static const struct field entry_fields[] = {
    ID(wire_entry, id),
    NUM(wire_entry, version),
    NUM(wire_entry, highest),
    SENSE(STATE, wire_entry, state),
    SENSE(ROLE, wire_entry, role),
    FIELD(NICK_OR_NONE, wire_entry, nick),
    ID_OPTIONAL(wire_entry, server),
    NUM_OPTIONAL(wire_entry, server_up),
};
const struct layout entry_layout = LAYOUT("entry", entry_fields, true);

static const struct field ask_fields[] = {
    SENSE(ASK, wire_ask, kind), ID(wire_ask, key),         NUM(wire_ask, from),
    NUM(wire_ask, count),       ID_OPTIONAL(wire_ask, id),
};
const struct layout ask_layout = LAYOUT("ask", ask_fields, true);

static const struct field vector_fields[] = {ID(wire_vector, origin), NUM(wire_vector, highest),
                                             NUM(wire_vector, stamp), NUM(wire_vector, lowest)};
const struct layout vector_layout = LAYOUT("vector", vector_fields, true);

static const struct field known_fields[] = {ID(wire_known, id)};
const struct layout known_layout = LAYOUT("known", known_fields, false);

static const struct field message_fields[] = {
    ID(wire_message, origin),        NUM(wire_message, number),
    NUM(wire_message, stamp),        SENSE(CLOCK, wire_message, clock_ms),
    SENSE(ROOM, wire_message, room), FIELD(NICK, wire_message, nick),
    FIELD(TEXT, wire_message, text),
};

static const struct field sealed_message_fields[] = {
    ID(wire_sealed_message, origin),          NUM(wire_sealed_message, number),
    NUM(wire_sealed_message, stamp),          SENSE(ROOM, wire_sealed_message, room),
    FIELD(NONCE, wire_sealed_message, nonce), FIELD(SEALED, wire_sealed_message, sealed),
};

static const struct field hello_fields[] = {
    NUM(wire_hello, stamp),
    NUM(wire_hello, version),
    NUM(wire_hello, highest),
    NUM(wire_hello, interval_ms),
    ID(wire_hello, nonce),
    ID(wire_hello, echo),
    SENSE(ROLE, wire_hello, role),
    SENSE(PATHS, wire_hello, hears),
    FIELD(NICK_OR_NONE, wire_hello, nick),
    ITEMS(wire_hello, rooms, room_layout),
    ITEMS(wire_hello, pairs, pair_layout),
    ITEMS(wire_hello, exceptions, exception_layout),
};

static const struct field roster_fields[] = {
    SENSE(ROOM, wire_roster, room), ID(wire_roster, digest), NUM(wire_roster, stamp),
    ID(wire_roster, first),         ID(wire_roster, last),   ITEMS(wire_roster, entries, entry_layout),
};

static const struct field request_fields[] = {ID(wire_request, to), ITEMS(wire_request, asks, ask_layout)};

static const struct field summary_fields[] = {
    SENSE(ROOM, wire_summary, room), ID(wire_summary, digest), NUM(wire_summary, stamp),
    ID(wire_summary, first),         ID(wire_summary, last),   ITEMS(wire_summary, vectors, vector_layout),
};

static const struct field gone_fields[] = {SENSE(ROOM, wire_gone, room), ID(wire_gone, origin),
                                           NUM(wire_gone, first), NUM(wire_gone, last)};

static const struct field bye_fields[] = {SENSE(ROOM, wire_bye, room), NUM(wire_bye, version),
                                          NUM(wire_bye, highest)};

static const struct field prompt_fields[] = {
    SENSE(ROOM, wire_prompt, room), ID(wire_prompt, first),
    ID(wire_prompt, last),          ID(wire_prompt, origin),
    NUM(wire_prompt, number),       ID(wire_prompt, nonce),
    ID(wire_prompt, echo),          ITEMS(wire_prompt, known, known_layout),
};

static const struct field private_fields[] = {
    ID(wire_private, from),          ID(wire_private, to),
    ID(wire_private, token),         NUM(wire_private, part),
    NUM(wire_private, parts),        SENSE(CLOCK, wire_private, clock_ms),
    SENSE(ROOM, wire_private, room), FIELD(NICK, wire_private, nick),
    FIELD(TEXT, wire_private, text),
};

static const struct field acknowledgement_fields[] = {
    ID(wire_acknowledgement, from),
    ID(wire_acknowledgement, to),
    ID(wire_acknowledgement, token),
    NUM(wire_acknowledgement, part),
};

static const struct field probe_fields[] = {
    ID(wire_probe, from),     ID(wire_probe, to),    ID(wire_probe, token),
    NUM(wire_probe, time_us), ID(wire_probe, nonce), ID(wire_probe, echo),
};

static const struct field probe_answer_fields[] = {
    ID(wire_probe_answer, from),          ID(wire_probe_answer, to),    ID(wire_probe_answer, token),
    NUM(wire_probe_answer, time_us),      ID(wire_probe_answer, nonce), ID(wire_probe_answer, echo),
    SENSE(PATH, wire_probe_answer, path), NUM(wire_probe_answer, hops),
};

static const struct field sealed_presence_fields[] = {
    ID(wire_sealed_presence, sender),
    SENSE(ROOM, wire_sealed_presence, room),
    NUM(wire_sealed_presence, version),
    NUM(wire_sealed_presence, stamp),
    SENSE(STATE, wire_sealed_presence, state),
    FIELD(NONCE, wire_sealed_presence, nonce),
    FIELD(SEALED, wire_sealed_presence, sealed),
};

static const struct field sealed_private_fields[] = {
    ID(wire_sealed_private, from),
    ID(wire_sealed_private, to),
    ID(wire_sealed_private, token),
    NUM(wire_sealed_private, part),
    NUM(wire_sealed_private, parts),
    SENSE(ROOM, wire_sealed_private, room),
    FIELD(NONCE, wire_sealed_private, nonce),
    FIELD(SEALED, wire_sealed_private, sealed),
};

static const struct layout records[] = {
    [WIRE_MESSAGE] = LAYOUT("message", message_fields, false),
    [WIRE_SEALED_MESSAGE] = LAYOUT("sealed message", sealed_message_fields, false),
    [WIRE_HELLO] = LAYOUT("hello", hello_fields, false),
    [WIRE_ROSTER] = LAYOUT("roster", roster_fields, false),
    [WIRE_REQUEST] = LAYOUT("request", request_fields, false),
    [WIRE_SUMMARY] = LAYOUT("summary", summary_fields, false),
    [WIRE_GONE] = LAYOUT("gone", gone_fields, false),
    [WIRE_BYE] = LAYOUT("bye", bye_fields, false),
    [WIRE_PROMPT] = LAYOUT("prompt", prompt_fields, false),
    [WIRE_PRIVATE] = LAYOUT("private", private_fields, false),
    [WIRE_ACKNOWLEDGEMENT] = LAYOUT("acknowledgement", acknowledgement_fields, false),
    [WIRE_PROBE] = LAYOUT("probe", probe_fields, false),
    [WIRE_PROBE_ANSWER] = LAYOUT("probe answer", probe_answer_fields, false),
    [WIRE_SEALED_PRESENCE] = LAYOUT("sealed presence", sealed_presence_fields, false),
    [WIRE_SEALED_PRIVATE] = LAYOUT("sealed private", sealed_private_fields, false),
};

const struct layout *layout_of(uint8_t type)
{
    return type < sizeof records / sizeof *records && records[type].fields ? &records[type] : NULL;
}
