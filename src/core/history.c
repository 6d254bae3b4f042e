/* What was said before we came (lanchat(7), "Joining"): the last messages are asked of everybody, whoever has
 * them answers unless somebody else does first, and they are asked for again while he who gave us our base
 * has more. Collected in order of stamp, they are shown before anything else. */
#include <stdlib.h>

#include "state.h"

#define QUIET_US        UINT64_C(50000) /* after the last that came; doubles */
#define ASKED_MOST      6
#define ASKED_TO_INSIST 2 /* requests: then they and what answers them go out on every path */
#define ASKED_FULL      2 /* with as many texts as were wanted, when more than one segment may have them */
#define HISTORY_MOST    1000u /* texts answered for one ask */

#define ANSWER_US       UINT64_C(50000)              /* to look through a store takes a while: 20 a second */
#define ANSWER_BURST_US (NODE_LINKS_MAX * ANSWER_US) /* of a hub that was restarted */

static void let_go(struct history *history)
{
    while (history->records) {
        struct held *first = history->records;
        history->records = first->next;
        record_drop(first->record);
        free(first);
    }
}

void history_forget(struct node *node)
{
    struct history forgotten = node->history;

    node->history = (struct history){0};
    let_go(&forgotten);
}

static void show_and_end(struct node *node)
{
    show_history(node, node->history.records, NODE_BEFORE);
    history_forget(node);
    show_all(node);
}

static bool comes_before(const struct record *a, const struct record *b)
{
    const struct wire_message *x = &a->message, *y = &b->message;

    if (x->stamp != y->stamp)
        return x->stamp < y->stamp;
    return x->origin != y->origin ? x->origin < y->origin : x->number < y->number;
}

static bool is_text_start(const struct record *record)
{
    return !(record->flags & WIRE_CONTINUATION);
}

/* Only the last are wanted: of more, the first goes. */
static void trim(struct history *history, unsigned most)
{
    while (history->records && (history->count > most || !is_text_start(history->records->record))) {
        struct held *first = history->records;
        history->count -= is_text_start(first->record);
        history->records = first->next;
        record_drop(first->record);
        free(first);
    }
}

static bool insert(struct history *history, struct record *record, bool old)
{
    struct held **at = &history->records;

    while (*at && comes_before((*at)->record, record))
        at = &(*at)->next;
    const struct wire_message *there = *at ? &(*at)->record->message : NULL;
    if (there && there->origin == record->message.origin && there->number == record->message.number)
        return false;
    struct held *held = malloc(sizeof *held);
    if (!held)
        return false;
    *held = (struct held){*at, record_hold(record), old};
    *at = held;
    history->count += is_text_start(record);
    return true;
}

/* What was heard while we joined, and turned out to have been said before. */
static void take_own(struct node *node)
{
    struct history *history = &node->history;
    const struct stored *stored;

    for (uint32_t i = 0; (stored = store_at(&room_own(node)->store, i)); i++) {
        const struct stream *stream = idmap_get(&node->streams, stored->origin);
        if (stream && stored->number <= stream->base && insert(history, stored->record, stored->old))
            history->got++;
    }
}

void history_start(struct node *node, uint64_t stored)
{
    if (node->config.history == 0 || node->config.forwards)
        return;
    if (node->history.active) { /* on one more segment */
        node->history.stored += stored;
        node->history.segments++;
        node->history.asked = 0;
        node->history.ask_at_us = now_of(node);
        return;
    }
    node->history = (struct history){
        .active = true,
        .segments = 1,
        .stored = stored,
        .ask_at_us = now_of(node),
        .until_us = now_of(node) + node->timing.join_pages_us,
    };
    take_own(node);
}

/* As many texts as were wanted, none of them in part. */
static bool is_full(const struct node *node)
{
    const struct history *history = &node->history;

    if (history->count < node->config.history)
        return false;
    for (const struct held *held = history->records; held; held = held->next)
        if (is_text_start(held->record) && !show_last_part(held))
            return false;
    return true;
}

bool history_take(struct node *node, const struct wire_record *is, const struct link *link, bool old)
{
    struct history *history = &node->history;
    struct stream *stream = idmap_get(&node->streams, is->message.origin);

    if (!history->active || store_get(&stream->room->store, is->message.origin, is->message.number))
        return false;
    struct record *record = record_copy(is);
    if (record && insert(history, record, old)) {
        history->got++;
        speech_store(node, stream, record, LINK_BIT(link->index), old);
        if (history->segments == 1 && is_full(node)) /* of two segments the second may have later ones */
            history->until_us = now_of(node);
        history->ask_at_us = now_of(node) + (QUIET_US << history->asked);
    }
    record_drop(record);
    return true;
}

static void ask(struct node *node)
{
    struct history *history = &node->history;
    struct wire_builder asks;
    struct link *link;
    bool insists = history->asked >= ASKED_TO_INSIST;

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_add_ask(&asks,
                 &(struct wire_ask){WIRE_ASK_LAST, room_own(node)->tag, UINT64_MAX, node->config.history, 0});
    const struct wire_record request = {
        .type = WIRE_REQUEST, .flags = insists ? WIRE_INSISTS : 0, .request = {0, wire_built(&asks)}
    };
    for (int i = 0; (link = next_link(node, &i));)
        if (link_is_first(node, link) && !room_on(link, room_own(node))->sync[PAGES_VECTOR].active)
            link_send_all(node, link, &request, insists ? REACH_EVERY : REACH_FEWEST);
    history->ask_at_us = now_of(node) + (QUIET_US << history->asked++);
}

static bool is_enough(const struct node *node)
{
    const struct history *history = &node->history;

    return history->asked == ASKED_MOST || (history->asked > 0 && history->got >= history->stored) ||
           (history->asked >= ASKED_FULL && is_full(node));
}

void history_tick(struct node *node)
{
    struct history *history = &node->history;

    if (!history->active)
        return;
    bool quiet = history->ask_at_us <= now_of(node), enough = is_enough(node);
    if (node->ready && (history->until_us <= now_of(node) || (quiet && enough))) {
        trim(history, node->config.history);
        show_and_end(node);
    } else if (quiet && !enough) {
        ask(node);
    }
}

uint64_t history_deadline(const struct node *node)
{
    const struct history *history = &node->history;

    if (!history->active)
        return NEVER;
    if (node->ready)
        return least(history->until_us, history->ask_at_us);
    return is_enough(node) ? NEVER : history->ask_at_us;
}

/* Answering: the last texts that we store, wherever their parts stand among the others. */

/* An ask is for what is before a stamp, and of that stamp for what is of lower origins. */
static bool is_before(const struct stored *stored, const struct wire_ask *ask)
{
    uint64_t stamp = stored->record->message.stamp;

    return stamp < ask->from || (stamp == ask->from && stored->origin < ask->id);
}

/* The lowest stamp of the last `count` texts before a stamp: found bit by bit, as the store is in order of
 * arrival. */
static size_t texts_from(const struct node *node, const struct store *store, uint64_t links, uint64_t from,
                         const struct wire_ask *ask)
{
    const struct stored *stored;
    size_t count = 0;

    for (uint32_t i = 0; (stored = store_at(store, i)); i++)
        count += (node->config.forwards || (stored->links & links)) && is_text_start(stored->record) &&
                 stored->record->message.stamp >= from && is_before(stored, ask);
    return count;
}

static uint64_t last_stamp(const struct store *store)
{
    const struct stored *stored;
    uint64_t last = 0;

    for (uint32_t i = 0; (stored = store_at(store, i)); i++)
        if (stored->record->message.stamp > last)
            last = stored->record->message.stamp;
    return last;
}

static uint64_t first_stamp(const struct node *node, const struct store *store, uint64_t links,
                            const struct wire_ask *ask, size_t count)
{
    uint64_t stamp = 0, last = last_stamp(store);

    for (uint64_t bit = UINT64_C(1) << 63; bit > 0; bit >>= 1)
        if ((stamp | bit) <= last && texts_from(node, store, links, stamp | bit, ask) >= count)
            stamp |= bit;
    return stamp;
}

void node_recall(struct node *node, unsigned count, struct node_time time)
{
    const struct room *room = room_own(node);
    const struct wire_ask all = {.from = UINT64_MAX};
    struct history found = {0};
    const struct stored *stored;

    node->time = time;
    if (count == 0)
        return;
    uint64_t from = first_stamp(node, &room->store, UINT64_MAX, &all, count);
    for (uint32_t i = 0; (stored = store_at(&room->store, i)); i++) {
        const struct stream *stream = idmap_get(&node->streams, stored->origin);
        bool shown = !stream || stored->number < stream->next;
        if (shown && stored->record->message.stamp >= from)
            insert(&found, stored->record, true);
    }
    trim(&found, count);
    show_history(node, found.records, NODE_AGAIN);
    let_go(&found);
}

void history_asked(const struct arrival *arrival, const struct wire_ask *ask, bool insists)
{
    struct node *node = arrival->node;
    struct room *room = room_get(node, ask->key);
    uint64_t links = arrival->link->segment;
    const struct stored *stored;

    if (!room || ask->count == 0 ||
        bucket_take(&node->histories, now_of(node), ANSWER_US, ANSWER_BURST_US) > 0)
        return;
    uint64_t spread = roster_heard(&node->roster, links) * node->timing.answer_share_us;
    uint64_t at = now_of(node) + random_below(node, spread);
    size_t count = ask->count < HISTORY_MOST ? ask->count : HISTORY_MOST;
    uint64_t from = first_stamp(node, &room->store, links, ask, count);
    for (uint32_t i = 0; (stored = store_at(&room->store, i)); i++) {
        if ((!node->config.forwards && !(stored->links & links)) || !is_before(stored, ask) ||
            stored->record->message.stamp < from)
            continue;
        const struct repair_due due = {.link = arrival->link->index,
                                       .origin = stored->origin,
                                       .number = stored->number,
                                       .insists = insists,
                                       .asker = arrival->header->sender,
                                       .at_us = at};
        bool alone = arrival->link->kind == NODE_CONNECTION; /* what others were answered he did not hear */
        if ((alone || stored->quiet_us <= now_of(node)) && !answer_schedule(node, &due))
            return;
    }
}
