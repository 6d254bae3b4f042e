/* Timers: the first is the earliest, however they are put in, moved and taken out. */
#include "timers.h"

#include <stdlib.h>

#include "suite.h"

#define MANY 200

static uint64_t earliest(const struct timer *timers, const bool *in)
{
    uint64_t at = UINT64_MAX;

    for (int i = 0; i < MANY; i++)
        if (in[i] && timers[i].at_us < at)
            at = timers[i].at_us;
    return at;
}

START_TEST(the_first_is_the_earliest)
{
    struct timers timers = {0};
    struct timer all[MANY];
    bool in[MANY] = {false};
    unsigned seed = (unsigned)_i + 1;

    ck_assert_ptr_null(timers_first(&timers));
    for (int step = 0; step < 5000; step++) {
        int i = rand_r(&seed) % MANY;
        uint64_t at = rand_r(&seed) % 5 ? (uint64_t)rand_r(&seed) % 1000 : UINT64_MAX;
        if (!in[i]) {
            ck_assert(timers_add(&timers, &all[i], at));
            in[i] = true;
        } else if (rand_r(&seed) % 3) {
            timers_move(&timers, &all[i], at);
        } else {
            timers_remove(&timers, &all[i]);
            in[i] = false;
        }
        const struct timer *first = timers_first(&timers);
        ck_assert_uint_eq(first ? first->at_us : UINT64_MAX, earliest(all, in));
    }
    timers_free(&timers);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("timers");

    tcase_add_loop_test(tests, the_first_is_the_earliest, 0, 10);
    return suite_run(tests, "timers");
}
