#include "reassembly.h"

#include <stdlib.h>
#include <string.h>

#define STORE_MAX ((size_t)64 * 1024)
/* What is so far from what is next belongs to something else: no window is that large in a chat. */
#define REACH (INT32_C(16) * 1024 * 1024)
/* Segments are captured out of order by less than that. */
#define PATIENCE_US UINT64_C(300000)

/* Sequence numbers wrap (RFC 9293, 3.4): how far `a` is behind `b` is in 32 bits. */
static int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

static size_t cost(const struct reassembly_piece *piece)
{
    return sizeof *piece + (piece->hole ? 0 : piece->length);
}

static struct reassembly_piece *take_first(struct reassembly *reassembly)
{
    struct reassembly_piece *piece = reassembly->first;

    reassembly->first = piece->next;
    reassembly->stored -= cost(piece);
    return piece;
}

void reassembly_free(struct reassembly *reassembly)
{
    while (reassembly->first)
        free(take_first(reassembly));
    *reassembly = (struct reassembly){0};
}

static void start_at(struct reassembly *reassembly, uint32_t sequence)
{
    reassembly_free(reassembly);
    reassembly->begun = true;
    reassembly->start = reassembly->next = sequence;
}

bool reassembly_begin(struct reassembly *reassembly, uint32_t sequence)
{
    if (reassembly->begun)
        return reassembly->start == sequence;
    start_at(reassembly, sequence);
    return true;
}

static bool insert(struct reassembly *reassembly, struct reassembly_piece **place, uint32_t sequence,
                   const uint8_t *bytes, size_t length, uint64_t time_us)
{
    struct reassembly_piece *piece = malloc(sizeof *piece + (bytes ? length : 0));

    if (!piece)
        return false;
    *piece = (struct reassembly_piece){
        .next = *place, .time_us = time_us, .sequence = sequence, .length = length, .hole = !bytes};
    if (bytes)
        memcpy(piece->bytes, bytes, length);
    *place = piece;
    reassembly->stored += cost(piece);
    return true;
}

/* What of the segment is not there yet, which may be several pieces. */
static bool fill(struct reassembly *reassembly, uint32_t sequence, const uint8_t *bytes, size_t length,
                 uint64_t time_us)
{
    struct reassembly_piece **place = &reassembly->first;

    while (length > 0) {
        const struct reassembly_piece *piece = *place;
        size_t before = length, over;
        if (piece && distance(piece->sequence, sequence) < (int32_t)length)
            before = distance(piece->sequence, sequence) > 0 ? piece->sequence - sequence : 0;
        if (before > 0 && !insert(reassembly, place, sequence, bytes, before, time_us))
            return false;
        if (before == length)
            return true;
        if (before > 0)
            place = &(*place)->next;
        over = piece->sequence + (uint32_t)piece->length - sequence;
        if (distance((uint32_t)over, 0) > 0) {
            over = over < length ? over : length;
            sequence += (uint32_t)over;
            bytes = bytes ? bytes + over : NULL;
            length -= over;
        }
        place = &(*place)->next;
    }
    return true;
}

/* Goes on elsewhere; how much is missing nobody knows. */
static bool leap(struct reassembly *reassembly, uint32_t sequence, uint64_t time_us)
{
    start_at(reassembly, sequence - 1);
    return fill(reassembly, sequence - 1, NULL, 1, time_us);
}

bool reassembly_put(struct reassembly *reassembly, uint32_t sequence, const uint8_t *bytes, size_t length,
                    uint64_t time_us)
{
    int32_t ahead;

    if (length == 0)
        return true;
    if (!reassembly->begun)
        start_at(reassembly, sequence);
    ahead = distance(sequence, reassembly->next);
    if (ahead < -REACH || ahead > REACH)
        return leap(reassembly, sequence, time_us) && fill(reassembly, sequence, bytes, length, time_us);
    if (ahead < 0 && (size_t)-ahead >= length)
        return true;
    if (ahead < 0) {
        sequence = reassembly->next;
        bytes = bytes ? bytes - ahead : NULL;
        length -= (size_t)-ahead;
    }
    return fill(reassembly, sequence, bytes, length, time_us);
}

void reassembly_fin(struct reassembly *reassembly, uint32_t sequence)
{
    reassembly->fin = sequence;
    reassembly->fin_seen = true;
}

void reassembly_acknowledge(struct reassembly *reassembly, uint32_t sequence)
{
    if (!reassembly->ack_seen || distance(sequence, reassembly->acknowledged) > 0)
        reassembly->acknowledged = sequence;
    reassembly->ack_seen = true;
}

struct reassembly_piece *reassembly_get(struct reassembly *reassembly)
{
    if (!reassembly->first || reassembly->first->sequence != reassembly->next)
        return NULL;
    reassembly->next += (uint32_t)reassembly->first->length;
    return take_first(reassembly);
}

uint64_t reassembly_deadline(const struct reassembly *reassembly)
{
    const struct reassembly_piece *first = reassembly->first;

    if (!first || !reassembly->ack_seen || distance(reassembly->acknowledged, first->sequence) < 0)
        return UINT64_MAX;
    return first->time_us + PATIENCE_US;
}

uint32_t reassembly_skip(struct reassembly *reassembly, uint64_t now_us, bool all)
{
    uint32_t gap;

    if (!reassembly->first)
        return 0;
    if (!all && reassembly->stored <= STORE_MAX && now_us < reassembly_deadline(reassembly))
        return 0;
    gap = reassembly->first->sequence - reassembly->next;
    reassembly->next = reassembly->first->sequence;
    return gap;
}

bool reassembly_finished(const struct reassembly *reassembly)
{
    return reassembly->begun && reassembly->fin_seen && reassembly->next == reassembly->fin;
}
