/* Those in whose name the node speaks: itself, and its guests (lanchat(7), "Guests"). Others may use an id of
 * ours, or say of one what is not so: that is answered here, for all of them. */
#include <string.h>

#include "hash.h"
#include "state.h"

#define AGAIN_PAUSE_US UINT64_C(10000000)

struct node_guest *own_of(const struct node *node, uint64_t id)
{
    const struct peer *peer = roster_get(&node->roster, id);
    return peer ? peer->ours : NULL;
}

uint32_t own_next(const struct node_guest *own)
{
    return own->stream ? own->stream->next : 1;
}

static struct stream *stream_for(struct node *node, struct room *room, uint64_t id)
{
    struct stream *stream = speech_stream(node, room, id, 0);

    if (stream) {
        stream->ours = true;
        stream->links = UINT64_MAX;
    }
    return stream;
}

bool own_stream(struct node *node, struct node_guest *own)
{
    if (!own->stream)
        own->stream = stream_for(node, own->room, own->peer->id);
    return own->stream != NULL;
}

/* What was said under an id that is ours no more is a stream like any other. */
static void disown(const struct node *node, struct stream *stream)
{
    if (!stream)
        return;
    for (int i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i])
            stream_see(stream, i, stream->next - 1);
    stream->links = UINT64_MAX;
    stream->ours = false;
}

void own_announce(struct node *node, const struct node_guest *own)
{
    if (own == &node->self)
        presence_announce_everywhere(node);
    else
        forward_entry(node, own->peer, NULL);
}

/* Of candidates the earliest has the smallest id. */
static uint64_t id_for(struct node *node, enum wire_role role)
{
    for (;;) {
        uint64_t id = random_id(node);
        if (role == WIRE_SERVER)
            id = (node->time.wall_ms / 1000) << 32 | (id & UINT32_MAX);
        if (!roster_get(&node->roster, id) && !idmap_get(&node->streams, id))
            return id;
    }
}

bool own_enter(struct node *node, struct node_guest *guest, enum wire_role role, struct span nick)
{
    node->roster.own++;
    struct peer *peer = roster_add(&node->roster, id_for(node, role));
    if (!peer) {
        node->roster.own--;
        return false;
    }
    guest->peer = peer;
    guest->stream = NULL;
    peer->ours = guest;
    peer->room = guest->room->tag;
    peer->role = (uint8_t)role;
    peer->state = WIRE_HERE;
    peer->links = UINT64_MAX;
    peer->way = -1;
    roster_rename(&node->roster, peer, nick);
    roster_moved(&node->roster, peer);
    own_announce(node, guest);
    people_joined(node, peer, false);
    return true;
}

static void leave(struct node *node, struct peer *peer, struct stream *stream)
{
    presence_leave(node, peer);
    peer->ours = NULL;
    node->roster.own--;
    disown(node, stream);
}

void own_leave(struct node *node, struct node_guest *guest)
{
    leave(node, guest->peer, guest->stream);
}

/* A twin may draw the same random numbers, but what he heard of us is not what we heard of him. */
static uint64_t fresh_id(struct node *node)
{
    uint64_t id;

    do
        id = random_id(node) ^ node->twin;
    while (id == 0 || roster_get(&node->roster, id) || idmap_get(&node->streams, id));
    return id;
}

/* He may keep the id: what others know of it is his. Without memory for a fresh stream what we said is
 * forgotten. */
static void renumber_self(struct node *node)
{
    struct stream *old = node->self.stream;
    uint64_t fresh = fresh_id(node);
    struct stream *stream = stream_for(node, room_own(node), fresh);

    if (stream) {
        disown(node, old);
        node->self.stream = stream;
    } else {
        idmap_remove(&node->streams, node->id);
        old->origin = fresh;
        old->next = 1;
        old->known = old->named = 0;
        idmap_put(&node->streams, fresh, old); /* there is room: it was just made */
    }
    node->id = fresh;
    node->unheard_octets = 0; /* that stream is asked for like any other */
    node->self.peer->version = 0;
    roster_renumber(&node->roster, node->self.peer, fresh);
    presence_announce_everywhere(node);
}

/* Nobody else answers for the old id: it is gone. Without memory the guest keeps it. */
static void renumber_guest(struct node *node, struct node_guest *guest)
{
    struct peer *old = guest->peer;
    struct stream *stream = guest->stream;

    if (!own_enter(node, guest, (enum wire_role)old->role, peer_nick(old))) {
        node->counters.dropped++;
        return;
    }
    if (old->version < UINT32_MAX)
        old->version++;
    leave(node, old, stream);
}

void own_fresh_id(struct node *node, struct node_guest *own)
{
    if (own == &node->self)
        renumber_self(node);
    else
        renumber_guest(node, own);
}

/* What was said last may have had numbers under which the twin said something else, and each was heard by
 * some: it is said anew. Not again soon, as a stranger may use any id. */
void own_twin(struct node *node, struct node_guest *own, uint64_t hash)
{
    const uint64_t id = own->peer->id;
    const uint32_t end = own_next(own);

    node->twin = hash;
    own_fresh_id(node, own);
    if (own->peer->id == id || (node->again_us > 0 && now_of(node) - node->again_us < AGAIN_PAUSE_US))
        return;
    node->again_us = now_of(node);
    speech_again(node, own, id, end);
}

void own_number(struct node *node, struct node_guest *own, uint32_t number)
{
    if (number >= own_next(own))
        own_twin(node, own, number);
}

static bool is_same(const struct record *record, const struct wire_record *is)
{
    return record->length == is->raw.length && memcmp(record->bytes, is->raw.bytes, record->length) == 0;
}

void own_heard(struct node *node, struct node_guest *own, const struct wire_record *is)
{
    const uint32_t number = is->message.number;
    const struct stored *stored = store_get(&own->room->store, own->peer->id, number);

    if (number >= own_next(own) || (stored && !is_same(stored->record, is)))
        own_twin(node, own, hash_bytes(is->raw.bytes, is->raw.length));
}

/* A guest who is here at a higher version is a twin's, who would count up as we do; of ourselves such a one
 * says hello, and is known by that. */
void own_refute(struct node *node, struct node_guest *own, const struct wire_entry *entry)
{
    bool gone = entry->state != WIRE_HERE;

    own_number(node, own, entry->highest);
    struct peer *peer = own->peer;
    if (peer->id != entry->id) /* it was a twin's: he has another id now */
        return;
    if (node->leaving || entry->version < peer->version || (entry->version == peer->version && !gone))
        return;
    if (entry->version == UINT32_MAX || (!gone && own != &node->self)) {
        own_fresh_id(node, own);
        return;
    }
    peer->version = entry->version + 1;
    roster_moved(&node->roster, peer);
    own_announce(node, own);
}
