#include <stdlib.h>
#include <string.h>

#include "state.h"

/* Events wait one behind the other in blocks: many come at once, and an allocation for each would cost more
 * than what it holds. The last block is kept. */
#define BLOCK_OCTETS 4096

struct item {
    struct node_event event;
    size_t size; /* with its text */
    char text[];
};

struct event_block {
    struct event_block *next;
    size_t used, room;
    _Alignas(struct item) char items[];
};

static bool add_block(struct node *node, size_t size)
{
    size_t room = size > BLOCK_OCTETS ? size : BLOCK_OCTETS;
    struct event_block *block = malloc(sizeof *block + room);

    if (!block)
        return false;
    block->next = NULL;
    block->used = 0;
    block->room = room;
    if (node->events)
        node->events_last->next = block;
    else
        node->events = block;
    node->events_last = block;
    return true;
}

void event_post(struct node *node, const struct node_event *event)
{
    size_t align = _Alignof(struct item), size = sizeof(struct item) + event->text.length;

    size += (align - size % align) % align;
    if ((!node->events || node->events_last->room - node->events_last->used < size) &&
        !add_block(node, size)) {
        node->counters.dropped++;
        return;
    }
    struct event_block *block = node->events_last;
    struct item *item = (struct item *)(void *)(block->items + block->used);
    block->used += size;
    item->event = *event;
    item->size = size;
    if (event->text.length > 0)
        memcpy(item->text, event->text.bytes, event->text.length);
    item->event.text.bytes = item->text;
}

/* The text of the event before is good until now. */
bool node_event(struct node *node, struct node_event *event)
{
    struct event_block *block = node->events;

    if (block && node->events_at == block->used) {
        node->events_at = 0;
        if (block == node->events_last) {
            block->used = 0;
            return false;
        }
        node->events = block->next;
        free(block);
        block = node->events;
    }
    if (!block)
        return false;
    const struct item *item = (const struct item *)(const void *)(block->items + node->events_at);
    node->events_at += item->size;
    *event = item->event;
    return true;
}

void event_free_all(struct node *node)
{
    while (node->events) {
        struct event_block *next = node->events->next;
        free(node->events);
        node->events = next;
    }
}
