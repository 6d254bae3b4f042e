/* A capture of two ends of a connection, a hub at 10.0.0.1 and a node at 10.0.0.2, made segment by segment.
 */
#ifndef SCENE_H
#define SCENE_H

#include "reading.h"

#define SCENE_MS    UINT64_C(1000)
#define SCENE_START UINT64_C(1795534466000000)
#define SCENE_HUB   55555
#define SCENE_NODE  40000

enum scene_flag { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

struct scene {
    struct image file;
    uint64_t now_us; /* each segment is a millisecond later */
    uint16_t hub, node;
    uint32_t hub_at, node_at; /* the sequence number of the first octet that each says */
};

/* The hub has that port. Sequence numbers wrap in the middle of what it says. */
void scene_begin(struct scene *scene, uint16_t hub);
void scene_end(struct scene *scene);

/* A segment of the hub or the node; `at` counts from the first octet that it says. */
void scene_segment(struct scene *scene, bool hub, uint32_t at, const char *bytes, size_t length,
                   uint8_t flags);
void scene_say(struct scene *scene, bool hub, uint32_t at, const char *text);

void scene_connect(struct scene *scene);

/* One end has all of the other's octets up to `at`. */
void scene_acknowledge(struct scene *scene, bool hub, uint32_t at);

void scene_pass(struct scene *scene, uint64_t us);

/* What the hub, or the node, said is read so: a line for each event, from its kind on (reading.h). */
void scene_expect(const struct scene *scene, bool hub, const char *expected);

/* What one end says, and what is read of it. */
struct speech {
    struct image said, read;
};

/* The greeting, if it is a hub's, the preface, and frames with datagrams that differ. */
void speech_node(struct speech *speech, bool hub, unsigned frames);

/* One more frame; the number is in its datagram, which is shorter than 100 octets. */
void speech_frame(struct speech *speech, unsigned number);

/* Lines of plain text, the last without a newline. */
void speech_lines(struct speech *speech);
void speech_free(struct speech *speech);

/* As a string, when all is spoken. */
const char *speech_read(struct speech *speech);

/* Says a part, or the end. */
void scene_part(struct scene *scene, bool hub, const struct speech *speech, size_t from, size_t to);
void scene_fin(struct scene *scene, bool hub, const struct speech *speech);

/* Says all of it in segments of random lengths, in random order within each eight, some of them again and
 * with other lengths. */
void scene_shuffled(struct scene *scene, bool hub, const struct speech *speech, uint64_t *random);

uint64_t scene_random(uint64_t *state);

#endif
