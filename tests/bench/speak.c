/* speak COUNT RATE OCTETS: writes so many lines of so many octets, newline not counted, at even intervals, so
 * many a second; a RATE of 0: as fast as they are taken, without the moments. */
#include "bench.h"

#define LINES_AT_ONCE 512

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, length);
        if (done < 0 && errno != EINTR)
            bench_fail("write");
        if (done > 0) {
            bytes += done;
            length -= (size_t)done;
        }
    }
}

static void speak_evenly(uint64_t count, uint64_t rate, size_t octets)
{
    char *line = bench_memory(octets, 1);
    uint64_t start = bench_now();

    for (uint64_t i = 0; i < count; i++) {
        bench_wait_until(start + i * BENCH_SECOND / rate);
        bench_line(line, octets, bench_now(), i + 1);
        write_all(line, octets);
    }
    free(line);
}

static void speak_fast(uint64_t count, size_t octets)
{
    char *lines = bench_memory(LINES_AT_ONCE, octets);

    for (uint64_t i = 0; i < count;) {
        size_t n = 0;
        for (; n < LINES_AT_ONCE && i < count; n++, i++)
            bench_line(lines + n * octets, octets, 0, i + 1);
        write_all(lines, n * octets);
    }
    free(lines);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: speak COUNT RATE OCTETS\n");
        return 2;
    }
    uint64_t count = bench_number(argv[1]), rate = bench_number(argv[2]);
    size_t octets = (size_t)bench_number(argv[3]) + 1;
    if (rate > 0)
        speak_evenly(count, rate, octets);
    else
        speak_fast(count, octets);
    return 0;
}
