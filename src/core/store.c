#include "store.h"

#include <stdlib.h>

#define CAPACITY_LEAST 64 /* a power of two, as all capacities are */
#define RUN            16 /* numbers in a row whose buckets share a line of the cache */

void store_init(struct store *store, size_t budget, uint64_t seed)
{
    *store = (struct store){.budget = budget, .seed = seed | 1};
}

static uint32_t *bucket_of(const struct store *store, uint64_t origin, uint32_t number)
{
    uint64_t hash = (origin ^ store->seed) * 0x9e3779b97f4a7c15 + number / RUN;

    hash = (hash ^ hash >> 32) * store->seed;
    return &store->buckets[((hash >> 32) ^ number % RUN) & (store->capacity - 1)];
}

struct stored *store_get(const struct store *store, uint64_t origin, uint32_t number)
{
    if (store->count == 0)
        return NULL;
    for (uint32_t at = *bucket_of(store, origin, number); at != 0; at = store->nexts[at - 1]) {
        struct stored *stored = &store->places[at - 1];
        if (stored->origin == origin && stored->number == number)
            return stored;
    }
    return NULL;
}

static void drop_first(struct store *store)
{
    struct stored *first = &store->places[store->first];
    uint32_t *at = bucket_of(store, first->origin, first->number);

    while (*at != store->first + 1)
        at = &store->nexts[*at - 1];
    *at = store->nexts[store->first];
    store->octets -= first->record->length;
    record_drop(first->record);
    store->first = (store->first + 1) & (store->capacity - 1);
    store->count--;
}

void store_free(struct store *store)
{
    while (store->count > 0)
        drop_first(store);
    free(store->places);
    free(store->buckets);
}

static void enter(struct store *store, const struct stored *stored)
{
    uint32_t place = (store->first + store->count++) & (store->capacity - 1);
    uint32_t *bucket = bucket_of(store, stored->origin, stored->number);

    store->places[place] = *stored;
    store->nexts[place] = *bucket;
    *bucket = place + 1;
}

struct stored *store_at(const struct store *store, uint32_t index)
{
    return index < store->count ? &store->places[(store->first + index) & (store->capacity - 1)] : NULL;
}

void store_forget_link(struct store *store, uint64_t links)
{
    for (uint32_t i = 0; i < store->count; i++) {
        struct stored *stored = store_at(store, i);
        stored->put &= ~links;
        if (stored->links != UINT64_MAX) /* what we said ourselves may go anywhere */
            stored->links &= ~links;
    }
}

static bool grow(struct store *store)
{
    const struct store old = *store;
    uint32_t capacity = old.capacity ? 2 * old.capacity : CAPACITY_LEAST;
    struct stored *places = malloc(capacity * sizeof *places);
    uint32_t *buckets = calloc(2 * (size_t)capacity, sizeof *buckets);

    if (!places || !buckets) {
        free(places);
        free(buckets);
        return false;
    }
    store->places = places;
    store->buckets = buckets;
    store->nexts = buckets + capacity;
    store->capacity = capacity;
    store->first = store->count = 0;
    for (uint32_t i = 0; i < old.count; i++)
        enter(store, &old.places[(old.first + i) & (old.capacity - 1)]);
    free(old.places);
    free(old.buckets);
    return true;
}

void store_put(struct store *store, struct record *record, uint64_t links, uint64_t now_us, bool old)
{
    const struct stored stored = {.origin = record->message.origin,
                                  .number = record->message.number,
                                  .record = record,
                                  .got_us = now_us,
                                  .links = links,
                                  .old = old};

    while (store->count > 0 && store->octets + record->length > store->budget)
        drop_first(store);
    if (store->count == store->capacity && !grow(store))
        return;
    record_hold(record);
    store->octets += record->length;
    enter(store, &stored);
}
