/* What was typed before: a bounded ring of lines, the latest first, with what was changed in them since they
 * were last looked at. Pure: a file's bytes in, lines for the file out. */
#ifndef LANCHAT_RECALL_H
#define LANCHAT_RECALL_H

#include "lanchat/text.h"

#define RECALL_LINES_MAX 1000
#define RECALL_BYTES_MAX (1024 * 1024) /* of all lines together */
#define RECALL_ENTRY_MAX (2 * TEXT_SAY_MAX + 1)

struct recall_line {
    struct span said; /* what was said, owned */
    struct span work; /* how it was left in the editor, owned; no bytes: as it was said */
};

struct recall {
    size_t count, first; /* of the ring below */
    size_t bytes;        /* of what was said */
    struct recall_line lines[RECALL_LINES_MAX];
    struct recall_line now; /* age 0: the line that is being typed, while others are looked at */
};

void recall_init(struct recall *recall);
void recall_free(struct recall *recall);

/* Remembers a line. False if it is not one to keep: it is empty or begins with a blank, is the same as the
 * last, is over TEXT_SAY_MAX, or there is no memory. */
bool recall_add(struct recall *recall, struct span line);

/* A line as it was left in the editor: age 1 is the latest, recall->count the oldest, 0 what was being typed.
 * Borrowed until it is changed. */
struct span recall_line(struct recall *recall, size_t age);

/* Leaves a line changed until recall_forget. False if there is no memory. */
bool recall_change(struct recall *recall, size_t age, struct span text);

/* Forgets all changes: the lines are again as they were said. */
void recall_forget(struct recall *recall);

/* Adds the lines of a file. Returns how many it has: when they are far more than RECALL_LINES_MAX, the file
 * should be written anew. */
size_t recall_read(struct recall *recall, struct span file);

/* Writes the line of a file that stands for `line`, of TEXT_SAY_MAX at most, with its newline; newlines
 * inside are escaped. Returns its length. */
size_t recall_entry(struct span line, char out[RECALL_ENTRY_MAX]);

#endif
