/* What can happen in a simulation, each thing at its time: people talk, come, rename themselves and leave,
 * hosts crash and sleep, networks fail and mend. A plan's action picks whom it is about when its time comes.
 */
#ifndef PLAN_H
#define PLAN_H

#include "sim.h"

/* Faults and doings that a scenario has; a set. */
enum plan {
    PLAN_LOSS = 0x1,   /* up to 30 % at every host */
    PLAN_HEAVY = 0x2,  /* more */
    PLAN_BURSTS = 0x4, /* in bursts */
    PLAN_JITTER = 0x8,
    PLAN_TWICE = 0x10,
    PLAN_CRASHES = 0x20, /* and restarts */
    PLAN_SLEEP = 0x40,
    PLAN_PARTS = 0x80, /* partitions */
    PLAN_DEAF = 0x100, /* or mute */
    PLAN_CLOCKS = 0x200,
    PLAN_LATE = 0x400,  /* joiners */
    PLAN_TOOLS = 0x800, /* who come, say something and leave */
    PLAN_RENAMES = 0x1000,
    PLAN_BYES = 0x2000,
    PLAN_BREAKS = 0x4000, /* of connections */
    PLAN_LONG_TEXT = 0x8000,
    PLAN_SMALL_STORE = 0x10000,
    PLAN_GUESTS = 0x20000,
    PLAN_FULL = 0x40000,  /* connections that take nothing for a while */
    PLAN_PATHS = 0x80000, /* that fail one way */
    PLAN_STORE_FAULTS = PLAN_HEAVY | PLAN_BURSTS | PLAN_CRASHES | PLAN_SLEEP | PLAN_PARTS | PLAN_DEAF |
                        PLAN_BREAKS | PLAN_SMALL_STORE, /* with one of these something may be lost */
};

#define PLAN_TEXTS_MOST (200 * 1024) /* octets said in a scenario: less than a store holds */

typedef void plan_act(struct sim *sim, int about, uint64_t more);

/* Does act(sim, about, more) after so long. */
void plan_after(struct sim *sim, uint64_t us, plan_act *act, int about, uint64_t more);

/* Does the next that is due; false if there is none. */
bool plan_step(struct sim *sim);
void plan_free(struct sim *sim);

/* A node comes, with plugs in these segments (-1: none). Returns its index, or -1 when there are too many. */
int plan_come(struct sim *sim, enum wire_role role, bool forwards, int segment, int other);

/* What happens at a random time; each is a plan_act. */
plan_act plan_talk, plan_late, plan_tool, plan_rename, plan_bye, plan_crash, plan_sleep, plan_part, plan_deaf,
    plan_clock, plan_break, plan_full, plan_guest, plan_weather;

/* A node told something: a tool goes on with its business. */
void plan_told(struct sim *sim, int node, const struct node_event *event);

/* Sets what a segment does to datagrams, as the scenario has it. */
void plan_segment(struct sim *sim, int segment);

/* These records of a text were said; node: by whom, or by whose guest. */
void plan_remember(struct sim *sim, int node, uint64_t room, uint64_t origin, struct span text,
                   uint32_t first, uint32_t last);

/* Gives segments their reserves, and has paths fail in so long a time (paths.c). */
void paths_begin(struct sim *sim, uint64_t us);
void paths_mend(struct sim *sim);
plan_act paths_fail;

/* A host went, and its guests with it. */
void guests_left(struct sim *sim, int host);

/* A node says one line of so many octets; false if it may not yet. */
bool plan_say(struct sim *sim, int node, size_t octets);

/* Everything that is broken is mended, who sleeps wakes, and talk stops. */
void plan_end(struct sim *sim);

#endif
