#include "cursor.h"

#include <string.h>

const uint8_t *reader_bytes(struct reader *reader, size_t length)
{
    if (reader->failed || (size_t)(reader->end - reader->at) < length) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += length;
    return bytes;
}

static uint64_t number_of_4(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

/* The sizes that are common are written out: a compiler makes one load of each. */
uint64_t reader_number(struct reader *reader, size_t size)
{
    const uint8_t *bytes = reader_bytes(reader, size);
    uint64_t value = 0;

    if (bytes && size == 8)
        return number_of_4(bytes) << 32 | number_of_4(bytes + 4);
    if (bytes && size == 4)
        return number_of_4(bytes);
    for (size_t i = 0; bytes && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

void writer_bytes(struct writer *writer, const void *bytes, size_t length)
{
    if (writer->failed || (size_t)(writer->end - writer->at) < length) {
        writer->failed = true;
        return;
    }
    if (length > 0)
        memcpy(writer->at, bytes, length);
    writer->at += length;
}

void writer_number(struct writer *writer, uint64_t value, size_t size)
{
    uint8_t octets[8];

    if (size < 8 && value >> (8 * size)) {
        writer->failed = true;
        return;
    }
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    writer_bytes(writer, octets, size);
}
