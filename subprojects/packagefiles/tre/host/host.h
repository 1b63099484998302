/* host.h - comes before every file of TRE: what of the host it may not have goes to tre_host.h.

   Allocation never answers NULL: exhaustion leaves as the adapter says. There is no locale, and no function of the C
   library is used but those that move and compare bytes. */
#ifndef TRE_HOST_FIRST
#define TRE_HOST_FIRST

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "tre_host.h"

#undef malloc
#undef calloc
#undef realloc
#undef free
#define malloc(size) tre_host_alloc(size)
#define calloc(count, size) tre_host_alloc((size_t)(count) * (size))
#define realloc(memory, size) tre_host_resize(memory, size)
#define free(memory) tre_host_free(memory)

#undef qsort
#define qsort tre_sort
void tre_sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *));
#undef strtol
#define strtol(text, end, base) tre_hex(text)
long tre_hex(const char *text);
#undef strcpy
#define strcpy(to, from) ((char *)memcpy(to, from, strlen(from) + 1))
#undef strncpy
#define strncpy(to, from, length) ((char *)memcpy(to, from, length))
#undef snprintf
#define snprintf(...) 0
#undef wcslen
#define wcslen tre_wide_length
size_t tre_wide_length(const wchar_t *text);
#undef wcsncpy
#define wcsncpy(to, from, length) memcpy(to, from, (length) * sizeof(wchar_t))
#undef wcstombs
#define wcstombs tre_narrow
size_t tre_narrow(char *to, const wchar_t *from, size_t size);
#undef mbrtowc
#define mbrtowc(...) ((size_t)-1)
#undef MB_CUR_MAX
#define MB_CUR_MAX tre_host_bytes_most()

#undef iswctype
#undef wctype
#undef iswalnum
#undef iswdigit
#undef iswlower
#undef iswupper
#undef iswxdigit
#undef towlower
#undef towupper
#define iswctype(c, class) tre_host_is(c, (unsigned)(class))
#define wctype(name) (wctype_t)tre_host_class(name)
#define iswalnum(c) tre_host_is(c, TRE_HOST_ALNUM)
#define iswdigit(c) tre_host_is(c, TRE_HOST_DIGIT)
#define iswlower(c) tre_host_is(c, TRE_HOST_LOWER)
#define iswupper(c) tre_host_is(c, TRE_HOST_UPPER)
#define iswxdigit(c) tre_host_is(c, TRE_HOST_XDIGIT)
#define towlower(c) tre_host_lower(c)
#define towupper(c) tre_host_upper(c)

/* In the matchers: what both of them stand on between two characters. */
#define TRE_HOST_PAUSED 99
#define TRE_HOST_KEEP() \
    (tre_host_kept->set = 1, tre_host_kept->previous = prev_c, tre_host_kept->next = next_c, tre_host_kept->pos = pos, \
     tre_host_kept->step = pos_add_next, tre_host_kept->ended = str_user_end, tre_host_kept->match_end = match_eo, \
     tre_host_kept->at[0] = buf)
#define TRE_HOST_TAKE() \
    (tre_host_kept->set = 0, prev_c = tre_host_kept->previous, next_c = tre_host_kept->next, pos = tre_host_kept->pos, \
     pos_add_next = tre_host_kept->step, str_user_end = tre_host_kept->ended, match_eo = tre_host_kept->match_end, \
     buf = tre_host_kept->at[0])

#endif
