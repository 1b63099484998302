/* base/extended.h - floating point with 64 bits of mantissa, in integers: the x87's long double.
 *
 * printf, seq, numfmt and sort -g compute with it, so that their digits are those of bash and the GNU tools
 * on x86. Every operation is rounded to nearest, ties to even, with gradual underflow, bit for bit as the x87
 * does; what is invalid gives the NaN with a minus sign, as there. Values, not pointers; nothing is
 * allocated.
 */
#ifndef BASE_EXTENDED_H
#define BASE_EXTENDED_H

#include <stdbool.h>
#include <stdint.h>

enum extended_kind { EXTENDED_FINITE, EXTENDED_INFINITE, EXTENDED_NAN };

/* A finite value is mantissa × 2^exponent: the highest bit of the mantissa is set, or the exponent is
 * EXTENDED_LEAST, or it is zero (both 0). */
struct extended {
    uint64_t mantissa;
    int32_t exponent;
    uint8_t kind; /* enum extended_kind */
    bool negative;
};

enum {
    EXTENDED_LEAST = -16445, /* exponents */
    EXTENDED_MOST = 16320,
    EXTENDED_UNORDERED = 2
};

struct extended extended_add(struct extended a, struct extended b);
struct extended extended_subtract(struct extended a, struct extended b);
struct extended extended_multiply(struct extended a, struct extended b);
struct extended extended_divide(struct extended a, struct extended b);
struct extended extended_negate(struct extended a);
/* Below 0, 0, above 0; EXTENDED_UNORDERED when one is a NaN. Zeros are equal. */
int extended_compare(struct extended a, struct extended b);

/* Exact. */
struct extended extended_from_int(int64_t value);
struct extended extended_from_unsigned(uint64_t value);
struct extended extended_from_double(double value);

/* Cut towards zero; what does not fit, and NaN, gives the nearest limit (NaN: INT64_MIN) and false. */
bool extended_to_int(struct extended a, int64_t *value);
/* Rounded to nearest; too large is infinite. */
double extended_to_double(struct extended a);

static inline bool extended_is_zero(struct extended a)
{
    return a.kind == EXTENDED_FINITE && a.mantissa == 0;
}

/* --- binary formats, for what converts to and from text ------------------------------------------ */

struct binary_format {
    int precision; /* bits of the mantissa */
    int32_t least; /* exponents of the lowest bit */
    int32_t most;
    int32_t digits; /* decimal digits that can matter when reading; what is behind counts as "not zero" */
};

extern const struct binary_format binary_extended, binary_double;

/* The value nearest to (mantissa + rest) × 2^exponent. The rest, from 0 to below 1, is told as 0 (none), 1
 * (below a half), 2 (a half) or 3 (above). The mantissa is not 0; with a rest its highest bit is set.
 * *out_of_range (may be NULL): it overflowed, or is tiny and not exact, where C's strtod says ERANGE. */
struct extended extended_round(const struct binary_format *format, bool negative, uint64_t mantissa,
                               int32_t exponent, int rest, bool *out_of_range);

/* The bits of a double: `a` must have been rounded to binary_double. */
double extended_double_bits(struct extended a);

#endif
