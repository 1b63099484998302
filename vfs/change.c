/* vfs/change.c - what changed between two file systems. */
#include "vfs/change.h"

#include "vfs/node.h"

#include <string.h>

/* --- comparing two inodes ------------------------------------------------------------------ */

/* Is the content what the host has, loaded or not? */
static bool is_hosts(const struct node *n)
{
    return n->host != 0 && n->content_epoch == 0;
}

static bool content_differs(const struct node *a, const struct node *b, struct meter *m)
{
    if (a->kind == NODE_DEVICE)
        return a->device != b->device;
    if (a->kind != NODE_FILE && a->kind != NODE_LINK)
        return false;
    if (a->size != b->size)
        return true;
    if (a->kind == NODE_FILE && is_hosts(a) && is_hosts(b) && a->host == b->host)
        return false;
    if ((a->flags | b->flags) & NODE_NOT_LOADED)
        return true;
    if (a->content == b->content)
        return false;
    meter_charge(m, (int64_t)(a->size / METER_BYTES));
    return !str_equal(extent_bytes(a->content), extent_bytes(b->content));
}

/* Notes what differs; false when nothing does. */
static bool differs(struct change *c, const struct node *a, const struct node *b, struct meter *m)
{
    if (!a || !b)
        return a != b;
    c->kind = a->kind != b->kind;
    c->content = c->kind || content_differs(a, b, m);
    c->mode = a->mode != b->mode;
    c->owner = a->user != b->user || a->group != b->group;
    c->times = a->mtime != b->mtime;
    c->links = !c->kind && a->kind != NODE_DIRECTORY && a->links != b->links;
    return c->kind || c->content || c->mode || c->owner || c->times || c->links;
}

/* --- finding paths ----------------------------------------------------------------------------- */

/* An inode in one of the two, found in its table, or in the other's base where only that has the listing. */
struct spot {
    const struct ptree *table;
    uint64_t number; /* 0: absent */
};

struct side {
    struct vfs *vfs;
    const struct ptree *spare; /* the base of the other */
};

static struct node *spot_node(struct spot s)
{
    return s.number ? node_get(*s.table, s.number) : NULL;
}

/* A directory whose listing is known, here or in the spare table; NULL when it is not, or is no directory. */
static struct node *listed(const struct side *side, struct spot *s)
{
    struct node *n = spot_node(*s);
    if (!n || n->kind != NODE_DIRECTORY)
        return NULL;
    if (!(n->flags & NODE_NOT_LOADED))
        return n;
    struct node *other = node_get(*side->spare, s->number);
    if (!other || other->kind != NODE_DIRECTORY || other->host != n->host || (other->flags & NODE_NOT_LOADED))
        return NULL;
    s->table = side->spare;
    return other;
}

static struct spot child(const struct side *side, struct spot parent, struct str name)
{
    struct node *d = listed(side, &parent);
    union entry entry;
    if (!d || !btree_find(d->entries, name, &entry))
        return (struct spot){0};
    return (struct spot){parent.table, entry.number};
}

static struct spot resolve(const struct side *side, struct str path)
{
    struct spot s = {&side->vfs->nodes, VFS_ROOT};
    while (s.number) {
        while (path.length > 0 && path.data[0] == '/')
            path = str_after(path, 1);
        if (path.length == 0)
            return s;
        ptrdiff_t slash = str_find(path, '/');
        struct str name = slash < 0 ? path : str_first(path, (size_t)slash);
        s = child(side, s, name);
        path = str_after(path, name.length);
    }
    return s;
}

/* A path to be compared. */
struct candidate {
    struct str path;
    struct spot was, is;
};

struct search {
    struct heap *heap;
    struct meter *meter;
    struct side was, is;
    struct candidate *list;
    size_t count;
    struct btree seen; /* the paths in the list */
    uint64_t *numbers; /* inodes that differ */
    size_t number_count;
};

static void release_search(void *thing, struct meter *m)
{
    struct search *s = thing;
    btree_release(&s->seen, &number_kind, m);
}

/* True when the path was not yet in the list. */
static int add_candidate(struct search *s, struct str path, struct candidate **added)
{
    union entry entry;
    *added = NULL;
    if (btree_find(s->seen, path, &entry))
        return 0;
    struct str copy = str_copy(s->heap, path);
    s->list = array_grow(s->heap, s->list, s->count, sizeof *s->list);
    int error = btree_set(&s->seen, copy, (union entry){.number = 1}, &number_kind, s->meter);
    if (error)
        return error;
    *added = &s->list[s->count++];
    **added = (struct candidate){.path = copy};
    return 0;
}

/* All names of an inode in one of the two become candidates. */
static int add_names(struct search *s, const struct side *side, uint64_t number, struct buf *path)
{
    struct node *n = node_get(side->vfs->nodes, number);
    struct link_walk walk = {0};
    struct candidate *added;
    struct str name;
    uint64_t directory;
    while (n && (number == VFS_ROOT ? !walk.first_done : node_next_link(n, &walk, &directory, &name))) {
        buf_clear(path);
        if (number == VFS_ROOT) {
            walk.first_done = true;
            buf_add_byte(path, '/');
        } else {
            if (node_path(side->vfs->nodes, directory, path, s->meter) < 0)
                continue;
            if (path->length > 1)
                buf_add_byte(path, '/');
            buf_add(path, name);
        }
        int error = add_candidate(s, buf_str(path), &added);
        if (error)
            return error;
        if (added) {
            added->was = resolve(&s->was, added->path);
            added->is = resolve(&s->is, added->path);
        }
    }
    return 0;
}

/* Must what is below be compared by name? Below the same directory in both, whatever differs has been found by number. */
static bool must_expand(const struct search *s, const struct candidate *c)
{
    struct node *a = spot_node(c->was), *b = spot_node(c->is);
    bool a_directory = a && a->kind == NODE_DIRECTORY, b_directory = b && b->kind == NODE_DIRECTORY;
    if (!a_directory && !b_directory)
        return false;
    bool own_tables = c->was.table == &s->was.vfs->nodes && c->is.table == &s->is.vfs->nodes;
    return !(a_directory && b_directory && c->was.number == c->is.number && own_tables);
}

static int expand(struct search *s, const struct candidate *c, struct buf *path)
{
    struct spot was = c->was, is = c->is;
    struct node *a = listed(&s->was, &was), *b = listed(&s->is, &is);
    struct str parent = c->path;
    for (int i = 0; i < 2; i++) {
        struct node *d = i == 0 ? a : b;
        struct btree_walk walk;
        struct str name;
        union entry entry;
        btree_walk_start(&walk, d ? d->entries : (struct btree){0});
        while (btree_walk_next(&walk, &name, &entry)) {
            struct candidate *added;
            buf_clear(path);
            buf_add(path, parent);
            if (parent.length > 1)
                buf_add_byte(path, '/');
            buf_add(path, name);
            int error = add_candidate(s, buf_str(path), &added);
            if (error)
                return error;
            if (added) {
                added->was = child(&s->was, was, name);
                added->is = child(&s->is, is, name);
            }
        }
    }
    return 0;
}

static void note_number(void *user, uint64_t index, struct item *was, struct item *is)
{
    struct search *s = user;
    (void)was;
    (void)is;
    s->numbers = array_grow(s->heap, s->numbers, s->number_count, sizeof *s->numbers);
    s->numbers[s->number_count++] = index;
}

/* Heap sort by path. */
static void sift(struct change *list, size_t from, size_t count)
{
    struct change moved = list[from];
    for (size_t child; (child = 2 * from + 1) < count; from = child) {
        if (child + 1 < count && str_compare(list[child].path, list[child + 1].path) < 0)
            child++;
        if (str_compare(moved.path, list[child].path) >= 0)
            break;
        list[from] = list[child];
    }
    list[from] = moved;
}

static void sort(struct change *list, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift(list, i - 1, count);
    for (size_t left = count; left > 1;) {
        struct change last = list[0];
        list[0] = list[--left];
        list[left] = last;
        sift(list, 0, left);
    }
}

static int search(struct search *s, struct changes *c)
{
    struct buf path;
    uint64_t from = 0;
    buf_init(&path, s->heap);
    ptree_compare(s->was.vfs->nodes, s->is.vfs->nodes, &from, SIZE_MAX, note_number, s);
    for (size_t i = 0; i < s->number_count; i++) {
        meter_charge(s->meter, 1);
        int error = add_names(s, &s->was, s->numbers[i], &path);
        if (!error)
            error = add_names(s, &s->is, s->numbers[i], &path);
        if (error)
            return error;
    }
    for (size_t i = 0; i < s->count; i++) { /* the list grows meanwhile */
        struct candidate candidate = s->list[i];
        struct change change = {.path = candidate.path, .was = candidate.was.number, .is = candidate.is.number};
        meter_charge(s->meter, 1);
        if (must_expand(s, &candidate)) {
            int error = expand(s, &candidate, &path);
            if (error)
                return error;
        }
        if (!differs(&change, spot_node(candidate.was), spot_node(candidate.is), s->meter))
            continue;
        c->list = array_grow(s->heap, c->list, c->count, sizeof *c->list);
        c->list[c->count++] = change;
    }
    sort(c->list, c->count);
    return 0;
}

int changes_find(struct changes *c, struct heap *heap, struct vfs *was, struct vfs *is)
{
    *c = (struct changes){.heap = heap};
    struct search *s = heap_new(heap, struct search);
    struct hold *hold = heap_hold(heap, release_search);
    s->heap = heap;
    s->meter = heap->meter;
    s->was = (struct side){was, &is->base};
    s->is = (struct side){is, &was->base};
    hold->thing = s;
    int error = search(s, c);
    heap_unhold(heap, hold);
    heap_free(heap, s->list);
    heap_free(heap, s->numbers);
    heap_free(heap, s);
    return error;
}

/* --- a number for all ------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9fb21c651e98df25);
    return hash ^ hash >> 28;
}

static uint64_t mix_bytes(uint64_t hash, struct str s)
{
    hash = mix(hash, s.length);
    while (s.length > 0) {
        uint64_t word = 0;
        size_t n = s.length < 8 ? s.length : 8;
        for (size_t i = 0; i < n; i++)
            word |= (uint64_t)(unsigned char)s.data[i] << (8 * i);
        hash = mix(hash, word);
        s = str_after(s, n);
    }
    return hash;
}

static uint64_t mix_node(uint64_t hash, const struct node *n, struct meter *m)
{
    bool directory = n->kind == NODE_DIRECTORY;
    hash = mix(hash, n->kind);
    hash = mix(hash, n->mode);
    hash = mix(hash, (uint64_t)n->user << 32 | n->group);
    hash = mix(hash, n->device);
    hash = mix(hash, directory ? 2 + n->folders : n->links);
    if (n->kind == NODE_FILE && is_hosts(n))
        return mix(mix(hash, n->size), n->host);
    if (n->flags & NODE_NOT_LOADED)
        return mix(mix(hash, n->size), ~n->host);
    meter_charge(m, (int64_t)(n->size / METER_BYTES));
    return directory ? hash : mix_bytes(hash, extent_bytes(n->content));
}

uint64_t vfs_digest(struct vfs *v)
{
    uint64_t number = VFS_ROOT;
    struct node *d = node_get(v->nodes, VFS_ROOT);
    uint64_t hash = mix_node(0, d, v->meter);
    struct str name, after;
    const struct str *from = NULL;
    union entry entry;
    for (;;) { /* the way back is in the nodes, so depth needs no memory */
        if (btree_next(d->entries, from, &name, &entry)) {
            struct node *n = node_get(v->nodes, entry.number);
            meter_charge(v->meter, 1);
            hash = mix_node(mix_bytes(hash, name), n, v->meter);
            after = name;
            from = &after;
            if (n->kind == NODE_DIRECTORY) {
                number = entry.number;
                d = n;
                from = NULL;
            }
            continue;
        }
        hash = mix(hash, UINT64_C(0xfeed)); /* out of this directory */
        if (number == VFS_ROOT)
            return hash;
        after = node_name(d);
        from = &after;
        number = d->directory;
        d = node_get(v->nodes, number);
    }
}
