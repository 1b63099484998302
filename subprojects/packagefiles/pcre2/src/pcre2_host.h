/* pcre2_host.h - included before each of pcre2's files: there is no allocator but the one that is given, and no locale. */
#include <ctype.h>
#include <stdlib.h>

static inline void *host_malloc(size_t size)
{
    (void)size;
    return NULL;
}

static inline void host_free(void *memory)
{
    (void)memory;
}

#define malloc host_malloc
#define free host_free
#undef ispunct
#define ispunct(c) ((c) > ' ' && (c) < 0x7f && !(((c) | 32) >= 'a' && ((c) | 32) <= 'z') && !((c) >= '0' && (c) <= '9'))
