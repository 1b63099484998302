/* builtins/bc/limbs.c - sums, products and quotients of rows of limbs. */
#include "builtins/bc/limbs.h"

const uint32_t limb_powers[LIMB_DIGITS + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

void limbs_add(uint32_t *to, size_t to_count, const uint32_t *from, size_t count)
{
    uint32_t carry = 0;
    size_t i = 0;
    for (; i < count; i++) {
        uint32_t sum = to[i] + from[i] + carry;
        carry = sum >= LIMB;
        to[i] = carry ? sum - LIMB : sum;
    }
    for (; carry && i < to_count; i++) {
        carry = to[i] == LIMB - 1;
        to[i] = carry ? 0 : to[i] + 1;
    }
}

void limbs_subtract(uint32_t *to, size_t to_count, const uint32_t *from, size_t count)
{
    uint32_t borrow = 0;
    size_t i = 0;
    for (; i < count; i++) {
        uint32_t less = from[i] + borrow;
        borrow = to[i] < less;
        to[i] = borrow ? to[i] + LIMB - less : to[i] - less;
    }
    for (; borrow && i < to_count; i++) {
        borrow = to[i] == 0;
        to[i] = borrow ? LIMB - 1 : to[i] - 1;
    }
}

/* --- products --------------------------------------------------------------------------------------------------- */

/* Column by column: a sum of products stays below 2^64 when it is kept below 8 * 10^18, and what is taken off goes to the
 * next column. */
void limbs_multiply(uint32_t *out, const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    const uint64_t most = UINT64_C(8000000000000000000);
    uint64_t carry = 0;
    if (!a_count || !b_count)
        return;
    for (size_t k = 0; k + 1 < a_count + b_count; k++) {
        uint64_t sum = carry % LIMB, over = carry / LIMB;
        size_t from = k < b_count ? 0 : k - b_count + 1, end = k < a_count ? k + 1 : a_count;
        for (size_t i = from; i < end; i++) {
            sum += (uint64_t)a[i] * b[k - i];
            uint64_t much = -(uint64_t)(sum >= most);
            sum -= most & much;
            over += (most / LIMB) & much;
        }
        out[k] = (uint32_t)(sum % LIMB);
        carry = over + sum / LIMB;
    }
    out[a_count + b_count - 1] = (uint32_t)carry;
}

enum {
    PIECE = 1 << 15,   /* products of limbs made between two looks at the meter */
    PART = 1 << 9,     /* limbs of the longer row multiplied at once by a short one */
    BLOCK = 1 << 15    /* limbs of the longest part that is halved */
};

/* The product of two rows of one length, by halves: low*low, high*high and the product of the differences. */
struct product_frame {
    const uint32_t *a, *b;
    uint32_t *out, *scratch;
    size_t count;
    int stage;
    bool negative; /* the product of the differences */
};

static void push(struct product *p, const uint32_t *a, const uint32_t *b, uint32_t *out, uint32_t *scratch, size_t count)
{
    p->frames[p->depth++] = (struct product_frame){a, b, out, scratch, count, 0, false};
}

/* out = |low - high|, of `half` limbs, of which `high` has `count`: was high the larger? */
static bool difference(uint32_t *out, const uint32_t *low, size_t half, const uint32_t *high, size_t count)
{
    size_t i = half;
    bool larger = false;
    while (i > 0) {
        uint32_t y = i > count ? 0 : high[i - 1];
        if (low[i - 1] != y) {
            larger = low[i - 1] < y;
            break;
        }
        i--;
    }
    if (larger) {
        memset(out, 0, half * sizeof *out);
        memcpy(out, high, count * sizeof *out);
        limbs_subtract(out, half, low, half);
    } else {
        memcpy(out, low, half * sizeof *out);
        limbs_subtract(out, half, high, count);
    }
    return larger;
}

/* The middle is low*low + high*high - (a.low - a.high) * (b.low - b.high). */
static void combine(struct product_frame *f)
{
    size_t half = (f->count + 1) / 2, high = f->count - half;
    uint32_t *middle = f->scratch, *cross = f->scratch + 2 * half + 1;
    memcpy(middle, f->out, 2 * half * sizeof *middle);
    middle[2 * half] = 0;
    limbs_add(middle, 2 * half + 1, f->out + 2 * half, 2 * high);
    if (f->negative)
        limbs_add(middle, 2 * half + 1, cross, 2 * half);
    else
        limbs_subtract(middle, 2 * half + 1, cross, 2 * half);
    size_t length = 2 * half + 1, room = 2 * f->count - half;
    while (length > room) /* what is cut off is 0 */
        length--;
    limbs_add(f->out + half, room, middle, length);
}

/* scratch: the differences (2 half), then the middle over them (2 half + 1), then the cross product (2 half); behind it the
 * children's. Altogether at most 8 times the limbs and some. */
static bool halve(struct heap *heap, struct product *p)
{
    while (p->depth) {
        struct product_frame *f = &p->frames[p->depth - 1];
        size_t half = (f->count + 1) / 2, high = f->count - half;
        if (!meter_go(heap->meter))
            return false;
        if (f->count <= PRODUCT_SHORT) {
            limbs_multiply(f->out, f->a, f->count, f->b, f->count);
            meter_charge(heap->meter, (int64_t)(f->count * f->count / LIMBS_PER_STEP));
            p->depth--;
            continue;
        }
        uint32_t *rest = f->scratch + 4 * half + 1;
        switch (f->stage++) {
        case 0: push(p, f->a, f->b, f->out, rest, half); break;
        case 1: push(p, f->a + half, f->b + half, f->out + 2 * half, rest, high); break;
        case 2:
            f->negative = difference(f->scratch, f->a, half, f->a + half, high)
                          != difference(f->scratch + half, f->b, half, f->b + half, high);
            meter_charge(heap->meter, (int64_t)(f->count / LIMBS_PER_STEP));
            push(p, f->scratch, f->scratch + half, f->scratch + 2 * half + 1, rest, half);
            break;
        default:
            combine(f);
            meter_charge(heap->meter, (int64_t)(f->count / 4));
            p->depth--;
        }
    }
    return true;
}

/* The rows are cut into parts of about the same length, none longer than BLOCK. */
static void start_halving(struct heap *heap, struct product *p)
{
    size_t count = p->b_count / BLOCK + (p->b_count % BLOCK != 0);
    p->b_part = (p->b_count + count - 1) / count;
    count = (p->a_count + p->b_part / 2) / p->b_part;
    p->a_part = (p->a_count + count - 1) / count;
    p->size = p->a_part > p->b_part ? p->a_part : p->b_part;
    p->pad = heap_alloc(heap, 2 * p->size * sizeof *p->pad);
    p->block = heap_alloc(heap, 2 * p->size * sizeof *p->block);
    p->scratch = heap_alloc(heap, (4 * p->size + 512) * sizeof *p->scratch);
    p->frames = heap_alloc(heap, 32 * sizeof *p->frames);
}

static const uint32_t *padded(struct product *p, uint32_t *pad, const uint32_t *from, size_t count)
{
    if (count == p->size)
        return from;
    memcpy(pad, from, count * sizeof *pad);
    memset(pad + count, 0, (p->size - count) * sizeof *pad);
    return pad;
}

static bool run_halving(struct heap *heap, struct product *p)
{
    if (!p->started) {
        p->started = true;
        start_halving(heap, p);
    }
    while (p->a_at < p->a_count) {
        size_t a = p->a_count - p->a_at, b = p->b_count - p->b_at;
        if (!p->depth) {
            if (!meter_go(heap->meter))
                return false;
            a = a < p->a_part ? a : p->a_part;
            b = b < p->b_part ? b : p->b_part;
            push(p, padded(p, p->pad, p->a + p->a_at, a), padded(p, p->pad + p->size, p->b + p->b_at, b), p->block, p->scratch,
                 p->size);
        }
        if (!halve(heap, p))
            return false;
        size_t at = p->a_at + p->b_at, room = p->a_count + p->b_count - at;
        limbs_add(p->out + at, room, p->block, 2 * p->size < room ? 2 * p->size : room);
        meter_charge(heap->meter, (int64_t)(p->size / LIMBS_PER_STEP));
        p->b_at += p->b_part;
        if (p->b_at >= p->b_count) {
            p->b_at = 0;
            p->a_at += p->a_part;
        }
    }
    heap_free(heap, p->pad);
    heap_free(heap, p->block);
    heap_free(heap, p->scratch);
    heap_free(heap, p->frames);
    return true;
}

bool product_run(struct heap *heap, struct product *p)
{
    uint32_t store[PART + PRODUCT_SHORT];
    if (!p->b_count)
        return true;
    if (p->b_count >= PRODUCT_SHORT)
        return run_halving(heap, p);
    while (p->a_at < p->a_count) { /* parts of the long one, each times the short one */
        size_t part = p->a_count - p->a_at;
        if (part > PART)
            part = PART;
        if (!meter_go(heap->meter))
            return false;
        limbs_multiply(store, p->a + p->a_at, part, p->b, p->b_count);
        limbs_add(p->out + p->a_at, p->a_count + p->b_count - p->a_at, store, part + p->b_count);
        meter_charge(heap->meter, (int64_t)(part * p->b_count / LIMBS_PER_STEP));
        p->a_at += part;
    }
    return true;
}

/* --- quotients ------------------------------------------------------------------------------------------------------ */

/* limbs *= by: what does not fit. */
static uint32_t scale(uint32_t *limbs, size_t count, uint32_t by)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < count; i++) {
        carry += (uint64_t)limbs[i] * by;
        limbs[i] = (uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    return (uint32_t)carry;
}

static bool divide_by_one(struct heap *heap, struct quotient *q)
{
    uint32_t by = q->bottom[0];
    while (q->left) {
        size_t end = q->left > PIECE ? q->left - PIECE : 0;
        if (!meter_go(heap->meter))
            return false;
        meter_charge(heap->meter, (int64_t)((q->left - end) / 4));
        for (; q->left > end; q->left--) {
            q->carry = q->carry * LIMB + q->top[q->left - 1];
            q->out[q->left - 1] = (uint32_t)(q->carry / by);
            q->carry %= by;
        }
    }
    return true;
}

/* The next limb of the quotient, from the highest limbs of both: right, or one or two too large. */
static uint64_t guess(const struct quotient *q, const uint32_t *at)
{
    size_t n = q->bottom_count;
    uint64_t high = (uint64_t)at[n] * LIMB + at[n - 1];
    uint64_t limb = high / q->bottom[n - 1], rest = high % q->bottom[n - 1];
    while (limb >= LIMB || limb * q->bottom[n - 2] > rest * LIMB + at[n - 2]) {
        limb--;
        rest += q->bottom[n - 1];
        if (rest >= LIMB)
            break;
    }
    return limb;
}

bool quotient_run(struct heap *heap, struct quotient *q)
{
    enum { START, GUESS, SUBTRACT, CORRECT };
    size_t n = q->bottom_count;
    if (q->stage == START) {
        q->left = q->top_count - n + 1;
        q->stage = GUESS;
        q->top[q->top_count] = 0;
        if (n > 1) { /* so that the divisor's highest limb is at least half of what it may be */
            uint32_t by = LIMB / (q->bottom[n - 1] + 1);
            if (by > 1) {
                scale(q->bottom, n, by);
                q->top[q->top_count] = scale(q->top, q->top_count, by);
            }
            meter_charge(heap->meter, (int64_t)(q->top_count / 4));
        }
    }
    if (n == 1)
        return divide_by_one(heap, q);
    for (;;) {
        uint32_t *at;
        if (q->stage == GUESS) {
            if (!q->left)
                return true;
            if (!meter_go(heap->meter))
                return false;
            q->left--;
            q->guess = guess(q, q->top + q->left);
            q->out[q->left] = (uint32_t)q->guess;
            q->at = 0;
            q->carry = 0;
            q->stage = SUBTRACT;
        }
        at = q->top + q->left;
        if (q->stage == SUBTRACT) {
            size_t end = n - q->at > PIECE ? q->at + PIECE : n;
            if (!meter_go(heap->meter))
                return false;
            meter_charge(heap->meter, (int64_t)((end - q->at) / 8 + 1));
            uint64_t carry = q->carry;
            for (size_t i = q->at; q->guess && i < end; i++) {
                carry += q->guess * q->bottom[i];
                uint32_t less = (uint32_t)(carry % LIMB);
                carry /= LIMB;
                if (at[i] < less) {
                    at[i] += LIMB - less;
                    carry++;
                } else {
                    at[i] -= less;
                }
            }
            q->carry = carry;
            q->at = end;
            if (end < n)
                continue;
            q->stage = GUESS;
            if (at[n] < carry)
                q->stage = CORRECT;
            else
                at[n] -= (uint32_t)carry;
        }
        if (q->stage == CORRECT) { /* one too large */
            at[n] += LIMB - (uint32_t)q->carry;
            q->out[q->left]--;
            limbs_add(at, n, q->bottom, n);
            at[n] = 0;
            q->stage = GUESS;
        }
    }
}
