/* Memberships renewed: when, and that all nodes of a host are away together. */
#include "renewal.h"

#include "suite.h"

#define SECOND UINT64_C(1000000)

static struct interface interface_of(uint32_t address)
{
    return (struct interface){.address4 = {address}, .ipv4 = true};
}

/* A node of a host that has come at a time of its own; the wall clock is `wall_ms` when the monotonic one is
 * 1000 s. */
static struct node_time at(uint64_t now_us)
{
    const uint64_t wall_ms = UINT64_C(1790000012345);

    return (struct node_time){now_us, wall_ms + now_us / 1000 - 1000000};
}

static struct renewal joined(uint32_t address, uint64_t now_us)
{
    struct interface interface = interface_of(address);
    struct renewal renewal = {.offset_ms = renewal_offset(&interface)};

    renewal_taken(&renewal, at(now_us));
    return renewal;
}

/* Turns a node at its deadlines, late by so much, until it leaves. Returns when it did; *back when it took
 * the group again. */
static uint64_t leaves(struct renewal *renewal, uint64_t from_us, uint64_t late_us, uint64_t *back)
{
    uint64_t now_us = renewal_deadline(renewal, at(from_us)) + late_us;

    ck_assert_uint_gt(now_us, from_us);
    ck_assert_int_eq(renewal_step(renewal, at(now_us)), RENEWAL_LEAVE);
    *back = renewal_deadline(renewal, at(now_us)) + late_us;
    ck_assert_int_eq(renewal_step(renewal, at(*back - late_us - 1)), RENEWAL_NONE);
    ck_assert_int_eq(renewal_step(renewal, at(*back)), RENEWAL_TAKE);
    renewal_taken(renewal, at(*back));
    return now_us;
}

START_TEST(nothing_before_it_is_joined)
{
    struct renewal renewal = {0};

    ck_assert_uint_eq(renewal_deadline(&renewal, at(5 * SECOND)), UINT64_MAX);
    ck_assert_int_eq(renewal_step(&renewal, at(5 * SECOND)), RENEWAL_NONE);
}
END_TEST

START_TEST(all_nodes_of_a_host_are_away_together_once_a_minute)
{
    struct renewal one = joined(0x0100000a, 1000 * SECOND), other = joined(0x0100000a, 1007 * SECOND);
    uint64_t before = 0, now = 1007 * SECOND;

    for (int minute = 0; minute < 3; minute++) {
        uint64_t back_one, back_other;
        uint64_t gone_one = leaves(&one, now, 0, &back_one);
        uint64_t gone_other = leaves(&other, now, 20000, &back_other);
        ck_assert_uint_lt(gone_other, back_one);
        ck_assert_uint_lt(gone_one, back_other);
        ck_assert_uint_le(back_one, gone_one + 50000);
        if (minute > 0) {
            ck_assert_uint_ge(gone_one, before + 60 * SECOND - 2000);
            ck_assert_uint_le(gone_one, before + 60 * SECOND + 2000);
        }
        before = gone_one;
        now = back_other;
    }
}
END_TEST

START_TEST(hosts_differ)
{
    struct interface one = interface_of(0x0100000a), other = interface_of(0x0200000a);

    ck_assert_uint_ne(renewal_offset(&one), renewal_offset(&other));
    other.address4 = one.address4;
    ck_assert_uint_eq(renewal_offset(&one), renewal_offset(&other));
}
END_TEST

/* Who fell silent is waited for 15 s; then a few tries, 5 s apart, and the minute again. */
START_TEST(silence_brings_it_on)
{
    struct renewal renewal = joined(0x0100000a, 1000 * SECOND);
    uint64_t now = 1000 * SECOND, back, first = 0, quick = 0;

    renewal.heard_us = 1000 * SECOND;
    while (now < 1060 * SECOND) {
        uint64_t gone = leaves(&renewal, now, 0, &back);
        bool is_quick = gone >= 1015 * SECOND && gone <= 1036 * SECOND;
        if (is_quick && first == 0)
            first = gone;
        quick += is_quick;
        now = back;
    }
    ck_assert_uint_ge(first, 1015 * SECOND);
    ck_assert_uint_le(first, 1020 * SECOND + 2000);
    ck_assert_uint_ge(quick, 2);
    ck_assert_uint_le(quick, 5);

    /* Who is heard again is left alone. */
    renewal.heard_us = now;
    ck_assert_uint_ge(renewal_deadline(&renewal, at(now)), now + 15 * SECOND);
}
END_TEST

/* An adjusted clock makes no second moment of one. */
START_TEST(a_clock_that_is_set_back_a_little)
{
    struct renewal renewal = joined(0x0100000a, 1000 * SECOND);
    uint64_t back;

    leaves(&renewal, 1000 * SECOND, 0, &back);
    struct node_time earlier = at(back);
    earlier.wall_ms -= 200;
    ck_assert_uint_gt(renewal_deadline(&renewal, earlier), back + 50 * SECOND);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("renewal");

    tcase_add_test(tests, nothing_before_it_is_joined);
    tcase_add_test(tests, all_nodes_of_a_host_are_away_together_once_a_minute);
    tcase_add_test(tests, hosts_differ);
    tcase_add_test(tests, silence_brings_it_on);
    tcase_add_test(tests, a_clock_that_is_set_back_a_little);
    return suite_run(tests, "renewal");
}
