/* Messages that are kept: encoded by us, or copied from a datagram. */
#include "record.h"

#include <string.h>

#include "suite.h"

#define LATER 3 /* octets that a later version may put behind a message */

static const struct wire_record message = {
    .type = WIRE_MESSAGE,
    .flags = WIRE_ACTION,
    .message = {.origin = 5, .number = 7, .stamp = 9, .clock_ms = 11, .room = UINT64_MAX - 12},
};

static struct wire_record say(const char *nick, const char *text)
{
    struct wire_record is = message;

    is.message.nick = span_of(nick);
    is.message.text = span_of(text);
    return is;
}

static void is_kept(const struct record *record, const struct wire_record *want)
{
    const char *bytes = (const char *)record->bytes, *text = record->message.text.bytes;

    ck_assert_uint_eq(record->flags, want->flags);
    ck_assert_uint_eq(record->message.origin, 5);
    ck_assert_uint_eq(record->message.number, 7);
    ck_assert_uint_eq(record->message.stamp, 9);
    ck_assert(span_equal(record->message.nick, want->message.nick));
    ck_assert(span_equal(record->message.text, want->message.text));
    ck_assert(text > bytes && text + record->message.text.length <= bytes + record->length);
}

START_TEST(a_message_is_encoded_and_known)
{
    struct wire_record is = say("jack", "hi there"), empty = say("j", "");
    struct record *record = record_encode(&is), *nothing = record_encode(&empty);

    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = wire_encode(&is, bytes, sizeof bytes);

    is_kept(record, &is);
    is_kept(nothing, &empty);
    ck_assert_uint_eq(record->length, length);
    ck_assert_mem_eq(record->bytes, bytes, length);
    record_drop(record);
    record_drop(nothing);
}
END_TEST

START_TEST(what_cannot_be_sent_is_not_kept)
{
    struct wire_record nameless = say("", "hi"), binary = say("jack", "\xff");

    ck_assert_ptr_null(record_encode(&nameless));
    ck_assert_ptr_null(record_encode(&binary));
}
END_TEST

/* The datagram's octets are somebody else's afterwards. */
START_TEST(a_message_is_copied_with_what_follows_it)
{
    struct wire_header header = {.version = WIRE_VERSION, .sender = 5};
    struct wire_record is = say("jack", "hi there"), read;
    struct wire_datagram datagram;
    uint8_t bytes[WIRE_DATAGRAM_MAX] = {0};
    size_t length = wire_encode_header(&header, bytes, sizeof bytes);
    uint8_t *head = bytes + length;

    length += wire_encode(&is, head, sizeof bytes - length) + LATER;
    head[3] = (uint8_t)(head[3] + LATER);
    ck_assert(wire_open(&datagram, bytes, length));
    ck_assert(wire_next(&datagram, &read));
    struct record *record = record_copy(&read);
    ck_assert_uint_eq(record->length, length - WIRE_HEADER_SIZE);
    ck_assert_mem_eq(record->bytes, head, record->length);
    memset(bytes, 0, sizeof bytes);
    is_kept(record, &is);
    record_drop(record);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("record");

    tcase_add_test(tests, a_message_is_encoded_and_known);
    tcase_add_test(tests, what_cannot_be_sent_is_not_kept);
    tcase_add_test(tests, a_message_is_copied_with_what_follows_it);
    return suite_run(tests, "record");
}
