/* What datagrams read like: the references, what is learned of people, and that nothing a network sends
 * reaches a terminal as a control character, gets lost, or makes a watcher grow. */
#include "lanchat/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "reference.h"
#include "suite.h"

#define MOLLY UINT64_C(0x3000000000000003)
#define OTHER UINT64_C(0x0000000000000abc) /* another room's tag */

static struct known *known;
static struct description last;

static void begin(void)
{
    memory_enter();
    known = known_new();
    memory_leave();
    ck_assert_ptr_nonnull(known);
}

static void end(void)
{
    memory_enter();
    known_free(known);
    memory_leave();
}

/* The datagram of one sender with these records, described. */
static const char *seen(uint64_t sender, const struct wire_record *records, size_t count)
{
    const struct wire_header header = {.version = WIRE_VERSION, .hops = 1, .sender = sender};
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = wire_encode_header(&header, bytes, sizeof bytes);

    for (size_t i = 0; i < count; i++) {
        size_t written = wire_encode(&records[i], bytes + length, sizeof bytes - length);
        ck_assert_uint_gt(written, 0);
        length += written;
    }
    struct octets octets = octets_copy(bytes, length);
    memory_enter();
    describe_datagram(known, octets.bytes, octets.length, &last);
    memory_leave();
    free(octets.bytes);
    return last.text;
}

static const char *seen_one(uint64_t sender, struct wire_record record)
{
    return seen(sender, &record, 1);
}

/* The references. */

static const struct {
    const char *file, *types, *text;
} expected[] = {
    {"message.hex",         "message",                                     "jack: What's up!?"                                        },
    {"message-utf8.hex",    "message",                                     "* Мария Привет всем 🎉"                  },
    {"message-part.hex",    "message",                                     "jack: ... and in the middle of it ..."                    },
    {"sealed-message.hex",  "sealed-message",                              "sealed message 17 from 0123456789abcdef"                  },
    {"hello.hex",           "hello",                                       "hello from jack, 1 here, joining"                         },
    {"roster.hex",          "roster",                                      "roster page: 5 entries"                                   },
    {"request.hex",         "request",
     "request to 2f1e0d3c4b5a6978: 0123456789abcdef 7-9, last 50, vector, roster, insists"                                            },
    {"summary.hex",         "summary",                                     "summary: 2 streams"                                       },
    {"gone.hex",            "gone",                                        "gone: 2f1e0d3c4b5a6978 1-2"                               },
    {"bye.hex",             "bye",                                         "bye from 0123456789abcdef"                                },
    {"prompt.hex",          "prompt",
     "prompt to 0000000000000000-7fffffffffffffff for 0123456789abcdef 17 who lacks it"                                               },
    {"private.hex",         "private",                                     "private from jack to 2f1e0d3c4b5a6978: Lunch?"            },
    {"acknowledgement.hex", "acknowledgement",                             "acknowledgement from 0123456789abcdef to 2f1e0d3c4b5a6978"},
    {"probe.hex",           "probe",                                       "probe from 0123456789abcdef to 2f1e0d3c4b5a6978"          },
    {"probe-answer.hex",    "probe-answer",                                "probe answer from 0123456789abcdef to 2f1e0d3c4b5a6978"   },
    {"sealed-presence.hex", "sealed-presence",                             "sealed presence of 0123456789abcdef, here"                },
    {"sealed-private.hex",  "sealed-private",                              "sealed private from 0123456789abcdef to 2f1e0d3c4b5a6978" },
    {"several.hex",         "message+message+hello",                       "jack: What's up!?; jack: ; hello from jack, 1 here"       },
    {"unknown-type.hex",    "message+parity+type-200+type-255+type-0+bye",
     "jack: What's up!?; parity; type 200; type 255; type 0; bye from jack"                                                           },
    {"long-header.hex",     "message",                                     "jack: What's up!?"                                        },
    {"trailing.hex",        "bye+hello",                                   "bye from 0123456789abcdef; hello from jack, 1 here"       },
};

START_TEST(a_reference_is_described)
{
    struct octets octets = read_file(WIRE_DIR, expected[_i].file);

    begin();
    describe_datagram(known, octets.bytes, octets.length, &last);
    ck_assert_str_eq(last.types, expected[_i].types);
    ck_assert_str_eq(last.text, expected[_i].text);
    free(octets.bytes);
    end();
}
END_TEST

START_TEST(every_reference_is_here)
{
    ck_assert_uint_eq(sizeof expected / sizeof *expected, REFERENCE_COUNT);
}
END_TEST

/* Each of those that are refused. */
START_TEST(a_malformed_one_says_where_and_why)
{
    static const char *const texts[][2] = {
        {"field-cut.hex",     "malformed at 40: truncated (bye highest)"        },
        {"nick-tilde.hex",    "malformed at 64: not a name (message nick)"      },
        {"item-cut.hex",      "malformed at 68: truncated (roster entries)"     },
        {"record-length.hex", "malformed at 24: record longer than its datagram"},
        {"version.hex",       "malformed at 4: version not known"               },
    };

    begin();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct octets octets = read_file(WIRE_DIR "/refused", texts[i][0]);
        describe_datagram(known, octets.bytes, octets.length, &last);
        ck_assert_str_eq(last.types, "malformed");
        ck_assert_str_eq(last.text, texts[i][1]);
        free(octets.bytes);
    }
    describe_datagram(known, NULL, 0, &last);
    ck_assert_str_eq(last.text, "malformed at 0: not a lanchat datagram");
    ck_assert_uint_eq(known_nick(known, JACK).length, 0);
    end();
}
END_TEST

/* What is learned. */

static struct wire_record message(uint64_t origin, uint32_t number, const char *nick, const char *text)
{
    return (struct wire_record){
        .type = WIRE_MESSAGE,
        .message =
            {.origin = origin, .number = number, .room = LOBBY, .nick = span_of(nick), .text = span_of(text)},
    };
}

static struct wire_record hello(struct wire_builder *rooms, enum wire_role role, const char *nick,
                                uint64_t tag, const char *room)
{
    wire_builder_init(rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(rooms, &(struct wire_room){.tag = tag, .name = span_of(room)});
    return (struct wire_record){
        .type = WIRE_HELLO,
        .hello = {.role = (uint8_t)role, .nick = span_of(nick), .rooms = wire_built(rooms)},
    };
}

static struct wire_record roster(struct wire_builder *entries, const struct wire_entry list[], size_t count)
{
    wire_builder_init(entries, WIRE_DATAGRAM_MAX);
    for (size_t i = 0; i < count; i++)
        ck_assert(wire_add_entry(entries, &list[i]));
    return (struct wire_record){
        .type = WIRE_ROSTER, .roster = {.room = LOBBY, .entries = wire_built(entries)}
    };
}

START_TEST(nicknames_are_used_once_they_are_known)
{
    struct wire_builder rooms;
    struct wire_record bye = {.type = WIRE_BYE, .bye = {.room = LOBBY}};
    struct wire_record gone = {
        .type = WIRE_GONE, .flags = WIRE_BEFORE, .gone = {LOBBY, MOLLY, 4, 4}
    };

    begin();
    ck_assert_str_eq(seen_one(EAR, gone), "gone: 3000000000000003 4, before");
    seen_one(MOLLY, hello(&rooms, WIRE_PERSON, "molly", LOBBY, "lobby"));
    ck_assert_str_eq(seen_one(EAR, gone), "gone: molly 4, before");
    ck_assert_str_eq(seen_one(NEAR, message(JACK, 1, "jack", "hi")), "jack: hi");
    ck_assert_str_eq(seen_one(JACK, bye), "bye from jack");
    ck_assert_str_eq(seen_one(NEAR, bye), "bye from 7700000000000001");
    seen_one(NEAR, message(JACK, 2, "jim", "renamed"));
    ck_assert_str_eq(seen_one(JACK, bye), "bye from jim");
    end();
}
END_TEST

START_TEST(people_are_counted_in_their_room)
{
    struct wire_builder rooms, entries;
    struct wire_record bye = {.type = WIRE_BYE, .bye = {.room = LOBBY}};
    struct wire_record jack = hello(&rooms, WIRE_PERSON, "jack", LOBBY, "lobby");

    begin();
    seen_one(EAR, message(MARIA, 1, "maria", "a speaker alone is not counted"));
    ck_assert_str_eq(seen_one(JACK, jack), "hello from jack, 1 here");
    ck_assert_str_eq(seen_one(MOLLY, hello(&rooms, WIRE_TEXT, "molly", LOBBY, "lobby")),
                     "hello from molly, 2 here");
    ck_assert_str_eq(seen_one(0x51, hello(&rooms, WIRE_PERSON, "far", OTHER, "")), "hello from far, 1 here");
    ck_assert_str_eq(seen_one(EAR, hello(&rooms, WIRE_LISTENER, "", LOBBY, "lobby")),
                     "hello from listener 00c0ffee00c0ffee, 2 here");
    ck_assert_str_eq(seen_one(NEAR, hello(&rooms, WIRE_RELAY, "", LOBBY, "lobby")),
                     "hello from relay 7700000000000001, 3 here");
    ck_assert_str_eq(seen_one(FAR, hello(&rooms, 77, "", LOBBY, "lobby")),
                     "hello from tool 7700000000000002, 2 here");
    ck_assert_str_eq(seen_one(0x52, hello(&rooms, WIRE_PERSON, "", SEALED, "")),
                     "hello from 0000000000000052, 1 here");

    const struct wire_entry news[] = {
        {.id = MARIA, .nick = span_of("maria")},
        {.id = MOLLY, .state = WIRE_AWAY,       .role = WIRE_TEXT},
        {.id = 0x51,           .state = WIRE_WITHDRAWN                         },
    };
    ck_assert_str_eq(seen_one(EAR, roster(&entries, news, 3)),
                     "roster: maria here, molly gone, far withdrawn");
    ck_assert_str_eq(seen_one(EAR, roster(&entries, news, 0)), "roster: nobody");
    jack = hello(&rooms, WIRE_PERSON, "jack", LOBBY, "lobby");
    ck_assert_str_eq(seen_one(JACK, jack), "hello from jack, 2 here");
    seen_one(MARIA, bye);
    ck_assert_str_eq(seen_one(JACK, jack), "hello from jack, 1 here");
    end();
}
END_TEST

START_TEST(rooms_have_the_names_of_their_tags)
{
    struct wire_builder rooms;

    begin();
    seen_one(JACK, hello(&rooms, WIRE_PERSON, "jack", LOBBY, "kitchen"));
    ck_assert_uint_eq(known_room(known, LOBBY).length, 0);
    seen_one(JACK, hello(&rooms, WIRE_PERSON, "jack", LOBBY, "lobby"));
    ck_assert(span_equal(known_room(known, LOBBY), span_of("lobby")));
    ck_assert_uint_eq(known_room(known, OTHER).length, 0);
    end();
}
END_TEST

START_TEST(asks_and_prompts)
{
    struct wire_builder asks, ids;
    struct wire_record prompt = {.type = WIRE_PROMPT, .prompt = {.last = UINT64_MAX}};

    begin();
    seen_one(JACK, message(JACK, 1, "jack", "hi"));
    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_builder_init(&ids, WIRE_DATAGRAM_MAX);
    struct wire_record request = {
        .type = WIRE_REQUEST, .request = {0, wire_built(&asks)}
    };
    ck_assert_str_eq(seen_one(EAR, request), "request: nothing");
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, JACK, 17, 3, 0});
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, MOLLY, 4, 1, 0});
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, JACK, 5, 0, 0});
    wire_add_ask(&asks, &(struct wire_ask){9, JACK, 0, 0, 0});
    request.request = (struct wire_request){JACK, wire_built(&asks)};
    ck_assert_str_eq(seen_one(EAR, request),
                     "request to jack: jack 17-19, 3000000000000003 4, jack 5, ask 9");
    prompt.prompt.known = wire_built(&ids);
    ck_assert_str_eq(seen_one(EAR, prompt), "prompt to all");
    prompt.prompt.first = prompt.prompt.last = JACK;
    prompt.prompt.origin = MOLLY;
    prompt.prompt.number = 3;
    ck_assert_str_eq(seen_one(EAR, prompt), "prompt to jack for 3000000000000003 3");
    ck_assert_str_eq(seen(EAR, NULL, 0), "no records");
    ck_assert_str_eq(last.types, "-");
    end();
}
END_TEST

/* Hostile input. */

static void no_controls(const char *text)
{
    struct span rest = span_of(text);
    char shown[4];

    while (rest.length > 0) {
        struct span before = rest;
        size_t length = text_show(&rest, shown);
        ck_assert_msg(*before.bytes != '\n' && length == before.length - rest.length &&
                          memcmp(shown, before.bytes, length) == 0,
                      "shown as it is: %s", before.bytes);
    }
}

START_TEST(control_characters_are_shown_as_octets)
{
    static const struct {
        const char *said, *text;
    } cases[] = {
        {"two\nlines",             "x: two\\nlines"                        },
        {"\x1b[31mred\a\x7f\ttab", "x: \\x1b[31mred\\x07\\x7f\\x09tab"     },
        {"C1 \xc2\x9bm",           "x: C1 \\xc2\\x9bm"                     },
        {"\u202eback \u2028",      "x: \\xe2\\x80\\xaeback \\xe2\\x80\\xa8"},
        {"a\r\nb \\n 🎉",        "x: a\\x0d\\nb \\n 🎉"                },
    };

    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(seen_one(JACK, message(JACK, 1, "x", cases[i].said)), cases[i].text);
    for (unsigned first = 1; first < 0x800;
         first++) { /* all pairs of octets that are one character, and more */
        char said[8] = {(char)(first < 0x80 ? first : 0xc0 | first >> 6), (char)(0x80 | (first & 0x3f))};
        if (first < 0x80)
            said[1] = '\0';
        no_controls(seen_one(JACK, message(JACK, 1, "x", said)));
    }
    end();
}
END_TEST

START_TEST(octets_of_no_character_are_shown_one_by_one)
{
    struct span rest = {"a\xff\xe2\x82\0b", 6};
    char out[6 * DESCRIBE_SHOW_MAX];
    size_t length = 0;

    while (rest.length > 0)
        length += describe_show(&rest, out + length);
    out[length] = '\0';
    ck_assert_str_eq(out, "a\\xff\\xe2\\x82\\x00b");
}
END_TEST

/* As many as fit of the records that read longest for their length. */
START_TEST(the_longest_are_whole)
{
    static const char nick[] = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";
    struct wire_record many[WIRE_DATAGRAM_MAX / 16];
    struct wire_builder asks;
    char said[1100];

    begin();
    seen_one(JACK, message(JACK, 1, nick, ""));
    memset(said, '\1', sizeof said - 1);
    said[sizeof said - 1] = '\0';
    ck_assert_uint_eq(strlen(seen_one(JACK, message(JACK, 1, nick, said))), 34 + 4 * strlen(said));
    wire_builder_init(&asks, WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE - 16);
    while (wire_add_ask(&asks,
                        &(struct wire_ask){WIRE_ASK_NUMBERS, JACK, UINT64_MAX - UINT32_MAX, UINT32_MAX, 0}))
        ;
    ck_assert_uint_eq(strlen(seen_one(JACK,
                                      (struct wire_record){
                                          .type = WIRE_REQUEST, .request = {0, wire_built(&asks)}
    })),
                      strlen("request: ") + asks.count * (32 + 1 + 41 + 2) - 2);
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = (struct wire_record){
            .type = WIRE_ACKNOWLEDGEMENT, .acknowledgement = {JACK, JACK, 1, 1}
        };
    ck_assert_uint_eq(strlen(seen(JACK, many, 40)), 40 * (21 + 32 + 4 + 32 + 2) - 2);
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = (struct wire_record){.type = WIRE_BYE, .bye = {.room = LOBBY}};
    ck_assert_uint_eq(strlen(seen(JACK, many, 58)), 58 * (9 + 32 + 2) - 2);
    end();
}
END_TEST

START_TEST(a_datagram_of_empty_records_is_whole)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX] = {0};
    const struct wire_header header = {.version = WIRE_VERSION, .sender = JACK};
    const size_t count = (sizeof bytes - WIRE_HEADER_SIZE) / WIRE_RECORD_HEAD;

    begin();
    wire_encode_header(&header, bytes, sizeof bytes);
    for (size_t i = 0; i < count; i++)
        bytes[WIRE_HEADER_SIZE + i * WIRE_RECORD_HEAD] = 255;
    describe_datagram(known, bytes, sizeof bytes, &last);
    ck_assert_uint_eq(strlen(last.text), count * strlen("type 255; ") - 2);
    ck_assert_uint_eq(strlen(last.types), count * strlen("type-255+") - 1);
    end();
}
END_TEST

START_TEST(a_flood_of_ids_and_rooms_does_not_grow_it)
{
    struct wire_builder rooms;
    long octets = 0, most = 0;
    char name[32];

    memory_account(&octets);
    begin();
    for (uint64_t id = 1; id <= 5 * KNOWN_IDS_MAX; id++) {
        snprintf(name, sizeof name, "n%u", (unsigned)id);
        seen_one(id, hello(&rooms, WIRE_PERSON, name, wire_room_tag(span_of(name)), name));
        if (id == 2 * KNOWN_IDS_MAX)
            most = octets;
    }
    ck_assert_int_eq(octets, most);
    ck_assert_int_lt(octets, 1024 * 1024);
    ck_assert_uint_eq(known_nick(known, 4 * KNOWN_IDS_MAX).length, 0);
    ck_assert_uint_gt(known_nick(known, 4 * KNOWN_IDS_MAX + 1).length, 0);
    ck_assert(span_equal(known_nick(known, 5 * KNOWN_IDS_MAX), span_of(name)));
    ck_assert(span_equal(known_room(known, wire_room_tag(span_of(name))), span_of(name)));
    ck_assert_uint_eq(known_room(known, wire_room_tag(span_of("n1"))).length, 0);
    end();
    memory_account(NULL);
    ck_assert_int_eq(octets, 0);
}
END_TEST

START_TEST(without_memory_nothing_is_learned)
{
    memory_fail(1, true);
    memory_enter();
    known = known_new();
    memory_leave();
    memory_fail(0, false);
    ck_assert_ptr_null(known);
    begin();
    memory_fail(1, true);
    ck_assert_str_eq(seen_one(JACK, message(JACK, 1, "jack", "hi")), "jack: hi");
    ck_assert_uint_eq(known_nick(known, JACK).length, 0);
    memory_fail(0, false);
    seen_one(JACK, message(JACK, 1, "jack", "hi"));
    ck_assert_uint_eq(known_nick(known, JACK).length, 4);
    end();
}
END_TEST

/* References, of which some octets are changed. */
START_TEST(random_changes)
{
    struct octets octets = read_reference(_i);

    srand((unsigned)_i);
    begin();
    for (int round = 0; round < 2000; round++) {
        struct octets copy = octets_copy(octets.bytes, octets.length);
        for (int change = rand() % 4; change >= 0; change--)
            copy.bytes[WIRE_HEADER_SIZE + (size_t)rand() % (copy.length - WIRE_HEADER_SIZE)] =
                (uint8_t)rand();
        describe_datagram(known, copy.bytes, copy.length, &last);
        ck_assert_uint_gt(strlen(last.types), 0);
        ck_assert_uint_gt(strlen(last.text), 0);
        no_controls(last.types);
        no_controls(last.text);
        free(copy.bytes);
    }
    free(octets.bytes);
    end();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("describe");

    tcase_add_loop_test(tests, a_reference_is_described, 0, REFERENCE_COUNT);
    tcase_add_test(tests, every_reference_is_here);
    tcase_add_test(tests, a_malformed_one_says_where_and_why);
    tcase_add_test(tests, nicknames_are_used_once_they_are_known);
    tcase_add_test(tests, people_are_counted_in_their_room);
    tcase_add_test(tests, rooms_have_the_names_of_their_tags);
    tcase_add_test(tests, asks_and_prompts);
    tcase_add_test(tests, control_characters_are_shown_as_octets);
    tcase_add_test(tests, octets_of_no_character_are_shown_one_by_one);
    tcase_add_test(tests, the_longest_are_whole);
    tcase_add_test(tests, a_datagram_of_empty_records_is_whole);
    tcase_add_test(tests, a_flood_of_ids_and_rooms_does_not_grow_it);
    tcase_add_test(tests, without_memory_nothing_is_learned);
    tcase_add_loop_test(tests, random_changes, 0, REFERENCE_COUNT);
    return suite_run(tests, "describe");
}
