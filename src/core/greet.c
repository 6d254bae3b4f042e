/* Hellos and byes in, and our own bye and change of name (lanchat(7), "Presence"). */
#include <string.h>

#include "state.h"

/* A pair says nothing of its room. What is not known is of the one room of who names it; of the pairs of a
 * forwarder only what is known is read. */
static struct room *room_of_pair(const struct node *node, uint64_t origin, struct room *only)
{
    const struct stream *stream = idmap_get(&node->streams, origin);
    const struct peer *peer = roster_get(&node->roster, origin);

    if (stream)
        return stream->room;
    return peer && !is_forwarder(peer) ? room_get(node, peer->room) : only;
}

static void read_pairs(const struct arrival *arrival, struct peer *peer, struct wire_list pairs,
                       struct room *only)
{
    struct node *node = arrival->node;
    struct wire_pair pair;

    while (wire_next_pair(&pairs, &pair)) {
        pace_confirmed(node, peer, pair.origin, pair.highest);
        struct node_guest *own = own_of(node, pair.origin);
        if (own == &node->self) {
            peer->confirmed = pair.highest;
            peer->lost = pair.lost;
        }
        if (own) {
            own_number(node, own, pair.highest);
            continue;
        }
        struct room *room = room_of_pair(node, pair.origin, only);
        if (room && pair.highest > 0)
            speech_learn(arrival, room, pair.origin, pair.highest,
                         speech_base(arrival->link, room, pair.highest));
    }
}

/* The rooms of a hello: their names are learned; of those that are ours, *own is the last. Returns the tag of
 * one of them. */
static uint64_t read_rooms(const struct arrival *arrival, struct wire_list rooms, struct room **own)
{
    struct wire_room room;
    uint64_t tag = 0;

    *own = NULL;
    while (wire_next_room(&rooms, &room)) {
        roster_name_room(&arrival->node->roster, room.tag, room.name);
        struct room *ours = room_enter(arrival->node, room.tag);
        if (ours)
            *own = ours;
        if (ours || !*own)
            tag = room.tag;
    }
    return tag;
}

static void compare_rooms(const struct arrival *arrival, struct wire_list rooms)
{
    struct wire_room theirs;

    while (wire_next_room(&rooms, &theirs)) {
        struct room *room = room_get(arrival->node, theirs.tag);
        if (!room)
            continue;
        room_on(arrival->link, room)->accompanied = true;
        exchange_compare(arrival, room_on(arrival->link, room), &theirs);
    }
}

void on_hello(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_hello *hello = &record->hello;
    struct node_guest *twin = own_of(node, arrival->header->sender);
    struct room *own;

    if (twin) { /* a guest's: he says no hello */
        own_fresh_id(node, twin);
        return;
    }
    uint64_t tag = read_rooms(arrival, hello->rooms, &own);
    struct wire_entry entry = {
        arrival->header->sender, hello->version, hello->highest, WIRE_HERE, hello->role, hello->nick, 0, 0};
    struct peer *peer = presence_apply(arrival, tag, &entry, false);

    if (!peer)
        return;
    if (peer->state != WIRE_HERE) { /* at this version he is gone: he will hear it, and count up */
        exchange_tell_soon(node, arrival->link, peer, arrival->from);
        return;
    }
    /* What comes to us alone answers our prompt. */
    bool answers = arrival->path == WIRE_PATH_UNICAST || arrival->link->kind == NODE_CONNECTION;
    presence_heard(arrival, peer, record);
    peer->carries |= own == room_own(node);
    if (!own) {
        if (answers && node->census.all_rooms)
            census_answered(node, peer);
        return;
    }
    advance_clock(node, hello->stamp);
    if (hello->highest > 0 && !is_forwarder(peer))
        speech_learn(arrival, own, entry.id, hello->highest, speech_base(arrival->link, own, hello->highest));
    read_pairs(arrival, peer, hello->pairs, is_forwarder(peer) ? NULL : own);
    if (record->flags & WIRE_JOINING)
        return;
    if (answers)
        census_answered(node, peer);
    compare_rooms(arrival, hello->rooms);
}

void on_bye(const struct arrival *arrival, const struct wire_record *record)
{
    const struct wire_bye *bye = &record->bye;
    struct wire_entry entry = {
        .id = arrival->header->sender, .version = bye->version, .highest = bye->highest, .state = WIRE_AWAY};
    struct room *room = room_get(arrival->node, bye->room);

    if (room && bye->highest > 0)
        speech_learn(arrival, room, entry.id, bye->highest, speech_base(arrival->link, room, bye->highest));
    presence_apply(arrival, bye->room, &entry, false);
}

void node_bye(struct node *node, struct node_time time)
{
    const struct wire_record bye = {
        .type = WIRE_BYE, .bye = {room_own(node)->tag, node->self.peer->version, own_next(&node->self) - 1}
    };
    struct link *link;

    node->time = time;
    node->leaving = true;
    guests_bye(node);
    for (int i = 0; (link = next_link(node, &i));)
        if (link_usable(link))
            link_send_all(node, link, &bye, REACH_HELLO);
}

bool node_rename(struct node *node, struct span nick, struct node_time time)
{
    node->time = time;
    if (!text_name_valid(nick, TEXT_NICK_MAX))
        return false;
    memcpy(node->nick, nick.bytes, nick.length);
    node->nick[nick.length] = '\0';
    if (span_of_nick(node).length > 0)
        roster_rename(&node->roster, node->self.peer, nick);
    node->self.peer->version++;
    roster_moved(&node->roster, node->self.peer);
    presence_announce_everywhere(node);
    return true;
}
