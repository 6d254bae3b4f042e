/* What the nodes of a net sent and told, and what they know. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "net.h"

/* The next of this type. */
static bool next_of(struct wire_datagram *open, enum wire_type type, struct wire_record *record)
{
    while (wire_next(open, record))
        if (record->type == type)
            return true;
    return false;
}

bool net_record(const struct net_datagram *datagram, enum wire_type type, size_t nth,
                struct wire_record *record)
{
    struct wire_datagram open;

    wire_open(&open, datagram->bytes, datagram->length);
    while (next_of(&open, type, record))
        if (nth-- == 0)
            return true;
    return false;
}

size_t net_records(const struct net_datagram *datagram, enum wire_type type)
{
    struct wire_datagram open;
    struct wire_record record;
    size_t count = 0;

    wire_open(&open, datagram->bytes, datagram->length);
    while (next_of(&open, type, &record))
        count++;
    return count;
}

bool net_says(const struct net_datagram *datagram, uint64_t origin, uint32_t first, uint32_t last)
{
    struct wire_datagram open;
    struct wire_record record;

    wire_open(&open, datagram->bytes, datagram->length);
    while (next_of(&open, WIRE_MESSAGE, &record))
        if ((origin == 0 || record.message.origin == origin) && first <= record.message.number &&
            record.message.number <= last)
            return true;
    return false;
}

static bool is(const struct net_event *event, enum node_event_type type, uint64_t id)
{
    return event->is.type == type && (id == 0 || event->is.id == id);
}

void net_log(struct net *net, int index, const struct node_event *event)
{
    struct net_node *node = &net->nodes[index];

    if (node->event_count == node->event_room) {
        node->event_room = node->event_room ? 2 * node->event_room : 16;
        node->events = memory_grow(node->events, node->event_room * sizeof *node->events);
    }
    struct net_event *entry = &node->events[node->event_count++];
    *entry = (struct net_event){net->now_us, *event};
    char *text = memory_grow(NULL, event->text.length + 1);
    if (event->text.length > 0)
        memcpy(text, event->text.bytes, event->text.length);
    text[event->text.length] = '\0';
    entry->is.text.bytes = text;
}

size_t net_events(const struct net *net, int node, enum node_event_type type, uint64_t id)
{
    size_t count = 0;

    for (size_t i = 0; i < net->nodes[node].event_count; i++)
        count += is(&net->nodes[node].events[i], type, id);
    return count;
}

const struct net_event *net_event(const struct net *net, int node, enum node_event_type type, uint64_t id,
                                  size_t nth)
{
    for (size_t i = 0; i < net->nodes[node].event_count; i++)
        if (is(&net->nodes[node].events[i], type, id) && nth-- == 0)
            return &net->nodes[node].events[i];
    return NULL;
}

void net_forget_events(struct net *net, int node)
{
    struct net_node *of = &net->nodes[node];

    while (of->event_count > 0)
        free((void *)(uintptr_t)of->events[--of->event_count].is.text.bytes);
}

bool net_shown_once(const struct net *net, int node, const char *text)
{
    unsigned count = 0;

    for (size_t i = 0; i < net->nodes[node].event_count; i++)
        count += is(&net->nodes[node].events[i], NODE_MESSAGE, 0) &&
                 span_equal(net->nodes[node].events[i].is.text, span_of(text));
    return count == 1;
}

uint64_t net_id(const struct net *net, int node)
{
    return node_id(net->nodes[node].node);
}

size_t net_peers(const struct net *net, int node)
{
    struct node_peer peer;
    size_t count = 0;

    while (node_peer(net->nodes[node].node, count, &peer))
        count++;
    return count;
}

/* True if all that a node knows are nodes of the net, and all of them but itself. */
static bool knows_all(const struct net *net, int node, size_t others)
{
    struct node_peer peer;
    size_t count = 0;

    for (; node_peer(net->nodes[node].node, count, &peer); count++) {
        bool exists = false;
        for (int i = 0; i < net->node_count && !exists; i++)
            exists = i != node && net->nodes[i].node && net_id(net, i) == peer.id;
        if (!exists)
            return false;
    }
    return count == others;
}

bool net_agree(struct net *net)
{
    size_t alive = 0;
    uint64_t digest = 0;

    for (int i = 0; i < net->node_count; i++) {
        if (!net->nodes[i].node)
            continue;
        if (alive++ > 0 && net->nodes[i].digest != digest)
            return false;
        digest = net->nodes[i].digest;
    }
    for (int i = 0; i < net->node_count; i++)
        if (net->nodes[i].node && !knows_all(net, i, alive - 1))
            return false;
    return true;
}
