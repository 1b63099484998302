/* builtins/bc/parse.c - the grammar of bc: takes tokens one by one, keeps what is open on a stack, and emits code.
 *
 * A frame is a construct that is open; the topmost one looks at the token. Behind an error frames are dropped down to a list of
 * statements, and tokens up to the next one that can begin a statement, as yacc does it.
 */
#include "builtins/bc/bc.h"

enum kind {
    TOP, BLOCK, IF, WHILE, FOR, PRINT, RETURN, DEFINE, STATEMENT,
    /* within an expression */
    OPERAND, BINARY, NOT, MINUS, ASSIGN, PREFIX, PARENTHESES, INDEX, CALL, FUNCTION
};
enum answer { TAKEN, AGAIN, WRONG, OVER };

/* Stages of an OPERAND. */
enum { WANTED, NAMED /* index: a name */, VARIABLE /* index: a variable */, ELEMENT, SCALE_WORD, DONE };

static const struct bc_operator {
    uint8_t level;
    const char *name;
} operators[] = {
    [TOKEN_OR] = {1, "||"}, [TOKEN_AND] = {2, "&&"}, [TOKEN_RELATION] = {4, "comparison"}, [TOKEN_PLUS] = {6, "+"},
    [TOKEN_MINUS] = {6, "-"}, [TOKEN_TIMES] = {7, "*"}, [TOKEN_POWER] = {8, "^"},
};
enum { LEVEL_NOT = 3, LEVEL_ASSIGN = 5, LEVEL_MINUS = 9 };

/* --- code -------------------------------------------------------------------------------------------------------- */

static struct bc_code *code(struct bc *b)
{
    return b->function >= 0 ? &b->functions[b->function].code : &b->main;
}

/* `size`: bytes of it in GNU's code. */
static struct bc_instruction *emit(struct bc *b, enum bc_op op, int32_t index, int32_t size)
{
    struct bc_code *to = code(b);
    to->items = array_grow(b->heap, to->items, to->count, sizeof *to->items);
    to->address += size;
    to->items[to->count] = (struct bc_instruction){.op = (uint8_t)op, .index = index, .address = to->address};
    return &to->items[to->count++];
}

static void emit_text(struct bc *b, enum bc_op op, int32_t size)
{
    struct bc_instruction *i = emit(b, op, 0, size);
    i->text = str_copy(b->heap, buf_str(&b->text));
}

static void emit_digit(struct bc *b, char digit)
{
    buf_clear(&b->text);
    buf_add_byte(&b->text, digit);
    emit_text(b, BC_NUMBER, 1);
}

static int32_t here(struct bc *b)
{
    return (int32_t)code(b)->count;
}

static int32_t jump(struct bc *b, enum bc_op op)
{
    emit(b, op, -1, 3);
    return here(b) - 1;
}

static void land(struct bc *b, int32_t from)
{
    code(b)->items[from].index = here(b);
}

/* Of a variable: bytes of its name. */
static int32_t name_size(int32_t index)
{
    return index < 128 ? 1 : 2;
}

void bc_code_clear(struct bc *b, struct bc_code *to)
{
    for (size_t i = 0; i < to->count; i++) {
        heap_free(b->heap, (void *)(uintptr_t)to->items[i].text.data);
        number_drop(b->heap, to->items[i].number);
    }
    to->count = 0;
    to->address = 0;
}

/* --- names --------------------------------------------------------------------------------------------------------- */

enum { VARIABLES, ARRAYS, FUNCTIONS };

/* The number of the token's name among those of its kind. */
static int32_t name_of(struct bc *b, int kind, struct str name)
{
    bool added;
    struct map *names = &b->names[kind];
    if (name.length > 1)
        bc_warn(b, "multiple letter name - %S", name);
    union map_value *v = map_add(names, name, &added);
    if (!added)
        return (int32_t)v->number;
    v->number = (int64_t)names->count - 1 + (kind == VARIABLES ? BC_FIRST_VARIABLE : kind == ARRAYS);
    int32_t number = (int32_t)v->number;
    if (kind == FUNCTIONS) {
        b->functions = array_grow(b->heap, b->functions, b->function_count, sizeof *b->functions);
        b->functions[b->function_count++] = (struct bc_function){.name = str_copy(b->heap, name)};
    }
    bc_run_names(b);
    return number;
}

/* --- the stack ----------------------------------------------------------------------------------------------------------- */

static struct bc_frame *top(struct bc *b)
{
    return &b->frames[b->frame_count - 1];
}

static struct bc_frame *push(struct bc *b, enum kind kind)
{
    b->frames = array_grow(b->heap, b->frames, b->frame_count, sizeof *b->frames);
    b->frames[b->frame_count] = (struct bc_frame){.kind = (uint8_t)kind, .breaks = b->breaks, .continues = b->continues};
    return &b->frames[b->frame_count++];
}

static void pop(struct bc *b)
{
    struct bc_frame *f = top(b);
    b->frame_count--;
    if (f->kind == WHILE || f->kind == FOR || f->kind == DEFINE) {
        b->breaks = f->breaks;
        b->continues = f->continues;
    }
    if (f->kind == DEFINE)
        b->function = -1;
}

static bool begins_expression(enum bc_token t)
{
    switch (t) {
    case TOKEN_NUMBER: case TOKEN_NAME: case TOKEN_VOID:
    case TOKEN_NOT: case TOKEN_MINUS: case TOKEN_STEP: case TOKEN_OPEN: case TOKEN_HISTORY:
    case TOKEN_IBASE: case TOKEN_LAST: case TOKEN_LENGTH: case TOKEN_OBASE: case TOKEN_RANDOM: case TOKEN_READ: case TOKEN_SCALE:
    case TOKEN_SQRT: return true;
    default: return false;
    }
}

static bool begins_statement(enum bc_token t)
{
    switch (t) {
    case TOKEN_STRING: case TOKEN_BREAK: case TOKEN_CONTINUE: case TOKEN_FOR: case TOKEN_HALT: case TOKEN_IF: case TOKEN_LIMITS:
    case TOKEN_OPEN_BRACE: case TOKEN_PRINT: case TOKEN_QUIT: case TOKEN_RETURN: case TOKEN_WARRANTY: case TOKEN_WHILE:
        return true;
    default: return begins_expression(t);
    }
}

/* --- expressions ------------------------------------------------------------------------------------------------------------ */

static enum answer expression(struct bc *b, enum bc_token t)
{
    if (!begins_expression(t))
        return WRONG;
    push(b, OPERAND);
    return AGAIN;
}

static void load(struct bc *b, const struct bc_frame *f)
{
    emit(b, f->stage == ELEMENT ? BC_LOAD_ELEMENT : BC_LOAD, f->index, 1 + name_size(f->index));
}

static void check_void(struct bc *b, uint8_t flags, const char *name)
{
    if (flags & EXPRESSION_VOID)
        bc_error(b, "void expression with %s", name);
}

/* What the operator below the operand does with it. */
static void reduce(struct bc *b)
{
    struct bc_frame op = b->frames[b->frame_count - 2];
    int32_t at;
    switch (op.kind) {
    case BINARY:
        check_void(b, op.flags | b->flags, op.extra == TOKEN_TIMES && op.index != '*' ? op.index == '/' ? "/" : "%"
                                                                                      : operators[op.extra].name);
        b->flags |= op.flags;
        switch (op.extra) {
        case TOKEN_OR:
            at = jump(b, BC_JUMP_NOT_ZERO);
            emit_digit(b, '0');
            op.at[1] = jump(b, BC_JUMP);
            land(b, at);
            land(b, op.at[0]);
            emit_digit(b, '1');
            land(b, op.at[1]);
            b->flags &= (uint8_t)~EXPRESSION_PARENTHESES;
            break;
        case TOKEN_AND:
            emit(b, BC_DUPLICATE, 0, 1);
            at = jump(b, BC_JUMP_ZERO);
            emit(b, BC_POP, 0, 1);
            emit_digit(b, '1');
            land(b, at);
            land(b, op.at[0]);
            b->flags &= (uint8_t)~EXPRESSION_PARENTHESES;
            break;
        case TOKEN_RELATION:
            emit(b, (enum bc_op)op.index, 0, 1);
            b->flags = EXPRESSION_PLAIN | EXPRESSION_COMPARISON;
            break;
        case TOKEN_PLUS: emit(b, BC_ADD, 0, 1); break;
        case TOKEN_MINUS: emit(b, BC_SUBTRACT, 0, 1); break;
        case TOKEN_TIMES: emit(b, op.index == '*' ? BC_MULTIPLY : op.index == '/' ? BC_DIVIDE : BC_REMAINDER, 0, 1); break;
        default: emit(b, BC_POWER, 0, 1);
        }
        break;
    case NOT:
        check_void(b, b->flags, "!");
        emit(b, BC_NOT, 0, 1);
        b->flags &= (uint8_t)~EXPRESSION_PARENTHESES;
        break;
    case MINUS: /* "-a = 3" is an assignment still, and is not printed */
        check_void(b, b->flags, "unary -");
        emit(b, BC_NEGATE, 0, 1);
        break;
    default: /* ASSIGN */
        if (b->flags & EXPRESSION_VOID)
            bc_error(b, "Assignment of a void expression");
        if (b->flags & EXPRESSION_COMPARISON)
            bc_warn(b, "comparison in assignment");
        if (op.extra != '=')
            emit(b, op.extra == '+' ? BC_ADD : op.extra == '-' ? BC_SUBTRACT : op.extra == '*' ? BC_MULTIPLY
                    : op.extra == '/' ? BC_DIVIDE : op.extra == '%' ? BC_REMAINDER : BC_POWER, 0, 1);
        emit(b, op.stage == ELEMENT ? BC_STORE_ELEMENT : BC_STORE, op.index, 1 + name_size(op.index));
        b->flags = EXPRESSION_ASSIGNMENT;
    }
    b->frames[b->frame_count - 2] = *top(b);
    b->frame_count--;
}

/* The level of the operator below, 0 when there is none. */
static int level_below(const struct bc *b)
{
    const struct bc_frame *f = &b->frames[b->frame_count - 2];
    switch (f->kind) {
    case BINARY: return operators[f->extra].level;
    case NOT: return LEVEL_NOT;
    case ASSIGN: return LEVEL_ASSIGN;
    case MINUS: return LEVEL_MINUS;
    default: return 0;
    }
}

/* The operand becomes an operator, and another is wanted. */
static void become(struct bc *b, enum kind kind)
{
    top(b)->kind = (uint8_t)kind;
    push(b, OPERAND);
}

static void binary(struct bc *b, enum bc_token t)
{
    int level = operators[t].level, below;
    while ((below = level_below(b)) > level || (below == level && t != TOKEN_POWER))
        reduce(b);
    struct bc_frame *f = top(b);
    f->extra = (uint8_t)t;
    f->flags = b->flags;
    f->index = b->value;
    if (t == TOKEN_AND) {
        bc_warn(b, "&& operator");
        emit(b, BC_DUPLICATE, 0, 1);
        top(b)->at[0] = jump(b, BC_JUMP_ZERO);
        emit(b, BC_POP, 0, 1);
    } else if (t == TOKEN_OR) {
        bc_warn(b, "|| operator");
        top(b)->at[0] = jump(b, BC_JUMP_NOT_ZERO);
    }
    become(b, BINARY);
}

static void done(struct bc *b, uint8_t flags)
{
    top(b)->stage = DONE;
    b->flags = flags;
}

static void variable(struct bc *b, int32_t index)
{
    top(b)->stage = VARIABLE;
    top(b)->index = index;
}

/* The beginning of an operand. */
static enum answer operand(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    switch (t) {
    case TOKEN_NUMBER: {
        bool single = b->text.length == 1 && (b->text.data[0] == '0' || b->text.data[0] == '1');
        emit_text(b, BC_NUMBER, single ? 1 : (int32_t)b->text.length + 2);
        done(b, EXPRESSION_PLAIN);
        return TAKEN;
    }
    case TOKEN_VOID: /* a function may have this name */
        f->stage = NAMED;
        f->extra = 1;
        f->index = (int32_t)b->text.length;
        return TAKEN;
    case TOKEN_NAME: /* what it names is told by the next token: its text is kept on the stack until then */
        f->stage = NAMED;
        f->extra = 0;
        f->index = (int32_t)b->text.length;
        return TAKEN;
    case TOKEN_IBASE: variable(b, BC_IBASE); return TAKEN;
    case TOKEN_OBASE: variable(b, BC_OBASE); return TAKEN;
    case TOKEN_SCALE: f->stage = SCALE_WORD; return TAKEN;
    case TOKEN_HISTORY:
        bc_warn(b, "History variable");
        variable(b, BC_HISTORY);
        return TAKEN;
    case TOKEN_LAST:
        bc_warn(b, "Last variable");
        variable(b, BC_LAST);
        return TAKEN;
    case TOKEN_NOT:
        bc_warn(b, "! operator");
        become(b, NOT);
        return TAKEN;
    case TOKEN_MINUS: become(b, MINUS); return TAKEN;
    case TOKEN_STEP:
        f->extra = (uint8_t)b->value;
        become(b, PREFIX);
        return TAKEN;
    case TOKEN_OPEN:
        f->kind = PARENTHESES;
        push(b, OPERAND);
        return TAKEN;
    case TOKEN_LENGTH: case TOKEN_SQRT: case TOKEN_READ: case TOKEN_RANDOM:
        f->kind = FUNCTION;
        f->extra = (uint8_t)t;
        f->stage = 0;
        return TAKEN;
    default: return WRONG;
    }
}

/* Behind a name, an element or a variable. */
static enum answer behind_named(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    bool prefix = b->frame_count > 1 && b->frames[b->frame_count - 2].kind == PREFIX;
    if (f->stage == SCALE_WORD) {
        if (t == TOKEN_OPEN && !prefix) {
            f->kind = FUNCTION;
            f->extra = TOKEN_SCALE;
            f->stage = 1;
            push(b, OPERAND);
            return TAKEN;
        }
        variable(b, BC_SCALE_VARIABLE);
    }
    if (f->stage == NAMED) {
        if (f->extra && t != TOKEN_OPEN)
            return WRONG;
        if (t == TOKEN_OPEN && !prefix) {
            f->index = name_of(b, FUNCTIONS, buf_str(&b->text));
            f = top(b);
            f->kind = CALL;
            f->stage = 0;
            f->count = 0;
            return TAKEN;
        }
        if (t == TOKEN_OPEN_BRACKET) {
            f->index = name_of(b, ARRAYS, buf_str(&b->text));
            f = top(b);
            f->kind = INDEX;
            f->stage = 0;
            return TAKEN;
        }
        variable(b, name_of(b, VARIABLES, str_first(buf_str(&b->text), (size_t)f->index)));
        f = top(b);
    }
    int32_t size = 1 + name_size(f->index);
    bool element = f->stage == ELEMENT;
    if (prefix) {
        struct bc_frame *op = &b->frames[b->frame_count - 2];
        if (element)
            emit(b, BC_DUPLICATE, 1, 1);
        emit(b, op->extra == '+' ? element ? BC_STEP_UP_ELEMENT : BC_STEP_UP : element ? BC_STEP_DOWN_ELEMENT : BC_STEP_DOWN,
             f->index, size);
        load(b, f);
        *op = *f;
        b->frame_count--;
        done(b, EXPRESSION_PLAIN);
        return AGAIN;
    }
    if (t == TOKEN_ASSIGN) {
        f->extra = (uint8_t)b->value;
        if (f->extra != '=') {
            if (element)
                emit(b, BC_DUPLICATE, 1, 1);
            load(b, f);
        }
        become(b, ASSIGN);
        return TAKEN;
    }
    if (t == TOKEN_STEP) {
        if (element)
            emit(b, BC_DUPLICATE, 1, 1);
        load(b, f);
        if (element) /* a[i]++: the address is below the value */
            emit(b, b->value == '+' ? BC_STEP_UP_ELEMENT : BC_STEP_DOWN_ELEMENT, f->index, 2 + name_size(f->index))->count = 1;
        else
            emit(b, b->value == '+' ? BC_STEP_UP : BC_STEP_DOWN, f->index, size);
        done(b, EXPRESSION_PLAIN);
        return TAKEN;
    }
    load(b, f);
    done(b, EXPRESSION_PLAIN);
    return AGAIN;
}

static enum answer in_operand(struct bc *b, enum bc_token t)
{
    switch (top(b)->stage) {
    case WANTED:
        if (b->frame_count > 1 && b->frames[b->frame_count - 2].kind == PREFIX)
            switch (t) {
            case TOKEN_NAME: case TOKEN_IBASE: case TOKEN_OBASE: case TOKEN_SCALE: case TOKEN_HISTORY: case TOKEN_LAST: break;
            default: return WRONG;
            }
        return operand(b, t);
    case DONE:
        if (t < sizeof operators / sizeof operators[0] && operators[t].level) {
            binary(b, t);
            return TAKEN;
        }
        while (level_below(b))
            reduce(b);
        b->frame_count--;
        return AGAIN;
    default: return behind_named(b, t);
    }
}

/* The frame of parentheses and the like becomes an operand that is done. */
static enum answer finish(struct bc *b, uint8_t flags)
{
    top(b)->kind = OPERAND;
    done(b, flags);
    return TAKEN;
}

static enum answer in_parentheses(struct bc *b, enum bc_token t)
{
    if (t != TOKEN_CLOSE)
        return WRONG;
    if (b->flags & EXPRESSION_VOID)
        bc_error(b, "void expression in parenthesis");
    return finish(b, b->flags | EXPRESSION_PLAIN | EXPRESSION_PARENTHESES);
}

/* name[ : an index, or nothing when it is an argument. */
static enum answer in_index(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    if (f->stage == 0) {
        const struct bc_frame *below = &b->frames[b->frame_count - 2];
        f->stage = 1;
        if (t == TOKEN_CLOSE_BRACKET && below->kind == FUNCTION && below->extra == TOKEN_LENGTH) {
            emit(b, BC_ARRAY_LENGTH, f->index, 2);
            b->frame_count--;
            top(b)->stage = 2;
            return TAKEN;
        }
        if (t == TOKEN_CLOSE_BRACKET && below->kind == CALL) {
            int32_t digits = 1;
            for (int32_t n = f->index; n >= 10; n /= 10)
                digits++;
            emit(b, BC_ARRAY, f->index, 2 + digits);
            b->frame_count--;
            top(b)->stage = 3;
            return TAKEN;
        }
        return expression(b, t);
    }
    if (t != TOKEN_CLOSE_BRACKET)
        return WRONG;
    if (b->flags & EXPRESSION_VOID)
        bc_error(b, "void expression as subscript");
    if (b->flags & EXPRESSION_COMPARISON)
        bc_warn(b, "comparison in subscript");
    f->kind = OPERAND;
    f->stage = ELEMENT;
    return TAKEN;
}

static enum answer end_call(struct bc *b)
{
    struct bc_frame *f = top(b);
    emit(b, BC_CALL, f->index, 2 + name_size(f->index) + f->count)->count = f->count;
    return finish(b, b->functions[f->index].is_void ? EXPRESSION_VOID : EXPRESSION_PLAIN);
}

/* Stages: 0 behind the parenthesis, 1 an argument was read, 2 behind a comma, 3 behind an array. */
static enum answer in_call(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    switch (f->stage) {
    case 0:
        if (t == TOKEN_CLOSE)
            return end_call(b);
        /* fall through */
    case 2: f->stage = 1; return expression(b, t);
    case 1:
        if (t != TOKEN_CLOSE && t != TOKEN_COMMA)
            return WRONG;
        if (b->flags & EXPRESSION_VOID)
            bc_error(b, "void argument");
        if (b->flags & EXPRESSION_COMPARISON)
            bc_warn(b, "comparison in argument");
        break;
    default:
        if (t != TOKEN_CLOSE && t != TOKEN_COMMA)
            return WRONG;
    }
    f->count++;
    if (t == TOKEN_CLOSE)
        return end_call(b);
    f->stage = 2;
    return TAKEN;
}

static enum answer in_function(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    bool empty = f->extra == TOKEN_READ || f->extra == TOKEN_RANDOM;
    if (f->stage == 0) {
        if (t != TOKEN_OPEN)
            return WRONG;
        f->stage = 1;
        if (!empty)
            push(b, OPERAND);
        return TAKEN;
    }
    if (t != TOKEN_CLOSE)
        return WRONG;
    if (f->extra == TOKEN_READ)
        bc_warn(b, "read function");
    else if (f->stage == 2)
        return finish(b, EXPRESSION_PLAIN);
    else if (f->extra == TOKEN_RANDOM)
        bc_warn(b, "random function");
    else if (b->flags & EXPRESSION_VOID)
        bc_error(b, f->extra == TOKEN_LENGTH ? "void argument in length()" : f->extra == TOKEN_SQRT ? "void argument in sqrt()"
                                                                                                    : "void argument in scale()");
    emit(b, f->extra == TOKEN_READ ? BC_READ : f->extra == TOKEN_RANDOM ? BC_RANDOM : f->extra == TOKEN_LENGTH ? BC_LENGTH
            : f->extra == TOKEN_SQRT ? BC_SQRT : BC_SCALE, 0, 2);
    return finish(b, EXPRESSION_PLAIN);
}

/* --- statements ------------------------------------------------------------------------------------------------------------------ */

static const char warranty[] =
    "\nThis bc is a part of nacre and understands the language of GNU bc 1.07.1.\n"
    "It comes with no warranty, to the extent that the law allows.\n\n";

static void jump_to(struct bc *b, int32_t to)
{
    emit(b, BC_JUMP, to, 3);
}

static enum answer statement(struct bc *b, enum bc_token t)
{
    struct bc_frame *f;
    switch (t) {
    case TOKEN_WARRANTY: bc_print(b, str_from(warranty)); return TAKEN;
    case TOKEN_LIMITS: bc_print_limits(b); return TAKEN;
    case TOKEN_STRING: emit_text(b, BC_PRINT_TEXT, (int32_t)b->text.length + 2); return TAKEN;
    case TOKEN_BREAK:
        if (b->breaks == -2) {
            bc_error(b, "Break outside a for/while");
        } else {
            emit(b, BC_JUMP, b->breaks, 3);
            b->breaks = here(b) - 1;
        }
        return TAKEN;
    case TOKEN_CONTINUE:
        bc_warn(b, "Continue statement");
        if (b->continues == -2)
            bc_error(b, "Continue outside a for");
        else
            jump_to(b, b->continues);
        return TAKEN;
    case TOKEN_QUIT: return OVER;
    case TOKEN_HALT: emit(b, BC_HALT, 0, 1); return TAKEN;
    case TOKEN_RETURN: push(b, RETURN); return TAKEN;
    case TOKEN_FOR: push(b, FOR); return TAKEN;
    case TOKEN_IF: push(b, IF); return TAKEN;
    case TOKEN_WHILE:
        f = push(b, WHILE);
        f->at[0] = here(b);
        return TAKEN;
    case TOKEN_OPEN_BRACE: push(b, BLOCK); return TAKEN;
    case TOKEN_PRINT:
        bc_warn(b, "print statement");
        push(b, PRINT);
        return TAKEN;
    default:
        push(b, STATEMENT);
        return expression(b, t);
    }
}

/* The line behind a condition may end. */
static enum answer body(struct bc *b, enum bc_token t, uint8_t next)
{
    struct bc_frame *f = top(b);
    if (t == TOKEN_LINE && !f->extra) {
        f->extra = 1;
        bc_warn(b, "newline not allowed");
        return TAKEN;
    }
    if (!begins_statement(t))
        return WRONG;
    f->stage = next;
    f->extra = 0;
    return statement(b, t);
}

static void check_condition(struct bc *b)
{
    if (b->flags & EXPRESSION_VOID)
        bc_error(b, "void expression");
}

static enum answer in_statement(struct bc *b)
{
    if (b->flags & EXPRESSION_COMPARISON)
        bc_warn(b, "comparison in expression");
    if (b->flags & EXPRESSION_PLAIN)
        emit(b, BC_PRINT_LINE, 0, 1);
    else
        emit(b, BC_POP, 0, 1);
    pop(b);
    return AGAIN;
}

static enum answer in_return(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    if (f->stage == 0) {
        f->stage = 1;
        if (begins_expression(t))
            return expression(b, t);
        b->flags = EXPRESSION_EMPTY;
        emit_digit(b, '0');
    } else {
        if (b->flags & EXPRESSION_COMPARISON)
            bc_warn(b, "comparison in return expression");
        if (!(b->flags & EXPRESSION_PARENTHESES))
            bc_warn(b, "return expression requires parenthesis");
    }
    if (b->function < 0)
        bc_error(b, "Return outside of a function.");
    else if (b->functions[b->function].is_void && b->flags != EXPRESSION_EMPTY)
        bc_error(b, "Return expression in a void function.");
    emit(b, BC_RETURN, 0, 1);
    pop(b);
    return AGAIN;
}

/* Stages: 0 wants an element, 1 behind an expression, 2 behind a string. */
static enum answer in_print(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    if (f->stage == 0) {
        if (t == TOKEN_STRING) {
            emit_text(b, BC_PRINT_STRING, (int32_t)b->text.length + 2);
            f->stage = 2;
            return TAKEN;
        }
        f->stage = 1;
        return expression(b, t);
    }
    if (f->stage == 1) {
        if (b->flags & EXPRESSION_VOID)
            bc_error(b, "void expression in print");
        emit(b, BC_PRINT, 0, 1);
        f->stage = 2;
    }
    if (t == TOKEN_COMMA) {
        f->stage = 0;
        return TAKEN;
    }
    pop(b);
    return AGAIN;
}

/* Stages: 0 wants a parenthesis, 1 the condition, 2 the body, 3 behind it, 4 the other body, 5 behind that. */
static enum answer in_if(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    int32_t at;
    switch (f->stage) {
    case 0:
        if (t != TOKEN_OPEN)
            return WRONG;
        f->stage = 1;
        push(b, OPERAND);
        return TAKEN;
    case 1:
        if (t != TOKEN_CLOSE)
            return WRONG;
        check_condition(b);
        f->at[0] = jump(b, BC_JUMP_ZERO);
        f->stage = 2;
        return TAKEN;
    case 2: return body(b, t, 3);
    case 3:
        if (t != TOKEN_ELSE) {
            land(b, f->at[0]);
            pop(b);
            return AGAIN;
        }
        bc_warn(b, "else clause in if statement");
        at = jump(b, BC_JUMP);
        land(b, f->at[0]);
        f->at[0] = at;
        f->stage = 4;
        return TAKEN;
    case 4: return body(b, t, 5);
    default:
        land(b, f->at[0]);
        pop(b);
        return AGAIN;
    }
}

static void begin_loop(struct bc *b, int32_t again)
{
    b->breaks = -1;
    b->continues = again;
}

/* Where breaks of the loop go. */
static void end_loop(struct bc *b)
{
    for (int32_t at = b->breaks; at >= 0;) {
        int32_t next = code(b)->items[at].index;
        land(b, at);
        at = next;
    }
    pop(b);
}

static enum answer in_while(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    switch (f->stage) {
    case 0:
        if (t != TOKEN_OPEN)
            return WRONG;
        f->stage = 1;
        push(b, OPERAND);
        return TAKEN;
    case 1:
        if (t != TOKEN_CLOSE)
            return WRONG;
        check_condition(b);
        f->at[1] = jump(b, BC_JUMP_ZERO);
        begin_loop(b, f->at[0]);
        f->stage = 2;
        return TAKEN;
    case 2: return body(b, t, 3);
    default:
        jump_to(b, f->at[0]);
        land(b, f->at[1]);
        end_loop(b);
        return AGAIN;
    }
}

/* The code: first; condition; to the body if it holds; to the end; third; to the condition; body; to the third. */
static enum answer in_for(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    switch (f->stage) {
    case 0:
        if (t != TOKEN_OPEN)
            return WRONG;
        f->stage = 1;
        return TAKEN;
    case 1: case 3: case 5: /* an expression may stand here */
        f->stage++;
        if (begins_expression(t))
            return expression(b, t);
        bc_warn(b, "Missing expression in for statement");
        b->flags = EXPRESSION_EMPTY;
        return AGAIN;
    case 2:
        if (t != TOKEN_SEMICOLON)
            return WRONG;
        if (b->flags & EXPRESSION_VOID)
            bc_error(b, "first expression is void");
        if (b->flags & EXPRESSION_COMPARISON)
            bc_warn(b, "Comparison in first for expression");
        if (!(b->flags & EXPRESSION_EMPTY))
            emit(b, BC_POP, 0, 1);
        f->at[0] = here(b);
        f->stage = 3;
        return TAKEN;
    case 4:
        if (t != TOKEN_SEMICOLON)
            return WRONG;
        if (b->flags & EXPRESSION_VOID)
            bc_error(b, "second expression is void");
        if (b->flags & EXPRESSION_EMPTY)
            emit_digit(b, '1');
        f->at[1] = jump(b, BC_JUMP_NOT_ZERO);
        f->at[2] = jump(b, BC_JUMP);
        f->at[3] = here(b);
        f->stage = 5;
        return TAKEN;
    case 6:
        if (t != TOKEN_CLOSE)
            return WRONG;
        if (b->flags & EXPRESSION_VOID)
            bc_error(b, "third expression is void");
        if (b->flags & EXPRESSION_COMPARISON)
            bc_warn(b, "Comparison in third for expression");
        if (!(b->flags & EXPRESSION_EMPTY))
            emit(b, BC_POP, 0, 1);
        jump_to(b, f->at[0]);
        land(b, f->at[1]);
        begin_loop(b, f->at[3]);
        f->stage = 7;
        return TAKEN;
    case 7: return body(b, t, 8);
    default:
        jump_to(b, f->at[3]);
        land(b, f->at[2]);
        end_loop(b);
        return AGAIN;
    }
}

/* Statements in braces. Stages: 0 a statement may follow, 1 behind one. */
static enum answer in_block(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    if (t == TOKEN_CLOSE_BRACE) {
        b->frame_count--;
        if (top(b)->kind == DEFINE) {
            emit_digit(b, '0');
            emit(b, BC_RETURN, 0, 1);
            b->functions[b->function].defined = !b->had_error;
            pop(b);
            b->ready = true;
        }
        return TAKEN;
    }
    if (t == TOKEN_LINE || t == TOKEN_SEMICOLON) {
        f->stage = 0;
        return TAKEN;
    }
    if (f->stage == 1 || !begins_statement(t))
        return WRONG;
    f->stage = 1;
    return statement(b, t);
}

/* --- functions -------------------------------------------------------------------------------------------------------------------- */

static void add_name(struct bc *b, enum bc_parameter kind)
{
    struct bc_function *f = &b->functions[b->function];
    f->names = array_grow(b->heap, f->names, f->name_count, sizeof *f->names);
    f->names[f->name_count++] = (struct bc_name){kind, name_of(b, kind == BC_SIMPLE ? VARIABLES : ARRAYS, buf_str(&b->text))};
    if (kind == BC_BY_VARIABLE)
        bc_warn(b, "Call by variable arrays");
}

static bool same(struct bc_name a, struct bc_name b)
{
    return (a.kind == BC_SIMPLE) == (b.kind == BC_SIMPLE) && a.index == b.index;
}

static void check_names(struct bc *b)
{
    struct bc_function *f = &b->functions[b->function];
    for (size_t i = 0; i < f->name_count; i++) {
        meter_charge(b->heap->meter, (int64_t)(i / 8));
        for (size_t k = 0; k < i; k++)
            if (same(f->names[i], f->names[k])) {
                if (i < f->parameters)
                    bc_error(b, "duplicate parameter names");
                else if (k >= f->parameters)
                    bc_error(b, "duplicate auto variable names");
                else
                    bc_error(b, "variable in both parameter and auto lists");
            }
        if (f->names[i].kind == BC_BY_VARIABLE) {
            if (i < f->parameters)
                bc_warn(b, "Variable array parameter");
            else
                bc_error(b, "\"*\" not allowed here");
        }
    }
}

enum {
    WANT_NAME, WANT_OPEN, WANT_FIRST, WANT_PARAMETER, BEHIND_STAR, BEHIND_NAME, BEHIND_BRACKET, BEHIND_PARAMETER, WANT_BRACE,
    BEHIND_BRACE, WANT_BODY
};

/* Begins the body. */
static enum answer begin_body(struct bc *b)
{
    check_names(b);
    push(b, BLOCK);
    return AGAIN;
}

static enum answer end_of_names(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    struct bc_function *function = &b->functions[b->function];
    if (t == TOKEN_COMMA) {
        f->stage = WANT_PARAMETER;
        return TAKEN;
    }
    if (f->count) { /* of auto */
        if (t != TOKEN_LINE && t != TOKEN_SEMICOLON)
            return WRONG;
        check_names(b);
        push(b, BLOCK);
        return TAKEN;
    }
    if (t != TOKEN_CLOSE)
        return WRONG;
    function->parameters = function->name_count;
    f->stage = WANT_BRACE;
    f->extra = 0;
    return TAKEN;
}

static enum answer in_define(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    struct bc_function *function;
    switch (f->stage) {
    case WANT_NAME:
        if (t == TOKEN_VOID && !f->flags) {
            f->flags = 1;
            return TAKEN;
        }
        if (t == TOKEN_OPEN && f->flags) { /* a function whose name is void */
            buf_clear(&b->text);
            buf_add_text(&b->text, "void");
            f->flags = 0;
        } else if (t != TOKEN_NAME) {
            return WRONG;
        }
        if (f->flags)
            bc_warn(b, "void functions");
        f->index = name_of(b, FUNCTIONS, buf_str(&b->text));
        f = top(b);
        b->function = f->index;
        function = &b->functions[f->index];
        bc_code_clear(b, &function->code);
        function->defined = false;
        function->is_void = f->flags;
        function->name_count = function->parameters = 0;
        f->stage = t == TOKEN_OPEN ? WANT_FIRST : WANT_OPEN;
        f->count = 0;
        return TAKEN;
    case WANT_OPEN:
        if (t != TOKEN_OPEN)
            return WRONG;
        f->stage = WANT_FIRST;
        return TAKEN;
    case WANT_FIRST:
        if (t == TOKEN_CLOSE)
            return end_of_names(b, t);
        /* fall through */
    case WANT_PARAMETER:
        f->extra = 0;
        if (t == TOKEN_TIMES && b->value == '*') {
            f->stage = BEHIND_STAR;
            f->extra = 1;
            return TAKEN;
        }
        /* fall through */
    case BEHIND_STAR:
        if (t != TOKEN_NAME)
            return WRONG;
        f->stage = BEHIND_NAME;
        return TAKEN;
    case BEHIND_NAME:
        if (t == TOKEN_OPEN_BRACKET) {
            f->stage = BEHIND_BRACKET;
            return TAKEN;
        }
        if (f->extra)
            return WRONG;
        add_name(b, BC_SIMPLE);
        return end_of_names(b, t);
    case BEHIND_BRACKET:
        if (t != TOKEN_CLOSE_BRACKET)
            return WRONG;
        add_name(b, f->extra ? BC_BY_VARIABLE : BC_BY_VALUE);
        f->stage = BEHIND_PARAMETER;
        return TAKEN;
    case BEHIND_PARAMETER: return end_of_names(b, t);
    case WANT_BRACE:
        if (t == TOKEN_LINE && !f->extra) {
            f->extra = 1;
            bc_warn(b, "newline not allowed");
            return TAKEN;
        }
        if (t != TOKEN_OPEN_BRACE)
            return WRONG;
        f->stage = BEHIND_BRACE;
        f->extra = 0;
        return TAKEN;
    case BEHIND_BRACE:
        if (t == TOKEN_LINE) {
            f->extra = 1;
            return TAKEN;
        }
        if (!f->extra)
            bc_warn(b, "End of line required");
        if (t == TOKEN_AUTO) {
            f->stage = WANT_PARAMETER;
            f->count = 1;
            return TAKEN;
        }
        f->stage = WANT_BODY;
        return begin_body(b);
    default: return WRONG;
    }
}

/* --- the program -------------------------------------------------------------------------------------------------------------------- */

/* Stages: 0 an item may begin, 1 behind a statement, 2 behind a semicolon. */
static enum answer in_top(struct bc *b, enum bc_token t)
{
    struct bc_frame *f = top(b);
    switch (t) {
    case TOKEN_END: return f->stage == 0 ? OVER : WRONG;
    case TOKEN_LINE:
        f->stage = 0;
        b->ready = true;
        return TAKEN;
    case TOKEN_SEMICOLON: f->stage = 2; return TAKEN;
    case TOKEN_DEFINE:
        if (f->stage != 0)
            return WRONG;
        f = push(b, DEFINE);
        b->breaks = b->continues = -2;
        return TAKEN;
    default:
        if (f->stage == 1 || !begins_statement(t))
            return WRONG;
        f->extra = f->stage == 2;
        f->stage = 1;
        return statement(b, t);
    }
}

/* May the line that an error is in end it? Not behind a semicolon: then it goes on with the next statement. */
static bool ends_error(struct bc *b, enum bc_token t)
{
    if (t != TOKEN_LINE || top(b)->kind != TOP || top(b)->stage == 2)
        return false;
    b->discarding = false;
    b->at_error = 0;
    b->had_error = true; /* also when it was not told: the code is dropped */
    b->ready = true;
    return true;
}

/* Drops what is open down to a list of statements. */
static void recover(struct bc *b)
{
    if (!b->at_error)
        bc_error(b, "syntax error");
    b->at_error = 3;
    bool inside = top(b)->kind != TOP;
    while (top(b)->kind != TOP && top(b)->kind != BLOCK)
        pop(b);
    struct bc_frame *f = top(b);
    if (f->kind == TOP)
        f->stage = f->stage == 2 || (inside && f->extra) ? 2 : 0;
    else
        f->stage = 0;
    b->discarding = true;
}

void bc_parse_start(struct bc *b)
{
    b->breaks = b->continues = -2;
    b->function = -1;
    push(b, TOP);
}

bool bc_parse(struct bc *b, enum bc_token t)
{
    if (b->discarding) {
        if (ends_error(b, t))
            return true;
        if (t == TOKEN_END)
            return false;
        if (!begins_statement(t))
            return true;
        b->discarding = false;
    }
    for (;;) {
        enum answer answer = WRONG;
        switch ((enum kind)top(b)->kind) {
        case TOP: answer = in_top(b, t); break;
        case BLOCK: answer = in_block(b, t); break;
        case IF: answer = in_if(b, t); break;
        case WHILE: answer = in_while(b, t); break;
        case FOR: answer = in_for(b, t); break;
        case PRINT: answer = in_print(b, t); break;
        case RETURN: answer = in_return(b, t); break;
        case DEFINE: answer = in_define(b, t); break;
        case STATEMENT: answer = in_statement(b); break;
        case OPERAND: answer = in_operand(b, t); break;
        case PARENTHESES: answer = in_parentheses(b, t); break;
        case INDEX: answer = in_index(b, t); break;
        case CALL: answer = in_call(b, t); break;
        case FUNCTION: answer = in_function(b, t); break;
        case BINARY: case NOT: case MINUS: case ASSIGN: case PREFIX: break;
        }
        switch (answer) {
        case TAKEN:
            if (b->at_error)
                b->at_error--;
            return true;
        case AGAIN: break;
        case OVER: return false;
        case WRONG:
            recover(b);
            if (t == TOKEN_END)
                return false;
            if (ends_error(b, t))
                return true;
            if (!begins_statement(t))
                return true;
            b->discarding = false;
            break;
        }
    }
}
