/* JSON (RFC 8259). What a terminal must not see is escaped, so that this may be looked at on one. */
#ifndef LANCHAT_JSON_H
#define LANCHAT_JSON_H

#include <stdio.h>

#include "lanchat/text.h"

/* A string, in quotes; of bytes that are no UTF-8 each is U+FFFD. */
void json_string(FILE *file, struct span text);

/* A member behind another: `,"name":"text"`, null if the text is empty. */
void json_member(FILE *file, const char *name, struct span text);

/* A time since 1970-01-01 00:00 UTC, in quotes (RFC 3339). */
void json_time_ms(FILE *file, uint64_t clock_ms);
void json_time_us(FILE *file, uint64_t clock_us);

#endif
