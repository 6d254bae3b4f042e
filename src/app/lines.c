#include "lines.h"

#include <string.h>

void lines_init(struct lines *lines, lines_take *take, void *context)
{
    lines->take = take;
    lines->context = context;
    lines->length = lines->carried = 0;
}

static void emit(struct lines *lines)
{
    if (lines->length > 0)
        lines->take(lines->context, (struct span){lines->line, lines->length});
    lines->length = 0;
}

static void add(struct lines *lines, const char *bytes, size_t length)
{
    if (lines->length + length > sizeof lines->line)
        emit(lines);
    memcpy(lines->line + lines->length, bytes, length);
    lines->length += length;
}

/* Takes whole characters. */
static void take_text(struct lines *lines, struct span text)
{
    while (text.length > 0) {
        struct span before = text;
        int32_t c = text_next(&text);
        struct span character = {before.bytes, before.length - text.length};
        char repaired[4];
        if (c == '\n') {
            if (lines->length > 0 && lines->line[lines->length - 1] == '\r')
                lines->length--;
            emit(lines);
        } else if (c <= 0) {
            size_t size = text_repair(character, repaired, sizeof repaired);
            add(lines, repaired, size);
        } else {
            add(lines, character.bytes, character.length);
        }
    }
}

void lines_feed(struct lines *lines, const char *bytes, size_t length)
{
    /* A character that was cut: its octets one by one, until it is whole or turns out not to be one. */
    while (lines->carried > 0 && length > 0) {
        lines->carry[lines->carried++] = *bytes++;
        length--;
        struct span carry = {lines->carry, lines->carried};
        if (text_unfinished(carry) == lines->carried)
            continue;
        size_t rest = text_unfinished(carry);
        take_text(lines, (struct span){lines->carry, lines->carried - rest});
        memmove(lines->carry, lines->carry + lines->carried - rest, rest);
        lines->carried = rest;
    }
    if (length == 0)
        return;
    size_t rest = text_unfinished((struct span){bytes, length});
    take_text(lines, (struct span){bytes, length - rest});
    memcpy(lines->carry, bytes + length - rest, rest);
    lines->carried = rest;
}

void lines_end(struct lines *lines)
{
    take_text(lines, (struct span){lines->carry, lines->carried});
    lines->carried = 0;
    emit(lines);
}
