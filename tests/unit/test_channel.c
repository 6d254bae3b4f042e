/* A connection as a link: what goes in comes out, and what ends it. */
#include "channel.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lanchat/system.h"
#include "suite.h"

#define SILENT_US UINT64_C(45000000)

/* A node with a channel. */
struct end {
    struct node *node;
    struct links *links;
    struct channel *channel;
    char why[80];
    unsigned ended, messages;
};

static struct loop *loop;
static struct end a, b;
static int fds[2];

static void send_datagram(void *context, const struct node_datagram *datagram)
{
    const struct end *end = context;

    if (end->channel)
        channel_send(end->channel, datagram);
}

static void on_ended(void *context, const char *why)
{
    struct end *end = context;

    snprintf(end->why, sizeof end->why, "%s", why);
    end->ended++;
    channel_close(end->channel);
    end->channel = NULL;
}

static void open_end(struct end *end, int fd)
{
    struct node_config config = {
        .role = WIRE_PERSON,
        .nick = {"jack",        4   },
        .room = {"lobby",       5   },
        .random = {system_random, NULL},
        .store_octets = 4 * 1024 * 1024
    };

    *end = (struct end){0};
    node_timing_default(&config.timing);
    end->node = node_new(&config, system_time());
    end->links = links_new(end->node);
    int link = links_add(end->links, NODE_CONNECTION, send_datagram, end);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    end->channel = channel_open(loop, end->node, fd, link, on_ended, end);
    ck_assert_ptr_nonnull(end->channel);
}

static void open_all(void)
{
    loop = loop_new();
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    open_end(&a, fds[0]);
    b = (struct end){0};
}

static void close_end(struct end *end)
{
    channel_close(end->channel);
    links_free(end->links);
    node_free(end->node);
}

static void close_all(void)
{
    close_end(&a);
    close_end(&b);
    loop_free(loop);
}

static void turn_end(struct end *end)
{
    struct node_event event;

    if (!end->node)
        return;
    node_tick(end->node, system_time());
    links_flush(end->links);
    while (node_event(end->node, &event))
        end->messages += event.type == NODE_MESSAGE;
    links_flush(end->links);
    if (end->channel)
        channel_flush(end->channel);
}

static void turn(void)
{
    ck_assert(loop_wait(loop, 1000));
    turn_end(&a);
    turn_end(&b);
}

static void write_other(const char *bytes, size_t length)
{
    ck_assert_int_eq(write(fds[1], bytes, length), (ssize_t)length);
}

static void expect_end(const char *why)
{
    for (int i = 0; i < 100 && !a.ended; i++)
        turn();
    ck_assert_str_eq(a.why, why);
    ck_assert_uint_eq(a.ended, 1);
}

static void say(struct end *end, unsigned count)
{
    static char text[1000];

    memset(text, 'x', sizeof text);
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_ne(node_say(end->node, (struct span){text, sizeof text}, false, system_time()), 0);
}

/* As many as fill queue and kernel, one way and both ways. */
START_TEST(all_comes)
{
    open_end(&b, fds[1]);
    for (int i = 0; i < 1000 && !(node_ready(a.node) && node_ready(b.node)); i++)
        turn();
    say(&a, 1000);
    say(&b, 500);
    for (int i = 0; i < 5000 && (b.messages < 1000 || a.messages < 500); i++)
        turn();
    ck_assert_uint_eq(b.messages, 1000);
    ck_assert_uint_eq(a.messages, 500);
    ck_assert_uint_eq(a.ended + b.ended, 0);
}
END_TEST

/* A datagram that means nothing is dropped, and the next frame is found, however the octets are cut. */
START_TEST(cut_anywhere)
{
    static const char frames[] = "\0\5hello\0\1x\0\5again";

    for (size_t cut = 1; cut < sizeof frames; cut++)
        for (size_t at = 0; at < sizeof frames - 1; at += cut) {
            size_t rest = sizeof frames - 1 - at;
            write_other(frames + at, rest < cut ? rest : cut);
            turn();
        }
    ck_assert_uint_eq(a.ended, 0);
    ck_assert_uint_eq(node_counters(a.node)->refused, 3 * (sizeof frames - 1));
    shutdown(fds[1], SHUT_WR);
    expect_end("closed by the other side");
}
END_TEST

START_TEST(length_of_nothing)
{
    write_other("\0\1x\0\0", 5);
    expect_end("not a frame: length 0");
}
END_TEST

START_TEST(length_of_too_much)
{
    write_other("\4\260", 2); /* 1,200 */
    turn();
    ck_assert_uint_eq(a.ended, 0);
    for (int i = 0; i < 120; i++)
        write_other("0123456789", 10);
    write_other("\4\261", 2);
    expect_end("not a frame: length 1201");
}
END_TEST

START_TEST(silence)
{
    struct node_time time = system_time();

    channel_tick(a.channel, time);
    time.now_us = channel_deadline(a.channel) - 1;
    channel_tick(a.channel, time);
    ck_assert_uint_eq(a.ended, 0);
    time.now_us++;
    ck_assert_uint_ge(time.now_us, SILENT_US);
    channel_tick(a.channel, time);
    ck_assert_str_eq(a.why, "silent for 45 s");
}
END_TEST

/* The other end says something, but takes nothing. */
START_TEST(nothing_is_taken)
{
    struct node_time time;

    say(&a, 2000);
    for (int i = 0; i < 50; i++)
        turn();
    ck_assert(channel_unsent(a.channel));
    ck_assert(!node_may_say(a.node));
    write_other("\0\1x", 3);
    turn();
    time = system_time();
    time.now_us = channel_deadline(a.channel);
    channel_tick(a.channel, time);
    ck_assert_str_eq(a.why, "has taken nothing for 45 s");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("channel");

    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, all_comes);
    tcase_add_test(tests, cut_anywhere);
    tcase_add_test(tests, length_of_nothing);
    tcase_add_test(tests, length_of_too_much);
    tcase_add_test(tests, silence);
    tcase_add_test(tests, nothing_is_taken);
    return suite_run(tests, "channel");
}
