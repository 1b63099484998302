/* fuzz/vfs.c - verbs of the file system in any order: a copy made before never changes, disk adds up, nothing leaks. */
#include "vfs/change.h"
#include "fuzz/fuzz.h"

enum { NAMES = 12, OPERATIONS_MOST = 400 };

struct job {
    struct meter *meter;
    struct input in;
    bool ended;
};

static int64_t now(void *user)
{
    return *(int64_t *)user += 1000;
}

static struct str name_of(unsigned n)
{
    static const char names[NAMES][8] = {"a", "b", "c", "d", "e", "f", "long-na", "x.y", ".h", "..", ".", ""};
    return str_from(names[n % NAMES]);
}

/* A path of up to four names. */
static struct str path_of(struct job *job, char *text)
{
    size_t n = 0;
    unsigned count = 1 + input_byte(&job->in) % 4;
    for (unsigned i = 0; i < count; i++) {
        struct str name = name_of(input_byte(&job->in));
        text[n++] = '/';
        memcpy(text + n, name.data, name.length);
        n += name.length;
    }
    return str_of(text, n);
}

static uint64_t walk(struct vfs *v, struct identity who, struct job *job, unsigned flags, struct place *p)
{
    char text[64];
    struct str path = path_of(job, text);
    memset(p, 0, sizeof *p);
    int e = vfs_walk(v, who, VFS_ROOT, path, flags, p);
    place_drop(p, v->meter);
    return e == 0 ? p->number : 0;
}

static void operate(struct vfs *v, struct identity who, struct job *job)
{
    struct place p, q;
    unsigned what = input_byte(&job->in) % 12, n = input_byte(&job->in);
    char data[300];
    memset(data, (int)n, sizeof data);
    uint64_t number = walk(v, who, job, what < 4 || what == 6 ? WALK_PARENT : n & 1 ? WALK_FOLLOW : 0, &p);
    struct str name = str_of(p.name, p.name_length);
    switch (what) {
    case 0:
        if (p.parent)
            vfs_make(v, who, p.parent, name, NODE_DIRECTORY, 0700 | (n & 0777), str_of(NULL, 0), 0);
        break;
    case 1:
        if (p.parent)
            vfs_make(v, who, p.parent, name, NODE_FILE, n & 0777, str_of(NULL, 0), 0);
        break;
    case 2:
        if (p.parent)
            vfs_make(v, who, p.parent, name, NODE_LINK, 0777, name_of(n), 0);
        break;
    case 3:
        if (p.parent)
            vfs_unlink(v, who, p.parent, name);
        break;
    case 4: {
        uint64_t target = walk(v, who, job, WALK_PARENT, &q);
        (void)target;
        if (number && q.parent)
            vfs_link(v, who, number, q.parent, str_of(q.name, q.name_length), n & 1);
        break;
    }
    case 5:
        if (number && p.name_length && p.parent)
            vfs_rmdir(v, who, p.parent, name);
        break;
    case 6:
        walk(v, who, job, WALK_PARENT, &q);
        if (number && q.parent)
            vfs_rename(v, who, p.parent, name, q.parent, str_of(q.name, q.name_length));
        break;
    case 7:
    case 8: {
        struct stat_info info;
        if (number && vfs_stat(v, number, &info) == 0 && info.kind == NODE_FILE)
            vfs_write(v, number, n * 7u, str_of(data, n));
        break;
    }
    case 9: {
        struct stat_info info;
        if (number && vfs_stat(v, number, &info) == 0 && info.kind == NODE_FILE)
            vfs_truncate(v, number, n * 5u);
        break;
    }
    case 10:
        if (number)
            vfs_chmod(v, who, number, n & 0777);
        break;
    default: {
        struct btree entries;
        if (number && vfs_list(v, number, &entries) == 0) {
            struct btree_walk w;
            struct str entry;
            union entry e;
            struct stat_info info;
            btree_walk_start(&w, entries);
            while (btree_walk_next(&w, &entry, &e))
                must(vfs_stat(v, e.number, &info) == 0);
            vfs_list_release(v, &entries);
        }
    }
    }
}

static void play(void *argument)
{
    struct job *job = argument;
    struct vfs v, before;
    struct heap heap;
    struct changes changes;
    int64_t clock = 0;
    struct identity who = {input_byte(&job->in) & 1 ? 0 : 1000, 1000};
    heap_init(&heap, job->meter);
    if (vfs_init(&v, job->meter) != 0)
        return;
    v.now = now;
    v.user = &clock;
    v.disk_limit = 40000;
    vfs_chmod(&v, (struct identity){0, 0}, VFS_ROOT, 0777);
    for (unsigned i = 0; i < OPERATIONS_MOST / 2 && job->in.size > 64; i++)
        operate(&v, who, job);
    vfs_share(&before, &v, job->meter);
    uint64_t digest = vfs_digest(&before), disk = vfs_disk(&before);
    for (unsigned i = 0; i < OPERATIONS_MOST && job->in.size > 0; i++) {
        operate(&v, who, job);
        must(vfs_disk(&v) <= v.disk_limit);
    }
    must(vfs_digest(&before) == digest && vfs_disk(&before) == disk);
    if (changes_find(&changes, &heap, &before, &v) == 0 && changes.count == 0)
        must(vfs_digest(&v) == digest);
    heap_drop(&heap);
    vfs_drop(&before);
    vfs_drop(&v);
    job->ended = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct held held = {0};
    struct meter meter = {.memory_limit = 32 << 20, .limit = UINT64_MAX, .fuel = INT64_MAX / 2, .granted = INT64_MAX / 2,
                          .allocator = {held_resize, &held}};
    struct job job = {.meter = &meter, .in = {data, size}};
    meter_land(&meter, play, &job);
    pool_trim(&meter);
    must(!job.ended || held.bytes == 0);
    return 0;
}
