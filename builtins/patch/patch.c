/* builtins/patch/patch.c - apply a diff to files: options, which file is meant, and what is written. */
#include "base/number.h"
#include "builtins/backup.h"
#include "builtins/patch/patch.h"
#include "task/sandbox.h"

enum {
    BACKUP_MISMATCH = OPTION_LONG,
    NO_BACKUP_MISMATCH,
    VERBOSE,
    DRY_RUN,
    POSIX,
    REJECT_FORMAT,
    BINARY, FOLLOW,
    READ_ONLY,
    QUOTING,
    MERGE
};

static const struct option options[] = {
    {'p', "strip", "NUM", "strip NUM leading components from file names"},
    {'F', "fuzz", "LINES", "set the fuzz factor to LINES for inexact matching"},
    {'l', "ignore-whitespace", NULL, "ignore white space changes between patch and input"},
    {'c', "context", NULL, "interpret the patch as a context difference"},
    {'n', "normal", NULL, "interpret the patch as a normal difference"},
    {'u', "unified", NULL, "interpret the patch as a unified difference"},
    {'N', "forward", NULL, "ignore patches that appear to be reversed or already applied"},
    {'R', "reverse", NULL, "assume patches were created with old and new files swapped"},
    {'i', "input", "PATCHFILE", "read patch from PATCHFILE instead of stdin"},
    {'o', "output", "FILE", "output patched files to FILE"},
    {'r', "reject-file", "FILE", "output rejects to FILE"},
    {'E', "remove-empty-files", NULL, "remove output files that are empty after patching"},
    {QUOTING, "quoting-style", "WORD", NULL},
    {'b', "backup", NULL, "back up the original contents of each file"},
    {BACKUP_MISMATCH, "backup-if-mismatch", NULL, "back up if the patch does not match exactly"},
    {NO_BACKUP_MISMATCH, "no-backup-if-mismatch", NULL, "back up mismatches only if otherwise requested"},
    {'V', "version-control", "STYLE", "use STYLE version control: 'simple', 'numbered', or 'existing'"},
    {'B', "prefix", "PREFIX", "prepend PREFIX to backup file names"},
    {'Y', "basename-prefix", "PREFIX", "prepend PREFIX to backup file basenames"},
    {'z', "suffix", "SUFFIX", "append SUFFIX to backup file names"},
    {'t', "batch", NULL, "ask no questions; assume reversed"},
    {'f', "force", NULL, "like -t, but assume unreversed"},
    {'s', "quiet", NULL, "work silently unless an error occurs"},
    {'s', "silent", NULL, NULL},
    {VERBOSE, "verbose", NULL, "output extra information about the work being done"},
    {DRY_RUN, "dry-run", NULL, "do not actually change any files; just print what would happen"},
    {POSIX, "posix", NULL, "conform to the POSIX standard"},
    {'d', "directory", "DIR", "change the working directory to DIR first"},
    {REJECT_FORMAT, "reject-format", "FORMAT", "create 'context' or 'unified' rejects"},
    {BINARY, "binary", NULL, "read and write data in binary mode"},
    {FOLLOW, "follow-symlinks", NULL, "follow symbolic links to the files to patch"},
    {READ_ONLY, "read-only", "BEHAVIOR",
     "how to handle read-only input files: 'ignore', 'warn' (default), or 'fail'"},
    {'v', NULL, NULL, NULL},
    {'e', "ed", NULL, NULL},
    {'D', "ifdef", "NAME", NULL},
    {MERGE, "merge", "[HOW]", NULL},
    {'T', "set-time", NULL, NULL},
    {'Z', "set-utc", NULL, NULL},
    {'g', "get", "NUM", NULL},
    {0},
};

/* --- messages
 * ---------------------------------------------------------------------------------------------------- */

void patch_say(struct call *c, const struct patch *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (str_is(p->output, "-")) {
        struct buf b;
        buf_init(&b, c->heap);
        buf_print_list(&b, format, arguments);
        call_complain(c, "%S", buf_str(&b));
        buf_drop(&b);
    } else {
        buf_print_list(&c->out, format, arguments);
    }
    va_end(arguments);
}

int patch_fail(struct call *c, const char *format, ...)
{
    va_list arguments;
    struct buf b;
    buf_init(&b, c->heap);
    va_start(arguments, format);
    buf_print_list(&b, format, arguments);
    va_end(arguments);
    call_error(c, "**** %S", buf_str(&b));
    c->status = 2;
    return PATCH_STOP;
}

void patch_ask(struct call *c, const struct patch *p, const char *question)
{
    patch_say(c, p, "%s\n", question); /* there is no terminal: no answer */
}

bool patch_turn(struct call *c, struct patch *p)
{
    if (p->forward) {
        patch_say(c, p, "  Skipping patch.\n");
        p->skip = true;
        return false;
    }
    if (p->force) {
        if (!p->silent)
            patch_say(c, p, "  Applying it anyway.\n");
        return false;
    }
    if (p->batch) {
        patch_say(c, p, p->reverse ? "  Ignoring -R.\n" : "  Assuming -R.\n");
        return true;
    }
    patch_ask(c, p, p->reverse ? "  Ignore -R? [n] " : "  Assume -R? [n] ");
    patch_ask(c, p, "Apply anyway? [n] ");
    if (!p->silent)
        patch_say(c, p, "Skipping patch.\n");
    p->skip = true;
    return false;
}

struct str patch_quote(struct call *c, const struct patch *p, struct str name)
{
    struct buf b;
    buf_init(&b, c->heap);
    quote_add(&b, name, QUOTE_SHELL, p->locale, NULL);
    return buf_str(&b);
}

/* --- options
 * ------------------------------------------------------------------------------------------------------- */

static int read_number(struct call *c, struct str value, const char *what, int64_t *number)
{
    size_t used = number_parse_int(value, 10, number, NULL);
    if (used == value.length && used > 0 && *number >= 0)
        return 0;
    bool negative = used == value.length && used > 0;
    patch_fail(c, "%s %S is %s", what, value, negative ? "negative" : "not a number");
    return 2;
}

static int read_option(struct call *c, struct patch *p, int letter, struct str value)
{
    switch (letter) {
    case 'p': return read_number(c, value, "strip count", &p->strip);
    case 'F': return read_number(c, value, "fuzz factor", &p->fuzz);
    case 'l': p->blanks = true; return 0;
    case 'c': p->forced = PATCH_CONTEXT; return 0;
    case 'n': p->forced = PATCH_NORMAL; return 0;
    case 'u': p->forced = PATCH_UNIFIED; return 0;
    case 'N': p->forward = true; return 0;
    case 'R': p->reverse_given = true; return 0;
    case 'i': p->patch_file = value; return 0;
    case 'o': p->output = value; return 0;
    case 'r': p->rejects = value; return 0;
    case 'E': p->remove_empty = true; return 0;
    case 'b': p->backup = true; return 0;
    case BACKUP_MISMATCH: p->no_mismatch_backup = false; return 0;
    case NO_BACKUP_MISMATCH: p->no_mismatch_backup = true; return 0;
    case 'V': {
        static const char *const words[] = {"none", "off", "simple", "never", "existing", "nil", "numbered", "t"};
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (value.length && strncmp(words[i], value.data, value.length) == 0) {
                p->versions = "nnsseett"[i];
                return 0;
            }
        call_error(c, "invalid argument '%S' for '--version-control or -V option'", value);
        call_complain(c, "Valid arguments are:\n  - 'none', 'off'\n  - 'simple', 'never'\n  - 'existing', 'nil'\n"
                         "  - 'numbered', 't'\n");
        return 2;
    }
    case 'B': p->prefix = value; return 0;
    case 'Y': p->base_prefix = value; return 0;
    case 'z': p->suffix = value; return 0;
    case 't': p->batch = true; return 0;
    case 'f': p->force = true; return 0;
    case 's': p->silent = true; p->verbose = false; return 0;
    case VERBOSE: p->verbose = true; p->silent = false; return 0;
    case DRY_RUN: p->dry = true; return 0;
    case POSIX: p->posix = true; return 0;
    case BINARY: p->binary = true; return 0;
    case FOLLOW: p->follow = true; return 0;
    case REJECT_FORMAT:
        if (!str_is(value, "context") && !str_is(value, "unified"))
            return call_usage_error(c, NULL);
        p->reject_format = value.data[0];
        return 0;
    case READ_ONLY:
        if (!str_is(value, "ignore") && !str_is(value, "warn") && !str_is(value, "fail"))
            return call_usage_error(c, NULL);
        p->read_only = value.data[0];
        return 0;
    case 'e': case 'D': case 'T': case 'Z': case MERGE:
        patch_fail(c, letter == MERGE ? "--merge is not done" : "-%c is not done", letter);
        return 2;
    case 'v':
        call_print_text(c, "patch (nacre) 0.1.0\n");
        c->finished = true;
        return 0;
    default: return 0;
    }
}

static int patch_start(struct call *c)
{
    struct patch *p = c->state;
    struct str value;
    c->failure = 1;
    p->strip = -1;
    p->fuzz = 2;
    p->versions = 's';
    p->read_only = 'w';
    p->locale = call_locale(c);
    p->line = 1;
    p->no_mismatch_backup = environment_find(c->task->environment, "POSIXLY_CORRECT", &value);
    buf_init(&p->out, c->heap);
    buf_init(&p->rejected, c->heap);
    buf_init(&p->all, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        int status = read_option(c, p, c->options[i].letter, c->options[i].value);
        if (status || c->finished)
            return status;
    }
    if (c->operand_count > 0 && c->operands[0].length > 0)
        p->operand = c->operands[0];
    if (c->operand_count > 1)
        p->patch_file = c->operands[1];
    return c->operand_count > 2 ? call_usage_error(c, "%S: extra operand", c->operands[2]) : 0;
}

/* --- the patch
 * -------------------------------------------------------------------------------------------------------- */

static int read_patch(struct call *c, struct patch *p)
{
    struct str directory;
    struct place place = {0};
    if (call_value(c, 'd', &directory) && p->stage == 0) {
        int64_t fuel = c->meter->fuel;
        int error = task_charged(c->task, fuel, task_walk(c->task, directory, WALK_FOLLOW | WALK_DIRECTORY, &place));
        if (error == E_WAIT)
            return error;
        if (!error)
            task_set_directory(c->task, place.number);
        place_drop(&place, c->meter);
        if (error)
            return patch_fail(c, "Can't change to directory %S : %m", patch_quote(c, p, directory), error);
        p->stage = 1;
    }
    if (!p->input) {
        struct str name = p->patch_file.data ? p->patch_file : str_lit("-");
        int error = input_open(c, &p->input, name, true);
        if (error == E_WAIT)
            return error;
        if (error)
            return patch_fail(c, "Can't open patch file %S : %m", patch_quote(c, p, name), error);
    }
    enum input_answer answer = input_all(p->input, &p->text);
    if (answer == INPUT_WAIT)
        return E_WAIT;
    if (answer == INPUT_END && p->input->error)
        return patch_fail(c, "read error : %m", p->input->error);
    p->phase = PATCH_FIND;
    return PATCH_GO;
}

static const char *type_name(enum patch_type type)
{
    return type == PATCH_NORMAL ? "a normal diff" : type == PATCH_CONTEXT ? "a new-style context diff"
           : type == PATCH_GIT  ? "a git binary diff" : "a unified diff";
}

/* The text in front of the diff, as a quotation. */
static void say_header(struct call *c, const struct patch *p)
{
    struct str text = str_of(p->text.data + p->header, p->header_end - p->header);
    if (text.length == 0)
        return;
    patch_say(c, p, "The text leading up to this was:\n--------------------------\n");
    while (text.length) {
        ptrdiff_t end = str_find(text, '\n');
        size_t length = end < 0 ? text.length : (size_t)end;
        patch_say(c, p, "|%S\n", str_first(text, length));
        text = str_after(text, length + 1);
    }
    patch_say(c, p, "--------------------------\n");
}

static int find_diff(struct call *c, struct patch *p)
{
    bool more = p->at < p->text.length;
    if (p->at >= p->text.length || !patch_find(c, p)) {
        if (!p->found && p->text.length)
            return patch_fail(c, "Only garbage was found in the patch input.");
        if (p->verbose && !p->found)
            patch_say(c, p, "Hmm...  I can't seem to find a patch in there anywhere.\n");
        else if (p->verbose)
            patch_say(c, p, "%sdone\n", more ? "Hmm...  Ignoring the trailing garbage.\n" : "");
        p->stage = 0;
        p->phase = PATCH_OVER;
        return PATCH_GO;
    }
    if (p->verbose)
        patch_say(c, p, "Hmm...");
    p->found_count++;
    p->reverse = p->reverse_given;
    p->skip = p->no_rejects = p->apply_anyway = p->mismatch = p->exists = p->link = false;
    p->in_name = p->out_name = (struct str){0};
    p->hunk_number = p->failed = p->in_offset = p->out_offset = p->frozen = 0;
    p->stage = 0;
    p->content = str_lit("");
    p->line_count = 0;
    p->info = (struct stat_info){0};
    buf_clear(&p->out);
    buf_clear(&p->rejected);
    if (p->indent)
        patch_say(c, p, "(Patch is indented %zu space%s.)\n", p->indent, p->indent == 1 ? "" : "s");
    if (p->strip_returns)
        patch_say(c, p, "(Stripping trailing CRs from patch; use --binary to disable.)\n");
    p->phase = PATCH_LOOK;
    return PATCH_GO;
}

/* --- which file is meant
 * ---------------------------------------------------------------------------------------------- */

/* Names that lead out of the working directory are not taken. */
static bool is_safe(struct str name)
{
    if (name.length == 0 || name.data[0] == '/')
        return false;
    for (size_t i = 0; i + 1 < name.length; i++)
        if (name.data[i] == '.' && name.data[i + 1] == '.' && (i == 0 || name.data[i - 1] == '/') &&
            (i + 2 == name.length || name.data[i + 2] == '/'))
            return false;
    return true;
}

struct measure {
    size_t missing, components, base, length;
};

static struct measure measure(struct str name, size_t missing)
{
    ptrdiff_t slash = str_find_last(name, '/');
    struct measure m = {missing, 1, name.length - (size_t)(slash + 1), name.length};
    for (size_t i = 0; i < name.length; i++)
        m.components += name.data[i] == '/' && (i == 0 || name.data[i - 1] != '/');
    return m;
}

static bool is_better(struct measure a, struct measure b)
{
    if (a.missing != b.missing)
        return a.missing < b.missing;
    if (a.components != b.components)
        return a.components < b.components;
    if (a.base != b.base)
        return a.base < b.base;
    return a.length < b.length;
}

/* How many directories of a name are not there: or E_WAIT. */
static int64_t count_missing(struct call *c, struct str name)
{
    struct stat_info info;
    int64_t missing = 0;
    for (size_t i = 0; i < name.length; i++) {
        int error = name.data[i] == '/' ? call_stat(c, str_first(name, i), true, &info) : 0;
        if (error == E_WAIT)
            return error;
        missing += error != 0;
    }
    return missing;
}

static void say_missing(struct call *c, struct patch *p)
{
    if (!p->silent || !(p->force || p->batch)) {
        patch_say(c, p, "can't find file to patch at input line %lld\n", (long long)p->start_line);
        if (p->named)
            patch_say(c, p, "Perhaps you %s -p or --strip option?\n",
                      p->strip < 0 ? "should have used the" : "used the wrong");
        say_header(c, p);
    }
    if (p->force || p->batch) {
        patch_say(c, p, "No file to patch.  Skipping patch.\n");
    } else {
        patch_ask(c, p, "File to patch: ");
        patch_ask(c, p, "Skip this patch? [y] ");
        patch_say(c, p, "Skipping patch.\n");
    }
    p->skip = p->no_rejects = true;
}

/* Says that a patch makes what is there or takes away what is not, and asks. */
static void check_absence(struct call *c, struct patch *p, int best, int any, uint64_t size)
{
    bool empty = best < 0 || size == 0;
    if ((int)!empty >= p->absent[p->reverse ^ empty])
        return;
    const char *does = best < 0 ? "delete" : empty ? "empty out" : "create";
    const char *state = best < 0 ? "does not exist" : empty ? "is already empty" : "already exists";
    struct str name = p->operand.data ? p->operand : p->names[best < 0 || empty ? any : best];
    if (!(p->force && p->silent))
        patch_say(c, p, "The next patch%s would %s the file %S,\nwhich %s!",
                  p->reverse ? ", when reversed," : "", does, patch_quote(c, p, name), state);
    p->reverse ^= patch_turn(c, p);
    p->no_rejects = p->skip;
}

/* It is known which file is meant. */
static int go_on(struct call *c, struct patch *p)
{
    if (p->verbose && !p->skip) {
        patch_say(c, p, "  %s like %s to me...\n", p->found_count == 1 ? "Looks" : "The next patch looks",
                  type_name(p->type));
        say_header(c, p);
    }
    p->phase = PATCH_LOAD;
    return PATCH_GO;
}

static int look(struct call *c, struct patch *p)
{
    struct stat_info infos[3];
    struct measure measures[3];
    int best = -1, any = -1;
    bool safe[3], exists[3];
    if (p->operand.data) {
        int error = call_stat(c, p->operand, p->follow, &p->info);
        if (error == E_WAIT)
            return error;
        p->exists = error == 0;
        p->in_name = p->operand;
        check_absence(c, p, p->exists ? 0 : -1, 0, p->info.size);
        return go_on(c, p);
    }
    bool moved = p->git && (p->renamed || p->copied);
    for (int i = 0; i < 3; i++) {
        safe[i] = p->names[i].data && is_safe(p->names[i]);
        exists[i] = false;
        if (!safe[i])
            continue;
        any = any < 0 ? i : any;
        int error = call_stat(c, p->names[i], p->follow, &infos[i]);
        if (error == E_WAIT)
            return error;
        exists[i] = error == 0;
    }
    for (int i = 0; i < 3; i++) {
        if (!exists[i] || (moved && i != (p->reverse ? NEW : OLD)))
            continue;
        measures[i] = measure(p->names[i], 0);
        if (best < 0 || is_better(measures[i], measures[best]))
            best = i;
    }
    if (any >= 0 && !moved) {
        int make = -1;
        if (best < 0 && (p->absent[0] || p->absent[1]))
            for (int i = 0; i < 3; i++) {
                int64_t missing = safe[i] ? count_missing(c, p->names[i]) : 0;
                if (missing == E_WAIT)
                    return E_WAIT;
                if (safe[i])
                    measures[i] = measure(p->names[i], (size_t)missing);
                if (safe[i] && (make < 0 || is_better(measures[i], measures[make])))
                    make = i;
            }
        check_absence(c, p, best, any, best < 0 ? 0 : infos[best].size);
        if (best < 0 && p->absent[p->reverse])
            best = make;
    }
    if (best >= 0) {
        p->in_name = p->names[best];
        p->exists = exists[best];
        if (p->exists)
            p->info = infos[best];
        if (moved)
            p->out_name = p->names[p->reverse ? OLD : NEW];
    } else if (!p->skip) {
        say_missing(c, p);
    } else {
        p->no_rejects = true;
    }
    return go_on(c, p);
}

/* --- the file
 * ----------------------------------------------------------------------------------------------------------------
 */

static void split_lines(struct call *c, struct patch *p)
{
    size_t at = 0;
    p->starts = NULL;
    p->line_count = 0;
    p->starts = array_grow(c->heap, p->starts, 0, sizeof *p->starts);
    p->starts[0] = 0;
    while (at < p->content.length) {
        ptrdiff_t end = str_find(str_after(p->content, at), '\n');
        at = end < 0 ? p->content.length : at + (size_t)end + 1;
        p->starts = array_grow(c->heap, p->starts, (size_t)p->line_count + 1, sizeof *p->starts);
        p->starts[++p->line_count] = at;
    }
    call_charge(c, p->line_count);
}

static void say_begin(struct call *c, struct patch *p)
{
    struct str shown = p->output.data ? p->output : p->out_name;
    if (p->skip || p->silent)
        return;
    patch_say(c, p, "%s %s %S", p->dry ? "checking" : "patching", p->link ? "symbolic link" : "file",
              patch_quote(c, p, shown));
    if (!str_equal(shown, p->in_name))
        patch_say(c, p, " (%s from %S)",
                  p->output.data ? "read"
                  : p->copied    ? "copied"
                                 : "renamed",
                  patch_quote(c, p, p->in_name));
    patch_say(c, p, "\n");
    if (p->verbose)
        patch_say(c, p, "Using Plan A...\n");
}

static int load(struct call *c, struct patch *p)
{
    int side = p->reverse ? OLD : NEW;
    p->link = (p->modes[side] & 0170000) == 0120000;
    if (p->binary_diff) {
        struct str name = p->names[NEW].data ? p->names[NEW] : p->names[OLD];
        patch_say(c, p, "File %S: git binary diffs are not supported.\n", patch_quote(c, p, name));
        p->any_failed = true;
        p->skip = p->no_rejects = true;
    }
    if (!p->out_name.data)
        p->out_name = p->in_name;
    if (p->exists && !p->skip && p->info.kind != NODE_FILE) {
        patch_say(c, p, "File %S is not a %s -- refusing to patch\n", patch_quote(c, p, p->in_name),
                  p->link ? "symbolic link" : "regular file");
        p->skip = true;
    }
    if (p->exists && !p->skip) {
        if (!p->file) {
            int error = input_open(c, &p->file, p->in_name, false);
            if (error == E_WAIT)
                return error;
            if (error)
                return patch_fail(c, "Can't open file %S : %m", patch_quote(c, p, p->in_name), error);
        }
        enum input_answer answer = input_all(p->file, &p->content);
        if (answer == INPUT_WAIT)
            return E_WAIT;
        if (answer == INPUT_END)
            p->content = str_lit("");
        int denied = task_access(c->task, p->in_name, MAY_WRITE);
        if (denied == E_ACCES && p->read_only != 'i') {
            patch_say(c, p, "File %S is read-only; %s\n", patch_quote(c, p, p->in_name),
                      p->read_only == 'f' ? "refusing to patch" : "trying to patch anyway");
            p->skip = p->read_only == 'f';
        }
    }
    split_lines(c, p);
    say_begin(c, p);
    p->phase = PATCH_HUNKS;
    return PATCH_GO;
}

static int next_hunk(struct call *c, struct patch *p)
{
    int answer = patch_read_hunk(c, p, &p->hunk);
    if (answer < 0)
        return answer;
    if (answer == 1)
        patch_apply(c, p);
    else
        p->phase = PATCH_FINISH;
    return PATCH_GO;
}

/* --- writing
 * -------------------------------------------------------------------------------------------------------------------
 */

/* Makes the directories of a name: 0, E_WAIT or an error. */
static int make_parents(struct call *c, struct str name)
{
    for (size_t i = 1; i < name.length; i++) {
        int error = name.data[i] == '/' && name.data[i - 1] != '/'
                        ? call_make_directory(c, str_first(name, i), 0777)
                        : 0;
        if (error && error != E_EXIST)
            return error;
    }
    return 0;
}

/* Takes the directories of a name away, as far as they are empty. */
static int remove_parents(struct call *c, struct str name)
{
    for (ptrdiff_t slash; (slash = str_find_last(name, '/')) > 0;) {
        name = str_first(name, (size_t)slash);
        int error = call_remove(c, name, true);
        if (error)
            return error == E_WAIT ? error : 0;
    }
    return 0;
}

static int name_backup(struct call *c, struct patch *p, struct str *name)
{
    struct buf b;
    struct str path = p->out_name;
    if (p->versions == 'e' || p->versions == 't') {
        struct backups backups = {p->versions == 't' ? BACKUP_NUMBERED : BACKUP_EXISTING,
                                  p->suffix.data ? p->suffix : str_lit(".orig")};
        return backups_name(c, &backups, path, name);
    }
    ptrdiff_t slash = str_find_last(path, '/');
    buf_init(&b, c->heap);
    buf_add(&b, p->prefix);
    buf_add(&b, str_first(path, (size_t)(slash + 1)));
    buf_add(&b, p->base_prefix);
    buf_add(&b, str_after(path, (size_t)(slash + 1)));
    if (p->suffix.data || (!p->prefix.data && !p->base_prefix.data))
        buf_add(&b, p->suffix.data ? p->suffix : str_lit(".orig"));
    *name = buf_str(&b);
    return 0;
}

static bool was_written(const struct patch *p, struct str name)
{
    for (size_t i = 0; i < p->written_count; i++)
        if (str_equal(p->written[i], name))
            return true;
    return false;
}

/* Keeps what was there, once for each file. 0, E_WAIT or an error. */
static int back_up(struct call *c, struct patch *p)
{
    bool wanted = p->backup || (!p->no_mismatch_backup && (p->mismatch || p->failed));
    if (!wanted || !p->exists || p->versions == 'n' || was_written(p, p->out_name) ||
        !str_equal(p->in_name, p->out_name))
        return 0;
    int error = p->backup_name.data ? 0 : name_backup(c, p, &p->backup_name);
    if (!error)
        error = make_parents(c, p->backup_name);
    if (!error)
        error = call_rename(c, p->out_name, p->backup_name);
    return error;
}

static int write_file(struct call *c, struct patch *p)
{
    uint32_t mode = p->modes[p->reverse ? OLD : NEW];
    if (p->link)
        return call_symlink(c, buf_str(&p->out), p->out_name);
    mode = mode ? mode & 0777 & ~c->task->umask : p->exists ? p->info.mode : 0666 & ~c->task->umask;
    return call_replace(c, p->out_name, buf_str(&p->out), mode);
}

static int remove_file(struct call *c, struct patch *p, struct str name)
{
    if (p->stage == 3) {
        int error = call_remove(c, name, false);
        if (error && error != E_NOENT)
            return error;
        p->stage = 4;
    }
    return remove_parents(c, name);
}

static int close_diff(struct patch *p)
{
    if (p->file)
        input_close(p->file);
    p->file = NULL;
    p->backup_name = (struct str){0};
    p->phase = PATCH_FIND;
    return PATCH_GO;
}

/* The file, its backup, the rejects: each stage is one that may wait. */
static int finish(struct call *c, struct patch *p)
{
    bool remove = p->out.length == 0 && !p->link && (p->remove_empty || p->absent[!p->reverse] == 2);
    bool file = !p->skip && !p->output.data && !p->dry && p->in_name.data;
    int error = 0;
    if (p->stage == 0) {
        p->stage = 1;
        if (!p->skip)
            patch_copy_rest(c, p);
        if (!p->skip && p->output.data)
            buf_add(&p->all, buf_str(&p->out));
        remove = p->out.length == 0 && (p->remove_empty || p->absent[!p->reverse] == 2);
        if (!p->skip && !p->output.data && !remove && p->absent[!p->reverse] == 2) {
            patch_say(c, p, "Not deleting file %S as content differs from patch\n", patch_quote(c, p, p->out_name));
            p->any_failed = true;
        }
        if (remove && file && p->verbose)
            patch_say(c, p, "Removing file %S\n", patch_quote(c, p, p->out_name));
    }
    if (p->stage == 1) {
        error = file ? back_up(c, p) : 0;
        if (!error)
            p->stage = 2;
    }
    if (p->stage == 2 && !error) {
        if (file && !remove) {
            error = make_parents(c, p->out_name);
            if (!error)
                error = write_file(c, p);
        }
        if (!error) {
            p->stage = 3;
            if (file && !was_written(p, p->out_name)) {
                p->written = array_grow(c->heap, p->written, p->written_count, sizeof *p->written);
                p->written[p->written_count++] = p->out_name;
            }
        }
    }
    if (p->stage >= 3 && p->stage < 5 && !error) {
        bool gone = file && p->renamed && !str_equal(p->in_name, p->out_name);
        error = file && remove ? remove_file(c, p, p->out_name) : gone ? remove_file(c, p, p->in_name) : 0;
        if (!error)
            p->stage = 5;
    }
    if (error == E_WAIT)
        return error;
    if (error)
        return patch_fail(c, "Can't create file %S : %m", patch_quote(c, p, p->out_name), error);
    if (p->stage == 5) {
        struct buf b;
        bool saved = !p->no_rejects && !p->dry && !str_is(p->rejects, "-");
        struct str name = p->rejects;
        p->stage = 6;
        if (p->failed) {
            p->any_failed = true;
            patch_say(c, p, "%lld out of %lld hunk%s %s", (long long)p->failed, (long long)p->hunk_number,
                      p->hunk_number == 1 ? "" : "s", p->skip ? "ignored" : "FAILED");
            if (saved && !name.data) {
                buf_init(&b, c->heap);
                buf_add(&b, p->output.data ? p->output : p->out_name);
                buf_add_text(&b, ".rej");
                name = buf_str(&b);
            }
            if (saved)
                patch_say(c, p, " -- saving rejects to file %S", patch_quote(c, p, name));
            patch_say(c, p, "\n");
            p->backup_name = name;
            p->stage = saved ? 6 : 7;
        } else {
            p->stage = 7;
        }
    }
    if (p->stage == 6) {
        error = call_replace(c, p->backup_name, buf_str(&p->rejected), 0666 & ~c->task->umask);
        if (error == E_WAIT)
            return error;
        if (error)
            return patch_fail(c, "Can't create file %S : %m", patch_quote(c, p, p->backup_name), error);
    }
    return close_diff(p);
}

static int write_output(struct call *c, struct patch *p)
{
    if (p->output.data && str_is(p->output, "-")) {
        call_print(c, buf_str(&p->all));
    } else if (p->output.data && p->found && !p->dry) {
        int error = call_replace(c, p->output, buf_str(&p->all), 0600);
        if (error == E_WAIT)
            return error;
        if (error)
            return patch_fail(c, "Can't create file %S : %m", patch_quote(c, p, p->output), error);
    }
    c->status = p->any_failed;
    return PATCH_FATAL;
}

static enum step patch_step(struct call *c)
{
    struct patch *p = c->state;
    for (;;) {
        int answer = PATCH_GO;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (p->phase) {
        case PATCH_READ: answer = read_patch(c, p); break;
        case PATCH_FIND: answer = find_diff(c, p); break;
        case PATCH_LOOK: answer = look(c, p); break;
        case PATCH_LOAD: answer = load(c, p); break;
        case PATCH_HUNKS: answer = next_hunk(c, p); break;
        case PATCH_FINISH: answer = finish(c, p); break;
        case PATCH_OVER: answer = write_output(c, p); break;
        }
        if (answer == E_WAIT)
            return STEP_WAIT;
        if (answer != PATCH_GO)
            return call_done(c);
    }
}

const struct command command_patch = {
    .name = "patch",
    .usage = "[OPTION]... [ORIGFILE [PATCHFILE]]",
    .summary = "Apply a diff file to originals.",
    .help = "Unified, context and normal diffs are known by their form. Questions are not asked: the answer is no.\n"
            "Exit status is 0 if all hunks are applied, 1 if some cannot be, 2 if there is more serious trouble.",
    .options = options,
    .state = sizeof(struct patch),
    .start = patch_start,
    .step = patch_step,
    .trouble = 2,
    .flags = COMMAND_NAMED_HINT,
    .refused = "-e, --ed: there is no ed to run\n"
               "-D, --ifdef: not done\n"
               "--merge: not done\n"
               "-T, -Z: not done\n"
               "-g, --get: there is no version control\n",
};
