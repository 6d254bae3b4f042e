#include "stage.h"

#include "suite.h"

struct terminal *terminal;
struct screen *screen;
unsigned columns, rows;

void stage_begin(unsigned width, unsigned height, bool reflows, bool utf8)
{
    columns = width;
    rows = height;
    terminal = terminal_new(width, height, reflows);
    screen = screen_new(utf8, width, height);
    ck_assert_ptr_nonnull(screen);
}

void stage_end(void)
{
    terminal_free(terminal);
    screen_free(screen);
}

size_t stage_show(void)
{
    struct span octets;

    ck_assert(screen_take(screen, &octets));
    terminal_write(terminal, octets.bytes, octets.length);
    return octets.length;
}

void stage_print(const char *head, const char *text)
{
    struct line line = {
        .pieces = {{.text = span_of(head), .style = {.color = 3}}, {.text = span_of(text)}},
        .count = 2,
        .indent = 1,
    };

    screen_print(screen, &line);
}

void stage_resize(unsigned width, unsigned height)
{
    columns = width;
    rows = height;
    terminal_resize(terminal, width, height);
    screen_size(screen, width, height);
    stage_show();
}
