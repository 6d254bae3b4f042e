/* Links: which are one LAN, what must not pass from one LAN to another, and identity among reflections. */
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(41);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

START_TEST(two_links_on_one_lan_are_one_segment)
{
    int other = net_segment(net);
    int a = net_person(net, "jack", lan);
    int link = net_plug(net, a, lan, NET_BOTH);
    int apart = net_plug(net, a, other, NET_BOTH);
    int b = net_person(net, "molly", lan);
    net_run(net, 10 * NET_S);
    struct node *node = net->nodes[a].node;
    ck_assert_uint_eq(node_segment(node, 0), 1u | 1u << link);
    ck_assert_uint_eq(node_segment(node, link), 1u | 1u << link);
    ck_assert_uint_eq(node_segment(node, apart), 1u << apart);
    net_say(net, a, "once");
    net_say(net, b, "back");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, b, "once"));
    ck_assert(net_shown_once(net, a, "back"));
    ck_assert_uint_eq(net_events(net, a, NODE_JOIN, 0), 1);
    /* the cable goes elsewhere: three intervals later they are two */
    net_move(net, a, link, other);
    net_run(net, 25 * NET_S);
    ck_assert_uint_eq(node_segment(node, 0), 1u);
    ck_assert_uint_eq(node_segment(node, link), 1u << link | 1u << apart);
}
END_TEST

START_TEST(three_links_are_one_segment)
{
    int a = net_person(net, "jack", lan);
    net_plug(net, a, lan, NET_BOTH);
    net_plug(net, a, lan, NET_BOTH);
    net_run(net, 60 * NET_S);
    for (int link = 0; link < 3; link++)
        ck_assert_uint_eq(node_segment(net->nodes[a].node, link), 7);
}
END_TEST

/* Octets that must never be seen on a segment. */
struct secret {
    int segment;
    uint8_t octets[8];
};

static struct secret secrets[32];
static size_t secret_count, leaks;
static char leak[64];

static void keep_secret(int segment, const void *octets)
{
    secrets[secret_count].segment = segment;
    memcpy(secrets[secret_count++].octets, octets, 8);
}

static void keep_id_secret(int segment, uint64_t id)
{
    uint8_t octets[8];

    for (int i = 0; i < 8; i++)
        octets[i] = (uint8_t)(id >> (56 - 8 * i));
    keep_secret(segment, octets);
}

static void look_for_leaks(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    for (size_t i = 0; i < secret_count; i++)
        if (secrets[i].segment == datagram->segment &&
            memmem(datagram->bytes, datagram->length, secrets[i].octets, 8) && leaks++ == 0) {
            uint8_t type = datagram->bytes[WIRE_HEADER_SIZE];
            snprintf(leak, sizeof leak, "secret %zu in a %s from node %d", i, wire_type_name(type),
                     datagram->node);
        }
}

/* jack stands between molly's LAN and joe's. */
static void foot_in_two(void)
{
    int far = net_segment(net);
    int jack = net_person(net, "jack", lan);
    net_plug(net, jack, far, NET_BOTH);
    int molly = net_person(net, "molly-on-a-lan", lan);
    int joe = net_person(net, "joe-on-another", far);
    secret_count = leaks = 0;
    keep_id_secret(far, net_id(net, molly));
    keep_id_secret(lan, net_id(net, joe));
    keep_secret(far, "molly-on");
    keep_secret(lan, "joe-on-a");
    keep_secret(far, "molly: s");
    keep_secret(lan, "joe: say");
    net->see = look_for_leaks;
}

START_TEST(lans_are_kept_apart)
{
    foot_in_two();
    for (int i = 0; i < 5; i++) {
        net_run(net, 5 * NET_S);
        net_say(net, 1, "molly: said to her LAN");
        net_say(net, 2, "joe: said to his LAN");
    }
    net_say(net, 0, "jack to all");
    net_run(net, 60 * NET_S);
    net_kill(net, 2);
    net_run(net, 60 * NET_S);
    ck_assert_msg(leaks == 0, "%s", leak);
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 10);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 1);
    ck_assert(net_shown_once(net, 1, "jack to all"));
    ck_assert_uint_eq(net_events(net, 1, NODE_JOIN, 0), 1);
    ck_assert_uint_eq(net_events(net, 1, NODE_LEAVE, 0), 0);
    ck_assert_uint_eq(net_events(net, 0, NODE_LEAVE, 0), 1);
}
END_TEST

START_TEST(a_joiner_hears_of_his_lan_only)
{
    foot_in_two();
    net_run(net, 10 * NET_S);
    net_say(net, 1, "molly: said");
    net_run(net, NET_S);
    if (_i == 1) /* so that jack alone can answer */
        net->nodes[2].deaf = true;
    int late = net_person(net, "late", 1);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_peers(net, late), 2);
    ck_assert_msg(leaks == 0, "%s", leak);
}
END_TEST

START_TEST(a_census_keeps_lans_apart)
{
    foot_in_two();
    net_run(net, 10 * NET_S);
    net_census(net, 0, net_say(net, 0, "hi"), 0);
    net_run(net, 3 * NET_S);
    ck_assert_uint_eq(node_census_result(net->nodes[0].node).have, 2);
    ck_assert_msg(leaks == 0, "%s", leak);
}
END_TEST

/* Asked for molly's numbers by name on joe's LAN, jack has nothing to say. */
START_TEST(a_prompt_draws_nothing_out)
{
    struct net_node *jack = &net->nodes[0];
    struct node_datagram pulled;
    struct wire_datagram open;
    struct wire_record hello;
    struct wire_pair pair;
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    foot_in_two();
    net_run(net, 10 * NET_S);
    net_say(net, 1, "molly: said");
    net_run(net, NET_S);
    size_t size =
        wire_encode_header(&(struct wire_header){.version = WIRE_VERSION, .sender = 5}, bytes, sizeof bytes);
    size += wire_encode(
        &(struct wire_record){
            .type = WIRE_PROMPT,
            .prompt = {.room = wire_room_tag(span_of("lobby")),
                       .last = UINT64_MAX,
                       .origin = net_id(net, 1),
                       .number = 0}
    },
        bytes + size, sizeof bytes - size);
    struct node_address from = {.octets = {1}, .length = 1};
    node_receive(jack->node, 1, WIRE_PATH_UNICAST, &from, bytes, size, net_time(net));
    node_tick(jack->node, net_time(net));
    ck_assert(node_pull(jack->node, &pulled));
    ck_assert(wire_open(&open, pulled.bytes, pulled.length));
    ck_assert(wire_next(&open, &hello));
    while (wire_next_pair(&hello.hello.pairs, &pair))
        ck_assert(pair.origin != net_id(net, 1) || pair.highest == 0);
}
END_TEST

/* Sends back all that it hears, after a while, to everybody. */
static struct {
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length;
    enum wire_path path;
} mirror[4096];
static size_t mirrored;

static void remember(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)of;
    (void)context;
    if (mirrored < 4096) {
        memcpy(mirror[mirrored].bytes, datagram->bytes, datagram->length);
        mirror[mirrored].length = datagram->length;
        mirror[mirrored++].path = datagram->path;
    }
}

START_TEST(reflections_are_harmless)
{
    for (int i = 0; i < 3; i++)
        net_person(net, "jack", lan);
    uint64_t ids[3] = {net_id(net, 0), net_id(net, 1), net_id(net, 2)};
    net->see = remember;
    mirrored = 0;
    size_t done = 0;
    for (int turn = 0; turn < 300; turn++) {
        if (turn % 10 == 0)
            net_say(net, turn / 10 % 3, "again");
        net_run(net, 50 * NET_MS);
        size_t until = mirrored;
        for (; done < until; done++)
            for (int i = 0; i < 3; i++)
                net_inject(net, i, 0, mirror[done].path, mirror[done].bytes, mirror[done].length);
    }
    net->see = NULL;
    net_run(net, 20 * NET_S);
    for (int i = 0; i < 3; i++) {
        ck_assert_uint_eq(net_id(net, i), ids[i]);
        ck_assert_uint_eq(net_events(net, i, NODE_MESSAGE, 0), 20);
        ck_assert_uint_eq(net_events(net, i, NODE_JOIN, 0), 2);
        ck_assert_uint_eq(net_events(net, i, NODE_LEAVE, 0), 0);
    }
    ck_assert(net_agree(net));
}
END_TEST

static struct wire_record said_by(uint64_t origin, uint32_t number)
{
    return (struct wire_record){
        .type = WIRE_MESSAGE,
        .message = {.origin = origin,
                    .number = number,
                    .stamp = number,
                    .room = wire_room_tag(span_of("lobby")),
                    .nick = span_of("twin"),
                    .text = span_of("I am you")}
    };
}

/* Somebody else has our id: we take another, and everybody learns it. */
static void check_fresh(uint64_t before, const struct wire_record *record, uint64_t sender)
{
    net_forge(net, 0, sender, record);
    net_run(net, 40 * NET_S);
    ck_assert_uint_ne(net_id(net, 0), before);
    ck_assert(net_agree(net));
    net_say(net, 0, "still me");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 1, "still me"));
    ck_assert_uint_eq(net_event(net, 1, NODE_MESSAGE, 0, 0)->is.id, net_id(net, 0));
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, net_id(net, 0)), 0);
}

START_TEST(a_twin_makes_us_another)
{
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net_run(net, 10 * NET_S);
    uint64_t id = net_id(net, 0);
    struct wire_record record = said_by(id, 5);
    struct wire_builder rooms;
    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(&rooms,
                  &(struct wire_room){.tag = wire_room_tag(span_of("lobby")), .name = span_of("lobby")});
    if (_i == 2)
        record = (struct wire_record){
            .type = WIRE_HELLO,
            .hello = {.interval_ms = 5000, .nick = span_of("twin"), .rooms = wire_built(&rooms)}
        };
    check_fresh(id, &record, _i == 1 ? 99 : id);
}
END_TEST

/* Repaired by somebody, or come back late. */
START_TEST(our_own_words_are_no_twin)
{
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
    uint64_t id = net_id(net, 0);
    net->see = remember;
    mirrored = 0;
    net_say(net, 0, "one");
    net->see = NULL;
    struct wire_datagram open;
    struct wire_record record;
    ck_assert(wire_open(&open, mirror[0].bytes, mirror[0].length));
    ck_assert(wire_next(&open, &record));
    net_forge(net, 0, id, &record);
    net_forge(net, 0, net_id(net, 1), &record);
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_id(net, 0), id);
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 0);
}
END_TEST

START_TEST(links_come_and_go)
{
    int other = net_segment(net);
    int a = net_person(net, "jack", lan);
    int b = net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
    uint64_t ids[2] = {net_id(net, a), net_id(net, b)};
    for (int round = 0; round < 6; round++) {
        int to = round % 2 ? lan : other;
        char text[24];
        for (int i = 0; i < 2; i++) {
            net_unplug(net, i, 0);
            ck_assert_int_eq(net_plug(net, i, to, NET_BOTH), 0);
            net_run(net, net_random(net, 3 * NET_S));
        }
        net_run(net, NET_S);
        snprintf(text, sizeof text, "round %d", round);
        net_say(net, a, text);
        net_run(net, NET_S);
        ck_assert(net_shown_once(net, b, text));
    }
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(net_id(net, i), ids[i]);
        ck_assert_uint_eq(net_events(net, i, NODE_JOIN, 0), 1);
        ck_assert_uint_eq(net_events(net, i, NODE_READY, 0), 1);
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
    }
}
END_TEST

/* A cable is pulled while our own hello is still on its way to our other link. */
START_TEST(an_echo_of_a_link_that_is_gone)
{
    int a = net_person(net, "jack", lan);
    net_plug(net, a, lan, NET_BOTH);
    net_run(net, 10 * NET_S);
    uint64_t id = net_id(net, a);
    net->segments[lan].delay_us = 20 * NET_MS;
    net_say(net, a, "hi");
    net_run(net, 30 * NET_MS); /* the quick hello is out */
    net_unplug(net, a, 0);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_id(net, a), id);
    ck_assert_uint_eq(node_segment(net->nodes[a].node, 1), 2);
}
END_TEST

START_TEST(sixty_four_links)
{
    int a = net_add(net, "jack", WIRE_PERSON, "lobby");
    uint64_t id = net_id(net, a);
    for (int i = 0; i < NODE_LINKS_MAX; i++)
        ck_assert_int_eq(net_plug(net, a, i == 0 ? lan : net_segment(net), NET_BOTH), i);
    ck_assert_int_eq(node_link_add(net->nodes[a].node, NODE_SEGMENT, net_time(net)), -1);
    int b = net_person(net, "molly", net->segment_count - 1);
    net_run(net, 2 * NET_MS); /* enough to hear our own hellos: a node that takes them for a twin's storms */
    ck_assert_uint_eq(net_id(net, a), id);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_id(net, a), id);
    net_say(net, a, "far");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, b, "far"));
    net_unplug(net, a, 20);
    ck_assert_int_eq(net_plug(net, a, 20, NET_BOTH), 20);
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(net_id(net, a), id);
}
END_TEST

START_TEST(paths_come_and_go)
{
    int a = net_person(net, "jack", lan);
    int b = net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
    for (int round = 0; round < 6; round++) {
        char text[24];
        node_path_down(net->nodes[a].node, 0, WIRE_PATH_GROUP4, net_time(net));
        if (round % 2)
            node_path_down(net->nodes[a].node, 0, WIRE_PATH_GROUP6, net_time(net));
        net_run(net, 2 * NET_S);
        node_path_up(net->nodes[a].node, 0, WIRE_PATH_GROUP6, net_time(net));
        net_flush(net, a);
        snprintf(text, sizeof text, "round %d", round);
        net_say(net, a, text);
        net_run(net, NET_S);
        ck_assert(net_shown_once(net, b, text));
    }
    ck_assert_uint_eq(net_events(net, b, NODE_LOST, 0), 0);
    ck_assert_uint_eq(net_events(net, b, NODE_JOIN, 0), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("segments");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, two_links_on_one_lan_are_one_segment);
    tcase_add_test(tests, three_links_are_one_segment);
    tcase_add_test(tests, lans_are_kept_apart);
    tcase_add_loop_test(tests, a_joiner_hears_of_his_lan_only, 0, 2);
    tcase_add_test(tests, a_census_keeps_lans_apart);
    tcase_add_test(tests, a_prompt_draws_nothing_out);
    tcase_add_test(tests, reflections_are_harmless);
    tcase_add_loop_test(tests, a_twin_makes_us_another, 0, 3);
    tcase_add_test(tests, our_own_words_are_no_twin);
    tcase_add_test(tests, links_come_and_go);
    tcase_add_test(tests, an_echo_of_a_link_that_is_gone);
    tcase_add_test(tests, sixty_four_links);
    tcase_add_test(tests, paths_come_and_go);
    return suite_run(tests, "segments");
}
