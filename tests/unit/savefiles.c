#include "savefiles.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

void image_free(struct image *image)
{
    free(image->bytes);
    image->bytes = NULL;
    image->length = image->room = 0;
}

void image_put(struct image *image, const void *bytes, size_t length)
{
    if (image->room - image->length < length) {
        image->room = 2 * (image->length + length);
        image->bytes = memory_grow(image->bytes, image->room);
    }
    if (length > 0)
        memcpy(image->bytes + image->length, bytes, length);
    image->length += length;
}

void image_number(struct image *image, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[image->big_endian ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
    image_put(image, bytes, size);
}

void image_zeros(struct image *image, size_t length)
{
    for (size_t i = 0; i < length; i++)
        image_put(image, "", 1);
}

/* pcapng. */

void image_block(struct image *image, uint32_t type, const struct image *body)
{
    size_t padding = (4 - body->length % 4) % 4, length = 12 + body->length + padding;

    image_number(image, type, 4);
    image_number(image, length, 4);
    image_put(image, body->bytes, body->length);
    image_zeros(image, padding);
    image_number(image, length, 4);
}

void image_section(struct image *image)
{
    struct image body = {.big_endian = image->big_endian};

    image_number(&body, 0x1a2b3c4d, 4);
    image_number(&body, 1, 2);
    image_number(&body, 0, 2);
    image_number(&body, UINT64_MAX, 8);
    image_block(image, 0x0a0d0d0a, &body);
    image_free(&body);
}

void image_option(struct image *options, uint16_t code, const void *value, size_t length)
{
    image_number(options, code, 2);
    image_number(options, length, 2);
    image_put(options, value, length);
    image_zeros(options, (4 - length % 4) % 4);
}

void image_interface(struct image *image, uint16_t link_type, uint32_t snap_length,
                     const struct image *options)
{
    struct image body = {.big_endian = image->big_endian};

    image_number(&body, link_type, 2);
    image_number(&body, 0, 2);
    image_number(&body, snap_length, 4);
    image_put(&body, options->bytes, options->length);
    image_block(image, 1, &body);
    image_free(&body);
}

static void begin_ng(struct image *image, uint16_t link_type)
{
    struct image options = {.big_endian = image->big_endian};

    image_section(image);
    image_option(&options, 2, "eth0", 4);
    image_option(&options, 0, "", 0);
    image_interface(image, link_type, 0, &options);
    image_free(&options);
}

/* The stamps of the two that have one are in microseconds, as nothing else is said. */
static void packet_ng(struct image *image, enum format format, uint64_t time_us, const struct image *packet,
                      size_t lacking)
{
    static const uint32_t types[] = {[ENHANCED] = 6, [SIMPLE] = 3, [OBSOLETE] = 2};
    struct image body = {.big_endian = image->big_endian};

    if (format == OBSOLETE) {
        image_number(&body, 0, 2);
        image_number(&body, 0xffff, 2);
    } else if (format == ENHANCED) {
        image_number(&body, 0, 4);
    }
    if (format != SIMPLE) {
        image_number(&body, time_us >> 32, 4);
        image_number(&body, time_us & 0xffffffff, 4);
        image_number(&body, packet->length, 4);
    }
    image_number(&body, packet->length + lacking, 4);
    image_put(&body, packet->bytes, packet->length);
    image_block(image, types[format], &body);
    image_free(&body);
}

/* pcap. */

void image_begin(struct image *image, enum format format, uint16_t link_type)
{
    static const uint32_t magics[] = {[MICRO] = 0xa1b2c3d4, [NANO] = 0xa1b23c4d, [MODIFIED] = 0xa1b2cd34};

    if (format >= ENHANCED) {
        begin_ng(image, link_type);
        return;
    }
    image_number(image, magics[format], 4);
    image_number(image, 2, 2);
    image_number(image, 4, 2);
    image_zeros(image, 8);
    image_number(image, 262144, 4);
    image_number(image, link_type, 4);
}

void image_packet(struct image *image, enum format format, uint64_t time_us, const struct image *packet,
                  size_t lacking)
{
    if (format >= ENHANCED) {
        packet_ng(image, format, time_us, packet, lacking);
        return;
    }
    image_number(image, time_us / 1000000, 4);
    image_number(image, time_us % 1000000 * (format == NANO ? 1000 : 1), 4);
    image_number(image, packet->length, 4);
    image_number(image, packet->length + lacking, 4);
    if (format == MODIFIED)
        image_zeros(image, 8);
    image_put(image, packet->bytes, packet->length);
}

/* Packets; they are big-endian, but for the family of a loopback. */

void packet_link(struct image *packet, uint16_t link_type, uint16_t type)
{
    uint32_t family = type == 0x0800 ? 2 : 30;

    packet->big_endian = true;
    switch (link_type) {
    case 0:
    case 108:
        packet->big_endian = link_type == 108;
        image_number(packet, family, 4);
        packet->big_endian = true;
        break;
    case 1:
    case 113:
        image_zeros(packet, link_type == 1 ? 12 : 14);
        image_number(packet, type, 2);
        break;
    case 276:
        image_number(packet, type, 2);
        image_zeros(packet, 18);
        break;
    }
}

static void put_address(struct image *packet, bool six, uint8_t host)
{
    image_number(packet, six ? 0xfe80 : 10, six ? 2 : 1);
    image_zeros(packet, six ? 13 : 2);
    image_number(packet, host, 1);
}

static void put_ip(struct image *packet, const struct plan *plan, size_t length)
{
    if (plan->six) {
        image_number(packet, 0x60000000, 4);
        image_number(packet, length, 2);
        image_number(packet, plan->tcp ? 6 : 17, 1);
        image_number(packet, 1, 1);
    } else {
        image_number(packet, 0x4500, 2);
        image_number(packet, 20 + length, 2);
        image_number(packet, 0x12344000, 4);
        image_number(packet, 1, 1);
        image_number(packet, plan->tcp ? 6 : 17, 1);
        image_zeros(packet, 2);
    }
    put_address(packet, plan->six, plan->source_host);
    put_address(packet, plan->six, plan->destination_host);
}

void packet_make(struct image *packet, const struct plan *plan, const void *payload, size_t length)
{
    packet_link(packet, plan->link_type, plan->six ? 0x86dd : 0x0800);
    put_ip(packet, plan, (plan->tcp ? 20 : 8) + length);
    image_number(packet, plan->source_port, 2);
    image_number(packet, plan->destination_port, 2);
    if (plan->tcp) {
        image_number(packet, plan->sequence, 4);
        image_number(packet, plan->acknowledged, 4);
        image_number(packet, 0x50, 1);
        image_number(packet, plan->flags, 1);
        image_zeros(packet, 6);
    } else {
        image_number(packet, 8 + length, 2);
        image_zeros(packet, 2);
    }
    image_put(packet, payload, length);
}
