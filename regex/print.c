/* regex/print.c - a tree written anew in pcre2's syntax, with the meaning it has here. */
#include "regex/tree.h"

struct item { /* what is still to be written: a node, or when that is below 0 a text */
    int32_t node;
    const char *text;
    int32_t min, max; /* behind a text: the bounds of a repetition, if min is not below 0 */
};

struct printer {
    const struct tree *tree;
    struct buf *out;
    struct item *items;
    size_t count;
};

static void push(struct printer *p, struct item item)
{
    p->items = array_grow(p->out->heap, p->items, p->count, sizeof *p->items);
    p->items[p->count++] = item;
}

static void push_text(struct printer *p, const char *text)
{
    push(p, (struct item){.node = -1, .text = text, .min = -1});
}

static void push_node(struct printer *p, int32_t node)
{
    if (node >= 0)
        push(p, (struct item){.node = node});
}

static void print_code(struct buf *out, uint32_t code)
{
    buf_print(out, "\\x{%x}", code);
}

static void print_range(struct buf *out, uint32_t from, uint32_t last)
{
    if (last > 0x10ffff)
        last = 0x10ffff;
    if (from > last)
        return;
    print_code(out, from);
    if (last > from) {
        buf_add_byte(out, '-');
        print_code(out, last);
    }
}

/* A range without the surrogates, which pcre2 refuses. */
static void print_high_range(struct buf *out, uint32_t from, uint32_t last)
{
    if (from < 0xd800)
        print_range(out, from, last < 0xd800 ? last : 0xd7ff);
    if (last > 0xdfff)
        print_range(out, from > 0xdfff ? from : 0xe000, last);
}

static void print_char(struct printer *p, const struct node *n)
{
    if (n->value & REGEX_RAW || n->value > 0x10ffff) {
        buf_add_text(p->out, "(?!)");
    } else if (n->fold) {
        buf_add_text(p->out, "(?i:");
        print_code(p->out, n->value);
        buf_add_byte(p->out, ')');
    } else {
        print_code(p->out, n->value);
    }
}

/* The bytes in the set, or those that are not. */
static void print_bytes(struct printer *p, const struct set *s, bool in)
{
    for (unsigned from = 0, most = p->tree->utf8 ? 0x80 : 0x100; from < most; from++) {
        unsigned last = from;
        if (set_has_byte(s, from) != in)
            continue;
        while (last + 1 < most && set_has_byte(s, last + 1) == in)
            last++;
        print_range(p->out, from, last);
        from = last;
    }
}

static void print_wide(struct printer *p, const struct set *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct range r = p->tree->ranges[s->ranges + i];
        print_high_range(p->out, r.from, r.last);
    }
    static const struct {
        unsigned classes;
        const char *text;
    } properties[] = {
        {UTF8_ALPHA | UTF8_ALNUM, "\\p{L}\\p{N}"},
        {UTF8_UPPER, "\\p{Lu}\\p{Lt}"},
        {UTF8_LOWER, "\\p{Ll}"},
        {UTF8_SPACE | UTF8_BLANK,
         "\\x{1680}\\x{2000}-\\x{2006}\\x{2008}-\\x{200a}\\x{2028}\\x{2029}\\x{205f}\\x{3000}"},
        {UTF8_PUNCT, "\\p{P}\\p{S}"},
        {UTF8_PRINT, "\\p{L}\\p{N}\\p{M}\\p{P}\\p{S}\\p{Z}"},
        {UTF8_GRAPH, "\\p{L}\\p{N}\\p{M}\\p{P}\\p{S}"},
        {UTF8_CNTRL, "\\x{80}-\\x{9f}\\x{2028}\\x{2029}"},
    };
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (s->classes & properties[i].classes)
            buf_add_text(p->out, properties[i].text);
}

static bool has_bytes(const struct set *s)
{
    for (int i = 0; i < 32; i++)
        if (s->bits[i])
            return true;
    return false;
}

static void print_set(struct printer *p, const struct set *s)
{
    static const char all_high[] = "\\x{80}-\\x{d7ff}\\x{e000}-\\x{10ffff}";
    struct buf *out = p->out;
    bool named = s->count || s->classes & ~(UTF8_DIGIT | UTF8_XDIGIT); /* digits are ASCII only */
    if (!has_bytes(s) && !(s->high && (named || s->inverse))) {
        buf_add_text(out, "(?!)");
        return;
    }
    buf_add_text(out, s->fold && s->high ? "(?i:" : "(?:");
    bool others = s->high && s->inverse; /* all above but some */
    /* One class cannot tell letters from the digits below 0x80 that \p{N} has, nor keep the other case of what it excludes. */
    bool apart = named && s->high && ((s->classes & (UTF8_ALPHA | UTF8_ALNUM)) == UTF8_ALPHA || (others && s->fold));
    if (apart) {
        if (has_bytes(s)) {
            buf_add_byte(out, '[');
            print_bytes(p, s, true);
            buf_add_text(out, "]|");
        }
        buf_add_text(out, others ? "(?![" : "(?![\\x{0}-\\x{7f}])[");
        print_wide(p, s);
        if (others)
            buf_print(out, "])[%s", all_high);
    } else {
        buf_add_text(out, others && named ? "[^" : "[");
        print_bytes(p, s, !(others && named));
        if (named)
            print_wide(p, s);
        else if (others)
            buf_add_text(out, all_high);
    }
    buf_add_byte(out, ']');
    buf_add_byte(out, ')');
}

static const char *anchor_text(const struct tree *t, uint32_t anchor)
{
    bool utf8 = t->utf8;
    switch (anchor) {
    case ANCHOR_BOL: return "^";
    case ANCHOR_EOL: return "$";
    case ANCHOR_TEXT_START: return "\\A";
    case ANCHOR_TEXT_END: return "\\z";
    case ANCHOR_WORD_START: return utf8 ? "(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_])" : "(?<!\\w)(?=\\w)";
    case ANCHOR_WORD_END: return utf8 ? "(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])" : "(?<=\\w)(?!\\w)";
    case ANCHOR_WORD_INSIDE: return utf8 ? "(?<=[\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_])" : "(?<=\\w)(?=\\w)";
    case ANCHOR_WORD_OUTSIDE: return utf8 ? "(?<![\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])" : "(?<!\\w)(?!\\w)";
    case ANCHOR_NOT_WORD_BEFORE: return utf8 ? "(?<![\\p{L}\\p{N}_])" : "(?<!\\w)";
    default: return utf8 ? "(?![\\p{L}\\p{N}_])" : "(?!\\w)";
    }
}

static void print_node(struct printer *p, int32_t number)
{
    const struct node *n = &p->tree->nodes[number];
    switch (n->kind) {
    case NODE_CHAR: print_char(p, n); break;
    case NODE_SET: print_set(p, &p->tree->sets[n->value]); break;
    case NODE_ANCHOR: buf_add_text(p->out, anchor_text(p->tree, n->value)); break;
    case NODE_BACK:
        buf_print(p->out, p->tree->flags & REGEX_FOLD ? "(?i:\\g{%u})" : "\\g{%u}", n->value);
        break;
    case NODE_CAT:
        push_node(p, n->b);
        push_node(p, n->a);
        break;
    case NODE_ALT:
        buf_add_text(p->out, "(?:");
        push_text(p, ")");
        push_node(p, n->b);
        push_text(p, "|");
        push_node(p, n->a);
        break;
    case NODE_GROUP:
        buf_add_byte(p->out, '(');
        push_text(p, ")");
        push_node(p, n->a);
        break;
    default:
        buf_add_text(p->out, "(?:");
        push(p, (struct item){.node = -1, .text = ")", .min = n->min, .max = n->max});
        push_node(p, n->a);
    }
}

void tree_print(const struct tree *t, int32_t node, struct buf *out)
{
    struct printer p = {.tree = t, .out = out};
    push_node(&p, node);
    while (p.count > 0) {
        struct item i = p.items[--p.count];
        if (i.node >= 0) {
            print_node(&p, i.node);
            continue;
        }
        buf_add_text(out, i.text);
        if (i.min < 0)
            continue;
        if (i.max < 0)
            buf_print(out, "{%d,}", (int)i.min);
        else
            buf_print(out, "{%d,%d}", (int)i.min, (int)i.max);
    }
    heap_free(out->heap, p.items);
}
