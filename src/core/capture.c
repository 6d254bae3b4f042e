/* Packets become events: datagrams at once, and what connections carry as it comes in order. A connection
 * that has something to say says all of it before the next packet is taken. */
#include "lanchat/capture.h"

#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "flow.h"
#include "lanchat/wire.h"
#include "packet.h"
#include "savefile.h"

#define FLOWS_MAX 256
#define PORTS_OWN 16 /* behind the shared one */

/* A later time than that is none: so that there is room to count on from it. */
#define TIME_MAX (UINT64_MAX / 2)

struct capture {
    struct savefile file;
    struct savefile_packet captured;
    struct packet packet; /* the same, taken apart */
    struct capture_counts counts;
    const char *error;
    struct flow *flow;       /* the one that speaks */
    uint64_t now_us, due_us; /* of the packet; no connection waits for an earlier time than due_us */
    uint16_t port;
    bool waiting; /* the packet is to be taken yet */
    struct flow flows[FLOWS_MAX];
};

struct capture *capture_new(uint16_t port)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (!capture)
        return NULL;
    savefile_init(&capture->file);
    capture->port = port;
    capture->due_us = UINT64_MAX;
    return capture;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    for (size_t i = 0; i < FLOWS_MAX; i++)
        if (capture->flows[i].used)
            flow_free(&capture->flows[i]);
    savefile_free(&capture->file);
    free(capture);
}

void capture_feed(struct capture *capture, const void *bytes, size_t length)
{
    savefile_feed(&capture->file, bytes, length);
}

void capture_end(struct capture *capture)
{
    savefile_end(&capture->file);
}

const char *capture_error(const struct capture *capture, uint64_t *offset)
{
    *offset = capture->file.offset;
    return capture->error ? capture->error : capture->file.error;
}

struct capture_counts capture_counts(const struct capture *capture)
{
    struct capture_counts counts = capture->counts;

    for (size_t i = 0; i < FLOWS_MAX; i++)
        if (capture->flows[i].used)
            counts.lost_octets += flow_lost(&capture->flows[i]);
    return counts;
}

/* UDP. */

static bool is_own_port(const struct capture *capture, uint16_t port)
{
    return port >= capture->port && port - capture->port <= PORTS_OWN;
}

static bool is_datagram(const struct capture *capture)
{
    const struct packet *packet = &capture->packet;

    if (is_own_port(capture, packet->source.port) || is_own_port(capture, packet->destination.port))
        return true;
    return packet->length >= 4 && cursor_get_4(packet->bytes) == WIRE_MAGIC;
}

static bool take_datagram(struct capture *capture, struct capture_event *event)
{
    const struct packet *packet = &capture->packet;

    if (!is_datagram(capture))
        return false;
    if (packet->lacking > 0)
        capture->counts.cut++;
    *event = (struct capture_event){
        .kind = CAPTURE_DATAGRAM,
        .time_us = capture->captured.time_us,
        .interface = capture->captured.interface,
        .source = packet->source,
        .destination = packet->destination,
        .bytes = packet->bytes,
        .length = packet->length,
        .lacking = packet->lacking,
    };
    return true;
}

/* TCP. */

static struct flow *find_flow(struct capture *capture, int *side)
{
    for (size_t i = 0; i < FLOWS_MAX; i++) {
        *side = capture->flows[i].used ? flow_side(&capture->flows[i], &capture->packet) : -1;
        if (*side >= 0)
            return &capture->flows[i];
    }
    return NULL;
}

static struct flow *find_unused(struct capture *capture)
{
    for (size_t i = 0; i < FLOWS_MAX; i++)
        if (!capture->flows[i].used)
            return &capture->flows[i];
    return NULL;
}

/* The one of which nothing came for the longest time; those that may be none of lanchat's first. */
static struct flow *find_oldest(struct capture *capture)
{
    struct flow *oldest = NULL;

    for (size_t i = 0; i < FLOWS_MAX; i++) {
        struct flow *flow = &capture->flows[i];
        if (!flow->used)
            continue;
        if (!oldest || (flow->ours != oldest->ours ? !flow->ours : flow->heard < oldest->heard))
            oldest = flow;
    }
    return oldest;
}

static void speak(struct capture *capture, struct flow *flow, bool ending)
{
    capture->flow = flow;
    if (ending)
        flow_end(flow);
}

static void remember_interface(const struct capture *capture, struct flow *flow)
{
    const char *name = capture->captured.interface;

    memset(flow->interface, 0, sizeof flow->interface);
    if (name)
        memcpy(flow->interface, name, strlen(name));
}

/* The packet waits until a connection that must go has said all. */
static void take_segment(struct capture *capture)
{
    const struct packet *packet = &capture->packet;
    int side;
    struct flow *flow = find_flow(capture, &side);

    if (flow && flow_begins_another(flow, side, packet)) {
        speak(capture, flow, true);
        return;
    }
    if (!flow && flow_may_begin(packet)) {
        flow = find_unused(capture);
        if (!flow) {
            speak(capture, find_oldest(capture), true);
            return;
        }
        flow_open(flow, packet);
        side = 0;
        flow_begins_another(flow, side, packet);
    }
    capture->waiting = false;
    if (!flow)
        return;
    if (packet->lacking > 0 && flow->ours)
        capture->counts.cut++;
    flow->heard = capture->counts.packets;
    remember_interface(capture, flow);
    if (!flow_put(flow, side, packet, capture->captured.time_us))
        capture->error = "no memory is left";
    speak(capture, flow, false);
}

static bool next_of_flow(struct capture *capture, struct capture_event *event)
{
    struct flow *flow = capture->flow;
    struct dialogue_event said;
    int side;
    enum flow_step step = flow_next(flow, capture->now_us, &said, &side);

    if (step == FLOW_NO_MEMORY)
        capture->error = "no memory is left";
    if (step != FLOW_EVENT)
        return false;
    *event = (struct capture_event){
        .kind = said.kind,
        .tcp = true,
        .time_us = said.time_us,
        .interface = flow->interface[0] ? flow->interface : NULL,
        .source = flow->ends[side],
        .destination = flow->ends[1 - side],
        .bytes = said.bytes,
        .length = said.length,
        .lacking = said.lacking,
        .id = said.id,
    };
    return true;
}

/* The connection has nothing more to say for now. */
static void leave_flow(struct capture *capture)
{
    struct flow *flow = capture->flow;
    uint64_t deadline = flow_deadline(flow);

    capture->flow = NULL;
    if (flow->ending || flow_is_foreign(flow)) {
        capture->counts.lost_octets += flow_lost(flow);
        flow_free(flow);
    } else if (deadline < capture->due_us) {
        capture->due_us = deadline;
    }
}

/* Lets a connection speak whose time has come; false if there is none. */
static bool pass_time(struct capture *capture)
{
    uint64_t earliest = UINT64_MAX;

    if (capture->now_us < capture->due_us)
        return false;
    for (size_t i = 0; i < FLOWS_MAX; i++) {
        struct flow *flow = &capture->flows[i];
        uint64_t deadline = flow->used ? flow_deadline(flow) : UINT64_MAX;
        if (deadline <= capture->now_us) {
            flow_pass(flow, capture->now_us);
            speak(capture, flow, false);
            return true;
        }
        earliest = deadline < earliest ? deadline : earliest;
    }
    capture->due_us = earliest;
    return false;
}

/* All. */

static void begin_packet(struct capture *capture)
{
    struct savefile_packet *captured = &capture->captured;
    enum packet_result result =
        packet_read(captured->link_type, captured->bytes, captured->length, &capture->packet);

    capture->counts.packets++;
    if (result == PACKET_UNKNOWN)
        capture->counts.unknown++;
    else if (result == PACKET_FRAGMENT)
        capture->counts.fragments++;
    if (captured->time_us > TIME_MAX)
        captured->time_us = 0;
    if (captured->time_us > 0)
        capture->now_us = captured->time_us;
    capture->waiting = result == PACKET_TAKEN;
}

/* True if it is an event at once. */
static bool take_packet(struct capture *capture, struct capture_event *event)
{
    if (capture->packet.tcp) {
        take_segment(capture);
        return false;
    }
    capture->waiting = false;
    return take_datagram(capture, event);
}

/* After the last packet: what waited for more is said as it is. */
static bool end_flow(struct capture *capture)
{
    struct flow *flow = capture->file.ended || capture->file.error ? find_oldest(capture) : NULL;

    if (flow)
        speak(capture, flow, true);
    return flow != NULL;
}

bool capture_next(struct capture *capture, struct capture_event *event)
{
    while (!capture->error) {
        if (capture->flow) {
            if (next_of_flow(capture, event))
                return true;
            leave_flow(capture);
        } else if (capture->waiting) {
            if (!pass_time(capture) && take_packet(capture, event))
                return true;
        } else if (savefile_next(&capture->file, &capture->captured)) {
            begin_packet(capture);
        } else if (!end_flow(capture)) {
            return false;
        }
    }
    return false;
}
