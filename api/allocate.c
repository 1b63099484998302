/* api/allocate.c - the allocator of who gives none: the only file of the library that names the C library's. */
#include "api/api.h"

#include <stdlib.h>

void *allocate_default(void *user, void *memory, size_t old_size, size_t size)
{
    (void)user;
    (void)old_size;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    return realloc(memory, size);
}
