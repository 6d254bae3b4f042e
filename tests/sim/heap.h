/* What happens next: a heap of entries in order of time, then of `order`, which makes the sequence of equal
 * times the same in every run. The heap owns its array and nothing that an entry points to. */
#ifndef HEAP_H
#define HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
    uint64_t at_us, order;
    void *what;
    int node, link;
};

struct heap {
    struct heap_entry *entries; /* the first is the next */
    size_t count, room;
};

void heap_push(struct heap *heap, struct heap_entry entry);

/* Takes off the next; there must be one. */
struct heap_entry heap_pop(struct heap *heap);

#endif
