/* vfs/path.c - from a path to an inode, and back. */
#include "vfs/node.h"

#include <string.h>

int vfs_fault_at(struct vfs *v, enum fault_kind kind, uint64_t number)
{
    struct node *n = node_get(v->nodes, number);
    if (n && (n->flags & NODE_FAILED))
        return -(int)n->device;
    v->fault = (struct fault){kind, number};
    return E_WAIT;
}

/* What is left of the path and, above it, of the targets of the links met on the way. */
struct walk {
    struct vfs *v;
    struct identity who;
    unsigned flags;
    struct place *place;
    struct node *node;  /* where the walk is */
    uint64_t number;    /* its inode */
    bool directory_due; /* what is reached must be a directory */
    int64_t steps;
    int links, pending;
    struct str rest[VFS_LINKS_MOST + 2];
};

static struct str skip_slashes(struct str s)
{
    while (s.length > 0 && s.data[0] == '/')
        s.data++, s.length--;
    return s;
}

/* Takes the next component; false at the end of all. *last tells that none follows. */
static bool next_component(struct walk *w, struct str *component, bool *last)
{
    struct str s;
    for (;;) {
        s = skip_slashes(w->rest[w->pending]);
        if (s.length > 0)
            break;
        if (w->pending == 0)
            return false;
        w->pending--;
    }
    const char *slash = memchr(s.data, '/', s.length);
    *component = slash ? str_of(s.data, (size_t)(slash - s.data)) : s;
    s = str_after(s, component->length);
    bool slashes = s.length > 0;
    s = skip_slashes(s);
    w->rest[w->pending] = s;
    while (w->rest[w->pending].length == 0 && w->pending > 0) {
        w->pending--;
        w->rest[w->pending] = skip_slashes(w->rest[w->pending]);
    }
    *last = w->rest[w->pending].length == 0;
    if (*last && slashes)
        w->directory_due = w->place->slash = true;
    return true;
}

static void set_last(struct walk *w, struct str component)
{
    struct place *p = w->place;
    p->last = component.data[0] == '/' ? '/' : (char)component.length;
    p->name_length = 0;
    p->name[0] = 0;
    p->parent = w->number;
}

/* Goes on with the target of a link, and then with what is left. */
static int follow(struct walk *w, struct str target, bool last)
{
    if (target.length == 0)
        return E_NOENT;
    if (w->rest[w->pending].length > 0)
        w->pending++;
    w->rest[w->pending] = target;
    if (target.data[0] == '/') {
        w->number = VFS_ROOT;
        w->node = node_get(w->v->nodes, VFS_ROOT);
        if (last && skip_slashes(target).length == 0)
            set_last(w, str_lit("/"));
    }
    return 0;
}

static int go_up(struct walk *w)
{
    if (w->number == VFS_ROOT)
        return 0;
    w->number = w->node->directory;
    w->node = node_get(w->v->nodes, w->number);
    return w->node ? 0 : E_NOENT;
}

static size_t rest_length(const struct walk *w)
{
    size_t length = 0;
    for (int i = 0; i <= w->pending; i++)
        length += w->rest[i].length ? w->rest[i].length + 1 : 0;
    return length;
}

static bool starts_with_dots(struct str s)
{
    return s.length >= 2 && s.data[0] == '.' && s.data[1] == '.' && (s.length == 2 || s.data[2] == '/');
}

/* What remains behind links: its text follows. On the list of its file system until the place is dropped. */
struct place_rest {
    struct shared shared;
    struct place_rest *next, **at;
};

static struct place_rest *new_rest(struct vfs *v, size_t length)
{
    struct place_rest *r = shared_new(v->meter, sizeof *r + length);
    if (!r)
        return NULL;
    r->next = v->rests;
    r->at = &v->rests;
    if (r->next)
        r->next->at = &r->next;
    v->rests = r;
    return r;
}

static void free_rest(struct place_rest *r, struct meter *m)
{
    *r->at = r->next;
    if (r->next)
        r->next->at = r->at;
    shared_free(m, r);
}

/* The walk stands at /proc/self with more to come: hands back what remains. False when it goes on upwards. */
static int stop_at_proc(struct walk *w, bool *stopped)
{
    struct place *p = w->place;
    struct str *top = &w->rest[w->pending];
    while (top->length >= 1 && top->data[0] == '.' && (top->length == 1 || top->data[1] == '/'))
        *top = skip_slashes(str_after(*top, 1));
    *stopped = !starts_with_dots(*top);
    if (!*stopped || rest_length(w) == 0)
        return 0;
    if (w->pending == 0 && w->links == 0) {
        p->rest = *top;
        return 0;
    }
    size_t length = rest_length(w);
    p->rest_storage = new_rest(w->v, length);
    if (!p->rest_storage)
        return E_NOMEM;
    char *to = (char *)(p->rest_storage + 1);
    p->rest = str_of(to, length - 1);
    for (int i = w->pending; i >= 0; i--) {
        struct str s = w->rest[i];
        if (s.length == 0)
            continue;
        memcpy(to, s.data, s.length);
        to += s.length;
        *to++ = '/';
    }
    return 0;
}

static bool is_proc(const struct node *n)
{
    return n->kind == NODE_DEVICE && n->device == DEVICE_PROC_SELF;
}

/* One component that is not . or ..: looks it up in the directory the walk is in. */
static int look_up(struct walk *w, struct str name, bool last, bool *absent)
{
    struct vfs *v = w->v;
    struct place *p = w->place;
    *absent = false;
    if (name.length > VFS_NAME_MOST)
        return E_NAMETOOLONG;
    if (w->node->flags & NODE_NOT_LOADED)
        return vfs_fault_at(v, FAULT_LISTING, w->number);
    if (last) {
        p->parent = w->number;
        p->last = 0;
        p->name_length = name.length;
        memcpy(p->name, name.data, name.length);
        p->name[name.length] = w->directory_due ? '/' : 0;
    }
    union entry entry;
    if (!btree_find(w->node->entries, name, &entry)) {
        *absent = true;
        if (last && (w->flags & WALK_PARENT) && w->node->links > 0)
            return 0;
        return E_NOENT;
    }
    struct node *found = node_get(v->nodes, entry.number);
    bool parent = w->flags & WALK_PARENT; /* then a slash is for the verb to judge */
    bool go_on = !last || (w->directory_due ? !parent : w->flags & WALK_FOLLOW);
    if (found->kind == NODE_LINK && go_on) {
        if (++w->links > VFS_LINKS_MOST)
            return E_LOOP;
        return follow(w, extent_bytes(found->content), last);
    }
    w->number = entry.number;
    w->node = found;
    return 0;
}

static int walk(struct walk *w)
{
    struct place *p = w->place;
    struct str component;
    bool last = false, absent = false, stopped;
    while (next_component(w, &component, &last)) {
        w->steps++;
        if (is_proc(w->node)) { /* only `..` comes here: see below */
            int error = go_up(w);
            if (error)
                return error;
            continue;
        }
        if (w->node->kind != NODE_DIRECTORY)
            return E_NOTDIR;
        int error = node_allows(w->node, w->who, MAY_EXECUTE);
        if (error)
            return error;
        bool dot = component.data[0] == '.';
        if (dot && component.length == 1) {
            if (last)
                set_last(w, component);
        } else if (dot && component.length == 2 && component.data[1] == '.') {
            error = go_up(w);
            if (last && !error)
                set_last(w, component);
        } else {
            error = look_up(w, component, last, &absent);
        }
        if (error)
            return error;
        if (absent) {
            p->number = 0;
            return 0;
        }
        if (is_proc(w->node) && rest_length(w) > 0) {
            error = stop_at_proc(w, &stopped);
            if (error || stopped) {
                p->number = w->number;
                return error;
            }
        }
    }
    p->number = w->number;
    if ((w->flags & WALK_NEW) && (w->flags & WALK_PARENT))
        return E_EXIST;
    bool must = (w->directory_due && !(w->flags & WALK_PARENT)) || (w->flags & WALK_DIRECTORY);
    return must && w->node->kind != NODE_DIRECTORY && !is_proc(w->node) ? E_NOTDIR : 0;
}

int vfs_walk(struct vfs *v, struct identity who, uint64_t directory, struct str path, unsigned flags,
             struct place *place)
{
    struct walk w; /* what is pending is not cleared */
    place->number = 0;
    place->rest = str_of(NULL, 0);
    place->rest_storage = NULL;
    place->slash = false;
    place->name[0] = 0;
    place->name_length = 0;
    place->last = '/';
    place->parent = VFS_ROOT;
    if (path.length == 0)
        return E_NOENT;
    if (path.length > VFS_PATH_MOST)
        return E_NAMETOOLONG;
    place->slash = path.data[path.length - 1] == '/';
    w.v = v;
    w.who = who;
    w.flags = flags;
    w.place = place;
    w.directory_due = false;
    w.steps = 0;
    w.links = w.pending = 0;
    w.rest[0] = path;
    w.number = path.data[0] == '/' ? VFS_ROOT : directory;
    w.node = node_get(v->nodes, w.number);
    int error = w.node ? 0 : E_NOENT;
    bool stopped = false;
    if (!error && is_proc(w.node)) /* the path begins inside */
        error = stop_at_proc(&w, &stopped);
    if (stopped)
        place->number = w.number;
    else if (!error)
        error = walk(&w);
    if (error != E_WAIT)
        meter_charge(v->meter, w.steps);
    return error;
}

void place_drop(struct place *p, struct meter *m)
{
    if (p->rest_storage)
        free_rest(p->rest_storage, m);
    p->rest_storage = NULL;
    p->rest = str_of(NULL, 0);
}

void vfs_drop_rests(struct vfs *v)
{
    while (v->rests)
        free_rest(v->rests, v->meter);
}

struct str place_last(const struct place *p)
{
    if (p->name_length > 0)
        return str_of(p->name, p->name_length + (p->name[p->name_length] == '/'));
    return p->last == '/' ? str_lit("/") : str_of("..", (size_t)p->last);
}

int node_path(struct ptree nodes, uint64_t number, struct buf *path, struct meter *m)
{
    size_t length = 0;
    uint64_t at = number;
    while (at != VFS_ROOT) {
        struct node *n = node_get(nodes, at);
        if (!n || n->links == 0)
            return E_NOENT;
        length += n->name_length + 1;
        at = n->directory;
        meter_charge(m, 1);
    }
    if (length == 0) {
        buf_add(path, str_lit("/"));
        return 0;
    }
    char *end = buf_reserve(path, length) + length;
    for (at = number; at != VFS_ROOT;) {
        struct node *n = node_get(nodes, at);
        end -= n->name_length;
        memcpy(end, node_name_bytes(n), n->name_length);
        *--end = '/';
        at = n->directory;
    }
    path->length += length;
    return 0;
}

int vfs_path(struct vfs *v, uint64_t number, struct buf *path)
{
    return node_path(v->nodes, number, path, v->meter);
}
