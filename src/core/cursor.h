/* Cursors over bytes, big-endian. Every bounds check of the codec is in here: a reader past its end yields
 * zeros and a writer past its end writes nothing, and both remember that they failed. */
#ifndef LANCHAT_CURSOR_H
#define LANCHAT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

/* The next `size` octets (1 to 8) as a number. */
uint64_t reader_number(struct reader *reader, size_t size);

/* The next `length` octets where they stand, or NULL past the end. */
const uint8_t *reader_bytes(struct reader *reader, size_t length);

struct writer {
    uint8_t *at, *end;
    bool failed;
};

/* Writes `value` in `size` octets (1 to 8); a value that needs more fails. */
void writer_number(struct writer *writer, uint64_t value, size_t size);

void writer_bytes(struct writer *writer, const void *bytes, size_t length);

#endif
