#include "json.h"

#include <string.h>
#include <time.h>

static void put_escaped(FILE *file, int32_t c)
{
    if (c >= 0x10000)
        fprintf(file, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)), (unsigned)(0xdc00 | (c & 0x3ff)));
    else
        fprintf(file, "\\u%04x", (unsigned)c);
}

void json_string(FILE *file, struct span text)
{
    fputc('"', file);
    while (text.length > 0) {
        struct span before = text;
        char shown[4];
        int32_t c = text_next(&text);
        size_t size = before.length - text.length;
        struct span character = {before.bytes, size};
        if (c == '"' || c == '\\')
            fprintf(file, "\\%c", (char)c);
        else if (c == '\n')
            fputs("\\n", file);
        else if (c == '\t')
            fputs("\\t", file);
        else if (c < 0)
            fputs("\\ufffd", file);
        else if (text_show(&character, shown) == size && memcmp(shown, before.bytes, size) == 0)
            fwrite(before.bytes, 1, size, file);
        else
            put_escaped(file, c);
    }
    fputc('"', file);
}

void json_member(FILE *file, const char *name, struct span text)
{
    fprintf(file, ",\"%s\":", name);
    if (text.length > 0)
        json_string(file, text);
    else
        fputs("null", file);
}

/* Seconds since 1970, as RFC 3339 has them without the fraction. A year of more than four digits is none of
 * its. */
static void put_seconds(FILE *file, uint64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm tm;
    char text[40] = "1970-01-01T00:00:00";

    if (seconds < UINT64_C(253402300800) && gmtime_r(&time, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    fputs(text, file);
}

void json_time_ms(FILE *file, uint64_t clock_ms)
{
    fputc('"', file);
    put_seconds(file, clock_ms / 1000);
    fprintf(file, ".%03uZ\"", (unsigned)(clock_ms % 1000));
}

void json_time_us(FILE *file, uint64_t clock_us)
{
    fputc('"', file);
    put_seconds(file, clock_us / 1000000);
    fprintf(file, ".%06uZ\"", (unsigned)(clock_us % 1000000));
}
