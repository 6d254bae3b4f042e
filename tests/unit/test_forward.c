/* Relays: what is said on one segment is shown on the others as if it had been said there, in any graph. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan, far;

static void setup(void)
{
    net = net_new(83);
    lan = net_segment(net);
    far = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static int forwarder(enum wire_role role, bool every_room)
{
    struct node_config config = net_config(net, "relay", role, "lobby");

    config.forwards = true;
    config.every_room = every_room;
    return net_add_config(net, &config);
}

/* Between two segments. */
static int relay(int a, int b)
{
    int node = forwarder(WIRE_RELAY, true);

    net_plug(net, node, a, NET_GROUP4);
    net_plug(net, node, b, NET_GROUP4);
    return node;
}

static int person_in(const char *nick, const char *room, int segment)
{
    int node = net_add(net, nick, WIRE_PERSON, room);

    net_plug(net, node, segment, NET_GROUP4);
    return node;
}

static int person(const char *nick, int segment)
{
    return person_in(nick, "lobby", segment);
}

static void say_lines(int node, int count, uint64_t pause_us)
{
    for (int i = 0; i < count; i++) {
        net_say(net, node, "a line that is neither short nor long");
        net_run(net, pause_us);
    }
}

/* What a node was shown of a speaker: these numbers, each once, in order; nothing was lost. */
static void check_shown(int node, uint64_t id, uint32_t first, uint32_t last)
{
    ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, id), last + 1 - first);
    for (uint32_t i = first; i <= last; i++)
        ck_assert_uint_eq(net_event(net, node, NODE_MESSAGE, id, i - first)->is.first, i);
    ck_assert_uint_eq(net_events(net, node, NODE_LOST, id), 0);
}

START_TEST(what_is_said_is_shown_beyond)
{
    static const unsigned losses[] = {0, 200};

    int jack = person("jack", lan), molly = person("molly", far);
    relay(lan, far);
    net_run(net, 10 * NET_S);
    for (int i = 0; i < 2; i++) {
        net->segments[i].loss = losses[_i];
        net->segments[i].jitter_us = losses[_i] > 0 ? NET_MS : 0;
    }
    for (int i = 0; i < 200; i++) {
        say_lines(jack, 1, NET_MS);
        say_lines(molly, 1, NET_MS);
    }
    net_run(net, 5 * NET_S);
    check_shown(molly, net_id(net, jack), 1, 200);
    check_shown(jack, net_id(net, molly), 1, 200);
}
END_TEST

/* Without loss it takes the time of two hops and no more. */
START_TEST(it_is_shown_at_once)
{
    int jack = person("jack", lan), molly = person("molly", far);

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
    struct wire_datagram open;
    struct wire_record record;

    (void)of;
    (void)to;
    (void)context;
    wire_open(&open, datagram->bytes, datagram->length);
    while (wire_next(&open, &record))
        if (record.type == WIRE_MESSAGE && record.message.number == dropped_number)
            return false;
    return true;
}

/* The relay waits for ten seconds; those beyond it wait no longer than it does. */
START_TEST(what_the_relay_gave_up_is_lost_beyond)
{
    int jack = person("jack", lan), joe = person("joe", lan), molly = person("molly", far);

    relay(lan, far);
    net_run(net, 10 * NET_S);
    uint64_t id = net_id(net, jack);
    dropped_number = 2;
    net->pass = pass_others;
    say_lines(jack, 3, NET_MS);
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
    int jack = person("jack", lan), joe = person("joe", lan), molly = person("molly", far);
    net_run(net, 10 * NET_S);
    say_lines(jack, 100, 10 * NET_MS);
    net_run(net, 20 * NET_S);
    relay(lan, far);
    net_run(net, 20 * NET_S);
    say_lines(jack, 3, NET_MS);
    net_run(net, NET_S);
    check_shown(joe, net_id(net, jack), 1, 103);
    size_t count = net_events(net, molly, NODE_MESSAGE, 0);
    ck_assert_uint_ge(count, 10);
    check_shown(molly, net_id(net, jack), (uint32_t)(104 - count), 103);
}
END_TEST

static void check_told(int node, enum node_event_type type, uint64_t id, size_t times)
{
    ck_assert_uint_eq(net_events(net, node, type, id), times);
}

START_TEST(the_roster_is_one_on_both_sides)
{
    int jack = person("jack", lan), molly = person("molly", far);
    relay(lan, far);
    net_run(net, 10 * NET_S);
    check_told(jack, NODE_JOIN, net_id(net, molly), 1);
    check_told(molly, NODE_JOIN, net_id(net, jack), 1);
    int joe = person("joe", lan);
    uint64_t id = net_id(net, joe);
    net_run(net, NET_S);
    check_told(molly, NODE_JOIN, id, 1);
    ck_assert_str_eq(net_event(net, molly, NODE_JOIN, id, 0)->is.nick, "joe");
    net_rename(net, joe, "jo");
    net_run(net, NET_S);
    check_told(molly, NODE_NICK, id, 1);
    ck_assert_str_eq(net_event(net, molly, NODE_NICK, id, 0)->is.nick, "jo");
    net_bye(net, joe);
    net_kill(net, joe);
    net_run(net, NET_S);
    check_told(molly, NODE_LEAVE, id, 1);
    int late = person("late", far);
    net_run(net, NET_S);
    check_told(late, NODE_JOIN, 0, 2);
    net_run(net, 60 * NET_S);
    check_told(molly, NODE_JOIN, 0, 3);
    check_told(molly, NODE_LEAVE, 0, 1);
}
END_TEST

static uint32_t version; /* the highest that a hello had */

static void see_versions(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_datagram open;
    struct wire_record record;

    (void)of;
    (void)context;
    wire_open(&open, datagram->bytes, datagram->length);
    while (wire_next(&open, &record))
        if (record.type == WIRE_HELLO && record.hello.version > version)
            version = record.hello.version;
}

/* And nobody counts up without end. */
START_TEST(people_beyond_a_relay_go_and_come_with_it)
{
    int jack = person("jack", lan), molly = person("molly", far), joe = person("joe", far);
    int first = relay(lan, far);

    version = 0;
    net->see = see_versions;
    net_run(net, 10 * NET_S);
    net_kill(net, first);
    net_run(net, 60 * NET_S);
    check_told(molly, NODE_LEAVE, net_id(net, jack), 1);
    check_told(jack, NODE_LEAVE, net_id(net, molly), 1);
    check_told(jack, NODE_LEAVE, net_id(net, joe), 1);
    check_told(molly, NODE_LEAVE, net_id(net, joe), 0);
    say_lines(jack, 5, NET_MS);
    relay(lan, far);
    net_run(net, 10 * NET_S);
    check_told(molly, NODE_JOIN, net_id(net, jack), 2);
    check_told(jack, NODE_JOIN, net_id(net, molly), 2);
    check_told(jack, NODE_JOIN, net_id(net, joe), 2);
    check_told(molly, NODE_JOIN, net_id(net, joe), 1);
    ck_assert_uint_eq(version, 0);
    check_shown(molly, net_id(net, jack), 1, 5);
}
END_TEST

static size_t copies[3]; /* of messages, by segment */

static void count_copies(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_datagram open;
    struct wire_record record;

    (void)of;
    (void)context;
    wire_open(&open, datagram->bytes, datagram->length);
    while (wire_next(&open, &record))
        copies[datagram->segment] += record.type == WIRE_MESSAGE;
}

START_TEST(two_relays_share_the_work)
{
    int jack = person("jack", lan), joe = person("joe", lan), molly = person("molly", far);

    relay(lan, far);
    relay(lan, far);
    net_run(net, 20 * NET_S);
    memset(copies, 0, sizeof copies);
    net->see = count_copies;
    say_lines(jack, 200, 20 * NET_MS);
    net_run(net, 5 * NET_S);
    check_shown(molly, net_id(net, jack), 1, 200);
    check_shown(joe, net_id(net, jack), 1, 200);
    ck_assert_uint_eq(copies[lan], 200);
    ck_assert_uint_le(copies[far], 240);
}
END_TEST

/* One of them dies while people talk: there is nothing to take over. */
START_TEST(one_of_two_relays_dies)
{
    int jack = person("jack", lan), molly = person("molly", far);
    int first = relay(lan, far);

    relay(lan, far);
    net_run(net, 20 * NET_S);
    say_lines(jack, 50, 5 * NET_MS);
    net_kill(net, first);
    say_lines(jack, 50, 5 * NET_MS);
    net_run(net, 60 * NET_S);
    check_shown(molly, net_id(net, jack), 1, 100);
    check_told(molly, NODE_LEAVE, 0, 0);
    check_told(jack, NODE_LEAVE, 0, 0);
}
END_TEST

static size_t brought; /* datagrams with messages, on the LAN */

static void count_brought(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_datagram open;
    struct wire_record record;
    bool any = false;

    (void)of;
    (void)context;
    wire_open(&open, datagram->bytes, datagram->length);
    while (wire_next(&open, &record))
        any |= record.type == WIRE_MESSAGE;
    brought += any && datagram->segment == lan;
}

/* Two relays of one LAN at one hub; the way to one is longer. Returns somebody beyond. */
static int two_relays_at_a_hub(int relays[2])
{
    int hub = forwarder(WIRE_HUB, true), molly = net_add(net, "molly", WIRE_PERSON, "lobby");

    net_connect(net, hub, molly);
    for (int i = 0; i < 2; i++) {
        relays[i] = forwarder(WIRE_RELAY, true);
        net_plug(net, relays[i], lan, NET_GROUP4);
        net->connections[net_connect(net, hub, relays[i])].delay_us += (uint64_t)i * 300;
    }
    return molly;
}

START_TEST(a_remote_message_is_brought_by_one)
{
    static const uint64_t pauses_us[] = {NET_MS, 5 * NET_MS, 20 * NET_MS, 500 * NET_MS};
    int jack = person("jack", lan), joe = person("joe", lan), relays[2];
    int molly = two_relays_at_a_hub(relays);

    net->segments[lan].delay_us = 200;
    net->segments[lan].jitter_us = 200;
    net_run(net, 20 * NET_S);
    brought = 0;
    net->see = count_brought;
    say_lines(molly, 200, pauses_us[_i]);
    net_run(net, 5 * NET_S);
    check_shown(jack, net_id(net, molly), 1, 200);
    check_shown(joe, net_id(net, molly), 1, 200);
    ck_assert_uint_le(brought, 240);
    net_run(net, 60 * NET_S);
    ck_assert_uint_le(brought, 240);
}
END_TEST

/* The next message is not late, whenever it is said and whichever of them it was. */
START_TEST(who_is_left_of_two_relays_brings_the_next)
{
    static const uint64_t later_us[] = {0, 3 * NET_MS, 200 * NET_MS, 2 * NET_S, 20 * NET_S};
    int jack = person("jack", lan), relays[2];
    int molly = two_relays_at_a_hub(relays);

    net_run(net, 20 * NET_S);
    say_lines(molly, 20, 5 * NET_MS);
    net_run(net, NET_S);
    net_kill(net, relays[_i % 2]);
    net_run(net, later_us[_i / 2]);
    uint64_t said_us = net->now_us;
    net_say(net, molly, "still there?");
    net_run(net, 40 * NET_S);
    const struct net_event *shown = net_event(net, jack, NODE_MESSAGE, net_id(net, molly), 20);
    ck_assert_ptr_nonnull(shown);
    ck_assert_uint_le(shown->at_us - said_us, 100 * NET_MS);
    check_shown(jack, net_id(net, molly), 1, 21);
    check_told(jack, NODE_LEAVE, 0, 0);
}
END_TEST

START_TEST(a_cycle_shows_once)
{
    int third = net_segment(net);
    int people[] = {person("jack", lan), person("molly", far), person("joe", third)};

    relay(lan, far);
    relay(far, third);
    relay(third, lan);
    net_run(net, 20 * NET_S);
    memset(copies, 0, sizeof copies);
    net->see = count_copies;
    for (int i = 0; i < 100; i++)
        say_lines(people[i % 3], 1, 15 * NET_MS);
    net_run(net, 5 * NET_S);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_le(copies[i], 150);
        for (int from = 0; from < 3; from++)
            if (from != i)
                check_shown(people[i], net_id(net, people[from]), 1, from == 0 ? 34 : 33);
    }
    net_run(net, 60 * NET_S);
    for (int i = 0; i < 3; i++)
        check_told(people[i], NODE_LEAVE, 0, 0);
}
END_TEST

/* Each LAN has its relay, and they are connected through a hub. A short break is no news of anybody. */
START_TEST(connections_break_and_return)
{
    static const uint64_t broken_us[] = {3 * NET_S, 20 * NET_S, 90 * NET_S};

    int jack = person("jack", lan), molly = person("molly", far);
    int a = forwarder(WIRE_RELAY, true), b = forwarder(WIRE_RELAY, true), hub = forwarder(WIRE_HUB, true);
    net_plug(net, a, lan, NET_GROUP4);
    net_plug(net, b, far, NET_GROUP4);
    int connection = net_connect(net, a, hub);
    net_connect(net, b, hub);
    net_run(net, 10 * NET_S);
    say_lines(jack, 5, NET_MS);
    say_lines(molly, 5, NET_MS);
    net_break(net, connection);
    say_lines(jack, 20, 10 * NET_MS);
    say_lines(molly, 20, 10 * NET_MS);
    net_run(net, broken_us[_i]);
    net_mend(net, connection);
    net_run(net, NET_S);
    say_lines(jack, 1, 4 * NET_S);
    check_shown(molly, net_id(net, jack), 1, 26);
    check_shown(jack, net_id(net, molly), 1, 25);
    size_t left = broken_us[_i] > 45 * NET_S;
    check_told(jack, NODE_LEAVE, 0, left);
    check_told(molly, NODE_LEAVE, 0, left);
    check_told(jack, NODE_JOIN, 0, 1 + left);
    check_told(molly, NODE_JOIN, 0, 1 + left);
}
END_TEST

/* Who is on no LAN is ready when he has joined through the hub; then he has what was said there, and is
 * listed. */
START_TEST(who_has_but_a_connection_waits_for_it)
{
    int molly = person("molly", lan);
    int hub = forwarder(WIRE_HUB, true);

    net_plug(net, hub, lan, NET_GROUP4);
    net_run(net, 5 * NET_S);
    struct node_config config = net_config(net, "jack", WIRE_PERSON, "lobby");
    config.history = 5;
    int jack = net_add_config(net, &config);
    int connection = net_connect(net, jack, hub);
    net_break(net, connection);
    net_say(net, molly, "before");
    net_run(net, 10 * NET_S);
    check_told(jack, NODE_READY, 0, 0);
    net_mend(net, connection);
    net_run(net, 200 * NET_MS);
    check_told(jack, NODE_READY, 0, 1);
    ck_assert(net_shown_once(net, jack, "before"));
    ck_assert_uint_ge(net_peers(net, jack), 2);
    uint32_t number = net_say(net, jack, "here I am");
    net_census(net, jack, number, 0); /* the hub is the one that is waited for */
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, molly, "here I am"));
    struct node_census census = node_census_result(net->nodes[jack].node);
    ck_assert(census.over);
    ck_assert_uint_eq(census.have, 1);
    ck_assert_uint_eq(census.silent, 0);
}
END_TEST

/* Who asks a hub which rooms are in use is told of all of them, with those who are there. */
START_TEST(a_hub_names_all_its_rooms)
{
    enum { ROOMS = 60 };
    int hub = forwarder(WIRE_HUB, true);
    struct node_config config = net_config(net, "tool", WIRE_TOOL, "lobby");
    struct node_peer peer;
    size_t people = 0;

    for (int i = 0; i < ROOMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "room%d", i);
        net_connect(net, net_add(net, "somebody", WIRE_PERSON, name), hub);
    }
    net_run(net, 10 * NET_S);
    config.every_room = true;
    int tool = net_add_config(net, &config);
    struct node *node = net->nodes[tool].node;
    net_connect(net, tool, hub);
    node_census(node, 0, 0, true, net_time_of(net, tool));
    net_flush(net, tool);
    net_run(net, NET_S);
    check_told(tool, NODE_CENSUS, 0, 1);
    for (size_t i = 0; node_peer(node, i, &peer); i++)
        people += peer.role == WIRE_PERSON && node_room_name(node, peer.room).length > 0;
    ck_assert_uint_eq(people, ROOMS);
}
END_TEST

/* A relay answers for its hub, which may not have it yet; and for itself when there is none. */
START_TEST(a_relay_answers_for_its_hub)
{
    int jack = person("jack", lan), relay = forwarder(WIRE_RELAY, true), hub = forwarder(WIRE_HUB, true);

    net_plug(net, relay, lan, NET_GROUP4);
    int connection = net_connect(net, relay, hub);
    net_run(net, 10 * NET_S);
    node_link_full(net->nodes[relay].node, 1, true, net_time_of(net, relay));
    net_run(net, 2 * NET_S);
    net_census(net, jack, net_say(net, jack, "is it there?"), 0);
    net_run(net, 2 * NET_S);
    struct node_census census = node_census_result(net->nodes[jack].node);
    ck_assert(!census.over);
    ck_assert_uint_eq(census.lack, 1);
    if (_i == 0)
        node_link_full(net->nodes[relay].node, 1, false, net_time_of(net, relay));
    else
        net_break(net, connection);
    net_flush(net, relay);
    net_run(net, NET_S);
    census = node_census_result(net->nodes[jack].node);
    ck_assert(census.over);
    ck_assert_uint_eq(census.have, 1);
    ck_assert_uint_eq(net_events(net, hub, NODE_MESSAGE, 0), _i == 0);
}
END_TEST

/* Said while there is no connection, as much as is kept; and then what waited for that. */
START_TEST(input_waits_for_the_connection)
{
    int hub = forwarder(WIRE_HUB, true), molly = person("molly", lan);
    int jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    int connection = net_connect(net, jack, hub);
    size_t said = 0;

    net_plug(net, hub, lan, NET_GROUP4);
    net_run(net, 5 * NET_S);
    net_break(net, connection);
    while (node_may_say(net->nodes[jack].node) && said < 100000 && ++said)
        net_say(net, jack, "a line of somebody who does not know yet that he is alone");
    ck_assert_uint_gt(said, 1000);
    ck_assert_uint_lt(said, 100000);
    net_mend(net, connection);
    for (size_t more = 0; more < 20000; net_run(net, NET_MS))
        while (more < 20000 && node_may_say(net->nodes[jack].node) && ++more)
            net_say(net, jack, "a line of somebody who does not know yet that he is alone");
    net_run(net, 10 * NET_S);
    check_shown(molly, net_id(net, jack), 1, (uint32_t)said + 20000);
    check_told(molly, NODE_LOST, 0, 0);
}
END_TEST

/* Who comes to a hub and says very much at once is not kept back until the hub has joined on his connection.
 */
START_TEST(a_file_said_at_once_arrives)
{
    int hub = forwarder(WIRE_HUB, true), jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    size_t said = 0;

    net_run(net, NET_S);
    net_connect(net, jack, hub);
    while (said < 20000) {
        while (said < 20000 && node_ready(net->nodes[jack].node) && node_may_say(net->nodes[jack].node) &&
               ++said)
            net_say(net, jack, "a line of a file that somebody says as soon as he is ready to say anything");
        net_run(net, 100);
    }
    net_run(net, 5 * NET_S);
    check_shown(hub, net_id(net, jack), 1, 20000);
}
END_TEST

/* A relay of every room carries the den, one of the lobby does not. */
START_TEST(rooms_are_carried_as_told)
{
    bool every = _i == 1;
    int jack = person("jack", lan), molly = person("molly", far);
    int eve = person_in("eve", "den", lan), adam = person_in("adam", "den", far);
    int node = forwarder(WIRE_RELAY, every);

    net_plug(net, node, lan, NET_GROUP4);
    net_plug(net, node, far, NET_GROUP4);
    net_run(net, 10 * NET_S);
    memset(copies, 0, sizeof copies);
    net->see = count_copies;
    net_say(net, eve, "psst");
    net_run(net, NET_S);
    ck_assert_uint_eq(copies[far], every);
    ck_assert(net_shown_once(net, adam, "psst") == every);
    check_told(adam, NODE_JOIN, 0, every);
    net_say(net, jack, "hi all");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, molly, "hi all"));
    check_told(molly, NODE_JOIN, 0, 1);
    ck_assert_uint_eq(net_events(net, molly, NODE_MESSAGE, 0), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("forward");

    tcase_add_checked_fixture(tests, setup, teardown);
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
    tcase_add_loop_test(tests, connections_break_and_return, 0, 3);
    tcase_add_test(tests, who_has_but_a_connection_waits_for_it);
    tcase_add_test(tests, a_hub_names_all_its_rooms);
    tcase_add_loop_test(tests, a_relay_answers_for_its_hub, 0, 2);
    tcase_add_test(tests, input_waits_for_the_connection);
    tcase_add_test(tests, a_file_said_at_once_arrives);
    tcase_add_loop_test(tests, rooms_are_carried_as_told, 0, 2);
    return suite_run(tests, "forward");
}
