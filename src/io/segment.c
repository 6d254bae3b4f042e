#include "segment.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "contact.h"
#include "lanchat/system.h"

#define READ_BATCHES 4 /* from one socket before the others have their turn */

union address segment_destination(const struct segment *segment, enum wire_path path)
{
    const struct lan_options *options = &segment->lan->options;
    union address to = {0};

    if (path == WIRE_PATH_GROUP4 || path == WIRE_PATH_BROADCAST) {
        to.in.sin_family = AF_INET;
        to.in.sin_port = htons(options->port);
        to.in.sin_addr = path == WIRE_PATH_GROUP4 ? options->group4 : segment->is.broadcast4;
        return to;
    }
    to.in6.sin6_family = AF_INET6;
    to.in6.sin6_port = htons(options->port);
    to.in6.sin6_scope_id = segment->is.index;
    to.in6.sin6_addr = path == WIRE_PATH_GROUP6 ? options->group6 : lan_nodes6();
    return to;
}

bool segment_broadcasts(const struct segment *segment)
{
    const struct lan_options *options = &segment->lan->options;
    struct lan_options usual;

    lan_options_default(&usual);
    return segment->is.broadcast4.s_addr != 0 &&
           (options->broadcast || (options->hops > 0 && options->group4.s_addr == usual.group4.s_addr));
}

bool segment_has_nodes6(const struct segment *segment)
{
    const struct lan_options *options = &segment->lan->options;
    struct in6_addr usual = lan_group6(options->hops);

    return IN6_ARE_ADDR_EQUAL(&options->group6, &usual);
}

static bool is_for_all(const union address *to)
{
    if (to->any.sa_family == AF_INET)
        return IN_MULTICAST(ntohl(to->in.sin_addr.s_addr));
    return IN6_IS_ADDR_MULTICAST(&to->in6.sin6_addr);
}

bool segment_is_host(const struct lan *lan, const union address *address)
{
    in_addr_t address4 = address->in.sin_addr.s_addr;

    if (is_for_all(address))
        return false;
    if (address->any.sa_family == AF_INET6)
        return !IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr);
    for (const struct segment *segment = lan->segments; segment; segment = segment->next)
        if (segment->is.broadcast4.s_addr == address4)
            return false;
    return address4 != htonl(INADDR_ANY) && address4 != htonl(INADDR_BROADCAST);
}

void lan_address_text(const struct node_address *address, char out[LAN_ADDRESS_MAX])
{
    char name[INET6_ADDRSTRLEN], interface[IF_NAMESIZE] = "";
    union address is;

    out[0] = '\0';
    if (address->length == 0)
        return;
    socket_from_node(address, &is);
    socket_address_name(&is, name);
    if (is.any.sa_family == AF_INET) {
        snprintf(out, LAN_ADDRESS_MAX, "%s:%u", name, ntohs(is.in.sin_port));
        return;
    }
    bool scoped = is.in6.sin6_scope_id != 0 && if_indextoname(is.in6.sin6_scope_id, interface);
    snprintf(out, LAN_ADDRESS_MAX, "[%s%s%s]:%u", name, scoped ? "%" : "", interface,
             ntohs(is.in6.sin6_port));
}

static const struct segment *segment_of_link(const struct lan *lan, int link)
{
    const struct segment *segment = lan->segments;

    while (segment && segment->link != link)
        segment = segment->next;
    return segment;
}

const char *lan_link_name(const struct lan *lan, int link)
{
    const struct segment *segment = segment_of_link(lan, link);

    return segment ? segment->is.name : contacts_link_name(lan, link);
}

void lan_path_text(const struct lan *lan, int link, enum wire_path path, char out[LAN_ADDRESS_MAX])
{
    const struct segment *segment = segment_of_link(lan, link);
    union address to;

    out[0] = '\0';
    if (segment && path < WIRE_PATH_UNICAST)
        to = segment_destination(segment, path);
    else if (segment || !contacts_address(lan, link, &to))
        return;
    socket_address_name(&to, out);
}

/* Receiving. */

/* Who names this host comes by whatever interface leads here, such as a tunnel that carries no groups: he is
 * of any segment then, unless the user chose the interfaces. What goes to him alone goes by routing. */
static struct segment *segment_of_index(struct lan *lan, unsigned index)
{
    struct segment *segment = lan->segments;

    while (segment && segment->is.index != index)
        segment = segment->next;
    return segment || lan->options.name_count > 0 ? segment : lan->segments;
}

/* The path by which something sent to `to` came, on a shared socket; -1 if it is not for us. */
static int shared_path(const struct segment *segment, const union address *to)
{
    static const enum wire_path paths[] = {WIRE_PATH_GROUP4, WIRE_PATH_BROADCAST, WIRE_PATH_GROUP6,
                                           WIRE_PATH_NODES6};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        union address ours = segment_destination(segment, paths[i]);
        if ((paths[i] == WIRE_PATH_BROADCAST && !segment_broadcasts(segment)) ||
            (paths[i] == WIRE_PATH_NODES6 && !segment_has_nodes6(segment)))
            continue;
        if (socket_same_host(&ours, to))
            return (int)paths[i];
    }
    return -1;
}

/* A group by which this host hears others is one that a switch lets through. */
static void note_heard(struct segment *segment, enum wire_path path, const union address *from,
                       struct node_time time)
{
    if (interface_has(&segment->is, from))
        return;
    contacts_near(segment->lan, from, time);
    if (path == WIRE_PATH_GROUP4)
        segment->shared4.renewal.heard_us = time.now_us;
    else if (path == WIRE_PATH_GROUP6)
        segment->shared6.renewal.heard_us = time.now_us;
}

/* Hands one packet to the node. `segment` is the socket's, or NULL for the node's own socket. */
static void take(struct lan *lan, struct segment *segment, struct packet *packet, struct node_time time)
{
    union address to, from;
    struct node_address address;
    unsigned index = 0;
    int path = WIRE_PATH_UNICAST, link = -1;

    if (!socket_arrival(packet, &to, &index))
        return;
    if (segment && segment->is.index != index)
        return;
    memcpy(&from, &packet->from, sizeof from);
    if (segment)
        path = shared_path(segment, &to);
    else if (is_for_all(&to))
        return;
    else
        link = contacts_heard(lan, &from, time);
    if (link < 0 && !segment)
        segment = segment_of_index(lan, index);
    if (path < 0 || (link < 0 && !segment))
        return;
    if (path != WIRE_PATH_UNICAST)
        note_heard(segment, (enum wire_path)path, &from, time);
    if (link < 0)
        link = segment->link;
    socket_to_node(&from, &address);
    node_receive(lan->node, link, (enum wire_path)path, &address, packet->octets, packet->length, time);
}

static void read_socket(struct lan *lan, struct segment *segment, int fd)
{
    for (int batch = 0; batch < READ_BATCHES; batch++) {
        size_t count = platform_receive(fd, lan->packets);
        struct node_time time = system_time();
        for (size_t i = 0; i < count; i++)
            take(lan, segment, &lan->packets[i], time);
        if (count < PACKET_BATCH)
            return;
    }
}

void lan_ready_own4(void *context)
{
    struct lan *lan = context;
    read_socket(lan, NULL, lan->own4);
}

void lan_ready_own6(void *context)
{
    struct lan *lan = context;
    read_socket(lan, NULL, lan->own6);
}

void segment_ready4(void *context)
{
    struct segment *segment = context;
    read_socket(segment->lan, segment, segment->shared4.fd);
}

void segment_ready6(void *context)
{
    struct segment *segment = context;
    read_socket(segment->lan, segment, segment->shared6.fd);
}

/* Sending. */

/* What is in reserve may fail without a word, and so may what is sent to one node. */
static bool is_told(const struct segment *segment, enum wire_path path)
{
    bool broadcast = path == WIRE_PATH_BROADCAST && segment->lan->options.broadcast;

    return path == WIRE_PATH_GROUP4 || path == WIRE_PATH_GROUP6 || broadcast;
}

void segment_send(void *context, const struct node_datagram *datagram)
{
    struct segment *segment = context;
    union address to;

    if (datagram->path == WIRE_PATH_UNICAST)
        socket_from_node(&datagram->to, &to);
    else
        to = segment_destination(segment, datagram->path);
    int fd = to.any.sa_family == AF_INET ? segment->lan->own4 : segment->lan->own6;
    unsigned index = datagram->path == WIRE_PATH_UNICAST ? 0 : segment->is.index;
    int error = socket_send(fd, &to, index, datagram->bytes, datagram->length);
    if (is_told(segment, datagram->path))
        lan_sent(segment->lan, &segment->faults[datagram->path], error, segment->is.name, &to);
}
