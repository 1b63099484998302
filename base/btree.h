/* base/btree.h - a persistent map from bytes to items, in byte order, shared between copies.
 *
 * A B-tree whose nodes are counted: find, insert and remove cost O(log n) and copy a
 * path, or change in place what only this tree owns. A walk is in order, can stop after
 * any entry, and goes on from the last name even if the tree has changed meanwhile.
 * Directories, shell variables and associative arrays are such trees.
 */
#ifndef BASE_BTREE_H
#define BASE_BTREE_H

#include "base/ptree.h"
#include "base/str.h"

struct btree {
    struct bnode *root; /* NULL when empty */
    uint64_t count;     /* entries */
};

/* An entry holds a number, or an item: a tree uses one of them, as its kind says
 * (kind->drop NULL: numbers). */
union entry {
    struct item *item;
    uint64_t number;
};

struct btree btree_share(struct btree t);
void btree_release(struct btree *t, const struct item_kind *kind, struct meter *m);
/* Borrowed from the tree: false when there is no such name. */
bool btree_find(struct btree t, struct str name, union entry *entry);
/* Takes over the item (the old one of that name, if any, is released). The name is copied.
 * 0, or E_NOMEM and then nothing has changed and the item is still the caller's. */
int btree_set(struct btree *t, struct str name, union entry entry, const struct item_kind *kind, struct meter *m);
/* 0, E_NOENT, or E_NOMEM (nothing has changed). */
int btree_remove(struct btree *t, struct str name, const struct item_kind *kind, struct meter *m);
/* As ptree_own: the entry's item belongs to this tree alone afterwards. NULL when there is none or no memory (*error). */
struct item *btree_own(struct btree *t, struct str name, struct item *(*copy)(const struct item *, struct meter *),
                       const struct item_kind *kind, struct meter *m, int *error);
/* The first entry whose name is above `after` in byte order (NULL: the first of all). *name is borrowed from the tree. */
bool btree_next(struct btree t, const struct str *after, struct str *name, union entry *entry);

/* A walk that does not search anew for each entry. The tree must stay as it is (hold a
 * share) while the walk is used; it needs no freeing. */
struct btree_walk {
    const struct bnode *path[16];
    uint16_t at[16];
    int depth;
};
void btree_walk_start(struct btree_walk *w, struct btree t);
bool btree_walk_next(struct btree_walk *w, struct str *name, union entry *entry);

/* Calls report for each name whose entries differ, in order, from behind `*from` (length 0: the
 * start), at most `most` of them; sets *from to the last name reported (borrowed). Skips equal branches. Answers how many. */
typedef void btree_change(void *user, struct str name, const union entry *was, const union entry *is);
size_t btree_compare(struct btree was, struct btree is, struct str *from, size_t most, btree_change *report, void *user);

#endif
