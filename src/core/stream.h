/* One speaker's stream of records: each shown once, in order of number (DESIGN: "Streams"). Numbers that
 * arrive early are held until what is before them came, or was given up. Knows no time and no room: the node
 * decides when to give up, and where a stream starts. */
#ifndef LANCHAT_STREAM_H
#define LANCHAT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

struct room;

struct held {
    struct held *next;
    struct record *record;
    bool replay; /* the datagram that brought it first was marked old */
};

struct stream {
    uint64_t origin;
    struct room *room;
    bool ours;          /* we speak it, for ourselves or for a guest */
    uint32_t base;      /* what is up to here was said before we followed it */
    uint32_t before_to; /* so far it is said to be history, if nobody has it after all */
    uint32_t next;      /* the lowest number that was neither shown nor given up */
    uint32_t known;     /* the highest number known to exist, at least next - 1 */
    uint32_t named;     /* the highest number that somebody named, believed or not */
    uint64_t named_by;  /* who did, and since when that is more than known */
    uint64_t named_since_us;
    bool named_twice;             /* somebody else did, too */
    uint32_t lost;                /* how many were given up */
    uint32_t lowest;              /* no number below is stored */
    uint64_t stamp;               /* the highest of its records */
    char nick[TEXT_NICK_MAX + 1]; /* that the speaker used last; empty: not known */
    uint64_t links;               /* the links on which something of it was heard, as a set */
    uint32_t *seen;               /* by link: the highest number heard or named there */
    unsigned seen_count;
    uint64_t change; /* the node's count of changes when this one moved last */
    int joining;     /* it is held until this link has joined; -1: none */

    uint64_t gap_deadline_us; /* when what is missing is given up; UINT64_MAX: nothing is */
    uint32_t give_up_to;      /* what is given up then: what was asked for when the time began */
    unsigned postponed;       /* how often that was put off, because nobody was there to answer */
    bool told_gone;           /* he who should have it said that it is gone: nothing else is waited for */
    uint64_t asking_since_us; /* when a gap was noticed that was not there before */
    uint64_t ask_at_us;       /* when to ask for what is missing; UINT64_MAX: not at all */
    unsigned asked;           /* how often, since then */
    uint32_t asked_from;      /* the lowest number asked for last */
    uint32_t asked_to;        /* the highest; 0: all of that has come */
    uint32_t stored_from;     /* the lowest number that somebody is said to store; 0: not known */
    uint64_t stored_by;       /* who named that last */
    bool skipping;            /* what is below was asked for in vain, and is not asked for any more */
    size_t share;             /* octets asked for, of what the node may ask for at a time */
    bool waiting;             /* for such a share */
    bool in_vain;             /* all that was asked for last was lost */
    uint64_t namer;           /* the one node that named what is missing; 0: several, or the speaker */
    size_t record_octets;     /* of the record that came last, to guess what is asked for */
    uint32_t watched_to;      /* of the numbers up to here it is known whether they are missing */

    struct held *held, *held_tail;   /* by number, all >= next */
    struct held *parts, *parts_tail; /* taken parts of a text whose last part has not come */
    uint32_t loss_first, loss_last;  /* given up and not told yet; 0: nothing */
    size_t *octets;                  /* what all streams of the node hold */
};

/* A stream whose numbers up to `base` count as seen, and which adds what it holds to *octets. NULL when there
 * is no memory. */
struct stream *stream_new(uint64_t origin, uint32_t base, size_t *octets);
void stream_free(struct stream *stream);

/* The number `number` was heard or named on a link. False if that is nothing new there. */
bool stream_see(struct stream *stream, int link, uint32_t number);

/* The highest number heard or named on any link of a set. */
uint32_t stream_seen(const struct stream *stream, uint64_t links);

/* Nothing was heard on a link: its index is used again. */
void stream_forget_link(struct stream *stream, int link);

/* True if this number was not seen yet. */
bool stream_lacks(const struct stream *stream, uint32_t number);

/* What it takes to hold a record, not only its octets: small ones must not hide in the budget. */
size_t stream_cost(size_t octets);

/* Takes a hold on a record that the stream lacks. False when there is no memory. */
bool stream_put(struct stream *stream, struct record *record, bool replay);

/* The number `number` is said to exist. */
void stream_learn(struct stream *stream, uint32_t number);

/* True if a number is missing: before a held one, or at the end. */
bool stream_has_gap(const struct stream *stream);

/* The record that comes next, or NULL if it is missing. The caller gives it back: to stream_parts_add or to
 * stream_release. */
struct held *stream_take(struct stream *stream);

/* The first run of missing numbers that begins at `from` or later; false if there is none. */
bool stream_missing(const struct stream *stream, uint32_t from, uint32_t *first, uint32_t *last);

/* Gives up all that is missing before the next held record, or to the end, but nothing above `most`. Returns
 * how many numbers that were, from *first on. */
uint32_t stream_give_up(struct stream *stream, uint32_t most, uint32_t *first);

/* Nothing was shown yet, and the stream begins earlier than was thought. */
void stream_lower_base(struct stream *stream, uint32_t base);

/* What is up to `number` was said before we followed the stream, of which nothing was shown yet. Returns how
 * many records of it were held, and are let go. */
uint32_t stream_rebase(struct stream *stream, uint32_t number);

/* What is up to `number`, as far as it is missing at the head, was said before we followed the stream. */
void stream_raise_base(struct stream *stream, uint32_t number);

void stream_release(struct stream *stream, struct held *held);

/* Parts of a text, in order. */
void stream_parts_add(struct stream *stream, struct held *part);
void stream_parts_clear(struct stream *stream);

#endif
