/* base/sha1.h - SHA-1 (FIPS 180-4), in pieces. Charges nothing: the caller knows how much it gave. */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include "base/str.h"

struct sha1 {
    uint32_t state[5];
    uint64_t length; /* bytes so far */
    unsigned char block[64];
};

void sha1_init(struct sha1 *s);
void sha1_add(struct sha1 *s, struct str bytes);
/* The 20 bytes of the sum; the state is spent. */
void sha1_end(struct sha1 *s, unsigned char sum[20]);

#endif
