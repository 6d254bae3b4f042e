/* collect COUNT SECONDS PIPE...: reads lines that `speak` said from each pipe, until COUNT came from each, or
 * for so long; prints how long they were under way, from their moment to ours, and how many pipes gave all of
 * them, each once. Lines without a moment are only counted. */
#include <fcntl.h>
#include <poll.h>

#include "bench.h"

#define BUFFER 65536

struct source {
    char bytes[BUFFER + 1];
    size_t length;
    uint64_t lines;
    uint8_t *seen; /* by number */
    uint64_t twice;
};

struct collection {
    uint64_t count, start, last;
    size_t pipes, complete;
    struct source *sources;
    struct pollfd *files;
    uint64_t *delays;
    size_t measured;
};

static void take_line(struct collection *collection, struct source *source, const char *line, uint64_t now)
{
    const char *at = strchr(line, '@');
    char *end;

    if (!at)
        return;
    uint64_t moment = strtoull(at + 1, &end, 10), number = strtoull(end, NULL, 10);
    if (number == 0 || number > collection->count)
        return;
    if (source->seen[number - 1]) {
        source->twice++;
        return;
    }
    source->seen[number - 1] = 1;
    if (collection->start == 0)
        collection->start = now;
    collection->last = now;
    if (moment > 0) /* else it is one of many, of which only the number is wanted */
        collection->delays[collection->measured++] = now - moment;
    if (++source->lines == collection->count)
        collection->complete++;
}

static void take(struct collection *collection, struct source *source, int fd)
{
    ssize_t got = read(fd, source->bytes + source->length, BUFFER - source->length);
    uint64_t now = bench_now();
    char *line = source->bytes, *end;

    if (got <= 0)
        return;
    source->length += (size_t)got;
    source->bytes[source->length] = '\0';
    while ((end = memchr(line, '\n', source->length - (size_t)(line - source->bytes)))) {
        *end = '\0';
        take_line(collection, source, line, now);
        line = end + 1;
    }
    source->length -= (size_t)(line - source->bytes);
    if (source->length == BUFFER)
        source->length = 0; /* no line of ours */
    memmove(source->bytes, line, source->length);
}

static void open_pipes(struct collection *collection, char **names)
{
    for (size_t i = 0; i < collection->pipes; i++) {
        int fd = open(names[i], O_RDONLY | O_NONBLOCK);
        if (fd < 0)
            bench_fail(names[i]);
        collection->files[i] = (struct pollfd){.fd = fd, .events = POLLIN};
        collection->sources[i].seen = bench_memory(collection->count, 1);
    }
}

/* A pipe whose writer has gone is looked at no more. */
static void collect(struct collection *collection, uint64_t until)
{
    while (collection->complete < collection->pipes && bench_now() < until) {
        if (poll(collection->files, collection->pipes, 100) < 0 && errno != EINTR)
            bench_fail("poll");
        for (size_t i = 0; i < collection->pipes; i++) {
            struct pollfd *file = &collection->files[i];
            if (file->revents & POLLIN)
                take(collection, &collection->sources[i], file->fd);
            else if (file->revents)
                file->fd = -1;
            file->revents = 0;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: collect COUNT SECONDS PIPE...\n");
        return 2;
    }
    struct collection collection = {.count = bench_number(argv[1]), .pipes = (size_t)argc - 3};
    uint64_t lines = 0, twice = 0;
    collection.sources = bench_memory(collection.pipes, sizeof *collection.sources);
    collection.files = bench_memory(collection.pipes, sizeof *collection.files);
    collection.delays = bench_memory(collection.pipes * collection.count, sizeof *collection.delays);
    open_pipes(&collection, argv + 3);
    collect(&collection, bench_now() + bench_number(argv[2]) * BENCH_SECOND);
    for (size_t i = 0; i < collection.pipes; i++) {
        lines += collection.sources[i].lines;
        twice += collection.sources[i].twice;
    }
    printf("complete=%zu of=%zu lines=%" PRIu64 " twice=%" PRIu64 " first=%" PRIu64 " last=%" PRIu64 " ",
           collection.complete, collection.pipes, lines, twice, collection.start, collection.last);
    bench_print_delays(collection.delays, collection.measured);
    return 0;
}
