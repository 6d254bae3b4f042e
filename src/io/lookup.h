/* A name's addresses, looked up beside the loop: getaddrinfo(3) waits, so a child does it and writes them to
 * a pipe. */
#ifndef LANCHAT_LOOKUP_H
#define LANCHAT_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sockets.h"

#define LOOKUP_SECONDS 10 /* then the child ends by itself */
#define LOOKUP_MOST    8  /* addresses of a name; so that they are written at once (PIPE_BUF) */

struct addresses {
    size_t count;
    union address list[LOOKUP_MOST];
    int error;        /* 0, or getaddrinfo's */
    int system_error; /* errno, when that is EAI_SYSTEM */
};

struct lookup {
    pid_t pid;
    int fd; /* can be read when it is done */
};

/* True if `host` is an address: then there is nothing to look up. */
bool lookup_numeric(const char *host, uint16_t port, struct addresses *addresses);

/* Starts a child. False, with errno set, on failure. */
bool lookup_start(struct lookup *lookup, const char *host, uint16_t port);

/* To be called once, when fd can be read: takes the addresses, of which there may be none, and ends it. */
void lookup_finish(struct lookup *lookup, struct addresses *addresses);

/* Ends it without waiting for an answer. */
void lookup_cancel(struct lookup *lookup);

/* Why there are no addresses. */
const char *lookup_error(const struct addresses *addresses);

#endif
