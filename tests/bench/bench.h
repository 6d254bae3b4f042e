/* What the benchmark's programs share: the clock, numbers as arguments, waiting, and percentiles. The clock
 * is the system's monotonic one, which is the same in all network namespaces, so that a line can carry the
 * moment at which it was said: `@`, that moment in nanoseconds, and whatever else. */
#ifndef LANCHAT_BENCH_H
#define LANCHAT_BENCH_H

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BENCH_SECOND UINT64_C(1000000000)
#define BENCH_GROUP  "239.255.67.73" /* of the bare datagrams: not lanchat's */
#define BENCH_PORT   55599

_Noreturn static inline void bench_fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline uint64_t bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * BENCH_SECOND + (uint64_t)now.tv_nsec;
}

static inline void bench_wait_until(uint64_t moment)
{
    struct timespec until = {(time_t)(moment / BENCH_SECOND), (long)(moment % BENCH_SECOND)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
}

static inline uint64_t bench_number(const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0') {
        fprintf(stderr, "%s: not a number\n", text);
        exit(2);
    }
    return number;
}

static inline void *bench_memory(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        bench_fail("memory");
    return memory;
}

/* Writes a line of `octets` octets that ends with a newline and names the moment and its number. */
static inline void bench_line(char *line, size_t octets, uint64_t moment, uint64_t number)
{
    char head[64];
    size_t length = (size_t)snprintf(head, sizeof head, "@%" PRIu64 " %" PRIu64 " ", moment, number);

    memset(line, '.', octets);
    memcpy(line, head, length < octets ? length : octets - 1);
    line[octets - 1] = '\n';
}

/* The moment that a line names; 0: none. */
static inline uint64_t bench_moment(const char *line)
{
    const char *at = strchr(line, '@');

    return at ? strtoull(at + 1, NULL, 10) : 0;
}

static inline int bench_compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

    return a < b ? -1 : a > b;
}

/* Prints how many there are, and median, 99th percentile and maximum in microseconds; sorts them. */
static inline void bench_print_delays(uint64_t *delays, size_t count)
{
    qsort(delays, count, sizeof *delays, bench_compare);
    printf("count=%zu", count);
    if (count > 0)
        printf(" median=%.1f p99=%.1f max=%.1f", (double)delays[count / 2] / 1e3,
               (double)delays[count - 1 - count / 100] / 1e3, (double)delays[count - 1] / 1e3);
    printf("\n");
}

#endif
