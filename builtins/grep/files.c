/* builtins/grep/files.c - which files grep searches: operands, what lies below them, and what is left out. */
#include "builtins/grep/grep.h"
#include "regex/glob.h"
#include "task/sandbox.h"

/* --- patterns of names ------------------------------------------------------------------------------- */

void grep_add_glob(struct call *c, struct grep *g, struct grep_globs globs[2], struct str text, bool include)
{
    unsigned flags = g->locale == LOCALE_UTF8 ? GLOB_UTF8 : 0;
    for (int i = 0; i < 2; i++) {
        struct grep_globs *list = &globs[i];
        list->items = array_grow(c->heap, list->items, list->count, sizeof *list->items);
        list->items[list->count++] = (struct grep_glob){text, glob_compile(c->heap, text, flags), include};
    }
}

/* Does the pattern match the name, or for operands what follows one of its slashes? */
static bool matches(struct call *c, const struct grep_glob *pattern, struct str name, bool operand)
{
    if (glob_match(pattern->glob, c->heap, name))
        return true;
    for (size_t i = 0; operand && i + 1 < name.length; i++)
        if (name.data[i] == '/' && name.data[i + 1] != '/' && glob_match(pattern->glob, c->heap, str_after(name, i + 1)))
            return true;
    return false;
}

/* The last pattern that matches decides; without any, the opposite of the first. */
static bool is_left_out(struct call *c, const struct grep_globs globs[2], struct str name, bool operand)
{
    const struct grep_globs *list = &globs[operand];
    for (size_t i = list->count; i > 0; i--)
        if (matches(c, &list->items[i - 1], name, operand))
            return !list->items[i - 1].include;
    return list->count > 0 && list->items[0].include;
}

int grep_exclude_from(struct call *c, struct grep *g)
{
    struct str text;
    int answer = grep_read_list(c, g, c->options[g->exclude_at].value, &text);
    if (answer != 1)
        return answer;
    while (text.length) {
        ptrdiff_t at = str_find(text, '\n');
        struct str line = at < 0 ? text : str_first(text, (size_t)at);
        text = str_after(text, at < 0 ? text.length : (size_t)at + 1);
        while (line.length && (line.data[line.length - 1] == ' ' || line.data[line.length - 1] == '\t'))
            line.length--;
        if (line.length)
            grep_add_glob(c, g, g->files, line, false);
        call_charge(c, 1);
    }
    return 1;
}

/* --- inputs --------------------------------------------------------------------------------------------- */

static void fail(struct call *c, struct grep *g, struct str name, int error)
{
    if (!g->silent)
        call_error(c, "%S: %m", name, error);
    g->failed = true;
}

/* Is this the file that lines are printed to? */
static bool is_output(const struct call *c, const struct grep *g, const struct file *in)
{
    const struct file *out = fds_get(c->task, 1);
    return !g->quiet && !g->count && g->list == LIST_NONE && g->most > 1 && out && in->kind == FILE_INODE &&
           out->kind == FILE_INODE && in->number == out->number;
}

/* Begins with an open file: 1, or 0 when it is not to be searched. */
static int begin(struct call *c, struct grep *g, struct input *input, struct str name, bool standard)
{
    struct stat_info info = {0};
    struct file *f = input->file;
    bool regular = f->kind == FILE_INODE && file_stat(f, &info) == 0;
    if (standard)
        name = g->label.data ? g->label : str_lit("(standard input)");
    if (f->kind == FILE_DIRECTORY && g->directories == DIRECTORIES_SKIP) {
        input_close(input);
        return 0;
    }
    if (is_output(c, g, f)) {
        if (!g->silent)
            call_error(c, "%S: input file is also the output", name);
        g->failed = true;
        input_close(input);
        return 0;
    }
    grep_scan_start(c, g, input, name, info.size, regular);
    g->scanning = true;
    if (f->kind == FILE_DIRECTORY) { /* told of, then as if it were empty */
        fail(c, g, name, E_ISDIR);
        g->scan.finished = true;
    }
    return 1;
}

/* A file of the walk, by its number. */
static int open_visited(struct call *c, struct grep *g)
{
    struct walk *w = g->walk;
    struct input *input;
    int error = vfs_access(&c->task->sandbox->vfs, c->task->who, w->info.number, MAY_READ);
    if (!error)
        error = input_open_inode(c, &input, w->info.number, walk_path(w));
    if (error == E_WAIT)
        return error;
    if (error) {
        fail(c, g, walk_path(w), error);
        return 0;
    }
    return begin(c, g, input, walk_path(w), false);
}

/* The path of the walk as it is shown: without "./" when no operand was given. */
static struct str shown_path(const struct grep *g)
{
    struct str path = walk_path(g->walk);
    return g->implied && str_starts(path, "./") ? str_after(path, 2) : path;
}

/* One visit: 1 an input was begun, 0 go on, E_WAIT, 2 the walk is over. */
static int visit(struct call *c, struct grep *g)
{
    struct walk *w = g->walk;
    bool operand;
    switch (walk_next(w)) {
    case VISIT_WAIT:
        return E_WAIT;
    case VISIT_END:
        return 2;
    case VISIT_AFTER:
        return 0;
    case VISIT_DIRECTORY:
        operand = w->depth == 0;
        if ((!operand || !g->implied) && is_left_out(c, g->folders, operand ? walk_path(w) : walk_name(w), operand))
            walk_skip(w);
        else if (g->names < 0)
            g->found_directory = true;
        return 0;
    case VISIT_UNREADABLE:
    case VISIT_ERROR:
    case VISIT_BROKEN:
        if (w->info.kind != NODE_DIRECTORY && w->depth > 0 &&
            ((w->info.kind != NODE_FILE && w->info.kind != NODE_LINK && g->devices != 'r') ||
             is_left_out(c, g->files, walk_name(w), false)))
            return 0;
        fail(c, g, shown_path(g), w->error);
        return 0;
    case VISIT_CYCLE:
        if (!g->silent)
            call_warn(c, "%S: warning: recursive directory loop", shown_path(g));
        return 0;
    case VISIT_FILE:
        break;
    }
    if (w->info.kind == NODE_LINK)
        return 0;
    if (w->info.kind != NODE_FILE && g->devices != 'r' && !(w->depth == 0 && g->devices == 0))
        return 0;
    if (is_left_out(c, g->files, w->depth ? walk_name(w) : walk_path(w), w->depth == 0))
        return 0;
    return 3;
}

/* An operand that is not to be walked through. 1, 0 or E_WAIT. */
static int open_operand(struct call *c, struct grep *g, struct str name, const struct stat_info *info)
{
    struct input *input;
    bool standard = str_is(name, "-");
    if (!standard) {
        bool folder = info->kind == NODE_DIRECTORY;
        if (folder ? g->directories == DIRECTORIES_SKIP || is_left_out(c, g->folders, name, true)
                   : is_left_out(c, g->files, name, true))
            return 0;
        if (g->devices == 's' && info->kind != NODE_FILE && !folder)
            return 0;
    }
    int error = input_open(c, &input, name, true);
    if (error == E_WAIT)
        return error;
    if (error) {
        fail(c, g, name, error);
        return 0;
    }
    return begin(c, g, input, name, standard);
}

int grep_next_file(struct call *c, struct grep *g)
{
    for (;;) {
        if (!meter_go(c->meter))
            return 1; /* the loop asks again */
        if (g->walking) {
            int answer = g->walking == 2 ? 3 : visit(c, g);
            if (answer == 3) {
                g->walking = 2;
                answer = open_visited(c, g);
                if (answer == E_WAIT)
                    return answer;
                g->walking = 1;
                if (answer == 1)
                    g->scan.name = shown_path(g);
            }
            if (answer == E_WAIT || answer == 1)
                return answer;
            if (answer == 2) {
                g->walking = 0;
                g->next_operand++;
            }
            continue;
        }
        if (g->next_operand == g->operand_count)
            return 0;
        struct str name = g->operands[g->next_operand];
        struct stat_info info = {0};
        if (!str_is(name, "-")) {
            int error = call_stat(c, name, true, &info);
            if (error == E_WAIT)
                return error;
            if (error) {
                g->next_operand++;
                fail(c, g, name, error);
                continue;
            }
            if (info.kind == NODE_DIRECTORY && g->directories == DIRECTORIES_RECURSE) {
                if (!g->walk)
                    g->walk = walk_new(c->task, c->heap, g->follow ? WALK_LOGICAL : WALK_ROOTS);
                walk_start(g->walk, name);
                g->walking = 1;
                continue;
            }
        }
        int answer = open_operand(c, g, name, &info);
        if (answer == E_WAIT)
            return answer;
        g->next_operand++;
        call_charge(c, 1);
        if (answer == 1)
            return 1;
    }
}
