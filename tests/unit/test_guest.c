/* Guests: people without a node of their own are people to everybody, whoever forges what of them. */
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "visit.h"

static void setup(void)
{
    lans_begin(47);
}

static void rename_to(int node, struct node_guest *guest, const char *nick)
{
    ck_assert(node_guest_rename(visit_core(node), guest, span_of(nick), net_time_of(net, node)));
    net_flush(net, node);
}

/* How often a node was told of it, and the nickname that it was told. */
static void check_told(int node, enum node_event_type type, uint64_t id, const char *nick)
{
    ck_assert_uint_eq(net_events(net, node, type, id), 1);
    ck_assert_str_eq(net_event(net, node, type, id, 0)->is.nick, nick);
}

/* Everybody is told of it: the host himself, and who is known to him by one and by two hops. */
START_TEST(a_guest_is_a_person_to_all)
{
    int host = visit_hub(), at = visit_relay(), jack = lans_person("jack", lan);

    net_connect(net, host, at);
    net_run(net, 10 * NET_S);
    struct node_guest *nina = visit_enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    net_run(net, NET_S);
    ck_assert_uint_eq(visit_say(host, nina, "What's up!?"), 1);
    ck_assert_uint_eq(visit_say(host, nina, "hello?"), 2);
    net_run(net, NET_S);
    rename_to(host, nina, "nino");
    net_run(net, NET_S);
    int late = lans_person("late", lan);
    net_run(net, NET_S);
    visit_leave(host, nina);
    net_run(net, NET_S);
    for (int i = 0; i < 2; i++) {
        int node = i == 0 ? host : jack;
        check_told(node, NODE_JOIN, id, "nina");
        check_told(node, NODE_NICK, id, "nino");
        check_told(node, NODE_LEAVE, id, "nino");
        ck_assert(!net_event(net, node, NODE_LEAVE, id, 0)->is.timed_out);
        ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, id), 2);
        ck_assert_uint_eq(net_event(net, node, NODE_MESSAGE, id, 1)->is.first, 2);
        ck_assert(!net_event(net, node, NODE_MESSAGE, id, 1)->is.from_server);
    }
    check_told(late, NODE_JOIN, id, "nino");
    check_told(late, NODE_LEAVE, id, "nino");
    net_run(net, 60 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, id), 1);
    ck_assert_uint_eq(net_events(net, jack, NODE_LEAVE, id), 1);
    ck_assert_uint_eq(net_events(net, jack, NODE_LOST, 0), 0);
}
END_TEST

/* Who serves others is at their service at once, whatever he still joins. */
START_TEST(nobody_waits_for_what_the_host_joins)
{
    int host = visit_relay(), pia = net_add(net, "pia", WIRE_PERSON, "lobby");

    net_connect(net, pia, host);
    net_run(net, 50 * NET_MS);
    check_told(host, NODE_JOIN, net_id(net, pia), "pia");
    net_say(net, pia, "hello");
    net_run(net, 10 * NET_MS);
    ck_assert(net_shown_once(net, host, "hello"));
}
END_TEST

/* It needs no hello: nobody doubts that it is here as long as its host is. */
START_TEST(a_silent_guest_stays)
{
    int host = visit_relay(), jack = lans_person("jack", lan);
    uint64_t id = node_guest_id(visit_enter(host, "nina"));

    net_run(net, 300 * NET_S);
    check_told(jack, NODE_JOIN, id, "nina");
    ck_assert_uint_eq(net_events(net, jack, NODE_LEAVE, id), 0);
    net_kill(net, host);
    net_run(net, 60 * NET_S);
    check_told(jack, NODE_LEAVE, id, "nina");
}
END_TEST

START_TEST(a_host_that_leaves_takes_its_guests_along)
{
    int host = visit_relay(), jack = lans_person("jack", lan);
    uint64_t id = node_guest_id(visit_enter(host, "nina"));

    net_run(net, 10 * NET_S);
    net_bye(net, host);
    net_run(net, 50 * NET_MS);
    check_told(jack, NODE_LEAVE, id, "nina");
    ck_assert(!net_event(net, jack, NODE_LEAVE, id, 0)->is.timed_out);
}
END_TEST

/* Half of all is lost, also the last of what is said, and the host itself came a moment ago. */
START_TEST(nothing_of_it_is_lost)
{
    int jack = lans_person("jack", lan);
    net_run(net, 5 * NET_S);
    net->segments[lan].loss = 500;
    int host = visit_relay();
    struct node_guest *nina = visit_enter(host, "nina");
    uint64_t id = node_guest_id(nina);

    for (int i = 1; i <= 100; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d", i);
        ck_assert_uint_eq(visit_say(host, nina, line), (uint32_t)i);
        net_run(net, (uint64_t)(i % 7) * NET_MS);
    }
    visit_leave(host, nina);
    net_run(net, 15 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, id), 100);
    ck_assert_uint_eq(net_events(net, jack, NODE_LOST, 0), 0);
    for (uint32_t i = 0; i < 100; i++)
        ck_assert_uint_eq(net_event(net, jack, NODE_MESSAGE, id, i)->is.first, i + 1);
}
END_TEST

START_TEST(a_long_text_is_one_message)
{
    static char text[TEXT_SAY_MAX + 1];
    int host = visit_relay(), jack = lans_person("jack", lan);

    memset(text, 'x', TEXT_SAY_MAX);
    net_run(net, 5 * NET_S);
    struct node_guest *nina = visit_enter(host, "nina");
    ck_assert_uint_gt(visit_say(host, nina, text), 1);
    net_run(net, NET_S);
    for (int node = host; node <= jack; node++) {
        ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), 1);
        ck_assert_uint_eq(net_event(net, node, NODE_MESSAGE, 0, 0)->is.text.length, TEXT_SAY_MAX);
    }
    ck_assert_uint_eq(node_guest_say(visit_core(host), nina, (struct span){text, TEXT_SAY_MAX + 1}, false,
                                     net_time_of(net, host)),
                      0);
}
END_TEST

/* What comes from a text server says so wherever it is shown. */
START_TEST(words_of_a_text_server_are_marked)
{
    int host = visit_relay(), jack = lans_person("jack", lan);
    struct node_time time = net_time_of(net, host);

    net_run(net, 5 * NET_S);
    struct node_guest *nina =
        node_guest_enter(visit_core(host), span_of("nina"), wire_room_tag(span_of("lobby")), true, time);
    node_guest_say(visit_core(host), nina, span_of("waves"), true, net_time_of(net, host));
    net_flush(net, host);
    net_run(net, NET_S);
    for (int node = host; node <= jack; node++) {
        const struct net_event *message = net_event(net, node, NODE_MESSAGE, 0, 0);
        ck_assert(message->is.from_server);
        ck_assert(message->is.action);
    }
    ck_assert(net_event(net, host, NODE_JOIN, node_guest_id(nina), 0)->is.from_server);
}
END_TEST

/* Who says one line waits for who can confirm it; for guests their host does. */
START_TEST(nobody_waits_for_guests)
{
    int host = visit_relay();

    visit_enter(host, "nina");
    lans_person("jack", lan);
    net_run(net, 5 * NET_S);
    int tool = net_add(net, "cron", WIRE_TOOL, "lobby");
    net_plug(net, tool, lan, NET_GROUP4);
    net_run(net, 500 * NET_MS);
    net_census(net, tool, net_say(net, tool, "backup done"), 0);
    net_run(net, 500 * NET_MS);
    const struct node_census result = node_census_result(visit_core(tool));
    ck_assert(result.over);
    ck_assert_uint_eq(result.have, 2);
    ck_assert_uint_eq(result.lack + result.silent, 0);
}
END_TEST

START_TEST(a_guest_that_cannot_enter_is_told_so)
{
    int host = visit_relay(), jack = lans_person("jack", lan);
    struct node_time time = net_time_of(net, host);
    uint64_t lobby = wire_room_tag(span_of("lobby")), other = wire_room_tag(span_of("garden"));

    ck_assert_ptr_null(node_guest_enter(visit_core(host), span_of(""), lobby, false, time));
    ck_assert_ptr_null(node_guest_enter(visit_core(host), span_of("a b"), lobby, false, time));
    ck_assert_ptr_null(node_guest_enter(visit_core(host), span_of("nina"), other, false, time));
    ck_assert_ptr_null(node_guest_enter(visit_core(jack), span_of("nina"), lobby, false, time));
    ck_assert(node_carry(visit_core(host), span_of("garden"), time));
    ck_assert(!node_carry(visit_core(host), span_of("no good"), time));
    ck_assert(!node_carry(visit_core(jack), span_of("garden"), time));
    struct node_guest *nina = node_guest_enter(visit_core(host), span_of("nina"), other, false, time);
    ck_assert_ptr_nonnull(nina);
    ck_assert(!node_guest_rename(visit_core(host), nina, span_of("~"), time));
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, node_guest_id(nina)), 0);
}
END_TEST

/* Forgery. */

static void say_entry(struct wire_entry entry)
{
    struct wire_builder entries;

    wire_builder_init(&entries, WIRE_DATAGRAM_MAX);
    wire_add_entry(&entries, &entry);
    visit_forge(
        &(struct wire_record){
            .type = WIRE_ROSTER,
            .roster = {.room = wire_room_tag(span_of("lobby")), .entries = wire_built(&entries)}
    },
        99);
}

static void say_bye(uint64_t id, uint32_t version)
{
    visit_forge(
        &(struct wire_record){
            .type = WIRE_BYE, .bye = {wire_room_tag(span_of("lobby")), version, 0}
    },
        id);
}

static void say_hello(uint64_t id)
{
    visit_forge(&(struct wire_record){.type = WIRE_HELLO, .hello = {.interval_ms = 5000}}, id);
}

/* jack sees nina, whoever says what of her, and what she says from then on. A forger's nina may be there,
 * too: then one of them is shown with digits. */
static void check_still_here(int host, struct node_guest *nina, int jack)
{
    net_run(net, 5 * NET_S);
    uint64_t id = node_guest_id(nina);
    struct node_peer peer;
    bool found = false;

    for (size_t i = 0; node_peer(visit_core(jack), i, &peer); i++)
        found |= peer.id == id && strncmp(peer.nick, "nina", 4) == 0;
    ck_assert(found);
    size_t shown = net_events(net, jack, NODE_MESSAGE, id);
    ck_assert_uint_gt(visit_say(host, nina, "it is me"), 0);
    net_run(net, NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, id), shown + 1);
}

START_TEST(a_forger_does_not_silence_a_guest)
{
    int host = visit_relay(), jack = lans_person("jack", lan);

    net_run(net, 5 * NET_S);
    struct node_guest *nina = visit_enter(host, "nina");
    net_run(net, NET_S);
    visit_say(host, nina, "hello");
    uint64_t id = node_guest_id(nina);
    switch (_i) {
    case 0:
        say_entry((struct wire_entry){.id = id, .version = 7, .state = WIRE_AWAY, .role = WIRE_TEXT});
        break;
    case 1:
        say_entry((struct wire_entry){.id = id, .version = 0, .state = WIRE_AWAY, .role = WIRE_TEXT});
        break;
    case 2:
        say_entry(
            (struct wire_entry){.id = id, .version = UINT32_MAX, .state = WIRE_AWAY, .role = WIRE_TEXT});
        break;
    case 3:
        say_bye(id, 3);
        break;
    case 4:
        visit_forge_message(id, 2);
        break;
    case 5:
        visit_forge_message(id, 4000);
        break;
    case 6:
        say_hello(id);
        break;
    case 7:
        say_entry((struct wire_entry){
            .id = id, .version = 9, .state = WIRE_HERE, .role = WIRE_TEXT, .nick = span_of("evil")});
        break;
    }
    check_still_here(host, nina, jack);
    ck_assert_uint_eq(node_guest_id(nina) == id, _i == 0 || _i == 1 || _i == 3);
    uint64_t now = node_guest_id(nina);
    net_run(net, 60 * NET_S);
    ck_assert_uint_eq(node_guest_id(nina), now);
    if (now != id)
        ck_assert_uint_eq(net_events(net, host, NODE_LEAVE, id), 1);
    struct node_peer peer;
    for (size_t i = 0; node_peer(visit_core(jack), i, &peer); i++)
        ck_assert(peer.id != id || now == id);
}
END_TEST

/* Two hosts with a guest of one id each: one of them gives way, and there is no quarrel. */
START_TEST(a_quarrel_ends)
{
    int host = visit_relay(), other = visit_relay(), jack = lans_person("jack", lan);

    net_run(net, 5 * NET_S);
    struct node_guest *nina = visit_enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    net_run(net, NET_S);
    uint64_t before = net->datagrams;
    for (uint32_t i = 1; i <= 10; i++)
        say_entry((struct wire_entry){
            .id = id, .version = i, .state = i % 2 ? WIRE_HERE : WIRE_AWAY, .role = WIRE_TEXT});
    net_run(net, NET_S);
    ck_assert_uint_lt(net->datagrams - before, 60);
    check_still_here(host, nina, jack);
    ck_assert(net->nodes[other].node);
}
END_TEST

/* Candidates. */

static struct node_guest *candidate(int node, uint64_t server)
{
    struct node_guest *guest = node_candidate_enter(visit_core(node), wire_room_tag(span_of("lobby")), server,
                                                    net_time_of(net, node));

    net_flush(net, node);
    ck_assert_ptr_nonnull(guest);
    return guest;
}

/* Two sites with a relay each, and a hub between: who came first holds the connection to the server. */
START_TEST(one_relay_holds_the_connection)
{
    int host = visit_hub(), first = visit_relay(), second = net_forwarder(net, WIRE_RELAY, false),
        jack = lans_person("jack", lan);

    net_connect(net, host, first);
    net_connect(net, host, second);
    net_run(net, 5 * NET_S);
    struct node_guest *a = candidate(first, 17);
    net_run(net, 3 * NET_S);
    struct node_guest *b = candidate(second, 17), *c = candidate(second, 18);
    net_run(net, 3 * NET_S);
    ck_assert(node_candidate_holds(visit_core(first), a));
    ck_assert(!node_candidate_holds(visit_core(second), b));
    ck_assert(node_candidate_holds(visit_core(second), c));
    visit_leave(first, a);
    a = candidate(first, 17);
    net_run(net, 3 * NET_S);
    ck_assert(node_candidate_holds(visit_core(second), b));
    ck_assert(!node_candidate_holds(visit_core(first), a));
    net_kill(net, second);
    net_run(net, 60 * NET_S);
    ck_assert(node_candidate_holds(visit_core(first), a));
    struct node_peer peer;
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, 0), 0);
    for (size_t i = 0; node_peer(visit_core(jack), i, &peer); i++)
        ck_assert_int_eq(peer.role, WIRE_RELAY);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("guest");

    tcase_add_checked_fixture(tests, setup, lans_end);
    tcase_add_test(tests, a_guest_is_a_person_to_all);
    tcase_add_test(tests, nobody_waits_for_what_the_host_joins);
    tcase_add_test(tests, a_silent_guest_stays);
    tcase_add_test(tests, a_host_that_leaves_takes_its_guests_along);
    tcase_add_test(tests, nothing_of_it_is_lost);
    tcase_add_test(tests, a_long_text_is_one_message);
    tcase_add_test(tests, words_of_a_text_server_are_marked);
    tcase_add_test(tests, nobody_waits_for_guests);
    tcase_add_test(tests, a_guest_that_cannot_enter_is_told_so);
    tcase_add_loop_test(tests, a_forger_does_not_silence_a_guest, 0, 8);
    tcase_add_test(tests, a_quarrel_ends);
    tcase_add_test(tests, one_relay_holds_the_connection);
    return suite_run(tests, "guest");
}
