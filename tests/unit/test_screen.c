/* The screen, as a person sees it on a terminal. */
#include "screen.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "span.h"
#include "stage.h"
#include "suite.h"

static void begin(unsigned width, unsigned height)
{
    stage_begin(width, height, true, true);
}

static void type_at(const char *text, size_t cursor)
{
    screen_prompt(screen, span_of("> "), span_of(text), cursor);
}

static void type(const char *text)
{
    type_at(text, strlen(text));
}

static void print(const char *text)
{
    stage_print("jack: ", text);
}

/* The rows of the screen from `row` on, those of the scrollback being before 0, and nothing below. */
static void check_rows(long row, const char *const *expected, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strcmp(terminal_row(terminal, row + (long)i), expected[i]) == 0,
                      "row %ld is \"%s\", not \"%s\"", row + (long)i, terminal_row(terminal, row + (long)i),
                      expected[i]);
    for (long below = row + (long)count; below < (long)rows; below++)
        ck_assert_str_eq(terminal_row(terminal, below), "");
}

#define CHECK_ROWS(row, ...)                                                                                 \
    check_rows(row, (const char *const[]){__VA_ARGS__},                                                      \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void check_cursor(unsigned row, unsigned column)
{
    ck_assert_uint_eq(terminal_cursor_row(terminal), row);
    ck_assert_uint_eq(terminal_cursor_column(terminal), column);
}

START_TEST(what_comes_is_above_what_is_typed)
{
    begin(20, 5);
    type("hel");
    stage_show();
    CHECK_ROWS(0, "> hel");
    check_cursor(0, 5);
    print("hi");
    type("hell");
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> hell");
    check_cursor(1, 6);
    for (int i = 0; i < 5; i++)
        print("on");
    stage_show();
    ck_assert_uint_eq(terminal_scrolled(terminal), 2);
    CHECK_ROWS(-2, "jack: hi", "jack: on", "jack: on", "jack: on", "jack: on", "jack: on", "> hell");
    type("");
    stage_show();
    CHECK_ROWS(0, "jack: on", "jack: on", "jack: on", "jack: on", ">");
    check_cursor(4, 2);
    stage_end();
}
END_TEST

START_TEST(what_did_not_change_is_not_drawn)
{
    begin(20, 5);
    ck_assert_uint_eq(stage_show(), 0);
    type("hi");
    ck_assert_uint_gt(stage_show(), 0);
    type("hi");
    ck_assert_uint_eq(stage_show(), 0);
    ck_assert_uint_eq(stage_show(), 0);
    type_at("hi", 1);
    ck_assert_uint_gt(stage_show(), 0);
    check_cursor(0, 3);
    stage_end();
}
END_TEST

START_TEST(many_lines_make_one_redraw)
{
    begin(20, 5);
    type("typing");
    stage_show();
    for (int i = 0; i < 100; i++)
        print("x");
    struct span octets;
    ck_assert(screen_take(screen, &octets));
    size_t at = span_find(octets, span_of("typing"));
    ck_assert_uint_lt(at, octets.length);
    span_skip(&octets, at + 1);
    ck_assert_uint_eq(span_find(octets, span_of("typing")), octets.length);
    stage_end();
}
END_TEST

START_TEST(a_long_typed_line_takes_rows)
{
    const char *text = "abcdefghijklmnopqrstuvwxyz";
    begin(11, 8);
    print("hi");
    type(text);
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> abcdefgh", "ijklmnopqr", "stuvwxyz");
    check_cursor(3, 8);
    type_at(text, 0);
    stage_show();
    check_cursor(1, 2);
    type_at(text, 8);
    stage_show();
    check_cursor(2, 0);
    type("abcdefgh"); /* the cursor stands behind a full row */
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> abcdefgh", "");
    check_cursor(2, 0);
    type("abc\ndef");
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> abc", "def");
    type_at("abc\n\n", 3);
    stage_show();
    check_cursor(1, 5);
    type("abc\n\n");
    stage_show();
    check_cursor(3, 0);
    type("ab\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"); /* a wide one is not cut in two */
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> ab\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", "\xe4\xb8\xad");
    stage_end();
}
END_TEST

START_TEST(of_a_longer_one_the_rows_around_the_cursor_are_shown)
{
    const char *text = "aaaaaaaabbbbbbbbbbccccccccccdddddddddd";
    begin(11, 4);
    print("hi");
    type(text);
    stage_show();
    CHECK_ROWS(0, "jack: hi", "dddddddddd", "");
    check_cursor(2, 0);
    type_at(text, 37);
    stage_show();
    CHECK_ROWS(0, "jack: hi", "cccccccccc", "dddddddddd");
    check_cursor(2, 9);
    type_at(text, 20);
    stage_show();
    CHECK_ROWS(0, "jack: hi", "cccccccccc", "dddddddddd");
    check_cursor(1, 2);
    type_at(text, 0);
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> aaaaaaaa", "bbbbbbbbbb");
    type_at(text, 8);
    stage_show();
    check_cursor(2, 0);
    type("aaaaaaaab");
    stage_show();
    CHECK_ROWS(0, "jack: hi", "> aaaaaaaa", "b");
    type("");
    stage_show();
    CHECK_ROWS(0, "jack: hi", ">");
    stage_end();
}
END_TEST

START_TEST(lines_are_wrapped_between_words_and_indented)
{
    begin(20, 8);
    type("x");
    print("one two three four five six");
    stage_show();
    CHECK_ROWS(0, "jack: one two three", "      four five six", "> x");
    print("one two three  fourteenletter");
    print("first\nsecond\n  third\r\n\nlast");
    stage_show();
    CHECK_ROWS(-2, "jack: one two three", "      four five six", "jack: one two three",
               "      fourteenletter", "jack: first", "      second", "        third", "", "      last",
               "> x");
    stage_end();
}
END_TEST

START_TEST(an_address_stays_whole)
{
    begin(20, 8);
    print("see http://example.org/a/long/one there");
    type("x");
    stage_show();
    CHECK_ROWS(0, "jack: see http://exa", "mple.org/a/long/one", "      there", "> x");
    stage_resize(60, 8); /* it is one line to the terminal */
    CHECK_ROWS(0, "jack: see http://example.org/a/long/one", "      there", "> x");
    stage_end();
}
END_TEST

START_TEST(wide_characters_are_words)
{
    begin(12, 8);
    print("\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad ab");
    type("x");
    stage_show();
    CHECK_ROWS(0, "jack: \xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", "      \xe4\xb8\xad ab", "> x");
    stage_end();
}
END_TEST

/* All of it, whatever it is. */
START_TEST(a_huge_word)
{
    static char word[TEXT_SAY_MAX + 1];
    memset(word, 'x', sizeof word - 1);
    for (unsigned width = 1; width <= 81; width += 10) {
        begin(width, 5);
        type("y");
        print(word);
        stage_show();
        char *ink = terminal_ink(terminal);
        ck_assert_uint_eq(strlen(ink), strlen("jack:") + TEXT_SAY_MAX + (width == 1 ? 1 : 2));
        if (width > 2)
            ck_assert_str_eq(terminal_row(terminal, 4), "> y");
        free(ink);
        stage_end();
    }
}
END_TEST

START_TEST(no_control_character_comes_through)
{
    begin(40, 5);
    stage_print("\033[31mj\x07: ", "a\x1b[2J\x9b"
                                   "1mb\xc2\x9b"
                                   "c\x7f\td\xe2\x80\xae"
                                   "e\rf\xff\0g");
    screen_prompt(screen, span_of("\033]0;x\a> "), span_of("\x01\xe2\x80\xa8"), 0);
    stage_show();
#define BAD "\xef\xbf\xbd"
    CHECK_ROWS(0, BAD "[31mj" BAD ": a" BAD "[2J" BAD "1mb" BAD "c" BAD " d" BAD "e" BAD "f" BAD,
               BAD "]0;x" BAD "> " BAD);
    ck_assert_uint_eq(terminal_bells(terminal), 0);
    stage_end();
}
END_TEST

START_TEST(a_terminal_without_utf8)
{
    stage_begin(40, 5, true, false);
    print("caf\xc3\xa9 e\xcc\x81 \xe4\xb8\xad\xf0\x9f\x8e\x89\x1b.\xff");
    type("\xc3\xa9\xe4\xb8\xad");
    stage_show();
    CHECK_ROWS(0, "jack: caf? e ???.?", "> ??");
    check_cursor(1, 4);
    stage_end();
}
END_TEST

START_TEST(styles)
{
    const unsigned colors[] = {0, 1, 8, 9, 16, 17, 256};
    begin(40, 12);
    for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
        struct line line = {
            .pieces = {{.text = span_of("a"), .style = {STYLE_BOLD | STYLE_REVERSE, colors[i]}},
                       {.text = span_of("b"), .style = {STYLE_DIM, 0}},
                       {.text = span_of("c")}},
            .count = 3,
            .bell = i == 0,
        };
        screen_print(screen, &line);
        type("x");
        stage_show();
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 0).bits, STYLE_BOLD | STYLE_REVERSE);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 0).color, colors[i]);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 1).bits, STYLE_DIM);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 1).color, 0);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 2).bits, 0);
    }
    ck_assert_uint_eq(terminal_bells(terminal), 1);
    stage_end();
}
END_TEST

static void check_resized(bool reflows)
{
    stage_begin(31, 10, reflows, true);
    print("one two three four five six");
    type("some words that are longer than a row is wide");
    stage_show();
    stage_resize(21, 10);
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal)), "is wide");
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal) - 2), "> some words that ar");
    stage_resize(61, 12);
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal)),
                     "> some words that are longer than a row is wide");
    ck_assert_str_eq(terminal_row(terminal, 0), "jack: one two three four five");
    ck_assert_str_eq(terminal_row(terminal, 1), "      six");
    ck_assert_uint_eq(terminal_last_row(terminal), 2);
    stage_end();
}

START_TEST(a_resize_draws_it_anew)
{
    check_resized(true);
    check_resized(false);
}
END_TEST

START_TEST(leaving)
{
    begin(20, 6);
    print("hi");
    type("some words that are longer");
    stage_show();
    screen_leave(screen);
    stage_show();
    CHECK_ROWS(0, "jack: hi");
    check_cursor(1, 0);
    print("late");
    stage_show();
    CHECK_ROWS(0, "jack: hi", "jack: late");
    type("some");
    stage_show();
    CHECK_ROWS(0, "jack: hi", "jack: late", "> some");
    stage_end();
}
END_TEST

START_TEST(clearing_loses_nothing)
{
    for (int lines = 0; lines < 8; lines++) {
        begin(20, 5);
        for (int i = 0; i < lines; i++)
            print("hi");
        type("x");
        stage_show();
        screen_clear(screen);
        stage_show();
        CHECK_ROWS(0, "> x");
        check_cursor(0, 3);
        ck_assert_int_eq((int)terminal_scrolled(terminal), lines);
        for (int i = 1; i <= lines; i++)
            ck_assert_str_eq(terminal_row(terminal, -i), "jack: hi");
        stage_end();
    }
}
END_TEST

/* Any allocation may fail: that is told once, and what comes later is right. */
START_TEST(out_of_memory)
{
    static char word[2000];
    struct span octets;
    memset(word, 'x', sizeof word - 1);
    for (unsigned long n = 1; n < 5; n++) {
        begin(20, 5);
        memory_fail(n, false);
        memory_enter();
        type("x");
        print(word);
        type(word);
        bool good = screen_take(screen, &octets);
        memory_leave();
        ck_assert(!good || memory_count() < n);
        type("y");
        print("hi");
        ck_assert(screen_take(screen, &octets));
        terminal_write(terminal, octets.bytes, octets.length);
        ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal)), "> y");
        stage_end();
    }
    memory_fail(0, false);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("screen");

    tcase_add_test(tests, what_comes_is_above_what_is_typed);
    tcase_add_test(tests, what_did_not_change_is_not_drawn);
    tcase_add_test(tests, many_lines_make_one_redraw);
    tcase_add_test(tests, a_long_typed_line_takes_rows);
    tcase_add_test(tests, of_a_longer_one_the_rows_around_the_cursor_are_shown);
    tcase_add_test(tests, lines_are_wrapped_between_words_and_indented);
    tcase_add_test(tests, an_address_stays_whole);
    tcase_add_test(tests, wide_characters_are_words);
    tcase_add_test(tests, a_huge_word);
    tcase_add_test(tests, no_control_character_comes_through);
    tcase_add_test(tests, a_terminal_without_utf8);
    tcase_add_test(tests, styles);
    tcase_add_test(tests, a_resize_draws_it_anew);
    tcase_add_test(tests, leaving);
    tcase_add_test(tests, clearing_loses_nothing);
    tcase_add_test(tests, out_of_memory);
    return suite_run(tests, "screen");
}
