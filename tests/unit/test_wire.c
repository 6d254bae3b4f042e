/* The wire against the reference datagrams, cut off, changed and written again. */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "reference.h"
#include "same.h"
#include "suite.h"

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

START_TEST(roles_and_paths_have_words)
{
    ck_assert_str_eq(wire_role_name(WIRE_PERSON), "person");
    ck_assert_str_eq(wire_role_name(WIRE_TOOL), "tool");
    ck_assert_str_eq(wire_role_name(WIRE_SERVER), "server");
    ck_assert_ptr_null(wire_role_name(WIRE_SERVER + 1));
    ck_assert_ptr_null(wire_role_name(UINT64_MAX));
    ck_assert_str_eq(wire_path_name(WIRE_PATH_GROUP4), "group4");
    ck_assert_str_eq(wire_path_name(WIRE_PATH_LINK), "link");
    ck_assert_ptr_null(wire_path_name(WIRE_PATHS));
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
    tcase_add_loop_test(tests, cut_off_anywhere, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, up_to_the_most_and_no_more, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, a_record_fits_or_is_not_written, 0, REFERENCE_COUNT);
    tcase_add_loop_test(tests, random_changes, 0, MUTATION_SEEDS);
    tcase_add_test(tests, every_file_is_a_reference);
    tcase_add_test(tests, every_type_has_a_reference);
    tcase_add_test(tests, roles_and_paths_have_words);
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
