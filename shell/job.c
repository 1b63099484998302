/* shell/job.c - children of a shell: jobs, their processes and statuses. */
#include "shell/reprint.h"
#include "shell/vm.h"

struct job *job_new(struct shell *sh)
{
    struct job *job = heap_new(sh->heap, struct job);
    return job;
}

struct process *job_add(struct shell *sh, struct job *job, struct task *task)
{
    struct process *p = heap_new(sh->heap, struct process);
    p->task = task;
    p->number = task->number;
    struct process **at = &job->processes;
    while (*at)
        at = &(*at)->next;
    *at = p;
    job->left++;
    if (!job->group)
        job->group = task->group;
    return p;
}

void job_free(struct shell *sh, struct job *job)
{
    for (struct process *p = job->processes, *next; p; p = next) {
        next = p->next;
        heap_free(sh->heap, p);
    }
    heap_free(sh->heap, (void *)(uintptr_t)job->coproc_name.data);
    heap_free(sh->heap, (void *)(uintptr_t)job->text.data);
    heap_free(sh->heap, job);
}

void job_remove(struct shell *sh, struct job *job)
{
    for (struct job **at = &sh->jobs; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            break;
        }
}

/* bash tells of background jobs that were killed, but for these signals. */
static void notify(struct shell *sh, const struct job *job)
{
    const struct process *last = job->processes;
    while (last && last->next)
        last = last->next;
    if (!last || !job->background || !job->number || job->notified || sh->subshell || !last->signal || last->signal == SIGNAL_INT ||
        last->signal == SIGNAL_PIPE || last->signal == SIGNAL_TERM)
        return;
    struct buf out;
    buf_init(&out, sh->heap);
    shell_where(sh, &out);
    buf_print(&out, "%5u %-23s %S\n", last->number, signal_text(last->signal), job->text);
    shell_say(sh, buf_str(&out));
    buf_drop(&out);
}

/* A coprocess has ended: its descriptors are closed, and its variables are gone. */
static void end_coprocess(struct shell *sh, struct job *job)
{
    struct buf pid;
    buf_init(&pid, sh->heap);
    buf_print(&pid, "%S_PID", job->coproc_name);
    for (int i = 0; i < 2; i++)
        fds_set(sh->task, job->coproc_fds[i], NULL, false);
    var_unset(sh, job->coproc_name);
    var_unset(sh, buf_str(&pid));
    buf_drop(&pid);
}

void job_end(struct shell *sh, struct job *job)
{
    job_remove(sh, job);
    if (job->coproc)
        end_coprocess(sh, job);
    notify(sh, job);
    struct process *p = job->processes, *last = p;
    while (last && last->next)
        last = last->next;
    if (last)
        last->status = job_status(sh, job);
    if (p) { /* their statuses stay known */
        last->next = sh->ended;
        sh->ended = p;
        job->processes = NULL;
    }
    job_free(sh, job);
}

void jobs_tidy(struct shell *sh)
{
    for (struct job *j = sh->jobs, *next; j; j = next) {
        next = j->next;
        if (j->left == 0)
            job_end(sh, j);
    }
}

struct process *process_ended(struct shell *sh, uint32_t number)
{
    struct process *p = sh->ended;
    int64_t steps = 0;
    for (; p && p->number != number; p = p->next)
        steps++;
    meter_charge(&sh->sandbox->meter, steps);
    return p;
}

void processes_forget(struct shell *sh)
{
    while (sh->ended) {
        struct process *p = sh->ended;
        sh->ended = p->next;
        heap_free(sh->heap, p);
    }
}

struct str job_spec_text(struct str spec, const char *why)
{
    return spec.length && spec.data[0] == '%' && !str_is(str_from(why), "no such job") ? str_after(spec, 1) : spec;
}

struct job *job_current(struct shell *sh, int before)
{
    struct job *only = NULL;
    for (struct job *j = sh->jobs; j; j = j->next) {
        if (j->number <= 0)
            continue;
        only = j;
        if (before-- == 0)
            return j;
    }
    return only;
}

void job_list(struct shell *sh, struct job *job, struct str text)
{
    struct buf shown;
    if (!sh->interactive)
        jobs_tidy(sh);
    buf_init(&shown, sh->heap);
    reprint_commands(sh, text, &shown);
    job->background = true;
    job->text = buf_str(&shown);
    int highest = 0;
    for (struct job *j = sh->jobs; j; j = j->next)
        if (j->number > highest)
            highest = j->number;
    job->number = highest + 1;
    job->next = sh->jobs;
    sh->jobs = job;
}

static bool mark_ended(struct job *job, struct task *child)
{
    for (struct process *p = job ? job->processes : NULL; p; p = p->next)
        if (p->task == child) {
            p->status = child->status;
            p->signal = child->signal;
            p->task = NULL;
            job->left--;
            return true;
        }
    return false;
}

void jobs_collect(struct shell *sh)
{
    struct task *t = sh->task;
    while (t->ended) {
        struct task *child = t->ended;
        bool found = mark_ended(sh->foreground, child);
        for (struct job *j = sh->jobs; j && !found; j = j->next)
            found = mark_ended(j, child);
        for (size_t i = sh->depth; i > 0 && !found; i--)
            found = sh->controls[i - 1].kind == CONTROL_REDIRECT && mark_ended(sh->controls[i - 1].before, child);
        task_reap(t, child);
    }
}

int job_status(struct shell *sh, const struct job *job)
{
    int status = 0;
    bool pipefail = sh->state.options & OPT_PIPEFAIL;
    for (const struct process *p = job->processes; p; p = p->next)
        if (!pipefail || p->status || !p->next)
            status = pipefail && !p->status ? status : p->status;
    return status;
}

static struct job *numbered(struct shell *sh, int number)
{
    for (struct job *j = sh->jobs; j; j = j->next)
        if (j->number == number)
            return j;
    return NULL;
}

void jobs_show(struct shell *child, const struct shell *sh)
{
    struct job **end = &child->shown_jobs;
    for (const struct job *j = sh->jobs ? sh->jobs : sh->shown_jobs; j; j = j->next) {
        if (!j->number)
            continue;
        struct job *copy = heap_new(child->heap, struct job);
        *copy = *j;
        copy->next = NULL;
        copy->coproc_name = (struct str){0};
        copy->text = str_copy(child->heap, j->text);
        struct process **last = &copy->processes;
        for (const struct process *p = j->processes; p; p = p->next) {
            *last = heap_new(child->heap, struct process);
            **last = *p;
            (*last)->task = NULL;
            (*last)->next = NULL;
            last = &(*last)->next;
        }
        *end = copy;
        end = &copy->next;
    }
}

struct job *job_find(struct shell *sh, struct str spec, const char **why)
{
    *why = "no such job";
    if (spec.length && spec.data[0] == '%')
        spec = str_after(spec, 1);
    if (!spec.length || str_is(spec, "%") || str_is(spec, "+"))
        return job_current(sh, 0);
    if (str_is(spec, "-"))
        return job_current(sh, 1);
    if (spec.data[0] >= '0' && spec.data[0] <= '9') {
        int number = 0;
        size_t i = 0;
        for (; i < spec.length && spec.data[i] >= '0' && spec.data[i] <= '9' && number < 1000000; i++)
            number = number * 10 + (spec.data[i] - '0');
        if (i == spec.length)
            return number ? numbered(sh, number) : NULL;
    }
    bool anywhere = spec.data[0] == '?';
    if (anywhere)
        spec = str_after(spec, 1);
    struct job *found = NULL;
    for (struct job *j = sh->jobs; j; j = j->next) {
        bool fits = false;
        if (!j->number)
            continue;
        size_t last = anywhere && j->text.length >= spec.length ? j->text.length - spec.length : 0;
        for (size_t at = 0; at <= last && !fits && j->text.length >= spec.length; at++)
            fits = memcmp(j->text.data + at, spec.data, spec.length) == 0;
        if (!fits)
            continue;
        if (found) {
            *why = "ambiguous job spec";
            return NULL;
        }
        found = j;
    }
    return found;
}

struct process *process_find(struct shell *sh, uint32_t number, struct job **job)
{
    for (struct job *j = sh->jobs; j; j = j->next)
        for (struct process *p = j->processes; p; p = p->next)
            if (p->number == number) {
                *job = j;
                return p;
            }
    return NULL;
}

void set_pipe_status(struct shell *sh, const int *status, size_t count)
{
    if (count > sh->pipe_room) {
        sh->pipe_status = heap_resize(sh->heap, sh->pipe_status, count * sizeof *status);
        sh->pipe_room = count;
    }
    memcpy(sh->pipe_status, status, count * sizeof *status);
    sh->pipe_count = count;
}
