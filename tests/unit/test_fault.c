/* What is said of sends that fail: on a change, once, with its cause. */
#include "fault.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "suite.h"

#define SECOND UINT64_C(1000000)

START_TEST(a_failure_is_said_once_and_so_is_its_end)
{
    struct fault fault = {0};

    ck_assert_int_eq(fault_note(&fault, 0, SECOND), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, EPERM, 2 * SECOND), FAULT_FAILS);
    for (uint64_t at = 3; at < 100; at++)
        ck_assert_int_eq(fault_note(&fault, EPERM, at * SECOND), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, ENETDOWN, 100 * SECOND), FAULT_FAILS);
    ck_assert_int_eq(fault_note(&fault, 0, 105 * SECOND), FAULT_WORKS);
    ck_assert_int_eq(fault_note(&fault, 0, 106 * SECOND), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, EPERM, 107 * SECOND), FAULT_FAILS);
}
END_TEST

START_TEST(what_fails_now_and_then_is_said_once)
{
    struct fault fault = {0};
    int said = 0;

    for (uint64_t try = 0; try < 1000; try++)
        said += fault_note(&fault, try % 2 ? EPERM : 0, SECOND + try * SECOND / 10) != FAULT_NONE;
    ck_assert_int_eq(said, 1);
    ck_assert_int_eq(fault_note(&fault, 0, 200 * SECOND), FAULT_WORKS);
}
END_TEST

START_TEST(what_passes_is_said_when_it_does_not)
{
    const int passing[] = {ENOBUFS, EADDRNOTAVAIL, ENODEV};
    struct fault fault = {0};

    ck_assert_int_eq(fault_note(&fault, passing[_i], 10 * SECOND), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, passing[_i], 12 * SECOND), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, 0, 12 * SECOND + 1), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, passing[_i], 20 * SECOND), FAULT_NONE);
    ck_assert_int_eq(fault_note(&fault, passing[_i], 24 * SECOND), FAULT_FAILS);
    ck_assert_int_eq(fault_note(&fault, passing[_i], 25 * SECOND), FAULT_NONE);
}
END_TEST

START_TEST(the_cause_is_named)
{
    static const struct {
        int error;
        const char *word;
    } causes[] = {
        {EPERM,         "firewall"      },
        {EACCES,        "55555 to 55571"},
        {ENETUNREACH,   "network up"    },
        {ENETDOWN,      "network up"    },
        {EHOSTUNREACH,  "macOS"         },
        {ENOBUFS,       "takes no more" },
        {EADDRNOTAVAIL, "another host"  },
    };
    char advice[128];

    fault_advice(causes[_i].error, 55555, 55571, advice, sizeof advice);
    ck_assert_msg(strstr(advice, causes[_i].word), "%s: %s", strerror(causes[_i].error), advice);
    ck_assert_uint_lt(strlen(advice), sizeof advice - 1);
}
END_TEST

START_TEST(a_port_that_is_held_is_named)
{
    char line[160], cut[20];

    fault_port("eth0", 55555, AF_INET6, EADDRINUSE, "that is not used there", line, sizeof line);
    ck_assert_str_eq(line, "eth0: cannot listen on UDP port 55555 with IPv6: Address already in use "
                           "(another program holds it; that is not used there)");
    fault_port("eth0", 40000, AF_INET, EMFILE, "that is not used there", line, sizeof line);
    ck_assert_str_eq(line, "eth0: cannot listen on UDP port 40000 with IPv4: Too many open files "
                           "(that is not used there)");
    fault_port("eth0", 40000, AF_INET, EMFILE, "that is not used there", cut, sizeof cut);
    ck_assert_uint_eq(strlen(cut), sizeof cut - 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fault");

    tcase_add_test(tests, a_failure_is_said_once_and_so_is_its_end);
    tcase_add_test(tests, what_fails_now_and_then_is_said_once);
    tcase_add_loop_test(tests, what_passes_is_said_when_it_does_not, 0, 3);
    tcase_add_loop_test(tests, the_cause_is_named, 0, 7);
    tcase_add_test(tests, a_port_that_is_held_is_named);
    return suite_run(tests, "fault");
}
