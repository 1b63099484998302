/* builtins/awk/expression.c - expressions to code: operators wait on a stack until their operands are there. */
#include "builtins/awk/parse.h"

enum precedence {
    LOOSEST, P_ASSIGN, P_CHOICE, P_OR, P_AND, P_IN, P_MATCH, P_COMPARE, P_CONCAT, P_ADD, P_MULTIPLY, P_UNARY, P_POWER,
    P_GETLINE, P_STEP, P_FIELD, TIGHTEST
};

enum operator_kind {
    BINARY, CONCAT, MATCH, IN_ARRAY, AND, OR, QUESTION, COLON, ASSIGN, PREFIX, FIELD, PRE_STEP, GETLINE_VARIABLE, GETLINE_FILE,
    GROUP, CALL, INDIRECT, BUILTIN, INDEX /* from GROUP on: open until a bracket closes them */
};
struct awk_operator {
    enum operator_kind kind;
    enum precedence precedence;
    enum awk_op op;
    int extra;             /* ASSIGN: the arithmetic; MATCH: negated; PRE_STEP: minus; GETLINE_VARIABLE: enum awk_source */
    int count;             /* operands of what is open */
    int32_t index;         /* variable or function */
    enum awk_scope scope;
    size_t start;          /* of its code */
    size_t jump;
    size_t saved, saved_count; /* code of the left side, set aside */
    struct awk_instruction target;
    bool has_target;
    const struct awk_builtin_info *builtin;
    struct awk_place place;
};

enum operand_kind { VALUE, LVALUE, LIST, A_REGEX };
struct awk_operand {
    enum operand_kind kind;
    int count; /* LIST */
    size_t start;
    bool grouped; /* in brackets, when it was whole */
};

/* --- code ------------------------------------------------------------------------------------------------- */

size_t awk_emit(struct awk_parser *p, enum awk_op op)
{
    struct awk_program *g = p->program;
    if (g->count == p->room) {
        size_t room = p->room ? p->room * 2 : 64;
        g->code = heap_resize(p->heap, g->code, room * sizeof *g->code);
        g->lines = heap_resize(p->heap, g->lines, room * sizeof *g->lines);
        g->texts_at = heap_resize(p->heap, g->texts_at, room * sizeof *g->texts_at);
        p->room = room;
    }
    g->code[g->count] = (struct awk_instruction){.op = (uint8_t)op};
    g->lines[g->count] = p->token_place.line;
    if (p->token == TOKEN_NEWLINE || p->token == TOKEN_END)
        g->lines[g->count] = p->code_place.line ? p->code_place.line : p->token_place.line;
    g->texts_at[g->count] = (int32_t)p->token_place.text;
    return g->count++;
}

static struct awk_instruction *emit(struct awk_parser *p, enum awk_op op)
{
    size_t at = awk_emit(p, op);
    return &p->program->code[at];
}

struct awk_instruction *awk_last(struct awk_parser *p)
{
    struct awk_program *g = p->program;
    return g->count > p->barrier ? &g->code[g->count - 1] : NULL;
}

void awk_emit_pop(struct awk_parser *p)
{
    struct awk_instruction *last = awk_last(p);
    if (last && !last->drop && ((last->op >= OP_STORE && last->op <= OP_STEP_ELEMENT) || last->op == OP_APPEND ||
                                last->op == OP_SUBSTITUTE))
        last->drop = 1;
    else
        emit(p, OP_POP);
}

size_t awk_emit_jump(struct awk_parser *p, enum awk_op op)
{
    return awk_emit(p, op);
}

void awk_patch(struct awk_parser *p, size_t jump)
{
    p->program->code[jump].a = (int32_t)(p->program->count - jump);
    p->barrier = p->program->count;
}

void awk_emit_jump_back(struct awk_parser *p, size_t target)
{
    size_t at = awk_emit(p, OP_JUMP);
    p->program->code[at].a = (int32_t)((int64_t)target - (int64_t)at);
}

static void grow_saved(struct awk_parser *p, size_t more)
{
    size_t need = p->saved_count + more;
    if (p->saved && heap_size(p->saved) >= need * sizeof *p->saved)
        return;
    need = need * 2 + 16;
    p->saved = heap_resize(p->heap, p->saved, need * sizeof *p->saved);
    p->saved_lines = heap_resize(p->heap, p->saved_lines, need * sizeof *p->saved_lines);
    p->saved_texts = heap_resize(p->heap, p->saved_texts, need * sizeof *p->saved_texts);
}

/* Sets the code from `start` on aside, without its last instruction, which is answered. */
static struct awk_instruction cut(struct awk_parser *p, size_t start, struct awk_operator *o)
{
    struct awk_program *g = p->program;
    size_t count = g->count - start - 1;
    struct awk_instruction last = g->code[g->count - 1];
    grow_saved(p, count);
    memcpy(p->saved + p->saved_count, g->code + start, count * sizeof *p->saved);
    memcpy(p->saved_lines + p->saved_count, g->lines + start, count * sizeof *g->lines);
    memcpy(p->saved_texts + p->saved_count, g->texts_at + start, count * sizeof *g->texts_at);
    meter_charge(p->heap->meter, (int64_t)count);
    o->saved = p->saved_count;
    o->saved_count = count;
    p->saved_count += count;
    g->count = start;
    p->barrier = start;
    return last;
}

/* Puts it back at the end. */
static void paste(struct awk_parser *p, const struct awk_operator *o)
{
    struct awk_program *g = p->program;
    for (size_t i = 0; i < o->saved_count; i++) {
        size_t at = awk_emit(p, OP_HALT);
        g->code[at] = p->saved[o->saved + i];
        g->lines[at] = p->saved_lines[o->saved + i];
        g->texts_at[at] = p->saved_texts[o->saved + i];
    }
    meter_charge(p->heap->meter, (int64_t)o->saved_count);
    if (o->saved_count)
        p->barrier = g->count;
    p->saved_count = o->saved;
}

/* --- names -------------------------------------------------------------------------------------------------- */

enum awk_scope awk_variable(struct awk_parser *p, struct str name, int32_t *index)
{
    bool is_new;
    struct awk_program *g = p->program;
    for (size_t i = 0; i < p->local_count; i++)
        if (str_equal(p->locals[i], name)) {
            *index = (int32_t)i;
            return SCOPE_LOCAL;
        }
    union map_value *v = map_add(&g->names, name, &is_new);
    if (is_new) {
        v->number = (int64_t)g->global_count;
        g->global_names = array_grow(p->heap, g->global_names, g->global_count, sizeof *g->global_names);
        g->global_names[g->global_count++] = str_copy(p->heap, name);
    }
    *index = (int32_t)v->number;
    return SCOPE_GLOBAL;
}

int32_t awk_function_index(struct awk_parser *p, struct str name)
{
    bool is_new;
    struct awk_program *g = p->program;
    union map_value *v = map_add(&g->function_names, name, &is_new);
    if (is_new) {
        v->number = (int64_t)g->function_count;
        g->functions = array_grow(p->heap, g->functions, g->function_count, sizeof *g->functions);
        g->functions[g->function_count++] =
            (struct awk_function){.name = str_copy(p->heap, name), .entry = -1, .line = p->token_place.line, .text = p->token_place.text};
    }
    return (int32_t)v->number;
}

struct awk_regex *awk_parsed_regex(struct awk_parser *p, struct str text)
{
    struct awk_regex *r = heap_zero(p->heap, sizeof *r);
    r->text = text;
    return r;
}

/* --- the two stacks --------------------------------------------------------------------------------------------- */

static void note_depth(struct awk_parser *p)
{
    if (p->operand_count + p->operator_count > p->operand_most)
        p->operand_most = p->operand_count + p->operator_count;
}

static void push_operand(struct awk_parser *p, enum operand_kind kind, size_t start)
{
    p->operands = array_grow(p->heap, p->operands, p->operand_count, sizeof *p->operands);
    p->operands[p->operand_count++] = (struct awk_operand){.kind = kind, .start = start};
    note_depth(p);
}

static struct awk_operator *push_operator(struct awk_parser *p, enum operator_kind kind, enum precedence precedence)
{
    p->operators = array_grow(p->heap, p->operators, p->operator_count, sizeof *p->operators);
    struct awk_operator *o = &p->operators[p->operator_count++];
    *o = (struct awk_operator){.kind = kind, .precedence = precedence, .start = p->program->count, .place = p->token_place};
    note_depth(p);
    return o;
}

static struct awk_operand *top(struct awk_parser *p)
{
    return &p->operands[p->operand_count - 1];
}

static struct awk_operator *top_operator(struct awk_parser *p)
{
    return p->operator_count ? &p->operators[p->operator_count - 1] : NULL;
}

/* The operands of a list in the middle of an expression make no sense. */
static bool check_value(struct awk_parser *p)
{
    if (p->operand_count && top(p)->kind != LIST)
        return true;
    awk_syntax_error(p, "syntax error");
    return false;
}

/* --- what is done with left sides ---------------------------------------------------------------------------------- */

static bool is_watched(const struct awk_instruction *load)
{
    return load->scope == SCOPE_GLOBAL && load->a < VAR_HOOKS;
}

static bool is_symbols(unsigned scope, int32_t index)
{
    return scope == SCOPE_GLOBAL && index == VAR_SYMTAB;
}

/* The store, update or step that belongs to a load; its operands besides the value were put on the stack. */
static struct awk_instruction *emit_to(struct awk_parser *p, const struct awk_instruction *load, enum awk_op variable,
                                       enum awk_op field, enum awk_op element)
{
    struct awk_instruction *i;
    switch (load->op) {
    case OP_FIELD:
        i = emit(p, OP_NUMBER);
        i->number = load->a;
        return emit(p, field);
    case OP_FIELD_AT: return emit(p, field);
    case OP_ELEMENT:
        i = emit(p, element);
        i->scope = load->scope;
        i->a = load->a;
        if (is_symbols(load->scope, load->a)) {
            emit(p, OP_SYMBOLS)->extra = 1;
            i = &p->program->code[p->program->count - 2];
        }
        return i;
    default:
        i = emit(p, variable);
        i->scope = load->scope;
        i->a = load->a;
        return i;
    }
}

/* s = s x: is the code from `start` on s and then something that leaves s alone, put together? */
static bool appends(struct awk_parser *p, const struct awk_operator *o)
{
    struct awk_program *g = p->program;
    const struct awk_instruction *first = &g->code[o->start];
    if (o->target.op != OP_LOAD || o->extra || is_watched(&o->target) || g->count - o->start < 3 || p->barrier > o->start)
        return false;
    if (first->op != OP_LOAD || first->scope != o->target.scope || first->a != o->target.a)
        return false;
    if (g->code[g->count - 1].op != OP_CONCAT)
        return false;
    int64_t depth = 1;
    for (size_t i = o->start + 1; i < g->count - 1; i++) { /* only plain loads, and s must stay the first of them all */
        switch (g->code[i].op) {
        case OP_NUMBER: case OP_STRING: case OP_LOAD: case OP_LOAD_SPECIAL: case OP_FIELD: depth++; break;
        case OP_FIELD_AT: break;
        case OP_ELEMENT:
            if (g->code[i].scope == SCOPE_STACK)
                return false;
            break;
        default: return false;
        }
        if (depth == 1) /* $s or a[s] */
            return false;
    }
    return depth == g->code[g->count - 1].a;
}

static void reduce_assign(struct awk_parser *p, struct awk_operator *o)
{
    static const char operators[] = " +-*/%^";
    struct awk_program *g = p->program;
    struct awk_instruction *i;
    if (appends(p, o)) {
        size_t count = g->count - o->start - 1;
        memmove(g->code + o->start, g->code + o->start + 1, count * sizeof *g->code);
        g->count--;
        i = &g->code[g->count - 1];
        if (--i->a == 1)
            g->count--;
        i = emit(p, OP_APPEND);
        i->scope = o->target.scope;
        i->a = o->target.a;
    } else {
        paste(p, o);
        if (!o->extra) {
            i = emit_to(p, &o->target, OP_STORE, OP_STORE_FIELD, OP_STORE_ELEMENT);
        } else {
            i = emit_to(p, &o->target, OP_UPDATE, OP_UPDATE_FIELD, OP_UPDATE_ELEMENT);
            i->extra = (uint8_t)operators[o->extra];
        }
        if (i->op == OP_STORE || i->op == OP_UPDATE)
            i->extra = o->extra ? i->extra : (uint8_t)is_watched(&o->target);
    }
    top(p)->kind = VALUE;
    top(p)->start = o->start;
}

static void emit_step(struct awk_parser *p, const struct awk_instruction *load, bool minus, bool post)
{
    struct awk_instruction *i = emit_to(p, load, OP_STEP, OP_STEP_FIELD, OP_STEP_ELEMENT);
    i->extra = (uint8_t)(minus | post << 1);
}

/* --- getline ------------------------------------------------------------------------------------------------------------ */

/* The instruction, with the store into its variable behind it. */
static void emit_getline(struct awk_parser *p, enum awk_source source, const struct awk_operator *o)
{
    size_t at = awk_emit(p, OP_GETLINE);
    struct awk_instruction *i = &p->program->code[at];
    i->scope = (uint8_t)source;
    i->extra = o && o->has_target;
    if (i->extra) {
        p->barrier = p->program->count;
        paste(p, o);
        i = emit_to(p, &o->target, OP_STORE, OP_STORE_FIELD, OP_STORE_ELEMENT);
        if (i->op == OP_STORE)
            i->extra = is_watched(&o->target);
        i->drop = 1;
        awk_patch(p, at);
    }
    p->barrier = p->program->count;
}

/* Behind getline and its variable: a file, or the main input. True when an operand must follow. */
static bool getline_source(struct awk_parser *p, const struct awk_operator *variable)
{
    if (p->token == TOKEN_LESS) {
        struct awk_operator copy = {0};
        if (p->a->sandbox)
            awk_parse_error(p, 2, "fatal: ", "redirection not allowed in sandbox mode");
        if (variable)
            copy = *variable;
        struct awk_operator *o = push_operator(p, GETLINE_FILE, P_GETLINE);
        o->has_target = copy.has_target;
        o->target = copy.target;
        o->saved = variable ? copy.saved : p->saved_count;
        o->saved_count = copy.saved_count;
        awk_next_token(p);
        return true;
    }
    size_t start = p->program->count;
    if (p->context == IN_FILE_RULE)
        awk_syntax_error(p, "non-redirected `getline' invalid inside `BEGINFILE' or `ENDFILE' rule");
    emit_getline(p, FROM_MAIN, variable);
    push_operand(p, VALUE, start);
    return false;
}

/* --- reducing --------------------------------------------------------------------------------------------------------- */

static void reduce_binary(struct awk_parser *p, const struct awk_operator *o)
{
    struct awk_instruction *i;
    if (o->kind == CONCAT) {
        size_t start = p->operands[p->operand_count - (size_t)o->count].start;
        i = emit(p, OP_CONCAT);
        i->a = o->count;
        p->operand_count -= (size_t)o->count - 1;
        top(p)->start = start;
    } else {
        struct awk_program *g = p->program;
        struct awk_instruction *last = awk_last(p);
        bool minus = last && last->op == OP_NEGATE && g->count - top(p)->start == 2; /* of 0 alone, since others are folded */
        if ((o->op == OP_DIVIDE || o->op == OP_REMAINDER) && last && !top(p)->grouped && (minus || g->count - top(p)->start == 1) &&
            last[-minus].op == OP_NUMBER && last[-minus].number == 0) {
            awk_parse_error(p, 1, "error: ", "division by zero attempted%s", o->op == OP_DIVIDE ? "" : " in `%'");
            return;
        }
        p->operand_count--;
        emit(p, o->op);
    }
    top(p)->kind = VALUE;
}

static void reduce_match(struct awk_parser *p, const struct awk_operator *o)
{
    struct awk_program *g = p->program;
    struct awk_instruction *last = awk_last(p);
    bool single = last && top(p)->start == g->count - 1;
    struct awk_regex *r = NULL;
    if (single && (last->op == OP_MATCH_RECORD || last->op == OP_REGEX_VALUE))
        r = last->regex;
    else if (single && last->op == OP_STRING)
        r = awk_parsed_regex(p, str_of(last->string->data, last->string->length));
    if (r)
        g->count--;
    struct awk_instruction *i = emit(p, r ? OP_MATCH_CONSTANT : OP_MATCH);
    i->extra = (uint8_t)o->extra;
    i->regex = r;
    p->operand_count--;
    top(p)->kind = VALUE;
}

static void reduce_in(struct awk_parser *p, const struct awk_operator *o)
{
    struct awk_program *g = p->program;
    struct awk_instruction *last = &g->code[g->count - 1];
    struct awk_operand *right = top(p), *left = right - 1;
    (void)o;
    if (right->kind != LVALUE || (last->op != OP_LOAD && last->op != OP_ELEMENT)) {
        awk_syntax_error(p, "syntax error");
        return;
    }
    struct awk_instruction load = *last;
    if (load.op == OP_ELEMENT)
        last->op = OP_SUBARRAY;
    else
        g->count--;
    if (is_symbols(load.scope, load.a))
        emit(p, OP_SYMBOLS);
    struct awk_instruction *i = emit(p, OP_IN);
    i->scope = load.op == OP_ELEMENT ? SCOPE_STACK : load.scope;
    i->a = load.a;
    left->kind = VALUE;
    p->operand_count--;
}

/* Does what the topmost operator stands for. */
static void reduce(struct awk_parser *p)
{
    struct awk_operator o = p->operators[--p->operator_count];
    struct awk_program *g = p->program;
    struct awk_instruction *last, *i;
    if (p->failed || !check_value(p))
        return;
    switch (o.kind) {
    case BINARY: case CONCAT: reduce_binary(p, &o); break;
    case MATCH: reduce_match(p, &o); break;
    case IN_ARRAY: reduce_in(p, &o); break;
    case AND: case OR:
        emit(p, OP_TRUTH);
        awk_patch(p, o.jump);
        top(p)->start = o.start;
        top(p)->kind = VALUE;
        break;
    case COLON:
        awk_patch(p, o.jump);
        top(p)->start = o.start;
        top(p)->kind = VALUE;
        break;
    case ASSIGN: reduce_assign(p, &o); break;
    case PREFIX:
        last = awk_last(p);
        if (o.op == OP_NEGATE && last && last->op == OP_NUMBER && top(p)->start == g->count - 1 && last->number != 0)
            last->number = -last->number;
        else
            emit(p, o.op);
        top(p)->kind = VALUE;
        top(p)->start = o.start;
        break;
    case FIELD:
        last = awk_last(p);
        if (last && last->op == OP_NUMBER && top(p)->start == g->count - 1 && last->number >= 0 && last->number < 1000000 &&
            awk_is_whole(last->number)) {
            int32_t index = (int32_t)last->number;
            g->count--;
            i = emit(p, OP_FIELD);
            i->a = index;
        } else {
            emit(p, OP_FIELD_AT);
        }
        top(p)->kind = LVALUE;
        break;
    case PRE_STEP: {
        if (top(p)->kind != LVALUE) {
            awk_syntax_error(p, "syntax error");
            return;
        }
        struct awk_instruction load = g->code[--g->count];
        emit_step(p, &load, o.extra, false);
        top(p)->kind = VALUE;
        break;
    }
    case GETLINE_FILE:
        emit_getline(p, FROM_FILE, &o);
        top(p)->kind = VALUE;
        break;
    default: awk_syntax_error(p, "syntax error"); break;
    }
}

/* All operators that bind tighter than `precedence` (or as tight, if `also`). */
static void reduce_to(struct awk_parser *p, enum precedence precedence, bool also)
{
    while (!p->failed && p->operator_count && top_operator(p)->kind < GROUP && top_operator(p)->kind != QUESTION &&
           top_operator(p)->kind != GETLINE_VARIABLE &&
           (top_operator(p)->precedence > precedence || (also && top_operator(p)->precedence == precedence)))
        reduce(p);
}

/* --- calls --------------------------------------------------------------------------------------------------------------- */

/* Which arguments of a builtin are arrays (1 << number): those that become one, and those that may be one. */
static unsigned arrays_of(enum awk_builtin f, int number, bool *must)
{
    *must = true;
    switch (f) {
    case FUN_SPLIT: case FUN_PATSPLIT: return 1 << 1 | 1 << 3;
    case FUN_MATCH: return 1 << 2;
    case FUN_ASORT: case FUN_ASORTI: return 1 << 0 | 1 << 1;
    case FUN_LENGTH: case FUN_ISARRAY: *must = false; return 1 << 0;
    case FUN_TYPEOF: *must = number == 1; return 1 << 0 | 1 << 1;
    default: return 0;
    }
}

static unsigned regexes_of(enum awk_builtin f)
{
    switch (f) {
    case FUN_SUB: case FUN_GSUB: case FUN_GENSUB: return 1 << 0;
    case FUN_MATCH: return 1 << 1;
    case FUN_SPLIT: case FUN_PATSPLIT: return 1 << 2;
    default: return 0;
    }
}

/* An argument of what is open is complete. */
static void finish_argument(struct awk_parser *p, struct awk_operator *open)
{
    struct awk_program *g = p->program;
    struct awk_operand *o = top(p);
    struct awk_instruction *last = &g->code[g->count - 1];
    int number = open->count++;
    if (o->kind == LIST) {
        awk_syntax_error(p, "syntax error");
        return;
    }
    if (open->kind == CALL || (open->kind == INDIRECT && number > 0)) {
        if (o->kind == LVALUE && last->op == OP_LOAD)
            last->op = OP_ARGUMENT;
        else if (o->kind == LVALUE && last->op == OP_ELEMENT)
            last->op = OP_ARGUMENT_ELEMENT;
    } else if (open->kind == BUILTIN && number < 8) {
        bool must;
        if (arrays_of(open->builtin->builtin, number, &must) & 1u << number && o->kind == LVALUE) {
            if (last->op == OP_LOAD)
                last->op = OP_ARGUMENT;
            else if (last->op == OP_ELEMENT)
                last->op = must ? OP_SUBARRAY : OP_ARGUMENT_ELEMENT;
        } else if (arrays_of(open->builtin->builtin, number, &must) & 1u << number && must) {
            static const char *const which[] = {"first", "second", "third", "fourth"};
            awk_parse_error(p, 2, "fatal: ", "%s: %s argument is not an array", open->builtin->name, which[number & 3]);
        }
        if (regexes_of(open->builtin->builtin) & 1u << number && o->kind == A_REGEX)
            last->op = OP_REGEX_VALUE;
    }
    o->kind = o->kind == LVALUE ? LVALUE : VALUE;
}

static void close_substitute(struct awk_parser *p, struct awk_operator *o)
{
    bool all = o->builtin->builtin == FUN_GSUB;
    unsigned kind = 0;
    struct awk_instruction target = {0};
    if (o->count == 3) {
        struct awk_instruction *last = &p->program->code[p->program->count - 1];
        target = *last;
        if (top(p)->kind != LVALUE) {
            kind = 4;
        } else {
            p->program->count--;
            kind = target.op == OP_FIELD || target.op == OP_FIELD_AT ? 2 : target.op == OP_ELEMENT ? 3 : 1;
            if (target.op == OP_FIELD)
                emit(p, OP_NUMBER)->number = target.a;
        }
    }
    p->operand_count -= (size_t)o->count;
    struct awk_instruction *i = emit(p, OP_SUBSTITUTE);
    i->scope = target.scope;
    i->a = target.a;
    i->extra = (uint8_t)(all | kind << 1);
    push_operand(p, VALUE, o->start);
}

static void close_builtin(struct awk_parser *p, struct awk_operator *o)
{
    const struct awk_builtin_info *f = o->builtin;
    if (o->count < f->least || o->count > f->most) {
        awk_syntax_error(p, "%d is invalid as number of arguments for %s", o->count, f->name);
        return;
    }
    if (f->builtin == FUN_SUB || f->builtin == FUN_GSUB) {
        close_substitute(p, o);
        return;
    }
    p->operand_count -= (size_t)o->count;
    enum awk_op op = (f->builtin == FUN_ASORT || f->builtin == FUN_ASORTI) ? OP_SORT : OP_BUILTIN;
    struct awk_instruction *i = emit(p, op);
    i->extra = (uint8_t)f->builtin;
    i->a = o->count;
    i->scope = f->builtin == FUN_SPLIT || f->builtin == FUN_PATSPLIT || f->builtin == FUN_MATCH ||
        f->builtin == FUN_TYPEOF; /* there are arrays to be checked */
    if (op == OP_SORT)
        emit(p, OP_SORT_STEP);
    push_operand(p, VALUE, o->start);
}

/* A bracket closes what is open. */
static void close_open(struct awk_parser *p)
{
    struct awk_operator o = p->operators[--p->operator_count];
    struct awk_instruction *i;
    switch (o.kind) {
    case GROUP:
        if (o.count == 1) {
            top(p)->kind = VALUE;
            top(p)->grouped = true;
            top(p)->start = o.start;
        } else {
            p->operand_count -= (size_t)o.count - 1;
            top(p)->kind = LIST;
            top(p)->count = o.count;
            top(p)->start = o.start;
        }
        break;
    case CALL:
        p->operand_count -= (size_t)o.count;
        i = emit(p, OP_CALL);
        i->a = o.index;
        i->n = o.count;
        p->barrier = p->program->count;
        push_operand(p, VALUE, o.start);
        break;
    case INDIRECT: /* its first operand is the name */
        p->operand_count -= (size_t)o.count;
        i = emit(p, OP_CALL_INDIRECT);
        i->n = o.count - 1;
        p->barrier = p->program->count;
        push_operand(p, VALUE, o.start);
        break;
    case BUILTIN: close_builtin(p, &o); break;
    case INDEX:
        p->operand_count -= (size_t)o.count;
        if (o.count > 1)
            emit(p, OP_JOIN)->a = o.count;
        i = emit(p, OP_ELEMENT);
        i->scope = (uint8_t)o.scope;
        i->a = o.index;
        push_operand(p, LVALUE, o.start);
        break;
    default: break;
    }
}

static struct awk_operator *innermost(struct awk_parser *p)
{
    for (size_t i = p->operator_count; i > 0; i--)
        if (p->operators[i - 1].kind >= GROUP)
            return &p->operators[i - 1];
    return NULL;
}

static void skip_newlines(struct awk_parser *p)
{
    while (p->token == TOKEN_NEWLINE)
        awk_next_token(p);
}

/* --- operands ---------------------------------------------------------------------------------------------------------- */

/* Opens the subscript of an array when there is one. True: an operand must follow. */
static bool open_subscript(struct awk_parser *p, enum awk_scope scope, int32_t index, size_t start)
{
    if (p->token != TOKEN_LEFT_BRACKET)
        return false;
    if (is_symbols(scope, index))
        emit(p, OP_SYMBOLS);
    struct awk_operator *o = push_operator(p, INDEX, TIGHTEST);
    o->scope = scope;
    o->index = index;
    o->start = start;
    awk_next_token(p);
    return true;
}

static bool take_name(struct awk_parser *p)
{
    int32_t index;
    size_t start = p->program->count;
    struct str name = p->text;
    enum awk_scope scope = awk_variable(p, name, &index);
    awk_next_token(p);
    if (open_subscript(p, scope, index, start))
        return true;
    struct awk_instruction *i = emit(p, scope == SCOPE_GLOBAL && index <= VAR_FNR ? OP_LOAD_SPECIAL : OP_LOAD);
    i->scope = (uint8_t)scope;
    i->a = index;
    push_operand(p, LVALUE, start);
    return false;
}

static bool take_builtin(struct awk_parser *p)
{
    for (size_t i = 0; p->builtin->extension && i < p->local_count; i++)
        if (str_equal(p->locals[i], p->text))
            return take_name(p);
    const struct awk_builtin_info *f = p->builtin;
    size_t start = p->program->count;
    struct awk_place place = p->token_place;
    if (f->builtin == FUN_SYSTEM && p->a->sandbox) {
        awk_parse_error(p, 2, "fatal: ", "'system' function not allowed in sandbox mode");
        return false;
    }
    awk_next_token(p);
    if (p->token != TOKEN_LEFT) {
        if (f->builtin != FUN_LENGTH) {
            awk_syntax_error(p, "syntax error");
            return false;
        }
        emit(p, OP_BUILTIN)->extra = FUN_LENGTH;
        push_operand(p, VALUE, start);
        return false;
    }
    struct awk_operator *o = push_operator(p, BUILTIN, TIGHTEST);
    o->builtin = f;
    o->place = place;
    awk_next_token(p);
    skip_newlines(p);
    if (p->token != TOKEN_RIGHT)
        return true;
    if (f->builtin == FUN_LENGTH || f->least == 0) {
        close_open(p);
    } else {
        awk_syntax_error(p, "0 is invalid as number of arguments for %s", f->name);
    }
    awk_next_token(p);
    return false;
}

static bool take_call(struct awk_parser *p)
{
    int32_t index;
    struct str name = p->text;
    for (size_t i = 0; i < p->local_count; i++)
        if (str_equal(p->locals[i], name)) {
            awk_syntax_error(p, "attempt to use non-function `%S' in function call", name);
            return false;
        }
    index = awk_function_index(p, name);
    awk_next_token(p);
    struct awk_operator *o = push_operator(p, CALL, TIGHTEST);
    o->index = index;
    awk_next_token(p);
    skip_newlines(p);
    if (p->token != TOKEN_RIGHT)
        return true;
    close_open(p);
    awk_next_token(p);
    return false;
}

static bool take_indirect(struct awk_parser *p)
{
    int32_t index;
    awk_next_token(p);
    if (p->token != TOKEN_CALL_NAME) {
        awk_syntax_error(p, "syntax error");
        return false;
    }
    struct awk_operator *o = push_operator(p, INDIRECT, TIGHTEST);
    o->count = 1;
    struct str name = p->text;
    enum awk_scope scope = awk_variable(p, name, &index);
    struct awk_instruction *i = emit(p, OP_LOAD);
    i->scope = (uint8_t)scope;
    i->a = index;
    push_operand(p, VALUE, p->program->count - 1);
    awk_next_token(p);
    awk_next_token(p);
    if (p->token != TOKEN_RIGHT)
        return true;
    close_open(p);
    awk_next_token(p);
    return false;
}

static bool prefix(struct awk_parser *p, enum awk_op op)
{
    push_operator(p, PREFIX, P_UNARY)->op = op;
    awk_next_token(p);
    return true;
}

/* Where an operand is expected: true when one still is. */
static bool take_operand(struct awk_parser *p)
{
    size_t start = p->program->count;
    struct awk_instruction *i;
    switch (p->token) {
    case TOKEN_NUMBER:
        emit(p, OP_NUMBER)->number = p->number;
        push_operand(p, VALUE, start);
        awk_next_token(p);
        return false;
    case TOKEN_STRING: {
        struct awk_string *string = awk_string_new(p->a, p->text);
        emit(p, OP_STRING)->string = string;
        push_operand(p, VALUE, start);
        awk_next_token(p);
        return false;
    }
    case TOKEN_SLASH: case TOKEN_ASSIGN_SLASH:
        awk_lex_regex(p); /* and on */
        if (p->failed)
            return false;
        /* fall through */
    case TOKEN_TYPED_REGEX: {
        bool typed = p->token == TOKEN_TYPED_REGEX;
        struct awk_regex *r = awk_parsed_regex(p, p->text);
        i = emit(p, typed ? OP_REGEX_VALUE : OP_MATCH_RECORD);
        i->regex = r;
        push_operand(p, typed ? VALUE : A_REGEX, start);
        awk_next_token(p);
        return false;
    }
    case TOKEN_NAME: return take_name(p);
    case TOKEN_CALL_NAME: return take_call(p);
    case TOKEN_BUILTIN: return take_builtin(p);
    case TOKEN_AT: return take_indirect(p);
    case TOKEN_LEFT:
        push_operator(p, GROUP, TIGHTEST);
        awk_next_token(p);
        return true;
    case TOKEN_MINUS: return prefix(p, OP_NEGATE);
    case TOKEN_PLUS: return prefix(p, OP_PLUS);
    case TOKEN_NOT: return prefix(p, OP_NOT);
    case TOKEN_DOLLAR:
        push_operator(p, FIELD, P_FIELD);
        awk_next_token(p);
        return true;
    case TOKEN_INCREMENT: case TOKEN_DECREMENT:
        push_operator(p, PRE_STEP, P_STEP)->extra = p->token == TOKEN_DECREMENT;
        awk_next_token(p);
        return true;
    case TOKEN_GETLINE:
        awk_next_token(p);
        if (p->token == TOKEN_NAME || p->token == TOKEN_DOLLAR) {
            push_operator(p, GETLINE_VARIABLE, P_GETLINE)->extra = FROM_MAIN;
            return true;
        }
        return getline_source(p, NULL);
    case TOKEN_NEWLINE: case TOKEN_END: awk_syntax_error(p, "unexpected newline or end of string"); return false;
    default: awk_syntax_error(p, "syntax error"); return false;
    }
}

/* --- operators ------------------------------------------------------------------------------------------------------------ */

/* What binds tightest is done at once: $, ++ in front, the variable of getline. True when an operand must follow. */
static bool settle_operand(struct awk_parser *p)
{
    for (;;) {
        struct awk_operator *o = top_operator(p);
        if (!o || p->failed)
            return false;
        if (o->kind == FIELD && top(p)->kind == LVALUE && p->program->code[p->program->count - 1].op == OP_FIELD_AT &&
            (p->token == TOKEN_INCREMENT || p->token == TOKEN_DECREMENT)) { /* $$a++ is $($a++) */
            struct awk_instruction load = p->program->code[--p->program->count];
            emit_step(p, &load, p->token == TOKEN_DECREMENT, true);
            top(p)->kind = VALUE;
            awk_next_token(p);
        } else if (o->kind == FIELD) {
            reduce(p);
        } else if (o->kind == PRE_STEP && top(p)->kind == LVALUE) {
            reduce(p);
        } else if (o->kind == GETLINE_VARIABLE) {
            struct awk_operator variable = *o;
            p->operator_count--;
            if (top(p)->kind != LVALUE) {
                awk_syntax_error(p, "syntax error");
                return false;
            }
            variable.has_target = true;
            variable.target = cut(p, top(p)->start, &variable);
            p->operand_count--;
            if (variable.extra == FROM_MAIN)
                return getline_source(p, &variable);
            emit_getline(p, (enum awk_source)variable.extra, &variable);
            top(p)->kind = VALUE;
        } else {
            return false;
        }
    }
}

static bool binary(struct awk_parser *p, enum precedence precedence, enum awk_op op, bool right)
{
    if (!check_value(p))
        return false;
    reduce_to(p, precedence, !right && precedence != P_COMPARE);
    if (precedence == P_COMPARE && top_operator(p) && top_operator(p)->kind == BINARY && top_operator(p)->precedence == P_COMPARE) {
        awk_syntax_error(p, "syntax error"); /* a < b < c */
        return false;
    }
    push_operator(p, BINARY, precedence)->op = op;
    awk_next_token(p);
    return true;
}

static bool concat(struct awk_parser *p)
{
    if (!check_value(p))
        return false;
    reduce_to(p, P_CONCAT, false);
    struct awk_operator *o = top_operator(p);
    if (o && o->kind == CONCAT && o->count < 1000)
        o->count++;
    else
        push_operator(p, CONCAT, P_CONCAT)->count = 2;
    return true;
}

static bool logical(struct awk_parser *p, bool is_and)
{
    if (!check_value(p))
        return false;
    reduce_to(p, is_and ? P_AND : P_OR, true);
    size_t start = top(p)->start;
    size_t jump = awk_emit_jump(p, is_and ? OP_AND : OP_OR);
    p->operand_count--;
    struct awk_operator *o = push_operator(p, is_and ? AND : OR, is_and ? P_AND : P_OR);
    o->jump = jump;
    o->start = start;
    awk_next_token(p);
    skip_newlines(p);
    return true;
}

static bool question(struct awk_parser *p)
{
    if (!check_value(p))
        return false;
    reduce_to(p, P_CHOICE, false);
    size_t start = top(p)->start;
    size_t jump = awk_emit_jump(p, OP_JUMP_FALSE);
    p->operand_count--;
    struct awk_operator *o = push_operator(p, QUESTION, P_CHOICE);
    o->jump = jump;
    o->start = start;
    awk_next_token(p);
    skip_newlines(p);
    return true;
}

static bool colon(struct awk_parser *p)
{
    reduce_to(p, LOOSEST, false);
    struct awk_operator *o = top_operator(p);
    if (p->failed || !check_value(p))
        return false;
    size_t jump = awk_emit_jump(p, OP_JUMP);
    awk_patch(p, o->jump);
    p->operand_count--;
    o->kind = COLON;
    o->jump = jump;
    awk_next_token(p);
    skip_newlines(p);
    return true;
}

/* Is there a ? in what is open innermost? */
static bool has_question(struct awk_parser *p)
{
    for (size_t i = p->operator_count; i > 0 && p->operators[i - 1].kind < GROUP; i--)
        if (p->operators[i - 1].kind == QUESTION)
            return true;
    return false;
}

static bool assign(struct awk_parser *p)
{
    if (!p->operand_count || top(p)->kind != LVALUE) {
        awk_syntax_error(p, "syntax error");
        return false;
    }
    size_t start = top(p)->start;
    int extra = (int)(p->token - TOKEN_ASSIGN);
    struct awk_operator *o = push_operator(p, ASSIGN, P_ASSIGN);
    o->start = start;
    o->extra = extra;
    o->target = cut(p, start, o);
    p->operand_count--;
    awk_next_token(p);
    return true;
}

static bool is_operand_start(enum awk_token t)
{
    switch (t) {
    case TOKEN_NUMBER: case TOKEN_STRING: case TOKEN_TYPED_REGEX: case TOKEN_NAME: case TOKEN_CALL_NAME: case TOKEN_BUILTIN:
    case TOKEN_DOLLAR: case TOKEN_NOT: case TOKEN_LEFT: case TOKEN_INCREMENT: case TOKEN_DECREMENT: case TOKEN_AT:
    case TOKEN_MINUS: case TOKEN_PLUS: case TOKEN_GETLINE:
        return true;
    default: return false;
    }
}

/* | or |& before getline; else everything is as before. */
static bool pipe_getline(struct awk_parser *p, bool print, bool *taken)
{
    struct awk_place place = p->place, token_place = p->token_place;
    enum awk_token token = p->token;
    *taken = false;
    p->quiet = true;
    awk_next_token(p);
    p->quiet = false;
    if (p->token != TOKEN_GETLINE && !print) {
        awk_syntax_error(p, "syntax error");
        return false;
    }
    if (p->token != TOKEN_GETLINE) {
        p->place = place;
        p->token_place = token_place;
        p->token = token;
        return false;
    }
    *taken = true;
    if (!check_value(p))
        return false;
    reduce_to(p, P_COMPARE, false);
    enum awk_source source = token == TOKEN_PIPE ? FROM_PIPE : FROM_COPROCESS;
    if (p->a->sandbox)
        awk_parse_error(p, 2, "fatal: ", "redirection not allowed in sandbox mode");
    awk_next_token(p);
    if (p->token == TOKEN_NAME || p->token == TOKEN_DOLLAR) {
        push_operator(p, GETLINE_VARIABLE, P_GETLINE)->extra = (int)source;
        return true;
    }
    emit_getline(p, source, NULL);
    top(p)->kind = VALUE;
    return false;
}

enum next { NEXT_OPERAND, NEXT_OPERATOR, NEXT_NOTHING };

static enum next bracket(struct awk_parser *p)
{
    struct awk_operator *open = innermost(p);
    bool square = p->token == TOKEN_RIGHT_BRACKET;
    if (!open)
        return NEXT_NOTHING;
    reduce_to(p, LOOSEST, false);
    open = innermost(p);
    if (p->failed)
        return NEXT_NOTHING;
    if (open != top_operator(p) || (p->token != TOKEN_COMMA && square != (open->kind == INDEX))) {
        awk_syntax_error(p, "syntax error");
        return NEXT_NOTHING;
    }
    finish_argument(p, open);
    if (p->failed)
        return NEXT_NOTHING;
    if (p->token == TOKEN_COMMA) {
        awk_next_token(p);
        skip_newlines(p);
        return NEXT_OPERAND;
    }
    close_open(p);
    awk_next_token(p);
    struct awk_program *g = p->program;
    if (square && p->token == TOKEN_LEFT_BRACKET) { /* an array in an array */
        size_t start = top(p)->start;
        g->code[g->count - 1].op = OP_SUBARRAY;
        p->operand_count--;
        open_subscript(p, SCOPE_STACK, 0, start);
        return NEXT_OPERAND;
    }
    return NEXT_OPERATOR;
}

static enum next take_operator(struct awk_parser *p, unsigned flags)
{
    bool taken, nested = innermost(p) != NULL;
    bool print = (flags & EXPRESSION_PRINT) && !nested, loose = !(flags & EXPRESSION_CONCAT) || nested;
    if (settle_operand(p))
        return NEXT_OPERAND;
    if (p->failed)
        return NEXT_NOTHING;
    if (flags & EXPRESSION_LVALUE && !nested)
        return NEXT_NOTHING;
    switch (p->token) {
    case TOKEN_INCREMENT: case TOKEN_DECREMENT:
        if (top(p)->kind == LVALUE) {
            struct awk_instruction load = p->program->code[--p->program->count];
            emit_step(p, &load, p->token == TOKEN_DECREMENT, true);
            top(p)->kind = VALUE;
            awk_next_token(p);
            return NEXT_OPERATOR;
        }
        break;
    case TOKEN_ASSIGN: case TOKEN_ASSIGN_PLUS: case TOKEN_ASSIGN_MINUS: case TOKEN_ASSIGN_STAR: case TOKEN_ASSIGN_SLASH:
    case TOKEN_ASSIGN_PERCENT: case TOKEN_ASSIGN_CARET:
        return assign(p) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_PLUS: return binary(p, P_ADD, OP_ADD, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_MINUS: return binary(p, P_ADD, OP_SUBTRACT, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_STAR: return binary(p, P_MULTIPLY, OP_MULTIPLY, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_SLASH: return binary(p, P_MULTIPLY, OP_DIVIDE, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_PERCENT: return binary(p, P_MULTIPLY, OP_REMAINDER, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_CARET: return binary(p, P_POWER, OP_POWER, true) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_COMMA: case TOKEN_RIGHT: case TOKEN_RIGHT_BRACKET: return bracket(p);
    default: break;
    }
    if (!loose && (p->token < TOKEN_NUMBER || !is_operand_start(p->token)))
        return NEXT_NOTHING;
    switch (p->token) {
    case TOKEN_LESS: return binary(p, P_COMPARE, OP_LESS, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_LESS_EQUAL: return binary(p, P_COMPARE, OP_LESS_EQUAL, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_EQUAL: return binary(p, P_COMPARE, OP_EQUAL, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_NOT_EQUAL: return binary(p, P_COMPARE, OP_NOT_EQUAL, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_GREATER:
        if (print)
            return NEXT_NOTHING;
        return binary(p, P_COMPARE, OP_GREATER, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_GREATER_EQUAL: return binary(p, P_COMPARE, OP_GREATER_EQUAL, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_TILDE: case TOKEN_NOT_TILDE: {
        bool negated = p->token == TOKEN_NOT_TILDE;
        if (!check_value(p))
            return NEXT_NOTHING;
        reduce_to(p, P_MATCH, true);
        struct awk_operator *o = push_operator(p, MATCH, P_MATCH);
        o->extra = negated;
        awk_next_token(p);
        return NEXT_OPERAND;
    }
    case TOKEN_IN:
        if (top(p)->kind == LIST) { /* (i, j) in a */
            emit(p, OP_JOIN)->a = top(p)->count;
            top(p)->kind = VALUE;
            push_operator(p, IN_ARRAY, P_FIELD);
        } else {
            reduce_to(p, P_IN, true);
            push_operator(p, IN_ARRAY, P_IN);
        }
        awk_next_token(p);
        if (p->token != TOKEN_NAME) {
            awk_syntax_error(p, "syntax error");
            return NEXT_NOTHING;
        }
        return NEXT_OPERAND;
    case TOKEN_AND: return logical(p, true) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_OR: return logical(p, false) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_QUESTION: return question(p) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_COLON:
        if (!has_question(p))
            return NEXT_NOTHING;
        return colon(p) ? NEXT_OPERAND : NEXT_NOTHING;
    case TOKEN_PIPE: case TOKEN_PIPE_BOTH:
        if (pipe_getline(p, print, &taken))
            return NEXT_OPERAND;
        return taken ? NEXT_OPERATOR : NEXT_NOTHING;
    default: break;
    }
    if (!is_operand_start(p->token))
        return NEXT_NOTHING;
    return concat(p) ? NEXT_OPERAND : NEXT_NOTHING;
}

int awk_expression(struct awk_parser *p, unsigned flags)
{
    bool want = true;
    p->operator_count = p->operand_count = 0;
    p->code_place = p->token_place;
    while (!p->failed) {
        if (want) {
            want = take_operand(p);
            continue;
        }
        enum next next = take_operator(p, flags);
        if (next == NEXT_NOTHING)
            break;
        want = next == NEXT_OPERAND;
    }
    if (p->failed)
        return 0;
    if (innermost(p)) {
        awk_syntax_error(p, p->token == TOKEN_NEWLINE || p->token == TOKEN_END ? "unexpected newline or end of string" : "syntax error");
        return 0;
    }
    if (p->operator_count == 0 && top(p)->kind == LIST && flags & EXPRESSION_PRINT) {
        p->group_open = true;
        return top(p)->count;
    }
    reduce_to(p, LOOSEST, false);
    if (!p->failed && p->operator_count)
        awk_syntax_error(p, "syntax error");
    return p->failed || !check_value(p) ? 0 : 1;
}
