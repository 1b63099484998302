/* builtins/tsort.c - put names into an order in which each comes before those that depend on it. */
#include "base/map.h"
#include "base/sort.h"
#include "builtins/text.h"

enum { NONE = -1 };

/* The names that come behind one, the newest first. */
struct edge {
    int32_t to, next;
};

struct node {
    struct str name;
    int64_t before;      /* names that must come before it and were not printed yet */
    int32_t edges;       /* first of its list */
    int32_t link;        /* the next in the queue, or in the chain of a loop */
    bool printed;
};

enum phase { PHASE_READ, PHASE_WORDS, PHASE_NAMES, PHASE_SORT, PHASE_SCAN, PHASE_PRINT, PHASE_LOOP };

struct tsort {
    enum phase phase;
    struct input *input;
    struct str name, text;
    struct map map;      /* name to index */
    struct node *nodes;
    size_t node_count, edge_count, left; /* left: not yet printed */
    struct edge *edges;
    void **sorted;
    struct sort sort;
    int32_t from;        /* the first word of a pair; NONE */
    uint32_t map_at;
    size_t at;           /* in `sorted` */
    int32_t head, tail;  /* the queue; the chain's head */
};

static int start(struct call *c)
{
    struct tsort *t = c->state;

    if (c->operand_count > 1)
        return call_extra_operand(c, c->operands[1]);
    t->name = c->operand_count ? c->operands[0] : str_lit("-");
    map_init(&t->map, c->heap);
    t->from = t->head = t->tail = NONE;
    return 0;
}

/* The index of a name that may be new. */
static int32_t find_node(struct call *c, struct tsort *t, struct str name)
{
    bool is_new;
    ptrdiff_t nul = str_find(name, 0);
    union map_value *value;

    if (nul >= 0) /* a name ends there */
        name = str_first(name, (size_t)nul);
    value = map_add(&t->map, name, &is_new);

    if (is_new) {
        value->number = (int64_t)t->node_count;
        t->nodes = array_grow(c->heap, t->nodes, t->node_count, sizeof *t->nodes);
        t->nodes[t->node_count++] = (struct node){.edges = NONE, .link = NONE};
    }
    return (int32_t)value->number;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

/* Takes one word: false at the end. */
static bool take_word(struct call *c, struct tsort *t)
{
    size_t from = 0, to;

    while (from < t->text.length && is_blank(t->text.data[from]))
        from++;
    for (to = from; to < t->text.length && !is_blank(t->text.data[to]);)
        to++;
    struct str word = str_of(t->text.data + from, to - from);
    call_charge(c, 1);
    call_charge_bytes(c, to);
    if (!word.length)
        return false;
    t->text = str_after(t->text, to);
    int32_t node = find_node(c, t, word), first = t->from;
    t->from = first == NONE ? node : NONE;
    if (first != NONE && first != node) {
        t->edges = array_grow(c->heap, t->edges, t->edge_count, sizeof *t->edges);
        t->edges[t->edge_count] = (struct edge){node, t->nodes[first].edges};
        t->nodes[first].edges = (int32_t)t->edge_count++;
        t->nodes[node].before++;
    }
    return true;
}

static int by_name(const void *a, const void *b, void *user)
{
    const struct node *first = a, *second = b;
    (void)user;
    return str_compare(first->name, second->name);
}

static void append(struct tsort *t, struct node *node)
{
    int32_t number = (int32_t)(node - t->nodes);

    if (t->head == NONE)
        t->head = number;
    else
        t->nodes[t->tail].link = number;
    t->tail = number;
    node->link = NONE;
}

/* Prints the first of the queue; those that need nothing else now join it. */
static void print_first(struct call *c, struct tsort *t)
{
    struct node *node = &t->nodes[t->head];

    call_format(c, "%S\n", node->name);
    call_charge(c, 1);
    node->printed = true;
    t->left--;
    for (int32_t edge = node->edges; edge != NONE; edge = t->edges[edge].next) {
        struct node *other = &t->nodes[t->edges[edge].to];
        call_charge(c, 1);
        if (--other->before == 0)
            append(t, other);
    }
    t->head = node->link;
    node->link = NONE;
}

/* The chain leads from its head to names that come behind; a name that is followed by the head and is in the chain closes a loop:
 * it is told, and what `node` says about the head is taken back. True then. */
static bool extend_chain(struct call *c, struct tsort *t, struct node *node)
{
    int32_t number = (int32_t)(node - t->nodes);

    if (node->before == 0)
        return false;
    if (t->head == NONE) {
        t->head = number;
        return false;
    }
    for (int32_t *edge = &node->edges; *edge != NONE; edge = &t->edges[*edge].next) {
        call_charge(c, 1);
        if (t->edges[*edge].to != t->head)
            continue;
        if (node->link == NONE) {
            node->link = t->head;
            t->head = number;
            return false;
        }
        bool inside = true;
        t->nodes[t->head].before--;
        *edge = t->edges[*edge].next;
        while (t->head != NONE) {
            struct node *link = &t->nodes[t->head];
            call_charge(c, 1);
            if (inside)
                call_warn(c, "%S", link->name);
            inside &= link != node;
            t->head = link->link;
            link->link = NONE;
        }
        return true;
    }
    return false;
}

/* --- the command -------------------------------------------------------------------------------------------- */

/* 0, E_WAIT, or 1 after a message. */
static int read_all(struct call *c, struct tsort *t)
{
    int error = 0;

    if (!t->input)
        error = input_open(c, &t->input, t->name, true);
    if (error == E_WAIT)
        return E_WAIT;
    if (error) {
        call_error(c, "%S: %m", call_quote_for_colon(c, t->name), error);
        return 1;
    }
    switch (input_all(t->input, &t->text)) {
    case INPUT_WAIT: return E_WAIT;
    case INPUT_END:  t->text = (struct str){0}; break; /* a folder is as an empty file */
    case INPUT_MORE: break;
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct tsort *t = c->state;
    int error;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (t->phase) {
        case PHASE_READ:
            error = read_all(c, t);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_done(c);
            t->phase = PHASE_WORDS;
            break;
        case PHASE_WORDS:
            if (take_word(c, t))
                break;
            if (t->from != NONE) {
                call_error(c, "%S: input contains an odd number of tokens", call_quote_for_colon(c, t->name));
                return call_done(c);
            }
            t->left = t->node_count;
            t->sorted = heap_alloc(c->heap, t->node_count * sizeof *t->sorted + 1);
            t->phase = PHASE_NAMES;
            break;
        case PHASE_NAMES: {
            union map_value *value;
            struct str name;
            if (map_next(&t->map, &t->map_at, &name, &value)) {
                struct node *node = &t->nodes[value->number];
                node->name = name;
                t->sorted[value->number] = node;
                call_charge(c, 1);
                break;
            }
            sort_start(&t->sort, c->heap, t->sorted, t->node_count, by_name, NULL);
            t->phase = PHASE_SORT;
            break;
        }
        case PHASE_SORT:
            if (!sort_run(&t->sort))
                return STEP_AGAIN;
            t->phase = PHASE_SCAN;
            break;
        case PHASE_SCAN: {
            if (t->left == 0)
                return call_done(c);
            if (t->at == t->node_count) {
                t->at = 0;
                t->phase = PHASE_PRINT;
                break;
            }
            struct node *node = t->sorted[t->at++];
            call_charge(c, 1);
            if (node->before == 0 && !node->printed)
                append(t, node);
            break;
        }
        case PHASE_PRINT:
            if (t->head != NONE) {
                print_first(c, t);
                break;
            }
            t->phase = PHASE_SCAN;
            if (t->left > 0) {
                call_error(c, "%S: input contains a loop:", call_quote_for_colon(c, t->name));
                t->phase = PHASE_LOOP;
            }
            break;
        case PHASE_LOOP:
            call_charge(c, 1);
            if (extend_chain(c, t, t->sorted[t->at])) {
                t->at = 0;
                t->phase = PHASE_SCAN;
            } else if (++t->at == t->node_count) {
                t->at = 0;
            }
            break;
        }
    }
}

const struct command command_tsort = {
    .name = "tsort",
    .usage = "[OPTION] [FILE]",
    .summary = "Write totally ordered list consistent with the partial ordering in FILE.",
    .help = "With no FILE, or when FILE is -, read standard input.",
    .state = sizeof(struct tsort),
    .start = start,
    .step = step,
};
