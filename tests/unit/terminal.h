/* A model of a terminal, of what lanchat uses of it: a grid, a cursor, the wrap that waits for the next
 * character, a scrollback, colours, wide and combining characters, and resizes of terminals that wrap long
 * lines anew and of those that do not. It ends the test at any octet that it does not know. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "screen.h"

struct terminal;

struct terminal *terminal_new(unsigned columns, unsigned rows, bool reflows);
void terminal_free(struct terminal *terminal);

void terminal_write(struct terminal *terminal, const char *octets, size_t length);

/* One that reflows wraps lines anew, keeps the cursor on its character, drops rows below the cursor before
 * any go to the scrollback, and takes them back from there when it grows. One that does not leaves each row
 * where it is: what is beyond its right edge is not seen, but comes back if nobody erases it. */
void terminal_resize(struct terminal *terminal, unsigned columns, unsigned rows);

/* What is seen in a row, without the blanks at its end; row 0 is the first of the screen, those above are the
 * scrollback's, of terminal_scrolled rows. Good until the next call of it. */
const char *terminal_row(const struct terminal *terminal, long row);
size_t terminal_scrolled(const struct terminal *terminal);

/* The text of all rows, the scrollback's too, without any blanks; to be freed. */
char *terminal_ink(const struct terminal *terminal);

/* Where a cursor is seen: the terminal's, or while that is hidden the first character in reverse from its row
 * on. And the last row of the screen that is not empty. */
unsigned terminal_cursor_row(const struct terminal *terminal);
unsigned terminal_cursor_column(const struct terminal *terminal);
unsigned terminal_last_row(const struct terminal *terminal);

/* How what is seen there is written. */
struct style terminal_style(const struct terminal *terminal, long row, unsigned column);

/* How often the bell rang. */
unsigned terminal_bells(const struct terminal *terminal);

#endif
