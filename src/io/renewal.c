#include "renewal.h"

#include <string.h>

#define PERIOD_MS UINT64_C(60000)
#define QUICK_MS  UINT64_C(5000)     /* while nobody is heard any more */
#define AWAY_US   UINT64_C(50000)    /* all nodes of the host have left by then */
#define SILENT_US UINT64_C(15000000) /* three hellos at least were missed */
#define TRIES_US  UINT64_C(15000000) /* so long it may be a switch's fault */
#define APART_US  UINT64_C(1000000)  /* clocks that are adjusted make no two moments of one */

uint64_t renewal_offset(const struct interface *interface)
{
    char octets[sizeof interface->address4 + sizeof interface->address6];

    memcpy(octets, &interface->address4, sizeof interface->address4);
    memcpy(octets + sizeof interface->address4, &interface->address6, sizeof interface->address6);
    return wire_room_tag((struct span){octets, sizeof octets}) % PERIOD_MS;
}

void renewal_taken(struct renewal *renewal, struct node_time time)
{
    renewal->since_us = time.now_us;
    renewal->back_us = 0;
}

/* The first moment after `after_us` that is a whole number of periods of the wall clock, and the offset. */
static uint64_t moment(const struct renewal *renewal, uint64_t after_us, uint64_t period_ms,
                       struct node_time time)
{
    uint64_t wall_ms = time.wall_ms + after_us / 1000 - time.now_us / 1000;
    uint64_t past_ms = (wall_ms + period_ms - renewal->offset_ms % period_ms) % period_ms;

    return after_us + (period_ms - past_ms) * 1000;
}

uint64_t renewal_deadline(const struct renewal *renewal, struct node_time time)
{
    uint64_t after_us = renewal->since_us + APART_US, quick_us = renewal->heard_us + SILENT_US;

    if (renewal->since_us == 0)
        return UINT64_MAX;
    if (renewal->back_us != 0)
        return renewal->back_us;
    uint64_t due_us = moment(renewal, after_us, PERIOD_MS, time);
    if (quick_us < after_us)
        quick_us = after_us;
    if (renewal->heard_us == 0 || quick_us > renewal->heard_us + SILENT_US + TRIES_US)
        return due_us;
    quick_us = moment(renewal, quick_us, QUICK_MS, time);
    return quick_us < due_us ? quick_us : due_us;
}

bool renewal_silent(const struct renewal *renewal, struct node_time time)
{
    return renewal->heard_us != 0 && time.now_us >= renewal->heard_us + SILENT_US;
}

enum renewal_step renewal_step(struct renewal *renewal, struct node_time time)
{
    uint64_t due_us = renewal_deadline(renewal, time);

    if (due_us > time.now_us)
        return RENEWAL_NONE;
    if (renewal->back_us != 0) {
        renewal->back_us = 0;
        return RENEWAL_TAKE;
    }
    renewal->back_us = due_us + AWAY_US;
    return RENEWAL_LEAVE;
}
