/* task/fds.c - descriptors, and paths as a task sees them. */
#include "task/proc.h"
#include "task/sandbox.h"

struct fds *fds_new(struct nacre *n)
{
    struct fds *f = heap_new(&n->heap, struct fds);
    f->owners = 1;
    return f;
}

struct fds *fds_share(struct fds *f)
{
    f->owners++;
    return f;
}

void fds_release(struct nacre *n, struct fds *f)
{
    if (!f || --f->owners > 0)
        return;
    for (int i = 0; i < f->count; i++)
        if (f->slots[i].file)
            file_close(f->slots[i].file);
    heap_free(&n->heap, f->slots);
    heap_free(&n->heap, f);
}

struct file *fds_get(const struct task *t, int fd)
{
    return fd >= 0 && fd < t->fds->count ? t->fds->slots[fd].file : NULL;
}

/* A table that is this task's alone, with at least `count` slots. */
static void own(struct task *t, int count)
{
    struct nacre *n = t->sandbox;
    struct fds *f = t->fds;
    if (f->owners == 1 && f->count >= count)
        return;
    if (f->owners == 1) {
        f->slots = heap_resize(&n->heap, f->slots, (size_t)count * sizeof *f->slots);
        memset(f->slots + f->count, 0, (size_t)(count - f->count) * sizeof *f->slots);
        f->count = count;
        return;
    }
    if (count < f->count)
        count = f->count;
    struct file_slot *slots = heap_zero(&n->heap, (size_t)count * sizeof *slots);
    struct fds *copy = heap_new(&n->heap, struct fds);
    *copy = (struct fds){.owners = 1, .count = count, .slots = slots};
    for (int i = 0; i < f->count; i++) {
        slots[i] = f->slots[i];
        if (slots[i].file)
            file_share(slots[i].file);
    }
    f->owners--;
    t->fds = copy;
}

int fds_set(struct task *t, int fd, struct file *file, bool close_on_exec)
{
    if (fd < 0 || fd >= FDS_MOST)
        return E_BADF;
    if (!file && (fd >= t->fds->count || !t->fds->slots[fd].file))
        return 0;
    own(t, t->fds->count > fd ? t->fds->count : fd < 8 ? 8 : fd + 1);
    struct file *old = t->fds->slots[fd].file;
    t->fds->slots[fd] = (struct file_slot){file, close_on_exec};
    if (old)
        file_close(old);
    return 0;
}

int fds_free_slot(const struct task *t, int from)
{
    for (int fd = from; fd < FDS_MOST; fd++)
        if (fd >= t->fds->count || !t->fds->slots[fd].file)
            return fd;
    return E_MFILE;
}

void fds_close_on_exec(struct task *t)
{
    for (int fd = 0; fd < t->fds->count; fd++)
        if (t->fds->slots[fd].file && t->fds->slots[fd].close_on_exec)
            fds_set(t, fd, NULL, false);
}

/* --- paths --------------------------------------------------------------------------------- */

int task_charged(struct task *t, int64_t fuel, int error)
{
    if (error == E_WAIT)
        t->sandbox->meter.fuel = fuel;
    return error;
}

int task_walk(struct task *t, struct str path, unsigned flags, struct place *place)
{
    return vfs_walk(&t->sandbox->vfs, t->who, t->directory, path, flags, place);
}

static int stat_path(struct task *t, struct str path, bool follow, struct stat_info *info)
{
    struct nacre *n = t->sandbox;
    struct place place;
    int error = task_walk(t, path, follow ? WALK_FOLLOW : 0, &place);
    if (error)
        return error;
    error = place.rest.length ? proc_stat(t, place.rest, follow, info) : vfs_stat(&n->vfs, place.number, info);
    place_drop(&place, &n->meter);
    return error;
}

int task_stat(struct task *t, struct str path, bool follow, struct stat_info *info)
{
    int64_t fuel = t->sandbox->meter.fuel;
    return task_charged(t, fuel, stat_path(t, path, follow, info));
}

static int access_path(struct task *t, struct str path, int wanted)
{
    struct nacre *n = t->sandbox;
    struct place place;
    int error = task_walk(t, path, WALK_FOLLOW, &place);
    if (error)
        return error;
    struct stat_info info;
    if (place.rest.length)
        error = proc_stat(t, place.rest, true, &info);
    else
        error = wanted ? vfs_access(&n->vfs, t->who, place.number, wanted) : 0;
    place_drop(&place, &n->meter);
    return error;
}

int task_access(struct task *t, struct str path, int wanted)
{
    int64_t fuel = t->sandbox->meter.fuel;
    return task_charged(t, fuel, access_path(t, path, wanted));
}

static int read_link(struct task *t, struct str path, struct buf *target)
{
    struct nacre *n = t->sandbox;
    struct place place;
    int error = task_walk(t, path, 0, &place);
    if (error)
        return error;
    if (place.rest.length) {
        error = proc_readlink(t, place.rest, target);
        place_drop(&place, &n->meter);
        return error;
    }
    struct stat_info info;
    error = vfs_stat(&n->vfs, place.number, &info);
    if (!error && info.kind != NODE_LINK)
        return E_INVAL;
    struct str text;
    if (!error)
        error = vfs_readlink(&n->vfs, place.number, &text);
    if (!error)
        buf_add(target, text);
    return error;
}

int task_readlink(struct task *t, struct str path, struct buf *target)
{
    int64_t fuel = t->sandbox->meter.fuel;
    return task_charged(t, fuel, read_link(t, path, target));
}

int task_getcwd(struct task *t, struct buf *path)
{
    return vfs_path(&t->sandbox->vfs, t->directory, path);
}

int task_list_inode(struct task *t, uint64_t directory, struct listing *l)
{
    *l = (struct listing){.directory = directory};
    int error = vfs_list(&t->sandbox->vfs, directory, &l->entries);
    if (!error)
        btree_walk_start(&l->walk, l->entries);
    return error;
}

static int list_path(struct task *t, struct str path, struct listing *l)
{
    struct nacre *n = t->sandbox;
    struct place place;
    int error = task_walk(t, path, WALK_FOLLOW, &place);
    if (error)
        return error;
    struct stat_info info;
    *l = (struct listing){0};
    if (place.rest.length) {
        error = proc_list(t, place.rest, l);
        place_drop(&place, &n->meter);
        return error;
    }
    error = vfs_stat(&n->vfs, place.number, &info);
    if (!error && info.kind == NODE_DEVICE && info.device == DEVICE_PROC_SELF)
        return proc_list(t, (struct str){0}, l);
    if (!error && info.kind != NODE_DIRECTORY)
        error = E_NOTDIR;
    if (!error)
        error = vfs_access(&n->vfs, t->who, place.number, MAY_READ);
    return error ? error : task_list_inode(t, place.number, l);
}

int task_list(struct task *t, struct str path, struct listing *l)
{
    int64_t fuel = t->sandbox->meter.fuel;
    return task_charged(t, fuel, list_path(t, path, l));
}

bool listing_next(struct task *t, struct listing *l, struct str *name, uint64_t *number)
{
    union entry entry;
    *number = 0;
    if (l->proc)
        return proc_list_next(t, l, name);
    if (!btree_walk_next(&l->walk, name, &entry))
        return false;
    *number = entry.number;
    return true;
}

void listing_release(struct task *t, struct listing *l)
{
    if (!l->proc)
        vfs_list_release(&t->sandbox->vfs, &l->entries);
    *l = (struct listing){0};
}
