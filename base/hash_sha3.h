/* base/hash_sha3.h - SHA3-224, SHA3-256, SHA3-384 and SHA3-512 (FIPS 202), in pieces. */
#ifndef BASE_HASH_SHA3_H
#define BASE_HASH_SHA3_H

#include <stddef.h>
#include <stdint.h>

struct hash_sha3 {
    uint64_t state[25];
    unsigned size; /* bytes of a digest */
    unsigned rate; /* bytes taken between two permutations */
    unsigned used; /* of them, so far */
};

/* `size`: bytes of a digest, 28, 32, 48 or 64. */
void hash_sha3_init(struct hash_sha3 *h, unsigned size);
void hash_sha3_update(struct hash_sha3 *h, const void *data, size_t size);
/* Writes the digest; `h` is used up. */
void hash_sha3_finish(struct hash_sha3 *h, unsigned char *digest);

#endif
