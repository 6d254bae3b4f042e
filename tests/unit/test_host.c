/* The host of guests: it has room for very many, nobody else is harmed by them, and memory that runs out and
 * connections that take nothing cost nobody a word. */
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "suite.h"
#include "visit.h"

static char text[1000]; /* a long line */

static void setup(void)
{
    lans_begin(47);
    memset(text, 'x', sizeof text - 1);
}

/* jack, who has but a connection there, and has been there for a while. */
static int jack_at(int host, const char *room)
{
    int jack = net_add(net, "jack", WIRE_PERSON, room);

    net_connect(net, jack, host);
    net_run(net, 5 * NET_S);
    return jack;
}

/* Many. */

#define CROWD 1000

START_TEST(a_thousand_guests_are_known)
{
    static struct node_guest *guests[CROWD];
    int host = visit_relay(), jack = lans_person("jack", lan);

    net_run(net, 5 * NET_S);
    for (int i = 0; i < CROWD; i++) {
        char nick[TEXT_NICK_MAX];
        snprintf(nick, sizeof nick, "guest%d", i);
        guests[i] = visit_enter(host, nick);
    }
    net_run(net, 2 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, 0), CROWD);
    for (int i = 0; i < CROWD; i++)
        visit_say(host, guests[i], "hello");
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, 0), CROWD);
    for (int i = 0; i < CROWD; i++)
        visit_leave(host, guests[i]);
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_LEAVE, 0), CROWD);
}
END_TEST

/* Guests take no place from others. */
START_TEST(a_full_house_lets_others_in)
{
    int host = visit_hub();

    for (int i = 0; i < 5200; i++) {
        char nick[TEXT_NICK_MAX];
        snprintf(nick, sizeof nick, "guest%d", i);
        struct node_guest *guest = visit_enter(host, nick);
        ck_assert_ptr_nonnull(guest);
        ck_assert_uint_eq(visit_say(host, guest, "hello"), 1);
    }
    int jack = jack_at(host, "lobby");
    ck_assert_uint_eq(net_events(net, host, NODE_JOIN, net_id(net, jack)), 1);
    net_say(net, jack, "so many");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, host, "so many"));
}
END_TEST

/* What a guest does, where the n-th allocation of its host fails, or all from it on. Returns how many there
 * were. */
static unsigned long live_without(unsigned long n, bool on)
{
    static char several[5000];

    lans_end();
    setup();
    int host = visit_relay();
    lans_person("jack", lan);
    net_run(net, 5 * NET_S);
    struct node *node = visit_core(host);
    memset(several, 'x', sizeof several - 1);
    memory_fail(n, on);
    net_enter(net, host);
    struct node_time time = net_time_of(net, host);
    struct node_guest *nina =
        node_guest_enter(node, span_of("nina"), wire_room_tag(span_of("lobby")), false, time);
    if (nina) {
        node_guest_say(node, nina, span_of(several), false, time);
        node_guest_rename(node, nina, span_of("nino"), time);
    }
    net_leave();
    net_flush(net, host);
    if (nina) {
        uint64_t id = node_guest_id(nina);
        visit_forge_message(id, 100); /* it takes a fresh id, if it can */
        net_enter(net, host);
        node_guest_say(node, nina, span_of("hello"), false, time);
        node_guest_leave(node, nina, time);
        net_leave();
    }
    unsigned long count = memory_count();
    memory_fail(0, false);
    net_flush(net, host);
    net_run(net, 15 * NET_S);
    return count;
}

START_TEST(every_allocation_may_fail)
{
    ck_assert_uint_gt(live_without(0, false), 20);
    for (unsigned long n = 1; live_without(n, _i == 1) >= n; n++) {
        struct node_guest *late = visit_enter(0, "late"); /* it works again */
        ck_assert_ptr_nonnull(late);
        ck_assert_uint_eq(visit_say(0, late, "is it over?"), 1);
        net_run(net, NET_S);
        ck_assert(net_shown_once(net, 1, "is it over?"));
    }
}
END_TEST

/* Carries another room where the n-th allocation for one has failed. False when none did. */
static bool carry_without(unsigned long n)
{
    lans_end();
    setup();
    int host = visit_relay(), jack = jack_at(host, "orchard");
    memory_fail(n, false);
    net_enter(net, host);
    bool carried = node_carry(visit_core(host), span_of("garden"), net_time_of(net, host));
    net_leave();
    memory_fail(0, false);
    ck_assert(node_carry(visit_core(host), span_of("orchard"), net_time_of(net, host)));
    net_run(net, 5 * NET_S);
    struct node_guest *nina = visit_enter_room(host, "nina", "orchard");
    ck_assert_ptr_nonnull(nina);
    visit_say(host, nina, "here");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, jack, "here"));
    return !carried;
}

START_TEST(a_room_without_memory_leaves_its_place)
{
    unsigned long n = 1;

    while (carry_without(n))
        n++;
    ck_assert_uint_gt(n, 3);
}
END_TEST

START_TEST(an_idle_host_sleeps)
{
    int host = visit_hub();

    visit_enter(host, "nina");
    net_run(net, NET_S);
    ck_assert_uint_eq(node_deadline(visit_core(host)), UINT64_MAX);
}
END_TEST

/* Full connections. */

static void set_full(int node, int link, bool full)
{
    node_link_full(visit_core(node), link, full, net_time_of(net, node));
    net_flush(net, node);
}

/* What waits for a connection that takes nothing is bounded, nobody else waits longer than a second for it,
 * and it is complete in the end. */
START_TEST(a_full_connection_catches_up)
{
    int host = visit_hub(), jack = net_add(net, "jack", WIRE_PERSON, "lobby"),
        molly = net_add(net, "molly", WIRE_PERSON, "lobby");
    const int count = 600;
    int waited = 0;

    net_connect(net, host, jack);
    net_connect(net, host, molly);
    net_run(net, 5 * NET_S);
    struct node_guest *nina = visit_enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    net_run(net, NET_S);
    set_full(host, 0, true);
    ck_assert(!node_may_say(visit_core(host))); /* it may take more soon */
    ck_assert_uint_le(node_deadline(visit_core(host)), net_time_of(net, host).now_us + NET_S);
    net_run(net, NET_S);
    for (int i = 0; i < count; i++) {
        if (!node_may_say(visit_core(host))) {
            ck_assert_int_eq(waited++, 0);
            ck_assert_uint_le(node_deadline(visit_core(host)), net_time_of(net, host).now_us + NET_S);
            net_run(net, NET_S);
        }
        ck_assert(node_may_say(visit_core(host)));
        ck_assert(node_may_read(visit_core(host), 1));
        ck_assert_uint_gt(visit_say(host, nina, text), 0);
        net_run(net, 3 * NET_MS);
        ck_assert_uint_ge(net_events(net, molly, NODE_MESSAGE, id) + 10, (size_t)i);
    }
    net_run(net, 3 * NET_S);
    ck_assert_uint_eq(net_events(net, molly, NODE_MESSAGE, id), (size_t)count);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, id), 0);
    set_full(host, 0, false);
    net_run(net, 3 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, id), (size_t)count);
    ck_assert_uint_eq(net_events(net, jack, NODE_LOST, 0), 0);
}
END_TEST

/* Somebody who takes less than is said, but takes it, is waited for. */
START_TEST(a_slow_connection_loses_nothing)
{
    int host = visit_hub(), jack = jack_at(host, "lobby");
    size_t said = 0;

    struct node_guest *nina = visit_enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    for (int i = 0; i < 40; i++) {
        for (int n = 0; n < 50; n++, said++) {
            ck_assert(node_may_say(visit_core(host)));
            ck_assert_uint_gt(visit_say(host, nina, text), 0);
        }
        set_full(host, 0, true);
        net_run(net, 500 * NET_MS);
        ck_assert(!node_may_say(visit_core(host)));
        set_full(host, 0, false);
        net_run(net, 10 * NET_MS);
        ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, id), said);
    }
    ck_assert_uint_eq(net_events(net, jack, NODE_LOST, 0), 0);
}
END_TEST

/* Who comes to a hub and talks at once, more than it can hold, is heard. */
START_TEST(who_comes_may_talk_at_once)
{
    int host = visit_hub(), jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    size_t said = 0;

    net_connect(net, jack, host);
    for (; said < 3000; said++)
        net_say(net, jack, text);
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, host, NODE_MESSAGE, net_id(net, jack)), said);
    ck_assert_uint_eq(net_events(net, host, NODE_LOST, 0), 0);
}
END_TEST

/* Who talks through one connection alone does wait for it. */
START_TEST(a_speaker_waits_for_his_own_connection)
{
    int host = visit_hub(), jack = jack_at(host, "lobby");
    uint32_t said = 0;

    set_full(jack, 0, true);
    while (node_may_say(visit_core(jack)) && said < 1000)
        said = node_say(visit_core(jack), span_of(text), false, net_time_of(net, jack));
    ck_assert_uint_lt(said, 100);
    set_full(jack, 0, false);
    net_run(net, NET_S);
    ck_assert(node_may_say(visit_core(jack)));
    ck_assert_uint_eq(net_events(net, host, NODE_MESSAGE, net_id(net, jack)), said);
}
END_TEST

static uint64_t frames, last_frame_us, longest_us;

static void see_frame(struct net *of, const struct net_datagram *datagram, void *context)
{
    (void)context;
    if (datagram->node != 0)
        return;
    frames++;
    if (of->now_us - last_frame_us > longest_us)
        longest_us = of->now_us - last_frame_us;
    last_frame_us = of->now_us;
}

/* An idle connection shows that it lives, and no more. */
START_TEST(hellos_on_a_connection_are_rare)
{
    int host = visit_hub(), other = visit_hub();

    net_connect(net, host, other);
    net_run(net, 60 * NET_S);
    frames = longest_us = 0;
    last_frame_us = net->now_us;
    net->see = see_frame;
    net_run(net, 600 * NET_S);
    ck_assert_uint_le(frames, 60);
    ck_assert_uint_lt(longest_us, 20 * NET_S);
    ck_assert_uint_gt(node_link_heard(visit_core(host), 0), net->now_us - 20 * NET_S);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("host");

    tcase_add_checked_fixture(tests, setup, lans_end);
    tcase_add_test(tests, a_thousand_guests_are_known);
    tcase_add_test(tests, a_full_house_lets_others_in);
    tcase_add_loop_test(tests, every_allocation_may_fail, 0, 2);
    tcase_add_test(tests, a_room_without_memory_leaves_its_place);
    tcase_add_test(tests, an_idle_host_sleeps);
    tcase_add_test(tests, a_full_connection_catches_up);
    tcase_add_test(tests, a_slow_connection_loses_nothing);
    tcase_add_test(tests, who_comes_may_talk_at_once);
    tcase_add_test(tests, a_speaker_waits_for_his_own_connection);
    tcase_add_test(tests, hellos_on_a_connection_are_rare);
    return suite_run(tests, "host");
}
