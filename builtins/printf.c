/* builtins/printf.c - format and print arguments (POSIX XCU printf, bash's %q %Q %(FORMAT)T %n and -v). */
#include "base/date.h"
#include "base/format.h"
#include "base/number.h"
#include "base/utf8.h"
#include "builtins/escape.h"
#include "builtins/options.h"
#include "shell/print.h"
#include "task/sandbox.h"

struct printf_state {
    struct str format, variable; /* data NULL: print */
    size_t next;                 /* argument */
    size_t first;                /* argument of this turn of the format */
    size_t at;                   /* in the format */
    struct buf text;             /* for -v */
    struct buf work;
    uint64_t written;            /* bytes, for %n */
    bool stop;                   /* nothing more is to be printed */
};

/* --- messages ------------------------------------------------------------------------------------ */

static void number_error(struct call *c, struct str text, size_t used)
{
    bool zero = text.length > 1 && text.data[0] == '0';
    if (c->shell)
        call_error(c, "%S: invalid %snumber", text,
                   zero && text.data[1] >= '0' && text.data[1] <= '9' ? "octal " : zero && text.data[1] == 'x' ? "hex " : "");
    else if (used)
        call_error(c, "%S: value not completely converted", call_quote_word(c, text));
    else
        call_error(c, "%S: expected a numeric value", call_quote_word(c, text));
}

static void range_error(struct call *c, struct str text)
{
    if (c->shell)
        call_warn(c, "warning: %S: Numerical result out of range", text);
    else
        call_error(c, "%S: Numerical result out of range", call_quote_word(c, text));
}

/* --- arguments ------------------------------------------------------------------------------------ */

static bool take(struct call *c, struct printf_state *p, struct str *word)
{
    *word = (struct str){0};
    if (p->next >= c->argc)
        return false;
    *word = c->argv[p->next++];
    return true;
}

static enum locale locale_of(struct call *c)
{
    return c->shell ? shell_locale(c->shell) : LOCALE_UTF8;
}

/* 'a and "a are the character's code. */
static bool is_code(struct call *c, struct str word, int64_t *code)
{
    if (!word.length || (word.data[0] != '\'' && word.data[0] != '"'))
        return false;
    *code = word.length > 1 ? (int64_t)utf8_first(str_after(word, 1), locale_of(c)).code : 0;
    if (!c->shell && word.length == 1)
        number_error(c, word, 0);
    return true;
}

static int64_t take_int(struct call *c, struct printf_state *p)
{
    struct str word;
    int64_t value;
    bool overflow;
    if (!take(c, p, &word) || is_code(c, word, &value))
        return word.length ? value : 0;
    size_t used = number_parse_int(word, 0, &value, &overflow);
    if (used < word.length)
        number_error(c, word, used);
    else if (overflow)
        range_error(c, word);
    return value;
}

static uint64_t take_unsigned(struct call *c, struct printf_state *p)
{
    struct str word;
    int64_t code;
    uint64_t value;
    bool overflow;
    if (!take(c, p, &word))
        return 0;
    if (is_code(c, word, &code))
        return (uint64_t)code;
    size_t used = number_parse_unsigned(word, 0, &value, &overflow);
    if (used < word.length)
        number_error(c, word, used);
    else if (overflow)
        range_error(c, word);
    return value;
}

static struct extended take_extended(struct call *c, struct printf_state *p)
{
    struct str word;
    struct extended value = extended_from_int(0);
    int64_t code;
    bool range;
    if (!take(c, p, &word))
        return value;
    if (is_code(c, word, &code))
        return extended_from_int(code);
    size_t used = number_parse_extended(c->heap, word, 0, &value, &range);
    if (used < word.length)
        number_error(c, word, used);
    else if (range)
        range_error(c, word);
    return value;
}

/* --- output ---------------------------------------------------------------------------------------- */

static void put(struct call *c, struct printf_state *p, struct str s)
{
    if (p->variable.data)
        buf_add(&p->text, s);
    else
        call_print(c, s);
    p->written += s.length;
    call_charge_bytes(c, s.length);
}

/* The real program's \u and \U want all their digits, and no character that can be written plainly. */
static void put_code(struct call *c, struct printf_state *p, struct buf *out, struct str text)
{
    size_t digits = text.data[1] == 'u' ? 4 : 8;
    char character[UTF8_MOST];
    uint32_t code = 0;

    for (size_t i = 0; i < digits; i++) {
        unsigned digit = i + 2 < text.length ? number_digit(text.data[i + 2]) : 36;
        if (digit > 15) {
            call_error(c, "missing hexadecimal number in escape");
            p->stop = true;
            return;
        }
        code = code * 16 + digit;
    }
    if ((code < 0xa0 && code != '$' && code != '@' && code != '`') || (code >= 0xd800 && code <= 0xdfff)) {
        call_error(c, "invalid universal character name %S", str_first(text, digits + 2));
        p->stop = true;
    } else if (code > 0x10ffff) {
        buf_print(out, "\\U%08X", code);
    } else {
        buf_add(out, str_of(character, utf8_encode(code, character)));
    }
}

/* An escape at `text`: its length, and p->stop after \c. */
static size_t put_escape(struct call *c, struct printf_state *p, struct buf *out, struct str text, enum escape_style style)
{
    size_t before = out->length;
    char letter = text.length > 1 ? text.data[1] : 0;
    if (!c->shell && (letter == 'u' || letter == 'U')) {
        put_code(c, p, out, text);
        return p->stop ? text.length : letter == 'u' ? 6 : 10;
    }
    if (c->shell && letter == '%' && style == ESCAPE_FORMAT) { /* the directive counts */
        buf_add_byte(out, '\\');
        return 1;
    }
    struct escape e = escape_add(out, text, style);
    if (e.missing && c->shell)
        call_warn(c, e.missing == 'x' ? "missing hex digit for \\x" : "missing unicode digit for \\%c", e.missing);
    if (e.missing && !c->shell) {
        call_error(c, "missing hexadecimal number in escape");
        out->length = before;
        p->stop = true;
    }
    if (!c->shell && letter == 'c') {
        out->length = before;
        e.stop = true;
    }
    p->stop |= e.stop;
    return e.length;
}

static void put_argument(struct call *c, struct printf_state *p, const struct format *f)
{
    struct str word;
    struct buf made;
    take(c, p, &word);
    buf_init(&made, c->heap);
    while (word.length && !p->stop) {
        ptrdiff_t plain = str_find(word, '\\');
        if (plain) {
            struct str piece = plain < 0 ? word : str_first(word, (size_t)plain);
            buf_add(&made, piece);
            word = str_after(word, piece.length);
        } else {
            word = str_after(word, put_escape(c, p, &made, word, ESCAPE_ARGUMENT));
        }
    }
    format_str(&p->work, f, buf_str(&made));
    buf_drop(&made);
}

static void put_quoted(struct call *c, struct printf_state *p, struct format *f)
{
    struct str word;
    struct buf made;
    if (!take(c, p, &word) && !c->shell)
        return;
    buf_init(&made, c->heap);
    if (f->conversion == 'Q' && f->precision >= 0) {
        word = str_first(word, (size_t)f->precision);
        f->precision = -1;
    }
    if (!c->shell)
        buf_add(&made, call_quote_if_needed(c, word));
    else
        quote_words(&made, word);
    format_str(&p->work, f, buf_str(&made));
    buf_drop(&made);
}

/* %(FORMAT)T: `format` is what is in the brackets. */
static void put_time(struct call *c, struct printf_state *p, struct format *f, struct str format)
{
    struct nacre *n = c->task->sandbox;
    int64_t when = p->next < c->argc ? take_int(c, p) : -1;
    struct str tz = {0};
    if (c->shell)
        shell_get(c->shell, str_lit("TZ"), &tz);
    else if (c->task->environment)
        environment_find(c->task->environment, "TZ", &tz);
    if (when == -1)
        when = sandbox_now(n) / 1000000000;
    else if (when == -2)
        when = (c->shell ? c->shell->state.seconds : sandbox_now(n)) / 1000000000;
    struct date_zone zone;
    struct date d;
    date_zone_init(&zone, tz);
    struct buf made;
    buf_init(&made, c->heap);
    if (date_local(&d, (struct date_time){when, 0}, &zone))
        date_print(&made, format.length ? format : str_lit("%X"), &d);
    format_str(&p->work, f, buf_str(&made));
    buf_drop(&made);
}

/* --- directives --------------------------------------------------------------------------------------- */

static void bad_directive(struct call *c, struct printf_state *p, struct str directive, char letter)
{
    if (!letter)
        call_error(c, c->shell ? "`%S': missing format character" : "%S: invalid conversion specification", directive);
    else if (c->shell)
        call_error(c, "`%c': invalid format character", letter);
    else
        call_error(c, "%S: invalid conversion specification", directive);
    p->stop = true;
}

static void count_written(struct call *c, struct printf_state *p)
{
    struct str word;
    char digits[NUMBER_MOST];
    if (!take(c, p, &word) || !word.length)
        return;
    if (!shell_is_name(word)) {
        call_error(c, "`%S': not a valid identifier", word);
        p->stop = true;
        return;
    }
    if (shell_set(c->shell, word, str_of(digits, number_write_unsigned(digits, p->written))) < 0)
        c->status = 1;
}

/* A width or precision given as `*`. The real program takes none that an int does not hold, but for precisions below zero. */
static int64_t take_star(struct call *c, struct printf_state *p, bool precision)
{
    struct str word = p->next < c->argc ? c->argv[p->next] : (struct str){0};
    int64_t value = take_int(c, p);
    if (!c->shell && (value > INT32_MAX || (value < INT32_MIN && !precision))) {
        call_error(c, "invalid %s: %S", precision ? "precision" : "field width", call_quote_word(c, word));
        p->stop = true;
        return 0;
    }
    return value > INT32_MAX ? INT32_MAX : value < -INT32_MAX ? -INT32_MAX : value;
}

static size_t directive(struct call *c, struct printf_state *p, struct str text)
{
    struct format f;
    size_t length = 1 + format_parse(str_after(text, 1), c->shell ? FORMAT_NEGATIVE_PRECISION : 0, &f);
    struct str word, all = str_first(text, length);

    if (f.width_star)
        format_set_width(&f, take_star(c, p, false));
    if (f.precision_star && !p->stop)
        format_set_precision(&f, take_star(c, p, true));
    if (p->stop)
        return length;
    buf_clear(&p->work);
    if (!c->shell && (f.conversion == 'b' || f.conversion == 'q') && length > 2) { /* only bash's have a width */
        bad_directive(c, p, all, f.conversion);
        return length;
    }
    switch (f.conversion) {
    case 's': take(c, p, &word); format_str(&p->work, &f, word); break;
    case 'c': take(c, p, &word); format_char(&p->work, &f, word.length ? word.data[0] : 0); break;
    case 'd': case 'i': format_int(&p->work, &f, take_int(c, p)); break;
    case 'u': case 'o': case 'x': case 'X': format_unsigned(&p->work, &f, take_unsigned(c, p)); break;
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        format_extended(&p->work, &f, take_extended(c, p));
        break;
    case 'b': put_argument(c, p, &f); break;
    case 'q': put_quoted(c, p, &f); break;
    case 'Q':
        if (!c->shell)
            bad_directive(c, p, all, 'Q');
        else
            put_quoted(c, p, &f);
        break;
    case 'n':
        if (!c->shell)
            bad_directive(c, p, all, 'n');
        else
            count_written(c, p);
        break;
    case '(': {
        struct str rest = str_after(text, length);
        size_t depth = 1, i = 0;
        for (; i < rest.length && depth; i++)
            depth += (rest.data[i] == '(') - (rest.data[i] == ')');
        if (!c->shell) {
            bad_directive(c, p, all, '(');
        } else if (depth || i >= rest.length || rest.data[i] != 'T') {
            call_warn(c, "warning: `%c': invalid time format specification", depth ? 0 : i < rest.length ? rest.data[i] : 0);
            put(c, p, str_lit("%("));
            bad_directive(c, p, all, rest.length > 1 ? rest.data[1] : rest.length ? rest.data[0] : 0);
        } else {
            put_time(c, p, &f, str_first(rest, i - 1));
            length += i + 1;
        }
        break;
    }
    case 0: bad_directive(c, p, text, 0); break;
    default: bad_directive(c, p, all, f.conversion); break;
    }
    if (!f.too_large || f.conversion == 'b' || f.conversion == 'q') /* else printf(3) fails, and nothing is printed */
        put(c, p, buf_str(&p->work));
    return length;
}

/* --- the command ------------------------------------------------------------------------------------------ */

static bool is_assignable(struct shell *sh, struct str name)
{
    struct str base, subscript;
    (void)sh;
    return shell_is_name(name) || (var_split(name, &base, &subscript) && subscript.length);
}

static int printf_start(struct call *c)
{
    struct printf_state *p = c->state;
    struct options o = {0};

    if (c->shell) {
        int letter;
        while ((letter = options_next(c, &o, "v:"))) {
            if (letter < 0)
                return options_failed(c, letter);
            p->variable = o.value;
            if (!is_assignable(c->shell, o.value)) {
                call_error(c, "`%S': not a valid identifier", o.value);
                return 2;
            }
        }
        if (o.next >= c->argc)
            return options_usage(c);
    } else {
        o.next = 1;
        if (c->argc == 2 && str_is(c->argv[1], "--help")) {
            call_format(c, "Usage: %S FORMAT [ARGUMENT]...\n  or:  %S OPTION\nPrint ARGUMENT(s) according to FORMAT.\n\n%s\n", c->name,
                        c->name, c->command->help);
            return options_over(c, 0);
        }
        if (c->argc == 2 && str_is(c->argv[1], "--version")) {
            call_print_text(c, "printf (nacre) 0.1.0\n");
            return options_over(c, 0);
        }
        if (c->argc > 1 && str_is(c->argv[1], "--"))
            o.next++;
        if (o.next >= c->argc)
            return call_missing_operand(c);
    }
    p->format = c->argv[o.next];
    p->next = p->first = o.next + 1;
    buf_init(&p->text, c->heap);
    buf_init(&p->work, c->heap);
    return 0;
}

static enum step printf_end(struct call *c, struct printf_state *p)
{
    if (p->variable.data) {
        struct str text = buf_str(&p->text);
        ptrdiff_t nul = str_find(text, 0);
        if (nul >= 0)
            text = str_first(text, (size_t)nul);
        if (shell_set(c->shell, p->variable, text) < 0)
            c->status = 1;
    }
    return call_done(c);
}

static enum step printf_step(struct call *c)
{
    struct printf_state *p = c->state;

    for (;;) {
        if (p->stop)
            return printf_end(c, p);
        if (p->at >= p->format.length) { /* once more while there are arguments that it takes */
            if (p->next >= c->argc)
                return printf_end(c, p);
            if (p->next == p->first) {
                if (!c->shell)
                    call_warn(c, "warning: ignoring excess arguments, starting with %S", call_quote_word(c, c->argv[p->next]));
                return printf_end(c, p);
            }
            p->at = 0;
            p->first = p->next;
        }
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        struct str rest = str_after(p->format, p->at);
        size_t plain = 0;
        while (plain < rest.length && rest.data[plain] != '%' && rest.data[plain] != '\\')
            plain++;
        if (plain) {
            put(c, p, str_first(rest, plain));
            p->at += plain;
        } else if (rest.data[0] == '\\') {
            buf_clear(&p->work);
            p->at += put_escape(c, p, &p->work, rest, ESCAPE_FORMAT);
            put(c, p, buf_str(&p->work));
        } else if (rest.length > 1 && rest.data[1] == '%') {
            put(c, p, str_lit("%"));
            p->at += 2;
        } else {
            p->at += directive(c, p, rest);
        }
    }
}

const struct command command_printf = {
    .name = "printf",
    .usage = "[-v var] format [arguments]",
    .summary = "formats and prints ARGUMENTS under control of the FORMAT",
    .help = "Besides the directives of printf(3): %b with backslash escapes, %q and %Q quoted for the shell,\n"
            "%(FORMAT)T a time (-1: now, -2: the start of the shell). The format is used again while there are arguments.\n"
            "-v var  assign the output to a variable",
    .state = sizeof(struct printf_state),
    .start = printf_start,
    .step = printf_step,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};
