/* Guests (lanchat(7), "Guests"): people who take part through this node without one of their own. Each has an
 * entry and, once it speaks, a stream, both of which the node answers for as for its own (own.c). Candidates
 * for the connection to a text server are guests who say nothing. */
#include <stdlib.h>

#include "hash.h"
#include "state.h"

static struct node_guest *enter(struct node *node, uint64_t room, enum wire_role role, struct span nick,
                                bool from_server)
{
    struct room *in = node->config.forwards && !node->leaving ? room_enter(node, room) : NULL;
    struct node_guest *guest = in ? malloc(sizeof *guest) : NULL;

    if (!guest)
        return NULL;
    *guest = (struct node_guest){.room = in, .from_server = from_server};
    if (own_enter(node, guest, role, nick))
        return guest;
    free(guest);
    return NULL;
}

struct node_guest *node_guest_enter(struct node *node, struct span nick, uint64_t room, bool from_server,
                                    struct node_time time)
{
    node->time = time;
    if (!text_name_valid(nick, TEXT_NICK_MAX))
        return NULL;
    return enter(node, room, WIRE_TEXT, nick, from_server);
}

void node_guest_leave(struct node *node, struct node_guest *guest, struct node_time time)
{
    node->time = time;
    own_leave(node, guest);
    free(guest);
}

bool node_guest_rename(struct node *node, struct node_guest *guest, struct span nick, struct node_time time)
{
    struct peer *peer = guest->peer;

    node->time = time;
    if (!text_name_valid(nick, TEXT_NICK_MAX))
        return false;
    if (span_equal(peer_nick(peer), nick))
        return true;
    people_rename(node, peer, nick);
    if (peer->version == UINT32_MAX) { /* there is no higher one */
        own_fresh_id(node, guest);
        return true;
    }
    peer->version++;
    roster_moved(&node->roster, peer);
    own_announce(node, guest);
    return true;
}

uint32_t node_guest_say(struct node *node, struct node_guest *guest, struct span text, bool action,
                        struct node_time time)
{
    node->time = time;
    unsigned flags = (action ? WIRE_ACTION : 0u) | (guest->from_server ? WIRE_FROM_TEXT : 0u);
    uint32_t count = speech_say(node, guest, text, flags);
    if (count == 0)
        return 0;
    struct node_event event = {
        .type = NODE_MESSAGE,
        .clock_ms = time.wall_ms,
        .id = guest->peer->id,
        .room = guest->room->tag,
        .first = own_next(guest) - count,
        .last = own_next(guest) - 1,
        .action = action,
        .from_server = guest->from_server,
        .text = text,
    };
    shown_peer(guest->peer, event.nick);
    event_post(node, &event);
    return event.last;
}

uint64_t node_guest_id(const struct node_guest *guest)
{
    return guest->peer->id;
}

/* Candidates. */

#define HASH_DIGITS 16

static struct span name_of(uint64_t server, char name[HASH_DIGITS])
{
    for (int i = 0; i < HASH_DIGITS; i++)
        name[i] = "0123456789abcdef"[server >> (60 - 4 * i) & 0xf];
    return (struct span){name, HASH_DIGITS};
}

struct node_guest *node_candidate_enter(struct node *node, uint64_t room, uint64_t server,
                                        struct node_time time)
{
    char name[HASH_DIGITS];

    node->time = time;
    return enter(node, room, WIRE_SERVER, name_of(server, name), true);
}

bool node_candidate_holds(const struct node *node, const struct node_guest *candidate)
{
    const struct peer *own = candidate->peer, *other = NULL;

    while ((other = roster_named(&node->roster, peer_nick(own), other)))
        if (other->role == WIRE_SERVER && other->state == WIRE_HERE && other->id < own->id &&
            room_get(node, other->room))
            return false;
    return true;
}

/* All of them. */

static struct node_guest *guest_at(const struct node *node, size_t index)
{
    struct node_guest *own = roster_at(&node->roster, index)->ours;
    return own == &node->self ? NULL : own;
}

/* Who learns that we go learns it of our guests, too; they leave when who runs us lets them. */
void guests_bye(struct node *node)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        const struct node_guest *guest = guest_at(node, i);
        if (!guest)
            continue;
        struct peer gone = *guest->peer;
        gone.state = WIRE_AWAY;
        forward_entry(node, &gone, NULL);
    }
}

void guests_free(struct node *node)
{
    for (size_t i = 0; i < node->roster.peers.count; i++)
        free(guest_at(node, i));
}
