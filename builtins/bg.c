/* builtins/bg.c - bg: let stopped jobs go on in the background (POSIX XCU bg). Jobs here are never stopped. */
#include "builtins/jobs.h"

static void one(struct call *c, struct str word)
{
    struct job *job = jobs_operand(c, word);
    if (job)
        call_warn(c, job->left > 0 ? "job %d already in background" : "job has terminated", job->number);
    if (job && job->left == 0)
        c->status = 1;
}

static enum step bg_step(struct call *c)
{
    size_t first;
    if (!jobs_controlled(c))
        return call_done(c);
    int error = options_none(c, &first);
    if (error || c->finished)
        return call_done(c);
    if (!c->shell->interactive)
        jobs_tidy(c->shell);
    if (first == c->argc)
        one(c, (struct str){0});
    for (size_t i = first; i < c->argc; i++)
        one(c, c->argv[i]);
    return call_done(c);
}

const struct command command_bg = {
    .name = "bg",
    .usage = "[job_spec ...]",
    .summary = "move jobs to the background",
    .help = "Place the jobs identified by each JOB_SPEC in the background, as if they\nhad been started with `&'.",
    .step = bg_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
