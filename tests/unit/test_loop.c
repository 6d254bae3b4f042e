/* The loop: who is called, and who is not. */
#include "lanchat/loop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

/* One end is watched, the other is ours. */
struct end {
    struct loop *loop;
    int fd, other;
    unsigned read, written;
    struct end *removes; /* when it is called */
    struct end *instead; /* then takes that one's number */
};

static struct loop *loop;

static void on_readable(void *context)
{
    struct end *end = context;

    end->read++;
    if (end->removes) {
        loop_remove(end->loop, end->removes->fd);
        close(end->removes->fd);
    }
    if (end->instead) {
        ck_assert_int_eq(dup2(end->instead->fd, end->removes->fd), end->removes->fd);
        close(end->instead->fd);
        end->instead->fd = end->removes->fd;
        ck_assert(loop_add(end->loop, end->instead->fd, on_readable, end->instead));
    }
    end->removes = end->instead = NULL;
}

static void on_writable(void *context)
{
    struct end *end = context;
    end->written++;
}

static struct end make(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    return (struct end){.loop = loop, .fd = ends[0], .other = ends[1]};
}

static void watch(struct end *end)
{
    ck_assert(loop_add(loop, end->fd, on_readable, end));
}

static void turn(uint64_t timeout_us)
{
    ck_assert(loop_wait(loop, timeout_us));
}

static void fill(const struct end *end)
{
    ck_assert_int_eq(write(end->other, "x", 1), 1);
}

static void open_loop(void)
{
    loop = loop_new();
    ck_assert_ptr_nonnull(loop);
}

static void close_loop(void)
{
    loop_free(loop);
}

START_TEST(number_used_again)
{
    struct end a = make(), b = make(), c = make(), *both[] = {&a, &b};

    /* Whichever of the two is called first, the other's number is then c's, which has nothing to read. */
    for (int i = 0; i < 2; i++) {
        watch(both[i]);
        fill(both[i]);
        both[i]->removes = both[1 - i];
        both[i]->instead = &c;
    }
    turn(0);
    ck_assert_uint_eq(a.read + b.read, 1);
    ck_assert_uint_eq(c.read, 0);
    fill(&c);
    turn(0);
    ck_assert_uint_eq(c.read, 1);
}
END_TEST

START_TEST(reading_stops)
{
    struct end a = make();

    watch(&a);
    fill(&a);
    loop_read(loop, a.fd, false);
    turn(0);
    ck_assert_uint_eq(a.read, 0);
    loop_read(loop, a.fd, true);
    turn(0);
    ck_assert_uint_eq(a.read, 1);
}
END_TEST

START_TEST(room_to_write)
{
    struct end a = make();

    watch(&a);
    turn(0);
    ck_assert_uint_eq(a.written, 0);
    loop_write(loop, a.fd, on_writable);
    turn(0);
    ck_assert_uint_eq(a.written, 1);
    ck_assert_uint_eq(a.read, 0);
    loop_write(loop, a.fd, NULL);
    turn(0);
    ck_assert_uint_eq(a.written, 1);
}
END_TEST

static uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

START_TEST(nobody_listens_to_a_hangup)
{
    struct end a = make();
    unsigned turns = 0;

    watch(&a);
    loop_read(loop, a.fd, false);
    close(a.other);
    for (uint64_t until = now_us() + 50000; now_us() < until; turns++)
        turn(50000);
    ck_assert_uint_le(turns, 3); /* it does not turn idly */
    ck_assert_uint_eq(a.read, 0);
    loop_read(loop, a.fd, true);
    turn(0);
    ck_assert_uint_eq(a.read, 1);
}
END_TEST

START_TEST(regular_file)
{
    struct end a = {.loop = loop, .fd = open("Makefile", O_RDONLY)};

    watch(&a);
    turn(LOOP_FOREVER);
    turn(LOOP_FOREVER);
    ck_assert_uint_eq(a.read, 2);
    loop_read(loop, a.fd, false);
    turn(1000);
    ck_assert_uint_eq(a.read, 2);
    loop_remove(loop, a.fd);
    turn(1000);
    ck_assert_uint_eq(a.read, 2);
}
END_TEST

#define MANY 200

START_TEST(many)
{
    struct end *ends = calloc(MANY, sizeof *ends);

    for (int i = 0; i < MANY; i++) {
        ends[i] = make();
        watch(&ends[i]);
        fill(&ends[i]);
    }
    for (int i = 0; i < MANY; i += 2)
        loop_remove(loop, ends[i].fd);
    turn(0);
    for (int i = 0; i < MANY; i++)
        ck_assert_uint_eq(ends[i].read, (unsigned)i % 2);
    free(ends);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("loop");

    tcase_add_checked_fixture(tests, open_loop, close_loop);
    tcase_add_test(tests, number_used_again);
    tcase_add_test(tests, reading_stops);
    tcase_add_test(tests, room_to_write);
    tcase_add_test(tests, nobody_listens_to_a_hangup);
    tcase_add_test(tests, regular_file);
    tcase_add_test(tests, many);
    return suite_run(tests, "loop");
}
