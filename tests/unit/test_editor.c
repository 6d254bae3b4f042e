/* The editor: keys in, text and cursor out, as readline does it; and whatever the keys, the text stays
 * whole. */
#include <string.h>

#include "columns.h"
#include "memory.h"
#include "suite.h"
#include "typist.h"

START_TEST(typing)
{
    typist_check("hello", "hello|");
    typist_check("日本e\u0301", "日本e\u0301|");
    typist_check("bar" CA "foo", "foo|bar");
    typist_prompt("> ");
}
END_TEST

START_TEST(motion)
{
    typist_check("one two" CA, "|one two");
    typist_check("one two" CA CE, "one two|");
    typist_check("one" CB CB, "o|ne");
    typist_check("one" CA CF, "o|ne");
    typist_check("日e\u0301x" CB CB, "日|e\u0301x");
    typist_check("日e\u0301x" CA CF CF, "日e\u0301|x");
    typist_check("one, two" M "b", "one, |two");
    typist_check("one, two " M "b" M "b", "|one, two ");
    typist_check("one, two" CA M "f", "one|, two");
    typist_check("one, two" CA M "f" M "F", "one, two|");
    typist_check("häuser-日本語, x" M "b" M "b", "häuser-|日本語, x");
    typist_check("one two" M "[1;5D" M "[D", "one| two");
    typist_check("one two" M "[H" M "[1;3C", "one| two");
    typist_check("one two" M "OH" M "OC" M "[F", "one two|");
}
END_TEST

START_TEST(ends_ring_the_bell)
{
    typist_check("a" CF, "a|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("a" CA CB, "|a");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("a" CA BS, "|a");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("a" CD, "a|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check(CU, "|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("a" CE, "a|");
    ck_assert_int_eq(event, EDITOR_NOTHING);
}
END_TEST

START_TEST(deleting)
{
    typist_check("abc" BS, "ab|");
    typist_check("abc" CB CH, "a|c");
    typist_check("abc" CA CD, "|bc");
    typist_check("abc" CA M "[3~", "|bc");
    typist_check("a\U0001f469\u200d\U0001f467" BS, "a|");
    typist_check("日本" CA CD, "|本");
    typist_check("ab" CA CD CD CD, "|"); /* one too many is not the end */
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

/* What is left of a character joins its neighbour: the cursor moves on behind both. */
START_TEST(cursor_never_stands_within_a_character)
{
    typist_check("e" M "\r\u0301" CB BS, "e\u0301|");
    typist_check("e" M "\r\u0301" CB CB CD, "e\u0301|");
    typist_check("\u0301" CA "e", "e\u0301|");
}
END_TEST

START_TEST(killing_and_yanking)
{
    typist_check("one two" CA CK, "|");
    typist_check("one two" CA CK "[" CY "]", "[one two]|");
    typist_check("one two" M "b" CU, "|two");
    typist_check("one two" M "b" CU CE CY, "twoone |");
    typist_check("a one-two  " CW, "a |");
    typist_check("a one-two  " M BS, "a one-|");
    typist_check("a one-two  " CA M "d", "| one-two  ");
    typist_check("a one-two  " CA M "[3;5~" M "d" CY, "a one|-two  ");
    typist_check("one two three" CW CW CE CY,
                 "one two three|"); /* killed in a row: together, in their order */
    typist_check("one two three" M "b" M BS CK "x" CY, "one xtwo three|");
    typist_check("one two" CW CB CW CY, "one| ");
    typist_check(CY, "|");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(yanking_what_was_killed_before)
{
    typist_check("one" CU "two" CU "three" CU CY, "three|");
    typist_check("one" CU "two" CU "three" CU CY M "y", "two|");
    typist_check("one" CU "two" CU "three" CU "<>" CB CY M "y" M "y", "<one|>");
    typist_check("one" CU "two" CU "three" CU CY M "y" M "y" M "y", "three|");
    typist_check("one" CU "two" CU CY M "y"
                 " " CY,
                 "one one|");
    typist_check("one" CU CY "x" M "y", "onex|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("one" CU "two" CU "x" CU CY M "y", "two|");
}
END_TEST

START_TEST(exchanging)
{
    typist_check("ab" CT, "ba|");
    typist_check("abc" CB CT, "acb|");
    typist_check("abc" CA CF CT, "ba|c");
    typist_check("日本" CT, "本日|");
    typist_check("a" CT, "a|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("ab" CA CT, "|ab");
    typist_check("one two" M "t", "two one|");
    typist_check("one, two three" M "b" M "t", "one, three two|");
    typist_check("one two three" CA M "f" M "t", "two one| three");
    typist_check("one" M "t", "one|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("a one two  " M "t", "a two one|  ");
}
END_TEST

START_TEST(cases)
{
    typist_check("one two" CA M "u", "ONE| two");
    typist_check("ONE TWO" CA M "l" M "l", "one two|");
    typist_check("öNE-tWO" CA M "c" M "c", "Öne-Two|");
    typist_check("привет" CA CF M "u", "пРИВЕТ|");
    typist_check("one  " CB M "u", "one  |");
}
END_TEST

START_TEST(undoing)
{
    typist_check("one" CA CK C_, "one|");
    typist_check("one two" CW CW C_ C_, "one two|");
    typist_check("one two" CA M "u" CE "x" C_ C_, "one| two");
    typist_check("ab" CT C_, "ab|");
    typist_check("abc" C_, "|");
    typist_check("abc" BS BS C_ C_, "abc|");
    typist_check("abcdefghijklmnopqrstuvwxyz" C_, "abcdefghijklmnopqrst|");
    typist_check(C_, "|");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_check("one" CU "two" CU CY M "y" C_, "two|");
    typist_check("x" PASTE("one two") C_, "x|");
    typist_check("one\r" C_, "|");
}
END_TEST

START_TEST(undo_is_bounded)
{
    for (int i = 0; i < 3 * BUFFER_CHANGES_MAX; i++)
        typist_press("ab" BS);
    for (int i = 0; i < BUFFER_CHANGES_MAX; i++)
        typist_press(C_);
    ck_assert_int_eq(event, EDITOR_REPAINT);
    typist_press(C_);
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(quoting)
{
    typist_check("a" CV "\t", "a\t|");
    typist_check("a\x11\n"
                 "b",
                 "a\nb|");
    typist_check(CV CA, "\x01|");
    typist_check("a" M "\r"
                 "b",
                 "a\nb|");
    typist_check("a" CV M "[D", "|a");
    ck_assert_int_eq(event, EDITOR_REPAINT);
}
END_TEST

START_TEST(lines)
{
    typist_check("hello\r", "|");
    ck_assert_int_eq(event, EDITOR_LINE);
    ck_assert_str_eq(said, "hello");
    typist_check("hello" CA "\n", "|");
    ck_assert_str_eq(said, "hello");
    typist_check("\r", "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    typist_check(" \t \r", "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    ck_assert_str_eq(said, "");
    typist_check(" x\r", "|");
    ck_assert_str_eq(said, " x");
}
END_TEST

START_TEST(signals)
{
    typist_check(CC, "|");
    ck_assert_int_eq(event, EDITOR_INTERRUPT);
    typist_check("abc" CC, "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    typist_press(CY);
    typist_text("abc|");
    typist_check(CD, "|");
    ck_assert_int_eq(event, EDITOR_END);
    typist_check("abc" CZ, "abc|");
    ck_assert_int_eq(event, EDITOR_SUSPEND);
    typist_check("abc" CL, "abc|");
    ck_assert_int_eq(event, EDITOR_CLEAR);
    typist_check("abc" CG, "abc|");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(what_nobody_binds)
{
    typist_check("a\x1c\x1d\x1e\x0f\x18" M "q" M "[5~" M "[6~" M "[2~" M "[24~" M "[99;99Z", "a|");
}
END_TEST

/* Alt on a keyboard that has none. */
START_TEST(escape_and_then_a_key)
{
    typist_press("one two");
    typist_press(M);
    ck_assert_int_eq(event, EDITOR_NOTHING);
    typist_press("b");
    typist_text("one |two");
    typist_press("b");
    typist_text("one b|two");
}
END_TEST

START_TEST(pasting)
{
    typist_check("<" PASTE("one") ">", "<one>|");
    typist_check(PASTE("one\r"), "one|");
    typist_check(PASTE("1\r2\r3\r4\r5\r"), "1\n2\n3\n4\n5|");
    typist_press("\r");
    ck_assert_str_eq(said, "1\n2\n3\n4\n5");
    typist_check(PASTE("\r\r"), "|");
    ck_assert_int_eq(event, EDITOR_NOTHING);
}
END_TEST

#define SIX PASTE("1\r2\r3\r4\r5\r6")

START_TEST(long_pastes_are_asked_about)
{
    typist_check("<" SIX, "|");
    typist_prompt("paste 6 lines as one message? y/n ");
    typist_press("x\r");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_prompt("paste 6 lines as one message? y/n ");
    typist_press("y>");
    typist_text("<1\n2\n3\n4\n5\n6>|");
    typist_prompt("> ");
    typist_check("<" SIX "n>", "<>|");
    typist_check("<" SIX CG ">", "<>|");
    typist_check("<" SIX CC ">", "<>|");
    typist_check("<" SIX, "|");
    typist_press(M);
    typist_text("<|");
    typist_check("<" SIX SIX "y", "<1\n2\n3\n4\n5\n6|");
}
END_TEST

static void paste(size_t length)
{
    static char text[TEXT_SAY_MAX];

    memset(text, 'x', sizeof text);
    typist_key(&(struct key){
        .code = KEY_PASTE, .text = {text, length}
    });
}

START_TEST(the_longest_text)
{
    paste(TEXT_SAY_MAX - 1);
    ck_assert_int_eq(event, EDITOR_REPAINT);
    paste(2);
    ck_assert_int_eq(event, EDITOR_TOO_LONG);
    typist_press("ä");
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_press("y");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    typist_press("z");
    ck_assert_int_eq(event, EDITOR_BELL);
    ck_assert_uint_eq(editor_text(&editor).length, TEXT_SAY_MAX);
    typist_press(CW "z" CY);
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_text("z|");
    typist_press(BS CY CT M "u" M "t"
                            "\r");
    ck_assert_uint_eq(editor_said(&editor).length, TEXT_SAY_MAX);
    typist_key(&(struct key){.code = KEY_PASTE, .text = span_of("a"), .cut = true});
    ck_assert_int_eq(event, EDITOR_TOO_LONG);
    typist_text("|");
}
END_TEST

/* What had no room was not yanked, and nothing can stand in its place. */
START_TEST(yanking_without_room)
{
    typist_press("one" CU "longer than one" CU);
    paste(TEXT_SAY_MAX - 4);
    typist_press(CY);
    ck_assert_int_eq(event, EDITOR_BELL);
    typist_press(M "y");
    ck_assert_int_eq(event, EDITOR_BELL);
    ck_assert_uint_eq(editor_text(&editor).length, TEXT_SAY_MAX - 4);
    typist_check("one" CU "two" CU CY, "two|");
    paste(TEXT_SAY_MAX - 3);
    typist_press(CA CK M "y");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

/* Whatever comes. */

static uint32_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

static bool is_place(struct span text, size_t at)
{
    size_t place = 0;

    while (place < at) {
        struct span rest = {text.bytes + place, text.length - place};
        unsigned columns = 0;
        place += columns_next(&rest, &columns);
    }
    return place == at;
}

static void check_invariants(uint32_t round)
{
    struct span text = editor_text(&editor), prompt = editor_prompt(&editor);
    size_t cursor = editor_cursor(&editor);

    if (text.length > TEXT_SAY_MAX || cursor > text.length || prompt.length > EDITOR_PROMPT_MAX)
        ck_abort_msg("after %u keys: %zu bytes, cursor at %zu", round, text.length, cursor);
    if (text.length > 1000 && round % 64 > 0) /* it takes a while */
        return;
    if (!text_valid(text) || !text_valid(prompt))
        ck_abort_msg("after %u keys: no UTF-8", round);
    if (!is_place(text, cursor))
        ck_abort_msg("after %u keys: the cursor stands within a character at %zu", round, cursor);
}

static const char *const pieces[] = {"a",
                                     "b ",
                                     "word",
                                     ", ",
                                     "ä",
                                     "日本",
                                     "e\u0301",
                                     "\u0301",
                                     "\u200d",
                                     "\ufe0f",
                                     "\U0001f469\u200d\U0001f467",
                                     "\U0001f1e9",
                                     "\U0001f1ea",
                                     "\U0001f3fd",
                                     "/h",
                                     "j",
                                     "mol",
                                     "\t",
                                     CA,
                                     CB,
                                     CC,
                                     CD,
                                     CE,
                                     CF,
                                     CG,
                                     CH,
                                     CK,
                                     CL,
                                     CN,
                                     CP,
                                     CR,
                                     CS,
                                     CT,
                                     CU,
                                     CV,
                                     CW,
                                     CY,
                                     CZ,
                                     C_,
                                     BS,
                                     "\r",
                                     "\n",
                                     M "b",
                                     M "f",
                                     M "d",
                                     M BS,
                                     M "y",
                                     M "t",
                                     M "u",
                                     M "l",
                                     M "c",
                                     M "<",
                                     M ">",
                                     M "\r",
                                     M "[A",
                                     M "[B",
                                     M "[C",
                                     M "[D",
                                     M "[H",
                                     M "[F",
                                     M "[3~",
                                     M "[3;5~",
                                     M "[1;5C",
                                     M "[1;5D",
                                     PASTE("x\ry"),
                                     SIX,
                                     "y",
                                     "n",
                                     PASTE("日\U0001f469\u200d"),
                                     PASTE("\u0301"),
                                     M};

/* Keys by the hundred thousand, with memory that sometimes runs out; all of it is given back. */
START_TEST(random_keys)
{
    long octets = 0;

    ck_assert(memory_wrapped());
    typist_end();
    memory_account(&octets);
    memory_enter();
    typist_begin();
    seed = (uint32_t)_i + 1;
    for (uint32_t round = 0; round < 100000; round++) {
        if (any(50) == 0)
            memory_fail(any(3) + 1, any(2));
        if (any(50) == 0)
            memory_fail(0, false);
        if (any(5000) == 0)
            paste(any(2) ? any(TEXT_SAY_MAX) : TEXT_SAY_MAX - editor_text(&editor).length);
        typist_press(pieces[any(sizeof pieces / sizeof *pieces)]);
        check_invariants(round);
    }
    memory_fail(0, false);
    typist_end();
    memory_leave();
    memory_account(NULL);
    ck_assert_int_eq(octets, 0);
    typist_begin();
}
END_TEST

START_TEST(random_octets)
{
    seed = (uint32_t)_i + 1;
    for (uint32_t round = 0; round < 100000; round++) {
        char octet = (char)any(256);
        keys_feed(&keys, &octet, 1);
        check_invariants(round);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("editor");

    tcase_add_checked_fixture(tests, typist_begin, typist_end);
    tcase_add_test(tests, typing);
    tcase_add_test(tests, motion);
    tcase_add_test(tests, ends_ring_the_bell);
    tcase_add_test(tests, deleting);
    tcase_add_test(tests, cursor_never_stands_within_a_character);
    tcase_add_test(tests, killing_and_yanking);
    tcase_add_test(tests, yanking_what_was_killed_before);
    tcase_add_test(tests, exchanging);
    tcase_add_test(tests, cases);
    tcase_add_test(tests, undoing);
    tcase_add_test(tests, undo_is_bounded);
    tcase_add_test(tests, quoting);
    tcase_add_test(tests, lines);
    tcase_add_test(tests, signals);
    tcase_add_test(tests, what_nobody_binds);
    tcase_add_test(tests, escape_and_then_a_key);
    tcase_add_test(tests, pasting);
    tcase_add_test(tests, long_pastes_are_asked_about);
    tcase_add_test(tests, the_longest_text);
    tcase_add_test(tests, yanking_without_room);
    tcase_add_loop_test(tests, random_keys, 0, 4);
    tcase_add_loop_test(tests, random_octets, 0, 2);
    return suite_run(tests, "editor");
}
