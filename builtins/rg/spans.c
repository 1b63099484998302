/* builtins/rg/spans.c - the matches in a line, one behind the other, and what replaces them. */
#include "builtins/rg/rg.h"

void rg_spans_start(struct rg *g)
{
    struct rg_spans *p = &g->spans;
    p->begun = p->done = false;
    p->count = 0;
    p->from = p->copied = 0;
    p->last = -1;
}

static struct str group_text(const struct rg_spans *p, struct str text, int group)
{
    if (group < 0 || group >= p->group_count || p->groups[group].start < 0)
        return (struct str){0};
    return str_of(text.data + p->groups[group].start, (size_t)(p->groups[group].end - p->groups[group].start));
}

static int group_named(const struct rg *g, struct str name)
{
    int64_t number;
    bool overflow = false;
    size_t used = name.length && name.data[0] >= '0' && name.data[0] <= '9' ? number_parse_int(name, 10, &number, &overflow) : 0;
    if (used && used == name.length)
        return overflow || number > 100000 ? -1 : (int)number;
    for (size_t i = 0; i < g->group_name_count; i++)
        if (str_equal(g->group_names[i].name, name))
            return g->group_names[i].group;
    return -1;
}

/* The name behind a $ at the start of `rest`: its length with braces, 0 if there is none. */
static size_t reference(struct str rest, struct str *name)
{
    if (rest.length > 1 && rest.data[1] == '{') {
        ptrdiff_t end = str_find(rest, '}');
        if (end < 0)
            return 0;
        *name = str_of(rest.data + 2, (size_t)end - 2);
        return (size_t)end + 1;
    }
    size_t at = 1;
    while (at < rest.length && (rest.data[at] == '_' || utf8_byte_is(rest.data[at], UTF8_ALNUM)))
        at++;
    *name = str_of(rest.data + 1, at - 1);
    return at > 1 ? at : 0;
}

/* Appends the replacement of the match in p->groups. */
static void replace(struct call *c, const struct rg *g, struct rg_spans *p, struct str text)
{
    struct str rest = g->replace;
    size_t before = p->replaced.length;
    while (rest.length) {
        ptrdiff_t dollar = str_find(rest, '$');
        size_t plain = dollar < 0 ? rest.length : (size_t)dollar;
        struct str name;
        buf_add(&p->replaced, str_first(rest, plain));
        rest = str_after(rest, plain);
        if (!rest.length)
            break;
        size_t length = 1;
        if (rest.length > 1 && rest.data[1] == '$') {
            buf_add_byte(&p->replaced, '$');
            length = 2;
        } else if ((length = reference(rest, &name)) > 0) {
            buf_add(&p->replaced, group_text(p, text, group_named(g, name)));
        } else {
            buf_add_byte(&p->replaced, '$');
            length = 1;
        }
        rest = str_after(rest, length);
    }
    call_charge_bytes(c, p->replaced.length - before);
}

static void add_span(struct call *c, struct match **items, size_t count, ptrdiff_t start, ptrdiff_t end)
{
    *items = array_grow(c->heap, *items, count, sizeof **items);
    (*items)[count] = (struct match){start, end};
}

static void prepare(struct call *c, struct rg *g)
{
    struct rg_spans *p = &g->spans;
    if (p->groups)
        return;
    p->group_count = g->replacing ? regex_groups(g->regex) + 1 : 1;
    p->groups = heap_alloc(c->heap, (size_t)p->group_count * sizeof *p->groups);
    buf_init(&p->replaced, c->heap);
}

bool rg_spans_find(struct call *c, struct rg *g, struct str text, bool unended)
{
    struct rg_spans *p = &g->spans;
    if (!g->regex)
        return p->done = true;
    prepare(c, g);
    if (g->replacing && p->count == 0 && !p->begun)
        buf_clear(&p->replaced);
    while (!p->done) {
        if (!call_go(c))
            return false;
        if (!p->begun) {
            regex_start(&p->search, g->regex, text, p->from, 0);
            p->begun = true;
        }
        p->search.text = text;
        enum regex_answer answer = regex_next(&p->search, p->groups, p->group_count);
        if (answer == REGEX_MORE)
            return false;
        p->begun = false;
        call_charge(c, 1);
        if (answer == REGEX_LIMIT) {
            call_complain(c, "%S: PCRE2: error matching: match limit exceeded\n", g->scan.name);
            g->failed = true;
        }
        if (answer != REGEX_YES) {
            p->done = true;
            break;
        }
        struct match m = p->groups[0];
        bool again = m.start == m.end && m.end == p->last;
        p->from = (size_t)m.end;
        if (m.start == m.end)
            p->from += p->from < text.length ? utf8_first(str_after(text, p->from), LOCALE_UTF8).length : 1;
        p->last = m.end;
        if ((g->multiline || (unended && !g->replacing)) && (size_t)m.start >= text.length && text.length) {
            p->done = true; /* empty, behind the last line: ripgrep has none there */
            break;
        }
        if (!again) {
            add_span(c, g->replacing ? &p->originals : &p->items, p->count, m.start, m.end);
            if (g->replacing) {
                buf_add(&p->replaced, str_of(text.data + p->copied, (size_t)m.start - p->copied));
                size_t start = p->replaced.length;
                replace(c, g, p, text);
                add_span(c, &p->items, p->count, (ptrdiff_t)start, (ptrdiff_t)p->replaced.length);
                p->copied = (size_t)m.end;
            }
            p->count++;
        }
        p->done = p->from > text.length;
    }
    if (g->replacing && p->copied < text.length) {
        buf_add(&p->replaced, str_after(text, p->copied));
        p->copied = text.length;
    }
    return true;
}
