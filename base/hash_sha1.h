/* base/hash_sha1.h - SHA-1 (FIPS 180-4), in pieces. */
#ifndef BASE_HASH_SHA1_H
#define BASE_HASH_SHA1_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SHA1_SIZE = 20 }; /* bytes of a digest */

struct hash_sha1 {
    uint32_t state[5];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void hash_sha1_init(struct hash_sha1 *h);
void hash_sha1_update(struct hash_sha1 *h, const void *data, size_t size);
/* Writes the digest; `h` is used up. */
void hash_sha1_finish(struct hash_sha1 *h, unsigned char digest[HASH_SHA1_SIZE]);

#endif
