/* The text that is being edited: a cursor, ways to find places in it, changes that can be undone, and what
 * was killed, to be yanked.
 *
 * The text is always valid UTF-8 of at most TEXT_SAY_MAX. Places are counted in bytes and stand between
 * characters as columns.h takes them; after each change the cursor is moved on to such a place. */
#ifndef LANCHAT_BUFFER_H
#define LANCHAT_BUFFER_H

#include "lanchat/text.h"

#define BUFFER_KILLS_MAX   10
#define BUFFER_CHANGES_MAX 256

/* Something that was put in the place of something else. */
struct buffer_change {
    size_t at, length; /* of what is there now */
    struct span was;   /* owned */
};

struct buffer {
    size_t length, cursor;
    char text[TEXT_SAY_MAX];
    size_t change_count;
    struct buffer_change changes[BUFFER_CHANGES_MAX]; /* the oldest first */
    size_t kill_count, yanked;                        /* and the one that is yanked next */
    size_t yank_at;
    struct span kills[BUFFER_KILLS_MAX]; /* the latest first, owned */
};

void buffer_init(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* Borrowed until the next change. */
struct span buffer_text(const struct buffer *buffer);

/* Begins with another text, of TEXT_SAY_MAX at most; there is nothing to undo. What was killed stays. */
void buffer_set(struct buffer *buffer, struct span text, size_t cursor);

/* Of any text: the first place that is not before `at`. */
size_t buffer_place(struct span text, size_t at);

/* The places after and before one character; `at` must not be the end, or the beginning. */
size_t buffer_after(struct span text, size_t at);
size_t buffer_before(struct span text, size_t at);

/* What words are made of, by the first code point of each character. */
typedef bool buffer_class(int32_t c);

/* True if the character at `at`, which must not be the end, is of such a word. */
bool buffer_in_word(struct span text, size_t at, buffer_class *in_word);

/* The end of the word in or after `at`, or the end of the text; the start of the word before or around `at`,
 * or the beginning of the text. */
size_t buffer_word_end(struct span text, size_t at, buffer_class *in_word);
size_t buffer_word_start(struct span text, size_t at, buffer_class *in_word);

/* Puts `by` in the place of what stands between `from` and `to`, and the cursor after it. `by` must not be
 * part of the buffer. False, with nothing changed, if there is no room. */
bool buffer_replace(struct buffer *buffer, size_t from, size_t to, struct span by);

/* Inserts at the cursor. What is typed in a row is undone together, as long as it is short. */
bool buffer_insert(struct buffer *buffer, struct span text, bool in_a_row);

/* Takes the last change back. False if there is none. */
bool buffer_undo(struct buffer *buffer);

/* Takes a part out, and keeps it: for itself, or with what was killed just before, in front of it or behind.
 * False, with nothing changed, if there is no memory. */
enum buffer_kill { BUFFER_KILL_NEW, BUFFER_KILL_IN_FRONT, BUFFER_KILL_BEHIND };
bool buffer_kill(struct buffer *buffer, size_t from, size_t to, enum buffer_kill where);

/* Inserts what was killed. False if nothing was, or there is no room. */
bool buffer_yank(struct buffer *buffer);

/* Right after that has been done: puts what was killed before in its place. False if there is no room. */
bool buffer_yank_older(struct buffer *buffer);

#endif
