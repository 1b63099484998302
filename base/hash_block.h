/* base/hash_block.h - how bytes reach a digest that takes them in blocks: what does not fill one waits for more. */
#ifndef BASE_HASH_BLOCK_H
#define BASE_HASH_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What a kind of digest does with `count` whole blocks. */
typedef void hash_blocks(void *state, const unsigned char *data, size_t count);

/* Feeds bytes. `held` is the block that waits, of `block` bytes; *length counts all bytes so far. */
static inline void hash_block_add(hash_blocks *blocks, void *state, unsigned char *held, size_t block, uint64_t *length,
                                  const void *data, size_t size)
{
    const unsigned char *p = data;
    size_t waiting = *length % block;
    *length += size;
    if (waiting && size >= block - waiting) {
        memcpy(held + waiting, p, block - waiting);
        blocks(state, held, 1);
        p += block - waiting;
        size -= block - waiting;
        waiting = 0;
    }
    if (!waiting) {
        blocks(state, p, size / block);
        p += size / block * block;
        size %= block;
    }
    if (size)
        memcpy(held + waiting, p, size);
}

/* Feeds the end: a bit, zeros, and the number of bits in `count_size` bytes (8 or 16), the highest first if `big`. */
static inline void hash_block_end(hash_blocks *blocks, void *state, unsigned char *held, size_t block, uint64_t length,
                                  size_t count_size, int big)
{
    unsigned char end[128 + 16] = {0x80};
    size_t zeros = block - (length + count_size) % block;
    uint64_t low = length << 3;
    for (size_t i = 0; i < 8; i++)
        end[zeros + (big ? count_size - 1 - i : i)] = (unsigned char)(low >> (8 * i));
    if (count_size == 16)
        end[zeros + 7] = (unsigned char)(length >> 61);
    hash_block_add(blocks, state, held, block, &length, end, zeros + count_size);
}

static inline uint32_t hash_load_big(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

/* Writes the first `size` bytes of words, the highest byte of each first. */
static inline void hash_store_big(unsigned char *digest, const uint32_t *words, int size)
{
    for (int i = 0; i < size; i++)
        digest[i] = (unsigned char)(words[i / 4] >> (24 - 8 * (i % 4)));
}

#endif
