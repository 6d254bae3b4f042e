/* dump --read: what a capture file, or a pipe from who captures, holds of lanchat. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "dump.h"
#include "report.h"

#define READ_OCTETS 65536

struct dump_file {
    struct dump *dump;
    struct loop *loop;
    const char *name;
    int fd;
    struct capture *capture;
    uint8_t bytes[READ_OCTETS];
};

static void write_address(const struct capture_address *address, char out[LAN_ADDRESS_MAX])
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->octets, text, sizeof text);
    snprintf(out, LAN_ADDRESS_MAX, address->family == 4 ? "%s:%u" : "[%s]:%u", text, address->port);
}

static void print(struct dump *dump, const struct capture_event *event)
{
    char source[LAN_ADDRESS_MAX], destination[LAN_ADDRESS_MAX];
    const struct dump_item item = {
        .kind = event->kind,
        .time_us = event->time_us,
        .interface = event->interface,
        .source = source,
        .destination = destination,
        .bytes = event->bytes,
        .length = event->length,
        .lacking = event->lacking,
        .id = event->id,
    };

    write_address(&event->source, source);
    write_address(&event->destination, destination);
    dump_print(dump, &item);
}

static void print_all(struct dump_file *file)
{
    struct capture_event event;

    while (!file->dump->done && capture_next(file->capture, &event))
        print(file->dump, &event);
}

static void tell(const struct dump_file *file, const char *what, uint64_t count)
{
    if (count > 0 && !file->dump->output.quiet)
        report("%s: %s: %" PRIu64, file->name, what, count);
}

/* What was in the file and could not be shown. */
static void tell_counts(const struct dump_file *file)
{
    struct capture_counts counts = capture_counts(file->capture);

    tell(file, "packets of a link type that is not known, passed over", counts.unknown);
    tell(file, "IP fragments, passed over", counts.fragments);
    tell(file, "packets without their end (capture them whole: tcpdump -s 0)", counts.cut);
    tell(file, "octets of connections that are not in the capture", counts.lost_octets);
}

static void finish(struct dump_file *file, int status)
{
    dump_flush(file->dump);
    if (file->dump->done)
        return;
    tell_counts(file);
    dump_end(file->dump, status);
}

/* What came before an error is printed before it is told. */
static void check(struct dump_file *file)
{
    uint64_t offset;
    const char *error = capture_error(file->capture, &offset);

    if (!error || file->dump->done)
        return;
    dump_flush(file->dump);
    if (offset > 0)
        report("%s: %s (at octet %" PRIu64 ")", file->name, error, offset);
    else
        report("%s: %s", file->name, error);
    finish(file, STATUS_FAILED);
}

static void on_readable(void *context)
{
    struct dump_file *file = context;

    if (file->dump->done)
        return;
    ssize_t got = read(file->fd, file->bytes, sizeof file->bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got < 0) {
        report("%s: %s", file->name, strerror(errno));
        finish(file, STATUS_FAILED);
        return;
    }
    if (got > 0)
        capture_feed(file->capture, file->bytes, (size_t)got);
    else
        capture_end(file->capture);
    print_all(file);
    check(file);
    if (got == 0 && !file->dump->done)
        finish(file, STATUS_DONE);
}

struct dump_file *dump_file_open(struct dump *dump, struct loop *loop)
{
    struct dump_file *file = calloc(1, sizeof *file);
    const char *name = dump->options->read;
    bool standard = strcmp(name, "-") == 0;
    int fd = file && !standard ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

    if (file)
        *file = (struct dump_file){
            .dump = dump, .loop = loop, .name = standard ? "standard input" : name, .fd = fd};
    if (file && fd >= 0)
        file->capture = capture_new(dump->options->lan.port);
    if (file && file->capture && loop_add(loop, fd, on_readable, file))
        return file;
    if (errno == EINTR)
        dump_end(dump, STATUS_DONE); /* a signal, while nobody wrote to a pipe */
    else
        report("%s: %s", name, strerror(errno));
    dump_file_close(file);
    return NULL;
}

void dump_file_close(struct dump_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        loop_remove(file->loop, file->fd);
    if (file->fd > STDIN_FILENO)
        close(file->fd);
    capture_free(file->capture);
    free(file);
}
