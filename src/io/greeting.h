/* What a hub says before there are frames, as the one who dialled hears it (lanchat(7), TCP): NICK, and, to
 * our preface, its own. Octets in, a state out; no socket. */
#ifndef LANCHAT_GREETING_H
#define LANCHAT_GREETING_H

#include <stddef.h>
#include <stdint.h>

#define GREETING_NICK  "NICK"
#define PREFACE_OCTETS 24 /* "LCHT 1 ", 16 digits, newline */

enum greeting_state {
    GREETING_WAITS,     /* for NICK */
    GREETING_ASKED,     /* NICK was there: our preface is to be sent, theirs waited for */
    GREETING_DONE,      /* what follows are frames */
    GREETING_OURSELVES, /* theirs is ours */
    GREETING_OTHER,     /* nothing that a hub says */
};

struct greeting {
    enum greeting_state state;
    uint64_t id; /* ours */
    size_t have; /* octets of the part that is waited for */
    char bytes[PREFACE_OCTETS];
};

/* For a node with that id. */
void greeting_init(struct greeting *greeting, uint64_t id);

/* Takes octets in whatever pieces they come, up to those that decide: to GREETING_ASKED, or to one of the
 * three ends. Returns how many it took. */
size_t greeting_take(struct greeting *greeting, const uint8_t *bytes, size_t length);

/* Writes the preface of a node: PREFACE_OCTETS, and no NUL. */
void greeting_preface(uint64_t id, char out[PREFACE_OCTETS]);

#endif
