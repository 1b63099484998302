/* builtins/let.c - evaluate arithmetic expressions. */
#include "builtins/options.h"
#include "shell/arith.h"

struct let {
    size_t next;
    int64_t value;
};

static int let_start(struct call *c)
{
    struct let *l = c->state;
    struct options o = {0};
    l->next = 1;
    if (c->argc > 1 && str_is(c->argv[1], "--help") && options_next(c, &o, "") == OPTIONS_HELP)
        return options_over(c, 2);
    if (c->argc > 1 && str_is(c->argv[1], "--"))
        l->next++;
    if (l->next >= c->argc) {
        call_error(c, "expression expected");
        return 1;
    }
    return 0;
}

static enum step let_step(struct call *c)
{
    struct let *l = c->state;
    for (; l->next < c->argc; l->next++) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (arith_evaluate(c->shell, c->argv[l->next], "let: ", &l->value) < 0)
            return call_exit(c, 1);
    }
    return call_exit(c, l->value == 0);
}

const struct command command_let = {
    .name = "let",
    .usage = "arg [arg ...]",
    .summary = "evaluate arithmetic expressions",
    .help = "The status is 1 when the last value is 0.",
    .state = sizeof(struct let),
    .start = let_start,
    .step = let_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
