/* base/hash_sm3.h - SM3 (GB/T 32905-2016), in pieces. */
#ifndef BASE_HASH_SM3_H
#define BASE_HASH_SM3_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_SM3_SIZE = 32 }; /* bytes of a digest */

struct hash_sm3 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void hash_sm3_init(struct hash_sm3 *h);
void hash_sm3_update(struct hash_sm3 *h, const void *data, size_t size);
/* Writes the digest; `h` is used up. */
void hash_sm3_finish(struct hash_sm3 *h, unsigned char digest[HASH_SM3_SIZE]);

#endif
