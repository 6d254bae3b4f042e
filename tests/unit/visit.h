/* Guests who come to a forwarder, speak and leave; what comes of it is sent at once. The lobby is their room.
 */
#ifndef VISIT_H
#define VISIT_H

#include "lans.h"

/* A hub that is on no LAN, a relay that is on `lan` alone: of the lobby. */
int visit_hub(void);
int visit_relay(void);

struct node *visit_core(int node);

struct node_guest *visit_enter(int node, const char *nick);
struct node_guest *visit_enter_room(int node, const char *nick, const char *room);
void visit_leave(int node, struct node_guest *guest);

/* Returns the number, as node_guest_say does. */
uint32_t visit_say(int node, struct node_guest *guest, const char *text);

/* Hands all nodes a record in a datagram from `sender`; or a message of an origin. */
void visit_forge(const struct wire_record *record, uint64_t sender);
void visit_forge_message(uint64_t origin, uint32_t number);

#endif
