/* builtins/cp.c - copy files and trees. */
#include "base/mode.h"
#include "builtins/backup.h"
#include "builtins/context.h"
#include "builtins/paths.h"
#include "builtins/prompt.h"
#include "builtins/seen.h"
#include "builtins/target.h"
#include "task/sandbox.h"
#include "task/walk.h"

enum { LONG_ATTRIBUTES = OPTION_LONG, LONG_BACKUP, LONG_CONTEXT, LONG_COPY_CONTENTS, LONG_NO_PRESERVE, LONG_PARENTS, LONG_PRESERVE,
       LONG_REFLINK, LONG_REMOVE, LONG_SPARSE, LONG_STRIP };

static const struct option options[] = {
    {'a', "archive", NULL, "same as -dR --preserve=all"},
    {LONG_ATTRIBUTES, "attributes-only", NULL, "don't copy the file data, just the attributes"},
    {LONG_BACKUP, "backup", "[CONTROL]", "make a backup of each existing destination file"},
    {'b', NULL, NULL, "like --backup but does not accept an argument"},
    {LONG_CONTEXT, "context", "[CTX]", "like -Z, or if CTX is specified then set the SELinux security context to CTX: nothing is done"},
    {LONG_COPY_CONTENTS, "copy-contents", NULL, "copy contents of special files when recursive"},
    {'d', NULL, NULL, "same as --no-dereference --preserve=links"},
    {'f', "force", NULL, "if an existing destination file cannot be opened, remove it and try again"},
    {'i', "interactive", NULL, "prompt before overwrite (overrides a previous -n option)"},
    {'H', NULL, NULL, "follow command-line symbolic links in SOURCE"},
    {'l', "link", NULL, "hard link files instead of copying"},
    {'L', "dereference", NULL, "always follow symbolic links in SOURCE"},
    {'n', "no-clobber", NULL, "do not overwrite an existing file (overrides a previous -i option)"},
    {'P', "no-dereference", NULL, "never follow symbolic links in SOURCE"},
    {'p', NULL, NULL, "same as --preserve=mode,ownership,timestamps"},
    {LONG_PRESERVE, "preserve", "[ATTR_LIST]", "preserve the specified attributes (default: mode,ownership,timestamps)"},
    {LONG_NO_PRESERVE, "no-preserve", "ATTR_LIST", "don't preserve the specified attributes"},
    {LONG_PARENTS, "parents", NULL, "use full source file name under DIRECTORY"},
    {'R', "recursive", NULL, "copy directories recursively"},
    {'r', NULL, NULL, NULL},
    {LONG_REFLINK, "reflink", "[WHEN]", "control clone/CoW copies"},
    {LONG_REMOVE, "remove-destination", NULL, "remove each existing destination file before attempting to open it"},
    {LONG_SPARSE, "sparse", "WHEN", "control creation of sparse files"},
    {LONG_STRIP, "strip-trailing-slashes", NULL, "remove any trailing slashes from each SOURCE argument"},
    {'s', "symbolic-link", NULL, "make symbolic links instead of copying"},
    {'S', "suffix", "SUFFIX", "override the usual backup suffix"},
    {'t', "target-directory", "DIRECTORY", "copy all SOURCE arguments into DIRECTORY"},
    {'T', "no-target-directory", NULL, "treat DEST as a normal file"},
    {'u', "update", NULL, "copy only when the SOURCE file is newer than the destination file or when it is missing"},
    {'v', "verbose", NULL, "explain what is being done"},
    {'x', "one-file-system", NULL, "stay on this file system"},
    {'Z', NULL, NULL, "set SELinux security context of destination file to default type: nothing is done"},
    {0},
};

enum { KEEP_MODE = 1, KEEP_TIMES = 2, KEEP_OWNER = 4, KEEP_LINKS = 8, KEEP_CONTEXT = 16, KEEP_XATTR = 32 };
enum { PHASE_TARGET, PHASE_SELF, PHASE_OPERAND, PHASE_PARENTS, PHASE_WALK, PHASE_ENTRY };

/* A directory of the destination that is being filled. */
struct level {
    uint64_t number, source; /* inodes: its own, and that of the directory it is a copy of */
    bool made;
};

struct cp {
    bool recursive, force, ask, no_clobber, update, verbose, hard, soft, remove, parents, attributes, copy_contents, reflink;
    unsigned keep, drop;
    struct backups backups;
    struct target target;
    size_t operand;
    int phase;
    struct walk *walk;
    enum visit visit;
    struct str source, destination; /* the roots of the tree being copied */
    size_t parents_at;
    struct level *levels;
    uint64_t top;            /* the first directory made for the operand: it is not copied into itself */
    /* It was met. Then the real one stops, and as it goes by inode number what is newer than that, or than the directories that lead
     * there, is not copied: `limits` are their numbers by depth, up to `inside`. */
    size_t inside;
    uint64_t *limits;
    struct map copies;       /* of files with several names: from inode to inode */
    struct seen seen;
    struct prompt prompt;
    bool confirmed;
    bool itself;             /* what is there is the entry that is copied */
    struct str backup_name;
    struct buf stream;       /* content of a source that is no regular file */
    struct file *stream_file;
    struct hold *stream_hold;
};

static struct vfs *files(struct call *c)
{
    return &c->task->sandbox->vfs;
}

static unsigned keep_list(struct call *c, const char *option, struct str list)
{
    static const char *const words[] = {"mode", "timestamps", "ownership", "links", "context", "xattr", "all", NULL};
    unsigned bits = 0;
    for (;;) {
        ptrdiff_t comma = str_find(list, ',');
        struct str word = comma < 0 ? list : str_first(list, (size_t)comma);
        int i = call_choose(c, option, word, words);
        if (i < 0)
            return 0;
        bits |= i == 6 ? 63u : 1u << i;
        if (comma < 0)
            return bits;
        list = str_after(list, (size_t)comma + 1);
    }
}

static int start(struct call *c)
{
    struct cp *k = c->state;
    static const char *const sparse[] = {"never", "auto", "always", NULL};
    static const char *const reflink[] = {"auto", "always", "never", NULL};
    int follow = 0;
    seen_init(&k->seen, c->heap);
    context_ignore(c, LONG_CONTEXT, "SELinux");
    map_init(&k->copies, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        unsigned bits;
        switch (c->options[i].letter) {
        case 'a': k->recursive = true; follow = 'P'; k->keep = 63; break;
        case LONG_ATTRIBUTES: k->attributes = true; break;
        case LONG_COPY_CONTENTS: k->copy_contents = true; break;
        case 'd': follow = 'P'; k->keep |= KEEP_LINKS; break;
        case 'f': k->force = true; break;
        case 'i': k->ask = true; k->no_clobber = false; break;
        case 'n': k->no_clobber = true; k->ask = false; break;
        case 'H': case 'L': case 'P': follow = c->options[i].letter; break;
        case 'l': k->hard = true; break;
        case 's': k->soft = true; break;
        case 'p': k->keep |= KEEP_MODE | KEEP_OWNER | KEEP_TIMES; break;
        case LONG_PRESERVE:
            bits = value.data ? keep_list(c, "--preserve", value) : KEEP_MODE | KEEP_OWNER | KEEP_TIMES;
            if (!bits)
                return 1;
            k->keep |= bits;
            break;
        case LONG_NO_PRESERVE:
            bits = keep_list(c, "--no-preserve", value);
            if (!bits)
                return 1;
            k->keep &= ~bits;
            k->drop |= bits;
            break;
        case LONG_PARENTS: k->parents = true; break;
        case 'r': case 'R': k->recursive = true; break;
        case LONG_REFLINK: {
            int when = value.data ? call_choose(c, "--reflink", value, reflink) : 1;
            if (when < 0)
                return 1;
            k->reflink = when == 1;
            break;
        }
        case LONG_REMOVE: k->remove = true; break;
        case LONG_SPARSE:
            if (call_choose(c, "--sparse", value, sparse) < 0)
                return 1;
            break;
        case 'u': k->update = true; break;
        case 'v': k->verbose = true; break;
        default: break;
        }
    }
    if (k->hard && k->soft)
        return call_usage_error(c, "cannot make both hard and symbolic links");
    if (!backups_start(c, &k->backups, LONG_BACKUP))
        return 1;
    if (k->no_clobber && k->backups.kind)
        return call_usage_error(c, "options --backup and --no-clobber are mutually exclusive");
    int status = target_start(c, &k->target, TARGET_COPY);
    if (status)
        return status;
    enum walk_follow mode = follow == 'L' ? WALK_LOGICAL : follow == 'H' ? WALK_ROOTS : follow == 'P' ? WALK_PHYSICAL
                            : k->recursive && !k->hard ? WALK_PHYSICAL : WALK_LOGICAL;
    k->walk = walk_new(c->task, c->heap, mode);
    buf_init(&k->stream, c->heap);
    return 0;
}

/* --- names ----------------------------------------------------------------------------------- */

static struct str destination_path(struct call *c, struct cp *k)
{
    struct str rest = str_after(walk_path(k->walk), k->source.length);
    while (rest.length && rest.data[0] == '/')
        rest = str_after(rest, 1);
    return rest.length ? path_join(c, k->destination, rest) : k->destination;
}

static void tell(struct call *c, struct cp *k, struct str to)
{
    if (!k->verbose)
        return;
    call_format(c, "%S -> %S", call_quote(c, walk_path(k->walk)), call_quote(c, to));
    if (k->backup_name.data)
        call_format(c, " (backup: %S)", call_quote(c, k->backup_name));
    call_print_byte(c, '\n');
}

static void tell_removed(struct call *c, const struct cp *k, struct str path)
{
    if (k->verbose)
        call_format(c, "removed %S\n", call_quote(c, path));
}

/* --- one entry ------------------------------------------------------------------------------- */

struct place_of {
    uint64_t parent, number; /* number 0: nothing is there */
    struct str name;
    char store[VFS_NAME_MOST + 1];
    bool slash;
    struct stat_info info;   /* of what is there; of where it leads if it is a link and is written through */
    bool link, dangling;     /* it is a symbolic link; that is written through and leads nowhere */
};

static bool copies_as_special(const struct cp *k)
{
    enum node_kind kind = k->walk->info.kind;
    return kind == NODE_LINK || (kind != NODE_FILE && k->recursive && !k->copy_contents);
}

/* Does a link that is there stand for the file it leads to? */
static bool writes_through(const struct cp *k)
{
    return !(copies_as_special(k) || k->soft || k->hard || k->remove || k->backups.kind);
}

/* Looks where the entry is to go. */
static int find_place(struct call *c, struct cp *k, struct str path, struct place_of *p)
{
    struct place place;
    memset(&place, 0, sizeof place);
    memset(p, 0, sizeof *p);
    bool root = k->walk->depth == 0;
    int error;
    if (root)
        error = task_walk(c->task, path, WALK_PARENT, &place);
    else
        error = vfs_walk(files(c), c->task->who, k->levels[k->walk->depth - 1].number, walk_name(k->walk), WALK_PARENT, &place);
    if (error)
        return error;
    p->parent = place.parent;
    p->number = place.number;
    p->slash = place.slash;
    memcpy(p->store, place.name, place.name_length);
    p->name = str_of(p->store, place.name_length);
    place_drop(&place, c->meter);
    if (!p->number)
        return 0;
    error = vfs_stat(files(c), p->number, &p->info);
    if (error)
        return error;
    p->link = p->info.kind == NODE_LINK;
    if (p->link && writes_through(k)) {
        struct stat_info target;
        error = root ? task_walk(c->task, path, WALK_FOLLOW, &place)
                     : vfs_walk(files(c), c->task->who, p->parent, p->name, WALK_FOLLOW, &place);
        if (!error)
            error = vfs_stat(files(c), place.number, &target);
        place_drop(&place, c->meter);
        if (error == E_WAIT)
            return error;
        p->dangling = error != 0;
        if (!error)
            p->info = target;
    }
    return 0;
}

/* May several names of this source be met, that are to be names of one file again? */
static bool keeps_links(const struct cp *k)
{
    const struct walk *w = k->walk;
    return (k->keep & KEEP_LINKS) && !k->hard &&
           (w->info.links > 1 || w->follow == WALK_LOGICAL || (w->follow == WALK_ROOTS && !w->depth));
}

static struct str source_key(const struct cp *k)
{
    return str_of((const char *)&k->walk->info.number, sizeof k->walk->info.number);
}

static void note_copy(struct cp *k, uint64_t to)
{
    if (keeps_links(k))
        map_set_number(&k->copies, source_key(k), (int64_t)to);
}

static void note_made(struct cp *k, const struct place_of *p, uint64_t number)
{
    if (!k->walk->depth && k->target.count > 1)
        seen_make(&k->seen, p->parent, p->name, number);
    note_copy(k, number);
}

/* What became of another name of the same source; 0. */
static uint64_t find_earlier(const struct cp *k)
{
    const union map_value *v = keeps_links(k) ? map_find(&k->copies, source_key(k)) : NULL;
    return v ? (uint64_t)v->number : 0;
}

enum { TOLD = 1 }; /* the answer of what failed and said so; below it stand E_WAIT and E_INTR */

/* Makes that the entry's copy: 0, TOLD or E_WAIT. */
static int link_earlier(struct call *c, struct cp *k, uint64_t earlier, const struct place_of *p, struct str path)
{
    int error = vfs_link(files(c), c->task->who, earlier, p->parent, p->name, p->number != 0);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot create hard link %S: %m", call_quote(c, path), error);
        return TOLD;
    }
    if (p->number)
        tell_removed(c, k, path);
    return 0;
}

/* Carries over what is to be preserved. */
static void preserve(struct call *c, struct cp *k, uint64_t number, const struct stat_info *from, bool fresh)
{
    struct vfs *v = files(c);
    uint32_t mode = from->mode & 07777;
    if (k->keep & KEEP_OWNER)
        if (vfs_chown(v, c->task->who, number, from->user, from->group) != 0) {
            vfs_chown(v, c->task->who, number, OWNER_SAME, from->group);
            mode &= ~06000u;
        }
    if (from->kind != NODE_LINK) {
        if (k->keep & KEEP_MODE)
            vfs_chmod(v, c->task->who, number, mode);
        else if (fresh && (k->drop & KEEP_MODE))
            vfs_chmod(v, c->task->who, number, (from->kind == NODE_DIRECTORY ? 0777 : 0666) & ~c->task->umask);
    }
    if (k->keep & KEEP_TIMES)
        vfs_set_times(v, c->task->who, number, from->atime, from->mtime);
}

static void release_content(void *extent, struct meter *m)
{
    extent_release(extent, m);
}

/* The bytes of the source: 0 with *bytes (held by *hold if not NULL), E_WAIT, or an error. */
static int read_source(struct call *c, struct cp *k, struct str *bytes, struct hold **hold)
{
    const struct stat_info *info = &k->walk->info;
    *bytes = (struct str){0};
    *hold = NULL;
    int error = vfs_access(files(c), c->task->who, info->number, MAY_READ);
    if (error && !k->stream_file)
        return error;
    if (info->kind == NODE_FILE) {
        struct hold *slot = heap_hold(c->heap, release_content);
        struct extent *extent = NULL;
        error = vfs_content(files(c), info->number, &extent);
        if (error || !extent) {
            heap_unhold(c->heap, slot);
            return error;
        }
        slot->thing = extent;
        *hold = slot;
        *bytes = extent_bytes(extent);
        return 0;
    }
    if (!k->stream_file) {
        error = file_open(c->task, walk_path(k->walk), OPEN_READ, 0, &k->stream_file);
        if (error) {
            k->stream_file = NULL;
            return error;
        }
    }
    for (;;) {
        struct str piece;
        error = file_peek(k->stream_file, c->task, &piece);
        if (error)
            break;
        if (!piece.length) {
            *bytes = buf_str(&k->stream);
            break;
        }
        buf_add(&k->stream, piece);
        call_charge_bytes(c, piece.length);
        file_take(k->stream_file, piece.length);
        if (!call_go(c))
            return E_INTR; /* go on in the next slice */
    }
    if (error == E_WAIT)
        return error;
    file_close(k->stream_file);
    k->stream_file = NULL;
    return error;
}

static int release_source(struct call *c, struct cp *k, struct hold *hold, int answer)
{
    heap_unhold(c->heap, hold);
    if (answer != E_WAIT && answer != E_INTR)
        buf_clear(&k->stream);
    return answer;
}

/* Into a file that is there, or a device: 0, TOLD, E_WAIT, or why it cannot be opened. */
static int overwrite(struct call *c, struct cp *k, const struct place_of *p, struct str path, struct str bytes)
{
    struct vfs *v = files(c);
    int error = vfs_access(v, c->task->who, p->info.number, MAY_WRITE);
    if (error)
        return error;
    if (p->info.kind != NODE_FILE) {
        struct file *out;
        error = file_open(c->task, path, OPEN_WRITE, 0, &out);
        if (error)
            return error;
        while (bytes.length && !error) {
            int64_t written = file_write(out, c->task, bytes);
            if (written < 0)
                error = (int)written;
            else
                bytes = str_after(bytes, (size_t)written);
        }
        file_close(out);
        if (!error || error == E_WAIT)
            return error;
        call_error(c, "error writing %S: %m", call_quote(c, path), error);
        return TOLD;
    }
    if (k->attributes)
        return 0;
    if (bytes.length) {
        int64_t written = vfs_write(v, p->info.number, 0, bytes);
        if (written == E_WAIT)
            return E_WAIT;
        if (written < 0) {
            call_error(c, "error writing %S: %m", call_quote(c, path), (int)written);
            return TOLD;
        }
    }
    if (p->info.size > bytes.length || !bytes.length)
        vfs_truncate(v, p->info.number, bytes.length);
    call_charge_bytes(c, bytes.length);
    preserve(c, k, p->info.number, &k->walk->info, false);
    note_made(k, p, p->number);
    return 0;
}

static int create(struct call *c, struct cp *k, const struct place_of *p, struct str path, struct str bytes)
{
    struct vfs *v = files(c);
    uint32_t mode = k->walk->info.mode & 0777 & ~c->task->umask;
    if (p->slash) {
        call_error(c, "cannot create regular file %S: %m", call_quote(c, path), E_NOTDIR);
        return TOLD;
    }
    int64_t made = vfs_make_nameless(v, c->task->who, mode);
    if (made < 0) {
        call_error(c, "cannot create regular file %S: %m", call_quote(c, path), (int)made);
        return TOLD;
    }
    vfs_open(v, (uint64_t)made);
    int64_t written = bytes.length && !k->attributes ? vfs_write(v, (uint64_t)made, 0, bytes) : 0;
    int error = written < 0 ? (int)written : vfs_link(v, c->task->who, (uint64_t)made, p->parent, p->name, false);
    if (!error) {
        preserve(c, k, (uint64_t)made, &k->walk->info, true);
        note_made(k, p, (uint64_t)made);
    } else if (error != E_WAIT) {
        call_error(c, written < 0 ? "error writing %S: %m" : "cannot create regular file %S: %m", call_quote(c, path), error);
        error = TOLD;
    }
    if (written >= 0 && error != E_WAIT)
        call_charge_bytes(c, bytes.length);
    vfs_close(v, (uint64_t)made);
    return error;
}

/* 0, TOLD or E_WAIT. */
static int remove_place(struct call *c, struct place_of *p, struct str path)
{
    int error = vfs_unlink(files(c), c->task->who, p->parent, p->name);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot remove %S: %m", call_quote(c, path), error);
        return TOLD;
    }
    p->number = 0;
    p->link = p->dangling = false;
    return 0;
}

/* As a symbolic link to the source, if `soft`, or what the source is that is no regular file: 0, TOLD or E_WAIT. */
static int copy_special(struct call *c, struct cp *k, struct place_of *p, struct str path)
{
    struct walk *w = k->walk;
    struct vfs *v = files(c);
    int error;
    enum node_kind kind = k->soft ? NODE_LINK : w->info.kind;
    struct str target = {0};
    if (k->soft) {
        target = walk_path(w);
        if (target.data[0] != '/' && str_find(path, '/') >= 0 && !str_starts(path, "./")) {
            call_error(c, "%S: can make relative symbolic links only in current directory", call_quote_if_needed(c, path));
            return TOLD;
        }
    } else if (kind == NODE_LINK && (error = vfs_readlink(v, w->info.number, &target)) != 0) {
        return error;
    }
    if (p->number && k->force && kind == NODE_LINK && (error = remove_place(c, p, path)) != 0)
        return error;
    if (kind == NODE_LINK)
        target = str_copy(c->heap, target);
    int64_t made = vfs_make(v, c->task->who, p->parent, p->name, kind, kind == NODE_LINK ? 0777 : w->info.mode & 0777 & ~c->task->umask,
                            target, w->info.device);
    if (made < 0) {
        const char *what = kind == NODE_LINK ? "symbolic link" : kind == NODE_FIFO ? "fifo" : "special file";
        if (k->soft)
            call_error(c, "cannot create symbolic link %S to %S: %m", call_quote(c, path), call_quote(c, target), (int)made);
        else
            call_error(c, "cannot create %s %S: %m", what, call_quote(c, path), (int)made);
        return TOLD;
    }
    preserve(c, k, (uint64_t)made, &w->info, true);
    note_made(k, p, (uint64_t)made);
    return 0;
}

static int copy_hard(struct call *c, struct cp *k, const struct place_of *p, struct str path)
{
    struct walk *w = k->walk;
    int error = k->itself && !p->number ? E_NOENT
                                        : vfs_link(files(c), c->task->who, w->info.number, p->parent, p->name, p->number && k->force);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "cannot create hard link %S to %S: %m", call_quote(c, path), call_quote(c, walk_path(w)), error);
        return TOLD;
    }
    note_made(k, p, w->info.number);
    return 0;
}

/* Its bytes, or why they could not be read: 0, TOLD or E_WAIT. */
static int copy_content(struct call *c, struct cp *k, struct place_of *p, struct str path, int error, struct str bytes)
{
    struct str source = walk_path(k->walk);
    if (error) {
        call_error(c, "cannot open %S for reading: %m", call_quote(c, source), error);
        return TOLD;
    }
    if (k->reflink && !k->attributes) {
        call_error(c, "failed to clone %S from %S: %m", call_quote(c, path), call_quote(c, source), E_NOTSUP);
        return TOLD;
    }
    if (p->dangling) {
        call_error(c, "not writing through dangling symlink %S", call_quote(c, path));
        return TOLD;
    }
    if (p->number) {
        error = overwrite(c, k, p, path, bytes);
        if (!error || error == TOLD || error == E_WAIT)
            return error;
        if (!k->force) {
            call_error(c, "cannot create regular file %S: %m", call_quote(c, path), error);
            return TOLD;
        }
        error = remove_place(c, p, path);
        if (error)
            return error;
        tell_removed(c, k, path);
    }
    return create(c, k, p, path, bytes);
}

/* Is what is there removed before anything is tried? Where links are preserved, other names of it keep what they have. */
static bool removes_first(const struct cp *k, const struct place_of *p)
{
    if (!p->number || p->dangling)
        return false;
    return k->remove || (!k->attributes && (((k->keep & KEEP_LINKS) && p->info.links > 1) ||
                                            (k->walk->follow == WALK_PHYSICAL && k->walk->info.kind != NODE_FILE)));
}

/* Everything but directories: 0, TOLD, E_WAIT or E_INTR. */
static int copy_leaf(struct call *c, struct cp *k, struct place_of *p, struct str path)
{
    uint64_t earlier = find_earlier(k);
    bool content = !earlier && !k->hard && !k->soft && !copies_as_special(k);
    struct str bytes = {0};
    struct hold *hold = NULL;
    int read_error = content ? read_source(c, k, &bytes, &hold) : 0;
    if (read_error == E_WAIT || read_error == E_INTR)
        return read_error;
    if (removes_first(k, p)) {
        int error = remove_place(c, p, path);
        if (error)
            return release_source(c, k, hold, error);
        tell_removed(c, k, path);
    }
    tell(c, k, path);
    if (earlier)
        return link_earlier(c, k, earlier, p, path);
    if (k->hard)
        return copy_hard(c, k, p, path);
    if (!content)
        return copy_special(c, k, p, path);
    if (k->itself && !p->number)
        read_error = E_NOENT;
    return release_source(c, k, hold, copy_content(c, k, p, path, read_error, bytes));
}

/* Is what is there the source itself, by this name or another, in a way that makes a copy senseless or would lose it? */
enum sameness { SAME_NOT, SAME_DONE, SAME_MISTAKE };

static int find_same(struct call *c, const struct cp *k, const struct place_of *p, struct str path)
{
    const struct walk *w = k->walk;
    bool physical = w->follow == WALK_PHYSICAL, same = p->info.number == w->info.number, entry = k->itself;
    if (same && k->hard)
        return SAME_DONE;
    if (!same && !physical)
        return SAME_NOT;
    /* The entries themselves, as far as they are looked at. */
    bool from_link = physical ? w->info.kind == NODE_LINK : w->link != 0;
    bool to_link = physical ? p->info.kind == NODE_LINK : p->link;
    bool same_node = physical ? same : (w->link ? w->link : w->info.number) == p->number;
    if (physical && from_link && to_link)
        return entry ? SAME_MISTAKE : same && !k->backups.kind ? SAME_DONE : SAME_NOT;
    if (from_link && to_link && k->remove)
        return SAME_NOT;
    if (k->backups.kind) {
        if (same_node)
            return entry ? SAME_MISTAKE : SAME_NOT;
        return !physical && from_link && !to_link ? SAME_MISTAKE : SAME_NOT;
    }
    if (k->remove && (to_link || (same_node && p->info.links > 1 && !entry)))
        return SAME_NOT;
    if (!from_link && !to_link && !same_node)
        return SAME_NOT;
    if (k->soft && to_link)
        return SAME_NOT;
    if (!physical)
        return SAME_MISTAKE;
    struct stat_info target[2] = {w->info, p->info};
    for (int i = 0; i < 2; i++) {
        int error = target[i].kind == NODE_LINK ? call_stat(c, i ? path : walk_path(w), true, &target[i]) : 0;
        if (error)
            return error == E_WAIT ? error : SAME_NOT;
    }
    if (target[0].number != target[1].number)
        return SAME_NOT;
    return !k->hard ? SAME_MISTAKE : to_link ? SAME_NOT : SAME_DONE;
}

/* May what is there be replaced? 1 yes, 0 no (told if need be), E_WAIT. */
static int may_replace(struct call *c, struct cp *k, struct place_of *p, struct str path)
{
    struct walk *w = k->walk;
    if (!p->number || p->dangling || k->confirmed)
        return 1;
    if (k->no_clobber)
        return 0;
    k->itself = w->parent == p->parent && str_equal(walk_name(w), p->name);
    int same = find_same(c, k, p, path);
    if (same < 0)
        return same;
    if (same == SAME_MISTAKE)
        call_error(c, "%S and %S are the same file", call_quote(c, walk_path(w)), call_quote(c, path));
    if (same != SAME_NOT)
        return 0;
    if (k->update && p->info.mtime >= w->info.mtime) { /* as if it had been copied */
        uint64_t earlier = find_earlier(k);
        if (!earlier)
            note_copy(k, p->number);
        return earlier && link_earlier(c, k, earlier, p, path) == E_WAIT ? E_WAIT : 0;
    }
    if (k->ask) {
        int answer = prompt_ask(c, &k->prompt, "%S: overwrite %S? ", c->name, call_quote(c, path));
        if (answer <= 0)
            return answer;
    }
    if (p->info.kind == NODE_DIRECTORY) {
        call_error(c, "cannot overwrite directory %S with non-directory", call_quote(c, path));
        return 0;
    }
    if (w->depth == 0 && k->target.count > 1 && k->backups.kind != BACKUP_NUMBERED &&
        seen_made(&k->seen, p->parent, p->name, p->number)) {
        call_error(c, "will not overwrite just-created %S with %S", call_quote(c, path), call_quote(c, walk_path(w)));
        return 0;
    }
    k->confirmed = true;
    return 1;
}

static int copy_directory(struct call *c, struct cp *k, struct place_of *p, struct str path)
{
    struct walk *w = k->walk;
    struct vfs *v = files(c);
    if (k->top && w->info.number == k->top) {
        call_error(c, "cannot copy a directory, %S, into itself, %S", call_quote(c, k->source), call_quote(c, k->destination));
        k->inside = w->depth;
        k->limits = heap_resize(c->heap, k->limits, (w->depth + 1) * sizeof *k->limits);
        for (size_t i = 0; i < w->depth; i++)
            k->limits[i] = k->levels[i].source;
        k->limits[w->depth] = w->info.number;
        walk_skip(w);
        return 0;
    }
    struct level level = {.number = p->number, .source = w->info.number};
    if (p->number && p->info.kind != NODE_DIRECTORY) {
        call_error(c, "cannot overwrite non-directory %S with directory %S", call_quote(c, path), call_quote(c, walk_path(w)));
        walk_skip(w);
        return 0;
    }
    if (!p->number) {
        int64_t made = vfs_make(v, c->task->who, p->parent, p->name, NODE_DIRECTORY, (w->info.mode & 0777 & ~c->task->umask) | 0700,
                                (struct str){0}, 0);
        if (made == E_WAIT)
            return E_WAIT;
        if (made < 0) {
            call_error(c, "cannot create directory %S: %m", call_quote(c, path), (int)made);
            walk_skip(w);
            return 0;
        }
        tell(c, k, path);
        level = (struct level){(uint64_t)made, w->info.number, true};
        if (!k->top)
            k->top = level.number;
    }
    k->levels = array_grow(c->heap, k->levels, w->depth, sizeof *k->levels);
    k->levels[w->depth] = level;
    return 0;
}

static void finish_directory(struct call *c, struct cp *k)
{
    struct walk *w = k->walk;
    struct level *l = &k->levels[w->depth];
    uint32_t wanted = w->info.mode & 0777 & ~c->task->umask;
    preserve(c, k, l->number, &w->info, l->made);
    if (l->made && !(k->keep & KEEP_MODE) && !(k->drop & KEEP_MODE) && (wanted | 0700) != wanted)
        vfs_chmod(files(c), c->task->who, l->number, wanted);
}

/* The visit: 0 when done, E_WAIT, E_INTR. */
static int act(struct call *c, struct cp *k)
{
    struct walk *w = k->walk;
    struct str path = destination_path(c, k), source = walk_path(w);
    struct place_of p;
    if (k->inside > w->depth && (k->visit == VISIT_AFTER || k->visit == VISIT_UNREADABLE))
        k->inside = w->depth;
    else if (k->inside && k->inside == w->depth && w->info.number > k->limits[k->inside]) {
        if (k->visit == VISIT_DIRECTORY)
            walk_skip(w);
        return 0;
    }
    switch (k->visit) {
    case VISIT_AFTER:
        finish_directory(c, k);
        return 0;
    case VISIT_UNREADABLE:
        call_error(c, "cannot access %S: %m", call_quote(c, source), w->error);
        finish_directory(c, k);
        return 0;
    case VISIT_CYCLE:
        call_error(c, "cannot copy cyclic symbolic link %S", call_quote(c, source));
        return 0;
    case VISIT_ERROR:
    case VISIT_BROKEN:
        call_error(c, w->depth && w->error == E_ACCES ? "cannot access %S: %m" : "cannot stat %S: %m", call_quote(c, source), w->error);
        return 0;
    default:
        break;
    }
    if (k->visit == VISIT_DIRECTORY && !k->recursive) {
        call_error(c, "-r not specified; omitting directory %S", call_quote(c, source));
        walk_skip(w);
        return 0;
    }
    if (w->depth == 0 && k->target.count > 1) {
        bool directory = k->visit == VISIT_DIRECTORY;
        int given = directory || !k->backups.kind ? seen_given(c, &k->seen, source, k->operand) : 0;
        if (given < 0)
            return given;
        if (given) {
            call_warn(c, "warning: source %s %S specified more than once", directory ? "directory" : "file", call_quote(c, source));
            walk_skip(w);
            return 0;
        }
    }
    int error = find_place(c, k, path, &p);
    if (error == E_WAIT)
        return error;
    if (error) {
        if (k->visit == VISIT_DIRECTORY)
            walk_skip(w);
        const char *what = k->visit == VISIT_DIRECTORY ? "directory" : "regular file";
        if (path.length && path.data[path.length - 1] == '/' && error == E_NOENT && k->visit != VISIT_DIRECTORY)
            error = E_NOTDIR;
        if (error == E_NOENT || error == E_ACCES)
            call_error(c, "cannot create %s %S: %m", what, call_quote(c, path), error);
        else
            call_error(c, "cannot stat %S: %m", call_quote(c, path), error);
        return 0;
    }
    if (k->visit == VISIT_DIRECTORY)
        return copy_directory(c, k, &p, path);
    if (p.number && p.slash && !p.link && p.info.kind != NODE_DIRECTORY) {
        call_error(c, "cannot stat %S: %m", call_quote(c, path), E_NOTDIR);
        return 0;
    }
    int allowed = may_replace(c, k, &p, path);
    if (allowed <= 0)
        return allowed;
    if (p.number && !p.dangling && k->backups.kind && !k->backup_name.data) {
        struct str name;
        error = backups_name(c, &k->backups, path, &name);
        if (!error)
            error = vfs_rename(files(c), c->task->who, p.parent, p.name, p.parent, path_base(name));
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "cannot backup %S: %m", call_quote(c, path), error);
            return 0;
        }
        k->backup_name = name;
        p.number = 0;
        p.link = false;
    }
    error = copy_leaf(c, k, &p, path);
    if (error != TOLD)
        return error;
    if (k->backup_name.data)
        backups_undo(c, k->backup_name, path, k->verbose);
    return 0;
}

/* --- operands -------------------------------------------------------------------------------- */

static enum step step(struct call *c)
{
    struct cp *k = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int error;
        int64_t fuel;
        switch (k->phase) {
        case PHASE_TARGET:
            error = target_look(c, &k->target, true);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
            if (k->parents && !k->target.into && !k->target.exact)
                return call_exit(c, call_usage_error(c, "with --parents, the destination must be a directory"));
            k->phase = PHASE_SELF;
            break;
        case PHASE_SELF: /* the source as its own backup */
            if (k->force && k->backups.kind && k->target.count == 1 && !k->target.into && str_equal(c->operands[0], k->target.path)) {
                struct stat_info info;
                struct str name;
                error = call_stat(c, k->target.path, true, &info);
                bool regular = !error && info.kind == NODE_FILE;
                if (regular)
                    error = backups_name(c, &k->backups, k->target.path, &name);
                if (error == E_WAIT)
                    return STEP_WAIT;
                if (regular && !error) {
                    k->target.path = name;
                    k->backups.kind = BACKUP_NONE;
                }
            }
            k->phase = PHASE_OPERAND;
            break;
        case PHASE_OPERAND: {
            if (k->operand == k->target.count)
                return call_done(c);
            struct str source = c->operands[k->operand++];
            if (call_has(c, LONG_STRIP))
                source = path_trim(source);
            call_charge(c, 1);
            k->source = source;
            k->destination = k->target.path;
            if (k->target.into && k->parents) {
                k->destination = path_join(c, k->target.path, path_trim(source));
                k->parents_at = k->target.path.length;
            } else if (k->target.into) {
                struct str base = path_base(source);
                k->destination = str_is(base, "/") ? k->target.path
                                                   : path_join(c, k->target.path, str_is(base, "..") ? str_lit(".") : base);
            }
            k->top = 0;
            k->inside = 0;
            walk_start(k->walk, source);
            k->phase = k->target.into && k->parents ? PHASE_PARENTS : PHASE_WALK;
            break;
        }
        case PHASE_PARENTS: {
            bool made;
            struct str part = k->destination;
            struct stat_info info;
            if (call_stat(c, k->source, false, &info) == E_WAIT) /* then its parents are there, too */
                return STEP_WAIT;
            error = path_make_next(c, k->destination, false, 0777, &k->parents_at, &made, &part);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "cannot make directory %S: %m", call_quote(c, part), error);
                k->phase = PHASE_OPERAND;
            } else if (!made) {
                k->phase = PHASE_WALK;
            } else {
                struct str target = k->target.path, from = str_after(part, target.length + (target.data[target.length - 1] != '/'));
                if (k->source.data[0] == '/')
                    from = str_first(k->source, from.length + 1);
                if (!(k->drop & KEEP_MODE) && call_stat(c, from, true, &info) == 0)
                    call_chmod(c, part, info.mode & (k->keep & KEEP_MODE ? 07777 : 0777 & ~c->task->umask), true);
                if (k->verbose)
                    call_format(c, "%S -> %S\n", from, part);
            }
            break;
        }
        case PHASE_WALK:
            k->visit = walk_next(k->walk);
            if (k->visit == VISIT_WAIT)
                return STEP_WAIT;
            k->confirmed = k->itself = false;
            k->backup_name = (struct str){0};
            k->phase = k->visit == VISIT_END ? PHASE_OPERAND : PHASE_ENTRY;
            break;
        default:
            fuel = c->meter->fuel;
            error = task_charged(c->task, fuel, act(c, k));
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error == E_INTR)
                return STEP_AGAIN;
            k->phase = PHASE_WALK;
            break;
        }
    }
}

const struct command command_cp = {
    .name = "cp",
    .usage = "[OPTION]... [-T] SOURCE DEST\n[OPTION]... SOURCE... DIRECTORY\n[OPTION]... -t DIRECTORY SOURCE...",
    .summary = "copy SOURCE to DEST, or multiple SOURCE(s) to DIRECTORY",
    .options = options,
    .state = sizeof(struct cp),
    .start = start,
    .step = step,
};
