/* The screen under anything at all. What is on the terminal and in its scrollback is what was printed and
 * what is typed, once and in order; blanks are not looked at. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "stage.h"
#include "suite.h"

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
    stage_print("jack: ", text);
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

/* The terminal has another size than the screen was told. */
static bool late;

/* A terminal that wraps anew may lose half of its columns at once. */
static void random_resize(bool reflows)
{
    const unsigned *size = sizes[random_below(sizeof sizes / sizeof *sizes)];
    unsigned width = random_below(3) ? 2 + random_below(columns + 10) : size[0];
    unsigned height = random_below(2) ? rows : size[1];

    stage_show();
    if (random_below(3) == 0 && !late && width > 1) {
        width = width < columns / 2 ? columns / 2 : width;
        height = height < rows / 2 ? rows / 2 : height;
        terminal_resize(terminal, width > 1 ? width : 2, height ? height : 1);
        late = true;
        return;
    }
    while (reflows && width < columns / 2)
        stage_resize(columns / 2, rows);
    stage_resize(width, height);
    late = false;
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

/* In the last column, which is used if there are but two, a mark goes astray: there is no wrap to wait. */
static void drop_marks(char *text)
{
    char *to = text;

    for (; *text; text++)
        if (columns > 2 || strncmp(text, "\xcc\x81", 2) != 0)
            *to++ = *text;
        else
            text++;
    *to = '\0';
}

/* Of a typed line that is too long for its half of the screen a part is seen, anywhere from it. */
static void check_all(void)
{
    static char bottom[2 * sizeof typed];
    size_t length = add_ink(bottom, 0, "> ", 2);
    length = add_ink(bottom, length, typed, typed_length);
    bottom[length] = '\0';
    drop_marks(bottom);
    char *ink = terminal_ink(terminal);
    bool whole = typed_rows(columns) <= rows / 2;

    size_t same = 0;
    while (same < printed_length && ink[same] == printed[same])
        same++;
    ck_assert_msg(same == printed_length, "%ux%u: the conversation goes on as \"%.200s\",\nnot \"%.200s\"",
                  columns, rows, ink + same, printed + same);
    drop_marks(ink + printed_length);
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
    late = false;
    stage_begin(size[0], size[1], reflows, true);
    screen_prompt(screen, span_of("> "), span_of(""), 0);
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
        stage_show();
        if (!late)
            check_all();
    }
    stage_end();
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
    TCase *tests = tcase_create("redraw");

    tcase_add_loop_test(tests, anything_with_reflow, 0, 60);
    tcase_add_loop_test(tests, anything_without_reflow, 0, 60);
    return suite_run(tests, "redraw");
}
