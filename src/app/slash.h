/* What a person in a chat may ask for besides talk: lines that begin with a slash. */
#ifndef LANCHAT_SLASH_H
#define LANCHAT_SLASH_H

#include "talk.h"

/* Does what such a line says. What it cannot do is one line of error. */
void slash_run(struct talk *talk, struct span line);

/* The index-th command, with its slash; empty past the last. */
struct span slash_name(size_t index);

#endif
