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

enum {
    BTREE_FANOUT = 32, /* entries in a node at most */
    BTREE_SHORT = 255  /* bytes of a name that stands in its node; longer ones are blocks of their own */
};

/* An entry holds a number, or an item: a tree uses one of them, as its kind says
 * (kind->drop NULL: numbers). */
union entry {
    struct item *item;
    uint64_t number;
};

/* A node: public so that constant trees can be written down as data. `room` entries follow
 * it in the block, then the names. */
struct bentry {
    uint64_t head; /* the first 8 bytes of the name, big-endian, zeros behind a shorter one */
    union {
        union entry entry;   /* in a leaf */
        struct bnode *child; /* in a node of height above 0: `name` is not above any name below it */
    };
    uint32_t length; /* of the name */
    uint32_t offset; /* where it stands behind the entries; a pointer to it if it is long */
};

struct bnode {
    struct shared shared;
    _Alignas(8) uint16_t height; /* 0: a leaf */
    uint16_t count;      /* entries used */
    uint16_t room;       /* entries there is room for */
    uint16_t longs;      /* long names among them */
    uint32_t names_used; /* bytes behind the entries up to the end of the last name */
    uint32_t names_live; /* the same without the gaps of removed names */
    uint32_t names_room; /* bytes there are behind the entries */
    uint32_t unused;
};

static inline struct bentry *bnode_entries(const struct bnode *n)
{
    return (struct bentry *)(uintptr_t)(n + 1);
}

struct btree {
    struct bnode *root; /* NULL when empty */
    uint64_t count;     /* entries */
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
/* After btree_reserve, and whatever else is reserved or own_path'd in the tree, btree_set of a name up to BTREE_SHORT
 * bytes cannot fail; after btree_own_path btree_remove cannot. Both leave the tree's content as it is, also on
 * failure: 0, E_NOMEM, and for btree_own_path E_NOENT. For verbs that change several trees, all or none. */
int btree_reserve(struct btree *t, struct str name, const struct item_kind *kind, struct meter *m);
int btree_own_path(struct btree *t, struct str name, const struct item_kind *kind, struct meter *m);
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
