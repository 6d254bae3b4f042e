#include "backoff.h"

#include "lanchat/system.h"

#define WAIT_LEAST_US UINT64_C(500000) /* and up to half as much more; doubles */
#define WAIT_MOST_US  UINT64_C(20000000)
#define UP_LONG_US    UINT64_C(30000000)

uint64_t backoff_wait(struct backoff *backoff)
{
    uint64_t jitter, least = backoff->next_us ? backoff->next_us : WAIT_LEAST_US;

    system_random(NULL, &jitter, sizeof jitter);
    backoff->next_us = 2 * least < WAIT_MOST_US ? 2 * least : WAIT_MOST_US;
    return least + jitter % (least / 2);
}

void backoff_lost(struct backoff *backoff, uint64_t up_us)
{
    if (system_time().now_us >= up_us + UP_LONG_US)
        backoff->next_us = 0;
}
