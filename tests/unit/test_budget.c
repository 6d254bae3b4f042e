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

/* Told by a stranger where the speaker does not hear it, the numbers are lost there; the speaker learns that
 * he must go on under a fresh id before he speaks. */
START_TEST(a_name_forged_on_another_lan_silences_nobody)
{
    uint64_t jack = net_id(net, 0), room = wire_room_tag(span_of("lobby"));
    struct wire_builder items, rooms;
    struct wire_record record = {.type = WIRE_HELLO};
    int other = net_segment(net), both = net_person(net, "both", other);

    net_plug(net, both, lan, NET_BOTH);
    net_person(net, "stranger", other);
    net_say(net, 0, "first");
    net_run(net, 5 * NET_S);
    wire_builder_init(&items, WIRE_DATAGRAM_MAX);
    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(&rooms, &(struct wire_room){.tag = room, .name = span_of("lobby")});
    wire_add_pair(&items, &(struct wire_pair){jack, 100, 0});
    record.hello =
        (struct wire_hello){.interval_ms = 5000, .rooms = wire_built(&rooms), .pairs = wire_built(&items)};
    net_forge(net, both, 0xbad, &record);
    net_run(net, 60 * NET_S);
    ck_assert_uint_eq(net_event(net, both, NODE_LOST, jack, 0)->is.last, 100);
    net_say(net, 0, "still heard");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, both, "still heard"));
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

/* What an attacker sends for a second: a record that is made anew each time. */
static void attack(int times, void make(int turn, struct wire_record *record, struct wire_builder *items))
{
    for (int turn = 0; turn < times; turn++) {
        struct wire_record record = {.type = WIRE_REQUEST};
        struct wire_builder items;
        wire_builder_init(&items, 1100);
        make(turn, &record, &items);
        for (int node = 0; node < 2; node++)
            net_forge(net, node, 0xbad + (uint64_t)turn % 2, &record);
        net_run(net, NET_S / (uint64_t)times);
    }
}

static uint64_t lobby(void)
{
    return wire_room_tag(span_of("lobby"));
}

static uint64_t octets_sent(void)
{
    return net->nodes[0].sent_octets + net->nodes[1].sent_octets;
}

static uint64_t sent_before;
static long octets_before;

static void measure(void)
{
    sent_before = octets_sent();
    octets_before = net->nodes[1].octets;
}

/* They sent no more than so many KiB, none has grown by more than a history, and what jack says is shown at
 * once. */
static void check_bounds(uint64_t most)
{
    uint64_t jack = net_id(net, 0);

    ck_assert_uint_le((octets_sent() - sent_before) / 1024, most);
    ck_assert_int_le(net->nodes[1].octets - octets_before, 3 * 1024 * 1024);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, jack), 0);
    net_say(net, 0, "still heard");
    net_run(net, 50 * NET_MS);
    ck_assert(net_shown_once(net, 1, "still heard"));
}

static void ask_for_nothing(int turn, struct wire_record *record, struct wire_builder *asks)
{
    static const uint64_t from[] = {0, 1, 500, UINT32_MAX, UINT64_MAX};

    for (uint64_t i = 0; i < 40; i++) {
        uint64_t key = i % 2 ? net_id(net, (int)(i / 2 % 2)) : (uint64_t)turn << 32 | i;
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_NUMBERS, key, from[i % 5], UINT32_MAX, 0});
    }
    record->request.asks = wire_built(asks);
}

static void ask_for_all(int turn, struct wire_record *record, struct wire_builder *asks)
{
    uint64_t id = (uint64_t)turn << 50;

    for (int i = 0; i < 10; i++) {
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_LAST, lobby(), UINT64_MAX, UINT32_MAX, 0});
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_NUMBERS, net_id(net, 0), 1, UINT32_MAX, 0});
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_VECTOR, lobby(), id, UINT32_MAX, 0});
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_ROSTER, lobby(), id, UINT32_MAX, 0});
    }
    record->request.to = turn % 2 ? net_id(net, 0) : 0;
    record->request.asks = wire_built(asks);
}

static void ask_for_pages(int turn, struct wire_record *record, struct wire_builder *asks)
{
    for (uint64_t i = 0; i < 10; i++) {
        uint64_t id = (uint64_t)turn << 50 | i;
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_VECTOR, lobby(), id, UINT32_MAX, 0});
        wire_add_ask(asks, &(struct wire_ask){WIRE_ASK_ROSTER, lobby(), id, UINT32_MAX, 0});
    }
    record->request.to = net_id(net, turn % 2);
    record->request.asks = wire_built(asks);
}

/* Many requests in a second, of two who ask: each of the two nodes, on each of two paths, repairs 512
 * KiB and a burst, and of what is old 64 KiB for each who asks. */
START_TEST(requests_for_anything_are_bounded)
{
    static const struct {
        int times;
        void (*make)(int turn, struct wire_record *record, struct wire_builder *items);
        uint64_t most;
    } attacks[] = {
        {1000, ask_for_nothing, 4 * 750},
        {150,  ask_for_all,     4 * 300},
        {1000, ask_for_pages,   4 * 200},
    };

    for (int i = 0; i < 2000; i++)
        net_say(net, 0, "a line that is stored, and that somebody wants again and again");
    net_run(net, (_i == 0 ? 1 : 15) * NET_S);
    measure();
    attack(attacks[_i].times, attacks[_i].make);
    check_bounds(attacks[_i].most);
}
END_TEST

static void name_huge_numbers(int turn, struct wire_record *record, struct wire_builder *vectors)
{
    uint64_t id = 1 + (uint64_t)turn % 100 * 1000;

    while (
        wire_add_vector(vectors, &(struct wire_vector){id, UINT32_MAX - 1 - (uint32_t)turn, UINT64_MAX, 1}))
        id++;
    record->type = WIRE_SUMMARY;
    record->summary = (struct wire_summary){.room = lobby(),
                                            .stamp = UINT64_MAX,
                                            .last = turn % 2 ? UINT64_MAX : id - 1,
                                            .vectors = wire_built(vectors)};
}

static void name_many_speakers(int turn, struct wire_record *record, struct wire_builder *vectors)
{
    uint64_t id = 1 + (uint64_t)turn * 1000;

    while (wire_add_vector(vectors, &(struct wire_vector){id, 4000, 1 + (uint64_t)turn, 1}))
        id++;
    record->type = WIRE_SUMMARY;
    record->summary =
        (struct wire_summary){.room = lobby(), .last = UINT64_MAX, .vectors = wire_built(vectors)};
}

/* Vectors full of speakers and numbers that never were: they are asked for, but not without measure. */
START_TEST(forged_vectors_cost_little)
{
    measure();
    attack(200, _i == 0 ? name_huge_numbers : name_many_speakers);
    net_run(net, 29 * NET_S);
    check_bounds(1500);
}
END_TEST

/* One who is known is said to have said four thousand million lines. */
START_TEST(a_huge_number_of_a_speaker_is_not_believed)
{
    struct wire_builder vectors;

    wire_builder_init(&vectors, WIRE_DATAGRAM_MAX);
    wire_add_vector(&vectors, &(struct wire_vector){net_id(net, 0), UINT32_MAX - 1, 1, 1});
    const struct wire_record summary = {
        .type = WIRE_SUMMARY,
        .summary = {.room = lobby(), .last = UINT64_MAX, .vectors = wire_built(&vectors)}
    };
    net_say(net, 0, "first");
    net_run(net, NET_S);
    measure();
    net_forge(net, 1, 0xbad, &summary);
    net_run(net, 15 * NET_S);
    check_bounds(50);
}
END_TEST

static void speak_as_many(int turn, struct wire_record *record, struct wire_builder *items)
{
    (void)items;
    record->type = WIRE_MESSAGE;
    record->message = (struct wire_message){.origin = (uint64_t)turn + 1,
                                            .number = 1 + (uint32_t)turn % 2 * 3000,
                                            .stamp = 1,
                                            .room = lobby(),
                                            .nick = span_of("ghost"),
                                            .text = span_of("boo")};
}

/* Thousands of speakers from one address in a second, each with numbers missing: few are let in. */
START_TEST(forged_speakers_cost_little)
{
    measure();
    attack(5000, speak_as_many);
    ck_assert_uint_le(net_events(net, 1, NODE_MESSAGE, 0), 200);
    net_run(net, 29 * NET_S);
    check_bounds(300);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("budget");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_lossy_stream_keeps_up);
    tcase_add_loop_test(tests, a_forged_number_silences_nobody, 0, 3);
    tcase_add_test(tests, a_name_forged_on_another_lan_silences_nobody);
    tcase_add_loop_test(tests, a_number_of_our_own_makes_a_fresh_id, 0, 2);
    tcase_add_test(tests, a_joiner_takes_no_clock_from_a_stranger);
    tcase_add_test(tests, prompts_draw_no_flood);
    tcase_add_test(tests, invented_people_cost_little);
    tcase_add_loop_test(tests, requests_for_anything_are_bounded, 0, 3);
    tcase_add_loop_test(tests, forged_vectors_cost_little, 0, 2);
    tcase_add_test(tests, a_huge_number_of_a_speaker_is_not_believed);
    tcase_add_test(tests, forged_speakers_cost_little);
    return suite_run(tests, "budget");
}
