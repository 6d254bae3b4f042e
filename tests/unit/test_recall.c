/* What was typed before: bounded, without doubles, and the same after a way through a file. */
#include "recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "suite.h"

static struct recall recall;

static void check_line(size_t age, const char *expected)
{
    struct span line = recall_line(&recall, age);

    ck_assert_msg(span_equal(line, span_of(expected)), "line %zu is \"%.*s\", not \"%s\"", age,
                  (int)line.length, line.bytes, expected);
}

START_TEST(latest_first)
{
    recall_init(&recall);
    ck_assert(recall_add(&recall, span_of("one")));
    ck_assert(recall_add(&recall, span_of("two\nlines")));
    ck_assert_uint_eq(recall.count, 2);
    check_line(0, "");
    check_line(1, "two\nlines");
    check_line(2, "one");
    recall_free(&recall);
}
END_TEST

START_TEST(what_is_not_kept)
{
    static char big[TEXT_SAY_MAX + 1];

    memset(big, 'x', sizeof big);
    recall_init(&recall);
    ck_assert(!recall_add(&recall, span_of("")));
    ck_assert(!recall_add(&recall, span_of(" secret")));
    ck_assert(!recall_add(&recall, span_of("\tsecret")));
    ck_assert(!recall_add(&recall, (struct span){big, sizeof big}));
    ck_assert(recall_add(&recall, (struct span){big, sizeof big - 1}));
    ck_assert(recall_add(&recall, span_of("a")));
    ck_assert(!recall_add(&recall, span_of("a")));
    ck_assert(recall_add(&recall, span_of("b")));
    ck_assert(recall_add(&recall, span_of("a")));
    ck_assert_uint_eq(recall.count, 4);
    recall_free(&recall);
}
END_TEST

START_TEST(bounds)
{
    static char big[TEXT_SAY_MAX];
    char line[24];

    recall_init(&recall);
    for (int i = 0; i < RECALL_LINES_MAX * 2 + 7; i++) {
        snprintf(line, sizeof line, "line %d", i);
        ck_assert(recall_add(&recall, span_of(line)));
    }
    ck_assert_uint_eq(recall.count, RECALL_LINES_MAX);
    check_line(1, "line 2006");
    check_line(RECALL_LINES_MAX, "line 1007");
    for (int i = 0; i < 3 * RECALL_BYTES_MAX / TEXT_SAY_MAX; i++) {
        memset(big, 'a' + i % 26, sizeof big);
        ck_assert(recall_add(&recall, (struct span){big, sizeof big}));
        ck_assert_uint_le(recall.bytes, RECALL_BYTES_MAX);
    }
    ck_assert_uint_eq(recall.count, RECALL_BYTES_MAX / TEXT_SAY_MAX);
    recall_free(&recall);
}
END_TEST

START_TEST(changes_are_kept_until_forgotten)
{
    recall_init(&recall);
    recall_add(&recall, span_of("one"));
    recall_add(&recall, span_of("two"));
    ck_assert(recall_change(&recall, 0, span_of("being typed")));
    ck_assert(recall_change(&recall, 2, span_of("")));
    ck_assert(recall_change(&recall, 1, span_of("TWO")));
    check_line(0, "being typed");
    check_line(1, "TWO");
    check_line(2, "");
    ck_assert(recall_change(&recall, 1, span_of("two")));
    check_line(1, "two");
    recall_forget(&recall);
    check_line(0, "");
    check_line(2, "one");
    ck_assert(recall_change(&recall, 2, span_of("left")));
    recall_free(&recall);
}
END_TEST

/* Through a file and back. */
static void check_round(const char *line, const char *entry)
{
    static char out[RECALL_ENTRY_MAX];
    size_t length = recall_entry(span_of(line), out);

    ck_assert_msg(span_equal((struct span){out, length}, span_of(entry)), "\"%s\" is written %.*s", line,
                  (int)length, out);
    recall_init(&recall);
    ck_assert_uint_eq(recall_read(&recall, (struct span){out, length}), 1);
    check_line(1, line);
    recall_free(&recall);
}

START_TEST(entries)
{
    check_round("plain", "plain\n");
    check_round("two\nlines\n", "two\\nlines\\n\n");
    check_round("\\n is no newline\\", "\\\\n is no newline\\\\\n");
    check_round("häuser 日本", "häuser 日本\n");
}
END_TEST

START_TEST(longest_entry)
{
    static char line[TEXT_SAY_MAX], out[RECALL_ENTRY_MAX];

    memset(line, '\\', sizeof line);
    size_t length = recall_entry((struct span){line, sizeof line}, out);
    ck_assert_uint_eq(length, RECALL_ENTRY_MAX);
    recall_init(&recall);
    recall_read(&recall, (struct span){out, length});
    ck_assert(span_equal(recall_line(&recall, 1), (struct span){line, sizeof line}));
    recall_free(&recall);
}
END_TEST

START_TEST(files)
{
    static char big[3 * TEXT_SAY_MAX];
    static const char file[] = "one\n\n\xff\xc3\n\\x \\\nnul\0nul\nthe end";

    recall_init(&recall);
    ck_assert_uint_eq(recall_read(&recall, (struct span){file, sizeof file - 1}), 6);
    ck_assert_uint_eq(recall.count, 5);
    check_line(1, "the end");
    check_line(2, "nul\xef\xbf\xbdnul");
    check_line(3, "\\x \\");
    check_line(4, "\xef\xbf\xbd\xef\xbf\xbd");
    memset(big, 'x', sizeof big);
    memset(big, '\xff', TEXT_SAY_MAX - 1); /* three bytes each, when they are shown */
    big[TEXT_SAY_MAX] = '\n';
    ck_assert_uint_eq(recall_read(&recall, (struct span){big, sizeof big}), 2);
    ck_assert_uint_eq(recall.count, 5);
    ck_assert_uint_eq(recall_read(&recall, span_of("")), 0);
    recall_free(&recall);
}
END_TEST

START_TEST(without_memory)
{
    ck_assert(memory_wrapped());
    recall_init(&recall);
    recall_add(&recall, span_of("one"));
    memory_fail(1, true);
    memory_enter();
    bool added = recall_add(&recall, span_of("two"));
    bool changed = recall_change(&recall, 1, span_of("ONE"));
    memory_leave();
    memory_fail(0, false);
    ck_assert(!added);
    ck_assert(!changed);
    ck_assert_uint_eq(recall.count, 1);
    check_line(1, "one");
    recall_free(&recall);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("recall");

    tcase_add_test(tests, latest_first);
    tcase_add_test(tests, what_is_not_kept);
    tcase_add_test(tests, bounds);
    tcase_add_test(tests, changes_are_kept_until_forgotten);
    tcase_add_test(tests, entries);
    tcase_add_test(tests, longest_entry);
    tcase_add_test(tests, files);
    tcase_add_test(tests, without_memory);
    return suite_run(tests, "recall");
}
