/* cli/host.c - a directory of the host, listed and read when a script asks. */
#include "cli/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* An entry that was listed. Token N is entries[N - 1]; the root is token 1. */
struct entry {
    uint64_t parent; /* token of the directory; 0 for the root */
    char *name;
    struct seen seen;
    uint64_t next;   /* another with links in the same bucket */
    char *place;     /* where it is since an apply moved it, relative; NULL: under its name */
};

/* What an apply put where the host had nothing. */
struct applied {
    char *path;
    struct seen seen;
};

/* Names live as long as the host: in blocks. */
struct block {
    struct block *next;
    size_t used, size;
    char data[];
};

struct host {
    int root;
    char *path;
    struct entry *entries;
    uint64_t count, room;
    uint64_t buckets[4096]; /* entries with several links, by inode */
    struct block *names;
    struct applied *applied; /* sorted by path */
    size_t applied_count;
    uint64_t open_token;    /* the directory held open, 0: none */
    int open_descriptor;
    uint64_t cache, held;   /* bytes of contents */
    bool progress, shown;
    uint64_t loaded_files, loaded_bytes;
    struct timespec first, last;
};

struct host *host_open(const char *path)
{
    struct stat st;
    int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct host *h = root < 0 ? NULL : calloc(1, sizeof *h);
    if (h && fstat(root, &st) == 0 && (h->path = strdup(path)) && (h->entries = calloc(64, sizeof *h->entries))) {
        h->root = root;
        h->room = 64;
        h->count = 1;
        h->open_descriptor = -1;
        h->cache = UINT64_MAX;
        h->entries[0].name = h->path;
        h->entries[0].seen = (struct seen){st.st_dev, st.st_ino, st.st_mode, st.st_size, st.st_nlink, st.st_mtim, st.st_ctim};
        return h;
    }
    int error = errno;
    if (h)
        free(h->path);
    free(h);
    if (root >= 0)
        close(root);
    errno = error;
    return NULL;
}

void host_close(struct host *h)
{
    if (!h)
        return;
    host_end_progress(h);
    for (struct block *b = h->names, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    if (h->open_descriptor >= 0)
        close(h->open_descriptor);
    close(h->root);
    for (uint64_t i = 0; i < h->count; i++)
        free(h->entries[i].place);
    for (size_t i = 0; i < h->applied_count; i++)
        free(h->applied[i].path);
    free(h->applied);
    free(h->path);
    free(h->entries);
    free(h);
}

int host_root(const struct host *h)
{
    return h->root;
}

const struct seen *host_seen(const struct host *h, uint64_t token)
{
    return token == 0 || token > h->count ? NULL : &h->entries[token - 1].seen;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct applied *)a)->path, ((const struct applied *)b)->path);
}

const struct seen *host_seen_at(const struct host *h, const char *path)
{
    struct applied key = {.path = (char *)(uintptr_t)path};
    struct applied *found = h->applied_count ? bsearch(&key, h->applied, h->applied_count, sizeof key, by_path) : NULL;
    return found ? &found->seen : NULL;
}

static struct seen seen_of(const struct stat *st)
{
    return (struct seen){st->st_dev, st->st_ino, st->st_mode, st->st_size, st->st_nlink, st->st_mtim, st->st_ctim};
}

bool host_note_applied(struct host *h, uint64_t token, const char *path)
{
    struct stat st;
    const char *name;
    int parent = host_open_parent(h->root, path, &name);
    bool there = parent >= 0 && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (parent >= 0)
        close(parent);
    if (!there)
        return false;
    if (token && token <= h->count) {
        char *copy = strdup(path);
        if (!copy)
            return false;
        free(h->entries[token - 1].place);
        h->entries[token - 1].place = copy;
        h->entries[token - 1].seen = seen_of(&st);
        return true;
    }
    struct applied key = {.path = (char *)(uintptr_t)path};
    struct applied *found = h->applied_count ? bsearch(&key, h->applied, h->applied_count, sizeof key, by_path) : NULL;
    if (found) {
        found->seen = seen_of(&st);
        return true;
    }
    struct applied *more = realloc(h->applied, (h->applied_count + 1) * sizeof *more);
    if (!more)
        return false;
    h->applied = more;
    more[h->applied_count].path = strdup(path);
    more[h->applied_count].seen = seen_of(&st);
    if (!more[h->applied_count].path)
        return false;
    h->applied_count++;
    /* paths come in order within an apply: this moves little */
    for (size_t i = h->applied_count - 1; i > 0 && by_path(&more[i - 1], &more[i]) > 0; i--) {
        struct applied swap = more[i];
        more[i] = more[i - 1];
        more[i - 1] = swap;
    }
    return true;
}

bool host_same(const struct seen *seen, const struct stat *now)
{
    bool same = seen->device == now->st_dev && seen->inode == now->st_ino && seen->mode == now->st_mode;
    if (S_ISDIR(seen->mode)) /* its entries are checked one by one */
        return same;
    return same && seen->size == now->st_size && seen->mtime.tv_sec == now->st_mtim.tv_sec && seen->mtime.tv_nsec == now->st_mtim.tv_nsec
        && seen->ctime.tv_sec == now->st_ctim.tv_sec && seen->ctime.tv_nsec == now->st_ctim.tv_nsec;
}

void host_set_cache(struct host *h, uint64_t bytes)
{
    h->cache = bytes;
}

void host_set_progress(struct host *h, bool on)
{
    h->progress = on;
}

/* --- progress ----------------------------------------------------------------------------- */

static double seconds(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static void tell_progress(struct host *h)
{
    struct timespec now;
    if (!h->progress)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!h->first.tv_sec)
        h->first = h->last = now;
    if (seconds(&h->first, &now) < 1 || seconds(&h->last, &now) < 0.1)
        return;
    h->last = now;
    h->shown = true;
    fprintf(stderr, "\rnacre: %llu names, %llu files read, %llu MB \033[K", (unsigned long long)h->count,
            (unsigned long long)h->loaded_files, (unsigned long long)(h->loaded_bytes >> 20));
}

void host_end_progress(struct host *h)
{
    if (!h)
        return;
    if (h->shown)
        fputs("\r\033[K", stderr);
    h->shown = false;
    h->first = (struct timespec){0};
}

static void complain(struct host *h, const struct nacre_request *r, const char *what)
{
    host_end_progress(h);
    fprintf(stderr, "nacre: %.*s: %s\n", (int)r->path.length, r->path.data, what);
}

/* --- entries -------------------------------------------------------------------------------- */

static char *keep_name(struct host *h, const char *name)
{
    size_t length = strlen(name) + 1;
    if (!h->names || h->names->size - h->names->used < length) {
        size_t size = length > 65536 ? length : 65536;
        struct block *b = malloc(sizeof *b + size);
        if (!b)
            return NULL;
        *b = (struct block){h->names, 0, size};
        h->names = b;
    }
    char *copy = h->names->data + h->names->used;
    memcpy(copy, name, length);
    h->names->used += length;
    return copy;
}

/* The token of an entry: the one of another name of the same inode, or a new one. 0: no memory. */
static uint64_t add_entry(struct host *h, uint64_t parent, const char *name, const struct stat *st)
{
    bool several = !S_ISDIR(st->st_mode) && st->st_nlink > 1;
    uint64_t *bucket = &h->buckets[st->st_ino % (sizeof h->buckets / sizeof h->buckets[0])];
    if (several)
        for (uint64_t token = *bucket; token; token = h->entries[token - 1].next)
            if (h->entries[token - 1].seen.inode == st->st_ino && h->entries[token - 1].seen.device == st->st_dev)
                return token;
    if (h->count == h->room) {
        struct entry *more = realloc(h->entries, h->room * 2 * sizeof *more);
        if (!more)
            return 0;
        h->entries = more;
        h->room *= 2;
    }
    char *copy = keep_name(h, name);
    if (!copy)
        return 0;
    struct entry *e = &h->entries[h->count++];
    *e = (struct entry){.parent = parent, .name = copy};
    e->seen = (struct seen){st->st_dev, st->st_ino, st->st_mode, st->st_size, st->st_nlink, st->st_mtim, st->st_ctim};
    if (several) {
        e->next = *bucket;
        *bucket = h->count;
    }
    return h->count;
}

/* Opens a directory by its token, following no links: a descriptor that stays the host's, or -1 and errno. */
static int open_directory(struct host *h, uint64_t token)
{
    if (token == 1)
        return h->root;
    if (h->open_token == token)
        return h->open_descriptor;
    uint64_t chain[PATH_MAX / 2];
    size_t depth = 0;
    for (uint64_t at = token; at > 1; at = h->entries[at - 1].parent) {
        if (depth == sizeof chain / sizeof chain[0]) {
            errno = ENAMETOOLONG;
            return -1;
        }
        chain[depth++] = at;
    }
    int descriptor = h->root;
    while (depth > 0) {
        const struct entry *e = &h->entries[chain[--depth] - 1];
        struct stat st;
        int next = openat(descriptor, e->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        if (descriptor != h->root)
            close(descriptor);
        if (next < 0) {
            errno = error == ELOOP || error == ENOTDIR ? ESTALE : error;
            return -1;
        }
        if (fstat(next, &st) < 0 || st.st_dev != e->seen.device || st.st_ino != e->seen.inode) {
            close(next);
            errno = ESTALE;
            return -1;
        }
        descriptor = next;
    }
    if (h->open_descriptor >= 0)
        close(h->open_descriptor);
    h->open_token = token;
    h->open_descriptor = descriptor;
    return descriptor;
}

int host_open_parent(int root, const char *path, const char **name)
{
    int descriptor = dup(root);
    for (;;) {
        const char *slash = strchr(path, '/');
        if (!slash || descriptor < 0) {
            *name = path;
            return descriptor;
        }
        char part[NAME_MAX + 1];
        size_t length = (size_t)(slash - path);
        if (length >= sizeof part) {
            close(descriptor);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, path, length);
        part[length] = 0;
        int next = openat(descriptor, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int error = errno;
        close(descriptor);
        errno = error;
        descriptor = next;
        path = slash + 1;
    }
}

/* --- listings -------------------------------------------------------------------------------- */

struct listing {
    struct nacre_entry *entries;
    size_t count, room;
    bool failed;
};

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void fill_entry(struct nacre_entry *e, const char *name, const struct stat *st, uint64_t token)
{
    *e = (struct nacre_entry){
        .size = sizeof *e, .name = {name, strlen(name)}, .mode = st->st_mode & 07777, .mtime = nanoseconds(st->st_mtim),
        .host = token, .kind = S_ISREG(st->st_mode) ? NACRE_FILE : S_ISDIR(st->st_mode) ? NACRE_DIRECTORY
            : S_ISLNK(st->st_mode) ? NACRE_LINK : S_ISFIFO(st->st_mode) ? NACRE_FIFO : NACRE_DEVICE,
    };
    if (e->kind == NACRE_FILE)
        e->length = (uint64_t)st->st_size;
}

static bool add_listed(struct host *h, struct listing *l, int directory, uint64_t parent, const char *name)
{
    struct stat st;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT; /* gone meanwhile: it was not there */
    char target[PATH_MAX];
    ssize_t length = 0;
    if (S_ISLNK(st.st_mode)) {
        length = readlinkat(directory, name, target, sizeof target);
        if (length <= 0)
            return errno == ENOENT || errno == EINVAL;
    }
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        struct nacre_entry *more = realloc(l->entries, room * sizeof *more);
        if (!more)
            return false;
        l->entries = more;
        l->room = room;
    }
    uint64_t token = add_entry(h, parent, name, &st);
    char *copy = S_ISLNK(st.st_mode) ? malloc((size_t)length) : NULL;
    if (!token || (length > 0 && !copy)) {
        free(copy);
        return false;
    }
    /* the name kept for a hard link may be another one */
    const char *kept = strcmp(h->entries[token - 1].name, name) == 0 ? h->entries[token - 1].name : keep_name(h, name);
    if (!kept) {
        free(copy);
        return false;
    }
    struct nacre_entry *e = &l->entries[l->count++];
    fill_entry(e, kept, &st, token);
    if (copy) {
        memcpy(copy, target, (size_t)length);
        e->target = (struct nacre_text){copy, (size_t)length};
    }
    return true;
}

static int give_failure(nacre *n, const struct nacre_request *r, int error)
{
    int why = error == EACCES || error == EPERM ? NACRE_E_ACCESS
              : error == ESTALE                 ? NACRE_E_STALE
              : error == ENOENT                 ? NACRE_E_NOENT
                                                : NACRE_E_OTHER;
    return nacre_give_failure(n, r->host, why);
}

static int answer_listing(struct host *h, nacre *n, const struct nacre_request *r)
{
    int directory = open_directory(h, r->host), own = directory < 0 ? -1 : dup(directory);
    if (own < 0) {
        int error = errno;
        if (error == ESTALE || error == ENOENT)
            complain(h, r, "no longer what was listed");
        return give_failure(n, r, error == ENOENT ? ESTALE : error);
    }
    struct listing l = {0};
    DIR *d = fdopendir(own);
    errno = 0;
    if (d) {
        rewinddir(d);
        for (struct dirent *e; (errno = 0, e = readdir(d)) && !l.failed;)
            if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && !(r->host == 1 && strcmp(e->d_name, ".nacre-apply") == 0))
                l.failed = !add_listed(h, &l, directory, r->host, e->d_name);
    }
    int error = !d || l.failed ? (errno ? errno : ENOMEM) : errno;
    if (d)
        closedir(d);
    else
        close(own);
    int answer = error ? give_failure(n, r, error) : nacre_give_listing(n, r->host, l.entries, l.count);
    for (size_t i = 0; i < l.count; i++)
        free((char *)(uintptr_t)l.entries[i].target.data);
    free(l.entries);
    return answer;
}

/* --- contents ------------------------------------------------------------------------------------ */

static void release(void *user, const void *bytes, size_t length)
{
    struct host *h = user;
    h->held -= length;
    free((void *)(uintptr_t)bytes);
}

static bool read_all(int descriptor, char *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t count = read(descriptor, data + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

/* Reads a file whole into private memory: 0, or an errno. */
static int load(struct host *h, const struct entry *e, char **data)
{
    struct stat st;
    const char *name = e->name;
    int directory = e->place ? host_open_parent(h->root, e->place, &name) : open_directory(h, e->parent);
    if (directory < 0)
        return errno == ENOENT ? ESTALE : errno;
    int descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int why = errno;
    if (e->place)
        close(directory);
    errno = why;
    if (descriptor < 0)
        return errno == ENOENT || errno == ELOOP || errno == ENXIO ? ESTALE : errno;
    size_t size = (size_t)e->seen.size;
    int error = 0;
    *data = NULL;
    if (fstat(descriptor, &st) < 0 || !host_same(&e->seen, &st))
        error = ESTALE;
    else if (e->seen.size < 0 || (uintmax_t)e->seen.size > SIZE_MAX / 2 || !(*data = memory_allocate(NULL, NULL, 0, size ? size : 1)))
        error = ENOMEM;
    else if (!read_all(descriptor, *data, size))
        error = errno && errno != EINTR ? errno : ESTALE;
    else if (fstat(descriptor, &st) < 0 || !host_same(&e->seen, &st)) /* it changed while it was read */
        error = ESTALE;
    close(descriptor);
    if (error) {
        free(*data);
        *data = NULL;
    }
    return error;
}

static int answer_content(struct host *h, nacre *n, const struct nacre_request *r)
{
    char *data = NULL;
    errno = 0;
    int error = r->host > h->count ? ENOENT : load(h, &h->entries[r->host - 1], &data);
    if (error) {
        if (error == ESTALE)
            complain(h, r, "changed on the host since it was listed: refused");
        return give_failure(n, r, error);
    }
    size_t size = (size_t)h->entries[r->host - 1].seen.size;
    h->held += size;
    int answer = nacre_give_content(n, r->host, data, size, 0, release, h);
    if (answer < 0) {
        h->held -= size;
        free(data);
        return answer;
    }
    h->loaded_files++;
    h->loaded_bytes += size;
    return 0;
}

int host_answer(struct host *h, nacre *n, const struct nacre_request *r)
{
    if (!h || r->host == 0 || r->host > h->count)
        return nacre_give_failure(n, r->host, NACRE_E_NOENT);
    int answer = r->kind == NACRE_REQUEST_LISTING ? answer_listing(h, n, r) : answer_content(h, n, r);
    tell_progress(h);
    return answer == NACRE_E_NOENT ? 0 : answer; /* a request behind the first that another answer made needless */
}

void host_trim(struct host *h, nacre *n)
{
    if (h && h->held > h->cache)
        nacre_take_back(n, h->cache - h->cache / 4);
}

int host_mount(struct host *h, nacre *n, const char *path)
{
    const struct seen *s = &h->entries[0].seen;
    struct nacre_entry e = {.size = sizeof e, .kind = NACRE_DIRECTORY, .mode = s->mode & 07777, .mtime = nanoseconds(s->mtime), .host = 1};
    return nacre_mount(n, (struct nacre_text){path, strlen(path)}, &e);
}
