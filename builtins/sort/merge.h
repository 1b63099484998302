/* builtins/sort/merge.h - a stable merge sort of items, prefixes first, that can be left and gone on with. */
#ifndef BUILTINS_SORT_MERGE_H
#define BUILTINS_SORT_MERGE_H

#include "builtins/sort/keys.h"

struct merge {
    const struct keys *keys;
    struct ranked *from, *to;  /* runs of `width` in `from` are in order */
    size_t count, width;
    size_t start;            /* of the pair of runs being merged */
    size_t left, right, at;  /* where in both, and in `to` */
};

/* `items` and `room`, as many, stay the caller's. */
void merge_start(struct merge *m, const struct keys *keys, struct ranked *items, struct ranked *room, size_t count);
/* Goes on while the meter allows: true when m->from is in order. */
bool merge_run(struct call *c, struct merge *m);
/* The order of two items; charges when prefixes do not tell. */
int merge_compare(struct call *c, const struct keys *keys, const struct ranked *a, const struct ranked *b);

#endif
