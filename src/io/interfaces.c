#include "interfaces.h"

#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "platform.h"

static struct interface *find(struct interface *list, size_t count, unsigned index)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].index == index)
            return &list[i];
    return NULL;
}

/* The name that getifaddrs gives may be an address's label, "eth0:1". */
static bool enter(struct interface *interface, const struct ifaddrs *from, unsigned index)
{
    const unsigned running = IFF_UP | IFF_RUNNING;

    if (!if_indextoname(index, interface->name))
        return false;
    interface->index = index;
    interface->running = (from->ifa_flags & running) == running;
    interface->loopback = from->ifa_flags & IFF_LOOPBACK;
    interface->multicast = from->ifa_flags & IFF_MULTICAST;
    return true;
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
        unsigned index = if_nametoindex(at->ifa_name);
        struct interface *interface = find(list, *count, index);
        if (!interface) {
            interface = &list[*count];
            if (!enter(interface, at, index))
                continue; /* it has just gone */
            ++*count;
        }
        if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET)
            enter_address4(interface, at);
        if (at->ifa_addr && at->ifa_addr->sa_family == AF_INET6)
            enter_address6(interface, at);
    }
    freeifaddrs(all);
    return list;
}

/* By index, because a name may be an alias. */
static bool is_named(const struct lan_options *options, unsigned index)
{
    for (size_t i = 0; i < options->name_count; i++)
        if (if_nametoindex(options->names[i]) == index)
            return true;
    return false;
}

static bool has_family(const struct lan_options *options, const struct interface *interface)
{
    return (options->ipv4 && interface->ipv4) || (options->ipv6 && interface->ipv6);
}

/* Whether an interface is used whatever others there are. */
static bool is_wanted(const struct lan_options *options, const struct interface *interface)
{
    if (!interface->running || !has_family(options, interface))
        return false;
    if (options->name_count > 0)
        return is_named(options, interface->index);
    bool reaches_all = interface->multicast || (options->broadcast && interface->broadcast4.s_addr != 0);
    return !interface->loopback && reaches_all && !platform_is_port(interface->index);
}

/* An interface of any family, used or not, beside which the loopback is not wanted. */
static bool is_network(const struct interface *interface)
{
    return interface->running && !interface->loopback && interface->multicast &&
           (interface->ipv4 || interface->ipv6);
}

size_t interfaces_choose(struct interface *list, size_t count, const struct lan_options *options)
{
    bool networked = options->name_count > 0;
    size_t chosen = 0;

    for (size_t i = 0; i < count; i++)
        networked |= is_network(&list[i]);
    for (size_t i = 0; i < count; i++) {
        bool alone = !networked && list[i].loopback && list[i].running && has_family(options, &list[i]);
        if (alone || is_wanted(options, &list[i]))
            list[chosen++] = list[i];
    }
    return chosen;
}

bool interface_has(const struct interface *interface, const union address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->in.sin_addr.s_addr == interface->address4.s_addr;
    return IN6_ARE_ADDR_EQUAL(&address->in6.sin6_addr, &interface->address6);
}

const char *interfaces_missing(const struct lan_options *options)
{
    for (size_t i = 0; i < options->name_count; i++)
        if (if_nametoindex(options->names[i]) == 0)
            return options->names[i];
    return NULL;
}
