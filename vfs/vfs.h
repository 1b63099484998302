/* vfs/vfs.h - the verbs of the file system: whole or not done.
 *
 * Identity is the inode number; the tree of files is one persistent array of inodes
 * (base/ptree.h), so a copy of a file system is a reference, and what changed between two
 * is found by comparing. Verbs allocate first and swap the root last; they fail softly
 * with an enum error. E_WAIT means: a content or a listing is not loaded; the fault is
 * noted in the vfs (fault), the host answers it, and the same verb is called again.
 *
 * A content is one contiguous counted extent: bytes of ours, or lent by the host, or not
 * yet loaded. Who reads holds a reference (a pin) and sees the bytes as they were; a write to
 * a pinned or shared extent copies it first, appends to one that only readers and one node
 * hold go behind what the pins can see.
 *
 * Disk: each verb that would pass disk_limit answers E_NOSPC and has changed nothing. What
 * counts is NODE_WEIGHT for each inode made or changed since the base, once more for each
 * further name of it, and the sizes of the contents made since then. A verb that takes as
 * much as it gives always succeeds.
 *
 * Steps: vfs_walk charges one for each component, whoever renames one for each directory
 * above the target, a hole or a longer truncate one for METER_BYTES zeros, a change (not
 * behind the end) of an open file that has been read since the last one for METER_BYTES of
 * its size; a verb that answers E_WAIT charges nothing. Bytes written and everything else
 * is charged by the caller.
 *
 * Names given to a verb must not be borrowed from the tree, unless a share of it is held
 * (vfs_list).
 */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include "base/btree.h"
#include "base/buf.h"
#include "limits/error.h"

enum node_kind { NODE_FILE = 1, NODE_DIRECTORY, NODE_LINK, NODE_FIFO, NODE_DEVICE };

/* What a NODE_DEVICE is, told by its number. task/file.c gives them their behaviour. */
enum device {
    DEVICE_NULL = 0x103, DEVICE_ZERO = 0x105, DEVICE_FULL = 0x107, DEVICE_RANDOM = 0x108, DEVICE_URANDOM = 0x109,
    DEVICE_TTY = 0x500,
    DEVICE_MADE = 0xffff,  /* a text made when it was opened, in /proc/self: never an inode */
    DEVICE_PROC_SELF = 0x10000 /* a directory whose inside the walk does not know: see place.rest */
};

enum {
    VFS_ROOT = 2,          /* inode of / */
    VFS_NAME_MOST = 255,   /* bytes in a name */
    VFS_PATH_MOST = 4095,  /* bytes in a path given to one verb */
    VFS_LINKS_MOST = 40,   /* symbolic links followed in one path */
    NODE_WEIGHT = 512      /* bytes of disk an inode counts, on every platform */
};

/* Mode bits as in POSIX, without the kind. */
enum { MODE_SETUID = 04000, MODE_SETGID = 02000, MODE_STICKY = 01000 };

struct identity {
    uint32_t user, group; /* 0: root, passes every check */
};

struct stat_info {
    uint64_t number;      /* inode */
    enum node_kind kind;
    uint32_t mode;        /* permission bits, no kind */
    uint32_t user, group;
    uint64_t links;
    uint64_t size;        /* bytes; 4096 for directories, the target's length for links */
    uint64_t blocks;      /* of 512 bytes, as ext4 would have them */
    uint32_t device;      /* enum device of a NODE_DEVICE */
    int64_t atime, mtime, ctime; /* nanoseconds since 1970 */
};

struct extent; /* a content; counted */

/* The bytes of an extent: valid while a reference is held. */
struct str extent_bytes(const struct extent *e);
void extent_release(struct extent *e, struct meter *m);

enum fault_kind { FAULT_NONE, FAULT_CONTENT, FAULT_LISTING };
struct fault {
    enum fault_kind kind;
    uint64_t number; /* of the inode to load */
};

struct vfs {
    struct meter *meter;
    struct ptree nodes;   /* number to struct node */
    struct ptree base;    /* as it was when the sandbox was given its files: weighs nothing */
    struct btree hosts;   /* the host's tokens (8 bytes, big-endian) to numbers */
    uint32_t epoch;       /* goes up with each base: what bears it weighs */
    uint64_t disk;        /* bytes used */
    uint64_t next_number; /* for the next inode made */
    uint64_t disk_limit;  /* bytes */
    int64_t last_time;    /* ns: no two changes bear the same time */
    int64_t (*now)(void *user); /* the sandbox's clock, ns since 1970 */
    void *user;
    struct fault fault;   /* what the last E_WAIT waits for */
    struct open_counts *opens; /* inodes held open, so that a nameless one lives until closed */
    struct place_rest *rests;  /* what places hold that are not dropped yet: memory may run out meanwhile */
};

/* --- a file system ---------------------------------------------------------------- */
/* Only the root directory (0755, root's). 0 or E_NOMEM. */
int vfs_init(struct vfs *v, struct meter *meter);
/* One more reference on everything; opens are not taken over. O(1). */
void vfs_share(struct vfs *copy, const struct vfs *v, struct meter *meter);
void vfs_drop(struct vfs *v);
/* What is there now is the base: it weighs nothing from here on. O(1) in files. */
void vfs_set_base(struct vfs *v);
/* Bytes of disk used: 0 right after vfs_set_base. */
uint64_t vfs_disk(const struct vfs *v);

/* --- walking a path ----------------------------------------------------------------- */
enum {
    WALK_FOLLOW = 1,  /* the last component too, when it is a symbolic link */
    WALK_PARENT = 2,  /* only the parent must exist; `number` is 0 when the name is absent */
    WALK_DIRECTORY = 4, /* the result must be a directory; also after a trailing slash, unless WALK_PARENT is given
                         * (the verbs judge it then: see place_last) */
    WALK_NEW = 8      /* with WALK_PARENT: for mkdir, ln and the like: E_EXIST when the name is there */
};
struct place {
    uint64_t parent;  /* directory of the last component; for "/" the root itself */
    uint64_t number;  /* the inode, or 0 when absent (only with WALK_PARENT) */
    char name[VFS_NAME_MOST + 1]; /* last component, after links were followed; "" for "/", "." or ".." at the end; not
                                   * terminated */
    size_t name_length;
    bool slash;       /* the path, or the last link followed, ended in a slash */
    char last;        /* '/', or how many dots, when name is "": see place_last */
    struct str rest;  /* not empty: the walk stopped at DEVICE_PROC_SELF, `number` is that node, and this remains */
    struct place_rest *rest_storage; /* private to the walk: on v->meter's memory until place_drop */
};
/* 0 or an error: E_NOENT E_NOTDIR E_ACCES E_LOOP E_NAMETOOLONG E_WAIT E_NOMEM. An empty path is E_NOENT. */
int vfs_walk(struct vfs *v, struct identity who, uint64_t directory, struct str path, unsigned flags, struct place *place);
void place_drop(struct place *p, struct meter *m); /* needed only when rest is not empty; harmless else */
void vfs_drop_rests(struct vfs *v); /* of all places: none is used again */
/* The last component as the verbs that change names want it: `name`, with the slash that followed it, or "/", "." or "..".
 * They answer as Linux does to these, and to a trailing slash where something else than a directory is meant. Borrowed
 * from the place. */
struct str place_last(const struct place *p);
/* The absolute path of an inode by its links ("/a/b"), added to `path`; E_NOENT when it has none or is unlinked. */
int vfs_path(struct vfs *v, uint64_t number, struct buf *path);

/* --- looking -------------------------------------------------------------------------- */
/* E_WAIT for a directory that is not loaded: its links are 2 and one for each directory in it. */
int vfs_stat(struct vfs *v, uint64_t number, struct stat_info *info);
/* The same without asking the host: the links of a directory that is not loaded are not known yet. */
int vfs_look(struct vfs *v, uint64_t number, struct stat_info *info);
enum { MAY_READ = 4, MAY_WRITE = 2, MAY_EXECUTE = 1 };
/* 0 or E_ACCES. Root may all, but executes only what has some x bit. */
int vfs_access(struct vfs *v, struct identity who, uint64_t number, int wanted);
/* The target of a symbolic link: borrowed until the next change of the tree. */
int vfs_readlink(struct vfs *v, uint64_t number, struct str *target);
/* One reference on the content: the caller releases it (hold it in a heap). *extent may be NULL for an empty file. */
int vfs_content(struct vfs *v, uint64_t number, struct extent **extent);
/* One reference on the entries (name to inode number), without "." and "..". */
int vfs_list(struct vfs *v, uint64_t directory, struct btree *entries);
void vfs_list_release(struct vfs *v, struct btree *entries);
/* Has the directory no entries? */
int vfs_is_empty(struct vfs *v, uint64_t directory, bool *empty);
uint64_t vfs_parent(struct vfs *v, uint64_t directory);

/* --- changing: all check permissions of `who`, and set times as Linux does ---------------- */
/* Makes an inode and links it as `name` in `parent`: its number, or E_EXIST and the like. `target` is for
 * NODE_LINK (copied), `device` for NODE_DEVICE. `mode` as given: the caller has applied the umask. */
int64_t vfs_make(struct vfs *v, struct identity who, uint64_t parent, struct str name, enum node_kind kind,
                 uint32_t mode, struct str target, uint32_t device);
/* A file with no name yet, to be filled and then linked as the last verb; it dies when vfs_close'd nameless
 * (opened once or not at all). */
int64_t vfs_make_nameless(struct vfs *v, struct identity who, uint32_t mode);
/* Links an existing inode; with `replace` takes the place of what has that name (not of a directory), in one verb. */
int vfs_link(struct vfs *v, struct identity who, uint64_t number, uint64_t parent, struct str name, bool replace);
int vfs_unlink(struct vfs *v, struct identity who, uint64_t parent, struct str name); /* E_ISDIR for directories */
int vfs_rmdir(struct vfs *v, struct identity who, uint64_t parent, struct str name);
int vfs_rename(struct vfs *v, struct identity who, uint64_t from, struct str name, uint64_t to, struct str new_name);
/* Writes at `offset` (a hole before it reads as zeros). Bytes written, all or none, or an error. No permission check: that
 * was at open. Takes set-id bits off a file that is not root's, and so does vfs_truncate. */
int64_t vfs_write(struct vfs *v, uint64_t number, uint64_t offset, struct str data);
int vfs_truncate(struct vfs *v, uint64_t number, uint64_t size);
int vfs_chmod(struct vfs *v, struct identity who, uint64_t number, uint32_t mode);
#define OWNER_SAME UINT32_MAX
int vfs_chown(struct vfs *v, struct identity who, uint64_t number, uint32_t user, uint32_t group);
/* Times in ns; TIME_SAME leaves one as it is, TIME_NOW is the clock. */
#define TIME_SAME INT64_MIN
#define TIME_NOW (INT64_MIN + 1)
int vfs_set_times(struct vfs *v, struct identity who, uint64_t number, int64_t atime, int64_t mtime);
/* The next time of a change: the clock, but above every earlier one. */
int64_t vfs_time(struct vfs *v);

/* Counts a descriptor on an inode; the last close of one with no name frees it. */
int vfs_open(struct vfs *v, uint64_t number);
void vfs_close(struct vfs *v, uint64_t number);

/* --- given by the host: no permissions, no times of ours ------------------------------------- */
struct given {
    enum node_kind kind;
    uint32_t mode, user, group;
    int64_t mtime;       /* ns: becomes all three times */
    uint64_t size;       /* of a file whose content comes later */
    uint64_t host; /* the host's token for this file, handed back in requests; the same token in the same vfs is the
                      same inode (hard links); 0: none */
    struct str target;   /* of a link */
    uint32_t device;
    bool unreadable;     /* the host could not read it: opening answers E_ACCES */
};
/* Puts an inode under `parent`, also one that is not loaded, which it then is. Its content (unless the size is 0) or its
 * listing is not loaded. Takes the place of what has that name; a directory joins one that is there, which keeps its
 * entries. The name "/" in the root is the root itself, which the given directory joins. Its number or an error
 * (E_NOTEMPTY: a directory with entries is in the way). */
int64_t vfs_give(struct vfs *v, uint64_t parent, struct str name, const struct given *given);
/* All entries of a not-loaded directory at once: names in any order. Numbers are assigned in byte order. Also the base gets
 * them, so that they are no change. All or none: 0 or an error, E_STATE when it is loaded. */
struct given_entry { struct str name; struct given given; };
int vfs_give_listing(struct vfs *v, uint64_t directory, const struct given_entry *entries, size_t count);
/* The bytes: lent (release is called with `lender` when the last reference goes, on whichever thread that is; NULL release:
 * they live as long as the family) or copied (copy = true). A length other than the size told before is E_STALE, a
 * content that is not asked for E_STATE: the bytes are then still the caller's. */
int vfs_give_content(struct vfs *v, uint64_t number, struct str bytes, bool copy,
                     void (*release)(void *lender, struct str bytes), void *lender);
/* An unchanged content of the host's goes back to "not loaded"; any other is kept (E_STATE). E_BUSY when pinned. */
int vfs_take_back(struct vfs *v, uint64_t number);
/* The host's token of an inode, 0 if none. */
uint64_t vfs_host(struct vfs *v, uint64_t number);
/* The inode that was given with this token (of a directory that joined one: not known), or 0. */
uint64_t vfs_given(const struct vfs *v, uint64_t host);
/* Does this file's content (or directory's listing) still have to be asked for? Its size. */
bool vfs_awaits(const struct vfs *v, uint64_t number, enum fault_kind kind, uint64_t *size);
/* The next such inode from `number` to `last`, or 0. */
uint64_t vfs_next_awaiting(const struct vfs *v, uint64_t number, uint64_t last, enum fault_kind kind, uint64_t *size);
/* The content or the listing cannot be had: who needs it gets `error` from now on. 0, E_NOENT or E_NOMEM. */
int vfs_give_failure(struct vfs *v, uint64_t number, int error);
/* Takes back contents, from that inode on and around, until at most `keep` bytes are held, if nobody has them pinned. Bytes held. */
uint64_t vfs_take_back_to(struct vfs *v, uint64_t from, uint64_t keep);
/* As vfs_share, but the copy's tree is the base. */
void vfs_share_base(struct vfs *copy, const struct vfs *v, struct meter *meter);

#endif
