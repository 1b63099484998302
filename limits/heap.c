/* limits/heap.c - counted memory that dies with its owner. */
#include "limits/heap.h"

#include <string.h>

/* A block is preceded by one word: its capacity in bytes, and whether it is large. */
enum { HEADER = sizeof(uint64_t), LARGE = 1, UNIT = 16, SMALL_MOST = (HEAP_CLASSES - 1) * UNIT };
enum { PAGE_KINDS = 4, PAGE_FIRST = 1024, POOL_KEPT = 16 };

struct page {
    struct page *next;
    uint32_t kind; /* PAGE_FIRST << 2 * kind bytes */
    uint32_t unused;
    char data[];
};

struct large {
    struct large *next, **link;
    size_t total; /* bytes taken from the allocator */
    uint64_t header;
};

struct pool {
    struct page *free[PAGE_KINDS];
    int count[PAGE_KINDS];
};

static void *take(struct meter *m, size_t size)
{
    if (!meter_take_memory(m, size))
        return NULL;
    void *memory = m->allocator.resize(m->allocator.user, NULL, 0, size);
    if (!memory)
        meter_give_memory(m, size);
    return memory;
}

static void give(struct meter *m, void *memory, size_t size)
{
    m->allocator.resize(m->allocator.user, memory, size, 0);
    meter_give_memory(m, size);
}

void heap_init(struct heap *h, struct meter *meter)
{
    memset(h, 0, sizeof *h);
    h->meter = meter;
}

void heap_move(struct heap *to, struct heap *from)
{
    *to = *from;
    if (to->large)
        to->large->link = &to->large;
    if (to->holds)
        to->holds->link = &to->holds;
    heap_init(from, from->meter);
}

static size_t page_size(unsigned kind)
{
    return (size_t)PAGE_FIRST << (2 * kind);
}

static struct page *page_take(struct meter *m, unsigned kind)
{
    struct pool *pool = m->pool;
    struct page *p = pool ? pool->free[kind] : NULL;
    if (p) {
        pool->free[kind] = p->next;
        pool->count[kind]--;
        return p;
    }
    p = take(m, page_size(kind));
    if (p)
        p->kind = kind;
    return p;
}

static void page_give(struct meter *m, struct page *p)
{
    if (!m->pool) {
        m->pool = m->allocator.resize(m->allocator.user, NULL, 0, sizeof *m->pool);
        if (m->pool)
            memset(m->pool, 0, sizeof *m->pool);
    }
    struct pool *pool = m->pool;
    if (!pool || pool->count[p->kind] == POOL_KEPT) {
        give(m, p, page_size(p->kind));
        return;
    }
    p->next = pool->free[p->kind];
    pool->free[p->kind] = p;
    pool->count[p->kind]++;
}

void pool_trim(struct meter *m)
{
    struct pool *pool = m->pool;
    if (!pool)
        return;
    for (int kind = 0; kind < PAGE_KINDS; kind++)
        while (pool->free[kind]) {
            struct page *p = pool->free[kind];
            pool->free[kind] = p->next;
            give(m, p, page_size((unsigned)kind));
        }
    m->pool = NULL;
    m->allocator.resize(m->allocator.user, pool, sizeof *pool, 0);
}

size_t pool_size(const struct meter *m)
{
    size_t size = 0;
    for (int kind = 0; m->pool && kind < PAGE_KINDS; kind++)
        size += (size_t)m->pool->count[kind] * page_size((unsigned)kind);
    return size;
}

static void *large_alloc(struct heap *h, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t capacity = (size + UNIT - 1) / UNIT * UNIT;
    struct large *l = take(h->meter, sizeof *l + capacity);
    if (!l)
        return NULL;
    l->total = sizeof *l + capacity;
    l->header = capacity | LARGE;
    l->next = h->large;
    l->link = &h->large;
    if (l->next)
        l->next->link = &l->next;
    h->large = l;
    return l + 1;
}

static struct large *large_of(void *memory)
{
    return (struct large *)memory - 1;
}

static bool is_large(const void *memory)
{
    return ((const uint64_t *)memory)[-1] & LARGE;
}

size_t heap_size(const void *memory)
{
    return (size_t)(((const uint64_t *)memory)[-1] & ~(uint64_t)LARGE);
}

/* A page for blocks of `need` bytes and, if tasks go on, for those that follow. */
static bool add_page(struct heap *h, size_t need)
{
    unsigned kind = h->pages ? h->pages->kind + 1 : 0;
    if (kind >= PAGE_KINDS)
        kind = PAGE_KINDS - 1;
    while (page_size(kind) - sizeof(struct page) < need)
        kind++;
    struct page *p = page_take(h->meter, kind);
    if (!p)
        return false;
    p->next = h->pages;
    h->pages = p;
    h->bump = p->data;
    h->bump_end = (char *)p + page_size(kind);
    return true;
}

void *heap_try(struct heap *h, size_t size)
{
#ifdef NACRE_SWEEP /* each block is seen by the sweeps and by the sanitizers */
    return large_alloc(h, size);
#endif
    if (size > SMALL_MOST)
        return large_alloc(h, size);
    size_t class = size ? (size + UNIT - 1) / UNIT : 1;
    void *memory = h->free[class];
    if (memory) {
        memcpy(&h->free[class], memory, sizeof(void *));
        return memory;
    }
    size_t need = HEADER + class * UNIT;
    if ((size_t)(h->bump_end - h->bump) < need && !add_page(h, need))
        return NULL;
    uint64_t *header = (uint64_t *)(void *)h->bump;
    h->bump += need;
    *header = class * UNIT;
    return header + 1;
}

void *heap_alloc(struct heap *h, size_t size)
{
    void *memory = heap_try(h, size);
    if (!memory)
        meter_out_of_memory(h->meter);
    return memory;
}

void *heap_zero(struct heap *h, size_t size)
{
    return memset(heap_alloc(h, size), 0, size);
}

void heap_free(struct heap *h, void *memory)
{
    if (!memory)
        return;
    if (is_large(memory)) {
        struct large *l = large_of(memory);
        *l->link = l->next;
        if (l->next)
            l->next->link = l->link;
        give(h->meter, l, l->total);
        return;
    }
    size_t class = heap_size(memory) / UNIT;
    memcpy(memory, &h->free[class], sizeof(void *));
    h->free[class] = memory;
}

void *heap_resize(struct heap *h, void *memory, size_t size)
{
    if (!memory)
        return heap_alloc(h, size);
    size_t old = heap_size(memory);
    if (size <= old && (size > old / 2 || !is_large(memory)))
        return memory;
    if (is_large(memory) && size > SMALL_MOST && size < SIZE_MAX / 2) { /* the allocator may extend it in place */
        struct large *l = large_of(memory);
        size_t total = sizeof *l + (size + UNIT - 1) / UNIT * UNIT, was = l->total;
        if (total > was && !meter_take_memory(h->meter, total - was))
            meter_out_of_memory(h->meter);
        struct large *moved = h->meter->allocator.resize(h->meter->allocator.user, l, was, total);
        if (!moved) {
            if (total > was)
                meter_give_memory(h->meter, total - was);
            meter_out_of_memory(h->meter);
        }
        if (total < was)
            meter_give_memory(h->meter, was - total);
        moved->total = total;
        moved->header = (total - sizeof *l) | LARGE;
        *moved->link = moved;
        if (moved->next)
            moved->next->link = &moved->next;
        return moved + 1;
    }
    void *other = heap_alloc(h, size);
    memcpy(other, memory, old < size ? old : size);
    heap_free(h, memory);
    return other;
}

struct hold *heap_hold(struct heap *h, void (*release)(void *thing, struct meter *meter))
{
    struct hold *hold = heap_alloc(h, sizeof *hold);
    *hold = (struct hold){.next = h->holds, .link = &h->holds, .release = release};
    if (hold->next)
        hold->next->link = &hold->next;
    h->holds = hold;
    return hold;
}

void heap_unhold(struct heap *h, struct hold *hold)
{
    if (!hold)
        return;
    *hold->link = hold->next;
    if (hold->next)
        hold->next->link = hold->link;
    if (hold->thing)
        hold->release(hold->thing, h->meter);
    heap_free(h, hold);
}

void heap_clear(struct heap *h)
{
    struct page *keep = h->pages;
    if (!keep || keep->next || h->large || h->holds) {
        heap_drop(h);
        return;
    }
    if (h->bump == keep->data)
        return;
    h->bump = keep->data;
    memset(h->free, 0, sizeof h->free);
}

void heap_drop(struct heap *h)
{
    if (!h->pages && !h->large && !h->holds)
        return;
    for (struct hold *hold = h->holds; hold; hold = hold->next)
        if (hold->thing)
            hold->release(hold->thing, h->meter);
    for (struct large *l = h->large, *next; l; l = next) {
        next = l->next;
        give(h->meter, l, l->total);
    }
    for (struct page *p = h->pages, *next; p; p = next) {
        next = p->next;
        page_give(h->meter, p);
    }
    heap_init(h, h->meter);
}
