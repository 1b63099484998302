/* builtins/chown.c - change owner and group: chown, chgrp. */
#include "builtins/owners.h"
#include "builtins/text.h"
#include "task/sandbox.h"
#include "task/walk.h"

enum { LONG_DEREFERENCE = OPTION_LONG, LONG_FROM, LONG_NO_PRESERVE, LONG_PRESERVE, LONG_REFERENCE };

#define COMMON_OPTIONS                                                                                              \
    {'c', "changes", NULL, "like verbose but report only when a change is made"},                                   \
    {'f', "silent", NULL, "suppress most error messages"},                                                          \
    {'f', "quiet", NULL, NULL},                                                                                     \
    {'v', "verbose", NULL, "output a diagnostic for every file processed"},                                         \
    {LONG_DEREFERENCE, "dereference", NULL, "affect the referent of each symbolic link (this is the default)"},     \
    {'h', "no-dereference", NULL, "affect symbolic links instead of any referenced file"},                          \
    {LONG_NO_PRESERVE, "no-preserve-root", NULL, "do not treat '/' specially (the default)"},                       \
    {LONG_PRESERVE, "preserve-root", NULL, "fail to operate recursively on '/'"},                                   \
    {LONG_REFERENCE, "reference", "RFILE", "use RFILE's owner and group"},                                          \
    {'R', "recursive", NULL, "operate on files and directories recursively"},                                       \
    {'H', NULL, NULL, "with -R: follow a command line argument that is a symbolic link to a directory"},            \
    {'L', NULL, NULL, "with -R: follow every symbolic link to a directory"},                                        \
    {'P', NULL, NULL, "with -R: do not follow any symbolic links (default)"}

static const struct option chown_options[] = {
    COMMON_OPTIONS,
    {LONG_FROM, "from", "CURRENT_OWNER:CURRENT_GROUP", "change only if the current owner and group match"},
    {0},
};
static const struct option chgrp_options[] = {
    COMMON_OPTIONS,
    {0},
};

struct chown {
    uint32_t user, group;           /* OWNER_SAME: as it is */
    uint32_t from_user, from_group; /* OWNER_SAME: any */
    struct owners owners;
    bool group_only, ready, recursive, verbose, changes, silent, links;
    struct str reference, spec;
    bool has_reference;
    size_t operand;
    struct walk *walk;
    bool walking;
};

static bool is_group_command(const struct call *c)
{
    return str_is(str_from(c->command->name), "chgrp");
}

static int start(struct call *c)
{
    struct chown *o = c->state;
    o->user = o->group = o->from_user = o->from_group = OWNER_SAME;
    o->group_only = is_group_command(c);
    o->recursive = call_has(c, 'R');
    o->silent = call_has(c, 'f');
    int how = call_last(c, "vc");
    o->verbose = how == 'v';
    o->changes = how != 0;
    o->has_reference = call_value(c, LONG_REFERENCE, &o->reference);
    int follow = call_last(c, "HLP");
    bool dereference = true;
    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].letter == 'h' || c->options[i].letter == LONG_DEREFERENCE)
            dereference = c->options[i].letter != 'h';
    if (o->recursive && follow != 'H' && follow != 'L') {
        if (dereference && call_has(c, LONG_DEREFERENCE)) {
            call_error(c, "-R --dereference requires either -H or -L");
            return 1;
        }
        dereference = false;
    }
    o->links = !dereference;
    size_t least = o->has_reference ? 1 : 2;
    if (c->operand_count < least) {
        if (c->operand_count == 0)
            return call_missing_operand(c);
        return call_usage_error(c, "missing operand after %S", call_quote_word(c, c->operands[0]));
    }
    if (!o->has_reference)
        o->spec = c->operands[o->operand++];
    o->walk = walk_new(c->task, c->heap, o->recursive && follow == 'L' ? WALK_LOGICAL
                                         : o->recursive && follow == 'H' ? WALK_ROOTS
                                         : o->links ? WALK_PHYSICAL : WALK_ROOTS);
    return 0;
}

static bool parse_number(struct str s, uint32_t *number)
{
    uint64_t value;
    if (s.length && s.data[0] == '+')
        s = str_after(s, 1);
    if (s.length == 0 || text_count(s, "", &value) != 0 || value >= UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    return true;
}

/* "user", "user:group", ":group", "user:": false after a message. */
static bool parse_spec(struct call *c, struct chown *o, struct str spec, bool is_group, uint32_t *user, uint32_t *group)
{
    struct str name = spec, tail = {0};
    ptrdiff_t colon = is_group ? 0 : str_find(spec, ':');
    uint32_t login = 0;
    bool named = false;
    if (!is_group && colon >= 0) {
        name = str_first(spec, (size_t)colon);
        tail = str_after(spec, (size_t)colon + 1);
    } else if (is_group) {
        name = (struct str){0};
        tail = spec;
    }
    if (name.length) {
        named = owner_number(&o->owners, OWNER_USER, name, user, &login);
        if (!named && !parse_number(name, user)) {
            call_error(c, "invalid user: %S", call_quote_word(c, spec));
            return false;
        }
    }
    if (tail.length) {
        if (!owner_number(&o->owners, OWNER_GROUP, tail, group, NULL) && !parse_number(tail, group)) {
            call_error(c, "invalid group: %S", call_quote_word(c, spec));
            return false;
        }
    } else if (!is_group && colon >= 0 && name.length) {
        if (!named) {
            call_error(c, "invalid spec: %S", call_quote_word(c, spec));
            return false;
        }
        *group = login;
    }
    return true;
}

static void add_owner(struct buf *b, struct chown *o, int kind, uint32_t number)
{
    const struct str *name = owner_name(&o->owners, kind, number);
    if (name)
        buf_add(b, *name);
    else
        buf_print(b, "%lu", (unsigned long)number);
}

static struct str pair(struct call *c, struct chown *o, uint32_t user, uint32_t group)
{
    struct buf b;
    buf_init(&b, c->heap);
    if (o->user != OWNER_SAME)
        add_owner(&b, o, OWNER_USER, user);
    if (o->user != OWNER_SAME && o->group != OWNER_SAME)
        buf_add_byte(&b, ':');
    if (o->group != OWNER_SAME)
        add_owner(&b, o, OWNER_GROUP, group);
    return buf_str(&b);
}

static void change(struct call *c, struct chown *o)
{
    struct walk *w = o->walk;
    const struct stat_info info = w->info;
    struct str name = walk_path(w);
    if ((o->from_user != OWNER_SAME && o->from_user != info.user) || (o->from_group != OWNER_SAME && o->from_group != info.group)) {
        if (o->verbose)
            call_format(c, "ownership of %S retained as %S\n", call_quote(c, name), pair(c, o, info.user, info.group));
        return;
    }
    const char *what = o->user == OWNER_SAME && o->group != OWNER_SAME ? "group" : "ownership";
    int error = vfs_chown(&c->task->sandbox->vfs, c->task->who, info.number, o->user, o->group);
    if (error) {
        c->status = 1;
        if (!o->silent)
            call_error(c, "changing %s of %S: %m", o->user == OWNER_SAME ? what : "ownership", call_quote(c, name), error);
        if (o->verbose)
            call_format(c, "failed to change %s of %S from %S to %S\n", what, call_quote(c, name), pair(c, o, info.user, info.group),
                        pair(c, o, o->user, o->group));
        return;
    }
    bool same = (o->user == OWNER_SAME || o->user == info.user) && (o->group == OWNER_SAME || o->group == info.group);
    struct str after = pair(c, o, o->user, o->group);
    if (!same && o->changes)
        call_format(c, "changed %s of %S from %S to %S\n", what, call_quote(c, name), pair(c, o, info.user, info.group), after);
    else if (same && o->verbose && after.length)
        call_format(c, "%s of %S retained as %S\n", what, call_quote(c, name), after);
    else if (same && o->verbose)
        call_format(c, "ownership of %S retained\n", call_quote(c, name));
}

static void visit(struct call *c, struct chown *o, enum visit visit)
{
    struct walk *w = o->walk;
    switch (visit) {
    case VISIT_DIRECTORY:
        if (w->info.number == VFS_ROOT && o->recursive && call_has(c, LONG_PRESERVE)) {
            call_error(c, "it is dangerous to operate recursively on %S", call_quote(c, walk_path(w)));
            call_warn(c, "use --no-preserve-root to override this failsafe");
            walk_skip(w);
            return;
        }
        change(c, o);
        if (!o->recursive)
            walk_skip(w);
        return;
    case VISIT_FILE: change(c, o); return;
    case VISIT_AFTER: return;
    case VISIT_UNREADABLE:
        c->status = 1;
        if (!o->silent)
            call_error(c, "cannot read directory %S: %m", call_quote(c, walk_path(w)), w->error);
        return;
    default:
        c->status = 1;
        if (!o->silent)
            call_error(c, visit == VISIT_BROKEN ? "cannot dereference %S: %m" : "cannot access %S: %m", call_quote(c, walk_path(w)),
                       w->error);
        return;
    }
}

/* What to change to: 0, E_WAIT, or 1 after a message. */
static int prepare(struct call *c, struct chown *o)
{
    struct str from;
    if (owners_load(c, &o->owners) == E_WAIT)
        return E_WAIT;
    if (o->has_reference) {
        struct stat_info info;
        int error = call_stat(c, o->reference, true, &info);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "failed to get attributes of %S: %m", call_quote(c, o->reference), error);
            return 1;
        }
        o->group = info.group;
        if (!o->group_only)
            o->user = info.user;
    } else if (!parse_spec(c, o, o->spec, o->group_only, &o->user, &o->group)) {
        return 1;
    }
    if (call_value(c, LONG_FROM, &from) && !parse_spec(c, o, from, false, &o->from_user, &o->from_group))
        return 1;
    o->ready = true;
    return 0;
}

static enum step step(struct call *c)
{
    struct chown *o = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!o->ready) {
            int error = prepare(c, o);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_done(c);
        }
        if (!o->walking) {
            if (o->operand == c->operand_count)
                return call_done(c);
            walk_start(o->walk, c->operands[o->operand++]);
            o->walking = true;
        }
        enum visit event = walk_next(o->walk);
        if (event == VISIT_WAIT)
            return STEP_WAIT;
        if (event == VISIT_END)
            o->walking = false;
        else
            visit(c, o, event);
    }
}

const struct command command_chown = {
    .name = "chown",
    .usage = "[OPTION]... [OWNER][:[GROUP]] FILE...\n[OPTION]... --reference=RFILE FILE...",
    .summary = "change the owner and/or group of each FILE to OWNER and/or GROUP",
    .options = chown_options,
    .state = sizeof(struct chown),
    .start = start,
    .step = step,
};

const struct command command_chgrp = {
    .name = "chgrp",
    .usage = "[OPTION]... GROUP FILE...\n[OPTION]... --reference=RFILE FILE...",
    .summary = "change the group of each FILE to GROUP",
    .options = chgrp_options,
    .state = sizeof(struct chown),
    .start = start,
    .step = step,
};
