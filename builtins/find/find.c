/* builtins/find/find.c - search for files in trees. */
#include "builtins/find/find.h"

#include "builtins/text.h"
#include "task/sandbox.h"

enum { BATCH_BYTES = 131072 }; /* of the words of one command line, each with its terminator */
enum { PHASE_LOAD, PHASE_PARSE, PHASE_OPEN, PHASE_ROOT, PHASE_WALK, PHASE_EVALUATE, PHASE_FINISH, PHASE_END };
enum { ANSWER_FALSE, ANSWER_TRUE }; /* of a test; E_WAIT below */

static struct vfs *files(struct call *c)
{
    return &c->task->sandbox->vfs;
}

/* --- commands -------------------------------------------------------------------------------- */

/* The word with each {} replaced. */
static struct str substitute(struct call *c, struct str word, struct str path)
{
    struct buf b;
    buf_init(&b, c->heap);
    bool found = false;
    for (size_t i = 0; i < word.length; i++) {
        if (word.data[i] == '{' && i + 1 < word.length && word.data[i + 1] == '}') {
            buf_add(&b, path);
            found = true;
            i++;
        } else {
            buf_add_byte(&b, word.data[i]);
        }
    }
    if (!found) {
        buf_drop(&b);
        return word;
    }
    return buf_str(&b);
}

/* The path of the entry as a command is given it. */
static struct str path_for(struct call *c, struct find *f, const struct command_line *line)
{
    if (!line->in_directory)
        return walk_path(f->walk);
    struct buf b;
    buf_init(&b, c->heap);
    struct str name = walk_name(f->walk);
    bool root = str_is(name, "/");
    if (!root)
        buf_add_text(&b, "./");
    buf_add(&b, name);
    if (!root && walk_path(f->walk).length > f->walk->name_at + name.length)
        buf_add_byte(&b, '/');
    return buf_str(&b);
}

/* The directory where -execdir runs: that of the entry; of a starting point, the one that its text names. 0, or E_WAIT. */
static int directory_for(struct call *c, struct find *f, const struct command_line *line, uint64_t *directory)
{
    struct walk *w = f->walk;
    *directory = line->in_directory ? w->parent : 0;
    if (!line->in_directory || w->depth)
        return 0;
    struct place place;
    struct str path = str_first(walk_path(w), w->name_at);
    memset(&place, 0, sizeof place);
    if (!path.length)
        path = str_is(walk_name(w), "/") ? str_lit("/") : str_lit(".");
    int error = task_walk(c->task, path, WALK_FOLLOW, &place);
    if (!error)
        *directory = place.number;
    place_drop(&place, c->meter);
    return error == E_WAIT ? error : 0;
}

/* Runs a command and waits for it: its status, or E_WAIT. */
static int run(struct call *c, struct find *f, const struct str *words, size_t count, uint64_t directory)
{
    int status, error = 0;
    if (!f->child) {
        struct exec e = {.words = words, .count = count, .directory = directory};
        f->child = task_exec(c->task, &e, &error);
        if (!f->child && error == E_WAIT)
            return E_WAIT;
        if (!f->child) {
            call_warn(c, "%S: %m", find_quote(c, f, words[0]), error == E_ISDIR ? E_ACCES : error);
            return 1;
        }
    }
    struct task *child = f->child;
    error = task_wait(c->task, child, &status);
    if (error == E_WAIT)
        return E_WAIT;
    f->child = NULL;
    if (status > 128 && status < 128 + SIGNAL_COUNT && status != 255)
        call_warn(c, "%S terminated by signal %d", find_quote(c, f, words[0]), status - 128);
    return status;
}

static void forget_batch(struct call *c, struct command_line *line)
{
    for (size_t i = 0; i < line->gathered_count; i++)
        heap_free(c->heap, (void *)(uintptr_t)line->gathered[i].data);
    line->gathered_count = 0;
    line->gathered_bytes = 0;
}

/* The command over what was gathered: 0 or E_WAIT. */
static int run_batch(struct call *c, struct find *f, struct command_line *line)
{
    if (!line->gathered_count)
        return 0;
    if (c->out.length || c->err.length) {
        call_flush(c);
        return E_STATE;
    } /* let the output go first */
    struct str *words = heap_alloc(c->heap, (line->count + line->gathered_count) * sizeof *words);
    memcpy(words, line->words, line->count * sizeof *words);
    memcpy(words + line->count, line->gathered, line->gathered_count * sizeof *words);
    int status = run(c, f, words, line->count + line->gathered_count, line->directory);
    heap_free(c->heap, words);
    if (status == E_WAIT)
        return status;
    if (status)
        c->status = 1;
    forget_batch(c, line);
    return 0;
}

static int gather(struct call *c, struct find *f, struct command_line *line)
{
    uint64_t directory;
    int error = directory_for(c, f, line, &directory);
    if (error)
        return error;
    struct str path = path_for(c, f, line);
    bool root = f->walk->depth == 0, full = line->fixed_bytes + line->gathered_bytes + path.length + 1 > BATCH_BYTES;
    bool elsewhere = line->in_directory && (root || line->from_root || line->directory != directory);
    if (line->gathered_count && (full || elsewhere)) {
        error = run_batch(c, f, line);
        if (error)
            return error;
    }
    line->gathered = array_grow(c->heap, line->gathered, line->gathered_count, sizeof *line->gathered);
    line->gathered[line->gathered_count++] = str_copy(c->heap, path);
    line->gathered_bytes += path.length + 1;
    line->directory = directory;
    line->from_root = root;
    return ANSWER_TRUE;
}

static int execute(struct call *c, struct find *f, struct command_line *line)
{
    if (line->batch)
        return gather(c, f, line);
    if (line->ask && !f->child && !f->flushed) {
        int answer = prompt_ask(c, &f->prompt, "< %S ... %S > ? ", line->words[0], walk_path(f->walk));
        if (answer <= 0)
            return answer;
        f->flushed = true; /* the answer was yes: not to be asked again */
    }
    if (!f->child && (c->out.length || c->err.length)) {
        call_flush(c);
        return E_STATE;
    }
    uint64_t directory = 0;
    if (!f->child && directory_for(c, f, line, &directory) == E_WAIT)
        return E_WAIT;
    struct str path = path_for(c, f, line), *words = heap_alloc(c->heap, line->count * sizeof *words);
    for (size_t i = 0; i < line->count; i++)
        words[i] = f->child ? line->words[i] : substitute(c, line->words[i], path);
    int status = run(c, f, words, line->count, directory);
    if (!f->child)
        for (size_t i = 0; i < line->count; i++)
            if (words[i].data != line->words[i].data)
                heap_free(c->heap, (void *)(uintptr_t)words[i].data);
    if (!f->child && line->in_directory)
        heap_free(c->heap, (void *)(uintptr_t)path.data);
    heap_free(c->heap, words);
    if (status == E_WAIT)
        return status;
    f->flushed = false;
    return status == 0;
}

/* --- output ---------------------------------------------------------------------------------- */

static struct buf *output(struct call *c, const struct instruction *i)
{
    return i->sink && i->sink->file ? &i->sink->queue : &c->out;
}

/* Writes what is queued for the files of -fprint: 0 or E_WAIT. */
static int flush_sinks(struct call *c, struct find *f, size_t from)
{
    for (struct sink *s = f->sinks; s; s = s->next) {
        if (s->queue.length < from)
            continue;
        while (s->file && s->queue.length) {
            int64_t written = file_write(s->file, c->task, buf_str(&s->queue));
            if (written == E_WAIT)
                return E_WAIT;
            if (written < 0) {
                call_error(c, "%S: %m", find_quote(c, f, s->path), (int)written);
                buf_clear(&s->queue);
                break;
            }
            buf_drop_front(&s->queue, (size_t)written);
        }
    }
    return 0;
}

/* --- tests ----------------------------------------------------------------------------------- */

static bool related(uint64_t value, const struct instruction *i)
{
    return i->relation == MORE ? value > i->number : i->relation == LESS ? value < i->number : value == i->number;
}

static void complain(struct call *c, struct find *f, int error)
{
    call_error(c, "%S: %m", find_quote(c, f, walk_path(f->walk)), error);
}

static int is_empty(struct call *c, struct find *f)
{
    const struct stat_info *info = &f->walk->info;
    if (info->kind == NODE_FILE)
        return info->size == 0;
    if (info->kind != NODE_DIRECTORY)
        return false;
    bool empty = false;
    int error = vfs_access(files(c), c->task->who, info->number, MAY_READ);
    if (!error)
        error = vfs_is_empty(files(c), info->number, &empty);
    if (error == E_WAIT)
        return error;
    if (error)
        complain(c, f, error);
    return empty;
}

static int has_access(struct call *c, struct find *f, int wanted)
{
    struct walk *w = f->walk;
    uint64_t number = w->info.number;
    if (w->info.kind == NODE_LINK) {
        struct place place;
        memset(&place, 0, sizeof place);
        int error = w->depth ? vfs_walk(files(c), c->task->who, w->parent, walk_name(w), WALK_FOLLOW, &place)
                             : task_walk(c->task, walk_path(w), WALK_FOLLOW, &place);
        number = place.number;
        place_drop(&place, c->meter);
        if (error)
            return error == E_WAIT ? E_WAIT : false;
    }
    return vfs_access(files(c), c->task->who, number, wanted) == 0;
}

static bool test_time(const struct stat_info *info, const struct instruction *i)
{
    int64_t when = i->how == 'a' ? info->atime : i->how == 'c' ? info->ctime : info->mtime;
    if (i->operation == TEST_NEWER)
        return i->how != 'B' && when > i->time;
    if (i->relation == MORE)
        return when < i->time;
    if (i->relation == LESS)
        return when > i->time;
    return when > i->time && when - i->time <= i->window;
}

static bool test_used(const struct stat_info *info, const struct instruction *i)
{
    int64_t delta = info->atime - info->ctime, day = (int64_t)86400 * 1000000000;
    if (delta < 0)
        return false; /* not used since */
    if (i->relation == MORE)
        return delta > i->time;
    if (i->relation == LESS)
        return delta < i->time;
    return delta >= i->time - day && delta < i->time;
}

static bool test_permissions(const struct stat_info *info, const struct instruction *i)
{
    uint32_t wanted = info->kind == NODE_DIRECTORY ? i->directory_mode : i->mode;
    if (i->how == '-')
        return (info->mode & wanted) == wanted;
    if (i->how == '/')
        return wanted == 0 || (info->mode & wanted);
    return (info->mode & 07777) == wanted;
}

static bool matches_regex(struct find *f, const struct instruction *i)
{
    struct match whole;
    struct str path = walk_path(f->walk);
    return regex_match(i->regex, path, 0, 0, &whole, 1) == REGEX_YES && whole.start == 0 && (size_t)whole.end == path.length;
}

static int delete_entry(struct call *c, struct find *f)
{
    struct walk *w = f->walk;
    struct str name = walk_name(w);
    if (w->depth == 0 && str_is(name, "."))
        return true;
    int error;
    bool directory = w->info.kind == NODE_DIRECTORY && !w->link;
    if (!w->parent)
        error = directory ? call_remove(c, walk_path(w), true) : E_NOENT;
    else
        error = directory ? vfs_rmdir(files(c), c->task->who, w->parent, name) : vfs_unlink(files(c), c->task->who, w->parent, name);
    if (error == E_WAIT)
        return error;
    if (error == 0)
        return true;
    if (!(error == E_NOENT && f->ignore_vanished))
        call_error(c, "cannot delete %S: %m", find_quote(c, f, walk_path(w)), error);
    return false;
}

/* Does a format say more than the name and what the directory told of the type? */
static bool asks_more(const struct instruction *i)
{
    for (size_t k = 0; k < i->directive_count; k++)
        if (i->directives[k].letter && !strchr("pfhPHdyi", i->directives[k].letter))
            return true;
    return false;
}

/* One instruction: ANSWER_TRUE, ANSWER_FALSE, E_WAIT, or E_STATE when output must go first. */
static int perform(struct call *c, struct find *f, const struct instruction *i)
{
    struct walk *w = f->walk;
    const struct stat_info *info = &w->info;
    struct str target;
    enum node_kind kind;
    int error;
    bool test = i->operation > TEST_REGEX && i->operation <= TEST_ACCESS && i->operation != TEST_TYPE;
    if (f->unknown && (test || (f->no_type && i->operation == TEST_TYPE) || i->operation == DO_LS ||
                       (i->operation == DO_PRINTF && asks_more(i)))) {
        if (!f->told)
            complain(c, f, w->error);
        f->told = true;
        return false;
    }
    switch (i->operation) {
    case DO_TRUE: return true;
    case DO_FALSE: return false;
    case TEST_NAME: return glob_match(i->glob, c->heap, walk_name(w));
    case TEST_PATH: return glob_match(i->glob, c->heap, walk_path(w));
    case TEST_LINK_NAME:
        return info->kind == NODE_LINK && vfs_readlink(files(c), info->number, &target) == 0 && glob_match(i->glob, c->heap, target);
    case TEST_REGEX: return matches_regex(f, i);
    case TEST_TYPE: return i->kinds >> info->kind & 1;
    case TEST_XTYPE:
        kind = info->kind;
        if (f->follow == WALK_LOGICAL && w->link)
            kind = NODE_LINK;
        else if (kind == NODE_LINK && (error = find_target(c, f, &kind)) != 0) {
            if (error == E_WAIT)
                return error;
            if (error == E_LOOP) {
                call_error(c, "%S: %m", find_quote(c, f, walk_path(w)), error);
                return c->status = 1, 0;
            }
            kind = NODE_LINK;
        }
        return i->kinds >> kind & 1;
    case TEST_SIZE: return related(info->size / i->unit + (info->size % i->unit != 0), i);
    case TEST_EMPTY: return is_empty(c, f);
    case TEST_PERMISSIONS: return test_permissions(info, i);
    case TEST_USER: return related(info->user, i);
    case TEST_GROUP: return related(info->group, i);
    case TEST_NO_USER: return owner_name(&f->owners, OWNER_USER, info->user) == NULL;
    case TEST_NO_GROUP: return owner_name(&f->owners, OWNER_GROUP, info->group) == NULL;
    case TEST_NEWER: case TEST_AGE: return test_time(info, i);
    case TEST_USED: return test_used(info, i);
    case TEST_SAME: return info->number == i->number;
    case TEST_INODE: return related(info->number, i);
    case TEST_LINKS: return related(info->links, i);
    case TEST_ACCESS: return has_access(c, f, i->access);
    case TEST_FILE_SYSTEM: return str_is(i->name, "ext4");
    case DO_PRINT: case DO_PRINT0:
        buf_add(output(c, i), walk_path(w));
        buf_add_byte(output(c, i), i->operation == DO_PRINT ? '\n' : '\0');
        call_charge_bytes(c, w->path.length);
        return true;
    case DO_PRINTF: find_printf(c, f, i, output(c, i)); return true;
    case DO_LS: find_ls(c, f, output(c, i)); return true;
    case DO_EXEC: return execute(c, f, i->command);
    case DO_DELETE: return delete_entry(c, f);
    case DO_PRUNE: f->prune = true; return true;
    default: f->quit = true; return true; /* DO_QUIT */
    }
}

/* Goes on with the program for the entry: 0 when through, E_WAIT, or E_STATE. */
static int evaluate(struct call *c, struct find *f)
{
    while (f->at < f->count && !f->quit) {
        const struct instruction *i = &f->code[f->at];
        switch (i->operation) {
        case DO_JUMP_FALSE: f->at = f->value ? f->at + 1 : i->target; continue;
        case DO_JUMP_TRUE:  f->at = f->value ? i->target : f->at + 1; continue;
        case DO_NOT:        f->value = !f->value; f->at++; continue;
        default:            break;
        }
        int answer = perform(c, f, i);
        if (answer < 0)
            return answer;
        f->value = answer;
        f->at++;
        call_charge(c, 1);
    }
    return 0;
}

/* --- the walk -------------------------------------------------------------------------------- */

static void say_loop(struct call *c, struct find *f)
{
    struct walk *w = f->walk;
    call_error(c, "File system loop detected; %S is part of the same file system loop as %S.", find_quote(c, f, walk_path(w)),
               find_quote(c, f, str_first(walk_path(w), w->cycle_length)));
}

/* Is the entry of this visit to be evaluated now? Messages are printed. */
static bool wants(struct call *c, struct find *f, enum visit visit)
{
    struct walk *w = f->walk;
    bool deepest = f->most >= 0 && (int64_t)w->depth >= f->most;
    bool wanted = true;
    f->unknown = f->told = f->no_type = false;
    switch (visit) {
    case VISIT_DIRECTORY:
        if (deepest)
            walk_skip(w);
        wanted = !f->depth_first || deepest;
        break;
    case VISIT_AFTER:
        wanted = f->depth_first;
        break;
    case VISIT_UNREADABLE:
        complain(c, f, w->error);
        wanted = f->depth_first;
        break;
    case VISIT_CYCLE:
        say_loop(c, f);
        return false;
    case VISIT_BROKEN:
        if (w->error != E_NOENT) {
            complain(c, f, w->error);
            return false;
        }
        break;
    case VISIT_ERROR:
        if (w->error == E_ACCES && w->info.kind && w->depth) {
            f->unknown = true;
            f->told = f->no_type = w->info.kind == NODE_DIRECTORY;
            if (f->told)
                complain(c, f, w->error);
            break;
        }
        if (!(w->error == E_NOENT && w->depth && f->ignore_vanished))
            complain(c, f, w->error);
        return false;
    default:
        break;
    }
    return wanted && (int64_t)w->depth >= f->least;
}

static int open_sinks(struct call *c, struct find *f)
{
    for (struct sink *s = f->sinks; s; s = s->next) {
        if (s->opened)
            continue;
        if (!str_is(s->path, "/dev/stdout")) {
            int error = call_create(c, s->path, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &s->file);
            if (error == E_WAIT)
                return error;
            if (error) {
                call_error(c, "%S: %m", find_quote(c, f, s->path), error);
                return 1;
            }
        }
        s->opened = true;
    }
    return 0;
}

/* The next starting point: 1, 0 when there is none, E_WAIT. */
static int next_root(struct call *c, struct find *f)
{
    if (!f->has_files_from) {
        static const struct str here = {".", 1};
        if (f->root_count == 0) {
            f->roots = heap_alloc(c->heap, sizeof *f->roots);
            f->roots[f->root_count++] = here;
        }
        if (f->root == f->root_count)
            return 0;
        walk_start(f->walk, f->roots[f->root++]);
        return 1;
    }
    struct str name;
    bool unended;
    for (;;) {
        if (!f->names) {
            int error = input_open(c, &f->names, f->files_from, true);
            if (error == E_WAIT)
                return error;
            if (error) {
                call_error(c, "cannot open %S for reading: %m", find_quote(c, f, f->files_from), error);
                return 0;
            }
        }
        enum input_answer answer = input_line(f->names, '\0', &name, &unended);
        if (answer == INPUT_WAIT)
            return E_WAIT;
        bool standard = str_is(f->files_from, "-");
        struct str shown = find_quote(c, f, standard ? str_lit("(standard input)") : f->files_from);
        if (answer == INPUT_END) {
            if (f->names->error)
                call_error(c, "%S: read error: %m", shown, f->names->error);
            return 0;
        }
        f->name_number++;
        if (name.length)
            break;
        call_error(c, "%S:%llu: invalid zero-length file name", shown, (unsigned long long)f->name_number);
    }
    f->roots = heap_alloc(c->heap, sizeof *f->roots);
    f->roots[0] = str_copy(c->heap, name);
    input_settle(f->names);
    f->root = f->root_count = 1;
    walk_start(f->walk, f->roots[0]);
    return 1;
}

static enum step step(struct call *c)
{
    struct find *f = c->state;
    int error;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (f->phase) {
        case PHASE_LOAD:
            f->locale = call_locale(c);
            if (owners_load(c, &f->owners) == E_WAIT)
                return STEP_WAIT;
            f->now = sandbox_now(c->task->sandbox);
            if (f->now < files(c)->last_time)
                f->now = files(c)->last_time;
            f->phase = PHASE_PARSE;
            break;
        case PHASE_PARSE:
            error = find_parse(c, f);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error)
                return call_exit(c, error == FIND_ENOUGH ? 0 : error);
            f->walk = walk_new(c->task, c->heap, f->follow);
            f->phase = PHASE_OPEN;
            break;
        case PHASE_OPEN:
            error = open_sinks(c, f);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error)
                return call_exit(c, error);
            f->phase = PHASE_ROOT;
            break;
        case PHASE_ROOT:
            error = next_root(c, f);
            if (error == E_WAIT)
                return STEP_WAIT;
            f->phase = error ? PHASE_WALK : PHASE_FINISH;
            break;
        case PHASE_WALK: {
            enum visit visit = walk_next(f->walk);
            if (visit == VISIT_WAIT)
                return STEP_WAIT;
            if (visit == VISIT_END) {
                f->phase = PHASE_ROOT;
                break;
            }
            if (!wants(c, f, visit))
                break;
            f->at = 0;
            f->value = true;
            f->prune = false;
            f->phase = PHASE_EVALUATE;
        }
        /* fall through */
        case PHASE_EVALUATE:
            error = evaluate(c, f);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error == E_STATE)
                return STEP_AGAIN;
            if (f->sinks && flush_sinks(c, f, CALL_QUEUE) == E_WAIT)
                return STEP_WAIT;
            if (f->prune && !f->depth_first)
                walk_skip(f->walk);
            f->phase = f->quit ? PHASE_FINISH : PHASE_WALK;
            break;
        case PHASE_FINISH: /* the batches that are not full */
            while (f->command_at < f->command_count) {
                error = run_batch(c, f, f->commands[f->command_at]);
                if (error == E_WAIT)
                    return STEP_WAIT;
                if (error == E_STATE)
                    return STEP_AGAIN;
                f->command_at++;
            }
            f->phase = PHASE_END;
            break;
        default:
            if (flush_sinks(c, f, 0) == E_WAIT)
                return STEP_WAIT;
            return call_done(c);
        }
    }
}

static const struct option options[] = {
    {'H', NULL, NULL, "follow symbolic links on the command line"},
    {'L', NULL, NULL, "follow all symbolic links"},
    {'P', NULL, NULL, "follow no symbolic links (default)"},
    {'O', NULL, "[LEVEL]", "accepted: the order of tests is kept"},
    {'D', NULL, "OPTIONS", "accepted: nothing is told"},
    {0},
};

const struct command command_find = {
    .name = "find",
    .usage = "[-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]",
    .summary = "search for files in a directory hierarchy",
    .help = "Default path is the current directory; default expression is -print.\n"
            "Expression may consist of: operators, options, tests, and actions.\n\n"
            "Operators (decreasing precedence; -and is implicit where no others are given):\n"
            "      ( EXPR )   ! EXPR   -not EXPR   EXPR1 -a EXPR2   EXPR1 -and EXPR2\n"
            "      EXPR1 -o EXPR2   EXPR1 -or EXPR2   EXPR1 , EXPR2\n\n"
            "Options: -daystart -follow -regextype -depth -files0-from FILE -maxdepth LEVELS -mindepth LEVELS\n"
            "      -mount -noleaf -xdev -ignore_readdir_race -noignore_readdir_race -warn -nowarn\n\n"
            "Tests (N can be +N or -N or N): -amin N -anewer FILE -atime N -cmin N -cnewer FILE -ctime N -empty\n"
            "      -executable -false -fstype TYPE -gid N -group NAME -ilname PATTERN -iname PATTERN -inum N\n"
            "      -ipath PATTERN -iregex PATTERN -iwholename PATTERN -links N -lname PATTERN -mmin N -mtime N\n"
            "      -name PATTERN -newer FILE -newerXY FILE -nogroup -nouser -path PATTERN -perm [-/]MODE -readable\n"
            "      -regex PATTERN -samefile FILE -size N[bcwkMG] -true -type [bcdpflsD] -uid N -used N -user NAME\n"
            "      -wholename PATTERN -writable -xtype [bcdpfls]\n\n"
            "Actions: -delete -print0 -printf FORMAT -fprintf FILE FORMAT -print -fprint0 FILE -fprint FILE -ls\n"
            "      -fls FILE -prune -quit -exec COMMAND ; -exec COMMAND {} + -ok COMMAND ; -execdir COMMAND ;\n"
            "      -execdir COMMAND {} + -okdir COMMAND ;\n",
    .options = options,
    .state = sizeof(struct find),
    .step = step,
    .flags = COMMAND_RAW,
    .refused = "-context: SELinux is not there",
};
