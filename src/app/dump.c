/* lanchat dump: every datagram heard, decoded; sends nothing. */
#include "dump.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "lanchat/system.h"
#include "lanchat/tap.h"
#include "report.h"

#define WAITING_MOST (256 * 1024) /* octets of output, before it is written within a turn */
#define HEX_COLUMNS  16

/* Printing. */

static void put_shown(FILE *file, struct span text)
{
    char shown[DESCRIBE_SHOW_MAX];

    while (text.length > 0) {
        size_t length = describe_show(&text, shown);
        fwrite(shown, 1, length, file);
    }
}

/* All of a line up to what it says: local time, interface, source, types. */
static void put_head(FILE *file, const struct dump_item *item, const char *types)
{
    time_t seconds = (time_t)(item->time_us / 1000000);
    char text[16] = "00:00:00";
    struct tm tm;

    if (localtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%H:%M:%S", &tm);
    fprintf(file, "%s.%06u ", text, (unsigned)(item->time_us % 1000000));
    put_shown(file, span_of(item->interface ? item->interface : "-"));
    fprintf(file, " %s %s  ", item->source, types);
}

static void put_hex(FILE *file, const uint8_t *bytes, size_t length)
{
    for (size_t line = 0; line < length; line += HEX_COLUMNS) {
        fprintf(file, "    %04zx ", line);
        for (size_t at = line; at < line + HEX_COLUMNS; at++)
            fprintf(file, at < length ? " %02x" : "   ", at < length ? bytes[at] : 0u);
        fputs("  ", file);
        for (size_t at = line; at < line + HEX_COLUMNS && at < length; at++)
            fputc(bytes[at] >= ' ' && bytes[at] <= '~' ? bytes[at] : '.', file);
        fputc('\n', file);
    }
}

static void put_datagram(struct dump *dump, const struct dump_item *item)
{
    struct description description;

    describe_datagram(dump->known, item->bytes, item->length, &description);
    put_head(dump->output.file, item, description.types);
    fputs(description.text, dump->output.file);
}

static void put_line(struct dump *dump, const struct dump_item *item)
{
    FILE *file = dump->output.file;

    switch (item->kind) {
    case CAPTURE_DATAGRAM:
        put_datagram(dump, item);
        break;
    case CAPTURE_TEXT:
        put_head(file, item, "text");
        fputs("plain text: ", file);
        put_shown(file, (struct span){(const char *)item->bytes, item->length});
        break;
    case CAPTURE_GREETING:
        put_head(file, item, "greeting");
        fputs("greeting NICK", file);
        break;
    case CAPTURE_PREFACE:
        put_head(file, item, "preface");
        fprintf(file, "preface of %016" PRIx64, item->id);
        break;
    }
    if (item->lacking > 0)
        fprintf(file, " (%zu octets more are not in the capture)", item->lacking);
    fputc('\n', file);
    if (dump->options->hex)
        put_hex(file, item->bytes, item->length);
}

void dump_end(struct dump *dump, int status)
{
    dump->done = true;
    dump->status = status;
}

/* A reader that has gone is no error: there is nobody left to tell. */
void dump_flush(struct dump *dump)
{
    int error = output_flush(&dump->output);

    if (error == 0)
        return;
    if (error != EPIPE && error != EINTR)
        report("standard output: %s", strerror(error));
    dump_end(dump, error == EPIPE || error == EINTR ? STATUS_DONE : STATUS_FAILED);
}

void dump_print(struct dump *dump, const struct dump_item *item)
{
    FILE *file = dump->output.file;

    if (dump->done)
        return;
    if (dump->options->json) {
        dump_json(dump, item);
        fputc('\n', file);
    } else {
        put_line(dump, item);
    }
    if (dump->options->counted && ++dump->printed == dump->options->count)
        dump_end(dump, STATUS_DONE);
    if (ftello(file) > WAITING_MOST)
        dump_flush(dump);
}

/* Live. */

static void on_datagram(void *context, const struct tap_datagram *datagram)
{
    char source[LAN_ADDRESS_MAX], destination[LAN_ADDRESS_MAX];
    const struct dump_item item = {
        .kind = CAPTURE_DATAGRAM,
        .time_us = datagram->time_us,
        .interface = datagram->interface,
        .source = source,
        .destination = destination,
        .bytes = datagram->bytes,
        .length = datagram->length,
    };

    lan_address_text(&datagram->from, source);
    lan_address_text(&datagram->to, destination);
    dump_print(context, &item);
}

static void on_notice(void *context, const char *line)
{
    const struct dump *dump = context;

    if (!dump->output.quiet)
        report("%s", line);
}

static void on_signal(void *context)
{
    dump_end(context, STATUS_DONE);
}

/* Without -c to have listened so long was the task; with it, it was not done in time. */
static void time_out(struct dump *dump)
{
    dump_end(dump, dump->options->counted ? STATUS_FAILED : STATUS_DONE);
}

/* tap NULL: there is none. */
static void turn(struct dump *dump, struct loop *loop, struct tap *tap, uint64_t give_up_us)
{
    uint64_t deadline = give_up_us;

    if (tap)
        tap_tick(tap);
    if (tap && tap_deadline(tap) < deadline)
        deadline = tap_deadline(tap);
    uint64_t now = system_time().now_us;
    uint64_t timeout = deadline == LOOP_FOREVER ? LOOP_FOREVER : deadline > now ? deadline - now : 0;
    if (!loop_wait(loop, timeout)) {
        report("waiting: %s", strerror(errno));
        dump_end(dump, STATUS_FAILED);
    }
    dump_flush(dump);
    if (!dump->done && give_up_us <= system_time().now_us)
        time_out(dump);
}

static void run(struct dump *dump, struct loop *loop, struct tap *tap)
{
    const struct options *options = dump->options;
    uint64_t give_up_us = options->waiting ? system_time().now_us + options->wait_us : LOOP_FOREVER;

    while (!dump->done)
        turn(dump, loop, tap, give_up_us);
}

static void run_live(struct dump *dump, struct loop *loop)
{
    char error[LAN_ERROR_MAX];
    bool usage;

    struct tap *tap = tap_open(&dump->options->lan, loop, on_datagram, on_notice, dump, error, &usage);
    if (tap)
        run(dump, loop, tap);
    else
        report("%s", error);
    if (!tap && usage)
        dump->status = STATUS_USAGE;
    tap_close(tap);
}

static void run_file(struct dump *dump, struct loop *loop)
{
    struct dump_file *file = dump_file_open(dump, loop);

    if (file)
        run(dump, loop, NULL);
    dump_file_close(file);
}

int command_dump(const struct options *options)
{
    struct dump dump = {.options = options, .status = STATUS_FAILED};

    bool printing = output_open(&dump.output, options);
    int signals = system_signals();
    struct loop *loop = loop_new();
    dump.known = known_new();
    bool ready = printing && signals >= 0 && loop && dump.known && loop_add(loop, signals, on_signal, &dump);
    if (!ready)
        report("%s", strerror(errno));
    else if (options->read)
        run_file(&dump, loop);
    else
        run_live(&dump, loop);
    known_free(dump.known);
    loop_free(loop);
    output_close(&dump.output);
    return dump.status;
}
