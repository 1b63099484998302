/* tests/play.c - one case in one of the ways in which each case is played. */
#include "tests/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const way_names[WAYS] = {"plain", "slice", "refuse", "stop", "fork", "lazy", "memory"};

/* --- the allocator ------------------------------------------------------------------------------- */

struct guard {
    size_t size;
    uint64_t mark;
};
static const uint64_t guard_mark = 0x6e61637265677561u;

void *counter_allocate(void *user, void *memory, size_t old_size, size_t size)
{
    struct counter *c = user;
    struct guard *g = memory ? (struct guard *)memory - 1 : NULL;
    if (g && g->mark != guard_mark) {
        c->wrong = "a block that is none was given back";
        return NULL;
    }
    if (g && g->size != old_size)
        c->wrong = "a block was given back with a size that it has not";
    if (size == 0) {
        if (!g)
            return NULL;
        c->bytes -= g->size;
        c->blocks--;
        g->mark = 0;
        memset(memory, 0xdd, g->size);
        free(g);
        return NULL;
    }
    if (!g || size > g->size) {
        c->calls++;
        if (c->refuse && c->calls == c->refuse) {
            c->refused = true;
            return NULL;
        }
    }
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t had = g ? g->size : 0;
    struct guard *made = g && !c->moving ? realloc(g, sizeof *g + size) : malloc(sizeof *g + size);
    if (!made)
        return NULL;
    if (g && c->moving) {
        memcpy(made + 1, memory, had < size ? had : size);
        memset(g, 0xdd, sizeof *g + had);
        free(g);
    }
    c->bytes -= had;
    c->blocks += !g;
    made->size = size;
    made->mark = guard_mark;
    c->bytes += size;
    if (!g)
        memset(made + 1, 0xaa, size < 4096 ? size : 4096);
    return made + 1;
}

/* --- a sandbox with the files of a case ------------------------------------------------------------- */

void outcome_drop(struct outcome *o)
{
    bytes_drop(&o->out);
    bytes_drop(&o->err);
}

static struct nacre_text text_of(const char *s)
{
    return (struct nacre_text){s, strlen(s)};
}

static void path_of(const struct test_file *f, struct bytes *path)
{
    if (f->name[0] != '/')
        bytes_add(path, "/workspace/", 11);
    bytes_add(path, f->name, strlen(f->name));
}

static int make_sandbox(const struct test_case *c, struct counter *counter, bool files, nacre **n)
{
    struct nacre_options options = {.size = sizeof options, .allocate = counter_allocate, .allocate_user = counter,
                                    .seed = 1};
    int e = nacre_new(n, &options);
    for (size_t i = 0; files && i < c->file_count && e == 0; i++) {
        struct bytes path = {0};
        path_of(&c->files[i], &path);
        e = nacre_put(*n, path.data, path.length, c->files[i].content.data, c->files[i].content.length, 0644);
        bytes_drop(&path);
    }
    if (e == 0 && files)
        e = nacre_set_base(*n);
    return e;
}

static int start(nacre *n, const struct test_case *c, uint64_t memory)
{
    struct nacre_text environment[64];
    struct nacre_run run = {.size = sizeof run, .script = {c->script.data, c->script.length},
                            .input = {c->input.data, c->input.length}};
    for (size_t i = 0; i < c->environment_count && i < 64; i++)
        environment[i] = text_of(c->environment[i]);
    run.environment = environment;
    run.environment_count = c->environment_count;
    run.limits = (struct nacre_limits){c->steps, memory ? memory : c->memory, c->disk, c->output};
    return nacre_start(n, &run);
}

static void drain(nacre *n, struct outcome *o)
{
    char block[16384];
    int stream = 0;
    size_t got;
    while ((got = nacre_read(n, &stream, block, sizeof block)) > 0) {
        bytes_add(stream == 2 ? &o->err : &o->out, block, got);
        for (size_t i = 0; i < got; i++)
            o->order = (o->order ^ ((unsigned char)block[i] + 256u * (unsigned)stream)) * 0x100000001b3u;
    }
}

/* Has the run come to an end, of whatever kind? */
static bool is_end(int state)
{
    return state == NACRE_DONE || state == NACRE_OUT_OF_MEMORY || state == NACRE_STOPPED ||
           state == NACRE_OUTPUT_LIMIT || state == NACRE_INTERRUPTED;
}

/* A file's number as the host's token: its index from 1; folders have higher ones. */
struct lazy {
    const struct test_case *c;
    char **folders; /* paths; token is index + 1000000 */
    size_t folder_count;
};

static uint64_t folder_token(struct lazy *l, const char *path, size_t length)
{
    for (size_t i = 0; i < l->folder_count; i++)
        if (strlen(l->folders[i]) == length && memcmp(l->folders[i], path, length) == 0)
            return i + 1000000;
    l->folders = realloc(l->folders, (l->folder_count + 1) * sizeof *l->folders);
    l->folders[l->folder_count] = calloc(1, length + 1);
    memcpy(l->folders[l->folder_count], path, length);
    return l->folder_count++ + 1000000;
}

static int give_listing(nacre *n, struct lazy *l, uint64_t token)
{
    const char *folder = l->folders[token - 1000000];
    size_t most = l->c->file_count, count = 0, length = strlen(folder);
    struct nacre_entry *entries = calloc(most + 1, sizeof *entries);
    for (size_t i = 0; i < most; i++) {
        const char *name = l->c->files[i].name;
        if (length && (strncmp(name, folder, length) != 0 || name[length] != '/'))
            continue;
        name += length ? length + 1 : 0;
        const char *slash = strchr(name, '/');
        struct nacre_text one = {name, slash ? (size_t)(slash - name) : strlen(name)};
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known |= entries[k].name.length == one.length && memcmp(entries[k].name.data, one.data, one.length) == 0;
        if (known)
            continue;
        struct nacre_entry *e = &entries[count++];
        *e = (struct nacre_entry){.size = sizeof *e, .name = one, .kind = slash ? NACRE_DIRECTORY : NACRE_FILE,
                                  .mode = slash ? 0755 : 0644, .user = 1000, .group = 1000, .host = i + 1};
        if (slash)
            e->host = folder_token(l, l->c->files[i].name, (size_t)(one.data + one.length - l->c->files[i].name));
        else
            e->length = l->c->files[i].content.length;
    }
    int error = nacre_give_listing(n, token, entries, count);
    free(entries);
    return error;
}

/* Answers what is asked for: 0 or more when something was, below 0 when nothing can be. */
static int answer(nacre *n, struct lazy *l, struct outcome *o)
{
    struct nacre_request request = {.size = sizeof request};
    if (nacre_request(n, 0, &request) != 0)
        return -1;
    switch (request.kind) {
    case NACRE_REQUEST_OUTPUT: drain(n, o); return 0;
    case NACRE_REQUEST_LISTING: return l ? give_listing(n, l, request.host) : -1;
    case NACRE_REQUEST_CONTENT: {
        if (!l || request.host == 0 || request.host > l->c->file_count)
            return -1;
        struct bytes content = l->c->files[request.host - 1].content;
        return nacre_give_content(n, request.host, content.data, content.length, 1, NULL, NULL);
    }
    default: return -1;
    }
}

static void finish(nacre *n, struct outcome *o, int state)
{
    struct nacre_usage usage = {.size = sizeof usage};
    drain(n, o);
    o->ends = state;
    if (nacre_usage(n, &usage) == 0) {
        o->status = usage.status;
        o->steps = usage.steps;
        o->output = usage.output;
        o->peak = usage.memory_peak;
    }
}

/* Steps a started run to its end: an end, or below 0 an error. What is out of steps or stuck is stopped, and so is
 * what has used `stop_at` steps. */
static int run_to_end(nacre *n, struct lazy *l, uint64_t slice, uint64_t stop_at, struct outcome *o)
{
    uint64_t given = 0;
    for (;;) {
        int state = nacre_step(n, stop_at && stop_at - given < slice ? stop_at - given : slice);
        if (state < 0)
            return state;
        given += slice;
        drain(n, o);
        if (state == NACRE_WAITING) {
            int e = answer(n, l, o);
            if (e < 0 && e != NACRE_E_MEMORY) {
                nacre_stop(n);
                finish(n, o, state);
                return NACRE_WAITING;
            }
            continue;
        }
        if (is_end(state)) {
            finish(n, o, state);
            return state;
        }
        bool enough = stop_at && given >= stop_at;
        if (state == NACRE_OUT_OF_STEPS || state == NACRE_STUCK || enough) {
            int e = nacre_stop(n);
            finish(n, o, enough && state == NACRE_RUNNING ? NACRE_STOPPED : state);
            return e < 0 ? e : o->ends;
        }
    }
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check_memory(const struct counter *counter, struct bytes *problem)
{
    if (counter->wrong)
        bytes_print(problem, "    %s\n", counter->wrong);
    if (counter->bytes || counter->blocks)
        bytes_print(problem, "    leaked %zu bytes in %zu blocks\n", counter->bytes, counter->blocks);
}

void play_plain(const struct test_case *c, struct outcome *o, struct bytes *problem)
{
    struct counter counter = {0};
    nacre *n = NULL;
    int e = make_sandbox(c, &counter, true, &n);
    double t = seconds();
    if (e == 0)
        e = start(n, c, 0);
    if (e == 0)
        e = run_to_end(n, NULL, UINT64_MAX, 0, o);
    o->seconds = seconds() - t;
    o->allocations = counter.calls;
    if (e < 0)
        bytes_print(problem, "    a call failed: enum nacre_error %d\n", e);
    nacre_free(n);
    check_memory(&counter, problem);
}

/* --- the other ways -------------------------------------------------------------------------------------- */

/* The lines around the first difference; a long text is not shown whole. */
void print_difference(struct bytes *text, const char *what, struct bytes wanted, struct bytes got)
{
    if (bytes_equal(wanted, got))
        return;
    enum { MOST = 24 };
    size_t same = 0, from = 0, line = 1;
    while (same < wanted.length && same < got.length && wanted.data[same] == got.data[same]) {
        if (wanted.data[same++] == '\n') {
            from = same;
            line++;
        }
    }
    size_t tail = 0, cut = 0;
    while (tail < wanted.length - from && tail < got.length - from &&
           wanted.data[wanted.length - 1 - tail] == got.data[got.length - 1 - tail]) {
        tail++;
        if (tail == wanted.length - from || tail == got.length - from)
            break;
        if (wanted.data[wanted.length - 1 - tail] == '\n' && got.data[got.length - 1 - tail] == '\n')
            cut = tail;
    }
    bytes_print(text, "    %s, from line %zu (- wanted, + got):\n", what, line);
    for (int side = 0; side < 2; side++) {
        struct bytes b = side ? got : wanted;
        size_t end = b.length - cut, shown = 0;
        for (size_t at = from; at < end && shown < MOST; shown++) {
            char *stop = memchr(b.data + at, '\n', end - at);
            size_t n = stop ? (size_t)(stop - (b.data + at)) : end - at;
            bytes_print(text, "    %c ", side ? '+' : '-');
            for (size_t i = 0; i < n && i < 400; i++) {
                unsigned char byte = (unsigned char)b.data[at + i];
                if (byte < 32 && byte != '\t')
                    bytes_print(text, "\\x%02x", byte);
                else
                    bytes_add(text, &byte, 1);
            }
            bytes_print(text, "%s\n", n > 400 ? "..." : !stop && at + n == b.length ? "\\ (no newline)" : "");
            at += n + (stop != NULL);
        }
        if (shown == MOST)
            bytes_print(text, "    ...\n");
    }
}

static void compare(const struct outcome *plain, const struct outcome *o, struct bytes *problem)
{
    print_difference(problem, "standard output differs from the plain play", plain->out, o->out);
    print_difference(problem, "standard error differs from the plain play", plain->err, o->err);
    if (plain->status != o->status)
        bytes_print(problem, "    status %d, plainly %d\n", o->status, plain->status);
    if (plain->ends != o->ends)
        bytes_print(problem, "    ends %s, plainly %s\n", test_ends[o->ends] ? test_ends[o->ends] : "waiting",
                    test_ends[plain->ends] ? test_ends[plain->ends] : "waiting");
    if (plain->steps != o->steps && plain->ends != NACRE_OUT_OF_MEMORY) /* where memory ends depends on what a fork shares */
        bytes_print(problem, "    %llu steps, plainly %llu\n", (unsigned long long)o->steps, (unsigned long long)plain->steps);
    if (plain->order != o->order && bytes_equal(plain->out, o->out) && bytes_equal(plain->err, o->err))
        bytes_print(problem, "    the two streams are mixed in another order than plainly\n");
}

/* Whatever happened before, a sandbox answers. */
static void check_alive(nacre *n, struct bytes *problem)
{
    static const char script[] = "echo alive";
    struct outcome o = {0};
    struct nacre_run run = {.size = sizeof run, .script = {script, sizeof script - 1}, .fresh = 1};
    int e = nacre_start(n, &run);
    if (e == 0)
        e = run_to_end(n, NULL, UINT64_MAX, 0, &o);
    if (e != NACRE_DONE || o.status != 0 || o.out.length != 6 || memcmp(o.out.data, "alive\n", 6) != 0)
        bytes_print(problem, "    `echo alive` afterwards: call %d, status %d, %.*s%.*s\n", e, o.status, (int)o.out.length,
                    o.out.data ? o.out.data : "", (int)o.err.length, o.err.data ? o.err.data : "");
    outcome_drop(&o);
}

/* A sandbox of its own for the case, played in slices, and stopped after so many steps unless that is 0. */
static int play_once(const struct test_case *c, struct counter *counter, uint64_t slice, uint64_t stop_at, nacre **n, struct outcome *o)
{
    int e = make_sandbox(c, counter, true, n);
    if (e == 0)
        e = start(*n, c, 0);
    if (e == 0)
        e = run_to_end(*n, NULL, slice, stop_at, o);
    return e;
}

static void play_over(nacre *n, const struct counter *counter, struct outcome *o, struct bytes *problem)
{
    nacre_free(n);
    check_memory(counter, problem);
    outcome_drop(o);
}

static void play_slices(const struct test_case *c, uint64_t slice, const struct outcome *plain, struct bytes *problem)
{
    struct counter counter = {.moving = true};
    struct outcome o = {0};
    nacre *n = NULL;
    int e = play_once(c, &counter, slice, 0, &n, &o);
    if (e < 0)
        bytes_print(problem, "    a call failed: enum nacre_error %d\n", e);
    else
        compare(plain, &o, problem);
    play_over(n, &counter, &o, problem);
}

static void play_refuse(const struct test_case *c, uint64_t number, struct bytes *problem)
{
    struct counter counter = {.moving = true, .refuse = number};
    struct outcome o = {0};
    nacre *n = NULL;
    int e = play_once(c, &counter, UINT64_MAX, 0, &n, &o);
    if (e < 0 && e != NACRE_E_MEMORY)
        bytes_print(problem, "    a call answered enum nacre_error %d\n", e);
    if (e == NACRE_OUT_OF_MEMORY && o.status != 137)
        bytes_print(problem, "    out of memory with status %d\n", o.status);
    if (e == NACRE_OUT_OF_MEMORY && o.err.length == 0)
        bytes_print(problem, "    out of memory without a message\n");
    counter.refuse = 0;
    if (n)
        check_alive(n, problem);
    play_over(n, &counter, &o, problem);
}

static bool is_prefix(struct bytes a, struct bytes b)
{
    return a.length <= b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

static void play_stop(const struct test_case *c, uint64_t number, const struct outcome *plain, struct bytes *problem)
{
    struct counter counter = {.moving = true};
    struct outcome o = {0};
    nacre *n = NULL;
    int e = play_once(c, &counter, number, number, &n, &o);
    if (e < 0)
        bytes_print(problem, "    a call failed: enum nacre_error %d\n", e);
    else if (!is_prefix(o.out, plain->out))
        print_difference(problem, "stopped: output is no beginning of the plain one", plain->out, o.out);
    if (e >= 0 && number % 2)
        check_alive(n, problem);
    play_over(n, &counter, &o, problem);
}

static void play_fork(const struct test_case *c, const struct outcome *plain, struct bytes *problem)
{
    struct counter counter = {0};
    struct outcome o = {0};
    nacre *parent = NULL, *before = NULL, *child = NULL;
    int e = make_sandbox(c, &counter, true, &parent);
    if (e == 0)
        e = nacre_fork(parent, &before);
    uint64_t digest = e == 0 ? nacre_digest(parent) : 0;
    if (e == 0)
        e = nacre_fork(parent, &child);
    if (e == 0)
        e = start(child, c, 0);
    if (e == 0)
        e = run_to_end(child, NULL, UINT64_MAX, 0, &o);
    if (e < 0) {
        bytes_print(problem, "    a call failed: enum nacre_error %d\n", e);
    } else {
        compare(plain, &o, problem);
        int64_t changes = nacre_changes(parent, before);
        if (changes != 0)
            bytes_print(problem, "    the parent of the fork has %lld changes\n", (long long)changes);
        if (nacre_digest(parent) != digest)
            bytes_print(problem, "    the parent of the fork has another digest\n");
    }
    nacre_free(before);
    nacre_free(c->line % 2 ? parent : child);
    nacre_free(c->line % 2 ? child : parent);
    check_memory(&counter, problem);
    outcome_drop(&o);
}

static bool has_outside_file(const struct test_case *c)
{
    for (size_t i = 0; i < c->file_count; i++)
        if (c->files[i].name[0] == '/')
            return true;
    return false;
}

/* The same files, mounted and loaded when asked for. */
static void play_lazy(const struct test_case *c, const struct outcome *plain, struct bytes *problem)
{
    struct counter counter = {.moving = true};
    struct outcome o = {0};
    struct lazy l = {.c = c};
    nacre *n = NULL;
    if (has_outside_file(c))
        return;
    int e = make_sandbox(c, &counter, false, &n);
    struct nacre_entry folder = {.size = sizeof folder, .kind = NACRE_DIRECTORY, .mode = 0755, .user = 1000, .group = 1000,
                                 .host = folder_token(&l, "", 0)};
    if (e == 0)
        e = nacre_mount(n, text_of("/workspace"), &folder);
    if (e == 0)
        e = start(n, c, 0);
    if (e == 0)
        e = run_to_end(n, &l, UINT64_MAX, 0, &o);
    if (e < 0)
        bytes_print(problem, "    a call failed: enum nacre_error %d\n", e);
    else
        compare(plain, &o, problem);
    play_over(n, &counter, &o, problem);
    for (size_t i = 0; i < l.folder_count; i++)
        free(l.folders[i]);
    free(l.folders);
}

/* Under a lower memory limit: it ends well, or says that the limit was reached. */
static void play_memory(const struct test_case *c, uint64_t limit, const struct outcome *plain, struct bytes *problem)
{
    struct counter counter = {0};
    struct outcome o = {0};
    nacre *n = NULL;
    char message[64];
    int length = snprintf(message, sizeof message, "nacre: memory limit reached (%llu)\n", (unsigned long long)limit);
    int e = make_sandbox(c, &counter, true, &n);
    if (e == 0)
        e = start(n, c, limit);
    if (e == 0)
        e = run_to_end(n, NULL, UINT64_MAX, 0, &o);
    if (e < 0 && e != NACRE_E_MEMORY)
        bytes_print(problem, "    a call answered enum nacre_error %d\n", e);
    if (e == NACRE_OUT_OF_MEMORY) {
        if (o.status != 137)
            bytes_print(problem, "    out of memory with status %d\n", o.status);
        if (o.err.length < (size_t)length || memcmp(o.err.data + o.err.length - length, message, (size_t)length) != 0)
            bytes_print(problem, "    standard error does not end with: %s", message);
        if (o.peak > limit)
            bytes_print(problem, "    peak %llu above the limit\n", (unsigned long long)o.peak);
    }
    if (e == NACRE_DONE && plain->ends == NACRE_DONE && plain->status == 0 && o.status == 0)
        print_difference(problem, "done under a lower memory limit, but output differs", plain->out, o.out);
    if (n)
        check_alive(n, problem);
    play_over(n, &counter, &o, problem);
}

void play_way(const struct test_case *c, enum way way, uint64_t number, const struct outcome *plain, struct bytes *problem)
{
    switch (way) {
    case WAY_SLICES: play_slices(c, number, plain, problem); break;
    case WAY_REFUSE: play_refuse(c, number, problem); break;
    case WAY_STOP:   play_stop(c, number, plain, problem); break;
    case WAY_FORK:   play_fork(c, plain, problem); break;
    case WAY_LAZY:   play_lazy(c, plain, problem); break;
    case WAY_MEMORY: play_memory(c, number, plain, problem); break;
    case WAY_PLAIN: case WAYS: break;
    }
}
