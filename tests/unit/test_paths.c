/* Paths: how few carry what is said, and what happens when one does not carry it any more, for everybody or
 * for somebody, one way or both. */
#include <stdio.h>
#include <stdlib.h>

#include "net.h"
#include "suite.h"

#define FAULT_MOST_US (3 * NET_S)   /* from the first words after a fault to their display */
#define SOON_US       (50 * NET_MS) /* once it is known */
#define KNOWN_US      (40 * NET_S)  /* by then it is */
#define REST_US       (30 * NET_S)

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(23);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

/* What was sent, by kind of path. */
static unsigned messages, prompts, hellos[WIRE_PATHS], copies_to[64];

static void see(struct net *of, const struct net_datagram *is, void *context)
{
    struct wire_datagram datagram;
    struct wire_record record;
    bool message = false, hello = false;

    (void)of;
    (void)context;
    wire_open(&datagram, is->bytes, is->length);
    while (wire_next(&datagram, &record)) {
        message |= record.type == WIRE_MESSAGE;
        hello |= record.type == WIRE_HELLO;
        prompts += record.type == WIRE_PROMPT;
    }
    messages += message;
    hellos[is->path] += hello;
    if (message && is->path == WIRE_PATH_UNICAST && is->to.length > 0)
        copies_to[is->to.octets[1]]++;
}

static void watch(void)
{
    net->see = see;
    messages = prompts = 0;
    for (int i = 0; i < WIRE_PATHS; i++)
        hellos[i] = 0;
    for (int i = 0; i < 64; i++)
        copies_to[i] = 0;
}

/* The same text is never said twice. */
static const char *text_of(int number)
{
    static char text[32];

    snprintf(text, sizeof text, "text %d", number);
    return text;
}

static int said;

static bool all_show(struct net *of)
{
    for (int i = 0; i < of->node_count; i++)
        if (i > 0 && of->nodes[i].node && !net_shown_once(of, i, text_of(said)))
            return false;
    return true;
}

/* The first node says something; how long until all others show it. */
static uint64_t say(void)
{
    net_say(net, 0, text_of(++said));
    return net_run_until(net, all_show, 60 * NET_S);
}

static void check_nobody_left(void)
{
    for (int i = 0; i < net->node_count; i++) {
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
        ck_assert_uint_eq(net_events(net, i, NODE_LEAVE, 0), 0);
    }
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
    net_run(net, 60 * NET_S);
    watch();
    net_run(net, minutes * 60 * NET_S);
    ck_assert_uint_eq(hellos[WIRE_PATH_GROUP4], hellos[WIRE_PATH_GROUP6]);
    ck_assert_uint_eq(hellos[WIRE_PATH_BROADCAST], hellos[WIRE_PATH_NODES6]);
    ck_assert_uint_ge(hellos[WIRE_PATH_BROADCAST], hellos[WIRE_PATH_GROUP4] / 14);
    ck_assert_uint_le(hellos[WIRE_PATH_BROADCAST], hellos[WIRE_PATH_GROUP4] / 10);
    ck_assert_uint_le(hellos[WIRE_PATH_GROUP4], counts[_i] * minutes * 12 * 21 / 20);
    ck_assert_uint_le(2 * (hellos[WIRE_PATH_GROUP4] + hellos[WIRE_PATH_BROADCAST]), most * 21 / 20);
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
static const struct fault {
    unsigned there, back, everybody;
} faults[] = {
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

static bool fails(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    const struct fault *fault = context;
    unsigned paths = 0;

    (void)of;
    if (datagram->node == 0 && to == 1)
        paths = fault->there;
    else if (datagram->node == 1 && to == 0)
        paths = fault->back;
    return to == datagram->node || !((paths | fault->everybody) & 1u << datagram->path);
}

static void break_it(const struct fault *fault)
{
    static struct fault is;

    is = *fault;
    net->pass = fails;
    net->context = &is;
}

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

/* Who hears by unicast alone has copies of what is said, once his address has echoed a nonce. */
static bool no_hellos_by_unicast(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    struct wire_datagram open;
    struct wire_record record;

    if (datagram->node == 1 && datagram->path == WIRE_PATH_UNICAST &&
        wire_open(&open, datagram->bytes, datagram->length) && wire_next(&open, &record) &&
        record.type == WIRE_HELLO)
        return false;
    return fails(of, datagram, to, context);
}

START_TEST(no_copy_goes_where_no_nonce_was_echoed)
{
    static const struct fault nothing_there = {NET_LAN, 0, 0};

    net_people(net, 3, lan, NET_LAN);
    break_it(&nothing_there);
    if (_i == 0)
        net->pass = no_hellos_by_unicast;
    net_run(net, KNOWN_US);
    watch();
    net_say(net, 0, "hi");
    net_run(net, 5 * NET_S);
    ck_assert(net_shown_once(net, 2, "hi"));
    ck_assert(net_shown_once(net, 1, "hi")); /* from the third, who heard it, if not from him */
    ck_assert_uint_eq(copies_to[1], (unsigned)_i);
    ck_assert_uint_eq(copies_to[2], 0);
}
END_TEST

/* Nor at once, when words are lost and asked for again and again. */
START_TEST(no_copy_goes_where_no_nonce_was_echoed_yet)
{
    static const struct fault nothing_there = {NET_LAN, 0, 0};

    net_people(net, 2, lan, NET_LAN);
    break_it(&nothing_there);
    if (_i == 0)
        net->pass = no_hellos_by_unicast;
    watch();
    net_say(net, 0, "hi");
    net_run(net, 5 * NET_S);
    ck_assert_int_eq(net_shown_once(net, 1, "hi"), _i);
    ck_assert_uint_eq(copies_to[1] > 0, (unsigned)_i);
    ck_assert_uint_le(copies_to[1], 2);
}
END_TEST

/* On a healthy LAN what was said is told to each of few, once, and nobody answers; of many to nobody. */
START_TEST(few_are_told_what_was_said)
{
    static const int counts[] = {2, 9, 10};
    static const unsigned told[] = {1, 8, 0};

    net_people(net, counts[_i], lan, NET_LAN);
    watch();
    say();
    net_run(net, 20 * NET_S);
    ck_assert_uint_eq(prompts, told[_i]);
    ck_assert_uint_eq(hellos[WIRE_PATH_UNICAST], 0);
}
END_TEST

/* The far end of a VPN is slow, and the talk goes on: hellos, and with each a nonce, come faster than echoes.
 */
START_TEST(a_slow_echo_proves_an_address_while_others_talk)
{
    static const struct fault nothing_there = {NET_LAN, 0, 0};

    net->segments[lan].delay_us = 200 * NET_MS;
    net_people(net, 3, lan, NET_LAN);
    net_run(net, 5 * NET_S);
    break_it(&nothing_there);
    for (int i = 0; i < 200; i++) {
        if (i == 120)
            watch();
        net_say(net, i % 2 ? 0 : 2, text_of(++said));
        net_run(net, 300 * NET_MS);
    }
    ck_assert_uint_ge(copies_to[1], 38);
}
END_TEST

static void claim(uint64_t id, uint8_t hears)
{
    struct wire_builder rooms;

    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(&rooms,
                  &(struct wire_room){.tag = wire_room_tag(span_of("lobby")), .name = span_of("lobby")});
    const struct wire_record hello = {
        .type = WIRE_HELLO, .hello = {.interval_ms = 5000, .hears = hears, .rooms = wire_built(&rooms)}
    };
    net_forge(net, 0, id, &hello);
}

static void see_prompts(struct net *of, const struct net_datagram *is, void *context)
{
    struct wire_record record;

    (void)of;
    (void)context;
    for (size_t i = 0; is->node == 0 && is->to.length > 0 && net_record(is, WIRE_PROMPT, i, &record); i++)
        prompts++;
}

/* Hellos in the name of others, from an address that is not their sender's, draw few prompts to there. */
START_TEST(who_forges_an_address_draws_no_flood_to_it)
{
    static const unsigned claims = 1000, most_for_each = 2;

    net_people(net, 2, lan, NET_LAN);
    net->see = see_prompts;
    prompts = 0;
    for (uint64_t id = 1; id <= 8; id++)
        claim(id, 0);
    net_run(net, NET_S);
    for (unsigned i = 0; i < claims; i++) {
        claim(8 + (uint64_t)_i, i % 2 ? 0 : NET_LAN);
        net_run(net, NET_MS);
    }
    ck_assert_uint_le(prompts, 8 * most_for_each + claims);
}
END_TEST

/* Nor do they keep the places of those who have named this host. */
START_TEST(who_forges_an_address_keeps_nobody_out)
{
    int far;

    net_people(net, 1, lan, NET_LAN);
    for (uint64_t id = 1; id <= 20; id++)
        claim(id, 0);
    net_run(net, 4 * NET_S);
    far = net_add(net, "far", WIRE_PERSON, "lobby");
    net_plug(net, far, lan, NET_UNICAST);
    for (int i = 0; i < 20; i++) {
        claim(1 + (uint64_t)i, 0);
        net_run(net, 500 * NET_MS);
    }
    net_say(net, 0, "to everybody");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, far, "to everybody"));
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
        net_say(net, i, text_of(++said));
        net_run(net, NET_MS);
        for (int other = 0; other < 43; other++)
            ck_assert(other == i || net_shown_once(net, other, text_of(said)));
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

/* A link to one address: found within a second or two of its coming, however late it comes. */
START_TEST(two_meet_at_an_address)
{
    int a = net_add(net, "molly", WIRE_PERSON, "lobby"), b = net_add(net, "jack", WIRE_PERSON, "lobby");

    net_plug(net, a, lan, NET_UNICAST);
    net_run(net, 100 * NET_S);
    net_plug(net, b, lan, NET_UNICAST);
    net_run(net, 2 * NET_S);
    ck_assert_uint_eq(net_events(net, a, NODE_JOIN, 0), 1);
    ck_assert_uint_eq(net_events(net, b, NODE_JOIN, 0), 1);
    watch();
    ck_assert_uint_le(say(), NET_MS);
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(messages, 1);
    ck_assert_uint_le(hellos[WIRE_PATH_UNICAST], 2 * 30 / 5 * 4 / 3 + 4);
    ck_assert_uint_eq(net_events(net, a, NODE_LEAVE, 0), 0);
}
END_TEST

/* Somebody from another LAN names one host of this one. He joins at once: what was said before is history. */
static int late;

static bool first_host_alone(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node != late || to == 0 || datagram->to.length > 0;
}

static bool all_are_seen(struct net *of)
{
    for (int i = 0; i <= late; i++)
        if (net_peers(of, i) != (size_t)late)
            return false;
    return true;
}

START_TEST(who_names_a_host_joins_at_once)
{
    static const int counts[] = {4, 12};

    net_people(net, counts[_i], lan, NET_LAN);
    say();
    net_run(net, 10 * NET_S); /* no hello is due */
    net->pass = first_host_alone;
    late = net_add(net, "late", WIRE_PERSON, "lobby");
    uint64_t start = net->now_us;
    net_plug(net, late, lan, NET_UNICAST);
    net_run(net, 100 * NET_MS);
    ck_assert_uint_eq(net_peers(net, late), (size_t)late);
    ck_assert_uint_eq(net_events(net, late, NODE_READY, 0), 1);
    ck_assert_uint_eq(net_events(net, 0, NODE_JOIN, net_id(net, late)), 1);
    net_run_until(net, all_are_seen, 5 * NET_S);
    ck_assert_uint_le(net->now_us - start, 2 * NET_S);
    net_say(net, 0, "from the host");
    net_say(net, 1, "from behind it");
    net_say(net, late, "from far");
    net_run(net, NET_S);
    for (int i = 0; i <= late; i++) {
        ck_assert(i == 0 || net_shown_once(net, i, "from the host"));
        ck_assert(i == 1 || net_shown_once(net, i, "from behind it"));
        ck_assert(i == late || net_shown_once(net, i, "from far"));
    }
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 2);
    check_nobody_left();
}
END_TEST

/* As many as there may be in a class whose network carries no multicast. */
static bool host_alone(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node == 0 ? datagram->to.length > 0 : to == 0;
}

START_TEST(thirty_name_one_host)
{
    net_people(net, 1, lan, NET_LAN);
    net_run(net, NET_S);
    net->pass = host_alone;
    for (int i = 1; i <= 30; i++)
        net_plug(net, net_add(net, "pupil", WIRE_PERSON, "lobby"), lan, NET_UNICAST);
    net_run(net, 12 * NET_S);
    net_say(net, 0, "to the class");
    for (int i = 1; i <= 30; i++)
        net_say(net, i, "here");
    net_run(net, 3 * NET_S);
    for (int i = 1; i <= 30; i++)
        ck_assert(net_shown_once(net, i, "to the class"));
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 30);
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

    tcase_add_checked_fixture(tests, setup, teardown);
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
    tcase_add_loop_test(tests, no_copy_goes_where_no_nonce_was_echoed, 0, 2);
    tcase_add_loop_test(tests, no_copy_goes_where_no_nonce_was_echoed_yet, 0, 2);
    tcase_add_loop_test(tests, few_are_told_what_was_said, 0, 3);
    tcase_add_test(tests, whom_one_does_not_hear_is_spoken_to_on_every_path);
    tcase_add_test(tests, a_slow_echo_proves_an_address_while_others_talk);
    tcase_add_loop_test(tests, who_forges_an_address_draws_no_flood_to_it, 0, 2);
    tcase_add_test(tests, more_exceptions_than_a_hello_holds);
    tcase_add_test(tests, two_meet_at_an_address);
    tcase_add_test(tests, who_forges_an_address_keeps_nobody_out);
    tcase_add_test(tests, thirty_name_one_host);
    tcase_add_loop_test(tests, who_names_a_host_joins_at_once, 0, 2);
    tcase_add_test(tests, who_is_heard_by_which_path);
    return suite_run(tests, "paths");
}
