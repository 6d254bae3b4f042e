/* Rosters: all nodes agree on who is here, a joiner learns it quickly, and at rest there is little to hear.
 */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(11);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static void populate_on(int n, uint64_t pause_us, unsigned paths)
{
    for (int i = 0; i < n; i++) {
        char nick[16];
        snprintf(nick, sizeof nick, "p%03d", i);
        net_plug(net, net_add(net, nick, WIRE_PERSON, "lobby"), lan, paths);
        net_run(net, pause_us);
    }
}

/* People come one after the other; one path is enough, and half the work. */
static void populate(int n, uint64_t pause_us)
{
    populate_on(n, pause_us, NET_GROUP4);
}

static void forget_all(void)
{
    for (int i = 0; i < net->node_count; i++)
        net_forget_events(net, i);
}

static size_t told_to_all(enum node_event_type type)
{
    size_t count = 0;

    for (int i = 0; i < net->node_count; i++)
        count += net_events(net, i, type, 0);
    return count;
}

START_TEST(all_agree)
{
    populate(12, 30 * NET_MS);
    net_run(net, 15 * NET_S);
    ck_assert(net_agree(net));
    ck_assert_uint_eq(told_to_all(NODE_JOIN), 12 * 11);
    ck_assert_uint_eq(told_to_all(NODE_LEAVE), 0);
}
END_TEST

START_TEST(all_agree_who_started_at_once)
{
    populate(30, 0);
    net_run(net, 20 * NET_S);
    ck_assert(net_agree(net));
    ck_assert_uint_eq(told_to_all(NODE_JOIN), 30 * 29);
}
END_TEST

START_TEST(all_agree_despite_loss)
{
    net->random = (uint64_t)_i;
    net->segments[lan].loss = 200;
    net->segments[lan].jitter_us = 2000;
    populate_on(15, 100 * NET_MS, NET_BOTH);
    net_run(net, 30 * NET_S);
    net_bye(net, 3);
    net_kill(net, 3);
    net_rename(net, 4, "other");
    net_kill(net, 5);
    net_run(net, 60 * NET_S);
    net_run_until(net, net_agree, 120 * NET_S);
    forget_all();
    net_run(net, 120 * NET_S);
    net_run_until(net, net_agree, 120 * NET_S);
    ck_assert_uint_eq(told_to_all(NODE_LEAVE), 0);
}
END_TEST

START_TEST(all_agree_after_a_partition)
{
    populate(10, 50 * NET_MS);
    net_run(net, 15 * NET_S);
    for (int i = 0; i < 4; i++)
        net->nodes[i].plugs[0].side = 1;
    net_run(net, 60 * NET_S);
    ck_assert_uint_eq(told_to_all(NODE_LEAVE), 2 * 4 * 6);
    ck_assert_uint_eq(net_peers(net, 0), 3);
    ck_assert_uint_eq(net_peers(net, 9), 5);
    forget_all();
    for (int i = 0; i < 4; i++)
        net->nodes[i].plugs[0].side = 0;
    net_run_until(net, net_agree, 30 * NET_S);
    net_run(net, 30 * NET_S);
    ck_assert(net_agree(net));
    ck_assert_uint_eq(told_to_all(NODE_JOIN), 2 * 4 * 6);
    ck_assert_uint_eq(told_to_all(NODE_LEAVE), 0);
}
END_TEST

/* What somebody says of a node that is not so: a roster of one entry. */
static void slander(int to, uint64_t id, uint32_t version, uint8_t state)
{
    struct wire_builder entries;
    const struct wire_entry entry = {.id = id, .version = version, .state = state, .nick = span_of("p001")};

    wire_builder_init(&entries, WIRE_DATAGRAM_MAX);
    wire_add_entry(&entries, &entry);
    net_forge(net, to, 0xbad,
              &(struct wire_record){
                  .type = WIRE_ROSTER,
                  .roster = {.room = wire_room_tag(span_of("lobby")), .entries = wire_built(&entries)}
    });
}

START_TEST(who_is_called_gone_refutes)
{
    const uint32_t versions[] = {0, 7, UINT32_MAX - 1, UINT32_MAX};
    populate(4, 50 * NET_MS);
    net_run(net, 15 * NET_S);
    forget_all();
    uint64_t id = net_id(net, 1);
    for (int i = 0; i < 4; i++)
        slander(i, id, versions[_i], WIRE_AWAY);
    net_run(net, 30 * NET_S);
    ck_assert(net_agree(net));
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(net_peers(net, i), 3);
    ck_assert_uint_eq(told_to_all(NODE_LEAVE), told_to_all(NODE_JOIN));
}
END_TEST

/* Only one believes it, and the slandered node did not hear: its next hello brings it to light. */
START_TEST(one_wrong_belief_heals)
{
    populate(4, 50 * NET_MS);
    net_run(net, 15 * NET_S);
    slander(0, net_id(net, 1), 3, WIRE_AWAY);
    net_run_until(net, net_agree, 30 * NET_S);
    net_run(net, 30 * NET_S);
    ck_assert(net_agree(net));
    ck_assert_uint_eq(net_peers(net, 0), 3);
}
END_TEST

/* A version that its node never had, though it is here. */
START_TEST(a_false_version_heals)
{
    populate(4, 50 * NET_MS);
    net_run(net, 15 * NET_S);
    slander(0, net_id(net, 1), 9, WIRE_HERE);
    net_run(net, 60 * NET_S);
    ck_assert(net_agree(net));
}
END_TEST

static uint64_t datagrams;

static void count(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    datagrams += datagram->to.length == 0;
}

/* At rest: at most about ten datagrams a second, though each node says hello in its interval. */
START_TEST(at_rest_there_is_little_to_hear)
{
    const int sizes[] = {2, 50, 300};
    const unsigned paths[] = {NET_BOTH, NET_BOTH, NET_GROUP4};
    populate_on(sizes[_i], 20 * NET_MS, paths[_i]);
    uint64_t interval = sizes[_i] == 300 ? 30 * NET_S : sizes[_i] == 50 ? 10 * NET_S : 5 * NET_S;
    net_run(net, 2 * interval);
    ck_assert(net_agree(net));
    forget_all();
    uint64_t sent[NET_NODES_MAX];
    for (int i = 0; i < net->node_count; i++)
        sent[i] = net->nodes[i].sent;
    net->see = count;
    datagrams = 0;
    net_run(net, 5 * interval);
    ck_assert_uint_le(datagrams, 11 * 5 * interval / NET_S);
    for (int i = 0; i < net->node_count; i++)
        ck_assert_uint_gt(net->nodes[i].sent, sent[i]);
    ck_assert_uint_eq(told_to_all(NODE_LEAVE), 0);
}
END_TEST

static uint64_t hello_us[64];
static size_t hellos;

static void note_hello(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)context;
    if (datagram->node == 0 && datagram->path == WIRE_PATH_GROUP4 && hellos < 64)
        hello_us[hellos++] = of->now_us;
}

START_TEST(hellos_are_jittered)
{
    uint64_t least = UINT64_MAX, most = 0;
    populate(3, 50 * NET_MS);
    net_run(net, 20 * NET_S);
    net->see = note_hello;
    hellos = 0;
    net_run(net, 200 * NET_S);
    ck_assert_uint_ge(hellos, 30);
    for (size_t i = 1; i < hellos; i++) {
        uint64_t pause = hello_us[i] - hello_us[i - 1];
        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
    }
    ck_assert_uint_ge(least, 3 * NET_S);
    ck_assert_uint_le(most, 7500 * NET_MS);
    ck_assert_uint_ge(most - least, NET_S);
}
END_TEST

static bool last_is_ready(struct net *of)
{
    return node_ready(of->nodes[of->node_count - 1].node);
}

static void joiner_learns(int n, uint64_t most_us)
{
    populate(n, 20 * NET_MS);
    net_run(net, 60 * NET_S);
    ck_assert(net_agree(net));
    int joiner = net_add(net, "joiner", WIRE_PERSON, "lobby");
    net_plug(net, joiner, lan, NET_GROUP4);
    uint64_t took = net_run_until(net, last_is_ready, 3 * NET_S);
    ck_assert_uint_le(took, most_us);
    ck_assert_uint_eq(net_peers(net, joiner), (size_t)n);
    ck_assert_uint_eq(net_events(net, joiner, NODE_JOIN, 0), (size_t)n);
}

START_TEST(a_joiner_learns_ten)
{
    net->random = (uint64_t)_i;
    joiner_learns(10, 50 * NET_MS);
}
END_TEST

START_TEST(a_joiner_learns_two_hundred)
{
    joiner_learns(200, NET_S);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("exchange");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, all_agree);
    tcase_add_test(tests, all_agree_who_started_at_once);
    tcase_add_loop_test(tests, all_agree_despite_loss, 0, 5);
    tcase_add_test(tests, all_agree_after_a_partition);
    tcase_add_loop_test(tests, who_is_called_gone_refutes, 0, 4);
    tcase_add_test(tests, one_wrong_belief_heals);
    tcase_add_test(tests, a_false_version_heals);
    tcase_add_loop_test(tests, at_rest_there_is_little_to_hear, 0, 3);
    tcase_add_test(tests, hellos_are_jittered);
    tcase_add_loop_test(tests, a_joiner_learns_ten, 0, 10);
    tcase_add_test(tests, a_joiner_learns_two_hundred);
    return suite_run(tests, "exchange");
}
