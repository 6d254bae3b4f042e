/* What others ask for, out of the store (lanchat(7), "Repair"): he who said it, or brought it to this link,
 * answers at once and others after a random time, unless somebody else answers first. What is forwarded where
 * others forward, too, waits in the same list, and is dropped likewise when somebody else was first. */
#include <stdlib.h>

#include "state.h"

#define NUMBERS_MAX   UINT64_C(512) /* answered of one ask */
#define BURST_US      125000        /* of the token buckets */
#define INSISTENT     3
#define GONE_US       UINT64_C(10000) /* 100 a second and link */
#define GONE_BURST_US (32 * GONE_US)

static void due_at(struct node *node, uint64_t at_us)
{
    node->repair_deadline_us = least(node->repair_deadline_us, at_us);
}

static struct room *room_of(const struct node *node, uint64_t origin)
{
    const struct stream *stream = idmap_get(&node->streams, origin);
    return stream ? stream->room : NULL;
}

static bool is_old(const struct node *node, const struct stored *stored)
{
    return stored->old || now_of(node) - stored->got_us > node->timing.old_us;
}

bool answer_schedule(struct node *node, const struct repair_due *due)
{
    struct room *room = room_of(node, due->origin);
    struct stored *stored = room ? store_get(&room->store, due->origin, due->number) : NULL;

    if (!node->repairs)
        node->repairs = malloc(REPAIRS_DUE_MAX * sizeof *node->repairs);
    bool old = stored && !due->forward && is_old(node, stored);
    if (!stored || !node->repairs || node->repair_count == REPAIRS_DUE_MAX ||
        (old && node->old_dues >= OLD_DUES_MAX)) {
        node->counters.dropped++;
        return false;
    }
    node->repairs[node->repair_count] = *due;
    node->repairs[node->repair_count++].old = old;
    node->old_dues += old;
    stored->dues++;
    stored->quiet_us = due->at_us + node->timing.repair_us;
    due_at(node, due->at_us);
    return true;
}

static void schedule(const struct arrival *arrival, const struct stream *stream, const struct stored *stored,
                     bool insists)
{
    struct node *node = arrival->node;
    struct link *link = arrival->link;
    bool ours = stream->ours || (stored->put & link->segment);

    uint64_t wait = ours ? 0 : node->timing.repair_us + random_below(node, 4 * repair_spread(node, link));

    answer_schedule(node, &(struct repair_due){.link = link->index,
                                               .origin = stored->origin,
                                               .number = stored->number,
                                               .insists = insists,
                                               .asker = arrival->header->sender,
                                               .at_us = now_of(node) + wait});
}

/* A request comes on several paths and from several nodes; what is said once all of them hear. */
static bool was_said_gone(const struct arrival *arrival, const struct wire_gone *gone, enum reach reach)
{
    struct node *node = arrival->node;
    struct link *link = arrival->link;

    for (size_t i = 0; i < GONE_SAID_MAX; i++) {
        const struct gone_said *said = &link->gone_said[i];
        if (said->origin == gone->origin && said->first <= gone->first && gone->last <= said->last &&
            (said->every || reach != REACH_EVERY) &&
            now_of(node) - said->at_us < node->timing.request_most_us)
            return true;
    }
    return false;
}

static void note_gone(const struct arrival *arrival, const struct wire_gone *gone, enum reach reach)
{
    struct link *link = arrival->link;

    link->gone_said[link->gone_turn++ % GONE_SAID_MAX] = (struct gone_said){
        gone->origin, gone->first, gone->last, reach == REACH_EVERY, now_of(arrival->node)};
}

/* What we have no more, or, from before the stream began for us, never had. */
static void tell_gone(const struct arrival *arrival, const struct stream *stream, uint32_t first,
                      uint32_t last, enum reach reach)
{
    bool before = last <= stream->base && !stream->ours;
    const struct wire_record gone = {
        .type = WIRE_GONE,
        .flags = before ? WIRE_BEFORE : 0,
        .gone = {stream->room->tag, stream->origin, first, last}
    };

    if (first > last || was_said_gone(arrival, &gone.gone, reach) ||
        bucket_take(&arrival->link->gone, now_of(arrival->node), GONE_US, GONE_BURST_US) > 0)
        return;
    note_gone(arrival, &gone.gone, reach);
    link_send_all(arrival->node, arrival->link, &gone, reach);
    const struct node_address *alone =
        reach == REACH_EVERY ? paths_alone(arrival->node, arrival->link, arrival->header->sender) : NULL;
    if (alone)
        link_send(arrival->node, arrival->link, &gone, alone);
}

/* Runs of numbers that we do not store, of those that we had. What is below all that we store goes at once;
 * of what is above so many numbers are looked at as are answered, but the run that begins there is told
 * whole: there may be as many numbers as a stranger likes. */
static void tell_all_gone(const struct arrival *arrival, struct stream *stream, uint32_t first, uint32_t end,
                          enum reach reach)
{
    uint32_t lowest = vector_lowest(stream);
    uint32_t below = (uint32_t)least(lowest > 0 ? lowest : stream->next, end);

    if (first <= stream->base && first < below) {
        uint32_t last = (uint32_t)least(stream->base, below - 1);
        tell_gone(arrival, stream, first, last, reach);
        first = last + 1;
    }
    if (first < below)
        tell_gone(arrival, stream, first, below - 1, reach);
    uint64_t from = first < below ? below : first;
    uint64_t until = least(end, from + NUMBERS_MAX);
    for (uint64_t number = from; number < until; number++) { /* end may be the last */
        uint64_t run = number;
        while (number < until && !store_get(&stream->room->store, stream->origin, (uint32_t)number))
            number++;
        if (run < number && number == until)
            number = vector_stored_from(stream, (uint32_t)number, end);
        if (run < number)
            tell_gone(arrival, stream, (uint32_t)run, (uint32_t)number - 1, reach);
    }
}

static void answer(const struct arrival *arrival, const struct wire_ask *ask, bool insists)
{
    struct node *node = arrival->node;
    struct stream *stream = idmap_get(&node->streams, ask->key);

    if (!stream || ask->from == 0)
        return;
    uint64_t end = least(least(ask->from + ask->count, stream->next), UINT32_MAX);
    uint32_t lowest = vector_lowest(stream);
    uint64_t from = lowest > ask->from ? lowest : ask->from;
    size_t run = 0;
    bool brings = stream->ours || (node->config.forwards && stream->joining < 0);

    if (insists)
        paths_insists(arrival, brings);
    for (uint64_t number = from; number < least(ask->from + ask->count, from + NUMBERS_MAX); number++) {
        struct stored *stored = store_get(&stream->room->store, ask->key, (uint32_t)number);
        if (!stored)
            continue;
        stored->asked += stored->asker == arrival->header->sender;
        stored->asker = arrival->header->sender;
        if (stream->ours || (stored->put & arrival->link->segment))
            run += stored->record->length;
        if ((node->config.forwards || (stored->links & arrival->link->segment)) &&
            stored->quiet_us <= now_of(node))
            schedule(arrival, stream, stored, insists);
    }
    pace_lost(node, arrival->link, run);
    if (brings && ask->from < end)
        tell_all_gone(arrival, stream, (uint32_t)ask->from, (uint32_t)end,
                      insists ? REACH_EVERY : REACH_FEWEST);
}

void answer_asks(const struct arrival *arrival, const struct wire_record *record)
{
    const struct wire_request *request = &record->request;
    struct wire_list asks = request->asks;
    struct wire_ask ask;
    uint64_t last_origin = 0;

    while (wire_next_ask(&asks, &ask)) {
        if (ask.kind != WIRE_ASK_NUMBERS || ask.from > UINT32_MAX)
            continue;
        if (ask.key != last_origin)
            repair_heard_request(arrival->node, request->asks, ask.key);
        last_origin = ask.key;
        if (request->to == 0 || request->to == arrival->node->id)
            answer(arrival, &ask, record->flags & WIRE_INSISTS);
    }
}

static void done_with(struct node *node, struct repair_due *due, struct stored *stored)
{
    due->link = -1;
    node->old_dues -= due->old;
    due->old = false;
    if (stored && stored->dues > 0)
        stored->dues--;
}

/* Said or repaired on this link: whoever asked has it. If one node asks for it again and again, it does not
 * hear him who repairs it, and others answer, too. */
void answer_heard(struct node *node, const struct stream *stream, uint32_t number, const struct link *link)
{
    struct stored *stored = store_get(&stream->room->store, stream->origin, number);

    if (!stored)
        return;
    stored->links |= LINK_BIT(link->index);
    stored->quiet_us = now_of(node) + node->timing.repair_us;
    if (stored->asked >= INSISTENT || stored->dues == 0)
        return;
    for (size_t i = 0; i < node->repair_count; i++) {
        struct repair_due *due = &node->repairs[i];
        if (due->link >= 0 && (link->segment & LINK_BIT(due->link)) && due->origin == stream->origin &&
            due->number == number)
            done_with(node, due, stored);
    }
}

/* Younger records are repaired as fast as half of what is said on the link, older ones at a fixed rate, in
 * all and for each who asks. Returns 0, or when there is room for it. */
static uint64_t take_tokens(struct node *node, struct link *link, const struct repair_due *due, size_t octets,
                            bool old)
{
    uint64_t now = now_of(node), rate = node->timing.repair_octets;
    struct bucket *asker = &node->askers[due->asker % ASKERS_MAX];

    if (!old && link->pace.rate / 2 > rate)
        rate = link->pace.rate / 2;
    uint64_t cost = octets * UINT64_C(1000000) / rate;
    uint64_t asker_cost = octets * UINT64_C(1000000) / node->timing.asker_octets;
    if (old && asker->from_us > now)
        return asker->from_us + 1;
    uint64_t later = bucket_take(old ? &link->old : &link->young, now, cost, BURST_US);
    if (later == 0 && old)
        bucket_take(asker, now, asker_cost, 4 * BURST_US);
    return later;
}

/* Puts on a link what is due; returns when it is to be tried again, or 0 if it is done with. */
static uint64_t repair(struct node *node, const struct repair_due *due, struct stored *stored)
{
    struct link *link = node->links[due->link];

    if (!stored || !link || !link_usable(link) || node->leaving)
        return 0;
    bool old = is_old(node, stored);
    uint64_t later = due->forward ? 0 : take_tokens(node, link, due, stored->record->length, old);
    stored->quiet_us = (later > 0 ? later : now_of(node)) + node->timing.repair_us;
    if (later > 0)
        return later;
    link_queue_message(node, link, stored->record, old, due->insists ? REACH_EVERY : REACH_FEWEST, NULL);
    const struct node_address *alone = due->insists ? paths_alone(node, link, due->asker) : NULL;
    if (alone)
        link_queue_message(node, link, stored->record, old, REACH_FEWEST, alone);
    if (due->forward) {
        stored->put |= LINK_BIT(due->link);
        stored->links |= LINK_BIT(due->link);
        pace_put(node, link, stored->record);
        presence_spoke(node, link);
    }
    return 0;
}

/* In order, because it is the order of the streams. */
void answer_tick(struct node *node)
{
    uint64_t next = NEVER;
    size_t kept = 0;

    if (node->repair_deadline_us > now_of(node))
        return;
    for (size_t i = 0; i < node->repair_count; i++) {
        struct repair_due *due = &node->repairs[i];
        if (due->link < 0) {
            node->old_dues -= due->old; /* its link has gone */
            continue;
        }
        if (due->at_us <= now_of(node)) {
            struct room *room = room_of(node, due->origin);
            struct stored *stored = room ? store_get(&room->store, due->origin, due->number) : NULL;
            uint64_t later = repair(node, due, stored);
            if (later == 0) {
                done_with(node, due, stored);
                continue;
            }
            due->at_us = later;
        }
        next = least(next, due->at_us);
        node->repairs[kept++] = *due;
    }
    node->repair_count = kept;
    node->repair_deadline_us = next;
}
