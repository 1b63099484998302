/* base/wide.h - products of 64-bit words, in 128 bits. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stdint.h>

struct wide {
    uint64_t high, low;
};

static inline struct wide wide_multiply(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (struct wide){(uint64_t)(product >> 64), (uint64_t)product};
#else
    uint64_t a1 = a >> 32, a0 = a & 0xffffffff, b1 = b >> 32, b0 = b & 0xffffffff;
    uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32);
    uint64_t other = a0 * b1 + (middle & 0xffffffff);
    return (struct wide){a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (low & 0xffffffff)};
#endif
}

/* Zero bits above the highest one; `a` is not 0. */
static inline int wide_leading_zeros(uint64_t a)
{
    return __builtin_clzll(a);
}

#endif
