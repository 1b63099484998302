/* builtins/wait.c - wait: for jobs and processes to end (POSIX XCU wait). */
#include "builtins/options.h"
#include "builtins/status.h"
#include "shell/vm.h"

struct wait_state {
    bool any;           /* -n */
    bool has_variable;
    struct str variable;
    size_t first, next;
};

static int start(struct call *c)
{
    struct wait_state *s = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "fnp:"))) {
        if (letter < 0)
            return options_failed(c, letter);
        if (letter == 'p') {
            s->has_variable = true;
            s->variable = o.value;
        }
        s->any |= letter == 'n';
    }
    s->first = s->next = o.next;
    if (!s->has_variable)
        return 0;
    struct str name, subscript;
    if (!shell_is_name(s->variable) && !var_split(s->variable, &name, &subscript)) {
        call_error(c, "`%S': not a valid identifier", s->variable);
        return options_over(c, 1);
    }
    if (shell_is_name(s->variable) ? var_unset(c->shell, s->variable) < 0 : var_unset_element(c->shell, name, subscript) < 0)
        return options_over(c, 1);
    return 0;
}

/* Is this one of those that `wait` alone waits for? A process substitution only when it is $!. */
static bool counts(const struct shell *sh, const struct job *j)
{
    return j->number > 0 || (j->processes && j->processes->number == sh->state.background);
}

static void set_variable(struct call *c, struct wait_state *s, uint32_t number)
{
    if (!s->has_variable)
        return;
    if (shell_set_number(c->shell, s->variable, number) < 0)
        c->status = 1;
}

static enum step interrupted(struct call *c)
{
    uint64_t signals = c->shell->trapped & ~SIGNAL_BIT(SIGNAL_CHLD);
    c->task->interrupted = false;
    return call_exit(c, 128 + __builtin_ctzll(signals) + 1);
}

/* No operands: until all have ended. */
static enum step wait_all(struct call *c)
{
    struct shell *sh = c->shell;
    for (struct job *j = sh->jobs; j; j = j->next)
        if (counts(sh, j) && j->left > 0)
            return STEP_WAIT;
    for (struct job *j = sh->jobs, *next; j; j = next) {
        next = j->next;
        if (j->left == 0)
            job_end(sh, j);
        call_charge(c, 1);
    }
    processes_forget(sh);
    return call_exit(c, 0);
}

/* The job or process an operand means: false when there is none (a message was given and c->status is set). */
static bool find(struct call *c, struct str word, bool quiet, struct job **job, struct process **process)
{
    struct shell *sh = c->shell;
    const char *why;
    int64_t number;
    *job = NULL;
    *process = NULL;
    if (word.length && word.data[0] == '%') {
        *job = job_find(sh, word, &why);
        if (!*job && !quiet) {
            call_error(c, str_is(str_from(why), "no such job") ? "%S: no such job" : "%S: ambiguous job spec", job_spec_text(word, why));
            c->status = 127;
        }
        return *job;
    }
    if (!word.length || word.data[0] < '0' || word.data[0] > '9' || !status_number(word, &number) || number > INT32_MAX) {
        if (!quiet)
            call_error(c, "`%S': not a pid or valid job spec", word);
        return false;
    }
    *process = process_find(sh, (uint32_t)number, job);
    if (!*process)
        *process = process_ended(sh, (uint32_t)number);
    if (!*process && !quiet) {
        call_error(c, "pid %jd is not a child of this shell", (intmax_t)number);
        c->status = 127;
    }
    return *process;
}

static uint32_t last_number(const struct job *job)
{
    const struct process *p = job->processes;
    while (p->next)
        p = p->next;
    return p->number;
}

/* -n: the first that has ended, of the operands or of all. */
static enum step wait_any(struct call *c, struct wait_state *s)
{
    struct shell *sh = c->shell;
    struct job *chosen = NULL, *job;
    struct process *process;
    bool candidates = false;
    if (s->first == c->argc) {
        for (struct job *j = sh->jobs; j; j = j->next) { /* newest first: the oldest is taken */
            if (!counts(sh, j))
                continue;
            candidates = true;
            if (j->left == 0)
                chosen = j;
        }
    }
    for (size_t i = s->first; i < c->argc && !chosen; i++) {
        if (!find(c, c->argv[i], false, &job, &process))
            continue;
        candidates = true;
        if (job && job->left == 0)
            chosen = job;
        else if (!job) { /* ended long ago */
            set_variable(c, s, process->number);
            return call_exit(c, process->status);
        }
    }
    if (!chosen) {
        if (candidates) {
            buf_clear(&c->err);
            return STEP_WAIT;
        }
        return call_exit(c, 127);
    }
    int status = job_status(sh, chosen);
    set_variable(c, s, last_number(chosen));
    job_end(sh, chosen);
    return call_exit(c, status);
}

static enum step wait_step(struct call *c)
{
    struct wait_state *s = c->state;
    struct shell *sh = c->shell;
    if (sh->trapped & ~SIGNAL_BIT(SIGNAL_CHLD))
        return interrupted(c);
    if (s->any)
        return wait_any(c, s);
    if (s->first == c->argc)
        return wait_all(c);
    while (s->next < c->argc) {
        struct job *job;
        struct process *process;
        if (!find(c, c->argv[s->next], false, &job, &process)) {
            s->next++;
            continue;
        }
        if (process ? process->task != NULL : job->left > 0)
            return STEP_WAIT;
        bool whole = job && (!process || !process->next); /* the last of a pipeline stands for the job */
        if (whole && job->left > 0)
            return STEP_WAIT;
        c->status = whole ? job_status(sh, job) : process->status;
        set_variable(c, s, process ? process->number : last_number(job));
        if (whole)
            job_end(sh, job);
        s->next++;
    }
    return call_done(c);
}

const struct command command_wait = {
    .name = "wait",
    .usage = "[-fn] [-p var] [id ...]",
    .summary = "wait for job completion and return exit status",
    .help = "Waits for each process identified by an ID, which may be a process ID or a\njob specification, and reports its termination status.  If ID is not\n"
            "given, waits for all currently active child processes, and the return\nstatus is zero.\n\n"
            "Options:\n  -n\twait for a single job and return its status\n  -p var\tthe process or job ID is assigned to VAR\n"
            "  -f\twait until the ID terminates instead of changes its state",
    .state = sizeof(struct wait_state),
    .start = start,
    .step = wait_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
