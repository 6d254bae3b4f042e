/* What is said and heard (lanchat(7), "Streams"): records and numbers enter their streams, from which they
 * are shown (show.c) while what is missing is asked for (repair.c). A text that is too long for one datagram
 * is several records. */
#include <stdlib.h>
#include <string.h>

#include "state.h"

#define STREAMS_MAX     (ROSTER_MAX + 1024)
#define AGAIN_US        UINT64_C(1000000)
#define NAMED_AHEAD_MAX UINT64_C(4096) /* what is only named is believed so far above what is known */

/* Streams. */

static void remove_stream(struct node *node, struct stream *stream)
{
    repair_release(node, stream);
    idmap_remove(&node->streams, stream->origin);
    stream->room->stream_count--;
    stream->room->moves++;
    stream_free(stream);
}

/* Forgets the stream with the oldest stamp of those whose speaker is not in the roster. */
static void forget_oldest(struct node *node)
{
    struct stream *oldest = NULL;

    for (size_t i = 0; i < node->streams.count; i++) {
        struct stream *stream = node->streams.slots[i].value;
        if (!stream->ours && !roster_get(&node->roster, stream->origin) &&
            (!oldest || stream->stamp < oldest->stamp))
            oldest = stream;
    }
    if (oldest)
        remove_stream(node, oldest);
}

struct stream *speech_stream(struct node *node, struct room *room, uint64_t origin, uint32_t base)
{
    struct stream *stream = idmap_get(&node->streams, origin);

    if (stream)
        return stream->room == room ? stream : NULL;
    if (node->streams.count >= STREAMS_MAX + node->roster.own)
        forget_oldest(node);
    if (node->streams.count >= STREAMS_MAX + node->roster.own ||
        !(stream = stream_new(origin, base, &node->held_octets)))
        return NULL;
    if (!idmap_put(&node->streams, origin, stream)) {
        stream_free(stream);
        return NULL;
    }
    stream->room = room;
    room->stream_count++;
    room->moves++;
    return stream;
}

void speech_forget(struct node *node)
{
    for (size_t i = 0; i < node->streams.count; i++)
        stream_free(node->streams.slots[i].value);
    idmap_free(&node->streams);
}

void speech_moved(struct node *node, struct stream *stream)
{
    stream->change = ++node->changes;
    stream->room->moves++;
}

void speech_store(struct node *node, struct stream *stream, struct record *record, uint64_t links, bool old)
{
    uint32_t number = record->message.number;

    store_put(&stream->room->store, record, links, now_of(node), old);
    if (number < stream->lowest)
        stream->lowest = number;
}

/* Who is joining takes what he hears of first for the end of what was said before he came. */
uint32_t speech_base(const struct link *link, const struct room *room, uint32_t highest)
{
    return joined_on(link, room) ? 0 : highest;
}

/* Who forwards, or comes to one more link, wants what was said there before, too: what he hears of first
 * waits until a summary has told how far that goes. */
bool speech_catches_up(const struct node *node, const struct link *link, const struct room *room)
{
    return !joined_on(link, room) && (node->config.forwards || node->ready);
}

static void name_only(struct stream *stream, const struct arrival *arrival, uint32_t highest)
{
    uint64_t sender = arrival->header->sender;

    if (highest <= stream->known)
        return;
    if (stream->known < stream->next) /* nothing else is missing: he alone named it, so far */
        stream->namer = sender == stream->origin ? 0 : sender;
    else if (stream->namer != sender)
        stream->namer = 0;
}

/* A number was named or brought on a link. A speaker who comes to less than we take for said learns so from
 * our pairs there, and goes on under a fresh id: somebody else has spoken in his name where he didn't hear
 * it. */
static bool see(const struct arrival *arrival, struct stream *stream, uint32_t number)
{
    bool less = arrival->header->sender == stream->origin && number < stream->next - 1;

    if (!stream_see(stream, arrival->link->index, less ? stream->next - 1 : number))
        return false;
    speech_moved(arrival->node, stream);
    return true;
}

/* A number far above what is known. */
static void note_claim(struct node *node, struct stream *stream, uint64_t sender, uint32_t highest)
{
    node->counters.future++;
    if (stream->named <= stream->known)
        stream->named_since_us = now_of(node);
    if (highest > stream->named) {
        stream->named = highest;
        stream->named_by = sender;
        stream->named_twice = false;
    } else if (sender != stream->named_by) {
        stream->named_twice = true;
    }
}

/* What is only named is believed a little above what is known, so that nobody can be made to wait for what
 * never was. Of more, the highest is asked for (repair.c): when that comes, so much was said. */
void speech_learn(const struct arrival *arrival, struct room *room, uint64_t origin, uint32_t highest,
                  uint32_t base)
{
    struct node *node = arrival->node;

    struct node_guest *own = own_of(node, origin);
    if (own) {
        own_number(node, own, highest);
        return;
    }
    bool known = idmap_get(&node->streams, origin) != NULL;
    struct stream *stream = highest == UINT32_MAX ? NULL : speech_stream(node, room, origin, base);
    if (!stream) {
        node->counters.dropped++;
        return;
    }
    if (!known && speech_catches_up(node, arrival->link, room))
        stream->joining = arrival->link->index;
    uint32_t next = stream->next;
    if (stream->joining >= 0)
        stream_lower_base(stream, base);
    name_only(stream, arrival, highest);
    if (!see(arrival, stream, highest) && stream->next != next)
        room->moves++;
    if (highest > stream->known + NAMED_AHEAD_MAX)
        note_claim(node, stream, arrival->header->sender, highest);
    else
        stream_learn(stream, highest);
    show_advance(node, stream);
}

/* Hearing. */

static bool is_ours(struct node *node, const struct wire_record *is)
{
    struct node_guest *own = own_of(node, is->message.origin);

    if (own)
        own_heard(node, own, is);
    return own != NULL;
}

static bool is_sane(struct node *node, const struct wire_message *message)
{
    if (message->number == 0 || message->number == UINT32_MAX || message->origin == 0) {
        node->counters.refused++;
        return false;
    }
    if (stamp_is_ahead(message->stamp)) {
        node->counters.future++;
        return false;
    }
    return true;
}

/* The stream of a record, made if it is new and may be. Old records that the vector has forgotten are not
 * begun again: they were shown long ago, or are nobody's any more. */
static struct stream *stream_of(const struct arrival *arrival, struct room *room,
                                const struct wire_message *message, bool old)
{
    struct node *node = arrival->node;
    bool joined = joined_on(arrival->link, room);
    bool known = idmap_get(&node->streams, message->origin) != NULL;

    if (!known && ((old && vector_is_below(node, arrival->link, room_on(arrival->link, room), message->stamp,
                                           message->origin)) ||
                   !admits(arrival)))
        return NULL;
    struct stream *stream = speech_stream(node, room, message->origin, joined ? 0 : message->number - 1);
    /* Nothing is before the first. */
    if (stream && !known && message->number > 1 && speech_catches_up(node, arrival->link, room))
        stream->joining = arrival->link->index;
    return stream;
}

static void note_speaker(const struct arrival *arrival, struct stream *stream,
                         const struct wire_message *message)
{
    see(arrival, stream, message->number);
    memcpy(stream->nick, message->nick.bytes, message->nick.length);
    stream->nick[message->nick.length] = '\0';
}

/* What can be shown at once needs no room. */
static bool has_room(const struct node *node, const struct stream *stream, const struct wire_record *is)
{
    bool passes = node->ready && !node->history.active && stream->joining < 0 &&
                  is->message.number == stream->next && !(is->flags & WIRE_CONTINUED);

    return passes || node->held_octets + is->raw.length <= node->config.store_octets;
}

static void take_new(const struct arrival *arrival, struct stream *stream, const struct wire_record *is,
                     bool old)
{
    struct node *node = arrival->node;
    if (stream->asked_from <= is->message.number && is->message.number <= stream->asked_to) {
        arrival->link->repaired++;
        repair_progress(node, stream);
    }
    struct record *record = has_room(node, stream, is) ? record_copy(is) : NULL;

    if (!record || !stream_put(stream, record, old)) {
        node->counters.dropped++;
        record_drop(record);
        stream_learn(stream, is->message.number); /* it will be missed, and said to be lost */
        show_advance(node, stream);
        return;
    }
    stream->room->moves++; /* its stamp has */
    speech_store(node, stream, record, LINK_BIT(arrival->link->index), old);
    record_drop(record);
    advance_clock(node, is->message.stamp);
    show_advance(node, stream);
}

void on_message(const struct arrival *arrival, const struct wire_record *is)
{
    struct node *node = arrival->node;
    const struct wire_message *message = &is->message;
    struct room *room = room_enter(node, message->room);
    bool old = arrival->header->flags & WIRE_OLD;

    if (!room) {
        node->counters.foreign++;
        return;
    }
    if (is_ours(node, is) || !is_sane(node, message))
        return;
    struct stream *stream = stream_of(arrival, room, message, old);
    if (!stream) {
        node->counters.dropped++;
        return;
    }
    note_speaker(arrival, stream, message);
    answer_heard(node, stream, message->number, arrival->link);
    if (stream_lacks(stream, message->number))
        take_new(arrival, stream, is, old);
    else if (message->number > stream->base || !history_take(node, is, arrival->link, old))
        node->counters.duplicates++;
}

/* Saying. */

/* The nickname that what is said carries: `say` is in the roster without one. */
static struct span nick_of(const struct node *node, const struct node_guest *own)
{
    return own == &node->self ? span_of(node->nick) : peer_nick(own->peer);
}

static struct record *encode_part(struct node *node, const struct node_guest *own, uint32_t index,
                                  struct span text, unsigned flags)
{
    struct wire_record part; /* much longer than a message: what is not read is not set */

    part.type = WIRE_MESSAGE;
    part.flags = (uint8_t)flags;
    part.message = (struct wire_message){.origin = own->peer->id,
                                         .number = own->stream->next + index,
                                         .stamp = node->stamp + 1 + index,
                                         .clock_ms = node->time.wall_ms,
                                         .room = own->room->tag,
                                         .nick = nick_of(node, own),
                                         .text = text};
    return record_encode(&part);
}

/* All parts of a text, or 0 when one could not be made. */
static uint32_t encode_parts(struct node *node, const struct node_guest *own, struct span text,
                             unsigned flags, struct record *parts[PARTS_MAX])
{
    size_t most = WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE - RECORD_MESSAGE_FIXED - nick_of(node, own).length;
    uint32_t count = 0;

    do {
        size_t length = text_fit(text, most);
        unsigned place = (count > 0 ? WIRE_CONTINUATION : 0u) | (length < text.length ? WIRE_CONTINUED : 0u);
        parts[count] = encode_part(node, own, count, (struct span){text.bytes, length}, flags | place);
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

static bool any_usable(const struct node *node)
{
    const struct link *link;

    for (int i = 0; (link = next_link(node, &i));)
        if (link_usable(link))
            return true;
    return false;
}

static void note_unheard(struct node *node, uint32_t first, struct record *const *parts, uint32_t count)
{
    if (any_usable(node))
        return;
    if (node->unheard_octets == 0)
        node->unheard_from = first;
    for (uint32_t part = 0; part < count; part++)
        node->unheard_octets += parts[part]->length;
}

void speech_put_unheard(struct node *node, struct link *link)
{
    const struct stream *own = node->self.stream;

    for (uint32_t number = node->unheard_from; node->unheard_octets > 0 && number < own->next; number++) {
        const struct stored *stored = store_get(&own->room->store, own->origin, number);
        if (!stored)
            continue;
        link_queue_message(node, link, stored->record, now_of(node) - stored->got_us > node->timing.old_us,
                           REACH_FEWEST, NULL);
        pace_put(node, link, stored->record);
    }
    node->unheard_octets = 0;
}

static void put_parts(struct node *node, struct node_guest *own, struct record *const *parts, uint32_t count)
{
    struct stream *stream = own->stream;
    struct link *link;

    if (count == 0)
        return;
    for (uint32_t part = 0; part < count; part++) {
        for (int i = 0; (link = next_link(node, &i));) {
            link_queue_message(node, link, parts[part], false, REACH_FEWEST, NULL);
            pace_put(node, link, parts[part]);
        }
        speech_store(node, stream, parts[part], UINT64_MAX, false);
        record_drop(parts[part]);
    }
    node->stamp += count;
    stream->next += count;
    stream->known = stream->next - 1;
    stream->stamp = node->stamp;
    speech_moved(node, stream);
    for (int i = 0; (link = next_link(node, &i));)
        presence_spoke(node, link);
}

uint32_t speech_say(struct node *node, struct node_guest *own, struct span text, unsigned flags)
{
    struct record *parts[PARTS_MAX];

    if (text.length > TEXT_SAY_MAX)
        return 0;
    if (own_next(own) > UINT32_MAX - PARTS_MAX) /* numbers do not wrap */
        own_fresh_id(node, own);
    bool numbered = own_stream(node, own) && own_next(own) <= UINT32_MAX - PARTS_MAX;
    uint32_t count = numbered ? encode_parts(node, own, text, flags, parts) : 0;
    if (own == &node->self)
        note_unheard(node, own_next(own), parts, count);
    put_parts(node, own, parts, count);
    return count;
}

static bool is_recent(const struct node *node, const struct stored *stored)
{
    return stored && now_of(node) - stored->got_us <= AGAIN_US;
}

void speech_again(struct node *node, struct node_guest *own, uint64_t id, uint32_t end)
{
    const struct store *store = &own->room->store;
    uint32_t first = end;

    while (first > 1 && is_recent(node, store_get(store, id, first - 1)))
        first--;
    for (uint32_t number = first; number < end && own_stream(node, own); number++) {
        const struct stored *stored = store_get(store, id, number);
        if (!stored || own_next(own) >= UINT32_MAX - PARTS_MAX)
            continue;
        struct wire_record is;
        is.type = WIRE_MESSAGE;
        is.flags = stored->record->flags;
        is.message = stored->record->message;
        is.message.origin = own->peer->id;
        is.message.number = own->stream->next;
        is.message.stamp = node->stamp + 1;
        struct record *record = record_encode(&is);
        put_parts(node, own, &record, record ? 1 : 0);
    }
}

uint32_t node_say(struct node *node, struct span text, bool action, struct node_time time)
{
    node->time = time;
    return speech_say(node, &node->self, text, action ? WIRE_ACTION : 0u) > 0 ? own_next(&node->self) - 1 : 0;
}
