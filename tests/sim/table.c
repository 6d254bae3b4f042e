#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define SIZE_AT_FIRST 256

void table_free(struct table *table)
{
    free(table->slots);
    *table = (struct table){0};
}

/* The slot of a pair, or the free one where it would go. */
static struct table_slot *find(const struct table *table, uint64_t a, uint64_t b)
{
    uint64_t at = a * 0x9e3779b97f4a7c15 + b * 0xc2b2ae3d27d4eb4f;

    for (at ^= at >> 32;; at++) {
        struct table_slot *slot = &table->slots[at & (table->size - 1)];
        if (!slot->used || (slot->a == a && slot->b == b))
            return slot;
    }
}

uint64_t table_get(const struct table *table, uint64_t a, uint64_t b)
{
    return table->size > 0 ? find(table, a, b)->value : 0;
}

static void grow(struct table *table)
{
    const struct table old = *table;

    table->size = old.size > 0 ? 2 * old.size : SIZE_AT_FIRST;
    table->slots = memory_grow(NULL, table->size * sizeof *table->slots);
    memset(table->slots, 0, table->size * sizeof *table->slots);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].used)
            *find(table, old.slots[i].a, old.slots[i].b) = old.slots[i];
    free(old.slots);
}

uint64_t *table_at(struct table *table, uint64_t a, uint64_t b)
{
    if (2 * table->count >= table->size)
        grow(table);
    struct table_slot *slot = find(table, a, b);
    if (!slot->used) {
        *slot = (struct table_slot){a, b, 0, 1};
        table->count++;
    }
    return &slot->value;
}
