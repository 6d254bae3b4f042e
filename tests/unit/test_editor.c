/* The editor: keys in, text and cursor out, as readline does it; and whatever the keys, the text stays
 * whole. */
#include "editor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "memory.h"
#include "suite.h"

static struct editor editor;
static struct recall recall;
static struct keys keys;
static enum editor_event event; /* of the last key */
static char said[TEXT_SAY_MAX + 1];

static struct span word(void *context, enum complete_kind kind, size_t index)
{
    static const char *const commands[] = {"/help", "/history", "/me", "/nick"};
    static const char *const nicks[] = {"jack", "Jane", "JÖRG", "jörgen", "molly", "molly"};

    (void)context;
    if (kind == COMPLETE_COMMANDS)
        return index < 4 ? span_of(commands[index]) : (struct span){NULL, 0};
    return index < 6 ? span_of(nicks[index]) : (struct span){NULL, 0};
}

static void take(void *context, const struct key *key)
{
    (void)context;
    event = editor_key(&editor, key);
    if (event != EDITOR_LINE)
        return;
    struct span line = editor_said(&editor);
    memcpy(said, line.bytes, line.length);
    said[line.length] = '\0';
    recall_add(&recall, line);
}

static void setup(void)
{
    recall_init(&recall);
    recall_add(&recall, span_of("first line"));
    recall_add(&recall, span_of("second one"));
    recall_add(&recall, span_of("häuser und bäume"));
    recall_add(&recall, span_of("last line"));
    editor_init(&editor, &recall, word, NULL);
    keys_init(&keys, take, NULL);
    said[0] = '\0';
    event = EDITOR_NOTHING;
}

static void teardown(void)
{
    editor_free(&editor);
    recall_free(&recall);
}

static void press(const char *octets)
{
    keys_feed(&keys, octets, strlen(octets));
    if (keys_wait_ms(&keys) > 0)
        keys_pause(&keys);
}

/* The text, with a bar where the cursor stands. */
static void check_text(const char *expected)
{
    struct span text = editor_text(&editor);
    size_t cursor = editor_cursor(&editor);
    char shown[512];

    snprintf(shown, sizeof shown, "%.*s|%.*s", (int)cursor, text.bytes, (int)(text.length - cursor),
             text.bytes + cursor);
    ck_assert_str_eq(shown, expected);
}

static void check_prompt(const char *expected)
{
    struct span prompt = editor_prompt(&editor);

    ck_assert_msg(span_equal(prompt, span_of(expected)), "the prompt is \"%.*s\", not \"%s\"",
                  (int)prompt.length, prompt.bytes, expected);
}

/* These keys in a fresh editor give this text. */
static void check(const char *octets, const char *expected)
{
    teardown();
    setup();
    press(octets);
    check_text(expected);
}

#define CA "\x01"
#define CB "\x02"
#define CC "\x03"
#define CD "\x04"
#define CE "\x05"
#define CF "\x06"
#define CG "\x07"
#define CH "\x08"
#define CK "\x0b"
#define CL "\x0c"
#define CN "\x0e"
#define CP "\x10"
#define CR "\x12"
#define CS "\x13"
#define CT "\x14"
#define CU "\x15"
#define CV "\x16"
#define CW "\x17"
#define CY "\x19"
#define CZ "\x1a"
#define C_ "\x1f"
#define M  "\x1b"
#define BS "\x7f"

#define PASTE(text) "\x1b[200~" text "\x1b[201~"

START_TEST(typing)
{
    check("hello", "hello|");
    check("日本e\u0301", "日本e\u0301|");
    check("bar" CA "foo", "foo|bar");
    check_prompt("> ");
}
END_TEST

START_TEST(motion)
{
    check("one two" CA, "|one two");
    check("one two" CA CE, "one two|");
    check("one" CB CB, "o|ne");
    check("one" CA CF, "o|ne");
    check("日e\u0301x" CB CB, "日|e\u0301x");
    check("日e\u0301x" CA CF CF, "日e\u0301|x");
    check("one, two" M "b", "one, |two");
    check("one, two " M "b" M "b", "|one, two ");
    check("one, two" CA M "f", "one|, two");
    check("one, two" CA M "f" M "F", "one, two|");
    check("häuser-日本語, x" M "b" M "b", "häuser-|日本語, x");
    check("one two" M "[1;5D" M "[D", "one| two");
    check("one two" M "[H" M "[1;3C", "one| two");
    check("one two" M "OH" M "OC" M "[F", "one two|");
}
END_TEST

START_TEST(ends_ring_the_bell)
{
    check("a" CF, "a|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("a" CA CB, "|a");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("a" CA BS, "|a");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("a" CD, "a|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check(CU, "|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("a" CE, "a|");
    ck_assert_int_eq(event, EDITOR_NOTHING);
}
END_TEST

START_TEST(deleting)
{
    check("abc" BS, "ab|");
    check("abc" CB CH, "a|c");
    check("abc" CA CD, "|bc");
    check("abc" CA M "[3~", "|bc");
    check("a\U0001f469\u200d\U0001f467" BS, "a|");
    check("日本" CA CD, "|本");
    check("ab" CA CD CD CD, "|"); /* one too many is not the end */
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

/* What is left of a character joins its neighbour: the cursor moves on behind both. */
START_TEST(cursor_never_stands_within_a_character)
{
    check("e" M "\r\u0301" CB BS, "e\u0301|");
    check("e" M "\r\u0301" CB CB CD, "e\u0301|");
    check("\u0301" CA "e", "e\u0301|");
}
END_TEST

START_TEST(killing_and_yanking)
{
    check("one two" CA CK, "|");
    check("one two" CA CK "[" CY "]", "[one two]|");
    check("one two" M "b" CU, "|two");
    check("one two" M "b" CU CE CY, "twoone |");
    check("a one-two  " CW, "a |");
    check("a one-two  " M BS, "a one-|");
    check("a one-two  " CA M "d", "| one-two  ");
    check("a one-two  " CA M "[3;5~" M "d" CY, "a one|-two  ");
    check("one two three" CW CW CE CY, "one two three|"); /* killed in a row: together, in their order */
    check("one two three" M "b" M BS CK "x" CY, "one xtwo three|");
    check("one two" CW CB CW CY, "one| ");
    check(CY, "|");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(yanking_what_was_killed_before)
{
    check("one" CU "two" CU "three" CU CY, "three|");
    check("one" CU "two" CU "three" CU CY M "y", "two|");
    check("one" CU "two" CU "three" CU "<>" CB CY M "y" M "y", "<one|>");
    check("one" CU "two" CU "three" CU CY M "y" M "y" M "y", "three|");
    check("one" CU "two" CU CY M "y"
          " " CY,
          "one one|");
    check("one" CU CY "x" M "y", "onex|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("one" CU "two" CU "x" CU CY M "y", "two|");
}
END_TEST

START_TEST(exchanging)
{
    check("ab" CT, "ba|");
    check("abc" CB CT, "acb|");
    check("abc" CA CF CT, "ba|c");
    check("日本" CT, "本日|");
    check("a" CT, "a|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("ab" CA CT, "|ab");
    check("one two" M "t", "two one|");
    check("one, two three" M "b" M "t", "one, three two|");
    check("one two three" CA M "f" M "t", "two one| three");
    check("one" M "t", "one|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("a one two  " M "t", "a two one|  ");
}
END_TEST

START_TEST(cases)
{
    check("one two" CA M "u", "ONE| two");
    check("ONE TWO" CA M "l" M "l", "one two|");
    check("öNE-tWO" CA M "c" M "c", "Öne-Two|");
    check("привет" CA CF M "u", "пРИВЕТ|");
    check("one  " CB M "u", "one  |");
}
END_TEST

START_TEST(undoing)
{
    check("one" CA CK C_, "one|");
    check("one two" CW CW C_ C_, "one two|");
    check("one two" CA M "u" CE "x" C_ C_, "one| two");
    check("ab" CT C_, "ab|");
    check("abc" C_, "|");
    check("abc" BS BS C_ C_, "abc|");
    check("abcdefghijklmnopqrstuvwxyz" C_, "abcdefghijklmnopqrst|");
    check(C_, "|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("one" CU "two" CU CY M "y" C_, "two|");
    check("x" PASTE("one two") C_, "x|");
    check("one\r" C_, "|");
}
END_TEST

START_TEST(undo_is_bounded)
{
    for (int i = 0; i < 3 * BUFFER_CHANGES_MAX; i++)
        press("ab" BS);
    for (int i = 0; i < BUFFER_CHANGES_MAX; i++)
        press(C_);
    ck_assert_int_eq(event, EDITOR_REPAINT);
    press(C_);
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(quoting)
{
    check("a" CV "\t", "a\t|");
    check("a\x11\n"
          "b",
          "a\nb|");
    check(CV CA, "\x01|");
    check("a" M "\r"
          "b",
          "a\nb|");
    check("a" CV M "[D", "|a");
    ck_assert_int_eq(event, EDITOR_REPAINT);
}
END_TEST

START_TEST(lines)
{
    check("hello\r", "|");
    ck_assert_int_eq(event, EDITOR_LINE);
    ck_assert_str_eq(said, "hello");
    check("hello" CA "\n", "|");
    ck_assert_str_eq(said, "hello");
    check("\r", "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    check(" \t \r", "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    ck_assert_str_eq(said, "");
    check(" x\r", "|");
    ck_assert_str_eq(said, " x");
}
END_TEST

START_TEST(signals)
{
    check(CC, "|");
    ck_assert_int_eq(event, EDITOR_INTERRUPT);
    check("abc" CC, "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    press(CY);
    check_text("abc|");
    check(CD, "|");
    ck_assert_int_eq(event, EDITOR_END);
    check("abc" CZ, "abc|");
    ck_assert_int_eq(event, EDITOR_SUSPEND);
    check("abc" CL, "abc|");
    ck_assert_int_eq(event, EDITOR_CLEAR);
    check("abc" CG, "abc|");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(what_nobody_binds)
{
    check("a\x1c\x1d\x1e\x0f\x18" M "q" M "[5~" M "[6~" M "[2~" M "[24~" M "[99;99Z", "a|");
}
END_TEST

/* Alt on a keyboard that has none. */
START_TEST(escape_and_then_a_key)
{
    press("one two");
    press(M);
    ck_assert_int_eq(event, EDITOR_NOTHING);
    press("b");
    check_text("one |two");
    press("b");
    check_text("one b|two");
}
END_TEST

START_TEST(history)
{
    check(CP, "last line|");
    check(CP CP, "häuser und bäume|");
    check("typed" CP CP CN CN, "typed|");
    check("typed" M "[A" M "[A" M "[B", "last line|");
    check("typed" M "<", "first line|");
    check("typed" M "<" M ">", "typed|");
    check(M "<" CP, "first line|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("typed" CN, "typed|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check(CP CP "\r" CP, "häuser und bäume|");
    ck_assert_str_eq(said, "häuser und bäume");
    check("new\r" CP CP, "last line|");
}
END_TEST

/* Going up and down loses no edit; saying a line puts the others back. */
START_TEST(changed_history)
{
    check(CP "X" CP "Y" CN, "last lineX|");
    check(CP "X" CP "Y" CN CP, "häuser und bäumeY|");
    check(CP "X" CP "\r" CP CP, "last line|");
    check("typed" CP CU CN, "typed|");
    check("typed" CP CC CP, "last line|");
    check(CP CU CC, "|");
    ck_assert_int_eq(event, EDITOR_REPAINT);
}
END_TEST

START_TEST(searching)
{
    check("typed" CR "line", "last |line");
    check_prompt("(reverse-i-search)`line': ");
    check("typed" CR "line" CR, "first |line");
    check("typed" CR "line" CR CS, "last |line");
    check_prompt("(i-search)`line': ");
    check("typed" CR "ä" CR CR, "h|äuser und bäume");
    check_prompt("(failed reverse-i-search)`ä': ");
    ck_assert_int_eq(event, EDITOR_BELL);
    check(CR "lasr" BS "t", "|last line");
    check(CR "bä" BS BS BS, "häuser und |bäume");
    ck_assert_int_eq(event, EDITOR_BELL);
    check_prompt("(reverse-i-search)`': ");
    check(CR "sec" CW, "|second one");
    check_prompt("(reverse-i-search)`second': ");
    press(CW CW);
    check_prompt("(reverse-i-search)`second one': ");
    ck_assert_int_eq(event, EDITOR_BELL);
    check(CR "usx" CW BS CY, "hä|user und bäume");
    check_prompt("(reverse-i-search)`user und bäume': ");
}
END_TEST

START_TEST(ends_of_a_search)
{
    check("typed" CB CR "line" CG "x", "typex|d");
    check("typed" CB CR "line" CC "x", "typex|d");
    check("typed" CR "line" CR "\n"
          "x",
          "first x|line");
    check_prompt("> ");
    check("typed" CR "line" CR, "first |line");
    press(M);
    check_text("first |line");
    check_prompt("> ");
    check("typed" CR "line" CR CE "x", "first linex|");
    check("typed" CR "und" M "b", "|häuser und bäume");
    check("typed" CR "line\r", "|");
    ck_assert_str_eq(said, "last line");
    check("typed" CR "line" CG CR CR CR, "first |line"); /* the same again */
    check("typed" CR "yp"
          "\n"
          "x",
          "tx|yped");
    check(CR PASTE("one"), "second |one");
    check("typed" CR "line" CR "\n" CN CN CN CN, "typed|");
}
END_TEST

START_TEST(long_search)
{
    press(CR);
    for (int i = 0; i < SEARCH_MAX; i++)
        press("x");
    ck_assert_uint_eq(editor_prompt(&editor).length, SEARCH_MAX + strlen("(failed reverse-i-search)`': "));
    press("ä");
    ck_assert_int_eq(event, EDITOR_BELL);
    ck_assert_uint_eq(editor_prompt(&editor).length, SEARCH_MAX + strlen("(failed reverse-i-search)`': "));
}
END_TEST

START_TEST(completing)
{
    check("m\t", "molly: |");
    check("hi M\t", "hi molly |");
    check("hi m and" M "b" CB "\t", "hi molly| and");
    check("/he\t", "/help |");
    check("/h\t", "/h|");
    ck_assert_int_eq(event, EDITOR_BELL);
    press("\t");
    ck_assert_int_eq(event, EDITOR_CHOICES);
    ck_assert(span_equal(editor_choices(&editor), span_of("/help  /history")));
    press("\t");
    ck_assert_int_eq(event, EDITOR_CHOICES);
    check("jö\t", "JÖRG|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("/nick m\t", "/nick molly |");
    check("hi /m\t", "hi /m|");
    check("//m\t", "//m|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("JA\t", "JA|");
    press("\tx");
    check_text("JAx|");
    check("\tj\t", "j|");
    ck_assert_int_eq(event, EDITOR_BELL);
    check("m\t" C_, "m|");
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
    teardown();
    setup();
    editor.word = many_words;
    press("x\t");
    check_text("xxx|");
    press("\t");
    ck_assert_int_eq(event, EDITOR_CHOICES);
    struct span choices = editor_choices(&editor);
    ck_assert_uint_le(choices.length, COMPLETE_LIST_MAX);
    ck_assert(memcmp(choices.bytes + choices.length - 3, "...", 3) == 0);
    editor.word = NULL;
    press("\t");
    ck_assert_int_eq(event, EDITOR_BELL);
}
END_TEST

START_TEST(pasting)
{
    check("<" PASTE("one") ">", "<one>|");
    check(PASTE("one\r"), "one|");
    check(PASTE("1\r2\r3\r4\r5\r"), "1\n2\n3\n4\n5|");
    press("\r");
    ck_assert_str_eq(said, "1\n2\n3\n4\n5");
    check(PASTE("\r\r"), "|");
    ck_assert_int_eq(event, EDITOR_NOTHING);
}
END_TEST

#define SIX PASTE("1\r2\r3\r4\r5\r6")

START_TEST(long_pastes_are_asked_about)
{
    check("<" SIX, "|");
    check_prompt("paste 6 lines as one message? y/n ");
    press("x\r");
    ck_assert_int_eq(event, EDITOR_BELL);
    check_prompt("paste 6 lines as one message? y/n ");
    press("y>");
    check_text("<1\n2\n3\n4\n5\n6>|");
    check_prompt("> ");
    check("<" SIX "n>", "<>|");
    check("<" SIX CG ">", "<>|");
    check("<" SIX CC ">", "<>|");
    check("<" SIX, "|");
    press(M);
    check_text("<|");
    check("<" SIX SIX "y", "<1\n2\n3\n4\n5\n6|");
}
END_TEST

static void paste(size_t length)
{
    static char text[TEXT_SAY_MAX];

    memset(text, 'x', sizeof text);
    take(NULL, &(struct key){
                   .code = KEY_PASTE, .text = {text, length}
    });
}

START_TEST(the_longest_text)
{
    paste(TEXT_SAY_MAX - 1);
    ck_assert_int_eq(event, EDITOR_REPAINT);
    paste(2);
    ck_assert_int_eq(event, EDITOR_TOO_LONG);
    press("ä");
    ck_assert_int_eq(event, EDITOR_BELL);
    press("y");
    ck_assert_int_eq(event, EDITOR_REPAINT);
    press("z");
    ck_assert_int_eq(event, EDITOR_BELL);
    ck_assert_uint_eq(editor_text(&editor).length, TEXT_SAY_MAX);
    press(CW "z" CY);
    ck_assert_int_eq(event, EDITOR_BELL);
    check_text("z|");
    press(BS CY CT M "u" M "t"
                     "\r");
    ck_assert_uint_eq(editor_said(&editor).length, TEXT_SAY_MAX);
    take(NULL, &(struct key){.code = KEY_PASTE, .text = span_of("a"), .cut = true});
    ck_assert_int_eq(event, EDITOR_TOO_LONG);
    check_text("|");
}
END_TEST

/* What had no room was not yanked, and nothing can stand in its place. */
START_TEST(yanking_without_room)
{
    press("one" CU "longer than one" CU);
    paste(TEXT_SAY_MAX - 4);
    press(CY);
    ck_assert_int_eq(event, EDITOR_BELL);
    press(M "y");
    ck_assert_int_eq(event, EDITOR_BELL);
    ck_assert_uint_eq(editor_text(&editor).length, TEXT_SAY_MAX - 4);
    check("one" CU "two" CU CY, "two|");
    paste(TEXT_SAY_MAX - 3);
    press(CA CK M "y");
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
    teardown();
    memory_account(&octets);
    memory_enter();
    setup();
    seed = (uint32_t)_i + 1;
    for (uint32_t round = 0; round < 100000; round++) {
        if (any(50) == 0)
            memory_fail(any(3) + 1, any(2));
        if (any(50) == 0)
            memory_fail(0, false);
        if (any(5000) == 0)
            paste(any(2) ? any(TEXT_SAY_MAX) : TEXT_SAY_MAX - editor_text(&editor).length);
        press(pieces[any(sizeof pieces / sizeof *pieces)]);
        check_invariants(round);
    }
    memory_fail(0, false);
    teardown();
    memory_leave();
    memory_account(NULL);
    ck_assert_int_eq(octets, 0);
    setup();
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

    tcase_add_checked_fixture(tests, setup, teardown);
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
    tcase_add_test(tests, history);
    tcase_add_test(tests, changed_history);
    tcase_add_test(tests, searching);
    tcase_add_test(tests, ends_of_a_search);
    tcase_add_test(tests, long_search);
    tcase_add_test(tests, completing);
    tcase_add_test(tests, many_choices);
    tcase_add_test(tests, pasting);
    tcase_add_test(tests, long_pastes_are_asked_about);
    tcase_add_test(tests, the_longest_text);
    tcase_add_test(tests, yanking_without_room);
    tcase_add_loop_test(tests, random_keys, 0, 4);
    tcase_add_loop_test(tests, random_octets, 0, 2);
    return suite_run(tests, "editor");
}
