/* What must be so in every simulation; sim.h lists the invariants by number. */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "sim.h"

/* Watch: each datagram as it is sent, each event as it is told. */
void invariants_see(struct sim *sim, const struct net_datagram *datagram);
void invariants_told(struct sim *sim, int node, const struct node_event *event);

/* True when all that are joined agree; else, with `judge`, the simulation fails and says who does not. */
bool invariants_agree(struct sim *sim, bool judge);

/* After the talk and the settling. */
void invariants_shown(struct sim *sim);

/* A census said that all have what a node said: so it is. Only where nothing is lost on the way. */
void invariants_confirmed(struct sim *sim, int node);

/* Who came later was shown as much of what was said before as it wanted. Likewise. */
void invariants_history(struct sim *sim);

/* A window of rest: from begin to end nobody talks. */
void invariants_rest_begin(struct sim *sim);
void invariants_rest_end(struct sim *sim, uint64_t window_us);

/* To be called once a second of simulated time. */
void invariants_budgets(struct sim *sim);

#endif
