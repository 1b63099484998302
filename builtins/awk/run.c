/* builtins/awk/run.c - the machine: instructions over a stack of values. */
#include "adapters/math.h"
#include "builtins/awk/awk.h"

/* --- arrays ------------------------------------------------------------------------------------------------ */

static struct str variable_name(struct awk *a, unsigned scope, int32_t index, bool *parameter)
{
    *parameter = scope == SCOPE_LOCAL;
    if (scope == SCOPE_GLOBAL)
        return a->program.global_names[index];
    if (scope == SCOPE_LOCAL && a->frame_count) {
        int32_t f = a->frames[a->frame_count - 1].function;
        if (f >= 0)
            return a->program.functions[f].parameter_names[index];
    }
    return str_lit("element");
}

/* " (from x, from y)": by which names the callers know the array of a parameter. */
static void add_origins(struct awk *a, struct buf *b, const struct awk_array *array)
{
    struct awk_program *g = &a->program;
    size_t base = a->base;
    bool any = false;
    for (size_t n = a->frame_count; n > 1; n--) {
        const struct awk_frame *f = &a->frames[n - 1], *outer = f - 1;
        base = (size_t)f->base;
        for (int32_t i = 0; outer->function >= 0 && i < g->functions[outer->function].parameters; i++) {
            const struct awk_value *v = &a->stack[base + (size_t)i];
            if (v->type == AWK_ARRAY && v->array == array) {
                buf_print(b, any ? ", from %S" : " (from %S", g->functions[outer->function].parameter_names[i]);
                any = true;
                break;
            }
        }
    }
    for (size_t i = 0; i < g->global_count; i++)
        if (a->globals[i].type == AWK_ARRAY && a->globals[i].array == array) {
            buf_print(b, any ? ", from %S" : " (from %S", g->global_names[i]);
            any = true;
            break;
        }
    meter_charge(a->heap->meter, (int64_t)(a->frame_count + g->global_count));
    if (any)
        buf_add_byte(b, ')');
}

static void not_scalar(struct awk *a, unsigned scope, int32_t index)
{
    bool parameter;
    struct buf b;
    buf_init(&b, a->heap);
    buf_add(&b, variable_name(a, scope, index, &parameter));
    if (parameter && a->stack[a->base + (size_t)index].type == AWK_ARRAY)
        add_origins(a, &b, a->stack[a->base + (size_t)index].array);
    awk_fatal(a, "attempt to use array `%S' in a scalar context", buf_str(&b));
    buf_drop(&b);
}

/* The array that a variable is, or becomes. NULL: fatal. */
static struct awk_array *array_of(struct awk *a, struct awk_value *v, unsigned scope, int32_t index)
{
    bool parameter;
    if (v->type == AWK_ARRAY)
        return v->array;
    if (v->type == AWK_UNSET) {
        v->array = awk_array_new(a);
        v->type = AWK_ARRAY;
        return v->array;
    }
    if (v->type == AWK_REFERENCE) {
        struct awk_value *target = v->cell < 0 ? &a->globals[~v->cell] : &a->stack[v->cell];
        if (target->type == AWK_UNSET) {
            target->array = awk_array_new(a);
            target->type = AWK_ARRAY;
        }
        if (target->type == AWK_ARRAY) {
            *v = awk_share(*target);
            return v->array;
        }
    }
    struct str name = variable_name(a, scope, index, &parameter);
    awk_fatal(a, "attempt to use scalar %s`%S' as an array", parameter ? "parameter " : "", name);
    return NULL;
}

/* --- helpers ------------------------------------------------------------------------------------------------------ */

static double power(double x, double y)
{
    if (y == 2)
        return x * x;
    if (awk_is_whole(y) && y >= -1024 && y <= 1024) { /* exact for whole numbers */
        int64_t n = (int64_t)(y < 0 ? -y : y);
        double result = 1;
        for (; n; n >>= 1, x *= x)
            if (n & 1)
                result *= x;
        return y < 0 ? 1 / result : result;
    }
    return math_pow(x, y);
}

static double calculate(struct awk *a, unsigned op, double x, double y)
{
    switch (op) {
    case '+': return x + y;
    case '-': return x - y;
    case '*': return x * y;
    case '/':
        if (y == 0)
            awk_fatal(a, "division by zero attempted%s", a->in_update ? " in `/='" : "");
        return y == 0 ? 0 : x / y;
    case '%':
        if (y == 0)
            awk_fatal(a, "division by zero attempted in `%%%s'", a->in_update ? "=" : "");
        if (y != 0 && awk_is_whole(x) && awk_is_whole(y)) {
            double r = (double)((int64_t)x % (int64_t)y);
            return r == 0 && x < 0 ? -0.0 : r;
        }
        return y == 0 ? 0 : math_fmod(x, y);
    default: return power(x, y);
    }
}

/* The same for += and its like. */
static double update(struct awk *a, unsigned op, double x, double y)
{
    a->in_update = true;
    x = calculate(a, op, x, y);
    a->in_update = false;
    return x;
}

static struct regex *regex_of(struct awk *a, struct awk_value *v)
{
    if (v->type == AWK_REGEX && v->regex)
        return awk_regex_get(a, v->regex);
    return awk_regex_of_text(a, awk_text(a, v));
}

/* sub and gsub on $0: a regex and the text in its place. */
static double substitute_record(struct awk *a, struct awk_value *v, bool all)
{
    struct regex *r = regex_of(a, v);
    if (a->fatal)
        return 0;
    int64_t count = awk_substitute(a, r, awk_record(a), awk_text(a, v + 1), all);
    if (count)
        awk_take_record(a, &a->scratch);
    return (double)count;
}

/* Joins texts that are strings by now. */
static struct awk_value concat(struct awk *a, struct awk_value *v, size_t count, struct str between)
{
    size_t length = (count - 1) * between.length;
    for (size_t i = 0; i < count; i++) {
        if (v[i].type == AWK_NUMBER)
            awk_make_string(a, &v[i]);
        length += v[i].type == AWK_UNSET ? 0 : v[i].type == AWK_VIEW ? v[i].length : v[i].string->length;
    }
    struct awk_string *s = heap_alloc(a->heap, sizeof *s + length);
    *s = (struct awk_string){.owners = 1, .length = length};
    char *to = s->data;
    for (size_t i = 0; i < count; i++) {
        if (i && between.length) {
            memcpy(to, between.data, between.length);
            to += between.length;
        }
        if (v[i].type == AWK_VIEW) {
            to = str_put(to, str_of(v[i].text, v[i].length));
        } else if (v[i].type != AWK_UNSET) {
            memcpy(to, v[i].string->data, v[i].string->length);
            to += v[i].string->length;
            awk_string_free(a, v[i].string);
        }
    }
    call_charge_bytes(a->c, length);
    return (struct awk_value){.type = AWK_STRING, .string = s};
}

/* s = s x, in place where s has one owner. Takes over x. */
static void append(struct awk *a, struct awk_value *to, struct awk_value x)
{
    struct str more = awk_text(a, &x);
    if (to->type >= AWK_STRING && to->type <= AWK_STRNUM && to->string->owners == 1 && x.string != to->string) {
        size_t length = to->string->length, need = sizeof *to->string + length + more.length;
        if (need > heap_size(to->string))
            to->string = heap_resize(a->heap, to->string, need > 256 ? need + need / 2 : need + 32);
        str_put(to->string->data + length, more);
        to->string->length = length + more.length;
        to->type = AWK_STRING;
        call_charge_bytes(a->c, more.length);
        awk_drop(a, x);
        return;
    }
    struct awk_value both[2] = {awk_share(*to), x};
    struct awk_value result = concat(a, both, 2, (struct str){0});
    awk_drop(a, *to);
    *to = result;
}

static void print_values(struct awk *a, struct buf *out, struct awk_value *v, size_t count)
{
    size_t length = out->length;
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add(out, a->ofs);
        struct str s = awk_slow_text(a, &v[i], true);
        buf_add(out, s);
    }
    buf_add(out, a->ors);
    call_charge_bytes(a->c, out->length - length);
}

static void print_text(struct awk *a, struct buf *out, struct str s)
{
    char *to = buf_reserve(out, s.length + a->ors.length);
    to = str_put(to, s);
    if (a->ors.length == 1)
        *to = a->ors.data[0];
    else
        str_put(to, a->ors);
    out->length += s.length + a->ors.length;
    call_charge_bytes(a->c, s.length + a->ors.length);
}

/* What is no number of a field ends the program. */
static void check_field(struct awk *a, double x)
{
    int64_t index = awk_to_int(x);
    if (index < 0)
        awk_fatal(a, "attempt to access field %lld", (long long)index);
}

/* --- the machine ------------------------------------------------------------------------------------------------------ */

static void make_room(struct awk *a, size_t more)
{
    size_t need = a->top + more;
    if (need <= a->room)
        return;
    size_t room = a->room * 2 > need ? a->room * 2 : need;
    a->stack = heap_resize(a->heap, a->stack, room * sizeof *a->stack);
    a->room = room;
}

static void push_frame(struct awk *a, int32_t back, int32_t base, int32_t function)
{
    if (a->frame_count == a->frame_room) {
        size_t room = a->frame_room ? a->frame_room * 2 : 16;
        a->frames = heap_resize(a->heap, a->frames, room * sizeof *a->frames);
        a->frame_room = room;
    }
    a->frames[a->frame_count++] = (struct awk_frame){back, (int32_t)a->base, function};
    a->base = (size_t)base;
}

/* Forgets all that is under way. */
void awk_unwind(struct awk *a)
{
    while (a->top)
        awk_drop(a, a->stack[--a->top]);
    a->frame_count = 0;
    a->base = 0;
    a->sorting = NULL;
}

enum outcome { PART_DONE = 1, PROGRAM_EXIT = 2 };

#define VARIABLE(i) ((i)->scope ? &a->stack[a->base + (size_t)(i)->a] : &a->globals[(i)->a])
/* Field by field: what was just stored in parts is not to be loaded as a whole. */
#define SET_NUMBER(to, value) ((to)->type = AWK_NUMBER, (to)->number = (value))
#define FAIL_IF_FATAL() do { if (a->fatal) goto failed; } while (0)
#define JUMP(distance) do { \
        int32_t by = (distance); \
        i += by; \
        if (by <= 0) { \
            meter_charge(a->heap->meter, steps); \
            steps = 0; \
            if (!meter_go(a->heap->meter) || a->out.length >= AWK_QUEUE) \
                goto later; \
        } \
    } while (0)

/* The key of the topmost value, which is dropped by the caller. */
#define ARRAY_HERE(below) ((i)->scope == SCOPE_STACK ? (below)->array : VARIABLE(i)->type == AWK_ARRAY ? VARIABLE(i)->array \
                           : array_of(a, VARIABLE(i), i->scope, i->a))

/* The key that an instruction finds on the stack, or that OP_KEY_FIELD has set in front of it. */
#define KEY(value) (i[-1].op == OP_KEY_FIELD || i[-1].op == OP_KEY_FIELD_AT ? awk_key_of_text(key) : awk_key_of_value(a, (value)))

int32_t awk_function_named(const struct awk *a, struct str name)
{
    const union map_value *v = map_find(&a->program.function_names, name);
    return v && a->program.functions[v->number].entry >= 0 ? (int32_t)v->number : -1; /* it may be called and not be there */
}

static void warn_of_arguments(struct awk *a, const struct awk_function *f)
{
    awk_warn(a, "function `%S' called with more arguments than declared", f->name);
}

/* Where no statement runs the stack is empty, or the code is wrong. */
static void check_empty(const struct awk *a, const struct awk_value *sp)
{
#ifdef NACRE_SWEEP
    if (sp != a->stack)
        __builtin_trap();
#endif
    (void)a;
    (void)sp;
}

/* The machine. Few things are kept in locals, so that registers suffice for those that matter. */
static int run(struct awk *a)
{
    const struct awk_instruction *i = a->program.code + a->pc;
    struct awk_value *sp = a->stack + a->top, v, *to = NULL, *from;
    struct awk_array *array = NULL;
    struct str s, key = {0};
    int64_t steps = 0;
    int wait = 0, order;
    bool truth;
    double x, y;

    for (;;) {
        steps++;
        a->at = i;
        switch ((enum awk_op)i->op) {
        case OP_HALT:
            check_empty(a, sp);
            meter_charge(a->heap->meter, steps);
            a->top = (size_t)(sp - a->stack);
            return PART_DONE;
        case OP_NUMBER_ARITHMETIC:
            if (sp[-1].type == AWK_NUMBER) {
                x = sp[-1].number;
                y = i->number;
                if (i[1].op == OP_REMAINDER && !(x > -1e15 && x < 1e15 && (double)(int64_t)x == x && (x > 0 || x == 0)))
                    goto number;
                i++;
                steps++;
                sp[-1].number = i->op == OP_ADD ? x + y : i->op == OP_SUBTRACT ? x - y : i->op == OP_MULTIPLY ? x * y
                    : x < 4294967296.0 ? (double)((uint32_t)x % (uint32_t)y) : (double)((uint64_t)x % (uint64_t)y);
                break;
            }
            /* fall through */
        case OP_NUMBER:
        number:
            sp->type = AWK_NUMBER;
            (sp++)->number = i->number;
            break;
        case OP_STRING:
            i->string->owners++;
            *sp++ = (struct awk_value){.type = AWK_STRING, .string = i->string};
            break;
        case OP_REGEX_VALUE:
            v = awk_of_string(a, i->regex->text);
            v.type = AWK_REGEX;
            v.regex = i->regex;
            *sp++ = v;
            break;
        case OP_LOAD_COMPARE:
            to = VARIABLE(i);
            if (i[1].op == OP_NUMBER) {
                if (to->type != AWK_NUMBER)
                    goto load;
                y = i[1].number;
            } else if (i[1].op == OP_LOAD_SPECIAL) {
                if (to->type != AWK_NUMBER)
                    goto load;
                y = (double)awk_nf(a);
            } else {
                from = VARIABLE(i + 1);
                if (to->type != AWK_NUMBER || from->type != AWK_NUMBER)
                    goto load;
                y = from->number;
            }
            x = to->number;
            switch (i[2].op) {
            case OP_LESS: truth = x < y; break;
            case OP_LESS_EQUAL: truth = x <= y; break;
            case OP_EQUAL: truth = x == y; break;
            case OP_NOT_EQUAL: truth = x != y; break;
            case OP_GREATER: truth = x > y; break;
            default: truth = x >= y; break;
            }
            i += 3;
            steps += 3;
            if (!truth) {
                JUMP(i->a);
                continue;
            }
            break;
        case OP_LOAD_UPDATE:
            from = VARIABLE(i);
            to = VARIABLE(i + 1);
            if (from->type != AWK_NUMBER || to->type != AWK_NUMBER)
                goto load;
            i++;
            steps++;
            y = from->number;
            to->number = i->extra == '+' ? to->number + y : i->extra == '-' ? to->number - y : to->number * y;
            break;
        case OP_LOAD_ARITHMETIC:
            from = VARIABLE(i);
            if (from->type != AWK_NUMBER || sp[-1].type != AWK_NUMBER)
                goto load;
            i++;
            steps++;
            x = sp[-1].number;
            y = from->number;
            sp[-1].number = i->op == OP_ADD ? x + y : i->op == OP_SUBTRACT ? x - y : x * y;
            break;
        case OP_LOAD:
        load:
            to = VARIABLE(i);
            if (to->type <= AWK_NUMBER) {
                sp->type = to->type;
                (sp++)->number = to->number;
            } else if (to->type < AWK_ARRAY) {
                to->string->owners++;
                *sp++ = *to;
            } else if (to->type == AWK_REFERENCE) {
                from = to->cell < 0 ? &a->globals[~to->cell] : &a->stack[to->cell];
                if (from->type == AWK_ARRAY) {
                    not_scalar(a, i->scope, i->a);
                    goto failed;
                }
                *sp++ = (struct awk_value){0};
            } else {
                not_scalar(a, i->scope, i->a);
                goto failed;
            }
            break;
        case OP_LOAD_SPECIAL:
            if (i->a != VAR_NF && a->counts_kept) {
                *sp++ = awk_special_value(a, i->a);
                break;
            }
            SET_NUMBER(sp, i->a == VAR_NF ? (double)awk_nf(a) : i->a == VAR_NR ? (double)a->nr : (double)a->fnr);
            sp++;
            break;
        case OP_FIELD: *sp++ = awk_field_get(a, i->a); break;
        case OP_FLOAT_FIELD:
            SET_NUMBER(sp, awk_field_number(a, i->a));
            sp++;
            break;
        case OP_STRNUM_FIELD:
            if (awk_field_number_if(a, i->a, &sp->number)) {
                (sp++)->type = AWK_NUMBER;
            } else {
                *sp++ = awk_field_get(a, i->a);
            }
            break;
        case OP_KEY_FIELD:
            key = awk_field_text(a, i->a);
            (sp++)->type = AWK_UNSET;
            break;
        case OP_KEY_FIELD_AT:
            x = awk_number(a, sp - 1);
            check_field(a, x);
            FAIL_IF_FATAL();
            awk_drop(a, sp[-1]);
            sp[-1].type = AWK_UNSET;
            key = awk_field_text(a, (int64_t)x);
            break;
        case OP_FIELD_AT:
            x = awk_number(a, sp - 1);
            check_field(a, x);
            FAIL_IF_FATAL();
            awk_drop(a, sp[-1]);
            sp[-1] = (struct awk_value){0};
            sp[-1] = awk_field_get(a, (int64_t)x);
            break;
        case OP_FIELD_VIEW:
            awk_field_view(a, i->a, sp);
            sp++;
            break;
        case OP_FIELD_VIEW_AT:
            x = awk_number(a, sp - 1);
            check_field(a, x);
            FAIL_IF_FATAL();
            awk_drop(a, sp[-1]);
            sp[-1].type = AWK_UNSET;
            awk_field_view(a, (int64_t)x, sp - 1);
            break;
        case OP_ELEMENT:
            if (sp[-1].type == AWK_NUMBER && i->scope != SCOPE_STACK) {
                to = VARIABLE(i);
                from = to->type == AWK_ARRAY ? awk_array_at(to->array, sp[-1].number) : NULL;
                if (from && from->type == AWK_NUMBER) {
                    sp[-1].number = from->number;
                    break;
                }
                if (from && from->type < AWK_ARRAY) {
                    sp[-1] = awk_share(*from);
                    break;
                }
            }
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            v = *awk_array_get(a, array, KEY(sp - 1));
            if (v.type == AWK_ARRAY) {
                awk_fatal(a, "attempt to use array `%S[\"%S\"]' in a scalar context",
                          i->scope == SCOPE_GLOBAL ? a->program.global_names[i->a] : str_lit("element"), awk_text(a, sp - 1));
                goto failed;
            }
            v = awk_share(v);
            awk_drop(a, *--sp);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            *sp++ = v;
            break;
        case OP_SUBARRAY:
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            to = awk_array_get(a, array, KEY(sp - 1));
            if (to->type == AWK_UNSET) {
                struct awk_array *inner = awk_array_new(a);
                to->type = AWK_ARRAY;
                to->array = inner;
            } else if (to->type != AWK_ARRAY) {
                awk_fatal(a, "attempt to use scalar `%S[\"%S\"]' as an array",
                          i->scope == SCOPE_GLOBAL ? a->program.global_names[i->a] : str_lit("element"), awk_text(a, sp - 1));
                goto failed;
            }
            v = awk_share(*to);
            awk_drop(a, *--sp);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            *sp++ = v;
            break;
        case OP_STORE:
            to = VARIABLE(i);
            if (to->type == AWK_ARRAY) {
                not_scalar(a, i->scope, i->a);
                goto failed;
            }
            if (sp[-1].type == AWK_NUMBER && to->type <= AWK_NUMBER) {
                x = sp[-1].number;
                SET_NUMBER(to, x);
                sp -= i->drop;
            } else {
                v = *to;
                *to = *--sp;
                if (!i->drop)
                    *sp = awk_share(*sp), sp++;
                awk_drop(a, v);
            }
            if (i->extra) {
                awk_variable_changed(a, i->a);
                FAIL_IF_FATAL();
            }
            break;
        case OP_STORE_FIELD:
            x = awk_number(a, sp - 1);
            check_field(a, x);
            FAIL_IF_FATAL();
            awk_drop(a, *--sp);
            v = awk_share(sp[-1]);
            awk_field_set(a, (int64_t)x, v);
            FAIL_IF_FATAL();
            if (i->drop)
                awk_drop(a, *--sp);
            break;
        case OP_STORE_ELEMENT:
            if (sp[-1].type == AWK_NUMBER && i->scope != SCOPE_STACK && sp[-2].type == AWK_NUMBER) {
                to = VARIABLE(i);
                from = to->type == AWK_ARRAY ? awk_array_at(to->array, sp[-1].number) : NULL;
                if (from && from->type == AWK_NUMBER) {
                    from->number = sp[-2].number;
                    sp -= 1 + i->drop;
                    break;
                }
            }
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            to = awk_array_get(a, array, KEY(sp - 1));
            from = sp - (i->scope == SCOPE_STACK ? 3 : 2);
            if (to->type == AWK_ARRAY) {
                awk_fatal(a, "attempt to use array `%S[\"%S\"]' in a scalar context",
                          i->scope == SCOPE_GLOBAL ? a->program.global_names[i->a] : str_lit("element"), awk_text(a, sp - 1));
                goto failed;
            }
            v = *to;
            *to = i->drop ? *from : awk_share(*from);
            awk_drop(a, *--sp);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            if (i->drop)
                sp--;
            awk_drop(a, v);
            break;
        case OP_UPDATE:
            to = VARIABLE(i);
            if (to->type >= AWK_ARRAY && to->type != AWK_REFERENCE) {
                not_scalar(a, i->scope, i->a);
                goto failed;
            }
            y = awk_number(a, sp - 1);
            if (i->scope == SCOPE_GLOBAL && i->a <= VAR_FNR)
                x = i->a == VAR_NF ? (double)awk_nf(a) : i->a == VAR_NR ? (double)a->nr : (double)a->fnr;
            else
                x = awk_number(a, to);
            x = i->extra == '+' ? x + y : update(a, i->extra, x, y);
            FAIL_IF_FATAL();
            if (to->type > AWK_NUMBER)
                awk_drop(a, *to);
            SET_NUMBER(to, x);
            if (sp[-1].type > AWK_NUMBER)
                awk_drop(a, sp[-1]);
            SET_NUMBER(sp - 1, x);
            if (i->scope == SCOPE_GLOBAL && i->a < VAR_HOOKS) {
                awk_variable_changed(a, i->a);
                FAIL_IF_FATAL();
            }
            if (i->drop)
                sp--;
            break;
        case OP_UPDATE_FIELD:
            x = awk_number(a, sp - 1);
            awk_drop(a, *--sp);
            check_field(a, x);
            FAIL_IF_FATAL();
            y = awk_number(a, sp - 1);
            y = update(a, i->extra, awk_field_number(a, (int64_t)x), y);
            FAIL_IF_FATAL();
            awk_field_set(a, (int64_t)x, awk_of_number(y));
            awk_drop(a, sp[-1]);
            sp[-1] = awk_of_number(y);
            if (i->drop)
                sp--;
            break;
        case OP_UPDATE_ELEMENT:
            if (sp[-1].type == AWK_NUMBER && i->scope != SCOPE_STACK && sp[-2].type == AWK_NUMBER && i->extra == '+') {
                to = VARIABLE(i);
                from = to->type == AWK_ARRAY ? awk_array_at(to->array, sp[-1].number) : NULL;
                if (from && from->type == AWK_NUMBER) {
                    from->number += sp[-2].number;
                    sp[-2].number = from->number;
                    sp -= 1 + i->drop;
                    break;
                }
            }
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            from = sp - (i->scope == SCOPE_STACK ? 3 : 2);
            y = awk_number(a, from);
            to = awk_array_get(a, array, KEY(sp - 1));
            if (to->type == AWK_ARRAY) {
                awk_fatal(a, "attempt to use array in a scalar context");
                goto failed;
            }
            x = awk_number(a, to);
            x = i->extra == '+' ? x + y : update(a, i->extra, x, y);
            FAIL_IF_FATAL();
            if (to->type > AWK_NUMBER)
                awk_drop(a, *to);
            SET_NUMBER(to, x);
            while (sp > from)
                if ((--sp)->type > AWK_NUMBER)
                    awk_drop(a, *sp);
            if (!i->drop) {
                SET_NUMBER(sp, x);
                sp++;
            }
            break;
        case OP_STEP_ON:
            to = VARIABLE(i);
            if (to->type == AWK_NUMBER) {
                to->number += i->extra & 1 ? -1 : 1;
                if (i[1].op == OP_JUMP) {
                    i++;
                    steps++;
                    JUMP(i->a);
                    continue;
                }
                break;
            }
            /* fall through */
        case OP_STEP:
            to = VARIABLE(i);
            if (to->type >= AWK_ARRAY && to->type != AWK_REFERENCE) {
                not_scalar(a, i->scope, i->a);
                goto failed;
            }
            if (i->scope == SCOPE_GLOBAL && i->a <= VAR_FNR)
                x = i->a == VAR_NF ? (double)awk_nf(a) : i->a == VAR_NR ? (double)a->nr : (double)a->fnr;
            else
                x = awk_number(a, to);
            y = i->extra & 1 ? x - 1 : x + 1;
            if (to->type != AWK_NUMBER)
                awk_drop(a, *to);
            SET_NUMBER(to, y);
            if (!i->drop) {
                SET_NUMBER(sp, i->extra & 2 ? x : y);
                sp++;
            }
            if (i->scope == SCOPE_GLOBAL && i->a < VAR_HOOKS)
                awk_variable_changed(a, i->a);
            break;
        case OP_STEP_FIELD:
            x = awk_number(a, sp - 1);
            awk_drop(a, *--sp);
            check_field(a, x);
            FAIL_IF_FATAL();
            y = awk_field_number(a, (int64_t)x);
            awk_field_set(a, (int64_t)x, awk_of_number(i->extra & 1 ? y - 1 : y + 1));
            if (!i->drop)
                *sp++ = awk_of_number(i->extra & 2 ? y : i->extra & 1 ? y - 1 : y + 1);
            break;
        case OP_STEP_ELEMENT:
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            to = awk_array_get(a, array, KEY(sp - 1));
            if (to->type == AWK_ARRAY) {
                awk_fatal(a, "attempt to use array in a scalar context");
                goto failed;
            }
            x = awk_number(a, to);
            y = i->extra & 1 ? x - 1 : x + 1;
            if (to->type > AWK_NUMBER)
                awk_drop(a, *to);
            SET_NUMBER(to, y);
            awk_drop(a, *--sp);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            if (!i->drop) {
                SET_NUMBER(sp, i->extra & 2 ? x : y);
                sp++;
            }
            break;
        case OP_POP: --sp; awk_drop(a, *sp); break;
        case OP_APPEND:
            to = VARIABLE(i);
            if (to->type == AWK_ARRAY) {
                not_scalar(a, i->scope, i->a);
                goto failed;
            }
            if (to->type == AWK_REFERENCE)
                *to = (struct awk_value){0};
            append(a, to, *--sp);
            if (!i->drop)
                *sp++ = awk_share(*to);
            break;
        case OP_ADD: case OP_SUBTRACT: case OP_MULTIPLY: case OP_DIVIDE: case OP_REMAINDER: case OP_POWER:
            x = awk_number(a, sp - 2);
            y = awk_number(a, sp - 1);
            if (i->op == OP_ADD)
                x += y;
            else if (i->op == OP_SUBTRACT)
                x -= y;
            else if (i->op == OP_MULTIPLY)
                x *= y;
            else {
                x = calculate(a, i->op == OP_DIVIDE ? '/' : i->op == OP_REMAINDER ? '%' : '^', x, y);
                FAIL_IF_FATAL();
            }
            if ((--sp)->type > AWK_NUMBER)
                awk_drop(a, *sp);
            if (sp[-1].type > AWK_NUMBER)
                awk_drop(a, sp[-1]);
            SET_NUMBER(sp - 1, x);
            break;
        case OP_NEGATE: case OP_PLUS:
            x = awk_number(a, sp - 1);
            awk_drop(a, sp[-1]);
            sp[-1] = awk_of_number(i->op == OP_PLUS ? x : -x);
            break;
        case OP_NOT: case OP_TRUTH:
            truth = awk_truth(a, sp - 1);
            FAIL_IF_FATAL();
            awk_drop(a, sp[-1]);
            sp[-1] = awk_of_number(truth == (i->op == OP_TRUTH));
            break;
        case OP_LESS: case OP_LESS_EQUAL: case OP_EQUAL: case OP_NOT_EQUAL: case OP_GREATER: case OP_GREATER_EQUAL:
            if (sp[-1].type == AWK_ARRAY || sp[-2].type == AWK_ARRAY) {
                awk_fatal(a, "attempt to use array in a scalar context");
                goto failed;
            }
            if (sp[-1].type == AWK_NUMBER && sp[-2].type == AWK_NUMBER)
                order = sp[-2].number < sp[-1].number ? -1 : sp[-2].number > sp[-1].number ? 1 : sp[-2].number == sp[-1].number ? 0 : 2;
            else
                order = awk_compare(a, sp - 2, sp - 1);
            switch (i->op) {
            case OP_LESS: truth = order < 0; break;
            case OP_LESS_EQUAL: truth = order <= 0; break;
            case OP_EQUAL: truth = order == 0; break;
            case OP_NOT_EQUAL: truth = order != 0; break;
            case OP_GREATER: truth = order == 1 || (order > 0 && order != 2); break;
            default: truth = order == 0 || order == 1 || (order > 0 && order != 2); break;
            }
            if ((--sp)->type > AWK_NUMBER)
                awk_drop(a, *sp);
            if (sp[-1].type > AWK_NUMBER)
                awk_drop(a, sp[-1]);
            if (i[1].op == OP_JUMP_FALSE) { /* at once, since it comes so often */
                steps++;
                i++;
                sp--;
                if (!truth) {
                    JUMP(i->a);
                    continue;
                }
                break;
            }
            SET_NUMBER(sp - 1, truth);
            break;
        case OP_CONCAT:
            v = concat(a, sp - i->a, (size_t)i->a, (struct str){0});
            sp -= i->a;
            *sp++ = v;
            break;
        case OP_JOIN:
            v = concat(a, sp - i->a, (size_t)i->a, a->subsep);
            sp -= i->a;
            *sp++ = v;
            break;
        case OP_MATCH: {
            struct regex *r = regex_of(a, sp - 1);
            FAIL_IF_FATAL();
            struct awk_value text = sp[-2];
            truth = awk_match(a, r, awk_text(a, &text)) != i->extra;
            --sp;
            awk_drop(a, *sp);
            awk_drop(a, sp[-1]);
            sp[-1] = awk_of_number(truth);
            break;
        }
        case OP_MATCH_CONSTANT: {
            struct regex *r = awk_regex_get(a, i->regex);
            FAIL_IF_FATAL();
            truth = awk_match(a, r, awk_text(a, sp - 1)) != i->extra;
            awk_drop(a, sp[-1]);
            sp[-1] = awk_of_number(truth);
            break;
        }
        case OP_MATCH_RECORD: {
            struct regex *r = awk_regex_get(a, i->regex);
            FAIL_IF_FATAL();
            SET_NUMBER(sp, awk_match(a, r, awk_record(a)));
            sp++;
            break;
        }
        case OP_IN:
            if (i->scope == SCOPE_STACK) {
                array = sp[-1].array;
                from = sp - 2;
            } else {
                array = array_of(a, VARIABLE(i), i->scope, i->a);
                FAIL_IF_FATAL();
                from = sp - 1;
            }
            truth = awk_array_find(a, array, KEY(from)) != NULL;
            while (sp > from)
                awk_drop(a, *--sp);
            *sp++ = awk_of_number(truth);
            break;
        case OP_JUMP: JUMP(i->a); continue;
        case OP_JUMP_FALSE: case OP_JUMP_TRUE:
            if ((--sp)->type == AWK_NUMBER) {
                truth = sp->number != 0;
            } else {
                truth = awk_truth(a, sp);
                awk_drop(a, *sp);
                FAIL_IF_FATAL();
            }
            if (truth == (i->op == OP_JUMP_TRUE)) {
                JUMP(i->a);
                continue;
            }
            break;
        case OP_AND: case OP_OR:
            truth = awk_truth(a, sp - 1);
            FAIL_IF_FATAL();
            --sp;
            awk_drop(a, *sp);
            if (truth == (i->op == OP_OR)) {
                *sp++ = awk_of_number(truth);
                JUMP(i->a);
                continue;
            }
            break;
        case OP_ARGUMENT:
            to = VARIABLE(i);
            if (to->type == AWK_UNSET)
                *sp++ = (struct awk_value){.type = AWK_REFERENCE,
                    .cell = i->scope ? (int64_t)(a->base + (size_t)i->a) : ~(int64_t)i->a};
            else if (to->type == AWK_REFERENCE) {
                from = to->cell < 0 ? &a->globals[~to->cell] : &a->stack[to->cell];
                *sp++ = from->type == AWK_ARRAY ? awk_share(*from) : *to;
            } else
                *sp++ = awk_share(*to);
            break;
        case OP_ARGUMENT_ELEMENT:
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            v = awk_share(*awk_array_get(a, array, KEY(sp - 1)));
            awk_drop(a, *--sp);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            *sp++ = v;
            break;
        case OP_CALL: case OP_CALL_INDIRECT: {
            int32_t index = i->a;
            size_t count = (size_t)i->n;
            if (i->op == OP_CALL_INDIRECT) {
                struct str name = awk_text(a, sp - count - 1);
                if (str_starts(name, "awk::"))
                    name = str_after(name, 5);
                index = awk_function_named(a, name);
                if (index < 0) {
                    const struct awk_builtin_info *b = awk_builtins;
                    while (b->name && !str_is(name, b->name))
                        b++;
                    if (b->name && (b->builtin == FUN_SUB || b->builtin == FUN_GSUB)) {
                        if (count != 2) {
                            awk_fatal(a, "%s: can be called indirectly only with two arguments", b->name);
                            goto failed;
                        }
                        x = substitute_record(a, sp - 2, b->builtin == FUN_GSUB);
                        FAIL_IF_FATAL();
                        for (size_t n = 0; n < count + 1; n++)
                            awk_drop(a, *--sp);
                        *sp++ = awk_of_number(x);
                        break;
                    }
                    if (!b->name || (int)count < b->least || (int)count > b->most || b->builtin == FUN_ASORT ||
                        b->builtin == FUN_ASORTI) {
                        awk_fatal(a, "`%S' is not a function, so it cannot be called indirectly", name);
                        goto failed;
                    }
                    v = awk_call_builtin(a, b->builtin, sp - count, count, &wait);
                    if (wait)
                        goto waiting;
                    for (size_t n = 0; n < count + 1; n++)
                        awk_drop(a, *--sp);
                    *sp++ = v;
                    FAIL_IF_FATAL();
                    break;
                }
                awk_drop(a, sp[-(ptrdiff_t)count - 1]);
                memmove(sp - count - 1, sp - count, count * sizeof *sp);
                sp--;
            }
            struct awk_function *f = &a->program.functions[index];
            if (f->entry < 0) {
                awk_fatal(a, "function `%S' not defined", f->name);
                goto failed;
            }
            if (count > (size_t)f->parameters)
                warn_of_arguments(a, f);
            for (; count > (size_t)f->parameters; count--)
                awk_drop(a, *--sp);
            a->top = (size_t)(sp - a->stack);
            make_room(a, (size_t)f->parameters + a->program.depth);
            sp = a->stack + a->top;
            for (size_t n = count; n < (size_t)f->parameters; n++)
                *sp++ = (struct awk_value){0};
            push_frame(a, (int32_t)(i - a->program.code) + 1, (int32_t)(a->top - count), index);
            i = a->program.code + f->entry;
            meter_charge(a->heap->meter, steps);
            steps = 0;
            if (!meter_go(a->heap->meter) || a->out.length >= AWK_QUEUE)
                goto later;
            continue;
        }
        case OP_RETURN: {
            struct awk_frame *f = &a->frames[a->frame_count - 1];
            v = (struct awk_value){0};
            if (i->extra)
                v = *--sp;
            if (v.type == AWK_REFERENCE)
                v = (struct awk_value){0};
            while (sp > a->stack + a->base)
                awk_drop(a, *--sp);
            *sp++ = v;
            i = a->program.code + f->back;
            a->base = (size_t)f->base;
            a->frame_count--;
            continue;
        }
        case OP_LENGTH_RECORD:
            s = awk_record(a);
            call_charge_bytes(a->c, s.length);
            SET_NUMBER(sp, (double)awk_count_characters(a, s));
            sp++;
            break;
        case OP_LENGTH:
            if (sp[-1].type >= AWK_ARRAY)
                goto builtin;
            s = awk_text(a, sp - 1);
            call_charge_bytes(a->c, s.length);
            x = (double)awk_count_characters(a, s);
            awk_drop(a, sp[-1]);
            SET_NUMBER(sp - 1, x);
            break;
        case OP_SUBSTR:
            from = sp - i->a;
            if (from->type >= AWK_ARRAY || from[1].type >= AWK_ARRAY || sp[-1].type >= AWK_ARRAY)
                goto builtin;
            s = awk_substr(a, from, (size_t)i->a);
            if (from->type == AWK_VIEW && i->scope) {
                from->length = s.length;
                from->text = s.data;
                from->at = 1;
                while (sp > from + 1)
                    awk_drop(a, *--sp);
                break;
            }
            struct awk_string *part = awk_string_new(a, s);
            while (sp > from)
                awk_drop(a, *--sp);
            sp->type = AWK_STRING;
            (sp++)->string = part;
            break;
        case OP_BUILTIN:
        builtin:
            from = sp - i->a;
            for (struct awk_value *p = from; i->scope && p < sp; p++) {
                bool must = ((i->extra == FUN_SPLIT || i->extra == FUN_PATSPLIT) && (p == from + 1 || p == from + 3)) ||
                            (i->extra == FUN_MATCH && p == from + 2) || (i->extra == FUN_TYPEOF && p == from + 1);
                if (p->type == AWK_ARRAY || !must)
                    continue;
                if (p->type != AWK_REFERENCE || !array_of(a, p, SCOPE_STACK, 0)) {
                    static const char *const places[] = {"first", "second", "third", "fourth"};
                    const char *name = i->extra == FUN_MATCH ? "match" : i->extra == FUN_SPLIT ? "split"
                        : i->extra == FUN_TYPEOF ? "typeof" : "patsplit";
                    if (!a->fatal)
                        awk_fatal(a, "%s: %s argument is not an array", name, places[p - from]);
                    goto failed;
                }
            }
            v = awk_call_builtin(a, (enum awk_builtin)i->extra, from, (size_t)i->a, &wait);
            if (wait)
                goto waiting;
            while (sp > from)
                awk_drop(a, *--sp);
            *sp++ = v;
            FAIL_IF_FATAL();
            break;
        case OP_SUBSTITUTE: {
            unsigned kind = i->extra >> 1;
            size_t extra = kind == 0 || kind == 1 ? 0 : kind == 3 && i->scope == SCOPE_STACK ? 2 : 1;
            struct awk_value *args = sp - extra - 2;
            struct regex *r = regex_of(a, args);
            struct awk_value held = {0};
            FAIL_IF_FATAL();
            switch (kind) {
            case 0: s = awk_record(a); break;
            case 1:
                to = VARIABLE(i);
                if (to->type == AWK_ARRAY) {
                    not_scalar(a, i->scope, i->a);
                    goto failed;
                }
                if (i->scope == SCOPE_GLOBAL && i->a <= VAR_FNR) {
                    v = awk_special_value(a, i->a);
                    awk_drop(a, *to);
                    *to = v;
                }
                s = awk_text(a, to);
                break;
            case 2:
                x = awk_number(a, sp - 1);
                check_field(a, x);
                FAIL_IF_FATAL();
                awk_field_reach(a, (int64_t)x);
                s = awk_field_text(a, (int64_t)x);
                break;
            case 3:
                array = ARRAY_HERE(sp - 2);
                FAIL_IF_FATAL();
                to = awk_array_get(a, array, KEY(sp - 1));
                if (to->type == AWK_UNSET)
                    *to = awk_of_string(a, (struct str){"", 0});
                s = awk_text(a, to);
                break;
            default: s = awk_text(a, sp - 1); break;
            }
            FAIL_IF_FATAL();
            int64_t count = awk_substitute(a, r, s, awk_text(a, args + 1), i->extra & 1);
            if (count && kind == 0) {
                awk_take_record(a, &a->scratch);
            } else if (count && kind != 4) {
                held = awk_of_string(a, buf_str(&a->scratch));
                switch (kind) {
                case 1:
                    v = *to;
                    if (v.type == AWK_REGEX) {
                        held.type = AWK_REGEX;
                        held.regex = NULL;
                    }
                    *to = held;
                    awk_drop(a, v);
                    held = (struct awk_value){0};
                    if (i->scope == SCOPE_GLOBAL && i->a < VAR_HOOKS)
                        awk_variable_changed(a, i->a);
                    break;
                case 2:
                    awk_field_set(a, (int64_t)awk_number(a, sp - 1), held);
                    held = (struct awk_value){0};
                    break;
                default:
                    to = awk_array_get(a, array, KEY(sp - 1));
                    v = *to;
                    *to = held;
                    awk_drop(a, v);
                    held = (struct awk_value){0};
                    break;
                }
                awk_drop(a, held);
            }
            while (sp > args)
                awk_drop(a, *--sp);
            if (!i->drop)
                *sp++ = awk_of_number((double)count);
            break;
        }
        case OP_PRINT_DIRECT: {
            struct buf *out = a->place ? &a->place->queue : &a->out;
            int32_t count = i->a;
            size_t length = out->length;
            for (int32_t n = 0; n < count; n++) {
                i++;
                s = i->op == OP_STRING ? str_of(i->string->data, i->string->length) : awk_field_text(a, i->a);
                struct str end = n + 1 < count ? a->ofs : a->ors;
                char *at = buf_reserve(out, s.length + end.length);
                str_put(str_put(at, s), end);
                out->length += s.length + end.length;
            }
            steps += count;
            call_charge_bytes(a->c, out->length - length);
            i++;
            break;
        }
        case OP_PRINT_FIELD: print_text(a, a->place ? &a->place->queue : &a->out, awk_field_text(a, i->a)); break;
        case OP_PRINT_RECORD: case OP_PRINT: case OP_PRINTF: {
            struct awk_stream *stream = NULL;
            size_t all = (size_t)i->a + (i->extra != TO_STANDARD);
            for (from = sp - i->a - (i->extra != TO_STANDARD); from < sp; from++)
                if (from->type == AWK_ARRAY) {
                    awk_fatal(a, "attempt to use array in a scalar context");
                    goto failed;
                }
            if (i->extra) {
                wait = awk_stream_out(a, (enum awk_redirection)i->extra, awk_text(a, sp - 1), &stream);
                if (wait)
                    goto waiting;
            }
            struct buf *out = awk_queue(a, stream);
            from = sp - all;
            if (i->op == OP_PRINT_RECORD) {
                print_text(a, out, awk_record(a));
            } else if (!i->a) {
                awk_fatal(a, "printf: no arguments");
                goto failed;
            } else if (i->op == OP_PRINT && i->a == 1 && from->type != AWK_NUMBER) {
                print_text(a, out, awk_text(a, from));
            } else if (i->op == OP_PRINT) {
                print_values(a, out, from, (size_t)i->a);
            } else {
                awk_format(a, out, awk_text(a, from), from + 1, (size_t)i->a - 1);
                FAIL_IF_FATAL();
            }
            while (sp > from)
                awk_drop(a, *--sp);
            break;
        }
        case OP_GETLINE: {
            int answer = 0;
            a->top = (size_t)(sp - a->stack);
            if (i->scope == FROM_MAIN) {
                wait = awk_read_main(a, i->extra);
                if (wait < 0)
                    goto waiting;
                if (wait == READ_BEGIN_FILE || wait == READ_END_FILE) {
                    push_frame(a, (int32_t)(i - a->program.code), (int32_t)a->base, -1);
                    i = a->program.code + (wait == READ_BEGIN_FILE ? a->program.begin_file : a->program.end_file);
                    continue;
                }
                answer = wait == READ_RECORD;
                wait = 0;
            } else {
                wait = awk_getline(a, (enum awk_source)i->scope, awk_text(a, sp - 1), i->extra, &answer);
                if (wait)
                    goto waiting;
                awk_drop(a, *--sp);
            }
            *sp++ = awk_of_number(answer);
            if (i->extra) {
                if (answer <= 0) {
                    JUMP(i->a);
                    continue;
                }
                *sp++ = a->got;
                a->got = (struct awk_value){0};
            }
            break;
        }
        case OP_DELETE:
            array = ARRAY_HERE(sp - 2);
            FAIL_IF_FATAL();
            awk_array_remove(a, array, KEY(sp - 1));
            awk_drop(a, *--sp);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            break;
        case OP_DELETE_ALL:
            array = array_of(a, VARIABLE(i), i->scope, i->a);
            FAIL_IF_FATAL();
            awk_array_clear(a, array);
            break;
        case OP_KEYS: {
            array = i->scope == SCOPE_STACK ? sp[-1].array : array_of(a, VARIABLE(i), i->scope, i->a);
            FAIL_IF_FATAL();
            struct awk_array *info = a->globals[VAR_PROCINFO].type == AWK_ARRAY ? a->globals[VAR_PROCINFO].array : NULL;
            struct awk_value *how = info ? awk_array_find(a, info, awk_key_of_text(str_lit("sorted_in"))) : NULL;
            s = how && how->type != AWK_ARRAY ? awk_text(a, how) : (struct str){0};
            if (s.length && !str_is(s, "@unsorted")) {
                if (awk_sort_start(a, array, NULL, s, false, true))
                    goto failed;
                if (i->scope == SCOPE_STACK)
                    awk_drop(a, *--sp);
                break;
            }
            v = awk_array_keys(a, array);
            if (i->scope == SCOPE_STACK)
                awk_drop(a, *--sp);
            *sp++ = v;
            i += 2;
            continue;
        }
        case OP_NEXT_KEY:
            if (sp[-1].at < sp[-1].keys->count) {
                *sp = sp[-1].keys->items[sp[-1].at++];
                sp++;
                break;
            }
            JUMP(i->a);
            continue;
        case OP_DROP_KEYS: awk_drop(a, *--sp); break;
        case OP_CASE:
            *sp = i->extra ? (struct awk_value){.type = AWK_STRING, .string = i->string} : awk_of_number(i->number);
            awk_settle(a, sp - 1);
            if (awk_compare(a, sp - 1, sp) == 0) { /* as by ==, whatever gawk's manual says */
                JUMP(i->a);
                continue;
            }
            break;
        case OP_CASE_REGEX: {
            struct regex *r = awk_regex_get(a, i->regex);
            FAIL_IF_FATAL();
            if (awk_match(a, r, awk_text(a, sp - 1))) {
                JUMP(i->a);
                continue;
            }
            break;
        }
        case OP_RANGE:
            if (a->ranges[i->n]) {
                i += i->a;
                continue;
            }
            break;
        case OP_RANGE_END:
            if (!i->extra) {
                a->ranges[i->n] = true;
            } else {
                truth = awk_truth(a, sp - 1);
                --sp;
                awk_drop(a, *sp);
                if (truth)
                    a->ranges[i->n] = false;
            }
            break;
        case OP_SYMBOLS:
            if (!awk_symbols(a, i->extra))
                goto failed;
            break;
        case OP_NEXT: case OP_NEXT_FILE:
            if (i->op == OP_NEXT_FILE)
                a->skip_file = true;
            a->top = (size_t)(sp - a->stack);
            if (a->in_begin_file || a->in_end_file) {
                int32_t back = a->frames[0].back;
                awk_unwind(a);
                sp = a->stack;
                i = a->program.code + back;
                continue;
            }
            awk_unwind(a);
            sp = a->stack;
            if (a->part != PART_MAIN) {
                awk_fatal(a, "`%s' cannot be called from a `%s' rule", i->op == OP_NEXT ? "next" : "nextfile",
                          a->part == PART_BEGIN ? "BEGIN" : "END");
                goto failed;
            }
            i = a->program.code + a->program.next_record;
            continue;
        case OP_EXIT:
            if (i->extra) {
                x = awk_number(a, sp - 1);
                a->exit_status = (int)(awk_to_int(x) & 255);
                awk_drop(a, *--sp);
            }
            a->top = (size_t)(sp - a->stack);
            awk_unwind(a);
            meter_charge(a->heap->meter, steps);
            return PROGRAM_EXIT;
        case OP_NEXT_RECORD: {
            enum awk_verdict verdict;
            check_empty(a, sp);
            a->top = (size_t)(sp - a->stack);
            meter_charge(a->heap->meter, steps - 1);
            steps = 1;
            if (awk_read_line(a, &verdict)) {
                if (verdict != VERDICT_NO)
                    i = a->program.code + a->program.main + (verdict == VERDICT_YES ? a->program.filter_length : 0);
                continue;
            }
            FAIL_IF_FATAL();
            if (a->main_reader.searching)
                goto later_same;
            wait = awk_read_main(a, false);
            if (wait < 0)
                goto waiting;
            if (wait == READ_RECORD) {
                wait = 0;
                i = a->program.code + a->program.main;
                continue;
            }
            if (wait == READ_END) {
                meter_charge(a->heap->meter, steps);
                return PART_DONE;
            }
            push_frame(a, (int32_t)(i - a->program.code), (int32_t)a->base, -1);
            i = a->program.code + (wait == READ_BEGIN_FILE ? a->program.begin_file : a->program.end_file);
            wait = 0;
            continue;
        }
        case OP_AFTER_FILE: {
            struct awk_frame *f = &a->frames[--a->frame_count];
            a->base = (size_t)f->base;
            i = a->program.code + f->back;
            continue;
        }
        case OP_SORT: {
            struct awk_array *source, *target;
            from = sp - i->a;
            source = array_of(a, from, SCOPE_STACK, 0);
            FAIL_IF_FATAL();
            target = i->a > 1 ? array_of(a, from + 1, SCOPE_STACK, 0) : source;
            FAIL_IF_FATAL();
            s = i->a > 2 ? awk_text(a, from + 2) : i->extra == FUN_ASORTI ? str_lit("@ind_str_asc") : str_lit("@val_type_asc");
            if (awk_sort_start(a, source, target, s, i->extra == FUN_ASORTI, false))
                goto failed;
            while (sp > from)
                awk_drop(a, *--sp);
            break;
        }
        case OP_SORT_STEP: {
            struct awk_value arguments[4];
            int32_t index;
            if (awk_sort_asked(a)) {
                awk_sort_answer(a, awk_number(a, sp - 1));
                awk_drop(a, *--sp);
            }
            struct awk_value result;
            wait = awk_sort_step(a, arguments, &result, &index);
            if (wait < 0)
                goto waiting;
            if (wait) {
                wait = 0;
                *sp++ = result;
                break;
            }
            struct awk_function *f = &a->program.functions[index];
            if (f->parameters < 4)
                warn_of_arguments(a, f);
            a->top = (size_t)(sp - a->stack);
            make_room(a, (size_t)f->parameters + 4 + a->program.depth);
            sp = a->stack + a->top;
            for (int n = 0; n < 4 || n < f->parameters; n++) {
                if (n < 4 && n >= f->parameters)
                    awk_drop(a, arguments[n]);
                else
                    *sp++ = n < 4 ? arguments[n] : (struct awk_value){0};
            }
            push_frame(a, (int32_t)(i - a->program.code), (int32_t)a->top, index);
            i = a->program.code + f->entry;
            continue;
        }
        default: break;
        }
        i++;
    }

later:
    steps++;
later_same:
    wait = AWK_LATER;
waiting:
    a->pc = (int32_t)(i - a->program.code);
    a->top = (size_t)(sp - a->stack);
    meter_charge(a->heap->meter, steps - 1);
    return a->fatal ? AWK_FAILED : wait;
failed:
    a->pc = (int32_t)(i - a->program.code);
    a->top = (size_t)(sp - a->stack);
    meter_charge(a->heap->meter, steps);
    return AWK_FAILED;
}

/* Begins a part of the program: false when there is none. */
static bool begin(struct awk *a, enum awk_part part)
{
    struct awk_program *g = &a->program;
    int32_t entry = part == PART_BEGIN ? g->begin : part == PART_MAIN ? g->next_record : g->end;
    a->part = part;
    if (entry < 0)
        return false;
    a->pc = entry;
    return true;
}

int awk_run(struct awk *a)
{
    struct awk_program *g = &a->program;
    if (!a->stack) {
        a->room = g->depth + 64;
        a->stack = heap_alloc(a->heap, a->room * sizeof *a->stack);
        a->ranges = heap_zero(a->heap, g->ranges + 1);
        if (!begin(a, PART_BEGIN) && !begin(a, PART_MAIN) && !begin(a, PART_END))
            return 0;
    }
    for (;;) {
        int answer = run(a);
        if (answer < 0)
            return answer;
        bool more = false;
        if (answer == PROGRAM_EXIT) {
            if (a->exiting || a->part == PART_END)
                return 0;
            a->exiting = true;
            more = begin(a, PART_END);
        } else if (a->part == PART_BEGIN) {
            more = begin(a, PART_MAIN) || begin(a, PART_END);
        } else if (a->part == PART_MAIN) {
            more = begin(a, PART_END);
        }
        if (!more)
            return 0;
    }
}
