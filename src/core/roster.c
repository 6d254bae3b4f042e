#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

void roster_init(struct roster *roster)
{
    *roster = (struct roster){.next_expiry_us = UINT64_MAX, .moves = 1};
}

void roster_free(struct roster *roster)
{
    for (size_t i = 0; i < roster->peers.count; i++)
        free(roster->peers.slots[i].value);
    idmap_free(&roster->peers);
}

struct peer *roster_get(const struct roster *roster, uint64_t id)
{
    return idmap_get(&roster->peers, id);
}

/* Makes room by forgetting somebody who is gone; false if nobody is. */
static bool forget_gone(struct roster *roster)
{
    for (size_t i = 0; i < roster->peers.count; i++) {
        if (roster_at(roster, i)->state == WIRE_HERE)
            continue;
        roster_remove(roster, roster->peers.slots[i].id);
        return true;
    }
    return false;
}

struct peer *roster_add(struct roster *roster, uint64_t id)
{
    if (roster->peers.count >= ROSTER_MAX && !forget_gone(roster))
        return NULL;
    struct peer *peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->id = id;
    peer->expires_us = UINT64_MAX;
    peer->paced_link = -1;
    if (!idmap_put(&roster->peers, id, peer)) {
        free(peer);
        return NULL;
    }
    roster->moves++;
    return peer;
}

void roster_remove(struct roster *roster, uint64_t id)
{
    struct peer *peer = roster_get(roster, id);

    idmap_remove(&roster->peers, id);
    free(peer);
    roster->moves++;
}

bool roster_is_news(const struct peer *peer, uint32_t version, uint8_t state)
{
    if (version != peer->version)
        return version > peer->version;
    return state != WIRE_HERE && peer->state == WIRE_HERE;
}

void roster_expire_at(struct roster *roster, struct peer *peer, uint64_t at_us)
{
    peer->expires_us = at_us;
    if (at_us < roster->next_expiry_us)
        roster->next_expiry_us = at_us;
}

bool roster_is_here(const struct peer *peer, uint64_t room, uint64_t links)
{
    return peer->state == WIRE_HERE && peer->room == room && (peer->links & links);
}

uint64_t roster_digest(const struct roster *roster, uint64_t room, uint64_t links)
{
    uint64_t digest = 0;

    for (size_t i = 0; i < roster->peers.count; i++) {
        const struct peer *peer = roster_at(roster, i);
        if (roster_is_here(peer, room, links) && peer->role != WIRE_RELAY && peer->role != WIRE_HUB)
            digest += hash_pair(peer->id, peer->version);
    }
    return digest;
}

size_t roster_heard(struct roster *roster, uint64_t links)
{
    size_t count = 0;

    if (roster->heard_moves == roster->moves && roster->heard_links == links)
        return roster->heard;
    for (size_t i = 0; i < roster->peers.count; i++) {
        const struct peer *peer = roster_at(roster, i);
        if (peer->state == WIRE_HERE && peer->heard_us > 0 && (peer->links & links))
            count++;
    }
    roster->heard_moves = roster->moves;
    roster->heard_links = links;
    roster->heard = count;
    return count;
}

void roster_name_room(struct roster *roster, uint64_t tag, struct span name)
{
    if (name.length == 0 || wire_room_tag(name) != tag || roster_room_name(roster, tag).length > 0)
        return;
    if (roster->room_count == ROSTER_ROOMS_MAX) /* the oldest makes room */
        memmove(&roster->rooms[0], &roster->rooms[1], --roster->room_count * sizeof *roster->rooms);
    struct room_name *room = &roster->rooms[roster->room_count++];
    room->tag = tag;
    memcpy(room->name, name.bytes, name.length);
    room->name[name.length] = '\0';
}

struct span roster_room_name(const struct roster *roster, uint64_t tag)
{
    for (size_t i = 0; i < roster->room_count; i++)
        if (roster->rooms[i].tag == tag)
            return span_of(roster->rooms[i].name);
    return (struct span){NULL, 0};
}
