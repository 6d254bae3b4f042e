/* The editor of the line that is being typed: keys in, what happened out. A pure machine with the keys of
 * readline's Emacs mode; what it looks like is for others to draw.
 *
 * The text is always valid UTF-8 of at most TEXT_SAY_MAX, it may hold newlines, and the cursor stands between
 * characters (columns.h), never within one. */
#ifndef LANCHAT_EDITOR_H
#define LANCHAT_EDITOR_H

#include "buffer.h"
#include "complete.h"
#include "keys.h"
#include "search.h"

#define EDITOR_ASK_LINES  5 /* a paste of more lines is asked about */
#define EDITOR_PROMPT_MAX (SEARCH_MAX + 64)

enum editor_event {
    EDITOR_NOTHING, /* all looks as before; after any other it may not */
    EDITOR_REPAINT,
    EDITOR_BELL,      /* a key that does nothing here */
    EDITOR_LINE,      /* Enter: editor_said; the caller may add it to the recall now */
    EDITOR_INTERRUPT, /* ^C, with nothing typed (else it takes away what is typed) */
    EDITOR_END,       /* ^D, with nothing typed */
    EDITOR_SUSPEND,   /* ^Z */
    EDITOR_CLEAR,     /* ^L */
    EDITOR_CHOICES,   /* Tab, again: editor_choices says what may stand there */
    EDITOR_TOO_LONG   /* a paste that a message has no room for; nothing of it was taken */
};

enum editor_mode {
    EDITOR_TYPING,
    EDITOR_QUOTING, /* after ^V */
    EDITOR_SEARCHING,
    EDITOR_ASKING /* about a paste */
};

/* What the key before was, where one goes on from it. */
enum editor_streak {
    EDITOR_OTHER,
    EDITOR_TYPED,
    EDITOR_DELETED,
    EDITOR_KILLED,
    EDITOR_YANKED,
    EDITOR_COMPLETED
};

struct editor {
    struct recall *recall;
    complete_word *word;
    void *context;
    enum editor_mode mode;
    enum editor_streak streak, before; /* of this key, and the one before it */
    bool meta;                         /* an ESC stood alone: the next key is with Alt */
    size_t age;                        /* of the line in `recall` that is edited */
    struct buffer buffer;
    struct search search;
    struct span pasted; /* what is asked about, owned */
    size_t said_length, prompt_length, choices_length;
    char said[TEXT_SAY_MAX], prompt[EDITOR_PROMPT_MAX], choices[COMPLETE_LIST_MAX];
};

/* The recall is borrowed. `word` may be NULL: Tab completes nothing. */
void editor_init(struct editor *editor, struct recall *recall, complete_word *word, void *context);
void editor_free(struct editor *editor);

enum editor_event editor_key(struct editor *editor, const struct key *key);

/* What to draw: what stands before the text, the text, and the cursor in bytes of the text. Borrowed until
 * the next key. Both spans hold what was typed or pasted: they are for text_show. */
struct span editor_prompt(const struct editor *editor);
struct span editor_text(const struct editor *editor);
size_t editor_cursor(const struct editor *editor);

/* After EDITOR_LINE; borrowed until the next line. */
struct span editor_said(const struct editor *editor);

/* After EDITOR_CHOICES: words, with two blanks between. Borrowed until the next key. */
struct span editor_choices(const struct editor *editor);

#endif
