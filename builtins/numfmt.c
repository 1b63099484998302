/* builtins/numfmt.c - write numbers anew: with suffixes for thousands, without them, padded, rounded. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/text.h"

enum {
    DEBUG = OPTION_LONG, FIELD, FORMAT_OPTION, FROM, FROM_UNIT, GROUPING, HEADER, INVALID, PADDING, ROUND, SUFFIX, TO, TO_UNIT
};

static const struct option options[] = {
    {DEBUG, "debug", NULL, "print warnings about invalid input"},
    {'d', "delimiter", "X", "use X instead of whitespace for field delimiter"},
    {FIELD, "field", "FIELDS", "replace the numbers in these input fields (default 1): N, N-, N-M, -M, or -, with commas between"},
    {FORMAT_OPTION, "format", "FORMAT", "use printf style floating-point FORMAT, with one %f: %'f, %10f, %010f, %-10f, %.1f"},
    {FROM, "from", "UNIT", "auto-scale input numbers to UNITs: none (default), auto, si, iec, iec-i"},
    {FROM_UNIT, "from-unit", "N", "specify the input unit size (instead of the default 1)"},
    {GROUPING, "grouping", NULL, "use locale-defined grouping of digits: there is none"},
    {HEADER, "header", "[N]", "print (without converting) the first N header lines; N defaults to 1 if not specified"},
    {INVALID, "invalid", "MODE", "failure mode for invalid numbers: abort (default), fail, warn, ignore"},
    {PADDING, "padding", "N", "pad the output to N characters; positive N will right-align; negative N will left-align"},
    {ROUND, "round", "METHOD", "use METHOD for rounding when scaling: up, down, from-zero (default), towards-zero, nearest"},
    {SUFFIX, "suffix", "SUFFIX", "add SUFFIX to output numbers, and accept optional SUFFIX in input numbers"},
    {TO, "to", "UNIT", "auto-scale output numbers to UNITs: none (default), si, iec, iec-i"},
    {TO_UNIT, "to-unit", "N", "the output unit size (instead of the default 1)"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

enum scale { SCALE_NONE, SCALE_AUTO, SCALE_SI, SCALE_IEC, SCALE_IEC_I };
enum invalid { INVALID_ABORT, INVALID_FAIL, INVALID_WARN, INVALID_IGNORE };
enum rounding { ROUND_UP, ROUND_DOWN, ROUND_FROM_ZERO, ROUND_TO_ZERO, ROUND_NEAREST };
/* Digits of a value: printed without suffix at most, read exactly at most, read at all at most. */
enum { DIGITS_PRINTED = 18, DIGITS_EXACT = 18, DIGITS_MOST = 27, FAILED = 2 };

static const char *const from_words[] = {"none", "auto", "si", "iec", "iec-i", NULL};
static const char *const to_words[] = {"none", "si", "iec", "iec-i", NULL};
static const char *const invalid_words[] = {"abort", "fail", "warn", "ignore", NULL};
static const char *const round_words[] = {"up", "down", "from-zero", "towards-zero", "nearest", NULL};
static const char letters[] = "KMGTPEZY";

struct range {
    uint64_t from, last;
};

struct numfmt {
    enum scale from, to;
    enum invalid invalid;
    enum rounding rounding;
    uint64_t from_unit, to_unit, header;
    struct str suffix, prefix, rest; /* prefix and rest: around the % of the format */
    struct range *ranges;
    size_t range_count;
    int64_t padding, zero_padding, precision; /* precision -1: that of the input */
    bool left, automatic, debug, delimited, aborted, failed;
    char delimiter, end;
    size_t next;          /* operand */
    struct input *input;
    struct buf number;
};

/* --- numbers --------------------------------------------------------------------------------------------- */

static struct extended power(unsigned base, uint64_t exponent)
{
    struct extended value = extended_from_int(1), factor = extended_from_unsigned(base);

    while (exponent-- > 0)
        value = extended_multiply(value, factor);
    return value;
}

static struct extended absolute(struct extended a)
{
    a.negative = false;
    return a;
}

static bool is_below(struct extended a, int64_t b)
{
    return extended_compare(a, extended_from_int(b)) < 0;
}

static struct extended round_to(struct extended value, enum rounding rounding)
{
    struct extended most = extended_from_int(INT64_MAX), whole, rest;
    int64_t times, part;

    extended_to_int(extended_divide(value, most), &times);
    whole = extended_multiply(most, extended_from_int(times));
    rest = extended_subtract(value, whole);
    if (rounding == ROUND_NEAREST) {
        struct extended half = extended_from_double(0.5);
        rest = is_below(rest, 0) ? extended_subtract(rest, half) : extended_add(rest, half);
    }
    extended_to_int(rest, &part);
    int order = extended_compare(rest, extended_from_int(part));
    bool away = rounding == ROUND_FROM_ZERO;
    if ((rounding == ROUND_UP || away) && order > 0)
        part++;
    else if ((rounding == ROUND_DOWN || away) && order < 0)
        part--;
    return extended_add(whole, extended_from_int(part));
}

static bool complains(const struct numfmt *n)
{
    return n->invalid != INVALID_IGNORE;
}

/* After a message about a number: it stays as it is, or all ends. */
static bool give_up(struct numfmt *n)
{
    n->aborted = n->invalid == INVALID_ABORT;
    return false;
}

/* Digits at *at: false when there are too many; *found tells whether there were any. */
static bool read_digits(struct str text, size_t *at, struct extended *value, bool *found, bool *loss)
{
    struct extended ten = extended_from_int(10);
    int digits = 0;

    *value = extended_from_int(0);
    for (; *at < text.length && utf8_byte_is(text.data[*at], UTF8_DIGIT); ++*at) {
        int digit = text.data[*at] - '0';
        *found = true;
        if (digits || digit)
            digits++;
        *loss |= digits > DIGITS_EXACT;
        if (digits > DIGITS_MOST)
            return false;
        *value = extended_add(extended_multiply(*value, ten), extended_from_int(digit));
    }
    return true;
}

/* A number and its suffix: NULL, or the message about it. */
static const char *read_number(const struct numfmt *n, struct str text, size_t *at, struct extended *value, uint64_t *precision,
                               bool *loss)
{
    bool found = false, negative = false;
    unsigned base = n->from == SCALE_IEC || n->from == SCALE_IEC_I ? 1024 : 1000;
    uint64_t exponent = 0;

    if (*at < text.length && text.data[*at] == '-') {
        negative = true;
        ++*at;
    }
    if (!read_digits(text, at, value, &found, loss))
        return "value too large to be converted: %S";
    if (!found && !(*at < text.length && text.data[*at] == '.'))
        return "invalid number: %S";
    if (*at < text.length && text.data[*at] == '.') {
        struct extended fraction;
        size_t from = ++*at;
        found = false;
        if (!read_digits(text, at, &fraction, &found, loss))
            return "value too large to be converted: %S";
        if (!found && !(*at < text.length && text.data[*at] == '.'))
            return "invalid number: %S";
        *value = extended_add(*value, extended_divide(fraction, power(10, *at - from)));
        *precision = *at - from;
    }
    if (negative)
        *value = extended_negate(*value);
    if (*at < text.length) {
        while (*at < text.length && (text.data[*at] == ' ' || text.data[*at] == '\t'))
            ++*at;
        const char *letter = *at < text.length && text.data[*at] ? strchr(letters, text.data[*at]) : NULL;
        if (!letter)
            return "invalid suffix in input: %S";
        if (n->from == SCALE_NONE)
            return "rejecting suffix in input: %S (consider using --from)";
        exponent = (uint64_t)(letter - letters) + 1;
        ++*at;
        if (n->from == SCALE_AUTO && *at < text.length && text.data[*at] == 'i') {
            base = 1024;
            ++*at;
        }
        *precision = 0;
    }
    if (n->from == SCALE_IEC_I) {
        if (*at >= text.length || text.data[*at] != 'i')
            return "missing 'i' suffix in input: %S (e.g Ki/Mi/Gi)";
        ++*at;
    }
    *value = extended_multiply(*value, power(base, exponent));
    return NULL;
}

/* How often `base` divides the value until it is below it; *value is what is left. */
static int64_t normalize(struct extended *value, unsigned base)
{
    int64_t count = 0;

    if (value->kind != EXTENDED_FINITE)
        return 0;
    for (; !is_below(absolute(*value), base); count++)
        *value = extended_divide(*value, extended_from_unsigned(base));
    return count;
}

static void write_number(struct numfmt *n, struct extended value, uint64_t precision)
{
    struct format f = {.conversion = 'f', .precision = (int32_t)precision, .zero = n->zero_padding > 0, .width = (int32_t)n->zero_padding};

    buf_clear(&n->number);
    if (n->to == SCALE_NONE) {
        struct extended scale = power(10, precision);
        value = extended_divide(round_to(extended_multiply(value, scale), n->rounding), scale);
        format_extended(&n->number, &f, value);
        return;
    }
    unsigned base = n->to == SCALE_SI ? 1000 : 1024;
    int64_t exponent = normalize(&value, base);
    int64_t adjust = n->precision >= 0 ? (exponent * 3 < n->precision ? exponent * 3 : n->precision) : is_below(absolute(value), 10);
    struct extended scale = power(10, (uint64_t)adjust);
    value = extended_divide(round_to(extended_multiply(value, scale), n->rounding), scale);
    if (!is_below(absolute(value), base)) {
        value = extended_divide(value, extended_from_unsigned(base));
        exponent++;
    }
    bool point = !extended_is_zero(value) && is_below(absolute(value), 10) && exponent > 0;
    f.precision = n->precision >= 0 ? (int32_t)n->precision : point;
    format_extended(&n->number, &f, value);
    if (exponent > 0)
        buf_add_byte(&n->number, exponent <= 8 ? letters[exponent - 1] : ' ');
    if (exponent > 0 && n->to == SCALE_IEC_I)
        buf_add_byte(&n->number, 'i');
}

/* The value with six digits, for messages. */
static struct str shown(struct call *c, struct extended value)
{
    struct format f = FORMAT('g', -1);
    struct buf text;

    buf_init(&text, c->heap);
    format_extended(&text, &f, value);
    return buf_str(&text);
}

/* Prints a field's number anew: false when it is none, or too large; a message is printed. */
static bool convert(struct call *c, struct numfmt *n, struct str text, uint64_t field)
{
    struct extended value, left;
    uint64_t precision = 0;
    size_t skip = 0, at;
    bool loss = false;

    if (n->suffix.length && text.length > n->suffix.length && str_equal(str_after(text, text.length - n->suffix.length), n->suffix))
        text.length -= n->suffix.length;
    while (skip < text.length && (text.data[skip] == ' ' || text.data[skip] == '\t' || text.data[skip] == '\n'))
        skip++;
    if (n->automatic)
        n->padding = skip || field > 1 ? (int64_t)text.length : 0;
    struct str number = str_after(text, skip);
    at = 0;
    const char *problem = read_number(n, number, &at, &value, &precision, &loss);
    if (problem) {
        if (complains(n))
            call_warn(c, problem, call_quote_word(c, number));
        return give_up(n);
    }
    if (at < number.length) {
        if (complains(n))
            call_warn(c, "invalid suffix in input %S: %S", call_quote_word(c, number), call_quote_word(c, str_after(number, at)));
        return give_up(n);
    }
    if (loss && n->debug)
        call_warn(c, "large input value %S: possible precision loss", call_quote_word(c, number));
    if (n->from_unit != 1 || n->to_unit != 1)
        value = extended_divide(extended_multiply(value, extended_from_unsigned(n->from_unit)), extended_from_unsigned(n->to_unit));
    if (n->precision >= 0)
        precision = (uint64_t)n->precision;
    left = value;
    int64_t digits = normalize(&left, 10);
    if (n->to == SCALE_NONE && digits + (int64_t)precision > DIGITS_PRINTED) {
        if (complains(n) && precision)
            call_warn(c, "value/precision too large to be printed: '%S/%llu' (consider using --to)", shown(c, value),
                       (unsigned long long)precision);
        else if (complains(n))
            call_warn(c, "value too large to be printed: '%S' (consider using --to)", shown(c, value));
        return give_up(n);
    }
    if (digits > DIGITS_MOST - 1) {
        if (complains(n))
            call_warn(c, "value too large to be printed: '%S' (cannot handle values > 999Y)", shown(c, value));
        return give_up(n);
    }
    write_number(n, value, precision);
    buf_add(&n->number, n->suffix);
    size_t fill = n->padding > (int64_t)n->number.length ? (size_t)n->padding - n->number.length : 0;
    call_charge_bytes(c, fill + n->number.length);
    call_print(c, n->prefix);
    buf_fill(&c->out, ' ', n->left ? 0 : fill);
    call_print(c, buf_str(&n->number));
    buf_fill(&c->out, ' ', n->left ? fill : 0);
    call_print(c, n->rest);
    return true;
}

/* --- lines ------------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct numfmt *n, uint64_t field)
{
    if (n->range_count == 0)
        return field == 1;
    for (size_t i = 0; i < n->range_count; i++)
        if (field >= n->ranges[i].from && field <= n->ranges[i].last)
            return true;
    return false;
}

static void convert_line(struct call *c, struct numfmt *n, struct str line, bool ended)
{
    ptrdiff_t nul = str_find(line, '\0');

    if (nul >= 0)
        line.length = (size_t)nul;
    for (uint64_t field = 1;; field++) {
        size_t end = 0;
        if (n->delimited) {
            while (end < line.length && line.data[end] != n->delimiter)
                end++;
        } else {
            while (end < line.length && (line.data[end] == ' ' || line.data[end] == '\t' || line.data[end] == '\n'))
                end++;
            while (end < line.length && line.data[end] != ' ' && line.data[end] != '\t' && line.data[end] != '\n')
                end++;
        }
        struct str text = str_first(line, end);
        call_charge(c, 1);
        if (!is_wanted(n, field)) {
            call_print(c, text);
        } else if (!convert(c, n, text, field)) {
            n->failed = true;
            if (n->invalid == INVALID_FAIL)
                c->status = FAILED;
            if (n->aborted)
                return;
            call_print(c, text);
        }
        if (end == line.length)
            break;
        call_print_byte(c, n->delimited ? n->delimiter : ' ');
        line = str_after(line, end + 1);
    }
    if (ended)
        call_print_byte(c, n->end);
}

/* --- options -------------------------------------------------------------------------------------------------- */

/* A number of a list of fields: false after a message. */
static bool field_number(struct call *c, struct str digits, uint64_t *number)
{
    bool overflow = false;

    number_parse_unsigned(digits, 10, number, &overflow);
    if (overflow || *number == UINT64_MAX) {
        call_usage_error(c, "field number %S is too large", call_quote_word(c, digits));
        return false;
    }
    if (*number == 0) {
        call_usage_error(c, "fields are numbered from 1");
        return false;
    }
    return true;
}

static bool read_fields(struct call *c, struct numfmt *n, struct str list)
{
    for (bool more = true; more;) {
        ptrdiff_t comma = str_find(list, ',');
        struct str word = comma < 0 ? list : str_first(list, (size_t)comma), left, right;
        struct range range = {1, UINT64_MAX};
        ptrdiff_t dash;
        more = comma >= 0;
        if (more)
            list = str_after(list, (size_t)comma + 1);
        for (size_t i = 0; i < word.length; i++)
            if (!utf8_byte_is(word.data[i], UTF8_DIGIT) && word.data[i] != '-') {
                call_usage_error(c, "invalid field value %S", call_quote_word(c, str_after(word, i)));
                return false;
            }
        dash = str_find(word, '-');
        left = dash < 0 ? word : str_first(word, (size_t)dash);
        right = dash < 0 ? left : str_after(word, (size_t)dash + 1);
        if (str_find(right, '-') >= 0) {
            call_usage_error(c, "invalid field range");
            return false;
        }
        if (dash < 0 && left.length == 0) {
            call_usage_error(c, "fields are numbered from 1");
            return false;
        }
        if ((left.length && !field_number(c, left, &range.from)) || (right.length && !field_number(c, right, &range.last)))
            return false;
        if (range.last < range.from) {
            call_usage_error(c, "invalid decreasing range");
            return false;
        }
        n->ranges = array_grow(c->heap, n->ranges, n->range_count, sizeof range);
        n->ranges[n->range_count++] = range;
    }
    return true;
}

static bool read_unit(struct call *c, struct str text, uint64_t *unit)
{
    struct buf word;
    size_t used;

    buf_init(&word, c->heap);
    buf_add(&word, text);
    if (text.length && !utf8_byte_is(text.data[text.length - 1], UTF8_DIGIT)) {
        if (text.length > 1 && text.data[text.length - 1] == 'i' && !utf8_byte_is(text.data[text.length - 2], UTF8_DIGIT))
            word.length--; /* powers of 1024 */
        else
            buf_add_byte(&word, 'B');
    }
    unsigned answer = number_parse_size(buf_str(&word), "KMGTPEZY0", unit, &used);
    if (answer || used < word.length || *unit == 0) {
        call_error(c, "invalid unit size: %S", call_quote_word(c, text));
        return false;
    }
    return true;
}

/* A number as strtol reads it, from *at on: false when it does not fit. */
static bool read_long(struct str text, size_t *at, int64_t *value, bool *any)
{
    bool overflow = false;
    size_t used = number_parse_int(str_after(text, *at), 10, value, &overflow);

    *any = used > 0;
    *at += used;
    return !overflow && *value != INT64_MIN;
}

enum { WIDTH_MOST = 1 << 24 };

static bool read_format(struct call *c, struct numfmt *n, struct str f)
{
    size_t at = 0, before = 0;
    bool zero = false, any;
    int64_t pad;
    const char *problem = NULL;

    for (; at < f.length && !(f.data[at] == '%' && !(at + 1 < f.length && f.data[at + 1] == '%')); before++)
        at += (size_t)(f.data[at] == '%') + 1;
    if (at >= f.length) {
        call_error(c, "format %S has no %% directive", call_quote_word(c, f));
        return false;
    }
    for (at++; at < f.length && (f.data[at] == ' ' || f.data[at] == '\'' || f.data[at] == '0'); at++)
        zero |= f.data[at] == '0';
    if (!read_long(f, &at, &pad, &any))
        problem = "invalid format %S (width overflow)";
    if (!problem && any && pad) {
        n->left |= pad < 0;
        pad = pad < 0 ? -pad : pad;
        pad = pad < WIDTH_MOST ? pad : WIDTH_MOST;
        if (zero && !n->left) {
            n->zero_padding = pad;
        } else {
            if (n->debug && n->padding)
                call_warn(c, "--format padding overriding --padding");
            n->padding = pad;
        }
        if (!n->left || pad)
            n->left = n->left && !(zero && n->zero_padding);
    }
    if (!problem && at >= f.length)
        problem = "format %S ends in %%";
    if (!problem && f.data[at] == '.') {
        at++;
        char next = at < f.length ? f.data[at] : '\0';
        if (!read_long(f, &at, &n->precision, &any) || n->precision < 0 || next == ' ' || next == '\t' || next == '+')
            problem = "invalid precision in format %S";
    }
    if (!problem && (at >= f.length || f.data[at] != 'f'))
        problem = "invalid format %S, directive must be %%[0]['][-][N][.][N]f";
    for (size_t i = ++at; !problem && i < f.length; i += (size_t)(f.data[i] == '%') + 1)
        if (f.data[i] == '%' && !(i + 1 < f.length && f.data[i + 1] == '%'))
            problem = "format %S has too many %% directives";
    if (problem) {
        call_error(c, problem, call_quote_word(c, f));
        return false;
    }
    n->prefix = str_first(f, before);
    n->rest = str_after(f, at);
    return true;
}

/* One option: false after a message. */
static bool take_option(struct call *c, struct numfmt *n, int letter, struct str value)
{
    static const enum scale scales[] = {SCALE_NONE, SCALE_SI, SCALE_IEC, SCALE_IEC_I};
    int chosen = 0;
    size_t used;

    switch (letter) {
    case DEBUG: n->debug = true; break;
    case 'z':   n->end = '\0'; break;
    case 'd':
        if (value.length > 1) {
            call_error(c, "the delimiter must be a single character");
            return false;
        }
        n->delimited = true;
        n->delimiter = value.length ? value.data[0] : '\0';
        break;
    case FIELD:
        if (n->range_count) {
            call_error(c, "multiple field specifications");
            return false;
        }
        return read_fields(c, n, value);
    case FROM:
        chosen = call_choose(c, "--from", value, from_words);
        n->from = (enum scale)chosen;
        break;
    case TO:
        chosen = call_choose(c, "--to", value, to_words);
        n->to = chosen < 0 ? SCALE_NONE : scales[chosen];
        break;
    case INVALID:
        chosen = call_choose(c, "--invalid", value, invalid_words);
        n->invalid = (enum invalid)chosen;
        break;
    case ROUND:
        chosen = call_choose(c, "--round", value, round_words);
        n->rounding = (enum rounding)chosen;
        break;
    case FROM_UNIT: return read_unit(c, value, &n->from_unit);
    case TO_UNIT:   return read_unit(c, value, &n->to_unit);
    case SUFFIX:    n->suffix = value; break;
    case HEADER:
        n->header = 1;
        if (value.data && (number_parse_size(value, "", &n->header, &used) || used < value.length || n->header == 0)) {
            call_error(c, "invalid header value %S", call_quote_word(c, value));
            return false;
        }
        break;
    case PADDING:
        if (number_parse_size_signed(value, "", &n->padding, &used) || used < value.length || n->padding == 0 || n->padding == INT64_MIN) {
            call_error(c, "invalid padding value %S", call_quote_word(c, value));
            return false;
        }
        n->left = n->padding < 0;
        n->padding = n->left ? -n->padding : n->padding;
        break;
    }
    return chosen >= 0;
}

static int start(struct call *c)
{
    struct numfmt *n = c->state;
    struct str format;
    bool grouping = call_has(c, GROUPING);

    n->from_unit = n->to_unit = 1;
    n->rounding = ROUND_FROM_ZERO;
    n->precision = -1;
    n->end = '\n';
    buf_init(&n->number, c->heap);
    for (size_t i = 0; i < c->option_count; i++)
        if (!take_option(c, n, c->options[i].letter, c->options[i].value))
            return 1;
    if (call_value(c, FORMAT_OPTION, &format)) {
        if (grouping) {
            call_error(c, "--grouping cannot be combined with --format");
            return 1;
        }
        if (!read_format(c, n, format))
            return 1;
        grouping = str_find(format, '\'') >= 0;
    } else if (n->debug && !n->from && !n->to && !grouping && !n->padding) {
        call_warn(c, "no conversion option specified");
    }
    if (grouping && n->to) {
        call_error(c, "grouping cannot be combined with --to");
        return 1;
    }
    if (n->debug && grouping)
        call_warn(c, "grouping has no effect in this locale");
    n->automatic = !n->padding && !n->delimited;
    if (n->debug && n->header && c->operand_count)
        call_warn(c, "--header ignored with command-line input");
    n->padding = n->padding < WIDTH_MOST ? n->padding : WIDTH_MOST;
    c->failure = FAILED;
    return 0;
}

static enum step finish(struct call *c, struct numfmt *n)
{
    if (n->debug && n->failed)
        call_warn(c, "failed to convert some of the input numbers");
    return call_done(c);
}

static enum step step(struct call *c)
{
    struct numfmt *n = c->state;
    struct str line;
    bool unended;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (n->aborted)
            return call_exit(c, FAILED);
        if (c->operand_count) {
            if (n->next == c->operand_count)
                return finish(c, n);
            convert_line(c, n, c->operands[n->next++], true);
            continue;
        }
        if (!n->input) {
            int error = input_open(c, &n->input, str_lit("-"), true);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error)
                return call_error(c, "error reading input: %m", error), call_exit(c, 1);
        }
        switch (input_line(n->input, n->end, &line, &unended)) {
        case INPUT_WAIT: return STEP_WAIT;
        case INPUT_END:
            if (n->input->error)
                return call_error(c, "error reading input: %m", n->input->error), call_exit(c, 1);
            return finish(c, n);
        case INPUT_MORE: break;
        }
        if (n->header) {
            n->header--;
            call_print(c, line);
            if (!unended)
                call_print_byte(c, n->end);
        } else {
            convert_line(c, n, line, !unended);
        }
    }
}

const struct command command_numfmt = {
    .name = "numfmt",
    .usage = "[OPTION]... [NUMBER]...",
    .summary = "Reformat NUMBER(s), or the numbers from standard input if none are specified.",
    .help = "UNIT options:\n"
            "  none   no auto-scaling is done; suffixes will trigger an error\n"
            "  auto   accept optional single/two letter suffix: 1K = 1000, 1Ki = 1024, 1M = 1000000, 1Mi = 1048576\n"
            "  si     accept optional single letter suffix: 1K = 1000, 1M = 1000000\n"
            "  iec    accept optional single letter suffix: 1K = 1024, 1M = 1048576\n"
            "  iec-i  accept optional two-letter suffix: 1Ki = 1024, 1Mi = 1048576\n\n"
            "Exit status is 0 if all input numbers were successfully converted. By default, numfmt will stop at the first\n"
            "conversion error with exit status 2. With --invalid='fail' a warning is printed for each conversion error and the\n"
            "exit status is 2. With --invalid='warn' each conversion error is diagnosed, but the exit status is 0. With\n"
            "--invalid='ignore' conversion errors are not diagnosed and the exit status is 0.",
    .options = options,
    .state = sizeof(struct numfmt),
    .start = start,
    .step = step,
};
