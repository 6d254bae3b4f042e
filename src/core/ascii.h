/* ASCII for those who read nothing else. */
#ifndef LANCHAT_ASCII_H
#define LANCHAT_ASCII_H

#include <stddef.h>
#include <stdint.h>

#define ASCII_MAX 4

/* Writes what stands for a character (a code point), and returns its length: itself if it is ASCII, Latin
 * letters for those with diacritics, for Greek and for Cyrillic, plain marks for typographic ones, nothing
 * for a combining mark, `?` for all others. */
size_t ascii_of(int32_t c, char out[ASCII_MAX]);

#endif
