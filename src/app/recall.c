#include "recall.h"

#include <stdlib.h>

void recall_init(struct recall *recall)
{
    recall->count = recall->first = recall->bytes = 0;
    recall->now = (struct recall_line){
        {NULL, 0},
        {NULL, 0}
    };
}

static void release(struct span *owned)
{
    free((char *)owned->bytes);
    *owned = (struct span){NULL, 0};
}

/* False, with `owned` as it was, if there is no memory. */
static bool replace(struct span *owned, struct span by)
{
    char *copy = malloc(by.length + 1); /* never no bytes: nothing is a text too */

    if (copy == NULL)
        return false;
    if (by.length > 0)
        memcpy(copy, by.bytes, by.length);
    release(owned);
    owned->bytes = copy;
    owned->length = by.length;
    return true;
}

/* The oldest is 0. */
static struct recall_line *in_order(struct recall *recall, size_t index)
{
    return &recall->lines[(recall->first + index) % RECALL_LINES_MAX];
}

static void drop_oldest(struct recall *recall)
{
    struct recall_line *oldest = in_order(recall, 0);

    recall->bytes -= oldest->said.length;
    release(&oldest->said);
    release(&oldest->work);
    recall->first = (recall->first + 1) % RECALL_LINES_MAX;
    recall->count--;
}

void recall_free(struct recall *recall)
{
    while (recall->count > 0)
        drop_oldest(recall);
    release(&recall->now.work);
}

static bool worth_keeping(struct recall *recall, struct span line)
{
    if (line.length == 0 || line.length > TEXT_SAY_MAX || line.bytes[0] == ' ' || line.bytes[0] == '\t')
        return false;
    return recall->count == 0 || !span_equal(line, in_order(recall, recall->count - 1)->said);
}

bool recall_add(struct recall *recall, struct span line)
{
    struct recall_line added = {
        {NULL, 0},
        {NULL, 0}
    };

    if (!worth_keeping(recall, line) || !replace(&added.said, line))
        return false;
    while (recall->count == RECALL_LINES_MAX || recall->bytes + line.length > RECALL_BYTES_MAX)
        drop_oldest(recall);
    *in_order(recall, recall->count++) = added;
    recall->bytes += line.length;
    return true;
}

static struct recall_line *of_age(struct recall *recall, size_t age)
{
    return age == 0 ? &recall->now : in_order(recall, recall->count - age);
}

struct span recall_line(struct recall *recall, size_t age)
{
    const struct recall_line *line = of_age(recall, age);

    return line->work.bytes != NULL ? line->work : line->said;
}

bool recall_change(struct recall *recall, size_t age, struct span text)
{
    struct recall_line *line = of_age(recall, age);

    if (age > 0 && span_equal(text, line->said)) {
        release(&line->work);
        return true;
    }
    return replace(&line->work, text);
}

void recall_forget(struct recall *recall)
{
    for (size_t age = 0; age <= recall->count; age++)
        release(&of_age(recall, age)->work);
}

/* Takes the line of a file off `file`. */
static struct span next_line(struct span *file)
{
    const char *newline = memchr(file->bytes, '\n', file->length);
    struct span line = {file->bytes, newline == NULL ? file->length : (size_t)(newline - file->bytes)};
    size_t taken = line.length + (newline != NULL);

    file->bytes += taken;
    file->length -= taken;
    return line;
}

/* Takes what stands for one character off the line of a file. */
static struct span unescape(struct span *rest)
{
    struct span taken = *rest;
    int32_t c = text_next(rest);

    if (c == '\\' && rest->length > 0 && (rest->bytes[0] == 'n' || rest->bytes[0] == '\\')) {
        bool newline = text_next(rest) == 'n';
        return span_of(newline ? "\n" : "\\");
    }
    taken.length -= rest->length;
    return taken;
}

size_t recall_read(struct recall *recall, struct span file)
{
    size_t lines = 0;
    char line[TEXT_SAY_MAX];

    for (; file.length > 0; lines++) {
        struct span rest = next_line(&file);
        size_t length = 0, size = 1;
        while (rest.length > 0 && size > 0) {
            size = text_repair(unescape(&rest), line + length, sizeof line - length);
            length += size;
        }
        if (size > 0) /* else it is longer than what anybody can have typed */
            recall_add(recall, (struct span){line, length});
    }
    return lines;
}

size_t recall_entry(struct span line, char out[RECALL_ENTRY_MAX])
{
    size_t length = 0;

    for (size_t i = 0; i < line.length && i < TEXT_SAY_MAX; i++) {
        char c = line.bytes[i];
        if (c == '\n' || c == '\\')
            out[length++] = '\\';
        out[length++] = c;
        if (c == '\n')
            out[length - 1] = 'n';
    }
    out[length++] = '\n';
    return length;
}
