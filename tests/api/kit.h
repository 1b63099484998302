/* tests/api/kit.h - what the tests of the library share: check, an allocator that counts, a run collected. */
#ifndef TESTS_API_KIT_H
#define TESTS_API_KIT_H

#include "include/nacre.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;
#define check(x) ((x) ? (void)passed++ : (void)(failed++, printf("%s:%d: %s\n", __FILE__, __LINE__, #x)))
#define same(a, b) same_at(__LINE__, a, b)

struct counts {
    size_t bytes, blocks;
};

static inline void *counting(void *user, void *memory, size_t old_size, size_t size)
{
    struct counts *c = user;
    if (size == 0) {
        if (memory) {
            c->bytes -= old_size;
            c->blocks--;
        }
        free(memory);
        return NULL;
    }
    void *moved = realloc(memory, size);
    if (moved) {
        c->bytes += size - (memory ? old_size : 0);
        c->blocks += memory == NULL;
    }
    return moved;
}

static inline struct nacre_text text(const char *s)
{
    return (struct nacre_text){s, strlen(s)};
}

static inline void same_at(int line, const char *is, const char *wanted)
{
    if (strcmp(is, wanted) == 0) {
        passed++;
    } else {
        failed++;
        printf("line %d: is \"%s\", not \"%s\"\n", line, is, wanted);
    }
}

/* Both streams of what has been written so far, one behind the other. */
static inline char *drain(nacre *n)
{
    static char all[1 << 16];
    size_t length = 0, count;
    int stream;
    while (length + 1 < sizeof all && (count = nacre_read(n, &stream, all + length, sizeof all - 1 - length)) > 0)
        length += count;
    all[length] = 0;
    return all;
}

static inline int start(nacre *n, const char *script)
{
    struct nacre_run run = {.size = sizeof run, .script = text(script)};
    return nacre_start(n, &run);
}

/* Runs a script that asks for nothing: its output. */
static inline const char *say(nacre *n, const char *script)
{
    static char all[1 << 16];
    struct nacre_result r = {.size = sizeof r};
    int error = nacre_run(n, script, strlen(script), &r);
    if (error < 0)
        snprintf(all, sizeof all, "error %d", error);
    else
        snprintf(all, sizeof all, "%s%s", r.out, r.err);
    if (error == 0)
        nacre_result_free(n, &r);
    return all;
}

static inline int end(void)
{
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#endif
