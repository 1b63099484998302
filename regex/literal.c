/* regex/literal.c - strings of which every match has one, and finding them.
 *
 * From the leaves up, three sets of strings are kept for each part of the pattern: what its matches begin with, what
 * they end with, and the best of what they must have somewhere; a part whose matches are a few strings is exact. The
 * finder looks for at most eight strings at once, each by its two rarest bytes, 16 places at a time where the
 * machine can; each byte may have two cases.
 */
#include "base/lanes.h"
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

static const struct literals anything = {.count = 1};

static unsigned rarity(const struct literal *l, unsigned at)
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
            unsigned r = rarity(l, at);
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
    return least > 8 * s->count ? least - 8 * s->count : 0;
}

static void keep_best(struct part *p, const struct literals *s)
{
    if (worth(s) > worth(&p->best))
        p->best = *s;
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
            *s = anything;
            return false;
        }
        s->items[s->count++] = other->items[i];
    }
    return true;
}

enum cut { CUT_END, CUT_START };

/* Each of `s` followed by each of `other`; what is too long loses its end or its start. False when they are too many. */
static bool multiply(struct literals *s, const struct literals *other, enum cut cut, bool *whole)
{
    struct literals out = {0};
    if (s->count * other->count > LITERALS_MOST)
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
    *s = out;
    return true;
}

/* --- parts ------------------------------------------------------------------------------------ */

static void know_nothing(struct part *p)
{
    *p = (struct part){.begin = anything, .end = anything};
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
    p->end = p->begin;
    p->best = p->begin;
}

static void join(struct part *a, struct part *b)
{
    bool whole = true;
    a->anchored |= b->anchored;
    if (a->exact && b->exact) {
        struct literals product = a->begin;
        if (multiply(&product, &b->begin, CUT_END, &whole) && whole) {
            a->begin = product;
            return;
        }
    }
    bool a_exact = a->exact, b_exact = b->exact;
    loosen(a);
    loosen(b);
    keep_best(a, &b->best);
    struct literals middle = a->end;
    if (multiply(&middle, &b->begin, CUT_END, &whole))
        keep_best(a, &middle);
    if (a_exact)
        multiply(&a->begin, &b->begin, CUT_END, &whole);
    if (!b_exact || !multiply(&a->end, &b->end, CUT_START, &whole))
        a->end = b->end;
    keep_best(a, &a->begin);
    keep_best(a, &a->end);
}

static void choose(struct part *a, struct part *b)
{
    if (a->exact && b->exact) {
        struct literals both = a->begin;
        if (unite(&both, &b->begin) && both.count) {
            a->begin = both;
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

struct finder_builder {
    const struct tree *tree;
    struct part **parts; /* by node, while its parent has not been looked at */
};

static struct part *part_of(struct finder_builder *b, int32_t node)
{
    const struct tree *t = b->tree;
    struct part *p = node < 0 ? NULL : b->parts[node];
    if (p) {
        b->parts[node] = NULL;
        return p;
    }
    p = heap_alloc(t->heap, sizeof *p);
    p->begin.count = 1;
    p->begin.items[0].length = 0;
    know_exact(p);
    if (node < 0)
        return p;
    const struct node *n = &t->nodes[node];
    if (n->kind == NODE_CHAR)
        know_char(p, t, n);
    else if (n->kind == NODE_SET)
        know_set(p, &t->sets[n->value]);
    else if (n->kind == NODE_ANCHOR)
        p->anchored = true;
    else
        know_nothing(p);
    return p;
}

static void look_at(struct finder_builder *b, int32_t node)
{
    const struct node *n = &b->tree->nodes[node];
    if (n->kind == NODE_CHAR || n->kind == NODE_SET || n->kind == NODE_ANCHOR || n->kind == NODE_BACK)
        return;
    struct part *p = part_of(b, n->a);
    if (n->kind == NODE_CAT || n->kind == NODE_ALT) {
        struct part *other = part_of(b, n->b);
        if (n->kind == NODE_CAT)
            join(p, other);
        else
            choose(p, other);
        heap_free(b->tree->heap, other);
    } else if (n->kind == NODE_REPEAT) {
        repeat(p, n);
    }
    b->parts[node] = p;
}

/* The two rarest places of each string. */
static void choose_places(struct finder *f)
{
    for (unsigned i = 0; i < f->set.count; i++) {
        const struct literal *l = &f->set.items[i];
        unsigned first = 0, second = l->length > 1;
        for (unsigned at = 1; at < l->length; at++)
            if (rarity(l, at) > rarity(l, first))
                first = at;
        if (second == first)
            second = 0;
        for (unsigned at = 0; at < l->length; at++)
            if (at != first && rarity(l, at) > rarity(l, second))
                second = at;
        f->first[i] = (uint8_t)first;
        f->second[i] = (uint8_t)second;
        if (l->bytes[first][0] != l->bytes[first][1] || l->bytes[second][0] != l->bytes[second][1])
            f->cases = true;
        if (l->length > f->longest)
            f->longest = l->length;
    }
}

enum { NODES_MOST = 4096, WORTH_LEAST = 60 };

bool finder_init(struct finder *f, const struct tree *t)
{
    struct finder_builder b = {.tree = t};
    *f = (struct finder){0};
    if (t->root < 0 || t->node_count > NODES_MOST)
        return false;
    b.parts = heap_zero(t->heap, (size_t)t->node_count * sizeof *b.parts);
    for (int32_t i = 0; i < t->node_count; i++)
        look_at(&b, i);
    struct part *p = part_of(&b, t->root);
    if (p->exact) {
        f->set = p->begin;
        f->exact = !p->anchored;
        f->begins = true;
    } else {
        keep_best(p, &p->begin);
        keep_best(p, &p->end);
        f->set = p->best;
        f->begins = worth(&p->begin) == worth(&p->best);
        if (f->begins)
            f->set = p->begin;
    }
    f->usable = f->exact ? worth(&f->set) > 0 : worth(&f->set) >= WORTH_LEAST;
    for (unsigned i = 0; i < f->set.count; i++)
        if (f->set.items[i].length == 0)
            f->usable = false;
    heap_free(t->heap, p);
    for (int32_t i = 0; i < t->node_count; i++)
        heap_free(t->heap, b.parts[i]); /* parts of which nothing is */
    heap_free(t->heap, b.parts);
    if (f->usable)
        choose_places(f);
    return f->usable;
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool is_at(const struct literal *l, const unsigned char *p, const unsigned char *end)
{
    if (end - p < l->length)
        return false;
    for (unsigned i = 0; i < l->length; i++)
        if (p[i] != l->bytes[i][0] && p[i] != l->bytes[i][1])
            return false;
    return true;
}

static bool any_at(const struct finder *f, const unsigned char *p, const unsigned char *end)
{
    for (unsigned i = 0; i < f->set.count; i++)
        if (is_at(&f->set.items[i], p, end))
            return true;
    return false;
}

size_t finder_longest(const struct finder *f, struct str text, size_t at)
{
    const unsigned char *p = (const unsigned char *)text.data + at, *end = (const unsigned char *)text.data + text.length;
    size_t longest = 0;
    for (unsigned i = 0; i < f->set.count; i++)
        if (f->set.items[i].length > longest && is_at(&f->set.items[i], p, end))
            longest = f->set.items[i].length;
    return longest;
}

#if LANES
/* One string without cases: 32 places a turn. Answers where it is, or NULL and *reached, up to which it is not. */
static const unsigned char *find_one(const struct finder *f, const unsigned char *p, const unsigned char *stop,
                                     const unsigned char *end, const unsigned char **reached)
{
    const struct literal *l = &f->set.items[0];
    const lanes a = lanes_all(l->bytes[f->first[0]][0]), b = lanes_all(l->bytes[f->second[0]][0]);
    const unsigned char *x = p + f->first[0], *y = p + f->second[0];
    for (; stop - p >= 32 && end - p >= 32 + LITERAL_BYTES; p += 32, x += 32, y += 32) {
        lanes m = (lanes)(lanes_load(x) == a) & (lanes)(lanes_load(y) == b);
        lanes n = (lanes)(lanes_load(x + 16) == a) & (lanes)(lanes_load(y + 16) == b);
        for (unsigned bits = lanes_places(m) | lanes_places(n) << 16; bits; bits &= bits - 1) {
            const unsigned char *candidate = p + __builtin_ctz(bits);
            if (is_at(l, candidate, end))
                return candidate;
        }
    }
    *reached = p;
    return NULL;
}

static const unsigned char *find_any(const struct finder *f, const unsigned char *p, const unsigned char *stop,
                                     const unsigned char *end, const unsigned char **reached)
{
    lanes a[LITERALS_MOST], b[LITERALS_MOST], a2[LITERALS_MOST], b2[LITERALS_MOST];
    unsigned count = f->set.count;
    for (unsigned i = 0; i < count; i++) {
        const struct literal *l = &f->set.items[i];
        a[i] = lanes_all(l->bytes[f->first[i]][0]);
        a2[i] = lanes_all(l->bytes[f->first[i]][1]);
        b[i] = lanes_all(l->bytes[f->second[i]][0]);
        b2[i] = lanes_all(l->bytes[f->second[i]][1]);
    }
    for (; stop - p >= 16 && end - p >= 16 + LITERAL_BYTES; p += 16) {
        lanes m = lanes_all(0);
        if (f->cases)
            for (unsigned i = 0; i < count; i++) {
                lanes x = lanes_load(p + f->first[i]), y = lanes_load(p + f->second[i]);
                m |= ((lanes)(x == a[i]) | (lanes)(x == a2[i])) & ((lanes)(y == b[i]) | (lanes)(y == b2[i]));
            }
        else
            for (unsigned i = 0; i < count; i++)
                m |= (lanes)(lanes_load(p + f->first[i]) == a[i]) & (lanes)(lanes_load(p + f->second[i]) == b[i]);
        for (unsigned bits = lanes_places(m); bits; bits &= bits - 1) {
            const unsigned char *candidate = p + __builtin_ctz(bits);
            if (any_at(f, candidate, end))
                return candidate;
        }
    }
    *reached = p;
    return NULL;
}
#endif

ptrdiff_t finder_find(const struct finder *f, struct str text, size_t from, size_t limit)
{
    const unsigned char *base = (const unsigned char *)text.data, *p = base + from, *stop = base + limit;
    const unsigned char *end = base + text.length;
#if LANES
    if (stop - p >= 32) {
        const unsigned char *hit = f->set.count == 1 && !f->cases ? find_one(f, p, stop, end, &p)
                                                                  : find_any(f, p, stop, end, &p);
        if (hit)
            return hit - base;
    }
#endif
    if (f->set.count == 1 && !f->cases) {
        const struct literal *l = &f->set.items[0];
        unsigned at = f->first[0];
        for (; p < stop && end - p >= l->length; p++) {
            p = memchr(p + at, l->bytes[at][0], (size_t)(end - p) - at);
            if (!p || (p -= at) >= stop)
                return -1;
            if (is_at(l, p, end))
                return p - base;
        }
        return -1;
    }
    for (; p < stop; p++)
        if (any_at(f, p, end))
            return p - base;
    return -1;
}
