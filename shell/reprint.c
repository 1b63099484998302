/* shell/reprint.c - prints functions from their source text, laid out as bash prints its syntax trees.
 *
 * The text was parsed before, so it is known to be right: this walks over its tokens with a stack of open
 * constructs and writes them again. What bash does to here-documents (their bodies come out at the next
 * separator, and swallow its semicolon) is done in the same places.
 */
#include "shell/reprint.h"

#include "shell/parser.h"
#include "shell/print.h"

enum frame_kind {
    /* lists of commands */
    LIST_TOP, LIST_BRACE, LIST_PAREN, LIST_SUBST, LIST_IF_TEST, LIST_THEN, LIST_ELSE, LIST_LOOP_TEST, LIST_LOOP_BODY, LIST_CASE,
    LIST_FUNCTION, LIST_FUNCTION_ONE,
    /* a simple command; redirections behind a compound one */
    SIMPLE, BEHIND,
    /* words after a head: for x in ..., case ... in, patterns */
    FOR_LIST, CASE_HEAD, PATTERNS, TEST,
    /* words and what is inside */
    IN_WORD, IN_DOUBLE, IN_BRACES, IN_ARRAY, IN_GROUP
};

struct reprint_frame {
    uint8_t kind;
    bool nested;       /* IF: an elif; FUNCTION: a body that is not a group */
    bool braced;       /* a for loop's body in { } */
    bool any;          /* words or redirections were printed */
    bool regex;        /* IN_WORD: the right side of =~ */
    bool quoted;       /* IN_BRACES: inside of "" */
    uint8_t state;     /* TEST, FOR_LIST */
    char separator;    /* LIST: what stood behind the last command: 0, ';', '\n', '&' */
    int commands, and_ors, stages; /* LIST: how many of each so far */
    bool fresh;        /* LIST: a stage is expected without anything before it */
    size_t at;         /* TEST: where the term begins in the output */
    struct buf *redirects; /* SIMPLE, BEHIND; NULL: none */
    struct buf *out;   /* where output goes back to when it ends */
    struct buf deferred; /* LIST_SUBST: the rest is what comes back when it ends */
    int indentation, skip, in_function;
    bool was_here, in_subst, printed_first;
};

struct reprint {
    struct heap *heap;
    struct shell *sh;
    const char *p, *end, *limit; /* the text, and where the source behind it ends */
    const char *here_line, *here_end; /* the newline behind which here-documents lie, and where they end */
    struct buf *out;
    struct buf deferred;   /* bodies of here-documents */
    struct reprint_frame *stack;
    size_t depth;
    int indentation, skip, in_function;
    bool was_here, in_subst;
};

static struct reprint_frame *top_frame(struct reprint *r)
{
    return &r->stack[r->depth - 1];
}

static struct reprint_frame *push_frame(struct reprint *r, enum frame_kind kind)
{
    r->stack = array_grow(r->heap, r->stack, r->depth, sizeof *r->stack);
    struct reprint_frame *f = &r->stack[r->depth++];
    memset(f, 0, sizeof *f);
    f->kind = (uint8_t)kind;
    f->out = r->out;
    meter_charge(r->heap->meter, 1);
    return f;
}

/* --- output ---------------------------------------------------------------------------------- */

static void print(struct reprint *r, const char *text)
{
    buf_add_text(r->out, text);
}

static void indent(struct reprint *r)
{
    buf_fill(r->out, ' ', (size_t)r->indentation);
}

static void new_line(struct reprint *r, const char *text)
{
    buf_add_byte(r->out, '\n');
    indent(r);
    print(r, text);
}

static void semicolon(struct reprint *r)
{
    char last = r->out->length ? r->out->data[r->out->length - 1] : 0;
    if (last != '&' && last != '\n')
        buf_add_byte(r->out, ';');
}

static void begin_indented(struct reprint *r)
{
    if (r->skip)
        r->skip--;
    else
        indent(r);
}

/* The bodies of here-documents that wait. */
static void print_deferred(struct reprint *r, const char *text)
{
    bool shown = text[0] && (text[0] != ';' || text[1]);
    if (shown)
        print(r, text);
    if (!r->deferred.length)
        return;
    buf_add_byte(r->out, '\n');
    buf_add(r->out, buf_str(&r->deferred));
    buf_clear(&r->deferred);
    if (shown)
        buf_add_byte(r->out, ' ');
    r->was_here = true;
}

/* --- reading --------------------------------------------------------------------------------- */

static char peek(const struct reprint *r, size_t ahead)
{
    return (size_t)(r->end - r->p) > ahead ? r->p[ahead] : 0;
}

static void take_newline(struct reprint *r)
{
    if (r->p == r->here_line) {
        r->p = r->here_end < r->end ? r->here_end : r->end;
        r->here_line = NULL;
    } else {
        r->p++;
    }
}

static bool skip_joint(struct reprint *r)
{
    if (peek(r, 0) != '\\' || peek(r, 1) != '\n')
        return false;
    r->p += 2;
    return true;
}

static void skip_spaces(struct reprint *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || skip_joint(r)))
        r->p += *r->p == ' ' || *r->p == '\t';
    if (peek(r, 0) == '#')
        while (r->p < r->end && *r->p != '\n')
            r->p++;
}

/* Blanks, comments and newlines: true when a newline was among them. */
static bool skip_lines(struct reprint *r)
{
    bool newline = false;
    for (;;) {
        skip_spaces(r);
        if (peek(r, 0) != '\n' || r->p >= r->end)
            return newline;
        newline = true;
        take_newline(r);
    }
}

/* The plain word at p, without taking it. */
static struct str word_ahead(const struct reprint *r)
{
    const char *at = r->p;
    while (at < r->end && !is_meta(*at))
        at++;
    return str_of(r->p, (size_t)(at - r->p));
}

static bool take_word(struct reprint *r, const char *word)
{
    if (!str_is(word_ahead(r), word))
        return false;
    r->p += strlen(word);
    return true;
}

/* The end of the line that `at` is in, past quotes. */
static const char *line_end(const char *at, const char *end)
{
    while (at < end && *at != '\n') {
        if (*at == '\\')
            at++;
        else if (*at == '\'' || *at == '"') {
            char quote = *at++;
            while (at < end && *at != quote)
                at += *at == '\\' && quote == '"' ? 2 : 1;
        } else if (*at == '#' && (at[-1] == ' ' || at[-1] == '\t' || at[-1] == ';')) {
            const char *newline = memchr(at, '\n', (size_t)(end - at));
            return newline ? newline : end;
        }
        at++;
    }
    return at < end ? at : end;
}

/* --- here-documents and redirections ---------------------------------------------------------- */

static void read_here(struct reprint *r, struct buf *head, bool strip)
{
    struct buf delimiter;
    const char *from;
    skip_spaces(r);
    from = r->p;
    while (r->p < r->end && !is_meta(*r->p)) {
        if (*r->p == '\\')
            r->p++;
        else if (*r->p == '\'' || *r->p == '"') {
            const char *close = memchr(r->p + 1, *r->p, (size_t)(r->end - r->p - 1));
            r->p = close ? close : r->p;
        }
        r->p++;
    }
    buf_init(&delimiter, r->heap);
    bool quoted = unquote_delimiter(NULL, str_of(from, (size_t)(r->p - from)), &delimiter);
    struct str name = buf_str(&delimiter);
    buf_add_text(head, strip ? "<<-" : "<<");
    if (quoted)
        quote_shell(head, name);
    else
        buf_add(head, name);
    if (!r->here_line) {
        r->here_line = line_end(r->p, r->limit);
        r->here_end = r->here_line < r->limit ? r->here_line + 1 : r->limit;
    }
    while (r->here_end < r->limit) {
        const char *line = r->here_end, *end = memchr(line, '\n', (size_t)(r->limit - line));
        if (!end)
            end = r->limit;
        r->here_end = end < r->limit ? end + 1 : end;
        while (strip && line < end && *line == '\t')
            line++;
        struct str text = str_of(line, (size_t)(end - line));
        if (str_equal(text, name))
            break;
        if (r->in_subst && text.length > name.length && memcmp(text.data, name.data, name.length) == 0 && text.data[name.length] == ')') {
            r->here_end = line + name.length;
            break;
        }
        buf_add(&r->deferred, text);
        buf_add_byte(&r->deferred, '\n');
    }
    buf_add(&r->deferred, name);
    buf_add_byte(&r->deferred, '\n');
    buf_drop(&delimiter);
}

/* Where redirections of the command on top are gathered. On the heap: the stack moves. */
static struct buf *redirects_of(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    if (!f->redirects) {
        f->redirects = heap_new(r->heap, struct buf);
        buf_init(f->redirects, r->heap);
    }
    return f->redirects;
}

/* A redirection at p: its operator is taken and printed, its word is begun. False when there is none. */
static bool redirection(struct reprint *r)
{
    static const char *const operators[] = {"&>>", "<<<", "<<-", "&>", "<<", "<&", ">&", "<>", ">|", ">>", "<", ">"};
    const char *at = r->p;
    struct str name = {0};
    if (*at >= '0' && *at <= '9') {
        while (at < r->end && *at >= '0' && *at <= '9')
            at++;
        name = str_of(r->p, (size_t)(at - r->p));
    } else if (*at == '{') {
        while (at < r->end && *at != '}' && !is_meta(*at))
            at++;
        at += at < r->end;
        name = str_of(r->p, (size_t)(at - r->p));
        if (name.length < 3 || !is_name_start(name.data[1]))
            return false;
    }
    if (at >= r->end || !(*at == '<' || *at == '>' || (*at == '&' && at + 1 < r->end && at[1] == '>' && !name.length)))
        return false;
    if (*at != '&' && at + 1 < r->end && at[1] == '(')
        return false;
    struct str rest = str_of(at, (size_t)(r->end - at));
    size_t which = 0;
    while (!str_starts(rest, operators[which]))
        which++;
    struct str operator = str_from(operators[which]);
    struct buf *out = redirects_of(r);
    if (out->length)
        buf_add_byte(out, ' ');
    r->p = at + operator.length;
    bool input = operator.data[0] == '<';
    const char *standard = str_is(operator, "<>") ? "1" : input ? "0" : "1";
    struct str shown = str_is(name, standard) || str_is(operator, "&>") || str_is(operator, "&>>") ? (struct str){0} : name;
    if (str_is(operator, "<<") || str_is(operator, "<<-")) {
        buf_add(out, shown);
        read_here(r, out, operator.length == 3);
        return true;
    }
    if (str_is(operator, "<>") && !name.length)
        shown = str_lit("0");
    skip_spaces(r);
    if (operator.length == 2 && operator.data[1] == '&') {
        struct str word = word_ahead(r);
        size_t digits = 0;
        while (digits < word.length && word.data[digits] >= '0' && word.data[digits] <= '9')
            digits++;
        bool number = word.length && (digits == word.length || (digits + 1 == word.length && digits && word.data[digits] == '-'));
        bool closes = str_is(word, "-");
        if (number || closes)
            buf_add(out, name.length ? name : str_from(input ? "0" : "1"));
        else
            buf_add(out, shown);
        buf_add_text(out, closes || !input ? ">&" : "<&");
    } else {
        buf_print(out, "%S%S ", shown, operator);
    }
    push_frame(r, IN_WORD);
    r->out = out;
    return true;
}

/* --- words ------------------------------------------------------------------------------------- */

static void end_frame(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    r->out = f->out;
    if (f->redirects) {
        buf_drop(f->redirects);
        heap_free(r->heap, f->redirects);
    }
    r->depth--;
}

static void begin_word_frame(struct reprint *r)
{
    push_frame(r, IN_WORD);
}

static void begin_list(struct reprint *r, enum frame_kind kind)
{
    push_frame(r, kind)->fresh = true;
}

static void begin_substitution(struct reprint *r)
{
    struct reprint_frame *f = push_frame(r, LIST_SUBST);
    f->fresh = true;
    f->indentation = r->indentation;
    f->skip = r->skip;
    f->in_function = r->in_function;
    f->was_here = r->was_here;
    f->in_subst = r->in_subst;
    f->deferred = r->deferred;
    f->at = r->out->length;
    r->indentation = r->skip = r->in_function = 0;
    r->was_here = false;
    r->in_subst = true;
    buf_init(&r->deferred, r->heap);
}

static void end_substitution(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    print_deferred(r, "");
    buf_drop(&r->deferred);
    r->indentation = f->indentation;
    r->skip = f->skip;
    r->in_function = f->in_function;
    r->was_here = f->was_here;
    r->in_subst = f->in_subst;
    r->deferred = f->deferred;
    if (r->out->length > f->at && r->out->data[f->at] == '(') { /* $( (a)): not arithmetic */
        buf_add_byte(r->out, ' ');
        memmove(r->out->data + f->at + 1, r->out->data + f->at, r->out->length - f->at - 1);
        r->out->data[f->at] = ' ';
    }
    print(r, ")");
    end_frame(r);
}

/* Is "((" at p arithmetic: do two closing parentheses stand together at its end? `open` is behind them. */
static bool is_arithmetic(const struct reprint *r, const char *open, const char **close)
{
    int depth = 2;
    for (const char *at = open; at < r->end; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '\'' || *at == '"') {
            const char *quote = memchr(at + 1, *at, (size_t)(r->end - at - 1));
            if (!quote)
                return false;
            at = quote;
        } else if (*at == '(') {
            depth++;
        } else if (*at == ')' && --depth == 1) {
            *close = at;
            return at + 1 < r->end && at[1] == ')';
        }
    }
    return false;
}

static void dollar(struct reprint *r, bool quoted)
{
    char next = peek(r, 1);
    const char *close;
    if (next == '(' && peek(r, 2) == '(' && is_arithmetic(r, r->p + 3, &close)) {
        buf_add(r->out, str_of(r->p, (size_t)(close + 2 - r->p)));
        r->p = close + 2;
    } else if (next == '(') {
        print(r, "$(");
        r->p += 2;
        begin_substitution(r);
    } else if (next == '{') {
        print(r, "${");
        r->p += 2;
        push_frame(r, IN_BRACES)->quoted = quoted;
    } else if (next == '\'' && !quoted) {
        const char *from = r->p + 2, *at = from;
        struct buf text;
        while (at < r->end && *at != '\'')
            at += *at == '\\' ? 2 : 1;
        buf_init(&text, r->heap);
        add_ansi(&text, str_of(from, (size_t)(at - from)));
        struct str s = buf_str(&text);
        buf_add_byte(r->out, '\'');
        for (size_t i = 0; i < s.length; i++)
            if (s.data[i] == '\'')
                print(r, "'\\''");
            else
                buf_add_byte(r->out, s.data[i]);
        buf_add_byte(r->out, '\'');
        buf_drop(&text);
        r->p = at + 1;
    } else if (next == '"' && !quoted) {
        r->p++;
    } else {
        buf_add_byte(r->out, *r->p++);
        if (next == '$' || next == '#')
            buf_add_byte(r->out, *r->p++);
    }
}

static void backquotes(struct reprint *r)
{
    const char *from = r->p++;
    while (r->p < r->end && *r->p != '`')
        r->p += *r->p == '\\' ? 2 : 1;
    r->p += r->p < r->end;
    buf_add(r->out, str_of(from, (size_t)(r->p - from)));
}

static void copy_escape(struct reprint *r)
{
    if (skip_joint(r))
        return;
    buf_add_byte(r->out, *r->p++);
    if (r->p < r->end)
        buf_add_byte(r->out, *r->p++);
}

static void single_quotes(struct reprint *r)
{
    const char *close = memchr(r->p + 1, '\'', (size_t)(r->end - r->p - 1));
    const char *to = close ? close + 1 : r->end;
    buf_add(r->out, str_of(r->p, (size_t)(to - r->p)));
    r->p = to;
}

static void double_step(struct reprint *r)
{
    switch (*r->p) {
    case '"':
        buf_add_byte(r->out, *r->p++);
        end_frame(r);
        break;
    case '\\': copy_escape(r); break;
    case '$': dollar(r, true); break;
    case '`': backquotes(r); break;
    default: buf_add_byte(r->out, *r->p++); break;
    }
}

static void open_double(struct reprint *r)
{
    buf_add_byte(r->out, *r->p++);
    push_frame(r, IN_DOUBLE);
}

static void braces_step(struct reprint *r)
{
    bool quoted = top_frame(r)->quoted;
    switch (*r->p) {
    case '}':
        buf_add_byte(r->out, *r->p++);
        end_frame(r);
        break;
    case '\\': copy_escape(r); break;
    case '$': dollar(r, quoted); break;
    case '`': backquotes(r); break;
    case '"': open_double(r); break;
    case '\'':
        if (quoted)
            buf_add_byte(r->out, *r->p++);
        else
            single_quotes(r);
        break;
    default: buf_add_byte(r->out, *r->p++); break;
    }
}

/* Inside the parentheses of an extended pattern or a regular expression: all is kept. */
static void group_step(struct reprint *r)
{
    switch (*r->p) {
    case ')':
        buf_add_byte(r->out, *r->p++);
        end_frame(r);
        break;
    case '(':
        buf_add_byte(r->out, *r->p++);
        push_frame(r, IN_GROUP);
        break;
    case '\\': copy_escape(r); break;
    case '$': dollar(r, false); break;
    case '`': backquotes(r); break;
    case '"': open_double(r); break;
    case '\'': single_quotes(r); break;
    default: buf_add_byte(r->out, *r->p++); break;
    }
}

static void array_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    skip_lines(r);
    if (peek(r, 0) == ')' || r->p >= r->end) {
        r->p += r->p < r->end;
        print(r, ")");
        end_frame(r);
        return;
    }
    if (f->any)
        print(r, " ");
    f->any = true;
    begin_word_frame(r);
}

static void word_step_here(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    char c = *r->p;
    switch (c) {
    case '\\': copy_escape(r); return;
    case '\'': single_quotes(r); return;
    case '"': open_double(r); return;
    case '$': dollar(r, false); return;
    case '`': backquotes(r); return;
    case '(': {
        char before = r->out->length ? r->out->data[r->out->length - 1] : 0;
        buf_add_byte(r->out, c);
        r->p++;
        if (before == '=' && !f->regex && !f->quoted)
            push_frame(r, IN_ARRAY);
        else
            push_frame(r, IN_GROUP);
        return;
    }
    case '<':
    case '>':
        if (peek(r, 1) == '(') {
            buf_add_byte(r->out, c);
            print(r, "(");
            r->p += 2;
            begin_substitution(r);
            return;
        }
        end_frame(r);
        return;
    default: break;
    }
    if (is_meta(c)) {
        if (f->regex && c == '|') { /* not reached by plain regular expressions */
            buf_add_byte(r->out, *r->p++);
            return;
        }
        end_frame(r);
        return;
    }
    buf_add_byte(r->out, c);
    r->p++;
}

/* Does a parenthesis here belong to the word: an array, or an extended pattern? */
static bool paren_in_word(const struct reprint *r)
{
    const struct reprint_frame *f = &r->stack[r->depth - 1];
    size_t length = r->out->length;
    char before = length ? r->out->data[length - 1] : 0;
    if (f->regex)
        return true;
    return before == '=' || (before && strchr("?*+@!", before) != NULL);
}

/* --- commands ------------------------------------------------------------------------------------ */

/* The connector before the next command of a list, and the indentation. */
static void begin_stage(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    if (f->separator == '&') {
        print(r, " ");
        r->skip++;
    } else if (f->separator) {
        char c = r->in_subst && !r->in_function ? f->separator : ';';
        if (r->deferred.length) {
            print_deferred(r, r->in_function ? "" : ";");
        } else if (r->was_here) {
            r->was_here = false;
        } else {
            buf_add_byte(r->out, c);
        }
        if (r->in_function) {
            print(r, "\n");
        } else {
            if (f->separator == ';')
                print(r, " ");
            r->skip++;
        }
    }
    if (f->separator || f->commands == 0) {
        f->commands++;
        f->and_ors = f->stages = 0;
    }
    if (f->separator)
        f->and_ors = 0;
    f->separator = 0;
    if (f->fresh) {
        f->and_ors += f->stages == 0;
        f->stages++;
    }
    f->fresh = false;
    begin_indented(r);
}

static void begin_function_body(struct reprint *r)
{
    skip_lines(r);
    indent(r);
    print(r, "{ \n");
    r->in_function++;
    r->indentation += 4;
    bool group = take_word(r, "{");
    begin_list(r, group ? LIST_FUNCTION : LIST_FUNCTION_ONE);
}

static void begin_function(struct reprint *r, struct str name)
{
    print(r, "function ");
    buf_add(r->out, name);
    print(r, " () \n");
    begin_function_body(r);
}

static void begin_test(struct reprint *r)
{
    print(r, "[[ ");
    push_frame(r, TEST);
}

/* A compound command has ended: redirections may follow. */
static void compound_ended(struct reprint *r)
{
    push_frame(r, BEHIND);
}

static void begin_for(struct reprint *r, bool select)
{
    const char *close;
    skip_spaces(r);
    if (!select && peek(r, 0) == '(' && peek(r, 1) == '(' && is_arithmetic(r, r->p + 2, &close)) {
        const char *part = r->p + 2;
        print(r, "for ((");
        int parts = 0;
        for (const char *at = part; at <= close; at++) {
            if (at < close && *at != ';')
                continue;
            while (part < at && (*part == ' ' || *part == '\t' || *part == '\n'))
                part++;
            if (parts++)
                print(r, "; ");
            if (part == at)
                print(r, "1");
            buf_add(r->out, str_of(part, (size_t)(at - part)));
            part = at + 1;
        }
        print(r, "))");
        r->p = close + 2;
        push_frame(r, FOR_LIST)->state = 2;
        return;
    }
    struct str name = word_ahead(r);
    r->p += name.length;
    print(r, select ? "select " : "for ");
    buf_add(r->out, name);
    print(r, " in ");
    skip_lines(r);
    bool words = take_word(r, "in");
    if (!words)
        print(r, "\"$@\"");
    push_frame(r, FOR_LIST)->state = words ? 0 : 1;
}

static void for_list_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    if (f->state == 0) {
        skip_spaces(r);
        char c = peek(r, 0);
        if (c != ';' && c != '\n' && r->p < r->end) {
            if (f->any)
                print(r, " ");
            f->any = true;
            begin_word_frame(r);
            return;
        }
    }
    if (f->state < 2)
        print(r, ";");
    skip_lines(r);
    if (peek(r, 0) == ';')
        r->p++;
    skip_lines(r);
    bool braced = take_word(r, "{");
    if (!braced)
        take_word(r, "do");
    end_frame(r);
    new_line(r, "do\n");
    r->indentation += 4;
    begin_list(r, LIST_LOOP_BODY);
    top_frame(r)->braced = braced;
}

static void begin_patterns(struct reprint *r)
{
    skip_lines(r);
    if (take_word(r, "esac")) {
        r->indentation -= 4;
        new_line(r, "esac");
        end_frame(r); /* of CASE_HEAD */
        compound_ended(r);
        return;
    }
    if (peek(r, 0) == '(')
        r->p++;
    new_line(r, "");
    push_frame(r, PATTERNS);
}

static void case_head_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    if (!f->any) {
        f->any = true;
        skip_spaces(r);
        begin_word_frame(r);
        return;
    }
    if (f->state == 0) {
        f->state = 1;
        skip_lines(r);
        take_word(r, "in");
        print(r, " in ");
        r->indentation += 4;
    }
    begin_patterns(r);
}

static void patterns_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    skip_spaces(r);
    char c = peek(r, 0);
    if (c == ')' || r->p >= r->end) {
        r->p += r->p < r->end;
        print(r, ")\n");
        end_frame(r);
        r->indentation += 4;
        begin_list(r, LIST_CASE);
    } else if (c == '|') {
        r->p++;
        print(r, " | ");
    } else if (c == '\n') {
        take_newline(r);
    } else {
        f->any = true;
        begin_word_frame(r);
    }
}

/* [[ ]]: state 0 before a term, 1 behind its first word, 2 behind the term. */
static void test_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    skip_lines(r);
    char c = peek(r, 0), next = peek(r, 1);
    struct str w = word_ahead(r);
    bool and_or = (c == '&' && next == '&') || (c == '|' && next == '|');
    bool ends = r->p >= r->end || str_is(w, "]]") || and_or || c == ')';
    if (f->state == 1 && ends) { /* a lone word is -n */
        size_t at = f->at;
        print(r, "-n ");
        memmove(r->out->data + at + 3, r->out->data + at, r->out->length - 3 - at);
        memcpy(r->out->data + at, "-n ", 3);
        f->state = 2;
    }
    if (f->state == 0) {
        if (str_is(w, "!") || c == '(') {
            r->p++;
            print(r, c == '(' ? "( " : "! ");
            return;
        }
        f->at = r->out->length;
        f->state = 1;
        begin_word_frame(r);
        return;
    }
    if (f->state == 1) {
        struct str first = str_of(r->out->data + f->at, r->out->length - f->at);
        bool unary = first.length == 2 && first.data[0] == '-';
        struct str operator = c == '<' || c == '>' ? str_of(r->p, 1) : w;
        bool binary = c == '<' || c == '>' || str_is(w, "=") || str_is(w, "==") || str_is(w, "!=") || str_is(w, "=~") ||
                      (w.length == 3 && c == '-');
        f->state = 2;
        print(r, " ");
        bool regex = false;
        if (binary && !(unary && c != '=' && c != '!' && c != '<' && c != '>' && w.length != 3)) {
            regex = str_is(operator, "=~");
            buf_add(r->out, operator);
            print(r, " ");
            r->p += operator.length;
            skip_spaces(r);
        }
        begin_word_frame(r);
        top_frame(r)->regex = regex;
        top_frame(r)->quoted = true; /* no arrays here */
        return;
    }
    if (and_or) {
        print(r, c == '&' ? " && " : " || ");
        r->p += 2;
        f->state = 0;
    } else if (c == ')') {
        print(r, " )");
        r->p++;
    } else { /* ]] */
        r->p += w.length;
        print(r, " ]]");
        end_frame(r);
        compound_ended(r);
    }
}

/* A reserved word or another beginning of a compound command: false when it is a simple one. */
static bool begin_compound(struct reprint *r)
{
    struct str w = word_ahead(r);
    const char *close;
    if (peek(r, 0) == '(') {
        if (peek(r, 1) == '(' && is_arithmetic(r, r->p + 2, &close)) {
            buf_add(r->out, str_of(r->p, (size_t)(close + 2 - r->p)));
            r->p = close + 2;
            compound_ended(r);
            return true;
        }
        r->p++;
        print(r, "( ");
        r->skip++;
        begin_list(r, LIST_PAREN);
        return true;
    }
    if (str_is(w, "{")) {
        print(r, "{ ");
        if (r->in_function) {
            print(r, "\n");
            r->indentation += 4;
        } else {
            r->skip++;
        }
        r->p++;
        begin_list(r, LIST_BRACE);
    } else if (str_is(w, "if")) {
        r->p += w.length;
        print(r, "if ");
        r->skip++;
        begin_list(r, LIST_IF_TEST);
    } else if (str_is(w, "while") || str_is(w, "until")) {
        r->p += w.length;
        buf_add(r->out, w);
        print(r, " ");
        r->skip++;
        begin_list(r, LIST_LOOP_TEST);
    } else if (str_is(w, "for") || str_is(w, "select")) {
        r->p += w.length;
        begin_for(r, w.length == 6);
    } else if (str_is(w, "case")) {
        r->p += w.length;
        print(r, "case ");
        push_frame(r, CASE_HEAD);
    } else if (str_is(w, "[[")) {
        r->p += w.length;
        begin_test(r);
    } else if (str_is(w, "function")) {
        r->p += w.length;
        skip_spaces(r);
        struct str name = word_ahead(r);
        r->p += name.length;
        const char *after = r->p;
        skip_spaces(r);
        if (peek(r, 0) == '(') {
            const char *at = r->p + 1;
            while (at < r->end && (*at == ' ' || *at == '\t'))
                at++;
            r->p = at < r->end && *at == ')' ? at + 1 : after;
        }
        begin_function(r, name);
    } else {
        return false;
    }
    return true;
}

/* coproc, with its name. */
static void begin_coproc(struct reprint *r)
{
    static const char *const begins[] = {"{", "while", "until", "for", "if", "case", "select", "[["};
    skip_spaces(r);
    struct str name = word_ahead(r);
    const char *before = r->p;
    bool named = name.length > 0, begun = false;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        named &= !str_is(name, begins[i]);
    r->p += name.length;
    skip_spaces(r);
    struct str next = word_ahead(r);
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        begun |= str_is(next, begins[i]);
    begun |= peek(r, 0) == '(';
    print(r, "coproc ");
    if (named && begun) {
        buf_add(r->out, name);
    } else {
        r->p = before;
        print(r, "COPROC");
    }
    print(r, " ");
}

static bool is_function_ahead(struct reprint *r, struct str *name)
{
    struct str w = word_ahead(r);
    const char *at = r->p + w.length;
    for (size_t i = 0; i < w.length; i++)
        if (strchr("$'\"\\`=", w.data[i]))
            return false;
    while (at < r->end && (*at == ' ' || *at == '\t'))
        at++;
    if (!w.length || at >= r->end || *at != '(')
        return false;
    for (at++; at < r->end && (*at == ' ' || *at == '\t'); at++)
        ;
    if (at >= r->end || *at != ')')
        return false;
    *name = w;
    r->p = at + 1;
    return true;
}

static void begin_command(struct reprint *r)
{
    begin_stage(r);
    for (;;) {
        skip_spaces(r);
        if (take_word(r, "time")) {
            print(r, "time ");
            skip_spaces(r);
            if (take_word(r, "-p"))
                print(r, "-p ");
            skip_spaces(r);
            take_word(r, "--");
        } else if (take_word(r, "!")) {
            print(r, "! ");
        } else {
            break;
        }
    }
    if (take_word(r, "coproc"))
        begin_coproc(r);
    struct str name;
    if (begin_compound(r))
        return;
    if (is_function_ahead(r, &name)) {
        begin_function(r, name);
        return;
    }
    push_frame(r, SIMPLE);
}

static void end_redirects(struct reprint *r, bool space)
{
    struct reprint_frame *f = top_frame(r);
    if (f->redirects) {
        if (space)
            print(r, " ");
        buf_add(r->out, buf_str(f->redirects));
        r->was_here = false;
    }
}

static void add_both(struct reprint *r)
{
    if (peek(r, 0) != '|' || peek(r, 1) != '&')
        return;
    struct buf *out = redirects_of(r);
    buf_add_text(out, out->length ? " 2>&1" : "2>&1");
}

static void simple_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    skip_spaces(r);
    char c = peek(r, 0);
    if (r->p < r->end && redirection(r))
        return;
    bool process = (c == '<' || c == '>') && peek(r, 1) == '(';
    if (r->p >= r->end || (is_meta(c) && !process)) {
        add_both(r);
        end_redirects(r, f->any);
        end_frame(r);
        return;
    }
    if (f->any)
        print(r, " ");
    f->any = true;
    begin_word_frame(r);
}

static void behind_step(struct reprint *r)
{
    skip_spaces(r);
    if (r->p < r->end && redirection(r))
        return;
    add_both(r);
    end_redirects(r, true);
    end_frame(r);
}

/* --- lists ------------------------------------------------------------------------------------------- */

/* Behind a stage of a pipeline that is the second of something: its here-documents. `level` tells what ends: 1 the pipeline,
 * 2 the list of && and ||, 3 the command. */
static void ended(struct reprint *r, int level)
{
    struct reprint_frame *f = top_frame(r);
    if (f->fresh)
        return;
    if (f->stages > 1 || f->and_ors > 1 || (level > 2 && f->commands > 1))
        print_deferred(r, "");
}

static void next_if(struct reprint *r, bool is_elif)
{
    print_deferred(r, "");
    r->indentation -= 4;
    semicolon(r);
    new_line(r, "else\n");
    r->indentation += 4;
    struct reprint_frame *f = top_frame(r);
    bool nested = f->nested;
    *f = (struct reprint_frame){.kind = LIST_ELSE, .fresh = true, .nested = nested, .out = f->out};
    if (!is_elif)
        return;
    indent(r);
    print(r, "if ");
    r->skip++;
    begin_list(r, LIST_IF_TEST);
    top_frame(r)->nested = true;
}

/* fi closes the innermost if and those whose elif it was. */
static void end_if(struct reprint *r)
{
    for (;;) {
        bool nested = top_frame(r)->nested;
        print_deferred(r, "");
        r->indentation -= 4;
        semicolon(r);
        new_line(r, "fi");
        end_frame(r);
        if (!nested)
            break;
    }
    compound_ended(r);
}

static void end_function(struct reprint *r, bool group)
{
    print_deferred(r, "");
    r->indentation -= 4;
    r->in_function--;
    end_frame(r);
    skip_spaces(r);
    new_line(r, "}");
    if (group)
        compound_ended(r);
}

static void end_loop(struct reprint *r)
{
    print_deferred(r, "");
    r->indentation -= 4;
    semicolon(r);
    new_line(r, "done");
    end_frame(r);
    compound_ended(r);
}

static void end_brace(struct reprint *r)
{
    print_deferred(r, "");
    if (r->in_function) {
        print(r, "\n");
        r->indentation -= 4;
        indent(r);
    } else {
        semicolon(r);
        print(r, " ");
    }
    print(r, "}");
    end_frame(r);
    compound_ended(r);
}

static void end_paren(struct reprint *r)
{
    print_deferred(r, "");
    print(r, " )");
    end_frame(r);
    compound_ended(r);
}

static void end_clause(struct reprint *r)
{
    r->indentation -= 4;
    print_deferred(r, "");
    bool test = str_starts(str_of(r->p, (size_t)(r->end - r->p)), ";;&");
    bool fall = peek(r, 0) == ';' && peek(r, 1) == '&';
    bool plain = peek(r, 0) == ';' && !test && !fall;
    new_line(r, test ? ";;&" : fall ? ";&" : ";;");
    r->p += test ? 3 : fall || plain ? 2 : 0;
    end_frame(r);
}

/* What closes the list on top, where a command may begin: false when nothing does. */
static bool closes(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    char c = peek(r, 0);
    struct str w = word_ahead(r);
    switch (f->kind) {
    case LIST_TOP:
        if (r->p < r->end)
            return false;
        ended(r, 3);
        print_deferred(r, "");
        end_frame(r);
        return true;
    case LIST_PAREN:
        if (c != ')')
            return false;
        ended(r, 3);
        r->p++;
        end_paren(r);
        return true;
    case LIST_SUBST:
        if (c != ')')
            return false;
        ended(r, 3);
        r->p++;
        end_substitution(r);
        return true;
    case LIST_CASE:
        if (!(c == ';' && (peek(r, 1) == ';' || peek(r, 1) == '&')) && !str_is(w, "esac"))
            return false;
        ended(r, 3);
        end_clause(r);
        return true;
    case LIST_FUNCTION_ONE:
        if (!f->commands)
            return false;
        ended(r, 3);
        end_function(r, false);
        return true;
    default: break;
    }
    if (!w.length || f->commands == 0)
        return false;
    switch (f->kind) {
    case LIST_BRACE:
        if (!take_word(r, "}"))
            return false;
        ended(r, 3);
        end_brace(r);
        return true;
    case LIST_FUNCTION:
        if (!take_word(r, "}"))
            return false;
        ended(r, 3);
        end_function(r, true);
        return true;
    case LIST_IF_TEST:
        if (!take_word(r, "then"))
            return false;
        ended(r, 3);
        semicolon(r);
        print(r, " then\n");
        r->indentation += 4;
        {
            bool nested = f->nested;
            *f = (struct reprint_frame){.kind = LIST_THEN, .fresh = true, .nested = nested, .out = f->out};
        }
        return true;
    case LIST_THEN:
        if (str_is(w, "else") || str_is(w, "elif")) {
            ended(r, 3);
            r->p += 4;
            next_if(r, str_is(w, "elif"));
            return true;
        }
        /* fall through */
    case LIST_ELSE:
        if (!take_word(r, "fi"))
            return false;
        ended(r, 3);
        end_if(r);
        return true;
    case LIST_LOOP_TEST:
        if (!take_word(r, "do"))
            return false;
        ended(r, 3);
        print_deferred(r, "");
        semicolon(r);
        print(r, " do\n");
        r->indentation += 4;
        *f = (struct reprint_frame){.kind = LIST_LOOP_BODY, .fresh = true, .out = f->out};
        return true;
    case LIST_LOOP_BODY:
        if (!take_word(r, f->braced ? "}" : "done"))
            return false;
        ended(r, 3);
        end_loop(r);
        return true;
    default: return false;
    }
}

static void list_step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    if (f->fresh || f->commands == 0 || f->separator) { /* a command may begin */
        skip_lines(r);
        if (f->kind == LIST_FUNCTION_ONE && f->commands && f->separator) {
            closes(r);
            return;
        }
        if ((!f->fresh || f->commands == 0 || f->separator) && closes(r))
            return;
        if (r->p >= r->end) { /* cannot be: the text is whole */
            end_frame(r);
            return;
        }
        f->fresh = true;
        begin_command(r);
        return;
    }
    if (f->kind == LIST_FUNCTION_ONE) {
        closes(r);
        return;
    }
    skip_spaces(r);
    char c = peek(r, 0), next = peek(r, 1);
    if (c == '\n') {
        ended(r, 3);
        f->separator = '\n';
        take_newline(r);
    } else if ((c == '&' && next == '&') || (c == '|' && next == '|')) {
        ended(r, 1);
        print_deferred(r, c == '&' ? " && " : " || ");
        r->p += 2;
        f->stages = 0;
        f->fresh = true;
        r->skip++;
    } else if (c == '|') {
        r->p += next == '&' ? 2 : 1;
        print_deferred(r, " |");
        print(r, " ");
        f->fresh = true;
        r->skip++;
    } else if (c == '&') {
        ended(r, 2);
        print_deferred(r, " &");
        r->p++;
        f->separator = '&';
    } else if (c == ';' && next != ';' && next != '&') {
        ended(r, 3);
        f->separator = ';';
        r->p++;
    } else if (!closes(r)) {
        r->p = r->end; /* cannot be */
        end_frame(r);
    }
}

static void step(struct reprint *r)
{
    struct reprint_frame *f = top_frame(r);
    if (f->kind >= IN_WORD && r->p >= r->end) {
        end_frame(r);
        return;
    }
    switch ((enum frame_kind)f->kind) {
    case SIMPLE: simple_step(r); break;
    case BEHIND: behind_step(r); break;
    case FOR_LIST: for_list_step(r); break;
    case CASE_HEAD: case_head_step(r); break;
    case PATTERNS: patterns_step(r); break;
    case TEST: test_step(r); break;
    case IN_WORD:
        if (*r->p == '(' && !paren_in_word(r))
            end_frame(r);
        else
            word_step_here(r);
        break;
    case IN_DOUBLE: double_step(r); break;
    case IN_BRACES: braces_step(r); break;
    case IN_ARRAY: array_step(r); break;
    case IN_GROUP: group_step(r); break;
    default: list_step(r); break;
    }
}

static void run(struct reprint *r, size_t depth)
{
    const char *before = r->p;
    unsigned rest = 0;
    while (r->depth > depth)
        step(r);
    meter_charge_bytes(r->heap->meter, &rest, (size_t)(r->p > before ? r->p - before : 0));
}

static void start(struct reprint *r, struct shell *sh, struct str text, struct str behind, struct buf *out)
{
    *r = (struct reprint){.heap = sh->heap, .sh = sh, .p = text.data, .end = text.data + text.length, .out = out};
    r->limit = behind.data ? behind.data + behind.length : r->end;
    buf_init(&r->deferred, sh->heap);
}

static void stop(struct reprint *r)
{
    buf_drop(&r->deferred);
    heap_free(r->heap, r->stack);
}

void reprint_words(struct shell *sh, struct str text, struct buf *out)
{
    struct reprint r;
    start(&r, sh, text, (struct str){0}, out);
    bool any = false;
    for (;;) {
        skip_spaces(&r);
        char c = peek(&r, 0);
        if (r.p >= r.end || (is_meta(c) && !((c == '<' || c == '>') && peek(&r, 1) == '(')))
            break;
        if (any)
            print(&r, " ");
        any = true;
        begin_word_frame(&r);
        run(&r, 0);
    }
    stop(&r);
}

void reprint_commands(struct shell *sh, struct str text, struct buf *out)
{
    struct reprint r;
    start(&r, sh, text, (struct str){0}, out);
    begin_list(&r, LIST_TOP);
    run(&r, 0);
    stop(&r);
}

void function_print(struct shell *sh, struct str name, const struct function *f, struct buf *out)
{
    struct reprint r;
    const struct instruction *define = &f->code->at[f->start - 1];
    const struct instruction *end = &f->code->at[define->a - 1];
    struct str source = f->code->source, body;
    if (end->a >= 0) {
        body = str_of(source.data + end->a, (size_t)(end->b - end->a));
    } else { /* it was defined in text that is not the source itself */
        body = f->code->strings[end->b].text;
        source = body;
    }
    start(&r, sh, body, source, out);
    if (parse_is_keyword(name))
        buf_add_text(out, "function ");
    buf_print(out, "%S () \n", name);
    begin_function_body(&r);
    run(&r, 0);
    stop(&r);
}
