/* Repair (lanchat(7), "Repair"; SRM, Floyd et al. 1995; the timers of RFC 5740 and RFC 5401, simplified). Who
 * lacks a number asks the segment after a short random time, unless somebody else asks first. No more is
 * asked for at a time than can be answered soon, in order of stamp, and only what is asked for can be lost.
 */
#include "state.h"

#define ASKS_MAX        48 /* in a request */
#define ASK_OCTETS      (32 * 1024)
#define NODES_A_STEP    8
#define BACKOFF_STEPS   16
#define ASKED_OF_ONE    3    /* requests to him alone who names something alone; then of everybody */
#define ASKED_TO_INSIST 4    /* requests: then they and what answers them go out on every path */
#define ASKED_IN_VAIN   5    /* requests: then it matters whether anybody is said to store it */
#define REQUEST_US      2500 /* 400 datagrams a second on a link, whatever is said to be missing */
#define BURST_US        (100 * REQUEST_US)

/* The more nodes may ask or answer, the longer the time over which they spread. */
uint64_t repair_spread(struct node *node, const struct link *link)
{
    size_t nodes = link->kind == NODE_SEGMENT ? roster_heard(&node->roster, link->segment) : 0;

    return node->timing.request_us * (1 + nodes / NODES_A_STEP);
}

static void ask_at(struct node *node, struct stream *stream, uint64_t at_us)
{
    stream->ask_at_us = at_us;
    node->ask_deadline_us = least(node->ask_deadline_us, at_us);
}

static uint64_t first_pause(struct node *node, const struct stream *stream)
{
    uint64_t longest = node->timing.request_us;
    struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        if ((stream->links & LINK_BIT(link->index)) && repair_spread(node, link) > longest)
            longest = repair_spread(node, link);
    return random_below(node, 2 * longest);
}

/* What is asked for at a time. */

struct window {
    struct run {
        uint32_t first, last;
    } runs[ASKS_MAX];
    size_t count, octets;
    bool claim; /* the last run is a number that is only claimed */
};

static size_t room_to_hold(const struct node *node)
{
    size_t most = node->config.store_octets;

    return node->held_octets < most ? most - node->held_octets : 0;
}

/* What was asked for before was lost, all of it, and nobody is said to have anything of the rest: all of that
 * is asked for together. */
static bool is_hopeless(const struct stream *stream)
{
    return stream->in_vain && !stream->skipping;
}

/* What the stream may ask for now; nothing if others have asked for all that the node may ask for. The
 * highest number that is named but not believed is asked for alone. */
static void find_window(const struct node *node, const struct stream *stream, struct window *window)
{
    size_t others = node->shares - stream->share;
    size_t left = ASK_OCTETS > others ? (ASK_OCTETS - others) / stream->record_octets : 0;
    uint32_t first, last, from = stream->skipping ? stream->stored_from : stream->next;

    if (is_hopeless(stream))
        left = UINT32_MAX;
    if (stream->skipping) /* it is held until what is before it is given up */
        left = least(left, room_to_hold(node) / stream_cost(stream->record_octets));
    *window = (struct window){.claim = left > 0 && stream->named > stream->known};
    while (left > 0 && window->count < ASKS_MAX - 1 && stream_missing(stream, from, &first, &last)) {
        if (last - first >= left)
            last = first + (uint32_t)left - 1;
        left -= last - first + 1;
        window->octets += (last - first + 1) * stream->record_octets;
        window->runs[window->count++] = (struct run){first, last};
        from = last + 1;
    }
    if (window->claim) {
        window->octets += stream->record_octets;
        window->runs[window->count++] = (struct run){stream->named, stream->named};
    }
}

/* Shares go to those who wait for one in order of stamp. */
static void feed(struct node *node)
{
    struct stream *first = NULL;

    for (size_t i = 0; i < node->streams.count && node->hungry > 0; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (stream->waiting && (!first || stream->stamp < first->stamp))
            first = stream;
    }
    if (!first)
        return;
    first->waiting = false;
    node->hungry--;
    ask_at(node, first, now_of(node));
}

static void set_share(struct node *node, struct stream *stream, size_t octets)
{
    bool less = octets < stream->share;

    node->shares = node->shares - stream->share + octets;
    stream->share = octets;
    if (less)
        feed(node);
}

void repair_release(struct node *node, struct stream *stream)
{
    if (stream->waiting)
        node->hungry--;
    stream->waiting = false;
    stream->ask_at_us = NEVER;
    set_share(node, stream, 0);
}

static bool lacks_something(const struct stream *stream)
{
    return stream_has_gap(stream) || stream->named > stream->known;
}

/* All that was asked for has come, or was given up: not that somebody now says he stores other numbers, as
 * everybody says something else. */
static bool has_come(const struct stream *stream)
{
    uint32_t first, last;

    if (stream->asked_to == 0 || stream->asked_to > stream->known) /* it is only claimed */
        return false;
    return !stream_missing(stream, stream->asked_from, &first, &last) || first > stream->asked_to;
}

/* Something has come, or has been given up: what is still missing is asked for as if it were new. */
void repair_progress(struct node *node, struct stream *stream)
{
    if (stream->asked > 1)
        stream->asked = 1;
    stream->asking_since_us = now_of(node);
    if (!stream->in_vain)
        return;
    stream->in_vain = false; /* somebody answers: what he can answer at a time is asked for at a time */
    stream->gap_deadline_us = NEVER;
    stream->asked_to = 0;
}

void repair_restart(struct node *node, struct stream *stream)
{
    set_share(node, stream, 0);
    stream->asked_to = stream->asked = 0;
    stream->asking_since_us = now_of(node);
    stream->ask_at_us = NEVER;
}

/* A request for what is missing follows a change, unless one is due. */
void repair_watch(struct node *node, struct stream *stream)
{
    uint32_t first, last;
    bool more = stream_missing(stream, stream->watched_to + 1, &first, &last);
    bool done = has_come(stream);

    stream->watched_to = stream->known;
    if (!lacks_something(stream)) {
        repair_release(node, stream);
        return;
    }
    if (stream->next >= stream->stored_from)
        stream->skipping = false;
    if (done) {
        set_share(node, stream, 0);
        stream->asked_to = 0;
    }
    if (!more && !done && (stream->ask_at_us != NEVER || stream->waiting))
        return;
    if (more || done) {
        stream->asked = 0;
        stream->asking_since_us = now_of(node);
    }
    uint64_t at = now_of(node) + first_pause(node, stream);
    if (at < stream->ask_at_us && !stream->waiting)
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

/* From now on what is up to `last` can be lost, unless the time of what was asked for before still runs. */
static void begin_time(struct node *node, struct stream *stream, uint32_t last)
{
    if (stream->gap_deadline_us != NEVER && stream->next <= stream->give_up_to)
        return;
    stream->give_up_to = last;
    stream->told_gone = false;
    stream->postponed = 0;
    stream->gap_deadline_us = now_of(node) + node->timing.gap_us;
    node->gap_deadline_us = least(node->gap_deadline_us, stream->gap_deadline_us);
}

/* It was asked for, by us or by somebody else. */
static void was_asked(struct node *node, struct stream *stream, const struct window *window)
{
    size_t believed = window->count - (size_t)window->claim;

    /* What nobody answers takes no share from what somebody may. */
    bool vain = stream->asked >= ASKED_IN_VAIN || is_hopeless(stream);
    set_share(node, stream, vain ? 0 : window->octets);
    stream->asked_from = window->runs[0].first;
    stream->asked_to = window->runs[believed > 0 ? believed - 1 : 0].last;
    if (!stream_has_gap(stream)) {
        back_off(node, stream);
        return;
    }
    begin_time(node, stream, (uint32_t)least(stream->asked_to, stream->known));
    if (stream->skipping && stream->give_up_to < stream->stored_from - 1)
        stream->give_up_to = stream->stored_from - 1;
    back_off(node, stream);
}

/* Him who says it, or brings it: it may be that only unicast goes there. Of many others somebody has it. */
static bool ask_alone(struct node *node, const struct stream *stream, const struct wire_record *request)
{
    const struct peer *peer = roster_get(&node->roster, stream->origin);

    if (peer && peer->heard_us == 0)
        peer = roster_get(&node->roster, peer->via);
    struct link *link = peer && peer->heard_us > 0 ? node->links[peer->link] : NULL;
    return link && link->kind == NODE_SEGMENT && peer->address.length > 0 &&
           roster_heard(&node->roster, link->segment) <= FEW_NODES &&
           link_send(node, link, request, &peer->address);
}

/* Returns on how many paths it goes on the link where it goes on most. */
static unsigned send_request(struct node *node, const struct stream *stream, const struct window *window)
{
    struct wire_builder asks;
    struct link *link;
    unsigned most = 1;
    uint64_t to = stream->asked < ASKED_OF_ONE ? stream->namer : 0;
    bool insists = stream->asked >= ASKED_TO_INSIST;
    enum reach reach = insists ? REACH_EVERY : REACH_FEWEST;

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    for (size_t i = 0; i < window->count; i++) {
        const struct run *run = &window->runs[i];
        wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, stream->origin, run->first,
                                               run->last - run->first + 1, 0});
    }
    const struct wire_record request = {
        .type = WIRE_REQUEST, .flags = insists ? WIRE_INSISTS : 0, .request = {to, wire_built(&asks)}
    };
    for (int i = 0; (link = next_link(node, &i));)
        if ((stream->links & link->segment) && link_is_first(node, link)) {
            link_send_all(node, link, &request, reach);
            if (paths_count(node, link, reach) > most)
                most = paths_count(node, link, reach);
        }
    return most + (insists && ask_alone(node, stream, &request));
}

static void ask(struct node *node, struct stream *stream)
{
    struct window window;

    stream->ask_at_us = NEVER;
    if (stream->named > stream->known && now_of(node) >= stream->named_since_us + node->timing.gap_us)
        show_judge_claim(node, stream);
    if (!lacks_something(stream)) {
        feed(node); /* it may have been its turn */
        return;
    }
    if (stream->asked == ASKED_IN_VAIN)
        exchange_seek(node, stream);
    if (stream->asked >= ASKED_IN_VAIN && stream->next < stream->stored_from &&
        stream->stored_from <= stream->known + 1)
        stream->skipping = true;
    find_window(node, stream, &window);
    if (window.count == 0) { /* all that is to be had is there, or others have asked for enough */
        set_share(node, stream, 0);
        if (stream->skipping)
            begin_time(node, stream, stream->stored_from - 1);
        if (node->shares < ASK_OCTETS / 2) {
            feed(node);
            return;
        }
        node->hungry += !stream->waiting;
        stream->waiting = true;
        return;
    }
    bucket_take(&node->requests, now_of(node), send_request(node, stream, &window) * REQUEST_US, BURST_US);
    was_asked(node, stream, &window);
}

/* Somebody else asks: if for all that we would ask for, that is our request, too. */

/* True if the asks for numbers of an origin, read once, are for every run of a window. */
static bool are_asked(struct wire_list asks, uint64_t origin, const struct window *window)
{
    bool asked[ASKS_MAX] = {false};
    struct wire_ask ask;

    while (wire_next_ask(&asks, &ask))
        for (size_t i = 0; ask.kind == WIRE_ASK_NUMBERS && ask.key == origin && i < window->count; i++)
            asked[i] |= ask.from <= window->runs[i].first && ask.from + ask.count > window->runs[i].last;
    for (size_t i = 0; i < window->count; i++)
        if (!asked[i])
            return false;
    return window->count > 0;
}

void repair_heard_request(struct node *node, struct wire_list asks, uint64_t origin)
{
    struct stream *stream = idmap_get(&node->streams, origin);
    struct window window;

    if (!stream || stream->ask_at_us == NEVER)
        return;
    find_window(node, stream, &window);
    if (are_asked(asks, origin, &window))
        was_asked(node, stream, &window);
}

/* Each in turn, as far as the budget goes: who comes first now comes last then. */
void repair_tick(struct node *node)
{
    size_t count = node->streams.count;
    uint64_t next = NEVER;

    if (node->ask_deadline_us > now_of(node))
        return;
    node->ask_deadline_us = NEVER;
    for (size_t i = 0; i < count; i++) {
        struct stream *stream = node->streams.slots[(node->ask_turn + i) % count].value;
        if (stream->ask_at_us <= now_of(node)) {
            if (node->requests.from_us > now_of(node)) {
                node->ask_turn = (node->ask_turn + i) % count;
                node->ask_deadline_us = node->requests.from_us;
                return;
            }
            ask(node, stream);
        }
        next = least(next, stream->ask_at_us);
    }
    node->ask_deadline_us = least(node->ask_deadline_us, next);
}

/* Who should have it has it no more: if somebody else has, he has a moment to say so. */
static bool is_told_by_its_bringer(const struct arrival *arrival, uint64_t origin)
{
    const struct peer *sender = roster_get(&arrival->node->roster, arrival->header->sender);

    return arrival->header->sender == origin || (sender && is_forwarder(sender));
}

void on_gone(const struct arrival *arrival, const struct wire_record *record)
{
    struct node *node = arrival->node;
    const struct wire_gone *gone = &record->gone;
    struct stream *stream = idmap_get(&node->streams, gone->origin);
    uint64_t at = now_of(node) + node->timing.gone_us;

    struct node_guest *own = own_of(node, gone->origin);
    if (own) {
        own_number(node, own, gone->last);
        return;
    }
    if (!stream || gone->room != stream->room->tag || gone->first > gone->last || gone->last < stream->next ||
        gone->first > stream->next || !is_told_by_its_bringer(arrival, gone->origin))
        return;
    if ((record->flags & WIRE_BEFORE) && stream->next == stream->base + 1)
        stream->before_to = gone->last;
    if (stream->told_gone && stream->gap_deadline_us <= at && stream->give_up_to >= gone->last)
        return;
    stream->give_up_to = gone->last;
    stream->told_gone = true;
    stream->gap_deadline_us = least(stream->gap_deadline_us, at);
    node->gap_deadline_us = least(node->gap_deadline_us, stream->gap_deadline_us);
}
