#include "idmap.h"

#include "suite.h"

static int values[1000];

START_TEST(an_empty_map)
{
    struct idmap map = {0};
    ck_assert_ptr_null(idmap_get(&map, 0));
    ck_assert_ptr_null(idmap_get(&map, UINT64_MAX));
    ck_assert_uint_eq(idmap_from(&map, 0), 0);
    idmap_remove(&map, 7);
    idmap_free(&map);
}
END_TEST

/* Ids in any order come out in theirs. */
START_TEST(ids_are_in_order)
{
    struct idmap map = {0};
    for (uint64_t i = 0; i < 1000; i++)
        ck_assert(idmap_put(&map, i * 7919 % 1000 * UINT64_C(0x10000000000000), &values[i]));
    ck_assert_uint_eq(map.count, 1000);
    for (size_t i = 1; i < map.count; i++)
        ck_assert_uint_lt(map.slots[i - 1].id, map.slots[i].id);
    for (uint64_t i = 0; i < 1000; i++)
        ck_assert_ptr_eq(idmap_get(&map, i * 7919 % 1000 * UINT64_C(0x10000000000000)), &values[i]);
    idmap_free(&map);
    ck_assert_uint_eq(map.count, 0);
}
END_TEST

START_TEST(the_first_from_an_id)
{
    struct idmap map = {0};
    idmap_put(&map, 10, &values[0]);
    idmap_put(&map, UINT64_MAX, &values[1]);
    idmap_put(&map, 0, &values[2]);
    ck_assert_uint_eq(idmap_from(&map, 0), 0);
    ck_assert_uint_eq(idmap_from(&map, 1), 1);
    ck_assert_uint_eq(idmap_from(&map, 10), 1);
    ck_assert_uint_eq(idmap_from(&map, 11), 2);
    ck_assert_uint_eq(idmap_from(&map, UINT64_MAX), 2);
    idmap_free(&map);
}
END_TEST

START_TEST(removed_is_not_found)
{
    struct idmap map = {0};
    for (uint64_t id = 0; id < 100; id++)
        idmap_put(&map, id, &values[id]);
    for (uint64_t id = 0; id < 100; id += 2)
        idmap_remove(&map, id);
    idmap_remove(&map, 0);
    ck_assert_uint_eq(map.count, 50);
    for (uint64_t id = 0; id < 100; id++)
        ck_assert_ptr_eq(idmap_get(&map, id), id % 2 ? &values[id] : NULL);
    ck_assert(idmap_put(&map, 4, &values[0]));
    ck_assert_ptr_eq(idmap_get(&map, 4), &values[0]);
    idmap_free(&map);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("idmap");

    tcase_add_test(tests, an_empty_map);
    tcase_add_test(tests, ids_are_in_order);
    tcase_add_test(tests, the_first_from_an_id);
    tcase_add_test(tests, removed_is_not_found);
    return suite_run(tests, "idmap");
}
