/* builtins/stdbuf.c - run a command with other buffers for its streams: there are none to be changed here. */
#include "base/number.h"
#include "builtins/launch.h"

static const struct option options[] = {
    {'i', "input", "MODE", "adjust standard input stream buffering"},
    {'o', "output", "MODE", "adjust standard output stream buffering"},
    {'e', "error", "MODE", "adjust standard error stream buffering"},
    {0},
};

static int start(struct call *c)
{
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        uint64_t size;
        unsigned wrong;
        if (str_is(o->value, "L") && o->letter == 'i')
            return call_usage_error(c, "line buffering stdin is meaningless");
        if (str_is(o->value, "L"))
            continue;
        wrong = number_parse_size(o->value, "EGkKMPTYZ0", &size, NULL);
        if (wrong) {
            if (wrong == NUMBER_OVERFLOW)
                call_error(c, "invalid mode %S: %m", call_quote_word(c, o->value), E_OVERFLOW);
            else
                call_error(c, "invalid mode %S", call_quote_word(c, o->value));
            return LAUNCH_FAILED;
        }
    }
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->option_count == 0)
        return call_usage_error(c, "you must specify a buffering mode option");
    return 0;
}

static enum step step(struct call *c)
{
    if (c->err.length || c->out.length)
        return STEP_AGAIN;
    return launch(c, c->operands, c->operand_count, NULL, "failed to run command %S: %m");
}

const struct command command_stdbuf = {
    .name = "stdbuf",
    .usage = "OPTION... COMMAND",
    .summary = "Run COMMAND, with modified buffering operations for its standard streams: here they have no buffers.",
    .help = "MODE is L for lines (not of input), 0 for none, or a number of bytes, which may be followed by KB 1000, K 1024,\n"
            "MB 1000*1000, M 1024*1024, and so on for G, T, P, E, Z, Y.",
    .options = options,
    .start = start,
    .step = step,
    .trouble = LAUNCH_FAILED,
    .flags = COMMAND_IN_ORDER,
};
