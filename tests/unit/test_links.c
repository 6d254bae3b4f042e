/* What a node tells of its links: which paths are up since when, what came and went there, and what did not
 * come. */
#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(17);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static struct node_link link_of(int node, int index)
{
    struct node_link link;

    ck_assert(node_link(net->nodes[node].node, index, &link));
    return link;
}

/* What one hands out on a path comes to the other, and is counted at both ends; nobody counts his own. */
START_TEST(what_goes_and_comes_is_counted)
{
    net_people(net, 2, lan, NET_BOTH);
    for (int i = 0; i < 100; i++)
        net_say(net, 0, "hi");
    net_run(net, 10 * NET_S);
    struct node_link a = link_of(0, 0), b = link_of(1, 0);
    ck_assert_int_eq(a.kind, NODE_SEGMENT);
    for (int path = 0; path < WIRE_PATHS; path++) {
        bool group = path == WIRE_PATH_GROUP4 || path == WIRE_PATH_GROUP6;
        ck_assert(a.paths[path].up == group);
        ck_assert_uint_eq(a.paths[path].out, b.paths[path].in);
        ck_assert_uint_eq(b.paths[path].out, a.paths[path].in);
        ck_assert_uint_eq(a.paths[path].missed + b.paths[path].missed, 0);
        ck_assert(!group || a.paths[path].out >= 4); /* hellos */
    }
    ck_assert_uint_ge(a.paths[WIRE_PATH_GROUP4].out, 100);
    ck_assert_uint_lt(a.paths[WIRE_PATH_GROUP6].out, 100);
    ck_assert_uint_eq(a.repaired + b.repaired, 0);
}
END_TEST

static bool none_of_ten_to_the_second(struct net *from, const struct net_datagram *datagram, int to,
                                      void *context)
{
    unsigned *left = context;

    (void)from;
    if (datagram->node != 0 || to != 1 || datagram->path == WIRE_PATH_UNICAST || *left == 0)
        return true;
    --*left;
    return false;
}

/* What others sent, and what did not come, is told by their counters; what was asked for then, too. */
START_TEST(what_did_not_come_is_counted)
{
    unsigned left = 10;

    net_people(net, 2, lan, NET_GROUP4);
    net->pass = none_of_ten_to_the_second;
    net->context = &left;
    for (int i = 0; i < 10; i++)
        net_say(net, 0, "hi");
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(link_of(1, 0).paths[WIRE_PATH_GROUP4].missed, 10);
    ck_assert_uint_eq(link_of(0, 0).paths[WIRE_PATH_GROUP4].missed, 0);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 10);
    ck_assert_uint_ge(link_of(1, 0).repaired, 1);
}
END_TEST

/* What comes late, or twice, is not missed. */
START_TEST(what_comes_late_or_twice_is_not_missed)
{
    net_people(net, 2, lan, NET_GROUP4);
    net->segments[lan].jitter_us = 20 * NET_MS;
    net->segments[lan].twice = 300;
    for (int i = 0; i < 200; i++) {
        net_say(net, 0, "hi");
        net_run(net, NET_MS);
    }
    net->segments[lan].jitter_us = net->segments[lan].twice = 0;
    net_run(net, NET_S);
    net_say(net, 0, "the last");
    net_run(net, NET_S);
    ck_assert_uint_le(link_of(1, 0).paths[WIRE_PATH_GROUP4].missed, 10);
}
END_TEST

START_TEST(a_path_says_since_when)
{
    int node = net_person(net, "jack", lan);

    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(link_of(node, 0).paths[WIRE_PATH_GROUP6].since_us, net->now_us - 5 * NET_S);
    node_path_down(net->nodes[node].node, 0, WIRE_PATH_GROUP6, net_time(net));
    ck_assert(!link_of(node, 0).paths[WIRE_PATH_GROUP6].up);
    node_path_up(net->nodes[node].node, 0, WIRE_PATH_GROUP6, net_time(net));
    net_run(net, NET_S);
    node_path_up(net->nodes[node].node, 0, WIRE_PATH_GROUP6, net_time(net));
    ck_assert_uint_eq(link_of(node, 0).paths[WIRE_PATH_GROUP6].since_us, net->now_us - NET_S);
    ck_assert(!node_link(net->nodes[node].node, 1, &(struct node_link){0}));
    ck_assert(!node_link(net->nodes[node].node, -1, &(struct node_link){0}));
}
END_TEST

static unsigned hears; /* of the last hello that node 1 said to all */

static void see_hello(struct net *from, const struct net_datagram *datagram, void *context)
{
    struct wire_record hello;

    (void)from;
    (void)context;
    if (datagram->node == 1 && datagram->path != WIRE_PATH_UNICAST &&
        net_record(datagram, WIRE_HELLO, 0, &hello))
        hears = hello.hello.hears;
}

static bool not_by_group4_to_the_second(struct net *from, const struct net_datagram *datagram, int to,
                                        void *context)
{
    (void)from;
    (void)context;
    return to != 1 || datagram->path != WIRE_PATH_GROUP4;
}

/* A hello names every path on which somebody was heard, whichever was the last, and none on which nobody is
 * any more. */
START_TEST(a_hello_names_the_paths_on_which_it_hears)
{
    net->see = see_hello;
    net_people(net, 2, lan, NET_BOTH);
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(hears & NET_BOTH, NET_BOTH);
    net->pass = not_by_group4_to_the_second;
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(hears & NET_BOTH, NET_GROUP6);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("links");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_goes_and_comes_is_counted);
    tcase_add_test(tests, what_did_not_come_is_counted);
    tcase_add_test(tests, what_comes_late_or_twice_is_not_missed);
    tcase_add_test(tests, a_path_says_since_when);
    tcase_add_test(tests, a_hello_names_the_paths_on_which_it_hears);
    return suite_run(tests, "links");
}
