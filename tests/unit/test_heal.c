/* What nodes missed while they could not hear each other comes when they can: all of it that is still stored,
 * once, in order; of the rest it is said that it is lost. */
#include <stdio.h>
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;
static uint64_t vectors[NET_NODES_MAX]; /* digests in the last hello to all, by node */

static void see_vectors(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_record hello;
    struct wire_room room;

    (void)of;
    (void)context;
    if (datagram->to.length == 0 && net_record(datagram, WIRE_HELLO, 0, &hello) &&
        wire_next_room(&hello.hello.rooms, &room))
        vectors[datagram->node] = room.vector_digest;
}

static void setup(void)
{
    net = net_new(53);
    lan = net_segment(net);
    net->see = see_vectors;
}

static void teardown(void)
{
    net_free(net);
}

static int come(void)
{
    char nick[16];

    snprintf(nick, sizeof nick, "p%d", net->node_count);
    int node = net_add(net, nick, WIRE_PERSON, "lobby");
    net_plug(net, node, lan, NET_GROUP4);
    return node;
}

static void people(int n)
{
    for (int i = 0; i < n; i++)
        come();
    net_run(net, 10 * NET_S);
}

/* From `first` on they are on the other side of a partition, or back. */
static void part(int first, int side)
{
    for (int i = first; i < net->node_count; i++)
        net->nodes[i].plugs[0].side = side;
}

static void say_lines(int node, int count, uint64_t pause_us)
{
    for (int i = 1; i <= count; i++) {
        char text[128];
        snprintf(text, sizeof text, "line %d of p%d, and so much more that a hundred are ten thousand octets",
                 i, node);
        net_say(net, node, text);
        net_run(net, pause_us);
    }
}

/* What a node was shown of a speaker: these numbers, each once, in order. */
static void check_shown(int node, uint64_t id, uint32_t first, uint32_t last)
{
    ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, id), last + 1 - first);
    for (uint32_t i = first; i <= last; i++)
        ck_assert_uint_eq(net_event(net, node, NODE_MESSAGE, id, i - first)->is.first, i);
}

static void check_all_shown(uint32_t last)
{
    for (int i = 0; i < net->node_count; i++) {
        for (int other = 0; other < net->node_count; other++)
            if (other != i)
                check_shown(i, net_id(net, other), 1, last);
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
    }
}

START_TEST(both_sides_of_a_partition_complete)
{
    static const uint64_t apart_us[] = {2 * NET_S, 90 * NET_S};

    people(6);
    say_lines(0, 1, NET_MS);
    for (int i = 1; i < 6; i++)
        say_lines(i, 1, NET_MS);
    part(3, 1);
    for (int i = 0; i < 6; i++)
        say_lines(i, 10, NET_MS);
    net_run(net, apart_us[_i]);
    part(3, 0);
    net_run(net, 5 * NET_S);
    check_all_shown(11);
}
END_TEST

/* More speakers than a hello has pairs. */
START_TEST(sixty_streams_heal)
{
    people(60);
    part(56, 1);
    for (int i = 0; i < 60; i++)
        say_lines(i, 1, NET_MS);
    net_run(net, 60 * NET_S);
    part(56, 0);
    net_run(net, 5 * NET_S);
    check_all_shown(1);
}
END_TEST

/* He comes, says one thing, and goes; half of them hear nothing of all that. */
START_TEST(a_one_shot_speaker_is_heard_by_all)
{
    people(4);
    part(2, 1);
    int tool = net_add(net, "cron", WIRE_TOOL, "lobby");
    net_plug(net, tool, lan, NET_GROUP4);
    net_run(net, NET_S);
    net_say(net, tool, "the backup is done");
    net_run(net, 20 * NET_MS);
    net_bye(net, tool);
    net_kill(net, tool);
    net_run(net, 20 * NET_S);
    part(2, 0);
    net_run(net, 5 * NET_S);
    for (int i = 0; i < 4; i++) {
        ck_assert(net_shown_once(net, i, "the backup is done"));
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
    }
}
END_TEST

static uint32_t count_lost(int node, uint64_t id)
{
    const struct net_event *event;
    uint32_t lost = 0;

    for (size_t i = 0; (event = net_event(net, node, NODE_LOST, id, i)); i++)
        lost += event->is.last + 1 - event->is.first;
    return lost;
}

/* Everything that was said since a node was ready is shown or reported lost; what is shown is the end of it.
 */
static void check_accounted(int node, uint64_t id, uint32_t said)
{
    uint32_t lost = count_lost(node, id);

    ck_assert_uint_lt(lost, said);
    check_shown(node, id, lost + 1, said);
}

/* It hears nothing from READY on, not even who is there. With a small store, the first lines are no more. */
START_TEST(who_missed_all_since_ready_is_told)
{
    net->store_octets = _i == 0 ? 1024 * 1024 : 3000;
    people(2);
    int deaf = come();
    net_run(net, 100 * NET_MS);
    ck_assert(node_ready(net->nodes[deaf].node));
    net->nodes[deaf].deaf = true;
    say_lines(0, 100, 10 * NET_MS);
    int late = come(); /* of whom it never heard */
    net_run(net, NET_S);
    say_lines(late, 3, 10 * NET_MS);
    net_run(net, 20 * NET_S);
    net->nodes[deaf].deaf = false;
    net_run(net, 20 * NET_S);
    check_accounted(deaf, net_id(net, 0), 100);
    ck_assert_uint_eq(count_lost(deaf, net_id(net, 0)) > 0, _i == 1);
    check_shown(deaf, net_id(net, late), 1, 3);
}
END_TEST

/* What was said before he came is no loss, be it stored or not, and whatever he misses of the answers. */
START_TEST(a_joiner_is_told_of_no_loss)
{
    net->store_octets = 3000;
    people(3);
    say_lines(0, 100, 10 * NET_MS);
    say_lines(1, 5, 10 * NET_MS);
    net->segments[lan].loss = _i == 0 ? 0 : 300;
    int joiner = come();
    net_run(net, 5 * NET_S);
    net->segments[lan].loss = 0;
    net_run(net, 20 * NET_S);
    ck_assert_uint_eq(net_events(net, joiner, NODE_LOST, 0), 0);
    ck_assert_uint_eq(net_events(net, joiner, NODE_MESSAGE, 0), 0);
    net_say(net, 0, "welcome");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, joiner, "welcome"));
}
END_TEST

/* After some quiet all say that they know the same. */
START_TEST(digests_are_equal_after_quiet)
{
    net->random = (uint64_t)_i;
    people(8);
    net->segments[lan].loss = 300;
    for (int i = 0; i < 8; i++)
        say_lines(i, 10, 5 * NET_MS);
    come();
    net_run(net, NET_S);
    say_lines(2, 1, NET_S);
    net->segments[lan].loss = 0;
    net_run(net, 20 * NET_S);
    for (int i = 0; i < net->node_count; i++) {
        ck_assert_uint_ne(vectors[i], 0);
        ck_assert_uint_eq(vectors[i], vectors[0]);
    }
}
END_TEST

/* Words that must not be seen on a segment. */
static const char *secret[2]; /* by segment */
static uint64_t secret_id[2];
static size_t leaks;

static void look_for_leaks(struct net *of, const struct net_datagram *datagram, void *context)
{
    uint8_t id[8];

    (void)of;
    (void)context;
    for (size_t i = 0; i < 8; i++)
        id[i] = (uint8_t)(secret_id[datagram->segment] >> (56 - 8 * i));
    const char *words = secret[datagram->segment];
    leaks += memmem(datagram->bytes, datagram->length, words, strlen(words)) != NULL;
    leaks += memmem(datagram->bytes, datagram->length, id, sizeof id) != NULL;
}

static void ask_everything(int node, int link, uint64_t origin)
{
    uint64_t room = wire_room_tag(span_of("lobby"));
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    struct wire_builder asks;

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, origin, 1, 100, 0});
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_LAST, room, UINT64_MAX, 100, 0});
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_VECTOR, room, 0, 0, 0});
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_ROSTER, room, 0, 0, 0});
    const struct wire_record request = {
        .type = WIRE_REQUEST, .request = {net_id(net, node), wire_built(&asks)}
    };
    size_t length =
        wire_encode_header(&(struct wire_header){.version = WIRE_VERSION, .sender = 99}, bytes, sizeof bytes);
    length += wire_encode(&request, bytes + length, sizeof bytes - length);
    net_inject(net, node, link, WIRE_PATH_GROUP4, bytes, length);
}

/* jack has a foot in molly's LAN and one in joe's. Neither learns of the other, whatever is asked. */
START_TEST(a_foot_in_two_lans_leaks_nothing)
{
    int far = net_segment(net);
    int jack = net_person(net, "jack", lan);
    net_plug(net, jack, far, NET_BOTH);
    int molly = net_person(net, "molly", lan), joe = net_person(net, "joe", far);

    secret[lan] = "joe's secret";
    secret[far] = "molly's secret";
    secret_id[lan] = net_id(net, joe);
    secret_id[far] = net_id(net, molly);
    leaks = 0;
    net->see = look_for_leaks;
    net_run(net, 10 * NET_S);
    net_say(net, molly, "molly's secret");
    net_say(net, joe, "joe's secret");
    net_run(net, 20 * NET_S);
    struct node_config config = net_config(net, "late", WIRE_PERSON, "lobby");
    config.history = 10;
    int late = net_add_config(net, &config);
    net_plug(net, late, far, NET_BOTH);
    ask_everything(jack, 1, net_id(net, molly));
    ask_everything(jack, 0, net_id(net, joe));
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(leaks, 0);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, 0), 2);
    ck_assert_uint_eq(net_events(net, molly, NODE_MESSAGE, 0), 0);
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 1);
    ck_assert(net_shown_once(net, late, "joe's secret"));
}
END_TEST

static void carrier(int node, int link, bool up)
{
    net_move(net, node, link, up ? lan : -1);
    if (up)
        node_path_up(net->nodes[node].node, link, WIRE_PATH_GROUP4, net_time(net));
    else
        node_path_down(net->nodes[node].node, link, WIRE_PATH_GROUP4, net_time(net));
    net_flush(net, node);
}

/* What was said meanwhile comes when the cable is back, to him and from him; his other link is up all along.
 */
START_TEST(what_was_said_without_carrier_comes)
{
    int other = net_segment(net);

    people(3);
    net_plug(net, 1, other, NET_GROUP4);
    net_run(net, 10 * NET_S);
    say_lines(0, 2, NET_MS);
    net_run(net, NET_S);
    carrier(1, 0, false);
    say_lines(0, 10, 10 * NET_MS);
    say_lines(1, 4, 10 * NET_MS);
    net_run(net, _i == 0 ? 3 * NET_S : 60 * NET_S);
    carrier(1, 0, true);
    net_run(net, 5 * NET_S);
    check_shown(1, net_id(net, 0), 1, 12);
    check_shown(0, net_id(net, 1), 1, 4);
    check_shown(2, net_id(net, 1), 1, 4);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(net_events(net, i, NODE_LOST, 0), 0);
}
END_TEST

/* A node is not called for 30 s, in which more is said than all store. The speaker is there, or gone. */
START_TEST(who_slept_gets_what_is_stored)
{
    net->store_octets = 20 * 1024;
    people(3);
    uint64_t speaker = net_id(net, 0);
    say_lines(0, 5, NET_MS);
    net_sleep(net, 2);
    say_lines(0, 995, 30 * NET_MS);
    net_run(net, NET_S);
    if (_i == 1)
        net_kill(net, 0);
    net_wake(net, 2, 0);
    net_run(net, 30 * NET_S);
    uint32_t lost = count_lost(2, speaker);
    ck_assert_uint_gt(lost, 700);
    ck_assert_uint_eq(net_events(net, 2, NODE_MESSAGE, speaker) + lost, 1000);
    ck_assert_uint_ge(net_events(net, 2, NODE_MESSAGE, speaker), 5 + 100);
    ck_assert_uint_le(net_events(net, 2, NODE_LOST, speaker), 3);
    check_shown(1, speaker, 1, 1000);
    if (_i == 1)
        return;
    net_say(net, 0, "good morning");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 2, "good morning"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("heal");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, both_sides_of_a_partition_complete, 0, 2);
    tcase_add_test(tests, sixty_streams_heal);
    tcase_add_test(tests, a_one_shot_speaker_is_heard_by_all);
    tcase_add_loop_test(tests, who_missed_all_since_ready_is_told, 0, 2);
    tcase_add_loop_test(tests, a_joiner_is_told_of_no_loss, 0, 2);
    tcase_add_loop_test(tests, digests_are_equal_after_quiet, 0, 4);
    tcase_add_test(tests, a_foot_in_two_lans_leaks_nothing);
    tcase_add_loop_test(tests, what_was_said_without_carrier_comes, 0, 2);
    tcase_add_loop_test(tests, who_slept_gets_what_is_stored, 0, 2);
    return suite_run(tests, "heal");
}
