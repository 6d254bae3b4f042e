#include "buffer.h"

#include <stdlib.h>

#include "columns.h"

#define TYPED_TOGETHER 20 /* bytes that are undone at once */

static void release(struct span *owned)
{
    free((char *)owned->bytes);
    *owned = (struct span){NULL, 0};
}

/* Both, one after the other; no bytes if there is no memory. */
static struct span joined(struct span first, struct span second)
{
    char *bytes = malloc(first.length + second.length + 1);

    if (bytes == NULL)
        return (struct span){NULL, 0};
    if (first.length > 0)
        memcpy(bytes, first.bytes, first.length);
    if (second.length > 0)
        memcpy(bytes + first.length, second.bytes, second.length);
    return (struct span){bytes, first.length + second.length};
}

void buffer_init(struct buffer *buffer)
{
    buffer->length = buffer->cursor = 0;
    buffer->change_count = buffer->kill_count = buffer->yanked = 0;
}

static void forget_changes(struct buffer *buffer)
{
    while (buffer->change_count > 0)
        release(&buffer->changes[--buffer->change_count].was);
}

void buffer_free(struct buffer *buffer)
{
    forget_changes(buffer);
    while (buffer->kill_count > 0)
        release(&buffer->kills[--buffer->kill_count]);
}

struct span buffer_text(const struct buffer *buffer)
{
    return (struct span){buffer->text, buffer->length};
}

static struct span part(const struct buffer *buffer, size_t from, size_t to)
{
    return (struct span){buffer->text + from, to - from};
}

void buffer_set(struct buffer *buffer, struct span text, size_t cursor)
{
    forget_changes(buffer);
    if (text.length > 0)
        memcpy(buffer->text, text.bytes, text.length);
    buffer->length = text.length;
    buffer->cursor = buffer_place(text, cursor);
}

/* Places. */

static size_t character_end(struct span text, size_t at)
{
    struct span rest = {text.bytes + at, text.length - at};
    unsigned columns = 0;

    return at + columns_next(&rest, &columns);
}

/* A place before `at`, close to it: ASCII always begins a character. */
static size_t place_before(struct span text, size_t at)
{
    while (at > 0 && (uint8_t)text.bytes[--at] >= 0x80)
        continue;
    return at;
}

size_t buffer_place(struct span text, size_t at)
{
    size_t place = place_before(text, at);

    while (place < at)
        place = character_end(text, place);
    return place;
}

size_t buffer_after(struct span text, size_t at)
{
    return character_end(text, at);
}

size_t buffer_before(struct span text, size_t at)
{
    size_t place = place_before(text, at), next = place;

    while (next < at) {
        place = next;
        next = buffer_after(text, place);
    }
    return place;
}

bool buffer_in_word(struct span text, size_t at, buffer_class *in_word)
{
    struct span rest = {text.bytes + at, text.length - at};

    return in_word(text_next(&rest));
}

size_t buffer_word_end(struct span text, size_t at, buffer_class *in_word)
{
    while (at < text.length && !buffer_in_word(text, at, in_word))
        at = buffer_after(text, at);
    while (at < text.length && buffer_in_word(text, at, in_word))
        at = buffer_after(text, at);
    return at;
}

/* From the beginning: to go backwards, each step would have to look for the one before. */
size_t buffer_word_start(struct span text, size_t at, buffer_class *in_word)
{
    size_t start = 0;
    bool inside = false;

    for (size_t place = 0; place < at; place = buffer_after(text, place)) {
        bool word = buffer_in_word(text, place, in_word);
        if (word && !inside)
            start = place;
        inside = word;
    }
    return start;
}

/* Changes. */

static void put(struct buffer *buffer, size_t from, size_t to, struct span by)
{
    memmove(buffer->text + from + by.length, buffer->text + to, buffer->length - to);
    if (by.length > 0)
        memcpy(buffer->text + from, by.bytes, by.length);
    buffer->length = buffer->length - (to - from) + by.length;
    buffer->cursor = buffer_place(buffer_text(buffer), from + by.length);
}

/* Without memory nothing before this can be undone either. */
static void remember(struct buffer *buffer, size_t from, size_t to, size_t length)
{
    struct buffer_change change = {from, length, joined(part(buffer, from, to), (struct span){NULL, 0})};

    if (change.was.bytes == NULL) {
        forget_changes(buffer);
        return;
    }
    if (buffer->change_count == BUFFER_CHANGES_MAX) {
        release(&buffer->changes[0].was);
        buffer->change_count--;
        memmove(buffer->changes, buffer->changes + 1, buffer->change_count * sizeof *buffer->changes);
    }
    buffer->changes[buffer->change_count++] = change;
}

static bool has_room(const struct buffer *buffer, size_t from, size_t to, struct span by)
{
    return by.length <= sizeof buffer->text - (buffer->length - (to - from));
}

bool buffer_replace(struct buffer *buffer, size_t from, size_t to, struct span by)
{
    if (!has_room(buffer, from, to, by))
        return false;
    remember(buffer, from, to, by.length);
    put(buffer, from, to, by);
    return true;
}

bool buffer_insert(struct buffer *buffer, struct span text, bool in_a_row)
{
    struct buffer_change *last = &buffer->changes[buffer->change_count - (buffer->change_count > 0)];
    size_t at = buffer->cursor;

    bool together = in_a_row && buffer->change_count > 0 && last->was.length == 0 &&
                    last->at + last->length == at && last->length < TYPED_TOGETHER;
    if (!together)
        return buffer_replace(buffer, at, at, text);
    if (!has_room(buffer, at, at, text))
        return false;
    last->length += text.length;
    put(buffer, at, at, text);
    return true;
}

bool buffer_undo(struct buffer *buffer)
{
    if (buffer->change_count == 0)
        return false;
    struct buffer_change *last = &buffer->changes[--buffer->change_count];
    put(buffer, last->at, last->at + last->length, last->was);
    release(&last->was);
    return true;
}

/* Kills. */

static void push_kill(struct buffer *buffer, struct span kill)
{
    if (buffer->kill_count == BUFFER_KILLS_MAX)
        release(&buffer->kills[--buffer->kill_count]);
    memmove(buffer->kills + 1, buffer->kills, buffer->kill_count * sizeof *buffer->kills);
    buffer->kills[0] = kill;
    buffer->kill_count++;
}

bool buffer_kill(struct buffer *buffer, size_t from, size_t to, enum buffer_kill where)
{
    struct span none = {NULL, 0}, killed = part(buffer, from, to);
    struct span last = buffer->kill_count > 0 && where != BUFFER_KILL_NEW ? buffer->kills[0] : none;
    struct span kill = where == BUFFER_KILL_IN_FRONT ? joined(killed, last) : joined(last, killed);

    if (kill.bytes == NULL)
        return false;
    if (last.bytes != NULL) {
        release(&buffer->kills[0]);
        buffer->kills[0] = kill;
    } else {
        push_kill(buffer, kill);
    }
    buffer->yanked = 0;
    return buffer_replace(buffer, from, to, none);
}

bool buffer_yank(struct buffer *buffer)
{
    buffer->yank_at = buffer->cursor;
    return buffer->kill_count > 0 &&
           buffer_replace(buffer, buffer->yank_at, buffer->yank_at, buffer->kills[buffer->yanked]);
}

bool buffer_yank_older(struct buffer *buffer)
{
    size_t end = buffer->yank_at + buffer->kills[buffer->yanked].length;
    size_t older = (buffer->yanked + 1) % buffer->kill_count;
    if (!buffer_replace(buffer, buffer->yank_at, end, buffer->kills[older]))
        return false;
    buffer->yanked = older;
    return true;
}
