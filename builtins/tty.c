/* builtins/tty.c - print the file name of the terminal on standard input. */
#include "task/command.h"

static const struct option options[] = {
    {'s', "silent", NULL, "print nothing, only return an exit status"},
    {'s', "quiet", NULL, NULL},
    {0},
};

static int start(struct call *c)
{
    struct file *file = fds_get(c->task, 0);
    bool terminal = file && file_is_terminal(file);

    if (c->operand_count)
        return call_extra_operand(c, c->operands[0]);
    c->status = !terminal;
    if (!call_has(c, 's'))
        call_print_text(c, terminal ? "/dev/tty\n" : "not a tty\n");
    return 0;
}

const struct command command_tty = {
    .name = "tty",
    .usage = "[OPTION]...",
    .summary = "Print the file name of the terminal connected to standard input.",
    .options = options,
    .start = start,
    .step = call_done,
    .trouble = 2,
};
