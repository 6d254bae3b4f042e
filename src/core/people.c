/* People: their names as shown, and events about them. */
#include <string.h>

#include "state.h"

struct span span_of_nick(const struct node *node)
{
    bool person = node->config.role == WIRE_PERSON || node->config.role == WIRE_TEXT;
    return person ? span_of(node->nick) : (struct span){NULL, 0};
}

void presence_enter_self(struct node *node)
{
    struct span nick = span_of_nick(node);
    struct peer *self = roster_add(&node->roster, node->id);

    if (!self)
        return;
    node->self.peer = self;
    node->self.room = room_own(node);
    self->ours = &node->self;
    self->room = node->config.forwards ? 0 : room_own(node)->tag;
    self->role = (uint8_t)node->config.role;
    self->links = UINT64_MAX;
    roster_rename(&node->roster, self, nick);
    roster_moved(&node->roster, self);
}

/* Of all who have a nickname in the roster only people have it to be called so. */
static bool has_name(const struct peer *peer)
{
    return peer->role == WIRE_PERSON || peer->role == WIRE_TEXT;
}

static void append_digits(char *out, uint64_t id)
{
    *out++ = '~';
    for (int shift = 60; shift >= 48; shift -= 4)
        *out++ = "0123456789abcdef"[id >> shift & 0xf];
    *out = '\0';
}

/* Names as shown: a name that a person here has too is told apart by four digits of the id, unless ours is
 * the person's with the smallest id. */
static bool takes_name(const struct peer *other, uint64_t id, uint64_t room, bool person)
{
    return other->id != id && has_name(other) && roster_is_here(other, room, UINT64_MAX) &&
           !(person && other->id > id);
}

static void put_shown(uint64_t id, struct span nick, bool taken, char out[NODE_SHOWN_MAX + 1])
{
    memcpy(out, nick.bytes ? nick.bytes : "", nick.length);
    out[nick.length] = '\0';
    if (taken)
        append_digits(out + nick.length, id);
}

void shown_peer(const struct peer *peer, char out[NODE_SHOWN_MAX + 1])
{
    const struct peer *other = roster_namesake(peer, NULL);

    while (other && !takes_name(other, peer->id, peer->room, has_name(peer)))
        other = roster_namesake(peer, other);
    put_shown(peer->id, peer_nick(peer), other != NULL, out);
}

void shown_nick(const struct node *node, uint64_t id, struct span nick, char out[NODE_SHOWN_MAX + 1])
{
    const struct peer *speaker = roster_get(&node->roster, id);
    const struct stream *stream = speaker ? NULL : idmap_get(&node->streams, id);
    uint64_t room = speaker ? speaker->room : stream ? stream->room->tag : room_own(node)->tag;
    bool person = speaker && has_name(speaker);
    const struct peer *other = nick.length > 0 ? roster_named(&node->roster, nick, NULL) : NULL;

    while (other && !takes_name(other, id, room, person))
        other = roster_named(&node->roster, nick, other);
    put_shown(id, nick, other != NULL, out);
}

/* Events about people of our room. */

static bool is_person(const struct node *node, const struct peer *peer)
{
    return has_name(peer) && room_get(node, peer->room) && peer->nick[0] != '\0' && peer != node->self.peer;
}

static void tell(struct node *node, const struct peer *peer, struct node_event event)
{
    event.clock_ms = node->time.wall_ms;
    event.id = peer->id;
    event.room = peer->room;
    event.from_server = peer->ours && peer->ours->from_server;
    shown_peer(peer, event.nick);
    event_post(node, &event);
}

void people_joined(struct node *node, struct peer *peer, bool present)
{
    if ((!node->ready && !peer->ours) || peer->joined || !is_person(node, peer))
        return;
    peer->joined = true;
    tell(node, peer, (struct node_event){.type = NODE_JOIN, .present = present});
}

void people_left(struct node *node, struct peer *peer, bool timed_out)
{
    if (!peer->joined)
        return;
    peer->joined = false;
    tell(node, peer, (struct node_event){.type = NODE_LEAVE, .timed_out = timed_out});
}

void people_present(struct node *node)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (peer->state == WIRE_HERE)
            people_joined(node, peer, true);
    }
}

void people_rename(struct node *node, struct peer *peer, struct span nick)
{
    struct node_event event = {.type = NODE_NICK};

    if (span_equal(peer_nick(peer), nick))
        return;
    shown_peer(peer, event.old);
    roster_rename(&node->roster, peer, nick);
    if (peer->joined)
        tell(node, peer, event);
}
