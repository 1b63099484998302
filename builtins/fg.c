/* builtins/fg.c - fg: wait for a job as for a command (POSIX XCU fg). */
#include "builtins/jobs.h"

struct fg_state {
    struct job *job;
};

static enum step fg_step(struct call *c)
{
    struct fg_state *s = c->state;
    struct shell *sh = c->shell;
    if (!s->job) {
        size_t first;
        if (!jobs_controlled(c))
            return call_done(c);
        int error = options_none(c, &first);
        if (error || c->finished)
            return call_done(c);
        if (!sh->interactive)
            jobs_tidy(sh);
        s->job = jobs_operand(c, first < c->argc ? c->argv[first] : (struct str){0});
        if (!s->job)
            return call_done(c);
        call_format(c, "%S\n", s->job->text);
    }
    if (s->job->left > 0)
        return STEP_WAIT;
    int status = job_status(sh, s->job);
    s->job->notified = true;
    job_end(sh, s->job);
    return call_exit(c, status);
}

const struct command command_fg = {
    .name = "fg",
    .usage = "[job_spec]",
    .summary = "move job to the foreground",
    .help = "Place the job identified by JOB_SPEC in the foreground, making it the\ncurrent job.",
    .state = sizeof(struct fg_state),
    .step = fg_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
