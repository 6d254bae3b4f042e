/* Columns: what takes which, and what is one character. */
#include "columns.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

/* A text is cut into these characters, each "bytes/columns" with a space after. */
static void check_cut(const char *text, const char *expected)
{
    char found[256] = "";
    size_t at = 0;

    for (struct span rest = span_of(text); rest.length > 0;) {
        unsigned columns = 9;
        size_t bytes = columns_next(&rest, &columns);
        at += (size_t)snprintf(found + at, sizeof found - at, "%zu/%u ", bytes, columns);
    }
    ck_assert_msg(strcmp(found, expected) == 0, "\"%s\" is cut %s, not %s", text, found, expected);
}

START_TEST(code_points)
{
    static const struct {
        int32_t c;
        unsigned columns;
    } of[] = {
        {'a',      1},
        {' ',      1},
        {'~',      1},
        {0xe9,     1},
        {0xad,     1},
        {0x300,    0},
        {0x36f,    0},
        {0x370,    1},
        {0x483,    0},
        {0x5b0,    0},
        {0x600,    1},
        {0x61c,    1},
        {0x64b,    0},
        {0x93f,    1},
        {0x941,    0},
        {0xe31,    0},
        {0x1100,   2},
        {0x115f,   2},
        {0x1160,   0},
        {0x11ff,   0},
        {0x200b,   0},
        {0x200d,   0},
        {0x200e,   1},
        {0x202e,   1},
        {0x2014,   1},
        {0x20ac,   1},
        {0x231a,   2},
        {0x2603,   1},
        {0x2614,   2},
        {0x3000,   2},
        {0x303f,   1},
        {0x3042,   2},
        {0x3099,   0},
        {0x4e2d,   2},
        {0xa4d0,   1},
        {0xac00,   2},
        {0xd7a3,   2},
        {0xd7b0,   0},
        {0xfe0e,   0},
        {0xfe0f,   0},
        {0xfeff,   0},
        {0xff21,   2},
        {0xff71,   1},
        {0xfffd,   1},
        {0x1f1e6,  1},
        {0x1f600,  2},
        {0x1f3fb,  2},
        {0x1f5a5,  1},
        {0x1fae8,  2},
        {0x20000,  2},
        {0x2ebf0,  2},
        {0xe0001,  0},
        {0xe0100,  0},
        {0xe01f0,  1},
        {0x10ffff, 1}
    };

    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        ck_assert_msg(columns_of(of[i].c) == of[i].columns, "U+%04X takes %u", (unsigned)of[i].c,
                      columns_of(of[i].c));
}
END_TEST

/* What text_show puts for it takes as many. */
START_TEST(what_is_replaced)
{
    check_cut("\t\x1b\x7f\n", "1/1 1/1 1/1 1/0 ");
    check_cut("\xff\xe4\xbd", "1/1 1/1 1/1 ");
    check_cut("a\xe2\x80\xae"
              "b",
              "1/1 3/1 1/1 "); /* a right-to-left override joins nothing */
    for (int32_t c = 1; c < 0x300; c++)
        ck_assert_uint_eq(columns_of(c), c != '\n');
}
END_TEST

START_TEST(marks_join_their_base)
{
    check_cut("e\u0301a", "3/1 1/1 ");
    check_cut("日\u3099本", "6/2 3/2 ");
    check_cut("\u0301\u0302x", "4/0 1/1 ");
    check_cut("\n\u0301", "1/0 2/0 ");
    check_cut("\u1112\u1161\u11ab", "9/2 "); /* Hangul in pieces */
    check_cut("\u0915\u094d\u0937\u093f", "6/1 3/1 3/1 ");
}
END_TEST

START_TEST(emoji)
{
    check_cut("\u2764\u2764\ufe0f", "3/1 6/2 ");
    check_cut("1\ufe0f\u20e3"
              "1",
              "7/2 1/1 ");
    check_cut("a\ufe0f", "4/1 "); /* is none */
    check_cut("\U0001f44d\U0001f3fd\U0001f44d", "8/2 4/2 ");
    check_cut("\u261d\U0001f3fd", "7/2 ");
    check_cut("a\U0001f3fd", "1/1 4/2 ");
    check_cut("\U0001f469\u200d\U0001f469\u200d\U0001f467!", "18/2 1/1 ");
    check_cut("\U0001f469\u200d\u2764\ufe0f\u200d\U0001f469", "20/2 ");
    check_cut("\U0001f3f3\ufe0f\u200d\U0001f308", "14/2 ");
    check_cut("a\u200d\U0001f308\U0001f469\u200d日", "4/1 4/2 7/2 3/2 "); /* a joiner joins emoji alone */
    check_cut("\U0001f3f4\U000e0067\U000e0062\U000e007f", "16/2 ");
}
END_TEST

START_TEST(flags)
{
    check_cut("\U0001f1e9\U0001f1ea", "8/2 ");
    check_cut("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1e9", "8/2 8/2 4/1 ");
    check_cut("\U0001f1e9x\U0001f1ea", "4/1 1/1 4/1 ");
    check_cut("\U0001f1e9\u0301\U0001f1ea", "6/1 4/1 ");
}
END_TEST

START_TEST(texts)
{
    ck_assert_uint_eq(columns_text(span_of("")), 0);
    ck_assert_uint_eq(columns_text(span_of("plain text")), 10);
    ck_assert_uint_eq(columns_text(span_of("日本 e\u0301 \U0001f600")), 4 + 1 + 1 + 1 + 2);
}
END_TEST

/* Every code point, with a mark behind it: nothing is cut in two, and the columns are those of the first. */
START_TEST(no_character_is_cut)
{
    for (int32_t c = 0x80; c < 0x110000; c++) {
        char text[8];
        size_t length = 0;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        if (c >= 0x10000) {
            text[length++] = (char)(0xf0 | c >> 18);
            text[length++] = (char)(0x80 | (c >> 12 & 0x3f));
        } else if (c >= 0x800) {
            text[length++] = (char)(0xe0 | c >> 12);
        }
        if (c >= 0x800)
            text[length++] = (char)(0x80 | (c >> 6 & 0x3f));
        else
            text[length++] = (char)(0xc0 | c >> 6);
        text[length++] = (char)(0x80 | (c & 0x3f));
        memcpy(text + length, "\u0301", 2);
        struct span rest = {text, length + 2};
        unsigned columns = 9;
        if (columns_next(&rest, &columns) != length + 2 || columns != columns_of(c) || columns > 2)
            ck_abort_msg("U+%04X with a mark: %zu bytes left, %u columns", (unsigned)c, rest.length, columns);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("columns");

    tcase_add_test(tests, code_points);
    tcase_add_test(tests, what_is_replaced);
    tcase_add_test(tests, marks_join_their_base);
    tcase_add_test(tests, emoji);
    tcase_add_test(tests, flags);
    tcase_add_test(tests, texts);
    tcase_add_test(tests, no_character_is_cut);
    return suite_run(tests, "columns");
}
