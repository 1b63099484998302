/* tests/cli/cut.c - loaded before a program: ends it, as a crash would, before the CUT_AFTER-th call that changes the disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static long left = -1;

static void count(void)
{
    if (left < 0) {
        const char *text = getenv("CUT_AFTER");
        left = text ? atol(text) : 1L << 40;
    }
    if (--left <= 0)
        _exit(77);
}

#define WRAP(name, parameters, arguments)                         \
    int name parameters                                           \
    {                                                             \
        int (*real) parameters;                                   \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                \
        count();                                                  \
        return real arguments;                                    \
    }

WRAP(renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
WRAP(unlinkat, (int a, const char *b, int c), (a, b, c))
WRAP(mkdirat, (int a, const char *b, mode_t c), (a, b, c))
WRAP(linkat, (int a, const char *b, int c, const char *d, int e), (a, b, c, d, e))
WRAP(symlinkat, (const char *a, int b, const char *c), (a, b, c))
WRAP(mkfifoat, (int a, const char *b, mode_t c), (a, b, c))
WRAP(fchmod, (int a, mode_t b), (a, b))
WRAP(fchmodat, (int a, const char *b, mode_t c, int d), (a, b, c, d))
WRAP(utimensat, (int a, const char *b, const struct timespec c[2], int d), (a, b, c, d))
WRAP(futimens, (int a, const struct timespec b[2]), (a, b))
WRAP(fsync, (int a), (a))
WRAP(syncfs, (int a), (a))

ssize_t write(int file, const void *data, size_t size)
{
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (file > 2) {
        count();
        if (left == 1) /* by the next call it is over: half of it came so far */
            size = (size + 1) / 2;
    }
    return real(file, data, size);
}

int openat(int folder, const char *path, int flags, ...)
{
    int (*real)(int, const char *, int, ...);
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list list;
        va_start(list, flags);
        mode = (mode_t)va_arg(list, int);
        va_end(list);
        count();
    }
    *(void **)&real = dlsym(RTLD_NEXT, "openat");
    return real(folder, path, flags, mode);
}
