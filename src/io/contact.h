/* Hosts that --peer names: each is a link of the node, a segment whose only path is unicast. The lanchats
 * there are looked for on their ports, and then each is sent what is for all. */
#ifndef LANCHAT_CONTACT_H
#define LANCHAT_CONTACT_H

#include "segment.h"

struct contact;

/* Makes those of the options. False when there is no memory, or the node has as many links as it can. */
bool contacts_open(struct lan *lan);
void contacts_close(struct lan *lan);

/* Looks names up, and again when nobody answers. contacts_deadline says when it is to be called. */
void contacts_tick(struct lan *lan);
uint64_t contacts_deadline(const struct lan *lan);

/* A datagram came for this node alone: the link of the contact that sent it; -1: it is of none. */
int contacts_heard(struct lan *lan, const union address *from, struct node_time time);

/* A datagram for all came by a segment: who is heard there is sent nothing by a link of his own. */
void contacts_near(struct lan *lan, const union address *from, struct node_time time);

/* What the contact of a link is called; NULL: it is no contact's. Its host's address, of who answered if
 * somebody did; false: it has none. */
const char *contacts_link_name(const struct lan *lan, int link);
bool contacts_address(const struct lan *lan, int link, union address *address);

#endif
