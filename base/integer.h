/* base/integer.h - whole numbers of any size: for expr.
 *
 * Digits are kept nine to a limb, so that text becomes a number and a number text in one pass. Products and
 * quotients are made limb by limb and can be left and gone on with: their work is the product of the lengths.
 */
#ifndef BASE_INTEGER_H
#define BASE_INTEGER_H

#include "base/buf.h"

struct integer {
    uint32_t *limbs; /* base 10^9, the lowest first, on a heap; none is 0 */
    size_t count;    /* the highest limb is not 0 */
    bool negative;   /* never of 0 */
};

/* Is it an optional minus and digits, at least one? */
bool integer_is(struct str text);
/* The value of such a text. Charges a step for 64 bytes. */
struct integer integer_parse(struct heap *heap, struct str text);
struct integer integer_from(struct heap *heap, uint64_t value);
void integer_print(struct buf *out, struct integer number);
/* Below 0, 0 or above 0. */
int integer_compare(struct integer a, struct integer b);
/* The value, 0 for what is below 0, UINT64_MAX for what does not fit. */
uint64_t integer_size(struct integer number);
/* The sum, or with `subtract` the difference. */
struct integer integer_add(struct heap *heap, struct integer a, struct integer b, bool subtract);

/* A product or a quotient in the making: zeroed, then stepped until it answers true. `a` and `b` stay as they are. */
struct integer_work {
    bool started;
    size_t at;              /* limbs still to do */
    uint32_t scale;         /* both sides of a division are multiplied by this */
    uint32_t *top, *bottom; /* of a division: what remains, what divides */
    struct integer result;  /* when done */
};
bool integer_multiply(struct heap *heap, struct integer_work *w, struct integer a, struct integer b);
/* Towards zero; with `remainder` what is left, which has the sign of `a`. `b` is not 0. */
bool integer_divide(struct heap *heap, struct integer_work *w, struct integer a, struct integer b, bool remainder);

#endif
