/* Guests of forwarders: they come, speak, rename themselves and leave. */
#include <stdio.h>

#include "plan.h"

#define S NET_S

/* A forwarder that is awake; -1: the dice found none. */
static int pick_host(struct sim *sim)
{
    for (int tries = 0; tries < 16 && sim->net->node_count > 0; tries++) {
        int node = (int)sim_random(sim, (uint64_t)sim->net->node_count);
        if (sim_alive(sim, node) && sim->nodes[node].forwards)
            return node;
    }
    return -1;
}

static void say(struct sim *sim, struct sim_guest *guest, size_t octets)
{
    static char text[TEXT_SAY_MAX];
    struct node *host = sim->net->nodes[guest->host].node;
    struct span span = {text, octets};

    for (size_t i = 0; i < octets; i++)
        text[i] = (char)('a' + sim_random(sim, 26));
    net_enter(sim->net, guest->host);
    uint32_t last = node_guest_say(host, guest->is, span, false, net_time_of(sim->net, guest->host));
    net_leave();
    if (last > 0)
        plan_remember(sim, guest->host, guest->room, guest->id, span, guest->said + 1, last);
    guest->said = last > 0 ? last : guest->said;
    sim->octets += octets;
    sim_trace(sim, "guest %016llx of n%d says %u: %zu octets", (unsigned long long)guest->id, guest->host,
              last, octets);
}

static void rename_it(struct sim *sim, struct sim_guest *guest)
{
    char nick[16];
    int length = snprintf(nick, sizeof nick, "g%d", (int)sim_random(sim, 30));

    sim_trace(sim, "guest %016llx of n%d renames itself %s", (unsigned long long)guest->id, guest->host,
              nick);
    net_enter(sim->net, guest->host);
    node_guest_rename(sim->net->nodes[guest->host].node, guest->is, (struct span){nick, (size_t)length},
                      net_time_of(sim->net, guest->host));
    net_leave();
}

static void leave(struct sim *sim, struct sim_guest *guest)
{
    sim_trace(sim, "guest %016llx of n%d leaves", (unsigned long long)guest->id, guest->host);
    net_enter(sim->net, guest->host);
    node_guest_leave(sim->net->nodes[guest->host].node, guest->is, net_time_of(sim->net, guest->host));
    net_leave();
    guest->is = NULL;
}

static size_t length_of_line(struct sim *sim)
{
    return (sim->plan & PLAN_LONG_TEXT) && sim_chance(sim, 60) ? sim_between(sim, 1000, TEXT_SAY_MAX)
                                                               : sim_between(sim, 5, 200);
}

/* It does one thing, and `more` later. */
static void act(struct sim *sim, int about, uint64_t more)
{
    struct sim_guest *guest = &sim->guests[about];

    if (sim->ending || !guest->is)
        return;
    if (sim_alive(sim, guest->host)) {
        if (sim_chance(sim, 80))
            leave(sim, guest);
        else if (sim_chance(sim, 120))
            rename_it(sim, guest);
        else if (sim->octets < PLAN_TEXTS_MOST && node_may_say(sim->net->nodes[guest->host].node))
            say(sim, guest, length_of_line(sim));
        net_flush(sim->net, guest->host);
    }
    if (more > 0)
        plan_after(sim, sim_chance(sim, 300) ? 0 : sim_random(sim, 2 * S), act, about, more - 1);
}

void plan_guest(struct sim *sim, int about, uint64_t more)
{
    int host = pick_host(sim);
    char nick[16];

    (void)about;
    (void)more;
    if (host < 0 || sim->guest_count == SIM_GUESTS_MAX)
        return;
    int length = snprintf(nick, sizeof nick, "g%d", sim->guest_count);
    net_enter(sim->net, host);
    struct node_guest *is = node_guest_enter(sim->net->nodes[host].node, (struct span){nick, (size_t)length},
                                             sim->nodes[host].room, false, net_time_of(sim->net, host));
    net_leave();
    net_flush(sim->net, host);
    if (!is)
        return;
    sim->guests[sim->guest_count] =
        (struct sim_guest){.is = is, .host = host, .room = sim->nodes[host].room, .id = node_guest_id(is)};
    sim_trace(sim, "n%d has a guest: %016llx", host, (unsigned long long)node_guest_id(is));
    plan_after(sim, sim_random(sim, S), act, sim->guest_count++, sim_random(sim, 30));
}

void guests_left(struct sim *sim, int host)
{
    for (int i = 0; i < sim->guest_count; i++)
        if (sim->guests[i].host == host)
            sim->guests[i].is = NULL;
}
