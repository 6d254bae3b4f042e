/* Who has what was said: the census that `say` waits for. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(31);
    net->gap_us = NET_S;
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static void listeners(int n, unsigned paths)
{
    for (int i = 0; i < n; i++) {
        net_plug(net, net_add(net, "quiet", WIRE_LISTENER, "lobby"), lan, paths);
        net_run(net, 20 * NET_MS);
    }
    net_run(net, 5 * NET_S);
}

static int speaker;

/* A speaker comes, as `say` does. */
static void arrive(unsigned paths)
{
    speaker = net_add(net, "jack", WIRE_TOOL, "lobby");
    net_plug(net, speaker, lan, paths);
    while (!node_ready(net->nodes[speaker].node))
        net_run(net, NET_MS);
}

static struct node_census result(void)
{
    return node_census_result(net->nodes[speaker].node);
}

static bool is_over(struct net *of)
{
    return net_events(of, speaker, NODE_CENSUS, 0) > 0;
}

START_TEST(all_have_it)
{
    const int sizes[] = {1, 2, 5, 20};
    listeners(sizes[_i], NET_BOTH);
    arrive(NET_BOTH);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    uint64_t took = net_run_until(net, is_over, 2 * NET_S);
    ck_assert_uint_le(took, NET_S);
    ck_assert(result().over);
    ck_assert_uint_eq(result().have, (unsigned)sizes[_i]);
    ck_assert_uint_eq(result().lack, 0);
    ck_assert_uint_eq(result().silent, 0);
    for (int i = 0; i < sizes[_i]; i++)
        ck_assert(net_shown_once(net, i, "hi"));
}
END_TEST

START_TEST(nobody_is_here)
{
    arrive(NET_BOTH);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    uint64_t took = net_run_until(net, is_over, 3 * NET_S);
    ck_assert_uint_ge(took, 900 * NET_MS);
    ck_assert_uint_le(took, 1200 * NET_MS);
    ck_assert_uint_eq(result().have + result().lack + result().silent, 0);
}
END_TEST

START_TEST(other_rooms_do_not_count)
{
    net_plug(net, net_add(net, "eve", WIRE_PERSON, "den"), lan, NET_BOTH);
    net_run(net, 5 * NET_S);
    arrive(NET_BOTH);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net_run_until(net, is_over, 3 * NET_S);
    ck_assert_uint_eq(result().have + result().lack + result().silent, 0);
    net_forget_events(net, speaker);
    node_census(net->nodes[speaker].node, 0, 0, true, net_time(net)); /* as `rooms` does */
    net_flush(net, speaker);
    net_run_until(net, is_over, 3 * NET_S);
    ck_assert_uint_eq(result().have, 1);
    ck_assert(
        span_equal(node_room_name(net->nodes[speaker].node, wire_room_tag(span_of("den"))), span_of("den")));
}
END_TEST

START_TEST(enough_is_enough)
{
    listeners(5, NET_BOTH);
    net->nodes[0].mute = net->nodes[0].deaf = true;
    arrive(NET_BOTH);
    net_census(net, speaker, net_say(net, speaker, "hi"), 2);
    ck_assert_uint_le(net_run_until(net, is_over, 2 * NET_S), 100 * NET_MS);
    ck_assert_uint_ge(result().have, 2);
}
END_TEST

/* Known from others, answers none of 20 prompts: named, not waited for. */
START_TEST(a_mute_node_is_not_waited_for)
{
    listeners(4, NET_BOTH);
    net->nodes[2].mute = net->nodes[2].deaf = true;
    arrive(NET_BOTH);
    uint64_t lost = net_id(net, 2);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    uint64_t took = net_run_until(net, is_over, 5 * NET_S);
    ck_assert_uint_ge(took, 1500 * NET_MS);
    ck_assert_uint_le(took, 2200 * NET_MS);
    ck_assert_uint_eq(result().have, 3);
    ck_assert_uint_eq(result().silent, 1);
    struct node_peer peer;
    for (size_t i = 0; node_peer(net->nodes[speaker].node, i, &peer); i++) {
        ck_assert_int_eq(peer.silent, peer.id == lost);
        ck_assert_int_eq(peer.has, peer.id != lost);
    }
}
END_TEST

/* Messages of the speaker do not reach node `dropped`; or only those numbered from `drop_first` on. */
static int dropped;
static uint32_t drop_first, drop_last;

static bool drop(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return to != dropped || !net_says(datagram, 0, drop_first, drop_last);
}

static void drop_numbers(int to, uint32_t first, uint32_t last)
{
    dropped = to;
    drop_first = first;
    drop_last = last;
    net->pass = drop;
}

static void check_lacking(int to, unsigned have)
{
    struct node_peer peer;

    ck_assert_uint_eq(result().have, have);
    ck_assert_uint_eq(result().lack, 1);
    for (size_t i = 0; node_peer(net->nodes[speaker].node, i, &peer); i++)
        ck_assert_int_eq(peer.has, peer.id != net_id(net, to));
}

/* Both before the listener gives up and after. */
START_TEST(who_lacks_it_does_not_have_it)
{
    const uint64_t waits[] = {300 * NET_MS, 5 * NET_S};
    listeners(3, NET_BOTH);
    arrive(NET_BOTH);
    drop_numbers(1, 1, 1);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net_run(net, waits[_i]);
    ck_assert(!is_over(net));
    check_lacking(1, 2);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), _i == 1);
}
END_TEST

/* It lacks one of several: that it has the last is no comfort. */
START_TEST(who_gave_one_up_does_not_have_all)
{
    listeners(3, NET_BOTH);
    arrive(NET_BOTH);
    drop_numbers(2, 2, 2);
    net_say(net, speaker, "one");
    net_say(net, speaker, "two");
    net_census(net, speaker, net_say(net, speaker, "three"), 0);
    net_run(net, 5 * NET_S);
    check_lacking(2, 2);
}
END_TEST

/* Who came in the middle of a long text shows nothing of it. */
START_TEST(who_came_in_the_middle_does_not_have_it)
{
    static char text[6000];
    arrive(NET_BOTH);
    memset(text, 'x', sizeof text);
    int late = net_add(net, "late", WIRE_LISTENER, "lobby");
    drop_numbers(late, 1, 2);
    net_plug(net, late, lan, NET_BOTH);
    net_census(net, speaker, net_say_span(net, speaker, (struct span){text, sizeof text}), 0);
    net_run(net, 4 * NET_S);
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 0);
    ck_assert_uint_eq(result().have, 0);
}
END_TEST

/* A part lost and given up makes the text lost. */
START_TEST(who_lost_a_part_does_not_have_it)
{
    static char text[6000];
    listeners(2, NET_BOTH);
    arrive(NET_BOTH);
    memset(text, 'x', sizeof text);
    drop_numbers(0, (uint32_t)_i + 1, (uint32_t)_i + 1);
    net_census(net, speaker, net_say_span(net, speaker, (struct span){text, sizeof text}), 0);
    net_run(net, 4 * NET_S);
    check_lacking(0, 1);
}
END_TEST

static uint64_t unicasts(int n)
{
    uint64_t count = 0;

    for (int i = 0; i < n; i++)
        count += net->nodes[i].unicasts;
    return count;
}

/* Who was heard is named in the next prompt, and is silent. */
START_TEST(known_answers_are_suppressed)
{
    const unsigned paths[] = {NET_GROUP4, NET_BOTH};
    listeners(20, paths[_i]);
    arrive(paths[_i]);
    uint64_t before = unicasts(20);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net_run_until(net, is_over, 3 * NET_S);
    ck_assert_uint_eq(result().have, 20);
    ck_assert_uint_le(unicasts(20) - before, 30);
}
END_TEST

START_TEST(three_hundred_are_counted)
{
    listeners(300, NET_GROUP4);
    net_run(net, 60 * NET_S);
    arrive(NET_GROUP4);
    uint64_t before = unicasts(300);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net_run_until(net, is_over, 5 * NET_S);
    ck_assert_uint_eq(result().have, 300);
    ck_assert_uint_eq(result().silent + result().lack, 0);
    ck_assert_uint_le(unicasts(300) - before, 450);
}
END_TEST

/* Even who is known from nobody is found: the roster is not needed. */
START_TEST(all_are_found_without_a_roster)
{
    listeners(60, NET_GROUP4);
    speaker = net_add(net, "jack", WIRE_TOOL, "lobby");
    net_plug(net, speaker, lan, NET_GROUP4);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net_run_until(net, is_over, 5 * NET_S);
    ck_assert_uint_eq(result().have, 60);
}
END_TEST

START_TEST(loss_is_survived)
{
    net->random = (uint64_t)_i + 1;
    listeners(10, NET_BOTH);
    arrive(NET_BOTH);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net->segments[lan].loss = 300; /* what was said is heard; prompts and answers are not always */
    net_run_until(net, is_over, 5 * NET_S);
    ck_assert_uint_eq(result().silent, 0);
}
END_TEST

START_TEST(who_leaves_is_not_waited_for)
{
    listeners(3, NET_BOTH);
    arrive(NET_BOTH);
    drop_numbers(1, 1, 1);
    net_census(net, speaker, net_say(net, speaker, "hi"), 0);
    net_run(net, 200 * NET_MS);
    net_bye(net, 1);
    net_kill(net, 1);
    net_run_until(net, is_over, NET_S);
    ck_assert_uint_eq(result().have, 2);
    ck_assert_uint_eq(result().lack, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("census");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, all_have_it, 0, 4);
    tcase_add_test(tests, nobody_is_here);
    tcase_add_test(tests, other_rooms_do_not_count);
    tcase_add_test(tests, enough_is_enough);
    tcase_add_test(tests, a_mute_node_is_not_waited_for);
    tcase_add_loop_test(tests, who_lacks_it_does_not_have_it, 0, 2);
    tcase_add_test(tests, who_gave_one_up_does_not_have_all);
    tcase_add_test(tests, who_came_in_the_middle_does_not_have_it);
    tcase_add_loop_test(tests, who_lost_a_part_does_not_have_it, 0, 6);
    tcase_add_loop_test(tests, known_answers_are_suppressed, 0, 2);
    tcase_add_test(tests, three_hundred_are_counted);
    tcase_add_test(tests, all_are_found_without_a_roster);
    tcase_add_loop_test(tests, loss_is_survived, 0, 10);
    tcase_add_test(tests, who_leaves_is_not_waited_for);
    return suite_run(tests, "census");
}
