/* vfs/node.h - inodes and contents from within: for the files of vfs/ and for constant trees only. */
#ifndef VFS_NODE_H
#define VFS_NODE_H

#include "vfs/vfs.h"

/* --- contents --------------------------------------------------------------------------- */

/* An extent with one owner changes in place. One that only a node and its readers hold can still get longer: the node
 * gets an extent that stands in the same block, beyond what the readers see. */
struct extent {
    struct shared shared;   /* one owner for each version of a node that has it, each reader, each extent in its block */
    _Atomic uint32_t nodes; /* versions of nodes among the owners; not counted in constants */
    uint64_t length;        /* bytes */
    const char *lent;       /* where they stand: the host's, a constant, in the block of `whole`; NULL: behind this struct */
    struct extent *whole;   /* the one in whose block these bytes stand, too, which is kept; or NULL */
    uint64_t used;          /* of a block behind this struct: bytes that belong to some extent */
    void (*release)(void *lender, struct str bytes);
    void *lender;
};

/* A copy of `bytes`; NULL when there is no memory. */
struct extent *extent_copy(struct str bytes, struct meter *m);
/* The host's bytes; NULL when there is no memory, and then they are still the caller's. */
struct extent *extent_lend(struct str bytes, void (*release)(void *, struct str), void *lender, struct meter *m);
/* One more reference of a node, and the end of one. NULL is allowed. */
struct extent *extent_keep(struct extent *e);
void extent_drop(struct extent *e, struct meter *m);
/* Is it held by others than nodes? */
bool extent_is_read(const struct extent *e);
/* Makes *e (NULL: empty) one of `length` bytes, those of before kept, of which the node that holds it can change those
 * from `from` on; added ones are zero if `clear`. With `spare`, room is left for more. 0, E_NOMEM or E_FBIG, and then
 * *e is as it was. */
int extent_resize(struct extent **e, uint64_t length, uint64_t from, bool spare, bool clear, struct meter *m);
/* After extent_resize: all its bytes, those from `from` on to be written to. */
char *extent_data(struct extent *e);

/* --- inodes --------------------------------------------------------------------------------- */

enum node_flag {
    NODE_NOT_LOADED = 1, /* the content or the listing is still to be asked for */
    NODE_UNREADABLE = 2, /* the host could not read it */
    NODE_NAMELESS = 4,   /* has had no name yet, so it may be given one */
    NODE_FAILED = 8      /* not loaded, and never will be: `device` is -error */
};

struct node {
    struct item item;
    uint8_t kind;           /* enum node_kind */
    uint8_t flags;          /* enum node_flag */
    uint16_t mode;
    uint32_t user, group;
    uint32_t device;
    uint32_t epoch;         /* the vfs's when it was made or last changed by a script; 0: given */
    uint32_t content_epoch; /* the same of its content alone */
    int64_t atime, mtime, ctime;
    uint64_t host;          /* the host's token; 0: none */
    uint64_t size;          /* bytes of a file or of a link's target */
    uint64_t links;         /* names it has */
    uint64_t folders;       /* directories in this directory */
    struct extent *content; /* of a file (NULL: empty or not loaded), or the target of a link */
    struct btree entries;   /* of a directory: name to number */
    struct btree more;      /* names beyond the one below: directory (8 bytes, big-endian) and name */
    uint64_t directory;     /* where the first name is; of a removed directory: where it was */
    uint32_t name_length;
    uint32_t name_room;     /* bytes behind this struct */
};

extern const struct item_kind node_kind, number_kind; /* of the table of inodes; of trees of numbers */

/* An empty node with one owner and room for a name; NULL when there is no memory. */
struct node *node_new(enum node_kind kind, size_t name_room, struct meter *m);
/* A copy with at least that room; NULL when there is no memory. */
struct node *node_copy(const struct node *n, size_t name_room, struct meter *m);
struct node *node_get(struct ptree nodes, uint64_t number);
/* Belongs to this tree alone afterwards, with room for a name of that length: to be changed in place. Changes nothing
 * anyone can see. NULL when there is no memory (or no such node). */
struct node *node_own(struct ptree *nodes, uint64_t number, size_t name_room, struct meter *m);

static inline char *node_name_bytes(const struct node *n)
{
    return (char *)(uintptr_t)(n + 1);
}

static inline struct str node_name(const struct node *n)
{
    return str_of(node_name_bytes(n), n->name_length);
}

enum { LINK_KEY_MOST = 8 + VFS_NAME_MOST };
/* The key of a name in `more`, put together in `bytes`. */
struct str link_key(char bytes[LINK_KEY_MOST], uint64_t directory, struct str name);

/* Names of an inode. First room is made, then nothing can fail. `n` is owned, by node_own with room for the name. */
int node_reserve_link(struct node *n, uint64_t directory, struct str name, struct meter *m);
void node_add_link(struct node *n, uint64_t directory, struct str name, struct meter *m);
/* `n` is owned with room for VFS_NAME_MOST when it has more than one name. */
int node_reserve_unlink(struct node *n, uint64_t directory, struct str name, struct meter *m);
void node_remove_link(struct node *n, uint64_t directory, struct str name, struct meter *m);
/* The i-th name of an inode, in no particular order but the same every time; false when there are not so many.
 * Start with *at of length 0; *at is kept in `key`. */
struct link_walk {
    bool first_done;
    size_t key_length;
    char key[LINK_KEY_MOST];
};
bool node_next_link(const struct node *n, struct link_walk *w, uint64_t *directory, struct str *name);

/* What a node counts as disk in a vfs of this epoch. */
uint64_t node_weight(const struct node *n, uint32_t epoch);

/* --- the vfs from within ------------------------------------------------------------------------ */

/* May `who` do that with this node? 0 or E_ACCES. */
int node_allows(const struct node *n, struct identity who, int wanted);
/* Removes an inode that has no name any more, unless it is held open. When there is no memory for that it stays, and
 * stays counted. */
void vfs_forget(struct vfs *v, uint64_t number);
/* As vfs_path, in any table of inodes. */
int node_path(struct ptree nodes, uint64_t number, struct buf *path, struct meter *m);
/* Notes what is missing: answers E_WAIT. */
int vfs_fault_at(struct vfs *v, enum fault_kind kind, uint64_t number);

#endif
