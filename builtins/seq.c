/* builtins/seq.c - print a sequence of numbers. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'f', "format", "FORMAT", "use printf style floating-point FORMAT"},
    {'s', "separator", "STRING", "use STRING to separate numbers (default: \\n)"},
    {'w', "equal-width", NULL, "equalize width by padding with leading zeroes"},
    {0},
};

/* A number as it was written: its value, how many places it has behind the point, and how wide it is when printed so. */
struct operand {
    struct extended value;
    int64_t width, precision; /* PRECISION_NONE: not known, as of 0x1p3 and of inf */
};
#define PRECISION_NONE INT32_MAX

struct seq {
    struct operand first, increment, last;
    struct str separator;
    struct str prefix, suffix;  /* of the format, %% made % */
    struct format format;
    bool plain;                 /* whole numbers, counted in digits */
    char *digits;               /* plain: the number to print next ends at digits[room] */
    size_t room, length;
    struct str end;             /* plain: digits of the last; data NULL: none */
    uint64_t step;
    bool begun, finished;
    struct extended value;      /* to be printed next */
    uint64_t count;             /* printed before */
    bool over;                  /* `value` is beyond the last, printed all the same */
    struct buf text, before;    /* of numbers, to be compared */
};

/* --- operands ------------------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static ptrdiff_t find_either(struct str s, char a, char b)
{
    for (size_t i = 0; i < s.length; i++)
        if (s.data[i] == a || s.data[i] == b)
            return (ptrdiff_t)i;
    return -1;
}

/* Width and precision of a number in decimal, exponent included. */
static void measure(struct operand *o, struct str s)
{
    ptrdiff_t point = str_find(s, '.'), e;
    int64_t fraction = 0, exponent = 0;

    o->precision = point < 0 && str_find(s, 'p') < 0 ? 0 : PRECISION_NONE;
    if (find_either(s, 'x', 'X') >= 0 || o->value.kind != EXTENDED_FINITE)
        return;
    o->width = (int64_t)s.length;
    if (point >= 0) {
        struct str tail = str_after(s, (size_t)point + 1);
        ptrdiff_t end = find_either(tail, 'e', 'E');
        fraction = end < 0 ? (int64_t)tail.length : end;
        o->precision = fraction;
        if (fraction == 0)
            o->width--;
        else if (point == 0 || !is_digit(s.data[point - 1]))
            o->width++;
    }
    e = find_either(s, 'e', 'E');
    if (e < 0)
        return;
    number_parse_int(str_after(s, (size_t)e + 1), 10, &exponent, NULL);
    if (exponent < -100000)
        exponent = -100000;
    o->precision += exponent < 0 ? -exponent : -(o->precision < exponent ? o->precision : exponent);
    o->width -= (int64_t)s.length - e;
    if (exponent < 0) {
        if (point < 0 || e == point + 1)
            o->width++;
        exponent = -exponent;
    } else {
        if (point >= 0 && o->precision == 0 && fraction > 0)
            o->width--;
        exponent -= fraction < exponent ? fraction : exponent;
    }
    o->width += exponent;
}

static int read_operand(struct call *c, struct str word, struct operand *o)
{
    bool out_of_range = false;
    size_t used = number_parse_extended(c->heap, word, 0, &o->value, &out_of_range);
    size_t skip = 0;

    if (used == 0 || used < word.length || (out_of_range && o->value.kind == EXTENDED_INFINITE))
        return call_usage_error(c, "invalid floating point argument: %S", call_quote_word(c, word));
    if (o->value.kind == EXTENDED_NAN)
        return call_usage_error(c, "invalid %S argument: %S", call_quote_word(c, str_lit("not-a-number")),
                                call_quote_word(c, word));
    while (skip < word.length && (utf8_byte_is(word.data[skip], UTF8_SPACE) || word.data[skip] == '+'))
        skip++;
    o->width = 0;
    measure(o, str_after(word, skip));
    return 0;
}

/* --- formats --------------------------------------------------------------------------------------------- */

static struct str without_percents(struct call *c, struct str s)
{
    struct buf b;

    buf_init(&b, c->heap);
    for (size_t i = 0; i < s.length; i++) {
        buf_add_byte(&b, s.data[i]);
        i += s.data[i] == '%';
    }
    return buf_str(&b);
}

static size_t skip_while(struct str s, size_t i, const char *set)
{
    while (i < s.length && s.data[i] && strchr(set, s.data[i]))
        i++;
    return i;
}

static int read_format(struct call *c, struct seq *s, struct str word)
{
    size_t i = 0, start;
    struct str directive;

    while (i < word.length && !(word.data[i] == '%' && !(i + 1 < word.length && word.data[i + 1] == '%')))
        i += word.data[i] == '%' ? 2 : 1;
    if (i >= word.length) {
        call_error(c, "format %S has no %% directive", call_quote_word(c, word));
        return 1;
    }
    start = i++;
    i = skip_while(word, i, "-+#0 '");
    i = skip_while(word, i, "0123456789");
    if (i < word.length && word.data[i] == '.')
        i = skip_while(word, i + 1, "0123456789");
    if (i < word.length && word.data[i] == 'L')
        i++;
    if (i >= word.length) {
        call_error(c, "format %S ends in %%", call_quote_word(c, word));
        return 1;
    }
    if (!word.data[i] || !strchr("efgaEFGA", word.data[i])) {
        call_error(c, "format %S has unknown %%%c directive", call_quote_word(c, word), word.data[i]);
        return 1;
    }
    directive = str_of(word.data + start + 1, i - start);
    format_parse(directive, 0, &s->format);
    s->prefix = without_percents(c, str_first(word, start));
    for (start = ++i; i < word.length; i++) {
        if (word.data[i] == '%' && !(i + 1 < word.length && word.data[i + 1] == '%')) {
            call_error(c, "format %S has too many %% directives", call_quote_word(c, word));
            return 1;
        }
        i += word.data[i] == '%';
    }
    s->suffix = without_percents(c, str_after(word, start));
    return 0;
}

/* The format when none was given. */
static void choose_format(struct seq *s, bool equal)
{
    int64_t precision = s->first.precision > s->increment.precision ? s->first.precision : s->increment.precision;

    s->format = FORMAT('g', -1);
    if (precision == PRECISION_NONE || s->last.precision == PRECISION_NONE)
        return;
    s->format = FORMAT('f', (int32_t)precision);
    if (equal) {
        int64_t first = s->first.width + (precision - s->first.precision);
        int64_t last = s->last.width + (precision - s->last.precision);
        if (s->last.precision && precision == 0)
            last--;
        if (s->last.precision == 0 && precision)
            last++;
        if (s->first.precision == 0 && precision)
            first++;
        s->format.zero = true;
        s->format.width = (int32_t)(first > last ? first : last);
    }
}

/* --- whole numbers ------------------------------------------------------------------------------------------ */

static bool is_whole(struct str s)
{
    for (size_t i = 0; i < s.length; i++)
        if (!is_digit(s.data[i]))
            return false;
    return s.length > 0;
}

static struct str without_zeros(struct str s)
{
    while (s.length > 1 && s.data[0] == '0')
        s = str_after(s, 1);
    return s;
}

/* Prepares to count from the digits `from` to `end` (data NULL: for ever). */
static void count_plainly(struct call *c, struct seq *s, struct str from, struct str end, uint64_t step)
{
    from = without_zeros(from);
    if (end.data)
        end = str_copy(c->heap, without_zeros(end));
    s->plain = true;
    s->end = end;
    s->step = step;
    s->length = from.length;
    s->room = (from.length > end.length ? from.length : end.length) + 32;
    s->digits = heap_alloc(c->heap, s->room);
    memcpy(s->digits + s->room - from.length, from.data, from.length);
}

static struct str whole_text(struct call *c, struct extended value)
{
    struct buf b;
    struct format f = FORMAT('f', 0);

    buf_init(&b, c->heap);
    format_extended(&b, &f, value);
    return buf_str(&b);
}

static bool is_small_step(struct extended value, uint64_t *step)
{
    int64_t number;

    if (value.kind != EXTENDED_FINITE || !extended_to_int(value, &number) || number < 1 || number > 200)
        return false;
    *step = (uint64_t)number;
    return true;
}

static enum step seq_plain(struct call *c, struct seq *s)
{
    while (!s->finished) {
        int turns = 512;
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, turns / 8);
        for (; turns > 0; turns--) {
            char *at = s->digits + s->room - s->length;
            uint64_t carry = s->step;
            size_t i = s->room;
            if (s->end.data && (s->length > s->end.length ||
                                (s->length == s->end.length && memcmp(at, s->end.data, s->length) > 0))) {
                s->finished = true;
                break;
            }
            if (s->begun)
                buf_add(&c->out, s->separator);
            s->begun = true;
            buf_add(&c->out, str_of(at, s->length));
            while (carry > 0) {
                bool fresh = --i < s->room - s->length;
                if (fresh && i == 0) { /* only without an end: room for more digits */
                    char *more = heap_alloc(c->heap, s->room * 2);
                    memcpy(more + s->room, s->digits, s->room);
                    heap_free(c->heap, s->digits);
                    s->digits = more;
                    i = s->room;
                    s->room *= 2;
                }
                carry += fresh ? 0 : (uint64_t)(s->digits[i] - '0');
                s->digits[i] = (char)('0' + carry % 10);
                carry /= 10;
                s->length += fresh;
            }
        }
    }
    if (s->begun)
        call_print_byte(c, '\n');
    return call_done(c);
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static int seq_start(struct call *c)
{
    struct seq *s = c->state;
    struct str format = {0};
    bool formatted = call_value(c, 'f', &format), equal = call_has(c, 'w');
    size_t n = c->operand_count;
    int failed = 0;
    uint64_t step = 1;
    struct operand one = {.value = extended_from_int(1), .width = 1, .precision = 0};

    s->separator = str_lit("\n");
    call_value(c, 's', &s->separator);
    buf_init(&s->text, c->heap);
    buf_init(&s->before, c->heap);
    if (n < 1)
        return call_missing_operand(c);
    if (n > 3)
        return call_usage_error(c, "extra operand %S", call_quote_word(c, c->operands[3]));
    if (formatted && (failed = read_format(c, s, format)))
        return failed;
    if (formatted && equal)
        return call_usage_error(c, "format string may not be specified when printing equal width strings");
    s->first = s->increment = one;
    if (n < 3 && is_whole(c->operands[0]) && is_whole(c->operands[n - 1]) && !equal && !formatted &&
        s->separator.length == 1) {
        count_plainly(c, s, n == 1 ? str_lit("1") : c->operands[0], c->operands[n - 1], 1);
        return 0;
    }
    if (n > 1 && (failed = read_operand(c, c->operands[0], &s->first)))
        return failed;
    if (n == 3) {
        if ((failed = read_operand(c, c->operands[1], &s->increment)))
            return failed;
        if (extended_is_zero(s->increment.value))
            return call_usage_error(c, "invalid Zero increment value: %S", call_quote_word(c, c->operands[1]));
    }
    if ((failed = read_operand(c, c->operands[n - 1], &s->last)))
        return failed;
    if (!formatted)
        choose_format(s, equal);
    if (s->first.precision == 0 && s->increment.precision == 0 && s->last.precision == 0 && !equal && !formatted &&
        s->separator.length == 1 && s->first.value.kind == EXTENDED_FINITE && !s->first.value.negative &&
        !s->last.value.negative && is_small_step(s->increment.value, &step)) {
        struct str end = s->last.value.kind == EXTENDED_FINITE ? whole_text(c, s->last.value) : (struct str){0};
        count_plainly(c, s, whole_text(c, s->first.value), end, step);
        return 0;
    }
    s->value = s->first.value;
    return 0;
}

/* Is the value on the far side of the last? */
static bool is_beyond(const struct seq *s, struct extended value)
{
    int order = extended_compare(value, s->last.value);
    return s->increment.value.negative ? order < 0 : order > 0;
}

static void put_value(struct seq *s, struct buf *b, struct extended value)
{
    buf_clear(b);
    format_extended(b, &s->format, value);
}

static enum step seq_step(struct call *c)
{
    struct seq *s = c->state;

    if (s->plain)
        return seq_plain(c, s);
    if (s->count == 0 && is_beyond(s, s->value))
        return call_done(c);
    for (;;) {
        struct extended next;
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (s->count > 0)
            call_print(c, s->separator);
        put_value(s, &s->before, s->value);
        call_print(c, s->prefix);
        call_print(c, buf_str(&s->before));
        call_print(c, s->suffix);
        call_charge_bytes(c, s->before.length + s->prefix.length + s->suffix.length);
        s->count++;
        if (s->over)
            break;
        next = extended_add(s->first.value, extended_multiply(extended_from_unsigned(s->count), s->increment.value));
        if (is_beyond(s, next)) {
            /* What is beyond only by rounding, and looks like the last, belongs to the sequence. */
            struct extended shown;
            put_value(s, &s->text, next);
            if (number_parse_extended(c->heap, buf_str(&s->text), 0, &shown, NULL) != s->text.length ||
                extended_compare(shown, s->last.value) != 0 || str_equal(buf_str(&s->text), buf_str(&s->before)))
                break;
            s->over = true;
        }
        s->value = next;
    }
    call_print_byte(c, '\n');
    return call_done(c);
}

const struct command command_seq = {
    .name = "seq",
    .usage = "[OPTION]... LAST\n[OPTION]... FIRST LAST\n[OPTION]... FIRST INCREMENT LAST",
    .summary = "Print numbers from FIRST to LAST, in steps of INCREMENT.",
    .help = "If FIRST or INCREMENT is omitted, it defaults to 1. That is, an omitted INCREMENT defaults to 1 even\n"
            "when LAST is smaller than FIRST. The sequence of numbers ends when the sum of the current number and\n"
            "INCREMENT would become greater than LAST. FIRST, INCREMENT, and LAST are floating point values.\n"
            "FORMAT must be suitable for printing one argument of type 'double'; it defaults to %.PRECf if FIRST,\n"
            "INCREMENT, and LAST are all fixed point decimal numbers with maximum precision PREC, and to %g\n"
            "otherwise.",
    .options = options,
    .state = sizeof(struct seq),
    .start = seq_start,
    .step = seq_step,
    .flags = COMMAND_IN_ORDER | COMMAND_NUMBERS,
};
