/* base/hash_sm3.c - SM3. */
#include "base/hash_sm3.h"

#include "base/hash_block.h"

static uint32_t rotate(uint32_t x, int bits)
{
    bits &= 31;
    return bits ? x << bits | x >> (32 - bits) : x;
}

static uint32_t mix_9(uint32_t x)
{
    return x ^ rotate(x, 9) ^ rotate(x, 17);
}

static uint32_t mix_15(uint32_t x)
{
    return x ^ rotate(x, 15) ^ rotate(x, 23);
}

static void add_block(uint32_t state[8], const unsigned char *p)
{
    uint32_t w[68], s[8];
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = hash_load_big(p);
    for (int i = 16; i < 68; i++)
        w[i] = mix_15(w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15)) ^ rotate(w[i - 13], 7) ^ w[i - 6];
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t constant = i < 16 ? 0x79cc4519 : 0x7a879d8a;
        uint32_t first = rotate(rotate(s[0], 12) + s[4] + rotate(constant, i), 7), second = first ^ rotate(s[0], 12);
        uint32_t choice = i < 16 ? s[0] ^ s[1] ^ s[2] : (s[0] & s[1]) | (s[0] & s[2]) | (s[1] & s[2]);
        uint32_t other = i < 16 ? s[4] ^ s[5] ^ s[6] : (s[4] & s[5]) | (~s[4] & s[6]);
        uint32_t one = choice + s[3] + second + (w[i] ^ w[i + 4]), two = other + s[7] + first + w[i];
        s[3] = s[2];
        s[2] = rotate(s[1], 9);
        s[1] = s[0];
        s[0] = one;
        s[7] = s[6];
        s[6] = rotate(s[5], 19);
        s[5] = s[4];
        s[4] = mix_9(two);
    }
    for (int i = 0; i < 8; i++)
        state[i] ^= s[i];
}

static void blocks(void *state, const unsigned char *data, size_t count)
{
    for (; count > 0; count--, data += 64)
        add_block(state, data);
}

void hash_sm3_init(struct hash_sm3 *h)
{
    static const uint32_t first[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                      0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
    memcpy(h->state, first, sizeof first);
    h->length = 0;
}

void hash_sm3_update(struct hash_sm3 *h, const void *data, size_t size)
{
    hash_block_add(blocks, h->state, h->block, sizeof h->block, &h->length, data, size);
}

void hash_sm3_finish(struct hash_sm3 *h, unsigned char digest[HASH_SM3_SIZE])
{
    hash_block_end(blocks, h->state, h->block, sizeof h->block, h->length, 8, 1);
    hash_store_big(digest, h->state, HASH_SM3_SIZE);
}
