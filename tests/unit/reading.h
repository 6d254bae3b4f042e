/* A capture file read through lanchat/capture.h, and what came of it as text. */
#ifndef READING_H
#define READING_H

#include "lanchat/capture.h"
#include "savefiles.h"

/* Of each event a line, as
 *
 *     TIME INTERFACE udp 10.0.0.1:55556 10.0.0.2:55555 datagram 4c434854 (2 lacking)
 *     TIME INTERFACE tcp [fe80::1]:40000 [fe80::2]:55555 text "hi"
 *
 * and at the end, if the file could not be read, `error at 24: is cut off in the middle`. */
struct reading {
    size_t step;  /* octets that are fed at a time; 0: all */
    int port;     /* of the source, to have only its events; 0: all */
    bool no_time; /* leave the times out */
    struct image log;
    struct capture_counts counts;
    long memory; /* octets in use at most */
};

void reading_read(struct reading *reading, const void *file, size_t length);
void reading_free(struct reading *reading);

/* Reads the file so and checks that this comes out, but for the memory. */
void reading_expect(const struct image *file, struct reading how, const char *expected);

#endif
