/* base/hash_blake2.h - BLAKE2b without key (RFC 7693), digests of 1 to 64 bytes, in pieces. */
#ifndef BASE_HASH_BLAKE2_H
#define BASE_HASH_BLAKE2_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_BLAKE2_MOST = 64 }; /* bytes of a digest at most */

struct hash_blake2 {
    uint64_t state[8];
    uint64_t length; /* bytes of finished blocks */
    size_t held;     /* bytes of `block` */
    int size;        /* of the digest */
    unsigned char block[128];
};

/* `size` is that of the digest, 1 to HASH_BLAKE2_MOST. */
void hash_blake2_init(struct hash_blake2 *h, int size);
void hash_blake2_update(struct hash_blake2 *h, const void *data, size_t size);
/* Writes the digest, as many bytes as was said; `h` is used up. */
void hash_blake2_finish(struct hash_blake2 *h, unsigned char *digest);

#endif
