/* builtins/rg/ignore.c - which rules hold on the way to a file: .rgignore, .ignore, .gitignore, from the root down. */
#include "builtins/rg/rg.h"
#include "task/sandbox.h"

static unsigned rule_flags(const struct rg *g)
{
    return IGNORE_BRACES | (g->fold_ignores ? IGNORE_FOLD : 0);
}

/* --- reading rules ----------------------------------------------------------------------------------------- */

/* The inode of a name in a directory: 0 when there is none. E_WAIT, or 1. */
static int look_up(struct call *c, uint64_t directory, struct str name, uint64_t *number)
{
    struct place place;
    struct vfs *v = &c->task->sandbox->vfs;
    int error = vfs_walk(v, c->task->who, directory, name, WALK_FOLLOW, &place);
    if (error == E_WAIT)
        return error;
    *number = error || place.rest.length ? 0 : place.number;
    if (!error)
        place_drop(&place, v->meter);
    return 1;
}

/* Adds the rules in the open list, and closes it: 1 or E_WAIT. */
static int take_rules(struct call *c, struct rg *g, struct ignore **rules)
{
    struct str text;
    switch (input_all(g->list, &text)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        break;
    case INPUT_MORE:
        if (str_starts(text, "\xef\xbb\xbf"))
            text = str_after(text, 3);
        if (!*rules)
            *rules = ignore_new(c->heap);
        ignore_add_text(*rules, text, rule_flags(g));
        call_charge_bytes(c, text.length);
    }
    input_close(g->list);
    g->list = NULL;
    return 1;
}

/* The rules in a file of a directory, if it is there: 1 or E_WAIT. */
static int read_rules(struct call *c, struct rg *g, uint64_t directory, struct str name, struct ignore **rules)
{
    if (!g->list) {
        uint64_t number;
        struct stat_info info;
        struct vfs *v = &c->task->sandbox->vfs;
        if (look_up(c, directory, name, &number) == E_WAIT)
            return E_WAIT;
        if (!number || vfs_look(v, number, &info) || info.kind != NODE_FILE || vfs_access(v, c->task->who, number, MAY_READ))
            return 1;
        int error = input_open_inode(c, &g->list, number, name);
        if (error)
            return error == E_WAIT ? E_WAIT : 1;
    }
    return take_rules(c, g, rules);
}

int rg_ignore_lists(struct call *c, struct rg *g)
{
    while (g->next_list < c->option_count) {
        const struct given_option *o = &c->options[g->next_list];
        if (o->letter == RG_IGNORE_FILE && !g->no_ignore_files) {
            if (!g->list) {
                int error = input_open(c, &g->list, o->value, false);
                if (error == E_WAIT)
                    return error;
                if (error || g->list->file->kind == FILE_DIRECTORY) {
                    error = error ? error : E_ISDIR;
                    if (!g->ignore_messages)
                        call_complain(c, "%S: %m (os error %d)\n", o->value, error, rg_error_number(error));
                    g->list = NULL;
                }
            }
            if (g->list && take_rules(c, g, &g->explicit) == E_WAIT)
                return E_WAIT;
        }
        g->next_list++;
        call_charge(c, 1);
    }
    if (!g->global_read && !g->no_ignore_global && !g->no_ignore_git) {
        static const char *const ends[] = {"git/ignore", "/.config/git/ignore"};
        struct str folder;
        struct buf path;
        bool home = !environment_find(c->task->environment, "XDG_CONFIG_HOME", &folder) || !folder.length;
        if (!home || (environment_find(c->task->environment, "HOME", &folder) && folder.length)) {
            buf_init(&path, c->heap);
            buf_print(&path, "%S%s%s", folder, home ? "" : "/", ends[home]);
            if (!g->list) {
                int error = input_open(c, &g->list, buf_str(&path), false);
                if (error == E_WAIT)
                    return error;
                if (error)
                    g->list = NULL;
            }
            if (g->list && take_rules(c, g, &g->global) == E_WAIT)
                return E_WAIT;
        }
    }
    g->global_read = true;
    return 1;
}

/* --- levels ---------------------------------------------------------------------------------------------------- */

static bool wants_levels(const struct rg *g)
{
    return !g->no_ignore;
}

/* Makes the level of a directory: 1 or E_WAIT. What was done stands in g->level_stage. `git_only`: its rules do not count,
 * only whether it has a .git. */
static int make_level(struct call *c, struct rg *g, uint64_t directory, size_t base, bool git_only)
{
    static const struct { struct str name; int kind; } files[] = {
        {{".rgignore", 9}, RG_CUSTOM}, {{".ignore", 7}, RG_DOT}, {{".gitignore", 10}, RG_GIT}, {{".git/info/exclude", 17}, RG_EXCLUDE}
    };
    if (g->level_stage == 0) {
        uint64_t number = 0;
        if (!g->no_ignore_git && look_up(c, directory, str_lit(".git"), &number) == E_WAIT)
            return E_WAIT;
        g->levels = array_grow(c->heap, g->levels, g->level_count, sizeof *g->levels);
        g->levels[g->level_count++] = (struct rg_level){.base = base, .git = number != 0};
        g->level_stage = 1;
    }
    struct rg_level *level = &g->levels[g->level_count - 1];
    for (; g->level_stage <= RG_KINDS; g->level_stage++) {
        int kind = files[g->level_stage - 1].kind;
        bool unwanted = kind == RG_CUSTOM ? g->no_ignore
                      : kind == RG_DOT ? g->no_ignore_dot
                      : kind == RG_GIT ? g->no_ignore_git : g->no_ignore_git || g->no_ignore_exclude || !level->git;
        if (!unwanted && !git_only && read_rules(c, g, directory, files[g->level_stage - 1].name, &level->rules[kind]) == E_WAIT)
            return E_WAIT;
    }
    g->level_stage = 0;
    return 1;
}

static void drop_level(struct rg *g)
{
    struct rg_level *level = &g->levels[--g->level_count];
    for (int i = 0; i < RG_KINDS; i++)
        ignore_free(level->rules[i]);
}

/* The directory `up` levels above. */
static uint64_t above(struct call *c, uint64_t directory, size_t up)
{
    for (; up > 0 && directory != VFS_ROOT; up--)
        directory = vfs_parent(&c->task->sandbox->vfs, directory);
    return directory;
}

int rg_ignore_root(struct call *c, struct rg *g, struct str root, uint64_t number)
{
    if (!g->root_begun) {
        if (!g->absolute.heap)
            buf_init(&g->absolute, c->heap);
        if (!g->directory.heap)
            buf_init(&g->directory, c->heap);
        buf_clear(&g->absolute);
        int error = call_realpath(c, root, 0, &g->absolute);
        if (error == E_WAIT)
            return error;
        if (!g->directory.length) {
            error = task_getcwd(c->task, &g->directory);
            if (error == E_WAIT)
                return error;
            if (!g->directory.length || g->directory.data[g->directory.length - 1] != '/')
                buf_add_byte(&g->directory, '/');
        }
        if (!g->absolute.length || g->absolute.data[g->absolute.length - 1] != '/')
            buf_add_byte(&g->absolute, '/');
        while (g->level_count)
            drop_level(g);
        g->root_length = root.length;
        g->root_absolute = g->absolute.length;
        g->parent_at = 0;
        g->parent_depth = 0;
        for (size_t i = 1; i < g->absolute.length; i++)
            g->parent_depth += g->absolute.data[i] == '/';
        g->root_begun = true;
    }
    while (g->parent_depth > 0 && wants_levels(g)) {
        size_t base = g->parent_at;
        while (g->absolute.data[base] != '/')
            base++;
        base++;
        if (make_level(c, g, above(c, number, g->parent_depth), base, g->no_ignore_parent) == E_WAIT)
            return E_WAIT;
        g->parent_at = base;
        g->parent_depth--;
        call_charge(c, 1);
    }
    g->root_begun = false;
    return 1;
}

/* The path of the last visit in g->absolute, without a slash behind it. */
static struct str absolute_path(struct rg *g)
{
    struct str rest = str_after(walk_path(g->walk), g->root_length);
    while (rest.length && rest.data[0] == '/')
        rest = str_after(rest, 1);
    g->absolute.length = g->root_absolute;
    buf_add(&g->absolute, rest);
    return buf_str(&g->absolute);
}

int rg_ignore_enter(struct call *c, struct rg *g)
{
    if (!wants_levels(g))
        return 1;
    size_t length = absolute_path(g).length;
    return make_level(c, g, g->walk->info.number, g->walk->depth ? length + 1 : g->root_absolute, false);
}

void rg_ignore_leave(struct rg *g)
{
    if (wants_levels(g))
        drop_level(g);
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

/* What the rules of all directories say. */
static enum ignore_answer ask_levels(struct call *c, struct rg *g, struct str path, bool directory)
{
    enum ignore_answer answers[RG_KINDS] = {IGNORE_NOTHING};
    bool any_git = g->no_require_git, saw_git = false;
    for (size_t i = 0; i < g->level_count && !any_git; i++)
        any_git = g->levels[i].git;
    for (size_t i = g->level_count; i > 0; i--) {
        const struct rg_level *level = &g->levels[i - 1];
        for (int kind = 0; kind < RG_KINDS; kind++) {
            bool git = kind == RG_GIT || kind == RG_EXCLUDE;
            if (answers[kind] != IGNORE_NOTHING || ignore_is_empty(level->rules[kind]) || (git && (!any_git || saw_git)))
                continue;
            answers[kind] = ignore_judge(level->rules[kind], c->heap, str_after(path, level->base), directory);
        }
        saw_git |= level->git;
    }
    for (int kind = 0; kind < RG_KINDS; kind++)
        if (answers[kind] != IGNORE_NOTHING)
            return answers[kind];
    struct str here = str_after(path, path.length > g->directory.length && str_equal(str_first(path, g->directory.length),
                                buf_str(&g->directory)) ? g->directory.length : 1);
    enum ignore_answer answer = IGNORE_NOTHING;
    if (any_git && !ignore_is_empty(g->global))
        answer = ignore_judge(g->global, c->heap, here, directory);
    if (answer == IGNORE_NOTHING && !ignore_is_empty(g->explicit))
        answer = ignore_judge(g->explicit, c->heap, here, directory);
    return answer;
}

bool rg_ignore_judge(struct call *c, struct rg *g)
{
    struct str path = absolute_path(g), name = walk_name(g->walk);
    bool directory = g->walk->info.kind == NODE_DIRECTORY, kept = false;
    if (!ignore_is_empty(g->overrides)) {
        bool below = path.length > g->directory.length && str_equal(str_first(path, g->directory.length), buf_str(&g->directory));
        struct str here = str_after(path, below ? g->directory.length : 1);
        switch (ignore_judge(g->overrides, c->heap, here, directory)) {
        case IGNORE_LEAVE_OUT: return false; /* -g names what is wanted */
        case IGNORE_KEEP:      return true;
        default:
            if (g->overrides_wanted && !directory)
                return true;
        }
    }
    switch (ask_levels(c, g, path, directory)) {
    case IGNORE_LEAVE_OUT: return true;
    case IGNORE_KEEP:      kept = true; break;
    default:               break;
    }
    if (g->selection_count && !directory) {
        switch (rg_type_judge(c, g, name)) {
        case IGNORE_LEAVE_OUT: return true;
        case IGNORE_KEEP:      kept = true; break;
        default:               break;
        }
    }
    return !kept && !g->hidden && name.length && name.data[0] == '.';
}
