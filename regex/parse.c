/* regex/parse.c - patterns in the syntaxes of glibc, grep, sed and awk to a tree, without recursion.
 *
 * What is an operator where, and which mistake is told first, is as glibc's regcomp has it.
 */
#include "regex/tree.h"

enum dialect {
    BACK_OPERATORS = 1,     /* \( \) \{ \} \|, as basic expressions have them */
    PLUS = 2,               /* + ? are operators */
    BACK_PLUS = 4,          /* \+ \? are */
    ANCHORS = 8,            /* ^ $ are anchors wherever they stand */
    STAR_INVALID = 16,      /* an operator with nothing before it is a mistake */
    STAR_SKIPPED = 32,      /* ... is left out */
    DOUBLE_INVALID = 64,    /* a second operator behind * or \{ is a mistake, and a first \{ */
    CLOSE_ORDINARY = 128,   /* an unmatched ) is itself */
    BRACE_ORDINARY = 256,   /* a { that begins no interval is itself */
    ESCAPES = 512,          /* awk's \n \t \/ \052 */
    NO_GNU = 1024,          /* no \w \b ... */
    NO_BACK = 2048,         /* no \1 */
    NO_BRACES = 4096,       /* { } are themselves */
    ALT_BACK = 8192,        /* \| is alternation, also where ( needs no backslash: never both */
    ANCHOR_STAR = 16384,    /* an anchor can be repeated (grep -E) */
    PERL_LIKE = 32768,      /* what Perl's and Rust's patterns have in common: (?: \\d \\x41 a*?; the rest is refused */
    WIDE_CLASSES = 65536    /* \\w \\d \\s by Unicode */
};

enum token_kind {
    TOKEN_END, TOKEN_CHAR, TOKEN_ANY, TOKEN_BRACKET, TOKEN_ANCHOR, TOKEN_BOUNDARY, TOKEN_CLASS, TOKEN_OPEN,
    TOKEN_CLOSE, TOKEN_ALT, TOKEN_STAR, TOKEN_PLUS, TOKEN_OPTION, TOKEN_BRACE, TOKEN_BRACE_CLOSE, TOKEN_BACK,
    TOKEN_BACKSLASH, TOKEN_REFUSED
};

struct token {
    enum token_kind kind;
    uint32_t value; /* character, anchor, group, or the letter of a class or boundary */
    size_t length;  /* bytes */
};

struct level { /* an open group, or the whole */
    int32_t alternatives, branch;
    bool alternated;
    int32_t group;
    uint16_t before, others; /* groups closed before it began, and in its earlier alternatives: a reference does not see those */
};

struct parser {
    struct tree *tree;
    struct str text;
    size_t at;
    unsigned dialect;
    bool newline_excluded; /* . and [^x] do not match a newline, or what ends lines */
    struct level *levels;
    int32_t depth;
    uint16_t completed; /* groups 1 to 9 that have been closed */
    bool skipped;       /* an operator with nothing before it was left out: glibc takes a ) behind it for itself */
    const char *mistake;
};

void tree_init(struct tree *t, struct heap *heap, unsigned flags)
{
    *t = (struct tree){.heap = heap, .flags = flags, .utf8 = (flags & REGEX_UTF8) != 0, .root = -1,
        .end = flags & REGEX_NUL ? 0 : '\n'};
}

void tree_drop(struct tree *t)
{
    heap_free(t->heap, t->nodes);
    heap_free(t->heap, t->sets);
    heap_free(t->heap, t->ranges);
}

int32_t tree_add(struct tree *t, enum node_kind kind, int32_t a, int32_t b, uint32_t value)
{
    t->nodes = array_grow(t->heap, t->nodes, (size_t)t->node_count, sizeof *t->nodes);
    t->nodes[t->node_count] = (struct node){.kind = (uint8_t)kind, .a = a, .b = b, .value = value};
    return t->node_count++;
}

static bool fold(const struct tree *t)
{
    return (t->flags & REGEX_FOLD) != 0;
}

static int32_t add_char(struct tree *t, uint32_t code)
{
    if (!fold(t))
        return tree_add(t, NODE_CHAR, -1, -1, code);
    uint32_t key = fold_key(t, code);
    int32_t n = tree_add(t, NODE_CHAR, -1, -1, key);
    t->nodes[n].fold = true;
    return n;
}

int32_t tree_fixed(struct tree *t, struct str text)
{
    int32_t root = -1;
    for (size_t at = 0, length; at < text.length; at += length)
        root = tree_cat(t, root, add_char(t, tree_code(t->utf8, text, at, &length)));
    return root;
}

/* --- sets ------------------------------------------------------------------------------------- */

static void set_byte(struct set *s, unsigned byte)
{
    s->bits[byte >> 3] |= (uint8_t)(1u << (byte & 7));
}

static void clear_byte(struct set *s, unsigned byte)
{
    s->bits[byte >> 3] &= (uint8_t)~(1u << (byte & 7));
}

static void add_range(struct tree *t, struct set *s, uint32_t from, uint32_t last)
{
    for (; from <= last && from < (t->utf8 ? 0x80 : 0x100); from++)
        set_byte(s, from);
    if (from > last || !t->utf8)
        return;
    t->ranges = array_grow(t->heap, t->ranges, (size_t)t->range_count, sizeof *t->ranges);
    t->ranges[t->range_count++] = (struct range){from, last};
    s->count++;
}

static void add_classes(struct tree *t, struct set *s, unsigned classes)
{
    for (unsigned byte = 0; byte < 0x80; byte++)
        if (utf8_ascii_classes[byte] & classes)
            set_byte(s, byte);
    if (t->utf8)
        s->classes |= (uint16_t)classes;
}

/* Sorts and joins the ranges of the last set. */
static void join_ranges(struct tree *t, struct set *s)
{
    struct range *r = t->ranges + s->ranges;
    for (uint32_t gap = s->count / 2; gap > 0; gap /= 2)
        for (uint32_t i = gap; i < s->count; i++)
            for (uint32_t j = i; j >= gap && r[j - gap].from > r[j].from; j -= gap) {
                struct range swap = r[j];
                r[j] = r[j - gap];
                r[j - gap] = swap;
            }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        if (kept && r[i].from <= r[kept - 1].last + 1) {
            if (r[i].last > r[kept - 1].last)
                r[kept - 1].last = r[i].last;
        } else {
            r[kept++] = r[i];
        }
    }
    t->range_count -= (int32_t)(s->count - kept);
    s->count = kept;
}

/* Finishes a set whose ranges are the last of the tree: case, inverse; finds it among those before. */
static int32_t finish_set(struct parser *p, struct set *s, bool inverse)
{
    struct tree *t = p->tree;
    if (s->count)
        join_ranges(t, s);
    if (s->fold)
        for (unsigned byte = 0; byte < 0x80; byte++) {
            if (set_has_byte(s, utf8_ascii_upper[byte]))
                set_byte(s, byte);
            else
                clear_byte(s, byte);
        }
    s->inverse = inverse;
    if (inverse) {
        for (int i = 0; i < (t->utf8 ? 16 : 32); i++)
            s->bits[i] = (uint8_t)~s->bits[i];
        if (p->newline_excluded)
            clear_byte(s, '\n');
    }
    if (t->flags & REGEX_NEWLINE)
        clear_byte(s, (unsigned char)t->end);
    s->high = t->utf8 && (inverse || s->classes || s->count);
    if (s->fold && t->utf8 && (set_has_byte(s, 'S') || set_has_byte(s, 'I')))
        s->high = true; /* the long s and the dotless i */
    if (s->count == 0)
        s->ranges = 0;
    for (int32_t i = 0; i < t->set_count && i < 16; i++)
        if (s->count == 0 && memcmp(&t->sets[i], s, sizeof *s) == 0)
            return tree_add(t, NODE_SET, -1, -1, (uint32_t)i);
    t->sets = array_grow(t->heap, t->sets, (size_t)t->set_count, sizeof *t->sets);
    t->sets[t->set_count] = *s;
    return tree_add(t, NODE_SET, -1, -1, (uint32_t)t->set_count++);
}

static void start_set(struct parser *p, struct set *s)
{
    memset(s, 0, sizeof *s);
    s->fold = fold(p->tree);
    s->ranges = (uint32_t)p->tree->range_count;
}

static int32_t any_character(struct parser *p)
{
    struct set s;
    start_set(p, &s);
    s.fold = false;
    return finish_set(p, &s, true);
}

/* Digits of all scripts: ten behind each other, fifty at 0x1d7ce. */
static const uint32_t digit_runs[] = {0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
    0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0};

/* Adds what \w, \s or \d stands for. */
static void add_letter(struct parser *p, struct set *s, char letter)
{
    bool ascii = p->dialect & PERL_LIKE && !(p->dialect & WIDE_CLASSES);
    uint16_t classes = s->classes;
    add_classes(p->tree, s, letter == 'w' ? UTF8_ALNUM : letter == 'd' ? UTF8_DIGIT : UTF8_SPACE);
    if (letter == 'w')
        set_byte(s, '_');
    if (ascii || letter == 'd')
        s->classes = classes;
    for (size_t i = 0; letter == 'd' && !ascii && p->tree->utf8 && i < sizeof digit_runs / sizeof *digit_runs; i++)
        add_range(p->tree, s, digit_runs[i], digit_runs[i] + 9);
}

static int32_t letter_class(struct parser *p, uint32_t letter)
{
    struct set s;
    start_set(p, &s);
    s.fold = false;
    add_letter(p, &s, (char)(letter | 0x20));
    bool excluded = p->newline_excluded;
    p->newline_excluded = false; /* \W and \S match a newline even where [^x] does not */
    int32_t node = finish_set(p, &s, letter < 'a');
    p->newline_excluded = excluded;
    return node;
}

/* --- characters and escapes ------------------------------------------------------------------- */

static bool at_end(const struct parser *p, size_t at)
{
    return at >= p->text.length;
}

static char byte_at(const struct parser *p, size_t at)
{
    return at < p->text.length ? p->text.data[at] : 0;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* awk's escape at `at`, which stands on the backslash: true, and its character and length, when it is one. */
static bool awk_escape(const struct parser *p, size_t at, uint32_t *code, size_t *length)
{
    static const char letters[] = "abfnrtv", codes[] = "\a\b\f\n\r\t\v";
    char c = byte_at(p, at + 1);
    const char *found = c ? memchr(letters, c, sizeof letters - 1) : NULL;
    *length = 2;
    if (found) {
        *code = (unsigned char)codes[found - letters];
        return true;
    }
    if (c >= '0' && c <= '7') {
        uint32_t value = 0;
        size_t n = 1;
        for (; n < 4 && byte_at(p, at + n) >= '0' && byte_at(p, at + n) <= '7' && !at_end(p, at + n); n++)
            value = value * 8 + (uint32_t)(byte_at(p, at + n) - '0');
        *code = value & 0xff;
        *length = n;
    } else if (c == 'x' && digit_value(byte_at(p, at + 2)) < 16) {
        uint32_t value = 0;
        size_t n = 2;
        for (; n < 4 && digit_value(byte_at(p, at + n)) < 16; n++)
            value = value * 16 + (uint32_t)digit_value(byte_at(p, at + n));
        *code = value;
        *length = n;
    } else {
        return false;
    }
    if (*code >= 0x80 && p->tree->utf8)
        *code |= REGEX_RAW;
    return true;
}

/* Perl's \n, \x41, \x{41} at `at`, which stands on the backslash. */
static bool perl_escape(const struct parser *p, size_t at, uint32_t *code, size_t *length)
{
    static const char letters[] = "aefnrt", codes[] = "\a\033\f\n\r\t";
    char c = byte_at(p, at + 1);
    const char *found = c ? memchr(letters, c, sizeof letters - 1) : NULL;
    *length = 2;
    if (found) {
        *code = (unsigned char)codes[found - letters];
        return true;
    }
    if (c != 'x')
        return *code = (unsigned char)c, c > ' ' && c < 0x7f && !utf8_byte_is(c, UTF8_ALNUM) && c != '<' && c != '>';
    bool braces = byte_at(p, at + 2) == '{';
    size_t n = braces ? 3 : 2, most = braces ? n + 6 : n + 2;
    uint32_t value = 0;
    for (; n < most && digit_value(byte_at(p, at + n)) < 16; n++)
        value = value * 16 + (uint32_t)digit_value(byte_at(p, at + n));
    *code = value;
    *length = n + braces;
    if (braces ? n == 3 || byte_at(p, at + n) != '}' : n < most)
        return false;
    return value < (p->tree->utf8 ? 0x110000 : 0x100) && !(value >= 0xd800 && value < 0xe000);
}

static struct token perl_backslash(const struct parser *p)
{
    uint32_t code;
    size_t length;
    char c = byte_at(p, p->at + 1);
    switch (c) {
    case 'w': case 'W': case 's': case 'S': case 'd': case 'D': return (struct token){TOKEN_CLASS, (unsigned char)c, 2};
    case 'b': case 'B': return (struct token){TOKEN_BOUNDARY, (unsigned char)c, 2};
    case 'A': return (struct token){TOKEN_ANCHOR, ANCHOR_TEXT_START, 2};
    case 'z': return (struct token){TOKEN_ANCHOR, ANCHOR_TEXT_END, 2};
    default:
        if (perl_escape(p, p->at, &code, &length))
            return (struct token){TOKEN_CHAR, code, length};
        return (struct token){TOKEN_REFUSED, 0, 1};
    }
}

static struct token backslash(const struct parser *p)
{
    unsigned d = p->dialect;
    size_t at = p->at + 1;
    if (at_end(p, at))
        return (struct token){TOKEN_BACKSLASH, '\\', 1};
    if (d & PERL_LIKE)
        return perl_backslash(p);
    uint32_t code;
    size_t length;
    char c = byte_at(p, at);
    if (d & ESCAPES) {
        if (c == 'y')
            return (struct token){TOKEN_BOUNDARY, 'b', 2};
        if (awk_escape(p, p->at, &code, &length)) {
            enum token_kind kind = TOKEN_CHAR; /* what an octal escape stands for may be an operator */
            if (code == '*')
                kind = TOKEN_STAR;
            else if (code == '+')
                kind = TOKEN_PLUS;
            else if (code == '?')
                kind = TOKEN_OPTION;
            else if (code == '(')
                kind = TOKEN_OPEN;
            else if (code == ')')
                kind = TOKEN_CLOSE;
            else if (code == '|')
                kind = TOKEN_ALT;
            else if (code == '.')
                kind = TOKEN_ANY;
            return (struct token){kind, code, length};
        }
    }
    switch (c) {
    case '|':
        if (d & BACK_OPERATORS && !(d & NO_GNU))
            return (struct token){TOKEN_ALT, 0, 2};
        break;
    case '(':
        if (d & BACK_OPERATORS)
            return (struct token){TOKEN_OPEN, '(', 2};
        break;
    case ')':
        if (d & BACK_OPERATORS)
            return (struct token){TOKEN_CLOSE, ')', 2};
        break;
    case '{':
        if (d & BACK_OPERATORS && !(d & NO_BRACES))
            return (struct token){TOKEN_BRACE, '{', 2};
        break;
    case '}':
        if (d & BACK_OPERATORS && !(d & NO_BRACES))
            return (struct token){TOKEN_BRACE_CLOSE, '}', 2};
        break;
    case '+':
    case '?':
        if (d & BACK_PLUS)
            return (struct token){c == '+' ? TOKEN_PLUS : TOKEN_OPTION, (unsigned char)c, 2};
        break;
    case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        if (!(d & NO_BACK))
            return (struct token){TOKEN_BACK, (uint32_t)(c - '0'), 2};
        break;
    case 'w': case 'W': case 's': case 'S':
        if (!(d & NO_GNU))
            return (struct token){TOKEN_CLASS, (unsigned char)c, 2};
        break;
    case 'b': case 'B':
        if (!(d & NO_GNU))
            return (struct token){TOKEN_BOUNDARY, (unsigned char)c, 2};
        break;
    case '<': case '>': case '`': case '\'':
        if (!(d & NO_GNU))
            return (struct token){TOKEN_ANCHOR, c == '<' ? ANCHOR_WORD_START : c == '>' ? ANCHOR_WORD_END
                : c == '`' ? ANCHOR_TEXT_START : ANCHOR_TEXT_END, 2};
        break;
    default: break;
    }
    code = tree_code(p->tree->utf8, p->text, at, &length);
    return (struct token){TOKEN_CHAR, code, 1 + length};
}

/* Is a basic expression's $ at `at` the last of its branch, and so an anchor? */
static bool dollar_ends(const struct parser *p, size_t at)
{
    if (at_end(p, at + 1))
        return true;
    char c = byte_at(p, at + 1), d = byte_at(p, at + 2);
    if (p->dialect & BACK_OPERATORS)
        return c == '\\' && (d == ')' || d == '|');
    return c == ')' || c == '|';
}

/* A ( of Perl's: (?: is one without a number, which is a value of 0. */
static struct token perl_open(const struct parser *p)
{
    char c = byte_at(p, p->at + 2);
    if (byte_at(p, p->at + 1) == '*')
        return (struct token){TOKEN_REFUSED, 0, 1};
    if (byte_at(p, p->at + 1) != '?')
        return (struct token){TOKEN_OPEN, '(', 1};
    if (c == ':')
        return (struct token){TOKEN_OPEN, 0, 3};
    size_t at = p->at + (c == 'P' ? 4 : 3);
    if (byte_at(p, at - 1) == '<' && utf8_byte_is(byte_at(p, at), UTF8_ALPHA))
        for (; !at_end(p, at); at++)
            if (byte_at(p, at) == '>')
                return (struct token){TOKEN_OPEN, '(', at + 1 - p->at};
    return (struct token){TOKEN_REFUSED, 0, 1};
}

/* The token at p->at. `start`: a ^ here is an anchor in a basic expression too. */
static struct token next_token(const struct parser *p, bool start)
{
    if (at_end(p, p->at))
        return (struct token){TOKEN_END, 0, 0};
    unsigned d = p->dialect;
    char c = byte_at(p, p->at);
    struct token character = {TOKEN_CHAR, (unsigned char)c, 1};
    switch (c) {
    case '\\': return backslash(p);
    case '*': return (struct token){TOKEN_STAR, '*', 1};
    case '+': return d & PLUS ? (struct token){TOKEN_PLUS, '+', 1} : character;
    case '?': return d & PLUS ? (struct token){TOKEN_OPTION, '?', 1} : character;
    case '{': return d & (BACK_OPERATORS | NO_BRACES) ? character : (struct token){TOKEN_BRACE, '{', 1};
    case '}': return d & (BACK_OPERATORS | NO_BRACES) ? character : (struct token){TOKEN_BRACE_CLOSE, '}', 1};
    case '(':
        if (d & PERL_LIKE)
            return perl_open(p);
        return d & BACK_OPERATORS ? character : (struct token){TOKEN_OPEN, '(', 1};
    case ')': return d & BACK_OPERATORS ? character : (struct token){TOKEN_CLOSE, ')', 1};
    case '|': return d & BACK_OPERATORS ? character : (struct token){TOKEN_ALT, 0, 1};
    case '[': return (struct token){TOKEN_BRACKET, '[', 1};
    case '.': return (struct token){TOKEN_ANY, 0, 1};
    case '^':
        return d & ANCHORS || start || p->at == 0 ? (struct token){TOKEN_ANCHOR, ANCHOR_BOL, 1} : character;
    case '$':
        return d & ANCHORS || dollar_ends(p, p->at) ? (struct token){TOKEN_ANCHOR, ANCHOR_EOL, 1} : character;
    default: {
        size_t length;
        uint32_t code = tree_code(p->tree->utf8, p->text, p->at, &length);
        return (struct token){TOKEN_CHAR, code, length};
    }
    }
}

/* --- bracket expressions ---------------------------------------------------------------------- */

enum element_kind { ELEMENT_CHAR, ELEMENT_CLASS, ELEMENT_EQUIVALENCE, ELEMENT_SYMBOL, ELEMENT_LETTER };

struct element {
    enum element_kind kind;
    uint32_t code;
    unsigned classes;
};

static const char refused[] = "Unsupported";
static const char unmatched_bracket[] = "Unmatched [, [^, [:, [., or [=";

/* [:name:] [=c=] [.c.]: p->at stands behind the opening two. */
static bool bracket_symbol(struct parser *p, char delimiter, struct element *e)
{
    size_t from = p->at;
    if (at_end(p, p->at))
        return p->mistake = unmatched_bracket, false;
    for (;; p->at++) {
        if (p->at - from >= 32 || at_end(p, p->at + 1))
            return p->mistake = unmatched_bracket, false;
        if (byte_at(p, p->at) == delimiter && byte_at(p, p->at + 1) == ']')
            break;
    }
    struct str name = str_of(p->text.data + from, p->at - from);
    p->at += 2;
    if (delimiter == ':') {
        unsigned classes = utf8_class_named(name);
        if (!classes)
            return p->mistake = "Invalid character class name", false;
        if (fold(p->tree) && classes & (UTF8_UPPER | UTF8_LOWER))
            classes = UTF8_ALPHA;
        *e = (struct element){.kind = ELEMENT_CLASS, .classes = classes};
        return true;
    }
    size_t length = 0;
    uint32_t code = name.length ? tree_code(p->tree->utf8, name, 0, &length) : 0;
    if (length == 0 || length != name.length)
        return p->mistake = "Invalid collation character", false;
    *e = (struct element){.kind = delimiter == '=' ? ELEMENT_EQUIVALENCE : ELEMENT_SYMBOL, .code = code};
    return true;
}

static bool starts_symbol(const struct parser *p)
{
    char c = byte_at(p, p->at + 1);
    return byte_at(p, p->at) == '[' && (c == '.' || c == '=' || c == ':');
}

/* One element of a bracket expression, not at its end. A - may only stand first, last, or as the end of a range. */
static bool bracket_element(struct parser *p, bool hyphen, struct element *e)
{
    char c = byte_at(p, p->at);
    if (starts_symbol(p)) {
        p->at += 2;
        return bracket_symbol(p, byte_at(p, p->at - 1), e);
    }
    size_t length;
    if (p->dialect & PERL_LIKE) {
        char d = byte_at(p, p->at + 1);
        if (c == '[' || ((c == '&' || c == '-' || c == '~') && d == c))
            return p->mistake = refused, false;
        if (c == '\\' && (d == 'w' || d == 's' || d == 'd')) {
            p->at += 2;
            *e = (struct element){.kind = ELEMENT_LETTER, .code = (unsigned char)d};
            return true;
        }
        uint32_t code;
        if (c == '\\') {
            if (!perl_escape(p, p->at, &code, &length))
                return p->mistake = refused, false;
            p->at += length;
            *e = (struct element){.kind = ELEMENT_CHAR, .code = code};
            return true;
        }
        hyphen = true;
    }
    if (c == '\\' && p->dialect & ESCAPES && !at_end(p, p->at + 1)) {
        uint32_t code;
        if (!awk_escape(p, p->at, &code, &length)) {
            code = tree_code(p->tree->utf8, p->text, p->at + 1, &length);
            length++;
        }
        p->at += length;
        *e = (struct element){.kind = ELEMENT_CHAR, .code = code};
        return true;
    }
    uint32_t code = tree_code(p->tree->utf8, p->text, p->at, &length);
    p->at += length;
    if (c == '-' && !hyphen && byte_at(p, p->at) != ']')
        return p->mistake = "Invalid range end", false;
    *e = (struct element){.kind = ELEMENT_CHAR, .code = code};
    return true;
}

static bool bracket_range(struct parser *p, struct set *s, struct element from, struct element last)
{
    bool classes = last.kind == ELEMENT_LETTER || from.kind == ELEMENT_CLASS || last.kind == ELEMENT_CLASS ||
                   from.kind == ELEMENT_EQUIVALENCE || last.kind == ELEMENT_EQUIVALENCE;
    if (s->fold) {
        from.code = fold_key(p->tree, from.code);
        last.code = fold_key(p->tree, last.code);
    }
    if (classes || from.code > last.code)
        return p->mistake = "Invalid range end", false;
    if (!(from.code & REGEX_RAW))
        add_range(p->tree, s, from.code, last.code & REGEX_RAW ? 0x7fffffff : last.code);
    return true;
}

/* [:space:] without its outer brackets: grep takes it for a mistake. */
static bool is_bare_class(const struct parser *p)
{
    struct str rest = str_after(p->text, p->at);
    if (!(p->tree->flags & REGEX_NEWLINE) || rest.length < 4 || rest.data[0] != ':')
        return false;
    ptrdiff_t close = str_find(rest, ']');
    return close > 2 && rest.data[close - 1] == ':' && !memchr(rest.data, '[', (size_t)close);
}

/* p->at stands behind the [. The node, or -2. */
static int32_t bracket(struct parser *p)
{
    struct set s;
    start_set(p, &s);
    if (at_end(p, p->at))
        return p->mistake = "Invalid regular expression", -2;
    bool bare = is_bare_class(p);
    bool inverse = byte_at(p, p->at) == '^';
    p->at += inverse;
    if (at_end(p, p->at))
        return p->mistake = "Invalid regular expression", -2;
    uint32_t raw = 0, single = 0, count = 0;
    for (bool first = true; first || byte_at(p, p->at) != ']'; first = false) {
        struct element e, last;
        if (!bracket_element(p, first, &e))
            return -2;
        count++;
        if (at_end(p, p->at))
            return p->mistake = unmatched_bracket, -2;
        if ((e.kind == ELEMENT_CHAR || e.kind == ELEMENT_SYMBOL) && byte_at(p, p->at) == '-') {
            if (at_end(p, p->at + 1))
                return p->mistake = unmatched_bracket, -2;
            if (byte_at(p, p->at + 1) != ']') {
                p->at++;
                if (!bracket_element(p, true, &last))
                    return -2;
                if (!bracket_range(p, &s, e, last))
                    return -2;
                if (at_end(p, p->at))
                    return p->mistake = unmatched_bracket, -2;
                count++;
                continue;
            }
        }
        if (e.kind == ELEMENT_LETTER) {
            if (byte_at(p, p->at) == '-' && byte_at(p, p->at + 1) != ']')
                return p->mistake = refused, -2;
            add_letter(p, &s, (char)e.code);
        } else if (e.kind == ELEMENT_CLASS) {
            uint16_t classes = s.classes;
            add_classes(p->tree, &s, e.classes);
            if (p->dialect & PERL_LIKE)
                s.classes = classes; /* [:alpha:] is ASCII's */
        } else if (e.code & REGEX_RAW) {
            raw = e.code;
        } else {
            single = s.fold ? fold_key(p->tree, e.code) : e.code;
            add_range(p->tree, &s, single, single);
        }
        if (at_end(p, p->at))
            return p->mistake = unmatched_bracket, -2;
    }
    p->at++;
    if (bare)
        return p->mistake = "character class syntax is [[:space:]], not [:space:]", -2;
    if (raw && count == 1 && !inverse)
        return add_char(p->tree, raw);
    return finish_set(p, &s, inverse);
}

/* --- intervals -------------------------------------------------------------------------------- */

enum { NUMBER_NONE = -1, NUMBER_INVALID = -2 };

/* A number and the token behind it; as far as that token is , } or the end. */
static int32_t interval_number(struct parser *p, struct token *t)
{
    int32_t number = NUMBER_NONE;
    for (;;) {
        *t = next_token(p, false);
        p->at += t->length;
        if (t->kind == TOKEN_END)
            return NUMBER_INVALID;
        if (t->kind == TOKEN_BRACE_CLOSE || (t->kind == TOKEN_CHAR && t->value == ','))
            return number;
        if (t->kind != TOKEN_CHAR || t->value < '0' || t->value > '9' || number == NUMBER_INVALID)
            number = NUMBER_INVALID;
        else
            number = number == NUMBER_NONE ? (int32_t)(t->value - '0') : number * 10 + (int32_t)(t->value - '0');
        if (number > REGEX_DUP_MOST + 1)
            number = REGEX_DUP_MOST + 1;
    }
}

enum interval { INTERVAL_YES, INTERVAL_LITERAL, INTERVAL_MISTAKE };

/* p->at stands behind the {. */
static enum interval interval(struct parser *p, int32_t *min, int32_t *max)
{
    struct token t;
    size_t from = p->at;
    *min = interval_number(p, &t);
    *max = 0;
    if (*min == NUMBER_NONE) {
        if (t.kind != TOKEN_CHAR)
            return p->mistake = "Invalid content of \\{\\}", INTERVAL_MISTAKE;
        *min = 0;
    }
    if (*min != NUMBER_INVALID)
        *max = t.kind == TOKEN_BRACE_CLOSE ? *min : interval_number(p, &t);
    if (*min == NUMBER_INVALID || *max == NUMBER_INVALID) {
        if (p->dialect & BRACE_ORDINARY) {
            p->at = from;
            return INTERVAL_LITERAL;
        }
        p->mistake = t.kind == TOKEN_END ? p->dialect & BACK_OPERATORS ? "Unmatched \\{" : "Unmatched \\{"
                                         : "Invalid content of \\{\\}";
        return INTERVAL_MISTAKE;
    }
    if ((*max >= 0 && *min > *max) || t.kind != TOKEN_BRACE_CLOSE)
        return p->mistake = "Invalid content of \\{\\}", INTERVAL_MISTAKE;
    if ((*max < 0 ? *min : *max) > REGEX_DUP_MOST)
        return p->mistake = "Regular expression too big", INTERVAL_MISTAKE;
    return INTERVAL_YES;
}

/* --- the grammar ------------------------------------------------------------------------------ */

static void open_level(struct parser *p, int32_t group)
{
    p->levels = array_grow(p->tree->heap, p->levels, (size_t)p->depth, sizeof *p->levels);
    p->levels[p->depth++] = (struct level){.alternatives = -1, .branch = -1, .group = group,
        .before = p->completed};
}

static int32_t close_level(struct parser *p)
{
    struct level l = p->levels[--p->depth];
    p->completed |= l.others;
    if (!l.alternated)
        return l.branch;
    return tree_add(p->tree, NODE_ALT, l.alternatives, l.branch, 0);
}

static int32_t boundary(struct parser *p, bool inside)
{
    struct tree *t = p->tree;
    int32_t a = tree_add(t, NODE_ANCHOR, -1, -1, inside ? ANCHOR_WORD_INSIDE : ANCHOR_WORD_START);
    int32_t b = tree_add(t, NODE_ANCHOR, -1, -1, inside ? ANCHOR_WORD_OUTSIDE : ANCHOR_WORD_END);
    t->word_anchors = true;
    return tree_add(t, NODE_ALT, a, b, 0);
}

static int32_t repeat(struct parser *p, int32_t node, int32_t min, int32_t max, bool lazy)
{
    if (node < 0 || (max == 0 && p->tree->groups == 0))
        return -1; /* a part with groups stays: they are counted */
    if (min == 1 && max == 1)
        return node;
    int32_t r = tree_add(p->tree, NODE_REPEAT, node, -1, 0);
    p->tree->nodes[r].min = min;
    p->tree->nodes[r].max = max;
    p->tree->nodes[r].lazy = lazy;
    return r;
}

/* Operators behind `node`. Answers what they make of it; -2 for a mistake. */
static int32_t operators(struct parser *p, int32_t node)
{
    for (;;) {
        struct token t = next_token(p, false);
        int32_t min, max;
        switch (t.kind) {
        case TOKEN_STAR: min = 0, max = -1; break;
        case TOKEN_PLUS: min = 1, max = -1; break;
        case TOKEN_OPTION: min = 0, max = 1; break;
        case TOKEN_BRACE: break;
        default: return node;
        }
        p->at += t.length;
        if (t.kind == TOKEN_BRACE) {
            if (p->dialect & PERL_LIKE && byte_at(p, p->at) == ',')
                return p->mistake = refused, -2;
            enum interval i = interval(p, &min, &max);
            if (i == INTERVAL_MISTAKE)
                return -2;
            if (i == INTERVAL_LITERAL) { /* the brace is a character of its own, which operators may follow */
                p->levels[p->depth - 1].branch = tree_cat(p->tree, p->levels[p->depth - 1].branch, node);
                node = add_char(p->tree, '{');
                continue;
            }
        }
        bool lazy = false;
        if (p->dialect & PERL_LIKE) {
            if (byte_at(p, p->at) == '+')
                return p->mistake = refused, -2;
            lazy = byte_at(p, p->at) == '?';
            p->at += lazy;
            p->tree->lazy |= lazy;
            if (byte_at(p, p->at) && memchr("*+?{", byte_at(p, p->at), 4))
                return p->mistake = refused, -2;
        }
        node = repeat(p, node, min, max, lazy);
        if (p->dialect & DOUBLE_INVALID) {
            t = next_token(p, false);
            if (t.kind == TOKEN_STAR || t.kind == TOKEN_BRACE)
                return p->mistake = "Invalid preceding regular expression", -2;
        }
    }
}

/* What begins with token `t`, whose bytes have been taken; groups excepted. -2 for a mistake. */
static int32_t atom(struct parser *p, struct token t)
{
    struct tree *tree = p->tree;
    switch (t.kind) {
    case TOKEN_ANY: {
        bool excluded = p->newline_excluded;
        p->newline_excluded |= (p->dialect & PERL_LIKE) != 0;
        int32_t node = any_character(p);
        p->newline_excluded = excluded;
        return node;
    }
    case TOKEN_BRACKET: return bracket(p);
    case TOKEN_CLASS: return letter_class(p, t.value);
    case TOKEN_BACK:
        if (!(p->completed >> t.value & 1))
            return p->mistake = "Invalid back reference", -2;
        tree->back = true;
        return tree_add(tree, NODE_BACK, -1, -1, t.value);
    case TOKEN_BACKSLASH: return p->mistake = "Trailing backslash", -2;
    case TOKEN_REFUSED: return p->mistake = refused, -2;
    default: return add_char(tree, t.value);
    }
}

/* Appends to the open branch what stands at p->at. False for a mistake. */
static bool parse_piece(struct parser *p, bool *start)
{
    struct tree *tree = p->tree;
    struct token t = next_token(p, *start);
    int32_t node;
    bool skipped = p->skipped;
    *start = p->skipped = false;
    switch (t.kind) {
    case TOKEN_OPEN:
        p->at += t.length;
        open_level(p, t.value ? ++tree->groups : 0);
        *start = true;
        return true;
    case TOKEN_CLOSE:
        if (p->depth > 1 && !skipped) {
            p->at += t.length;
            int32_t group = p->levels[p->depth - 1].group;
            node = close_level(p);
            if (group > 0)
                node = tree_add(tree, NODE_GROUP, node, -1, (uint32_t)group);
            if (group > 0 && group < 10)
                p->completed |= (uint16_t)(1u << group);
            break;
        }
        if (!(p->dialect & CLOSE_ORDINARY))
            return p->mistake = "Unmatched ) or \\)", false;
        p->at += t.length;
        node = add_char(tree, ')');
        break;
    case TOKEN_ALT: {
        p->at += t.length;
        struct level *l = &p->levels[p->depth - 1];
        l->alternatives = l->alternated ? tree_add(tree, NODE_ALT, l->alternatives, l->branch, 0) : l->branch;
        l->alternated = true;
        l->branch = -1;
        l->others |= p->completed;
        p->completed = l->before;
        *start = true;
        return true;
    }
    case TOKEN_BRACE:
        if (p->dialect & DOUBLE_INVALID)
            return p->mistake = "Invalid preceding regular expression", false;
        /* fall through */
    case TOKEN_STAR:
    case TOKEN_PLUS:
    case TOKEN_OPTION:
        if (p->dialect & STAR_INVALID)
            return p->mistake = "Invalid preceding regular expression", false;
        p->at += t.length;
        if (p->dialect & STAR_SKIPPED) {
            if (t.kind == TOKEN_BRACE) {
                int32_t min, max;
                enum interval i = interval(p, &min, &max);
                if (i == INTERVAL_MISTAKE)
                    return false;
                if (i == INTERVAL_LITERAL) {
                    node = add_char(tree, '{');
                    break;
                }
            }
            *start = p->skipped = true;
            return true;
        }
        node = add_char(tree, t.value);
        break;
    case TOKEN_ANCHOR:
    case TOKEN_BOUNDARY:
        p->at += t.length;
        node = t.kind == TOKEN_BOUNDARY ? boundary(p, t.value == 'B')
                                        : tree_add(tree, NODE_ANCHOR, -1, -1, t.value);
        if (t.kind == TOKEN_ANCHOR && (t.value == ANCHOR_WORD_START || t.value == ANCHOR_WORD_END))
            tree->word_anchors = true;
        if (!(p->dialect & ANCHOR_STAR)) {
            struct level *l = &p->levels[p->depth - 1];
            l->branch = tree_cat(tree, l->branch, node);
            return true;
        }
        break;
    default:
        p->at += t.length;
        node = atom(p, t);
        if (node == -2)
            return false;
    }
    if (p->dialect & PERL_LIKE && (t.kind == TOKEN_ANCHOR || t.kind == TOKEN_BOUNDARY) && byte_at(p, p->at) &&
        memchr("*+?{", byte_at(p, p->at), 4))
        return p->mistake = refused, false;
    node = operators(p, node);
    if (node == -2)
        return false;
    p->levels[p->depth - 1].branch = tree_cat(tree, p->levels[p->depth - 1].branch, node);
    return true;
}

static unsigned dialect_of(enum regex_syntax syntax, unsigned flags)
{
    bool lenient = (flags & (REGEX_NEWLINE | REGEX_LENIENT)) != 0;
    unsigned strict = flags & REGEX_STRICT ? NO_GNU : 0;
    switch (syntax) {
    case REGEX_EXTENDED:
        if (lenient)
            return strict | PLUS | ANCHORS | STAR_SKIPPED | CLOSE_ORDINARY | BRACE_ORDINARY | ANCHOR_STAR;
        return strict | PLUS | ANCHORS | STAR_INVALID | (flags & REGEX_PAREN ? CLOSE_ORDINARY : 0);
    case REGEX_AWK: return strict | PLUS | ANCHORS | CLOSE_ORDINARY | BRACE_ORDINARY | ESCAPES | NO_BACK;
    case REGEX_PERL: return PLUS | ANCHORS | ANCHOR_STAR | STAR_INVALID | NO_BACK | PERL_LIKE;
    case REGEX_RUST: return PLUS | ANCHORS | ANCHOR_STAR | STAR_INVALID | NO_BACK | PERL_LIKE | WIDE_CLASSES;
    case REGEX_EMACS: return strict | BACK_OPERATORS | PLUS | NO_BRACES;
    default: return strict | BACK_OPERATORS | (strict ? 0 : BACK_PLUS) | (lenient ? 0 : DOUBLE_INVALID);
    }
}

int32_t tree_parse(struct tree *t, struct str pattern, enum regex_syntax syntax, const char **message)
{
    struct parser p = {.tree = t, .text = pattern, .dialect = dialect_of(syntax, t->flags),
        .newline_excluded = (t->flags & REGEX_MULTILINE) && syntax != REGEX_PERL && syntax != REGEX_RUST};
    open_level(&p, 0);
    bool start = true, good = true;
    while (good && !at_end(&p, p.at)) {
        good = parse_piece(&p, &start);
        if (t->node_count > REGEX_NODES_MOST) {
            p.mistake = "Regular expression too big";
            good = false;
        }
    }
    int32_t root = -2;
    if (good && p.depth > 1)
        p.mistake = "Unmatched ( or \\(";
    else if (good)
        root = close_level(&p);
    heap_free(t->heap, p.levels);
    if (root == -2)
        *message = p.mistake;
    return root;
}
