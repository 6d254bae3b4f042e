/* The interfaces of this host, as getifaddrs tells them. */
#ifndef LANCHAT_INTERFACES_H
#define LANCHAT_INTERFACES_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "lanchat/lan.h"
#include "sockets.h"

struct interface {
    char name[IF_NAMESIZE];
    unsigned index;
    bool running, loopback, multicast;   /* running: up, with a carrier */
    bool ipv4, ipv6;                     /* has an address */
    struct in_addr address4, broadcast4; /* the first; broadcast4 is 0 if there is none */
    struct in6_addr address6;            /* link-local if it has one */
};

/* All of them, in an array that the caller frees. NULL with errno set on failure. */
struct interface *interfaces_list(size_t *count);

/* Leaves in `list` those that are used with these options, and returns how many they are: those that are
 * named, else all that are up and reach others; the loopback if there is no network at all. */
size_t interfaces_choose(struct interface *list, size_t count, const struct lan_options *options);

/* Whether it is one of the addresses that the interface has here. */
bool interface_has(const struct interface *interface, const union address *address);

/* The first of the names in the options that is no interface's, or NULL. */
const char *interfaces_missing(const struct lan_options *options);

#endif
