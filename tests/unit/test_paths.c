/* Paths: how few carry what is said, and what happens when one does not carry it any more, for everybody or
 * for somebody, one way or both. */
#include <stdio.h>
#include <stdlib.h>

#include "lans.h"
#include "suite.h"
#include "watch.h"

#define FAULT_MOST_US (3 * NET_S)   /* from the first words after a fault to their display */
#define SOON_US       (50 * NET_MS) /* once it is known */
#define KNOWN_US      (40 * NET_S)  /* by then it is */
#define REST_US       (30 * NET_S)

static void setup(void)
{
    lans_begin(23);
}

START_TEST(one_datagram_carries_a_message)
{
    static const int counts[] = {2, 10, 60};

    net_people(net, counts[_i], lan, NET_LAN);
    watch();
    for (int i = 0; i < 100; i++) {
        net_say(net, i % net->node_count, "hi");
        net_run(net, i % 3 ? 5 * NET_MS : NET_S);
    }
    ck_assert_uint_eq(messages, 100);
}
END_TEST

/* Hosts with one family, and hosts with the other, among those that have both. */
START_TEST(no_more_datagrams_than_are_needed)
{
    static const struct {
        unsigned paths[3], datagrams;
    } mixed[] = {
        {{NET_LAN, NET_LAN, NET_GROUP4},       1},
        {{NET_LAN, NET_LAN, NET_GROUP6},       1},
        {{NET_LAN, NET_GROUP6, NET_GROUP4},    2},
        {{NET_GROUP4, NET_GROUP4, NET_GROUP4}, 1},
    };

    for (int i = 0; i < 3; i++)
        net_plug(net, net_add(net, "p", WIRE_PERSON, "lobby"), lan, mixed[_i].paths[i]);
    net_run(net, REST_US);
    watch();
    ck_assert_uint_le(say(), NET_MS);
    ck_assert_uint_eq(messages, mixed[_i].datagrams);
}
END_TEST

/* At rest the reserves carry one hello in twelve; all together are within the budget. */
START_TEST(at_rest_reserves_carry_little)
{
    static const unsigned counts[] = {5, 100};
    const unsigned minutes = 20, most = minutes * 60 * 10;

    net_people(net, (int)counts[_i], lan, NET_LAN);
    say();
    net_run(net, 60 * NET_S);
    net_say(net, 1, "is anybody there?");
    net_run(net, 60 * NET_S);
    watch();
    net_run(net, minutes * 60 * NET_S);
    ck_assert_uint_eq(hellos[WIRE_PATH_GROUP4], hellos[WIRE_PATH_GROUP6]);
    ck_assert_uint_eq(hellos[WIRE_PATH_BROADCAST], hellos[WIRE_PATH_NODES6]);
    ck_assert_uint_ge(hellos[WIRE_PATH_BROADCAST], hellos[WIRE_PATH_GROUP4] / 14);
    ck_assert_uint_le(hellos[WIRE_PATH_BROADCAST], hellos[WIRE_PATH_GROUP4] / 10);
    ck_assert_uint_le(hellos[WIRE_PATH_GROUP4], counts[_i] * minutes * 12 * 21 / 20);
    ck_assert_uint_le(2 * (hellos[WIRE_PATH_GROUP4] + hellos[WIRE_PATH_BROADCAST]), most * 21 / 20);
    ck_assert_uint_eq(prompts, 0);
}
END_TEST

/* Where nobody ever was hellos thin out to one a minute; who comes is found as ever. */
START_TEST(alone_hellos_thin_out)
{
    net_people(net, 1, lan, NET_LAN);
    net_run(net, 5 * 60 * NET_S);
    watch();
    net_run(net, 20 * 60 * NET_S);
    ck_assert_uint_ge(hellos[WIRE_PATH_BROADCAST], 18);
    ck_assert_uint_le(hellos[WIRE_PATH_GROUP4], 22);
    net_plug(net, net_add(net, "late", WIRE_PERSON, "lobby"), lan, NET_LAN);
    net_run(net, 100 * NET_MS);
    for (int i = 0; i < 2; i++)
        ck_assert_uint_eq(net_peers(net, i), 1);
    net_run(net, 5 * NET_S); /* each has heard the other's hello */
    watch();
    ck_assert_uint_le(say(), NET_MS);
    ck_assert_uint_eq(messages, 1);
    net_run(net, 60 * NET_S);
    ck_assert_uint_ge(hellos[WIRE_PATH_GROUP4], 20);
    check_nobody_left();
}
END_TEST

/* Who has two links on the LAN still knows that they are one. */
START_TEST(alone_on_two_links)
{
    net_people(net, 1, lan, NET_LAN);
    net_plug(net, 0, lan, NET_LAN);
    for (int minute = 0; minute < 20; minute++) {
        net_run(net, 60 * NET_S);
        ck_assert_uint_eq(node_segment(net->nodes[0].node, 0), 3);
    }
    net_plug(net, net_add(net, "late", WIRE_PERSON, "lobby"), lan, NET_LAN);
    for (int step = 0; step < 100000; step++) {
        net_run(net, NET_MS / 10);
        ck_assert_uint_eq(node_segment(net->nodes[0].node, 0), 3);
    }
}
END_TEST

/* At rest somebody's hellos come on the reserves alone, and no unicast: he is found, and stays. */
static bool only_reserves(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node != 1 || to == 1 || (NET_SPARES & 1u << datagram->path);
}

START_TEST(what_reserves_alone_carry_is_found)
{
    net_people(net, 3, lan, NET_LAN);
    net->pass = only_reserves;
    net_run(net, 4 * 60 * NET_S);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(net_peers(net, i), 2);
        net_forget_events(net, i);
    }
    net_run(net, 2 * 60 * NET_S);
    check_nobody_left();
    net_say(net, 1, "by a reserve");
    net_run(net, NET_MS);
    ck_assert(net_shown_once(net, 0, "by a reserve"));
    ck_assert(net_shown_once(net, 2, "by a reserve"));
}
END_TEST

/* Who says that it hears nothing yet, or nothing at all, is spoken to on every path. */
START_TEST(whose_ears_are_not_known_is_spoken_to_on_every_path)
{
    net_people(net, 3, lan, NET_LAN);
    int late = net_add(net, "late", WIRE_PERSON, "lobby");
    watch();
    net_plug(net, late, lan, NET_LAN);
    net_run(net, NET_MS);
    net_say(net, 0, "welcome");
    ck_assert_uint_eq(messages, 4);
    net_run(net, 10 * NET_S);
    watch();
    ck_assert_uint_le(say(), NET_MS);
    ck_assert_uint_eq(messages, 1);
}
END_TEST

/* Faults: on which paths the speaker is not heard by the second, and the second not by him; the others are
 * well. */
static const struct fault faults[] = {
    {NET_GROUP4,                           0,                                    0                                   },
    {NET_GROUP6,                           0,                                    0                                   },
    {NET_BOTH,                             0,                                    0                                   },
    {0,                                    NET_GROUP4,                           0                                   },
    {0,                                    NET_BOTH,                             0                                   },
    {NET_GROUP4,                           NET_GROUP6,                           0                                   },
    {NET_GROUP6,                           NET_GROUP4,                           0                                   },
    {NET_BOTH,                             NET_BOTH,                             0                                   },
    {NET_BOTH | 1u << WIRE_PATH_BROADCAST, NET_BOTH,                             0                                   },
    {NET_BOTH | 1u << WIRE_PATH_NODES6,    NET_BOTH | 1u << WIRE_PATH_BROADCAST, 0                                   },
    {0,                                    0,                                    NET_GROUP4                          },
    {0,                                    0,                                    NET_GROUP6                          },
    {0,                                    0,                                    NET_BOTH                            },
    {0,                                    0,                                    NET_BOTH | 1u << WIRE_PATH_NODES6   },
    {0,                                    0,                                    NET_BOTH | 1u << WIRE_PATH_BROADCAST},
    {NET_LAN,                              0,                                    0                                   },
    {NET_LAN,                              NET_BOTH,                             0                                   },
    {NET_LAN,                              NET_LAN,                              0                                   },
    {0,                                    0,                                    NET_LAN                             },
};

#define FAULTS ((int)(sizeof faults / sizeof *faults))

/* What is said right after a fault comes in time, whoever it was; later, when it is known, as ever. */
static void survive(int count, const struct fault *fault)
{
    net_people(net, count, lan, NET_LAN);
    break_it(fault);
    uint64_t first = say();
    ck_assert_uint_le(first, FAULT_MOST_US);
    net_run(net, KNOWN_US);
    uint64_t later = say();
    ck_assert_uint_le(later, SOON_US);
    check_nobody_left();
    if (getenv("PATHS_TELL"))
        fprintf(stderr, "%d nodes, there %x back %x all %x: %6.1f ms, then %6.1f ms\n", count, fault->there,
                fault->back, fault->everybody, (double)first / 1e3, (double)later / 1e3);
}

START_TEST(two_survive_a_fault)
{
    survive(2, &faults[_i]);
}
END_TEST

START_TEST(five_survive_a_fault)
{
    survive(5, &faults[_i]);
}
END_TEST

START_TEST(ten_survive_a_fault)
{
    survive(10, &faults[_i]);
}
END_TEST

/* 40 hosts are not heard on one group: more than a hello can except. */
START_TEST(more_exceptions_than_a_hello_holds)
{
    net_people(net, 43, lan, NET_LAN);
    for (int i = 3; i < 43; i++)
        net->nodes[i].plugs[0].mute = NET_GROUP4;
    net_run(net, 60 * NET_S);
    for (int i = 3; i < 43; i++) {
        net_say(net, i, text_of(++texts_said));
        net_run(net, NET_MS);
        for (int other = 0; other < 43; other++)
            ck_assert(other == i || net_shown_once(net, other, text_of(texts_said)));
    }
}
END_TEST

/* Who is known from others only is here, too: he hears what is said by some path. */
static bool the_third_is_not_heard_by_the_last(struct net *of, const struct net_datagram *datagram, int to,
                                               void *context)
{
    (void)of;
    (void)context;
    return datagram->node != 2 || to != 3;
}

START_TEST(whom_one_does_not_hear_is_spoken_to_on_every_path)
{
    net_people(net, 3, lan, NET_LAN);
    net->nodes[2].plugs[0].deaf = NET_GROUP4;
    net->pass = the_third_is_not_heard_by_the_last;
    net_run(net, REST_US);
    net_plug(net, net_add(net, "last", WIRE_PERSON, "lobby"), lan, NET_LAN);
    net_run(net, 8 * NET_S); /* the others have said what they hear */
    net_say(net, 3, "hi");
    net_run(net, NET_MS);
    ck_assert(net_shown_once(net, 2, "hi"));
}
END_TEST

/* The path by which somebody is heard is the first that works, whatever came last. */
START_TEST(who_is_heard_by_which_path)
{
    static const struct fault no_group4 = {NET_GROUP4, 0, 0};
    struct node_peer peer;

    net_people(net, 2, lan, NET_LAN);
    say();
    net_run(net, 2 * NET_S);
    ck_assert(node_peer(net->nodes[1].node, 0, &peer));
    ck_assert_int_eq(peer.path, WIRE_PATH_GROUP4);
    break_it(&no_group4);
    net_run(net, KNOWN_US);
    ck_assert(node_peer(net->nodes[1].node, 0, &peer));
    ck_assert_int_eq(peer.path, WIRE_PATH_GROUP6);
    ck_assert_uint_eq(peer.address.octets[3], 6);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("paths");

    tcase_add_checked_fixture(tests, setup, lans_end);
    tcase_add_loop_test(tests, one_datagram_carries_a_message, 0, 3);
    tcase_add_loop_test(tests, no_more_datagrams_than_are_needed, 0, 4);
    tcase_add_loop_test(tests, at_rest_reserves_carry_little, 0, 2);
    tcase_add_test(tests, alone_hellos_thin_out);
    tcase_add_test(tests, alone_on_two_links);
    tcase_add_test(tests, what_reserves_alone_carry_is_found);
    tcase_add_test(tests, whose_ears_are_not_known_is_spoken_to_on_every_path);
    tcase_add_loop_test(tests, two_survive_a_fault, 0, FAULTS);
    tcase_add_loop_test(tests, five_survive_a_fault, 0, FAULTS);
    tcase_add_loop_test(tests, ten_survive_a_fault, 0, FAULTS - 1);
    tcase_add_test(tests, whom_one_does_not_hear_is_spoken_to_on_every_path);
    tcase_add_test(tests, more_exceptions_than_a_hello_holds);
    tcase_add_test(tests, who_is_heard_by_which_path);
    return suite_run(tests, "paths");
}
