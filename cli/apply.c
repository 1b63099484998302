/* cli/apply.c - the change is written back to the directory it came from: whole, or not at all.
 *
 * All new contents are written below DIR/.nacre-apply first, with a journal of what will be done. Then every path that
 * will be touched is checked against what was listed, and nothing has been changed so far. Only then things are removed, made and
 * renamed into place, each by one call that is whole or not done; a journal that is there says what is left to do.
 */
#define _GNU_SOURCE /* syncfs */
#include "cli/apply.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAGE ".nacre-apply"

enum op_kind { OP_REMOVE = 'R', OP_RMDIR = 'D', OP_MKDIR = 'M', OP_PLACE = 'P', OP_MODE = 'C', OP_TIME = 'T' };

struct op {
    char kind;
    char *path;                  /* relative to the directory; "" is the directory itself */
    unsigned long long device, inode; /* what must be there; both 0: nothing */
    unsigned long long stage;    /* OP_PLACE: the number of the staged thing */
    unsigned mode;
    long long seconds, nanoseconds;
    uint64_t token;              /* the host's, of what is there afterwards; 0: none */
    const struct seen *seen;     /* as listed; NULL in a journal that was read */
};

struct plan {
    struct program *p;
    int root, stage;
    struct op *ops;
    size_t count, room;
    struct staged {              /* which inode of the sandbox is staged as what */
        uint64_t inode;
        unsigned long long stage;
    } *staged;
    size_t staged_count, staged_room;
    struct known {               /* host files in the list of changes, by token */
        uint64_t host, inode;
        size_t index;
        bool same;               /* there before and now, with the same content */
    } *known;
    size_t known_count;
    struct linked {              /* host files that were staged by another name, which sets their time of change */
        uint64_t token;
        char *path;
    } *linked;
    size_t linked_count;
    bool by_link;                /* what was staged last is a file of the host's itself, with its mode and times */
    unsigned long long next;
    size_t conflicts;
    bool failed;
};

static void complain(const char *path, const char *what)
{
    fprintf(stderr, "nacre: %s: %s\n", *path ? path : ".", what);
}

static void conflict(struct plan *l, const char *path, const char *what)
{
    if (l->conflicts++ == 0)
        fprintf(stderr, "nacre: nothing applied, since the host's files are not what was loaded:\n");
    complain(path, what);
}

static bool fail(struct plan *l, const char *path, int error)
{
    complain(path, strerror(error));
    l->failed = true;
    return false;
}

static struct op *add_op(struct plan *l, char kind, const char *path, const struct seen *seen)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 256;
        struct op *more = realloc(l->ops, room * sizeof *more);
        if (!more) {
            fail(l, path, ENOMEM);
            return NULL;
        }
        l->ops = more;
        l->room = room;
    }
    char *copy = strdup(path);
    if (!copy) {
        fail(l, path, ENOMEM);
        return NULL;
    }
    struct op *op = &l->ops[l->count++];
    *op = (struct op){.kind = kind, .path = copy, .seen = seen};
    if (seen) {
        op->device = seen->device;
        op->inode = seen->inode;
    }
    return op;
}

static void drop_plan(struct plan *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->ops[i].path);
    free(l->ops);
    free(l->staged);
    free(l->known);
    for (size_t i = 0; i < l->linked_count; i++)
        free(l->linked[i].path);
    free(l->linked);
    if (l->stage >= 0)
        close(l->stage);
}

/* --- staging -------------------------------------------------------------------------------- */

static void stage_name(char name[32], unsigned long long number)
{
    snprintf(name, 32, "%llu", number);
}

static const struct staged *find_staged(const struct plan *l, uint64_t inode)
{
    for (size_t i = 0; i < l->staged_count; i++)
        if (l->staged[i].inode == inode)
            return &l->staged[i];
    return NULL;
}

static bool note_staged(struct plan *l, const struct nacre_entry *e, unsigned long long number)
{
    if (e->links < 2)
        return true;
    if (l->staged_count == l->staged_room) {
        size_t room = l->staged_room ? l->staged_room * 2 : 16;
        struct staged *more = realloc(l->staged, room * sizeof *more);
        if (!more)
            return fail(l, "", ENOMEM);
        l->staged = more;
        l->staged_room = room;
    }
    l->staged[l->staged_count++] = (struct staged){e->inode, number};
    return true;
}

static struct timespec time_of(int64_t nanoseconds)
{
    int64_t seconds = nanoseconds / 1000000000, rest = nanoseconds % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    return (struct timespec){.tv_sec = seconds, .tv_nsec = rest};
}

static bool stage_bytes(struct plan *l, const char *name, const struct nacre_change *c, struct nacre_text bytes)
{
    int file = openat(l->stage, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct timespec times[2] = {time_of(c->is.mtime), time_of(c->is.mtime)};
    bool well = file >= 0 && write_all(file, bytes.data, bytes.length) && fchmod(file, c->is.mode & 0777) == 0 &&
                futimens(file, times) == 0;
    int error = errno;
    if (file >= 0)
        close(file);
    errno = error;
    return well;
}

/* The content of a file of the host's that no script has changed: the inode itself gets another name. */
static bool stage_host_file(struct plan *l, const char *name, uint64_t token, const char *from)
{
    struct stat st;
    const struct seen *seen = host_seen(l->p->host, token);
    const char *last;
    struct linked *more = realloc(l->linked, (l->linked_count + 1) * sizeof *more);
    char *copy = more ? strdup(from) : NULL;
    if (more)
        l->linked = more;
    if (!copy) {
        errno = ENOMEM;
        return false;
    }
    int parent = host_open_parent(l->root, from, &last);
    bool there = parent >= 0 && fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) == 0;
    bool well = there && seen && host_same(seen, &st) && linkat(parent, last, l->stage, name, 0) == 0;
    int error = there && seen && !host_same(seen, &st) ? ESTALE : errno;
    if (well && (fstatat(l->stage, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_ino != seen->inode || st.st_dev != seen->device)) {
        unlinkat(l->stage, name, 0);
        error = ESTALE;
        well = false;
    }
    if (parent >= 0)
        close(parent);
    if (well) {
        l->linked[l->linked_count++] = (struct linked){token, copy};
        host_note_applied(l->p->host, token, from);
    } else {
        free(copy);
    }
    errno = error;
    return well;
}

static char *relative(struct plan *l, const struct nacre_change *c);

static int by_host(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    if (x->host != y->host)
        return x->host < y->host ? -1 : 1;
    return y->same - x->same; /* the most telling name first */
}

static bool find_known(struct plan *l, int64_t count)
{
    struct nacre_change c = {.size = sizeof c};
    l->known = calloc((size_t)count + 1, sizeof *l->known);
    if (!l->known)
        return fail(l, "", ENOMEM);
    for (size_t i = 0; nacre_change(l->p->n, i, &c) == 0; i++)
        if (c.was.kind == NACRE_FILE && c.was.host) {
            bool same = c.is.kind == NACRE_FILE && c.is.inode == c.was.inode && !(c.what & NACRE_CHANGE_CONTENT);
            l->known[l->known_count++] = (struct known){c.was.host, c.was.inode, i, same};
        }
    qsort(l->known, l->known_count, sizeof *l->known, by_host);
    return true;
}

/* Where a file of the host's was listed, if that is in the list of changes. */
static const struct known *known_host(const struct plan *l, uint64_t host)
{
    size_t low = 0, high = l->known_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (l->known[middle].host < host)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->known_count && l->known[low].host == host ? &l->known[low] : NULL;
}

static bool stage_file(struct plan *l, const char *name, const struct nacre_change *c)
{
    struct nacre_text bytes;
    const struct staged *other = c->is.links > 1 ? find_staged(l, c->is.inode) : NULL;
    if (other) {
        char first[32];
        stage_name(first, other->stage);
        return linkat(l->stage, first, l->stage, name, 0) == 0;
    }
    const struct known *known = c->is.host ? known_host(l, c->is.host) : NULL;
    int error = known && known->same && known->inode == c->is.inode ? NACRE_E_LOAD : nacre_get(l->p->n, c->path, &bytes);
    if (error == NACRE_E_LOAD && known) {
        struct nacre_change old = {.size = sizeof old};
        nacre_change(l->p->n, known->index, &old);
        char *from = relative(l, &old);
        bool well = from && stage_host_file(l, name, c->is.host, from);
        int why = errno;
        free(from);
        l->by_link = well;
        if (well || why == ESTALE) {
            errno = why;
            return well;
        }
    }
    while ((error = nacre_get(l->p->n, c->path, &bytes)) == NACRE_E_LOAD)
        if (run_load(l->p) < 0)
            break;
    if (error) {
        errno = error == NACRE_E_STALE ? ESTALE : error == NACRE_E_ACCESS ? EACCES : EIO;
        return false;
    }
    return stage_bytes(l, name, c, bytes);
}

static bool stage(struct plan *l, const struct nacre_change *c, const char *path, unsigned long long *number)
{
    char name[32];
    bool well;
    *number = l->next++;
    l->by_link = false;
    stage_name(name, *number);
    if (c->is.kind == NACRE_LINK) {
        char *target = strndup(c->is.target.data, c->is.target.length);
        well = target && symlinkat(target, l->stage, name) == 0;
        free(target);
    } else if (c->is.kind == NACRE_FIFO) {
        well = mkfifoat(l->stage, name, c->is.mode & 0777) == 0;
    } else {
        well = stage_file(l, name, c);
    }
    if (!well && errno == ESTALE) {
        conflict(l, path, "changed on the host since it was listed");
        return false;
    }
    return well ? note_staged(l, &c->is, *number) : fail(l, path, errno);
}

/* --- the plan ---------------------------------------------------------------------------------- */

/* NULL when the path is not below the mount; malloc'ed. */
static char *relative(struct plan *l, const struct nacre_change *c)
{
    const char *mount = l->p->mount;
    size_t length = strlen(mount);
    while (length > 0 && mount[length - 1] == '/')
        length--;
    if (c->path.length < length || memcmp(c->path.data, mount, length) != 0 || (c->path.length > length && c->path.data[length] != '/'))
        return NULL;
    size_t from = c->path.length > length ? length + 1 : length;
    return strndup(c->path.data + from, c->path.length - from);
}

/* A file with other names that only lost or got a name has not changed itself. */
static void plan_ops(struct plan *l, const struct nacre_change *c, const char *path)
{
    const struct seen *was = c->was.host ? host_seen(l->p->host, c->was.host) : c->was.kind ? host_seen_at(l->p->host, path) : NULL;
    bool replaced = c->what & (NACRE_CHANGE_ADDED | NACRE_CHANGE_KIND) || (c->what & NACRE_CHANGE_CONTENT && c->is.kind != NACRE_DIRECTORY);
    bool gone = c->what & (NACRE_CHANGE_REMOVED | NACRE_CHANGE_KIND);
    bool placed = false;
    struct op *op;
    if (c->was.kind && !was)
        return; /* of the standard tree, not of the host's */
    if (gone)
        add_op(l, c->was.kind == NACRE_DIRECTORY ? OP_RMDIR : OP_REMOVE, path, was);
    if (replaced && c->is.kind == NACRE_DIRECTORY) {
        op = add_op(l, OP_MKDIR, path, NULL);
        if (op)
            op->mode = c->is.mode & 0777;
    } else if (replaced && c->is.kind) {
        unsigned long long number;
        if (!stage(l, c, path, &number))
            return;
        op = add_op(l, OP_PLACE, path, gone ? NULL : was);
        if (op)
            op->stage = number;
        placed = true;
    }
    if (!c->is.kind || c->is.kind == NACRE_LINK)
        return;
    const struct seen *own = placed && l->by_link ? host_seen(l->p->host, c->is.host) : NULL;
    struct timespec time = time_of(c->is.mtime);
    bool other_mode = own && (own->mode & 0777) != (c->is.mode & 0777);
    bool other_time = own && (own->mtime.tv_sec != time.tv_sec || own->mtime.tv_nsec != time.tv_nsec);
    if (((c->what & NACRE_CHANGE_MODE) && !placed) || (replaced && c->is.kind == NACRE_DIRECTORY) || other_mode) {
        op = add_op(l, OP_MODE, path, gone || replaced ? NULL : was);
        if (op)
            op->mode = c->is.mode & 0777;
    }
    if (((c->what & NACRE_CHANGE_TIMES || replaced) && !placed) || other_time) {
        op = add_op(l, OP_TIME, path, gone || replaced ? NULL : was);
        if (op) {
            op->seconds = time.tv_sec;
            op->nanoseconds = time.tv_nsec;
        }
    }
}

static void plan_change(struct plan *l, const struct nacre_change *c, const char *path)
{
    size_t first = l->count;
    plan_ops(l, c, path);
    for (size_t i = first; i < l->count; i++)
        l->ops[i].token = c->is.host;
}

static int phase(const struct op *op)
{
    switch (op->kind) {
    case OP_REMOVE: case OP_RMDIR: return 0;
    case OP_MKDIR: return 1;
    case OP_PLACE: return 2;
    case OP_MODE: return 3;
    default: return 4;
    }
}

/* Removals children first; then folders parents first; then what is put in them; modes and times children first, since a folder may
 * lose its write bit and gets its time last. */
static int order(const void *a, const void *b)
{
    const struct op *x = a, *y = b;
    int by_phase = phase(x) - phase(y), by_path = strcmp(x->path, y->path);
    if (by_phase)
        return by_phase;
    return phase(x) == 0 || phase(x) >= 3 ? -by_path : by_path;
}

/* --- checking ------------------------------------------------------------------------------------ */

static bool is_planned(const struct plan *l, char kind, const char *path)
{
    struct op key = {.kind = kind, .path = (char *)(uintptr_t)path};
    return bsearch(&key, l->ops, l->count, sizeof key, order) != NULL;
}

static char *join(const char *folder, const char *name)
{
    size_t length = strlen(folder) + strlen(name) + 2;
    char *path = malloc(length);
    if (path)
        snprintf(path, length, "%s/%s", folder, name);
    return path;
}

/* A folder that is to go may hold only what is to go. */
static void check_folder(struct plan *l, const struct op *op, int parent, const char *name)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = folder < 0 ? NULL : fdopendir(folder);
    if (!d) {
        if (folder >= 0)
            close(folder);
        conflict(l, op->path, strerror(errno));
        return;
    }
    bool well = true;
    for (struct dirent *e; well && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char *path = join(op->path, e->d_name);
        well = path && is_planned(l, OP_REMOVE, path);
        if (!well) {
            conflict(l, op->path, "is to be removed, but holds what was left out or is new:");
            complain(op->path, e->d_name);
        }
        free(path);
    }
    closedir(d);
}

/* Is the folder of this path one that the plan makes? */
static bool folder_is_planned(const struct plan *l, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;
    bool planned = folder && is_planned(l, OP_MKDIR, folder);
    free(folder);
    return planned;
}

static void check(struct plan *l, const struct op *op)
{
    struct stat st;
    const char *name;
    if (!*op->path) {
        if (fstat(l->root, &st) < 0 || (op->seen && !host_same(op->seen, &st)))
            conflict(l, op->path, "is another directory now");
        return;
    }
    int parent = host_open_parent(l->root, op->path, &name);
    if (parent < 0) {
        if (!op->seen && folder_is_planned(l, op->path))
            return; /* it is made, perhaps in the place of something else */
        conflict(l, op->path, errno == ELOOP || errno == ENOTDIR ? "a folder above it is no longer one" : strerror(errno));
        return;
    }
    bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!op->seen) {
        if (there && op->kind != OP_MODE && op->kind != OP_TIME && !is_planned(l, OP_REMOVE, op->path))
            conflict(l, op->path, "is there already");
    } else if (!there) {
        conflict(l, op->path, "is no longer there");
    } else if (!host_same(op->seen, &st)) {
        conflict(l, op->path, "changed on the host since it was listed");
    } else if (op->kind == OP_RMDIR) {
        check_folder(l, op, parent, name);
    }
    close(parent);
}

/* --- the journal ------------------------------------------------------------------------------------ */

static bool write_journal(struct plan *l)
{
    int file = openat(l->stage, "journal.part", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *out = file < 0 ? NULL : fdopen(file, "w");
    if (!out)
        return fail(l, STAGE, errno);
    fputs("nacre-apply 1\n", out);
    for (size_t i = 0; i < l->count; i++) {
        const struct op *op = &l->ops[i];
        fprintf(out, "%c %llu %llu %llu %o %lld %lld ", op->kind, op->device, op->inode, op->stage, op->mode, op->seconds, op->nanoseconds);
        for (const unsigned char *c = (const unsigned char *)op->path; *c; c++)
            if (*c <= ' ' || *c == '%' || *c >= 0x7f)
                fprintf(out, "%%%02x", *c);
            else
                fputc(*c, out);
        fputs("\n", out);
    }
    fputs("end\n", out);
    bool well = fflush(out) == 0 && fsync(file) == 0;
    if (fclose(out) != 0)
        well = false;
    return well ? true : fail(l, STAGE, errno);
}

static bool parse_path(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++) {
        unsigned byte;
        if (*from == '%') {
            if (sscanf(from + 1, "%2x", &byte) != 1 || byte == 0)
                return false;
            *to++ = (char)byte;
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
    for (const char *part = text; *text;) { /* nothing that leads elsewhere */
        size_t length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += length;
        if (!*part++)
            break;
    }
    return true;
}

static bool read_journal(struct plan *l, FILE *in)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool ended = false, well = getline(&line, &room, in) > 0 && strcmp(line, "nacre-apply 1\n") == 0;
    while (well && !ended && (length = getline(&line, &room, in)) > 0) {
        struct op op = {0};
        int at = 0;
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (strcmp(line, "end") == 0) {
            ended = true;
            break;
        }
        well = sscanf(line, "%c %llu %llu %llu %o %lld %lld %n", &op.kind, &op.device, &op.inode, &op.stage, &op.mode, &op.seconds,
                      &op.nanoseconds, &at) == 7 && at > 0 && strchr("RDMPCT", op.kind) && parse_path(line + at);
        struct op *added = well ? add_op(l, op.kind, line + at, NULL) : NULL;
        if (added) {
            op.path = added->path;
            *added = op;
        }
        well = well && added;
    }
    free(line);
    return well && ended;
}

/* --- doing it --------------------------------------------------------------------------------------------- */

static bool is_expected(const struct op *op, const struct stat *st)
{
    return st->st_dev == op->device && st->st_ino == op->inode;
}

static void skip(struct plan *l, const struct op *op, const char *why)
{
    complain(op->path, why);
    l->conflicts++;
}

static int place(struct plan *l, const struct op *op, int parent, const char *name)
{
    struct stat st;
    char staged[32];
    stage_name(staged, op->stage);
    if (fstatat(l->stage, staged, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -1; /* it is in its place */
    bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !is_expected(op, &st)) {
        skip(l, op, "changed on the host meanwhile, left as it is");
        return 0;
    }
    return renameat(l->stage, staged, parent, name);
}

static int set_mode(struct plan *l, const struct op *op, int parent, const char *name)
{
    struct stat st;
    (void)l;
    int file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) /* perhaps not readable: by name, after a look */
        return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISLNK(st.st_mode) ? -1 : fchmodat(parent, name, op->mode, 0);
    int answer = fchmod(file, op->mode);
    int error = errno;
    close(file);
    errno = error;
    return answer;
}

/* One op, which may have been done before: 0, or -1 and errno. */
static int perform(struct plan *l, const struct op *op)
{
    struct stat st;
    const char *name;
    if (!*op->path) {
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = op->seconds, .tv_nsec = op->nanoseconds}};
        return op->kind == OP_MODE ? fchmod(l->root, op->mode) : op->kind == OP_TIME ? futimens(l->root, times) : 0;
    }
    int parent = host_open_parent(l->root, op->path, &name);
    if (parent < 0)
        return errno == ENOENT && phase(op) == 0 ? 0 : -1;
    int answer = 0;
    bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    switch (op->kind) {
    case OP_REMOVE:
    case OP_RMDIR:
        if (there && !is_expected(op, &st)) /* something new: of this plan, when it was cut off and goes on */
            break;
        if (there)
            answer = unlinkat(parent, name, op->kind == OP_RMDIR ? AT_REMOVEDIR : 0);
        if (answer < 0 && (errno == ENOTEMPTY || errno == EEXIST)) {
            skip(l, op, "holds something new, left as it is");
            answer = 0;
        }
        break;
    case OP_MKDIR:
        answer = mkdirat(parent, name, 0700);
        if (answer < 0 && errno == EEXIST && there && S_ISDIR(st.st_mode))
            answer = 0;
        break;
    case OP_PLACE:
        answer = place(l, op, parent, name);
        break;
    case OP_MODE:
        answer = there ? set_mode(l, op, parent, name) : 0;
        break;
    default: {
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = op->seconds, .tv_nsec = op->nanoseconds}};
        answer = there ? utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) : 0;
        break;
    }
    }
    int error = errno;
    close(parent);
    errno = error;
    return answer;
}

static void settle(int descriptor)
{
#ifdef __linux__
    syncfs(descriptor);
#else
    (void)descriptor;
    sync();
#endif
}

/* Removes DIR/.nacre-apply and what is in it. The journal goes first: without it nothing will be done. */
static void remove_stage(int root)
{
    int stage = openat(root, STAGE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (stage < 0)
        return;
    unlinkat(stage, "journal", 0);
    fsync(stage);
    DIR *d = fdopendir(stage);
    if (!d) {
        close(stage);
        return;
    }
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlinkat(stage, e->d_name, 0);
    closedir(d);
    unlinkat(root, STAGE, AT_REMOVEDIR);
}

static int perform_all(struct plan *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (perform(l, &l->ops[i]) < 0) {
            complain(l->ops[i].path, strerror(errno));
            fprintf(stderr, "nacre: the apply was cut off; run nacre --root DIR --recover to finish it\n");
            return -1;
        }
    settle(l->root);
    if (l->conflicts) {
        fprintf(stderr, "nacre: not all could be applied; what is left is in " STAGE "\n");
        return -1;
    }
    remove_stage(l->root);
    return 0;
}

bool apply_is_open(int root)
{
    struct stat st;
    return fstatat(root, STAGE, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int apply_recover(int root)
{
    struct plan l = {.root = root, .stage = openat(root, STAGE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (l.stage < 0) {
        if (errno == ENOENT)
            fprintf(stderr, "nacre: nothing to recover\n");
        else
            complain(STAGE, strerror(errno));
        return errno == ENOENT ? 0 : -1;
    }
    int file = openat(l.stage, "journal", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int answer = 0;
    if (file < 0 && errno == ENOENT) { /* it was never complete: nothing had been changed */
        remove_stage(root);
        fprintf(stderr, "nacre: undone: the apply had not begun to change anything\n");
    } else {
        FILE *in = file < 0 ? NULL : fdopen(file, "r");
        if (!in || !read_journal(&l, in)) {
            complain(STAGE "/journal", "cannot be read");
            answer = -1;
        } else {
            answer = perform_all(&l);
            if (answer == 0)
                fprintf(stderr, "nacre: the apply is finished\n");
        }
        if (in)
            fclose(in);
    }
    drop_plan(&l);
    return answer;
}

/* With --mount / things may have been made in folders of the standard tree, which the host does not have: they come too. */
static void plan_parents(struct plan *l, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        struct nacre_entry e = {.size = sizeof e};
        char *folder = strndup(path, (size_t)(slash - path)), *whole = folder ? join("", folder) : NULL;
        bool known = !whole || nacre_stat(l->p->n, (struct nacre_text){whole, strlen(whole)}, &e) < 0 || e.host;
        for (size_t i = 0; i < l->count && !known; i++)
            known = l->ops[i].kind == OP_MKDIR && strcmp(l->ops[i].path, folder) == 0;
        struct op *op = known ? NULL : add_op(l, OP_MKDIR, folder, NULL);
        if (op)
            op->mode = 0700;
        op = op ? add_op(l, OP_MODE, folder, NULL) : NULL;
        if (op)
            op->mode = e.mode & 0777;
        free(whole);
        free(folder);
    }
}

static void make_plan(struct plan *l)
{
    struct nacre_change c = {.size = sizeof c};
    for (size_t i = 0; !l->failed && nacre_change(l->p->n, i, &c) == 0; i++) {
        char *path = relative(l, &c);
        if (path && strcmp(path, STAGE) == 0)
            conflict(l, path, "is the program's own name");
        else if (path && c.what & NACRE_CHANGE_ADDED && strcmp(l->p->mount, "/") == 0)
            plan_parents(l, path);
        if (path && !l->conflicts)
            plan_change(l, &c, path);
        free(path);
    }
    qsort(l->ops, l->count, sizeof *l->ops, order);
}

int apply_changes(struct program *p)
{
    struct plan l = {.p = p, .root = host_root(p->host), .stage = -1};
    int64_t count = find_changes(p);
    if (count < 0) {
        fprintf(stderr, "nacre: nothing applied: %s\n", error_name((int)count));
        return -1;
    }
    if (count == 0)
        return 0;
    if (mkdirat(l.root, STAGE, 0700) < 0 || (l.stage = openat(l.root, STAGE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) {
        complain(STAGE, strerror(errno));
        fprintf(stderr, "nacre: nothing applied\n");
        return -1;
    }
    if (find_known(&l, count))
        make_plan(&l);
    if (!l.failed && !l.conflicts && l.count == 0) {
        remove_stage(l.root);
        drop_plan(&l);
        return 0;
    }
    bool well = !l.failed && write_journal(&l);
    if (well)
        settle(l.stage);
    for (size_t i = 0; well && i < l.count; i++)
        check(&l, &l.ops[i]);
    if (!well || l.conflicts) {
        if (l.failed && !l.conflicts)
            fprintf(stderr, "nacre: nothing applied\n");
        remove_stage(l.root);
        for (size_t i = 0; i < l.linked_count; i++)
            host_note_applied(p->host, l.linked[i].token, l.linked[i].path);
        drop_plan(&l);
        return -1;
    }
    int answer = renameat(l.stage, "journal.part", l.stage, "journal");
    if (answer < 0) {
        complain(STAGE, strerror(errno));
        remove_stage(l.root);
    } else {
        fsync(l.stage);
        answer = perform_all(&l);
    }
    for (size_t i = 0; answer == 0 && i < l.count; i++)
        if (phase(&l.ops[i]) > 0 && *l.ops[i].path)
            host_note_applied(p->host, l.ops[i].token, l.ops[i].path);
    drop_plan(&l);
    return answer;
}
