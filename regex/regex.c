/* regex/regex.c - the one face: which engine looks, what it costs, and going on where a search was left. */
#include "adapters/pcre2.h"
#include "regex/engine.h"
#include "regex/finder.h"
#include "regex/literal.h"

enum {
    CHUNK = 4096,        /* bytes of an automaton between two looks at the meter */
    BYTES_STEP = 16,     /* bytes of an automaton for one step */
    WINDOW = 1 << 16,    /* bytes of the finder between two looks */
    TRIES_MOST = 8,      /* places in a line at which pcre2 may find that no match begins, before it looks at the rest */
    PIECE_LONG = 4096,   /* bytes */
    WASTE_MOST = 256,    /* bytes looked at in vain from where a match could begin, before all beginnings are tried together */
    CANDIDATES_LEAST = 1000, /* before it is asked whether the finder is of use: */
    COVERED_LEAST = 400      /* it is when it goes over so many bytes for each */
};

/* A pattern that is one set of bytes, or one or more of it, needs no automaton: s/[0-9]\+/N/g and the like have many
 * short matches. */
struct bytes {
    bool known, usable, many; /* many: one or more */
    int single;               /* the only byte; -1: there are several */
    bool in[256];
};

struct regex {
    struct heap *heap;
    struct tree tree;
    bool finder_known;
    struct finder *finder;     /* made when first needed, as what follows; NULL: nothing is worth looking for */
    uint64_t candidates, covered; /* lines the finder gave to an automaton, and the bytes it went over */
    struct alphabet *alphabet;
    struct dfa *dfas[DFA_MODES];
    struct streams *streams;   /* for lines */
    struct bytes bytes;
    struct splitter *splitter;
    struct perl *perl;         /* instead of the automata: back-references, or Perl's syntax */
    bool longest;              /* ... among its matches from one start, the longest is the answer */
    bool decides;              /* the automata decide whether there is a match and where it begins, pcre2 what its groups are */
    bool ends;                 /* ... and it looks for the text's end */
    bool sieves;               /* the automata tell where a match may begin, pcre2 whether one does: of a tree without back-references */
    struct buf text;           /* the pattern for pcre2, until it is needed */
    unsigned how;
    int groups;
};

/* Where a search is: kept in search.state. */
enum slot {
    SLOT_PHASE,
    SLOT_AT,
    SLOT_ROW,
    SLOT_FLUSHES,
    SLOT_LAST,
    SLOT_REST,
    SLOT_LOW,
    SLOT_HIGH,
    SLOT_WASTE /* bytes in vain; of lines: where the finder began */,
    SLOT_FOUND,
    SLOT_TRIES = SLOT_FOUND, /* not of lines: places in a row at which pcre2 found that no match begins */
    SLOT_PIECE, /* which piece of the streams' this search is in; 0: none */
    SLOT_BEGIN, /* of a sieve: the line it is in, */
    SLOT_STOP   /* one more than where it ends; 0: in none */
};
enum phase {
    PHASE_START,
    PHASE_FIND,     /* looking for a string that must occur, from SLOT_AT */
    PHASE_TRY,      /* is there a match that begins at SLOT_LOW? */
    PHASE_FORWARD,  /* where does the leftmost match from SLOT_LOW on end? */
    PHASE_BACKWARD, /* where does the match that ends at SLOT_HIGH begin? */
    PHASE_LINE,     /* is there a match in the line between SLOT_LOW and SLOT_HIGH? */
    PHASE_PIECE,    /* which lines of a piece that begins at SLOT_LOW match? */
    PHASE_STREAMS,  /* ... the next of them, from SLOT_LOW on */
    PHASE_FOUND     /* the line that ends at SLOT_HIGH, or all before it, is done with */
};

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

/* Hands r->text to pcre2. False, and *message, when it is not well formed. */
static bool use_perl(struct regex *r, const char **message)
{
    struct perl_mistake mistake;
    if (r->perl)
        return true;
    r->perl = perl_compile(r->heap, buf_str(&r->text), r->how, &mistake);
    if (r->perl) {
        buf_drop(&r->text);
        return true;
    }
    if (mistake.number == 0)
        meter_out_of_memory(r->heap->meter);
    char *text = heap_alloc(r->heap, sizeof mistake.text); /* it outlives the regex */
    memcpy(text, mistake.text, sizeof mistake.text);
    *message = text;
    return false;
}

/* Parses the patterns as alternatives: the root, or -2. */
static int32_t parse_all(struct tree *t, const struct str *patterns, size_t count, enum regex_syntax syntax,
                         const char **message)
{
    int32_t root = -1;
    for (size_t i = 0; i < count; i++) {
        int32_t one = syntax == REGEX_FIXED ? tree_fixed(t, patterns[i]) : tree_parse(t, patterns[i], syntax, message);
        if (one == -2)
            return -2;
        root = i == 0 ? one : tree_add(t, NODE_ALT, root, one, 0);
    }
    return root;
}

static bool looks_for_end(const struct tree *t)
{
    for (int32_t i = 0; i < t->node_count; i++)
        if (t->nodes[i].kind == NODE_ANCHOR && t->nodes[i].value == ANCHOR_TEXT_END)
            return true;
    return false;
}

/* Perl's syntax and Rust's: the patterns as they are, as alternatives, with what -w and -x put around them. A tree of
 * our own, if they are simple enough, tells strings to look for, and for Rust's which lines match. */
static bool compile_perl(struct regex *r, const struct str *patterns, size_t count, enum regex_syntax syntax,
                         const char **message)
{
    struct tree *t = &r->tree;
    unsigned flags = t->flags;
    const char *unused;
    buf_add_text(&r->text, flags & REGEX_LINE ? "^(?:" : flags & REGEX_WORD ? "(?<!\\w)(?:" : "");
    for (size_t i = 0; i < count; i++) {
        if (count > 1)
            buf_add_text(&r->text, i > 0 ? "|(?:" : "(?:");
        buf_add(&r->text, patterns[i]); /* one alone stands as it is: what it left open with \Q or # ends with it */
        if (count > 1)
            buf_add_byte(&r->text, ')');
    }
    buf_add_text(&r->text, flags & REGEX_LINE ? ")$" : flags & REGEX_WORD ? ")(?!\\w)" : "");
    r->how = perl_flags(flags) | (flags & REGEX_FOLD ? PERL_FOLD : 0);
    if (syntax == REGEX_RUST && flags & REGEX_UTF8)
        r->how |= PERL_PROPERTIES;
    int32_t root = parse_all(t, patterns, count, syntax, &unused);
    if (root != -2) {
        t->root = wrap(t, root);
        r->decides = syntax == REGEX_RUST && nfa_size(t, FLAVOR_MATCH) <= NFA_MOST;
        r->groups = t->groups;
    }
    if (r->decides) {
        r->ends = looks_for_end(t);
        return true;
    }
    if (!use_perl(r, message))
        return false;
    r->groups = perl_groups(r->perl);
    return true;
}

static bool compile_back(struct regex *r, const char **message)
{
    buf_add_text(&r->text, "(?:");
    tree_print(&r->tree, r->tree.root, &r->text);
    buf_add_text(&r->text, ")(?C1)");
    r->longest = true;
    r->how = perl_flags(r->tree.flags);
    if (!use_perl(r, message)) {
        *message = "Regular expression too big";
        return false;
    }
    bool alike = !(r->tree.utf8 && r->tree.flags & REGEX_FOLD); /* pcre2 may know more letters that are one but for their case */
    r->ends = looks_for_end(&r->tree);
    r->sieves = alike && tree_loosen(&r->tree) && nfa_size(&r->tree, FLAVOR_MATCH) <= NFA_MOST;
    return true;
}

/* Are the patterns nothing but fixed strings? */
static bool are_words(const struct str *patterns, size_t count, enum regex_syntax syntax)
{
    static const char special[] = "\\^$.[]*+?{}()|\n";
    for (size_t i = 0; i < count && syntax != REGEX_FIXED; i++)
        for (size_t j = 0; j < patterns[i].length; j++)
            if (memchr(special, patterns[i].data[j], sizeof special - 1))
                return false;
    return true;
}

static bool compile_own(struct regex *r, const struct str *patterns, size_t count, enum regex_syntax syntax,
                        const char **message)
{
    struct tree *t = &r->tree;
    int32_t root = count > LITERALS_MOST && are_words(patterns, count, syntax)
        ? tree_words(t, patterns, count) : parse_all(t, patterns, count, syntax, message);
    if (root == -2)
        return false;
    t->root = wrap(t, root);
    r->groups = t->groups;
    int64_t size = nfa_size(t, FLAVOR_MATCH);
    if (t->groups && !t->back && !(t->flags & REGEX_NO_GROUPS) && nfa_size(t, FLAVOR_GROUPS) > 4 * (int64_t)NFA_MOST)
        size = INT64_MAX; /* each + has its part twice there, so nesting doubles it */
    if (size > NFA_MOST && size > t->node_count + 1) {
        *message = "Regular expression too big";
        return false;
    }
    return !t->back || compile_back(r, message);
}

struct regex *regex_compile(struct heap *heap, const struct str *patterns, size_t count, enum regex_syntax syntax,
                            unsigned flags, const char **message)
{
    struct regex *r = heap_new(heap, struct regex);
    r->heap = heap;
    tree_init(&r->tree, heap, flags);
    buf_init(&r->text, heap);
    bool good = syntax == REGEX_PERL || syntax == REGEX_RUST ? compile_perl(r, patterns, count, syntax, message)
                                                             : compile_own(r, patterns, count, syntax, message);
    meter_charge(heap->meter, 1 + r->tree.node_count);
    if (good)
        return r;
    regex_free(r);
    return NULL;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    for (int i = 0; i < DFA_MODES; i++)
        dfa_free(r->dfas[i]);
    heap_free(r->heap, r->streams);
    splitter_free(r->splitter);
    finder_free(r->heap, r->finder);
    if (r->alphabet)
        alphabet_drop(r->alphabet, r->heap);
    heap_free(r->heap, r->alphabet);
    perl_free(r->perl);
    buf_drop(&r->text);
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

/* NULL when there is nothing to look for. */
static const struct finder *finder_of(struct regex *r)
{
    if (!r->finder_known) {
        r->finder = finder_new(&r->tree);
        r->finder_known = true;
    }
    return r->finder;
}

/* Adds the bytes of a character or set: false when it has others than single bytes. */
static bool add_bytes(const struct tree *t, int32_t node, bool in[256])
{
    const struct node *n = node < 0 ? NULL : &t->nodes[node];
    unsigned most = t->utf8 ? 0x80 : 0x100;
    if (n && n->kind == NODE_CHAR && !n->fold && n->value < most) {
        in[n->value] = true;
        return true;
    }
    if (!n || n->kind != NODE_SET || (t->utf8 && t->sets[n->value].high))
        return false;
    for (unsigned byte = 0; byte < most; byte++)
        in[byte] |= set_has_byte(&t->sets[n->value], byte);
    return true;
}

/* x, [x], [x]+ and [x][x]*. */
static bool find_bytes(const struct tree *t, struct bytes *b)
{
    bool more[256] = {0};
    if (t->root < 0 || t->flags & REGEX_NEWLINE)
        return false;
    const struct node *n = &t->nodes[t->root];
    if (n->kind == NODE_REPEAT && n->min == 1 && n->max < 0) {
        b->many = true;
        return add_bytes(t, n->a, b->in);
    }
    if (n->kind == NODE_CAT && n->b >= 0) {
        const struct node *rest = &t->nodes[n->b];
        b->many = rest->kind == NODE_REPEAT && rest->min == 0 && rest->max < 0 && add_bytes(t, n->a, b->in) &&
                  add_bytes(t, rest->a, more) && memcmp(more, b->in, sizeof more) == 0;
        return b->many;
    }
    return (n->kind == NODE_SET || n->kind == NODE_CHAR) && add_bytes(t, t->root, b->in);
}

/* NULL unless the pattern is such a one. */
static const struct bytes *bytes_of(struct regex *r)
{
    struct bytes *b = &r->bytes;
    if (!b->known) {
        b->known = true;
        b->usable = find_bytes(&r->tree, b);
        b->single = -1;
        int count = 0;
        for (int byte = 0; byte < 256; byte++)
            if (b->in[byte])
                b->single = count++ ? -1 : byte;
    }
    return b->usable ? b : NULL;
}

/* --- searching -------------------------------------------------------------------------------- */

void regex_start(struct search *s, struct regex *r, struct str text, size_t from, unsigned flags)
{
    *s = (struct search){.regex = r, .text = text, .from = from, .flags = flags};
}

static void save(struct search *s, const struct run *run)
{
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

/* Charges for bytes looked at, a step for `bytes_step` of them: remainders are kept in units of a 64th of a step. */
static void charge(struct search *s, size_t bytes, unsigned bytes_step)
{
    uint64_t sum = s->state[SLOT_REST] + (uint64_t)bytes * (METER_BYTES / bytes_step);
    meter_charge(s->regex->heap->meter, (int64_t)(sum / METER_BYTES));
    s->state[SLOT_REST] = sum % METER_BYTES;
}

static bool may_go(const struct search *s, bool whole)
{
    return whole || meter_go(s->regex->heap->meter);
}

/* Looks for a string that must occur, from SLOT_AT on. REGEX_YES: it is at *hit. */
static enum regex_answer find(struct search *s, const struct finder *f, bool whole, size_t *hit)
{
    for (;;) {
        if (!may_go(s, whole))
            return REGEX_MORE;
        size_t at = (size_t)s->state[SLOT_AT];
        if (at >= s->text.length)
            return REGEX_NO;
        size_t limit = s->text.length - at > WINDOW ? at + WINDOW : s->text.length;
        ptrdiff_t found = finder_find(f, s->text, at, limit);
        charge(s, (found < 0 ? limit : (size_t)found) - at, METER_BYTES);
        s->state[SLOT_AT] = limit;
        if (found >= 0) {
            s->state[SLOT_AT] = *hit = (size_t)found;
            return REGEX_YES;
        }
    }
}

/* Begins a phase in which an automaton runs. */
static void begin(struct search *s, enum phase phase, struct dfa *d, size_t at, bool anchored)
{
    const struct tree *t = &s->regex->tree;
    struct run run;
    enum kind kind = phase == PHASE_BACKWARD ? kind_behind(t, s->text, at, s->flags)
                                             : kind_before(t, s->text, at, s->flags);
    dfa_start(d, &run, at, kind, anchored);
    s->state[SLOT_PHASE] = phase;
    save(s, &run);
}

/* Runs the automaton of a phase as far as `stop`, in pieces, or until nothing more can come. False: the meter is
 * spent. A state that another search has flushed is found again from the start of the phase. */
static bool go_on(struct search *s, struct dfa *d, size_t start, size_t stop, bool anchored, bool whole, struct run *run)
{
    struct str text = s->text;
    enum phase phase = (enum phase)s->state[SLOT_PHASE];
    bool back = phase == PHASE_BACKWARD;
    *run = saved(s);
    if (!dfa_valid(d, run)) {
        begin(s, phase, d, start, anchored);
        *run = saved(s);
    }
    if (!back)
        text.length = stop;
    for (;;) {
        if (!may_go(s, whole)) {
            save(s, run);
            return false;
        }
        size_t from = run->at, left = back ? from - stop : stop - from;
        size_t piece = left < CHUNK ? left : CHUNK;
        enum scan answer = dfa_scan(d, run, text, back ? from - piece : from + piece);
        charge(s, back ? from - run->at : run->at - from, BYTES_STEP);
        if (answer == SCAN_DONE)
            return true;
        if (back ? run->at <= stop : run->at >= stop) {
            dfa_finish(d, run, text, s->flags);
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

/* One look of pcre2's at a text. */
static enum regex_answer perl_look(struct regex *r, struct str text, size_t from, unsigned how, struct match *groups, int count)
{
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

/* The same at a part of a search's text, from `from` on. */
static enum regex_answer perl_part(struct search *s, size_t begin, size_t stop, size_t from, unsigned how, struct match *groups, int count)
{
    struct str part = str_of(s->text.data + begin, stop - begin);
    enum regex_answer answer = perl_look(s->regex, part, from - begin, how, groups, count);
    for (int i = 0; answer == REGEX_YES && i < count; i++)
        if (groups[i].start >= 0) {
            groups[i].start += (ptrdiff_t)begin;
            groups[i].end += (ptrdiff_t)begin;
        }
    return answer;
}

/* The same at a line, or at all of the text. */
static enum regex_answer perl_line(struct search *s, size_t begin, size_t stop, size_t from, struct match *groups, int count)
{
    unsigned how = begin == 0 && s->flags & MATCH_NOT_BOL ? PERL_NOT_BOL : 0;
    if (stop == s->text.length && s->flags & MATCH_NOT_EOL)
        how |= PERL_NOT_EOL;
    return perl_part(s, begin, stop, from, how, groups, count);
}

/* Is there a match that begins at `start`, if the longest that could is known to end at `end`? pcre2 is shown no more than that and a
 * character on both sides, for what looks around. */
static enum regex_answer perl_piece(struct search *s, size_t start, size_t end, struct match *groups, int count)
{
    struct regex *r = s->regex;
    enum locale locale = r->tree.utf8 ? LOCALE_UTF8 : LOCALE_C;
    bool lines = (r->tree.flags & REGEX_NEWLINE) != 0;
    struct str text = s->text;
    bool first = start == 0 || (lines && text.data[start - 1] == r->tree.end);
    bool last = end == text.length || (lines && text.data[end] == r->tree.end);
    size_t from = first ? start : start - utf8_last(str_first(text, start), locale).length;
    size_t to = last ? end : end + utf8_first(str_after(text, end), locale).length;
    if (r->ends && !lines)
        to = text.length;
    unsigned how = PERL_ANCHORED;
    how |= start > 0 ? 0 : s->flags & MATCH_NOT_BOL ? PERL_NOT_BOL : 0;
    how |= last ? end == text.length && s->flags & MATCH_NOT_EOL ? PERL_NOT_EOL : 0 : to < text.length ? PERL_NOT_EOL : 0;
    return perl_part(s, from, to, start, how, groups, count);
}

/* The place behind the last `byte` in [from, at); `from` when there is none. */
static size_t behind_last(struct str text, size_t from, size_t at, char byte)
{
    uint64_t each = 0x0101010101010101u * (unsigned char)byte;
    while (at - from >= 8) {
        uint64_t word;
        memcpy(&word, text.data + at - 8, 8);
        word ^= each;
        if ((word - 0x0101010101010101u) & ~word & 0x8080808080808080u)
            break;
        at -= 8;
    }
    while (at > from && text.data[at - 1] != byte)
        at--;
    return at;
}

/* The same line by line, where lines are texts, else at once: in those that have a string which must occur, if one is
 * known. *start and *end are the line's. Without groups, there is no line behind the last newline. */
static enum regex_answer perl_lines(struct search *s, struct match *groups, int count, bool whole, size_t *start,
                                    size_t *end)
{
    struct regex *r = s->regex;
    const struct finder *f = finder_of(r);
    bool lines = (r->tree.flags & REGEX_NEWLINE) != 0;
    const char *unused;
    size_t hit;
    if (!use_perl(r, &unused))
        return REGEX_LIMIT;
    if (s->state[SLOT_PHASE] == PHASE_START)
        s->state[SLOT_AT] = s->from;
    s->state[SLOT_PHASE] = PHASE_FIND;
    for (;;) {
        size_t from = (size_t)s->state[SLOT_AT];
        if (f) {
            enum regex_answer answer = find(s, f, whole, &hit);
            if (answer != REGEX_YES)
                return answer;
            from = lines ? behind_last(s->text, from, hit, r->tree.end) : s->from;
        } else if (!may_go(s, whole)) {
            return REGEX_MORE;
        }
        ptrdiff_t length = lines ? str_find(str_after(s->text, from), r->tree.end) : -1;
        size_t stop = length < 0 ? s->text.length : from + (size_t)length;
        size_t begin = lines ? behind_last(s->text, 0, from, r->tree.end) : 0;
        enum regex_answer answer = perl_line(s, begin, stop, from, groups, count);
        *start = begin;
        *end = stop;
        if (answer != REGEX_NO || stop >= s->text.length || (!groups && stop + 1 >= s->text.length))
            return answer;
        s->state[SLOT_AT] = stop + 1;
    }
}

/* Is the preferred match looked for, and nothing else about it? */
static bool wants_first(const struct regex *r, int count)
{
    return r->decides && (count == 1 || (count > 1 && !r->groups));
}

static struct dfa *dfa_for(struct regex *r, int count)
{
    return dfa_of(r, count == 0 ? DFA_EARLIEST : wants_first(r, count) ? DFA_FIRST : DFA_LONGEST);
}

/* The answer to a search: the match, and its groups if they are asked for. */
static enum regex_answer found(struct search *s, size_t start, size_t end, struct match *groups, int count)
{
    struct regex *r = s->regex;
    const char *unused;
    /* By Perl's rules it may be a shorter one that begins there. */
    if (r->decides && count > 0 && !wants_first(r, count) && use_perl(r, &unused) &&
        perl_piece(s, start, end, groups, count) == REGEX_YES)
        return REGEX_YES;
    if (count > 0)
        groups[0] = (struct match){(ptrdiff_t)start, (ptrdiff_t)end};
    if (count > 1 && r->groups > 0) {
        if (!r->splitter)
            r->splitter = splitter_new(r->heap, &r->tree);
        splitter_split(r->splitter, s->text, s->flags, groups, count);
    } else {
        for (int i = 1; i < count; i++)
            groups[i] = (struct match){-1, -1};
    }
    return REGEX_YES;
}

/* Looks for one of the bytes, or some. */
static enum regex_answer next_bytes(struct search *s, const struct bytes *b, struct match *groups, int count, bool whole)
{
    const unsigned char *text = (const unsigned char *)s->text.data;
    if (s->state[SLOT_PHASE] == PHASE_START) {
        meter_charge(s->regex->heap->meter, 1);
        s->state[SLOT_PHASE] = PHASE_FIND;
        s->state[SLOT_AT] = s->from;
    }
    for (;;) {
        size_t at = (size_t)s->state[SLOT_AT], length = s->text.length;
        if (at >= length)
            return REGEX_NO;
        if (!may_go(s, whole))
            return REGEX_MORE;
        size_t limit = length - at > WINDOW ? at + WINDOW : length, from = at;
        unsigned bytes_step = b->single >= 0 && !b->many ? METER_BYTES : BYTES_STEP;
        if (b->single >= 0) {
            const unsigned char *hit = memchr(text + at, b->single, limit - at);
            at = hit ? (size_t)(hit - text) : limit;
        } else {
            while (at < limit && !b->in[text[at]])
                at++;
        }
        if (at == limit) {
            charge(s, at - from, bytes_step);
            s->state[SLOT_AT] = at;
            continue;
        }
        size_t end = at + 1;
        while (b->many && end < length && b->in[text[end]])
            end++;
        charge(s, end - from, bytes_step);
        return found(s, at, end, groups, count);
    }
}

int regex_byte(struct regex *r)
{
    const struct bytes *b = r->perl || r->decides ? NULL : bytes_of(r);
    return b && !b->many ? b->single : -1;
}

/* The next match by the automata. */
static enum regex_answer next_own(struct search *s, struct match *groups, int count, bool whole)
{
    struct regex *r = s->regex;
    const struct bytes *b = r->decides && r->tree.lazy ? NULL : bytes_of(r);
    if (b)
        return next_bytes(s, b, groups, count, whole);
    const struct finder *f = finder_of(r);
    struct run run;
    size_t hit;
    for (;;) {
        size_t low = (size_t)s->state[SLOT_LOW], high = (size_t)s->state[SLOT_HIGH];
        switch ((enum phase)s->state[SLOT_PHASE]) {
        case PHASE_START:
            meter_charge(r->heap->meter, 1);
            s->state[SLOT_LOW] = s->state[SLOT_AT] = s->from;
            if (f)
                s->state[SLOT_PHASE] = PHASE_FIND;
            else
                begin(s, PHASE_FORWARD, dfa_for(r, count), s->from, false);
            break;
        case PHASE_FIND: {
            enum regex_answer answer = find(s, f, whole, &hit);
            if (answer != REGEX_YES)
                return answer;
            if (finder_exact(f) && (!wants_first(r, count) || finder_even(f)))
                return found(s, hit, hit + finder_longest(f, s->text, hit), groups, count);
            if (finder_begins(f))
                s->state[SLOT_LOW] = hit;
            bool alone = finder_begins(f) && s->state[SLOT_WASTE] < WASTE_MOST;
            begin(s, alone ? PHASE_TRY : PHASE_FORWARD, dfa_for(r, count), (size_t)s->state[SLOT_LOW], alone);
            break;
        }
        case PHASE_TRY:
            if (!go_on(s, dfa_for(r, count), low, s->text.length, true, whole, &run))
                return REGEX_MORE;
            if (run.last >= 0)
                return found(s, low, (size_t)run.last, groups, count);
            s->state[SLOT_WASTE] += run.at - low;
            s->state[SLOT_AT] = low + 1;
            s->state[SLOT_PHASE] = PHASE_FIND;
            break;
        case PHASE_FORWARD: {
            struct dfa *d = dfa_for(r, count);
            if (!go_on(s, d, low, s->text.length, false, whole, &run))
                return REGEX_MORE;
            if (run.last < 0)
                return REGEX_NO;
            if (count == 0 || dfa_starts_only(d))
                return found(s, low, (size_t)run.last, groups, count);
            s->state[SLOT_HIGH] = (uint64_t)run.last;
            begin(s, PHASE_BACKWARD, dfa_of(r, DFA_BACKWARD), (size_t)run.last, true);
            break;
        }
        default:
            if (!go_on(s, dfa_of(r, DFA_BACKWARD), high, low, true, whole, &run))
                return REGEX_MORE;
            return found(s, (size_t)run.last, high, groups, count);
        }
    }
}

/* The next match that pcre2 finds where the automata say that one may begin. After some in vain in a line, or two side by side, it looks
 * at the rest of it, if that is short: each look checks all it is shown for being text. */
static enum regex_answer next_sieved(struct search *s, struct match *groups, int count, bool whole)
{
    struct regex *r = s->regex;
    bool lines = (r->tree.flags & REGEX_NEWLINE) != 0;
    struct match at;
    for (;;) {
        enum regex_answer answer = next_own(s, &at, 1, whole);
        if (answer != REGEX_YES)
            return answer;
        size_t start = (size_t)at.start, end = (size_t)at.end;
        if (start >= s->state[SLOT_STOP]) {
            ptrdiff_t length = lines ? str_find(str_after(s->text, start), r->tree.end) : -1;
            s->state[SLOT_BEGIN] = lines ? behind_last(s->text, 0, start, r->tree.end) : 0;
            s->state[SLOT_STOP] = (length < 0 ? s->text.length : start + (size_t)length) + 1;
            s->state[SLOT_TRIES] = 0;
        }
        size_t begin = (size_t)s->state[SLOT_BEGIN], stop = (size_t)s->state[SLOT_STOP] - 1;
        uint64_t tries = s->state[SLOT_TRIES] + 1;
        bool rest = end - start > PIECE_LONG    ? tries > 1
                    : stop - start > PIECE_LONG ? false
                                                : tries > TRIES_MOST || (tries > 1 && start == s->from);
        answer = rest ? perl_line(s, begin, stop, start, groups, count) : perl_piece(s, start, end, groups, count);
        if (answer != REGEX_NO)
            return answer;
        size_t next = rest || start == stop ? stop + 1
                                            : start + utf8_first(str_after(s->text, start), r->tree.utf8 ? LOCALE_UTF8 : LOCALE_C).length;
        if (next > s->text.length)
            return REGEX_NO;
        s->from = next;
        s->state[SLOT_PHASE] = PHASE_START;
        s->state[SLOT_WASTE] = 0;
        s->state[SLOT_TRIES] = tries;
    }
}

static enum regex_answer next_match(struct search *s, struct match *groups, int count, bool whole)
{
    const struct regex *r = s->regex;
    size_t start, end;
    if (s->from > s->text.length)
        return REGEX_NO;
    return !r->perl || r->decides ? next_own(s, groups, count, whole)
           : r->sieves            ? next_sieved(s, groups, count, whole)
                                  : perl_lines(s, groups, count, whole, &start, &end);
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

/* Sets SLOT_LOW and SLOT_HIGH to the line around a place, and charges for it. */
static void line_around(struct search *s, size_t at)
{
    char newline = s->regex->tree.end;
    size_t low = behind_last(s->text, (size_t)s->state[SLOT_WASTE], at, newline);
    ptrdiff_t length = str_find(str_after(s->text, at), newline);
    size_t high = length < 0 ? s->text.length : at + (size_t)length;
    charge(s, high - low, METER_BYTES);
    s->state[SLOT_LOW] = low;
    s->state[SLOT_HIGH] = high;
}

static enum regex_answer line_found(struct search *s, size_t *start, size_t *end)
{
    s->state[SLOT_PHASE] = PHASE_FOUND;
    *start = (size_t)s->state[SLOT_LOW];
    *end = (size_t)s->state[SLOT_HIGH];
    return REGEX_YES;
}

static bool finder_pays(const struct regex *r)
{
    return r->candidates < CANDIDATES_LEAST || r->covered >= r->candidates * COVERED_LEAST;
}

/* Begins to look for the next line from `low` on, which begins a line, in the way that has turned out to be the fastest. */
static void begin_lines(struct search *s, const struct finder *f, size_t low, size_t stop)
{
    struct regex *r = s->regex;
    const struct streams *lines = r->streams;
    s->state[SLOT_LOW] = s->state[SLOT_AT] = s->state[SLOT_WASTE] = low;
    if (s->state[SLOT_PIECE] && s->state[SLOT_PIECE] == streams_piece(lines) && low < streams_end(lines)) {
        s->state[SLOT_PHASE] = PHASE_STREAMS;
        return;
    }
    s->state[SLOT_PIECE] = 0;
    if (f && (finder_exact(f) || finder_pays(r))) {
        s->state[SLOT_PHASE] = PHASE_FIND;
        return;
    }
    struct dfa *d = dfa_of(r, DFA_EARLIEST);
    size_t high = stop - low > STREAMS_MOST ? behind_last(s->text, low, low + STREAMS_MOST, r->tree.end) : stop;
    if (s->flags & MATCH_LINES && stop - low >= STREAMS_LEAST && high > low && streams_pay(d)) {
        if (high == stop)
            high = behind_last(s->text, low, stop, r->tree.end);
        if (high > low) {
            if (!r->streams)
                r->streams = streams_new(r->heap);
            streams_start(r->streams, d, s->text, low, high);
            s->state[SLOT_PIECE] = streams_piece(r->streams);
            s->state[SLOT_PHASE] = PHASE_PIECE;
            return;
        }
    }
    s->state[SLOT_HIGH] = high > low && high < stop ? high - 1 : stop;
    begin(s, PHASE_FORWARD, d, low, false);
}

/* The next line by the automata. */
static enum regex_answer own_line(struct search *s, size_t *start, size_t *end)
{
    struct regex *r = s->regex;
    struct run run;
    size_t hit, stop = s->text.length;
    if (s->text.data[stop - 1] == r->tree.end)
        stop--; /* the last newline is the end of the last line */
    const struct finder *f = finder_of(r);
    for (;;) {
        size_t low = (size_t)s->state[SLOT_LOW], high = (size_t)s->state[SLOT_HIGH];
        struct dfa *d = f && finder_exact(f) ? NULL : dfa_of(r, DFA_EARLIEST);
        switch ((enum phase)s->state[SLOT_PHASE]) {
        case PHASE_START:
            meter_charge(r->heap->meter, 1);
            begin_lines(s, f, s->from, stop);
            break;
        case PHASE_FOUND:
            if (high >= stop)
                return REGEX_NO;
            begin_lines(s, f, high + 1, stop);
            break;
        case PHASE_FIND: {
            enum regex_answer answer = find(s, f, false, &hit);
            if (answer != REGEX_YES)
                return answer;
            line_around(s, hit);
            if (finder_exact(f))
                return line_found(s, start, end);
            s->state[SLOT_FOUND] = finder_begins(f) ? hit : (size_t)s->state[SLOT_LOW];
            begin(s, PHASE_LINE, d, (size_t)s->state[SLOT_FOUND], false);
            break;
        }
        case PHASE_LINE:
            if (!go_on(s, d, (size_t)s->state[SLOT_FOUND], high, false, false, &run))
                return REGEX_MORE;
            r->candidates++;
            r->covered += high - (size_t)s->state[SLOT_WASTE];
            if (run.last >= 0)
                return line_found(s, start, end);
            s->state[SLOT_WASTE] = s->state[SLOT_AT] = high + 1;
            s->state[SLOT_PHASE] = PHASE_FIND;
            if (!finder_pays(r))
                s->state[SLOT_PHASE] = PHASE_FOUND;
            break;
        case PHASE_PIECE:
            if (s->state[SLOT_PIECE] != streams_piece(r->streams)) {
                begin_lines(s, f, low, stop); /* another search has used them since */
                break;
            }
            do
                if (!may_go(s, false))
                    return REGEX_MORE;
            while (streams_scan(r->streams, d, s->text) == SCAN_MORE);
            charge(s, streams_end(r->streams) - low, BYTES_STEP);
            s->state[SLOT_PHASE] = PHASE_STREAMS;
            break;
        case PHASE_STREAMS: {
            ptrdiff_t place = streams_next(r->streams, low);
            if (place >= 0) {
                line_around(s, (size_t)place);
                return line_found(s, start, end);
            }
            s->state[SLOT_HIGH] = streams_end(r->streams) - 1;
            s->state[SLOT_PHASE] = PHASE_FOUND;
            break;
        }
        default:
            if (!go_on(s, d, low, high, false, false, &run))
                return REGEX_MORE;
            if (run.last < 0) {
                s->state[SLOT_PHASE] = PHASE_FOUND;
                break;
            }
            line_around(s, (size_t)run.last);
            return line_found(s, start, end);
        }
    }
}

static enum regex_answer next_perl_line(struct search *s, size_t *start, size_t *end)
{
    if (s->state[SLOT_PHASE] != PHASE_START && s->state[SLOT_AT] >= s->text.length)
        return REGEX_NO;
    enum regex_answer answer = perl_lines(s, NULL, 0, false, start, end);
    if (answer == REGEX_YES)
        s->state[SLOT_AT] = *end + 1;
    return answer;
}

static enum regex_answer sieved_line(struct search *s, size_t *start, size_t *end)
{
    for (;;) {
        enum regex_answer answer = own_line(s, start, end);
        if (answer != REGEX_YES)
            return answer;
        struct search line;
        unsigned flags = (*start == 0 ? s->flags & MATCH_NOT_BOL : 0) | (*end == s->text.length ? s->flags & MATCH_NOT_EOL : 0);
        regex_start(&line, s->regex, str_first(str_after(s->text, *start), *end - *start), 0, flags);
        answer = next_sieved(&line, NULL, 0, true);
        if (answer != REGEX_NO)
            return answer;
    }
}

enum regex_answer regex_line(struct search *s, size_t *start, size_t *end)
{
    const struct regex *r = s->regex;
    if (s->from >= s->text.length)
        return REGEX_NO; /* behind the last newline there is no line */
    return !r->perl || r->decides ? own_line(s, start, end) : r->sieves ? sieved_line(s, start, end) : next_perl_line(s, start, end);
}
