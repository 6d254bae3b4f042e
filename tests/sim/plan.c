#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "invariants.h"
#include "memory.h"
#include "peek.h"

#define MS NET_MS
#define S  NET_S

#define TOOL_STAYS_US (5 * S)
#define HOUR_US       (3600 * S)
#define BYE_QUIET_US  (5 * S)

struct action {
    plan_act *act;
    int about;
    uint64_t more;
};

void plan_after(struct sim *sim, uint64_t us, plan_act *act, int about, uint64_t more)
{
    struct action *action = memory_grow(NULL, sizeof *action);

    *action = (struct action){act, about, more};
    heap_push(&sim->actions, (struct heap_entry){sim->net->now_us + us, sim->net->sequence++, action, 0, 0});
}

bool plan_step(struct sim *sim)
{
    if (sim->actions.count == 0)
        return false;
    const struct heap_entry entry = heap_pop(&sim->actions);
    struct action *action = entry.what;
    if (entry.at_us > sim->net->now_us)
        net_run(sim->net, entry.at_us - sim->net->now_us);
    if (sim->failure.invariant == 0)
        action->act(sim, action->about, action->more);
    free(action);
    return true;
}

void plan_free(struct sim *sim)
{
    while (sim->actions.count > 0)
        free(heap_pop(&sim->actions).what);
    free(sim->actions.entries);
}

/* Trouble: while it lasts nothing is asked of a node. */

static void trouble_begins(struct sim *sim, int node)
{
    sim->nodes[node].trouble_us = SIM_NEVER;
}

/* One trouble ended; there may be others. */
static void trouble_ends(struct sim *sim, int node)
{
    const struct net_node *of = &sim->net->nodes[node];
    bool whole = !of->asleep && !of->deaf && !of->mute;

    for (int link = 0; link < of->plug_count; link++)
        whole &= of->plugs[link].side == 0;
    if (whole && sim->nodes[node].trouble_us == SIM_NEVER)
        sim->nodes[node].trouble_us = sim->net->now_us;
}

/* A node that is awake and has not left; -1: the dice found none. */
static int pick(struct sim *sim, bool speaker)
{
    for (int tries = 0; tries < 8 && sim->net->node_count > 0; tries++) {
        int node = (int)sim_random(sim, (uint64_t)sim->net->node_count);
        const struct sim_node *of = &sim->nodes[node];
        if (sim_alive(sim, node) && (!speaker || (!of->forwards && of->role == WIRE_PERSON)))
            return node;
    }
    return -1;
}

/* Coming. */

static struct node_config config_of(struct sim *sim, int index, enum wire_role role, bool forwards)
{
    static const char *const rooms[] = {"lobby", "annex"};
    struct sim_node *node = &sim->nodes[index];
    bool annex = sim->rooms > 1 && !forwards && sim_chance(sim, 300);
    struct node_config config;

    snprintf(node->nick, sizeof node->nick, "n%d", index);
    if (sim_chance(sim, 50))
        snprintf(node->nick, sizeof node->nick, "twin");
    config = net_config(sim->net, node->nick, role, rooms[annex]);
    config.forwards = forwards;
    config.every_room = forwards;
    /* A tool is gone before it could show any. */
    if ((sim->options.with & SIM_HISTORY) && role != WIRE_TOOL && sim_chance(sim, 300))
        config.history = (uint32_t)sim_between(sim, 1, 50);
    if (sim->options.configure)
        sim->options.configure(&config, sim->options.context);
    return config;
}

int plan_come(struct sim *sim, enum wire_role role, bool forwards, int segment, int other)
{
    int index = sim->net->node_count;
    const int segments[] = {segment, other};

    if (index >= SIM_NODES_MAX)
        return -1;
    const struct node_config config = config_of(sim, index, role, forwards);
    struct sim_node *node = &sim->nodes[index];
    node->role = role;
    node->forwards = forwards;
    node->room = wire_room_tag(config.room);
    node->history = config.history;
    node->born_us = sim->net->now_us;
    node->ready_us = node->left_us = SIM_NEVER;
    net_add_config(sim->net, &config);
    node->id = net_id(sim->net, index);
    sim_trace(sim, "n%d comes: %016llx, role %d, room %s, segments %d and %d, history %u", index,
              (unsigned long long)node->id, (int)role, config.room.bytes, segment, other, config.history);
    if (sim->plan & PLAN_CLOCKS)
        plan_clock(sim, index, 1);
    for (size_t i = 0; i < 2; i++)
        if (segments[i] >= 0) {
            node->segments |= UINT64_C(1) << segments[i];
            net_plug(sim->net, index, segments[i], sim->segment_paths[segments[i]]);
        }
    return index;
}

/* A host has two feet now and then. */
static int somebody_comes(struct sim *sim, enum wire_role role)
{
    int count = sim->net->segment_count;
    int segment = (int)sim_random(sim, (uint64_t)count);
    bool feet = count > 1 && sim_chance(sim, 150);

    return plan_come(sim, role, false, segment, feet ? (segment + 1) % count : -1);
}

void plan_late(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    somebody_comes(sim, sim_chance(sim, 700) ? WIRE_PERSON : WIRE_LISTENER);
}

/* Talk. */

void plan_remember(struct sim *sim, int node, uint64_t room, uint64_t origin, struct span text,
                   uint32_t first, uint32_t last)
{
    for (uint32_t number = first; number <= last; number++) {
        if (sim->record_count == sim->record_room) {
            sim->record_room = sim->record_room > 0 ? 2 * sim->record_room : 64;
            sim->records = memory_grow(sim->records, sim->record_room * sizeof *sim->records);
        }
        *table_at(&sim->by_number, origin, number) = sim->record_count + 1;
        sim->records[sim->record_count++] = (struct sim_record){
            .origin = origin,
            .number = number,
            .last = last,
            .first = number == first,
            .node = node,
            .room = room,
            .at_us = sim->net->now_us,
            .hash = hash_bytes(text.bytes, text.length),
            .length = text.length,
        };
    }
}

static void remember(struct sim *sim, int node, struct span text, uint32_t first, uint32_t last)
{
    uint64_t origin = net_id(sim->net, node);

    if (origin != sim->nodes[node].id) { /* it has taken a fresh one */
        sim_trace(sim, "n%d is %016llx now", node, (unsigned long long)origin);
        sim->nodes[node].id = origin;
    }
    plan_remember(sim, node, sim->nodes[node].room, origin, text, first, last);
    sim->nodes[node].said = last;
    sim->nodes[node].said_us = sim->net->now_us;
    sim->nodes[node].lines++;
}

/* What is said is known before it is seen on the way: records are entered between the call and its flush. */
bool plan_say(struct sim *sim, int index, size_t octets)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz .,!?0123456789ABCDEFGHIJKLMNOPQRSTUVWX";
    static char text[TEXT_SAY_MAX];
    struct node *node = sim->net->nodes[index].node;
    int length = snprintf(text, sizeof text, "%d.%u ", index, sim->nodes[index].lines);

    if (!node_may_say(node))
        return false;
    for (size_t i = (size_t)length; i < octets; i++)
        text[i] = letters[sim_random(sim, 64)];
    const struct span span = {text, octets > (size_t)length ? octets : (size_t)length};
    const uint64_t id = node_id(node);
    uint32_t first = peek_highest(node, sim->nodes[index].room, id) + 1; /* it may have said something anew */
    net_enter(sim->net, index);
    uint32_t last = node_say(node, span, false, net_time_of(sim->net, index));
    net_leave();
    if (last > 0)
        remember(sim, index, span, id == node_id(node) ? first : 1, last);
    sim->octets += span.length;
    sim_trace(sim, "n%d says %u: %zu octets", index, last, span.length);
    net_flush(sim->net, index);
    return true;
}

static size_t length_of_line(struct sim *sim)
{
    if ((sim->plan & PLAN_LONG_TEXT) && sim_chance(sim, 60))
        return sim_between(sim, 1000, TEXT_SAY_MAX);
    return sim_chance(sim, 200) ? sim_between(sim, 100, 1500) : sim_between(sim, 5, 80);
}

/* `more` lines, some milliseconds apart. */
static void speak(struct sim *sim, int node, uint64_t more)
{
    uint64_t pause = 5 * MS;

    if (sim->ending || !sim_alive(sim, node) || sim->octets > PLAN_TEXTS_MOST)
        return;
    if (!node_ready(sim->net->nodes[node].node))
        pause = 50 * MS;
    else if (plan_say(sim, node, length_of_line(sim))) {
        more--;
        pause = sim_chance(sim, 500) ? 0 : sim_random(sim, 20 * MS);
    }
    if (more > 0)
        plan_after(sim, pause, speak, node, more);
}

void plan_talk(struct sim *sim, int about, uint64_t more)
{
    int node = pick(sim, true);

    (void)about;
    (void)more;
    if (node >= 0)
        speak(sim, node, sim_chance(sim, 200) ? sim_between(sim, 5, 40) : 1);
}

void plan_rename(struct sim *sim, int about, uint64_t more)
{
    int node = pick(sim, true);
    char nick[16];

    (void)about;
    (void)more;
    if (node < 0)
        return;
    snprintf(nick, sizeof nick, "r%d", (int)sim_random(sim, 20));
    sim_trace(sim, "n%d renames itself %s", node, nick);
    net_rename(sim->net, node, nick);
}

/* Leaving. */

static void leave(struct sim *sim, int node, bool bye)
{
    sim_trace(sim, "n%d %s", node, bye ? "leaves" : "crashes");
    sim->nodes[node].left_us = sim->net->now_us;
    guests_left(sim, node);
    if (bye)
        net_bye(sim->net, node);
    net_kill(sim->net, node);
}

void plan_bye(struct sim *sim, int about, uint64_t more)
{
    int node = pick(sim, true);

    (void)about;
    (void)more;
    if (node < 0)
        return;
    if (sim->nodes[node].lines > 0 && sim->net->now_us - sim->nodes[node].said_us < BYE_QUIET_US)
        sim->gentle = false; /* it does not stay for what is repaired */
    leave(sim, node, true);
}

/* The index of the lowest bit of a set, which is taken out; -1 when it is empty. */
static int take_lowest(uint64_t *set)
{
    for (int i = 0; i < 64; i++)
        if (*set >> i & 1) {
            *set &= ~(UINT64_C(1) << i);
            return i;
        }
    return -1;
}

/* A new node where a crashed one was. */
static void restart(struct sim *sim, int crashed, uint64_t more)
{
    const struct sim_node *old = &sim->nodes[crashed];
    uint64_t segments = old->segments;
    int first = take_lowest(&segments), second = take_lowest(&segments);

    (void)more;
    if (sim->ending)
        return;
    int node = plan_come(sim, old->role, old->forwards, first, second);
    if (node < 0)
        return;
    net_replace(sim->net, crashed, node);
    for (int i = 0; i < sim->net->connection_count; i++)
        if (sim->net->connections[i].ends[0].node == node || sim->net->connections[i].ends[1].node == node)
            sim->connection_trouble_us[i] = sim->net->now_us;
}

void plan_crash(struct sim *sim, int about, uint64_t more)
{
    int node = pick(sim, false);

    (void)about;
    (void)more;
    if (node < 0)
        return;
    leave(sim, node, false);
    if (sim->nodes[node].role != WIRE_TOOL && sim_chance(sim, 500))
        plan_after(sim, sim_between(sim, 10 * MS, 20 * S), restart, node, 0);
}

/* A tool comes, says something when it is ready, and leaves when all have it. */

static void tool_leaves(struct sim *sim, int node, uint64_t confirmed)
{
    if (!sim_alive(sim, node))
        return;
    sim->gentle &= confirmed || sim->nodes[node].lines == 0;
    leave(sim, node, true);
}

static void tool_says(struct sim *sim, int node, uint64_t more)
{
    if (!sim_alive(sim, node))
        return;
    if (plan_say(sim, node, length_of_line(sim)))
        more--;
    if (more > 0)
        plan_after(sim, 5 * MS, tool_says, node, more);
    else
        net_census(sim->net, node, sim->nodes[node].said, 0);
}

void plan_told(struct sim *sim, int node, const struct node_event *event)
{
    if (event->type == NODE_READY)
        sim->nodes[node].ready_us = sim->net->now_us;
    if (sim->nodes[node].role != WIRE_TOOL || sim->ending)
        return;
    if (event->type == NODE_READY)
        plan_after(sim, 0, tool_says, node, sim_between(sim, 1, 3));
    if (event->type != NODE_CENSUS)
        return;
    const struct node_census result = node_census_result(sim->net->nodes[node].node);
    bool confirmed = result.lack + result.silent == 0;
    if (confirmed && result.have > 0 && sim->lossless)
        invariants_confirmed(sim, node);
    plan_after(sim, 0, tool_leaves, node, confirmed);
}

void plan_tool(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    int node = somebody_comes(sim, WIRE_TOOL);
    if (node >= 0)
        plan_after(sim, TOOL_STAYS_US, tool_leaves, node, 0);
}

/* Hosts. */

static void wake(struct sim *sim, int node, uint64_t more_us)
{
    if (!sim->net->nodes[node].node || !sim->net->nodes[node].asleep)
        return;
    sim_trace(sim, "n%d wakes", node);
    net_wake(sim->net, node, more_us);
    trouble_ends(sim, node);
}

void plan_sleep(struct sim *sim, int about, uint64_t more)
{
    int node = pick(sim, false);

    (void)about;
    (void)more;
    if (node < 0)
        return;
    sim_trace(sim, "n%d sleeps", node);
    trouble_begins(sim, node);
    net_sleep(sim->net, node);
    plan_after(sim, sim_between(sim, 100 * MS, 40 * S), wake, node, sim_chance(sim, 500) ? HOUR_US : 0);
}

static void hear(struct sim *sim, int node, uint64_t more)
{
    (void)more;
    if (!sim->net->nodes[node].deaf && !sim->net->nodes[node].mute)
        return;
    sim_trace(sim, "n%d is whole again", node);
    sim->net->nodes[node].deaf = sim->net->nodes[node].mute = false;
    trouble_ends(sim, node);
}

void plan_deaf(struct sim *sim, int about, uint64_t more)
{
    int node = pick(sim, false);

    (void)about;
    (void)more;
    if (node < 0 || sim->nodes[node].trouble_us == SIM_NEVER)
        return;
    bool deaf = sim_chance(sim, 500);
    sim_trace(sim, "n%d is %s", node, deaf ? "deaf" : "mute");
    sim->net->nodes[node].deaf = deaf;
    sim->net->nodes[node].mute = !deaf;
    trouble_begins(sim, node);
    plan_after(sim, sim_between(sim, S, 30 * S), hear, node, 0);
}

/* more 1: this node. */
void plan_clock(struct sim *sim, int about, uint64_t more)
{
    int node = more ? about : pick(sim, false);
    int64_t most = sim_chance(sim, 500) ? 600 * 1000 : INT64_C(86400000) * 4000;

    if (node < 0)
        return;
    sim->net->nodes[node].wall_ms = (int64_t)sim_random(sim, (uint64_t)(2 * most)) - most;
    sim_trace(sim, "n%d has its wall clock %lld ms wrong", node, (long long)sim->net->nodes[node].wall_ms);
}

/* Networks. */

static void heal(struct sim *sim, int segment, uint64_t more)
{
    const struct net_segment *of = &sim->net->segments[segment];

    (void)more;
    for (size_t i = 0; i < of->plug_count; i++) {
        const struct net_place place = of->plugs[i];
        struct net_plug *plug = &sim->net->nodes[place.node].plugs[place.link];
        if (plug->side == 0)
            continue;
        plug->side = 0;
        trouble_ends(sim, place.node);
    }
    sim_trace(sim, "segment %d is whole", segment);
}

void plan_part(struct sim *sim, int about, uint64_t more)
{
    int segment = (int)sim_random(sim, (uint64_t)sim->net->segment_count);
    const struct net_segment *of = &sim->net->segments[segment];

    (void)about;
    (void)more;
    sim_trace(sim, "segment %d parts", segment);
    for (size_t i = 0; i < of->plug_count; i++) {
        const struct net_place place = of->plugs[i];
        if (sim->nodes[place.node].trouble_us == SIM_NEVER || sim_chance(sim, 500))
            continue;
        sim->net->nodes[place.node].plugs[place.link].side = 1;
        sim_trace(sim, "n%d is cut off", place.node);
        trouble_begins(sim, place.node);
    }
    plan_after(sim, sim_between(sim, S, 40 * S), heal, segment, 0);
}

static void mend(struct sim *sim, int connection, uint64_t more)
{
    (void)more;
    if (sim->net->connections[connection].up)
        return;
    sim_trace(sim, "connection %d is mended", connection);
    sim->connection_trouble_us[connection] = sim->net->now_us;
    net_mend(sim->net, connection);
}

void plan_break(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    if (sim->net->connection_count == 0)
        return;
    int connection = (int)sim_random(sim, (uint64_t)sim->net->connection_count);
    sim_trace(sim, "connection %d breaks", connection);
    sim->connection_trouble_us[connection] = SIM_NEVER;
    net_break(sim->net, connection);
    plan_after(sim, sim_between(sim, 100 * MS, 60 * S), mend, connection, 0);
}

static void set_full(struct sim *sim, int connection, bool full)
{
    for (int end = 0; end < 2; end++) {
        const struct net_place at = sim->net->connections[connection].ends[end];
        struct node *node = at.link >= 0 ? sim->net->nodes[at.node].node : NULL;
        if (!node)
            continue;
        net_enter(sim->net, at.node);
        node_link_full(node, at.link, full, net_time_of(sim->net, at.node));
        net_leave();
        net_flush(sim->net, at.node);
    }
}

static void drain(struct sim *sim, int connection, uint64_t more)
{
    (void)more;
    sim_trace(sim, "connection %d takes again", connection);
    set_full(sim, connection, false);
}

void plan_full(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    if (sim->net->connection_count == 0)
        return;
    int connection = (int)sim_random(sim, (uint64_t)sim->net->connection_count);
    sim_trace(sim, "connection %d is full", connection);
    set_full(sim, connection, true);
    plan_after(sim, sim_between(sim, 100 * MS, 20 * S), drain, connection, 0);
}

void plan_segment(struct sim *sim, int index)
{
    static const unsigned losses[] = {10, 50, 200, 300}, heavy[] = {400, 500, 600};
    struct net_segment *segment = &sim->net->segments[index];

    segment->delay_us = sim_between(sim, 50, 3 * MS);
    segment->jitter_us = sim->plan & PLAN_JITTER ? sim_between(sim, 10, 20 * MS) : 0;
    segment->twice = sim->plan & PLAN_TWICE ? (unsigned)sim_random(sim, 200) : 0;
    if (sim->plan & PLAN_LOSS)
        segment->loss = losses[sim_random(sim, 4)];
    if (sim->plan & PLAN_HEAVY)
        segment->loss = heavy[sim_random(sim, 3)];
    if (sim->plan & PLAN_BURSTS) {
        segment->burst_begins = (unsigned)sim_between(sim, 2, 30);
        segment->burst_ends = (unsigned)sim_between(sim, 30, 300);
        segment->burst_loss = (unsigned)sim_between(sim, 500, 1000);
    }
    sim_trace(sim, "segment %d: loss %u, bursts %u %u %u, twice %u, delay %u us, jitter %u us", index,
              segment->loss, segment->burst_begins, segment->burst_ends, segment->burst_loss, segment->twice,
              (unsigned)segment->delay_us, (unsigned)segment->jitter_us);
}

/* It changes. */
void plan_weather(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    if (!sim->ending)
        plan_segment(sim, (int)sim_random(sim, (uint64_t)sim->net->segment_count));
}

void plan_end(struct sim *sim)
{
    sim_trace(sim, "faults end, talk stops");
    sim->ending = true;
    sim->talk_ends_us = sim->net->now_us;
    for (int i = 0; i < sim->net->segment_count; i++) {
        struct net_segment *segment = &sim->net->segments[i];
        segment->loss = segment->twice = segment->burst_begins = segment->burst_loss = 0;
        heal(sim, i, 0);
    }
    paths_mend(sim);
    for (int i = 0; i < sim->net->node_count; i++) {
        hear(sim, i, 0);
        wake(sim, i, 0);
        if (sim_alive(sim, i) && sim->nodes[i].role == WIRE_TOOL)
            tool_leaves(sim, i, 0);
    }
    for (int i = 0; i < sim->net->connection_count; i++) {
        drain(sim, i, 0);
        mend(sim, i, 0);
    }
}
