/* shell/parse_condition.c - [[ ]]. */
#include "shell/parser_parts.h"

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

void condition_operand(struct parser *p, const struct open *word)
{
    struct open *o = top(p);
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    emit(p, OP_COND_WORD, word->purpose == PATTERN_OPERAND || word->purpose == REGEX_OPERAND ? CODE_PATTERN : 0,
         word->purpose == REGEX_OPERAND, 0);
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

static bool process_ahead(const struct parser *p)
{
    return (*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '(';
}

void condition_step(struct parser *p)
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
        if (str_is(w, "!") && !(p->s->extglob && p->p + 1 < p->end && p->p[1] == '(')) {
            take_word(p, w);
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
        } else if (is_meta(*p->p) && !process_ahead(p)) {
            fail_here(p);
        } else {
            begin_word(p, OPERAND);
        }
        return;
    }
    if (o->state == 2) { /* behind one operand */
        struct str operator = {0};
        if ((str_starts(rest, "<") || str_starts(rest, ">")) && !process_ahead(p))
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
        take_word(p, operator);
        skip_blanks(p);
        if (p->p >= p->end || str_is(raw_word(p), "]]")) {
            if (p->p >= p->end && may_get_more(p))
                p->more = true;
            else
                fail_message(p, "unexpected argument `%S' to conditional binary operator\nsyntax error near `]]'\n`%S'",
                             token_here(p), this_line(p, p->p));
            return;
        }
        bool regex = str_is(operator, "=~");
        if (is_meta(*p->p) && !(regex && *p->p == '(') && !process_ahead(p)) {
            fail_message(p, "unexpected argument `%S' to conditional binary operator\nsyntax error near `%S'\n`%S'",
                         token_here(p), token_here(p), this_line(p, p->p));
            return;
        }
        begin_word(p, regex                                                                       ? REGEX_OPERAND
                      : str_is(operator, "=") || str_is(operator, "==") || str_is(operator, "!=") ? PATTERN_OPERAND
                                                                                                  : OPERAND);
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
        take_word(p, w);
        close_conditions(p, &o->chain);
        close_conditions(p, &o->jump);
        set_source(p, top(p)->first_command, top(p)->text_start);
        emit(p, OP_COND_END, 0, 0, 0);
        struct open done = *top(p);
        pop(p);
        compound_done(p, done.start);
    } else {
        fail_message(p, "syntax error in conditional expression: unexpected token `%S'\nsyntax error near `%S'\n`%S'",
                     token_here(p), token_here(p), this_line(p, p->p));
    }
}
