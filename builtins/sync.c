/* builtins/sync.c - nothing is to be written anywhere: only the names are looked at. */
#include "task/command.h"

static const struct option options[] = {
    {'d', "data", NULL, "sync only file data, no unneeded metadata"},
    {'f', "file-system", NULL, "sync the file systems that contain the files"},
    {0},
};

struct sync {
    size_t next; /* operand */
};

static int start(struct call *c)
{
    if (call_has(c, 'd') && call_has(c, 'f')) {
        call_error(c, "cannot specify both --data and --file-system");
        return 1;
    }
    if (call_has(c, 'd') && c->operand_count == 0) {
        call_error(c, "--data needs at least one argument");
        return 1;
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct sync *s = c->state;

    for (; s->next < c->operand_count; s->next++) {
        struct stat_info info;
        struct str name = c->operands[s->next];
        if (!call_go(c))
            return STEP_AGAIN;
        int error = call_stat(c, name, true, &info);
        if (!error && task_access(c->task, name, MAY_READ) && task_access(c->task, name, MAY_WRITE))
            error = E_ACCES;
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error)
            call_error(c, "error opening %S: %m", call_quote(c, name), error);
    }
    return call_done(c);
}

const struct command command_sync = {
    .name = "sync",
    .usage = "[OPTION] [FILE]...",
    .summary = "Synchronize cached writes to persistent storage: there are none.",
    .options = options,
    .state = sizeof(struct sync),
    .start = start,
    .step = step,
};
