/* Hubs, and who is connected to one: what was said before he came, what he says at once, and connections that
 * break. */
#include <stdio.h>

#include "lans.h"
#include "suite.h"

static void setup(void)
{
    lans_begin(83);
}

/* Each LAN has its relay, and they are connected through a hub. A short break is no news of anybody. */
START_TEST(connections_break_and_return)
{
    static const uint64_t broken_us[] = {3 * NET_S, 20 * NET_S, 90 * NET_S};

    int jack = lans_person("jack", lan), molly = lans_person("molly", far);
    int a = net_forwarder(net, WIRE_RELAY, true), b = net_forwarder(net, WIRE_RELAY, true),
        hub = net_forwarder(net, WIRE_HUB, true);
    net_plug(net, a, lan, NET_GROUP4);
    net_plug(net, b, far, NET_GROUP4);
    int connection = net_connect(net, a, hub);
    net_connect(net, b, hub);
    net_run(net, 10 * NET_S);
    lans_say(jack, 5, NET_MS);
    lans_say(molly, 5, NET_MS);
    net_break(net, connection);
    lans_say(jack, 20, 10 * NET_MS);
    lans_say(molly, 20, 10 * NET_MS);
    net_run(net, broken_us[_i]);
    net_mend(net, connection);
    net_run(net, NET_S);
    lans_say(jack, 1, 4 * NET_S);
    lans_shown(molly, net_id(net, jack), 1, 26);
    lans_shown(jack, net_id(net, molly), 1, 25);
    size_t left = broken_us[_i] > 45 * NET_S;
    lans_told(jack, NODE_LEAVE, 0, left);
    lans_told(molly, NODE_LEAVE, 0, left);
    lans_told(jack, NODE_JOIN, 0, 1 + left);
    lans_told(molly, NODE_JOIN, 0, 1 + left);
}
END_TEST

/* A person with a history of five, who has but a connection. */
static int newcomer(const char *nick, int at)
{
    struct node_config config = net_config(net, nick, WIRE_PERSON, "lobby");

    config.history = 5;
    int node = net_add_config(net, &config);
    net_connect(net, node, at);
    return node;
}

/* A hub's further node has what the first has, before it has heard a word of it. */
START_TEST(a_further_hub_begins_with_what_the_first_has)
{
    int jack = lans_person("jack", lan), hub = net_forwarder(net, WIRE_HUB, true);

    net_plug(net, hub, lan, NET_GROUP4);
    net_run(net, 5 * NET_S);
    lans_say(jack, 30, NET_MS);
    net_run(net, 15 * NET_S);
    int further = net_forwarder(net, WIRE_HUB, true), connection = net_connect(net, further, hub);
    net_break(net, connection);
    node_begin_with(net->nodes[further].node, 0, net->nodes[hub].node, net_time(net));
    int molly = newcomer("molly", further);
    net_run(net, NET_S);
    lans_shown(molly, net_id(net, jack), 26, 30);
    net_forget_events(net, molly);
    net_mend(net, connection);
    int joe = newcomer("joe", further);
    net_run(net, NET_S);
    lans_say(jack, 5, NET_MS);
    net_run(net, NET_S);
    lans_shown(molly, net_id(net, jack), 31, 35);
    lans_shown(joe, net_id(net, jack), 26, 35);
}
END_TEST

/* Those who come at once all have the history: none hears what the others are answered. */
START_TEST(many_come_at_once)
{
    int jack = lans_person("jack", lan), hub = net_forwarder(net, WIRE_HUB, true), many[40];

    net_plug(net, hub, lan, NET_GROUP4);
    net_run(net, 5 * NET_S);
    lans_say(jack, 30, NET_MS);
    net_run(net, 15 * NET_S);
    for (int i = 0; i < 40; i++)
        many[i] = newcomer("molly", hub);
    net_run(net, 3 * NET_S);
    for (int i = 0; i < 40; i++)
        lans_shown(many[i], net_id(net, jack), 26, 30);
}
END_TEST

/* Who is on no LAN is ready when he has joined through the hub; then he has what was said there, and is
 * listed. */
START_TEST(who_has_but_a_connection_waits_for_it)
{
    int molly = lans_person("molly", lan);
    int hub = net_forwarder(net, WIRE_HUB, true);

    net_plug(net, hub, lan, NET_GROUP4);
    net_run(net, 5 * NET_S);
    struct node_config config = net_config(net, "jack", WIRE_PERSON, "lobby");
    config.history = 5;
    int jack = net_add_config(net, &config);
    int connection = net_connect(net, jack, hub);
    net_break(net, connection);
    net_say(net, molly, "before");
    net_run(net, 10 * NET_S);
    lans_told(jack, NODE_READY, 0, 0);
    net_mend(net, connection);
    net_run(net, 200 * NET_MS);
    lans_told(jack, NODE_READY, 0, 1);
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
    int hub = net_forwarder(net, WIRE_HUB, true);
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
    lans_told(tool, NODE_CENSUS, 0, 1);
    for (size_t i = 0; node_peer(node, i, &peer); i++)
        people += peer.role == WIRE_PERSON && node_room_name(node, peer.room).length > 0;
    ck_assert_uint_eq(people, ROOMS);
}
END_TEST

/* A relay answers for its hub, which may not have it yet; and for itself when there is none. */
START_TEST(a_relay_answers_for_its_hub)
{
    int jack = lans_person("jack", lan), relay = net_forwarder(net, WIRE_RELAY, true),
        hub = net_forwarder(net, WIRE_HUB, true);

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
    int hub = net_forwarder(net, WIRE_HUB, true), molly = lans_person("molly", lan);
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
    lans_shown(molly, net_id(net, jack), 1, (uint32_t)said + 20000);
    lans_told(molly, NODE_LOST, 0, 0);
}
END_TEST

/* Who comes to a hub and says very much at once is not kept back until the hub has joined on his connection.
 */
START_TEST(a_file_said_at_once_arrives)
{
    int hub = net_forwarder(net, WIRE_HUB, true), jack = net_add(net, "jack", WIRE_PERSON, "lobby");
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
    lans_shown(hub, net_id(net, jack), 1, 20000);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("hub");

    tcase_add_checked_fixture(tests, setup, lans_end);
    tcase_add_loop_test(tests, connections_break_and_return, 0, 3);
    tcase_add_test(tests, a_further_hub_begins_with_what_the_first_has);
    tcase_add_test(tests, many_come_at_once);
    tcase_add_test(tests, who_has_but_a_connection_waits_for_it);
    tcase_add_test(tests, a_hub_names_all_its_rooms);
    tcase_add_loop_test(tests, a_relay_answers_for_its_hub, 0, 2);
    tcase_add_test(tests, input_waits_for_the_connection);
    tcase_add_test(tests, a_file_said_at_once_arrives);
    return suite_run(tests, "hub");
}
