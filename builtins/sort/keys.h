/* builtins/sort/keys.h - what lines are sorted by: parsing -k, finding keys in lines, comparing. */
#ifndef BUILTINS_SORT_KEYS_H
#define BUILTINS_SORT_KEYS_H

#include "builtins/text.h"

enum ignored { IGNORE_NOTHING, IGNORE_NONDICTIONARY, IGNORE_NONPRINTING };

struct key {
    uint64_t start_field, start_byte; /* counted from 0 */
    uint64_t end_field, end_byte;     /* end_field UINT64_MAX: the line's end; end_byte 0: all of the field */
    bool skip_start, skip_end;        /* blanks before counting bytes */
    enum ignored ignore;
    bool fold, numeric, general, human, month, random, version, reverse;
    bool old;                         /* given as +F -F */
};

struct keys {
    struct key *list;
    size_t count;
    struct key global;      /* what was given outside of -k */
    int tab;                /* -t; -1: from non-blank to blank */
    bool stable, unique;
    uint64_t salt[2];       /* of -R */
    struct heap *heap;      /* for reading numbers */
    struct buf *filtered;   /* two: keys without what is ignored, where more than their bytes is compared */
};

struct line {
    const char *text;
    uint32_t length;
    uint32_t key, key_length; /* the first key: offset, bytes */
};

struct ranked {
    uint64_t prefix;          /* of keys_prefix */
    const struct line *line;
};

/* Adds one ordering letter to a key: false when it is none. `at_end`: behind the comma. */
bool key_set_order(struct key *k, char letter, bool at_end, bool at_start);
/* Parses KEYDEF. 0, or 2 after the message. */
int keys_parse(struct call *c, struct keys *k, struct str definition);
/* `+F[.C][OPTS]` and, if `end` has data, `-F[.C][OPTS]`. False when they are no keys (no message). */
bool keys_parse_old(struct call *c, struct keys *k, struct str start, struct str end);
/* Keys without order of their own take the global one; orders that exclude each other are an error: 0 or 2. */
int keys_settle(struct call *c, struct keys *k);
/* Has the key no order but reverse? */
bool key_is_default(const struct key *k);
/* The letters of a key's order, at most 12 and a NUL. */
void key_letters(const struct key *k, char letters[13]);

/* The bytes of a line that a key stands for. */
struct str key_find(const struct key *k, int tab, struct str line);
/* Finds the first key of a line. */
void keys_find_first(const struct keys *k, struct line *l);
/* Where ordering stands: at a key (its number; behind the last the whole line, as last resort), and for what is compared byte
 * by byte, how many bytes are known to be the same. */
struct level {
    size_t key, skip;
};
/* What the bytes at a level say: lines with a smaller prefix come first. */
uint64_t keys_prefix(const struct keys *k, const struct line *l, struct level level);
/* What to do with lines whose prefixes are the same: nothing, they are equal; compare them in full; or go on at the next level. */
enum tie { TIE_EQUAL, TIE_COMPARE, TIE_RANK };
enum tie keys_tie(const struct keys *k, uint64_t prefix, struct level level, struct level *next);
/* Is the first key compared byte by byte, as it is or with cases folded? */
bool keys_are_plain(const struct keys *k);
/* Orders two lines by all keys, and at last as a whole, unless stable or unique. */
int keys_compare(const struct keys *k, const struct line *a, const struct line *b);
/* How many bytes at the start of a key are the number, the month... that it is compared by (for --debug). */
size_t key_significant(const struct keys *keys, const struct key *k, struct str s);

#endif
