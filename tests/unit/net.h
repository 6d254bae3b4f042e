/* A LAN in memory, for tests: nodes (the real core) with links plugged into segments, a clock that jumps from
 * one event to the next, and randomness from one seed, so that a run can be had again octet for octet.
 *
 * A datagram to a group reaches every plug of its segment, those of its sender too, as a kernel loops it
 * back; one to an address reaches that plug alone. Nodes are called as node.h says: ticked at their deadline
 * and not otherwise, pulled and asked for events after every call. A core that sends a malformed or too long
 * datagram, or wants to be called again and again at one moment, fails the test. */
#ifndef NET_H
#define NET_H

#include "lanchat/node.h"

#define NET_MS           UINT64_C(1000)
#define NET_S            UINT64_C(1000000)
#define NET_NODES_MAX    320
#define NET_SEGMENTS_MAX 72
#define NET_WALL_MS      UINT64_C(1795000000000) /* the wall clock when the net's is 0 */

/* Sets of paths. */
#define NET_GROUP4 (1u << WIRE_PATH_GROUP4)
#define NET_GROUP6 (1u << WIRE_PATH_GROUP6)
#define NET_BOTH   (NET_GROUP4 | NET_GROUP6)

struct net_segment {
    unsigned loss, twice;         /* of a thousand deliveries: lost, delivered twice */
    uint64_t delay_us, jitter_us; /* least delay, and up to how much more; jitter reorders */
    unsigned off;                 /* set of paths that carry nothing */
};

struct net_plug {
    int segment; /* -1: none */
    int side;    /* only plugs of one side reach each other: another number is a partition */
};

struct net_event {
    uint64_t at_us;
    struct node_event is; /* its text is the log's */
};

struct net_node {
    struct node *node; /* NULL: gone */
    struct net_plug plugs[NODE_LINKS_MAX];
    bool mute, deaf;              /* the others hear nothing of it; it hears nothing of them */
    uint64_t deadline_us, digest; /* digest: of its roster, in its last hello to all */
    uint64_t sent, unicasts;      /* datagrams; of these to one address */
    unsigned ticks;               /* at the present moment */
    struct net_event *events;
    size_t event_count, event_room;
};

struct net_datagram {
    int node, link, segment;
    enum wire_path path;
    struct node_address to;
    const uint8_t *bytes;
    size_t length;
};

struct net_delivery; /* a datagram on its way */

struct net {
    uint64_t now_us, random, trace; /* trace: a hash of all datagrams and when they were sent */
    struct net_segment segments[NET_SEGMENTS_MAX];
    struct net_node nodes[NET_NODES_MAX];
    int segment_count, node_count;
    struct net_delivery **heap;
    size_t heap_count, heap_room;
    uint64_t sequence;
    size_t store_octets; /* of nodes made from now on */
    uint64_t gap_us;     /* likewise, how long they ask for what is missing; 0: as long as a node does */

    /* Called for each datagram that is sent. */
    void (*see)(struct net *net, const struct net_datagram *datagram, void *context);
    /* Decides, for each node that would hear it. */
    bool (*pass)(struct net *net, const struct net_datagram *datagram, int to, void *context);
    void *context;
};

struct net *net_new(uint64_t seed);
void net_free(struct net *net);

uint64_t net_random(struct net *net, uint64_t bound);
struct node_time net_time(const struct net *net);

/* Makes a segment, a node, a link of a node with the paths of a set. Each returns its index. A node without
 * memory is NULL in nodes[]. */
int net_segment(struct net *net);
int net_add(struct net *net, const char *nick, enum wire_role role, const char *room);
int net_plug(struct net *net, int node, int segment, unsigned paths);
void net_unplug(struct net *net, int node, int link);

/* A person in the lobby with a link on a segment, both groups. */
int net_person(struct net *net, const char *nick, int segment);

/* Ends a node without a word. */
void net_kill(struct net *net, int node);

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

/* Encodes one record with a header from `sender`, and hands it to a node on link 0. */
void net_forge(struct net *net, int node, uint64_t sender, const struct wire_record *record);

void net_run(struct net *net, uint64_t us);

/* Runs until done(net) is so; fails the test when it is not after that long. Returns how long it took. */
uint64_t net_run_until(struct net *net, bool (*done)(struct net *net), uint64_t most_us);

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

#endif
