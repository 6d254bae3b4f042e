#include "editing.h"

#include "letters.h"

static enum editor_event repaint_if(bool done)
{
    return done ? EDITOR_REPAINT : EDITOR_BELL;
}

/* Moving. */

static enum editor_event move_to(struct editor *editor, size_t cursor)
{
    bool moves = cursor != editor->buffer.cursor;

    editor->buffer.cursor = cursor;
    return moves ? EDITOR_REPAINT : EDITOR_NOTHING;
}

enum editor_event edit_to_beginning(struct editor *editor)
{
    return move_to(editor, 0);
}

enum editor_event edit_to_end(struct editor *editor)
{
    return move_to(editor, editor->buffer.length);
}

enum editor_event edit_forward(struct editor *editor)
{
    const struct buffer *buffer = &editor->buffer;

    if (buffer->cursor == buffer->length)
        return EDITOR_BELL;
    return move_to(editor, buffer_after(buffer_text(buffer), buffer->cursor));
}

enum editor_event edit_backward(struct editor *editor)
{
    const struct buffer *buffer = &editor->buffer;

    if (buffer->cursor == 0)
        return EDITOR_BELL;
    return move_to(editor, buffer_before(buffer_text(buffer), buffer->cursor));
}

static size_t word_end(const struct editor *editor)
{
    return buffer_word_end(buffer_text(&editor->buffer), editor->buffer.cursor, letters_word);
}

static size_t word_start(const struct editor *editor)
{
    return buffer_word_start(buffer_text(&editor->buffer), editor->buffer.cursor, letters_word);
}

enum editor_event edit_forward_word(struct editor *editor)
{
    return move_to(editor, word_end(editor));
}

enum editor_event edit_backward_word(struct editor *editor)
{
    return move_to(editor, word_start(editor));
}

/* Changing. */

enum editor_event edit_insert(struct editor *editor, struct span text)
{
    return repaint_if(buffer_insert(&editor->buffer, text, false));
}

enum editor_event edit_type(struct editor *editor, struct span text)
{
    editor->streak = EDITOR_TYPED;
    return repaint_if(buffer_insert(&editor->buffer, text, editor->before == EDITOR_TYPED));
}

enum editor_event edit_newline(struct editor *editor)
{
    return edit_type(editor, span_of("\n"));
}

static enum editor_event cut_out(struct editor *editor, size_t from, size_t to)
{
    return repaint_if(from < to && buffer_replace(&editor->buffer, from, to, (struct span){"", 0}));
}

enum editor_event edit_delete_forward(struct editor *editor)
{
    const struct buffer *buffer = &editor->buffer;
    size_t at = buffer->cursor;

    editor->streak = EDITOR_DELETED;
    return at < buffer->length ? cut_out(editor, at, buffer_after(buffer_text(buffer), at)) : EDITOR_BELL;
}

enum editor_event edit_delete_backward(struct editor *editor)
{
    const struct buffer *buffer = &editor->buffer;
    size_t at = buffer->cursor;

    return at > 0 ? cut_out(editor, buffer_before(buffer_text(buffer), at), at) : EDITOR_BELL;
}

/* Killing. */

static enum editor_event kill_part(struct editor *editor, size_t from, size_t to)
{
    bool backwards = to == editor->buffer.cursor;
    enum buffer_kill where = backwards ? BUFFER_KILL_IN_FRONT : BUFFER_KILL_BEHIND;

    editor->streak = EDITOR_KILLED;
    if (from == to)
        return EDITOR_NOTHING;
    if (editor->before != EDITOR_KILLED)
        where = BUFFER_KILL_NEW;
    return repaint_if(buffer_kill(&editor->buffer, from, to, where));
}

enum editor_event edit_kill_line(struct editor *editor)
{
    return kill_part(editor, editor->buffer.cursor, editor->buffer.length);
}

enum editor_event edit_kill_word(struct editor *editor)
{
    return kill_part(editor, editor->buffer.cursor, word_end(editor));
}

enum editor_event edit_kill_word_backward(struct editor *editor)
{
    return kill_part(editor, word_start(editor), editor->buffer.cursor);
}

/* Where there is nothing before the cursor, the bell says so. */
static enum editor_event kill_from(struct editor *editor, size_t from)
{
    bool any = editor->buffer.cursor > 0;
    enum editor_event event = kill_part(editor, from, editor->buffer.cursor);

    return any ? event : EDITOR_BELL;
}

enum editor_event edit_kill_before(struct editor *editor)
{
    return kill_from(editor, 0);
}

bool edit_not_blank(int32_t c)
{
    return c != ' ' && c != '\t' && c != '\n';
}

enum editor_event edit_kill_blank_word(struct editor *editor)
{
    return kill_from(editor,
                     buffer_word_start(buffer_text(&editor->buffer), editor->buffer.cursor, edit_not_blank));
}

enum editor_event edit_yank(struct editor *editor)
{
    if (!buffer_yank(&editor->buffer))
        return EDITOR_BELL;
    editor->streak = EDITOR_YANKED;
    return EDITOR_REPAINT;
}

enum editor_event edit_yank_older(struct editor *editor)
{
    if (editor->before != EDITOR_YANKED)
        return EDITOR_BELL;
    editor->streak = EDITOR_YANKED;
    return repaint_if(buffer_yank_older(&editor->buffer));
}

/* Exchanging, and upper and lower case. */

/* Exchanges what stands from `first` to `gap` and from `second` to `end`. */
static enum editor_event exchange(struct editor *editor, size_t first, size_t gap, size_t second, size_t end)
{
    const char *text = editor->buffer.text;
    char changed[TEXT_SAY_MAX];
    size_t length = end - second;

    memcpy(changed, text + second, length);
    memcpy(changed + length, text + gap, second - gap);
    memcpy(changed + length + second - gap, text + first, gap - first);
    return repaint_if(buffer_replace(&editor->buffer, first, end, (struct span){changed, end - first}));
}

enum editor_event edit_exchange_characters(struct editor *editor)
{
    const struct buffer *buffer = &editor->buffer;
    size_t second = buffer->cursor;

    if (second == buffer->length && second > 0)
        second = buffer_before(buffer_text(buffer), second);
    if (second == 0)
        return EDITOR_BELL;
    return exchange(editor, buffer_before(buffer_text(buffer), second), second, second,
                    buffer_after(buffer_text(buffer), second));
}

enum editor_event edit_exchange_words(struct editor *editor)
{
    const struct buffer *buffer = &editor->buffer;
    size_t end = word_end(editor);
    size_t second = buffer_word_start(buffer_text(buffer), end, letters_word);
    size_t first = buffer_word_start(buffer_text(buffer), second, letters_word);
    size_t gap = buffer_word_end(buffer_text(buffer), first, letters_word);

    if (first == second || gap > second)
        return EDITOR_BELL;
    return exchange(editor, first, gap, second, buffer_word_end(buffer_text(buffer), second, letters_word));
}

/* From the cursor to the end of the word: the first letter by `first`, the others by `rest`. */
static enum editor_event change_case(struct editor *editor, int32_t first(int32_t), int32_t rest(int32_t))
{
    const struct buffer *buffer = &editor->buffer;
    size_t from = buffer->cursor, to = word_end(editor), start = from;
    char changed[TEXT_SAY_MAX];

    while (start < to && !buffer_in_word(buffer_text(buffer), start, letters_word))
        start = buffer_after(buffer_text(buffer), start);
    if (start == to)
        return move_to(editor, to);
    size_t second = buffer_after(buffer_text(buffer), start) - from;
    memcpy(changed, buffer->text + from, to - from);
    letters_change(changed, second, first);
    letters_change(changed + second, to - from - second, rest);
    return repaint_if(buffer_replace(&editor->buffer, from, to, (struct span){changed, to - from}));
}

enum editor_event edit_upper_word(struct editor *editor)
{
    return change_case(editor, letters_upper, letters_upper);
}

enum editor_event edit_lower_word(struct editor *editor)
{
    return change_case(editor, letters_lower, letters_lower);
}

enum editor_event edit_capital_word(struct editor *editor)
{
    return change_case(editor, letters_upper, letters_lower);
}

enum editor_event edit_undo(struct editor *editor)
{
    return repaint_if(buffer_undo(&editor->buffer));
}
