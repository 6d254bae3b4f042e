/* Letters, as an editor of lines needs them: what a word is made of, and the two cases of Latin, Greek,
 * Cyrillic and Armenian. No locale. */
#ifndef LANCHAT_LETTERS_H
#define LANCHAT_LETTERS_H

#include "lanchat/text.h"

/* True for letters, digits and their marks; not for blanks, punctuation and symbols. */
bool letters_word(int32_t c);

/* In the other case, or `c` itself. */
int32_t letters_upper(int32_t c);
int32_t letters_lower(int32_t c);

/* Changes the case of all of `text`, of which no letter takes more or fewer bytes then. */
void letters_change(char *text, size_t length, int32_t change(int32_t c));

/* True if `text` begins with `start`, whatever the case of either. */
bool letters_start(struct span text, struct span start);

#endif
