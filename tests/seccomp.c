/* tests/seccomp.c - plays the cases in a process that may only read, write and exit: the core makes no system call. */
#include "include/nacre.h"
#include "tests/testfile.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- memory from one block: sizes are rounded up to powers of two, what is freed is kept by size ---------- */

enum { CLASSES = 40 };
static const size_t arena_size = (size_t)1 << 31; /* bytes of address space; only what is used gets pages */

struct arena {
    char *data;
    size_t used;
    void *free[CLASSES];
};

static unsigned class_of(size_t size)
{
    unsigned class = 4;
    while (((size_t)1 << class) < size)
        class++;
    return class;
}

static void *arena_allocate(void *user, void *memory, size_t old_size, size_t size)
{
    struct arena *a = user;
    unsigned was = memory ? class_of(old_size) : 0, is = class_of(size);
    if (size == 0 || (memory && was == is)) {
        if (memory && size == 0) {
            memcpy(memory, &a->free[was], sizeof(void *));
            a->free[was] = memory;
        }
        return size ? memory : NULL;
    }
    if (size > arena_size)
        return NULL;
    void *made = a->free[is];
    if (made) {
        memcpy(&a->free[is], made, sizeof(void *));
    } else {
        if (a->used + ((size_t)1 << is) > arena_size)
            return NULL;
        made = a->data + a->used;
        a->used += (size_t)1 << is;
    }
    if (memory) {
        memcpy(made, memory, old_size < size ? old_size : size);
        arena_allocate(user, memory, old_size, 0);
    }
    return made;
}

/* --- one case, without any memory of the C library -------------------------------------------------------------- */

struct expected {
    struct bytes text;
    size_t at;
    bool differs;
};

static void meet(struct expected *e, const char *data, size_t length)
{
    if (length > e->text.length - e->at || memcmp(e->text.data + e->at, data, length) != 0)
        e->differs = true;
    else
        e->at += length;
}

static void drain(nacre *n, struct expected *streams)
{
    static char block[65536];
    int stream = 0;
    size_t got;
    while ((got = nacre_read(n, &stream, block, sizeof block)) > 0)
        meet(&streams[stream == 2], block, got);
}

static bool play(const struct test_case *c, struct arena *arena)
{
    struct nacre_options options = {.size = sizeof options, .allocate = arena_allocate, .allocate_user = arena, .seed = 1};
    struct expected streams[2] = {{.text = c->out}, {.text = c->err}};
    struct nacre_text environment[64];
    struct nacre_usage usage = {.size = sizeof usage};
    nacre *n = NULL;
    memset(arena->free, 0, sizeof arena->free);
    arena->used = 0;
    int e = nacre_new(&n, &options);
    for (size_t i = 0; i < c->file_count && e == 0; i++) {
        static char path[8192];
        size_t length = strlen(c->files[i].name), before = c->files[i].name[0] == '/' ? 0 : 11;
        memcpy(path, "/workspace/", before);
        memcpy(path + before, c->files[i].name, length);
        e = nacre_put(n, path, before + length, c->files[i].content.data, c->files[i].content.length, 0644);
    }
    if (e == 0)
        e = nacre_set_base(n);
    for (size_t i = 0; i < c->environment_count && i < 64; i++)
        environment[i] = (struct nacre_text){c->environment[i], strlen(c->environment[i])};
    struct nacre_run run = {.size = sizeof run, .script = {c->script.data, c->script.length}, .input = {c->input.data, c->input.length},
                            .environment = environment, .environment_count = c->environment_count,
                            .limits = {c->steps, c->memory, c->disk, c->output}};
    if (e == 0)
        e = nacre_start(n, &run);
    while (e >= 0) {
        e = nacre_step(n, UINT64_MAX);
        drain(n, streams);
        uint64_t before = usage.output;
        nacre_usage(n, &usage);
        if (e == NACRE_RUNNING || (e == NACRE_WAITING && usage.output != before))
            continue; /* output was drained */
        if (e == NACRE_OUT_OF_STEPS || e == NACRE_STUCK || e == NACRE_WAITING) {
            nacre_stop(n);
            drain(n, streams);
        }
        break;
    }
    nacre_usage(n, &usage);
    nacre_free(n);
    return e == c->ends && usage.status == c->status && !streams[0].differs && !streams[1].differs &&
           streams[0].at == c->out.length && streams[1].at == c->err.length;
}

/* --- the processes -------------------------------------------------------------------------------------------------- */

enum { JOBS = 2 };
struct progress {
    volatile size_t at[JOBS]; /* the case being played */
    volatile char verdict[];  /* by case: 1 passed, 2 failed, 3 made a system call */
};

int main(int count, char **words)
{
    struct test_suite s = {0};
    size_t passed = 0, failed = 0;
    for (int i = 1; i < count; i++)
        if (!suite_read(&s, words[i]))
            failed++;
    struct progress *p = mmap(NULL, sizeof *p + s.count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t jobs[JOBS] = {0};
    if (p == MAP_FAILED)
        return 2;
    for (int k = 0; k < JOBS; k++)
        p->at[k] = (size_t)k;
    for (int alive = JOBS; alive > 0;) {
        for (int k = 0; k < JOBS; k++) {
            if (jobs[k] || p->at[k] >= s.count)
                continue;
            jobs[k] = fork();
            if (jobs[k] == 0) {
                struct arena arena = {.data = mmap(NULL, arena_size, PROT_READ | PROT_WRITE,
                                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)};
                if (arena.data == MAP_FAILED || prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
                    _exit(2);
                for (; p->at[k] < s.count; p->at[k] += JOBS)
                    p->verdict[p->at[k]] = play(&s.cases[p->at[k]], &arena) ? 1 : 2;
                syscall(SYS_exit, 0);
            }
        }
        int how;
        pid_t ended = wait(&how);
        alive = 0;
        for (int k = 0; k < JOBS; k++) {
            if (jobs[k] == ended) {
                jobs[k] = 0;
                if (WIFEXITED(how) && WEXITSTATUS(how) == 2) {
                    fputs("tests/seccomp: this kernel does not let a process enter seccomp\n", stderr);
                    return 2;
                }
                if (!WIFEXITED(how) && p->at[k] < s.count) {
                    p->verdict[p->at[k]] = 3;
                    p->at[k] += JOBS;
                }
            }
            alive += jobs[k] != 0 || p->at[k] < s.count;
        }
    }
    for (size_t i = 0; i < s.count; i++) {
        if (p->verdict[i] == 1) {
            passed++;
            continue;
        }
        failed++;
        printf("%s:%d: %s\n    %s\n", s.cases[i].path, s.cases[i].line, s.cases[i].title,
               p->verdict[i] == 3 ? "a system call (or a crash)" : "not what must come out");
    }
    printf("%zu passed, %zu failed\n", passed, failed);
    suite_drop(&s);
    return failed ? 1 : 0;
}
