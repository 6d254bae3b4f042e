/* Feeds: each reader gets what was appended after it came, in order and once, without what it leaves out,
 * however much of it is read at a time; and what all have read is freed. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "suite.h"

#define PIECES 4

static void append(struct feed *feed, const char *text)
{
    ck_assert(feed_append(feed, span_of(text)));
}

/* Reads up to `most` octets into `out`, terminated; returns how many. */
static size_t read_some(struct feed *feed, struct feed_reader *reader, char *out, size_t most)
{
    struct iovec pieces[PIECES];
    size_t count = feed_gather(feed, reader, pieces, PIECES), length = 0;

    for (size_t i = 0; i < count && length < most; i++) {
        size_t part = pieces[i].iov_len < most - length ? pieces[i].iov_len : most - length;
        memcpy(out + length, pieces[i].iov_base, part);
        length += part;
    }
    out[length] = '\0';
    feed_advance(feed, reader, length);
    return length;
}

/* All that there is, so many octets at a time. */
static char *read_all(struct feed *feed, struct feed_reader *reader, size_t step)
{
    char *out = malloc(feed_behind(feed, reader) + 1);
    size_t length = 0, got;

    out[0] = '\0';
    while ((got = read_some(feed, reader, out + length, step)) > 0)
        length += got;
    return out;
}

static void expect(struct feed *feed, struct feed_reader *reader, size_t step, const char *text)
{
    char *out = read_all(feed, reader, step);

    ck_assert_str_eq(out, text);
    free(out);
}

START_TEST(a_reader_gets_what_came_after_it)
{
    struct feed feed = {0};
    struct feed_reader first = {0}, second = {0};
    ck_assert(feed_attach(&feed, &first));
    append(&feed, "one\n");
    ck_assert(feed_attach(&feed, &second));
    append(&feed, "two\n");
    expect(&feed, &first, 1000, "one\ntwo\n");
    expect(&feed, &second, 1000, "two\n");
    append(&feed, "three\n");
    expect(&feed, &first, 1000, "three\n");
    expect(&feed, &second, 1, "three\n");
    expect(&feed, &second, 1, "");
    feed_detach(&feed, &first);
    feed_detach(&feed, &second);
}
END_TEST

START_TEST(nothing_is_kept_for_nobody)
{
    struct feed feed = {0};
    struct feed_reader reader = {0};
    append(&feed, "unheard");
    ck_assert_uint_eq(feed_backlog(&feed), 0);
    ck_assert(feed_attach(&feed, &reader));
    append(&feed, "heard");
    expect(&feed, &reader, 3, "heard");
    append(&feed, "unread");
    feed_detach(&feed, &reader);
    ck_assert_ptr_null(feed.first);
    ck_assert(feed_attach(&feed, &reader));
    append(&feed, "again");
    expect(&feed, &reader, 3, "again");
    feed_detach(&feed, &reader);
}
END_TEST

/* Its own words are left out, alone, in a row and at either end, wherever the reader is. */
static void leave_out(size_t step)
{
    struct feed feed = {0};
    struct feed_reader speaker = {0}, other = {0};
    const char *said = "AbCDefGhI"; /* capitals: the speaker's own */

    ck_assert(feed_attach(&feed, &speaker));
    ck_assert(feed_attach(&feed, &other));
    for (const char *c = said; *c; c++) {
        uint64_t from = feed.end;
        ck_assert(feed_append(&feed, (struct span){c, 1}));
        if (*c < 'a')
            ck_assert(feed_omit(&feed, &speaker, from));
    }
    expect(&feed, &speaker, step, "befh");
    expect(&feed, &other, step, said);
    ck_assert_uint_eq(feed_behind(&feed, &speaker), 0);
    append(&feed, "x");
    expect(&feed, &speaker, step, "x");
    feed_detach(&feed, &speaker);
    feed_detach(&feed, &other);
}

START_TEST(own_words_are_left_out)
{
    leave_out(1000);
    leave_out(2);
    leave_out(1);
}
END_TEST

/* Random texts over many blocks, read in random steps by several, each of whom says a part of it. */
START_TEST(over_many_blocks)
{
    enum { READERS = 3, TEXTS = 3000, LONGEST = 900 };
    struct feed feed = {0};
    struct feed_reader readers[READERS] = {0};
    char *wanted[READERS], *got[READERS];
    size_t want[READERS] = {0}, have[READERS] = {0};
    unsigned seed = (unsigned)_i + 1;
    char text[LONGEST];

    for (int i = 0; i < READERS; i++) {
        wanted[i] = malloc(TEXTS * LONGEST);
        got[i] = malloc(TEXTS * LONGEST + 1);
        ck_assert(feed_attach(&feed, &readers[i]));
    }
    for (int n = 0; n < TEXTS; n++) {
        size_t length = (size_t)rand_r(&seed) % LONGEST;
        int speaker = rand_r(&seed) % (READERS + 1);
        uint64_t from = feed.end;
        for (size_t i = 0; i < length; i++)
            text[i] = (char)('a' + rand_r(&seed) % 26);
        ck_assert(feed_append(&feed, (struct span){text, length}));
        for (int i = 0; i < READERS; i++) {
            if (i == speaker) {
                ck_assert(feed_omit(&feed, &readers[i], from));
                continue;
            }
            memcpy(wanted[i] + want[i], text, length);
            want[i] += length;
        }
        int reader = rand_r(&seed) % READERS;
        if (rand_r(&seed) % 4 == 0)
            have[reader] +=
                read_some(&feed, &readers[reader], got[reader] + have[reader], (size_t)rand_r(&seed) % 9000);
    }
    for (int i = 0; i < READERS; i++) {
        char *rest = read_all(&feed, &readers[i], 70000);
        memcpy(got[i] + have[i], rest, strlen(rest));
        have[i] += strlen(rest);
        free(rest);
        ck_assert_uint_eq(have[i], want[i]);
        ck_assert_mem_eq(got[i], wanted[i], want[i]);
        free(wanted[i]);
        free(got[i]);
    }
    ck_assert_uint_lt(feed_backlog(&feed), 131072);
    for (int i = 0; i < READERS; i++)
        feed_detach(&feed, &readers[i]);
    ck_assert_ptr_null(feed.first);
}
END_TEST

/* Calls of the feed that are counted, and may fail, and not the tests' own. */

static bool watched_append(struct feed *feed, struct span text)
{
    memory_enter();
    bool done = feed_append(feed, text);
    memory_leave();
    return done;
}

static bool watched_attach(struct feed *feed, struct feed_reader *reader)
{
    memory_enter();
    bool done = feed_attach(feed, reader);
    memory_leave();
    return done;
}

static void watched_detach(struct feed *feed, struct feed_reader *reader)
{
    memory_enter();
    feed_detach(feed, reader);
    memory_leave();
}

/* A hundred who do not read cost what one does, and the one that reads on costs nothing. */
START_TEST(memory_is_that_of_the_slowest)
{
    enum { SLOW = 100 };
    struct feed feed = {0};
    struct feed_reader slow[SLOW] = {0}, quick = {0};
    static char text[1000], out[1001];
    long octets = 0;

    memset(text, 'x', sizeof text);
    memory_account(&octets);
    ck_assert(watched_attach(&feed, &quick));
    for (int i = 0; i < SLOW; i++)
        ck_assert(watched_attach(&feed, &slow[i]));
    for (int n = 0; n < 1000; n++) {
        ck_assert(watched_append(&feed, (struct span){text, sizeof text}));
        ck_assert_uint_eq(read_some(&feed, &quick, out, sizeof text), sizeof text);
    }
    ck_assert_uint_eq(feed_behind(&feed, &slow[0]), 1000000);
    ck_assert_uint_ge(feed_backlog(&feed), 1000000);
    ck_assert_int_lt(octets, 1200000);
    for (int i = 0; i < SLOW; i++)
        watched_detach(&feed, &slow[i]);
    ck_assert_int_lt(octets, 200000);
    ck_assert_uint_lt(feed_backlog(&feed), 131072);
    watched_detach(&feed, &quick);
    ck_assert_int_eq(octets, 0);
    memory_account(NULL);
}
END_TEST

/* All or nothing, and what was there stays whole. */
START_TEST(no_memory)
{
    struct feed feed = {0};
    struct feed_reader reader = {0};
    static char text[100000];

    memset(text, 'x', sizeof text);
    memory_fail(1, true);
    ck_assert(!watched_attach(&feed, &reader));
    memory_fail(0, false);
    ck_assert(watched_attach(&feed, &reader));
    append(&feed, "before ");
    memory_fail(1, true);
    ck_assert(!watched_append(&feed, (struct span){text, sizeof text}));
    memory_enter();
    bool omitted = feed_omit(&feed, &reader, 3);
    memory_leave();
    ck_assert(!omitted);
    memory_fail(0, false);
    append(&feed, "after");
    expect(&feed, &reader, 1000, "before after");
    feed_detach(&feed, &reader);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("feed");

    tcase_add_test(tests, a_reader_gets_what_came_after_it);
    tcase_add_test(tests, nothing_is_kept_for_nobody);
    tcase_add_test(tests, own_words_are_left_out);
    tcase_add_loop_test(tests, over_many_blocks, 0, 10);
    tcase_add_test(tests, memory_is_that_of_the_slowest);
    tcase_add_test(tests, no_memory);
    return suite_run(tests, "feed");
}
