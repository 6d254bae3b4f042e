/* One direction of a captured TCP connection: segments as they were captured in, octets in their order out.
 * What came twice is dropped, and what is early waits for the rest. A capture can lack what its host
 * received: then a gap is passed over. */
#ifndef LANCHAT_REASSEMBLY_H
#define LANCHAT_REASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reassembly_piece {
    struct reassembly_piece *next;
    uint64_t time_us; /* when it was captured */
    uint32_t sequence;
    size_t length;
    bool hole; /* these octets were on the wire, but the capture left them out */
    uint8_t bytes[];
};

/* All zeros at the beginning. The members are reassembly.c's. */
struct reassembly {
    struct reassembly_piece *first; /* by sequence number, none overlapping */
    size_t stored;                  /* octets, with what it takes to hold them */
    uint32_t start, next;           /* of the connection as far as it was seen; what is next in order */
    uint32_t fin, acknowledged;
    bool begun, fin_seen, ack_seen;
};

void reassembly_free(struct reassembly *reassembly);

/* The sender said that its octets begin there (SYN). False if that is another connection than so far. */
bool reassembly_begin(struct reassembly *reassembly, uint32_t sequence);

/* A segment; bytes NULL: a hole of that length. Without reassembly_begin the first one is the beginning.
 * False without memory. */
bool reassembly_put(struct reassembly *reassembly, uint32_t sequence, const uint8_t *bytes, size_t length,
                    uint64_t time_us);

/* The sender's octets end there (FIN). */
void reassembly_fin(struct reassembly *reassembly, uint32_t sequence);

/* The receiver said that it has all octets up to there. */
void reassembly_acknowledge(struct reassembly *reassembly, uint32_t sequence);

/* The next piece in order, which is the caller's to free, or NULL. */
struct reassembly_piece *reassembly_get(struct reassembly *reassembly);

/* Passes over the gap before the first piece that waits, if it will not be filled: too much waits, or the
 * receiver has had it for a while, or `all`: the connection is over. Returns the octets that are missing. */
uint32_t reassembly_skip(struct reassembly *reassembly, uint64_t now_us, bool all);

/* When reassembly_skip may pass over a gap; UINT64_MAX: not by time alone. */
uint64_t reassembly_deadline(const struct reassembly *reassembly);

/* Whether all octets up to the sender's end were given. */
bool reassembly_finished(const struct reassembly *reassembly);

#endif
