/* An encoded record, counted by its holders: a stream that waits for its predecessor, the queue of each link,
 * later the store. A message is encoded once, and these bytes are what is forwarded and repaired. */
#ifndef LANCHAT_RECORD_H
#define LANCHAT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lanchat/wire.h"

/* What a message takes besides its nickname and its text. */
#define RECORD_MESSAGE_FIXED (WIRE_RECORD_HEAD + 8 + 4 + 8 + 8 + 8 + 1 + 2)

struct record {
    unsigned holders;
    uint8_t flags;               /* of a message, as what follows: of other records they are not set */
    struct wire_message message; /* borrows from bytes */
    size_t length;
    uint8_t bytes[];
};

/* Copies a message as it was decoded; the caller is its first holder. NULL when there is no memory. */
struct record *record_copy(const struct wire_record *decoded);

/* Encodes a record of at most WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE octets; NULL when that fails. */
struct record *record_encode(const struct wire_record *is);

struct record *record_hold(struct record *record);

/* Ends one holder's hold; NULL is allowed. */
void record_drop(struct record *record);

#endif
