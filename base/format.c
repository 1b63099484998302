/* base/format.c - printf's directives: parsing one, and printing with it. */
#include "base/format.h"

#include "base/number.h"
#include "base/wide.h"

/* --- parsing --------------------------------------------------------------------------------------- */

static size_t parse_int(struct str text, size_t at, int32_t *value, bool *too_large)
{
    int64_t sum = 0;
    for (; at < text.length && (unsigned char)(text.data[at] - '0') < 10; at++) {
        sum = sum * 10 + (text.data[at] - '0');
        if (sum > INT32_MAX) {
            sum = INT32_MAX;
            *too_large = true;
        }
    }
    *value = (int32_t)sum;
    return at;
}

/* N$ at `at`: answers what is behind it, or `at`. */
static size_t parse_argument(struct str text, size_t at, int32_t *argument)
{
    int32_t number;
    bool too_large = false;
    size_t end = parse_int(text, at, &number, &too_large);
    if (end == at || too_large || number == 0 || end == text.length || text.data[end] != '$')
        return at;
    *argument = number;
    return end + 1;
}

static bool set_flag(struct format *f, char c)
{
    switch (c) {
    case '-': return f->left = true;
    case '+': return f->plus = true;
    case ' ': return f->space = true;
    case '#': return f->alternate = true;
    case '0': return f->zero = true;
    case '\'': return f->group = true;
    default: return false;
    }
}

static bool is_length(char c)
{
    return c == 'h' || c == 'j' || c == 'l' || c == 'L' || c == 't' || c == 'z';
}

size_t format_parse(struct str text, unsigned flags, struct format *f)
{
    bool arguments = flags & FORMAT_ARGUMENTS;
    size_t at = 0;
    *f = (struct format){.precision = -1};
    if (arguments)
        at = parse_argument(text, at, &f->argument);
    while (at < text.length && set_flag(f, text.data[at]))
        at++;
    if (at < text.length && text.data[at] == '*') {
        f->width_star = true;
        at++;
        if (arguments)
            at = parse_argument(text, at, &f->width_argument);
    } else {
        at = parse_int(text, at, &f->width, &f->too_large);
    }
    if (at < text.length && text.data[at] == '.') {
        at++;
        bool negative = flags & FORMAT_NEGATIVE_PRECISION && at < text.length && text.data[at] == '-';
        at += negative;
        if (at < text.length && text.data[at] == '*' && !negative) {
            f->precision_star = true;
            at++;
            if (arguments)
                at = parse_argument(text, at, &f->precision_argument);
        } else {
            at = parse_int(text, at, &f->precision, &f->too_large);
            if (negative)
                f->precision = -1;
        }
    }
    while (at < text.length && is_length(text.data[at]))
        at++;
    if (at < text.length)
        f->conversion = text.data[at++];
    return at;
}

void format_set_width(struct format *f, int64_t width)
{
    if (width > INT32_MAX || width < -INT32_MAX) {
        f->too_large = true;
        width = width < 0 ? -INT32_MAX : INT32_MAX;
    }
    if (width < 0)
        f->left = true;
    f->width = (int32_t)(width < 0 ? -width : width);
}

void format_set_precision(struct format *f, int64_t precision)
{
    if (precision > INT32_MAX) {
        f->too_large = true;
        precision = INT32_MAX;
    }
    f->precision = precision < 0 ? -1 : (int32_t)precision;
}

/* --- fields ---------------------------------------------------------------------------------------- */

/* A field that is being written: room for all of it is there. */
struct field {
    char *at;
    size_t behind; /* blanks that follow */
};

static void put_fill(struct field *field, char byte, size_t count)
{
    if (count == 0)
        return;
    memset(field->at, byte, count);
    field->at += count;
}

static void put(struct field *field, const char *data, size_t length)
{
    if (length == 0) /* an empty field has no room at all: %.0d of 0 */
        return;
    memcpy(field->at, data, length);
    field->at += length;
}

static void put_byte(struct field *field, char byte)
{
    *field->at++ = byte;
}

/* Begins a field of prefix (a sign, 0x) and `body` bytes that the caller then puts; padded with zeros between
 * them or with blanks around them. */
static struct field open_field(struct buf *b, const struct format *f, struct str prefix, uint64_t body,
                               bool zeros)
{
    uint64_t length = prefix.length + body, width = (uint64_t)f->width;
    uint64_t fill = width > length ? width - length : 0;
    length += fill;
    meter_charge(b->heap->meter, (int64_t)(length / METER_BYTES));
    if (length > SIZE_MAX / 2)
        meter_out_of_memory(b->heap->meter);
    struct field field = {buf_reserve(b, (size_t)length), f->left ? (size_t)fill : 0};
    b->length += (size_t)length;
    if (fill && !f->left && !zeros)
        put_fill(&field, ' ', (size_t)fill);
    for (size_t i = 0; i < prefix.length; i++)
        put_byte(&field, prefix.data[i]);
    if (fill && !f->left && zeros)
        put_fill(&field, '0', (size_t)fill);
    return field;
}

static void close_field(struct field *field)
{
    put_fill(field, ' ', field->behind);
}

/* --- text and integers ------------------------------------------------------------------------------- */

static void print_text(struct buf *b, const struct format *f, struct str s)
{
    struct field field = open_field(b, f, str_of(NULL, 0), s.length, false);
    put(&field, s.data, s.length);
    close_field(&field);
}

void format_str(struct buf *b, const struct format *f, struct str s)
{
    print_text(b, f, f->precision >= 0 ? str_first(s, (size_t)f->precision) : s);
}

void format_char(struct buf *b, const struct format *f, char c)
{
    print_text(b, f, str_of(&c, 1));
}

static void print_integer(struct buf *b, const struct format *f, uint64_t value, char sign)
{
    char text[24], prefix[2], *end = text + sizeof text, *at = end;
    size_t prefix_length = 0;
    uint64_t body = f->precision > 0 ? (uint64_t)f->precision : 0;
    if (value == 0) {
        if (f->precision != 0)
            *--at = '0';
    } else if (f->conversion == 'o') {
        for (; value; value >>= 3)
            *--at = (char)('0' + (value & 7));
    } else if ((f->conversion | 32) == 'x') {
        const char *digits = f->conversion == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
        for (; value; value >>= 4)
            *--at = digits[value & 15];
        if (f->alternate) {
            prefix[prefix_length++] = '0';
            prefix[prefix_length++] = f->conversion;
        }
    } else {
        at = number_write_back(end, value);
    }
    size_t length = (size_t)(end - at);
    if (f->conversion == 'o' && f->alternate && body <= length && (length == 0 || *at != '0'))
        body = length + 1;
    if (sign)
        prefix[prefix_length++] = sign;
    if (body < length)
        body = length;
    struct field field = open_field(b, f, str_of(prefix, prefix_length), body, f->zero && f->precision < 0);
    put_fill(&field, '0', (size_t)body - length);
    put(&field, at, length);
    close_field(&field);
}

static char sign_of(const struct format *f, bool negative)
{
    return negative ? '-' : f->plus ? '+' : f->space ? ' ' : 0;
}

void format_int(struct buf *b, const struct format *f, int64_t value)
{
    if (f->conversion != 'd' && f->conversion != 'i')
        print_integer(b, f, (uint64_t)value, 0);
    else
        print_integer(b, f, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, sign_of(f, value < 0));
}

void format_unsigned(struct buf *b, const struct format *f, uint64_t value)
{
    print_integer(b, f, value, f->conversion == 'd' || f->conversion == 'i' ? sign_of(f, false) : 0);
}

/* --- floating point ---------------------------------------------------------------------------------- */

/* Puts `count` digits from number `from` on (which may be below 0: zeros in front); those that are missing
 * are zeros. */
static void put_digits(struct field *field, const struct decimal *d, int64_t from, uint64_t count)
{
    if (from < 0) {
        uint64_t zeros = (uint64_t)-from < count ? (uint64_t)-from : count;
        put_fill(field, '0', (size_t)zeros);
        count -= zeros;
        from = 0;
    }
    uint64_t there = (uint64_t)from < d->count ? d->count - (uint64_t)from : 0;
    if (there > count)
        there = count;
    put(field, d->digits + from, (size_t)there);
    put_fill(field, '0', (size_t)(count - there));
}

static struct str sign_text(const struct format *f, bool negative)
{
    static const char signs[] = "-+ ";
    char sign = sign_of(f, negative);
    return sign == 0 ? str_of(signs, 0) : str_of(signs + (sign == '-' ? 0 : sign == '+' ? 1 : 2), 1);
}

/* As %f, with so many places. */
static void print_fixed(struct buf *b, const struct format *f, bool negative, const struct decimal *d,
                        uint64_t places)
{
    uint64_t whole = d->count && d->point > 0 ? (uint64_t)d->point : 0;
    bool point = places || f->alternate;
    struct field field =
        open_field(b, f, sign_text(f, negative), (whole ? whole : 1) + point + places, f->zero);
    if (whole)
        put_digits(&field, d, 0, whole);
    else
        put_byte(&field, '0');
    if (point)
        put_byte(&field, '.');
    put_digits(&field, d, d->count ? d->point : 0, places);
    close_field(&field);
}

/* As %e, with so many places. */
static void print_exponent(struct buf *b, const struct format *f, bool negative, const struct decimal *d,
                           uint64_t places)
{
    int32_t exponent = d->point - 1;
    char text[8], *end = text + sizeof text;
    char *at = number_write_back(end, (uint64_t)(exponent < 0 ? -exponent : exponent));
    if (end - at < 2)
        *--at = '0';
    *--at = exponent < 0 ? '-' : '+';
    *--at = f->conversion & 32 ? 'e' : 'E';
    bool point = places || f->alternate;
    struct field field =
        open_field(b, f, sign_text(f, negative), 1 + point + places + (uint64_t)(end - at), f->zero);
    put_digits(&field, d, 0, 1);
    if (point)
        put_byte(&field, '.');
    put_digits(&field, d, 1, places);
    put(&field, at, (size_t)(end - at));
    close_field(&field);
}

/* As %g, with so many digits (1 or more). */
static void print_general(struct buf *b, const struct format *f, bool negative, struct decimal *d,
                          int64_t digits)
{
    int64_t exponent = d->point - 1, shown = digits;
    if (!f->alternate) {
        while (d->count && d->digits[d->count - 1] == '0')
            d->count--;
        shown = (int64_t)d->count;
    }
    if (exponent < -4 || exponent >= digits)
        print_exponent(b, f, negative, d, shown > 1 ? (uint64_t)shown - 1 : 0);
    else
        print_fixed(b, f, negative, d, shown - 1 > exponent ? (uint64_t)(shown - 1 - exponent) : 0);
}

/* As %a: a first digit, then `left` holds what follows, its digits from the highest bits on. */
static void print_hex(struct buf *b, const struct format *f, bool negative, unsigned first, uint64_t left,
                      int32_t exponent)
{
    bool capital = !(f->conversion & 32);
    const char *digits = capital ? "0123456789ABCDEF" : "0123456789abcdef";
    uint64_t places = 0;
    if (f->precision >= 0) {
        places = (uint64_t)f->precision;
        if (places < 16) {
            int drop = 64 - 4 * (int)places;
            uint64_t half = (uint64_t)1 << (drop - 1), below = drop < 64 ? left & ((half << 1) - 1) : left;
            uint64_t unit = drop < 64 ? (uint64_t)1 << drop : 0;
            bool odd = unit ? (left & unit) != 0 : first & 1;
            left -= below;
            if (below > half || (below == half && odd)) {
                left += unit;
                first += left == 0;
            }
        }
    } else {
        for (uint64_t rest = left; rest; rest <<= 4)
            places++;
    }
    char prefix[3], text[8], *end = text + sizeof text;
    size_t prefix_length = 0;
    if (sign_of(f, negative))
        prefix[prefix_length++] = sign_of(f, negative);
    prefix[prefix_length++] = '0';
    prefix[prefix_length++] = capital ? 'X' : 'x';
    if (first > 15) {
        first = 1;
        exponent += 4;
    }
    char *at = number_write_back(end, (uint64_t)(exponent < 0 ? -exponent : exponent));
    *--at = exponent < 0 ? '-' : '+';
    *--at = capital ? 'P' : 'p';
    bool point = places || f->alternate;
    struct field field =
        open_field(b, f, str_of(prefix, prefix_length), 1 + point + places + (uint64_t)(end - at), f->zero);
    put_byte(&field, digits[first]);
    if (point)
        put_byte(&field, '.');
    for (; places && left; places--, left <<= 4)
        put_byte(&field, digits[left >> 60]);
    put_fill(&field, '0', (size_t)places);
    put(&field, at, (size_t)(end - at));
    close_field(&field);
}

/* Is it below 10^power in size? It is near to it. */
static bool is_below_power(struct extended x, int32_t power)
{
    uint64_t limit = 1;
    if (power > 19)
        return false; /* nothing so near is below */
    for (; power > 0; power--)
        limit *= 10;
    x.negative = false;
    return extended_compare(x, extended_from_unsigned(limit)) < 0;
}

/* The conversions of what is finite, but %a. */
static void print_decimal(struct buf *b, const struct format *f, struct extended x)
{
    struct decimal d;
    int32_t precision = f->precision < 0 ? 6 : f->precision;
    switch (f->conversion | 32) {
    case 'f':
        decimal_fixed(&d, b->heap, x.mantissa, x.exponent, precision);
        print_fixed(b, f, x.negative, &d, (uint64_t)precision);
        break;
    case 'e':
        decimal_significant(&d, b->heap, x.mantissa, x.exponent,
                            precision < INT32_MAX ? precision + 1 : precision);
        print_exponent(b, f, x.negative, &d, (uint64_t)precision);
        break;
    default:
        if (precision == 0)
            precision = 1;
        decimal_significant(&d, b->heap, x.mantissa, x.exponent, precision);
        if (f->alternate && d.point - 1 == precision && is_below_power(x, precision))
            print_exponent(b, f, x.negative, &d,
                           0); /* glibc forgets the zeros when rounding made an exponent needed */
        else
            print_general(b, f, x.negative, &d, precision);
        break;
    }
    decimal_drop(&d, b->heap);
}

static void print_special(struct buf *b, const struct format *f, struct extended x)
{
    bool capital = !(f->conversion & 32), nan = x.kind == EXTENDED_NAN;
    struct field field = open_field(b, f, sign_text(f, x.negative), 3, false);
    put(&field, nan ? (capital ? "NAN" : "nan") : capital ? "INF" : "inf", 3);
    close_field(&field);
}

void format_extended(struct buf *b, const struct format *f, struct extended x)
{
    if (x.kind != EXTENDED_FINITE)
        print_special(b, f, x);
    else if ((f->conversion | 32) != 'a')
        print_decimal(b, f, x);
    else
        print_hex(b, f, x.negative, (unsigned)(x.mantissa >> 60), x.mantissa << 4,
                  x.mantissa ? x.exponent + 60 : 0);
}

void format_double(struct buf *b, const struct format *f, double value)
{
    struct extended x = extended_from_double(value);
    if (x.kind != EXTENDED_FINITE || (f->conversion | 32) != 'a') {
        format_extended(b, f, x);
        return;
    }
    int32_t exponent = x.exponent + 63;
    if (x.mantissa == 0)
        print_hex(b, f, x.negative, 0, 0, 0);
    else if (exponent < -1022) /* the bits as they stand in memory */
        print_hex(b, f, x.negative, 0, x.mantissa >> (-1023 - exponent), -1022);
    else
        print_hex(b, f, x.negative, 1, x.mantissa << 1, exponent);
}

/* Do these digits, as a whole number of so many behind the point, read back as the value? */
static bool reads_back(struct heap *heap, uint64_t digits, int32_t places, double value)
{
    char text[2 * NUMBER_MOST + 1];
    size_t length = number_write_unsigned(text, digits);
    text[length++] = 'e';
    length += number_write_int(text + length, -places);
    double other;
    number_parse_double(heap, str_of(text, length), 0, &other, NULL);
    return other == value;
}

void format_shortest(struct buf *b, double value)
{
    struct extended x = extended_from_double(value);
    struct format f = FORMAT('g', 17);
    bool normal = x.exponent + 63 >= -1022, power_of_two = x.mantissa == (uint64_t)1 << 63;
    if (x.kind != EXTENDED_FINITE || x.mantissa == 0) {
        format_double(b, &f, value);
        return;
    }
    double size = value < 0 ? -value : value;
    /* A normal double has all decimals of 15 digits apart; below, start with one digit. */
    for (int32_t digits = normal ? 15 : 1; digits <= 17; digits++) {
        struct decimal d;
        decimal_significant(&d, b->heap, x.mantissa, x.exponent, digits);
        uint64_t number = 0;
        for (size_t i = 0; i < (size_t)digits; i++)
            number = number * 10 + (i < d.count ? (uint64_t)(d.digits[i] - '0') : 0);
        int32_t places = digits - d.point;
        bool found = digits == 17 || reads_back(b->heap, number, places, size);
        /* Above a power of two there is more room than below it. */
        if (!found && power_of_two && reads_back(b->heap, number + 1, places, size)) {
            found = true;
            char *end = d.few + sizeof d.few;
            decimal_drop(&d, b->heap);
            d.many = NULL;
            d.digits = number_write_back(end, number + 1);
            d.count = (size_t)(end - d.digits);
            d.point = (int32_t)d.count - places;
        }
        if (found)
            print_general(b, &f, x.negative, &d, 17);
        decimal_drop(&d, b->heap);
        if (found)
            return;
    }
}
