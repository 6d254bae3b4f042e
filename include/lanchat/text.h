/* Text as people write it: UTF-8 (RFC 3629), the rules for names, and what may be shown on a terminal.
 * Nothing here allocates; spans borrow their bytes from whoever made them. */
#ifndef LANCHAT_TEXT_H
#define LANCHAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TEXT_NICK_MAX 32          /* bytes of a nickname */
#define TEXT_ROOM_MAX 64          /* bytes of a room's name */
#define TEXT_SAY_MAX  (16 * 1024) /* bytes of one message, over all its records */

/* Borrowed bytes: not terminated, not owned. */
struct span {
    const char *bytes;
    size_t length;
};

/* The span of a C string. */
static inline struct span span_of(const char *string)
{
    return (struct span){string, strlen(string)};
}

bool span_equal(struct span a, struct span b);

/* Takes the first character off `rest`. Returns its code point, or -1 for a byte that begins no valid UTF-8
 * sequence (one byte is taken then). `rest` must not be empty. */
int32_t text_next(struct span *rest);

/* How many bytes at the start are printable ASCII, spaces included: most text is nothing else. */
size_t text_printable(struct span text);

/* True if all of it is well-formed UTF-8. */
bool text_valid(struct span text);

/* How many bytes of `text` fit in `max` without cutting a character in two; `text` is valid UTF-8. */
size_t text_fit(struct span text, size_t max);

/* The rule for nicknames and rooms: 1 to `max` bytes of UTF-8, no `~`, white space, control or format
 * character. */
bool text_name_valid(struct span name, size_t max);

/* Writes into `out` (of `max` + 1 bytes) what of `name` may stand in a name, or nothing; always terminates
 * it. Returns the length. */
size_t text_name_clean(struct span name, char *out, size_t max);

/* Makes a nickname of what somebody gave as one: with `_` for the blanks inside it, or `guest` if nothing of
 * it may stand in a name. */
void text_nick_make(struct span given, char out[TEXT_NICK_MAX + 1]);

/* Repairs what a person or a pipe typed: invalid bytes and NUL become U+FFFD. Writes at most `size` bytes to
 * `out`; 3 x the input's length is always enough. Returns the length. */
size_t text_repair(struct span in, char *out, size_t size);

/* How many bytes at the end of `text` begin a character whose rest may still come: 0 to 3. */
size_t text_unfinished(struct span text);

/* Takes one character off `rest` and writes to `out` what of it a terminal may be shown: itself, a space for
 * a tab or a line or paragraph separator, a newline for a newline, and U+FFFD for every other control
 * character, every bidirectional control and every invalid byte. Returns the number of bytes written; 0 only
 * for the CR of a CR LF. */
size_t text_show(struct span *rest, char out[4]);

#endif
