/* builtins/grep/grep.c - print lines that match patterns: the options, and what is done when. */
#include "builtins/grep/grep.h"

static const struct option options[] = {
    {'E', "extended-regexp", NULL, "PATTERNS are extended regular expressions"},
    {'F', "fixed-strings", NULL, "PATTERNS are strings"},
    {'G', "basic-regexp", NULL, "PATTERNS are basic regular expressions"},
    {'P', "perl-regexp", NULL, "PATTERNS are Perl regular expressions"},
    {'X', NULL, "MATCHER", NULL},
    {'e', "regexp", "PATTERNS", "use PATTERNS for matching"},
    {'f', "file", "FILE", "take PATTERNS from FILE"},
    {'i', "ignore-case", NULL, "ignore case distinctions in patterns and data"},
    {'y', NULL, NULL, NULL},
    {GREP_NO_FOLD, "no-ignore-case", NULL, "do not ignore case distinctions (default)"},
    {'w', "word-regexp", NULL, "match only whole words"},
    {'x', "line-regexp", NULL, "match only whole lines"},
    {'z', "null-data", NULL, "a data line ends in 0 byte, not newline"},
    {'s', "no-messages", NULL, "suppress error messages"},
    {'v', "invert-match", NULL, "select non-matching lines"},
    {'V', NULL, NULL, "display version information and exit"},
    {'m', "max-count", "NUM", "stop after NUM selected lines"},
    {'b', "byte-offset", NULL, "print the byte offset with output lines"},
    {'n', "line-number", NULL, "print line number with output lines"},
    {GREP_LINE_BUFFERED, "line-buffered", NULL, "flush output on every line"},
    {'H', "with-filename", NULL, "print file name with output lines"},
    {'h', "no-filename", NULL, "suppress the file name prefix on output"},
    {GREP_LABEL, "label", "LABEL", "use LABEL as the standard input file name prefix"},
    {'o', "only-matching", NULL, "show only nonempty parts of lines that match"},
    {'q', "quiet", NULL, "suppress all normal output"},
    {'q', "silent", NULL, NULL},
    {GREP_BINARY_FILES, "binary-files", "TYPE", "assume that binary files are TYPE: 'binary', 'text', or 'without-match'"},
    {'a', "text", NULL, "equivalent to --binary-files=text"},
    {'I', NULL, NULL, "equivalent to --binary-files=without-match"},
    {'d', "directories", "ACTION", "how to handle directories: 'read', 'recurse', or 'skip'"},
    {'D', "devices", "ACTION", "how to handle devices, FIFOs and sockets: 'read' or 'skip'"},
    {'r', "recursive", NULL, "like --directories=recurse"},
    {'R', "dereference-recursive", NULL, "likewise, but follow all symlinks"},
    {GREP_INCLUDE, "include", "GLOB", "search only files that match GLOB (a file pattern)"},
    {GREP_EXCLUDE, "exclude", "GLOB", "skip files that match GLOB"},
    {GREP_EXCLUDE_FROM, "exclude-from", "FILE", "skip files that match any file pattern from FILE"},
    {GREP_EXCLUDE_DIRECTORY, "exclude-dir", "GLOB", "skip directories that match GLOB"},
    {'L', "files-without-match", NULL, "print only names of FILEs with no selected lines"},
    {'l', "files-with-matches", NULL, "print only names of FILEs with selected lines"},
    {'c', "count", NULL, "print only a count of selected lines per FILE"},
    {'T', "initial-tab", NULL, "make tabs line up (if needed)"},
    {'Z', "null", NULL, "print 0 byte after FILE name"},
    {'B', "before-context", "NUM", "print NUM lines of leading context"},
    {'A', "after-context", "NUM", "print NUM lines of trailing context"},
    {'C', "context", "NUM", "print NUM lines of output context"},
    {GREP_NUMBER, NULL, "NUM", NULL},
    {GREP_SEPARATOR, "group-separator", "SEP", "print SEP on line between matches with context"},
    {GREP_NO_SEPARATOR, "no-group-separator", NULL, "do not print separator for matches with context"},
    {GREP_COLOR, "color", "[WHEN]", "use markers to highlight the matching strings: 'always', 'never', or 'auto'"},
    {GREP_COLOR, "colour", "[WHEN]", NULL},
    {'U', "binary", NULL, "do not strip CR characters at EOL"},
    {'u', "unix-byte-offsets", NULL, NULL},
    {0},
};

/* A number that ends where the text ends: 0, E_INVAL, or E_OVERFLOW. */
static int read_count(struct str text, int64_t *value)
{
    bool overflow = false;
    size_t used = number_parse_int(text, 10, value, &overflow);
    if (used == 0 || used < text.length)
        return E_INVAL;
    return overflow ? E_OVERFLOW : 0;
}

static bool take_context(struct call *c, struct str text, uint64_t *lines)
{
    int64_t value;
    int error = read_count(text, &value);
    if (error == E_INVAL || value < 0) {
        call_error(c, "%S: invalid context length argument", text);
        return false;
    }
    *lines = error ? UINT64_MAX : (uint64_t)value;
    return true;
}

static bool take_kind(struct call *c, struct grep *g, char kind)
{
    if (g->kind && g->kind != kind) {
        call_error(c, "conflicting matchers specified");
        return false;
    }
    g->kind = kind;
    return true;
}

static bool take_matcher(struct call *c, struct grep *g, struct str name)
{
    static const struct { const char *name; char kind; } kinds[] = {
        {"grep", 'G'}, {"egrep", 'E'}, {"fgrep", 'F'}, {"awk", 'A'}, {"gawk", 'A'}, {"posixawk", 'A'}, {"perl", 'P'}
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(name, kinds[i].name))
            return take_kind(c, g, kinds[i].kind);
    call_error(c, "invalid matcher %S", name);
    return false;
}

static bool take_directories(struct call *c, struct grep *g, struct str value)
{
    static const char *const words[] = {"read", "recurse", "skip", NULL};
    int found = -1;
    for (int i = 0; words[i] && value.length; i++)
        if (str_is(value, words[i]) || (strlen(words[i]) > value.length && memcmp(words[i], value.data, value.length) == 0)) {
            if (found >= 0) {
                found = -1;
                break;
            }
            found = i;
        }
    if (found < 0) {
        bool ambiguous = value.length == 0 || str_is(value, "r") || str_is(value, "re");
        call_error(c, "%s argument %S for %S", ambiguous ? "ambiguous" : "invalid", call_quote_word(c, value),
                   call_quote_word(c, str_lit("--directories")));
        call_complain(c, "Valid arguments are:\n");
        for (int i = 0; words[i]; i++)
            call_complain(c, "  - %S\n", call_quote_word(c, str_from(words[i])));
        call_complain(c, "Usage: %S [OPTION]... PATTERNS [FILE]...\nTry '%S --help' for more information.\n", c->name, c->name);
        c->status = 1;
        return false;
    }
    g->directories = (enum grep_directories)found;
    return true;
}

static bool take_color(struct call *c, struct grep *g, struct str when)
{
    static const char *const always[] = {"always", "yes", "force"}, *const never[] = {"never", "no", "none"};
    static const char *const automatic[] = {"auto", "tty", "if-tty"};
    for (int i = 0; i < 3; i++) {
        if (str_is(when, always[i]))
            return g->colors.on = true;
        if (str_is(when, never[i]))
            return g->colors.on = false, true;
        if (!when.data || str_is(when, automatic[i])) {
            struct file *out = fds_get(c->task, 1);
            struct str terminal;
            g->colors.on = out && file_is_terminal(out) && environment_find(c->task->environment, "TERM", &terminal) &&
                           !str_is(terminal, "dumb");
            return true;
        }
    }
    call_print_help(c);
    c->status = 0;
    c->finished = true;
    return true;
}

struct contexts { /* from the options, before they are settled */
    uint64_t before, after, both;
    bool has_before, has_after, has_both;
};

static bool take_option(struct call *c, struct grep *g, struct contexts *x, const struct given_option *o)
{
    struct str value = o->value;
    int64_t number;
    switch (o->letter) {
    case 'E': case 'F': case 'G': case 'P': return take_kind(c, g, (char)o->letter);
    case 'X': return take_matcher(c, g, value);
    case 'i': case 'y': g->fold = true; return true;
    case GREP_NO_FOLD: g->fold = false; return true;
    case 'w': g->words = true; return true;
    case 'x': g->lines = true; return true;
    case 'z': g->null_data = true; return true;
    case 's': g->silent = true; return true;
    case 'v': g->invert = true; return true;
    case 'm': {
        int error = read_count(value, &number);
        if (error == E_INVAL) {
            call_error(c, "invalid max count");
            return false;
        }
        g->most = error || number < 0 ? UINT64_MAX : (uint64_t)number;
        return true;
    }
    case 'b': g->offsets = true; return true;
    case 'n': g->number = true; return true;
    case 'H': g->names = 1; return true;
    case 'h': g->names = 0; return true;
    case GREP_LABEL: g->label = value; return true;
    case 'o': g->only = true; return true;
    case 'q': g->quiet = true; return true;
    case GREP_BINARY_FILES:
        if (!str_is(value, "binary") && !str_is(value, "text") && !str_is(value, "without-match")) {
            call_error(c, "unknown binary-files type");
            return false;
        }
        g->binary = value.data[0] == 'b' ? BINARY_MESSAGE : value.data[0] == 't' ? BINARY_TEXT : BINARY_WITHOUT_MATCH;
        return true;
    case 'a': g->binary = BINARY_TEXT; return true;
    case 'I': g->binary = BINARY_WITHOUT_MATCH; return true;
    case 'd': return take_directories(c, g, value);
    case 'D':
        if (!str_is(value, "read") && !str_is(value, "skip")) {
            call_error(c, "unknown devices method");
            return false;
        }
        g->devices = value.data[0];
        return true;
    case 'r': g->directories = DIRECTORIES_RECURSE; return true; /* an earlier -R stays, as in GNU's */
    case 'R': g->directories = DIRECTORIES_RECURSE; g->follow = true; return true;
    case GREP_EXCLUDE_DIRECTORY:
        while (value.length > 1 && value.data[value.length - 1] == '/')
            value.length--;
        grep_add_glob(c, g, g->folders, value, false);
        return true;
    case 'L': g->list = LIST_OTHERS; return true;
    case 'l': g->list = LIST_MATCHING; return true;
    case 'c': g->count = true; return true;
    case 'T': g->tabs = true; return true;
    case 'Z': g->null_names = true; return true;
    case 'B': x->has_before = true; return take_context(c, value, &x->before);
    case 'A': x->has_after = true; return take_context(c, value, &x->after);
    case 'C': case GREP_NUMBER: x->has_both = true; return take_context(c, value, &x->both);
    case GREP_SEPARATOR: g->separator = value; g->separate = true; return true;
    case GREP_NO_SEPARATOR: g->separate = false; return true;
    case GREP_COLOR: return take_color(c, g, value);
    case 'u': call_warn(c, "warning: --unix-byte-offsets (-u) is obsolete"); return true;
    default: return true;
    }
}

static int take_options(struct call *c, struct grep *g)
{
    struct contexts x = {0};
    for (size_t i = 0; i < c->option_count && !c->finished; i++)
        if (!take_option(c, g, &x, &c->options[i]))
            return c->status ? c->status : 2;
    g->before = x.has_before ? x.before : x.both;
    g->after = x.has_after ? x.after : x.both;
    g->context_wanted = x.has_before || x.has_after || x.has_both;
    return 0;
}

static int start(struct call *c)
{
    struct grep *g = c->state;
    bool patterns = call_has(c, 'e') || call_has(c, 'f');

    c->failure = 2;
    g->most = UINT64_MAX;
    g->separator = str_lit("--");
    g->separate = true;
    g->names = -2;
    g->locale = call_locale(c);
    if (call_has(c, 'V')) {
        call_format(c, "%S (nacre) 0.1.0\n", c->name);
        c->finished = true;
        return 0;
    }
    if (str_is(str_from(c->command->name), "egrep"))
        g->kind = 'E';
    if (str_is(str_from(c->command->name), "fgrep"))
        g->kind = 'F';
    c->name = str_lit("grep"); /* the others are scripts that start it */
    int status = take_options(c, g);
    if (status || c->finished)
        return status;
    if (!g->kind)
        g->kind = 'G';
    g->end = g->null_data ? 0 : '\n';
    g->operands = c->operands;
    g->operand_count = c->operand_count;
    if (!patterns) {
        if (!c->operand_count) {
            call_complain(c, "Usage: %S [OPTION]... PATTERNS [FILE]...\nTry '%S --help' for more information.\n", c->name, c->name);
            return 2;
        }
        g->operands++;
        g->operand_count--;
    }
    if (!g->operand_count) {
        static const struct str here = {".", 1}, standard = {"-", 1};
        g->operands = heap_alloc(c->heap, sizeof *g->operands);
        g->implied = g->directories == DIRECTORIES_RECURSE;
        g->operands[0] = g->implied ? here : standard;
        g->operand_count = 1;
    }
    if (g->names == -2)
        g->names = g->operand_count > 1 ? 1 : g->directories == DIRECTORIES_RECURSE ? -1 : 0;
    if (g->list != LIST_NONE)
        g->count = false;
    if (g->count || g->quiet || g->list != LIST_NONE)
        g->before = g->after = 0;
    if (g->quiet)
        g->list = LIST_NONE;
    return 0;
}

/* Is there nothing to look for, whatever the files are? */
static bool is_idle(const struct grep *g)
{
    if (g->list == LIST_OTHERS)
        return false;
    if (g->most == 0)
        return true;
    if (g->pattern_count == 0 && !g->invert)
        return true;
    if (!g->invert || g->kind == 'P' || g->words || g->lines)
        return false;
    for (size_t i = 0; i < g->pattern_count; i++)
        if (g->patterns[i].length)
            return false;
    return g->pattern_count > 0;
}

static enum step step(struct call *c)
{
    struct grep *g = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!g->ready) {
            int answer = grep_patterns(c, g);
            if (answer == E_WAIT)
                return STEP_WAIT;
            if (answer == GREP_FAILED)
                return call_exit(c, 2);
            if (answer == 0)
                continue;
            g->ready = true;
            if (is_idle(g))
                return call_exit(c, 1);
            if (g->colors.on)
                grep_read_colors(c, g);
            if (!grep_compile(c, g))
                return call_exit(c, 2);
        }
        if (!g->scanning) {
            int answer = grep_next_file(c, g);
            if (answer == E_WAIT)
                return STEP_WAIT;
            if (answer == 0)
                return call_exit(c, g->failed ? 2 : !g->matched);
            continue;
        }
        switch (grep_scan(c, g)) {
        case SCAN_LATER:
            return STEP_WAIT;
        case SCAN_AGAIN:
            return STEP_AGAIN;
        case SCAN_OVER:
            input_close(g->scan.input);
            g->scanning = false;
            if (g->quiet && g->matched)
                return call_exit(c, 0);
            break;
        }
    }
}

static const char help[] =
    "PATTERNS can contain multiple patterns separated by newlines. -NUM is the same as --context=NUM.\n"
    "When FILE is '-', read standard input.  With no FILE, read '.' if\n"
    "recursive, '-' otherwise.  With fewer than two FILEs, assume -h.\n"
    "Exit status is 0 if any line is selected, 1 otherwise;\n"
    "if any error occurs and -q is not given, the exit status is 2.";

const struct command command_grep = {
    .name = "grep",
    .usage = "[OPTION]... PATTERNS [FILE]...",
    .summary = "Search for PATTERNS in each FILE.",
    .help = help,
    .options = options,
    .state = sizeof(struct grep),
    .start = start,
    .step = step,
    .trouble = 2,
    .flags = COMMAND_DIGITS | COMMAND_USAGE,
    .number = GREP_NUMBER,
};

const struct command command_egrep = {
    .name = "egrep",
    .usage = "[OPTION]... PATTERNS [FILE]...",
    .summary = "Search for PATTERNS, which are extended regular expressions, in each FILE: grep -E.",
    .help = help,
    .options = options,
    .state = sizeof(struct grep),
    .start = start,
    .step = step,
    .trouble = 2,
    .flags = COMMAND_DIGITS | COMMAND_USAGE,
    .number = GREP_NUMBER,
};

const struct command command_fgrep = {
    .name = "fgrep",
    .usage = "[OPTION]... PATTERNS [FILE]...",
    .summary = "Search for PATTERNS, which are strings, in each FILE: grep -F.",
    .help = help,
    .options = options,
    .state = sizeof(struct grep),
    .start = start,
    .step = step,
    .trouble = 2,
    .flags = COMMAND_DIGITS | COMMAND_USAGE,
    .number = GREP_NUMBER,
};
