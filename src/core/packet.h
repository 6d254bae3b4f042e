/* A captured packet taken apart, from its link layer to what UDP or TCP carries. Nothing is copied, and
 * checksums are not looked at: where they are left to the network card they are wrong in a capture. */
#ifndef LANCHAT_PACKET_H
#define LANCHAT_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/capture.h"

enum packet_tcp_flag { /* RFC 9293, 3.1 */
                       PACKET_FIN = 0x01,
                       PACKET_SYN = 0x02,
                       PACKET_RST = 0x04,
                       PACKET_ACK = 0x10,
};

enum packet_result {
    PACKET_TAKEN,
    PACKET_OTHER,    /* no UDP or TCP, or cut off before its payload */
    PACKET_FRAGMENT, /* of an IP datagram */
    PACKET_UNKNOWN,  /* the link type is */
};

struct packet {
    bool tcp;
    struct capture_address source, destination;
    const uint8_t *bytes;            /* the payload */
    size_t length, lacking;          /* octets of it that are there, and that were left out at its end */
    uint32_t sequence, acknowledged; /* TCP, and so the next */
    uint8_t flags;                   /* enum packet_tcp_flag */
};

enum packet_result packet_read(uint16_t link_type, const uint8_t *bytes, size_t length,
                               struct packet *packet);

#endif
