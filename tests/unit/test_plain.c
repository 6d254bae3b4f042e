/* Plain-text clients: who they are and what they say, however the bytes come. */
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "trial.h"

/* The input in one, two and three pieces gives this, with pauses too short to mean anything. */
static void check_short(const char *input, size_t length, enum tail how, const char *expected)
{
    for (size_t first = 1; first <= length; first++)
        for (size_t second = first; second <= length; second++) {
            trial_three(input, length, first, second, 0, how);
            trial_check(expected);
            trial_three(input, length, first, second, 10 * TRIAL_MS, how);
            trial_check(expected);
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
    const uint64_t pauses[] = {400 * TRIAL_MS, 6 * TRIAL_SECOND};
    size_t begin_of_first = strspn(input, "\n");
    const char *newline = memchr(input + begin_of_first, '\n', length - begin_of_first);

    for (size_t i = 0; i < 2; i++)
        for (size_t first = 1; first < length; first++)
            for (size_t second = first; second < length; second++) {
                trial_three(input, length, first, second, pauses[i], how);
                if (newline && first > (size_t)(newline - input))
                    trial_check(expected);
                ck_assert_msg(holds(words), "cut at %zu and %zu: %s", first, second, trial.log);
            }
}

static void check_keys(const char *input, size_t length, enum tail how, const char *expected)
{
    trial_begin();
    for (size_t at = 0, size; at < length; at += size) {
        for (size = 1; at + size < length && ((uint8_t)input[at + size] & 0xc0) == 0x80; size++)
            ;
        trial_pass(400 * TRIAL_MS);
        trial_send(input + at, size);
    }
    trial_tail(how);
    trial_check(expected);
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
    trial_three("jack", 4, 4, 4, 0, ENDS);
    ck_assert_msg(!plain_is_chunk(&trial.plain), "who ends and still reads is no chunk client");
}
END_TEST

START_TEST(what_is_no_text)
{
    LINES("jack\ncaf\xe9 au\n", "PERSON jack|SAYS caf" TRIAL_BAD " au|", "caf au");
    check_short("jack\na\0b\n", 9, STAYS, "PERSON jack|SAYS a" TRIAL_BAD "b|");
    LINES("jack\n\x1b[2J\t\x07\n", "PERSON jack|SAYS \x1b[2J\t\x07|", "[2J");
    check_short("jack\nx\xffy\n", 9, STAYS, "PERSON jack|SAYS x" TRIAL_BAD "y|");
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
                12, STAYS, "PERSON jack|SAYS a" TRIAL_BAD "b|");
    trial_begin(); /* telnet gives itself away: its pauses are a person's */
    trial_say("\xff\xfd\x03");
    trial_say("ja");
    trial_pass(30 * TRIAL_SECOND);
    trial_say("ck\r\n");
    trial_tail(STAYS);
    trial_check("PERSON jack|");
}
END_TEST

static void check_name(const char *line, const char *name)
{
    char expected[100];

    trial_begin();
    trial_say(line);
    trial_say("\n");
    snprintf(expected, sizeof expected, "PERSON %s|", name);
    trial_tail(STAYS);
    trial_check(expected);
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
    trial_begin();
    trial_say("jack: hi");
    trial_pass(TRIAL_SECOND);
    ck_assert(plain_is_chunk(&trial.plain));
    trial_check("PERSON jack|SAYS hi|");
    trial_say("jack");
    trial_pass(TRIAL_SECOND);
    trial_say("jack: jack");
    trial_pass(TRIAL_SECOND);
    trial_say("jack: onejack: two");
    trial_tail(STAYS);
    trial_check("PERSON jack|SAYS hi|SAYS jack|SAYS one|SAYS two|");
}
END_TEST

START_TEST(a_chunk_that_is_cut_is_one)
{
    trial_begin();
    trial_say("jack");
    trial_pass(TRIAL_SECOND);
    trial_say("jack: one, ");
    trial_pass(10 * TRIAL_MS);
    trial_say("two, ");
    trial_pass(10 * TRIAL_MS);
    trial_say("three");
    trial_pass(19 * TRIAL_MS);
    trial_check("PERSON jack|");
    trial_pass(TRIAL_MS);
    trial_check("PERSON jack|SAYS one, two, three|");
    ck_assert_ptr_null(trial.plain.held);
    trial_say("jack: four");
    trial_end();
    trial_finish();
    trial_check("PERSON jack|SAYS one, two, three|SAYS four|");
}
END_TEST

START_TEST(a_newline_makes_a_line_client)
{
    trial_begin();
    trial_say("jack");
    trial_pass(299 * TRIAL_MS);
    trial_check("");
    trial_pass(TRIAL_MS);
    trial_check("PERSON jack|");
    ck_assert(plain_is_chunk(&trial.plain));
    trial_say("one");
    trial_pass(10 * TRIAL_MS);
    trial_say(", two\nth");
    ck_assert(!plain_is_chunk(&trial.plain));
    trial_pass(10 * TRIAL_SECOND);
    trial_say("ree\n");
    trial_tail(STAYS);
    trial_check("PERSON jack|SAYS one, two|SAYS three|");
}
END_TEST

START_TEST(a_single_byte_is_a_key)
{
    trial_begin();
    trial_say("j");
    trial_pass(4900 * TRIAL_MS);
    trial_check("");
    trial_pass(100 * TRIAL_MS);
    trial_check("PERSON j|");
    trial_finish();
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
    return suite_run(tests, "plain");
}
