/* The people of whom somebody wants to hear nothing, by nickname. */
#ifndef LANCHAT_IGNORE_H
#define LANCHAT_IGNORE_H

#include "lanchat/node.h"

#define IGNORE_MAX 64

struct ignore {
    size_t count;
    char nicks[IGNORE_MAX][NODE_SHOWN_MAX + 1];
};

bool ignore_has(const struct ignore *ignore, const char *nick);

/* Adds a nickname, or takes it away when it is there. False when there are too many. */
bool ignore_toggle(struct ignore *ignore, struct span nick);

#endif
