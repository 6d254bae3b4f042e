/* Our one connection to a hub: one link of the node, whose name is looked up at every attempt, and which is
 * dialled again, ever less often, for as long as there is none. */
#ifndef LANCHAT_UPLINK_H
#define LANCHAT_UPLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lanchat/lan.h"
#include "lanchat/links.h"
#include "lanchat/loop.h"
#include "lanchat/node.h"
#include "lanchat/url.h"

struct uplink;

/* Dials at the first uplink_tick. `notice` is told, in one line each, when it is connected, when it is lost,
 * and why an attempt failed. NULL: no memory, or the node has as many links as it can. */
struct uplink *uplink_open(const struct url *url, struct loop *loop, struct links *links, struct node *node,
                           lan_notice *notice, void *context);

/* Dials, and gives up what takes too long; uplink_deadline says when (monotonic microseconds). */
void uplink_tick(struct uplink *uplink);
uint64_t uplink_deadline(const struct uplink *uplink);

/* Once a turn, after links_flush: sends what was put there in it. */
void uplink_flush(struct uplink *uplink);

/* True while something waits to be written. */
bool uplink_unsent(const struct uplink *uplink);

enum uplink_state {
    UPLINK_DIALLING,
    UPLINK_UP,
    UPLINK_WAITING, /* before it dials again */
    UPLINK_REFUSED, /* it is no hub, or ourselves: it does not dial again, and its user is told by nobody but
                       uplink_error */
};

enum uplink_state uplink_state(const struct uplink *uplink);

/* Why it is not up: "hub.example:55555: Connection refused"; good until the next call of any function that
 * takes the uplink without const, or loop_wait. */
const char *uplink_error(const struct uplink *uplink);

/* Closes the connection and removes the link. NULL is allowed. */
void uplink_close(struct uplink *uplink);

#endif
