/* builtins/break.c - break and continue: leave loops, or go on with their next turn (POSIX XCU break, continue). */
#include "builtins/options.h"
#include "builtins/status.h"
#include "shell/vm.h"

/* Loops of this function that are open. */
static int open_loops(const struct shell *sh)
{
    int count = 0;
    for (size_t i = sh->depth; i > 0; i--) {
        const struct control *c = &sh->controls[i - 1];
        if (c->kind == CONTROL_CALL || (c->kind == CONTROL_READER && c->reads == READER_MAIN))
            break;
        count += c->kind == CONTROL_LOOP;
    }
    return count;
}

static enum step leave(struct call *c, enum leave how)
{
    struct shell *sh = c->shell;
    int loops = open_loops(sh);
    size_t first = c->argc > 1 && str_is(c->argv[1], "--") ? 2 : 1;
    int64_t number = 1;
    if (c->argc > 1 && str_is(c->argv[1], "--help")) {
        struct options o = {0};
        return options_next(c, &o, "") == OPTIONS_HELP ? call_exit(c, 2) : call_done(c);
    }
    if (!loops) {
        call_warn(c, "only meaningful in a `for', `while', or `until' loop");
        return call_exit(c, 0);
    }
    if (first < c->argc && !status_number(c->argv[first], &number)) {
        call_error(c, "%S: numeric argument required", c->argv[first]);
        shell_leave(sh, LEAVE_EXIT, 128);
        return call_exit(c, 128);
    }
    if (first + 1 < c->argc) {
        call_error(c, "too many arguments");
        shell_give_up(sh);
        return call_exit(c, 1);
    }
    if (number <= 0) { /* all of them, and that is a failure */
        call_error(c, "%S: loop count out of range", c->argv[first]);
        shell_leave(sh, LEAVE_BREAK, loops);
        return call_exit(c, 1);
    }
    shell_leave(sh, how, number < loops ? (int)number : loops);
    return call_exit(c, 0);
}

static enum step break_step(struct call *c)
{
    return leave(c, LEAVE_BREAK);
}

static enum step continue_step(struct call *c)
{
    return leave(c, LEAVE_CONTINUE);
}

const struct command command_break = {
    .name = "break",
    .usage = "[n]",
    .summary = "exit for, while, or until loops",
    .help = "Exit a FOR, WHILE or UNTIL loop.  If N is specified, break N enclosing\nloops.",
    .step = break_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_continue = {
    .name = "continue",
    .usage = "[n]",
    .summary = "resume for, while, or until loops",
    .help = "Resumes the next iteration of the enclosing FOR, WHILE or UNTIL loop.\nIf N is specified, resumes the Nth enclosing loop.",
    .step = continue_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
