/* regex/regex.c - the one face: which engine looks, what it costs, and going on where a search was left. */
#include "adapters/pcre2.h"
#include "regex/engine.h"

enum {
    CHUNK = 4096,   /* bytes of an automaton between two looks at the meter */
    BYTES_STEP = 16 /* bytes of an automaton for one step */
};

struct regex {
    struct heap *heap;
    struct tree tree;
    struct alphabet *alphabet; /* made when first needed, as what follows */
    struct dfa *dfas[3];       /* by mode */
    struct splitter *splitter;
    struct perl *perl;         /* instead of all these: back-references, or Perl's syntax */
    bool longest;              /* ... among its matches from one start, the longest is the answer */
    int groups;
};

/* Where a search is: kept in search.state. */
enum slot { SLOT_PHASE, SLOT_AT, SLOT_ROW, SLOT_FLUSHES, SLOT_LAST, SLOT_REST, SLOT_END };
enum phase { PHASE_START, PHASE_FORWARD, PHASE_BACKWARD };

/* --- compiling -------------------------------------------------------------------------------- */

static int32_t wrap(struct tree *t, int32_t root)
{
    bool line = t->flags & REGEX_LINE, word = t->flags & REGEX_WORD && !line;
    if (!line && !word)
        return root;
    int32_t before = tree_add(t, NODE_ANCHOR, -1, -1, line ? ANCHOR_BOL : ANCHOR_NOT_WORD_BEFORE);
    int32_t behind = tree_add(t, NODE_ANCHOR, -1, -1, line ? ANCHOR_EOL : ANCHOR_NOT_WORD_BEHIND);
    t->word_anchors |= word;
    return tree_cat(t, before, tree_cat(t, root, behind));
}

static unsigned perl_flags(unsigned flags)
{
    return (flags & REGEX_UTF8 ? PERL_UTF8 : 0) | (flags & REGEX_MULTILINE ? PERL_MULTILINE : 0) | PERL_DOLLAR_END;
}

/* Hands the pattern to pcre2. On a mistake, frees the regex. */
static struct regex *use_perl(struct regex *r, struct str pattern, unsigned flags, const char **message)
{
    struct perl_mistake mistake;
    r->perl = perl_compile(r->heap, pattern, flags, &mistake);
    if (!r->perl && mistake.number == 0)
        meter_out_of_memory(r->heap->meter);
    if (!r->perl) {
        char *text = heap_alloc(r->heap, sizeof mistake.text); /* it outlives the regex */
        memcpy(text, mistake.text, sizeof mistake.text);
        *message = text;
        regex_free(r);
        return NULL;
    }
    r->groups = perl_groups(r->perl);
    return r;
}

/* Perl's syntax: the patterns as they are, as alternatives, with what -w and -x put around them. */
static struct regex *compile_perl(struct regex *r, const struct str *patterns, size_t count, const char **message)
{
    struct buf text;
    unsigned flags = r->tree.flags;
    buf_init(&text, r->heap);
    buf_add_text(&text, flags & REGEX_LINE ? "^(?:" : flags & REGEX_WORD ? "(?<!\\w)(?:" : "");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_byte(&text, '|');
        buf_add_text(&text, count > 1 ? "(?:" : "");
        buf_add(&text, patterns[i]);
        buf_add_text(&text, count > 1 ? ")" : "");
    }
    buf_add_text(&text, flags & REGEX_LINE ? ")$" : flags & REGEX_WORD ? ")(?!\\w)" : "");
    r = use_perl(r, buf_str(&text), perl_flags(flags) | (flags & REGEX_FOLD ? PERL_FOLD : 0), message);
    buf_drop(&text);
    return r;
}

static struct regex *compile_back(struct regex *r, const char **message)
{
    struct buf text;
    buf_init(&text, r->heap);
    buf_add_text(&text, "(?:");
    tree_print(&r->tree, r->tree.root, &text);
    buf_add_text(&text, ")(?C1)");
    r->longest = true;
    r = use_perl(r, buf_str(&text), perl_flags(r->tree.flags), message);
    if (!r)
        *message = "Regular expression too big";
    buf_drop(&text);
    return r;
}

struct regex *regex_compile(struct heap *heap, const struct str *patterns, size_t count, enum regex_syntax syntax,
                            unsigned flags, const char **message)
{
    struct regex *r = heap_new(heap, struct regex);
    struct tree *t = &r->tree;
    int32_t root = -1;
    r->heap = heap;
    tree_init(t, heap, flags);
    if (syntax == REGEX_PERL)
        return compile_perl(r, patterns, count, message);
    for (size_t i = 0; i < count; i++) {
        int32_t one = syntax == REGEX_FIXED ? tree_fixed(t, patterns[i]) : tree_parse(t, patterns[i], syntax, message);
        if (one == -2) {
            regex_free(r);
            return NULL;
        }
        root = i == 0 ? one : tree_add(t, NODE_ALT, root, one, 0);
    }
    t->root = wrap(t, root);
    meter_charge(heap->meter, 1 + t->node_count);
    if (nfa_size(t, FLAVOR_MATCH) > NFA_MOST) {
        *message = "Regular expression too big";
        regex_free(r);
        return NULL;
    }
    r->groups = t->groups;
    return t->back ? compile_back(r, message) : r;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    for (int i = 0; i < 3; i++)
        dfa_free(r->dfas[i]);
    splitter_free(r->splitter);
    if (r->alphabet)
        alphabet_drop(r->alphabet, r->heap);
    heap_free(r->heap, r->alphabet);
    perl_free(r->perl);
    tree_drop(&r->tree);
    heap_free(r->heap, r);
}

int regex_groups(const struct regex *r)
{
    return r->groups;
}

static struct dfa *dfa_of(struct regex *r, enum dfa_mode mode)
{
    if (!r->alphabet) {
        r->alphabet = heap_new(r->heap, struct alphabet);
        alphabet_init(r->alphabet, &r->tree);
    }
    if (!r->dfas[mode])
        r->dfas[mode] = dfa_new(r->heap, &r->tree, r->alphabet, mode);
    return r->dfas[mode];
}

/* --- searching -------------------------------------------------------------------------------- */

void regex_start(struct search *s, struct regex *r, struct str text, size_t from, unsigned flags)
{
    *s = (struct search){.regex = r, .text = text, .from = from, .flags = flags};
}

static void save(struct search *s, enum phase phase, const struct run *run)
{
    s->state[SLOT_PHASE] = phase;
    s->state[SLOT_AT] = run->at;
    s->state[SLOT_ROW] = run->row;
    s->state[SLOT_FLUSHES] = run->flushes;
    s->state[SLOT_LAST] = (uint64_t)(run->last + 1);
}

static struct run saved(const struct search *s)
{
    return (struct run){.at = (size_t)s->state[SLOT_AT], .row = (uint32_t)s->state[SLOT_ROW],
        .flushes = (uint32_t)s->state[SLOT_FLUSHES], .last = (ptrdiff_t)s->state[SLOT_LAST] - 1};
}

static void charge(struct search *s, size_t bytes)
{
    size_t sum = (size_t)s->state[SLOT_REST] + bytes;
    meter_charge(s->regex->heap->meter, (int64_t)(sum / BYTES_STEP));
    s->state[SLOT_REST] = sum % BYTES_STEP;
}

/* Scans forward as far as the text's end or until nothing more can come, in pieces. False: the meter is spent. */
static bool forward(struct search *s, struct dfa *d, struct run *run, bool whole)
{
    for (;;) {
        if (!whole && !meter_go(s->regex->heap->meter))
            return false;
        size_t from = run->at, limit = s->text.length - from > CHUNK ? from + CHUNK : s->text.length;
        enum scan answer = dfa_scan(d, run, s->text, limit);
        charge(s, run->at - from);
        if (answer == SCAN_DONE)
            return true;
        if (run->at >= s->text.length) {
            dfa_finish(d, run, s->text, s->flags);
            return true;
        }
    }
}

static bool backward(struct search *s, struct dfa *d, struct run *run, bool whole)
{
    for (;;) {
        if (!whole && !meter_go(s->regex->heap->meter))
            return false;
        size_t from = run->at, limit = from - s->from > CHUNK ? from - CHUNK : s->from;
        enum scan answer = dfa_scan(d, run, s->text, limit);
        charge(s, from - run->at);
        if (answer == SCAN_DONE)
            return true;
        if (run->at <= s->from) {
            dfa_finish(d, run, s->text, s->flags);
            return true;
        }
    }
}

static enum regex_answer perl_answer(struct regex *r, enum perl_answer answer)
{
    switch (answer) {
    case PERL_NO: return REGEX_NO;
    case PERL_YES: return REGEX_YES;
    case PERL_MEMORY: meter_out_of_memory(r->heap->meter);
    default: return REGEX_LIMIT;
    }
}

/* One look of pcre2's at a text: whole, or a line. */
static enum regex_answer perl_look(struct regex *r, struct str text, size_t from, unsigned flags, struct match *groups,
                                   int count)
{
    unsigned how = (flags & MATCH_NOT_BOL ? PERL_NOT_BOL : 0) | (flags & MATCH_NOT_EOL ? PERL_NOT_EOL : 0);
    enum regex_answer answer = perl_answer(r, perl_match(r->perl, text, from, how));
    size_t start, end;
    if (answer != REGEX_YES || count == 0)
        return answer;
    if (r->longest && perl_group(r->perl, 0, &start, &end))
        answer = perl_answer(r, perl_match(r->perl, text, start, how | PERL_LONGEST));
    if (answer != REGEX_YES)
        return answer == REGEX_NO ? REGEX_LIMIT : answer;
    for (int i = 0; i < count; i++) {
        if (i <= r->groups && perl_group(r->perl, i, &start, &end))
            groups[i] = (struct match){(ptrdiff_t)start, (ptrdiff_t)end};
        else
            groups[i] = (struct match){-1, -1};
    }
    return REGEX_YES;
}

/* The same line by line, where lines are texts; else at once. *start and *end are those of the line. */
static enum regex_answer perl_lines(struct search *s, struct match *groups, int count, bool whole, size_t *start,
                                    size_t *end)
{
    struct regex *r = s->regex;
    if (s->state[SLOT_PHASE] == PHASE_START)
        s->state[SLOT_AT] = s->from;
    s->state[SLOT_PHASE] = PHASE_FORWARD;
    for (;;) {
        if (!whole && !meter_go(r->heap->meter))
            return REGEX_MORE;
        size_t from = (size_t)s->state[SLOT_AT];
        bool lines = (r->tree.flags & REGEX_NEWLINE) != 0;
        ptrdiff_t length = lines ? str_find(str_after(s->text, from), r->tree.end) : -1;
        size_t stop = length < 0 ? s->text.length : from + (size_t)length, begin = 0;
        if (lines)
            for (begin = from; begin > 0 && s->text.data[begin - 1] != r->tree.end;)
                begin--;
        unsigned flags = (begin == 0 ? s->flags & MATCH_NOT_BOL : 0) | (stop == s->text.length ? s->flags & MATCH_NOT_EOL : 0);
        struct str line = str_first(str_after(s->text, begin), stop - begin);
        enum regex_answer answer = perl_look(r, line, from - begin, flags, groups, count);
        *start = begin;
        *end = stop;
        if (answer == REGEX_YES)
            for (int i = 0; i < count; i++)
                if (groups[i].start >= 0) {
                    groups[i].start += (ptrdiff_t)begin;
                    groups[i].end += (ptrdiff_t)begin;
                }
        if (answer != REGEX_NO || stop >= s->text.length)
            return answer;
        s->state[SLOT_AT] = stop + 1;
        if (!groups && stop + 1 >= s->text.length)
            return REGEX_NO; /* behind the last newline there is no line */
    }
}

static enum regex_answer next_match(struct search *s, struct match *groups, int count, bool whole)
{
    struct regex *r = s->regex;
    struct tree *t = &r->tree;
    struct run run;
    if (s->from > s->text.length)
        return REGEX_NO;
    if (r->perl) {
        size_t start, end;
        return perl_lines(s, groups, count, whole, &start, &end);
    }
    if (s->state[SLOT_PHASE] != PHASE_BACKWARD) {
        struct dfa *d = dfa_of(r, count > 0 ? DFA_LONGEST : DFA_EARLIEST);
        run = saved(s);
        if (s->state[SLOT_PHASE] == PHASE_START)
            meter_charge(r->heap->meter, 1);
        if (s->state[SLOT_PHASE] == PHASE_START || !dfa_valid(d, &run))
            dfa_start(d, &run, s->from, kind_before(t, s->text, s->from, s->flags), false);
        if (!forward(s, d, &run, whole)) {
            save(s, PHASE_FORWARD, &run);
            return REGEX_MORE;
        }
        if (run.last < 0)
            return REGEX_NO;
        if (count == 0)
            return REGEX_YES;
        s->state[SLOT_END] = (uint64_t)run.last;
    }
    size_t end = (size_t)s->state[SLOT_END];
    struct dfa *d = dfa_of(r, DFA_BACKWARD);
    if (s->state[SLOT_PHASE] == PHASE_BACKWARD)
        run = saved(s);
    if (s->state[SLOT_PHASE] != PHASE_BACKWARD || !dfa_valid(d, &run))
        dfa_start(d, &run, end, kind_behind(t, s->text, end, s->flags), true);
    if (!backward(s, d, &run, whole)) {
        save(s, PHASE_BACKWARD, &run);
        return REGEX_MORE;
    }
    groups[0] = (struct match){run.last, (ptrdiff_t)end};
    if (count > 1 && t->groups > 0) {
        if (!r->splitter)
            r->splitter = splitter_new(r->heap, t);
        splitter_split(r->splitter, s->text, s->flags, groups, count);
    } else {
        for (int i = 1; i < count; i++)
            groups[i] = (struct match){-1, -1};
    }
    return REGEX_YES;
}

enum regex_answer regex_next(struct search *s, struct match *groups, int count)
{
    return next_match(s, groups, count, false);
}

enum regex_answer regex_match(struct regex *r, struct str text, size_t from, unsigned flags, struct match *groups,
                              int count)
{
    struct search s;
    regex_start(&s, r, text, from, flags);
    return next_match(&s, groups, count, true);
}

/* The line around the place at which a match was seen to end. */
static void line_around(const struct search *s, size_t at, size_t *start, size_t *end)
{
    char newline = s->regex->tree.end;
    size_t from = at;
    while (from > s->from && s->text.data[from - 1] != newline)
        from--;
    ptrdiff_t length = str_find(str_after(s->text, at), newline);
    *start = from;
    *end = length < 0 ? s->text.length : at + (size_t)length;
}

enum regex_answer regex_line(struct search *s, size_t *start, size_t *end)
{
    struct regex *r = s->regex;
    if (s->from >= s->text.length)
        return REGEX_NO; /* behind the last newline there is no line */
    if (r->perl)
        return perl_lines(s, NULL, 0, false, start, end);
    struct dfa *d = dfa_of(r, DFA_EARLIEST);
    struct run run = saved(s);
    if (s->state[SLOT_PHASE] == PHASE_START)
        meter_charge(r->heap->meter, 1);
    if (s->state[SLOT_PHASE] == PHASE_START || !dfa_valid(d, &run))
        dfa_start(d, &run, s->from, KIND_EDGE, false);
    struct search inner = *s;
    if (s->text.data[s->text.length - 1] == r->tree.end)
        inner.text.length--; /* the last newline is the end of the last line, and nothing stands behind it */
    if (!forward(&inner, d, &run, false)) {
        s->state[SLOT_REST] = inner.state[SLOT_REST];
        save(s, PHASE_FORWARD, &run);
        return REGEX_MORE;
    }
    if (run.last < 0)
        return REGEX_NO;
    line_around(s, (size_t)run.last, start, end);
    return REGEX_YES;
}
