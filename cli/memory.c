/* cli/memory.c - the program's memory: large blocks are made of large pages where the system has them. */
#include "cli/host.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 << 20, LARGE_BLOCK = 2 * LARGE_PAGE }; /* bytes */

/* Looking here and there in a hundred megabytes, as sort does, takes up to a third less time so. It is only advice: the pages
 * wholly inside the block. */
static void advise(void *memory, size_t size)
{
#ifdef MADV_HUGEPAGE
    if (memory && size >= LARGE_BLOCK) {
        size_t before = (LARGE_PAGE - (uintptr_t)memory % LARGE_PAGE) % LARGE_PAGE;
        size_t inside = (size - before) / LARGE_PAGE * LARGE_PAGE;
        (void)madvise((char *)memory + before, inside, MADV_HUGEPAGE);
    }
#else
    (void)memory;
    (void)size;
#endif
}

void *memory_allocate(void *user, void *memory, size_t old_size, size_t size)
{
    void *block;

    (void)user;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    block = realloc(memory, size);
    if (size > old_size || block != memory)
        advise(block, size);
    return block;
}
