/* A map from 64-bit ids to pointers, kept in order of id: pages of rosters and vectors are read off in that
 * order, and no choice of ids by an attacker makes a lookup slow. The map does not own what it points to. */
#ifndef LANCHAT_IDMAP_H
#define LANCHAT_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
    uint64_t id;
    void *value;
};

struct idmap {
    struct idmap_slot *slots; /* `count` of them, ids ascending */
    size_t count, capacity;
};

void idmap_free(struct idmap *map);

/* The value of `id`, or NULL. */
void *idmap_get(const struct idmap *map, uint64_t id);

/* Enters an id that is not in the map; false when there is no memory. */
bool idmap_put(struct idmap *map, uint64_t id, void *value);

void idmap_remove(struct idmap *map, uint64_t id);

/* The index of the first slot whose id is at least `id`; `count` if there is none. */
size_t idmap_from(const struct idmap *map, uint64_t id);

#endif
