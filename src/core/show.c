/* Showing (lanchat(7), "Streams"): each stream in its order, a text of several records as one, and what was
 * given up as a loss; a gap is given up when its time is over. What was said before we came is shown from a
 * list in order of stamp. */
#include <string.h>

#include "state.h"

#define CLOCK_TRUST_MS UINT64_C(120000)
#define POSTPONED_MOST 3 /* what is behind a gap is shown some day, also to who is alone */

/* Losses are told once for a run of numbers. */

static void lose(struct stream *stream, uint32_t first, uint32_t last)
{
    if (stream->loss_first == 0)
        stream->loss_first = first;
    stream->loss_last = last;
}

static void tell_loss(struct node *node, struct stream *stream)
{
    if (stream->loss_first == 0)
        return;
    const struct peer *peer = roster_get(&node->roster, stream->origin);
    struct node_event event = {.type = NODE_LOST,
                               .clock_ms = node->time.wall_ms,
                               .id = stream->origin,
                               .room = stream->room->tag,
                               .first = stream->loss_first,
                               .last = stream->loss_last};

    shown_nick(node, stream->origin, peer && peer->nick_length ? peer_nick(peer) : span_of(stream->nick),
               event.nick);
    event_post(node, &event);
    stream->loss_first = 0;
}

/* Parts that will never be whole are lost, too. */
static void lose_parts(struct stream *stream)
{
    if (!stream->parts)
        return;
    uint32_t first = stream->parts->record->message.number;
    uint32_t last = stream->parts_tail->record->message.number;
    lose(stream, first, last);
    stream->lost += last - first + 1;
    stream_parts_clear(stream);
}

/* Showing. */

static void tell_message(struct node *node, const struct held *first, const struct held *last,
                         struct span text, enum node_history history)
{
    const struct wire_message *message = &first->record->message;
    uint64_t wall = node->time.wall_ms, clock = message->clock_ms;
    bool trusted = first->replay || (clock <= wall + CLOCK_TRUST_MS && wall <= clock + CLOCK_TRUST_MS);
    struct node_event event = {
        .type = NODE_MESSAGE,
        .clock_ms = trusted ? clock : wall,
        .id = message->origin,
        .room = message->room,
        .first = message->number,
        .last = last->record->message.number,
        .action = first->record->flags & WIRE_ACTION,
        .replay = first->replay,
        .history = history,
        .from_server = first->record->flags & WIRE_FROM_TEXT,
        .text = text,
    };

    shown_nick(node, message->origin, message->nick, event.nick);
    event_post(node, &event);
}

static size_t parts_length(const struct stream *stream)
{
    size_t length = 0;

    for (const struct held *part = stream->parts; part; part = part->next)
        length += part->record->message.text.length;
    return length;
}

/* Parts that are one text, of TEXT_SAY_MAX at the most: from first up to last. */
static void tell_text(struct node *node, const struct held *first, const struct held *last,
                      enum node_history history)
{
    char text[TEXT_SAY_MAX];
    size_t length = 0;

    for (const struct held *part = first;; part = part->next) {
        struct span piece = part->record->message.text;
        memcpy(text + length, piece.bytes, piece.length);
        length += piece.length;
        if (part == last)
            break;
    }
    tell_message(node, first, last, (struct span){text, length}, history);
}

/* The parts are all there. */
static void show_parts(struct node *node, struct stream *stream)
{
    if (!stream->parts)
        return;
    tell_loss(node, stream);
    tell_text(node, stream->parts, stream->parts_tail, NODE_NOW);
    stream_parts_clear(stream);
}

/* The record that comes next in its stream. Returns true if more parts of its text are to come. */
static bool take(struct node *node, struct stream *stream, struct held *held)
{
    uint8_t flags = held->record->flags;
    uint32_t number = held->record->message.number;
    bool continued = flags & WIRE_CONTINUED;

    forward_record(node, stream, held->record, held->replay);
    if (!(flags & WIRE_CONTINUATION)) {
        lose_parts(stream);
        tell_loss(node, stream);
    }
    if ((flags & WIRE_CONTINUATION) && !stream->parts) { /* its first part is not ours to have */
        lose(stream, number, number);
        stream->lost++;
        stream_release(stream, held);
        return continued;
    }
    stream_parts_add(stream, held);
    if (parts_length(stream) > TEXT_SAY_MAX) /* longer than anybody can say it */
        lose_parts(stream);
    else if (!continued)
        show_parts(node, stream);
    return continued;
}

/* The rest of a text is waited for as long as a number is that was asked for, and so is what follows a loss
 * that has not been told. The time of a gap begins when it is asked for (repair.c). */
static void watch_text(struct node *node, struct stream *stream, const struct held *parts_before)
{
    bool pending = stream->parts || stream->loss_first != 0;

    if (stream_has_gap(stream)) {
        if (stream->next > stream->give_up_to)
            stream->gap_deadline_us = NEVER;
        return;
    }
    if (!pending)
        stream->gap_deadline_us = NEVER;
    else if (stream->gap_deadline_us == NEVER || stream->parts != parts_before)
        stream->gap_deadline_us = now_of(node) + node->timing.gap_us;
    node->gap_deadline_us = least(node->gap_deadline_us, stream->gap_deadline_us);
}

/* Shows what is there. */
static void drain(struct node *node, struct stream *stream)
{
    struct held *held;
    bool moved = false, more = false;

    while ((held = stream_take(stream))) {
        moved = true;
        more = take(node, stream, held);
    }
    if (!more)
        tell_loss(node, stream);
    if (moved)
        speech_moved(node, stream);
}

void show_advance(struct node *node, struct stream *stream)
{
    const struct held *parts_before = stream->parts;

    if (!node->ready || node->history.active || stream->joining >= 0)
        return;
    drain(node, stream);
    watch_text(node, stream, parts_before);
    repair_watch(node, stream);
}

/* Of several streams, the record with the lowest stamp comes first. */
void show_all(struct node *node)
{
    for (;;) {
        struct stream *first = NULL;
        for (size_t i = 0; i < node->streams.count; i++) {
            struct stream *stream = node->streams.slots[i].value;
            if (stream->held && !stream_has_gap(stream) && stream->joining < 0 &&
                (!first || stream->held->record->message.stamp < first->held->record->message.stamp))
                first = stream;
        }
        if (!first)
            break;
        take(node, first, stream_take(first));
        speech_moved(node, first);
    }
    for (size_t i = 0; i < node->streams.count; i++)
        show_advance(node, node->streams.slots[i].value);
}

/* What was heard of first on a link that was joining can go on; from its beginning if nobody told how far
 * back it goes. */
void show_joined(struct node *node, const struct link *link, struct room *room, bool answered)
{
    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (stream->joining != link->index || stream->room != room)
            continue;
        if (!answered)
            stream_lower_base(stream, 0);
        stream->joining = -1;
        room->moves++;
        show_advance(node, stream);
    }
}

static void lose_run(struct node *node, struct stream *stream, uint32_t first, uint32_t count)
{
    lose(stream, first, first + count - 1);
    forward_gone(node, stream, first, first + count - 1);
}

/* Numbers at the head were said before him who brings the stream: they are history, and not lost. */
static void skip_history(struct node *node, struct stream *stream)
{
    uint32_t next = stream->next;

    if (stream->next != stream->base + 1 || stream->before_to < next)
        return;
    stream_raise_base(stream, stream->before_to);
    if (stream->next > next)
        forward_gone(node, stream, next, stream->next - 1);
}

/* All that was asked for when the time began is lost, and what is between is shown. */
static void give_up(struct node *node, struct stream *stream)
{
    stream->in_vain = stream_has_gap(stream);
    skip_history(node, stream);
    lose_parts(stream);
    while (stream_has_gap(stream) && stream->next <= stream->give_up_to) {
        uint32_t first, count = stream_give_up(stream, stream->give_up_to, &first);
        lose_run(node, stream, first, count);
        drain(node, stream);
        if (stream_has_gap(stream) && stream->next <= stream->give_up_to)
            lose_parts(stream);
    }
    speech_moved(node, stream);
    stream->gap_deadline_us = NEVER;
    repair_restart(node, stream);
    show_advance(node, stream);
}

/* While nobody is heard who could answer, nothing is lost, for a while; nor because we slept. */
static bool was_asked_in_vain(struct node *node, const struct stream *stream)
{
    const struct link *link;
    uint64_t since = now_of(node) - least(now_of(node), node->timing.gap_us);

    if (stream->postponed >= POSTPONED_MOST)
        return true;
    if (node->woke_us > since)
        return false;
    for (int i = 0; (link = next_link(node, &i));)
        if ((stream->links & LINK_BIT(link->index)) && link->heard_us > since)
            return true;
    return false;
}

/* The highest number that was named was asked for in vain: if several say so it was said, and is lost. */
void show_judge_claim(struct node *node, struct stream *stream)
{
    if (!stream->named_twice) {
        stream->named = stream->known;
        return;
    }
    stream_learn(stream, stream->named);
    stream->give_up_to = stream->named;
    give_up(node, stream);
}

static void postpone(struct node *node, struct stream *stream)
{
    stream->postponed++;
    stream->gap_deadline_us = now_of(node) + node->timing.gap_us;
}

void show_tick(struct node *node)
{
    uint64_t next = NEVER;

    if (node->gap_deadline_us > now_of(node))
        return;
    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (stream->gap_deadline_us <= now_of(node)) {
            if (!stream_has_gap(stream) || stream->told_gone || was_asked_in_vain(node, stream))
                give_up(node, stream);
            else
                postpone(node, stream);
        }
        next = least(next, stream->gap_deadline_us);
    }
    node->gap_deadline_us = next;
}

/* History: records in order of stamp. A text whose parts are not all there is left out. */

const struct held *show_last_part(const struct held *first)
{
    const struct held *last = first;

    while (last->record->flags & WIRE_CONTINUED) {
        const struct held *part = last->next;
        while (part && (part->record->message.origin != first->record->message.origin ||
                        part->record->message.number != last->record->message.number + 1))
            part = part->next;
        if (!part || !(part->record->flags & WIRE_CONTINUATION))
            return NULL;
        last = part;
    }
    return last;
}

/* Moves the parts of a text into a list of their own, and shows them. */
static void show_text(struct node *node, const struct held *first, const struct held *last,
                      enum node_history history)
{
    struct held parts[PARTS_MAX] = {0};
    size_t count = 0, length = 0;

    for (const struct held *part = first; part; part = part == last ? NULL : part->next) {
        const struct wire_message *message = &part->record->message;
        if (message->origin != first->record->message.origin || count == PARTS_MAX)
            continue;
        length += message->text.length;
        parts[count] = *part;
        parts[count].next = NULL;
        if (count++ > 0)
            parts[count - 2].next = &parts[count - 1];
    }
    if (length <= TEXT_SAY_MAX && parts[count - 1].record == last->record)
        tell_text(node, &parts[0], &parts[count - 1], history);
}

void show_history(struct node *node, const struct held *records, enum node_history history)
{
    for (const struct held *held = records; held; held = held->next) {
        if (held->record->flags & WIRE_CONTINUATION)
            continue;
        const struct held *last = show_last_part(held);
        if (last)
            show_text(node, held, last, history);
    }
}
