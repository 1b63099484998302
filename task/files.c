/* task/files.c - what commands do with files by path: the verbs of vfs/ as a task sees them. */
#include "task/command.h"

#include "task/sandbox.h"

static struct str last_name(const struct place *p)
{
    return str_of(p->name, p->name_length);
}

static int walk(struct call *c, struct str path, unsigned flags, struct place *place)
{
    int error = task_walk(c->task, path, flags, place);
    if (!error && place->rest.length) { /* nothing in /proc/self can be changed */
        place_drop(place, c->meter);
        return E_ACCES;
    }
    return error;
}

int call_stat(struct call *c, struct str path, bool follow, struct stat_info *info)
{
    return task_stat(c->task, path, follow, info);
}

int call_make_directory(struct call *c, struct str path, uint32_t mode)
{
    struct place p;
    int error = walk(c, path, WALK_PARENT | WALK_NEW, &p);
    if (error)
        return error;
    int64_t made = vfs_make(&c->task->sandbox->vfs, c->task->who, p.parent, place_last(&p), NODE_DIRECTORY, mode & ~c->task->umask,
                            (struct str){0}, 0);
    return made < 0 ? (int)made : 0;
}

int call_remove(struct call *c, struct str path, bool directory)
{
    struct vfs *v = &c->task->sandbox->vfs;
    struct place p;
    int error = walk(c, path, WALK_PARENT, &p);
    if (error)
        return error;
    return directory ? vfs_rmdir(v, c->task->who, p.parent, place_last(&p)) : vfs_unlink(v, c->task->who, p.parent, place_last(&p));
}

int call_rename(struct call *c, struct str from, struct str to)
{
    struct place a, b;
    int error = walk(c, from, WALK_PARENT, &a);
    if (!error)
        error = walk(c, to, WALK_PARENT, &b);
    return error ? error : vfs_rename(&c->task->sandbox->vfs, c->task->who, a.parent, place_last(&a), b.parent, place_last(&b));
}

int call_link(struct call *c, struct str from, struct str to, bool follow)
{
    struct place a, b;
    int error = walk(c, from, follow ? WALK_FOLLOW : 0, &a);
    if (!error)
        error = walk(c, to, WALK_PARENT | WALK_NEW, &b);
    return error ? error : vfs_link(&c->task->sandbox->vfs, c->task->who, a.number, b.parent, place_last(&b), false);
}

int call_symlink(struct call *c, struct str target, struct str path)
{
    struct place p;
    if (!target.length)
        return E_NOENT;
    int error = walk(c, path, WALK_PARENT | WALK_NEW, &p);
    if (error)
        return error;
    int64_t made = vfs_make(&c->task->sandbox->vfs, c->task->who, p.parent, place_last(&p), NODE_LINK, 0777, target, 0);
    return made < 0 ? (int)made : 0;
}

int call_chmod(struct call *c, struct str path, uint32_t mode, bool follow)
{
    struct place p;
    int error = walk(c, path, follow ? WALK_FOLLOW : 0, &p);
    return error ? error : vfs_chmod(&c->task->sandbox->vfs, c->task->who, p.number, mode);
}

int call_chown(struct call *c, struct str path, uint32_t user, uint32_t group, bool follow)
{
    struct place p;
    int error = walk(c, path, follow ? WALK_FOLLOW : 0, &p);
    return error ? error : vfs_chown(&c->task->sandbox->vfs, c->task->who, p.number, user, group);
}

int call_touch(struct call *c, struct str path, int64_t atime, int64_t mtime, bool follow)
{
    struct place p;
    int error = walk(c, path, follow ? WALK_FOLLOW : 0, &p);
    return error ? error : vfs_set_times(&c->task->sandbox->vfs, c->task->who, p.number, atime, mtime);
}

static void release_file(void *file, struct meter *m)
{
    (void)m;
    file_close(file);
}

int call_create(struct call *c, struct str path, unsigned flags, struct file **file)
{
    struct hold *hold = heap_hold(c->heap, release_file);
    int error = file_open(c->task, path, flags, 0666, file);
    if (error)
        heap_unhold(c->heap, hold);
    else
        hold->thing = *file;
    return error;
}

int call_replace(struct call *c, struct str path, struct str content, uint32_t mode)
{
    struct vfs *v = &c->task->sandbox->vfs;
    struct place p;
    int error = walk(c, path, WALK_FOLLOW | WALK_PARENT, &p);
    if (error)
        return error;
    if (!p.name_length)
        return E_ISDIR;
    int64_t made = vfs_make_nameless(v, c->task->who, mode);
    if (made < 0)
        return (int)made;
    error = vfs_open(v, (uint64_t)made);
    int64_t written = error || !content.length ? error : vfs_write(v, (uint64_t)made, 0, content);
    if (written >= 0) {
        error = vfs_link(v, c->task->who, (uint64_t)made, p.parent, last_name(&p), true);
        call_charge_bytes(c, content.length);
    } else {
        error = (int)written;
    }
    vfs_close(v, (uint64_t)made);
    return error;
}

/* Appends `name` to the absolute path in `out`. */
static void add_component(struct buf *out, struct str name)
{
    if (!out->length || out->data[out->length - 1] != '/')
        buf_add_byte(out, '/');
    buf_add(out, name);
}

static int real_path(struct call *c, struct str path, int missing, struct buf *out)
{
    struct task *t = c->task;
    struct nacre *n = t->sandbox;
    if (!path.length)
        return E_NOENT;
    struct buf rest, link; /* what is still to be walked, and the target of a link on the way */
    buf_init(&rest, c->heap);
    buf_init(&link, c->heap);
    buf_clear(out);
    if (path.data[0] != '/') {
        int error = task_getcwd(t, out);
        if (error)
            return error;
    }
    buf_add(&rest, path);
    int links = 0, error = 0;
    bool absent = false; /* below something that is not there: only text from here on */
    size_t at = 0;
    while (at < rest.length && !error) {
        struct str all = buf_str(&rest), name = str_after(all, at);
        ptrdiff_t slash = str_find(name, '/');
        if (slash == 0) {
            at++;
            continue;
        }
        if (slash > 0)
            name = str_first(name, (size_t)slash);
        at += name.length;
        size_t next = at;
        while (next < rest.length && rest.data[next] == '/')
            next++;
        bool last = next >= rest.length;
        if (str_is(name, "."))
            continue;
        if (str_is(name, "..")) {
            while (out->length > 1 && out->data[out->length - 1] != '/')
                out->length--;
            if (out->length > 1)
                out->length--;
            continue;
        }
        size_t before = out->length;
        add_component(out, name);
        if (absent)
            continue;
        struct stat_info info;
        error = task_stat(t, buf_str(out), false, &info);
        if (error == E_WAIT)
            return E_WAIT;
        if (error == E_NOENT && (missing == 2 || (missing == 1 && last))) {
            absent = true;
            error = 0;
            continue;
        }
        if (error == E_NOTDIR && missing == 2) {
            absent = true;
            error = 0;
            continue;
        }
        if (error)
            break;
        if (info.kind == NODE_LINK) {
            if (++links > VFS_LINKS_MOST)
                return missing == 2 ? 0 : E_LOOP;
            buf_clear(&link);
            error = task_readlink(t, buf_str(out), &link);
            if (error)
                break;
            out->length = before;
            if (link.length && link.data[0] == '/')
                out->length = 0;
            buf_add(&link, str_after(buf_str(&rest), at));
            buf_clear(&rest);
            buf_add(&rest, buf_str(&link));
            at = 0;
            continue;
        }
        if (info.kind != NODE_DIRECTORY && at < rest.length) {
            if (missing < 2)
                return E_NOTDIR;
            absent = true;
        }
    }
    if (!out->length)
        buf_add_byte(out, '/');
    buf_drop(&rest);
    buf_drop(&link);
    (void)n;
    return error;
}

int call_realpath(struct call *c, struct str path, int missing, struct buf *out)
{
    int64_t fuel = c->meter->fuel;
    return task_charged(c->task, fuel, real_path(c, path, missing, out));
}
