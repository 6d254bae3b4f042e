/* The bare datagram, with which the rest is compared:
 *
 *     datagram send INTERFACE COUNT OCTETS   sends as fast as sendto does; prints how many a second
 *     datagram count SECONDS                 counts what comes, until nothing has come for so long
 *     datagram say INTERFACE                 sends each line of standard input
 *     datagram beat INTERFACE COUNT RATE OCTETS   sends lines like `speak`, straight from their maker
 *     datagram time COUNT SECONDS            prints how long those were under way
 *     datagram listen                        prints what comes
 *     datagram answer                        answers what comes, to its sender alone
 *     datagram ask INTERFACE COUNT           asks once; prints the microseconds to the COUNTth answer
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "bench.h"

#define RECEIVE_OCTETS (4 * 1024 * 1024)
#define DATAGRAM_MOST  1500

static const struct in_addr *group(void)
{
    static struct in_addr address;

    inet_pton(AF_INET, BENCH_GROUP, &address);
    return &address;
}

static int open_sender(const char *interface, struct sockaddr_in *to)
{
    struct ip_mreqn index = {.imr_ifindex = (int)if_nametoindex(interface)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (fd < 0 || index.imr_ifindex == 0 ||
        setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &index, sizeof index) < 0)
        bench_fail(interface);
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(BENCH_PORT), .sin_addr = *group()};
    return fd;
}

static int open_receiver(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(BENCH_PORT)};
    struct ip_mreqn member = {.imr_multiaddr = *group(), .imr_ifindex = (int)if_nametoindex("eth0")};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), octets = RECEIVE_OCTETS;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) < 0)
        bench_fail("receiver");
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    fprintf(stderr, "listening\n");
    return fd;
}

static void give_up_after(int fd, uint64_t seconds)
{
    struct timeval patience = {.tv_sec = (time_t)seconds};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void put(int fd, const struct sockaddr_in *to, const char *bytes, size_t length)
{
    while (sendto(fd, bytes, length, 0, (const struct sockaddr *)to, sizeof *to) < 0)
        if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
            bench_fail("sendto");
}

static void run_send(char **arguments)
{
    struct sockaddr_in to;
    int fd = open_sender(arguments[0], &to);
    uint64_t count = bench_number(arguments[1]);
    size_t octets = (size_t)bench_number(arguments[2]);
    char *bytes = bench_memory(octets, 1);

    uint64_t start = bench_now();
    for (uint64_t i = 0; i < count; i++)
        put(fd, &to, bytes, octets);
    printf("rate=%.0f\n", (double)count * 1e9 / (double)(bench_now() - start));
    free(bytes);
}

static void run_count(char **arguments)
{
    char bytes[DATAGRAM_MOST];
    int fd = open_receiver();
    uint64_t count = 0;

    while (recv(fd, bytes, sizeof bytes, 0) >= 0) {
        if (count++ == 0)
            give_up_after(fd, bench_number(arguments[0]));
    }
    printf("count=%" PRIu64 "\n", count);
}

static void run_say(char **arguments)
{
    struct sockaddr_in to;
    int fd = open_sender(arguments[0], &to);
    char bytes[DATAGRAM_MOST];
    ssize_t got;

    while ((got = read(STDIN_FILENO, bytes, sizeof bytes)) > 0)
        put(fd, &to, bytes, (size_t)got);
}

static void run_beat(char **arguments)
{
    struct sockaddr_in to;
    int fd = open_sender(arguments[0], &to);
    uint64_t count = bench_number(arguments[1]), rate = bench_number(arguments[2]), start = bench_now();
    size_t octets = (size_t)bench_number(arguments[3]) + 1;
    char *line = bench_memory(octets, 1);

    for (uint64_t i = 0; i < count; i++) {
        bench_wait_until(start + i * BENCH_SECOND / rate);
        bench_line(line, octets, bench_now(), i + 1);
        put(fd, &to, line, octets);
    }
    free(line);
}

static void run_time(char **arguments)
{
    char bytes[DATAGRAM_MOST + 1];
    int fd = open_receiver();
    size_t count = (size_t)bench_number(arguments[0]), came = 0;
    uint64_t *delays = bench_memory(count, sizeof *delays);
    ssize_t got;

    give_up_after(fd, bench_number(arguments[1]));
    while (came < count && (got = recv(fd, bytes, DATAGRAM_MOST, 0)) >= 0) {
        uint64_t now = bench_now();
        bytes[got] = '\0';
        delays[came++] = now - bench_moment(bytes);
    }
    bench_print_delays(delays, came);
    free(delays);
}

static void run_listen(char **arguments)
{
    char bytes[DATAGRAM_MOST];
    int fd = open_receiver();
    ssize_t got;

    (void)arguments;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) >= 0)
        if (write(STDOUT_FILENO, bytes, (size_t)got) < 0)
            return;
}

static void run_answer(char **arguments)
{
    char bytes[DATAGRAM_MOST];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    int fd = open_receiver();
    ssize_t got;

    (void)arguments;
    while ((got = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size)) >= 0)
        put(fd, &from, bytes, (size_t)got);
}

static void run_ask(char **arguments)
{
    uint64_t start = bench_now();
    struct sockaddr_in to;
    int fd = open_sender(arguments[0], &to);
    uint64_t left = bench_number(arguments[1]);
    char bytes[DATAGRAM_MOST] = "who is here?";

    give_up_after(fd, 2);
    put(fd, &to, bytes, strlen(bytes));
    while (left > 0 && recv(fd, bytes, sizeof bytes, 0) >= 0)
        left--;
    if (left == 0)
        printf("us=%" PRIu64 "\n", (bench_now() - start) / 1000);
}

static const struct verb {
    const char *name;
    int arguments;
    void (*run)(char **arguments);
} verbs[] = {
    {"send",   3, run_send  },
    {"count",  1, run_count },
    {"say",    1, run_say   },
    {"beat",   4, run_beat  },
    {"time",   2, run_time  },
    {"listen", 0, run_listen},
    {"answer", 0, run_answer},
    {"ask",    2, run_ask   },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (argc < 2 || strcmp(argv[1], verbs[i].name) != 0 || argc - 2 != verbs[i].arguments)
            continue;
        verbs[i].run(argv + 2);
        return 0;
    }
    fprintf(stderr, "usage: see the head of datagram.c\n");
    return 2;
}
