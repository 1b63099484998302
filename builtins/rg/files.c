/* builtins/rg/files.c - which files rg searches: operands, what lies below them, standard input, and in which order. */
#include "builtins/rg/rg.h"
#include "task/sandbox.h"

int rg_error_number(int error)
{
    static const struct { int error, number; } numbers[] = {
        {E_NOENT, 2}, {E_IO, 5}, {E_BADF, 9}, {E_ACCES, 13}, {E_NOTDIR, 20}, {E_ISDIR, 21}, {E_NAMETOOLONG, 36}, {E_LOOP, 40}
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].error == error)
            return numbers[i].number;
    return 22;
}

void rg_file_error(struct call *c, struct rg *g, struct str name, const char *what, int error)
{
    g->failed = true;
    if (g->no_messages)
        return;
    call_complain(c, "%S: ", name);
    if (what)
        call_complain(c, "%s%S: ", what, name);
    call_complain(c, "%m (os error %d)\n", error, rg_error_number(error));
}

static const char operation[] = "IO error for operation on ";

/* The path of the walk as it is shown: without "./" when no operand was given. */
static struct str shown_path(const struct rg *g)
{
    struct str path = walk_path(g->walk);
    return g->implied && str_starts(path, "./") ? str_after(path, 2) : path;
}

/* --- standard input ----------------------------------------------------------------------------------------- */

/* Without operands standard input is searched, if it is something to read: a pipe or a file; of the host's, when
 * there is something in it. 1 when that is decided, E_WAIT. */
static int look_at_input(struct call *c, struct rg *g)
{
    static const struct str here = {"./", 2}, standard = {"-", 1};
    struct file *f = fds_get(c->task, 0);
    bool from_input = false;
    for (size_t i = 0; i < c->option_count; i++)
        from_input |= c->options[i].letter == 'f' && str_is(c->options[i].value, "-");
    if (f && !from_input && g->mode != RG_FILES) {
        struct str bytes;
        switch (f->kind) {
        case FILE_INODE:
        case FILE_PIPE_READER:
            from_input = true;
            break;
        case FILE_INPUT:
            if (file_is_terminal(f))
                break;
            int error = file_peek(f, c->task, &bytes);
            if (error == E_WAIT)
                return error;
            from_input = !error && bytes.length;
            break;
        default:
            break;
        }
    } else {
        from_input = false;
    }
    g->operands = heap_alloc(c->heap, sizeof *g->operands);
    g->operands[0] = from_input ? standard : here;
    g->operand_count = 1;
    g->implied = !from_input;
    if (g->names < 0)
        g->names = g->implied || g->vimgrep;
    return 1;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static void add_found(struct call *c, struct rg *g, struct str path, const struct stat_info *info, bool named)
{
    g->found = array_grow(c->heap, g->found, g->found_count, sizeof *g->found);
    int64_t key = g->sort == RG_SORT_MODIFIED ? info->mtime : g->sort == RG_SORT_ACCESSED ? info->atime : info->ctime;
    g->found[g->found_count] = (struct rg_found){str_copy(c->heap, path), info->number, key, g->found_count, named};
    g->found_count++;
    call_charge(c, 1);
}

/* --pre: begins with what its command makes of the file. The same answers. */
static int open_made(struct call *c, struct rg *g, struct str path, uint64_t number, bool named)
{
    struct str words[2] = {g->pre, path};
    struct exec e = {.words = words, .count = 2};
    struct input *source, *input;
    struct file *reader, *writer;
    int error = input_open_inode(c, &source, number, path);
    if (error == E_WAIT)
        return error;
    if (error) {
        rg_file_error(c, g, path, NULL, error);
        return 0;
    }
    g->child = task_exec(c->task, &e, &error);
    if (!g->child) {
        input_close(source);
        if (error == E_WAIT)
            return error;
        g->failed = true;
        if (!g->no_messages)
            call_complain(c, "%S: preprocessor command could not start: '\"%S\" \"%S\"': %m (os error %d)\n", path, g->pre, path,
                          error, rg_error_number(error));
        return 0;
    }
    fds_set(g->child, 0, file_share(source->file), false);
    file_pipe(c->task, &reader, &writer);
    fds_set(g->child, 1, writer, false);
    input_close(source);
    input_open_file(c, &input, reader, path);
    rg_scan_start(c, g, input, path, named, false);
    return 1;
}

int rg_end_child(struct call *c, struct rg *g)
{
    int status;
    if (!g->child)
        return 1;
    if (task_wait(c->task, g->child, &status) == E_WAIT)
        return E_WAIT;
    g->child = NULL;
    if (status && g->scan.ended) {
        g->failed = true;
        if (!g->no_messages)
            call_complain(c, "%S: preprocessor command failed: '\"%S\" \"%S\"'\n", g->scan.name, g->pre, g->scan.name);
    }
    return 1;
}

/* Begins with a file: 1, 0 when it cannot be read, E_WAIT. */
static int open_file(struct call *c, struct rg *g, struct str path, uint64_t number, bool named)
{
    struct input *input;
    int error = vfs_access(&c->task->sandbox->vfs, c->task->who, number, MAY_READ);
    if (!error && g->pre.length &&
        (!g->pre_globs || ignore_judge(g->pre_globs, c->heap, path, false) == IGNORE_LEAVE_OUT))
        return open_made(c, g, path, number, named);
    if (!error)
        error = input_open_inode(c, &input, number, path);
    if (error == E_WAIT)
        return error;
    if (error) {
        rg_file_error(c, g, path, NULL, error);
        return 0;
    }
    rg_scan_start(c, g, input, path, named, false);
    return 1;
}

/* A file that is to be searched: begun (1), told of, or kept for later (0). */
static int take_file(struct call *c, struct rg *g, struct str path, const struct stat_info *info, bool named)
{
    if (g->sorted)
        return add_found(c, g, path, info, named), 0;
    if (g->mode != RG_FILES)
        return open_file(c, g, path, info->number, named);
    g->matched = g->any_file = true;
    if (!g->quiet) {
        rg_print_path(c, g, path);
        call_print_byte(c, g->null_names ? 0 : '\n');
    }
    return 0;
}

static bool is_output(const struct call *c, const struct rg *g, uint64_t number)
{
    const struct file *out = fds_get(c->task, 1);
    return g->mode != RG_FILES && out && out->kind == FILE_INODE && out->number == number;
}

enum { WALK_NOT, WALK_ROOT_RULES, WALK_GO, WALK_RULES, WALK_OPEN };

/* One visit of the walk: 1 an input was begun, 0 go on, E_WAIT, 2 the walk is over. */
static int visit(struct call *c, struct rg *g)
{
    struct walk *w = g->walk;
    int answer;
    switch (walk_next(w)) {
    case VISIT_WAIT:
        return E_WAIT;
    case VISIT_END:
        return 2;
    case VISIT_AFTER:
        rg_ignore_leave(g);
        return 0;
    case VISIT_UNREADABLE:
        rg_ignore_leave(g);
        rg_file_error(c, g, shown_path(g), NULL, w->error);
        return 0;
    case VISIT_ERROR:
    case VISIT_BROKEN:
        if (w->depth == 0 || !rg_ignore_judge(c, g))
            rg_file_error(c, g, walk_path(w), operation, w->error);
        return 0;
    case VISIT_CYCLE:
        g->failed = true;
        if (!g->no_messages)
            call_complain(c, "File system loop found: %S points to an ancestor %S\n", walk_path(w),
                          str_first(walk_path(w), w->cycle_length));
        return 0;
    case VISIT_DIRECTORY:
        if (w->depth >= g->max_depth || (w->depth > 0 && rg_ignore_judge(c, g))) {
            walk_skip(w);
            return 0;
        }
        g->walking = WALK_RULES;
        answer = rg_ignore_enter(c, g);
        if (answer == 1)
            g->walking = WALK_GO;
        return answer == E_WAIT ? E_WAIT : 0;
    case VISIT_FILE:
        break;
    }
    if (w->depth == 0) /* a link to a file that was a directory a moment ago */
        return take_file(c, g, shown_path(g), &w->info, true);
    if (w->info.kind != NODE_FILE || rg_ignore_judge(c, g) || w->info.size > g->max_size || is_output(c, g, w->info.number))
        return 0;
    g->walking = WALK_OPEN;
    answer = take_file(c, g, shown_path(g), &w->info, false);
    if (answer != E_WAIT)
        g->walking = WALK_GO;
    return answer;
}

/* Goes on with the walk: as visit. */
static int walk_on(struct call *c, struct rg *g)
{
    struct walk *w = g->walk;
    int answer;
    switch (g->walking) {
    case WALK_ROOT_RULES:
        answer = rg_ignore_root(c, g, g->operands[g->next_operand], g->level_directory);
        if (answer == 1)
            g->walking = WALK_GO;
        return answer == E_WAIT ? E_WAIT : 0;
    case WALK_RULES:
        answer = rg_ignore_enter(c, g);
        if (answer == 1)
            g->walking = WALK_GO;
        return answer == E_WAIT ? E_WAIT : 0;
    case WALK_OPEN:
        answer = take_file(c, g, shown_path(g), &w->info, false);
        if (answer != E_WAIT)
            g->walking = WALK_GO;
        return answer;
    default:
        return visit(c, g);
    }
}

/* The next operand: 1 an input was begun, 0 go on, E_WAIT. */
static int take_operand(struct call *c, struct rg *g)
{
    struct str name = g->operands[g->next_operand];
    struct stat_info info;
    if (str_is(name, "-")) {
        struct input *input;
        g->next_operand++;
        if (g->mode == RG_FILES) {
            g->matched = g->any_file = true;
            call_print_text(c, g->quiet ? "" : "<stdin>\n");
            return 0;
        }
        int error = input_open(c, &input, name, true);
        if (error) {
            rg_file_error(c, g, str_lit("<stdin>"), NULL, error);
            return 0;
        }
        rg_scan_start(c, g, input, str_lit("<stdin>"), true, true);
        return 1;
    }
    int error = call_stat(c, name, true, &info);
    if (error == E_WAIT)
        return error;
    if (error) {
        g->next_operand++;
        rg_file_error(c, g, name, operation, error);
        return 0;
    }
    if (info.kind == NODE_DIRECTORY) {
        if (!g->walk)
            g->walk = walk_new(c->task, c->heap, g->follow ? WALK_LOGICAL : WALK_ROOTS);
        walk_start(g->walk, name);
        g->level_directory = info.number;
        g->walking = WALK_ROOT_RULES;
        return 0;
    }
    int answer;
    if (g->sorted || g->mode == RG_FILES || info.kind == NODE_FILE) {
        answer = take_file(c, g, name, &info, true);
    } else { /* a fifo or a device is opened by its name */
        struct input *input;
        error = input_open(c, &input, name, false);
        if (error == E_WAIT)
            return error;
        answer = !error;
        if (error)
            rg_file_error(c, g, name, NULL, error);
        else
            rg_scan_start(c, g, input, name, true, false);
    }
    if (answer != E_WAIT)
        g->next_operand++;
    return answer;
}

/* --- sorted files --------------------------------------------------------------------------------------------------- */

static int order(const void *a, const void *b, void *user)
{
    const struct rg_found *x = a, *y = b;
    const struct rg *g = user;
    int result = g->sort == RG_SORT_PATH ? str_compare(x->path, y->path) : (x->key > y->key) - (x->key < y->key);
    if (g->descending)
        result = -result;
    return result ? result : (x->order > y->order) - (x->order < y->order);
}

/* When all files are known: sorts them and takes one after the other. */
static int take_sorted(struct call *c, struct rg *g)
{
    if (g->sort_stage == 0) {
        g->order = heap_alloc(c->heap, (g->found_count + 1) * sizeof *g->order);
        for (size_t i = 0; i < g->found_count; i++)
            g->order[i] = &g->found[i];
        sort_start(&g->sorting, c->heap, (void **)g->order, g->found_count, order, g);
        g->sort_stage = 1;
    }
    if (g->sort_stage == 1) {
        if (!sort_run(&g->sorting))
            return 2;
        g->sort_stage = 2;
        g->sorted = false;
    }
    while (g->next_found < g->found_count) {
        if (!call_go(c))
            return 2;
        const struct rg_found *f = g->order[g->next_found];
        struct stat_info info = {.number = f->number};
        int answer = take_file(c, g, f->path, &info, f->named);
        if (answer == E_WAIT)
            return answer;
        g->next_found++;
        call_charge(c, 1);
        if (answer == 1 || (g->quiet && g->matched))
            return answer;
    }
    return 0;
}

/* 1, 0, E_WAIT, or 2 to be called again. */
int rg_next_file(struct call *c, struct rg *g)
{
    if (!g->operand_count) {
        int answer = look_at_input(c, g);
        if (answer == E_WAIT)
            return answer;
    }
    for (;;) {
        if (!call_go(c))
            return 2;
        if (g->quiet && g->matched && g->mode == RG_FILES)
            return 0;
        if (g->walking) {
            int answer = walk_on(c, g);
            if (answer == E_WAIT || answer == 1)
                return answer;
            if (answer == 2) {
                g->walking = WALK_NOT;
                g->next_operand++;
            }
            continue;
        }
        if (g->next_operand == g->operand_count)
            return g->sorted || g->sort_stage ? take_sorted(c, g) : 0;
        int answer = take_operand(c, g);
        call_charge(c, answer != E_WAIT);
        if (answer == E_WAIT || answer == 1)
            return answer;
    }
}
