/* Some hundreds of simulations; and faults that are put into the net or into what nodes wait for, each of
 * which the simulator must see. */
#include <stdio.h>
#include <string.h>

#include "invariants.h"
#include "plan.h"
#include "suite.h"

#define BATCHES        10
#define BATCH_SEEDS    30
#define STRANGERS      3
#define STRANGERS_FROM 12
#define PLANT_SEEDS    40 /* in so many a fault must have been seen */

static struct sim_failure run(const struct sim_options *options, uint64_t *trace)
{
    struct sim *sim = sim_new(options);

    sim_run(sim);
    struct sim_failure failure = sim->failure;
    if (trace)
        *trace = sim->net->trace;
    sim_free(sim);
    return failure;
}

START_TEST(nothing_breaks)
{
    for (uint64_t i = 0; i < BATCH_SEEDS; i++) {
        const struct sim_options options = {.seed = 1 + (uint64_t)_i * BATCH_SEEDS + i,
                                            .with = SIM_ALL & ~SIM_ATTACK};
        const struct sim_failure failure = run(&options, NULL);
        ck_assert_msg(
            failure.invariant == 0,
            "make simulate SEED=%llu SEEDS=1 TRACE=1 WITH=vectors,history,forwarding: invariant %d: %s",
            (unsigned long long)options.seed, failure.invariant, failure.what);
    }
}
END_TEST

/* Seeds that broke something once, and with what: a text whose beginning a relay that had just come called
 * gone (the first two); a host whose relay had died; history of two segments. */
static const struct sim_options broken[] = {
    {.seed = 4023826, .with = SIM_ALL & ~SIM_ATTACK    },
    {.seed = 4028488, .with = SIM_ALL & ~SIM_ATTACK    },
    {.seed = 2027563, .with = SIM_ALL & ~SIM_ATTACK    },
    {.seed = 4015026, .with = SIM_VECTORS | SIM_HISTORY},
};

START_TEST(what_broke_once_holds)
{
    const struct sim_failure failure = run(&broken[_i], NULL);

    ck_assert_msg(failure.invariant == 0, "seed %llu: invariant %d: %s", (unsigned long long)broken[_i].seed,
                  failure.invariant, failure.what);
}
END_TEST

START_TEST(no_stranger_stops_the_talk)
{
    const struct sim_options options = {.seed = STRANGERS_FROM + (uint64_t)_i, .stranger = true};
    const struct sim_failure failure = run(&options, NULL);

    ck_assert_msg(failure.invariant == 0, "seed %llu: invariant %d: %s", (unsigned long long)options.seed,
                  failure.invariant, failure.what);
}
END_TEST

START_TEST(the_same_seed_gives_the_same)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct sim_options options = {.seed = seed, .with = SIM_ALL & ~SIM_ATTACK};
        uint64_t one, other;
        run(&options, &one);
        run(&options, &other);
        ck_assert_uint_eq(one, other);
    }
}
END_TEST

/* Planted faults. */

static void expect(const struct sim_options *planted, int invariant, const char *words)
{
    struct sim_options options = *planted;
    struct sim_failure last = {0};

    for (options.seed = 1; options.seed <= PLANT_SEEDS; options.seed++) {
        const struct sim_failure failure = run(&options, NULL);
        if (failure.invariant == invariant && strstr(failure.what, words))
            return;
        if (failure.invariant != 0)
            last = failure;
    }
    ck_abort_msg("the fault was not seen in %d simulations, but (if not 0) invariant %d: %s", PLANT_SEEDS,
                 last.invariant, last.what);
}

/* Nothing that was on a segment before comes again. */
static bool no_repairs(struct net *net, const struct net_datagram *datagram, int to, void *context)
{
    const struct sim *sim = context;

    (void)net;
    return !sim->repair || to == datagram->node;
}

static void plant_no_repairs(struct sim *sim)
{
    sim->net->pass = no_repairs;
}

START_TEST(lost_repairs_are_seen)
{
    expect(&(struct sim_options){.plan = PLAN_LOSS, .plant = plant_no_repairs}, 2, "though little was lost");
}
END_TEST

/* What messages of a datagram are renumbered to; 0: as they are. */
typedef uint32_t renumber(uint32_t number);

static size_t rewrite(const struct net_datagram *datagram, uint8_t *bytes, renumber *number_of)
{
    struct wire_datagram open;
    struct wire_record record;
    size_t length = 0;

    if (!wire_open(&open, datagram->bytes, datagram->length))
        return 0;
    memcpy(bytes, datagram->bytes, datagram->length);
    while (wire_next(&open, &record)) {
        uint32_t number = record.type == WIRE_MESSAGE ? number_of(record.message.number) : 0;
        if (number == 0)
            continue;
        record.message.number = number;
        wire_encode(&record, bytes + (record.raw.bytes - datagram->bytes), record.raw.length);
        length = datagram->length;
    }
    return length;
}

/* Each third number is said a second time in place of the one behind it. */
static uint32_t repeated(uint32_t number)
{
    return number % 3 == 2 ? number - 1 : 0;
}

static size_t repeat(struct net *net, const struct net_datagram *datagram, uint8_t *bytes, void *context)
{
    const struct sim *sim = context;

    (void)net;
    return sim->repair ? 0 : rewrite(datagram, bytes, repeated);
}

static uint32_t swapped(uint32_t number)
{
    return number % 2 == 1 ? number + 1 : number - 1;
}

static size_t swap(struct net *net, const struct net_datagram *datagram, uint8_t *bytes, void *context)
{
    (void)net;
    (void)context;
    return rewrite(datagram, bytes, swapped);
}

static void plant_repeat(struct sim *sim)
{
    sim->net->change = repeat;
}

static void plant_swap(struct sim *sim)
{
    sim->net->change = swap;
}

/* A changed copy with a number that is taken: where it comes first (what was said first is lost there), it is
 * what is shown. */
START_TEST(repeated_numbers_are_seen)
{
    expect(&(struct sim_options){.plan = PLAN_LOSS | PLAN_JITTER, .plant = plant_repeat}, 1, "said were");
}
END_TEST

START_TEST(swapped_records_are_seen)
{
    expect(&(struct sim_options){.plan = PLAN_LATE, .plant = plant_swap}, 1, "said were");
}
END_TEST

static void ask_never(struct node_config *config, void *context)
{
    (void)context;
    config->timing.request_us = UINT64_C(1000000000000);
}

START_TEST(a_request_that_never_comes_is_seen)
{
    expect(&(struct sim_options){.plan = PLAN_LOSS, .configure = ask_never}, 2, "");
}
END_TEST

static void ask_and_wait_for_ever(struct node_config *config, void *context)
{
    ask_never(config, context);
    config->timing.gap_us = UINT64_C(1000000000000);
}

START_TEST(silence_about_a_loss_is_seen)
{
    expect(&(struct sim_options){.plan = PLAN_LOSS, .configure = ask_and_wait_for_ever}, 2, "neither shows");
}
END_TEST

static void never_heal(struct node_config *config, void *context)
{
    (void)context;
    config->timing.heal_us = UINT64_C(1000000000000);
    config->timing.suspect_prompts = 1000000;
}

START_TEST(ghosts_are_seen)
{
    expect(&(struct sim_options){.plan = PLAN_CRASHES, .configure = never_heal}, 3, "roster");
}
END_TEST

static void shout(struct node_config *config, void *context)
{
    (void)context;
    config->timing.hello_least_us = 500 * NET_MS;
}

START_TEST(too_many_hellos_are_seen)
{
    expect(&(struct sim_options){.plan = PLAN_LATE, .configure = shout}, 4, "of rest");
}
END_TEST

/* The octets that count are those of the core's own allocations. */
START_TEST(memory_is_counted)
{
    struct sim *sim = sim_new(&(struct sim_options){.seed = 1, .plan = PLAN_LATE});

    sim_run(sim);
    ck_assert_int_eq(sim->failure.invariant, 0);
    ck_assert_int_gt(sim->net->nodes[0].octets, 10000);
    sim->net->nodes[0].octets += 64L * 1024 * 1024;
    invariants_budgets(sim);
    ck_assert_int_eq(sim->failure.invariant, 5);
    sim->net->nodes[0].octets -= 64L * 1024 * 1024;
    for (int i = 0; i < sim->net->node_count; i++) {
        net_kill(sim->net, i);
        ck_assert_int_eq(sim->net->nodes[i].octets, 0);
    }
    sim_free(sim);
}
END_TEST

/* A host hands the talk of one segment to another, though it forwards nothing. */
START_TEST(a_leak_is_seen)
{
    struct sim *sim = sim_new(&(struct sim_options){.seed = 1, .plan = PLAN_LATE});
    uint8_t bytes[WIRE_DATAGRAM_MAX];

    net_segment(sim->net);
    net_segment(sim->net);
    sim->segment_paths[0] = sim->segment_paths[1] = NET_GROUP4;
    int molly = plan_come(sim, WIRE_PERSON, false, 0, -1), jack = plan_come(sim, WIRE_PERSON, false, 0, 1);
    plan_say(sim, molly, 20);
    size_t length =
        wire_encode_header(&(struct wire_header){.version = WIRE_VERSION, .sender = 1}, bytes, 24);
    length += wire_encode(
        &(struct wire_record){
            .type = WIRE_MESSAGE,
            .message = {.origin = net_id(sim->net, molly), .number = 1, .nick = span_of("molly")}
    },
        bytes + length, sizeof bytes - length);
    struct net_datagram datagram = {jack, 0, 0, WIRE_PATH_GROUP4, {.length = 0}, bytes, length};
    invariants_see(sim, &datagram);
    ck_assert_int_eq(sim->failure.invariant, 0);
    datagram.segment = datagram.link = 1;
    invariants_see(sim, &datagram);
    ck_assert_int_eq(sim->failure.invariant, 2);
    sim_free(sim);
}
END_TEST

/* Connections: two nodes and what is between them. */

static struct net *two_connected(int *connection)
{
    struct net *net = net_new(9);
    int a = net_add(net, "molly", WIRE_PERSON, "lobby"), b = net_add(net, "jack", WIRE_PERSON, "lobby");

    *connection = net_connect(net, a, b);
    net_run(net, 2 * NET_S);
    return net;
}

START_TEST(a_connection_carries_all_in_order)
{
    int connection;
    struct net *net = two_connected(&connection);
    char text[16];

    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "%d", i);
        net_say(net, i % 2, text);
    }
    net_run(net, NET_S);
    ck_assert_uint_eq(net_events(net, 0, NODE_MESSAGE, 0), 150);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 150);
    ck_assert_uint_eq(net_events(net, 1, NODE_LOST, 0), 0);
    net_free(net);
}
END_TEST

START_TEST(what_is_on_its_way_when_a_connection_breaks_is_lost)
{
    int connection;
    struct net *net = two_connected(&connection);

    net_say(net, 0, "never arrives");
    net_break(net, connection);
    net_run(net, NET_S);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 0);
    net_mend(net, connection);
    net_say(net, 0, "arrives");
    net_run(net, NET_S);
    ck_assert(net_shown_once(net, 1, "arrives"));
    net_free(net);
}
END_TEST

/* Who does not read holds up what is sent to him, and no more than the window is in flight. */
START_TEST(a_window_fills_and_empties)
{
    int connection;
    struct net *net = two_connected(&connection);
    struct net_flow *flow = &net->connections[connection].flows[1];
    static char text[1000];

    net->connections[connection].window = 4000;
    net_sleep(net, 1);
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 20; i++)
        net_say_span(net, 0, (struct span){text, sizeof text});
    net_run(net, NET_S);
    ck_assert_uint_le(flow->flying, 4000);
    ck_assert_uint_gt(flow->octets, 20000);
    net_wake(net, 1, 0);
    net_run(net, NET_S);
    ck_assert_uint_eq(flow->octets, 0);
    ck_assert_uint_eq(net_events(net, 1, NODE_MESSAGE, 0), 20);
    net_free(net);
}
END_TEST

/* The net itself. */

START_TEST(losses_come_in_bursts)
{
    struct net *net = net_new(4);
    int lan = net_segment(net), a = net_person(net, "molly", lan), b = net_person(net, "jack", lan);
    const struct net_datagram junk = {a, 0, lan, WIRE_PATH_GROUP4, {.length = 0}, (const uint8_t *)"?", 1};
    int runs = 0, lost = 0;
    bool before = false;

    net->segments[lan].burst_begins = 20;
    net->segments[lan].burst_ends = 100;
    net->segments[lan].burst_loss = 1000;
    for (int i = 0; i < 20000; i++) {
        uint64_t heard = node_counters(net->nodes[b].node)->datagrams;
        carry_datagram(net, &junk);
        net_run(net, 200);
        bool arrives = node_counters(net->nodes[b].node)->datagrams > heard;
        lost += !arrives;
        runs += !arrives && !before;
        before = !arrives;
    }
    ck_assert_int_gt(lost, 2500); /* a sixth: 3,333 */
    ck_assert_int_lt(lost, 4200);
    ck_assert_int_gt(lost / runs, 6); /* ten in a row */
    net_free(net);
}
END_TEST

START_TEST(a_sleeper_wakes_late)
{
    struct net *net = net_new(5);
    int lan = net_segment(net), a = net_person(net, "molly", lan), b = net_person(net, "jack", lan);

    net_run(net, NET_S);
    net_sleep(net, b);
    uint64_t sent = net->nodes[b].sent, wall = net_time_of(net, b).wall_ms;
    net_say(net, a, "z");
    net_run(net, 4 * NET_S);
    ck_assert_uint_eq(net->nodes[b].sent, sent);
    net_wake(net, b, 3600 * NET_S);
    ck_assert_uint_eq(net_time_of(net, b).now_us - net->now_us, 3600 * NET_S);
    ck_assert_uint_eq(net_time_of(net, b).wall_ms, wall + 4000);
    net_run(net, 20 * NET_S);
    ck_assert_uint_gt(net->nodes[b].sent, sent);
    ck_assert(net_shown_once(net, b, "z"));
    net_free(net);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("simulate");

    tcase_add_loop_test(tests, nothing_breaks, 0, BATCHES);
    tcase_add_loop_test(tests, what_broke_once_holds, 0, sizeof broken / sizeof *broken);
    tcase_add_loop_test(tests, no_stranger_stops_the_talk, 0, STRANGERS);
    tcase_add_test(tests, the_same_seed_gives_the_same);
    tcase_add_test(tests, lost_repairs_are_seen);
    tcase_add_test(tests, repeated_numbers_are_seen);
    tcase_add_test(tests, swapped_records_are_seen);
    tcase_add_test(tests, a_request_that_never_comes_is_seen);
    tcase_add_test(tests, silence_about_a_loss_is_seen);
    tcase_add_test(tests, ghosts_are_seen);
    tcase_add_test(tests, too_many_hellos_are_seen);
    tcase_add_test(tests, memory_is_counted);
    tcase_add_test(tests, a_leak_is_seen);
    tcase_add_test(tests, a_connection_carries_all_in_order);
    tcase_add_test(tests, what_is_on_its_way_when_a_connection_breaks_is_lost);
    tcase_add_test(tests, a_window_fills_and_empties);
    tcase_add_test(tests, losses_come_in_bursts);
    tcase_add_test(tests, a_sleeper_wakes_late);
    return suite_run(tests, "simulate");
}
