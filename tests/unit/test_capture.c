/* Capture files: each format, each link type, and what can be wrong with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "reading.h"
#include "suite.h"

#define TIME UINT64_C(1795534466284575)

static const uint16_t link_types[] = {0, 1, 12, 14, 101, 108, 113, 228, 229, 276};

static struct plan plan_of(uint16_t link_type, bool six)
{
    return (struct plan){.link_type = link_type,
                         .six = six,
                         .source_port = 55556,
                         .destination_port = 55555,
                         .source_host = 1,
                         .destination_host = 2};
}

static void add(struct image *file, enum format format, const struct plan *plan, const char *payload)
{
    struct image packet = {0};

    packet_make(&packet, plan, payload, strlen(payload));
    image_zeros(&packet, plan->link_type == 1 ? 5 : 0); /* Ethernet pads what is short */
    image_packet(file, format, TIME, &packet, 0);
    image_free(&packet);
}

/* Whole, and in pieces of every size that matters. */
static void expect(const struct image *file, const char *expected)
{
    for (size_t step = 0; step < 40; step++)
        reading_expect(file, (struct reading){.step = step}, expected);
}

/* Every format, link type, byte order and family. */
START_TEST(test_formats)
{
    enum format format = (enum format)(_i % FORMATS);
    uint16_t link_type = link_types[_i / FORMATS];
    char expected[256], time[24];

    snprintf(time, sizeof time, "%s", format == SIMPLE ? "0" : "1795534466284575");
    for (int big = 0; big < 2; big++) {
        struct image file = {.big_endian = big == 1};
        struct plan four = plan_of(link_type, false), six = plan_of(link_type, true);
        image_begin(&file, format, link_type);
        add(&file, format, &four, "abc");
        add(&file, format, &six, "LCHT!");
        const char *interface = format < ENHANCED ? "-" : "eth0";
        snprintf(expected, sizeof expected,
                 "%s %s udp 10.0.0.1:55556 10.0.0.2:55555 datagram 616263\n"
                 "%s %s udp [fe80::1]:55556 [fe80::2]:55555 datagram 4c43485421\n",
                 time, interface, time, interface);
        expect(&file, expected);
        image_free(&file);
    }
}
END_TEST

/* A file that ends anywhere gives what is whole, and says where it is not. */
START_TEST(test_cut_off)
{
    struct image file = {.big_endian = _i % 2 == 1};
    enum format format = (enum format)(_i / 2);
    size_t head, one;
    struct plan plan = plan_of(1, false);

    image_begin(&file, format, 1);
    head = file.length;
    add(&file, format, &plan, "abc");
    one = file.length;
    add(&file, format, &plan, "def");
    for (size_t length = 0; length <= file.length; length++) {
        struct reading reading = {.step = 7, .no_time = true};
        const char *log;
        reading_read(&reading, file.bytes, length);
        log = (const char *)reading.log.bytes;
        ck_assert_int_eq(length >= one, strstr(log, "616263") != NULL);
        ck_assert_int_eq(length >= file.length, strstr(log, "646566") != NULL);
        bool whole = length == head || length == one || length == file.length;
        bool between_blocks = format >= ENHANCED && length == 28;
        ck_assert_msg(whole || between_blocks ? !strstr(log, "error") : strstr(log, "error at ") != NULL,
                      "cut off at %zu: %s", length, log);
        if (length > one && length < file.length) {
            char expected[64];
            snprintf(expected, sizeof expected, "error at %zu: is cut off in the middle\n", one);
            ck_assert_msg(strstr(log, expected) != NULL, "%s", log);
        }
        reading_free(&reading);
    }
    image_free(&file);
}
END_TEST

static void refuse(const void *bytes, size_t length, const char *why)
{
    struct image file = {0};

    image_put(&file, bytes, length);
    expect(&file, why);
    image_free(&file);
}

START_TEST(test_refused)
{
    refuse("", 0, "error at 0: is empty\n");
    refuse("ab", 2, "error at 0: is no capture file (pcap or pcapng)\n");
    refuse("hello, I am no capture file", 27, "error at 0: is no capture file (pcap or pcapng)\n");
    refuse("\x1f\x8b\x08\x00\x00\x00", 6, "error at 0: is compressed: decompress it first (gunzip)\n");
    refuse("\xa1\xb2\xc3\xd4\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01",
           24, "error at 0: is of a version of pcap that is not known\n");
    refuse("\n\r\r\n\x00\x00\x00\x1c\x00\x00\x00\x00\x00\x01\x00\x00", 16,
           "error at 0: has a section without a byte order\n");
}
END_TEST

/* Blocks that cannot be, each behind a good head; what came before is given. */
START_TEST(test_bad_blocks)
{
    static const struct {
        uint32_t type, length;
        const char *body, *why;
        size_t body_length;
    } blocks[] = {
        {6,  11,         "",                                                     "has a block of a length that cannot be",     0 },
        {6,  33,         "",                                                     "has a block of a length that cannot be",     0 },
        {6,  0x7ffffffc, "",                                                     "has a block of more than 1 MiB",             0 },
        {6,  16,         "\0\0\0\0\0\0\0\x10",                                   "has a block that is too short",              8 },
        {3,  12,         "\0\0\0\x0c",                                           "has a block that is too short",              4 },
        {1,  12,         "\0\0\0\x0c",                                           "has a block that is too short",              4 },
        {3,  16,         "\0\0\0\0\0\0\0\x14",                                   "has a block whose two lengths differ",       8 },
        {3,  16,         "\0\0\0\x01\0\0\0\x10",                                 "has a packet that is longer than its block", 8 },
        {6,  32,         "\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20",
         "has a packet of an interface that it does not describe",                                                             24},
        {10, 24,         "",                                                     "is cut off in the middle",                   0 }, /* of a type that is not known */
    };
    struct plan plan = plan_of(101, false);
    char expected[128];

    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct image file = {.big_endian = true};
        image_begin(&file, ENHANCED, 101);
        add(&file, ENHANCED, &plan, "abc");
        size_t offset = file.length;
        image_number(&file, blocks[i].type, 4);
        image_number(&file, blocks[i].length, 4);
        image_put(&file, blocks[i].body, blocks[i].body_length);
        image_zeros(&file, blocks[i].body_length ? 0 : 8);
        snprintf(expected, sizeof expected,
                 "eth0 udp 10.0.0.1:55556 10.0.0.2:55555 datagram 616263\nerror at %zu: %s\n",
                 blocks[i].type == 10 ? offset + 16 : offset, blocks[i].why);
        reading_expect(&file, (struct reading){.step = 1, .no_time = true}, expected);
        reading_expect(&file, (struct reading){.no_time = true}, expected);
        image_free(&file);
    }
}
END_TEST

/* An enhanced block with a stamp of the interface's own units. */
static void add_stamped(struct image *file, uint32_t interface, uint64_t stamp)
{
    struct image packet = {0}, body = {.big_endian = file->big_endian};
    struct plan plan = plan_of(101, false);

    packet_make(&packet, &plan, "abc", 3);
    image_number(&body, interface, 4);
    image_number(&body, stamp >> 32, 4);
    image_number(&body, stamp & 0xffffffff, 4);
    image_number(&body, packet.length, 4);
    image_number(&body, packet.length, 4);
    image_put(&body, packet.bytes, packet.length);
    image_block(file, 6, &body);
    image_free(&body);
    image_free(&packet);
}

static void add_interface(struct image *file, const char *name, int resolution, int64_t offset)
{
    struct image options = {.big_endian = file->big_endian}, seconds = {.big_endian = file->big_endian};
    uint8_t octet = (uint8_t)resolution;

    image_option(&options, 1, "a comment", 9);
    image_option(&options, 2, name, strlen(name));
    if (resolution >= 0)
        image_option(&options, 9, &octet, 1);
    image_number(&seconds, (uint64_t)offset, 8);
    if (offset)
        image_option(&options, 14, seconds.bytes, 8);
    image_interface(file, 101, 0, &options);
    image_free(&seconds);
    image_free(&options);
}

#define HEARD "udp 10.0.0.1:55556 10.0.0.2:55555 datagram 616263\n"

/* Interfaces with times in units of their own, in two sections of different byte order, and blocks that are
 * not known in between. */
START_TEST(test_interfaces)
{
    struct image file = {0}, other = {0};

    image_put(&other, "whatever", 8);
    image_section(&file);
    add_interface(&file, "eth0", 9, 0);
    add_interface(&file, "wlan0", 3, 0);
    image_block(&file, 5, &other);
    add_interface(&file, "binary", 0x80 | 10, 0);
    add_interface(&file, "moved", -1, -3600);
    add_interface(&file, "seconds", 0, 5);
    add_stamped(&file, 0, UINT64_C(1795534466284575999));
    add_stamped(&file, 1, UINT64_C(1795534466284));
    add_stamped(&file, 2, UINT64_C(1795534466) << 10 | 512);
    add_stamped(&file, 3, TIME);
    add_stamped(&file, 4, 1795534466);
    file.big_endian = true;
    image_section(&file);
    image_block(&file, 0x80000bad, &other);
    add_interface(&file, "an interface with a name that is longer than anybody can want it to be", 0x80 | 63,
                  0);
    add_stamped(&file, 0, UINT64_C(3) << 62);
    expect(&file,
           "1795534466284575 eth0 " HEARD "1795534466284000 wlan0 " HEARD "1795534466500000 binary " HEARD
           "1795530866284575 moved " HEARD "1795534471000000 seconds " HEARD
           "1500000 an interface with a name that is longer than anybody can want i " HEARD);
    image_free(&other);
    image_free(&file);
}
END_TEST

/* What the capture left out is told. */
START_TEST(test_snap_length)
{
    struct image packet = {0}, options = {0}, file = {0};
    struct plan plan = plan_of(1, false);

    packet_make(&packet, &plan, "abcdefgh", 8);
    packet.length -= 3;
    image_begin(&file, MICRO, 1);
    image_packet(&file, MICRO, TIME, &packet, 3);
    reading_expect(&file, (struct reading){.no_time = true},
                   "- udp 10.0.0.1:55556 10.0.0.2:55555 datagram 6162636465 (3 lacking)\n");
    file.length = 0;
    image_section(&file);
    image_interface(&file, 1, (uint32_t)packet.length, &options);
    image_packet(&file, SIMPLE, TIME, &packet, 3);
    reading_expect(&file, (struct reading){.no_time = true},
                   "- udp 10.0.0.1:55556 10.0.0.2:55555 datagram 6162636465 (3 lacking)\n");
    struct reading reading = {0};
    reading_read(&reading, file.bytes, file.length);
    ck_assert_uint_eq(reading.counts.cut, 1);
    reading_free(&reading);
    image_free(&file);
    image_free(&packet);
}
END_TEST

/* Times that cannot be, and go back. */
START_TEST(test_times)
{
    static const uint64_t times[] = {UINT64_MAX, TIME, UINT64_MAX - 1, UINT64_MAX / 2 + 1, 1};
    struct image file = {0}, packet = {0};
    struct plan plan = plan_of(1, false);

    plan.tcp = true;
    packet_make(&packet, &plan, "jack\nhalf", 9);
    image_begin(&file, ENHANCED, 1);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        image_packet(&file, ENHANCED, times[i], &packet, 0);
    packet.length = 0;
    plan.tcp = false;
    packet_make(&packet, &plan, "x", 1);
    image_packet(&file, ENHANCED, UINT64_MAX, &packet, 0);
    reading_expect(&file, (struct reading){0},
                   "0 eth0 tcp 10.0.0.1:55556 10.0.0.2:55555 text \"jack\"\n"
                   "0 eth0 tcp 10.0.0.1:55556 10.0.0.2:55555 text \"half\"\n"
                   "0 eth0 udp 10.0.0.1:55556 10.0.0.2:55555 datagram 78\n");
    image_free(&packet);
    image_free(&file);
}
END_TEST

/* A packet with `before` between the link layer and UDP, in an Ethernet frame of that type. */
static void expect_packet(uint16_t type, const char *before, size_t length, const char *expected)
{
    static const char udp[] = "\xd9\x04\xd9\x03\x00\x0b\x00\x00"
                              "abc";
    struct image packet = {0}, file = {0};

    packet_link(&packet, 1, type);
    image_put(&packet, before, length);
    image_put(&packet, udp, sizeof udp - 1);
    image_begin(&file, MICRO, 1);
    image_packet(&file, MICRO, TIME, &packet, 0);
    reading_expect(&file, (struct reading){.no_time = true}, expected);
    /* Cut off anywhere it is no datagram of more than there is. */
    for (size_t left = packet.length; left-- > 0;) {
        struct reading reading = {.no_time = true};
        packet.length = left;
        file.length = 24;
        image_packet(&file, MICRO, TIME, &packet, 1);
        reading_read(&reading, file.bytes, file.length);
        ck_assert(!strstr((const char *)reading.log.bytes, "616263"));
        reading_free(&reading);
    }
    image_free(&file);
    image_free(&packet);
}

#define FROM_V4       "\x40\x00\x01\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02"
#define ZEROS         "\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define FROM_V6       "\x01\xfe\x80" ZEROS "\x01\xfe\x80" ZEROS "\x02"
#define EVENT4        "- udp 10.0.0.1:55556 10.0.0.2:55555 datagram 616263\n"
#define EVENT6        "- udp [fe80::1]:55556 [fe80::2]:55555 datagram 616263\n"
#define BEFORE(bytes) bytes, sizeof(bytes) - 1

START_TEST(test_headers)
{
    expect_packet(0x0800, BEFORE("\x45\x00\x00\x1f\x00\x01" FROM_V4), EVENT4);
    expect_packet(0x0800, BEFORE("\x47\x00\x00\x27\x00\x01" FROM_V4 "\x94\x04\x00\x00\x01\x01\x01\x00"),
                  EVENT4);
    expect_packet(0x0800, BEFORE("\x45\x00\x00\x00\x00\x01" FROM_V4), EVENT4); /* left to the network card */
    expect_packet(0x0800, BEFORE("\x44\x00\x00\x1f\x00\x01" FROM_V4), "");
    expect_packet(0x0806, BEFORE("\x45\x00\x00\x1f\x00\x01" FROM_V4), "");
    expect_packet(0x8100, BEFORE("\x20\x05\x08\x00\x45\x00\x00\x1f\x00\x01" FROM_V4), EVENT4);
    expect_packet(0x88a8, BEFORE("\x20\x05\x81\x00\x00\x07\x08\x00\x45\x00\x00\x1f\x00\x01" FROM_V4), EVENT4);
    expect_packet(0x86dd, BEFORE("\x60\x00\x00\x00\x00\x0b\x11" FROM_V6), EVENT6);
    /* Hop-by-hop, destination, routing, authentication, and a fragment that is all. */
    expect_packet(0x86dd, BEFORE("\x60\x00\x00\x00\x00\x13\x00" FROM_V6 "\x11\x00\x05\x02\x00\x00\x01\x00"),
                  EVENT6);
    expect_packet(0x86dd,
                  BEFORE("\x60\x00\x00\x00\x00\x43\x00" FROM_V6 "\x3c\x00\x01\x04\x00\x00\x00\x00"
                         "\x2b\x01\x01\x04\x00\x00\x00\x00\x01\x04\x00\x00\x00\x00\x00\x00"
                         "\x33\x00\x04\x00\x00\x00\x00\x00"
                         "\x2c\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                         "\x11\xff\x00\x06\x00\x00\x00\x01"),
                  EVENT6);
    expect_packet(0x86dd, BEFORE("\x60\x00\x00\x00\x00\x0b\x3a" FROM_V6), "");
}
END_TEST

/* Packets that hold nothing of a datagram that could be read are counted. */
START_TEST(test_counts)
{
    struct image file = {0}, four = {0}, six = {0};
    struct reading reading = {0};

    packet_link(&four, 1, 0x0800);
    image_put(&four, BEFORE("\x45\x00\x00\x1f\x00\x01" FROM_V4));
    four.bytes[20] = 0x20; /* more fragments follow */
    packet_link(&six, 1, 0x86dd);
    image_put(&six, BEFORE("\x60\x00\x00\x00\x00\x10\x2c" FROM_V6 "\x11\x00\x00\x01\x00\x00\x00\x01"));
    image_begin(&file, MICRO, 1);
    image_packet(&file, MICRO, TIME, &four, 0);
    image_packet(&file, MICRO, TIME, &six, 0);
    four.bytes[20] = 0;
    four.bytes[21] = 1; /* the last fragment */
    image_packet(&file, MICRO, TIME, &four, 0);
    reading_read(&reading, file.bytes, file.length);
    ck_assert_str_eq((char *)reading.log.bytes, "");
    ck_assert_uint_eq(reading.counts.packets, 3);
    ck_assert_uint_eq(reading.counts.fragments, 3);
    reading_free(&reading);
    file.length = 0;
    reading = (struct reading){0};
    image_begin(&file, MICRO, 147);
    image_packet(&file, MICRO, TIME, &four, 0);
    reading_read(&reading, file.bytes, file.length);
    ck_assert_uint_eq(reading.counts.unknown, 1);
    reading_free(&reading);
    image_free(&four);
    image_free(&six);
    image_free(&file);
}
END_TEST

/* What is lanchat's: the ports, or the magic. */
START_TEST(test_ports)
{
    static const struct {
        uint16_t source, destination;
        const char *payload;
        bool ours;
    } cases[] = {
        {1000,  55555, "x",        true },
        {55571, 1000,  "x",        true },
        {1000,  55572, "x",        false},
        {55554, 1000,  "x",        false},
        {1000,  1001,  "LCHT",     true },
        {1000,  1001,  "LCHX....", false},
        {1000,  1001,  "LCH",      false},
        {1000,  55555, "",         true },
        {53,    53,    "",         false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image file = {0};
        struct reading reading = {0};
        struct plan plan = plan_of(1, false);
        plan.source_port = cases[i].source;
        plan.destination_port = cases[i].destination;
        image_begin(&file, NANO, 1);
        add(&file, NANO, &plan, cases[i].payload);
        reading_read(&reading, file.bytes, file.length);
        ck_assert_int_eq(strstr((char *)reading.log.bytes, "datagram") != NULL, cases[i].ours);
        reading_free(&reading);
        image_free(&file);
    }
}
END_TEST

/* Random changes of files of all formats: nothing but events and an error comes of it, the same however it is
 * fed, in bounded memory. */

#define MUTATIONS 1000

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void change(struct image *file, uint64_t *random)
{
    for (uint64_t changes = 1 + next_random(random) % 6; changes > 0; changes--) {
        size_t at = next_random(random) % file->length;
        uint8_t *octet = file->bytes + at;
        switch (next_random(random) % 4) {
        case 0:
            *octet ^= (uint8_t)(1u << next_random(random) % 8);
            break;
        case 1:
            *octet = (uint8_t)next_random(random);
            break;
        case 2:
            *octet = next_random(random) % 2 ? 0xff : 0;
            break;
        case 3:
            memmove(octet, file->bytes + next_random(random) % (at + 1), file->length - at);
            break;
        }
    }
}

START_TEST(test_mutations)
{
    enum format format = (enum format)(_i % FORMATS);
    uint64_t random = (uint64_t)_i + 1;
    struct image file = {.big_endian = _i % 2 == 1}, original = {0};
    uint16_t link_type = link_types[(size_t)_i % (sizeof link_types / sizeof *link_types)];

    image_begin(&file, format, link_type);
    for (int six = 0; six < 2; six++)
        for (int tcp = 0; tcp < 2; tcp++) {
            struct plan plan = plan_of(link_type, six == 1);
            plan.tcp = tcp == 1;
            plan.flags = 0x10;
            add(&file, format, &plan, "LCHT 1 0123456789abcdef\n");
        }
    image_put(&original, file.bytes, file.length);
    for (int i = 0; i < MUTATIONS; i++) {
        struct reading whole = {0}, parts = {.step = 1 + next_random(&random) % 30};
        memcpy(file.bytes, original.bytes, file.length);
        change(&file, &random);
        reading_read(&whole, file.bytes, file.length);
        reading_read(&parts, file.bytes, file.length);
        ck_assert_str_eq((char *)whole.log.bytes, (char *)parts.log.bytes);
        ck_assert_int_le(whole.memory, 2 * 1024 * 1024);
        reading_free(&whole);
        reading_free(&parts);
    }
    image_free(&original);
    image_free(&file);
}
END_TEST

/* Memory can run out at any time: that is said, and what came before is given. */
START_TEST(test_no_memory)
{
    struct image file = {0};
    struct plan plan = plan_of(1, false);
    struct reading whole = {0};
    unsigned long needs;

    if (!memory_wrapped())
        return;
    image_begin(&file, ENHANCED, 1);
    add(&file, ENHANCED, &plan, "abc");
    plan.tcp = true;
    add(&file, ENHANCED, &plan, "jack\n");
    memory_fail(0, false);
    reading_read(&whole, file.bytes, file.length);
    needs = memory_count();
    ck_assert_uint_gt(needs, 3);
    for (unsigned long fail = 2; fail <= needs; fail++) {
        struct reading reading = {0};
        memory_fail(fail, true);
        reading_read(&reading, file.bytes, file.length);
        char *error = strstr((char *)reading.log.bytes, "error at ");
        ck_assert(error && strstr(error, ": no memory is left\n"));
        *error = '\0';
        ck_assert(strncmp((char *)whole.log.bytes, (char *)reading.log.bytes,
                          strlen((char *)reading.log.bytes)) == 0);
        reading_free(&reading);
    }
    memory_fail(0, false);
    reading_free(&whole);
    image_free(&file);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("capture");

    tcase_add_loop_test(tests, test_formats, 0, FORMATS * (int)(sizeof link_types / sizeof *link_types));
    tcase_add_loop_test(tests, test_cut_off, 0, 2 * FORMATS);
    tcase_add_test(tests, test_refused);
    tcase_add_test(tests, test_bad_blocks);
    tcase_add_test(tests, test_interfaces);
    tcase_add_test(tests, test_snap_length);
    tcase_add_test(tests, test_times);
    tcase_add_test(tests, test_headers);
    tcase_add_test(tests, test_counts);
    tcase_add_test(tests, test_ports);
    tcase_add_loop_test(tests, test_mutations, 0, 20);
    tcase_add_test(tests, test_no_memory);
    return suite_run(tests, "capture");
}
