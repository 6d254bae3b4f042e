/* What plain-text clients are shown. */
#include "lanchat/plain.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

static char shown[8 * TEXT_SAY_MAX];
static size_t shown_length;

/* All pieces, one after the other, with `size` bytes of room for each. */
static void show_sized(enum plain_kind kind, const struct plain_shown *what, size_t size)
{
    struct plain_pieces pieces;
    char *piece = malloc(size);
    size_t length;

    shown_length = 0;
    plain_show(&pieces, kind, what);
    while ((length = plain_piece(&pieces, piece, size)) > 0) {
        ck_assert_uint_le(length, size);
        ck_assert_uint_lt(shown_length + length, sizeof shown);
        if (kind == PLAIN_CHUNK) {
            ck_assert_uint_lt(length, PLAIN_CHUNK_MAX);
            ck_assert_int_eq(piece[0], '\n');
        }
        memcpy(shown + shown_length, piece, length);
        shown_length += length;
    }
    shown[shown_length] = '\0';
    free(piece);
}

static void check(enum plain_kind kind, struct plain_shown what, const char *expected)
{
    show_sized(kind, &what, PLAIN_CHUNK_MAX);
    ck_assert_str_eq(shown, expected);
    for (size_t i = 0; i < shown_length && kind == PLAIN_CHUNK; i++)
        ck_assert_int_lt((uint8_t)shown[i], 0x80);
}

static struct plain_shown says(const char *nick, const char *text)
{
    return (struct plain_shown){.news = PLAIN_MESSAGE, .nick = span_of(nick), .text = span_of(text)};
}

static struct plain_shown news(enum plain_news what, const char *nick, const char *text, uint32_t count)
{
    return (struct plain_shown){.news = what, .nick = span_of(nick), .text = span_of(text), .count = count};
}

START_TEST(lines)
{
    struct plain_shown waves = says("jack", "waves");
    waves.action = true;
    check(PLAIN_LINE, says("jack", "hi"), "jack: hi\n");
    check(PLAIN_LINE, says("\xd0\xaf", "\xe2\x82\xac"), "\xd0\xaf: \xe2\x82\xac\n");
    check(PLAIN_LINE, says("jack", "one\ntwo"), "jack: one\n    two\n");
    check(PLAIN_LINE, says("jack~12", "a\x1b[2J\tb"), "jack~12: a\xef\xbf\xbd[2J b\n");
    check(PLAIN_LINE, waves, "* jack waves\n");
    check(PLAIN_LINE, news(PLAIN_JOINED, "jack", "", 0), "* jack joined\n");
    check(PLAIN_LINE, news(PLAIN_LEFT, "jack", "", 0), "* jack left\n");
    check(PLAIN_LINE, news(PLAIN_RENAMED, "jack", "jim", 0), "* jack is now jim\n");
    check(PLAIN_LINE, news(PLAIN_LOST, "jack", "", 1), "* lost 1 message from jack\n");
    check(PLAIN_LINE, news(PLAIN_LOST, "", "", UINT32_MAX), "* lost 4294967295 messages from somebody\n");
    check(PLAIN_LINE, news(PLAIN_CONNECTED, "", "", 0), "");
}
END_TEST

START_TEST(chunks)
{
    struct plain_shown waves = says("jack", "waves");
    waves.action = true;
    check(PLAIN_CHUNK, says("jack", "hi"), "\njack: hi");
    check(PLAIN_CHUNK, says("jack", "one\ntwo"), "\njack: one\n    two");
    check(PLAIN_CHUNK, says("jack", "a\x1b[2J\tb"), "\njack: a?[2J b");
    check(PLAIN_CHUNK, waves, "\n* jack waves");
    check(PLAIN_CHUNK, news(PLAIN_JOINED, "jack", "", 0), "\njack joined!");
    check(PLAIN_CHUNK, news(PLAIN_LEFT, "jack", "", 0), "\njack left!");
    check(PLAIN_CHUNK, news(PLAIN_RENAMED, "jack", "jim", 0), "\njack is now jim!");
    check(PLAIN_CHUNK, news(PLAIN_LOST, "jack", "", 2), "\nlost 2 messages from jack!");
    check(PLAIN_CHUNK, news(PLAIN_CONNECTED, "", "", 0), "\nConnected to server!");
}
END_TEST

START_TEST(ascii)
{
    check(PLAIN_CHUNK, says("Михаил", "Щука, объём Ёжика: Їжак"),
          "\nMikhail: Shchuka, obyom Yozhika: Yizhak");
    check(PLAIN_CHUNK, says("Jürgen", "Straße, façade, Łódź, Ångström"),
          "\nJuergen: Strasse, facade, Lodz, Angstroem");
    check(PLAIN_CHUNK, says("Σωκράτης", "Ψυχή, θέατρο"), "\nSokratis: Psychi, theatro");
    check(PLAIN_CHUNK, says("x", "“quoted” – ‘so’ … „und“"), "\nx: \"quoted\" - 'so' ... \"und\"");
    check(PLAIN_CHUNK, says("x", "日本 🎉 e\xcc\x81 €5"), "\nx: ?? ? e ?5");
}
END_TEST

static char text[TEXT_SAY_MAX + 1];

static void fill(const char *character)
{
    size_t size = strlen(character), length = TEXT_SAY_MAX / size * size;

    for (size_t at = 0; at < length; at += size)
        memcpy(text + at, character, size);
    text[length] = '\0';
}

/* A long message is one line, or several chunks with the nickname before each. */
START_TEST(long_messages)
{
    const char *const characters[] = {"x", "\n", "\x01", "щ", "🎉"};
    const char *const line[] = {"x", "\n    ", "\xef\xbf\xbd", "щ", "🎉"};
    const char *const chunk[] = {"x", "\n    ", "?", "shch", "?"};

    for (size_t c = 0; c < 5; c++) {
        fill(characters[c]);
        size_t count = strlen(text) / strlen(characters[c]), size = strlen(line[c]);
        struct plain_shown what = says("jack", text);
        for (size_t room = PLAIN_CHUNK_MAX; room < PLAIN_CHUNK_MAX + 7; room++) {
            show_sized(PLAIN_LINE, &what, room);
            ck_assert_uint_eq(shown_length, strlen("jack: \n") + count * size);
            for (size_t i = 0; i < count; i++)
                ck_assert_mem_eq(shown + strlen("jack: ") + i * size, line[c], size);
        }
        show_sized(PLAIN_CHUNK, &what, PLAIN_CHUNK_MAX);
        size = strlen(chunk[c]);
        size_t seen = 0;
        for (const char *at = shown; *at;) {
            if (strncmp(at, "\njack: ", 7) == 0) {
                at += 7;
            } else {
                ck_assert_msg(strncmp(at, chunk[c], size) == 0, "%.20s", at);
                at += size;
                seen++;
            }
        }
        ck_assert_uint_eq(seen, count);
    }
}
END_TEST

/* A line ends, wherever its last character stands in a piece. */
START_TEST(ends)
{
    const char *const last[] = {"x", "\n", "\x01", "🎉"};

    for (size_t c = 0; c < 4; c++)
        for (size_t length = PLAIN_CHUNK_MAX - 20; length < PLAIN_CHUNK_MAX; length++) {
            memset(text, 'x', length);
            memcpy(text + length, last[c], strlen(last[c]) + 1);
            struct plain_shown what = says("jack", text);
            show_sized(PLAIN_LINE, &what, PLAIN_CHUNK_MAX);
            ck_assert_int_eq(shown[shown_length - 1], '\n');
        }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("plain_show");

    tcase_add_test(tests, lines);
    tcase_add_test(tests, chunks);
    tcase_add_test(tests, ascii);
    tcase_add_test(tests, long_messages);
    tcase_add_test(tests, ends);
    return suite_run(tests, "plain_show");
}
