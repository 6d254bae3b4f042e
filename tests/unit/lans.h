/* Two LANs, with people on them who speak and are told of things. Forwarders between them, or at them, are
 * each test's own. */
#ifndef LANS_H
#define LANS_H

#include "net.h"

extern struct net *net;
extern int lan, far; /* the segments */

void lans_begin(uint64_t seed);
void lans_end(void);

/* Somebody on one of them; in the lobby, if no room is named. */
int lans_person(const char *nick, int segment);
int lans_person_in(const char *nick, const char *room, int segment);

/* Says so many lines, with a pause after each. */
void lans_say(int node, int count, uint64_t pause_us);

/* What a node was shown of a speaker: these numbers, each once, in order; nothing was lost. */
void lans_shown(int node, uint64_t id, uint32_t first, uint32_t last);

/* So often a node was told of it. */
void lans_told(int node, enum node_event_type type, uint64_t id, size_t times);

#endif
