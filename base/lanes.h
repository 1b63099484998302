/* base/lanes.h - sixteen bytes looked at in one go, where the processor can (SSE2, WebAssembly's simd128). */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#define LANES 1
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define LANES 1
#else
#define LANES 0 /* a plain loop does it: what is below is not there */
#endif

#if LANES
typedef unsigned char lanes __attribute__((vector_size(16)));

/* The bytes from `p` on, which need not be aligned. */
static inline lanes lanes_load(const void *p)
{
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline lanes lanes_all(unsigned char c)
{
    return (lanes){c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
}

/* The places of lanes whose highest bit is set, as after a comparison: bit 0 is the first. */
static inline unsigned lanes_places(lanes v)
{
#if defined(__SSE2__)
    return (unsigned)_mm_movemask_epi8((__m128i)v);
#else
    return (unsigned)wasm_i8x16_bitmask((v128_t)v);
#endif
}
#endif

#endif
