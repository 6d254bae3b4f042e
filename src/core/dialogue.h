/* What one end of a connection says to the other, of hubs, relays and tutorial chat servers (lanchat(7),
 * "TCP"): octets in their order in; greeting, preface, frames and plain text out.
 *
 *     dialogue_feed, dialogue_break, dialogue_pause  then  dialogue_next until false */
#ifndef LANCHAT_DIALOGUE_H
#define LANCHAT_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/capture.h"

/* The members are dialogue.c's. */
struct dialogue {
    uint8_t *bytes; /* what is held */
    size_t length, taken, capacity;
    size_t mark;                /* from here on they came at last_us, before it at since_us */
    uint64_t since_us, last_us; /* microseconds */
    uint64_t lost;              /* octets that could not be read */
    uint8_t state;
    bool greets; /* may be the one who greets */
    bool late;   /* the beginning is not here */
    bool ours;   /* known to be a connection of lanchat; else plain text is held back */
    bool chunks; /* sends no newlines */
    bool broken, paused;
};

struct dialogue_event {
    enum capture_kind kind;
    const uint8_t *bytes; /* good until the next call */
    size_t length, lacking;
    uint64_t id, time_us;
};

/* `late`: the octets that come first are from the middle. */
void dialogue_init(struct dialogue *dialogue, bool greets, bool late, bool ours);
void dialogue_free(struct dialogue *dialogue);

/* Octets that were captured then; false without memory. */
bool dialogue_feed(struct dialogue *dialogue, const uint8_t *bytes, size_t length, uint64_t time_us);

/* Octets are missing here, or it is the end. */
void dialogue_break(struct dialogue *dialogue);

/* Nothing came for a while. To be called at dialogue_deadline (UINT64_MAX: not at all). */
void dialogue_pause(struct dialogue *dialogue);
uint64_t dialogue_deadline(const struct dialogue *dialogue);

bool dialogue_next(struct dialogue *dialogue, struct dialogue_event *event);

/* Whether this is nothing of lanchat's, as far as this end alone can tell. */
bool dialogue_is_foreign(const struct dialogue *dialogue);

/* Whether more is held than ought to be for what may be nothing of lanchat's. */
bool dialogue_is_full(const struct dialogue *dialogue);

/* Whether what a segment brings could be the beginning, or the frames, of a connection. */
bool dialogue_looks_ours(const uint8_t *bytes, size_t length);

#endif
