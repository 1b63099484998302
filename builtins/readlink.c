/* builtins/readlink.c - print the target of links, or the real path. */
#include "task/command.h"

static const struct option options[] = {
    {'f', "canonicalize", NULL, "canonicalize by following every symlink in every component; all but the last component must exist"},
    {'e', "canonicalize-existing", NULL, "canonicalize by following every symlink; all components must exist"},
    {'m', "canonicalize-missing", NULL, "canonicalize by following every symlink, without requirements on existence"},
    {'n', "no-newline", NULL, "do not output the trailing delimiter"},
    {'q', "quiet", NULL, "suppress most error messages (on by default)"},
    {'s', "silent", NULL, "suppress most error messages (on by default)"},
    {'v', "verbose", NULL, "report error messages"},
    {'z', "zero", NULL, "end each output line with NUL, not newline"},
    {0},
};

struct readlink {
    int how; /* f e m, or 0 */
    bool verbose, newline;
    size_t operand;
};

static int start(struct call *c)
{
    struct readlink *r = c->state;
    r->how = call_last(c, "fem");
    r->verbose = call_last(c, "qsv") == 'v';
    r->newline = !call_has(c, 'n');
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->operand_count > 1 && !r->newline) {
        call_warn(c, "ignoring --no-newline with multiple arguments");
        r->newline = true;
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct readlink *r = c->state;
    for (; r->operand < c->operand_count; r->operand++) {
        if (!call_go(c))
            return STEP_AGAIN;
        struct str path = c->operands[r->operand];
        struct buf out;
        buf_init(&out, c->heap);
        int error = r->how ? call_realpath(c, path, r->how == 'e' ? 0 : r->how == 'f' ? 1 : 2, &out) : task_readlink(c->task, path, &out);
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (!error) {
            call_print(c, buf_str(&out));
            if (r->newline)
                call_print_byte(c, call_has(c, 'z') ? '\0' : '\n');
        } else if (r->verbose) {
            call_error(c, "%S: %m", call_quote_if_needed(c, path), error);
        }
        if (error)
            c->status = 1;
        buf_drop(&out);
    }
    return call_done(c);
}

const struct command command_readlink = {
    .name = "readlink",
    .usage = "[OPTION]... FILE...",
    .summary = "print value of a symbolic link or canonical file name",
    .options = options,
    .state = sizeof(struct readlink),
    .start = start,
    .step = step,
};
