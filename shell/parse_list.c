/* shell/parse_list.c - lists of commands: pipelines, && and ||, what ends a list. */
#include "shell/parser_parts.h"

/* --- pipelines and lists ---------------------------------------------------------------------------- */

void begin_command(struct parser *p)
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

void mark_pipeline(struct parser *p, int flags)
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

/* The commands inside of $( ) count their lines from the one that holds them, as bash does, which prints them anew. */
static void count_inner_lines(struct parser *p, int command)
{
    int line = p->at[command].line;
    for (int at = command + 1; at < p->length; at++) {
        struct instruction *i = &p->at[at];
        if ((i->op != OP_SUBSTITUTE && i->op != OP_PROCESS) || i->a <= at)
            continue;
        int first = at + 1, end = i->a;
        while (first < end && p->at[first].op != OP_COMMAND)
            first++;
        int shift = line - (i->flags & CODE_BACKQUOTED || first == end ? i->line : p->at[first].line);
        for (int k = at + 1; shift && k < end; k++)
            p->at[k].line += shift;
        at = end - 1;
    }
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
    int command = o->first_command;
    set_source(p, command, o->simple_start);
    if (p->line != o->line || p->at[command].line != p->line)
        count_inner_lines(p, command);
    emit(p, OP_RUN, 0, 0, 0);
    p->at[p->length - 1].line = p->at[command].line;
    o = top(p);
    o->state = AFTER;
    o->compound = -1;
}

/* Redirections behind a compound command have been read: they come before it when it runs. */
void end_compound_redirects(struct parser *p)
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

void end_and_or(struct parser *p, bool background)
{
    end_stage_command(p);
    end_pipeline(p);
    close_jump(p);
    struct open *o = top(p);
    if (background && o->and_or >= 0) {
        size_t start = o->command_start;
        p->at[o->and_or].op = OP_BACKGROUND;
        set_source(p, emit(p, OP_END, 0, -1, -1), start); /* for jobs */
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
        set_source(p, emit(p, OP_END, 0, -1, -1), done.text_start);
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
        emit(p, OP_COMMAND, CODE_ARITHMETIC, 0, 0);
        begin_word(p, ARITH_COMMAND_TEXT);
        top(p)->name = compound;
        top(p)->code_start = p->length - 1;
        return;
    }
    p->p++;
    begin_paren(p);
    top(p)->text_start = place(p) - 1;
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
    end_simple(p);
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

void list_step(struct parser *p)
{
    struct open *o = top(p);
    skip_blanks(p);
    join_lines(p);
    bool end = p->p >= p->end;
    char c = end ? 0 : *p->p;
    if (o->state == WANT_COMMAND)
        o->command_start = place(p);
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
        end_line(p);
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
