/* base/hash_sha1.c - SHA-1. */
#include "base/hash_sha1.h"

#include <string.h>

static uint32_t load(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void store(unsigned char *p, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(word >> (24 - 8 * i));
}

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MOST(x, y, z) (((x) & (y)) + ((z) & ((x) ^ (y))))
/* The words of a block go round in a ring of 16. */
#define FIRST(i) (w[i] = load(data + 4 * (i)))
#define LATER(i)                                                                                             \
    (w[(i)&15] ^= w[((i) + 13) & 15] ^ w[((i) + 8) & 15] ^ w[((i) + 2) & 15],                                \
     w[(i)&15] = ROTATE(w[(i)&15], 1))
#define STEP(a, b, c, d, e, f, add, word) (e += ROTATE(a, 5) + f(b, c, d) + (add) + (word), b = ROTATE(b, 30))
#define FIVE(f, add, word, i)                                                                                \
    do {                                                                                                     \
        STEP(a, b, c, d, e, f, add, word(i));                                                                \
        STEP(e, a, b, c, d, f, add, word((i) + 1));                                                          \
        STEP(d, e, a, b, c, f, add, word((i) + 2));                                                          \
        STEP(c, d, e, a, b, f, add, word((i) + 3));                                                          \
        STEP(b, c, d, e, a, f, add, word((i) + 4));                                                          \
    } while (0)

static void blocks(struct hash_sha1 *h, const unsigned char *data, size_t count)
{
    uint32_t a = h->state[0], b = h->state[1], c = h->state[2], d = h->state[3], e = h->state[4], w[16];
    for (; count > 0; count--, data += 64) {
        FIVE(CHOOSE, 0x5a827999, FIRST, 0);
        FIVE(CHOOSE, 0x5a827999, FIRST, 5);
        FIVE(CHOOSE, 0x5a827999, FIRST, 10);
        STEP(a, b, c, d, e, CHOOSE, 0x5a827999, FIRST(15));
        STEP(e, a, b, c, d, CHOOSE, 0x5a827999, LATER(16));
        STEP(d, e, a, b, c, CHOOSE, 0x5a827999, LATER(17));
        STEP(c, d, e, a, b, CHOOSE, 0x5a827999, LATER(18));
        STEP(b, c, d, e, a, CHOOSE, 0x5a827999, LATER(19));
        FIVE(PARITY, 0x6ed9eba1, LATER, 20);
        FIVE(PARITY, 0x6ed9eba1, LATER, 25);
        FIVE(PARITY, 0x6ed9eba1, LATER, 30);
        FIVE(PARITY, 0x6ed9eba1, LATER, 35);
        FIVE(MOST, 0x8f1bbcdc, LATER, 40);
        FIVE(MOST, 0x8f1bbcdc, LATER, 45);
        FIVE(MOST, 0x8f1bbcdc, LATER, 50);
        FIVE(MOST, 0x8f1bbcdc, LATER, 55);
        FIVE(PARITY, 0xca62c1d6, LATER, 60);
        FIVE(PARITY, 0xca62c1d6, LATER, 65);
        FIVE(PARITY, 0xca62c1d6, LATER, 70);
        FIVE(PARITY, 0xca62c1d6, LATER, 75);
        a = h->state[0] += a;
        b = h->state[1] += b;
        c = h->state[2] += c;
        d = h->state[3] += d;
        e = h->state[4] += e;
    }
}

void hash_sha1_init(struct hash_sha1 *h)
{
    *h = (struct hash_sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void hash_sha1_update(struct hash_sha1 *h, const void *data, size_t size)
{
    const unsigned char *p = data;
    size_t held = h->length % 64;
    h->length += size;
    if (held && size >= 64 - held) {
        memcpy(h->block + held, p, 64 - held);
        blocks(h, h->block, 1);
        p += 64 - held;
        size -= 64 - held;
        held = 0;
    }
    if (!held) {
        blocks(h, p, size / 64);
        p += size / 64 * 64;
        size %= 64;
    }
    if (size)
        memcpy(h->block + held, p, size);
}

void hash_sha1_finish(struct hash_sha1 *h, unsigned char digest[HASH_SHA1_SIZE])
{
    unsigned char pad[72] = {0x80};
    uint64_t bits = h->length * 8;
    size_t size = 64 - (h->length + 8) % 64;
    store(pad + size, (uint32_t)(bits >> 32));
    store(pad + size + 4, (uint32_t)bits);
    hash_sha1_update(h, pad, size + 8);
    for (int i = 0; i < 5; i++)
        store(digest + 4 * i, h->state[i]);
}
