/* Timers: which of many things wants to be called next. A heap, for thousands whose deadlines move with every
 * octet. A timer is embedded in what it belongs to, and is taken out before that goes. */
#ifndef LANCHAT_TIMERS_H
#define LANCHAT_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    uint64_t at_us; /* UINT64_MAX: not at all */
    size_t place;   /* in the heap */
};

/* All zero: empty. Owns the heap, not the timers. */
struct timers {
    struct timers_place {
        struct timer *timer;
    } * heap;
    size_t count, room;
};

void timers_free(struct timers *timers);

/* Puts a timer in; false when there is no memory. */
bool timers_add(struct timers *timers, struct timer *timer, uint64_t at_us);
void timers_move(struct timers *timers, struct timer *timer, uint64_t at_us);
void timers_remove(struct timers *timers, struct timer *timer);

/* The earliest; NULL: there is none. It stays in. */
struct timer *timers_first(const struct timers *timers);

#endif
