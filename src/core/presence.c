/* Who is here: what is said of a node, by itself or by others, and silence (lanchat(7), "Presence"). */
#include <string.h>

#include "state.h"

/* So many are suspected at once, and then none for a while: 200 a second, and their records share datagrams.
 */
#define SUSPECTED_AT_ONCE  16
#define SUSPECTED_PAUSE_US UINT64_C(80000)

/* No segment is so large that its nodes say hello less often: who claims it is not believed. */
#define INTERVAL_MOST_MS UINT64_C(2400000)

struct span span_of_nick(const struct node *node)
{
    bool person = node->config.role == WIRE_PERSON || node->config.role == WIRE_TEXT;
    return person ? span_of(node->nick) : (struct span){NULL, 0};
}

void presence_enter_self(struct node *node)
{
    struct span nick = span_of_nick(node);

    node->self = roster_add(&node->roster, node->id);
    if (!node->self)
        return;
    node->self->room = node->room;
    node->self->role = (uint8_t)node->config.role;
    node->self->links = UINT64_MAX;
    if (nick.length > 0)
        memcpy(node->self->nick, nick.bytes, nick.length + 1);
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
void shown_nick(const struct node *node, uint64_t id, struct span nick, char out[NODE_SHOWN_MAX + 1])
{
    const struct peer *speaker = roster_get(&node->roster, id);
    bool person = speaker && (speaker->role == WIRE_PERSON || speaker->role == WIRE_TEXT);

    memcpy(out, nick.bytes ? nick.bytes : "", nick.length);
    out[nick.length] = '\0';
    for (size_t i = 0; nick.length > 0 && i < node->roster.peers.count; i++) {
        const struct peer *other = roster_at(&node->roster, i);
        if (other->id == id || !roster_is_here(other, node->room, UINT64_MAX) || (person && other->id > id) ||
            !span_equal(span_of(other->nick), nick))
            continue;
        append_digits(out + nick.length, id);
        return;
    }
}

/* Events about people of our room. */

static bool is_person(const struct node *node, const struct peer *peer)
{
    return (peer->role == WIRE_PERSON || peer->role == WIRE_TEXT) && peer->room == node->room &&
           peer->nick[0] != '\0' && peer != node->self;
}

static void tell(struct node *node, const struct peer *peer, struct node_event event)
{
    event.clock_ms = node->time.wall_ms;
    event.id = peer->id;
    shown_nick(node, peer->id, span_of(peer->nick), event.nick);
    event_post(node, &event);
}

static void tell_join(struct node *node, struct peer *peer, bool present)
{
    if (!node->ready || peer->joined || !is_person(node, peer))
        return;
    peer->joined = true;
    tell(node, peer, (struct node_event){.type = NODE_JOIN, .present = present});
}

static void tell_leave(struct node *node, struct peer *peer, bool timed_out)
{
    if (!peer->joined)
        return;
    peer->joined = false;
    tell(node, peer, (struct node_event){.type = NODE_LEAVE, .timed_out = timed_out});
}

void presence_ready(struct node *node)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (peer->state == WIRE_HERE)
            tell_join(node, peer, true);
    }
}

/* What is said of a node is applied here, whoever says it. */

static void set_nick(struct node *node, struct peer *peer, struct span nick)
{
    struct node_event event = {.type = NODE_NICK};

    if (span_equal(span_of(peer->nick), nick))
        return;
    shown_nick(node, peer->id, span_of(peer->nick), event.old);
    if (nick.length > 0)
        memcpy(peer->nick, nick.bytes, nick.length);
    peer->nick[nick.length] = '\0';
    if (peer->joined)
        tell(node, peer, event);
}

static void set_gone(struct node *node, struct peer *peer, uint8_t state, bool timed_out)
{
    tell_leave(node, peer, timed_out);
    peer->state = state;
    peer->counted = false;
    peer->heard_us = 0;
    roster_expire_at(&node->roster, peer, now_of(node) + node->timing.forget_us);
}

/* Somebody says of us what is not so: count up, and say that we are here. */
static void refute(struct node *node, const struct wire_entry *entry)
{
    speech_own_number(node, entry->highest);
    if (entry->id != node->id) /* it was a twin's: we have another id now */
        return;
    bool gone = entry->state != WIRE_HERE;

    if (node->leaving || entry->version < node->version || (entry->version == node->version && !gone))
        return;
    if (entry->version == UINT32_MAX) { /* there is no higher one */
        take_fresh_id(node);
        return;
    }
    node->version = entry->version + 1;
    node->self->version = node->version;
    presence_announce_everywhere(node);
}

/* Whom we know from others only is waited for as long as a hello of our own would take three times. */
static uint64_t expiry(struct node *node, const struct link *link, uint64_t interval_us)
{
    uint64_t interval = interval_us > 0 ? interval_us : hello_interval(node, link);
    return now_of(node) + INTERVALS_SUSPECTED * interval + random_below(node, interval / 2);
}

static void set_here(struct node *node, const struct link *link, struct peer *peer,
                     const struct wire_entry *entry)
{
    peer->role = entry->role;
    if (peer->state != WIRE_HERE)
        peer->lost = peer->confirmed = 0;
    peer->state = WIRE_HERE;
    set_nick(node, peer, entry->nick);
    if (peer->heard_us == 0)
        roster_expire_at(&node->roster, peer, expiry(node, link, 0));
}

/* Others may have lost sight of a node that we heard ourselves since. It hears what they say, and counts up.
 */
static bool known_better(struct node *node, const struct link *link, const struct peer *peer,
                         const struct wire_entry *entry)
{
    return entry->state != WIRE_HERE && peer->state == WIRE_HERE && peer->heard_us > 0 &&
           now_of(node) - peer->heard_us < 2 * hello_mean(node, link);
}

struct peer *presence_apply(struct node *node, struct link *link, uint64_t room,
                            const struct wire_entry *entry, bool hearsay)
{
    struct peer *peer = roster_get(&node->roster, entry->id);

    if (entry->id == node->id) {
        refute(node, entry);
        return NULL;
    }
    if (!peer) {
        peer = roster_add(&node->roster, entry->id);
        if (!peer) {
            node->counters.dropped++;
            return NULL;
        }
        peer->state = WIRE_AWAY;
        peer->room = room;
        peer->version = entry->version;
        if (entry->state == WIRE_HERE)
            set_here(node, link, peer, entry);
        else
            set_gone(node, peer, entry->state, hearsay);
    } else if (peer->room == room && roster_is_news(peer, entry->version, entry->state) &&
               !(hearsay && known_better(node, link, peer, entry))) {
        peer->version = entry->version;
        if (entry->state == WIRE_HERE)
            set_here(node, link, peer, entry);
        else
            set_gone(node, peer, entry->state, hearsay);
    }
    peer->links |= LINK_BIT(link->index);
    if (peer->highest < entry->highest)
        peer->highest = entry->highest;
    if (peer->state == WIRE_HERE)
        tell_join(node, peer, false);
    return peer;
}

/* Hellos in. */

/* A relay's hello names pairs of all its rooms. */
static bool is_in_room(const struct node *node, uint64_t origin)
{
    const struct peer *peer = roster_get(&node->roster, origin);
    return idmap_get(&node->streams, origin) || (peer && peer->room == node->room);
}

static void read_pairs(struct node *node, const struct link *link, struct peer *peer, struct wire_list pairs)
{
    struct wire_pair pair;

    while (wire_next_pair(&pairs, &pair)) {
        if (pair.origin == node->id) {
            peer->confirmed = pair.highest;
            peer->lost = pair.lost;
            speech_own_number(node, pair.highest);
        } else if (is_in_room(node, pair.origin)) {
            speech_learn(node, link, pair.origin, pair.highest);
        }
    }
}

static void heard(const struct arrival *arrival, struct peer *peer, uint32_t interval_ms)
{
    struct node *node = arrival->node;
    uint64_t interval = least(interval_ms, INTERVAL_MOST_MS) * UINT64_C(1000);

    peer->heard_us = now_of(node);
    peer->suspicions = 0;
    peer->link = arrival->link->index;
    peer->path = arrival->path;
    peer->address = *arrival->from;
    roster_expire_at(&node->roster, peer, expiry(node, arrival->link, interval));
}

void on_hello(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_hello *hello = &record->hello;
    struct wire_list rooms = hello->rooms;
    struct wire_room room = {0}, ours = {0};

    while (wire_next_room(&rooms, &room)) {
        roster_name_room(&node->roster, room.tag, room.name);
        if (room.tag == node->room)
            ours = room;
    }
    if (ours.tag)
        room = ours;
    struct wire_entry entry = {
        arrival->header->sender, hello->version, hello->highest, WIRE_HERE, hello->role, hello->nick, 0, 0};
    struct peer *peer = presence_apply(node, arrival->link, room.tag, &entry, false);
    if (!peer)
        return;
    if (peer->state != WIRE_HERE) { /* at this version he is gone: he will hear it, and count up */
        exchange_tell_soon(node, arrival->link, peer, arrival->from);
        return;
    }
    heard(arrival, peer, hello->interval_ms);
    if (!ours.tag) {
        if (arrival->path == WIRE_PATH_UNICAST && node->census.all_rooms)
            census_answered(node, peer);
        return;
    }
    advance_clock(node, hello->stamp);
    if (hello->highest > 0)
        speech_learn(node, arrival->link, entry.id, hello->highest);
    read_pairs(node, arrival->link, peer, hello->pairs);
    if (arrival->path == WIRE_PATH_UNICAST)
        census_answered(node, peer);
    if (!(record->flags & WIRE_JOINING))
        exchange_compare(node, arrival->link, entry.id, ours.roster_digest);
}

void on_bye(const struct arrival *arrival, const struct wire_record *record)
{
    const struct wire_bye *bye = &record->bye;
    struct wire_entry entry = {
        .id = arrival->header->sender, .version = bye->version, .highest = bye->highest, .state = WIRE_AWAY};

    if (arrival->node->room == bye->room && bye->highest > 0)
        speech_learn(arrival->node, arrival->link, entry.id, bye->highest);
    presence_apply(arrival->node, arrival->link, bye->room, &entry, false);
}

void node_bye(struct node *node, struct node_time time)
{
    const struct wire_record bye = {
        .type = WIRE_BYE, .bye = {node->room, node->version, node->own->next - 1}
    };
    struct link *link;

    node->time = time;
    node->leaving = true;
    for (int i = 0; (link = next_link(node, &i));)
        if (link_usable(link))
            link_send(node, link, &bye, NULL);
}

bool node_rename(struct node *node, struct span nick, struct node_time time)
{
    node->time = time;
    if (!text_name_valid(nick, TEXT_NICK_MAX))
        return false;
    memcpy(node->nick, nick.bytes, nick.length);
    node->nick[nick.length] = '\0';
    if (span_of_nick(node).length > 0)
        memcpy(node->self->nick, node->nick, nick.length + 1);
    node->self->version = ++node->version;
    presence_announce_everywhere(node);
    return true;
}

/* Silence. */

static void prompt_silent(struct node *node, struct link *link, const struct peer *peer)
{
    const struct wire_record prompt = {
        .type = WIRE_PROMPT, .prompt = {.room = peer->room, .first = peer->id, .last = peer->id}
    };

    link_send(node, link, &prompt, peer->address.length > 0 ? &peer->address : NULL);
}

/* Prompts a silent node, or believes that it is gone and tells the others. Of other rooms' nodes nothing is
 * told. */
static void suspect(struct node *node, struct peer *peer)
{
    struct link *link;
    bool ours = peer->room == node->room;

    if (ours && peer->suspicions++ < node->timing.suspect_prompts) {
        for (int i = 0; (link = next_link(node, &i));)
            if (peer->links & LINK_BIT(link->index) && link_usable(link) &&
                (peer->address.length == 0 || peer->link == link->index))
                prompt_silent(node, link, peer);
        roster_expire_at(&node->roster, peer, now_of(node) + node->timing.suspect_us);
        return;
    }
    set_gone(node, peer, WIRE_AWAY, true);
    for (int i = 0; ours && (link = next_link(node, &i));)
        if (peer->links & LINK_BIT(link->index))
            exchange_tell(node, link, peer);
}

static void expire_peers(struct node *node)
{
    struct roster *roster = &node->roster;
    uint64_t next = NEVER;
    uint64_t soonest = now_of(node) + SUSPECTED_PAUSE_US;
    unsigned suspected = 0;

    if (roster->next_expiry_us > now_of(node))
        return;
    for (size_t i = roster->peers.count; i-- > 0;) {
        struct peer *peer = roster_at(roster, i);
        if (peer->expires_us <= now_of(node) && peer->state != WIRE_HERE) {
            roster_remove(roster, peer->id);
            continue;
        }
        if (peer->expires_us <= now_of(node) && suspected++ < SUSPECTED_AT_ONCE)
            suspect(node, peer);
        next = least(next, peer->expires_us);
    }
    roster->next_expiry_us = next > soonest ? next : soonest;
}

void presence_tick(struct node *node)
{
    struct link *link;

    expire_peers(node);
    for (int i = 0; (link = next_link(node, &i));)
        hello_tick(node, link);
}

uint64_t presence_deadline(const struct node *node)
{
    uint64_t deadline = node->roster.next_expiry_us;
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        if (link_usable(link) && !node->leaving)
            deadline = least(deadline, least(link->hello_at_us, link->quick_at_us));
    return deadline;
}
