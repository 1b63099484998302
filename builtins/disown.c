/* builtins/disown.c - disown: forget jobs, or do not tell them when the shell hangs up. */
#include "builtins/jobs.h"
#include "builtins/status.h"

static void forget(struct call *c, struct job *job)
{
    job_remove(c->shell, job);
    job_free(c->shell, job);
}

static enum step disown_step(struct call *c)
{
    struct shell *sh = c->shell;
    struct options o = {0};
    bool all = false, running = false, mark = false;
    int letter;
    while ((letter = options_next(c, &o, "ahr"))) {
        if (letter < 0)
            return call_done(c);
        all |= letter == 'a';
        running |= letter == 'r';
        mark |= letter == 'h';
    }
    if (!sh->interactive)
        jobs_tidy(sh);
    if (o.next == c->argc && (all || running)) {
        for (struct job *j = sh->jobs, *next; j; j = next) {
            next = j->next;
            if (j->number > 0 && (!running || j->left > 0) && !mark)
                forget(c, j);
        }
        return call_done(c);
    }
    if (o.next == c->argc) {
        struct job *job = jobs_operand(c, (struct str){0});
        if (job && !mark)
            forget(c, job);
    }
    for (size_t i = o.next; i < c->argc; i++) {
        struct job *job = NULL;
        int64_t number;
        if (status_number(c->argv[i], &number)) {
            if (number <= 0 || number > INT32_MAX || !process_find(sh, (uint32_t)number, &job))
                call_error(c, "%S: no such job", c->argv[i]);
        } else {
            job = jobs_operand(c, c->argv[i]);
        }
        if (job && !mark)
            forget(c, job);
    }
    return call_done(c);
}

const struct command command_disown = {
    .name = "disown",
    .usage = "[-h] [-ar] [jobspec ... | pid ...]",
    .summary = "remove jobs from current shell",
    .help = "Options:\n  -a\tremove all jobs if JOBSPEC is not supplied\n  -h\tmark each JOBSPEC so that SIGHUP is not sent to the job if the\n\t\tshell receives a SIGHUP\n"
            "  -r\tremove only running jobs",
    .step = disown_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
