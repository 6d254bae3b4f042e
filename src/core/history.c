/* What was said before we came (lanchat(7), "Joining"): the last messages are asked of everybody, whoever has
 * them answers unless somebody else does first, and they are asked for again while he who gave us our base has
 * more. Collected in order of stamp, they are shown before anything else. */
#include <stdlib.h>

#include "state.h"

#define QUIET_US     UINT64_C(50000) /* after the last that came; doubles */
#define ASKED_MOST   6
#define HISTORY_MOST 1000u /* texts answered for one ask */

static void show_and_end(struct node *node)
{
    struct held *records = node->history.records;

    node->history.active = false;
    node->history.records = NULL;
    speech_show_history(node, records);
    while (records) {
        struct held *next = records->next;
        record_drop(records->record);
        free(records);
        records = next;
    }
    speech_ready(node);
}

void history_forget(struct node *node)
{
    if (!node->history.active)
        return;
    if (node->ready)
        show_and_end(node);
    else
        node->history.active = false;
}

void history_start(struct node *node, struct link *link, uint64_t stored)
{
    if (node->config.history == 0 || node->config.forwards || node->history.active)
        return;
    node->history = (struct history){
        .active = true,
        .link = link,
        .stored = stored,
        .ask_at_us = now_of(node),
        .until_us = now_of(node) + node->timing.join_pages_us,
    };
}

static bool comes_before(const struct record *a, const struct record *b)
{
    const struct wire_message *x = &a->is.message, *y = &b->is.message;

    if (x->stamp != y->stamp)
        return x->stamp < y->stamp;
    return x->origin != y->origin ? x->origin < y->origin : x->number < y->number;
}

static bool is_text_start(const struct record *record)
{
    return !(record->is.flags & WIRE_CONTINUATION);
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
    const struct wire_message *there = *at ? &(*at)->record->is.message : NULL;
    if (there && there->origin == record->is.message.origin && there->number == record->is.message.number)
        return false;
    struct held *held = malloc(sizeof *held);
    if (!held)
        return false;
    *held = (struct held){*at, record_hold(record), old};
    *at = held;
    history->count += is_text_start(record);
    return true;
}

static bool is_whole(const struct node *node)
{
    const struct history *history = &node->history;

    return history->count >= node->config.history && is_text_start(history->records->record);
}

bool history_take(struct node *node, const struct wire_record *is, bool old)
{
    struct history *history = &node->history;
    struct stream *stream = idmap_get(&node->streams, is->message.origin);

    if (!history->active || store_get(&stream->room->store, is->message.origin, is->message.number))
        return false;
    struct record *record = record_new(is->raw.bytes, is->raw.length);
    if (record && insert(history, record, old)) {
        history->got++;
        speech_store(node, stream, record, history->link->segment, old);
        if (is_whole(node))
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

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_LAST, room_own(node)->tag, UINT64_MAX,
                                           node->config.history, 0});
    const struct wire_record request = {
        .type = WIRE_REQUEST, .request = {0, wire_built(&asks)}
    };
    if (link_usable(history->link))
        link_send(node, history->link, &request, NULL);
    history->ask_at_us = now_of(node) + (QUIET_US << history->asked++);
}

void history_tick(struct node *node)
{
    struct history *history = &node->history;

    if (!history->active)
        return;
    bool quiet = history->ask_at_us <= now_of(node);
    bool enough = history->asked == ASKED_MOST || (history->asked > 0 && history->got >= history->stored);
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
    return node->ready ? least(history->until_us, history->ask_at_us) : history->ask_at_us;
}

/* Answering: the last texts that we store, wherever their parts stand among the others. */

/* The lowest stamp of the last `count` texts before a stamp: found bit by bit, as the store is in order of
 * arrival. */
static size_t texts_from(const struct node *node, const struct store *store, uint64_t links, uint64_t from,
                         uint64_t before)
{
    const struct stored *stored;
    size_t count = 0;

    for (uint32_t i = 0; (stored = store_at(store, i)); i++)
        count += (node->config.forwards || (stored->links & links)) && is_text_start(stored->record) &&
                 stored->record->is.message.stamp >= from && stored->record->is.message.stamp < before;
    return count;
}

static uint64_t first_stamp(const struct node *node, const struct store *store, uint64_t links,
                            uint64_t before, size_t count)
{
    uint64_t stamp = 0;

    for (uint64_t bit = UINT64_C(1) << 63; bit > 0; bit >>= 1)
        if (texts_from(node, store, links, stamp | bit, before) >= count)
            stamp |= bit;
    return stamp;
}

void history_asked(const struct arrival *arrival, const struct wire_ask *ask)
{
    struct node *node = arrival->node;
    struct room *room = room_get(node, ask->key);
    uint64_t links = arrival->link->segment;
    const struct stored *stored;

    if (!room || ask->count == 0)
        return;
    uint64_t spread = roster_heard(&node->roster, links) * node->timing.answer_share_us;
    uint64_t at = now_of(node) + random_below(node, spread);
    size_t count = ask->count < HISTORY_MOST ? ask->count : HISTORY_MOST;
    uint64_t from = first_stamp(node, &room->store, links, ask->from, count);
    for (uint32_t i = 0; (stored = store_at(&room->store, i)); i++) {
        uint64_t stamp = stored->record->is.message.stamp;
        if ((!node->config.forwards && !(stored->links & links)) || stamp < from || stamp >= ask->from)
            continue;
        const struct repair_due due = {.link = arrival->link->index,
                                       .origin = stored->origin,
                                       .number = stored->number,
                                       .asker = arrival->header->sender,
                                       .at_us = at};
        if (stored->quiet_us <= now_of(node) && !answer_schedule(node, &due))
            return;
    }
}
