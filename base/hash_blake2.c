/* base/hash_blake2.c - BLAKE2b. */
#include "base/hash_blake2.h"

#include <string.h>

static const uint64_t start[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
                                  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

static uint64_t load(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define MIX(a, b, c, d, x, y)                                                                                \
    do {                                                                                                     \
        v[a] += v[b] + m[x];                                                                                 \
        v[d] = ROTATE(v[d] ^ v[a], 32);                                                                      \
        v[c] += v[d];                                                                                        \
        v[b] = ROTATE(v[b] ^ v[c], 24);                                                                      \
        v[a] += v[b] + m[y];                                                                                 \
        v[d] = ROTATE(v[d] ^ v[a], 16);                                                                      \
        v[c] += v[d];                                                                                        \
        v[b] = ROTATE(v[b] ^ v[c], 63);                                                                      \
    } while (0)
/* Columns, then diagonals, with the words in the order given. */
#define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q)                                                \
    do {                                                                                                     \
        MIX(0, 4, 8, 12, a, b);                                                                              \
        MIX(1, 5, 9, 13, c, d);                                                                              \
        MIX(2, 6, 10, 14, e, f);                                                                             \
        MIX(3, 7, 11, 15, g, h);                                                                             \
        MIX(0, 5, 10, 15, i, j);                                                                             \
        MIX(1, 6, 11, 12, k, l);                                                                             \
        MIX(2, 7, 8, 13, n, o);                                                                              \
        MIX(3, 4, 9, 14, p, q);                                                                              \
    } while (0)

/* `last` is all ones for the last block. */
static void one_block(struct hash_blake2 *h, const unsigned char *data, uint64_t last)
{
    uint64_t v[16], m[16];
    for (int i = 0; i < 16; i += 4) {
        m[i] = load(data + 8 * i);
        m[i + 1] = load(data + 8 * i + 8);
        m[i + 2] = load(data + 8 * i + 16);
        m[i + 3] = load(data + 8 * i + 24);
    }
    for (int i = 0; i < 8; i++) {
        v[i] = h->state[i];
        v[i + 8] = start[i];
    }
    v[12] ^= h->length;
    v[14] ^= last;
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
    ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
    ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
    ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
    ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
    ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
    ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
    ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
    ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
    for (int i = 0; i < 8; i++)
        h->state[i] ^= v[i] ^ v[i + 8];
}

void hash_blake2_init(struct hash_blake2 *h, int size)
{
    *h = (struct hash_blake2){.size = size};
    memcpy(h->state, start, sizeof h->state);
    h->state[0] ^= 0x01010000u ^ (unsigned)size;
}

/* The last block is told apart, so a full one waits until more comes. */
void hash_blake2_update(struct hash_blake2 *h, const void *data, size_t size)
{
    const unsigned char *p = data;
    if (size == 0)
        return;
    if (h->held && size > 128 - h->held) {
        size_t more = 128 - h->held;
        memcpy(h->block + h->held, p, more);
        h->length += 128;
        one_block(h, h->block, 0);
        h->held = 0;
        p += more;
        size -= more;
    }
    for (; h->held == 0 && size > 128; p += 128, size -= 128) {
        h->length += 128;
        one_block(h, p, 0);
    }
    memcpy(h->block + h->held, p, size);
    h->held += size;
}

void hash_blake2_finish(struct hash_blake2 *h, unsigned char *digest)
{
    memset(h->block + h->held, 0, 128 - h->held);
    h->length += h->held;
    one_block(h, h->block, UINT64_MAX);
    for (int i = 0; i < h->size; i++)
        digest[i] = (unsigned char)(h->state[i / 8] >> (8 * (i % 8)));
}
