/* limits/shared.h - things that several tasks, or several sandboxes of a family, hold together.
 *
 * Such a thing begins with `struct shared` and is immutable while it has more than one
 * owner; its only owner may change it in place. Counts are atomic, since forks may run on
 * different threads. Making one fails softly (NULL): nothing is unwound through the
 * rooms that build trees of them. A count of SHARED_FOREVER marks constants in read-only
 * data: they are neither counted nor freed.
 */
#ifndef LIMITS_SHARED_H
#define LIMITS_SHARED_H

#include "limits/meter.h"

#define SHARED_FOREVER UINT32_MAX

struct shared {
    _Atomic uint32_t owners;
    uint32_t charged; /* counted as memory of a run (1), or as disk or the host's (0) */
    size_t size;      /* bytes of this block, header included */
};

/* A block of `size` bytes that begins with struct shared, one owner, the rest not cleared.
 * NULL when there is no memory. The first counts against the memory limit of `m`, the
 * second does not (contents and nodes of files: they are disk). */
void *shared_new(struct meter *m, size_t size);
void *shared_new_uncharged(struct meter *m, size_t size);

/* Resizes a block with one owner; NULL when there is no memory, and then it is as it was. */
void *shared_resize(struct meter *m, void *thing, size_t size);

/* Frees the block whatever its count: for the caller that shared_drop told it was the last. */
void shared_free(struct meter *m, void *thing);

static inline void *shared_keep(void *thing)
{
    struct shared *s = thing;
    if (s && atomic_load_explicit(&s->owners, memory_order_relaxed) != SHARED_FOREVER)
        atomic_fetch_add_explicit(&s->owners, 1, memory_order_relaxed);
    return thing;
}

/* Gives up one reference: true when it was the last, and the caller now drops what the
 * thing holds and then calls shared_free. NULL is allowed (false). */
static inline bool shared_drop(void *thing)
{
    struct shared *s = thing;
    if (!s)
        return false;
    uint32_t owners = atomic_load_explicit(&s->owners, memory_order_acquire);
    if (owners == SHARED_FOREVER)
        return false;
    if (owners == 1)
        return true;
    return atomic_fetch_sub_explicit(&s->owners, 1, memory_order_acq_rel) == 1;
}

/* May the caller, who holds a reference, change it in place? */
static inline bool shared_alone(const void *thing)
{
    const struct shared *s = thing;
    return atomic_load_explicit(&((struct shared *)(uintptr_t)s)->owners, memory_order_acquire) == 1;
}

#endif
