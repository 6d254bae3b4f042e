#include "stream.h"

#include <stdlib.h>

struct stream *stream_new(uint64_t origin, uint32_t base, size_t *octets)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->origin = origin;
    stream->next = base + 1;
    stream->known = stream->watched_to = base;
    stream->octets = octets;
    stream->gap_deadline_us = stream->ask_at_us = UINT64_MAX;
    return stream;
}

/* What it takes to hold a record, not only its octets: small ones must not hide in the budget. */
static size_t cost(const struct record *record)
{
    return record->length + sizeof *record + sizeof(struct held);
}

void stream_release(struct stream *stream, struct held *held)
{
    *stream->octets -= cost(held->record);
    record_drop(held->record);
    free(held);
}

static void release_all(struct stream *stream, struct held *held)
{
    while (held) {
        struct held *next = held->next;
        stream_release(stream, held);
        held = next;
    }
}

void stream_free(struct stream *stream)
{
    release_all(stream, stream->held);
    release_all(stream, stream->parts);
    free(stream);
}

static uint32_t number_of(const struct held *held)
{
    return held->record->is.message.number;
}

/* The link in the list behind which `number` belongs. The end is tried first: that is where most belong. */
static struct held **place_of(struct stream *stream, uint32_t number)
{
    struct held **at = &stream->held;

    if (stream->held_tail && number_of(stream->held_tail) < number)
        return &stream->held_tail->next;
    while (*at && number_of(*at) < number)
        at = &(*at)->next;
    return at;
}

bool stream_lacks(const struct stream *stream, uint32_t number)
{
    if (number < stream->next)
        return false;
    const struct held *held = stream->held;
    if (stream->held_tail && number_of(stream->held_tail) < number)
        return true;
    while (held && number_of(held) < number)
        held = held->next;
    return !held || number_of(held) != number;
}

bool stream_put(struct stream *stream, struct record *record, bool replay)
{
    struct held *held = malloc(sizeof *held);

    if (!held)
        return false;
    struct held **at = place_of(stream, record->is.message.number);
    *held = (struct held){*at, record_hold(record), replay};
    *at = held;
    if (!held->next)
        stream->held_tail = held;
    *stream->octets += cost(record);
    stream_learn(stream, record->is.message.number);
    if (stream->stamp < record->is.message.stamp)
        stream->stamp = record->is.message.stamp;
    return true;
}

void stream_learn(struct stream *stream, uint32_t number)
{
    if (stream->known < number)
        stream->known = number;
}

bool stream_has_gap(const struct stream *stream)
{
    return stream->known >= stream->next && !(stream->held && number_of(stream->held) == stream->next);
}

bool stream_missing(const struct stream *stream, uint32_t from, uint32_t *first, uint32_t *last)
{
    const struct held *held = stream->held;

    *first = from > stream->next ? from : stream->next;
    for (; held && number_of(held) <= *first; held = held->next)
        if (number_of(held) == *first)
            ++*first;
    *last = held ? number_of(held) - 1 : stream->known;
    return *first <= *last;
}

struct held *stream_take(struct stream *stream)
{
    struct held *held = stream->held;

    if (!held || number_of(held) != stream->next)
        return NULL;
    stream->held = held->next;
    if (!stream->held)
        stream->held_tail = NULL;
    held->next = NULL;
    stream->next++;
    return held;
}

uint32_t stream_give_up(struct stream *stream, uint32_t *first)
{
    uint32_t until = stream->held ? number_of(stream->held) : stream->known + 1;
    uint32_t count = until - stream->next;

    *first = stream->next;
    stream->next = until;
    stream->lost += count;
    return count;
}

void stream_parts_add(struct stream *stream, struct held *part)
{
    if (stream->parts)
        stream->parts_tail->next = part;
    else
        stream->parts = part;
    stream->parts_tail = part;
}

void stream_parts_clear(struct stream *stream)
{
    release_all(stream, stream->parts);
    stream->parts = stream->parts_tail = NULL;
}
