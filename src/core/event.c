#include <stdlib.h>
#include <string.h>

#include "state.h"

void event_post(struct node *node, const struct node_event *event)
{
    struct event_item *item = malloc(sizeof *item + event->text.length);

    if (!item) {
        node->counters.dropped++;
        return;
    }
    item->next = NULL;
    item->event = *event;
    if (event->text.length > 0)
        memcpy(item->text, event->text.bytes, event->text.length);
    item->event.text.bytes = item->text;
    if (node->events)
        node->events_tail->next = item;
    else
        node->events = item;
    node->events_tail = item;
}

bool node_event(struct node *node, struct node_event *event)
{
    free(node->event_shown);
    node->event_shown = node->events;
    if (!node->events)
        return false;
    node->events = node->events->next;
    *event = node->event_shown->event;
    return true;
}

void event_free_all(struct node *node)
{
    struct node_event event;

    while (node_event(node, &event))
        ;
}
