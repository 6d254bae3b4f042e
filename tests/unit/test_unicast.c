/* Unicast: copies of what is said, for whom no path reaches, and segments of one address, which the user
 * named. */
#include "lans.h"
#include "suite.h"
#include "watch.h"

#define KNOWN_US (40 * NET_S) /* a fault is known by then */

static void setup(void)
{
    lans_begin(23);
}

/* Who hears by unicast alone has copies of what is said, once his address has echoed a nonce. */
static bool no_hellos_by_unicast(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    struct wire_datagram open;
    struct wire_record record;

    if (datagram->node == 1 && datagram->path == WIRE_PATH_UNICAST &&
        wire_open(&open, datagram->bytes, datagram->length) && wire_next(&open, &record) &&
        record.type == WIRE_HELLO)
        return false;
    return fails(of, datagram, to, context);
}

START_TEST(no_copy_goes_where_no_nonce_was_echoed)
{
    static const struct fault nothing_there = {NET_LAN, 0, 0};

    net_people(net, 3, lan, NET_LAN);
    break_it(&nothing_there);
    if (_i == 0)
        net->pass = no_hellos_by_unicast;
    net_run(net, KNOWN_US);
    watch();
    net_say(net, 0, "hi");
    net_run(net, 5 * NET_S);
    ck_assert(net_shown_once(net, 2, "hi"));
    ck_assert(net_shown_once(net, 1, "hi")); /* from the third, who heard it, if not from him */
    ck_assert_uint_eq(copies_to[1], (unsigned)_i);
    ck_assert_uint_eq(copies_to[2], 0);
}
END_TEST

/* Nor at once, when words are lost and asked for again and again. */
START_TEST(no_copy_goes_where_no_nonce_was_echoed_yet)
{
    static const struct fault nothing_there = {NET_LAN, 0, 0};

    net_people(net, 2, lan, NET_LAN);
    break_it(&nothing_there);
    if (_i == 0)
        net->pass = no_hellos_by_unicast;
    watch();
    net_say(net, 0, "hi");
    net_run(net, 5 * NET_S);
    ck_assert_int_eq(net_shown_once(net, 1, "hi"), _i);
    ck_assert_uint_eq(copies_to[1] > 0, (unsigned)_i);
    ck_assert_uint_le(copies_to[1], 2);
}
END_TEST

/* On a healthy LAN what was said is told to each of few, once, and nobody answers; of many to nobody. */
START_TEST(few_are_told_what_was_said)
{
    static const int counts[] = {2, 9, 10};
    static const unsigned told[] = {1, 8, 0};

    net_people(net, counts[_i], lan, NET_LAN);
    watch();
    say();
    net_run(net, 20 * NET_S);
    ck_assert_uint_eq(prompts, told[_i]);
    ck_assert_uint_eq(hellos[WIRE_PATH_UNICAST], 0);
}
END_TEST

/* The far end of a VPN is slow, and the talk goes on: hellos, and with each a nonce, come faster than echoes.
 */
START_TEST(a_slow_echo_proves_an_address_while_others_talk)
{
    static const struct fault nothing_there = {NET_LAN, 0, 0};

    net->segments[lan].delay_us = 200 * NET_MS;
    net_people(net, 3, lan, NET_LAN);
    net_run(net, 5 * NET_S);
    break_it(&nothing_there);
    for (int i = 0; i < 200; i++) {
        if (i == 120)
            watch();
        net_say(net, i % 2 ? 0 : 2, text_of(++texts_said));
        net_run(net, 300 * NET_MS);
    }
    ck_assert_uint_ge(copies_to[1], 38);
}
END_TEST

static void claim_echo(uint64_t id, uint8_t hears, uint64_t echo)
{
    struct wire_builder rooms;

    wire_builder_init(&rooms, WIRE_DATAGRAM_MAX);
    wire_add_room(&rooms,
                  &(struct wire_room){.tag = wire_room_tag(span_of("lobby")), .name = span_of("lobby")});
    const struct wire_record hello = {
        .type = WIRE_HELLO,
        .hello = {.interval_ms = 5000, .hears = hears, .echo = echo, .rooms = wire_built(&rooms)}
    };
    net_forge(net, 0, id, &hello);
}

static void claim(uint64_t id, uint8_t hears)
{
    claim_echo(id, hears, 0);
}

static void see_prompts(struct net *of, const struct net_datagram *is, void *context)
{
    struct wire_record record;

    (void)of;
    (void)context;
    for (size_t i = 0; is->node == 0 && is->to.length > 0 && net_record(is, WIRE_PROMPT, i, &record); i++)
        prompts++;
}

/* Hellos in the name of others, from an address that is not their sender's, draw few prompts to there. */
START_TEST(who_forges_an_address_draws_no_flood_to_it)
{
    static const unsigned claims = 1000, most_for_each = 2;

    net_people(net, 2, lan, NET_LAN);
    net->see = see_prompts;
    prompts = 0;
    for (uint64_t id = 1; id <= 8; id++)
        claim(id, 0);
    net_run(net, NET_S);
    for (unsigned i = 0; i < claims; i++) {
        claim(8 + (uint64_t)_i, i % 2 ? 0 : NET_LAN);
        net_run(net, NET_MS);
    }
    ck_assert_uint_le(prompts, 8 * most_for_each + claims);
}
END_TEST

/* Whoever answers for several names at one address has one copy. */
static uint64_t nonces[4];
static unsigned copies;

static void see_nonces(struct net *of, const struct net_datagram *is, void *context)
{
    struct wire_record record;

    (void)of;
    (void)context;
    if (is->node != 0 || is->to.length == 0)
        return;
    for (size_t i = 0; net_record(is, WIRE_PROMPT, i, &record); i++)
        if (record.prompt.first < 4)
            nonces[record.prompt.first] = record.prompt.nonce;
    copies += net_records(is, WIRE_MESSAGE) > 0;
}

START_TEST(one_copy_goes_to_an_address)
{
    net_people(net, 1, lan, NET_LAN);
    net->see = see_nonces;
    for (int i = 0; i < 2; i++) {
        for (uint64_t id = 1; id < 4; id++)
            claim_echo(id, 0, nonces[id]);
        net_run(net, 3 * NET_S);
    }
    for (uint64_t id = 1; id < 4; id++)
        claim_echo(id, 0, nonces[id]);
    copies = 0;
    net_say(net, 0, "hi");
    net_run(net, 10 * NET_MS);
    ck_assert_uint_eq(copies, 1);
}
END_TEST

/* Nor do they keep the places of those who have named this host. */
START_TEST(who_forges_an_address_keeps_nobody_out)
{
    int guest;

    net_people(net, 1, lan, NET_LAN);
    for (uint64_t id = 1; id <= 20; id++)
        claim(id, 0);
    net_run(net, 4 * NET_S);
    guest = net_add(net, "far", WIRE_PERSON, "lobby");
    net_plug(net, guest, lan, NET_UNICAST);
    for (int i = 0; i < 20; i++) {
        claim(1 + (uint64_t)i, 0);
        net_run(net, 500 * NET_MS);
    }
    net_say(net, 0, "to everybody");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, guest, "to everybody"));
}
END_TEST

/* A link to one address: found within a second or two of its coming, however late it comes. */
START_TEST(two_meet_at_an_address)
{
    int a = net_add(net, "molly", WIRE_PERSON, "lobby"), b = net_add(net, "jack", WIRE_PERSON, "lobby");

    net_plug(net, a, lan, NET_UNICAST);
    net_run(net, 100 * NET_S);
    net_plug(net, b, lan, NET_UNICAST);
    net_run(net, 2 * NET_S);
    ck_assert_uint_eq(net_events(net, a, NODE_JOIN, 0), 1);
    ck_assert_uint_eq(net_events(net, b, NODE_JOIN, 0), 1);
    watch();
    ck_assert_uint_le(say(), NET_MS);
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(messages, 1);
    ck_assert_uint_le(hellos[WIRE_PATH_UNICAST], 2 * 30 / 5 * 4 / 3 + 4);
    ck_assert_uint_eq(net_events(net, a, NODE_LEAVE, 0), 0);
}
END_TEST

/* Somebody from another LAN names one host of this one. He joins at once: what was said before is history. */
static int late;

static bool first_host_alone(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node != late || to == 0 || datagram->to.length > 0;
}

static bool all_are_seen(struct net *of)
{
    for (int i = 0; i <= late; i++)
        if (net_peers(of, i) != (size_t)late)
            return false;
    return true;
}

START_TEST(who_names_a_host_joins_at_once)
{
    static const int counts[] = {4, 12};

    net_people(net, counts[_i], lan, NET_LAN);
    say();
    net_run(net, 10 * NET_S); /* no hello is due */
    net->pass = first_host_alone;
    late = net_add(net, "late", WIRE_PERSON, "lobby");
    uint64_t start = net->now_us;
    net_plug(net, late, lan, NET_UNICAST);
    net_run(net, 100 * NET_MS);
    ck_assert_uint_eq(net_peers(net, late), (size_t)late);
    ck_assert_uint_eq(net_events(net, late, NODE_READY, 0), 1);
    ck_assert_uint_eq(net_events(net, 0, NODE_JOIN, net_id(net, late)), 1);
    net_run_until(net, all_are_seen, 5 * NET_S);
    ck_assert_uint_le(net->now_us - start, 2 * NET_S);
    net_say(net, 0, "from the host");
    net_say(net, 1, "from behind it");
    net_say(net, late, "from far");
    net_run(net, NET_S);
    for (int i = 0; i <= late; i++) {
        ck_assert(i == 0 || net_shown_once(net, i, "from the host"));
        ck_assert(i == 1 || net_shown_once(net, i, "from behind it"));
        ck_assert(i == late || net_shown_once(net, i, "from far"));
    }
    ck_assert_uint_eq(net_events(net, late, NODE_MESSAGE, 0), 2);
    check_nobody_left();
}
END_TEST

/* As many as there may be in a class whose network carries no multicast. */
static bool host_alone(struct net *of, const struct net_datagram *datagram, int to, void *context)
{
    (void)of;
    (void)context;
    return datagram->node == 0 ? datagram->to.length > 0 : to == 0;
}

START_TEST(thirty_name_one_host)
{
    net_people(net, 1, lan, NET_LAN);
    net_run(net, NET_S);
    net->pass = host_alone;
    for (int i = 1; i <= 30; i++)
        net_plug(net, net_add(net, "pupil", WIRE_PERSON, "lobby"), lan, NET_UNICAST);
    net_run(net, 12 * NET_S);
    net_say(net, 0, "to the class");
    for (int i = 1; i <= 30; i++)
        net_say(net, i, "here");
    net_run(net, 3 * NET_S);
    for (int i = 1; i <= 30; i++)
        ck_assert(net_shown_once(net, i, "to the class"));
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 30);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("unicast");

    tcase_add_checked_fixture(tests, setup, lans_end);
    tcase_add_loop_test(tests, no_copy_goes_where_no_nonce_was_echoed, 0, 2);
    tcase_add_loop_test(tests, no_copy_goes_where_no_nonce_was_echoed_yet, 0, 2);
    tcase_add_loop_test(tests, few_are_told_what_was_said, 0, 3);
    tcase_add_test(tests, a_slow_echo_proves_an_address_while_others_talk);
    tcase_add_loop_test(tests, who_forges_an_address_draws_no_flood_to_it, 0, 2);
    tcase_add_test(tests, two_meet_at_an_address);
    tcase_add_test(tests, one_copy_goes_to_an_address);
    tcase_add_test(tests, who_forges_an_address_keeps_nobody_out);
    tcase_add_test(tests, thirty_name_one_host);
    tcase_add_loop_test(tests, who_names_a_host_joins_at_once, 0, 2);
    return suite_run(tests, "unicast");
}
