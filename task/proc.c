/* task/proc.c - what lies in /proc/self. */
#include "task/proc.h"

#include "task/sandbox.h"

static const char *const names[] = {"cmdline", "comm", "cwd", "environ", "exe", "fd", "root", "stat", "status"};
enum { NAMES = sizeof names / sizeof *names };

/* The descriptor that "fd/N" names, or -1. */
static int descriptor(struct str rest)
{
    if (!str_starts(rest, "fd/") || rest.length == 3 || rest.length > 8)
        return -1;
    int fd = 0;
    for (size_t i = 3; i < rest.length; i++) {
        if (rest.data[i] < '0' || rest.data[i] > '9')
            return -1;
        fd = fd * 10 + (rest.data[i] - '0');
    }
    return fd;
}

static void add_list(struct buf *b, const struct str *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add(b, list[i]);
        buf_add_byte(b, 0);
    }
}

static bool make_text(struct task *t, struct str rest, struct buf *b)
{
    if (str_is(rest, "cmdline")) {
        add_list(b, t->arguments, t->argument_count);
    } else if (str_is(rest, "environ")) {
        if (t->environment)
            add_list(b, t->environment->at, t->environment->count);
    } else if (str_is(rest, "comm")) {
        buf_print(b, "%S\n", str_first(t->name, 15));
    } else if (str_is(rest, "stat")) {
        buf_print(b, "%u (%S) R %u %u %u 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 0 0\n", t->number, str_first(t->name, 15),
                  t->parent ? t->parent->number : 1, t->group, t->group);
    } else if (str_is(rest, "status")) {
        buf_print(b, "Name:\t%S\nUmask:\t%04o\nState:\tR (running)\nTgid:\t%u\nNgid:\t0\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n"
                  "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nThreads:\t1\n",
                  str_first(t->name, 15), t->umask, t->number, t->number, t->parent ? t->parent->number : 1,
                  t->who.user, t->who.user, t->who.user, t->who.user, t->who.group, t->who.group, t->who.group, t->who.group);
    } else {
        return false;
    }
    return true;
}

static int open_descriptor(struct task *t, int fd, unsigned flags, struct file **file)
{
    struct file *f = fds_get(t, fd);
    if (!f)
        return E_NOENT;
    if (f->kind == FILE_INODE || f->kind == FILE_DIRECTORY) { /* anew, at 0 */
        int error = vfs_access(&t->sandbox->vfs, t->who, f->number,
                               (flags & OPEN_READ ? MAY_READ : 0) | (flags & OPEN_WRITE ? MAY_WRITE : 0));
        return error ? error : file_open_inode(t, f->number, flags, file);
    }
    *file = file_share(f);
    return 0;
}

/* What follows "cwd" or "root": a path from there. False when `rest` does not begin so. */
static bool beyond(struct task *t, struct str rest, uint64_t *directory, struct str *path)
{
    const char *const begins[] = {"cwd", "root"};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(begins[i]);
        if (str_starts(rest, begins[i]) && (rest.length == n || rest.data[n] == '/')) {
            *directory = i ? VFS_ROOT : t->directory;
            *path = rest.length > n + 1 ? str_after(rest, n + 1) : str_lit(".");
            return true;
        }
    }
    return false;
}

int proc_open(struct task *t, struct str rest, unsigned flags, uint32_t mode, struct file **file)
{
    struct nacre *n = t->sandbox;
    uint64_t directory;
    struct str path;
    (void)mode;
    int fd = descriptor(rest);
    if (fd >= 0)
        return open_descriptor(t, fd, flags, file);
    if (beyond(t, rest, &directory, &path)) {
        struct place place;
        int error = vfs_walk(&n->vfs, t->who, directory, path, WALK_FOLLOW, &place);
        if (error)
            return error;
        place_drop(&place, &n->meter);
        return place.rest.length ? E_NOENT : file_open_inode(t, place.number, flags, file);
    }
    struct buf b;
    buf_init(&b, &n->heap);
    if (!make_text(t, rest, &b)) {
        buf_drop(&b);
        return str_is(rest, "exe") ? E_ACCES : str_is(rest, "fd") ? E_ISDIR : E_NOENT;
    }
    if (flags & OPEN_WRITE) {
        buf_drop(&b);
        return E_ACCES;
    }
    struct file *f = heap_new(&n->heap, struct file);
    *f = (struct file){.sandbox = n, .kind = FILE_DEVICE, .device = DEVICE_MADE, .flags = OPEN_READ, .owners = 1,
                       .bytes = b.data, .bytes_left = b.length};
    *file = f;
    return 0;
}

int proc_stat(struct task *t, struct str rest, bool follow, struct stat_info *info)
{
    struct nacre *n = t->sandbox;
    uint64_t directory;
    struct str path;
    int64_t now = sandbox_now(n);
    *info = (struct stat_info){.number = 1, .kind = NODE_LINK, .mode = 0700, .user = t->who.user, .group = t->who.group,
                               .links = 1, .size = 64, .atime = now, .mtime = now, .ctime = now};
    int fd = descriptor(rest);
    if (fd >= 0) {
        struct file *f = fds_get(t, fd);
        return !f ? E_NOENT : follow ? file_stat(f, info) : 0;
    }
    if (beyond(t, rest, &directory, &path)) {
        if (!follow && str_find(rest, '/') < 0)
            return 0;
        struct place place;
        int error = vfs_walk(&n->vfs, t->who, directory, path, follow ? WALK_FOLLOW : 0, &place);
        if (error)
            return error;
        place_drop(&place, &n->meter);
        return place.rest.length ? E_NOENT : vfs_stat(&n->vfs, place.number, info);
    }
    if (rest.length == 0 || str_is(rest, "fd")) {
        info->kind = NODE_DIRECTORY;
        info->mode = 0555;
        info->size = 0;
        return 0;
    }
    for (int i = 0; i < NAMES; i++)
        if (str_is(rest, names[i])) {
            if (!str_is(rest, "exe")) {
                info->kind = NODE_FILE;
                info->mode = 0444;
                info->size = 0;
            }
            return 0;
        }
    return E_NOENT;
}

int proc_readlink(struct task *t, struct str rest, struct buf *target)
{
    struct nacre *n = t->sandbox;
    int fd = descriptor(rest);
    if (fd >= 0) {
        struct file *f = fds_get(t, fd);
        if (!f)
            return E_NOENT;
        if (f->kind == FILE_INODE || f->kind == FILE_DIRECTORY)
            return vfs_path(&n->vfs, f->number, target);
        if (f->kind == FILE_DEVICE && f->device != DEVICE_MADE)
            buf_add_text(target, f->device == DEVICE_NULL ? "/dev/null" : f->device == DEVICE_ZERO ? "/dev/zero"
                         : f->device == DEVICE_FULL ? "/dev/full" : "/dev/urandom");
        else
            buf_print(target, "pipe:[%d]", fd);
        return 0;
    }
    if (str_is(rest, "cwd"))
        return vfs_path(&n->vfs, t->directory, target);
    if (str_is(rest, "root")) {
        buf_add_byte(target, '/');
        return 0;
    }
    if (str_is(rest, "exe")) {
        buf_print(target, "/usr/bin/%S", t->name);
        return 0;
    }
    struct stat_info info;
    int error = proc_stat(t, rest, false, &info);
    return error ? error : E_INVAL;
}

int proc_list(struct task *t, struct str rest, struct listing *l)
{
    (void)t;
    if (rest.length && !str_is(rest, "fd"))
        return E_NOTDIR;
    l->proc = rest.length ? 2 : 1;
    return 0;
}

bool proc_list_next(struct task *t, struct listing *l, struct str *name)
{
    if (l->proc == 1) {
        if (l->next == NAMES)
            return false;
        *name = str_from(names[l->next++]);
        return true;
    }
    while (l->next < FDS_MOST && !fds_get(t, l->next))
        l->next++;
    if (l->next == FDS_MOST)
        return false;
    int fd = l->next++, length = 0;
    for (int power = fd >= 1000 ? 1000 : fd >= 100 ? 100 : fd >= 10 ? 10 : 1; power; power /= 10)
        l->store[length++] = (char)('0' + fd / power % 10);
    *name = str_of(l->store, (size_t)length);
    return true;
}
