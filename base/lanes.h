/* base/lanes.h - sixteen bytes looked at in one go, where the processor can (x86's SSE2 and SSSE3, WebAssembly's simd128). */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include <stdbool.h>
#include <string.h>

#if defined(__SSE2__)
#include <tmmintrin.h>
#include <wmmintrin.h>
#define LANES 1
#define LANES_LOOKUP __attribute__((target("ssse3")))
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define LANES 1
#define LANES_LOOKUP
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

/* For each lane the byte of the table at that place, 0 to 15. Only for functions marked LANES_LOOKUP, which are called when
 * lanes_may_look_up says so. */
LANES_LOOKUP static inline lanes lanes_lookup(lanes table, lanes places)
{
#if defined(__SSE2__)
    return (lanes)_mm_shuffle_epi8((__m128i)table, (__m128i)places);
#else
    return (lanes)wasm_i8x16_swizzle((v128_t)table, (v128_t)places);
#endif
}

#if defined(__SSE2__)
/* Products of polynomials over bits, in functions marked LANES_PRODUCT, which are called when lanes_may_multiply says so: of
 * the high halves (`places` 0x11) or the low ones (0). WebAssembly has none. */
#define LANES_PRODUCT __attribute__((target("ssse3,pclmul")))
#define lanes_product(a, b, places) ((lanes)_mm_clmulepi64_si128((__m128i)(a), (__m128i)(b), places))

static inline bool lanes_may_multiply(void)
{
    return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("pclmul");
}
#endif

static inline bool lanes_may_look_up(void)
{
#if defined(__SSE2__)
    return __builtin_cpu_supports("ssse3");
#else
    return true;
#endif
}
#endif

#endif
