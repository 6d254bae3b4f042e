#include "heap.h"

#include <stdbool.h>

#include "memory.h"

static bool before(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

void heap_push(struct heap *heap, struct heap_entry entry)
{
    if (heap->count == heap->room) {
        heap->room = heap->room ? 2 * heap->room : 256;
        heap->entries = memory_grow(heap->entries, heap->room * sizeof *heap->entries);
    }
    size_t at = heap->count++;
    for (; at > 0 && before(&entry, &heap->entries[(at - 1) / 2]); at = (at - 1) / 2)
        heap->entries[at] = heap->entries[(at - 1) / 2];
    heap->entries[at] = entry;
}

struct heap_entry heap_pop(struct heap *heap)
{
    const struct heap_entry first = heap->entries[0], last = heap->entries[--heap->count];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < heap->count && before(&heap->entries[child + 1], &heap->entries[child]))
            child++;
        if (child >= heap->count || before(&last, &heap->entries[child]))
            break;
        heap->entries[at] = heap->entries[child];
        at = child;
    }
    heap->entries[at] = last;
    return first;
}
