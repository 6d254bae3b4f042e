#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"

#define TICKS_MOST     1000 /* at one moment */
#define NODES_AT_FIRST 64

uint64_t net_next_random(uint64_t *state)
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
        out[i] = (uint8_t)net_next_random(context);
}

struct net *net_new(uint64_t seed)
{
    struct net *net = memory_grow(NULL, sizeof *net);

    *net = (struct net){
        .random = seed, .now_us = NET_S, .store_octets = 1024 * 1024, .node_room = NODES_AT_FIRST};
    net->nodes = memory_grow(NULL, NODES_AT_FIRST * sizeof *net->nodes);
    return net;
}

void net_free(struct net *net)
{
    for (int i = 0; i < net->node_count; i++) {
        net_forget_events(net, i);
        net_kill(net, i);
        free(net->nodes[i].plugs);
        free(net->nodes[i].events);
    }
    carry_free(net);
    connection_free(net);
    free(net->nodes);
    free(net->arrivals.entries);
    free(net->deadlines.entries);
    free(net);
}

void net_enter(struct net *net, int node)
{
    memory_account(&net->nodes[node].octets);
    memory_enter();
}

void net_leave(void)
{
    memory_leave();
}

void net_fail(struct net *net, const char *what)
{
    if (net->fail) {
        net->fail(net, what, net->context);
        return;
    }
    fprintf(stderr, "net: %s\n", what);
    abort();
}

uint64_t net_random(struct net *net, uint64_t bound)
{
    return bound > 0 ? net_next_random(&net->random) % bound : 0;
}

struct node_time net_time(const struct net *net)
{
    return (struct node_time){net->now_us, NET_WALL_MS + net->now_us / 1000};
}

struct node_time net_time_of(const struct net *net, int node)
{
    const struct net_node *of = &net->nodes[node];
    const struct node_time time = net_time(net);

    return (struct node_time){time.now_us + of->skew_us,
                              time.wall_ms + of->skew_us / 1000 + (uint64_t)of->wall_ms};
}

/* Datagrams and events out. */

static void note(struct net *net, const struct net_datagram *datagram)
{
    struct net_node *node = &net->nodes[datagram->node];
    struct wire_datagram open;
    struct wire_record record;

    if (datagram->length > WIRE_DATAGRAM_MAX || !wire_open(&open, datagram->bytes, datagram->length)) {
        char what[80];
        snprintf(what, sizeof what, "node %d sent what is no datagram of %zu octets", datagram->node,
                 datagram->length);
        net_fail(net, what);
        return;
    }
    net->datagrams++;
    node->sent++;
    node->sent_octets += datagram->length;
    node->unicasts += datagram->to.length > 0;
    while (datagram->to.length == 0 && wire_next(&open, &record)) {
        struct wire_room room;
        if (record.type == WIRE_HELLO && wire_next_room(&record.hello.rooms, &room))
            node->digest = room.roster_digest;
    }
    net->trace = hash_pair(net->trace ^ hash_bytes(datagram->bytes, datagram->length) ^ net->now_us,
                           (uint32_t)(datagram->node << 16 | datagram->link << 8 | (int)datagram->path));
}

static void send_out(struct net *net, int from, const struct node_datagram *pulled)
{
    const struct net_plug *plug = &net->nodes[from].plugs[pulled->link];
    const struct net_datagram datagram = {from,       pulled->link,  plug->segment, pulled->path,
                                          pulled->to, pulled->bytes, pulled->length};

    note(net, &datagram);
    if (net->see)
        net->see(net, &datagram, net->context);
    if (plug->connection > 0)
        connection_send(net, &datagram);
    else if (plug->segment >= 0)
        carry_datagram(net, &datagram);
}

/* The deadline as it is now goes into the queue; what was there before is stale. */
static void queue_deadline(struct net *net, int index)
{
    struct net_node *node = &net->nodes[index];
    uint64_t deadline = node->node && !node->asleep ? node_deadline(node->node) : UINT64_MAX;

    if (deadline != UINT64_MAX)
        deadline = deadline > node->skew_us ? deadline - node->skew_us : 0;
    node->deadline_us = deadline;
    if (deadline == node->queued_us)
        return;
    node->queued_us = deadline;
    if (deadline != UINT64_MAX)
        heap_push(&net->deadlines, (struct heap_entry){deadline, (uint64_t)index, NULL, index, 0});
}

static bool pull(struct net *net, int index, struct node_datagram *datagram)
{
    net_enter(net, index);
    bool pulled = node_pull(net->nodes[index].node, datagram);
    net_leave();
    return pulled;
}

static bool take_event(struct net *net, int index, struct node_event *event)
{
    net_enter(net, index);
    bool taken = node_event(net->nodes[index].node, event);
    net_leave();
    return taken;
}

void net_flush(struct net *net, int index)
{
    struct node_datagram datagram;
    struct node_event event;

    while (pull(net, index, &datagram))
        send_out(net, index, &datagram);
    while (take_event(net, index, &event)) {
        if (net->tell)
            net->tell(net, index, &event, net->context);
        else
            net_log(net, index, &event);
    }
    queue_deadline(net, index);
    connection_resume(net, index);
}

/* Nodes and their links. */

int net_segment(struct net *net)
{
    net->segments[net->segment_count] = (struct net_segment){.delay_us = 200};
    return net->segment_count++;
}

struct node_config net_config(struct net *net, const char *nick, enum wire_role role, const char *room)
{
    struct node_config config = {
        .role = role,
        .nick = span_of(nick),
        .room = span_of(room),
        .random = {fill, &net->random},
        .store_octets = net->store_octets,
    };

    node_timing_default(&config.timing);
    if (net->gap_us > 0)
        config.timing.gap_us = net->gap_us;
    return config;
}

int net_add_config(struct net *net, const struct node_config *config)
{
    int index = net->node_count++;

    if (index == net->node_room) {
        net->node_room *= 2;
        net->nodes = memory_grow(net->nodes, (size_t)net->node_room * sizeof *net->nodes);
    }
    net->nodes[index] = (struct net_node){.queued_us = UINT64_MAX};
    net_enter(net, index);
    net->nodes[index].node = node_new(config, net_time(net));
    net_leave();
    queue_deadline(net, index);
    return index;
}

int net_add(struct net *net, const char *nick, enum wire_role role, const char *room)
{
    const struct node_config config = net_config(net, nick, role, room);

    return net_add_config(net, &config);
}

static void make_plug(struct net_node *node, int link)
{
    while (node->plug_count <= link) {
        node->plugs = memory_grow(node->plugs, (size_t)(node->plug_count + 1) * sizeof *node->plugs);
        node->plugs[node->plug_count++] = (struct net_plug){.segment = -1};
    }
    node->plugs[link] = (struct net_plug){.segment = -1};
}

int net_plug(struct net *net, int index, int segment, unsigned paths)
{
    struct node *node = net->nodes[index].node;

    net_enter(net, index);
    int link = node_link_add(node, NODE_SEGMENT, net_time_of(net, index));
    for (int path = 0; link >= 0 && path <= WIRE_PATH_UNICAST; path++)
        if (paths & NET_SPARES & 1u << path)
            node_path_reserve(node, link, (enum wire_path)path, net_time_of(net, index));
        else if (paths & 1u << path)
            node_path_up(node, link, (enum wire_path)path, net_time_of(net, index));
    net_leave();
    if (link >= 0) {
        make_plug(&net->nodes[index], link);
        net->nodes[index].plugs[link].paths = paths;
        carry_plug(net, index, link, segment);
        net_flush(net, index);
    }
    return link;
}

void net_move(struct net *net, int node, int link, int segment)
{
    carry_plug(net, node, link, -1);
    carry_plug(net, node, link, segment);
}

void net_unplug(struct net *net, int index, int link)
{
    net_enter(net, index);
    node_link_remove(net->nodes[index].node, link, net_time_of(net, index));
    net_leave();
    if (link < net->nodes[index].plug_count)
        carry_plug(net, index, link, -1);
    net_flush(net, index);
}

int net_forwarder(struct net *net, enum wire_role role, bool every_room)
{
    struct node_config config = net_config(net, "relay", role, "lobby");

    config.forwards = true;
    config.every_room = every_room;
    return net_add_config(net, &config);
}

int net_person(struct net *net, const char *nick, int segment)
{
    int node = net_add(net, nick, WIRE_PERSON, "lobby");

    net_plug(net, node, segment, NET_BOTH);
    return node;
}

#define SETTLED_US (20 * NET_S)

void net_people(struct net *net, int count, int segment, unsigned paths)
{
    for (int i = 0; i < count; i++) {
        char nick[16];
        snprintf(nick, sizeof nick, "p%d", i);
        net_plug(net, net_add(net, nick, WIRE_PERSON, "lobby"), segment, paths);
    }
    net_run(net, SETTLED_US);
}

/* A connection of whom is killed breaks: the other end hears that. */
void net_kill(struct net *net, int index)
{
    struct net_node *node = &net->nodes[index];

    net_enter(net, index);
    node_free(node->node);
    net_leave();
    node->node = NULL;
    queue_deadline(net, index);
    for (int link = 0; link < node->plug_count; link++) {
        if (node->plugs[link].connection > 0)
            net_break(net, (node->plugs[link].connection - 1) / 2);
        carry_plug(net, index, link, -1);
    }
}

void net_sleep(struct net *net, int index)
{
    net->nodes[index].asleep = true;
    queue_deadline(net, index);
}

void net_wake(struct net *net, int index, uint64_t more_us)
{
    net->nodes[index].asleep = false;
    net->nodes[index].skew_us += more_us;
    net->nodes[index].wall_ms -= (int64_t)(more_us / 1000); /* that one is set by others */
    queue_deadline(net, index);
    connection_resume(net, index);
}

/* What a person does. */

uint32_t net_say_span(struct net *net, int node, struct span text)
{
    net_enter(net, node);
    uint32_t number = node_say(net->nodes[node].node, text, false, net_time_of(net, node));
    net_leave();
    net_flush(net, node);
    return number;
}

uint32_t net_say(struct net *net, int node, const char *text)
{
    return net_say_span(net, node, span_of(text));
}

void net_rename(struct net *net, int node, const char *nick)
{
    net_enter(net, node);
    node_rename(net->nodes[node].node, span_of(nick), net_time_of(net, node));
    net_leave();
    net_flush(net, node);
}

void net_bye(struct net *net, int node)
{
    net_enter(net, node);
    node_bye(net->nodes[node].node, net_time_of(net, node));
    net_leave();
    net_flush(net, node);
}

void net_census(struct net *net, int node, uint32_t number, unsigned enough)
{
    net_enter(net, node);
    node_census(net->nodes[node].node, number, enough, false, net_time_of(net, node));
    net_leave();
    net_flush(net, node);
}

/* What comes in, and the clock. */

void net_receive(struct net *net, struct net_place at, enum wire_path path, const struct node_address *from,
                 const uint8_t *bytes, size_t length)
{
    const struct net_node *node = &net->nodes[at.node];

    if (!node->node || node->asleep || at.link >= node->plug_count ||
        (node->plugs[at.link].segment < 0 && node->plugs[at.link].connection == 0))
        return;
    net_enter(net, at.node);
    node_receive(node->node, at.link, path, from, bytes, length, net_time_of(net, at.node));
    net_leave();
    net_flush(net, at.node);
}

static const struct node_address nowhere = {
    .octets = {0xff, 0xff, 0, 4},
      .length = 4
};

void net_inject(struct net *net, int node, int link, enum wire_path path, const uint8_t *bytes, size_t length)
{
    uint8_t *exact = memory_grow(NULL, length); /* to the octet: a read past the end is seen */

    memcpy(exact, bytes, length);
    net_receive(net, (struct net_place){node, link}, path, &nowhere, exact, length);
    free(exact);
}

void net_forge(struct net *net, int node, uint64_t sender, const struct wire_record *record)
{
    const struct wire_header header = {.version = WIRE_VERSION, .sender = sender, .counter = 1};
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = wire_encode_header(&header, bytes, sizeof bytes);
    size_t size = wire_encode(record, bytes + length, sizeof bytes - length);

    if (size == 0) {
        net_fail(net, "the test made a record that cannot be encoded");
        return;
    }
    net_inject(net, node, 0, WIRE_PATH_GROUP4, bytes, length + size);
}

static void tick(struct net *net, int index)
{
    struct net_node *node = &net->nodes[index];

    node->queued_us = UINT64_MAX;
    node->ticks = node->ticked_us == net->now_us ? node->ticks + 1 : 1;
    node->ticked_us = net->now_us;
    if (node->ticks > TICKS_MOST) {
        char what[64];
        snprintf(what, sizeof what, "node %d wants to be called without end", index);
        net_fail(net, what);
        return;
    }
    net_enter(net, index);
    node_tick(node->node, net_time_of(net, index));
    net_leave();
    net_flush(net, index);
}

static void advance_to(struct net *net, uint64_t now_us)
{
    if (now_us > net->now_us)
        net->now_us = now_us;
}

/* Does the next thing that happens by `until_us`; false if nothing does. */
static bool step(struct net *net, uint64_t until_us)
{
    struct heap *deadlines = &net->deadlines;
    uint64_t next = net->arrivals.count > 0 ? net->arrivals.entries[0].at_us : UINT64_MAX;

    while (deadlines->count > 0 &&
           deadlines->entries[0].at_us != net->nodes[deadlines->entries[0].node].queued_us)
        heap_pop(deadlines);
    bool ticks = deadlines->count > 0 && deadlines->entries[0].at_us < next;
    if (ticks)
        next = deadlines->entries[0].at_us;
    if (next > until_us || (!ticks && net->arrivals.count == 0))
        return false;
    advance_to(net, next);
    const struct heap_entry entry = heap_pop(ticks ? deadlines : &net->arrivals);
    if (ticks)
        tick(net, entry.node);
    else if (entry.what)
        carry_arrival(net, &entry);
    else
        connection_arrival(net, entry.node, entry.link);
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
        if (!step(net, start + most_us)) {
            net_fail(net, "not done after the time that the test gave it");
            break;
        }
    return net->now_us - start;
}
