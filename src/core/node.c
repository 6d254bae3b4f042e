#include "lanchat/node.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "state.h"

#define SLEPT_US UINT64_C(3000000)

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

void node_timing_default(struct node_timing *timing)
{
    *timing = (struct node_timing){
        .hello_least_us = 5 * S,
        .hello_link_us = 15 * S,
        .hello_share_us = 100 * MS,
        .hello_seek_us = 1 * S,
        .hello_alone_us = 60 * S,
        .hello_quick_us = 20 * MS,
        .join_ask_us = 20 * MS,
        .join_asks = 5,
        .join_pages_us = 2 * S,
        .gap_us = 10 * S,
        .gone_us = 1 * S,
        .request_us = 500,
        .request_most_us = 100 * MS,
        .request_young_us = 3 * S,
        .repair_us = 2 * MS,
        .old_us = 10 * S,
        .repair_octets = UINT64_C(512) * 1024,
        .suspect_us = 500 * MS,
        .suspect_prompts = 4,
        .asker_octets = UINT64_C(64) * 1024,
        .heal_us = 1 * S,
        .heal_vector_us = 50 * MS,
        .forget_us = 120 * S,
        .answer_share_us = 5 * MS,
        .census_round_us = 20 * MS,
        .census_round_most_us = 100 * MS,
        .census_alone_us = 1 * S,
        .pace_us = 1 * S,
        .forward_us = 10 * MS,
        .census_prompts = 20,
    };
}

static uint64_t random_number(struct node *node)
{
    uint64_t number;

    node->config.random.fill(node->config.random.context, &number, sizeof number);
    return number;
}

/* The remainder's bias is below bound / 2^64. */
uint64_t random_below(struct node *node, uint64_t bound)
{
    return bound > 0 ? random_number(node) % bound : 0;
}

uint64_t random_id(struct node *node)
{
    for (;;) {
        uint64_t id = random_number(node);
        if (id != 0)
            return id;
    }
}

/* Whoever sends stamps as he likes can push the clock up to here and no further, and everybody's alike; what
 * is left above lasts for whatever is said after him. A limit on how far a stamp may be ahead would part
 * those who heard him from those who did not. */
#define CLOCK_MOST (UINT64_C(1) << 63)
#define STAMP_MOST (CLOCK_MOST + (UINT64_C(1) << 62))

bool stamp_is_ahead(uint64_t stamp)
{
    return stamp > STAMP_MOST;
}

void advance_clock(struct node *node, uint64_t stamp)
{
    if (stamp > node->stamp && stamp <= CLOCK_MOST)
        node->stamp = stamp;
}

uint64_t bucket_take(struct bucket *bucket, uint64_t now_us, uint64_t cost_us, uint64_t burst_us)
{
    if (bucket->from_us > now_us)
        return bucket->from_us + 1;
    if (bucket->from_us + burst_us < now_us)
        bucket->from_us = now_us - burst_us;
    bucket->from_us += cost_us;
    return 0;
}

#define NEW_ID_US    UINT64_C(20000) /* 50 a second from one address */
#define NEW_BURST_US (64 * NEW_ID_US)

/* What a connection or a forwarder brings has been let in elsewhere. */
bool admits(const struct arrival *arrival)
{
    struct node *node = arrival->node;
    const struct node_address *from = arrival->from;
    const struct peer *sender = roster_get(&node->roster, arrival->header->sender);

    if (arrival->link->kind == NODE_CONNECTION || (sender && is_forwarder(sender)))
        return true;
    uint64_t hash = hash_bytes(from->octets, from->length);
    return bucket_take(&node->sources[hash % SOURCES_MAX], now_of(node), NEW_ID_US, NEW_BURST_US) == 0;
}

struct node *node_new(const struct node_config *config, struct node_time time)
{
    if (!text_name_valid(config->nick, TEXT_NICK_MAX) || !text_name_valid(config->room, TEXT_ROOM_MAX))
        return NULL;
    struct node *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    node->config = *config;
    node->timing = config->timing;
    node->time = time;
    node->started_us = time.now_us;
    node->gap_deadline_us = node->ask_deadline_us = node->repair_deadline_us = NEVER;
    node->answer_deadline_us = NEVER;
    memcpy(node->nick, config->nick.bytes, config->nick.length);
    memcpy(node->room_name, config->room.bytes, config->room.length);
    roster_init(&node->roster);
    roster_name_room(&node->roster, wire_room_tag(config->room), config->room);
    node->id = random_id(node);
    bool entered = room_carry(node, wire_room_tag(config->room)) != NULL;
    if (entered)
        presence_enter_self(node);
    if (!node->self.peer || !own_stream(node, &node->self)) {
        node_free(node);
        return NULL;
    }
    return node;
}

void node_free(struct node *node)
{
    if (!node)
        return;
    for (int i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i])
            link_free(node->links[i]);
    speech_forget(node);
    history_forget(node);
    guests_free(node);
    roster_free(&node->roster);
    room_free_all(node);
    free(node->repairs);
    event_free_all(node);
    free(node);
}

uint64_t node_id(const struct node *node)
{
    return node->id;
}

bool node_ready(const struct node *node)
{
    return node->ready;
}

const struct node_counters *node_counters(const struct node *node)
{
    return &node->counters;
}

/* Hellos that we do not remember any more are below all stamps of those that we do. A twin who is so far
 * behind learns of us. */
static bool is_forgotten(const struct node *node, uint64_t stamp)
{
    return node->hello_count > HELLOS_KEPT && stamp < node->hellos[node->hello_count % HELLOS_KEPT].stamp;
}

/* What our own datagram tells when we hear it: on which of our links it was sent, so these two are one LAN;
 * or that it is not ours. */
static void on_own(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    unsigned sent_on = arrival->header->path >> 3;

    if (record->type == WIRE_MESSAGE && record->message.origin == node->id)
        own_heard(node, &node->self, record);
    if (record->type != WIRE_HELLO)
        return;
    uint64_t hash = hash_bytes(record->raw.bytes, record->raw.length);
    for (size_t i = 0; i < HELLOS_KEPT; i++) {
        if (node->hellos[i].hash != hash)
            continue;
        if (sent_on >= NODE_LINKS_MAX || !node->links[sent_on]) /* that link is gone */
            return;
        arrival->link->own_heard_us[sent_on] = now_of(node);
        if (arrival->link->segment & LINK_BIT(sent_on))
            return;
        arrival->link->segment |= LINK_BIT(sent_on);
        node->links[sent_on]->segment |= LINK_BIT(arrival->link->index);
        segments_moved(node);
        return;
    }
    if (is_forgotten(node, record->hello.stamp))
        return;
    own_twin(node, &node->self, hash);
}

typedef void handler(const struct arrival *arrival, const struct wire_record *record);

/* By record type; what is missing here is read and left alone. */
static handler *const handlers[] = {
    [WIRE_MESSAGE] = on_message, [WIRE_HELLO] = on_hello,     [WIRE_ROSTER] = on_roster,
    [WIRE_REQUEST] = on_request, [WIRE_BYE] = on_bye,         [WIRE_PROMPT] = on_prompt,
    [WIRE_GONE] = on_gone,       [WIRE_SUMMARY] = on_summary,
};

/* Whoever was not called for so long slept: what was due meanwhile was due to nobody. */
static void set_time(struct node *node, struct node_time time)
{
    if (node->deadline_us != NEVER && time.now_us > node->deadline_us + SLEPT_US)
        node->woke_us = time.now_us;
    node->deadline_us = NEVER; /* until it is asked for again */
    node->time = time;
}

void node_receive(struct node *node, int link, enum wire_path path, const struct node_address *from,
                  const uint8_t *bytes, size_t length, struct node_time time)
{
    struct wire_datagram datagram;
    struct wire_record record;

    set_time(node, time);
    if (link < 0 || link >= NODE_LINKS_MAX || !node->links[link])
        return;
    node->counters.datagrams++;
    if (!wire_open(&datagram, bytes, length) || datagram.header.sender == 0) {
        node->counters.refused++;
        return;
    }
    struct arrival arrival = {node, node->links[link], path, from, &datagram.header, length};
    bool own = datagram.header.sender == node->id;
    node->counters.own += own;
    if (!own) {
        hello_met(node, arrival.link);
        arrival.link->heard_us = time.now_us;
        link_count(&arrival);
    }
    while (wire_next(&datagram, &record)) {
        handler *handle = record.type < sizeof handlers / sizeof *handlers ? handlers[record.type] : NULL;
        if (own)
            handle = on_own;
        if (handle)
            handle(&arrival, &record);
        if (own && datagram.header.sender != node->id)
            return; /* it was not ours: we have another id now */
    }
}

/* We are ready when every link has joined; without a link, when one would have. Whose way to others is a
 * connection waits for it. Who forwards takes no base, and waits for nothing. */
static void check_ready(struct node *node)
{
    const struct link *link;
    bool any = false;

    for (int i = 0; !node->config.forwards && (link = next_link(node, &i));) {
        if (link->kind == NODE_CONNECTION && !link_usable(link))
            return;
        if (!joined_on(link, room_own(node)) && link_usable(link))
            return;
        any |= joined_on(link, room_own(node));
    }
    if (!any && !node->config.forwards && now_of(node) < node->started_us + node->timing.join_ask_us)
        return;
    node->ready = true;
    event_post(node, &(struct node_event){.type = NODE_READY, .clock_ms = node->time.wall_ms});
    people_present(node);
    if (!node->history.active)
        show_all(node);
}

void node_tick(struct node *node, struct node_time time)
{
    set_time(node, time);
    exchange_tick(node);
    presence_tick(node);
    if (!node->ready)
        check_ready(node);
    history_tick(node);
    show_tick(node);
    repair_tick(node);
    answer_tick(node);
    pace_tick(node);
    census_tick(node);
}

static uint64_t deadline_of(const struct node *node)
{
    uint64_t deadline = least(exchange_deadline(node), presence_deadline(node));

    deadline = least(deadline, node->gap_deadline_us);
    deadline = least(deadline, node->ask_deadline_us);
    deadline = least(deadline, node->repair_deadline_us);
    deadline = least(deadline, history_deadline(node));
    deadline = least(deadline, pace_deadline(node));
    deadline = least(deadline, census_deadline(node));
    if (!node->ready && now_of(node) < node->started_us + node->timing.join_ask_us)
        deadline = least(deadline, node->started_us + node->timing.join_ask_us);
    return deadline;
}

uint64_t node_deadline(struct node *node)
{
    node->deadline_us = deadline_of(node);
    return node->deadline_us;
}

bool node_peer(const struct node *node, size_t index, struct node_peer *out)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (peer == node->self.peer || peer->role == WIRE_SERVER || peer->state != WIRE_HERE || index-- > 0)
            continue;
        *out = (struct node_peer){
            .id = peer->id,
            .room = is_forwarder(peer) && peer->carries ? room_own(node)->tag : peer->room,
            .role = peer->role < WIRE_SERVER ? (enum wire_role)peer->role : WIRE_TOOL,
            .heard = peer->heard_us > 0,
            .has = peer->counted && peer->confirmed >= node->census.number && peer->lost == 0,
            .silent = !peer->counted,
            .waited = census_counts(node, peer),
            .link = peer->link,
            .path = paths_heard_by(node, peer),
            .address = peer->address,
        };
        shown_peer(peer, out->nick);
        return true;
    }
    return false;
}

struct span node_room_name(const struct node *node, uint64_t tag)
{
    return roster_room_name(&node->roster, tag);
}
