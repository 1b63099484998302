/* builtins/enable.c - turn the shell's builtins on and off, list them. */
#include "builtins/options.h"
#include "shell/vars.h"
#include "task/sandbox.h"

struct enable {
    bool off, all, special, loads;
    size_t next, command;
};

static int enable_start(struct call *c)
{
    struct enable *e = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "adnpsf:")))
        switch (letter) {
        case 'a': e->all = true; break;
        case 'p': break;
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

static void turn(struct call *c, struct str name, bool off)
{
    struct shell *sh = c->shell;
    memset(sh->builtins, 0, sizeof sh->builtins); /* what was found lately */
    if (!off) {
        if (sh->state.disabled.count && btree_remove(&sh->state.disabled, name, &text_kind, c->meter) == E_NOMEM)
            meter_out_of_memory(c->meter);
        return;
    }
    struct text *t = text_new(sh, (struct str){0});
    if (btree_set(&sh->state.disabled, name, (union entry){.item = &t->item}, &text_kind, c->meter) < 0) {
        text_release(t, c->meter);
        meter_out_of_memory(c->meter);
    }
}

static void list(struct call *c, const struct enable *e, const struct command *k)
{
    union entry entry;
    bool off = c->shell->state.disabled.count && btree_find(c->shell->state.disabled, str_from(k->name), &entry);
    if (e->special && !(k->flags & COMMAND_SPECIAL))
        return;
    if (e->all ? true : off == e->off)
        call_format(c, off ? "enable -n %s\n" : "enable %s\n", k->name);
}

static enum step enable_step(struct call *c)
{
    struct enable *e = c->state;
    struct nacre *n = c->task->sandbox;
    if (e->next >= c->argc) {
        for (; e->command < n->command_count; e->command++) {
            const struct command *k = n->commands[e->command];
            if (!call_go(c))
                return STEP_AGAIN;
            call_charge(c, 1);
            if (k->flags & COMMAND_BUILTIN)
                list(c, e, k);
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
        else
            turn(c, name, e->off);
    }
    return call_done(c);
}

const struct command command_enable = {
    .name = "enable",
    .usage = "[-a] [-dnps] [-f filename] [name ...]",
    .summary = "turn shell builtins on and off",
    .help = "-a  list all, those that are off too\n-n  turn off; list those that are off\n-p  list\n-s  the special ones of POSIX only",
    .state = sizeof(struct enable),
    .start = enable_start,
    .step = enable_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
    .refused = "-d, -f: nothing is loaded from files",
};
