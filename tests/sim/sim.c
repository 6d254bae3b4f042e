#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "attack.h"
#include "invariants.h"
#include "memory.h"
#include "plan.h"
#include "scenario.h"

#define SETTLE_LEAST_US (25 * NET_S)
#define SETTLE_WAYS_US  (50 * NET_S) /* who was known by a connection that broke is withdrawn after 45 s */
#define SETTLE_STEP_US  (5 * NET_S)
#define SETTLE_MOST_US  (200 * NET_S)
#define REST_US         (20 * NET_S)

uint64_t sim_random(struct sim *sim, uint64_t bound)
{
    return bound > 0 ? net_next_random(&sim->random) % bound : 0;
}

bool sim_chance(struct sim *sim, unsigned of_a_thousand)
{
    return sim_random(sim, 1000) < of_a_thousand;
}

uint64_t sim_between(struct sim *sim, uint64_t least, uint64_t most)
{
    return least + sim_random(sim, most - least + 1);
}

void sim_fail(struct sim *sim, int invariant, const char *format, ...)
{
    va_list list;

    if (sim->failure.invariant != 0)
        return;
    sim->failure.invariant = invariant;
    va_start(list, format);
    vsnprintf(sim->failure.what, sizeof sim->failure.what, format, list);
    va_end(list);
    sim_trace(sim, "invariant %d is broken: %s", invariant, sim->failure.what);
}

bool sim_alive(const struct sim *sim, int node)
{
    return sim->net->nodes[node].node && !sim->net->nodes[node].asleep;
}

/* The net's hooks. */

static void see(struct net *net, const struct net_datagram *datagram, void *context)
{
    struct sim *sim = context;

    (void)net;
    if (sim->options.trace)
        sim_trace_datagram(sim, datagram);
    invariants_see(sim, datagram);
    if (sim->attack)
        attack_see(sim, datagram);
}

static void tell(struct net *net, int node, const struct node_event *event, void *context)
{
    struct sim *sim = context;

    (void)net;
    if (sim->options.trace)
        sim_trace_event(sim, node, event);
    invariants_told(sim, node, event);
    plan_told(sim, node, event);
}

static void fail(struct net *net, const char *what, void *context)
{
    (void)net;
    sim_fail(context, 5, "%s", what);
}

/* Seeds in a row must not make rows of numbers. */
static uint64_t scatter(uint64_t seed)
{
    return net_next_random(&seed);
}

struct sim *sim_new(const struct sim_options *options)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (!sim)
        abort();
    sim->options = *options;
    sim->random = scatter(options->seed);
    sim->paths_random = scatter(options->seed ^ UINT64_MAX / 3);
    sim->net = net_new(scatter(~options->seed));
    sim->net->see = see;
    sim->net->tell = tell;
    sim->net->fail = fail;
    sim->net->context = sim;
    if (options->plant)
        options->plant(sim);
    return sim;
}

void sim_free(struct sim *sim)
{
    plan_free(sim);
    if (sim->attack)
        attack_free(sim->attack);
    net_free(sim->net);
    free(sim->records);
    table_free(&sim->by_number);
    table_free(&sim->cursors);
    table_free(&sim->named);
    free(sim);
}

/* Runs the net in steps of a second at the most, each one looked at. */
static void run(struct sim *sim, uint64_t us)
{
    for (; us > 0 && sim->failure.invariant == 0;) {
        uint64_t step = us < NET_S ? us : NET_S;
        net_run(sim->net, step);
        invariants_budgets(sim);
        us -= step;
    }
}

static void second(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    invariants_budgets(sim);
    if (!sim->ending)
        plan_after(sim, NET_S, second, 0, 0);
}

static void end(struct sim *sim, int about, uint64_t more)
{
    (void)about;
    (void)more;
    plan_end(sim);
}

static void settle(struct sim *sim)
{
    run(sim, sim->options.with & SIM_FORWARDING ? SETTLE_WAYS_US : SETTLE_LEAST_US);
    while (sim->failure.invariant == 0 && !invariants_agree(sim, false) &&
           sim->net->now_us - sim->talk_ends_us < SETTLE_MOST_US)
        run(sim, SETTLE_STEP_US);
}

void sim_run(struct sim *sim)
{
    uint64_t us = scenario_make(sim);

    plan_after(sim, NET_S, second, 0, 0);
    plan_after(sim, us, end, 0, 0);
    while (sim->failure.invariant == 0 && plan_step(sim))
        ;
    if (sim->attack) {
        attack_judge(sim);
        return;
    }
    settle(sim);
    if (sim->failure.invariant == 0)
        invariants_shown(sim);
    if (sim->failure.invariant == 0 && sim->lossless && sim->gentle)
        invariants_history(sim);
    if (sim->failure.invariant == 0)
        invariants_agree(sim, true);
    invariants_rest_begin(sim);
    run(sim, REST_US);
    if (sim->failure.invariant == 0)
        invariants_rest_end(sim, REST_US);
    if (sim->failure.invariant == 0)
        invariants_agree(sim, true);
}
