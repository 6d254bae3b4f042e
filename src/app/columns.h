/* The columns that text takes on a terminal, by Unicode 15.1. Terminals agree on what stands alone; where
 * characters join (emoji with U+FE0F, a skin tone, a joiner) the older ones take less or more. Counted here
 * is what Unicode means, as newer terminals do it.
 *
 * What text_show replaces counts as what it puts there, so that text has the same columns before and after:
 * a control character 1, a newline 0. */
#ifndef LANCHAT_COLUMNS_H
#define LANCHAT_COLUMNS_H

#include "lanchat/text.h"

/* Of one code point, as text_next gives it: 0, 1 or 2. An invalid byte (-1) takes 1. */
unsigned columns_of(int32_t c);

/* Takes what a reader calls one character off `rest`, which must not be empty: a base with its marks, emoji
 * that are joined, a flag (UAX 29, legacy grapheme clusters, with emoji). Returns its bytes; its columns, 0
 * to 2, to `columns`. */
size_t columns_next(struct span *rest, unsigned *columns);

/* Of all of it. */
size_t columns_text(struct span text);

#endif
