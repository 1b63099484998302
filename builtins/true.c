/* builtins/true.c - true, false and :, which do nothing. */
#include "task/command.h"

/* /usr/bin/true knows --help and --version, when they stand alone. */
static const struct option options[] = {{0}};

static enum step true_step(struct call *c)
{
    return call_exit(c, 0);
}

static enum step false_step(struct call *c)
{
    return call_exit(c, 1);
}

static bool wants_help(const struct call *c)
{
    return !c->shell && c->argc == 2 && (str_is(c->argv[1], "--help") || str_is(c->argv[1], "--version"));
}

static int start(struct call *c)
{
    if (!wants_help(c))
        return 0;
    if (str_is(c->argv[1], "--version"))
        call_format(c, "%S (nacre) 0.1.0\n", c->name);
    else
        call_format(c, "Usage: %S [ignored command line arguments]\n  or:  %S OPTION\n%s\n", c->name, c->name, c->command->help);
    return 0;
}

const struct command command_true = {
    .name = "true",
    .usage = "",
    .summary = "return a successful result",
    .help = "Exit with a status code indicating success.",
    .options = options,
    .start = start,
    .step = true_step,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};

const struct command command_false = {
    .name = "false",
    .usage = "",
    .summary = "return an unsuccessful result",
    .help = "Exit with a status code indicating failure.",
    .options = options,
    .start = start,
    .step = false_step,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};

const struct command command_colon = {
    .name = ":",
    .usage = "",
    .summary = "null command: no effect, the result is success",
    .options = options,
    .step = true_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
