/* api/sandbox.c - a sandbox is made, forked and freed. */
#include "api/api.h"

#include "builtins/table.h"
#include "shell/session.h"
#include "vfs/standard.h"

enum { DEFAULT_STEPS = 50000000, DEFAULT_MEMORY = 64 << 20, DEFAULT_DISK = 64 << 20, DEFAULT_OUTPUT = 4 << 20, DEFAULT_USER = 1000 };
#define DEFAULT_CLOCK ((int64_t)1735689600 * 1000000000) /* 2025-01-01T00:00:00Z */

/* One block of the host's allocator. */
struct sandbox {
    struct nacre n;
    struct api api;
};

const char *nacre_version(void)
{
#define TEXT(x) #x
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)
    return VERSION(NACRE_VERSION_MAJOR, NACRE_VERSION_MINOR, NACRE_VERSION_PATCH);
}

int api_error(int error)
{
    switch (error) {
    case E_NOENT: return NACRE_E_NOENT;
    case E_EXIST: return NACRE_E_EXIST;
    case E_NOTDIR: return NACRE_E_NOTDIR;
    case E_ISDIR: return NACRE_E_ISDIR;
    case E_ACCES: case E_PERM: return NACRE_E_ACCESS;
    case E_NOSPC: return NACRE_E_DISK;
    case E_STALE: return NACRE_E_STALE;
    case E_LOOP: return NACRE_E_LOOP;
    case E_NAMETOOLONG: return NACRE_E_NAME;
    case E_WAIT: return NACRE_E_LOAD;
    case E_NOMEM: return NACRE_E_MEMORY;
    case E_STATE: return NACRE_E_STATE;
    case E_INVAL: return NACRE_E_INVALID;
    default: return error < 0 ? NACRE_E_OTHER : error;
    }
}

void *api_allocate(struct nacre *n, size_t size)
{
    return n->meter.allocator.resize(n->meter.allocator.user, NULL, 0, size ? size : 1);
}

void api_release(struct nacre *n, void *memory, size_t size)
{
    if (memory)
        n->meter.allocator.resize(n->meter.allocator.user, memory, size ? size : 1, 0);
}

int api_land(struct nacre *n, void (*body)(void *argument), void *argument)
{
    struct meter *m = &n->meter;
    int64_t fuel = m->fuel, granted = m->granted;
    uint64_t used = m->used;
    enum exhausted how = meter_land(m, body, argument);
    m->fuel = fuel; /* what the host has done is no work of the script's */
    m->granted = granted;
    m->used = used;
    return how == EXHAUSTED_MEMORY ? NACRE_E_MEMORY : 0;
}

bool api_at_rest(const struct nacre *n)
{
    return api_of(n)->phase == PHASE_REST && sched_idle(n);
}

void api_fill(void *theirs, size_t size, void *ours, size_t our_size)
{
    memcpy(ours, &size, sizeof size);
    memcpy(theirs, ours, size < our_size ? size : our_size);
}

static int64_t tree_now(void *user)
{
    return sandbox_now(user);
}

/* What is the same in a new sandbox and in a fork. */
static struct sandbox *make(const struct allocator *allocator)
{
    struct sandbox *s = allocator->resize(allocator->user, NULL, 0, sizeof *s);
    struct output_piece *reserve = s ? allocator->resize(allocator->user, NULL, 0, sizeof *reserve + RESERVE) : NULL;
    if (!reserve) {
        if (s)
            allocator->resize(allocator->user, s, sizeof *s, 0);
        return NULL;
    }
    memset(s, 0, sizeof *s);
    struct nacre *n = &s->n;
    n->meter.allocator = *allocator;
    n->meter.limit = UINT64_MAX;
    n->meter.memory_limit = SIZE_MAX;
    atomic_init(&n->meter.stop, 0);
    heap_init(&n->heap, &n->meter);
    heap_init(&n->scratch, &n->meter);
    buf_init(&n->input, &n->heap);
    n->output_end = &n->output;
    n->api = &s->api;
    s->api.reserve = reserve;
    heap_init(&s->api.heap, &n->meter);
    heap_init(&s->api.changes_heap, &n->meter);
    buf_init(&s->api.text, &s->api.heap);
    return s;
}

static void table_release(struct command_table *t, struct meter *m)
{
    if (shared_drop(t))
        shared_free(m, t);
}

void nacre_free(nacre *n)
{
    if (!n)
        return;
    struct api *a = api_of(n);
    host_drop(n);
    run_clear(n);
    run_drop_output(n);
    files_forget(n);
    if (n->shell)
        shell_session_free(n);
    heap_drop(&a->changes_heap);
    heap_drop(&a->heap);
    ptree_release(&a->ignore, &ignore_kind, &n->meter);
    rules_release(a->exclude, &n->meter);
    table_release(a->table, &n->meter);
    if (n->vfs.meter)
        vfs_drop(&n->vfs);
    pool_trim(&n->meter);
    struct allocator allocator = n->meter.allocator;
    api_release(n, (char *)(uintptr_t)a->workspace_path.data, a->workspace_path.length);
    allocator.resize(allocator.user, a->reserve, sizeof *a->reserve + RESERVE, 0);
    allocator.resize(allocator.user, n, sizeof(struct sandbox), 0);
}

static int keep_workspace_path(struct nacre *n, struct str path)
{
    char *copy = api_allocate(n, path.length);
    if (!copy)
        return NACRE_E_MEMORY;
    memcpy(copy, path.data, path.length);
    api_of(n)->workspace_path = str_of(copy, path.length);
    return 0;
}

struct making {
    struct nacre *n;
    const struct nacre_options *options;
    int error;
};

/* The workspace: there in the standard tree, unless it shall be elsewhere. */
static int make_workspace(struct nacre *n, struct str path)
{
    struct place place;
    int error = path.length && path.data[0] == '/' ? keep_workspace_path(n, path) : NACRE_E_INVALID;
    if (error)
        return error;
    error = files_walk(n, path, WALK_PARENT | WALK_FOLLOW, &place);
    bool made = error || !place.number;
    struct stat_info info;
    if (!made && (vfs_look(&n->vfs, place.number, &info) || info.kind != NODE_DIRECTORY))
        return NACRE_E_NOTDIR;
    if (made)
        error = files_parents(n, path);
    if (made && !error)
        error = files_walk(n, path, WALK_PARENT, &place);
    if (made && !error) {
        struct given given = {.kind = NODE_DIRECTORY, .mode = 0755, .user = n->who.user, .group = n->who.group, .mtime = n->clock};
        int64_t number = vfs_give(&n->vfs, place.parent, str_of(place.name, place.name_length), &given);
        error = number < 0 ? (int)number : vfs_give_listing(&n->vfs, (uint64_t)number, NULL, 0);
        place.number = number > 0 ? (uint64_t)number : 0;
    }
    if (error)
        return api_error(error);
    api_of(n)->workspace = place.number;
    if (made)
        vfs_set_base(&n->vfs);
    return 0;
}

static void fill_new(void *argument)
{
    struct making *w = argument;
    struct nacre *n = w->n;
    struct api *a = api_of(n);
    if (w->options->exclude && w->options->exclude[0]) {
        a->exclude = rules_list(n, w->options->exclude);
        if (!a->exclude)
            meter_out_of_memory(&n->meter);
    }
    w->error = make_workspace(n, str_from(w->options->workspace ? w->options->workspace : "/workspace"));
    if (!w->error)
        shell_session_new(n, a->workspace);
}

int nacre_new(nacre **out, const struct nacre_options *given)
{
    struct nacre_options o = {0};
    if (!out)
        return NACRE_E_INVALID;
    *out = NULL;
    if (given) {
        if (given->size < offsetof(struct nacre_options, limits))
            return NACRE_E_INVALID;
        memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    }
    struct allocator allocator = {o.allocate ? o.allocate : allocate_default, o.allocate_user};
    struct sandbox *s = make(&allocator);
    if (!s)
        return NACRE_E_MEMORY;
    struct nacre *n = &s->n;
    struct api *a = &s->api;
    a->limits.steps = o.limits.steps ? o.limits.steps : DEFAULT_STEPS;
    a->limits.memory = o.limits.memory ? o.limits.memory : DEFAULT_MEMORY;
    a->limits.disk = o.limits.disk ? o.limits.disk : DEFAULT_DISK;
    a->limits.output = o.limits.output ? o.limits.output : DEFAULT_OUTPUT;
    n->meter.memory_limit = a->limits.memory < SIZE_MAX ? (size_t)a->limits.memory : SIZE_MAX;
    a->keep_jobs = o.keep_jobs != 0;
    a->gitignore = o.gitignore != 0;
    a->secrets = !o.include_secrets;
    n->who = (struct identity){o.user, o.group};
    if (!o.root && !o.user && !o.group)
        n->who = (struct identity){DEFAULT_USER, DEFAULT_USER};
    n->umask = 022;
    n->clock = o.clock ? o.clock : DEFAULT_CLOCK;
    n->seed = n->random = o.seed;
    n->real_time = o.real_time != 0;
    n->next_number = 100;
    n->next_id = 1;
    n->commands = builtins_table;
    n->command_count = builtins_count;
    n->start_shell = shell_start_task;

    vfs_init_from(&n->vfs, &n->meter, &vfs_standard);
    n->vfs.now = tree_now;
    n->vfs.user = n;
    n->vfs.disk_limit = UINT64_MAX;
    struct making work = {n, &o, 0};
    int error = api_land(n, fill_new, &work);
    if (!error)
        error = work.error;
    if (error) {
        nacre_free(n);
        return error;
    }
    n->vfs.disk_limit = a->limits.disk;
    *out = n;
    return NACRE_OK;
}

int nacre_fork(const nacre *parent, nacre **out)
{
    if (!parent || !out)
        return NACRE_E_INVALID;
    *out = NULL;
    const struct api *from = api_of(parent);
    if (!api_at_rest(parent) || from->pending)
        return NACRE_E_STATE;
    struct sandbox *s = make(&parent->meter.allocator);
    if (!s)
        return NACRE_E_MEMORY;
    struct nacre *n = &s->n;
    struct api *a = &s->api;
    int error = keep_workspace_path(n, from->workspace_path);
    if (error) {
        nacre_free(n);
        return error;
    }
    n->meter.memory_limit = parent->meter.memory_limit;
    n->meter.memory = n->meter.memory_peak = parent->meter.memory - pool_size(&parent->meter);
    n->who = parent->who;
    n->umask = parent->umask;
    n->commands = parent->commands;
    n->command_count = parent->command_count;
    n->next_number = parent->next_number;
    n->clock = sandbox_now(parent);
    n->real_time = parent->real_time;
    n->next_id = parent->next_id;
    n->random = parent->random;
    n->seed = parent->seed;
    n->trace = parent->trace;
    n->start_shell = parent->start_shell;
    vfs_share(&n->vfs, &parent->vfs, &n->meter);
    n->vfs.user = n;
    if (shell_session_share(n, parent) < 0) {
        nacre_free(n);
        return NACRE_E_MEMORY;
    }

    a->limits = from->limits;
    a->keep_jobs = from->keep_jobs;
    a->gitignore = from->gitignore;
    a->secrets = from->secrets;
    a->exclude = shared_keep(from->exclude);
    a->ignore = ptree_share(from->ignore);
    a->table = shared_keep(from->table);
    a->workspace = from->workspace;
    a->left_out = from->left_out;
    a->last_fault = from->last_fault;
    *out = n;
    return NACRE_OK;
}
