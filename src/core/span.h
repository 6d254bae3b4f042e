/* What parsers do with borrowed bytes. */
#ifndef LANCHAT_SPAN_H
#define LANCHAT_SPAN_H

#include <string.h>

#include "lanchat/text.h"

static inline void span_skip(struct span *span, size_t length)
{
    span->bytes += length;
    span->length -= length;
}

static inline bool span_starts(struct span span, struct span what)
{
    return span.length >= what.length && memcmp(span.bytes, what.bytes, what.length) == 0;
}

static inline bool span_ends(struct span span, struct span what)
{
    return span.length >= what.length &&
           memcmp(span.bytes + span.length - what.length, what.bytes, what.length) == 0;
}

/* Where `what`, which is not empty, stands first in `span`, or the length of `span`. */
static inline size_t span_find(struct span span, struct span what)
{
    for (size_t at = 0; at + what.length <= span.length; at++)
        if (span.bytes[at] == what.bytes[0] && memcmp(span.bytes + at, what.bytes, what.length) == 0)
            return at;
    return span.length;
}

/* Takes `/me ` off a text; false if it does not begin so, or is nothing else. */
static inline bool span_take_me(struct span *text)
{
    static const char me[] = "/me ";

    if (text->length < sizeof me || !span_starts(*text, span_of(me)))
        return false;
    span_skip(text, sizeof me - 1);
    return true;
}

#endif
