/* A table of 64-bit numbers by a pair of numbers. It only grows. */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_slot {
    uint64_t a, b, value;
    int used;
};

struct table {
    struct table_slot *slots; /* a power of two of them */
    size_t count, size;
};

void table_free(struct table *table);

/* The value of a pair; 0 if it was never set. */
uint64_t table_get(const struct table *table, uint64_t a, uint64_t b);

/* Where it is kept, good until the next table_at; 0 at first. */
uint64_t *table_at(struct table *table, uint64_t a, uint64_t b);

#endif
