/* base/hash_sha2.c - SHA-2, in words of 32 and of 64 bits. */
#include "base/hash_sha2.h"

#include "base/hash_block.h"

#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MOST(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define STEP(a, b, c, d, e, f, g, h, i, word)                                                                \
    do {                                                                                                     \
        h += SPREAD_E(e) + CHOOSE(e, f, g) + k[i] + word(i);                                                 \
        d += h;                                                                                              \
        h += SPREAD_A(a) + MOST(a, b, c);                                                                    \
    } while (0)
#define EIGHT(i, word)                                                                                       \
    do {                                                                                                     \
        STEP(a, b, c, d, e, f, g, h, (i), word);                                                             \
        STEP(h, a, b, c, d, e, f, g, (i) + 1, word);                                                         \
        STEP(g, h, a, b, c, d, e, f, (i) + 2, word);                                                         \
        STEP(f, g, h, a, b, c, d, e, (i) + 3, word);                                                         \
        STEP(e, f, g, h, a, b, c, d, (i) + 4, word);                                                         \
        STEP(d, e, f, g, h, a, b, c, (i) + 5, word);                                                         \
        STEP(c, d, e, f, g, h, a, b, (i) + 6, word);                                                         \
        STEP(b, c, d, e, f, g, h, a, (i) + 7, word);                                                         \
    } while (0)
#define SIXTEEN(word)                                                                                        \
    do {                                                                                                     \
        EIGHT(0, word);                                                                                      \
        EIGHT(8, word);                                                                                      \
    } while (0)

/* ---- words of 32 bits ---- */

static const uint32_t constants_sha256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define SPREAD_A(x) (ROTATE(x, 2) ^ ROTATE(x, 13) ^ ROTATE(x, 22))
#define SPREAD_E(x) (ROTATE(x, 6) ^ ROTATE(x, 11) ^ ROTATE(x, 25))
#define MIX_LOW(x) (ROTATE(x, 7) ^ ROTATE(x, 18) ^ (x) >> 3)
#define MIX_HIGH(x) (ROTATE(x, 17) ^ ROTATE(x, 19) ^ (x) >> 10)
#define FIRST(i) (w[i] = hash_load_big(data + 4 * (i)))
#define LATER(i) (w[i] += MIX_HIGH(w[((i) + 14) & 15]) + w[((i) + 9) & 15] + MIX_LOW(w[((i) + 1) & 15]))

static void blocks_sha256(void *state, const unsigned char *data, size_t count)
{
    uint32_t *s = state, a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7], w[16];
    for (; count > 0; count--, data += 64) {
        const uint32_t *k = constants_sha256;
        SIXTEEN(FIRST);
        k += 16;
        SIXTEEN(LATER);
        k += 16;
        SIXTEEN(LATER);
        k += 16;
        SIXTEEN(LATER);
        a = s[0] += a;
        b = s[1] += b;
        c = s[2] += c;
        d = s[3] += d;
        e = s[4] += e;
        f = s[5] += f;
        g = s[6] += g;
        h = s[7] += h;
    }
}

#undef ROTATE
#undef SPREAD_A
#undef SPREAD_E
#undef MIX_LOW
#undef MIX_HIGH
#undef FIRST
#undef LATER

void hash_sha256_init(struct hash_sha256 *h, int size)
{
    static const uint32_t start[2][8] = {
        {0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4},
        {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
    *h = (struct hash_sha256){.size = size};
    memcpy(h->state, start[size == HASH_SHA256_SIZE], sizeof h->state);
}

void hash_sha256_update(struct hash_sha256 *h, const void *data, size_t size)
{
    hash_block_add(blocks_sha256, h->state, h->block, sizeof h->block, &h->length, data, size);
}

void hash_sha256_finish(struct hash_sha256 *h, unsigned char *digest)
{
    hash_block_end(blocks_sha256, h->state, h->block, sizeof h->block, h->length, 8, 1);
    hash_store_big(digest, h->state, h->size);
}

/* ---- words of 64 bits ---- */

static const uint64_t constants_sha512[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

static uint64_t load_64(const unsigned char *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
           (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | (uint64_t)p[7];
}

static void store_64(unsigned char *p, uint64_t word)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(word >> (56 - 8 * i));
}

#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define SPREAD_A(x) (ROTATE(x, 28) ^ ROTATE(x, 34) ^ ROTATE(x, 39))
#define SPREAD_E(x) (ROTATE(x, 14) ^ ROTATE(x, 18) ^ ROTATE(x, 41))
#define MIX_LOW(x) (ROTATE(x, 1) ^ ROTATE(x, 8) ^ (x) >> 7)
#define MIX_HIGH(x) (ROTATE(x, 19) ^ ROTATE(x, 61) ^ (x) >> 6)
#define FIRST(i) (w[i] = load_64(data + 8 * (i)))
#define LATER(i) (w[i] += MIX_HIGH(w[((i) + 14) & 15]) + w[((i) + 9) & 15] + MIX_LOW(w[((i) + 1) & 15]))

static void blocks_sha512(void *state, const unsigned char *data, size_t count)
{
    uint64_t *s = state, a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7], w[16];
    for (; count > 0; count--, data += 128) {
        const uint64_t *k = constants_sha512;
        SIXTEEN(FIRST);
        k += 16;
        SIXTEEN(LATER);
        k += 16;
        SIXTEEN(LATER);
        k += 16;
        SIXTEEN(LATER);
        k += 16;
        SIXTEEN(LATER);
        a = s[0] += a;
        b = s[1] += b;
        c = s[2] += c;
        d = s[3] += d;
        e = s[4] += e;
        f = s[5] += f;
        g = s[6] += g;
        h = s[7] += h;
    }
}

#undef ROTATE
#undef SPREAD_A
#undef SPREAD_E
#undef MIX_LOW
#undef MIX_HIGH
#undef FIRST
#undef LATER

void hash_sha512_init(struct hash_sha512 *h, int size)
{
    static const uint64_t start[2][8] = {
        {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31,
         0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4},
        {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
         0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}};
    *h = (struct hash_sha512){.size = size};
    memcpy(h->state, start[size == HASH_SHA512_SIZE], sizeof h->state);
}

void hash_sha512_update(struct hash_sha512 *h, const void *data, size_t size)
{
    hash_block_add(blocks_sha512, h->state, h->block, sizeof h->block, &h->length, data, size);
}

void hash_sha512_finish(struct hash_sha512 *h, unsigned char *digest)
{
    hash_block_end(blocks_sha512, h->state, h->block, sizeof h->block, h->length, 16, 1);
    for (int i = 0; i < h->size / 8; i++)
        store_64(digest + 8 * i, h->state[i]);
}
