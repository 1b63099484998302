/* task/walk.h - a walk through a tree of files, one visit at a time: what find, ls -R, rm -r, cp -r, chmod -R, du and grep -r share.
 *
 * Names come in byte order. A walk keeps a stack of directories, known by inode number, and the text of the path, which grows and
 * shrinks by one name at a time: depth is bounded by memory only, no long path is ever looked up. A directory is read when it is
 * entered and the walk goes through the names it had then; if the tree changed since, each name is looked up again, so files that
 * went away are told as errors and files that took their place are seen. Nothing waits inside: VISIT_WAIT means call again.
 */
#ifndef TASK_WALK_H
#define TASK_WALK_H

#include "task/file.h"

enum visit {
    VISIT_END,        /* the whole tree was walked */
    VISIT_WAIT,       /* a listing is being loaded: return STEP_WAIT and call again */
    VISIT_FILE,       /* anything but a directory */
    VISIT_DIRECTORY,  /* before its entries; walk_skip keeps out of it, and then VISIT_AFTER does not come */
    VISIT_AFTER,      /* after its entries */
    VISIT_UNREADABLE, /* instead of VISIT_AFTER, right behind VISIT_DIRECTORY: it cannot be listed, `error` says why */
    VISIT_CYCLE,      /* a directory that is one of its own parents, reached by a symbolic link: not entered */
    VISIT_BROKEN,     /* a symbolic link that was to be followed and cannot be: `info` is the link's own, `error` says why */
    VISIT_ERROR       /* no stat: `error` says why; info.kind is set if the listing told it, else 0 */
};

/* Which symbolic links are followed, as -P -H -L. */
enum walk_follow { WALK_PHYSICAL, WALK_ROOTS, WALK_LOGICAL };

struct walk {
    struct task *task;
    struct heap *heap;
    enum walk_follow follow;

    /* the entry of the last visit */
    struct buf path;       /* its text: the root as it was given, then /NAME for each level */
    size_t name_at, name_length; /* its last component in there (of "a/" it is "a", of "/" it is "/") */
    size_t depth;          /* 0: the root */
    uint64_t parent;       /* the directory that holds the name; 0 when there is none to speak of (roots "/", ".", "..") */
    uint64_t link;         /* the number of the symbolic link that was followed to get here, 0: none */
    struct stat_info info; /* of the target when a link was followed */
    int error;
    size_t cycle_length;   /* of VISIT_CYCLE: so much of the path names the parent that it is */

    /* private */
    struct walk_frame *frames;
    size_t frame_count;
    size_t root_name_length;
    uint64_t root_parent;
    size_t jumps;          /* frames that were entered through a link, the root not counted */
    int phase;
    bool unvisited_path;   /* the name was pushed, its stat must be done again */
    struct walk_place *places;
    struct hold *hold;
};

/* On `heap`, which lives as long as the walk. */
struct walk *walk_new(struct task *t, struct heap *heap, enum walk_follow follow);
/* Begins at `root` (copied). What was walked before is forgotten. */
void walk_start(struct walk *w, struct str root);
/* Goes on. Charges a step for each visit. */
enum visit walk_next(struct walk *w);
/* After VISIT_DIRECTORY: its entries are not visited, nor is VISIT_AFTER. */
void walk_skip(struct walk *w);

static inline struct str walk_path(const struct walk *w)
{
    return buf_str(&w->path);
}
static inline struct str walk_name(const struct walk *w)
{
    return (struct str){w->path.data + w->name_at, w->name_length};
}

#endif
