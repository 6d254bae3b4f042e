/* A plain-text client on trial, one at a time: what it sends, in what pieces, with what pauses, and what came
 * of it. */
#ifndef TRIAL_H
#define TRIAL_H

#include "lanchat/plain.h"

#define TRIAL_MS     UINT64_C(1000)
#define TRIAL_SECOND (1000 * TRIAL_MS)

#define TRIAL_BAD "\xef\xbf\xbd" /* what an octet that is no text becomes */

struct trial {
    struct plain plain;
    uint64_t now_us;
    char *exact; /* so that a read past the end is seen */
    size_t length, flat_length;
    char log[8 * TEXT_SAY_MAX];  /* what came of it: `PERSON jack|SAYS hi|` */
    char flat[8 * TEXT_SAY_MAX]; /* the same as nothing but words */
};

extern struct trial trial;

void trial_begin(void);

/* Time passes as in the program: a tick at each deadline. */
void trial_pass(uint64_t us);

/* It sends this, which may hold zeros, or this text. */
void trial_send(const char *bytes, size_t length);
void trial_say(const char *bytes);

/* It ends its side of the connection. */
void trial_end(void);

void trial_finish(void);

enum tail { STAYS, ENDS };

/* It says no more, and stays for a while or ends; the trial is over. */
void trial_tail(enum tail how);

/* This came of it, and nothing else. */
void trial_check(const char *expected);

/* A whole trial of what is sent in three pieces, cut at `first` and `second`, with pauses between. */
void trial_three(const char *input, size_t length, size_t first, size_t second, uint64_t pause,
                 enum tail how);

#endif
