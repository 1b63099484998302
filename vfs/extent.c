/* vfs/extent.c - contents: contiguous bytes, ours or lent, counted. */
#include "vfs/node.h"

#include <string.h>

static char *block(struct extent *e)
{
    return (char *)(e + 1);
}

static size_t capacity(const struct extent *e)
{
    return e->lent ? 0 : e->shared.size - sizeof *e;
}

char *extent_data(struct extent *e)
{
    return block(e->whole ? e->whole : e);
}

struct str extent_bytes(const struct extent *e)
{
    if (!e)
        return str_of("", 0);
    return str_of(e->lent ? e->lent : (const char *)(e + 1), (size_t)e->length);
}

static struct extent *make(size_t room, struct meter *m)
{
    struct extent *e = shared_new_uncharged(m, sizeof *e + room);
    if (!e)
        return NULL;
    atomic_init(&e->nodes, 1);
    e->length = e->used = 0;
    e->lent = NULL;
    e->whole = NULL;
    e->release = NULL;
    e->lender = NULL;
    return e;
}

struct extent *extent_copy(struct str bytes, struct meter *m)
{
    if (bytes.length > SIZE_MAX / 2)
        return NULL;
    struct extent *e = make(bytes.length, m);
    if (!e)
        return NULL;
    if (bytes.length)
        memcpy(block(e), bytes.data, bytes.length);
    e->length = e->used = bytes.length;
    return e;
}

struct extent *extent_lend(struct str bytes, void (*release)(void *, struct str), void *lender, struct meter *m)
{
    struct extent *e = make(0, m);
    if (!e)
        return NULL;
    e->length = bytes.length;
    e->lent = bytes.data ? bytes.data : "";
    e->release = release;
    e->lender = lender;
    return e;
}

static bool is_constant(const struct extent *e)
{
    return atomic_load_explicit(&((struct extent *)(uintptr_t)e)->shared.owners, memory_order_relaxed) == SHARED_FOREVER;
}

struct extent *extent_keep(struct extent *e)
{
    if (e && !is_constant(e))
        atomic_fetch_add_explicit(&e->nodes, 1, memory_order_relaxed);
    return shared_keep(e);
}

static void drop(struct extent *e, struct meter *m)
{
    if (!shared_drop(e))
        return;
    struct extent *whole = e->whole;
    if (e->lent && e->release)
        e->release(e->lender, str_of(e->lent, (size_t)e->length));
    shared_free(m, e);
    if (shared_drop(whole)) /* which stands in no other */
        shared_free(m, whole);
}

void extent_drop(struct extent *e, struct meter *m)
{
    if (e && !is_constant(e))
        atomic_fetch_sub_explicit(&e->nodes, 1, memory_order_release);
    drop(e, m);
}

void extent_release(struct extent *e, struct meter *m)
{
    drop(e, m);
}

static uint32_t node_count(const struct extent *e)
{
    return atomic_load_explicit(&((struct extent *)(uintptr_t)e)->nodes, memory_order_acquire);
}

bool extent_is_read(const struct extent *e)
{
    uint32_t owners = atomic_load_explicit(&((struct extent *)(uintptr_t)e)->shared.owners, memory_order_acquire);
    return owners != SHARED_FOREVER && owners > node_count(e);
}

/* An extent with one owner and a block of its own gets another size; the block may move. */
static int resize_alone(struct extent **e, size_t need, size_t wanted, struct meter *m)
{
    struct extent *old = *e;
    size_t have = capacity(old);
    if (have < need || have - need > need / 8 + 64) {
        struct extent *moved = shared_resize(m, old, sizeof *old + wanted);
        if (!moved && have < need)
            return E_NOMEM;
        if (moved)
            *e = moved;
    }
    (*e)->length = (*e)->used = need;
    return 0;
}

/* Is there room behind what anyone can see, and is it this node's to take? No other node holds the extent, and only by
 * copying this one's could another come to hold it. */
static bool may_go_on(struct extent *e, uint64_t length, uint64_t from)
{
    struct extent *whole = e->whole ? e->whole : e;
    return !is_constant(e) && from >= e->length && length > e->length && node_count(e) == 1
        && whole->used == e->length && capacity(whole) >= length;
}

static int go_on(struct extent **e, uint64_t length, struct meter *m)
{
    struct extent *old = *e, *whole = old->whole ? old->whole : old;
    if (!old->whole || !shared_alone(old)) {
        struct extent *longer = make(0, m);
        if (!longer)
            return E_NOMEM;
        longer->whole = shared_keep(whole);
        longer->lent = block(whole);
        extent_drop(old, m);
        *e = longer;
    }
    (*e)->length = whole->used = length;
    return 0;
}

static int replace(struct extent **e, size_t kept, size_t need, size_t wanted, struct meter *m)
{
    struct extent *copy = make(wanted, m);
    if (!copy)
        return E_NOMEM;
    if (kept)
        memcpy(block(copy), extent_bytes(*e).data, kept);
    copy->length = copy->used = need;
    extent_drop(*e, m);
    *e = copy;
    return 0;
}

int extent_resize(struct extent **e, uint64_t length, uint64_t from, bool spare, bool clear, struct meter *m)
{
    struct extent *old = *e;
    uint64_t was = old ? old->length : 0, kept = was < length ? was : length;
    if (length > SIZE_MAX / 2)
        return E_FBIG;
    if (length == 0) {
        extent_drop(old, m);
        *e = NULL;
        return 0;
    }
    size_t need = (size_t)length, wanted = spare ? need + need / 8 : need;
    int error;
    if (old && !old->lent && shared_alone(old))
        error = resize_alone(e, need, wanted, m);
    else if (old && may_go_on(old, length, from))
        error = go_on(e, length, m);
    else
        error = replace(e, (size_t)kept, need, wanted, m);
    if (!error && clear && need > kept)
        memset(extent_data(*e) + kept, 0, need - (size_t)kept);
    return error;
}
