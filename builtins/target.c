/* builtins/target.c - where the operands go: SOURCE DEST, SOURCE... DIRECTORY and -t DIRECTORY SOURCE... of cp, mv, ln, install. */
#include "builtins/target.h"

#include "builtins/paths.h"

int target_start(struct call *c, struct target *t, enum target_way way)
{
    t->way = way;
    t->into = call_value(c, 't', &t->path);
    t->exact = call_has(c, 'T');
    if (call_count(c, 't') > 1) {
        call_error(c, "multiple target directories specified");
        return 1;
    }
    bool alone = way == TARGET_LINK && c->operand_count == 1 && !t->into && !t->exact;
    if (c->operand_count == 0)
        return call_usage_error(c, "missing file operand");
    if (c->operand_count == 1 && !t->into && !alone)
        return call_usage_error(c, "missing destination file operand after %S", call_quote(c, c->operands[0]));
    if (t->into && t->exact) {
        call_error(c, way == TARGET_LINK ? "cannot combine --target-directory and --no-target-directory"
                                         : "cannot combine --target-directory (-t) and --no-target-directory (-T)");
        return 1;
    }
    if (t->exact && c->operand_count > 2)
        return call_usage_error(c, "extra operand %S", call_quote(c, c->operands[2]));
    t->count = t->into || alone ? c->operand_count : c->operand_count - 1;
    if (!t->into)
        t->path = alone ? str_lit(".") : c->operands[t->count];
    return 0;
}

int target_look(struct call *c, struct target *t, bool follow)
{
    struct stat_info info;
    if (t->looked || t->exact)
        return 0;
    int error = call_stat(c, t->path, follow, &info);
    if (error == E_WAIT)
        return error;
    t->looked = true;
    if (error == 0 && info.kind == NODE_DIRECTORY) {
        t->into = true;
    } else if (t->into || t->count > 1) {
        struct str name = call_quote(c, t->path);
        if (t->into && t->way == TARGET_LINK && !error)
            call_error(c, "target %S is not a directory", name);
        else
            call_error(c, !t->into                ? "target %S: %m"
                          : t->way == TARGET_COPY ? "target directory %S: %m"
                                                  : "failed to access %S: %m", name, error ? error : E_NOTDIR);
        return 1;
    }
    return 0;
}

struct str target_place(struct call *c, const struct target *t, struct str source)
{
    return t->into ? path_join(c, t->path, path_base(source)) : t->path;
}
