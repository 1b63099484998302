/* builtins/du.c - the room that files and trees take. */
#include "builtins/sizes.h"
#include "builtins/stamp.h"
#include "builtins/text.h"
#include "regex/glob.h"
#include "task/sandbox.h"
#include "task/walk.h"

enum {
    LONG_APPARENT = OPTION_LONG, LONG_EXCLUDE, LONG_FILES, LONG_INODES, LONG_SI,
    LONG_TIME, LONG_TIME_STYLE, LONG_BLOCK_SIZE, LONG_THRESHOLD
};

static const struct option options[] = {
    {'0', "null", NULL, "end each output line with NUL, not newline"},
    {'a', "all", NULL, "write counts for all files, not just directories"},
    {LONG_APPARENT, "apparent-size", NULL, "print apparent sizes, rather than device usage"},
    {'B', NULL, "SIZE", "scale sizes by SIZE before printing them"},
    {LONG_BLOCK_SIZE, "block-size", "SIZE", "the same"},
    {'b', "bytes", NULL, "equivalent to '--apparent-size --block-size=1'"},
    {'c', "total", NULL, "produce a grand total"},
    {'D', "dereference-args", NULL, "dereference only symlinks that are listed on the command line"},
    {'d', "max-depth", "N", "print the total for a directory (or file, with --all) only if it is N or fewer levels below the argument"},
    {LONG_FILES, "files0-from", "F", "summarize device usage of the NUL-terminated file names specified in file F"},
    {'H', NULL, NULL, "equivalent to --dereference-args (-D)"},
    {'h', "human-readable", NULL, "print sizes in human readable format (e.g., 1K 234M 2G)"},
    {LONG_INODES, "inodes", NULL, "list inode usage information instead of block usage"},
    {'k', NULL, NULL, "like --block-size=1K"},
    {'L', "dereference", NULL, "dereference all symbolic links"},
    {'l', "count-links", NULL, "count sizes many times if hard linked"},
    {'m', NULL, NULL, "like --block-size=1M"},
    {'P', "no-dereference", NULL, "don't follow any symbolic links (this is the default)"},
    {'S', "separate-dirs", NULL, "for directories do not include size of subdirectories"},
    {LONG_SI, "si", NULL, "like -h, but use powers of 1000 not 1024"},
    {'s', "summarize", NULL, "display only a total for each argument"},
    {'t', NULL, "SIZE", "exclude entries smaller than SIZE if positive, or entries greater than SIZE if negative"},
    {LONG_THRESHOLD, "threshold", "SIZE", "the same"},
    {LONG_TIME, "time", "[WORD]", "show time of the last modification of any file in the directory, or WORD: atime, ctime, ..."},
    {LONG_TIME_STYLE, "time-style", "STYLE", "show times using STYLE: full-iso, long-iso, iso, or +FORMAT"},
    {'X', "exclude-from", "FILE", "exclude files that match any pattern in FILE"},
    {LONG_EXCLUDE, "exclude", "PATTERN", "exclude files that match PATTERN"},
    {'x', "one-file-system", NULL, "skip directories on different file systems"},
    {0},
};

/* What was seen of a level of the tree: in the directory itself, and below it. */
struct sum {
    uint64_t own, below;
    int64_t time;
};

enum { PHASE_EXCLUDE, PHASE_OPERAND, PHASE_WALK };

struct du {
    bool all, apparent, count_links, separate, inodes, total, has_time;
    int64_t depth;           /* -1: no limit */
    int64_t threshold;
    bool has_threshold;
    char end, which;         /* which: a c m */
    struct size_unit unit;
    struct str time_format, files_from, exclude_from;
    bool has_files_from, has_exclude_from;
    struct glob **excluded;
    size_t excluded_count;
    int phase;
    size_t operand;
    struct input *names, *patterns;
    struct walk *walk;
    struct sum *sums;
    size_t sum_count;        /* levels with a sum: up to the deepest so far */
    uint64_t *seen;          /* a table of inodes with several names, or that were walked: open addressing */
    size_t seen_count, seen_room;
    struct sum grand;
};

static int set_style(struct call *c, struct du *d, struct str style)
{
    static const char *const words[] = {"full-iso", "long-iso", "iso", NULL};
    static const char *const formats[] = {"%Y-%m-%d %H:%M:%S.%N %z", "%Y-%m-%d %H:%M", "%Y-%m-%d"};
    if (style.length && style.data[0] == '+') {
        d->time_format = str_after(style, 1);
        return 0;
    }
    int i = call_choose(c, "time style", style, words);
    if (i < 0)
        return 1;
    d->time_format = str_from(formats[i]);
    return 0;
}

static void exclude(struct call *c, struct du *d, struct str pattern)
{
    d->excluded = array_grow(c->heap, d->excluded, d->excluded_count, sizeof *d->excluded);
    d->excluded[d->excluded_count++] = glob_compile(c->heap, str_copy(c->heap, pattern), GLOB_UTF8);
}

static int start(struct call *c)
{
    struct du *d = c->state;
    static const char *const times[] = {"atime", "=access", "=use", "ctime", "=status", NULL};
    bool summarize = false;
    enum walk_follow follow = WALK_PHYSICAL;
    struct str style;
    d->depth = -1;
    d->end = '\n';
    d->which = 'm';
    d->unit = size_unit_default(c, "DU_BLOCK_SIZE");
    d->time_format = str_lit("%Y-%m-%d %H:%M");
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        uint64_t number;
        int word;
        switch (c->options[i].letter) {
        case '0': d->end = '\0'; break;
        case 'a': d->all = true; break;
        case LONG_APPARENT: d->apparent = true; break;
        case 'B': case LONG_BLOCK_SIZE:
            if (!size_unit_parse(c, c->options[i].letter == 'B' ? "-B" : "--block-size", value, &d->unit))
                return 1;
            break;
        case 'b': d->apparent = true; d->unit = size_unit_of(1); break;
        case 'c': d->total = true; break;
        case 'D': case 'H': follow = WALK_ROOTS; break;
        case 'd':
            if (text_count(value, "", &number) != 0) {
                call_error(c, "invalid maximum depth %S", call_quote_word(c, value));
                call_complain(c, "Try '%S --help' for more information.\n", c->name);
                return 1;
            }
            d->depth = number > INT64_MAX ? INT64_MAX : (int64_t)number;
            break;
        case LONG_FILES: d->files_from = value; d->has_files_from = true; break;
        case 'h': d->unit = size_unit_human(false); break;
        case LONG_INODES: d->inodes = true; break;
        case 'k': d->unit = size_unit_of(1024); break;
        case 'L': follow = WALK_LOGICAL; break;
        case 'l': d->count_links = true; break;
        case 'm': d->unit = size_unit_of(1 << 20); break;
        case 'P': follow = WALK_PHYSICAL; break;
        case 'S': d->separate = true; break;
        case LONG_SI: d->unit = size_unit_human(true); break;
        case 's': summarize = true; break;
        case 't': case LONG_THRESHOLD: {
            bool negative = value.length && value.data[0] == '-';
            if (text_count(negative || (value.length && value.data[0] == '+') ? str_after(value, 1) : value,
                           "bkKmMGTPEZY0", &number) != 0 ||
                (negative && number == 0)) {
                call_error(c, "invalid %s argument '%S'", c->options[i].letter == 't' ? "-t" : "--threshold", value);
                return 1;
            }
            d->threshold = negative ? -(int64_t)(number & INT64_MAX) : (int64_t)(number & INT64_MAX);
            d->has_threshold = true;
            break;
        }
        case LONG_TIME:
            d->has_time = true;
            word = value.data ? call_choose(c, "--time", value, times) : 9;
            if (word < 0)
                return 1;
            d->which = word < 3 ? 'a' : word < 5 ? 'c' : 'm';
            break;
        case 'X': d->exclude_from = value; d->has_exclude_from = true; break;
        case LONG_EXCLUDE: exclude(c, d, value); break;
        default: break;
        }
    }
    if (d->has_time && call_value(c, LONG_TIME_STYLE, &style) && set_style(c, d, style))
        return 1;
    if (d->all && summarize)
        return call_usage_error(c, "cannot both summarize and show all entries");
    if (summarize && d->depth > 0) {
        call_warn(c, "warning: summarizing conflicts with --max-depth=%lld", (long long)d->depth);
        call_complain(c, "Try '%S --help' for more information.\n", c->name);
        return 1;
    }
    if (summarize && d->depth == 0)
        call_warn(c, "warning: summarizing is the same as using --max-depth=0");
    if (summarize)
        d->depth = 0;
    if (d->inodes && d->apparent) {
        call_warn(c, "warning: options --apparent-size and -b are ineffective with --inodes");
        d->apparent = false;
    }
    if (d->has_files_from && c->operand_count) {
        call_error(c, "extra operand %S", call_quote_word(c, c->operands[0]));
        call_complain(c, "file operands cannot be combined with --files0-from\nTry '%S --help' for more information.\n", c->name);
        return 1;
    }
    d->grand.time = INT64_MIN;
    d->walk = walk_new(c->task, c->heap, follow);
    return 0;
}

/* Notes an inode: false when it was noted before. */
static bool first_time(struct call *c, struct du *d, uint64_t number)
{
    if (d->seen_count * 2 >= d->seen_room) {
        size_t room = d->seen_room ? d->seen_room * 2 : 64;
        uint64_t *table = heap_zero(c->heap, room * sizeof *table);
        for (size_t i = 0; i < d->seen_room; i++)
            if (d->seen[i]) {
                size_t at = (size_t)(d->seen[i] * 0x9e3779b97f4a7c15u >> 20) & (room - 1);
                while (table[at])
                    at = (at + 1) & (room - 1);
                table[at] = d->seen[i];
            }
        heap_free(c->heap, d->seen);
        d->seen = table;
        d->seen_room = room;
    }
    size_t at = (size_t)(number * 0x9e3779b97f4a7c15u >> 20) & (d->seen_room - 1);
    for (; d->seen[at]; at = (at + 1) & (d->seen_room - 1))
        if (d->seen[at] == number)
            return false;
    d->seen[at] = number;
    d->seen_count++;
    return true;
}

static void print_sum(struct call *c, struct du *d, uint64_t value, int64_t time, struct str path)
{
    struct size_unit plain = size_unit_of(1);
    size_print(&c->out, value, d->inodes && !d->unit.human ? &plain : &d->unit);
    call_print_byte(c, '\t');
    if (d->has_time) {
        stamp_print(c, &c->out, d->time_format, time == INT64_MIN ? 0 : time);
        call_print_byte(c, '\t');
    }
    call_print(c, path);
    call_print_byte(c, d->end);
}

/* The same of a file, when it is not too small or too large to be told. */
static void print_file(struct call *c, struct du *d, uint64_t value, int64_t time, struct str path)
{
    int64_t size = (int64_t)value;
    if (!d->has_threshold || (d->threshold < 0 ? size <= -d->threshold : size >= d->threshold))
        print_sum(c, d, value, time, path);
}

static struct sum *level(struct call *c, struct du *d, size_t depth)
{
    while (d->sum_count <= depth) {
        d->sums = array_grow(c->heap, d->sums, d->sum_count, sizeof *d->sums);
        d->sums[d->sum_count++] = (struct sum){.time = INT64_MIN};
    }
    return &d->sums[depth];
}

static struct sum measure(const struct du *d, const struct stat_info *info)
{
    struct sum s;
    s.below = 0;
    s.own = d->inodes ? 1
            : d->apparent
                ? (info->kind == NODE_FILE || info->kind == NODE_LINK || info->kind == NODE_DIRECTORY ? info->size : 0)
                : info->blocks * 512;
    if (d->apparent && !d->inodes && info->kind == NODE_DIRECTORY)
        s.own = 4096;
    s.time = d->which == 'a' ? info->atime : d->which == 'c' ? info->ctime : info->mtime;
    return s;
}

static bool is_excluded(struct call *c, struct du *d)
{
    struct str path = walk_path(d->walk), name = walk_name(d->walk);
    for (size_t i = 0; i < d->excluded_count; i++) {
        if (glob_match(d->excluded[i], c->heap, name) || glob_match(d->excluded[i], c->heap, path))
            return true;
        for (size_t k = 0; k < path.length; k++) /* a pattern may match from any slash on */
            if (path.data[k] == '/' && glob_match(d->excluded[i], c->heap, str_after(path, k + 1)))
                return true;
    }
    return false;
}

static void visit(struct call *c, struct du *d, enum visit visit)
{
    struct walk *w = d->walk;
    const struct stat_info *info = &w->info;
    bool shown = d->depth < 0 || (int64_t)w->depth <= d->depth;
    if (visit == VISIT_CYCLE)
        return;
    if (visit == VISIT_BROKEN && w->error == E_NOENT && (w->follow == WALK_LOGICAL || (w->follow == WALK_ROOTS && w->depth == 0))) {
        call_error(c, "cannot access %S", call_quote(c, walk_path(w)));
        return;
    }
    if (visit == VISIT_ERROR || (visit == VISIT_BROKEN && w->error != E_NOENT) || (visit == VISIT_BROKEN && w->follow == WALK_LOGICAL)) {
        call_error(c, "cannot access %S: %m", call_quote(c, walk_path(w)), w->error);
        return;
    }
    if (visit == VISIT_DIRECTORY) {
        if ((d->excluded_count && is_excluded(c, d)) || (!first_time(c, d, info->number) && !d->count_links)) {
            walk_skip(w);
            return;
        }
        struct sum *s = level(c, d, w->depth);
        *s = measure(d, info);
        return;
    }
    if (visit == VISIT_UNREADABLE)
        call_error(c, "cannot read directory %S: %m", call_quote(c, walk_path(w)), w->error);
    if (visit == VISIT_AFTER || visit == VISIT_UNREADABLE) {
        struct sum s = *level(c, d, w->depth);
        uint64_t all = s.own + s.below;
        if (shown)
            print_file(c, d, d->separate ? s.own : all, s.time, walk_path(w));
        struct sum *up = w->depth ? level(c, d, w->depth - 1) : &d->grand;
        up->below += all;
        if (up->time < s.time)
            up->time = s.time;
        return;
    }
    if (d->excluded_count && is_excluded(c, d))
        return;
    /* What has one name is met twice only below several operands or behind links. */
    bool several = c->operand_count > 1 || d->has_files_from || w->follow == WALK_LOGICAL;
    if ((info->links > 1 || several) && !d->count_links && !first_time(c, d, info->number))
        return;
    struct sum s = measure(d, info);
    if (w->depth == 0 || (d->all && shown))
        print_file(c, d, s.own, s.time, walk_path(w));
    struct sum *up = w->depth ? level(c, d, w->depth - 1) : &d->grand;
    up->own += s.own;
    if (up->time < s.time)
        up->time = s.time;
}

/* Reads the patterns of -X: 0, E_WAIT, 1 after a message. */
static int read_patterns(struct call *c, struct du *d)
{
    struct str line;
    bool unended;
    if (!d->has_exclude_from)
        return 0;
    if (!d->patterns) {
        int error = input_open(c, &d->patterns, d->exclude_from, true);
        if (error == E_WAIT) {
            d->patterns = NULL;
            return error;
        }
        if (error) {
            call_error(c, "%S: %m", call_quote_if_needed(c, d->exclude_from), error);
            call_usage_error(c, "");
            return 1;
        }
    }
    for (;;) {
        enum input_answer answer = input_line(d->patterns, '\n', &line, &unended);
        if (answer == INPUT_WAIT)
            return E_WAIT;
        if (answer == INPUT_END)
            return 0;
        exclude(c, d, line);
    }
}

/* The next operand: 1, 2 after a message, 0 at the end, E_WAIT. */
static int next_operand(struct call *c, struct du *d)
{
    if (!d->has_files_from) {
        size_t count = c->operand_count ? c->operand_count : 1;
        if (d->operand == count)
            return 0;
        if (c->operand_count && c->operands[d->operand].length == 0) {
            call_error(c, "invalid zero-length file name");
            d->operand++;
            return 2;
        }
        walk_start(d->walk, c->operand_count ? c->operands[d->operand] : str_lit("."));
        d->operand++;
        return 1;
    }
    if (!d->names) {
        int error = input_open(c, &d->names, d->files_from, true);
        if (error == E_WAIT) {
            d->names = NULL;
            return error;
        }
        if (error) {
            call_error(c, "cannot open %S for reading: %m", call_quote(c, d->files_from), error);
            return 0;
        }
    }
    struct str name;
    bool unended;
    enum input_answer answer = input_line(d->names, '\0', &name, &unended);
    if (answer == INPUT_WAIT)
        return E_WAIT;
    if (answer == INPUT_END) {
        if (d->names->error)
            call_error(c, "%S: read error: %m", call_quote_if_needed(c, d->files_from), d->names->error);
        return 0;
    }
    d->operand++;
    if (name.length == 0) {
        call_error(c, "%S:%zu: invalid zero-length file name", call_quote_if_needed(c, d->files_from), d->operand);
        return 2;
    }
    walk_start(d->walk, name);
    return 1;
}

static enum step step(struct call *c)
{
    struct du *d = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int answer;
        switch (d->phase) {
        case PHASE_EXCLUDE:
            answer = read_patterns(c, d);
            if (answer)
                return answer == E_WAIT ? STEP_WAIT : call_exit(c, 1);
            d->phase = PHASE_OPERAND;
            break;
        case PHASE_OPERAND:
            answer = next_operand(c, d);
            if (answer == E_WAIT)
                return STEP_WAIT;
            call_charge(c, 1);
            if (!answer) {
                if (d->total)
                    print_sum(c, d, d->grand.own + d->grand.below, d->grand.time, str_lit("total"));
                return call_done(c);
            }
            if (answer == 1)
                d->phase = PHASE_WALK;
            break;
        default: {
            enum visit event = walk_next(d->walk);
            if (event == VISIT_WAIT)
                return STEP_WAIT;
            if (event == VISIT_END)
                d->phase = PHASE_OPERAND;
            else
                visit(c, d, event);
        }
        }
    }
}

const struct command command_du = {
    .name = "du",
    .usage = "[OPTION]... [FILE]...\n[OPTION]... --files0-from=F",
    .summary = "summarize device usage of the set of FILEs, recursively for directories",
    .options = options,
    .state = sizeof(struct du),
    .start = start,
    .step = step,
};
