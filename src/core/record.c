#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "cursor.h"

#define ENCODED_MAX (WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE)

static struct record *new_record(size_t length)
{
    struct record *record = malloc(sizeof *record + length);

    if (!record)
        return NULL;
    record->holders = 1;
    record->length = length;
    return record;
}

static struct record *copy(const uint8_t *bytes, size_t length)
{
    struct record *record = new_record(length);

    if (record)
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

/* Messages are what is encoded most: straight into their place, as layout.c has them. */
static struct record *encode_message(const struct wire_record *is)
{
    const struct wire_message *message = &is->message;
    size_t length = RECORD_MESSAGE_FIXED + message->nick.length + message->text.length;

    if (length > ENCODED_MAX || !text_name_valid(message->nick, TEXT_NICK_MAX) || !text_valid(message->text))
        return NULL;
    struct record *record = new_record(length);
    if (!record)
        return NULL;
    struct writer writer = {record->bytes, record->bytes + length, false};
    writer_number(&writer, WIRE_MESSAGE, 1);
    writer_number(&writer, is->flags, 1);
    writer_number(&writer, length - WIRE_RECORD_HEAD, 2);
    writer_number(&writer, message->origin, 8);
    writer_number(&writer, message->number, 4);
    writer_number(&writer, message->stamp, 8);
    writer_number(&writer, message->clock_ms, 8);
    writer_number(&writer, message->room, 8);
    record->flags = is->flags;
    record->message = *message;
    writer_number(&writer, message->nick.length, 1);
    record->message.nick.bytes = (const char *)writer.at;
    writer_bytes(&writer, message->nick.bytes, message->nick.length);
    writer_number(&writer, message->text.length, 2);
    record->message.text.bytes = (const char *)writer.at;
    writer_bytes(&writer, message->text.bytes, message->text.length);
    return record;
}

struct record *record_encode(const struct wire_record *is)
{
    uint8_t bytes[ENCODED_MAX];

    if (is->type == WIRE_MESSAGE)
        return encode_message(is);
    size_t length = wire_encode(is, bytes, sizeof bytes);
    return length > 0 ? copy(bytes, length) : NULL;
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
