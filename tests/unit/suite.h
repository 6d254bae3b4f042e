/* Runs the tests of one program. */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>

/* Runs a case that has its tests; returns what main returns. Nothing here takes long, but a sanitizer and a
 * busy machine make it so. */
static inline int suite_run(TCase *tests, const char *name)
{
    Suite *suite = suite_create(name);
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

#endif
