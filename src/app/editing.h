/* What the keys of the editor do to the text alone: each command is one change, which can be undone. */
#ifndef LANCHAT_EDITING_H
#define LANCHAT_EDITING_H

#include "editor.h"

typedef enum editor_event editor_command(struct editor *editor);

editor_command edit_to_beginning, edit_to_end, edit_forward, edit_backward, edit_forward_word,
    edit_backward_word;
editor_command edit_newline, edit_delete_forward, edit_delete_backward;
editor_command edit_kill_line, edit_kill_before, edit_kill_word, edit_kill_word_backward,
    edit_kill_blank_word;
editor_command edit_yank, edit_yank_older;
editor_command edit_exchange_characters, edit_exchange_words;
editor_command edit_upper_word, edit_lower_word, edit_capital_word;
editor_command edit_undo;

/* Inserts a character that was typed; any text. */
enum editor_event edit_type(struct editor *editor, struct span text);
enum editor_event edit_insert(struct editor *editor, struct span text);

/* A buffer_class: no blank, tab or newline. */
bool edit_not_blank(int32_t c);

#endif
