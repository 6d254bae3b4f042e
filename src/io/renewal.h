/* When the membership of a group is renewed: left and taken again, so that a switch that has forgotten it
 * hears of it anew (RFC 4541, 2.1.1, tells of those that snoop where nobody asks). The system reports only
 * what changes for the host as a whole, so all nodes of a host do it in the same moment: once a minute, and
 * every 5 seconds while nobody of another host is heard any more. What is done then is the caller's. */
#ifndef LANCHAT_RENEWAL_H
#define LANCHAT_RENEWAL_H

#include "interfaces.h"
#include "lanchat/node.h"

/* All zero: nothing is joined yet. Microseconds of the monotonic clock. */
struct renewal {
    uint64_t offset_ms; /* of renewal_offset */
    uint64_t since_us;  /* taken last; 0: never */
    uint64_t heard_us;  /* when another host was heard by the group last, as the caller sets it; 0: never */
    uint64_t back_us;   /* it is left, and taken again then; 0: it is not left */
};

enum renewal_step {
    RENEWAL_NONE,
    RENEWAL_LEAVE,
    RENEWAL_TAKE,
};

/* Where in the minute of the wall clock the groups of an interface are renewed: hashed from its addresses, so
 * that hosts differ and the nodes of one do not. */
uint64_t renewal_offset(const struct interface *interface);

/* The group was joined, for the first time or again. What was never told so is not renewed. */
void renewal_taken(struct renewal *renewal, struct node_time time);

/* What is to be done now. */
enum renewal_step renewal_step(struct renewal *renewal, struct node_time time);

/* True if others were heard by the group, and none for so long that it is renewed more often. */
bool renewal_silent(const struct renewal *renewal, struct node_time time);

/* When something is to be done (monotonic microseconds); UINT64_MAX: nothing. */
uint64_t renewal_deadline(const struct renewal *renewal, struct node_time time);

#endif
