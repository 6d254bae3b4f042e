/* What nobody has is asked for less and less, and in the end no more, whatever others go on naming. */
#include "net.h"
#include "suite.h"

#define STRANGER UINT64_C(0xbad)
#define NOBODY   UINT64_C(0x777) /* who never spoke */

static struct net *net;
static int lan;
static size_t requests, summaries; /* sent by molly */

static void count(struct net *at, const struct net_datagram *datagram, void *context)
{
    (void)at, (void)context;
    if (datagram->node != 1)
        return;
    requests += net_records(datagram, WIRE_REQUEST);
    summaries += net_records(datagram, WIRE_SUMMARY);
}

static void setup(void)
{
    net = net_new(811);
    lan = net_segment(net);
    net_person(net, "jack", lan);
    net_person(net, "molly", lan);
    net->see = count;
    net_run(net, 5 * NET_S);
}

static void teardown(void)
{
    net_free(net);
}

/* A page of somebody's vector comes to molly, who hears of one origin. */
static void forge_page(uint64_t sender, uint64_t first, uint64_t origin, uint32_t highest, uint32_t lowest)
{
    struct wire_builder vectors;

    wire_builder_init(&vectors, WIRE_DATAGRAM_MAX);
    if (origin != 0)
        wire_add_vector(&vectors, &(struct wire_vector){origin, highest, 1, lowest});
    const struct wire_record summary = {
        .type = WIRE_SUMMARY,
        .summary = {.room = wire_room_tag(span_of("lobby")),
                    .first = first,
                    .last = UINT64_MAX,
                    .vectors = wire_built(&vectors)}
    };
    net_forge(net, 1, sender, &summary);
}

static void forge_message(int node, uint32_t number)
{
    const struct wire_record message = {
        .type = WIRE_MESSAGE,
        .message = {.origin = NOBODY,
                    .number = number,
                    .stamp = 1,
                    .room = wire_room_tag(span_of("lobby")),
                    .nick = span_of("ghost"),
                    .text = span_of("boo")}
    };

    net_forge(net, node, NOBODY, &message);
}

/* A number far above what is known is named over and over: the pauses grow nevertheless. */
START_TEST(a_claim_that_is_repeated_is_asked_for_less_and_less)
{
    net_say(net, 0, "first");
    net_run(net, NET_S);
    requests = 0;
    for (int i = 0; i < 400; i++) {
        forge_page(STRANGER, 0, net_id(net, 0), 1000000, 1);
        net_run(net, 20 * NET_MS);
    }
    ck_assert_uint_ge(requests, 5);
    ck_assert_uint_le(requests, 200);
    net_say(net, 0, "second");
    net_run(net, 50 * NET_MS);
    ck_assert(net_shown_once(net, 1, "second"));
}
END_TEST

/* Each says something else of what he stores, and none has anything. */
START_TEST(who_stores_nothing_makes_nobody_ask_anew)
{
    forge_page(STRANGER, 0, NOBODY, 163, 1);
    requests = 0;
    for (uint32_t i = 0; i < 400; i++) {
        for (int twice = 0; twice < 2; twice++)
            forge_page(STRANGER + i % 2, 0, NOBODY, i % 2 ? 17 : 163, 0);
        net_run(net, 20 * NET_MS);
    }
    ck_assert_uint_ge(requests, 5);
    ck_assert_uint_le(requests, 200);
    net_run(net, 30 * NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, NOBODY), 1);
}
END_TEST

/* A page that lacks what molly has is answered with hers; two who did that without end would never rest. */
START_TEST(a_page_is_not_answered_for_ever)
{
    net_say(net, 0, "what molly has, too");
    net_run(net, NET_S);
    summaries = 0;
    for (int i = 0; i < 100; i++) {
        forge_page(STRANGER, 1, 0, 0, 0);
        net_run(net, 10 * NET_MS);
    }
    ck_assert_uint_ge(summaries, 1);
    ck_assert_uint_le(summaries, 10);
}
END_TEST

/* A stranger says two lines, four thousand million numbers apart. A relay has given up what is between, and
 * whoever asks it is told of all of that at once. */
START_TEST(a_long_run_is_told_gone_at_once)
{
    int relay = net_forwarder(net, WIRE_RELAY, false);

    net_plug(net, relay, lan, NET_BOTH);
    net_run(net, 5 * NET_S);
    forge_message(relay, 1);
    forge_message(relay, UINT32_MAX - 1);
    net_run(net, 60 * NET_S);
    requests = 0;
    net_run(net, 60 * NET_S);
    ck_assert_uint_le(requests, 10);
    const struct net_event *last = net_event(net, 1, NODE_MESSAGE, NOBODY, 1);
    ck_assert_ptr_nonnull(last);
    ck_assert_uint_eq(last->is.first, UINT32_MAX - 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("storm");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_claim_that_is_repeated_is_asked_for_less_and_less);
    tcase_add_test(tests, who_stores_nothing_makes_nobody_ask_anew);
    tcase_add_test(tests, a_page_is_not_answered_for_ever);
    tcase_add_test(tests, a_long_run_is_told_gone_at_once);
    return suite_run(tests, "storm");
}
