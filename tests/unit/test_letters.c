/* Letters: words, and their two cases. */
#include "letters.h"

#include <string.h>

#include "suite.h"

START_TEST(words)
{
    static const char in[] = "azAZ09éßöÉʼёЖאבعגश日本語かカ한๑\u0301",
                      out[] = " .,-_/!@~«»¿×…—“”€→★、。・「」！？　";

    for (struct span rest = span_of(in); rest.length > 0;) {
        int32_t c = text_next(&rest);
        ck_assert_msg(letters_word(c), "U+%04X is of no word", (unsigned)c);
    }
    for (struct span rest = span_of(out); rest.length > 0;) {
        int32_t c = text_next(&rest);
        ck_assert_msg(!letters_word(c), "U+%04X is of a word", (unsigned)c);
    }
    ck_assert(!letters_word(0x1f600));
    ck_assert(!letters_word('\n'));
    ck_assert(!letters_word(0x85));
}
END_TEST

static void check_change(const char *text, int32_t change(int32_t c), const char *expected)
{
    char changed[128];
    size_t length = strlen(text);

    memcpy(changed, text, length + 1);
    letters_change(changed, length, change);
    ck_assert_str_eq(changed, expected);
}

START_TEST(cases)
{
    check_change("Hello, wörld ÿ ß ő ž ǎ", letters_upper, "HELLO, WÖRLD Ÿ ß Ő Ž Ǎ");
    check_change("HELLO, WÖRLD Ÿ Ő Ž ×", letters_lower, "hello, wörld ÿ ő ž ×");
    check_change("αβγ ώ έ привет ђ ґ", letters_upper, "ΑΒΓ Ώ Έ ПРИВЕТ Ђ Ґ");
    check_change("ΑΒΓ Ώ Έ ПРИВЕТ Ђ Ґ", letters_lower, "αβγ ώ έ привет ђ ґ");
    check_change("Բարև Tiếng Việt ａ", letters_upper, "ԲԱՐև TIẾNG VIỆT Ａ");
    check_change("日本 +-÷", letters_upper, "日本 +-÷");
}
END_TEST

/* As many bytes as before, and the way back. */
START_TEST(every_letter_has_its_pair)
{
    for (int32_t c = 0; c < 0x110000; c++) {
        int32_t upper = letters_upper(c), lower = letters_lower(c);
        if (upper != c && lower != c)
            ck_abort_msg("U+%04X is a large and a small letter", (unsigned)c);
        if ((upper != c && letters_lower(upper) != c) || (lower != c && letters_upper(lower) != c))
            ck_abort_msg("U+%04X has no way back", (unsigned)c);
        if ((c < 0x80) != (upper < 0x80) || (c < 0x800) != (upper < 0x800) || upper > 0xffff + (c & ~0xffff))
            ck_abort_msg("U+%04X grows or shrinks", (unsigned)c);
    }
}
END_TEST

START_TEST(starts)
{
    ck_assert(letters_start(span_of("Jörg"), span_of("jÖ")));
    ck_assert(letters_start(span_of("jack"), span_of("jack")));
    ck_assert(letters_start(span_of("jack"), span_of("")));
    ck_assert(!letters_start(span_of("jack"), span_of("jacky")));
    ck_assert(!letters_start(span_of("jack"), span_of("ack")));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("letters");

    tcase_add_test(tests, words);
    tcase_add_test(tests, cases);
    tcase_add_test(tests, every_letter_has_its_pair);
    tcase_add_test(tests, starts);
    return suite_run(tests, "letters");
}
