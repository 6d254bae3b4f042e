/* Times in a histogram whose classes are 3 % wide: to add one costs nothing that could be measured. */
#ifndef LANCHAT_BENCH_HISTOGRAM_H
#define LANCHAT_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BITS 5 /* of a value that tell its class, behind the first */
#define HISTOGRAM_SIZE (64 << HISTOGRAM_BITS)

struct histogram {
    uint64_t counts[HISTOGRAM_SIZE], total;
};

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
    unsigned exponent = 63 - (unsigned)__builtin_clzll(value | (1 << HISTOGRAM_BITS)),
             shift = exponent - HISTOGRAM_BITS;

    histogram->counts[(shift << HISTOGRAM_BITS) + (value >> shift)]++;
    histogram->total++;
}

/* The value below which so great a part of them is. */
static inline uint64_t histogram_at(const struct histogram *histogram, double part)
{
    uint64_t left = (uint64_t)(part * (double)histogram->total);
    size_t i = 0;

    while (i < HISTOGRAM_SIZE - 1 && histogram->counts[i] <= left)
        left -= histogram->counts[i++];
    if (i < 2 << HISTOGRAM_BITS)
        return i;
    return ((i & ((1 << HISTOGRAM_BITS) - 1)) | (1 << HISTOGRAM_BITS)) << ((i >> HISTOGRAM_BITS) - 1);
}

#endif
