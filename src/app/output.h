/* What people and scripts see: plain lines or JSON. Everything that came from a network passes through here,
 * and nothing of it reaches a terminal as a control character. */
#ifndef LANCHAT_OUTPUT_H
#define LANCHAT_OUTPUT_H

#include <stdio.h>

#include "options.h"

struct output {
    bool json, quiet;
    const char *room;
    FILE *file; /* in memory: stdio would keep what cannot be written, and wait for it at exit */
    char *bytes;
    size_t size;
    int error; /* of standard output, not yet returned by output_flush */
};

/* False, with errno set, when there is no memory. output_close in both cases; it must not move while open. */
bool output_open(struct output *output, const struct options *options);
void output_close(struct output *output);

/* One event of the node. Messages go to standard output, notices to standard error; with JSON all to standard
 * output. */
void output_event(struct output *output, const struct node *node, const struct node_event *event);

/* A notice that is not an event: "* " and the text. */
__attribute__((format(printf, 2, 3))) void output_notice(struct output *output, const char *format, ...);

/* A node, as `who --json` shows it. */
void output_peer(const struct output *output, const struct node *node, const struct node_peer *peer);

/* A room, as `rooms` shows it. */
void output_room(const struct output *output, struct span name, unsigned people);

/* Writes what waits. Returns 0, or an errno: EPIPE when nobody reads any more, EINTR when a signal came and
 * the reader is too slow to wait for. What could not be written is dropped. */
int output_flush(struct output *output);

#endif
