/* A scenario out of a seed: topology, who is there from the beginning, and when what happens. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "sim.h"

/* Makes the net's segments and first nodes, and fills the plan; returns how long the talk lasts. */
uint64_t scenario_make(struct sim *sim);

#endif
