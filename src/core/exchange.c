/* Vectors and rosters asked for and answered, page by page (lanchat(7), "Joining" and "Healing"). Who asks a
 * segment asks anybody: answers are spread over a time that grows with the number of nodes, and whoever hears
 * one drops his own (SRM, Floyd et al. 1995). Who differs from one node asks that node; who hears that a node
 * is behind answers as if he had been asked. */
#include "state.h"

#define ASK_PAUSE_MOST_FACTOR 4
#define ASKED_TO_INSIST       2    /* requests: then they and what answers them go out on every path */
#define PAGE_PAUSE_US         5000 /* 200 times a second */
#define PAGES_TOGETHER        2    /* of a vector and of a roster */
#define HEAL_PAUSE_MOST       64   /* times the first pause */
#define RESTLESS_MOST         2    /* differences that pass for talk under way */

#define PAGE_FIXED (WIRE_HEADER_SIZE + WIRE_RECORD_HEAD + 41)

static const uint8_t ask_kinds[] = {[PAGES_VECTOR] = WIRE_ASK_VECTOR, [PAGES_ROSTER] = WIRE_ASK_ROSTER};

static uint64_t digest_of(struct node *node, const struct link *link, struct link_room *at, enum pages kind)
{
    return kind == PAGES_VECTOR ? vector_digest(node, link, at) : exchange_roster_digest(node, link, at);
}

/* Who forwards shows one roster everywhere. */
static uint64_t roster_links(const struct node *node, const struct link *link)
{
    return node->config.forwards ? UINT64_MAX : link->segment;
}

uint64_t exchange_roster_digest(struct node *node, const struct link *link, struct link_room *at)
{
    if (at->roster_moves != node->roster.moves + 1) {
        at->roster_moves = node->roster.moves + 1;
        at->roster_digest = roster_digest_kept(&node->roster, at->room->tag, roster_links(node, link));
    }
    return at->roster_digest;
}

/* Asking. */

static void start(struct node *node, struct link_room *at, enum pages kind, uint64_t to)
{
    at->sync[kind] = (struct sync){
        .active = true,
        .to = to,
        .at_us = now_of(node),
        .until_us = now_of(node) + node->timing.join_pages_us,
    };
}

void exchange_join(struct node *node, struct link_room *at)
{
    start(node, at, PAGES_VECTOR, 0);
    start(node, at, PAGES_ROSTER, 0);
}

static void finish(struct node *node, struct link *link, struct link_room *at, enum pages kind)
{
    struct sync *sync = &at->sync[kind];
    bool first = !at->joined;

    sync->active = false;
    at->joined |= !at->sync[PAGES_VECTOR].active && !at->sync[PAGES_ROSTER].active;
    if (kind == PAGES_VECTOR && first && sync->to != 0 && at->room == room_own(node) && !node->ready)
        history_start(node, sync->found);
    if (first && at->joined)
        show_joined(node, link, at->room, at->sync[PAGES_VECTOR].to != 0);
}

/* Who hears nobody is alone; else pages are missing, and healing brings them. */
static bool is_over(const struct node *node, const struct link_room *at, const struct sync *sync)
{
    bool alone = !at->accompanied && sync->asked >= node->timing.join_asks;
    bool unanswered = at->joined && sync->asked >= node->timing.join_asks;

    return alone || unanswered || now_of(node) >= sync->until_us;
}

static bool is_due(const struct node *node, const struct sync *sync)
{
    return sync->active && sync->at_us <= now_of(node);
}

/* One request for what is due of a room and is asked of the same node. */
static void ask(struct node *node, struct link *link, struct link_room *at)
{
    struct wire_builder asks;
    uint64_t to = 0;
    bool insists = false;

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    for (int kind = 0; kind < PAGES_KINDS; kind++) {
        struct sync *sync = &at->sync[kind];
        if (is_due(node, sync) && is_over(node, at, sync))
            finish(node, link, at, (enum pages)kind);
        if (!is_due(node, sync) || (asks.count > 0 && sync->to != to))
            continue;
        uint64_t pause = node->timing.join_ask_us << least(sync->asked++, 16);
        to = sync->to;
        insists |= sync->asked > ASKED_TO_INSIST;
        wire_add_ask(&asks, &(struct wire_ask){ask_kinds[kind], at->room->tag, sync->from, 0, 0});
        sync->at_us = now_of(node) + least(pause, ASK_PAUSE_MOST_FACTOR * node->timing.join_ask_us);
    }
    const struct wire_record request = {
        .type = WIRE_REQUEST, .flags = insists ? WIRE_INSISTS : 0, .request = {to, wire_built(&asks)}
    };
    if (asks.count > 0 && link_usable(link))
        link_send_all(node, link, &request, insists ? REACH_EVERY : REACH_FEWEST);
}

/* A page that we asked for, or would have asked for: the next one is asked of him who has answered. */
static void got_page(const struct arrival *arrival, struct link_room *at, enum pages kind, uint64_t first,
                     uint64_t last, uint64_t stamp)
{
    struct node *node = arrival->node;
    struct sync *sync = &at->sync[kind];

    if (!sync->active || sync->from < first || sync->from > last)
        return;
    advance_clock(node, stamp);
    sync->to = arrival->header->sender;
    if (last == UINT64_MAX) {
        finish(node, arrival->link, at, kind);
        return;
    }
    sync->from = last + 1;
    sync->asked = 0;
    sync->at_us = now_of(node);
}

/* Answering. */

static void schedule(struct link *link, struct page_due due, uint64_t at_us)
{
    struct page_due *free = NULL;

    for (size_t i = 0; i < PAGES_DUE_MAX; i++) {
        struct page_due *other = &link->pages[i];
        if (other->active && other->from == due.from && other->single == due.single &&
            other->kind == due.kind && other->room == due.room) {
            other->insists |= due.insists;
            return;
        }
        if (!other->active)
            free = other;
    }
    if (!free)
        return;
    *free = due;
    free->active = true;
    free->at_us = at_us;
}

static uint64_t spread_at(struct node *node, const struct link *link)
{
    uint64_t nodes = link->kind == NODE_SEGMENT ? roster_heard(&node->roster, link->segment) : 0;

    return now_of(node) + random_below(node, nodes * node->timing.answer_share_us);
}

static struct wire_entry entry_of(const struct node *node, const struct peer *peer)
{
    const struct stream *stream = idmap_get(&node->streams, peer->id);
    uint32_t highest = stream && stream->known > peer->highest ? stream->known : peer->highest;

    return (struct wire_entry){peer->id,   peer->version,   highest, peer->state,
                               peer->role, peer_nick(peer), 0,       0};
}

static void tell(struct node *node, struct link *link, const struct peer *peer, const struct node_address *to)
{
    struct wire_builder entries;
    const struct wire_entry entry = entry_of(node, peer);

    wire_builder_init(&entries, WIRE_DATAGRAM_MAX);
    wire_add_entry(&entries, &entry);
    const struct wire_record roster = {
        .type = WIRE_ROSTER, .roster = {.room = peer->room, .entries = wire_built(&entries)}
    };
    if (link_usable(link))
        link_send(node, link, &roster, to);
}

void exchange_tell(struct node *node, struct link *link, const struct peer *peer)
{
    tell(node, link, peer, NULL);
}

void exchange_tell_soon(struct node *node, struct link *link, const struct peer *peer,
                        const struct node_address *to)
{
    schedule(link, (struct page_due){.single = true, .kind = PAGES_ROSTER, .from = peer->id, .to = *to},
             spread_at(node, link));
}

/* The entries of those of the room from one id on, as many as fit; returns the last id that they cover. */
static uint64_t roster_page(struct node *node, const struct link *link, const struct page_due *due,
                            struct wire_builder *entries)
{
    for (size_t i = idmap_from(&node->roster.peers, due->from); i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        const struct wire_entry entry = entry_of(node, peer);
        if (peer->room != due->room->tag || !(peer->links & roster_links(node, link)) || is_forwarder(peer) ||
            (peer->state != WIRE_HERE && !due->gone_too))
            continue;
        if (!wire_add_entry(entries, &entry))
            return peer->id - 1;
    }
    return UINT64_MAX;
}

static void send_page(struct node *node, struct link *link, const struct page_due *due)
{
    struct wire_builder entries;
    struct link_room *at = room_on(link, due->room);
    uint64_t digest = digest_of(node, link, at, due->kind);
    struct wire_record page;

    wire_builder_init(&entries, WIRE_DATAGRAM_MAX - PAGE_FIXED);
    if (due->kind == PAGES_VECTOR) {
        uint64_t last = vector_page(node, link, at, due->from, &entries);
        page = (struct wire_record){
            .type = WIRE_SUMMARY,
            .summary = {due->room->tag, digest, node->stamp, due->from, last, wire_built(&entries)}
        };
    } else {
        uint64_t last = roster_page(node, link, due, &entries);
        page = (struct wire_record){
            .type = WIRE_ROSTER,
            .flags = WIRE_PAGE,
            .roster = {due->room->tag, digest, node->stamp, due->from, last, wire_built(&entries)}
        };
    }
    link_send_all(node, link, &page, due->insists ? REACH_EVERY : REACH_FEWEST);
}

static void answer(struct node *node, struct link *link, struct page_due *due)
{
    const struct peer *peer;

    if (link->pages_allowed_at_us > now_of(node)) {
        due->at_us = link->pages_allowed_at_us;
        return;
    }
    due->active = false;
    if (!due->single)
        send_page(node, link, due);
    else if ((peer = roster_get(&node->roster, due->from)) && peer->state != WIRE_HERE)
        tell(node, link, peer, &due->to);
}

/* Pages that are due at one moment share a datagram if they fit, so they go together. */
static void answer_pages(struct node *node, struct link *link)
{
    unsigned sent = 0;

    for (size_t i = 0; i < PAGES_DUE_MAX && sent < PAGES_TOGETHER; i++) {
        struct page_due *due = &link->pages[i];
        if (!due->active || due->at_us > now_of(node))
            continue;
        answer(node, link, due);
        sent += !due->active;
    }
    if (sent > 0)
        link->pages_allowed_at_us = now_of(node) + PAGE_PAUSE_US;
}

static void page_asked(const struct arrival *arrival, const struct wire_record *request,
                       const struct wire_ask *ask, enum pages kind, uint64_t at_us)
{
    struct node *node = arrival->node;
    struct room *room = room_get(node, ask->key);
    bool named = request->request.to == node->id;

    if (!room || !answers_on(arrival->node, arrival->link, room))
        return;
    schedule(arrival->link,
             (struct page_due){.insists = request->flags & WIRE_INSISTS,
                               .gone_too = named,
                               .kind = kind,
                               .room = room,
                               .from = ask->from},
             named ? now_of(node) : at_us);
}

#define SEEK_PAUSE_US   UINT64_C(1000000)
#define SEEK_PAUSE_MOST (64 * SEEK_PAUSE_US)

/* Anybody was asked for the vector, by us or by somebody else: what is said to be stored is known soon. */
static void did_seek(struct node *node, struct heal *heal)
{
    uint64_t pause = heal->seek_pause_us > 0 ? heal->seek_pause_us : SEEK_PAUSE_US;

    heal->seek_at_us = now_of(node) + pause;
    heal->seek_pause_us = least(2 * pause, SEEK_PAUSE_MOST);
}

/* Somebody else asks for a page for which we would ask: the answer will be heard by all. */
static void heard_ask(const struct arrival *arrival, uint64_t to, const struct wire_ask *ask)
{
    struct room *room = room_get(arrival->node, ask->key);

    if (!room || (ask->kind != WIRE_ASK_VECTOR && ask->kind != WIRE_ASK_ROSTER))
        return;
    enum pages kind = ask->kind == WIRE_ASK_VECTOR ? PAGES_VECTOR : PAGES_ROSTER;
    struct heal *heal = &room_on(arrival->link, room)->heal[kind];
    if (heal->from == to && ask->from == 0)
        heal->asked_us = now_of(arrival->node);
    if (kind == PAGES_VECTOR && to == 0 && ask->from == 0)
        did_seek(arrival->node, heal);
}

void on_request(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    struct wire_list asks = record->request.asks;
    bool named = record->request.to == node->id;
    uint64_t at = spread_at(node, arrival->link);
    struct wire_ask ask;

    answer_asks(arrival, record);
    if (node->leaving)
        return;
    if (record->request.to != 0 && !named) {
        while (wire_next_ask(&asks, &ask))
            heard_ask(arrival, record->request.to, &ask);
        return;
    }
    while (wire_next_ask(&asks, &ask)) {
        heard_ask(arrival, record->request.to, &ask);
        if (ask.kind == WIRE_ASK_VECTOR)
            page_asked(arrival, record, &ask, PAGES_VECTOR, at);
        else if (ask.kind == WIRE_ASK_ROSTER)
            page_asked(arrival, record, &ask, PAGES_ROSTER, at);
        else if (ask.kind == WIRE_ASK_LAST)
            history_asked(arrival, &ask, record->flags & WIRE_INSISTS);
    }
}

/* Somebody else has answered: who knows as much as we do has said it for us. */
static void suppress(struct node *node, struct link *link, struct link_room *at, enum pages kind,
                     uint64_t digest, uint64_t first, uint64_t last)
{
    if (digest != digest_of(node, link, at, kind))
        return;
    for (size_t i = 0; i < PAGES_DUE_MAX; i++) {
        struct page_due *due = &link->pages[i];
        if (!due->single && due->kind == kind && due->room == at->room && !due->gone_too &&
            first <= due->from && due->from <= last)
            due->active = false;
    }
}

static void suppress_single(struct link *link, uint64_t id)
{
    for (size_t i = 0; i < PAGES_DUE_MAX; i++)
        if (link->pages[i].single && link->pages[i].from == id)
            link->pages[i].active = false;
}

void on_roster(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_roster *roster = &record->roster;
    struct room *room = room_enter(node, roster->room);
    struct wire_list entries = roster->entries;
    struct wire_entry entry;

    if (!room) {
        node->counters.foreign++;
        return;
    }
    struct link_room *at = room_on(arrival->link, room);
    at->accompanied = true;
    while (wire_next_entry(&entries, &entry)) {
        if (entry.id == 0 || entry.role == WIRE_RELAY || entry.role == WIRE_HUB)
            continue;
        presence_apply(arrival, room->tag, &entry, true);
        suppress_single(arrival->link, entry.id);
    }
    if (!(record->flags & WIRE_PAGE))
        return;
    suppress(node, arrival->link, at, PAGES_ROSTER, roster->digest, roster->first, roster->last);
    got_page(arrival, at, PAGES_ROSTER, roster->first, roster->last, roster->stamp);
}

/* Who is behind hears our own page, unless somebody who knows as much says it first. Each page goes once, in
 * order, before the first one may go again: two who both have something that the other lacks would answer
 * each other for ever. */
static void tell_behind(struct node *node, struct link *link, struct link_room *at, uint64_t from)
{
    struct heal *heal = &at->heal[PAGES_VECTOR];

    if (!at->joined || node->leaving ||
        (from == 0 ? heal->tell_at_us > now_of(node) : from <= heal->told_from))
        return;
    if (from == 0)
        heal->tell_at_us = now_of(node) + heal->pause_us;
    heal->told_from = from;
    schedule(link, (struct page_due){.kind = PAGES_VECTOR, .room = at->room, .from = from},
             spread_at(node, link));
}

void on_summary(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_summary *summary = &record->summary;
    struct room *room = room_enter(node, summary->room);

    if (!room) {
        node->counters.foreign++;
        return;
    }
    struct link_room *at = room_on(arrival->link, room);
    at->accompanied = true;
    suppress(node, arrival->link, at, PAGES_VECTOR, summary->digest, summary->first, summary->last);
    const struct vector_news news = vector_apply(arrival, at, summary);
    at->sync[PAGES_VECTOR].found += news.stored;
    if (news.ahead)
        tell_behind(node, arrival->link, at, summary->first);
    got_page(arrival, at, PAGES_VECTOR, summary->first, summary->last, summary->stamp);
}

/* Healing. */

void exchange_differs(struct node *node, struct link_room *at, enum pages kind, uint64_t sender,
                      uint64_t digest)
{
    struct heal *heal = &at->heal[kind];

    heal->from = sender;
    heal->digest = digest;
    heal->changes = node->changes;
    if (heal->at_us == NEVER)
        heal->at_us = now_of(node) + heal->pause_us + random_below(node, heal->pause_us);
}

static void compare(const struct arrival *arrival, struct link_room *at, enum pages kind, uint64_t digest)
{
    struct node *node = arrival->node;
    struct heal *heal = &at->heal[kind];
    uint64_t sender = arrival->header->sender;

    if (digest != digest_of(node, arrival->link, at, kind)) {
        exchange_differs(node, at, kind, sender, digest);
        return;
    }
    if (kind == PAGES_ROSTER)
        presence_vouch(arrival, at->room);
    if (heal->from == sender)
        heal->from = 0;
    heal->pause_us = kind == PAGES_VECTOR ? node->timing.heal_vector_us : node->timing.heal_us;
    heal->seek_pause_us = 0;
    heal->restless = 0;
}

void exchange_compare(const struct arrival *arrival, struct link_room *at, const struct wire_room *theirs)
{
    compare(arrival, at, PAGES_VECTOR, theirs->vector_digest);
    compare(arrival, at, PAGES_ROSTER, theirs->roster_digest);
}

/* A difference while people talk is what they have just said, and passes; not for ever. */
static bool is_restless(struct node *node, struct heal *heal, enum pages kind)
{
    return kind == PAGES_VECTOR && heal->changes != node->changes && heal->restless++ < RESTLESS_MOST;
}

static void heal(struct node *node, struct link *link, struct link_room *at, enum pages kind)
{
    struct heal *heal = &at->heal[kind];

    heal->at_us = NEVER;
    if (heal->from == 0 || heal->digest == digest_of(node, link, at, kind) || at->sync[kind].active ||
        !at->joined || node->leaving || is_restless(node, heal, kind))
        return;
    if (heal->asked_us > 0 && now_of(node) - heal->asked_us < heal->pause_us) {
        heal->asked_us = 0; /* it is waited for once */
        heal->at_us = now_of(node) + heal->pause_us + random_below(node, heal->pause_us);
        return;
    }
    start(node, at, kind, heal->from);
    heal->from = 0;
    heal->restless = 0;
    heal->pause_us = least(2 * heal->pause_us, HEAL_PAUSE_MOST * node->timing.heal_us);
}

void exchange_seek(struct node *node, const struct stream *stream)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        struct link_room *at = room_on(link, stream->room);
        struct heal *heal = &at->heal[PAGES_VECTOR];
        if (!(stream->links & LINK_BIT(link->index)) || at->sync[PAGES_VECTOR].active ||
            heal->seek_at_us > now_of(node))
            continue;
        did_seek(node, heal);
        start(node, at, PAGES_VECTOR, 0);
    }
}

static void tick_room(struct node *node, struct link *link, struct link_room *at)
{
    for (int kind = 0; kind < PAGES_KINDS; kind++)
        if (at->heal[kind].at_us <= now_of(node))
            heal(node, link, at, (enum pages)kind);
    if (is_due(node, &at->sync[PAGES_VECTOR]) || is_due(node, &at->sync[PAGES_ROSTER]))
        ask(node, link, at);
}

void exchange_tick(struct node *node)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        for (int room = 0; room < node->room_count; room++)
            tick_room(node, link, link->rooms[room]);
        answer_pages(node, link);
    }
}

uint64_t exchange_deadline(const struct node *node)
{
    uint64_t deadline = NEVER;
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        for (int room = 0; room < node->room_count; room++)
            for (int kind = 0; kind < PAGES_KINDS; kind++) {
                const struct link_room *at = link->rooms[room];
                deadline = least(deadline, at->heal[kind].at_us);
                if (at->sync[kind].active)
                    deadline = least(deadline, at->sync[kind].at_us);
            }
        for (size_t due = 0; due < PAGES_DUE_MAX; due++)
            if (link->pages[due].active)
                deadline = least(deadline, link->pages[due].at_us);
    }
    return deadline;
}
