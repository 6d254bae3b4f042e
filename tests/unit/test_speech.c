/* What is said is shown to everybody, in order, once, or reported lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(23);
    net->gap_us = NET_S;
    lan = net_segment(net);
    for (int i = 0; i < 3; i++) {
        const char nick[] = {'p', (char)('a' + i), '\0'};
        net_person(net, nick, lan);
        net_run(net, 400 * NET_MS);
    }
    net_run(net, 5 * NET_S);
}

static void teardown(void)
{
    net_free(net);
}

static void say_numbered(int node, int n)
{
    char text[32];

    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof text, "%d-%d", node, i);
        net_say(net, node, text);
        net_run(net, net_random(net, 2 * NET_MS));
    }
}

/* All that `node` has shown of `from`: from-0, from-1 and so on, each once, `n` of them, without a gap. */
static void check_numbered(int node, int from, size_t n)
{
    char text[32];
    uint64_t id = net_id(net, from);

    ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, id), n);
    for (size_t i = 0; i < n; i++) {
        const struct net_event *event = net_event(net, node, NODE_MESSAGE, id, i);
        snprintf(text, sizeof text, "%d-%zu", from, i);
        ck_assert_str_eq(event->is.text.bytes, text);
        ck_assert_uint_eq(event->is.first, i + 1);
        ck_assert_uint_eq(event->is.last, i + 1);
    }
}

START_TEST(a_message_is_shown)
{
    ck_assert_uint_eq(net_say(net, 0, "What's up!?"), 1);
    net_run(net, NET_MS);
    for (int i = 1; i < 3; i++) {
        const struct net_event *event = net_event(net, i, NODE_MESSAGE, net_id(net, 0), 0);
        ck_assert_ptr_nonnull(event);
        ck_assert_str_eq(event->is.text.bytes, "What's up!?");
        ck_assert_str_eq(event->is.nick, "pa");
        ck_assert(!event->is.action);
        ck_assert(!event->is.replay);
        ck_assert_uint_le(NET_WALL_MS + event->at_us / 1000 - event->is.clock_ms, 1);
    }
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 0);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 1);
}
END_TEST

START_TEST(an_action_is_marked)
{
    node_say(net->nodes[0].node, span_of("waves"), true, net_time(net));
    net_flush(net, 0);
    net_run(net, NET_MS);
    ck_assert(net_event(net, 1, NODE_MESSAGE, 0, 0)->is.action);
}
END_TEST

START_TEST(order_and_once)
{
    net->random = (uint64_t)_i + 1;
    net->segments[lan].jitter_us = 30 * NET_MS;
    net->segments[lan].twice = 500;
    say_numbered(0, 60);
    say_numbered(1, 60);
    net_run(net, 10 * NET_S);
    for (int i = 0; i < 3; i++) {
        if (i != 0)
            check_numbered(i, 0, 60);
        if (i != 1)
            check_numbered(i, 1, 60);
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
    }
}
END_TEST

/* Drops the datagrams that hold a message of node 0 with a number in [drop_first, drop_last]. */
static uint32_t drop_first, drop_last;
static int drop_to; /* only to this node; -1: to all */

static bool drop(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)context;
    return to == 0 || (drop_to >= 0 && to != drop_to) ||
           !net_says(datagram, net_id(of, 0), drop_first, drop_last);
}

static void drop_numbers(uint32_t first, uint32_t last, int to)
{
    drop_first = first;
    drop_last = last;
    drop_to = to;
    net->pass = drop;
}

START_TEST(one_path_is_enough)
{
    const unsigned paths[] = {NET_GROUP4, NET_GROUP6};
    net->segments[lan].off = paths[_i];
    say_numbered(0, 20);
    net_run(net, 60 * NET_S);
    check_numbered(1, 0, 20);
    ck_assert_uint_eq(net_events(net, 1, NODE_LEAVE, 0), 0);
}
END_TEST

START_TEST(a_gap_is_reported_once)
{
    drop_numbers(3, 5, 1);
    say_numbered(0, 8);
    uint64_t said_us = net->now_us;
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 1);
    const struct net_event *lost = net_event(net, 1, NODE_LOST, net_id(net, 0), 0);
    ck_assert_uint_eq(lost->is.first, 3);
    ck_assert_uint_eq(lost->is.last, 5);
    ck_assert_str_eq(lost->is.nick, "pa");
    ck_assert_uint_le(lost->at_us, said_us + 1100 * NET_MS);
    ck_assert_uint_ge(lost->at_us, said_us + 900 * NET_MS);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 5);
    ck_assert_uint_eq(net_event(net, 1, NODE_MESSAGE, 0, 2)->is.first, 6);
    ck_assert_uint_eq(net_event(net, 1, NODE_MESSAGE, 0, 2)->at_us, lost->at_us);
    check_numbered(2, 0, 8);
    net_say(net, 0, "on it goes");
    net_run(net, NET_MS);
    ck_assert(net_shown_once(net, 1, "on it goes"));
}
END_TEST

START_TEST(two_gaps_are_two_reports)
{
    drop_numbers(2, 2, 1);
    say_numbered(0, 3);
    net_run(net, 1500 * NET_MS);
    drop_numbers(5, 5, 1);
    say_numbered(0, 3);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 2);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 0, 0)->is.last, 2);
    ck_assert_uint_eq(net_event(net, 1, NODE_LOST, 0, 1)->is.first, 5);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 4);
}
END_TEST

/* Quick hellos show that there was a last message, though nothing follows it. */
START_TEST(the_last_message_is_missed)
{
    drop_numbers(1, 1, -1);
    net_say(net, 0, "alone");
    net_run(net, 1500 * NET_MS);
    for (int i = 1; i < 3; i++) {
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 1);
        ck_assert_uint_eq(net_event(net, i, NODE_LOST, 0, 0)->is.last, 1);
    }
}
END_TEST

/* A bye names the last number, too: say of one that comes and goes unheard. */
START_TEST(a_stranger_who_left_is_missed)
{
    drop_numbers(1, 2, -1);
    net_say(net, 0, "one");
    net_say(net, 0, "two");
    net_bye(net, 0);
    net_run(net, 2 * NET_S);
    ck_assert_uint_eq(net_events(net, 2, NODE_LOST, 0), 1);
    ck_assert_uint_eq(net_event(net, 2, NODE_LOST, 0, 0)->is.first, 1);
    ck_assert_uint_eq(net_event(net, 2, NODE_LOST, 0, 0)->is.last, 2);
}
END_TEST

/* Whenever one joins: nothing from before is shown or missed, nothing after is. */
START_TEST(what_was_before_is_no_loss)
{
    net->random = (uint64_t)_i + 100;
    net->segments[lan].jitter_us = NET_MS;
    say_numbered(0, (int)net_random(net, 20) + 1);
    net_run(net, net_random(net, 60 * NET_MS));
    int joiner = net_person(net, "late", lan);
    for (int i = 0; i < 10; i++) {
        net_say(net, i % 3, "meanwhile");
        net_run(net, net_random(net, 20 * NET_MS));
    }
    net_run(net, 5 * NET_S);
    ck_assert(node_ready(net->nodes[joiner].node));
    net_say(net, 0, "last");
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_events(net, joiner, NODE_LOST, 0), 0);
    ck_assert(net_shown_once(net, joiner, "last"));
    ck_assert(!net_shown_once(net, joiner, "0-0"));
    /* what it shows of each is a run to the end */
    for (int i = 0; i < 3; i++) {
        size_t n = net_events(net, joiner, NODE_MESSAGE, net_id(net, i));
        for (size_t m = 1; m < n; m++)
            ck_assert_uint_eq(net_event(net, joiner, NODE_MESSAGE, net_id(net, i), m)->is.first,
                              net_event(net, joiner, NODE_MESSAGE, net_id(net, i), m - 1)->is.first + 1);
    }
}
END_TEST

/* Ready means that nothing is missed from here on. */
START_TEST(from_ready_on_nothing_is_missed)
{
    net->random = (uint64_t)_i + 500;
    say_numbered(0, 5);
    int joiner = net_person(net, "late", lan);
    while (!node_ready(net->nodes[joiner].node))
        net_run(net, 100);
    net_say(net, 0, "now");
    net_run(net, 10 * NET_S);
    ck_assert(net_shown_once(net, joiner, "now"));
    ck_assert_uint_eq(net_events(net, joiner, NODE_LOST, 0), 0);
}
END_TEST

static size_t messages_seen, datagrams_seen, prompts_with_messages;

static void see_records(struct net *of, const struct net_datagram *datagram, void *context)
{
    size_t messages = net_records(datagram, WIRE_MESSAGE);

    (void)of;
    (void)context;
    messages_seen += messages;
    datagrams_seen += messages > 0;
    prompts_with_messages += messages > 0 && net_records(datagram, WIRE_PROMPT) > 0;
}

START_TEST(records_share_datagrams)
{
    net->see = see_records;
    messages_seen = datagrams_seen = 0;
    for (int i = 0; i < 10; i++)
        node_say(net->nodes[0].node, span_of("short"), false, net_time(net));
    net_flush(net, 0);
    ck_assert_uint_eq(messages_seen, 10); /* one path reaches all */
    ck_assert_uint_eq(datagrams_seen, 1);
    net_run(net, NET_MS);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 10);
}
END_TEST

START_TEST(say_and_prompt_share_a_datagram)
{
    struct node *node = net->nodes[0].node;
    net->see = see_records;
    prompts_with_messages = 0;
    uint32_t number = node_say(node, span_of("hi"), false, net_time(net));
    node_census(node, number, 0, false, net_time(net));
    node_tick(node, net_time(net));
    net_flush(net, 0);
    ck_assert_uint_eq(prompts_with_messages, 1);
}
END_TEST

START_TEST(a_stamp_too_far_ahead_is_dropped)
{
    struct wire_record record = {
        .type = WIRE_MESSAGE,
        .message = {.origin = 77,
                    .number = 1,
                    .stamp = UINT64_MAX,
                    .room = wire_room_tag(span_of("lobby")),
                    .nick = span_of("eve"),
                    .text = span_of("boo")}
    };
    net_forge(net, 0, 77, &record);
    ck_assert_uint_eq(node_counters(net->nodes[0].node)->future, 1);
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 0);
    record.message.stamp = UINT64_C(1) << 63; /* the clock can be pushed so far, and there is room above */
    net_forge(net, 0, 77, &record);
    ck_assert(net_shown_once(net, 0, "boo"));
    net_say(net, 0, "hi");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 1, "hi"));
}
END_TEST

/* The speaker's clock is believed when it is near ours. */
START_TEST(a_wrong_clock_is_not_shown)
{
    uint64_t wall = net_time(net).wall_ms;
    const uint64_t clocks[] = {wall - 119000, wall + 119000, wall - 121000, wall + 121000, 0, UINT64_MAX};
    struct wire_record record = {
        .type = WIRE_MESSAGE,
        .message = {.room = wire_room_tag(span_of("lobby")), .nick = span_of("eve"), .origin = 77}
    };
    for (uint32_t i = 0; i < 6; i++) {
        record.message.number = i + 1;
        record.message.clock_ms = clocks[i];
        net_forge(net, 0, 77, &record);
        ck_assert_uint_eq(net_event(net, 0, NODE_MESSAGE, 77, i)->is.clock_ms, i < 2 ? clocks[i] : wall);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("speech");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_message_is_shown);
    tcase_add_test(tests, an_action_is_marked);
    tcase_add_loop_test(tests, order_and_once, 0, 10);
    tcase_add_loop_test(tests, one_path_is_enough, 0, 2);
    tcase_add_test(tests, a_gap_is_reported_once);
    tcase_add_test(tests, two_gaps_are_two_reports);
    tcase_add_test(tests, the_last_message_is_missed);
    tcase_add_test(tests, a_stranger_who_left_is_missed);
    tcase_add_loop_test(tests, what_was_before_is_no_loss, 0, 60);
    tcase_add_loop_test(tests, from_ready_on_nothing_is_missed, 0, 20);
    tcase_add_test(tests, records_share_datagrams);
    tcase_add_test(tests, say_and_prompt_share_a_datagram);
    tcase_add_test(tests, a_stamp_too_far_ahead_is_dropped);
    tcase_add_test(tests, a_wrong_clock_is_not_shown);
    return suite_run(tests, "speech");
}
