#include "record.h"

#include <stdlib.h>
#include <string.h>

struct record *record_new(const uint8_t *bytes, size_t length)
{
    struct record *record = malloc(sizeof *record + length);

    if (!record)
        return NULL;
    record->holders = 1;
    record->length = length;
    memcpy(record->bytes, bytes, length);
    if (!wire_decode(&record->is, record->bytes, length)) {
        free(record);
        return NULL;
    }
    return record;
}

struct record *record_encode(const struct wire_record *record)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE];
    size_t length = wire_encode(record, bytes, sizeof bytes);

    return length > 0 ? record_new(bytes, length) : NULL;
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
