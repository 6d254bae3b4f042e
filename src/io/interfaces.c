#include "interfaces.h"

#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

static struct interface *find(struct interface *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

static void enter(struct interface *interface, const struct ifaddrs *from)
{
    const unsigned running = IFF_UP | IFF_RUNNING;

    strncpy(interface->name, from->ifa_name, sizeof interface->name - 1);
    interface->index = if_nametoindex(from->ifa_name);
    interface->running = (from->ifa_flags & running) == running;
    interface->loopback = from->ifa_flags & IFF_LOOPBACK;
    interface->multicast = from->ifa_flags & IFF_MULTICAST;
}

static void enter_address4(struct interface *interface, const struct ifaddrs *from)
{
    struct sockaddr_in address;

    if (interface->ipv4)
        return;
    interface->ipv4 = true;
    memcpy(&address, from->ifa_addr, sizeof address);
    interface->address4 = address.sin_addr;
    if (!(from->ifa_flags & IFF_BROADCAST) || !from->ifa_broadaddr)
        return;
    memcpy(&address, from->ifa_broadaddr, sizeof address);
    interface->broadcast4 = address.sin_addr;
}

static void enter_address6(struct interface *interface, const struct ifaddrs *from)
{
    struct sockaddr_in6 address;

    memcpy(&address, from->ifa_addr, sizeof address);
    if (interface->ipv6 && !IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr))
        return;
    interface->ipv6 = true;
    interface->address6 = address.sin6_addr;
}

struct interface *interfaces_list(size_t *count)
{
    struct ifaddrs *all;
    size_t most = 1;

    if (getifaddrs(&all) != 0)
        return NULL;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        most++;
    struct interface *list = calloc(most, sizeof *list);
    *count = 0;
    for (const struct ifaddrs *at = all; list && at; at = at->ifa_next) {
        struct interface *interface = find(list, *count, at->ifa_name);
        if (!interface) {
            interface = &list[(*count)++];
            enter(interface, at);
        }
        if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET)
            enter_address4(interface, at);
        if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6)
            enter_address6(interface, at);
    }
    freeifaddrs(all);
    return list;
}
