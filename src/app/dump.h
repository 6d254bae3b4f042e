/* What `lanchat dump` prints: of each datagram a line, or a JSON object, whether it was just heard or stands
 * in a capture; likewise of what TCP connections begin with, and of plain-text clients. */
#ifndef LANCHAT_DUMP_H
#define LANCHAT_DUMP_H

#include "lanchat/capture.h"
#include "lanchat/describe.h"
#include "lanchat/loop.h"
#include "output.h"

/* Something that was seen: a datagram, or in a capture what a connection carried. */
struct dump_item {
    enum capture_kind kind;
    uint64_t time_us;      /* microseconds since 1970-01-01 00:00 UTC */
    const char *interface; /* NULL: not known */
    const char *source;    /* "10.0.0.1:55556" */
    const char *destination;
    const uint8_t *bytes; /* what -x shows */
    size_t length;
    size_t lacking; /* octets at the end that a capture left out */
    uint64_t id;    /* CAPTURE_PREFACE */
};

struct dump {
    const struct options *options;
    struct output output;
    struct known *known;
    unsigned printed;
    bool done; /* nothing more is printed: ended by -c, a signal, or the output's end */
    int status;
};

/* Prints it, unless dump->done, and ends when as many as -c says were printed. */
void dump_print(struct dump *dump, const struct dump_item *item);

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
void dump_json(const struct dump *dump, const struct dump_item *item);

#endif
