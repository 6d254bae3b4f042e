/* What many nodes on one segment cost, and how fast they are: a table for the manual. What it costs that they
 * are there is counted with all paths, what is said with one; every host, the speaker's too, loses
 * independently. Usage: scale [NODES ...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "net.h"

#define OCTETS     100 /* of a text */
#define QUIET_US   (5 * NET_S)
#define JOIN_MOST  (60 * NET_S)
#define TEXTS_MOST 4000

struct scale {
    struct net *net;
    unsigned paths; /* of each node, a set */
    int lan, joiner;
    size_t joins;       /* that the joiner was told of */
    uint64_t joined_us; /* when the last of them was */
    uint64_t datagrams, data, requests;
    uint64_t said_us[TEXTS_MOST];
    uint32_t *late_us; /* from said to shown, of everybody */
    size_t late_count, late_room;
    bool drop; /* whatever holds a message does not arrive */
};

static void see(struct net *net, const struct net_datagram *datagram, void *context)
{
    struct scale *scale = context;
    struct wire_datagram open;
    struct wire_record record;
    bool data = false, request = false;

    (void)net;
    wire_open(&open, datagram->bytes, datagram->length);
    while (wire_next(&open, &record)) {
        data |= record.type == WIRE_MESSAGE;
        request |= record.type == WIRE_REQUEST;
    }
    scale->datagrams++;
    scale->data += data;
    scale->requests += request;
}

static bool pass(struct net *net, const struct net_datagram *datagram, int to, void *context)
{
    struct scale *scale = context;
    struct wire_datagram open;
    struct wire_record record;

    (void)net;
    if (!scale->drop || to == datagram->node)
        return true;
    wire_open(&open, datagram->bytes, datagram->length);
    return !wire_next(&open, &record) || record.type != WIRE_MESSAGE;
}

/* A text begins with its place in said_us. */
static void tell(struct net *net, int node, const struct node_event *event, void *context)
{
    struct scale *scale = context;

    if (event->type == NODE_JOIN && node == scale->joiner) {
        scale->joins++;
        scale->joined_us = net->now_us;
    }
    if (event->type == NODE_LOST)
        fprintf(stderr, "scale: node %d lost %u to %u\n", node, event->first, event->last);
    if (event->type != NODE_MESSAGE)
        return;
    if (scale->late_count == scale->late_room) {
        scale->late_room = scale->late_room > 0 ? 2 * scale->late_room : 4096;
        scale->late_us = memory_grow(scale->late_us, scale->late_room * sizeof *scale->late_us);
    }
    uint64_t said = scale->said_us[strtoul(event->text.bytes, NULL, 10) % TEXTS_MOST];
    scale->late_us[scale->late_count++] = (uint32_t)(net->now_us - said);
}

static int come(struct scale *scale)
{
    char nick[16];

    snprintf(nick, sizeof nick, "n%d", scale->net->node_count);
    int node = net_add(scale->net, nick, WIRE_PERSON, "lobby");
    net_plug(scale->net, node, scale->lan, scale->paths);
    return node;
}

/* So many come at one moment, and are left alone until their hellos are rare. One after another each would
 * ask for the pages of all who are there, before all: that costs more than what is measured. */
static struct scale *scale_new(int nodes, unsigned paths)
{
    struct scale *scale = memory_grow(NULL, sizeof *scale);

    *scale = (struct scale){.net = net_new((uint64_t)nodes), .paths = paths, .joiner = -1};
    scale->net->see = see;
    scale->net->pass = pass;
    scale->net->tell = tell;
    scale->net->context = scale;
    scale->lan = net_segment(scale->net);
    for (int i = 0; i < nodes; i++)
        come(scale);
    net_run(scale->net, 4 * QUIET_US);
    return scale;
}

static void scale_free(struct scale *scale)
{
    net_free(scale->net);
    free(scale->late_us);
    free(scale);
}

/* Datagrams a second of a LAN on which nothing is said, on all paths together. */
static double at_rest(int nodes, unsigned paths)
{
    const uint64_t window = (50 + (uint64_t)nodes / 2) * NET_S; /* several intervals */
    struct scale *scale = scale_new(nodes, paths);
    uint64_t before = scale->datagrams;

    net_run(scale->net, window);
    double rate = (double)(scale->datagrams - before) * (double)NET_S / (double)window;
    scale_free(scale);
    return rate;
}

/* Milliseconds until a joiner has seen `nodes` others. */
static double join(struct scale *scale, size_t nodes)
{
    uint64_t start = scale->net->now_us;

    scale->joins = 0;
    scale->joiner = scale->net->node_count;
    come(scale);
    while (scale->joins < nodes && scale->net->now_us - start < JOIN_MOST)
        net_run(scale->net, NET_MS);
    return (double)(scale->joined_us - start) / (double)NET_MS;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *one = a, *other = b;

    return (*one > *other) - (*one < *other);
}

static double late_ms(struct scale *scale, unsigned of_a_hundred)
{
    if (scale->late_count == 0)
        return 0;
    return scale->late_us[(scale->late_count - 1) * of_a_hundred / 100] / 1e3;
}

/* One speaker says `count` texts, `pause_us` apart. */
static void talk(struct scale *scale, unsigned loss, unsigned count, uint64_t pause_us)
{
    char text[OCTETS + 1];

    scale->net->segments[scale->lan].loss = 10 * loss;
    scale->late_count = scale->data = scale->requests = 0;
    for (unsigned i = 0; i < count; i++) {
        int length = snprintf(text, sizeof text, "%u ", i);
        memset(text + length, 'x', sizeof text - 1 - (size_t)length);
        text[OCTETS] = '\0';
        scale->said_us[i] = scale->net->now_us;
        net_say(scale->net, 0, text);
        net_run(scale->net, pause_us);
    }
    net_run(scale->net, 2 * QUIET_US);
    scale->net->segments[scale->lan].loss = 0;
    net_run(scale->net, QUIET_US);
    qsort(scale->late_us, scale->late_count, sizeof *scale->late_us, by_size);
}

static void print_talk(struct scale *scale, unsigned loss, unsigned count)
{
    size_t all = (size_t)count * (size_t)(scale->net->node_count - 1);

    printf("%6d %5u %% %10.2f %12.2f %12.2f %9.1f %9.1f %9.3f\n", scale->net->node_count, loss,
           (double)scale->data / count, (double)scale->requests / count,
           (double)scale->requests / (double)scale->data, late_ms(scale, 50), late_ms(scale, 99),
           100.0 * (double)scale->late_count / (double)all);
    fflush(stdout);
}

static void head(void)
{
    printf("%6s %7s %10s %12s %12s %9s %9s %9s\n", "nodes", "loss", "data/text", "requests/", "requests/",
           "median ms", "p99 ms", "shown %");
    printf("%6s %7s %10s %12s %12s\n", "", "", "", "text", "datagram");
}

/* What nobody hears: found by a hello, asked for, said again. */
static void missed_by_all(struct scale *scale)
{
    scale->drop = true;
    scale->late_count = 0;
    scale->said_us[0] = scale->net->now_us;
    net_say(scale->net, 0, "0 missed");
    net_run(scale->net, NET_MS);
    scale->drop = false;
    scale->data = scale->requests = 0;
    net_run(scale->net, 2 * NET_S);
    qsort(scale->late_us, scale->late_count, sizeof *scale->late_us, by_size);
    printf(
        "one text that all miss: %d data datagrams and %d requests; shown by %zu, the last after %.1f ms\n",
        (int)scale->data, (int)scale->requests, scale->late_count, late_ms(scale, 100));
    fflush(stdout);
}

static void many(int nodes)
{
    static const unsigned losses[] = {0, 1, 5, 20};
    double one = at_rest(nodes, NET_GROUP4), all = at_rest(nodes, NET_LAN);
    struct scale *scale = scale_new(nodes, NET_GROUP4);
    unsigned count = nodes > 500 ? 100 : 500;

    printf("%d nodes: %.1f datagrams a second at rest with one path, %.1f with all; a joiner sees all in "
           "%.0f ms\n",
           nodes, one, all, join(scale, (size_t)nodes));
    fflush(stdout);
    net_run(scale->net, QUIET_US);
    missed_by_all(scale);
    head();
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        talk(scale, losses[i], count, 10 * NET_MS);
        print_talk(scale, losses[i], count);
    }
    putchar('\n');
    scale_free(scale);
}

static void sixteen(void)
{
    struct scale *scale = scale_new(17, NET_GROUP4);

    puts("16 listeners, 500 texts a second (1 in 2.6 data datagrams must be had, without parity)");
    head();
    talk(scale, 20, 2500, 2 * NET_MS);
    print_talk(scale, 20, 2500);
    putchar('\n');
    scale_free(scale);
}

int main(int count, char **words)
{
    sixteen();
    for (int i = 1; i < count; i++)
        many(atoi(words[i]));
    return 0;
}
