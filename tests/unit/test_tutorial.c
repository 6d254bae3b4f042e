/* A tutorial chat server's client: nobody's words get lost in its stream, and no echo is taken for words. */
#include "lanchat/tutorial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "suite.h"

#define MS     UINT64_C(1000)
#define SECOND (1000 * MS)

struct trial {
    struct tutorial *tutorial;
    uint64_t now_us;
    char *exact; /* so that a read past the end is seen */
    size_t length, flat_length, sent_length;
    char log[8 * TEXT_SAY_MAX], flat[8 * TEXT_SAY_MAX], sent[8 * TEXT_SAY_MAX];
};

static struct trial trial;

static void note(const char *what, const struct tutorial_event *event)
{
    size_t room = sizeof trial.log - trial.length;
    struct span nick = event->nick, text = event->text;

    ck_assert(text_valid(text) && text.length <= TEXT_SAY_MAX);
    ck_assert(nick.length == 0 || text_name_valid(nick, TEXT_NICK_MAX));
    int written = snprintf(trial.log + trial.length, room, "%s%.*s%s%.*s|", what, (int)nick.length,
                           nick.length ? nick.bytes : "", text.length ? ": " : "", (int)text.length,
                           text.length ? text.bytes : "");
    ck_assert_int_lt(written, (int)room);
    trial.length += (size_t)written;
    if (nick.length > 0)
        memcpy(trial.flat + trial.flat_length, nick.bytes, nick.length);
    trial.flat_length += nick.length;
    if (text.length > 0)
        memcpy(trial.flat + trial.flat_length, text.bytes, text.length);
    trial.flat_length += text.length;
}

/* Every line that is sent ends with a `|` in `sent`. */
static void drain(void)
{
    static const char *const names[] = {"ENTERED", "+", "-", "", "REFUSED"};
    struct tutorial_event event;
    struct span bytes;

    while (tutorial_next(trial.tutorial, &event))
        note(event.action ? "*" : names[event.type], &event);
    while (tutorial_pull(trial.tutorial, &bytes, trial.now_us)) {
        memcpy(trial.sent + trial.sent_length, bytes.bytes, bytes.length);
        trial.sent_length += bytes.length;
        trial.sent[trial.sent_length++] = '|';
    }
    free(trial.exact);
    trial.exact = NULL;
}

static void pass(uint64_t us)
{
    uint64_t until = trial.now_us + us, deadline;

    while ((deadline = tutorial_deadline(trial.tutorial)) <= until) {
        ck_assert_uint_gt(deadline, trial.now_us);
        trial.now_us = deadline;
        tutorial_tick(trial.tutorial, deadline);
        drain();
    }
    trial.now_us = until;
}

static void feed_bytes(const char *bytes, size_t length)
{
    trial.exact = malloc(length ? length : 1);
    memcpy(trial.exact, bytes, length);
    tutorial_feed(trial.tutorial, trial.exact, length, trial.now_us);
    drain();
}

static void feed(const char *bytes)
{
    feed_bytes(bytes, strlen(bytes));
}

static void say(const char *nick, const char *text)
{
    ck_assert(tutorial_say(trial.tutorial, span_of(nick), span_of(text), false));
    drain();
}

static void forget(void)
{
    memset(trial.log, 0, trial.length);
    memset(trial.flat, 0, trial.flat_length);
    memset(trial.sent, 0, trial.sent_length);
    trial.length = trial.flat_length = trial.sent_length = 0;
}

static void connect(void)
{
    forget();
    trial.now_us = 7 * SECOND;
    trial.tutorial = tutorial_new(span_of("lanchat"), trial.now_us);
    ck_assert_ptr_nonnull(trial.tutorial);
}

/* As far as words. */
static void begin(void)
{
    connect();
    feed("NICK");
    feed("lanchat joined!Connected to server!");
    forget();
}

static void finish(void)
{
    tutorial_free(trial.tutorial);
}

static void check_log(const char *expected)
{
    ck_assert_msg(strcmp(trial.log, expected) == 0, "%s\n   instead of %s", trial.log, expected);
}

static void check_sent(const char *expected)
{
    ck_assert_msg(strcmp(trial.sent, expected) == 0, "%s\n   instead of %s", trial.sent, expected);
}

START_TEST(entering)
{
    const char greeting[] = "NICKlanchat joined!Connected to server!amy joined!";
    const uint64_t pauses[] = {0, 10 * MS};
    for (size_t i = 0; i < 2; i++)
        for (size_t cut = 1; cut < sizeof greeting - 1; cut++) {
            connect();
            say("jack", "hi");
            check_sent("");
            feed_bytes(greeting, cut);
            pass(pauses[i]);
            feed(greeting + cut);
            pass(SECOND);
            check_log("ENTERED|+amy|");
            check_sent("lanchat|jack: hi|");
            finish();
        }
}
END_TEST

START_TEST(a_server_that_does_not_ask)
{
    connect();
    feed("220 mail.example ESMTP\r\n");
    pass(29 * SECOND);
    check_log("");
    pass(SECOND);
    check_log("REFUSED: it did not ask for a nickname in 30 s|");
    check_sent("");
    ck_assert_uint_eq(tutorial_deadline(trial.tutorial), UINT64_MAX);
    finish();
    connect();
    for (unsigned i = 0; i < 10000; i++)
        feed("x");
    check_log("REFUSED: it did not ask for a nickname|");
    finish();
}
END_TEST

/* While `jack: hi` is out, the stream in pieces. */
static void three(const char *stream, size_t first, size_t second, uint64_t pause)
{
    size_t length = strlen(stream);

    begin();
    feed("bob joined!"); /* known, as somebody whose words are glued to others' must be */
    pass(SECOND);
    say("jack", "hi");
    forget();
    feed_bytes(stream, first);
    pass(pause);
    feed_bytes(stream + first, second - first);
    pass(second > first ? pause : 0);
    feed_bytes(stream + second, length - second);
    pass(SECOND);
    finish();
}

static bool holds(const char *words)
{
    for (size_t i = 0; i < trial.flat_length && *words; i++)
        if (trial.flat[i] == *words)
            words++;
    return *words == '\0';
}

/* However it is cut, this comes of it. A pause that is too long for a cut ends a message, and what follows is
 * said by who spoke last; but the echo, whose bytes are known, is found even so. */
static void check(const char *stream, const char *expected, const char *words)
{
    size_t length = strlen(stream);

    for (size_t first = 1; first <= length; first++)
        for (size_t second = first; second <= length; second++) {
            three(stream, first, second, 0);
            check_log(expected);
            three(stream, first, second, 10 * MS);
            check_log(expected);
            three(stream, first, second, 400 * MS);
            ck_assert_msg(holds(words) && !strstr(trial.log, "jack") && !strstr(trial.log, ": hi"),
                          "cut at %zu and %zu: %s", first, second, trial.log);
        }
}

START_TEST(the_echo_is_taken_out)
{
    check("jack: hi", "", "");
    check("bob: hellojack: hi", "bob: hello|", "hello");
    check("jack: hibob: hello", "bob: hello|", "hello");
    check("bob: onejack: hibob: two", "bob: one|bob: two|", "onetwo");
    check("bob: jjjajack: hibob left!", "bob: jjja|-bob|", "jjja");
    check("amy joined!jack: hiamy: yobob: so", "+amy|amy: yo|bob: so|", "yoso");
    check("lanchat left!jack: hilanchat joined!", "", "");
    check("jack: hi\nbob: a\r\nbob: b\n", "bob: a|bob: b|", "ab");
}
END_TEST

#define BURST_LINES 54
#define BURST_TEXT  95

static size_t append(char *text, const char *nick, size_t length, const char *end)
{
    size_t at = (size_t)sprintf(text, "%s: ", nick);

    memset(text + at, 'x', length);
    return at + length + (size_t)sprintf(text + at + length, "%s", end);
}

/* More at once than is held, and wherever that ends no message is torn, and the echo is found. */
START_TEST(a_burst_is_read_whole)
{
    static char stream[8192], expected[8192];

    for (size_t first = 1; first < 150; first++) {
        size_t at = append(stream, "bob", first, ""), wants = append(expected, "bob", first, "|");
        for (size_t i = 0; i < BURST_LINES; i++) {
            at += append(stream + at, "bob", BURST_TEXT, "");
            wants += append(expected + wants, "bob", BURST_TEXT, "|");
        }
        append(stream + at, "jack: hibob", 2, "");
        append(expected + wants, "bob", 2, "|");
        three(stream, strlen(stream), strlen(stream), 0);
        ck_assert_msg(strcmp(trial.log, expected) == 0, "first %zu", first);
    }
}
END_TEST

START_TEST(only_one_echo_is_ours)
{
    begin();
    say("jack", "hi");
    feed("jack: hijack: hi");
    pass(SECOND);
    check_log("jack: hi|");
    finish();
}
END_TEST

START_TEST(one_line_is_outstanding)
{
    begin();
    say("jack", "one");
    say("jack", "two");
    check_sent("jack: one|");
    feed("jack: on");
    pass(100 * MS);
    check_sent("jack: one|");
    feed("e");
    check_sent("jack: one|jack: two|");
    say("jack", "three");
    pass(1999 * MS - 100 * MS);
    check_sent("jack: one|jack: two|");
    pass(101 * MS);
    check_sent("jack: one|jack: two|jack: three|");
    feed("jack: twobob: xjack: three"); /* late, and no words even so */
    pass(SECOND);
    check_log("bob: x|");
    finish();
}
END_TEST

/* The first is late: the beginning of the second is not taken for it. */
START_TEST(an_echo_that_begins_with_another)
{
    const char echoes[] = "jack: hi therejack: hi";
    for (size_t cut = 1; cut < sizeof echoes; cut++) {
        begin();
        say("jack", "hi");
        pass(2 * SECOND);
        say("jack", "hi there");
        feed_bytes(echoes, cut);
        pass(400 * MS);
        feed(echoes + cut);
        pass(SECOND);
        check_sent("jack: hi|jack: hi there|");
        check_log("");
        finish();
    }
}
END_TEST

START_TEST(people)
{
    begin();
    feed("amy joined!");
    pass(SECOND);
    feed("amy: hellobob: who?");
    pass(SECOND);
    feed("bob: me, amy");
    pass(SECOND);
    feed("amy: ohbob: yesamy left!bob: bye");
    pass(SECOND);
    feed("Anna Maria joined!Anna Maria: ciao");
    pass(SECOND);
    feed("amy: /me waves");
    pass(SECOND);
    check_log("+amy|amy: hellobob: who?|bob: me, amy|amy: oh|bob: yes|-amy|bob: bye|"
              "+Anna_Maria|Anna_Maria: ciao|*amy: waves|");
    finish();
}
END_TEST

START_TEST(words_without_a_nickname)
{
    begin();
    feed("welcome to all");
    pass(SECOND);
    feed("bob: here is");
    pass(SECOND);
    feed("the rest: all of it");
    pass(SECOND);
    feed("caf\xe9");
    tutorial_end(trial.tutorial);
    drain();
    check_log("somebody: welcome to all|bob: here is|bob: the rest: all of it|bob: caf\xef\xbf\xbd|");
    finish();
}
END_TEST

START_TEST(what_we_say_is_ascii_and_short)
{
    begin();
    say("Ёж", "“да”\nнет");
    feed("Yozh: \"da\"\n    net");
    ck_assert(tutorial_say(trial.tutorial, span_of("jack"), span_of("waves"), true));
    drain();
    check_sent("Yozh: \"da\"\n    net|jack: /me waves|");
    check_log("");
    finish();
}
END_TEST

static char text[TEXT_SAY_MAX + 1];

START_TEST(long_texts_become_several_lines)
{
    memset(text, 'x', TEXT_SAY_MAX);
    begin();
    say("jack", text);
    size_t seen = 0, lines = 0;
    for (size_t at = 0; at < trial.sent_length;) {
        size_t length = strcspn(trial.sent + at, "|");
        ck_assert_uint_lt(length, 1024);
        ck_assert_int_eq(strncmp(trial.sent + at, "jack: ", 6), 0);
        char echo[1024];
        memcpy(echo, trial.sent + at, length);
        seen += length - 6;
        lines++;
        at += length + 1;
        feed_bytes(echo, length / 2);
        pass(lines % 3 * 5 * MS);
        feed_bytes(echo + length / 2, length - length / 2);
    }
    ck_assert_uint_eq(seen, TEXT_SAY_MAX);
    pass(10 * SECOND);
    check_log("");
    finish();
}
END_TEST

START_TEST(a_flood_is_bounded)
{
    begin();
    memset(text, 'x', TEXT_SAY_MAX);
    unsigned said = 0;
    while (said < 1000 && tutorial_say(trial.tutorial, span_of("jack"), span_of(text), false))
        said++;
    ck_assert_uint_gt(said, 2);
    ck_assert_uint_lt(said, 100);
    forget();
    memset(text, ':', TEXT_SAY_MAX);
    for (unsigned i = 0; i < 3; i++)
        feed_bytes(text, TEXT_SAY_MAX);
    pass(SECOND);
    size_t seen = 0;
    for (size_t at = 0; at < trial.length; at++)
        seen += trial.log[at] == ':';
    ck_assert_uint_ge(seen, 3 * TEXT_SAY_MAX);
    finish();
}
END_TEST

/* Any bytes at all, at any times, cut anywhere. */
START_TEST(any_bytes)
{
    uint32_t random = (uint32_t)_i + 1;
    begin();
    for (unsigned i = 0; i < 400; i++) {
        const char *const picks[] = {"jack: hi", "bob",  "amy",  ": ",   " joined!", " left!", "\n",  "\r",
                                     "lanchat",  "\xe9", "\xc3", "\xa9", "/me ",     "jack",   ": h", ""};
        random = random * 1664525 + 1013904223;
        const char *pick = picks[random >> 28];
        trial.length = trial.flat_length = trial.sent_length = 0;
        feed(pick);
        if ((random >> 8) % 8 == 0)
            say("jack", "hi");
        pass((random >> 12) % 4 * 9 * MS);
    }
    finish();
}
END_TEST

START_TEST(out_of_memory)
{
    if (!memory_wrapped())
        return;
    for (unsigned long n = 1; n < 12; n++) {
        long octets = 0;
        memory_account(&octets);
        memory_fail(n, false);
        memory_enter();
        struct tutorial *tutorial = tutorial_new(span_of("lanchat"), 1);
        struct tutorial_event event;
        struct span bytes;
        if (tutorial) {
            tutorial_feed(tutorial, "NICKbob joined!bob: hi", 22, 1);
            while (tutorial_next(tutorial, &event))
                ;
            tutorial_say(tutorial, span_of("jack"), span_of("hi"), true);
            while (tutorial_pull(tutorial, &bytes, 1))
                ;
            tutorial_end(tutorial);
            while (tutorial_next(tutorial, &event))
                ;
        }
        tutorial_free(tutorial);
        memory_leave();
        memory_account(NULL);
        memory_fail(0, false);
        ck_assert_int_eq(octets, 0);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tutorial");

    tcase_add_test(tests, entering);
    tcase_add_test(tests, a_server_that_does_not_ask);
    tcase_add_test(tests, the_echo_is_taken_out);
    tcase_add_test(tests, a_burst_is_read_whole);
    tcase_add_test(tests, only_one_echo_is_ours);
    tcase_add_test(tests, one_line_is_outstanding);
    tcase_add_test(tests, an_echo_that_begins_with_another);
    tcase_add_test(tests, people);
    tcase_add_test(tests, words_without_a_nickname);
    tcase_add_test(tests, what_we_say_is_ascii_and_short);
    tcase_add_test(tests, long_texts_become_several_lines);
    tcase_add_test(tests, a_flood_is_bounded);
    tcase_add_test(tests, out_of_memory);
    tcase_add_loop_test(tests, any_bytes, 0, 50);
    return suite_run(tests, "tutorial");
}
