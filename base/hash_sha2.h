/* base/hash_sha2.h - SHA-224, SHA-256, SHA-384 and SHA-512 (FIPS 180-4), in pieces. */
#ifndef BASE_HASH_SHA2_H
#define BASE_HASH_SHA2_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a digest. */
enum { HASH_SHA224_SIZE = 28, HASH_SHA256_SIZE = 32, HASH_SHA384_SIZE = 48, HASH_SHA512_SIZE = 64 };

struct hash_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    int size;        /* of the digest */
    unsigned char block[64];
};

/* `size` is HASH_SHA224_SIZE or HASH_SHA256_SIZE. */
void hash_sha256_init(struct hash_sha256 *h, int size);
void hash_sha256_update(struct hash_sha256 *h, const void *data, size_t size);
/* Writes the digest, as many bytes as was said; `h` is used up. */
void hash_sha256_finish(struct hash_sha256 *h, unsigned char *digest);

struct hash_sha512 {
    uint64_t state[8];
    uint64_t length;
    int size;
    unsigned char block[128];
};

/* `size` is HASH_SHA384_SIZE or HASH_SHA512_SIZE. */
void hash_sha512_init(struct hash_sha512 *h, int size);
void hash_sha512_update(struct hash_sha512 *h, const void *data, size_t size);
void hash_sha512_finish(struct hash_sha512 *h, unsigned char *digest);

#endif
