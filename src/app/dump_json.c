/* What was seen, as JSON: every field of lanchat(7) by its name in wire.h. */
#include <inttypes.h>

#include "dump.h"
#include "json.h"
#include "lanchat/fields.h"

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

static void put_octets(struct object *object, const char *name, struct span octets)
{
    put_key(object, name);
    fputc('"', object->file);
    for (size_t i = 0; i < octets.length; i++)
        fprintf(object->file, "%02x", (uint8_t)octets.bytes[i]);
    fputc('"', object->file);
}

/* The word for a number, or the member's name and the number if there is none. */
static void put_word(struct object *object, const char *name, const char *word, uint64_t number)
{
    put_key(object, name);
    if (word)
        fprintf(object->file, "\"%s\"", word);
    else
        fprintf(object->file, "\"%s %" PRIu64 "\"", name, number);
}

static const char *state_name(uint64_t state)
{
    static const char *const names[] = {"here", "gone", "withdrawn"};

    return state < sizeof names / sizeof *names ? names[state] : NULL;
}

static const char *ask_name(uint64_t kind)
{
    static const char *const names[] = {NULL, "numbers", "last", "vector", "roster"};

    return kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

/* A set of paths: an array of their names. */
static void put_paths(struct object *object, const char *name, uint64_t set)
{
    const char *comma = "";

    put_key(object, name);
    fputc('[', object->file);
    for (unsigned path = 0; path < 8; path++) {
        if (!(set & 1u << path))
            continue;
        const char *word = wire_path_name(path);
        if (word)
            fprintf(object->file, "%s\"%s\"", comma, word);
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

/* Records. */

static void put_list(struct object *object, struct field_value list);

static void put_value(struct object *object, const struct field_value *value)
{
    switch (value->sense) {
    case FIELD_NUMBER:
        put_number(object, value->name, value->number);
        break;
    case FIELD_ID:
        put_id(object, value->name, value->number);
        break;
    case FIELD_ROOM:
        put_id(object, value->name, value->number);
        put_name(object, "room_name", known_room(object->known, value->number));
        break;
    case FIELD_CLOCK:
        put_key(object, "clock");
        json_time_ms(object->file, value->number);
        break;
    case FIELD_ROLE:
        put_word(object, value->name, wire_role_name(value->number), value->number);
        break;
    case FIELD_STATE:
        put_word(object, value->name, state_name(value->number), value->number);
        break;
    case FIELD_ASK:
        put_word(object, value->name, ask_name(value->number), value->number);
        break;
    case FIELD_PATH:
        put_word(object, value->name, wire_path_name(value->number), value->number);
        break;
    case FIELD_PATHS:
        put_paths(object, value->name, value->number);
        break;
    case FIELD_NAME:
        put_name(object, value->name, value->text);
        break;
    case FIELD_TEXT:
        put_text(object, value->name, value->text);
        break;
    case FIELD_OCTETS:
        put_octets(object, value->name, value->text);
        break;
    case FIELD_LIST:
        put_list(object, *value);
        break;
    }
}

static void put_fields(struct object *object, struct fields fields)
{
    struct field_value value;

    while (field_next(&fields, &value))
        put_value(object, &value);
}

static void put_list(struct object *object, struct field_value list)
{
    union wire_item item;
    struct fields fields;

    begin_list(object, list.name);
    while (field_next_item(&list, &item, &fields)) {
        begin_item(object);
        put_fields(object, fields);
        end_item(object);
    }
    end_list(object);
}

static void put_flags(struct object *object, const struct wire_record *record)
{
    static const struct {
        uint8_t type, flag;
        const char *name;
    } flags[] = {
        {WIRE_MESSAGE,        WIRE_ACTION,       "action"      },
        {WIRE_MESSAGE,        WIRE_FROM_TEXT,    "from_text"   },
        {WIRE_MESSAGE,        WIRE_CONTINUATION, "continuation"},
        {WIRE_MESSAGE,        WIRE_CONTINUED,    "continued"   },
        {WIRE_SEALED_MESSAGE, WIRE_ACTION,       "action"      },
        {WIRE_SEALED_MESSAGE, WIRE_FROM_TEXT,    "from_text"   },
        {WIRE_SEALED_MESSAGE, WIRE_CONTINUATION, "continuation"},
        {WIRE_SEALED_MESSAGE, WIRE_CONTINUED,    "continued"   },
        {WIRE_HELLO,          WIRE_JOINING,      "joining"     },
        {WIRE_ROSTER,         WIRE_PAGE,         "page"        },
        {WIRE_REQUEST,        WIRE_INSISTS,      "insists"     },
        {WIRE_GONE,           WIRE_BEFORE,       "before"      },
        {WIRE_PROMPT,         WIRE_LACKING,      "lacking"     },
        {WIRE_PRIVATE,        WIRE_ACTION,       "action"      },
        {WIRE_SEALED_PRIVATE, WIRE_ACTION,       "action"      },
    };

    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].type == record->type)
            put_bool(object, flags[i].name, record->flags & flags[i].flag);
}

/* What was seen. */

static void put_header(struct object *object, const struct wire_header *header)
{
    uint64_t path = header->path & WIRE_PATH_KIND;

    put_number(object, "version", header->version);
    put_number(object, "flags", header->flags);
    put_bool(object, "old", header->flags & WIRE_OLD);
    put_number(object, "hops", header->hops);
    put_id(object, "sender", header->sender);
    put_number(object, "counter", header->counter);
    put_word(object, "path", wire_path_name(path), path);
    put_number(object, "link", header->path / (WIRE_PATH_KIND + 1));
}

static void put_records(struct object *object, const struct dump *dump, struct wire_datagram *datagram)
{
    struct wire_record record;

    begin_list(object, "records");
    while (wire_next_any(datagram, &record)) {
        const char *name = field_type_name(record.type);
        known_learn(dump->known, datagram->header.sender, &record);
        begin_item(object);
        put_key(object, "type");
        if (name)
            fprintf(object->file, "\"%s\"", name);
        else
            fprintf(object->file, "\"type %u\"", record.type);
        put_number(object, "flags", record.flags);
        put_fields(object, fields_of(&record));
        put_flags(object, &record);
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
    const struct span bytes = {(const char *)item->bytes, item->length};
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
        put_text(&object, "text", bytes);
    else if (item->kind == CAPTURE_PREFACE)
        put_id(&object, "id", item->id);
    if (dump->options->hex)
        put_octets(&object, "bytes", bytes);
    fputc('}', object.file);
}
