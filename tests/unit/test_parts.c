/* Texts that are too long for one datagram. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "suite.h"

#define LIMIT (WIRE_DATAGRAM_MAX - WIRE_HEADER_SIZE - 45) /* about what one record holds */

static struct net *net;
static char said[TEXT_SAY_MAX + 8];

static void setup(void)
{
    net = net_new(29);
    net->gap_us = NET_S;
    int lan = net_segment(net);
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
}

static void teardown(void)
{
    net_free(net);
}

/* `length` bytes in characters of `size`, after `offset` single ones. */
static struct span compose(size_t length, size_t size, size_t offset)
{
    static const char *const characters[] = {"x", "x", "\u00e9", "\u20ac", "\U0001f389"};

    memset(said, 'a', sizeof said);
    for (size_t at = offset; at + size <= length; at += size)
        memcpy(said + at, characters[size], size);
    return (struct span){said, length};
}

static void check_heard(struct span text, uint32_t last)
{
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 1);
    const struct node_event *event = &net_event(net, 1, NODE_MESSAGE, 0, 0)->is;
    ck_assert(span_equal(event->text, text));
    ck_assert_uint_eq(event->last, last);
    ck_assert_uint_le(event->first, event->last);
    net_forget_events(net, 1);
}

START_TEST(every_size_comes_whole)
{
    const size_t around[] = {1, LIMIT, 2 * LIMIT, 3 * LIMIT, 8 * LIMIT, TEXT_SAY_MAX};
    uint32_t before = 0;

    net_forget_events(net, 1);
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        for (size_t length = around[i] > 24 ? around[i] - 24 : 1;
             length <= around[i] + 24 && length <= TEXT_SAY_MAX; length++) {
            struct span text = compose(length, 1, 0);
            uint32_t last = net_say_span(net, 0, text);
            ck_assert_uint_gt(last, before);
            net_run(net, NET_MS);
            ck_assert_uint_eq(net_event(net, 1, NODE_MESSAGE, 0, 0)->is.first, before + 1);
            check_heard(text, last);
            before = last;
        }
}
END_TEST

START_TEST(no_character_is_cut)
{
    net_forget_events(net, 1);
    for (size_t size = 2; size <= 4; size++)
        for (size_t offset = 0; offset < 8; offset++) {
            struct span text = compose(TEXT_SAY_MAX, size, offset);
            uint32_t last = net_say_span(net, 0, text);
            ck_assert_uint_gt(last, 0);
            net_run(net, NET_MS);
            check_heard(text, last);
        }
}
END_TEST

static void see_parts(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_record part;

    (void)of;
    (void)context;
    for (size_t i = 0; net_record(datagram, WIRE_MESSAGE, i, &part); i++)
        if (!text_valid(part.message.text))
            ck_abort_msg("a part is not valid by itself");
}

START_TEST(each_part_is_valid)
{
    net->see = see_parts;
    for (size_t offset = 0; offset < 4; offset++)
        net_say_span(net, 0, compose(5000, 4, offset));
}
END_TEST

START_TEST(parts_come_in_any_order)
{
    net->segments[0].jitter_us = 50 * NET_MS;
    net->segments[0].twice = 300;
    net_forget_events(net, 1);
    struct span text = compose(TEXT_SAY_MAX, 3, 1);
    uint32_t last = net_say_span(net, 0, text);
    net_run(net, 5 * NET_S);
    check_heard(text, last);
}
END_TEST

START_TEST(a_long_nickname_takes_its_room)
{
    net_rename(net, 0, "abcdefghijklmnopqrstuvwxyz012345");
    net_run(net, NET_S);
    net_forget_events(net, 1);
    struct span text = compose(TEXT_SAY_MAX, 4, 3);
    uint32_t last = net_say_span(net, 0, text);
    net_run(net, NET_S);
    check_heard(text, last);
}
END_TEST

START_TEST(too_long_is_refused)
{
    ck_assert_uint_eq(net_say_span(net, 0, compose(TEXT_SAY_MAX + 1, 1, 0)), 0);
    ck_assert_uint_eq(net_say(net, 0, "next"), 1);
    net_run(net, NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 1);
}
END_TEST

static uint32_t dropped;

static bool drop(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return to == datagram->node || !net_says(datagram, 0, dropped, dropped);
}

/* Any part lost: nothing of the text is shown, all its numbers are in one report, and life goes on. */
START_TEST(a_lost_part_loses_the_text)
{
    dropped = (uint32_t)_i + 2;
    net->pass = drop;
    net_say(net, 0, "before");
    uint32_t last = net_say_span(net, 0, compose(5 * LIMIT - 200, 1, 0));
    ck_assert_uint_eq(last, 6);
    net_run(net, 300 * NET_MS);
    net_say(net, 0, "after");
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 2);
    ck_assert(net_shown_once(net, 1, "before"));
    ck_assert(net_shown_once(net, 1, "after"));
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 1);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 0, 0)->is.first, 2);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 0, 0)->is.last, 6);
}
END_TEST

/* The part that is lost has no successor: nothing is left hanging. */
START_TEST(a_lost_end_loses_the_text)
{
    dropped = 5;
    net->pass = drop;
    net_say_span(net, 0, compose(5 * LIMIT - 200, 1, 0));
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 0);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 1);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 0, 0)->is.first, 1);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 0, 0)->is.last, 5);
}
END_TEST

static void forge(uint32_t number, uint8_t flags, struct span text)
{
    net_forge(net, 1, 77,
              &(struct wire_record){
                  .type = WIRE_MESSAGE,
                  .flags = flags,
                  .message = {.origin = 77,
                              .number = number,
                              .stamp = number,
                              .room = wire_room_tag(span_of("lobby")),
                              .nick = span_of("eve"),
                              .text = text}
    });
}

/* Nobody can say more than TEXT_SAY_MAX, nor end a text with another's beginning. */
START_TEST(forged_parts)
{
    uint32_t number = 1;
    forge(number++, WIRE_CONTINUED, compose(LIMIT - 8, 1, 0));
    for (int i = 0; i < 20; i++)
        forge(number++, WIRE_CONTINUED | WIRE_CONTINUATION, compose(LIMIT - 8, 1, 0));
    forge(number++, WIRE_CONTINUATION, span_of("end"));
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 77), 0);
    ck_assert_uint_gt(net_events(net, 1, NODE_LOST, 77), 0);
    forge(number, WIRE_CONTINUED, span_of("begun"));
    forge(number + 1, 0, span_of("whole"));
    ck_assert(net_shown_once(net, 1, "whole"));
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 77), 1);
}
END_TEST

/* A loss is told even when what follows is the beginning of a text that never ends. */
START_TEST(a_loss_does_not_wait_for_an_end)
{
    forge(1, 0, span_of("one"));
    forge(3, WIRE_CONTINUED, span_of("three"));
    net_run(net, 30 * NET_S);
    ck_assert_uint_gt(net_events(net, 1, NODE_LOST, 77), 0);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 77, 0)->is.first, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("parts");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_size_comes_whole);
    tcase_add_test(tests, no_character_is_cut);
    tcase_add_test(tests, each_part_is_valid);
    tcase_add_test(tests, parts_come_in_any_order);
    tcase_add_test(tests, a_long_nickname_takes_its_room);
    tcase_add_test(tests, too_long_is_refused);
    tcase_add_loop_test(tests, a_lost_part_loses_the_text, 0, 5);
    tcase_add_test(tests, a_lost_end_loses_the_text);
    tcase_add_test(tests, forged_parts);
    tcase_add_test(tests, a_loss_does_not_wait_for_an_end);
    return suite_run(tests, "parts");
}
