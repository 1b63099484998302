/* wasm/silence.c - what the C library would import from a host, answered here: there is no such call (ENOSYS). */
#include <stdint.h>

enum { NO_SUCH_CALL = 52 };

int32_t __imported_wasi_snapshot_preview1_fd_close(int32_t fd);
int32_t __imported_wasi_snapshot_preview1_fd_fdstat_get(int32_t fd, int32_t stat);
int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t fd, int64_t offset, int32_t whence, int32_t at);
int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t fd, int32_t parts, int32_t count, int32_t written);

int32_t __imported_wasi_snapshot_preview1_fd_close(int32_t fd)
{
    (void)fd;
    return NO_SUCH_CALL;
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_get(int32_t fd, int32_t stat)
{
    (void)fd, (void)stat;
    return NO_SUCH_CALL;
}

int32_t __imported_wasi_snapshot_preview1_fd_seek(int32_t fd, int64_t offset, int32_t whence, int32_t at)
{
    (void)fd, (void)offset, (void)whence, (void)at;
    return NO_SUCH_CALL;
}

int32_t __imported_wasi_snapshot_preview1_fd_write(int32_t fd, int32_t parts, int32_t count, int32_t written)
{
    (void)fd, (void)parts, (void)count, (void)written;
    return NO_SUCH_CALL;
}
