/* base/sort.h - a stable merge sort of pointers that can be left and gone on with. */
#ifndef BASE_SORT_H
#define BASE_SORT_H

#include "limits/heap.h"

/* Below 0, 0 or above 0. `user` is what sort_start was given. */
typedef int sort_order(const void *a, const void *b, void *user);

struct sort {
    struct heap *heap;
    void **items;     /* the caller's array: in order when sort_run answers true */
    void **from, **to, **spare;
    size_t count;
    size_t width;     /* runs of this length are sorted */
    size_t start;     /* of the pair of runs being merged */
    size_t left, right;
    bool merging;
    sort_order *order;
    void *user;
};

/* `items` stays the caller's. Needs room for as many pointers again, on `heap`, until done. */
void sort_start(struct sort *s, struct heap *heap, void **items, size_t count, sort_order *order, void *user);
/* Goes on while the meter allows: true when done. Charges a step for each comparison. */
bool sort_run(struct sort *s);

#endif
