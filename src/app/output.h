/* What people and scripts see: plain lines or JSON. Everything that came from a network passes through here,
 * and nothing of it reaches a terminal as a control character. */
#ifndef LANCHAT_OUTPUT_H
#define LANCHAT_OUTPUT_H

#include "options.h"

struct output {
    bool json, quiet;
    const char *room;
};

/* One event of the node. Messages go to standard output, notices to standard error; with JSON all to standard
 * output. */
void output_event(const struct output *output, const struct node *node, const struct node_event *event);

/* A notice that is not an event: "* " and the text. */
__attribute__((format(printf, 2, 3))) void output_notice(const struct output *output, const char *format,
                                                         ...);

/* A node, as `who --json` shows it. */
void output_peer(const struct output *output, const struct node *node, const struct node_peer *peer);

/* A room, as `rooms` shows it. */
void output_room(const struct output *output, struct span name, unsigned people);

/* Writes what waits. Returns 0, or an errno: EPIPE when nobody reads any more. */
int output_flush(void);

/* The name of a role. */
const char *output_role(enum wire_role role);

#endif
