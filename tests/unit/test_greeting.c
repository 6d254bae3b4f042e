/* A hub's greeting: the same octets mean the same, wherever they are cut. */
#include "greeting.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

#define OURS UINT64_C(0x0123456789abcdef)

struct heard {
    enum greeting_state state;
    unsigned asked; /* how often our preface would have been sent */
    size_t left;    /* octets behind the greeting */
};

static struct heard hear(const char *input, size_t length, size_t cut)
{
    struct heard heard = {.left = length};
    struct greeting greeting;

    greeting_init(&greeting, OURS);
    for (size_t at = 0; at < length && greeting.state <= GREETING_ASKED;) {
        size_t size = length - at < cut ? length - at : cut;
        uint8_t *exact = malloc(size); /* so that a read past the end is seen */
        memcpy(exact, input + at, size);
        enum greeting_state before = greeting.state;
        size_t took = greeting_take(&greeting, exact, size);
        free(exact);
        ck_assert_uint_le(took, size);
        heard.asked += before == GREETING_WAITS && greeting.state == GREETING_ASKED;
        heard.left -= took;
        at += took;
    }
    heard.state = greeting.state;
    return heard;
}

static void expect(const char *input, enum greeting_state state, unsigned asked, size_t left)
{
    const size_t length = strlen(input);

    for (size_t cut = 1; cut <= length + 1; cut++) {
        struct heard heard = hear(input, length, cut);
        ck_assert_msg(heard.state == state, "%s, cut at %zu: state %d", input, cut, (int)heard.state);
        ck_assert_msg(heard.asked == asked, "%s, cut at %zu: asked %u times", input, cut, heard.asked);
        ck_assert_msg(heard.left == left, "%s, cut at %zu: %zu left", input, cut, heard.left);
    }
}

START_TEST(hub)
{
    expect("", GREETING_WAITS, 0, 0);
    expect("NIC", GREETING_WAITS, 0, 0);
    expect("NICK", GREETING_ASKED, 1, 0);
    expect("NICKLCHT 1 0123", GREETING_ASKED, 1, 0);
    expect("NICKLCHT 1 fedcba9876543210\n", GREETING_DONE, 1, 0);
    expect("NICKLCHT 1 fedcba9876543210\nframes", GREETING_DONE, 1, 6);
}
END_TEST

START_TEST(tutorial_server)
{
    expect("NICKLCHT 1 0123456789abcdef joined!Connected to server!", GREETING_OTHER, 1, 28);
    expect("NICKConnected to server!", GREETING_OTHER, 1, 20);
    expect("NICK\nLCHT 1 fedcba9876543210\n", GREETING_OTHER, 1, 25);
}
END_TEST

START_TEST(ourselves)
{
    expect("NICKLCHT 1 0123456789abcdef\n", GREETING_OURSELVES, 1, 0);
    expect("NICKLCHT 1 0123456789abcdef\n joined!", GREETING_OURSELVES, 1, 8);
}
END_TEST

START_TEST(others)
{
    expect("SSH-2.0-x\r\n", GREETING_OTHER, 0, 11);
    expect("NICE", GREETING_OTHER, 0, 1);
    expect("NICKLCHT 2 fedcba9876543210\n", GREETING_OTHER, 1, 19);
    expect("NICKLCHT 1 FEDCBA9876543210\n", GREETING_OTHER, 1, 17);
    expect("NICKLCHT 1 fedcba9876543210\r\n", GREETING_OTHER, 1, 2);
    expect("NICKLCHT 1 fedcba987654321\n", GREETING_OTHER, 1, 1);
}
END_TEST

START_TEST(preface)
{
    char bytes[PREFACE_OCTETS];

    greeting_preface(OURS, bytes);
    ck_assert_mem_eq(bytes, "LCHT 1 0123456789abcdef\n", PREFACE_OCTETS);
    greeting_preface(0, bytes);
    ck_assert_mem_eq(bytes, "LCHT 1 0000000000000000\n", PREFACE_OCTETS);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("greeting");

    tcase_add_test(tests, hub);
    tcase_add_test(tests, tutorial_server);
    tcase_add_test(tests, ourselves);
    tcase_add_test(tests, others);
    tcase_add_test(tests, preface);
    return suite_run(tests, "greeting");
}
