/* Who is here: what is said of a node, by itself or by others, and silence (lanchat(7), "Presence"). */
#include <string.h>

#include "state.h"

/* So many are suspected at once, and then none for a while: 200 a second, and their records share datagrams.
 */
#define SUSPECTED_AT_ONCE  16
#define SUSPECTED_PAUSE_US UINT64_C(80000)

#define DOUBT_US    UINT64_C(1000000)  /* for a way that is said to have gone to be found again */
#define WAY_GONE_US UINT64_C(45000000) /* likewise for a connection */

/* Who says hello so much more rarely than we do is not believed to, and prompted. */
#define INTERVAL_MOST_US  UINT64_C(60000000)
#define INTERVAL_MOST_OUR 4

/* What is said of a node is applied here, whoever says it. */

/* Where it stood for all others they are known no more but to those who hear them there. */
static void forget_where(struct node *node, const struct peer *forwarder)
{
    uint64_t links = 0;

    for (int i = 0; i < NODE_LINKS_MAX; i++)
        if (node->links[i] && (forwarder->heard_links & LINK_BIT(i)) && !others_forward(node, node->links[i]))
            links |= LINK_BIT(i);
    for (size_t i = 0; i < node->roster.peers.count && !node->config.forwards; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        uint64_t otherwise = peer->way >= 0 ? peer->heard_links | LINK_BIT(peer->way) : peer->heard_links;
        if (peer->ours)
            continue;
        peer->links &= ~links | otherwise;
        roster_moved(&node->roster, peer);
    }
    roster_all_moved(&node->roster);
}

static void prompt_silent(struct node *node, struct link *link, const struct peer *peer)
{
    const struct wire_record prompt = {
        .type = WIRE_PROMPT,
        .prompt = {.room = is_forwarder(peer) ? room_own(node)->tag : peer->room,
                   .first = peer->id,
                   .last = peer->id}
    };

    if (peer->address.length > 0)
        link_send(node, link, &prompt, &peer->address);
    else
        link_send_all(node, link, &prompt, REACH_EVERY);
}

/* What was known through a forwarder is known no more when that is gone, unless it is heard of otherwise. */
static void doubt_its_people(struct node *node, const struct peer *forwarder)
{
    const struct link *way = forwarder->way >= 0 ? node->links[forwarder->way] : NULL;
    uint64_t grace = way && way->kind == NODE_CONNECTION ? WAY_GONE_US : DOUBT_US;

    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (peer->via != forwarder->id || peer == forwarder || peer->state != WIRE_HERE || peer->heard_us > 0)
            continue;
        peer->doubted = true;
        roster_expire_at(&node->roster, peer, now_of(node) + grace);
    }
    for (size_t i = 0; i < node->roster.peers.count && !node->config.forwards; i++) {
        const struct peer *other = roster_at(&node->roster, i);
        if (other != forwarder && is_forwarder(other) && other->state == WIRE_HERE && other->heard_us > 0 &&
            node->links[other->link])
            prompt_silent(node, node->links[other->link], other); /* he may answer for them */
    }
}

static void set_gone(struct node *node, struct peer *peer, uint8_t state, bool timed_out)
{
    people_left(node, peer, timed_out);
    if (is_forwarder(peer) && peer->state == WIRE_HERE)
        doubt_its_people(node, peer);
    peer->state = state;
    peer->counted = peer->doubted = false;
    peer->heard_us = 0;
    roster_moved(&node->roster, peer);
    if (is_forwarder(peer))
        forget_where(node, peer);
    peer->heard_links = 0;
    roster_expire_at(&node->roster, peer, now_of(node) + node->timing.forget_us);
}

/* Whom a forwarder names is here for as long as that is, and so is whoever is at the end of a connection.
 * Whom we know from others only is waited for as long as a hello of our own would take three times. */
static uint64_t expiry(struct node *node, const struct link *link, const struct peer *peer,
                       uint64_t interval_us)
{
    const struct peer *via = roster_get(&node->roster, peer->via);
    uint64_t interval = interval_us > 0 ? interval_us : hello_interval(node, link);

    if (link->kind == NODE_CONNECTION || (interval_us == 0 && via && via != peer && is_forwarder(via)))
        return NEVER;
    return now_of(node) + INTERVALS_SUSPECTED * interval + random_below(node, interval / 2);
}

/* How it is known, from now on. */
static void take_way(const struct arrival *arrival, struct peer *peer, bool hearsay)
{
    struct node *node = arrival->node;
    const struct link *before = peer->way >= 0 ? node->links[peer->way] : NULL;

    if (before && before != arrival->link && !node->config.forwards &&
        !(peer->heard_links & LINK_BIT(before->index)) && !others_forward(node, before))
        peer->links &= ~LINK_BIT(before->index); /* there nobody stands for it any more */
    peer->via = hearsay ? arrival->header->sender : peer->id;
    peer->way = arrival->link->index;
    peer->doubted = false;
    roster_moved(&node->roster, peer);
    if (hearsay)
        roster_expire_at(&node->roster, peer, expiry(node, arrival->link, peer, 0));
}

static void set_here(const struct arrival *arrival, struct peer *peer, const struct wire_entry *entry,
                     bool hearsay)
{
    struct node *node = arrival->node;

    peer->role = entry->role;
    if (is_forwarder(peer))
        peer->room = 0;
    if (peer->state != WIRE_HERE)
        peer->lost = peer->confirmed = 0;
    peer->state = WIRE_HERE;
    roster_moved(&node->roster, peer);
    people_rename(node, peer, entry->nick);
    if (peer->heard_us == 0)
        take_way(arrival, peer, hearsay);
}

/* Others may have lost sight of a node that we heard ourselves since. It hears what they say, and counts up.
 */
static bool known_better(struct node *node, const struct link *link, const struct peer *peer,
                         const struct wire_entry *entry)
{
    return entry->state != WIRE_HERE && peer->state == WIRE_HERE && peer->heard_us > 0 &&
           now_of(node) - peer->heard_us < 2 * hello_mean(node, link);
}

static bool way_stands(const struct node *node, const struct peer *peer)
{
    const struct peer *via = roster_get(&node->roster, peer->via);

    return peer->way >= 0 && !peer->doubted && via && via->state == WIRE_HERE;
}

bool presence_vouched(const struct node *node, const struct peer *peer)
{
    return way_stands(node, peer) && is_forwarder(roster_get(&node->roster, peer->via));
}

/* Somebody says that a node is gone, or his way to it, and we know better: the word is handed on towards the
 * node itself, which counts up, so that all who lost it have news. Nobody in between can be believed: what he
 * knows may come from him who asks. */
static void contest(struct node *node, struct peer *peer, uint8_t state)
{
    const struct peer *to = peer->heard_us > 0 ? peer : roster_get(&node->roster, peer->via);
    struct link *link = to && to->way >= 0 ? node->links[to->way] : NULL;
    struct wire_builder entries;

    if (!node->config.forwards || !link || !link_usable(link) ||
        (peer->contested_us > 0 && now_of(node) - peer->contested_us < DOUBT_US))
        return;
    peer->contested_us = now_of(node);
    wire_builder_init(&entries, WIRE_DATAGRAM_MAX);
    wire_add_entry(&entries, &(struct wire_entry){.id = peer->id, .version = peer->version, .state = state});
    const struct wire_record roster = {
        .type = WIRE_ROSTER, .roster = {.room = peer->room, .entries = wire_built(&entries)}
    };
    link_send(node, link, &roster, to->address.length > 0 ? &to->address : NULL);
}

/* News about the way, not about the node. */
static void on_withdrawn(const struct arrival *arrival, struct peer *peer)
{
    struct node *node = arrival->node;

    if (peer->state != WIRE_HERE || peer->doubted)
        return;
    if (peer->heard_us > 0 || (peer->via != arrival->header->sender && way_stands(node, peer))) {
        contest(node, peer, WIRE_WITHDRAWN);
        return;
    }
    peer->doubted = true;
    roster_expire_at(&node->roster, peer, now_of(node) + DOUBT_US);
}

/* At one version: he who withdrew it takes it back, or it is heard itself. Who does not forward also takes a
 * forwarder's word where he has none; two forwarders who took each other's would never let go. */
static bool is_found_again(const struct node *node, const struct peer *peer, uint64_t sender, bool hearsay)
{
    const struct peer *by = roster_get(&node->roster, sender);
    bool forwarder = by && is_forwarder(by) && !node->config.forwards;

    if (peer->state == WIRE_AWAY) /* nobody is told of forwarders, so none can count up */
        return !hearsay && is_forwarder(peer);
    if (peer->state == WIRE_WITHDRAWN || peer->doubted || peer->way < 0)
        return !hearsay || sender == peer->via || (peer->via == 0 && forwarder);
    return hearsay && peer->state == WIRE_HERE && peer->heard_us == 0 && forwarder &&
           !presence_vouched(node, peer);
}

/* A forwarder whose roster is ours is here for all whom nobody else answers for. */
void presence_vouch(const struct arrival *arrival, const struct room *room)
{
    struct node *node = arrival->node;
    const struct peer *by = roster_get(&node->roster, arrival->header->sender);

    if (!by || !is_forwarder(by) || node->config.forwards)
        return;
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (peer->room == room->tag && peer->state == WIRE_HERE && !peer->ours && peer->heard_us == 0 &&
            (peer->links & arrival->link->segment) && peer->way >= 0 && !presence_vouched(node, peer))
            take_way(arrival, peer, true);
    }
}

static bool is_news(struct node *node, const struct link *link, const struct peer *peer, uint64_t room,
                    const struct wire_entry *entry, bool hearsay)
{
    if (peer->room != room && !is_forwarder(peer))
        return false;
    return roster_is_news(peer, entry->version, entry->state) &&
           !(hearsay && known_better(node, link, peer, entry));
}

static void apply_news(const struct arrival *arrival, struct peer *peer, const struct wire_entry *entry,
                       bool hearsay)
{
    peer->version = entry->version;
    if (entry->state == WIRE_HERE)
        set_here(arrival, peer, entry, hearsay);
    else /* of a guest its host always knows that it has left */
        set_gone(arrival->node, peer, entry->state,
                 hearsay && (peer->role != WIRE_TEXT || entry->state != WIRE_AWAY));
    forward_entry(arrival->node, peer, arrival->link);
}

static struct peer *enter(const struct arrival *arrival, uint64_t room, const struct wire_entry *entry,
                          bool hearsay)
{
    struct node *node = arrival->node;
    struct peer *peer = hearsay || admits(arrival) ? roster_add(&node->roster, entry->id) : NULL;

    if (!peer) {
        node->counters.dropped++;
        return NULL;
    }
    peer->state = WIRE_AWAY;
    peer->room = room;
    peer->way = -1;
    apply_news(arrival, peer, entry, hearsay);
    return peer;
}

/* Somebody named it on a link: it is known there, or, if nobody else stands for it there, not any more. Whom
 * we know from another segment is known on this one only where somebody forwards: two hosts on both would
 * take each other's word for ever. */
static void note_where(const struct arrival *arrival, struct peer *peer, bool here)
{
    struct node *node = arrival->node;
    const struct link *link = arrival->link;
    const struct peer *by = roster_get(&node->roster, arrival->header->sender);

    if (here && (peer->links & LINK_BIT(link->index)))
        return;
    bool forwarder = by && is_forwarder(by);
    uint64_t known_by = peer->heard_links | (peer->way >= 0 ? LINK_BIT(peer->way) : 0);
    bool elsewhere = !node->config.forwards && (known_by & ~link->segment) && !(known_by & link->segment);

    /* Whether others forward is asked last: that goes through the roster. */
    if (peer->links == 0 || (here && (!elsewhere || others_forward(node, link))))
        peer->links |= LINK_BIT(link->index);
    else if (!here && !node->config.forwards && !(peer->heard_links & link->segment) &&
             (forwarder || elsewhere || !others_forward(node, link)))
        peer->links &= ~link->segment;
    roster_moved(&node->roster, peer);
}

struct peer *presence_apply(const struct arrival *arrival, uint64_t room, const struct wire_entry *entry,
                            bool hearsay)
{
    struct node *node = arrival->node;
    struct link *link = arrival->link;
    struct peer *peer = roster_get(&node->roster, entry->id);

    if (peer && peer->ours) {
        own_refute(node, peer->ours, entry);
        return NULL;
    }
    if (!peer && !(peer = enter(arrival, room, entry, hearsay)))
        return NULL;
    if (entry->state == WIRE_WITHDRAWN && entry->version == peer->version)
        on_withdrawn(arrival, peer);
    else if (is_news(node, link, peer, room, entry, hearsay))
        apply_news(arrival, peer, entry, hearsay);
    else if (hearsay && entry->version == peer->version && known_better(node, link, peer, entry))
        contest(node, peer, WIRE_AWAY);
    else if (entry->state == WIRE_HERE && entry->version == peer->version &&
             is_found_again(node, peer, arrival->header->sender, hearsay)) {
        bool was_gone = peer->state != WIRE_HERE;
        set_here(arrival, peer, entry, hearsay);
        take_way(arrival, peer, hearsay);
        if (was_gone)
            forward_entry(node, peer, link);
    }
    note_where(arrival, peer, entry->state == WIRE_HERE);
    if (peer->highest < entry->highest)
        peer->highest = entry->highest;
    if (peer->state == WIRE_HERE)
        people_joined(node, peer, false);
    return peer;
}

void presence_leave(struct node *node, struct peer *peer)
{
    set_gone(node, peer, WIRE_AWAY, false);
    forward_entry(node, peer, NULL);
}

/* Nobody who was known by this link is known by it any more. */
void presence_link_down(struct node *node, const struct link *link)
{
    for (size_t i = 0; i < node->roster.peers.count; i++) {
        struct peer *peer = roster_at(&node->roster, i);
        if (peer->ours || peer->way != link->index)
            continue;
        peer->way = -1;
        peer->address.length = 0;
        if (link->kind != NODE_CONNECTION || peer->state != WIRE_HERE)
            continue;
        peer->heard_us = 0;
        peer->doubted = true;
        roster_moved(&node->roster, peer);
        roster_expire_at(&node->roster, peer, now_of(node) + WAY_GONE_US);
    }
}

void presence_heard(const struct arrival *arrival, struct peer *peer, const struct wire_record *record)
{
    struct node *node = arrival->node;
    bool segment = arrival->link->kind == NODE_SEGMENT;
    uint64_t most = INTERVAL_MOST_OUR * hello_mean(node, arrival->link);
    uint64_t interval =
        least(record->hello.interval_ms * UINT64_C(1000), most > INTERVAL_MOST_US ? most : INTERVAL_MOST_US);

    peer->heard_us = now_of(node);
    roster_moved(&node->roster, peer);
    peer->suspicions = 0;
    peer->heard_links |= LINK_BIT(arrival->link->index);
    if (!segment || paths_heard(arrival, peer, record) || arrival->path < peer->path) {
        peer->link = arrival->link->index;
        peer->path = arrival->path;
        peer->address = *arrival->from;
    }
    if (segment)
        paths_met(arrival, peer);
    take_way(arrival, peer, false);
    roster_expire_at(&node->roster, peer, expiry(node, arrival->link, peer, interval > 0 ? interval : 1));
}

/* Silence. */

/* Tells those who know of a node that it is gone, or who learned of it from us. */
static void tell_gone(struct node *node, const struct peer *peer)
{
    struct link *link;

    for (int i = 0; !is_forwarder(peer) && (link = next_link(node, &i));)
        if ((node->config.forwards || (peer->links & LINK_BIT(link->index))) &&
            (peer->state != WIRE_WITHDRAWN || link->index != peer->way))
            exchange_tell(node, link, peer);
}

static void prompt_on_links(struct node *node, struct peer *peer)
{
    struct link *link;

    paths_silent(node, peer);
    for (int i = 0; (link = next_link(node, &i));)
        if (peer->links & LINK_BIT(link->index) && link_usable(link) &&
            (peer->address.length == 0 || peer->link == link->index))
            prompt_silent(node, link, peer);
    roster_expire_at(&node->roster, peer, now_of(node) + node->timing.suspect_us);
}

/* Prompts a silent node, or believes that it is gone and tells the others. Of other rooms' nodes nothing is
 * told. */
static void suspect(struct node *node, struct peer *peer)
{
    bool ours = is_forwarder(peer) || room_get(node, peer->room);

    if (peer->heard_us == 0 && presence_vouched(node, peer)) { /* by one who was no forwarder to us before */
        roster_expire_at(&node->roster, peer, NEVER);
        return;
    }
    if (peer->doubted) {
        if (!node->config.forwards)
            peer->via = 0; /* any forwarder may bring it back */
        set_gone(node, peer, WIRE_WITHDRAWN, true);
        if (ours)
            tell_gone(node, peer);
        return;
    }
    if (ours && peer->suspicions++ < node->timing.suspect_prompts) {
        prompt_on_links(node, peer);
        return;
    }
    if (peer->via != peer->id) { /* that nobody answers for it here is no news of it */
        peer->via = 0;
        peer->way = -1;
        set_gone(node, peer, WIRE_WITHDRAWN, true);
        if (ours && node->config.forwards) /* others ask us */
            tell_gone(node, peer);
        return;
    }
    set_gone(node, peer, WIRE_AWAY, true);
    if (ours)
        tell_gone(node, peer);
}

static void expire_peers(struct node *node)
{
    struct roster *roster = &node->roster;
    uint64_t next = NEVER;
    uint64_t soonest = now_of(node) + SUSPECTED_PAUSE_US;
    unsigned suspected = 0;

    if (roster->next_expiry_us > now_of(node))
        return;
    roster->next_expiry_us = NEVER; /* what follows may set others' */
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
    roster->next_expiry_us = least(roster->next_expiry_us, next > soonest ? next : soonest);
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
