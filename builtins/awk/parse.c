/* builtins/awk/parse.c - rules, functions and statements to code: constructs that are open wait on a stack. */
#include "builtins/awk/parse.h"

enum construct_kind { BLOCK, IF, ELSE, WHILE, DO, FOR, FOR_IN, SWITCH };
struct awk_construct {
    enum construct_kind kind;
    size_t start;       /* where a loop begins anew */
    size_t jump;        /* to be patched; SIZE_MAX: none */
    size_t breaks, continues; /* the last of these jumps, which name those before; SIZE_MAX: none */
    size_t saved, saved_count; /* FOR: code of its third part, set aside */
    struct switch_case *cases;
    size_t case_count, case_room;
    bool has_default;
    size_t default_at;
};

struct switch_case {
    struct awk_instruction test;
    size_t at;
};

enum { NO_JUMP = INT32_MAX };

static struct awk_construct *push(struct awk_parser *p, enum construct_kind kind)
{
    p->constructs = array_grow(p->heap, p->constructs, p->construct_count, sizeof *p->constructs);
    struct awk_construct *c = &p->constructs[p->construct_count++];
    *c = (struct awk_construct){.kind = kind, .start = p->program->count, .jump = SIZE_MAX, .breaks = NO_JUMP, .continues = NO_JUMP};
    if (p->construct_count > p->construct_most)
        p->construct_most = p->construct_count;
    return c;
}

static struct awk_construct *innermost(struct awk_parser *p)
{
    return &p->constructs[p->construct_count - 1];
}

static void skip_newlines(struct awk_parser *p)
{
    while (p->token == TOKEN_NEWLINE)
        awk_next_token(p);
}

static bool expect(struct awk_parser *p, enum awk_token token)
{
    if (p->token == token) {
        awk_next_token(p);
        return true;
    }
    awk_syntax_error(p, p->token == TOKEN_NEWLINE || p->token == TOKEN_END ? "unexpected newline or end of string"
                : "syntax error");
    return false;
}

static struct awk_instruction *emit(struct awk_parser *p, enum awk_op op)
{
    size_t at = awk_emit(p, op);
    return &p->program->code[at];
}

/* Adds a jump to a list whose target is not known yet. */
static void emit_listed(struct awk_parser *p, size_t *list)
{
    size_t at = awk_emit(p, OP_JUMP);
    p->program->code[at].n = (int64_t)*list;
    *list = at;
}

static void patch_list(struct awk_parser *p, size_t list)
{
    while (list != NO_JUMP) {
        size_t before = (size_t)p->program->code[list].n;
        awk_patch(p, list);
        list = before;
    }
}

/* The condition in brackets of if, while and switch. */
static bool condition(struct awk_parser *p)
{
    if (!expect(p, TOKEN_LEFT))
        return false;
    awk_expression(p, 0);
    return !p->failed && expect(p, TOKEN_RIGHT);
}

/* --- the end of statements ---------------------------------------------------------------------------------- */

static void end_for(struct awk_parser *p, struct awk_construct *c)
{
    struct awk_program *g = p->program;
    size_t jump = c->jump, breaks = c->breaks, start = c->start;
    patch_list(p, c->continues);
    for (size_t i = 0; i < c->saved_count; i++) {
        size_t at = awk_emit(p, OP_HALT);
        g->code[at] = p->saved[c->saved + i];
        g->lines[at] = p->saved_lines[c->saved + i];
        g->texts_at[at] = p->saved_texts[c->saved + i];
    }
    p->saved_count = c->saved;
    awk_emit_jump_back(p, start);
    if (jump != SIZE_MAX)
        awk_patch(p, jump);
    patch_list(p, breaks);
    p->barrier = g->count;
}

static void end_do(struct awk_parser *p, struct awk_construct *c)
{
    size_t start = c->start, breaks = c->breaks;
    patch_list(p, c->continues);
    while (p->token == TOKEN_NEWLINE || p->token == TOKEN_SEMICOLON)
        awk_next_token(p);
    if (!expect(p, TOKEN_WHILE) || !condition(p))
        return;
    size_t at = awk_emit(p, OP_JUMP_TRUE);
    p->program->code[at].a = (int32_t)((int64_t)start - (int64_t)at);
    patch_list(p, breaks);
    p->barrier = p->program->count;
    if (p->token == TOKEN_SEMICOLON || p->token == TOKEN_NEWLINE)
        awk_next_token(p);
}

/* A statement has ended: so have those of which it is the body. */
static void end_statement(struct awk_parser *p)
{
    while (!p->failed) {
        struct awk_construct *c = innermost(p);
        switch (c->kind) {
        case BLOCK: case SWITCH: return;
        case IF:
            if (p->token == TOKEN_NEWLINE || p->token == TOKEN_SEMICOLON) {
                struct awk_place place = p->place, token_place = p->token_place;
                enum awk_token token = p->token;
                while (p->token == TOKEN_NEWLINE || p->token == TOKEN_SEMICOLON)
                    awk_next_token(p);
                if (p->token != TOKEN_ELSE && place.text == p->place.text && !p->failed) {
                    p->place = place;
                    p->token_place = token_place;
                    p->token = token;
                }
            }
            if (p->token == TOKEN_ELSE) {
                size_t jump = awk_emit_jump(p, OP_JUMP);
                awk_patch(p, c->jump);
                c->kind = ELSE;
                c->jump = jump;
                awk_next_token(p);
                skip_newlines(p);
                return;
            }
            awk_patch(p, c->jump);
            break;
        case ELSE: awk_patch(p, c->jump); break;
        case WHILE: {
            size_t jump = c->jump, breaks = c->breaks;
            while (c->continues != NO_JUMP) {
                size_t before = (size_t)p->program->code[c->continues].n;
                p->program->code[c->continues].a = (int32_t)((int64_t)c->start - (int64_t)c->continues);
                c->continues = before;
            }
            awk_emit_jump_back(p, c->start);
            awk_patch(p, jump);
            patch_list(p, breaks);
            break;
        }
        case DO: end_do(p, c); break;
        case FOR: end_for(p, c); break;
        case FOR_IN: {
            size_t start = c->start, breaks = c->breaks;
            patch_list(p, c->continues);
            awk_emit_jump_back(p, start);
            awk_patch(p, start);
            patch_list(p, breaks);
            emit(p, OP_DROP_KEYS);
            break;
        }
        }
        p->construct_count--;
    }
}

/* --- simple statements ------------------------------------------------------------------------------------------ */

static bool ends_statement(const struct awk_parser *p)
{
    return p->token == TOKEN_NEWLINE || p->token == TOKEN_SEMICOLON || p->token == TOKEN_RIGHT_BRACE || p->token == TOKEN_END;
}

/* Loops whose value lies on the stack above that of the one jumped to: it is dropped. */
static void jump_out(struct awk_parser *p, bool is_break)
{
    for (size_t i = p->construct_count; i > 0; i--) {
        struct awk_construct *c = &p->constructs[i - 1];
        if (c->kind == SWITCH && !is_break) {
            emit(p, OP_POP);
            continue;
        }
        if (c->kind == WHILE || c->kind == DO || c->kind == FOR || c->kind == FOR_IN || c->kind == SWITCH) {
            emit_listed(p, is_break ? &c->breaks : &c->continues);
            p->barrier = p->program->count;
            return;
        }
    }
    const char *message = is_break ? "`break' is not allowed outside a loop or switch" : "`continue' is not allowed outside a loop";
    struct awk_place place = p->token_place;
    awk_parse_error(p, 1, "error: ", "%s", message);
    p->token_place = place;
    awk_parse_error(p, 1, "error: ", "%s", message); /* gawk says so twice */
}

static void print(struct awk_parser *p)
{
    bool formats = p->token == TOKEN_PRINTF;
    int count = 0;
    struct awk_program *g = p->program;
    size_t start = g->count;
    awk_next_token(p);
    if (!ends_statement(p) && p->token != TOKEN_GREATER && p->token != TOKEN_APPEND && p->token != TOKEN_PIPE &&
        p->token != TOKEN_PIPE_BOTH) {
        for (;;) {
            p->group_open = false;
            int more = awk_expression(p, EXPRESSION_PRINT);
            if (p->failed)
                return;
            if (more > 1 && (count || p->token == TOKEN_COMMA)) {
                awk_syntax_error(p, "syntax error");
                return;
            }
            count += more;
            p->operand_most += more == 1;
            if (p->token != TOKEN_COMMA)
                break;
            awk_next_token(p);
            skip_newlines(p);
        }
    }
    enum awk_redirection to = p->token == TOKEN_GREATER ? TO_FILE : p->token == TOKEN_APPEND ? TO_APPEND
        : p->token == TOKEN_PIPE ? TO_PIPE : p->token == TOKEN_PIPE_BOTH ? TO_COPROCESS : TO_STANDARD;
    if (formats && !count && p->a->posix)
        return;
    if (to != TO_STANDARD && p->a->sandbox) {
        awk_parse_error(p, 2, "fatal: ", "redirection not allowed in sandbox mode");
        return;
    }
    if (to != TO_STANDARD) {
        awk_next_token(p);
        awk_expression(p, EXPRESSION_CONCAT);
        if (p->failed)
            return;
    }
    struct awk_instruction *last = awk_last(p);
    if (!formats && count == 1 && to == TO_STANDARD && last && last->op == OP_FIELD && g->count - 1 == start) {
        last->op = OP_PRINT_FIELD;
        return;
    }
    bool direct = !formats && count > 1 && to == TO_STANDARD && g->count - start == (size_t)count && p->barrier <= start;
    for (size_t n = start; n < g->count; n++)
        direct &= g->code[n].op == OP_FIELD || g->code[n].op == OP_STRING;
    if (direct) { /* what is printed stands behind the instruction, and is passed over */
        awk_emit(p, OP_PRINT_DIRECT);
        memmove(g->code + start + 1, g->code + start, (size_t)count * sizeof *g->code);
        g->code[start] = (struct awk_instruction){.op = OP_PRINT_DIRECT, .a = count};
    }
    struct awk_instruction *i = emit(p, formats ? OP_PRINTF : count ? OP_PRINT : OP_PRINT_RECORD);
    i->a = count;
    i->extra = (uint8_t)to;
}

static void delete(struct awk_parser *p)
{
    struct awk_program *g = p->program;
    awk_next_token(p);
    bool group = p->token == TOKEN_LEFT;
    if (group)
        awk_next_token(p);
    if (p->token != TOKEN_NAME) {
        awk_syntax_error(p, "syntax error");
        return;
    }
    awk_expression(p, EXPRESSION_LVALUE);
    if (p->failed || (group && !expect(p, TOKEN_RIGHT)))
        return;
    struct awk_instruction *last = &g->code[g->count - 1];
    last->op = last->op == OP_ELEMENT ? OP_DELETE : OP_DELETE_ALL;
    p->barrier = g->count;
}

static void misuse(struct awk_parser *p, const char *word, const char *where)
{
    awk_parse_error(p, 1, "error: ", "`%s' used in %s action", word, where);
}

static void leave(struct awk_parser *p, enum awk_token token)
{
    const char *word = token == TOKEN_NEXT ? "next" : "nextfile";
    if (p->context == IN_BEGIN || p->context == IN_END || (p->context == IN_FILE_RULE && token == TOKEN_NEXT)) {
        misuse(p, word, p->context == IN_BEGIN ? "BEGIN" : p->context == IN_END ? "END" : "BEGINFILE or ENDFILE");
        return;
    }
    awk_next_token(p);
    emit(p, token == TOKEN_NEXT ? OP_NEXT : OP_NEXT_FILE);
}

static void simple_statement(struct awk_parser *p)
{
    p->code_place = p->token_place;
    switch (p->token) {
    case TOKEN_PRINT: case TOKEN_PRINTF: print(p); break;
    case TOKEN_DELETE: delete(p); break;
    case TOKEN_NEXT: case TOKEN_NEXT_FILE: leave(p, p->token); break;
    case TOKEN_BREAK: case TOKEN_CONTINUE: {
        bool is_break = p->token == TOKEN_BREAK;
        jump_out(p, is_break);
        if (!p->failed)
            awk_next_token(p);
        break;
    }
    case TOKEN_EXIT: {
        awk_next_token(p);
        bool value = !ends_statement(p);
        if (value)
            awk_expression(p, 0);
        emit(p, OP_EXIT)->extra = value;
        break;
    }
    case TOKEN_RETURN: {
        if (p->context != IN_FUNCTION) {
            awk_syntax_error(p, "`return' used outside function context");
            return;
        }
        awk_next_token(p);
        bool value = !ends_statement(p);
        if (value)
            awk_expression(p, 0);
        emit(p, OP_RETURN)->extra = value;
        break;
    }
    default:
        awk_expression(p, 0);
        if (!p->failed)
            awk_emit_pop(p);
        break;
    }
    if (p->failed)
        return;
    if (p->token == TOKEN_SEMICOLON || p->token == TOKEN_NEWLINE)
        awk_next_token(p);
    else if (p->token != TOKEN_RIGHT_BRACE && p->token != TOKEN_END)
        awk_syntax_error(p, "syntax error");
}

/* --- loops and choices ---------------------------------------------------------------------------------------------- */

/* for (name in array): true when it was one. */
static bool for_in(struct awk_parser *p)
{
    struct awk_place place = p->place, token_place = p->token_place;
    enum awk_token token = p->token;
    struct str name = p->text, array = {0};
    int32_t index;
    bool is = false;
    if (token == TOKEN_NAME) {
        p->quiet = true;
        awk_next_token(p);
        if (p->token == TOKEN_IN) {
            awk_next_token(p);
            array = p->text;
            if (p->token == TOKEN_NAME) {
                awk_next_token(p);
                is = p->token == TOKEN_RIGHT || p->token == TOKEN_LEFT_BRACKET;
            }
        }
        p->quiet = false;
    }
    if (!is) {
        p->place = place;
        p->token_place = token_place;
        p->token = token;
        p->text = name;
        return false;
    }
    struct awk_instruction *i;
    if (p->token == TOKEN_LEFT_BRACKET) { /* of an array in an array: read it again as an expression */
        p->place = place;
        p->token = token;
        awk_next_token(p);
        awk_next_token(p);
        awk_expression(p, EXPRESSION_LVALUE);
        struct awk_program *g = p->program;
        if (p->failed || g->code[g->count - 1].op != OP_ELEMENT) {
            awk_syntax_error(p, "syntax error");
            return true;
        }
        g->code[g->count - 1].op = OP_SUBARRAY;
        i = emit(p, OP_KEYS);
        i->scope = SCOPE_STACK;
    } else {
        enum awk_scope scope = awk_variable(p, array, &index);
        if (scope == SCOPE_GLOBAL && index == VAR_SYMTAB)
            emit(p, OP_SYMBOLS);
        i = emit(p, OP_KEYS);
        i->scope = (uint8_t)scope;
        i->a = index;
    }
    emit(p, OP_SORT_STEP)->extra = 1;
    if (!expect(p, TOKEN_RIGHT))
        return true;
    p->barrier = p->program->count;
    struct awk_construct *c = push(p, FOR_IN);
    c->start = awk_emit(p, OP_NEXT_KEY);
    enum awk_scope scope = awk_variable(p, name, &index);
    i = emit(p, OP_STORE);
    i->scope = (uint8_t)scope;
    i->a = index;
    i->drop = 1;
    i->extra = scope == SCOPE_GLOBAL && index < VAR_HOOKS;
    skip_newlines(p);
    return true;
}

static void statement_list_item(struct awk_parser *p)
{
    awk_expression(p, 0);
    if (!p->failed)
        awk_emit_pop(p);
}

static void for_loop(struct awk_parser *p)
{
    struct awk_program *g = p->program;
    awk_next_token(p);
    if (!expect(p, TOKEN_LEFT) || for_in(p))
        return;
    if (p->token != TOKEN_SEMICOLON) {
        if (p->token == TOKEN_DELETE)
            delete(p);
        else
            statement_list_item(p);
    }
    if (!expect(p, TOKEN_SEMICOLON))
        return;
    skip_newlines(p);
    struct awk_construct *c = push(p, FOR);
    p->barrier = g->count;
    if (p->token != TOKEN_SEMICOLON) {
        awk_expression(p, 0);
        c->jump = awk_emit_jump(p, OP_JUMP_FALSE);
    }
    if (!expect(p, TOKEN_SEMICOLON))
        return;
    skip_newlines(p);
    size_t start = g->count;
    p->barrier = start;
    if (p->token != TOKEN_RIGHT) {
        if (p->token == TOKEN_DELETE)
            delete(p);
        else
            statement_list_item(p);
    }
    if (p->failed || !expect(p, TOKEN_RIGHT))
        return;
    size_t count = g->count - start, need = p->saved_count + count;
    if (!p->saved || heap_size(p->saved) < need * sizeof *p->saved) {
        size_t room = need * 2 + 16;
        p->saved = heap_resize(p->heap, p->saved, room * sizeof *p->saved);
        p->saved_lines = heap_resize(p->heap, p->saved_lines, room * sizeof *p->saved_lines);
        p->saved_texts = heap_resize(p->heap, p->saved_texts, room * sizeof *p->saved_texts);
    }
    if (count) {
        memcpy(p->saved + p->saved_count, g->code + start, count * sizeof *g->code);
        memcpy(p->saved_lines + p->saved_count, g->lines + start, count * sizeof *g->lines);
        memcpy(p->saved_texts + p->saved_count, g->texts_at + start, count * sizeof *g->texts_at);
    }
    c->saved = p->saved_count;
    c->saved_count = count;
    p->saved_count += count;
    g->count = start;
    p->barrier = start;
    skip_newlines(p);
}

static void open_switch(struct awk_parser *p)
{
    awk_next_token(p);
    if (!condition(p))
        return;
    skip_newlines(p);
    if (!expect(p, TOKEN_LEFT_BRACE))
        return;
    struct awk_construct *c = push(p, SWITCH);
    c->jump = awk_emit_jump(p, OP_JUMP);
    p->barrier = p->program->count;
}

static void add_case_text(struct awk_parser *p, struct buf *b, const struct awk_instruction *test)
{
    if (test->extra)
        buf_add(b, str_of(test->string->data, test->string->length));
    else
        awk_add_number(p->a, b, test->number, str_lit("%.6g"));
}

/* Was there such a case before? A number and a string that look alike are one. */
static bool is_known_case(struct awk_parser *p, const struct awk_construct *c, const struct awk_instruction *test)
{
    struct buf text, other;
    bool known = false;
    buf_init(&text, p->heap);
    buf_init(&other, p->heap);
    if (test->op == OP_CASE)
        add_case_text(p, &text, test);
    for (size_t i = 0; i < c->case_count && test->op == OP_CASE && !known; i++) {
        if (c->cases[i].test.op != OP_CASE)
            continue;
        buf_clear(&other);
        add_case_text(p, &other, &c->cases[i].test);
        known = str_equal(buf_str(&text), buf_str(&other));
    }
    if (known)
        awk_parse_error(p, 1, "error: ", "duplicate case values in switch body: %S", buf_str(&text));
    meter_charge(p->heap->meter, (int64_t)c->case_count);
    buf_drop(&text);
    buf_drop(&other);
    return known;
}

static void add_case(struct awk_parser *p)
{
    struct awk_construct *c = innermost(p);
    struct awk_instruction test = {.op = OP_CASE};
    bool is_default = p->token == TOKEN_DEFAULT;
    if (c->kind != SWITCH) {
        awk_syntax_error(p, "syntax error");
        return;
    }
    awk_next_token(p);
    p->barrier = p->program->count;
    if (is_default) {
        if (c->has_default) {
            awk_parse_error(p, 1, "error: ", "duplicate `default' detected in switch body");
            return;
        }
        c->has_default = true;
        c->default_at = p->program->count;
    } else {
        bool minus = p->token == TOKEN_MINUS;
        if (minus || p->token == TOKEN_PLUS)
            awk_next_token(p);
        if (p->token == TOKEN_SLASH || p->token == TOKEN_ASSIGN_SLASH)
            awk_lex_regex(p);
        if (p->token == TOKEN_NUMBER) {
            test.number = minus ? -p->number : p->number;
        } else if (p->token == TOKEN_STRING && !minus) {
            test.extra = 1;
            test.string = awk_string_new(p->a, p->text);
        } else if ((p->token == TOKEN_REGEX || p->token == TOKEN_TYPED_REGEX) && !minus) {
            test.op = OP_CASE_REGEX;
            test.regex = awk_parsed_regex(p, p->text);
        } else {
            awk_syntax_error(p, "syntax error");
            return;
        }
        if (is_known_case(p, c, &test))
            return;
        awk_next_token(p);
        c->cases = array_grow(p->heap, c->cases, c->case_count, sizeof *c->cases);
        c->cases[c->case_count++] = (struct switch_case){test, p->program->count};
    }
    expect(p, TOKEN_COLON);
    skip_newlines(p);
}

static void close_switch(struct awk_parser *p)
{
    struct awk_construct *c = innermost(p);
    struct awk_program *g = p->program;
    emit_listed(p, &c->breaks);
    awk_patch(p, c->jump);
    for (size_t i = 0; i < c->case_count; i++) {
        size_t at = awk_emit(p, OP_CASE);
        g->code[at] = c->cases[i].test;
        g->code[at].a = (int32_t)((int64_t)c->cases[i].at - (int64_t)at);
    }
    if (c->has_default)
        awk_emit_jump_back(p, c->default_at);
    patch_list(p, c->breaks);
    p->barrier = g->count;
    emit(p, OP_POP);
    heap_free(p->heap, c->cases);
    p->construct_count--;
}

/* --- blocks ---------------------------------------------------------------------------------------------------------- */

/* From behind a { to behind its }. */
static void body(struct awk_parser *p)
{
    p->construct_count = 0;
    push(p, BLOCK);
    while (!p->failed) {
        switch (p->token) {
        case TOKEN_NEWLINE: awk_next_token(p); break;
        case TOKEN_SEMICOLON:
            awk_next_token(p);
            end_statement(p);
            break;
        case TOKEN_LEFT_BRACE:
            push(p, BLOCK);
            awk_next_token(p);
            break;
        case TOKEN_RIGHT_BRACE: {
            enum construct_kind kind = innermost(p)->kind;
            if (kind != BLOCK && kind != SWITCH) {
                awk_syntax_error(p, "syntax error");
                return;
            }
            awk_next_token(p);
            if (kind == SWITCH)
                close_switch(p);
            else
                p->construct_count--;
            if (!p->construct_count)
                return;
            end_statement(p);
            break;
        }
        case TOKEN_IF:
            awk_next_token(p);
            if (condition(p)) {
                size_t jump = awk_emit_jump(p, OP_JUMP_FALSE);
                push(p, IF)->jump = jump;
                skip_newlines(p);
            }
            break;
        case TOKEN_WHILE: {
            struct awk_construct *c = push(p, WHILE);
            p->barrier = p->program->count;
            awk_next_token(p);
            if (condition(p)) {
                c->jump = awk_emit_jump(p, OP_JUMP_FALSE);
                if (p->token != TOKEN_SEMICOLON)
                    skip_newlines(p);
            }
            break;
        }
        case TOKEN_DO:
            push(p, DO);
            p->barrier = p->program->count;
            awk_next_token(p);
            skip_newlines(p);
            break;
        case TOKEN_FOR: for_loop(p); break;
        case TOKEN_SWITCH: open_switch(p); break;
        case TOKEN_CASE: case TOKEN_DEFAULT: add_case(p); break;
        case TOKEN_END:
            p->complete = true;
            awk_syntax_error(p, "unexpected newline or end of string");
            return;
        default:
            simple_statement(p);
            if (!p->failed)
                end_statement(p);
            break;
        }
    }
}

/* --- rules -------------------------------------------------------------------------------------------------------------- */

enum { KIND_BEGIN, KIND_BEGIN_FILE, KIND_MAIN, KIND_END_FILE, KIND_END, KINDS };
struct chain {
    size_t last; /* the jump from the last part to the next; SIZE_MAX: there is none */
    int32_t entry;
};

static void open_part(struct awk_parser *p, struct chain *chain)
{
    struct awk_program *g = p->program;
    if (chain->last == SIZE_MAX) {
        chain->entry = (int32_t)g->count;
    } else if (chain->last == g->count - 1) {
        g->count--;
    } else {
        awk_patch(p, chain->last);
    }
    p->barrier = g->count;
}

static void close_part(struct awk_parser *p, struct chain *chain)
{
    chain->last = awk_emit(p, OP_JUMP);
    p->barrier = p->program->count;
}

static void rule(struct awk_parser *p, struct chain *chains)
{
    struct awk_program *g = p->program;
    struct chain *chain = &chains[KIND_MAIN];
    bool special = true;
    p->context = IN_RULE;
    p->local_count = 0;
    switch (p->token) {
    case TOKEN_BEGIN: chain = &chains[KIND_BEGIN]; p->context = IN_BEGIN; break;
    case TOKEN_END_RULE: chain = &chains[KIND_END]; p->context = IN_END; break;
    case TOKEN_BEGIN_FILE: chain = &chains[KIND_BEGIN_FILE]; p->context = IN_FILE_RULE; break;
    case TOKEN_END_FILE: chain = &chains[KIND_END_FILE]; p->context = IN_FILE_RULE; break;
    default: special = false; break;
    }
    open_part(p, chain);
    if (special) {
        struct str word = p->text;
        awk_next_token(p);
        if (p->token != TOKEN_LEFT_BRACE) {
            if (p->token == TOKEN_NEWLINE || p->token == TOKEN_END)
                awk_parse_error(p, 1, "", "%S blocks must have an action part", word);
            awk_syntax_error(p, "syntax error");
            return;
        }
        awk_next_token(p);
        body(p);
        close_part(p, chain);
        return;
    }
    size_t jump = SIZE_MAX;
    if (p->token != TOKEN_LEFT_BRACE) {
        size_t range = SIZE_MAX, start = awk_emit(p, OP_RANGE);
        p->barrier = g->count;
        awk_expression(p, 0);
        if (p->failed)
            return;
        if (p->token == TOKEN_COMMA) {
            range = g->ranges++;
            jump = awk_emit_jump(p, OP_JUMP_FALSE);
            emit(p, OP_RANGE_END)->n = (int64_t)range;
            awk_patch(p, start);
            g->code[start].n = (int64_t)range;
            awk_next_token(p);
            skip_newlines(p);
            awk_expression(p, 0);
            if (p->failed)
                return;
            struct awk_instruction *i = emit(p, OP_RANGE_END);
            i->n = (int64_t)range;
            i->extra = 1;
        } else { /* the place of a range is not needed */
            size_t count = g->count - start - 1;
            memmove(g->code + start, g->code + start + 1, count * sizeof *g->code);
            memmove(g->lines + start, g->lines + start + 1, count * sizeof *g->lines);
            memmove(g->texts_at + start, g->texts_at + start + 1, count * sizeof *g->texts_at);
            g->count--;
            if (p->barrier > start)
                p->barrier--;
            jump = awk_emit_jump(p, OP_JUMP_FALSE);
        }
        p->barrier = g->count;
    }
    if (p->token == TOKEN_LEFT_BRACE) {
        awk_next_token(p);
        body(p);
    } else if (p->token == TOKEN_NEWLINE || p->token == TOKEN_SEMICOLON || p->token == TOKEN_END) {
        emit(p, OP_PRINT_RECORD);
    } else {
        awk_syntax_error(p, "syntax error");
    }
    if (p->failed)
        return;
    if (jump != SIZE_MAX)
        awk_patch(p, jump);
    close_part(p, chain);
}

static void function(struct awk_parser *p)
{
    struct awk_program *g = p->program;
    awk_next_token(p);
    if (p->token != TOKEN_NAME && p->token != TOKEN_CALL_NAME) {
        awk_syntax_error(p, p->token == TOKEN_BUILTIN ? "`%S' is a built-in function, it cannot be redefined"
                         : p->token == TOKEN_END ? "unexpected newline or end of string" : "syntax error", p->text);
        return;
    }
    struct str name = p->text;
    p->local_count = 0;
    int32_t index = awk_function_index(p, name);
    if (g->functions[index].entry >= 0) {
        awk_parse_error(p, 1, "error: ", "function name `%S' previously defined", name);
        return;
    }
    awk_next_token(p);
    if (!expect(p, TOKEN_LEFT))
        return;
    while (p->token == TOKEN_NAME || (p->token == TOKEN_BUILTIN && p->builtin->extension)) {
        for (size_t i = 0; i < p->local_count; i++)
            if (str_equal(p->locals[i], p->text)) {
                awk_parse_error(p, 1, "error: ", "function `%S': parameter #%zu, `%S', duplicates parameter #%zu", name, p->local_count + 1,
                                 p->text, i + 1);
                return;
            }
        if (str_equal(name, p->text)) {
            awk_parse_error(p, 1, "error: ", "function `%S': cannot use function name as parameter name", name);
            return;
        }
        union map_value *special = map_find(&g->names, p->text);
        if (special && special->number < VAR_COUNT) {
            awk_parse_error(p, 1, "error: ", "function `%S': cannot use special variable `%S' as a function parameter", name, p->text);
            return;
        }
        p->locals = array_grow(p->heap, p->locals, p->local_count, sizeof *p->locals);
        p->locals[p->local_count++] = str_copy(p->heap, p->text);
        awk_next_token(p);
        skip_newlines(p);
        if (p->token != TOKEN_COMMA)
            break;
        awk_next_token(p);
        skip_newlines(p);
        if (p->token != TOKEN_NAME && p->token != TOKEN_BUILTIN) {
            awk_syntax_error(p, "syntax error");
            return;
        }
    }
    if (!expect(p, TOKEN_RIGHT))
        return;
    skip_newlines(p);
    g->functions[index].entry = (int32_t)g->count;
    g->functions[index].parameters = (int32_t)p->local_count;
    g->functions[index].parameter_names = heap_alloc(p->heap, p->local_count * sizeof(struct str) + 1);
    if (p->local_count)
        memcpy(g->functions[index].parameter_names, p->locals, p->local_count * sizeof(struct str));
    p->context = IN_FUNCTION;
    p->function = index;
    p->barrier = g->count;
    if (!expect(p, TOKEN_LEFT_BRACE))
        return;
    body(p);
    emit(p, OP_RETURN);
    p->barrier = g->count;
    p->local_count = 0;
}

/* --- the whole ------------------------------------------------------------------------------------------------------------- */

/* @include "file": 0, or 1 when its text is not there yet. */
static int include(struct awk_parser *p, bool *taken)
{
    struct awk_program *g = p->program;
    awk_next_token(p);
    if (p->token != TOKEN_STRING) {
        awk_syntax_error(p, "syntax error");
        return 0;
    }
    struct str name = p->text;
    for (size_t i = 0; i < g->text_count; i++) {
        if (!str_equal(g->texts[i].name, name) || g->texts[i].command_line)
            continue;
        awk_next_token(p);
        if (taken[i] || !g->texts[i].included)
            return 0;
        taken[i] = true;
        p->outer = array_grow(p->heap, p->outer, p->outer_count, sizeof *p->outer);
        p->outer[p->outer_count++] = p->token_place;
        p->place = (struct awk_place){i, 0, 1};
        p->token = TOKEN_NEWLINE;
        return 0;
    }
    g->missing = name;
    g->missing_from = p->token_place.text;
    g->missing_line = p->token_place.line;
    return 1;
}

static const char *const specials[] = {
    "NF", "NR", "FNR", "FS", "OFS", "ORS", "RS", "SUBSEP", "CONVFMT", "OFMT", "IGNORECASE", "FIELDWIDTHS", "FPAT", "RT", "RSTART",
    "RLENGTH", "FILENAME", "ENVIRON", "ARGC", "ARGV", "PROCINFO", "ERRNO", "ARGIND", "BINMODE", "LINT", "TEXTDOMAIN", "FUNCTAB",
    "SYMTAB",
};

static void finish(struct awk_parser *p, struct chain *chains)
{
    static const enum awk_op ends[KINDS] = {OP_HALT, OP_AFTER_FILE, OP_NEXT_RECORD, OP_AFTER_FILE, OP_HALT};
    struct awk_program *g = p->program;
    for (int i = 0; i < KINDS; i++)
        if (chains[i].last != SIZE_MAX)
            g->code[chains[i].last].op = (uint8_t)ends[i];
    if (chains[KIND_MAIN].last == SIZE_MAX) {
        chains[KIND_MAIN].entry = -1;
        if (chains[KIND_END].entry >= 0 || chains[KIND_BEGIN_FILE].entry >= 0 || chains[KIND_END_FILE].entry >= 0)
            chains[KIND_MAIN].entry = (int32_t)awk_emit(p, OP_NEXT_RECORD);
    }
    g->begin = chains[KIND_BEGIN].entry;
    g->begin_file = chains[KIND_BEGIN_FILE].entry;
    g->main = chains[KIND_MAIN].entry;
    g->next_record = chains[KIND_MAIN].last != SIZE_MAX ? (int32_t)chains[KIND_MAIN].last : g->main;
    g->end_file = chains[KIND_END_FILE].entry;
    g->end = chains[KIND_END].entry;
    for (size_t i = 0; i < g->function_count; i++)
        if (g->functions[i].entry >= 0 && map_find(&g->names, g->functions[i].name))
            awk_parse_error(p, 1, "error: ", "function `%S' called with space between name and `(',\nor used as a variable or an array",
                            g->functions[i].name);
    awk_simplify(p);
    if (g->main >= 0 && g->next_record > g->main) { /* one rule, with nothing but a regex in front */
        const struct awk_instruction *i = &g->code[g->main];
        int32_t jump = i[1].op == OP_NOT ? 2 : 1;
        if (i->op == OP_MATCH_RECORD && i[jump].op == OP_JUMP_FALSE && g->main + jump + i[jump].a == g->next_record) {
            g->filter_not = jump == 2;
            g->filter_length = jump + 1;
            g->filter = i->regex;
            g->filter->is_filter = true;
        }
    }
    awk_join(g);
    g->depth = p->operand_most + p->construct_most + 32;
}

int awk_parse(struct awk *a)
{
    struct awk_parser *p = heap_new(a->heap, struct awk_parser);
    struct awk_program *g = &a->program;
    struct chain chains[KINDS];
    bool *taken = heap_zero(a->heap, g->text_count * sizeof *taken + 1), may_end = false;
    *g = (struct awk_program){.texts = g->texts, .text_count = g->text_count};
    p->a = a;
    p->heap = a->heap;
    p->program = g;
    map_init(&g->names, a->heap);
    map_init(&g->function_names, a->heap);
    for (size_t i = 0; i < VAR_COUNT; i++) {
        int32_t index;
        awk_variable(p, str_from(specials[i]), &index);
    }
    if (a->in_place) {
        int32_t index;
        awk_variable(p, str_lit("inplace::suffix"), &index);
    }
    for (int i = 0; i < KINDS; i++)
        chains[i] = (struct chain){SIZE_MAX, -1};
    for (size_t i = 0; i < g->text_count; i++)
        meter_charge(a->heap->meter, (int64_t)(g->texts[i].text.length / METER_BYTES));
    p->place.line = 1;
    p->token = TOKEN_NEWLINE;
    while (p->place.text < g->text_count && g->texts[p->place.text].included)
        p->place.text++;
    awk_next_token(p);
    while (!p->failed) {
        for (; p->token == TOKEN_NEWLINE || p->token == TOKEN_SEMICOLON; awk_next_token(p))
            if (p->token == TOKEN_SEMICOLON && !may_end)
                awk_parse_error(p, 1, "", "each rule must have a pattern or an action part");
            else
                may_end &= p->token == TOKEN_NEWLINE;
        if (p->token == TOKEN_END)
            break;
        may_end = true;
        if (p->token == TOKEN_FUNCTION) {
            function(p);
        } else if (p->token == TOKEN_INCLUDE) {
            if (include(p, taken))
                return 1;
        } else if (p->token == TOKEN_LOAD) {
            awk_tell(a, 2, "fatal: ", "dynamic loading of libraries is not supported");
            p->failed = true;
        } else if (p->token == TOKEN_NAMESPACE) {
            awk_next_token(p);
            p->name_space = str_is(p->text, "awk") ? (struct str){0} : p->text;
            p->name_space_text = p->place.text;
            expect(p, TOKEN_STRING);
        } else {
            rule(p, chains);
        }
    }
    if (!p->failed)
        finish(p, chains);
    bool failed = p->failed;
    heap_free(a->heap, p->saved);
    heap_free(a->heap, p->operators);
    heap_free(a->heap, p->operands);
    heap_free(a->heap, p->constructs);
    heap_free(a->heap, p);
    return failed ? AWK_FAILED : 0;
}
