/* The LAN's inside, shared by lan.c (which interfaces are used) and segment.c (datagrams in and out). */
#ifndef LANCHAT_SEGMENT_H
#define LANCHAT_SEGMENT_H

#include "fault.h"
#include "interfaces.h"
#include "lanchat/lan.h"
#include "shared.h"

#define LAN_PATHS 5 /* those that a LAN has */

/* An interface in use: a link of the node. */
struct segment {
    struct segment *next;
    struct lan *lan;
    struct interface is;
    int link;
    struct shared shared4, shared6;
    struct fault faults[LAN_PATHS]; /* of sending on each path */
    bool seen, touched;
};

struct contact;

struct lan {
    struct lan_options options;
    struct loop *loop;
    struct links *links;
    struct node *node;
    lan_notice *notice;
    void *context;
    int own4, own6, watch;
    bool changed, waiting;
    bool full, told_full; /* interfaces were left out, and that was said */
    uint64_t scan_at_us;
    int join_error;
    unsigned usable; /* sockets that hear what is sent to all */
    struct segment *segments;
    struct contact *contacts;
    struct packet packets[PACKET_BATCH];
};

/* Tells the LAN's user something, in one line. */
__attribute__((format(printf, 2, 3))) void lan_tell(struct lan *lan, const char *format, ...);

/* A try to send ended so, 0 or an errno: says it when that way fails, and when it works again. It is that of
 * an interface to an address, or (to NULL) to a host. */
void lan_sent(struct lan *lan, struct fault *fault, int error, const char *name, const union address *to);

/* The last of the ports that nodes own. */
unsigned lan_last_port(const struct lan *lan);

/* Whether all who share the port are sent to, and heard, whatever group they have chosen: not by those who
 * have chosen one; and what is to stay on this host does not leave it by a broadcast, which has no such limit
 * (-b asks for that). */
bool segment_broadcasts(const struct segment *segment);
bool segment_has_nodes6(const struct segment *segment);

/* It is one host's: no group, and no broadcast address of an interface in use. */
bool segment_is_host(const struct lan *lan, const union address *address);

/* Where a path of a segment leads. */
union address segment_destination(const struct segment *segment, enum wire_path path);

/* What the loop calls when a socket can be read: the node's own, with the LAN; a segment's, with the segment.
 */
loop_ready lan_ready_own4, lan_ready_own6, segment_ready4, segment_ready6;

/* Sends a datagram of the segment's link. Failures are noticed, not fatal. */
links_send segment_send;

#endif
