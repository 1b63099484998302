/* builtins/nl.c - number lines. */
#include "base/number.h"
#include "builtins/text.h"
#include "regex/regex.h"

static const struct option options[] = {
    {'b', "body-numbering", "STYLE", "use STYLE for numbering body lines"},
    {'d', "section-delimiter", "CC", "use CC for logical page delimiters"},
    {'f', "footer-numbering", "STYLE", "use STYLE for numbering footer lines"},
    {'h', "header-numbering", "STYLE", "use STYLE for numbering header lines"},
    {'i', "line-increment", "NUMBER", "line number increment at each line"},
    {'l', "join-blank-lines", "NUMBER", "group of NUMBER empty lines counted as one"},
    {'n', "number-format", "FORMAT", "insert line numbers according to FORMAT"},
    {'p', "no-renumber", NULL, "do not reset line numbers for each section"},
    {'s', "number-separator", "STRING", "add STRING after (possible) line number"},
    {'v', "starting-line-number", "NUMBER", "first line number for each section"},
    {'w', "number-width", "NUMBER", "use NUMBER columns for line numbers"},
    {0},
};

enum section { HEADER, BODY, FOOTER };
enum { LINE_NONE = -1 };

struct nl {
    char style[3];           /* a, t, n or p, by section */
    struct regex *regex[3];
    enum section section;
    struct str delimiter;    /* of pages: stands once, twice or three times in a line */
    char format;             /* l, r or z (zeros) */
    struct str separator;
    int64_t first, number, increment, width, join;
    int64_t blanks;          /* empty lines since the last that was numbered */
    bool keep, overflow;
    struct text_lines lines;
    struct str left;         /* of the lines read */
};

static int read_number(struct call *c, const struct given_option *o, const char *what, int64_t least, int64_t most,
                       int64_t *number)
{
    bool overflow = false, signed_ok = least < 0;
    size_t used = number_parse_int(o->value, 10, number, &overflow);

    if (used == 0 || used < o->value.length) {
        call_error(c, "invalid %s: %S", what, call_quote_word(c, o->value));
        return 1;
    }
    if (overflow || *number > most) {
        call_error(c, "invalid %s: %S: %m", what, call_quote_word(c, o->value), E_OVERFLOW);
        return 1;
    }
    if (*number < least && !signed_ok) {
        call_error(c, "invalid %s: %S: %m", what, call_quote_word(c, o->value), E_RANGE);
        return 1;
    }
    return 0;
}

/* 0, or 1 after a message (of a pattern), or 2 when the style is none. */
static int read_style(struct call *c, struct nl *n, struct str value, enum section section)
{
    char letter = value.length > 0 ? value.data[0] : 0;

    if (letter == 'p') {
        const char *message;
        struct str pattern = str_after(value, 1);
        unsigned flags = call_locale(c) == LOCALE_UTF8 ? REGEX_UTF8 | REGEX_NO_GROUPS : REGEX_NO_GROUPS;
        n->regex[section] = regex_compile(c->heap, &pattern, 1, REGEX_BASIC, flags, &message);
        if (!n->regex[section]) {
            call_error(c, "%s", message);
            return 1;
        }
    } else if (value.length < 1 || (letter != 'a' && letter != 't' && letter != 'n')) {
        return 2;
    }
    n->style[section] = letter;
    return 0;
}

static int nl_start(struct call *c)
{
    static const char *const section_names[] = {"header", "body", "footer"};
    struct nl *n = c->state;
    bool wrong = false;

    n->style[HEADER] = n->style[FOOTER] = 'n';
    n->style[BODY] = 't';
    n->section = BODY;
    n->delimiter = str_lit("\\:");
    n->format = 'r';
    n->separator = str_lit("\t");
    n->first = n->increment = n->join = 1;
    n->width = 6;
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        int failed = 0;
        switch (o->letter) {
        case 'b': case 'h': case 'f': {
            enum section section = o->letter == 'b' ? BODY : o->letter == 'h' ? HEADER : FOOTER;
            failed = read_style(c, n, o->value, section);
            if (failed == 2) {
                call_error(c, "invalid %s numbering style: %S", section_names[section], call_quote_word(c, o->value));
                wrong = true;
                failed = 0;
            }
            break;
        }
        case 'd':
            n->delimiter = o->value;
            if (o->value.length == 1) {
                char *two = heap_alloc(c->heap, 2);
                two[0] = o->value.data[0];
                two[1] = ':';
                n->delimiter = str_of(two, 2);
            }
            break;
        case 'i':
            failed = read_number(c, o, "line number increment", INT64_MIN, INT64_MAX, &n->increment);
            break;
        case 'l':
            failed = read_number(c, o, "line number of blank lines", 1, INT64_MAX, &n->join);
            break;
        case 'n':
            if (str_is(o->value, "ln") || str_is(o->value, "rn") || str_is(o->value, "rz")) {
                n->format = o->value.data[0] == 'l' ? 'l' : o->value.data[1] == 'z' ? 'z' : 'r';
            } else {
                call_error(c, "invalid line numbering format: %S", call_quote_word(c, o->value));
                wrong = true;
            }
            break;
        case 'p': n->keep = true; break;
        case 's': n->separator = o->value; break;
        case 'v':
            failed = read_number(c, o, "starting line number", INT64_MIN, INT64_MAX, &n->first);
            break;
        case 'w':
            failed = read_number(c, o, "line number field width", 1, INT32_MAX, &n->width);
            break;
        default: break;
        }
        if (failed)
            return 1;
    }
    n->number = n->first;
    return wrong ? call_usage_error(c, "") : 0;
}

static void put_number(struct call *c, const struct nl *n)
{
    char digits[NUMBER_MOST];
    char *end = digits + sizeof digits;
    char *start = number_write_back(end, n->number < 0 ? 0 - (uint64_t)n->number : (uint64_t)n->number);
    size_t length = (size_t)(end - start), sign = n->number < 0;
    size_t width = (size_t)n->width;
    size_t fill = width > length + sign ? width - length - sign : 0;

    call_charge_bytes(c, fill);
    if (n->format == 'r')
        buf_fill(&c->out, ' ', fill);
    if (sign)
        buf_add_byte(&c->out, '-');
    if (n->format == 'z')
        buf_fill(&c->out, '0', fill);
    buf_add(&c->out, str_of(start, length));
    if (n->format == 'l')
        buf_fill(&c->out, ' ', fill);
    buf_add(&c->out, n->separator);
}

/* Which section a line begins, or LINE_NONE. */
static int section_of(const struct nl *n, struct str line)
{
    size_t one = n->delimiter.length, times;

    if (one == 0 || line.length < one || line.length > 3 * one || line.length % one ||
        memcmp(line.data, n->delimiter.data, one))
        return LINE_NONE;
    times = line.length / one;
    for (size_t i = 1; i < times; i++)
        if (memcmp(line.data + i * one, n->delimiter.data, one))
            return LINE_NONE;
    return times == 3 ? HEADER : times == 2 ? BODY : FOOTER;
}

static bool is_numbered(struct call *c, struct nl *n, struct str line)
{
    switch (n->style[n->section]) {
    case 'a':
        if (n->join <= 1)
            return true;
        if (line.length > 0 || ++n->blanks == n->join) {
            n->blanks = 0;
            return true;
        }
        return false;
    case 't':
        return line.length > 0;
    case 'p':
        call_charge(c, 1);
        return regex_match(n->regex[n->section], line, 0, 0, NULL, 0) == REGEX_YES;
    default:
        return false;
    }
}

/* False when a number was needed that is too large. */
static bool put_line(struct call *c, struct nl *n, struct str line)
{
    int section = section_of(n, line);

    if (section != LINE_NONE) {
        n->section = (enum section)section;
        if (!n->keep) {
            n->number = n->first;
            n->overflow = false;
        }
        call_print_byte(c, '\n');
        return true;
    }
    if (is_numbered(c, n, line)) {
        if (n->overflow) {
            call_error(c, "line number overflow");
            return false;
        }
        put_number(c, n);
        if (n->increment >= 0 ? n->number > INT64_MAX - n->increment : n->number < INT64_MIN - n->increment)
            n->overflow = true;
        else
            n->number += n->increment;
    } else {
        buf_fill(&c->out, ' ', (size_t)n->width + n->separator.length);
        call_charge_bytes(c, (size_t)n->width);
    }
    buf_add(&c->out, line);
    buf_add_byte(&c->out, '\n');
    return true;
}

static enum step nl_step(struct call *c)
{
    struct nl *n = c->state;

    for (;;) {
        struct str lines;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (text_lines(c, &n->lines, '\n', &lines)) {
        case INPUT_WAIT: return STEP_WAIT;
        case INPUT_END:  return call_done(c);
        case INPUT_MORE: break;
        }
        while (lines.length > 0) {
            ptrdiff_t at = str_find(lines, '\n');
            struct str line = at < 0 ? lines : str_of(lines.data, (size_t)at);
            lines = str_after(lines, at < 0 ? lines.length : (size_t)at + 1);
            call_charge(c, 1);
            if (!put_line(c, n, line))
                return call_done(c);
        }
    }
}

const struct command command_nl = {
    .name = "nl",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Write each FILE to standard output, with line numbers added.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "Default options are: -bt -d'\\:' -fn -hn -i1 -l1 -n'rn' -s<TAB> -v1 -w6\n\n"
            "CC are two delimiter characters used to construct logical page delimiters; a missing second character\n"
            "implies ':'. One can specify more than two characters, and also specifying the empty string (-d '')\n"
            "disables section matching.\n\n"
            "STYLE is one of:\n\n"
            "  a      number all lines\n"
            "  t      number only nonempty lines\n"
            "  n      number no lines\n"
            "  pBRE   number only lines that contain a match for the basic regular expression, BRE\n\n"
            "FORMAT is one of:\n\n"
            "  ln     left justified, no leading zeros\n"
            "  rn     right justified, no leading zeros\n"
            "  rz     right justified, leading zeros",
    .options = options,
    .state = sizeof(struct nl),
    .start = nl_start,
    .step = nl_step,
};
