/* builtins/diff/groups.c - -D and the formats of groups and lines. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/diff/diff.h"

struct range {
    size_t from[2], to[2];
};

/* A part of a format in a condition, "%(A=B?then:else)". */
struct branch {
    bool outside, otherwise; /* is what surrounds it printed; is the else */
    bool second;             /* in the else */
};

/* 'c' or '\ooo' behind "%c": the bytes it takes, 0 when it is none. */
static size_t read_character(struct str text, char *value)
{
    if (text.length < 3 || text.data[0] != '\'' || text.data[1] == '\'')
        return 0;
    if (text.data[1] != '\\') {
        *value = text.data[1];
        return text.data[2] == '\'' ? 3 : 0;
    }
    unsigned number = 0;
    size_t i = 2;
    for (; i < text.length && i < 5 && text.data[i] >= '0' && text.data[i] <= '7'; i++)
        number = number * 8 + (unsigned)(text.data[i] - '0');
    if (i == 2 || i >= text.length || text.data[i] != '\'')
        return 0;
    *value = (char)number;
    return i + 1;
}

static bool letter_value(const struct range *r, char letter, int64_t *value)
{
    bool upper = letter >= 'A' && letter <= 'Z';
    int64_t from = (int64_t)r->from[upper], to = (int64_t)r->to[upper];
    switch (letter | 32) {
    case 'e': *value = from; return true;
    case 'f': *value = from + 1; return true;
    case 'l': *value = to; return true;
    case 'm': *value = to + 1; return true;
    case 'n': *value = to - from; return true;
    default: return false;
    }
}

/* %c'x', %% or a number behind a percent sign: the bytes it takes, 0 when it is none of them. Of a line, `r` is
 * NULL. */
static size_t put_directive(struct buf *out, struct str text, const struct range *r, size_t line)
{
    size_t i = 0;
    while (i < text.length && (text.data[i] == '-' || text.data[i] == '\'' || text.data[i] == '0'))
        i++;
    while (i < text.length && utf8_byte_is(text.data[i], UTF8_DIGIT))
        i++;
    if (i < text.length && text.data[i] == '.')
        for (i++; i < text.length && utf8_byte_is(text.data[i], UTF8_DIGIT);)
            i++;
    if (i + 1 >= text.length)
        return 0;
    char conversion = text.data[i];
    if (conversion == 'c') {
        char value;
        size_t used = read_character(str_after(text, i + 1), &value);
        if (used)
            buf_add_byte(out, value);
        return used ? i + 1 + used : 0;
    }
    if (conversion != 'd' && conversion != 'o' && conversion != 'x' && conversion != 'X')
        return 0;
    int64_t value = (int64_t)line + 1;
    if (r ? !letter_value(r, text.data[i + 1], &value) : text.data[i + 1] != 'n')
        return 0;
    struct format f;
    format_parse(str_first(text, i + 1), 0, &f);
    format_int(out, &f, value);
    return i + 2;
}

/* "(A=B?" behind a percent sign: the bytes it takes, 0 when it is none. */
static size_t read_condition(struct str text, const struct range *r, bool *holds)
{
    int64_t values[2];
    size_t i = 1;
    for (int side = 0; side < 2; side++) {
        if (i >= text.length)
            return 0;
        if (utf8_byte_is(text.data[i], UTF8_DIGIT))
            i += number_parse_int(str_after(text, i), 10, &values[side], NULL);
        else if (letter_value(r, text.data[i], &values[side]))
            i++;
        else
            return 0;
        if (i >= text.length || text.data[i++] != "=?"[side])
            return 0;
    }
    *holds = values[0] == values[1];
    return i;
}

static void add_format_lines(struct call *c, struct diff *d, const struct range *r, int side, int kind)
{
    struct str format = d->line_formats[kind];
    struct piece p = {.kind = PIECE_FORMAT, .side = side, .from = r->from[side], .to = r->to[side], .format = format};
    if (format.length > 0)
        diff_add_lines(c, d, p);
}

void diff_add_group(struct call *c, struct diff *d, enum diff_change change, const size_t from[2], const size_t to[2])
{
    struct range r = {{from[0], from[1]}, {to[0], to[1]}};
    struct str format = d->group_formats[change];
    struct branch *branches = NULL;
    size_t depth = 0, words = d->words.length;
    bool printed = true;
    for (size_t i = 0; i < format.length;) {
        char byte = format.data[i++];
        struct branch *b = depth ? &branches[depth - 1] : NULL;
        struct str rest = str_after(format, i);
        size_t used = 0;
        if (b && !b->second && byte == ':') {
            b->second = true;
            printed = b->outside && b->otherwise;
            continue;
        }
        if (b && b->second && byte == ')') {
            printed = b->outside;
            depth--;
            continue;
        }
        if (byte == '%' && rest.length > 0) {
            char letter = rest.data[0];
            bool holds;
            used = 1;
            if (letter == '%') {
                if (printed)
                    buf_add_byte(&d->words, '%');
            } else if (letter == '(') {
                used = read_condition(rest, &r, &holds);
                if (used) {
                    branches = array_grow(c->heap, branches, depth, sizeof *branches);
                    branches[depth++] = (struct branch){printed, !holds, false};
                    printed = printed && holds;
                }
            } else if (letter == '<' || letter == '=' || letter == '>') {
                if (printed) {
                    diff_add_words(c, d, words);
                    add_format_lines(c, d, &r, letter == '>', letter == '<' ? 1 : letter == '>' ? 2 : 0);
                    words = d->words.length;
                }
            } else {
                size_t before = d->words.length;
                used = put_directive(&d->words, rest, &r, 0);
                if (!printed)
                    d->words.length = before;
            }
        }
        if (used == 0 && printed)
            buf_add_byte(&d->words, byte);
        i += used;
    }
    diff_add_words(c, d, words);
    heap_free(c->heap, branches);
}

void diff_put_formatted(struct call *c, struct diff *d, const struct piece *p, size_t line)
{
    struct str text = lines_get(d->lines, p->side, line), format = p->format;
    for (size_t i = 0; i < format.length;) {
        char byte = format.data[i++];
        struct str rest = str_after(format, i);
        size_t used = 0;
        if (byte == '%' && rest.length > 0) {
            used = 1;
            if (rest.data[0] == '%')
                call_print_byte(c, '%');
            else if (rest.data[0] == 'l')
                diff_put_line(c, d, str_first(text, text.length - (text.data[text.length - 1] == '\n')), NULL, 0);
            else if (rest.data[0] == 'L')
                diff_put_line(c, d, text, NULL, 0);
            else
                used = put_directive(&c->out, rest, NULL, line);
        }
        if (used == 0)
            call_print_byte(c, byte);
        i += used;
    }
}
