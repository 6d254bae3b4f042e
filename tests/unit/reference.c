#include "reference.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files. */

struct octets octets_copy(const uint8_t *bytes, size_t length)
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

struct octets read_file(const char *directory, const char *name)
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

bool is_hex_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".hex") == 0;
}

/* What the files say: one function for each record. Lists are built in `lists`. */

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
        .type = WIRE_REQUEST, .flags = WIRE_INSISTS, .request = {MARIA, wire_built(&lists->items)}
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

/* Their headers: version, flags, hop limit, sender, counter, path. */
#define PATH(link, kind) ((link) << 3 | (kind))

static const struct wire_header group4 = {1, 0, 1, JACK, 42, PATH(1, WIRE_PATH_GROUP4)};
static const struct wire_header old = {1, WIRE_OLD, 1, JACK, 42, PATH(2, WIRE_PATH_GROUP6)};
static const struct wire_header unicast = {1, 0, 1, JACK, 0, PATH(1, WIRE_PATH_UNICAST)};
static const struct wire_header routed = {1, 0, 4, JACK, 0, PATH(1, WIRE_PATH_UNICAST)};

const struct reference references[REFERENCE_COUNT] = {
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

struct octets read_reference(int index)
{
    return read_file(WIRE_DIR, references[index].file);
}

struct wire_record make(maker *what, struct lists *lists)
{
    wire_builder_init(&lists->rooms, WIRE_DATAGRAM_MAX);
    wire_builder_init(&lists->pairs, WIRE_DATAGRAM_MAX);
    wire_builder_init(&lists->exceptions, WIRE_DATAGRAM_MAX);
    wire_builder_init(&lists->items, WIRE_DATAGRAM_MAX);
    return what(lists);
}
