/* regex/dfa.h - what an automaton without choices is made of: for dfa.c, which makes its states, and scan.c and streams.c,
 * which go from one to the next. */
#ifndef REGEX_DFA_H
#define REGEX_DFA_H

#include "regex/engine.h"

#define ENTRY_SPECIAL 0x80000000u /* leave the inner loop */
#define ENTRY_ACCEPT 0x40000000u  /* a match ends before this character */
#define ENTRY_DEAD 0x20000000u    /* nothing that follows can matter */
#define ENTRY_UNKNOWN (ENTRY_SPECIAL | 0x10000000u)
#define ENTRY_ROW 0x00ffffffu

enum { WORK_MOST = 1 << 16 }; /* members looked at in one scan: then the meter is asked again */

struct cell { /* a state */
    uint32_t from, count; /* its members in the pool */
    uint32_t hash;
    uint8_t before;       /* enum kind */
    bool closed;          /* no new beginnings */
    bool anchors;         /* has members that are anchors still to be decided */
};

/* A state that most bytes lead back to: the bytes that lead elsewhere, or are not known yet, as ranges. They are looked for many at a
 * time. What is skipped tells nothing about steps: all bytes are charged alike. */
enum {
    SKIPS = 2,
    SKIP_RANGES = 3,
    SKIP_AFTER = 1 << 14 /* bytes scanned, by when most columns are known */,
    SKIP_TRIES = 16,
    SKIP_VAIN = 24 /* times in a piece that it leads nowhere */
};
struct skip {
    uint32_t row;
    unsigned count;
    unsigned char low[SKIP_RANGES], span[SKIP_RANGES]; /* low to low + span */
};

struct dfa {
    struct heap *heap;
    const struct tree *tree;
    struct alphabet *alphabet;
    enum dfa_mode mode;
    struct nfa nfa;
    bool lines, has_anchors;
    bool hopeless;      /* a match can begin at the text's start only */
    uint32_t stride;
    uint32_t *table;
    uint32_t table_size; /* entries there is room for */
    struct cell *cells;
    uint32_t cell_count, cell_most;
    int32_t *pool;
    uint32_t pool_count;
    uint32_t *buckets; /* cell number + 1; a power of two of them */
    uint32_t bucket_count;
    uint32_t flushes;
    struct { uint32_t row, known; } starts[KIND_UNKNOWN + 1][2]; /* good while flushes + 1 is `known` */
    struct skip skips[SKIPS];
    unsigned skip_count, skip_tries;
    uint32_t skip_flushes; /* the skips are good while it is as `flushes` */
    uint64_t scanned, skipped; /* bytes, and how many of them were looked at many at a time */
    uint32_t work;     /* members looked at since the scan began */
    uint32_t *marks, generation;
    int32_t *stack;
    int32_t *now, *then; /* lists being made */
    uint32_t now_count, then_count;
};

/* The entry for a column that may have been added after the table was made. *row changes when rows become wider. */
uint32_t dfa_entry(struct dfa *d, uint32_t *row, int32_t column);
/* The column of a character above 0x7f. */
int32_t dfa_high_column(struct alphabet *a, const struct tree *t, uint32_t code);
/* The column of the character at a place. */
static inline int32_t dfa_column_at(struct dfa *d, struct str text, size_t at, size_t *length)
{
    int32_t column = d->alphabet->of_byte[(unsigned char)text.data[at]];
    *length = 1;
    if (column == COLUMN_HIGH)
        column = dfa_high_column(d->alphabet, d->tree, tree_code(true, text, at, length));
    return column;
}

#endif
