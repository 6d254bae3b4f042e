/* Cursors over bytes, big-endian. Every bounds check of the codec is in here: a reader past its end yields
 * zeros and a writer past its end writes nothing, and both remember that they failed. */
#ifndef LANCHAT_CURSOR_H
#define LANCHAT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

/* The next `length` octets where they stand, or NULL past the end. */
static inline const uint8_t *reader_bytes(struct reader *reader, size_t length)
{
    if (reader->failed || (size_t)(reader->end - reader->at) < length) {
        reader->failed = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += length;
    return bytes;
}

static inline uint64_t cursor_get_4(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] << 24 | (uint64_t)bytes[1] << 16 | (uint64_t)bytes[2] << 8 | bytes[3];
}

/* The next `size` octets (1 to 8) as a number. The sizes that are common are written out: a compiler makes
 * one load of each. */
static inline uint64_t reader_number(struct reader *reader, size_t size)
{
    const uint8_t *bytes = reader_bytes(reader, size);
    uint64_t value = 0;

    if (bytes && size == 8)
        return cursor_get_4(bytes) << 32 | cursor_get_4(bytes + 4);
    if (bytes && size == 4)
        return cursor_get_4(bytes);
    for (size_t i = 0; bytes && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

struct writer {
    uint8_t *at, *end;
    bool failed;
};

static inline void writer_bytes(struct writer *writer, const void *bytes, size_t length)
{
    if (writer->failed || (size_t)(writer->end - writer->at) < length) {
        writer->failed = true;
        return;
    }
    if (length > 0)
        memcpy(writer->at, bytes, length);
    writer->at += length;
}

static inline void cursor_put_4(uint8_t *out, uint64_t value)
{
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
}

/* Writes `value` in `size` octets (1 to 8); a value that needs more fails. Likewise written out. */
static inline void writer_number(struct writer *writer, uint64_t value, size_t size)
{
    uint8_t *at = writer->at;

    if (writer->failed || (size_t)(writer->end - at) < size || (size < 8 && value >> (8 * size))) {
        writer->failed = true;
        return;
    }
    writer->at += size;
    if (size == 8) {
        cursor_put_4(at, value >> 32);
        cursor_put_4(at + 4, value);
    } else if (size == 4) {
        cursor_put_4(at, value);
    } else {
        for (size_t i = size; i > 0; value >>= 8)
            at[--i] = (uint8_t)value;
    }
}

#endif
