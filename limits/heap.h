/* limits/heap.h - memory that is counted, and that dies with its owner.
 *
 * Each task has a heap. Freeing early is an economy, and a duty only in tasks that
 * live as long as the run (shell, awk): what is left goes when the heap is dropped,
 * so an error path is just a return. Small sizes come from pages by free lists,
 * large ones from the host's allocator; both are counted when taken from it.
 */
#ifndef LIMITS_HEAP_H
#define LIMITS_HEAP_H

#include "limits/meter.h"

enum { HEAP_CLASSES = 33 }; /* free lists for blocks of up to 512 bytes, by 16 */

struct heap {
    struct meter *meter;
    struct page *pages;       /* newest first */
    char *bump, *bump_end;    /* what the newest page has left */
    struct large *large;      /* blocks with an allocation of their own */
    struct hold *holds;       /* counted references, released at the drop */
    void *free[HEAP_CLASSES];
};

/* An empty heap: takes no memory before the first allocation. */
void heap_init(struct heap *h, struct meter *meter);
/* Frees all blocks and releases all held references. The heap is then empty and usable. */
void heap_drop(struct heap *h);

/* The same, but one page is kept for what comes next: for heaps that are emptied often. */
void heap_clear(struct heap *h);
/* Moves all that `from` holds to `to`, which must be empty; `from` is empty afterwards. */
void heap_move(struct heap *to, struct heap *from);

/* Memory of `size` bytes, not cleared, aligned to 8. Never NULL: exhaustion does not return. */
void *heap_alloc(struct heap *h, size_t size);
/* The same, cleared. */
void *heap_zero(struct heap *h, size_t size);
/* NULL when there is no memory: for adapters, whose engines must not be unwound. */
void *heap_try(struct heap *h, size_t size);
/* Resizes a block of this heap (NULL: allocates). Never NULL. The old block is gone. */
void *heap_resize(struct heap *h, void *memory, size_t size);
/* NULL is allowed. */
void heap_free(struct heap *h, void *memory);
/* Bytes that fit into this block: at least what was asked for. */
size_t heap_size(const void *memory);

#define heap_new(h, type) ((type *)heap_zero((h), sizeof(type)))

/* Keeps one counted reference until the drop: `release(thing, payload)` is then called once.
 * The slot is reserved before `thing` is counted: call heap_hold first, then set the slot. */
struct hold {
    struct hold *next, **link;
    void *thing;
    void (*release)(void *thing, struct meter *meter);
};
/* A slot with thing == NULL (nothing is released while it is NULL). */
struct hold *heap_hold(struct heap *h, void (*release)(void *thing, struct meter *meter));
/* Releases the thing now, if any, and frees the slot. NULL is allowed. */
void heap_unhold(struct heap *h, struct hold *hold);

/* The pages kept for the next task: made with the sandbox, given back when memory is short. */
void pool_trim(struct meter *m);
/* Bytes that they count. */
size_t pool_size(const struct meter *m);

#endif
