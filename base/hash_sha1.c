/* base/hash_sha1.c - SHA-1. */
#include "base/hash_sha1.h"

#include "base/hash_block.h"

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MOST(x, y, z) (((x) & (y)) + ((z) & ((x) ^ (y))))
/* The words of a block go round in a ring of 16. */
#define FIRST(i) (w[i] = hash_load_big(data + 4 * (i)))
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

static void blocks(void *state, const unsigned char *data, size_t count)
{
    uint32_t *s = state, a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], w[16];
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
        a = s[0] += a;
        b = s[1] += b;
        c = s[2] += c;
        d = s[3] += d;
        e = s[4] += e;
    }
}

void hash_sha1_init(struct hash_sha1 *h)
{
    *h = (struct hash_sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void hash_sha1_update(struct hash_sha1 *h, const void *data, size_t size)
{
    hash_block_add(blocks, h->state, h->block, sizeof h->block, &h->length, data, size);
}

void hash_sha1_finish(struct hash_sha1 *h, unsigned char digest[HASH_SHA1_SIZE])
{
    hash_block_end(blocks, h->state, h->block, sizeof h->block, h->length, 8, 1);
    hash_store_big(digest, h->state, HASH_SHA1_SIZE);
}
