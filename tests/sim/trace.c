/* What a traced simulation prints: a line for everything that happens. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "sim.h"

static void print_time(const struct sim *sim)
{
    printf("%12.6f ", (double)sim->net->now_us / 1e6);
}

void sim_trace(const struct sim *sim, const char *format, ...)
{
    va_list list;

    if (!sim->options.trace)
        return;
    print_time(sim);
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    putchar('\n');
}

static void print_asks(struct wire_list asks)
{
    struct wire_ask ask;

    while (wire_next_ask(&asks, &ask)) {
        if (ask.kind == WIRE_ASK_NUMBERS)
            printf(" %016" PRIx64 ":%" PRIu64 "+%u", ask.key, ask.from, ask.count);
        else
            printf(" %s from %016" PRIx64,
                   ask.kind == WIRE_ASK_LAST     ? "last"
                   : ask.kind == WIRE_ASK_VECTOR ? "vector"
                                                 : "roster",
                   ask.from);
    }
}

static void print_pairs(struct wire_list pairs)
{
    struct wire_pair pair;

    while (wire_next_pair(&pairs, &pair))
        printf(" %016" PRIx64 ":%u", pair.origin, pair.highest);
}

static void print_vectors(struct wire_list vectors)
{
    struct wire_vector vector;

    while (wire_next_vector(&vectors, &vector))
        printf(" %016" PRIx64 ":%u-%u", vector.origin, vector.lowest, vector.highest);
}

static void print_record(const struct wire_record *record)
{
    printf(" [%s", wire_type_name(record->type));
    switch (record->type) {
    case WIRE_MESSAGE:
        printf(" %016" PRIx64 ":%u", record->message.origin, record->message.number);
        break;
    case WIRE_HELLO:
        printf(" v%u", record->hello.version);
        print_pairs(record->hello.pairs);
        break;
    case WIRE_REQUEST:
        print_asks(record->request.asks);
        break;
    case WIRE_SUMMARY:
        print_vectors(record->summary.vectors);
        break;
    case WIRE_ROSTER:
        printf(" %zu", record->roster.entries.count);
        break;
    case WIRE_GONE:
        printf(" %016" PRIx64 ":%u-%u", record->gone.origin, record->gone.first, record->gone.last);
        break;
    default:
        break;
    }
    putchar(']');
}

void sim_trace_datagram(const struct sim *sim, const struct net_datagram *datagram)
{
    struct wire_datagram open;
    struct wire_record record;

    print_time(sim);
    printf("n%d link %d sends path %d, %zu octets", datagram->node, datagram->link, (int)datagram->path,
           datagram->length);
    if (datagram->to.length > 0)
        printf(" to n%d", datagram->to.octets[0] << 8 | datagram->to.octets[1]);
    if (wire_open(&open, datagram->bytes, datagram->length))
        while (wire_next(&open, &record))
            print_record(&record);
    putchar('\n');
}

void sim_trace_event(const struct sim *sim, int node, const struct node_event *event)
{
    static const char *const names[] = {
        [NODE_READY] = "is ready",         [NODE_MESSAGE] = "shows",    [NODE_JOIN] = "sees join",
        [NODE_LEAVE] = "sees leave",       [NODE_NICK] = "sees rename", [NODE_LOST] = "lost",
        [NODE_CENSUS] = "ends its census",
    };

    print_time(sim);
    printf("n%d %s", node, names[event->type]);
    if (event->id != 0)
        printf(" %016" PRIx64, event->id);
    if (event->type == NODE_MESSAGE || event->type == NODE_LOST)
        printf(":%u-%u%s", event->first, event->last, event->replay ? " (replay)" : "");
    if (event->nick[0])
        printf(" %s", event->nick);
    putchar('\n');
}
