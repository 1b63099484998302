/* shell/parse.c - the parser: what it emits, its stack, its failures, from a source to code. */
#include "shell/parser_parts.h"

#include "base/utf8.h"

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

struct str string_at(const struct parser *p, int index)
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
struct str this_line(const struct parser *p, const char *at)
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

bool may_get_more(const struct parser *p)
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

void fail_end(struct parser *p)
{
    if (may_get_more(p)) {
        p->more = true;
        return;
    }
    fail_message(p, "syntax error: unexpected end of file");
    p->s->message_line = p->line + (p->p > p->begin && p->p[-1] != '\n');
}

/* The token at p->p, for a message. */
struct str token_here(struct parser *p)
{
    static const char *const operators[] = {";;&", "<<<", "<<-", "&>>", "&&", "||", ";;", ";&",
                                            "|&",  "<<",  ">>",  "<&",  ">&", "<>", ">|", "&>"};
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

void fail_here(struct parser *p)
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

/* --- where things stand ---------------------------------------------------------------------------------------------- */

void set_source(struct parser *p, int at, size_t start)
{
    size_t now = (size_t)(p->p - p->begin), first = p->s->at;
    int from = -1, to;
    if (!p->below) { /* what was read never moves */
        from = (int)(start - first);
        to = (int)(now - first);
    } else {
        to = intern(p, str_of(p->begin + start, now - start));
    }
    p->at[at].a = from;
    p->at[at].b = to;
}

size_t place(const struct parser *p)
{
    return (size_t)(p->p - p->begin);
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

/* Bytes that make no pattern, wherever they stand in a word. */
static bool is_plain_text(struct str text)
{
    if (text.length == 1 && text.data[0] == '[')
        return true;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!utf8_byte_is(c, UTF8_ALNUM) && !(c && strchr("_-./,:+=%@^#", c)))
            return false;
    }
    return text.length > 0;
}

/* Placeholders that nothing came for are skipped at once, and a word that is one plain text is known as such. */
static void shorten(struct parser *p)
{
    for (int i = p->length - 1; i >= 0; i--) {
        struct instruction *in = &p->at[i];
        if (in->op == OP_NOP && in->a > i && in->a < p->length && p->at[in->a].op == OP_NOP)
            in->a = p->at[in->a].a;
        if (in->op == OP_TEXT && i + 1 < p->length && p->at[i + 1].op == OP_WORD && p->at[i + 1].flags == 0)
            in->b = in->flags & CODE_QUOTED || is_plain_text(string_at(p, in->a));
    }
}

static struct code *make_code(struct parser *p, struct str source, int line)
{
    shorten(p);
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
    str_put(at, source);
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
        size_t start = from, at = (size_t)(p->p - p->begin);
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
        bool text = in->op == OP_TEXT || in->op == OP_VARIABLE || in->op == OP_ASSIGN || in->op == OP_BRACES ||
                    in->op == OP_ARITH || in->op == OP_TILDE;
        if (text && in->a >= 0 && in->a < c->string_count)
            buf_print(out, "  %S", c->strings[in->a].text);
        buf_add_byte(out, '\n');
    }
}
