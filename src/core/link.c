#include <stdlib.h>
#include <string.h>

#include "state.h"

/* What may wait on all links together before input should wait. */
#define QUEUE_OCTETS_MAX (64 * 1024)

/* What may wait on a connection that takes nothing: this part of what is stored. */
#define FULL_SHARE 4

/* A counter that is further ahead is behind: it came late. */
#define AHEAD_MOST UINT32_C(0x80000000)

int node_link_add(struct node *node, enum node_link_kind kind, struct node_time time)
{
    node->time = time;
    for (int i = 0; i < NODE_LINKS_MAX; i++) {
        if (node->links[i])
            continue;
        struct link *link = calloc(1, sizeof *link);
        if (!link)
            return -1;
        link->index = i;
        link->kind = kind;
        link->segment = LINK_BIT(i);
        link->hello_at_us = link->quick_at_us = NEVER;
        pace_init(node, link);
        if (!rooms_on_link(node, link)) {
            link_free(link);
            return -1;
        }
        node->links[i] = link;
        if (node->links_end <= i)
            node->links_end = i + 1;
        return i;
    }
    return -1;
}

static struct outgoing *unqueue(struct link *link)
{
    struct outgoing *out = link->queue;

    link->queue = out->next;
    if (!link->queue)
        link->queue_tail = NULL;
    link->queued_octets -= out->record->length;
    return out;
}

static void outgoing_free(struct outgoing *out)
{
    record_drop(out->record);
    free(out);
}

void link_free(struct link *link)
{
    while (link->queue)
        outgoing_free(unqueue(link));
    for (int i = 0; i < NODE_ROOMS_MAX; i++)
        free(link->rooms[i]);
    free(link);
}

/* A link's index is used again: nothing may remember the old one under it. */
void node_link_remove(struct node *node, int index, struct node_time time)
{
    struct link *gone = node->links[index], *link;

    node->time = time;
    if (!gone)
        return;
    if (node->sending.link == gone)
        node->sending.link = NULL;
    presence_link_down(node, gone);
    node->links[index] = NULL;
    while (node->links_end > 0 && !node->links[node->links_end - 1])
        node->links_end--;
    link_free(gone);
    for (int i = 0; (link = next_link(node, &i));) {
        link->segment &= ~LINK_BIT(index);
        link->own_heard_us[index] = 0;
    }
    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (!stream->ours)
            stream_forget_link(stream, index);
        if (stream->joining == index)
            stream->joining = -1;
    }
    for (int i = 0; i < node->room_count; i++)
        store_forget_link(&node->rooms[i]->store, LINK_BIT(index));
    for (size_t i = 0; i < node->repair_count; i++)
        if (node->repairs[i].link == index)
            node->repairs[i].link = -1;
    paths_forget_link(node, index);
    segments_moved(node);
    for (size_t i = 0; i < ANSWERS_DUE_MAX; i++)
        if (node->answers[i].link == index)
            node->answers[i].active = false;
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (!peer->ours)
            peer->links &= ~LINK_BIT(index);
        peer->heard_links &= ~LINK_BIT(index);
        if (peer->paced_link == index)
            peer->paced_link = -1;
    }
}

static void put_up(struct node *node, int index, enum wire_path path, bool reserve, struct node_time time)
{
    struct link *link = node->links[index];

    node->time = time;
    bool first = !link_usable(link);
    if (!link->paths[path].up)
        link->paths[path].since_us = time.now_us;
    link->paths[path].up = true;
    link->paths[path].reserve = reserve;
    paths_moved(node);
    speech_put_unheard(node, link);
    presence_announce(node, link);
    for (int i = 0; first && i < node->room_count; i++)
        if (!link->rooms[i]->joined || link->kind == NODE_CONNECTION)
            exchange_join(node, link->rooms[i]);
}

void node_path_up(struct node *node, int index, enum wire_path path, struct node_time time)
{
    put_up(node, index, path, false, time);
}

void node_path_reserve(struct node *node, int index, enum wire_path path, struct node_time time)
{
    put_up(node, index, path, true, time);
}

void node_path_down(struct node *node, int index, enum wire_path path, struct node_time time)
{
    struct link *link = node->links[index];

    node->time = time;
    link->paths[path].up = false;
    paths_moved(node);
    if (link_usable(link))
        return;
    while (link->queue)
        outgoing_free(unqueue(link));
    link->full = link->dropped = false;
    if (link->kind == NODE_CONNECTION)
        presence_link_down(node, link);
}

/* What was dropped meanwhile is missed by the other end when it hears our vector, and asked for. */
void node_link_full(struct node *node, int index, bool full, struct node_time time)
{
    struct link *link = node->links[index];

    node->time = time;
    if (full && !link->full)
        link->full_us = time.now_us;
    link->full = full && link->kind == NODE_CONNECTION;
    if (link->full || !link->dropped)
        return;
    link->dropped = false;
    presence_announce(node, link);
}

uint64_t node_link_heard(const struct node *node, int index)
{
    return node->links[index] ? node->links[index]->heard_us : 0;
}

uint64_t node_segment(const struct node *node, int index)
{
    return node->links[index] ? node->links[index]->segment : 0;
}

/* A sender numbers what it puts on a path, so what did not come shows. One that came late was missed too
 * early. */
static void count_missed(struct node_path *path, struct peer *sender, const struct arrival *arrival)
{
    const struct wire_header *header = arrival->header;
    struct counted *last = &sender->counted_on[arrival->path];
    bool known = last->counter > 0 && last->path == header->path && last->link == arrival->link->index;
    uint32_t ahead = header->counter - last->counter;

    if (header->counter == 0)
        return;
    if (known && ahead >= AHEAD_MOST) {
        path->missed -= path->missed > 0;
        return;
    }
    if (known && ahead > 0)
        path->missed += ahead - 1;
    *last = (struct counted){
        .counter = header->counter, .path = header->path, .link = (uint8_t)arrival->link->index};
}

void link_count(const struct arrival *arrival)
{
    struct node_path *path = &arrival->link->paths[arrival->path];
    struct peer *sender = roster_get(&arrival->node->roster, arrival->header->sender);

    path->in++;
    path->heard_us = now_of(arrival->node);
    if (sender && arrival->path < WIRE_PATH_UNICAST)
        count_missed(path, sender, arrival);
}

bool node_link(const struct node *node, int index, struct node_link *out)
{
    const struct link *link = index >= 0 && index < NODE_LINKS_MAX ? node->links[index] : NULL;

    if (!link)
        return false;
    *out = (struct node_link){.kind = link->kind, .repaired = link->repaired};
    memcpy(out->paths, link->paths, sizeof out->paths);
    return true;
}

bool link_usable(const struct link *link)
{
    for (int path = 0; path < WIRE_PATHS; path++)
        if (link->paths[path].up)
            return true;
    return false;
}

static void queue(struct node *node, struct link *link, struct record *record, bool old, enum reach reach,
                  const struct node_address *to)
{
    bool dropped =
        link->full && link->queued_octets + record->length > node->config.store_octets / FULL_SHARE;
    struct outgoing *out = link_usable(link) && !dropped ? malloc(sizeof *out) : NULL;

    link->dropped |= dropped;
    if (!out) {
        node->counters.dropped++;
        record_drop(record);
        return;
    }
    *out = (struct outgoing){.record = record, .old = old, .reach = reach};
    if (to)
        out->to = *to;
    if (link->queue)
        link->queue_tail->next = out;
    else
        link->queue = out;
    link->queue_tail = out;
    link->queued_octets += record->length;
}

bool link_is_first(const struct node *node, const struct link *link)
{
    for (int i = 0; i < link->index; i++)
        if ((link->segment & LINK_BIT(i)) && node->links[i] && link_usable(node->links[i]))
            return false;
    return link_usable(link);
}

bool link_is_beyond(const struct node *node, const struct link *link, const struct link *other)
{
    return node->config.role == WIRE_RELAY && link->kind == NODE_SEGMENT && other->kind == NODE_CONNECTION &&
           link_usable(other);
}

void link_queue_message(struct node *node, struct link *link, struct record *record, bool old,
                        enum reach reach, const struct node_address *to)
{
    queue(node, link, record_hold(record), old, reach, to);
}

static bool encode_and_queue(struct node *node, struct link *link, const struct wire_record *is,
                             enum reach reach, const struct node_address *to)
{
    struct record *record = record_encode(is);

    if (!record) {
        node->counters.dropped++;
        return false;
    }
    queue(node, link, record, false, reach, to);
    return true;
}

bool link_send(struct node *node, struct link *link, const struct wire_record *is,
               const struct node_address *to)
{
    return encode_and_queue(node, link, is, REACH_FEWEST, to);
}

bool link_send_all(struct node *node, struct link *link, const struct wire_record *is, enum reach reach)
{
    return encode_and_queue(node, link, is, reach, NULL);
}

/* Every link but `except` takes more. */
static bool all_open(const struct node *node, int except)
{
    size_t octets = 0;
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        if (link->index == except)
            continue;
        if (link_usable(link) && !pace_open(node, link))
            return false;
        octets += link->full ? 0 : link->queued_octets;
    }
    return octets < QUEUE_OCTETS_MAX;
}

bool node_may_say(const struct node *node)
{
    return all_open(node, -1) && node->unheard_octets < node->config.store_octets / 2;
}

bool node_may_read(const struct node *node, int link)
{
    return !node->config.forwards ||
           (all_open(node, link) && node->repair_count - node->old_dues < REPAIRS_DUE_MAX / 4);
}

static bool same_address(const struct node_address *a, const struct node_address *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Fills node->sending with as many records from the head of a queue as go to one place and fit. */
static bool load(struct node *node, struct link *link)
{
    struct sending *sending = &node->sending;
    const struct outgoing *first = link->queue;

    if (!first || link->full)
        return false;
    uint8_t paths = paths_for(node, link, first->reach);
    sending->link = link;
    sending->paths = first->to.length > 0 ? 0 : paths;
    sending->copy = 0;
    sending->old = first->old;
    sending->to = first->to;
    sending->length = WIRE_HEADER_SIZE;
    while (link->queue && same_address(&link->queue->to, &sending->to) && link->queue->old == sending->old &&
           paths_for(node, link, link->queue->reach) == paths &&
           sending->length + link->queue->record->length <= sizeof sending->bytes) {
        struct outgoing *out = unqueue(link);
        memcpy(sending->bytes + sending->length, out->record->bytes, out->record->length);
        sending->length += out->record->length;
        outgoing_free(out);
    }
    return true;
}

static bool load_any(struct node *node)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        if (load(node, link))
            return true;
    return false;
}

/* Hands out the loaded datagram for one path. Unicast is not counted: its counter would be one for each
 * address. */
static void fill(struct node *node, enum wire_path path, const struct node_address *to,
                 struct node_datagram *datagram)
{
    struct sending *sending = &node->sending;
    struct link *link = sending->link;
    uint64_t count = ++link->paths[path].out;
    struct wire_header header = {
        .version = WIRE_VERSION,
        .flags = sending->old ? WIRE_OLD : 0,
        .hops = 1,
        .sender = node->id,
        .counter = path == WIRE_PATH_UNICAST ? 0 : (uint32_t)count,
        .path = (uint16_t)((unsigned)link->index << 3 | path),
    };

    wire_encode_header(&header, sending->bytes, WIRE_HEADER_SIZE);
    *datagram = (struct node_datagram){link->index, path, *to, sending->bytes, sending->length};
    node->counters.sent++;
}

/* To one address; or on the paths that are chosen, and then the copies. */
static bool pull_next(struct node *node, struct node_datagram *datagram)
{
    struct sending *sending = &node->sending;
    const struct node_address to = sending->to;
    struct node_address copy;

    for (int path = 0; path < WIRE_PATHS; path++) {
        if (!(sending->paths & 1u << path))
            continue;
        sending->paths &= (uint8_t) ~(1u << path);
        if (!sending->link->paths[path].up)
            continue;
        fill(node, (enum wire_path)path, &to, datagram);
        return true;
    }
    if (to.length == 0 && paths_copy(node, sending->link, &sending->copy, &copy)) {
        fill(node, WIRE_PATH_UNICAST, &copy, datagram);
        return true;
    }
    if (to.length > 0)
        fill(node, WIRE_PATH_UNICAST, &to, datagram);
    sending->link = NULL;
    return to.length > 0;
}

bool node_pull(struct node *node, struct node_datagram *datagram)
{
    while (node->sending.link || load_any(node))
        if (pull_next(node, datagram))
            return true;
    return false;
}
