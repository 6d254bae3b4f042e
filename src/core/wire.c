#include "lanchat/wire.h"

#include <string.h>

#include "cursor.h"
#include "hash.h"
#include "layout.h"

const char *wire_type_name(uint8_t type)
{
    const struct layout *layout = layout_of(type);
    return layout ? layout->name : NULL;
}

const char *wire_role_name(uint64_t role)
{
    static const char *const names[] = {"person", "listener", "relay", "hub", "text", "tool", "server"};

    return role <= WIRE_SERVER ? names[role] : NULL;
}

const char *wire_path_name(uint64_t path)
{
    static const char *const names[] = {"group4", "group6", "broadcast", "nodes6", "unicast", "link"};

    return path < WIRE_PATHS ? names[path] : NULL;
}

uint64_t wire_room_tag(struct span name)
{
    return hash_bytes(name.bytes, name.length);
}

/* Reading. A function that refuses says why and where and returns false; running out of bytes is noticed by
 * the cursor and checked where a field ends. What was checked once is read again without looking at each of
 * its characters. */
struct refusal {
    const char *reason, *field;
    const uint8_t *at;
    bool checked;
};

static void store_number(void *at, size_t size, uint64_t value)
{
    switch (size) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(uint64_t *)at = value;
    }
}

uint64_t layout_number(const struct field *field, const void *member)
{
    switch (field->size) {
    case 1:
        return *(const uint8_t *)member;
    case 4:
        return *(const uint32_t *)member;
    default:
        return *(const uint64_t *)member;
    }
}

static struct span read_span(struct reader *reader, size_t length_size)
{
    size_t length = (size_t)reader_number(reader, length_size);
    const uint8_t *bytes = reader_bytes(reader, length);

    return (struct span){(const char *)bytes, bytes ? length : 0};
}

static bool read_fields(struct reader *reader, const struct layout *layout, void *out,
                        struct refusal *refusal);

static bool read_item(struct reader *reader, const struct layout *layout, void *out, struct refusal *refusal)
{
    if (!layout->sized)
        return read_fields(reader, layout, out, refusal);
    size_t length = (size_t)reader_number(reader, 1);
    const uint8_t *bytes = reader_bytes(reader, length);
    if (!bytes) {
        refusal->reason = "truncated";
        return false;
    }
    struct reader item = {bytes, bytes + length, false};
    return read_fields(&item, layout, out, refusal);
}

static bool read_list(struct reader *reader, const struct layout *items, struct wire_list *list,
                      struct refusal *refusal)
{
    list->count = (size_t)reader_number(reader, 1);
    list->bytes = reader->at;
    for (size_t i = 0; i < list->count; i++) {
        union wire_item item;
        if (refusal->checked && items->sized)
            reader_bytes(reader, (size_t)reader_number(reader, 1));
        else if (!read_item(reader, items, &item, refusal))
            return false;
    }
    list->length = (size_t)(reader->at - list->bytes);
    return true;
}

static bool name_allowed(enum kind kind, struct span name)
{
    if (name.length == 0)
        return kind != NICK;
    return text_name_valid(name, kind == ROOM_OR_NONE ? TEXT_ROOM_MAX : TEXT_NICK_MAX);
}

static bool read_field(struct reader *reader, const struct field *field, void *member,
                       struct refusal *refusal)
{
    struct span *span = member;

    switch (field->kind) {
    case NUMBER:
        store_number(member, field->size, reader_number(reader, field->size));
        break;
    case NONCE:
        *(const uint8_t **)member = reader_bytes(reader, WIRE_NONCE_SIZE);
        break;
    case NICK:
    case NICK_OR_NONE:
    case ROOM_OR_NONE:
        *span = read_span(reader, 1);
        if (!reader->failed && !refusal->checked && !name_allowed(field->kind, *span))
            refusal->reason = "not a name";
        break;
    case TEXT:
        *span = read_span(reader, 2);
        if (!reader->failed && !refusal->checked && !text_valid(*span))
            refusal->reason = "not UTF-8";
        break;
    case SEALED:
        *span = read_span(reader, 2);
        break;
    case LIST:
        return read_list(reader, field->items, member, refusal);
    }
    return !refusal->reason;
}

static bool read_fields(struct reader *reader, const struct layout *layout, void *out,
                        struct refusal *refusal)
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct field *field = &layout->fields[i];
        void *member = (char *)out + field->offset;
        const uint8_t *start = reader->at;
        if (field->optional && reader->at == reader->end) {
            store_number(member, field->size, 0);
            continue;
        }
        bool good = read_field(reader, field, member, refusal);
        if (good && !reader->failed)
            continue;
        if (!refusal->field) {
            if (!refusal->reason)
                refusal->reason = "truncated";
            refusal->field = field->name;
            refusal->at = start;
        }
        return false;
    }
    return true;
}

static bool refuse(struct wire_datagram *datagram, const char *reason, size_t offset)
{
    datagram->error = (struct wire_error){.reason = reason, .offset = offset};
    return false;
}

/* Reads the record at datagram->at and moves behind it. Its layout is NULL if its type is unknown. */
static bool read_record(struct wire_datagram *datagram, struct wire_record *record,
                        const struct layout **layout)
{
    size_t left = datagram->length - datagram->at;
    struct reader reader = {datagram->bytes + datagram->at, datagram->bytes + datagram->length, false};

    if (left < WIRE_RECORD_HEAD)
        return refuse(datagram, "truncated record head", datagram->at);
    record->type = (uint8_t)reader_number(&reader, 1);
    record->flags = (uint8_t)reader_number(&reader, 1);
    size_t length = (size_t)reader_number(&reader, 2);
    if (length > left - WIRE_RECORD_HEAD)
        return refuse(datagram, "record longer than its datagram", datagram->at);
    record->raw = (struct wire_list){reader.at - WIRE_RECORD_HEAD, WIRE_RECORD_HEAD + length, 1};
    reader.end = reader.at + length;
    *layout = layout_of(record->type);
    struct refusal refusal = {.checked = datagram->checked};
    if (*layout && !read_fields(&reader, *layout, &record->message, &refusal)) {
        refuse(datagram, refusal.reason, (size_t)(refusal.at - datagram->bytes));
        datagram->error.record = (*layout)->name;
        datagram->error.field = refusal.field;
        return false;
    }
    datagram->at += WIRE_RECORD_HEAD + length;
    return true;
}

static bool read_header(struct wire_datagram *datagram)
{
    struct reader reader = {datagram->bytes, datagram->bytes + datagram->length, false};
    struct wire_header *header = &datagram->header;

    if (reader_number(&reader, 4) != WIRE_MAGIC || reader.failed)
        return refuse(datagram, "not a lanchat datagram", 0);
    header->version = (uint8_t)reader_number(&reader, 1);
    if (!reader.failed && header->version != WIRE_VERSION)
        return refuse(datagram, "version not known", 4);
    size_t size = (size_t)reader_number(&reader, 1);
    header->flags = (uint8_t)reader_number(&reader, 1);
    header->hops = (uint8_t)reader_number(&reader, 1);
    header->sender = reader_number(&reader, 8);
    header->counter = (uint32_t)reader_number(&reader, 4);
    header->path = (uint16_t)reader_number(&reader, 2);
    reader_number(&reader, 2); /* reserved */
    if (reader.failed)
        return refuse(datagram, "truncated header", datagram->length);
    if (size < WIRE_HEADER_SIZE || size > datagram->length)
        return refuse(datagram, "impossible header length", 5);
    datagram->at = size;
    return true;
}

bool wire_open(struct wire_datagram *datagram, const uint8_t *bytes, size_t length)
{
    *datagram = (struct wire_datagram){.bytes = bytes, .length = length};
    if (length > WIRE_DATAGRAM_MAX)
        return refuse(datagram, "longer than a datagram may be", WIRE_DATAGRAM_MAX);
    if (!read_header(datagram))
        return false;
    size_t start = datagram->at;
    while (datagram->at < length) {
        struct wire_record record;
        const struct layout *layout;
        if (!read_record(datagram, &record, &layout))
            return false;
    }
    datagram->at = start;
    datagram->checked = true;
    return true;
}

bool wire_next(struct wire_datagram *datagram, struct wire_record *record)
{
    while (datagram->at < datagram->length) {
        const struct layout *layout;
        if (!read_record(datagram, record, &layout))
            return false;
        if (layout)
            return true;
    }
    return false;
}

bool wire_next_any(struct wire_datagram *datagram, struct wire_record *record)
{
    const struct layout *layout;

    return datagram->at < datagram->length && read_record(datagram, record, &layout);
}

/* Writing. */

static void write_fields(struct writer *writer, const struct layout *layout, const void *in);

/* Optional fields are written up to the last that is not 0. */
static size_t fields_used(const struct layout *layout, const void *in)
{
    size_t count = layout->count;

    while (count > 0 && layout->fields[count - 1].optional) {
        const struct field *field = &layout->fields[count - 1];
        if (layout_number(field, (const char *)in + field->offset) != 0)
            break;
        count--;
    }
    return count;
}

static void write_item(struct writer *writer, const struct layout *layout, const void *in)
{
    uint8_t *length = writer->at;

    if (layout->sized)
        writer_number(writer, 0, 1);
    uint8_t *start = writer->at;
    write_fields(writer, layout, in);
    if (!layout->sized || writer->failed)
        return;
    size_t written = (size_t)(writer->at - start);
    if (written > UINT8_MAX)
        writer->failed = true;
    else
        *length = (uint8_t)written;
}

static void write_list(struct writer *writer, const struct wire_list *list)
{
    writer_number(writer, list->count, 1);
    writer_bytes(writer, list->bytes, list->length);
}

static void write_span(struct writer *writer, const struct span *span, size_t length_size)
{
    writer_number(writer, span->length, length_size);
    writer_bytes(writer, span->bytes, span->length);
}

static void write_field(struct writer *writer, const struct field *field, const void *member)
{
    switch (field->kind) {
    case NUMBER:
        writer_number(writer, layout_number(field, member), field->size);
        break;
    case NONCE:
        writer_bytes(writer, *(const uint8_t *const *)member, WIRE_NONCE_SIZE);
        break;
    case NICK:
    case NICK_OR_NONE:
    case ROOM_OR_NONE:
        if (!name_allowed(field->kind, *(const struct span *)member))
            writer->failed = true;
        write_span(writer, member, 1);
        break;
    case TEXT:
        if (!text_valid(*(const struct span *)member))
            writer->failed = true;
        write_span(writer, member, 2);
        break;
    case SEALED:
        write_span(writer, member, 2);
        break;
    case LIST:
        write_list(writer, member);
        break;
    }
}

static void write_fields(struct writer *writer, const struct layout *layout, const void *in)
{
    size_t count = fields_used(layout, in);

    for (size_t i = 0; i < count; i++)
        write_field(writer, &layout->fields[i], (const char *)in + layout->fields[i].offset);
}

size_t wire_encode(const struct wire_record *record, uint8_t *out, size_t size)
{
    struct writer writer = {out, out + size, false};
    const struct layout *layout = layout_of(record->type);

    if (!layout)
        return 0;
    writer_number(&writer, record->type, 1);
    writer_number(&writer, record->flags, 1);
    writer_number(&writer, 0, 2);
    write_fields(&writer, layout, &record->message);
    size_t written = (size_t)(writer.at - out);
    if (writer.failed || written > UINT16_MAX)
        return 0;
    struct writer length = {out + 2, out + WIRE_RECORD_HEAD, false};
    writer_number(&length, written - WIRE_RECORD_HEAD, 2);
    return written;
}

size_t wire_encode_header(const struct wire_header *header, uint8_t *out, size_t size)
{
    struct writer writer = {out, out + size, false};

    writer_number(&writer, WIRE_MAGIC, 4);
    writer_number(&writer, header->version, 1);
    writer_number(&writer, WIRE_HEADER_SIZE, 1);
    writer_number(&writer, header->flags, 1);
    writer_number(&writer, header->hops, 1);
    writer_number(&writer, header->sender, 8);
    writer_number(&writer, header->counter, 4);
    writer_number(&writer, header->path, 2);
    writer_number(&writer, 0, 2);
    return writer.failed ? 0 : WIRE_HEADER_SIZE;
}

/* Lists. */

void wire_builder_init(struct wire_builder *builder, size_t limit)
{
    builder->limit = limit < sizeof builder->bytes ? limit : sizeof builder->bytes;
    builder->length = builder->count = 0;
}

struct wire_list wire_built(const struct wire_builder *builder)
{
    return (struct wire_list){builder->bytes, builder->length, builder->count};
}

static bool add_item(struct wire_builder *builder, const struct layout *layout, const void *item)
{
    struct writer writer = {builder->bytes + builder->length, builder->bytes + builder->limit, false};

    if (builder->count == WIRE_LIST_MAX)
        return false;
    write_item(&writer, layout, item);
    if (writer.failed)
        return false;
    builder->length = (size_t)(writer.at - builder->bytes);
    builder->count++;
    return true;
}

bool layout_next_item(struct wire_list *list, const struct layout *layout, void *item)
{
    struct reader reader = {list->bytes, list->bytes + list->length, false};
    struct refusal refusal = {.checked = true}; /* with the record that it stands in */

    if (list->count == 0 || !read_item(&reader, layout, item, &refusal))
        return false;
    list->count--;
    list->length = (size_t)(reader.end - reader.at);
    list->bytes = reader.at;
    return true;
}

#define LIST_OF(item)                                                                                        \
    bool wire_add_##item(struct wire_builder *builder, const struct wire_##item *item)                       \
    {                                                                                                        \
        return add_item(builder, &item##_layout, item);                                                      \
    }                                                                                                        \
    bool wire_next_##item(struct wire_list *list, struct wire_##item *item)                                  \
    {                                                                                                        \
        return layout_next_item(list, &item##_layout, item);                                                 \
    }

LIST_OF(room)
LIST_OF(pair)
LIST_OF(exception)
LIST_OF(entry)
LIST_OF(ask)
LIST_OF(vector)
LIST_OF(known)
