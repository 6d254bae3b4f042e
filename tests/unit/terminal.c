#include "terminal.h"

#include <stdint.h>
#include <stdlib.h>

#include "suite.h"

#define CELL_OCTETS    24 /* more marks on one character are left out */
#define PARAMETERS_MAX 8

struct glyph {
    char octets[CELL_OCTETS];
    uint8_t length;  /* 0: nothing was written here, or it is the right half of a wide one */
    uint8_t columns; /* 0: the right half */
    struct style style;
};

struct row {
    struct glyph *glyphs;
    size_t count, capacity;
    bool wrapped; /* the next row goes on with it */
};

struct terminal {
    unsigned columns, rows;
    bool reflows;
    struct row *lines; /* the scrollback, then the screen */
    size_t count, capacity;
    size_t row, column; /* the cursor, row among the lines */
    bool waits;         /* in the last column, behind its character */
    struct style style;
    unsigned bells;
    char carry[4]; /* of a character that is not whole */
    size_t carried;
    bool escaped, in_sequence, private; /* after ESC; after ESC [; after ESC [ ? */
    bool unwrapped, hidden;             /* DECAWM and DECTCEM are off */
    unsigned parameters[PARAMETERS_MAX], parameter;
};

/* Rows. */

static const struct glyph blank = {.octets = " ", .length = 1, .columns = 1};

static void row_add(struct row *row, const struct glyph *glyph)
{
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 16;
        row->glyphs = realloc(row->glyphs, row->capacity * sizeof *row->glyphs);
        ck_assert_ptr_nonnull(row->glyphs);
    }
    row->glyphs[row->count++] = *glyph;
}

static void row_cut(struct row *row, size_t count)
{
    if (row->count > count)
        row->count = count;
    row->wrapped = false;
}

static struct row *add_line(struct terminal *terminal)
{
    if (terminal->count == terminal->capacity) {
        terminal->capacity = terminal->capacity ? 2 * terminal->capacity : 64;
        terminal->lines = realloc(terminal->lines, terminal->capacity * sizeof *terminal->lines);
        ck_assert_ptr_nonnull(terminal->lines);
    }
    terminal->lines[terminal->count] = (struct row){0};
    return &terminal->lines[terminal->count++];
}

static void drop_last_line(struct terminal *terminal)
{
    free(terminal->lines[--terminal->count].glyphs);
}

static void fill_screen(struct terminal *terminal)
{
    while (terminal->count < terminal->rows)
        add_line(terminal);
}

size_t terminal_scrolled(const struct terminal *terminal)
{
    return terminal->count - terminal->rows;
}

struct terminal *terminal_new(unsigned columns, unsigned rows, bool reflows)
{
    struct terminal *terminal = calloc(1, sizeof *terminal);

    ck_assert_ptr_nonnull(terminal);
    *terminal = (struct terminal){.columns = columns, .rows = rows, .reflows = reflows};
    fill_screen(terminal);
    return terminal;
}

void terminal_free(struct terminal *terminal)
{
    while (terminal->count > 0)
        drop_last_line(terminal);
    free(terminal->lines);
    free(terminal);
}

/* Characters. */

static void line_feed(struct terminal *terminal)
{
    if (terminal->row + 1 == terminal->count)
        add_line(terminal);
    terminal->row++;
    terminal->waits = false;
}

/* Of what the tests write. */
static unsigned glyph_columns(int32_t c)
{
    if ((c >= 0x300 && c <= 0x36f) || c == 0x200d || c == 0xfe0f)
        return 0;
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                   (c >= 0xff00 && c <= 0xff60) || (c >= 0x1f300 && c <= 0x1faff)
               ? 2
               : 1;
}

static void put_mark(struct terminal *terminal, struct span character)
{
    struct row *row = &terminal->lines[terminal->row];
    size_t at = terminal->waits ? terminal->column : terminal->column - 1;

    if (!terminal->waits && terminal->column == 0)
        return;
    if (row->glyphs[at].columns == 0)
        at--;
    struct glyph *glyph = &row->glyphs[at];
    if (glyph->length + character.length <= sizeof glyph->octets) {
        memcpy(glyph->octets + glyph->length, character.bytes, character.length);
        glyph->length = (uint8_t)(glyph->length + character.length);
    }
}

static void put_glyph(struct terminal *terminal, struct span character, unsigned columns)
{
    struct glyph glyph = {
        .length = (uint8_t)character.length, .columns = (uint8_t)columns, .style = terminal->style};

    ck_assert_msg(columns <= terminal->columns, "a character wider than the terminal");
    if (terminal->unwrapped && terminal->column + columns > terminal->columns)
        terminal->column = terminal->columns - columns;
    if (terminal->waits || terminal->column + columns > terminal->columns) {
        terminal->lines[terminal->row].wrapped = true;
        line_feed(terminal);
        terminal->column = 0;
    }
    struct row *row = &terminal->lines[terminal->row];
    memcpy(glyph.octets, character.bytes, character.length);
    while (row->count < terminal->column)
        row_add(row, &blank);
    for (unsigned i = 0; i < columns; i++) {
        if (row->count == terminal->column + i)
            row_add(row, &glyph);
        row->glyphs[terminal->column + i] = glyph;
        glyph.columns = glyph.length = 0;
    }
    terminal->column += columns;
    bool full = terminal->column == terminal->columns;
    terminal->waits = full && !terminal->unwrapped;
    terminal->column -= full;
}

static void put_character(struct terminal *terminal, struct span character)
{
    struct span rest = character;
    int32_t c = text_next(&rest);

    ck_assert_msg(c >= 0x20 && (c < 0x7f || c > 0x9f), "U+%04X reaches the terminal", (unsigned)c);
    ck_assert_msg(c < 0x202a || c > 0x202e, "U+%04X reaches the terminal", (unsigned)c);
    unsigned columns = glyph_columns(c);
    if (columns == 0)
        put_mark(terminal, character);
    else
        put_glyph(terminal, character, columns);
}

/* Control sequences. */

static void set_style(struct terminal *terminal)
{
    static const unsigned bits[] = {[1] = STYLE_BOLD, [2] = STYLE_DIM, [7] = STYLE_REVERSE};
    const unsigned *p = terminal->parameters;

    for (unsigned i = 0; i <= terminal->parameter; i++) {
        if (p[i] == 0) {
            terminal->style = (struct style){0};
        } else if (p[i] == 1 || p[i] == 2 || p[i] == 7) {
            terminal->style.bits |= bits[p[i]];
        } else if (p[i] >= 30 && p[i] <= 37) {
            terminal->style.color = p[i] - 29;
        } else if (p[i] >= 90 && p[i] <= 97) {
            terminal->style.color = p[i] - 81;
        } else if (p[i] == 38 && i + 2 <= terminal->parameter && p[i + 1] == 5 && p[i + 2] < 256) {
            terminal->style.color = p[i + 2] + 1;
            i += 2;
        } else {
            ck_abort_msg("unknown style %u", p[i]);
        }
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Below the cursor, and right of it. */
static void erase_below(struct terminal *terminal)
{
    row_cut(&terminal->lines[terminal->row], terminal->column);
    for (size_t i = terminal->row + 1; i < terminal->count; i++)
        row_cut(&terminal->lines[i], 0);
}

static void set_mode(struct terminal *terminal, char final)
{
    unsigned mode = terminal->parameters[0];

    ck_assert_msg((final == 'h' || final == 'l') && terminal->parameter == 0 && (mode == 7 || mode == 25),
                  "unknown sequence CSI ? %u %c", mode, final);
    if (mode == 7)
        terminal->unwrapped = final == 'l';
    else
        terminal->hidden = final == 'l';
}

static void control(struct terminal *terminal, char final)
{
    size_t first = terminal_scrolled(terminal), n = terminal->parameters[0] ? terminal->parameters[0] : 1;
    bool bare = terminal->parameter == 0 && terminal->parameters[0] == 0;

    if (final == 'm') {
        set_style(terminal);
        return;
    }
    if (final == 'A')
        terminal->row -= least(n, terminal->row - first);
    else if (final == 'C')
        terminal->column = least(terminal->column + n, terminal->columns - 1);
    else if (final == 'J' && bare)
        erase_below(terminal);
    else if (final == 'H' && bare)
        terminal->row = first, terminal->column = 0;
    else
        ck_abort_msg("unknown sequence CSI %u %c", terminal->parameters[0], final);
    terminal->waits = false;
}

/* After ESC. */
static void sequence_octet(struct terminal *terminal, char c)
{
    if (!terminal->in_sequence) {
        ck_assert_msg(c == '[', "unknown sequence ESC %c", c);
        terminal->in_sequence = true;
        terminal->private = false;
        terminal->parameter = 0;
        memset(terminal->parameters, 0, sizeof terminal->parameters);
    } else if (c == '?') {
        terminal->private = true;
    } else if (c >= '0' && c <= '9') {
        unsigned *parameter = &terminal->parameters[terminal->parameter];
        *parameter = *parameter * 10 + (unsigned)(c - '0');
    } else if (c == ';') {
        ck_assert_uint_lt(++terminal->parameter, PARAMETERS_MAX);
    } else {
        if (terminal->private)
            set_mode(terminal, c);
        else
            control(terminal, c);
        terminal->escaped = terminal->in_sequence = false;
    }
}

static void text_octet(struct terminal *terminal, char c)
{
    terminal->carry[terminal->carried++] = c;
    struct span carry = {terminal->carry, terminal->carried};
    if (text_unfinished(carry) > 0)
        return;
    ck_assert_msg(text_valid(carry), "no UTF-8 reaches the terminal");
    terminal->carried = 0;
    put_character(terminal, carry);
}

void terminal_write(struct terminal *terminal, const char *octets, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = octets[i];
        if (terminal->escaped)
            sequence_octet(terminal, c);
        else if (c == '\033')
            terminal->escaped = true;
        else if (c == '\r')
            terminal->column = 0, terminal->waits = false;
        else if (c == '\n')
            line_feed(terminal);
        else if (c == '\a')
            terminal->bells++;
        else
            text_octet(terminal, c);
    }
}

/* Resizes. */

/* The screen begins so that the cursor is on it. */
static void set_rows_kept(struct terminal *terminal, unsigned rows)
{
    size_t first = terminal_scrolled(terminal);

    if (terminal->row >= first + rows)
        first = terminal->row - rows + 1;
    while (terminal->count > first + rows)
        drop_last_line(terminal);
    while (terminal->count < first + rows)
        add_line(terminal);
    terminal->rows = rows;
}

/* The lines' glyphs into new lines, the cursor with its own. */
static void wrap_anew(struct terminal *terminal, unsigned columns)
{
    struct row *old = terminal->lines;
    size_t count = terminal->count, cursor_row = terminal->row, cursor_column = terminal->column;

    terminal->lines = NULL;
    terminal->count = terminal->capacity = 0;
    for (size_t i = 0; i < count; i++) {
        bool goes_on = i > 0 && old[i - 1].wrapped;
        struct row *row = goes_on ? &terminal->lines[terminal->count - 1] : add_line(terminal);
        if (i == cursor_row)
            while (old[i].count <= cursor_column)
                row_add(&old[i], &blank);
        for (size_t j = 0; j < old[i].count; j++) {
            const struct glyph *glyph = &old[i].glyphs[j];
            if (row->count + glyph->columns > columns && row->count > 0 && glyph->columns > 0) {
                row->wrapped = true;
                row = add_line(terminal);
            }
            row_add(row, glyph);
            if (i == cursor_row && j == cursor_column) {
                terminal->row = terminal->count - 1;
                terminal->column = row->count - 1;
            }
        }
        free(old[i].glyphs);
    }
    free(old);
    terminal->columns = columns;
}

static void set_rows_reflowed(struct terminal *terminal, unsigned rows)
{
    unsigned too_many = terminal->rows > rows ? terminal->rows - rows : 0;

    while (terminal->count > terminal->row + 1 && (terminal->lines[terminal->count - 1].count == 0 ||
                                                   too_many > 0 || terminal->count - terminal->row > rows)) {
        drop_last_line(terminal);
        too_many -= too_many > 0;
    }
    terminal->rows = rows;
    fill_screen(terminal);
}

void terminal_resize(struct terminal *terminal, unsigned columns, unsigned rows)
{
    ck_assert(!terminal->escaped && terminal->carried == 0);
    if (terminal->reflows) {
        wrap_anew(terminal, columns);
        set_rows_reflowed(terminal, rows);
    } else {
        set_rows_kept(terminal, rows);
        terminal->columns = columns;
    }
    if (terminal->column >= columns)
        terminal->column = columns - 1;
    terminal->waits = false;
}

/* What is seen. */

static size_t visible(const struct terminal *terminal, const struct row *row)
{
    return least(row->count, terminal->columns);
}

const char *terminal_row(const struct terminal *terminal, long at)
{
    static char text[8192];
    const struct row *row = &terminal->lines[(long)terminal_scrolled(terminal) + at];
    size_t length = 0;

    for (size_t i = 0; i < visible(terminal, row); i++) {
        const struct glyph *glyph = &row->glyphs[i];
        ck_assert_uint_lt(length + glyph->length, sizeof text);
        memcpy(text + length, glyph->octets, glyph->length);
        length += glyph->length;
    }
    while (length > 0 && text[length - 1] == ' ')
        length--;
    text[length] = '\0';
    return text;
}

char *terminal_ink(const struct terminal *terminal)
{
    size_t size = 1, length = 0;

    for (size_t i = 0; i < terminal->count; i++)
        for (size_t j = 0; j < terminal->lines[i].count; j++)
            size += terminal->lines[i].glyphs[j].length;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < terminal->count; i++)
        for (size_t j = 0; j < terminal->lines[i].count; j++) {
            const struct glyph *glyph = &terminal->lines[i].glyphs[j];
            for (size_t k = 0; k < glyph->length; k++)
                if (glyph->octets[k] != ' ')
                    text[length++] = glyph->octets[k];
        }
    text[length] = '\0';
    return text;
}

struct seen {
    size_t row, column;
};

static struct seen seen_cursor(const struct terminal *terminal)
{
    for (size_t i = terminal->row; i < terminal->count && terminal->hidden; i++)
        for (size_t j = 0; j < visible(terminal, &terminal->lines[i]); j++)
            if (terminal->lines[i].glyphs[j].style.bits & STYLE_REVERSE)
                return (struct seen){i, j};
    ck_assert_msg(!terminal->hidden, "no cursor is seen");
    return (struct seen){terminal->row, terminal->column};
}

unsigned terminal_cursor_row(const struct terminal *terminal)
{
    return (unsigned)(seen_cursor(terminal).row - terminal_scrolled(terminal));
}

unsigned terminal_cursor_column(const struct terminal *terminal)
{
    return (unsigned)seen_cursor(terminal).column;
}

unsigned terminal_last_row(const struct terminal *terminal)
{
    unsigned last = 0;

    for (unsigned i = 0; i < terminal->rows; i++)
        if (terminal_row(terminal, (long)i)[0])
            last = i;
    return last;
}

struct style terminal_style(const struct terminal *terminal, long row, unsigned column)
{
    const struct row *of = &terminal->lines[(long)terminal_scrolled(terminal) + row];

    return column < of->count ? of->glyphs[column].style : (struct style){0};
}

unsigned terminal_bells(const struct terminal *terminal)
{
    return terminal->bells;
}
