#include "timers.h"

#include <stdlib.h>

void timers_free(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

static void put(struct timers *timers, struct timer *timer, size_t place)
{
    timers->heap[place].timer = timer;
    timer->place = place;
}

static void rise(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place;

    for (; place > 0 && timer->at_us < timers->heap[(place - 1) / 2].timer->at_us; place = (place - 1) / 2)
        put(timers, timers->heap[(place - 1) / 2].timer, place);
    put(timers, timer, place);
}

static void sink(struct timers *timers, struct timer *timer)
{
    size_t place = timer->place, child;

    while ((child = 2 * place + 1) < timers->count) {
        if (child + 1 < timers->count &&
            timers->heap[child + 1].timer->at_us < timers->heap[child].timer->at_us)
            child++;
        if (timers->heap[child].timer->at_us >= timer->at_us)
            break;
        put(timers, timers->heap[child].timer, place);
        place = child;
    }
    put(timers, timer, place);
}

bool timers_add(struct timers *timers, struct timer *timer, uint64_t at_us)
{
    if (timers->count == timers->room) {
        size_t room = timers->room ? 2 * timers->room : 64;
        struct timers_place *heap = realloc(timers->heap, room * sizeof *heap);
        if (!heap)
            return false;
        timers->heap = heap;
        timers->room = room;
    }
    timer->at_us = at_us;
    timer->place = timers->count++;
    rise(timers, timer);
    return true;
}

void timers_move(struct timers *timers, struct timer *timer, uint64_t at_us)
{
    uint64_t was = timer->at_us;

    timer->at_us = at_us;
    if (at_us < was)
        rise(timers, timer);
    else if (at_us > was)
        sink(timers, timer);
}

void timers_remove(struct timers *timers, struct timer *timer)
{
    struct timer *last = timers->heap[--timers->count].timer;

    if (last == timer)
        return;
    put(timers, last, timer->place);
    rise(timers, last);
    sink(timers, last);
}

struct timer *timers_first(const struct timers *timers)
{
    return timers->count > 0 ? timers->heap[0].timer : NULL;
}
