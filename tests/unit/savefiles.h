/* Capture files and packets, made byte by byte. */
#ifndef SAVEFILES_H
#define SAVEFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What grows as it is written; in either byte order where the format has two. */
struct image {
    uint8_t *bytes;
    size_t length, room;
    bool big_endian;
};

void image_free(struct image *image);
void image_put(struct image *image, const void *bytes, size_t length);
void image_number(struct image *image, uint64_t value, size_t size); /* in the image's byte order */
void image_zeros(struct image *image, size_t length);

enum format { MICRO, NANO, MODIFIED, ENHANCED, SIMPLE, OBSOLETE, FORMATS };

/* The file's header: for pcapng a section and an interface "eth0". */
void image_begin(struct image *image, enum format format, uint16_t link_type);

/* A packet that has `lacking` octets more on the wire. */
void image_packet(struct image *image, enum format format, uint64_t time_us, const struct image *packet,
                  size_t lacking);

/* Parts of a pcapng file: a block around what `body` holds, an interface with what `options` holds. */
void image_block(struct image *image, uint32_t type, const struct image *body);
void image_section(struct image *image);
void image_interface(struct image *image, uint16_t link_type, uint32_t snap_length,
                     const struct image *options);
void image_option(struct image *options, uint16_t code, const void *value, size_t length);

/* A packet of a link type, with what is before its IP header; `type` is that of Ethernet. */
void packet_link(struct image *packet, uint16_t link_type, uint16_t type);

struct plan {
    uint16_t link_type;
    bool six;
    uint16_t source_port, destination_port;
    uint8_t source_host, destination_host; /* the last octet of 10.0.0.x, fe80::x */
    bool tcp;
    uint32_t sequence, acknowledged;
    uint8_t flags;
};

/* All of a packet. */
void packet_make(struct image *packet, const struct plan *plan, const void *payload, size_t length);

#endif
