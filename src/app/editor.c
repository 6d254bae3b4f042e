#include "editor.h"

#include <stdio.h>
#include <stdlib.h>

#include "editing.h"
#include "letters.h"

#define CTRL(letter) ((letter) % 32)
#define DELETE       0x7f

static const struct span nothing = {"", 0};

static bool is_typed(const struct editor *editor)
{
    return editor->buffer.length > 0 || editor->age > 0;
}

/* The end of input is not meant by one who deletes on and on. */
static enum editor_event delete_or_end(struct editor *editor)
{
    if (!is_typed(editor) && editor->before != EDITOR_DELETED)
        return EDITOR_END;
    return edit_delete_forward(editor);
}

/* What was typed before. */

/* Shows another line; this one keeps what was changed in it. */
static enum editor_event go_to(struct editor *editor, size_t age, size_t cursor)
{
    if (!recall_change(editor->recall, editor->age, buffer_text(&editor->buffer)))
        return EDITOR_BELL;
    editor->age = age;
    buffer_set(&editor->buffer, recall_line(editor->recall, age), cursor);
    return EDITOR_REPAINT;
}

static enum editor_event go_to_line(struct editor *editor, size_t age)
{
    if (age > editor->recall->count || age == editor->age)
        return EDITOR_BELL;
    return go_to(editor, age, recall_line(editor->recall, age).length);
}

static enum editor_event older(struct editor *editor)
{
    return go_to_line(editor, editor->age + 1);
}

static enum editor_event newer(struct editor *editor)
{
    return go_to_line(editor, editor->age - 1); /* before 0 comes SIZE_MAX */
}

static enum editor_event oldest(struct editor *editor)
{
    return go_to_line(editor, editor->recall->count);
}

static enum editor_event newest(struct editor *editor)
{
    return go_to_line(editor, 0);
}

static void begin_anew(struct editor *editor)
{
    editor->age = 0;
    recall_forget(editor->recall);
    buffer_set(&editor->buffer, nothing, 0);
}

static bool is_blank(struct span text)
{
    while (text.length > 0)
        if (edit_not_blank(text_next(&text)))
            return false;
    return true;
}

static enum editor_event say(struct editor *editor)
{
    struct span text = buffer_text(&editor->buffer);
    bool blank = is_blank(text);

    if (!blank)
        memcpy(editor->said, text.bytes, text.length);
    editor->said_length = blank ? 0 : text.length;
    begin_anew(editor);
    return blank ? EDITOR_REPAINT : EDITOR_LINE;
}

/* What was typed can be yanked back. */
static enum editor_event interrupt(struct editor *editor)
{
    if (!is_typed(editor))
        return EDITOR_INTERRUPT;
    if (editor->buffer.length > 0)
        buffer_kill(&editor->buffer, 0, editor->buffer.length, BUFFER_KILL_NEW);
    begin_anew(editor);
    return EDITOR_REPAINT;
}

static enum editor_event suspend(struct editor *editor)
{
    (void)editor;
    return EDITOR_SUSPEND;
}

static enum editor_event clear(struct editor *editor)
{
    (void)editor;
    return EDITOR_CLEAR;
}

static enum editor_event quote(struct editor *editor)
{
    editor->mode = EDITOR_QUOTING;
    return EDITOR_NOTHING;
}

/* Searching. */

static enum editor_event begin_search(struct editor *editor, bool forward)
{
    if (!recall_change(editor->recall, editor->age, buffer_text(&editor->buffer)))
        return EDITOR_BELL;
    search_begin(&editor->search, forward, editor->age, editor->buffer.cursor);
    editor->mode = EDITOR_SEARCHING;
    return EDITOR_REPAINT;
}

static enum editor_event search_backward(struct editor *editor)
{
    return begin_search(editor, false);
}

static enum editor_event search_forward(struct editor *editor)
{
    return begin_search(editor, true);
}

static enum editor_event abandon_search(struct editor *editor)
{
    search_end(&editor->search);
    editor->mode = EDITOR_TYPING;
    return EDITOR_REPAINT;
}

/* Stays where it was found. */
static enum editor_event accept_search(struct editor *editor)
{
    const struct search *search = &editor->search;

    abandon_search(editor);
    if (search->age != editor->age)
        return go_to(editor, search->age, search->at);
    editor->buffer.cursor = buffer_place(buffer_text(&editor->buffer), search->at);
    return EDITOR_REPAINT;
}

static enum editor_event show_search(const struct editor *editor, bool done)
{
    return done && !editor->search.failed ? EDITOR_REPAINT : EDITOR_BELL;
}

/* Seeks what stands behind it too: a word, or all. */
static bool seek_more(struct editor *editor, bool all)
{
    struct search *search = &editor->search;
    struct span line = editor_text(editor);
    size_t from = search->at + search->length;

    if (search->failed || from >= line.length)
        return false;
    size_t to = all ? line.length : buffer_word_end(line, from, letters_word);
    return search_add(search, (struct span){line.bytes + from, to - from});
}

/* Tab. */

static enum editor_event list_choices(struct editor *editor, struct span before)
{
    editor->choices_length = complete_list(before, editor->word, editor->context, editor->choices);
    return EDITOR_CHOICES;
}

static enum editor_event complete_word_begun(struct editor *editor)
{
    struct buffer *buffer = &editor->buffer;
    size_t end = buffer->cursor;
    struct span before = {buffer->text, end};

    if (editor->word == NULL)
        return EDITOR_BELL;
    struct completion completion = complete(before, editor->word, editor->context);
    if (!completion.found)
        return EDITOR_BELL;
    editor->streak = EDITOR_COMPLETED;
    if (!completion.only && editor->before == EDITOR_COMPLETED)
        return list_choices(editor, before);
    if (!completion.only && completion.length <= end - completion.from)
        return EDITOR_BELL;
    if (completion.only && end < buffer->length && buffer->text[end] == ' ')
        completion.length--; /* of the blank that is there already */
    bool done =
        buffer_replace(buffer, completion.from, end, (struct span){completion.text, completion.length});
    return done && completion.only ? EDITOR_REPAINT : EDITOR_BELL;
}

/* Pastes. */

static size_t count_lines(struct span text)
{
    size_t lines = 1;

    for (size_t i = 0; i < text.length; i++)
        lines += text.bytes[i] == '\n';
    return lines;
}

static void forget_paste(struct editor *editor)
{
    free((char *)editor->pasted.bytes);
    editor->pasted = (struct span){NULL, 0};
}

static enum editor_event ask(struct editor *editor, struct span text)
{
    char *copy = malloc(text.length);

    if (copy == NULL)
        return EDITOR_BELL;
    memcpy(copy, text.bytes, text.length);
    editor->pasted.bytes = copy;
    editor->pasted.length = text.length;
    editor->mode = EDITOR_ASKING;
    return EDITOR_REPAINT;
}

/* The last line's end is not meant as one: Enter says it. */
static enum editor_event paste(struct editor *editor, const struct key *key)
{
    struct span text = key->text;

    while (text.length > 0 && text.bytes[text.length - 1] == '\n')
        text.length--;
    if (key->cut || text.length > TEXT_SAY_MAX - editor->buffer.length)
        return EDITOR_TOO_LONG;
    if (text.length == 0)
        return EDITOR_NOTHING;
    if (count_lines(text) > EDITOR_ASK_LINES)
        return ask(editor, text);
    return edit_insert(editor, text);
}

static enum editor_event answer(struct editor *editor, const struct key *key)
{
    int32_t c = key->code == KEY_ESCAPE ? CTRL('g') : key->character;
    bool yes = c == 'y' || c == 'Y';
    bool no = c == 'n' || c == 'N' || c == CTRL('c') || c == CTRL('d') || c == CTRL('g');

    if (!yes && !no)
        return EDITOR_BELL;
    if (yes)
        edit_insert(editor, editor->pasted);
    forget_paste(editor);
    editor->mode = EDITOR_TYPING;
    return EDITOR_REPAINT;
}

/* Which key does what. */

/* The first row that fits is taken: a key that is no character, and has none for itself with Alt or Control,
 * does what it does without. */
struct binding {
    enum key_code code;
    bool modified;     /* with Alt, or Control */
    int32_t character; /* with Alt: a small letter stands for the large one too */
    editor_command *command;
};

static const struct binding bindings[] = {
    {KEY_CHARACTER, false, CTRL('a'), edit_to_beginning       },
    {KEY_CHARACTER, false, CTRL('b'), edit_backward           },
    {KEY_CHARACTER, false, CTRL('c'), interrupt               },
    {KEY_CHARACTER, false, CTRL('d'), delete_or_end           },
    {KEY_CHARACTER, false, CTRL('e'), edit_to_end             },
    {KEY_CHARACTER, false, CTRL('f'), edit_forward            },
    {KEY_CHARACTER, false, CTRL('h'), edit_delete_backward    },
    {KEY_CHARACTER, false, '\t',      complete_word_begun     },
    {KEY_CHARACTER, false, '\n',      say                     },
    {KEY_CHARACTER, false, CTRL('k'), edit_kill_line          },
    {KEY_CHARACTER, false, CTRL('l'), clear                   },
    {KEY_CHARACTER, false, '\r',      say                     },
    {KEY_CHARACTER, false, CTRL('n'), newer                   },
    {KEY_CHARACTER, false, CTRL('p'), older                   },
    {KEY_CHARACTER, false, CTRL('q'), quote                   },
    {KEY_CHARACTER, false, CTRL('r'), search_backward         },
    {KEY_CHARACTER, false, CTRL('s'), search_forward          },
    {KEY_CHARACTER, false, CTRL('t'), edit_exchange_characters},
    {KEY_CHARACTER, false, CTRL('u'), edit_kill_before        },
    {KEY_CHARACTER, false, CTRL('v'), quote                   },
    {KEY_CHARACTER, false, CTRL('w'), edit_kill_blank_word    },
    {KEY_CHARACTER, false, CTRL('y'), edit_yank               },
    {KEY_CHARACTER, false, CTRL('z'), suspend                 },
    {KEY_CHARACTER, false, CTRL('_'), edit_undo               },
    {KEY_CHARACTER, false, DELETE,    edit_delete_backward    },
    {KEY_CHARACTER, true,  '\r',      edit_newline            },
    {KEY_CHARACTER, true,  CTRL('h'), edit_kill_word_backward },
    {KEY_CHARACTER, true,  DELETE,    edit_kill_word_backward },
    {KEY_CHARACTER, true,  '<',       oldest                  },
    {KEY_CHARACTER, true,  '>',       newest                  },
    {KEY_CHARACTER, true,  'b',       edit_backward_word      },
    {KEY_CHARACTER, true,  'c',       edit_capital_word       },
    {KEY_CHARACTER, true,  'd',       edit_kill_word          },
    {KEY_CHARACTER, true,  'f',       edit_forward_word       },
    {KEY_CHARACTER, true,  'l',       edit_lower_word         },
    {KEY_CHARACTER, true,  't',       edit_exchange_words     },
    {KEY_CHARACTER, true,  'u',       edit_upper_word         },
    {KEY_CHARACTER, true,  'y',       edit_yank_older         },
    {KEY_UP,        false, 0,         older                   },
    {KEY_DOWN,      false, 0,         newer                   },
    {KEY_RIGHT,     true,  0,         edit_forward_word       },
    {KEY_RIGHT,     false, 0,         edit_forward            },
    {KEY_LEFT,      true,  0,         edit_backward_word      },
    {KEY_LEFT,      false, 0,         edit_backward           },
    {KEY_HOME,      false, 0,         edit_to_beginning       },
    {KEY_END,       false, 0,         edit_to_end             },
    {KEY_DELETE,    true,  0,         edit_kill_word          },
    {KEY_DELETE,    false, 0,         edit_delete_forward     },
};

static bool binds(const struct binding *binding, const struct key *key)
{
    bool modified = key->modifiers & (KEY_ALT | KEY_CONTROL);
    int32_t c = modified ? letters_lower(key->character) : key->character;

    if (key->code != KEY_CHARACTER)
        return binding->code == key->code && (modified || !binding->modified);
    return binding->code == KEY_CHARACTER && binding->modified == modified && binding->character == c;
}

static editor_command *command_of(const struct key *key)
{
    for (size_t i = 0; i < sizeof bindings / sizeof *bindings; i++)
        if (binds(&bindings[i], key))
            return bindings[i].command;
    return NULL;
}

static bool is_text(const struct key *key)
{
    int32_t c = key->character;

    return key->code == KEY_CHARACTER && !(key->modifiers & KEY_ALT) && c >= ' ' && (c < DELETE || c > 0x9f);
}

static enum editor_event typing_key(struct editor *editor, const struct key *key)
{
    editor_command *command = command_of(key);

    if (command != NULL)
        return command(editor);
    if (is_text(key))
        return edit_type(editor, key->text);
    return key->code == KEY_PASTE ? paste(editor, key) : EDITOR_BELL;
}

/* The next key as it came, whatever it does else. */
static enum editor_event quoted_key(struct editor *editor, const struct key *key)
{
    editor->mode = EDITOR_TYPING;
    if (key->code != KEY_CHARACTER || key->modifiers & KEY_ALT || key->character == 0)
        return typing_key(editor, key);
    return edit_insert(editor, key->text);
}

/* A key that is none of the search's ends it and does what it does. */
static enum editor_event search_key(struct editor *editor, const struct key *key)
{
    struct search *search = &editor->search;

    if (key->code == KEY_PASTE || is_text(key))
        return show_search(editor, !key->cut && search_add(search, key->text));
    if (key->code == KEY_ESCAPE)
        return accept_search(editor);
    switch (key->modifiers & KEY_ALT ? 0 : key->character) {
    case CTRL('r'):
    case CTRL('s'):
        search_next(search, key->character == CTRL('s'));
        return show_search(editor, true);
    case CTRL('h'):
    case DELETE:
        return show_search(editor, search_shorten(search));
    case CTRL('w'):
    case CTRL('y'):
        return show_search(editor, seek_more(editor, key->character == CTRL('y')));
    case CTRL('c'):
    case CTRL('g'):
        return abandon_search(editor);
    case '\n':
        return accept_search(editor);
    default:
        accept_search(editor);
        return typing_key(editor, key);
    }
}

static enum editor_event key_in_mode(struct editor *editor, const struct key *key)
{
    switch (editor->mode) {
    case EDITOR_QUOTING:
        return quoted_key(editor, key);
    case EDITOR_SEARCHING:
        return search_key(editor, key);
    case EDITOR_ASKING:
        return answer(editor, key);
    case EDITOR_TYPING:
    default:
        return typing_key(editor, key);
    }
}

static int write_prompt(const struct editor *editor, char *out, size_t size)
{
    const struct search *search = &editor->search;

    if (editor->mode == EDITOR_ASKING)
        return snprintf(out, size, "paste %zu lines as one message? y/n ", count_lines(editor->pasted));
    if (editor->mode == EDITOR_SEARCHING)
        return snprintf(out, size, "(%s%si-search)`%.*s': ", search->failed ? "failed " : "",
                        search->forward ? "" : "reverse-", (int)search->length, search->sought);
    return snprintf(out, size, "> ");
}

void editor_init(struct editor *editor, struct recall *recall, complete_word *word, void *context)
{
    editor->recall = recall;
    editor->word = word;
    editor->context = context;
    editor->mode = EDITOR_TYPING;
    editor->streak = editor->before = EDITOR_OTHER;
    editor->meta = false;
    editor->age = editor->said_length = editor->choices_length = 0;
    editor->pasted = (struct span){NULL, 0};
    buffer_init(&editor->buffer);
    search_init(&editor->search, recall);
    editor->prompt_length = (size_t)write_prompt(editor, editor->prompt, sizeof editor->prompt);
}

void editor_free(struct editor *editor)
{
    forget_paste(editor);
    buffer_free(&editor->buffer);
}

enum editor_event editor_key(struct editor *editor, const struct key *key)
{
    struct key meant = *key;

    if (key->code == KEY_ESCAPE && editor->mode == EDITOR_TYPING) {
        editor->meta = true;
        return EDITOR_NOTHING;
    }
    if (editor->meta)
        meant.modifiers |= KEY_ALT;
    editor->meta = false;
    editor->before = editor->streak;
    editor->streak = EDITOR_OTHER;
    enum editor_event event = key_in_mode(editor, &meant);
    editor->prompt_length = (size_t)write_prompt(editor, editor->prompt, sizeof editor->prompt);
    return event;
}

struct span editor_prompt(const struct editor *editor)
{
    return (struct span){editor->prompt, editor->prompt_length};
}

struct span editor_text(const struct editor *editor)
{
    if (editor->mode == EDITOR_ASKING)
        return nothing;
    if (editor->mode == EDITOR_SEARCHING)
        return recall_line(editor->recall, editor->search.age);
    return buffer_text(&editor->buffer);
}

size_t editor_cursor(const struct editor *editor)
{
    if (editor->mode == EDITOR_ASKING)
        return 0;
    if (editor->mode == EDITOR_SEARCHING)
        return buffer_place(editor_text(editor), editor->search.at);
    return editor->buffer.cursor;
}

struct span editor_said(const struct editor *editor)
{
    return (struct span){editor->said, editor->said_length};
}

struct span editor_choices(const struct editor *editor)
{
    return (struct span){editor->choices, editor->choices_length};
}
