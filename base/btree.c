/* base/btree.c - a persistent map from bytes to items, in byte order, shared between copies.
 *
 * All entries stand in leaves; an entry of an inner node is a child and a name that none
 * below it is under (that of the first child is not looked at). A node is one block: the
 * entries, then their names in any order, with gaps where names were removed. Names too
 * long for that are blocks of their own.
 *
 * Every change first makes the way to its leaf its own, with the room it needs, splitting
 * full nodes as it goes down; each of these steps leaves the same names and entries. So
 * running out of memory on the way changes nothing, and what follows cannot fail.
 */
#include "base/btree.h"

#include "limits/error.h"

_Static_assert(sizeof(struct bnode) % _Alignof(struct bentry) == 0, "entries follow a node");
_Static_assert(sizeof(struct bentry) % _Alignof(void *) == 0 && sizeof(struct bentry) == 24, "names follow entries");

enum { MOST = BTREE_FANOUT, LEAST = MOST / 4, LEVELS = 16 };

struct long_name {
    struct shared shared;
    char bytes[];
};

static char *names(const struct bnode *n)
{
    return (char *)(uintptr_t)(bnode_entries(n) + n->room);
}

static bool is_long(uint32_t length)
{
    return length > BTREE_SHORT;
}

static uint32_t stored(uint32_t length)
{
    return is_long(length) ? (uint32_t)sizeof(struct long_name *) : length;
}

static struct long_name *long_of(const struct bnode *n, const struct bentry *e)
{
    struct long_name *name;
    memcpy(&name, names(n) + e->offset, sizeof name);
    return name;
}

static const char *bytes_of(const struct bnode *n, const struct bentry *e)
{
    return is_long(e->length) ? long_of(n, e)->bytes : names(n) + e->offset;
}

static struct str name_of(const struct bnode *n, unsigned i)
{
    const struct bentry *e = &bnode_entries(n)[i];
    return str_of(bytes_of(n, e), e->length);
}

static uint64_t big(const char *p, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | (unsigned char)p[i];
    return value;
}

/* The first 8 bytes of a name as a number that orders as they do; zeros behind a shorter one. */
static uint64_t head_of(struct str s)
{
    if (s.length >= 8)
        return big(s.data, 8);
    if (s.length >= 4) {
        uint64_t end = big(s.data + s.length - 4, 4);
        return big(s.data, 4) << 32 | (end << (64 - 8 * s.length) & UINT32_MAX);
    }
    return s.length == 0 ? 0 : big(s.data, (int)s.length) << (64 - 8 * s.length);
}

/* The order of a name, whose head is given, against that of an entry. */
static int order(struct str s, uint64_t head, const struct bnode *n, const struct bentry *e)
{
    if (head != e->head)
        return head < e->head ? -1 : 1;
    if (s.length > 8 && e->length > 8) {
        size_t shorter = s.length < e->length ? s.length : e->length;
        int o = memcmp(s.data + 8, bytes_of(n, e) + 8, shorter - 8);
        if (o)
            return o;
    }
    return (s.length > e->length) - (s.length < e->length);
}

/* The first entry whose name is not below `s`; *equal when it is `s`. Looks from `from` on. */
static unsigned find(const struct bnode *n, unsigned from, struct str s, uint64_t head, bool *equal)
{
    const struct bentry *entries = bnode_entries(n);
    unsigned low = from, high = n->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        int o = order(s, head, n, &entries[middle]);
        if (o == 0) {
            *equal = true;
            return middle;
        }
        if (o > 0)
            low = middle + 1;
        else
            high = middle;
    }
    *equal = false;
    return low;
}

/* The child below which `s` stands. */
static unsigned find_child(const struct bnode *n, struct str s, uint64_t head)
{
    bool equal;
    unsigned i = find(n, 1, s, head, &equal);
    return equal ? i : i - 1;
}

static size_t node_size(unsigned room, uint32_t names_room)
{
    size_t size = sizeof(struct bnode) + room * sizeof(struct bentry) + names_room;
    return (size + 15) & ~(size_t)15;
}

static struct bnode *make(unsigned height, unsigned room, uint32_t names_room, const struct item_kind *kind,
                          struct meter *m)
{
    size_t size = node_size(room, names_room);
    struct bnode *n = kind->charged ? shared_new(m, size) : shared_new_uncharged(m, size);
    if (!n)
        return NULL;
    n->height = (uint16_t)height;
    n->count = 0;
    n->room = (uint16_t)room;
    n->longs = 0;
    n->names_used = n->names_live = 0;
    n->names_room = (uint32_t)(size - sizeof *n - room * sizeof(struct bentry));
    return n;
}

static void drop_entry(struct bnode *n, unsigned i, const struct item_kind *kind, struct meter *m);

/* Recursion is bounded by the height, which is below LEVELS. */
static void drop(struct bnode *n, const struct item_kind *kind, struct meter *m)
{
    if (!shared_drop(n))
        return;
    if (n->height > 0 || kind->drop || n->longs)
        for (unsigned i = 0; i < n->count; i++)
            drop_entry(n, i, kind, m);
    shared_free(m, n);
}

static void drop_item(struct item *item, const struct item_kind *kind, struct meter *m)
{
    if (kind->drop && shared_drop(item))
        kind->drop(item, m);
}

static void drop_name(struct bnode *n, struct bentry *e, struct meter *m)
{
    if (is_long(e->length)) {
        struct long_name *name = long_of(n, e);
        if (shared_drop(name))
            shared_free(m, name);
    }
}

/* Releases what entry i refers to; the entry itself stays. */
static void drop_entry(struct bnode *n, unsigned i, const struct item_kind *kind, struct meter *m)
{
    struct bentry *e = &bnode_entries(n)[i];
    drop_name(n, e, m);
    if (n->height > 0)
        drop(e->child, kind, m);
    else
        drop_item(e->entry.item, kind, m);
}

/* Puts an entry at i; there is room. The name stands in `stored` form: its bytes, or the pointer to a long one. */
static void put(struct bnode *n, unsigned i, uint64_t head, const void *name, uint32_t length, union entry entry,
                struct bnode *child)
{
    struct bentry *entries = bnode_entries(n);
    memmove(&entries[i + 1], &entries[i], (n->count - i) * sizeof *entries);
    struct bentry *e = &entries[i];
    if (n->height > 0)
        e->child = child;
    else
        e->entry = entry;
    e->head = head;
    e->length = length;
    e->offset = n->names_used;
    memcpy(names(n) + e->offset, name, stored(length));
    n->names_used += stored(length);
    n->names_live += stored(length);
    n->longs += is_long(length);
    n->count++;
}

/* Moves entry i of `from`, with its references, behind the last of `to`, which has room. */
static void append(struct bnode *to, const struct bnode *from, unsigned i)
{
    const struct bentry *e = &bnode_entries(from)[i];
    put(to, to->count, e->head, names(from) + e->offset, e->length, e->entry, e->child);
}

/* Forgets entry i: its references have gone elsewhere, or been dropped. */
static void cut(struct bnode *n, unsigned i)
{
    struct bentry *entries = bnode_entries(n);
    n->names_live -= stored(entries[i].length);
    n->longs -= is_long(entries[i].length);
    n->count--;
    memmove(&entries[i], &entries[i + 1], (n->count - i) * sizeof *entries);
    if (n->count == 0)
        n->names_used = 0;
}

static void keep_entries(const struct bnode *n, unsigned from, unsigned to, const struct item_kind *kind)
{
    if (n->height == 0 && !kind->drop && !n->longs)
        return;
    const struct bentry *entries = bnode_entries(n);
    for (unsigned i = from; i < to; i++) {
        if (n->height > 0)
            shared_keep(entries[i].child);
        else if (kind->drop)
            shared_keep(entries[i].entry.item);
        if (is_long(entries[i].length))
            shared_keep(long_of(n, &entries[i]));
    }
}

/* Makes *slot a node that only this tree owns, with room for `more` entries and `bytes` of stored names. */
static int own(struct bnode **slot, unsigned more, uint32_t bytes, const struct item_kind *kind, struct meter *m)
{
    struct bnode *n = *slot;
    bool alone = shared_alone(n);
    unsigned need = n->count + more;
    if (alone && need <= n->room && bytes <= n->names_room - n->names_used)
        return 0;
    unsigned room = n->room;
    while (room < need)
        room = room * 2 < MOST ? room * 2 : MOST;
    uint32_t names_room = n->names_live + bytes;
    if (bytes > 0 && names_room > n->names_room / 4 * 3)
        names_room += names_room / 2; /* so that it is not made anew for each name that comes and goes */
    else if (names_room < n->names_room)
        names_room = n->names_room;
    struct bnode *copy = make(n->height, room, names_room, kind, m);
    if (!copy)
        return E_NOMEM;
    if (n->names_used == n->names_live) {
        memcpy(bnode_entries(copy), bnode_entries(n), n->count * sizeof(struct bentry));
        memcpy(names(copy), names(n), n->names_used);
        copy->count = n->count;
        copy->longs = n->longs;
        copy->names_used = copy->names_live = n->names_used;
    } else {
        for (unsigned i = 0; i < n->count; i++)
            append(copy, n, i);
    }
    *slot = copy;
    if (alone) {
        shared_free(m, n);
    } else {
        keep_entries(n, 0, n->count, kind);
        drop(n, kind, m);
    }
    return 0;
}

struct btree btree_share(struct btree t)
{
    shared_keep(t.root);
    return t;
}

void btree_release(struct btree *t, const struct item_kind *kind, struct meter *m)
{
    drop(t->root, kind, m);
    *t = (struct btree){0};
}

static const struct bentry *lookup(struct btree t, struct str name)
{
    const struct bnode *n = t.root;
    if (!n)
        return NULL;
    uint64_t head = head_of(name);
    while (n->height > 0)
        n = bnode_entries(n)[find_child(n, name, head)].child;
    bool equal;
    unsigned i = find(n, 0, name, head, &equal);
    return equal ? &bnode_entries(n)[i] : NULL;
}

bool btree_find(struct btree t, struct str name, union entry *entry)
{
    const struct bentry *e = lookup(t, name);
    if (e)
        *entry = e->entry;
    return e != NULL;
}

/* A name as an entry stores it: the bytes, or a pointer to a long one, of which one reference is taken. */
struct given_name {
    const void *stored;
    uint32_t length;
    uint64_t head;
    struct long_name *kept;
};

static int give_name(struct given_name *g, struct str s, const struct item_kind *kind, struct meter *m)
{
    g->length = (uint32_t)s.length;
    g->head = head_of(s);
    g->kept = NULL;
    g->stored = s.data ? s.data : "";
    if (!is_long(g->length))
        return 0;
    size_t size = sizeof *g->kept + s.length;
    g->kept = kind->charged ? shared_new(m, size) : shared_new_uncharged(m, size);
    if (!g->kept)
        return E_NOMEM;
    memcpy(g->kept->bytes, s.data, s.length);
    g->stored = &g->kept;
    return 0;
}

/* The shortest name above all of `left` and not above any of `right`: where the two meet. */
static struct str separator(const struct bnode *left, const struct bnode *right)
{
    struct str a = name_of(left, left->count - 1), b = name_of(right, 0);
    size_t same = 0;
    while (same < a.length && same < b.length && a.data[same] == b.data[same])
        same++;
    return str_first(b, same + 1);
}

/* Splits the full child i of *slot; both are owned, *slot is not full. `at` is where the next entry will go. */
static int split(struct bnode **slot, unsigned i, unsigned at, const struct item_kind *kind, struct meter *m)
{
    struct bnode *left = bnode_entries(*slot)[i].child;
    unsigned stay = at >= MOST ? MOST - MOST / 8 : at == 0 ? MOST / 8 : MOST / 2;
    uint32_t bytes = 0;
    for (unsigned k = stay; k < MOST; k++)
        bytes += stored(bnode_entries(left)[k].length);
    struct bnode *right = make(left->height, MOST, bytes + bytes / 2, kind, m);
    if (!right)
        return E_NOMEM;
    for (unsigned k = stay; k < MOST; k++)
        append(right, left, k);
    unsigned whole = left->count;
    left->count = (uint16_t)stay; /* for separator only, until nothing can fail */
    struct str between = left->height > 0 ? name_of(right, 0) : separator(left, right);
    struct given_name name;
    int error = give_name(&name, between, kind, m);
    if (!error)
        error = own(slot, 1, stored(name.length), kind, m);
    if (error) {
        left->count = (uint16_t)whole;
        if (name.kept)
            shared_free(m, name.kept);
        shared_free(m, right);
        return error;
    }
    left->names_live -= bytes;
    left->longs -= right->longs;
    put(*slot, i + 1, name.head, name.stored, name.length, (union entry){.number = 0}, right);
    return 0;
}

/* Owns the way to where `s` is or would stand, with room for it there. */
static int reserve(struct btree *t, struct str s, uint64_t head, const struct item_kind *kind, struct meter *m)
{
    uint32_t bytes = stored((uint32_t)s.length);
    if (!t->root) {
        t->root = make(0, 4, bytes < 40 ? 64 : bytes, kind, m);
        return t->root ? 0 : E_NOMEM;
    }
    int error = own(&t->root, 0, 0, kind, m);
    if (error)
        return error;
    bool equal;
    if (t->root->count == MOST) {
        struct bnode *above = make(t->root->height + 1u, 4, 64, kind, m);
        if (!above)
            return E_NOMEM;
        put(above, 0, 0, "", 0, (union entry){.number = 0}, t->root);
        unsigned at = find(t->root, 0, s, head, &equal);
        struct bnode *root = above;
        error = split(&root, 0, at, kind, m);
        if (error) {
            shared_free(m, root);
            return error;
        }
        t->root = root;
    }
    struct bnode **slot = &t->root;
    while ((*slot)->height > 0) {
        unsigned i = find_child(*slot, s, head);
        struct bnode **child = &bnode_entries(*slot)[i].child;
        error = own(child, 0, 0, kind, m);
        if (error)
            return error;
        if ((*child)->count == MOST) {
            error = split(slot, i, find(*child, 0, s, head, &equal), kind, m);
            if (error)
                return error;
            i = find_child(*slot, s, head);
            child = &bnode_entries(*slot)[i].child;
        }
        slot = child;
    }
    return own(slot, 1, bytes, kind, m);
}

int btree_reserve(struct btree *t, struct str name, const struct item_kind *kind, struct meter *m)
{
    return name.length >= UINT32_MAX ? E_NOMEM : reserve(t, name, head_of(name), kind, m);
}

int btree_set(struct btree *t, struct str name, union entry entry, const struct item_kind *kind, struct meter *m)
{
    if (name.length >= UINT32_MAX)
        return E_NOMEM;
    if (kind->drop) { /* where pointers are short, the rest of the union is compared too */
        struct item *item = entry.item;
        entry.number = 0;
        entry.item = item;
    }
    uint64_t head = head_of(name);
    int error = reserve(t, name, head, kind, m);
    if (error)
        return error;
    struct bnode *n = t->root;
    while (n->height > 0)
        n = bnode_entries(n)[find_child(n, name, head)].child;
    bool equal;
    unsigned i = find(n, 0, name, head, &equal);
    if (equal) {
        union entry *old = &bnode_entries(n)[i].entry, was = *old;
        *old = entry;
        if (kind->drop)
            drop_item(was.item, kind, m);
        return 0;
    }
    struct given_name given;
    error = give_name(&given, name, kind, m);
    if (error)
        return error;
    put(n, i, head, given.stored, given.length, entry, NULL);
    t->count++;
    return 0;
}

/* Owns the way to `s`, which is there: path[h] the slot of the node of height h, at[h] the entry in it. */
static int own_path(struct btree *t, struct str s, struct bnode **path[LEVELS], unsigned at[LEVELS],
                    const struct item_kind *kind, struct meter *m)
{
    uint64_t head = head_of(s);
    struct bnode **slot = &t->root;
    for (;;) {
        int error = own(slot, 0, 0, kind, m);
        if (error)
            return error;
        unsigned h = (*slot)->height;
        bool equal;
        path[h] = slot;
        at[h] = h > 0 ? find_child(*slot, s, head) : find(*slot, 0, s, head, &equal);
        if (h == 0)
            return 0;
        slot = &bnode_entries(*slot)[at[h]].child;
    }
}

int btree_own_path(struct btree *t, struct str name, const struct item_kind *kind, struct meter *m)
{
    struct bnode **path[LEVELS];
    unsigned at[LEVELS];
    return lookup(*t, name) ? own_path(t, name, path, at, kind, m) : E_NOENT;
}

/* Joins children i and i + 1 of an owned node when they are small enough; when there is no memory they stay. */
static void join(struct bnode *n, unsigned i, const struct item_kind *kind, struct meter *m)
{
    struct bentry *entries = bnode_entries(n);
    struct bnode **slot = &entries[i].child;
    struct bnode *right = entries[i + 1].child;
    if ((*slot)->count + right->count > MOST * 3 / 4)
        return;
    uint32_t bytes = right->names_live;
    struct bentry *between = &entries[i + 1];
    if (right->height > 0) /* the first child's name is told by the node above only */
        bytes += stored(between->length);
    if (own(slot, right->count, bytes, kind, m) < 0)
        return;
    struct bnode *left = *slot;
    unsigned first = left->count;
    bool alone = shared_alone(right);
    if (!alone)
        keep_entries(right, 0, right->count, kind);
    for (unsigned k = 0; k < right->count; k++)
        append(left, right, k);
    if (left->height > 0) {
        struct bentry *e = &bnode_entries(left)[first];
        drop_name(left, e, m);
        left->names_live -= stored(e->length);
        left->longs -= is_long(e->length);
        e->head = between->head;
        e->length = between->length;
        e->offset = left->names_used;
        memcpy(names(left) + e->offset, names(n) + between->offset, stored(e->length));
        left->names_used += stored(e->length);
        left->names_live += stored(e->length);
        left->longs += is_long(e->length);
    } else {
        drop_name(n, between, m);
    }
    if (alone)
        shared_free(m, right);
    else
        drop(right, kind, m);
    cut(n, i + 1);
}

int btree_remove(struct btree *t, struct str name, const struct item_kind *kind, struct meter *m)
{
    struct bnode **path[LEVELS];
    unsigned at[LEVELS];
    if (!lookup(*t, name))
        return E_NOENT;
    int error = own_path(t, name, path, at, kind, m);
    if (error)
        return error;
    unsigned top = t->root->height;
    drop_entry(*path[0], at[0], kind, m);
    cut(*path[0], at[0]);
    t->count--;
    for (unsigned h = 0; h < top; h++) {
        struct bnode *n = *path[h], *above = *path[h + 1];
        unsigned i = at[h + 1];
        if (n->count == 0) {
            drop_entry(above, i, kind, m);
            cut(above, i);
        } else if (n->count < LEAST) {
            if (i > 0)
                join(above, i - 1, kind, m);
            else if (above->count > 1)
                join(above, i, kind, m);
        } else {
            break;
        }
    }
    while (t->root->height > 0 && t->root->count == 1) {
        struct bnode *root = t->root;
        drop_name(root, bnode_entries(root), m);
        t->root = bnode_entries(root)[0].child;
        shared_free(m, root);
        if (!shared_alone(t->root))
            break; /* the next level is not ours to take apart; it does no harm */
    }
    if (t->root->count == 0)
        btree_release(t, kind, m);
    return 0;
}

struct item *btree_own(struct btree *t, struct str name, struct item *(*copy)(const struct item *, struct meter *),
                       const struct item_kind *kind, struct meter *m, int *error)
{
    struct bnode **path[LEVELS];
    unsigned at[LEVELS];
    *error = 0;
    if (!lookup(*t, name))
        return NULL;
    *error = own_path(t, name, path, at, kind, m);
    if (*error)
        return NULL;
    struct item **slot = &bnode_entries(*path[0])[at[0]].entry.item;
    if (!copy || shared_alone(*slot))
        return *slot;
    struct item *own_item = copy(*slot, m);
    if (!own_item) {
        *error = E_NOMEM;
        return NULL;
    }
    struct item *old = *slot;
    *slot = own_item;
    drop_item(old, kind, m);
    return own_item;
}

/* Places a walk before the first entry above `after`. */
static void seek(struct btree_walk *w, struct btree t, const struct str *after)
{
    const struct bnode *n = t.root;
    w->depth = 0;
    if (!n)
        return;
    uint64_t head = after ? head_of(*after) : 0;
    for (;; w->depth++) {
        unsigned i = 0;
        bool equal = false;
        if (after && n->height > 0)
            i = find_child(n, *after, head);
        else if (after)
            i = find(n, 0, *after, head, &equal);
        w->path[w->depth] = n;
        w->at[w->depth] = (uint16_t)(i + equal);
        if (n->height == 0)
            break;
        n = bnode_entries(n)[i].child;
    }
    w->depth++;
}

void btree_walk_start(struct btree_walk *w, struct btree t)
{
    seek(w, t, NULL);
}

bool btree_walk_next(struct btree_walk *w, struct str *name, union entry *entry)
{
    while (w->depth > 0) {
        int d = w->depth - 1;
        const struct bnode *n = w->path[d];
        if (w->at[d] < n->count && n->height == 0) {
            unsigned i = w->at[d]++;
            *name = name_of(n, i);
            *entry = bnode_entries(n)[i].entry;
            return true;
        }
        if (w->at[d] < n->count) {
            w->path[w->depth] = bnode_entries(n)[w->at[d]].child;
            w->at[w->depth] = 0;
            w->depth++;
            continue;
        }
        w->depth--;
        if (w->depth > 0)
            w->at[w->depth - 1]++;
    }
    return false;
}

bool btree_next(struct btree t, const struct str *after, struct str *name, union entry *entry)
{
    struct btree_walk w;
    seek(&w, t, after);
    return btree_walk_next(&w, name, entry);
}

/* Where one side of a comparison stands: an entry of a leaf, or a child not yet entered. */
static const struct bentry *current(struct btree_walk *w, const struct bnode **node)
{
    while (w->depth > 0) {
        int d = w->depth - 1;
        *node = w->path[d];
        if (w->at[d] < (*node)->count)
            return &bnode_entries(*node)[w->at[d]];
        w->depth--;
        if (w->depth > 0)
            w->at[w->depth - 1]++;
    }
    return NULL;
}

static void enter(struct btree_walk *w, const struct bentry *e)
{
    w->path[w->depth] = e->child;
    w->at[w->depth] = 0;
    w->depth++;
}

/* Is all below the child that `w` stands at above this name? */
static bool is_above(const struct btree_walk *w, const struct bnode *n, const struct bentry *e, struct str name)
{
    return w->at[w->depth - 1] > 0 && order(name, head_of(name), n, e) < 0;
}

size_t btree_compare(struct btree was, struct btree is, struct str *from, size_t most, btree_change *report, void *user)
{
    struct btree_walk a, b;
    const struct bnode *m = NULL, *n = NULL;
    size_t found = 0;
    if (was.root == is.root)
        return 0;
    seek(&a, was, from->length ? from : NULL);
    seek(&b, is, from->length ? from : NULL);
    while (found < most) {
        const struct bentry *x = current(&a, &m), *y = current(&b, &n);
        if (!x && !y)
            break;
        unsigned high_x = x ? m->height : 0, high_y = y ? n->height : 0;
        if (x && y && high_x > 0 && x->child == y->child && high_y == high_x) {
            a.at[a.depth - 1]++;
            b.at[b.depth - 1]++;
            continue;
        }
        bool only_x = x && high_x == 0 && (!y || (high_y > 0 && is_above(&b, n, y, name_of(m, a.at[a.depth - 1]))));
        bool only_y = y && high_y == 0 && (!x || (high_x > 0 && is_above(&a, m, x, name_of(n, b.at[b.depth - 1]))));
        if (!only_x && !only_y && (high_x > 0 || high_y > 0)) {
            if (high_x >= high_y)
                enter(&a, x);
            if (high_y >= high_x)
                enter(&b, y);
            continue;
        }
        int o = only_x ? -1 : only_y ? 1 : str_compare(name_of(m, a.at[a.depth - 1]), name_of(n, b.at[b.depth - 1]));
        struct str name = o <= 0 ? name_of(m, a.at[a.depth - 1]) : name_of(n, b.at[b.depth - 1]);
        if (o <= 0)
            a.at[a.depth - 1]++;
        if (o >= 0)
            b.at[b.depth - 1]++;
        if (o == 0 && x->entry.number == y->entry.number)
            continue;
        report(user, name, o <= 0 ? &x->entry : NULL, o >= 0 ? &y->entry : NULL);
        *from = name;
        found++;
    }
    return found;
}
