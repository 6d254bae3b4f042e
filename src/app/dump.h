/* What `lanchat dump` prints: of each datagram a line, or a JSON object, whether it was just heard or stands
 * in a capture; likewise of what TCP connections begin with, and of plain-text clients. */
#ifndef LANCHAT_DUMP_H
#define LANCHAT_DUMP_H

#include "lanchat/describe.h"
#include "lanchat/loop.h"
#include "output.h"

/* Where and when something was seen. */
struct dump_packet {
    uint64_t time_us;      /* microseconds since 1970-01-01 00:00 UTC */
    const char *interface; /* NULL: not known */
    const char *source;    /* "10.0.0.1:55556" */
    const char *destination;
    size_t lacking; /* octets at the end that a capture left out */
};

struct dump {
    const struct options *options;
    struct output output;
    struct known *known;
    unsigned printed;
    bool done; /* nothing more is printed: ended by -c, a signal, or the output's end */
    int status;
};

/* Prints one thing each, unless dump->done, and ends when as many as -c says were printed. The bytes are
 * those that were seen, which -x shows. */
void dump_datagram(struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes, size_t length);
void dump_text(struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes, size_t length);
void dump_greeting(struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes, size_t length);
void dump_preface(struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes, size_t length,
                  uint64_t id);

/* Writes what waits, and ends when that cannot be done. */
void dump_flush(struct dump *dump);

/* Nothing more is printed, and this is the exit status. */
void dump_end(struct dump *dump, int status);

/* The capture of --read: the loop reads it, prints what is in it, and ends at its end. NULL, after one line
 * on standard error, when it cannot be read. */
struct dump_file;
struct dump_file *dump_file_open(struct dump *dump, struct loop *loop);
void dump_file_close(struct dump_file *file);

/* The JSON of the same (dump_json.c), without the newline. */
void dump_json_datagram(const struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes,
                        size_t length);
void dump_json_text(const struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes,
                    size_t length);
void dump_json_greeting(const struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes,
                        size_t length);
void dump_json_preface(const struct dump *dump, const struct dump_packet *packet, const uint8_t *bytes,
                       size_t length, uint64_t id);

#endif
