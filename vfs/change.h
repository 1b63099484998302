/* vfs/change.h - what changed between two file systems, found in time proportional to the changes. */
#ifndef VFS_CHANGE_H
#define VFS_CHANGE_H

#include "vfs/vfs.h"

/* One path that differs: by path, not by inode, so a rename is one deleted and one added. */
struct change {
    struct str path;      /* absolute; borrowed until the next change is asked for */
    uint64_t was, is;     /* inode numbers in the two; 0 when absent there */
    bool content, kind, mode, owner, times, links; /* what differs, when present in both */
};

/* A list of changes in byte order of paths, on a heap. */
struct changes {
    struct heap *heap;
    struct change *list; /* paths copied to the heap */
    size_t count;
};
/* Charges a step per node compared. May answer E_WAIT-free always: nothing needs loading to be compared;
 * a node not loaded in both is unchanged if it is the same node. 0 or an error. */
int changes_find(struct changes *c, struct heap *heap, struct vfs *was, struct vfs *is);

/* A number for the whole tree (names, kinds, modes, owners, contents loaded or changed), the same for equal trees whatever
 * their history: for tests that say "the parent is unchanged". */
uint64_t vfs_digest(struct vfs *v);

#endif
