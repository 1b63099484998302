/* task/file.h - open files and the descriptors that name them.
 *
 * A `struct file` is an open file description: a position and a mode on an inode, a pipe's end, a device, or one
 * of the host's streams. Descriptors of several tasks may name one; it is closed with the last of them. A
 * descriptor table is shared by reference between parent and child and copied when one of them changes it.
 *
 * Input is taken by exactly what was consumed: file_peek shows what is there, file_take removes some of it. Who works on
 * what it was shown and takes it later lends it: no byte goes to two readers, and none is taken twice.
 */
#ifndef TASK_FILE_H
#define TASK_FILE_H

#include "task/task.h"

enum file_kind { FILE_INODE, FILE_PIPE_READER, FILE_PIPE_WRITER, FILE_DEVICE, FILE_INPUT, FILE_OUTPUT, FILE_DIRECTORY };
enum {
    OPEN_READ = 1, OPEN_WRITE = 2, OPEN_APPEND = 4, OPEN_CREATE = 8, OPEN_EXCLUSIVE = 16, OPEN_TRUNCATE = 32,
    OPEN_NO_FOLLOW = 64, OPEN_DIRECTORY = 128
};

struct file {
    struct file *next, **at; /* among those of the sandbox */
    struct nacre *sandbox;
    enum file_kind kind;
    unsigned flags;        /* OPEN_READ, OPEN_WRITE, OPEN_APPEND */
    int owners;            /* descriptors that name it */
    uint64_t offset;       /* FILE_INODE: bytes */
    uint64_t number;       /* the inode, 0: none */
    uint32_t device;       /* FILE_DEVICE */
    int stream;            /* FILE_INPUT 0, FILE_OUTPUT 1 or 2 */
    struct pipe *pipe;     /* pipes; also fifos, with `number` set */
    struct extent *extent; /* FILE_INODE: the content last looked at, pinned */
    unsigned rest;         /* remainder of the byte charge */
    char *bytes;           /* FILE_DEVICE random: what was made and not yet taken */
    size_t bytes_left;
    struct lending lending; /* of what is neither a pipe nor the host's input */
};

struct file_slot {
    struct file *file;     /* NULL: closed */
    bool close_on_exec;
};
struct fds {
    int owners;
    int count;             /* slots */
    struct file_slot *slots;
};

enum { FDS_MOST = 1024 };  /* descriptors of a task, as ulimit -n */

/* --- opening ------------------------------------------------------------------------- */
/* Opens a path for the task: a new description with one owner that the caller puts into a slot (fds_set) or closes. `mode` for
 * a file that is created, before the umask. 0, or an error (E_WAIT: a fault, or a fifo whose other side is not open yet: call again). */
int file_open(struct task *t, struct str path, unsigned flags, uint32_t mode, struct file **file);
/* The same for an inode (a nameless one, one that a walk found); permissions are not checked again. */
int file_open_inode(struct task *t, uint64_t number, unsigned flags, struct file **file);
int file_pipe(struct task *t, struct file **reader, struct file **writer);
struct file *file_host(struct nacre *n, int stream);
void file_close(struct file *f);
/* When no task is left: lets go of what files hold outside of the sandbox's heap, which is dropped next. Memory may have run out where
 * a file was on its way into a slot. */
void file_drop_all(struct nacre *n);
static inline struct file *file_share(struct file *f)
{
    f->owners++;
    return f;
}

/* --- reading and writing: 0 or above, or an error; E_WAIT puts `t` on a wait list --------- */
/* All that is there now, left where it is: borrowed until the end of the step or the next change; a regular file shows all from its
 * position on. Length 0 is the end. What is lent is taken first. */
int file_peek(struct file *f, struct task *t, struct str *bytes);
void file_take(struct file *f, size_t count);
/* Lends the first `count` bytes of what was shown: the loan's number. file_settle takes them, if no other reader's file_peek has
 * done so; file_unlend gives the last `count` of them back, if they still are lent. */
uint64_t file_lend(struct file *f, size_t count);
void file_settle(struct file *f, uint64_t loan);
void file_unlend(struct file *f, uint64_t loan, size_t count);
/* Bytes written: may be fewer than given (pipes). E_PIPE also posts SIGPIPE to `t`. Charges by bytes. */
int64_t file_write(struct file *f, struct task *t, struct str bytes);
/* A stat_info as fstat would give; pipes and host streams are fifos of their own. */
int file_stat(struct file *f, struct stat_info *info);
bool file_is_terminal(const struct file *f);

/* --- descriptors -------------------------------------------------------------------------- */
struct fds *fds_new(struct nacre *n);
struct fds *fds_share(struct fds *f);
void fds_release(struct nacre *n, struct fds *f);
/* Borrowed; NULL when closed. */
struct file *fds_get(const struct task *t, int fd);
/* Takes over `file` (NULL closes); what was there is closed. E_BADF for a number out of range. */
int fds_set(struct task *t, int fd, struct file *file, bool close_on_exec);
/* The lowest free slot at or above `from`; E_MFILE. */
int fds_free_slot(const struct task *t, int from);
void fds_close_on_exec(struct task *t);

/* --- paths, for a task: its directory, identity and /proc/self -------------------------------- */
/* What a call of several verbs answers: one that waits is made again, so it has cost nothing. `fuel` is the meter's before it. */
int task_charged(struct task *t, int64_t fuel, int error);
int task_walk(struct task *t, struct str path, unsigned flags, struct place *place);
int task_stat(struct task *t, struct str path, bool follow, struct stat_info *info);
/* As access(2): `wanted` of MAY_READ... (0: exists). */
int task_access(struct task *t, struct str path, int wanted);
int task_readlink(struct task *t, struct str path, struct buf *target);
/* The absolute path of the working directory. */
int task_getcwd(struct task *t, struct buf *path);
/* Names in a directory, in byte order, with what lies in /proc/self too. Release with task_list_release. */
struct listing {
    struct btree entries;      /* of the vfs, shared */
    struct btree_walk walk;
    uint64_t directory;
    int proc;                  /* 1: /proc/self, 2: /proc/self/fd: entries are made up */
    int next;
    char store[16];
};
int task_list(struct task *t, struct str path, struct listing *l);
int task_list_inode(struct task *t, uint64_t directory, struct listing *l);
bool listing_next(struct task *t, struct listing *l, struct str *name, uint64_t *number); /* number 0: made up, stat by path */
void listing_release(struct task *t, struct listing *l);

#endif
