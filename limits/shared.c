/* limits/shared.c - counted blocks that several sandboxes may hold together. */
#include "limits/shared.h"

static void *make(struct meter *m, size_t size, uint32_t charged)
{
    if (charged && !meter_take_memory(m, size))
        return NULL;
    struct shared *s = m->allocator.resize(m->allocator.user, NULL, 0, size);
    if (!s) {
        if (charged)
            meter_give_memory(m, size);
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
    size_t was = s->size;
    if (s->charged && size > was && !meter_take_memory(m, size - was))
        return NULL;
    struct shared *moved = m->allocator.resize(m->allocator.user, s, was, size);
    if (!moved) {
        if (s->charged && size > was)
            meter_give_memory(m, size - was);
        return NULL;
    }
    if (moved->charged && size < was)
        meter_give_memory(m, was - size);
    moved->size = size;
    return moved;
}

void shared_free(struct meter *m, void *thing)
{
    struct shared *s = thing;
    if (s->charged)
        meter_give_memory(m, s->size);
    m->allocator.resize(m->allocator.user, s, s->size, 0);
}
