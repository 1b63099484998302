/* base/hash_md5.c - MD5. */
#include "base/hash_md5.h"

#include "base/hash_block.h"

static uint32_t load(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define ODD(x, y, z) ((y) ^ ((x) | ~(z)))
/* The second round's choice as a sum: its halves share no bit, and the sum does not wait for both. */
#define STEP(f, a, b, c, d, k, shift, add) (a += f(b, c, d) + w[k] + (add), a = ROTATE(a, shift) + b)
#define STEP2(a, b, c, d, k, shift, add)                                                                     \
    (a += w[k] + (add) + (c & ~d), a += (b & d), a = ROTATE(a, shift) + b)

static void blocks(void *state, const unsigned char *data, size_t count)
{
    uint32_t *s = state, a = s[0], b = s[1], c = s[2], d = s[3], w[16];
    for (; count > 0; count--, data += 64) {
        uint32_t a0 = a, b0 = b, c0 = c, d0 = d;
        for (int i = 0; i < 16; i++)
            w[i] = load(data + 4 * i);
        STEP(CHOOSE, a, b, c, d, 0, 7, 0xd76aa478);
        STEP(CHOOSE, d, a, b, c, 1, 12, 0xe8c7b756);
        STEP(CHOOSE, c, d, a, b, 2, 17, 0x242070db);
        STEP(CHOOSE, b, c, d, a, 3, 22, 0xc1bdceee);
        STEP(CHOOSE, a, b, c, d, 4, 7, 0xf57c0faf);
        STEP(CHOOSE, d, a, b, c, 5, 12, 0x4787c62a);
        STEP(CHOOSE, c, d, a, b, 6, 17, 0xa8304613);
        STEP(CHOOSE, b, c, d, a, 7, 22, 0xfd469501);
        STEP(CHOOSE, a, b, c, d, 8, 7, 0x698098d8);
        STEP(CHOOSE, d, a, b, c, 9, 12, 0x8b44f7af);
        STEP(CHOOSE, c, d, a, b, 10, 17, 0xffff5bb1);
        STEP(CHOOSE, b, c, d, a, 11, 22, 0x895cd7be);
        STEP(CHOOSE, a, b, c, d, 12, 7, 0x6b901122);
        STEP(CHOOSE, d, a, b, c, 13, 12, 0xfd987193);
        STEP(CHOOSE, c, d, a, b, 14, 17, 0xa679438e);
        STEP(CHOOSE, b, c, d, a, 15, 22, 0x49b40821);
        STEP2(a, b, c, d, 1, 5, 0xf61e2562);
        STEP2(d, a, b, c, 6, 9, 0xc040b340);
        STEP2(c, d, a, b, 11, 14, 0x265e5a51);
        STEP2(b, c, d, a, 0, 20, 0xe9b6c7aa);
        STEP2(a, b, c, d, 5, 5, 0xd62f105d);
        STEP2(d, a, b, c, 10, 9, 0x02441453);
        STEP2(c, d, a, b, 15, 14, 0xd8a1e681);
        STEP2(b, c, d, a, 4, 20, 0xe7d3fbc8);
        STEP2(a, b, c, d, 9, 5, 0x21e1cde6);
        STEP2(d, a, b, c, 14, 9, 0xc33707d6);
        STEP2(c, d, a, b, 3, 14, 0xf4d50d87);
        STEP2(b, c, d, a, 8, 20, 0x455a14ed);
        STEP2(a, b, c, d, 13, 5, 0xa9e3e905);
        STEP2(d, a, b, c, 2, 9, 0xfcefa3f8);
        STEP2(c, d, a, b, 7, 14, 0x676f02d9);
        STEP2(b, c, d, a, 12, 20, 0x8d2a4c8a);
        STEP(PARITY, a, b, c, d, 5, 4, 0xfffa3942);
        STEP(PARITY, d, a, b, c, 8, 11, 0x8771f681);
        STEP(PARITY, c, d, a, b, 11, 16, 0x6d9d6122);
        STEP(PARITY, b, c, d, a, 14, 23, 0xfde5380c);
        STEP(PARITY, a, b, c, d, 1, 4, 0xa4beea44);
        STEP(PARITY, d, a, b, c, 4, 11, 0x4bdecfa9);
        STEP(PARITY, c, d, a, b, 7, 16, 0xf6bb4b60);
        STEP(PARITY, b, c, d, a, 10, 23, 0xbebfbc70);
        STEP(PARITY, a, b, c, d, 13, 4, 0x289b7ec6);
        STEP(PARITY, d, a, b, c, 0, 11, 0xeaa127fa);
        STEP(PARITY, c, d, a, b, 3, 16, 0xd4ef3085);
        STEP(PARITY, b, c, d, a, 6, 23, 0x04881d05);
        STEP(PARITY, a, b, c, d, 9, 4, 0xd9d4d039);
        STEP(PARITY, d, a, b, c, 12, 11, 0xe6db99e5);
        STEP(PARITY, c, d, a, b, 15, 16, 0x1fa27cf8);
        STEP(PARITY, b, c, d, a, 2, 23, 0xc4ac5665);
        STEP(ODD, a, b, c, d, 0, 6, 0xf4292244);
        STEP(ODD, d, a, b, c, 7, 10, 0x432aff97);
        STEP(ODD, c, d, a, b, 14, 15, 0xab9423a7);
        STEP(ODD, b, c, d, a, 5, 21, 0xfc93a039);
        STEP(ODD, a, b, c, d, 12, 6, 0x655b59c3);
        STEP(ODD, d, a, b, c, 3, 10, 0x8f0ccc92);
        STEP(ODD, c, d, a, b, 10, 15, 0xffeff47d);
        STEP(ODD, b, c, d, a, 1, 21, 0x85845dd1);
        STEP(ODD, a, b, c, d, 8, 6, 0x6fa87e4f);
        STEP(ODD, d, a, b, c, 15, 10, 0xfe2ce6e0);
        STEP(ODD, c, d, a, b, 6, 15, 0xa3014314);
        STEP(ODD, b, c, d, a, 13, 21, 0x4e0811a1);
        STEP(ODD, a, b, c, d, 4, 6, 0xf7537e82);
        STEP(ODD, d, a, b, c, 11, 10, 0xbd3af235);
        STEP(ODD, c, d, a, b, 2, 15, 0x2ad7d2bb);
        STEP(ODD, b, c, d, a, 9, 21, 0xeb86d391);
        a += a0;
        b += b0;
        c += c0;
        d += d0;
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

void hash_md5_init(struct hash_md5 *h)
{
    *h = (struct hash_md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

void hash_md5_update(struct hash_md5 *h, const void *data, size_t size)
{
    hash_block_add(blocks, h->state, h->block, sizeof h->block, &h->length, data, size);
}

void hash_md5_finish(struct hash_md5 *h, unsigned char digest[HASH_MD5_SIZE])
{
    hash_block_end(blocks, h->state, h->block, sizeof h->block, h->length, 8, 0);
    for (int i = 0; i < HASH_MD5_SIZE; i++)
        digest[i] = (unsigned char)(h->state[i / 4] >> (8 * (i % 4)));
}
