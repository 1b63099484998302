/* api/files.c - files put, made, read, listed and compared by the host, as root. */
#include "api/api.h"

static const struct identity root = {0, 0};

int files_walk(struct nacre *n, struct str path, unsigned flags, struct place *place)
{
    if (path.length == 0 || path.data[0] != '/' || memchr(path.data, 0, path.length))
        return E_INVAL;
    int error = vfs_walk(&n->vfs, root, VFS_ROOT, path, flags, place);
    if (!error && place->rest.length) {
        place_drop(place, &n->meter);
        return E_NOENT;
    }
    return error;
}

/* Makes the directories above the last component of `path`. */
int files_parents(struct nacre *n, struct str path)
{
    if (path.length == 0 || path.data[0] != '/' || memchr(path.data, 0, path.length))
        return E_INVAL;
    while (path.length > 1 && path.data[path.length - 1] == '/')
        path.length--;
    for (size_t end = 1; end < path.length; end++) {
        if (path.data[end] != '/' || path.data[end - 1] == '/')
            continue;
        struct place place;
        struct str part = str_first(path, end);
        int error = vfs_walk(&n->vfs, root, VFS_ROOT, part, WALK_PARENT | WALK_FOLLOW, &place);
        if (error)
            return error;
        if (place.rest.length) {
            place_drop(&place, &n->meter);
            return E_ACCES;
        }
        if (place.number)
            continue;
        int64_t made = vfs_make(&n->vfs, root, place.parent, str_of(place.name, place.name_length), NODE_DIRECTORY, 0755,
                                str_of("", 0), 0);
        if (made < 0)
            return (int)made;
        error = vfs_chown(&n->vfs, root, (uint64_t)made, n->who.user, n->who.group);
        if (error)
            return error;
    }
    return 0;
}

void files_forget(struct nacre *n)
{
    struct api *a = api_of(n);
    extent_release(a->shown, &n->meter);
    a->shown = NULL;
    if (a->changes_held) {
        heap_drop(&a->changes_heap);
        vfs_drop(&a->changes_was);
        a->changes = (struct changes){0};
        a->changes_held = false;
    }
}

/* --- changing ------------------------------------------------------------------------------- */

struct job {
    struct nacre *n;
    struct str path, bytes, after;
    uint32_t mode;
    const struct nacre_entry *entry;
    struct nacre_entry *out;
    const struct nacre *base;
    int64_t answer;
};

/* Runs a job at rest: its answer, or NACRE_E_STATE, or NACRE_E_MEMORY; a fault becomes requests. */
static int64_t work(struct nacre *n, void (*body)(void *), struct job *j, bool changes)
{
    if (!n || (j->path.length && !j->path.data))
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    if (a->phase != PHASE_REST || (changes && !sched_idle(n)))
        return NACRE_E_STATE;
    j->n = n;
    if (changes)
        files_forget(n);
    n->vfs.fault = (struct fault){0};
    a->wanted_count = 0;
    uint64_t limit = n->vfs.disk_limit;
    int error = api_land(n, body, j);
    n->vfs.disk_limit = limit;
    if (error)
        return error;
    if (j->answer == E_WAIT)
        host_fault(n);
    return j->answer < 0 ? api_error((int)j->answer) : j->answer;
}

/* An inode without a name gets the path's, in the place of a file that has it. */
static int link_last(struct nacre *n, uint64_t number, struct str path)
{
    struct place place;
    int error = files_walk(n, path, WALK_PARENT, &place);
    if (!error && (place.slash || place.name_length == 0))
        error = E_ISDIR;
    if (!error)
        error = vfs_link(&n->vfs, root, number, place.parent, str_of(place.name, place.name_length), true);
    return error;
}

static void put(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct place place;
    j->answer = files_parents(n, j->path);
    if (!j->answer)
        j->answer = files_walk(n, j->path, WALK_PARENT, &place);
    if (j->answer)
        return;
    int64_t number = vfs_make_nameless(&n->vfs, root, j->mode & 07777);
    if (number < 0) {
        j->answer = number;
        return;
    }
    int64_t written = j->bytes.length ? vfs_write(&n->vfs, (uint64_t)number, 0, j->bytes) : 0;
    int error = written < 0 ? (int)written : vfs_chown(&n->vfs, root, (uint64_t)number, n->who.user, n->who.group);
    if (!error)
        error = vfs_chmod(&n->vfs, root, (uint64_t)number, j->mode & 07777);
    if (!error)
        error = link_last(n, (uint64_t)number, j->path);
    if (error)
        vfs_close(&n->vfs, (uint64_t)number);
    j->answer = error;
}

int nacre_put(nacre *n, const char *path, size_t path_length, const void *bytes, size_t length, uint32_t mode)
{
    struct job j = {.path = str_of(path, path_length), .bytes = str_of(bytes, length), .mode = mode};
    if (!bytes && length)
        return NACRE_E_INVALID;
    return (int)work(n, put, &j, true);
}

static int given_of(const struct nacre *n, const struct nacre_entry *e, struct given *g)
{
    static const enum node_kind kinds[] = {0, NODE_FILE, NODE_DIRECTORY, NODE_LINK, NODE_FIFO, NODE_DEVICE};
    if (e->kind < NACRE_FILE || e->kind > NACRE_DEVICE)
        return E_INVAL;
    *g = (struct given){
        .kind = kinds[e->kind], .mode = e->mode & 07777, .user = e->user, .group = e->group, .mtime = e->mtime,
        .size = e->kind == NACRE_FILE ? e->length : 0, .host = e->host, .target = api_str(e->target),
        .unreadable = e->unreadable != 0,
    };
    if (!g->user && !g->group && n->who.user) { /* the host's files are the script's, unless they are said to be another's */
        g->user = n->who.user;
        g->group = n->who.group;
    }
    return g->kind == NODE_LINK && g->target.length == 0 ? E_INVAL : 0;
}

static void make(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct given g;
    struct place place;
    j->answer = given_of(n, j->entry, &g);
    if (!j->answer)
        j->answer = files_parents(n, j->path);
    if (!j->answer)
        j->answer = files_walk(n, j->path, WALK_PARENT, &place);
    if (j->answer)
        return;
    struct str name = str_of(place.name, place.name_length);
    if (g.kind == NODE_FILE && !g.host)
        g.size = 0;
    int64_t number;
    if (place.number && g.kind == NODE_DIRECTORY && !g.host) {
        struct stat_info info;
        number = vfs_stat(&n->vfs, place.number, &info);
        if (!number)
            number = info.kind == NODE_DIRECTORY ? (int64_t)place.number : E_EXIST;
    } else if (g.host || g.kind == NODE_DEVICE) {
        number = vfs_give(&n->vfs, place.parent, name, &g);
        if (number >= 0 && g.kind == NODE_DEVICE)
            number = E_NOTSUP;
        j->answer = number < 0 ? number : 0;
        return;
    } else {
        number = vfs_make(&n->vfs, root, place.parent, name, g.kind, g.mode, g.target, 0);
    }
    int error = number < 0 ? (int)number : vfs_chown(&n->vfs, root, (uint64_t)number, g.user, g.group);
    if (!error && g.kind != NODE_LINK)
        error = vfs_chmod(&n->vfs, root, (uint64_t)number, g.mode);
    if (!error && g.mtime)
        error = vfs_set_times(&n->vfs, root, (uint64_t)number, g.mtime, g.mtime);
    j->answer = error;
}

/* The caller's struct may be shorter than ours. */
static bool take_entry(const struct nacre_entry *theirs, struct nacre_entry *ours)
{
    if (!theirs || theirs->size < offsetof(struct nacre_entry, mode))
        return false;
    *ours = (struct nacre_entry){0};
    memcpy(ours, theirs, theirs->size < sizeof *ours ? theirs->size : sizeof *ours);
    return true;
}

int nacre_make(nacre *n, struct nacre_text path, const struct nacre_entry *entry)
{
    struct nacre_entry e;
    struct job j = {.path = api_str(path), .entry = &e};
    if (!take_entry(entry, &e) || e.kind == NACRE_DEVICE)
        return NACRE_E_INVALID;
    return (int)work(n, make, &j, true);
}

/* Goes down to what has nothing in it, takes it away, and up again: no stack of directories is needed. */
int files_remove_below(struct nacre *n, uint64_t top)
{
    uint64_t directory = top;
    for (;;) {
        struct btree entries;
        struct str found;
        union entry entry;
        char name[VFS_NAME_MOST];
        int error = vfs_list(&n->vfs, directory, &entries);
        if (error)
            return error;
        bool any = btree_next(entries, NULL, &found, &entry);
        size_t length = any ? found.length : 0;
        if (any)
            memcpy(name, found.data, length);
        vfs_list_release(&n->vfs, &entries);
        meter_charge(&n->meter, 1);
        if (!any) {
            if (directory == top)
                return 0;
            uint64_t above = vfs_parent(&n->vfs, directory);
            error = vfs_list(&n->vfs, above, &entries);
            if (error)
                return error;
            struct str last = {0};
            bool there = btree_next(entries, NULL, &last, &entry); /* it is the first, since that is where we went down */
            length = there ? last.length : 0;
            if (there)
                memcpy(name, last.data, length);
            vfs_list_release(&n->vfs, &entries);
            error = vfs_rmdir(&n->vfs, root, above, str_of(name, length));
            directory = above;
        } else {
            error = vfs_unlink(&n->vfs, root, directory, str_of(name, length));
            if (error == E_ISDIR) {
                directory = entry.number;
                error = 0;
            }
        }
        if (error)
            return error;
    }
}

static void drop_path(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct place place;
    struct stat_info info;
    j->answer = files_walk(n, j->path, 0, &place);
    if (!j->answer && place.name_length == 0)
        j->answer = E_INVAL;
    if (!j->answer)
        j->answer = vfs_stat(&n->vfs, place.number, &info);
    if (j->answer)
        return;
    n->vfs.disk_limit = UINT64_MAX; /* removing may weigh for a while */
    struct str name = str_of(place.name, place.name_length);
    if (info.kind != NODE_DIRECTORY) {
        j->answer = vfs_unlink(&n->vfs, root, place.parent, name);
        return;
    }
    j->answer = files_remove_below(n, place.number);
    if (!j->answer)
        j->answer = vfs_rmdir(&n->vfs, root, place.parent, name);
}

int nacre_remove(nacre *n, struct nacre_text path)
{
    struct job j = {.path = api_str(path)};
    return (int)work(n, drop_path, &j, true);
}

static void mount(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct given g;
    struct place place;
    j->answer = given_of(n, j->entry, &g);
    if (!j->answer)
        j->answer = files_parents(n, j->path);
    if (!j->answer)
        j->answer = files_walk(n, j->path, WALK_PARENT, &place);
    if (j->answer)
        return;
    struct str name = str_of(place.name, place.name_length);
    if (place.number == VFS_ROOT)
        name = str_lit("/");
    else if (name.length == 0) {
        j->answer = E_INVAL;
        return;
    }
    int64_t number = vfs_give(&n->vfs, place.number == VFS_ROOT ? VFS_ROOT : place.parent, name, &g);
    if (number >= 0)
        vfs_set_base(&n->vfs);
    j->answer = number < 0 ? number : 0;
}

int nacre_mount(nacre *n, struct nacre_text path, const struct nacre_entry *directory)
{
    struct nacre_entry e;
    struct job j = {.path = api_str(path), .entry = &e};
    if (!take_entry(directory, &e) || e.kind != NACRE_DIRECTORY || !e.host)
        return NACRE_E_INVALID;
    return (int)work(n, mount, &j, true);
}

int nacre_set_base(nacre *n)
{
    if (!n)
        return NACRE_E_INVALID;
    if (!api_at_rest(n))
        return NACRE_E_STATE;
    files_forget(n);
    vfs_set_base(&n->vfs);
    return NACRE_OK;
}

/* --- looking ---------------------------------------------------------------------------------- */

void files_entry(struct nacre *n, struct vfs *v, uint64_t number, struct str name, struct nacre_entry *entry)
{
    static const int kinds[] = {0, NACRE_FILE, NACRE_DIRECTORY, NACRE_LINK, NACRE_FIFO, NACRE_DEVICE};
    struct stat_info info;
    struct str target = {0};
    (void)n;
    *entry = (struct nacre_entry){.name = api_text(name)};
    if (!number || vfs_look(v, number, &info))
        return;
    if (info.kind == NODE_LINK)
        vfs_readlink(v, number, &target);
    entry->kind = kinds[info.kind];
    entry->mode = info.mode;
    entry->user = info.user;
    entry->group = info.group;
    entry->mtime = info.mtime;
    entry->length = info.size;
    entry->host = vfs_host(v, number);
    entry->target = api_text(target);
    entry->inode = number;
    entry->links = info.links;
}

static void look(void *argument)
{
    struct job *j = argument;
    struct place place;
    j->answer = files_walk(j->n, j->path, 0, &place);
    if (j->answer)
        return;
    struct buf *text = &api_of(j->n)->text;
    buf_clear(text);
    buf_add(text, str_of(place.name, place.name_length));
    files_entry(j->n, &j->n->vfs, place.number, buf_str(text), j->out);
}

int nacre_stat(nacre *n, struct nacre_text path, struct nacre_entry *entry)
{
    struct nacre_entry e;
    struct job j = {.path = api_str(path), .out = &e};
    if (!entry || entry->size < sizeof entry->size)
        return NACRE_E_INVALID;
    int error = (int)work(n, look, &j, false);
    if (!error)
        api_fill(entry, entry->size, &e, sizeof e);
    return error;
}

static void find_path(void *argument)
{
    struct job *j = argument;
    struct place place;
    j->answer = files_walk(j->n, j->path, WALK_FOLLOW, &place);
    if (j->answer)
        return;
    struct buf *text = &api_of(j->n)->text;
    buf_clear(text);
    j->answer = vfs_path(&j->n->vfs, place.number, text);
}

int nacre_real_path(nacre *n, struct nacre_text path, struct nacre_text *real)
{
    struct job j = {.path = api_str(path)};
    if (!real)
        return NACRE_E_INVALID;
    int error = (int)work(n, find_path, &j, false);
    if (!error)
        *real = api_text(buf_str(&api_of(n)->text));
    return error;
}

static void get(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct api *a = api_of(n);
    struct place place;
    struct extent *extent;
    j->answer = files_walk(n, j->path, WALK_FOLLOW, &place);
    if (!j->answer)
        j->answer = vfs_content(&n->vfs, place.number, &extent);
    if (j->answer)
        return;
    extent_release(a->shown, &n->meter);
    a->shown = extent;
}

int nacre_get(nacre *n, struct nacre_text path, struct nacre_text *bytes)
{
    struct job j = {.path = api_str(path)};
    if (!bytes)
        return NACRE_E_INVALID;
    int error = (int)work(n, get, &j, false);
    if (!error)
        *bytes = api_text(extent_bytes(api_of(n)->shown));
    return error;
}

static void list(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct place place;
    struct btree entries;
    struct str name;
    union entry entry;
    j->answer = files_walk(n, j->path, WALK_FOLLOW, &place);
    if (!j->answer)
        j->answer = vfs_list(&n->vfs, place.number, &entries);
    if (j->answer)
        return;
    bool any = btree_next(entries, j->after.length ? &j->after : NULL, &name, &entry);
    if (any) {
        struct buf *text = &api_of(n)->text;
        struct buf fresh; /* `after` may be what was handed out last */
        buf_init(&fresh, text->heap);
        buf_add(&fresh, name);
        buf_drop(text);
        *text = fresh;
        files_entry(n, &n->vfs, entry.number, buf_str(text), j->out);
    } else {
        j->answer = E_NOENT;
    }
    vfs_list_release(&n->vfs, &entries);
}

int nacre_list(nacre *n, struct nacre_text path, struct nacre_text after, struct nacre_entry *entry)
{
    struct nacre_entry e;
    struct job j = {.path = api_str(path), .after = api_str(after), .out = &e};
    if (!entry || entry->size < sizeof entry->size)
        return NACRE_E_INVALID;
    int error = (int)work(n, list, &j, false);
    if (!error)
        api_fill(entry, entry->size, &e, sizeof e);
    return error;
}

/* --- what changed --------------------------------------------------------------------------------- */

bool files_changes_wait(struct nacre *n, const struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *c = &changes->list[i];
        uint64_t size;
        if (c->is && (!c->was || c->kind) && vfs_awaits(&n->vfs, c->is, FAULT_LISTING, &size)) {
            n->vfs.fault = (struct fault){FAULT_LISTING, c->is};
            return true;
        }
    }
    return false;
}

static void compare(void *argument)
{
    struct job *j = argument;
    struct nacre *n = j->n;
    struct api *a = api_of(n);
    if (j->base)
        vfs_share(&a->changes_was, &j->base->vfs, &n->meter);
    else
        vfs_share_base(&a->changes_was, &n->vfs, &n->meter);
    a->changes_held = true;
    int error = changes_find(&a->changes, &a->changes_heap, &a->changes_was, &n->vfs);
    if (!error && files_changes_wait(n, &a->changes))
        error = E_WAIT;
    j->answer = error ? error : (int64_t)a->changes.count;
}

int64_t nacre_changes(nacre *n, const nacre *base)
{
    struct job j = {.base = base};
    if (base && api_of(base)->phase != PHASE_REST)
        return NACRE_E_STATE;
    int64_t answer = work(n, compare, &j, true);
    if (answer < 0 && n && api_of(n)->phase == PHASE_REST)
        files_forget(n);
    return answer;
}

int nacre_change(nacre *n, size_t index, struct nacre_change *change)
{
    if (!n || !change || change->size < sizeof change->size)
        return NACRE_E_INVALID;
    struct api *a = api_of(n);
    if (!a->changes_held)
        return NACRE_E_STATE;
    if (index >= a->changes.count)
        return NACRE_E_NOENT;
    const struct change *c = &a->changes.list[index];
    struct nacre_change out = {.path = api_text(c->path)};
    out.what = (c->content ? NACRE_CHANGE_CONTENT : 0u) | (c->kind ? NACRE_CHANGE_KIND : 0u) | (c->mode ? NACRE_CHANGE_MODE : 0u)
        | (c->owner ? NACRE_CHANGE_OWNER : 0u) | (c->times ? NACRE_CHANGE_TIMES : 0u) | (c->links ? NACRE_CHANGE_LINKS : 0u)
        | (c->was ? 0u : NACRE_CHANGE_ADDED) | (c->is ? 0u : NACRE_CHANGE_REMOVED);
    ptrdiff_t slash = str_find_last(c->path, '/');
    struct str name = str_after(c->path, (size_t)(slash + 1));
    files_entry(n, &a->changes_was, c->was, name, &out.was);
    files_entry(n, &n->vfs, c->is, name, &out.is);
    out.was.size = out.is.size = sizeof out.was;
    api_fill(change, change->size, &out, sizeof out);
    return NACRE_OK;
}

uint64_t nacre_digest(nacre *n)
{
    return n ? vfs_digest(&n->vfs) : 0;
}
