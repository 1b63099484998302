/* builtins/umask.c - display or set the mask of file modes (POSIX XCU umask). */
#include "base/mode.h"
#include "base/number.h"
#include "builtins/options.h"
#include "shell/shell.h"

struct umask {
    bool symbolic, print;
    size_t next;
};

static int umask_start(struct call *c)
{
    struct umask *u = c->state;
    struct options o = {0};
    int letter;
    while ((letter = options_next(c, &o, "pS")))
        switch (letter) {
        case 'p': u->print = true; break;
        case 'S': u->symbolic = true; break;
        default: return options_failed(c, letter);
        }
    u->next = o.next;
    return 0;
}

static void show(struct call *c, const struct umask *u, bool words)
{
    uint32_t mask = c->shell->state.umask;
    if (words)
        call_print_text(c, u->symbolic ? "umask -S " : "umask ");
    if (!u->symbolic) {
        call_format(c, "%04o\n", (unsigned)mask);
        return;
    }
    for (int shift = 6; shift >= 0; shift -= 3) {
        uint32_t bits = ~mask >> shift & 7;
        call_format(c, "%c=%s%s%s%s", shift == 6 ? 'u' : shift == 3 ? 'g' : 'o', bits & 4 ? "r" : "", bits & 2 ? "w" : "",
                    bits & 1 ? "x" : "", shift ? "," : "\n");
    }
}

/* What bash says to a mode that is none. */
static void complain(struct call *c, struct str text)
{
    size_t i = 0;
    for (;;) {
        while (i < text.length && memchr("ugoa", text.data[i], 4))
            i++;
        char c1 = i < text.length ? text.data[i] : 0;
        if (c1 != '+' && c1 != '-' && c1 != '=') {
            call_error(c, "`%c': invalid symbolic mode operator", c1);
            return;
        }
        for (i++; i < text.length && memchr("rwxXstugo", text.data[i], 9); i++)
            ;
        if (i < text.length && text.data[i] == ',') {
            i++;
        } else if (i < text.length && !memchr("+-=", text.data[i], 3)) {
            call_error(c, "`%c': invalid symbolic mode character", text.data[i]);
            return;
        } else if (i >= text.length) {
            return;
        }
    }
}

static void set_mask(struct call *c, uint32_t mask)
{
    c->shell->state.umask = mask;
    c->task->umask = mask;
}

static enum step umask_step(struct call *c)
{
    struct umask *u = c->state;
    if (!call_go(c))
        return STEP_AGAIN;
    call_charge(c, 1);
    if (u->next >= c->argc) {
        show(c, u, u->print);
        return call_done(c);
    }
    struct str text = c->argv[u->next];
    if (text.length && text.data[0] >= '0' && text.data[0] <= '9') {
        int64_t value;
        size_t used = number_parse_int(text, 8, &value, NULL);
        if (used < text.length || value > 0777) {
            call_error(c, "%S: octal number out of range", text);
            return call_done(c);
        }
        set_mask(c, (uint32_t)value);
    } else {
        struct mode *mode = mode_parse(c->heap, text);
        if (!mode) {
            complain(c, text);
            c->status = 1;
            return call_done(c);
        }
        set_mask(c, ~mode_apply(mode, ~c->shell->state.umask & 0777, false, 0, NULL) & 0777);
    }
    if (u->symbolic)
        show(c, u, u->print);
    return call_done(c);
}

const struct command command_umask = {
    .name = "umask",
    .usage = "[-p] [-S] [mode]",
    .summary = "display or set the file mode mask",
    .help = "-p  as a command\n-S  in symbols",
    .state = sizeof(struct umask),
    .start = umask_start,
    .step = umask_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
