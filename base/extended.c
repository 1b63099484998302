/* base/extended.c - floating point with 64 bits of mantissa, in integers. */
#include "base/extended.h"

#include "base/wide.h"

#include <string.h>

const struct binary_format binary_extended = {64, EXTENDED_LEAST, EXTENDED_MOST, 11600};
const struct binary_format binary_double = {53, -1074, 971, 800};

static const struct extended invalid = {.kind = EXTENDED_NAN, .negative = true};

static struct extended zero(bool negative)
{
    return (struct extended){.negative = negative};
}

static struct extended infinite(bool negative)
{
    return (struct extended){.kind = EXTENDED_INFINITE, .negative = negative};
}

/* The mantissa without its lowest `drop` bits, rounded. *rest tells what is below the mantissa, and then what
 * was cut, as extended_round has it. *carried: it has become one bit longer. */
static uint64_t cut(uint64_t mantissa, int64_t drop, int *rest, bool *carried)
{
    uint64_t kept = mantissa;
    *carried = false;
    if (drop > 64) {
        *rest = 1;
        return 0;
    }
    if (drop > 0) {
        uint64_t half = (uint64_t)1 << (drop - 1);
        *rest = (mantissa & half ? 2 : 0) | ((mantissa & (half - 1)) || *rest ? 1 : 0);
        kept = drop < 64 ? mantissa >> drop : 0;
    }
    if (*rest > 2 || (*rest == 2 && (kept & 1))) {
        kept++;
        *carried = drop == 0 ? kept == 0 : drop < 64 && kept >> (64 - drop) != 0;
    }
    return kept;
}

struct extended extended_round(const struct binary_format *format, bool negative, uint64_t mantissa,
                               int32_t exponent, int rest, bool *out_of_range)
{
    if (rest == 0) {
        int shift = wide_leading_zeros(mantissa);
        mantissa <<= shift;
        exponent -= shift;
    }
    int drop = 64 - format->precision, below = rest;
    int32_t unit = exponent + drop;
    bool carried;
    uint64_t kept = cut(mantissa, drop, &below, &carried);
    /* Tiny is judged after rounding to full precision: what rounds up to the least normal number is not. */
    bool tiny = unit + carried < format->least;
    if (unit < format->least) {
        below = rest;
        kept = cut(mantissa, (int64_t)format->least - exponent, &below, &carried);
        unit = format->least;
    } else if (carried) {
        kept = (uint64_t)1 << (format->precision - 1);
        unit++;
    }
    if (out_of_range)
        *out_of_range = (tiny && below) || unit > format->most;
    if (kept == 0)
        return zero(negative);
    if (unit > format->most)
        return infinite(negative);
    int shift = wide_leading_zeros(kept);
    if (unit - shift < EXTENDED_LEAST)
        shift = unit - EXTENDED_LEAST;
    return (struct extended){kept << shift, unit - shift, EXTENDED_FINITE, negative};
}

struct extended extended_negate(struct extended a)
{
    a.negative = !a.negative;
    return a;
}

/* The mantissa with its highest bit set, and what its exponent then is. */
static uint64_t normal(struct extended a, int32_t *exponent)
{
    int shift = wide_leading_zeros(a.mantissa);
    *exponent = a.exponent - shift;
    return a.mantissa << shift;
}

/* 128 bits, not all 0, and whether there is more below, times 2^exponent (of the lowest bit). */
static struct extended round_wide(bool negative, struct wide w, bool more, int32_t exponent)
{
    if (w.high == 0) {
        w.high = w.low;
        w.low = 0;
        exponent -= 64;
    }
    int shift = wide_leading_zeros(w.high);
    if (shift) {
        w.high = w.high << shift | w.low >> (64 - shift);
        w.low <<= shift;
        exponent -= shift;
    }
    int rest = (w.low >> 63 ? 2 : 0) | (w.low << 1 || more ? 1 : 0);
    return extended_round(&binary_extended, negative, w.high, exponent + 64, rest, NULL);
}

/* w / 2^by; *more when bits were lost. */
static struct wide shift_right(struct wide w, int32_t by, bool *more)
{
    if (by >= 128) {
        *more = w.high || w.low;
        return (struct wide){0, 0};
    }
    uint64_t lost = 0;
    if (by >= 64) {
        lost = w.low;
        w = (struct wide){0, w.high};
        by -= 64;
    }
    if (by > 0) {
        lost |= w.low << (64 - by);
        w = (struct wide){w.high >> by, w.low >> by | w.high << (64 - by)};
    }
    *more = lost != 0;
    return w;
}

/* Both finite and not zero: a + b, or a - b for `subtract`, as if both were above zero; the sign is that of
 * a, turned when b was larger. */
static struct extended combine(struct extended a, struct extended b, bool subtract)
{
    int32_t exponent, other_exponent;
    uint64_t large = normal(a, &exponent), other = normal(b, &other_exponent);
    bool negative = a.negative;
    if (other_exponent > exponent || (other_exponent == exponent && other > large)) {
        uint64_t mantissa = large;
        int32_t was = exponent;
        large = other;
        exponent = other_exponent;
        other = mantissa;
        other_exponent = was;
        negative = negative != subtract;
    }
    /* One bit is free above, and 63 below the larger; bits of the smaller that fall below them are `more`. */
    bool more;
    struct wide sum = {large >> 1, large << 63}, small = {other >> 1, other << 63};
    small = shift_right(small, exponent - other_exponent, &more);
    if (subtract) {
        uint64_t low = sum.low - small.low;
        uint64_t borrow = sum.low < small.low;
        borrow += more && low == 0;
        sum = (struct wide){sum.high - small.high - borrow, low - more};
    } else {
        sum.low += small.low;
        sum.high += small.high + (sum.low < small.low);
    }
    if (sum.high == 0 && sum.low == 0)
        return zero(false); /* nothing is lost below when they are that near */
    return round_wide(negative, sum, more, exponent - 63);
}

struct extended extended_add(struct extended a, struct extended b)
{
    if (a.kind == EXTENDED_NAN)
        return a;
    if (b.kind == EXTENDED_NAN)
        return b;
    if (a.kind == EXTENDED_INFINITE || b.kind == EXTENDED_INFINITE) {
        if (a.kind == b.kind && a.negative != b.negative)
            return invalid;
        return a.kind == EXTENDED_INFINITE ? a : b;
    }
    if (a.mantissa == 0)
        return b.mantissa == 0 ? zero(a.negative && b.negative) : b;
    if (b.mantissa == 0)
        return a;
    return combine(a, b, a.negative != b.negative);
}

struct extended extended_subtract(struct extended a, struct extended b)
{
    if (b.kind == EXTENDED_NAN)
        return a.kind == EXTENDED_NAN ? a : b;
    return extended_add(a, extended_negate(b));
}

struct extended extended_multiply(struct extended a, struct extended b)
{
    bool negative = a.negative != b.negative;
    if (a.kind == EXTENDED_NAN)
        return a;
    if (b.kind == EXTENDED_NAN)
        return b;
    if (a.kind == EXTENDED_INFINITE || b.kind == EXTENDED_INFINITE)
        return extended_is_zero(a) || extended_is_zero(b) ? invalid : infinite(negative);
    if (a.mantissa == 0 || b.mantissa == 0)
        return zero(negative);
    return round_wide(negative, wide_multiply(a.mantissa, b.mantissa), false, a.exponent + b.exponent);
}

/* Division by the schoolbook with 32-bit digits: high : low / divisor, where high < divisor and the highest
 * bit of the divisor is set. */
static uint64_t divide_wide(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *remainder)
{
    uint64_t d1 = divisor >> 32, d0 = divisor & 0xffffffff, quotient = 0;
    for (int half = 1; half >= 0; half--) {
        uint64_t next = half ? low >> 32 : low & 0xffffffff;
        uint64_t q = high / d1, r = high % d1;
        while (q >> 32 || q * d0 > (r << 32 | next)) {
            q--;
            r += d1;
            if (r >> 32)
                break;
        }
        high = (high << 32 | next) - q * divisor;
        quotient = quotient << 32 | q;
    }
    *remainder = high;
    return quotient;
}

struct extended extended_divide(struct extended a, struct extended b)
{
    bool negative = a.negative != b.negative;
    if (a.kind == EXTENDED_NAN)
        return a;
    if (b.kind == EXTENDED_NAN)
        return b;
    if (a.kind == EXTENDED_INFINITE)
        return b.kind == EXTENDED_INFINITE ? invalid : infinite(negative);
    if (b.kind == EXTENDED_INFINITE)
        return zero(negative);
    if (b.mantissa == 0)
        return a.mantissa == 0 ? invalid : infinite(negative);
    if (a.mantissa == 0)
        return zero(negative);
    int32_t a_exponent, b_exponent;
    uint64_t dividend = normal(a, &a_exponent), divisor = normal(b, &b_exponent), rest;
    bool first = dividend >= divisor;
    struct wide quotient;
    quotient.high = divide_wide(first ? dividend - divisor : dividend, 0, divisor, &rest);
    quotient.low = divide_wide(rest, 0, divisor, &rest);
    int32_t exponent = a_exponent - b_exponent - 128;
    if (first) { /* the quotient has one bit more, on top */
        bool more = rest || (quotient.low & 1);
        quotient.low = quotient.low >> 1 | quotient.high << 63;
        quotient.high = quotient.high >> 1 | (uint64_t)1 << 63;
        return round_wide(negative, quotient, more, exponent + 1);
    }
    return round_wide(negative, quotient, rest != 0, exponent);
}

static int sign(struct extended a)
{
    return extended_is_zero(a) ? 0 : a.negative ? -1 : 1;
}

int extended_compare(struct extended a, struct extended b)
{
    if (a.kind == EXTENDED_NAN || b.kind == EXTENDED_NAN)
        return EXTENDED_UNORDERED;
    int order = sign(a);
    if (order != sign(b))
        return order < sign(b) ? -1 : 1;
    if (order == 0)
        return 0;
    if (a.kind != b.kind)
        return a.kind == EXTENDED_INFINITE ? order : -order;
    if (a.kind == EXTENDED_INFINITE)
        return 0;
    if (a.exponent != b.exponent)
        return a.exponent < b.exponent ? -order : order;
    return a.mantissa == b.mantissa ? 0 : a.mantissa < b.mantissa ? -order : order;
}

struct extended extended_from_unsigned(uint64_t value)
{
    if (value == 0)
        return zero(false);
    int shift = wide_leading_zeros(value);
    return (struct extended){value << shift, -shift, EXTENDED_FINITE, false};
}

struct extended extended_from_int(int64_t value)
{
    struct extended a = extended_from_unsigned(value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
    a.negative = value < 0;
    return a;
}

struct extended extended_from_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bool negative = bits >> 63;
    int32_t exponent = bits >> 52 & 0x7ff;
    uint64_t mantissa = bits & (((uint64_t)1 << 52) - 1);
    if (exponent == 0x7ff)
        return (struct extended){.kind = mantissa ? EXTENDED_NAN : EXTENDED_INFINITE, .negative = negative};
    if (exponent == 0) {
        if (mantissa == 0)
            return zero(negative);
        exponent = 1;
    } else {
        mantissa |= (uint64_t)1 << 52;
    }
    int shift = wide_leading_zeros(mantissa);
    return (struct extended){mantissa << shift, exponent - 1075 - shift, EXTENDED_FINITE, negative};
}

double extended_double_bits(struct extended a)
{
    uint64_t bits = (uint64_t)a.negative << 63;
    if (a.kind != EXTENDED_FINITE) {
        bits |= (uint64_t)0x7ff << 52 | (uint64_t)(a.kind == EXTENDED_NAN) << 51;
    } else if (a.mantissa) {
        int32_t exponent = a.exponent + 11 + 1075; /* of a normal number, whose 53 bits are on top */
        if (exponent >= 1)
            bits |= (uint64_t)exponent << 52 | (a.mantissa >> 11 & (((uint64_t)1 << 52) - 1));
        else
            bits |= a.mantissa >> (12 - exponent);
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double extended_to_double(struct extended a)
{
    if (a.kind == EXTENDED_FINITE && a.mantissa)
        a = extended_round(&binary_double, a.negative, a.mantissa, a.exponent, 0, NULL);
    return extended_double_bits(a);
}

bool extended_to_int(struct extended a, int64_t *value)
{
    *value = a.negative || a.kind == EXTENDED_NAN ? INT64_MIN : INT64_MAX;
    if (a.kind != EXTENDED_FINITE)
        return false;
    if (a.exponent > 0)
        return false;
    uint64_t whole = a.exponent > -64 ? a.mantissa >> -a.exponent : 0;
    if (whole > INT64_MAX)
        return a.negative && whole == (uint64_t)INT64_MAX + 1;
    *value = a.negative ? -(int64_t)whole : (int64_t)whole;
    return true;
}
