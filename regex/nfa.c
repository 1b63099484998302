/* regex/nfa.c - automata with choices, built from the tree by a stack of its own. */
#include "regex/engine.h"

/* --- places ----------------------------------------------------------------------------------- */

static enum holds both(int left, int right)
{
    if (left == 0 || right == 0)
        return HOLDS_NOT;
    return left == 2 || right == 2 ? HOLDS_MAYBE : HOLDS;
}

static int is_word(enum kind kind)
{
    return kind == KIND_UNKNOWN ? 2 : kind == KIND_WORD;
}

static int is_other(enum kind kind)
{
    return kind == KIND_UNKNOWN ? 2 : kind != KIND_WORD;
}

static int is_line_edge(enum kind kind)
{
    return kind == KIND_UNKNOWN ? 2 : kind == KIND_EDGE || kind == KIND_NEWLINE;
}

static int is_text_edge(enum kind kind, bool lines)
{
    return kind == KIND_UNKNOWN ? 2 : kind == KIND_EDGE || kind == KIND_EDGE_NOT || (lines && kind == KIND_NEWLINE);
}

enum holds anchor_holds(uint32_t anchor, enum kind left, enum kind right, bool lines)
{
    switch (anchor) {
    case ANCHOR_BOL: return both(is_line_edge(left), 1);
    case ANCHOR_EOL: return both(1, is_line_edge(right));
    case ANCHOR_TEXT_START: return both(is_text_edge(left, lines), 1);
    case ANCHOR_TEXT_END: return both(1, is_text_edge(right, lines));
    case ANCHOR_WORD_START: return both(is_other(left), is_word(right));
    case ANCHOR_WORD_END: return both(is_word(left), is_other(right));
    case ANCHOR_WORD_INSIDE: return both(is_word(left), is_word(right));
    case ANCHOR_WORD_OUTSIDE: return both(is_other(left), is_other(right));
    case ANCHOR_NOT_WORD_BEFORE: return both(is_other(left), 1);
    default: return both(1, is_other(right));
    }
}

enum kind kind_of(const struct tree *t, uint32_t code)
{
    if (code == (unsigned char)t->end && t->flags & (REGEX_NEWLINE | REGEX_MULTILINE))
        return KIND_NEWLINE;
    return t->word_anchors && code_is_word(code, t->utf8) ? KIND_WORD : KIND_OTHER;
}

enum kind kind_before(const struct tree *t, struct str text, size_t at, unsigned flags)
{
    if (at == 0)
        return flags & MATCH_NOT_BOL ? KIND_EDGE_NOT : KIND_EDGE;
    unsigned char byte = (unsigned char)text.data[at - 1];
    if (byte < 0x80 || !t->utf8)
        return kind_of(t, byte);
    struct utf8_char c = utf8_last(str_first(text, at), LOCALE_UTF8);
    return kind_of(t, c.valid ? c.code : REGEX_RAW | c.code);
}

enum kind kind_behind(const struct tree *t, struct str text, size_t at, unsigned flags)
{
    if (at >= text.length)
        return flags & MATCH_NOT_EOL ? KIND_EDGE_NOT : KIND_EDGE;
    size_t length;
    return kind_of(t, tree_code(t->utf8, text, at, &length));
}

bool state_takes(const struct tree *t, const struct state *s, uint32_t code, uint32_t key)
{
    if (s->kind == STATE_CHAR)
        return (s->fold ? key : code) == s->value;
    return s->kind == STATE_SET && set_has(t, &t->sets[s->value], code);
}

/* --- size ------------------------------------------------------------------------------------- */

static int64_t capped(int64_t size)
{
    return size > NFA_CAP ? NFA_CAP + 1 : size;
}

static int64_t size_of(const int64_t *sizes, int32_t node)
{
    return node < 0 ? 0 : sizes[node];
}

int64_t nfa_size(const struct tree *t, enum flavor flavor)
{
    if (t->node_count == 0)
        return 1;
    int64_t *sizes = heap_alloc(t->heap, (size_t)t->node_count * sizeof *sizes);
    for (int32_t i = 0; i < t->node_count; i++) {
        const struct node *n = &t->nodes[i];
        int64_t a = size_of(sizes, n->a), b = size_of(sizes, n->b);
        switch (n->kind) {
        case NODE_CAT: sizes[i] = capped(a + b); break;
        case NODE_ALT: sizes[i] = capped(a + b + 1); break;
        case NODE_GROUP: sizes[i] = capped(flavor == FLAVOR_GROUPS ? a + 2 : a); break;
        case NODE_REPEAT: {
            int64_t copies = n->max >= 0 ? n->max : flavor == FLAVOR_GROUPS || n->min == 0 ? n->min + 1 : n->min;
            int64_t choices = n->max >= 0 ? n->max - n->min : 1;
            sizes[i] = capped(copies * a + choices);
            break;
        }
        default: sizes[i] = 1;
        }
    }
    int64_t size = size_of(sizes, t->root) + 1;
    heap_free(t->heap, sizes);
    return size;
}

/* --- building --------------------------------------------------------------------------------- */

struct frame { /* a node whose states are being made, and lead on to `next` */
    int32_t node, next;
    int32_t turn;     /* how far it is */
    int32_t state;    /* a state of its own */
    int32_t place;    /* a repetition: where the copy to be made next leads to */
    int32_t first;    /* ... its outermost choice */
    bool optional;    /* a group that may be left out: see struct state */
    bool copied;      /* a second copy of a part: glibc forgets in it which groups are optional */
};

/* Which nodes may match the empty string: an array of the tree's heap. */
static bool *find_empty(const struct tree *t)
{
    bool *empty = heap_alloc(t->heap, (size_t)t->node_count * sizeof *empty + 1);
    for (int32_t i = 0; i < t->node_count; i++) {
        const struct node *n = &t->nodes[i];
        bool a = n->a < 0 || empty[n->a], b = n->b < 0 || empty[n->b];
        switch (n->kind) {
        case NODE_CHAR: case NODE_SET: empty[i] = false; break;
        case NODE_CAT: empty[i] = a && b; break;
        case NODE_ALT: empty[i] = a || b; break;
        case NODE_REPEAT: empty[i] = a || n->min == 0; break;
        case NODE_GROUP: empty[i] = a; break;
        default: empty[i] = true;
        }
    }
    return empty;
}

struct builder {
    struct nfa *nfa;
    const struct tree *tree;
    enum flavor flavor;
    int32_t *alias;
    bool *empty; /* of FLAVOR_FIRST: nodes that may match the empty string */
    struct frame *frames;
    int32_t depth;
    int32_t entry; /* of the node finished last */
};

static int32_t add_state(struct builder *b, enum state_kind kind, uint32_t value, int32_t next, int32_t other)
{
    struct nfa *n = b->nfa;
    n->states = array_grow(b->tree->heap, n->states, (size_t)n->count, sizeof *n->states);
    n->states[n->count] = (struct state){.kind = (uint8_t)kind, .value = value, .next = next, .other = other};
    return n->count++;
}

static void enter_copy(struct builder *b, int32_t node, int32_t next, bool optional, bool copied)
{
    if (node < 0) {
        b->entry = next;
        return;
    }
    b->frames = array_grow(b->tree->heap, b->frames, (size_t)b->depth, sizeof *b->frames);
    b->frames[b->depth++] = (struct frame){.node = node, .next = next, .state = -1,
        .optional = optional, .copied = copied};
}

static void enter(struct builder *b, int32_t node, int32_t next, const struct frame *parent)
{
    enter_copy(b, node, next, false, parent && parent->copied);
}

static void leave(struct builder *b, int32_t entry)
{
    b->entry = entry;
    b->depth--;
}

static void build_alternatives(struct builder *b, struct frame *f, const struct node *n)
{
    switch (f->turn++) {
    case 0: enter(b, n->a, f->next, f); break;
    case 1:
        f->place = n->a < 0 ? -1 : b->entry;
        enter(b, n->b, f->next, f);
        break;
    default: {
        int32_t first = n->a < 0 ? f->next : f->place, second = n->b < 0 ? f->next : b->entry;
        if (n->a < 0 && b->flavor != FLAVOR_FIRST) { /* what is not empty is preferred, as glibc's order of states has it */
            first = second;
            second = f->next;
        }
        leave(b, first == second ? first : add_state(b, STATE_ALT, 0, first, second));
    }
    }
}

/* A choice whether to go into a part that may be left out. */
static int32_t add_choice(struct builder *b, bool lazy, int32_t part, int32_t next)
{
    return lazy ? add_state(b, STATE_ALT, 0, next, part) : add_state(b, STATE_ALT, 0, part, next);
}

/* An unbounded repetition is a choice to which its first copy leads back; copies that must be stand before it. Where
 * preferences matter, x* is (x+)? if x may be empty: else an empty x would not be preferred to what stands behind it in x. */
static void build_unbounded(struct builder *b, struct frame *f, const struct node *n)
{
    bool groups = b->flavor == FLAVOR_GROUPS, lazy = n->lazy && b->flavor == FLAVOR_FIRST;
    bool left_out = b->empty && n->min == 0 && b->empty[n->a];
    int32_t made = f->turn++, min = left_out ? 1 : n->min;
    int32_t copies = !groups && min > 0 ? min : min + 1; /* the looping copy may be one that must be */
    if (made == 0) {
        f->state = f->place = add_state(b, STATE_ALT, 0, -1, f->next);
    } else if (made == 1) {
        struct state *choice = &b->nfa->states[f->state];
        choice->next = b->entry;
        if (!groups && min > 0)
            f->place = b->entry;
        if (lazy)
            *choice = (struct state){.kind = STATE_ALT, .next = choice->other, .other = choice->next};
    } else {
        f->place = b->entry;
    }
    if (made == copies)
        leave(b, left_out ? add_choice(b, lazy, f->place, f->next) : f->place);
    else
        enter_copy(b, n->a, f->place, groups && made == 0 && !f->copied, f->copied || made < n->min);
}

/* Copies that may be left out are (x(x(x)?)?)?, but for groups (((x)?x)?x)? as in glibc: there the last one stands outermost. */
static void build_bounded(struct builder *b, struct frame *f, const struct node *n)
{
    bool groups = b->flavor == FLAVOR_GROUPS;
    int32_t made = f->turn++, choices = n->max - n->min;
    if (made == 0) {
        f->place = f->next;
    } else if (made > choices) {
        f->place = b->entry;
    } else if (!groups) {
        f->place = add_choice(b, n->lazy && b->flavor == FLAVOR_FIRST, b->entry, f->next);
    } else {
        int32_t choice = add_state(b, STATE_ALT, 0, b->entry, f->place);
        if (f->state < 0)
            f->first = choice;
        else
            b->nfa->states[f->state].next = choice;
        f->state = choice;
        f->place = made == choices ? f->first : b->entry;
    }
    if (made == n->max)
        leave(b, f->place);
    else
        enter_copy(b, n->a, f->place, groups && made == choices - 1 && !f->copied,
                   f->copied || made != (n->min ? n->max : choices) - 1);
}

static void build_group(struct builder *b, struct frame *f, const struct node *n)
{
    if (b->flavor != FLAVOR_GROUPS) {
        int32_t next = f->next;
        b->depth--;
        enter(b, n->a, next, NULL);
        return;
    }
    if (f->turn++ == 0) {
        f->state = add_state(b, STATE_CLOSE, n->value, f->next, -1);
        b->nfa->states[f->state].optional = f->optional;
        int32_t inside = n->a;
        uint32_t outer = n->value;
        while (inside >= 0 && b->tree->nodes[inside].kind == NODE_GROUP) {
            b->alias[b->tree->nodes[inside].value] = (int32_t)outer;
            outer = b->tree->nodes[inside].value;
            inside = b->tree->nodes[inside].a;
        }
        enter(b, inside, f->state, f);
        return;
    }
    int32_t open = add_state(b, STATE_OPEN, n->value, b->entry, -1);
    b->nfa->states[open].optional = f->optional;
    leave(b, open);
}

static void build_node(struct builder *b)
{
    struct frame *f = &b->frames[b->depth - 1];
    const struct node *n = &b->tree->nodes[f->node];
    switch (n->kind) {
    case NODE_CAT:
        if (f->turn++ == 0) {
            enter(b, b->flavor == FLAVOR_REVERSE ? n->a : n->b, f->next, f);
        } else { /* what is left is this frame's first part, leading on to what was made */
            struct frame done = *f;
            b->depth--;
            enter(b, b->flavor == FLAVOR_REVERSE ? n->b : n->a, b->entry, &done);
        }
        break;
    case NODE_ALT: build_alternatives(b, f, n); break;
    case NODE_REPEAT: n->max < 0 ? build_unbounded(b, f, n) : build_bounded(b, f, n); break;
    case NODE_GROUP: build_group(b, f, n); break;
    default: {
        enum state_kind kind = n->kind == NODE_CHAR ? STATE_CHAR : n->kind == NODE_SET ? STATE_SET : STATE_ANCHOR;
        int32_t s = add_state(b, kind, n->value, f->next, -1);
        b->nfa->states[s].fold = n->fold;
        leave(b, s);
    }
    }
}

void nfa_build(struct nfa *n, const struct tree *t, enum flavor flavor, int32_t *alias)
{
    *n = (struct nfa){0};
    struct builder b = {.nfa = n, .tree = t, .flavor = flavor, .alias = alias};
    if (flavor == FLAVOR_FIRST)
        b.empty = find_empty(t);
    int32_t end = add_state(&b, STATE_END, 0, -1, -1);
    enter(&b, t->root, end, NULL);
    while (b.depth > 0)
        build_node(&b);
    n->start = b.entry;
    heap_free(t->heap, b.frames);
    heap_free(t->heap, b.empty);
}
