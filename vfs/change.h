/* vfs/change.h - what changed between two file systems, found in time proportional to the changes. */
#ifndef VFS_CHANGE_H
#define VFS_CHANGE_H

#include "vfs/vfs.h"

/* One path that differs: by path, not by inode, so a rename is one deleted and one added, and so is each path below a
 * renamed directory (as far as its listing is loaded). */
struct change {
    struct str path;      /* absolute */
    uint64_t was, is;     /* inode numbers in the two; 0 when absent there */
    bool content;         /* bytes, target or device; also when one of the two is not loaded and the other written anew */
    bool kind, mode, owner;
    bool times;           /* of modification */
    bool links;           /* how many names, but for directories */
};

/* A list of changes in byte order of paths, on a heap. */
struct changes {
    struct heap *heap;
    struct change *list; /* paths copied to the heap */
    size_t count;
};
/* Charges a step per node compared, and for the bytes of contents that had to be. Never E_WAIT: nothing is loaded to be
 * compared. What one of the two has loaded is no change: a listing loaded in one only is known to the other's base, and
 * contents of the same host file are the same. `was` of a path in a directory that only `is` has loaded is a number in
 * the base of `is` (and the other way round). 0, or E_NOMEM. */
int changes_find(struct changes *c, struct heap *heap, struct vfs *was, struct vfs *is);

/* A number for the whole tree (names, kinds, modes, owners, contents loaded or changed), the same for equal trees whatever
 * their history: for tests that say "the parent is unchanged". */
uint64_t vfs_digest(struct vfs *v);

#endif
