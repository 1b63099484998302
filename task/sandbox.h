/* task/sandbox.h - struct nacre: what one sandbox is made of.
 *
 * Only task/ and api/ write here. The rooms above see it through tasks and calls.
 */
#ifndef TASK_SANDBOX_H
#define TASK_SANDBOX_H

#include "task/task.h"

struct command;

enum { TURN_STEPS = 1024, STEP_NANOSECONDS = 100 };
enum { MISSING_MOST = 32 }; /* bytes of a name that may have been meant as another */

/* Output waits in pieces of one stream each, in the order in which they were written. */
struct output_piece {
    struct output_piece *next;
    int stream;
    size_t taken, length, capacity; /* bytes */
    char data[];
};
enum {
    OUTPUT_QUEUED_MOST = 1 << 20, /* bytes that wait for the host before writers must */
    OUTPUT_HELD_MOST = 8 << 20    /* bytes that these may take: many short pieces, where the streams take turns */
};

enum request_kind { REQUEST_CONTENT = 1, REQUEST_LISTING, REQUEST_INPUT, REQUEST_OUTPUT, REQUEST_COMMAND, REQUEST_SLEEP };

/* A call of a host command: the task waits until the host says done. */
struct host_call {
    struct host_call *next;
    uint64_t id;
    struct task *task; /* NULL: it was killed meanwhile */
    struct str directory, *arguments;
    size_t argument_count;
    struct buf output[2];
    bool done;
    int status;
};

enum run_end { RUN_NONE, RUN_DONE, RUN_MEMORY, RUN_STOPPED, RUN_OUTPUT_LIMIT, RUN_INTERRUPTED };

struct nacre {
    struct meter meter;
    struct vfs vfs;
    struct heap heap;            /* tasks, pipes, open files: dropped when the last task has gone */
    struct heap scratch;         /* for one call of task_exec: empty between calls */
    struct identity who;
    uint32_t umask;

    /* commands, constant */
    const struct command *const *commands; /* sorted by name */
    size_t command_count;

    /* tasks */
    struct task *tasks;          /* live ones, newest first */
    struct task *ready, *ready_last; /* those that can run, in order */
    struct task *current;        /* whose turn it is, also between two calls of nacre_step */
    int64_t turn_left;           /* steps of its turn */
    int64_t debt;                /* steps charged beyond what the caller gave */
    struct task **sleepers;      /* a binary heap by wake time, then number */
    size_t sleeper_count;
    struct task *main;           /* the run's own shell; NULL once reaped */
    int status;                  /* of the run, once main has ended */
    uint32_t next_number;        /* of the next task */
    int host_files;              /* open descriptions on the host's output streams */
    bool hung_up;                /* after main's end the rest was told SIGHUP */
    bool stuck;

    /* the clock, ns since 1970 */
    int64_t clock;               /* at step `clock_used` of the run */
    uint64_t clock_used;
    bool real_time, sleep_asked;

    /* streams of the host */
    struct buf input;            /* on `heap`: what was given and not yet taken */
    size_t input_taken;
    struct lending input_lending;
    bool input_ended, input_wanted;
    struct wait_list input_waiting;
    struct output_piece *output, **output_end, *output_last;
    size_t output_queued;        /* bytes */
    size_t output_held;          /* bytes of all pieces but the reserve */
    uint64_t output_used, output_limit;
    bool output_wanted, output_over;
    struct wait_list output_waiting;

    struct host_call *host_calls;
    uint64_t next_id;

    uint64_t random;             /* state of the generator of $RANDOM, /dev/urandom, shuf, mktemp */
    uint64_t seed;
    bool exited;               /* the run's shell was left by exit, or as if by it, before its text ended */
    char missing[MISSING_MOST];  /* the last command that the run's shells did not find, without what is well known not to be here */
    size_t missing_length;       /* 0: none, or a longer one */
    bool trace;
    int interrupts;              /* seen of meter.stop */

    struct file *files;          /* all that are open */
    struct fifo *fifos;          /* fifos of the tree that are open somewhere */
    /* starts a shell in a fresh task, for bash, sh and scripts: set by api/, implemented by shell/ */
    void (*start_shell)(struct task *t, const struct str *words, size_t count, bool posix);
    void *shell;                 /* the session's shell state: shell/ knows what it is */
    void *api;                   /* api/ keeps what is its own here */
};

/* The clock now, ns since 1970. */
int64_t sandbox_now(const struct nacre *n);
/* 64 bits of the sandbox's generator. */
uint64_t sandbox_random(struct nacre *n);
/* A command by its name; NULL. */
const struct command *sandbox_command(const struct nacre *n, struct str name);
/* Queues output for the host: bytes taken, E_WAIT when the host must drain first, E_FBIG past the output limit. */
int64_t sandbox_output(struct nacre *n, struct task *t, int stream, struct str bytes);

/* --- scheduling: see sched.c ------------------------------------------------------------------ */
enum sched { SCHED_DONE, SCHED_BUDGET, SCHED_LIMIT, SCHED_WAITING, SCHED_STUCK };
/* Steps tasks for at most `budget` steps. Inside meter_land only. */
enum sched sched_run(struct nacre *n, uint64_t budget);
/* Drops every task without running anything of theirs. */
void sched_drop_all(struct nacre *n);
bool sched_idle(const struct nacre *n); /* no tasks */

#endif
