/* builtins/bc/limbs.h - rows of limbs, nine digits each: sums, and products and quotients that can be left between two pieces. */
#ifndef BUILTINS_BC_LIMBS_H
#define BUILTINS_BC_LIMBS_H

#include "limits/heap.h"

#include <string.h>

enum { LIMB = 1000000000, LIMB_DIGITS = 9, LIMBS_PER_STEP = 16 };
extern const uint32_t limb_powers[LIMB_DIGITS + 1];

/* to += from, to -= from; `to` is at least as long, and the result fits. */
void limbs_add(uint32_t *to, size_t to_count, const uint32_t *from, size_t count);
void limbs_subtract(uint32_t *to, size_t to_count, const uint32_t *from, size_t count);
/* out = a * b, of a_count + b_count limbs, digit by digit: for short ones. Charges nothing. */
void limbs_multiply(uint32_t *out, const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count);

enum { PRODUCT_SHORT = 32 }; /* limbs below which numbers are not halved */

/* A product in the making. */
struct product {
    const uint32_t *a, *b;  /* the longer one first */
    size_t a_count, b_count;
    uint32_t *out;          /* zeroed, a_count + b_count limbs */
    /* private */
    bool started;
    size_t a_part, b_part;  /* they are multiplied by parts of so many limbs */
    size_t a_at, b_at;
    size_t size;            /* of parts with zeros at their end */
    uint32_t *pad, *block, *scratch;
    struct product_frame *frames;
    int depth;
};
/* True when it is done. Charges a step for LIMBS_PER_STEP products of limbs. */
bool product_run(struct heap *heap, struct product *p);

/* A quotient in the making. */
struct quotient {
    uint32_t *top;          /* of top_count + 1 limbs: what is divided; what remains is left in it */
    uint32_t *bottom;       /* its highest limb is not 0 */
    uint32_t *out;          /* of top_count - bottom_count + 1 limbs */
    size_t top_count, bottom_count; /* the top is not shorter */
    /* private */
    size_t left;            /* limbs still to be found */
    size_t at;              /* where this one's multiple is being subtracted */
    uint64_t guess, carry;
    int stage;
};
bool quotient_run(struct heap *heap, struct quotient *q);

#endif
