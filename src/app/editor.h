/* The editor of the line that is being typed: keys in, what happened out. A pure machine with the keys of
 * readline's Emacs mode; what it looks like is for others to draw.
 *
 * The text is always valid UTF-8 of at most TEXT_SAY_MAX, may hold newlines, and the cursor stands before,
 * between or after its characters (columns.h), never within one. */
#ifndef LANCHAT_EDITOR_H
#define LANCHAT_EDITOR_H

#include "keys.h"
#include "recall.h"

#define EDITOR_KILLS_MAX   10
#define EDITOR_CHANGES_MAX 256
#define EDITOR_SOUGHT_MAX  256 /* bytes of what is searched for */
#define EDITOR_PROMPT_MAX  320
#define EDITOR_ASK_LINES   5    /* a paste of more lines is asked about */
#define EDITOR_CHOICES_MAX 1024 /* bytes of what Tab lists */

enum editor_event {
    EDITOR_NOTHING,   /* all looks as before */
    EDITOR_REPAINT,   /* and after all those below as well */
    EDITOR_BELL,      /* a key that does nothing here */
    EDITOR_LINE,      /* editor_said: Enter; the caller adds it to the recall */
    EDITOR_INTERRUPT, /* ^C, with nothing typed */
    EDITOR_END,       /* ^D, with nothing typed */
    EDITOR_SUSPEND,   /* ^Z */
    EDITOR_CLEAR,     /* ^L */
    EDITOR_CHOICES,   /* Tab, again: editor_choices can stand there */
    EDITOR_TOO_LONG   /* a paste that a message has no room for; nothing of it was taken */
};

/* Completes what is begun with Tab: the command (with its slash) or nickname of that index, or an empty span
 * when there are no more. Borrowed until the next call. */
enum editor_words { EDITOR_COMMANDS, EDITOR_NICKS };
typedef struct span editor_word(void *context, enum editor_words kind, size_t index);

/* Something that was put in the place of something else. */
struct editor_change {
    size_t at, length; /* of what is there now */
    struct span was;   /* owned */
    size_t cursor;     /* before it */
};

enum editor_mode {
    EDITOR_TYPING,
    EDITOR_QUOTING, /* after ^V */
    EDITOR_SEARCHING,
    EDITOR_ASKING /* about a paste */
};

/* What the last key was, where the next goes on from it. */
enum editor_streak { EDITOR_OTHER, EDITOR_TYPED, EDITOR_KILLED, EDITOR_YANKED, EDITOR_COMPLETED };

struct editor {
    struct recall *recall;
    editor_word *word;
    void *context;

    enum editor_mode mode;
    enum editor_streak streak, last_streak;
    bool meta;  /* after an ESC that stood alone */
    size_t age; /* of the line in `recall` that is edited */
    size_t length, cursor;
    char text[TEXT_SAY_MAX];
    size_t said_length;
    char said[TEXT_SAY_MAX];

    struct span kills[EDITOR_KILLS_MAX]; /* the latest first, owned */
    size_t kill_count, yanked;           /* and the one that was yanked last */
    size_t yank_at;

    struct editor_change changes[EDITOR_CHANGES_MAX]; /* the oldest first */
    size_t change_count;

    bool forward, failed; /* of a search */
    size_t found_age, found_at;
    size_t sought_length, last_sought_length;
    char sought[EDITOR_SOUGHT_MAX], last_sought[EDITOR_SOUGHT_MAX];

    struct span pasted; /* that is asked about, owned */

    size_t prompt_length;
    char prompt[EDITOR_PROMPT_MAX];
    size_t choices_length;
    char choices[EDITOR_CHOICES_MAX];
};

/* The recall is borrowed; `word` may be NULL: Tab completes nothing. */
void editor_init(struct editor *editor, struct recall *recall, editor_word *word, void *context);
void editor_free(struct editor *editor);

enum editor_event editor_key(struct editor *editor, const struct key *key);

/* What to draw: what stands before the text, the text, and the cursor, in bytes of the text. Borrowed until
 * the next key. The prompt may hold what was typed: it passes text_show as the text does. */
struct span editor_prompt(const struct editor *editor);
struct span editor_text(const struct editor *editor);
size_t editor_cursor(const struct editor *editor);

/* After EDITOR_LINE; borrowed until the next line. */
struct span editor_said(const struct editor *editor);

/* After EDITOR_CHOICES: the words, with two blanks between. Borrowed until the next key. */
struct span editor_choices(const struct editor *editor);

#endif
