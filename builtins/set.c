/* builtins/set.c - set options and positional parameters, print variables (POSIX XCU set). */
#include "builtins/variables.h"
#include "shell/options.h"
#include "shell/print.h"

struct set {
    bool listing;
    struct variable_walk walk;
    struct buf last;   /* function printed last */
    bool functions;
    bool begun;
};

static void change(struct shell *sh, const struct set_option *o, bool on)
{
    if (on)
        sh->state.options |= o->bit;
    else
        sh->state.options &= ~o->bit;
    if (o->bit == OPT_VI && on)
        sh->state.options &= ~(uint64_t)OPT_EMACS;
    if (o->bit == OPT_EMACS && on)
        sh->state.options &= ~(uint64_t)OPT_VI;
}

static void list_options(struct call *c, bool commands)
{
    for (int i = 0; i < SET_OPTION_COUNT; i++) {
        bool on = c->shell->state.options & set_options[i].bit;
        if (commands)
            call_format(c, "set %co %s\n", on ? '-' : '+', set_options[i].name);
        else
            call_format(c, "%-15s\t%s\n", set_options[i].name, on ? "on" : "off");
    }
}

static int bad_option(struct call *c, char sign, char letter)
{
    call_error(c, "%c%c: invalid option", sign, letter);
    return options_usage(c);
}

/* Applies -abc or +abc at argv[*at], with names for -o: 0 or the status. */
static int apply(struct call *c, size_t *at)
{
    struct str word = c->argv[*at];
    bool on = word.data[0] == '-';
    for (size_t i = 1; i < word.length; i++) {
        if (word.data[i] == 'o') {
            if (*at + 1 >= c->argc) {
                list_options(c, !on);
                continue;
            }
            struct str name = c->argv[*at + 1];
            const struct set_option *o = set_option_find(name);
            if (!o) {
                call_error(c, "%S: invalid option name", name);
                return 2;
            }
            change(c->shell, o, on);
            ++*at;
            continue;
        }
        const struct set_option *o = set_option_letter(word.data[i]);
        if (!o)
            return bad_option(c, word.data[0], word.data[i]);
        change(c->shell, o, on);
    }
    ++*at;
    return 0;
}

/* All letters are looked at before any is applied. */
static int check(struct call *c)
{
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (str_is(word, "+")) /* stands for nothing */
            continue;
        if (word.length < 2 || (word.data[0] != '-' && word.data[0] != '+') || str_is(word, "--"))
            return 0;
        for (size_t k = 1; k < word.length; k++) {
            if (word.data[k] == 'o')
                i++;
            else if (!set_option_letter(word.data[k]))
                return bad_option(c, word.data[0], word.data[k]);
        }
    }
    return 0;
}

static int set_start(struct call *c)
{
    struct set *s = c->state;
    struct options help = {0};
    size_t at = 1;

    variable_walk_start(&s->walk, c->heap);
    buf_init(&s->last, c->heap);
    if (c->argc == 1) {
        s->listing = true;
        return 0;
    }
    if (str_is(c->argv[1], "--help") && options_next(c, &help, "") == OPTIONS_HELP)
        return options_over(c, 2);
    int status = check(c);
    if (status)
        return status;
    while (at < c->argc) {
        struct str word = c->argv[at];
        if (str_is(word, "--")) {
            shell_set_params(c->shell, c->argv + at + 1, c->argc - at - 1);
            return 0;
        }
        if (str_is(word, "-")) {
            c->shell->state.options &= ~(uint64_t)(OPT_XTRACE | OPT_VERBOSE);
            if (at + 1 < c->argc)
                shell_set_params(c->shell, c->argv + at + 1, c->argc - at - 1);
            return 0;
        }
        if (str_is(word, "+")) {
            at++;
            continue;
        }
        if (word.length < 2 || (word.data[0] != '-' && word.data[0] != '+')) {
            shell_set_params(c->shell, c->argv + at, c->argc - at);
            return 0;
        }
        status = apply(c, &at);
        if (status)
            return status;
    }
    return 0;
}

static enum step set_step(struct call *c)
{
    struct set *s = c->state;
    struct shell *sh = c->shell;

    while (s->listing && !s->functions) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (variable_walk_next(&s->walk, sh))
            variable_print(sh, buf_str(&s->walk.last), FORM_PLAIN, &c->out);
        else
            s->functions = true;
    }
    while (s->functions && !(sh->state.options & OPT_POSIX)) {
        struct str last = buf_str(&s->last), name;
        union entry entry;
        if (!call_go(c))
            return STEP_AGAIN;
        call_charge(c, 1);
        if (!btree_next(sh->state.functions, s->begun ? &last : NULL, &name, &entry))
            break;
        buf_clear(&s->last);
        buf_add(&s->last, name);
        s->begun = true;
        function_print(sh, buf_str(&s->last), (const struct function *)entry.item, &c->out);
        call_print_byte(c, '\n');
    }
    return call_done(c);
}

const struct command command_set = {
    .name = "set",
    .usage = "[-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]",
    .summary = "set or unset values of shell options and positional parameters",
    .help = "-e  exit when a command fails\n-f  no pathname expansion\n-n  read, do not run\n-u  unset variables are errors\n"
            "-x  print commands as they run\n-C  > does not overwrite\n-o name  by name: without one, print all\n"
            "--  what follows are positional parameters\n+ instead of - turns an option off",
    .state = sizeof(struct set),
    .start = set_start,
    .step = set_step,
    .flags = COMMAND_BUILTIN | COMMAND_SPECIAL | COMMAND_NO_FILE | COMMAND_RAW,
};
