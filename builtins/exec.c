/* builtins/exec.c - exec: become another command, or keep the redirections (POSIX XCU exec). */
#include "builtins/options.h"
#include "shell/shell.h"

static enum step exec_step(struct call *c)
{
    struct shell *sh = c->shell;
    struct options o = {0};
    struct str name = {0};
    bool login = false, clean = false;
    int letter;
    while ((letter = options_next(c, &o, "cla:"))) {
        if (letter < 0)
            return call_done(c);
        if (letter == 'a')
            name = o.value;
        login |= letter == 'l';
        clean |= letter == 'c';
    }
    if (o.next == c->argc) {
        sh->request = (struct request){.kind = REQUEST_KEEP_REDIRECTS};
        return call_exit(c, 0);
    }
    struct request request = {.kind = REQUEST_EXEC, .skip = o.next, .clean = clean};
    if (login || name.data) {
        struct str shown = name.data ? name : c->argv[o.next];
        struct buf argv0;
        buf_init(&argv0, sh->heap);
        buf_print(&argv0, login ? "-%S" : "%S", shown);
        buf_text(&argv0);
        request.argv0 = buf_str(&argv0);
    }
    sh->request = request;
    return call_exit(c, 0);
}

const struct command command_exec = {
    .name = "exec",
    .usage = "[-cl] [-a name] [command [argument ...]] [redirection ...]",
    .summary = "replace the shell with the given command",
    .help = "Options:\n  -a name\tpass NAME as the zeroth argument to COMMAND\n  -c\texecute COMMAND with an empty environment\n"
            "  -l\tplace a dash in the zeroth argument to COMMAND",
    .step = exec_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
