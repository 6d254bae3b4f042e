/* Text: UTF-8, names, and what a terminal may be shown. And the hash. */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lanchat/text.h"
#include "suite.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* A span in memory of exactly its size, so that a sanitizer sees who reads on. */
static struct span exactly(struct span text)
{
    char *bytes = malloc(text.length);

    ck_assert(bytes || text.length == 0);
    if (text.length > 0)
        memcpy(bytes, text.bytes, text.length);
    return (struct span){bytes, text.length};
}

static void done_with(struct span text)
{
    free((void *)(uintptr_t)text.bytes);
}

/* UTF-8. */

static const struct {
    const char *bytes;
    int32_t c;
} characters[] = {
    {"A",                0x41    },
    {"\x7f",             0x7f    },
    {"\xc2\x80",         0x80    },
    {"\xc3\xa9",         0xe9    },
    {"\xdf\xbf",         0x7ff   },
    {"\xe0\xa0\x80",     0x800   },
    {"\xe2\x82\xac",     0x20ac  },
    {"\xed\x9f\xbf",     0xd7ff  },
    {"\xee\x80\x80",     0xe000  },
    {"\xef\xbf\xbf",     0xffff  },
    {"\xf0\x90\x80\x80", 0x10000 },
    {"\xf0\x9f\x8e\x89", 0x1f389 },
    {"\xf4\x8f\xbf\xbf", 0x10ffff},
};

START_TEST(a_character_is_taken_whole)
{
    struct span text = exactly(span_of(characters[_i].bytes)), rest = text;

    ck_assert_int_eq(text_next(&rest), characters[_i].c);
    ck_assert_uint_eq(rest.length, 0);
    ck_assert_ptr_eq(rest.bytes, text.bytes + text.length);
    ck_assert(text_valid(text));
    done_with(text);
}
END_TEST

START_TEST(a_character_cut_off_is_none)
{
    struct span whole = span_of(characters[_i].bytes);

    for (size_t length = 1; length < whole.length; length++) {
        struct span text = exactly((struct span){whole.bytes, length}), rest = text;
        ck_assert_int_eq(text_next(&rest), -1);
        ck_assert_uint_eq(rest.length, length - 1);
        ck_assert(!text_valid(text));
        ck_assert_uint_eq(text_unfinished(text), length);
        done_with(text);
    }
    ck_assert_uint_eq(text_unfinished(whole), 0);
}
END_TEST

/* None of these is UTF-8 (RFC 3629): the byte at `bad` is where it goes wrong. */
static const struct {
    const char *bytes;
    size_t bad;
} ill_formed[] = {
    {"\x80",                     0}, /* a continuation alone */
    {"\xbf",                     0},
    {"a\x80z",                   1},
    {"\xc3(",                    0}, /* no continuation where there should be one */
    {"\xe2\x82(",                0},
    {"\xe2(\xac",                0},
    {"\xf0\x9f\x8e(",            0},
    {"\xc0\x80",                 0}, /* overlong: NUL */
    {"\xc0\xaf",                 0}, /* overlong: "/" */
    {"\xc1\xbf",                 0},
    {"\xe0\x80\xaf",             0},
    {"\xe0\x9f\xbf",             0},
    {"\xf0\x80\x80\xaf",         0},
    {"\xf0\x8f\xbf\xbf",         0},
    {"\xed\xa0\x80",             0}, /* surrogates */
    {"\xed\xbf\xbf",             0},
    {"\xed\xa0\xbd\xed\xb8\x80", 0},
    {"\xf4\x90\x80\x80",         0}, /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80",         0},
    {"\xf8\x88\x80\x80\x80",     0},
    {"\xfc\x84\x80\x80\x80\x80", 0},
    {"\xfe",                     0},
    {"\xff",                     0},
    {"\xd0\x9f\xd1\x80\xd0",     4}, /* cut in two */
    {"What's \xe9t\xe9?",        7}, /* Latin-1 */
};

START_TEST(ill_formed_bytes_are_found)
{
    struct span text = exactly(span_of(ill_formed[_i].bytes)), rest = text;

    ck_assert(!text_valid(text));
    while (text.length - rest.length < ill_formed[_i].bad)
        ck_assert_int_ge(text_next(&rest), 0);
    size_t before = rest.length;
    ck_assert_int_eq(text_next(&rest), -1);
    ck_assert_uint_eq(rest.length, before - 1);
    done_with(text);
}
END_TEST

/* Every code point in its shortest form, and in all longer ones. */
static size_t encode(uint32_t c, size_t length, char out[4])
{
    static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = length; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(leads[length] | c);
    return length;
}

START_TEST(every_code_point)
{
    for (uint32_t c = 0; c <= 0x1fffff; c++) {
        size_t least = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        bool allowed = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        for (size_t length = least; length <= 4; length++) {
            char bytes[4];
            struct span text = {bytes, encode(c, length, bytes)};
            bool good = text_next(&text) == (int32_t)c;
            if (good != (allowed && length == least))
                ck_abort_msg("U+%04X in %zu bytes", (unsigned)c, length);
        }
    }
}
END_TEST

/* Every octet in every place, after good ones and before bad ones of all kinds. */
START_TEST(printable_ends_at_the_first_octet_that_is_not)
{
    static const char after[] = {'~', ' ', '\0', '\x1f', '\x7f', '\x80', '\xff'};
    char bytes[20];

    for (size_t place = 0; place < sizeof bytes; place++)
        for (int octet = 0; octet < 256; octet++)
            for (size_t i = 0; i < sizeof after; i++) {
                bool good = octet >= ' ' && octet <= '~', go_on = after[i] == '~' || after[i] == ' ';
                memset(bytes, place % 2 ? '~' : ' ', place);
                memset(bytes + place, after[i], sizeof bytes - place);
                bytes[place] = (char)octet;
                size_t want = !good ? place : go_on ? sizeof bytes : place + 1;
                ck_assert_uint_eq(text_printable((struct span){bytes, sizeof bytes}), want);
                ck_assert_uint_eq(text_printable((struct span){bytes, place}), place);
            }
}
END_TEST

START_TEST(the_empty_text_is_valid)
{
    ck_assert(text_valid((struct span){NULL, 0}));
    ck_assert(span_equal((struct span){NULL, 0}, span_of("")));
    ck_assert(span_equal(span_of("jack"), span_of("jack")));
    ck_assert(!span_equal(span_of("jack"), span_of("jacl")));
    ck_assert(!span_equal(span_of("jack"), span_of("jac")));
    ck_assert_uint_eq(text_unfinished((struct span){NULL, 0}), 0);
}
END_TEST

START_TEST(what_is_unfinished)
{
    ck_assert_uint_eq(text_unfinished(span_of("jack")), 0);
    ck_assert_uint_eq(text_unfinished(span_of("jack\xd0")), 1);
    ck_assert_uint_eq(text_unfinished(span_of("\xd0\x9f\xf0\x9f\x8e")), 3);
    ck_assert_uint_eq(text_unfinished(span_of("\xf0\x9f\x8e\x89")), 0);
    ck_assert_uint_eq(text_unfinished(span_of("\x80\x80\x80")), 0);
    ck_assert_uint_eq(text_unfinished(span_of("\x80\x80\x80\x80\x80")), 0);
    ck_assert_uint_eq(text_unfinished(span_of("\xd0\x80\x80")), 0);
    ck_assert_uint_eq(text_unfinished(span_of("jack\xff")), 0);
    ck_assert_uint_eq(text_unfinished(span_of("jack\xc0")), 0);
}
END_TEST

START_TEST(no_character_is_cut_in_two)
{
    struct span text = exactly(span_of("Привет 🎉!"));

    for (size_t max = 0; max <= text.length + 1; max++) {
        size_t fits = text_fit(text, max);
        ck_assert_uint_le(fits, max);
        ck_assert(text_valid((struct span){text.bytes, fits}));
        ck_assert(max > text.length || max - fits < 4);
    }
    ck_assert_uint_eq(text_fit(text, 1), 0);
    ck_assert_uint_eq(text_fit(text, 3), 2);
    ck_assert_uint_eq(text_fit(text, 16), 13);
    ck_assert_uint_eq(text_fit(text, 17), 17);
    ck_assert_uint_eq(text_fit(text, 100), text.length);
    done_with(text);
}
END_TEST

/* Names. */

static const char *const names[] = {"j", "jack",    "Мария", "O'Neil", "a.b-c_d", "jack!", "名前", "🎉",
                                    "é", "e\u0301", "<b>",   "%s",     "\"",      "\\",    "#1",   "\ufffd"};

START_TEST(a_name)
{
    struct span name = exactly(span_of(names[_i]));
    char clean[TEXT_NICK_MAX + 1];

    ck_assert(text_name_valid(name, TEXT_NICK_MAX));
    ck_assert_uint_eq(text_name_clean(name, clean, TEXT_NICK_MAX), name.length);
    ck_assert_str_eq(clean, names[_i]);
    done_with(name);
}
END_TEST

static const struct {
    const char *name, *clean;
} no_names[] = {
    {"",                     ""           },
    {"~",                    ""           },
    {"jack~01ab",            "jack01ab"   },
    {" jack",                "jack"       },
    {"jack sparrow",         "jacksparrow"},
    {"ja\tck\r\n",           "jack"       },
    {"\x01j\x1b[31mack\x7f", "j[31mack"   },
    {"jack\xc2\x85",         "jack"       }, /* next line: a control character of the second set */
    {"jack\xc2\x9b",         "jack"       }, /* introduces escape sequences like ESC [ */
    {"ja\u00a0ck",           "jack"       }, /* white space */
    {"ja\u1680ck",           "jack"       },
    {"ja\u2003ck",           "jack"       },
    {"ja\u2028ck\u2029",     "jack"       },
    {"ja\u202fck\u205f",     "jack"       },
    {"ja\u3000ck",           "jack"       },
    {"ja\u00adck",           "jack"       }, /* format characters */
    {"ja\u200bck",           "jack"       },
    {"ja\u200dck",           "jack"       },
    {"\u202ekcaj",           "kcaj"       },
    {"\u2066jack\u2069",     "jack"       },
    {"ja\u2060ck",           "jack"       },
    {"\ufeffjack",           "jack"       },
    {"\u061cjack\u0600",     "jack"       },
    {"jack\ufff9",           "jack"       },
    {"jack\U000e0041",       "jack"       }, /* tags, which nobody sees */
    {"jack\U000110bd",       "jack"       },
    {"jack\xff",             "jack"       },
    {"ja\xc0\x80"
     "ck",              "jack"       },
    {"jack\xd0",             "jack"       },
};

START_TEST(no_name)
{
    struct span name = exactly(span_of(no_names[_i].name));
    char clean[TEXT_NICK_MAX + 1];

    ck_assert(!text_name_valid(name, TEXT_NICK_MAX));
    ck_assert_uint_eq(text_name_clean(name, clean, TEXT_NICK_MAX), strlen(no_names[_i].clean));
    ck_assert_str_eq(clean, no_names[_i].clean);
    done_with(name);
}
END_TEST

START_TEST(a_name_with_a_nul_is_none)
{
    struct span name = {"ja\0ck", 5};
    char clean[TEXT_NICK_MAX + 1];

    ck_assert(!text_name_valid(name, TEXT_NICK_MAX));
    ck_assert_uint_eq(text_name_clean(name, clean, TEXT_NICK_MAX), 4);
    ck_assert_str_eq(clean, "jack");
}
END_TEST

START_TEST(a_name_has_its_length)
{
    const char letters[] = "0123456789012345678901234567890123456789";
    struct span cyrillic = span_of("ЯЯЯЯЯЯЯЯЯЯЯЯЯЯЯЯЯ"); /* 17 characters of 2 bytes */
    char clean[TEXT_NICK_MAX + 1];

    ck_assert(text_name_valid((struct span){letters, TEXT_NICK_MAX}, TEXT_NICK_MAX));
    ck_assert(!text_name_valid((struct span){letters, TEXT_NICK_MAX + 1}, TEXT_NICK_MAX));
    ck_assert_uint_eq(text_name_clean(span_of(letters), clean, TEXT_NICK_MAX), TEXT_NICK_MAX);
    ck_assert_mem_eq(clean, letters, TEXT_NICK_MAX);
    ck_assert_int_eq(clean[TEXT_NICK_MAX], 0);
    ck_assert(!text_name_valid(cyrillic, TEXT_NICK_MAX));
    ck_assert_uint_eq(text_name_clean(cyrillic, clean, TEXT_NICK_MAX), 32);
    ck_assert_uint_eq(text_name_clean(cyrillic, clean, TEXT_NICK_MAX - 1), 30);
    ck_assert_int_eq(clean[30], 0);
}
END_TEST

START_TEST(what_is_cleaned_is_a_name)
{
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        char bytes[4], clean[5];
        size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        struct span name = {bytes, encode(c, length, bytes)};
        size_t left = text_name_clean(name, clean, 4);
        bool good = text_name_valid(name, 4);
        if (left != (good ? length : 0) || strlen(clean) != left)
            ck_abort_msg("U+%04X", (unsigned)c);
    }
}
END_TEST

/* Repairing. */

static const struct {
    const char *in, *out;
} repairs[] = {
    {"",                           ""                          },
    {"What's up!?",                "What's up!?"               },
    {"Привет всем 🎉", "Привет всем 🎉"},
    {"\x01\x1b[31m\ttab\n",        "\x01\x1b[31m\ttab\n"       }, /* what is shown is another matter */
    {"\xff",                       "\ufffd"                    },
    {"caf\xe9",                    "caf\ufffd"                 },
    {"caf\xe9!",                   "caf\ufffd!"                },
    {"\xc0\xaf",                   "\ufffd\ufffd"              },
    {"\xed\xa0\x80",               "\ufffd\ufffd\ufffd"        },
    {"\xf0\x9f\x8e",               "\ufffd\ufffd\ufffd"        },
    {"\xd0\x9f\xd1",               "П\ufffd"                  },
};

START_TEST(a_repaired_text)
{
    struct span in = exactly(span_of(repairs[_i].in));
    size_t most = 3 * in.length;
    char *out = malloc(most);

    ck_assert_uint_eq(text_repair(in, out, most), strlen(repairs[_i].out));
    ck_assert(span_equal((struct span){out, strlen(repairs[_i].out)}, span_of(repairs[_i].out)));
    ck_assert(text_valid((struct span){out, strlen(repairs[_i].out)}));
    free(out);
    done_with(in);
}
END_TEST

START_TEST(a_repair_takes_out_nul)
{
    char out[16];

    ck_assert_uint_eq(text_repair((struct span){"a\0b", 3}, out, sizeof out), 5);
    ck_assert_mem_eq(out,
                     "a\xef\xbf\xbd"
                     "b",
                     5);
}
END_TEST

START_TEST(a_repair_stays_in_its_place)
{
    struct span in = span_of("a\xff\xd0\x9f");

    for (size_t size = 0; size <= 6; size++) {
        char *out = malloc(size);
        size_t length = text_repair(in, out, size);
        ck_assert_uint_eq(length, size < 1 ? 0 : size < 4 ? 1 : size < 6 ? 4 : 6);
        ck_assert(text_valid((struct span){out, length}));
        free(out);
    }
}
END_TEST

/* Showing. */

static const struct {
    const char *in, *out;
} shows[] = {
    {"What's up!?",                    "What's up!?"                    },
    {"Привет всем 🎉",     "Привет всем 🎉"     },
    {"e\u0301 \u200d \u00a0",          "e\u0301 \u200d \u00a0"          },
    {"a\tb",                           "a b"                            },
    {"one\ntwo",                       "one\ntwo"                       },
    {"one\r\ntwo",                     "one\ntwo"                       },
    {"one\rtwo",                       "one\ufffdtwo"                   },
    {"end\r",                          "end\ufffd"                      },
    {"\r\r\n",                         "\ufffd\n"                       },
    {"one\u2028two\u2029",             "one two "                       },
    {"\x1b[31mred\x07\x08\x7f",        "\ufffd[31mred\ufffd\ufffd\ufffd"},
    {"\x01\x0b\x0c\x1f",               "\ufffd\ufffd\ufffd\ufffd"       },
    {"\xc2\x80\xc2\x85\xc2\x9b"
     "2J\xc2\x9f",                "\ufffd\ufffd\ufffd2J\ufffd"     },
    {"\u061c\u200e\u200f",             "\ufffd\ufffd\ufffd"             },
    {"\u202a\u202b\u202c\u202d\u202e", "\ufffd\ufffd\ufffd\ufffd\ufffd" },
    {"\u2066\u2067\u2068\u2069",       "\ufffd\ufffd\ufffd\ufffd"       },
    {"\x9b"
     "2J",                        "\ufffd2J"                       }, /* an 8-bit terminal's ESC [ */
    {"caf\xe9",                        "caf\ufffd"                      },
    {"\xed\xa0\x80",                   "\ufffd\ufffd\ufffd"             },
};

static size_t show_all(struct span text, char *out)
{
    size_t length = 0;

    while (text.length > 0)
        length += text_show(&text, out + length);
    return length;
}

START_TEST(a_shown_text)
{
    struct span text = exactly(span_of(shows[_i].in));
    char out[64];

    ck_assert_uint_eq(show_all(text, out), strlen(shows[_i].out));
    ck_assert_mem_eq(out, shows[_i].out, strlen(shows[_i].out));
    done_with(text);
}
END_TEST

START_TEST(nul_is_not_shown)
{
    char out[16];

    ck_assert_uint_eq(show_all((struct span){"a\0b", 3}, out), 5);
    ck_assert_mem_eq(out,
                     "a\xef\xbf\xbd"
                     "b",
                     5);
}
END_TEST

/* Whatever three bytes come, what is shown is UTF-8 without control characters but the newline. */
START_TEST(nothing_shown_controls_a_terminal)
{
    for (uint32_t bytes = 0; bytes < 1u << 24; bytes += 7) { /* 7 divides no power of 2: all bytes come */
        char in[3] = {(char)(bytes >> 16), (char)(bytes >> 8), (char)bytes}, out[12];
        struct span text = {out, show_all((struct span){in, sizeof in}, out)};
        while (text.length > 0) {
            int32_t c = text_next(&text);
            if ((c < 0x20 && c != '\n') || (c >= 0x7f && c <= 0x9f))
                ck_abort_msg("%06x", (unsigned)bytes);
        }
    }
}
END_TEST

/* The hash: vectors that its authors publish. */
START_TEST(the_hash_is_fnv_1a)
{
    const uint8_t octets[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 17};

    ck_assert_uint_eq(hash_bytes("", 0), UINT64_C(0xcbf29ce484222325));
    ck_assert_uint_eq(hash_bytes("a", 1), UINT64_C(0xaf63dc4c8601ec8c));
    ck_assert_uint_eq(hash_bytes("foobar", 6), UINT64_C(0x85944171f73967e8));
    ck_assert_uint_eq(hash_pair(UINT64_C(0x0123456789abcdef), 17), hash_bytes(octets, sizeof octets));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, a_character_is_taken_whole, 0, COUNT(characters));
    tcase_add_loop_test(tests, a_character_cut_off_is_none, 0, COUNT(characters));
    tcase_add_loop_test(tests, ill_formed_bytes_are_found, 0, COUNT(ill_formed));
    tcase_add_test(tests, every_code_point);
    tcase_add_test(tests, printable_ends_at_the_first_octet_that_is_not);
    tcase_add_test(tests, the_empty_text_is_valid);
    tcase_add_test(tests, what_is_unfinished);
    tcase_add_test(tests, no_character_is_cut_in_two);
    tcase_add_loop_test(tests, a_name, 0, COUNT(names));
    tcase_add_loop_test(tests, no_name, 0, COUNT(no_names));
    tcase_add_test(tests, a_name_with_a_nul_is_none);
    tcase_add_test(tests, a_name_has_its_length);
    tcase_add_test(tests, what_is_cleaned_is_a_name);
    tcase_add_loop_test(tests, a_repaired_text, 0, COUNT(repairs));
    tcase_add_test(tests, a_repair_takes_out_nul);
    tcase_add_test(tests, a_repair_stays_in_its_place);
    tcase_add_loop_test(tests, a_shown_text, 0, COUNT(shows));
    tcase_add_test(tests, nul_is_not_shown);
    tcase_add_test(tests, nothing_shown_controls_a_terminal);
    tcase_add_test(tests, the_hash_is_fnv_1a);
}

int main(void)
{
    TCase *tests = tcase_create("text");

    add_tests(tests);
    return suite_run(tests, "text");
}
