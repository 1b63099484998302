/* builtins/trap.c - trap: what is done when signals come and when the shell ends (POSIX XCU trap). */
#include "builtins/options.h"
#include "builtins/signals.h"
#include "shell/print.h"
#include "shell/vars.h"

static void show(struct call *c, int number)
{
    const struct shell *sh = c->shell;
    const struct text *action = sh->state.traps ? sh->state.traps->at[number] : NULL;
    char store[12];
    const char *name = number == TRAP_EXIT     ? "EXIT"
                       : number == TRAP_ERR    ? "ERR"
                       : number == TRAP_DEBUG  ? "DEBUG"
                       : number == TRAP_RETURN ? "RETURN"
                                               : NULL;
    if (!action)
        return;
    call_print_text(c, "trap -- ");
    quote_single(&c->out, text_str(action));
    if (name)
        call_format(c, " %s\n", name);
    else
        call_format(c, sh->state.options & OPT_POSIX ? " %s\n" : " SIG%s\n", signal_name(number, store));
}

/* Those that are bash's order: EXIT, the signals, DEBUG, ERR, RETURN. */
static void show_all(struct call *c)
{
    for (int i = 0; i < SIGNAL_COUNT; i++)
        show(c, i);
    show(c, TRAP_DEBUG);
    show(c, TRAP_ERR);
    show(c, TRAP_RETURN);
}

/* A subshell that sets its first trap has none of its parent's any more, but goes on ignoring what that ignores. */
static void forget_inherited(struct shell *sh, struct traps *t)
{
    if (!sh->inherited_traps)
        return;
    sh->inherited_traps = false;
    for (int i = 0; i < TRAP_COUNT; i++) {
        bool kept = (i == TRAP_ERR && sh->state.options & OPT_ERRTRACE) ||
                    ((i == TRAP_DEBUG || i == TRAP_RETURN) && sh->state.options & OPT_FUNCTRACE);
        if (t->at[i] && t->at[i]->length && !kept) {
            text_release(t->at[i], &sh->sandbox->meter);
            t->at[i] = NULL;
        }
    }
}

/* This shell's own traps, to be changed. */
static struct traps *own_traps(struct shell *sh)
{
    struct traps *t = traps_own(sh);
    forget_inherited(sh, t);
    return t;
}

/* `action`: NULL takes the trap away. */
static void change(struct shell *sh, int number, const struct str *action)
{
    struct traps *t = own_traps(sh);
    struct text *text = action ? text_new(sh, *action) : NULL; /* the last that may not return */
    text_release(t->at[number], &sh->sandbox->meter);
    t->at[number] = text;
    if (number <= 0 || number >= SIGNAL_COUNT || number == SIGNAL_KILL || number == SIGNAL_STOP)
        return;
    if (action && !action->length)
        sh->task->ignored |= SIGNAL_BIT(number);
    else
        sh->task->ignored &= ~SIGNAL_BIT(number);
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.length; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return s.length > 0;
}

static void set(struct call *c, size_t first)
{
    struct shell *sh = c->shell;
    struct str head = c->argv[first], *action = &head;
    bool alone = first + 1 == c->argc;
    if (is_number(head) && signals_find(head) >= 0) {
        action = NULL;
    } else if (alone && head.length && !str_is(head, "-") && !(sh->state.options & OPT_POSIX) && signals_find(head) >= 0) {
        action = NULL;
    } else if (alone) {
        options_usage(c);
        return;
    } else {
        first++;
        if (str_is(head, "-"))
            action = NULL;
    }
    for (size_t i = first; i < c->argc; i++) {
        int number = signals_find(c->argv[i]);
        if (number < 0)
            call_error(c, "%S: invalid signal specification", c->argv[i]);
        else
            change(sh, number, action);
        call_charge(c, 1);
    }
}

static enum step trap_step(struct call *c)
{
    struct options o = {0};
    bool list = false, print = false;
    int letter;
    while ((letter = options_next(c, &o, "lp"))) {
        if (letter < 0)
            return call_done(c);
        list |= letter == 'l';
        print |= letter == 'p';
    }
    if (list) {
        signals_list(c);
    } else if (o.next == c->argc) {
        show_all(c);
    } else if (print) {
        for (size_t i = o.next; i < c->argc; i++) {
            int number = signals_find(c->argv[i]);
            if (number < 0)
                call_error(c, "%S: invalid signal specification", c->argv[i]);
            else
                show(c, number);
        }
    } else {
        set(c, o.next);
    }
    return call_done(c);
}

const struct command command_trap = {
    .name = "trap",
    .usage = "[-lp] [[arg] signal_spec ...]",
    .summary = "trap signals and other events",
    .help = "ARG is a command to be read and executed when the shell receives the\nsignal(s) SIGNAL_SPEC.  If ARG is absent or `-', each signal is reset; if\n"
            "it is the null string, the signal is ignored.\n\nIf a SIGNAL_SPEC is EXIT (0) ARG is executed on exit from the shell;\n"
            "DEBUG before every simple command; RETURN when a function or sourced\nscript has finished; ERR when a command fails where -e would exit.\n\n"
            "Options:\n  -l\tprint a list of signal names and their corresponding numbers\n  -p\tdisplay the trap commands associated with each SIGNAL_SPEC",
    .step = trap_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
