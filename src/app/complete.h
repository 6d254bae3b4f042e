/* What Tab makes of a word that is begun: commands after a slash at the beginning, nicknames elsewhere,
 * whatever the case of their letters. */
#ifndef LANCHAT_COMPLETE_H
#define LANCHAT_COMPLETE_H

#include "lanchat/text.h"

#define COMPLETE_WORD_MAX 64
#define COMPLETE_LIST_MAX 1024

enum complete_kind { COMPLETE_COMMANDS, COMPLETE_NICKS };

/* The command (with its slash) or nickname of that index, or an empty span when there are no more. They are
 * asked for in order, from 0 on. Borrowed until the next call. */
typedef struct span complete_word(void *context, enum complete_kind kind, size_t index);

struct completion {
    size_t from;   /* where the word begins */
    bool found;    /* there is something that begins so */
    bool only;     /* just one: it is whole, with what follows it */
    size_t length; /* of what may stand in the place of the word */
    char text[COMPLETE_WORD_MAX + 2];
};

/* Completes the word at the end of `before`. */
struct completion complete(struct span before, complete_word *word, void *context);

/* Writes all that may stand there, two blanks between; what has no room becomes "...". Returns the
 * length. */
size_t complete_list(struct span before, complete_word *word, void *context, char out[COMPLETE_LIST_MAX]);

#endif
