/* vfs/standard.h - the tree that every sandbox starts with: a constant, made at build time.
 *
 * scripts/standard-tree writes it from vfs/standard.list and the names of the commands: /usr/bin/NAME
 * is an executable file with the line `#!/usr/bin/nacre NAME`. Its nodes are in read-only data
 * (SHARED_FOREVER), so that a new sandbox costs a reference; what a sandbox changes is copied.
 */
#ifndef VFS_STANDARD_H
#define VFS_STANDARD_H

#include "vfs/vfs.h"

struct standard_tree {
    struct ptree nodes;
    uint64_t next_number; /* for the first inode made */
};

extern const struct standard_tree vfs_standard;

/* A file system that holds the tree, which is its base too: it weighs nothing. Cannot fail. */
void vfs_init_from(struct vfs *v, struct meter *meter, const struct standard_tree *tree);

#endif
