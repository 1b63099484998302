/* task/task.h - processes without processes.
 *
 * A task is what Unix would fork: a pipeline stage, a subshell, a substitution, a background job, a
 * running utility. It owns a heap and descriptors and advances only when the scheduler calls its
 * step function on the scheduler's own C stack. A step works while meter_go says so, never blocks,
 * and calls no other task.
 */
#ifndef TASK_TASK_H
#define TASK_TASK_H

#include "base/buf.h"
#include "task/pipe.h"
#include "vfs/vfs.h"

enum step {
    STEP_AGAIN, /* the slice is used up (or output must go first): call me again */
    STEP_WAIT,  /* nothing to do until what I wait for changes; spurious calls are allowed */
    STEP_DONE,  /* finished: task->status is the exit status */
    STEP_GONE   /* of a command's step only: its task has become another command (call_become), the call is no more */
};

/* Signals, numbered as on Linux. */
enum signal_number {
    SIGNAL_HUP = 1, SIGNAL_INT, SIGNAL_QUIT, SIGNAL_ILL, SIGNAL_TRAP, SIGNAL_ABRT, SIGNAL_BUS, SIGNAL_FPE, SIGNAL_KILL,
    SIGNAL_USR1, SIGNAL_SEGV, SIGNAL_USR2, SIGNAL_PIPE, SIGNAL_ALRM, SIGNAL_TERM, SIGNAL_STKFLT, SIGNAL_CHLD,
    SIGNAL_CONT, SIGNAL_STOP, SIGNAL_TSTP, SIGNAL_TTIN, SIGNAL_TTOU, SIGNAL_URG, SIGNAL_XCPU, SIGNAL_XFSZ,
    SIGNAL_VTALRM, SIGNAL_PROF, SIGNAL_WINCH, SIGNAL_IO, SIGNAL_PWR, SIGNAL_SYS, SIGNAL_RTMIN = 34, SIGNAL_RTMAX = 64,
    SIGNAL_COUNT = 65
};
#define SIGNAL_BIT(number) ((uint64_t)1 << ((number) - 1))

/* The name without SIG ("HUP", "RTMIN+1"), NULL for a number that has none. `store` is 12 bytes of room. */
const char *signal_name(int number, char *store);
/* A name with or without SIG in any case, or digits: the number (0 for EXIT is not known here), or -1. */
int signal_number(struct str name);
/* As strsignal: "Terminated", "Killed", ... */
const char *signal_text(int number);

struct nacre;
struct task;
struct fds;

struct task_kind {
    const char *name;
    enum step (*step)(struct task *t);
    /* Called when a signal is posted that this task's kind may handle (not KILL): true when it takes care of
     * it before its next step (a trap), false for the default action. NULL: always the default. */
    bool (*signal)(struct task *t, int number);
    /* Called once before the task's heap is dropped: releases what the heap does not hold. It must not allocate. NULL: nothing. */
    void (*end)(struct task *t);
};

/* NAME=VALUE strings, counted and immutable: the environment of a task. */
struct environment {
    struct shared shared;
    size_t count;
    struct str at[]; /* the bytes follow in the same block, each with a NUL behind it */
};

struct task {
    struct nacre *sandbox;
    const struct task_kind *kind;
    void *state;              /* the kind's own */
    struct heap heap;         /* all that this task owns */
    struct task *parent;      /* NULL: number 1 */
    struct task *children;    /* live ones, newest first */
    struct task *sibling, **sibling_link;
    struct task *ended, **ended_end; /* children that have ended and were not reaped, oldest first */
    struct task *next_ended;
    struct task *next, **link; /* all live tasks, newest first */
    uint32_t number;          /* process number, never reused */
    uint32_t group;
    struct identity who;
    uint32_t umask;
    uint64_t directory;       /* inode of the working directory, held open in the vfs */
    struct fds *fds;
    struct environment *environment;
    struct str name;          /* for ps, messages, /proc/self; on the task's heap or constant */
    struct str *arguments;    /* for /proc/self/cmdline */
    size_t argument_count;
    uint64_t pending;         /* signals posted and not yet acted on, by SIGNAL_BIT */
    uint64_t ignored;         /* inherited */
    int status;               /* once ended: 0-255, or 128 + signal */
    int signal;               /* that ended it, or 0 */
    bool over;                /* ended; kept until its parent reaps it */
    bool ready;               /* in the ready queue */
    bool interrupted;         /* a handled signal came while it waited: wait, read and sleep look at it and clear it */
    bool quiet;               /* a child whose end is not told to the parent by waking */
    struct task *next_ready, *previous_ready;
    struct wait_list *waiting; /* the list it is on, or NULL */
    struct task *next_waiting, *previous_waiting;
    struct file *opening;     /* a fifo being opened, until its other side is too */
    int64_t wake;             /* ns: when to wake, with `sleeper` */
    size_t sleeper;           /* 1 + place in the sandbox's heap of sleepers; 0: not sleeping */
};

/* A new task, ready, a child of `parent` (NULL: an orphan of the sandbox), with its group, descriptors (shared until one changes
 * them), directory, identity, umask, environment and ignored signals. Its state is the caller's to set. */
struct task *task_new(struct nacre *n, struct task *parent, const struct task_kind *kind);
void task_ready(struct task *t);
/* Ends a task that is not running: as if `number` had killed it (0: with `status`). */
void task_kill(struct task *t, int number, int status);
/* Posts a signal: acted on before the task's next turn. */
void task_signal(struct task *t, int number);
/* To all tasks of a group; answers how many. */
int task_signal_group(struct nacre *n, uint32_t group, int number);
struct task *task_find(struct nacre *n, uint32_t number);
/* Takes an ended child out of t->ended and frees it. Its status and number are to be read before. */
void task_reap(struct task *parent, struct task *child);
/* 0 and the status when `child` has ended (it is reaped); E_WAIT when not: the parent is woken by any child's end. */
int task_wait(struct task *parent, struct task *child, int *status);
/* As task_wait; and the signal that ended it, or 0. */
int task_wait_signal(struct task *parent, struct task *child, int *status, int *signal);
/* Makes `t` wake when the clock reaches `when` (ns); a second call moves it; task_no_wake forgets it. */
void task_wake_at(struct task *t, int64_t when);
void task_no_wake(struct task *t);
bool task_set_directory(struct task *t, uint64_t number);

void wait_list_add(struct wait_list *list, struct task *t);
void wait_list_remove(struct task *t);       /* from the one it is on, if any */
void wait_list_wake(struct wait_list *list); /* all of them */

struct environment *environment_new(struct meter *m, const struct str *list, size_t count); /* copies; exhaustion does not return */
/* The old one (which may be NULL) with one variable set; `heap` is for what is put together meanwhile. */
struct environment *environment_with(struct heap *heap, const struct environment *old, struct str name, struct str value);
void environment_release(void *environment, struct meter *m);
/* The value of a name; false when it is not there. */
bool environment_find(const struct environment *e, const char *name, struct str *value);
/* The task takes over the reference. */
void task_set_environment(struct task *t, struct environment *e);

#endif
