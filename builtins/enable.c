/* builtins/enable.c - list the shell's builtins. They cannot be disabled: `command -p` and a path reach the files. */
#include "builtins/options.h"
#include "task/sandbox.h"

struct enable {
    bool off, special, loads;
    size_t next, command;
};

static int enable_start(struct call *c)
{
    struct enable *e = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "adnpsf:")))
        switch (letter) {
        case 'a': case 'p': break;
        case 'n': e->off = true; break;
        case 's': e->special = true; break;
        case 'd': case 'f':
            if (letter == 'f')
                call_error(c, "cannot open shared object %S: %S: cannot open shared object file: No such file or directory", o.value, o.value);
            e->loads = true;
            break;
        default: return options_failed(c, letter);
        }
    e->next = o.next;
    return e->loads ? 1 : 0;
}

static enum step enable_step(struct call *c)
{
    struct enable *e = c->state;
    struct nacre *n = c->task->sandbox;
    if (e->next >= c->argc && !e->off) {
        for (; e->command < n->command_count; e->command++) {
            const struct command *k = n->commands[e->command];
            if (!call_go(c))
                return STEP_AGAIN;
            call_charge(c, 1);
            if (k->flags & COMMAND_BUILTIN && (!e->special || k->flags & COMMAND_SPECIAL))
                call_format(c, "enable %s\n", k->name);
        }
        return call_done(c);
    }
    for (; e->next < c->argc; e->next++) {
        struct str name = c->argv[e->next];
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        const struct command *k = sandbox_command(n, name);
        if (!k || !(k->flags & COMMAND_BUILTIN))
            call_error(c, "%S: not a shell builtin", name);
        else if (e->off)
            call_error(c, "%S: builtins cannot be disabled here", name);
    }
    return call_done(c);
}

const struct command command_enable = {
    .name = "enable",
    .usage = "[-a] [-dnps] [-f filename] [name ...]",
    .summary = "list shell builtins",
    .help = "-a, -p  list them\n-s  the special ones of POSIX only",
    .state = sizeof(struct enable),
    .start = enable_start,
    .step = enable_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
    .refused = "-n: builtins cannot be disabled\n-d, -f: nothing is loaded from files",
};
