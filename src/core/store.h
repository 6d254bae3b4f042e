/* What was said lately, for whoever lacks it: records by origin and number, within a budget of octets. The
 * first to come is the first to go. */
#ifndef LANCHAT_STORE_H
#define LANCHAT_STORE_H

#include <stdbool.h>

#include "record.h"

struct stored {
    uint64_t origin;
    uint32_t number;
    struct record *record;
    uint64_t got_us;   /* when it came */
    uint64_t quiet_us; /* it is being repaired, or was said lately: not again before */
    uint64_t links;    /* where it was heard, as a set: who does not forward offers it only there */
    uint64_t put;      /* where we forwarded it, likewise: there we answer for it first */
    unsigned asked;    /* how often somebody asked for it again, */
    uint64_t asker;    /* and who was the last */
    unsigned dues;     /* how often it waits to be put on a link */
    bool old;          /* it was more than 10 s old when it came */
};

struct store {
    struct stored *places; /* a ring, in the order in which they came */
    uint32_t *buckets;     /* as many as places: the first of each, a place + 1; 0: none */
    uint32_t *nexts; /* of each place: the next in its bucket, likewise; near each other, for the cache */
    uint32_t first, count, capacity;
    size_t octets, budget;
    uint64_t seed; /* of the hash, so that nobody can choose what collides */
};

void store_init(struct store *store, size_t budget, uint64_t seed);
void store_free(struct store *store);

/* Takes a hold on a record that is not stored yet, and drops the first for it. Without memory it is not
 * stored. */
void store_put(struct store *store, struct record *record, uint64_t links, uint64_t now_us, bool old);

/* A link's index is used again: nothing was heard on it. */
void store_forget_link(struct store *store, uint64_t links);

/* The index-th that came, in order of arrival; NULL past the last. */
struct stored *store_at(const struct store *store, uint32_t index);

/* A stored record, good until the next store_put; or NULL. */
struct stored *store_get(const struct store *store, uint64_t origin, uint32_t number);

#endif
