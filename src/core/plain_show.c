/* What a plain-text client is shown: lines of UTF-8, or the chunks of ASCII that a tutorial's client takes.
 */
#include <string.h>

#include "ascii.h"
#include "lanchat/plain.h"

struct out {
    char *bytes;
    size_t length, size;
    enum plain_kind kind;
};

#define CHARACTER_MAX 6 /* a newline and four spaces, and the end of the line */

static void put(struct out *out, const char *bytes, size_t length)
{
    if (length > out->size - out->length)
        length = out->size - out->length;
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static inline void put_ascii(struct out *out, const char *string)
{
    put(out, string, strlen(string));
}

/* Takes one character off `text` and writes what is shown of it. */
static void put_character(struct out *out, struct span *text)
{
    char shown[4];
    size_t length = text_show(text, shown);

    if (length == 1 && shown[0] == '\n') {
        put_ascii(out, "\n    ");
    } else if (length > 0 && out->kind == PLAIN_CHUNK) {
        struct span rest = {shown, length};
        char ascii[ASCII_MAX];
        length = ascii_of(text_next(&rest), ascii);
        put(out, ascii, length);
    } else {
        put(out, shown, length);
    }
}

/* Most text is printable ASCII, which is shown as it is: takes at most so much of it off `text`. */
static void put_printable(struct out *out, struct span *text, size_t most)
{
    size_t length = text_printable((struct span){text->bytes, text->length < most ? text->length : most});

    put(out, text->bytes, length);
    text->bytes += length;
    text->length -= length;
}

static void put_text(struct out *out, struct span text)
{
    for (;;) {
        put_printable(out, &text, text.length);
        if (text.length == 0)
            return;
        put_character(out, &text);
    }
}

static void put_number(struct out *out, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(out, digits + at, sizeof digits - at);
}

static void put_nick(struct out *out, struct span nick)
{
    put_text(out, nick.length > 0 ? nick : span_of("somebody"));
}

static void put_lost(struct out *out, const struct plain_shown *shown)
{
    put_ascii(out, "lost ");
    put_number(out, shown->count);
    put_ascii(out, shown->count == 1 ? " message from " : " messages from ");
    put_nick(out, shown->nick);
}

/* All but messages. */
static void put_notice(struct out *out, const struct plain_shown *shown)
{
    switch (shown->news) {
    case PLAIN_LOST:
        put_lost(out, shown);
        return;
    case PLAIN_CONNECTED:
        put_ascii(out, "Connected to server");
        return;
    case PLAIN_RENAMED:
        put_nick(out, shown->nick);
        put_ascii(out, " is now ");
        put_nick(out, shown->text);
        return;
    default:
        put_nick(out, shown->nick);
        put_ascii(out, shown->news == PLAIN_JOINED ? " joined" : " left");
    }
}

static void put_head(struct out *out, const struct plain_shown *shown)
{
    if (shown->action)
        put_ascii(out, "* ");
    put_nick(out, shown->nick);
    put_ascii(out, shown->action ? " " : ": ");
}

/* As much of the text as fits. */
static void put_rest(struct out *out, struct plain_pieces *pieces)
{
    while (pieces->shown.text.length > 0 && out->size - out->length > CHARACTER_MAX) {
        put_printable(out, &pieces->shown.text, out->size - out->length - CHARACTER_MAX);
        if (pieces->shown.text.length > 0)
            put_character(out, &pieces->shown.text);
    }
    pieces->done = pieces->shown.text.length == 0;
}

static void put_line(struct out *out, struct plain_pieces *pieces)
{
    const struct plain_shown *shown = &pieces->shown;

    if (shown->news == PLAIN_MESSAGE) {
        if (!pieces->begun)
            put_head(out, shown);
        put_rest(out, pieces);
    } else {
        put_ascii(out, "* ");
        put_notice(out, shown);
        pieces->done = true;
    }
    if (pieces->done)
        put_ascii(out, "\n");
}

static void put_chunk(struct out *out, struct plain_pieces *pieces)
{
    const struct plain_shown *shown = &pieces->shown;

    put_ascii(out, "\n");
    if (shown->news == PLAIN_MESSAGE) {
        put_head(out, shown);
        put_rest(out, pieces);
    } else {
        put_notice(out, shown);
        put_ascii(out, "!");
        pieces->done = true;
    }
}

void plain_show(struct plain_pieces *pieces, enum plain_kind kind, const struct plain_shown *shown)
{
    bool nothing = kind == PLAIN_LINE && shown->news == PLAIN_CONNECTED;

    *pieces = (struct plain_pieces){.shown = *shown, .kind = kind, .done = nothing};
}

size_t plain_piece(struct plain_pieces *pieces, char *bytes, size_t size)
{
    struct out out = {.bytes = bytes, .size = size, .kind = pieces->kind};

    if (pieces->done)
        return 0;
    if (pieces->kind == PLAIN_LINE) {
        put_line(&out, pieces);
    } else {
        out.size = PLAIN_CHUNK_MAX - 1;
        put_chunk(&out, pieces);
    }
    pieces->begun = true;
    return out.length;
}
