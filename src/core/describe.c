#include "lanchat/describe.h"

#include "lanchat/fields.h"

/* Text of bounded length. What does not fit is left out, and all behind it. */
struct out {
    char *at, *end; /* the end has room for the terminator */
    bool full;
};

static struct out out_begin(char *text, size_t size)
{
    return (struct out){text, text + size - 1, false};
}

static void put(struct out *out, struct span text)
{
    out->full |= (size_t)(out->end - out->at) < text.length;
    if (out->full || text.length == 0)
        return;
    memcpy(out->at, text.bytes, text.length);
    out->at += text.length;
}

static void put_string(struct out *out, const char *string)
{
    put(out, span_of(string));
}

static void put_number(struct out *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put(out, (struct span){digits + at, sizeof digits - at});
}

static void put_id(struct out *out, uint64_t id)
{
    char digits[16];

    for (size_t i = sizeof digits; i > 0; id >>= 4)
        digits[--i] = "0123456789abcdef"[id & 0xf];
    put(out, (struct span){digits, sizeof digits});
}

size_t describe_show(struct span *rest, char out[DESCRIBE_SHOW_MAX])
{
    struct span character = *rest, again;
    char shown[4];

    text_next(rest);
    character.length -= rest->length;
    if (character.bytes[0] == '\n') {
        out[0] = '\\';
        out[1] = 'n';
        return 2;
    }
    again = character;
    if (text_show(&again, shown) == character.length &&
        memcmp(shown, character.bytes, character.length) == 0) {
        memcpy(out, shown, character.length);
        return character.length;
    }
    for (size_t i = 0; i < character.length; i++) {
        uint8_t octet = (uint8_t)character.bytes[i];
        out[4 * i] = '\\';
        out[4 * i + 1] = 'x';
        out[4 * i + 2] = "0123456789abcdef"[octet >> 4];
        out[4 * i + 3] = "0123456789abcdef"[octet & 0xf];
    }
    return 4 * character.length;
}

static void put_shown(struct out *out, struct span text)
{
    char shown[DESCRIBE_SHOW_MAX];

    while (text.length > 0) {
        size_t length = describe_show(&text, shown);
        put(out, (struct span){shown, length});
    }
}

/* What is being described. */
struct view {
    struct known *known;
    uint64_t sender;
    struct out *out;
};

static void put_who(const struct view *view, uint64_t id)
{
    struct span nick = known_nick(view->known, id);

    if (nick.length > 0)
        put_shown(view->out, nick);
    else
        put_id(view->out, id);
}

static void put_range(struct out *out, uint64_t first, uint64_t last)
{
    put_number(out, first);
    if (last == first)
        return;
    put_string(out, "-");
    put_number(out, last);
}

/* One function for each type of record. */

static void put_message(const struct view *view, const struct wire_record *record)
{
    bool action = record->flags & WIRE_ACTION;

    put_string(view->out, action ? "* " : "");
    put_shown(view->out, record->message.nick);
    put_string(view->out, action ? " " : ": ");
    put_shown(view->out, record->message.text);
}

static void put_sealed_message(const struct view *view, const struct wire_record *record)
{
    put_string(view->out, "sealed message ");
    put_number(view->out, record->sealed_message.number);
    put_string(view->out, " from ");
    put_who(view, record->sealed_message.origin);
}

static void put_hello(const struct view *view, const struct wire_record *record)
{
    uint8_t role = record->hello.role;
    bool person = role == WIRE_PERSON || role == WIRE_TEXT;

    put_string(view->out, "hello from ");
    if (person || record->hello.nick.length > 0) {
        put_who(view, view->sender);
    } else {
        put_string(view->out, wire_role_name(role < WIRE_SERVER ? role : WIRE_TOOL));
        put_string(view->out, " ");
        put_id(view->out, view->sender);
    }
    put_string(view->out, ", ");
    put_number(view->out, known_people(view->known, view->sender));
    put_string(view->out, record->flags & WIRE_JOINING ? " here, joining" : " here");
}

static const char *state_name(uint8_t state)
{
    return state == WIRE_HERE ? "here" : state == WIRE_WITHDRAWN ? "withdrawn" : "gone";
}

#define ENTRIES_NAMED 3

static void put_roster(const struct view *view, const struct wire_record *record)
{
    struct wire_list entries = record->roster.entries;
    struct wire_entry entry;

    put_string(view->out, record->flags & WIRE_PAGE ? "roster page: " : "roster: ");
    if (entries.count == 0)
        put_string(view->out, "nobody");
    if (entries.count > ENTRIES_NAMED) {
        put_number(view->out, entries.count);
        put_string(view->out, " entries");
        return;
    }
    for (const char *comma = ""; wire_next_entry(&entries, &entry); comma = ", ") {
        put_string(view->out, comma);
        put_who(view, entry.id);
        put_string(view->out, " ");
        put_string(view->out, state_name(entry.state));
    }
}

static void put_ask(const struct view *view, const struct wire_ask *ask)
{
    switch (ask->kind) {
    case WIRE_ASK_NUMBERS:
        put_who(view, ask->key);
        put_string(view->out, " ");
        put_range(view->out, ask->from, ask->from + (ask->count > 0 ? ask->count - 1 : 0));
        break;
    case WIRE_ASK_LAST:
        put_string(view->out, "last ");
        put_number(view->out, ask->count);
        break;
    case WIRE_ASK_VECTOR:
        put_string(view->out, "vector");
        break;
    case WIRE_ASK_ROSTER:
        put_string(view->out, "roster");
        break;
    default:
        put_string(view->out, "ask ");
        put_number(view->out, ask->kind);
    }
}

static void put_request(const struct view *view, const struct wire_record *record)
{
    struct wire_list asks = record->request.asks;
    struct wire_ask ask;

    put_string(view->out, "request");
    if (record->request.to != 0) {
        put_string(view->out, " to ");
        put_who(view, record->request.to);
    }
    put_string(view->out, asks.count > 0 ? ": " : ": nothing");
    for (const char *comma = ""; wire_next_ask(&asks, &ask); comma = ", ") {
        put_string(view->out, comma);
        put_ask(view, &ask);
    }
    put_string(view->out, record->flags & WIRE_INSISTS ? ", insists" : "");
}

static void put_summary(const struct view *view, const struct wire_record *record)
{
    size_t count = record->summary.vectors.count;

    put_string(view->out, "summary: ");
    put_number(view->out, count);
    put_string(view->out, count == 1 ? " stream" : " streams");
}

static void put_gone(const struct view *view, const struct wire_record *record)
{
    put_string(view->out, "gone: ");
    put_who(view, record->gone.origin);
    put_string(view->out, " ");
    put_range(view->out, record->gone.first, record->gone.last);
    put_string(view->out, record->flags & WIRE_BEFORE ? ", before" : "");
}

static void put_bye(const struct view *view, const struct wire_record *record)
{
    (void)record;
    put_string(view->out, "bye from ");
    put_who(view, view->sender);
}

static void put_prompt(const struct view *view, const struct wire_record *record)
{
    const struct wire_prompt *prompt = &record->prompt;

    put_string(view->out, "prompt to ");
    if (prompt->first == prompt->last) {
        put_who(view, prompt->first);
    } else if (prompt->first == 0 && prompt->last == UINT64_MAX) {
        put_string(view->out, "all");
    } else {
        put_id(view->out, prompt->first);
        put_string(view->out, "-");
        put_id(view->out, prompt->last);
    }
    if (prompt->origin != 0) {
        put_string(view->out, " for ");
        put_who(view, prompt->origin);
        put_string(view->out, " ");
        put_number(view->out, prompt->number);
    }
    put_string(view->out, record->flags & WIRE_LACKING ? " who lacks it" : "");
}

static void put_from_to(const struct view *view, const char *what, uint64_t from, uint64_t to)
{
    put_string(view->out, what);
    put_string(view->out, " from ");
    put_who(view, from);
    put_string(view->out, " to ");
    put_who(view, to);
}

static void put_private(const struct view *view, const struct wire_record *record)
{
    put_string(view->out, "private from ");
    put_shown(view->out, record->private.nick);
    put_string(view->out, " to ");
    put_who(view, record->private.to);
    put_string(view->out, ": ");
    put_shown(view->out, record->private.text);
}

static void put_acknowledgement(const struct view *view, const struct wire_record *record)
{
    put_from_to(view, "acknowledgement", record->acknowledgement.from, record->acknowledgement.to);
}

static void put_probe(const struct view *view, const struct wire_record *record)
{
    const struct wire_probe *probe = &record->probe;

    if (probe->to != 0) {
        put_from_to(view, "probe", probe->from, probe->to);
        return;
    }
    put_string(view->out, "probe from ");
    put_who(view, probe->from);
    put_string(view->out, " to anybody");
}

static void put_probe_answer(const struct view *view, const struct wire_record *record)
{
    put_from_to(view, "probe answer", record->probe_answer.from, record->probe_answer.to);
}

static void put_sealed_presence(const struct view *view, const struct wire_record *record)
{
    put_string(view->out, "sealed presence of ");
    put_who(view, record->sealed_presence.sender);
    put_string(view->out, ", ");
    put_string(view->out, state_name(record->sealed_presence.state));
}

static void put_sealed_private(const struct view *view, const struct wire_record *record)
{
    put_from_to(view, "sealed private", record->sealed_private.from, record->sealed_private.to);
}

typedef void put_record(const struct view *view, const struct wire_record *record);

static put_record *const records[] = {
    [WIRE_MESSAGE] = put_message,
    [WIRE_SEALED_MESSAGE] = put_sealed_message,
    [WIRE_HELLO] = put_hello,
    [WIRE_ROSTER] = put_roster,
    [WIRE_REQUEST] = put_request,
    [WIRE_SUMMARY] = put_summary,
    [WIRE_GONE] = put_gone,
    [WIRE_BYE] = put_bye,
    [WIRE_PROMPT] = put_prompt,
    [WIRE_PRIVATE] = put_private,
    [WIRE_ACKNOWLEDGEMENT] = put_acknowledgement,
    [WIRE_PROBE] = put_probe,
    [WIRE_PROBE_ANSWER] = put_probe_answer,
    [WIRE_SEALED_PRESENCE] = put_sealed_presence,
    [WIRE_SEALED_PRIVATE] = put_sealed_private,
};

/* As a column has it: without spaces. */
static void put_type(struct out *out, uint8_t type)
{
    const char *name = field_type_name(type);

    for (const char *at = name ? name : "type "; *at; at++)
        put(out, (struct span){*at == ' ' ? "-" : at, 1});
    if (!name)
        put_number(out, type);
}

static void put_any_record(const struct view *view, const struct wire_record *record)
{
    const char *name = field_type_name(record->type);

    if (record->type < sizeof records / sizeof *records && records[record->type]) {
        records[record->type](view, record);
        return;
    }
    put_string(view->out, name ? name : "type ");
    if (!name)
        put_number(view->out, record->type);
}

static void put_malformed(struct out *out, const struct wire_error *error)
{
    put_string(out, "malformed at ");
    put_number(out, error->offset);
    put_string(out, ": ");
    put_string(out, error->reason);
    if (!error->record)
        return;
    put_string(out, " (");
    put_string(out, error->record);
    put_string(out, error->field ? " " : "");
    put_string(out, error->field ? error->field : "");
    put_string(out, ")");
}

void describe_datagram(struct known *known, const uint8_t *bytes, size_t length, struct description *out)
{
    struct out types = out_begin(out->types, sizeof out->types);
    struct out text = out_begin(out->text, sizeof out->text);
    struct wire_datagram datagram;
    struct wire_record record;
    size_t count = 0;

    bool good = wire_open(&datagram, bytes, length);
    const struct view view = {known, datagram.header.sender, &text};
    for (; good && wire_next_any(&datagram, &record); count++) {
        known_learn(known, view.sender, &record);
        put_string(&types, count > 0 ? "+" : "");
        put_type(&types, record.type);
        put_string(&text, count > 0 ? "; " : "");
        put_any_record(&view, &record);
    }
    if (!good) {
        put_string(&types, "malformed");
        put_malformed(&text, &datagram.error);
    } else if (count == 0) {
        put_string(&types, "-");
        put_string(&text, "no records");
    }
    *types.at = *text.at = '\0';
}
