#include "hash.h"

uint64_t hash_bytes(const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 0x100000001b3;
    return hash;
}

uint64_t hash_pair(uint64_t id, uint32_t number)
{
    uint8_t octets[12];

    for (int i = 0; i < 8; i++)
        octets[i] = (uint8_t)(id >> (56 - 8 * i));
    for (int i = 0; i < 4; i++)
        octets[8 + i] = (uint8_t)(number >> (24 - 8 * i));
    return hash_bytes(octets, sizeof octets);
}
