/* vfs/vfs.c - the verbs of the file system: whole or not done.
 *
 * Each verb looks, then makes room (owns the nodes it will change and the ways to the
 * entries it will set or remove, which changes nothing that anyone can see and may fail),
 * then changes, which cannot fail.
 */
#include "vfs/standard.h"

#include "vfs/node.h"

#include <string.h>

enum { TIME_M = 1, TIME_C = 2, TIME_A = 4 };

/* --- a file system ---------------------------------------------------------------- */

int vfs_init(struct vfs *v, struct meter *meter)
{
    *v = (struct vfs){.meter = meter, .next_number = 1000, .disk_limit = UINT64_MAX, .epoch = 1};
    struct node *root = node_new(NODE_DIRECTORY, 0, meter);
    if (!root)
        return E_NOMEM;
    root->mode = 0755;
    root->links = 1;
    root->directory = VFS_ROOT;
    if (ptree_set(&v->nodes, VFS_ROOT, &root->item, &node_kind, meter) < 0) {
        shared_free(meter, root);
        return E_NOMEM;
    }
    return 0;
}

void vfs_init_from(struct vfs *v, struct meter *meter, const struct standard_tree *tree)
{
    *v = (struct vfs){.meter = meter, .next_number = tree->next_number, .disk_limit = UINT64_MAX, .epoch = 1};
    v->nodes = ptree_share(tree->nodes);
    v->base = ptree_share(tree->nodes);
}

void vfs_share(struct vfs *copy, const struct vfs *v, struct meter *meter)
{
    *copy = *v;
    copy->meter = meter;
    copy->opens = NULL;
    copy->rests = NULL;
    copy->fault = (struct fault){0};
    ptree_share(v->nodes);
    ptree_share(v->base);
    btree_share(v->hosts);
}

void vfs_drop(struct vfs *v)
{
    vfs_drop_rests(v);
    ptree_release(&v->nodes, &node_kind, v->meter);
    ptree_release(&v->base, &node_kind, v->meter);
    btree_release(&v->hosts, &number_kind, v->meter);
    if (v->opens)
        shared_free(v->meter, v->opens);
    v->opens = NULL;
}

void vfs_set_base(struct vfs *v)
{
    ptree_release(&v->base, &node_kind, v->meter);
    v->base = ptree_share(v->nodes);
    v->epoch++;
    v->disk = 0;
}

uint64_t vfs_disk(const struct vfs *v)
{
    return v->disk;
}

int64_t vfs_time(struct vfs *v)
{
    int64_t now = v->now ? v->now(v->user) : 0;
    v->last_time = now > v->last_time ? now : v->last_time + 1;
    return v->last_time;
}

/* --- disk and times ----------------------------------------------------------------- */

static struct node *get(const struct vfs *v, uint64_t number)
{
    return node_get(v->nodes, number);
}

/* What a node will weigh more when it has been changed. */
static uint64_t touch_weight(const struct vfs *v, const struct node *n)
{
    return n->epoch == v->epoch ? 0 : NODE_WEIGHT * (n->links > 1 ? n->links : 1);
}

/* Is there disk for a change of that much? */
static int afford(const struct vfs *v, uint64_t more, uint64_t less)
{
    if (more <= less)
        return 0;
    return v->disk > v->disk_limit || more - less > v->disk_limit - v->disk ? E_NOSPC : 0;
}

static void touch(struct vfs *v, struct node *n, int64_t time, int which)
{
    n->epoch = v->epoch;
    if (which & TIME_A)
        n->atime = time;
    if (which & TIME_M)
        n->mtime = time;
    if (which & TIME_C)
        n->ctime = time;
}

/* --- who holds what open -------------------------------------------------------------- */

struct open_count {
    uint64_t number; /* 0: a free slot */
    uint32_t count;
    bool seen; /* its content has been read since it was last changed */
};

struct open_counts {
    struct shared shared;
    uint32_t room; /* slots, a power of two */
    uint32_t used;
    struct open_count slots[];
};

static uint32_t open_slot(const struct open_counts *o, uint64_t number)
{
    uint32_t at = (uint32_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (o->room - 1);
    while (o->slots[at].number && o->slots[at].number != number)
        at = (at + 1) & (o->room - 1);
    return at;
}

static uint64_t open_count(const struct vfs *v, uint64_t number)
{
    return v->opens ? v->opens->slots[open_slot(v->opens, number)].count : 0;
}

/* The content of an inode is read: if it is open, who changes it next may have to copy it for the reader. */
static void open_see(struct open_counts *o, uint64_t number)
{
    struct open_count *slot = &o->slots[open_slot(o, number)];
    slot->seen = slot->count > 0;
}

/* Charges whoever changes bytes that have been read for the copy that may be needed. That depends on what the script
 * did alone; whether there is a copy depends on who shares the content. */
static void charge_seen(struct vfs *v, uint64_t number, uint64_t size)
{
    if (!v->opens)
        return;
    struct open_count *slot = &v->opens->slots[open_slot(v->opens, number)];
    if (slot->seen)
        meter_charge(v->meter, (int64_t)(size / METER_BYTES));
    slot->seen = false;
}

static int open_grow(struct vfs *v)
{
    struct open_counts *old = v->opens;
    uint32_t room = old ? old->room * 2 : 16;
    size_t size = sizeof *old + room * sizeof *old->slots;
    struct open_counts *o = shared_new(v->meter, size);
    if (!o)
        return E_NOMEM;
    o->room = room;
    o->used = old ? old->used : 0;
    memset(o->slots, 0, room * sizeof *o->slots);
    for (uint32_t i = 0; old && i < old->room; i++)
        if (old->slots[i].number)
            o->slots[open_slot(o, old->slots[i].number)] = old->slots[i];
    if (old)
        shared_free(v->meter, old);
    v->opens = o;
    return 0;
}

int vfs_open(struct vfs *v, uint64_t number)
{
    if (!get(v, number))
        return E_NOENT;
    if (!v->opens || v->opens->used >= v->opens->room / 2) {
        int error = open_grow(v);
        if (error)
            return error;
    }
    struct open_count *slot = &v->opens->slots[open_slot(v->opens, number)];
    v->opens->used += slot->number == 0;
    slot->number = number;
    slot->count++;
    return 0;
}

/* Frees a slot, and moves up those that had been put off because of it. */
static void open_free(struct open_counts *o, uint32_t at)
{
    uint32_t mask = o->room - 1;
    o->used--;
    o->slots[at] = (struct open_count){0};
    for (uint32_t next = (at + 1) & mask; o->slots[next].number; next = (next + 1) & mask) {
        struct open_count moved = o->slots[next];
        o->slots[next] = (struct open_count){0};
        o->slots[open_slot(o, moved.number)] = moved;
    }
}

void vfs_forget(struct vfs *v, uint64_t number)
{
    if (open_count(v, number) > 0)
        return;
    uint64_t weight = node_weight(get(v, number), v->epoch);
    if (ptree_set(&v->nodes, number, NULL, &node_kind, v->meter) == 0)
        v->disk -= weight;
}

void vfs_close(struct vfs *v, uint64_t number)
{
    if (v->opens) {
        uint32_t at = open_slot(v->opens, number);
        struct open_count *slot = &v->opens->slots[at];
        if (slot->count > 1) {
            slot->count--;
            return;
        }
        if (slot->count == 1)
            open_free(v->opens, at);
    }
    struct node *n = get(v, number);
    if (n && n->links == 0)
        vfs_forget(v, number);
}

/* --- looking -------------------------------------------------------------------------- */

int vfs_stat(struct vfs *v, uint64_t number, struct stat_info *info)
{
    struct node *n = get(v, number);
    if (n && n->kind == NODE_DIRECTORY && (n->flags & NODE_NOT_LOADED))
        return vfs_fault_at(v, FAULT_LISTING, number);
    return vfs_look(v, number, info);
}

int vfs_look(struct vfs *v, uint64_t number, struct stat_info *info)
{
    struct node *n = get(v, number);
    if (!n)
        return E_NOENT;
    bool directory = n->kind == NODE_DIRECTORY;
    uint64_t size = directory ? 4096 : n->size;
    bool inlined = n->kind == NODE_LINK && size < 60;
    *info = (struct stat_info){
        .number = number,
        .kind = n->kind,
        .mode = n->mode,
        .user = n->user,
        .group = n->group,
        .links = directory ? (n->links ? 2 + n->folders : 0) : n->links,
        .size = size,
        .blocks = inlined ? 0 : (size + 4095) / 4096 * 8,
        .device = n->device,
        .atime = n->atime,
        .mtime = n->mtime,
        .ctime = n->ctime,
    };
    return 0;
}

int vfs_access(struct vfs *v, struct identity who, uint64_t number, int wanted)
{
    struct node *n = get(v, number);
    if (!n)
        return E_NOENT;
    if ((n->flags & NODE_UNREADABLE) && (wanted & (n->kind == NODE_FIFO ? MAY_READ | MAY_WRITE : MAY_READ)))
        return E_ACCES;
    return node_allows(n, who, wanted);
}

int vfs_readlink(struct vfs *v, uint64_t number, struct str *target)
{
    struct node *n = get(v, number);
    if (!n)
        return E_NOENT;
    if (n->kind != NODE_LINK)
        return E_INVAL;
    *target = extent_bytes(n->content);
    return 0;
}

int vfs_content(struct vfs *v, uint64_t number, struct extent **extent)
{
    struct node *n = get(v, number);
    *extent = NULL;
    if (!n)
        return E_NOENT;
    if (n->kind != NODE_FILE)
        return n->kind == NODE_DIRECTORY ? E_ISDIR : E_INVAL;
    if (n->flags & NODE_UNREADABLE)
        return E_ACCES;
    if (n->flags & NODE_NOT_LOADED)
        return vfs_fault_at(v, FAULT_CONTENT, number);
    *extent = shared_keep(n->content);
    if (v->opens)
        open_see(v->opens, number);
    return 0;
}

int vfs_list(struct vfs *v, uint64_t directory, struct btree *entries)
{
    struct node *n = get(v, directory);
    *entries = (struct btree){0};
    if (!n)
        return E_NOENT;
    if (n->kind != NODE_DIRECTORY)
        return E_NOTDIR;
    if (n->flags & NODE_UNREADABLE)
        return E_ACCES;
    if (n->flags & NODE_NOT_LOADED)
        return vfs_fault_at(v, FAULT_LISTING, directory);
    *entries = btree_share(n->entries);
    return 0;
}

void vfs_list_release(struct vfs *v, struct btree *entries)
{
    btree_release(entries, &number_kind, v->meter);
}

int vfs_is_empty(struct vfs *v, uint64_t directory, bool *empty)
{
    struct btree entries;
    int error = vfs_list(v, directory, &entries);
    if (error)
        return error;
    *empty = entries.count == 0;
    vfs_list_release(v, &entries);
    return 0;
}

uint64_t vfs_parent(struct vfs *v, uint64_t directory)
{
    struct node *n = get(v, directory);
    return n ? n->directory : 0;
}

/* --- names: what is checked ------------------------------------------------------------- */

/* Takes the slash off a name that came with one (place_last): true if there was one. */
static bool take_slash(struct str *name)
{
    if (name->length < 2 || name->data[name->length - 1] != '/')
        return false;
    name->length--;
    return true;
}

/* A name that the verbs refuse: "", "/", "." or "..". */
static bool is_special(struct str name)
{
    return name.length == 0 || str_is(name, ".") || str_is(name, "..") || str_is(name, "/");
}

/* Looks a name up in a directory as a walk does: *number is 0 when it is absent. */
static int look_up(struct vfs *v, struct identity who, uint64_t parent, struct str name, uint64_t *number)
{
    struct node *d = get(v, parent);
    *number = 0;
    if (!d)
        return E_NOENT;
    if (d->kind != NODE_DIRECTORY)
        return E_NOTDIR;
    int error = node_allows(d, who, MAY_EXECUTE);
    if (error)
        return error;
    if (name.length > VFS_NAME_MOST)
        return E_NAMETOOLONG;
    if (d->flags & NODE_NOT_LOADED)
        return vfs_fault_at(v, FAULT_LISTING, parent);
    union entry entry;
    if (btree_find(d->entries, name, &entry))
        *number = entry.number;
    return 0;
}

/* May a name be added to this directory? */
static int may_add(const struct node *d, struct identity who)
{
    return d->links == 0 ? E_NOENT : node_allows(d, who, MAY_WRITE | MAY_EXECUTE);
}

/* May this entry be removed from this directory? */
static int may_remove(const struct node *d, const struct node *n, struct identity who)
{
    int error = node_allows(d, who, MAY_WRITE | MAY_EXECUTE);
    if (error)
        return error;
    bool others = who.user != 0 && who.user != n->user && who.user != d->user;
    return (d->mode & MODE_STICKY) && others ? E_PERM : 0;
}

/* Looks up a name that is to be new. */
static int look_up_new(struct vfs *v, struct identity who, uint64_t parent, struct str name)
{
    uint64_t number;
    if (is_special(name))
        return E_EXIST;
    int error = look_up(v, who, parent, name, &number);
    return error ? error : number ? E_EXIST : 0;
}

/* --- names: what is changed --------------------------------------------------------------- */

/* Makes room for one more name of an inode `n` of ours; answers the owned directory. */
static struct node *reserve_entry(struct vfs *v, uint64_t parent, struct str name)
{
    struct node *d = node_own(&v->nodes, parent, 0, v->meter);
    if (!d || btree_reserve(&d->entries, name, &number_kind, v->meter) < 0)
        return NULL;
    return d;
}

static void set_entry(struct vfs *v, struct node *d, struct str name, uint64_t number)
{
    btree_set(&d->entries, name, (union entry){.number = number}, &number_kind, v->meter);
}

/* Puts a new inode into the table and, if there is a directory, under a name in it. Takes `n` over. Its number. */
static int64_t add_node(struct vfs *v, struct node *n, uint64_t parent, struct str name)
{
    struct node *d = NULL;
    uint64_t number = v->next_number;
    n->epoch = n->content_epoch = v->epoch;
    uint64_t weight = node_weight(n, v->epoch) + (parent ? touch_weight(v, get(v, parent)) : 0);
    int error = afford(v, weight, 0);
    if (!error && parent && !(d = reserve_entry(v, parent, name)))
        error = E_NOMEM;
    if (!error)
        error = ptree_set(&v->nodes, number, &n->item, &node_kind, v->meter);
    if (error) {
        node_kind.drop(&n->item, v->meter);
        return error;
    }
    v->next_number++;
    v->disk += weight;
    int64_t time = vfs_time(v);
    touch(v, n, time, TIME_A | TIME_M | TIME_C);
    if (!parent)
        return (int64_t)number;
    node_add_link(n, parent, name, v->meter);
    set_entry(v, d, name, number);
    d->folders += n->kind == NODE_DIRECTORY;
    touch(v, d, time, TIME_M | TIME_C);
    return (int64_t)number;
}

int64_t vfs_make(struct vfs *v, struct identity who, uint64_t parent, struct str name, enum node_kind kind,
                 uint32_t mode, struct str target, uint32_t device)
{
    bool slash = take_slash(&name) && kind != NODE_DIRECTORY;
    if (slash && kind == NODE_FILE)
        return E_ISDIR;
    int error = look_up_new(v, who, parent, name);
    struct node *d = error ? NULL : get(v, parent);
    if (!error && slash)
        error = E_NOENT;
    if (!error)
        error = may_add(d, who);
    if (!error && kind == NODE_DEVICE && who.user != 0)
        error = E_PERM;
    if (!error && kind == NODE_LINK && target.length == 0)
        error = E_NOENT;
    if (!error && kind == NODE_LINK && target.length > VFS_PATH_MOST)
        error = E_NAMETOOLONG;
    if (error)
        return error;
    struct node *n = node_new(kind, name.length, v->meter);
    if (!n)
        return E_NOMEM;
    n->mode = (uint16_t)(kind == NODE_LINK ? 0777 : kind == NODE_DIRECTORY ? mode & 01777 : mode & 07777);
    n->user = who.user;
    n->group = who.group;
    if (d->mode & MODE_SETGID) {
        n->group = d->group;
        if (kind == NODE_DIRECTORY)
            n->mode |= MODE_SETGID;
        else if ((n->mode & 02010) == 02010 && who.user != 0 && who.group != d->group)
            n->mode &= (uint16_t)~MODE_SETGID;
    }
    n->device = kind == NODE_DEVICE ? device : 0;
    if (kind == NODE_LINK) {
        n->size = target.length;
        n->content = extent_copy(target, v->meter);
        if (!n->content) {
            node_kind.drop(&n->item, v->meter);
            return E_NOMEM;
        }
    }
    return add_node(v, n, parent, name);
}

int64_t vfs_make_nameless(struct vfs *v, struct identity who, uint32_t mode)
{
    struct node *n = node_new(NODE_FILE, 32, v->meter);
    if (!n)
        return E_NOMEM;
    n->mode = mode & 07777;
    n->user = who.user;
    n->group = who.group;
    n->flags = NODE_NAMELESS;
    return add_node(v, n, 0, str_of(NULL, 0));
}

/* A name that is to go: the inode it leads to, and what that means for the disk. */
struct victim {
    uint64_t number; /* 0: there is none */
    struct node *node;
    uint64_t weight, weight_after;
    bool dies; /* it has no other name and nobody holds it open */
};

static void victim_find(struct vfs *v, struct victim *x, uint64_t number)
{
    *x = (struct victim){.number = number};
    if (!number)
        return;
    struct node *n = get(v, number);
    x->node = n;
    x->weight = node_weight(n, v->epoch);
    x->dies = n->links == 1 && open_count(v, number) == 0;
    if (!x->dies)
        x->weight_after = x->weight + touch_weight(v, n) - (n->links > 1 ? NODE_WEIGHT : 0);
}

static int victim_reserve(struct vfs *v, struct victim *x, uint64_t parent, struct str name)
{
    if (!x->number)
        return 0;
    x->node = node_own(&v->nodes, x->number, x->node->links > 1 ? VFS_NAME_MOST : 0, v->meter);
    return x->node ? node_reserve_unlink(x->node, parent, name, v->meter) : E_NOMEM;
}

static void victim_remove(struct vfs *v, struct victim *x, uint64_t parent, struct str name, int64_t time)
{
    if (!x->number)
        return;
    touch(v, x->node, time, TIME_C);
    node_remove_link(x->node, parent, name, v->meter);
    v->disk = v->disk - x->weight + x->weight_after;
    if (x->dies)
        ptree_set(&v->nodes, x->number, NULL, &node_kind, v->meter);
}

/* What Debian's kernel asks of who links a file of someone else. */
static int may_link(const struct node *n, struct identity who)
{
    if (who.user == 0 || who.user == n->user)
        return 0;
    bool safe = n->kind == NODE_FILE && !(n->mode & MODE_SETUID) && (n->mode & 02010) != 02010;
    return safe && node_allows(n, who, MAY_READ | MAY_WRITE) == 0 ? 0 : E_PERM;
}

int vfs_link(struct vfs *v, struct identity who, uint64_t number, uint64_t parent, struct str name, bool replace)
{
    struct node *n = get(v, number);
    struct victim old;
    uint64_t there;
    if (!n)
        return E_NOENT;
    bool slash = take_slash(&name);
    if (is_special(name))
        return E_EXIST;
    int error = look_up(v, who, parent, name, &there);
    if (!error && there && !replace)
        error = E_EXIST;
    if (!error && slash)
        error = there ? E_NOTDIR : E_NOENT;
    if (!error)
        error = may_link(n, who);
    if (error)
        return error;
    struct node *d = get(v, parent);
    error = there ? may_remove(d, get(v, there), who) : may_add(d, who);
    if (!error && n->kind == NODE_DIRECTORY)
        error = E_PERM;
    if (!error && n->links == 0 && !(n->flags & NODE_NAMELESS))
        error = E_NOENT;
    if (!error && there && get(v, there)->kind == NODE_DIRECTORY)
        error = E_ISDIR;
    if (error || there == number)
        return error;

    victim_find(v, &old, there);
    uint64_t grows = touch_weight(v, n) + (n->links > 0 ? NODE_WEIGHT : 0);
    error = afford(v, grows + touch_weight(v, d) + old.weight_after, old.weight);
    if (error)
        return error;
    n = node_own(&v->nodes, number, name.length, v->meter);
    d = n ? reserve_entry(v, parent, name) : NULL;
    if (!d || node_reserve_link(n, parent, name, v->meter) < 0 || victim_reserve(v, &old, parent, name) < 0)
        return E_NOMEM;

    int64_t time = vfs_time(v);
    v->disk += grows + touch_weight(v, d);
    victim_remove(v, &old, parent, name, time);
    node_add_link(n, parent, name, v->meter);
    n->flags &= (uint8_t)~NODE_NAMELESS;
    set_entry(v, d, name, number);
    touch(v, n, time, TIME_C);
    touch(v, d, time, TIME_M | TIME_C);
    return 0;
}

/* Removes a name that may be removed. */
static int remove_name(struct vfs *v, uint64_t parent, struct str name, uint64_t number)
{
    struct victim x;
    struct node *d = get(v, parent);
    victim_find(v, &x, number);
    uint64_t grows = touch_weight(v, d);
    int error = afford(v, grows + x.weight_after, x.weight);
    if (error)
        return error;
    d = node_own(&v->nodes, parent, 0, v->meter);
    if (!d || btree_own_path(&d->entries, name, &number_kind, v->meter) < 0
        || victim_reserve(v, &x, parent, name) < 0)
        return E_NOMEM;

    int64_t time = vfs_time(v);
    v->disk += grows;
    d->folders -= x.node->kind == NODE_DIRECTORY;
    btree_remove(&d->entries, name, &number_kind, v->meter);
    touch(v, d, time, TIME_M | TIME_C);
    victim_remove(v, &x, parent, name, time);
    return 0;
}

int vfs_unlink(struct vfs *v, struct identity who, uint64_t parent, struct str name)
{
    uint64_t number;
    bool slash = take_slash(&name);
    if (is_special(name))
        return E_ISDIR;
    int error = look_up(v, who, parent, name, &number);
    if (!error && !number)
        error = E_NOENT;
    if (!error && slash)
        error = get(v, number)->kind == NODE_DIRECTORY ? E_ISDIR : E_NOTDIR;
    if (!error)
        error = may_remove(get(v, parent), get(v, number), who);
    if (!error && get(v, number)->kind == NODE_DIRECTORY)
        error = E_ISDIR;
    return error ? error : remove_name(v, parent, name, number);
}

/* Is this directory empty? */
static int check_empty(struct vfs *v, uint64_t number)
{
    struct node *n = get(v, number);
    if (n->flags & NODE_NOT_LOADED)
        return vfs_fault_at(v, FAULT_LISTING, number);
    return n->entries.count ? E_NOTEMPTY : 0;
}

int vfs_rmdir(struct vfs *v, struct identity who, uint64_t parent, struct str name)
{
    uint64_t number;
    take_slash(&name);
    if (is_special(name))
        return str_is(name, ".") ? E_INVAL : str_is(name, "..") ? E_NOTEMPTY : E_BUSY;
    int error = look_up(v, who, parent, name, &number);
    if (!error && !number)
        error = E_NOENT;
    if (!error)
        error = may_remove(get(v, parent), get(v, number), who);
    if (!error && get(v, number)->kind != NODE_DIRECTORY)
        error = E_NOTDIR;
    if (!error)
        error = check_empty(v, number);
    return error ? error : remove_name(v, parent, name, number);
}

/* Is `number` the directory `below`, or above it? *steps counts the directories passed. */
static bool is_above(const struct vfs *v, uint64_t number, uint64_t below, int64_t *steps)
{
    for (;; (*steps)++) {
        if (below == number)
            return true;
        struct node *n = get(v, below);
        if (!n || below == VFS_ROOT)
            return false;
        below = n->directory;
    }
}

/* What rename checks, in the order of Linux. */
static int check_rename(struct vfs *v, struct identity who, uint64_t from, uint64_t number, uint64_t to,
                        uint64_t there, int64_t *steps)
{
    struct node *n = get(v, number), *old = there ? get(v, there) : NULL;
    bool directory = n->kind == NODE_DIRECTORY;
    if (from != to && directory && is_above(v, number, to, steps))
        return E_INVAL;
    if (from != to && old && old->kind == NODE_DIRECTORY && is_above(v, there, from, steps))
        return E_NOTEMPTY;
    if (number == there)
        return 0;
    int error = may_remove(get(v, from), n, who);
    if (!error)
        error = old ? may_remove(get(v, to), old, who) : may_add(get(v, to), who);
    if (!error && old && directory != (old->kind == NODE_DIRECTORY))
        error = directory ? E_NOTDIR : E_ISDIR;
    if (!error && directory && from != to)
        error = node_allows(n, who, MAY_WRITE);
    if (!error && old && directory)
        error = check_empty(v, there);
    return error;
}

int vfs_rename(struct vfs *v, struct identity who, uint64_t from, struct str name, uint64_t to, struct str new_name)
{
    uint64_t number, there;
    bool slash = take_slash(&name);
    slash |= take_slash(&new_name);
    if (is_special(name) || is_special(new_name))
        return E_BUSY;
    int error = look_up(v, who, from, name, &number);
    if (!error && !number)
        error = E_NOENT;
    if (!error)
        error = look_up(v, who, to, new_name, &there);
    if (!error && slash && get(v, number)->kind != NODE_DIRECTORY)
        error = E_NOTDIR;
    if (error)
        return error;
    int64_t steps = 0;
    error = check_rename(v, who, from, number, to, there, &steps);
    if (error != E_WAIT)
        meter_charge(v->meter, steps);
    if (error || number == there)
        return error;

    struct victim old;
    struct node *n = get(v, number), *d = get(v, from), *e = get(v, to);
    victim_find(v, &old, there);
    uint64_t grows = touch_weight(v, n) + touch_weight(v, d) + (d == e ? 0 : touch_weight(v, e));
    error = afford(v, grows + old.weight_after, old.weight);
    if (error)
        return error;
    d = node_own(&v->nodes, from, 0, v->meter);
    e = d ? reserve_entry(v, to, new_name) : NULL;
    if (!e || btree_own_path(&d->entries, name, &number_kind, v->meter) < 0)
        return E_NOMEM;
    bool only = n->links == 1;
    n = node_own(&v->nodes, number, only ? new_name.length : VFS_NAME_MOST, v->meter);
    if (!n || node_reserve_unlink(n, from, name, v->meter) < 0)
        return E_NOMEM;
    if ((!only && node_reserve_link(n, to, new_name, v->meter) < 0) || victim_reserve(v, &old, to, new_name) < 0)
        return E_NOMEM;

    int64_t time = vfs_time(v);
    v->disk += grows;
    bool directory = n->kind == NODE_DIRECTORY;
    victim_remove(v, &old, to, new_name, time);
    set_entry(v, e, new_name, number);
    btree_remove(&d->entries, name, &number_kind, v->meter);
    if (!only)
        node_add_link(n, to, new_name, v->meter);
    node_remove_link(n, from, name, v->meter);
    if (only)
        node_add_link(n, to, new_name, v->meter);
    d->folders -= directory;
    e->folders += directory && !there;
    touch(v, n, time, TIME_C);
    touch(v, d, time, TIME_M | TIME_C);
    touch(v, e, time, TIME_M | TIME_C);
    return 0;
}

/* --- contents and attributes ----------------------------------------------------------------- */

/* The node of a file whose content may be changed, or an error. */
static int writable(struct vfs *v, uint64_t number, struct node **n)
{
    *n = get(v, number);
    if (!*n)
        return E_BADF;
    return (*n)->kind == NODE_FILE ? 0 : (*n)->kind == NODE_DIRECTORY ? E_ISDIR : E_INVAL;
}

/* A changed content ends what the old one was trusted with; what belongs to root is written by root. */
static void drop_privileges(struct node *n)
{
    if (n->user == 0)
        return;
    n->mode &= (uint16_t)~MODE_SETUID;
    if (n->mode & 010)
        n->mode &= (uint16_t)~MODE_SETGID;
}

/* Gives a file another size, and its bytes from `from` on to the caller to write to, added ones zero if `clear`. *n is the owned node. */
static int resize(struct vfs *v, uint64_t number, uint64_t size, uint64_t from, bool clear, struct node **n)
{
    uint64_t was = (*n)->content_epoch == v->epoch ? (*n)->size : 0;
    uint64_t grows = touch_weight(v, *n);
    int error = afford(v, grows + size, was);
    if (error)
        return error;
    *n = node_own(&v->nodes, number, 0, v->meter);
    if (!*n)
        return E_NOMEM;
    uint64_t old_size = (*n)->size;
    error = extent_resize(&(*n)->content, size, from, old_size > 0 && size > old_size && !clear, clear, v->meter);
    if (error)
        return error;
    if (from < old_size && size > 0)
        charge_seen(v, number, old_size);
    v->disk = v->disk + grows + size - was;
    (*n)->size = size;
    (*n)->content_epoch = v->epoch;
    if ((*n)->flags & NODE_FAILED)
        (*n)->device = 0;
    (*n)->flags &= (uint8_t)~(NODE_NOT_LOADED | NODE_UNREADABLE | NODE_FAILED);
    drop_privileges(*n);
    touch(v, *n, vfs_time(v), TIME_M | TIME_C);
    return 0;
}

static void charge_zeros(struct vfs *v, uint64_t count)
{
    meter_charge(v->meter, (int64_t)(count / METER_BYTES));
}

int64_t vfs_write(struct vfs *v, uint64_t number, uint64_t offset, struct str data)
{
    struct node *n;
    int error = writable(v, number, &n);
    if (error || data.length == 0)
        return error;
    if (n->flags & NODE_NOT_LOADED)
        return n->flags & NODE_UNREADABLE ? E_ACCES : vfs_fault_at(v, FAULT_CONTENT, number);
    if (offset > INT64_MAX || data.length > INT64_MAX - offset)
        return E_FBIG;
    uint64_t was = n->size, end = offset + data.length;
    error = resize(v, number, end > was ? end : was, offset, false, &n);
    if (error)
        return error;
    char *bytes = extent_data(n->content);
    if (offset > was) {
        memset(bytes + was, 0, (size_t)(offset - was));
        charge_zeros(v, offset - was);
    }
    memcpy(bytes + offset, data.data, data.length);
    return (int64_t)data.length;
}

int vfs_truncate(struct vfs *v, uint64_t number, uint64_t size)
{
    struct node *n;
    int error = writable(v, number, &n);
    if (error)
        return error;
    if (size > INT64_MAX)
        return E_INVAL;
    if (size > 0 && (n->flags & NODE_NOT_LOADED))
        return n->flags & NODE_UNREADABLE ? E_ACCES : vfs_fault_at(v, FAULT_CONTENT, number);
    uint64_t was = n->size;
    error = resize(v, number, size, size, true, &n);
    if (!error && size > was)
        charge_zeros(v, size - was);
    return error;
}

/* Owns a node whose attributes are to be changed. */
static int change(struct vfs *v, uint64_t number, struct node **n)
{
    uint64_t grows = touch_weight(v, *n);
    int error = afford(v, grows, 0);
    if (error)
        return error;
    *n = node_own(&v->nodes, number, 0, v->meter);
    if (!*n)
        return E_NOMEM;
    v->disk += grows;
    return 0;
}

int vfs_chmod(struct vfs *v, struct identity who, uint64_t number, uint32_t mode)
{
    struct node *n = get(v, number);
    if (!n)
        return E_NOENT;
    if (n->kind == NODE_LINK)
        return E_NOTSUP;
    if (who.user != 0 && who.user != n->user)
        return E_PERM;
    if (who.user != 0 && who.group != n->group)
        mode &= ~(uint32_t)MODE_SETGID;
    int error = change(v, number, &n);
    if (error)
        return error;
    n->mode = mode & 07777;
    touch(v, n, vfs_time(v), TIME_C);
    return 0;
}

int vfs_chown(struct vfs *v, struct identity who, uint64_t number, uint32_t user, uint32_t group)
{
    struct node *n = get(v, number);
    if (!n)
        return E_NOENT;
    bool owner = who.user == n->user;
    if (who.user != 0 && user != OWNER_SAME && !(owner && user == n->user))
        return E_PERM;
    if (who.user != 0 && group != OWNER_SAME && !(owner && (group == who.group || group == n->group)))
        return E_PERM;
    int error = change(v, number, &n);
    if (error)
        return error;
    if (user != OWNER_SAME)
        n->user = user;
    if (group != OWNER_SAME)
        n->group = group;
    if (n->kind != NODE_DIRECTORY) {
        n->mode &= (uint16_t)~MODE_SETUID;
        if (n->mode & 010)
            n->mode &= (uint16_t)~MODE_SETGID;
    }
    touch(v, n, vfs_time(v), TIME_C);
    return 0;
}

int vfs_set_times(struct vfs *v, struct identity who, uint64_t number, int64_t atime, int64_t mtime)
{
    struct node *n = get(v, number);
    if (!n)
        return E_NOENT;
    if (atime == TIME_SAME && mtime == TIME_SAME)
        return 0;
    bool owner = who.user == 0 || who.user == n->user;
    bool now = atime == TIME_NOW && mtime == TIME_NOW;
    if (!owner && !now)
        return E_PERM;
    if (!owner && node_allows(n, who, MAY_WRITE) < 0)
        return E_ACCES;
    int error = change(v, number, &n);
    if (error)
        return error;
    int64_t time = vfs_time(v);
    touch(v, n, time, TIME_C);
    if (atime != TIME_SAME)
        n->atime = atime == TIME_NOW ? time : atime;
    if (mtime != TIME_SAME)
        n->mtime = mtime == TIME_NOW ? time : mtime;
    return 0;
}
