/* shell/parse.c - commands and what they are made of: lists, pipelines, compound commands, redirections, here-documents. */
#include "shell/parser.h"

#include <stdalign.h>

/* --- emitting ------------------------------------------------------------------------------- */

int emit(struct parser *p, enum op op, int flags, int a, int b)
{
    p->at = array_grow(p->heap, p->at, (size_t)p->length, sizeof *p->at);
    p->at[p->length] = (struct instruction){(uint16_t)op, (uint16_t)flags, a, b, p->line};
    return p->length++;
}

int intern(struct parser *p, struct str text)
{
    p->strings = array_grow(p->heap, p->strings, (size_t)p->string_count, sizeof *p->strings);
    size_t at = p->bytes.length;
    buf_reserve(&p->bytes, text.length + 1); /* `text` may lie in these bytes only if nothing moves: callers give source text */
    buf_add(&p->bytes, text);
    buf_add_byte(&p->bytes, 0);
    p->strings[p->string_count] = (struct str_slot){at, text.length};
    return p->string_count++;
}

void patch(struct parser *p, int at)
{
    p->at[at].a = p->length;
}

static struct str string_at(const struct parser *p, int index)
{
    return str_of(p->bytes.data + p->strings[index].at, p->strings[index].length);
}

/* --- the stack --------------------------------------------------------------------------------- */

struct open *push(struct parser *p, enum construct kind)
{
    p->stack = array_grow(p->heap, p->stack, p->depth, sizeof *p->stack);
    p->depth++;
    *top(p) = (struct open){.kind = (uint8_t)kind, .state = WANT_COMMAND, .line = p->line, .and_or = -1, .pipeline = -1, .stage = -1,
                            .jump = -1, .start = -1, .exit = -1, .chain = -1, .back = -1, .compound = -1, .redirect = -1, .expansion = -1,
                            .name = -1, .first_command = -1, .operator = -1};
    meter_charge(p->heap->meter, 1);
    return top(p);
}

void pop(struct parser *p)
{
    p->depth--;
}

/* --- failing ------------------------------------------------------------------------------------ */

/* The line of source that p->p is on. */
static struct str this_line(const struct parser *p, const char *at)
{
    const char *from = at, *to = at;
    while (from > p->begin && from[-1] != '\n')
        from--;
    while (to < p->end && *to != '\n')
        to++;
    return str_of(from, (size_t)(to - from));
}

static void failed_at(struct parser *p, int line)
{
    p->failed = true;
    p->s->message_line = line;
}

void fail_token(struct parser *p, struct str token)
{
    if (p->failed)
        return;
    buf_clear(&p->s->message);
    buf_print(&p->s->message, "syntax error near unexpected token `%S'\n", token);
    struct str line = this_line(p, p->p > p->begin && p->p == p->end ? p->p - (p->p[-1] == '\n') : p->p);
    buf_print(&p->s->message, "`%S'", line);
    failed_at(p, p->line);
}

void fail_message(struct parser *p, const char *format, ...)
{
    if (p->failed)
        return;
    va_list arguments;
    va_start(arguments, format);
    buf_clear(&p->s->message);
    buf_print_list(&p->s->message, format, arguments);
    va_end(arguments);
    failed_at(p, p->line);
}

static bool may_get_more(const struct parser *p)
{
    return !p->s->ended && !p->below && !p->single;
}

void fail_unclosed(struct parser *p, char what, int line)
{
    if (may_get_more(p)) {
        p->more = true;
        return;
    }
    if (p->failed)
        return;
    buf_clear(&p->s->message);
    buf_print(&p->s->message, "unexpected EOF while looking for matching `%c'", what);
    failed_at(p, line);
}

static void fail_end(struct parser *p)
{
    if (may_get_more(p)) {
        p->more = true;
        return;
    }
    fail_message(p, "syntax error: unexpected end of file");
    p->s->message_line = p->line + (p->p > p->begin && p->p[-1] != '\n');
}

/* The token at p->p, for a message. */
static struct str token_here(struct parser *p)
{
    static const char *const operators[] = {";;&", "<<<", "<<-", "&>>", "&&", "||", ";;", ";&", "|&", "<<", ">>", "<&", ">&", "<>", ">|", "&>"};
    struct str rest = str_of(p->p, (size_t)(p->end - p->p));
    if (!rest.length || rest.data[0] == '\n')
        return str_lit("newline");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_starts(rest, operators[i]))
            return str_first(rest, strlen(operators[i]));
    if (is_meta(rest.data[0]))
        return str_first(rest, 1);
    size_t n = 0;
    while (n < rest.length && !is_meta(rest.data[n])) {
        if (rest.data[n] == '\'' || rest.data[n] == '"') {
            char quote = rest.data[n++];
            while (n < rest.length && rest.data[n] != quote)
                n++;
        }
        n += n < rest.length;
    }
    return str_first(rest, n);
}

static void fail_here(struct parser *p)
{
    if (p->p >= p->end && !p->below) {
        if (may_get_more(p)) {
            p->more = true;
            return;
        }
    }
    if (p->p >= p->end && p->depth > 1)
        fail_end(p);
    else
        fail_token(p, token_here(p));
}

/* --- blanks, newlines, here-documents ------------------------------------------------------------ */

static void skip_blanks(struct parser *p)
{
    for (; p->p < p->end; p->p++) {
        if (*p->p == '\\' && p->p + 1 < p->end && p->p[1] == '\n') {
            p->line++;
            p->p++;
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
            buf_print(&p->s->warning, "line %d: warning: here-document at line %d delimited by end-of-file (wanted `%S')\n", p->line, h->line, h->delimiter);
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
        if (in_subst && str_starts(line, "") && line.length > h->delimiter.length &&
            memcmp(line.data, h->delimiter.data, h->delimiter.length) == 0 && line.data[h->delimiter.length] == ')') {
            p->p = from + h->delimiter.length;
            p->line -= end < p->end;
            return true;
        }
        buf_add(body, line);
        if (end < p->end)
            buf_add_byte(body, '\n');
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
            if (end < p->end)
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

static void pop_text(struct parser *p)
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
static bool read_here(struct parser *p)
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
    return true;
}

/* At a newline: takes it and what it brings. */
static void newline(struct parser *p)
{
    p->p++;
    p->line++;
    if (p->first_here < p->here_count)
        read_here(p);
}

/* --- pipelines and lists ---------------------------------------------------------------------------- */

static void begin_command(struct parser *p)
{
    struct open *o = top(p);
    p->any = true;
    if (o->and_or < 0)
        o->and_or = emit(p, OP_NOP, 0, p->length + 1, 0);
    o = top(p);
    if (o->pipeline < 0) {
        o->pipeline = emit(p, OP_NOP, 0, p->length + 1, 0);
        top(p)->stage = emit(p, OP_NOP, 0, p->length + 1, 0);
    }
}

static void mark_pipeline(struct parser *p, int flags)
{
    struct instruction *i = &p->at[top(p)->pipeline];
    i->op = OP_PIPELINE;
    i->flags |= (uint16_t)flags;
}

static void end_pipeline(struct parser *p)
{
    struct open *o = top(p);
    if (o->pipeline < 0)
        return;
    struct instruction *begin = &p->at[o->pipeline];
    if (begin->op == OP_PIPELINE) {
        if (begin->flags & CODE_STAGES) {
            emit(p, OP_END, 0, 0, 0);
            patch(p, top(p)->stage);
        }
        o = top(p);
        p->at[o->pipeline].a = p->length;
        emit(p, OP_PIPELINE_END, p->at[o->pipeline].flags, o->pipeline, 0);
    }
    o = top(p);
    o->pipeline = o->stage = -1;
}

static void close_jump(struct parser *p)
{
    struct open *o = top(p);
    if (o->jump >= 0)
        patch(p, o->jump);
    o->jump = -1;
}

static void end_simple(struct parser *p)
{
    struct open *o = top(p);
    if (o->state != IN_SIMPLE)
        return;
    /* assignments before a command word are for its environment only */
    if (o->first_done)
        for (int i = o->assignments; i >= 0; i = p->at[i].b)
            p->at[i].flags |= CODE_TEMPORARY;
    emit(p, OP_RUN, 0, 0, 0);
    p->at[p->length - 1].line = p->at[o->first_command].line;
    o = top(p);
    o->state = AFTER;
    o->compound = -1;
}

/* Redirections behind a compound command have been read: they come before it when it runs. */
static void end_compound_redirects(struct parser *p)
{
    struct open *o = top(p);
    if (o->redirect < 0)
        return;
    emit(p, OP_REDIRECT_PUSH, 0, o->compound + 1, 0);
    o = top(p);
    patch(p, o->redirect);
    emit(p, OP_REDIRECT_POP, 0, 0, 0);
    top(p)->redirect = -1;
}

static void end_stage_command(struct parser *p)
{
    end_simple(p);
    end_compound_redirects(p);
    top(p)->compound = -1;
}

static void end_and_or(struct parser *p, bool background)
{
    end_stage_command(p);
    end_pipeline(p);
    close_jump(p);
    struct open *o = top(p);
    if (background && o->and_or >= 0) {
        int from = -1, to = -1;
        size_t left = (size_t)(p->end - p->p) + 1, whole = p->s->text.length - p->s->at; /* with the & */
        if (!p->below && o->command_start <= whole && left <= o->command_start) {
            from = (int)(whole - o->command_start);
            to = (int)(whole - left);
        }
        p->at[o->and_or].op = OP_BACKGROUND;
        emit(p, OP_END, 0, from, to); /* where its text lies, for jobs */
        patch(p, top(p)->and_or);
    }
    o = top(p);
    o->and_or = -1;
    o->state = WANT_COMMAND;
}

static void add_stage(struct parser *p, bool both)
{
    end_stage_command(p);
    struct open *o = top(p);
    mark_pipeline(p, CODE_STAGES);
    emit(p, OP_END, 0, 0, 0);
    patch(p, top(p)->stage);
    o = top(p);
    p->at[o->stage].op = OP_STAGE;
    p->at[o->stage].flags = both ? CODE_BOTH : 0;
    int stage = emit(p, OP_STAGE, 0, 0, 0);
    o = top(p);
    o->stage = stage;
    o->state = WANT_STAGE;
}

static void add_and_or(struct parser *p, enum op op)
{
    end_stage_command(p);
    mark_pipeline(p, CODE_IGNORED);
    end_pipeline(p);
    close_jump(p);
    int jump = emit(p, op, 0, 0, 0);
    struct open *o = top(p);
    o->jump = jump;
    o->state = WANT_STAGE;
}

/* --- closing constructs ------------------------------------------------------------------------------- */

/* A compound command has ended: the list that holds it goes on behind it. */
static void compound_done(struct parser *p, int compound)
{
    struct open *o = top(p);
    if (o->kind == FUNCTION_BODY || o->kind == COPROC_BODY) {
        o->state = AFTER;
        o->compound = compound;
        o->has_words = true;
        return;
    }
    o->state = AFTER;
    o->compound = compound;
}

static int compound_begin(struct parser *p)
{
    return emit(p, OP_COMPOUND, 0, 0, 0);
}

static void finish_text_construct(struct parser *p)
{
    emit(p, OP_END, 0, 0, 0);
    struct open done = *top(p);
    patch(p, done.start);
    pop(p);
}

/* Functions and coprocesses end with their body. */
static void body_done(struct parser *p)
{
    struct open done = *top(p);
    end_compound_redirects(p);
    int from = -1, to = -1;
    if (done.kind == FUNCTION_BODY) { /* where its text lies, for declare -f: in the source, or as a string */
        size_t left = (size_t)(p->end - p->p), whole = p->s->text.length - p->s->at;
        if (!p->below && done.text_start <= whole && left <= done.text_start) {
            from = (int)(whole - done.text_start);
            to = (int)(whole - left);
        } else {
            size_t length = done.text_start - left, most = (size_t)(p->p - p->begin);
            if (length > most)
                length = most;
            to = intern(p, str_of(p->p - length, length));
        }
    }
    emit(p, OP_END, 0, from, to);
    pop(p);
    patch(p, done.start);
    p->at[done.start].line = done.line;
    compound_done(p, -1);
}

static bool closes_words(struct parser *p, struct str w);

static struct str raw_word(const struct parser *p)
{
    const char *at = p->p;
    while (at < p->end && !is_meta(*at) && !strchr("'\"\\$`", *at))
        at++;
    if (at < p->end && !is_meta(*at))
        return (struct str){0}; /* quotes or expansions in it */
    return str_of(p->p, (size_t)(at - p->p));
}

static void take(struct parser *p, struct str w)
{
    p->p += w.length;
}

static void begin_if(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, IF_TEST);
    o->start = compound;
    emit(p, OP_TEST_BEGIN, 0, 0, 0);
}

static void begin_loop(struct parser *p, bool until)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, LOOP_TEST);
    o->start = compound;
    o->until = until;
    int loop = emit(p, OP_LOOP, 0, 0, 0);
    p->at[loop].b = p->length;
    top(p)->back = loop;
    emit(p, OP_TEST_BEGIN, 0, 0, 0);
}

static void begin_brace(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    push(p, BRACE)->start = compound;
}

static void begin_paren(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    int subshell = emit(p, OP_SUBSHELL, 0, 0, 0);
    struct open *o = push(p, PAREN);
    o->start = compound;
    o->back = subshell;
}

/* name or words behind `for` and `select`. */
static void begin_for(struct parser *p, bool select)
{
    begin_command(p);
    int compound = compound_begin(p);
    skip_blanks(p);
    if (!select && p->p + 1 < p->end && p->p[0] == '(' && p->p[1] == '(') {
        struct open *o = push(p, ARITH_FOR);
        o->start = compound;
        p->p += 2;
        begin_word(p, ARITH_FOR_PART);
        return;
    }
    const char *from = p->p;
    while (p->p < p->end && !is_meta(*p->p))
        p->p++;
    struct str name = str_of(from, (size_t)(p->p - from));
    if (!name.length) {
        p->p = from;
        if (p->p >= p->end && may_get_more(p))
            p->more = true;
        else
            fail_token(p, token_here(p));
        return;
    }
    int string = intern(p, name);
    struct open *o = push(p, FOR_WORDS);
    o->start = compound;
    o->name = string;
    o->select = select;
    o->state = 0;
    emit(p, OP_COMMAND, 0, 0, 0);
}

static void begin_case(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, CASE_WORD);
    o->start = compound;
    skip_blanks(p);
    if (p->p >= p->end || is_meta(*p->p)) {
        fail_here(p);
        return;
    }
    begin_word(p, CASE_SUBJECT);
}

static void begin_condition(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, CONDITION);
    o->start = compound;
    o->jump = o->chain = -1;
    emit(p, OP_COMMAND, 0, 0, 0); /* sets the line */
}

static void begin_function(struct parser *p, struct str name)
{
    begin_command(p);
    int string = intern(p, name);
    int function = emit(p, OP_FUNCTION, 0, 0, string);
    struct open *o = push(p, FUNCTION_BODY);
    o->start = function;
    o->state = WANT_STAGE;
    o->text_start = (size_t)(p->end - p->p); /* what is left: aliases change what was before */
}

static void keyword_function(struct parser *p)
{
    skip_blanks(p);
    const char *from = p->p;
    while (p->p < p->end && !is_meta(*p->p))
        p->p++;
    struct str name = str_of(from, (size_t)(p->p - from));
    if (!name.length) {
        fail_here(p);
        return;
    }
    skip_blanks(p);
    const char *at = p->p;
    if (at < p->end && *at == '(') {
        at++;
        while (at < p->end && (*at == ' ' || *at == '\t'))
            at++;
        if (at < p->end && *at == ')')
            p->p = at + 1;
    }
    begin_function(p, name);
}

static void begin_coproc(struct parser *p)
{
    begin_command(p);
    skip_blanks(p);
    /* coproc NAME compound, or coproc command */
    struct str name = str_lit("COPROC"), w = raw_word(p);
    const char *after = p->p + w.length;
    while (after < p->end && (*after == ' ' || *after == '\t'))
        after++;
    bool name_ok = w.length && is_name_start(w.data[0]);
    for (size_t i = 0; i < w.length; i++)
        name_ok &= is_name(w.data[i]);
    struct str next = str_of(after, (size_t)(p->end - after));
    static const char *const begins[] = {"{ ", "{\n", "(", "while ", "until ", "for ", "if ", "case ", "[[ "};
    static const char *const words[] = {"while", "until", "for", "if", "case", "select", "time"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        name_ok &= !str_is(w, words[i]);
    bool named = false;
    for (size_t i = 0; name_ok && i < sizeof begins / sizeof *begins; i++)
        named |= str_starts(next, begins[i]);
    if (named) {
        name = w;
        p->p = after;
    }
    int string = intern(p, name);
    int coproc = emit(p, OP_COPROC, 0, 0, string);
    struct open *o = push(p, COPROC_BODY);
    o->start = coproc;
    o->state = WANT_STAGE;
}

/* A reserved word where a command may begin: false when it is none. */
static bool reserved(struct parser *p)
{
    struct open *o = top(p);
    struct str w = raw_word(p);
    if (!w.length || w.length > 8)
        return false;
    if (closes_words(p, w))
        return true;
    if (str_is(w, "if"))
        take(p, w), begin_if(p);
    else if (str_is(w, "while") || str_is(w, "until"))
        take(p, w), begin_loop(p, str_is(w, "until"));
    else if (str_is(w, "{"))
        take(p, w), begin_brace(p);
    else if (str_is(w, "for"))
        take(p, w), begin_for(p, false);
    else if (str_is(w, "select"))
        take(p, w), begin_for(p, true);
    else if (str_is(w, "case"))
        take(p, w), begin_case(p);
    else if (str_is(w, "[["))
        take(p, w), begin_condition(p);
    else if (str_is(w, "function"))
        take(p, w), keyword_function(p);
    else if (str_is(w, "coproc"))
        take(p, w), begin_coproc(p);
    else if (str_is(w, "!")) {
        take(p, w);
        begin_command(p);
        mark_pipeline(p, 0);
        p->at[top(p)->pipeline].flags ^= CODE_NOT;
        top(p)->state = WANT_STAGE;
        top(p)->negated = true;
    } else if (str_is(w, "time")) {
        take(p, w);
        begin_command(p);
        mark_pipeline(p, CODE_TIMED);
        skip_blanks(p);
        struct str next = raw_word(p);
        if (str_is(next, "-p")) {
            take(p, next);
            p->at[top(p)->pipeline].flags |= CODE_TIMED_POSIX;
            skip_blanks(p);
            next = raw_word(p);
        }
        if (str_is(next, "--"))
            take(p, next);
        top(p)->state = WANT_STAGE;
        top(p)->negated = true;
    } else {
        return false;
    }
    (void)o;
    return true;
}

/* Reserved words that close or go on with the construct on top. */
static bool closes_words(struct parser *p, struct str w)
{
    static const char *const all[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}", "in"};
    struct open *o = top(p);
    size_t which = 0;
    while (which < sizeof all / sizeof *all && !str_is(w, all[which]))
        which++;
    if (which == sizeof all / sizeof *all || str_is(w, "in"))
        return false;
    bool empty = o->state == WANT_STAGE || (o->state == WANT_COMMAND && !o->has_words);
    bool fits = false;
    switch (o->kind) {
    case IF_TEST: fits = str_is(w, "then"); break;
    case IF_THEN: fits = str_is(w, "fi") || str_is(w, "else") || str_is(w, "elif"); break;
    case IF_ELSE: fits = str_is(w, "fi"); break;
    case LOOP_TEST: fits = str_is(w, "do"); break;
    case LOOP_BODY: fits = str_is(w, o->function ? "}" : "done"); break;
    case BRACE: fits = str_is(w, "}"); break;
    case CASE_BODY:
        fits = str_is(w, "esac");
        empty = o->state == WANT_STAGE;
        break;
    default: break;
    }
    if (!fits || empty) {
        fail_token(p, w);
        return true;
    }
    end_and_or(p, false);
    o = top(p);
    take(p, w);
    o->has_words = false;
    if (str_is(w, "then")) {
        o->exit = emit(p, OP_UNLESS, 0, 0, 0);
        top(p)->kind = IF_THEN;
    } else if (str_is(w, "else") || str_is(w, "elif")) {
        int chain = emit(p, OP_GOTO, 0, o->chain, 0);
        o = top(p);
        o->chain = chain;
        patch(p, o->exit);
        o->exit = -1;
        o->kind = str_is(w, "else") ? IF_ELSE : IF_TEST;
        if (o->kind == IF_TEST)
            emit(p, OP_TEST_BEGIN, 0, 0, 0);
    } else if (str_is(w, "fi")) {
        if (o->exit >= 0) {
            int chain = emit(p, OP_GOTO, 0, o->chain, 0);
            o = top(p);
            o->chain = chain;
            patch(p, o->exit);
            emit(p, OP_STATUS, 0, 0, 0);
        }
        struct open done = *top(p);
        for (int at = done.chain; at >= 0;) {
            int next = p->at[at].a;
            patch(p, at);
            at = next;
        }
        pop(p);
        compound_done(p, done.start);
    } else if (str_is(w, "do")) {
        o->exit = emit(p, o->until ? OP_WHEN : OP_UNLESS, 0, 0, 0);
        emit(p, OP_LOOP_BODY, 0, 0, 0);
        top(p)->kind = LOOP_BODY;
    } else if (str_is(w, "done") || (o->kind == LOOP_BODY && str_is(w, "}"))) {
        emit(p, OP_LOOP_SAVE, 0, 0, 0);
        struct open done = *top(p);
        emit(p, OP_GOTO, 0, p->at[done.back].b, 0);
        if (done.exit >= 0)
            patch(p, done.exit);
        p->at[done.back].a = p->length;
        emit(p, OP_LOOP_END, 0, 0, 0);
        pop(p);
        compound_done(p, done.start);
    } else if (str_is(w, "}")) {
        struct open done = *top(p);
        pop(p);
        compound_done(p, done.start);
    } else { /* esac */
        struct open done = *top(p);
        int chain = done.chain;
        if (done.exit >= 0) { /* a last clause without ;; */
            chain = emit(p, OP_GOTO, 0, done.chain, 0);
            patch(p, done.exit);
        }
        emit(p, OP_STATUS, 0, 0, 0);
        for (int at = chain; at >= 0;) {
            int next = p->at[at].a;
            patch(p, at);
            at = next;
        }
        emit(p, OP_CASE_END, 0, 0, 0);
        pop(p);
        compound_done(p, done.start);
    }
    return true;
}

/* --- simple commands ------------------------------------------------------------------------------------ */

static void begin_simple(struct parser *p)
{
    struct open *o = top(p);
    if (o->state == IN_SIMPLE || o->state == AFTER)
        return;
    begin_command(p);
    int at = emit(p, OP_COMMAND, 0, 0, 0);
    o = top(p);
    o->state = IN_SIMPLE;
    o->first_command = at;
    o->first_done = o->declares = false;
    o->assignments = -1;
    o->has_words = true;
    o->compound = -1;
}

static void begin_array(struct parser *p, int name, int flags)
{
    emit(p, OP_ARRAY_OPEN, flags, name, 0);
    struct open *o = push(p, ARRAY);
    o->name = name;
    o->flags = flags;
    p->p++;
}

/* Behind name= : the value. */
static void begin_value(struct parser *p, int name, int flags)
{
    if (p->p < p->end && *p->p == '(' && !(flags & CODE_SUBSCRIPT)) {
        begin_array(p, name, flags);
        return;
    }
    begin_word(p, ASSIGN_VALUE);
    top(p)->name = name;
    top(p)->flags = flags;
}

static void assignment(struct parser *p, size_t name_length, bool append, bool subscript)
{
    int name = intern(p, str_of(p->p, name_length));
    p->p += name_length;
    if (subscript) {
        p->p++;
        begin_word(p, SUBSCRIPT_WORD);
        top(p)->name = name;
        top(p)->flags = CODE_SUBSCRIPT | (append ? CODE_APPEND : 0);
        return;
    }
    p->p += append ? 2 : 1;
    begin_value(p, name, append ? CODE_APPEND : 0);
}

static bool declares(struct str w)
{
    return str_is(w, "declare") || str_is(w, "typeset") || str_is(w, "local") || str_is(w, "export") || str_is(w, "readonly");
}

/* An alias at the first word of a command: its text takes its place. */
static bool expand_alias(struct parser *p)
{
    struct source *s = p->s;
    if (!s->expand_aliases || !s->alias || p->below)
        return false;
    const char *at = p->p;
    while (at < p->end && !is_meta(*at) && !strchr("'\"\\$`=", *at))
        at++;
    if (at == p->p || (at < p->end && !is_meta(*at)))
        return false;
    struct str name = str_of(p->p, (size_t)(at - p->p)), value;
    size_t remaining = (size_t)(p->end - at);
    while (p->alias_count && p->aliases[p->alias_count - 1].remaining >= (size_t)(p->end - p->p))
        p->alias_count--;
    for (size_t i = 0; i < p->alias_count; i++)
        if (str_equal(p->aliases[i].name, name))
            return false;
    if (!s->alias(s->user, name, &value))
        return false;
    struct buf text;
    buf_init(&text, p->heap);
    p->aliases = array_grow(p->heap, p->aliases, p->alias_count, sizeof *p->aliases);
    p->aliases[p->alias_count++] = (struct alias_use){str_copy(p->heap, name), remaining};
    if (value.length && (value.data[value.length - 1] == ' ' || value.data[value.length - 1] == '\t'))
        p->alias_next = remaining;
    buf_add(&text, value);
    buf_add(&text, str_of(at, remaining));
    buf_drop(&p->spliced);
    p->spliced = text;
    p->begin = p->p = text.data ? text.data : "";
    p->end = p->p + text.length;
    meter_charge_bytes(p->heap->meter, &p->rest, text.length);
    return true;
}

/* A word of a simple command, or an assignment before it. */
static void simple_word(struct parser *p)
{
    begin_simple(p);
    struct open *o = top(p);
    size_t name;
    bool append, subscript;
    if (!o->first_done && assignment_ahead(p, &name, &append, &subscript)) {
        assignment(p, name, append, subscript);
        return;
    }
    if (o->declares && assignment_ahead(p, &name, &append, &subscript)) {
        const char *value = p->p + name + (append ? 2 : 1);
        if (!subscript && value < p->end && *value == '(') {
            int string = intern(p, str_of(p->p, name));
            p->p = value;
            begin_array(p, string, CODE_ARGUMENT | (append ? CODE_APPEND : 0));
            return;
        }
        begin_word(p, COMMAND_WORD);
        top(p)->assigned = top(p)->declares = true;
        return;
    }
    begin_word(p, COMMAND_WORD);
}

/* --- redirections ------------------------------------------------------------------------------------------ */

static void here_document(struct parser *p, int fd, bool strip, bool named)
{
    skip_blanks(p);
    const char *from = p->p;
    while (p->p < p->end && !is_meta(*p->p)) {
        char c = *p->p;
        if (c == '\\' && p->p + 1 < p->end)
            p->p++;
        else if (c == '\'' || c == '"') {
            const char *close = memchr(p->p + 1, c, (size_t)(p->end - p->p - 1));
            if (!close) {
                fail_unclosed(p, c, p->line);
                return;
            }
            p->p = close;
        }
        p->p++;
    }
    if (p->p == from) {
        fail_here(p);
        return;
    }
    struct buf delimiter;
    buf_init(&delimiter, p->heap);
    bool quoted = unquote_delimiter(p, str_of(from, (size_t)(p->p - from)), &delimiter);
    int at = emit(p, OP_HERE, (quoted ? CODE_QUOTED : 0) | (named ? CODE_NAMED : 0), fd, 0);
    p->heres = array_grow(p->heap, p->heres, p->here_count, sizeof *p->heres);
    p->heres[p->here_count++] = (struct here){at, buf_str(&delimiter), quoted, strip, p->line};
}

/* At a redirection: [n]op word, {name}op word. False when there is none here. */
static bool redirection(struct parser *p)
{
    const char *at = p->p;
    int fd = -1;
    struct str name = {0};
    if (*at >= '0' && *at <= '9') {
        int64_t number = 0;
        for (; at < p->end && *at >= '0' && *at <= '9'; at++)
            number = number < 100000 ? number * 10 + (*at - '0') : number;
        if (at >= p->end || (*at != '<' && *at != '>'))
            return false;
        fd = (int)number;
    } else if (*at == '{') {
        const char *end = ++at;
        while (end < p->end && is_name(*end))
            end++;
        if (end == at || !is_name_start(*at))
            return false;
        const char *close = end;
        if (close < p->end && *close == '[') {
            while (close < p->end && *close != ']' && !is_meta(*close))
                close++;
            close += close < p->end;
        }
        if (close + 1 >= p->end || *close != '}' || (close[1] != '<' && close[1] != '>'))
            return false;
        name = str_of(at, (size_t)(close - at));
        at = close + 1;
    } else if (!(*at == '<' || *at == '>' || (*at == '&' && at + 1 < p->end && at[1] == '>'))) {
        return false;
    }
    if ((*at == '<' || *at == '>') && at + 1 < p->end && at[1] == '(')
        return false;
    struct str rest = str_of(at, (size_t)(p->end - at));
    int kind = -1, flags = fd < 0 ? CODE_DEFAULT : 0, standard = *at == '<' ? 0 : 1;
    size_t width = 2;
    if (str_starts(rest, "&>>"))
        kind = REDIRECT_APPEND_ERR, width = 3;
    else if (str_starts(rest, "&>"))
        kind = REDIRECT_OUT_ERR;
    else if (str_starts(rest, "<<<"))
        kind = REDIRECT_STRING, width = 3;
    else if (str_starts(rest, "<<"))
        kind = REDIRECT_HERE;
    else if (str_starts(rest, "<&"))
        kind = REDIRECT_DUP_IN;
    else if (str_starts(rest, "<>"))
        kind = REDIRECT_BOTH_WAYS;
    else if (str_starts(rest, ">>"))
        kind = REDIRECT_APPEND;
    else if (str_starts(rest, ">&"))
        kind = REDIRECT_DUP_OUT;
    else if (str_starts(rest, ">|"))
        kind = REDIRECT_CLOBBER;
    else
        kind = *at == '<' ? REDIRECT_IN : REDIRECT_OUT, width = 1;
    if (top(p)->state == AFTER && top(p)->kind != CONDITION) {
        if (top(p)->compound < 0) {
            fail_here(p);
            return true;
        }
        if (top(p)->redirect < 0) { /* the first one behind a compound command: control comes here from its beginning */
            int over = emit(p, OP_GOTO, 0, 0, 0);
            struct open *o = top(p);
            o->redirect = over;
            p->at[o->compound].a = p->length;
        }
    } else {
        begin_simple(p);
    }
    p->p = at + width;
    if (name.length) {
        emit(p, OP_REDIRECT_VARIABLE, 0, intern(p, name), 0);
        flags |= CODE_NAMED;
    }
    if (kind == REDIRECT_HERE) {
        bool strip = p->p < p->end && *p->p == '-';
        p->p += strip;
        here_document(p, fd < 0 ? 0 : fd, strip, name.length > 0);
        return true;
    }
    skip_blanks(p);
    if (p->p >= p->end || (is_meta(*p->p) && !((*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '('))) {
        fail_here(p);
        return true;
    }
    begin_word(p, TARGET);
    struct open *w = top(p);
    w->operator = kind;
    w->assigned = kind == REDIRECT_STRING;
    w->count = fd < 0 ? standard : fd;
    w->flags = flags;
    return true;
}

/* --- a word has ended ---------------------------------------------------------------------------------------- */

static bool function_ahead(struct parser *p)
{
    const char *at = p->p;
    while (at < p->end && (*at == ' ' || *at == '\t'))
        at++;
    if (at >= p->end || *at != '(')
        return false;
    for (at++; at < p->end && (*at == ' ' || *at == '\t'); at++)
        ;
    if (at >= p->end || *at != ')')
        return false;
    p->p = at + 1;
    return true;
}

/* Has this source text a brace expression that bash would expand? Quotes and $ are skipped. */
static bool has_braces(struct str t)
{
    for (size_t from = 0; from < t.length; from++) {
        if (t.data[from] == '\\') {
            from++;
            continue;
        }
        if (t.data[from] == '\'' || t.data[from] == '"') {
            char quote = t.data[from];
            for (from++; from < t.length && t.data[from] != quote; from++)
                from += quote == '"' && t.data[from] == '\\';
            continue;
        }
        if (t.data[from] == '$' && from + 1 < t.length && t.data[from + 1] == '{') {
            from++;
            continue;
        }
        if (t.data[from] != '{')
            continue;
        int depth = 0;
        bool comma = false;
        for (size_t i = from; i < t.length; i++) {
            char c = t.data[i];
            if (c == '\\') {
                i++;
            } else if (c == '\'' || c == '"') {
                for (i++; i < t.length && t.data[i] != c; i++)
                    i += c == '"' && t.data[i] == '\\';
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0) {
                if (comma)
                    return true;
                break;
            } else if (depth == 1 && (c == ',' || (c == '.' && i + 1 < t.length && t.data[i + 1] == '.'))) {
                comma = true;
            }
        }
    }
    return false;
}

static void end_argument(struct parser *p, const struct open *word)
{
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    if (word->braces && !word->declares && has_braces(source)) {
        p->length = word->code_start;
        emit(p, OP_BRACES, 0, intern(p, source), 0);
        return;
    }
    emit(p, OP_WORD, word->declares ? CODE_ASSIGNED : 0, 0, 0);
}

static void command_word(struct parser *p, const struct open *word)
{
    struct open *o = top(p);
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    if (!o->first_done) {
        bool literal = word->plain && p->length == word->code_start + 1;
        bool only = o->first_command == word->code_start - 1; /* nothing stands before it */
        if (only && function_ahead(p)) {
            struct str name = source;
            if (!literal && !str_find(name, '$')) {
                fail_token(p, str_lit("("));
                return;
            }
            p->length = o->first_command;
            o->state = WANT_COMMAND;
            o->has_words = true;
            begin_function(p, name);
            return;
        }
        o->first_done = true;
        o->declares = literal && declares(source);
        if (literal && (str_is(source, "command") || str_is(source, "builtin")))
            o->first_done = o->declares = true;
    } else if (o->declares && !declares(source) && word->plain && p->at[o->first_command + 1].op == OP_TEXT) {
        /* `command echo a=b` is no declaration: found out at its second word */
        struct str first = string_at(p, p->at[o->first_command + 1].a);
        if (str_is(first, "command") || str_is(first, "builtin"))
            o->declares = source.length && source.data[0] == '-';
    }
    end_argument(p, word);
}

static int operator_of(struct parser *p, struct str text)
{
    return intern(p, text);
}

static void condition_operand(struct parser *p, const struct open *word);

void word_done(struct parser *p, struct open word)
{
    struct open *o = top(p);
    switch (word.purpose) {
    case COMMAND_WORD: command_word(p, &word); break;
    case ASSIGN_VALUE: {
        int at = emit(p, OP_ASSIGN, word.flags, word.name, o->assignments);
        top(p)->assignments = at;
        break;
    }
    case SUBSCRIPT_WORD:
        emit(p, OP_SUBSCRIPT, 0, 0, 0);
        p->p += word.flags & CODE_APPEND ? 3 : 2; /* ]= or ]+= */
        begin_value(p, word.name, word.flags);
        break;
    case TARGET: emit(p, OP_REDIRECT, word.flags, word.operator, word.count); break;
    case FOR_ITEM:
    case ELEMENT: end_argument(p, &word); break;
    case ELEMENT_KEY:
        emit(p, OP_ARRAY_KEY, 0, 0, 0);
        p->p += word.flags & CODE_APPEND ? 3 : 2;
        begin_word(p, ELEMENT_VALUE);
        top(p)->flags = word.flags;
        break;
    case ELEMENT_VALUE: emit(p, OP_ARRAY_VALUE, word.flags & CODE_APPEND, 0, 0); break;
    case CASE_SUBJECT: emit(p, OP_CASE, 0, 0, 0); break;
    case CASE_CHOICE: {
        int at = emit(p, OP_CASE_PATTERN, 0, o->redirect, 0); /* chained until the body begins */
        top(p)->redirect = at;
        break;
    }
    case OPERAND:
    case PATTERN_OPERAND:
    case REGEX_OPERAND: condition_operand(p, &word); break;
    case SINGLE: emit(p, OP_WORD, word.flags, 0, 0); break;
    case HERE_TEXT:
        if (p->single) {
            emit(p, OP_WORD, CODE_ASSIGNED, 0, 0);
            break;
        }
        emit(p, OP_HERE_END, 0, 0, 0);
        patch(p, word.start);
        pop_text(p);
        if (p->first_here < p->here_count)
            read_here(p);
        break;
    case PARAM_INDEX:
        emit(p, OP_PARAM_SUBSCRIPT, 0, o->expansion, 0);
        p->p++;
        break;
    case PARAM_VALUE:
    case PARAM_REPLACEMENT:
    case PARAM_LENGTH:
        if (word.purpose != PARAM_VALUE && p->expansions[o->expansion].two_words)
            emit(p, OP_PARAM_WORD, 1, o->expansion, 0);
        else if (word.purpose != PARAM_VALUE)
            emit(p, OP_PARAM_WORD, 0, o->expansion, 0);
        break; /* PARAM closes at the brace */
    case PARAM_PATTERN:
    case PARAM_OFFSET:
        emit(p, OP_PARAM_WORD, 0, o->expansion, 0);
        if (*p->p != '}') {
            p->expansions[o->expansion].two_words = true;
            p->p++;
            begin_word(p, word.purpose == PARAM_PATTERN ? PARAM_REPLACEMENT : PARAM_LENGTH);
        }
        break;
    case ARITH_COMMAND_TEXT:
        if (p->p + 1 < p->end && p->p[1] == ')') {
            p->p += 2;
            emit(p, OP_ARITH_COMMAND, 0, 0, 0);
            compound_done(p, word.name);
            break;
        }
        /* ((...) ...): two subshells after all */
        p->p = p->begin + word.text_start;
        p->line = word.line;
        p->length = word.code_start;
        {
            int subshell = emit(p, OP_SUBSHELL, 0, 0, 0);
            struct open *outer = push(p, PAREN);
            outer->start = word.name;
            outer->back = subshell;
            begin_paren(p);
        }
        break;
    case ARITH_FOR_PART: {
        int part = o->count++;
        if (part == 0) {
            emit(p, OP_ARITH_STEP, CODE_EMPTY_TRUE, 0, 0);
            o = top(p);
            o->back = emit(p, OP_LOOP, 0, 0, 0);
        } else if (part == 1) {
            emit(p, OP_ARITH_STEP, CODE_EMPTY_TRUE | CODE_TEST, 0, 0);
            o->exit = emit(p, OP_AND, 0, 0, 0);
            int body = emit(p, OP_GOTO, 0, 0, 0);
            o = top(p);
            o->jump = body;
            p->at[o->back].b = p->length;
        } else {
            emit(p, OP_ARITH_STEP, CODE_EMPTY_TRUE, 0, 0);
        }
        o = top(p);
        if (part < 2) {
            if (*p->p != ';') {
                fail_message(p, "syntax error: arithmetic expression required\nsyntax error: `((%S))'", (struct str){0});
                break;
            }
            p->p++;
            if (part == 0) { /* the test begins right behind LOOP: where a turn comes back to */
                o->chain = p->length;
            }
            begin_word(p, ARITH_FOR_PART);
            break;
        }
        if (p->p + 1 >= p->end || p->p[0] != ')' || p->p[1] != ')') {
            fail_here(p);
            break;
        }
        p->p += 2;
        emit(p, OP_GOTO, 0, o->chain, 0);
        patch(p, o->jump);
        o->jump = -1;
        o->state = 1; /* do or { */
        break;
    }
    }
}

/* --- between the parts of compound commands --------------------------------------------------------------------- */

static bool skip_to_word(struct parser *p, bool newlines)
{
    for (;;) {
        skip_blanks(p);
        if (p->p < p->end && *p->p == '\n' && newlines) {
            newline(p);
            if (p->failed || p->more || top(p)->purpose == HERE_TEXT)
                return false;
            continue;
        }
        return true;
    }
}

static void begin_body(struct parser *p, int back, int exit, bool braces)
{
    struct open *o = top(p);
    int start = o->start;
    *o = (struct open){.kind = LOOP_BODY, .state = WANT_COMMAND, .line = o->line, .and_or = -1, .pipeline = -1, .stage = -1, .jump = -1,
                       .start = start, .exit = exit, .chain = -1, .back = back, .compound = -1, .redirect = -1, .name = -1, .function = braces};
    emit(p, OP_LOOP_BODY, 0, 0, 0);
}

/* `for x` [in words]; do */
static void for_step(struct parser *p)
{
    struct open *o = top(p);
    if (!skip_to_word(p, o->state == 0 || o->state == 3))
        return;
    o = top(p);
    if (p->p >= p->end) {
        fail_end(p);
        return;
    }
    struct str w = raw_word(p);
    if (o->state == 0 && str_is(w, "in")) {
        take(p, w);
        o->state = 1;
        return;
    }
    if (o->state == 1 && *p->p != ';' && *p->p != '\n') {
        if (is_meta(*p->p) && !((*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '('))
            fail_here(p);
        else
            begin_word(p, FOR_ITEM);
        return;
    }
    if (o->state == 0 || o->state == 1) {
        int all = o->state == 0, name = o->name;
        bool select = o->select;
        if (*p->p == ';' && !(p->p + 1 < p->end && (p->p[1] == ';' || p->p[1] == '&')))
            p->p++;
        else if (*p->p == '\n')
            newline(p);
        int loop = emit(p, OP_FOR, all ? CODE_ALL_ARGUMENTS : 0, 0, 0);
        p->at[loop].b = p->length;
        int next = emit(p, select ? OP_SELECT_NEXT : OP_FOR_NEXT, 0, 0, name);
        size_t level = top(p)->purpose == HERE_TEXT ? p->depth - 2 : p->depth - 1;
        o = &p->stack[level];
        o->state = 3;
        o->back = loop;
        o->exit = next;
        return;
    }
    if (str_is(w, "do") || str_is(w, "{")) {
        take(p, w);
        begin_body(p, o->back, o->exit, str_is(w, "{"));
        return;
    }
    fail_here(p);
}

static void arith_for_step(struct parser *p)
{
    if (!skip_to_word(p, true))
        return;
    struct open *o = top(p);
    if (p->p >= p->end) {
        fail_end(p);
        return;
    }
    if (*p->p == ';' && o->state == 1) {
        p->p++;
        o->state = 2;
        return;
    }
    struct str w = raw_word(p);
    if (str_is(w, "do") || str_is(w, "{")) {
        take(p, w);
        begin_body(p, o->back, o->exit, str_is(w, "{"));
        return;
    }
    fail_here(p);
}

/* case word in ... esac */
static void case_step(struct parser *p)
{
    struct open *o = top(p);
    if (!skip_to_word(p, true))
        return;
    o = top(p);
    if (p->p >= p->end) {
        fail_end(p);
        return;
    }
    struct str w = raw_word(p);
    if (o->kind == CASE_WORD) {
        if (!str_is(w, "in")) {
            fail_here(p);
            return;
        }
        take(p, w);
        o->kind = CASE_PATTERNS;
        o->state = 0;
        return;
    }
    /* patterns: state 0 before the first, 1 behind one */
    if (o->state == 0) {
        if (str_is(w, "esac") && !o->has_words) {
            o->kind = CASE_BODY;
            o->state = WANT_COMMAND;
            o->and_or = o->pipeline = o->stage = o->jump = o->compound = o->redirect = -1;
            closes_words(p, w);
            return;
        }
        if (*p->p == '(' && !o->has_words)
            p->p++;
        skip_blanks(p);
        if (p->p >= p->end || is_meta(*p->p)) {
            fail_here(p);
            return;
        }
        o->has_words = true;
        o->state = 1;
        begin_word(p, CASE_CHOICE);
        return;
    }
    if (*p->p == '|' && !(p->p + 1 < p->end && p->p[1] == '|')) {
        p->p++;
        o->state = 0;
        return;
    }
    if (*p->p != ')') {
        fail_here(p);
        return;
    }
    p->p++;
    int next = emit(p, OP_GOTO, 0, 0, 0);
    o = top(p);
    for (int at = o->redirect; at >= 0;) {
        int before = p->at[at].a;
        patch(p, at);
        at = before;
    }
    if (o->back >= 0) { /* ;& of the clause before comes here */
        patch(p, o->back);
        o->back = -1;
    }
    o->kind = CASE_BODY;
    o->state = WANT_COMMAND;
    o->exit = next;
    o->has_words = false;
    o->redirect = o->and_or = o->pipeline = o->stage = o->jump = o->compound = -1;
}

/* ;; ;& ;;& in a case: false when there is none here. */
static bool case_separator(struct parser *p)
{
    struct open *o = top(p);
    if (o->kind != CASE_BODY || p->p + 1 >= p->end || *p->p != ';' || (p->p[1] != ';' && p->p[1] != '&'))
        return false;
    if (o->state == WANT_STAGE) {
        fail_here(p);
        return true;
    }
    bool empty = !o->has_words && o->and_or < 0;
    end_and_or(p, false);
    if (empty)
        emit(p, OP_STATUS, 0, 0, 0);
    bool fall = p->p[1] == '&', again = p->p[1] == ';' && p->p + 2 < p->end && p->p[2] == '&';
    p->p += again ? 3 : 2;
    o = top(p);
    int leave = emit(p, OP_GOTO, 0, o->chain, 0);
    o = top(p);
    if (fall) {
        o->back = leave;
    } else if (again) {
        patch(p, leave);
    } else {
        o->chain = leave;
    }
    patch(p, o->exit);
    o->exit = -1;
    o->kind = CASE_PATTERNS;
    o->state = 0;
    o->has_words = false;
    o->redirect = -1;
    return true;
}

/* --- [[ ]] --------------------------------------------------------------------------------------------------------- */

/* Behind a term: pending ! is applied. */
static void term_done(struct parser *p)
{
    struct open *o = top(p);
    if (o->negated)
        emit(p, OP_COND_NOT, 0, 0, 0);
    o = top(p);
    o->negated = false;
    o->operator = -1;
    o->count = 0;
    o->state = 1; /* && || ) or ]] */
}

static void condition_operand(struct parser *p, const struct open *word)
{
    struct open *o = top(p);
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    emit(p, OP_COND_WORD, word->purpose == PATTERN_OPERAND || word->purpose == REGEX_OPERAND ? CODE_PATTERN : 0, word->purpose == REGEX_OPERAND, 0);
    o = top(p);
    (void)source;
    if (o->operator >= 0 && o->count == 0) { /* unary */
        emit(p, OP_COND_UNARY, 0, o->operator, 0);
        term_done(p);
    } else if (o->count == 1) {
        emit(p, OP_COND_BINARY, word->purpose == PATTERN_OPERAND ? CODE_PATTERN : 0, o->operator, 0);
        term_done(p);
    } else {
        o->count = 1;
        o->state = 2; /* a binary operator, or the end of a lone word */
    }
}

static bool is_unary(struct str w)
{
    return w.length == 2 && w.data[0] == '-' && strchr("abcdefghknoprstuvwxzGLNORS", w.data[1]) && w.data[1];
}

static bool is_binary_operator(struct str w)
{
    static const char *const all[] = {"=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_is(w, all[i]))
            return true;
    return false;
}

static void close_conditions(struct parser *p, int *and_chain)
{
    for (int at = *and_chain; at >= 0;) {
        int next = p->at[at].a;
        patch(p, at);
        at = next;
    }
    *and_chain = -1;
}

static void condition_step(struct parser *p)
{
    struct open *o = top(p);
    if (!skip_to_word(p, true))
        return;
    o = top(p);
    if (p->p >= p->end) {
        if (may_get_more(p))
            p->more = true;
        else
            fail_end(p);
        return;
    }
    struct str rest = str_of(p->p, (size_t)(p->end - p->p)), w = raw_word(p);
    if (o->state == 0) { /* a term */
        if (str_is(w, "!")) {
            take(p, w);
            o->negated = !o->negated;
        } else if (*p->p == '(') {
            p->p++;
            struct open *inner = push(p, CONDITION_PAREN);
            inner->state = 0;
        } else if (str_is(w, "]]")) {
            fail_token(p, w);
        } else if (is_unary(w) && p->p + 2 < p->end) {
            const char *after = p->p + 2;
            while (after < p->end && (*after == ' ' || *after == '\t'))
                after++;
            struct str next = str_of(after, (size_t)(p->end - after));
            bool binary = false, ends = false;
            static const char *const spaced[] = {"= ", "== ", "!= ", "=~ ", "< ", "> ", "&&", "||", ")", "-eq ", "-ne "};
            for (size_t i = 0; i < sizeof spaced / sizeof *spaced; i++)
                if (str_starts(next, spaced[i])) {
                    binary = true;
                    struct str behind = str_after(next, strlen(spaced[i]));
                    while (behind.length && (behind.data[0] == ' ' || behind.data[0] == '\t'))
                        behind = str_after(behind, 1);
                    ends = str_starts(behind, "]]") && is_binary_operator(str_first(next, strlen(spaced[i]) - 1));
                }
            binary &= !ends; /* -f == : a file of that name */
            if (str_starts(next, "]]") && (next.length == 2 || is_meta(next.data[2])))
                fail_message(p, "unexpected argument `]]' to conditional unary operator\nsyntax error near `]]'\n`%S'", this_line(p, p->p));
            else if (binary)
                begin_word(p, OPERAND);
            else {
                p->p = after;
                int operator = operator_of(p, w);
                top(p)->operator = operator;
                begin_word(p, OPERAND);
            }
        } else if (is_meta(*p->p)) {
            fail_here(p);
        } else {
            begin_word(p, OPERAND);
        }
        return;
    }
    if (o->state == 2) { /* behind one operand */
        struct str operator = {0};
        if (str_starts(rest, "<") || str_starts(rest, ">"))
            operator = str_first(rest, 1);
        else if (is_binary_operator(w))
            operator = w;
        if (!operator.length) {
            bool ends = str_starts(rest, "&&") || str_starts(rest, "||") || *p->p == ')' || str_is(w, "]]");
            if (!ends) {
                fail_message(p, "conditional binary operator expected\nsyntax error near `%S'\n`%S'", token_here(p), this_line(p, p->p));
                return;
            }
            int nonempty = operator_of(p, str_lit("-n"));
            emit(p, OP_COND_UNARY, 0, nonempty, 0);
            term_done(p);
            return;
        }
        int string = operator_of(p, operator);
        o = top(p);
        o->operator = string;
        take(p, operator);
        skip_blanks(p);
        if (p->p >= p->end || str_is(raw_word(p), "]]")) {
            if (p->p >= p->end && may_get_more(p))
                p->more = true;
            else
                fail_message(p, "unexpected argument `%S' to conditional binary operator\nsyntax error near `]]'\n`%S'", token_here(p), this_line(p, p->p));
            return;
        }
        bool regex = str_is(operator, "=~");
        if (is_meta(*p->p) && !(regex && *p->p == '(')) {
            fail_message(p, "unexpected argument `%S' to conditional binary operator\nsyntax error near `%S'\n`%S'", token_here(p), token_here(p), this_line(p, p->p));
            return;
        }
        begin_word(p, regex ? REGEX_OPERAND : str_is(operator, "=") || str_is(operator, "==") || str_is(operator, "!=") ? PATTERN_OPERAND : OPERAND);
        return;
    }
    /* behind a term */
    if (str_starts(rest, "&&")) {
        p->p += 2;
        int jump = emit(p, OP_AND, 0, o->chain, 0);
        o = top(p);
        o->chain = jump;
        o->state = 0;
    } else if (str_starts(rest, "||")) {
        p->p += 2;
        close_conditions(p, &o->chain);
        int jump = emit(p, OP_OR, 0, o->jump, 0);
        o = top(p);
        o->jump = jump;
        o->state = 0;
    } else if (*p->p == ')' && o->kind == CONDITION_PAREN) {
        p->p++;
        close_conditions(p, &o->chain);
        close_conditions(p, &o->jump);
        pop(p);
        term_done(p);
    } else if (str_is(w, "]]") && o->kind == CONDITION) {
        take(p, w);
        close_conditions(p, &o->chain);
        close_conditions(p, &o->jump);
        emit(p, OP_COND_END, 0, 0, 0);
        struct open done = *top(p);
        pop(p);
        compound_done(p, done.start);
    } else {
        fail_message(p, "syntax error in conditional expression: unexpected token `%S'\nsyntax error near `%S'\n`%S'", token_here(p), token_here(p), this_line(p, p->p));
    }
}

/* --- a=( ) ------------------------------------------------------------------------------------------------------------ */

static void array_step(struct parser *p)
{
    if (!skip_to_word(p, true))
        return;
    struct open *o = top(p);
    if (p->p >= p->end) {
        fail_unclosed(p, ')', o->line);
        return;
    }
    if (*p->p == ')') {
        struct open done = *o;
        p->p++;
        pop(p);
        int at = emit(p, OP_ARRAY_CLOSE, done.flags, done.name, top(p)->assignments);
        if (!(done.flags & CODE_ARGUMENT))
            top(p)->assignments = at;
        return;
    }
    if (*p->p == '[') {
        const char *close = NULL;
        int depth = 0;
        for (const char *at = p->p; at < p->end && *at != '\n'; at++) {
            if (*at == '\\')
                at++;
            else if (*at == '\'' || *at == '"') {
                const char *end = memchr(at + 1, *at, (size_t)(p->end - at - 1));
                if (!end)
                    break;
                at = end;
            } else if (*at == '[')
                depth++;
            else if (*at == ']' && --depth == 0) {
                close = at + 1;
                break;
            }
        }
        if (close && close < p->end && (*close == '=' || (close + 1 < p->end && close[0] == '+' && close[1] == '='))) {
            p->p++;
            begin_word(p, ELEMENT_KEY);
            top(p)->flags = *close == '+' ? CODE_APPEND : 0;
            return;
        }
    }
    if (is_meta(*p->p) && !((*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '(')) {
        fail_here(p);
        return;
    }
    begin_word(p, ELEMENT);
}

/* --- lists --------------------------------------------------------------------------------------------------------------- */

static void list_end_of_text(struct parser *p)
{
    struct open *o = top(p);
    if (o->kind == BACKQUOTE) {
        if (o->state == WANT_STAGE) {
            fail_end(p);
            return;
        }
        if (p->first_here < p->here_count) {
            read_here(p);
            return;
        }
        end_and_or(p, false);
        finish_text_construct(p);
        pop_text(p);
        return;
    }
    if (o->kind == TOP) {
        if (o->state == WANT_STAGE) {
            fail_end(p);
            return;
        }
        if (p->first_here < p->here_count) {
            read_here(p);
            return;
        }
        end_and_or(p, false);
        p->complete = true;
        return;
    }
    if (o->kind == SUBST || o->kind == PROCESS_SUBST)
        fail_unclosed(p, ')', p->line);
    else
        fail_end(p);
}

static void close_paren(struct parser *p)
{
    struct open *o = top(p);
    if (o->kind == CASE_BODY || (o->kind != PAREN && o->kind != SUBST && o->kind != PROCESS_SUBST)) {
        fail_here(p);
        return;
    }
    if (o->state == WANT_STAGE || (o->kind == PAREN && o->state == WANT_COMMAND && !o->has_words)) {
        fail_here(p);
        return;
    }
    end_and_or(p, false);
    p->p++;
    struct open done = *top(p);
    if (done.kind == PAREN) {
        emit(p, OP_END, 0, 0, 0);
        patch(p, done.back);
        pop(p);
        compound_done(p, done.start);
    } else {
        finish_text_construct(p);
    }
}

static void open_paren(struct parser *p)
{
    struct open *o = top(p);
    if (o->state == IN_SIMPLE || o->state == AFTER) {
        fail_here(p);
        return;
    }
    o->has_words = true;
    if (p->p + 1 < p->end && p->p[1] == '(') {
        begin_command(p);
        int compound = compound_begin(p);
        p->p += 2;
        emit(p, OP_COMMAND, 0, 0, 0);
        begin_word(p, ARITH_COMMAND_TEXT);
        top(p)->name = compound;
        top(p)->code_start = p->length - 1;
        return;
    }
    p->p++;
    begin_paren(p);
}

/* && || | |& ; & at the end of a command. */
static void list_operator(struct parser *p)
{
    struct open *o = top(p);
    struct str rest = str_of(p->p, (size_t)(p->end - p->p));
    if (o->state == WANT_COMMAND || o->state == WANT_STAGE) {
        bool lone = o->negated && o->state == WANT_STAGE && (*p->p == ';' || *p->p == '&') && !str_starts(rest, ";;");
        if (!lone) {
            fail_here(p);
            return;
        }
    }
    o->negated = false;
    if (str_starts(rest, ";;") || str_starts(rest, ";&")) {
        fail_here(p);
        return;
    }
    o->has_words = true;
    if (str_starts(rest, "&&"))
        p->p += 2, add_and_or(p, OP_AND);
    else if (str_starts(rest, "||"))
        p->p += 2, add_and_or(p, OP_OR);
    else if (str_starts(rest, "|&"))
        p->p += 2, add_stage(p, true);
    else if (*p->p == '|')
        p->p++, add_stage(p, false);
    else if (*p->p == '&')
        p->p++, end_and_or(p, true);
    else
        p->p++, end_and_or(p, false);
}

/* The body of a function or coprocess has been read, with its redirections. */
static bool at_body_end(struct parser *p)
{
    struct open *o = top(p);
    return (o->kind == FUNCTION_BODY || o->kind == COPROC_BODY) && o->has_words && o->state != WANT_STAGE;
}

static void list_step(struct parser *p)
{
    struct open *o = top(p);
    skip_blanks(p);
    bool end = p->p >= p->end;
    char c = end ? 0 : *p->p;
    if (o->state == WANT_COMMAND)
        o->command_start = (size_t)(p->end - p->p);
    if (at_body_end(p)) {
        bool redirect = !end && o->state == AFTER && redirection(p);
        if (redirect)
            return;
        if (o->kind == COPROC_BODY && o->state == IN_SIMPLE && !end && !is_meta(c)) {
            simple_word(p);
            return;
        }
        if (o->kind == COPROC_BODY && o->state == IN_SIMPLE && !end && redirection(p))
            return;
        end_simple(p);
        body_done(p);
        return;
    }
    if (end) {
        list_end_of_text(p);
        return;
    }
    if (c == '\n') {
        if (o->state == WANT_STAGE && o->negated) { /* a lone ! */
            o->negated = false;
            o->state = AFTER;
        }
        if (o->state == IN_SIMPLE || o->state == AFTER) {
            o->has_words = true;
            end_and_or(p, false);
            if (top(p)->kind == TOP) {
                p->complete = true;
                if (p->first_here == p->here_count) {
                    p->p++;
                    p->line++;
                    return;
                }
            }
        } else if (o->kind == TOP && p->any && o->state == WANT_COMMAND) {
            p->complete = true;
        }
        newline(p);
        return;
    }
    if (case_separator(p))
        return;
    if (c == '(') {
        open_paren(p);
        return;
    }
    if (c == ')') {
        close_paren(p);
        return;
    }
    if ((c == '<' || c == '>') && p->p + 1 < p->end && p->p[1] == '(') {
        simple_word(p);
        return;
    }
    if (redirection(p))
        return;
    if (is_meta(c)) {
        list_operator(p);
        return;
    }
    bool alias_here = p->alias_next != SIZE_MAX && (size_t)(p->end - p->p) <= p->alias_next;
    if (alias_here)
        p->alias_next = SIZE_MAX;
    if (o->state == WANT_COMMAND || o->state == WANT_STAGE) {
        o->negated = false;
        bool body = o->kind == FUNCTION_BODY;
        if (reserved(p)) {
            return;
        }
        if (p->failed)
            return;
        if (body) {
            fail_here(p);
            return;
        }
        if (expand_alias(p))
            return;
        o->has_words = true;
        simple_word(p);
        return;
    }
    if (o->state == AFTER) {
        struct str w = raw_word(p);
        if (w.length && closes_words(p, w))
            return;
        fail_here(p);
        return;
    }
    if (o->state == IN_SIMPLE && (alias_here || !o->first_done) && expand_alias(p))
        return;
    simple_word(p);
}

/* --- the end ----------------------------------------------------------------------------------------------------------------- */

static void step(struct parser *p)
{
    switch (top(p)->kind) {
    case WORD:
    case DQUOTE:
    case PARAM:
    case ARITH_WORD: word_step(p); break;
    case FOR_WORDS: for_step(p); break;
    case ARITH_FOR: arith_for_step(p); break;
    case CASE_WORD:
    case CASE_PATTERNS: case_step(p); break;
    case CONDITION:
    case CONDITION_PAREN: condition_step(p); break;
    case ARRAY: array_step(p); break;
    default: list_step(p); break;
    }
}

static size_t align(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static struct code *make_code(struct parser *p, struct str source, int line)
{
    size_t instructions = align((size_t)p->length * sizeof *p->at);
    size_t strings = align((size_t)p->string_count * sizeof(struct string));
    size_t expansions = align((size_t)p->expansion_count * sizeof(struct expansion));
    struct code *c = shared_new(p->heap->meter, sizeof *c + instructions + strings + expansions + p->bytes.length + source.length + 1);
    if (!c)
        meter_out_of_memory(p->heap->meter);
    char *at = c->data;
    c->at = (struct instruction *)(void *)at;
    c->length = p->length;
    if (p->length)
        memcpy(at, p->at, (size_t)p->length * sizeof *p->at);
    at += instructions;
    c->strings = (struct string *)(void *)at;
    c->string_count = p->string_count;
    at += strings;
    c->expansions = (struct expansion *)(void *)at;
    c->expansion_count = p->expansion_count;
    if (p->expansion_count)
        memcpy(at, p->expansions, (size_t)p->expansion_count * sizeof *p->expansions);
    at += expansions;
    if (p->bytes.length)
        memcpy(at, p->bytes.data, p->bytes.length);
    for (int i = 0; i < p->string_count; i++) {
        struct str text = str_of(at + p->strings[i].at, p->strings[i].length);
        c->strings[i] = (struct string){text, code_hash(text)};
    }
    at += p->bytes.length;
    memcpy(at, source.data, source.length);
    at[source.length] = 0;
    c->source = str_of(at, source.length);
    c->first_line = line;
    return c;
}

static void drop(struct parser *p)
{
    while (p->below)
        pop_text(p);
    buf_drop(&p->spliced);
    buf_drop(&p->bytes);
    for (size_t i = 0; i < p->alias_count; i++)
        heap_free(p->heap, (void *)(uintptr_t)p->aliases[i].name.data);
    for (size_t i = 0; i < p->here_count; i++)
        heap_free(p->heap, (void *)(uintptr_t)p->heres[i].delimiter.data);
    heap_free(p->heap, p->aliases);
    heap_free(p->heap, p->at);
    heap_free(p->heap, p->strings);
    heap_free(p->heap, p->expansions);
    heap_free(p->heap, p->stack);
    heap_free(p->heap, p->heres);
    heap_free(p->heap, p->not_arith);
}

static void init(struct parser *p, struct source *s, struct heap *heap)
{
    *p = (struct parser){.s = s, .heap = heap, .line = s->line, .alias_next = SIZE_MAX};
    p->begin = s->text.data ? s->text.data : "";
    p->p = p->begin + s->at;
    p->end = p->begin + s->text.length;
    buf_init(&p->bytes, heap);
    buf_init(&p->spliced, heap);
    if (!s->message.heap) {
        buf_init(&s->message, heap);
        buf_init(&s->warning, heap);
    }
    buf_clear(&s->warning);
    s->warned = false;
}

static enum parse_answer run(struct parser *p, struct code **code)
{
    struct source *s = p->s;
    const char *begin = p->begin;
    size_t from = s->at;
    int line = s->line;
    while (!p->failed && !p->more && !(p->single && p->depth == 1) &&
           !(p->complete && p->depth == 1 && p->first_here == p->here_count))
        step(p);
    enum parse_answer answer = PARSE_CODE;
    if (p->more) {
        answer = PARSE_MORE;
    } else if (p->failed) {
        answer = PARSE_ERROR;
    } else {
        emit(p, OP_END, 0, 0, 0);
        bool spliced = p->begin != begin;
        size_t start = spliced ? 0 : from, at = (size_t)(p->p - p->begin);
        if (!p->any && !p->single)
            answer = PARSE_NOTHING;
        else
            *code = make_code(p, str_of(p->begin + start, at - start), line);
        meter_charge_bytes(p->heap->meter, &p->rest, at - start);
        s->at = at;
        if (spliced && p->end - p->p <= (ptrdiff_t)(s->text.length - from)) { /* the rest is the old text's end */
            s->at = s->text.length - (size_t)(p->end - p->p);
        } else if (spliced) {
            struct buf rest;
            buf_init(&rest, p->heap);
            buf_add(&rest, str_of(p->p, (size_t)(p->end - p->p)));
            if (s->spliced.heap)
                buf_drop(&s->spliced);
            s->spliced = rest;
            s->text = buf_str(&s->spliced);
            s->at = 0;
        }
        s->line = p->line;
    }
    drop(p);
    return answer;
}

enum parse_answer parse_next(struct source *s, struct heap *heap, struct code **code)
{
    struct parser p;
    init(&p, s, heap);
    push(&p, TOP);
    return run(&p, code);
}

static enum parse_answer parse_single(struct source *s, struct heap *heap, struct code **code, enum purpose purpose)
{
    struct parser p;
    init(&p, s, heap);
    p.single = true;
    push(&p, TOP);
    begin_word(&p, purpose);
    return run(&p, code);
}

enum parse_answer parse_word(struct source *s, struct heap *heap, struct code **code)
{
    return parse_single(s, heap, code, SINGLE);
}

enum parse_answer parse_text(struct source *s, struct heap *heap, struct code **code)
{
    return parse_single(s, heap, code, HERE_TEXT);
}

void code_release(void *code, struct meter *m)
{
    if (shared_drop(code))
        shared_free(m, code);
}

void code_print(const struct code *c, struct buf *out)
{
    static const char *const names[] = {
#define NAME(name, what) #name,
        SHELL_OPS(NAME)
#undef NAME
    };
    for (int i = 0; i < c->length; i++) {
        const struct instruction *in = &c->at[i];
        buf_print(out, "%5d %-17s flags %-3u a %-5d b %-5d", i, names[in->op], (unsigned)in->flags, in->a, in->b);
        bool text = in->op == OP_TEXT || in->op == OP_VARIABLE || in->op == OP_ASSIGN || in->op == OP_BRACES || in->op == OP_ARITH || in->op == OP_TILDE;
        if (text && in->a >= 0 && in->a < c->string_count)
            buf_print(out, "  %S", c->strings[in->a].text);
        buf_add_byte(out, '\n');
    }
}
