/* atomic.h - in place of musl's, which needs a processor: the one thing that src/math takes from it. */
#ifndef MATH_ATOMIC_H
#define MATH_ATOMIC_H

#include <stdint.h>

static inline int a_clz_64(uint64_t x)
{
    return __builtin_clzll(x);
}

#endif
