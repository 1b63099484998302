/* builtins/grep/patterns.c - the patterns of grep: from options, files and the first operand to one regex. */
#include "builtins/grep/grep.h"

/* Each line of `text` is a pattern. `file` is where it is from, data NULL for options. */
static void add_patterns(struct call *c, struct grep *g, struct str text, struct str file)
{
    for (size_t line = 1;; line++) {
        ptrdiff_t at = str_find(text, '\n');
        g->patterns = array_grow(c->heap, g->patterns, g->pattern_count, sizeof *g->patterns);
        g->origins = array_grow(c->heap, g->origins, g->pattern_count, sizeof *g->origins);
        g->patterns[g->pattern_count] = at < 0 ? text : str_first(text, (size_t)at);
        g->origins[g->pattern_count++] = (struct grep_origin){file, line};
        call_charge(c, 1);
        if (at < 0)
            return;
        text = str_after(text, (size_t)at + 1);
    }
}

int grep_read_list(struct call *c, struct grep *g, struct str name, struct str *text)
{
    int error = text_whole(c, &g->pattern_file, name, true, text);
    if (error == E_WAIT)
        return error;
    if (error) {
        call_error(c, "%S: %m", name, error);
        return GREP_FAILED;
    }
    g->pattern_file = NULL;
    return 1;
}

static int read_patterns(struct call *c, struct grep *g, struct str name)
{
    struct str text;
    int answer = grep_read_list(c, g, name, &text);
    if (answer != 1 || !text.length)
        return answer;
    if (text.data[text.length - 1] == '\n')
        text.length--;
    add_patterns(c, g, text, name);
    return 1;
}

/* Skips a bracket expression that begins at `at`: the place behind it. */
static size_t skip_bracket(struct str p, size_t at)
{
    at++;
    if (at < p.length && p.data[at] == '^')
        at++;
    if (at < p.length && p.data[at] == ']')
        at++;
    while (at < p.length && p.data[at] != ']') {
        if (p.data[at] == '[' && at + 1 < p.length && (p.data[at + 1] == ':' || p.data[at + 1] == '.' || p.data[at + 1] == '=')) {
            char kind = p.data[at + 1];
            for (at += 2; at + 1 < p.length && !(p.data[at] == kind && p.data[at + 1] == ']'); at++)
                ;
            at += 2;
        } else {
            at++;
        }
    }
    return at + 1;
}

/* Is there an interval at the brace? Its length, or 0. */
static size_t interval_length(struct str p, size_t at)
{
    size_t i = at + 1, digits = 0;
    for (; i < p.length && p.data[i] >= '0' && p.data[i] <= '9'; i++)
        digits++;
    if (i < p.length && p.data[i] == ',')
        for (i++, digits++; i < p.length && p.data[i] >= '0' && p.data[i] <= '9'; i++)
            ;
    return digits && i < p.length && p.data[i] == '}' ? i + 1 - at : 0;
}

/* Tells of operators of an extended pattern that have nothing before them but places. */
static void warn_of_starts(struct call *c, struct str p)
{
    bool start = true;
    for (size_t i = 0; i < p.length;) {
        char byte = p.data[i];
        size_t length = 1;
        if (byte == '\\') {
            start = start && i + 1 < p.length && memchr("<>bB`'", p.data[i + 1], 6);
            length = 2;
        } else if (byte == '[') {
            start = false;
            length = skip_bracket(p, i) - i;
        } else if (byte == '{' && (length = interval_length(p, i)) > 0) {
            if (start)
                call_warn(c, "warning: {...} at start of expression");
            start = false;
        } else if (byte == '*' || byte == '+' || byte == '?') {
            if (start)
                call_warn(c, "warning: %c at start of expression", byte);
        } else if (byte == '(' || byte == '|') {
            start = true;
        } else if (byte != '^' && byte != '$') {
            start = false;
        }
        i += length ? length : 1;
    }
}

static enum regex_syntax syntax_of(const struct grep *g)
{
    switch (g->kind) {
    case 'E': return REGEX_EXTENDED;
    case 'F': return REGEX_FIXED;
    case 'P': return REGEX_PERL;
    case 'A': return REGEX_AWK;
    default: return REGEX_BASIC;
    }
}

/* Says which patterns are wrong: of those out of files, where they stand. */
static void tell_mistakes(struct call *c, struct grep *g, unsigned flags, const char *message)
{
    bool told = false;
    for (size_t i = 0; i < g->pattern_count; i++) {
        const char *here = message;
        struct grep_origin from = g->origins[i];
        struct regex *one = regex_compile(c->heap, &g->patterns[i], 1, syntax_of(g), flags, &here);
        regex_free(one);
        if (one)
            continue;
        told = true;
        if (from.file.data)
            call_error(c, "%S:%zu: %s", from.file, from.line, here);
        else
            call_error(c, "%s", here);
    }
    if (!told)
        call_error(c, "%s", message);
}

bool grep_compile(struct call *c, struct grep *g)
{
    unsigned flags = REGEX_NEWLINE | REGEX_NO_GROUPS;
    const char *message = "";
    if (g->locale == LOCALE_UTF8)
        flags |= REGEX_UTF8;
    if (g->fold)
        flags |= REGEX_FOLD;
    if (g->words)
        flags |= REGEX_WORD;
    if (g->lines)
        flags |= REGEX_LINE;
    if (g->null_data)
        flags |= REGEX_NUL;
    if (g->kind == 'P' && g->pattern_count > 1) {
        call_error(c, "the -P option only supports a single pattern");
        return false;
    }
    if (g->pattern_count == 0)
        return true;
    g->regex = regex_compile(c->heap, g->patterns, g->pattern_count, syntax_of(g), flags, &message);
    if (!g->regex) {
        tell_mistakes(c, g, flags, message);
        return false;
    }
    if (g->kind == 'E')
        for (size_t i = 0; i < g->pattern_count; i++)
            warn_of_starts(c, g->patterns[i]);
    return true;
}

int grep_patterns(struct call *c, struct grep *g)
{
    bool given = call_has(c, 'e') || call_has(c, 'f');
    while (g->next_option < c->option_count) {
        const struct given_option *o = &c->options[g->next_option];
        if (o->letter == 'f') {
            int answer = read_patterns(c, g, o->value);
            if (answer < 0)
                return answer;
        } else if (o->letter == 'e') {
            add_patterns(c, g, o->value, (struct str){0});
        } else if (o->letter == GREP_INCLUDE || o->letter == GREP_EXCLUDE) {
            grep_add_glob(c, g, g->files, o->value, o->letter == GREP_INCLUDE);
        } else if (o->letter == GREP_EXCLUDE_FROM) {
            g->exclude_at = g->next_option;
            int answer = grep_exclude_from(c, g);
            if (answer < 0)
                return answer;
        }
        g->next_option++;
    }
    if (!given)
        add_patterns(c, g, c->operands[0], (struct str){0});
    return 1;
}
