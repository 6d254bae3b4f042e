/* What goes on a LAN by which kind of path, and paths of it that fail. The LAN and the network are lans.h's.
 */
#ifndef WATCH_H
#define WATCH_H

#include "net.h"

/* What was sent since, by kind of path; messages and prompts on all of them; copies by unicast, to whom. */
void watch(void);

extern unsigned messages, prompts, hellos[WIRE_PATHS], copies_to[64];

/* The first node says something that was never said; how long until all others show it. */
uint64_t say(void);

/* What it says as the nth, and how many there were. */
const char *text_of(int number);
extern int texts_said;

void check_nobody_left(void);

/* On which paths the first node is not heard by the second, nor the second by the first, nor anybody. */
struct fault {
    unsigned there, back, everybody;
};

void break_it(const struct fault *fault);

/* That, as a net's pass; `context` is a fault. */
bool fails(struct net *of, const struct net_datagram *datagram, int to, void *context);

#endif
