/* Guests: people without a node of their own are people to everybody, and nobody else is harmed by them. */
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "net.h"
#include "suite.h"

static struct net *net;
static int lan;

static void setup(void)
{
    net = net_new(47);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
}

static struct span word(const char *text)
{
    return (struct span){text, strlen(text)};
}

static int forwarder(enum wire_role role)
{
    struct node_config config = net_config(net, "relay", role, "lobby");

    config.forwards = true;
    return net_add_config(net, &config);
}

static int hub(void)
{
    return forwarder(WIRE_HUB);
}

static int relay(void)
{
    int node = forwarder(WIRE_RELAY);

    net_plug(net, node, lan, NET_GROUP4);
    return node;
}

static int person(const char *nick)
{
    int node = net_add(net, nick, WIRE_PERSON, "lobby");

    net_plug(net, node, lan, NET_GROUP4);
    return node;
}

static struct node *core(int node)
{
    return net->nodes[node].node;
}

static struct node_guest *enter_room(int node, const char *nick, const char *room)
{
    struct node_guest *guest =
        node_guest_enter(core(node), word(nick), wire_room_tag(word(room)), false, net_time_of(net, node));

    net_flush(net, node);
    return guest;
}

static struct node_guest *enter(int node, const char *nick)
{
    return enter_room(node, nick, "lobby");
}

static void leave(int node, struct node_guest *guest)
{
    node_guest_leave(core(node), guest, net_time_of(net, node));
    net_flush(net, node);
}

static uint32_t say(int node, struct node_guest *guest, const char *text)
{
    uint32_t number = node_guest_say(core(node), guest, word(text), false, net_time_of(net, node));

    net_flush(net, node);
    return number;
}

static void rename_to(int node, struct node_guest *guest, const char *nick)
{
    ck_assert(node_guest_rename(core(node), guest, word(nick), net_time_of(net, node)));
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
    int host = hub(), at = relay(), jack = person("jack");

    net_connect(net, host, at);
    net_run(net, 10 * NET_S);
    struct node_guest *nina = enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    net_run(net, NET_S);
    ck_assert_uint_eq(say(host, nina, "What's up!?"), 1);
    ck_assert_uint_eq(say(host, nina, "hello?"), 2);
    net_run(net, NET_S);
    rename_to(host, nina, "nino");
    net_run(net, NET_S);
    int late = person("late");
    net_run(net, NET_S);
    leave(host, nina);
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
    int host = relay(), pia = net_add(net, "pia", WIRE_PERSON, "lobby");

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
    int host = relay(), jack = person("jack");
    uint64_t id = node_guest_id(enter(host, "nina"));

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
    int host = relay(), jack = person("jack");
    uint64_t id = node_guest_id(enter(host, "nina"));

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
    int jack = person("jack");
    net_run(net, 5 * NET_S);
    net->segments[lan].loss = 500;
    int host = relay();
    struct node_guest *nina = enter(host, "nina");
    uint64_t id = node_guest_id(nina);

    for (int i = 1; i <= 100; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d", i);
        ck_assert_uint_eq(say(host, nina, line), (uint32_t)i);
        net_run(net, (uint64_t)(i % 7) * NET_MS);
    }
    leave(host, nina);
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
    int host = relay(), jack = person("jack");

    memset(text, 'x', TEXT_SAY_MAX);
    net_run(net, 5 * NET_S);
    struct node_guest *nina = enter(host, "nina");
    ck_assert_uint_gt(say(host, nina, text), 1);
    net_run(net, NET_S);
    for (int node = host; node <= jack; node++) {
        ck_assert_uint_eq(net_events(net, node, NODE_MESSAGE, 0), 1);
        ck_assert_uint_eq(net_event(net, node, NODE_MESSAGE, 0, 0)->is.text.length, TEXT_SAY_MAX);
    }
    ck_assert_uint_eq(node_guest_say(core(host), nina, (struct span){text, TEXT_SAY_MAX + 1}, false,
                                     net_time_of(net, host)),
                      0);
}
END_TEST

/* What comes from a text server says so wherever it is shown. */
START_TEST(words_of_a_text_server_are_marked)
{
    int host = relay(), jack = person("jack");
    struct node_time time = net_time_of(net, host);

    net_run(net, 5 * NET_S);
    struct node_guest *nina =
        node_guest_enter(core(host), word("nina"), wire_room_tag(word("lobby")), true, time);
    node_guest_say(core(host), nina, word("waves"), true, net_time_of(net, host));
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
    int host = relay();

    enter(host, "nina");
    person("jack");
    net_run(net, 5 * NET_S);
    int tool = net_add(net, "cron", WIRE_TOOL, "lobby");
    net_plug(net, tool, lan, NET_GROUP4);
    net_run(net, 500 * NET_MS);
    net_census(net, tool, net_say(net, tool, "backup done"), 0);
    net_run(net, 500 * NET_MS);
    const struct node_census result = node_census_result(core(tool));
    ck_assert(result.over);
    ck_assert_uint_eq(result.have, 2);
    ck_assert_uint_eq(result.lack + result.silent, 0);
}
END_TEST

START_TEST(a_guest_that_cannot_enter_is_told_so)
{
    int host = relay(), jack = person("jack");
    struct node_time time = net_time_of(net, host);
    uint64_t lobby = wire_room_tag(word("lobby")), other = wire_room_tag(word("garden"));

    ck_assert_ptr_null(node_guest_enter(core(host), word(""), lobby, false, time));
    ck_assert_ptr_null(node_guest_enter(core(host), word("a b"), lobby, false, time));
    ck_assert_ptr_null(node_guest_enter(core(host), word("nina"), other, false, time));
    ck_assert_ptr_null(node_guest_enter(core(jack), word("nina"), lobby, false, time));
    ck_assert(node_carry(core(host), word("garden"), time));
    ck_assert(!node_carry(core(host), word("no good"), time));
    ck_assert(!node_carry(core(jack), word("garden"), time));
    struct node_guest *nina = node_guest_enter(core(host), word("nina"), other, false, time);
    ck_assert_ptr_nonnull(nina);
    ck_assert(!node_guest_rename(core(host), nina, word("~"), time));
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, node_guest_id(nina)), 0);
}
END_TEST

/* Forgery. */

static void inject(int node, const struct wire_record *record, uint64_t sender)
{
    uint8_t bytes[WIRE_DATAGRAM_MAX];
    const struct wire_header header = {.version = WIRE_VERSION, .hops = 1, .sender = sender};
    const struct node_address from = {.octets = {9}, .length = 1};

    wire_encode_header(&header, bytes, sizeof bytes);
    size_t length = wire_encode(record, bytes + WIRE_HEADER_SIZE, sizeof bytes - WIRE_HEADER_SIZE);
    ck_assert_uint_gt(length, 0);
    for (int i = 0; i < net->node_count; i++)
        if (net->nodes[i].node && (node < 0 || i == node)) {
            node_receive(core(i), 0, WIRE_PATH_GROUP4, &from, bytes, WIRE_HEADER_SIZE + length,
                         net_time_of(net, i));
            net_flush(net, i);
        }
}

static void say_entry(struct wire_entry entry)
{
    struct wire_builder entries;

    wire_builder_init(&entries, WIRE_DATAGRAM_MAX);
    wire_add_entry(&entries, &entry);
    inject(-1,
           &(struct wire_record){
               .type = WIRE_ROSTER,
               .roster = {.room = wire_room_tag(word("lobby")), .entries = wire_built(&entries)}
    },
           99);
}

static void say_message(uint64_t origin, uint32_t number)
{
    inject(-1,
           &(struct wire_record){
               .type = WIRE_MESSAGE,
               .message = {.origin = origin,
                           .number = number,
                           .stamp = 5,
                           .room = wire_room_tag(word("lobby")),
                           .nick = word("nina"),
                           .text = word("forged")}
    },
           99);
}

static void say_bye(uint64_t id, uint32_t version)
{
    inject(-1,
           &(struct wire_record){
               .type = WIRE_BYE, .bye = {wire_room_tag(word("lobby")), version, 0}
    },
           id);
}

static void say_hello(uint64_t id)
{
    inject(-1, &(struct wire_record){.type = WIRE_HELLO, .hello = {.interval_ms = 5000}}, id);
}

/* jack sees nina, whoever says what of her, and what she says from then on. */
static void check_still_here(int host, struct node_guest *nina, int jack)
{
    net_run(net, 5 * NET_S);
    uint64_t id = node_guest_id(nina);
    struct node_peer peer;
    bool found = false;

    for (size_t i = 0; node_peer(core(jack), i, &peer); i++)
        found |= peer.id == id && strcmp(peer.nick, "nina") == 0;
    ck_assert(found);
    size_t shown = net_events(net, jack, NODE_MESSAGE, id);
    ck_assert_uint_gt(say(host, nina, "it is me"), 0);
    net_run(net, NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, id), shown + 1);
}

START_TEST(a_forger_does_not_silence_a_guest)
{
    int host = relay(), jack = person("jack");

    net_run(net, 5 * NET_S);
    struct node_guest *nina = enter(host, "nina");
    net_run(net, NET_S);
    say(host, nina, "hello");
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
        say_message(id, 2);
        break;
    case 5:
        say_message(id, 4000);
        break;
    case 6:
        say_hello(id);
        break;
    case 7:
        say_entry((struct wire_entry){
            .id = id, .version = 9, .state = WIRE_HERE, .role = WIRE_TEXT, .nick = word("evil")});
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
    for (size_t i = 0; node_peer(core(jack), i, &peer); i++)
        ck_assert(peer.id != id || now == id);
}
END_TEST

/* Two hosts with a guest of one id each: one of them gives way, and there is no quarrel. */
START_TEST(a_quarrel_ends)
{
    int host = relay(), other = relay(), jack = person("jack");

    net_run(net, 5 * NET_S);
    struct node_guest *nina = enter(host, "nina");
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

/* Many. */

#define CROWD 1000

START_TEST(a_thousand_guests_are_known)
{
    static struct node_guest *guests[CROWD];
    int host = relay(), jack = person("jack");

    net_run(net, 5 * NET_S);
    for (int i = 0; i < CROWD; i++) {
        char nick[TEXT_NICK_MAX];
        snprintf(nick, sizeof nick, "guest%d", i);
        guests[i] = enter(host, nick);
    }
    net_run(net, 2 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, 0), CROWD);
    for (int i = 0; i < CROWD; i++)
        say(host, guests[i], "hello");
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_MESSAGE, 0), CROWD);
    for (int i = 0; i < CROWD; i++)
        leave(host, guests[i]);
    net_run(net, 5 * NET_S);
    ck_assert_uint_eq(net_events(net, jack, NODE_LEAVE, 0), CROWD);
}
END_TEST

/* Guests take no place from others. */
START_TEST(a_full_house_lets_others_in)
{
    int host = hub();

    for (int i = 0; i < 5200; i++) {
        char nick[TEXT_NICK_MAX];
        snprintf(nick, sizeof nick, "guest%d", i);
        struct node_guest *guest = enter(host, nick);
        ck_assert_ptr_nonnull(guest);
        ck_assert_uint_eq(say(host, guest, "hello"), 1);
    }
    int jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    net_connect(net, jack, host);
    net_run(net, 5 * NET_S);
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
    static char text[5000];

    teardown();
    setup();
    int host = relay();
    person("jack");
    net_run(net, 5 * NET_S);
    struct node *node = core(host);
    memset(text, 'x', sizeof text - 1);
    memory_fail(n, on);
    net_enter(net, host);
    struct node_time time = net_time_of(net, host);
    struct node_guest *nina = node_guest_enter(node, word("nina"), wire_room_tag(word("lobby")), false, time);
    if (nina) {
        node_guest_say(node, nina, word(text), false, time);
        node_guest_rename(node, nina, word("nino"), time);
    }
    net_leave();
    net_flush(net, host);
    if (nina) {
        uint64_t id = node_guest_id(nina);
        say_message(id, 100); /* it takes a fresh id, if it can */
        net_enter(net, host);
        node_guest_say(node, nina, word("hello"), false, time);
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
        struct node_guest *late = enter(0, "late"); /* it works again */
        ck_assert_ptr_nonnull(late);
        ck_assert_uint_eq(say(0, late, "is it over?"), 1);
        net_run(net, NET_S);
        ck_assert(net_shown_once(net, 1, "is it over?"));
    }
}
END_TEST

/* Carries another room where the n-th allocation for one has failed. False when none did. */
static bool carry_without(unsigned long n)
{
    teardown();
    setup();
    int host = relay(), jack = net_add(net, "jack", WIRE_PERSON, "orchard");
    net_connect(net, jack, host);
    net_run(net, 5 * NET_S);
    memory_fail(n, false);
    net_enter(net, host);
    bool carried = node_carry(core(host), word("garden"), net_time_of(net, host));
    net_leave();
    memory_fail(0, false);
    ck_assert(node_carry(core(host), word("orchard"), net_time_of(net, host)));
    net_run(net, 5 * NET_S);
    struct node_guest *nina = enter_room(host, "nina", "orchard");
    ck_assert_ptr_nonnull(nina);
    say(host, nina, "here");
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
    int host = hub();

    enter(host, "nina");
    net_run(net, NET_S);
    ck_assert_uint_eq(node_deadline(core(host)), UINT64_MAX);
}
END_TEST

/* Full connections. */

static void set_full(int node, int link, bool full)
{
    node_link_full(core(node), link, full, net_time_of(net, node));
    net_flush(net, node);
}

/* What waits for a connection that takes nothing is bounded, nobody else waits longer than a second for it,
 * and it is complete in the end. */
START_TEST(a_full_connection_catches_up)
{
    static char text[1000];
    int host = hub(), jack = net_add(net, "jack", WIRE_PERSON, "lobby"),
        molly = net_add(net, "molly", WIRE_PERSON, "lobby");
    const int count = 600;
    int waited = 0;

    memset(text, 'x', sizeof text - 1);
    net_connect(net, host, jack);
    net_connect(net, host, molly);
    net_run(net, 5 * NET_S);
    struct node_guest *nina = enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    net_run(net, NET_S);
    set_full(host, 0, true);
    ck_assert(!node_may_say(core(host))); /* it may take more soon */
    ck_assert_uint_le(node_deadline(core(host)), net_time_of(net, host).now_us + NET_S);
    net_run(net, NET_S);
    for (int i = 0; i < count; i++) {
        if (!node_may_say(core(host))) {
            ck_assert_int_eq(waited++, 0);
            ck_assert_uint_le(node_deadline(core(host)), net_time_of(net, host).now_us + NET_S);
            net_run(net, NET_S);
        }
        ck_assert(node_may_say(core(host)));
        ck_assert(node_may_read(core(host), 1));
        ck_assert_uint_gt(say(host, nina, text), 0);
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
    static char text[1000];
    int host = hub(), jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    size_t said = 0;

    memset(text, 'x', sizeof text - 1);
    net_connect(net, host, jack);
    net_run(net, 5 * NET_S);
    struct node_guest *nina = enter(host, "nina");
    uint64_t id = node_guest_id(nina);
    for (int i = 0; i < 40; i++) {
        for (int n = 0; n < 50; n++, said++) {
            ck_assert(node_may_say(core(host)));
            ck_assert_uint_gt(say(host, nina, text), 0);
        }
        set_full(host, 0, true);
        net_run(net, 500 * NET_MS);
        ck_assert(!node_may_say(core(host)));
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
    static char text[1000];
    int host = hub(), jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    size_t said = 0;

    memset(text, 'x', sizeof text - 1);
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
    static char text[1000];
    int host = hub(), jack = net_add(net, "jack", WIRE_PERSON, "lobby");
    uint32_t said = 0;

    memset(text, 'x', sizeof text - 1);
    net_connect(net, host, jack);
    net_run(net, 5 * NET_S);
    set_full(jack, 0, true);
    while (node_may_say(core(jack)) && said < 1000)
        said = node_say(core(jack), word(text), false, net_time_of(net, jack));
    ck_assert_uint_lt(said, 100);
    set_full(jack, 0, false);
    net_run(net, NET_S);
    ck_assert(node_may_say(core(jack)));
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
    int host = hub(), other = hub();

    net_connect(net, host, other);
    net_run(net, 60 * NET_S);
    frames = longest_us = 0;
    last_frame_us = net->now_us;
    net->see = see_frame;
    net_run(net, 600 * NET_S);
    ck_assert_uint_le(frames, 60);
    ck_assert_uint_lt(longest_us, 20 * NET_S);
    ck_assert_uint_gt(node_link_heard(core(host), 0), net->now_us - 20 * NET_S);
}
END_TEST

/* Candidates. */

static struct node_guest *candidate(int node, uint64_t server)
{
    struct node_guest *guest =
        node_candidate_enter(core(node), wire_room_tag(word("lobby")), server, net_time_of(net, node));

    net_flush(net, node);
    ck_assert_ptr_nonnull(guest);
    return guest;
}

/* Two sites with a relay each, and a hub between: who came first holds the connection to the server. */
START_TEST(one_relay_holds_the_connection)
{
    int host = hub(), first = relay(), second = forwarder(WIRE_RELAY), jack = person("jack");

    net_connect(net, host, first);
    net_connect(net, host, second);
    net_run(net, 5 * NET_S);
    struct node_guest *a = candidate(first, 17);
    net_run(net, 3 * NET_S);
    struct node_guest *b = candidate(second, 17), *c = candidate(second, 18);
    net_run(net, 3 * NET_S);
    ck_assert(node_candidate_holds(core(first), a));
    ck_assert(!node_candidate_holds(core(second), b));
    ck_assert(node_candidate_holds(core(second), c));
    leave(first, a);
    a = candidate(first, 17);
    net_run(net, 3 * NET_S);
    ck_assert(node_candidate_holds(core(second), b));
    ck_assert(!node_candidate_holds(core(first), a));
    net_kill(net, second);
    net_run(net, 60 * NET_S);
    ck_assert(node_candidate_holds(core(first), a));
    struct node_peer peer;
    ck_assert_uint_eq(net_events(net, jack, NODE_JOIN, 0), 0);
    for (size_t i = 0; node_peer(core(jack), i, &peer); i++)
        ck_assert_int_eq(peer.role, WIRE_RELAY);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("guest");

    tcase_add_checked_fixture(tests, setup, teardown);
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
    tcase_add_test(tests, one_relay_holds_the_connection);
    return suite_run(tests, "guest");
}
