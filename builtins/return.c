/* builtins/return.c - return: end a function or a sourced file (POSIX XCU return). */
#include "builtins/options.h"
#include "builtins/status.h"
#include "shell/vm.h"

/* May we return here? *status: what $? was before the trap that runs in between, if one does. */
static bool in_function(const struct shell *sh, int *status)
{
    *status = sh->status;
    for (size_t i = sh->depth; i > 0; i--) {
        const struct control *c = &sh->controls[i - 1];
        if (c->kind == CONTROL_CALL || (c->kind == CONTROL_READER && c->reads == READER_SOURCE))
            return true;
        if (c->kind == CONTROL_READER && c->reads == READER_TRAP && c->reader.trap != TRAP_DEBUG)
            *status = c->reader.saved_status;
    }
    return sh->subshell && sh->call_depth > 0; /* a subshell inside of a function: it ends */
}

static enum step return_step(struct call *c)
{
    struct shell *sh = c->shell;
    bool given;
    int64_t number = 0;
    int before;
    if (c->argc > 1 && str_is(c->argv[1], "--help")) {
        struct options o = {0};
        return options_next(c, &o, "") == OPTIONS_HELP ? call_exit(c, 2) : call_done(c);
    }
    bool may = in_function(sh, &before);
    int error = status_operand(c, &given, &number);
    if (error == 1) {
        shell_give_up(sh);
        return call_exit(c, 1);
    }
    if (!may) {
        if (!error)
            call_error(c, "can only `return' from a function or sourced script");
        return call_exit(c, error ? error : 2);
    }
    int status = error ? error : given ? (int)(number & 255) : before;
    shell_leave(sh, LEAVE_RETURN, status);
    return call_exit(c, status);
}

const struct command command_return = {
    .name = "return",
    .usage = "[n]",
    .summary = "return from a shell function",
    .help = "Causes a function or sourced script to exit with the return value\nspecified by N.  If N is omitted, the return status is that of the\n"
            "last command executed within the function or script.",
    .step = return_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
