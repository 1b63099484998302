/* shell/parse_here.c - blanks, newlines and the here-documents that follow them. */
#include "shell/parser_parts.h"

/* --- blanks, newlines, here-documents ------------------------------------------------------------ */

void skip_blanks(struct parser *p)
{
    for (; p->p < p->end; p->p++) {
        if (*p->p == '\\' && p->p + 1 < p->end && p->p[1] == '\n') {
            p->line++;
            p->p++;
            p->more |= p->p + 1 >= p->end && may_get_more(p); /* the next line belongs to this one */
        } else if (*p->p == '#') {
            while (p->p < p->end && *p->p != '\n')
                p->p++;
            return;
        } else if (*p->p != ' ' && *p->p != '\t') {
            return;
        }
    }
}

/* The lines of a here-document up to its delimiter, without leading tabs for <<-. */
static bool here_lines(struct parser *p, struct here *h, struct buf *body)
{
    for (;;) {
        if (p->p >= p->end) {
            if (may_get_more(p)) {
                p->more = true;
                return false;
            }
            int last = p->line - (p->p > p->begin && p->p[-1] == '\n');
            buf_print(&p->s->warning, "line %d: warning: here-document at line %d delimited by end-of-file (wanted `%S')\n", last, h->line, h->delimiter);
            p->s->warned = true;
            return true;
        }
        const char *from = p->p, *end = memchr(from, '\n', (size_t)(p->end - from));
        if (!end)
            end = p->end;
        p->p = end < p->end ? end + 1 : end;
        p->line += end < p->end;
        while (h->strip && from < end && *from == '\t')
            from++;
        struct str line = str_of(from, (size_t)(end - from));
        if (str_equal(line, h->delimiter))
            return true;
        /* in a $( ) the closing parenthesis may follow the delimiter */
        bool in_subst = false;
        for (size_t d = p->depth; d > 0 && !in_subst; d--)
            in_subst = p->stack[d - 1].kind == SUBST;
        if (in_subst && line.length > h->delimiter.length && str_equal(str_first(line, h->delimiter.length), h->delimiter) &&
            line.data[h->delimiter.length] == ')') {
            p->p = from + h->delimiter.length;
            p->line -= end < p->end;
            return true;
        }
        buf_add(body, line);
        buf_add_byte(body, '\n'); /* also when the text ends without one */
        /* an unquoted backslash at a line's end joins it with the next, whatever that is */
        while (!h->quoted && line.length && line.data[line.length - 1] == '\\' && p->p < p->end) {
            size_t slashes = 0;
            while (slashes < line.length && line.data[line.length - 1 - slashes] == '\\')
                slashes++;
            if (slashes % 2 == 0)
                break;
            from = p->p;
            end = memchr(from, '\n', (size_t)(p->end - from));
            if (!end)
                end = p->end;
            p->p = end < p->end ? end + 1 : end;
            p->line += end < p->end;
            line = str_of(from, (size_t)(end - from));
            buf_add(body, line);
            buf_add_byte(body, '\n');
        }
    }
}

/* The body of a here-document with expansions is read as a text of its own. */
static void push_text(struct parser *p, struct buf *text, int line)
{
    struct input_below *below = heap_new(p->heap, struct input_below);
    below->owned = *text;
    below->begin = p->begin;
    below->p = p->p;
    below->end = p->end;
    below->line = p->line;
    below->below = p->below;
    p->below = below;
    p->begin = p->p = below->owned.data ? below->owned.data : "";
    p->end = p->p + below->owned.length;
    p->line = line;
}

void pop_text(struct parser *p)
{
    struct input_below *below = p->below;
    p->begin = below->begin;
    p->p = below->p;
    p->end = below->end;
    p->line = below->line;
    p->below = below->below;
    buf_drop(&below->owned);
    heap_free(p->heap, below);
}

/* Behind a newline: the bodies of the here-documents that were begun before it. One a step. */
bool read_here(struct parser *p)
{
    if (p->first_here == p->here_count)
        return false;
    struct here *h = &p->heres[p->first_here];
    struct buf body;
    buf_init(&body, p->heap);
    int line = p->line;
    if (!here_lines(p, h, &body))
        return true;
    p->first_here++;
    int over = emit(p, OP_GOTO, 0, 0, 0);
    p->at[h->at].b = p->length;
    if (h->quoted) {
        emit(p, OP_TEXT, CODE_QUOTED, intern(p, buf_str(&body)), 0);
        emit(p, OP_HERE_END, 0, 0, 0);
        patch(p, over);
        buf_drop(&body);
        return true;
    }
    push_text(p, &body, line);
    begin_word(p, HERE_TEXT);
    top(p)->start = over;
    top(p)->back = (int)p->first_here; /* those that wait stay hidden from the substitutions in this one */
    top(p)->exit = (int)p->here_count;
    p->first_here = p->here_count;
    return true;
}

void read_heres(struct parser *p)
{
    while (p->first_here < p->here_count && !p->more && !p->failed) {
        read_here(p);
        if (top(p)->kind == WORD && top(p)->purpose == HERE_TEXT)
            return; /* its end comes back */
    }
}

/* At a newline: takes it and what it brings. */
void end_line(struct parser *p)
{
    p->p++;
    p->line++;
    read_heres(p);
}
