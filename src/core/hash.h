/* FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923): room tags and the digests of vectors and rosters.
 * It tells sets apart, it does not resist an attacker; sealed rooms use a keyed hash for their tag. */
#ifndef LANCHAT_HASH_H
#define LANCHAT_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length);

/* The hash of an id and a number, both big-endian, as they enter a digest: 12 octets. A digest is the sum of
 * these modulo 2^64. */
uint64_t hash_pair(uint64_t id, uint32_t number);

#endif
