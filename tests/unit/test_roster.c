#include "roster.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct roster roster;

static void setup(void)
{
    roster_init(&roster);
}

static void teardown(void)
{
    roster_free(&roster);
}

static struct peer *enter(uint64_t id, uint64_t room, uint64_t links, uint32_t version)
{
    struct peer *peer = roster_add(&roster, id);
    ck_assert_ptr_nonnull(peer);
    peer->room = room;
    peer->links = links;
    peer->version = version;
    return peer;
}

/* At one version gone beats here (SWIM); a higher version beats all. */
START_TEST(what_is_news)
{
    struct peer peer = {.version = 5, .state = WIRE_HERE};
    ck_assert(!roster_is_news(&peer, 4, WIRE_AWAY));
    ck_assert(!roster_is_news(&peer, 5, WIRE_HERE));
    ck_assert(roster_is_news(&peer, 5, WIRE_AWAY));
    ck_assert(roster_is_news(&peer, 5, WIRE_WITHDRAWN));
    ck_assert(roster_is_news(&peer, 6, WIRE_HERE));
    peer.state = WIRE_AWAY;
    ck_assert(!roster_is_news(&peer, 5, WIRE_HERE));
    ck_assert(!roster_is_news(&peer, 5, WIRE_AWAY));
    ck_assert(roster_is_news(&peer, 6, WIRE_HERE));
}
END_TEST

START_TEST(digests_do_not_depend_on_history)
{
    enter(1, 7, 1, 0);
    enter(2, 7, 1, 4);
    enter(3, 7, 2, 0); /* elsewhere */
    enter(4, 8, 1, 0); /* another room */
    enter(5, 7, 1, 0)->state = WIRE_AWAY;
    uint64_t digest = roster_digest(&roster, 7, 1);
    for (uint64_t id = 1; id <= 5; id++)
        roster_remove(&roster, id);
    ck_assert_uint_eq(roster_digest(&roster, 7, 1), 0);
    enter(2, 7, 3, 4);
    enter(1, 7, 1, 0);
    ck_assert_uint_eq(roster_digest(&roster, 7, 1), digest);
    roster_get(&roster, 1)->version++;
    ck_assert_uint_ne(roster_digest(&roster, 7, 1), digest);
}
END_TEST

START_TEST(who_was_heard_is_counted)
{
    enter(1, 7, 1, 0)->heard_us = 5;
    enter(2, 8, 1, 0)->heard_us = 5;
    enter(3, 7, 2, 0)->heard_us = 5;
    enter(4, 7, 1, 0);
    ck_assert_uint_eq(roster_heard(&roster, 1), 2);
    ck_assert_uint_eq(roster_heard(&roster, 3), 3);
    ck_assert_uint_eq(roster_heard(&roster, 4), 0);
}
END_TEST

START_TEST(a_full_roster_forgets_who_is_gone)
{
    for (uint64_t id = 1; id <= ROSTER_MAX; id++)
        enter(id, 7, 1, 0);
    ck_assert_ptr_null(roster_add(&roster, ROSTER_MAX + 1));
    roster_get(&roster, 100)->state = WIRE_AWAY;
    ck_assert_ptr_nonnull(roster_add(&roster, ROSTER_MAX + 1));
    ck_assert_ptr_null(roster_get(&roster, 100));
    ck_assert_ptr_null(roster_add(&roster, ROSTER_MAX + 2));
    ck_assert_uint_eq(roster.peers.count, ROSTER_MAX);
}
END_TEST

START_TEST(the_next_expiry_is_the_first)
{
    struct peer *a = enter(1, 7, 1, 0), *b = enter(2, 7, 1, 0);
    ck_assert_uint_eq(roster.next_expiry_us, UINT64_MAX);
    roster_expire_at(&roster, a, 50);
    roster_expire_at(&roster, b, 70);
    ck_assert_uint_eq(roster.next_expiry_us, 50);
    roster_expire_at(&roster, b, 20);
    ck_assert_uint_eq(roster.next_expiry_us, 20);
}
END_TEST

START_TEST(rooms_have_names)
{
    char name[16];
    uint64_t den = wire_room_tag(span_of("den"));
    ck_assert_uint_eq(roster_room_name(&roster, den).length, 0);
    roster_name_room(&roster, den, span_of("other")); /* not its tag */
    ck_assert_uint_eq(roster_room_name(&roster, den).length, 0);
    roster_name_room(&roster, den, span_of("den"));
    ck_assert(span_equal(roster_room_name(&roster, den), span_of("den")));
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "room%d", i);
        roster_name_room(&roster, wire_room_tag(span_of(name)), span_of(name));
        ck_assert(span_equal(roster_room_name(&roster, wire_room_tag(span_of(name))), span_of(name)));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("roster");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_news);
    tcase_add_test(tests, digests_do_not_depend_on_history);
    tcase_add_test(tests, who_was_heard_is_counted);
    tcase_add_test(tests, a_full_roster_forgets_who_is_gone);
    tcase_add_test(tests, the_next_expiry_is_the_first);
    tcase_add_test(tests, rooms_have_names);
    return suite_run(tests, "roster");
}
