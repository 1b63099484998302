/* base/sha1.c - SHA-1 (FIPS 180-4), in pieces. */
#include "base/sha1.h"

static uint32_t turn(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

void sha1_init(struct sha1 *s)
{
    static const uint32_t start[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    memcpy(s->state, start, sizeof start);
    s->length = 0;
}

static void mix(struct sha1 *s, const unsigned char *block)
{
    uint32_t w[80], a = s->state[0], b = s->state[1], c = s->state[2], d = s->state[3], e = s->state[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 80; i++)
        w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
        uint32_t next = turn(a, 5) + f + e + k + w[i];
        e = d;
        d = c;
        c = turn(b, 30);
        b = a;
        a = next;
    }
    s->state[0] += a;
    s->state[1] += b;
    s->state[2] += c;
    s->state[3] += d;
    s->state[4] += e;
}

void sha1_add(struct sha1 *s, struct str bytes)
{
    size_t have = (size_t)(s->length % 64);
    s->length += bytes.length;
    if (have + bytes.length < 64) {
        if (bytes.length)
            memcpy(s->block + have, bytes.data, bytes.length);
        return;
    }
    if (have) {
        memcpy(s->block + have, bytes.data, 64 - have);
        mix(s, s->block);
        bytes = str_after(bytes, 64 - have);
    }
    for (; bytes.length >= 64; bytes = str_after(bytes, 64))
        mix(s, (const unsigned char *)bytes.data);
    if (bytes.length)
        memcpy(s->block, bytes.data, bytes.length);
}

void sha1_end(struct sha1 *s, unsigned char sum[20])
{
    uint64_t bits = s->length * 8;
    size_t have = (size_t)(s->length % 64);
    s->block[have++] = 0x80;
    if (have > 56) {
        memset(s->block + have, 0, 64 - have);
        mix(s, s->block);
        have = 0;
    }
    memset(s->block + have, 0, 56 - have);
    for (int i = 0; i < 8; i++)
        s->block[56 + i] = (unsigned char)(bits >> (56 - 8 * i));
    mix(s, s->block);
    for (int i = 0; i < 20; i++)
        sum[i] = (unsigned char)(s->state[i / 4] >> (24 - 8 * (i % 4)));
}
