/* All that the simulator knows of a node's insides. */
#ifndef PEEK_H
#define PEEK_H

#include "lanchat/node.h"

/* Digests of a node's roster and vector for a room, as far as it shares them on a link. */
uint64_t peek_roster(const struct node *node, uint64_t room, int link);
uint64_t peek_vector(struct node *node, uint64_t room, int link);

/* The version of an entry of that roster, + 1; 0: it has none. */
uint64_t peek_version(const struct node *node, uint64_t room, int link, uint64_t id);

/* How many are here, itself among them; those who forward, who are in every room, do not count. */
size_t peek_here(const struct node *node, uint64_t room, int link);

/* Everything of an origin up to here was shown, given up, or lies under the base. 0: it is not known. */
uint32_t peek_highest(const struct node *node, uint64_t room, uint64_t origin);

/* The index-th record that it stores of a room; false past the last. */
bool peek_stored(const struct node *node, uint64_t room, size_t index, uint64_t *origin, uint32_t *number);

#endif
