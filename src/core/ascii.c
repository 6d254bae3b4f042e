#include "ascii.h"

#include <stdbool.h>
#include <string.h>

/* U+00A0 to U+017F: Latin-1 Supplement, Latin Extended-A. */
static const char latin[][5] = {
    " ", "!",  "c",  "GBP", "?",  "JPY", "|",  "?", "?", "(c)", "a",  "\"", "-",   "",    "(R)", "?",
    "o", "+-", "2",  "3",   "'",  "u",   "?",  ".", "?", "1",   "o",  "\"", "1/4", "1/2", "3/4", "?",
    "A", "A",  "A",  "A",   "Ae", "A",   "AE", "C", "E", "E",   "E",  "E",  "I",   "I",   "I",   "I",
    "D", "N",  "O",  "O",   "O",  "O",   "Oe", "x", "O", "U",   "U",  "U",  "Ue",  "Y",   "Th",  "ss",
    "a", "a",  "a",  "a",   "ae", "a",   "ae", "c", "e", "e",   "e",  "e",  "i",   "i",   "i",   "i",
    "d", "n",  "o",  "o",   "o",  "o",   "oe", "/", "o", "u",   "u",  "u",  "ue",  "y",   "th",  "y",
    "A", "a",  "A",  "a",   "A",  "a",   "C",  "c", "C", "c",   "C",  "c",  "C",   "c",   "D",   "d",
    "D", "d",  "E",  "e",   "E",  "e",   "E",  "e", "E", "e",   "E",  "e",  "G",   "g",   "G",   "g",
    "G", "g",  "G",  "g",   "H",  "h",   "H",  "h", "I", "i",   "I",  "i",  "I",   "i",   "I",   "i",
    "I", "i",  "IJ", "ij",  "J",  "j",   "K",  "k", "k", "L",   "l",  "L",  "l",   "L",   "l",   "L",
    "l", "L",  "l",  "N",   "n",  "N",   "n",  "N", "n", "'n",  "Ng", "ng", "O",   "o",   "O",   "o",
    "O", "o",  "OE", "oe",  "R",  "r",   "R",  "r", "R", "r",   "S",  "s",  "S",   "s",   "S",   "s",
    "S", "s",  "T",  "t",   "T",  "t",   "T",  "t", "U", "u",   "U",  "u",  "U",   "u",   "U",   "u",
    "U", "u",  "U",  "u",   "W",  "w",   "Y",  "y", "Y", "Z",   "z",  "Z",  "z",   "Z",   "z",   "s",
};

/* U+0384 to U+03CE. */
static const char greek[][5] = {
    "?", "?",  "A", ".", "E", "I", "I", "?", "O", "?", "Y",  "O",  "i", "A", "V",  "G", "D",  "E",  "Z",
    "I", "Th", "I", "K", "L", "M", "N", "X", "O", "P", "R",  "?",  "S", "T", "Y",  "F", "Ch", "Ps", "O",
    "I", "Y",  "a", "e", "i", "i", "y", "a", "v", "g", "d",  "e",  "z", "i", "th", "i", "k",  "l",  "m",
    "n", "x",  "o", "p", "r", "s", "s", "t", "y", "f", "ch", "ps", "o", "i", "y",  "o", "y",  "o",
};

/* U+0400 to U+045F. */
static const char cyrillic[][5] = {
    "E", "Yo", "Dj", "Gj", "Ye", "Dz", "I",  "Yi", "J",  "Lj",   "Nj", "C", "Kj", "I", "U",  "Dz",
    "A", "B",  "V",  "G",  "D",  "E",  "Zh", "Z",  "I",  "Y",    "K",  "L", "M",  "N", "O",  "P",
    "R", "S",  "T",  "U",  "F",  "Kh", "Ts", "Ch", "Sh", "Shch", "",   "Y", "",   "E", "Yu", "Ya",
    "a", "b",  "v",  "g",  "d",  "e",  "zh", "z",  "i",  "y",    "k",  "l", "m",  "n", "o",  "p",
    "r", "s",  "t",  "u",  "f",  "kh", "ts", "ch", "sh", "shch", "",   "y", "",   "e", "yu", "ya",
    "e", "yo", "dj", "gj", "ye", "dz", "i",  "yi", "j",  "lj",   "nj", "c", "kj", "i", "u",  "dz",
};

/* U+2010 to U+2026: dashes, quotation marks, dots. */
static const char marks[][5] = {
    "-",  "-",  "-",  "-",  "-", "-", "?", "?", "'", "'", ",",   "'",
    "\"", "\"", "\"", "\"", "?", "?", "*", "?", "?", "?", "...",
};

static const struct block {
    int32_t first;
    size_t count;
    const char (*letters)[5];
} blocks[] = {
    {0xa0,   sizeof latin / sizeof *latin,       latin   },
    {0x384,  sizeof greek / sizeof *greek,       greek   },
    {0x400,  sizeof cyrillic / sizeof *cyrillic, cyrillic},
    {0x2010, sizeof marks / sizeof *marks,       marks   },
};

/* The combining marks that scripts share, and variation selectors. */
static bool is_combining(int32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfe20 && c <= 0xfe2f);
}

size_t ascii_of(int32_t c, char out[ASCII_MAX])
{
    if (is_combining(c))
        return 0;
    out[0] = '?';
    if (c >= 0 && c < 0x80)
        out[0] = (char)c;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        const struct block *block = &blocks[i];
        if (c < block->first || c - block->first >= (int32_t)block->count)
            continue;
        size_t length = strlen(block->letters[c - block->first]);
        memcpy(out, block->letters[c - block->first], length);
        return length;
    }
    return 1;
}
