/* The screen, as a person sees it on a terminal. */
#include "screen.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "suite.h"
#include "terminal.h"

static struct terminal *terminal;
static struct screen *screen;
static unsigned columns, rows;

static void begin_as(unsigned width, unsigned height, bool reflows, bool utf8)
{
    columns = width;
    rows = height;
    terminal = terminal_new(width, height, reflows);
    screen = screen_new(&(struct screen_config){.reflows = reflows, .utf8 = utf8}, width, height);
    ck_assert_ptr_nonnull(screen);
}

static void begin(unsigned width, unsigned height)
{
    begin_as(width, height, true, true);
}

static void end(void)
{
    terminal_free(terminal);
    screen_free(screen);
}

/* Returns how much had to be written. */
static size_t show(void)
{
    struct span octets;

    ck_assert(screen_take(screen, &octets));
    if (octets.length > 0)
        terminal_write(terminal, octets.bytes, octets.length);
    return octets.length;
}

static void type_at(const char *text, size_t cursor)
{
    screen_prompt(screen, span_of("> "), span_of(text), cursor);
}

static void type(const char *text)
{
    type_at(text, strlen(text));
}

/* As a message is printed: it is indented under its text. */
static void print_as(const char *head, const char *text)
{
    struct line line = {
        .pieces = {{.text = span_of(head), .style = {.color = 3}}, {.text = span_of(text)}},
        .count = 2,
        .indent = 1,
    };

    screen_print(screen, &line);
}

static void print(const char *text)
{
    print_as("jack: ", text);
}

static void resize(unsigned width, unsigned height)
{
    columns = width;
    rows = height;
    terminal_resize(terminal, width, height);
    screen_size(screen, width, height);
    show();
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
    show();
    CHECK_ROWS(0, "> hel");
    check_cursor(0, 5);
    print("hi");
    type("hell");
    show();
    CHECK_ROWS(0, "jack: hi", "> hell");
    check_cursor(1, 6);
    for (int i = 0; i < 5; i++)
        print("on");
    show();
    ck_assert_uint_eq(terminal_scrolled(terminal), 2);
    CHECK_ROWS(-2, "jack: hi", "jack: on", "jack: on", "jack: on", "jack: on", "jack: on", "> hell");
    type("");
    show();
    CHECK_ROWS(0, "jack: on", "jack: on", "jack: on", "jack: on", ">");
    check_cursor(4, 2);
    end();
}
END_TEST

START_TEST(what_did_not_change_is_not_drawn)
{
    begin(20, 5);
    ck_assert_uint_eq(show(), 0);
    type("hi");
    ck_assert_uint_gt(show(), 0);
    type("hi");
    ck_assert_uint_eq(show(), 0);
    ck_assert_uint_eq(show(), 0);
    type_at("hi", 1);
    ck_assert_uint_gt(show(), 0);
    check_cursor(0, 3);
    end();
}
END_TEST

START_TEST(many_lines_make_one_redraw)
{
    begin(20, 5);
    type("typing");
    show();
    for (int i = 0; i < 100; i++)
        print("x");
    struct span octets;
    ck_assert(screen_take(screen, &octets));
    ck_assert_ptr_nonnull(strstr(octets.bytes, "typing"));
    ck_assert_ptr_null(strstr(strstr(octets.bytes, "typing") + 1, "typing"));
    end();
}
END_TEST

START_TEST(a_long_typed_line_takes_rows)
{
    const char *text = "abcdefghijklmnopqrstuvwxyz";
    begin(10, 8);
    print("hi");
    type(text);
    show();
    CHECK_ROWS(0, "jack: hi", "> abcdefgh", "ijklmnopqr", "stuvwxyz");
    check_cursor(3, 8);
    type_at(text, 0);
    show();
    check_cursor(1, 2);
    type_at(text, 8);
    show();
    check_cursor(2, 0);
    type("abcdefgh"); /* the cursor stands behind a full row */
    show();
    CHECK_ROWS(0, "jack: hi", "> abcdefgh", "");
    check_cursor(2, 0);
    type("abc\ndef");
    show();
    CHECK_ROWS(0, "jack: hi", "> abc", "def");
    type_at("abc\n\n", 3);
    show();
    check_cursor(1, 5);
    type("abc\n\n");
    show();
    check_cursor(3, 0);
    type("ab\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"); /* a wide one is not cut in two */
    show();
    CHECK_ROWS(0, "jack: hi", "> ab\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", "\xe4\xb8\xad");
    end();
}
END_TEST

START_TEST(of_a_longer_one_the_rows_around_the_cursor_are_shown)
{
    const char *text = "aaaaaaaabbbbbbbbbbccccccccccdddddddddd";
    begin(10, 4);
    print("hi");
    type(text);
    show();
    CHECK_ROWS(0, "jack: hi", "dddddddddd", "");
    check_cursor(2, 0);
    type_at(text, 37);
    show();
    CHECK_ROWS(0, "jack: hi", "cccccccccc", "dddddddddd");
    check_cursor(2, 9);
    type_at(text, 20);
    show();
    CHECK_ROWS(0, "jack: hi", "cccccccccc", "dddddddddd");
    check_cursor(1, 2);
    type_at(text, 0);
    show();
    CHECK_ROWS(0, "jack: hi", "> aaaaaaaa", "bbbbbbbbbb");
    type_at(text, 8);
    show();
    check_cursor(2, 0);
    type("aaaaaaaab");
    show();
    CHECK_ROWS(0, "jack: hi", "> aaaaaaaa", "b");
    type("");
    show();
    CHECK_ROWS(0, "jack: hi", ">");
    end();
}
END_TEST

START_TEST(lines_are_wrapped_between_words_and_indented)
{
    begin(20, 8);
    type("x");
    print("one two three four five six");
    show();
    CHECK_ROWS(0, "jack: one two three", "      four five six", "> x");
    print("one two three  fourteenletter");
    print("first\nsecond\n  third\r\n\nlast");
    show();
    CHECK_ROWS(-2, "jack: one two three", "      four five six", "jack: one two three",
               "      fourteenletter", "jack: first", "      second", "        third", "", "      last",
               "> x");
    end();
}
END_TEST

START_TEST(an_address_stays_whole)
{
    begin(20, 8);
    print("see http://example.org/a/long/one there");
    type("x");
    show();
    CHECK_ROWS(0, "jack: see http://exa", "mple.org/a/long/one", "      there", "> x");
    resize(60, 8); /* it is one line to the terminal */
    CHECK_ROWS(0, "jack: see http://example.org/a/long/one", "      there", "> x");
    end();
}
END_TEST

START_TEST(wide_characters_are_words)
{
    begin(12, 8);
    print("\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad ab");
    type("x");
    show();
    CHECK_ROWS(0, "jack: \xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", "      \xe4\xb8\xad ab", "> x");
    end();
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
        show();
        char *ink = terminal_ink(terminal);
        ck_assert_uint_eq(strlen(ink), strlen("jack:") + TEXT_SAY_MAX + (width == 1 ? 1 : 2));
        if (width > 2)
            ck_assert_str_eq(terminal_row(terminal, 4), "> y");
        free(ink);
        end();
    }
}
END_TEST

START_TEST(no_control_character_comes_through)
{
    begin(40, 5);
    print_as("\033[31mj\x07: ", "a\x1b[2J\x9b"
                                "1mb\xc2\x9b"
                                "c\x7f\td\xe2\x80\xae"
                                "e\rf\xff\0g");
    screen_prompt(screen, span_of("\033]0;x\a> "), span_of("\x01\xe2\x80\xa8"), 0);
    show();
#define BAD "\xef\xbf\xbd"
    CHECK_ROWS(0, BAD "[31mj" BAD ": a" BAD "[2J" BAD "1mb" BAD "c" BAD " d" BAD "e" BAD "f" BAD,
               BAD "]0;x" BAD "> " BAD);
    ck_assert_uint_eq(terminal_bells(terminal), 0);
    end();
}
END_TEST

START_TEST(a_terminal_without_utf8)
{
    begin_as(40, 5, true, false);
    print("caf\xc3\xa9 e\xcc\x81 \xe4\xb8\xad\xf0\x9f\x8e\x89\x1b.\xff");
    type("\xc3\xa9\xe4\xb8\xad");
    show();
    CHECK_ROWS(0, "jack: caf? e ???.?", "> ??");
    check_cursor(1, 4);
    end();
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
        show();
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 0).bits, STYLE_BOLD | STYLE_REVERSE);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 0).color, colors[i]);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 1).bits, STYLE_DIM);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 1).color, 0);
        ck_assert_uint_eq(terminal_style(terminal, (long)i, 2).bits, 0);
    }
    ck_assert_uint_eq(terminal_bells(terminal), 1);
    end();
}
END_TEST

static void check_resized(bool reflows)
{
    begin_as(30, 10, reflows, true);
    print("one two three four five six");
    type("some words that are longer than a row is wide");
    show();
    resize(20, 10);
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal)), "is wide");
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal) - 2), "> some words that ar");
    resize(60, 12);
    ck_assert_str_eq(terminal_row(terminal, terminal_last_row(terminal)),
                     "> some words that are longer than a row is wide");
    ck_assert_str_eq(terminal_row(terminal, 0), "jack: one two three four five");
    ck_assert_str_eq(terminal_row(terminal, 1), "      six");
    ck_assert_uint_eq(terminal_last_row(terminal), 2);
    end();
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
    show();
    screen_leave(screen);
    show();
    CHECK_ROWS(0, "jack: hi");
    check_cursor(1, 0);
    print("late");
    show();
    CHECK_ROWS(0, "jack: hi", "jack: late");
    type("some");
    show();
    CHECK_ROWS(0, "jack: hi", "jack: late", "> some");
    end();
}
END_TEST

START_TEST(clearing_loses_nothing)
{
    for (int lines = 0; lines < 8; lines++) {
        begin(20, 5);
        for (int i = 0; i < lines; i++)
            print("hi");
        type("x");
        show();
        screen_clear(screen);
        show();
        CHECK_ROWS(0, "> x");
        check_cursor(0, 3);
        ck_assert_int_eq((int)terminal_scrolled(terminal), lines);
        for (int i = 1; i <= lines; i++)
            ck_assert_str_eq(terminal_row(terminal, -i), "jack: hi");
        end();
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
        end();
    }
    memory_fail(0, false);
}
END_TEST

/* Anything at all. What is on the terminal and in its scrollback is what was printed and what is typed, once
 * and in order; blanks are not looked at. */

static uint32_t seed;

static unsigned random_below(unsigned below)
{
    seed = seed * 1664525 + 1013904223;
    return (unsigned)((uint64_t)(seed >> 8) * below >> 24);
}

static const char *const characters[] = {"a",
                                         "b",
                                         "c",
                                         " ",
                                         "d",
                                         "\xc3\xa9",
                                         "\xe4\xb8\xad",
                                         "e\xcc\x81",
                                         "f",
                                         "\xef\xbc\x81",
                                         "g",
                                         "-",
                                         "\xf0\x9f\x8e\x89",
                                         "h",
                                         "i"};

static const char *random_character(void)
{
    return characters[random_below(sizeof characters / sizeof *characters)];
}

static char printed[400000], typed[2000];
static size_t printed_length, typed_length, typed_cursor;

/* What it looks like, without blanks; wide ones have no place where there is but one column. */
static size_t add_ink(char *ink, size_t length, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)text[i];
        bool wide = c == 0xe4 || c == 0xef || c == 0xf0;
        if (c == ' ' || c == '\n')
            continue;
        ink[length++] = wide && columns == 1 ? '?' : text[i];
        if (wide && columns == 1)
            i += c == 0xf0 ? 3 : 2;
    }
    return length;
}

static void random_print(void)
{
    static char text[600];
    size_t length = 0, most = random_below(10) == 0 ? 500 : random_below(60);

    while (length < most) {
        const char *add = random_below(25) == 0 ? "\n" : random_below(8) == 0 ? " " : random_character();
        memcpy(text + length, add, strlen(add));
        length += strlen(add);
    }
    text[length] = '\0';
    print(text);
    printed_length = add_ink(printed, printed_length, "jack:", 5);
    printed_length = add_ink(printed, printed_length, text, length);
}

/* Where the next character, or the one before, begins. */
static size_t beside(size_t at, bool next)
{
    struct span rest = {typed, typed_length};
    size_t last = 0;

    for (size_t to = 0; rest.length > 0; to = typed_length - rest.length) {
        if (next ? to > at : to >= at)
            return next ? to : last;
        last = to;
        int32_t c = text_next(&rest);
        if (c == 'e' && rest.length > 0 && (uint8_t)rest.bytes[0] == 0xcc)
            text_next(&rest);
    }
    return next ? typed_length : last;
}

static void random_type(void)
{
    const char *add = random_below(30) == 0 ? "\n" : random_character();
    size_t size = strlen(add);

    if (typed_length + size >= sizeof typed)
        return;
    memmove(typed + typed_cursor + size, typed + typed_cursor, typed_length - typed_cursor);
    memcpy(typed + typed_cursor, add, size);
    typed_length += size;
    typed_cursor += size;
}

static void random_edit(void)
{
    unsigned what = random_below(20);

    if (what == 0)
        typed_length = typed_cursor = 0;
    else if (what < 5)
        typed_cursor = beside(typed_cursor, what & 1);
    else if (what == 5)
        typed_cursor = random_below(2) ? typed_length : 0;
    else
        for (unsigned i = random_below(what == 6 ? 100 : 3); i > 0; i--)
            random_type();
    screen_prompt(screen, span_of("> "), (struct span){typed, typed_length}, typed_cursor);
}

/* Rows that the typed line takes at most, at a width. */
static size_t typed_rows(unsigned width)
{
    size_t count = 1;

    for (size_t i = 0; i < typed_length; i++)
        count += typed[i] == '\n';
    return count + (2 * typed_length + 3) / (width > 1 ? width - 1 : 1);
}

static const unsigned sizes[][2] = {
    {80,  24},
    {20,  5 },
    {1,   1 },
    {40,  2 },
    {2,   1 },
    {1,   5 },
    {2,   3 },
    {10,  4 },
    {200, 50},
    {11,  9 },
    {80,  1 },
    {3,   30},
};

/* Of a line that does not fit into what the terminal becomes a part is in the scrollback before anybody can
 * erase it. */
static void random_resize(bool reflows)
{
    const unsigned *size = sizes[random_below(sizeof sizes / sizeof *sizes)];
    unsigned width = random_below(3) ? 2 + random_below(columns + 10) : size[0];
    unsigned height = random_below(2) ? rows : size[1];

    if (typed_rows(columns) + (reflows ? typed_rows(width) : 0) > height)
        return;
    show();
    resize(width, height);
}

static void check_cursor_stands_on(void)
{
    char under[8192], *row = under;
    strcpy(under, terminal_row(terminal, terminal_cursor_row(terminal)));
    struct span rest = span_of(under);
    size_t column = 0;

    while (rest.length > 0 && column < terminal_cursor_column(terminal)) {
        int32_t c = text_next(&rest);
        column += c == 0x301 ? 0 : c == 0x4e2d || c == 0xff01 || c == 0x1f389 ? 2 : 1;
    }
    while (rest.length > 1 && (uint8_t)rest.bytes[0] == 0xcc)
        text_next(&rest);
    row = under + (strlen(under) - rest.length);
    if (typed_cursor == typed_length || typed[typed_cursor] == '\n' || typed[typed_cursor] == ' ')
        ck_assert_msg(*row == '\0' || *row == ' ', "the cursor is on \"%s\"", row);
    else if (columns > 1)
        ck_assert_msg(*row == typed[typed_cursor], "the cursor is on \"%s\", not \"%.*s\"", row,
                      (int)(typed_length - typed_cursor), typed + typed_cursor);
}

/* Of a typed line that is too long for its half of the screen a part is seen, anywhere from it. */
static void check_all(void)
{
    static char bottom[2 * sizeof typed];
    size_t length = add_ink(bottom, 0, "> ", 2);
    length = add_ink(bottom, length, typed, typed_length);
    bottom[length] = '\0';
    char *ink = terminal_ink(terminal);
    bool whole = typed_rows(columns) <= rows / 2;

    size_t same = 0;
    while (same < printed_length && ink[same] == printed[same])
        same++;
    ck_assert_msg(same == printed_length, "%ux%u: the conversation goes on as \"%.200s\",\nnot \"%.200s\"",
                  columns, rows, ink + same, printed + same);
    if (whole)
        ck_assert_msg(strcmp(ink + printed_length, bottom) == 0,
                      "%ux%u: the bottom is \"%.200s\", not \"%.200s\"", columns, rows, ink + printed_length,
                      bottom);
    else
        ck_assert_msg(strstr(bottom, ink + printed_length),
                      "%ux%u: the bottom is \"%.200s\", not of \"%.200s\"", columns, rows,
                      ink + printed_length, bottom);
    check_cursor_stands_on();
    free(ink);
}

static void check_random(uint32_t number, bool reflows)
{
    const unsigned *size = sizes[number % (sizeof sizes / sizeof *sizes)];

    seed = number + 1;
    printed_length = typed_length = typed_cursor = 0;
    begin_as(size[0], size[1], reflows, true);
    type("");
    for (int i = 0; i < 100; i++) {
        unsigned what = random_below(10);
        if (what < 5)
            random_edit();
        else if (what < 9)
            random_print();
        else
            random_resize(reflows);
        if (random_below(3))
            continue;
        show();
        check_all();
    }
    end();
}

START_TEST(anything_with_reflow)
{
    check_random((uint32_t)_i, true);
}
END_TEST

START_TEST(anything_without_reflow)
{
    check_random((uint32_t)_i, false);
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
    tcase_add_loop_test(tests, anything_with_reflow, 0, 300);
    tcase_add_loop_test(tests, anything_without_reflow, 0, 300);
    return suite_run(tests, "screen");
}
