#include "scenario.h"

#include "attack.h"
#include "plan.h"

#define MS NET_MS
#define S  NET_S

/* How often each of the plan's faults is part of a scenario, in thousandths. */
static const struct {
    unsigned plan, chance;
} chances[] = {
    {PLAN_LOSS,        500},
    {PLAN_HEAVY,       60 },
    {PLAN_BURSTS,      150},
    {PLAN_JITTER,      400},
    {PLAN_TWICE,       200},
    {PLAN_CRASHES,     150},
    {PLAN_SLEEP,       120},
    {PLAN_PARTS,       150},
    {PLAN_DEAF,        120},
    {PLAN_CLOCKS,      200},
    {PLAN_LATE,        400},
    {PLAN_TOOLS,       250},
    {PLAN_RENAMES,     150},
    {PLAN_BYES,        200},
    {PLAN_BREAKS,      400},
    {PLAN_LONG_TEXT,   300},
    {PLAN_SMALL_STORE, 80 },
    {PLAN_GUESTS,      500},
    {PLAN_FULL,        300},
};

static unsigned make_plan(struct sim *sim)
{
    unsigned plan = 0;

    for (size_t i = 0; i < sizeof chances / sizeof *chances; i++)
        if (sim_chance(sim, chances[i].chance))
            plan |= chances[i].plan;
    return sim->options.plan ? sim->options.plan : plan;
}

static int make_segments(struct sim *sim)
{
    static const unsigned paths[] = {NET_BOTH, NET_BOTH, NET_GROUP4, NET_GROUP6};
    uint64_t dice = sim_random(sim, 100);
    int count = dice < 60 ? 1 : dice < 85 ? 2 : dice < 95 ? 3 : 4;

    for (int i = 0; i < count; i++) {
        net_segment(sim->net);
        sim->segment_paths[i] = paths[sim_random(sim, 4)];
        plan_segment(sim, i);
    }
    return count;
}

/* Relays between neighbours; some between any two, so that there are cycles and double ones. */
static void make_relays(struct sim *sim, int count)
{
    for (int i = 1; i < count; i++)
        plan_come(sim, WIRE_RELAY, true, i, (int)sim_random(sim, (uint64_t)i));
    for (uint64_t more = sim_random(sim, 3); more > 0; more--) {
        int one = (int)sim_random(sim, (uint64_t)count);
        plan_come(sim, WIRE_RELAY, true, one, (one + 1) % count);
    }
}

/* A hub or two, one the other's client; a relay or two on each segment. */
static void make_hubs(struct sim *sim, int count)
{
    int hub = plan_come(sim, WIRE_HUB, true, -1, -1), second = hub;

    if (sim_chance(sim, 300)) {
        second = plan_come(sim, WIRE_HUB, true, -1, -1);
        net_connect(sim->net, hub, second);
    }
    for (int i = 0; i < count; i++)
        for (int relays = sim_chance(sim, 300) ? 2 : 1; relays > 0; relays--)
            net_connect(sim->net, plan_come(sim, WIRE_RELAY, true, i, -1),
                        sim_chance(sim, 500) ? hub : second);
    for (int i = 0; i < sim->net->connection_count; i++)
        sim->net->connections[i].delay_us = sim_between(sim, 100, 100 * MS);
}

static void make_people(struct sim *sim, int count)
{
    bool crowd = sim_chance(sim, 15) && !sim->attack;
    uint64_t people = crowd ? sim_between(sim, 30, 100) : sim_between(sim, 2, 4 + 4 * (uint64_t)count);

    if (crowd)
        sim->plan &= ~(unsigned)(PLAN_LONG_TEXT | PLAN_TWICE);
    for (uint64_t i = 0; i < people; i++)
        plan_after(sim, sim_chance(sim, 700) ? 0 : sim_random(sim, S), plan_late, 0, 0);
    sim->crowd = crowd;
}

static void at_random(struct sim *sim, unsigned plan, uint64_t least, uint64_t most, uint64_t within_us,
                      plan_act *act)
{
    if (plan && !(sim->plan & plan))
        return;
    for (uint64_t count = sim_between(sim, least, most); count > 0; count--)
        plan_after(sim, sim_random(sim, within_us), act, 0, 0);
}

static void make_timeline(struct sim *sim, uint64_t us)
{
    at_random(sim, 0, 2, sim->crowd ? 8 : 30, us, plan_talk);
    at_random(sim, PLAN_LATE, 1, 4, us, plan_late);
    at_random(sim, PLAN_TOOLS, 1, 4, us, plan_tool);
    at_random(sim, PLAN_RENAMES, 1, 4, us, plan_rename);
    at_random(sim, PLAN_BYES, 1, 3, us, plan_bye);
    at_random(sim, PLAN_CRASHES, 1, 3, us, plan_crash);
    at_random(sim, PLAN_SLEEP, 1, 3, us, plan_sleep);
    at_random(sim, PLAN_PARTS, 1, 3, us, plan_part);
    at_random(sim, PLAN_DEAF, 1, 3, us, plan_deaf);
    at_random(sim, PLAN_CLOCKS, 0, 3, us, plan_clock);
    at_random(sim, PLAN_BREAKS, 1, 4, us, plan_break);
    at_random(sim, PLAN_FULL, 1, 4, us, plan_full);
    at_random(sim, PLAN_GUESTS, 1, 12, us, plan_guest);
    at_random(sim, 0, 0, 2, us, plan_weather);
}

uint64_t scenario_make(struct sim *sim)
{
    uint64_t us = sim_chance(sim, 900) ? sim_between(sim, 5 * S, 30 * S) : sim_between(sim, 30 * S, 120 * S);

    sim->plan = make_plan(sim);
    sim->rooms = sim_chance(sim, 120) ? 2 : 1;
    bool stranger = (sim->options.with & SIM_ATTACK) && sim_chance(sim, 40);
    if (stranger || sim->options.stranger) {
        sim->plan &= PLAN_LOSS | PLAN_JITTER | PLAN_TWICE | PLAN_LONG_TEXT;
        sim->attack = attack_new(sim);
    }
    if (sim->plan & PLAN_SMALL_STORE)
        sim->net->store_octets = 64 * 1024;
    int segments = make_segments(sim);
    paths_begin(sim, us);
    if (sim->options.with & SIM_FORWARDING) {
        if (segments > 1 && sim_chance(sim, 500))
            make_relays(sim, segments);
        else if (sim_chance(sim, 300))
            make_hubs(sim, segments);
    }
    if (sim->net->connection_count == 0)
        sim->plan &= ~(unsigned)PLAN_BREAKS;
    make_people(sim, segments);
    make_timeline(sim, us);
    sim->gentle = !(sim->plan & PLAN_STORE_FAULTS) && !sim->attack;
    sim->lossless = sim->gentle && !(sim->plan & PLAN_LOSS);
    if (sim->attack)
        attack_begin(sim, us);
    return us;
}
