/* The wire against the reference datagrams in tests/wire, which were made from lanchat(7) and not by this
 * code. What a file says is written down here once more, as structs: reading the file gives the structs, and
 * writing the structs gives the file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lanchat/wire.h"
#include "suite.h"

#ifndef WIRE_DIR
#define WIRE_DIR "tests/wire"
#endif

#define JACK  UINT64_C(0x0123456789abcdef)
#define MARIA UINT64_C(0x2f1e0d3c4b5a6978)
#define NEAR  UINT64_C(0x7700000000000001) /* two relays */
#define FAR   UINT64_C(0x7700000000000002)
#define EAR   UINT64_C(0x00c0ffee00c0ffee) /* a listener */

#define LOBBY  UINT64_C(0x1ccae3b6ef72f533)
#define SEALED UINT64_C(0xfeedfacecafebeef) /* a sealed room's tag */
#define SERVER UINT64_C(0x475530474d3ba5a8)
#define VECTOR UINT64_C(0xed82c4336e8a959e)
#define ROSTER UINT64_C(0xc35f961d17dbf8b6)
#define CLOCK  UINT64_C(0x000001a202ce3cbb)
#define TOKEN  UINT64_C(0x5566778899aabbcc)
#define NONCE  UINT64_C(0x1122334455667788)
#define ECHO   UINT64_C(0x99aabbccddeeff00)

/* Files. */

struct octets {
    uint8_t *bytes; /* exactly `length`, so that a sanitizer sees who reads on */
    size_t length;
    char title[128]; /* the first line */
};

static struct octets octets_copy(const uint8_t *bytes, size_t length)
{
    struct octets copy = {.bytes = malloc(length), .length = length};

    ck_assert(copy.bytes || length == 0);
    if (length > 0)
        memcpy(copy.bytes, bytes, length);
    return copy;
}

/* The octets of one line: pairs of digits up to a `#`. */
static size_t read_line(const char *line, uint8_t *out)
{
    size_t count = 0;
    unsigned octet;
    int taken;

    while (sscanf(line, " %2x%n", &octet, &taken) == 1) {
        out[count++] = (uint8_t)octet;
        line += taken;
    }
    line += strspn(line, " \n");
    ck_assert_msg(*line == '\0' || *line == '#', "not hex: %s", line);
    return count;
}

static struct octets read_file(const char *directory, const char *name)
{
    char path[512], line[256], title[128] = "";
    uint8_t bytes[2 * WIRE_DATAGRAM_MAX];
    size_t length = 0;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    while (fgets(line, sizeof line, file)) {
        if (title[0] == '\0')
            snprintf(title, sizeof title, "%.*s", (int)strcspn(line, "\n"), line);
        ck_assert_uint_le(length, sizeof bytes - sizeof line / 2);
        length += read_line(line, bytes + length);
    }
    fclose(file);
    struct octets octets = octets_copy(bytes, length);
    memcpy(octets.title, title, sizeof title);
    return octets;
}

static bool is_hex_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".hex") == 0;
}

/* What the files say: one function for each record. Lists are built in `lists`. */

struct lists {
    struct wire_builder rooms, pairs, exceptions, items;
    uint8_t bytes[64];
};

typedef struct wire_record maker(struct lists *lists);

static struct wire_record make_message(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_MESSAGE,
        .message = {JACK, 17, 44, CLOCK, LOBBY, span_of("jack"), span_of("What's up!?")},
    };
}

static struct wire_record make_empty_message(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_MESSAGE,
        .message = {JACK, 18, 45, CLOCK + 1, LOBBY, span_of("jack"), span_of("")},
    };
}

static struct wire_record make_message_utf8(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_MESSAGE,
        .flags = WIRE_ACTION,
        .message = {MARIA, 3, 20, CLOCK + 333, LOBBY, span_of("Мария"), span_of("Привет всем 🎉")},
    };
}

static struct wire_record make_message_part(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_MESSAGE,
        .flags = WIRE_FROM_TEXT | WIRE_CONTINUATION | WIRE_CONTINUED,
        .message = {JACK, 18, 45, CLOCK, LOBBY, span_of("jack"), span_of("... and in the middle of it ...")},
    };
}

static const uint8_t nonce[WIRE_NONCE_SIZE] = {
    0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
    0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
};

/* The made-up ciphertext of the files: each octet is 37 more than the one before. */
static struct span make_sealed(struct lists *lists, uint8_t first, size_t length)
{
    for (size_t i = 0; i < length; i++)
        lists->bytes[i] = (uint8_t)(first + 37 * i);
    return (struct span){(const char *)lists->bytes, length};
}

static struct wire_record make_sealed_message(struct lists *lists)
{
    return (struct wire_record){
        .type = WIRE_SEALED_MESSAGE,
        .sealed_message = {JACK, 17, 44, SEALED, nonce, make_sealed(lists, 0x11, 42)},
    };
}

static struct wire_record make_hello(struct lists *lists)
{
    wire_add_room(&lists->rooms, &(struct wire_room){LOBBY, VECTOR, ROSTER, span_of("lobby")});
    wire_add_pair(&lists->pairs, &(struct wire_pair){JACK, 17, 0});
    wire_add_pair(&lists->pairs, &(struct wire_pair){MARIA, 3, 1});
    wire_add_exception(&lists->exceptions,
                       &(struct wire_exception){NEAR, 1u << WIRE_PATH_BROADCAST | 1u << WIRE_PATH_UNICAST});
    return (struct wire_record){
        .type = WIRE_HELLO,
        .hello = {.stamp = 45,
                  .version = 1,
                  .highest = 17,
                  .interval_ms = 5000,
                  .role = WIRE_PERSON,
                  .hears = 1u << WIRE_PATH_GROUP4 | 1u << WIRE_PATH_GROUP6,
                  .nick = span_of("jack"),
                  .rooms = wire_built(&lists->rooms),
                  .pairs = wire_built(&lists->pairs),
                  .exceptions = wire_built(&lists->exceptions)},
    };
}

static struct wire_record make_joining_hello(struct lists *lists)
{
    struct wire_record record = make_hello(lists);

    record.flags = WIRE_JOINING;
    record.hello.nonce = NONCE;
    record.hello.echo = ECHO;
    return record;
}

static struct wire_record make_roster(struct lists *lists)
{
    const struct span jack = span_of("jack"), maria = span_of("Мария"), none = span_of("");
    const struct wire_entry entries[] = {
        {EAR,   3, 0,  WIRE_AWAY, WIRE_LISTENER, none,  0,      0},
        {JACK,  1, 17, WIRE_HERE, WIRE_PERSON,   jack,  0,      0},
        {MARIA, 2, 3,  WIRE_HERE, WIRE_PERSON,   maria, 0,      0},
        {NEAR,  1, 0,  WIRE_HERE, WIRE_RELAY,    none,  SERVER, 1},
        {FAR,   5, 0,  WIRE_HERE, WIRE_RELAY,    none,  SERVER, 0},
    };

    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        wire_add_entry(&lists->items, &entries[i]);
    return (struct wire_record){
        .type = WIRE_ROSTER,
        .flags = WIRE_PAGE,
        .roster = {LOBBY, ROSTER, 45, 0, UINT64_MAX, wire_built(&lists->items)},
    };
}

static struct wire_record make_request(struct lists *lists)
{
    wire_add_ask(&lists->items, &(struct wire_ask){WIRE_ASK_NUMBERS, JACK, 7, 3, 0});
    wire_add_ask(&lists->items, &(struct wire_ask){WIRE_ASK_LAST, LOBBY, 44, 50, MARIA});
    wire_add_ask(&lists->items, &(struct wire_ask){WIRE_ASK_VECTOR, LOBBY, 0, 0, 0});
    wire_add_ask(&lists->items, &(struct wire_ask){WIRE_ASK_ROSTER, LOBBY, JACK + 1, 0, 0});
    return (struct wire_record){
        .type = WIRE_REQUEST, .request = {MARIA, wire_built(&lists->items)}
    };
}

static struct wire_record make_summary(struct lists *lists)
{
    wire_add_vector(&lists->items, &(struct wire_vector){JACK, 17, 44, 5});
    wire_add_vector(&lists->items, &(struct wire_vector){MARIA, 3, 20, 0});
    return (struct wire_record){
        .type = WIRE_SUMMARY,
        .summary = {LOBBY, VECTOR, 45, 0, UINT64_MAX, wire_built(&lists->items)},
    };
}

static struct wire_record make_gone(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_GONE, .gone = {LOBBY, MARIA, 1, 2}
    };
}

static struct wire_record make_bye(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_BYE, .bye = {LOBBY, 1, 17}
    };
}

static struct wire_record make_prompt(struct lists *lists)
{
    wire_add_known(&lists->items, &(struct wire_known){EAR});
    wire_add_known(&lists->items, &(struct wire_known){MARIA});
    return (struct wire_record){
        .type = WIRE_PROMPT,
        .flags = WIRE_LACKING,
        .prompt = {LOBBY, 0, UINT64_MAX >> 1, JACK, 17, NONCE, 0, wire_built(&lists->items)},
    };
}

static struct wire_record make_private(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_PRIVATE,
        .private = {JACK, MARIA, TOKEN, 1, 1, CLOCK, LOBBY, span_of("jack"), span_of("Lunch?")},
    };
}

static struct wire_record make_acknowledgement(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_ACKNOWLEDGEMENT, .acknowledgement = {JACK, MARIA, TOKEN, 1}
    };
}

static struct wire_record make_probe(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_PROBE, .probe = {JACK, MARIA, TOKEN, 123456789, NONCE, ECHO}
    };
}

static struct wire_record make_probe_answer(struct lists *lists)
{
    (void)lists;
    return (struct wire_record){
        .type = WIRE_PROBE_ANSWER,
        .probe_answer = {JACK, MARIA, TOKEN, 123456789, NONCE, ECHO, WIRE_PATH_UNICAST, 3},
    };
}

static struct wire_record make_sealed_presence(struct lists *lists)
{
    return (struct wire_record){
        .type = WIRE_SEALED_PRESENCE,
        .sealed_presence = {JACK, SEALED, 1, 45, WIRE_HERE, nonce, make_sealed(lists, 0x22, 48)},
    };
}

static struct wire_record make_sealed_private(struct lists *lists)
{
    return (struct wire_record){
        .type = WIRE_SEALED_PRIVATE,
        .sealed_private = {JACK, MARIA, TOKEN, 2, 3, SEALED, nonce, make_sealed(lists, 0x33, 37)},
    };
}

/* The files, and which records are in them. */

#define RECORDS_MOST 3

/* Their headers: version, flags, hop limit, sender, counter, path. */
#define PATH(link, kind) ((link) << 3 | (kind))

static const struct wire_header group4 = {1, 0, 1, JACK, 42, PATH(1, WIRE_PATH_GROUP4)};
static const struct wire_header old = {1, WIRE_OLD, 1, JACK, 42, PATH(2, WIRE_PATH_GROUP6)};
static const struct wire_header unicast = {1, 0, 1, JACK, 0, PATH(1, WIRE_PATH_UNICAST)};
static const struct wire_header routed = {1, 0, 4, JACK, 0, PATH(1, WIRE_PATH_UNICAST)};

struct reference {
    const char *file;
    const struct wire_header *header;
    bool newer; /* has parts that we skip and could not write */
    maker *records[RECORDS_MOST];
};

static const struct reference references[] = {
    {"message.hex",         &group4,  false, {make_message}                                },
    {"message-utf8.hex",    &old,     false, {make_message_utf8}                           },
    {"message-part.hex",    &group4,  false, {make_message_part}                           },
    {"sealed-message.hex",  &group4,  false, {make_sealed_message}                         },
    {"hello.hex",           &unicast, false, {make_joining_hello}                          },
    {"roster.hex",          &group4,  false, {make_roster}                                 },
    {"request.hex",         &group4,  false, {make_request}                                },
    {"summary.hex",         &group4,  false, {make_summary}                                },
    {"gone.hex",            &group4,  false, {make_gone}                                   },
    {"bye.hex",             &group4,  false, {make_bye}                                    },
    {"prompt.hex",          &unicast, false, {make_prompt}                                 },
    {"private.hex",         &routed,  false, {make_private}                                },
    {"acknowledgement.hex", &routed,  false, {make_acknowledgement}                        },
    {"probe.hex",           &routed,  false, {make_probe}                                  },
    {"probe-answer.hex",    &routed,  false, {make_probe_answer}                           },
    {"sealed-presence.hex", &group4,  false, {make_sealed_presence}                        },
    {"sealed-private.hex",  &routed,  false, {make_sealed_private}                         },
    {"several.hex",         &group4,  false, {make_message, make_empty_message, make_hello}},
    {"unknown-type.hex",    &group4,  true,  {make_message, make_bye}                      },
    {"long-header.hex",     &group4,  true,  {make_message}                                },
    {"trailing.hex",        &group4,  true,  {make_bye, make_hello}                        },
};

#define REFERENCE_COUNT ((int)(sizeof references / sizeof *references))

static struct octets read_reference(int index)
{
    return read_file(WIRE_DIR, references[index].file);
}

static struct wire_record make(maker *what, struct lists *lists)
{
    wire_builder_init(&lists->rooms, WIRE_DATAGRAM_MAX);
    wire_builder_init(&lists->pairs, WIRE_DATAGRAM_MAX);
    wire_builder_init(&lists->exceptions, WIRE_DATAGRAM_MAX);
    wire_builder_init(&lists->items, WIRE_DATAGRAM_MAX);
    return what(lists);
}

/* Comparing what was read, `is`, with what should have been, `want`: field by field, list by list. */

#define SAME(member)       ck_assert_uint_eq(is->member, want->member)
#define SAME_SPAN(member)  ck_assert(span_equal(is->member, want->member))
#define SAME_NONCE(member) ck_assert_mem_eq(is->member, want->member, WIRE_NONCE_SIZE)

static void same_rooms(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_room a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_room(&want_list, want)) {
        ck_assert(wire_next_room(&is_list, is));
        SAME(tag);
        SAME(vector_digest);
        SAME(roster_digest);
        SAME_SPAN(name);
    }
}

static void same_pairs(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_pair a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_pair(&want_list, want)) {
        ck_assert(wire_next_pair(&is_list, is));
        SAME(origin);
        SAME(highest);
        SAME(lost);
    }
}

static void same_exceptions(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_exception a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_exception(&want_list, want)) {
        ck_assert(wire_next_exception(&is_list, is));
        SAME(id);
        SAME(paths);
    }
}

static void same_entries(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_entry a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_entry(&want_list, want)) {
        ck_assert(wire_next_entry(&is_list, is));
        SAME(id);
        SAME(version);
        SAME(highest);
        SAME(state);
        SAME(role);
        SAME_SPAN(nick);
        SAME(server);
        SAME(server_up);
    }
}

static void same_asks(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_ask a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_ask(&want_list, want)) {
        ck_assert(wire_next_ask(&is_list, is));
        SAME(kind);
        SAME(key);
        SAME(from);
        SAME(count);
        SAME(id);
    }
}

static void same_vectors(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_vector a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_vector(&want_list, want)) {
        ck_assert(wire_next_vector(&is_list, is));
        SAME(origin);
        SAME(highest);
        SAME(stamp);
        SAME(lowest);
    }
}

static void same_known(struct wire_list is_list, struct wire_list want_list)
{
    struct wire_known a, b, *is = &a, *want = &b;

    ck_assert_uint_eq(is_list.count, want_list.count);
    while (wire_next_known(&want_list, want)) {
        ck_assert(wire_next_known(&is_list, is));
        SAME(id);
    }
}

typedef void comparer(const struct wire_record *is, const struct wire_record *want);

static void same_message(const struct wire_record *is, const struct wire_record *want)
{
    SAME(message.origin);
    SAME(message.number);
    SAME(message.stamp);
    SAME(message.clock_ms);
    SAME(message.room);
    SAME_SPAN(message.nick);
    SAME_SPAN(message.text);
}

static void same_sealed_message(const struct wire_record *is, const struct wire_record *want)
{
    SAME(sealed_message.origin);
    SAME(sealed_message.number);
    SAME(sealed_message.stamp);
    SAME(sealed_message.room);
    SAME_NONCE(sealed_message.nonce);
    SAME_SPAN(sealed_message.sealed);
}

static void same_hello(const struct wire_record *is, const struct wire_record *want)
{
    SAME(hello.stamp);
    SAME(hello.version);
    SAME(hello.highest);
    SAME(hello.interval_ms);
    SAME(hello.nonce);
    SAME(hello.echo);
    SAME(hello.role);
    SAME(hello.hears);
    SAME_SPAN(hello.nick);
    same_rooms(is->hello.rooms, want->hello.rooms);
    same_pairs(is->hello.pairs, want->hello.pairs);
    same_exceptions(is->hello.exceptions, want->hello.exceptions);
}

static void same_roster(const struct wire_record *is, const struct wire_record *want)
{
    SAME(roster.room);
    SAME(roster.digest);
    SAME(roster.stamp);
    SAME(roster.first);
    SAME(roster.last);
    same_entries(is->roster.entries, want->roster.entries);
}

static void same_request(const struct wire_record *is, const struct wire_record *want)
{
    SAME(request.to);
    same_asks(is->request.asks, want->request.asks);
}

static void same_summary(const struct wire_record *is, const struct wire_record *want)
{
    SAME(summary.room);
    SAME(summary.digest);
    SAME(summary.stamp);
    SAME(summary.first);
    SAME(summary.last);
    same_vectors(is->summary.vectors, want->summary.vectors);
}

static void same_gone(const struct wire_record *is, const struct wire_record *want)
{
    SAME(gone.room);
    SAME(gone.origin);
    SAME(gone.first);
    SAME(gone.last);
}

static void same_bye(const struct wire_record *is, const struct wire_record *want)
{
    SAME(bye.room);
    SAME(bye.version);
    SAME(bye.highest);
}

static void same_prompt(const struct wire_record *is, const struct wire_record *want)
{
    SAME(prompt.room);
    SAME(prompt.first);
    SAME(prompt.last);
    SAME(prompt.origin);
    SAME(prompt.number);
    SAME(prompt.nonce);
    SAME(prompt.echo);
    same_known(is->prompt.known, want->prompt.known);
}

static void same_private(const struct wire_record *is, const struct wire_record *want)
{
    SAME(private.from);
    SAME(private.to);
    SAME(private.token);
    SAME(private.part);
    SAME(private.parts);
    SAME(private.clock_ms);
    SAME(private.room);
    SAME_SPAN(private.nick);
    SAME_SPAN(private.text);
}

static void same_acknowledgement(const struct wire_record *is, const struct wire_record *want)
{
    SAME(acknowledgement.from);
    SAME(acknowledgement.to);
    SAME(acknowledgement.token);
    SAME(acknowledgement.part);
}

static void same_probe(const struct wire_record *is, const struct wire_record *want)
{
    SAME(probe.from);
    SAME(probe.to);
    SAME(probe.token);
    SAME(probe.time_us);
    SAME(probe.nonce);
    SAME(probe.echo);
}

static void same_probe_answer(const struct wire_record *is, const struct wire_record *want)
{
    SAME(probe_answer.from);
    SAME(probe_answer.to);
    SAME(probe_answer.token);
    SAME(probe_answer.time_us);
    SAME(probe_answer.nonce);
    SAME(probe_answer.echo);
    SAME(probe_answer.path);
    SAME(probe_answer.hops);
}

static void same_sealed_presence(const struct wire_record *is, const struct wire_record *want)
{
    SAME(sealed_presence.sender);
    SAME(sealed_presence.room);
    SAME(sealed_presence.version);
    SAME(sealed_presence.stamp);
    SAME(sealed_presence.state);
    SAME_NONCE(sealed_presence.nonce);
    SAME_SPAN(sealed_presence.sealed);
}

static void same_sealed_private(const struct wire_record *is, const struct wire_record *want)
{
    SAME(sealed_private.from);
    SAME(sealed_private.to);
    SAME(sealed_private.token);
    SAME(sealed_private.part);
    SAME(sealed_private.parts);
    SAME(sealed_private.room);
    SAME_NONCE(sealed_private.nonce);
    SAME_SPAN(sealed_private.sealed);
}

static comparer *const comparers[] = {
    [WIRE_MESSAGE] = same_message,
    [WIRE_SEALED_MESSAGE] = same_sealed_message,
    [WIRE_HELLO] = same_hello,
    [WIRE_ROSTER] = same_roster,
    [WIRE_REQUEST] = same_request,
    [WIRE_SUMMARY] = same_summary,
    [WIRE_GONE] = same_gone,
    [WIRE_BYE] = same_bye,
    [WIRE_PROMPT] = same_prompt,
    [WIRE_PRIVATE] = same_private,
    [WIRE_ACKNOWLEDGEMENT] = same_acknowledgement,
    [WIRE_PROBE] = same_probe,
    [WIRE_PROBE_ANSWER] = same_probe_answer,
    [WIRE_SEALED_PRESENCE] = same_sealed_presence,
    [WIRE_SEALED_PRIVATE] = same_sealed_private,
};

#define TYPE_COUNT (sizeof comparers / sizeof *comparers)

static void same_record(const struct wire_record *is, const struct wire_record *want)
{
    SAME(type);
    SAME(flags);
    comparers[want->type](is, want);
}

static void same_header(const struct wire_header *is, const struct wire_header *want)
{
    SAME(version);
    SAME(flags);
    SAME(hops);
    SAME(sender);
    SAME(counter);
    SAME(path);
}

/* The references. */

START_TEST(a_reference_is_read)
{
    const struct reference *reference = &references[_i];
    struct octets octets = read_reference(_i);
    struct wire_datagram datagram;
    struct wire_record is, want;
    struct lists lists;

    ck_assert_msg(wire_open(&datagram, octets.bytes, octets.length), "%s: %s", reference->file,
                  datagram.error.reason);
    same_header(&datagram.header, reference->header);
    for (size_t i = 0; i < RECORDS_MOST && reference->records[i]; i++) {
        ck_assert(wire_next(&datagram, &is));
        want = make(reference->records[i], &lists);
        same_record(&is, &want);
    }
    ck_assert(!wire_next(&datagram, &is));
    free(octets.bytes);
}
END_TEST

static size_t write_reference(const struct reference *reference, uint8_t *out)
{
    size_t length = wire_encode_header(reference->header, out, WIRE_DATAGRAM_MAX);
    struct lists lists;

    for (size_t i = 0; i < RECORDS_MOST && reference->records[i]; i++) {
        struct wire_record record = make(reference->records[i], &lists);
        size_t written = wire_encode(&record, out + length, WIRE_DATAGRAM_MAX - length);
        ck_assert_uint_gt(written, 0);
        length += written;
    }
    return length;
}

START_TEST(a_reference_is_written)
{
    struct octets octets = read_reference(_i);
    uint8_t out[WIRE_DATAGRAM_MAX];

    if (!references[_i].newer) {
        ck_assert_uint_eq(write_reference(&references[_i], out), octets.length);
        ck_assert_mem_eq(out, octets.bytes, octets.length);
    }
    free(octets.bytes);
}
END_TEST

START_TEST(each_record_stands_alone)
{
    struct octets octets = read_reference(_i);
    struct wire_datagram datagram;
    struct wire_record record, alone;

    ck_assert(wire_open(&datagram, octets.bytes, octets.length));
    while (wire_next(&datagram, &record)) {
        struct octets raw = octets_copy(record.raw.bytes, record.raw.length);
        ck_assert(wire_decode(&alone, raw.bytes, raw.length));
        same_record(&alone, &record);
        ck_assert(!wire_decode(&alone, raw.bytes, raw.length - 1));
        free(raw.bytes);
    }
    ck_assert(!wire_decode(&record, octets.bytes, octets.length)); /* "LCHT" is no record */
    free(octets.bytes);
}
END_TEST

START_TEST(nothing_may_follow_a_record_alone)
{
    struct octets octets = read_reference(0);

    octets.bytes = realloc(octets.bytes, octets.length + WIRE_RECORD_HEAD);
    ck_assert_ptr_nonnull(octets.bytes);
    memset(octets.bytes + octets.length, 0, WIRE_RECORD_HEAD);
    struct wire_record record;
    size_t length = octets.length - WIRE_HEADER_SIZE;
    ck_assert(wire_decode(&record, octets.bytes + WIRE_HEADER_SIZE, length));
    ck_assert(!wire_decode(&record, octets.bytes + WIRE_HEADER_SIZE, length + 1));
    ck_assert(!wire_decode(&record, octets.bytes + WIRE_HEADER_SIZE, length + WIRE_RECORD_HEAD));
    free(octets.bytes);
}
END_TEST

START_TEST(every_file_is_a_reference)
{
    DIR *directory = opendir(WIRE_DIR);
    struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(directory);
    while ((entry = readdir(directory)))
        count += is_hex_file(entry);
    closedir(directory);
    ck_assert_int_eq(count, REFERENCE_COUNT);
}
END_TEST

START_TEST(every_type_has_a_reference)
{
    bool seen[TYPE_COUNT] = {false};
    struct lists lists;

    for (int i = 0; i < REFERENCE_COUNT; i++)
        for (size_t j = 0; j < RECORDS_MOST && references[i].records[j]; j++)
            seen[make(references[i].records[j], &lists).type] = true;
    for (unsigned type = 0; type <= UINT8_MAX; type++) {
        const char *name = wire_type_name((uint8_t)type);
        ck_assert_int_eq(name != NULL, type < TYPE_COUNT && seen[type]);
    }
    ck_assert_str_eq(wire_type_name(WIRE_PROBE_ANSWER), "probe answer");
    ck_assert_ptr_null(wire_type_name(WIRE_PARITY));
}
END_TEST

/* The tags and digests in the files are what their definitions give. */
START_TEST(tags_and_digests)
{
    ck_assert_uint_eq(wire_room_tag(span_of("lobby")), LOBBY);
    ck_assert_uint_eq(hash_bytes("nick://chat.example", 19), SERVER);
    ck_assert_uint_eq(hash_pair(JACK, 17) + hash_pair(MARIA, 3), VECTOR);
    ck_assert_uint_eq(hash_pair(JACK, 1) + hash_pair(MARIA, 2) + hash_pair(NEAR, 1) + hash_pair(FAR, 5),
                      ROSTER);
}
END_TEST

/* What is refused. */

static const char *const reasons[] = {
    "longer than a datagram may be",
    "not a lanchat datagram",
    "version not known",
    "truncated header",
    "impossible header length",
    "truncated record head",
    "record longer than its datagram",
    "truncated",
    "not a name",
    "not UTF-8",
};

static void refuse_file(const char *name, bool seen[])
{
    static const char prefix[] = "# refused: ";
    struct octets octets = read_file(WIRE_DIR "/refused", name);
    struct wire_datagram datagram;

    ck_assert_msg(strncmp(octets.title, prefix, sizeof prefix - 1) == 0, "%s names no reason", name);
    const char *reason = octets.title + sizeof prefix - 1;
    ck_assert_msg(!wire_open(&datagram, octets.bytes, octets.length), "%s is accepted", name);
    ck_assert_msg(strcmp(datagram.error.reason, reason) == 0, "%s: %s, not %s", name, datagram.error.reason,
                  reason);
    ck_assert_uint_le(datagram.error.offset, octets.length);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        seen[i] |= strcmp(reason, reasons[i]) == 0;
    free(octets.bytes);
}

START_TEST(each_is_refused_for_its_reason)
{
    bool seen[sizeof reasons / sizeof *reasons] = {false};
    DIR *directory = opendir(WIRE_DIR "/refused");
    struct dirent *entry;

    ck_assert_ptr_nonnull(directory);
    while ((entry = readdir(directory)))
        if (is_hex_file(entry))
            refuse_file(entry->d_name, seen);
    closedir(directory);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        ck_assert_msg(seen[i], "no file is refused because: %s", reasons[i]);
}
END_TEST

START_TEST(a_refusal_says_where)
{
    static const struct {
        const char *file, *record, *field;
        size_t offset;
    } cases[] = {
        {"field-cut.hex",     "bye",     "highest", 40},
        {"second-record.hex", "bye",     "highest", 98},
        {"nick-tilde.hex",    "message", "nick",    64},
        {"item-short.hex",    "roster",  "nick",    88},
        {"item-cut.hex",      "roster",  "entries", 68},
        {"record-length.hex", NULL,      NULL,      24},
        {"version.hex",       NULL,      NULL,      4 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct octets octets = read_file(WIRE_DIR "/refused", cases[i].file);
        struct wire_datagram datagram;
        ck_assert(!wire_open(&datagram, octets.bytes, octets.length));
        ck_assert_pstr_eq(datagram.error.record, cases[i].record);
        ck_assert_pstr_eq(datagram.error.field, cases[i].field);
        ck_assert_uint_eq(datagram.error.offset, cases[i].offset);
        free(octets.bytes);
    }
}
END_TEST

/* True if a record, or the header, of a well-formed datagram ends behind `length` octets. */
static bool is_boundary(const struct octets *octets, size_t length)
{
    size_t at = octets->bytes[5];

    while (at < length)
        at += WIRE_RECORD_HEAD + (size_t)(octets->bytes[at + 2] << 8 | octets->bytes[at + 3]);
    return at == length;
}

START_TEST(cut_off_anywhere)
{
    struct octets octets = read_reference(_i);

    for (size_t length = 0; length < octets.length; length++) {
        struct octets cut = octets_copy(octets.bytes, length);
        struct wire_datagram datagram, whole;
        struct wire_record is, want;
        ck_assert(wire_open(&whole, octets.bytes, octets.length));
        bool good = wire_open(&datagram, cut.bytes, length);
        ck_assert_int_eq(good, is_boundary(&octets, length));
        while (good && wire_next(&datagram, &is)) {
            ck_assert(wire_next(&whole, &want));
            same_record(&is, &want);
        }
        free(cut.bytes);
    }
    free(octets.bytes);
}
END_TEST

START_TEST(up_to_the_most_and_no_more)
{
    struct octets octets = read_reference(_i);
    struct wire_datagram datagram;
    size_t left = WIRE_DATAGRAM_MAX - octets.length - WIRE_RECORD_HEAD;
    const uint8_t head[] = {200, 0, (uint8_t)(left >> 8), (uint8_t)left};
    uint8_t *padded = calloc(1, WIRE_DATAGRAM_MAX + 1);

    ck_assert_ptr_nonnull(padded);
    memcpy(padded, octets.bytes, octets.length);
    memcpy(padded + octets.length, head, sizeof head);
    ck_assert(wire_open(&datagram, padded, WIRE_DATAGRAM_MAX));
    padded[octets.length + 2] = (uint8_t)((left + 1) >> 8);
    padded[octets.length + 3] = (uint8_t)(left + 1);
    ck_assert(!wire_open(&datagram, padded, WIRE_DATAGRAM_MAX + 1));
    ck_assert_str_eq(datagram.error.reason, "longer than a datagram may be");
    free(padded);
    free(octets.bytes);
}
END_TEST

/* Random changes, from a seed. */

#define MUTATION_SEEDS 20
#define MUTATIONS      1000 /* for each seed */

static uint64_t random_number(uint64_t *state)
{
    uint64_t mixed = *state += 0x9e3779b97f4a7c15;

    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

static size_t random_below(uint64_t *state, size_t bound)
{
    return (size_t)(random_number(state) % bound);
}

/* Changes an octet, takes some out, or puts some in. */
static size_t mutate(uint64_t *state, uint8_t *bytes, size_t length)
{
    size_t at = random_below(state, length), some = 1 + random_below(state, 8);

    switch (random_below(state, 6)) {
    case 0:
        some = some < length - at ? some : length - at;
        memmove(bytes + at, bytes + at + some, length - at - some);
        return length - some > 0 ? length - some : 1;
    case 1:
        if (length + some > WIRE_DATAGRAM_MAX)
            return length;
        memmove(bytes + at + some, bytes + at, length - at);
        return length + some;
    case 2:
        bytes[at] ^= (uint8_t)(1u << random_below(state, 8));
        return length;
    case 3:
        bytes[at] = (uint8_t)(bytes[at] + some - 4);
        return length;
    default:
        bytes[at] = (uint8_t)random_number(state);
        return length;
    }
}

/* Writing what was read gives what was there, but for trailing octets. */
static void write_again(const struct wire_record *record)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    size_t written = wire_encode(record, out, sizeof out);

    ck_assert_uint_gt(written, 0);
    ck_assert_uint_le(written, record->raw.length);
    ck_assert_mem_eq(out, record->raw.bytes, 2);
    ck_assert_mem_eq(out + WIRE_RECORD_HEAD, record->raw.bytes + WIRE_RECORD_HEAD,
                     written - WIRE_RECORD_HEAD);
    if (written == record->raw.length)
        ck_assert_mem_eq(out, record->raw.bytes, written);
}

/* Changes a datagram several times over, and reads it. */
static void mutate_and_read(uint64_t *state, const struct octets *octets)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = octets->length;
    struct wire_datagram datagram;
    struct wire_record record;

    memcpy(bytes, octets->bytes, length);
    for (size_t changes = 1 + random_below(state, 6); changes > 0; changes--)
        length = mutate(state, bytes, length);
    struct octets mutated = octets_copy(bytes, length);
    bool good = wire_open(&datagram, mutated.bytes, length);
    ck_assert(good || datagram.error.reason);
    while (good && wire_next(&datagram, &record)) {
        write_again(&record);
        same_record(&record, &record); /* every item of every list can be read */
    }
    free(mutated.bytes);
}

START_TEST(random_changes)
{
    struct octets octets[sizeof references / sizeof *references];
    uint64_t state = (uint64_t)_i;

    for (int i = 0; i < REFERENCE_COUNT; i++)
        octets[i] = read_reference(i);
    for (int i = 0; i < MUTATIONS; i++)
        mutate_and_read(&state, &octets[random_below(&state, REFERENCE_COUNT)]);
    for (int i = 0; i < REFERENCE_COUNT; i++)
        free(octets[i].bytes);
}
END_TEST

/* Writing. */

START_TEST(a_record_fits_or_is_not_written)
{
    for (size_t i = 0; i < RECORDS_MOST && references[_i].records[i]; i++) {
        struct lists lists;
        struct wire_record record = make(references[_i].records[i], &lists);
        uint8_t whole[WIRE_DATAGRAM_MAX];
        size_t length = wire_encode(&record, whole, sizeof whole);
        for (size_t size = 0; size <= length; size++) {
            struct octets small = octets_copy(whole, size);
            ck_assert_uint_eq(wire_encode(&record, small.bytes, size), size < length ? 0 : length);
            free(small.bytes);
        }
    }
}
END_TEST

START_TEST(a_header_fits_or_is_not_written)
{
    const struct wire_header header = {.version = WIRE_VERSION, .sender = JACK};

    for (size_t size = 0; size <= WIRE_HEADER_SIZE; size++) {
        uint8_t *small = malloc(size);
        ck_assert_uint_eq(wire_encode_header(&header, small, size),
                          size < WIRE_HEADER_SIZE ? 0 : WIRE_HEADER_SIZE);
        free(small);
    }
}
END_TEST

static size_t write_message(const char *nick, size_t text_length)
{
    static const char text[WIRE_DATAGRAM_MAX];
    uint8_t out[WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE];
    const struct wire_record record = {
        .type = WIRE_MESSAGE,
        .message = {JACK, 1, 1, CLOCK, LOBBY, span_of(nick), {text, text_length}},
    };

    return wire_encode(&record, out, sizeof out);
}

START_TEST(fields_out_of_bounds_are_not_written)
{
    const struct wire_record unknown = {.type = WIRE_PARITY}, none = {.type = 0};
    uint8_t out[64];

    ck_assert_uint_gt(write_message("jack", 11), 0);
    ck_assert_uint_eq(write_message("", 11), 0);
    ck_assert_uint_eq(write_message("ja~ck", 11), 0);
    ck_assert_uint_eq(write_message("jack\n", 11), 0);
    ck_assert_uint_eq(write_message("0123456789012345678901234567890123", 11), 0);
    ck_assert_uint_eq(wire_encode(&unknown, out, sizeof out), 0);
    ck_assert_uint_eq(wire_encode(&none, out, sizeof out), 0);
}
END_TEST

/* The count of a list has one octet, the length of a text two. */
START_TEST(counts_that_are_too_large_are_not_written)
{
    static const char zeros[UINT16_MAX + 1];
    const struct wire_list many = {(const uint8_t *)zeros, 256 * 8, 256};
    const struct wire_record prompt = {.type = WIRE_PROMPT, .prompt.known = many};
    const struct wire_record message = {
        .type = WIRE_MESSAGE, .message = {.nick = span_of("jack"), .text = {zeros, sizeof zeros}}
    };
    size_t size = 2 * sizeof zeros;
    uint8_t *out = malloc(size);

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(wire_encode(&prompt, out, size), 0);
    ck_assert_uint_eq(wire_encode(&message, out, size), 0);
    free(out);
}
END_TEST

/* 24 octets of header, 4 of record head, 39 with the nickname's and the text's length, and the nickname. */
START_TEST(a_long_text_fills_a_datagram)
{
    size_t most = WIRE_DATAGRAM_MAX - 24 - 4 - 39 - 4;

    ck_assert_uint_eq(write_message("jack", most), WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE);
    ck_assert_uint_eq(write_message("jack", most + 1), 0);
}
END_TEST

START_TEST(a_list_has_at_most_255_items)
{
    struct wire_builder exceptions;

    wire_builder_init(&exceptions, SIZE_MAX);
    for (unsigned i = 0; i < WIRE_DATAGRAM_MAX / 9; i++)
        ck_assert(wire_add_exception(&exceptions, &(struct wire_exception){i, 1}));
    ck_assert(!wire_add_exception(&exceptions, &(struct wire_exception){JACK, 1}));
    ck_assert_uint_eq(wire_built(&exceptions).count, WIRE_DATAGRAM_MAX / 9);
    exceptions.length = 0; /* as if items were smaller */
    while (exceptions.count < WIRE_LIST_MAX) {
        ck_assert(wire_add_exception(&exceptions, &(struct wire_exception){JACK, 1}));
        exceptions.length = 0;
    }
    ck_assert(!wire_add_exception(&exceptions, &(struct wire_exception){JACK, 1}));
}
END_TEST

START_TEST(what_does_not_fit_leaves_a_list_as_it_was)
{
    struct wire_builder rooms;
    const struct wire_room lobby = {LOBBY, 0, 0, span_of("lobby")};
    const struct wire_room bad = {LOBBY, 0, 0, span_of("lob by")};
    size_t item = 1 + 24 + 1 + 5;
    struct wire_room room;

    wire_builder_init(&rooms, 2 * item - 1);
    ck_assert(!wire_add_room(&rooms, &bad));
    ck_assert(wire_add_room(&rooms, &lobby));
    ck_assert(!wire_add_room(&rooms, &lobby));
    struct wire_list list = wire_built(&rooms);
    ck_assert_uint_eq(list.length, item);
    ck_assert_uint_eq(list.count, 1);
    ck_assert(wire_next_room(&list, &room));
    ck_assert(span_equal(room.name, lobby.name));
    ck_assert(!wire_next_room(&list, &room));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, a_reference_is_read, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, a_reference_is_written, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, each_record_stands_alone, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, cut_off_anywhere, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, up_to_the_most_and_no_more, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, a_record_fits_or_is_not_written, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, random_changes, 0, MUTATION_SEEDS);
    tcase_add_test(tests, nothing_may_follow_a_record_alone);
    tcase_add_test(tests, every_file_is_a_reference);
    tcase_add_test(tests, every_type_has_a_reference);
    tcase_add_test(tests, tags_and_digests);
    tcase_add_test(tests, each_is_refused_for_its_reason);
    tcase_add_test(tests, a_refusal_says_where);
    tcase_add_test(tests, a_header_fits_or_is_not_written);
    tcase_add_test(tests, fields_out_of_bounds_are_not_written);
    tcase_add_test(tests, counts_that_are_too_large_are_not_written);
    tcase_add_test(tests, a_long_text_fills_a_datagram);
    tcase_add_test(tests, a_list_has_at_most_255_items);
    tcase_add_test(tests, what_does_not_fit_leaves_a_list_as_it_was);
}

int main(void)
{
    TCase *tests = tcase_create("wire");

    add_tests(tests);
    return suite_run(tests, "wire");
}
