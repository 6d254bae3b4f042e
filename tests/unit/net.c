#include "net.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"

#define TICKS_MOST 1000 /* at one moment */

struct net_delivery {
    uint64_t at_us, order;
    int node, link;
    enum wire_path path;
    struct node_address from;
    size_t length;
    uint8_t bytes[];
};

/* splitmix64 (Steele et al. 2014): small, and every seed is good. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static void fill(void *context, void *bytes, size_t length)
{
    uint8_t *out = bytes;

    for (size_t i = 0; i < length; i++)
        out[i] = (uint8_t)next_random(context);
}

struct net *net_new(uint64_t seed)
{
    struct net *net = memory_grow(NULL, sizeof *net);

    *net = (struct net){.random = seed, .now_us = NET_S, .store_octets = 1024 * 1024};
    return net;
}

void net_free(struct net *net)
{
    for (int i = 0; i < net->node_count; i++) {
        net_forget_events(net, i);
        node_free(net->nodes[i].node);
        free(net->nodes[i].events);
    }
    while (net->heap_count > 0)
        free(net->heap[--net->heap_count]);
    free(net->heap);
    free(net);
}

uint64_t net_random(struct net *net, uint64_t bound)
{
    return bound > 0 ? next_random(&net->random) % bound : 0;
}

struct node_time net_time(const struct net *net)
{
    return (struct node_time){net->now_us, NET_WALL_MS + net->now_us / 1000};
}

/* Deliveries wait in a heap, in order of time, then of sending. */

static bool before(const struct net_delivery *a, const struct net_delivery *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct net *net, size_t a, size_t b)
{
    struct net_delivery *delivery = net->heap[a];

    net->heap[a] = net->heap[b];
    net->heap[b] = delivery;
}

static void push(struct net *net, struct net_delivery *delivery)
{
    if (net->heap_count == net->heap_room) {
        net->heap_room = net->heap_room ? 2 * net->heap_room : 256;
        net->heap = memory_grow(net->heap, net->heap_room * sizeof *net->heap);
    }
    size_t at = net->heap_count++;
    net->heap[at] = delivery;
    for (; at > 0 && before(net->heap[at], net->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(net, at, (at - 1) / 2);
}

static struct net_delivery *pop(struct net *net)
{
    struct net_delivery *first = net->heap[0];
    size_t at = 0;

    net->heap[0] = net->heap[--net->heap_count];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < net->heap_count && before(net->heap[child + 1], net->heap[child]))
            child++;
        if (child >= net->heap_count || before(net->heap[at], net->heap[child]))
            return first;
        swap(net, at, child);
        at = child;
    }
}

/* An address is a plug and a family: a host is heard under another address on each family. */
static struct node_address address_of(int node, int link, bool six)
{
    return (struct node_address){
        .octets = {(uint8_t)(node >> 8), (uint8_t)node, (uint8_t)link, six ? 6 : 4},
          .length = 4
    };
}

static void deliver(struct net *net, const struct net_datagram *datagram, int node, int link)
{
    const struct net_segment *segment = &net->segments[datagram->segment];
    bool own = node == datagram->node;
    bool six = datagram->to.length > 0 ? datagram->to.octets[3] == 6 : datagram->path == WIRE_PATH_GROUP6;

    if ((!own && (net->nodes[node].deaf || net->nodes[datagram->node].mute)) ||
        net->nodes[node].plugs[link].side != net->nodes[datagram->node].plugs[datagram->link].side ||
        (net->pass && !net->pass(net, datagram, node, net->context)))
        return;
    if (net_random(net, 1000) < segment->loss)
        return;
    for (int copies = net_random(net, 1000) < segment->twice ? 2 : 1; copies > 0; copies--) {
        struct net_delivery *delivery = memory_grow(NULL, sizeof *delivery + datagram->length);
        *delivery = (struct net_delivery){
            .at_us = net->now_us + segment->delay_us + net_random(net, segment->jitter_us),
            .order = net->sequence++,
            .node = node,
            .link = link,
            .path = datagram->path,
            .from = address_of(datagram->node, datagram->link, six),
            .length = datagram->length,
        };
        memcpy(delivery->bytes, datagram->bytes, datagram->length);
        push(net, delivery);
    }
}

static void note(struct net *net, const struct net_datagram *datagram)
{
    struct net_node *node = &net->nodes[datagram->node];
    struct wire_datagram open;
    struct wire_record record;

    if (datagram->length > WIRE_DATAGRAM_MAX || !wire_open(&open, datagram->bytes, datagram->length))
        ck_abort_msg("node %d sent what is no datagram of %zu octets", datagram->node, datagram->length);
    node->sent++;
    node->unicasts += datagram->to.length > 0;
    while (datagram->to.length == 0 && wire_next(&open, &record)) {
        struct wire_room room;
        if (record.type == WIRE_HELLO && wire_next_room(&record.hello.rooms, &room))
            node->digest = room.roster_digest;
    }
    net->trace = hash_pair(net->trace ^ hash_bytes(datagram->bytes, datagram->length) ^ net->now_us,
                           (uint32_t)(datagram->node << 16 | datagram->link << 8 | (int)datagram->path));
}

static void carry(struct net *net, int from, const struct node_datagram *pulled)
{
    const struct net_datagram datagram = {
        from,          pulled->link,  net->nodes[from].plugs[pulled->link].segment, pulled->path, pulled->to,
        pulled->bytes, pulled->length};

    note(net, &datagram);
    if (net->see)
        net->see(net, &datagram, net->context);
    if (net->segments[datagram.segment].off & 1u << datagram.path)
        return;
    for (int node = 0; node < net->node_count; node++)
        for (int link = 0; link < NODE_LINKS_MAX && net->nodes[node].node; link++) {
            const uint8_t *to = datagram.to.octets;
            if (net->nodes[node].plugs[link].segment == datagram.segment &&
                (datagram.to.length == 0 || ((to[0] << 8 | to[1]) == node && to[2] == link)))
                deliver(net, &datagram, node, link);
        }
}

static void log_event(struct net *net, struct net_node *node, const struct node_event *event)
{
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

void net_flush(struct net *net, int index)
{
    struct net_node *node = &net->nodes[index];
    struct node_datagram datagram;
    struct node_event event;

    while (node_pull(node->node, &datagram))
        carry(net, index, &datagram);
    while (node_event(node->node, &event))
        log_event(net, node, &event);
    node->deadline_us = node_deadline(node->node);
}

int net_segment(struct net *net)
{
    net->segments[net->segment_count] = (struct net_segment){.delay_us = 200};
    return net->segment_count++;
}

int net_add(struct net *net, const char *nick, enum wire_role role, const char *room)
{
    struct node_config config = {
        .role = role,
        .nick = span_of(nick),
        .room = span_of(room),
        .random = {fill, &net->random},
        .store_octets = net->store_octets,
    };
    struct net_node *node = &net->nodes[net->node_count];

    node_timing_default(&config.timing);
    if (net->gap_us > 0)
        config.timing.gap_us = net->gap_us;
    for (int i = 0; i < NODE_LINKS_MAX; i++)
        node->plugs[i].segment = -1;
    memory_enter();
    node->node = node_new(&config, net_time(net));
    memory_leave();
    node->deadline_us = node->node ? node_deadline(node->node) : UINT64_MAX;
    return net->node_count++;
}

int net_plug(struct net *net, int index, int segment, unsigned paths)
{
    struct net_node *node = &net->nodes[index];

    memory_enter();
    int link = node_link_add(node->node, NODE_SEGMENT, net_time(net));
    for (int path = 0; link >= 0 && path < WIRE_PATH_UNICAST; path++)
        if (paths & 1u << path)
            node_path_up(node->node, link, (enum wire_path)path, net_time(net));
    memory_leave();
    if (link >= 0) {
        node->plugs[link] = (struct net_plug){.segment = segment};
        net_flush(net, index);
    }
    return link;
}

void net_unplug(struct net *net, int index, int link)
{
    node_link_remove(net->nodes[index].node, link, net_time(net));
    net->nodes[index].plugs[link].segment = -1;
    net_flush(net, index);
}

int net_person(struct net *net, const char *nick, int segment)
{
    int node = net_add(net, nick, WIRE_PERSON, "lobby");

    net_plug(net, node, segment, NET_BOTH);
    return node;
}

void net_kill(struct net *net, int index)
{
    node_free(net->nodes[index].node);
    net->nodes[index].node = NULL;
    net->nodes[index].deadline_us = UINT64_MAX;
}

uint32_t net_say_span(struct net *net, int node, struct span text)
{
    memory_enter();
    uint32_t number = node_say(net->nodes[node].node, text, false, net_time(net));
    memory_leave();
    net_flush(net, node);
    return number;
}

uint32_t net_say(struct net *net, int node, const char *text)
{
    return net_say_span(net, node, span_of(text));
}

void net_rename(struct net *net, int node, const char *nick)
{
    node_rename(net->nodes[node].node, span_of(nick), net_time(net));
    net_flush(net, node);
}

void net_bye(struct net *net, int node)
{
    memory_enter();
    node_bye(net->nodes[node].node, net_time(net));
    memory_leave();
    net_flush(net, node);
}

void net_census(struct net *net, int node, uint32_t number, unsigned enough)
{
    node_census(net->nodes[node].node, number, enough, false, net_time(net));
    net_flush(net, node);
}

static void receive(struct net *net, const struct net_delivery *delivery)
{
    struct net_node *node = &net->nodes[delivery->node];

    if (!node->node || node->plugs[delivery->link].segment < 0)
        return;
    memory_enter();
    node_receive(node->node, delivery->link, delivery->path, &delivery->from, delivery->bytes,
                 delivery->length, net_time(net));
    memory_leave();
    net_flush(net, delivery->node);
}

void net_inject(struct net *net, int node, int link, enum wire_path path, const uint8_t *bytes, size_t length)
{
    struct net_delivery *delivery = memory_grow(NULL, sizeof *delivery + length);

    *delivery = (struct net_delivery){.node = node,
                                      .link = link,
                                      .path = path,
                                      .from = address_of(NET_NODES_MAX, 0, false),
                                      .length = length};
    memcpy(delivery->bytes, bytes, length); /* to the octet: a read past the end is seen */
    receive(net, delivery);
    free(delivery);
}

void net_forge(struct net *net, int node, uint64_t sender, const struct wire_record *record)
{
    const struct wire_header header = {.version = WIRE_VERSION, .sender = sender, .counter = 1};
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = wire_encode_header(&header, bytes, sizeof bytes);
    size_t size = wire_encode(record, bytes + length, sizeof bytes - length);

    if (size == 0)
        ck_abort_msg("the test made a record that cannot be encoded");
    net_inject(net, node, 0, WIRE_PATH_GROUP4, bytes, length + size);
}

static void tick(struct net *net, int index)
{
    struct net_node *node = &net->nodes[index];

    if (++node->ticks > TICKS_MOST)
        ck_abort_msg("node %d wants to be called without end", index);
    memory_enter();
    node_tick(node->node, net_time(net));
    memory_leave();
    net_flush(net, index);
}

static void advance_to(struct net *net, uint64_t now_us)
{
    if (now_us <= net->now_us)
        return;
    net->now_us = now_us;
    for (int i = 0; i < net->node_count; i++)
        net->nodes[i].ticks = 0;
}

/* Does the next thing that happens by `until_us`; false if nothing does. */
static bool step(struct net *net, uint64_t until_us)
{
    uint64_t next = net->heap_count > 0 ? net->heap[0]->at_us : UINT64_MAX;
    int who = -1;

    for (int i = 0; i < net->node_count; i++)
        if (net->nodes[i].deadline_us < next) {
            next = net->nodes[i].deadline_us;
            who = i;
        }
    if (next > until_us)
        return false;
    advance_to(net, next);
    if (who >= 0) {
        tick(net, who);
    } else {
        struct net_delivery *delivery = pop(net);
        receive(net, delivery);
        free(delivery);
    }
    return true;
}

void net_run(struct net *net, uint64_t us)
{
    uint64_t until = net->now_us + us;

    while (step(net, until))
        ;
    advance_to(net, until);
}

uint64_t net_run_until(struct net *net, bool (*done)(struct net *net), uint64_t most_us)
{
    uint64_t start = net->now_us;

    while (!done(net))
        if (!step(net, start + most_us))
            ck_abort_msg("not done after %llu us", (unsigned long long)most_us);
    return net->now_us - start;
}
