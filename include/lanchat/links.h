/* The node's links and who sends on them: a LAN's segments, connections. The one place where the node is
 * pulled. */
#ifndef LANCHAT_LINKS_H
#define LANCHAT_LINKS_H

#include <stdbool.h>

#include "lanchat/node.h"

struct links;

/* Sends a datagram of the link that was added with `context`, or drops it. The datagram is the node's, and
 * gone when the node is called. */
typedef void links_send(void *context, const struct node_datagram *datagram);

/* For the links of `node`, which stays the caller's. NULL: no memory. */
struct links *links_new(struct node *node);
void links_free(struct links *links);

/* node_link_add, and who sends there. Returns the link's index; -1: there are as many as there can be, or no
 * memory. `context` stays the caller's, until links_remove. */
int links_add(struct links *links, enum node_link_kind kind, links_send *send, void *context);

/* node_link_remove: nothing is sent there any more. */
void links_remove(struct links *links, int link);

/* Sends what the node has to send, for 20 ms at the most; the rest stays with the node, which thus knows that
 * its input should wait, and is for the next turn. */
void links_flush(struct links *links);

/* True if the last links_flush left something for the next turn, which should come at once. */
bool links_unsent(const struct links *links);

#endif
