/* A capture file taken apart: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), bytes in,
 * packets out. Holds one block at a time, and the interfaces of the section. */
#ifndef LANCHAT_SAVEFILE_H
#define LANCHAT_SAVEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lanchat/capture.h"

/* Octets of a block or packet that is read; libpcap takes 256 KiB. */
#define SAVEFILE_BLOCK_MAX      (1024 * 1024)
#define SAVEFILE_INTERFACES_MAX 1024 /* of a section */

struct savefile_packet {
    uint64_t time_us;      /* since 1970-01-01 00:00 UTC; 0: a simple packet block does not say */
    const char *interface; /* NULL: no name is there */
    uint16_t link_type;    /* LINKTYPE_ of draft-ietf-opsawg-pcaplinktype */
    const uint8_t *bytes;  /* good, like the name, until the next savefile_next */
    size_t length;
};

struct savefile_interface {
    uint16_t link_type;
    uint8_t resolution; /* if_tsresol as it stands there */
    uint32_t snap_length;
    uint64_t offset_us; /* is added to all times, modulo 2^64 */
    char name[CAPTURE_INTERFACE_MAX + 1];
};

/* The members are savefile.c's. */
struct savefile {
    const uint8_t *input; /* borrowed */
    size_t input_length;
    uint8_t *held; /* the item that is being read, from its first octet */
    size_t length, need, capacity;
    uint64_t skip;   /* octets to be passed over before that */
    uint64_t offset; /* in the file, of the item */
    uint8_t state;
    bool big_endian, ended;
    bool nanoseconds; /* of a pcap file, as the next two */
    uint16_t link_type;
    uint8_t head; /* octets of a packet's header */
    struct savefile_interface *interfaces;
    size_t interface_count, interface_room;
    const char *error;
};

void savefile_init(struct savefile *file);
void savefile_free(struct savefile *file);

/* More bytes, borrowed until savefile_next returns false. */
void savefile_feed(struct savefile *file, const uint8_t *bytes, size_t length);
void savefile_end(struct savefile *file);

/* The next packet; false if there is none yet, or file->error is set, or the file is at its end. */
bool savefile_next(struct savefile *file, struct savefile_packet *packet);

#endif
