/* builtins/rg/pattern.c - the patterns of rg: from options, files and the first operand to one regex. */
#include "builtins/rg/rg.h"

static void add_pattern(struct call *c, struct rg *g, struct str text)
{
    g->patterns = array_grow(c->heap, g->patterns, g->pattern_count, sizeof *g->patterns);
    g->patterns[g->pattern_count++] = text;
    call_charge(c, 1);
}

int rg_read_list(struct call *c, struct rg *g, struct str name, struct str *text)
{
    int error = text_whole(c, &g->list, name, true, text);
    if (error == E_WAIT)
        return error;
    g->list = NULL;
    return error ? error : 1;
}

static int read_patterns(struct call *c, struct rg *g, struct str name)
{
    struct str text;
    int answer = rg_read_list(c, g, name, &text);
    if (answer == E_WAIT)
        return answer;
    if (answer != 1) {
        call_complain(c, "%S: %m (os error %d)\n", name, answer, rg_error_number(answer));
        return RG_FAILED;
    }
    while (text.length) {
        ptrdiff_t end = str_find(text, '\n');
        struct str line = end < 0 ? text : str_first(text, (size_t)end);
        text = str_after(text, line.length + (end >= 0));
        if (line.length && line.data[line.length - 1] == '\r')
            line.length--;
        add_pattern(c, g, line);
    }
    return 1;
}

int rg_patterns(struct call *c, struct rg *g)
{
    bool given = call_has(c, 'e') || call_has(c, 'f');
    while (g->next_option < c->option_count) {
        const struct given_option *o = &c->options[g->next_option];
        if (o->letter == 'f') {
            int answer = read_patterns(c, g, o->value);
            if (answer != 1)
                return answer;
        } else if (o->letter == 'e') {
            add_pattern(c, g, o->value);
        }
        g->next_option++;
    }
    if (!given)
        add_pattern(c, g, c->operands[0]);
    return 1;
}

/* --- compiling --------------------------------------------------------------------------------------------- */

/* The pattern, with marks below the places that are wrong. */
static void tell(struct call *c, const struct rg_syntax *s)
{
    if (s->newline) {
        call_complain(c, "the literal '\"\\n\"' is not allowed in a regex\n\n"
                         "Consider enabling multiline mode with the --multiline flag (or -U for short).\n"
                         "When multiline mode is enabled, new line characters can be matched.\n");
        return;
    }
    if (s->to == 0 && s->from == 0) {
        call_complain(c, "%s\n", s->mistake);
        return;
    }
    struct buf marks;
    size_t from = utf8_count(str_first(s->text, s->from), LOCALE_UTF8), to = utf8_count(str_first(s->text, s->to), LOCALE_UTF8);
    buf_init(&marks, c->heap);
    buf_fill(&marks, ' ', from);
    buf_fill(&marks, '^', to > from ? to - from : 1);
    if (s->also_to) {
        size_t next = utf8_count(str_first(s->text, s->also_from), LOCALE_UTF8);
        if (next > marks.length)
            buf_fill(&marks, ' ', next - marks.length);
        buf_fill(&marks, '^', utf8_count(str_first(s->text, s->also_to), LOCALE_UTF8) - next);
    }
    call_complain(c, "regex parse error:\n    %S\n    %S\nerror: %s\n", s->text, buf_str(&marks), s->mistake);
    if (s->perl_only)
        call_complain(c, "\nConsider enabling PCRE2 with the --pcre2 flag, which can handle backreferences\nand look-around.\n");
}

static struct str join(struct call *c, const struct rg *g)
{
    struct buf text;
    if (g->pattern_count == 1)
        return g->patterns[0];
    buf_init(&text, c->heap);
    for (size_t i = 0; i < g->pattern_count; i++) {
        if (i > 0)
            buf_add_byte(&text, '|');
        buf_add(&text, g->patterns[i]);
    }
    return buf_str(&text);
}

static unsigned common_flags(const struct rg *g)
{
    unsigned flags = g->multiline ? REGEX_MULTILINE : REGEX_NEWLINE;
    if (!g->no_unicode)
        flags |= REGEX_UTF8;
    if (g->null_data)
        flags |= REGEX_NUL;
    if (g->whole_lines)
        flags |= REGEX_LINE;
    else if (g->words)
        flags |= REGEX_WORD;
    return flags;
}

/* Are all patterns in lower case, and not empty of letters? For -F and -P. */
static bool is_small(const struct rg *g)
{
    bool literal = false;
    for (size_t i = 0; i < g->pattern_count; i++) {
        struct str p = g->patterns[i];
        while (p.length) {
            struct utf8_char one = utf8_first(p, LOCALE_UTF8);
            if (one.code == '\\' && !g->fixed && p.length > 1) {
                p = str_after(p, 2);
                continue;
            }
            if (utf8_is(one.code, UTF8_UPPER, LOCALE_UTF8))
                return false;
            literal = true;
            p = str_after(p, one.length);
        }
    }
    return literal;
}

static bool wants_fold(const struct rg *g, bool small)
{
    return g->letters == RG_INSENSITIVE || (g->letters == RG_SMART && small);
}

static bool compile_fixed(struct call *c, struct rg *g)
{
    const char *message = "";
    bool crosses = false;
    for (size_t i = 0; i < g->pattern_count; i++)
        crosses |= str_find(g->patterns[i], '\n') >= 0;
    if (crosses && !g->multiline && !g->null_data) {
        tell(c, &(struct rg_syntax){.newline = true});
        return false;
    }
    g->multiline &= crosses || g->null_data;
    unsigned flags = common_flags(g) | REGEX_NO_GROUPS | (wants_fold(g, is_small(g)) ? REGEX_FOLD : 0);
    g->regex = regex_compile(c->heap, g->patterns, g->pattern_count, REGEX_FIXED, flags, &message);
    if (!g->regex)
        call_complain(c, "%s\n", message);
    return g->regex != NULL;
}

static bool compile_perl(struct call *c, struct rg *g)
{
    const char *message = "";
    struct str text = join(c, g);
    unsigned flags = common_flags(g) | (wants_fold(g, is_small(g)) ? REGEX_FOLD : 0);
    if (g->multiline && g->dot_all) {
        struct buf all;
        buf_init(&all, c->heap);
        buf_print(&all, "(?s)%S", text);
        text = buf_str(&all);
    }
    rg_syntax_names(c->heap, text, &g->group_names, &g->group_name_count);
    g->regex = regex_compile(c->heap, &text, 1, REGEX_RUST, flags, &message);
    if (!g->regex)
        call_complain(c, "PCRE2: error compiling pattern: %s\n", message);
    return g->regex != NULL;
}

/* -F with several patterns: the first one that matches is the match, which only a pattern says. */
static struct str escaped(struct call *c, const struct rg *g)
{
    struct buf text;
    buf_init(&text, c->heap);
    for (size_t i = 0; i < g->pattern_count; i++) {
        if (i > 0)
            buf_add_byte(&text, '|');
        for (size_t j = 0; j < g->patterns[i].length; j++) {
            char byte = g->patterns[i].data[j];
            if (memchr("\\.+*?()|[]{}^$#&-~", byte, 18))
                buf_add_byte(&text, '\\');
            buf_add_byte(&text, byte);
        }
    }
    call_charge_bytes(c, text.length);
    return buf_str(&text);
}

enum { FIXED_MOST = 64 /* strings that are tried in their order */ };

bool rg_compile(struct call *c, struct rg *g)
{
    const char *message = "";
    if (g->pattern_count == 0)
        return true;
    if (g->engine == RG_PERL)
        return compile_perl(c, g);
    if (g->fixed && (g->pattern_count == 1 || g->pattern_count > FIXED_MOST || !g->granular))
        return compile_fixed(c, g);
    struct rg_syntax s = {.text = g->fixed ? escaped(c, g) : join(c, g), .multiline = g->multiline,
        .dot_all = g->multiline && g->dot_all, .crlf = g->crlf, .null_data = g->null_data};
    if (!rg_syntax_read(c->heap, &s)) {
        if (g->engine == RG_AUTO && s.perl_only)
            return compile_perl(c, g);
        tell(c, &s);
        return false;
    }
    if (g->multiline && !s.crosses && !g->null_data)
        g->multiline = false; /* no match has more than a line */
    unsigned flags = common_flags(g);
    if (s.fold || wants_fold(g, s.literal && !s.upper))
        flags |= REGEX_FOLD;
    g->group_names = s.names;
    g->group_name_count = s.name_count;
    struct str text = buf_str(s.is_plain ? &s.plain : &s.out);
    g->regex = regex_compile(c->heap, &text, 1, s.is_plain ? REGEX_FIXED : REGEX_RUST, flags, &message);
    if (g->regex)
        return true;
    if (s.property) {
        s.mistake = "Unicode property not found";
        s.from = s.property_at;
        s.to = s.property_end;
        tell(c, &s);
    } else {
        call_complain(c, "regex parse error:\n    %S\nerror: %s\n", s.text, message);
    }
    return false;
}
