/* builtins/awk/functions.c - the built-in functions, and the regexes they use. */
#include "builtins/awk/awk.h"

#include "adapters/math.h"
#include "builtins/awk/random.h"
#include "task/sandbox.h"

enum { REGEX_KEPT = 256 };

const struct awk_builtin_info awk_builtins[] = {
    {"and", FUN_AND, 0, 100, true}, {"asort", FUN_ASORT, 1, 3, true}, {"asorti", FUN_ASORTI, 1, 3, true},
    {"atan2", FUN_ATAN2, 2, 2, false}, {"bindtextdomain", FUN_BINDTEXTDOMAIN, 1, 2, true}, {"close", FUN_CLOSE, 1, 2, false},
    {"compl", FUN_COMPL, 1, 1, true}, {"cos", FUN_COS, 1, 1, false}, {"dcgettext", FUN_DCGETTEXT, 1, 3, true},
    {"dcngettext", FUN_DCNGETTEXT, 3, 5, true}, {"exp", FUN_EXP, 1, 1, false}, {"fflush", FUN_FFLUSH, 0, 1, false},
    {"gensub", FUN_GENSUB, 3, 4, true}, {"gsub", FUN_GSUB, 2, 3, false}, {"index", FUN_INDEX, 2, 2, false},
    {"int", FUN_INT, 1, 1, false}, {"isarray", FUN_ISARRAY, 1, 1, true},
    {"length", FUN_LENGTH, 0, 1, false}, {"log", FUN_LOG, 1, 1, false}, {"lshift", FUN_LSHIFT, 2, 2, true},
    {"match", FUN_MATCH, 2, 3, false}, {"mkbool", FUN_MKBOOL, 1, 1, true}, {"mktime", FUN_MKTIME, 1, 2, true},
    {"or", FUN_OR, 0, 100, true}, {"patsplit", FUN_PATSPLIT, 2, 4, true}, {"rand", FUN_RAND, 0, 0, false},
    {"rshift", FUN_RSHIFT, 2, 2, true}, {"sin", FUN_SIN, 1, 1, false}, {"split", FUN_SPLIT, 2, 4, false},
    {"sprintf", FUN_SPRINTF, 1, 1000000, false}, {"sqrt", FUN_SQRT, 1, 1, false}, {"srand", FUN_SRAND, 0, 1, false},
    {"strftime", FUN_STRFTIME, 0, 3, true}, {"strtonum", FUN_STRTONUM, 1, 1, true}, {"sub", FUN_SUB, 2, 3, false},
    {"substr", FUN_SUBSTR, 2, 3, false}, {"system", FUN_SYSTEM, 1, 1, false}, {"systime", FUN_SYSTIME, 0, 0, true},
    {"tolower", FUN_TOLOWER, 1, 1, false}, {"toupper", FUN_TOUPPER, 1, 1, false}, {"typeof", FUN_TYPEOF, 1, 2, true},
    {"xor", FUN_XOR, 0, 100, true}, {NULL, 0, 0, 0, false},
};

/* --- regexes -------------------------------------------------------------------------------------------------- */

static struct regex *compile(struct awk *a, struct str text)
{
    const char *message = "";
    unsigned flags = (a->locale == LOCALE_UTF8 ? REGEX_UTF8 : 0) | (a->fold ? REGEX_FOLD : 0) |
        (a->posix || a->traditional ? REGEX_STRICT : 0);
    struct regex *r = regex_compile(a->heap, &text, 1, REGEX_AWK, flags, &message);
    if (r)
        return r;
    if (!a->fatal)
        awk_fatal(a, "invalid regexp: %s: /%S/", message, text);
    struct str never = str_lit("\001");
    return regex_compile(a->heap, &never, 1, REGEX_FIXED, 0, &message); /* awk ends before it is of use */
}

struct regex *awk_regex_get(struct awk *a, struct awk_regex *r)
{
    if (!r->compiled[a->fold])
        r->compiled[a->fold] = compile(a, r->text);
    return r->compiled[a->fold];
}

/* Means the pattern the same when it is looked for in lines, where more is forgiven? Only what surely does. */
static bool is_for_lines(struct str s)
{
    char before = '(';
    for (size_t i = 0; i < s.length; i++) {
        char c = s.data[i];
        if (c == '\n' || c == '\0' || c == '{')
            return false;
        if (c == '\\') {
            if (++i == s.length || !memchr(".[]{}()*+?|^$/\\\"-ty<>wsd&", s.data[i], 26))
                return false;
            before = 'x';
            continue;
        }
        bool repeats = c == '*' || c == '+' || c == '?';
        if (repeats && (before == '(' || before == '|' || before == '^' || before == '*' || before == '+' || before == '?'))
            return false;
        before = c;
    }
    return s.length > 0;
}

struct regex *awk_regex_lines(struct awk *a, struct awk_regex *r)
{
    const char *message;
    if (!r->is_filter)
        return NULL;
    if (!r->lines[a->fold]) {
        r->is_filter = is_for_lines(r->text) && !a->posix && !a->traditional;
        if (r->is_filter) {
            unsigned flags = (a->locale == LOCALE_UTF8 ? REGEX_UTF8 : 0) | (a->fold ? REGEX_FOLD : 0);
            awk_regex_get(a, r);
            r->lines[a->fold] = regex_compile(a->heap, &r->text, 1, REGEX_AWK, flags | REGEX_NEWLINE | REGEX_NO_GROUPS, &message);
            r->is_filter = r->lines[a->fold] != NULL && !a->fatal;
        }
    }
    return r->is_filter ? r->lines[a->fold] : NULL;
}

struct regex *awk_regex_of_text(struct awk *a, struct str text)
{
    struct map *m = &a->regexes[a->fold];
    union map_value *known = map_find(m, text);
    if (known)
        return known->pointer;
    if (m->count >= REGEX_KEPT) {
        uint32_t at = 0;
        struct str key;
        while (map_next(m, &at, &key, &known))
            regex_free(known->pointer);
        map_drop(m);
    }
    struct regex *r = compile(a, text);
    map_set_pointer(m, text, r);
    return r;
}

bool awk_match(struct awk *a, struct regex *r, struct str text)
{
    enum regex_answer answer = regex_match(r, text, 0, 0, NULL, 0);
    if (answer == REGEX_LIMIT)
        awk_fatal(a, "regexp matching gave up");
    return answer == REGEX_YES;
}

static struct regex *regex_argument(struct awk *a, struct awk_value *v)
{
    if (v->type == AWK_REGEX && v->regex)
        return awk_regex_get(a, v->regex);
    return awk_regex_of_text(a, awk_text(a, v));
}

/* --- strings ---------------------------------------------------------------------------------------------------- */

size_t awk_count_characters(struct awk *a, struct str s)
{
    return a->locale == LOCALE_C ? s.length : utf8_count(s, a->locale);
}

static double length_of(struct awk *a, struct awk_value *v)
{
    if (v->type == AWK_ARRAY)
        return v->array->count;
    if (v->type == AWK_REFERENCE)
        return 0;
    struct str s = awk_text(a, v);
    call_charge_bytes(a->c, s.length);
    return (double)awk_count_characters(a, s);
}

static double truncate(double x)
{
    return awk_is_whole(x) ? x : math_trunc(x);
}

struct str awk_substr(struct awk *a, struct awk_value *v, size_t count)
{
    struct str s = awk_text(a, &v[0]);
    double start = truncate(awk_number(a, &v[1])), length = count == 3 ? truncate(awk_number(a, &v[2])) : 1e19;
    if (!(start >= 1)) /* what lies before the text does not count */
        start = 1;
    double end = start + length;
    if (!(end > start) || start > (double)s.length)
        return (struct str){"", 0};
    if (end > (double)s.length + 1)
        end = (double)s.length + 1;
    size_t first = (size_t)start - 1, characters = (size_t)(end - start);
    call_charge_bytes(a->c, s.length);
    if (a->locale != LOCALE_C && !utf8_is_ascii(s)) {
        s = str_after(s, utf8_offset(s, first, a->locale));
        return str_first(s, utf8_offset(s, characters, a->locale));
    }
    return str_first(str_after(s, first), characters);
}

/* Where `what` first is in `s`, or -1. */
static ptrdiff_t find_text(struct str s, struct str what)
{
    if (!what.length)
        return 0;
    for (size_t at = 0; at + what.length <= s.length; at++) {
        const char *hit = memchr(s.data + at, what.data[0], s.length - at - what.length + 1);
        if (!hit)
            return -1;
        at = (size_t)(hit - s.data);
        if (memcmp(hit, what.data, what.length) == 0)
            return (ptrdiff_t)at;
    }
    return -1;
}

static double index_of(struct awk *a, struct awk_value *v)
{
    struct str s = awk_text(a, &v[0]), what = awk_text(a, &v[1]);
    ptrdiff_t at;
    call_charge_bytes(a->c, s.length);
    if (a->fold) {
        struct awk_value lower[2] = {awk_share(v[0]), awk_share(v[1])};
        int wait = 0;
        struct awk_value x = awk_call_builtin(a, FUN_TOLOWER, &lower[0], 1, &wait);
        struct awk_value y = awk_call_builtin(a, FUN_TOLOWER, &lower[1], 1, &wait);
        awk_drop(a, lower[0]);
        awk_drop(a, lower[1]);
        s = awk_text(a, &x);
        at = find_text(s, awk_text(a, &y));
        double answer = at < 0 ? 0 : (double)awk_count_characters(a, str_first(s, (size_t)at)) + 1;
        awk_drop(a, x);
        awk_drop(a, y);
        return answer;
    }
    at = find_text(s, what);
    return at < 0 ? 0 : (double)awk_count_characters(a, str_first(s, (size_t)at)) + 1;
}

/* The letters a to z, or A to Z, in place: eight bytes at a time. */
static void change_ascii(char *data, size_t length, bool upper)
{
    const uint64_t ones = 0x0101010101010101, tops = 0x80 * ones, first = upper ? 'a' : 'A', last = upper ? 'z' : 'Z';
    const uint8_t *table = upper ? utf8_ascii_upper : utf8_ascii_lower;
    size_t i = 0;
    for (; length - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, data + i, 8);
        uint64_t low = word & ~tops;
        uint64_t from = low + (0x80 - first) * ones, past = low + (0x7f - last) * ones; /* top bits: at or behind */
        word ^= ((from & ~past & ~word & tops) >> 2);
        memcpy(data + i, &word, 8);
    }
    for (; i < length; i++)
        data[i] = (char)table[(unsigned char)data[i]];
}

static struct awk_value change_case(struct awk *a, struct awk_value *v, bool upper)
{
    struct str s = awk_text(a, v);
    call_charge_bytes(a->c, s.length);
    if (utf8_is_ascii(s) || a->locale == LOCALE_C) {
        struct awk_value result = awk_of_string(a, s);
        change_ascii(result.string->data, s.length, upper);
        return result;
    }
    struct buf *b = &a->scratch;
    buf_clear(b);
    for (size_t i = 0; i < s.length;) {
        struct utf8_char c = utf8_first(str_after(s, i), a->locale);
        char bytes[UTF8_MOST];
        if (c.valid)
            buf_add(b, str_of(bytes, utf8_encode(upper ? utf8_upper(c.code, a->locale) : utf8_lower(c.code, a->locale), bytes)));
        else
            buf_add_byte(b, s.data[i]);
        i += c.length;
    }
    return awk_of_string(a, buf_str(b));
}

/* --- match -------------------------------------------------------------------------------------------------------- */

enum { GROUPS_MOST = 100 };

static void add_group(struct awk *a, struct awk_array *array, int number, struct str s, struct match m)
{
    char name[2 * NUMBER_MOST];
    struct str subsep = a->subsep;
    struct buf b;
    if (m.start < 0)
        return;
    awk_array_set_number(a, array, number, awk_of_input(a, str_of(s.data + m.start, (size_t)(m.end - m.start))));
    static const char *const words[] = {"start", "length"};
    for (int i = 0; i < 2; i++) {
        double value = i == 0 ? (double)awk_count_characters(a, str_first(s, (size_t)m.start)) + 1
                              : (double)awk_count_characters(a, str_of(s.data + m.start, (size_t)(m.end - m.start)));
        buf_init(&b, a->heap);
        buf_add(&b, str_of(name, number_write_int(name, number)));
        buf_add(&b, subsep);
        buf_add_text(&b, words[i]);
        struct awk_value *to = awk_array_get(a, array, awk_key_of_text(buf_str(&b)));
        awk_drop(a, *to);
        *to = awk_of_number(value);
        buf_drop(&b);
    }
}

static double match(struct awk *a, struct awk_value *v, size_t count)
{
    struct str s = awk_text(a, &v[0]);
    struct regex *r = regex_argument(a, &v[1]);
    struct match m[GROUPS_MOST];
    int groups = count == 3 ? regex_groups(r) + 1 : 1;
    if (groups > GROUPS_MOST)
        groups = GROUPS_MOST;
    bool found = regex_match(r, s, 0, 0, m, groups) == REGEX_YES;
    double start = 0, length = -1;
    if (found) {
        start = (double)awk_count_characters(a, str_first(s, (size_t)m[0].start)) + 1;
        length = (double)awk_count_characters(a, str_of(s.data + m[0].start, (size_t)(m[0].end - m[0].start)));
    }
    if (count == 3) {
        struct awk_value held = awk_share(v[0].type == AWK_NUMBER || v[0].type == AWK_UNSET ? (struct awk_value){0} : v[0]);
        struct awk_value copy = held.type == AWK_UNSET ? awk_of_string(a, s) : held;
        s = awk_text(a, &copy);
        awk_array_clear(a, v[2].array);
        for (int i = 0; found && i < groups; i++)
            add_group(a, v[2].array, i, s, m[i]);
        awk_drop(a, copy);
    }
    awk_set_global(a, VAR_RSTART, awk_of_number(start));
    awk_set_global(a, VAR_RLENGTH, awk_of_number(length));
    return start;
}

/* --- numbers --------------------------------------------------------------------------------------------------------- */

/* The one that is no number on x86: its sign is printed. */
static double no_number(void)
{
    uint64_t bits = 0xfff8000000000000;
    double answer;
    memcpy(&answer, &bits, sizeof answer);
    return answer;
}

/* Warns of an argument, which is printed as by %g. */
static void warn_of(struct awk *a, const char *format, double x)
{
    struct buf b;
    buf_init(&b, a->heap);
    awk_add_general(&b, x);
    awk_warn(a, format, buf_str(&b));
    buf_drop(&b);
}

static double logarithm(struct awk *a, double x)
{
    if (x < 0)
        warn_of(a, "log: received negative argument %S", x);
    return x < 0 ? no_number() : math_log(x);
}

static double root(struct awk *a, double x)
{
    if (x < 0)
        warn_of(a, "sqrt: received negative argument %S", x);
    return x < 0 ? no_number() : math_sqrt(x);
}

static double exponential(struct awk *a, double x)
{
    double answer = math_exp(x);
    if (x - x == 0 && (answer - answer != 0 || answer == 0))
        warn_of(a, "exp: argument %S is out of range", x);
    return answer;
}

static double strtonum(struct awk *a, struct awk_value *v)
{
    awk_settle(a, v);
    if (v->type == AWK_NUMBER || v->type == AWK_STRNUM || v->type == AWK_UNSET)
        return awk_number(a, v);
    struct str s = awk_text(a, v);
    bool hex = s.length > 1 && s.data[0] == '0' && (s.data[1] | 32) == 'x', octal = s.length > 1 && s.data[0] == '0' && !hex;
    double sum = 0;
    for (size_t j = 1; octal && j < s.length && s.data[j] >= '0' && s.data[j] <= '9'; j++)
        if (s.data[j] > '7')
            octal = false;
    if (octal)
        for (size_t j = 0; j < s.length && (s.data[j] == '.' || (s.data[j] | 32) == 'e' || (s.data[j] >= '0' && s.data[j] <= '9')); j++)
            if (s.data[j] == '.' || (s.data[j] | 32) == 'e')
                octal = false;
    if (!hex && !octal)
        return awk_text_number(a, awk_text(a, v));
    unsigned base = hex ? 16 : 8;
    for (size_t j = hex ? 2 : 0; j < s.length && number_digit(s.data[j]) < base; j++)
        sum = sum * base + number_digit(s.data[j]);
    return sum;
}

/* Says that a value below 0 is not allowed: with %f in a call of one or two, with %g in a longer one. */
static void tell_negative(struct awk *a, enum awk_builtin f, const char *name, struct awk_value *v, size_t count, size_t number)
{
    struct format fixed = FORMAT('f', 6);
    struct buf b;
    buf_init(&b, a->heap);
    if (f == FUN_COMPL || f == FUN_LSHIFT || f == FUN_RSHIFT) {
        buf_print(&b, "%s(", name);
        for (size_t i = 0; i < count; i++) {
            if (i)
                buf_add_text(&b, ", ");
            format_double(&b, &fixed, awk_number(a, &v[i]));
        }
        buf_print(&b, f == FUN_COMPL ? "): negative value is not allowed" : "): negative values are not allowed");
    } else {
        buf_print(&b, "%s: argument %zu negative value ", name, number);
        awk_add_general(&b, awk_number(a, &v[number - 1]));
        buf_add_text(&b, " is not allowed");
    }
    awk_fatal(a, "%S", buf_str(&b));
    buf_drop(&b);
}

static bool bits_of(struct awk *a, struct awk_value *v, uint64_t *bits)
{
    double d = awk_number(a, v);
    if (d < 0)
        return false;
    *bits = d >= 1.8446744073709552e19 || d != d ? UINT64_MAX : (uint64_t)d;
    return true;
}

/* As gawk: what a double cannot hold loses its upper bits. */
static double bits_to_number(uint64_t bits)
{
    while (bits > (uint64_t)1 << 53) {
        uint64_t top = (uint64_t)1 << 63;
        while (!(bits & top))
            top >>= 1;
        uint64_t low = bits & (0 - bits);
        if (top / low < (uint64_t)1 << 53)
            break;
        bits &= ~top;
    }
    return (double)bits;
}

static double bitwise(struct awk *a, enum awk_builtin f, struct awk_value *v, size_t count)
{
    uint64_t result = 0, other;
    const char *name = f == FUN_AND ? "and" : f == FUN_OR ? "or" : f == FUN_XOR ? "xor" : f == FUN_COMPL ? "compl"
        : f == FUN_LSHIFT ? "lshift" : "rshift";
    if (count < 2 && f != FUN_COMPL) {
        awk_fatal(a, "%s: called with less than two arguments", name);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (!bits_of(a, &v[i], &other)) {
            tell_negative(a, f, name, v, count, i + 1);
            return 0;
        }
        if (i == 0)
            result = other;
        else if (f == FUN_AND)
            result &= other;
        else if (f == FUN_OR)
            result |= other;
        else if (f == FUN_XOR)
            result ^= other;
        else if (f == FUN_LSHIFT)
            result = other < 64 ? result << other : 0;
        else
            result = other < 64 ? result >> other : 0;
    }
    if (f == FUN_COMPL)
        result = ~result & (((uint64_t)1 << 53) - 1);
    return bits_to_number(result);
}

/* --- time ----------------------------------------------------------------------------------------------------------------- */

static int64_t now(struct awk *a)
{
    return sandbox_now(a->c->task->sandbox) / 1000000000;
}

static struct awk_value format_time(struct awk *a, struct awk_value *v, size_t count)
{
    struct str format = count > 0 ? awk_text(a, &v[0]) : str_lit("%a %b %e %H:%M:%S %Z %Y");
    if (!count) {
        struct awk_array *info = awk_global_array(a, VAR_PROCINFO);
        struct awk_value *usual = info ? awk_array_find(a, info, awk_key_of_text(str_lit("strftime"))) : NULL;
        if (usual && usual->type != AWK_ARRAY)
            format = awk_text(a, usual);
    }
    int64_t seconds = count > 1 ? awk_to_int(math_floor(awk_number(a, &v[1]))) : now(a);
    bool utc = count > 2 && awk_truth(a, &v[2]);
    buf_clear(&a->scratch);
    awk_time_print(a, &a->scratch, format, seconds, utc);
    return awk_of_string(a, buf_str(&a->scratch));
}

/* --- types ------------------------------------------------------------------------------------------------------------------ */

static const char *type_of(struct awk *a, struct awk_value *v)
{
    if (v->type == AWK_INPUT && v->string == a->nothing.string)
        return "unassigned";
    awk_settle(a, v);
    switch (v->type) {
    case AWK_NUMBER: return "number";
    case AWK_STRING: return "string";
    case AWK_STRNUM: return "strnum";
    case AWK_REGEX: return "regexp";
    case AWK_ARRAY: return "array";
    default: return "untyped";
    }
}

/* typeof's second argument tells what keys an array has had from the first. */
static void tell_kind(struct awk *a, struct awk_array *array, struct awk_array *info)
{
    const char *kind = array == info ? "null" : array == awk_global_array(a, VAR_ENVIRON) ? "env" : awk_array_kind(array);
    awk_array_clear(a, info);
    awk_array_set_text(a, info, "array_type", awk_of_string(a, str_from(kind)));
}

void awk_functions_start(struct awk *a)
{
    map_init(&a->regexes[0], a->heap);
    map_init(&a->regexes[1], a->heap);
}

static struct awk_value split(struct awk *a, enum awk_builtin f, struct awk_value *v, size_t count)
{
    struct awk_array *seps = count == 4 ? v[3].array : NULL;
    struct str s = awk_text(a, &v[0]);
    if (seps == v[1].array) {
        awk_fatal(a, "%s: cannot use the same array for second and fourth args", f == FUN_SPLIT ? "split" : "patsplit");
        return (struct awk_value){0};
    }
    if (f == FUN_SPLIT) {
        struct awk_regex *constant = count > 2 && v[2].type == AWK_REGEX ? v[2].regex : NULL;
        return awk_of_number((double)awk_split(a, s, v[1].array, seps, count > 2 ? &v[2] : NULL, constant));
    }
    struct regex *r;
    if (count > 2) {
        r = regex_argument(a, &v[2]);
    } else {
        if (!a->pattern_regex.text.data)
            a->pattern_regex.text = str_copy(a->heap, str_lit("[^[:space:]]+"));
        r = awk_regex_get(a, &a->pattern_regex);
    }
    return awk_of_number((double)awk_pattern_split(a, s, v[1].array, seps, r));
}

struct awk_value awk_call_builtin(struct awk *a, enum awk_builtin f, struct awk_value *v, size_t count, int *wait)
{
    double answer = 0;
    for (size_t i = 0; i < count; i++) { /* an array where a value is wanted */
        if (v[i].type != AWK_ARRAY)
            continue;
        bool may = f == FUN_LENGTH || f == FUN_TYPEOF || f == FUN_ISARRAY ||
            ((f == FUN_SPLIT || f == FUN_PATSPLIT) && (i == 1 || i == 3)) ||
                   (f == FUN_MATCH && i == 2);
        if (!may) {
            awk_fatal(a, "attempt to use an array in a scalar context");
            return awk_of_number(0);
        }
    }
    switch (f) {
    case FUN_LENGTH:
        if (!count) {
            struct str s = awk_record(a);
            call_charge_bytes(a->c, s.length);
            return awk_of_number((double)awk_count_characters(a, s));
        }
        return awk_of_number(length_of(a, v));
    case FUN_SUBSTR: return awk_of_string(a, awk_substr(a, v, count));
    case FUN_INDEX: return awk_of_number(index_of(a, v));
    case FUN_SPLIT: case FUN_PATSPLIT: return split(a, f, v, count);
    case FUN_MATCH: return awk_of_number(match(a, v, count));
    case FUN_GENSUB: return awk_gensub(a, v, count);
    case FUN_SPRINTF:
        buf_clear(&a->scratch);
        {
            struct buf out;
            buf_init(&out, a->heap);
            awk_format(a, &out, awk_text(a, &v[0]), v + 1, count - 1);
            struct awk_value result = awk_of_string(a, buf_str(&out));
            buf_drop(&out);
            return result;
        }
    case FUN_TOLOWER: return change_case(a, v, false);
    case FUN_TOUPPER: return change_case(a, v, true);
    case FUN_SIN: return awk_of_number(math_sin(awk_number(a, v)));
    case FUN_COS: return awk_of_number(math_cos(awk_number(a, v)));
    case FUN_ATAN2: return awk_of_number(math_atan2(awk_number(a, v), awk_number(a, v + 1)));
    case FUN_EXP: return awk_of_number(exponential(a, awk_number(a, v)));
    case FUN_LOG: return awk_of_number(logarithm(a, awk_number(a, v)));
    case FUN_SQRT: return awk_of_number(root(a, awk_number(a, v)));
    case FUN_INT: return awk_of_number(truncate(awk_number(a, v)));
    case FUN_RAND: return awk_of_number(random_next(a));
    case FUN_SRAND: {
        double seed = count ? awk_number(a, v) : (double)now(a);
        answer = a->seed;
        a->seed = math_trunc(seed);
        random_seed(a, seed);
        return awk_of_number(answer);
    }
    case FUN_STRFTIME: return format_time(a, v, count);
    case FUN_MKTIME: return awk_of_number(awk_mktime(a, awk_text(a, v), count > 1 && awk_truth(a, v + 1)));
    case FUN_SYSTIME: return awk_of_number((double)now(a));
    case FUN_STRTONUM: return awk_of_number(strtonum(a, v));
    case FUN_AND: case FUN_OR: case FUN_XOR: case FUN_COMPL: case FUN_LSHIFT: case FUN_RSHIFT:
        return awk_of_number(bitwise(a, f, v, count));
    case FUN_TYPEOF:
        if (count > 1 && v[0].type == AWK_ARRAY)
            tell_kind(a, v[0].array, v[1].array);
        else if (count > 1)
            awk_array_clear(a, v[1].array);
        return awk_of_string(a, str_from(type_of(a, v)));
    case FUN_ISARRAY: return awk_of_number(v->type == AWK_ARRAY);
    case FUN_MKBOOL: return awk_of_number(awk_truth(a, v));
    case FUN_CLOSE:
        *wait = awk_close(a, awk_text(a, v), count > 1 ? awk_text(a, v + 1) : (struct str){0}, &answer);
        return awk_of_number(answer);
    case FUN_FFLUSH:
        *wait = awk_fflush(a, count ? awk_text(a, v) : (struct str){0}, !count || !awk_text(a, v).length, &answer);
        return awk_of_number(answer);
    case FUN_SYSTEM:
        *wait = awk_system(a, awk_text(a, v), &answer);
        return awk_of_number(answer);
    case FUN_BINDTEXTDOMAIN: case FUN_DCGETTEXT: return awk_share(v[0]);
    case FUN_DCNGETTEXT: return awk_share(awk_number(a, v + 2) == 1 ? v[0] : v[1]);
    default: return awk_of_number(0);
    }
}
