/* Identity: two nodes that chance, or a copied machine, gave one id; and a node that hears itself. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "suite.h"

#define FIRST_DRAWS 1 /* the id */

/* Randomness of its own for each node; two may draw the same numbers, for a while or always. */
static struct dice {
    uint64_t state, draws, apart; /* after so many draws they are apart */
} dice[2];

static struct net *net;
static int lan, molly;
static uint64_t born; /* the id that both have at first */

/* A node that hears all that it sends once more: as it was, or by other paths, some time later. */
struct echo {
    uint64_t at_us;
    size_t length;
    enum wire_path path;
    uint8_t bytes[WIRE_DATAGRAM_MAX];
};

static struct echo *echoes;
static size_t echo_count, echo_done;
static unsigned heard_anybody; /* hellos that say so */

static void setup(void)
{
    net = net_new(61);
    lan = net_segment(net);
}

static void teardown(void)
{
    net_free(net);
    free(echoes);
    echoes = NULL;
}

static void roll(void *context, void *bytes, size_t length)
{
    struct dice *of = context;
    uint64_t number = net_next_random(&of->state);

    if (++of->draws == of->apart)
        of->state += (uint64_t)(of - dice) + 1;
    memcpy(bytes, &number, length < sizeof number ? length : sizeof number);
}

static int twin(int which, const char *nick, uint64_t apart)
{
    struct node_config config = net_config(net, nick, WIRE_PERSON, "lobby");

    dice[which] = (struct dice){.state = 5, .apart = apart};
    config.random = (struct node_random){roll, &dice[which]};
    return net_add_config(net, &config);
}

/* molly, and two with one id who come in the same moment. */
static void begin(const char *one, const char *other, uint64_t apart)
{
    molly = net_person(net, "molly", lan);
    net_run(net, 5 * NET_S);
    int a = twin(0, one, apart), b = twin(1, other, apart);
    born = net_id(net, a);
    ck_assert_uint_eq(net_id(net, b), born);
    net_plug(net, a, lan, NET_LAN);
    net_plug(net, b, lan, NET_LAN);
}

static size_t shown(int node, const char *text)
{
    const struct net_event *event;
    size_t count = 0;

    for (size_t i = 0; (event = net_event(net, node, NODE_MESSAGE, 0, i)); i++)
        count += span_equal(event->is.text, span_of(text));
    return count;
}

static void show_once(const char *text, int speaker)
{
    for (int node = 0; node < net->node_count; node++)
        ck_assert_msg(shown(node, text) == (node != speaker), "%s: %zu times at %d", text, shown(node, text),
                      node);
}

/* They are two, to everybody, and who has come and gone is as many. */
static void check_two(void)
{
    ck_assert_uint_ne(net_id(net, 1), net_id(net, 2));
    ck_assert(net_agree(net));
    for (int node = 0; node < 3; node++) {
        ck_assert_uint_eq(net_peers(net, node), 2);
        ck_assert_uint_eq(net_events(net, node, NODE_JOIN, 0) - net_events(net, node, NODE_LEAVE, 0), 2);
        ck_assert_uint_le(net_events(net, node, NODE_LEAVE, 0), 1);
        ck_assert_uint_eq(net_events(net, node, NODE_LOST, 0), 0);
    }
}

static const struct kin {
    const char *one, *other;
    uint64_t apart;
} kin[] = {
    {"jack", "jill", FIRST_DRAWS},
    {"jack", "jack", FIRST_DRAWS},
    {"jack", "jill", 0          },
    {"jack", "jack", 0          },
};

START_TEST(twins_are_two)
{
    begin(kin[_i].one, kin[_i].other, kin[_i].apart);
    net_run(net, 3 * NET_S);
    net_say(net, 1, "I am the first");
    net_run(net, NET_S);
    net_say(net, 2, "I am the second");
    net_run(net, NET_S);
    net_say(net, 1, "again the first");
    net_say(net, 2, "again the second");
    net_run(net, 40 * NET_S);
    show_once("I am the first", 1);
    show_once("I am the second", 2);
    show_once("again the first", 1);
    show_once("again the second", 2);
    check_two();
}
END_TEST

/* In one moment both say something, under one id and number: it is shown, whoever hears which first. */
START_TEST(twins_speak_together)
{
    begin(kin[_i % 4].one, kin[_i % 4].other, kin[_i % 4].apart);
    net_run(net, _i % 4 < 2 ? 0 : 3 * NET_S);
    net_say(net, 1, "I am the first");
    if (_i < 4) /* else their hellos are the same */
        net_say(net, 1, "and he is not");
    net_say(net, 2, "I am the second");
    net_run(net, 2 * NET_S);
    ck_assert_uint_ge(shown(molly, "I am the first"), 1);
    ck_assert_uint_ge(shown(molly, "and he is not"), _i < 4);
    ck_assert_uint_ge(shown(molly, "I am the second"), 1);
    ck_assert_uint_eq(shown(1, "I am the first") + shown(2, "I am the second"), 0);
    net_run(net, 40 * NET_S);
    check_two();
}
END_TEST

static void keep(struct net *of, const struct net_datagram *datagram, void *context)
{
    struct wire_record hello;

    (void)context;
    if (datagram->node != 0)
        return;
    if (net_record(datagram, WIRE_HELLO, 0, &hello))
        heard_anybody += hello.hello.hears != 0;
    echoes = realloc(echoes, (echo_count + 1) * sizeof *echoes);
    struct echo *echo = &echoes[echo_count++];
    *echo = (struct echo){.at_us = of->now_us, .length = datagram->length, .path = datagram->path};
    memcpy(echo->bytes, datagram->bytes, datagram->length);
}

/* Time passes; what was sent comes back so much later. */
static void reflect(uint64_t us, uint64_t later_us, bool elsewhere)
{
    for (uint64_t until = net->now_us + us; net->now_us < until;) {
        net_run(net, 10 * NET_MS);
        for (; echo_done < echo_count && echoes[echo_done].at_us + later_us <= net->now_us; echo_done++) {
            const struct echo echo = echoes[echo_done];
            net_inject(net, 0, 0, elsewhere ? (echo.path + 1) % WIRE_PATH_UNICAST : echo.path, echo.bytes,
                       echo.length);
        }
    }
}

static void begin_mirror(void)
{
    free(echoes);
    echoes = NULL;
    echo_count = echo_done = heard_anybody = 0;
    net->see = keep;
}

static const struct mirror {
    uint64_t later_us;
    bool elsewhere;
} mirrors[] = {
    {0,          false},
    {0,          true },
    {3 * NET_S,  false},
    {3 * NET_S,  true },
    {60 * NET_S, true },
};

/* Who hears himself is alone. */
START_TEST(an_echo_is_nobody)
{
    const struct mirror *mirror = &mirrors[_i];

    begin_mirror();
    net_plug(net, net_add(net, "jack", WIRE_PERSON, "lobby"), lan, NET_LAN);
    uint64_t id = net_id(net, 0);
    reflect(30 * NET_S, mirror->later_us, mirror->elsewhere);
    net_census(net, 0, net_say(net, 0, "is anybody here?"), 0);
    reflect(2 * NET_S, mirror->later_us, mirror->elsewhere);
    const struct node_census result = node_census_result(net->nodes[0].node);
    ck_assert(result.over);
    ck_assert_uint_eq(result.have + result.lack + result.silent, 0);
    reflect(600 * NET_S, mirror->later_us, mirror->elsewhere);
    net->see = NULL;
    ck_assert_uint_gt(echo_done, 20);
    ck_assert_uint_eq(net_id(net, 0), id);
    ck_assert_uint_eq(net_peers(net, 0), 0);
    ck_assert_uint_eq(net_events(net, 0, NODE_JOIN, 0) + net_events(net, 0, NODE_MESSAGE, 0), 0);
    ck_assert_uint_eq(node_link_heard(net->nodes[0].node, 0), 0);
    ck_assert_uint_eq(heard_anybody, 0);
}
END_TEST

/* Nor does he become another when what comes back is older than all hellos that he remembers. */
START_TEST(an_old_echo_is_no_twin)
{
    net_people(net, 2, lan, NET_LAN);
    begin_mirror();
    net_say(net, 0, "begin");
    net_run(net, 2 * NET_S);
    net->see = NULL;
    uint64_t id = net_id(net, 0);
    for (int i = 0; i < 400; i++) {
        net_say(net, 0, "on and on");
        net_run(net, 2 * NET_S);
    }
    reflect(60 * NET_S, 0, false);
    ck_assert_uint_gt(echo_done, 3);
    ck_assert_uint_eq(net_id(net, 0), id);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, id), 401);
    ck_assert_uint_eq(net_events(net, 0, NODE_JOIN, 0), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("identity");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, twins_are_two, 0, 4);
    tcase_add_loop_test(tests, twins_speak_together, 0, 8);
    tcase_add_loop_test(tests, an_echo_is_nobody, 0, 5);
    tcase_add_test(tests, an_old_echo_is_no_twin);
    return suite_run(tests, "identity");
}
