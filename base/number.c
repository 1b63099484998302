/* base/number.c - numbers to and from text, without locale. */
#include "base/number.h"

/* --- integers to text ---------------------------------------------------------------------------- */

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

char *number_write_back(char *end, uint64_t value)
{
    while (value > UINT32_MAX) { /* a division of 64 bits is slow on some machines */
        uint64_t rest = value / 100;
        memcpy(end -= 2, pairs + 2 * (value - rest * 100), 2);
        value = rest;
    }
    uint32_t low = (uint32_t)value;
    while (low >= 100) {
        uint32_t rest = low / 100;
        memcpy(end -= 2, pairs + 2 * (low - rest * 100), 2);
        low = rest;
    }
    if (low >= 10)
        return memcpy(end - 2, pairs + 2 * low, 2);
    *--end = (char)('0' + low);
    return end;
}

size_t number_write_unsigned(char out[NUMBER_MOST], uint64_t value)
{
    char text[NUMBER_MOST], *at = number_write_back(text + sizeof text, value);
    size_t length = (size_t)(text + sizeof text - at);
    memcpy(out, at, length);
    return length;
}

size_t number_write_int(char out[NUMBER_MOST], int64_t value)
{
    if (value >= 0)
        return number_write_unsigned(out, (uint64_t)value);
    char text[NUMBER_MOST], *at = number_write_back(text + sizeof text, 0 - (uint64_t)value);
    *--at = '-';
    size_t length = (size_t)(text + sizeof text - at);
    memcpy(out, at, length);
    return length;
}

void number_add_int(struct buf *b, int64_t value)
{
    b->length += number_write_int(buf_reserve(b, NUMBER_MOST), value);
}

void number_add_unsigned(struct buf *b, uint64_t value)
{
    b->length += number_write_unsigned(buf_reserve(b, NUMBER_MOST), value);
}

void number_add_base(struct buf *b, uint64_t value, unsigned base)
{
    char text[64];
    size_t at = sizeof text;
    do
        text[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % base];
    while ((value /= base) != 0);
    buf_add(b, str_of(text + at, sizeof text - at));
}

/* --- integers from text -------------------------------------------------------------------------- */

unsigned number_digit(char c)
{
    unsigned digit = (unsigned char)(c - '0');
    if (digit < 10)
        return digit;
    digit = (unsigned char)((c | 32) - 'a');
    return digit < 26 ? digit + 10 : 36;
}

static bool is_space(char c)
{
    return c == ' ' || (unsigned char)(c - '\t') < 5;
}

/* White space, sign, digits. Answers the bytes, 0 when there are no digits. */
static size_t parse_digits(struct str text, unsigned base, uint64_t *value, bool *negative, bool *overflow)
{
    const char *p = text.data, *end = p + text.length;
    while (p < end && is_space(*p))
        p++;
    *negative = *overflow = false;
    *value = 0;
    if (p < end && (*p == '-' || *p == '+'))
        *negative = *p++ == '-';
    if ((base == 0 || base == 16) && end - p >= 3 && p[0] == '0' && (p[1] | 32) == 'x' &&
        number_digit(p[2]) < 16)
        p += 2, base = 16;
    else if (base == 0)
        base = p < end && *p == '0' ? 8 : 10;
    const char *start = p;
    uint64_t sum = 0;
    if (base == 10) {
        for (const char *safe = end - p > 19 ? p + 19 : end; p < safe && (unsigned char)(*p - '0') < 10; p++)
            sum = sum * 10 + (unsigned char)(*p - '0');
    }
    uint64_t most = UINT64_MAX / base;
    for (unsigned digit; p < end && (digit = number_digit(*p)) < base; p++) {
        if (sum > most || sum * base > UINT64_MAX - digit)
            *overflow = true;
        sum = sum * base + digit;
    }
    *value = sum;
    return p == start ? 0 : (size_t)(p - text.data);
}

size_t number_parse_int(struct str text, unsigned base, int64_t *value, bool *overflow)
{
    bool negative, over;
    uint64_t sum;
    size_t used = parse_digits(text, base, &sum, &negative, &over);
    if (over || sum > (uint64_t)INT64_MAX + negative) {
        over = true;
        *value = negative ? INT64_MIN : INT64_MAX;
    } else {
        *value = (int64_t)(negative ? 0 - sum : sum);
    }
    if (overflow)
        *overflow = over;
    return used;
}

size_t number_parse_unsigned(struct str text, unsigned base, uint64_t *value, bool *overflow)
{
    bool negative, over;
    uint64_t sum;
    size_t used = parse_digits(text, base, &sum, &negative, &over);
    *value = over ? UINT64_MAX : negative ? 0 - sum : sum;
    if (overflow)
        *overflow = over;
    return used;
}

bool number_is_int(struct str text, int64_t *value)
{
    bool overflow;
    size_t used = number_parse_int(text, 10, value, &overflow);
    if (used == 0 || overflow)
        return false;
    while (used < text.length && (text.data[used] == ' ' || text.data[used] == '\t'))
        used++;
    return used == text.length;
}

/* The value of a digit in bash's bases; 64 when it is none. */
static unsigned wide_digit(char c, unsigned base)
{
    if (c == '@')
        return 62;
    if (c == '_')
        return 63;
    unsigned digit = number_digit(c);
    if (digit == 36)
        return 64;
    return base > 36 && c >= 'A' && c <= 'Z' ? digit + 26 : digit;
}

size_t number_wrap(struct str text, unsigned base, int64_t *value, bool *too_great)
{
    uint64_t sum = 0;
    size_t i = 0;
    *too_great = false;
    for (unsigned digit; i < text.length && (digit = wide_digit(text.data[i], base)) < 64; i++) {
        if (digit >= base)
            *too_great = true;
        sum = sum * base + digit;
    }
    *value = (int64_t)sum;
    return i;
}

const char *number_parse_constant(struct str text, int64_t *value)
{
    unsigned base = 10;
    bool great, prefix = false;
    *value = 0;
    if (text.length > 1 && text.data[0] == '0') {
        prefix = true;
        bool hex = (text.data[1] | 32) == 'x';
        base = hex ? 16 : 8;
        text = str_after(text, hex ? 2 : 1);
    }
    size_t used = number_wrap(text, base, value, &great);
    if (great)
        return "value too great for base";
    if (used < text.length && text.data[used] == '#') {
        if (prefix)
            return "invalid number";
        if (*value < 2 || *value > 64)
            return "invalid arithmetic base";
        base = (unsigned)*value;
        text = str_after(text, used + 1);
        used = number_wrap(text, base, value, &great);
        if (used == 0)
            return "invalid integer constant";
        if (great)
            return "value too great for base";
        if (used < text.length && text.data[used] == '#')
            return "invalid number";
    }
    return NULL;
}

/* --- sizes --------------------------------------------------------------------------------------- */

/* A magnitude times `factor`; false when it is more than `most`. */
static bool multiply(uint64_t *value, uint64_t factor, uint64_t most)
{
    if (*value > most / factor) {
        *value = most;
        return false;
    }
    *value *= factor;
    return true;
}

static bool is_among(char c, const char *set)
{
    for (; *set; set++)
        if (*set == c)
            return true;
    return false;
}

/* What a suffix multiplies by: a power of 1024 (or 1000), or a factor; 0 when it is none. */
static unsigned suffix_power(char c, unsigned *factor)
{
    *factor = 1;
    switch (c) {
    case 'b': *factor = 512; return 1;
    case 'B': *factor = 1024; return 1;
    case 'c': return 1;
    case 'w': *factor = 2; return 1;
    case 'k':
    case 'K': *factor = 0; return 1;
    case 'm':
    case 'M': *factor = 0; return 2;
    case 'g':
    case 'G': *factor = 0; return 3;
    case 't':
    case 'T': *factor = 0; return 4;
    case 'P': *factor = 0; return 5;
    case 'E': *factor = 0; return 6;
    case 'Z': *factor = 0; return 7;
    case 'Y': *factor = 0; return 8;
    default: return 0;
    }
}

/* The suffix at the start of `text` (not empty) applied to *value. */
static unsigned apply_suffix(struct str text, const char *suffixes, uint64_t *value, uint64_t most,
                             size_t *used)
{
    unsigned factor, status = NUMBER_OK;
    unsigned power = is_among(text.data[0], suffixes) ? suffix_power(text.data[0], &factor) : 0;
    if (power == 0)
        return NUMBER_BAD_SUFFIX;
    size_t length = 1;
    if (factor == 0) {
        factor = 1024;
        if (is_among('0', suffixes) && text.length > 1) {
            if (text.data[1] == 'B' || text.data[1] == 'D')
                factor = 1000, length = 2;
            else if (text.data[1] == 'i' && text.length > 2 && text.data[2] == 'B')
                length = 3;
        }
    }
    for (; power > 0; power--)
        if (!multiply(value, factor, most))
            status = NUMBER_OVERFLOW;
    *used += length;
    return length < text.length ? status | NUMBER_BAD_SUFFIX : status;
}

/* The magnitude, at most `most`. */
static unsigned parse_size(struct str text, const char *suffixes, uint64_t *value, uint64_t most,
                           size_t *used)
{
    unsigned status = NUMBER_OK;
    bool negative, overflow;
    size_t at = parse_digits(text, 10, value, &negative, &overflow);
    *used = at;
    if (at == 0) {
        /* A suffix alone is one of it. */
        if (!suffixes || text.length == 0 || !is_among(text.data[0], suffixes))
            return NUMBER_INVALID;
        *value = 1;
    } else if (overflow || *value > most) {
        *value = most;
        status = NUMBER_OVERFLOW;
    }
    if (!suffixes || at == text.length)
        return status;
    return status | apply_suffix(str_after(text, at), suffixes, value, most, used);
}

static bool has_minus(struct str text)
{
    size_t at = 0;
    while (at < text.length && is_space(text.data[at]))
        at++;
    return at < text.length && text.data[at] == '-';
}

unsigned number_parse_size(struct str text, const char *suffixes, uint64_t *value, size_t *used)
{
    size_t bytes;
    *value = 0;
    if (has_minus(text)) {
        if (used)
            *used = 0;
        return NUMBER_INVALID;
    }
    return parse_size(text, suffixes, value, UINT64_MAX, used ? used : &bytes);
}

unsigned number_parse_size_signed(struct str text, const char *suffixes, int64_t *value, size_t *used)
{
    size_t bytes;
    uint64_t sum;
    bool negative = has_minus(text);
    unsigned status = parse_size(text, suffixes, &sum, (uint64_t)INT64_MAX + negative, used ? used : &bytes);
    *value = (int64_t)(negative ? 0 - sum : sum);
    return status;
}

/* --- floating point ------------------------------------------------------------------------------ */

size_t number_parse_extended(struct heap *heap, struct str text, unsigned flags, struct extended *value,
                             bool *out_of_range)
{
    return decimal_parse(heap, text, flags, &binary_extended, value, out_of_range);
}

/* Digits with or without a point and nothing else to it: a whole number and a power of ten that are both
 * exact in a double, so that one division rounds once. Answers 0 when it is not that simple. */
static size_t parse_plain(struct str text, double *value)
{
    static const double tens[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    enum { DIGITS_MOST = 15 };
    const char *p = text.data, *end = p + text.length;
    uint64_t whole = 0;
    unsigned digit;
    bool negative = p < end && *p == '-';
    p += negative;
    const char *start = p, *point = NULL;
    for (; p < end && (digit = (unsigned char)(*p - '0')) < 10; p++)
        whole = whole * 10 + digit;
    ptrdiff_t digits = p - start, places = 0;
    if (p < end && *p == '.') {
        point = ++p;
        for (; p < end && (digit = (unsigned char)(*p - '0')) < 10; p++)
            whole = whole * 10 + digit;
        places = p - point;
        digits += places;
    }
    if (digits == 0 || digits > DIGITS_MOST || (p < end && ((*p | 32) == 'e' || (*p | 32) == 'x')))
        return 0;
    double size = (double)whole;
    if (places)
        size /= tens[places];
    *value = negative ? -size : size;
    return (size_t)(p - text.data);
}

size_t number_parse_double(struct heap *heap, struct str text, unsigned flags, double *value,
                           bool *out_of_range)
{
    struct extended number;
    size_t used = parse_plain(text, value);
    if (used) {
        if (out_of_range)
            *out_of_range = false;
        return used;
    }
    used = decimal_parse(heap, text, flags, &binary_double, &number, out_of_range);
    *value = extended_double_bits(number);
    return used;
}
