/* builtins/diff/diff.c - compare files line by line: the options, and what is done when. */
#include "base/number.h"
#include "base/quote.h"
#include "builtins/diff/diff.h"

enum {
    NORMAL = OPTION_LONG,
    CONTEXT,
    UNIFIED,
    NO_FOLLOW,
    NEW_FIRST,
    FOLD_NAMES,
    NO_FOLD_NAMES,
    FROM_FILE,
    TO_FILE,
    LABEL,
    TABS,
    NO_BLANK,
    LEFT_COLUMN,
    NO_COMMON,
    STRIP_RETURNS,
    HORIZON,
    COLOR,
    PALETTE,
    LINE_FORMAT,
    LINE_UNCHANGED,
    LINE_OLD,
    LINE_NEW,
    GROUP_UNCHANGED,
    GROUP_OLD,
    GROUP_NEW,
    GROUP_CHANGED,
    NUMBER
};

static const struct option options[] = {
    {NORMAL, "normal", NULL, "output a normal diff (the default)"},
    {'q', "brief", NULL, "report only when files differ"},
    {'s', "report-identical-files", NULL, "report when two files are the same"},
    {'c', NULL, NULL, "output 3 lines of copied context"},
    {'C', NULL, "NUM", "output NUM lines of copied context"},
    {CONTEXT, "context", "[NUM]", "output NUM (default 3) lines of copied context"},
    {'u', NULL, NULL, "output 3 lines of unified context"},
    {'U', NULL, "NUM", "output NUM lines of unified context"},
    {UNIFIED, "unified", "[NUM]", "output NUM (default 3) lines of unified context"},
    {'e', "ed", NULL, "output an ed script"},
    {'f', "forward-ed", NULL, NULL},
    {'n', "rcs", NULL, "output an RCS format diff"},
    {'y', "side-by-side", NULL, "output in two columns"},
    {'W', "width", "NUM", "output at most NUM (default 130) print columns"},
    {LEFT_COLUMN, "left-column", NULL, "output only the left column of common lines"},
    {NO_COMMON, "suppress-common-lines", NULL, "do not output common lines"},
    {'p', "show-c-function", NULL, "show which C function each change is in"},
    {'F', "show-function-line", "RE", "show the most recent line matching RE"},
    {LABEL, "label", "LABEL", "use LABEL instead of file name and timestamp (can be repeated)"},
    {'L', NULL, "LABEL", NULL},
    {'t', "expand-tabs", NULL, "expand tabs to spaces in output"},
    {'T', "initial-tab", NULL, "make tabs line up by prepending a tab"},
    {TABS, "tabsize", "NUM", "tab stops every NUM (default 8) print columns"},
    {NO_BLANK, "suppress-blank-empty", NULL, "suppress space or tab before empty output lines"},
    {'l', "paginate", NULL, NULL},
    {'r', "recursive", NULL, "recursively compare any subdirectories found"},
    {NO_FOLLOW, "no-dereference", NULL, "don't follow symbolic links"},
    {'N', "new-file", NULL, "treat absent files as empty"},
    {NEW_FIRST, "unidirectional-new-file", NULL, "treat absent first files as empty"},
    {'P', NULL, NULL, NULL},
    {FOLD_NAMES, "ignore-file-name-case", NULL, "ignore case when comparing file names"},
    {NO_FOLD_NAMES, "no-ignore-file-name-case", NULL, "consider case when comparing file names"},
    {'x', "exclude", "PAT", "exclude files that match PAT"},
    {'X', "exclude-from", "FILE", "exclude files that match any pattern in FILE"},
    {'S', "starting-file", "FILE", "start with FILE when comparing directories"},
    {FROM_FILE, "from-file", "FILE1", "compare FILE1 to all operands; FILE1 can be a directory"},
    {TO_FILE, "to-file", "FILE2", "compare all operands to FILE2; FILE2 can be a directory"},
    {'i', "ignore-case", NULL, "ignore case differences in file contents"},
    {'E', "ignore-tab-expansion", NULL, "ignore changes due to tab expansion"},
    {'Z', "ignore-trailing-space", NULL, "ignore white space at line end"},
    {'b', "ignore-space-change", NULL, "ignore changes in the amount of white space"},
    {'w', "ignore-all-space", NULL, "ignore all white space"},
    {'B', "ignore-blank-lines", NULL, "ignore changes where lines are all blank"},
    {'I', "ignore-matching-lines", "RE", "ignore changes where all lines match RE"},
    {'a', "text", NULL, "treat all files as text"},
    {STRIP_RETURNS, "strip-trailing-cr", NULL, "strip trailing carriage return on input"},
    {'D', "ifdef", "NAME", "output merged file with '#ifdef NAME' diffs"},
    {GROUP_UNCHANGED, "unchanged-group-format", "GFMT", "format groups of unchanged lines with GFMT"},
    {GROUP_OLD, "old-group-format", "GFMT", "format groups of lines only in FILE1 with GFMT"},
    {GROUP_NEW, "new-group-format", "GFMT", "format groups of lines only in FILE2 with GFMT"},
    {GROUP_CHANGED, "changed-group-format", "GFMT", "format groups of changed lines with GFMT"},
    {LINE_FORMAT, "line-format", "LFMT", "format all input lines with LFMT"},
    {LINE_UNCHANGED, "unchanged-line-format", "LFMT", "format unchanged lines with LFMT"},
    {LINE_OLD, "old-line-format", "LFMT", "format lines from FILE1 with LFMT"},
    {LINE_NEW, "new-line-format", "LFMT", "format lines from FILE2 with LFMT"},
    {'d', "minimal", NULL, "try hard to find a smaller set of changes"},
    {HORIZON, "horizon-lines", "NUM", "keep NUM lines of the common prefix and suffix"},
    {'H', "speed-large-files", NULL, "assume large files and many scattered small changes"},
    {'h', NULL, NULL, NULL},
    {COLOR, "color", "[WHEN]",
     "color output; WHEN is 'never', 'always', or 'auto'; plain --color means 'auto'"},
    {PALETTE, "palette", "PALETTE",
     "the colors to use when --color is active: CAPABILITY=CODES, separated by colons"},
    {'v', NULL, NULL, "output version information and exit"},
    {0},
};

/* --- options ---------------------------------------------------------------------------------------------------- */

static int set_style(struct call *c, struct diff *d, enum diff_style style)
{
    if (d->style != DIFF_UNSPECIFIED && d->style != style)
        return call_usage_error(c, "conflicting output style options");
    d->style = style;
    return 0;
}

/* A number in decimal, from `least` on: what is too large is the largest. */
static int read_number(struct call *c, struct str value, const char *what, int64_t least, size_t *number)
{
    int64_t read;
    if (number_parse_int(value, 10, &read, NULL) != value.length || read < least)
        return call_usage_error(c, "invalid %s '%S'", what, value);
    *number = (uint64_t)read > SIZE_MAX / 4 ? SIZE_MAX / 4 : (size_t)read;
    return 0;
}

static int set_format(struct call *c, struct diff *d, struct str *format, struct str value, const char *option)
{
    if (format->data && !str_equal(*format, value))
        return call_usage_error(c, "conflicting %s option value '%S'", option, value);
    *format = value;
    return set_style(c, d, DIFF_GROUPS);
}

static int set_condition(struct call *c, struct diff *d, struct str name)
{
    static const char *const formats[4] = {
        "%=", "#ifndef @\n%<#endif /* ! @ */\n", "#ifdef @\n%>#endif /* @ */\n",
        "#ifndef @\n%<#else /* @ */\n%>#endif /* @ */\n"};
    static const int order[4] = {CHANGE_NONE, CHANGE_OLD, CHANGE_NEW, CHANGE_BOTH};
    for (int i = 0; i < 4; i++) {
        struct buf b;
        buf_init(&b, c->heap);
        for (const char *at = formats[order[i]]; *at; at++)
            if (*at == '@')
                buf_add(&b, name);
            else
                buf_add_byte(&b, *at);
        int status = set_format(c, d, &d->group_formats[order[i]], buf_str(&b), "-D");
        if (status)
            return status;
    }
    return 0;
}

static int set_line_formats(struct call *c, struct diff *d, int letter, struct str value)
{
    static const char *const names[] = {"--line-format", "--unchanged-line-format", "--old-line-format",
                                        "--new-line-format"};
    for (int i = 0; i < 3; i++)
        if (letter == LINE_FORMAT || letter == LINE_UNCHANGED + i) {
            int status = set_format(c, d, &d->line_formats[i], value, names[letter - LINE_FORMAT]);
            if (status)
                return status;
        }
    return 0;
}

static int set_group_format(struct call *c, struct diff *d, int letter, struct str value)
{
    static const char *const names[] = {"--unchanged-group-format", "--old-group-format", "--new-group-format",
                                        "--changed-group-format"};
    int at = letter - GROUP_UNCHANGED;
    return set_format(c, d, &d->group_formats[at], value, names[at]);
}

static int set_color(struct call *c, struct diff *d, struct str when)
{
    if (when.data && !str_is(when, "auto") && !str_is(when, "never") && !str_is(when, "always"))
        return call_usage_error(c, "invalid color '%S'", when);
    d->color = when.data && str_is(when, "always"); /* output is never a terminal that has colors */
    return 0;
}

/* What cannot be read is told and turns colors off. */
static void read_palette(struct call *c, struct diff *d, struct str text)
{
    static const char names[COLOR_COUNT][3] = {"", "hd", "ln", "de", "ad", "rs"};
    while (text.length) {
        ptrdiff_t end = str_find(text, ':');
        struct str one = end < 0 ? text : str_first(text, (size_t)end);
        int found = -1;
        text = end < 0 ? str_after(text, text.length) : str_after(text, (size_t)end + 1);
        if (one.length == 0)
            continue;
        for (int i = 1; i < COLOR_COUNT; i++)
            if (one.length > 2 && one.data[2] == '=' && memcmp(one.data, names[i], 2) == 0)
                found = i;
        if (found < 0) {
            if (one.length > 2 && one.data[2] == '=')
                call_warn(c, "unrecognized prefix: %S", str_first(one, 2));
            call_warn(c, "unparsable value for --palette");
            d->color = false;
            return;
        }
        d->colors[found] = str_after(one, 3);
    }
}

static struct regex *compile(struct call *c, const struct str *patterns, size_t count)
{
    unsigned flags = call_locale(c) == LOCALE_UTF8 ? REGEX_UTF8 : 0;
    const char *message;
    for (size_t i = 0; i < count; i++)
        if (!regex_compile(c->heap, &patterns[i], 1, REGEX_BASIC, flags | REGEX_LENIENT, &message)) {
            bool open = str_ends(patterns[i], "[") && str_starts(str_from(message), "Unmatched [,");
            call_error(c, "%S: %s", patterns[i], open ? "Invalid regular expression" : message);
            return NULL;
        }
    return regex_compile(c->heap, patterns, count, REGEX_BASIC, flags | REGEX_LENIENT, &message);
}

/* The patterns of -I, or those of -F and -p: 0, or the status of a failure. */
static int compile_all(struct call *c, struct regex **regex, bool ignored)
{
    struct str *patterns = heap_alloc(c->heap, (c->option_count + 1) * sizeof *patterns);
    size_t count = 0;
    for (size_t i = 0; i < c->option_count; i++) {
        int letter = c->options[i].letter;
        if (letter == (ignored ? 'I' : 'F'))
            patterns[count++] = c->options[i].value;
        else if (!ignored && letter == 'p')
            patterns[count++] = str_lit("^[[:alpha:]$_]");
    }
    if (count == 0)
        return 0;
    *regex = compile(c, patterns, count);
    return *regex ? 0 : 2;
}

static void add_exclusion(struct call *c, struct diff *d, struct str pattern)
{
    unsigned flags = (call_locale(c) == LOCALE_UTF8 ? GLOB_UTF8 : 0) | (d->fold_names ? GLOB_FOLD : 0);
    d->excluded = array_grow(c->heap, d->excluded, d->excluded_count, sizeof *d->excluded);
    d->excluded[d->excluded_count++] = glob_compile(c->heap, pattern, flags);
}

static void set_space(struct diff *d, int letter)
{
    if (letter == 'w')
        d->space = SPACE_ALL;
    else if (letter == 'b')
        d->space = d->space > SPACE_CHANGE ? d->space : SPACE_CHANGE;
    else if (d->space < SPACE_CHANGE)
        d->space |= letter == 'E' ? SPACE_TABS : SPACE_TRAILING;
}

struct numbers {
    bool width, tabs, exact_context; /* was it set */
    size_t context, old_context;
    bool any_context, any_old;
};

static int set_context(struct call *c, struct diff *d, struct numbers *g, enum diff_style style, struct str value)
{
    size_t number = 3;
    if (value.data) {
        int status = read_number(c, value, "context length", 0, &number);
        if (status)
            return status;
        g->exact_context = true;
    }
    if (!g->any_context || g->context < number)
        g->context = number;
    g->any_context = true;
    return set_style(c, d, style);
}

static int read_width(struct call *c, bool *given, struct str value, size_t *width, const char *what,
                      const char *both)
{
    size_t number = 0;
    int status = read_number(c, value, what, 1, &number);
    if (status == 0 && *given && *width != number) {
        call_error(c, "conflicting %s options", both);
        status = 2;
    }
    *given = true;
    *width = number;
    return status;
}

static int read_option(struct call *c, struct diff *d, struct numbers *g, int letter, struct str value)
{
    size_t number = 0;
    int status;
    switch (letter) {
    case NORMAL: return set_style(c, d, DIFF_NORMAL);
    case 'q': d->brief = true; return 0;
    case 's': d->same = true; return 0;
    case 'c': case 'C': case CONTEXT: return set_context(c, d, g, DIFF_CONTEXT, value);
    case 'u': case 'U': case UNIFIED: return set_context(c, d, g, DIFF_UNIFIED, value);
    case 'e': return set_style(c, d, DIFF_ED);
    case 'f': return set_style(c, d, DIFF_FORWARD_ED);
    case 'n': return set_style(c, d, DIFF_RCS);
    case 'y': return set_style(c, d, DIFF_COLUMNS);
    case 'W': return read_width(c, &g->width, value, &d->width, "width", "width");
    case TABS: return read_width(c, &g->tabs, value, &d->tabs, "tabsize", "tabsize");
    case LEFT_COLUMN: d->left_column = true; return 0;
    case NO_COMMON: d->no_common = true; return 0;
    case LABEL: case 'L':
        if (d->labels[1].data) {
            call_error(c, "too many file label options");
            return 2;
        }
        d->labels[d->labels[0].data != NULL] = value;
        return 0;
    case 't': d->expand = true; return 0;
    case 'T': d->initial_tab = true; return 0;
    case NO_BLANK: d->no_blank = true; return 0;
    case 'l':
        call_error(c, "-l is not there: pipe what it prints to pr");
        return 2;
    case 'r': d->recursive = true; return 0;
    case NO_FOLLOW: d->no_follow = true; return 0;
    case 'N': d->new_file = true; return 0;
    case NEW_FIRST: case 'P': d->new_first = true; return 0;
    case FOLD_NAMES: d->fold_names = true; return 0;
    case NO_FOLD_NAMES: d->fold_names = false; return 0;
    case 'x': add_exclusion(c, d, value); return 0;
    case 'X':
        d->exclude_files = array_grow(c->heap, d->exclude_files, d->exclude_file_count, sizeof *d->exclude_files);
        d->exclude_files[d->exclude_file_count++] = value;
        return 0;
    case 'S':
        if (d->starting_file.data && !str_equal(d->starting_file, value))
            return call_usage_error(c, "conflicting -S option value '%S'", value);
        d->starting_file = value;
        return 0;
    case FROM_FILE: case TO_FILE: {
        struct str *file = letter == FROM_FILE ? &d->from_file : &d->to_file;
        if (file->data && !str_equal(*file, value))
            return call_usage_error(c, "conflicting --%s-file option value '%S'",
                                    letter == FROM_FILE ? "from" : "to", value);
        *file = value;
        return 0;
    }
    case 'i': d->fold = true; return 0;
    case 'E': case 'Z': case 'b': case 'w': set_space(d, letter); return 0;
    case 'B': d->blank = true; return 0;
    case 'a': d->text = true; return 0;
    case STRIP_RETURNS: d->strip_returns = true; return 0;
    case 'D': return set_condition(c, d, value);
    case LINE_FORMAT: case LINE_UNCHANGED: case LINE_OLD: case LINE_NEW: return set_line_formats(c, d, letter, value);
    case GROUP_UNCHANGED:
    case GROUP_OLD:
    case GROUP_NEW:
    case GROUP_CHANGED: return set_group_format(c, d, letter, value);
    case 'd': d->minimal = true; return 0;
    case HORIZON:
        status = read_number(c, value, "horizon length", 0, &number);
        d->horizon = number > d->horizon ? number : d->horizon;
        return status;
    case COLOR: return set_color(c, d, value);
    case NUMBER:
        status = read_number(c, value, "context length", 0, &g->old_context);
        g->any_old = true;
        return status;
    case 'v':
        call_print_text(c, "diff (nacre) 0.1.0\n");
        c->finished = true;
        return 0;
    default: return 0;
    }
}

/* The beginning of the line in front of each pair of files: the options as they were given. */
static void make_command(struct call *c, struct diff *d)
{
    buf_add_text(&d->command, "diff");
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        bool option = word.length > 1 && word.data[0] == '-';
        for (size_t k = 0; k < c->option_count && !option; k++)
            option = c->options[k].value.data == word.data; /* its argument */
        if (option) {
            buf_add_byte(&d->command, ' ');
            quote_add(&d->command, word, QUOTE_SHELL, call_locale(c), NULL);
        }
        if (str_is(word, "--"))
            break;
    }
}

static void fill_formats(struct call *c, struct diff *d)
{
    struct str *f = d->group_formats;
    struct buf both;
    for (int i = 0; i < 3; i++)
        if (!d->line_formats[i].data)
            d->line_formats[i] = str_lit("%l\n");
    if (!f[CHANGE_OLD].data)
        f[CHANGE_OLD] = f[CHANGE_BOTH].data ? f[CHANGE_BOTH] : str_lit("%<");
    if (!f[CHANGE_NEW].data)
        f[CHANGE_NEW] = f[CHANGE_BOTH].data ? f[CHANGE_BOTH] : str_lit("%>");
    if (!f[CHANGE_NONE].data)
        f[CHANGE_NONE] = str_lit("%=");
    if (f[CHANGE_BOTH].data)
        return;
    buf_init(&both, c->heap);
    buf_add(&both, f[CHANGE_OLD]);
    buf_add(&both, f[CHANGE_NEW]);
    f[CHANGE_BOTH] = buf_str(&both);
}

static int check_operands(struct call *c, struct diff *d)
{
    if (d->from_file.data && d->to_file.data) {
        call_error(c, "--from-file and --to-file both specified");
        return 2;
    }
    if (d->from_file.data || d->to_file.data)
        return 0;
    if (c->operand_count < 2)
        return call_usage_error(c, "missing operand after '%S'", c->argc > 1 ? c->argv[c->argc - 1] : c->argv[0]);
    return c->operand_count > 2 ? call_usage_error(c, "extra operand '%S'", c->operands[2]) : 0;
}

static int diff_start(struct call *c)
{
    struct diff *d = c->state;
    struct numbers g = {0};
    struct str palette;
    c->failure = 2;
    d->width = 130;
    d->tabs = 8;
    buf_init(&d->command, c->heap);
    buf_init(&d->words, c->heap);
    buf_init(&d->paths[0], c->heap);
    buf_init(&d->paths[1], c->heap);
    d->colors[COLOR_HEADER] = str_lit("1");
    d->colors[COLOR_NUMBERS] = str_lit("36");
    d->colors[COLOR_OLD] = str_lit("31");
    d->colors[COLOR_NEW] = str_lit("32");
    d->colors[COLOR_RESET] = str_lit("0");
    for (size_t i = 0; i < c->option_count; i++) {
        int status = read_option(c, d, &g, c->options[i].letter, c->options[i].value);
        if (status || c->finished)
            return status;
    }
    if (d->color && call_value(c, PALETTE, &palette))
        read_palette(c, d, palette);
    if (d->style == DIFF_UNSPECIFIED && call_has(c, 'p')) {
        d->style = DIFF_CONTEXT;
        g.context = g.any_context ? g.context : 3;
    }
    if (d->style == DIFF_UNSPECIFIED)
        d->style = DIFF_NORMAL;
    if (g.any_old && (d->style == DIFF_CONTEXT || d->style == DIFF_UNIFIED) &&
        (g.context < g.old_context || (g.old_context < g.context && !g.exact_context)))
        g.context = g.old_context;
    d->context = g.context;
    d->horizon = d->horizon > d->context ? d->horizon : d->context;
    if (d->style == DIFF_GROUPS)
        fill_formats(c, d);
    diff_set_columns(d);
    int status = compile_all(c, &d->function, false);
    if (status == 0)
        status = compile_all(c, &d->ignored, true);
    make_command(c, d);
    return status ? status : check_operands(c, d);
}

/* --- what is done when
 * ----------------------------------------------------------------------------------------------- */

/* Reads the files of -X: 0, E_WAIT, or 2 after a message. */
static int read_exclusions(struct call *c, struct diff *d)
{
    for (; d->exclude_file_at < d->exclude_file_count; d->exclude_file_at++) {
        struct str name = d->exclude_files[d->exclude_file_at], text;
        int error = d->exclude_input ? 0 : input_open(c, &d->exclude_input, name, true);
        enum input_answer answer = error ? INPUT_END : input_all(d->exclude_input, &text);
        if (error == E_WAIT || answer == INPUT_WAIT)
            return E_WAIT;
        if (answer == INPUT_END) {
            call_error(c, "%S: %m", name, error ? error : d->exclude_input->error);
            return 2;
        }
        while (text.length) {
            ptrdiff_t end = str_find(text, '\n');
            struct str line = end < 0 ? text : str_first(text, (size_t)end);
            text = end < 0 ? str_after(text, text.length) : str_after(text, (size_t)end + 1);
            while (line.length && utf8_byte_is(line.data[line.length - 1], UTF8_SPACE))
                line.length--;
            if (line.length)
                add_exclusion(c, d, str_copy(c->heap, line));
            call_charge(c, 1);
        }
        input_close(d->exclude_input);
        d->exclude_input = NULL;
    }
    return 0;
}

/* Begins with the next pair of operands. */
static int next_operands(struct call *c, struct diff *d)
{
    bool many = d->from_file.data || d->to_file.data;
    if (d->operand >= (many ? c->operand_count : 1))
        return DIFF_OVER;
    struct str names[2] = {c->operands[many ? d->operand : 0], c->operands[many ? d->operand : 1]};
    if (d->from_file.data)
        names[0] = d->from_file;
    if (d->to_file.data)
        names[1] = d->to_file;
    d->operand++;
    for (int i = 0; i < 2; i++)
        d->sides[i] = (struct side){.name = names[i], .standard = str_is(names[i], "-")};
    d->phase = DIFF_LOOK;
    return DIFF_GO;
}

/* After the hunks: ed cannot say that a last line has no newline. */
static void finish_texts(struct call *c, struct diff *d)
{
    int status = d->any;
    for (int i = 0; i < 2; i++)
        if (d->sides[i].unended) {
            call_error(c, "%S: No newline at end of file\n", diff_label(d, i));
            status = 2;
        }
    diff_close(c, d, status);
}

static int advance(struct call *c, struct diff *d)
{
    switch (d->phase) {
    case DIFF_OPERANDS: return next_operands(c, d);
    case DIFF_LOOK: return diff_look(c, d);
    case DIFF_ENTRIES: return diff_next_entry(c, d);
    case DIFF_LINKS: return diff_compare_links(c, d);
    case DIFF_OPEN: return diff_open(c, d);
    case DIFF_READ: return diff_read(c, d);
    case DIFF_BYTES: return diff_bytes(c, d);
    case DIFF_LINES: return diff_find_lines(c, d);
    case DIFF_IGNORE: return diff_ignore(c, d);
    case DIFF_HUNKS:
        if (diff_next_hunk(c, d))
            d->phase = DIFF_PIECES;
        else
            finish_texts(c, d);
        return DIFF_GO;
    case DIFF_PIECES:
        if (diff_print(c, d))
            d->phase = DIFF_HUNKS;
        return DIFF_GO;
    }
    return DIFF_OVER;
}

static enum step diff_step(struct call *c)
{
    struct diff *d = c->state;
    if (d->exclude_file_at < d->exclude_file_count) {
        int error = read_exclusions(c, d);
        if (error)
            return error == E_WAIT ? STEP_WAIT : call_exit(c, 2);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        int answer = advance(c, d);
        if (answer == E_WAIT)
            return STEP_WAIT;
        if (answer == DIFF_OVER || d->status > 2)
            return call_exit(c, d->status > 2 ? 2 : d->status);
    }
}

const struct command command_diff = {
    .name = "diff",
    .usage = "[OPTION]... FILES",
    .summary = "Compare FILES line by line.",
    .help = "GFMT (only) may contain:\n"
            "  %<  lines from FILE1\n"
            "  %>  lines from FILE2\n"
            "  %=  lines common to FILE1 and FILE2\n"
            "  %[-][WIDTH][.[PREC]]{doxX}LETTER  a number, of the new group for capital letters, else of the "
            "old one:\n"
            "      F first line, L last line, N number of lines, E F-1, M L+1\n"
            "  %(A=B?T:E)  if A equals B then T else E\n"
            "LFMT (only) may contain:\n"
            "  %L  contents of line\n"
            "  %l  contents of line, excluding any trailing newline\n"
            "  %[-][WIDTH][.[PREC]]{doxX}n  input line number\n"
            "Both may contain %% (a %), %c'C' (the character C), %c'\\OOO' (the one with octal code OOO), and "
            "other characters.\n\n"
            "FILES are 'FILE1 FILE2' or 'DIR1 DIR2' or 'DIR FILE' or 'FILE DIR'.\n"
            "If --from-file or --to-file is given, there are no restrictions on FILE(s).\n"
            "If a FILE is '-', read standard input.\n"
            "Exit status is 0 if inputs are the same, 1 if different, 2 if trouble.",
    .options = options,
    .state = sizeof(struct diff),
    .start = diff_start,
    .step = diff_step,
    .trouble = 2,
    .flags = COMMAND_DIGITS | COMMAND_NAMED_HINT,
    .number = NUMBER,
    .refused = "-l, --paginate: pipe what it prints to pr\n",
};
