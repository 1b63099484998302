/* builtins/awk/simplify.c - puts quicker instructions in place of some that were made. */
#include "builtins/awk/parse.h"

static bool is_arithmetic(const struct awk_instruction *i)
{
    return (i->op >= OP_ADD && i->op <= OP_PLUS) || i->op == OP_UPDATE;
}

static bool is_push(const struct awk_instruction *i)
{
    return i->op == OP_FIELD || i->op == OP_FLOAT_FIELD || i->op == OP_NUMBER || i->op == OP_LOAD || i->op == OP_LOAD_SPECIAL ||
           i->op == OP_KEY_FIELD || i->op == OP_KEY_FIELD_AT;
}

static bool takes_key(const struct awk_instruction *i)
{
    return i->scope != SCOPE_STACK && (i->op == OP_ELEMENT || i->op == OP_STORE_ELEMENT || i->op == OP_UPDATE_ELEMENT ||
                                       i->op == OP_STEP_ELEMENT || i->op == OP_IN || i->op == OP_DELETE);
}

static bool is_plain_variable(const struct awk_instruction *i)
{
    return i->scope != SCOPE_GLOBAL || i->a >= VAR_HOOKS;
}

/* --- views --------------------------------------------------------------------------------------------------- */

/* What an instruction that leaves the record alone does with the stack. */
struct effect {
    size_t pops;
    bool pushes;
    uint64_t owned;  /* of what is popped, the deepest first: those that cannot be views */
};

/* Builtins that only look at their arguments, which may be views. */
static bool only_looks(unsigned builtin)
{
    switch (builtin) {
    case FUN_LENGTH: case FUN_SUBSTR: case FUN_INDEX: case FUN_TOLOWER: case FUN_TOUPPER: case FUN_SPRINTF: case FUN_INT: case FUN_SIN:
    case FUN_COS: case FUN_ATAN2: case FUN_EXP: case FUN_LOG: case FUN_SQRT: case FUN_STRFTIME: case FUN_MKTIME: case FUN_SYSTIME:
    case FUN_RAND: case FUN_STRTONUM: return true;
    default: return false;
    }
}

/* False: of this instruction it is not known. */
static bool effect_of(const struct awk_instruction *i, struct effect *e)
{
    *e = (struct effect){.pushes = true};
    switch ((enum awk_op)i->op) {
    case OP_NUMBER: case OP_STRING: case OP_REGEX_VALUE: case OP_LOAD: case OP_LOAD_SPECIAL: case OP_MATCH_RECORD: case OP_FIELD:
    case OP_FLOAT_FIELD: case OP_STRNUM_FIELD: case OP_KEY_FIELD: case OP_ARGUMENT: return true;
    case OP_FIELD_AT: case OP_KEY_FIELD_AT: case OP_NEGATE: case OP_PLUS: case OP_NOT: case OP_TRUTH: case OP_MATCH_CONSTANT:
        e->pops = 1;
        return true;
    case OP_ELEMENT: case OP_IN:
        e->pops = 1;
        return i->scope != SCOPE_STACK;
    case OP_ADD: case OP_SUBTRACT: case OP_MULTIPLY: case OP_DIVIDE: case OP_REMAINDER: case OP_POWER: case OP_LESS:
    case OP_LESS_EQUAL: case OP_EQUAL: case OP_NOT_EQUAL: case OP_GREATER: case OP_GREATER_EQUAL: case OP_MATCH:
        e->pops = 2;
        return true;
    case OP_CONCAT: case OP_JOIN: e->pops = (size_t)i->a; return true;
    case OP_JUMP_FALSE: case OP_JUMP_TRUE: case OP_AND: case OP_OR: case OP_POP:
        e->pops = 1;
        e->pushes = false;
        return true;
    case OP_DELETE:
        e->pops = 1;
        e->pushes = false;
        return i->scope != SCOPE_STACK;
    case OP_STORE:
        e->pops = 1;
        e->owned = 1;
        e->pushes = !i->drop;
        return !i->extra;
    case OP_APPEND: case OP_UPDATE:
        e->pops = 1;
        e->pushes = !i->drop;
        return is_plain_variable(i);
    case OP_STEP:
        e->pushes = !i->drop;
        return is_plain_variable(i);
    case OP_STORE_ELEMENT: case OP_UPDATE_ELEMENT:
        e->pops = 2;
        e->owned = i->op == OP_STORE_ELEMENT;
        e->pushes = !i->drop;
        return i->scope != SCOPE_STACK;
    case OP_STEP_ELEMENT:
        e->pops = 1;
        e->pushes = !i->drop;
        return i->scope != SCOPE_STACK;
    case OP_BUILTIN:
        e->pops = (size_t)i->a;
        if (i->extra == FUN_SPLIT || i->extra == FUN_MATCH)
            e->owned = i->a == 2 || i->extra == FUN_SPLIT ? ~(uint64_t)1 : ~(uint64_t)0;
        return i->extra == FUN_SPLIT || i->extra == FUN_MATCH || only_looks(i->extra);
    case OP_PRINT: case OP_PRINTF: case OP_PRINT_RECORD:
        e->pops = (size_t)i->a + (i->extra != TO_STANDARD);
        e->pushes = false;
        return true;
    case OP_PRINT_FIELD: case OP_PRINT_DIRECT: e->pushes = false; return true;
    default: return false;
    }
}

/* A field is pushed as a view when the one that takes it only looks at it, and the record stays as it is until then. */
static void use_views(struct awk_parser *p, const bool *target)
{
    struct awk_program *g = p->program;
    struct awk_instruction **stack = heap_alloc(p->heap, (g->count + 1) * sizeof *stack);
    size_t depth = 0; /* what is known of the stack: by whom it was pushed */
    for (size_t n = 0; n < g->count; n++) {
        struct awk_instruction *i = &g->code[n];
        struct effect e;
        if (target[n])
            depth = 0;
        if (!effect_of(i, &e)) {
            depth = 0;
            continue;
        }
        for (size_t left = e.pops; left-- > 0 && depth > 0;) {
            struct awk_instruction *from = stack[--depth];
            if (left < 64 && e.owned >> left & 1)
                continue;
            if (from->op == OP_FIELD || from->op == OP_FIELD_AT)
                from->op = from->op == OP_FIELD ? OP_FIELD_VIEW : OP_FIELD_VIEW_AT;
            else if (from->op == OP_SUBSTR)
                from->scope = 1;
        }
        if (i->op == OP_BUILTIN && i->extra == FUN_LENGTH)
            i->op = i->a ? OP_LENGTH : OP_LENGTH_RECORD;
        else if (i->op == OP_BUILTIN && i->extra == FUN_SUBSTR)
            i->op = OP_SUBSTR;
        else if (i->op == OP_PRINT_DIRECT)
            n += (size_t)i->a;
        if (e.pushes)
            stack[depth++] = i;
    }
    heap_free(p->heap, stack);
}

/* --- fields ----------------------------------------------------------------------------------------------------- */

/* Fields whose number, or whose text as a key, is all that matters need no value. */
void awk_simplify(struct awk_parser *p)
{
    struct awk_program *g = p->program;
    bool *target = heap_zero(p->heap, g->count + 1); /* of a jump: what is before is not all that leads there */
    for (size_t n = 0; n < g->count; n++) {
        const struct awk_instruction *i = &g->code[n];
        switch ((enum awk_op)i->op) {
        case OP_JUMP: case OP_JUMP_FALSE: case OP_JUMP_TRUE: case OP_AND: case OP_OR: case OP_GETLINE: case OP_NEXT_KEY:
        case OP_CASE: case OP_CASE_REGEX: case OP_RANGE:
            if ((int64_t)n + i->a >= 0 && n + (size_t)i->a <= g->count)
                target[n + (size_t)i->a] = true;
            break;
        default: break;
        }
    }
    for (size_t n = g->count; n-- > 0;) {
        struct awk_instruction *i = &g->code[n];
        size_t left = g->count - n - 1;
        if (i->op == OP_FIELD_AT && left && takes_key(i + 1) && !target[n + 1])
            i->op = OP_KEY_FIELD_AT;
        if (i->op == OP_PRINT_DIRECT || i->op != OP_FIELD || left < 1)
            continue;
        if (takes_key(i + 1) && i->a > 0 && !target[n + 1])
            i->op = OP_KEY_FIELD;
        else if (is_arithmetic(i + 1))
            i->op = OP_FLOAT_FIELD;
        else if (left > 1 && is_push(i + 1) && ((i[2].op >= OP_ADD && i[2].op < OP_NEGATE) ||
                 (i[2].op == OP_UPDATE_ELEMENT && i[2].scope != SCOPE_STACK)))
            i->op = OP_FLOAT_FIELD;
        else if (left > 1 && i[1].op == OP_NUMBER && i[2].op >= OP_LESS && i[2].op <= OP_GREATER_EQUAL)
            i->op = OP_STRNUM_FIELD;
    }
    use_views(p, target);
    heap_free(p->heap, target);
}

/* --- several at once -------------------------------------------------------------------------------------------- */

/* Puts an instruction that does the work of several in place of the first. */
void awk_join(struct awk_program *g)
{
    for (size_t n = 0; n + 1 < g->count; n++) {
        struct awk_instruction *i = &g->code[n];
        size_t left = g->count - n - 1;
        bool compares = left > 2 && i[2].op >= OP_LESS && i[2].op <= OP_GREATER_EQUAL && i[3].op == OP_JUMP_FALSE;
        bool simple = i[1].op >= OP_ADD && i[1].op <= OP_MULTIPLY;
        switch (i->op) {
        case OP_PRINT_DIRECT: n += (size_t)i->a; break;
        case OP_LOAD:
            if (compares && (i[1].op == OP_NUMBER || i[1].op == OP_LOAD || (i[1].op == OP_LOAD_SPECIAL && i[1].a == VAR_NF)))
                i->op = OP_LOAD_COMPARE;
            else if (i[1].op == OP_UPDATE && i[1].drop && is_plain_variable(i + 1) && (i[1].extra == '+' || i[1].extra == '-' ||
                     i[1].extra == '*'))
                i->op = OP_LOAD_UPDATE;
            else if (simple)
                i->op = OP_LOAD_ARITHMETIC;
            break;
        case OP_NUMBER:
            if (simple || (i[1].op == OP_REMAINDER && i->number >= 1 && i->number < 1e9 && awk_is_whole(i->number)))
                i->op = OP_NUMBER_ARITHMETIC;
            break;
        case OP_STEP:
            if (i->drop && is_plain_variable(i))
                i->op = OP_STEP_ON;
            break;
        default: break;
        }
    }
}
