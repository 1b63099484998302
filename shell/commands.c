/* shell/commands.c - bash and sh as commands: task_exec starts them as shell tasks. */
#include "task/command.h"

static const char help[] =
    "GNU long options:\n"
    "    --help --init-file FILE --login --noediting --noprofile --norc --posix --rcfile FILE --restricted --verbose --version\n"
    "    (--init-file, --rcfile, --login, --noediting, --noprofile, --norc and --restricted change nothing)\n"
    "Shell options:\n"
    "    -ilrs or -c command or -O shopt_option    (when it is started)\n"
    "    -abefhkmnptuvxBCDEHPT or -o option (-D changes nothing)\n";

static const char refused[] =
    "--debug, --debugger: there is no debugger\n"
    "--dump-po-strings, --dump-strings: nothing is translated\n"
    "--pretty-print: type prints functions";

const struct command command_bash = {
    .name = "bash",
    .usage = "[GNU long option] [option] ...\n[GNU long option] [option] script-file ...",
    .summary = "run commands from a string, a file or standard input",
    .help = help,
    .refused = refused,
    .flags = COMMAND_SHELL | COMMAND_RAW,
};

const struct command command_sh = {
    .name = "sh",
    .usage = "[option] ... [script-file]",
    .summary = "bash as a POSIX shell",
    .help = help,
    .refused = refused,
    .flags = COMMAND_SHELL | COMMAND_RAW,
};
