/* builtins/awk/print.c - printf's directives, with widths in characters. */
#include "builtins/awk/awk.h"

/* One call of a format. */
struct formatting {
    struct awk *a;
    struct buf *out;
    struct str format;
    size_t at, directive;   /* where its % stands */
    size_t start;           /* of the result in `out`: nothing is printed when it fails */
    struct awk_value *arguments;
    size_t count, next;
    size_t directives;      /* that took an argument */
    bool positions;         /* ... and by its number */
};

/* Of a format that fails nothing is printed. A message may have sent on what was there. */
static void take_back(struct formatting *f)
{
    if (f->out->length > f->start)
        f->out->length = f->start;
}

/* `at`: the letter, or *, that has no argument. */
static bool run_out(struct formatting *f, size_t at)
{
    struct buf b;
    buf_init(&b, f->a->heap);
    buf_fill(&b, ' ', at);
    take_back(f);
    awk_fatal(f->a, "not enough arguments to satisfy format string\n\t`%S'\n\t%S^ ran out for this one", f->format, buf_str(&b));
    buf_drop(&b);
    return false;
}

/* The next argument, or that of N$. NULL: there is none. */
static struct awk_value *argument(struct formatting *f, int32_t number, size_t at)
{
    if (f->directives++ && f->positions != (number != 0)) {
        take_back(f);
        awk_fatal(f->a, "must use `count$' on all formats or none");
        return NULL;
    }
    f->positions = number != 0;
    size_t i = number ? (size_t)number - 1 : f->next++;
    if (number && i >= f->count) {
        take_back(f);
        awk_fatal(f->a, "argument index %d greater than total number of supplied arguments", (int)number);
        return NULL;
    }
    if (i >= f->count) {
        run_out(f, at);
        return NULL;
    }
    return &f->arguments[i];
}

/* Puts blanks around what is shorter than the width, counted in characters. */
static void pad(struct formatting *f, const struct format *d, struct str s)
{
    size_t width = (size_t)(d->width > 0 ? d->width : 0), has = width ? utf8_count(s, f->a->locale) : 0;
    size_t blanks = width > has ? width - has : 0;
    if (blanks && !d->left)
        buf_fill(f->out, d->zero && d->conversion != 'c' ? ' ' : ' ', blanks);
    buf_add(f->out, s);
    if (blanks && d->left)
        buf_fill(f->out, ' ', blanks);
    call_charge_bytes(f->a->c, s.length + blanks);
}

static void format_character(struct formatting *f, struct format *d, struct awk_value *v)
{
    char bytes[UTF8_MOST];
    awk_settle(f->a, v);
    if (v->type == AWK_NUMBER || v->type == AWK_STRNUM || v->type == AWK_UNSET) {
        double number = awk_number(f->a, v);
        size_t length = 1;
        if (f->a->locale == LOCALE_UTF8 && number >= 128 && number <= 0x10ffff)
            length = utf8_encode((uint32_t)number, bytes);
        else
            bytes[0] = (char)(uint64_t)(int64_t)(number > 1e15 || number < -1e15 || number != number ? 0 : number);
        if (d->width > 0 && length > 1) /* of a number the bytes are counted, not the character */
            d->width = d->width > (int64_t)length ? d->width - (int64_t)length + 1 : 0;
        pad(f, d, str_of(bytes, length));
        return;
    }
    struct str s = awk_text(f->a, v);
    if (s.length)
        pad(f, d, str_first(s, utf8_first(s, f->a->locale).length));
    else
        pad(f, d, str_of("", 1));
}

/* Infinite and no number: as text with a sign, which no width concerns. */
static bool format_odd(struct formatting *f, const struct format *d, double number)
{
    uint64_t bits;
    if (number - number == 0)
        return false;
    memcpy(&bits, &number, sizeof bits);
    bool capitals = d->conversion >= 'A' && d->conversion <= 'Z';
    buf_add_byte(f->out, bits >> 63 ? '-' : '+');
    buf_add_text(f->out, number != number ? (capitals ? "NAN" : "nan") : capitals ? "INF" : "inf");
    return true;
}

static void format_integer(struct formatting *f, struct format *d, struct awk_value *v)
{
    double number = awk_number(f->a, v);
    if (format_odd(f, d, number))
        return;
    if (d->conversion == 'd' || d->conversion == 'i') {
        d->conversion = 'd';
        if (d->precision == 0 && number > -1 && number < 1)
            d->plus = d->space = false; /* where nothing is shown, no sign is */
        if (number > -9.2e18 && number < 9.2e18) {
            format_int(f->out, d, (int64_t)number);
            return;
        }
    } else if (d->precision == 0 && (number != 0 || d->alternate) && number > -1 && number < 1) {
        d->precision = 1; /* only what is 0 from the start is not shown */
        format_unsigned(f->out, d, 0);
        return;
    } else if (d->conversion == 'o' && d->alternate && d->precision > 0 && number >= 1 && number < 1.8e19) {
        int32_t digits = 1; /* a 0 goes in front of them, whatever else does */
        for (uint64_t left = (uint64_t)number / 8; left; left /= 8)
            digits++;
        d->precision = (d->precision > digits ? d->precision : digits) + 1;
        format_unsigned(f->out, d, (uint64_t)number);
        return;
    } else if (number < 0) {
        if (number > -9.2e18) {
            format_unsigned(f->out, d, (uint64_t)(int64_t)number);
            return;
        }
    } else if (number < 1.8e19) {
        format_unsigned(f->out, d, (uint64_t)number);
        return;
    }
    if (d->conversion == 'd' || d->conversion == 'u') {
        d->conversion = 'f';
        d->precision = 0;
    } else {
        d->conversion = 'g';
    }
    format_double(f->out, d, number);
}

/* A width or precision that is an argument; what no integer holds is none, as in gawk. */
static bool star(struct formatting *f, int32_t number, int64_t none, int64_t *value)
{
    struct awk_value *v = argument(f, number, f->at);
    if (!v)
        return false;
    int64_t i = awk_to_int(awk_number(f->a, v));
    *value = i == INT64_MIN ? none : i > INT32_MAX ? INT32_MAX : i < -INT32_MAX ? -INT32_MAX : i;
    return true;
}

/* Reads one directive from behind its %: false when the text ends in it, or it fails (a->fatal). */
static bool parse(struct formatting *f, struct format *d, int32_t *position)
{
    bool dot = false, digits = false;
    unsigned sizes = 0;
    int64_t number;
    *d = (struct format){.precision = -1};
    *position = 0;
    for (; f->at < f->format.length; f->at++) {
        char c = f->format.data[f->at];
        switch (c) {
        case '-': d->left = true; break;
        case '+': d->plus = true; break;
        case ' ': d->space = true; break;
        case '#': d->alternate = true; break;
        case '\'': d->group = true; break;
        case '.':
            dot = true;
            d->precision = 0;
            break;
        case 'j': case 't': case 'z': break;
        case 'h': case 'l': case 'L': {
            unsigned size = c == 'h' ? 1 : c == 'l' ? 2 : 4;
            if (sizes & size) { /* each at most once */
                d->conversion = c;
                f->at++;
                return true;
            }
            sizes |= size;
            break;
        }
        case '*': {
            uint64_t which = 0;
            size_t used = number_parse_unsigned(str_after(f->format, f->at + 1), 10, &which, NULL);
            if (used && f->at + 1 + used < f->format.length && f->format.data[f->at + 1 + used] == '$')
                f->at += used + 1;
            else
                which = 0;
            if (!star(f, (int32_t)which, dot ? -1 : 0, &number))
                return false;
            if (dot)
                format_set_precision(d, number);
            else
                format_set_width(d, number);
            break;
        }
        case '0':
            if (!dot && !digits && d->width == 0) {
                d->zero = true;
                break;
            } /* fall through */
        case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': {
            int64_t value = 0;
            digits = true;
            while (f->at < f->format.length && f->format.data[f->at] >= '0' && f->format.data[f->at] <= '9') {
                if (value < INT32_MAX / 16)
                    value = value * 10 + (f->format.data[f->at] - '0');
                f->at++;
            }
            if (f->at < f->format.length && f->format.data[f->at] == '$') {
                *position = (int32_t)value;
                d->width = 0;
                digits = false;
                break;
            }
            f->at--;
            if (dot)
                d->precision = (int32_t)value;
            else
                d->width = (int32_t)value;
            break;
        }
        default:
            d->conversion = c;
            f->at++;
            return true;
        }
    }
    return false;
}

static bool directive(struct formatting *f)
{
    struct format d;
    int32_t position;
    f->directive = f->at++;
    if (!parse(f, &d, &position)) {
        if (!f->a->fatal)
            buf_add(f->out, str_after(f->format, f->directive));
        return !f->a->fatal;
    }
    if (d.conversion == '%') {
        buf_add_byte(f->out, '%');
        return true;
    }
    if (!memchr("cdiouxXeEfFgGaAs", d.conversion, 16)) {
        buf_add(f->out, str_of(f->format.data + f->directive, f->at - f->directive));
        return true;
    }
    struct awk_value *v = argument(f, position, f->at - 1);
    if (!v)
        return false;
    switch (d.conversion) {
    case 'c': format_character(f, &d, v); break;
    case 's': {
        struct str s = awk_text(f->a, v);
        if (d.precision >= 0)
            s = str_first(s, utf8_offset(s, (size_t)d.precision, f->a->locale));
        pad(f, &d, s);
        break;
    }
    case 'd': case 'i': case 'o': case 'u': case 'x': case 'X': format_integer(f, &d, v); break;
    default: {
        double number = awk_number(f->a, v);
        if (!format_odd(f, &d, number))
            format_double(f->out, &d, number);
        break;
    }
    }
    return true;
}

bool awk_format(struct awk *a, struct buf *out, struct str format, struct awk_value *arguments, size_t count)
{
    struct formatting f = {.a = a, .out = out, .format = format, .arguments = arguments, .count = count, .start = out->length};
    while (f.at < format.length) {
        ptrdiff_t next = str_find(str_after(format, f.at), '%');
        if (next < 0) {
            buf_add(out, str_after(format, f.at));
            break;
        }
        buf_add(out, str_of(format.data + f.at, (size_t)next));
        f.at += (size_t)next;
        if (!directive(&f))
            return false;
    }
    call_charge_bytes(a->c, format.length);
    return true;
}
