/* builtins/ls/ls.c - list directories: options, reading, sorting; ls, dir, vdir. */
#include "builtins/ls/ls.h"

#include "base/version.h"
#include "builtins/text.h"
#include "task/sandbox.h"

enum { LONG_AUTHOR = OPTION_LONG, LONG_BLOCK_SIZE, LONG_COLOR, LONG_DIRECTORIES_FIRST, LONG_FILE_TYPE, LONG_CLASSIFY,
       LONG_FORMAT, LONG_FULL_TIME,
       LONG_HIDE, LONG_HYPERLINK, LONG_INDICATOR, LONG_LINKS_TO_DIRECTORIES, LONG_QUOTING, LONG_SHOW_CONTROL, LONG_SI, LONG_SORT, LONG_TIME,
       LONG_TIME_STYLE, LONG_ZERO };

static const struct option options[] = {
    {'a', "all", NULL, "do not ignore entries starting with ."},
    {'A', "almost-all", NULL, "do not list implied . and .."},
    {LONG_AUTHOR, "author", NULL, "with -l, print the author of each file"},
    {'b', "escape", NULL, "print C-style escapes for nongraphic characters"},
    {LONG_BLOCK_SIZE, "block-size", "SIZE", "with -l, scale sizes by SIZE when printing them"},
    {'B', "ignore-backups", NULL, "do not list implied entries ending with ~"},
    {'c', NULL, NULL, "with -lt: sort by, and show, ctime; with -l: show ctime; otherwise: sort by ctime, newest first"},
    {'C', NULL, NULL, "list entries by columns"},
    {LONG_COLOR, "color", "[WHEN]", "color the output WHEN: always (default), auto, never"},
    {'d', "directory", NULL, "list directories themselves, not their contents"},
    {'D', "dired", NULL, "generate output designed for Emacs' dired mode"},
    {'f', NULL, NULL, "list all entries in directory order"},
    {'F', NULL, NULL, "append indicator (one of */=>@|) to entries"},
    {LONG_CLASSIFY, "classify", "[WHEN]", "append indicator (one of */=>@|) to entries WHEN"},
    {LONG_FILE_TYPE, "file-type", NULL, "likewise, except do not append '*'"},
    {LONG_FORMAT, "format", "WORD", "across -x, commas -m, horizontal -x, long -l, single-column -1, verbose -l, vertical -C"},
    {LONG_FULL_TIME, "full-time", NULL, "like -l --time-style=full-iso"},
    {'g', NULL, NULL, "like -l, but do not list owner"},
    {LONG_DIRECTORIES_FIRST, "group-directories-first", NULL, "group directories before files"},
    {'G', "no-group", NULL, "in a long listing, don't print group names"},
    {'h', "human-readable", NULL, "with -l and -s, print sizes like 1K 234M 2G etc."},
    {LONG_SI, "si", NULL, "likewise, but use powers of 1000 not 1024"},
    {'H', "dereference-command-line", NULL, "follow symbolic links listed on the command line"},
    {LONG_LINKS_TO_DIRECTORIES, "dereference-command-line-symlink-to-dir", NULL,
     "follow each command line symbolic link that points to a directory"},
    {LONG_HIDE, "hide", "PATTERN", "do not list implied entries matching shell PATTERN (overridden by -a or -A)"},
    {LONG_HYPERLINK, "hyperlink", "[WHEN]", "hyperlink file names WHEN: always (default), auto, never"},
    {LONG_INDICATOR, "indicator-style", "WORD", "append indicator with style WORD: none, slash (-p), file-type, classify (-F)"},
    {'i', "inode", NULL, "print the index number of each file"},
    {'I', "ignore", "PATTERN", "do not list implied entries matching shell PATTERN"},
    {'k', "kibibytes", NULL, "default to 1024-byte blocks for file system usage"},
    {'l', NULL, NULL, "use a long listing format"},
    {'L', "dereference", NULL, "show information for the file a symbolic link references"},
    {'m', NULL, NULL, "fill width with a comma separated list of entries"},
    {'n', "numeric-uid-gid", NULL, "like -l, but list numeric user and group IDs"},
    {'N', "literal", NULL, "print entry names without quoting"},
    {'o', NULL, NULL, "like -l, but do not list group information"},
    {'p', NULL, NULL, "append / indicator to directories"},
    {'q', "hide-control-chars", NULL, "print ? instead of nongraphic characters"},
    {LONG_SHOW_CONTROL, "show-control-chars", NULL, "show nongraphic characters as-is"},
    {'Q', "quote-name", NULL, "enclose entry names in double quotes"},
    {LONG_QUOTING, "quoting-style", "WORD", "literal, locale, shell, shell-always, shell-escape, shell-escape-always, c, escape"},
    {'r', "reverse", NULL, "reverse order while sorting"},
    {'R', "recursive", NULL, "list subdirectories recursively"},
    {'s', "size", NULL, "print the allocated size of each file, in blocks"},
    {'S', NULL, NULL, "sort by file size, largest first"},
    {LONG_SORT, "sort", "WORD", "sort by WORD instead of name: none (-U), size (-S), time (-t), version (-v), extension (-X), width"},
    {LONG_TIME, "time", "WORD", "atime, access, use (-u); ctime, status (-c); birth, creation; mtime, modification"},
    {LONG_TIME_STYLE, "time-style", "TIME_STYLE", "full-iso, long-iso, iso, locale or +FORMAT"},
    {'t', NULL, NULL, "sort by time, newest first"},
    {'T', "tabsize", "COLS", "assume tab stops at each COLS instead of 8"},
    {'u', NULL, NULL, "with -lt: sort by, and show, access time; with -l: show access time; otherwise: sort by access time"},
    {'U', NULL, NULL, "do not sort; list entries in directory order"},
    {'v', NULL, NULL, "natural sort of (version) numbers within text"},
    {'w', "width", "COLS", "set output width to COLS.  0 means no limit"},
    {'x', NULL, NULL, "list entries by lines instead of by columns"},
    {'X', NULL, NULL, "sort alphabetically by entry extension"},
    {'Z', "context", NULL, "print any security context of each file"},
    {LONG_ZERO, "zero", NULL, "end each output line with NUL, not newline"},
    {'1', NULL, NULL, "list one file per line"},
    {0},
};

/* --- options --------------------------------------------------------------------------------- */

static bool is_terminal(struct call *c)
{
    struct file *out = fds_get(c->task, 1);
    return out && file_is_terminal(out);
}

/* always and its kin: 0 none was right (a message), 1 yes, -1 no. */
static int choose_when(struct call *c, const char *option, struct str value)
{
    static const char *const words[] = {"always", "=yes", "=force", "never", "=no", "=none", "auto", "=tty", "=if-tty", NULL};
    if (!value.data)
        return 1;
    int i = call_choose(c, option, value, words);
    return i < 0 ? 0 : i < 3 ? 1 : i < 6 ? -1 : is_terminal(c) ? 1 : -1;
}

/* A number of columns: false after a message. */
static bool read_columns(struct call *c, const char *what, struct str value, size_t *columns)
{
    uint64_t number = 0;
    int error = text_count(value, "", &number);
    if (error == E_INVAL) {
        call_error(c, "invalid %s: %S", what, call_quote_word(c, value));
        return false;
    }
    *columns = number > 1u << 30 ? 0 : (size_t)number;
    return true;
}

static void add_pattern(struct call *c, struct ls *l, struct glob ***list, size_t *count, struct str pattern)
{
    *list = array_grow(c->heap, *list, *count, sizeof **list);
    (*list)[(*count)++] = glob_compile(c->heap, pattern, GLOB_PERIOD | (l->locale == LOCALE_UTF8 ? GLOB_UTF8 : 0));
}

static int set_time_style(struct call *c, struct ls *l, struct str style)
{
    static const char *const words[] = {"full-iso", "long-iso", "iso", "locale", NULL};
    while (str_starts(style, "posix-"))
        style = str_after(style, 6);
    if (style.length && style.data[0] == '+') {
        struct str format = str_after(style, 1);
        ptrdiff_t line = str_find(format, '\n');
        l->old_format = line < 0 ? format : str_first(format, (size_t)line);
        l->recent_format = line < 0 ? format : str_after(format, (size_t)line + 1);
        if (str_find(l->recent_format, '\n') >= 0) {
            call_error(c, "invalid time style format '%S'", format);
            return c->status = 2;
        }
        return 0;
    }
    int found = -1, matches = 0;
    for (int i = 0; words[i]; i++) {
        if (str_is(style, words[i]))
            found = i, matches = 1;
        else if (style.length && strlen(words[i]) > style.length && memcmp(words[i], style.data, style.length) == 0)
            found = i, matches++;
    }
    if (matches != 1) {
        call_error(c, "%s argument %S for %S", matches ? "ambiguous" : "invalid", call_quote_word(c, style),
                   call_quote_word(c, str_lit("time style")));
        call_complain(c, "Valid arguments are:\n");
        for (int i = 0; words[i]; i++)
            call_complain(c, "  - [posix-]%s\n", words[i]);
        call_complain(c, "  - +FORMAT (e.g., +%%H:%%M) for a 'date'-style format\n");
        call_complain(c, "Try '%S --help' for more information.\n", c->name);
        return c->status = 2;
    }
    static const char *const formats[][2] = {
        {"%Y-%m-%d %H:%M:%S.%N %z", "%Y-%m-%d %H:%M:%S.%N %z"},
        {"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M"},
        {"%m-%d %H:%M", "%Y-%m-%d "},
        {"%b %e %H:%M", "%b %e  %Y"},
    };
    l->recent_format = str_from(formats[found][0]);
    l->old_format = str_from(formats[found][1]);
    return 0;
}

struct choices {
    bool layout_given, order_given, stamp_given, quoting_given, kibibytes, unit_given, width_given, tab_given, control_given, color;
    int dereference; /* -1: not given */
    struct str time_style;
    bool has_style;
};

static void set_layout(struct ls *l, struct choices *g, enum layout layout)
{
    l->layout = layout;
    g->layout_given = true;
}

static void set_order(struct ls *l, struct choices *g, enum order order)
{
    l->order = order;
    g->order_given = true;
}

static void set_quoting(struct ls *l, struct choices *g, enum quote_style style)
{
    l->quoting = style;
    g->quoting_given = true;
}

static int word_option(struct call *c, struct ls *l, struct choices *g, int letter, struct str value)
{
    int i;
    switch (letter) {
    case LONG_FORMAT: {
        static const char *const words[] = {"verbose", "=long", "commas", "horizontal", "=across", "vertical", "single-column", NULL};
        static const enum layout layouts[] = {LAYOUT_LONG, LAYOUT_LONG, LAYOUT_COMMAS, LAYOUT_ROWS, LAYOUT_ROWS, LAYOUT_COLUMNS,
                                              LAYOUT_SINGLE};
        if ((i = call_choose(c, "--format", value, words)) >= 0)
            set_layout(l, g, layouts[i]);
        break;
    }
    case LONG_SORT: {
        static const char *const words[] = {"none", "time", "size", "extension", "version", "width", NULL};
        static const enum order orders[] = {ORDER_NONE, ORDER_TIME, ORDER_SIZE, ORDER_EXTENSION, ORDER_VERSION, ORDER_WIDTH};
        if ((i = call_choose(c, "--sort", value, words)) >= 0)
            set_order(l, g, orders[i]);
        break;
    }
    case LONG_TIME: {
        static const char *const words[] = {"atime", "=access", "=use", "ctime", "=status", "birth", "=creation", NULL};
        static const enum stamp stamps[] = {STAMP_ACCESSED, STAMP_ACCESSED, STAMP_ACCESSED, STAMP_CHANGED, STAMP_CHANGED,
                                            STAMP_BORN, STAMP_BORN};
        if ((i = call_choose(c, "--time", value, words)) >= 0)
            l->stamp = stamps[i], g->stamp_given = true;
        break;
    }
    case LONG_INDICATOR: {
        static const char *const words[] = {"none", "slash", "file-type", "classify", NULL};
        if ((i = call_choose(c, "--indicator-style", value, words)) >= 0)
            l->indicator = (enum indicator)i;
        break;
    }
    default: /* LONG_QUOTING */
        if ((i = call_choose(c, "--quoting-style", value, quote_style_names)) >= 0)
            set_quoting(l, g, (enum quote_style)i);
        break;
    }
    return i < 0 ? c->status : 0;
}

static int take_option(struct call *c, struct ls *l, struct choices *g, int letter, struct str value)
{
    int when;
    switch (letter) {
    case 'a': l->all = true; l->almost_all = false; break;
    case 'A': l->almost_all = true; l->all = false; break;
    case LONG_AUTHOR: l->show_author = true; break;
    case 'b': set_quoting(l, g, QUOTE_ESCAPE); break;
    case LONG_BLOCK_SIZE:
        if (!size_unit_parse(c, "--block-size", value, &l->unit))
            return c->status = 2;
        l->file_unit = l->unit;
        g->unit_given = true;
        break;
    case 'B': l->no_backups = true; break;
    case 'c': l->stamp = STAMP_CHANGED; g->stamp_given = true; break;
    case 'C': set_layout(l, g, LAYOUT_COLUMNS); break;
    case LONG_COLOR:
        if (!(when = choose_when(c, "--color", value)))
            return c->status;
        g->color = when > 0;
        break;
    case 'd': l->self = true; break;
    case 'D': l->dired = true; break;
    case 'f':
        l->all = true;
        l->almost_all = false;
        set_order(l, g, ORDER_NONE);
        if (l->layout == LAYOUT_LONG)
            g->layout_given = false;
        l->blocks = false;
        g->color = l->hyperlink = false;
        break;
    case 'F': l->indicator = INDICATOR_CLASSIFY; break;
    case LONG_CLASSIFY:
        if (!(when = choose_when(c, "--classify", value)))
            return c->status;
        if (when > 0)
            l->indicator = INDICATOR_CLASSIFY;
        break;
    case LONG_FILE_TYPE: l->indicator = INDICATOR_TYPE; break;
    case LONG_FULL_TIME: set_layout(l, g, LAYOUT_LONG); g->time_style = str_lit("full-iso"); g->has_style = true; break;
    case 'g': set_layout(l, g, LAYOUT_LONG); l->show_owner = false; break;
    case LONG_DIRECTORIES_FIRST: l->directories_first = true; break;
    case 'G': l->show_group = false; break;
    case 'h': l->unit = l->file_unit = size_unit_human(false); g->unit_given = true; break;
    case LONG_SI: l->unit = l->file_unit = size_unit_human(true); g->unit_given = true; break;
    case 'H': g->dereference = LINKS_OF_OPERANDS; break;
    case LONG_LINKS_TO_DIRECTORIES: g->dereference = LINKS_TO_DIRECTORIES; break;
    case LONG_HIDE: add_pattern(c, l, &l->hidden, &l->hidden_count, value); break;
    case LONG_HYPERLINK:
        if (!(when = choose_when(c, "--hyperlink", value)))
            return c->status;
        l->hyperlink = when > 0;
        break;
    case 'i': l->inode = true; break;
    case 'I': add_pattern(c, l, &l->ignored, &l->ignored_count, value); break;
    case 'k': g->kibibytes = true; break;
    case 'l': set_layout(l, g, LAYOUT_LONG); break;
    case 'L': g->dereference = LINKS_FOLLOWED; break;
    case 'm': set_layout(l, g, LAYOUT_COMMAS); break;
    case 'n': set_layout(l, g, LAYOUT_LONG); l->numeric = true; break;
    case 'N': set_quoting(l, g, QUOTE_LITERAL); break;
    case 'o': set_layout(l, g, LAYOUT_LONG); l->show_group = false; break;
    case 'p': l->indicator = INDICATOR_SLASH; break;
    case 'q': l->hide_control = true; g->control_given = true; break;
    case LONG_SHOW_CONTROL: l->hide_control = false; g->control_given = true; break;
    case 'Q': set_quoting(l, g, QUOTE_C); break;
    case 'r': l->reverse = true; break;
    case 'R': l->recursive = true; break;
    case 's': l->blocks = true; break;
    case 'S': set_order(l, g, ORDER_SIZE); break;
    case LONG_TIME_STYLE: g->time_style = value; g->has_style = true; break;
    case 't': set_order(l, g, ORDER_TIME); break;
    case 'T':
        if (!read_columns(c, "tab size", value, &l->tab))
            return c->status = 2;
        g->tab_given = true;
        break;
    case 'u': l->stamp = STAMP_ACCESSED; g->stamp_given = true; break;
    case 'U': set_order(l, g, ORDER_NONE); break;
    case 'v': set_order(l, g, ORDER_VERSION); break;
    case 'w':
        if (!read_columns(c, "line width", value, &l->line_length))
            return c->status = 2;
        g->width_given = true;
        break;
    case 'x': set_layout(l, g, LAYOUT_ROWS); break;
    case 'X': set_order(l, g, ORDER_EXTENSION); break;
    case 'Z': l->contexts = true; break;
    case '1':
        if (!(g->layout_given && l->layout == LAYOUT_LONG))
            set_layout(l, g, LAYOUT_SINGLE);
        break;
    case LONG_ZERO:
        l->zero = true;
        g->color = false;
        if (!(g->layout_given && l->layout == LAYOUT_LONG))
            set_layout(l, g, LAYOUT_SINGLE);
        l->hide_control = false;
        g->control_given = true;
        set_quoting(l, g, QUOTE_LITERAL);
        break;
    default:
        return word_option(c, l, g, letter, value);
    }
    return 0;
}

static int start(struct call *c)
{
    struct ls *l = c->state;
    struct str value;
    bool terminal = is_terminal(c);
    bool columns = str_is(str_from(c->command->name), "dir"), verbose = str_is(str_from(c->command->name), "vdir");
    struct choices g = {.dereference = -1};
    l->locale = call_locale(c);
    l->show_owner = l->show_group = true;
    l->layout = verbose ? LAYOUT_LONG : columns || terminal ? LAYOUT_COLUMNS : LAYOUT_SINGLE;
    l->quoting = columns || verbose ? QUOTE_ESCAPE : terminal ? QUOTE_SHELL_ESCAPE : QUOTE_LITERAL;
    l->unit = size_unit_default(c, "LS_BLOCK_SIZE");
    l->file_unit = size_unit_of(1);
    if (environment_find(c->task->environment, "LS_BLOCK_SIZE", &value) ||
        environment_find(c->task->environment, "BLOCK_SIZE", &value))
        l->file_unit = l->unit;
    buf_init(&l->text, c->heap);
    buf_init(&l->last_text, c->heap);
    buf_init(&l->names_at, c->heap);
    buf_init(&l->headings_at, c->heap);
    if (!columns && !verbose && environment_find(c->task->environment, "QUOTING_STYLE", &value)) {
        bool found = false;
        for (int i = 0; quote_style_names[i]; i++)
            if (str_is(value, quote_style_names[i]))
                l->quoting = (enum quote_style)i, found = true;
        if (!found)
            call_warn(c, "ignoring invalid value of environment variable QUOTING_STYLE: %S", call_quote_word(c, value));
    }
    enum layout initial = l->layout;
    for (size_t i = 0; i < c->option_count; i++) {
        int status = take_option(c, l, &g, c->options[i].letter, c->options[i].value);
        if (status)
            return status;
    }
    if (!g.layout_given)
        l->layout = initial == LAYOUT_LONG || !terminal || columns ? initial : LAYOUT_COLUMNS;
    l->dired &= l->layout == LAYOUT_LONG && !l->hyperlink;
    if (l->dired && l->zero) {
        call_error(c, "--dired and --zero are incompatible");
        return c->status = 2;
    }
    if (!g.width_given) {
        l->line_length = 80;
        if (environment_find(c->task->environment, "COLUMNS", &value) && value.length) {
            uint64_t number;
            if (text_count(value, "", &number) == 0)
                l->line_length = number > 1u << 30 ? 0 : (size_t)number;
            else
                call_warn(c, "ignoring invalid width in environment variable COLUMNS: %S", call_quote_word(c, value));
        }
    }
    if (!g.tab_given)
        l->tab = 8;
    if (!l->line_length) /* all in one line, and nothing to align */
        l->tab = 0;
    if (g.kibibytes && !g.unit_given)
        l->unit = size_unit_of(1024);
    if (!g.control_given)
        l->hide_control = terminal && str_is(str_from(c->command->name), "ls");
    bool classify = l->indicator == INDICATOR_CLASSIFY;
    l->links = g.dereference >= 0 ? (enum link_mode)g.dereference
               : l->self || classify || l->layout == LAYOUT_LONG ? LINKS_SHOWN : LINKS_TO_DIRECTORIES;
    if (!g.order_given && g.stamp_given && l->layout != LAYOUT_LONG)
        l->order = ORDER_TIME;
    if (l->layout == LAYOUT_LONG) {
        if (!g.has_style && environment_find(c->task->environment, "TIME_STYLE", &value)) {
            g.time_style = value;
            g.has_style = true;
        }
        int status = set_time_style(c, l, g.has_style ? g.time_style : str_lit("locale"));
        if (status)
            return status;
    }
    if (g.color) {
        l->colors.on = true;
        colors_load(c, &l->colors);
        if (l->colors.on)
            l->tab = 0;
    }
    l->escape_space = l->quoting == QUOTE_ESCAPE;
    if (l->self)
        l->recursive = false;
    l->needs_stat = l->layout == LAYOUT_LONG || l->order == ORDER_TIME || l->order == ORDER_SIZE || l->blocks || classify ||
                    l->colors.on;
    l->needs_type = l->recursive || l->indicator || l->directories_first;
    if (l->links == LINKS_FOLLOWED && (l->inode || l->needs_type)) /* a listing tells those of the link */
        l->needs_stat = true;
    l->headings = c->operand_count > 1 || l->recursive;
    c->failure = 1;
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */

enum { PHASE_OWNERS, PHASE_OPERANDS, PHASE_SORT, PHASE_TARGETS, PHASE_PRINT, PHASE_NEXT, PHASE_OPEN, PHASE_READ };

static struct vfs *files(struct call *c)
{
    return &c->task->sandbox->vfs;
}

static void fail(struct call *c, bool operand, const char *format, struct str name, int error)
{
    int status = c->status;
    call_error(c, format, call_quote(c, name), error);
    c->status = operand || status == 2 ? 2 : 1;
}

static struct ls_entry *add_entry(struct call *c, struct ls *l, struct str name)
{
    l->entries = array_grow(c->heap, l->entries, l->count, sizeof *l->entries);
    struct ls_entry *e = &l->entries[l->count++];
    memset(e, 0, sizeof *e);
    e->name = name;
    return e;
}

static void clear_entries(struct call *c, struct ls *l)
{
    for (size_t i = 0; l->hyperlink && i < l->count; i++)
        heap_free(c->heap, (void *)(uintptr_t)l->entries[i].url.data);
    heap_free(c->heap, l->entries);
    heap_free(c->heap, l->sorted);
    l->entries = NULL;
    l->sorted = NULL;
    l->count = 0;
    l->widths = (struct widths){0};
    l->some_quoted = false;
    l->position = 0;
}

static void push(struct call *c, struct ls *l, struct pending p)
{
    l->pending = array_grow(c->heap, l->pending, l->pending_count, sizeof p);
    l->pending[l->pending_count++] = p;
}

/* One operand: 0 or E_WAIT. */
static int look_at_operand(struct call *c, struct ls *l, struct str name)
{
    struct stat_info info;
    int error = 0;
    bool follow = l->links == LINKS_FOLLOWED || l->links == LINKS_OF_OPERANDS;
    if (l->links == LINKS_TO_DIRECTORIES) {
        error = call_stat(c, name, true, &info);
        follow = error == 0 ? info.kind == NODE_DIRECTORY : error != E_NOENT;
    }
    if (l->links != LINKS_TO_DIRECTORIES || !follow)
        error = call_stat(c, name, follow, &info);
    if (error == E_WAIT)
        return error;
    call_charge(c, 1);
    if (error) {
        fail(c, true, "cannot access %S: %m", name, error);
        return 0;
    }
    struct ls_entry *e = add_entry(c, l, name);
    e->info = info;
    e->known = e->typed = true;
    return 0;
}

/* What a link points to: 0 or E_WAIT. */
static int look_at_target(struct call *c, struct ls *l, struct ls_entry *e)
{
    bool check = l->indicator > INDICATOR_SLASH || l->directories_first ||
                 (l->colors.on && (colors_has(&l->colors, COLOR_ORPHAN) || l->colors.as_target ||
                                   (l->layout == LAYOUT_LONG && colors_has(&l->colors, COLOR_MISSING))));
    if (l->layout == LAYOUT_LONG && !e->has_target) {
        struct str target;
        int error = vfs_readlink(files(c), e->info.number, &target);
        if (error == E_WAIT)
            return error;
        if (error == 0) {
            e->target = str_copy(c->heap, target);
            e->has_target = true;
        }
    }
    if (!check)
        return 0;
    struct place place;
    struct stat_info info;
    memset(&place, 0, sizeof place);
    uint64_t directory = l->current.number;
    int error = directory ? vfs_walk(files(c), c->task->who, directory, e->name, WALK_FOLLOW, &place)
                          : task_walk(c->task, e->name, WALK_FOLLOW, &place);
    if (error == 0)
        error = vfs_stat(files(c), place.number, &info);
    place_drop(&place, c->meter);
    if (error == E_WAIT)
        return error;
    if (error == 0) {
        e->target_found = true;
        e->target_kind = info.kind;
        e->target_mode = info.mode;
    }
    return 0;
}

static struct str join(struct call *c, struct str directory, struct str name)
{
    bool slash = directory.length && directory.data[directory.length - 1] != '/';
    char *data = heap_alloc(c->heap, directory.length + name.length + 2);
    memcpy(data, directory.data, directory.length);
    size_t length = directory.length;
    if (slash)
        data[length++] = '/';
    if (name.length)
        memcpy(data + length, name.data, name.length);
    return str_of(data, length + name.length);
}

/* The path of a file link, on the heap: 0 or E_WAIT. Without one, after a message, data stays NULL. */
static int make_url(struct call *c, struct ls *l, bool operand, struct str path, struct str *url)
{
    if (!l->hyperlink || url->data)
        return 0;
    struct buf real, out;
    buf_init(&real, c->heap);
    buf_init(&out, c->heap);
    int error = call_realpath(c, path, 2, &real);
    if (error && error != E_WAIT)
        fail(c, operand, "error canonicalizing %S: %m", path, error);
    if (error) {
        buf_drop(&real);
        return error == E_WAIT ? E_WAIT : 0;
    }
    for (size_t i = 0; i < real.length; i++) { /* RFC 3986, 2.3 */
        unsigned char b = (unsigned char)real.data[i];
        if ((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || (b && strchr("/-._~", b)))
            buf_add_byte(&out, (char)b);
        else
            buf_print(&out, "%%%02x", b);
    }
    buf_drop(&real);
    *url = buf_str(&out);
    return 0;
}

static bool is_listed(struct call *c, struct ls *l, struct str name)
{
    if (name.data[0] == '.' && !l->all && !l->almost_all)
        return false;
    if (!l->all && !l->almost_all)
        for (size_t i = 0; i < l->hidden_count; i++)
            if (glob_match(l->hidden[i], c->heap, name))
                return false;
    if (l->no_backups && name.data[name.length - 1] == '~')
        return false;
    for (size_t i = 0; i < l->ignored_count; i++)
        if (glob_match(l->ignored[i], c->heap, name))
            return false;
    return true;
}

/* The entry whose name was read: 0 or E_WAIT. */
static int look_at_entry(struct call *c, struct ls *l)
{
    struct vfs *v = files(c);
    struct stat_info info = {.number = l->number};
    bool known = false, typed = false, broken = false;
    int error = 0;
    if (l->number == 0) { /* made up: it has no inode of its own */
        error = call_stat(c, join(c, l->current.path, l->name), l->links == LINKS_FOLLOWED, &info);
        known = typed = error == 0;
    } else if (l->needs_stat && !l->searchable) {
        error = E_ACCES;
        struct stat_info other;
        if (vfs_stat(v, l->number, &other) == 0) {
            info.kind = other.kind;
            typed = true;
        }
    } else if (l->needs_stat || l->needs_type) {
        error = vfs_stat(v, l->number, &info);
        if (error == 0 && info.kind == NODE_LINK && l->links == LINKS_FOLLOWED) {
            struct place place;
            memset(&place, 0, sizeof place);
            error = vfs_walk(v, c->task->who, l->current.number, l->name, WALK_FOLLOW, &place);
            if (error == 0)
                error = vfs_stat(v, place.number, &info);
            place_drop(&place, c->meter);
            broken = error != 0;
        }
        typed = error == 0 || broken;
        known = error == 0;
    }
    if (error == E_WAIT)
        return error;
    if (error) {
        fail(c, false, "cannot access %S: %m", str_is(l->current.path, ".") ? l->name : join(c, l->current.path, l->name), error);
        info.number = 0;
    }
    struct ls_entry *e = add_entry(c, l, l->name);
    e->info = info;
    e->known = known;
    e->typed = typed;
    return 0;
}

static int open_directory(struct call *c, struct ls *l)
{
    struct pending *p = &l->current;
    struct vfs *v = files(c);
    int error;
    if (p->number) {
        error = vfs_access(v, c->task->who, p->number, MAY_READ);
        if (error == 0)
            error = task_list_inode(c->task, p->number, &l->listing);
    } else {
        error = task_list(c->task, p->path, &l->listing);
        if (error == 0)
            p->number = l->listing.proc ? 0 : l->listing.directory;
    }
    if (error)
        return error;
    l->searchable = !p->number || vfs_access(v, c->task->who, p->number, MAY_EXECUTE) == 0;
    return 0;
}

static void release_listing(void *thing, struct meter *m)
{
    struct ls *l = thing;
    (void)m;
    listing_release(l->task, &l->listing);
}

/* The next name of the directory being read: "." and ".." first. */
static bool next_name(struct call *c, struct ls *l)
{
    while (l->special > 0) {
        l->special--;
        l->name = l->special ? str_lit(".") : str_lit("..");
        l->number = l->special ? l->current.number : l->current.number ? vfs_parent(files(c), l->current.number) : 0;
        if (is_listed(c, l, l->name))
            return true;
    }
    while (listing_next(c->task, &l->listing, &l->name, &l->number)) {
        call_charge(c, 1);
        if (l->number == 0) /* made up: its bytes do not stay */
            l->name = str_copy(c->heap, l->name);
        if (is_listed(c, l, l->name))
            return true;
        if (!call_go(c)) {
            l->name.length = 0; /* none yet, but it is not the end */
            return true;
        }
    }
    return false;
}

/* --- sorting --------------------------------------------------------------------------------- */

static struct str extension(struct str name)
{
    ptrdiff_t dot = str_find_last(name, '.');
    return dot < 0 ? (struct str){0} : str_after(name, (size_t)dot);
}

static int order_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static bool leads_to_directory(const struct ls_entry *e)
{
    return e->info.kind == NODE_DIRECTORY || (e->info.kind == NODE_LINK && e->target_found && e->target_kind == NODE_DIRECTORY);
}

static int compare(const void *first, const void *second, void *user)
{
    const struct ls *l = user;
    const struct ls_entry *a = first, *b = second;
    int order = 0;
    if (l->directories_first && leads_to_directory(a) != leads_to_directory(b))
        return leads_to_directory(a) ? -1 : 1;
    switch (l->order) {
    case ORDER_SIZE:      order = order_numbers(b->info.size, a->info.size); break;
    case ORDER_TIME:      order = (ls_time(l, b) > ls_time(l, a)) - (ls_time(l, b) < ls_time(l, a)); break;
    case ORDER_EXTENSION: order = str_compare(extension(a->name), extension(b->name)); break;
    case ORDER_VERSION:   order = version_compare(a->name, b->name); break;
    case ORDER_WIDTH:     order = order_numbers(a->width, b->width); break;
    default:              break;
    }
    if (order == 0)
        order = str_compare(a->name, b->name);
    return l->reverse ? -order : order;
}

static void begin_sort(struct call *c, struct ls *l)
{
    l->sorted = heap_alloc(c->heap, (l->count + 1) * sizeof *l->sorted);
    for (size_t i = 0; i < l->count; i++)
        l->sorted[i] = &l->entries[i];
    sort_start(&l->sort, c->heap, (void **)l->sorted, l->order == ORDER_NONE ? 0 : l->count, compare, l);
    l->at = 0;
}

/* --- the steps ------------------------------------------------------------------------------- */

static void print_heading(struct call *c, struct ls *l)
{
    if (l->headings) {
        if (l->printed) {
            call_print_byte(c, '\n');
            l->offset++;
        }
        ls_line_start(c, l);
        ls_print_heading(c, l);
        call_print_text(c, ":\n"); /* with --zero too */
        ls_line_end(c, l);
    }
    l->printed = true;
}

static void print_total(struct call *c, struct ls *l)
{
    uint64_t blocks = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->entries[i].known)
            blocks += l->entries[i].info.blocks;
    buf_clear(&l->text);
    size_print(&l->text, blocks * 512, &l->unit);
    ls_line_start(c, l);
    call_format(c, "total %S%c", buf_str(&l->text), l->zero ? '\0' : '\n');
    ls_line_end(c, l);
}

static void print_places(struct call *c, struct ls *l)
{
    if (l->names_at.length)
        call_format(c, "//DIRED//%S\n", buf_str(&l->names_at));
    if (l->headings_at.length)
        call_format(c, "//SUBDIRED//%S\n", buf_str(&l->headings_at));
    call_format(c, "//DIRED-OPTIONS// --quoting-style=%s\n", quote_style_names[l->quoting]);
}

/* The directories among what is listed wait for their turn, the first on top. */
static void extract_directories(struct call *c, struct ls *l, bool operands)
{
    size_t kept = 0;
    if (!operands && l->links == LINKS_FOLLOWED)
        push(c, l, (struct pending){.end = true});
    for (size_t i = l->count; i > 0; i--) {
        struct ls_entry *e = l->sorted[i - 1];
        bool dots = str_is(e->name, ".") || str_is(e->name, "..");
        if (e->info.kind != NODE_DIRECTORY || !(e->known || e->typed) || (!operands && dots))
            continue;
        struct str path = operands ? e->name : join(c, l->current.path, e->name);
        push(c, l, (struct pending){.path = path, .number = operands ? 0 : e->info.number, .operand = operands});
    }
    if (!operands)
        return;
    for (size_t i = 0; i < l->count; i++)
        if (l->sorted[i]->info.kind != NODE_DIRECTORY)
            l->sorted[kept++] = l->sorted[i];
    l->count = kept;
}

static bool is_active(struct call *c, struct ls *l)
{
    if (l->links != LINKS_FOLLOWED || !l->recursive)
        return false;
    for (size_t i = 0; i < l->active_count; i++)
        if (l->active[i] == l->current.number) {
            call_error(c, "%S: not listing already-listed directory", l->current.path);
            c->status = 2;
            return true;
        }
    l->active = array_grow(c->heap, l->active, l->active_count, sizeof *l->active);
    l->active[l->active_count++] = l->current.number;
    return false;
}

static int link_entry(struct call *c, struct ls *l, struct ls_entry *e)
{
    if (!l->hyperlink)
        return 0;
    bool operand = !l->current.path.data;
    struct str path = operand ? e->name : join(c, l->current.path, e->name);
    int error = make_url(c, l, operand, path, &e->url);
    if (!operand)
        heap_free(c->heap, (void *)(uintptr_t)path.data);
    return error;
}

static void measure(struct call *c, struct ls *l, struct ls_entry *e)
{
    bool wide = l->layout == LAYOUT_COLUMNS || l->layout == LAYOUT_ROWS || l->layout == LAYOUT_COMMAS || l->order == ORDER_WIDTH;
    bool only_if_needed = l->quoting == QUOTE_SHELL || l->quoting == QUOTE_SHELL_ESCAPE || l->quoting == QUOTE_C_MAYBE;
    if (wide || only_if_needed) {
        e->width = (uint32_t)ls_show(l, e->name, l->escape_space ? " " : NULL);
        e->quoted = only_if_needed && l->text.length != e->name.length;
        l->some_quoted |= e->quoted;
    }
    ls_measure(l, e);
    (void)c;
}

static enum step step(struct call *c)
{
    struct ls *l = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (l->phase) {
        case PHASE_OWNERS:
            if (l->layout == LAYOUT_LONG && !l->numeric && owners_load(c, &l->owners) == E_WAIT)
                return STEP_WAIT;
            l->task = c->task;
            l->now = sandbox_now(c->task->sandbox);
            if (l->now < files(c)->last_time)
                l->now = files(c)->last_time;
            l->now++;
            l->phase = PHASE_OPERANDS;
            if (c->operand_count == 0 && !l->self) {
                push(c, l, (struct pending){.path = str_lit("."), .operand = true});
                l->phase = PHASE_NEXT;
            }
            break;
        case PHASE_OPERANDS: {
            size_t count = c->operand_count ? c->operand_count : 1;
            if (l->at == count) {
                l->current = (struct pending){.operand = true};
                begin_sort(c, l);
                l->at = 0;
                l->phase = PHASE_TARGETS;
                break;
            }
            if (look_at_operand(c, l, c->operand_count ? c->operands[l->at] : str_lit(".")) == E_WAIT)
                return STEP_WAIT;
            l->at++;
            break;
        }
        case PHASE_TARGETS: /* links and widths */
            if (l->at == l->count) {
                l->phase = PHASE_SORT;
                break;
            }
            if (l->entries[l->at].info.kind == NODE_LINK && l->entries[l->at].known &&
                look_at_target(c, l, &l->entries[l->at]) == E_WAIT)
                return STEP_WAIT;
            if (link_entry(c, l, &l->entries[l->at]) == E_WAIT)
                return STEP_WAIT;
            measure(c, l, &l->entries[l->at]); /* operands that are directories, too: so does GNU's */
            l->at++;
            break;
        case PHASE_SORT: {
            if (!sort_run(&l->sort))
                return STEP_AGAIN;
            bool operands = l->current.path.data == NULL;
            if (operands && !l->self)
                extract_directories(c, l, true);
            if (!operands) {
                print_heading(c, l);
                if (l->layout == LAYOUT_LONG || l->blocks)
                    print_total(c, l);
            } else if (l->count) {
                l->printed = true;
            }
            ls_arrange(c, l);
            l->at = 0;
            l->phase = PHASE_PRINT;
            break;
        }
        case PHASE_PRINT:
            if (!ls_print(c, l))
                return STEP_AGAIN;
            if (l->recursive && l->current.path.data)
                extract_directories(c, l, false);
            clear_entries(c, l);
            heap_unhold(c->heap, l->hold);
            l->hold = NULL;
            l->phase = PHASE_NEXT;
            break;
        case PHASE_NEXT:
            if (l->current.path.data && !l->current.operand)
                heap_free(c->heap, (void *)(uintptr_t)l->current.path.data);
            l->current.path = (struct str){0};
            heap_free(c->heap, (void *)(uintptr_t)l->url.data);
            l->url = (struct str){0};
            if (l->pending_count == 0) {
                if (l->dired)
                    print_places(c, l);
                return call_done(c);
            }
            l->current = l->pending[--l->pending_count];
            if (l->current.end)
                l->active_count--;
            else
                l->phase = PHASE_OPEN;
            break;
        case PHASE_OPEN: {
            if (make_url(c, l, l->current.operand, l->current.path, &l->url) == E_WAIT)
                return STEP_WAIT;
            struct hold *hold = heap_hold(c->heap, release_listing);
            int error = open_directory(c, l);
            if (error) {
                heap_unhold(c->heap, hold);
                if (error == E_WAIT)
                    return STEP_WAIT;
                fail(c, l->current.operand, "cannot open directory %S: %m", l->current.path, error);
                call_charge(c, 1);
                l->phase = PHASE_NEXT;
                break;
            }
            l->hold = hold;
            hold->thing = l;
            call_charge(c, 1);
            if (is_active(c, l)) {
                heap_unhold(c->heap, l->hold);
                l->hold = NULL;
                l->phase = PHASE_NEXT;
                break;
            }
            l->special = l->all ? 2 : 0;
            l->have_name = false;
            l->phase = PHASE_READ;
            break;
        }
        default: /* PHASE_READ */
            if (!l->have_name) {
                if (!next_name(c, l)) {
                    begin_sort(c, l);
                    l->phase = PHASE_TARGETS;
                    break;
                }
                if (l->name.length == 0)
                    break;
                l->have_name = true;
            }
            if (look_at_entry(c, l) == E_WAIT)
                return STEP_WAIT;
            l->have_name = false;
            break;
        }
    }
}

const struct command command_ls = {
    .name = "ls",
    .usage = "[OPTION]... [FILE]...",
    .summary = "list directory contents",
    .options = options,
    .state = sizeof(struct ls),
    .start = start,
    .step = step,
    .trouble = 2,
};

const struct command command_dir = {
    .name = "dir",
    .usage = "[OPTION]... [FILE]...",
    .summary = "list directory contents in columns, like ls -C -b",
    .options = options,
    .state = sizeof(struct ls),
    .start = start,
    .step = step,
    .trouble = 2,
};

const struct command command_vdir = {
    .name = "vdir",
    .usage = "[OPTION]... [FILE]...",
    .summary = "list directory contents in long format, like ls -l -b",
    .options = options,
    .state = sizeof(struct ls),
    .start = start,
    .step = step,
    .trouble = 2,
};
