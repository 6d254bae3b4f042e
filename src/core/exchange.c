/* Rosters asked for and answered, page by page (lanchat(7), "Joining" and "Roster"). Who asks a segment asks
 * anybody: answers are spread over a time that grows with the number of nodes, and whoever hears one drops
 * his own (SRM, Floyd et al. 1995). Who differs from one node asks that node. */
#include "state.h"

#define ASK_PAUSE_MOST_FACTOR 4
#define PAGE_PAUSE_US         5000 /* 200 datagrams a second */
#define HEAL_PAUSE_MOST       64   /* times the first pause */

#define ROSTER_FIXED (WIRE_HEADER_SIZE + WIRE_RECORD_HEAD + 41)

/* Asking. */

void exchange_start(struct node *node, struct link *link, uint64_t to)
{
    link->sync = (struct sync){
        .active = true,
        .to = to,
        .at_us = now_of(node),
        .until_us = now_of(node) + node->timing.join_pages_us,
    };
}

static void finish(struct link *link)
{
    link->sync.active = false;
    link->joined = true;
}

static void ask(struct node *node, struct link *link)
{
    struct sync *sync = &link->sync;
    struct wire_builder asks;
    uint64_t pause = node->timing.join_ask_us << least(sync->asked, 16);
    const struct wire_ask page = {.kind = WIRE_ASK_ROSTER, .key = node->room, .from = sync->from};

    if (sync->asked >= node->timing.join_asks || now_of(node) >= sync->until_us) {
        finish(link); /* alone here; or pages are missing, and healing brings them */
        return;
    }
    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_add_ask(&asks, &page);
    const struct wire_record request = {
        .type = WIRE_REQUEST, .request = {sync->to, wire_built(&asks)}
    };
    link_send(node, link, &request, NULL);
    sync->asked++;
    sync->at_us = now_of(node) + least(pause, ASK_PAUSE_MOST_FACTOR * node->timing.join_ask_us);
}

/* A page that we asked for, or would have asked for: the next one is asked of him who has answered. */
static void got_page(struct node *node, struct link *link, uint64_t sender, const struct wire_roster *page)
{
    struct sync *sync = &link->sync;

    if (!sync->active || sync->from < page->first || sync->from > page->last)
        return;
    if (!link->joined && page->stamp > node->stamp) /* a joiner takes the clock as it is there */
        node->stamp = page->stamp;
    if (page->last == UINT64_MAX) {
        finish(link);
        return;
    }
    sync->to = sender;
    sync->from = page->last + 1;
    sync->asked = 0;
    sync->at_us = now_of(node);
}

/* Answering. */

static void schedule(struct node *node, struct link *link, struct page_due due, bool at_once)
{
    uint64_t spread = at_once ? 0 : roster_heard(&node->roster, link->segment) * node->timing.answer_share_us;
    struct page_due *free = NULL;

    for (size_t i = 0; i < PAGES_DUE_MAX; i++) {
        struct page_due *other = &link->pages[i];
        if (other->active && other->from == due.from && other->single == due.single)
            return;
        if (!other->active)
            free = other;
    }
    if (!free)
        return;
    *free = due;
    free->active = true;
    free->at_us = now_of(node) + random_below(node, spread);
}

static struct wire_entry entry_of(const struct node *node, const struct peer *peer)
{
    const struct stream *stream = peer->room == node->room ? idmap_get(&node->streams, peer->id) : NULL;
    uint32_t highest = stream && stream->known > peer->highest ? stream->known : peer->highest;

    return (struct wire_entry){peer->id,   peer->version,       highest, peer->state,
                               peer->role, span_of(peer->nick), 0,       0};
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
    schedule(node, link, (struct page_due){.single = true, .from = peer->id, .to = *to}, false);
}

/* The entries from one id on, as many as fit: those of our room that were heard on this segment. */
static void send_page(struct node *node, struct link *link, const struct page_due *due)
{
    struct wire_builder entries;
    struct wire_record page = {
        .type = WIRE_ROSTER,
        .flags = WIRE_PAGE,
        .roster = {.room = node->room,
                   .digest = roster_digest(&node->roster, node->room, link->segment),
                   .stamp = node->stamp,
                   .first = due->from,
                   .last = UINT64_MAX},
    };

    wire_builder_init(&entries, WIRE_DATAGRAM_MAX - ROSTER_FIXED);
    node->self->highest = node->own->next - 1;
    for (size_t i = idmap_from(&node->roster.peers, due->from); i < node->roster.peers.count; i++) {
        const struct peer *peer = roster_at(&node->roster, i);
        const struct wire_entry entry = entry_of(node, peer);
        if (peer->room != node->room || !(peer->links & link->segment) ||
            (peer->state != WIRE_HERE && !due->gone_too))
            continue;
        if (!wire_add_entry(&entries, &entry)) {
            page.roster.last = peer->id - 1;
            break;
        }
    }
    page.roster.entries = wire_built(&entries);
    link_send(node, link, &page, NULL);
}

static void answer(struct node *node, struct link *link, struct page_due *due)
{
    const struct peer *peer;

    if (link->pages_allowed_at_us > now_of(node)) {
        due->at_us = link->pages_allowed_at_us;
        return;
    }
    link->pages_allowed_at_us = now_of(node) + PAGE_PAUSE_US;
    due->active = false;
    if (!due->single)
        send_page(node, link, due);
    else if ((peer = roster_get(&node->roster, due->from)) && peer->state != WIRE_HERE)
        tell(node, link, peer, &due->to);
}

void on_request(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    struct wire_list asks = record->request.asks;
    bool named = record->request.to == node->id;
    struct wire_ask ask;

    repair_asked(arrival, &record->request);
    if (!arrival->link->joined || node->leaving || (record->request.to != 0 && !named))
        return;
    while (wire_next_ask(&asks, &ask))
        if (ask.kind == WIRE_ASK_ROSTER && ask.key == node->room)
            schedule(node, arrival->link, (struct page_due){.gone_too = named, .from = ask.from}, named);
}

/* Somebody else has answered: who knows as much as we do has said it for us. */
static void suppress(struct node *node, struct link *link, const struct wire_roster *heard, bool page)
{
    bool as_ours = page && heard->digest == roster_digest(&node->roster, node->room, link->segment);

    for (size_t i = 0; i < PAGES_DUE_MAX; i++) {
        struct page_due *due = &link->pages[i];
        struct wire_list entries = heard->entries;
        struct wire_entry entry;
        if (!due->single && as_ours && heard->first <= due->from && due->from <= heard->last &&
            !due->gone_too)
            due->active = false;
        while (due->single && wire_next_entry(&entries, &entry))
            if (entry.id == due->from)
                due->active = false;
    }
}

void on_roster(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_roster *roster = &record->roster;
    struct wire_list entries = roster->entries;
    bool page = record->flags & WIRE_PAGE;
    struct wire_entry entry;

    if (roster->room != node->room) {
        node->counters.foreign++;
        return;
    }
    while (wire_next_entry(&entries, &entry)) {
        if (entry.id == 0)
            continue;
        const struct peer *peer = presence_apply(node, arrival->link, roster->room, &entry, true);
        if (peer && peer->state == WIRE_HERE && peer->room == node->room && entry.highest > 0)
            speech_learn(node, arrival->link, entry.id, entry.highest);
    }
    suppress(node, arrival->link, roster, page);
    if (page)
        got_page(node, arrival->link, arrival->header->sender, roster);
}

/* Healing. */

void exchange_compare(struct node *node, struct link *link, uint64_t sender, uint64_t digest)
{
    if (digest == roster_digest(&node->roster, node->room, link->segment)) {
        if (link->differs_from == sender)
            link->differs_from = 0;
        link->heal_pause_us = node->timing.heal_us;
        return;
    }
    link->differs_from = sender;
    link->differs_digest = digest;
    if (link->heal_at_us == NEVER)
        link->heal_at_us = now_of(node) + link->heal_pause_us + random_below(node, link->heal_pause_us);
}

static void heal(struct node *node, struct link *link)
{
    uint64_t most = HEAL_PAUSE_MOST * node->timing.heal_us;
    bool differs = link->differs_from != 0 &&
                   link->differs_digest != roster_digest(&node->roster, node->room, link->segment);

    link->heal_at_us = NEVER;
    if (!differs || link->sync.active || !link->joined || node->leaving)
        return;
    exchange_start(node, link, link->differs_from);
    link->differs_from = 0;
    link->heal_pause_us = least(2 * link->heal_pause_us, most);
}

void exchange_tick(struct node *node)
{
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        if (link->heal_at_us <= now_of(node))
            heal(node, link);
        if (link->sync.active && link->sync.at_us <= now_of(node))
            ask(node, link);
        for (size_t due = 0; due < PAGES_DUE_MAX; due++)
            if (link->pages[due].active && link->pages[due].at_us <= now_of(node))
                answer(node, link, &link->pages[due]);
    }
}

uint64_t exchange_deadline(const struct node *node)
{
    uint64_t deadline = NEVER;
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));) {
        deadline = least(deadline, link->heal_at_us);
        if (link->sync.active)
            deadline = least(deadline, link->sync.at_us);
        for (size_t due = 0; due < PAGES_DUE_MAX; due++)
            if (link->pages[due].active)
                deadline = least(deadline, link->pages[due].at_us);
    }
    return deadline;
}
