/* A screen on a terminal, one at a time: what a test writes to the one is seen on the other. */
#ifndef STAGE_H
#define STAGE_H

#include "terminal.h"

extern struct terminal *terminal;
extern struct screen *screen;
extern unsigned columns, rows; /* as the screen was told */

void stage_begin(unsigned width, unsigned height, bool reflows, bool utf8);
void stage_end(void);

/* Writes what is to be written. Returns how much that was. */
size_t stage_show(void);

/* Prints a message, which is indented under its text. */
void stage_print(const char *head, const char *text);

/* The terminal becomes another size, and the screen is told. */
void stage_resize(unsigned width, unsigned height);

#endif
