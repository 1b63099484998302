/* builtins/echo.c - print arguments. */
#include "builtins/escape.h"
#include "shell/shell.h"
#include "task/command.h"

struct echo {
    size_t next;     /* argument to print */
    size_t at;       /* bytes of it that were printed */
    bool started, newline, escapes;
};

static bool is_option(struct str word)
{
    if (word.length < 2 || word.data[0] != '-')
        return false;
    for (size_t i = 1; i < word.length; i++)
        if (!memchr("neE", word.data[i], 3))
            return false;
    return true;
}

static const char help[] =
    "Usage: echo [SHORT-OPTION]... [STRING]...\n"
    "  or:  echo LONG-OPTION\n"
    "Echo the STRING(s) to standard output.\n\n"
    "  -n             do not output the trailing newline\n"
    "  -e             enable interpretation of backslash escapes\n"
    "  -E             disable interpretation of backslash escapes (default)\n"
    "      --help     display this help and exit\n"
    "      --version  output version information and exit\n\n"
    "With -e these are recognised: \\\\ \\a \\b \\c (no further output) \\e \\f \\n \\r \\t \\v \\0NNN \\xHH\n";

static int echo_start(struct call *c)
{
    struct echo *e = c->state;
    struct shell *sh = c->shell;

    e->next = 1;
    e->newline = true;
    if (sh) {
        e->escapes = sh->state.shopt & (uint64_t)1 << SHOPT_XPG_ECHO;
        if (e->escapes && sh->state.options & OPT_POSIX)
            return 0;
    } else if (c->argc == 2 && (str_is(c->argv[1], "--help") || str_is(c->argv[1], "--version"))) {
        if (str_is(c->argv[1], "--help"))
            call_print_text(c, help);
        else
            call_print_text(c, "echo (nacre) 0.1.0\n");
        e->next = c->argc;
        e->newline = false;
        return 0;
    }
    struct str posix;
    if (!sh && c->task->environment && environment_find(c->task->environment, "POSIXLY_CORRECT", &posix)) {
        e->escapes = true;
        if (!(c->argc > 1 && str_is(c->argv[1], "-n")))
            return 0;
    }
    for (; e->next < c->argc && is_option(c->argv[e->next]); e->next++)
        for (size_t i = 1; i < c->argv[e->next].length; i++)
            switch (c->argv[e->next].data[i]) {
            case 'n': e->newline = false; break;
            case 'e': e->escapes = true; break;
            default: e->escapes = false; break;
            }
    return 0;
}

/* Prints argv[next] with its escapes done: false when \c has ended it all. */
static bool put_escaped(struct call *c, struct echo *e)
{
    struct str word = c->argv[e->next];
    while (e->at < word.length && call_go(c)) {
        struct str rest = str_after(word, e->at);
        ptrdiff_t plain = str_find(str_first(rest, CALL_QUEUE), '\\');
        if (plain) {
            rest = plain > 0 ? str_first(rest, (size_t)plain) : str_first(rest, CALL_QUEUE);
            call_print(c, rest);
            e->at += rest.length;
            call_charge_bytes(c, rest.length);
            continue;
        }
        struct escape escape = escape_add(&c->out, rest, c->shell ? ESCAPE_ECHO : ESCAPE_GNU_ECHO);
        e->at += escape.length;
        call_charge(c, 1);
        if (escape.stop)
            return false;
    }
    return true;
}

static enum step echo_step(struct call *c)
{
    struct echo *e = c->state;

    while (e->next < c->argc) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str word = c->argv[e->next];
        if (e->at == 0 && e->started)
            call_print_byte(c, ' ');
        e->started = true;
        if (e->escapes && memchr(word.data ? word.data : "", '\\', word.length)) {
            if (!put_escaped(c, e))
                return call_done(c);
            if (e->at < word.length) {
                e->started = e->at > 0;
                return STEP_AGAIN;
            }
        } else {
            call_print(c, word);
            call_charge_bytes(c, word.length);
        }
        call_charge(c, 1);
        e->next++;
        e->at = 0;
    }
    if (e->newline)
        call_print_byte(c, '\n');
    return call_done(c);
}

const struct command command_echo = {
    .name = "echo",
    .usage = "[-neE] [arg ...]",
    .summary = "write arguments to the standard output",
    .help = "-n  no newline at the end\n-e  backslash escapes are interpreted\n-E  they are not",
    .state = sizeof(struct echo),
    .start = echo_start,
    .step = echo_step,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};
