/* builtins/nohup.c - run a command that does not mind when the terminal goes. */
#include "builtins/launch.h"
#include "builtins/text.h"

struct nohup {
    bool prepared;
};

static int start(struct call *c)
{
    c->failure = LAUNCH_FAILED;
    return c->operand_count ? 0 : call_missing_operand(c);
}

static bool is_terminal(struct call *c, int fd)
{
    struct file *file = fds_get(c->task, fd);
    return file && file_is_terminal(file);
}

/* Takes the terminal away from the command's descriptors: 0, E_WAIT, or an error after a message. */
static int prepare(struct call *c)
{
    bool in = is_terminal(c, 0), out = is_terminal(c, 1), err = is_terminal(c, 2);
    struct file *file;
    int error;

    if (out) {
        error = file_open(c->task, str_lit("nohup.out"), OPEN_WRITE | OPEN_CREATE | OPEN_APPEND, 0600, &file);
        if (error) {
            if (error != E_WAIT)
                call_error(c, "failed to open 'nohup.out': %m", error);
            return error;
        }
        call_complain(c, in ? "nohup: ignoring input and appending output to 'nohup.out'\n" : "nohup: appending output to 'nohup.out'\n");
        fds_set(c->task, 1, file, false);
    } else if (in) {
        call_complain(c, err ? "nohup: ignoring input and redirecting stderr to stdout\n" : "nohup: ignoring input\n");
    } else if (err) {
        call_complain(c, "nohup: redirecting stderr to stdout\n");
    }
    if (in)
        fds_set(c->task, 0, NULL, false);
    c->task->ignored |= SIGNAL_BIT(SIGNAL_HUP);
    return 0;
}

static enum step step(struct call *c)
{
    struct nohup *n = c->state;
    bool err = is_terminal(c, 2);

    if (!n->prepared) {
        int error = prepare(c);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error)
            return call_done(c);
        n->prepared = true;
    }
    if (c->err.length || c->out.length)
        return STEP_AGAIN;
    if (err && fds_get(c->task, 1))
        fds_set(c->task, 2, file_share(fds_get(c->task, 1)), false);
    return launch_as(c, c->operands, c->operand_count, NULL, "failed to run command %S: %m", call_quote(c, c->operands[0]));
}

const struct command command_nohup = {
    .name = "nohup",
    .usage = "COMMAND [ARG]...",
    .summary = "Run COMMAND, ignoring hangup signals.",
    .help = "If standard output is a terminal, append output to 'nohup.out'. If standard error is a terminal, redirect it to\n"
            "standard output. If standard input is a terminal, the command cannot read from it.",
    .state = sizeof(struct nohup),
    .start = start,
    .step = step,
    .trouble = LAUNCH_FAILED,
    .flags = COMMAND_IN_ORDER,
};
