/* Keys: the same octets give the same keys, wherever they are cut. */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* Every key as words: "a", "^C", "M-f", "C-left", "paste[...]", each with a blank behind it. */
struct heard {
    size_t count, length;
    char words[4 * TEXT_SAY_MAX];
};

static const char *const names[] = {
    [KEY_ESCAPE] = "escape", [KEY_UP] = "up",        [KEY_DOWN] = "down",     [KEY_RIGHT] = "right",
    [KEY_LEFT] = "left",     [KEY_HOME] = "home",    [KEY_END] = "end",       [KEY_INSERT] = "insert",
    [KEY_DELETE] = "delete", [KEY_PAGE_UP] = "pgup", [KEY_PAGE_DOWN] = "pgdn"};

static void hear(void *context, const struct key *key)
{
    struct heard *heard = context;
    char *at = heard->words + heard->length;
    const char *control = key->modifiers & KEY_CONTROL ? "C-" : "";
    const char *alt = key->modifiers & KEY_ALT ? "M-" : "";
    const char *shift = key->modifiers & KEY_SHIFT ? "S-" : "";
    int length = 0;

    if (heard->length + key->text.length + 32 > sizeof heard->words)
        ck_abort_msg("key %zu is one too many", heard->count);
    if (key->text.length > TEXT_SAY_MAX || (key->character != 0 && !text_valid(key->text)))
        ck_abort_msg("key %zu has a bad text", heard->count);
    if (key->code == KEY_PASTE)
        length =
            sprintf(at, "paste%s[%.*s] ", key->cut ? " cut" : "", (int)key->text.length, key->text.bytes);
    else if (key->code != KEY_CHARACTER)
        length = sprintf(at, "%s%s%s%s ", control, alt, shift, names[key->code]);
    else if (key->character < ' ')
        length = sprintf(at, "%s^%c ", alt, key->character + '@');
    else
        length = sprintf(at, "%s%.*s ", alt, (int)key->text.length, key->text.bytes);
    heard->length += (size_t)length;
    heard->count++;
}

static struct heard expected, heard;

/* In pieces of a length, with an end for the last; 0: cut once, at `at`. */
static void feed(const char *octets, size_t length, size_t chunk, size_t at)
{
    struct keys *keys = malloc(sizeof *keys);

    heard.count = heard.length = 0;
    heard.words[0] = '\0';
    keys_init(keys, hear, &heard);
    for (size_t from = 0; from < length;) {
        size_t size = chunk > 0 ? chunk : from < at ? at : length - from;
        size = size < length - from ? size : length - from;
        char *exact = malloc(size); /* so that a read past the end is seen */
        memcpy(exact, octets + from, size);
        keys_feed(keys, exact, size);
        free(exact);
        from += size;
    }
    if (keys_wait_ms(keys) > 0)
        keys_pause(keys);
    ck_assert_uint_eq(keys_wait_ms(keys), 0);
    free(keys);
}

static void check_keys(const char *octets, size_t length, const char *words)
{
    for (size_t chunk = 1; chunk <= length; chunk++) {
        feed(octets, length, chunk, 0);
        ck_assert_msg(strcmp(heard.words, words) == 0, "by %zu: \"%s\", not \"%s\"", chunk, heard.words,
                      words);
    }
    for (size_t at = 1; at < length; at++) {
        feed(octets, length, 0, at);
        ck_assert_msg(strcmp(heard.words, words) == 0, "cut at %zu: \"%s\", not \"%s\"", at, heard.words,
                      words);
    }
}

#define CHECK(octets, words) check_keys(octets, sizeof(octets) - 1, words)

#define BAD "\xef\xbf\xbd"

START_TEST(characters)
{
    CHECK("ab", "a b ");
    CHECK("\x03\r\n\t\0", "^C ^M ^J ^I ^@ ");
    CHECK("äx日\U0001f600", "ä x 日 \U0001f600 ");
    CHECK("\xff\x80x", BAD " " BAD " x ");
    CHECK("\xe6\x97x", BAD " " BAD " x ");
    CHECK("\xe6\x97\x1b[A", BAD " " BAD " up ");
    CHECK("\xe6\xe6\x97\xa5", BAD " 日 ");
    CHECK("\xed\xa0\x80\xc0\x80", BAD " " BAD " " BAD " " BAD " " BAD " ");
}
END_TEST

START_TEST(alt)
{
    CHECK("\x1b"
          "f\x1b\x7f",
          "M-f M-\x7f ");
    CHECK("\x1b\xc3\xa4"
          "a",
          "M-ä a ");
    CHECK("\x1b\r", "M-^M ");
    CHECK("a\x1b", "a escape ");
    CHECK("\x1b\x1b", "M-escape ");
    CHECK("\x1b[", "M-[ ");
    CHECK("\x1bO", "M-O ");
    CHECK("\x1b[1;", "");
}
END_TEST

START_TEST(function_keys)
{
    CHECK("\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "up down right left home end ");
    CHECK("\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF", "up down right left home end ");
    CHECK("\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~\x1b[7~\x1b[8~",
          "home insert delete end pgup pgdn home end ");
}
END_TEST

START_TEST(modifiers)
{
    CHECK("\x1b[1;5D\x1b[1;3C\x1b[1;2A\x1b[1;8B\x1b[1;9B", "C-left M-right S-up C-M-S-down M-down ");
    CHECK("\x1b[3;5~\x1b[3;2~\x1b[5D\x1bO5C", "C-delete S-delete C-left C-right ");
    CHECK("\x1b[a\x1b[d\x1bOc\x1bOd", "S-up S-left C-right C-left "); /* rxvt */
    CHECK("\x1b[3^\x1b[7$\x1b[8@\x1b\x1b[A", "C-delete S-home C-S-end M-up ");
}
END_TEST

/* What nobody binds is nothing, and what comes after it is whole. */
START_TEST(unknown_sequences)
{
    CHECK("\x1b[11~a\x1b[24;5~b\x1bOPc\x1b[[Ad", "a b c d ");
    CHECK("\x1b[?62;c\x1b[>0;276;0c\x1b[?1;2$y\x1b[Ia\x1b[200x", "a ");
    CHECK("\x1b[1;2;3;4;5;6;7;8;9;10;11;12Aa\x1b[99999999999~b\x1b[201~c", "a b c ");
    CHECK("\x1b[ qa\x1b[!p\x1bO1;1;1Zb", "a b ");
}
END_TEST

/* Control characters count, whatever was begun. */
START_TEST(broken_sequences)
{
    CHECK("\x1b[1\x03x", "^C x ");
    CHECK("\x1bO\x1b[A", "up ");
    CHECK("\x1b[[\x1b[B", "down ");
    CHECK("\x1b[1;ä", "ä ");
    CHECK("\x1b[3\x7f", "\x7f ");
}
END_TEST

#define BEGIN "\x1b[200~"
#define END   "\x1b[201~"

START_TEST(pastes)
{
    CHECK(BEGIN END "x", "paste[] x ");
    CHECK(BEGIN "a b" END "c", "paste[a b] c ");
    CHECK(BEGIN "one\rtwo\r\nthree\nfour\r\r" END, "paste[one\ntwo\nthree\nfour\n\n] ");
    CHECK(BEGIN "ä日\xff\xe6\x97" END, "paste[ä日" BAD BAD BAD "] ");
    CHECK(BEGIN "\ta\x03\x07\x1b[31mb\0\x7f" END, "paste[\ta[31mb] ");
    CHECK(BEGIN "\x1b[20\x1b[201\x1b\x1b[201~x", "paste[[20[201] x ");
    CHECK(BEGIN "no end", "paste[no end] ");
    CHECK("\x1b" BEGIN "a" END "b", "paste[a] b ");
}
END_TEST

/* A paste is cut only between characters, and what stands behind it is heard. */
START_TEST(long_pastes)
{
    static char octets[2 * TEXT_SAY_MAX + 64];

    for (size_t size = TEXT_SAY_MAX - 3; size < TEXT_SAY_MAX + 3; size++) {
        size_t length = (size_t)sprintf(octets, BEGIN);
        for (size_t i = 0; i < size / 2; i++)
            length += (size_t)sprintf(octets + length, "ä");
        length += (size_t)sprintf(octets + length, "%s" END "x", size % 2 ? "y" : "");
        feed(octets, length, 1000, 0);
        ck_assert_uint_eq(heard.count, 2);
        ck_assert_int_eq(strncmp(heard.words, "paste cut[", 10) == 0, size > TEXT_SAY_MAX);
        ck_assert_str_eq(heard.words + heard.length - 2, "x ");
    }
}
END_TEST

/* Octets out of a hat give the same keys in one piece and one by one, and end in peace. */
START_TEST(random_octets)
{
    static const char often[] =
        "\x1b\x1b\x1b[[[OO;;;~$^@ABCHD0123456789201~\xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80\x03\r";
    char octets[64];
    uint32_t seed = 1;

    for (int round = 0; round < 20000; round++) {
        size_t length = 1 + seed % sizeof octets;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            octets[i] = seed >> 31 ? (char)(seed >> 16) : often[(seed >> 16) % (sizeof often - 1)];
        }
        feed(octets, length, length, 0);
        memcpy(&expected, &heard, offsetof(struct heard, words) + heard.length + 1);
        feed(octets, length, 1, 0);
        ck_assert_str_eq(heard.words, expected.words);
    }
}
END_TEST

START_TEST(pauses)
{
    static struct keys keys;

    heard.count = heard.length = 0;
    keys_init(&keys, hear, &heard);
    ck_assert_uint_eq(keys_wait_ms(&keys), 0);
    keys_feed(&keys, "\x1b", 1);
    unsigned escape = keys_wait_ms(&keys);
    ck_assert_uint_gt(escape, 0);
    ck_assert_uint_le(escape, 500);
    ck_assert_uint_eq(heard.count, 0);
    keys_pause(&keys);
    ck_assert_uint_eq(heard.count, 1);
    keys_feed(&keys, BEGIN "abc", 9);
    ck_assert_uint_gt(keys_wait_ms(&keys), escape);
    keys_pause(&keys);
    keys_feed(&keys, "d", 1);
    ck_assert_str_eq(heard.words, "escape paste[abc] d ");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("keys");

    tcase_add_test(tests, characters);
    tcase_add_test(tests, alt);
    tcase_add_test(tests, function_keys);
    tcase_add_test(tests, modifiers);
    tcase_add_test(tests, unknown_sequences);
    tcase_add_test(tests, broken_sequences);
    tcase_add_test(tests, pastes);
    tcase_add_test(tests, long_pastes);
    tcase_add_test(tests, random_octets);
    tcase_add_test(tests, pauses);
    return suite_run(tests, "keys");
}
