/* base/integer.c - whole numbers of any size. */
#include "base/integer.h"

#include "base/number.h"

enum { LIMB = 1000000000, LIMB_DIGITS = 9 };

static struct integer trimmed(uint32_t *limbs, size_t count, bool negative)
{
    while (count > 0 && limbs[count - 1] == 0)
        count--;
    return (struct integer){limbs, count, negative && count > 0};
}

static uint32_t *new_limbs(struct heap *heap, size_t count)
{
    return heap_zero(heap, (count + 1) * sizeof(uint32_t));
}

bool integer_is(struct str text)
{
    size_t from = text.length > 0 && text.data[0] == '-';
    for (size_t i = from; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return text.length > from;
}

struct integer integer_parse(struct heap *heap, struct str text)
{
    bool negative = text.length > 0 && text.data[0] == '-';
    size_t count = 0, end = text.length;
    uint32_t *limbs = new_limbs(heap, text.length / LIMB_DIGITS + 1);
    meter_charge(heap->meter, (int64_t)(text.length / METER_BYTES));
    while (end > (size_t)negative) {
        size_t from = end - negative > LIMB_DIGITS ? end - LIMB_DIGITS : (size_t)negative;
        uint32_t limb = 0;
        for (size_t i = from; i < end; i++)
            limb = limb * 10 + (uint32_t)(text.data[i] - '0');
        limbs[count++] = limb;
        end = from;
    }
    return trimmed(limbs, count, negative);
}

struct integer integer_from(struct heap *heap, uint64_t value)
{
    uint32_t *limbs = new_limbs(heap, 3);
    for (int i = 0; i < 3; i++, value /= LIMB)
        limbs[i] = (uint32_t)(value % LIMB);
    return trimmed(limbs, 3, false);
}

void integer_print(struct buf *out, struct integer number)
{
    if (number.negative)
        buf_add_byte(out, '-');
    buf_print(out, "%u", (unsigned)(number.count ? number.limbs[number.count - 1] : 0));
    for (size_t i = number.count; i > 1; i--) {
        char *at = buf_reserve(out, LIMB_DIGITS);
        uint32_t limb = number.limbs[i - 2];
        for (int k = LIMB_DIGITS - 1; k >= 0; k--, limb /= 10)
            at[k] = (char)('0' + limb % 10);
        out->length += LIMB_DIGITS;
    }
}

static int compare_sizes(struct integer a, struct integer b)
{
    if (a.count != b.count)
        return a.count < b.count ? -1 : 1;
    for (size_t i = a.count; i > 0; i--)
        if (a.limbs[i - 1] != b.limbs[i - 1])
            return a.limbs[i - 1] < b.limbs[i - 1] ? -1 : 1;
    return 0;
}

int integer_compare(struct integer a, struct integer b)
{
    if (a.negative != b.negative)
        return a.negative ? -1 : 1;
    return a.negative ? compare_sizes(b, a) : compare_sizes(a, b);
}

uint64_t integer_size(struct integer number)
{
    uint64_t value = 0;
    if (number.negative)
        return 0;
    for (size_t i = number.count; i > 0; i--)
        if (__builtin_mul_overflow(value, (uint64_t)LIMB, &value) ||
            __builtin_add_overflow(value, (uint64_t)number.limbs[i - 1], &value))
            return UINT64_MAX;
    return value;
}

struct integer integer_add(struct heap *heap, struct integer a, struct integer b, bool subtract)
{
    b.negative = b.count > 0 && b.negative != subtract;
    bool same = a.negative == b.negative;
    if (compare_sizes(a, b) < 0) {
        struct integer other = a;
        a = b;
        b = other;
    }
    uint32_t *limbs = new_limbs(heap, a.count + 1);
    int64_t carry = 0;
    for (size_t i = 0; i < a.count; i++) {
        int64_t other = i < b.count ? b.limbs[i] : 0, sum = a.limbs[i] + carry + (same ? other : -other);
        carry = sum < 0 ? -1 : sum >= LIMB;
        limbs[i] = (uint32_t)(sum - carry * LIMB);
    }
    if (carry > 0)
        limbs[a.count] = (uint32_t)carry;
    meter_charge(heap->meter, (int64_t)(a.count / 16));
    return trimmed(limbs, a.count + 1, a.negative);
}

bool integer_multiply(struct heap *heap, struct integer_work *w, struct integer a, struct integer b)
{
    if (!w->started) {
        w->started = true;
        w->at = 0;
        w->top = new_limbs(heap, a.count + b.count);
    }
    while (w->at < a.count) {
        uint64_t carry = 0, factor = a.limbs[w->at];
        uint32_t *to = w->top + w->at;
        if (!meter_go(heap->meter))
            return false;
        for (size_t i = 0; i < b.count; i++) {
            uint64_t sum = to[i] + factor * b.limbs[i] + carry;
            carry = sum / LIMB;
            to[i] = (uint32_t)(sum % LIMB);
        }
        to[b.count] = (uint32_t)carry;
        w->at++;
        meter_charge(heap->meter, (int64_t)(1 + b.count / 16));
    }
    w->result = trimmed(w->top, a.count + b.count, a.negative != b.negative);
    return true;
}

/* Multiplies or divides `count` limbs by a small number; answers the carry or the remainder. */
static uint32_t scale_up(uint32_t *limbs, size_t count, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t product = (uint64_t)limbs[i] * factor + carry;
        carry = product / LIMB;
        limbs[i] = (uint32_t)(product % LIMB);
    }
    return (uint32_t)carry;
}

static void scale_down(uint32_t *limbs, size_t count, uint32_t divisor)
{
    uint64_t rest = 0;
    for (size_t i = count; i > 0; i--) {
        rest = rest * LIMB + limbs[i - 1];
        limbs[i - 1] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
}

/* One limb of the quotient, by Knuth's algorithm D: `top` has count + 1 limbs that count. */
static uint32_t next_quotient(uint32_t *top, const uint32_t *bottom, size_t count)
{
    uint64_t high = (uint64_t)top[count] * LIMB + top[count - 1];
    uint64_t guess = high / bottom[count - 1], rest = high % bottom[count - 1];
    while (guess >= LIMB || (count > 1 && guess * bottom[count - 2] > rest * LIMB + top[count - 2])) {
        guess--;
        rest += bottom[count - 1];
        if (rest >= LIMB)
            break;
    }
    int64_t borrow = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t left = top[i] - borrow - (int64_t)(guess * bottom[i] % LIMB);
        borrow = (int64_t)(guess * bottom[i] / LIMB);
        for (; left < 0; left += LIMB)
            borrow++;
        top[i] = (uint32_t)left;
    }
    int64_t last = (int64_t)top[count] - borrow;
    top[count] = (uint32_t)last;
    if (last >= 0)
        return (uint32_t)guess;
    uint32_t carry = 0; /* the guess was one too high */
    for (size_t i = 0; i < count; i++) {
        uint32_t sum = top[i] + bottom[i] + carry;
        carry = sum >= LIMB;
        top[i] = sum - (carry ? LIMB : 0);
    }
    top[count] += carry;
    return (uint32_t)guess - 1;
}

bool integer_divide(struct heap *heap, struct integer_work *w, struct integer a, struct integer b, bool remainder)
{
    bool short_one = a.count < b.count;
    if (!w->started) {
        w->started = true;
        w->top = new_limbs(heap, a.count + 1);
        w->bottom = new_limbs(heap, b.count);
        if (a.count)
            memcpy(w->top, a.limbs, a.count * sizeof *a.limbs);
        memcpy(w->bottom, b.limbs, b.count * sizeof *b.limbs);
        w->scale = LIMB / (b.limbs[b.count - 1] + 1);
        w->top[a.count] = scale_up(w->top, a.count, w->scale);
        scale_up(w->bottom, b.count, w->scale);
        w->at = short_one ? 0 : a.count - b.count + 1;
        w->result.limbs = new_limbs(heap, w->at);
        w->result.count = w->at;
        meter_charge(heap->meter, (int64_t)((a.count + b.count) / 16));
    }
    while (w->at > 0) {
        if (!meter_go(heap->meter))
            return false;
        w->at--;
        w->result.limbs[w->at] = next_quotient(w->top + w->at, w->bottom, b.count);
        meter_charge(heap->meter, (int64_t)(1 + b.count / 16));
    }
    heap_free(heap, w->bottom);
    if (remainder) {
        heap_free(heap, w->result.limbs);
        scale_down(w->top, a.count + 1, w->scale);
        w->result = trimmed(w->top, a.count + 1, a.negative);
    } else {
        heap_free(heap, w->top);
        w->result = trimmed(w->result.limbs, w->result.count, a.negative != b.negative);
    }
    return true;
}
