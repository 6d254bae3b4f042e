/* The bottom of a terminal, where a line is typed, and what is printed above it and scrolls into the
 * terminal's own scrollback. Pure: calls in, octets for the terminal out.
 *
 *     screen_size / screen_prompt / screen_print ...  then  screen_take
 *
 * However much changed before it, screen_take draws the bottom once. A typed line that is longer than the
 * terminal is wide takes several rows, at most half of them all; of a longer one the rows around the cursor
 * are shown. What is printed is wrapped between words and indented; a word that is longer than a row is left
 * to the terminal to wrap, so that an address can still be clicked and copied.
 *
 * Text may be whatever came from a network: all of it passes text_show here.
 *
 * Where on the terminal the bottom is, and whether a resize wrapped its rows anew or cut them, is not known:
 * a terminal does not say, and may have become another size before anybody is told. But the terminal's cursor
 * stays where it is among the text. So it always stands in the first row of the bottom, from which all is
 * erased and drawn again. Where the next letter goes there, in the row's left half, it shows that itself;
 * else it is hidden, at the row's start, and a cursor is drawn. Only a terminal that loses more than half of
 * its columns at once, and wraps its rows anew, can keep a piece of the typed line. */
#ifndef LANCHAT_SCREEN_H
#define LANCHAT_SCREEN_H

#include "lanchat/text.h"

enum style_bit {
    STYLE_BOLD = 1,
    STYLE_DIM = 2,
    STYLE_REVERSE = 4,
};

struct style {
    unsigned bits;
    unsigned color; /* 0: the terminal's own; else 1 + its number, 0 to 255 */
};

struct piece {
    struct span text; /* borrowed for the call */
    struct style style;
};

#define SCREEN_RESTORE "\033[?25h\033[?7h\033[m"

#define LINE_PIECES_MAX 6

/* One line, or several if there are newlines in it. */
struct line {
    struct piece pieces[LINE_PIECES_MAX];
    size_t count;
    size_t indent; /* the rows after the first begin under this piece */
    bool bell;     /* rings it */
};

struct screen;

/* NULL when there is no memory. Nothing is at the bottom yet. The terminal's cursor is taken to stand at the
 * start of a row, and what is below it may be erased. Without `utf8` every character that is not ASCII is
 * shown as `?`. */
struct screen *screen_new(bool utf8, unsigned columns, unsigned rows);
void screen_free(struct screen *screen);

/* The terminal's size now. 0 is taken for 1. */
void screen_size(struct screen *screen, unsigned columns, unsigned rows);

/* What stands at the bottom from now on: the text after its prompt, the cursor before the octet `cursor` of
 * the text. Both are copied. A newline in the text begins a new row. */
void screen_prompt(struct screen *screen, struct span prompt, struct span text, size_t cursor);

/* Prints a line above it. */
void screen_print(struct screen *screen, const struct line *line);

/* Rings the bell. */
void screen_bell(struct screen *screen);

/* All that is above the bottom goes to the scrollback, and the bottom to the top. */
void screen_clear(struct screen *screen);

/* Erases the bottom: the cursor is where a shell may go on. Nothing is there until the next screen_prompt.
 * Who cannot call it any more writes SCREEN_RESTORE. */
void screen_leave(struct screen *screen);

/* What to write to the terminal, whole and before the next screen_take; empty when it looks as it should.
 * Borrowed until the next call with the screen. False when memory ran out: what was to be shown is lost. */
bool screen_take(struct screen *screen, struct span *octets);

#endif
