/* limits/shared.c - counted blocks that several sandboxes may hold together. */
#include "limits/shared.h"

/* What a block of `size` bytes takes of the memory: an allocator has a word for each, and units of two words of 64 bits. */
static size_t weight(size_t size)
{
    return size < SIZE_MAX - 32 ? (size + 8 + 15) & ~(size_t)15 : size;
}

static void *make(struct meter *m, size_t size, uint32_t charged)
{
    if (charged && !meter_take_memory(m, weight(size)))
        return NULL;
    struct shared *s = m->allocator.resize(m->allocator.user, NULL, 0, size);
    if (!s) {
        if (charged)
            meter_give_memory(m, weight(size));
        return NULL;
    }
    atomic_init(&s->owners, 1);
    s->charged = charged;
    s->size = size;
    return s;
}

void *shared_new(struct meter *m, size_t size)
{
    return make(m, size, 1);
}

void *shared_new_uncharged(struct meter *m, size_t size)
{
    return make(m, size, 0);
}

void *shared_resize(struct meter *m, void *thing, size_t size)
{
    struct shared *s = thing;
    size_t was = weight(s->size), now = weight(size);
    if (s->charged && now > was && !meter_take_memory(m, now - was))
        return NULL;
    struct shared *moved = m->allocator.resize(m->allocator.user, s, s->size, size);
    if (!moved) {
        if (s->charged && now > was)
            meter_give_memory(m, now - was);
        return NULL;
    }
    if (moved->charged && now < was)
        meter_give_memory(m, was - now);
    moved->size = size;
    return moved;
}

void shared_free(struct meter *m, void *thing)
{
    struct shared *s = thing;
    if (s->charged)
        meter_give_memory(m, weight(s->size));
    m->allocator.resize(m->allocator.user, s, s->size, 0);
}
