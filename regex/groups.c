/* regex/groups.c - which part of a match each group matched, as glibc gives them.
 *
 * From the match's end to its start: which states can still reach that end. Then one way from the start,
 * by what each choice prefers among them. A group keeps what its last round matched; an empty last round of
 * a group that may be left out is undone, with the groups inside.
 */
#include "regex/engine.h"

struct splitter {
    struct heap *heap;
    const struct tree *tree;
    struct nfa nfa;
    int32_t *alias;     /* by group: the outer group it copies, or 0 */
    int32_t *takers;    /* states that take a character */
    int32_t taker_count;
    int32_t *before;    /* states that lead to a state without taking: lists, one behind the other */
    int32_t *before_of; /* where each state's list begins; one more for the end of the last */
    uint32_t words;     /* of a set of states */
    uint64_t *via;
    int32_t *stack;
    uint64_t *sets;     /* one for each place of the match */
    size_t set_words;   /* there is room for */
    struct match *now, *kept; /* by group */
};

static bool has(const uint64_t *set, int32_t state)
{
    return set[state >> 6] >> (state & 63) & 1;
}

static void put(uint64_t *set, int32_t state)
{
    set[state >> 6] |= (uint64_t)1 << (state & 63);
}

static bool takes(const struct state *s)
{
    return s->kind == STATE_CHAR || s->kind == STATE_SET;
}

/* For each state, those that lead to it without taking a character: counted, then placed. */
static void link_back(struct splitter *s)
{
    int32_t count = s->nfa.count, *ends = s->before_of = heap_zero(s->heap, ((size_t)count + 1) * sizeof *s->before_of);
    for (int32_t i = 0; i < count; i++) {
        const struct state *q = &s->nfa.states[i];
        if (takes(q))
            s->takers[s->taker_count++] = i;
        else if (q->kind != STATE_END) {
            ends[q->next]++;
            if (q->kind == STATE_ALT)
                ends[q->other]++;
        }
    }
    for (int32_t i = 0, sum = 0; i <= count; i++)
        ends[i] = sum += ends[i];
    for (int32_t i = 0; i < count; i++) { /* from its end, each list grows down to its beginning */
        const struct state *q = &s->nfa.states[i];
        if (takes(q) || q->kind == STATE_END)
            continue;
        s->before[--ends[q->next]] = i;
        if (q->kind == STATE_ALT)
            s->before[--ends[q->other]] = i;
    }
}

struct splitter *splitter_new(struct heap *heap, const struct tree *t)
{
    struct splitter *s = heap_new(heap, struct splitter);
    s->heap = heap;
    s->tree = t;
    size_t groups = (size_t)t->groups + 1;
    s->alias = heap_zero(heap, groups * sizeof *s->alias);
    nfa_build(&s->nfa, t, FLAVOR_GROUPS, s->alias);
    size_t count = (size_t)s->nfa.count;
    meter_charge(heap->meter, (int64_t)count);
    s->words = (uint32_t)(count + 63) / 64;
    s->takers = heap_alloc(heap, count * sizeof *s->takers);
    s->before = heap_alloc(heap, 2 * count * sizeof *s->before);
    s->via = heap_alloc(heap, s->words * sizeof *s->via);
    s->stack = heap_alloc(heap, count * sizeof *s->stack);
    s->now = heap_alloc(heap, groups * sizeof *s->now);
    s->kept = heap_alloc(heap, groups * sizeof *s->kept);
    link_back(s);
    return s;
}

void splitter_free(struct splitter *s)
{
    if (!s)
        return;
    heap_free(s->heap, s->alias);
    heap_free(s->heap, s->nfa.states);
    heap_free(s->heap, s->takers);
    heap_free(s->heap, s->before);
    heap_free(s->heap, s->before_of);
    heap_free(s->heap, s->via);
    heap_free(s->heap, s->stack);
    heap_free(s->heap, s->sets);
    heap_free(s->heap, s->now);
    heap_free(s->heap, s->kept);
    heap_free(s->heap, s);
}

struct place {
    struct str text;
    unsigned flags;
    size_t start;
};

static uint64_t *set_at(const struct splitter *s, const struct place *p, size_t at)
{
    return s->sets + (at - p->start) * s->words;
}

/* Adds to the set at `at` a state, and all that lead to it there. */
static void spread(struct splitter *s, const struct place *p, size_t at, int32_t state)
{
    uint64_t *set = set_at(s, p, at);
    int32_t depth = 0;
    if (has(set, state))
        return;
    put(set, state);
    s->stack[depth++] = state;
    while (depth > 0) {
        int32_t to = s->stack[--depth];
        for (int32_t i = s->before_of[to]; i < s->before_of[to + 1]; i++) {
            int32_t from = s->before[i];
            const struct state *q = &s->nfa.states[from];
            if (has(set, from))
                continue;
            if (q->kind == STATE_ANCHOR &&
                anchor_holds(q->value, kind_before(s->tree, p->text, at, p->flags),
                             kind_behind(s->tree, p->text, at, p->flags), (s->tree->flags & REGEX_NEWLINE) != 0) != HOLDS)
                continue;
            put(set, from);
            s->stack[depth++] = from;
        }
    }
}

/* Fills the sets: which states can reach the match's end from each place. */
static void look_back(struct splitter *s, const struct place *p, size_t end)
{
    size_t need = (end - p->start + 1) * s->words;
    if (need > s->set_words) {
        heap_free(s->heap, s->sets);
        s->sets = NULL;
        s->sets = heap_alloc(s->heap, need * sizeof *s->sets);
        s->set_words = heap_size(s->sets) / sizeof *s->sets;
    }
    memset(s->sets, 0, need * sizeof *s->sets);
    int32_t last = 0; /* the END was made first */
    spread(s, p, end, last);
    for (size_t at = end; at > p->start;) {
        struct utf8_char c = utf8_last(str_first(p->text, at), s->tree->utf8 ? LOCALE_UTF8 : LOCALE_C);
        const uint64_t *behind = set_at(s, p, at);
        uint32_t code = c.valid ? c.code : REGEX_RAW | c.code;
        uint32_t key = s->tree->flags & REGEX_FOLD ? fold_key(s->tree, code) : code;
        if (c.length > at - p->start)
            break;
        at -= c.length;
        for (int32_t i = 0; i < s->taker_count; i++) {
            const struct state *q = &s->nfa.states[s->takers[i]];
            if (has(behind, q->next) && state_takes(s->tree, q, code, key))
                spread(s, p, at, s->takers[i]);
        }
    }
}

static void note_group(struct splitter *s, const struct state *q, ptrdiff_t at)
{
    struct match *m = &s->now[q->value];
    size_t all = ((size_t)s->tree->groups + 1) * sizeof *s->now;
    if (q->kind == STATE_OPEN) {
        *m = (struct match){at, -1};
    } else if (m->start < at) {
        m->end = at;
        memcpy(s->kept, s->now, all);
    } else if (q->optional && s->kept[q->value].start != -1) {
        memcpy(s->now, s->kept, all);
    } else {
        m->end = at;
    }
}

/* The next state on the way: what is preferred, unless that leads round in a circle. */
static int32_t choose(const struct splitter *s, const struct state *q, const uint64_t *set)
{
    if (q->kind != STATE_ALT || !has(set, q->other))
        return q->next;
    return has(set, q->next) && !has(s->via, q->next) ? q->next : q->other;
}

static void walk(struct splitter *s, const struct place *p, size_t end)
{
    int32_t state = s->nfa.start, turns = 0;
    size_t at = p->start;
    memset(s->via, 0, s->words * sizeof *s->via);
    for (;;) {
        const struct state *q = &s->nfa.states[state];
        if (q->kind == STATE_END)
            return;
        if (q->kind == STATE_OPEN || q->kind == STATE_CLOSE)
            note_group(s, q, (ptrdiff_t)at);
        if (takes(q)) {
            if (at >= end)
                return;
            size_t length;
            tree_code(s->tree->utf8, p->text, at, &length);
            at += length;
            memset(s->via, 0, s->words * sizeof *s->via);
            turns = 0;
            state = q->next;
        } else {
            put(s->via, state);
            state = choose(s, q, set_at(s, p, at));
            if (++turns > 2 * s->nfa.count)
                return;
        }
    }
}

void splitter_split(struct splitter *s, struct str text, unsigned flags, struct match *groups, int count)
{
    struct place p = {text, flags, (size_t)groups[0].start};
    size_t end = (size_t)groups[0].end;
    meter_charge(s->heap->meter, 1 + (int64_t)((end - p.start + 1) * (size_t)s->nfa.count / 16));
    for (int32_t i = 0; i <= s->tree->groups; i++)
        s->now[i] = s->kept[i] = (struct match){-1, -1};
    look_back(s, &p, end);
    walk(s, &p, end);
    for (int32_t i = 1; i <= s->tree->groups; i++)
        if (s->alias[i])
            s->now[i] = s->now[s->alias[i]];
    for (int i = 1; i < count; i++)
        groups[i] = i <= s->tree->groups ? s->now[i] : (struct match){-1, -1};
    if (s->set_words > 8192) { /* a long match was an exception */
        heap_free(s->heap, s->sets);
        s->sets = NULL;
        s->set_words = 0;
    }
}
