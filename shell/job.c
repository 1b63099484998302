/* shell/job.c - children of a shell: jobs, their processes and statuses. */
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
    heap_free(sh->heap, (void *)(uintptr_t)job->text.data);
    heap_free(sh->heap, job);
}

void job_list(struct shell *sh, struct job *job, struct str text)
{
    job->background = true;
    job->text = str_copy(sh->heap, text);
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

struct job *job_find(struct shell *sh, struct str spec, const char **why)
{
    *why = "no such job";
    if (spec.length && spec.data[0] == '%')
        spec = str_after(spec, 1);
    if (!spec.length || str_is(spec, "%") || str_is(spec, "+"))
        return sh->jobs;
    if (str_is(spec, "-"))
        return sh->jobs && sh->jobs->next ? sh->jobs->next : sh->jobs;
    if (spec.data[0] >= '0' && spec.data[0] <= '9') {
        int number = 0;
        for (size_t i = 0; i < spec.length && number < 1000000; i++)
            number = number * 10 + (spec.data[i] - '0');
        return numbered(sh, number);
    }
    bool anywhere = spec.data[0] == '?';
    if (anywhere)
        spec = str_after(spec, 1);
    struct job *found = NULL;
    for (struct job *j = sh->jobs; j; j = j->next) {
        bool fits = false;
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

void jobs_forget(struct shell *sh)
{
    while (sh->jobs) {
        struct job *job = sh->jobs;
        sh->jobs = job->next;
        job_free(sh, job);
    }
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
