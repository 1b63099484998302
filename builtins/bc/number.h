/* builtins/bc/number.h - decimal numbers of any length with digits behind the point: for bc and dc.
 *
 * A number is limbs of nine digits, aligned to its point, so that sums need no shifts and text is made in one pass. Numbers are
 * counted by owners within one call. Sums and comparisons are made at once; what costs more than the length of its operands is
 * a struct number_work, which is stepped until it answers true and can be left between any two pieces.
 *
 * How many digits a result has is as POSIX has it for bc; more digits are cut off, never rounded.
 */
#ifndef BUILTINS_BC_NUMBER_H
#define BUILTINS_BC_NUMBER_H

#include "base/buf.h"

struct number {
    uint32_t owners;
    bool negative;      /* of 0 only where a power lost all its digits */
    uint32_t scale;     /* digits behind the point */
    uint32_t fraction;  /* limbs behind the point: as many as the scale needs; digits beyond it are 0 */
    uint32_t count;     /* limbs: the highest is not 0, unless it is behind the point */
    uint32_t limbs[];   /* base 10^9, the lowest first */
};

enum { NUMBER_MOST_SCALE = 2147483647 };

struct number *number_from(struct heap *heap, int64_t value);
static inline struct number *number_share(struct number *n)
{
    n->owners++;
    return n;
}
/* NULL is allowed. */
void number_drop(struct heap *heap, struct number *n);

/* Is it a whole number of two limbs at most, so that sums fit into 64 bits? */
static inline bool number_is_small(const struct number *n)
{
    return n->count <= 2 && n->scale == 0;
}
static inline int64_t number_small(const struct number *n)
{
    int64_t value = n->count ? n->limbs[0] : 0;
    if (n->count == 2)
        value += (int64_t)n->limbs[1] * 1000000000;
    return n->negative ? -value : value;
}

bool number_is_zero(const struct number *n);
/* Below 0, 0 or above 0. */
int number_compare(struct heap *heap, const struct number *a, const struct number *b);
/* Digits before the point: at least 1. */
uint64_t number_digits(const struct number *n);
/* Zeros right behind the point of a number below 1; its scale when it is 0. */
uint64_t number_leading_zeros(const struct number *n);
/* The whole part; 0 when it does not fit into 63 bits. */
int64_t number_to_int(const struct number *n);
bool number_is_odd(const struct number *n); /* its whole part */

/* A number of its own in each case: the caller drops it. */
struct number *number_add(struct heap *heap, const struct number *a, const struct number *b, bool subtract, uint32_t least_scale);
struct number *number_negate(struct heap *heap, const struct number *a);
struct number *number_cut(struct heap *heap, const struct number *a, uint32_t scale); /* at most so many digits */

/* Appends a number in decimal: ".5", "-1.50", "0". */
void number_print(struct buf *out, const struct number *n);

enum number_operation {
    NUMBER_MULTIPLY,      /* scale: as bc's scale */
    NUMBER_DIVIDE,        /* b is not 0 */
    NUMBER_REMAINDER,     /* of a division to `scale` */
    NUMBER_DIVIDE_BOTH,   /* quotient and (second) remainder */
    NUMBER_POWER,         /* a to `exponent` */
    NUMBER_POWER_MODULO,  /* a to the whole part of b, which is not negative, modulo c, which is not 0 */
    NUMBER_ROOT,          /* of a, which is not negative */
    NUMBER_PRINT,         /* a in `base`, appended to `out` */
    NUMBER_PARSE          /* `digits` in `base` */
};

struct number_work {
    struct heap *heap;
    enum number_operation operation;
    const struct number *a, *b, *c;  /* borrowed until it is done */
    uint32_t scale;
    int64_t exponent;
    uint64_t base;
    struct buf *out;
    struct str digits;               /* values, one a byte, without point */
    size_t whole;                    /* how many of them stand before the point */
    struct number *result, *second;  /* the caller's when done */
    /* private */
    int stage;
    struct number *x, *y, *z, *t;
    uint64_t count, at;
    uint32_t *limbs, *more;
    size_t limb_count, more_count;
    struct buf store;
    struct product *product;
    struct quotient *quotient;
    struct number_work *child;
};
/* Fill in what the operation takes in a zeroed struct; then step until it answers true. */
bool number_run(struct number_work *w);

#endif
