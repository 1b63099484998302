/* builtins/rmdir.c - remove empty directories. */
#include "builtins/paths.h"
#include "task/sandbox.h"

enum { LONG_IGNORE = OPTION_LONG };

static const struct option options[] = {
    {LONG_IGNORE, "ignore-fail-on-non-empty", NULL, "ignore each failure that is solely because a directory is non-empty"},
    {'p', "parents", NULL, "remove DIRECTORY and its ancestors"},
    {'v', "verbose", NULL, "output a diagnostic for every directory processed"},
    {0},
};

struct rmdir {
    size_t operand;
    struct str path; /* what is to be removed next of the operand; data NULL: begin */
    bool said;
};

static int start(struct call *c)
{
    return c->operand_count == 0 ? call_missing_operand(c) : 0;
}

/* 1, 0 (also when that cannot be seen) or E_WAIT. */
static int has_entries(struct call *c, struct str path)
{
    struct vfs *v = &c->task->sandbox->vfs;
    struct stat_info info;
    bool empty = true;
    int error = call_stat(c, path, true, &info);
    if (!error)
        error = vfs_access(v, c->task->who, info.number, MAY_READ);
    if (!error && info.kind == NODE_DIRECTORY)
        error = vfs_is_empty(v, info.number, &empty);
    return error == E_WAIT ? E_WAIT : !error && !empty;
}

static enum step step(struct call *c)
{
    struct rmdir *r = c->state;
    while (r->operand < c->operand_count) {
        if (!call_go(c))
            return STEP_AGAIN;
        bool parent = r->path.data != NULL;
        if (!parent)
            r->path = c->operands[r->operand];
        if (call_has(c, 'v') && !r->said)
            call_format(c, "rmdir: removing directory, %S\n", call_quote(c, r->path));
        r->said = true;
        bool link = false;
        int error = call_remove(c, r->path, true);
        if (error == E_NOTDIR && str_ends(r->path, "/")) { /* GNU tells a link to a directory, or to nothing, from a file */
            struct stat_info info;
            int target = call_stat(c, r->path, true, &info), itself = call_stat(c, path_trim(r->path), false, &info);
            error = target == E_WAIT || itself == E_WAIT ? E_WAIT : error;
            link = target != E_NOTDIR && itself == 0 && info.kind == NODE_LINK;
        }
        bool ignored = call_has(c, LONG_IGNORE) && error == E_NOTEMPTY;
        if (call_has(c, LONG_IGNORE) && (error == E_ACCES || error == E_PERM || error == E_ROFS)) { /* would it have been kept anyway? */
            int listed = has_entries(c, r->path);
            ignored = listed == 1;
            error = listed == E_WAIT ? E_WAIT : error;
        }
        if (error == E_WAIT) {
            if (!parent)
                r->path.data = NULL;
            return STEP_WAIT;
        }
        r->said = false;
        call_charge(c, 1);
        if (link) {
            call_error(c, "failed to remove %S: Symbolic link not followed", call_quote(c, r->path));
        } else if (error) {
            if (!ignored)
                call_error(c, parent ? "failed to remove directory %S: %m" : "failed to remove %S: %m", call_quote(c, r->path), error);
        } else if (call_has(c, 'p')) {
            struct str next = path_trim(r->path);
            ptrdiff_t slash = str_find_last(next, '/');
            if (slash > 0) {
                r->path = path_trim(str_first(next, (size_t)slash));
                continue;
            }
        }
        r->path = (struct str){0};
        r->operand++;
    }
    return call_done(c);
}

const struct command command_rmdir = {
    .name = "rmdir",
    .usage = "[OPTION]... DIRECTORY...",
    .summary = "remove the DIRECTORY(ies), if they are empty",
    .options = options,
    .state = sizeof(struct rmdir),
    .start = start,
    .step = step,
};
