/* vfs/give.c - files, listings and contents given by the host, now or when asked for. */
#include "vfs/node.h"

#include <string.h>

static struct str host_key(char bytes[8], uint64_t host)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(host >> (56 - 8 * i));
    return str_of(bytes, 8);
}

/* The inode that has this token and is still there, or 0. */
static uint64_t known(const struct vfs *v, uint64_t host)
{
    char bytes[8];
    union entry entry;
    if (!host || !btree_find(v->hosts, host_key(bytes, host), &entry))
        return 0;
    struct node *n = node_get(v->nodes, entry.number);
    return n && n->host == host && n->links > 0 ? entry.number : 0;
}

static void set_given(struct node *n, const struct given *g)
{
    n->mode = g->mode & 07777;
    n->user = g->user;
    n->group = g->group;
    n->atime = n->mtime = n->ctime = g->mtime;
    n->host = g->host;
    if (g->kind == NODE_DIRECTORY || (g->kind == NODE_FILE && g->size > 0))
        n->flags |= NODE_NOT_LOADED;
    if (g->unreadable)
        n->flags |= NODE_UNREADABLE;
}

static struct node *node_given(const struct given *g, struct str name, struct meter *m)
{
    struct node *n = node_new(g->kind, name.length, m);
    if (!n)
        return NULL;
    set_given(n, g);
    n->device = g->kind == NODE_DEVICE ? g->device : 0;
    n->size = g->kind == NODE_FILE ? g->size : 0;
    if (g->kind == NODE_LINK) {
        n->size = g->target.length;
        n->mode = 0777;
        if (g->target.length && !(n->content = extent_copy(g->target, m))) {
            shared_free(m, n);
            return NULL;
        }
    }
    return n;
}

static int check_name(struct str name)
{
    if (name.length > VFS_NAME_MOST)
        return E_NAMETOOLONG;
    bool dots = str_is(name, ".") || str_is(name, "..");
    return name.length == 0 || dots || str_find(name, '/') >= 0 || str_find(name, 0) >= 0 ? E_INVAL : 0;
}

/* A directory that is there becomes the given one too: its entries stay, those of the host come. */
static int64_t join(struct vfs *v, uint64_t number, const struct given *g)
{
    struct node *n = node_own(&v->nodes, number, 0, v->meter);
    if (!n)
        return E_NOMEM;
    set_given(n, g);
    return (int64_t)number;
}

/* Takes away the name of what is in the way: as unlink does, but unasked and at no time. */
static int clear_way(struct vfs *v, struct node *d, uint64_t parent, struct str name, uint64_t number)
{
    struct node *n = node_get(v->nodes, number);
    if (n->kind == NODE_DIRECTORY && (n->entries.count > 0 || (n->flags & NODE_NOT_LOADED)))
        return E_NOTEMPTY;
    uint64_t weight = node_weight(n, v->epoch);
    n = node_own(&v->nodes, number, n->links > 1 ? VFS_NAME_MOST : 0, v->meter);
    if (!n || node_reserve_unlink(n, parent, name, v->meter) < 0
        || btree_own_path(&d->entries, name, &number_kind, v->meter) < 0)
        return E_NOMEM;
    bool directory = n->kind == NODE_DIRECTORY;
    node_remove_link(n, parent, name, v->meter);
    v->disk = v->disk - weight + node_weight(n, v->epoch);
    btree_remove(&d->entries, name, &number_kind, v->meter);
    d->folders -= directory;
    if (n->links == 0)
        vfs_forget(v, number);
    return 0;
}

/* The directory that a link in `parent` leads down to, by names alone and without asking for a listing; or 0. */
static uint64_t leads_to(const struct vfs *v, uint64_t parent, const struct node *link)
{
    struct str path = extent_bytes(link->content);
    uint64_t at = str_starts(path, "/") ? VFS_ROOT : parent;
    while (path.length) {
        ptrdiff_t slash = str_find(path, '/');
        struct str name = slash < 0 ? path : str_first(path, (size_t)slash);
        const struct node *d = node_get(v->nodes, at);
        union entry entry;
        path = str_after(path, slash < 0 ? path.length : (size_t)slash + 1);
        if (name.length == 0)
            continue;
        if (!d || d->kind != NODE_DIRECTORY || !btree_find(d->entries, name, &entry))
            return 0;
        at = entry.number;
    }
    const struct node *d = node_get(v->nodes, at);
    return d && d->kind == NODE_DIRECTORY ? at : 0;
}

/* A node for the place of one that was found below the link `through`: a copy, or a link where that would not be the same. */
static struct node *node_like(struct vfs *v, uint64_t number, struct str through, struct str name)
{
    const struct node *n = node_get(v->nodes, number);
    bool link = n->kind == NODE_DIRECTORY || (n->flags & NODE_NOT_LOADED);
    struct node *copy = node_new(link ? NODE_LINK : (enum node_kind)n->kind, name.length, v->meter);
    if (!copy)
        return NULL;
    copy->mode = link ? 0777 : n->mode;
    copy->user = n->user;
    copy->group = n->group;
    copy->atime = n->atime;
    copy->mtime = n->mtime;
    copy->ctime = n->ctime;
    if (!link) {
        copy->flags = n->flags;
        copy->device = n->device;
        copy->size = n->size;
        copy->content = extent_keep(n->content);
        return copy;
    }
    size_t up = str_starts(through, "/") ? 0 : 3;
    copy->size = up + through.length + 1 + name.length;
    if (extent_resize(&copy->content, copy->size, 0, false, false, v->meter) < 0) {
        node_kind.drop(&copy->item, v->meter);
        return NULL;
    }
    char *target = extent_data(copy->content);
    memcpy(target, "../", up);
    memcpy(target + up, through.data, through.length);
    target[up + through.length] = '/';
    memcpy(target + up + through.length + 1, name.data, name.length);
    return copy;
}

/* A folder of the host's stands where `link` led to another: what was to be found through the link is in it, too. */
static int furnish(struct vfs *v, uint64_t into, uint64_t from, struct extent *link)
{
    struct btree source = btree_share(node_get(v->nodes, from)->entries);
    struct str name, *after = NULL;
    union entry entry;
    int error = 0;
    while (!error && btree_next(source, after, &name, &entry)) {
        struct node *d = node_own(&v->nodes, into, 0, v->meter), *n = NULL;
        error = !d || btree_reserve(&d->entries, name, &number_kind, v->meter) < 0 ? E_NOMEM : 0;
        if (!error && !(n = node_like(v, entry.number, extent_bytes(link), name)))
            error = E_NOMEM;
        if (!error && ptree_set(&v->nodes, v->next_number, &n->item, &node_kind, v->meter) < 0) {
            node_kind.drop(&n->item, v->meter);
            error = E_NOMEM;
        }
        if (error)
            break;
        node_add_link(n, into, name, v->meter);
        btree_set(&d->entries, name, (union entry){.number = v->next_number++}, &number_kind, v->meter);
        after = &name;
    }
    btree_release(&source, &number_kind, v->meter);
    return error;
}

/* Puts an entry into a directory, which is loaded from then on. */
static int64_t put_in(struct vfs *v, uint64_t parent, struct str name, const struct given *g)
{
    char key[8];
    union entry entry;
    struct node *d = node_get(v->nodes, parent);
    if (!d || d->kind != NODE_DIRECTORY)
        return d ? E_NOTDIR : E_NOENT;
    int error = check_name(name);
    if (error)
        return error;
    bool there = btree_find(d->entries, name, &entry);
    if (there && g->kind == NODE_DIRECTORY && node_get(v->nodes, entry.number)->kind == NODE_DIRECTORY)
        return join(v, entry.number, g);
    uint64_t same = g->kind == NODE_DIRECTORY ? 0 : known(v, g->host);
    if (there && same == entry.number)
        return (int64_t)same;
    d = node_own(&v->nodes, parent, 0, v->meter);
    if (!d)
        return E_NOMEM;
    if (there) {
        error = clear_way(v, d, parent, name, entry.number);
        if (error)
            return error;
    }
    if (btree_reserve(&d->entries, name, &number_kind, v->meter) < 0)
        return E_NOMEM;
    uint64_t number = same ? same : v->next_number;
    struct node *n;
    if (same) {
        n = node_own(&v->nodes, same, name.length, v->meter);
        if (!n || node_reserve_link(n, parent, name, v->meter) < 0)
            return E_NOMEM;
    } else {
        if (g->host && btree_reserve(&v->hosts, host_key(key, g->host), &number_kind, v->meter) < 0)
            return E_NOMEM;
        n = node_given(g, name, v->meter);
        if (!n)
            return E_NOMEM;
        if (ptree_set(&v->nodes, number, &n->item, &node_kind, v->meter) < 0) {
            node_kind.drop(&n->item, v->meter);
            return E_NOMEM;
        }
        v->next_number++;
        if (g->host)
            btree_set(&v->hosts, host_key(key, g->host), (union entry){.number = number}, &number_kind, v->meter);
    }
    uint64_t weight = node_weight(n, v->epoch);
    node_add_link(n, parent, name, v->meter);
    v->disk = v->disk - weight + node_weight(n, v->epoch);
    btree_set(&d->entries, name, (union entry){.number = number}, &number_kind, v->meter);
    d->folders += n->kind == NODE_DIRECTORY;
    d->flags &= (uint8_t)~NODE_NOT_LOADED;
    return (int64_t)number;
}

static int64_t give(struct vfs *v, uint64_t parent, struct str name, const struct given *g)
{
    union entry entry;
    const struct node *d = node_get(v->nodes, parent), *there = NULL;
    if (g->kind == NODE_DIRECTORY && d && d->kind == NODE_DIRECTORY && btree_find(d->entries, name, &entry))
        there = node_get(v->nodes, entry.number);
    uint64_t led_to = there && there->kind == NODE_LINK && !there->host ? leads_to(v, parent, there) : 0;
    if (!led_to)
        return put_in(v, parent, name, g);
    struct extent *link = shared_keep(there->content);
    int64_t number = put_in(v, parent, name, g);
    int error = number < 0 ? 0 : furnish(v, (uint64_t)number, led_to, link);
    extent_release(link, v->meter);
    return error ? error : number;
}

/* What a verb of several parts goes back to when one of them fails. */
struct before {
    struct ptree nodes, base;
    struct btree hosts;
    uint64_t next_number, disk;
};

static struct before remember(const struct vfs *v)
{
    return (struct before){ptree_share(v->nodes), ptree_share(v->base), btree_share(v->hosts), v->next_number, v->disk};
}

static int64_t finish(struct vfs *v, struct before *b, int64_t answer)
{
    struct before drop = *b;
    if (answer < 0) {
        drop = (struct before){v->nodes, v->base, v->hosts, 0, 0};
        v->nodes = b->nodes;
        v->base = b->base;
        v->hosts = b->hosts;
        v->next_number = b->next_number;
        v->disk = b->disk;
    }
    ptree_release(&drop.nodes, &node_kind, v->meter);
    ptree_release(&drop.base, &node_kind, v->meter);
    btree_release(&drop.hosts, &number_kind, v->meter);
    return answer;
}

int64_t vfs_give(struct vfs *v, uint64_t parent, struct str name, const struct given *given)
{
    union entry entry;
    struct node *d = node_get(v->nodes, parent);
    if (parent == VFS_ROOT && str_is(name, "/") && given->kind == NODE_DIRECTORY)
        return join(v, parent, given);
    if (!d || !btree_find(d->entries, name, &entry))
        return give(v, parent, name, given);
    struct before b = remember(v); /* two steps: out of the way, and in */
    return finish(v, &b, give(v, parent, name, given));
}

/* Sorts the places of the entries by name: a heap sort, so that order costs no more than its logarithm. */
static void sift(const struct given_entry *entries, size_t *order, size_t from, size_t count)
{
    size_t moved = order[from];
    for (size_t child; (child = 2 * from + 1) < count; from = child) {
        if (child + 1 < count && str_compare(entries[order[child]].name, entries[order[child + 1]].name) < 0)
            child++;
        if (str_compare(entries[moved].name, entries[order[child]].name) >= 0)
            break;
        order[from] = order[child];
    }
    order[from] = moved;
}

static void sort(const struct given_entry *entries, size_t *order, size_t count)
{
    bool sorted = true;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = str_compare(entries[i - 1].name, entries[i].name) <= 0;
    if (sorted)
        return;
    for (size_t i = count / 2; i > 0; i--)
        sift(entries, order, i - 1, count);
    for (size_t left = count; left > 1;) {
        size_t last = order[0];
        order[0] = order[--left];
        order[left] = last;
        sift(entries, order, 0, left);
    }
}

/* Gives the base what came in with a folder that took the place of a link. */
static int load_base_below(struct vfs *v, const struct node *folder)
{
    struct str name, *after = NULL;
    union entry entry;
    while (btree_next(folder->entries, after, &name, &entry)) {
        struct node *n = node_get(v->nodes, entry.number);
        if (!node_get(v->base, entry.number) && ptree_set(&v->base, entry.number, shared_keep(n), &node_kind, v->meter) < 0) {
            shared_drop(n);
            return E_NOMEM;
        }
        after = &name;
    }
    return 0;
}

/* Gives the base what its directory has got by loading: the same nodes, and the same entries. */
static int load_base(struct vfs *v, uint64_t directory, const struct given_entry *entries, const size_t *order,
                     size_t count)
{
    struct node *d = node_get(v->nodes, directory), *b = node_get(v->base, directory);
    if (!b || b->kind != NODE_DIRECTORY || !(b->flags & NODE_NOT_LOADED) || b->host != d->host)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct str name = entries[order[i]].name;
        const struct given *g = &entries[order[i]].given;
        union entry entry;
        btree_find(d->entries, name, &entry);
        struct node *n = node_get(v->nodes, entry.number), *was = node_get(v->base, entry.number);
        if (!was) {
            if (ptree_set(&v->base, entry.number, shared_keep(n), &node_kind, v->meter) < 0) {
                shared_drop(n);
                return E_NOMEM;
            }
            if (n->kind == NODE_DIRECTORY && load_base_below(v, n) < 0)
                return E_NOMEM;
            continue;
        }
        if (was == n) /* another name of what came in with this listing: the node has them all */
            continue;
        was = node_own(&v->base, entry.number, name.length, v->meter);
        if (!was)
            return E_NOMEM;
        if (was->kind == NODE_DIRECTORY) {
            set_given(was, g);
        } else if (!btree_find(b->entries, name, &entry)) {
            if (node_reserve_link(was, directory, name, v->meter) < 0)
                return E_NOMEM;
            node_add_link(was, directory, name, v->meter);
        }
    }
    b = node_own(&v->base, directory, 0, v->meter);
    if (!b)
        return E_NOMEM;
    btree_release(&b->entries, &number_kind, v->meter);
    b->entries = btree_share(d->entries);
    b->folders = d->folders;
    b->flags &= (uint8_t)~NODE_NOT_LOADED;
    return 0;
}

static int load(struct vfs *v, uint64_t directory, const struct given_entry *entries, const size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t number = give(v, directory, entries[order[i]].name, &entries[order[i]].given);
        if (number < 0)
            return (int)number;
    }
    struct node *d = node_own(&v->nodes, directory, 0, v->meter);
    if (!d)
        return E_NOMEM;
    d->flags &= (uint8_t)~NODE_NOT_LOADED;
    return load_base(v, directory, entries, order, count);
}

int vfs_give_listing(struct vfs *v, uint64_t directory, const struct given_entry *entries, size_t count)
{
    struct node *d = node_get(v->nodes, directory);
    if (!d || d->kind != NODE_DIRECTORY)
        return d ? E_NOTDIR : E_NOENT;
    if (!(d->flags & NODE_NOT_LOADED))
        return E_STATE;
    if (count > SIZE_MAX / 2 / sizeof(size_t))
        return E_NOMEM;
    struct shared *block = shared_new(v->meter, sizeof *block + (count + 1) * sizeof(size_t));
    if (!block)
        return E_NOMEM;
    size_t *order = (size_t *)(void *)(block + 1);
    sort(entries, order, count);
    struct before b = remember(v);
    int answer = (int)finish(v, &b, load(v, directory, entries, order, count));
    shared_free(v->meter, block);
    return answer;
}

static bool awaits_content(const struct node *n)
{
    return n && n->kind == NODE_FILE && (n->flags & NODE_NOT_LOADED);
}

/* Gives a node and the same one in the base another content (NULL: to be asked for again). Takes `e` over if it
 * succeeds: 0 or E_NOMEM. */
static int set_content(struct vfs *v, uint64_t number, struct extent *e)
{
    int error = 0;
    struct node *n = node_get(v->nodes, number), *b = node_get(v->base, number);
    bool same = b == n, like = b && b != n && b->kind == NODE_FILE && b->host == n->host && b->content_epoch == 0
        && b->size == n->size && (b->flags & NODE_NOT_LOADED) == (n->flags & NODE_NOT_LOADED);
    if (same)
        ptree_own(&v->base, number, NULL, &node_kind, v->meter, &error);
    else if (like && !(b = node_own(&v->base, number, 0, v->meter)))
        error = E_NOMEM;
    if (error)
        return error;
    n = node_own(&v->nodes, number, 0, v->meter);
    if (!n)
        return E_NOMEM;
    struct node *both[] = {n, like ? b : NULL};
    for (int i = 0; i < 2; i++) {
        if (!both[i])
            continue;
        extent_drop(both[i]->content, v->meter);
        both[i]->content = i == 0 ? e : extent_keep(e);
        if (e)
            both[i]->flags &= (uint8_t)~NODE_NOT_LOADED;
        else
            both[i]->flags |= NODE_NOT_LOADED;
    }
    if (same)
        ptree_set(&v->base, number, shared_keep(n), &node_kind, v->meter);
    return 0;
}

int vfs_give_content(struct vfs *v, uint64_t number, struct str bytes, bool copy,
                     void (*release)(void *lender, struct str bytes), void *lender)
{
    struct node *n = node_get(v->nodes, number);
    if (!awaits_content(n))
        return n ? E_STATE : E_NOENT;
    if (bytes.length != n->size)
        return E_STALE;
    struct extent *e = copy ? extent_copy(bytes, v->meter) : extent_lend(bytes, NULL, NULL, v->meter);
    if (!e)
        return E_NOMEM;
    int error = set_content(v, number, e);
    if (error) {
        extent_drop(e, v->meter);
        return error;
    }
    if (!copy) { /* only now, so that what failed is still the caller's */
        e->release = release;
        e->lender = lender;
    }
    return 0;
}

int vfs_take_back(struct vfs *v, uint64_t number)
{
    struct node *n = node_get(v->nodes, number);
    if (!n || n->kind != NODE_FILE || n->host == 0 || n->content_epoch != 0)
        return n ? E_STATE : E_NOENT;
    if (!n->content)
        return 0;
    if (extent_is_read(n->content))
        return E_BUSY;
    return set_content(v, number, NULL);
}

uint64_t vfs_host(struct vfs *v, uint64_t number)
{
    struct node *n = node_get(v->nodes, number);
    return n ? n->host : 0;
}
