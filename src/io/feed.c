#include "feed.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_OCTETS 65536

struct feed_block {
    struct feed_block *next;
    uint64_t base; /* the first octet's place in the feed */
    size_t used;
    size_t readers; /* that are in it */
    char text[BLOCK_OCTETS];
};

/* Adds blocks until so much fits behind the last. */
static bool make_room(struct feed *feed, size_t octets)
{
    struct feed_block *tail = feed->last;
    size_t room = tail ? BLOCK_OCTETS - tail->used : 0;

    while (room < octets) {
        struct feed_block *block = tail ? tail->next : NULL;
        if (!block) {
            block = malloc(sizeof *block);
            if (!block)
                return false;
            block->next = NULL;
            block->base = tail ? tail->base + BLOCK_OCTETS : feed->end;
            block->used = block->readers = 0;
            if (tail)
                tail->next = block;
            else
                feed->first = feed->last = block;
        }
        tail = block;
        room += BLOCK_OCTETS;
    }
    return true;
}

/* Frees what the last reader has passed. */
static void sweep(struct feed *feed)
{
    while (feed->first && (feed->readers == 0 || (feed->first->readers == 0 && feed->first != feed->last))) {
        struct feed_block *block = feed->first;
        feed->first = block->next;
        free(block);
    }
    if (!feed->first)
        feed->last = NULL;
}

bool feed_append(struct feed *feed, struct span text)
{
    if (feed->readers == 0)
        return true;
    if (!make_room(feed, text.length))
        return false;
    for (struct feed_block *block = feed->last; block && text.length > 0; block = block->next) {
        size_t room = BLOCK_OCTETS - block->used, length = text.length < room ? text.length : room;
        memcpy(block->text + block->used, text.bytes, length);
        block->used += length;
        feed->last = block;
        feed->end += length;
        text.bytes += length;
        text.length -= length;
    }
    return true;
}

bool feed_attach(struct feed *feed, struct feed_reader *reader)
{
    if (!make_room(feed, 1))
        return false;
    *reader = (struct feed_reader){.block = feed->last, .at = feed->end};
    reader->block->readers++;
    feed->readers++;
    return true;
}

void feed_detach(struct feed *feed, struct feed_reader *reader)
{
    if (!reader->block)
        return;
    reader->block->readers--;
    feed->readers--;
    free(reader->omitted);
    *reader = (struct feed_reader){0};
    sweep(feed);
}

static bool make_omitted_room(struct feed_reader *reader)
{
    uint32_t kept = reader->omitted_count - reader->omitted_next;
    uint32_t room = reader->omitted_room ? 2 * reader->omitted_room : 4;

    if (reader->omitted && reader->omitted_count < reader->omitted_room)
        return true;
    if (reader->omitted && kept <= reader->omitted_room / 2) {
        memmove(reader->omitted, reader->omitted + reader->omitted_next, kept * sizeof *reader->omitted);
        reader->omitted_next = 0;
        reader->omitted_count = kept;
        return true;
    }
    struct feed_range *grown = realloc(reader->omitted, room * sizeof *grown);
    if (!grown)
        return false;
    reader->omitted = grown;
    reader->omitted_room = room;
    return true;
}

/* Moves to a place that may be in a later block. */
static void move_to(struct feed *feed, struct feed_reader *reader, uint64_t at)
{
    struct feed_block *block = reader->block;

    reader->at = at;
    while (at - block->base >= block->used && block != feed->last)
        block = block->next;
    if (block == reader->block)
        return;
    reader->block->readers--;
    block->readers++;
    reader->block = block;
    sweep(feed);
}

/* Passes the ranges that begin where the reader is. */
static void pass_omitted(struct feed *feed, struct feed_reader *reader)
{
    while (reader->omitted_next < reader->omitted_count &&
           reader->omitted[reader->omitted_next].from <= reader->at)
        move_to(feed, reader, reader->omitted[reader->omitted_next++].to);
    if (reader->omitted_next < reader->omitted_count || !reader->omitted)
        return;
    free(reader->omitted);
    reader->omitted = NULL;
    reader->omitted_next = reader->omitted_count = reader->omitted_room = 0;
}

bool feed_omit(struct feed *feed, struct feed_reader *reader, uint64_t from)
{
    struct feed_range *last = reader->omitted ? &reader->omitted[reader->omitted_count - 1] : NULL;

    if (from <= reader->at) {
        move_to(feed, reader, feed->end);
        return true;
    }
    if (last && last->to == from) {
        last->to = feed->end;
        return true;
    }
    if (!make_omitted_room(reader))
        return false;
    reader->omitted[reader->omitted_count++] = (struct feed_range){from, feed->end};
    return true;
}

size_t feed_gather(const struct feed *feed, const struct feed_reader *reader, struct iovec *pieces,
                   size_t most)
{
    struct feed_block *block = reader->block;
    uint64_t at = reader->at;
    uint32_t next = reader->omitted_next;
    size_t count = 0;

    while (at < feed->end && count < most) {
        uint64_t to = next < reader->omitted_count ? reader->omitted[next].from : feed->end;
        if (at == to) {
            at = reader->omitted[next++].to;
            continue;
        }
        while (at - block->base >= block->used)
            block = block->next;
        if (to > block->base + block->used)
            to = block->base + block->used;
        pieces[count++] = (struct iovec){block->text + (at - block->base), (size_t)(to - at)};
        at = to;
    }
    return count;
}

void feed_advance(struct feed *feed, struct feed_reader *reader, size_t octets)
{
    while (octets > 0) {
        uint64_t to = reader->omitted_next < reader->omitted_count
                          ? reader->omitted[reader->omitted_next].from
                          : feed->end;
        size_t length = to - reader->at < octets ? (size_t)(to - reader->at) : octets;
        move_to(feed, reader, reader->at + length);
        pass_omitted(feed, reader);
        octets -= length;
    }
}

uint64_t feed_behind(const struct feed *feed, const struct feed_reader *reader)
{
    return feed->end - reader->at;
}

uint64_t feed_backlog(const struct feed *feed)
{
    return feed->first ? feed->end - feed->first->base : 0;
}
