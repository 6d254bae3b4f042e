/* Who is here, as people see it: ready, join, leave, nicknames, and silence. */
#include <string.h>

#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(7);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

/* n persons who have found each other; their logs are empty. */
static void assemble(int n)
{
    for (int i = 0; i < n; i++) {
        const char nick[] = {'p', (char)('a' + i), '\0'};
        net_person(net, nick, lan);
        net_run(net, 400 * NET_MS);
    }
    net_run(net, 10 * NET_S);
    ck_assert(net_agree(net));
    for (int i = 0; i < n; i++)
        net_forget_events(net, i);
}

static bool all_ready(struct net *of)
{
    for (int i = 0; i < of->node_count; i++)
        if (of->nodes[i].node && !node_ready(of->nodes[i].node))
            return false;
    return true;
}

START_TEST(ready_alone)
{
    net_person(net, "jack", lan);
    uint64_t took = net_run_until(net, all_ready, NET_S);
    ck_assert_uint_ge(took, 280 * NET_MS);
    ck_assert_uint_le(took, 320 * NET_MS);
    net_run(net, 20 * NET_S);
    ck_assert_uint_eq(net->nodes[0].event_count, 1);
    ck_assert_int_eq(net->nodes[0].events[0].is.type, NODE_READY);
}
END_TEST

START_TEST(ready_without_a_link)
{
    net_add(net, "jack", WIRE_PERSON, "lobby");
    ck_assert_uint_le(net_run_until(net, all_ready, NET_S), 20 * NET_MS);
}
END_TEST

START_TEST(ready_with_a_neighbour)
{
    assemble(1);
    net_person(net, "molly", lan);
    ck_assert_uint_lt(net_run_until(net, all_ready, NET_S), 100 * NET_MS);
    net_run(net, NET_S);
    ck_assert_uint_eq(net->nodes[1].event_count, 2);
    ck_assert_int_eq(net->nodes[1].events[0].is.type, NODE_READY);
    const struct node_event *join = &net->nodes[1].events[1].is;
    ck_assert_int_eq(join->type, NODE_JOIN);
    ck_assert(join->present);
    ck_assert_str_eq(join->nick, "pa");
    ck_assert_uint_eq(net->nodes[1].events[0].at_us, net->nodes[1].events[1].at_us);
    const struct net_event *seen = net_event(net, 0, NODE_JOIN, net_id(net, 1), 0);
    ck_assert_ptr_nonnull(seen);
    ck_assert(!seen->is.present);
    ck_assert_str_eq(seen->is.nick, "molly");
}
END_TEST

/* Whatever goes on while one joins: READY is the first event, then who was here, then what is said. */
START_TEST(nothing_before_ready)
{
    assemble(4);
    net->segments[lan].jitter_us = 3000;
    int joiner = net_person(net, "molly", lan);
    for (int i = 0; i < 40; i++) {
        net_say(net, i % 4, "hurry");
        if (i == 20)
            net_bye(net, 2);
        net_run(net, 2 * NET_MS);
    }
    net_run(net, 5 * NET_S);
    ck_assert_uint_gt(net_events(net, joiner, NODE_MESSAGE, 0), 0);
    ck_assert_int_eq(net->nodes[joiner].events[0].is.type, NODE_READY);
    size_t here = net_events(net, joiner, NODE_JOIN, 0);
    for (size_t i = 1; i <= here; i++) {
        ck_assert_int_eq(net->nodes[joiner].events[i].is.type, NODE_JOIN);
        ck_assert(net->nodes[joiner].events[i].is.present);
    }
}
END_TEST

START_TEST(join_and_bye)
{
    assemble(5);
    int joiner = net_person(net, "molly", lan);
    uint64_t id = net_id(net, joiner);
    net_run(net, 10 * NET_S);
    net_bye(net, joiner);
    net_kill(net, joiner);
    net_run(net, 60 * NET_S);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(net_events(net, i, NODE_JOIN, 0), 1);
        ck_assert_uint_eq(net_events(net, i, NODE_LEAVE, 0), 1);
        const struct node_event *leave = &net_event(net, i, NODE_LEAVE, id, 0)->is;
        ck_assert(!leave->timed_out);
        ck_assert_str_eq(leave->nick, "molly");
    }
}
END_TEST

static uint64_t prompted_us, prompted_id;

static void see_prompt(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_record prompt;

    (void)context;
    for (size_t i = 0; datagram->to.length > 0 && net_record(datagram, WIRE_PROMPT, i, &prompt); i++)
        if (prompt.prompt.first == prompted_id && prompt.prompt.last == prompted_id && prompted_us == 0)
            prompted_us = of->now_us;
}

START_TEST(silence_is_prompted_then_told)
{
    assemble(3);
    net->see = see_prompt;
    prompted_us = 0;
    prompted_id = net_id(net, 2);
    uint64_t silent_us = net->now_us;
    net_kill(net, 2);
    net_run(net, 60 * NET_S);
    ck_assert_uint_ne(prompted_us, 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(net_events(net, i, NODE_LEAVE, 0), 1);
        const struct net_event *leave = net_event(net, i, NODE_LEAVE, prompted_id, 0);
        ck_assert(leave->is.timed_out);
        ck_assert_uint_gt(leave->at_us, prompted_us);
        ck_assert_uint_ge(leave->at_us, silent_us + 6 * NET_S); /* 3 intervals since its last hello */
        ck_assert_uint_le(leave->at_us, silent_us + 30 * NET_S);
    }
    ck_assert(net_agree(net));
}
END_TEST

/* Who answers prompts is not gone, even if all its hellos are lost. */
static bool only_unicast_from_2(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node != 2 || to == 2 || datagram->to.length > 0;
}

START_TEST(who_answers_prompts_stays)
{
    assemble(3);
    net->pass = only_unicast_from_2;
    net_run(net, 120 * NET_S);
    ck_assert_uint_eq(net_events(net, 0, NODE_LEAVE, 0), 0);
    ck_assert_uint_eq(net_events(net, 1, NODE_LEAVE, 0), 0);
}
END_TEST

START_TEST(rename_is_told_once)
{
    assemble(4);
    net_rename(net, 1, "jill");
    net_run(net, 30 * NET_S);
    for (int i = 0; i < 4; i++) {
        size_t told = i == 1 ? 0 : 1;
        ck_assert_uint_eq(net->nodes[i].event_count, told);
        if (told == 0)
            continue;
        const struct node_event *nick = &net->nodes[i].events[0].is;
        ck_assert_int_eq(nick->type, NODE_NICK);
        ck_assert_str_eq(nick->old, "pb");
        ck_assert_str_eq(nick->nick, "jill");
    }
    ck_assert(net_agree(net));
}
END_TEST

START_TEST(a_bad_nickname_is_refused)
{
    assemble(2);
    ck_assert(!node_rename(net->nodes[0].node, span_of("a b"), net_time(net)));
    ck_assert(!node_rename(net->nodes[0].node, span_of(""), net_time(net)));
    ck_assert(!node_rename(net->nodes[0].node, span_of("a~b"), net_time(net)));
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net->nodes[1].event_count, 0);
}
END_TEST

START_TEST(equal_nicknames_are_told_apart)
{
    net_person(net, "jack", lan);
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net_run(net, 10 * NET_S);
    int small = net_id(net, 0) < net_id(net, 1) ? 0 : 1;
    net_say(net, 0, "hi");
    net_say(net, 1, "hi");
    net_run(net, NET_S);
    const struct net_event *first = net_event(net, 2, NODE_MESSAGE, net_id(net, small), 0);
    const struct net_event *second = net_event(net, 2, NODE_MESSAGE, net_id(net, 1 - small), 0);
    char name[16] = "jack~";
    uint64_t id = net_id(net, 1 - small);
    for (size_t i = 0; i < 4; i++)
        name[5 + i] = "0123456789abcdef"[id >> (60 - 4 * i) & 0xf];
    ck_assert_str_eq(first->is.nick, "jack");
    ck_assert_str_eq(second->is.nick, name);
}
END_TEST

START_TEST(only_persons_of_the_room_are_told)
{
    assemble(2);
    const enum wire_role roles[] = {WIRE_LISTENER, WIRE_TOOL, WIRE_RELAY, WIRE_HUB};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        net_plug(net, net_add(net, "quiet", roles[i], "lobby"), lan, NET_BOTH);
    int other = net_add(net, "eve", WIRE_PERSON, "den");
    net_plug(net, other, lan, NET_BOTH);
    net_run(net, 10 * NET_S);
    ck_assert_uint_eq(net_peers(net, 0), 6);
    net_say(net, other, "psst");
    for (int i = 2; i < net->node_count; i++) {
        net_bye(net, i);
        net_kill(net, i);
    }
    net_run(net, 60 * NET_S);
    ck_assert_uint_eq(net->nodes[0].event_count, 0);
    ck_assert_uint_eq(net->nodes[1].event_count, 0);
    ck_assert_uint_eq(net_peers(net, 0), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("presence");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, ready_alone);
    tcase_add_test(tests, ready_without_a_link);
    tcase_add_test(tests, ready_with_a_neighbour);
    tcase_add_test(tests, nothing_before_ready);
    tcase_add_test(tests, join_and_bye);
    tcase_add_test(tests, silence_is_prompted_then_told);
    tcase_add_test(tests, who_answers_prompts_stays);
    tcase_add_test(tests, rename_is_told_once);
    tcase_add_test(tests, a_bad_nickname_is_refused);
    tcase_add_test(tests, equal_nicknames_are_told_apart);
    tcase_add_test(tests, only_persons_of_the_room_are_told);
    return suite_run(tests, "presence");
}
