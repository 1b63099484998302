/* cli/host.h - a directory of the host, listed and read when a script asks: the only file of the program that reads it.
 *
 * A snapshot is one point in time: what is not as it was listed is refused (NACRE_E_STALE). Nothing is mapped, links
 * are never followed. A token of the library is the number of an entry here.
 */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "include/nacre.h"

#include <stdbool.h>
#include <sys/stat.h>

/* What was seen of an entry when it was listed. */
struct seen {
    dev_t device;
    ino_t inode;
    mode_t mode;
    off_t size;
    nlink_t links;
    struct timespec mtime, ctime;
};

struct host;

/* Opens a directory; NULL and errno. The path is copied. */
struct host *host_open(const char *path);
void host_close(struct host *h);
int host_root(const struct host *h); /* its descriptor */

/* Mounts it in a sandbox: 0 or an enum nacre_error. */
int host_mount(struct host *h, nacre *n, const char *path);
/* Answers a request for a content or a listing: 0 or an error that ends the program. Files that changed are told on
 * standard error. */
int host_answer(struct host *h, nacre *n, const struct nacre_request *r);
/* Before requests are answered: gives up contents until no more are kept than the cache allows. */
void host_trim(struct host *h, nacre *n);
/* What was seen of the entry with that token; NULL for a number that is none. */
const struct seen *host_seen(const struct host *h, uint64_t token);
/* The same for a path (relative) that an apply made; NULL when none did. */
const struct seen *host_seen_at(const struct host *h, const char *path);
/* An apply has put the entry with that token (0: none) there: that is what is seen from now on. */
bool host_note_applied(struct host *h, uint64_t token, const char *path);
/* Is this what was seen? */
bool host_same(const struct seen *seen, const struct stat *now);

void host_set_cache(struct host *h, uint64_t bytes); /* contents kept at most */
void host_set_progress(struct host *h, bool on);      /* long loads are shown on standard error */
void host_end_progress(struct host *h);               /* NULL is allowed */

/* Opens the directory that holds the last component of `path` (relative, without "." and ".."), following no links: a descriptor to
 * close, or -1 and errno. *name is where the last component begins. */
int host_open_parent(int root, const char *path, const char **name);

/* memory.c: the program's nacre_allocate. Its blocks are malloc's. */
void *memory_allocate(void *user, void *memory, size_t old_size, size_t size);

#endif
