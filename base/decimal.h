/* base/decimal.h - exact conversion between text in decimal and binary floating point: for number.c and
 * format.c.
 *
 * Most conversions take one product of a mantissa and a 128-bit power of ten whose error is known; where that
 * does not decide the rounding, whole numbers of any length do. Their work charges the heap's meter, a step
 * for 16 words.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/extended.h"
#include "base/str.h"
#include "limits/heap.h"

enum {
    DECIMAL_NO_HEX = 1,   /* 0x... is a 0 */
    DECIMAL_NO_WORDS = 2, /* inf, infinity, nan and nan(...) are no numbers */
    DECIMAL_NO_SPACE = 4  /* white space in front is not skipped */
};

/* Reads the longest number at the start of `text` as C's strtod does, nearest in the given format. Answers
 * its bytes, 0 when there is none (then *value is 0). *out_of_range (may be NULL) is where strtod sets
 * ERANGE. */
size_t decimal_parse(struct heap *heap, struct str text, unsigned flags, const struct binary_format *format,
                     struct extended *value, bool *out_of_range);

/* Decimal digits of a number that is not below zero: 0.DIGITS × 10^point. */
struct decimal {
    const char
        *digits; /* as text; the first is not 0 unless there are none; those that are missing are zeros */
    size_t count;
    int32_t point;
    char *many; /* on the heap when they are many */
    char few[24];
};

/* The digits of mantissa × 2^exponent, rounded to nearest, ties to even: so many places behind the point, or
 * so many digits (1 or more) in all. Zero has no digits and the point 1. Call decimal_drop afterwards, and do
 * not move the struct between. */
void decimal_fixed(struct decimal *d, struct heap *heap, uint64_t mantissa, int32_t exponent, int32_t places);
void decimal_significant(struct decimal *d, struct heap *heap, uint64_t mantissa, int32_t exponent,
                         int32_t digits);
void decimal_drop(struct decimal *d, struct heap *heap);

#endif
