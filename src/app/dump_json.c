/* What was seen, as JSON: every field of lanchat(7) by its name in wire.h. */
#include <inttypes.h>

#include "dump.h"
#include "json.h"

/* Members of an object that is being written; the first has no comma before it. */
struct object {
    FILE *file;
    const struct known *known;
    const char *comma;
};

static void put_key(struct object *object, const char *name)
{
    fprintf(object->file, "%s\"%s\":", object->comma, name);
    object->comma = ",";
}

static void put_number(struct object *object, const char *name, uint64_t number)
{
    put_key(object, name);
    fprintf(object->file, "%" PRIu64, number);
}

static void put_id(struct object *object, const char *name, uint64_t id)
{
    put_key(object, name);
    fprintf(object->file, "\"%016" PRIx64 "\"", id);
}

static void put_bool(struct object *object, const char *name, bool is)
{
    put_key(object, name);
    fputs(is ? "true" : "false", object->file);
}

static void put_text(struct object *object, const char *name, struct span text)
{
    put_key(object, name);
    json_string(object->file, text);
}

/* What may be missing, which an empty name is. */
static void put_name(struct object *object, const char *name, struct span text)
{
    put_key(object, name);
    if (text.length > 0)
        json_string(object->file, text);
    else
        fputs("null", object->file);
}

static void put_octets(struct object *object, const char *name, const uint8_t *octets, size_t length)
{
    put_key(object, name);
    fputc('"', object->file);
    for (size_t i = 0; i < length; i++)
        fprintf(object->file, "%02x", octets[i]);
    fputc('"', object->file);
}

static void put_clock(struct object *object, uint64_t clock_ms)
{
    put_key(object, "clock");
    json_time_ms(object->file, clock_ms);
}

static void put_room(struct object *object, uint64_t tag)
{
    put_id(object, "room", tag);
    put_name(object, "room_name", known_room(object->known, tag));
}

/* The word for a number, or `kind` and the number if there is none. */
static void put_word(struct object *object, const char *name, const char *const words[], size_t count,
                     unsigned number)
{
    put_key(object, name);
    if (number < count && words[number])
        fprintf(object->file, "\"%s\"", words[number]);
    else
        fprintf(object->file, "\"%s %u\"", name, number);
}

#define WORDS(list) (list), sizeof(list) / sizeof *(list)

static const char *const roles[] = {"person", "listener", "relay", "hub", "text", "tool", "server"};
static const char *const states[] = {"here", "gone", "withdrawn"};
static const char *const kinds[] = {NULL, "numbers", "last", "vector", "roster"};
static const char *const paths[] = {"group4", "group6", "broadcast", "nodes6", "unicast", "link"};

/* A set of paths: an array of their names. */
static void put_paths(struct object *object, const char *name, uint8_t set)
{
    const char *comma = "";

    put_key(object, name);
    fputc('[', object->file);
    for (unsigned path = 0; path < 8; path++) {
        if (!(set & 1u << path))
            continue;
        if (path < sizeof paths / sizeof *paths)
            fprintf(object->file, "%s\"%s\"", comma, paths[path]);
        else
            fprintf(object->file, "%s\"path %u\"", comma, path);
        comma = ",";
    }
    fputc(']', object->file);
}

/* Lists. */

static void begin_list(struct object *object, const char *name)
{
    put_key(object, name);
    fputc('[', object->file);
    object->comma = "";
}

static void begin_item(struct object *object)
{
    fprintf(object->file, "%s{", object->comma);
    object->comma = "";
}

static void end_item(struct object *object)
{
    fputc('}', object->file);
    object->comma = ",";
}

static void end_list(struct object *object)
{
    fputc(']', object->file);
    object->comma = ",";
}

static void put_rooms(struct object *object, struct wire_list list)
{
    struct wire_room room;

    begin_list(object, "rooms");
    while (wire_next_room(&list, &room)) {
        begin_item(object);
        put_id(object, "tag", room.tag);
        put_id(object, "vector_digest", room.vector_digest);
        put_id(object, "roster_digest", room.roster_digest);
        put_name(object, "name", room.name);
        end_item(object);
    }
    end_list(object);
}

static void put_pairs(struct object *object, struct wire_list list)
{
    struct wire_pair pair;

    begin_list(object, "pairs");
    while (wire_next_pair(&list, &pair)) {
        begin_item(object);
        put_id(object, "origin", pair.origin);
        put_number(object, "highest", pair.highest);
        put_number(object, "lost", pair.lost);
        end_item(object);
    }
    end_list(object);
}

static void put_exceptions(struct object *object, struct wire_list list)
{
    struct wire_exception exception;

    begin_list(object, "exceptions");
    while (wire_next_exception(&list, &exception)) {
        begin_item(object);
        put_id(object, "id", exception.id);
        put_paths(object, "paths", exception.paths);
        end_item(object);
    }
    end_list(object);
}

static void put_entries(struct object *object, struct wire_list list)
{
    struct wire_entry entry;

    begin_list(object, "entries");
    while (wire_next_entry(&list, &entry)) {
        begin_item(object);
        put_id(object, "id", entry.id);
        put_number(object, "version", entry.version);
        put_number(object, "highest", entry.highest);
        put_word(object, "state", WORDS(states), entry.state);
        put_word(object, "role", WORDS(roles), entry.role);
        put_name(object, "nick", entry.nick);
        put_id(object, "server", entry.server);
        put_number(object, "server_up", entry.server_up);
        end_item(object);
    }
    end_list(object);
}

/* From is a number, a stamp or an id. */
static void put_asks(struct object *object, struct wire_list list)
{
    struct wire_ask ask;

    begin_list(object, "asks");
    while (wire_next_ask(&list, &ask)) {
        begin_item(object);
        put_word(object, "kind", WORDS(kinds), ask.kind);
        put_id(object, "key", ask.key);
        if (ask.kind == WIRE_ASK_NUMBERS || ask.kind == WIRE_ASK_LAST)
            put_number(object, "from", ask.from);
        else
            put_id(object, "from", ask.from);
        put_number(object, "count", ask.count);
        put_id(object, "id", ask.id);
        end_item(object);
    }
    end_list(object);
}

static void put_vectors(struct object *object, struct wire_list list)
{
    struct wire_vector vector;

    begin_list(object, "vectors");
    while (wire_next_vector(&list, &vector)) {
        begin_item(object);
        put_id(object, "origin", vector.origin);
        put_number(object, "highest", vector.highest);
        put_number(object, "stamp", vector.stamp);
        put_number(object, "lowest", vector.lowest);
        end_item(object);
    }
    end_list(object);
}

static void put_known(struct object *object, struct wire_list list)
{
    struct wire_known known;

    begin_list(object, "known");
    while (wire_next_known(&list, &known)) {
        begin_item(object);
        put_id(object, "id", known.id);
        end_item(object);
    }
    end_list(object);
}

/* One function for each type of record. */

static void put_message_flags(struct object *object, uint8_t flags)
{
    put_bool(object, "action", flags & WIRE_ACTION);
    put_bool(object, "from_text", flags & WIRE_FROM_TEXT);
    put_bool(object, "continuation", flags & WIRE_CONTINUATION);
    put_bool(object, "continued", flags & WIRE_CONTINUED);
}

static void put_message(struct object *object, const struct wire_record *record)
{
    const struct wire_message *is = &record->message;

    put_id(object, "origin", is->origin);
    put_number(object, "number", is->number);
    put_number(object, "stamp", is->stamp);
    put_clock(object, is->clock_ms);
    put_room(object, is->room);
    put_text(object, "nick", is->nick);
    put_text(object, "text", is->text);
    put_message_flags(object, record->flags);
}

static void put_sealed(struct object *object, const uint8_t *nonce, struct span sealed)
{
    put_octets(object, "nonce", nonce, WIRE_NONCE_SIZE);
    put_octets(object, "sealed", (const uint8_t *)sealed.bytes, sealed.length);
}

static void put_sealed_message(struct object *object, const struct wire_record *record)
{
    const struct wire_sealed_message *is = &record->sealed_message;

    put_id(object, "origin", is->origin);
    put_number(object, "number", is->number);
    put_number(object, "stamp", is->stamp);
    put_room(object, is->room);
    put_sealed(object, is->nonce, is->sealed);
    put_message_flags(object, record->flags);
}

static void put_hello(struct object *object, const struct wire_record *record)
{
    const struct wire_hello *is = &record->hello;

    put_number(object, "stamp", is->stamp);
    put_number(object, "version", is->version);
    put_number(object, "highest", is->highest);
    put_number(object, "interval_ms", is->interval_ms);
    put_id(object, "nonce", is->nonce);
    put_id(object, "echo", is->echo);
    put_word(object, "role", WORDS(roles), is->role);
    put_paths(object, "hears", is->hears);
    put_name(object, "nick", is->nick);
    put_rooms(object, is->rooms);
    put_pairs(object, is->pairs);
    put_exceptions(object, is->exceptions);
    put_bool(object, "joining", record->flags & WIRE_JOINING);
}

static void put_roster(struct object *object, const struct wire_record *record)
{
    const struct wire_roster *is = &record->roster;

    put_room(object, is->room);
    put_id(object, "digest", is->digest);
    put_number(object, "stamp", is->stamp);
    put_id(object, "first", is->first);
    put_id(object, "last", is->last);
    put_entries(object, is->entries);
    put_bool(object, "page", record->flags & WIRE_PAGE);
}

static void put_request(struct object *object, const struct wire_record *record)
{
    put_id(object, "to", record->request.to);
    put_asks(object, record->request.asks);
}

static void put_summary(struct object *object, const struct wire_record *record)
{
    const struct wire_summary *is = &record->summary;

    put_room(object, is->room);
    put_id(object, "digest", is->digest);
    put_number(object, "stamp", is->stamp);
    put_id(object, "first", is->first);
    put_id(object, "last", is->last);
    put_vectors(object, is->vectors);
}

static void put_gone(struct object *object, const struct wire_record *record)
{
    const struct wire_gone *is = &record->gone;

    put_room(object, is->room);
    put_id(object, "origin", is->origin);
    put_number(object, "first", is->first);
    put_number(object, "last", is->last);
    put_bool(object, "before", record->flags & WIRE_BEFORE);
}

static void put_bye(struct object *object, const struct wire_record *record)
{
    put_room(object, record->bye.room);
    put_number(object, "version", record->bye.version);
    put_number(object, "highest", record->bye.highest);
}

static void put_prompt(struct object *object, const struct wire_record *record)
{
    const struct wire_prompt *is = &record->prompt;

    put_room(object, is->room);
    put_id(object, "first", is->first);
    put_id(object, "last", is->last);
    put_id(object, "origin", is->origin);
    put_number(object, "number", is->number);
    put_id(object, "nonce", is->nonce);
    put_id(object, "echo", is->echo);
    put_known(object, is->known);
    put_bool(object, "lacking", record->flags & WIRE_LACKING);
}

static void put_way(struct object *object, uint64_t from, uint64_t to, uint64_t token)
{
    put_id(object, "from", from);
    put_id(object, "to", to);
    put_id(object, "token", token);
}

static void put_private(struct object *object, const struct wire_record *record)
{
    const struct wire_private *is = &record->private;

    put_way(object, is->from, is->to, is->token);
    put_number(object, "part", is->part);
    put_number(object, "parts", is->parts);
    put_clock(object, is->clock_ms);
    put_room(object, is->room);
    put_text(object, "nick", is->nick);
    put_text(object, "text", is->text);
    put_bool(object, "action", record->flags & WIRE_ACTION);
}

static void put_acknowledgement(struct object *object, const struct wire_record *record)
{
    const struct wire_acknowledgement *is = &record->acknowledgement;

    put_way(object, is->from, is->to, is->token);
    put_number(object, "part", is->part);
}

static void put_probe(struct object *object, const struct wire_record *record)
{
    const struct wire_probe *is = &record->probe;

    put_way(object, is->from, is->to, is->token);
    put_number(object, "time_us", is->time_us);
    put_id(object, "nonce", is->nonce);
    put_id(object, "echo", is->echo);
}

static void put_probe_answer(struct object *object, const struct wire_record *record)
{
    const struct wire_probe_answer *is = &record->probe_answer;

    put_way(object, is->from, is->to, is->token);
    put_number(object, "time_us", is->time_us);
    put_id(object, "nonce", is->nonce);
    put_id(object, "echo", is->echo);
    put_word(object, "path", WORDS(paths), is->path);
    put_number(object, "hops", is->hops);
}

static void put_sealed_presence(struct object *object, const struct wire_record *record)
{
    const struct wire_sealed_presence *is = &record->sealed_presence;

    put_id(object, "sender", is->sender);
    put_room(object, is->room);
    put_number(object, "version", is->version);
    put_number(object, "stamp", is->stamp);
    put_word(object, "state", WORDS(states), is->state);
    put_sealed(object, is->nonce, is->sealed);
}

static void put_sealed_private(struct object *object, const struct wire_record *record)
{
    const struct wire_sealed_private *is = &record->sealed_private;

    put_way(object, is->from, is->to, is->token);
    put_number(object, "part", is->part);
    put_number(object, "parts", is->parts);
    put_room(object, is->room);
    put_sealed(object, is->nonce, is->sealed);
    put_bool(object, "action", record->flags & WIRE_ACTION);
}

typedef void put_record(struct object *object, const struct wire_record *record);

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

/* What was seen. */

static void put_header(struct object *object, const struct wire_header *header)
{
    put_number(object, "version", header->version);
    put_number(object, "flags", header->flags);
    put_bool(object, "old", header->flags & WIRE_OLD);
    put_number(object, "hops", header->hops);
    put_id(object, "sender", header->sender);
    put_number(object, "counter", header->counter);
    put_word(object, "path", WORDS(paths), header->path & WIRE_PATH_KIND);
    put_number(object, "link", header->path / (WIRE_PATH_KIND + 1));
}

static void put_records(struct object *object, const struct dump *dump, struct wire_datagram *datagram)
{
    struct wire_record record;

    begin_list(object, "records");
    while (wire_next_any(datagram, &record)) {
        const char *name = record.type == WIRE_PARITY ? "parity" : wire_type_name(record.type);
        known_learn(dump->known, datagram->header.sender, &record);
        begin_item(object);
        put_key(object, "type");
        if (name)
            fprintf(object->file, "\"%s\"", name);
        else
            fprintf(object->file, "\"type %u\"", record.type);
        put_number(object, "flags", record.flags);
        if (record.type < sizeof records / sizeof *records && records[record.type])
            records[record.type](object, &record);
        end_item(object);
    }
    end_list(object);
}

static void put_malformed(struct object *object, const struct wire_error *error)
{
    put_number(object, "offset", error->offset);
    put_text(object, "reason", span_of(error->reason));
    put_name(object, "record", span_of(error->record ? error->record : ""));
    put_name(object, "field", span_of(error->field ? error->field : ""));
}

static void put_datagram(struct object *object, const struct dump *dump, struct wire_datagram *datagram,
                         size_t lacking)
{
    put_number(object, "length", datagram->length + lacking);
    if (lacking > 0)
        put_number(object, "lacking", lacking);
    if (datagram->error.reason) {
        put_malformed(object, &datagram->error);
        return;
    }
    put_header(object, &datagram->header);
    put_records(object, dump, datagram);
}

void dump_json(const struct dump *dump, const struct dump_item *item)
{
    static const char *const events[] = {"datagram", "text", "greeting", "preface"};
    struct object object = {dump->output.file, dump->known, ","};
    struct wire_datagram datagram;
    bool malformed = item->kind == CAPTURE_DATAGRAM && !wire_open(&datagram, item->bytes, item->length);

    fprintf(object.file, "{\"event\":\"%s\"", malformed ? "malformed" : events[item->kind]);
    put_key(&object, "time");
    json_time_us(object.file, item->time_us);
    put_name(&object, "interface", span_of(item->interface ? item->interface : ""));
    put_text(&object, "source", span_of(item->source));
    put_text(&object, "destination", span_of(item->destination));
    if (item->kind == CAPTURE_DATAGRAM)
        put_datagram(&object, dump, &datagram, item->lacking);
    else if (item->kind == CAPTURE_TEXT)
        put_text(&object, "text", (struct span){(const char *)item->bytes, item->length});
    else if (item->kind == CAPTURE_PREFACE)
        put_id(&object, "id", item->id);
    if (dump->options->hex)
        put_octets(&object, "bytes", item->bytes, item->length);
    fputc('}', object.file);
}
