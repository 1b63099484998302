/* adapters/tre.h - approximate matches of extended regular expressions, by TRE: agrep, and "did you mean".
 *
 * A pattern is TRE's extended syntax, with its settings in braces: (colour){~2}, a{+1-1#2}, (abc){1i+2d<4}. What is made of a
 * pattern is bounded while it is made (APPROX_COMPILE_MOST), in items, so that the same patterns are refused everywhere.
 * A search stops between two characters where the meter's fuel does. A step is 16 units, of which looking at a transition
 * for a character takes one to a few. Memory is on a heap; exhaustion leaves as from everywhere else.
 */
#ifndef ADAPTERS_TRE_H
#define ADAPTERS_TRE_H

#include "base/utf8.h"
#include "limits/heap.h"

enum { APPROX_UNITS_STEP = 16, APPROX_COMPILE_MOST = 16 << 20 /* units of one pattern */ };

enum { /* how to compile */
    APPROX_FOLD = 1,   /* ignore case */
    APPROX_NEWLINE = 2 /* ^ and $ at newlines too, and neither . nor [^x] matches one */
};

/* What an error costs, and how much a match may cost; settings within the pattern come on top of them. */
struct approx_costs {
    int insertion, deletion, substitution;
    int most;
};

enum approx_answer {
    APPROX_NO,
    APPROX_YES,
    APPROX_STEPS, /* there is no fuel: ask the same again, and it goes on */
    APPROX_FAILED /* the text is too long, or one character takes too much work */
};

struct approx_match {
    int cost;
    size_t start, end; /* bytes */
};

struct approx; /* a compiled pattern and room for one match */

/* NULL when it is not well formed, is too large, or refers back to a group: `mistake` says which, in TRE's words where it has
 * any; it is empty when the run has no steps left. Bytes that are no UTF-8 are characters that equal only themselves. Lives on `heap`. */
struct approx *approx_compile(struct heap *heap, struct str pattern, unsigned flags, enum locale locale, char mistake[64]);
/* NULL is allowed. */
void approx_free(struct approx *a);
/* Looks for the match of least cost, of these for the leftmost and longest. `match` gets the cost (when there
 * is none: INT_MAX, or 0 if no errors were allowed), and with `place` where it is. */
enum approx_answer approx_find(struct approx *a, struct str text, const struct approx_costs *costs, bool place,
                               struct approx_match *match);

#endif
