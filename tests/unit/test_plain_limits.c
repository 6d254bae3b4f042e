/* Plain-text connections at their limits: who is refused, who is a node, lines without end, no memory, and
 * any bytes at all. */
#include <string.h>

#include "memory.h"
#include "suite.h"
#include "trial.h"

/* Who is no person. */

static void check_first(const char *input, size_t length, const char *expected)
{
    for (size_t first = 1; first <= length; first++)
        for (size_t second = first; second <= length; second++) {
            trial_three(input, length, first, second, 10 * TRIAL_MS, STAYS);
            trial_check(expected);
        }
}

#define FIRST(input, expected) check_first(input, sizeof(input) - 1, expected)

START_TEST(who_is_refused)
{
    FIRST("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "REFUSED an HTTP client|");
    FIRST("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "REFUSED an HTTP client|");
    FIRST("\x16\x03\x01\x02\x00\x01", "REFUSED a TLS client|");
    FIRST("\x16\x02", "REFUSED binary data|");
    FIRST("\x16", "REFUSED binary data|");
    FIRST("\x16\n", "REFUSED binary data|");
    FIRST("ja\0ck\n", "REFUSED binary data|");
    FIRST("ja\x08", "REFUSED binary data|");
    FIRST("ja\x1f", "REFUSED binary data|");
    FIRST("LCHT 2 0123456789abcdef\n", "REFUSED a preface of another kind|");
    FIRST("LCHT 1 0123456789abcdeg\n", "REFUSED a preface of another kind|");
    FIRST("LCHT 1 01", "REFUSED half a preface|");
}
END_TEST

START_TEST(an_endless_line)
{
    char line[1100];
    memset(line, 'x', sizeof line);
    for (size_t cut = 1; cut < sizeof line; cut += 7) {
        trial_three(line, sizeof line, cut, cut, 0, STAYS);
        trial_check("REFUSED an endless line|");
    }
    line[1024] = '\n';
    trial_three(line, 1025, 500, 1024, 0, STAYS);
    trial_check("PERSON xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|");
}
END_TEST

START_TEST(silence)
{
    trial_begin();
    trial_pass(59999 * TRIAL_MS);
    trial_say("\xff\xfd\x03\n\r\n");
    trial_check("");
    trial_pass(TRIAL_MS);
    trial_check("REFUSED said nothing for 60 s|");
    ck_assert_uint_eq(plain_deadline(&trial.plain), UINT64_MAX);
    trial_finish();
    trial_begin();
    trial_end();
    trial_finish();
    trial_check("REFUSED said nothing|");
}
END_TEST

START_TEST(half_a_preface)
{
    trial_begin();
    trial_say("LCHT 1 01");
    trial_pass(4999 * TRIAL_MS);
    trial_check("");
    trial_pass(TRIAL_MS);
    trial_check("REFUSED half a preface|");
    trial_finish();
    trial_begin();
    trial_say("LCHT 1 01");
    trial_end();
    trial_finish();
    trial_check("REFUSED half a preface|");
}
END_TEST

#define PREFACE "LCHT 1 0123456789abcdef\n"

START_TEST(a_node)
{
    const uint64_t pauses[] = {0, 10 * TRIAL_MS, 400 * TRIAL_MS, 4 * TRIAL_SECOND};
    for (size_t i = 0; i < 4; i++)
        for (size_t first = 1; first < sizeof PREFACE - 1; first++)
            for (size_t second = first; second < sizeof PREFACE - 1; second++) {
                trial_three(PREFACE, sizeof PREFACE - 1, first, second, pauses[i], STAYS);
                trial_check("NODE 0123456789abcdef|REST |");
            }
    trial_three(PREFACE "\n\r\r\n", sizeof PREFACE + 3, sizeof PREFACE + 3, sizeof PREFACE + 3, 0, STAYS);
    trial_check("NODE 0123456789abcdef|REST \n\r\r\n|");
}
END_TEST

/* Long lines. */

static char input[4 * TEXT_SAY_MAX];

START_TEST(long_lines_become_several)
{
    const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8e\x89", "\xe9"};
    for (size_t c = 0; c < 5; c++) {
        size_t size = strlen(characters[c]), length = 2, count = (2 * TEXT_SAY_MAX + 99) / size;
        memcpy(input, "j\n", 2);
        for (size_t i = 0; i < count; i++, length += size)
            memcpy(input + length, characters[c], size);
        const size_t cuts[] = {2, 3, 1000, TEXT_SAY_MAX + 1, TEXT_SAY_MAX + 2, TEXT_SAY_MAX + 3, length};
        for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
            trial_three(input, length, cuts[i], length, 0, ENDS);
            const char *shown = c == 4 ? TRIAL_BAD : characters[c];
            size_t shown_size = strlen(shown);
            ck_assert_uint_eq(trial.flat_length, 1 + count * shown_size);
            for (size_t at = 1; at < trial.flat_length; at += shown_size)
                ck_assert_mem_eq(trial.flat + at, shown, shown_size);
        }
    }
}
END_TEST

START_TEST(the_longest_line_is_one)
{
    memcpy(input, "j\n", 2);
    memset(input + 2, 'x', TEXT_SAY_MAX);
    input[TEXT_SAY_MAX + 2] = '\n';
    trial_three(input, TEXT_SAY_MAX + 3, 1000, TEXT_SAY_MAX + 2, 0, STAYS);
    ck_assert_uint_eq(trial.length, strlen("PERSON j|SAYS |") + TEXT_SAY_MAX);
}
END_TEST

/* One feed may bring everything, and nothing is held when nothing is half said. */
START_TEST(idle_clients_are_small)
{
    ck_assert_uint_lt(sizeof(struct plain), 160);
    trial_begin();
    trial_say("jack\none\ntwo\n");
    trial_check("PERSON jack|SAYS one|SAYS two|");
    ck_assert_ptr_null(trial.plain.held);
    ck_assert_ptr_null(trial.plain.own);
    trial_finish();
}
END_TEST

START_TEST(out_of_memory)
{
    if (!memory_wrapped())
        return;
    const char *const inputs[] = {"jack: hijack: ho\xff\xff", "jack\nhi\xc3\n"};
    for (size_t i = 0; i < 2; i++)
        for (unsigned long n = 1; n < 6; n++) {
            long octets = 0;
            memory_account(&octets);
            memory_fail(n, false);
            trial_begin();
            memory_enter();
            plain_feed(&trial.plain, inputs[i], strlen(inputs[i]), trial.now_us);
            struct plain_event event;
            while (plain_next(&trial.plain, &event))
                ;
            plain_end(&trial.plain);
            while (plain_next(&trial.plain, &event))
                ;
            plain_free(&trial.plain);
            memory_leave();
            memory_account(NULL);
            memory_fail(0, false);
            ck_assert_int_eq(octets, 0);
        }
}
END_TEST

/* Any bytes at all, at any times: nothing but what the notes check. */
START_TEST(any_bytes)
{
    uint32_t random = (uint32_t)_i + 1;
    trial_begin();
    for (unsigned i = 0; i < 400; i++) {
        const char pick[] = "jack: \n\r\xff\xfa\xf0\xfd\xc3\xa9\xe2\x82\xac/me ~";
        char bytes[24];
        size_t length = 0;
        do {
            random = random * 1664525 + 1013904223;
            bytes[length] = i + length < 40 ? 'j' : pick[(random >> 16) % sizeof pick];
            length++;
        } while (length < sizeof bytes && (random >> 28) > 1);
        trial.length = trial.flat_length = 0;
        trial_send(bytes, length);
        trial_pass((random >> 8) % 3 * 200 * TRIAL_MS);
    }
    trial_end();
    trial_finish();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("plain_limits");

    tcase_add_test(tests, who_is_refused);
    tcase_add_test(tests, an_endless_line);
    tcase_add_test(tests, silence);
    tcase_add_test(tests, half_a_preface);
    tcase_add_test(tests, a_node);
    tcase_add_test(tests, long_lines_become_several);
    tcase_add_test(tests, the_longest_line_is_one);
    tcase_add_test(tests, idle_clients_are_small);
    tcase_add_test(tests, out_of_memory);
    tcase_add_loop_test(tests, any_bytes, 0, 50);
    return suite_run(tests, "plain_limits");
}
