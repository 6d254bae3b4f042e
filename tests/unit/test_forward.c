/* Relays: what is said on one segment is shown on the others as if it had been said there, in any graph. */
#include <string.h>

#include "lans.h"
#include "suite.h"

static void setup(void)
{
    lans_begin(83);
}

/* Between two segments. */
static int relay(int a, int b)
{
    int node = net_forwarder(net, WIRE_RELAY, true);

    net_plug(net, node, a, NET_GROUP4);
    net_plug(net, node, b, NET_GROUP4);
    return node;
}

START_TEST(what_is_said_is_shown_beyond)
{
    static const unsigned losses[] = {0, 200};

    int jack = lans_person("jack", lan), molly = lans_person("molly", far);
    relay(lan, far);
    net_run(net, 10 * NET_S);
    for (int i = 0; i < 2; i++) {
        net->segments[i].loss = losses[_i];
        net->segments[i].jitter_us = losses[_i] > 0 ? NET_MS : 0;
    }
    for (int i = 0; i < 200; i++) {
        lans_say(jack, 1, NET_MS);
        lans_say(molly, 1, NET_MS);
    }
    net_run(net, 5 * NET_S);
    lans_shown(molly, net_id(net, jack), 1, 200);
    lans_shown(jack, net_id(net, molly), 1, 200);
}
END_TEST

/* Without loss it takes the time of two hops and no more. */
START_TEST(it_is_shown_at_once)
{
    int jack = lans_person("jack", lan), molly = lans_person("molly", far);

    relay(lan, far);
    net_run(net, 10 * NET_S);
    net_say(net, jack, "now");
    net_run(net, 400);
    ck_assert(net_shown_once(net, molly, "now"));
}
END_TEST

static uint32_t dropped_number; /* that nobody hears */

static bool pass_others(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)to;
    (void)context;
    return !net_says(datagram, 0, dropped_number, dropped_number);
}

/* The relay waits for ten seconds; those beyond it wait no longer than it does. */
START_TEST(what_the_relay_gave_up_is_lost_beyond)
{
    int jack = lans_person("jack", lan), joe = lans_person("joe", lan), molly = lans_person("molly", far);

    relay(lan, far);
    net_run(net, 10 * NET_S);
    uint64_t id = net_id(net, jack);
    dropped_number = 2;
    net->pass = pass_others;
    lans_say(jack, 3, NET_MS);
    net_kill(net, jack);
    net_run(net, 9 * NET_S);
    ck_assert_uint_eq(net_events(net, molly, NODE_LOST, 0), 0);
    net_run(net, 4 * NET_S);
    for (int i = joe; i <= molly; i++) {
        const struct net_event *lost = net_event(net, i, NODE_LOST, id, 0);
        ck_assert_uint_eq(net_events(net, i, NODE_MESSAGE, id), 2);
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, id), 1);
        ck_assert_uint_eq(lost->is.first, 2);
        ck_assert_uint_eq(lost->is.last, 2);
        ck_assert_str_eq(lost->is.nick, "jack");
    }
}
END_TEST

/* It comes when the first lines are stored no more: what is left is shown beyond, the rest is history. */
START_TEST(a_late_relay_makes_no_losses)
{
    net->store_octets = 3000;
    int jack = lans_person("jack", lan), joe = lans_person("joe", lan), molly = lans_person("molly", far);
    net_run(net, 10 * NET_S);
    lans_say(jack, 100, 10 * NET_MS);
    net_run(net, 20 * NET_S);
    relay(lan, far);
    net_run(net, 20 * NET_S);
    lans_say(jack, 3, NET_MS);
    net_run(net, NET_S);
    lans_shown(joe, net_id(net, jack), 1, 103);
    size_t count = net_events(net, molly, NODE_MESSAGE, 0);
    ck_assert_uint_ge(count, 10);
    lans_shown(molly, net_id(net, jack), (uint32_t)(104 - count), 103);
}
END_TEST

START_TEST(the_roster_is_one_on_both_sides)
{
    int jack = lans_person("jack", lan), molly = lans_person("molly", far);
    relay(lan, far);
    net_run(net, 10 * NET_S);
    lans_told(jack, NODE_JOIN, net_id(net, molly), 1);
    lans_told(molly, NODE_JOIN, net_id(net, jack), 1);
    int joe = lans_person("joe", lan);
    uint64_t id = net_id(net, joe);
    net_run(net, NET_S);
    lans_told(molly, NODE_JOIN, id, 1);
    ck_assert_str_eq(net_event(net, molly, NODE_JOIN, id, 0)->is.nick, "joe");
    net_rename(net, joe, "jo");
    net_run(net, NET_S);
    lans_told(molly, NODE_NICK, id, 1);
    ck_assert_str_eq(net_event(net, molly, NODE_NICK, id, 0)->is.nick, "jo");
    net_bye(net, joe);
    net_kill(net, joe);
    net_run(net, NET_S);
    lans_told(molly, NODE_LEAVE, id, 1);
    int late = lans_person("late", far);
    net_run(net, NET_S);
    lans_told(late, NODE_JOIN, 0, 2);
    net_run(net, 60 * NET_S);
    lans_told(molly, NODE_JOIN, 0, 3);
    lans_told(molly, NODE_LEAVE, 0, 1);
}
END_TEST

static uint32_t version; /* the highest that a hello had */

static void see_versions(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_record hello;

    (void)of;
    (void)context;
    for (size_t i = 0; net_record(datagram, WIRE_HELLO, i, &hello); i++)
        if (hello.hello.version > version)
            version = hello.hello.version;
}

/* And nobody counts up without end. */
START_TEST(people_beyond_a_relay_go_and_come_with_it)
{
    int jack = lans_person("jack", lan), molly = lans_person("molly", far), joe = lans_person("joe", far);
    int first = relay(lan, far);

    version = 0;
    net->see = see_versions;
    net_run(net, 10 * NET_S);
    net_kill(net, first);
    net_run(net, 60 * NET_S);
    lans_told(molly, NODE_LEAVE, net_id(net, jack), 1);
    lans_told(jack, NODE_LEAVE, net_id(net, molly), 1);
    lans_told(jack, NODE_LEAVE, net_id(net, joe), 1);
    lans_told(molly, NODE_LEAVE, net_id(net, joe), 0);
    lans_say(jack, 5, NET_MS);
    relay(lan, far);
    net_run(net, 10 * NET_S);
    lans_told(molly, NODE_JOIN, net_id(net, jack), 2);
    lans_told(jack, NODE_JOIN, net_id(net, molly), 2);
    lans_told(jack, NODE_JOIN, net_id(net, joe), 2);
    lans_told(molly, NODE_JOIN, net_id(net, joe), 1);
    ck_assert_uint_eq(version, 0);
    lans_shown(molly, net_id(net, jack), 1, 5);
}
END_TEST

static size_t copies[3]; /* of messages, by segment */

static void count_copies(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    copies[datagram->segment] += net_records(datagram, WIRE_MESSAGE);
}

START_TEST(two_relays_share_the_work)
{
    int jack = lans_person("jack", lan), joe = lans_person("joe", lan), molly = lans_person("molly", far);

    relay(lan, far);
    relay(lan, far);
    net_run(net, 20 * NET_S);
    memset(copies, 0, sizeof copies);
    net->see = count_copies;
    lans_say(jack, 200, 20 * NET_MS);
    net_run(net, 5 * NET_S);
    lans_shown(molly, net_id(net, jack), 1, 200);
    lans_shown(joe, net_id(net, jack), 1, 200);
    ck_assert_uint_eq(copies[lan], 200);
    ck_assert_uint_le(copies[far], 240);
}
END_TEST

/* One of them dies while people talk: there is nothing to take over. */
START_TEST(one_of_two_relays_dies)
{
    int jack = lans_person("jack", lan), molly = lans_person("molly", far);
    int first = relay(lan, far);

    relay(lan, far);
    net_run(net, 20 * NET_S);
    lans_say(jack, 50, 5 * NET_MS);
    net_kill(net, first);
    lans_say(jack, 50, 5 * NET_MS);
    net_run(net, 60 * NET_S);
    lans_shown(molly, net_id(net, jack), 1, 100);
    lans_told(molly, NODE_LEAVE, 0, 0);
    lans_told(jack, NODE_LEAVE, 0, 0);
}
END_TEST

static size_t brought; /* datagrams with messages, on the LAN */

static void count_brought(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    brought += datagram->segment == lan && net_records(datagram, WIRE_MESSAGE) > 0;
}

/* Two relays of one LAN at one hub; the way to one is longer. Returns somebody beyond. */
static int two_relays_at_a_hub(int relays[2])
{
    int hub = net_forwarder(net, WIRE_HUB, true), molly = net_add(net, "molly", WIRE_PERSON, "lobby");

    net_connect(net, hub, molly);
    for (int i = 0; i < 2; i++) {
        relays[i] = net_forwarder(net, WIRE_RELAY, true);
        net_plug(net, relays[i], lan, NET_GROUP4);
        net->connections[net_connect(net, hub, relays[i])].delay_us += (uint64_t)i * 300;
    }
    return molly;
}

START_TEST(a_remote_message_is_brought_by_one)
{
    static const uint64_t pauses_us[] = {NET_MS, 5 * NET_MS, 20 * NET_MS, 500 * NET_MS};
    int jack = lans_person("jack", lan), joe = lans_person("joe", lan), relays[2];
    int molly = two_relays_at_a_hub(relays);

    net->segments[lan].delay_us = 200;
    net->segments[lan].jitter_us = 200;
    net_run(net, 20 * NET_S);
    brought = 0;
    net->see = count_brought;
    lans_say(molly, 200, pauses_us[_i]);
    net_run(net, 5 * NET_S);
    lans_shown(jack, net_id(net, molly), 1, 200);
    lans_shown(joe, net_id(net, molly), 1, 200);
    ck_assert_uint_le(brought, 240);
    net_run(net, 60 * NET_S);
    ck_assert_uint_le(brought, 240);
}
END_TEST

/* The next message is not late, whenever it is said and whichever of them it was. */
START_TEST(who_is_left_of_two_relays_brings_the_next)
{
    static const uint64_t later_us[] = {0, 3 * NET_MS, 200 * NET_MS, 2 * NET_S, 20 * NET_S};
    int jack = lans_person("jack", lan), relays[2];
    int molly = two_relays_at_a_hub(relays);

    net_run(net, 20 * NET_S);
    lans_say(molly, 20, 5 * NET_MS);
    net_run(net, NET_S);
    net_kill(net, relays[_i % 2]);
    net_run(net, later_us[_i / 2]);
    uint64_t said_us = net->now_us;
    net_say(net, molly, "still there?");
    net_run(net, 40 * NET_S);
    const struct net_event *shown = net_event(net, jack, NODE_MESSAGE, net_id(net, molly), 20);
    ck_assert_ptr_nonnull(shown);
    ck_assert_uint_le(shown->at_us - said_us, 100 * NET_MS);
    lans_shown(jack, net_id(net, molly), 1, 21);
    lans_told(jack, NODE_LEAVE, 0, 0);
}
END_TEST

START_TEST(a_cycle_shows_once)
{
    int third = net_segment(net);
    int people[] = {lans_person("jack", lan), lans_person("molly", far), lans_person("joe", third)};

    relay(lan, far);
    relay(far, third);
    relay(third, lan);
    net_run(net, 20 * NET_S);
    memset(copies, 0, sizeof copies);
    net->see = count_copies;
    for (int i = 0; i < 100; i++)
        lans_say(people[i % 3], 1, 15 * NET_MS);
    net_run(net, 5 * NET_S);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_le(copies[i], 150);
        for (int from = 0; from < 3; from++)
            if (from != i)
                lans_shown(people[i], net_id(net, people[from]), 1, from == 0 ? 34 : 33);
    }
    net_run(net, 60 * NET_S);
    for (int i = 0; i < 3; i++)
        lans_told(people[i], NODE_LEAVE, 0, 0);
}
END_TEST

/* A relay of every room carries the den, one of the lobby does not. */
START_TEST(rooms_are_carried_as_told)
{
    bool every = _i == 1;
    int jack = lans_person("jack", lan), molly = lans_person("molly", far);
    int eve = lans_person_in("eve", "den", lan), adam = lans_person_in("adam", "den", far);
    int node = net_forwarder(net, WIRE_RELAY, every);

    net_plug(net, node, lan, NET_GROUP4);
    net_plug(net, node, far, NET_GROUP4);
    net_run(net, 10 * NET_S);
    memset(copies, 0, sizeof copies);
    net->see = count_copies;
    net_say(net, eve, "psst");
    net_run(net, NET_S);
    ck_assert_uint_eq(copies[far], every);
    ck_assert(net_shown_once(net, adam, "psst") == every);
    lans_told(adam, NODE_JOIN, 0, every);
    net_say(net, jack, "hi all");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, molly, "hi all"));
    lans_told(molly, NODE_JOIN, 0, 1);
    ck_assert_uint_eq(net_events(net, molly, NODE_MESSAGE, 0), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("forward");

    tcase_add_checked_fixture(tests, setup, lans_end);
    tcase_add_loop_test(tests, what_is_said_is_shown_beyond, 0, 2);
    tcase_add_test(tests, it_is_shown_at_once);
    tcase_add_test(tests, what_the_relay_gave_up_is_lost_beyond);
    tcase_add_test(tests, a_late_relay_makes_no_losses);
    tcase_add_test(tests, the_roster_is_one_on_both_sides);
    tcase_add_test(tests, people_beyond_a_relay_go_and_come_with_it);
    tcase_add_test(tests, two_relays_share_the_work);
    tcase_add_test(tests, one_of_two_relays_dies);
    tcase_add_loop_test(tests, a_remote_message_is_brought_by_one, 0, 4);
    tcase_add_loop_test(tests, who_is_left_of_two_relays_brings_the_next, 0, 10);
    tcase_add_test(tests, a_cycle_shows_once);
    tcase_add_loop_test(tests, rooms_are_carried_as_told, 0, 2);
    return suite_run(tests, "forward");
}
