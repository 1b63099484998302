/* regex/finder.c - the first place in a text where one of some strings is.
 *
 * A few strings are looked for each by its two rarest bytes; more of them all at once, by four bytes that each of them
 * has at the same places: every half of such a byte tells which of eight groups of strings it may be of. Either way, sixteen places
 * are looked at in a turn where the machine can, and the strings themselves only where those bytes are.
 */
#include "regex/finder.h"
#include "base/lanes.h"
#include "regex/literal.h"

enum {
    FEW = 3,     /* strings that are looked for each by itself, if letters have one case or there is only one string */
    GROUPS = 8,  /* bits of a byte */
    TELLING = 4  /* bytes that tell the groups */
};

struct finder {
    bool exact, begins;
    bool even; /* all strings are equally long */
    bool cases; /* some byte has two */
    uint8_t first[FEW], second[FEW]; /* the rarest bytes of a few */
    uint8_t from; /* of many: where in each string the bytes are that tell */
    uint8_t low[TELLING][16], high[TELLING][16]; /* the groups by their halves */
    uint8_t groups[GROUPS + 1]; /* where the strings of a group begin */
    struct head { uint64_t bytes, care; } *heads; /* of many, else NULL: their first eight bytes, and the bits of them that count */
    uint8_t count;
    struct literal items[];
};

static bool has_cases(const struct literal *l, unsigned at)
{
    return l->bytes[at][0] != l->bytes[at][1];
}

/* The two rarest places of each string. */
static void choose_places(struct finder *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        const struct literal *l = &f->items[i];
        unsigned first = 0, second = l->length > 1;
        for (unsigned at = 1; at < l->length; at++)
            if (literal_rarity(l, at) > literal_rarity(l, first))
                first = at;
        if (second == first)
            second = 0;
        for (unsigned at = 0; at < l->length; at++)
            if (at != first && literal_rarity(l, at) > literal_rarity(l, second))
                second = at;
        f->first[i] = (uint8_t)first;
        f->second[i] = (uint8_t)second;
        f->cases |= has_cases(l, first) || has_cases(l, second);
    }
}

/* The bytes that tell are where the most frequent of all strings is rarest there. Strings that are alike at that place come
 * into the same group. */
static void choose_groups(struct finder *f)
{
    unsigned shortest = LITERAL_BYTES, best = 0;
    for (unsigned i = 0; i < f->count; i++)
        if (f->items[i].length < shortest)
            shortest = f->items[i].length;
    unsigned telling = shortest < TELLING ? shortest : TELLING;
    for (unsigned from = 0; from + telling <= shortest; from++) {
        unsigned least = 1000000;
        for (unsigned i = 0; i < f->count; i++) {
            unsigned sum = 1;
            for (unsigned k = 0; k < telling; k++)
                sum += literal_rarity(&f->items[i], from + k);
            if (sum < least)
                least = sum;
        }
        if (least > best) {
            best = least;
            f->from = (uint8_t)from;
        }
    }
    for (unsigned i = 1; i < f->count; i++)
        for (unsigned j = i; j && memcmp(f->items[j].bytes[f->from], f->items[j - 1].bytes[f->from], 2 * telling) < 0; j--) {
            struct literal swap = f->items[j];
            f->items[j] = f->items[j - 1];
            f->items[j - 1] = swap;
        }
    for (unsigned group = 0; group <= GROUPS; group++)
        f->groups[group] = (uint8_t)((group * f->count + GROUPS - 1) / GROUPS);
    for (unsigned k = telling; k < TELLING; k++) {
        memset(f->low[k], 0xff, sizeof f->low[k]);
        memset(f->high[k], 0xff, sizeof f->high[k]);
    }
    for (unsigned group = 0; group < GROUPS; group++)
        for (unsigned i = f->groups[group]; i < f->groups[group + 1]; i++)
            for (unsigned k = 0; k < telling; k++)
                for (unsigned c = 0; c < 2; c++) {
                    unsigned byte = f->items[i].bytes[f->from + k][c];
                    f->low[k][byte & 15] |= (uint8_t)(1 << group);
                    f->high[k][byte >> 4] |= (uint8_t)(1 << group);
                }
}

static void make_heads(struct finder *f, struct heap *heap)
{
    f->heads = heap_zero(heap, f->count * sizeof *f->heads);
    for (unsigned i = 0; i < f->count; i++) {
        uint8_t bytes[8] = {0}, care[8] = {0};
        for (unsigned at = 0; at < 8 && at < f->items[i].length; at++) {
            bytes[at] = f->items[i].bytes[at][0];
            care[at] = (uint8_t)~(f->items[i].bytes[at][0] ^ f->items[i].bytes[at][1]);
        }
        memcpy(&f->heads[i].bytes, bytes, 8);
        memcpy(&f->heads[i].care, care, 8);
    }
}

struct finder *finder_new(const struct tree *t)
{
    struct literals set;
    bool exact, begins;
    if (!literals_init(&set, t, &exact, &begins))
        return NULL;
    struct finder *f = heap_zero(t->heap, sizeof *f + set.count * sizeof *f->items);
    f->exact = exact;
    f->begins = begins;
    f->count = set.count;
    f->even = true;
    for (unsigned i = 1; i < set.count; i++)
        f->even &= set.items[i].length == set.items[0].length;
    memcpy(f->items, set.items, set.count * sizeof *f->items);
    if (f->count <= FEW)
        choose_places(f);
    if (f->count > FEW || (f->cases && f->count > 1)) {
        choose_groups(f);
        make_heads(f, t->heap);
    }
    return f;
}

void finder_free(struct heap *heap, struct finder *f)
{
    if (f)
        heap_free(heap, f->heads);
    heap_free(heap, f);
}

bool finder_exact(const struct finder *f)
{
    return f->exact;
}

bool finder_begins(const struct finder *f)
{
    return f->begins;
}

bool finder_even(const struct finder *f)
{
    return f->even;
}

static bool is_at(const struct literal *l, const unsigned char *p, const unsigned char *end)
{
    if (end - p < l->length)
        return false;
    for (unsigned i = 0; i < l->length; i++)
        if (p[i] != l->bytes[i][0] && p[i] != l->bytes[i][1])
            return false;
    return true;
}

size_t finder_longest(const struct finder *f, struct str text, size_t at)
{
    const unsigned char *p = (const unsigned char *)text.data + at, *end = (const unsigned char *)text.data + text.length;
    size_t longest = 0;
    for (unsigned i = 0; i < f->count; i++)
        if (f->items[i].length > longest && is_at(&f->items[i], p, end))
            longest = f->items[i].length;
    return longest;
}

static bool any_at(const struct finder *f, const unsigned char *p, const unsigned char *end)
{
    for (unsigned i = 0; i < f->count; i++)
        if (is_at(&f->items[i], p, end))
            return true;
    return false;
}

/* Of the groups whose bits are set. */
static bool grouped_at(const struct finder *f, unsigned groups, const unsigned char *p, const unsigned char *end)
{
    for (; groups; groups &= groups - 1) {
        unsigned group = (unsigned)__builtin_ctz(groups);
        for (unsigned i = f->groups[group]; i < f->groups[group + 1]; i++) {
            if (end - p >= 8) {
                uint64_t bytes;
                memcpy(&bytes, p, 8);
                if ((bytes ^ f->heads[i].bytes) & f->heads[i].care)
                    continue;
            }
            if (is_at(&f->items[i], p, end))
                return true;
        }
    }
    return false;
}

#if LANES
/* One string without cases: 32 places a turn. As those below, answers where it is, or NULL and *reached, up to which it is not. */
static const unsigned char *find_one(const struct finder *f, const unsigned char *p, const unsigned char *stop,
                                     const unsigned char *end, const unsigned char **reached)
{
    const struct literal *l = &f->items[0];
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

static const unsigned char *find_few(const struct finder *f, const unsigned char *p, const unsigned char *stop,
                                     const unsigned char *end, const unsigned char **reached)
{
    lanes a[FEW], b[FEW], a2[FEW], b2[FEW];
    unsigned count = f->count;
    for (unsigned i = 0; i < count; i++) {
        const struct literal *l = &f->items[i];
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

/* The groups that one byte allows at each of sixteen places. */
LANES_LOOKUP static inline lanes tell(lanes low, lanes high, const unsigned char *p)
{
    lanes text = lanes_load(p);
    return lanes_lookup(low, text & 15) & lanes_lookup(high, text >> 4);
}

LANES_LOOKUP static const unsigned char *find_many(const struct finder *f, const unsigned char *p, const unsigned char *stop,
                                                   const unsigned char *end, const unsigned char **reached)
{
    const lanes low0 = lanes_load(f->low[0]), low1 = lanes_load(f->low[1]), low2 = lanes_load(f->low[2]), low3 = lanes_load(f->low[3]);
    const lanes high0 = lanes_load(f->high[0]), high1 = lanes_load(f->high[1]), high2 = lanes_load(f->high[2]),
                high3 = lanes_load(f->high[3]);
    const unsigned char *x = p + f->from;
    _Static_assert(TELLING == 4, "as many bytes as are looked at here");
    for (; stop - p >= 16 && end - p >= 16 + LITERAL_BYTES; p += 16, x += 16) {
        lanes m = tell(low0, high0, x) & tell(low1, high1, x + 1) & tell(low2, high2, x + 2) & tell(low3, high3, x + 3);
        unsigned bits = lanes_places((lanes)(m == 0)) ^ 0xffff;
        if (!bits)
            continue;
        unsigned char groups[16];
        memcpy(groups, &m, sizeof groups);
        for (; bits; bits &= bits - 1) {
            int at = __builtin_ctz(bits);
            if (grouped_at(f, groups[at], p + at, end))
                return p + at;
        }
    }
    *reached = p;
    return NULL;
}
#endif

/* Up to `stop`, a place at a time. */
static const unsigned char *find_slowly(const struct finder *f, const unsigned char *p, const unsigned char *stop,
                                        const unsigned char *end)
{
    if (f->count == 1 && !f->cases) {
        const struct literal *l = &f->items[0];
        unsigned at = f->first[0];
        for (; p < stop && end - p >= l->length; p++) {
            p = memchr(p + at, l->bytes[at][0], (size_t)(end - p) - at);
            if (!p || (p -= at) >= stop)
                return NULL;
            if (is_at(l, p, end))
                return p;
        }
        return NULL;
    }
    for (; p < stop; p++) {
        unsigned groups = 0xff;
        for (unsigned k = 0; f->heads && k < TELLING && groups; k++)
            if (p + f->from + k < end)
                groups &= f->low[k][p[f->from + k] & 15] & f->high[k][p[f->from + k] >> 4];
        if (f->heads ? grouped_at(f, groups, p, end) : any_at(f, p, end))
            return p;
    }
    return NULL;
}

ptrdiff_t finder_find(const struct finder *f, struct str text, size_t from, size_t limit)
{
    const unsigned char *base = (const unsigned char *)text.data, *p = base + from, *stop = base + limit;
    const unsigned char *end = base + text.length, *hit = NULL;
#if LANES
    if (stop - p >= 32) {
        if (f->heads)
            hit = lanes_may_look_up() ? find_many(f, p, stop, end, &p) : NULL;
        else if (f->count == 1 && !f->cases)
            hit = find_one(f, p, stop, end, &p);
        else
            hit = find_few(f, p, stop, end, &p);
    }
#endif
    if (!hit)
        hit = find_slowly(f, p, stop, end);
    return hit ? hit - base : -1;
}
