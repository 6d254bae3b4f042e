/* sniff INTERFACE: counts the UDP datagrams that pass a bridge, until SIGTERM or SIGINT, and what they carry:
 * lanchat's by lanchat(7), NORM's by RFC 5740. It reads the wire by itself and shares no code with what it
 * measures. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "bench.h"

#define RECEIVE_OCTETS (64 * 1024 * 1024)
#define PATH_KINDS     8

struct counts {
    uint64_t datagrams, octets;     /* all UDP; octets of payload */
    uint64_t data[PATH_KINDS];      /* with message or parity records, by kind of path */
    uint64_t records;               /* messages */
    uint64_t requests, hellos;      /* datagrams that ask for numbers; with a hello */
    uint64_t norm_data, norm_nacks; /* with repair symbols; NACK messages */
};

static volatile sig_atomic_t done;

static void on_signal(int signal)
{
    (void)signal;
    done = 1;
}

static bool asks_for_numbers(const uint8_t *body, size_t length)
{
    size_t at = 9;

    if (length < at)
        return false;
    for (unsigned left = body[8]; left > 0 && at + 1 < length; left--) {
        if (body[at + 1] == 1)
            return true;
        at += 1u + body[at];
    }
    return false;
}

static void count_lanchat(struct counts *counts, const uint8_t *bytes, size_t length)
{
    bool data = false, request = false, hello = false;

    for (size_t at = bytes[5]; at + 4 <= length;) {
        size_t size = (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        unsigned type = bytes[at];
        if (at + 4 + size > length)
            break;
        counts->records += type == 1 || type == 2;
        data |= type == 1 || type == 2 || type == 16;
        hello |= type == 3;
        request |= type == 5 && asks_for_numbers(bytes + at + 4, size);
        at += 4 + size;
    }
    if (data)
        counts->data[bytes[21] & 7]++;
    counts->requests += request;
    counts->hellos += hello;
}

static void count_datagram(struct counts *counts, const uint8_t *bytes, size_t length)
{
    counts->datagrams++;
    counts->octets += length;
    if (length >= 24 && memcmp(bytes, "LCHT\1", 5) == 0)
        count_lanchat(counts, bytes, length);
    else if (length >= 8 && bytes[0] >> 4 == 1) {
        counts->norm_data += (bytes[0] & 15) == 2;
        counts->norm_nacks += (bytes[0] & 15) == 4;
    }
}

/* The payload of an IPv4 or IPv6 packet that holds an unfragmented UDP datagram. */
static void count_packet(struct counts *counts, const uint8_t *bytes, size_t length)
{
    size_t head = length < 1 ? 0 : bytes[0] >> 4 == 4 ? (bytes[0] & 15u) * 4u : 40;

    if (head == 0 || length < head + 8 || bytes[head == 40 ? 6 : 9] != IPPROTO_UDP)
        return;
    size_t size = (size_t)bytes[head + 4] << 8 | bytes[head + 5];
    if (size >= 8 && head + size <= length)
        count_datagram(counts, bytes + head + 8, size - 8);
}

static int open_interface(const char *name)
{
    int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)), octets = RECEIVE_OCTETS;
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};

    if (fd < 0 || address.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0)
        bench_fail(name);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    return fd;
}

static void print_counts(const struct counts *counts, int fd)
{
    struct tpacket_stats stats = {0};
    socklen_t size = sizeof stats;
    uint64_t data = 0;

    getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size);
    for (unsigned kind = 0; kind < PATH_KINDS; kind++)
        data += counts->data[kind];
    printf("datagrams=%" PRIu64 " octets=%" PRIu64 " data=%" PRIu64 " data4=%" PRIu64 " data6=%" PRIu64
           " unicast=%" PRIu64 " records=%" PRIu64 " requests=%" PRIu64 " hellos=%" PRIu64
           " norm_data=%" PRIu64 " norm_nacks=%" PRIu64 " missed=%u\n",
           counts->datagrams, counts->octets, data, counts->data[0] + counts->data[2],
           counts->data[1] + counts->data[3], counts->data[4], counts->records, counts->requests,
           counts->hellos, counts->norm_data, counts->norm_nacks, stats.tp_drops);
}

int main(int argc, char **argv)
{
    struct counts counts = {0};
    struct sigaction action = {.sa_handler = on_signal};
    static uint8_t packet[65536];

    if (argc != 2) {
        fprintf(stderr, "usage: sniff INTERFACE\n");
        return 2;
    }
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    int fd = open_interface(argv[1]);
    struct timeval tick = {.tv_usec = 100000}; /* a signal between the test and the read is seen then */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    fprintf(stderr, "sniffing\n");
    while (!done) {
        struct sockaddr_ll from;
        socklen_t size = sizeof from;
        ssize_t got = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
        if (got > 0 && from.sll_pkttype != PACKET_OUTGOING &&
            (from.sll_protocol == htons(ETH_P_IP) || from.sll_protocol == htons(ETH_P_IPV6)))
            count_packet(&counts, packet, (size_t)got);
    }
    print_counts(&counts, fd);
    return 0;
}
