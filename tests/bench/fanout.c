/* fanout [-g] [-e] PORT: the least that a fan-out can do. Whole lines that one turn of the loop read from all
 * clients are joined and go to every client with one send. There are no queues: who does not take all of it
 * loses the rest.
 *
 *     -g   greets with NICK; a client's first line is a nickname then, and goes to nobody
 *     -e   who spoke gets its own words too
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "bench.h"

#define BACKLOG      4096
#define CLIENTS_MOST 16384
#define EVENTS       1024
#define READ_OCTETS  65536
#define TURN_OCTETS  (1024 * 1024)
#define LINE_MOST    512

struct client {
    int fd;
    bool named;
    size_t start, end; /* of what it said in this turn, in `said` */
    size_t length;     /* of the line that it has not ended */
    char line[LINE_MOST];
};

struct fanout {
    int epoll, listener;
    bool greets, echoes;
    struct client *clients[CLIENTS_MOST];
    size_t count;
    char said[TURN_OCTETS];
    size_t length;
};

static void watch(int epoll, int fd, void *pointer)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = pointer};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
        bench_fail("epoll");
}

static int open_listener(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, BACKLOG) < 0)
        bench_fail("port");
    return fd;
}

static void admit(struct fanout *fanout)
{
    int fd, on = 1;

    while ((fd = accept4(fanout->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fanout->count == CLIENTS_MOST) {
            close(fd);
            continue;
        }
        struct client *client = bench_memory(1, sizeof *client);
        client->fd = fd;
        client->named = !fanout->greets;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (fanout->greets)
            send(fd, "NICK", 4, MSG_NOSIGNAL);
        fanout->clients[fanout->count++] = client;
        watch(fanout->epoll, fd, client);
    }
}

static void drop(struct fanout *fanout, struct client *client)
{
    size_t i = 0;

    while (fanout->clients[i] != client)
        i++;
    fanout->clients[i] = fanout->clients[--fanout->count];
    close(client->fd);
    free(client);
}

/* What was read stands behind `start`, the unfinished line of before included. */
static void take_lines(struct fanout *fanout, struct client *client, size_t start, size_t end)
{
    char *newline = memrchr(fanout->said + start, '\n', end - start);
    size_t after = newline ? (size_t)(newline - fanout->said) + 1 : start;

    client->length = end - after < LINE_MOST ? end - after : 0;
    memcpy(client->line, fanout->said + after, client->length);
    if (newline && !client->named) {
        char *nickname_end = memchr(fanout->said + start, '\n', after - start);
        size_t skipped = (size_t)(nickname_end - fanout->said) + 1 - start;
        memmove(fanout->said + start, fanout->said + start + skipped, after - start - skipped);
        after -= skipped;
        client->named = true;
    }
    client->start = start;
    client->end = after;
    fanout->length = after;
}

static void hear(struct fanout *fanout, struct client *client)
{
    size_t start = fanout->length;

    if (TURN_OCTETS - start < LINE_MOST + READ_OCTETS)
        return; /* in the next turn */
    memcpy(fanout->said + start, client->line, client->length);
    ssize_t got = recv(client->fd, fanout->said + start + client->length, READ_OCTETS, 0);
    if (got > 0)
        take_lines(fanout, client, start, start + client->length + (size_t)got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        drop(fanout, client);
}

static void tell_all(struct fanout *fanout)
{
    for (size_t i = 0; i < fanout->count; i++) {
        struct client *client = fanout->clients[i];
        struct iovec parts[2] = {
            {fanout->said,               client->start               },
            {fanout->said + client->end, fanout->length - client->end},
        };
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        if (fanout->echoes || client->start == client->end)
            send(client->fd, fanout->said, fanout->length, MSG_NOSIGNAL);
        else if (parts[0].iov_len + parts[1].iov_len > 0)
            sendmsg(client->fd, &message, MSG_NOSIGNAL);
        client->start = client->end = 0;
    }
    fanout->length = 0;
}

static void turn(struct fanout *fanout)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(fanout->epoll, events, EVENTS, -1);

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == fanout)
            admit(fanout);
        else
            hear(fanout, events[i].data.ptr);
    }
    if (fanout->length > 0)
        tell_all(fanout);
}

int main(int argc, char **argv)
{
    static struct fanout fanout;
    int option;

    while ((option = getopt(argc, argv, "ge")) != -1) {
        fanout.greets |= option == 'g';
        fanout.echoes |= option == 'e';
    }
    if (argc - optind != 1) {
        fprintf(stderr, "usage: fanout [-g] [-e] PORT\n");
        return 2;
    }
    fanout.listener = open_listener((uint16_t)bench_number(argv[optind]));
    fanout.epoll = epoll_create1(0);
    watch(fanout.epoll, fanout.listener, &fanout);
    fprintf(stderr, "listening\n");
    for (;;)
        turn(&fanout);
}
