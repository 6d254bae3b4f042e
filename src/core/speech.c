/* What is said and heard (lanchat(7), "Streams"). A text that is too long for one datagram is several
 * records, shown as one message. What is missing is asked for (repair.c), and given up after a while. */
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define MESSAGE_FIXED   (WIRE_RECORD_HEAD + 8 + 4 + 8 + 8 + 8 + 1 + 2)
#define PARTS_MAX       20
#define STREAMS_MAX     (ROSTER_MAX + 1024)
#define NAMED_AHEAD_MAX UINT64_C(4096) /* what is only named is believed so far above what is known */
#define CLOCK_TRUST_MS  UINT64_C(120000)

/* Streams. */

/* Forgets the stream with the oldest stamp of those whose speaker is not in the roster. */
static void forget_oldest(struct node *node)
{
    struct stream *oldest = NULL;

    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (!roster_get(&node->roster, stream->origin) && (!oldest || stream->stamp < oldest->stamp))
            oldest = stream;
    }
    if (!oldest)
        return;
    idmap_remove(&node->streams, oldest->origin);
    stream_free(oldest);
}

struct stream *speech_stream(struct node *node, uint64_t origin, uint32_t base)
{
    struct stream *stream = idmap_get(&node->streams, origin);

    if (stream)
        return stream;
    if (node->streams.count >= STREAMS_MAX)
        forget_oldest(node);
    if (node->streams.count >= STREAMS_MAX || !(stream = stream_new(origin, base, &node->held_octets)))
        return NULL;
    if (!idmap_put(&node->streams, origin, stream)) {
        stream_free(stream);
        return NULL;
    }
    if (origin == node->id)
        stream->links = UINT64_MAX;
    return stream;
}

void speech_forget(struct node *node)
{
    for (size_t i = 0; i < node->streams.count; i++)
        stream_free(node->streams.slots[i].value);
    idmap_free(&node->streams);
}

/* Losses are told once for a run of numbers. */

static void lose(struct stream *stream, uint32_t first, uint32_t last)
{
    if (stream->loss_first == 0)
        stream->loss_first = first;
    stream->loss_last = last;
}

static void tell_loss(struct node *node, struct stream *stream)
{
    const struct peer *peer = roster_get(&node->roster, stream->origin);
    struct node_event event = {.type = NODE_LOST,
                               .clock_ms = node->time.wall_ms,
                               .id = stream->origin,
                               .first = stream->loss_first,
                               .last = stream->loss_last};

    if (stream->loss_first == 0)
        return;
    shown_nick(node, stream->origin, span_of(peer && peer->nick[0] ? peer->nick : stream->nick), event.nick);
    event_post(node, &event);
    stream->loss_first = 0;
}

/* Parts that will never be whole are lost, too. */
static void lose_parts(struct stream *stream)
{
    if (!stream->parts)
        return;
    uint32_t first = stream->parts->record->is.message.number;
    uint32_t last = stream->parts_tail->record->is.message.number;
    lose(stream, first, last);
    stream->lost += last - first + 1;
    stream_parts_clear(stream);
}

/* Showing. */

static void tell_message(struct node *node, const struct held *first, const struct held *last,
                         struct span text)
{
    const struct wire_message *message = &first->record->is.message;
    uint64_t wall = node->time.wall_ms, clock = message->clock_ms;
    bool trusted = first->replay || (clock <= wall + CLOCK_TRUST_MS && wall <= clock + CLOCK_TRUST_MS);
    struct node_event event = {
        .type = NODE_MESSAGE,
        .clock_ms = trusted ? clock : wall,
        .id = message->origin,
        .first = message->number,
        .last = last->record->is.message.number,
        .action = first->record->is.flags & WIRE_ACTION,
        .replay = first->replay,
        .text = text,
    };

    shown_nick(node, message->origin, message->nick, event.nick);
    event_post(node, &event);
}

static size_t parts_length(const struct stream *stream)
{
    size_t length = 0;

    for (const struct held *part = stream->parts; part; part = part->next)
        length += part->record->is.message.text.length;
    return length;
}

/* The parts are all there: one text. */
static void show_parts(struct node *node, struct stream *stream)
{
    const struct held *first = stream->parts;
    char text[TEXT_SAY_MAX];
    size_t length = 0;

    if (!first)
        return;
    for (const struct held *part = first; part; part = part->next) {
        struct span piece = part->record->is.message.text;
        memcpy(text + length, piece.bytes, piece.length);
        length += piece.length;
    }
    tell_loss(node, stream);
    tell_message(node, first, stream->parts_tail, (struct span){text, length});
    stream_parts_clear(stream);
}

/* The record that comes next in its stream. Returns true if more parts of its text are to come. */
static bool take(struct node *node, struct stream *stream, struct held *held)
{
    uint8_t flags = held->record->is.flags;
    uint32_t number = held->record->is.message.number;
    bool continued = flags & WIRE_CONTINUED;

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

/* A number is missing, or the rest of a text, or a loss that is to be told with what follows. */
static bool waits(const struct stream *stream)
{
    return stream_has_gap(stream) || stream->parts || stream->loss_first != 0;
}

/* The time runs from when a gap was noticed, or the first part of a text came: what comes meanwhile does not
 * begin it anew. */
static void watch_gap(struct node *node, struct stream *stream, const struct held *parts_before)
{
    bool same_gap = stream_has_gap(stream) && stream->next <= stream->give_up_to;
    bool same_text = !stream_has_gap(stream) && stream->parts && stream->parts == parts_before;

    if (!waits(stream)) {
        stream->gap_deadline_us = NEVER;
        return;
    }
    if (stream->gap_deadline_us != NEVER && (same_gap || same_text))
        return;
    stream->give_up_to = stream->known;
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
        stream->change = ++node->changes;
}

static void advance(struct node *node, struct stream *stream)
{
    const struct held *parts_before = stream->parts;

    if (!node->ready)
        return;
    drain(node, stream);
    watch_gap(node, stream, parts_before);
    repair_watch(node, stream);
}

/* Of several streams, the record with the lowest stamp comes first. */
void speech_ready(struct node *node)
{
    for (;;) {
        struct stream *first = NULL;
        for (size_t i = 0; i < node->streams.count; i++) {
            struct stream *stream = node->streams.slots[i].value;
            if (stream->held && !stream_has_gap(stream) &&
                (!first || stream->held->record->is.message.stamp < first->held->record->is.message.stamp))
                first = stream;
        }
        if (!first)
            break;
        take(node, first, stream_take(first));
        first->change = ++node->changes;
    }
    for (size_t i = 0; i < node->streams.count; i++)
        advance(node, node->streams.slots[i].value);
}

void speech_own_number(struct node *node, uint32_t number)
{
    if (number >= node->own->next)
        take_fresh_id(node);
}

void speech_learn(struct node *node, const struct link *link, uint64_t origin, uint32_t highest)
{
    struct stream *stream = idmap_get(&node->streams, origin);
    bool first = !stream && !link->joined;

    if (origin == node->id) {
        speech_own_number(node, highest);
        return;
    }
    if (!first && highest > (stream ? stream->known : 0) + NAMED_AHEAD_MAX) {
        node->counters.future++;
        return;
    }
    stream = highest == UINT32_MAX ? NULL : speech_stream(node, origin, link->joined ? 0 : highest);
    if (!stream) {
        node->counters.dropped++;
        return;
    }
    stream->links |= LINK_BIT(link->index);
    stream_learn(stream, highest);
    advance(node, stream);
}

/* All that was known to be missing when the time began is lost, and what is between is shown. */
static void give_up(struct node *node, struct stream *stream)
{
    lose_parts(stream);
    while (stream_has_gap(stream) && stream->next <= stream->give_up_to) {
        uint32_t first, count = stream_give_up(stream, &first);
        lose(stream, first, first + count - 1);
        drain(node, stream);
        if (stream_has_gap(stream) && stream->next <= stream->give_up_to)
            lose_parts(stream);
    }
    stream->change = ++node->changes;
    stream->gap_deadline_us = NEVER;
    advance(node, stream);
}

void speech_tick(struct node *node)
{
    uint64_t next = NEVER;

    if (node->gap_deadline_us > now_of(node))
        return;
    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (stream->gap_deadline_us <= now_of(node))
            give_up(node, stream);
        next = least(next, stream->gap_deadline_us);
    }
    node->gap_deadline_us = next;
}

/* Hearing. */

static bool is_ours(struct node *node, const struct wire_message *message)
{
    if (message->origin != node->id)
        return false;
    speech_own_number(node, message->number);
    return true;
}

static bool is_sane(struct node *node, const struct wire_message *message)
{
    if (message->number == 0 || message->number == UINT32_MAX || message->origin == 0) {
        node->counters.refused++;
        return false;
    }
    if (stamp_is_ahead(node, message->stamp)) {
        node->counters.future++;
        return false;
    }
    return true;
}

void on_message(const struct arrival *arrival, const struct wire_record *is)
{
    struct node *node = arrival->node;
    const struct wire_message *message = &is->message;
    struct stream *stream;

    if (message->room != node->room) {
        node->counters.foreign++;
        return;
    }
    if (is_ours(node, message) || !is_sane(node, message))
        return;
    stream = speech_stream(node, message->origin, arrival->link->joined ? 0 : message->number - 1);
    if (stream) {
        stream->links |= LINK_BIT(arrival->link->index);
        memcpy(stream->nick, message->nick.bytes, message->nick.length);
        stream->nick[message->nick.length] = '\0';
    }
    repair_heard(node, message->origin, message->number, arrival->link);
    if (stream && !stream_lacks(stream, message->number)) {
        node->counters.duplicates++;
        return;
    }
    struct record *record = NULL;
    /* What can be shown at once needs no room. */
    bool passes = stream && node->ready && message->number == stream->next && !(is->flags & WIRE_CONTINUED);
    if (stream && (passes || node->held_octets + is->raw.length <= node->config.store_octets))
        record = record_new(is->raw.bytes, is->raw.length);
    if (!record || !stream_put(stream, record, arrival->header->flags & WIRE_OLD)) {
        node->counters.dropped++;
        record_drop(record);
        if (stream) { /* it will be missed, and said to be lost */
            stream_learn(stream, message->number);
            advance(node, stream);
        }
        return;
    }
    store_put(&node->store, record, LINK_BIT(arrival->link->index), now_of(node),
              arrival->header->flags & WIRE_OLD);
    record_drop(record);
    advance_clock(node, message->stamp);
    advance(node, stream);
}

/* Saying. */

static struct record *encode_part(struct node *node, uint32_t index, struct span text, uint8_t flags)
{
    const struct wire_record part = {
        .type = WIRE_MESSAGE,
        .flags = flags,
        .message = {.origin = node->id,
                    .number = node->own->next + index,
                    .stamp = node->stamp + 1 + index,
                    .clock_ms = node->time.wall_ms,
                    .room = node->room,
                    .nick = span_of(node->nick),
                    .text = text},
    };

    return record_encode(&part);
}

/* All parts of a text, or 0 when one could not be made. */
static uint32_t encode_parts(struct node *node, struct span text, bool action,
                             struct record *parts[PARTS_MAX])
{
    size_t most = WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE - MESSAGE_FIXED - strlen(node->nick);
    uint32_t count = 0;

    do {
        size_t length = text_fit(text, most);
        unsigned flags = (action ? WIRE_ACTION : 0u) | (count > 0 ? WIRE_CONTINUATION : 0u) |
                         (length < text.length ? WIRE_CONTINUED : 0u);
        parts[count] = encode_part(node, count, (struct span){text.bytes, length}, (uint8_t)flags);
        if (!parts[count++]) {
            while (count > 0)
                record_drop(parts[--count]);
            return 0;
        }
        text.bytes += length;
        text.length -= length;
    } while (text.length > 0);
    return count;
}

uint32_t node_say(struct node *node, struct span text, bool action, struct node_time time)
{
    struct record *parts[PARTS_MAX];
    struct link *link;

    node->time = time;
    if (text.length > TEXT_SAY_MAX)
        return 0;
    if (node->own->next > UINT32_MAX - PARTS_MAX) /* numbers do not wrap */
        take_fresh_id(node);
    uint32_t count = encode_parts(node, text, action, parts);
    for (uint32_t part = 0; part < count; part++) {
        for (int i = 0; (link = next_link(node, &i));)
            link_queue(node, link, record_hold(parts[part]), NULL);
        store_put(&node->store, parts[part], UINT64_MAX, now_of(node), false);
        record_drop(parts[part]);
    }
    if (count == 0)
        return 0;
    node->stamp += count;
    node->own->next += count;
    node->own->known = node->own->next - 1;
    node->own->stamp = node->stamp;
    node->own->change = ++node->changes;
    for (int i = 0; (link = next_link(node, &i));)
        presence_spoke(node, link);
    return node->own->next - 1;
}
