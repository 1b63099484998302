/* builtins/realpath.c - print resolved paths. */
#include "builtins/relative.h"

enum { LONG_BASE = OPTION_LONG, LONG_TO };

static const struct option options[] = {
    {'e', "canonicalize-existing", NULL, "all components of the path must exist"},
    {'m', "canonicalize-missing", NULL, "no path components need exist or be a directory"},
    {'L', "logical", NULL, "resolve '..' components before symlinks"},
    {'P', "physical", NULL, "resolve symlinks as encountered (default)"},
    {'q', "quiet", NULL, "suppress most error messages"},
    {LONG_TO, "relative-to", "DIR", "print the resolved path relative to DIR"},
    {LONG_BASE, "relative-base", "DIR", "print absolute paths unless paths below DIR"},
    {'s', "strip", NULL, "don't expand symlinks"},
    {'s', "no-symlinks", NULL, NULL},
    {'z', "zero", NULL, "end each output line with NUL, not newline"},
    {0},
};

struct realpath {
    int missing;
    bool logical, no_links;
    struct str to, base;  /* resolved; data NULL: not given */
    bool ready;
    size_t operand;
};

static int start(struct call *c)
{
    struct realpath *r = c->state;
    int how = call_last(c, "em"), links = call_last(c, "LPs");
    r->missing = how == 'e' ? 0 : how == 'm' ? 2 : 1;
    r->logical = links == 'L';
    r->no_links = links == 's';
    return c->operand_count ? 0 : call_missing_operand(c);
}

/* Resolves dots in the text alone. */
static int without_links(struct call *c, struct str path, struct buf *out)
{
    buf_clear(out);
    if (path.length == 0)
        return E_NOENT;
    if (path.data[0] != '/') {
        int error = task_getcwd(c->task, out);
        if (error)
            return error;
    }
    path_append_dots(out, path);
    return 0;
}

static int resolve(struct call *c, struct realpath *r, struct str path, struct buf *out)
{
    if (!r->no_links && !r->logical)
        return call_realpath(c, path, r->missing, out);
    int error = without_links(c, path, out);
    if (error)
        return error;
    struct stat_info info;
    error = r->missing == 2 ? 0 : call_stat(c, path, true, &info);
    if (error == E_NOENT && r->missing == 1) { /* names may be missing, but for those that `..` leads out of */
        error = str_ends(path, "/.") ? E_NOENT : 0;
        for (size_t i = 1; i + 1 < path.length && !error; i++) {
            bool ends = i + 2 == path.length || path.data[i + 2] == '/';
            if (ends && path.data[i - 1] == '/' && path.data[i] == '.' && path.data[i + 1] == '.')
                error = call_stat(c, str_first(path, i), true, &info);
        }
    }
    if (error || !r->logical)
        return error;
    struct str text = str_copy(c->heap, buf_str(out));
    return call_realpath(c, text, r->missing, out);
}

/* --relative-to and --relative-base: 0, E_WAIT, 1 after a message. */
static int prepare(struct call *c, struct realpath *r)
{
    struct str value;
    struct buf out;
    for (int i = 0; i < 2; i++) {
        if (!call_value(c, i ? LONG_BASE : LONG_TO, &value))
            continue;
        buf_init(&out, c->heap);
        int error = resolve(c, r, value, &out);
        if (error == E_WAIT)
            return error;
        struct stat_info info;
        if (!error && r->missing == 0) {
            error = call_stat(c, buf_str(&out), true, &info);
            if (error == E_WAIT)
                return error;
            if (!error && info.kind != NODE_DIRECTORY)
                error = E_NOTDIR;
        }
        if (error) {
            call_error(c, "%S: %m", call_quote_if_needed(c, value), error);
            return 1;
        }
        *(i ? &r->base : &r->to) = buf_str(&out);
    }
    if (r->base.data && r->to.data && !path_is_below(r->to, r->base))
        r->base = r->to = (struct str){0};
    else if (r->base.data && !r->to.data)
        r->to = r->base;
    r->ready = true;
    return 0;
}

static enum step step(struct call *c)
{
    struct realpath *r = c->state;
    if (!r->ready) {
        int error = prepare(c, r);
        if (error)
            return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
    }
    for (; r->operand < c->operand_count; r->operand++) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str path = c->operands[r->operand];
        struct buf out;
        buf_init(&out, c->heap);
        int error = resolve(c, r, path, &out);
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error) {
            if (!call_has(c, 'q'))
                call_error(c, "%S: %m", path.length ? call_quote_if_needed(c, path) : str_lit("''"), error);
            c->status = 1;
            continue;
        }
        struct str real = buf_str(&out);
        if (r->to.data && (!r->base.data || path_is_below(real, r->base)))
            path_add_relative(&c->out, r->to, real);
        else
            call_print(c, real);
        call_print_byte(c, call_has(c, 'z') ? '\0' : '\n');
        buf_drop(&out);
    }
    return call_done(c);
}

const struct command command_realpath = {
    .name = "realpath",
    .usage = "[OPTION]... FILE...",
    .summary = "print the resolved absolute file name; all but the last component must exist",
    .options = options,
    .state = sizeof(struct realpath),
    .start = start,
    .step = step,
};
