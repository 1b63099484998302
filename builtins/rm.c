/* builtins/rm.c - remove files and trees. */
#include "builtins/paths.h"
#include "builtins/prompt.h"
#include "task/sandbox.h"
#include "task/walk.h"

enum { LONG_INTERACTIVE = OPTION_LONG, LONG_ONE_FILE_SYSTEM, LONG_NO_PRESERVE, LONG_PRESERVE, LONG_PRESUME };

static const struct option options[] = {
    {'f', "force", NULL, "ignore nonexistent files and arguments, never prompt"},
    {'i', NULL, NULL, "prompt before every removal"},
    {'I', NULL, NULL, "prompt once before removing more than three files, or when removing recursively"},
    {LONG_INTERACTIVE, "interactive", "[WHEN]", "prompt according to WHEN: never, once (-I), or always (-i)"},
    {LONG_ONE_FILE_SYSTEM, "one-file-system", NULL, "skip directories on other file systems: there are none"},
    {LONG_NO_PRESERVE, "no-preserve-root", NULL, "do not treat '/' specially"},
    {LONG_PRESERVE, "preserve-root", "[all]", "do not remove '/' (default)"},
    {'r', "recursive", NULL, "remove directories and their contents recursively"},
    {'R', NULL, NULL, NULL},
    {'d', "dir", NULL, "remove empty directories"},
    {'v', "verbose", NULL, "explain what is being done"},
    {LONG_PRESUME, "-presume-input-tty", NULL, NULL},
    {0},
};

enum { PHASE_ONCE, PHASE_OPERAND, PHASE_WALK, PHASE_ACT };

struct rm {
    bool force, ask, once, recursive, directories, verbose, preserve_root;
    size_t operand;
    int phase;
    struct walk *walk;
    enum visit visit;
    bool confirmed;      /* the question about the entry was answered with yes */
    char *kept;          /* for each level: something below was kept, the directory cannot go */
    size_t kept_room;
    struct prompt prompt;
};

static int start(struct call *c)
{
    struct rm *r = c->state;
    static const char *const words[] = {"never", "=no", "=none", "once", "always", "=yes", NULL};
    r->preserve_root = true;
    for (size_t i = 0; i < c->option_count; i++) {
        int how = -1;
        struct str value = c->options[i].value;
        switch (c->options[i].letter) {
        case 'f': r->force = true; r->ask = r->once = false; break;
        case 'i': how = 4; break;
        case 'I': how = 3; break;
        case LONG_INTERACTIVE:
            how = value.data ? call_choose(c, "--interactive", value, words) : 4;
            if (how < 0)
                return 1;
            break;
        case LONG_NO_PRESERVE: r->preserve_root = false; break;
        case LONG_PRESERVE:
            r->preserve_root = true;
            if (value.data && !str_is(value, "all")) {
                call_error(c, "unrecognized --preserve-root argument: %S", call_quote(c, value));
                return 1;
            }
            break;
        case 'r': case 'R': r->recursive = true; break;
        case 'd': r->directories = true; break;
        case 'v': r->verbose = true; break;
        default: break;
        }
        if (how >= 0) {
            r->force = false;
            r->ask = how >= 4;
            r->once = how == 3;
        }
    }
    if (c->operand_count == 0)
        return r->force ? 0 : call_missing_operand(c);
    r->walk = walk_new(c->task, c->heap, WALK_PHYSICAL);
    return 0;
}

static struct vfs *files(struct call *c)
{
    return &c->task->sandbox->vfs;
}

/* Asks whether the entry may go, if there is to be a question: 1 yes, 0 no, E_WAIT. */
static int confirm(struct call *c, struct rm *r, bool descend)
{
    const struct stat_info *info = &r->walk->info;
    if (r->confirmed)
        return 1;
    bool protected = false;
    if (!r->force && !r->ask && info->kind != NODE_LINK) {
        struct file *in = fds_get(c->task, 0);
        protected = in && file_is_terminal(in) && vfs_access(files(c), c->task->who, info->number, MAY_WRITE) == E_ACCES;
    }
    if (!r->ask && !protected)
        return 1;
    struct str name = call_quote(c, walk_path(r->walk));
    const char *guard = vfs_access(files(c), c->task->who, info->number, MAY_WRITE) == E_ACCES && info->kind != NODE_LINK
                            ? "write-protected " : "";
    int answer;
    if (descend)
        answer = prompt_ask(c, &r->prompt, "%S: descend into %s%s %S? ", c->name, guard, path_kind(info), name);
    else
        answer = prompt_ask(c, &r->prompt, "%S: remove %s%s %S? ", c->name, guard, path_kind(info), name);
    r->confirmed = answer == 1;
    return answer;
}

/* What is kept keeps its parents. */
static void keep(struct call *c, struct rm *r)
{
    size_t depth = r->walk->depth;
    if (depth == 0)
        return;
    if (r->kept_room < depth + 1) {
        size_t room = depth * 2 + 16;
        r->kept = heap_resize(c->heap, r->kept, room);
        memset(r->kept + r->kept_room, 0, room - r->kept_room);
        r->kept_room = room;
    }
    r->kept[depth - 1] = 1;
}

static bool was_kept(struct rm *r)
{
    size_t depth = r->walk->depth;
    bool kept = depth < r->kept_room && r->kept[depth];
    if (kept)
        r->kept[depth] = 0;
    return kept;
}

/* Removes the entry: 0, E_WAIT, or an error that was told. */
static int remove_entry(struct call *c, struct rm *r, bool directory)
{
    struct walk *w = r->walk;
    int answer = confirm(c, r, false), error;
    if (answer == E_WAIT)
        return E_WAIT;
    r->confirmed = false;
    if (!answer) {
        keep(c, r);
        return 0;
    }
    if (w->depth == 0)
        error = call_remove(c, walk_path(w), directory);
    else if (directory)
        error = vfs_rmdir(files(c), c->task->who, w->parent, walk_name(w));
    else
        error = vfs_unlink(files(c), c->task->who, w->parent, walk_name(w));
    if (error == E_WAIT)
        return error;
    if (error && !(r->force && (error == E_NOENT || error == E_NOTDIR))) {
        call_error(c, "cannot remove %S: %m", call_quote(c, walk_path(w)), error);
        keep(c, r);
    } else if (!error && r->verbose) {
        call_format(c, directory ? "removed directory %S\n" : "removed %S\n", call_quote(c, walk_path(w)));
    }
    return 0;
}

static bool is_empty(struct call *c, uint64_t number)
{
    bool empty;
    return vfs_is_empty(files(c), number, &empty) == 0 && empty;
}

/* As far as a look into it can tell. */
static bool looks_empty(struct call *c, uint64_t number)
{
    return vfs_access(files(c), c->task->who, number, MAY_READ) == 0 && is_empty(c, number);
}

/* 0 when the visit is done with, E_WAIT. */
static int act(struct call *c, struct rm *r)
{
    struct walk *w = r->walk;
    struct str path = walk_path(w);
    int answer;
    switch (r->visit) {
    case VISIT_ERROR:
        if (!(r->force && (w->error == E_NOENT || w->error == E_NOTDIR)))
            call_error(c, "cannot remove %S: %m", call_quote(c, path), w->error);
        keep(c, r);
        return 0;
    case VISIT_DIRECTORY:
        if (!r->recursive && !(r->directories && looks_empty(c, w->info.number))) {
            call_error(c, "cannot remove %S: %m", call_quote(c, path), r->directories ? E_NOTEMPTY : E_ISDIR);
            walk_skip(w);
            return 0;
        }
        if (looks_empty(c, w->info.number)) /* the question about its removal is enough */
            return 0;
        answer = confirm(c, r, true);
        if (answer == E_WAIT)
            return E_WAIT;
        r->confirmed = false;
        if (!answer) {
            walk_skip(w);
            keep(c, r);
        }
        return 0;
    case VISIT_UNREADABLE:
        answer = confirm(c, r, false);
        if (answer <= 0) /* the real one goes on to ask about its parents */
            return answer;
        if (vfs_access(files(c), c->task->who, w->info.number, MAY_READ) != 0) {
            struct stat_info info;
            int empty = vfs_stat(files(c), w->info.number, &info) == 0 && is_empty(c, w->info.number);
            if (empty)
                return remove_entry(c, r, true);
        }
        r->confirmed = false;
        call_error(c, "cannot remove %S: %m", call_quote(c, path), w->error);
        keep(c, r);
        return 0;
    case VISIT_AFTER:
        if (was_kept(r)) {
            keep(c, r);
            return 0;
        }
        return remove_entry(c, r, true);
    default:
        return remove_entry(c, r, false);
    }
}

/* Is the operand one that is never removed? 1 with a message, 0, E_WAIT. */
static int is_refused(struct call *c, struct rm *r, struct str path)
{
    if (r->recursive && path_is_dots(path)) {
        call_error(c, "refusing to remove '.' or '..' directory: skipping %S", call_quote(c, path));
        return 1;
    }
    struct stat_info info;
    if (r->recursive && r->preserve_root) {
        int error = call_stat(c, path, false, &info);
        if (error == E_WAIT)
            return error;
        if (!error && info.number == VFS_ROOT) {
            if (str_is(path, "/"))
                call_error(c, "it is dangerous to operate recursively on %S", call_quote(c, path));
            else
                call_error(c, "it is dangerous to operate recursively on %S (same as '/')", call_quote(c, path));
            call_warn(c, "use --no-preserve-root to override this failsafe");
            return 1;
        }
    }
    return 0;
}

static enum step step(struct call *c)
{
    struct rm *r = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int answer;
        int64_t fuel;
        switch (r->phase) {
        case PHASE_ONCE:
            if (r->once && (r->recursive || c->operand_count > 3)) {
                answer = prompt_ask(c, &r->prompt, "%S: remove %zu argument%s%s? ", c->name, c->operand_count,
                                    c->operand_count == 1 ? "" : "s", r->recursive ? " recursively" : "");
                if (answer == E_WAIT)
                    return STEP_WAIT;
                if (!answer)
                    return call_done(c);
            }
            r->phase = PHASE_OPERAND;
            break;
        case PHASE_OPERAND:
            if (r->operand == c->operand_count)
                return call_done(c);
            answer = is_refused(c, r, c->operands[r->operand]);
            if (answer == E_WAIT)
                return STEP_WAIT;
            call_charge(c, 1);
            if (answer == 0) {
                walk_start(r->walk, c->operands[r->operand]);
                r->phase = PHASE_WALK;
            }
            r->operand++;
            break;
        case PHASE_WALK:
            r->visit = walk_next(r->walk);
            if (r->visit == VISIT_WAIT)
                return STEP_WAIT;
            r->phase = r->visit == VISIT_END ? PHASE_OPERAND : PHASE_ACT;
            break;
        default:
            fuel = c->meter->fuel;
            if (task_charged(c->task, fuel, act(c, r)) == E_WAIT)
                return STEP_WAIT;
            r->phase = PHASE_WALK;
            break;
        }
    }
}

const struct command command_rm = {
    .name = "rm",
    .usage = "[OPTION]... [FILE]...",
    .summary = "remove (unlink) the FILE(s)",
    .options = options,
    .state = sizeof(struct rm),
    .start = start,
    .step = step,
};
