/* What the editor finds for who types: lines of the history, by steps and by search, and words to complete.
 */
#include <string.h>

#include "suite.h"
#include "typist.h"

START_TEST(history)
{
    typist_check(CP, "last line|");
    typist_check(CP CP, "häuser und bäume|");
    typist_check("typed" CP CP CN CN, "typed|");
    typist_check("typed" M "[A" M "[A" M "[B", "last line|");
    typist_check("typed" M "<", "first line|");
    typist_check("typed" M "<" M ">", "typed|");
    typist_check(M "<" CP, "first line|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("typed" CN, "typed|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check(CP CP "\r" CP, "häuser und bäume|");
    ck_assert_str_eq(said, "häuser und bäume");
    typist_check("new\r" CP CP, "last line|");
}
END_TEST

/* Going up and down loses no edit; saying a line puts the others back. */
START_TEST(changed_history)
{
    typist_check(CP "X" CP "Y" CN, "last lineX|");
    typist_check(CP "X" CP "Y" CN CP, "häuser und bäumeY|");
    typist_check(CP "X" CP "\r" CP CP, "last line|");
    typist_check("typed" CP CU CN, "typed|");
    typist_check("typed" CP CC CP, "last line|");
    typist_check(CP CU CC, "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
}
END_TEST

START_TEST(searching)
{
    typist_check("typed" CR "line", "last |line");
    typist_prompt("(reverse-i-search)`line': ");
    typist_check("typed" CR "line" CR, "first |line");
    typist_check("typed" CR "line" CR CS, "last |line");
    typist_prompt("(i-search)`line': ");
    typist_check("typed" CR "ä" CR CR, "h|äuser und bäume");
    typist_prompt("(failed reverse-i-search)`ä': ");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check(CR "lasr" BS "t", "|last line");
    typist_check(CR "bä" BS BS BS, "häuser und |bäume");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_prompt("(reverse-i-search)`': ");
    typist_check(CR "sec" CW, "|second one");
    typist_prompt("(reverse-i-search)`second': ");
    typist_press(CW CW);
    typist_prompt("(reverse-i-search)`second one': ");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check(CR "usx" CW BS CY, "hä|user und bäume");
    typist_prompt("(reverse-i-search)`user und bäume': ");
}
END_TEST

START_TEST(ends_of_a_search)
{
    typist_check("typed" CB CR "line" CG "x", "typex|d");
    typist_check("typed" CB CR "line" CC "x", "typex|d");
    typist_check("typed" CR "line" CR "\n"
                 "x",
                 "first x|line");
    typist_prompt("> ");
    typist_check("typed" CR "line" CR, "first |line");
    typist_press(M);
    typist_text("first |line");
    typist_prompt("> ");
    typist_check("typed" CR "line" CR CE "x", "first linex|");
    typist_check("typed" CR "und" M "b", "|häuser und bäume");
    typist_check("typed" CR "line\r", "|");
    ck_assert_str_eq(said, "last line");
    typist_check("typed" CR "line" CG CR CR CR, "first |line"); /* the same again */
    typist_check("typed" CR "yp"
                 "\n"
                 "x",
                 "tx|yped");
    typist_check(CR PASTE("one"), "second |one");
    typist_check("typed" CR "line" CR "\n" CN CN CN CN, "typed|");
}
END_TEST

START_TEST(long_search)
{
    typist_press(CR);
    for (int i = 0; i < SEARCH_MAX; i++)
        typist_press("x");
    ck_assert_uint_eq(editor_prompt(&editor).length, SEARCH_MAX + strlen("(failed reverse-i-search)`': "));
    typist_press("ä");
    ck_assert_int_eq(event, EDITOR_BELL);
    ck_assert_uint_eq(editor_prompt(&editor).length, SEARCH_MAX + strlen("(failed reverse-i-search)`': "));
}
END_TEST

START_TEST(completing)
{
    typist_check("m\t", "molly: |");
    typist_check("hi M\t", "hi molly |");
    typist_check("hi m and" M "b" CB "\t", "hi molly| and");
    typist_check("/he\t", "/help |");
    typist_check("/h\t", "/h|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_press("\t");
    ck_assert_int_eq(event, EDITOR_CHOICES);
    ck_assert(span_equal(editor_choices(&editor), span_of("/help  /history")));
    typist_press("\t");
    ck_assert_int_eq(event, EDITOR_CHOICES);
    typist_check("jö\t", "JÖRG|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("/nick m\t", "/nick molly |");
    typist_check("hi /m\t", "hi /m|");
    typist_check("//m\t", "//m|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("JA\t", "JA|");
    typist_press("\tx");
    typist_text("JAx|");
    typist_check("\tj\t", "j|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("m\t" C_, "m|");
}
END_TEST

static struct span many_words(void *context, enum complete_kind kind, size_t index)
{
    static char name[COMPLETE_WORD_MAX + 2];

    (void)context;
    (void)kind;
    memset(name, 'x', sizeof name);
    name[3] = (char)('a' + index % 26);
    return (struct span){name, index < 1000 ? COMPLETE_WORD_MAX + (index == 0) : 0};
}

START_TEST(many_choices)
{
    typist_end();
    typist_begin();
    editor.word = many_words;
    typist_press("x\t");
    typist_text("xxx|");
    typist_press("\t");
    ck_assert_int_eq(event, EDITOR_CHOICES);
    struct span choices = editor_choices(&editor);
    ck_assert_uint_le(choices.length, COMPLETE_LIST_MAX);
    ck_assert(memcmp(choices.bytes + choices.length - 3, "...", 3) == 0);
    editor.word = NULL;
    typist_press("\t");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("finding");

    tcase_add_checked_fixture(tests, typist_begin, typist_end);
    tcase_add_test(tests, history);
    tcase_add_test(tests, changed_history);
    tcase_add_test(tests, searching);
    tcase_add_test(tests, ends_of_a_search);
    tcase_add_test(tests, long_search);
    tcase_add_test(tests, completing);
    tcase_add_test(tests, many_choices);
    return suite_run(tests, "finding");
}
