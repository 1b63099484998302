/* builtins/sort/merge.h - a stable sort of ranked lines that can be left and gone on with.
 *
 * Lines are merged by their prefixes alone, or where they are many, dealt by the bytes of these. Those with the same prefix make
 * a group, which is ranked anew by what comes next in the line, and merged again; or, where prefixes cannot tell, merged by
 * comparing in full.
 */
#ifndef BUILTINS_SORT_MERGE_H
#define BUILTINS_SORT_MERGE_H

#include "builtins/sort/keys.h"

struct group {
    size_t start, count;
    struct level level;
    bool compare; /* in full */
};

enum merge_phase { MERGE_TAKE, MERGE_RANK, MERGE_DEAL, MERGE_RUNS, MERGE_PAIRS, MERGE_BACK, MERGE_SCAN };

enum { PREFIX_PLACES = 8 }; /* bytes of a prefix */

struct merge {
    const struct keys *keys;
    struct ranked *items, *room;
    struct group *groups;    /* still to be sorted */
    size_t group_count;
    enum merge_phase phase;
    struct group group;      /* being sorted */
    struct ranked *from, *to; /* of the group: runs of `width` in `from` are in order */
    size_t done, width;
    bool in_order, dealt;
    int byte;                /* by which lines are dealt, 0 is the lowest */
    size_t (*tally)[256];    /* for each byte and value: how many lines have it; then where the next of them goes */
    size_t start;            /* of the pair of runs being merged */
    size_t left, right, at;  /* where in both, and in `to` */
};

/* Sorts `items`; `room` for as many is needed until done. Both stay the caller's. `common` bytes of all first keys are the
 * same. The prefixes are not those of the first keys afterwards. */
void merge_start(struct call *c, struct merge *m, const struct keys *keys, struct ranked *items, struct ranked *room,
                 size_t count, size_t common);
/* Goes on while the meter allows: true when `items` is in order. */
bool merge_run(struct call *c, struct merge *m);
/* The order of two lines ranked by their first keys; charges when prefixes do not tell. */
int merge_compare(struct call *c, const struct keys *keys, const struct ranked *a, const struct ranked *b);
/* The same without looking at prefixes. */
int merge_compare_lines(struct call *c, const struct keys *keys, const struct ranked *a, const struct ranked *b);

#endif
