/* base/lines.h - edit scripts between two texts: for diff, patch, diff3 and changes as unified diffs.
 *
 * The answers are those of GNU diff 3.8: what cannot match is set aside, Myers' O(ND) algorithm in linear
 * space runs over the rest, and hunks slide to where they merge, or end as late as they can. Where that costs
 * too much it settles for less, by the same rules. Resumable: charges for each line and each diagonal tried.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/buf.h"

struct lines_options {
    size_t horizon; /* equal lines at both ends of the difference that hunks may slide over: diff's is its
                       context */
    bool minimal;   /* the smallest script, whatever it costs (diff -d) */
    uint64_t
        cost; /* diagonals tried, at most: what is left then is deleted and inserted whole; 0: no limit */
    unsigned char end; /* the byte that ends lines: '\n' or 0 */
    /* Appends to `key` what a line (with its newline, if it has one) is compared by: for diff -i -b -w -E -Z.
     * NULL: its bytes. A last line without newline differs from one with it, unless their keys are equal. */
    void (*key)(void *user, struct str line, struct buf *key);
    void *user;
};

/* Lines count from 0. Where a count is 0, the start is the line before which the other side's lines go. */
struct lines_hunk {
    size_t a_start, a_count, b_start, b_count;
};

enum lines_answer { LINES_MORE, LINES_DONE };

struct lines; /* owned by its heap */

/* Both texts are borrowed until lines_free. */
struct lines *lines_new(struct heap *heap, struct str a, struct str b, const struct lines_options *options);
void lines_free(struct lines *l);
/* Works while the meter goes on, and at least a little: LINES_MORE when it is to be called again. */
enum lines_answer lines_step(struct lines *l);

/* After LINES_DONE: the hunks in order, owned by `l`; none when the texts are equal. */
const struct lines_hunk *lines_hunks(const struct lines *l, size_t *count);
/* How many lines side 0 (a) or 1 (b) has; an unfinished last one counts. */
size_t lines_count(const struct lines *l, int side);
/* Line `line` of a side, with its newline if it has one. */
struct str lines_get(const struct lines *l, int side, size_t line);
/* Lines `from` to `to` (not included) as one piece of the text. */
struct str lines_range(const struct lines *l, int side, size_t from, size_t to);

#endif
