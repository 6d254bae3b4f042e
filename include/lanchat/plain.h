/* A plain-text client: somebody who takes part with nc, telnet, or the client of a chat tutorial. What he
 * sends goes in, and who he is and what he says comes out; another function says what he is shown. Pure:
 * bytes and a clock reading in microseconds. lanchat(7), "Plain-text clients", is the description.
 *
 *     plain_feed / plain_end / plain_tick  then  plain_next until false
 *
 * A line client sends lines. A chunk client never sends a newline: only its pauses say where its words end,
 * and it puts its own `jack: ` before them. Until a client has said enough to tell, it is neither. */
#ifndef LANCHAT_PLAIN_H
#define LANCHAT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/text.h"

enum plain_event_type {
    PLAIN_NODE,    /* a lanchat node of that id; its frames follow, see plain_rest */
    PLAIN_PERSON,  /* text: the nickname, which keeps the rule for names */
    PLAIN_SAYS,    /* text: what he says, valid UTF-8 of 1 to TEXT_SAY_MAX bytes */
    PLAIN_REFUSED, /* text: why, in ASCII ("a TLS client"); the connection is to be closed */
};

struct plain_event {
    enum plain_event_type type;
    uint64_t id;      /* PLAIN_NODE */
    struct span text; /* good until the next call that takes the client without const */
    bool action;      /* PLAIN_SAYS */
};

/* One client. The members are plain.c's; it is here so that a connection may embed it. While nothing is
 * half said `held` is NULL; a chunk client's `own` is as long as its nickname. */
struct plain {
    uint64_t limit_us, last_us; /* a nickname until then; when it was heard last */
    uint64_t id;                /* PLAIN_NODE */
    const char *input;          /* borrowed */
    size_t input_length;
    const char *why;                          /* PLAIN_REFUSED */
    char *held;                               /* what of its words came, without telnet's commands */
    char *own;                                /* the nickname as it stands before its words, if it does */
    uint32_t length, capacity;                /* of `held` */
    uint32_t said, ready;                     /* `held` is words up to `ready`, told up to `said` */
    uint16_t own_length;                      /* octets */
    uint8_t state, telnet, news;              /* plain.c's enums */
    bool one_key, speaks_telnet, late, ended; /* `late`: its bare nickname is still to come */
    char nick[TEXT_NICK_MAX + 1];
};

/* A client that connected now. It has 60 s to say who he is. */
void plain_init(struct plain *plain, uint64_t now_us);
void plain_free(struct plain *plain);

/* Bytes came. They are borrowed until plain_next returns false. */
void plain_feed(struct plain *plain, const char *bytes, size_t length, uint64_t now_us);

/* The client sends no more; what came before counts. Whoever has not said who he is by then is refused. */
void plain_end(struct plain *plain);

/* Lets time pass: to be called at plain_deadline (UINT64_MAX: not at all), may be called at any time. */
void plain_tick(struct plain *plain, uint64_t now_us);
uint64_t plain_deadline(const struct plain *plain);

/* The next event. There is one PLAIN_NODE, PLAIN_PERSON or PLAIN_REFUSED, and PLAIN_SAYS only after
 * PLAIN_PERSON; when memory runs out PLAIN_REFUSED may come later, too. */
bool plain_next(struct plain *plain, struct plain_event *event);

/* Whether it is a chunk client. It may become a line client later, but not the other way round. */
bool plain_is_chunk(const struct plain *plain);

/* After PLAIN_NODE: what of the bytes fed last are frames. */
struct span plain_rest(const struct plain *plain);

/* What a plain-text client is shown. */

enum plain_kind {
    PLAIN_LINE,  /* lines of UTF-8 without control characters */
    PLAIN_CHUNK, /* ASCII that begins with a newline and has fewer than PLAIN_CHUNK_MAX bytes */
};

#define PLAIN_CHUNK_MAX 1024 /* what the tutorial's client reads at once */

enum plain_news {
    PLAIN_MESSAGE,
    PLAIN_JOINED,
    PLAIN_LEFT,
    PLAIN_RENAMED,   /* text: the new nickname */
    PLAIN_LOST,      /* count: messages */
    PLAIN_CONNECTED, /* to the one who joins: nothing for a line client */
};

struct plain_shown {
    enum plain_news news;
    struct span nick, text;
    bool action;    /* PLAIN_MESSAGE */
    uint32_t count; /* PLAIN_LOST */
};

/* Gives what is shown piece by piece, because a message can be long. A chunk client's pieces are messages of
 * their own: each begins with a newline, which may be left out if the client has nothing unread, and each
 * names the speaker again. A line client's pieces follow each other directly, and the last ends with a
 * newline. */
struct plain_pieces {
    struct plain_shown shown; /* `text` is what is left of it */
    enum plain_kind kind;
    bool begun, done;
};

void plain_show(struct plain_pieces *pieces, enum plain_kind kind, const struct plain_shown *shown);

/* Writes the next piece to `out`, which has room for `size` bytes, PLAIN_CHUNK_MAX or more. Returns its
 * length, or 0 when there is no more. */
size_t plain_piece(struct plain_pieces *pieces, char *out, size_t size);

#endif
