/* builtins/awk/value.c - values: strings that are shared, numbers to text and back, truth and order. */
#include "builtins/awk/awk.h"

struct awk_string *awk_string_new(struct awk *a, struct str s)
{
    struct awk_string *new = heap_alloc(a->heap, sizeof *new + s.length);
    new->owners = 1;
    new->unused = 0;
    new->length = s.length;
    if (s.length)
        memcpy(new->data, s.data, s.length);
    return new;
}

void awk_string_free(struct awk *a, struct awk_string *s)
{
    if (--s->owners == 0)
        heap_free(a->heap, s);
}

void awk_value_free(struct awk *a, enum awk_type type, uint32_t at, void *thing)
{
    struct awk_array *array = thing;
    struct awk_keys *keys = thing;
    switch (type) {
    case AWK_STRING: case AWK_INPUT: case AWK_STRNUM: case AWK_REGEX: awk_string_free(a, thing); break;
    case AWK_ARRAY:
        if (--array->owners == 0)
            awk_array_release(a, array);
        break;
    case AWK_KEYS:
        if (--keys->owners == 0) {
            for (size_t i = at; i < keys->count; i++)
                awk_drop(a, keys->items[i]);
            meter_charge(a->heap->meter, (int64_t)(keys->count - at));
            heap_free(a->heap, keys->items);
            heap_free(a->heap, keys);
        }
        break;
    default: break;
    }
}

struct awk_value awk_of_string(struct awk *a, struct str s)
{
    return (struct awk_value){.type = AWK_STRING, .string = awk_string_new(a, s)};
}

struct awk_value awk_of_input(struct awk *a, struct str s)
{
    return (struct awk_value){.type = AWK_INPUT, .string = awk_string_new(a, s)};
}

/* --- numbers from text --------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The words gawk knows: a sign, inf or nan, and nothing but blanks behind. */
static size_t read_word(struct str s, double *number)
{
    if (s.length < 4 || (s.data[0] != '+' && s.data[0] != '-'))
        return 0;
    bool inf = (s.data[1] | 32) == 'i' && (s.data[2] | 32) == 'n' && (s.data[3] | 32) == 'f';
    bool nan = (s.data[1] | 32) == 'n' && (s.data[2] | 32) == 'a' && (s.data[3] | 32) == 'n';
    if (!inf && !nan)
        return 0;
    for (size_t i = 4; i < s.length; i++)
        if (!is_blank(s.data[i]))
            return 0;
    uint64_t bits = inf ? 0x7ff0000000000000 : 0x7ff8000000000000;
    if (s.data[0] == '-')
        bits |= (uint64_t)1 << 63;
    memcpy(number, &bits, sizeof bits);
    return 4;
}

/* Reads a number: the bytes it has, blanks in front included; 0 when there is none. */
static size_t read_number(struct awk *a, struct str s, double *number)
{
    size_t i = 0, first;
    uint64_t sum = 0;
    while (i < s.length && is_blank(s.data[i]))
        i++;
    size_t start = i;
    bool minus = i < s.length && s.data[i] == '-';
    if (i < s.length && (s.data[i] == '-' || s.data[i] == '+'))
        i++;
    first = i;
    while (i < s.length && i - first < 18 && (unsigned char)(s.data[i] - '0') < 10)
        sum = sum * 10 + (unsigned char)(s.data[i++] - '0');
    char c = i < s.length ? s.data[i] : '\0';
    if (i > first && c == '.') { /* short decimals: the quotient of two exact numbers is the nearest */
        static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
        size_t j = i + 1, point = j;
        uint64_t more = sum;
        while (j < s.length && j - first < 16 && (unsigned char)(s.data[j] - '0') < 10)
            more = more * 10 + (unsigned char)(s.data[j++] - '0');
        char d = j < s.length ? s.data[j] : '\0';
        if (j - first <= 15 && !(d >= '0' && d <= '9') && (d | 32) != 'e') {
            double value = (double)more / powers[j - point];
            *number = minus ? -value : value;
            return j;
        }
    } else if (i > first && !(c >= '0' && c <= '9') && (c | 32) != 'e') {
        *number = minus ? -(double)sum : (double)sum;
        return i;
    }
    if (i == first && c != '.') {
        size_t word = read_word(str_after(s, start), number);
        if (word)
            return start + word;
        *number = 0;
        return 0;
    }
    unsigned flags = DECIMAL_NO_WORDS | DECIMAL_NO_SPACE | DECIMAL_NO_HEX;
    size_t length = number_parse_double(a->heap, str_after(s, start), flags, number, NULL);
    return length ? start + length : 0;
}

/* With --non-decimal-data, 0x11 and 011. */
static size_t read_non_decimal(struct awk *a, struct str s, double *number)
{
    size_t i = 0;
    (void)a;
    while (i < s.length && is_blank(s.data[i]))
        i++;
    struct str rest = str_after(s, i);
    bool sign = rest.length && (rest.data[0] == '-' || rest.data[0] == '+');
    struct str digits = str_after(rest, sign);
    uint64_t value;
    if (digits.length < 2 || digits.data[0] != '0')
        return 0;
    bool hex = (digits.data[1] | 32) == 'x';
    if (!hex)
        for (size_t j = 1; j < digits.length && !is_blank(digits.data[j]); j++)
            if (digits.data[j] < '0' || digits.data[j] > '7')
                return 0;
    size_t length = number_parse_unsigned(digits, hex ? 16 : 8, &value, NULL);
    *number = rest.data[0] == '-' ? -(double)value : (double)value;
    return length ? i + sign + length : 0;
}

double awk_text_number(struct awk *a, struct str s)
{
    double number = 0;
    if (a->non_decimal && read_non_decimal(a, s, &number))
        return number;
    read_number(a, s, &number);
    return number;
}

bool awk_looks_numeric(struct awk *a, struct str s, double *number)
{
    size_t end = a->non_decimal ? read_non_decimal(a, s, number) : 0;
    if (!end)
        end = read_number(a, s, number);
    if (!end)
        return false;
    while (end < s.length && is_blank(s.data[end]))
        end++;
    return end == s.length;
}

void awk_settle(struct awk *a, struct awk_value *v)
{
    double number;
    if (v->type == AWK_VIEW) {
        struct awk_string *string = awk_string_new(a, str_of(v->text, v->length));
        *v = (struct awk_value){.type = v->at ? AWK_STRING : AWK_INPUT, .string = string};
    }
    if (v->type != AWK_INPUT)
        return;
    if (awk_looks_numeric(a, str_of(v->string->data, v->string->length), &number)) {
        v->type = AWK_STRNUM;
        v->number = number;
    } else {
        v->type = AWK_STRING;
    }
}

double awk_slow_number(struct awk *a, struct awk_value *v)
{
    switch (v->type) {
    case AWK_NUMBER: case AWK_STRNUM: return v->number;
    case AWK_INPUT:
        awk_settle(a, v);
        if (v->type == AWK_STRNUM)
            return v->number;
        return awk_text_number(a, str_of(v->string->data, v->string->length));
    case AWK_VIEW: return awk_text_number(a, str_of(v->text, v->length));
    case AWK_STRING: case AWK_REGEX: return awk_text_number(a, str_of(v->string->data, v->string->length));
    default: return 0;
    }
}

/* --- numbers to text ------------------------------------------------------------------------------------ */

void awk_add_general(struct buf *b, double number)
{
    struct format f = FORMAT('g', 6);
    format_double(b, &f, number);
}

void awk_add_number(struct awk *a, struct buf *b, double number, struct str format)
{
    if (number != number || number - number != 0) {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        buf_add_text(b, bits >> 63 ? "-" : "+");
        buf_add_text(b, number != number ? "nan" : "inf");
        return;
    }
    if (awk_is_whole(number)) {
        number_add_int(b, (int64_t)number);
        return;
    }
    if (number >= 1e18 || number <= -1e18) {
        struct format f = FORMAT('f', 0);
        format_double(b, &f, number);
        return;
    }
    if (str_is(format, "%.6g")) {
        awk_add_general(b, number);
        return;
    }
    struct awk_value v = awk_of_number(number);
    awk_format(a, b, format, &v, 1);
}

struct str awk_slow_text(struct awk *a, const struct awk_value *v, bool output)
{
    char *store;
    size_t length;
    switch (v->type) {
    case AWK_VIEW: return str_of(v->text, v->length);
    case AWK_STRING: case AWK_INPUT: case AWK_STRNUM: case AWK_REGEX: return str_of(v->string->data, v->string->length);
    case AWK_NUMBER: break;
    default: return (struct str){"", 0};
    }
    a->number_turn ^= 1;
    store = a->number_text[a->number_turn];
    if (awk_is_whole(v->number)) {
        int64_t whole = (int64_t)v->number;
        if (whole >= 0 && whole < 10) {
            store[0] = (char)('0' + whole);
            return str_of(store, 1);
        }
        return str_of(store, number_write_int(store, whole));
    }
    struct buf b;
    buf_init(&b, a->heap);
    struct str format = output ? a->ofmt : a->convfmt;
    if (a->converting) /* CONVFMT has a %s in it: that number is not put through it again */
        format = str_lit("%.6g");
    a->converting = !output;
    awk_add_number(a, &b, v->number, format);
    a->converting = false;
    length = b.length;
    if (!length)
        return (struct str){"", 0};
    if (length <= sizeof a->number_text[0]) {
        memcpy(store, b.data, length);
        buf_drop(&b);
        return str_of(store, length);
    }
    struct str copy = str_copy(a->heap, buf_str(&b)); /* very long ones are few: they live as long as the run */
    buf_drop(&b);
    return copy;
}

void awk_make_string(struct awk *a, struct awk_value *v)
{
    if (v->type == AWK_STRING)
        return;
    if (v->type == AWK_INPUT || v->type == AWK_STRNUM || v->type == AWK_REGEX) {
        v->type = AWK_STRING;
        return;
    }
    *v = awk_of_string(a, awk_slow_text(a, v, false));
}

/* --- truth and order --------------------------------------------------------------------------------------- */

bool awk_truth(struct awk *a, struct awk_value *v)
{
    double number;
    if (v->type == AWK_VIEW)
        return !v->at && awk_looks_numeric(a, awk_text(a, v), &number) ? number != 0 : v->length > 0;
    awk_settle(a, v);
    switch (v->type) {
    case AWK_NUMBER: case AWK_STRNUM: return v->number != 0;
    case AWK_STRING: return v->string->length > 0;
    case AWK_REGEX: return awk_match(a, awk_regex_of_text(a, awk_text(a, v)), awk_record(a));
    default: return false;
    }
}

static bool is_numeric(const struct awk_value *v)
{
    return v->type == AWK_NUMBER || v->type == AWK_STRNUM || v->type == AWK_UNSET || v->type == AWK_REFERENCE;
}

int awk_compare_folded(struct awk *a, struct str x, struct str y)
{
    size_t i = 0, j = 0;
    while (i < x.length && j < y.length) {
        struct utf8_char p = utf8_first(str_after(x, i), a->locale), q = utf8_first(str_after(y, j), a->locale);
        uint32_t left = utf8_lower(p.code, a->locale), right = utf8_lower(q.code, a->locale);
        if (left != right)
            return left < right ? -1 : 1;
        i += p.length;
        j += q.length;
    }
    return (i < x.length) - (j < y.length);
}

int awk_compare(struct awk *a, struct awk_value *left, struct awk_value *right)
{
    bool texts = left->type == AWK_STRING || right->type == AWK_STRING;
    if (!texts) {
        awk_settle(a, left);
        awk_settle(a, right);
    }
    if (!texts && is_numeric(left) && is_numeric(right)) {
        double x = awk_number(a, left), y = awk_number(a, right);
        return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
    }
    struct str x = awk_text(a, left), y = awk_text(a, right);
    call_charge_bytes(a->c, x.length < y.length ? x.length : y.length);
    int order = a->fold ? awk_compare_folded(a, x, y) : str_compare(x, y);
    return (order > 0) - (order < 0);
}
