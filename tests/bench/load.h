/* A load for a server of text clients: all of its clients in one process, some of whom speak. What every
 * client hears is compared with what was said: whole, in order, nothing missing. */
#ifndef LANCHAT_BENCH_LOAD_H
#define LANCHAT_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bench.h"
#include "dialect.h"
#include "histogram.h"

#define LOAD_BODY_OCTETS 72 /* {speaker number moment ...} */
#define LOAD_HEARD_MOST  16
#define LOAD_LINE_OCTETS 80 /* as it is said in most dialects */
#define LOAD_OUT_OCTETS  32768
#define LOAD_READ_OCTETS 262144
#define LOAD_TAIL_MOST   128
#define LOAD_PATIENCE    (2 * BENCH_SECOND) /* without anything being heard */

struct client {
    int fd; /* -1: the server has dropped it */
    uint32_t index;
    bool connected, ready;
    unsigned step;
    char nick[8];
    uint64_t heard; /* lines, those that it missed included */
    uint32_t *next; /* number of each speaker's next line */
    size_t tail_length;
    char tail[LOAD_TAIL_MOST]; /* what of a line was read */
};

struct said {
    uint64_t moment;
    char text[LOAD_HEARD_MOST + LOAD_BODY_OCTETS]; /* as it is to be heard */
};

struct speaker {
    struct client *client;
    uint32_t listener; /* who is waited for */
    uint32_t lines;
    bool waits; /* for the slowest to hear more */
    size_t start, end;
    char out[LOAD_OUT_OCTETS];
    struct said *said; /* the last ones, by number */
};

struct load {
    const struct dialect *dialect;
    const char *mode;
    bool fifty; /* what was heard lets its speaker say more */
    uint64_t pid, seconds, ahead, batch;
    int epoll;
    struct sockaddr_storage address;
    socklen_t address_size;
    struct client *clients;
    uint32_t count, opened, ready, gone;
    struct speaker *speakers;
    uint32_t speaker_count, mask;
    size_t heard_octets; /* before a body */
    uint64_t lines, slowest;
    uint64_t deliveries, torn, missing, twice, last;
    struct histogram delays;
    char bytes[LOAD_TAIL_MOST + LOAD_READ_OCTETS];
};

/* Puts a line into what the speaker is to send, if it has room for one. */
bool load_has_room(const struct speaker *speaker);
void load_compose(struct load *load, struct speaker *speaker);

/* Sends as much of it as the server takes. */
void load_flush(struct speaker *speaker);

/* How many lines more the slowest lets be said. To look at all of them can wait while there is room for the
 * lines that are wanted. */
uint64_t load_room(struct load *load, uint64_t wanted);

/* Says a line, unless the speaker has to wait. */
void load_say(struct load *load, struct speaker *speaker);

/* Hears and sends what can be heard and sent; waits so long for something, in milliseconds. */
void load_turn(struct load *load, int timeout_ms);

/* Opens all, and says something until it has reached everybody; returns how long that took. Without them all
 * there is nothing to be measured. */
uint64_t load_admit(struct load *load);

/* Until nothing has been heard for a while. */
void load_settle(struct load *load);

/* From now on is counted anew what was heard. */
void load_forget(struct load *load);

/* Lines that were said and have not reached somebody, for all of those. */
uint64_t load_never_heard(const struct load *load);

#endif
