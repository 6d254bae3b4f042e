#include "trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

struct trial trial;

static void note(const char *what, struct span text)
{
    size_t room = sizeof trial.log - trial.length;

    ck_assert_msg(text_valid(text), "no UTF-8");
    ck_assert_uint_le(text.length, TEXT_SAY_MAX);
    int written = snprintf(trial.log + trial.length, room, "%s%.*s|", what, (int)text.length, text.bytes);
    ck_assert_int_lt(written, (int)room);
    trial.length += (size_t)written;
    memcpy(trial.flat + trial.flat_length, text.bytes, text.length);
    trial.flat_length += text.length;
}

static void drain(void)
{
    struct plain_event event;
    char id[17];

    while (plain_next(&trial.plain, &event))
        switch (event.type) {
        case PLAIN_NODE:
            snprintf(id, sizeof id, "%016" PRIx64, event.id);
            note("NODE ", span_of(id));
            note("REST ", plain_rest(&trial.plain));
            break;
        case PLAIN_PERSON:
            ck_assert(text_name_valid(event.text, TEXT_NICK_MAX));
            note("PERSON ", event.text);
            break;
        case PLAIN_SAYS:
            ck_assert_uint_gt(event.text.length, 0);
            note(event.action ? "DOES " : "SAYS ", event.text);
            break;
        case PLAIN_REFUSED:
            note("REFUSED ", event.text);
            break;
        }
    free(trial.exact);
    trial.exact = NULL;
}

void trial_begin(void)
{
    memset(&trial, 0, sizeof trial);
    trial.now_us = 7 * TRIAL_SECOND;
    plain_init(&trial.plain, trial.now_us);
}

void trial_pass(uint64_t us)
{
    uint64_t until = trial.now_us + us, deadline;

    while ((deadline = plain_deadline(&trial.plain)) <= until) {
        ck_assert_uint_gt(deadline, trial.now_us);
        trial.now_us = deadline;
        plain_tick(&trial.plain, deadline);
        drain();
    }
    trial.now_us = until;
}

void trial_send(const char *bytes, size_t length)
{
    trial.exact = malloc(length ? length : 1);
    memcpy(trial.exact, bytes, length);
    plain_feed(&trial.plain, trial.exact, length, trial.now_us);
    drain();
}

void trial_say(const char *bytes)
{
    trial_send(bytes, strlen(bytes));
}

void trial_end(void)
{
    plain_end(&trial.plain);
    drain();
    ck_assert_uint_eq(plain_deadline(&trial.plain), UINT64_MAX);
}

void trial_finish(void)
{
    plain_free(&trial.plain);
}

void trial_tail(enum tail how)
{
    if (how == ENDS)
        trial_end();
    else
        trial_pass(30 * TRIAL_SECOND);
    trial_finish();
}

void trial_check(const char *expected)
{
    ck_assert_msg(strcmp(trial.log, expected) == 0, "%s\n   instead of %s", trial.log, expected);
}

void trial_three(const char *input, size_t length, size_t first, size_t second, uint64_t pause, enum tail how)
{
    trial_begin();
    trial_send(input, first);
    if (second > first) {
        trial_pass(pause);
        trial_send(input + first, second - first);
    }
    if (length > second) {
        trial_pass(pause);
        trial_send(input + second, length - second);
    }
    trial_tail(how);
}
