/* host.h - comes before every file of libjq: what of the host it may not have goes to host.c, and from there to jq_host.h.

   Allocation never answers NULL: exhaustion leaves as the adapter says. There is no stdio, no environment, no clock and no
   locale, and no function of the C library is used but those that move and compare bytes. */
#ifndef JQ_HOST_FIRST
#define JQ_HOST_FIRST

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "jq_host.h"
#include "math_names.h"

void *jv_mem_alloc(size_t size);
void *jv_mem_calloc(size_t count, size_t size);
void jv_mem_free(void *memory);
void *jv_mem_realloc(void *memory, size_t size);
char *jv_mem_strdup(const char *text);

#define malloc(size) jv_mem_alloc(size)
#define calloc(count, size) jv_mem_calloc(count, size)
#define realloc(memory, size) jv_mem_realloc(memory, size)
#define free(memory) jv_mem_free(memory)
#undef strdup
#define strdup(text) jv_mem_strdup(text)

#define abort() jq_host_die()
#define exit(status) jq_host_die()
#define raise(signal) jq_host_die()

/* What would print, or ask where it stands. */
static inline int host_nothing(void)
{
    return 0;
}
#define printf(...) host_nothing()
#define fprintf(...) host_nothing()
#define fflush(file) host_nothing()
#define fread(...) (size_t)0
#undef getc
#define getc(file) EOF
#undef ferror
#define ferror(file) 0
#undef clearerr
#define clearerr(file) host_nothing()
#undef fileno
#define fileno(file) 0
#define isatty(number) 0
#undef stdin
#undef stdout
#undef stderr
#define stdin NULL
#define stdout NULL
#define stderr NULL
#undef errno
#define errno (*host_error())
int *host_error(void);

#define getenv(name) NULL
#define setenv(...) host_nothing()

int host_vsnprintf(char *out, size_t size, const char *format, va_list arguments);
int host_snprintf(char *out, size_t size, const char *format, ...);
#undef vsnprintf
#undef snprintf
#define vsnprintf host_vsnprintf
#define snprintf host_snprintf

void host_sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *));
#define qsort host_sort

static inline char *host_copy(char *to, const char *from)
{
    memcpy(to, from, strlen(from) + 1);
    return to;
}
#undef stpcpy
#define stpcpy(to, from) ((to) + (host_copy(to, from), strlen(from)))
#undef strcpy
#define strcpy(to, from) host_copy(to, from)

#define stat(path, info) host_stat(path)
int host_stat(const char *path);
#define strrchr(text, byte) host_last(text, byte)
const char *host_last(const char *text, char byte);
#define dirname(path) host_folder(path)
char *host_folder(char *path);

#undef isspace
#define isspace(c) ((c) == ' ' || ((c) >= '\t' && (c) <= '\r'))

int host_int(double x);
int64_t host_int64(double x);
#undef ldexp
#define ldexp(x, exponent) math_ldexp(x, host_int(exponent))
#undef scalbln
#define scalbln(x, exponent) host_scalbln(x, exponent)
double host_scalbln(double x, double exponent);
#undef jn
#define jn(order, x) host_jn(order, x)
double host_jn(double order, double x);
#undef yn
#define yn(order, x) host_yn(order, x)
double host_yn(double order, double x);

/* Times: the host's struct tm has not the same fields everywhere. */
struct host_tm {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
    int local; /* of the zone of TZ */
};
#define tm host_tm
#define time_t int64_t
#define strptime(text, format, when) host_strptime(text, format, when)
#define strftime(out, size, format, when) host_print_time(out, size, format, when)
#define timegm(when) host_timegm(when)
#define mktime(when) host_mktime(when)
#define gmtime_r(seconds, when) host_gmtime(seconds, when)
#define localtime_r(seconds, when) host_localtime(seconds, when)
#define time(when) 0
#define gettimeofday(value, zone) host_now(value)
const char *host_strptime(const char *text, const char *format, struct tm *when);
size_t host_print_time(char *out, size_t size, const char *format, const struct tm *when);
time_t host_timegm(struct tm *when);
time_t host_mktime(struct tm *when);
struct tm *host_gmtime(const time_t *seconds, struct tm *when);
struct tm *host_localtime(const time_t *seconds, struct tm *when);
struct host_timeval {
    int64_t tv_sec;
    int64_t tv_usec;
};
#define timeval host_timeval
int host_now(struct host_timeval *value);

#endif
