/* builtins/cd.c - change the working directory (POSIX XCU cd). */
#include "builtins/directory.h"

struct cd {
    struct str target;
    bool physical, print;
    bool searched;    /* CDPATH is done */
    struct str paths; /* what is left of it */
    bool any;         /* the target is a variable's value */
};

static int cd_start(struct call *c)
{
    struct cd *d = c->state;
    struct shell *sh = c->shell;
    struct options o = {0};
    struct str value;
    int letter;

    d->physical = sh->state.options & OPT_PHYSICAL;
    while ((letter = options_next(c, &o, "LPe@")))
        switch (letter) {
        case 'L': d->physical = false; break;
        case 'P': d->physical = true; break;
        case 'e': case '@': break;
        default: return options_failed(c, letter);
        }
    if (o.next + 1 < c->argc) {
        call_error(c, "too many arguments");
        return 1;
    }
    if (o.next >= c->argc) {
        if (!shell_get(sh, str_lit("HOME"), &value)) {
            call_error(c, "HOME not set");
            return 1;
        }
        d->target = str_copy(c->heap, value);
    } else if (str_is(c->argv[o.next], "-")) {
        if (!shell_get(sh, str_lit("OLDPWD"), &value)) {
            call_error(c, "OLDPWD not set");
            return 1;
        }
        d->target = str_copy(c->heap, value);
        d->print = true;
    } else {
        d->target = c->argv[o.next];
    }
    struct str t = d->target;
    bool plain = t.length && t.data[0] != '/' && !str_is(t, ".") && !str_is(t, "..") && !str_starts(t, "./") && !str_starts(t, "../");
    d->searched = !plain || d->print || !shell_get(sh, str_lit("CDPATH"), &value) || !value.length;
    if (!d->searched)
        d->paths = str_copy(c->heap, value);
    return 0;
}

static enum step went(struct call *c, int answer, bool print)
{
    if (print)
        call_format(c, "%S\n", directory_now(c));
    return call_exit(c, answer != 0);
}

static enum step cd_step(struct call *c)
{
    struct cd *d = c->state;

    while (!d->searched) {
        if (!call_go(c))
            return STEP_AGAIN;
        ptrdiff_t colon = str_find(d->paths, ':');
        struct str path = colon < 0 ? d->paths : str_first(d->paths, (size_t)colon);
        struct buf whole;
        buf_init(&whole, c->heap);
        if (path.length)
            buf_print(&whole, "%S/", path);
        buf_add(&whole, d->target);
        int answer = directory_change(c, buf_str(&whole), d->physical);
        if (answer == E_WAIT)
            return STEP_WAIT;
        if (answer >= 0)
            return went(c, answer, path.length > 0);
        d->searched = colon < 0;
        d->paths = str_after(d->paths, path.length + 1);
    }
    if (!call_go(c))
        return STEP_AGAIN;
    if (!d->target.length) /* nowhere */
        return call_exit(c, 0);
    int answer = directory_change(c, d->target, d->physical);
    if (answer == E_WAIT)
        return STEP_WAIT;
    if (answer >= 0)
        return went(c, answer, d->print);
    struct str value;
    if (c->shell->state.shopt & (uint64_t)1 << SHOPT_CDABLE_VARS && shell_is_name(d->target) && shell_get(c->shell, d->target, &value) &&
        value.length && !d->any) {
        d->any = true;
        d->target = str_copy(c->heap, value);
        call_format(c, "%S\n", value);
        return cd_step(c);
    }
    call_error(c, "%S: %m", d->target, answer);
    return call_done(c);
}

const struct command command_cd = {
    .name = "cd",
    .usage = "[-L|[-P [-e]] [-@]] [dir]",
    .summary = "change the shell working directory",
    .help = "Goes to HOME without an operand, to OLDPWD with -. CDPATH is searched.\n-L  .. is understood by the path's text\n"
            "-P  symbolic links are resolved first",
    .state = sizeof(struct cd),
    .start = cd_start,
    .step = cd_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
