/* Plain-text clients: who they are and what they say, however the bytes come. */
#include "lanchat/plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "suite.h"

#define MS     UINT64_C(1000)
#define SECOND (1000 * MS)

/* A client, and what came of it: `PERSON jack|SAYS hi|`, and the same as nothing but words. */
struct trial {
    struct plain plain;
    uint64_t now_us;
    char *exact; /* so that a read past the end is seen */
    size_t length, flat_length;
    char log[8 * TEXT_SAY_MAX], flat[8 * TEXT_SAY_MAX];
};

static struct trial trial;

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

static void begin(void)
{
    memset(&trial, 0, sizeof trial);
    trial.now_us = 7 * SECOND;
    plain_init(&trial.plain, trial.now_us);
}

/* Time passes as in the program: a tick at each deadline. */
static void pass(uint64_t us)
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

static void send(const char *bytes, size_t length)
{
    trial.exact = malloc(length ? length : 1);
    memcpy(trial.exact, bytes, length);
    plain_feed(&trial.plain, trial.exact, length, trial.now_us);
    drain();
}

static void say(const char *bytes)
{
    send(bytes, strlen(bytes));
}

static void end(void)
{
    plain_end(&trial.plain);
    drain();
    ck_assert_uint_eq(plain_deadline(&trial.plain), UINT64_MAX);
}

static void finish(void)
{
    plain_free(&trial.plain);
}

enum tail { STAYS, ENDS };

static void tail(enum tail how)
{
    if (how == ENDS)
        end();
    else
        pass(30 * SECOND);
    finish();
}

static void check_log(const char *expected)
{
    ck_assert_msg(strcmp(trial.log, expected) == 0, "%s\n   instead of %s", trial.log, expected);
}

static void three(const char *input, size_t length, size_t first, size_t second, uint64_t pause,
                  enum tail how)
{
    begin();
    send(input, first);
    if (second > first) {
        pass(pause);
        send(input + first, second - first);
    }
    if (length > second) {
        pass(pause);
        send(input + second, length - second);
    }
    tail(how);
}

/* The input in one, two and three pieces gives this, with pauses too short to mean anything. */
static void check_short(const char *input, size_t length, enum tail how, const char *expected)
{
    for (size_t first = 1; first <= length; first++)
        for (size_t second = first; second <= length; second++) {
            three(input, length, first, second, 0, how);
            check_log(expected);
            three(input, length, first, second, 10 * MS, how);
            check_log(expected);
        }
}

/* All of `words` in this order, with whatever between them. */
static bool holds(const char *words)
{
    for (size_t i = 0; i < trial.flat_length && *words; i++)
        if (trial.flat[i] == *words)
            words++;
    return *words == '\0';
}

/* A pause inside the first line makes a chunk client of anybody: somebody else's name, but no word is lost.
 * After the first line pauses mean nothing to a line client. */
static void check_long(const char *input, size_t length, enum tail how, const char *expected,
                       const char *words)
{
    const uint64_t pauses[] = {400 * MS, 6 * SECOND};
    size_t begin_of_first = strspn(input, "\n");
    const char *newline = memchr(input + begin_of_first, '\n', length - begin_of_first);

    for (size_t i = 0; i < 2; i++)
        for (size_t first = 1; first < length; first++)
            for (size_t second = first; second < length; second++) {
                three(input, length, first, second, pauses[i], how);
                if (newline && first > (size_t)(newline - input))
                    check_log(expected);
                ck_assert_msg(holds(words), "cut at %zu and %zu: %s", first, second, trial.log);
            }
}

static void check_keys(const char *input, size_t length, enum tail how, const char *expected)
{
    begin();
    for (size_t at = 0, size; at < length; at += size) {
        for (size = 1; at + size < length && ((uint8_t)input[at + size] & 0xc0) == 0x80; size++)
            ;
        pass(400 * MS);
        send(input + at, size);
    }
    tail(how);
    check_log(expected);
}

/* Lines: the same in one or more pieces, at any speed, whether the client stays or ends. */
static void check_lines(const char *input, size_t length, const char *expected, const char *words)
{
    for (enum tail how = STAYS; how <= ENDS; how++) {
        check_short(input, length, how, expected);
        check_long(input, length, how, expected, words);
        check_keys(input, length, how, expected);
    }
}

#define LINES(input, expected, words) check_lines(input, sizeof(input) - 1, expected, words)

#define BAD "\xef\xbf\xbd"

START_TEST(lines)
{
    LINES("jack\nhi\n", "PERSON jack|SAYS hi|", "hi");
    LINES("jack\r\nhi\r\n", "PERSON jack|SAYS hi|", "hi");
    LINES("\n\njack\n\none\n\ntwo\n", "PERSON jack|SAYS one|SAYS two|", "onetwo");
    LINES("\xd0\xaf\n\xd0\xb4\xd0\xb0\n", "PERSON \xd0\xaf|SAYS \xd0\xb4\xd0\xb0|", "");
    LINES("j\njack: hi\n", "PERSON j|SAYS jack: hi|", "jack: hi");
    LINES("jack\njack: hi\n", "PERSON jack|SAYS jack: hi|", "hi");
    LINES("jack\nI am jack\njack\n", "PERSON jack|SAYS I am jack|SAYS jack|", "I am jackjack");
    LINES("jack\n/me waves\n", "PERSON jack|DOES waves|", "waves");
    LINES("jack\n/me \n/men\n", "PERSON jack|SAYS /me |SAYS /men|", "/me/men");
    LINES("jack\nGET / HTTP/1.1\n", "PERSON jack|SAYS GET / HTTP/1.1|", "GET / HTTP/1.1");
}
END_TEST

START_TEST(the_last_line_needs_no_newline)
{
    check_short("jack\nhi", 7, ENDS, "PERSON jack|SAYS hi|");
    check_short("jack", 4, ENDS, "PERSON jack|");
    check_short("jack: hi", 8, ENDS, "PERSON jack|SAYS hi|");
    three("jack", 4, 4, 4, 0, ENDS);
    ck_assert_msg(!plain_is_chunk(&trial.plain), "who ends and still reads is no chunk client");
}
END_TEST

START_TEST(what_is_no_text)
{
    LINES("jack\ncaf\xe9 au\n", "PERSON jack|SAYS caf" BAD " au|", "caf au");
    check_short("jack\na\0b\n", 9, STAYS, "PERSON jack|SAYS a" BAD "b|");
    LINES("jack\n\x1b[2J\t\x07\n", "PERSON jack|SAYS \x1b[2J\t\x07|", "[2J");
    check_short("jack\nx\xffy\n", 9, STAYS, "PERSON jack|SAYS x" BAD "y|");
}
END_TEST

START_TEST(telnet)
{
    LINES("\xff\xfd\x03\xff\xfb\x18jack\r\nhi\r\n", "PERSON jack|SAYS hi|", "hi");
    LINES("ja\xff\xfa\x1f\n\n\xff\xff\x01\xff\xf0"
          "ck\r\nh\xff\xf1i\r\n",
          "PERSON jack|SAYS hi|", "hi");
    check_short("jack\r\0hi\r\0", 10, STAYS, "PERSON jack|SAYS hi|");
    check_short("jack\r\na\xff\xff"
                "b\r\n",
                12, STAYS, "PERSON jack|SAYS a" BAD "b|");
    begin(); /* telnet gives itself away: its pauses are a person's */
    say("\xff\xfd\x03");
    say("ja");
    pass(30 * SECOND);
    say("ck\r\n");
    tail(STAYS);
    check_log("PERSON jack|");
}
END_TEST

static void check_name(const char *line, const char *name)
{
    char expected[100];

    begin();
    say(line);
    say("\n");
    snprintf(expected, sizeof expected, "PERSON %s|", name);
    tail(STAYS);
    check_log(expected);
}

START_TEST(nobody_is_sent_away_for_his_name)
{
    check_name("Anna Maria ", "Anna_Maria");
    check_name(" \t", "guest");
    check_name("~~", "guest");
    check_name("\xfe\xfe", "guest");
    check_name("jack~1\x1b[m", "jack1[m");
    check_name("0123456789012345678901234567890123456789", "01234567890123456789012345678901");
    check_name("0123456789012345678901234567890\xc3\xa9", "0123456789012345678901234567890");
    check_name("LCHT", "LCHT");
}
END_TEST

/* Chunks. */

static void check_chunks(const char *input, const char *expected, const char *words)
{
    size_t length = strlen(input);

    check_short(input, length, STAYS, expected);
    check_short(input, length, ENDS, expected);
    check_long(input, length, STAYS, expected, words);
    check_long(input, length, ENDS, expected, words);
}

START_TEST(chunks)
{
    check_chunks("jack", "PERSON jack|", "");
    check_chunks("jack: hi", "PERSON jack|SAYS hi|", "hi");
    check_chunks("jackjack: hi", "PERSON jack|SAYS hi|", "hi");
    check_chunks("jack: hijack", "PERSON jack|SAYS hi|", "hi");
    check_chunks("jackjack: onejack: two", "PERSON jack|SAYS one|SAYS two|", "onetwo");
    check_chunks("jack: onejackjack: two", "PERSON jack|SAYS one|SAYS two|", "onetwo");
    check_chunks("jack: onejack: twojack", "PERSON jack|SAYS one|SAYS two|", "onetwo");
    check_chunks("cocococo: hi", "PERSON coco|SAYS hi|", "hi");
    check_chunks("coco: hicoco", "PERSON coco|SAYS hi|", "hi");
    check_chunks("jack: so: what", "PERSON jack|SAYS so: what|", "so: what");
    check_chunks(": hi", "PERSON guest|SAYS : hi|", "hi");
    check_chunks("Jo Do: hiJo Do", "PERSON Jo_Do|SAYS hi|", "hi");
}
END_TEST

START_TEST(a_late_nickname_is_no_word)
{
    begin();
    say("jack: hi");
    pass(SECOND);
    ck_assert(plain_is_chunk(&trial.plain));
    check_log("PERSON jack|SAYS hi|");
    say("jack");
    pass(SECOND);
    say("jack: jack");
    pass(SECOND);
    say("jack: onejack: two");
    tail(STAYS);
    check_log("PERSON jack|SAYS hi|SAYS jack|SAYS one|SAYS two|");
}
END_TEST

START_TEST(a_chunk_that_is_cut_is_one)
{
    begin();
    say("jack");
    pass(SECOND);
    say("jack: one, ");
    pass(10 * MS);
    say("two, ");
    pass(10 * MS);
    say("three");
    pass(19 * MS);
    check_log("PERSON jack|");
    pass(MS);
    check_log("PERSON jack|SAYS one, two, three|");
    ck_assert_ptr_null(trial.plain.held);
    say("jack: four");
    end();
    finish();
    check_log("PERSON jack|SAYS one, two, three|SAYS four|");
}
END_TEST

START_TEST(a_newline_makes_a_line_client)
{
    begin();
    say("jack");
    pass(299 * MS);
    check_log("");
    pass(MS);
    check_log("PERSON jack|");
    ck_assert(plain_is_chunk(&trial.plain));
    say("one");
    pass(10 * MS);
    say(", two\nth");
    ck_assert(!plain_is_chunk(&trial.plain));
    pass(10 * SECOND);
    say("ree\n");
    tail(STAYS);
    check_log("PERSON jack|SAYS one, two|SAYS three|");
}
END_TEST

START_TEST(a_single_byte_is_a_key)
{
    begin();
    say("j");
    pass(4900 * MS);
    check_log("");
    pass(100 * MS);
    check_log("PERSON j|");
    finish();
}
END_TEST

/* Who is no person. */

static void check_first(const char *input, size_t length, const char *expected)
{
    for (size_t first = 1; first <= length; first++)
        for (size_t second = first; second <= length; second++) {
            three(input, length, first, second, 10 * MS, STAYS);
            check_log(expected);
        }
}

#define FIRST(input, expected) check_first(input, sizeof(input) - 1, expected)

START_TEST(who_is_refused)
{
    FIRST("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "REFUSED an HTTP client|");
    FIRST("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "REFUSED an HTTP client|");
    FIRST("\x16\x03\x01\x02\x00\x01", "REFUSED a TLS client|");
    FIRST("\x16\x02", "REFUSED binary data|");
    FIRST("\x16", "REFUSED binary data|");
    FIRST("\x16\n", "REFUSED binary data|");
    FIRST("ja\0ck\n", "REFUSED binary data|");
    FIRST("ja\x08", "REFUSED binary data|");
    FIRST("ja\x1f", "REFUSED binary data|");
    FIRST("LCHT 2 0123456789abcdef\n", "REFUSED a preface of another kind|");
    FIRST("LCHT 1 0123456789abcdeg\n", "REFUSED a preface of another kind|");
    FIRST("LCHT 1 01", "REFUSED half a preface|");
}
END_TEST

START_TEST(an_endless_line)
{
    char line[1100];
    memset(line, 'x', sizeof line);
    for (size_t cut = 1; cut < sizeof line; cut += 7) {
        three(line, sizeof line, cut, cut, 0, STAYS);
        check_log("REFUSED an endless line|");
    }
    line[1024] = '\n';
    three(line, 1025, 500, 1024, 0, STAYS);
    check_log("PERSON xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|");
}
END_TEST

START_TEST(silence)
{
    begin();
    pass(59999 * MS);
    say("\xff\xfd\x03\n\r\n");
    check_log("");
    pass(MS);
    check_log("REFUSED said nothing for 60 s|");
    ck_assert_uint_eq(plain_deadline(&trial.plain), UINT64_MAX);
    finish();
    begin();
    end();
    finish();
    check_log("REFUSED said nothing|");
}
END_TEST

START_TEST(half_a_preface)
{
    begin();
    say("LCHT 1 01");
    pass(4999 * MS);
    check_log("");
    pass(MS);
    check_log("REFUSED half a preface|");
    finish();
    begin();
    say("LCHT 1 01");
    end();
    finish();
    check_log("REFUSED half a preface|");
}
END_TEST

#define PREFACE "LCHT 1 0123456789abcdef\n"

START_TEST(a_node)
{
    const uint64_t pauses[] = {0, 10 * MS, 400 * MS, 4 * SECOND};
    for (size_t i = 0; i < 4; i++)
        for (size_t first = 1; first < sizeof PREFACE - 1; first++)
            for (size_t second = first; second < sizeof PREFACE - 1; second++) {
                three(PREFACE, sizeof PREFACE - 1, first, second, pauses[i], STAYS);
                check_log("NODE 0123456789abcdef|REST |");
            }
    three(PREFACE "\n\r\r\n", sizeof PREFACE + 3, sizeof PREFACE + 3, sizeof PREFACE + 3, 0, STAYS);
    check_log("NODE 0123456789abcdef|REST \n\r\r\n|");
}
END_TEST

/* Long lines. */

static char input[4 * TEXT_SAY_MAX];

START_TEST(long_lines_become_several)
{
    const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\x89", "\xe9"};
    for (size_t c = 0; c < 5; c++) {
        size_t size = strlen(characters[c]), length = 2, count = (2 * TEXT_SAY_MAX + 99) / size;
        memcpy(input, "j\n", 2);
        for (size_t i = 0; i < count; i++, length += size)
            memcpy(input + length, characters[c], size);
        const size_t cuts[] = {2, 3, 1000, TEXT_SAY_MAX + 1, TEXT_SAY_MAX + 2, TEXT_SAY_MAX + 3, length};
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            three(input, length, cuts[i], length, 0, ENDS);
            const char *shown = c == 4 ? BAD : characters[c];
            size_t shown_size = strlen(shown);
            ck_assert_uint_eq(trial.flat_length, 1 + count * shown_size);
            for (size_t at = 1; at < trial.flat_length; at += shown_size)
                ck_assert_mem_eq(trial.flat + at, shown, shown_size);
        }
    }
}
END_TEST

START_TEST(the_longest_line_is_one)
{
    memcpy(input, "j\n", 2);
    memset(input + 2, 'x', TEXT_SAY_MAX);
    input[TEXT_SAY_MAX + 2] = '\n';
    three(input, TEXT_SAY_MAX + 3, 1000, TEXT_SAY_MAX + 2, 0, STAYS);
    ck_assert_uint_eq(trial.length, strlen("PERSON j|SAYS |") + TEXT_SAY_MAX);
}
END_TEST

/* One feed may bring everything, and nothing is held when nothing is half said. */
START_TEST(idle_clients_are_small)
{
    ck_assert_uint_lt(sizeof(struct plain), 160);
    begin();
    say("jack\none\ntwo\n");
    check_log("PERSON jack|SAYS one|SAYS two|");
    ck_assert_ptr_null(trial.plain.held);
    ck_assert_ptr_null(trial.plain.own);
    finish();
}
END_TEST

START_TEST(out_of_memory)
{
    if (!memory_wrapped())
        return;
    const char *const inputs[] = {"jack: hijack: ho\xff\xff", "jack\nhi\xc3\n"};
    for (size_t i = 0; i < 2; i++)
        for (unsigned long n = 1; n < 6; n++) {
            long octets = 0;
            memory_account(&octets);
            memory_fail(n, false);
            begin();
            memory_enter();
            plain_feed(&trial.plain, inputs[i], strlen(inputs[i]), trial.now_us);
            struct plain_event event;
            while (plain_next(&trial.plain, &event))
                ;
            plain_end(&trial.plain);
            while (plain_next(&trial.plain, &event))
                ;
            plain_free(&trial.plain);
            memory_leave();
            memory_account(NULL);
            memory_fail(0, false);
            ck_assert_int_eq(octets, 0);
        }
}
END_TEST

/* Any bytes at all, at any times: nothing but what the notes check. */
START_TEST(any_bytes)
{
    uint32_t random = (uint32_t)_i + 1;
    begin();
    for (unsigned i = 0; i < 400; i++) {
        const char pick[] = "jack: \n\r\xff\xfa\xf0\xfd\xc3\xa9\xe2\x82\xac/me ~";
        char bytes[24];
        size_t length = 0;
        do {
            random = random * 1664525 + 1013904223;
            bytes[length] = i + length < 40 ? 'j' : pick[(random >> 16) % sizeof pick];
            length++;
        } while (length < sizeof bytes && (random >> 28) > 1);
        trial.length = trial.flat_length = 0;
        send(bytes, length);
        pass((random >> 8) % 3 * 200 * MS);
    }
    end();
    finish();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("plain");

    tcase_add_test(tests, lines);
    tcase_add_test(tests, the_last_line_needs_no_newline);
    tcase_add_test(tests, what_is_no_text);
    tcase_add_test(tests, telnet);
    tcase_add_test(tests, nobody_is_sent_away_for_his_name);
    tcase_add_test(tests, chunks);
    tcase_add_test(tests, a_late_nickname_is_no_word);
    tcase_add_test(tests, a_chunk_that_is_cut_is_one);
    tcase_add_test(tests, a_newline_makes_a_line_client);
    tcase_add_test(tests, a_single_byte_is_a_key);
    tcase_add_test(tests, who_is_refused);
    tcase_add_test(tests, an_endless_line);
    tcase_add_test(tests, silence);
    tcase_add_test(tests, half_a_preface);
    tcase_add_test(tests, a_node);
    tcase_add_test(tests, long_lines_become_several);
    tcase_add_test(tests, the_longest_line_is_one);
    tcase_add_test(tests, idle_clients_are_small);
    tcase_add_test(tests, out_of_memory);
    tcase_add_loop_test(tests, any_bytes, 0, 50);
    return suite_run(tests, "plain");
}
