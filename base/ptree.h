/* base/ptree.h - a persistent array: a 64-bit index to an item, shared between copies.
 *
 * A copy is one reference more. A change copies the path from the root to the item,
 * except where this tree is the only owner: there it changes in place. Each node sums the
 * weight of all below it, so a root answers "how much" at once, however much is shared.
 * Comparing two trees skips what they share. Sparse: levels are added as indices ask.
 */
#ifndef BASE_PTREE_H
#define BASE_PTREE_H

#include "limits/shared.h"

/* What a tree holds: begins every counted item. */
struct item {
    struct shared shared;
    uint64_t weight; /* what this item adds to the sum of its tree; fixed while it is in one */
};

/* How items of a tree are dropped: called when the last reference to one goes. It releases
 * what the item holds and calls shared_free. It must not allocate. */
struct item_kind {
    void (*drop)(struct item *item, struct meter *meter);
    bool charged; /* are the tree's own nodes memory of the run, or disk? */
};

enum { PTREE_BITS = 5, PTREE_FANOUT = 1 << PTREE_BITS };

/* A node of the tree: public so that constant trees can be written down as data. */
struct pnode {
    struct item item;                  /* its weight is the sum of all below */
    uint32_t present;                  /* which children there are, a bit each; never 0 */
    struct item *child[PTREE_FANOUT];  /* items, or nodes of one level less */
};

struct ptree {
    struct pnode *root; /* NULL when empty */
    int height;         /* levels of inner nodes above the items */
    uint64_t count;     /* items in it */
};

struct ptree ptree_share(struct ptree t);
void ptree_release(struct ptree *t, const struct item_kind *kind, struct meter *m);
/* Borrowed; NULL when there is none. */
struct item *ptree_get(struct ptree t, uint64_t index);
/* Takes over `item` (NULL removes). 0, or E_NOMEM and then `t` is as it was and `item` still the caller's. */
int ptree_set(struct ptree *t, uint64_t index, struct item *item, const struct item_kind *kind, struct meter *m);
/* The path to `index` belongs to this tree alone afterwards, and, if `copy` is given, the item too: when it was
 * shared, copy(item) takes its place. The item, to be changed in place; NULL when there is none or no memory
 * (then *error is E_NOMEM). Its weight is set by ptree_weigh only. */
struct item *ptree_own(struct ptree *t, uint64_t index, struct item *(*copy)(const struct item *, struct meter *),
                       const struct item_kind *kind, struct meter *m, int *error);
/* After ptree_own, with nothing shared since: gives the item another weight. Cannot fail. */
void ptree_weigh(struct ptree *t, uint64_t index, uint64_t weight);
uint64_t ptree_weight(struct ptree t);
/* The first item at `*index` or behind it; NULL when there is none. Sets *index. */
struct item *ptree_next(struct ptree t, uint64_t *index);
/* The last item at `*index` or before it; NULL when there is none. Sets *index. */
struct item *ptree_previous(struct ptree t, uint64_t *index);

/* Calls report for each index whose items differ (either may be NULL), in order of index,
 * from `*from` on, at most `most` of them; sets *from behind the last. Answers how many. */
typedef void ptree_change(void *user, uint64_t index, struct item *was, struct item *is);
size_t ptree_compare(struct ptree was, struct ptree is, uint64_t *from, size_t most, ptree_change *report, void *user);

#endif
