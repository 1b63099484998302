/* base/hash_sha3.c - SHA-3: the sponge over the permutation Keccak-f[1600]. */
#include "base/hash_sha3.h"

#include <string.h>

static inline uint64_t rotate(uint64_t a, unsigned by)
{
    return a << by | a >> (64 - by);
}

/* FIPS 202, section 3.2: theta, rho with pi, chi and iota, 24 times. */
static void permute(uint64_t a[25])
{
    static const uint64_t constants[24] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
        0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
    static const uint8_t places[24] = {10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1};
    for (unsigned round = 0; round < 24; round++) {
        uint64_t sums[5];
        for (unsigned x = 0; x < 5; x++)
            sums[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        for (unsigned x = 0; x < 5; x++) {
            uint64_t mixed = sums[(x + 4) % 5] ^ rotate(sums[(x + 1) % 5], 1);
            for (unsigned y = 0; y < 25; y += 5)
                a[y + x] ^= mixed;
        }
        uint64_t moved = a[1];
        for (unsigned i = 0; i < 24; i++) { /* by the triangular numbers */
            uint64_t next = a[places[i]];
            unsigned by = (i + 1) * (i + 2) / 2 % 64;
            a[places[i]] = by ? rotate(moved, by) : moved;
            moved = next;
        }
        for (unsigned y = 0; y < 25; y += 5) {
            uint64_t row[5];
            memcpy(row, a + y, sizeof row);
            for (unsigned x = 0; x < 5; x++)
                a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
        }
        a[0] ^= constants[round];
    }
}

void hash_sha3_init(struct hash_sha3 *h, unsigned size)
{
    *h = (struct hash_sha3){.size = size, .rate = 200 - 2 * size};
}

void hash_sha3_update(struct hash_sha3 *h, const void *data, size_t size)
{
    const unsigned char *p = data;
    for (; size && h->used % 8; size--) {
        h->state[h->used / 8] ^= (uint64_t)*p++ << h->used % 8 * 8;
        if (++h->used == h->rate)
            permute(h->state), h->used = 0;
    }
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 8; i++)
            word |= (uint64_t)p[i] << i * 8;
        h->state[h->used / 8] ^= word;
        if ((h->used += 8) == h->rate)
            permute(h->state), h->used = 0;
    }
    for (; size; size--, h->used++)
        h->state[h->used / 8] ^= (uint64_t)*p++ << h->used % 8 * 8;
}

void hash_sha3_finish(struct hash_sha3 *h, unsigned char *digest)
{
    h->state[h->used / 8] ^= (uint64_t)0x06 << h->used % 8 * 8;
    h->state[h->rate / 8 - 1] ^= (uint64_t)0x80 << 56;
    permute(h->state);
    for (unsigned i = 0; i < h->size; i++)
        digest[i] = (unsigned char)(h->state[i / 8] >> i % 8 * 8);
}
