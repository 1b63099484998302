/* builtins/exit.c - exit and logout: end the shell (POSIX XCU exit). */
#include "builtins/options.h"
#include "builtins/status.h"
#include "shell/options.h"
#include "shell/vm.h"

/* The status without an operand: in the EXIT trap, the one the shell was to end with. */
static int status_now(const struct shell *sh)
{
    for (size_t i = sh->depth; i > 0; i--) {
        const struct control *c = &sh->controls[i - 1];
        if (c->kind == CONTROL_READER && c->reads == READER_TRAP && c->reader.trap == TRAP_EXIT)
            return c->reader.saved_status;
    }
    return sh->status;
}

static enum step leave(struct call *c)
{
    struct shell *sh = c->shell;
    bool given;
    int64_t number = 0;
    if (c->argc > 1 && str_is(c->argv[1], "--help")) {
        struct options o = {0};
        return options_next(c, &o, "") == OPTIONS_HELP ? call_exit(c, 2) : call_done(c);
    }
    int error = status_operand(c, &given, &number);
    if (error == 1) { /* too many: the command is given up */
        shell_give_up(sh);
        return call_exit(c, 1);
    }
    int status = error ? error : given ? (int)(number & 255) : status_now(sh);
    shell_leave(sh, LEAVE_EXIT, status);
    return call_exit(c, status);
}

static enum step logout_step(struct call *c)
{
    if (!(c->shell->state.shopt & (uint64_t)1 << SHOPT_LOGIN_SHELL)) {
        call_error(c, "not login shell: use `exit'");
        return call_done(c);
    }
    return leave(c);
}

const struct command command_exit = {
    .name = "exit",
    .usage = "[n]",
    .summary = "exit the shell",
    .help = "Exits the shell with a status of N.  If N is omitted, the exit status\nis that of the last command executed.",
    .step = leave,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_logout = {
    .name = "logout",
    .usage = "[n]",
    .summary = "exit a login shell",
    .help = "Exits a login shell with exit status N.  Returns an error if not executed\nin a login shell.",
    .step = logout_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
