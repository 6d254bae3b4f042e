/* The transcript of a chat: a file to which each message and notice is appended as one line, with date, zone
 * and room.
 *
 *     2026-11-24T15:04:05+0100 lobby jack: What's up!?
 *
 * A newline inside a message is written as \n. */
#ifndef LANCHAT_LOG_H
#define LANCHAT_LOG_H

#include "lanchat/node.h"

struct log {
    int file; /* -1: none */
    const char *path;
    bool failed;       /* and that was said */
    uint64_t until_ms; /* what was said so far is in the file already; 0: nothing is */
    void (*tell)(void *context, const char *line);
    void *context;
};

/* Opens the file, made with mode 0600 if it is missing. A path of NULL keeps no log. False after one line on
 * standard error. `tell` is told when the file cannot be written, and when it can again. */
bool log_open(struct log *log, const char *path, void (*tell)(void *context, const char *line),
              void *context);
void log_close(struct log *log);

/* An event that is not told again: each is kept once. */
void log_event(struct log *log, const struct node *node, const char *room, const struct node_event *event);

/* What we said ourselves. */
void log_said(struct log *log, const char *room, const char *nick, struct span text, bool action,
              uint64_t clock_ms);

#endif
