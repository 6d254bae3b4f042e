#include "packet.h"

#include <string.h>

#include "cursor.h"

/* draft-ietf-opsawg-pcaplinktype. 12 and 14 are what BSD systems wrote for raw IP. */
enum link_type {
    LINK_NULL = 0,
    LINK_ETHERNET = 1,
    LINK_RAW_BSD = 12,
    LINK_RAW_OPENBSD = 14,
    LINK_RAW = 101,
    LINK_LOOP = 108,
    LINK_COOKED = 113,
    LINK_IPV4 = 228,
    LINK_IPV6 = 229,
    LINK_COOKED2 = 276,
};

enum ether_type {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_TAG = 0x8100,         /* IEEE 802.1Q */
    ETHER_SERVICE_TAG = 0x88a8, /* IEEE 802.1ad */
    ETHER_SERVICE_OLD = 0x9100,
};

/* IANA's protocol numbers. */
enum protocol {
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTHENTICATION = 51,
    PROTOCOL_DESTINATION = 60,
    PROTOCOL_MOBILITY = 135,
};

#define MORE_FRAGMENTS  0x2000
#define FRAGMENT_OFFSET 0x1fff

static uint16_t get2(struct reader *reader)
{
    return (uint16_t)reader_number(reader, 2);
}

/* The reader goes on to the end of something of `length` octets, which may not all be there. */
static void limit(struct reader *reader, size_t length, struct packet *packet)
{
    size_t there = (size_t)(reader->end - reader->at);

    packet->lacking = 0;
    if (length < there)
        reader->end = reader->at + length;
    else
        packet->lacking = length - there;
}

static enum packet_result take_payload(struct reader *reader, struct packet *packet)
{
    if (reader->failed)
        return PACKET_OTHER;
    packet->bytes = reader->at;
    packet->length = (size_t)(reader->end - reader->at);
    return PACKET_TAKEN;
}

/* RFC 768. The length may be 0 in a jumbogram (RFC 2675): all that is there. */
static enum packet_result take_udp(struct reader *reader, struct packet *packet)
{
    size_t length;

    packet->tcp = false;
    packet->source.port = get2(reader);
    packet->destination.port = get2(reader);
    length = get2(reader);
    reader_bytes(reader, 2);
    if (length > 0 && length < 8)
        return PACKET_OTHER;
    if (length > 0 && !reader->failed)
        limit(reader, length - 8, packet);
    return take_payload(reader, packet);
}

static enum packet_result take_tcp(struct reader *reader, struct packet *packet)
{
    size_t header;

    packet->tcp = true;
    packet->source.port = get2(reader);
    packet->destination.port = get2(reader);
    packet->sequence = (uint32_t)reader_number(reader, 4);
    packet->acknowledged = (uint32_t)reader_number(reader, 4);
    header = (size_t)(reader_number(reader, 1) >> 4) * 4;
    packet->flags = (uint8_t)reader_number(reader, 1);
    reader_bytes(reader, 6);
    if (header < 20)
        return PACKET_OTHER;
    reader_bytes(reader, header - 20);
    return take_payload(reader, packet);
}

static enum packet_result take_protocol(struct reader *reader, uint8_t protocol, struct packet *packet)
{
    if (protocol == PROTOCOL_UDP)
        return take_udp(reader, packet);
    if (protocol == PROTOCOL_TCP)
        return take_tcp(reader, packet);
    return PACKET_OTHER;
}

static void take_address(struct reader *reader, uint8_t family, struct capture_address *address)
{
    size_t length = family == 4 ? 4 : 16;
    const uint8_t *octets = reader_bytes(reader, length);

    *address = (struct capture_address){.family = family};
    if (octets)
        memcpy(address->octets, octets, length);
}

/* RFC 791. The total length is 0 where the network card was left to cut the packet up. */
static enum packet_result take_ipv4(struct reader *reader, struct packet *packet)
{
    size_t header = (size_t)(reader_number(reader, 1) & 0xf) * 4, total;
    uint16_t fragment;
    uint8_t protocol;

    reader_bytes(reader, 1);
    total = get2(reader);
    reader_bytes(reader, 2);
    fragment = get2(reader);
    reader_bytes(reader, 1);
    protocol = (uint8_t)reader_number(reader, 1);
    reader_bytes(reader, 2);
    take_address(reader, 4, &packet->source);
    take_address(reader, 4, &packet->destination);
    if (reader->failed || header < 20 || (total > 0 && total < header))
        return PACKET_OTHER;
    if (fragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET))
        return PACKET_FRAGMENT;
    if (total > 0)
        limit(reader, total - 20, packet);
    reader_bytes(reader, header - 20);
    return take_protocol(reader, protocol, packet);
}

/* Passes one extension header (RFC 8200, 4; RFC 4302, 2). *next is what follows. */
static void pass_extension(struct reader *reader, uint8_t *next)
{
    uint8_t type = *next;
    size_t length;

    *next = (uint8_t)reader_number(reader, 1);
    length = (size_t)reader_number(reader, 1);
    reader_bytes(reader, type == PROTOCOL_AUTHENTICATION ? length * 4 + 6 : length * 8 + 6);
}

static bool is_extension(uint8_t protocol)
{
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
           protocol == PROTOCOL_DESTINATION || protocol == PROTOCOL_AUTHENTICATION ||
           protocol == PROTOCOL_MOBILITY;
}

/* Passes a fragment header (RFC 8200, 4.5). False if it is a whole datagram nevertheless (RFC 6946). */
static bool pass_fragment(struct reader *reader, uint8_t *next)
{
    uint16_t fragment;

    *next = (uint8_t)reader_number(reader, 1);
    reader_bytes(reader, 1);
    fragment = get2(reader);
    reader_bytes(reader, 4);
    return !reader->failed && (fragment & 0xfff9) != 0;
}

/* RFC 8200. */
static enum packet_result take_ipv6(struct reader *reader, struct packet *packet)
{
    uint8_t next;
    size_t length;

    reader_bytes(reader, 4);
    length = get2(reader);
    next = (uint8_t)reader_number(reader, 1);
    reader_bytes(reader, 1);
    take_address(reader, 6, &packet->source);
    take_address(reader, 6, &packet->destination);
    if (length > 0 && !reader->failed)
        limit(reader, length, packet);
    while (!reader->failed && (is_extension(next) || next == PROTOCOL_FRAGMENT))
        if (next != PROTOCOL_FRAGMENT)
            pass_extension(reader, &next);
        else if (pass_fragment(reader, &next))
            return PACKET_FRAGMENT;
    return take_protocol(reader, next, packet);
}

static enum packet_result take_ip(struct reader *reader, struct packet *packet)
{
    if (reader->at < reader->end && reader->at[0] >> 4 == 4)
        return take_ipv4(reader, packet);
    if (reader->at < reader->end && reader->at[0] >> 4 == 6)
        return take_ipv6(reader, packet);
    return PACKET_OTHER;
}

static enum packet_result take_ether_type(struct reader *reader, struct packet *packet, uint16_t type)
{
    while (!reader->failed && (type == ETHER_TAG || type == ETHER_SERVICE_TAG || type == ETHER_SERVICE_OLD)) {
        reader_bytes(reader, 2);
        type = get2(reader);
    }
    if (type == ETHER_IPV4 || type == ETHER_IPV6)
        return take_ip(reader, packet);
    return PACKET_OTHER;
}

static enum packet_result take_ethernet(struct reader *reader, struct packet *packet)
{
    reader_bytes(reader, 12);
    return take_ether_type(reader, packet, get2(reader));
}

static enum packet_result take_cooked(struct reader *reader, struct packet *packet)
{
    reader_bytes(reader, 14);
    return take_ether_type(reader, packet, get2(reader));
}

static enum packet_result take_cooked2(struct reader *reader, struct packet *packet)
{
    uint16_t type = get2(reader);

    reader_bytes(reader, 18);
    return take_ether_type(reader, packet, type);
}

/* Four octets tell the family, in numbers and an order that differ between systems; the packet tells it, too.
 */
static enum packet_result take_loopback(struct reader *reader, struct packet *packet)
{
    reader_bytes(reader, 4);
    return take_ip(reader, packet);
}

enum packet_result packet_read(uint16_t link_type, const uint8_t *bytes, size_t length, struct packet *packet)
{
    struct reader reader = {.at = bytes, .end = bytes + length};

    *packet = (struct packet){0};
    switch (link_type) {
    case LINK_NULL:
    case LINK_LOOP:
        return take_loopback(&reader, packet);
    case LINK_ETHERNET:
        return take_ethernet(&reader, packet);
    case LINK_COOKED:
        return take_cooked(&reader, packet);
    case LINK_COOKED2:
        return take_cooked2(&reader, packet);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_IPV4:
    case LINK_IPV6:
        return take_ip(&reader, packet);
    default:
        return PACKET_UNKNOWN;
    }
}
