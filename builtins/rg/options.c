/* builtins/rg/options.c - the options of rg, and what they mean together. */
#include "builtins/rg/rg.h"

const struct option rg_options[] = {
    {'A', "after-context", "NUM", "show NUM lines after each match"},
    {RG_AUTO_HYBRID, "auto-hybrid-regex", NULL, "use PCRE2 for patterns that need it"},
    {RG_NO_AUTO_HYBRID, "no-auto-hybrid-regex", NULL, NULL},
    {'B', "before-context", "NUM", "show NUM lines before each match"},
    {RG_BINARY, "binary", NULL, "search binary files"},
    {RG_NO_BINARY, "no-binary", NULL, NULL},
    {RG_BLOCK_BUFFERED, "block-buffered", NULL, "accepted: output goes as it always does"},
    {RG_NO_BLOCK_BUFFERED, "no-block-buffered", NULL, NULL},
    {'b', "byte-offset", NULL, "print the offset in bytes before each line"},
    {'s', "case-sensitive", NULL, "search case sensitively (default)"},
    {RG_COLOR, "color", "WHEN", "use colors: 'never', 'auto', 'always' or 'ansi'"},
    {RG_COLORS, "colors", "SPEC", "set a color or a style, as 'match:fg:blue'"},
    {RG_COLUMN, "column", NULL, "show the column of the first match, from 1, in bytes"},
    {RG_NO_COLUMN, "no-column", NULL, NULL},
    {'C', "context", "NUM", "show NUM lines before and after each match"},
    {RG_CONTEXT_SEPARATOR, "context-separator", "SEP", "print SEP between lines that are no neighbours (default --)"},
    {RG_NO_CONTEXT_SEPARATOR, "no-context-separator", NULL, NULL},
    {'c', "count", NULL, "only show how many lines of each file match"},
    {RG_COUNT_EACH, "count-matches", NULL, "only show how many matches each file has"},
    {RG_CRLF, "crlf", NULL, "lines may end in CR LF"},
    {RG_NO_CRLF, "no-crlf", NULL, NULL},
    {RG_DEBUG, "debug", NULL, "accepted: shows nothing more"},
    {RG_TRACE, "trace", NULL, NULL},
    {RG_DFA_SIZE, "dfa-size-limit", "NUM", "accepted: the limits are the sandbox's"},
    {'E', "encoding", "ENCODING", "the encoding of files: 'auto', 'none' or 'utf-8'"},
    {RG_NO_ENCODING, "no-encoding", NULL, NULL},
    {RG_ENGINE, "engine", "ENGINE", "the kind of patterns: 'default', 'pcre2' or 'auto'"},
    {RG_CONTEXT_MARK, "field-context-separator", "SEP", "print SEP behind the fields of context lines (default -)"},
    {RG_MATCH_MARK, "field-match-separator", "SEP", "print SEP behind the fields of matching lines (default :)"},
    {'f', "file", "FILE", "take patterns from FILE, one a line"},
    {RG_LIST_FILES, "files", NULL, "print each file that would be searched"},
    {'l', "files-with-matches", NULL, "print the paths of files with a match"},
    {RG_FILES_WITHOUT, "files-without-match", NULL, "print the paths of files without a match"},
    {'F', "fixed-strings", NULL, "patterns are strings"},
    {RG_NO_FIXED, "no-fixed-strings", NULL, NULL},
    {'L', "follow", NULL, "follow symbolic links"},
    {RG_NO_FOLLOW, "no-follow", NULL, NULL},
    {'g', "glob", "GLOB", "search only files that match GLOB; with ! before it, only others"},
    {RG_GLOB_FOLD, "glob-case-insensitive", NULL, "ignore case in all globs"},
    {RG_NO_GLOB_FOLD, "no-glob-case-insensitive", NULL, NULL},
    {RG_HEADING, "heading", NULL, "print the path above the lines of each file"},
    {RG_NO_HEADING, "no-heading", NULL, "print the path before each line"},
    {'h', NULL, NULL, NULL},
    {RG_HYPERLINK, "hyperlink-format", "FORMAT", "accepted: there are no links in the output"},
    {'.', "hidden", NULL, "search hidden files and directories"},
    {RG_NO_HIDDEN, "no-hidden", NULL, NULL},
    {RG_IGLOB, "iglob", "GLOB", "as -g, but ignore case"},
    {'i', "ignore-case", NULL, "ignore case"},
    {RG_IGNORE_FILE, "ignore-file", "PATH", "heed the rules in this file too"},
    {RG_IGNORE_FOLD, "ignore-file-case-insensitive", NULL, "ignore case in the rules of ignore files"},
    {RG_NO_IGNORE_FOLD, "no-ignore-file-case-insensitive", NULL, NULL},
    {RG_INCLUDE_ZERO, "include-zero", NULL, "with -c, also show files without a match"},
    {'v', "invert-match", NULL, "select lines that do not match"},
    {RG_NO_INVERT, "no-invert-match", NULL, NULL},
    {RG_JSON, "json", NULL, "show results as lines of JSON"},
    {RG_NO_JSON, "no-json", NULL, NULL},
    {RG_LINE_BUFFERED, "line-buffered", NULL, "accepted: output goes as it always does"},
    {RG_NO_LINE_BUFFERED, "no-line-buffered", NULL, NULL},
    {'n', "line-number", NULL, "show line numbers"},
    {'x', "line-regexp", NULL, "only whole lines match"},
    {'M', "max-columns", "NUM", "do not print lines of more than NUM bytes"},
    {RG_PREVIEW, "max-columns-preview", NULL, "... but their beginning"},
    {RG_NO_PREVIEW, "no-max-columns-preview", NULL, NULL},
    {'m', "max-count", "NUM", "select at most NUM lines of each file"},
    {'d', "max-depth", "NUM", "descend at most NUM directories"},
    {'d', "maxdepth", "NUM", NULL},
    {RG_MAX_SIZE, "max-filesize", "NUM", "leave out files of more than NUM bytes (suffixes K M G)"},
    {RG_MMAP, "mmap", NULL, "accepted: files are in memory anyway"},
    {RG_NO_MMAP, "no-mmap", NULL, NULL},
    {'U', "multiline", NULL, "matches may span lines"},
    {RG_NO_MULTILINE, "no-multiline", NULL, NULL},
    {RG_DOT_ALL, "multiline-dotall", NULL, "with -U, . matches line ends too"},
    {RG_NO_DOT_ALL, "no-multiline-dotall", NULL, NULL},
    {RG_NO_CONFIG, "no-config", NULL, "accepted: configuration files are never read"},
    {'I', "no-filename", NULL, "do not print paths"},
    {RG_NO_IGNORE, "no-ignore", NULL, "heed no ignore files"},
    {RG_IGNORE, "ignore", NULL, NULL},
    {RG_NO_IGNORE_DOT, "no-ignore-dot", NULL, "do not heed .ignore and .rgignore"},
    {RG_IGNORE_DOT, "ignore-dot", NULL, NULL},
    {RG_NO_IGNORE_EXCLUDE, "no-ignore-exclude", NULL, "do not heed .git/info/exclude"},
    {RG_IGNORE_EXCLUDE, "ignore-exclude", NULL, NULL},
    {RG_NO_IGNORE_FILES, "no-ignore-files", NULL, "do not heed --ignore-file"},
    {RG_IGNORE_FILES, "ignore-files", NULL, NULL},
    {RG_NO_IGNORE_GLOBAL, "no-ignore-global", NULL, "do not heed the user's git/ignore"},
    {RG_IGNORE_GLOBAL, "ignore-global", NULL, NULL},
    {RG_NO_IGNORE_MESSAGES, "no-ignore-messages", NULL, "do not tell of ignore files that cannot be read"},
    {RG_IGNORE_MESSAGES, "ignore-messages", NULL, NULL},
    {RG_NO_IGNORE_PARENT, "no-ignore-parent", NULL, "do not heed ignore files in parent directories"},
    {RG_IGNORE_PARENT, "ignore-parent", NULL, NULL},
    {RG_NO_IGNORE_VCS, "no-ignore-vcs", NULL, "do not heed .gitignore and the like"},
    {RG_IGNORE_VCS, "ignore-vcs", NULL, NULL},
    {'N', "no-line-number", NULL, "do not show line numbers"},
    {RG_NO_MESSAGES, "no-messages", NULL, "do not tell of files that cannot be read"},
    {RG_MESSAGES, "messages", NULL, NULL},
    {RG_NO_PCRE_UNICODE, "no-pcre2-unicode", NULL, "with -P, characters are bytes"},
    {RG_PCRE_UNICODE, "pcre2-unicode", NULL, NULL},
    {RG_NO_REQUIRE_GIT, "no-require-git", NULL, "heed .gitignore where there is no .git too"},
    {RG_REQUIRE_GIT, "require-git", NULL, NULL},
    {RG_NO_UNICODE, "no-unicode", NULL, "characters are bytes"},
    {RG_UNICODE, "unicode", NULL, NULL},
    {'0', "null", NULL, "print a 0 byte behind paths"},
    {RG_NULL_DATA, "null-data", NULL, "lines end in a 0 byte"},
    {RG_ONE_SYSTEM, "one-file-system", NULL, "accepted: there is only one"},
    {RG_NO_ONE_SYSTEM, "no-one-file-system", NULL, NULL},
    {'o', "only-matching", NULL, "print only the parts of lines that match"},
    {RG_PASSTHRU, "passthru", NULL, "print all lines, and mark what matches"},
    {RG_PASSTHRU, "passthrough", NULL, NULL},
    {RG_PATH_SEPARATOR, "path-separator", "SEP", "print SEP instead of / in paths"},
    {'P', "pcre2", NULL, "patterns are Perl's"},
    {RG_NO_PCRE, "no-pcre2", NULL, NULL},
    {RG_PCRE_VERSION, "pcre2-version", NULL, "print the version of PCRE2"},
    {RG_PRE, "pre", "COMMAND", "search what COMMAND FILE prints, for each FILE, which is its standard input too"},
    {RG_PRE_GLOB, "pre-glob", "GLOB", "... but only for files that match GLOB"},
    {RG_NO_PRE, "no-pre", NULL, NULL},
    {'p', "pretty", NULL, "colors, --heading and -n"},
    {'q', "quiet", NULL, "print nothing; stop at the first match"},
    {RG_REGEX_SIZE, "regex-size-limit", "NUM", "accepted: the limits are the sandbox's"},
    {'e', "regexp", "PATTERN", "search for PATTERN"},
    {'r', "replace", "TEXT", "print TEXT instead of each match; $1 and $name are groups"},
    {'z', "search-zip", NULL, NULL},
    {RG_NO_ZIP, "no-search-zip", NULL, NULL},
    {'S', "smart-case", NULL, "ignore case if the pattern is in lower case"},
    {RG_SORT, "sort", "BY", "sort by 'path', 'modified', 'accessed', 'created' or 'none' (which is as path)"},
    {RG_SORT_FILES, "sort-files", NULL, NULL},
    {RG_NO_SORT_FILES, "no-sort-files", NULL, NULL},
    {RG_SORTR, "sortr", "BY", "the same, the last first"},
    {RG_STATS, "stats", NULL, "print how much was searched and found"},
    {RG_NO_STATS, "no-stats", NULL, NULL},
    {'a', "text", NULL, "search binary files as if they were text"},
    {RG_NO_TEXT, "no-text", NULL, NULL},
    {'j', "threads", "NUM", "accepted: there is one"},
    {RG_STOP, "stop-on-nonmatch", NULL, "stop at the first line that does not match behind one that does"},
    {RG_TRIM, "trim", NULL, "do not print white space at the beginning of lines"},
    {RG_NO_TRIM, "no-trim", NULL, NULL},
    {'t', "type", "TYPE", "search only files of this type"},
    {RG_TYPE_ADD, "type-add", "SPEC", "add a glob to a type, as 'web:*.html', or types, as 'src:include:c,cpp'"},
    {RG_TYPE_CLEAR, "type-clear", "TYPE", "forget the globs of a type"},
    {RG_LIST_TYPES, "type-list", NULL, "show all types and their globs"},
    {'T', "type-not", "TYPE", "do not search files of this type"},
    {'u', "unrestricted", NULL, "--no-ignore; twice: --hidden too; three times: --binary too"},
    {'V', NULL, NULL, NULL},
    {RG_VIMGREP, "vimgrep", NULL, "show each match in a line of its own, with line and column"},
    {'H', "with-filename", NULL, "print the path before lines"},
    {'w', "word-regexp", NULL, "only whole words match"},
    {0},
};

void rg_usage(struct call *c)
{
    call_complain(c, "\nUSAGE:\n    \n    rg [OPTIONS] PATTERN [PATH ...]\n    rg [OPTIONS] -e PATTERN ... [PATH ...]\n"
                     "    rg [OPTIONS] -f PATTERNFILE ... [PATH ...]\n    rg [OPTIONS] --files [PATH ...]\n"
                     "    rg [OPTIONS] --type-list\n    command | rg [OPTIONS] PATTERN\n    rg [OPTIONS] --help\n"
                     "    rg [OPTIONS] --version\n\nFor more information try --help\n\n");
}

/* A value that is none of the words that may be there. */
static bool not_a_value(struct call *c, const char *option, struct str value, const char *words)
{
    call_complain(c, "error: '%S' isn't a valid value for '%s'\n\t[possible values: %s]\n\n", value, option, words);
    rg_usage(c);
    return false;
}

static bool take_number(struct call *c, const char *option, struct str value, uint64_t *number)
{
    int64_t read;
    bool overflow = false;
    size_t used = number_parse_int(value, 10, &read, &overflow);
    if (!used || used < value.length || read < 0 || overflow)
        return call_complain(c, "error: Invalid value for '%s': %s\n\n", option, overflow
            ? "number too large to fit in target type" : "invalid digit found in string"), false;
    *number = (uint64_t)read;
    return true;
}

static bool take_size(struct call *c, struct str value, uint64_t *size)
{
    struct str digits = value;
    int shift = 0;
    char last = value.length ? value.data[value.length - 1] : 0;
    if (last == 'K' || last == 'M' || last == 'G') {
        shift = last == 'K' ? 10 : last == 'M' ? 20 : 30;
        digits.length--;
    }
    int64_t read;
    bool overflow = false;
    size_t used = number_parse_int(digits, 10, &read, &overflow);
    if (!used || used < digits.length || read < 0 || overflow) {
        call_complain(c, "invalid format for size '%S', which should be a sequence of digits followed by an optional "
                         "'K', 'M' or 'G' suffix\n", value);
        return false;
    }
    *size = (uint64_t)read;
    *size = *size > UINT64_MAX >> shift ? UINT64_MAX : *size << shift;
    return true;
}

/* \n \t \\ \x7f in separators. */
static struct str unescaped(struct call *c, struct str text)
{
    static const char letters[] = "nrt0\\", codes[] = "\n\r\t\0\\";
    struct buf out;
    buf_init(&out, c->heap);
    for (size_t i = 0; i < text.length; i++) {
        const char *known = text.data[i] == '\\' && i + 1 < text.length ? memchr(letters, text.data[i + 1], 5) : NULL;
        int64_t value;
        bool overflow = false;
        if (known) {
            buf_add_byte(&out, codes[known - letters]);
            i++;
        } else if (text.data[i] == '\\' && i + 3 < text.length && text.data[i + 1] == 'x' && text.data[i + 2] != '-' &&
                   number_parse_int(str_of(text.data + i + 2, 2), 16, &value, &overflow) == 2) {
            buf_add_byte(&out, (char)value);
            i += 3;
        } else {
            buf_add_byte(&out, text.data[i]);
        }
    }
    return out.data ? buf_str(&out) : str_lit("");
}

static bool take_sort(struct call *c, struct rg *g, struct str value, bool descending)
{
    static const char *const words[] = {"path", "modified", "accessed", "created"};
    g->descending = descending;
    g->sorted = false;
    if (str_is(value, "none"))
        return true;
    for (int i = 0; i < 4; i++)
        if (str_is(value, words[i])) {
            g->sort = (enum rg_sort)i;
            g->sorted = i > 0 || descending;
            return true;
        }
    return not_a_value(c, descending ? "--sortr <SORTBY>" : "--sort <SORTBY>", value, "accessed, created, modified, none, path");
}

/* What is wrong with a glob, or NULL. */
static const char *glob_mistake(struct str glob)
{
    size_t braces = 0;
    for (size_t i = 0; i < glob.length; i++) {
        char byte = glob.data[i];
        if (byte == '\\') {
            if (++i == glob.length)
                return "dangling '\\'";
        } else if (byte == '[') {
            i += i + 1 < glob.length && (glob.data[i + 1] == '!' || glob.data[i + 1] == '^');
            i += i + 1 < glob.length && glob.data[i + 1] == ']';
            while (i < glob.length && glob.data[i] != ']')
                i++;
            if (i == glob.length)
                return "unclosed character class; missing ']'";
        } else if (byte == '{') {
            braces++;
        } else if (byte == '}' && braces > 0) {
            braces--;
        }
    }
    return braces ? "unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)" : NULL;
}

static bool take_glob(struct call *c, struct rg *g, struct str glob, bool fold)
{
    const char *mistake = glob_mistake(glob);
    if (mistake) {
        call_complain(c, "error parsing glob '%S': %s\n", glob, mistake);
        return false;
    }
    if (!g->overrides)
        g->overrides = ignore_new(c->heap);
    if (ignore_add(g->overrides, glob, IGNORE_BRACES | (fold ? IGNORE_FOLD : 0)))
        g->overrides_wanted |= !str_starts(glob, "!");
    return true;
}

static bool take_color(struct call *c, struct rg *g, struct str value)
{
    if (str_is(value, "always") || str_is(value, "ansi"))
        g->colored = true;
    else if (str_is(value, "never") || str_is(value, "auto"))
        g->colored = false;
    else
        return not_a_value(c, "--color <WHEN>", value, "always, ansi, auto, never");
    g->color_given = !str_is(value, "auto");
    return true;
}

/* What is about which files are searched. 1: taken, 0: wrong, -1: about something else. */
static int take_file_option(struct call *c, struct rg *g, const struct given_option *o)
{
    switch (o->letter) {
    case RG_LIST_FILES: g->mode = RG_FILES; break;
    case RG_LIST_TYPES: g->mode = RG_TYPE_LIST; break;
    case 'L': g->follow = true; break;
    case RG_NO_FOLLOW: g->follow = false; break;
    case 'g': return take_glob(c, g, o->value, call_has(c, RG_GLOB_FOLD));
    case RG_IGNORE_FOLD: g->fold_ignores = true; break;
    case RG_NO_IGNORE_FOLD: g->fold_ignores = false; break;
    case '.': g->hidden = true; break;
    case RG_NO_HIDDEN: g->hidden = false; break;
    case 'd': return take_number(c, "--max-depth <NUM>", o->value, &g->max_depth);
    case RG_MAX_SIZE: return take_size(c, o->value, &g->max_size);
    case RG_NO_IGNORE: g->no_ignore = true; break;
    case RG_IGNORE: g->no_ignore = false; break;
    case RG_NO_IGNORE_DOT: g->no_ignore_dot = true; break;
    case RG_IGNORE_DOT: g->no_ignore_dot = false; break;
    case RG_NO_IGNORE_EXCLUDE: g->no_ignore_exclude = true; break;
    case RG_IGNORE_EXCLUDE: g->no_ignore_exclude = false; break;
    case RG_NO_IGNORE_FILES: g->no_ignore_files = true; break;
    case RG_IGNORE_FILES: g->no_ignore_files = false; break;
    case RG_NO_IGNORE_GLOBAL: g->no_ignore_global = true; break;
    case RG_IGNORE_GLOBAL: g->no_ignore_global = false; break;
    case RG_NO_IGNORE_MESSAGES: g->ignore_messages = true; break;
    case RG_IGNORE_MESSAGES: g->ignore_messages = false; break;
    case RG_NO_IGNORE_PARENT: g->no_ignore_parent = true; break;
    case RG_IGNORE_PARENT: g->no_ignore_parent = false; break;
    case RG_NO_IGNORE_VCS: g->no_ignore_git = true; break;
    case RG_IGNORE_VCS: g->no_ignore_git = false; break;
    case RG_NO_MESSAGES: g->no_messages = true; break;
    case RG_MESSAGES: g->no_messages = false; break;
    case RG_NO_REQUIRE_GIT: g->no_require_git = true; break;
    case RG_REQUIRE_GIT: g->no_require_git = false; break;
    case RG_SORT: return take_sort(c, g, o->value, false);
    case RG_SORTR: return take_sort(c, g, o->value, true);
    case RG_PRE: g->pre = o->value; break;
    case RG_NO_PRE: g->pre.length = 0; break;
    case RG_PRE_GLOB:
        if (!g->pre_globs)
            g->pre_globs = ignore_new(c->heap);
        ignore_add(g->pre_globs, o->value, IGNORE_BRACES);
        break;
    case 'z':
        call_error(c, "-z, --search-zip: compressed files are not searched");
        return 0;
    case RG_TYPE_ADD: return rg_type_add(c, g, o->value);
    case RG_TYPE_CLEAR: rg_type_clear(c, g, o->value); break;
    case 'u':
        if (++g->unrestricted == 1)
            g->no_ignore = true;
        else if (g->unrestricted == 2)
            g->hidden = true;
        else
            g->binary = RG_CONVERT;
        break;
    default: return -1;
    }
    return 1;
}

/* What is about how lines are shown. The same answers. */
static int take_show_option(struct call *c, struct rg *g, const struct given_option *o)
{
    switch (o->letter) {
    case 'b': g->offsets = true; break;
    case RG_COLOR: return take_color(c, g, o->value);
    case RG_COLORS: return rg_color_spec(c, g, o->value);
    case RG_COLUMN: g->column = true; g->no_column = false; break;
    case RG_NO_COLUMN: g->column = false; g->no_column = true; break;
    case RG_CONTEXT_SEPARATOR: g->separator = unescaped(c, o->value); g->separate = true; break;
    case RG_NO_CONTEXT_SEPARATOR: g->separate = false; break;
    case RG_CONTEXT_MARK: g->context_mark = unescaped(c, o->value); break;
    case RG_MATCH_MARK: g->match_mark = unescaped(c, o->value); break;
    case RG_HEADING: g->heading = true; break;
    case RG_NO_HEADING: g->heading = false; break;
    case RG_INCLUDE_ZERO: g->include_zero = true; break;
    case RG_JSON: g->json = true; break;
    case RG_NO_JSON: g->json = false; break;
    case 'n': g->number = true; g->no_number = false; break;
    case 'N': g->no_number = true; break;
    case 'M':
        if (!take_number(c, "--max-columns <NUM>", o->value, &g->max_columns))
            return 0;
        g->max_columns = g->max_columns ? g->max_columns : UINT64_MAX;
        break;
    case RG_PREVIEW: g->preview = true; break;
    case RG_NO_PREVIEW: g->preview = false; break;
    case 'I': g->names = 0; break;
    case 'H': g->names = 1; break;
    case '0': g->null_names = true; break;
    case 'o': g->only = true; break;
    case RG_PATH_SEPARATOR: {
        struct str separator = unescaped(c, o->value);
        if (separator.length > 1) {
            call_complain(c, "A path separator must be exactly one byte, but the given separator is %zu bytes: %S\n"
                          "In some shells on Windows '/' is automatically expanded. Use '//' instead.\n",
                          separator.length, o->value);
            return 0;
        }
        g->path_separator = separator.length ? separator.data[0] : 0;
        break;
    }
    case 'p': g->pretty = g->heading = g->number = true; g->no_number = false; break;
    case 'q': g->quiet = true; break;
    case 'r': g->replace = o->value; g->replacing = true; break;
    case RG_STATS: g->stats = true; break;
    case RG_NO_STATS: g->stats = false; break;
    case RG_STOP: g->stop_early = true; break;
    case RG_TRIM: g->trim = true; break;
    case RG_NO_TRIM: g->trim = false; break;
    case RG_VIMGREP: g->vimgrep = true; break;
    default: return -1;
    }
    return 1;
}

static bool take_engine(struct call *c, struct rg *g, struct str value)
{
    static const char *const words[] = {"default", "pcre2", "auto"};
    for (int i = 0; i < 3; i++)
        if (str_is(value, words[i])) {
            g->engine = (enum rg_engine)i;
            return true;
        }
    return not_a_value(c, "--engine <ENGINE>", value, "auto, default, pcre2");
}

static void set_mode(struct rg *g, enum rg_mode mode)
{
    if (g->mode != RG_FILES && g->mode != RG_TYPE_LIST)
        g->mode = mode;
}

/* What is left: what a match is, and how much of it is wanted. */
static bool take_option(struct call *c, struct rg *g, const struct given_option *o)
{
    switch (o->letter) {
    case 'A':
        g->before = g->both ? 0 : g->before;
        g->both = g->passthru = false;
        return take_number(c, "--after-context <NUM>", o->value, &g->after);
    case 'B':
        g->after = g->both ? 0 : g->after;
        g->both = g->passthru = false;
        return take_number(c, "--before-context <NUM>", o->value, &g->before);
    case 'C':
        g->both = true;
        g->passthru = false;
        if (!take_number(c, "--context <NUM>", o->value, &g->before))
            return false;
        g->after = g->before;
        return true;
    case RG_PASSTHRU: g->passthru = true; g->before = g->after = 0; return true;
    case RG_AUTO_HYBRID: g->engine = RG_AUTO; return true;
    case RG_NO_AUTO_HYBRID: case RG_NO_PCRE: g->engine = RG_DEFAULT; return true;
    case 'P': g->engine = RG_PERL; return true;
    case RG_ENGINE: return take_engine(c, g, o->value);
    case RG_BINARY: g->binary = RG_CONVERT; return true;
    case RG_NO_BINARY: case RG_NO_TEXT: g->binary = RG_QUIT; return true;
    case 'a': g->binary = RG_TEXT; return true;
    case 's': g->letters = RG_SENSITIVE; return true;
    case 'i': g->letters = RG_INSENSITIVE; return true;
    case 'S': g->letters = RG_SMART; return true;
    case 'c': set_mode(g, RG_COUNT); return true;
    case RG_COUNT_EACH: set_mode(g, RG_COUNT_MATCHES); return true;
    case 'l': set_mode(g, RG_WITH_MATCH); return true;
    case RG_FILES_WITHOUT: set_mode(g, RG_WITHOUT_MATCH); return true;
    case RG_CRLF: g->crlf = true; g->null_data = false; return true;
    case RG_NO_CRLF: g->crlf = false; return true;
    case RG_NULL_DATA: g->null_data = true; g->crlf = false; return true;
    case 'F': g->fixed = true; return true;
    case RG_NO_FIXED: g->fixed = false; return true;
    case 'v': g->invert = true; return true;
    case RG_NO_INVERT: g->invert = false; return true;
    case 'x': g->whole_lines = true; g->words = false; return true;
    case 'w': g->words = true; g->whole_lines = false; return true;
    case 'm': return take_number(c, "--max-count <NUM>", o->value, &g->most);
    case 'U': g->multiline = true; return true;
    case RG_NO_MULTILINE: g->multiline = false; return true;
    case RG_DOT_ALL: g->dot_all = true; return true;
    case RG_NO_DOT_ALL: g->dot_all = false; return true;
    case RG_NO_PCRE_UNICODE: case RG_NO_UNICODE: g->no_unicode = true; return true;
    case RG_PCRE_UNICODE: case RG_UNICODE: g->no_unicode = false; return true;
    case 'E':
        g->any_encoding = !str_is(o->value, "none");
        if (str_is(o->value, "auto") || str_is(o->value, "none") || str_is(o->value, "utf-8") || str_is(o->value, "utf8") ||
            str_is(o->value, "UTF-8"))
            return true;
        call_complain(c, "grep config error: unknown encoding: %S\n", o->value);
        return false;
    default: return true;
    }
}

/* Colors for -p: where the terminal would have them. */
static bool terminal_colors(const struct call *c)
{
    struct str value;
    return environment_find(c->task->environment, "TERM", &value) && !str_is(value, "dumb") &&
           !environment_find(c->task->environment, "NO_COLOR", &value);
}

/* What the options mean together. */
static void settle(struct call *c, struct rg *g)
{
    if (g->mode == RG_COUNT && g->only)
        g->mode = RG_COUNT_MATCHES;
    if (g->mode == RG_COUNT_MATCHES && g->invert)
        g->mode = RG_COUNT;
    if (g->mode != RG_LINES || g->quiet)
        g->json = false;
    if (g->mode != RG_LINES && !g->json)
        g->before = g->after = 0;
    if (g->mode != RG_LINES)
        g->passthru = false;
    if (g->no_ignore)
        g->no_ignore_dot = g->no_ignore_exclude = g->no_ignore_global = g->no_ignore_parent = g->no_ignore_git = true;
    if (g->vimgrep) {
        g->column = !g->no_column;
        g->number = true;
        g->heading = false;
    }
    g->number = (g->number || g->column || g->json) && !g->no_number;
    if (g->pretty && !g->color_given)
        g->colored = terminal_colors(c);
    if (g->names == 0 && g->json)
        g->names = 1;
    g->end = g->null_data ? 0 : '\n';
    g->granular = g->json || g->stats || (g->mode == RG_COUNT_MATCHES) ||
                  (g->mode == RG_LINES && !g->quiet && (g->colored || g->column || g->replacing || g->vimgrep || g->only));
}

bool rg_take_options(struct call *c, struct rg *g)
{
    g->any_encoding = true;
    g->most = g->max_columns = g->max_depth = g->max_size = UINT64_MAX;
    g->separator = str_lit("--");
    g->separate = true;
    g->match_mark = str_lit(":");
    g->context_mark = str_lit("-");
    g->names = -1;
    for (int i = 0; i < RG_PARTS; i++)
        g->colors[i] = (struct rg_color){.fore = -1, .back = -1};
    g->colors[RG_PART_PATH].fore = 5;
    g->colors[RG_PART_LINE].fore = 2;
    g->colors[RG_PART_MATCH].fore = 1;
    g->colors[RG_PART_MATCH].bold = true;
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        int answer = take_file_option(c, g, o);
        if (answer < 0)
            answer = take_show_option(c, g, o);
        if (answer < 0)
            answer = take_option(c, g, o);
        if (!answer)
            return false;
    }
    for (size_t i = 0; i < c->option_count; i++) /* behind all that adds types */
        if (c->options[i].letter == 't' && !rg_type_select(c, g, c->options[i].value, false))
            return false;
    for (size_t i = 0; i < c->option_count; i++) { /* behind all that name types, or globs */
        const struct given_option *o = &c->options[i];
        if (o->letter == 'T' && !rg_type_select(c, g, o->value, true))
            return false;
        if (o->letter == RG_IGLOB && !take_glob(c, g, o->value, true))
            return false;
    }
    settle(c, g);
    return true;
}
