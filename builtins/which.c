/* builtins/which.c - find the files that commands' names stand for, as Debian's which does. */
#include "builtins/text.h"

static const struct option options[] = {
    {'a', NULL, NULL, "print all matching files of each argument"},
    {0},
};

struct which {
    bool all, found, begun;
    size_t next;      /* word */
    struct str path;  /* of PATH, what is left to look at for this word */
    struct buf name;
};

/* Words as its getopts takes them: 0, or the status. */
static int start(struct call *c)
{
    struct which *w = c->state;

    for (w->next = 1; w->next < c->argc; w->next++) {
        struct str word = c->argv[w->next];
        if (word.length < 2 || word.data[0] != '-')
            break;
        if (str_is(word, "--")) {
            w->next++;
            break;
        }
        for (size_t i = 1; i < word.length; i++) {
            if (word.data[i] == 'a') {
                w->all = true;
                continue;
            }
            call_complain(c, "Illegal option -%S\n", str_first(str_after(word, i), 1));
            call_print_text(c, "Usage: /usr/bin/which [-a] args\n");
            return 2;
        }
    }
    buf_init(&w->name, c->heap);
    c->status = w->next == c->argc;
    return 0;
}

/* The next name that the word may stand for: false when there are no more. */
static bool next_name(struct call *c, struct which *w, struct str word)
{
    buf_clear(&w->name);
    if (str_find(word, '/') >= 0) {
        if (w->begun)
            return false;
        buf_add(&w->name, word);
    } else {
        if (!w->begun) {
            w->path = (struct str){0};
            if (!c->task->environment || !environment_find(c->task->environment, "PATH", &w->path))
                w->path = str_lit("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            if (w->path.length == 0)
                return false;
        }
        if (!w->path.data)
            return false;
        ptrdiff_t colon = str_find(w->path, ':');
        struct str folder = colon < 0 ? w->path : str_first(w->path, (size_t)colon);
        w->path = colon < 0 ? (struct str){0} : str_after(w->path, (size_t)colon + 1);
        buf_print(&w->name, "%S/%S", folder.length ? folder : str_lit("."), word);
    }
    w->begun = true;
    return true;
}

static enum step step(struct call *c)
{
    struct which *w = c->state;

    for (; w->next < c->argc; w->next++) {
        struct str word = c->argv[w->next];
        for (;;) {
            struct stat_info info;
            if (!call_go(c))
                return STEP_AGAIN;
            if (!w->name.length && !next_name(c, w, word))
                break;
            struct str name = buf_str(&w->name);
            int error = task_stat(c->task, name, true, &info);
            if (!error)
                error = info.kind == NODE_FILE ? task_access(c->task, name, MAY_EXECUTE) : E_ACCES;
            if (error == E_WAIT)
                return STEP_WAIT;
            call_charge(c, 1);
            if (!error) {
                call_format(c, "%S\n", name);
                w->found = true;
                if (!w->all)
                    break;
            }
            buf_clear(&w->name);
        }
        if (!w->found)
            c->status = 1;
        w->found = w->begun = false;
        buf_clear(&w->name);
    }
    return call_done(c);
}

const struct command command_which = {
    .name = "which",
    .usage = "[-a] args",
    .summary = "Print the files that would be run for the names given, looked up in PATH.",
    .options = options,
    .state = sizeof(struct which),
    .start = start,
    .step = step,
    .flags = COMMAND_RAW,
};
