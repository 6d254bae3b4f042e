/* What a node is made to do by others stays within bounds, and hurts nobody who is honest. */
#include <stdio.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(97);
    lan = net_segment(net);
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
}

static void teardown(void)
{
    net_free(net);
}

/* Each of 1,000 lines is shown or reported lost, and none waits for those before it one second each. */
START_TEST(a_lossy_stream_keeps_up)
{
    net->segments[lan].loss = 200;
    for (int i = 0; i < 1000; i++) {
        net_say(net, 0, "a line");
        net_run(net, 10 * NET_MS);
    }
    net->segments[lan].loss = 0;
    net_run(net, 3 * NET_S);
    size_t shown = net_events(net, 1, NODE_MESSAGE, 0), lost = 0;
    for (size_t i = 0; i < net_events(net, 1, NODE_LOST, 0); i++) {
        const struct net_event *event = net_event(net, 1, NODE_LOST, 0, i);
        lost += event->is.last - event->is.first + 1;
    }
    ck_assert_uint_ge(shown, 900);
    ck_assert_uint_eq(shown + lost, 1000);
}
END_TEST

static void check_talk(void)
{
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 0);
    for (int i = 0; i < 5; i++)
        net_say(net, 0, "still heard");
    net_run(net, 100 * NET_MS);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 6); /* perhaps under a fresh id */
}

/* A number that nobody ever said, named in each way in which a number can be named. */
START_TEST(a_forged_number_silences_nobody)
{
    uint64_t jack = net_id(net, 0), room = wire_room_tag(span_of("lobby"));
    struct wire_builder items;
    struct wire_record record = {.type = WIRE_PROMPT};

    net_say(net, 0, "first");
    net_run(net, NET_S);
    wire_builder_init(&items, WIRE_DATAGRAM_MAX);
    if (_i == 0) {
        record.prompt = (struct wire_prompt){.room = room, .origin = jack, .number = UINT32_MAX - 1};
    } else if (_i == 1) {
        record.type = WIRE_BYE;
        record.bye = (struct wire_bye){room, 0, UINT32_MAX - 1};
    } else {
        wire_add_entry(&items,
                       &(struct wire_entry){.id = jack, .highest = UINT32_MAX - 1, .nick = span_of("jack")});
        record.type = WIRE_ROSTER;
        record.roster = (struct wire_roster){.room = room, .entries = wire_built(&items)};
    }
    net_forge(net, 1, _i == 1 ? jack : 0xbad, &record);
    net_run(net, 15 * NET_S);
    check_talk();
}
END_TEST

/* A twin is known by his numbers, wherever they are told. */
START_TEST(a_number_of_our_own_makes_a_fresh_id)
{
    uint64_t id = net_id(net, 0), room = wire_room_tag(span_of("lobby"));
    struct wire_builder items, rooms;
    struct wire_record record = {.type = WIRE_HELLO};

    wire_builder_init(&items, WIRE_DATAGRAM_MAX);
    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    if (_i == 0) {
        wire_add_pair(&items, &(struct wire_pair){id, 500, 0});
        wire_add_room(&rooms, &(struct wire_room){.tag = room, .name = span_of("lobby")});
        record.hello = (struct wire_hello){
            .interval_ms = 5000, .rooms = wire_built(&rooms), .pairs = wire_built(&items)};
    } else {
        wire_add_entry(&items, &(struct wire_entry){.id = id, .highest = 500, .nick = span_of("jack")});
        record.type = WIRE_ROSTER;
        record.roster = (struct wire_roster){.room = room, .entries = wire_built(&items)};
    }
    net_forge(net, 0, 0xbad, &record);
    ck_assert_uint_ne(net_id(net, 0), id);
    net_say(net, 0, "it is me");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 1, "it is me"));
}
END_TEST

/* One hello, while somebody joins, cannot push his clock to where nobody follows. */
START_TEST(a_joiner_takes_no_clock_from_a_stranger)
{
    struct wire_builder rooms;
    int late = net_person(net, "late", lan);

    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(&rooms,
                  &(struct wire_room){.tag = wire_room_tag(span_of("lobby")), .name = span_of("lobby")});
    const struct wire_record hello = {
        .type = WIRE_HELLO, .hello = {.stamp = UINT64_MAX, .interval_ms = 5000, .rooms = wire_built(&rooms)}
    };
    net_forge(net, late, 0xbad, &hello);
    net_run(net, NET_S);
    net_say(net, late, "late, not lost");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 0, "late, not lost"));
}
END_TEST

START_TEST(prompts_draw_no_flood)
{
    const struct wire_record prompt = {
        .type = WIRE_PROMPT, .prompt = {.room = wire_room_tag(span_of("lobby")), .last = UINT64_MAX}
    };
    uint64_t before = net->nodes[0].sent;

    for (int i = 0; i < 20000; i++) {
        net_forge(net, 0, 0xbad, &prompt);
        net_run(net, 50);
    }
    ck_assert_uint_le(net->nodes[0].sent - before, 250);
}
END_TEST

static uint64_t sent_by_all(void)
{
    uint64_t sent = 0;

    for (int i = 0; i < net->node_count; i++)
        sent += net->nodes[i].sent;
    return sent;
}

/* Thousands of people whom nobody ever heard are asked after, but not all at once. */
START_TEST(invented_people_cost_little)
{
    struct wire_builder entries;
    uint64_t id = 1, before;

    for (int i = 0; i < 90; i++) {
        wire_builder_init(&entries, 1000);
        while (wire_add_entry(&entries, &(struct wire_entry){.id = id, .nick = span_of("ghost")}))
            id += 1000003;
        const struct wire_record roster = {
            .type = WIRE_ROSTER,
            .roster = {.room = wire_room_tag(span_of("lobby")), .entries = wire_built(&entries)}
        };
        for (int node = 0; node < 2; node++)
            net_forge(net, node, 0xbad, &roster);
    }
    before = sent_by_all();
    net_run(net, 60 * NET_S);
    ck_assert_uint_le(sent_by_all() - before, 2 * 60 * 200);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("budget");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_lossy_stream_keeps_up);
    tcase_add_loop_test(tests, a_forged_number_silences_nobody, 0, 3);
    tcase_add_loop_test(tests, a_number_of_our_own_makes_a_fresh_id, 0, 2);
    tcase_add_test(tests, a_joiner_takes_no_clock_from_a_stranger);
    tcase_add_test(tests, prompts_draw_no_flood);
    tcase_add_test(tests, invented_people_cost_little);
    return suite_run(tests, "budget");
}
