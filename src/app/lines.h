/* Lines out of a stream of bytes that may be cut anywhere. Fed bytes, it knows no file: invalid UTF-8 and NUL
 * become U+FFFD, empty lines are nothing, a line of more than TEXT_SAY_MAX becomes several with nothing
 * missing. */
#ifndef LANCHAT_LINES_H
#define LANCHAT_LINES_H

#include "lanchat/text.h"

typedef void lines_take(void *context, struct span line);

struct lines {
    lines_take *take;
    void *context;
    size_t length, carried;
    char carry[4]; /* the beginning of a character whose rest may still come */
    char line[TEXT_SAY_MAX];
};

void lines_init(struct lines *lines, lines_take *take, void *context);
void lines_feed(struct lines *lines, const char *bytes, size_t length);

/* The end of input: the last line needs no newline. */
void lines_end(struct lines *lines);

#endif
