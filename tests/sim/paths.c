/* Paths that fail one way: what a plug does not hear, or others do not hear from it, on some of its paths but
 * not on all. At most one fails on a segment at a time, so that each node hears each other on some path: that
 * is no trouble (plan.c), and everything is asked of a node. Dice of its own: a seed without such faults is
 * the same as before there were any. */
#include "plan.h"

static uint64_t dice(struct sim *sim, uint64_t bound)
{
    return net_next_random(&sim->paths_random) % bound;
}

void paths_begin(struct sim *sim, uint64_t us)
{
    for (int i = 0; i < sim->net->segment_count; i++)
        if (dice(sim, 1000) < 600)
            sim->segment_paths[i] |= NET_SPARES;
    if (dice(sim, 1000) < 300 && sim->options.plan == 0 && !sim->attack)
        sim->plan |= PLAN_PATHS;
    for (uint64_t count = 1 + dice(sim, 6); (sim->plan & PLAN_PATHS) && count > 0; count--)
        plan_after(sim, dice(sim, us), paths_fail, 0, 0);
}

static void mend_segment(struct sim *sim, int segment, uint64_t more)
{
    const struct net_segment *of = &sim->net->segments[segment];

    (void)more;
    sim->path_fails &= ~(UINT64_C(1) << segment);
    for (size_t i = 0; i < of->plug_count; i++) {
        struct net_plug *plug = &sim->net->nodes[of->plugs[i].node].plugs[of->plugs[i].link];
        if (plug->deaf == 0 && plug->mute == 0)
            continue;
        plug->deaf = plug->mute = 0;
        sim_trace(sim, "n%d hears, and is heard, on all paths", of->plugs[i].node);
    }
}

/* Some of a set, not all of it. */
static unsigned some_of(struct sim *sim, unsigned paths)
{
    unsigned some;

    do
        some = (unsigned)dice(sim, paths + 1) & paths;
    while (some == 0 || some == paths);
    return some;
}

void paths_fail(struct sim *sim, int about, uint64_t more)
{
    int segment = (int)dice(sim, (uint64_t)sim->net->segment_count);
    const struct net_segment *of = &sim->net->segments[segment];
    unsigned paths = sim->segment_paths[segment];
    uint64_t which = dice(sim, 3);

    (void)about;
    (void)more;
    if (of->plug_count == 0 || (paths & (paths - 1)) == 0 || (sim->path_fails >> segment & 1))
        return;
    const struct net_place at = of->plugs[dice(sim, of->plug_count)];
    struct net_plug *plug = &sim->net->nodes[at.node].plugs[at.link];
    unsigned failed = some_of(sim, paths);
    plug->deaf = which == 1 ? 0 : failed;
    plug->mute = which == 0 ? 0 : failed;
    sim->path_fails |= UINT64_C(1) << segment;
    sim_trace(sim, "n%d is not heard on paths %x, and does not hear on paths %x", at.node, plug->mute,
              plug->deaf);
    plan_after(sim, 1000 * NET_MS + dice(sim, 60 * NET_S), mend_segment, segment, 0);
}

void paths_mend(struct sim *sim)
{
    for (int i = 0; i < sim->net->segment_count; i++)
        mend_segment(sim, i, 0);
}
