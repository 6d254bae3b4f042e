/* A simulation: one random scenario on a net, what was said and shown in it, and the first invariant that it
 * broke.
 *
 * - scenario.c makes it from a seed: topology, faults, what people do; plan.c has what can happen in it
 * - guests.c: guests of forwarders
 * - paths.c: paths that fail one way
 * - attack.c is a stranger on a segment
 * - invariants.c watches and judges; each check has the number of its invariant in DESIGN section 9
 * - peek.c is all that knows the insides of a node
 * - simulate.c runs many, test_simulate.c some, with faults planted
 *
 * The invariants, as they are checked here:
 *
 * 1. A node shows each record at most once, a speaker's in the order of their numbers, with the text that was
 *    said. A number that was reported lost is not shown later.
 * 2. What is said while speaker and receiver are ready, whole and joined by what is whole is shown or
 *    reported lost; when no host loses more than 30 % and all stay, nothing is lost. What is not shared
 * between two segments by who forwards is on neither put by who does not.
 * 3. When faults ended and talk stopped, all nodes of a room that are joined have the same roster, which is
 *    exactly who is here, and the same vector; what one stores, all others count as seen.
 * 4. Then a segment carries no more hellos than its budget.
 * 5. No datagram crashes a node or grows it beyond its budget; no node sends beyond its budget; with a
 * stranger who sends what he likes, talk goes on when he stops.
 * 7. The same seed gives the same datagrams (6 is about terminals).
 *
 * Times are in microseconds. The simulation owns its net. */
#ifndef SIM_H
#define SIM_H

#include "net.h"
#include "table.h"

#define SIM_NODES_MAX  256
#define SIM_GUESTS_MAX 64
#define SIM_NEVER      UINT64_MAX

/* What of the core is tried, besides talk on one segment. */
enum sim_with {
    SIM_FORWARDING = 1, /* relays and hubs */
    SIM_HISTORY = 2,    /* joiners that want what was said before */
    SIM_VECTORS = 4,    /* who was cut off gets what was said meanwhile */
    SIM_ATTACK = 8,
    SIM_ALL = 15,
};

#define SIM_DEFAULT "all"

struct sim;

struct sim_options {
    uint64_t seed;
    unsigned with; /* enum sim_with, or-ed */
    bool trace;
    bool stranger;                  /* in every scenario, not only in some of SIM_ATTACK */
    unsigned plan;                  /* 0: as the seed has it; else only this of enum plan's faults, or-ed */
    void (*plant)(struct sim *sim); /* puts a fault into the net */
    void (*configure)(struct node_config *config, void *context); /* or into its nodes */
    void *context;
};

struct sim_node {
    enum wire_role role;
    bool forwards;
    char nick[16];
    uint64_t room; /* tag */
    uint32_t history;
    uint64_t segments;                   /* that it is plugged into, as a set */
    uint64_t born_us, ready_us, left_us; /* SIM_NEVER: not yet */
    uint64_t trouble_us;                 /* something was wrong with it until then; SIM_NEVER: it is */
    uint64_t id;                         /* under which it said its last record, */
    uint32_t said;                       /* the number of that, */
    uint64_t said_us;                    /* and when */
    unsigned lines;                      /* that it has said */
    uint64_t sent_before, octets_before; /* what it had sent a second ago */
};

/* A guest of a forwarder. */
struct sim_guest {
    struct node_guest *is; /* NULL: it has left, or its host has */
    int host;
    uint64_t room, id;
    uint32_t said; /* the number of its last record */
};

/* A record that was said. */
struct sim_record {
    uint64_t origin;
    uint32_t number;
    uint32_t last; /* of its text */
    bool first;    /* it is the first of its text: hash and length are */
    int node;      /* its speaker, or his host */
    uint64_t room, at_us, hash;
    size_t length;
    uint64_t segments;                                            /* on which it was put, as a set */
    uint64_t shown[SIM_NODES_MAX / 64], lost[SIM_NODES_MAX / 64]; /* by whom */
};

struct sim_failure {
    int invariant; /* 0: none */
    char what[240];
};

struct sim {
    struct sim_options options;
    struct net *net;
    uint64_t random;
    struct heap actions;
    struct sim_node nodes[SIM_NODES_MAX];
    struct sim_guest guests[SIM_GUESTS_MAX];
    int guest_count;
    unsigned segment_paths[NET_SEGMENTS_MAX];
    uint64_t connection_trouble_us[NET_CONNECTIONS_MAX];
    uint64_t paths_random, path_fails; /* path_fails: segments on which one does, as a set */
    unsigned plan;                     /* enum plan, or-ed */
    bool gentle;                       /* no host loses more than 30 % and all stay: nothing may be lost */
    bool lossless;                     /* likewise, and nothing is lost on the way */
    bool ending;                       /* faults ended, talk stopped */
    uint64_t talk_ends_us;
    unsigned rooms;
    bool crowd;    /* 30 nodes or more */
    size_t octets; /* of text that was said */

    struct sim_record *records;
    size_t record_count, record_room;
    struct table by_number; /* (origin, number): index in records, + 1 */
    struct table cursors;   /* (node, origin): the last number shown or lost */
    struct table named;     /* (origin, segment): the highest number named in a summary there */
    bool repair;            /* the datagram that is being sent holds a record that was on its link before */
    uint64_t segment_datagrams[NET_SEGMENTS_MAX];
    uint64_t lost;         /* numbers reported lost */
    struct attack *attack; /* NULL: none */
    struct sim_failure failure;
};

struct sim *sim_new(const struct sim_options *options);
void sim_free(struct sim *sim);

/* Runs it to its end or its first failure. */
void sim_run(struct sim *sim);

uint64_t sim_random(struct sim *sim, uint64_t bound); /* below bound; 0 when that is 0 */
bool sim_chance(struct sim *sim, unsigned of_a_thousand);
uint64_t sim_between(struct sim *sim, uint64_t least, uint64_t most);

/* The first one stays. */
void sim_fail(struct sim *sim, int invariant, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* One line, when the simulation is traced. */
void sim_trace(const struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace_datagram(const struct sim *sim, const struct net_datagram *datagram);
void sim_trace_event(const struct sim *sim, int node, const struct node_event *event);

/* Alive: not left, and called. */
bool sim_alive(const struct sim *sim, int node);

#endif
