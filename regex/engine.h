/* regex/engine.h - the automata behind regex.h: for the room's own files. */
#ifndef REGEX_ENGINE_H
#define REGEX_ENGINE_H

#include "regex/tree.h"

/* --- nfa.c ------------------------------------------------------------------------------------ */

enum state_kind { STATE_CHAR, STATE_SET, STATE_ALT, STATE_ANCHOR, STATE_OPEN, STATE_CLOSE, STATE_END };

struct state {
    uint8_t kind, fold;
    uint8_t optional;    /* of OPEN and CLOSE: the group may be left out, so an empty last round does not count */
    uint32_t value;      /* as struct node has it; of OPEN and CLOSE, the group */
    int32_t next, other; /* ALT: next is preferred */
};

enum flavor {
    FLAVOR_MATCH,   /* no groups, as few states as there can be */
    FLAVOR_REVERSE, /* the same, from right to left */
    FLAVOR_FIRST,   /* no groups, preferences as Perl and Rust have them */
    FLAVOR_GROUPS   /* with groups, copies and preferences as glibc makes them */
};

enum { NFA_MOST = 1 << 18, NFA_CAP = 1 << 24 }; /* states at most, unless there are not more than the tree has nodes */

struct nfa {
    struct state *states;
    int32_t count, start;
};

/* How many states a flavor of the tree has; above NFA_CAP the number may be too small. */
int64_t nfa_size(const struct tree *t, enum flavor flavor);
/* Builds it: `alias` (one for each group, from 1; NULL but for FLAVOR_GROUPS) gets for a group that is nothing but
 * another group the number of the outer one, else 0. */
void nfa_build(struct nfa *n, const struct tree *t, enum flavor flavor, int32_t *alias);

/* --- what stands beside a place --- */

enum kind {
    KIND_OTHER,
    KIND_WORD,
    KIND_NEWLINE,  /* what ends lines, where lines matter */
    KIND_EDGE,     /* the text's start or end */
    KIND_EDGE_NOT, /* the same, but it does not count as a line's */
    KIND_UNKNOWN
};

enum holds { HOLDS_NOT, HOLDS, HOLDS_MAYBE };
/* Does the anchor hold between characters of these kinds? `lines`: each line is a text. */
enum holds anchor_holds(uint32_t anchor, enum kind left, enum kind right, bool lines);
/* The kind of the code. */
enum kind kind_of(const struct tree *t, uint32_t code);
/* The kinds of what stands before and behind a place in the text, of what a search takes for its edges. */
enum kind kind_before(const struct tree *t, struct str text, size_t at, unsigned flags);
enum kind kind_behind(const struct tree *t, struct str text, size_t at, unsigned flags);
/* Does a state that takes a character take this one? */
bool state_takes(const struct tree *t, const struct state *s, uint32_t code, uint32_t key);

/* --- dfa.c ------------------------------------------------------------------------------------ */

/* Characters that no state tells apart share a column. */
struct column {
    uint32_t code, key; /* one of them; its fold key */
    uint64_t signature; /* of those above 0x7f: which items take them */
    enum kind kind;
};

enum { COLUMN_EDGE, COLUMN_EDGE_NOT, COLUMN_HIGH, COLUMN_FIRST };

struct alphabet {
    uint16_t of_byte[256];
    struct column *columns;
    int32_t count;
    bool high; /* characters above 0x7f must be looked at one by one */
    struct high_cache *cache;
    uint32_t *keys, *sets; /* characters (sorted) and sets that may take one above 0x7f */
    int32_t key_count, set_count;
};

enum dfa_mode {
    DFA_EARLIEST, /* is there a match: stops as soon as that is known */
    DFA_LONGEST,  /* where the leftmost-longest match ends */
    DFA_BACKWARD, /* from that end, where it begins */
    DFA_FIRST,    /* where the leftmost match ends that is preferred, as Perl and Rust do */
    DFA_MODES
};

struct dfa;

enum scan { SCAN_MORE, SCAN_DONE };

struct run { /* where a scan is */
    size_t at;       /* next byte; going backward, the byte before it is next */
    uint32_t row;
    uint32_t flushes; /* the generation that row belongs to */
    ptrdiff_t last;  /* where the best match so far ends (backward: begins), or -1 */
};

struct dfa *dfa_new(struct heap *heap, const struct tree *t, struct alphabet *a, enum dfa_mode mode);
void dfa_free(struct dfa *d);
/* From all characters and sets of the tree. */
void alphabet_init(struct alphabet *a, const struct tree *t);
void alphabet_drop(struct alphabet *a, struct heap *heap);
/* Begins at `at`, beside a character of `kind`. `anchored`: a match must begin there (DFA_LONGEST, DFA_FIRST). */
void dfa_start(struct dfa *d, struct run *r, size_t at, enum kind kind, bool anchored);
/* Is the row still there, or was it flushed in another search's favour? */
bool dfa_valid(const struct dfa *d, const struct run *r);
/* Can a match begin only where the text begins? */
bool dfa_starts_only(const struct dfa *d);
/* Goes on as far as `limit` (a place; text is looked at up to its end for characters that cross it), or less far when
 * many states were made. SCAN_DONE: there is no need to go on; DFA_EARLIEST then has r->last set, or there is no match. */
enum scan dfa_scan(struct dfa *d, struct run *r, struct str text, size_t limit);
/* Nothing more is to be read: takes note of a match that ends (backward: begins) just here. */
void dfa_finish(struct dfa *d, struct run *r, struct str text, unsigned flags);

/* --- streams.c -------------------------------------------------------------------------------- */

enum { STREAMS_LEAST = 4096, STREAMS_MOST = 32768 }; /* bytes of a piece */

struct streams;

struct streams *streams_new(struct heap *heap);
/* Is it faster than one scan, by what that has come across so far? Does not depend on the machine. */
bool streams_pay(const struct dfa *d);
/* Begins with the lines of the piece [low, high) of the text: whole lines, of not more than STREAMS_MOST bytes. */
void streams_start(struct streams *s, struct dfa *d, struct str text, size_t low, size_t high);
/* Goes on: SCAN_MORE when many states were made. */
enum scan streams_scan(struct streams *s, struct dfa *d, struct str text);
/* A place in the first line at or after `from` that matches, when all of the piece has been scanned: -1 if there is none. */
ptrdiff_t streams_next(const struct streams *s, size_t from);
/* Which piece it is: pieces are counted. */
uint64_t streams_piece(const struct streams *s);
/* Where it ends. */
size_t streams_end(const struct streams *s);

/* --- groups.c --------------------------------------------------------------------------------- */

struct splitter;
struct splitter *splitter_new(struct heap *heap, const struct tree *t);
void splitter_free(struct splitter *s);
/* What the groups of the match [groups[0].start, groups[0].end) are: sets groups[1..count). */
void splitter_split(struct splitter *s, struct str text, unsigned flags, struct match *groups, int count);

#endif
