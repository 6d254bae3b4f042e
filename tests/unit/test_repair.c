/* What was lost on the way is asked for, and anybody who has it answers; what nobody has is reported lost. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

/* The first `drop_left` datagrams with a message of a number from drop_first to drop_last do not reach the
 * nodes from drop_from on. */
static uint32_t drop_first, drop_last;
static int drop_from, drop_left;
static unsigned requests, messages; /* seen in datagrams to a group */

static void setup(void)
{
    net = net_new(71);
    lan = net_segment(net);
    drop_first = drop_last = 0;
    requests = messages = 0;
}

static void teardown(void)
{
    net_free(net);
}

static bool pass(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    if (to < drop_from || to == datagram->node || !net_says(datagram, 0, drop_first, drop_last))
        return true;
    if (to == drop_from && drop_left > 0)
        drop_left--;
    return drop_left < 0;
}

static void count(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    requests += net_records(datagram, WIRE_REQUEST) > 0;
    messages += net_records(datagram, WIRE_MESSAGE) > 0;
}

static void drop(uint32_t first, uint32_t last, int from)
{
    drop_first = first;
    drop_last = last;
    drop_from = from;
    net->pass = pass;
}

static bool never(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    drop_left = 0;
    return pass(of, datagram, to, context);
}

START_TEST(a_missing_number_is_repaired)
{
    net_people(net, 3, lan, NET_GROUP4);
    drop(2, 2, 2);
    net_say(net, 0, "one");
    net_say(net, 0, "two");
    net->pass = NULL;
    drop_left = 0;
    net->pass = never;
    net_run(net, 100);
    net->pass = NULL;
    net_say(net, 0, "three");
    net_run(net, 20 * NET_MS);
    for (int i = 1; i < 3; i++) {
        ck_assert(net_shown_once(net, i, "two"));
        ck_assert_uint_eq(net_events(net, i, NODE_MESSAGE, 0), 3);
    }
}
END_TEST

static void lose_to(int from, const char *text)
{
    drop(1, UINT32_MAX, from);
    net->pass = never;
    net_say(net, 0, text);
    net_run(net, NET_MS);
    net->pass = NULL;
}

START_TEST(the_last_message_is_repaired)
{
    net_people(net, 4, lan, NET_GROUP4);
    lose_to(2, "last");
    net_run(net, 100 * NET_MS);
    for (int i = 1; i < 4; i++)
        ck_assert(net_shown_once(net, i, "last"));
}
END_TEST

START_TEST(who_heard_it_answers_for_a_speaker_who_is_gone)
{
    net_people(net, 4, lan, NET_GROUP4);
    lose_to(2, "last");
    net_say(net, 1, "did you hear that?");
    net_kill(net, 0);
    net_run(net, 10 * NET_S);
    for (int i = 2; i < 4; i++)
        ck_assert(net_shown_once(net, i, "last"));
}
END_TEST

START_TEST(what_all_lack_costs_few_datagrams)
{
    net_people(net, 100, lan, NET_GROUP4);
    lose_to(1, "last");
    net->see = count;
    net_run(net, 500 * NET_MS);
    for (int i = 1; i < 100; i++)
        ck_assert(net_shown_once(net, i, "last"));
    ck_assert_uint_lt(requests + messages, 10);
}
END_TEST

START_TEST(everything_arrives_at_a_loss)
{
    static const unsigned losses[] = {50, 200, 400};

    net->random = (uint64_t)_i + 5;
    net_people(net, 8, lan, NET_GROUP4);
    net->segments[lan].loss = losses[_i];
    net->segments[lan].jitter_us = NET_MS;
    for (int i = 0; i < 200; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        net_say(net, i % 2, text);
        net_run(net, 2 * NET_MS);
    }
    net_run(net, 5 * NET_S);
    for (int i = 0; i < 8; i++) {
        ck_assert_uint_eq(net_events(net, i, NODE_MESSAGE, 0), i < 2 ? 100 : 200);
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
    }
    ck_assert(net_agree(net));
}
END_TEST

START_TEST(what_nobody_has_is_lost_after_ten_seconds)
{
    net_people(net, 3, lan, NET_GROUP4);
    lose_to(1, "never heard");
    net_say(net, 0, "heard");
    net_run(net, 100);
    net_kill(net, 0);
    net_run(net, 8 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 0);
    net_run(net, 5 * NET_S);
    for (int i = 1; i < 3; i++) {
        const struct net_event *lost = net_event(net, i, NODE_LOST, 0, 0);
        ck_assert_ptr_nonnull(lost);
        ck_assert_uint_eq(lost->is.first, 1);
        ck_assert_uint_eq(lost->is.last, 1);
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 1);
        ck_assert(net_shown_once(net, i, "heard"));
    }
}
END_TEST

START_TEST(what_its_speaker_has_no_more_is_lost_after_a_second)
{
    net->store_octets = 300;
    net_people(net, 2, lan, NET_GROUP4);
    net->nodes[1].deaf = true;
    for (int i = 0; i < 20; i++)
        net_say(net, 0, "a line of which only the last few are stored");
    net_run(net, 10 * NET_MS);
    net->nodes[1].deaf = false;
    net_run(net, 7 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 1);
    const struct net_event *lost = net_event(net, 1, NODE_LOST, 0, 0);
    size_t shown = net_events(net, 1, NODE_MESSAGE, 0);
    ck_assert_uint_eq(lost->is.first, 1);
    ck_assert_uint_ge(shown, 1);
    ck_assert_uint_eq(lost->is.last + shown, 20);
}
END_TEST

/* Node 1 hears everybody but the speaker. */
static bool not_from_0_to_1(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node != 0 || to != 1 || net_records(datagram, WIRE_MESSAGE) == 0;
}

START_TEST(others_answer_when_the_speaker_is_not_heard)
{
    net_people(net, 4, lan, NET_GROUP4);
    net->pass = not_from_0_to_1;
    for (int i = 0; i < 3; i++) {
        net_say(net, 0, "by a detour");
        net_run(net, 2 * NET_S);
    }
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 3);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 0);
}
END_TEST

START_TEST(history_is_marked)
{
    net_people(net, 3, lan, NET_GROUP4);
    net->nodes[2].deaf = true;
    net_say(net, 0, "a while ago");
    net_run(net, 14 * NET_S);
    net->nodes[2].deaf = false;
    net_run(net, 10 * NET_S);
    ck_assert(!net_event(net, 1, NODE_MESSAGE, 0, 0)->is.replay);
    ck_assert_uint_eq(net_events(net, 2, NODE_MESSAGE, 0), 1);
    ck_assert(net_event(net, 2, NODE_MESSAGE, 0, 0)->is.replay);
}
END_TEST

static void seen_on_other(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    messages += datagram->segment != lan && net_records(datagram, WIRE_MESSAGE) > 0;
}

/* Somebody on the other segment asks for it by origin and number: he does not get it. */
START_TEST(what_was_said_on_one_lan_is_not_repaired_on_another)
{
    int other = net_segment(net), between, asker;
    struct wire_builder asks;

    net_people(net, 2, lan, NET_GROUP4);
    between = net_person(net, "between", lan);
    net_plug(net, between, other, NET_BOTH);
    asker = net_person(net, "asker", other);
    net_run(net, 10 * NET_S);
    net_say(net, 0, "for this LAN");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, between, "for this LAN"));
    net->see = seen_on_other;
    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, net_id(net, 0), 1, 10, 0});
    const struct wire_record request = {
        .type = WIRE_REQUEST, .request = {0, wire_built(&asks)}
    };
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    const struct wire_header header = {.version = WIRE_VERSION, .sender = net_id(net, asker)};
    wire_encode_header(&header, bytes, sizeof bytes);
    size_t length = wire_encode(&request, bytes + WIRE_HEADER_SIZE, sizeof bytes - WIRE_HEADER_SIZE);
    net_inject(net, between, 1, WIRE_PATH_GROUP4, bytes, WIRE_HEADER_SIZE + length);
    net_run(net, NET_S);
    ck_assert_uint_eq(messages, 0);
    net_inject(net, between, 0, WIRE_PATH_GROUP4, bytes, WIRE_HEADER_SIZE + length);
    net_run(net, NET_S);
    ck_assert_uint_eq(messages, 0);
}
END_TEST

static size_t octets;

static void weigh(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    octets += datagram->length;
}

/* Requests for everything, and for what never was, as fast as they come: the answers stay within the budget.
 */
START_TEST(requests_for_everything_are_bounded)
{
    struct wire_builder asks;

    net_people(net, 2, lan, NET_GROUP4);
    for (int i = 0; i < 2000; i++)
        net_say(
            net, 0,
            "a line that somebody wants again and again, though all have it already, and nobody needs it");
    net_run(net, NET_S);
    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    for (uint32_t i = 0; i < 50; i++)
        wire_add_ask(&asks,
                     &(struct wire_ask){WIRE_ASK_NUMBERS, net_id(net, 0), 1 + 512 * (i % 8), UINT32_MAX, 0});
    const struct wire_record request = {
        .type = WIRE_REQUEST, .request = {0, wire_built(&asks)}
    };
    octets = 0;
    net->see = weigh;
    for (int i = 0; i < 1000; i++) {
        net_forge(net, 0, 99, &request);
        net_run(net, NET_MS);
    }
    ck_assert_uint_gt(octets, 200 * 1024);
    ck_assert_uint_lt(octets, 700 * 1024);
    net_say(net, 1, "still here");
    net_run(net, 50 * NET_MS);
    ck_assert(net_shown_once(net, 0, "still here"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("repair");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_missing_number_is_repaired);
    tcase_add_test(tests, the_last_message_is_repaired);
    tcase_add_test(tests, who_heard_it_answers_for_a_speaker_who_is_gone);
    tcase_add_test(tests, what_all_lack_costs_few_datagrams);
    tcase_add_loop_test(tests, everything_arrives_at_a_loss, 0, 3);
    tcase_add_test(tests, what_nobody_has_is_lost_after_ten_seconds);
    tcase_add_test(tests, what_its_speaker_has_no_more_is_lost_after_a_second);
    tcase_add_test(tests, others_answer_when_the_speaker_is_not_heard);
    tcase_add_test(tests, history_is_marked);
    tcase_add_test(tests, what_was_said_on_one_lan_is_not_repaired_on_another);
    tcase_add_test(tests, requests_for_everything_are_bounded);
    return suite_run(tests, "repair");
}
