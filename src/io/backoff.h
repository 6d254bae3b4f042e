/* How long to wait before a server is dialled again: half a second at first, up to 30 s, and never as long as
 * others wait who lost it in the same moment. */
#ifndef LANCHAT_BACKOFF_H
#define LANCHAT_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint64_t next_us; /* the next wait, at the least; 0: as at first */
};

/* A wait, in microseconds; the next one is longer. */
uint64_t backoff_wait(struct backoff *backoff);

/* A connection that was up from `up_us` to now is over: after a long one waits are short again. */
void backoff_lost(struct backoff *backoff, uint64_t up_us);

#endif
