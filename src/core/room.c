/* The rooms that the node takes part in: a person's one; of a forwarder, those that it carries. */
#include <stdlib.h>

#include "state.h"

struct room *room_own(const struct node *node)
{
    return node->rooms[0];
}

struct room *room_get(const struct node *node, uint64_t tag)
{
    for (int i = 0; i < node->room_count; i++)
        if (node->rooms[i]->tag == tag)
            return node->rooms[i];
    return NULL;
}

static struct link_room *place_new(const struct node *node)
{
    struct link_room *at = calloc(1, sizeof *at);

    if (!at)
        return NULL;
    for (int kind = 0; kind < PAGES_KINDS; kind++) {
        at->heal[kind].at_us = NEVER;
        at->heal[kind].pause_us = kind == PAGES_VECTOR ? node->timing.heal_vector_us : node->timing.heal_us;
    }
    return at;
}

bool rooms_on_link(struct node *node, struct link *link)
{
    for (int i = 0; i < node->room_count; i++) {
        if (!link->rooms[i] && !(link->rooms[i] = place_new(node)))
            return false;
        link->rooms[i]->room = node->rooms[i];
    }
    return true;
}

static void room_free(struct room *room)
{
    store_free(&room->store);
    free(room);
}

struct room *room_carry(struct node *node, uint64_t tag)
{
    struct room *room = room_get(node, tag);
    struct link *link;
    bool places = true;

    if (room || tag == 0 || node->room_count == NODE_ROOMS_MAX)
        return room;
    room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    *room = (struct room){.tag = tag, .index = node->room_count};
    store_init(&room->store, node->config.store_octets, random_id(node));
    node->rooms[node->room_count++] = room;
    for (int i = 0; (link = next_link(node, &i));)
        places &= rooms_on_link(node, link);
    if (!places) { /* those that were made are found empty when the next room takes their index */
        node->room_count--;
        room_free(room);
        return NULL;
    }
    for (int i = 0; (link = next_link(node, &i));)
        if (link_usable(link))
            exchange_join(node, link->rooms[room->index]);
    node->census.brought |= node->census.all_rooms;
    return room;
}

struct room *room_enter(struct node *node, uint64_t tag)
{
    return node->config.every_room ? room_carry(node, tag) : room_get(node, tag);
}

bool node_carry(struct node *node, struct span name, struct node_time time)
{
    uint64_t tag = wire_room_tag(name);

    node->time = time;
    if (!node->config.forwards || !text_name_valid(name, TEXT_ROOM_MAX) || !room_carry(node, tag))
        return false;
    roster_name_room(&node->roster, tag, name);
    presence_announce_everywhere(node);
    return true;
}

void segments_moved(struct node *node)
{
    roster_all_moved(&node->roster);
    paths_moved(node);
    for (int i = 0; i < node->room_count; i++)
        node->rooms[i]->moves++;
}

void room_free_all(struct node *node)
{
    for (int i = 0; i < node->room_count; i++)
        room_free(node->rooms[i]);
}

struct link_room *room_on(const struct link *link, const struct room *room)
{
    return link->rooms[room->index];
}

bool joined_on(const struct link *link, const struct room *room)
{
    return link->rooms[room->index]->joined;
}

/* What a forwarder has of other links is no worse while it joins on a connection, whose other end would wait.
 */
bool answers_on(const struct node *node, const struct link *link, const struct room *room)
{
    bool knows = node->config.forwards && node->ready && link->kind == NODE_CONNECTION;

    return knows || joined_on(link, room);
}

bool is_forwarder(const struct peer *peer)
{
    return peer->role == WIRE_RELAY || peer->role == WIRE_HUB;
}

bool takes_part(const struct peer *peer, const struct room *room)
{
    return !peer->ours && peer->role != WIRE_SERVER && peer->state == WIRE_HERE &&
           (is_forwarder(peer) ? peer->carries : peer->room == room->tag);
}
