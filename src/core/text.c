#include "lanchat/text.h"

#include <string.h>

struct range {
    int32_t first, last;
};

/* Unicode 15.1, general categories Zs, Zl, Zp and Cf, and the controls (Cc). In order, for the search. */
static const struct range unseen[] = {
    {0x0000,  0x0020 },
    {0x007f,  0x00a0 },
    {0x00ad,  0x00ad },
    {0x0600,  0x0605 },
    {0x061c,  0x061c },
    {0x06dd,  0x06dd },
    {0x070f,  0x070f },
    {0x0890,  0x0891 },
    {0x08e2,  0x08e2 },
    {0x1680,  0x1680 },
    {0x180e,  0x180e },
    {0x2000,  0x200f },
    {0x2028,  0x202f },
    {0x205f,  0x2064 },
    {0x2066,  0x206f },
    {0x3000,  0x3000 },
    {0xfeff,  0xfeff },
    {0xfff9,  0xfffb },
    {0x110bd, 0x110bd},
    {0x110cd, 0x110cd},
    {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0001, 0xe0001},
    {0xe0020, 0xe007f},
};

/* What reorders a terminal's line: the bidirectional controls. */
static const struct range bidirectional[] = {
    {0x061c, 0x061c},
    {0x200e, 0x200f},
    {0x202a, 0x202e},
    {0x2066, 0x2069}
};

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

#define REPLACEMENT_LENGTH (sizeof replacement - 1)

static bool in_ranges(int32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && c >= ranges[i].first; i++)
        if (c <= ranges[i].last)
            return true;
    return false;
}

bool span_equal(struct span a, struct span b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* The length of the sequence that `first` begins, and the smallest code point that may be written so long. */
static size_t sequence_length(uint8_t first, int32_t *smallest)
{
    if (first < 0x80)
        return *smallest = 0, 1;
    if (first >= 0xc2 && first <= 0xdf)
        return *smallest = 0x80, 2;
    if (first >= 0xe0 && first <= 0xef)
        return *smallest = 0x800, 3;
    if (first >= 0xf0 && first <= 0xf4)
        return *smallest = 0x10000, 4;
    return 0;
}

/* Not ASCII. */
static int32_t next_sequence(struct span *rest)
{
    const uint8_t *at = (const uint8_t *)rest->bytes;
    int32_t smallest = 0;
    size_t length = sequence_length(at[0], &smallest);
    int32_t c = at[0] & (0x7f >> length);

    if (length == 0 || length > rest->length)
        c = -1;
    for (size_t i = 1; c >= 0 && i < length; i++)
        c = (at[i] & 0xc0) == 0x80 ? (c << 6 | (at[i] & 0x3f)) : -1;
    if (c < smallest || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = -1;
    size_t taken = c < 0 ? 1 : length;
    rest->bytes += taken;
    rest->length -= taken;
    return c;
}

int32_t text_next(struct span *rest)
{
    uint8_t first = (uint8_t)rest->bytes[0];

    if (first >= 0x80)
        return next_sequence(rest);
    rest->bytes++;
    rest->length--;
    return first;
}

#define EACH      UINT64_C(0x0101010101010101)
#define HIGH_BITS (EACH * 0x80)

/* Most of what is said is ASCII, which is looked at by the word. */
static void skip_ascii(struct span *rest)
{
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof word <= rest->length; at += sizeof word) {
        memcpy(&word, rest->bytes + at, sizeof word);
        if (word & HIGH_BITS)
            break;
    }
    while (at < rest->length && (uint8_t)rest->bytes[at] < 0x80)
        at++;
    rest->bytes += at;
    rest->length -= at;
}

static bool is_printable(char c)
{
    return c >= ' ' && c <= '~';
}

/* True unless one octet of eight is below ' ' or above '~'. The lowest that is leaves its high bit in one of
 * the sums, whatever it carries into those above. */
static bool are_printable(uint64_t word)
{
    return !((word | (word + EACH) | (word - EACH * ' ')) & HIGH_BITS);
}

size_t text_printable(struct span text)
{
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof word <= text.length; at += sizeof word) {
        memcpy(&word, text.bytes + at, sizeof word);
        if (!are_printable(word))
            break;
    }
    while (at < text.length && is_printable(text.bytes[at]))
        at++;
    return at;
}

bool text_valid(struct span text)
{
    while (text.length > 0) {
        skip_ascii(&text);
        if (text.length > 0 && text_next(&text) < 0)
            return false;
    }
    return true;
}

size_t text_fit(struct span text, size_t max)
{
    if (text.length <= max)
        return text.length;
    while (max > 0 && ((uint8_t)text.bytes[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static bool ascii_may_stand_in_name(char c)
{
    return c > 0x20 && c < 0x7f && c != '~';
}

static bool may_stand_in_name(int32_t c)
{
    if (c >= 0 && c < 0x80)
        return ascii_may_stand_in_name((char)c);
    return c >= 0 && !in_ranges(c, unseen, sizeof unseen / sizeof *unseen);
}

bool text_name_valid(struct span name, size_t max)
{
    if (name.length == 0 || name.length > max)
        return false;
    for (;;) {
        while (name.length > 0 && ascii_may_stand_in_name(name.bytes[0])) {
            name.bytes++;
            name.length--;
        }
        if (name.length == 0)
            return true;
        if (!may_stand_in_name(text_next(&name)))
            return false;
    }
}

size_t text_name_clean(struct span name, char *out, size_t max)
{
    size_t length = 0;

    while (name.length > 0) {
        struct span before = name;
        bool good = may_stand_in_name(text_next(&name));
        size_t size = before.length - name.length;
        if (!good)
            continue;
        if (length + size > max)
            break;
        memcpy(out + length, before.bytes, size);
        length += size;
    }
    out[length] = '\0';
    return length;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

void text_nick_make(struct span given, char out[TEXT_NICK_MAX + 1])
{
    size_t length = 0;

    while (given.length > 0 && is_blank(given.bytes[given.length - 1]))
        given.length--;
    while (given.length > 0 && length < TEXT_NICK_MAX) {
        struct span before = given;
        int32_t c = text_next(&given);
        size_t size = before.length - given.length;
        if (is_blank(before.bytes[0]) && length > 0)
            out[length++] = '_';
        if (!may_stand_in_name(c))
            continue;
        if (length + size > TEXT_NICK_MAX)
            break;
        memcpy(out + length, before.bytes, size);
        length += size;
    }
    if (length == 0) {
        memcpy(out, "guest", 5);
        length = 5;
    }
    out[length] = '\0';
}

size_t text_repair(struct span in, char *out, size_t size)
{
    size_t length = 0;

    while (in.length > 0) {
        struct span before = in;
        int32_t c = text_next(&in);
        const char *from = c <= 0 ? replacement : before.bytes;
        size_t taken = c <= 0 ? REPLACEMENT_LENGTH : before.length - in.length;
        if (length + taken > size)
            break;
        memcpy(out + length, from, taken);
        length += taken;
    }
    return length;
}

size_t text_unfinished(struct span text)
{
    for (size_t back = 1; back <= 3 && back <= text.length; back++) {
        uint8_t byte = (uint8_t)text.bytes[text.length - back];
        int32_t smallest = 0;
        if ((byte & 0xc0) != 0x80)
            return sequence_length(byte, &smallest) > back ? back : 0;
    }
    return 0;
}

size_t text_show(struct span *rest, char out[4])
{
    struct span before = *rest;
    int32_t c = text_next(rest);
    size_t size = before.length - rest->length;

    if (c == '\r' && rest->length > 0 && rest->bytes[0] == '\n')
        return 0;
    if (c == '\t' || c == 0x2028 || c == 0x2029) {
        out[0] = ' ';
        return 1;
    }
    bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
    if ((control && c != '\n') || in_ranges(c, bidirectional, sizeof bidirectional / sizeof *bidirectional)) {
        memcpy(out, replacement, REPLACEMENT_LENGTH);
        return REPLACEMENT_LENGTH;
    }
    memcpy(out, before.bytes, size);
    return size;
}
