/* Lines: the same input gives the same lines, wherever it is cut. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* All lines, each ended by 0x01, which no line of these tests holds. */
struct heard {
    size_t count, length, longest;
    char bytes[8 * TEXT_SAY_MAX];
};

static void hear(void *context, struct span line)
{
    struct heard *heard = context;

    if (line.length > TEXT_SAY_MAX || heard->length + line.length + 1 > sizeof heard->bytes)
        ck_abort_msg("a line of %zu bytes", line.length);
    if (!text_valid(line))
        ck_abort_msg("line %zu is no UTF-8", heard->count);
    memcpy(heard->bytes + heard->length, line.bytes, line.length);
    heard->length += line.length;
    heard->bytes[heard->length++] = '\x01';
    heard->count++;
    if (line.length > heard->longest)
        heard->longest = line.length;
}

static void feed(struct heard *heard, const char *input, size_t length, size_t chunk)
{
    struct lines *lines = malloc(sizeof *lines);

    memset(heard, 0, sizeof *heard);
    lines_init(lines, hear, heard);
    for (size_t at = 0; at < length; at += chunk) {
        size_t size = length - at < chunk ? length - at : chunk;
        char *exact = malloc(size); /* so that a read past the end is seen */
        memcpy(exact, input + at, size);
        lines_feed(lines, exact, size);
        free(exact);
    }
    lines_end(lines);
    free(lines);
}

static void feed_split(struct heard *heard, const char *input, size_t length, size_t at)
{
    struct lines *lines = malloc(sizeof *lines);

    memset(heard, 0, sizeof *heard);
    lines_init(lines, hear, heard);
    lines_feed(lines, input, at);
    lines_feed(lines, input + at, length - at);
    lines_end(lines);
    free(lines);
}

static struct heard expected, heard;

static void check_same(size_t cut)
{
    ck_assert_msg(heard.length == expected.length && memcmp(heard.bytes, expected.bytes, heard.length) == 0,
                  "cut at or every %zu: %s instead of %s", cut, heard.bytes, expected.bytes);
}

/* The input gives these lines, whole, byte by byte, and cut in two anywhere. */
static void check_lines(const char *input, size_t length, const char *lines)
{
    memset(&expected, 0, sizeof expected);
    expected.length = strlen(lines);
    memcpy(expected.bytes, lines, expected.length);
    for (size_t chunk = 1; chunk <= length; chunk = chunk < 5 ? chunk + 1 : chunk * 2) {
        feed(&heard, input, length, chunk);
        check_same(chunk);
    }
    for (size_t at = 0; at <= length; at++) {
        feed_split(&heard, input, length, at);
        check_same(at);
    }
}

#define CHECK(input, lines) check_lines(input, sizeof(input) - 1, lines)

START_TEST(plain_lines)
{
    CHECK("one\ntwo\n", "one\x01two\x01");
    CHECK("no newline", "no newline\x01");
    CHECK("\n\nempty lines are nothing\n\n\n", "empty lines are nothing\x01");
    CHECK(" \n", " \x01");
    CHECK("\n", "");
}
END_TEST

START_TEST(carriage_returns)
{
    CHECK("one\r\ntwo\r\n", "one\x01two\x01");
    CHECK("a\rb\n", "a\rb\x01");
    CHECK("a\r\r\n", "a\r\x01");
    CHECK("\r\n\r\n", "");
}
END_TEST

#define BAD "\xef\xbf\xbd"

START_TEST(what_is_not_utf8)
{
    CHECK("a\0b\n", "a" BAD "b\x01");
    CHECK("\xff\n", BAD "\x01");
    CHECK("caf\xe9 au lait\n", "caf" BAD " au lait\x01");
    CHECK("\xe2\x82\n", BAD BAD "\x01");
    CHECK("\xc0\x80\xed\xa0\x80\n", BAD BAD BAD BAD BAD "\x01");
    CHECK("\x80\x80\n\xe2", BAD BAD "\x01" BAD "\x01");
    CHECK("\xf0\x9f\x8e", BAD BAD BAD "\x01");
    CHECK("\xf0\x9f\xf0\x9f\x8e\x89\n", BAD BAD "\xf0\x9f\x8e\x89\x01");
}
END_TEST

START_TEST(characters_of_every_length)
{
    CHECK("\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x89\n\xf0\x9f\x8e\x89", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8e\x89\x01"
                                                                    "\xf0\x9f\x8e\x89\x01");
}
END_TEST

static char input[3 * TEXT_SAY_MAX];

/* Nothing of a long line is missing, and nothing of it too much. */
static void check_long(size_t characters, const char *character)
{
    size_t size = strlen(character), length = characters * size;

    for (size_t i = 0; i < characters; i++)
        memcpy(input + i * size, character, size);
    input[length++] = '\n';
    feed(&expected, input, length, length);
    ck_assert_uint_eq(expected.length, length - 1 + expected.count);
    ck_assert_uint_eq(expected.count, (length - 2) / (TEXT_SAY_MAX / size * size) + 1);
    const size_t chunks[] = {1, 3, 7, 1000, 4096, TEXT_SAY_MAX - 1, TEXT_SAY_MAX, TEXT_SAY_MAX + 1};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        feed(&heard, input, length, chunks[i]);
        check_same(chunks[i]);
    }
}

START_TEST(long_lines_become_several)
{
    const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\x89"};
    for (size_t c = 0; c < 4; c++) {
        size_t fit = TEXT_SAY_MAX / strlen(characters[c]);
        for (size_t n = fit - 2; n <= fit + 2; n++)
            check_long(n, characters[c]);
        check_long(2 * fit + 5, characters[c]);
    }
}
END_TEST

START_TEST(the_longest_line_is_one)
{
    memset(input, 'x', TEXT_SAY_MAX);
    memcpy(input + TEXT_SAY_MAX, "\r\ny\n", 4);
    for (size_t chunk = TEXT_SAY_MAX - 1; chunk <= TEXT_SAY_MAX + 3; chunk++) {
        feed(&heard, input, TEXT_SAY_MAX + 4, chunk);
        ck_assert_uint_eq(heard.count, 2);
        ck_assert_uint_eq(heard.longest, TEXT_SAY_MAX);
    }
}
END_TEST

/* Any bytes at all: every split gives what the whole gives. */
START_TEST(any_bytes)
{
    uint32_t random = (uint32_t)_i + 1;
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 1664525 + 1013904223;
        const char pick[] = "a\n\r\xe2\x82\xac\xf0\x9f\x8e\x89\xc3\xa9\x80\xff";
        bytes[i] = pick[(random >> 16) % (sizeof pick)];
    }
    feed(&expected, bytes, sizeof bytes, sizeof bytes);
    for (size_t chunk = 1; chunk < sizeof bytes; chunk++) {
        feed(&heard, bytes, sizeof bytes, chunk);
        check_same(chunk);
        feed_split(&heard, bytes, sizeof bytes, chunk);
        check_same(chunk);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lines");

    tcase_add_test(tests, plain_lines);
    tcase_add_test(tests, carriage_returns);
    tcase_add_test(tests, what_is_not_utf8);
    tcase_add_test(tests, characters_of_every_length);
    tcase_add_test(tests, long_lines_become_several);
    tcase_add_test(tests, the_longest_line_is_one);
    tcase_add_loop_test(tests, any_bytes, 0, 50);
    return suite_run(tests, "lines");
}
