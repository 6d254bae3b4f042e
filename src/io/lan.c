#include "lanchat/lan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contact.h"
#include "lanchat/system.h"

#define POLL_US UINT64_C(3000000) /* between looks at the interfaces where nothing tells of changes */

void lan_options_default(struct lan_options *options)
{
    *options = (struct lan_options){.port = LAN_PORT, .ipv4 = true, .ipv6 = true, .hops = 1};
    options->group4.s_addr = htonl(0xefff4348); /* 239.255.67.72 */
    options->group6 = lan_group6(1);
}

struct in6_addr lan_group6(uint8_t hops)
{
    struct in6_addr group = {0};

    group.s6_addr[0] = 0xff;
    group.s6_addr[1] = hops > 1 ? 0x18 : 0x12;
    group.s6_addr[14] = 0x43;
    group.s6_addr[15] = 0x48;
    return group;
}

struct in6_addr lan_nodes6(void)
{
    struct in6_addr nodes = {0};

    nodes.s6_addr[0] = 0xff;
    nodes.s6_addr[1] = 0x02;
    nodes.s6_addr[15] = 0x01;
    return nodes;
}

void lan_tell(struct lan *lan, const char *format, ...)
{
    char line[LAN_ERROR_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    lan->notice(lan->context, line);
}

void lan_sent(struct lan *lan, struct fault *fault, int error, const char *name, const union address *to)
{
    char advice[FAULT_ADVICE_MAX], address[INET6_ADDRSTRLEN] = "";
    const char *towards = to ? " to " : "";
    enum fault_news news = fault_note(fault, error, system_time().now_us);

    if (news == FAULT_NONE)
        return;
    if (to)
        socket_address_name(to, address);
    if (news == FAULT_FAILS) {
        fault_advice(error, lan->options.port, lan_last_port(lan), advice, sizeof advice);
        lan_tell(lan, "%s: cannot send%s%s: %s%s", name, towards, address, strerror(error), advice);
    } else {
        lan_tell(lan, "%s: sending%s%s again", name, towards, address);
    }
}

/* Interfaces. */

static void close_socket(struct lan *lan, int *fd)
{
    if (*fd < 0)
        return;
    loop_remove(lan->loop, *fd);
    close(*fd);
    *fd = -1;
}

static void close_segment(struct lan *lan, struct segment *segment)
{
    struct segment **at = &lan->segments;

    while (*at != segment)
        at = &(*at)->next;
    *at = segment->next;
    shared_close(&segment->shared4, lan->loop);
    shared_close(&segment->shared6, lan->loop);
    links_remove(lan->links, segment->link);
    free(segment);
}

/* Opens the socket of one family and joins its groups, as far as that was not done. True if it was now. A
 * socket that hears no group may still hear broadcasts. */
static bool open_family(struct segment *segment, struct shared *shared, loop_ready *ready)
{
    struct lan *lan = segment->lan;
    bool had = shared->fd >= 0, joined = shared->joined;

    shared_open(shared, &lan->options, &segment->is, lan->loop, ready, segment);
    if (!shared->joined &&
        !(shared->family == AF_INET && lan->options.broadcast && segment_broadcasts(segment)))
        shared_close(shared, lan->loop);
    if (shared->error != 0)
        lan->join_error = shared->error;
    bool opened = (shared->joined && !joined) || (shared->fd >= 0 && !had);
    lan->usable += opened;
    return opened;
}

static bool open_families(struct segment *segment)
{
    const struct lan *lan = segment->lan;
    const struct interface *interface = &segment->is;
    bool opened = false;

    if (lan->options.ipv4 && interface->ipv4)
        opened |= open_family(segment, &segment->shared4, segment_ready4);
    /* Linux's loopback has no route for IPv6 groups: there it is for those who want nothing else. */
    bool route6 = interface->multicast || !interface->loopback || segment->shared4.fd < 0;
    if (lan->options.ipv6 && interface->ipv6 && route6)
        opened |= open_family(segment, &segment->shared6, segment_ready6);
    return opened;
}

static void put_paths_up(struct segment *segment)
{
    struct node *node = segment->lan->node;
    struct node_time time = system_time();

    if (segment->shared4.joined)
        node_path_up(node, segment->link, WIRE_PATH_GROUP4, time);
    bool broadcasts = segment->shared4.fd >= 0 && segment_broadcasts(segment);
    if (broadcasts && segment->lan->options.broadcast)
        node_path_up(node, segment->link, WIRE_PATH_BROADCAST, time);
    else if (broadcasts)
        node_path_reserve(node, segment->link, WIRE_PATH_BROADCAST, time);
    if (segment->shared6.joined)
        node_path_up(node, segment->link, WIRE_PATH_GROUP6, time);
    if (segment->shared6.fd >= 0 && segment_has_nodes6(segment))
        node_path_reserve(node, segment->link, WIRE_PATH_NODES6, time);
}

static void open_segment(struct lan *lan, const struct interface *interface)
{
    struct segment *segment = calloc(1, sizeof *segment);
    int link = segment ? links_add(lan->links, NODE_SEGMENT, segment_send, segment) : -1;

    if (link < 0) {
        if (!lan->full && !lan->told_full)
            lan_tell(lan, "%s: not used: %d interfaces are in use", interface->name, NODE_LINKS_MAX);
        lan->full = true;
        free(segment);
        return;
    }
    *segment = (struct segment){.next = lan->segments, .lan = lan, .is = *interface, .link = link};
    shared_init(&segment->shared4, AF_INET);
    shared_init(&segment->shared6, AF_INET6);
    segment->seen = true;
    lan->segments = segment;
    open_families(segment);
    put_paths_up(segment);
}

/* Leaves or takes a group again, if that is due. What cannot be taken again is tried like an interface that
 * has just come. */
static void renew(struct segment *segment, struct shared *shared, enum wire_path path)
{
    struct lan *lan = segment->lan;
    struct node_time time = system_time();

    if (!shared_renew(shared, &lan->options, &segment->is, time))
        return;
    open_families(segment);
    if (shared->joined && renewal_silent(&shared->renewal, time))
        node_path_up(lan->node, segment->link, path, time); /* who is back is told so at once */
    if (shared->joined)
        return;
    node_path_down(lan->node, segment->link, path, time);
    lan->scan_at_us = time.now_us + POLL_US;
}

static bool is_same(const struct interface *a, const struct interface *b)
{
    return a->index == b->index && a->ipv4 == b->ipv4 && a->ipv6 == b->ipv6 &&
           a->address4.s_addr == b->address4.s_addr && a->broadcast4.s_addr == b->broadcast4.s_addr &&
           IN6_ARE_ADDR_EQUAL(&a->address6, &b->address6);
}

static struct segment *segment_named(struct lan *lan, const char *name)
{
    struct segment *segment = lan->segments;

    while (segment && strcmp(segment->is.name, name) != 0)
        segment = segment->next;
    return segment;
}

static void use(struct lan *lan, const struct interface *interface)
{
    struct segment *segment = segment_named(lan, interface->name);

    if (segment && !is_same(&segment->is, interface)) {
        close_segment(lan, segment);
        segment = NULL;
    }
    if (!segment) {
        open_segment(lan, interface);
        return;
    }
    segment->seen = true;
    bool failing = false;
    for (int path = 0; path < LAN_PATHS; path++)
        failing |= segment->faults[path].error != 0;
    if (open_families(segment) || (segment->touched && failing))
        put_paths_up(segment);
    segment->touched = false;
}

static void close_unseen(struct lan *lan)
{
    struct segment *next;

    for (struct segment *segment = lan->segments; segment; segment = next) {
        next = segment->next;
        if (!segment->seen)
            close_segment(lan, segment);
    }
}

/* Something failed that may succeed later, without any news of an interface. */
static bool is_lacking(const struct lan *lan)
{
    for (const struct segment *segment = lan->segments; segment; segment = segment->next)
        if (segment->shared4.error != 0 || segment->shared6.error != 0)
            return true;
    return lan->full;
}

/* Uses the interfaces that there are now, and no others. */
static void scan(struct lan *lan)
{
    size_t count = 0;
    struct interface *list = interfaces_list(&count);

    lan->changed = lan->full = false;
    lan->scan_at_us = lan->watch < 0 ? system_time().now_us + POLL_US : LOOP_FOREVER;
    if (!list) {
        lan->scan_at_us = system_time().now_us + POLL_US;
        return;
    }
    for (struct segment *segment = lan->segments; segment; segment = segment->next)
        segment->seen = false;
    count = interfaces_choose(list, count, &lan->options);
    for (size_t i = 0; i < count; i++)
        use(lan, &list[i]);
    close_unseen(lan);
    free(list);
    lan->told_full = lan->full;
    if (is_lacking(lan))
        lan->scan_at_us = system_time().now_us + POLL_US;
    if (!lan->segments && !lan->waiting)
        lan_tell(lan, "no network interface is up; waiting for one");
    lan->waiting = !lan->segments;
}

/* Says once what is not heard. */
static void tell_failure(struct segment *segment, struct shared *shared)
{
    struct lan *lan = segment->lan;
    char line[LAN_ERROR_MAX];

    if (shared_failure(shared, &lan->options, &segment->is, "that is not used there",
                       shared->fd >= 0 ? " (only broadcasts are used)" : "", line))
        lan_tell(lan, "%s", line);
}

static void tell_failures(const struct lan *lan)
{
    for (struct segment *segment = lan->segments; segment; segment = segment->next) {
        tell_failure(segment, &segment->shared4);
        tell_failure(segment, &segment->shared6);
    }
}

static void interface_changed(void *context, unsigned index)
{
    struct lan *lan = context;

    lan->changed = true;
    for (struct segment *segment = lan->segments; segment; segment = segment->next)
        segment->touched |= index == 0 || segment->is.index == index;
}

static void ready_watch(void *context)
{
    struct lan *lan = context;
    platform_watch_read(lan->watch, interface_changed, lan);
}

void lan_tick(struct lan *lan)
{
    contacts_tick(lan);
    if (lan->changed || lan->scan_at_us <= system_time().now_us) {
        scan(lan);
        tell_failures(lan);
    }
    for (struct segment *segment = lan->segments; segment; segment = segment->next) {
        renew(segment, &segment->shared4, WIRE_PATH_GROUP4);
        renew(segment, &segment->shared6, WIRE_PATH_GROUP6);
    }
}

uint64_t lan_deadline(const struct lan *lan)
{
    struct node_time time = system_time();
    uint64_t least = contacts_deadline(lan), due;

    if (lan->changed)
        return 0;
    if (lan->scan_at_us < least)
        least = lan->scan_at_us;
    for (const struct segment *segment = lan->segments; segment; segment = segment->next) {
        if ((due = shared_deadline(&segment->shared4, time)) < least)
            least = due;
        if ((due = shared_deadline(&segment->shared6, time)) < least)
            least = due;
    }
    return least;
}

/* Opening. */

static bool open_own_on(struct lan *lan, uint16_t port)
{
    if (lan->options.ipv4)
        lan->own4 = socket_own(AF_INET, port, lan->options.hops);
    if (lan->own4 < 0 && lan->options.ipv4 && errno == EADDRINUSE)
        return false;
    if (lan->options.ipv6)
        lan->own6 = socket_own(AF_INET6, port, lan->options.hops);
    if (lan->own6 < 0 && lan->options.ipv6 && errno == EADDRINUSE) {
        if (lan->own4 >= 0)
            close(lan->own4);
        lan->own4 = -1;
        return false;
    }
    return lan->own4 >= 0 || lan->own6 >= 0;
}

unsigned lan_last_port(const struct lan *lan)
{
    const unsigned last = lan->options.port + (unsigned)LAN_PORTS_OWN;

    return last < UINT16_MAX ? last : UINT16_MAX;
}

/* The first free port of those above the shared one, else any. A family that the system lacks is done
 * without. */
static bool open_own(struct lan *lan)
{
    const unsigned first = lan->options.port + 1u, last = lan_last_port(lan);

    for (unsigned port = first; port <= last; port++) {
        if (open_own_on(lan, (uint16_t)port))
            return true;
        if (errno != EADDRINUSE)
            return false;
    }
    if (first == last)
        lan_tell(lan, "UDP port %u is taken: using another, which a firewall may not know", first);
    else if (first < last)
        lan_tell(lan, "UDP ports %u to %u are taken: using another, which a firewall may not know", first,
                 last);
    return open_own_on(lan, 0);
}

static void explain_no_group(const struct lan *lan, char error[LAN_ERROR_MAX])
{
    char group4[INET_ADDRSTRLEN], group6[INET6_ADDRSTRLEN];

    if (lan->join_error == EADDRINUSE) {
        snprintf(error, LAN_ERROR_MAX, "UDP port %u: another program holds it (try another port with -p)",
                 lan->options.port);
        return;
    }
    inet_ntop(AF_INET, &lan->options.group4, group4, sizeof group4);
    inet_ntop(AF_INET6, &lan->options.group6, group6, sizeof group6);
    snprintf(error, LAN_ERROR_MAX,
             "%s%s%s: cannot be joined on any interface: %s (try another group with -g, or -b)",
             lan->own4 >= 0 ? group4 : "", lan->own4 >= 0 && lan->own6 >= 0 ? ", " : "",
             lan->own6 >= 0 ? group6 : "", strerror(lan->join_error));
}

struct lan *lan_open(const struct lan_options *options, struct loop *loop, struct links *links,
                     struct node *node, lan_notice *told, void *context, char error[LAN_ERROR_MAX],
                     bool *usage)
{
    struct lan *lan = calloc(1, sizeof *lan);

    *usage = false;
    if (!lan) {
        snprintf(error, LAN_ERROR_MAX, "memory: %s", strerror(errno));
        return NULL;
    }
    lan->options = *options;
    lan->loop = loop;
    lan->links = links;
    lan->node = node;
    lan->notice = told;
    lan->context = context;
    lan->own4 = lan->own6 = -1;
    lan->watch = platform_watch();
    const char *missing = interfaces_missing(options);
    if (missing) {
        snprintf(error, LAN_ERROR_MAX, "%s: no such interface", missing);
        *usage = true;
        lan_close(lan);
        return NULL;
    }
    bool opened = open_own(lan);
    lan->options.ipv4 = lan->own4 >= 0;
    lan->options.ipv6 = lan->own6 >= 0;
    if (opened && lan->own4 >= 0)
        opened = loop_add(loop, lan->own4, lan_ready_own4, lan);
    if (opened && lan->own6 >= 0)
        opened = loop_add(loop, lan->own6, lan_ready_own6, lan);
    if (opened && lan->watch >= 0)
        opened = loop_add(loop, lan->watch, ready_watch, lan);
    if (!opened) {
        snprintf(error, LAN_ERROR_MAX, "UDP socket: %s", strerror(errno));
        lan_close(lan);
        return NULL;
    }
    if (!contacts_open(lan)) {
        snprintf(error, LAN_ERROR_MAX, "--peer: %s", strerror(ENOMEM));
        lan_close(lan);
        return NULL;
    }
    scan(lan);
    if (lan->segments && lan->usable == 0 && !lan->contacts) {
        explain_no_group(lan, error);
        lan_close(lan);
        return NULL;
    }
    tell_failures(lan);
    return lan;
}

void lan_close(struct lan *lan)
{
    if (!lan)
        return;
    contacts_close(lan);
    while (lan->segments)
        close_segment(lan, lan->segments);
    close_socket(lan, &lan->own4);
    close_socket(lan, &lan->own6);
    close_socket(lan, &lan->watch);
    free(lan);
}
