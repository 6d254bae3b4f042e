/* Somebody types into an editor, one at a time: keys in, text and cursor out. */
#ifndef TYPIST_H
#define TYPIST_H

#include "editor.h"

extern struct editor editor;
extern struct keys keys;
extern enum editor_event event;     /* of the last key */
extern char said[TEXT_SAY_MAX + 1]; /* the last line */

/* An editor that has a history of four lines, and knows four commands and five nicknames. */
void typist_begin(void);
void typist_end(void);

/* Presses the keys that send these octets, or one key. */
void typist_press(const char *octets);
void typist_key(const struct key *key);

/* This is the text, with a bar where the cursor stands; this the prompt. */
void typist_text(const char *expected);
void typist_prompt(const char *expected);

/* These keys in a fresh editor give this text. */
void typist_check(const char *octets, const char *expected);

/* Keys with Ctrl, Meta, and backspace. */
#define CA "\x01"
#define CB "\x02"
#define CC "\x03"
#define CD "\x04"
#define CE "\x05"
#define CF "\x06"
#define CG "\x07"
#define CH "\x08"
#define CK "\x0b"
#define CL "\x0c"
#define CN "\x0e"
#define CP "\x10"
#define CR "\x12"
#define CS "\x13"
#define CT "\x14"
#define CU "\x15"
#define CV "\x16"
#define CW "\x17"
#define CY "\x19"
#define CZ "\x1a"
#define C_ "\x1f"
#define M  "\x1b"
#define BS "\x7f"

#define PASTE(text) "\x1b[200~" text "\x1b[201~"

#endif
