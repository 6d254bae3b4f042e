#include "stream.h"

#include <stdlib.h>
#include <string.h>

#define OCTETS_GUESSED 200 /* of a record, before one came */

struct stream *stream_new(uint64_t origin, uint32_t base, size_t *octets)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    stream->origin = origin;
    stream->next = base + 1;
    stream->base = stream->known = stream->named = stream->watched_to = base;
    stream->lowest = UINT32_MAX;
    stream->joining = -1;
    stream->octets = octets;
    stream->record_octets = OCTETS_GUESSED;
    stream->gap_deadline_us = stream->ask_at_us = UINT64_MAX;
    return stream;
}

size_t stream_cost(size_t octets)
{
    return octets + sizeof(struct record) + sizeof(struct held);
}

void stream_release(struct stream *stream, struct held *held)
{
    *stream->octets -= stream_cost(held->record->length);
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
    free(stream->seen);
    free(stream);
}

/* Without memory it was not seen: somebody will name it again. */
bool stream_see(struct stream *stream, int link, uint32_t number)
{
    unsigned index = (unsigned)link;

    if (index >= stream->seen_count) {
        uint32_t *seen = realloc(stream->seen, (index + 1) * sizeof *seen);
        if (!seen)
            return false;
        memset(seen + stream->seen_count, 0, (index + 1 - stream->seen_count) * sizeof *seen);
        stream->seen = seen;
        stream->seen_count = index + 1;
    }
    bool first = !(stream->links & UINT64_C(1) << index), more = stream->seen[index] < number;
    stream->links |= UINT64_C(1) << index;
    if (more)
        stream->seen[index] = number;
    return first || more;
}

uint32_t stream_seen(const struct stream *stream, uint64_t links)
{
    uint32_t highest = 0;

    for (unsigned i = 0; i < stream->seen_count; i++)
        if ((links & UINT64_C(1) << i) && stream->seen[i] > highest)
            highest = stream->seen[i];
    return highest;
}

void stream_forget_link(struct stream *stream, int link)
{
    stream->links &= ~(UINT64_C(1) << link);
    if ((unsigned)link < stream->seen_count)
        stream->seen[link] = 0;
}

static uint32_t number_of(const struct held *held)
{
    return held->record->message.number;
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
    struct held **at = place_of(stream, record->message.number);
    *held = (struct held){*at, record_hold(record), replay};
    *at = held;
    if (!held->next)
        stream->held_tail = held;
    *stream->octets += stream_cost(record->length);
    stream->record_octets = record->length;
    stream_learn(stream, record->message.number);
    if (stream->stamp < record->message.stamp)
        stream->stamp = record->message.stamp;
    return true;
}

void stream_learn(struct stream *stream, uint32_t number)
{
    if (stream->known < number)
        stream->known = number;
    if (stream->named < number)
        stream->named = number;
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

/* The number behind the missing ones at the head. */
static uint32_t gap_end(const struct stream *stream, uint32_t most)
{
    uint32_t end = stream->held ? number_of(stream->held) : stream->known + 1;

    return most < end - 1 ? most + 1 : end;
}

void stream_lower_base(struct stream *stream, uint32_t base)
{
    if (stream->next != stream->base + 1 || base >= stream->base)
        return;
    stream->base = stream->watched_to = base;
    stream->next = base + 1;
}

uint32_t stream_rebase(struct stream *stream, uint32_t number)
{
    uint32_t count = 0;

    if (number <= stream->base)
        return 0;
    while (stream->held && number_of(stream->held) <= number) {
        struct held *held = stream->held;
        stream->held = held->next;
        stream_release(stream, held);
        count++;
    }
    if (!stream->held)
        stream->held_tail = NULL;
    stream->base = number;
    stream->next = number + 1;
    stream_learn(stream, number);
    if (stream->watched_to < number)
        stream->watched_to = number;
    return count;
}

void stream_raise_base(struct stream *stream, uint32_t number)
{
    uint32_t end = gap_end(stream, number);

    if (end <= stream->next)
        return;
    stream->next = end;
    stream->base = end - 1;
}

uint32_t stream_give_up(struct stream *stream, uint32_t most, uint32_t *first)
{
    uint32_t until = gap_end(stream, most);
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
