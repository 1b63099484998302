/* builtins/pwd.c - print the working directory (POSIX XCU pwd). */
#include "builtins/directory.h"

struct pwd {
    bool logical;
};

/* The options of /usr/bin/pwd, which knows no shell. */
static int parse_alone(struct call *c, struct pwd *p)
{
    struct str posix;
    p->logical = c->task->environment && environment_find(c->task->environment, "POSIXLY_CORRECT", &posix);
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (str_is(word, "--help")) {
            call_format(c, "Usage: %S [OPTION]...\nPrint the full filename of the current working directory.\n\n"
                           "  -L, --logical    use PWD from environment, even if it contains symlinks\n"
                           "  -P, --physical   avoid all symlinks\n      --help       display this help and exit\n"
                           "      --version    output version information and exit\n", c->name);
            return options_over(c, 0);
        }
        if (str_is(word, "--version")) {
            call_print_text(c, "pwd (nacre) 0.1.0\n");
            return options_over(c, 0);
        }
        if (str_is(word, "--"))
            break;
        if (str_is(word, "--logical") || str_is(word, "--physical")) {
            p->logical = word.data[2] == 'l';
            continue;
        }
        if (word.length < 2 || word.data[0] != '-') {
            call_warn(c, "ignoring non-option arguments");
            break;
        }
        if (word.data[1] == '-')
            return call_usage_error(c, "unrecognized option '%S'", word);
        for (size_t k = 1; k < word.length; k++) {
            if (word.data[k] != 'L' && word.data[k] != 'P')
                return call_usage_error(c, "invalid option -- '%c'", word.data[k]);
            p->logical = word.data[k] == 'L';
        }
    }
    return 0;
}

static int pwd_start(struct call *c)
{
    struct pwd *p = c->state;
    struct options o = {0};
    int letter;
    if (!c->shell)
        return parse_alone(c, p);
    p->logical = !(c->shell->state.options & OPT_PHYSICAL);
    while ((letter = options_next(c, &o, "LP"))) {
        if (letter < 0)
            return options_failed(c, letter);
        p->logical = letter == 'L';
    }
    return 0;
}

/* Is the PWD of the environment another name of where we are? */
static int check(struct call *c, struct str path, bool *same)
{
    struct stat_info there, here;
    *same = false;
    if (!path.length || path.data[0] != '/')
        return 0;
    for (size_t i = 0; i + 1 < path.length; i++) /* no part of it may be . or .. */
        if (path.data[i] == '/' && path.data[i + 1] == '.') {
            size_t end = i + 2;
            end += end < path.length && path.data[end] == '.';
            if (end == path.length || path.data[end] == '/')
                return 0;
        }
    int error = task_stat(c->task, path, true, &there);
    if (!error)
        error = task_stat(c->task, str_lit("."), true, &here);
    *same = !error && there.number == here.number;
    return error == E_WAIT ? E_WAIT : 0;
}

static enum step pwd_step(struct call *c)
{
    struct pwd *p = c->state;
    struct buf path;
    struct str name;
    bool same = false;

    if (p->logical && c->shell) {
        call_format(c, "%S\n", directory_now(c));
        return call_done(c);
    }
    if (p->logical && c->task->environment && environment_find(c->task->environment, "PWD", &name)) {
        if (check(c, name, &same) == E_WAIT)
            return STEP_WAIT;
        if (same) {
            call_format(c, "%S\n", name);
            return call_done(c);
        }
    }
    buf_init(&path, c->heap);
    int error = task_getcwd(c->task, &path);
    if (error == E_WAIT)
        return STEP_WAIT;
    if (error)
        call_error(c, "error retrieving current directory: getcwd: cannot access parent directories: %m", error);
    else
        call_format(c, "%S\n", buf_str(&path));
    return call_done(c);
}

const struct command command_pwd = {
    .name = "pwd",
    .usage = "[-LP]",
    .summary = "print the name of the current working directory",
    .help = "-L  as the shell calls it (--logical, when it is not run by the shell itself)\n-P  without symbolic links (--physical)",
    .state = sizeof(struct pwd),
    .start = pwd_start,
    .step = pwd_step,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};
