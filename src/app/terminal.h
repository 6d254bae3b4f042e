/* The terminal of a person: taken while we draw on it, and given back whatever ends us (termios(3); bracketed
 * paste as xterm has it). There is one: the one of the process. */
#ifndef LANCHAT_TERMINAL_H
#define LANCHAT_TERMINAL_H

#include "view.h"

/* True if standard input and output are a terminal that can be drawn on: TERM is neither missing nor `dumb`.
 */
bool terminal_is_there(void);

/* From here on keys come one by one, without an echo. False, with errno set, on failure. */
bool terminal_take(void);

/* As it was before; may be called from a signal's handler, and when it was not taken. */
void terminal_give_back(void);

/* Its size now, 80 by 24 if it does not say. */
void terminal_size(unsigned *columns, unsigned *rows);

/* Whether it is said to show UTF-8 (LC_ALL, LC_CTYPE, LANG). */
bool terminal_is_utf8(void);

/* How many colours it is said to have (TERM, COLORTERM), none where NO_COLOR is set. */
enum view_color terminal_color(void);

#endif
