#include "screen.h"

#include <stdio.h>
#include <stdlib.h>

#include "columns.h"

struct octets {
    char *bytes;
    size_t length, capacity;
};

struct screen {
    bool utf8;
    unsigned columns, rows;
    struct octets out;
    bool taken, failed; /* `out` was taken; memory ran out */

    struct octets bottom; /* the prompt and the text */
    size_t cursor;        /* before which of its octets */
    bool wanted;          /* there is one */
    bool drawn;           /* and it is on the terminal; else the cursor is at the start of an empty row */
    size_t top;           /* the first of its rows that is shown */
    bool hidden;          /* the terminal's cursor; another is drawn */
};

/* Octets. */

static bool reserve(struct octets *octets, size_t more)
{
    size_t capacity = octets->capacity ? octets->capacity : 256;

    while (capacity - octets->length < more)
        capacity *= 2;
    if (capacity == octets->capacity)
        return true;
    char *bytes = realloc(octets->bytes, capacity);
    if (!bytes)
        return false;
    octets->bytes = bytes;
    octets->capacity = capacity;
    return true;
}

static void put(struct screen *screen, const char *bytes, size_t length)
{
    struct octets *out = &screen->out;

    if (screen->taken)
        out->length = 0;
    screen->taken = false;
    if (screen->failed || !reserve(out, length)) {
        screen->failed = true;
        return;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void put_string(struct screen *screen, const char *string)
{
    put(screen, string, strlen(string));
}

/* A control sequence with a parameter; of 0 rows or columns there is none. */
static void put_motion(struct screen *screen, size_t count, char final)
{
    char sequence[24];

    if (count > 0)
        put(screen, sequence, (size_t)snprintf(sequence, sizeof sequence, "\033[%zu%c", count, final));
}

static void put_row_end(struct screen *screen)
{
    put_string(screen, "\r\n");
}

/* Characters: what is shown of them, and in how many columns. */

struct cell {
    struct span text; /* of a newline that alone, whatever stands before it */
    unsigned columns;
    bool one; /* it is shown as one character: itself if it is ASCII, else `?` */
};

static struct cell cell_next(const struct screen *screen, struct span *rest)
{
    if (rest->length > 1 && rest->bytes[0] == '\r' && rest->bytes[1] == '\n')
        text_next(rest);
    struct cell cell = {.text = *rest};

    cell.text.length = columns_next(rest, &cell.columns);
    cell.one = !screen->utf8 || cell.columns > screen->columns;
    if (cell.one)
        cell.columns = cell.columns > 0;
    return cell;
}

static bool cell_is(const struct cell *cell, char c)
{
    return cell->text.length > 0 && cell->text.bytes[0] == c;
}

static void put_cell(struct screen *screen, const struct cell *cell)
{
    struct span rest = cell->text;
    char shown[4];

    while (rest.length > 0 && !cell->one) {
        size_t length = text_show(&rest, shown);
        put(screen, shown, length);
    }
    if (cell->one && cell->columns > 0)
        put(screen, text_show(&rest, shown) == 1 ? shown : "?", 1);
}

/* The bottom: its characters one after the other, each in its place. */

struct walk {
    const struct screen *screen;
    size_t columns; /* of a row: the last one stays free, where terminals differ */
    struct span rest;
    struct cell
        cell; /* of the last step; without text: the blank at the end, on which the cursor may stand */
    size_t row, column; /* its place */
    size_t next_row, next_column;
    bool at_cursor, over; /* it has the cursor; the blank was given */
};

static struct walk walk_begin(const struct screen *screen)
{
    return (struct walk){
        .screen = screen,
        .columns = screen->columns > 2 ? screen->columns - 1 : screen->columns,
        .rest = {screen->bottom.bytes, screen->bottom.length},
    };
}

static bool walk_next(struct walk *walk)
{
    const struct screen *screen = walk->screen;

    if (walk->over)
        return false;
    walk->cell = (struct cell){.columns = 1};
    walk->over = walk->rest.length == 0;
    if (!walk->over)
        walk->cell = cell_next(screen, &walk->rest);
    size_t after = screen->bottom.length - walk->rest.length;
    walk->at_cursor = screen->cursor < after ? screen->cursor + walk->cell.text.length >= after : walk->over;
    bool newline = cell_is(&walk->cell, '\n');
    if (newline)
        walk->cell.columns = 1; /* a blank, for the cursor */
    if (walk->next_column + walk->cell.columns > walk->columns) {
        walk->next_row++;
        walk->next_column = 0;
    }
    walk->row = walk->next_row;
    walk->column = walk->next_column;
    walk->next_column += walk->cell.columns;
    if (newline) {
        walk->next_row++;
        walk->next_column = 0;
    }
    return true;
}

/* Half of the terminal's rows may be the bottom's. */
static size_t most_rows(const struct screen *screen)
{
    return screen->rows > 1 ? screen->rows / 2 : 1;
}

struct place {
    size_t row, column, after; /* the cursor's, and the column behind it */
    size_t last_row;           /* of all */
};

static struct place find_cursor(const struct screen *screen)
{
    struct walk walk = walk_begin(screen);
    struct place place = {0};

    while (walk_next(&walk)) {
        if (!walk.over || walk.at_cursor)
            place.last_row = walk.row;
        if (walk.at_cursor) {
            place.row = walk.row;
            place.column = walk.column;
            place.after = walk.column + walk.cell.columns;
        }
    }
    return place;
}

/* Of more rows than may be shown, those that were shown last, moved so far that the cursor is among them. */
static void scroll_to(struct screen *screen, const struct place *place)
{
    size_t most = most_rows(screen), count = place->last_row + 1;

    if (screen->top + most > count)
        screen->top = count > most ? count - most : 0;
    if (screen->top > place->row)
        screen->top = place->row;
    if (screen->top + most <= place->row)
        screen->top = place->row - most + 1;
}

/* A character under a cursor that is drawn, or a blank: the end of a line has one for it. */
static void put_under_cursor(struct screen *screen, const struct walk *walk)
{
    put_string(screen, "\033[7m");
    if (walk->over || cell_is(&walk->cell, '\n'))
        put_string(screen, " ");
    else
        put_cell(screen, &walk->cell);
    put_string(screen, "\033[m");
}

static void put_rows(struct screen *screen, size_t last, bool with_cursor)
{
    struct walk walk = walk_begin(screen);
    size_t row = screen->top;

    while (walk_next(&walk) && walk.row <= last) {
        if (walk.over && !walk.at_cursor)
            break;
        for (; row < walk.row; row++)
            put_row_end(screen);
        if (walk.row < screen->top)
            continue;
        if (walk.at_cursor && with_cursor)
            put_under_cursor(screen, &walk);
        else if (!walk.over && !cell_is(&walk.cell, '\n'))
            put_cell(screen, &walk.cell);
    }
}

static void show_cursor(struct screen *screen, bool visible)
{
    if (screen->hidden == visible)
        put_string(screen, visible ? "\033[?25h" : "\033[?25l");
    screen->hidden = !visible;
}

/* Without the terminal's wrap a row is a row, however wide the terminal is by now and whatever it makes of a
 * character. */
static void draw(struct screen *screen)
{
    struct place place = find_cursor(screen);

    scroll_to(screen, &place);
    size_t last = screen->top + most_rows(screen) - 1;
    if (last > place.last_row)
        last = place.last_row;
    bool real = place.row == screen->top && 2 * place.after < screen->columns;
    show_cursor(screen, real);
    put_string(screen, "\033[?7l");
    put_rows(screen, last, !real);
    put_string(screen, "\033[?7h\r");
    put_motion(screen, last - screen->top, 'A');
    if (real)
        put_motion(screen, place.column, 'C');
    screen->drawn = true;
}

/* The cursor is in the first of its rows. */
static void erase(struct screen *screen)
{
    if (screen->drawn)
        put_string(screen, "\r \033[J\r");
    screen->drawn = false;
}

/* Lines above it. */

static void put_style(struct screen *screen, const struct style *style)
{
    char sequence[48];
    unsigned number = style->color - 1;
    int length = snprintf(sequence, sizeof sequence, "\033[0%s%s%s", style->bits & STYLE_BOLD ? ";1" : "",
                          style->bits & STYLE_DIM ? ";2" : "", style->bits & STYLE_REVERSE ? ";7" : "");

    put(screen, sequence, (size_t)length);
    length = 0;
    if (style->color > 16)
        length = snprintf(sequence, sizeof sequence, ";38;5;%u", number);
    else if (style->color > 0)
        length = snprintf(sequence, sizeof sequence, ";%u", number < 8 ? 30 + number : 82 + number);
    put(screen, sequence, (size_t)length);
    put_string(screen, "m");
}

/* A line on its way: where the next character comes to stand. */
struct pen {
    struct screen *screen;
    size_t column, indent;
    size_t blanks; /* that follow, unless the row ends before them */
};

static void put_blanks(struct pen *pen, size_t count)
{
    pen->column += count;
    while (count-- > 0)
        put_string(pen->screen, " ");
}

static void begin_row(struct pen *pen)
{
    put_row_end(pen->screen);
    pen->column = pen->blanks = 0;
    put_blanks(pen, pen->indent);
}

static bool is_blank(const struct cell *cell)
{
    return cell_is(cell, ' ') || cell_is(cell, '\t');
}

/* Takes a word off `text`: what is between blanks. A wide character is one by itself: they are written
 * without blanks. */
static struct span take_word(const struct screen *screen, struct span *text, size_t *columns)
{
    struct span word = {text->bytes, 0};

    *columns = 0;
    while (text->length > 0) {
        struct span rest = *text;
        struct cell cell = cell_next(screen, &rest);
        bool stops = is_blank(&cell) || cell_is(&cell, '\n') || cell.columns > 1;
        if (stops && word.length > 0)
            break;
        *text = rest;
        *columns += cell.columns;
        if (word.length == 0)
            word.bytes = cell.text.bytes;
        word.length += cell.text.length;
        if (stops)
            break;
    }
    return word;
}

/* The terminal wraps it where it must. */
static void put_word(struct pen *pen, struct span word, size_t columns)
{
    unsigned width = pen->screen->columns;

    if (pen->column + pen->blanks + columns > width &&
        (pen->indent + columns <= width || pen->column + pen->blanks >= width))
        begin_row(pen);
    put_blanks(pen, pen->blanks);
    pen->blanks = 0;
    while (word.length > 0) {
        struct cell cell = cell_next(pen->screen, &word);
        if (pen->column + cell.columns > width)
            pen->column = 0;
        pen->column += cell.columns;
        put_cell(pen->screen, &cell);
    }
}

static void put_text(struct pen *pen, struct span text)
{
    while (text.length > 0) {
        size_t columns;
        struct span word = take_word(pen->screen, &text, &columns);
        struct cell first = {.text = word};
        if (cell_is(&first, '\n'))
            begin_row(pen);
        else if (is_blank(&first))
            pen->blanks++;
        else
            put_word(pen, word, columns);
    }
}

static bool is_plain(const struct style *style)
{
    return style->bits == 0 && style->color == 0;
}

void screen_print(struct screen *screen, const struct line *line)
{
    struct pen pen = {.screen = screen};

    erase(screen);
    for (size_t i = 0; i < line->count; i++) {
        const struct piece *piece = &line->pieces[i];
        size_t column = pen.column + pen.blanks;
        if (i == line->indent && column <= screen->columns / 2)
            pen.indent = column;
        if (!is_plain(&piece->style))
            put_style(screen, &piece->style);
        put_text(&pen, piece->text);
        if (!is_plain(&piece->style))
            put_string(screen, "\033[m");
    }
    put_row_end(screen);
    if (line->bell)
        screen_bell(screen);
}

/* All else. */

struct screen *screen_new(bool utf8, unsigned columns, unsigned rows)
{
    struct screen *screen = calloc(1, sizeof *screen);

    if (!screen)
        return NULL;
    screen->utf8 = utf8;
    screen_size(screen, columns, rows);
    return screen;
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    free(screen->out.bytes);
    free(screen->bottom.bytes);
    free(screen);
}

void screen_size(struct screen *screen, unsigned columns, unsigned rows)
{
    erase(screen);
    screen->columns = columns + (columns == 0);
    screen->rows = rows + (rows == 0);
}

static bool is_bottom(const struct screen *screen, struct span prompt, struct span text, size_t cursor)
{
    const struct octets *bottom = &screen->bottom;

    if (!screen->wanted || bottom->length != prompt.length + text.length ||
        screen->cursor != prompt.length + cursor)
        return false;
    return span_equal((struct span){bottom->bytes, prompt.length}, prompt) &&
           span_equal((struct span){bottom->bytes + prompt.length, text.length}, text);
}

void screen_prompt(struct screen *screen, struct span prompt, struct span text, size_t cursor)
{
    struct octets *bottom = &screen->bottom;

    if (is_bottom(screen, prompt, text, cursor))
        return;
    erase(screen);
    bottom->length = 0;
    screen->wanted = reserve(bottom, prompt.length + text.length);
    screen->failed |= !screen->wanted;
    if (!screen->wanted)
        return;
    memcpy(bottom->bytes, prompt.bytes, prompt.length);
    memcpy(bottom->bytes + prompt.length, text.bytes, text.length);
    bottom->length = prompt.length + text.length;
    screen->cursor = prompt.length + cursor;
}

void screen_bell(struct screen *screen)
{
    put_string(screen, "\a");
}

void screen_clear(struct screen *screen)
{
    erase(screen);
    for (unsigned i = 1; i < screen->rows; i++)
        put_string(screen, "\n");
    put_string(screen, "\033[H");
}

void screen_leave(struct screen *screen)
{
    erase(screen);
    show_cursor(screen, true);
    screen->wanted = false;
}

bool screen_take(struct screen *screen, struct span *octets)
{
    bool failed;

    if (screen->wanted && !screen->drawn)
        draw(screen);
    failed = screen->failed;
    if (screen->taken || failed)
        screen->out.length = 0;
    *octets = (struct span){screen->out.bytes, screen->out.length};
    screen->taken = true;
    screen->failed = false;
    return !failed;
}
