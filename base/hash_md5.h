/* base/hash_md5.h - MD5 (RFC 1321), in pieces. */
#ifndef BASE_HASH_MD5_H
#define BASE_HASH_MD5_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_MD5_SIZE = 16 }; /* bytes of a digest */

struct hash_md5 {
    uint32_t state[4];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void hash_md5_init(struct hash_md5 *h);
void hash_md5_update(struct hash_md5 *h, const void *data, size_t size);
/* Writes the digest; `h` is used up. */
void hash_md5_finish(struct hash_md5 *h, unsigned char digest[HASH_MD5_SIZE]);

#endif
