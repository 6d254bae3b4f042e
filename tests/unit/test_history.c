/* What is shown on joining of what was said before: as many messages as were asked for, in their order,
 * before anything else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(61);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static int said; /* lines, by turns */

static void say_lines(int speakers, int count, uint64_t pause_us)
{
    for (int i = 0; i < count; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", ++said);
        net_say(net, said % speakers, text);
        net_run(net, pause_us);
    }
}

/* Who shows `history` messages; his links are up from now on. */
static int join(uint32_t history, int segment)
{
    struct node_config config = net_config(net, "late", WIRE_PERSON, "lobby");

    config.history = history;
    int node = net_add_config(net, &config);
    net_plug(net, node, segment, NET_BOTH);
    return node;
}

static int shown(int node, size_t nth)
{
    const struct net_event *event = net_event(net, node, NODE_MESSAGE, 0, nth);

    ck_assert_ptr_nonnull(event);
    return atoi(event->is.text.bytes);
}

/* The lines from `first` to the last one that was said, and nothing else. */
static void check_shown(int node, int first)
{
    ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), (size_t)(said + 1 - first));
    for (int i = first; i <= said; i++)
        ck_assert_int_eq(shown(node, (size_t)(i - first)), i);
    ck_assert_uint_eq(net_events(net, node, NODE_LOST, 0), 0);
}

/* Whatever number is asked for: of 30, by three speakers. */
START_TEST(as_many_as_were_asked_for)
{
    static const uint32_t asked[] = {0, 1, 7, 30, 31, 1000};
    static const int first[] = {31, 30, 24, 1, 1, 1};

    net_people(net, 4, lan, NET_BOTH);
    said = 0;
    say_lines(3, 30, 20 * NET_MS);
    net_run(net, 20 * NET_S);
    int late = join(asked[_i], lan);
    net_run(net, 3 * NET_S);
    check_shown(late, first[_i]);
    for (size_t i = 0; i < net_events(net, late, NODE_MESSAGE, 0); i++)
        ck_assert(net_event(net, late, NODE_MESSAGE, 0, i)->is.replay);
}
END_TEST

/* It takes no longer to show it than people wait. */
START_TEST(it_is_there_in_half_a_second)
{
    net_people(net, 10, lan, NET_BOTH);
    said = 0;
    say_lines(10, 60, 5 * NET_MS);
    net_run(net, 20 * NET_S);
    int late = join(50, lan);
    net_run(net, 500 * NET_MS);
    check_shown(late, 11);
}
END_TEST

START_TEST(nobody_said_anything)
{
    net_people(net, 2, lan, NET_BOTH);
    int late = join(50, lan);
    net_run(net, 500 * NET_MS);
    ck_assert(node_ready(net->nodes[late].node));
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 0);
    net_say(net, 0, "hello");
    net_run(net, 10 * NET_MS);
    ck_assert(net_shown_once(net, late, "hello"));
}
END_TEST

/* People talk on while he joins: all is shown without a hole, and what was before comes first. */
START_TEST(history_comes_before_what_is_said_now)
{
    net->random = (uint64_t)_i;
    net_people(net, 3, lan, NET_BOTH);
    said = 0;
    say_lines(3, 40, 20 * NET_MS);
    int late = join(20, lan);
    say_lines(3, 100, 3 * NET_MS);
    net_run(net, 3 * NET_S);
    size_t count = net_events(net, late, NODE_MESSAGE, 0);
    ck_assert_uint_ge(count, 100);
    ck_assert_uint_le(count, 120);
    check_shown(late, said + 1 - (int)count);
    ck_assert_uint_le(net_event(net, late, NODE_READY, 0, 0)->at_us,
                      net_event(net, late, NODE_MESSAGE, 0, 0)->at_us);
}
END_TEST

static char long_text[TEXT_SAY_MAX + 1];

static void say_long(int node)
{
    memset(long_text, 'x', TEXT_SAY_MAX);
    net_say(net, node, long_text);
    net_run(net, 100 * NET_MS);
}

/* A long text counts as one, and between its parts others may have spoken. */
START_TEST(a_long_text_is_shown_whole)
{
    net_people(net, 3, lan, NET_BOTH);
    net_say(net, 0, "not this one");
    net_run(net, 10 * NET_MS);
    say_long(1);
    net_say(net, 0, "before");
    net_say(net, 2, "at the same time");
    say_long(2);
    net_run(net, 20 * NET_S);
    int late = join(4, lan);
    net_run(net, 3 * NET_S);
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 4);
    ck_assert_uint_eq(net_events(net, late, NODE_LOST, 0), 0);
    ck_assert(span_equal(net_event(net, late, NODE_MESSAGE, net_id(net, 1), 0)->is.text, span_of(long_text)));
    ck_assert(span_equal(net_event(net, late, NODE_MESSAGE, net_id(net, 2), 1)->is.text, span_of(long_text)));
}
END_TEST

/* Of the first one only the last parts are stored. */
START_TEST(what_is_left_of_a_long_text_is_left_out)
{
    net->store_octets = 24 * 1024;
    net_people(net, 2, lan, NET_BOTH);
    say_long(0);
    say_long(1);
    net_say(net, 1, "after it");
    net_run(net, 20 * NET_S);
    int late = join(10, lan);
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 2);
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, net_id(net, 1)), 2);
    ck_assert(net_shown_once(net, late, "after it"));
    ck_assert(net_shown_once(net, late, long_text));
    ck_assert_uint_eq(net_events(net, late, NODE_LOST, 0), 0);
}
END_TEST

/* Of two LANs together, in order of stamp: the stamps of each speaker are his numbers. */
START_TEST(two_segments_share_a_history)
{
    int other = net_segment(net);

    net_person(net, "here", lan);
    net_person(net, "there", other);
    net_run(net, 10 * NET_S);
    for (int i = 0; i < 20; i++)
        net_say(net, i % 2, "a line");
    net_run(net, 20 * NET_S);
    int late = join(6, lan);
    net_plug(net, late, other, NET_BOTH);
    net_run(net, NET_S); /* though there is more to be had than was asked for */
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_uint_eq(net_event(net, late, NODE_MESSAGE, 0, i)->is.first, 8 + i / 2);
}
END_TEST

START_TEST(loss_makes_no_holes)
{
    net->random = (uint64_t)_i;
    net_people(net, 5, lan, NET_BOTH);
    said = 0;
    say_lines(5, 40, 20 * NET_MS);
    net_run(net, 20 * NET_S);
    net->segments[lan].loss = 300;
    int late = join(25, lan);
    net_run(net, 5 * NET_S);
    net->segments[lan].loss = 0;
    net_run(net, 10 * NET_S);
    check_shown(late, 16);
}
END_TEST

/* What was said before he came is told apart from what is said now, however short ago it was. */
START_TEST(history_is_told_apart)
{
    net_people(net, 2, lan, NET_BOTH);
    net_say(net, 0, "1");
    net_run(net, 100 * NET_MS);
    int node = join(10, lan);
    net_run(net, NET_S);
    net_say(net, 0, "2");
    net_run(net, NET_S);
    ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct node_event *event = &net_event(net, node, NODE_MESSAGE, 0, i)->is;
        ck_assert_int_eq(event->history, i == 0 ? NODE_BEFORE : NODE_NOW);
        ck_assert(!event->replay);
    }
}
END_TEST

/* Whoever is here can look back at what is still stored: his own words, too, in order, and nothing twice. */
START_TEST(what_is_stored_is_shown_again)
{
    net_people(net, 3, lan, NET_BOTH);
    said = 0;
    say_lines(3, 30, 50 * NET_MS);
    for (int node = 0; node < 3; node++) {
        size_t before = net_events(net, node, NODE_MESSAGE, 0);
        node_recall(net->nodes[node].node, 7, net_time(net));
        net_flush(net, node);
        ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), before + 7);
        for (size_t i = 0; i < 7; i++) {
            ck_assert_int_eq(shown(node, before + i), 24 + (int)i);
            ck_assert(net_event(net, node, NODE_MESSAGE, 0, before + i)->is.replay);
        }
        node_recall(net->nodes[node].node, 1000, net_time(net));
        net_flush(net, node);
        ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), before + 37);
        node_recall(net->nodes[node].node, 0, net_time(net));
        net_flush(net, node);
        ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), before + 37);
    }
}
END_TEST

/* A text of several parts is one message of them. */
START_TEST(a_long_text_is_shown_again_whole)
{
    static char text[5000];

    memset(text, 'x', sizeof text);
    net_people(net, 2, lan, NET_BOTH);
    net_say(net, 0, "before");
    net_say_span(net, 0, (struct span){text, sizeof text});
    net_run(net, NET_S);
    node_recall(net->nodes[1].node, 1, net_time(net));
    net_flush(net, 1);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 3);
    ck_assert_uint_eq(net_event(net, 1, NODE_MESSAGE, 0, 2)->is.text.length, sizeof text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("history");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, as_many_as_were_asked_for, 0, 6);
    tcase_add_test(tests, it_is_there_in_half_a_second);
    tcase_add_test(tests, nobody_said_anything);
    tcase_add_loop_test(tests, history_comes_before_what_is_said_now, 0, 5);
    tcase_add_test(tests, a_long_text_is_shown_whole);
    tcase_add_test(tests, what_is_left_of_a_long_text_is_left_out);
    tcase_add_test(tests, two_segments_share_a_history);
    tcase_add_loop_test(tests, loss_makes_no_holes, 0, 20);
    tcase_add_test(tests, history_is_told_apart);
    tcase_add_test(tests, what_is_stored_is_shown_again);
    tcase_add_test(tests, a_long_text_is_shown_again_whole);
    return suite_run(tests, "history");
}
