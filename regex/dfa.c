/* regex/dfa.c - an automaton without choices whose states are made when they are first reached.
 *
 * A state is a set of the NFA's states and the kind of character before. The table of its ways on has a
 * column for each class of bytes; a character above 0x7f, where a pattern tells such apart, is decoded
 * and looked up as a whole, so classes of any size cost no states. Whether a match ends at a place is known
 * with the character behind it: so every anchor is a property of two kinds.
 *
 * For the leftmost-longest match the set is a list of sets, older beginnings first, and a state that an older
 * beginning has reached is not listed again. Once a beginning has matched, younger ones are dropped. For the match that
 * Perl and Rust prefer it is one list in the order of preference; what stands behind an end is dropped.
 */
#include "regex/dfa.h"

enum {
    TABLE_MOST = 1 << 18, /* entries; above, all states are forgotten */
    POOL_MOST = 1 << 20,  /* members of all states together */
    CACHE_SIZE = 64
};

#define SEPARATOR (-1)

struct high_cache {
    uint32_t codes[CACHE_SIZE];
    uint16_t columns[CACHE_SIZE];
};

/* --- columns ---------------------------------------------------------------------------------- */

static void sort_keys(uint32_t *keys, int32_t count)
{
    for (int32_t gap = count / 2; gap > 0; gap /= 2)
        for (int32_t i = gap; i < count; i++)
            for (int32_t j = i; j >= gap && keys[j - gap] > keys[j]; j -= gap) {
                uint32_t swap = keys[j];
                keys[j] = keys[j - gap];
                keys[j - gap] = swap;
            }
}

/* Numbers for the bytes, so that those of different sets get different ones. */
struct partition {
    uint16_t of[256];
    uint16_t count;
};

static void split(struct partition *p, const uint8_t *bits)
{
    uint16_t moved[512];
    memset(moved, 0, p->count * sizeof *moved);
    for (unsigned byte = 0; byte < 256; byte++) {
        if (!(bits[byte >> 3] >> (byte & 7) & 1))
            continue;
        uint16_t old = p->of[byte];
        if (!moved[old])
            moved[old] = p->count++;
        p->of[byte] = moved[old];
    }
    uint16_t number[512], count = 0; /* numbers without bytes are given anew, so there are never more than 256 */
    memset(number, 0xff, sizeof number);
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t *n = &number[p->of[byte]];
        if (*n == 0xffff)
            *n = count++;
        p->of[byte] = *n;
    }
    p->count = count;
}

static void collect(struct alphabet *a, const struct tree *t, struct partition *p)
{
    uint8_t single[256] = {0};
    for (int32_t i = 0; i < t->set_count; i++) {
        const struct set *s = &t->sets[i];
        split(p, s->bits);
        if (s->high) {
            a->sets = array_grow(t->heap, a->sets, (size_t)a->set_count, sizeof *a->sets);
            a->sets[a->set_count++] = (uint32_t)i;
        }
    }
    for (int32_t i = 0; i < t->node_count; i++) {
        const struct node *n = &t->nodes[i];
        if (n->kind != NODE_CHAR)
            continue;
        if (n->value < 0x80 || !t->utf8)
            single[n->value] |= n->fold ? 2 : 1;
        if (t->utf8 && (n->value >= 0x80 || (n->fold && (n->value == 'S' || n->value == 'I')))) {
            if (a->key_count && a->keys[a->key_count - 1] == n->value)
                continue;
            a->keys = array_grow(t->heap, a->keys, (size_t)a->key_count, sizeof *a->keys);
            a->keys[a->key_count++] = n->value;
        }
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        if (!single[byte])
            continue;
        unsigned lower = single[byte] == 2 && byte < 0x80 ? utf8_ascii_lower[byte] : byte;
        bool together = lower != byte && p->of[lower] == p->of[byte] && !single[lower];
        p->of[byte] = p->count++;
        if (lower != byte)
            p->of[lower] = together ? p->of[byte] : p->count++;
    }
    sort_keys(a->keys, a->key_count);
    int32_t kept = 0;
    for (int32_t i = 0; i < a->key_count; i++)
        if (kept == 0 || a->keys[kept - 1] != a->keys[i])
            a->keys[kept++] = a->keys[i];
    a->key_count = kept;
}

static int32_t add_column(struct alphabet *a, const struct tree *t, struct column column)
{
    a->columns = array_grow(t->heap, a->columns, (size_t)a->count, sizeof *a->columns);
    a->columns[a->count] = column;
    return a->count++;
}

void alphabet_init(struct alphabet *a, const struct tree *t)
{
    struct partition p = {.count = 1};
    *a = (struct alphabet){0};
    collect(a, t, &p);
    if (t->word_anchors) {
        uint8_t words[32] = {0};
        for (unsigned byte = 0; byte < 0x80; byte++)
            if (code_is_word(byte, false))
                words[byte >> 3] |= (uint8_t)(1u << (byte & 7));
        split(&p, words);
    }
    if (t->flags & (REGEX_NEWLINE | REGEX_MULTILINE)) {
        uint8_t end[32] = {0};
        end[(unsigned char)t->end >> 3] = (uint8_t)(1u << (t->end & 7));
        split(&p, end);
    }
    a->high = t->utf8 && (a->set_count || a->key_count || t->word_anchors);
    add_column(a, t, (struct column){.kind = KIND_EDGE});
    add_column(a, t, (struct column){.kind = KIND_EDGE_NOT});
    add_column(a, t, (struct column){.kind = KIND_UNKNOWN});
    uint16_t number[512] = {0};
    for (unsigned byte = 0; byte < 256; byte++) {
        if (a->high && byte >= 0x80) {
            a->of_byte[byte] = COLUMN_HIGH;
            continue;
        }
        uint16_t *n = &number[p.of[byte]];
        uint32_t code = t->utf8 && byte >= 0x80 ? REGEX_RAW | byte : byte;
        if (!*n)
            *n = (uint16_t)add_column(a, t, (struct column){.code = code, .key = fold_key(t, code), .kind = kind_of(t, code)});
        a->of_byte[byte] = *n;
    }
}

void alphabet_drop(struct alphabet *a, struct heap *heap)
{
    heap_free(heap, a->columns);
    heap_free(heap, a->keys);
    heap_free(heap, a->sets);
    heap_free(heap, a->cache);
}

static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h + value + 1) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

static int32_t find_key(const struct alphabet *a, uint32_t key)
{
    int32_t low = 0, high = a->key_count;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (a->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < a->key_count && a->keys[low] == key ? low + 1 : 0;
}

/* The column of a character above 0x7f: that of one which the same items take. */
int32_t dfa_high_column(struct alphabet *a, const struct tree *t, uint32_t code)
{
    uint32_t slot = (code ^ code >> 6) % CACHE_SIZE;
    if (!a->cache) {
        a->cache = heap_alloc(t->heap, sizeof *a->cache);
        memset(a->cache, 0xff, sizeof *a->cache);
    }
    if (a->cache->codes[slot] == code)
        return a->cache->columns[slot];
    uint32_t key = fold_key(t, code);
    uint64_t signature = mix(1, (uint64_t)kind_of(t, code));
    signature = mix(signature, (uint64_t)find_key(a, code));
    if (t->flags & REGEX_FOLD)
        signature = mix(signature, (uint64_t)find_key(a, key));
    for (int32_t i = 0; i < a->set_count; i++)
        signature = mix(signature, set_has_high(t, &t->sets[a->sets[i]], code));
    signature |= 1; /* 0 stands for the columns of bytes */
    int32_t column = COLUMN_FIRST;
    while (column < a->count && a->columns[column].signature != signature)
        column++;
    if (column == a->count)
        add_column(a, t, (struct column){.code = code, .key = key, .kind = kind_of(t, code), .signature = signature});
    a->cache->codes[slot] = code;
    a->cache->columns[slot] = (uint16_t)column;
    return column;
}

/* --- states ----------------------------------------------------------------------------------- */

static void forget(struct dfa *d)
{
    d->cell_count = d->pool_count = 0;
    memset(d->buckets, 0, d->bucket_count * sizeof *d->buckets);
    d->flushes++;
}

static void set_stride(struct dfa *d)
{
    d->stride = (uint32_t)d->alphabet->count;
    if (d->alphabet->high)
        d->stride = (d->stride + 7) / 8 * 8 + 8; /* some for characters met later */
    d->cell_most = TABLE_MOST / d->stride;
    if (d->cell_most < 4)
        d->cell_most = 4;
}

static void grow_table(struct dfa *d)
{
    uint32_t size = d->table_size ? d->table_size * 2 : d->stride * 8;
    if (size < (d->cell_count + 1) * d->stride)
        size = (d->cell_count + 1) * d->stride;
    d->table = heap_resize(d->heap, d->table, size * sizeof *d->table);
    d->table_size = size;
}

static void grow_buckets(struct dfa *d)
{
    d->bucket_count = d->bucket_count ? d->bucket_count * 2 : 16;
    heap_free(d->heap, d->buckets);
    d->buckets = heap_zero(d->heap, d->bucket_count * sizeof *d->buckets);
    for (uint32_t i = 0; i < d->cell_count; i++) {
        uint32_t slot = d->cells[i].hash;
        while (d->buckets[slot & (d->bucket_count - 1)])
            slot++;
        d->buckets[slot & (d->bucket_count - 1)] = i + 1;
    }
}

/* The row of the state with the members in d->then: found, or made. May forget all others. */
static uint32_t intern(struct dfa *d, enum kind before, bool closed)
{
    uint64_t h = mix(before * 2u + closed, d->then_count);
    bool anchors = false;
    for (uint32_t i = 0; i < d->then_count; i++) {
        h = mix(h, (uint32_t)d->then[i]);
        if (d->then[i] >= 0 && d->nfa.states[d->then[i]].kind == STATE_ANCHOR)
            anchors = true;
    }
    uint32_t hash = (uint32_t)(h ^ h >> 32);
    for (uint32_t slot = hash;; slot++) {
        uint32_t number = d->buckets[slot & (d->bucket_count - 1)];
        if (!number)
            break;
        const struct cell *c = &d->cells[number - 1];
        if (c->hash == hash && c->count == d->then_count && c->before == before && c->closed == closed &&
            memcmp(d->pool + c->from, d->then, c->count * sizeof *d->then) == 0)
            return (number - 1) * d->stride;
    }
    meter_charge(d->heap->meter, 1 + (int64_t)d->then_count);
    if (d->cell_count == d->cell_most || d->pool_count + d->then_count > POOL_MOST)
        forget(d);
    if ((d->cell_count + 1) * d->stride > d->table_size)
        grow_table(d);
    if (d->cell_count * 2 >= d->bucket_count)
        grow_buckets(d);
    size_t pool = ((size_t)d->pool_count + d->then_count) * sizeof *d->pool;
    if (!d->pool || heap_size(d->pool) < pool)
        d->pool = heap_resize(d->heap, d->pool, pool * 2 + 64);
    d->cells = array_grow(d->heap, d->cells, d->cell_count, sizeof *d->cells);
    if (d->then_count)
        memcpy(d->pool + d->pool_count, d->then, d->then_count * sizeof *d->then);
    uint32_t number = d->cell_count++, row = number * d->stride;
    d->cells[number] = (struct cell){.from = d->pool_count, .count = d->then_count, .hash = hash,
        .before = (uint8_t)before, .closed = closed, .anchors = anchors};
    d->pool_count += d->then_count;
    for (uint32_t i = 0; i < d->stride; i++)
        d->table[row + i] = ENTRY_UNKNOWN;
    uint32_t slot = hash;
    while (d->buckets[slot & (d->bucket_count - 1)])
        slot++;
    d->buckets[slot & (d->bucket_count - 1)] = number + 1;
    return row;
}

/* Follows choices, and anchors as far as the kinds beside the place decide them, from `state`: lists what remains. */
static uint32_t follow(struct dfa *d, int32_t state, enum kind before, enum kind behind, int32_t *list, uint32_t count)
{
    int32_t depth = 0;
    bool backward = d->mode == DFA_BACKWARD;
    d->stack[depth++] = state;
    while (depth > 0) {
        int32_t i = d->stack[--depth];
        const struct state *s = &d->nfa.states[i];
        if (d->marks[i] == d->generation)
            continue;
        d->marks[i] = d->generation;
        if (s->kind == STATE_ALT) {
            d->stack[depth++] = s->other;
            d->stack[depth++] = s->next;
        } else if (s->kind == STATE_ANCHOR) {
            enum holds holds = backward ? anchor_holds(s->value, behind, before, d->lines)
                                        : anchor_holds(s->value, before, behind, d->lines);
            if (holds == HOLDS)
                d->stack[depth++] = s->next;
            else if (holds == HOLDS_MAYBE)
                list[count++] = i;
        } else {
            list[count++] = i;
        }
    }
    return count;
}

static void new_generation(struct dfa *d)
{
    if (++d->generation == 0) {
        memset(d->marks, 0, (size_t)d->nfa.count * sizeof *d->marks);
        d->generation = 1;
    }
}

/* A new beginning, behind all others. */
static void begin(struct dfa *d, enum kind before)
{
    uint32_t count = d->then_count;
    if (d->mode == DFA_LONGEST && count)
        d->then[d->then_count++] = SEPARATOR;
    uint32_t start = d->then_count;
    d->then_count = follow(d, d->nfa.start, before, KIND_UNKNOWN, d->then, d->then_count);
    if (d->then_count == start)
        d->then_count = count;
}

/* Lists the members of a state when the kind behind it is known: nothing but what takes characters, and the end. */
static void decide(struct dfa *d, const struct cell *c, enum kind behind)
{
    const int32_t *members = d->pool + c->from;
    if (!c->anchors) {
        if (c->count)
            memcpy(d->now, members, c->count * sizeof *members);
        d->now_count = c->count;
        return;
    }
    new_generation(d);
    d->now_count = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        if (members[i] == SEPARATOR)
            d->now[d->now_count++] = SEPARATOR;
        else
            d->now_count = follow(d, members[i], (enum kind)c->before, behind, d->now, d->now_count);
    }
}

/* Drops beginnings younger than the first that has reached the end, or all that is less preferred. Is there one? */
static bool accept(struct dfa *d)
{
    for (uint32_t i = 0; i < d->now_count; i++) {
        if (d->now[i] == SEPARATOR || d->nfa.states[d->now[i]].kind != STATE_END)
            continue;
        while (d->mode != DFA_FIRST && i < d->now_count && d->now[i] != SEPARATOR)
            i++;
        d->now_count = i;
        return true;
    }
    return false;
}

/* Orders members of one beginning, so that equal sets are equal lists. Large ones stay as they are. */
static void order(struct dfa *d)
{
    for (uint32_t from = 0; from < d->then_count;) {
        uint32_t to = from;
        while (to < d->then_count && d->then[to] != SEPARATOR)
            to++;
        if (to - from <= 48)
            for (uint32_t i = from + 1; i < to; i++) {
                int32_t member = d->then[i];
                uint32_t j = i;
                for (; j > from && d->then[j - 1] > member; j--)
                    d->then[j] = d->then[j - 1];
                d->then[j] = member;
            }
        from = to + 1;
    }
}

/* Computes the way on from a row by a column, and keeps it in the table. */
static uint32_t step(struct dfa *d, uint32_t row, int32_t column)
{
    const struct cell *c = &d->cells[row / d->stride];
    struct column with = d->alphabet->columns[column];
    bool closed = c->closed;
    meter_charge(d->heap->meter, 1 + c->count / 16);
    d->work += c->count + 1;
    decide(d, c, with.kind);
    bool accepted = accept(d);
    uint32_t entry = accepted ? ENTRY_ACCEPT : 0;
    if (accepted && d->mode == DFA_EARLIEST)
        return d->table[row + (uint32_t)column] = ENTRY_SPECIAL | ENTRY_ACCEPT | ENTRY_DEAD;
    if (column < COLUMN_FIRST)
        return d->table[row + (uint32_t)column] = entry | ENTRY_SPECIAL | ENTRY_DEAD;
    closed |= accepted;
    enum kind before = d->has_anchors ? with.kind : KIND_OTHER;
    new_generation(d);
    d->then_count = 0;
    if (d->lines && with.kind == KIND_NEWLINE)
        d->now_count = 0; /* no match goes beyond a line */
    for (uint32_t i = 0; i < d->now_count; i++) {
        if (d->now[i] == SEPARATOR) {
            if (d->then_count && d->then[d->then_count - 1] != SEPARATOR)
                d->then[d->then_count++] = SEPARATOR;
            continue;
        }
        const struct state *s = &d->nfa.states[d->now[i]];
        if (state_takes(d->tree, s, with.code, with.key))
            d->then_count = follow(d, s->next, before, KIND_UNKNOWN, d->then, d->then_count);
    }
    if (d->then_count && d->then[d->then_count - 1] == SEPARATOR)
        d->then_count--;
    if (!closed)
        begin(d, before);
    if (d->then_count == 0 && (closed || d->hopeless))
        return d->table[row + (uint32_t)column] = entry | ENTRY_SPECIAL | ENTRY_DEAD;
    if (d->mode != DFA_FIRST)
        order(d);
    uint32_t flushes = d->flushes;
    entry |= intern(d, before, closed);
    if (flushes == d->flushes)
        d->table[row + (uint32_t)column] = entry;
    return entry;
}

/* --- the automaton ------------------------------------------------------------------------------- */

struct dfa *dfa_new(struct heap *heap, const struct tree *t, struct alphabet *a, enum dfa_mode mode)
{
    struct dfa *d = heap_new(heap, struct dfa);
    d->heap = heap;
    d->tree = t;
    d->alphabet = a;
    d->mode = mode;
    d->lines = (t->flags & REGEX_NEWLINE) != 0;
    nfa_build(&d->nfa, t, mode == DFA_BACKWARD ? FLAVOR_REVERSE : mode == DFA_FIRST ? FLAVOR_FIRST : FLAVOR_MATCH, NULL);
    size_t count = (size_t)d->nfa.count;
    meter_charge(heap->meter, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        if (d->nfa.states[i].kind == STATE_ANCHOR)
            d->has_anchors = true;
    d->marks = heap_zero(heap, count * sizeof *d->marks);
    d->stack = heap_alloc(heap, (2 * count + 2) * sizeof *d->stack);
    d->now = heap_alloc(heap, (2 * count + 2) * sizeof *d->now);
    d->then = heap_alloc(heap, (2 * count + 2) * sizeof *d->then);
    set_stride(d);
    grow_buckets(d);
    if (d->has_anchors && !(t->flags & (REGEX_NEWLINE | REGEX_MULTILINE))) {
        new_generation(d);
        begin(d, KIND_OTHER);
        uint32_t others = d->then_count;
        new_generation(d);
        d->then_count = 0;
        begin(d, KIND_WORD);
        d->hopeless = others == 0 && d->then_count == 0;
    }
    return d;
}

void dfa_free(struct dfa *d)
{
    if (!d)
        return;
    heap_free(d->heap, d->nfa.states);
    heap_free(d->heap, d->table);
    heap_free(d->heap, d->cells);
    heap_free(d->heap, d->pool);
    heap_free(d->heap, d->buckets);
    heap_free(d->heap, d->marks);
    heap_free(d->heap, d->stack);
    heap_free(d->heap, d->now);
    heap_free(d->heap, d->then);
    heap_free(d->heap, d);
}

void dfa_start(struct dfa *d, struct run *r, size_t at, enum kind kind, bool anchored)
{
    enum kind before = d->has_anchors ? kind : KIND_OTHER;
    bool closed = anchored || d->mode == DFA_BACKWARD;
    if (d->starts[before][closed].known != d->flushes + 1) {
        new_generation(d);
        d->then_count = 0;
        begin(d, before);
        if (d->mode != DFA_FIRST)
            order(d);
        d->starts[before][closed].row = intern(d, before, closed);
        d->starts[before][closed].known = d->flushes + 1;
    }
    *r = (struct run){.at = at, .row = d->starts[before][closed].row, .flushes = d->flushes, .last = -1};
}

bool dfa_valid(const struct dfa *d, const struct run *r)
{
    return r->flushes == d->flushes;
}

bool dfa_starts_only(const struct dfa *d)
{
    return d->hopeless;
}

uint32_t dfa_entry(struct dfa *d, uint32_t *row, int32_t column)
{
    if ((uint32_t)column >= d->stride) { /* wider rows: all states but this one are forgotten */
        struct cell c = d->cells[*row / d->stride];
        if (c.count)
            memcpy(d->then, d->pool + c.from, c.count * sizeof *d->then);
        d->then_count = c.count;
        forget(d);
        set_stride(d);
        *row = intern(d, (enum kind)c.before, c.closed);
    }
    uint32_t entry = d->table[*row + (uint32_t)column];
    return entry == ENTRY_UNKNOWN ? step(d, *row, column) : entry;
}

