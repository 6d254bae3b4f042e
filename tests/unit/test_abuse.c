/* What a network may throw at a node: floods, lies, garbage, and no memory to take it. */
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(53);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static void two_people(void)
{
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
}

static void check_talk(void)
{
    net_say(net, 0, "still here");
    net_say(net, 1, "and I");
    net_run(net, 5 * NET_S);
    ck_assert(net_shown_once(net, 1, "still here"));
    ck_assert(net_shown_once(net, 0, "and I"));
}

static char blown[1000];

static void forge_sized(uint64_t origin, uint32_t number, uint8_t flags, size_t size)
{
    memset(blown, 'x', sizeof blown);
    net_forge(net, 0, origin,
              &(struct wire_record){
                  .type = WIRE_MESSAGE,
                  .flags = flags,
                  .message = {.origin = origin,
                              .number = number,
                              .stamp = 1,
                              .room = wire_room_tag(span_of("lobby")),
                              .nick = span_of("eve"),
                              .text = {blown, size}}
    });
}

static void forge_message(uint64_t origin, uint32_t number, uint8_t flags)
{
    forge_sized(origin, number, flags, sizeof blown);
}

/* Fills what there is of a budget, to the last octets. */
static void flood(uint32_t number, uint8_t flags)
{
    for (uint64_t i = 0; i < 200; i++)
        forge_message(1000 + i, number, flags);
    for (uint64_t i = 0; i < 200; i++)
        forge_sized(2000 + i, number, flags, 1);
}

/* What came before its predecessor is kept, but within the budget, and only until that is given up. */
START_TEST(a_flood_out_of_order)
{
    net->store_octets = 64 * 1024;
    two_people();
    uint64_t before = node_counters(net->nodes[0].node)->dropped;
    for (uint64_t i = 0; i < 2000; i++)
        forge_message(1000 + i % 100, (uint32_t)(2 + 2 * (i / 100)), 0);
    uint64_t kept = 2000 - (node_counters(net->nodes[0].node)->dropped - before);
    ck_assert_uint_le(kept, net->store_octets / sizeof blown);
    ck_assert_uint_ge(kept, net->store_octets / sizeof blown / 2);
    net_run(net, 30 * NET_S);
    check_talk();
}
END_TEST

/* Records that come in their turn need no room at all. */
START_TEST(talk_during_a_flood)
{
    net->store_octets = 64 * 1024;
    two_people();
    flood(2, 0);
    net_say(net, 1, "in between");
    net_run(net, 100 * NET_MS);
    ck_assert(net_shown_once(net, 0, "in between"));
}
END_TEST

/* Texts that begin and never end do not fill the budget for good. */
START_TEST(a_flood_of_beginnings)
{
    net->store_octets = 64 * 1024;
    two_people();
    flood(1, WIRE_CONTINUED);
    net_run(net, 30 * NET_S);
    check_talk();
}
END_TEST

static void forge_hello_to(int node, uint64_t sender, uint32_t highest, uint32_t interval_ms, uint64_t stamp)
{
    struct wire_builder rooms;
    const struct wire_room room = {.tag = wire_room_tag(span_of("lobby")), .name = span_of("lobby")};

    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(&rooms, &room);
    net_forge(net, node, sender,
              &(struct wire_record){
                  .type = WIRE_HELLO,
                  .hello = {.highest = highest,
                            .interval_ms = interval_ms,
                            .stamp = stamp,
                            .role = WIRE_PERSON,
                            .nick = span_of("eve"),
                            .rooms = wire_built(&rooms)}
    });
}

static void forge_hello(uint64_t sender, uint32_t highest, uint32_t interval_ms, uint64_t stamp)
{
    forge_hello_to(0, sender, highest, interval_ms, stamp);
}

START_TEST(a_flood_of_ids)
{
    two_people();
    for (uint64_t i = 0; i < 100000; i++) {
        forge_hello(0x1000000 + i * 977, (uint32_t)(i % 3), 5000, 0);
        if (i % 16 == 0)
            net_forget_events(net, 0);
    }
    size_t peers = net_peers(net, 0);
    ck_assert_uint_le(peers, 200); /* a source has so many at once, and 50 a second */
    net_say(net, 1, "hello?");
    net_say(net, 0, "a crowd!");
    net_run(net, 100 * NET_MS);
    ck_assert(net_shown_once(net, 0, "hello?"));
    ck_assert(net_shown_once(net, 1, "a crowd!"));
}
END_TEST

/* A forged interval does not make a ghost immortal. */
START_TEST(a_ghost_goes)
{
    two_people();
    forge_hello(77, 0, UINT32_MAX, 0);
    ck_assert_uint_eq(net_peers(net, 0), 2);
    net_run(net, 3600 * NET_S);
    ck_assert_uint_eq(net_peers(net, 0), 1);
}
END_TEST

START_TEST(a_forged_highest_number)
{
    two_people();
    forge_hello(77, UINT32_MAX - 1, 5000, 0);
    forge_hello(78, UINT32_MAX, 5000, 0);
    net_run(net, 3 * NET_S);
    forge_message(77, UINT32_MAX - 1, 0);
    forge_message(77, UINT32_MAX, 0);
    forge_message(77, 0, 0);
    net_run(net, 3 * NET_S);
    ck_assert_uint_le(net_events(net, 0, NODE_LOST, 77), 1);
    ck_assert_uint_le(net_events(net, 0, NODE_LOST, 78), 1);
    check_talk();
}
END_TEST

/* Nobody can push the clock so far that honest people are left behind. */
START_TEST(a_forged_stamp)
{
    two_people();
    forge_hello(77, 0, 5000, UINT64_MAX);
    forge_message(78, 1, 0);
    net_run(net, NET_S);
    check_talk();
}
END_TEST

/* Step by step the clock can be pushed, everybody's alike; who comes later must find the way there. */
START_TEST(a_pushed_clock)
{
    two_people();
    for (uint64_t i = 1; i <= 4; i++)
        for (int node = 0; node < 2; node++)
            forge_hello_to(node, 77, 0, 5000, i * (UINT32_MAX - 100));
    net_run(net, net_random(net, 5 * NET_S));
    int late = net_person(net, "late", lan);
    net_run(net, 5 * NET_S);
    check_talk();
    ck_assert(net_shown_once(net, late, "still here"));
    net_say(net, late, "here too");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 0, "here too"));
}
END_TEST

/* Garbage: some of it random, most of it real datagrams with a few octets changed, cut or glued. */
static struct {
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length;
} seen[512];
static size_t seen_count;

static void remember(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)context;
    size_t at = seen_count < 512 ? seen_count : net_random(of, 512);
    memcpy(seen[at].bytes, datagram->bytes, datagram->length);
    seen[at].length = datagram->length;
    seen_count += seen_count < 512;
}

static void mutate(void)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX + 64];
    size_t from = net_random(net, seen_count), length = seen[from].length;

    memcpy(bytes, seen[from].bytes, length);
    for (uint64_t i = net_random(net, 6); i > 0; i--)
        bytes[net_random(net, length)] = (uint8_t)(net_random(net, 2) ? net_random(net, 256) : 255);
    if (net_random(net, 4) == 0)
        length = net_random(net, length + 1);
    if (net_random(net, 8) == 0)
        for (uint64_t more = net_random(net, 64); more > 0; more--)
            bytes[length++] = (uint8_t)net_random(net, 256);
    net_inject(net, 0, 0, (enum wire_path)net_random(net, 5), bytes, length);
}

static void babble(void)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    size_t length = net_random(net, sizeof bytes + 1);

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)net_random(net, 256);
    if (length > 8 && net_random(net, 2)) /* let it past the first check */
        memcpy(bytes, "LCHT\x01\x00\x18\x01", 8);
    net_inject(net, 0, 0, WIRE_PATH_GROUP4, bytes, length);
}

START_TEST(garbage_is_survived)
{
    two_people();
    net->random = (uint64_t)_i;
    net->see = remember;
    seen_count = 0;
    net_person(net, "joe", lan);
    net_say(net, 0, "something to see");
    net_census(net, 1, 0, 0);
    net_run(net, 10 * NET_S);
    net_bye(net, 2);
    net_kill(net, 2);
    net_run(net, NET_S);
    net->see = NULL;
    for (int i = 0; i < 10000; i++) {
        if (i % 4 == 0)
            babble();
        else
            mutate();
        if (i % 100 == 0)
            net_run(net, net_random(net, 100 * NET_MS));
    }
    net_run(net, 10 * NET_S);
    ck_assert_uint_gt(node_counters(net->nodes[0].node)->refused, 1000);
    /* garbage in molly's name may have used her numbers up; who comes now is heard */
    int late = net_person(net, "late", lan);
    net_run(net, 5 * NET_S);
    net_say(net, late, "all well?");
    net_run(net, 5 * NET_S);
    ck_assert(net_shown_once(net, 0, "all well?"));
}
END_TEST

/* A life: links, people, talk, a long text, a twin, a bye. */
static void live(struct net *of)
{
    static char text[4000];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 3; i++) {
        if (net_add(of, "jack", WIRE_PERSON, "lobby") != i || !of->nodes[i].node)
            return;
        net_plug(of, i, 0, NET_BOTH);
        net_run(of, 100 * NET_MS);
    }
    net_say(of, 0, "hi");
    net_say_span(of, 1, (struct span){text, sizeof text});
    net_run(of, 100 * NET_MS);
    struct net *kept = net;
    net = of; /* for the forgers */
    forge_message(net_id(of, 0), 9, 0);
    forge_message(77, 3, 0);
    net = kept;
    net_census(of, 0, 1, 0);
    net_run(of, 2 * NET_S);
    net_say(of, 0, "hi again");
    net_rename(of, 1, "jill");
    net_unplug(of, 2, 0);
    net_plug(of, 2, 0, NET_BOTH);
    net_run(of, 3 * NET_S);
    net_bye(of, 0);
    net_run(of, 3 * NET_S);
}

static unsigned long live_without(unsigned long n, bool on)
{
    struct net *of = net_new(3);
    net_segment(of);
    memory_fail(n, on);
    live(of);
    unsigned long count = memory_count();
    memory_fail(0, false);
    net_free(of);
    return count;
}

START_TEST(every_allocation_may_fail)
{
    ck_assert_msg(memory_wrapped(), "link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free");
    unsigned long count = live_without(0, false);
    ck_assert_uint_gt(count, 200);
    for (unsigned long n = 1; n <= count; n++)
        live_without(n, false);
}
END_TEST

START_TEST(memory_may_run_out_for_good)
{
    unsigned long count = live_without(0, false);
    for (unsigned long n = 1; n <= count; n += n < 100 ? 1 : 17)
        live_without(n, true);
}
END_TEST

/* One seed, one history: to the octet. */
static uint64_t history(uint64_t seed)
{
    struct net *of = net_new(seed);
    int on = net_segment(of);
    of->segments[on] = (struct net_segment){.loss = 100, .twice = 100, .delay_us = 100, .jitter_us = 5000};
    for (int i = 0; i < 8; i++) {
        net_person(of, "same", on);
        net_run(of, net_random(of, NET_S));
        net_say(of, i, "hello");
    }
    net_run(of, 30 * NET_S);
    uint64_t trace = of->trace;
    net_free(of);
    return trace;
}

START_TEST(one_seed_is_one_history)
{
    for (uint64_t seed = 0; seed < 5; seed++)
        ck_assert_uint_eq(history(seed), history(seed));
    ck_assert_uint_ne(history(1), history(2));
}
END_TEST

static void forge_ask(uint64_t origin, uint64_t from)
{
    struct wire_builder asks;

    wire_builder_init(&asks, WIRE_DATAGRAM_MAX);
    wire_add_ask(&asks, &(struct wire_ask){WIRE_ASK_NUMBERS, origin, from, UINT32_MAX, 0});
    net_forge(net, 2, 99,
              &(struct wire_record){.type = WIRE_REQUEST, .request = {.asks = wire_built(&asks)}});
}

static void forge_number(uint32_t number)
{
    net_forge(net, 2, 77,
              &(struct wire_record){
                  .type = WIRE_MESSAGE,
                  .message = {.origin = 77,
                              .number = number,
                              .stamp = 1,
                              .room = wire_room_tag(span_of("lobby")),
                              .nick = span_of("eve"),
                              .text = span_of("boo")}
    });
}

/* Everything that was stored goes. */
static void fill_stores(void)
{
    static char text[1000];

    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 30; i++) {
        net_say(net, 0, text);
        net_run(net, 10 * NET_MS);
    }
}

/* A stream that jumps to the highest number there is: nobody counts there one by one, or past it. */
START_TEST(numbers_up_to_the_last)
{
    net->store_octets = 16 * 1024;
    two_people();
    net_plug(net, net_forwarder(net, WIRE_RELAY, false), lan, NET_GROUP4);
    net_run(net, 5 * NET_S);
    forge_number(UINT32_MAX - 1);
    fill_stores();
    forge_number(1);
    net_run(net, 60 * NET_S);
    forge_ask(77, UINT32_MAX - 100);
    fill_stores();
    forge_ask(77, 1);
    net_run(net, 20 * NET_S);
    check_talk();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("abuse");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_flood_out_of_order);
    tcase_add_test(tests, talk_during_a_flood);
    tcase_add_test(tests, a_flood_of_beginnings);
    tcase_add_test(tests, a_flood_of_ids);
    tcase_add_test(tests, a_ghost_goes);
    tcase_add_test(tests, a_forged_highest_number);
    tcase_add_test(tests, a_forged_stamp);
    tcase_add_test(tests, a_pushed_clock);
    tcase_add_loop_test(tests, garbage_is_survived, 0, 4);
    tcase_add_test(tests, every_allocation_may_fail);
    tcase_add_test(tests, memory_may_run_out_for_good);
    tcase_add_test(tests, one_seed_is_one_history);
    tcase_add_test(tests, numbers_up_to_the_last);
    return suite_run(tests, "abuse");
}
