/* The client of a tutorial chat server, as which a relay takes part there: what the server sends goes in,
 * what its people say comes out, and what is to be sent to it. Pure: bytes and a clock reading in
 * microseconds. lanchat(7), "Text servers", is the description.
 *
 *     tutorial_feed / tutorial_tick / tutorial_say  then  tutorial_next and tutorial_pull until false
 *
 * Nothing in the server's stream says where a message ends, and it sends what we say back to us, too: that
 * echo is taken out wherever it stands. */
#ifndef LANCHAT_TUTORIAL_H
#define LANCHAT_TUTORIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/text.h"

enum tutorial_event_type {
    TUTORIAL_ENTERED, /* it asked for our nickname, which tutorial_pull has */
    TUTORIAL_JOINED,
    TUTORIAL_LEFT,
    TUTORIAL_SAYS,    /* also by somebody who never joined */
    TUTORIAL_REFUSED, /* text: why; the connection is to be closed */
};

struct tutorial_event {
    enum tutorial_event_type type;
    struct span nick; /* keeps the rule for names */
    struct span text; /* valid UTF-8 of 1 to TEXT_SAY_MAX bytes; both good until the next call */
    bool action;
};

struct tutorial;

/* A connection that was made now, under that nickname of ours. NULL: no memory. */
struct tutorial *tutorial_new(struct span nick, uint64_t now_us);
void tutorial_free(struct tutorial *tutorial);

/* Bytes came. They are borrowed until tutorial_next returns false. */
void tutorial_feed(struct tutorial *tutorial, const char *bytes, size_t length, uint64_t now_us);

/* The server sends no more; what came before counts. */
void tutorial_end(struct tutorial *tutorial);

/* Lets time pass: to be called at tutorial_deadline (UINT64_MAX: not at all), may be called at any time. */
void tutorial_tick(struct tutorial *tutorial, uint64_t now_us);
uint64_t tutorial_deadline(const struct tutorial *tutorial);

bool tutorial_next(struct tutorial *tutorial, struct tutorial_event *event);

/* Says a text there, under the nickname of who said it here. False, and nothing is said, when more waits than
 * a server takes in minutes, or there is no memory. */
bool tutorial_say(struct tutorial *tutorial, struct span nick, struct span text, bool action);

/* The next bytes to be sent, all of them; good until the next call. */
bool tutorial_pull(struct tutorial *tutorial, struct span *bytes, uint64_t now_us);

#endif
