/* Segments: who hears a datagram, when, how often. A datagram's bytes are kept once for all its receivers. */
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "net.h"

struct packet {
    unsigned holders; /* arrivals */
    enum wire_path path;
    struct node_address from;
    size_t length;
    uint8_t bytes[];
};

static struct packet *packet_new(enum wire_path path, struct node_address from, const uint8_t *bytes,
                                 size_t length)
{
    struct packet *packet = memory_grow(NULL, sizeof *packet + length);

    *packet = (struct packet){.holders = 1, .path = path, .from = from, .length = length};
    memcpy(packet->bytes, bytes, length);
    return packet;
}

static void packet_drop(struct packet *packet)
{
    if (--packet->holders == 0)
        free(packet);
}

/* An address is a plug and a family: a host is heard under another address on each family. */
static struct node_address address_of(int node, int link, bool six)
{
    return (struct node_address){
        .octets = {(uint8_t)(node >> 8), (uint8_t)node, (uint8_t)link, six ? 6 : 4},
          .length = 4
    };
}

/* The place in the segment's list of the first plug that is not before (node, link). */
static size_t place_from(const struct net_segment *segment, int node, int link)
{
    size_t at = segment->plug_count;

    for (; at > 0; at--) {
        const struct net_place *plug = &segment->plugs[at - 1];
        if (plug->node < node || (plug->node == node && plug->link < link))
            break;
    }
    return at;
}

static void take_out(struct net_segment *segment, int node, int link)
{
    size_t at = place_from(segment, node, link);

    memmove(&segment->plugs[at], &segment->plugs[at + 1],
            (--segment->plug_count - at) * sizeof *segment->plugs);
}

static void put_in(struct net_segment *segment, int node, int link)
{
    size_t at = place_from(segment, node, link);

    if (segment->plug_count == segment->plug_room) {
        segment->plug_room = segment->plug_room ? 2 * segment->plug_room : 16;
        segment->plugs = memory_grow(segment->plugs, segment->plug_room * sizeof *segment->plugs);
    }
    memmove(&segment->plugs[at + 1], &segment->plugs[at],
            (segment->plug_count++ - at) * sizeof *segment->plugs);
    segment->plugs[at] = (struct net_place){node, link};
}

void carry_plug(struct net *net, int node, int link, int segment)
{
    struct net_plug *plug = &net->nodes[node].plugs[link];

    if (plug->segment >= 0)
        take_out(&net->segments[plug->segment], node, link);
    plug->segment = segment;
    if (segment >= 0)
        put_in(&net->segments[segment], node, link);
}

static bool is_lost(struct net *net, const struct net_segment *segment, struct net_plug *plug)
{
    if (segment->burst_begins > 0 || plug->burst) {
        bool turns = net_random(net, 1000) < (plug->burst ? segment->burst_ends : segment->burst_begins);
        plug->burst ^= turns;
        if (plug->burst && net_random(net, 1000) < segment->burst_loss)
            return true;
    }
    return net_random(net, 1000) < segment->loss;
}

static bool carries(const struct net_plug *from, const struct net_plug *to, enum wire_path path)
{
    unsigned bit = 1u << path;

    return path == WIRE_PATH_UNICAST || ((to->paths & bit) && !((to->deaf | from->mute) & bit));
}

static bool reaches(struct net *net, const struct net_datagram *datagram, struct net_place to)
{
    const struct net_node *from = &net->nodes[datagram->node], *node = &net->nodes[to.node];
    const struct net_plug *out = &from->plugs[datagram->link], *in = &node->plugs[to.link];

    if (to.node != datagram->node && (node->deaf || from->mute || !carries(out, in, datagram->path)))
        return false;
    return in->side == out->side && (!net->pass || net->pass(net, datagram, to.node, net->context));
}

static void arrive(struct net *net, struct packet *packet, struct net_place to, uint64_t at_us)
{
    packet->holders++;
    heap_push(&net->arrivals, (struct heap_entry){at_us, net->sequence++, packet, to.node, to.link});
}

static void deliver(struct net *net, const struct net_datagram *datagram, struct packet *packet,
                    struct net_place to)
{
    const struct net_segment *segment = &net->segments[datagram->segment];
    struct net_node *node = &net->nodes[to.node];

    if (!node->node || !reaches(net, datagram, to) || is_lost(net, segment, &node->plugs[to.link]))
        return;
    for (int copies = net_random(net, 1000) < segment->twice ? 2 : 1; copies > 0; copies--)
        arrive(net, packet, to, net->now_us + segment->delay_us + net_random(net, segment->jitter_us));
}

/* The plug that an address is of, or none. */
static bool plug_at(const struct net *net, const struct node_address *address, int segment,
                    struct net_place *place)
{
    *place = (struct net_place){address->octets[0] << 8 | address->octets[1], address->octets[2]};
    return place->node < net->node_count && place->link < net->nodes[place->node].plug_count &&
           net->nodes[place->node].plugs[place->link].segment == segment;
}

void carry_datagram(struct net *net, const struct net_datagram *datagram)
{
    const struct net_segment *segment = &net->segments[datagram->segment];
    bool six = datagram->to.length > 0
                   ? datagram->to.octets[3] == 6
                   : datagram->path == WIRE_PATH_GROUP6 || datagram->path == WIRE_PATH_NODES6;
    uint8_t changed[WIRE_DATAGRAM_MAX];
    struct net_place place;

    if (segment->off & 1u << datagram->path)
        return;
    size_t length = net->change ? net->change(net, datagram, changed, net->context) : 0;
    struct packet *packet =
        packet_new(datagram->path, address_of(datagram->node, datagram->link, six),
                   length > 0 ? changed : datagram->bytes, length > 0 ? length : datagram->length);
    if (datagram->to.length == 0)
        for (size_t i = 0; i < segment->plug_count; i++)
            deliver(net, datagram, packet, segment->plugs[i]);
    else if (plug_at(net, &datagram->to, datagram->segment, &place))
        deliver(net, datagram, packet, place);
    packet_drop(packet);
}

void net_throw(struct net *net, int index, enum wire_path path, const struct net_place *to,
               const uint8_t *bytes, size_t length)
{
    const struct net_segment *segment = &net->segments[index];
    struct packet *packet = packet_new(path, address_of(0xffff, 0, false), bytes, length);

    for (size_t i = 0; i < segment->plug_count; i++)
        if (!to || (to->node == segment->plugs[i].node && to->link == segment->plugs[i].link))
            arrive(net, packet, segment->plugs[i], net->now_us + segment->delay_us);
    packet_drop(packet);
}

void carry_arrival(struct net *net, const struct heap_entry *arrival)
{
    struct packet *packet = arrival->what;

    net_receive(net, (struct net_place){arrival->node, arrival->link}, packet->path, &packet->from,
                packet->bytes, packet->length);
    packet_drop(packet);
}

void carry_free(struct net *net)
{
    while (net->arrivals.count > 0) {
        const struct heap_entry arrival = heap_pop(&net->arrivals);
        if (arrival.what)
            packet_drop(arrival.what);
    }
    for (int i = 0; i < net->segment_count; i++)
        free(net->segments[i].plugs);
}
