/* A stranger on a segment who sends what he likes: mutations of what he heard, huge numbers, requests for
 * everything, forged speakers by the thousand, lies about who is gone. */
#ifndef ATTACK_H
#define ATTACK_H

#include "sim.h"

struct attack *attack_new(struct sim *sim);
void attack_free(struct attack *attack);

/* Plans what he does within so long. */
void attack_begin(struct sim *sim, uint64_t within_us);

/* He hears everything. */
void attack_see(struct sim *sim, const struct net_datagram *datagram);

/* When he has gone: what the others say now they all show. */
void attack_judge(struct sim *sim);

#endif
