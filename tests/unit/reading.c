#include "reading.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

__attribute__((format(printf, 2, 3))) static void say(struct image *log, const char *format, ...)
{
    char line[256];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    ck_assert_int_lt(length, (int)sizeof line);
    image_put(log, line, (size_t)length);
}

static void say_address(struct image *log, const struct capture_address *address)
{
    const uint8_t *at = address->octets;

    ck_assert(address->family == 4 || address->family == 6);
    if (address->family == 4)
        say(log, "%u.%u.%u.%u:%u ", at[0], at[1], at[2], at[3], address->port);
    else
        say(log, "[%02x%02x::%x]:%u ", at[0], at[1], at[15], address->port);
}

static void say_event(struct reading *reading, const struct capture_event *event)
{
    static const char *const kinds[] = {"datagram", "text", "greeting", "preface"};
    struct image *log = &reading->log;

    if (!reading->no_time)
        say(log, "%" PRIu64 " ", event->time_us);
    say(log, "%s %s ", event->interface ? event->interface : "-", event->tcp ? "tcp" : "udp");
    say_address(log, &event->source);
    say_address(log, &event->destination);
    say(log, "%s ", kinds[event->kind]);
    if (event->kind == CAPTURE_DATAGRAM) {
        for (size_t i = 0; i < event->length; i++)
            say(log, "%02x", event->bytes[i]);
    } else {
        image_put(log, "\"", 1);
        image_put(log, event->bytes, event->length);
        image_put(log, "\"", 1);
    }
    if (event->kind == CAPTURE_PREFACE)
        say(log, " %016" PRIx64, event->id);
    if (event->lacking > 0)
        say(log, " (%zu lacking)", event->lacking);
    say(log, "\n");
}

static bool next(struct capture *capture, struct capture_event *event)
{
    memory_enter();
    bool is = capture_next(capture, event);
    memory_leave();
    return is;
}

static void drain(struct reading *reading, struct capture *capture, const long *octets)
{
    struct capture_event event;

    while (next(capture, &event)) {
        ck_assert(event.kind != CAPTURE_TEXT || event.length > 0);
        if (reading->port == 0 || reading->port == event.source.port)
            say_event(reading, &event);
    }
    if (*octets > reading->memory)
        reading->memory = *octets;
}

/* A copy of just these octets, so that a read past them is seen. */
static void feed(struct reading *reading, struct capture *capture, const uint8_t *bytes, size_t length,
                 const long *octets)
{
    uint8_t *exact = memory_grow(NULL, length);

    memcpy(exact, bytes, length);
    capture_feed(capture, exact, length);
    drain(reading, capture, octets);
    free(exact);
}

void reading_read(struct reading *reading, const void *file, size_t length)
{
    const uint8_t *bytes = file;
    long octets = 0;
    uint64_t offset;
    const char *error;

    memory_account(&octets);
    memory_enter();
    struct capture *capture = capture_new(55555);
    memory_leave();
    if (!capture)
        return;
    for (size_t at = 0, step; at < length; at += step) {
        step = reading->step && reading->step < length - at ? reading->step : length - at;
        feed(reading, capture, bytes + at, step, &octets);
    }
    capture_end(capture);
    drain(reading, capture, &octets);
    error = capture_error(capture, &offset);
    if (error)
        say(&reading->log, "error at %" PRIu64 ": %s\n", offset, error);
    reading->counts = capture_counts(capture);
    memory_enter();
    capture_free(capture);
    memory_leave();
    memory_account(NULL);
    ck_assert_int_eq(octets, 0);
    image_put(&reading->log, "", 1);
}

void reading_free(struct reading *reading)
{
    image_free(&reading->log);
}

void reading_expect(const struct image *file, struct reading how, const char *expected)
{
    reading_read(&how, file->bytes, file->length);
    ck_assert_msg(strcmp((const char *)how.log.bytes, expected) == 0, "fed %zu at a time:\n%sinstead of\n%s",
                  how.step, (const char *)how.log.bytes, expected);
    reading_free(&how);
}
