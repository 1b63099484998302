/* bench/embed.c - what an embedder pays: a sandbox made, used and dropped; a large one forked. */
#include "include/nacre.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(int e, const char *what)
{
    if (e < 0) {
        fprintf(stderr, "bench/embed: %s: enum nacre_error %d\n", what, e);
        exit(1);
    }
}

static void run(nacre *n, const char *script)
{
    struct nacre_result r = {.size = sizeof r};
    must(nacre_run(n, script, strlen(script), &r), script);
    nacre_result_free(n, &r);
}

/* Seconds of one turn of `body`, the least of several rounds. */
#define MEASURE(turns, body)                             \
    __extension__({                                      \
        double least_ = 1e9;                             \
        for (int round_ = 0; round_ < 5; round_++) {     \
            double t_ = now();                           \
            for (int turn_ = 0; turn_ < (turns); turn_++) { body; } \
            t_ = (now() - t_) / (turns);                 \
            least_ = t_ < least_ ? t_ : least_;          \
        }                                                \
        least_;                                          \
    })

static void steps(nacre *n, const char *name, const char *script)
{
    struct nacre_run r = {.size = sizeof r, .script = {script, strlen(script)}, .limits = {.steps = NACRE_UNLIMITED}};
    struct nacre_result result = {.size = sizeof result};
    double t = now();
    must(nacre_run_full(n, &r, &result), script);
    t = now() - t;
    printf("%-44s %10.1f ns a step (%llu steps)\n", name, 1e9 * t / (double)result.steps, (unsigned long long)result.steps);
    nacre_result_free(n, &result);
}

int main(void)
{
    struct nacre_options options = {.size = sizeof options, .limits = {.memory = 1u << 30, .disk = 1u << 30, .steps = NACRE_UNLIMITED}};
    nacre *n, *child;
    char path[64];

    double t = MEASURE(2000, must(nacre_new(&n, NULL), "new"); nacre_free(n));
    printf("%-44s %10.2f us\n", "new, free", 1e6 * t);
    t = MEASURE(2000, must(nacre_new(&n, NULL), "new"); run(n, "echo hi"); nacre_free(n));
    printf("%-44s %10.2f us\n", "new, echo hi, free", 1e6 * t);
    must(nacre_new(&n, &options), "new");
    run(n, "true");
    t = MEASURE(5000, run(n, "echo hi"));
    printf("%-44s %10.2f us\n", "echo hi in a sandbox that is there", 1e6 * t);
    t = MEASURE(2000, run(n, "echo hi | cat | cat"));
    printf("%-44s %10.2f us\n", "echo hi | cat | cat", 1e6 * t);

    for (int i = 0; i < 100000; i++) {
        int length = snprintf(path, sizeof path, "/workspace/d%d/f%d", i / 1000, i);
        must(nacre_put(n, path, (size_t)length, "content\n", 8, 0644), "put");
    }
    must(nacre_set_base(n), "set_base");
    run(n, "for ((i = 0; i < 1000; i++)); do declare \"v$i=value $i\"; done");
    t = MEASURE(100000, must(nacre_fork(n, &child), "fork"); nacre_free(child));
    printf("%-44s %10.3f us\n", "fork of 100,000 files and 1,000 variables, free", 1e6 * t);
    t = MEASURE(2000, must(nacre_fork(n, &child), "fork"); run(child, "v1=x; echo y > d1/f1000"); nacre_free(child));
    printf("%-44s %10.2f us\n", "the same, a variable and a file changed", 1e6 * t);
    t = MEASURE(200, must(nacre_fork(n, &child), "fork"); run(child, "echo y > d1/f1000; touch d50/new");
                must((int)nacre_changes(child, n), "changes"); nacre_free(child));
    printf("%-44s %10.2f us\n", "the same, and what changed", 1e6 * t);
    nacre_free(n);

    must(nacre_new(&n, &options), "new");
    steps(n, "while [ $i -lt N ]; do i=$((i+1)); done", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");
    steps(n, "for ((i=0; i<N; i++)); do :; done", "for ((i=0; i<300000; i++)); do :; done");
    steps(n, "yes | head -n N | wc -l", "yes | head -n 2000000 | wc -l");
    nacre_free(n);
    return 0;
}
