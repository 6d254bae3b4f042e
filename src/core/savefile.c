/* Capture files. Each item, a header, a packet or a block, is gathered whole before it is read: `need` says
 * how much of it is to come, first its head and then, when that has told, all of it. */
#include "savefile.h"

#include <stdlib.h>
#include <string.h>

/* draft-ietf-opsawg-pcap, 4; the last is that of a header with 8 octets more, which some Linux systems wrote.
 */
#define MAGIC_MICROSECONDS 0xa1b2c3d4u
#define MAGIC_NANOSECONDS  0xa1b23c4du
#define MAGIC_MODIFIED     0xa1b2cd34u
#define PCAP_HEADER        24
#define PCAP_MAJOR         2
#define PACKET_HEAD        16
#define MODIFIED_HEAD      24

/* draft-ietf-opsawg-pcapng, 4. */
#define BLOCK_SECTION   0x0a0d0d0au /* the same in both byte orders */
#define BLOCK_INTERFACE 1u
#define BLOCK_OBSOLETE  2u
#define BLOCK_SIMPLE    3u
#define BLOCK_ENHANCED  6u
#define ORDER_MAGIC     0x1a2b3c4du
#define SECTION_MAJOR   1
#define BLOCK_HEAD      12 /* with the byte-order magic, if it has one */
#define BLOCK_LEAST     12
#define BLOCK_TAIL      4

#define OPTION_END        0
#define OPTION_IF_NAME    2
#define OPTION_RESOLUTION 9
#define OPTION_OFFSET     14

#define MICROSECONDS UINT64_C(1000000)

enum state { BEGIN, HEADER, HEAD, PACKET, BLOCK_BEGIN, BLOCK, FAILED };

void savefile_init(struct savefile *file)
{
    *file = (struct savefile){.state = BEGIN, .need = 4};
}

void savefile_free(struct savefile *file)
{
    free(file->held);
    free(file->interfaces);
    file->held = NULL;
    file->interfaces = NULL;
}

void savefile_feed(struct savefile *file, const uint8_t *bytes, size_t length)
{
    file->input = bytes;
    file->input_length = length;
}

void savefile_end(struct savefile *file)
{
    file->ended = true;
}

static bool fail(struct savefile *file, const char *why)
{
    file->state = FAILED;
    file->error = why;
    return false;
}

static uint16_t get2(const struct savefile *file, const uint8_t *at)
{
    unsigned high = at[file->big_endian ? 0 : 1], low = at[file->big_endian ? 1 : 0];

    return (uint16_t)(high << 8 | low);
}

static uint32_t get4(const struct savefile *file, const uint8_t *at)
{
    uint32_t first = get2(file, at), second = get2(file, at + 2);

    return file->big_endian ? first << 16 | second : second << 16 | first;
}

static uint64_t get8(const struct savefile *file, const uint8_t *at)
{
    uint64_t first = get4(file, at), second = get4(file, at + 4);

    return file->big_endian ? first << 32 | second : second << 32 | first;
}

/* Expects the next item, which begins behind the one that is held; what is held stands until then. */
static void expect(struct savefile *file, enum state state, size_t need)
{
    file->offset += file->length;
    file->length = 0;
    file->state = (uint8_t)state;
    file->need = need;
}

/* More of the item is needed. */
static bool grow(struct savefile *file, enum state state, size_t need)
{
    if (need > SAVEFILE_BLOCK_MAX)
        return fail(file,
                    state == PACKET ? "has a packet of more than 1 MiB" : "has a block of more than 1 MiB");
    file->state = (uint8_t)state;
    file->need = need;
    return false;
}

/* pcap. */

static bool begin_pcap(struct savefile *file, uint32_t magic)
{
    file->nanoseconds = magic == MAGIC_NANOSECONDS;
    file->head = magic == MAGIC_MODIFIED ? MODIFIED_HEAD : PACKET_HEAD;
    return grow(file, HEADER, PCAP_HEADER);
}

static bool take_header(struct savefile *file, struct savefile_packet *packet)
{
    (void)packet;
    if (get2(file, file->held + 4) != PCAP_MAJOR)
        return fail(file, "is of a version of pcap that is not known");
    file->link_type = (uint16_t)get4(file, file->held + 20);
    expect(file, HEAD, file->head);
    return false;
}

static bool take_packet(struct savefile *file, struct savefile_packet *packet)
{
    uint64_t seconds = get4(file, file->held), fraction = get4(file, file->held + 4);

    *packet = (struct savefile_packet){
        .time_us = seconds * MICROSECONDS + (file->nanoseconds ? fraction / 1000 : fraction),
        .link_type = file->link_type,
        .bytes = file->held + file->head,
        .length = file->need - file->head,
    };
    expect(file, HEAD, file->head);
    return true;
}

static bool take_head(struct savefile *file, struct savefile_packet *packet)
{
    uint32_t length = get4(file, file->held + 8);

    (void)packet;
    return grow(file, PACKET, length > SAVEFILE_BLOCK_MAX ? SIZE_MAX : file->head + length);
}

/* pcapng. */

/* What a timestamp means, in microseconds: draft-ietf-opsawg-pcapng, 4.2, if_tsresol. */
static uint64_t microseconds(uint64_t stamp, uint8_t resolution)
{
    unsigned power = resolution & 0x7f;

    if (!(resolution & 0x80)) {
        for (; power > 6 && stamp > 0; power--)
            stamp /= 10;
        for (; power < 6; power++)
            stamp *= 10;
        return stamp;
    }
    uint64_t whole = power < 64 ? stamp >> power : 0, part = stamp - (power < 64 ? whole << power : 0);
    for (; power > 44 && part > 0; power--)
        part >>= 1;
    return whole * MICROSECONDS + (power > 44 ? 0 : part * MICROSECONDS >> power);
}

static void take_option(const struct savefile *file, struct savefile_interface *interface, uint16_t code,
                        const uint8_t *value, size_t length)
{
    const uint8_t *nul;

    if (code == OPTION_RESOLUTION && length >= 1) {
        interface->resolution = value[0];
    } else if (code == OPTION_OFFSET && length >= 8) {
        interface->offset_us = get8(file, value) * MICROSECONDS;
    } else if (code == OPTION_IF_NAME && length > 0) {
        nul = memchr(value, '\0', length);
        length = nul ? (size_t)(nul - value) : length;
        length = length < CAPTURE_INTERFACE_MAX ? length : CAPTURE_INTERFACE_MAX;
        memcpy(interface->name, value, length);
        interface->name[length] = '\0';
    }
}

static void take_options(const struct savefile *file, struct savefile_interface *interface, const uint8_t *at,
                         const uint8_t *end)
{
    while (end - at >= 4) {
        uint16_t code = get2(file, at);
        size_t length = get2(file, at + 2), padded = (length + 3) / 4 * 4;
        at += 4;
        if (code == OPTION_END || padded > (size_t)(end - at))
            return;
        take_option(file, interface, code, at, length);
        at += padded;
    }
}

static struct savefile_interface *new_interface(struct savefile *file)
{
    size_t room = file->interface_room;

    if (file->interface_count == room) {
        room = room ? 2 * room : 4;
        struct savefile_interface *grown = realloc(file->interfaces, room * sizeof *grown);
        if (!grown)
            return NULL;
        file->interfaces = grown;
        file->interface_room = room;
    }
    return &file->interfaces[file->interface_count++];
}

static bool take_interface(struct savefile *file, const uint8_t *at, const uint8_t *end)
{
    struct savefile_interface *interface;

    if (end - at < 8)
        return fail(file, "has a block that is too short");
    if (file->interface_count == SAVEFILE_INTERFACES_MAX)
        return fail(file, "has more than 1024 interfaces");
    interface = new_interface(file);
    if (!interface)
        return fail(file, "no memory is left");
    *interface = (struct savefile_interface){
        .link_type = get2(file, at),
        .snap_length = get4(file, at + 4),
        .resolution = 6,
    };
    take_options(file, interface, at + 8, end);
    return false;
}

/* What is before the octets of a packet in its block. */
struct packet_head {
    uint32_t interface, length;
    uint64_t stamp;
    bool timed;
    size_t octets;
};

static bool take_captured(struct savefile *file, const struct packet_head *head, const uint8_t *at,
                          const uint8_t *end, struct savefile_packet *packet)
{
    const struct savefile_interface *interface;

    if (head->interface >= file->interface_count)
        return fail(file, "has a packet of an interface that it does not describe");
    interface = &file->interfaces[head->interface];
    if (head->length > (size_t)(end - at))
        return fail(file, "has a packet that is longer than its block");
    *packet = (struct savefile_packet){
        .time_us = head->timed ? microseconds(head->stamp, interface->resolution) + interface->offset_us : 0,
        .interface = interface->name[0] ? interface->name : NULL,
        .link_type = interface->link_type,
        .bytes = at,
        .length = head->length,
    };
    return true;
}

static uint64_t get_stamp(const struct savefile *file, const uint8_t *at)
{
    return (uint64_t)get4(file, at) << 32 | get4(file, at + 4);
}

static bool take_timed(struct savefile *file, uint32_t interface, const uint8_t *at, const uint8_t *end,
                       struct savefile_packet *packet)
{
    struct packet_head head;

    if (end - at < 20)
        return fail(file, "has a block that is too short");
    head = (struct packet_head){.interface = interface,
                                .timed = true,
                                .stamp = get_stamp(file, at + 4),
                                .length = get4(file, at + 12)};
    return take_captured(file, &head, at + 20, end, packet);
}

static bool take_enhanced(struct savefile *file, const uint8_t *at, const uint8_t *end,
                          struct savefile_packet *packet)
{
    return take_timed(file, end - at < 4 ? 0 : get4(file, at), at, end, packet);
}

static bool take_obsolete(struct savefile *file, const uint8_t *at, const uint8_t *end,
                          struct savefile_packet *packet)
{
    return take_timed(file, end - at < 2 ? 0 : get2(file, at), at, end, packet);
}

/* Its length is that on the wire; the interface says what was cut off. */
static bool take_simple(struct savefile *file, const uint8_t *at, const uint8_t *end,
                        struct savefile_packet *packet)
{
    struct packet_head head = {0};
    uint32_t snap;

    if (end - at < 4)
        return fail(file, "has a block that is too short");
    head.length = get4(file, at);
    snap = file->interface_count > 0 ? file->interfaces[0].snap_length : 0;
    if (snap > 0 && head.length > snap)
        head.length = snap;
    return take_captured(file, &head, at + 4, end, packet);
}

static bool take_section(struct savefile *file, const uint8_t *at, const uint8_t *end)
{
    if (end - at < 16)
        return fail(file, "has a block that is too short");
    if (get2(file, at + 4) != SECTION_MAJOR)
        return fail(file, "is of a version of pcapng that is not known");
    file->interface_count = 0;
    return false;
}

static bool take_block(struct savefile *file, struct savefile_packet *packet)
{
    const uint8_t *at = file->held + 8, *end = file->held + file->need - BLOCK_TAIL;
    bool is_packet = false;

    if (get4(file, end) != file->need)
        return fail(file, "has a block whose two lengths differ");
    switch (get4(file, file->held)) {
    case BLOCK_SECTION:
        take_section(file, at, end);
        break;
    case BLOCK_INTERFACE:
        take_interface(file, at, end);
        break;
    case BLOCK_OBSOLETE:
        is_packet = take_obsolete(file, at, end, packet);
        break;
    case BLOCK_SIMPLE:
        is_packet = take_simple(file, at, end, packet);
        break;
    case BLOCK_ENHANCED:
        is_packet = take_enhanced(file, at, end, packet);
        break;
    }
    if (file->state != FAILED)
        expect(file, BLOCK_BEGIN, BLOCK_HEAD);
    return is_packet;
}

static bool is_read(uint32_t type)
{
    return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_OBSOLETE ||
           type == BLOCK_SIMPLE || type == BLOCK_ENHANCED;
}

/* The byte order holds for its section, from this very block on. */
static bool find_byte_order(struct savefile *file)
{
    file->big_endian = true;
    if (get4(file, file->held + 8) == ORDER_MAGIC)
        return true;
    file->big_endian = false;
    return get4(file, file->held + 8) == ORDER_MAGIC;
}

static bool begin_block(struct savefile *file, struct savefile_packet *packet)
{
    uint32_t type = get4(file, file->held), length;

    (void)packet;
    if (type == BLOCK_SECTION && !find_byte_order(file))
        return fail(file, "has a section without a byte order");
    length = get4(file, file->held + 4);
    if (length < BLOCK_LEAST || length % 4 != 0)
        return fail(file, "has a block of a length that cannot be");
    if (is_read(type))
        return grow(file, BLOCK, length);
    file->skip = length - BLOCK_HEAD;
    expect(file, BLOCK_BEGIN, BLOCK_HEAD);
    return false;
}

/* Both. */

static bool begin(struct savefile *file, struct savefile_packet *packet)
{
    static const struct {
        uint32_t magic;
        const char *why;
    } others[] = {
        {0x1f8b0800u, "is compressed: decompress it first (gunzip)"},
        {0x1f8b0808u, "is compressed: decompress it first (gunzip)"},
        {0x28b52ffdu, "is compressed: decompress it first (unzstd)"},
        {0x04224d18u, "is compressed: decompress it first (unlz4)" },
    };

    (void)packet;
    for (int order = 1; order >= 0; order--) {
        file->big_endian = order == 1;
        uint32_t magic = get4(file, file->held);
        if (magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS || magic == MAGIC_MODIFIED)
            return begin_pcap(file, magic);
        if (magic == BLOCK_SECTION)
            return grow(file, BLOCK_BEGIN, BLOCK_HEAD);
    }
    file->big_endian = true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (get4(file, file->held) == others[i].magic)
            return fail(file, others[i].why);
    return fail(file, "is no capture file (pcap or pcapng)");
}

static bool reserve(struct savefile *file)
{
    uint8_t *grown;

    if (file->need <= file->capacity)
        return true;
    grown = realloc(file->held, file->need);
    if (!grown)
        return fail(file, "no memory is left");
    file->held = grown;
    file->capacity = file->need;
    return true;
}

static void pass_over(struct savefile *file)
{
    size_t length = file->input_length;

    if (length > file->skip)
        length = (size_t)file->skip;
    file->input += length;
    file->input_length -= length;
    file->skip -= length;
    file->offset += length;
}

/* Whether the item is whole now. */
static bool gather(struct savefile *file)
{
    size_t length = file->need - file->length;

    if (file->skip > 0)
        pass_over(file);
    if (file->skip > 0 || !reserve(file))
        return false;
    if (length > file->input_length)
        length = file->input_length;
    if (length > 0) {
        memcpy(file->held + file->length, file->input, length);
        file->input += length;
        file->input_length -= length;
        file->length += length;
    }
    return file->length == file->need;
}

bool savefile_next(struct savefile *file, struct savefile_packet *packet)
{
    static bool (*const take[])(struct savefile *, struct savefile_packet *) = {
        [BEGIN] = begin,        [HEADER] = take_header,      [HEAD] = take_head,
        [PACKET] = take_packet, [BLOCK_BEGIN] = begin_block, [BLOCK] = take_block,
    };

    while (file->state != FAILED && gather(file))
        if (take[file->state](file, packet))
            return true;
    if (!file->ended || file->state == FAILED)
        return false;
    if (file->state == BEGIN)
        fail(file, file->length == 0 ? "is empty" : "is no capture file (pcap or pcapng)");
    else if (file->length > 0 || file->skip > 0)
        fail(file, "is cut off in the middle");
    return false;
}
