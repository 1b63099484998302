/* builtins/shift.c - shift positional parameters (POSIX XCU shift). */
#include "base/number.h"
#include "builtins/options.h"
#include "shell/vm.h"

static int shift_start(struct call *c)
{
    struct shell *sh = c->shell;
    size_t at = 1;
    int64_t count = 1;
    struct options o = {0};

    if (c->argc > 1 && str_is(c->argv[1], "--help") && options_next(c, &o, "") == OPTIONS_HELP)
        return options_over(c, 2);
    if (at < c->argc && str_is(c->argv[at], "--"))
        at++;
    if (at < c->argc && !number_is_int(c->argv[at], &count)) {
        call_error(c, "%S: numeric argument required", c->argv[at]);
        return 1;
    }
    if (at + 1 < c->argc) {
        call_error(c, "too many arguments");
        shell_give_up(sh);
        return 1;
    }
    if (count < 0 || count > (int64_t)shell_param_count(sh)) {
        if (count < 0 || sh->state.shopt & (uint64_t)1 << SHOPT_SHIFT_VERBOSE)
            call_error(c, "%S: shift count out of range", at < c->argc ? c->argv[at] : str_lit("1"));
        return 1;
    }
    if (count)
        frame_own(sh)->shifted += (size_t)count;
    call_charge(c, 1);
    return 0;
}

const struct command command_shift = {
    .name = "shift",
    .usage = "[n]",
    .summary = "shift positional parameters",
    .help = "$N+1 becomes $1; N is 1 if it is not given.",
    .start = shift_start,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
