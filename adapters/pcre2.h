/* adapters/pcre2.h - Perl's patterns by pcre2's interpreter: grep -P, rg -P, jq, and patterns with back-references.
 *
 * All memory is on a heap and taken softly: what has no memory answers so, and nothing is unwound through pcre2.
 * A match cannot pause. One counter bounds a call: a unit is an opcode or 8 bytes scanned, 16 units are a step, and a call
 * has at most PERL_UNITS_MOST of them (10 ms), and no more than the steps left to the run.
 */
#ifndef ADAPTERS_PCRE2_H
#define ADAPTERS_PCRE2_H

#include "base/str.h"
#include "limits/heap.h"

enum { PERL_UNITS_MOST = 500000, PERL_UNITS_STEP = 16 };

enum { /* how to compile */
    PERL_FOLD = 1,        /* ignore case */
    PERL_UTF8 = 2,        /* characters are UTF-8; invalid bytes in the text match nothing */
    PERL_PROPERTIES = 4,  /* \w \d \s [[:alpha:]] by Unicode (needs PERL_UTF8) */
    PERL_MULTILINE = 8,   /* ^ and $ at newlines too */
    PERL_DOT_ALL = 16,    /* . matches newlines */
    PERL_SPACED = 32,     /* white space and # comments in the pattern */
    PERL_DOLLAR_END = 64, /* $ is not before a last newline */
    PERL_ALIKE = 128,     /* several groups may have the same name */
    PERL_LITERAL = 256,   /* no character is special */
    PERL_LAZY = 512,      /* repetitions are lazy, with ? they are not */
    PERL_VALID = 1024     /* with PERL_UTF8: pattern and texts are known to be valid */
};
enum { /* how to match */
    PERL_NOT_BOL = 1,      /* the text's start is no line's start */
    PERL_NOT_EOL = 2,
    PERL_NOT_EMPTY = 4,    /* an empty match is none */
    PERL_NOT_EMPTY_AT = 8, /* ... at the offset given */
    PERL_ANCHORED = 16,    /* at the offset given only */
    PERL_LONGEST = 32      /* the longest match that begins at the offset given: of a pattern that ends in (?C1) */
};

enum perl_answer {
    PERL_NO,
    PERL_YES,
    PERL_LIMIT,  /* too much back-tracking: neither yes nor no */
    PERL_MEMORY, /* there is no memory */
    PERL_FAILED  /* pcre2 answers another error: perl_error */
};

struct perl; /* a compiled pattern and room for one match */

struct perl_mistake {
    int number;       /* pcre2's */
    size_t offset;    /* bytes into the pattern */
    char text[160];   /* what pcre2 calls it */
};

/* NULL and *mistake (number 0 and no text: no memory) when it is not well formed or too large. Lives on `heap`. */
struct perl *perl_compile(struct heap *heap, struct str pattern, unsigned flags, struct perl_mistake *mistake);
/* NULL is allowed. */
void perl_free(struct perl *p);
/* How many groups it has, the whole match not counted. */
int perl_groups(const struct perl *p);
/* Named groups: how many names, and each one's name (borrowed from the pattern) and group. In the order of names. */
int perl_names(const struct perl *p);
struct str perl_name(const struct perl *p, int index, int *group);
/* Looks for a match at or after `from`. Charges the meter of the heap. */
enum perl_answer perl_match(struct perl *p, struct str text, size_t from, unsigned flags);
/* After PERL_YES: the bytes of a group (0: the match); false when it took no part. */
bool perl_group(const struct perl *p, int group, size_t *start, size_t *end);
/* After PERL_FAILED: pcre2's number and words. */
int perl_error(const struct perl *p, char text[160]);

#endif
