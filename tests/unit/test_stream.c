/* One stream by itself: what comes next, what is missing, what is held. */
#include "stream.h"

#include "suite.h"

static struct stream *stream;
static size_t octets;

static void setup(void)
{
    octets = 0;
    stream = stream_new(5, 10, &octets);
}

static void teardown(void)
{
    stream_free(stream);
    ck_assert_uint_eq(octets, 0);
}

static bool put(uint32_t number)
{
    struct record *record = record_encode(&(struct wire_record){
        .type = WIRE_MESSAGE,
        .message = {
                    .origin = 5, .number = number, .stamp = number, .nick = span_of("jack"), .text = span_of("hi")}
    });
    ck_assert_ptr_nonnull(record);
    bool lacked = stream_lacks(stream, number);
    if (lacked)
        ck_assert(stream_put(stream, record, false));
    record_drop(record);
    return lacked;
}

/* The number that comes next, or 0. */
static uint32_t take(void)
{
    struct held *held = stream_take(stream);
    if (!held)
        return 0;
    uint32_t number = held->record->message.number;
    stream_release(stream, held);
    return number;
}

START_TEST(what_is_under_the_base_is_seen)
{
    for (uint32_t number = 0; number <= 10; number++)
        ck_assert(!stream_lacks(stream, number));
    ck_assert(stream_lacks(stream, 11));
    ck_assert(!stream_has_gap(stream));
    ck_assert_uint_eq(take(), 0);
}
END_TEST

START_TEST(numbers_come_in_order)
{
    const uint32_t heard[] = {13, 11, 15, 12, 14};
    for (size_t i = 0; i < 5; i++)
        ck_assert(put(heard[i]));
    for (size_t i = 0; i < 5; i++)
        ck_assert(!put(heard[i]));
    for (uint32_t number = 11; number <= 15; number++)
        ck_assert_uint_eq(take(), number);
    ck_assert_uint_eq(take(), 0);
    ck_assert(!put(13));
    ck_assert(put(16));
    ck_assert_uint_eq(stream->stamp, 16);
}
END_TEST

START_TEST(a_gap_before_a_held_number)
{
    uint32_t first;
    put(14);
    put(16);
    ck_assert(stream_has_gap(stream));
    ck_assert_uint_eq(take(), 0);
    ck_assert_uint_eq(stream_give_up(stream, UINT32_MAX, &first), 3);
    ck_assert_uint_eq(first, 11);
    ck_assert_uint_eq(take(), 14);
    ck_assert(stream_has_gap(stream));
    ck_assert_uint_eq(stream_give_up(stream, UINT32_MAX, &first), 1);
    ck_assert_uint_eq(first, 15);
    ck_assert_uint_eq(take(), 16);
    ck_assert(!stream_has_gap(stream));
    ck_assert_uint_eq(stream->lost, 4);
    ck_assert(!stream_lacks(stream, 12));
}
END_TEST

START_TEST(a_gap_at_the_end)
{
    uint32_t first;
    stream_learn(stream, 12);
    stream_learn(stream, 9);
    ck_assert(stream_has_gap(stream));
    put(11);
    ck_assert(!stream_has_gap(stream));
    ck_assert_uint_eq(take(), 11);
    ck_assert(stream_has_gap(stream));
    ck_assert_uint_eq(stream_give_up(stream, UINT32_MAX, &first), 1);
    ck_assert_uint_eq(first, 12);
    ck_assert(!stream_has_gap(stream));
}
END_TEST

START_TEST(the_greatest_numbers)
{
    uint32_t first;
    stream_learn(stream, UINT32_MAX - 1);
    put(UINT32_MAX - 1);
    ck_assert_uint_eq(stream_give_up(stream, UINT32_MAX, &first), UINT32_MAX - 12);
    ck_assert_uint_eq(take(), UINT32_MAX - 1);
    ck_assert(!stream_has_gap(stream));
    ck_assert_uint_eq(take(), 0);
}
END_TEST

START_TEST(what_is_held_is_counted)
{
    put(12);
    size_t one = octets;
    ck_assert_uint_gt(one, 0);
    put(13);
    put(11);
    ck_assert_uint_eq(octets, 3 * one);
    take();
    ck_assert_uint_eq(octets, 2 * one);
    stream_parts_add(stream, stream_take(stream));
    stream_parts_add(stream, stream_take(stream));
    ck_assert_uint_eq(octets, 2 * one);
    ck_assert_uint_eq(stream->parts->record->message.number, 12);
    ck_assert_uint_eq(stream->parts_tail->record->message.number, 13);
    stream_parts_clear(stream);
    ck_assert_uint_eq(octets, 0);
    put(20); /* freed with the stream */
    put(14);
    stream_parts_add(stream, stream_take(stream));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stream");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_under_the_base_is_seen);
    tcase_add_test(tests, numbers_come_in_order);
    tcase_add_test(tests, a_gap_before_a_held_number);
    tcase_add_test(tests, a_gap_at_the_end);
    tcase_add_test(tests, the_greatest_numbers);
    tcase_add_test(tests, what_is_held_is_counted);
    return suite_run(tests, "stream");
}
