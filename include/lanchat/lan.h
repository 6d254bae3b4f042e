/* The LAN: interfaces as they come and go, their sockets, datagrams to and from the node. One link of the
 * node for each interface; on it a socket for each family, tied to the interface, that hears what is sent to
 * all; and for the whole node one socket for each family, on a port of its own, that hears what is sent to it
 * alone and that everything is sent from. */
#ifndef LANCHAT_LAN_H
#define LANCHAT_LAN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/links.h"
#include "lanchat/loop.h"
#include "lanchat/node.h"
#include "lanchat/url.h"

#define LAN_PORT        55555
#define LAN_PORTS_OWN   16 /* the ports above, one of which each node owns */
#define LAN_ERROR_MAX   256
#define LAN_ADDRESS_MAX 80 /* "[fe80::1%eth0]:55556" */

struct lan;

struct lan_options {
    uint16_t port;
    bool ipv4, ipv6;
    struct in_addr group4;
    struct in6_addr group6;
    uint8_t hops;
    bool broadcast;           /* send to the IPv4 broadcast addresses too */
    const char *const *names; /* only these interfaces; borrowed for as long as the LAN is open */
    size_t name_count;        /* 0: all */
    const struct url *peers;  /* hosts that no path of these finds; borrowed likewise */
    size_t peer_count;
};

/* The defaults: both families, port 55555, hop limit 1, the groups of lanchat(7). */
void lan_options_default(struct lan_options *options);

/* The default IPv6 group for a hop limit. */
struct in6_addr lan_group6(uint8_t hops);

/* ff02::1, all nodes of a link. */
struct in6_addr lan_nodes6(void);

/* Told of what changes: an interface that sends no more, or again. One line, without a newline. */
typedef void lan_notice(void *context, const char *line);

/* Opens sockets on every interface and adds them to `links`, the node's. NULL with the reason in `error`
 * ("what: why"), and in *usage whether the options were wrong, not the network. */
struct lan *lan_open(const struct lan_options *options, struct loop *loop, struct links *links,
                     struct node *node, lan_notice *notice, void *context, char error[LAN_ERROR_MAX],
                     bool *usage);
void lan_close(struct lan *lan);

/* Looks for interfaces if that is due. lan_deadline says when it is (monotonic microseconds). */
void lan_tick(struct lan *lan);
uint64_t lan_deadline(const struct lan *lan);

/* The interface of a link, or the host that --peer named; or NULL if it is none of the LAN's. Good until the
 * next lan_tick. */
const char *lan_link_name(const struct lan *lan, int link);

/* Writes where a path of such a link leads, "239.255.67.72"; the empty string for a path that leads nowhere.
 */
void lan_path_text(const struct lan *lan, int link, enum wire_path path, char out[LAN_ADDRESS_MAX]);

/* Writes an address of the node's as text; the empty string for none. */
void lan_address_text(const struct node_address *address, char out[LAN_ADDRESS_MAX]);

#endif
