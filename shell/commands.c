/* shell/commands.c - bash and sh as commands: task_exec starts them as shell tasks. */
#include "task/command.h"

const struct command command_bash = {
    .name = "bash",
    .usage = "[GNU long option] [option] ...\n[GNU long option] [option] script-file ...",
    .summary = "run commands from a string, a file or standard input",
    .flags = COMMAND_SHELL | COMMAND_RAW,
};

const struct command command_sh = {
    .name = "sh",
    .usage = "[option] ... [script-file]",
    .summary = "bash as a POSIX shell",
    .flags = COMMAND_SHELL | COMMAND_RAW,
};
