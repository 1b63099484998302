/* builtins/command.c - command and builtin: run a command without looking for functions, or say what it is (POSIX XCU command). */
#include "builtins/lookup.h"
#include "builtins/options.h"
#include "shell/print.h"
#include "shell/vm.h"

struct command_state {
    bool brief, verbose, standard;
    size_t next;
};

static int command_start(struct call *c)
{
    struct command_state *s = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "pvV"))) {
        if (letter < 0)
            return options_failed(c, letter);
        if (letter == 'p')
            s->standard = true;
        s->brief = letter == 'v' || (s->brief && letter == 'p');
        s->verbose = letter == 'V' || (s->verbose && letter == 'p');
    }
    s->next = o.next;
    return 0;
}

/* One name: 0, 1 when there is nothing of that name, E_WAIT. */
static int describe(struct call *c, struct command_state *s, struct str name)
{
    struct shell *sh = c->shell;
    struct str value;
    struct buf path;
    if (s->verbose) {
        if (lookup_describe(c, name, true))
            return 0;
    } else if (lookup_alias(sh, name, &value)) {
        call_format(c, "alias %S=", name);
        quote_shell(&c->out, value);
        call_print_byte(c, '\n');
        return 0;
    } else if (parse_is_keyword(name) || find_function(sh, name) || find_builtin(sh, name)) {
        call_format(c, "%S\n", name);
        return 0;
    }
    union entry entry;
    if (!s->standard && str_find(name, '/') < 0 && sh->state.hashed.count && btree_find(sh->state.hashed, name, &entry)) {
        struct str hashed = text_str((struct text *)entry.item);
        if (s->verbose)
            call_format(c, "%S is hashed (%S)\n", name, hashed);
        else
            call_format(c, "%S\n", hashed);
        return 0;
    }
    buf_init(&path, c->heap);
    int error = task_find_command(c->task, lookup_path(sh, s->standard), name, &path);
    if (error == E_WAIT)
        return E_WAIT;
    if (error == 0 && s->verbose)
        call_format(c, "%S is %S\n", name, buf_str(&path));
    else if (error == 0)
        call_format(c, "%S\n", buf_str(&path));
    else if (s->verbose)
        call_warn(c, "%S: not found", name);
    buf_drop(&path);
    return error != 0;
}

static enum step command_step(struct call *c)
{
    struct command_state *s = c->state;
    if (!s->brief && !s->verbose) {
        if (s->next < c->argc)
            c->shell->request = (struct request){.kind = REQUEST_COMMAND_WORDS, .skip = s->next, .standard_path = s->standard};
        return call_exit(c, 0);
    }
    size_t first = s->next;
    if (first == c->argc)
        return call_exit(c, c->status);
    while (s->next < c->argc) {
        if (!call_go(c))
            return STEP_AGAIN;
        int missing = describe(c, s, c->argv[s->next]);
        if (missing == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        c->failure = missing ? c->failure : -1; /* -1: one was found */
        s->next++;
    }
    return call_exit(c, c->failure == -1 ? 0 : 1);
}

static enum step builtin_step(struct call *c)
{
    size_t first;
    int error = options_none(c, &first);
    if (error || c->finished)
        return call_done(c);
    if (first < c->argc)
        c->shell->request = (struct request){.kind = REQUEST_COMMAND_WORDS, .skip = first, .only_builtins = true};
    return call_exit(c, 0);
}

const struct command command_command = {
    .name = "command",
    .usage = "[-pVv] command [arg ...]",
    .summary = "execute a simple command or display information about commands",
    .help = "Options:\n  -p    use a default value for PATH that is guaranteed to find all of\n        the standard utilities\n"
            "  -v    print a description of COMMAND similar to the `type' builtin\n  -V    print a more verbose description of each COMMAND",
    .state = sizeof(struct command_state),
    .start = command_start,
    .step = command_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_builtin = {
    .name = "builtin",
    .usage = "[shell-builtin [arg ...]]",
    .summary = "execute shell builtins",
    .help = "Execute SHELL-BUILTIN with arguments ARGs without performing command\nlookup.",
    .step = builtin_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
