/* regex/literal.c - strings of which every match of a pattern has one.
 *
 * From the leaves up, three sets of strings are kept for each part of the pattern: what its matches begin with, what
 * they end with, and the best of what they must have somewhere; a part whose matches are a few strings is exact. The
 * strings are few and short: at most sixty-four of them; each byte may have two cases.
 */
#include "regex/literal.h"

/* How frequent a byte is in text and source code, from measuring: 255 is the most frequent. */
static const uint8_t frequency[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 141, 198, 0, 1, 61, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 255, 62, 182, 135, 132, 80, 71, 164, 152, 152, 141, 110, 185, 162, 167, 148,
    162, 176, 154, 148, 142, 128, 133, 122, 123, 129, 163, 128, 120, 136, 129, 74, 121, 156, 139, 159, 140, 166, 139, 136,
    122, 162, 96, 116, 149, 139, 157, 144, 141, 111, 152, 163, 155, 142, 116, 116, 132, 114, 120, 108, 128, 108, 58, 183,
    59, 206, 165, 189, 187, 222, 176, 169, 176, 206, 110, 139, 192, 180, 204, 202, 179, 111, 204, 204, 212, 180, 153, 153,
    146, 160, 112, 123, 98, 123, 73, 0, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110,
    110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110,
    110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110, 110,
    30, 30, 30, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100,
    30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
};

/* --- sets of strings -------------------------------------------------------------------------- */

struct part {
    bool exact;     /* its matches are the strings of `begin`, all of them */
    bool anchored;  /* ... where anchors allow */
    struct literals begin, end, best;
};

/* The strings that are there: the room for more is not looked at. */
static void copy(struct literals *to, const struct literals *from)
{
    to->count = from->count;
    memcpy(to->items, from->items, from->count * sizeof *from->items);
}

/* Only the empty string, which is anywhere. */
static void know_anything(struct literals *s)
{
    s->count = 1;
    s->items[0].length = 0;
}

unsigned literal_rarity(const struct literal *l, unsigned at)
{
    unsigned a = frequency[l->bytes[at][0]], b = frequency[l->bytes[at][1]];
    if (l->bytes[at][0] != l->bytes[at][1])
        a = a > b ? a + 10 : b + 10;
    return a < 255 ? 255 - a : 0;
}

/* How good a set is to look for: what its most frequent member is worth; 0 for none. */
static unsigned worth(const struct literals *s)
{
    unsigned least = s->count ? 1000000 : 0;
    for (unsigned i = 0; i < s->count; i++) {
        const struct literal *l = &s->items[i];
        unsigned first = 0, second = 0;
        for (unsigned at = 0; at < l->length; at++) {
            unsigned r = literal_rarity(l, at);
            if (r > first)
                second = first, first = r;
            else if (r > second)
                second = r;
        }
        unsigned w = l->length < 2 ? first / 4 : first + second + l->length * 4u;
        if (l->length == 0)
            w = 0;
        if (w < least)
            least = w;
    }
    unsigned cost = s->count <= 8 ? 8 * s->count : 56 + s->count;
    return least > cost ? least - cost : 0;
}

static void keep_best(struct part *p, const struct literals *s)
{
    if (worth(s) > worth(&p->best))
        copy(&p->best, s);
}

static bool same_literal(const struct literal *a, const struct literal *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length * sizeof *a->bytes) == 0;
}

/* Adds the strings of another set; false, and nothing known, when they are too many. */
static bool unite(struct literals *s, const struct literals *other)
{
    for (unsigned i = 0; i < other->count; i++) {
        unsigned j = 0;
        while (j < s->count && !same_literal(&s->items[j], &other->items[i]))
            j++;
        if (j < s->count)
            continue;
        if (s->count == LITERALS_MOST) {
            know_anything(s);
            return false;
        }
        s->items[s->count++] = other->items[i];
    }
    return true;
}

enum cut { CUT_END, CUT_START };

enum { PRODUCT_MOST = 16 }; /* of several and several: more and shorter strings are worth less */

/* Each of `s` followed by each of `other`; what is too long loses its end or its start. False when they are too many. */
static bool multiply(struct literals *s, const struct literals *other, enum cut cut, bool *whole)
{
    struct literals out;
    out.count = 0;
    if (s->count * other->count > (s->count > 1 && other->count > 1 ? PRODUCT_MOST : LITERALS_MOST))
        return false;
    for (unsigned i = 0; i < s->count; i++)
        for (unsigned j = 0; j < other->count; j++) {
            const struct literal *a = &s->items[i], *b = &other->items[j];
            struct literal *l = &out.items[out.count++];
            unsigned length = a->length + b->length, skip = 0;
            if (length > LITERAL_BYTES) {
                *whole = false;
                if (cut == CUT_START)
                    skip = length - LITERAL_BYTES;
                length = LITERAL_BYTES;
            }
            l->length = (uint8_t)length;
            for (unsigned k = 0; k < length; k++) {
                unsigned from = k + skip;
                memcpy(l->bytes[k], from < a->length ? a->bytes[from] : b->bytes[from - a->length], 2);
            }
        }
    copy(s, &out);
    return true;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void know_nothing(struct part *p)
{
    p->exact = p->anchored = false;
    know_anything(&p->begin);
    know_anything(&p->end);
    p->best.count = 0;
}

static void know_exact(struct part *p)
{
    p->exact = true;
    p->anchored = false;
    p->end.count = p->best.count = 0;
}

static void add_byte(struct literal *l, uint8_t byte, uint8_t other)
{
    l->bytes[l->length][0] = byte;
    l->bytes[l->length++][1] = other;
}

static void know_char(struct part *p, const struct tree *t, const struct node *n)
{
    struct literal *l = &p->begin.items[0];
    uint32_t code = n->value;
    p->begin.count = 1;
    l->length = 0;
    know_exact(p);
    if (t->flags & REGEX_NEWLINE && code == (unsigned char)t->end) {
        know_nothing(p); /* no line has what ends it */
    } else if (code & REGEX_RAW) {
        add_byte(l, (uint8_t)code, (uint8_t)code);
    } else if (!t->utf8 || code < 0x80) {
        uint8_t lower = n->fold && code < 0x80 ? utf8_ascii_lower[code] : (uint8_t)code;
        if (n->fold && t->utf8 && (code == 'S' || code == 'I' || code == 'K'))
            know_nothing(p); /* a long s, a dotless i; pcre2 has the Kelvin sign too */
        else
            add_byte(l, (uint8_t)code, lower);
    } else if (n->fold) {
        know_nothing(p);
    } else {
        char bytes[UTF8_MOST];
        size_t length = utf8_encode(code, bytes);
        for (size_t i = 0; i < length; i++)
            add_byte(l, (uint8_t)bytes[i], (uint8_t)bytes[i]);
    }
}

/* A set of one letter in both cases, or of a few bytes. */
static void know_set(struct part *p, const struct set *s)
{
    uint8_t bytes[4];
    unsigned count = 0;
    for (unsigned byte = 0; byte < 256; byte++)
        if (set_has_byte(s, byte)) {
            if (count == 4)
                break;
            bytes[count++] = (uint8_t)byte;
        }
    if (s->high || count == 0 || count > 3) {
        know_nothing(p);
        return;
    }
    know_exact(p);
    p->begin.count = 0;
    if (count == 2 && (bytes[0] ^ bytes[1]) == 0x20) {
        p->begin.items[p->begin.count].length = 0;
        add_byte(&p->begin.items[p->begin.count++], bytes[0], bytes[1]);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        p->begin.items[i].length = 0;
        add_byte(&p->begin.items[p->begin.count++], bytes[i], bytes[i]);
    }
}

/* An exact part whose strings have become too many, or too long, is one of which begin and end are known. */
static void loosen(struct part *p)
{
    if (!p->exact)
        return;
    p->exact = false;
    copy(&p->end, &p->begin);
    copy(&p->best, &p->begin);
}

static void join(struct part *a, struct part *b)
{
    bool whole = true;
    a->anchored |= b->anchored;
    if (a->exact && b->exact) {
        struct literals product;
        copy(&product, &a->begin);
        if (multiply(&product, &b->begin, CUT_END, &whole) && whole) {
            copy(&a->begin, &product);
            return;
        }
    }
    bool a_exact = a->exact, b_exact = b->exact;
    loosen(a);
    loosen(b);
    keep_best(a, &b->best);
    struct literals middle;
    copy(&middle, &a->end);
    if (multiply(&middle, &b->begin, CUT_END, &whole))
        keep_best(a, &middle);
    if (a_exact)
        multiply(&a->begin, &b->begin, CUT_END, &whole);
    if (!b_exact || !multiply(&a->end, &b->end, CUT_START, &whole))
        copy(&a->end, &b->end);
    keep_best(a, &a->begin);
    keep_best(a, &a->end);
}

static void choose(struct part *a, struct part *b)
{
    if (a->exact && b->exact) {
        struct literals both;
        copy(&both, &a->begin);
        if (unite(&both, &b->begin) && both.count) {
            copy(&a->begin, &both);
            a->anchored |= b->anchored;
            return;
        }
    }
    loosen(a);
    loosen(b);
    a->anchored |= b->anchored;
    unite(&a->begin, &b->begin);
    unite(&a->end, &b->end);
    if (a->best.count && b->best.count)
        unite(&a->best, &b->best);
    else
        a->best.count = 0;
}

static void repeat(struct part *p, const struct node *n)
{
    if (n->min == 0) {
        know_nothing(p);
        p->anchored = true;
        return;
    }
    loosen(p);
}

/* A part put away until its parent is looked at: its sets one behind the other. */
struct packed {
    bool exact, anchored;
    uint8_t begin, end, best;
    struct literal items[];
};

struct builder {
    const struct tree *tree;
    struct packed **parts; /* by node, while its parent has not been looked at */
    struct part *part, *other; /* those being looked at: too large for the stack */
};

static void put_away(struct builder *b, int32_t node, const struct part *p)
{
    size_t count = (size_t)p->begin.count + p->end.count + p->best.count;
    struct packed *k = heap_alloc(b->tree->heap, sizeof *k + count * sizeof *k->items);
    struct literal *at = k->items;
    *k = (struct packed){p->exact, p->anchored, p->begin.count, p->end.count, p->best.count};
    memcpy(at, p->begin.items, k->begin * sizeof *at);
    memcpy(at + k->begin, p->end.items, k->end * sizeof *at);
    memcpy(at + k->begin + k->end, p->best.items, k->best * sizeof *at);
    b->parts[node] = k;
}

static void take_out(struct builder *b, int32_t node, struct part *p)
{
    struct packed *k = b->parts[node];
    const struct literal *at = k->items;
    p->exact = k->exact;
    p->anchored = k->anchored;
    memcpy(p->begin.items, at, (p->begin.count = k->begin) * sizeof *at);
    memcpy(p->end.items, at + k->begin, (p->end.count = k->end) * sizeof *at);
    memcpy(p->best.items, at + k->begin + k->end, (p->best.count = k->best) * sizeof *at);
    heap_free(b->tree->heap, k);
    b->parts[node] = NULL;
}

static void part_of(struct builder *b, int32_t node, struct part *p)
{
    const struct tree *t = b->tree;
    if (node >= 0 && b->parts[node]) {
        take_out(b, node, p);
        return;
    }
    know_anything(&p->begin);
    know_exact(p);
    if (node < 0)
        return;
    const struct node *n = &t->nodes[node];
    if (n->kind == NODE_CHAR)
        know_char(p, t, n);
    else if (n->kind == NODE_SET)
        know_set(p, &t->sets[n->value]);
    else if (n->kind == NODE_ANCHOR)
        p->anchored = true;
    else
        know_nothing(p);
}

static void look_at(struct builder *b, int32_t node)
{
    const struct node *n = &b->tree->nodes[node];
    if (n->kind == NODE_CHAR || n->kind == NODE_SET || n->kind == NODE_ANCHOR || n->kind == NODE_BACK)
        return;
    struct part *p = b->part, *other = b->other;
    part_of(b, n->a, p);
    if (n->kind == NODE_CAT || n->kind == NODE_ALT) {
        part_of(b, n->b, other);
        if (n->kind == NODE_CAT)
            join(p, other);
        else
            choose(p, other);
    } else if (n->kind == NODE_REPEAT) {
        repeat(p, n);
    }
    put_away(b, node, p);
}

enum { NODES_MOST = 4096, WORTH_LEAST = 60 };

bool literals_init(struct literals *set, const struct tree *t, bool *exact, bool *begins)
{
    struct builder b = {.tree = t};
    set->count = 0;
    *exact = *begins = false;
    if (t->root < 0 || t->node_count > NODES_MOST)
        return false;
    b.parts = heap_zero(t->heap, (size_t)t->node_count * sizeof *b.parts);
    struct part *p = b.part = heap_alloc(t->heap, 2 * sizeof *b.part);
    b.other = b.part + 1;
    for (int32_t i = 0; i < t->node_count; i++)
        look_at(&b, i);
    part_of(&b, t->root, p);
    if (p->exact) {
        copy(set, &p->begin);
        *exact = !p->anchored;
        *begins = true;
    } else {
        keep_best(p, &p->begin);
        keep_best(p, &p->end);
        *begins = worth(&p->begin) == worth(&p->best);
        copy(set, *begins ? &p->begin : &p->best);
    }
    heap_free(t->heap, p);
    for (int32_t i = 0; i < t->node_count; i++)
        heap_free(t->heap, b.parts[i]); /* parts of which nothing is */
    heap_free(t->heap, b.parts);
    for (unsigned i = 0; i < set->count; i++)
        if (set->items[i].length == 0)
            return false;
    return worth(set) >= (*exact ? 1 : WORTH_LEAST);
}
