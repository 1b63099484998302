/* limits/error.h - expected conditions in C: an int below 0 from this one table.
 *
 * The texts are those of glibc's strerror, since commands print them. E_WAIT is
 * no failure: the caller's task is on a wait list, or a content is being loaded,
 * and the same call is to be made again when the task is stepped next.
 */
#ifndef LIMITS_ERROR_H
#define LIMITS_ERROR_H

#define ERRORS(X)                                               \
    X(WAIT, "Resource temporarily unavailable")                 \
    X(PERM, "Operation not permitted")                          \
    X(NOENT, "No such file or directory")                       \
    X(SRCH, "No such process")                                  \
    X(INTR, "Interrupted system call")                          \
    X(IO, "Input/output error")                                 \
    X(NXIO, "No such device or address")                        \
    X(TOOBIG, "Argument list too long")                         \
    X(NOEXEC, "Exec format error")                              \
    X(BADF, "Bad file descriptor")                              \
    X(CHILD, "No child processes")                              \
    X(NOMEM, "Cannot allocate memory")                          \
    X(ACCES, "Permission denied")                               \
    X(BUSY, "Device or resource busy")                          \
    X(EXIST, "File exists")                                     \
    X(XDEV, "Invalid cross-device link")                        \
    X(NOTDIR, "Not a directory")                                \
    X(ISDIR, "Is a directory")                                  \
    X(INVAL, "Invalid argument")                                \
    X(MFILE, "Too many open files")                             \
    X(NOTTY, "Inappropriate ioctl for device")                  \
    X(TXTBSY, "Text file busy")                                 \
    X(FBIG, "File too large")                                   \
    X(NOSPC, "No space left on device")                         \
    X(SPIPE, "Illegal seek")                                    \
    X(ROFS, "Read-only file system")                            \
    X(MLINK, "Too many links")                                  \
    X(PIPE, "Broken pipe")                                      \
    X(DOM, "Numerical argument out of domain")                  \
    X(RANGE, "Numerical result out of range")                   \
    X(NAMETOOLONG, "File name too long")                        \
    X(NOTEMPTY, "Directory not empty")                          \
    X(LOOP, "Too many levels of symbolic links")                \
    X(OVERFLOW, "Value too large for defined data type")        \
    X(ILSEQ, "Invalid or incomplete multibyte or wide character") \
    X(NOTSUP, "Operation not supported")                        \
    X(STALE, "Stale file handle")                               \
    X(STATE, "Call at the wrong moment")

enum error_number {
    ERROR_NONE,
#define ERROR(name, text) ERROR_##name,
    ERRORS(ERROR)
#undef ERROR
    ERROR_COUNT
};

/* E_NOENT and its kin: the negative numbers that functions answer. */
enum error {
#define ERROR(name, text) E_##name = -ERROR_##name,
    ERRORS(ERROR)
#undef ERROR
    E_NONE = 0
};

/* The text of an error as strerror gives it; "Success" for 0, never NULL. */
const char *error_text(int error);

#endif
