/* builtins/rg/classes.c - character classes of Rust's patterns: nested, with && -- ~~, written with look-ahead where need be. */
#include "builtins/rg/reader.h"

struct frame { /* an open bracket */
    size_t open;
    bool negated;
    bool newline, left_newline; /* what is read of an operand has one; what stands before the operator */
    struct buf items;  /* what stands between simple brackets */
    struct buf others; /* alternatives to it: classes that cannot */
    struct buf left;   /* the operand before `operator` */
    char operator;     /* & - ~, or 0 */
};

struct stack {
    struct reader *r;
    struct frame *frames;
    size_t depth;
};

static char byte_at(const struct reader *r, size_t at)
{
    return at < r->s->text.length ? r->s->text.data[at] : 0;
}

static void push(struct stack *k)
{
    struct reader *r = k->r;
    struct frame f = {.open = r->at++};
    buf_init(&f.items, r->heap);
    buf_init(&f.others, r->heap);
    buf_init(&f.left, r->heap);
    f.negated = byte_at(r, r->at) == '^';
    r->at += f.negated;
    while (byte_at(r, r->at) == '-') { /* itself */
        buf_add_text(&f.items, "\\-");
        reader_literal(r, '-');
        r->at++;
    }
    if (!f.items.length && byte_at(r, r->at) == ']') {
        buf_add_text(&f.items, "\\]");
        reader_literal(r, ']');
        r->at++;
    }
    k->frames = array_grow(r->heap, k->frames, k->depth, sizeof *k->frames);
    k->frames[k->depth++] = f;
}

/* The operand that has been read, as a part of a pattern. */
static void take_operand(struct frame *f, struct buf *out)
{
    if (f->others.length) {
        buf_add_text(out, "(?:");
        if (f->items.length)
            buf_print(out, "[%S]|", buf_str(&f->items));
        buf_add(out, buf_str(&f->others));
        buf_add_byte(out, ')');
    } else if (f->items.length) {
        buf_print(out, "[%S]", buf_str(&f->items));
    } else {
        buf_add_text(out, "(?!)");
    }
    buf_clear(&f->items);
    buf_clear(&f->others);
}

/* Joins it with what stands before the operator. */
static void combine(struct stack *k, struct frame *f)
{
    struct buf right, both;
    buf_init(&right, k->r->heap);
    buf_init(&both, k->r->heap);
    take_operand(f, &right);
    struct str a = buf_str(&f->left), b = buf_str(&right);
    switch (f->operator) {
    case '&': buf_print(&both, "(?:(?=%S)%S)", b, a); break;
    case '-': buf_print(&both, "(?:(?!%S)%S)", b, a); break;
    case '~': buf_print(&both, "(?:(?!%S)%S|(?!%S)%S)", b, a, a, b); break;
    default:  buf_add(&both, b);
    }
    meter_charge(k->r->heap->meter, 1 + (int64_t)(both.length / METER_BYTES));
    bool a_has = f->left_newline, b_has = f->newline;
    f->left_newline = f->operator == '&' ? a_has && b_has : f->operator == '-' ? a_has && !b_has
                    : f->operator == '~' ? a_has != b_has : b_has;
    f->newline = false;
    buf_drop(&f->left);
    buf_drop(&right);
    f->left = both;
}

static void operate(struct stack *k)
{
    struct frame *f = &k->frames[k->depth - 1];
    combine(k, f);
    f->operator = byte_at(k->r, k->r->at);
    k->r->at += 2;
}

/* A closing bracket: what the class became goes to the pattern, or into the class around it. */
static void pop(struct stack *k)
{
    struct frame f = k->frames[--k->depth];
    struct frame *outer = k->depth ? &k->frames[k->depth - 1] : NULL;
    struct buf *out = outer ? &outer->others : &k->r->s->out;
    bool simple = !f.operator && !f.others.length;
    k->r->at++;
    if (simple && outer && !f.negated) {
        buf_add(&outer->items, buf_str(&f.items));
    } else {
        if (outer && outer->others.length)
            buf_add_byte(out, '|');
        if (simple) {
            buf_print(out, f.negated ? "[^%S]" : "[%S]", buf_str(&f.items));
        } else {
            combine(k, &f);
            buf_print(out, f.negated ? "(?:(?!%S)[\\s\\S])" : "%S", buf_str(&f.left));
            f.newline = f.left_newline;
        }
    }
    if (outer)
        outer->newline |= f.newline != f.negated;
    else
        k->r->s->crosses |= f.newline != f.negated;
    buf_drop(&f.items);
    buf_drop(&f.others);
    buf_drop(&f.left);
}

/* [:alpha:] and [:^alpha:], which are ASCII's. False when it is none. */
static bool named(struct reader *r, struct frame *f)
{
    static const struct { const char *name, *in, *out; bool newline; } classes[] = {
        {"alnum", "0-9A-Za-z", "\\x{0}-\\/:-@\\[-`{-\\x{10ffff}", false},
        {"alpha", "A-Za-z", "\\x{0}-@\\[-`{-\\x{10ffff}", false},
        {"ascii", "\\x{0}-\\x{7f}", "\\x{80}-\\x{10ffff}", true},
        {"blank", "\\x{9} ", "\\x{0}-\\x{8}\\x{a}-\\x{1f}!-\\x{10ffff}", false},
        {"cntrl", "\\x{0}-\\x{1f}\\x{7f}", " -~\\x{80}-\\x{10ffff}", true},
        {"digit", "0-9", "\\x{0}-\\/:-\\x{10ffff}", false},
        {"graph", "!-~", "\\x{0}- \\x{7f}-\\x{10ffff}", false},
        {"lower", "a-z", "\\x{0}-`{-\\x{10ffff}", false},
        {"print", " -~", "\\x{0}-\\x{1f}\\x{7f}-\\x{10ffff}", false},
        {"punct", "!-\\/:-@\\[-`{-~", "\\x{0}- 0-9A-Za-z\\x{7f}-\\x{10ffff}", false},
        {"space", "\\x{9}-\\x{d} ", "\\x{0}-\\x{8}\\x{e}-\\x{1f}!-\\x{10ffff}", true},
        {"upper", "A-Z", "\\x{0}-@\\[-\\x{10ffff}", false},
        {"word", "0-9A-Z_a-z", "\\x{0}-\\/:-@\\[-\\^`{-\\x{10ffff}", false},
        {"xdigit", "0-9A-Fa-f", "\\x{0}-\\/:-@G-`g-\\x{10ffff}", false},
    };
    struct str rest = str_after(r->s->text, r->at + 2);
    bool negated = rest.length && rest.data[0] == '^';
    rest = str_after(rest, negated);
    ptrdiff_t end = str_find(rest, ':');
    if (end < 0 || (size_t)end + 1 >= rest.length || rest.data[end + 1] != ']')
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (str_is(str_first(rest, (size_t)end), classes[i].name)) {
            buf_add_text(&f->items, negated ? classes[i].out : classes[i].in);
            f->newline |= negated != classes[i].newline;
            r->at += (size_t)end + 4 + negated;
            return true;
        }
    return false;
}

/* One character or escape. ESCAPE_CLASS is written already. */
static enum escape element(struct reader *r, struct buf *items, uint32_t *code)
{
    if (byte_at(r, r->at) == '\\')
        return reader_escape(r, true, code, items);
    struct utf8_char first = utf8_first(str_after(r->s->text, r->at), LOCALE_UTF8);
    *code = first.code;
    r->at += first.length;
    return ESCAPE_CODE;
}

/* A character, a range or an escape. */
static bool item(struct stack *k)
{
    struct reader *r = k->r;
    struct frame *f = &k->frames[k->depth - 1];
    struct buf *items = &f->items;
    size_t from = r->at;
    uint32_t low, high;
    bool before = r->s->crosses;
    r->s->crosses = false;
    enum escape kind = element(r, items, &low);
    f->newline |= r->s->crosses; /* \s and the like */
    r->s->crosses = before;
    if (kind == ESCAPE_WRONG)
        return false;
    bool range = byte_at(r, r->at) == '-' && byte_at(r, r->at + 1) != ']' && byte_at(r, r->at + 1) != '-' &&
                 r->at + 1 < r->s->text.length;
    if (kind == ESCAPE_CLASS) {
        if (range)
            return reader_fail(r, "invalid range boundary, must be a literal", from, r->at);
        return true;
    }
    reader_literal(r, low);
    f->newline |= low == '\n';
    reader_code(items, low);
    if (!range)
        return true;
    size_t second = ++r->at;
    kind = element(r, items, &high);
    if (kind == ESCAPE_WRONG)
        return false;
    if (kind == ESCAPE_CLASS)
        return reader_fail(r, "invalid range boundary, must be a literal", second, r->at);
    if (low > high)
        return reader_fail(r, "invalid character class range, the start must be <= the end", from, r->at);
    reader_literal(r, high);
    f->newline |= low <= '\n' && high >= '\n';
    buf_add_byte(items, '-');
    reader_code(items, high);
    return true;
}

bool reader_class(struct reader *r)
{
    struct stack k = {.r = r};
    bool good = true;
    push(&k);
    while (good && k.depth > 0) {
        char c = byte_at(r, r->at);
        if (r->at >= r->s->text.length) {
            size_t open = k.frames[k.depth - 1].open;
            good = reader_fail(r, "unclosed character class", open, open + 1);
        } else if (c == ']') {
            pop(&k);
        } else if (c == '[') {
            if (byte_at(r, r->at + 1) != ':' || !named(r, &k.frames[k.depth - 1]))
                push(&k);
        } else if ((c == '&' || c == '-' || c == '~') && byte_at(r, r->at + 1) == c) {
            operate(&k);
        } else if (r->flags.spaced && utf8_byte_is(c, UTF8_SPACE)) {
            r->at++;
        } else {
            good = item(&k);
        }
    }
    heap_free(r->heap, k.frames);
    return good;
}
