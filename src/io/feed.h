/* A feed: one log of text for many readers, each at a place of its own in it. What is appended is stored
 * once, in blocks that are freed when the last reader has passed, so memory is bounded by the slowest reader,
 * however many there are. A reader can leave ranges out. Lets its user send a range to each with one call.
 *
 * The feed owns its blocks, a reader what it leaves out; readers are their users', and are detached before
 * they go. A feed and a reader that are all zero are empty. */
#ifndef LANCHAT_FEED_H
#define LANCHAT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "lanchat/text.h"

struct feed_block;

struct feed {
    struct feed_block *first, *last; /* last: the one that is written; empty ones may follow it */
    uint64_t end;                    /* octets ever appended */
    size_t readers;
};

/* A range of the feed, from the octet `from` up to, not including, `to`. */
struct feed_range {
    uint64_t from, to;
};

struct feed_reader {
    struct feed_block *block; /* NULL: not attached */
    uint64_t at;
    struct feed_range *omitted; /* ascending; those before omitted_next are passed */
    uint32_t omitted_next, omitted_count, omitted_room;
};

/* Appends all of a text, or nothing: false when there is no memory. Nothing is kept for nobody. */
bool feed_append(struct feed *feed, struct span text);

/* A reader begins at the end: it reads what is appended from now on. False when there is no memory. */
bool feed_attach(struct feed *feed, struct feed_reader *reader);
void feed_detach(struct feed *feed, struct feed_reader *reader);

/* Leaves out for a reader what was appended from `from` on. False when there is no memory. */
bool feed_omit(struct feed *feed, struct feed_reader *reader, uint64_t from);

/* What is next to be read, in at most `most` pieces; returns how many. They are good until the reader is
 * advanced or detached. */
size_t feed_gather(const struct feed *feed, const struct feed_reader *reader, struct iovec *pieces,
                   size_t most);

/* So many octets of what was gathered were read. */
void feed_advance(struct feed *feed, struct feed_reader *reader, size_t octets);

/* How far a reader, or the slowest of all, is behind the end; for the slowest up to a block more. Octets. */
uint64_t feed_behind(const struct feed *feed, const struct feed_reader *reader);
uint64_t feed_backlog(const struct feed *feed);

#endif
