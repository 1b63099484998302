/* base/decimal.c - exact conversion between text in decimal and binary floating point. */
#include "base/decimal.h"

#include "base/number.h"
#include "base/power_tables.h"
#include "base/wide.h"

enum { POWER_MOST = POWER_FINE * POWER_COARSE };

/* --- powers of ten, nearly --------------------------------------------------------------------------- */

/* 10^k is (high : low) × 2^exponent or, when not exact, at most 4 units of `low` more. The highest bit is
 * set. */
struct power {
    uint64_t high, low;
    int32_t exponent;
    bool exact;
};

/* |k| <= POWER_MOST. */
static struct power power_of_ten(int32_t k)
{
    int32_t coarse = (k + POWER_MOST) / POWER_FINE - POWER_COARSE, fine = k - coarse * POWER_FINE;
    struct power p = {power_fine[fine][0], power_fine[fine][1], 0, coarse == 0};
    /* floor(k × log2(10)): scripts/power-tables proves it for every k. */
    p.exponent = (int32_t)(((int64_t)k * 14267572527) >> 32) - 127;
    if (coarse == 0)
        return p;
    const uint64_t *other = power_coarse[coarse + POWER_COARSE];
    struct wide high = wide_multiply(p.high, other[0]);
    struct wide one = wide_multiply(p.high, other[1]), two = wide_multiply(p.low, other[0]);
    uint64_t middle = one.low + two.low;
    struct wide low = wide_multiply(p.low, other[1]);
    uint64_t carry = middle < one.low;
    carry += middle + low.high < middle;
    middle += low.high;
    uint64_t sum = high.low + one.high;
    uint64_t more = sum < high.low;
    sum += two.high;
    more += sum < two.high;
    sum += carry;
    more += sum < carry;
    high.high += more;
    high.low = sum;
    if (!(high.high >> 63)) {
        high.high = high.high << 1 | high.low >> 63;
        high.low = high.low << 1 | middle >> 63;
    }
    p.high = high.high;
    p.low = high.low;
    return p;
}

/* A product of a normal mantissa and a power: 192 bits, highest word first. When the power is not exact, the
 * true product is larger by less than 4 units of the middle word. */
struct product {
    uint64_t high, middle, low;
};

static struct product product_of(uint64_t mantissa, const struct power *p)
{
    struct wide a = wide_multiply(mantissa, p->high), b = wide_multiply(mantissa, p->low);
    struct product r = {a.high, a.low + b.high, b.low};
    r.high += r.middle < a.low;
    return r;
}

/* --- whole numbers of any length ------------------------------------------------------------------------ */

struct big {
    uint32_t *words; /* lowest first */
    int32_t count;   /* the highest is not 0 */
};

/* Charges for work on so many words; the remainder is lost, which is the same each time. */
static void charge_words(struct heap *heap, int64_t words)
{
    meter_charge(heap->meter, words / 16);
}

static void big_multiply(struct big *b, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    for (int32_t i = 0; i < b->count; i++) {
        carry += (uint64_t)b->words[i] * factor;
        b->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->words[b->count++] = (uint32_t)carry;
}

static void big_multiply_fives(struct heap *heap, struct big *b, int32_t k)
{
    int64_t work = 0;
    for (; k >= 13; k -= 13, work += b->count)
        big_multiply(b, 1220703125, 0); /* 5^13 */
    uint32_t rest = 1;
    for (; k > 0; k--)
        rest *= 5;
    big_multiply(b, rest, 0);
    charge_words(heap, work);
}

static int big_leading_zeros(const struct big *b)
{
    return wide_leading_zeros(b->words[b->count - 1]) - 32;
}

/* Shifts left by whole words and bits (below 32); there is room. */
static void big_shift(struct big *b, int32_t words, int bits)
{
    b->words[b->count] = 0;
    for (int32_t i = b->count; i >= 0; i--) {
        uint32_t word = b->words[i] << bits;
        if (bits && i > 0)
            word |= b->words[i - 1] >> (32 - bits);
        b->words[i + words] = word;
    }
    for (int32_t i = 0; i < words; i++)
        b->words[i] = 0;
    b->count += words;
    if (b->words[b->count])
        b->count++;
}

/* Divides by a divisor whose highest bit is set. `a` has four words more, of which the highest is 0, so that
 * the quotient has four at most. The remainder stays in `a`. */
static void big_divide(struct big *a, const struct big *divisor, uint32_t quotient[4])
{
    int32_t n = divisor->count;
    uint64_t top = divisor->words[n - 1], next = n > 1 ? divisor->words[n - 2] : 0;
    for (int32_t j = 3; j >= 0; j--) {
        uint32_t *at = a->words + j;
        uint64_t high = (uint64_t)at[n] << 32 | at[n - 1];
        uint64_t below = n > 1 ? at[n - 2] : 0;
        uint64_t q = high / top, r = high % top;
        while (q >> 32 || q * next > (r << 32 | below)) {
            q--;
            r += top;
            if (r >> 32)
                break;
        }
        uint64_t borrow = 0;
        for (int32_t i = 0; i < n; i++) {
            uint64_t take = q * divisor->words[i] + borrow;
            borrow = (take >> 32) + (at[i] < (uint32_t)take);
            at[i] -= (uint32_t)take;
        }
        bool less = at[n] < borrow;
        at[n] -= (uint32_t)borrow;
        if (less) { /* one too many: give one back */
            q--;
            uint64_t carry = 0;
            for (int32_t i = 0; i < n; i++) {
                carry += (uint64_t)at[i] + divisor->words[i];
                at[i] = (uint32_t)carry;
                carry >>= 32;
            }
            at[n] += (uint32_t)carry;
        }
        quotient[j] = (uint32_t)q;
    }
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* Decimal digits as they stand in the text. */
struct scan {
    uint64_t first;    /* the first 19 of them, or all */
    int64_t count;     /* of them: the first is not 0; when more than 19, the last is not 0 */
    int64_t exponent;  /* of ten, of the last of them */
    size_t start, end; /* where they stand; a point may be among them */
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* e and digits at the start of the text: answers the bytes, 0 when there is no such exponent. The letter is
 * in lower case. */
static size_t scan_exponent(const char *p, const char *end, char letter, int64_t *power)
{
    const char *q = p + 1;
    *power = 0;
    if (p == end || (*p | 32) != letter)
        return 0;
    bool below = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+'))
        q++;
    if (q == end || !is_digit(*q))
        return 0;
    for (; q < end && is_digit(*q); q++)
        if (*power < INT64_MAX / 20)
            *power = *power * 10 + (*q - '0');
    if (below)
        *power = -*power;
    return (size_t)(q - p);
}

/* More than 19 digits: leaves zeros at their end away and takes the first 19 only. */
static void scan_long(struct str text, struct scan *s)
{
    const char *end = text.data + s->end;
    for (; end[-1] == '0' || end[-1] == '.'; end--)
        if (end[-1] == '0')
            s->count--, s->exponent++;
    s->end = (size_t)(end - text.data);
    s->first = 0;
    int taken = 0;
    for (const char *p = text.data + s->start; p < end && taken < 19; p++) {
        if (*p == '.')
            continue;
        s->first = s->first * 10 + (uint64_t)(*p - '0');
        taken++;
    }
}

/* Answers the bytes of a number without sign: digits, point, exponent; 0 when there is no digit. */
static size_t scan_decimal(struct str text, struct scan *s)
{
    const char *p = text.data, *end = p + text.length, *start = p;
    uint64_t first = 0; /* wraps when there are more than 19 digits, and is then read again */
    unsigned digit;
    while (p < end && *p == '0')
        p++;
    const char *from = p;
    for (; p < end && (digit = (unsigned char)(*p - '0')) < 10; p++)
        first = first * 10 + digit;
    int64_t count = p - from, places = 0, power;
    bool any = p > start;
    const char *last = p;
    if (p < end && *p == '.') {
        const char *point = p++;
        if (count == 0) {
            while (p < end && *p == '0')
                p++;
            from = p;
        }
        const char *behind = p;
        for (; p < end && (digit = (unsigned char)(*p - '0')) < 10; p++)
            first = first * 10 + digit;
        count += p - behind;
        places = p - point - 1;
        any = any || places;
        last = p;
    }
    if (!any)
        return 0;
    p += scan_exponent(p, end, 'e', &power);
    *s = (struct scan){first, count, power - places, (size_t)(from - start), (size_t)(last - start)};
    if (count > 19)
        scan_long(text, s);
    return (size_t)(p - start);
}

/* Are the lowest `drop` bits of `high`, followed by `middle`, below a half by no more than `error` units of
 * `middle`? */
static bool is_near_half(uint64_t high, uint64_t middle, int64_t drop, uint64_t error)
{
    if (drop > 64)
        return false;
    if (drop == 0)
        return middle < (uint64_t)1 << 63 && middle >= ((uint64_t)1 << 63) - error;
    uint64_t mask = drop == 64 ? UINT64_MAX : ((uint64_t)1 << drop) - 1;
    return (high & mask) == mask >> 1 && middle >= 0 - error;
}

/* w × 10^k, rounded; false when the product does not decide it. w is not 0. */
static bool round_nearly(const struct binary_format *format, uint64_t w, int32_t k, struct extended *value,
                         bool *out_of_range)
{
    struct power power = power_of_ten(k);
    int zeros = wide_leading_zeros(w);
    struct product r = product_of(w << zeros, &power);
    int32_t exponent = power.exponent - zeros + 128; /* of the lowest bit of r.high */
    if (!(r.high >> 63)) {
        r.high = r.high << 1 | r.middle >> 63;
        r.middle = r.middle << 1 | r.low >> 63;
        r.low <<= 1;
        exponent--;
    }
    int rest;
    if (power.exact) {
        rest = (r.middle >> 63 ? 2 : 0) | (r.middle << 1 || r.low ? 1 : 0);
    } else {
        /* The error must not decide: neither about what will be kept, nor about whether it is tiny. */
        const uint64_t error = 9, half = (uint64_t)1 << 63;
        int64_t normal = 64 - format->precision, drop = (int64_t)format->least - exponent;
        if (drop < normal)
            drop = normal;
        if (is_near_half(r.high, r.middle, normal, error) || is_near_half(r.high, r.middle, drop, error))
            return false;
        rest = r.middle >= half ? 3 : 1;
    }
    *value = extended_round(format, false, r.high, exponent, rest, out_of_range);
    return true;
}

/* The highest 128 bits of a big number, the highest bit set, the exponent of the lowest bit of the higher 64,
 * and whether there is more below. */
static void big_top(const struct big *b, struct wide *top, int32_t *exponent, bool *more)
{
    uint64_t words[5] = {0};
    for (int32_t i = 0; i < 5 && i < b->count; i++)
        words[i] = b->words[b->count - 1 - i];
    int zeros = big_leading_zeros(b);
    top->high = words[0] << 32 | words[1];
    top->low = words[2] << 32 | words[3];
    if (zeros) {
        top->high = top->high << zeros | top->low >> (64 - zeros);
        top->low = top->low << zeros | words[4] >> (32 - zeros);
        *more = (uint32_t)(words[4] << zeros) != 0;
    } else {
        *more = words[4] != 0;
    }
    for (int32_t i = b->count - 6; i >= 0 && !*more; i--)
        *more = b->words[i] != 0;
    *exponent = b->count * 32 - 64 - zeros;
}

/* The digits of a scan as a whole number. Answers the power of ten of its last digit. */
static int32_t big_read(struct heap *heap, struct big *b, struct str text, const struct scan *s, int32_t most)
{
    int32_t digits = s->count < most ? (int32_t)s->count : most, taken = 0;
    int64_t work = 0;
    for (size_t i = s->start; taken < digits;) {
        uint32_t piece = 0, scale = 1;
        for (; scale < 1000000000 && taken < digits; i++) {
            if (text.data[i] == '.')
                continue;
            piece = piece * 10 + (uint32_t)(text.data[i] - '0');
            scale *= 10;
            taken++;
        }
        big_multiply(b, scale, piece);
        work += b->count;
    }
    charge_words(heap, work);
    int32_t power = (int32_t)(s->exponent + (s->count - digits));
    if (s->count == digits)
        return power;
    big_multiply(b, 10, 1); /* what is behind matters only by not being zero */
    return power - 1;
}

/* The digits of a scan rounded, whatever it takes. They are worth no more than binary_extended can hold. */
static struct extended round_exactly(struct heap *heap, struct str text, const struct scan *s,
                                     const struct binary_format *format, bool *out_of_range)
{
    int32_t digits = s->count < format->digits ? (int32_t)s->count : format->digits;
    int64_t fives = s->exponent + (s->count - digits);
    fives = fives < 0 ? 1 - fives : fives;
    size_t five_words = (size_t)fives * 3 / 40 + 3; /* 5^40 has 93 bits, not quite 3 words */
    size_t most = (size_t)digits / 9 + five_words + 8;
    uint32_t *words = heap_alloc(heap, (most + five_words) * sizeof *words);
    struct big a = {words, 0}, divisor = {words + most, 1};
    struct wide top;
    int32_t exponent, power = big_read(heap, &a, text, s, digits), shift = 0;
    bool more, lost = false;
    if (power >= 0) {
        big_multiply_fives(heap, &a, power);
        big_top(&a, &top, &exponent, &more);
        exponent += power;
    } else {
        divisor.words[0] = 1;
        big_multiply_fives(heap, &divisor, -power);
        int zeros = big_leading_zeros(&divisor), a_zeros = big_leading_zeros(&a);
        big_shift(&divisor, 0, zeros);
        big_shift(&a, 0, a_zeros);
        /* Both have their highest bit set; with three words more in `a` the quotient has 96 or 97 bits. */
        shift = divisor.count + 3 - a.count;
        if (shift >= 0) {
            big_shift(&a, shift, 0);
        } else {
            for (int32_t i = 0; i < -shift; i++)
                lost = lost || a.words[i];
            a.count += shift;
            memmove(a.words, a.words - shift, (size_t)a.count * sizeof *a.words);
        }
        a.words[a.count] = 0;
        uint32_t q[4];
        big_divide(&a, &divisor, q);
        charge_words(heap, 4 * (int64_t)divisor.count);
        for (int32_t i = 0; i < divisor.count; i++)
            lost = lost || a.words[i];
        big_top(&(struct big){q, q[3] ? 4 : 3}, &top, &exponent, &more);
        exponent += power + zeros - a_zeros - 32 * shift;
    }
    heap_free(heap, words);
    int rest = (top.low >> 63 ? 2 : 0) | (top.low << 1 || more || lost ? 1 : 0);
    return extended_round(format, false, top.high, exponent, rest, out_of_range);
}

/* What the digits of a number without sign are worth. */
static struct extended round_scan(struct heap *heap, struct str text, const struct scan *s,
                                  const struct binary_format *format, bool *out_of_range)
{
    enum { HUGE_POINT = 4990 }; /* beyond what any format holds */
    struct extended value = {0}, other;
    bool other_out;
    *out_of_range = false;
    if (s->count == 0)
        return value;
    if (s->exponent == 0 && s->count <= 19)
        return extended_round(format, false, s->first, 0, 0, out_of_range);
    int64_t point = s->count + s->exponent;
    if (point > HUGE_POINT || point < -HUGE_POINT) {
        *out_of_range = true;
        if (point > 0)
            value.kind = EXTENDED_INFINITE;
        return value;
    }
    bool cut = s->count > 19;
    int32_t power = (int32_t)(cut ? point - 19 : s->exponent);
    if (round_nearly(format, s->first, power, &value, out_of_range)) {
        if (!cut)
            return value;
        if (round_nearly(format, s->first + 1, power, &other, &other_out) &&
            value.mantissa == other.mantissa && value.exponent == other.exponent &&
            value.kind == other.kind && *out_of_range == other_out)
            return value;
    }
    return round_exactly(heap, text, s, format, out_of_range);
}

static unsigned hex_digit(char c)
{
    unsigned digit = (unsigned char)(c - '0');
    if (digit < 10)
        return digit;
    digit = (unsigned char)((c | 32) - 'a');
    return digit < 6 ? digit + 10 : 16;
}

/* Reads what follows 0x: digits, point, exponent of two. Answers its bytes, 0 when there is no digit. */
static size_t parse_hex(struct str text, const struct binary_format *format, struct extended *value,
                        bool *out_of_range)
{
    const char *p = text.data, *end = p + text.length;
    uint64_t mantissa = 0;
    unsigned next = 0; /* the first digit that finds no room */
    int64_t places = 0, cut = 0;
    bool any = false, point = false, more = false;
    for (; p < end; p++) {
        unsigned digit = hex_digit(*p);
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 15)
            break;
        any = true;
        places += point;
        if (mantissa >> 60 == 0) {
            mantissa = mantissa << 4 | digit;
        } else {
            if (cut++ == 0)
                next = digit;
            else
                more = more || digit;
        }
    }
    if (!any)
        return 0;
    int64_t power;
    p += scan_exponent(p, end, 'p', &power);
    *value = (struct extended){0};
    *out_of_range = false;
    if (mantissa) {
        int zeros = 0, rest = 0;
        if (cut) {
            zeros = wide_leading_zeros(mantissa); /* at most 3 */
            mantissa = mantissa << zeros | next >> (4 - zeros);
            next = next << zeros & 15;
            rest = (next & 8 ? 2 : 0) | (next & 7 || more ? 1 : 0);
        }
        power += 4 * (cut - places) - zeros;
        int64_t most = 40000; /* beyond what any format holds */
        power = power > most ? most : power < -most ? -most : power;
        *value = extended_round(format, false, mantissa, (int32_t)power, rest, out_of_range);
    }
    return (size_t)(p - text.data);
}

/* Does the text start with this word in lower case, whatever its own case? */
static bool starts_word(struct str text, const char *word, size_t length)
{
    if (text.length < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((text.data[i] | 32) != word[i])
            return false;
    return true;
}

/* inf, infinity, nan, nan(...). */
static size_t parse_word(struct str text, struct extended *value)
{
    if (starts_word(text, "inf", 3)) {
        value->kind = EXTENDED_INFINITE;
        return starts_word(text, "infinity", 8) ? 8 : 3;
    }
    if (!starts_word(text, "nan", 3))
        return 0;
    value->kind = EXTENDED_NAN;
    size_t i = 3;
    if (i < text.length && text.data[i] == '(') {
        for (i++; i < text.length; i++) {
            char c = text.data[i];
            if (c == ')')
                return i + 1;
            if (!is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'z') && c != '_')
                break;
        }
    }
    return 3;
}

size_t decimal_parse(struct heap *heap, struct str text, unsigned flags, const struct binary_format *format,
                     struct extended *value, bool *out_of_range)
{
    bool negative = false, out = false;
    size_t at = 0, used = 0;
    *value = (struct extended){0};
    if (!(flags & DECIMAL_NO_SPACE))
        while (at < text.length && (text.data[at] == ' ' || (unsigned char)(text.data[at] - '\t') < 5))
            at++;
    if (at < text.length && (text.data[at] == '-' || text.data[at] == '+'))
        negative = text.data[at++] == '-';
    struct str rest = str_after(text, at);
    if (rest.length >= 3 && rest.data[0] == '0' && (rest.data[1] | 32) == 'x' && !(flags & DECIMAL_NO_HEX)) {
        used = parse_hex(str_after(rest, 2), format, value, &out);
        if (used)
            used += 2;
    }
    if (used == 0) {
        struct scan s;
        used = scan_decimal(rest, &s);
        if (used)
            *value = round_scan(heap, rest, &s, format, &out);
        else if (!(flags & DECIMAL_NO_WORDS))
            used = parse_word(rest, value);
    }
    if (out_of_range)
        *out_of_range = out;
    if (used == 0)
        return 0;
    value->negative = negative;
    return at + used;
}

/* --- printing ------------------------------------------------------------------------------------------- */

static void set_zero(struct decimal *d)
{
    d->digits = d->few;
    d->count = 0;
    d->point = 1;
    d->many = NULL;
}

/* The digits of a whole number below 10^20. */
static void set_small(struct decimal *d, uint64_t value, int32_t point_behind)
{
    set_zero(d);
    if (value == 0)
        return;
    char *end = d->few + sizeof d->few, *at = number_write_back(end, value);
    d->digits = at;
    d->count = (size_t)(end - at);
    d->point = (int32_t)d->count - point_behind;
}

/* mantissa × 2^exponent × 10^power cut to a whole number below 2^64, and the 64 bits behind its point. */
struct scaled {
    uint64_t whole, fraction;
    bool more;  /* there is more behind these; false only if all is exact */
    bool exact; /* or else the fraction may be 4 units too small */
};

/* False when it is not below 2^64. The mantissa is normal. */
static bool scale(uint64_t mantissa, int32_t exponent, int32_t power, struct scaled *s)
{
    struct power p = power_of_ten(power);
    struct product r = product_of(mantissa, &p);
    int32_t point = -(exponent + p.exponent); /* bits behind the point */
    s->exact = p.exact;
    if (point <= 128)
        return false;
    if (point < 192) {
        int shift = point - 128;
        s->whole = r.high >> shift;
        s->fraction = r.high << (64 - shift) | r.middle >> shift;
        s->more = r.middle << (64 - shift) || r.low;
    } else {
        int shift = point - 192;
        s->whole = 0;
        s->fraction = shift < 64 ? r.high >> shift : 0;
        s->more = r.middle || r.low || shift >= 64 || (shift && r.high << (64 - shift));
    }
    s->more = s->more || !s->exact;
    return true;
}

enum { SCALE_ERROR = 4 };

/* Rounds the whole number up or down by its fraction: false when that is not decided. */
static bool round_scaled(struct scaled *s)
{
    const uint64_t half = (uint64_t)1 << 63;
    if (!s->exact && s->fraction < half && s->fraction >= half - SCALE_ERROR)
        return false;
    s->whole += s->fraction > half || (s->fraction == half && (s->more || (s->whole & 1)));
    return true;
}

static uint64_t small_power(int32_t k)
{
    uint64_t power = 1;
    for (; k > 0; k--)
        power *= 10;
    return power;
}

/* Digits being written exactly: `text` has room for one more in front. */
struct writer {
    char *text;
    int32_t count;
    int32_t point; /* how many of them stand before the point */
};

static void write_nine(struct writer *w, uint32_t value)
{
    char *at = w->text + w->count;
    for (int i = 8; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    w->count += 9;
}

/* Writes the whole part and destroys it. */
static void write_whole(struct heap *heap, struct writer *w, struct big *b)
{
    int64_t work = 0;
    int32_t pieces = 0;
    uint32_t *piece = b->words + b->count; /* lowest first: there is room for an eighth more than words */
    while (b->count) {
        uint64_t rest = 0;
        for (int32_t i = b->count - 1; i >= 0; i--) {
            rest = rest << 32 | b->words[i];
            b->words[i] = (uint32_t)(rest / 1000000000);
            rest %= 1000000000;
        }
        work += b->count;
        piece[pieces++] = (uint32_t)rest;
        while (b->count && b->words[b->count - 1] == 0)
            b->count--;
    }
    charge_words(heap, 2 * work);
    while (pieces)
        write_nine(w, piece[--pieces]);
    w->point = w->count;
}

/* A fraction: words of a number below 1, the last the highest; those below `low` and from `high` on are 0. */
struct fraction {
    uint32_t *words;
    int32_t count, low, high;
};

static uint32_t next_nine(struct fraction *f)
{
    uint64_t carry = 0;
    for (int32_t i = f->low; i < f->high; i++) {
        carry += (uint64_t)f->words[i] * 1000000000;
        f->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    while (f->low < f->high && f->words[f->low] == 0)
        f->low++;
    if (f->high == f->count)
        return (uint32_t)carry;
    if (carry)
        f->words[f->high++] = (uint32_t)carry;
    return 0;
}

/* Rounds what was written to `keep` digits, where `more` tells whether it goes on behind them, and makes a
 * decimal of it. */
static void finish(struct decimal *d, struct heap *heap, struct writer *w, int64_t keep, bool more)
{
    if (keep < w->count) {
        char *next = w->text + keep;
        for (int32_t i = (int32_t)keep + 1; i < w->count && !more; i++)
            more = w->text[i] != '0';
        bool odd = keep > 0 && (next[-1] & 1);
        bool up = *next > '5' || (*next == '5' && (more || odd));
        w->count = (int32_t)keep;
        if (up) {
            while (next > w->text && next[-1] == '9')
                *--next = '0';
            if (next > w->text) {
                next[-1]++;
            } else {
                *--w->text = '1';
                w->count++;
                w->point++;
            }
        }
    }
    while (w->count && w->text[w->count - 1] == '0')
        w->count--;
    while (w->count && *w->text == '0')
        w->text++, w->count--, w->point--;
    char *many = d->many;
    if (w->count == 0) {
        heap_free(heap, many);
        set_zero(d);
        return;
    }
    d->digits = w->text;
    d->count = (size_t)w->count;
    d->point = w->point;
}

/* As decimal_fixed (`places`) and decimal_significant, for every number but 0. */
static void write_exactly(struct decimal *d, struct heap *heap, uint64_t mantissa, int32_t exponent,
                          bool places, int32_t wanted)
{
    int zeros = __builtin_ctzll(mantissa);
    mantissa >>= zeros;
    exponent += zeros;
    int32_t behind = exponent < 0 ? -exponent : 0; /* bits behind the point, and at most before it */
    int32_t before = exponent > -64 ? exponent + 64 : 0;
    int32_t whole_words = before / 32 + 2, fraction_words = behind / 32 + 3;
    int64_t need = (int64_t)wanted + (places ? 0 : behind / 3 + 1); /* places behind the point */
    if (need > behind)
        need = behind;
    uint32_t *words = heap_zero(heap, (size_t)(whole_words * 3 + fraction_words) * sizeof *words);
    d->many = heap_alloc(heap, (size_t)(before / 3 + need + 40));
    struct writer w = {d->many + 1, 0, 0};

    struct big whole = {words, whole_words};
    uint64_t part = exponent >= 0 ? mantissa : behind < 64 ? mantissa >> behind : 0;
    int32_t word = exponent > 0 ? exponent / 32 : 0;
    int bits = exponent > 0 ? exponent % 32 : 0;
    words[word] = (uint32_t)(part << bits);
    words[word + 1] = (uint32_t)(part << bits >> 32);
    if (bits && part >> (64 - bits))
        words[word + 2] = (uint32_t)(part >> (64 - bits));
    while (whole.count && words[whole.count - 1] == 0)
        whole.count--;
    write_whole(heap, &w, &whole);

    struct fraction f = {words + whole_words * 3, (behind + 31) / 32, 0, 0};
    if (behind) {
        part = behind < 64 ? mantissa & (((uint64_t)1 << behind) - 1) : mantissa;
        bits = f.count * 32 - behind;
        f.words[0] = (uint32_t)(part << bits);
        f.words[1] = (uint32_t)(part << bits >> 32);
        f.words[2] = bits ? (uint32_t)(part >> (64 - bits)) : 0;
        f.high = f.count < 3 ? f.count : 3;
    }
    int32_t first = 0; /* digits in front that are 0 */
    int64_t work = 0;
    for (;;) {
        while (first < w.count && w.text[first] == '0')
            first++;
        if (f.low == f.high || (places ? w.count - w.point > wanted : w.count - first > wanted))
            break;
        work += f.high - f.low;
        write_nine(&w, next_nine(&f));
    }
    bool more = false;
    for (int32_t i = f.low; i < f.high && !more; i++)
        more = f.words[i] != 0;
    charge_words(heap, work);
    heap_free(heap, words);
    finish(d, heap, &w, (int64_t)wanted + (places ? w.point : first), more);
}

/* The power of ten in 2^exponent, or one less. */
static int32_t floor_log10(int32_t exponent)
{
    return (int32_t)(((int64_t)exponent * 1292913986) >> 32);
}

static uint64_t make_normal(uint64_t mantissa, int32_t *exponent)
{
    int zeros = wide_leading_zeros(mantissa);
    *exponent -= zeros;
    return mantissa << zeros;
}

void decimal_fixed(struct decimal *d, struct heap *heap, uint64_t mantissa, int32_t exponent, int32_t places)
{
    set_zero(d);
    if (mantissa == 0)
        return;
    mantissa = make_normal(mantissa, &exponent);
    struct scaled s;
    if (places < POWER_FINE && scale(mantissa, exponent, places, &s) && s.whole < UINT64_MAX &&
        round_scaled(&s))
        set_small(d, s.whole, places);
    else
        write_exactly(d, heap, mantissa, exponent, true, places);
}

void decimal_significant(struct decimal *d, struct heap *heap, uint64_t mantissa, int32_t exponent,
                         int32_t digits)
{
    set_zero(d);
    if (mantissa == 0)
        return;
    mantissa = make_normal(mantissa, &exponent);
    struct scaled s;
    if (digits <= 18) {
        int32_t power = digits - 1 - floor_log10(exponent + 63);
        uint64_t limit = small_power(digits);
        if (scale(mantissa, exponent, power, &s)) {
            if (s.whole >= limit) { /* one digit too many: round it away */
                unsigned last = (unsigned)(s.whole % 10);
                if (s.exact || last != 4 || s.fraction < 0 - (uint64_t)SCALE_ERROR) {
                    s.whole /= 10;
                    s.whole += last > 5 || (last == 5 && (s.fraction || s.more || (s.whole & 1)));
                    power--;
                    if (s.whole == limit)
                        s.whole /= 10, power--;
                    set_small(d, s.whole, power);
                    return;
                }
            } else if (round_scaled(&s)) {
                if (s.whole == limit)
                    s.whole /= 10, power--;
                set_small(d, s.whole, power);
                return;
            }
        }
    }
    write_exactly(d, heap, mantissa, exponent, false, digits);
}

void decimal_drop(struct decimal *d, struct heap *heap)
{
    if (d->many)
        heap_free(heap, d->many);
}
