#include "record.h"

#include <stdlib.h>
#include <string.h>

static struct record *copy(const uint8_t *bytes, size_t length)
{
    struct record *record = malloc(sizeof *record + length);

    if (!record)
        return NULL;
    *record = (struct record){.holders = 1, .length = length};
    memcpy(record->bytes, bytes, length);
    return record;
}

struct record *record_copy(const struct wire_record *decoded)
{
    struct record *record = copy(decoded->raw.bytes, decoded->raw.length);

    if (!record)
        return NULL;
    const char *bytes = (const char *)record->bytes, *raw = (const char *)decoded->raw.bytes;
    record->flags = decoded->flags;
    record->message = decoded->message;
    record->message.nick.bytes = bytes + (decoded->message.nick.bytes - raw);
    record->message.text.bytes = bytes + (decoded->message.text.bytes - raw);
    return record;
}

/* A message ends with its nickname, the length of its text and that. */
static void note_message(struct record *record, const struct wire_record *is)
{
    struct span *nick = &record->message.nick, *text = &record->message.text;

    record->flags = is->flags;
    record->message = is->message;
    text->bytes = (const char *)record->bytes + record->length - text->length;
    nick->bytes = text->bytes - 2 - nick->length;
}

struct record *record_encode(const struct wire_record *is)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE];
    size_t length = wire_encode(is, bytes, sizeof bytes);
    struct record *record = length > 0 ? copy(bytes, length) : NULL;

    if (record && is->type == WIRE_MESSAGE)
        note_message(record, is);
    return record;
}

struct record *record_hold(struct record *record)
{
    record->holders++;
    return record;
}

void record_drop(struct record *record)
{
    if (record && --record->holders == 0)
        free(record);
}
