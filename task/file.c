/* task/file.c - open files, devices, fifos and the host's streams. */
#include "task/file.h"

#include "task/proc.h"
#include "task/sandbox.h"

/* A fifo of the tree while it is open somewhere: its pipe, and how often each side was opened. */
struct fifo {
    struct fifo *next;
    uint64_t number;
    struct pipe *pipe;
    int files;
    uint64_t reader_opens, writer_opens;
    struct wait_list waiting;
};

static struct file *new_file(struct nacre *n, enum file_kind kind, unsigned flags)
{
    struct file *f = heap_new(&n->heap, struct file);
    f->sandbox = n;
    f->kind = kind;
    f->flags = flags & (OPEN_READ | OPEN_WRITE | OPEN_APPEND);
    f->owners = 1;
    f->next = n->files;
    f->at = &n->files;
    if (f->next)
        f->next->at = &f->next;
    n->files = f;
    return f;
}

static void drop_extent(struct file *f)
{
    extent_release(f->extent, &f->sandbox->meter);
    f->extent = NULL;
}

static void close_fifo(struct file *f)
{
    struct nacre *n = f->sandbox;
    for (struct fifo **at = &n->fifos; *at; at = &(*at)->next) {
        struct fifo *fifo = *at;
        if (fifo->number != f->number)
            continue;
        if (--fifo->files == 0) {
            *at = fifo->next;
            pipe_release(fifo->pipe);
            heap_free(&n->heap, fifo);
        }
        return;
    }
}

void file_close(struct file *f)
{
    if (--f->owners > 0)
        return;
    struct nacre *n = f->sandbox;
    drop_extent(f);
    if (f->kind == FILE_PIPE_READER)
        pipe_close_reader(f->pipe);
    if (f->kind == FILE_PIPE_WRITER && f->number && (f->flags & OPEN_READ)) /* a fifo opened for both */
        pipe_close_reader(f->pipe);
    if (f->kind == FILE_PIPE_WRITER)
        pipe_close_writer(f->pipe);
    if (f->kind == FILE_PIPE_READER || f->kind == FILE_PIPE_WRITER) {
        if (f->number)
            close_fifo(f);
    }
    if (f->kind == FILE_OUTPUT)
        n->host_files--;
    if (f->number)
        vfs_close(&n->vfs, f->number);
    *f->at = f->next;
    if (f->next)
        f->next->at = f->at;
    heap_free(&n->heap, f->bytes);
    heap_free(&n->heap, f);
}

void file_drop_all(struct nacre *n)
{
    for (struct file *f = n->files; f; f = f->next) {
        drop_extent(f);
        if (f->number)
            vfs_close(&n->vfs, f->number);
    }
    n->files = NULL;
}

struct file *file_host(struct nacre *n, int stream)
{
    struct file *f = new_file(n, stream ? FILE_OUTPUT : FILE_INPUT, stream ? OPEN_WRITE : OPEN_READ);
    f->stream = stream;
    if (stream)
        n->host_files++;
    return f;
}

int file_pipe(struct task *t, struct file **reader, struct file **writer)
{
    struct nacre *n = t->sandbox;
    *reader = new_file(n, FILE_DEVICE, OPEN_READ); /* becomes a pipe's end once all is allocated */
    *writer = new_file(n, FILE_DEVICE, OPEN_WRITE);
    struct pipe *p = pipe_new(&n->heap);
    p->readers = p->writers = 1;
    (*reader)->kind = FILE_PIPE_READER;
    (*writer)->kind = FILE_PIPE_WRITER;
    (*reader)->pipe = (*writer)->pipe = p;
    return 0;
}

/* --- opening ---------------------------------------------------------------------------- */

static struct fifo *fifo_find(struct nacre *n, uint64_t number)
{
    for (struct fifo *fifo = n->fifos; fifo; fifo = fifo->next)
        if (fifo->number == number)
            return fifo;
    struct fifo *fifo = heap_new(&n->heap, struct fifo);
    fifo->number = number;
    fifo->pipe = pipe_new(&n->heap);
    fifo->pipe->kept = true;
    fifo->next = n->fifos;
    n->fifos = fifo;
    return fifo;
}

/* Opening a fifo waits until its other side is open too, as on Linux: the file stands in t->opening meanwhile. */
static int open_fifo(struct task *t, uint64_t number, unsigned flags, struct file **file)
{
    struct nacre *n = t->sandbox;
    struct fifo *fifo = fifo_find(n, number);
    struct file *f = t->opening;
    if (!f) {
        bool reader = !(flags & OPEN_WRITE);
        f = new_file(n, FILE_DEVICE, flags);
        int error = vfs_open(&n->vfs, number);
        if (error) {
            file_close(f);
            return error;
        }
        f->number = number;
        f->pipe = fifo->pipe;
        fifo->files++;
        f->kind = reader ? FILE_PIPE_READER : FILE_PIPE_WRITER;
        if (flags & OPEN_READ)
            pipe_open_reader(fifo->pipe), fifo->reader_opens++;
        if (flags & OPEN_WRITE)
            pipe_open_writer(fifo->pipe), fifo->writer_opens++;
        /* what the other side counted when this one came */
        f->offset = reader ? fifo->writer_opens - (uint64_t)fifo->pipe->writers : fifo->reader_opens - (uint64_t)fifo->pipe->readers;
        t->opening = f;
        wait_list_wake(&fifo->waiting);
        if ((flags & OPEN_READ) && (flags & OPEN_WRITE)) { /* Linux: never waits */
            t->opening = NULL;
            *file = f;
            return 0;
        }
    }
    uint64_t others = f->kind == FILE_PIPE_READER ? fifo->writer_opens : fifo->reader_opens;
    if (others == f->offset) {
        wait_list_add(&fifo->waiting, t);
        return E_WAIT;
    }
    t->opening = NULL;
    f->offset = 0;
    *file = f;
    return 0;
}

static int open_device(struct task *t, const struct stat_info *info, unsigned flags, struct file **file)
{
    struct file *f = new_file(t->sandbox, FILE_DEVICE, flags);
    f->device = info->device;
    *file = f;
    if (info->device == DEVICE_TTY) {
        file_close(f);
        return E_NXIO;
    }
    return 0;
}

int file_open_inode(struct task *t, uint64_t number, unsigned flags, struct file **file)
{
    struct nacre *n = t->sandbox;
    struct stat_info info;
    int error = vfs_stat(&n->vfs, number, &info);
    if (error)
        return error;
    if (info.kind == NODE_DIRECTORY && (flags & OPEN_WRITE))
        return E_ISDIR;
    if (info.kind != NODE_DIRECTORY && (flags & OPEN_DIRECTORY))
        return E_NOTDIR;
    if (info.kind == NODE_LINK)
        return E_LOOP;
    if (info.kind == NODE_FIFO)
        return open_fifo(t, number, flags, file);
    if (info.kind == NODE_DEVICE)
        return open_device(t, &info, flags, file);
    if (info.kind == NODE_FILE && (flags & OPEN_TRUNCATE) && (flags & OPEN_WRITE) && info.size > 0) {
        error = vfs_truncate(&n->vfs, number, 0);
        if (error)
            return error;
    }
    struct file *f = new_file(n, info.kind == NODE_DIRECTORY ? FILE_DIRECTORY : FILE_INODE, flags);
    error = vfs_open(&n->vfs, number);
    if (error) {
        file_close(f);
        return error;
    }
    f->number = number;
    *file = f;
    return 0;
}

static int wanted_access(unsigned flags)
{
    return (flags & OPEN_READ ? MAY_READ : 0) | (flags & OPEN_WRITE ? MAY_WRITE : 0);
}

static int open_path(struct task *t, struct str path, unsigned flags, uint32_t mode, struct file **file)
{
    struct nacre *n = t->sandbox;
    struct place place;
    unsigned walk = flags & OPEN_NO_FOLLOW || (flags & OPEN_CREATE && flags & OPEN_EXCLUSIVE) ? 0 : WALK_FOLLOW;
    if (t->opening) /* a fifo: what is left is to wait for its other side */
        return open_fifo(t, t->opening->number, flags, file);
    int error = vfs_walk(&n->vfs, t->who, t->directory, path, walk | (flags & OPEN_CREATE ? WALK_PARENT : 0), &place);
    if (error)
        return error;
    if (place.rest.length) {
        error = proc_open(t, place.rest, flags, mode, file);
        place_drop(&place, &n->meter);
        return error;
    }
    uint64_t number = place.number;
    if ((flags & OPEN_CREATE) && place.slash) /* as Linux: whatever is there */
        return E_ISDIR;
    if (!number) {
        int64_t made = vfs_make(&n->vfs, t->who, place.parent, str_of(place.name, place.name_length), NODE_FILE,
                                mode & ~t->umask & 07777, (struct str){0}, 0);
        if (made < 0)
            return (int)made;
        return file_open_inode(t, (uint64_t)made, flags & ~(unsigned)OPEN_TRUNCATE, file);
    }
    if ((flags & OPEN_CREATE) && (flags & OPEN_EXCLUSIVE))
        return E_EXIST;
    struct stat_info info;
    error = vfs_stat(&n->vfs, number, &info);
    if (error)
        return error;
    if (info.kind == NODE_DIRECTORY && (flags & (OPEN_WRITE | OPEN_CREATE)))
        return E_ISDIR;
    if (place.slash && info.kind != NODE_DIRECTORY)
        return E_NOTDIR;
    error = vfs_access(&n->vfs, t->who, number, wanted_access(flags));
    if (error)
        return error;
    return file_open_inode(t, number, flags, file);
}

int file_open(struct task *t, struct str path, unsigned flags, uint32_t mode, struct file **file)
{
    int64_t fuel = t->sandbox->meter.fuel;
    return task_charged(t, fuel, open_path(t, path, flags, mode, file));
}

/* --- reading ------------------------------------------------------------------------------ */

static const char zeros[4096];

static int peek_inode(struct file *f, struct task *t, struct str *bytes)
{
    struct nacre *n = t->sandbox;
    struct str all = f->extent ? extent_bytes(f->extent) : (struct str){0};
    if (f->offset >= all.length) { /* at the end of what was seen: is there more by now? */
        struct extent *now;
        int error = vfs_content(&n->vfs, f->number, &now);
        if (error)
            return error;
        drop_extent(f);
        f->extent = now;
        all = now ? extent_bytes(now) : (struct str){0};
    }
    *bytes = f->offset < all.length ? str_after(all, (size_t)f->offset) : (struct str){0};
    return 0;
}

static int peek_random(struct file *f, struct task *t, struct str *bytes)
{
    enum { MADE = 512 };
    if (!f->bytes)
        f->bytes = heap_alloc(&t->sandbox->heap, MADE);
    if (!f->bytes_left) {
        for (size_t i = 0; i < MADE; i += 8) {
            uint64_t random = sandbox_random(t->sandbox);
            for (size_t k = 0; k < 8; k++)
                f->bytes[i + k] = (char)(random >> (8 * k));
        }
        f->bytes_left = MADE;
    }
    *bytes = str_of(f->bytes + MADE - f->bytes_left, f->bytes_left);
    return 0;
}

static int peek_input(struct task *t, struct str *bytes)
{
    struct nacre *n = t->sandbox;
    *bytes = str_after(buf_str(&n->input), n->input_taken);
    if (bytes->length > 0 || n->input_ended)
        return 0;
    wait_list_add(&n->input_waiting, t);
    return E_WAIT;
}

static struct lending *lending_of(struct file *f)
{
    switch (f->kind) {
    case FILE_PIPE_READER:
    case FILE_PIPE_WRITER: return &f->pipe->lending;
    case FILE_INPUT: return &f->sandbox->input_lending;
    default: return &f->lending;
    }
}

uint64_t file_lend(struct file *f, size_t count)
{
    struct lending *l = lending_of(f);
    l->count = count;
    return ++l->number;
}

void file_settle(struct file *f, uint64_t loan)
{
    struct lending *l = lending_of(f);
    size_t count = l->count;
    if (l->number != loan || !count)
        return;
    l->count = 0;
    file_take(f, count);
}

void file_unlend(struct file *f, uint64_t loan, size_t count)
{
    struct lending *l = lending_of(f);
    if (l->number == loan && count <= l->count)
        l->count -= count;
}

int file_peek(struct file *f, struct task *t, struct str *bytes)
{
    *bytes = (struct str){0};
    if (!(f->flags & OPEN_READ))
        return E_BADF;
    file_settle(f, lending_of(f)->number);
    switch (f->kind) {
    case FILE_INODE: return peek_inode(f, t, bytes);
    case FILE_PIPE_READER: return pipe_peek(f->pipe, t, bytes);
    case FILE_PIPE_WRITER: return pipe_peek(f->pipe, t, bytes); /* a fifo opened for both */
    case FILE_INPUT: return peek_input(t, bytes);
    case FILE_DIRECTORY: return E_ISDIR;
    case FILE_OUTPUT: return 0;
    case FILE_DEVICE: break;
    }
    switch (f->device) {
    case DEVICE_ZERO:
    case DEVICE_FULL: *bytes = str_of(zeros, sizeof zeros); return 0;
    case DEVICE_RANDOM:
    case DEVICE_URANDOM: return peek_random(f, t, bytes);
    case DEVICE_MADE: *bytes = str_after(str_of(f->bytes, f->bytes_left), (size_t)f->offset); return 0;
    default: return 0;
    }
}

void file_take(struct file *f, size_t count)
{
    struct nacre *n = f->sandbox;
    meter_charge_bytes(&n->meter, &f->rest, count);
    switch (f->kind) {
    case FILE_INODE: f->offset += count; break;
    case FILE_PIPE_READER:
    case FILE_PIPE_WRITER: pipe_take(f->pipe, count); break;
    case FILE_INPUT:
        n->input_taken += count;
        if (n->input_taken == n->input.length) {
            n->input_taken = 0;
            buf_clear(&n->input);
        }
        break;
    case FILE_DEVICE:
        if (f->device == DEVICE_MADE)
            f->offset += count;
        else if (f->bytes_left)
            f->bytes_left -= count;
        break;
    case FILE_DIRECTORY:
    case FILE_OUTPUT: break;
    }
}

/* --- writing ------------------------------------------------------------------------------- */

static int64_t write_inode(struct file *f, struct task *t, struct str bytes)
{
    struct nacre *n = t->sandbox;
    uint64_t at = f->offset;
    if (f->flags & OPEN_APPEND) {
        struct stat_info info;
        int error = vfs_stat(&n->vfs, f->number, &info);
        if (error)
            return error;
        at = info.size;
    }
    drop_extent(f); /* our own pin shall not force a copy */
    int64_t count = vfs_write(&n->vfs, f->number, at, bytes);
    if (count >= 0)
        f->offset = at + (uint64_t)count;
    return count;
}

int64_t file_write(struct file *f, struct task *t, struct str bytes)
{
    struct nacre *n = t->sandbox;
    if (!(f->flags & OPEN_WRITE))
        return E_BADF;
    int64_t count = (int64_t)bytes.length;
    switch (f->kind) {
    case FILE_INODE:
        if (bytes.length)
            count = write_inode(f, t, bytes);
        break;
    case FILE_PIPE_READER: return E_BADF;
    case FILE_PIPE_WRITER: count = pipe_write(f->pipe, t, bytes); break;
    case FILE_OUTPUT: count = sandbox_output(n, t, f->stream, bytes); break;
    case FILE_DEVICE:
        if (f->device == DEVICE_FULL && bytes.length)
            return E_NOSPC;
        break;
    case FILE_DIRECTORY:
    case FILE_INPUT: return E_BADF;
    }
    if (count > 0)
        meter_charge_bytes(&n->meter, &f->rest, (size_t)count);
    if (count == E_PIPE)
        task_signal(t, SIGNAL_PIPE);
    return count;
}

int file_stat(struct file *f, struct stat_info *info)
{
    struct nacre *n = f->sandbox;
    if (f->number)
        return vfs_stat(&n->vfs, f->number, info);
    int64_t now = sandbox_now(n);
    *info = (struct stat_info){.number = 1, .kind = NODE_FIFO, .mode = 0600, .user = n->who.user, .group = n->who.group,
                               .links = 1, .atime = now, .mtime = now, .ctime = now};
    if (f->kind == FILE_DEVICE && f->device == DEVICE_MADE) {
        info->kind = NODE_FILE;
        info->mode = 0444;
        info->size = f->bytes_left;
    } else if (f->kind == FILE_DEVICE) {
        info->kind = NODE_DEVICE;
        info->mode = 0666;
        info->device = f->device;
        info->user = info->group = 0;
    }
    return 0;
}

bool file_is_terminal(const struct file *f)
{
    (void)f;
    return false;
}
