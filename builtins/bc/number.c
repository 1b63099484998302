/* builtins/bc/number.c - decimal numbers of any length: sums, text, and what takes several products or quotients. */
#include "builtins/bc/number.h"

#include "base/number.h"
#include "builtins/bc/limbs.h"

static uint32_t limbs_of(uint32_t scale)
{
    return scale / LIMB_DIGITS + (scale % LIMB_DIGITS != 0);
}

static struct number *number_new(struct heap *heap, size_t whole, uint32_t scale)
{
    size_t fraction = limbs_of(scale), count = whole + fraction;
    if (count > UINT32_MAX / 8) /* so that bytes fit into 32 bits */
        meter_out_of_memory(heap->meter);
    struct number *n = heap_zero(heap, sizeof *n + count * sizeof n->limbs[0]);
    *n = (struct number){.owners = 1, .scale = scale, .fraction = (uint32_t)fraction, .count = (uint32_t)count};
    return n;
}

/* Drops zeros at the top, digits beyond the scale, the sign of 0. */
static struct number *settle(struct number *n)
{
    if (n->scale % LIMB_DIGITS && n->fraction)
        n->limbs[0] -= n->limbs[0] % limb_powers[LIMB_DIGITS - n->scale % LIMB_DIGITS];
    while (n->count > n->fraction && n->limbs[n->count - 1] == 0)
        n->count--;
    if (n->negative && number_is_zero(n))
        n->negative = false;
    return n;
}

struct number *number_from(struct heap *heap, int64_t value)
{
    uint32_t limbs[3], count = 0;
    for (uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value; rest; rest /= LIMB)
        limbs[count++] = (uint32_t)(rest % LIMB);
    struct number *n = heap_alloc(heap, sizeof *n + count * sizeof limbs[0]);
    *n = (struct number){.owners = 1, .negative = value < 0, .count = count};
    for (uint32_t i = 0; i < count; i++)
        n->limbs[i] = limbs[i];
    return n;
}

void number_drop(struct heap *heap, struct number *n)
{
    if (n && --n->owners == 0)
        heap_free(heap, n);
}

bool number_is_zero(const struct number *n)
{
    for (size_t i = n->count; i > 0; i--)
        if (n->limbs[i - 1])
            return false;
    return true;
}

static void charge(struct heap *heap, size_t limbs)
{
    meter_charge(heap->meter, (int64_t)(limbs / LIMBS_PER_STEP));
}

/* By size alone. */
static int compare_sizes(const struct number *a, const struct number *b)
{
    size_t whole_a = a->count - a->fraction, whole_b = b->count - b->fraction;
    if (whole_a != whole_b)
        return whole_a < whole_b ? -1 : 1;
    size_t i = a->count, k = b->count;
    while (i > 0 && k > 0) {
        i--, k--;
        if (a->limbs[i] != b->limbs[k])
            return a->limbs[i] < b->limbs[k] ? -1 : 1;
    }
    while (i > 0)
        if (a->limbs[--i])
            return 1;
    while (k > 0)
        if (b->limbs[--k])
            return -1;
    return 0;
}

int number_compare(struct heap *heap, const struct number *a, const struct number *b)
{
    charge(heap, a->count < b->count ? a->count : b->count);
    if (a->negative != b->negative)
        return a->negative ? -1 : 1;
    int order = compare_sizes(a, b);
    return a->negative ? -order : order;
}

uint64_t number_digits(const struct number *n)
{
    if (n->count == n->fraction)
        return 1;
    uint64_t digits = (uint64_t)(n->count - n->fraction - 1) * LIMB_DIGITS;
    for (uint32_t top = n->limbs[n->count - 1]; top; top /= 10)
        digits++;
    return digits;
}

uint64_t number_leading_zeros(const struct number *n)
{
    uint64_t zeros = 0;
    size_t i = n->fraction;
    while (i > 0 && n->limbs[i - 1] == 0) {
        zeros += LIMB_DIGITS;
        i--;
    }
    if (i == 0)
        return n->scale;
    for (uint32_t power = LIMB / 10; n->limbs[i - 1] < power; power /= 10)
        zeros++;
    return zeros;
}

int64_t number_to_int(const struct number *n)
{
    uint64_t value = 0;
    if (n->count - n->fraction > 3)
        return 0;
    for (size_t i = n->count; i > n->fraction; i--) {
        if (value > (INT64_MAX - n->limbs[i - 1]) / (uint64_t)LIMB)
            return 0;
        value = value * LIMB + n->limbs[i - 1];
    }
    return n->negative ? -(int64_t)value : (int64_t)value;
}

bool number_is_odd(const struct number *n)
{
    return n->count > n->fraction && n->limbs[n->fraction] % 2 != 0;
}

struct number *number_add(struct heap *heap, const struct number *a, const struct number *b, bool subtract, uint32_t least_scale)
{
    if (number_is_small(a) && number_is_small(b) && !least_scale)
        return number_from(heap, subtract ? number_small(a) - number_small(b) : number_small(a) + number_small(b));
    uint32_t scale = a->scale > b->scale ? a->scale : b->scale;
    bool negative = a->negative, other = b->negative != subtract;
    if (scale < least_scale)
        scale = least_scale;
    bool difference = negative != other;
    if (difference && compare_sizes(a, b) < 0) {
        const struct number *swap = a;
        a = b;
        b = swap;
        negative = other;
    }
    size_t whole_a = a->count - a->fraction, whole_b = b->count - b->fraction;
    struct number *n = number_new(heap, (whole_a > whole_b ? whole_a : whole_b) + !difference, scale);
    charge(heap, n->count);
    n->negative = negative;
    uint32_t *to = n->limbs + (n->fraction - a->fraction);
    memcpy(to, a->limbs, a->count * sizeof *to);
    to = n->limbs + (n->fraction - b->fraction);
    if (difference)
        limbs_subtract(to, n->count - (n->fraction - b->fraction), b->limbs, b->count);
    else
        limbs_add(to, n->count - (n->fraction - b->fraction), b->limbs, b->count);
    return settle(n);
}

struct number *number_cut(struct heap *heap, const struct number *a, uint32_t scale)
{
    if (scale > a->scale)
        scale = a->scale;
    struct number *n = number_new(heap, a->count - a->fraction, scale);
    charge(heap, n->count);
    if (n->count)
        memcpy(n->limbs, a->limbs + (a->fraction - n->fraction), n->count * sizeof n->limbs[0]);
    n->negative = a->negative;
    return settle(n);
}

struct number *number_negate(struct heap *heap, const struct number *a)
{
    struct number *n = number_cut(heap, a, a->scale);
    n->negative = !a->negative && !number_is_zero(n);
    return n;
}

/* --- text ------------------------------------------------------------------------------------------------------- */

static void print_limb(char *at, uint32_t limb)
{
    for (int k = LIMB_DIGITS - 1; k >= 0; k--, limb /= 10)
        at[k] = (char)('0' + limb % 10);
}

static void print_whole(struct buf *out, const uint32_t *limbs, size_t count)
{
    if (!count)
        return;
    number_add_unsigned(out, limbs[count - 1]);
    char *at = buf_reserve(out, (count - 1) * LIMB_DIGITS);
    for (size_t i = count - 1; i > 0; i--, at += LIMB_DIGITS)
        print_limb(at, limbs[i - 1]);
    out->length += (count - 1) * LIMB_DIGITS;
}

void number_print(struct buf *out, const struct number *n)
{
    charge(out->heap, n->count);
    if (n->negative)
        buf_add_byte(out, '-');
    if (number_is_zero(n)) {
        buf_add_byte(out, '0');
        return;
    }
    print_whole(out, n->limbs + n->fraction, n->count - n->fraction);
    if (!n->scale)
        return;
    buf_add_byte(out, '.');
    char *at = buf_reserve(out, (size_t)n->fraction * LIMB_DIGITS);
    for (size_t i = n->fraction; i > 0; i--, at += LIMB_DIGITS)
        print_limb(at, n->limbs[i - 1]);
    out->length += n->scale;
}

/* A digit of a base above 16: a blank before it and zeros in front, as wide as the largest. */
static void print_digit(struct number_work *w, uint64_t digit, bool space)
{
    char store[NUMBER_MOST];
    if (w->base <= 16) {
        buf_add_byte(w->out, "0123456789ABCDEF"[digit]);
        return;
    }
    size_t width = number_write_unsigned(store, w->base - 1);
    size_t length = number_write_unsigned(store, digit);
    if (space)
        buf_add_byte(w->out, ' ');
    buf_fill(w->out, '0', width - length);
    buf_add(w->out, str_of(store, length));
}

/* Divides the limbs by `by`, at most 10^9: what remains. */
static uint32_t divide_small(uint32_t *limbs, size_t *count, uint32_t by)
{
    uint64_t rest = 0;
    for (size_t i = *count; i > 0; i--) {
        rest = rest * LIMB + limbs[i - 1];
        limbs[i - 1] = (uint32_t)(rest / by);
        rest %= by;
    }
    while (*count > 0 && limbs[*count - 1] == 0)
        --*count;
    return (uint32_t)rest;
}

/* limbs = limbs * by + add, with by and add at most 2^31: what does not fit. */
static uint64_t multiply_small(uint32_t *limbs, size_t count, uint64_t by, uint64_t add)
{
    for (size_t i = 0; i < count; i++) {
        add += limbs[i] * by;
        limbs[i] = (uint32_t)(add % LIMB);
        add /= LIMB;
    }
    return add;
}

/* The whole part is divided by the highest power of the base that is at most 10^9, again and again, and its digits are kept
 * from the lowest; then the part behind the point is multiplied by the base. */
static bool print_base(struct number_work *w)
{
    const struct number *a = w->a;
    struct heap *heap = w->heap;
    switch (w->stage) {
    case 0:
        if (a->negative)
            buf_add_byte(w->out, '-');
        if (number_is_zero(a)) {
            buf_add_byte(w->out, '0');
            return true;
        }
        w->limb_count = a->count - a->fraction;
        w->limbs = heap_zero(heap, (a->count + 1) * sizeof *w->limbs);
        if (w->limb_count)
            memcpy(w->limbs, a->limbs + a->fraction, w->limb_count * sizeof *w->limbs);
        buf_init(&w->store, heap);
        w->count = w->base;
        w->at = 1;
        while (w->count * w->base <= LIMB)
            w->count *= w->base, w->at++;
        w->stage = 1;
        /* fall through */
    case 1:
        while (w->limb_count) {
            if (!meter_go(heap->meter))
                return false;
            meter_charge(heap->meter, (int64_t)(w->limb_count / 4 + 1));
            uint64_t power = w->base > LIMB ? 0 : w->count;
            uint64_t rest;
            if (power) {
                rest = divide_small(w->limbs, &w->limb_count, (uint32_t)power);
            } else { /* a base above 10^9 */
                rest = 0;
                for (size_t i = w->limb_count; i > 0; i--) {
                    rest = rest * LIMB + w->limbs[i - 1];
                    w->limbs[i - 1] = (uint32_t)(rest / w->base);
                    rest %= w->base;
                }
                while (w->limb_count > 0 && w->limbs[w->limb_count - 1] == 0)
                    w->limb_count--;
            }
            for (uint64_t k = 0; k < (power ? w->at : 1) && (rest || w->limb_count); k++, rest /= w->base) {
                uint32_t digit = (uint32_t)(rest % w->base);
                buf_add(&w->store, str_of((const char *)&digit, sizeof digit));
            }
        }
        w->at = w->store.length / sizeof(uint32_t);
        w->stage = 2;
        /* fall through */
    case 2:
        for (; w->at > 0; w->at--) {
            if (w->at % 1024 == 0) {
                if (!meter_go(heap->meter))
                    return false;
                meter_charge(heap->meter, 256);
            }
            uint32_t digit;
            memcpy(&digit, w->store.data + (w->at - 1) * sizeof digit, sizeof digit);
            print_digit(w, digit, true);
        }
        if (!a->scale) {
            w->stage = 4;
            return print_base(w);
        }
        buf_add_byte(w->out, '.');
        if (a->fraction)
            memcpy(w->limbs, a->limbs, a->fraction * sizeof *w->limbs);
        w->more = heap_zero(heap, ((size_t)a->fraction + 4) * sizeof *w->more);
        w->more[0] = 1;
        w->more_count = 1;
        w->count = 0;
        w->stage = 3;
        /* fall through */
    case 3:
        for (;; w->count++) { /* as long as base^count has no more digits than the number */
            uint64_t digits = (uint64_t)(w->more_count - 1) * LIMB_DIGITS;
            for (uint32_t top = w->more[w->more_count - 1]; top; top /= 10)
                digits++;
            if (digits > a->scale)
                break;
            if (!meter_go(heap->meter))
                return false;
            meter_charge(heap->meter, (int64_t)(a->fraction / 4 + 1));
            uint64_t digit = multiply_small(w->limbs, a->fraction, w->base, 0);
            print_digit(w, digit, w->count > 0);
            for (uint64_t over = multiply_small(w->more, w->more_count, w->base, 0); over; over /= LIMB)
                w->more[w->more_count++] = (uint32_t)(over % LIMB);
        }
        w->stage = 4;
        /* fall through */
    default:
        heap_free(heap, w->limbs);
        heap_free(heap, w->more);
        buf_drop(&w->store);
        return true;
    }
}

/* --- parts ---------------------------------------------------------------------------------------------------------- */

/* One operation within another: true when *into is its result. */
static bool part(struct number_work *w, enum number_operation operation, const struct number *a, const struct number *b,
                 uint32_t scale, struct number **into)
{
    if (!w->child) {
        w->child = heap_new(w->heap, struct number_work);
        w->child->heap = w->heap;
        w->child->operation = operation;
        w->child->a = a;
        w->child->b = b;
        w->child->scale = scale;
    }
    if (!number_run(w->child))
        return false;
    struct number *old = *into;
    *into = w->child->result;
    number_drop(w->heap, old);
    heap_free(w->heap, w->child);
    w->child = NULL;
    return true;
}

static bool multiply(struct number_work *w)
{
    const struct number *a = w->a, *b = w->b;
    if (!w->product) {
        uint32_t larger = a->scale > b->scale ? a->scale : b->scale;
        uint64_t full = (uint64_t)a->scale + b->scale;
        if (w->scale < larger)
            w->scale = larger;
        if (w->scale > full)
            w->scale = (uint32_t)full;
        w->limb_count = (size_t)a->count + b->count;
        w->limbs = heap_zero(w->heap, (w->limb_count + 1) * sizeof *w->limbs);
        if (a->count < PRODUCT_SHORT && b->count < PRODUCT_SHORT) {
            limbs_multiply(w->limbs, a->limbs, a->count, b->limbs, b->count);
            meter_charge(w->heap->meter, (int64_t)(a->count * b->count / LIMBS_PER_STEP));
            goto done;
        }
        w->product = heap_new(w->heap, struct product);
        bool swap = a->count < b->count;
        w->product->a = swap ? b->limbs : a->limbs;
        w->product->b = swap ? a->limbs : b->limbs;
        w->product->a_count = swap ? b->count : a->count;
        w->product->b_count = swap ? a->count : b->count;
        w->product->out = w->limbs;
    }
    if (!product_run(w->heap, w->product))
        return false;
done:;
    size_t fraction = (size_t)a->fraction + b->fraction;
    struct number *n = number_new(w->heap, w->limb_count - fraction, w->scale);
    size_t skip = fraction - n->fraction; /* at least as many limbs are there as the scale needs */
    if (n->count)
        memcpy(n->limbs, w->limbs + skip, n->count * sizeof n->limbs[0]);
    n->negative = a->negative != b->negative;
    w->result = settle(n);
    heap_free(w->heap, w->limbs);
    heap_free(w->heap, w->product);
    return true;
}

static bool divide(struct number_work *w)
{
    const struct number *a = w->a, *b = w->b;
    struct heap *heap = w->heap;
    if (!w->quotient) {
        size_t fraction = limbs_of(w->scale), low = 0, high = b->count;
        while (b->limbs[low] == 0)
            low++;
        while (b->limbs[high - 1] == 0)
            high--;
        /* a / 10^9fa divided by b / 10^9fb, times 10^9fraction: the top is shifted by so many limbs. */
        int64_t shift = (int64_t)fraction - a->fraction + b->fraction - (int64_t)low;
        int64_t count = (int64_t)a->count + shift;
        if (count < (int64_t)(high - low) || count <= 0) {
            w->result = number_new(heap, 0, w->scale);
            return true;
        }
        struct quotient *q = heap_zero(heap, sizeof *q + ((size_t)count + 1 + (high - low)) * sizeof *w->limbs);
        w->quotient = q;
        q->top = (uint32_t *)(q + 1);
        q->bottom = q->top + count + 1;
        q->top_count = (size_t)count;
        q->bottom_count = high - low;
        if (shift < 0)
            memcpy(q->top, a->limbs - shift, (size_t)count * sizeof *w->limbs);
        else if (a->count)
            memcpy(q->top + shift, a->limbs, a->count * sizeof *w->limbs);
        memcpy(q->bottom, b->limbs + low, (high - low) * sizeof *w->limbs);
        charge(heap, (size_t)count);
        size_t limbs = (size_t)count - (high - low) + 1;
        w->x = number_new(heap, limbs > fraction ? limbs - fraction : 0, w->scale);
        w->limbs = w->x->limbs;
        w->quotient->out = w->limbs;
    }
    if (!quotient_run(heap, w->quotient))
        return false;
    w->x->negative = a->negative != b->negative;
    w->result = settle(w->x);
    heap_free(heap, w->quotient);
    return true;
}

static bool divide_both(struct number_work *w)
{
    const struct number *a = w->a, *b = w->b;
    uint64_t scale = (uint64_t)b->scale + w->scale;
    if (scale < a->scale)
        scale = a->scale;
    switch (w->stage) {
    case 0:
        if (!part(w, NUMBER_DIVIDE, a, b, w->scale, &w->x))
            return false;
        w->stage = 1;
        /* fall through */
    default:
        if (!part(w, NUMBER_MULTIPLY, w->x, b, (uint32_t)scale, &w->y))
            return false;
        w->second = number_add(w->heap, a, w->y, true, (uint32_t)scale);
        number_drop(w->heap, w->y);
        w->result = w->x;
        if (w->operation == NUMBER_REMAINDER) {
            number_drop(w->heap, w->x);
            w->result = w->second;
            w->second = NULL;
        }
        return true;
    }
}

/* All digits are kept until the end: squares for the bits of the exponent. */
static bool power(struct number_work *w)
{
    struct heap *heap = w->heap;
    uint64_t wanted;
    switch (w->stage) {
    case 0:
        w->count = w->exponent < 0 ? -(uint64_t)w->exponent : (uint64_t)w->exponent;
        if (!w->exponent) {
            w->result = number_from(heap, 1);
            return true;
        }
        w->x = number_cut(heap, w->a, w->a->scale);
        w->stage = 1;
        /* fall through */
    case 1:
        while (w->count % 2 == 0) {
            if (!part(w, NUMBER_MULTIPLY, w->x, w->x, UINT32_MAX, &w->x))
                return false;
            w->count /= 2;
        }
        w->y = number_share(w->x);
        w->count /= 2;
        w->stage = 2;
        /* fall through */
    case 2:
    again:
        if (!w->count)
            goto finish;
        if (!part(w, NUMBER_MULTIPLY, w->x, w->x, UINT32_MAX, &w->x))
            return false;
        w->stage = 3;
        /* fall through */
    case 3:
        if (w->count % 2 && !part(w, NUMBER_MULTIPLY, w->y, w->x, UINT32_MAX, &w->y))
            return false;
        w->count /= 2;
        w->stage = 2;
        goto again;
    finish:
        w->z = number_from(heap, 1);
        w->stage = 4;
        /* fall through */
    default:
        if (w->exponent < 0) {
            if (number_is_zero(w->y)) /* the caller sees to it that this is not so */
                w->result = number_from(heap, 0);
            else if (!part(w, NUMBER_DIVIDE, w->z, w->y, w->scale, &w->result))
                return false;
        } else {
            wanted = w->scale > w->a->scale ? w->scale : w->a->scale;
            w->result = number_cut(heap, w->y, (uint32_t)wanted);
            w->result->negative = w->y->negative; /* GNU's has -0 when all digits are cut off, and only here */
        }
        number_drop(heap, w->x);
        number_drop(heap, w->y);
        number_drop(heap, w->z);
        return true;
    }
}

/* x: the base, y: what is left of the exponent, z: the result. */
static bool power_modulo(struct number_work *w)
{
    struct heap *heap = w->heap;
    uint32_t scale = w->scale;
    switch (w->stage) {
    case 0:
        w->x = number_cut(heap, w->a, w->a->scale);
        w->y = number_cut(heap, w->b, 0);
        w->z = number_from(heap, 1);
        w->stage = 1;
        /* fall through */
    case 1:
    again:
        if (number_is_zero(w->y)) {
            w->result = w->z;
            number_drop(heap, w->x);
            number_drop(heap, w->y);
            return true;
        }
        if (!meter_go(heap->meter))
            return false;
        w->at = number_is_odd(w->y);
        {
            size_t count = w->y->count;
            charge(heap, count * 4);
            divide_small(w->y->limbs, &count, 2);
            w->y->count = (uint32_t)count;
        }
        w->stage = 2;
        /* fall through */
    case 2:
        if (w->at && !part(w, NUMBER_MULTIPLY, w->z, w->x, scale, &w->z))
            return false;
        w->stage = 3;
        /* fall through */
    case 3:
        if (w->at && !part(w, NUMBER_REMAINDER, w->z, w->c, scale, &w->z))
            return false;
        w->stage = 4;
        /* fall through */
    case 4:
        if (!part(w, NUMBER_MULTIPLY, w->x, w->x, scale, &w->x))
            return false;
        w->stage = 5;
        /* fall through */
    default:
        if (!part(w, NUMBER_REMAINDER, w->x, w->c, scale, &w->x))
            return false;
        w->stage = 1;
        goto again;
    }
}

/* --- roots ------------------------------------------------------------------------------------------------------------- */

/* The highest `count` limbs of t as a whole number. */
static struct number *top_limbs(struct heap *heap, const struct number *t, size_t count)
{
    struct number *n = number_new(heap, count, 0);
    memcpy(n->limbs, t->limbs + (t->count - count), count * sizeof n->limbs[0]);
    charge(heap, count);
    return settle(n);
}

/* x shifted up by `limbs`. */
static struct number *shifted(struct heap *heap, const struct number *x, size_t limbs)
{
    struct number *n = number_new(heap, x->count + limbs, 0);
    if (x->count)
        memcpy(n->limbs + limbs, x->limbs, x->count * sizeof n->limbs[0]);
    charge(heap, n->count);
    return settle(n);
}

static bool is_one(const struct number *n)
{
    bool one = n->count == n->fraction + 1 && n->limbs[n->fraction] == 1;
    for (size_t i = 0; one && i < n->fraction; i++)
        one = n->limbs[i] == 0;
    return one;
}

/* t is the whole number whose root is looked for, of an odd count of limbs or an even one; x a root of its top limbs from above,
 * which is improved (x + t/x)/2 as long as it gets smaller, with twice as many limbs each time. */
static bool root(struct number_work *w)
{
    struct heap *heap = w->heap;
    const struct number *a = w->a;
    for (;;) switch (w->stage) {
    case 0: {
        w->scale = w->scale > a->scale ? w->scale : a->scale;
        if (number_is_zero(a) || is_one(a)) { /* exact, without digits behind the point */
            w->result = number_from(heap, !number_is_zero(a));
            return true;
        }
        size_t fraction = limbs_of(w->scale), high = a->count;
        /* The root has `fraction` limbs behind the point, so its square has twice as many. */
        while (a->limbs[high - 1] == 0)
            high--;
        size_t count = high + 2 * fraction - a->fraction;
        w->t = number_new(heap, count, 0);
        memcpy(w->t->limbs + (2 * fraction - a->fraction), a->limbs, high * sizeof a->limbs[0]);
        charge(heap, count);
        settle(w->t);
        w->count = w->t->count % 2 ? 1 : 2; /* limbs of t that are looked at */
        uint64_t top = w->t->limbs[w->t->count - 1];
        if (w->count == 2)
            top = top * LIMB + w->t->limbs[w->t->count - 2];
        uint64_t guess = 2000000000;
        for (uint64_t next = (guess + top / guess) / 2; next < guess; next = (guess + top / guess) / 2)
            guess = next;
        w->x = number_from(heap, (int64_t)guess);
        w->stage = w->count < w->t->count ? 1 : 4;
        continue;
    }
    case 1: { /* x is the root of the top w->count limbs: a guess for up to twice as many */
        size_t half = (w->count + 1) / 2, more = half;
        if (w->count + 2 * more > w->t->count)
            more = (w->t->count - w->count) / 2;
        struct number *one = number_from(heap, 1), *next = number_add(heap, w->x, one, false, 0);
        number_drop(heap, one);
        number_drop(heap, w->x);
        w->x = shifted(heap, next, more);
        number_drop(heap, next);
        w->count += 2 * more;
        number_drop(heap, w->z);
        w->z = top_limbs(heap, w->t, w->count);
        w->stage = 2;
    }
        /* fall through */
    case 2: {
        if (!part(w, NUMBER_DIVIDE, w->z, w->x, 0, &w->y))
            return false;
        struct number *sum = number_add(heap, w->x, w->y, false, 0);
        size_t count = sum->count;
        divide_small(sum->limbs, &count, 2);
        charge(heap, count * 4);
        sum->count = (uint32_t)count;
        if (number_compare(heap, sum, w->x) >= 0) {
            number_drop(heap, sum);
            w->stage = w->count < w->t->count ? 1 : 4;
        } else {
            number_drop(heap, w->x);
            w->x = sum;
        }
        continue;
    }
    default: {
        size_t fraction = limbs_of(w->scale);
        struct number *n = number_new(heap, w->x->count > fraction ? w->x->count - fraction : 0, w->scale);
        memcpy(n->limbs, w->x->limbs, w->x->count * sizeof n->limbs[0]);
        w->result = settle(n);
        number_drop(heap, w->x);
        number_drop(heap, w->y);
        number_drop(heap, w->z);
        number_drop(heap, w->t);
        return true;
    }
    }
}

/* --- from text ------------------------------------------------------------------------------------------------------------ */

static bool decimal(const struct number_work *w)
{
    for (size_t i = 0; i < w->digits.length; i++)
        if (w->digits.data[i] > 9)
            return false;
    return w->base == 10;
}

static void parse_decimal(struct number_work *w)
{
    size_t whole = w->whole, scale = w->digits.length - whole;
    struct number *n = number_new(w->heap, whole / LIMB_DIGITS + 1, (uint32_t)scale);
    for (size_t i = 0; i < whole; i++) {
        size_t place = whole - 1 - i;
        n->limbs[n->fraction + place / LIMB_DIGITS] += (uint32_t)w->digits.data[i] * limb_powers[place % LIMB_DIGITS];
    }
    for (size_t i = 0; i < scale; i++)
        n->limbs[n->fraction - 1 - i / LIMB_DIGITS] +=
            (uint32_t)w->digits.data[whole + i] * limb_powers[LIMB_DIGITS - 1 - i % LIMB_DIGITS];
    w->result = settle(n);
    meter_charge(w->heap->meter, (int64_t)(w->digits.length / METER_BYTES));
}

/* The digits as a whole number; with a point, divided by the power of the base that they stand for. */
static bool parse(struct number_work *w)
{
    struct heap *heap = w->heap;
    size_t scale = w->digits.length - w->whole;
    switch (w->stage) {
    case 0:
        if (decimal(w)) {
            parse_decimal(w);
            return true;
        }
        /* A digit of base 36 is less than 6 bits, of which 29 are in a limb. */
        w->limb_count = w->whole / 4 + 2;
        w->more_count = scale / 4 + 2;
        w->x = number_new(heap, w->limb_count, 0);
        w->y = number_new(heap, w->more_count, 0);
        w->z = number_new(heap, w->more_count, 0);
        w->z->limbs[0] = 1;
        w->stage = 1;
        /* fall through */
    case 1:
        for (; w->at < w->digits.length; w->at++) {
            if (!meter_go(heap->meter))
                return false;
            bool before = w->at < w->whole;
            size_t done = before ? w->at : w->at - w->whole, count = done / 4 + 2;
            meter_charge(heap->meter, (int64_t)(count / 4 + 1));
            multiply_small(before ? w->x->limbs : w->y->limbs, count, w->base, (uint8_t)w->digits.data[w->at]);
            if (!before)
                multiply_small(w->z->limbs, count, w->base, 0);
        }
        settle(w->x);
        settle(w->y);
        settle(w->z);
        w->stage = 2;
        /* fall through */
    default:
        if (scale) {
            if (!part(w, NUMBER_DIVIDE, w->y, w->z, (uint32_t)scale, &w->y))
                return false;
            w->result = number_add(heap, w->x, w->y, false, 0);
            number_drop(heap, w->x);
        } else {
            w->result = w->x;
        }
        number_drop(heap, w->y);
        number_drop(heap, w->z);
        return true;
    }
}

bool number_run(struct number_work *w)
{
    if (!meter_go(w->heap->meter))
        return false;
    switch (w->operation) {
    case NUMBER_MULTIPLY: return multiply(w);
    case NUMBER_DIVIDE: return divide(w);
    case NUMBER_REMAINDER: case NUMBER_DIVIDE_BOTH: return divide_both(w);
    case NUMBER_POWER: return power(w);
    case NUMBER_POWER_MODULO: return power_modulo(w);
    case NUMBER_ROOT: return root(w);
    case NUMBER_PRINT: return print_base(w);
    case NUMBER_PARSE: return parse(w);
    }
    return true;
}
