/* A speaker waits for those who listen: for all that hear him, but for nobody for long; and does not take one
 * bad receiver in five for a full one. */
#include <string.h>

#include "net.h"
#include "suite.h"

#define LINE_OCTETS 250 /* of a record, about */

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(29);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static bool may_say(void)
{
    return node_may_say(net->nodes[0].node);
}

/* Says what may be said at this moment; returns how many lines. */
static unsigned say_what_may_be_said(unsigned most)
{
    unsigned count = 0;

    while (count < most && may_say()) {
        net_say(net, 0,
                "one of the lines of a file that somebody says as fast as he may, and of which there are so "
                "many that nobody could hold them all if they came at once, so that he has to wait now and "
                "then until the others have them");
        count++;
    }
    return count;
}

/* Says as much as may be said in a time; returns how many lines. */
static unsigned say_for(uint64_t us)
{
    unsigned count = 0;

    for (uint64_t until = net->now_us + us; net->now_us < until; net_run(net, NET_MS))
        count += say_what_may_be_said(1000000);
    return count;
}

/* How long nothing may be said. */
static uint64_t closed_us(uint64_t most_us)
{
    uint64_t since = net->now_us;

    while (!may_say() && net->now_us - since < most_us)
        net_run(net, 10 * NET_MS);
    return net->now_us - since;
}

static size_t shown(int node)
{
    return net_events(net, node, NODE_MESSAGE, 0);
}

/* Nobody confirms: some 64 KiB, and no more. A confirmation opens it at once. */
START_TEST(a_confirmation_opens_the_window)
{
    net_people(net, 2, lan, NET_GROUP4);
    net->nodes[1].mute = true;
    unsigned count = say_what_may_be_said(100000);
    ck_assert_uint_ge(count, 32 * 1024 / LINE_OCTETS);
    ck_assert_uint_le(count, 128 * 1024 / LINE_OCTETS);
    net_run(net, 500 * NET_MS);
    ck_assert(!may_say());
    net->nodes[1].mute = false;
    ck_assert_uint_le(closed_us(NET_S), 100 * NET_MS);
    net_run(net, NET_S);
    ck_assert_uint_eq(shown(1), count);
}
END_TEST

/* Who waits for nobody has nothing to wait for. */
START_TEST(alone_it_is_open)
{
    net_people(net, 1, lan, NET_GROUP4);
    ck_assert_uint_ge(say_for(50 * NET_MS), 1024 * 1024 / LINE_OCTETS);
}
END_TEST

/* With half a store at the most unconfirmed, who was deaf for half a second has lost nothing. */
START_TEST(no_more_than_half_a_store_is_out)
{
    net->store_octets = 64 * 1024;
    net_people(net, 2, lan, NET_GROUP4);
    say_for(200 * NET_MS);
    net_run(net, NET_S);
    net->nodes[1].deaf = net->nodes[1].mute = true;
    unsigned count = say_what_may_be_said(100000);
    ck_assert_uint_le(count, 40 * 1024 / LINE_OCTETS);
    net_run(net, 500 * NET_MS);
    ck_assert(!may_say());
    net->nodes[1].deaf = net->nodes[1].mute = false;
    net_run(net, 20 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 0);
}
END_TEST

/* Who says nothing any more is waited for a second, and only once. */
START_TEST(a_silent_listener_holds_it_for_a_second)
{
    net_people(net, 3, lan, NET_GROUP4);
    net->nodes[1].mute = true;
    say_what_may_be_said(100000);
    uint64_t took = closed_us(5 * NET_S);
    ck_assert_uint_ge(took, 800 * NET_MS);
    ck_assert_uint_le(took, 1500 * NET_MS);
    unsigned count = say_for(100 * NET_MS);
    ck_assert_uint_ge(count, 512 * 1024 / LINE_OCTETS);
    net_run(net, 2 * NET_S);
    ck_assert_uint_ge(shown(2), count);
}
END_TEST

/* When the host of all of them stands still, as a virtual machine may, nobody was silent: what he lacks he is
 * still waited for. */
START_TEST(a_pause_of_the_host_is_nobodys_silence)
{
    net_people(net, 2, lan, NET_GROUP4);
    net->nodes[1].mute = true;
    say_what_may_be_said(100000);
    net_run(net, 100 * NET_MS);
    net->now_us += 3 * NET_S;
    net_run(net, 100 * NET_MS);
    ck_assert(!may_say());
    net->nodes[1].mute = false;
    ck_assert_uint_le(closed_us(NET_S), 100 * NET_MS);
}
END_TEST

/* Many share the work of confirming, and the talk goes on. */
START_TEST(many_do_not_hold_it_up)
{
    net_people(net, 40, lan, NET_GROUP4);
    unsigned count = say_for(NET_S);
    net_run(net, 2 * NET_S);
    ck_assert_uint_ge(count, 512 * 1024 / LINE_OCTETS);
    for (int i = 1; i < 40; i++)
        ck_assert_uint_eq(shown(i), count);
}
END_TEST

/* Of many, one who says nothing at all is waited for no longer than of few. */
START_TEST(one_silent_of_many_holds_it_for_a_second)
{
    net_people(net, 40, lan, NET_GROUP4);
    net->nodes[3].mute = true;
    say_what_may_be_said(100000);
    ck_assert_uint_le(closed_us(5 * NET_S), 1500 * NET_MS);
    ck_assert_uint_ge(say_for(100 * NET_MS), 64 * 1024 / LINE_OCTETS);
}
END_TEST

/* One of many lags: he is waited for, and gets all. */
START_TEST(one_of_many_who_lags_is_waited_for)
{
    net_people(net, 40, lan, NET_GROUP4);
    net->nodes[7].deaf = true;
    say_what_may_be_said(100000);
    net_run(net, 50 * NET_MS);
    net->nodes[7].deaf = false;
    say_for(NET_S);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(shown(7), shown(8));
    ck_assert_uint_eq(net_events(net, 7, NODE_LOST, 0), 0);
}
END_TEST

/* Each datagram is lost for some: that is a Wi-Fi, and no reason to say less. */
START_TEST(independent_loss_does_not_shut_it)
{
    net_people(net, 6, lan, NET_GROUP4);
    net->segments[lan].loss = 200;
    ck_assert_uint_ge(say_for(1500 * NET_MS), 1024 * 1024 / LINE_OCTETS);
    net->segments[lan].loss = 0;
    net_run(net, 20 * NET_S);
    for (int i = 1; i < 6; i++) {
        ck_assert_uint_eq(shown(i), shown(1));
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
    }
}
END_TEST

static size_t flying; /* octets on their way to node 1 that it takes before it drops the rest */

static bool pass_until_full(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    if (to != 1 || datagram->node != 0 || datagram->bytes[WIRE_HEADER_SIZE] != WIRE_MESSAGE)
        return true;
    if (flying < datagram->length)
        return false;
    flying -= datagram->length;
    return true;
}

/* A buffer overflows: what came last is lost in a row, and from then on less is said at once. */
START_TEST(a_run_of_losses_narrows_it)
{
    net_people(net, 2, lan, NET_GROUP4);
    say_for(50 * NET_MS);
    net_run(net, 2 * NET_S);
    unsigned wide = say_what_may_be_said(100000);
    net_run(net, 5 * NET_S);
    net->pass = pass_until_full;
    flying = (size_t)64 * 1024;
    say_what_may_be_said(100000);
    net_run(net, 30 * NET_MS);
    net->pass = NULL;
    net_run(net, 200 * NET_MS);
    closed_us(5 * NET_S);
    unsigned narrow = say_what_may_be_said(100000);
    ck_assert_uint_le(narrow, wide * 3 / 4);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 0);
}
END_TEST

static unsigned answers; /* hellos to one address */

static void count_answers(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    answers += datagram->to.length > 0 && datagram->bytes[WIRE_HEADER_SIZE] == WIRE_HELLO;
}

/* Of many only those answer who lack something, so the talk goes on and costs few answers. */
START_TEST(many_need_not_answer)
{
    net_people(net, 40, lan, NET_GROUP4);
    answers = 0;
    net->see = count_answers;
    unsigned count = say_for(NET_S);
    net_run(net, 2 * NET_S);
    ck_assert_uint_ge(count, 512 * 1024 / LINE_OCTETS);
    ck_assert_uint_le(answers, count / 50);
    for (int i = 1; i < 40; i++)
        ck_assert_uint_eq(shown(i), count);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pace");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_confirmation_opens_the_window);
    tcase_add_test(tests, alone_it_is_open);
    tcase_add_test(tests, no_more_than_half_a_store_is_out);
    tcase_add_test(tests, a_silent_listener_holds_it_for_a_second);
    tcase_add_test(tests, a_pause_of_the_host_is_nobodys_silence);
    tcase_add_test(tests, many_do_not_hold_it_up);
    tcase_add_test(tests, one_silent_of_many_holds_it_for_a_second);
    tcase_add_test(tests, one_of_many_who_lags_is_waited_for);
    tcase_add_test(tests, independent_loss_does_not_shut_it);
    tcase_add_test(tests, a_run_of_losses_narrows_it);
    tcase_add_test(tests, many_need_not_answer);
    return suite_run(tests, "pace");
}
