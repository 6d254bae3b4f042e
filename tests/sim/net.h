/* A LAN in memory, for tests and the simulator: nodes (the real core) with links plugged into segments or
 * joined by connections, a clock that jumps from one event to the next, and randomness from one seed, so that
 * a run can be had again octet for octet.
 *
 * A datagram to a group reaches every plug of its segment, those of its sender too, as a kernel loops it
 * back; one to an address reaches that plug alone. Nodes are called as node.h says: ticked at their deadline
 * and not otherwise, pulled and asked for events after every call. A core that sends a malformed or too long
 * datagram, or wants to be called again and again at one moment, fails the test.
 *
 * The files: net.c has the nodes and the clock, carry.c segments and what they do to datagrams, connection.c
 * connections, netlog.c what nodes told. Times are in microseconds, chances in thousandths. The net owns
 * everything; with more than 64 nodes a pointer into nodes[] is good until the next net_add. */
#ifndef NET_H
#define NET_H

#include "heap.h"
#include "lanchat/node.h"

#define NET_MS              UINT64_C(1000)
#define NET_S               UINT64_C(1000000)
#define NET_NODES_MAX       4096
#define NET_SEGMENTS_MAX    72
#define NET_CONNECTIONS_MAX 64
#define NET_WALL_MS         UINT64_C(1795000000000) /* the wall clock when the net's is 0 */

/* Sets of paths. */
#define NET_GROUP4  (1u << WIRE_PATH_GROUP4)
#define NET_GROUP6  (1u << WIRE_PATH_GROUP6)
#define NET_BOTH    (NET_GROUP4 | NET_GROUP6)
#define NET_SPARES  (1u << WIRE_PATH_BROADCAST | 1u << WIRE_PATH_NODES6) /* put up as reserves */
#define NET_UNICAST (1u << WIRE_PATH_UNICAST)                            /* a segment of two */
#define NET_LAN     (NET_BOTH | NET_SPARES)

struct net_place { /* a link of a node */
    int node, link;
};

struct net_segment {
    unsigned loss, twice; /* chance that a delivery is lost, that it comes twice */
    /* Bursts of loss, for each receiver (Gilbert and Elliott's channel): chance at each delivery that one
     * begins, that it ends, and that a delivery in it is lost. */
    unsigned burst_begins, burst_ends, burst_loss;
    uint64_t delay_us, jitter_us; /* least delay, and up to how much more; jitter reorders */
    unsigned off;                 /* set of paths that carry nothing */
    struct net_place *plugs;      /* what is plugged in, in order of node and link */
    size_t plug_count, plug_room;
};

struct net_plug {
    int segment;    /* -1: none */
    int connection; /* 1 + 2 x index + end; 0: none */
    int side;       /* only plugs of one side reach each other: another number is a partition */
    bool burst;     /* it is in a burst of loss */
    unsigned paths; /* set of those that its node was given, */
    unsigned deaf;  /* of those on which it hears nobody else, */
    unsigned mute;  /* and on which nobody else hears it */
};

/* A connection between two nodes, each way a flow of datagrams: reliable and in order while it is up. */
struct net_flow {
    struct net_frame *head, *tail; /* sent and not received yet */
    struct net_frame *waiting;     /* the first that is not in flight: it waits for room */
    size_t octets, flying;         /* in the list; of these in flight */
    size_t most;                   /* that was ever in the list */
    bool moving;                   /* the arrival of the head is in the queue of events */
};

struct net_connection {
    struct net_place ends[2];
    struct net_flow flows[2]; /* by receiving end */
    uint64_t delay_us;
    size_t window; /* octets in flight at the most, each way */
    bool up;
};

struct net_event {
    uint64_t at_us;
    struct node_event is; /* its text is the log's */
};

struct net_node {
    struct node *node; /* NULL: gone */
    struct net_plug *plugs;
    int plug_count;
    bool mute, deaf;         /* the others hear nothing of it; it hears nothing of them */
    bool asleep;             /* is not called, hears nothing */
    uint64_t skew_us;        /* its monotonic clock is so far ahead of the net's */
    int64_t wall_ms;         /* so far its wall clock is wrong */
    uint64_t deadline_us;    /* by the net's clock */
    uint64_t queued_us;      /* the deadline that is in the queue; UINT64_MAX: none */
    uint64_t digest;         /* of its roster, in its last hello to all */
    uint64_t sent, unicasts; /* datagrams; of these to one address */
    uint64_t sent_octets;
    long octets; /* of memory that the core holds for it; counted where allocations are watched */
    uint64_t ticked_us;
    unsigned ticks; /* at that moment */
    struct net_event *events;
    size_t event_count, event_room;
};

struct net_datagram {
    int node, link, segment; /* segment -1: over a connection */
    enum wire_path path;
    struct node_address to;
    const uint8_t *bytes;
    size_t length;
};

struct net {
    uint64_t now_us, random, trace; /* trace: a hash of all datagrams and when they were sent */
    uint64_t datagrams;             /* sent */
    struct net_segment segments[NET_SEGMENTS_MAX];
    struct net_connection connections[NET_CONNECTIONS_MAX];
    struct net_node *nodes;
    int segment_count, connection_count, node_count, node_room;
    struct heap arrivals, deadlines;
    uint64_t sequence;
    size_t store_octets; /* of nodes made from now on */
    uint64_t gap_us;     /* likewise, how long they ask for what is missing; 0: as long as a node does */

    /* Called for each datagram that is sent. */
    void (*see)(struct net *net, const struct net_datagram *datagram, void *context);
    /* Decides, for each node that would hear it. */
    bool (*pass)(struct net *net, const struct net_datagram *datagram, int to, void *context);
    /* May change a datagram on its way to all: writes another to `bytes` and returns its length, or 0. */
    size_t (*change)(struct net *net, const struct net_datagram *datagram, uint8_t bytes[WIRE_DATAGRAM_MAX],
                     void *context);
    /* Takes events in place of the log. */
    void (*tell)(struct net *net, int node, const struct node_event *event, void *context);
    /* What the core may never do; without this the process ends. */
    void (*fail)(struct net *net, const char *what, void *context);
    void *context;
};

struct net *net_new(uint64_t seed);
void net_free(struct net *net);

uint64_t net_random(struct net *net, uint64_t bound);
struct node_time net_time(const struct net *net);
struct node_time net_time_of(const struct net *net, int node); /* by that node's clocks */

/* splitmix64 (Steele et al. 2014): small, and every seed is good. */
uint64_t net_next_random(uint64_t *state);

/* Makes a segment, a node, a link of a node with the paths of a set. Each returns its index. A node without
 * memory is NULL in nodes[]. */
int net_segment(struct net *net);
int net_add(struct net *net, const char *nick, enum wire_role role, const char *room);
int net_plug(struct net *net, int node, int segment, unsigned paths);
void net_unplug(struct net *net, int node, int link);

/* What net_add gives a node; to be changed, and handed to net_add_config. */
struct node_config net_config(struct net *net, const char *nick, enum wire_role role, const char *room);
int net_add_config(struct net *net, const struct node_config *config);

/* The cable is pulled from one segment and put into another; the node is told nothing. */
void net_move(struct net *net, int node, int link, int segment);

/* A forwarder, of the lobby or of every room, that has no link yet. */
int net_forwarder(struct net *net, enum wire_role role, bool every_room);

/* A person in the lobby with a link on a segment, both groups. */
int net_person(struct net *net, const char *nick, int segment);

/* So many of them, p0, p1 and so on, with these paths; and time for them to have found each other. */
void net_people(struct net *net, int count, int segment, unsigned paths);

/* Ends a node without a word. */
void net_kill(struct net *net, int node);

/* It is not called and hears nothing until it wakes; meanwhile its clock went on by so much more than the
 * net's. */
void net_sleep(struct net *net, int node);
void net_wake(struct net *net, int node, uint64_t more_us);

/* Connects two nodes by a new link of each; returns the connection's index. To break it loses what is on its
 * way. */
int net_connect(struct net *net, int a, int b);
void net_break(struct net *net, int connection);
void net_mend(struct net *net, int connection);

/* Who was killed is there again as another node, which has its connections: each is mended. */
void net_replace(struct net *net, int killed, int node);

/* What a person does; what comes of it is sent at once. */
uint32_t net_say(struct net *net, int node, const char *text);
uint32_t net_say_span(struct net *net, int node, struct span text);
void net_rename(struct net *net, int node, const char *nick);
void net_bye(struct net *net, int node);
void net_census(struct net *net, int node, uint32_t number, unsigned enough);

/* Takes what a node has to send and to tell, after a call that the test made itself. */
void net_flush(struct net *net, int node);

/* Hands bytes to a node as if they came in from a forged address. */
void net_inject(struct net *net, int node, int link, enum wire_path path, const uint8_t *bytes,
                size_t length);

/* Puts bytes on a segment for all, or for one plug (`to` not NULL), as a stranger there would. */
void net_throw(struct net *net, int segment, enum wire_path path, const struct net_place *to,
               const uint8_t *bytes, size_t length);

/* Encodes one record with a header from `sender`, and hands it to a node on link 0. */
void net_forge(struct net *net, int node, uint64_t sender, const struct wire_record *record);

void net_run(struct net *net, uint64_t us);

/* Runs until done(net) is so; fails the test when it is not after that long. Returns how long it took. */
uint64_t net_run_until(struct net *net, bool (*done)(struct net *net), uint64_t most_us);

/* What a datagram holds that was sent. The nth (0: first) record of a type, false if it has no such; how many
 * it has; whether it has a message of an origin (0: any) with a number from the first to the last. */
bool net_record(const struct net_datagram *datagram, enum wire_type type, size_t nth,
                struct wire_record *record);
size_t net_records(const struct net_datagram *datagram, enum wire_type type);
bool net_says(const struct net_datagram *datagram, uint64_t origin, uint32_t first, uint32_t last);

/* The log. `id` 0: anybody's. The nth (0: first) of a kind, or NULL. */
size_t net_events(const struct net *net, int node, enum node_event_type type, uint64_t id);
const struct net_event *net_event(const struct net *net, int node, enum node_event_type type, uint64_t id,
                                  size_t nth);
void net_forget_events(struct net *net, int node);

/* True if a node has shown this text once; if all nodes show the same, and it is exactly themselves. */
bool net_shown_once(const struct net *net, int node, const char *text);
bool net_agree(struct net *net);
uint64_t net_id(const struct net *net, int node);
size_t net_peers(const struct net *net, int node);

/* For the files of the net alone. */
void net_enter(struct net *net,
               int node); /* around every call of the core: memory is counted, and may fail */
void net_leave(void);
void net_fail(struct net *net, const char *what);
void net_log(struct net *net, int node, const struct node_event *event);
void carry_plug(struct net *net, int node, int link, int segment); /* -1: out of the one it is in */
void carry_datagram(struct net *net, const struct net_datagram *datagram);
void carry_arrival(struct net *net, const struct heap_entry *arrival);
void carry_free(struct net *net);
void connection_send(struct net *net, const struct net_datagram *datagram);
void connection_arrival(struct net *net, int connection, int end);
void connection_resume(struct net *net, int node); /* it may read again */
void connection_free(struct net *net);
void net_receive(struct net *net, struct net_place at, enum wire_path path, const struct node_address *from,
                 const uint8_t *bytes, size_t length);

#endif
