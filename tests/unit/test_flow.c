/* Connections in captures: greeting, preface, frames and plain text, however TCP cut it, in whatever order
 * the segments were captured, from the beginning or the middle, with gaps. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "scene.h"
#include "suite.h"

#define MS   SCENE_MS
#define HUB  SCENE_HUB
#define NODE SCENE_NODE

static struct scene scene;

/* From the handshake of a connection to that port of the hub. */
static void begin(uint16_t hub)
{
    scene_begin(&scene, hub);
    scene_connect(&scene);
}

/* In three segments, cut anywhere. */
START_TEST(test_cut_anywhere)
{
    struct speech hub, node, lines;
    bool text = _i == 1;

    speech_node(&hub, true, 2);
    speech_node(&node, false, 2);
    speech_lines(&lines);
    struct speech *other = text ? &lines : &node;
    for (size_t first = 1; first < other->said.length; first++)
        for (size_t second = first; second <= other->said.length; second += 1 + (second - first) / 2) {
            begin(HUB);
            scene_part(&scene, true, &hub, 0, 4);
            scene_part(&scene, false, other, 0, first);
            scene_part(&scene, false, other, first, second);
            scene_part(&scene, false, other, second, other->said.length);
            scene_fin(&scene, false, other);
            scene_expect(&scene, false, speech_read(other));
        }
    for (size_t first = 1; first < hub.said.length; first++) {
        begin(HUB);
        scene_part(&scene, true, &hub, 0, first);
        scene_part(&scene, true, &hub, first, hub.said.length);
        scene_expect(&scene, true, speech_read(&hub));
    }
    speech_free(&hub);
    speech_free(&node);
    speech_free(&lines);
}
END_TEST

START_TEST(test_shuffled)
{
    uint64_t random = (uint64_t)_i + 1;
    struct speech hub, node, lines;
    bool text = _i % 2 == 1;

    speech_node(&hub, true, 60);
    speech_node(&node, false, 60);
    speech_lines(&lines);
    struct speech *other = text ? &lines : &node;
    begin(_i % 4 < 2 ? HUB : 6000);
    scene_shuffled(&scene, false, other, &random);
    scene_shuffled(&scene, true, &hub, &random);
    scene_expect(&scene, false, speech_read(other));
    scene_expect(&scene, true, speech_read(&hub));
    speech_free(&hub);
    speech_free(&node);
    speech_free(&lines);
}
END_TEST

/* Who sends no newline: each segment is a chunk, as soon as a pause has told that he doesn't. */
START_TEST(test_chunks)
{
    begin(HUB);
    scene_say(&scene, true, 0, "NICK");
    scene_say(&scene, false, 0, "jack");
    scene_pass(&scene, 400 * MS);
    scene_say(&scene, true, 4, "\njack joined!");
    scene_say(&scene, false, 4, "jack: hi");
    scene_say(&scene, false, 12, "jack: ho");
    scene_pass(&scene, 400 * MS);
    scene_say(&scene, true, 17, "\njack: hi");
    scene_say(&scene, true, 26, "\nmolly: one\nmolly: two");
    scene_expect(&scene, false, "text \"jack\"\ntext \"jack: hi\"\ntext \"jack: ho\"\n");
    scene_expect(&scene, true,
                 "greeting \"NICK\"\ntext \"jack joined!\"\ntext \"jack: hi\"\ntext \"molly: one\"\ntext "
                 "\"molly: two\"\n");
}
END_TEST

/* The time of an event is that of its first octet. */
START_TEST(test_times)
{
    struct speech node;
    struct reading reading = {0};
    char expected[40];

    speech_node(&node, false, 1);
    begin(HUB);
    scene_part(&scene, false, &node, 0, 24);
    scene_pass(&scene, 100 * MS);
    scene_part(&scene, false, &node, 24, 30);
    scene_pass(&scene, 100 * MS);
    scene_part(&scene, false, &node, 30, node.said.length);
    reading_read(&reading, scene.file.bytes, scene.file.length);
    snprintf(expected, sizeof expected, "\n%" PRIu64 " - tcp", SCENE_START + 103 * MS);
    ck_assert_msg(strstr((char *)reading.log.bytes, expected) != NULL, "%s", (char *)reading.log.bytes);
    reading_free(&reading);
    speech_free(&node);
}
END_TEST

/* The node sends a datagram after all that; this of the connection is read before it. */
static void check_before_datagram(const char *what)
{
    struct plan plan = {.link_type = 101, .source_port = NODE, .destination_port = HUB};
    struct image packet = {0};
    struct reading reading = {.port = NODE, .no_time = true};
    const char *before, *datagram;

    packet_make(&packet, &plan, "x", 1);
    image_packet(&scene.file, MICRO, scene.now_us, &packet, 0);
    reading_read(&reading, scene.file.bytes, scene.file.length);
    before = strstr((char *)reading.log.bytes, what);
    datagram = strstr((char *)reading.log.bytes, "datagram 78");
    ck_assert_ptr_nonnull(before);
    ck_assert_ptr_nonnull(datagram);
    ck_assert(before < datagram);
    image_free(&packet);
    reading_free(&reading);
}

/* A line that waits for its end does not wait for ever, and not only for its own connection. */
START_TEST(test_pause)
{
    begin(HUB);
    scene_say(&scene, false, 0, "jack");
    scene_pass(&scene, 301 * MS);
    check_before_datagram("text \"jack\"");
}
END_TEST

/* A segment is missing in the capture: all frames that are whole are read, and how much is missing is known.
 */
START_TEST(test_gap)
{
    struct speech node;
    bool acknowledged = _i == 1;

    speech_node(&node, false, 60);
    for (size_t gap = 100; gap + 110 < node.said.length; gap += 30) {
        struct reading reading = {.port = NODE, .no_time = true};
        const char *log;
        size_t frames = 0;
        begin(HUB);
        scene_part(&scene, false, &node, 0, gap);
        scene_part(&scene, false, &node, gap + 10, gap + 100);
        if (acknowledged) {
            scene_acknowledge(&scene, true, (uint32_t)gap + 100);
            scene_pass(&scene, 400 * MS);
        }
        scene_part(&scene, false, &node, gap + 100, node.said.length);
        reading_read(&reading, scene.file.bytes, scene.file.length);
        log = (char *)reading.log.bytes;
        for (const char *at = log; (at = strstr(at, "datagram ")); at++)
            frames += !strstr(at, "lacking") || strchr(at, '\n') < strstr(at, "lacking");
        ck_assert_uint_ge(frames, 58);
        ck_assert_uint_le(frames, 60);
        ck_assert_uint_ge(reading.counts.lost_octets, 10);
        ck_assert_uint_le(reading.counts.lost_octets, 10 + 95);
        reading_free(&reading);
    }
    speech_free(&node);
}
END_TEST

/* What the receiver has, though the capture lacks it, is not waited for. */
START_TEST(test_acknowledged)
{
    struct speech node;

    speech_node(&node, false, 10);
    scene_begin(&scene, HUB);
    scene.node_at = UINT32_MAX - 100;
    scene_connect(&scene);
    scene_part(&scene, false, &node, 0, 24);
    scene_part(&scene, false, &node, 25, node.said.length);
    scene_acknowledge(&scene, true, 24);
    scene_pass(&scene, 1000 * MS);
    scene_acknowledge(&scene, true, (uint32_t)node.said.length);
    scene_pass(&scene, 1000 * MS);
    check_before_datagram("datagram 4c434854");
    speech_free(&node);
}
END_TEST

/* The segments that filled a gap came late, but before anybody can know that they will not. */
START_TEST(test_late)
{
    struct speech node;

    speech_node(&node, false, 20);
    begin(HUB);
    scene_part(&scene, false, &node, 0, 50);
    scene_part(&scene, false, &node, 200, 400);
    scene_acknowledge(&scene, true, 50);
    scene_pass(&scene, 5000 * MS);
    scene_part(&scene, false, &node, 50, 200);
    scene_part(&scene, false, &node, 400, node.said.length);
    scene_expect(&scene, false, speech_read(&node));
    speech_free(&node);
}
END_TEST

/* From the middle: frames from the first that begins, text from the next that comes; nothing else is text. */
START_TEST(test_middle)
{
    struct speech node, frames = {0};

    speech_node(&node, false, 3);
    for (unsigned number = 2; number <= 3; number++)
        speech_frame(&frames, number);
    for (size_t at = 25; at <= 24 + 2 + 24 + 1; at++) {
        scene_begin(&scene, HUB);
        scene_part(&scene, false, &node, at, node.said.length);
        scene_expect(&scene, false, speech_read(&frames));
        scene_begin(&scene, HUB);
        for (size_t octet = at; octet < node.said.length; octet++)
            scene_part(&scene, false, &node, octet, octet + 1);
        scene_expect(&scene, false, speech_read(&frames));
    }
    scene_begin(&scene, HUB);
    scene_say(&scene, false, 100, "half a line\nand the next\n");
    scene_say(&scene, true, 100, "NICK");
    scene_expect(&scene, false, "text \"half a line\"\ntext \"and the next\"\n");
    scene_expect(&scene, true, "greeting \"NICK\"\n");
    scene_begin(&scene, HUB);
    scene_segment(&scene, false, 100, "\x00\x01\x02\x03 no frame\n", 14, ACK);
    scene_pass(&scene, 400 * MS);
    scene_say(&scene, false, 114, "bye\n");
    scene_expect(&scene, false, "text \"bye\"\n");
    scene_begin(&scene, 6000);
    scene_part(&scene, false, &node, node.said.length - 29 - 28, node.said.length);
    scene_expect(&scene, false, speech_read(&frames));
    speech_free(&node);
    speech_free(&frames);
}
END_TEST

/* What is none of lanchat's is not shown. */
START_TEST(test_foreign)
{
    begin(80);
    scene_say(&scene, false, 0, "GET / HTTP/1.1\r\n\r\n");
    scene_say(&scene, true, 0, "HTTP/1.1 200 OK\r\n\r\nNICK LCHT");
    scene_expect(&scene, false, "");
    scene_expect(&scene, true, "");
    begin(6667); /* IRC */
    scene_say(&scene, false, 0, "NICK jack\r\nUSER jack 0 * :jack\r\n");
    scene_say(&scene, true, 0, ":server 001 jack :Welcome\r\n");
    scene_expect(&scene, false, "");
    scene_expect(&scene, true, "");
    scene_begin(&scene, 80);
    scene_say(&scene, true, 1000, "from the middle\n");
    scene_expect(&scene, true, "");
}
END_TEST

/* A tutorial chat server on a port of its own, whose clients speak before they are asked. */
START_TEST(test_other_port)
{
    begin(12345);
    scene_say(&scene, false, 0, "jack: hi");
    scene_say(&scene, true, 0, "NICK");
    scene_pass(&scene, 400 * MS);
    scene_say(&scene, true, 4, "jack: hi joined!");
    scene_pass(&scene, 400 * MS);
    scene_say(&scene, false, 8, "jack: ho");
    scene_expect(&scene, false, "text \"jack: hi\"\ntext \"jack: ho\"\n");
    scene_expect(&scene, true, "greeting \"NICK\"\ntext \"jack: hi joined!\"\n");
}
END_TEST

/* The same two ports again: another connection. */
START_TEST(test_again)
{
    begin(HUB);
    scene_say(&scene, true, 0, "NICK");
    scene_say(&scene, false, 0, "jack\nunfinished");
    scene.hub_at = 123456;
    scene.node_at = 999999;
    scene_connect(&scene);
    scene_connect(&scene); /* retransmitted */
    scene_say(&scene, true, 0, "NICK");
    scene_say(&scene, false, 0, "LCHT 1 00000000000000ff\n");
    scene_expect(&scene, true, "greeting \"NICK\"\ngreeting \"NICK\"\n");
    scene_expect(
        &scene, false,
        "text \"jack\"\ntext \"unfinished\"\npreface \"LCHT 1 00000000000000ff\" 00000000000000ff\n");
}
END_TEST

/* A frame that the capture has not all of, for its snap length or at its end. */
START_TEST(test_cut_frame)
{
    struct image packet = {0};
    struct plan plan = {.link_type = 101,
                        .tcp = true,
                        .source_port = NODE,
                        .destination_port = HUB,
                        .source_host = 2,
                        .destination_host = 1,
                        .sequence = 7 + 24,
                        .flags = ACK};
    static const char frame[] = "\x00\x1aLCHT\x01\x18................./......";
    struct reading reading = {.port = NODE, .no_time = true};

    begin(HUB);
    scene_say(&scene, false, 0, "LCHT 1 00000000000000ff\n");
    packet_make(&packet, &plan, frame, 28);
    packet.length -= 3;
    image_packet(&scene.file, MICRO, scene.now_us, &packet, 3);
    scene_say(&scene, false, 24 + 28, "\x00\x18LCHT\x01");
    scene_segment(&scene, false, 24 + 28, "\x00\x19LCHT\x01", 7, ACK);
    reading_read(&reading, scene.file.bytes, scene.file.length);
    ck_assert_ptr_nonnull(strstr((char *)reading.log.bytes, "2e2e2e (3 lacking)\n"));
    ck_assert_ptr_nonnull(strstr((char *)reading.log.bytes, "datagram 4c43485401 (20 lacking)\n"));
    ck_assert_uint_eq(reading.counts.cut, 1);
    reading_free(&reading);
    image_free(&packet);
}
END_TEST

/* More connections than there is room for: the one that was quiet longest goes, and what it said is not lost.
 */
START_TEST(test_many)
{
    struct reading reading = {.no_time = true};
    size_t texts = 0;

    scene_begin(&scene, HUB);
    for (int i = 0; i < 1000; i++) {
        scene.node = (uint16_t)(10000 + i);
        scene.now_us -= 2 * MS; /* no pause helps */
        scene_say(&scene, false, 0, "half a line");
    }
    reading_read(&reading, scene.file.bytes, scene.file.length);
    for (const char *at = (char *)reading.log.bytes; (at = strstr(at, "text \"half a line\"")); at++)
        texts++;
    ck_assert_uint_eq(texts, 1000);
    reading_free(&reading);
}
END_TEST

/* Somebody's port scan does not drive a chat out. */
START_TEST(test_scan)
{
    begin(6000);
    scene_say(&scene, true, 0, "NICK");
    scene_say(&scene, false, 0, "jack\nhal");
    for (int i = 1; i <= 600; i++) {
        scene.hub = (uint16_t)(10000 + i);
        scene_segment(&scene, false, UINT32_MAX, "", 0, SYN);
        scene.now_us -= MS;
    }
    scene.hub = 6000;
    scene_say(&scene, false, 8, "f a line\n");
    scene_expect(&scene, false, "text \"jack\"\ntext \"half a line\"\n");
}
END_TEST

/* Whatever waits for what never comes is bounded. */
START_TEST(test_memory)
{
    static char octets[60000];
    struct reading reading = {.no_time = true};

    memset(octets, 'x', sizeof octets);
    scene_begin(&scene, HUB);
    for (int i = 0; i < 40; i++) {
        scene.node = (uint16_t)(20000 + i % 2);
        scene_segment(&scene, false, 0, octets, 1, ACK);
        scene_segment(&scene, false, 5000 + (uint32_t)i * 100000, octets, sizeof octets, ACK);
        for (int j = 0; j < 100; j++)
            scene_segment(&scene, false, 200 + (uint32_t)j * 2, octets, 1, ACK);
        scene.now_us = SCENE_START;
    }
    reading_read(&reading, scene.file.bytes, scene.file.length);
    ck_assert_int_le(reading.memory, 1024 * 1024);
    reading_free(&reading);
}
END_TEST

/* A file sent by one to another who never answers is none of lanchat's, and not held. */
START_TEST(test_one_sided)
{
    static char octets[60000];
    struct reading reading = {.no_time = true};

    memset(octets, 'x', sizeof octets);
    begin(6000);
    for (uint32_t i = 0; i < 100; i++)
        scene_segment(&scene, _i == 0, i * (uint32_t)sizeof octets, octets, sizeof octets, ACK);
    reading_read(&reading, scene.file.bytes, scene.file.length);
    ck_assert_int_le(reading.memory, 1024 * 1024);
    ck_assert_str_eq((char *)reading.log.bytes, "");
    reading_free(&reading);
}
END_TEST

#define MUTATIONS 100

/* Random changes to a capture of two connections. */
START_TEST(test_mutations)
{
    uint64_t random = (uint64_t)_i + 1;
    struct speech hub, node, lines;
    struct image original = {0};

    speech_node(&hub, true, 5);
    speech_node(&node, false, 5);
    speech_lines(&lines);
    begin(_i % 2 ? HUB : 6000);
    scene_shuffled(&scene, true, &hub, &random);
    scene_shuffled(&scene, false, &node, &random);
    scene.node++;
    scene_connect(&scene);
    scene_say(&scene, true, 0, "NICK");
    scene_shuffled(&scene, false, &lines, &random);
    image_put(&original, scene.file.bytes, scene.file.length);
    for (int i = 0; i < MUTATIONS; i++) {
        struct reading whole = {0}, parts = {.step = 1 + scene_random(&random) % 300};
        memcpy(scene.file.bytes, original.bytes, original.length);
        for (uint64_t changes = 1 + scene_random(&random) % 20; changes > 0; changes--)
            scene.file.bytes[24 + scene_random(&random) % (original.length - 24)] =
                (uint8_t)scene_random(&random);
        reading_read(&whole, scene.file.bytes, scene.file.length);
        reading_read(&parts, scene.file.bytes, scene.file.length);
        ck_assert_str_eq((char *)whole.log.bytes, (char *)parts.log.bytes);
        reading_free(&whole);
        reading_free(&parts);
    }
    image_free(&original);
    speech_free(&hub);
    speech_free(&node);
    speech_free(&lines);
}
END_TEST

/* Each allocation fails once. */
START_TEST(test_no_memory)
{
    uint64_t random = 1;
    struct speech node;
    unsigned long needs;
    struct reading whole = {0};

    if (!memory_wrapped())
        return;
    speech_node(&node, false, 10);
    begin(HUB);
    scene_shuffled(&scene, false, &node, &random);
    memory_fail(0, false);
    reading_read(&whole, scene.file.bytes, scene.file.length);
    needs = memory_count();
    for (unsigned long fail = 2; fail <= needs; fail++) {
        struct reading reading = {0};
        memory_fail(fail, false);
        reading_read(&reading, scene.file.bytes, scene.file.length);
        ck_assert_ptr_nonnull(strstr((char *)reading.log.bytes, ": no memory is left\n"));
        reading_free(&reading);
    }
    memory_fail(0, false);
    reading_free(&whole);
    speech_free(&node);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("flow");

    tcase_add_loop_test(tests, test_cut_anywhere, 0, 2);
    tcase_add_loop_test(tests, test_shuffled, 0, 60);
    tcase_add_test(tests, test_chunks);
    tcase_add_test(tests, test_times);
    tcase_add_test(tests, test_pause);
    tcase_add_loop_test(tests, test_gap, 0, 2);
    tcase_add_test(tests, test_acknowledged);
    tcase_add_test(tests, test_late);
    tcase_add_test(tests, test_middle);
    tcase_add_test(tests, test_foreign);
    tcase_add_test(tests, test_other_port);
    tcase_add_test(tests, test_again);
    tcase_add_test(tests, test_cut_frame);
    tcase_add_test(tests, test_many);
    tcase_add_test(tests, test_scan);
    tcase_add_test(tests, test_memory);
    tcase_add_loop_test(tests, test_one_sided, 0, 2);
    tcase_add_loop_test(tests, test_mutations, 0, 20);
    tcase_add_test(tests, test_no_memory);
    return suite_run(tests, "flow");
}
