/* vfs/extent.c - contents: contiguous bytes, ours or lent, counted. */
#include "vfs/node.h"

#include <string.h>

static size_t capacity(const struct extent *e)
{
    return e->lent ? 0 : e->shared.size - sizeof *e;
}

char *extent_data(struct extent *e)
{
    return (char *)(e + 1);
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
    atomic_init(&e->pins, 0);
    e->length = 0;
    e->lent = NULL;
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
        memcpy(extent_data(e), bytes.data, bytes.length);
    e->length = bytes.length;
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

void extent_drop(struct extent *e, struct meter *m)
{
    if (!shared_drop(e))
        return;
    if (e->lent && e->release)
        e->release(e->lender, str_of(e->lent, (size_t)e->length));
    shared_free(m, e);
}

void extent_release(struct extent *e, struct meter *m)
{
    if (!e)
        return;
    if (atomic_load_explicit(&e->shared.owners, memory_order_relaxed) != SHARED_FOREVER)
        atomic_fetch_sub_explicit(&e->pins, 1, memory_order_release);
    extent_drop(e, m);
}

int extent_resize(struct extent **e, uint64_t length, bool spare, bool clear, struct meter *m)
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
    if (old && !old->lent && shared_alone(old)) {
        size_t have = capacity(old);
        if (have < need || have - need > need / 8 + 64) {
            struct extent *moved = shared_resize(m, old, sizeof *old + wanted);
            if (!moved && have < need)
                return E_NOMEM;
            if (moved)
                *e = old = moved;
        }
    } else {
        struct extent *copy = make(wanted, m);
        if (!copy)
            return E_NOMEM;
        if (kept)
            memcpy(extent_data(copy), extent_bytes(old).data, (size_t)kept);
        extent_drop(old, m);
        *e = old = copy;
    }
    if (clear && need > kept)
        memset(extent_data(old) + kept, 0, need - (size_t)kept);
    old->length = length;
    return 0;
}
