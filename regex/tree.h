/* regex/tree.h - patterns of all dialects as one tree, and sets of characters: for the rooms's own files.
 *
 * Nodes and sets are numbered; children come before their parents, so that whatever is computed
 * from the leaves up is one loop. -1 stands for what matches the empty string.
 *
 * A character is a code: a code point in UTF-8, a byte else. A byte that begins no valid character
 * is the code REGEX_RAW | byte; no set has it, only a literal of the same byte matches it.
 */
#ifndef REGEX_TREE_H
#define REGEX_TREE_H

#include "base/utf8.h"
#include "regex/regex.h"

#define REGEX_RAW 0x80000000u

enum { REGEX_DUP_MOST = 32767, REGEX_NODES_MOST = 1 << 22 };

enum node_kind {
    NODE_CHAR,   /* the character `value`; its upper case, when `fold` */
    NODE_SET,    /* one of set number `value` */
    NODE_ANCHOR, /* enum anchor */
    NODE_CAT,    /* a, then b */
    NODE_ALT,    /* a or b */
    NODE_REPEAT, /* a, min to max times; max -1: no bound */
    NODE_GROUP,  /* a, which is group number `value` */
    NODE_BACK    /* what group number `value` matched */
};

enum anchor { /* each is about the characters before and behind a place */
    ANCHOR_BOL,
    ANCHOR_EOL,
    ANCHOR_TEXT_START,
    ANCHOR_TEXT_END,
    ANCHOR_WORD_START,
    ANCHOR_WORD_END,
    ANCHOR_WORD_INSIDE,    /* between two word characters */
    ANCHOR_WORD_OUTSIDE,   /* between two others */
    ANCHOR_NOT_WORD_BEFORE, /* grep -w */
    ANCHOR_NOT_WORD_BEHIND
};

struct node {
    uint8_t kind, fold;
    bool lazy; /* a repetition that takes as little as it can: of use to FLAVOR_FIRST alone */
    int32_t a, b;
    int32_t min, max;
    uint32_t value;
};

struct range {
    uint32_t from, last;
};

/* Which characters: `bits` for bytes (for codes below 0x80 in UTF-8), the rest for codes above. When `fold`, a
 * character is looked up by its upper case; `bits` have been closed under case already. */
struct set {
    uint8_t bits[32];
    bool inverse, fold, high; /* high: has any code above 0x7f, in UTF-8 */
    uint16_t classes;         /* any of these classes of base/utf8.h */
    uint32_t ranges, count;   /* first and number of its ranges in tree.ranges: codes above 0x7f only */
};

struct tree {
    struct heap *heap;
    struct node *nodes;
    struct set *sets;
    struct range *ranges;
    int32_t node_count, set_count, range_count;
    int32_t root;
    int32_t groups;
    bool utf8, back;   /* has back-references */
    bool word_anchors; /* looks at whether characters are of words */
    bool lazy;         /* has repetitions that take as little as they can */
    unsigned flags;
    char end;          /* what ends lines */
};

static inline bool set_has_byte(const struct set *s, unsigned byte)
{
    return s->bits[byte >> 3] >> (byte & 7) & 1;
}

/* Is the code, 0x80 or above in UTF-8, in the set? Never for raw bytes. */
bool set_has_high(const struct tree *t, const struct set *s, uint32_t code);
static inline bool set_has(const struct tree *t, const struct set *s, uint32_t code)
{
    return code < 0x80 || (!t->utf8 && code < 0x100) ? set_has_byte(s, code) : set_has_high(t, s, code);
}

/* The code by which characters are compared when case is ignored. */
static inline uint32_t fold_key(const struct tree *t, uint32_t code)
{
    return code & REGEX_RAW ? code : utf8_upper(code, t->utf8 ? LOCALE_UTF8 : LOCALE_C);
}

/* The character at `at`, as a code; *length gets its bytes. */
static inline uint32_t tree_code(bool utf8, struct str text, size_t at, size_t *length)
{
    unsigned char byte = (unsigned char)text.data[at];
    *length = 1;
    if (byte < 0x80 || !utf8)
        return byte;
    struct utf8_char c = utf8_first_wide(str_after(text, at));
    *length = c.length;
    return c.valid ? c.code : REGEX_RAW | c.code;
}

/* Is the code a word character, [[:alnum:]_]? Beside anchors glibc takes a raw byte for the code of the same number. */
static inline bool code_is_word(uint32_t code, bool utf8)
{
    code &= ~REGEX_RAW;
    return code == '_' || utf8_is(code, UTF8_ALNUM, utf8 ? LOCALE_UTF8 : LOCALE_C);
}

/* An empty tree. */
void tree_init(struct tree *t, struct heap *heap, unsigned flags);
void tree_drop(struct tree *t);
/* Parses one pattern: its root, or -2 and *message. May be called for several patterns. Of REGEX_PERL and REGEX_RUST what is
 * common to all such languages. */
int32_t tree_parse(struct tree *t, struct str pattern, enum regex_syntax syntax, const char **message);
/* The root of a tree for the bytes of a fixed string. */
int32_t tree_fixed(struct tree *t, struct str text);
/* The root of a tree for any of the fixed strings, in which strings that begin alike share their beginnings. */
int32_t tree_words(struct tree *t, const struct str *words, size_t count);
int32_t tree_add(struct tree *t, enum node_kind kind, int32_t a, int32_t b, uint32_t value);
static inline int32_t tree_cat(struct tree *t, int32_t a, int32_t b)
{
    return a < 0 ? b : b < 0 ? a : tree_add(t, NODE_CAT, a, b, 0);
}
/* Puts in the place of each back-reference what its group can match, so that the tree matches wherever it did, and perhaps elsewhere.
 * False, and nothing is done, when that would become too big. */
bool tree_loosen(struct tree *t);
/* Appends the part below `node` (-1: empty) written in pcre2's syntax, with GNU's meaning. */
void tree_print(const struct tree *t, int32_t node, struct buf *out);

#endif
