/* base/ptree.c - a persistent array: a 64-bit index to an item, shared between copies. */
#include "base/ptree.h"

#include "limits/error.h"

#include <string.h>

enum { LEVELS = 13 }; /* of 5 bits: more than 64 */

static unsigned slot_of(uint64_t index, int height)
{
    return (unsigned)(index >> (PTREE_BITS * (height - 1))) & (PTREE_FANOUT - 1);
}

static bool holds(struct ptree t, uint64_t index)
{
    return t.root && (t.height >= LEVELS || index >> (PTREE_BITS * t.height) == 0);
}

static struct pnode *make(const struct item_kind *kind, struct meter *m)
{
    struct pnode *n = kind->charged ? shared_new(m, sizeof *n) : shared_new_uncharged(m, sizeof *n);
    if (!n)
        return NULL;
    n->item.weight = 0;
    n->present = 0;
    memset(n->child, 0, sizeof n->child);
    return n;
}

/* Recursion is bounded by the height, which is at most LEVELS. */
static void drop(struct item *i, int height, const struct item_kind *kind, struct meter *m)
{
    if (!shared_drop(i))
        return;
    if (height == 0) {
        kind->drop(i, m);
        return;
    }
    struct pnode *n = (struct pnode *)i;
    for (uint32_t left = n->present; left; left &= left - 1)
        drop(n->child[__builtin_ctz(left)], height - 1, kind, m);
    shared_free(m, n);
}

struct ptree ptree_share(struct ptree t)
{
    shared_keep(t.root);
    return t;
}

void ptree_release(struct ptree *t, const struct item_kind *kind, struct meter *m)
{
    if (t->root)
        drop(&t->root->item, t->height, kind, m);
    *t = (struct ptree){0};
}

struct item *ptree_get(struct ptree t, uint64_t index)
{
    if (!holds(t, index))
        return NULL;
    struct item *i = &t.root->item;
    for (int h = t.height; h > 0 && i; h--)
        i = ((struct pnode *)i)->child[slot_of(index, h)];
    return i;
}

/* A node that only this tree owns, in place of *slot. NULL when there is no memory. */
static struct pnode *own(struct item **slot, int height, const struct item_kind *kind, struct meter *m)
{
    struct pnode *n = (struct pnode *)*slot;
    if (shared_alone(n))
        return n;
    struct pnode *copy = make(kind, m);
    if (!copy)
        return NULL;
    copy->item.weight = n->item.weight;
    copy->present = n->present;
    memcpy(copy->child, n->child, sizeof copy->child);
    for (uint32_t left = n->present; left; left &= left - 1)
        shared_keep(n->child[__builtin_ctz(left)]);
    *slot = &copy->item;
    drop(&n->item, height, kind, m);
    return copy;
}

/* Owns the nodes on the way to `index` as far as there are any. Answers the height of the slot reached: 0 is the
 * item's own, more when it ends earlier at an empty one; below 0 is E_NOMEM. path[h] is the node of height h. */
static int own_path(struct ptree *t, uint64_t index, struct pnode *path[LEVELS + 1], const struct item_kind *kind,
                    struct meter *m)
{
    struct item *root = &t->root->item;
    struct item **slot = &root;
    for (int h = t->height; h > 0; h--) {
        if (!*slot)
            return h;
        struct pnode *n = own(slot, h, kind, m);
        if (h == t->height)
            t->root = (struct pnode *)root;
        if (!n)
            return E_NOMEM;
        path[h] = n;
        slot = &n->child[slot_of(index, h)];
    }
    return 0;
}

static int raise(struct ptree *t, uint64_t index, const struct item_kind *kind, struct meter *m)
{
    while (!holds(*t, index)) {
        struct pnode *above = make(kind, m);
        if (!above)
            return E_NOMEM;
        above->child[0] = &t->root->item;
        above->present = 1;
        above->item.weight = t->root->item.weight;
        t->root = above;
        t->height++;
    }
    return 0;
}

/* Nodes of height 1 to `height` with nothing but the way to `item`; NULL when there is no memory. */
static struct pnode *chain(int height, uint64_t index, struct item *item, const struct item_kind *kind,
                           struct meter *m)
{
    struct item *top = item;
    struct pnode *made[LEVELS];
    for (int h = 1; h <= height; h++) {
        struct pnode *n = make(kind, m);
        if (!n) {
            while (--h >= 1)
                shared_free(m, made[h - 1]);
            return NULL;
        }
        unsigned s = slot_of(index, h);
        n->child[s] = top;
        n->present = UINT32_C(1) << s;
        n->item.weight = item->weight;
        top = &n->item;
        made[h - 1] = n;
    }
    return (struct pnode *)top;
}

static int height_for(uint64_t index)
{
    int h = 1;
    while (h < LEVELS && index >> (PTREE_BITS * h))
        h++;
    return h;
}

static int add(struct ptree *t, uint64_t index, struct item *item, const struct item_kind *kind, struct meter *m)
{
    if (!t->root) {
        int height = height_for(index);
        struct pnode *root = chain(height, index, item, kind, m);
        if (!root)
            return E_NOMEM;
        *t = (struct ptree){.root = root, .height = height, .count = 1};
        return 0;
    }
    int error = raise(t, index, kind, m);
    if (error)
        return error;
    struct pnode *path[LEVELS + 1];
    int missing = own_path(t, index, path, kind, m);
    if (missing < 0)
        return missing;
    struct item *old = NULL, *top = item;
    if (missing > 0) {
        struct pnode *made = chain(missing, index, item, kind, m);
        if (!made)
            return E_NOMEM;
        top = &made->item;
    }
    struct pnode *at = path[missing + 1];
    unsigned s = slot_of(index, missing + 1);
    if (missing == 0)
        old = at->child[s];
    uint64_t change = item->weight - (old ? old->weight : 0);
    at->child[s] = top;
    at->present |= UINT32_C(1) << s;
    if (change)
        for (int h = missing + 1; h <= t->height; h++)
            path[h]->item.weight += change;
    if (old)
        drop(old, 0, kind, m);
    else
        t->count++;
    return 0;
}

static int take_out(struct ptree *t, uint64_t index, const struct item_kind *kind, struct meter *m)
{
    if (!ptree_get(*t, index))
        return 0;
    struct pnode *path[LEVELS + 1];
    if (own_path(t, index, path, kind, m) < 0)
        return E_NOMEM;
    struct item *old = path[1]->child[slot_of(index, 1)];
    for (int h = 1; h <= t->height; h++)
        path[h]->item.weight -= old->weight;
    t->count--;
    for (int h = 1;; h++) { /* nodes that have become empty go too */
        unsigned s = slot_of(index, h);
        path[h]->child[s] = NULL;
        path[h]->present &= ~(UINT32_C(1) << s);
        if (path[h]->present)
            break;
        shared_free(m, path[h]);
        if (h == t->height) {
            *t = (struct ptree){0};
            break;
        }
    }
    drop(old, 0, kind, m);
    return 0;
}

int ptree_set(struct ptree *t, uint64_t index, struct item *item, const struct item_kind *kind, struct meter *m)
{
    return item ? add(t, index, item, kind, m) : take_out(t, index, kind, m);
}

struct item *ptree_own(struct ptree *t, uint64_t index, struct item *(*copy)(const struct item *, struct meter *),
                       const struct item_kind *kind, struct meter *m, int *error)
{
    struct pnode *path[LEVELS + 1];
    *error = 0;
    if (!holds(*t, index))
        return NULL;
    struct item *i = &t->root->item;
    bool alone = shared_alone(i);
    for (int h = t->height; h > 0; h--) {
        i = ((struct pnode *)i)->child[slot_of(index, h)];
        if (!i)
            return NULL;
        alone = alone && ((h == 1 && !copy) || shared_alone(i));
    }
    if (alone)
        return i;
    if (own_path(t, index, path, kind, m) < 0) {
        *error = E_NOMEM;
        return NULL;
    }
    struct item **slot = &path[1]->child[slot_of(index, 1)];
    if (!copy || shared_alone(*slot))
        return *slot;
    struct item *own_item = copy(*slot, m);
    if (!own_item) {
        *error = E_NOMEM;
        return NULL;
    }
    own_item->weight = (*slot)->weight;
    struct item *old = *slot;
    *slot = own_item;
    drop(old, 0, kind, m);
    return own_item;
}

void ptree_weigh(struct ptree *t, uint64_t index, uint64_t weight)
{
    struct item *item = ptree_get(*t, index), *i = &t->root->item;
    uint64_t change = weight - item->weight;
    for (int h = t->height; h >= 0; h--) {
        i->weight += change;
        if (h > 0)
            i = ((struct pnode *)i)->child[slot_of(index, h)];
    }
}

uint64_t ptree_weight(struct ptree t)
{
    return t.root ? t.root->item.weight : 0;
}

struct item *ptree_next(struct ptree t, uint64_t *index)
{
    uint64_t at = *index;
    while (holds(t, at)) {
        struct pnode *n = t.root;
        for (int h = t.height;; h--) {
            int shift = PTREE_BITS * (h - 1);
            unsigned s = slot_of(at, h);
            uint32_t left = n->present & (UINT32_MAX << s);
            if (!left) { /* on behind this node, from the root again */
                if (h >= LEVELS || at >> (shift + PTREE_BITS) == UINT64_MAX >> (shift + PTREE_BITS))
                    return NULL;
                at = ((at >> (shift + PTREE_BITS)) + 1) << (shift + PTREE_BITS);
                break;
            }
            unsigned first = (unsigned)__builtin_ctz(left);
            if (first != s)
                at = ((at >> shift & ~(uint64_t)(PTREE_FANOUT - 1)) | first) << shift;
            struct item *child = n->child[first];
            if (h == 1) {
                *index = at;
                return child;
            }
            n = (struct pnode *)child;
        }
    }
    return NULL;
}

struct item *ptree_previous(struct ptree t, uint64_t *index)
{
    uint64_t at = *index;
    if (!t.root)
        return NULL;
    if (!holds(t, at))
        at = (UINT64_C(1) << (PTREE_BITS * t.height)) - 1;
    for (;;) {
        struct pnode *n = t.root;
        for (int h = t.height;; h--) {
            int shift = PTREE_BITS * (h - 1);
            unsigned s = slot_of(at, h);
            uint32_t left = n->present & (UINT32_MAX >> (PTREE_FANOUT - 1 - s));
            if (!left) { /* on before this node, from the root again */
                uint64_t first_here = h >= LEVELS ? 0 : at >> (shift + PTREE_BITS) << (shift + PTREE_BITS);
                if (first_here == 0)
                    return NULL;
                at = first_here - 1;
                break;
            }
            unsigned last = 31 - (unsigned)__builtin_clz(left);
            if (last != s) {
                uint64_t below = (UINT64_C(1) << shift) - 1;
                at = ((at >> shift & ~(uint64_t)(PTREE_FANOUT - 1)) | last) << shift | below;
            }
            struct item *child = n->child[last];
            if (h == 1) {
                *index = at;
                return child;
            }
            n = (struct pnode *)child;
        }
    }
}

struct comparison {
    uint64_t from;
    size_t most, found;
    ptree_change *report;
    void *user;
};

/* One side of a comparison at some height: a lower tree stands below slot 0 of the higher one. */
struct side {
    struct item *item;
    int height;
};

static struct side below(struct side s, int height, unsigned slot)
{
    if (s.height < height)
        return slot == 0 ? s : (struct side){NULL, height - 1};
    return (struct side){s.item ? ((struct pnode *)s.item)->child[slot] : NULL, height - 1};
}

static uint32_t present(struct side s, int height)
{
    return !s.item ? 0 : s.height < height ? 1 : ((struct pnode *)s.item)->present;
}

/* False when enough has been reported. */
static bool compare(struct comparison *c, struct side was, struct side is, int height, uint64_t base)
{
    if (was.item == is.item && was.height == is.height)
        return true;
    if (height == 0) {
        if (base < c->from)
            return true;
        if (c->found == c->most)
            return false;
        c->report(c->user, base, was.item, is.item);
        c->found++;
        c->from = base + 1;
        return true;
    }
    int shift = PTREE_BITS * (height - 1);
    for (uint32_t left = present(was, height) | present(is, height); left; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctz(left);
        uint64_t first = base | (uint64_t)slot << shift;
        if (first + ((UINT64_C(1) << shift) - 1) < c->from)
            continue;
        if (!compare(c, below(was, height, slot), below(is, height, slot), height - 1, first))
            return false;
    }
    return true;
}

size_t ptree_compare(struct ptree was, struct ptree is, uint64_t *from, size_t most, ptree_change *report, void *user)
{
    struct comparison c = {.from = *from, .most = most, .report = report, .user = user};
    int height = was.height > is.height ? was.height : is.height;
    compare(&c, (struct side){was.root ? &was.root->item : NULL, was.height},
            (struct side){is.root ? &is.root->item : NULL, is.height}, height, 0);
    *from = c.from;
    return c.found;
}
