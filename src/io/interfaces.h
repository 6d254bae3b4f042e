/* The interfaces of this host, as getifaddrs tells them. */
#ifndef LANCHAT_INTERFACES_H
#define LANCHAT_INTERFACES_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

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

#endif
