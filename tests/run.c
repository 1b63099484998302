/* tests/run.c - the runner: plays the cases of .test files in every way, or with real bash. */
#include "tests/oracle.h"
#include "tests/play.h"

#include <ctype.h>
#include <pthread.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: tests/run [OPTION]... FILE[:LINE]...\n"
    "Plays each case plainly, in slices, in a fork, lazily, with a refused allocation, stopped, under low memory.\n"
    "  --only WORDS     cases whose title contains WORDS\n"
    "  --bash           with real bash and GNU tools instead\n"
    "  --record         write what bash says into the files (review the change)\n"
    "  --seed N         what is drawn; printed at the end\n"
    "  --all            every allocation, step and limit, not a draw of them\n"
    "  --plain          only the plain play\n"
    "  --way WAY[:N]    only this way, with this number: slice refuse stop fork lazy memory\n"
    "  --steps          list line, steps, status and a sum of what came out, for other builds to compare\n"
    "  --jobs N         processes (default 2)\n"
    "  --patience N     seconds that one play may take (default 30)\n";

enum { DENSE = 8, DRAWN = 12, DRAWN_MEMORY = 2, SLOW_MILLISECONDS = 20, ENOUGH = 3000 };
/* C stack of a play: 256 KiB for the library with its engines, and what the runner itself takes. */
#if defined(__SANITIZE_ADDRESS__)
enum { STACK = 4 << 20 };
#else
enum { STACK = (256 + 64) << 10 };
#endif

static struct options {
    const char *only;
    bool bash, record, all, plain, steps;
    int way;
    uint64_t number;
    bool numbered;
    uint64_t seed;
    int jobs, patience;
} options = {.way = -1, .jobs = 2, .patience = 30};

/* What a worker is doing, so that the parent can tell where it died. */
struct doing {
    atomic_int index; /* of the case in `chosen`, -1: none */
    atomic_int way;
    atomic_ullong number;
    atomic_llong since; /* ms */
    char folder[4096]; /* the oracle's */
};

struct shared {
    atomic_int next;
    atomic_ullong plays;
    struct doing doing[16];
};

struct report { /* what a worker tells of a case; text follows */
    int index;
    int verdict; /* 0 failed, 1 passed, 2 left out */
    size_t length;
};

static struct test_suite suite;
static int *chosen, chosen_count;
static struct shared *shared;

static long long milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t sum(struct bytes b)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < b.length; i++)
        h = (h ^ (unsigned char)b.data[i]) * 0x100000001b3u;
    return h;
}

/* --- one case ------------------------------------------------------------------------------------- */

struct playing {
    const struct test_case *c;
    struct doing *doing;
    struct outcome plain;
    struct bytes text; /* what went wrong */
};

static void mark(struct playing *p, int way, uint64_t number)
{
    atomic_store(&p->doing->way, way);
    atomic_store(&p->doing->number, number);
    atomic_store(&p->doing->since, milliseconds());
    atomic_fetch_add(&shared->plays, 1);
}

static void play(struct playing *p, enum way way, uint64_t number)
{
    struct bytes problem = {0};
    if (p->text.length > ENOUGH || (options.way >= 0 && options.way != (int)way))
        return;
    if (options.numbered)
        number = options.number;
    mark(p, way, number);
    play_way(p->c, way, number, &p->plain, &problem);
    if (problem.length) {
        bytes_print(&p->text, "  way %s:%llu (tests/run --way %s:%llu %s:%d)\n", way_names[way], (unsigned long long)number,
                    way_names[way], (unsigned long long)number, p->c->path, p->c->line);
        bytes_add(&p->text, problem.data, problem.length);
    }
    bytes_drop(&problem);
}

static void check_expectation(const struct test_case *c, struct bytes out, struct bytes err, int status, int ends, struct bytes *text)
{
    print_difference(text, "standard output", c->out, out);
    print_difference(text, "standard error", c->err, err);
    if (c->status != status)
        bytes_print(text, "    status %d wanted, got %d\n", c->status, status);
    if (c->ends != ends)
        bytes_print(text, "    ends %s wanted, got %s\n", test_ends[c->ends], test_ends[ends] ? test_ends[ends] : "waiting");
}

static void play_ways(struct playing *p)
{
    const struct outcome *plain = &p->plain;
    uint64_t random = options.seed ^ sum((struct bytes){p->c->title, strlen(p->c->title)});
    bool slow = plain->seconds * 1000 > SLOW_MILLISECONDS;
    if (options.numbered) {
        play(p, (enum way)options.way, options.number);
        return;
    }
    play(p, WAY_SLICES, 64);
    play(p, WAY_FORK, 0);
    if (slow && !options.all)
        return;
    play(p, WAY_SLICES, 1);
    play(p, WAY_SLICES, 7);
    play(p, WAY_LAZY, 0);
    for (uint64_t i = 1; i <= plain->allocations && (options.all || i <= DENSE); i++)
        play(p, WAY_REFUSE, i);
    for (uint64_t i = 1; i <= plain->steps && (options.all || i <= DENSE); i++)
        play(p, WAY_STOP, i);
    if (options.all) {
        for (uint64_t limit = 256; limit < plain->peak * 6 / 5 + 4096; limit = limit * 6 / 5)
            play(p, WAY_MEMORY, limit);
        return;
    }
    for (int i = 0; i < DRAWN && plain->allocations > DENSE; i++)
        play(p, WAY_REFUSE, DENSE + 1 + draw(&random) % (plain->allocations - DENSE));
    for (int i = 0; i < DRAWN && plain->steps > DENSE; i++)
        play(p, WAY_STOP, DENSE + 1 + draw(&random) % (plain->steps - DENSE));
    for (int i = 0; i < DRAWN_MEMORY && plain->peak; i++)
        play(p, WAY_MEMORY, 1 + draw(&random) % plain->peak);
}

static void *play_case(void *argument)
{
    struct playing *p = argument;
    struct bytes problem = {0};
    mark(p, WAY_PLAIN, 0);
    play_plain(p->c, &p->plain, &problem);
    check_expectation(p->c, p->plain.out, p->plain.err, p->plain.status, p->plain.ends, &problem);
    bool fine = problem.length == 0;
    bytes_add(&p->text, problem.data, problem.length);
    bytes_drop(&problem);
    if (options.steps) {
        p->text.length = 0;
        bytes_print(&p->text, "%s:%d\t%llu\t%d\t%s\t%016llx\t%016llx\n", p->c->path, p->c->line, (unsigned long long)p->plain.steps,
                    p->plain.status, test_ends[p->plain.ends] ? test_ends[p->plain.ends] : "waiting",
                    (unsigned long long)sum(p->plain.out), (unsigned long long)sum(p->plain.err));
    } else if ((fine || options.way >= 0) && !options.plain) {
        play_ways(p);
    }
    return NULL;
}

/* On a small stack of its own. */
static void play_on_stack(struct playing *p)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    if (pthread_create(&thread, &attributes, play_case, p) != 0)
        play_case(p);
    else
        pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

/* --- with real bash ----------------------------------------------------------------------------------- */

static int play_bash(struct oracle *o, struct doing *doing, const struct test_case *c, struct bytes *text)
{
    struct bytes out = {0}, err = {0};
    int status = 0;
    if (c->differs || c->ends != NACRE_DONE)
        return 2;
    atomic_store(&doing->since, milliseconds());
    atomic_fetch_add(&shared->plays, 1);
    bool ended = oracle_play(o, c, &out, &err, &status);
    if (options.record && ended)
        suite_print_answer(text, out, err, status);
    else if (!ended)
        bytes_print(text, "    bash did not end\n");
    else
        check_expectation(c, out, err, status, NACRE_DONE, text);
    bytes_drop(&out);
    bytes_drop(&err);
    return options.record ? ended : text->length == 0;
}

/* --- the processes --------------------------------------------------------------------------------------- */

static void tell(int to, const struct report *r, const char *text)
{
    const char *parts[2] = {(const char *)r, text};
    size_t lengths[2] = {sizeof *r, r->length};
    for (int i = 0; i < 2; i++)
        for (size_t at = 0; at < lengths[i];) {
            ssize_t n = write(to, parts[i] + at, lengths[i] - at);
            if (n <= 0)
                _exit(3);
            at += (size_t)n;
        }
}

static void work(int worker, int to)
{
    struct doing *doing = &shared->doing[worker];
    struct oracle oracle = {0};
    if (options.bash) {
        if (!oracle_enter(&oracle))
            _exit(3);
        memcpy(doing->folder, oracle.folder, sizeof doing->folder);
    }
    for (;;) {
        int index = atomic_fetch_add(&shared->next, 1);
        if (index >= chosen_count)
            break;
        struct playing p = {.c = &suite.cases[chosen[index]], .doing = doing};
        struct report r = {.index = index};
        atomic_store(&doing->since, milliseconds());
        atomic_store(&doing->index, index);
        if (options.bash) {
            r.verdict = play_bash(&oracle, doing, p.c, &p.text);
        } else {
            play_on_stack(&p);
            r.verdict = p.text.length == 0 || options.steps;
        }
        r.length = p.text.length;
        atomic_store(&doing->index, -1);
        tell(to, &r, p.text.data ? p.text.data : "");
        bytes_drop(&p.text);
        outcome_drop(&p.plain);
    }
    fflush(NULL);
    if (options.numbered)
        exit(0); /* a leak checker that is linked in tells where the block was made */
    _exit(0);
}

struct worker {
    pid_t process;
    int from;
    struct bytes pending;
};

static struct bytes *answers; /* by index of `chosen`: what is printed or recorded */
static int *verdicts;

static void start_worker(struct worker *workers, int i)
{
    int ends[2];
    if (pipe(ends) != 0)
        exit(2);
    atomic_store(&shared->doing[i].index, -1);
    fflush(NULL);
    workers[i].process = fork();
    if (workers[i].process == 0) {
        close(ends[0]);
        for (int k = 0; k < options.jobs; k++)
            if (k != i && workers[k].from > 0)
                close(workers[k].from);
        work(i, ends[1]);
    }
    close(ends[1]);
    workers[i].from = ends[0];
    workers[i].pending.length = 0;
}

static void print_verdict(int index)
{
    const struct test_case *c = &suite.cases[chosen[index]];
    if (options.steps)
        printf("%s", answers[index].data);
    else if (verdicts[index] == 0)
        printf("%s:%d: %s\n%.*s", c->path, c->line, c->title, (int)answers[index].length, answers[index].data ? answers[index].data : "");
    fflush(stdout);
}

static void take_reports(struct worker *w)
{
    size_t at = 0;
    struct report r;
    while (w->pending.length - at >= sizeof r) {
        memcpy(&r, w->pending.data + at, sizeof r);
        if (w->pending.length - at - sizeof r < r.length)
            break;
        bytes_add(&answers[r.index], w->pending.data + at + sizeof r, r.length);
        verdicts[r.index] = r.verdict;
        if (!options.steps && !options.record)
            print_verdict(r.index);
        at += sizeof r + r.length;
    }
    memmove(w->pending.data, w->pending.data + at, w->pending.length - at);
    w->pending.length -= at;
}

static void bury(struct worker *workers, int i, int how, bool late)
{
    struct doing *d = &shared->doing[i];
    int index = atomic_load(&d->index);
    oracle_remove(d->folder);
    d->folder[0] = 0;
    close(workers[i].from);
    workers[i].from = -1;
    workers[i].process = 0;
    if (index < 0)
        return;
    const struct test_case *c = &suite.cases[chosen[index]];
    const char *way = way_names[atomic_load(&d->way)];
    unsigned long long number = atomic_load(&d->number);
    bytes_print(&answers[index], "    %s", late ? "took too long" : "the process died");
    if (!late && WIFSIGNALED(how))
        bytes_print(&answers[index], " of signal %d (%s)", WTERMSIG(how), strsignal(WTERMSIG(how)));
    bytes_print(&answers[index], " in way %s:%llu (tests/run --way %s:%llu %s:%d)\n", way, number, way, number, c->path, c->line);
    verdicts[index] = 0;
    if (!options.steps)
        print_verdict(index);
    else
        bytes_print(&answers[index], "\n");
    start_worker(workers, i);
}

static void run_workers(void)
{
    struct worker workers[16] = {0};
    int alive = 0;
    for (int i = 0; i < options.jobs; i++)
        start_worker(workers, i);
    do {
        struct pollfd waits[16];
        int at[16], count = 0;
        for (int i = 0; i < options.jobs; i++)
            if (workers[i].process) {
                waits[count] = (struct pollfd){workers[i].from, POLLIN, 0};
                at[count++] = i;
            }
        poll(waits, (nfds_t)count, 500);
        for (int k = 0; k < count; k++) {
            int i = at[k], how = 0;
            struct worker *w = &workers[i];
            char block[65536];
            if (waits[k].revents) {
                ssize_t n = read(w->from, block, sizeof block);
                if (n > 0) {
                    bytes_add(&w->pending, block, (size_t)n);
                    take_reports(w);
                } else {
                    waitpid(w->process, &how, 0);
                    bury(workers, i, how, false);
                }
            } else if (atomic_load(&shared->doing[i].index) >= 0 && !options.bash &&
                       milliseconds() - atomic_load(&shared->doing[i].since) > options.patience * 1000LL) {
                kill(w->process, SIGKILL);
                waitpid(w->process, &how, 0);
                bury(workers, i, how, true);
            }
        }
        alive = 0;
        for (int i = 0; i < options.jobs; i++)
            alive += workers[i].process != 0;
    } while (alive);
    for (int i = 0; i < options.jobs; i++)
        bytes_drop(&workers[i].pending);
}

/* --- writing what bash said -------------------------------------------------------------------------------- */

static bool record_file(const char *path)
{
    struct bytes text = {0}, made = {0};
    size_t at = 0;
    if (!bytes_read(&text, path))
        return false;
    for (int i = 0; i < chosen_count; i++) {
        const struct test_case *c = &suite.cases[chosen[i]];
        if (c->path != path || verdicts[i] != 1)
            continue;
        bytes_add(&made, text.data + at, c->answer - at);
        if (made.length && made.data[made.length - 1] != '\n')
            bytes_add(&made, "\n", 1);
        bytes_add(&made, answers[i].data, answers[i].length);
        at = c->end;
    }
    bytes_add(&made, text.data + at, text.length - at);
    bool fine = true;
    if (!bytes_equal(text, made)) {
        FILE *f = fopen(path, "wb");
        fine = f && fwrite(made.data, 1, made.length, f) == made.length;
        if (f && fclose(f) != 0)
            fine = false;
        printf("%s: written\n", path);
    }
    bytes_drop(&text);
    bytes_drop(&made);
    return fine;
}

/* --- choosing -------------------------------------------------------------------------------------------------- */

static void choose(int line, size_t from)
{
    for (size_t i = from; i < suite.count; i++) {
        const struct test_case *c = &suite.cases[i];
        bool last = i + 1 == suite.count || suite.cases[i + 1].line > line || suite.cases[i + 1].path != c->path;
        if (options.only && !strstr(c->title, options.only))
            continue;
        if (line && (c->line > line || !last)) /* the case that the line is in */
            continue;
        chosen = realloc(chosen, (size_t)(chosen_count + 1) * sizeof *chosen);
        chosen[chosen_count++] = (int)i;
    }
}

static int read_options(int count, char **words)
{
    int at = 1;
    for (; at < count && words[at][0] == '-'; at++) {
        const char *word = words[at], *value = at + 1 < count ? words[at + 1] : NULL;
        if (strcmp(word, "--bash") == 0) {
            options.bash = true;
        } else if (strcmp(word, "--record") == 0) {
            options.bash = options.record = true;
        } else if (strcmp(word, "--all") == 0) {
            options.all = true;
        } else if (strcmp(word, "--plain") == 0) {
            options.plain = true;
        } else if (strcmp(word, "--steps") == 0) {
            options.steps = true;
        } else if (strcmp(word, "--only") == 0 && value) {
            options.only = words[++at];
        } else if (strcmp(word, "--seed") == 0 && value) {
            options.seed = strtoull(words[++at], NULL, 0);
        } else if (strcmp(word, "--jobs") == 0 && value) {
            options.jobs = atoi(words[++at]);
        } else if (strcmp(word, "--patience") == 0 && value) {
            options.patience = atoi(words[++at]);
        } else if (strcmp(word, "--way") == 0 && value) {
            char *colon = strchr(words[++at], ':');
            size_t n = colon ? (size_t)(colon - words[at]) : strlen(words[at]);
            for (int way = 0; way < WAYS; way++)
                if (strlen(way_names[way]) == n && memcmp(way_names[way], words[at], n) == 0)
                    options.way = way;
            if (colon) {
                options.numbered = true;
                options.number = strtoull(colon + 1, NULL, 0);
            }
            if (options.way < 0)
                return -1;
        } else {
            return -1;
        }
    }
    if (options.jobs < 1 || options.jobs > 16 || at == count)
        return -1;
    if (!options.seed)
        options.seed = (uint64_t)time(NULL);
    return at;
}

int main(int count, char **words)
{
    int at = read_options(count, words), passed = 0, failed = 0, left_out = 0;
    bool read = true;
    if (at < 0) {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    for (; at < count; at++) {
        char *colon = strrchr(words[at], ':');
        int line = 0;
        size_t from = suite.count;
        if (colon && isdigit((unsigned char)colon[1])) {
            line = atoi(colon + 1);
            *colon = 0;
        }
        read &= suite_read(&suite, words[at]);
        choose(line, from);
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    answers = calloc((size_t)chosen_count + 1, sizeof *answers);
    verdicts = calloc((size_t)chosen_count + 1, sizeof *verdicts);
    if (shared == MAP_FAILED || !answers || !verdicts)
        return 2;
    long long begin = milliseconds();
    run_workers();
    if (options.record) {
        const char *path = NULL;
        for (int i = 0; i < chosen_count; i++)
            if (suite.cases[chosen[i]].path != path)
                read &= record_file(path = suite.cases[chosen[i]].path);
    }
    for (int i = 0; i < chosen_count; i++) {
        passed += verdicts[i] == 1;
        failed += verdicts[i] == 0;
        left_out += verdicts[i] == 2;
        if (options.steps)
            print_verdict(i);
    }
    if (!options.steps) {
        printf("%llu plays in %.1f s, seed %llu", atomic_load(&shared->plays), (double)(milliseconds() - begin) / 1000,
               (unsigned long long)options.seed);
        printf(left_out ? ", %d left out that differ from bash on purpose\n" : "\n", left_out);
    }
    if (!read)
        failed++;
    if (!options.steps)
        printf("%d passed, %d failed\n", passed, failed);
    for (int i = 0; i < chosen_count; i++)
        bytes_drop(&answers[i]);
    free(answers);
    free(verdicts);
    free(chosen);
    suite_drop(&suite);
    return failed ? 1 : 0;
}
