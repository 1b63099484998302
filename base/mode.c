/* base/mode.c - permission bits from and to text. */
#include "base/mode.h"

enum { ALL = 07777, READ = 0444, WRITE = 0222, EXECUTE = 0111, SPECIAL = 06000 };
enum value { PLAIN, COPY, EXECUTE_IF_ANY };

struct clause {
    char operator;      /* - + = */
    enum value value_of;
    uint32_t who;       /* bits of those it is about; 0: none were named */
    uint32_t value;
    uint32_t mentioned;
};

struct mode {
    struct clause *clauses;
    size_t count;
};

static bool is_octal(struct str s, size_t at)
{
    return at < s.length && s.data[at] >= '0' && s.data[at] <= '7';
}

/* Octal digits at *at: false when they pass 7777. */
static bool parse_octal(struct str s, size_t *at, uint32_t *value)
{
    *value = 0;
    for (; is_octal(s, *at); ++*at) {
        *value = *value * 8 + (uint32_t)(s.data[*at] - '0');
        if (*value > ALL)
            return false;
    }
    return true;
}

static bool is_operator(struct str s, size_t at)
{
    return at < s.length && (s.data[at] == '-' || s.data[at] == '+' || s.data[at] == '=');
}

static uint32_t who_bits(char letter)
{
    switch (letter) {
    case 'u': return 04700;
    case 'g': return 02070;
    case 'o': return 01007;
    case 'a': return ALL;
    default:  return 0;
    }
}

/* What stands behind an operator. */
static bool parse_value(struct str s, size_t *at, struct clause *c)
{
    if (is_octal(s, *at)) {
        if (c->who || !parse_octal(s, at, &c->value) || (*at < s.length && s.data[*at] != ','))
            return false;
        c->who = c->mentioned = ALL;
        return true;
    }
    char letter = *at < s.length ? s.data[*at] : 0;
    if (letter == 'u' || letter == 'g' || letter == 'o') {
        c->value_of = COPY;
        c->value = who_bits(letter) & 0777;
        ++*at;
    } else {
        for (; *at < s.length; ++*at)
            switch (s.data[*at]) {
            case 'r': c->value |= READ; break;
            case 'w': c->value |= WRITE; break;
            case 'x': c->value |= EXECUTE; break;
            case 'X': c->value_of = EXECUTE_IF_ANY; break;
            case 's': c->value |= SPECIAL; break;
            case 't': c->value |= 01000; break;
            default:  goto end;
            }
    }
end:
    c->mentioned = c->who ? c->who & c->value : c->value;
    return true;
}

static void add_clause(struct heap *heap, struct mode *m, struct clause c)
{
    m->clauses = array_grow(heap, m->clauses, m->count, sizeof *m->clauses);
    m->clauses[m->count++] = c;
}

static bool parse_symbolic(struct heap *heap, struct mode *m, struct str s)
{
    size_t at = 0;
    for (;;) {
        uint32_t who = 0, bits;
        for (; at < s.length && (bits = who_bits(s.data[at])); at++)
            who |= bits;
        if (!is_operator(s, at))
            return false;
        while (is_operator(s, at)) {
            struct clause c = {.operator = s.data[at++], .who = who};
            if (!parse_value(s, &at, &c))
                return false;
            add_clause(heap, m, c);
        }
        if (at == s.length)
            return true;
        if (s.data[at++] != ',')
            return false;
    }
}

struct mode *mode_parse(struct heap *heap, struct str text)
{
    struct mode *m = heap_new(heap, struct mode);
    if (is_octal(text, 0)) {
        struct clause c = {.operator = '=', .who = ALL};
        size_t at = 0;
        bool good = parse_octal(text, &at, &c.value) && at == text.length;
        c.mentioned = at < 5 ? (c.value & SPECIAL) | 01777 : ALL;
        add_clause(heap, m, c);
        return good ? m : NULL;
    }
    return parse_symbolic(heap, m, text) ? m : NULL;
}

uint32_t mode_apply(const struct mode *m, uint32_t old, bool directory, uint32_t umask, uint32_t *touched)
{
    uint32_t mode = old & ALL, all = 0;
    for (size_t i = 0; i < m->count; i++) {
        const struct clause *c = &m->clauses[i];
        uint32_t kept = directory ? SPECIAL & ~c->mentioned : 0;
        uint32_t value = c->value;
        if (c->value_of == COPY) {
            value &= mode;
            value |= (value & READ ? READ : 0) | (value & WRITE ? WRITE : 0) | (value & EXECUTE ? EXECUTE : 0);
        } else if (c->value_of == EXECUTE_IF_ANY && (directory || (mode & EXECUTE))) {
            value |= EXECUTE;
        }
        value &= (c->who ? c->who : ~umask) & ~kept;
        if (c->operator == '=') {
            uint32_t preserved = (c->who ? ~c->who : 0) | kept;
            all |= ALL & ~preserved;
            mode = (mode & preserved) | value;
        } else {
            all |= value;
            mode = c->operator == '+' ? mode | value : mode & ~value;
        }
    }
    if (touched)
        *touched = all;
    return mode;
}

void mode_print(char text[MODE_TEXT], char kind, uint32_t mode)
{
    static const char letters[] = "rwxrwxrwx";
    text[0] = kind;
    for (int i = 0; i < 9; i++)
        text[1 + i] = mode & (0400u >> i) ? letters[i] : '-';
    if (mode & 04000)
        text[3] = mode & 0100 ? 's' : 'S';
    if (mode & 02000)
        text[6] = mode & 0010 ? 's' : 'S';
    if (mode & 01000)
        text[9] = mode & 0001 ? 't' : 'T';
}
