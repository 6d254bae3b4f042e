#include "idmap.h"

#include <stdlib.h>
#include <string.h>

void idmap_free(struct idmap *map)
{
    free(map->slots);
    *map = (struct idmap){0};
}

size_t idmap_from(const struct idmap *map, uint64_t id)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->slots[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool holds(const struct idmap *map, size_t at, uint64_t id)
{
    return at < map->count && map->slots[at].id == id;
}

void *idmap_get(const struct idmap *map, uint64_t id)
{
    size_t at = idmap_from(map, id);
    return holds(map, at, id) ? map->slots[at].value : NULL;
}

bool idmap_put(struct idmap *map, uint64_t id, void *value)
{
    if (map->count == map->capacity) {
        size_t capacity = map->capacity ? 2 * map->capacity : 8;
        struct idmap_slot *slots = realloc(map->slots, capacity * sizeof *slots);
        if (!slots)
            return false;
        map->slots = slots;
        map->capacity = capacity;
    }
    size_t at = idmap_from(map, id);
    memmove(&map->slots[at + 1], &map->slots[at], (map->count - at) * sizeof *map->slots);
    map->slots[at] = (struct idmap_slot){id, value};
    map->count++;
    return true;
}

void idmap_remove(struct idmap *map, uint64_t id)
{
    size_t at = idmap_from(map, id);

    if (!holds(map, at, id))
        return;
    map->count--;
    memmove(&map->slots[at], &map->slots[at + 1], (map->count - at) * sizeof *map->slots);
}
