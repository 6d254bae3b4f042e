/* An encoded record, counted by its holders: a stream that waits for its predecessor, the queue of each link,
 * later the store. A message is encoded once, and these bytes are what is forwarded and repaired. */
#ifndef LANCHAT_RECORD_H
#define LANCHAT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lanchat/wire.h"

struct record {
    unsigned holders;
    struct wire_record is; /* decoded; borrows from bytes */
    size_t length;
    uint8_t bytes[];
};

/* Copies one well-formed record; the caller is its first holder. NULL when there is no memory or it is none.
 */
struct record *record_new(const uint8_t *bytes, size_t length);

/* Encodes a record of at most WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE octets; NULL when that fails. */
struct record *record_encode(const struct wire_record *record);

struct record *record_hold(struct record *record);

/* Ends one holder's hold; NULL is allowed. */
void record_drop(struct record *record);

#endif
