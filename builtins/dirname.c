/* builtins/dirname.c - strip the last component from names. */
#include "builtins/paths.h"

static const struct option options[] = {
    {'z', "zero", NULL, "end each output line with NUL, not newline"},
    {0},
};

struct dirname {
    size_t at;
};

static int start(struct call *c)
{
    return c->operand_count == 0 ? call_missing_operand(c) : 0;
}

static enum step step(struct call *c)
{
    struct dirname *d = c->state;
    for (; d->at < c->operand_count; d->at++) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_print(c, path_directory(c->operands[d->at]));
        call_print_byte(c, call_has(c, 'z') ? '\0' : '\n');
        call_charge(c, 1);
    }
    return call_done(c);
}

const struct command command_dirname = {
    .name = "dirname",
    .usage = "[OPTION] NAME...",
    .summary = "output each NAME with its last non-slash component and trailing slashes removed",
    .options = options,
    .state = sizeof(struct dirname),
    .start = start,
    .step = step,
};
