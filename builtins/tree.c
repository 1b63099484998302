/* builtins/tree.c - show folders and what is in them as a tree, as text, JSON or XML. */
#include "base/date.h"
#include "base/format.h"
#include "base/map.h"
#include "base/mode.h"
#include "base/number.h"
#include "builtins/ls/ls.h"
#include "builtins/stamp.h"
#include "builtins/text.h"
#include "task/sandbox.h"
#include "task/walk.h"

enum {
    NO_REPORT = OPTION_LONG, DIRS_FIRST, FILES_FIRST, SORT, FILE_LIMIT, SI, DU, PRUNE, TIME_FORMAT, INODES, DEVICE, CHARSET, IGNORE_CASE,
    MATCH_DIRS, META_FIRST
};

static const struct option options[] = {
    {'a', NULL, NULL, "all files are listed"},
    {'d', NULL, NULL, "list directories only"},
    {'l', NULL, NULL, "follow symbolic links like directories"},
    {'f', NULL, NULL, "print the full path prefix for each file"},
    {'x', NULL, NULL, "stay on current filesystem only"},
    {'L', NULL, "LEVEL", "descend only LEVEL directories deep"},
    {'P', NULL, "PATTERN", "list only those files that match PATTERN (alternatives are divided by |)"},
    {'I', NULL, "PATTERN", "do not list files that match PATTERN"},
    {IGNORE_CASE, "ignore-case", NULL, "ignore case when pattern matching"},
    {MATCH_DIRS, "matchdirs", NULL, "include directory names in -P pattern matching"},
    {META_FIRST, "metafirst", NULL, "print meta-data at the beginning of each line"},
    {PRUNE, "prune", NULL, "prune empty directories from the output"},
    {NO_REPORT, "noreport", NULL, "turn off file/directory count at end of tree listing"},
    {CHARSET, "charset", "X", "use charset X for the lines: UTF-8, or any other for ASCII"},
    {FILE_LIMIT, "filelimit", "N", "do not descend dirs with more than N files in them"},
    {'o', NULL, "FILE", "output to FILE instead of stdout"},
    {'q', NULL, NULL, "print non-printable characters as '?'"},
    {'N', NULL, NULL, "print non-printable characters as is"},
    {'Q', NULL, NULL, "quote filenames with double quotes"},
    {'p', NULL, NULL, "print the protections for each file"},
    {'u', NULL, NULL, "displays file owner or UID number"},
    {'g', NULL, NULL, "displays file group owner or GID number"},
    {'s', NULL, NULL, "print the size in bytes of each file"},
    {'h', NULL, NULL, "print the size in a more human readable way"},
    {SI, "si", NULL, "like -h, but use in SI units (powers of 1000)"},
    {DU, "du", NULL, "compute size of directories by their contents"},
    {'D', NULL, NULL, "print the date of last modification or (-c) status change"},
    {TIME_FORMAT, "timefmt", "F", "print and format time according to the format F"},
    {'F', NULL, NULL, "appends '/', '=', '*', '@', '|' or '>' as per ls -F"},
    {INODES, "inodes", NULL, "print inode number of each file"},
    {DEVICE, "device", NULL, "print device ID number to which each file belongs"},
    {'v', NULL, NULL, "sort files alphanumerically by version"},
    {'t', NULL, NULL, "sort files by last modification time"},
    {'c', NULL, NULL, "sort files by last status change time"},
    {'U', NULL, NULL, "leave files unsorted"},
    {'r', NULL, NULL, "reverse the order of the sort"},
    {DIRS_FIRST, "dirsfirst", NULL, "list directories before files (-U disables)"},
    {FILES_FIRST, "filesfirst", NULL, "list files before directories (-U disables)"},
    {SORT, "sort", "X", "select sort: name,version,size,mtime,ctime"},
    {'i', NULL, NULL, "don't print indentation lines"},
    {'A', NULL, NULL, "print ANSI lines graphic indentation lines"},
    {'S', NULL, NULL, "print with CP437 (console) graphics indentation lines"},
    {'n', NULL, NULL, "turn colorization off always (-C overrides)"},
    {'C', NULL, NULL, "turn colorization on"},
    {'X', NULL, NULL, "prints out an XML representation of the tree"},
    {'J', NULL, NULL, "prints out an JSON representation of the tree"},
    {0},
};

enum sorting { BY_NAME, BY_VERSION, BY_SIZE, BY_MTIME, BY_CTIME, UNSORTED };
enum phase { PHASE_ROOT, PHASE_WALK, PHASE_LOOK, PHASE_SORT, PHASE_SUM, PHASE_PRINT, PHASE_REPORT, PHASE_FLUSH };

struct branch {
    struct str name, target;     /* of a root: as given */
    struct stat_info info, aim;  /* aim: what a link leads to, kind 0 if nowhere */
    struct branch *parent, *first, *last, *next;
    size_t children;
    int64_t total;               /* bytes, with --du of all below */
    bool link, matched;          /* link: `info` is that of a link; matched: by -P, with --matchdirs */
    bool limited, recursive, broken; /* not opened: too many entries, a loop, an error */
};

struct tree {
    bool all, folders, full, quote, as_is, question, classify, meta_first, prune, human, si, du, report;
    bool folders_first, files_first, reverse;
    bool bare, json, xml, protections, owner, group, sizes, dates, inodes, device, colored;
    char lines;                  /* 'u' UTF-8, 'a' ASCII, 'A', 'S' */
    enum sorting order;
    uint64_t levels, limit;      /* 0: none */
    struct str time_format, out_path;
    struct glob **wanted, **unwanted;
    size_t wanted_count, unwanted_count;
    struct colors colors;
    struct owners owners;
    bool owners_loaded;

    enum phase phase;
    size_t root;                 /* operand */
    struct walk *walk;
    enum visit visit;
    struct branch *entry, *at;    /* the folder being filled; the one being printed */
    struct branch **sorted;
    size_t sorted_count;
    struct sort sort;
    struct branch *sorting;
    struct map seen;             /* with -l: numbers of the folders that were entered */
    bool missing;                /* the root cannot be read at all */
    uint64_t folder_count, file_count, bytes;
    struct buf prefix, text, path;
    struct file *out;
    size_t gone;
};

/* --- options --------------------------------------------------------------------------------------------------- */

static int usage(struct call *c)
{
    call_complain(c, "usage: tree [-acdfghilnpqrstuvxACDFJQNSUX] [-L level] [-o filename] [-P pattern] [-I pattern]\n"
                     "\t[--matchdirs] [--metafirst] [--ignore-case] [--inodes] [--device] [--sort[=]<name>] [--dirsfirst]\n"
                     "\t[--filesfirst] [--filelimit #] [--si] [--du] [--prune] [--charset[=]X] [--timefmt[=]format]\n"
                     "\t[--noreport] [--version] [--help] [--] [directory ...]\n");
    return 1;
}

static void add_option(struct call *c, int letter, struct str value)
{
    c->options = array_grow(c->heap, c->options, c->option_count, sizeof *c->options);
    c->options[c->option_count++] = (struct given_option){letter, value};
}

static const struct option *find_option(int letter, struct str name)
{
    for (const struct option *o = options; o->letter; o++)
        if (name.data ? o->name && str_is(name, o->name) : o->letter == letter && !o->name)
            return o;
    return NULL;
}

/* The words, as tree takes them: 0, or below 0 when the call is over with c->status. */
static int read_words(struct call *c)
{
    bool ended = false;

    c->operand_count = 0;
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (ended || word.length < 2 || word.data[0] != '-') {
            c->operands[c->operand_count++] = word;
        } else if (str_is(word, "--")) {
            ended = true;
        } else if (str_is(word, "--help") || str_is(word, "--version")) {
            if (str_is(word, "--help"))
                call_print_help(c);
            else
                call_print_version(c);
            return -1;
        } else if (word.data[1] == '-') {
            struct str name = str_after(word, 2), value = {0};
            ptrdiff_t equals = str_find(name, '=');
            if (equals >= 0) {
                value = str_after(name, (size_t)equals + 1);
                name = str_first(name, (size_t)equals);
            }
            const struct option *o = find_option(0, name);
            if (o && o->argument && equals < 0) {
                if (i + 1 == c->argc) {
                    call_error(c, "Missing argument to --%S", name);
                    return -1;
                }
                value = c->argv[++i];
            }
            if (!o || (!o->argument && equals >= 0)) {
                call_error(c, "Invalid argument `%S'.", word);
                usage(c);
                return -1;
            }
            add_option(c, o->letter, value);
        } else {
            for (size_t k = 1, at = i; k < word.length; k++) {
                const struct option *o = find_option((unsigned char)word.data[k], (struct str){0});
                if (!o) {
                    call_error(c, "Invalid argument -`%c'.", word.data[k]);
                    usage(c);
                    return -1;
                }
                if (o->argument && i + 1 == c->argc) {
                    call_error(c, "Missing argument to -%c option.", word.data[k]);
                    return -1;
                }
                add_option(c, o->letter, o->argument ? c->argv[++i] : (struct str){0});
                (void)at;
            }
        }
    }
    return 0;
}

/* Patterns divided by |. */
static void add_patterns(struct call *c, struct glob ***list, size_t *count, struct str text)
{
    unsigned how = GLOB_UTF8 | (call_has(c, IGNORE_CASE) ? GLOB_FOLD : 0);

    for (;;) {
        ptrdiff_t bar = str_find(text, '|');
        struct str one = bar < 0 ? text : str_first(text, (size_t)bar);
        if (one.length > 1 && one.data[one.length - 1] == '/')
            one.length--;
        *list = array_grow(c->heap, *list, *count, sizeof **list);
        (*list)[(*count)++] = glob_compile(c->heap, one, how);
        if (bar < 0)
            return;
        text = str_after(text, (size_t)bar + 1);
    }
}

static int read_option(struct call *c, struct tree *t, const struct given_option *o)
{
    static const char *const orders[] = {"name", "version", "size", "mtime", "ctime"};
    size_t used;
    int i = 0;

    switch (o->letter) {
    case 'a': t->all = true; break;
    case 'd': t->folders = true; break;
    case 'f': t->full = true; break;
    case 'q': t->question = true; break;
    case 'N': t->as_is = true; break;
    case 'Q': t->quote = true; break;
    case 'p': t->protections = true; break;
    case 'u': t->owner = true; break;
    case 'g': t->group = true; break;
    case 's': t->sizes = true; break;
    case 'h': t->sizes = t->human = true; break;
    case SI:  t->sizes = t->human = t->si = true; break;
    case DU:  t->sizes = t->du = true; break;
    case 'D': t->dates = true; break;
    case 'F': t->classify = true; break;
    case 'i': t->bare = true; break;
    case 'A': case 'S': t->lines = (char)o->letter; break;
    case 'C': t->colored = true; break;
    case 'v': t->order = BY_VERSION; break;
    case 't': t->order = BY_MTIME; break;
    case 'c': t->order = BY_CTIME; break;
    case 'U': t->order = UNSORTED; break;
    case 'r': t->reverse = true; break;
    case 'X': t->xml = true; t->json = false; break;
    case 'J': t->json = true; t->xml = false; break;
    case 'o': t->out_path = o->value; break;
    case 'P': add_patterns(c, &t->wanted, &t->wanted_count, o->value); break;
    case 'I': add_patterns(c, &t->unwanted, &t->unwanted_count, o->value); break;
    case NO_REPORT:   t->report = false; break;
    case DIRS_FIRST:  t->folders_first = true; break;
    case FILES_FIRST: t->files_first = true; break;
    case PRUNE:       t->prune = true; break;
    case META_FIRST:  t->meta_first = true; break;
    case INODES:      t->inodes = true; break;
    case DEVICE:      t->device = true; break;
    case TIME_FORMAT: t->dates = true; t->time_format = o->value; break;
    case CHARSET:
        t->lines = str_is(o->value, "UTF-8") || str_is(o->value, "utf-8") || str_is(o->value, "utf8") ? 'u' : 'a';
        break;
    case 'L':
        used = number_parse_unsigned(o->value, 10, &t->levels, NULL);
        if (!used || t->levels == 0) {
            call_error(c, "Invalid level, must be greater than 0.");
            return 1;
        }
        break;
    case FILE_LIMIT:
        number_parse_unsigned(o->value, 10, &t->limit, NULL);
        break;
    case SORT:
        while (i < 5 && !str_is(o->value, orders[i]))
            i++;
        if (i == 5) {
            call_error(c, "Sort type '%S' not valid, should be one of: name,version,size,mtime,ctime", o->value);
            return 1;
        }
        t->order = (enum sorting)i;
        break;
    }
    return 0;
}

static int start(struct call *c)
{
    struct tree *t = c->state;
    struct str value;

    t->report = true;
    t->lines = call_locale(c) == LOCALE_UTF8 ? 'u' : 'a';
    if (read_words(c) < 0) {
        c->finished = true;
        return c->status;
    }
    for (size_t i = 0; i < c->option_count; i++)
        if (read_option(c, t, &c->options[i]))
            return 1;
    const struct environment *environment = c->task->environment;
    t->colored &= environment && environment_find(environment, "TERM", &value) && !t->json && !t->xml;
    if (t->colored)
        colors_load(c, &t->colors);
    if (t->colored && !(environment_find(environment, "LS_COLORS", &value) && value.length)) { /* tree's own, not those of ls */
        t->colors.code[COLOR_FILE] = str_lit("00");
        t->colors.code[COLOR_FIFO] = str_lit("40;33");
        t->colors.code[COLOR_ORPHAN] = str_lit("40;31;01");
    }
    t->walk = walk_new(c->task, c->heap, call_has(c, 'l') ? WALK_LOGICAL : WALK_ROOTS);
    buf_init(&t->prefix, c->heap);
    buf_init(&t->text, c->heap);
    buf_init(&t->path, c->heap);
    map_init(&t->seen, c->heap);
    t->prune &= !t->folders;
    return 0;
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static bool is_folder(const struct branch *e)
{
    return e->info.kind == NODE_DIRECTORY || (e->link && e->aim.kind == NODE_DIRECTORY);
}

static bool matches(struct call *c, struct glob *const *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (glob_match(list[i], c->heap, name))
            return true;
    return false;
}

/* Is the entry of the last visit to be shown at all? */
static bool is_shown(struct call *c, struct tree *t, bool folder)
{
    struct str name = walk_name(t->walk);

    if (t->walk->depth == 0)
        return true;
    if (!t->all && name.data[0] == '.')
        return false;
    if (matches(c, t->unwanted, t->unwanted_count, name))
        return false;
    return folder || !t->wanted_count || t->entry->matched || matches(c, t->wanted, t->wanted_count, name);
}

static struct branch *add_entry(struct call *c, struct tree *t, struct str name)
{
    struct branch *e = heap_new(c->heap, struct branch);

    e->name = str_copy(c->heap, name);
    e->parent = t->entry;
    if (t->entry) {
        if (t->entry->last)
            t->entry->last->next = e;
        else
            t->entry->first = e;
        t->entry->last = e;
        t->entry->children++;
    }
    call_charge(c, 1);
    return e;
}

/* Was the folder entered before? From now on it was. */
static bool was_seen(struct tree *t, uint64_t number)
{
    bool is_new;

    map_add(&t->seen, str_of((const char *)&number, sizeof number), &is_new);
    return !is_new;
}

/* Takes the visit: 0 or E_WAIT. */
static int take_visit(struct call *c, struct tree *t)
{
    struct walk *w = t->walk;
    struct stat_info own = w->info, aim = {0};
    bool link = w->depth > 0 && (w->link || w->info.kind == NODE_LINK);
    int error = 0;

    if (t->visit == VISIT_AFTER) {
        if (t->entry->parent)
            t->entry = t->entry->parent;
        return 0;
    }
    if (t->visit == VISIT_UNREADABLE) {
        t->entry->broken = true;
        t->entry = t->entry->parent ? t->entry->parent : t->entry;
        return 0;
    }
    if (t->visit == VISIT_ERROR && !w->info.kind && w->depth == 0) {
        t->entry = add_entry(c, t, w->path.length ? walk_path(w) : (struct str){0});
        t->entry->broken = true;
        t->missing = true;
        return 0;
    }
    if (link && w->link) {
        aim = w->info;
        error = vfs_stat(&c->task->sandbox->vfs, w->link, &own);
    } else if (link) {
        error = task_stat(c->task, walk_path(w), true, &aim);
    }
    if (error == E_WAIT)
        return error;
    if (error)
        aim.kind = 0;
    bool folder = w->info.kind == NODE_DIRECTORY, opened = t->visit == VISIT_DIRECTORY;
    bool leads = link && aim.kind == NODE_DIRECTORY;
    bool shown = !w->depth || (is_shown(c, t, folder) && (!t->folders || folder || leads));
    struct str target = {0};
    if (shown && link) {
        buf_clear(&t->text);
        error = task_readlink(c->task, walk_path(w), &t->text);
        if (error == E_WAIT)
            return error;
        target = str_copy(c->heap, buf_str(&t->text));
    }
    bool again = opened && shown && call_has(c, 'l') && was_seen(t, w->info.number) && link;
    if (again) {
        walk_skip(w);
        opened = false;
    }
    if (opened && (!shown || (t->levels && w->depth >= t->levels))) {
        walk_skip(w);
        opened = false;
    }
    if (!shown)
        return 0;
    struct branch *e = add_entry(c, t, w->depth ? walk_name(w) : walk_path(w));
    e->info = own;
    e->aim = aim;
    e->link = link;
    e->target = target;
    e->total = (int64_t)own.size;
    e->recursive = again || t->visit == VISIT_CYCLE;
    e->matched = folder && call_has(c, MATCH_DIRS) && matches(c, t->wanted, t->wanted_count, e->name);
    if (w->depth == 0) {
        e->broken = own.kind != NODE_DIRECTORY;
        t->entry = e;
    } else if (opened) {
        t->entry = e;
    }
    return 0;
}

/* --- order, sums ------------------------------------------------------------------------------------------------------- */

static int by_second(int64_t a, int64_t b)
{
    a = date_time_of(a).seconds;
    b = date_time_of(b).seconds;
    return (a > b) - (a < b);
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.length && s.data[at] >= '0' && s.data[at] <= '9';
}

/* The order of glibc's strverscmp, which is not that of ls -v: numbers by value, those with leading zeros as fractions. */
static int compare_versions(struct str a, struct str b)
{
    enum { TEXT, NUMBER, FRACTION, ZEROS } state = TEXT;
    size_t at = 0;

    while (at < a.length && at < b.length && a.data[at] == b.data[at]) {
        bool zero = a.data[at] == '0';
        if (!is_digit(a, at))
            state = TEXT;
        else if (state == TEXT)
            state = zero ? ZEROS : NUMBER;
        else if (state == ZEROS && !zero)
            state = FRACTION;
        at++;
    }
    int one = at < a.length ? (unsigned char)a.data[at] : 0, two = at < b.length ? (unsigned char)b.data[at] : 0;
    bool digits = is_digit(a, at) && is_digit(b, at);
    if ((state == NUMBER || state == ZEROS) && is_digit(a, at) != is_digit(b, at))
        return is_digit(a, at) ? 1 : -1;
    if (digits && (state == NUMBER || (state == TEXT && one != '0' && two != '0'))) {
        for (size_t i = at + 1; is_digit(a, i) || is_digit(b, i); i++) /* the longer number is the larger */
            if (is_digit(a, i) != is_digit(b, i))
                return is_digit(a, i) ? 1 : -1;
    }
    return one - two;
}

static int by_order(const void *one, const void *two, void *user)
{
    const struct tree *t = user;
    const struct branch *a = one, *b = two;
    int order = 0;

    if ((t->folders_first || t->files_first) && is_folder(a) != is_folder(b))
        return is_folder(a) == t->folders_first ? -1 : 1;
    switch (t->order) {
    case BY_VERSION: order = compare_versions(a->name, b->name); break;
    case BY_SIZE:    order = (a->total < b->total) - (a->total > b->total); break;
    case BY_MTIME:   order = by_second(a->info.mtime, b->info.mtime); break;
    case BY_CTIME:   order = by_second(a->info.ctime, b->info.ctime); break;
    default:         break;
    }
    if (!order)
        order = str_compare(a->name, b->name);
    return t->reverse ? -order : order;
}

static bool is_pruned(const struct tree *t, const struct branch *e)
{
    return t->prune && is_folder(e) && !e->first && e->parent;
}

/* The next entry in a walk that comes to folders after what is in them. */
static struct branch *next_after(struct branch *e)
{
    if (!e->next)
        return e->parent;
    for (e = e->next; e->first; e = e->first)
        ;
    return e;
}

/* Takes out pruned entries and adds up: its children are done already. */
static void sum_up(struct tree *t, struct branch *e)
{
    struct branch **at = &e->first;

    e->last = NULL;
    while (*at) {
        if (is_pruned(t, *at)) {
            *at = (*at)->next;
            e->children--;
            continue;
        }
        if (t->du)
            e->total += (*at)->total;
        e->last = *at;
        at = &(*at)->next;
    }
    if (t->limit && e->children > t->limit)
        e->limited = true;
}

/* Begins to sort the children. */
static void begin_sort(struct call *c, struct tree *t, struct branch *e)
{
    size_t count = 0;

    t->sorted = heap_resize(c->heap, t->sorted, e->children * sizeof *t->sorted + 1);
    for (struct branch *child = e->first; child; child = child->next)
        t->sorted[count++] = child;
    call_charge(c, 1 + (int64_t)(count / 16));
    t->sorted_count = count;
    t->sorting = e;
    sort_start(&t->sort, c->heap, (void **)t->sorted, count, by_order, t);
}

static void end_sort(struct tree *t)
{
    struct branch **link = &t->sorting->first;

    for (size_t i = 0; i < t->sorted_count; i++) {
        *link = t->sorted[i];
        link = &t->sorted[i]->next;
    }
    *link = NULL;
    t->sorting = NULL;
}

/* --- printing --------------------------------------------------------------------------------------------------------------- */

static void put_size(struct buf *out, const struct tree *t, int64_t bytes)
{
    static const char units[] = "KMGTPE";
    int64_t base = t->si ? 1000 : 1024, unit = base;
    int power = 0;

    if (!t->human || bytes < base) {
        buf_print(out, t->human ? "%4lld" : "%11lld", (long long)bytes);
        return;
    }
    while (bytes / unit >= base && power < 5) {
        unit *= base;
        power++;
    }
    double value = (double)bytes / (double)unit;
    struct format f = FORMAT('f', value >= 10 ? 0 : 1);
    f.width = 3;
    format_double(out, &f, value);
    buf_add_byte(out, t->si && power == 0 ? 'k' : units[power]);
}

static char kind_letter(const struct stat_info *info)
{
    static const char letters[] = {[NODE_FILE] = '-', [NODE_DIRECTORY] = 'd', [NODE_LINK] = 'l', [NODE_FIFO] = 'p', [NODE_DEVICE] = 'c'};
    return letters[info->kind];
}

static void put_date(struct call *c, struct tree *t, struct buf *out, const struct branch *e)
{
    const int64_t months = (int64_t)6 * 31 * 24 * 60 * 60 * 1000000000;
    int64_t when = t->order == BY_CTIME ? e->info.ctime : e->info.mtime, now = sandbox_now(c->task->sandbox);
    struct str format = when > now || when + months < now ? str_lit("%b %e  %Y") : str_lit("%b %e %R");

    stamp_print(c, out, t->time_format.data ? t->time_format : format, when);
}

static void put_owner(struct buf *out, const struct tree *t, int kind, uint32_t number, bool padded)
{
    const struct str *name = owner_name(&t->owners, kind, number);

    if (name)
        buf_print(out, padded ? "%-8S" : "%S", *name);
    else
        buf_print(out, padded ? "%-8u" : "%u", (unsigned)number);
}

/* "[drwxr-xr-x  4096]  " */
static void put_meta(struct call *c, struct tree *t, struct buf *out, const struct branch *e)
{
    char mode[MODE_TEXT];
    size_t from = out->length;

    if (t->inodes)
        buf_print(out, " %7llu", (unsigned long long)e->info.number);
    if (t->device)
        buf_add_text(out, "   1");
    if (t->protections) {
        mode_print(mode, kind_letter(&e->info), e->info.mode);
        buf_add_byte(out, ' ');
        buf_add(out, str_of(mode, MODE_TEXT));
    }
    if (t->owner) {
        buf_add_byte(out, ' ');
        put_owner(out, t, OWNER_USER, e->info.user, true);
    }
    if (t->group) {
        buf_add_byte(out, ' ');
        put_owner(out, t, OWNER_GROUP, e->info.group, true);
    }
    if (t->sizes) {
        buf_add_byte(out, ' ');
        put_size(out, t, e->total);
    }
    if (t->dates) {
        buf_add_byte(out, ' ');
        put_date(c, t, out, e);
    }
    if (out->length == from)
        return;
    out->data[from] = '[';
    buf_add_text(out, "]  ");
}

/* A name as text: what cannot be printed is \ooo, or ? with -q. */
static void put_text_name(struct call *c, struct tree *t, struct buf *out, struct str name)
{
    enum locale locale = call_locale(c);

    if (t->quote)
        buf_add_byte(out, '"');
    while (name.length && !t->as_is) {
        struct utf8_char one = utf8_first(name, locale);
        struct str bytes = str_first(name, one.length);
        name = str_after(name, one.length);
        if (one.valid && utf8_width(one.code, locale) >= 0 && one.code)
            buf_add(out, bytes);
        else if (t->question && one.valid)
            buf_add_byte(out, '?');
        else if (t->question)
            buf_add(out, bytes);
        else
            for (size_t i = 0; i < bytes.length; i++)
                buf_print(out, "\\%03o", (unsigned)(unsigned char)bytes.data[i]);
    }
    buf_add(out, name);
    if (t->quote)
        buf_add_byte(out, '"');
}

/* In double quotes of JSON, or in XML. */
static void put_data(const struct tree *t, struct buf *out, struct str text)
{
    static const char json[] = "\"\\\b\f\n\r\t", shown[] = "\"\\bfnrt";

    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        const char *special = t->json && byte ? strchr(json, byte) : NULL;
        if (special)
            buf_print(out, "\\%c", shown[special - json]);
        else if (t->json && (unsigned char)byte < 32)
            buf_print(out, "\\u%04x", (unsigned)byte);
        else if (t->xml && byte && strchr("<>&\"", byte))
            buf_add_text(out, byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : byte == '&' ? "&amp;" : "&quot;");
        else
            buf_add_byte(out, byte);
    }
}

/* The name, with -f the path, in t->path. */
static struct str shown_name(struct tree *t, const struct branch *e)
{
    if (!t->full || !e->parent)
        return e->name;
    size_t length = 0;
    for (const struct branch *p = e; p; p = p->parent)
        length += p->name.length + 1;
    buf_clear(&t->path);
    buf_fill(&t->path, '/', length);
    size_t end = length - 1;
    for (const struct branch *p = e; p; p = p->parent) {
        size_t own = p->name.length - (!p->parent && p->name.length > 1 && p->name.data[p->name.length - 1] == '/');
        str_put(t->path.data + end - own, str_first(p->name, own));
        end -= own + (p->parent != NULL);
    }
    return str_of(t->path.data + end, length - 1 - end);
}

static char indicator(const struct stat_info *info)
{
    if (info->kind == NODE_DIRECTORY)
        return '/';
    if (info->kind == NODE_FIFO)
        return '|';
    return info->kind == NODE_FILE && (info->mode & 0111) ? '*' : 0;
}

static void put_colored(struct call *c, struct tree *t, struct buf *out, const struct branch *e, bool target)
{
    struct ls_entry ls = {.name = e->name, .info = e->info, .target = e->target, .known = true, .typed = true, .has_target = e->link,
                          .target_found = e->aim.kind != 0, .target_kind = e->aim.kind, .target_mode = e->aim.mode};
    struct str code = {0};

    if (t->colored)
        code = target && !e->aim.kind ? t->colors.code[COLOR_FILE] : colors_of(&t->colors, &ls, target);

    if (code.length)
        buf_print(out, "\033[%Sm", code);
    put_text_name(c, t, out, target ? e->target : shown_name(t, e));
    if (code.length)
        buf_add_text(out, "\033[0m");
}

static void put_lines(struct tree *t, struct buf *out, const struct branch *e)
{
    bool last = e->parent && !e->next;

    if (t->bare || !e->parent)
        return;
    if (t->lines == 'A')
        buf_add_text(out, "\033(0");
    buf_add(out, buf_str(&t->prefix));
    switch (t->lines) {
    case 'u': buf_add_text(out, last ? "\342\224\224\342\224\200\342\224\200 " : "\342\224\234\342\224\200\342\224\200 "); break;
    case 'A': buf_add_text(out, last ? "mqq \033(B" : "tqq \033(B"); break;
    case 'S': buf_add_text(out, last ? "\300\304\304 " : "\303\304\304 "); break;
    default:  buf_add_text(out, last ? "`-- " : "|-- "); break;
    }
}

static void go_deeper(struct tree *t, const struct branch *e)
{
    static const char *const bars[] = {"\342\224\202\302\240\302\240 ", "x   ", "\263   ", "|   "};

    if (e->parent && e->next)
        buf_add_text(&t->prefix, bars[t->lines == 'u' ? 0 : t->lines == 'A' ? 1 : t->lines == 'S' ? 2 : 3]);
    else if (e->parent)
        buf_add_text(&t->prefix, "    ");
}

static void go_up(struct tree *t, const struct branch *e)
{
    if (e->parent)
        t->prefix.length -= t->lines == 'u' && e->next ? 8 : 4;
}

/* Why it is not opened. */
static void put_trouble(struct buf *out, const struct branch *e)
{
    if (e->limited)
        buf_print(out, "%llu entries exceeds filelimit, not opening dir", (unsigned long long)e->children);
    else
        buf_add_text(out, e->broken ? "error opening dir" : "recursive, not followed");
}

static void put_line(struct call *c, struct tree *t, const struct branch *e)
{
    struct buf *out = &c->out;

    if (t->meta_first)
        put_meta(c, t, out, e);
    put_lines(t, out, e);
    if (!t->meta_first && !(e->broken && !e->parent && t->missing))
        put_meta(c, t, out, e);
    put_colored(c, t, out, e, false);
    if (e->link) {
        buf_add_text(out, " -> ");
        put_colored(c, t, out, e, true);
    }
    char mark = t->classify && !t->folders ? indicator(e->link ? &e->aim : &e->info) : 0;
    if (mark && !(mark == '/' && str_ends(e->name, "/") && !e->parent))
        buf_add_byte(out, mark);
    if (e->recursive || e->broken || e->limited) {
        buf_add_text(out, "  [");
        put_trouble(out, e);
        buf_add_byte(out, ']');
    }
    buf_add_byte(out, '\n');
}

static const char *kind_name(const struct branch *e)
{
    static const char *const names[] = {"unknown", "file", "directory", "link", "fifo", "char"};
    return names[e->link ? NODE_LINK : e->info.kind];
}

static void put_data_field(struct tree *t, struct buf *out, const char *name, bool text)
{
    if (t->json)
        buf_print(out, text ? ",\"%s\":\"" : ",\"%s\":", name);
    else
        buf_print(out, " %s=\"", name);
}

/* With -i neither JSON nor XML has lines, except where XML's folders begin. */
static const char *data_newline(const struct tree *t)
{
    return t->bare ? "" : "\n";
}

/* The element's beginning; what is in it follows, or put_data_end. */
static void put_data_line(struct call *c, struct tree *t, const struct branch *e, size_t depth)
{
    struct buf *out = &c->out;
    char mode[MODE_TEXT];
    const char *close = t->json ? "" : "\"";

    buf_fill(out, ' ', t->bare ? 0 : 2 * (depth + 1));
    buf_print(out, t->json ? "{\"type\":\"%s\"" : "<%s", kind_name(e));
    put_data_field(t, out, "name", true);
    put_data(t, out, shown_name(t, e));
    buf_add_byte(out, '"');
    if (e->link) {
        put_data_field(t, out, "target", true);
        put_data(t, out, e->target);
        buf_add_byte(out, '"');
    }
    if (t->inodes) {
        put_data_field(t, out, "inode", false);
        buf_print(out, "%llu%s", (unsigned long long)e->info.number, close);
    }
    if (t->device) {
        put_data_field(t, out, "dev", false);
        buf_print(out, "1%s", close);
    }
    if (t->protections) {
        mode_print(mode, kind_letter(&e->info), e->info.mode);
        put_data_field(t, out, "mode", true);
        buf_print(out, "%04o\"", (unsigned)e->info.mode);
        put_data_field(t, out, "prot", true);
        buf_print(out, "%S\"", str_of(mode, MODE_TEXT));
    }
    if (t->owner) {
        put_data_field(t, out, "user", true);
        put_owner(out, t, OWNER_USER, e->info.user, false);
        buf_add_byte(out, '"');
    }
    if (t->group) {
        put_data_field(t, out, "group", true);
        put_owner(out, t, OWNER_GROUP, e->info.group, false);
        buf_add_byte(out, '"');
    }
    if (t->sizes) {
        put_data_field(t, out, "size", false);
        buf_print(out, "%lld%s", (long long)e->total, close);
    }
    if (t->dates) {
        put_data_field(t, out, "time", true);
        put_date(c, t, out, e);
        buf_add_byte(out, '"');
    }
    if (!t->json)
        buf_add_byte(out, '>');
    if (e->broken || e->limited || e->recursive) {
        buf_add_text(out, t->json ? ",\"contents\":[{\"error\": \"" : "<error>");
        put_trouble(out, e);
        buf_add_text(out, t->json ? "\"}" : "</error>");
        if (t->json) {
            buf_print(out, "%s%s", data_newline(t), data_newline(t));
            buf_fill(out, ' ', t->bare ? 0 : 2 * (depth + 1));
            buf_add_byte(out, ']');
        }
    }
}

static bool is_opened(const struct branch *e)
{
    return e->first && !e->limited;
}

static void put_data_end(struct call *c, const struct tree *t, const struct branch *e, size_t depth)
{
    if (is_opened(e) || (t->xml && !e->parent))
        buf_fill(&c->out, ' ', t->bare ? 0 : 2 * (depth + 1));
    if (t->json)
        call_format(c, "%s}%s%s", is_opened(e) ? "]" : "", (e->parent ? e->next != NULL : t->root < c->operand_count) ? "," : "",
                    data_newline(t));
    else
        call_format(c, "</%s>%s", kind_name(e), data_newline(t));
}

static void put_entry(struct call *c, struct tree *t, struct branch *e)
{
    size_t depth = 0;

    call_charge(c, 1);
    call_charge_bytes(c, e->name.length + t->prefix.length);
    for (const struct branch *p = e->parent; p && (t->json || t->xml); p = p->parent)
        depth++;
    if (e->parent || e->limited || e->first)
        t->folder_count += is_folder(e);
    t->file_count += !is_folder(e) && !(e->broken && t->missing);
    if (!t->json && !t->xml) {
        put_line(c, t, e);
        return;
    }
    put_data_line(c, t, e, depth);
    if (t->json && is_opened(e))
        call_format(c, ",\"contents\":[%s", data_newline(t));
    if (t->xml && (is_opened(e) || !e->parent))
        call_print_byte(c, '\n');
    if (!is_opened(e))
        put_data_end(c, t, e, depth);
}

/* Prints the next entry: false behind the last. */
static bool print_next(struct call *c, struct tree *t)
{
    struct branch *e = t->at;
    size_t depth;

    put_entry(c, t, e);
    if (e->limited && e->parent)
        c->status = 2;
    if (is_opened(e)) {
        go_deeper(t, e);
        t->at = e->first;
        return true;
    }
    while (e && !e->next) {
        e = e->parent;
        if (!e)
            break;
        go_up(t, e);
        if (t->json || t->xml) {
            depth = 0;
            for (const struct branch *p = e->parent; p; p = p->parent)
                depth++;
            put_data_end(c, t, e, depth);
        }
    }
    t->at = e ? e->next : NULL;
    return t->at != NULL;
}

static void put_report(struct call *c, const struct tree *t)
{
    unsigned long long folders = t->folder_count, files = t->file_count;

    const char *newline = data_newline(t), *indent = t->bare ? "" : "  ";
    if (t->json) {
        if (t->report)
            call_format(c, ",%s%s{\"type\":\"report\",\"directories\":%llu", newline, indent, folders);
        if (t->report && !t->folders)
            call_format(c, ",\"files\":%llu", files);
        call_format(c, "%s%s]\n", t->report ? "}" : "", newline);
        return;
    }
    if (t->xml) {
        if (t->report)
            call_format(c, "%s<report>%s%s%s<directories>%llu</directories>%s", indent, newline, indent, indent, folders, newline);
        if (t->report && !t->folders)
            call_format(c, "%s%s<files>%llu</files>%s", indent, indent, files, newline);
        if (t->report)
            call_format(c, "%s</report>%s", indent, newline);
        call_print_text(c, "</tree>\n");
        return;
    }
    if (!t->report)
        return;
    call_print_byte(c, '\n');
    if (t->du) {
        call_print_byte(c, ' ');
        put_size(&c->out, t, (int64_t)t->bytes);
        call_format(c, "%s used in ", t->human ? "" : " bytes");
    }
    call_format(c, "%llu director%s", folders, folders == 1 ? "y" : "ies");
    if (!t->folders)
        call_format(c, ", %llu file%s", files, files == 1 ? "" : "s");
    call_print_byte(c, '\n');
}

/* --- the command -------------------------------------------------------------------------------------------------------------- */

static enum step begin_root(struct call *c, struct tree *t)
{
    struct str name = str_lit(".");

    if (!t->owners_loaded && (t->owner || t->group)) {
        if (owners_load(c, &t->owners) == E_WAIT)
            return STEP_WAIT;
        t->owners_loaded = true;
    }
    if (t->root == 0 && t->json)
        call_format(c, "[%s", data_newline(t));
    if (t->root == 0 && t->xml)
        call_format(c, "<?xml version=\"1.0\" encoding=\"%s\"?>%s<tree>%s", t->lines == 'u' ? "UTF-8" : "ASCII", data_newline(t),
                    data_newline(t));
    if (t->root >= (c->operand_count ? c->operand_count : 1)) {
        t->phase = PHASE_REPORT;
        return STEP_AGAIN;
    }
    if (c->operand_count)
        name = c->operands[t->root];
    while (t->full && name.length > 1 && name.data[name.length - 1] == '/')
        name.length--;
    t->root++;
    t->entry = NULL;
    t->missing = false;
    buf_clear(&t->prefix);
    walk_start(t->walk, name);
    t->phase = PHASE_WALK;
    return STEP_AGAIN;
}

/* One piece of the sorting of a tree, from the inside out, and then its sums. */
static void arrange(struct tree *t, struct call *c)
{
    if (t->sorting) {
        if (!sort_run(&t->sort))
            return;
        end_sort(t);
    } else if (t->order != UNSORTED && t->at->children > 1 && !t->at->matched) {
        begin_sort(c, t, t->at);
        t->at->matched = true; /* no longer needed: it is sorted now */
        return;
    }
    call_charge(c, 1);
    struct branch *done = t->at;
    t->at = next_after(done);
    if (!t->at) {
        t->at = done;
        t->phase = PHASE_PRINT;
        t->bytes += (uint64_t)done->total;
    }
}

/* The innermost first entry below. */
static struct branch *innermost(struct branch *e)
{
    while (e->first)
        e = e->first;
    return e;
}

static enum step work(struct call *c, struct tree *t)
{
    switch (t->phase) {
    case PHASE_ROOT:
        return begin_root(c, t);
    case PHASE_WALK:
        t->visit = walk_next(t->walk);
        if (t->visit == VISIT_WAIT)
            return STEP_WAIT;
        t->phase = PHASE_LOOK;
        if (t->visit == VISIT_END) {
            while (t->entry->parent)
                t->entry = t->entry->parent;
            t->at = innermost(t->entry);
            t->phase = PHASE_SUM;
        }
        return STEP_AGAIN;
    case PHASE_LOOK: {
        int64_t fuel = c->meter->fuel;
        if (task_charged(c->task, fuel, take_visit(c, t)) == E_WAIT)
            return STEP_WAIT;
        t->phase = PHASE_WALK;
        return STEP_AGAIN;
    }
    case PHASE_SUM: { /* from the inside out */
        struct branch *next = next_after(t->at);
        sum_up(t, t->at);
        t->at->matched = false;
        call_charge(c, 1 + (int64_t)t->at->children);
        if (!next)
            next = innermost(t->entry), t->phase = PHASE_SORT;
        t->at = next;
        return STEP_AGAIN;
    }
    case PHASE_SORT:
        arrange(t, c);
        return STEP_AGAIN;
    case PHASE_PRINT:
        if (t->missing)
            c->status = 2;
        if (!print_next(c, t))
            t->phase = PHASE_ROOT;
        return STEP_AGAIN;
    case PHASE_REPORT:
        put_report(c, t);
        t->phase = PHASE_FLUSH;
        return STEP_AGAIN;
    case PHASE_FLUSH:
        break;
    }
    return call_done(c);
}

/* -o: what is printed goes there. */
static int redirect(struct call *c, struct tree *t)
{
    int error = call_create(c, t->out_path, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &t->out);

    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "invalid filename '%S'", t->out_path);
        return 1;
    }
    error = fds_set(c->task, 1, file_share(t->out), false);
    t->out_path = (struct str){0};
    return error ? 1 : 0;
}

static enum step step(struct call *c)
{
    struct tree *t = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (t->out_path.data) {
            int error = redirect(c, t);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_done(c);
        }
        enum step step = work(c, t);
        if (step != STEP_AGAIN)
            return step;
    }
}

const struct command command_tree = {
    .name = "tree",
    .usage = "[OPTION]... [DIRECTORY]...",
    .summary = "List the contents of directories in a tree-like format.",
    .options = options,
    .state = sizeof(struct tree),
    .start = start,
    .step = step,
    .flags = COMMAND_RAW,
    .refused = "-H, -T, --nolinks, --hintro, --houtro: HTML is not made\n"
               "-R: there is no use for it without HTML\n"
               "--fromfile, --fflinks: listings are not read\n"
               "--gitignore, --gitfile, --info, --infofile: no such files are read",
};
