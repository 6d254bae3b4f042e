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

/* Sums. */

static bool is_on(const struct share *share, const struct roster_view *view)
{
    return share->links & view->links;
}

static uint64_t digest_of(const struct share *share, const struct roster_view *view)
{
    return is_on(share, view) && share->room == view->room ? share->hash : 0;
}

static bool heard_of(const struct share *share, const struct roster_view *view)
{
    return is_on(share, view) && share->heard;
}

static size_t views_kept(const struct roster *roster)
{
    return roster->view_count < ROSTER_VIEWS ? roster->view_count : ROSTER_VIEWS;
}

/* Takes what an entry was counted as out of every sum, and puts in what it is now. */
static void count_as(struct roster *roster, struct peer *peer, struct share now)
{
    const struct share before = peer->summed;

    for (size_t i = 0; i < views_kept(roster); i++) {
        struct roster_view *view = &roster->views[i];
        view->digest += digest_of(&now, view) - digest_of(&before, view);
        view->heard += heard_of(&now, view);
        view->heard -= heard_of(&before, view);
    }
    peer->summed = now;
    roster->moves++;
}

void roster_moved(struct roster *roster, struct peer *peer)
{
    bool here = peer->state == WIRE_HERE, forwards = peer->role == WIRE_RELAY || peer->role == WIRE_HUB;
    const struct share *before = &peer->summed;
    struct share now = {.room = peer->room,
                        .links = peer->links,
                        .version = peer->version,
                        .in_digest = here && !forwards,
                        .heard = here && peer->heard_us > 0};

    if (now.room == before->room && now.links == before->links && now.version == before->version &&
        now.in_digest == before->in_digest && now.heard == before->heard)
        return;
    now.hash = now.in_digest ? hash_pair(peer->id, peer->version) : 0;
    count_as(roster, peer, now);
}

void roster_all_moved(struct roster *roster)
{
    roster->view_count = 0;
    roster->moves++;
}

static const struct roster_view *make_view(struct roster *roster, uint64_t room, uint64_t links)
{
    struct roster_view view = {.room = room, .links = links};

    for (size_t i = 0; i < roster->peers.count; i++) {
        struct peer *peer = roster_at(roster, i);
        roster_moved(roster, peer);
        view.digest += digest_of(&peer->summed, &view);
        view.heard += heard_of(&peer->summed, &view);
    }
    struct roster_view *place = &roster->views[roster->view_count++ % ROSTER_VIEWS];
    *place = view;
    return place;
}

uint64_t roster_digest_kept(struct roster *roster, uint64_t room, uint64_t links)
{
    for (size_t i = 0; i < views_kept(roster); i++)
        if (roster->views[i].room == room && roster->views[i].links == links)
            return roster->views[i].digest;
    return make_view(roster, room, links)->digest;
}

size_t roster_heard(struct roster *roster, uint64_t links)
{
    for (size_t i = 0; i < views_kept(roster); i++)
        if (roster->views[i].links == links)
            return roster->views[i].heard;
    return make_view(roster, 0, links)->heard;
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
    if (roster->peers.count >= ROSTER_MAX + roster->own && !forget_gone(roster))
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

    count_as(roster, peer, (struct share){0});
    roster_rename(roster, peer, (struct span){NULL, 0});
    idmap_remove(&roster->peers, id);
    free(peer);
    roster->moves++;
}

void roster_renumber(struct roster *roster, struct peer *peer, uint64_t id)
{
    count_as(roster, peer, (struct share){0});
    idmap_remove(&roster->peers, peer->id);
    peer->id = id;
    idmap_put(&roster->peers, id, peer); /* there is room: of the one that was just removed */
    roster_moved(roster, peer);
}

/* Nicknames: each entry that has one is in the list of its hash. */

static struct peer **names_like(struct roster *roster, struct span nick)
{
    return &roster->nicknames[hash_bytes(nick.bytes, nick.length) % ROSTER_NICKNAMES];
}

void roster_rename(struct roster *roster, struct peer *peer, struct span nick)
{
    if (peer->alike) {
        struct peer **at = peer->alike;
        while (*at != peer)
            at = &(*at)->namesake;
        *at = peer->namesake;
    }
    peer->alike = nick.length > 0 ? names_like(roster, nick) : NULL;
    if (peer->alike) {
        memcpy(peer->nick, nick.bytes, nick.length);
        peer->namesake = *peer->alike;
        *peer->alike = peer;
    }
    peer->nick[nick.length] = '\0';
    peer->nick_length = (uint8_t)nick.length;
}

struct peer *roster_named(const struct roster *roster, struct span nick, const struct peer *after)
{
    struct peer *peer =
        after ? after->namesake : roster->nicknames[hash_bytes(nick.bytes, nick.length) % ROSTER_NICKNAMES];

    while (peer && !span_equal(peer_nick(peer), nick))
        peer = peer->namesake;
    return peer;
}

const struct peer *roster_namesake(const struct peer *peer, const struct peer *after)
{
    const struct peer *other = after ? after->namesake : peer->alike ? *peer->alike : NULL;

    while (other && (other == peer || !span_equal(peer_nick(other), peer_nick(peer))))
        other = other->namesake;
    return other;
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
