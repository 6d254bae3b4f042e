/* What `lanchat dump` prints: of each datagram a line, or a JSON object, whether it was just heard or stands
 * in a capture; likewise of what TCP connections begin with, and of plain-text clients. */
#ifndef LANCHAT_DUMP_H
#define LANCHAT_DUMP_H

#include "lanchat/describe.h"
#include "output.h"

/* Where and when something was seen. */
struct dump_packet {
    uint64_t time_us;      /* microseconds since 1970-01-01 00:00 UTC */
    const char *interface; /* NULL: not known */
    const char *source;    /* "10.0.0.1:55556" */
    const char *destination;
};

struct dump {
    const struct options *options;
    struct output output;
    struct known *known;
    unsigned printed;
    bool done; /* nothing more is printed: ended by -c, a signal, or the output's end */
    int status;
};

/* Prints one thing each, unless dump->done, and ends when as many as -c says were printed. */
void dump_datagram(struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes, size_t length);
void dump_text(struct dump *dump, const struct dump_packet *packet, struct span text);
void dump_greeting(struct dump *dump, const struct dump_packet *packet);
void dump_preface(struct dump *dump, const struct dump_packet *packet, uint64_t id);

/* Writes what waits, and ends when that cannot be done. */
void dump_flush(struct dump *dump);

/* The JSON of the same (dump_json.c), without the newline. */
void dump_json_datagram(const struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes,
                        size_t length);
void dump_json_text(const struct dump *dump, const struct dump_packet *packet, struct span text);
void dump_json_greeting(const struct dump *dump, const struct dump_packet *packet);
void dump_json_preface(const struct dump *dump, const struct dump_packet *packet, uint64_t id);

#endif
