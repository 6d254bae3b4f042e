/* Repair (lanchat(7), "Repair"; SRM, Floyd et al. 1995; the timers of RFC 5740 and RFC 5401, simplified). Who
 * lacks a number asks the segment after a short random time, unless somebody else asks first; whoever has it
 * answers, the speaker at once and others after a random time, unless somebody else answers first. */
#include <stdlib.h>

#include "state.h"

#define ASKS_MAX      48  /* in a request */
#define NUMBERS_MAX   512 /* answered of one ask */
#define NODES_A_STEP  8
#define BURST_US      125000 /* of the repairs' token bucket */
#define BACKOFF_STEPS 16
#define INSISTENT     4

/* The more nodes may ask or answer, the longer the time over which they spread. */
static uint64_t spread(struct node *node, const struct link *link)
{
    return node->timing.request_us * (1 + roster_heard(&node->roster, link->segment) / NODES_A_STEP);
}

static void due_at(struct node *node, uint64_t at_us)
{
    node->repair_deadline_us = least(node->repair_deadline_us, at_us);
}

/* Asking. */

static void ask_at(struct node *node, struct stream *stream, uint64_t at_us)
{
    stream->ask_at_us = at_us;
    due_at(node, at_us);
}

static uint64_t first_pause(struct node *node, const struct stream *stream)
{
    uint64_t longest = node->timing.request_us;
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        if ((stream->links & LINK_BIT(link->index)) && spread(node, link) > longest)
            longest = spread(node, link);
    return random_below(node, 2 * longest);
}

void repair_watch(struct node *node, struct stream *stream)
{
    uint32_t first, last;
    bool more = stream_missing(stream, stream->watched_to + 1, &first, &last);

    stream->watched_to = stream->known;
    if (!stream_has_gap(stream))
        stream->ask_at_us = NEVER;
    if (!more)
        return;
    stream->asked = 0;
    stream->asking_since_us = now_of(node);
    uint64_t at = now_of(node) + first_pause(node, stream);
    if (at < stream->ask_at_us)
        ask_at(node, stream, at);
}

/* The next request: they back off, gently while the gap is young. */
static void back_off(struct node *node, struct stream *stream)
{
    uint64_t pause = (8 * node->timing.request_us) << least(stream->asked++, BACKOFF_STEPS);

    if (now_of(node) - stream->asking_since_us < node->timing.request_young_us)
        pause = least(pause, node->timing.request_most_us);
    else
        pause = least(pause, node->timing.gap_us);
    ask_at(node, stream, now_of(node) + pause / 2 + random_below(node, pause));
}

/* One request for each segment on which the stream was heard. */
static void ask(struct node *node, struct stream *stream)
{
    struct wire_builder asks;
    uint32_t first, last, from = stream->next;
    struct link *link;

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    while (asks.count < ASKS_MAX && stream_missing(stream, from, &first, &last)) {
        wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, stream->origin, first, last - first + 1, 0});
        from = last + 1;
    }
    const struct wire_record request = {
        .type = WIRE_REQUEST, .request = {0, wire_built(&asks)}
    };
    for (int i = 0; asks.count > 0 && (link = next_link(node, &i));) {
        uint64_t same = link->segment & stream->links;
        if ((same & LINK_BIT(link->index)) && !(same & (LINK_BIT(link->index) - 1)) && link_usable(link))
            link_send(node, link, &request, NULL);
    }
    back_off(node, stream);
}

/* Somebody else asks: if for all that we lack, that is our request, too. */

static bool is_asked(struct wire_list asks, uint64_t origin, uint32_t first, uint32_t last)
{
    struct wire_ask ask;

    while (wire_next_ask(&asks, &ask))
        if (ask.kind == WIRE_ASK_NUMBERS && ask.key == origin && ask.from <= first &&
            ask.from + ask.count > last)
            return true;
    return false;
}

static void heard_request(struct node *node, struct wire_list asks, uint64_t origin)
{
    struct stream *stream = idmap_get(&node->streams, origin);
    uint32_t first, last, from = 0;

    if (!stream || stream->ask_at_us == NEVER)
        return;
    while (stream_missing(stream, from, &first, &last)) {
        if (!is_asked(asks, origin, first, last))
            return;
        from = last + 1;
    }
    back_off(node, stream);
}

/* Answering. */

static void schedule(struct node *node, const struct link *link, struct stored *stored)
{
    uint64_t wait =
        stored->origin == node->id ? 0 : node->timing.repair_us + random_below(node, 4 * spread(node, link));
    uint64_t at = now_of(node) + wait;

    if (!node->repairs)
        node->repairs = malloc(REPAIRS_DUE_MAX * sizeof *node->repairs);
    if (!node->repairs || node->repair_count == REPAIRS_DUE_MAX) {
        node->counters.dropped++;
        return;
    }
    node->repairs[node->repair_count++] =
        (struct repair_due){link->index, stored->origin, stored->number, at};
    stored->quiet_us = at + node->timing.repair_us;
    due_at(node, at);
}

/* We said it, and have it no more. */
static void tell_gone(struct node *node, struct link *link, uint32_t first, uint32_t last)
{
    const struct wire_record gone = {
        .type = WIRE_GONE, .gone = {node->room, node->id, first, last}
    };

    link_send(node, link, &gone, NULL);
}

static void answer(struct node *node, struct link *link, const struct wire_ask *ask)
{
    uint64_t end = least(ask->from + ask->count, ask->from + NUMBERS_MAX);
    uint32_t gone_first = 0, gone_last = 0;

    if (ask->key == node->id)
        end = least(end, node->own->next);
    for (uint64_t number = ask->from; number < end && number < UINT32_MAX; number++) {
        struct stored *stored = store_get(&node->store, ask->key, (uint32_t)number);
        if (!stored && ask->key == node->id && number > 0) {
            gone_first = gone_first ? gone_first : (uint32_t)number;
            gone_last = (uint32_t)number;
        }
        if (stored)
            stored->asked++;
        if (stored && (stored->links & link->segment) && stored->quiet_us <= now_of(node))
            schedule(node, link, stored);
    }
    if (gone_first > 0)
        tell_gone(node, link, gone_first, gone_last);
}

void repair_asked(const struct arrival *arrival, const struct wire_request *request)
{
    struct wire_list asks = request->asks;
    struct wire_ask ask;
    uint64_t last_origin = 0;

    while (wire_next_ask(&asks, &ask)) {
        if (ask.kind != WIRE_ASK_NUMBERS || ask.from > UINT32_MAX)
            continue;
        if (ask.key != last_origin)
            heard_request(arrival->node, request->asks, ask.key);
        last_origin = ask.key;
        if (request->to == 0 || request->to == arrival->node->id)
            answer(arrival->node, arrival->link, &ask);
    }
}

static void forget_repair(struct node *node, size_t at)
{
    node->repairs[at] = node->repairs[--node->repair_count];
}

/* It was said or repaired on this link: whoever asked has it. If it is asked for again and again, somebody
 * does not hear him who repairs it, and others answer, too. */
void repair_heard(struct node *node, uint64_t origin, uint32_t number, const struct link *link)
{
    struct stored *stored = store_get(&node->store, origin, number);

    if (!stored)
        return;
    stored->links |= LINK_BIT(link->index);
    stored->quiet_us = now_of(node) + node->timing.repair_us;
    if (stored->asked >= INSISTENT)
        return;
    for (size_t i = node->repair_count; i-- > 0;)
        if (node->repairs[i].link == link->index && node->repairs[i].origin == origin &&
            node->repairs[i].number == number)
            forget_repair(node, i);
}

static uint64_t cost_us(const struct node *node, size_t octets)
{
    return octets * UINT64_C(1000000) / node->timing.repair_octets;
}

/* Takes from the link's bucket; returns 0, or when there is enough in it for a whole datagram. */
static uint64_t take_tokens(struct node *node, struct link *link, size_t octets)
{
    uint64_t now = now_of(node);

    if (link->repairs_from_us > now)
        return link->repairs_from_us + cost_us(node, WIRE_DATAGRAM_MAX);
    if (link->repairs_from_us + BURST_US < now)
        link->repairs_from_us = now - BURST_US;
    link->repairs_from_us += cost_us(node, octets);
    return 0;
}

/* Sends what is due; returns when it is to be tried again, or 0 if it is done with. */
static uint64_t repair(struct node *node, const struct repair_due *due)
{
    struct stored *stored = store_get(&node->store, due->origin, due->number);
    struct link *link = node->links[due->link];

    if (!stored || !link || !link_usable(link))
        return 0;
    uint64_t later = take_tokens(node, link, stored->record->length);
    if (later > 0) {
        stored->quiet_us = later + node->timing.repair_us;
        return later;
    }
    stored->quiet_us = now_of(node) + node->timing.repair_us;
    bool old = stored->old || now_of(node) - stored->got_us > node->timing.old_us;
    link_queue_repair(node, link, stored->record, old);
    return 0;
}

static uint64_t send_repairs(struct node *node)
{
    uint64_t next = NEVER;

    for (size_t i = node->repair_count; i-- > 0;) {
        struct repair_due *due = &node->repairs[i];
        if (due->at_us <= now_of(node)) {
            uint64_t later = node->leaving ? 0 : repair(node, due);
            if (later == 0) {
                forget_repair(node, i);
                continue;
            }
            due->at_us = later;
        }
        next = least(next, due->at_us);
    }
    return next;
}

void repair_tick(struct node *node)
{
    if (node->repair_deadline_us > now_of(node))
        return;
    node->repair_deadline_us = NEVER;
    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (stream->ask_at_us <= now_of(node))
            ask(node, stream);
        due_at(node, stream->ask_at_us);
    }
    due_at(node, send_repairs(node));
}

/* Its speaker has it no more: if somebody else has, he has a moment to say so. */
void on_gone(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_gone *gone = &record->gone;
    struct stream *stream = idmap_get(&node->streams, gone->origin);
    uint64_t at = now_of(node) + node->timing.gone_us;

    if (gone->room != node->room || gone->origin == node->id || !stream || gone->first > gone->last ||
        gone->last < stream->next || gone->first > stream->next || stream->gap_deadline_us <= at)
        return;
    stream->give_up_to = gone->last;
    stream->gap_deadline_us = at;
    node->gap_deadline_us = least(node->gap_deadline_us, at);
}
