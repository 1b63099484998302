/* builtins/bc/run.c - the machine of bc: instructions over a stack of numbers, which can be left at any of them. */
#include "builtins/bc/bc.h"

/* --- messages -------------------------------------------------------------------------------------------------- */

static void tell(struct bc *b, const struct bc_instruction *i, int32_t back, const char *kind, const char *format, ...)
{
    struct buf text;
    va_list arguments;
    int32_t f = b->call_count ? b->calls[b->call_count - 1].function : -1;
    va_start(arguments, format);
    buf_init(&text, b->heap);
    buf_print_list(&text, format, arguments);
    va_end(arguments);
    call_complain(b->c, "Runtime %s (func=%S, adr=%d): %S\n", kind, f < 0 ? str_lit("(main)") : b->functions[f].name,
                  (int)(i->address - back), buf_str(&text));
    buf_drop(&text);
}

/* --- the stack, variables, arrays ---------------------------------------------------------------------------------- */

static void push(struct bc *b, struct number *n)
{
    if (b->top == b->stack_room) {
        b->stack_room = b->top + b->top / 2 + 16;
        b->stack = heap_resize(b->heap, b->stack, b->stack_room * sizeof *b->stack);
    }
    b->stack[b->top++] = (struct bc_value){.number = n};
}

static void drop(struct bc *b, size_t count)
{
    while (count--) {
        struct bc_value *v = &b->stack[--b->top];
        number_drop(b->heap, v->number);
    }
}

/* The topmost number but `depth`. */
static struct number *peek(const struct bc *b, size_t depth)
{
    return b->stack[b->top - 1 - depth].number;
}

/* Takes the place of the topmost `count`. */
static void replace(struct bc *b, size_t count, struct number *n)
{
    drop(b, count);
    push(b, n);
}

void bc_run_names(struct bc *b)
{
    size_t variables = b->names[0].count + BC_FIRST_VARIABLE, arrays = b->names[1].count + 1;
    while (b->variable_count < variables) {
        b->variables = array_grow(b->heap, b->variables, b->variable_count, sizeof *b->variables);
        b->variables[b->variable_count++] = NULL;
    }
    while (b->array_count < arrays) {
        b->arrays = array_grow(b->heap, b->arrays, b->array_count, sizeof *b->arrays);
        b->arrays[b->array_count++] = NULL;
    }
}

static struct bc_array *array_new(struct bc *b)
{
    struct bc_array *a = heap_new(b->heap, struct bc_array);
    a->owners = 1;
    return a;
}

static void array_release(struct bc *b, struct bc_array *a)
{
    if (!a || --a->owners)
        return;
    for (size_t i = 0; i < a->count; i++) {
        for (int k = 0; a->pages[i] && k < BC_PAGE; k++)
            number_drop(b->heap, a->pages[i][k]);
        heap_free(b->heap, a->pages[i]);
    }
    heap_free(b->heap, a->pages);
    heap_free(b->heap, a);
}

static struct bc_array *array_copy(struct bc *b, const struct bc_array *from)
{
    struct bc_array *a = array_new(b);
    if (!from || !from->count)
        return a;
    a->pages = heap_zero(b->heap, from->count * sizeof *a->pages);
    a->count = from->count;
    a->length = from->length;
    meter_charge(b->heap->meter, (int64_t)(a->count / 8));
    for (size_t i = 0; i < from->count; i++) {
        if (!from->pages[i])
            continue;
        meter_charge(b->heap->meter, BC_PAGE / 8);
        a->pages[i] = heap_alloc(b->heap, BC_PAGE * sizeof **a->pages);
        memcpy(a->pages[i], from->pages[i], BC_PAGE * sizeof **a->pages);
        for (int k = 0; k < BC_PAGE; k++)
            if (a->pages[i][k])
                number_share(a->pages[i][k]);
    }
    return a;
}

/* Where an element is; NULL when it is not there and not to be made. */
static struct number **element(struct bc *b, int32_t index, int64_t at, bool make)
{
    struct bc_array *a = b->arrays[index];
    size_t page = (size_t)at / BC_PAGE;
    if (!a) {
        if (!make)
            return NULL;
        a = b->arrays[index] = array_new(b);
    }
    if (page >= a->count) {
        if (!make)
            return NULL;
        size_t count = page + page / 8 + 1;
        a->pages = heap_resize(b->heap, a->pages, count * sizeof *a->pages);
        memset(a->pages + a->count, 0, (count - a->count) * sizeof *a->pages);
        meter_charge(b->heap->meter, (int64_t)((page + 1 - a->count) / 8));
        a->count = count;
    }
    if (!a->pages[page]) {
        if (!make)
            return NULL;
        a->pages[page] = heap_zero(b->heap, BC_PAGE * sizeof **a->pages);
    }
    if (make && at >= a->length)
        a->length = at + 1;
    return &a->pages[page][at % BC_PAGE];
}

static struct str name_of_array(const struct bc *b, int32_t index)
{
    struct str name = {0};
    uint32_t walk = 0;
    union map_value *v;
    while (map_next(&b->names[1], &walk, &name, &v))
        if (v->number == index)
            break;
    return name;
}

static bool subscript(struct bc *b, const struct bc_instruction *i, const struct number *n, int64_t *at)
{
    *at = number_to_int(n);
    if (*at >= 0 && *at <= BC_MOST_INDEX && (*at != 0 || number_is_zero(n)))
        return true;
    tell(b, i, 0, "error", "Array %S subscript out of bounds.", name_of_array(b, i->index));
    return false;
}

static void set(struct bc *b, struct number **to, struct number *n)
{
    struct number *old = *to;
    *to = n;
    number_drop(b->heap, old);
}

/* A new number. */
static struct number *get(struct bc *b, int32_t index)
{
    switch (index) {
    case BC_IBASE: return number_from(b->heap, b->ibase);
    case BC_OBASE: return number_from(b->heap, b->obase);
    case BC_SCALE_VARIABLE: return number_from(b->heap, b->scale);
    case BC_HISTORY: return number_from(b->heap, b->history);
    default: return number_share(b->variables[index] ? b->variables[index] : b->zero);
    }
}

static void put(struct bc *b, const struct bc_instruction *i, struct number *n)
{
    static const struct {
        const char *name;
        int64_t least, most, negative;
    } special[] = {
        {"ibase", 2, 36, 2}, {"obase", 2, INT32_MAX, 2}, {"scale", 0, INT32_MAX, 0}, {"history", -1, INT32_MAX, -1},
    };
    if (i->index > BC_HISTORY) {
        set(b, &b->variables[i->index], number_share(n));
        return;
    }
    int64_t value = number_to_int(n), least = special[i->index].least, most = special[i->index].most;
    const char *name = special[i->index].name;
    if (n->negative) {
        value = special[i->index].negative;
        tell(b, i, 0, "warning", "negative %s, set to %d", name, (int)value);
    } else if (value > most || (value == 0 && !number_is_zero(n) && number_digits(n) > 1)) {
        value = most;
        tell(b, i, 0, "warning", "%s too large, set to %d", name, (int)value);
    } else if (value < least) {
        value = least;
        tell(b, i, 0, "warning", "%s too small, set to %d", name, (int)value);
    }
    switch (i->index) {
    case BC_IBASE: b->ibase = (int32_t)value; break;
    case BC_OBASE: b->obase = value; break;
    case BC_SCALE_VARIABLE: b->scale = (uint32_t)value; break;
    default: b->history = value;
    }
}

static void step_variable(struct bc *b, const struct bc_instruction *i, bool up)
{
    int64_t value;
    switch (i->index) {
    case BC_IBASE:
        if (up ? b->ibase < 36 : b->ibase > 2)
            b->ibase += up ? 1 : -1;
        else
            tell(b, i, 0, "warning", up ? "ibase too big in ++" : "ibase too small in --");
        break;
    case BC_OBASE:
        if (up ? b->obase < INT32_MAX : b->obase > 2)
            b->obase += up ? 1 : -1;
        else
            tell(b, i, 0, "warning", up ? "obase too big in ++" : "obase too small in --");
        break;
    case BC_SCALE_VARIABLE:
        value = (int64_t)b->scale + (up ? 1 : -1);
        if (value >= 0 && value <= INT32_MAX)
            b->scale = (uint32_t)value;
        else
            tell(b, i, 0, "warning", up ? "Scale too big in ++" : "scale can not be negative in -- ");
        break;
    case BC_HISTORY: b->history += up ? 1 : -1; break;
    default: {
        struct number **v = &b->variables[i->index];
        set(b, v, number_add(b->heap, *v ? *v : b->zero, b->one, !up, 0));
    }
    }
}

/* --- functions -------------------------------------------------------------------------------------------------------- */

static void save(struct bc *b, bool is_array, int32_t index)
{
    b->saved = array_grow(b->heap, b->saved, b->saved_count, sizeof *b->saved);
    struct bc_saved *s = &b->saved[b->saved_count++];
    *s = (struct bc_saved){is_array, index, NULL};
    if (is_array) {
        s->old = b->arrays[index];
        b->arrays[index] = NULL;
    } else {
        s->old = b->variables[index];
        b->variables[index] = NULL;
    }
}

static void leave(struct bc *b)
{
    size_t down = b->calls[--b->call_count].saved;
    while (b->saved_count > down) {
        struct bc_saved *s = &b->saved[--b->saved_count];
        if (s->is_array) {
            array_release(b, b->arrays[s->index]);
            b->arrays[s->index] = s->old;
        } else {
            number_drop(b->heap, b->variables[s->index]);
            b->variables[s->index] = s->old;
        }
    }
}

/* Do the arguments fit? */
static bool check_arguments(struct bc *b, const struct bc_instruction *i, const struct bc_function *f)
{
    size_t count = (size_t)i->count, first = b->top - count;
    int32_t mark = (int32_t)count + 1; /* bytes of the instruction behind the function's number */
    bool good = true;
    for (size_t k = 0; k < count; k++) {
        if (k >= f->parameters) {
            tell(b, i, mark - 1 - (int32_t)k, "error", "Parameter number mismatch");
            good = false;
        } else if ((f->names[k].kind == BC_SIMPLE) != (b->stack[first + k].number != NULL)) {
            if (f->names[k].kind == BC_SIMPLE)
                tell(b, i, mark - 1 - (int32_t)k, "error", "Parameter type mismatch, parameter (null).");
            else
                tell(b, i, mark - 1 - (int32_t)k, "error", "Parameter type mismatch parameter %S.", name_of_array(b, f->names[k].index));
            tell(b, i, 0, "error", "Parameter number mismatch");
            return false;
        }
    }
    if (good && count < f->parameters) {
        tell(b, i, 0, "error", "Parameter number mismatch");
        good = false;
    }
    return good;
}

static bool enter(struct bc *b, const struct bc_instruction *i, int32_t back)
{
    struct bc_function *f = &b->functions[i->index];
    size_t count = (size_t)i->count, first = b->top - count;
    if (!f->defined) {
        tell(b, i, i->count + 1, "error", "Function %S not defined.", f->name);
        return false;
    }
    if (!check_arguments(b, i, f))
        return false;
    size_t saved = b->saved_count;
    struct bc_array **arrays = NULL;
    for (size_t k = 0; k < count; k++) { /* all are taken before any name changes its meaning */
        if (f->names[k].kind == BC_SIMPLE)
            continue;
        if (!arrays)
            arrays = heap_zero(b->heap, count * sizeof *arrays);
        struct bc_array **from = &b->arrays[b->stack[first + k].array];
        if (f->names[k].kind == BC_BY_VARIABLE) {
            if (!*from)
                *from = array_new(b);
            (*from)->owners++;
            arrays[k] = *from;
        } else {
            arrays[k] = array_copy(b, *from);
        }
    }
    for (size_t k = 0; k < f->name_count; k++) {
        struct bc_name *n = &f->names[k];
        save(b, n->kind != BC_SIMPLE, n->index);
        if (k >= count)
            continue;
        if (n->kind == BC_SIMPLE) {
            b->variables[n->index] = b->stack[first + k].number;
            b->stack[first + k].number = NULL;
        } else {
            b->arrays[n->index] = arrays[k];
        }
    }
    heap_free(b->heap, arrays);
    drop(b, count);
    meter_charge(b->heap->meter, (int64_t)f->name_count);
    b->calls[b->call_count - 1].at = back;
    b->calls = array_grow(b->heap, b->calls, b->call_count, sizeof *b->calls);
    b->calls[b->call_count++] = (struct bc_call){.function = i->index, .base = (uint8_t)b->ibase, .saved = saved};
    return true;
}

/* --- operations ------------------------------------------------------------------------------------------------------------ */

static struct number_work *work(struct bc *b, enum number_operation operation, const struct number *a, const struct number *c)
{
    b->working = true;
    b->work = (struct number_work){.heap = b->heap, .operation = operation, .a = a, .b = c, .scale = b->scale};
    return &b->work;
}

/* The same for what is small, without more ado; NULL: it is not. */
static struct number *calculate_small(struct bc *b, unsigned op, const struct number *left, const struct number *right)
{
    if (!number_is_small(left) || !number_is_small(right))
        return NULL;
    int64_t x = number_small(left), y = number_small(right);
    if (op == BC_MULTIPLY)
        return left->count <= 1 && right->count <= 1 ? number_from(b->heap, x * y) : NULL;
    if (b->scale || !y || (op != BC_DIVIDE && op != BC_REMAINDER))
        return NULL;
    return number_from(b->heap, op == BC_DIVIDE ? x / y : x % y);
}

/* 0: to be gone on with; 1: done; -1: an error was told. */
static int calculate(struct bc *b, const struct bc_instruction *i)
{
    if (!b->working) {
        const struct number *right = peek(b, 0), *left = i->op == BC_SQRT ? right : peek(b, 1);
        struct number *result = calculate_small(b, i->op, left, right);
        if (result) {
            replace(b, 2, result);
            return 1;
        }
        switch (i->op) {
        case BC_MULTIPLY: work(b, NUMBER_MULTIPLY, left, right); break;
        case BC_DIVIDE: case BC_REMAINDER:
            if (number_is_zero(right)) {
                tell(b, i, 0, "error", i->op == BC_DIVIDE ? "Divide by zero" : "Modulo by zero");
                return -1;
            }
            work(b, i->op == BC_DIVIDE ? NUMBER_DIVIDE : NUMBER_REMAINDER, left, right);
            break;
        case BC_POWER: {
            int64_t exponent = number_to_int(right);
            if (right->scale)
                tell(b, i, 0, "warning", "non-zero scale in exponent");
            if ((exponent == 0 && right->count > right->fraction) || exponent > INT32_MAX || exponent < -INT32_MAX) {
                tell(b, i, 0, "error", "exponent too large in raise");
                return -1;
            }
            if (exponent < 0 && number_is_zero(left)) {
                tell(b, i, 0, "error", "divide by zero");
                return -1;
            }
            work(b, NUMBER_POWER, left, NULL)->exponent = exponent;
            break;
        }
        default:
            if (right->negative) {
                tell(b, i, 0, "error", "Square root of a negative number");
                return -1;
            }
            work(b, NUMBER_ROOT, right, NULL);
        }
    }
    if (!number_run(&b->work))
        return 0;
    b->working = false;
    replace(b, i->op == BC_SQRT ? 1 : 2, b->work.result);
    return 1;
}

/* A number of the program, in the base that is in force. */
static bool constant(struct bc *b, struct bc_instruction *i)
{
    const struct bc_call *call = &b->calls[b->call_count - 1];
    uint8_t base = call->function < 0 ? (uint8_t)b->ibase : call->base;
    if (i->number && i->base == base) {
        push(b, number_share(i->number));
        return true;
    }
    if (!b->working) {
        buf_clear(&b->digits);
        ptrdiff_t dot = str_find(i->text, '.');
        size_t whole = dot < 0 ? i->text.length : (size_t)dot;
        for (size_t k = 0; k < i->text.length; k++) {
            char c = i->text.data[k];
            if (c == '.')
                continue;
            int digit = c <= '9' ? c - '0' : c - 'A' + 10;
            if (digit >= base && (whole > 1 || k > 0)) /* but one alone is what it is */
                digit = base - 1;
            buf_add_byte(&b->digits, (char)digit);
        }
        struct number_work *w = work(b, NUMBER_PARSE, NULL, NULL);
        w->base = i->text.length > 1 ? base : 36;
        w->digits = buf_str(&b->digits);
        w->whole = whole;
    }
    if (!number_run(&b->work))
        return false;
    b->working = false;
    number_drop(b->heap, i->number);
    i->number = b->work.result;
    i->base = base;
    push(b, number_share(i->number));
    return true;
}

static bool print_number(struct bc *b, bool line)
{
    if (!b->working) {
        buf_clear(&b->printed);
        if (b->obase == 10) {
            number_print(&b->printed, peek(b, 0));
            goto made;
        }
        struct number_work *w = work(b, NUMBER_PRINT, peek(b, 0), NULL);
        w->base = (uint64_t)b->obase;
        w->out = &b->printed;
    }
    if (!number_run(&b->work))
        return false;
    b->working = false;
made:
    if (line)
        buf_add_byte(&b->printed, '\n');
    bc_print(b, buf_str(&b->printed));
    set(b, &b->variables[BC_LAST], number_share(peek(b, 0)));
    drop(b, 1);
    return true;
}

/* The text of a print statement, with its escapes. */
static void print_string(struct bc *b, struct str text)
{
    static const char names[] = "abfnrtq\\\"", values[] = "\a\b\f\n\r\t\"\\\"";
    buf_clear(&b->printed);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '\\' || i + 1 == text.length) {
            buf_add_byte(&b->printed, text.data[i]);
            continue;
        }
        const char *at = memchr(names, text.data[++i], sizeof names - 1);
        if (at)
            buf_add_byte(&b->printed, values[at - names]);
    }
    bc_print(b, buf_str(&b->printed));
}

static uint64_t length_of(const struct number *n)
{
    if (n->count == n->fraction && n->scale)
        return n->scale;
    return number_digits(n) + n->scale;
}

/* read(): a number of standard input, after blanks; what ends it is taken too. 0, E_WAIT, BC_LATER. */
static int read_number(struct bc *b)
{
    struct str text;
    size_t at = 0, whole = 0;
    bool negative = false, point = false;
    int answer;
    if (b->working)
        goto run;
    for (;;) {
        answer = bc_read_text(b, &text);
        if (answer < 0)
            return answer;
        if (answer > 0) { /* the end */
            push(b, number_share(b->zero));
            return 0;
        }
        for (at = 0; at < text.length && (text.data[at] == ' ' || text.data[at] == '\t' || text.data[at] == '\n'); at++)
            ;
        if (at < text.length)
            break;
        bc_read_used(b, at);
    }
    if (text.data[at] == '-' || text.data[at] == '+')
        negative = text.data[at++] == '-';
    buf_clear(&b->digits);
    size_t from = at;
    for (; at < text.length; at++) {
        char c = text.data[at];
        bool is_digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        if (c == '.' && !point) {
            point = true;
            whole = b->digits.length;
        } else if (is_digit) {
            buf_add_byte(&b->digits, (char)(c <= '9' ? c - '0' : c - 'A' + 10));
        } else {
            break;
        }
    }
    if (at == from) /* none at all: the line is skipped */
        at = text.length;
    for (size_t i = 0; at - from > 1 && i < b->digits.length; i++)
        if (b->digits.data[i] >= b->ibase)
            b->digits.data[i] = (char)(b->ibase - 1);
    bc_read_used(b, at < text.length ? at + 1 : at);
    struct number_work *w = work(b, NUMBER_PARSE, NULL, NULL);
    w->base = b->digits.length > 1 || point ? (uint64_t)b->ibase : 36;
    w->digits = buf_str(&b->digits);
    w->whole = point ? whole : b->digits.length;
    b->read_negative = negative;
run:
    if (!number_run(&b->work))
        return BC_LATER;
    b->working = false;
    b->work.result->negative = b->read_negative && !number_is_zero(b->work.result);
    push(b, b->work.result);
    return 0;
}

/* The numbers of the C library's rand() with the seed 1: a sum of what was 3 and 31 numbers before. */
static uint32_t random_number(struct bc *b)
{
    if (!b->random) {
        b->random = heap_alloc(b->heap, 31 * sizeof *b->random);
        int64_t word = 1;
        b->random[0] = 1;
        for (int i = 1; i < 31; i++) {
            word = word * 16807 % 2147483647;
            b->random[i] = (uint32_t)word;
        }
        b->random_at = 3;
        for (int i = 0; i < 310; i++)
            random_number(b);
    }
    int at = b->random_at;
    b->random[at] += b->random[(at + 28) % 31];
    b->random_at = (at + 1) % 31;
    return b->random[at] >> 1;
}

/* --- the loop ------------------------------------------------------------------------------------------------------------------ */

void bc_run_start(struct bc *b)
{
    b->ibase = b->obase = 10;
    b->history = -1;
    b->zero = number_from(b->heap, 0);
    b->one = number_from(b->heap, 1);
    bc_run_names(b);
}

static void stop(struct bc *b)
{
    while (b->call_count) {
        if (b->calls[b->call_count - 1].function < 0)
            b->call_count--;
        else
            leave(b);
    }
    drop(b, b->top);
}

static bool compare(unsigned op, int order)
{
    switch (op) {
    case BC_EQUAL: return order == 0;
    case BC_NOT_EQUAL: return order != 0;
    case BC_LESS: return order < 0;
    case BC_LESS_EQUAL: return order <= 0;
    case BC_GREATER: return order > 0;
    default: return order >= 0;
    }
}

int bc_run(struct bc *b)
{
    if (!b->call_count) {
        b->calls = array_grow(b->heap, b->calls, 0, sizeof *b->calls);
        b->calls[b->call_count++] = (struct bc_call){.function = -1};
        b->pc = 0;
    }
    for (;;) {
        int32_t f = b->calls[b->call_count - 1].function;
        struct bc_code *code = f < 0 ? &b->main : &b->functions[f].code;
        if (!call_go(b->c))
            return BC_LATER;
        if ((size_t)b->pc >= code->count) {
            stop(b);
            return 0;
        }
        struct bc_instruction *i = &code->items[b->pc];
        struct number **place;
        int64_t at;
        bool up;
        int answer;
        if (!b->working && i->op != BC_READ)
            call_charge(b->c, 1);
        switch ((enum bc_op)i->op) {
        case BC_NUMBER:
            if (!constant(b, i))
                return BC_LATER;
            break;
        case BC_LOAD: push(b, get(b, i->index)); break;
        case BC_LOAD_ELEMENT:
            if (!subscript(b, i, peek(b, 0), &at))
                goto failed;
            place = element(b, i->index, at, false);
            replace(b, 1, number_share(place && *place ? *place : b->zero));
            break;
        case BC_STORE: put(b, i, peek(b, 0)); break;
        case BC_STORE_ELEMENT:
            if (!subscript(b, i, peek(b, 1), &at))
                goto failed;
            set(b, element(b, i->index, at, true), number_share(peek(b, 0)));
            replace(b, 2, number_share(peek(b, 0)));
            break;
        case BC_STEP_UP: case BC_STEP_DOWN: step_variable(b, i, i->op == BC_STEP_UP); break;
        case BC_STEP_UP_ELEMENT: case BC_STEP_DOWN_ELEMENT:
            up = i->op == BC_STEP_UP_ELEMENT;
            if (!subscript(b, i, peek(b, (size_t)i->count), &at))
                goto failed;
            place = element(b, i->index, at, true);
            set(b, place, number_add(b->heap, *place ? *place : b->zero, b->one, !up, 0));
            if (i->count)
                replace(b, 2, number_share(peek(b, 0)));
            else
                drop(b, 1);
            break;
        case BC_DUPLICATE: push(b, number_share(peek(b, 0))); break;
        case BC_POP: drop(b, 1); break;
        case BC_ADD: case BC_SUBTRACT:
            replace(b, 2, number_add(b->heap, peek(b, 1), peek(b, 0), i->op == BC_SUBTRACT, 0));
            break;
        case BC_MULTIPLY: case BC_DIVIDE: case BC_REMAINDER: case BC_POWER: case BC_SQRT:
            answer = calculate(b, i);
            if (answer == 0)
                return BC_LATER;
            if (answer < 0)
                goto failed;
            break;
        case BC_NEGATE: replace(b, 1, number_negate(b->heap, peek(b, 0))); break;
        case BC_NOT: replace(b, 1, number_share(number_is_zero(peek(b, 0)) ? b->one : b->zero)); break;
        case BC_EQUAL: case BC_NOT_EQUAL: case BC_LESS: case BC_LESS_EQUAL: case BC_GREATER: case BC_GREATER_EQUAL:
            replace(b, 2, number_share(compare(i->op, number_compare(b->heap, peek(b, 1), peek(b, 0))) ? b->one : b->zero));
            break;
        case BC_JUMP: b->pc = i->index; continue;
        case BC_JUMP_ZERO: case BC_JUMP_NOT_ZERO:
            up = number_is_zero(peek(b, 0)) == (i->op == BC_JUMP_ZERO);
            drop(b, 1);
            if (up) {
                b->pc = i->index;
                continue;
            }
            break;
        case BC_PRINT_LINE: case BC_PRINT:
            if (!print_number(b, i->op == BC_PRINT_LINE))
                return BC_LATER;
            break;
        case BC_PRINT_TEXT: bc_print(b, i->text); break;
        case BC_PRINT_STRING: print_string(b, i->text); break;
        case BC_ARRAY:
            push(b, NULL);
            b->stack[b->top - 1].array = i->index;
            break;
        case BC_CALL:
            if (!enter(b, i, b->pc + 1))
                goto failed;
            b->pc = 0;
            continue;
        case BC_RETURN:
            leave(b);
            b->pc = b->calls[b->call_count - 1].at;
            continue;
        case BC_LENGTH: replace(b, 1, number_from(b->heap, (int64_t)length_of(peek(b, 0)))); break;
        case BC_ARRAY_LENGTH: push(b, number_from(b->heap, b->arrays[i->index] ? b->arrays[i->index]->length : 0)); break;
        case BC_SCALE: replace(b, 1, number_from(b->heap, peek(b, 0)->scale)); break;
        case BC_READ:
            answer = read_number(b);
            if (answer)
                return answer;
            call_charge(b->c, 1);
            break;
        case BC_RANDOM: push(b, number_from(b->heap, random_number(b))); break;
        case BC_HALT: return 1;
        }
        b->pc++;
        continue;
    failed:
        stop(b);
        return 0;
    }
}
