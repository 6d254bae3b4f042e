#include "scene.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

void scene_begin(struct scene *scene, uint16_t hub)
{
    scene_end(scene);
    *scene = (struct scene){
        .now_us = SCENE_START, .hub = hub, .node = SCENE_NODE, .hub_at = UINT32_MAX - 20, .node_at = 7};
    image_begin(&scene->file, MICRO, 101);
}

void scene_end(struct scene *scene)
{
    image_free(&scene->file);
}

static struct plan plan_of(const struct scene *scene, bool hub)
{
    return (struct plan){.link_type = 101,
                         .tcp = true,
                         .source_port = hub ? scene->hub : scene->node,
                         .destination_port = hub ? scene->node : scene->hub,
                         .source_host = hub ? 1 : 2,
                         .destination_host = hub ? 2 : 1,
                         .sequence = hub ? scene->hub_at : scene->node_at,
                         .acknowledged = hub ? scene->node_at : scene->hub_at};
}

static void put(struct scene *scene, const struct plan *plan, const char *bytes, size_t length)
{
    struct image packet = {0};

    packet_make(&packet, plan, bytes, length);
    image_packet(&scene->file, MICRO, scene->now_us, &packet, 0);
    image_free(&packet);
    scene->now_us += SCENE_MS;
}

void scene_segment(struct scene *scene, bool hub, uint32_t at, const char *bytes, size_t length,
                   uint8_t flags)
{
    struct plan plan = plan_of(scene, hub);

    plan.sequence += at;
    plan.flags = flags;
    put(scene, &plan, bytes, length);
}

void scene_say(struct scene *scene, bool hub, uint32_t at, const char *text)
{
    scene_segment(scene, hub, at, text, strlen(text), 0);
}

void scene_connect(struct scene *scene)
{
    scene_segment(scene, false, UINT32_MAX, "", 0, SYN);
    scene_segment(scene, true, UINT32_MAX, "", 0, SYN | ACK);
}

void scene_acknowledge(struct scene *scene, bool hub, uint32_t at)
{
    struct plan plan = plan_of(scene, hub);

    plan.acknowledged += at;
    plan.flags = ACK;
    put(scene, &plan, "", 0);
}

void scene_pass(struct scene *scene, uint64_t us)
{
    scene->now_us += us;
}

void scene_expect(const struct scene *scene, bool hub, const char *expected)
{
    struct reading reading = {.step = 1000, .port = hub ? scene->hub : scene->node, .no_time = true};
    char line[64];
    struct image said = {0};

    snprintf(line, sizeof line, "- tcp 10.0.0.%d:%d 10.0.0.%d:%d ", hub ? 1 : 2,
             hub ? scene->hub : scene->node, hub ? 2 : 1, hub ? scene->node : scene->hub);
    reading_read(&reading, scene->file.bytes, scene->file.length);
    for (const char *at = (char *)reading.log.bytes, *end; *at; at = end) {
        end = strchr(at, '\n') + 1;
        ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "%s", at);
        image_put(&said, at + strlen(line), (size_t)(end - at) - strlen(line));
    }
    image_put(&said, "", 1);
    ck_assert_msg(strcmp((char *)said.bytes, expected) == 0, "%s said\n%sinstead of\n%s",
                  hub ? "hub" : "node", (char *)said.bytes, expected);
    image_free(&said);
    reading_free(&reading);
}

/* What is said. */

void speech_free(struct speech *speech)
{
    image_free(&speech->said);
    image_free(&speech->read);
}

static void speak(struct speech *speech, const char *words, const char *read)
{
    image_put(&speech->said, words, strlen(words));
    image_put(&speech->read, read, strlen(read));
}

void speech_frame(struct speech *speech, unsigned number)
{
    uint8_t datagram[100] = "LCHT\x01\x18";
    char hex[3];
    size_t length = 24 + number % 70;

    datagram[10] = (uint8_t)number;
    speech->said.big_endian = true;
    image_number(&speech->said, length, 2);
    image_put(&speech->said, datagram, length);
    image_put(&speech->read, "datagram ", 9);
    for (size_t i = 0; i < length; i++) {
        snprintf(hex, sizeof hex, "%02x", datagram[i]);
        image_put(&speech->read, hex, 2);
    }
    image_put(&speech->read, "\n", 1);
}

void speech_node(struct speech *speech, bool hub, unsigned frames)
{
    *speech = (struct speech){0};
    if (hub)
        speak(speech, "NICK", "greeting \"NICK\"\n");
    speak(speech, "LCHT 1 0123456789abcdef\n", "preface \"LCHT 1 0123456789abcdef\" 0123456789abcdef\n");
    for (unsigned number = 1; number <= frames; number++)
        speech_frame(speech, number);
}

void speech_lines(struct speech *speech)
{
    *speech = (struct speech){0};
    speak(speech, "jack\n", "text \"jack\"\n");
    speak(speech, "What's up!?\r\n", "text \"What's up!?\"\n");
    speak(speech, "\n\r\n", "");
    speak(speech, "LCHT is no preface\n", "text \"LCHT is no preface\"\n");
    speak(speech, "NICK\n", "text \"NICK\"\n");
    speak(speech, "\xc3\xa4 \x01 bad \xff\n", "text \"\xc3\xa4 \x01 bad \xff\"\n");
    speak(speech, "no newline", "text \"no newline\"\n");
}

const char *speech_read(struct speech *speech)
{
    image_put(&speech->read, "", 1);
    speech->read.length--;
    return (char *)speech->read.bytes;
}

void scene_part(struct scene *scene, bool hub, const struct speech *speech, size_t from, size_t to)
{
    scene_segment(scene, hub, (uint32_t)from, (const char *)speech->said.bytes + from, to - from, 0);
}

void scene_fin(struct scene *scene, bool hub, const struct speech *speech)
{
    scene_segment(scene, hub, (uint32_t)speech->said.length, "", 0, FIN);
}

uint64_t scene_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Cuts what comes at `at` into up to eight; returns how many. */
static size_t cut(const struct speech *speech, size_t *at, size_t from[8], size_t to[8], uint64_t *random)
{
    size_t count = 0;

    for (; count < 8 && *at < speech->said.length; count++) {
        size_t rest = speech->said.length - *at, length = 1 + scene_random(random) % 150;
        from[count] = *at;
        *at += length < rest ? length : rest;
        to[count] = *at;
    }
    return count;
}

void scene_shuffled(struct scene *scene, bool hub, const struct speech *speech, uint64_t *random)
{
    size_t from[8], to[8], at = 0, left;

    while ((left = cut(speech, &at, from, to, random)) > 0)
        for (; left > 0; left--) {
            size_t pick = scene_random(random) % left;
            scene_part(scene, hub, speech, from[pick], to[pick]);
            if (scene_random(random) % 3 == 0)
                scene_part(scene, hub, speech, from[pick] / 2, to[pick]);
            from[pick] = from[left - 1];
            to[pick] = to[left - 1];
        }
    scene_fin(scene, hub, speech);
}
