/* builtins/dc.c - a calculator that works on a stack. */
#include "base/map.h"
#include "base/number.h"
#include "builtins/bc/number.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'e', "expression", "EXPR", "evaluate expression"},
    {'f', "file", "FILE", "evaluate contents of file"},
    {'h', NULL, NULL, "display this help and exit"},
    {'V', NULL, NULL, "output version information and exit"},
    {0},
};

/* A string is counted by those who hold it. */
struct string {
    uint32_t owners;
    size_t length;
    char data[];
};
struct value {
    struct number *number;
    struct string *string; /* with number NULL; both NULL: nothing */
};
/* One of the values of a register, with the array that belongs to it. */
struct level {
    struct value value;
    struct map *array;     /* by index; NULL: empty */
};
struct reg {
    struct level *levels;
    size_t count;
};
/* A string being executed. */
struct frame {
    struct string *string;
    size_t at;
    int64_t calls;         /* macros executed in it, one in place of the other, each at the end of the one before */
    bool from_option;      /* of -e: the end of it is told otherwise */
};

enum { NO_COMMAND = 256, READ_LINE /* of ? */, RUN_COMMAND /* of ! */ };

struct dc {
    struct call *c;
    struct heap *heap;
    struct value *stack;
    size_t count;
    struct reg registers[256];
    struct frame *frames;
    size_t frame_count;
    int32_t scale, ibase;
    int64_t obase;

    /* where commands come from: options in their order, operands, standard input */
    size_t option, operand;
    bool use_standard;
    struct input *input, *standard;
    struct buf line;         /* of a file */
    size_t at;
    struct buf text;         /* of [ that spans lines */
    int64_t depth;           /* brackets open in it; 0: none */
    struct buf answer;       /* of ?, when the program is elsewhere */

    /* the command being done */
    int command;
    bool working;
    struct number_work work;
    struct buf digits, printed;
    bool negative;           /* the number being read */
    bool line_end;           /* a newline follows the number being printed */
    struct number *absolute;
    size_t at_value;         /* of f: values still to be printed */
    struct task *child;
    struct str command_line;
    int64_t width;
    bool over;
    int status;
};

/* --- values -------------------------------------------------------------------------------------------------- */

static struct string *string_new(struct dc *d, struct str s)
{
    struct string *string = heap_alloc(d->heap, sizeof *string + s.length);
    *string = (struct string){.owners = 1, .length = s.length};
    if (s.length)
        memcpy(string->data, s.data, s.length);
    call_charge_bytes(d->c, s.length);
    return string;
}

static void string_drop(struct dc *d, struct string *s)
{
    if (s && --s->owners == 0)
        heap_free(d->heap, s);
}

static void value_drop(struct dc *d, struct value v)
{
    number_drop(d->heap, v.number);
    string_drop(d, v.string);
}

static struct value value_share(struct value v)
{
    if (v.number)
        number_share(v.number);
    if (v.string)
        v.string->owners++;
    return v;
}

static void push(struct dc *d, struct value v)
{
    d->stack = array_grow(d->heap, d->stack, d->count, sizeof *d->stack);
    d->stack[d->count++] = v;
}

static void push_number(struct dc *d, struct number *n)
{
    push(d, (struct value){.number = n});
}

static void push_int(struct dc *d, int64_t value)
{
    push_number(d, number_from(d->heap, value));
}

static void drop(struct dc *d, size_t count)
{
    while (count--)
        value_drop(d, d->stack[--d->count]);
}

static struct value *peek(struct dc *d, size_t depth)
{
    return &d->stack[d->count - 1 - depth];
}

/* Are there so many? */
static bool need(struct dc *d, size_t count)
{
    if (d->count >= count)
        return true;
    call_complain(d->c, "dc: stack empty\n");
    return false;
}

/* Are there so many numbers? */
static bool need_numbers(struct dc *d, size_t count)
{
    if (!need(d, count))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!peek(d, i)->number) {
            call_complain(d->c, "dc: non-numeric value\n");
            return false;
        }
    return true;
}

/* A number as a C integer: -1 for what is none. */
static int64_t to_int(struct dc *d, struct value v)
{
    if (!v.number)
        return -1;
    int64_t value = number_to_int(v.number);
    if (value > (int64_t)INT32_MAX + 1 || value < INT32_MIN || (value == 0 && !number_is_zero(v.number))) {
        call_complain(d->c, "dc: value overflows simple integer; punting...\n");
        return -1;
    }
    return value;
}

/* Takes the topmost value as an integer; false when there is none. */
static bool take_int(struct dc *d, int64_t *value, bool *is_number)
{
    if (!need(d, 1))
        return false;
    *is_number = peek(d, 0)->number != NULL;
    *value = to_int(d, *peek(d, 0));
    drop(d, 1);
    return true;
}

/* --- output ------------------------------------------------------------------------------------------------------ */

/* Each number begins a count of its own. */
static void print_folded(struct dc *d, struct str text)
{
    call_charge_bytes(d->c, text.length);
    while (d->width && text.length > (size_t)d->width - 1) {
        call_print(d->c, str_first(text, (size_t)d->width - 1));
        call_print_text(d->c, "\\\n");
        text = str_after(text, (size_t)d->width - 1);
    }
    call_print(d->c, text);
}

static void print_string(struct dc *d, const struct string *s)
{
    call_print(d->c, str_of(s->data, s->length));
    call_charge_bytes(d->c, s->length);
}

static void finish_print(struct dc *d)
{
    print_folded(d, buf_str(&d->printed));
    if (d->line_end)
        call_print_byte(d->c, '\n');
}

static struct number_work *work(struct dc *d, enum number_operation operation, const struct number *a, const struct number *b)
{
    d->working = true;
    d->work = (struct number_work){.heap = d->heap, .operation = operation, .a = a, .b = b, .scale = (uint32_t)d->scale};
    return &d->work;
}

/* A value of the stack, which stays there until it is printed. */
static void print(struct dc *d, const struct value *v, bool line_end)
{
    d->line_end = line_end;
    buf_clear(&d->printed);
    if (v->string) {
        print_string(d, v->string);
        if (line_end)
            call_print_byte(d->c, '\n');
    } else if (d->obase == 10) {
        number_print(&d->printed, v->number);
        finish_print(d);
    } else {
        struct number_work *w = work(d, NUMBER_PRINT, v->number, NULL);
        w->base = (uint64_t)d->obase;
        w->out = &d->printed;
    }
}

/* What was printed in base 256 as " 065 066" is bytes. */
static void finish_bytes(struct dc *d)
{
    struct str text = buf_str(&d->printed);
    call_charge_bytes(d->c, text.length);
    if (text.length == 1) /* zero */
        call_print_byte(d->c, '\0');
    for (size_t i = 0; i + 4 <= text.length; i += 4)
        call_print_byte(d->c, (char)((text.data[i + 1] - '0') * 100 + (text.data[i + 2] - '0') * 10 + text.data[i + 3] - '0'));
    number_drop(d->heap, d->absolute);
}

static void print_bytes(struct dc *d)
{
    struct value v = *peek(d, 0);
    if (v.string) {
        print_string(d, v.string);
    } else {
        d->absolute = number_cut(d->heap, v.number, 0);
        d->absolute->negative = false;
        buf_clear(&d->printed);
        struct number_work *w = work(d, NUMBER_PRINT, d->absolute, NULL);
        w->base = 256;
        w->out = &d->printed;
    }
    drop(d, 1);
}

/* A byte as messages show it. */
static void unimplemented(struct dc *d, unsigned char c)
{
    call_complain(d->c, "dc: ");
    if (c > ' ' && c < 127)
        call_format(d->c, "'%c' (0%o) unimplemented\n", c, (unsigned)c);
    else
        call_format(d->c, c ? "0%o unimplemented\n" : "%o unimplemented\n", (unsigned)c);
}

/* --- where commands come from ---------------------------------------------------------------------------------------- */

static void execute(struct dc *d, struct string *s, bool from_option)
{
    if (d->frame_count) { /* nothing but blanks is left of the one being executed: it makes room */
        struct frame *f = &d->frames[d->frame_count - 1];
        size_t at = f->at;
        while (at < f->string->length && (f->string->data[at] == ' ' || (f->string->data[at] >= '\t' && f->string->data[at] <= '\r')))
            at++;
        call_charge_bytes(d->c, at - f->at);
        if (at == f->string->length) {
            string_drop(d, f->string);
            f->string = s;
            f->at = 0;
            f->calls++;
            return;
        }
    }
    d->frames = array_grow(d->heap, d->frames, d->frame_count, sizeof *d->frames);
    d->frames[d->frame_count++] = (struct frame){.string = s, .calls = 1, .from_option = from_option};
}

static void leave_frame(struct dc *d)
{
    string_drop(d, d->frames[--d->frame_count].string);
}

/* q and Q: leaves `levels` macros. Those that took the place of one another count as one for each, but go on. */
static void leave(struct dc *d, int64_t levels, bool quit)
{
    bool option = false;
    if (d->frame_count) {
        if (levels <= d->frames[d->frame_count - 1].calls)
            return;
        levels -= d->frames[d->frame_count - 1].calls;
        option = d->frames[0].from_option;
        leave_frame(d);
        while (d->frame_count && levels > 0) {
            leave_frame(d);
            levels--;
        }
        if (levels == 0)
            return;
    }
    if (quit) {
        d->over = true;
        d->status = !option;
    } else {
        call_complain(d->c, "dc: Q command argument exceeded string execution depth\n");
    }
}

static int open_standard(struct dc *d)
{
    return d->standard ? 0 : input_open(d->c, &d->standard, str_lit("-"), true);
}

/* Opens a file of commands: 0, E_WAIT, 1: it cannot be read. */
static int open_file(struct dc *d, struct str name)
{
    struct stat_info info;
    int error;
    if (str_is(name, "-")) {
        error = open_standard(d);
        d->input = d->standard;
        return error == E_WAIT ? E_WAIT : error != 0;
    }
    error = call_stat(d->c, name, true, &info);
    if (error == E_WAIT)
        return E_WAIT;
    if (error == 0 && info.kind == NODE_DIRECTORY) {
        call_complain(d->c, "dc: Will not attempt to process directory %S\n", name);
        return 1;
    }
    error = input_open(d->c, &d->input, name, false);
    if (error == E_WAIT)
        return E_WAIT;
    if (error) {
        call_complain(d->c, "dc: Could not open file %S\n", name);
        return 1;
    }
    return 0;
}

/* The next line of a file, or a frame of -e: 0, E_WAIT, 1 at the end of all. */
static int next_text(struct dc *d)
{
    struct call *c = d->c;
    for (;;) {
        int error;
        bool unended;
        if (d->input) {
            d->at = 0;
            buf_clear(&d->line);
            error = text_line(d->input, &d->line, &unended);
            if (error <= 0)
                return error;
            d->depth = 0; /* a string that is open is forgotten */
            if (d->input != d->standard)
                input_close(d->input);
            d->input = NULL;
        } else if (d->option < c->option_count) {
            struct given_option *o = &c->options[d->option];
            if (o->letter == 'f') {
                error = open_file(d, o->value);
                if (error == E_WAIT)
                    return E_WAIT;
            }
            d->option++;
            if (o->letter == 'e') {
                execute(d, string_new(d, o->value), true);
                return 0;
            }
        } else if (d->operand < c->operand_count) {
            error = open_file(d, c->operands[d->operand]);
            if (error == E_WAIT)
                return E_WAIT;
            d->operand++;
        } else if (d->use_standard) {
            error = open_standard(d);
            if (error == E_WAIT)
                return E_WAIT;
            d->use_standard = false;
            if (!error)
                d->input = d->standard;
        } else {
            return 1;
        }
    }
}

/* What is left of the text being executed. */
static struct str rest(struct dc *d)
{
    if (d->frame_count) {
        struct frame *f = &d->frames[d->frame_count - 1];
        return str_of(f->string->data + f->at, f->string->length - f->at);
    }
    return str_after(buf_str(&d->line), d->at);
}

static void take(struct dc *d, size_t count)
{
    if (d->frame_count)
        d->frames[d->frame_count - 1].at += count;
    else
        d->at += count;
}

/* The byte that names a register: false when the text ends before it. */
static bool take_register(struct dc *d, unsigned *name)
{
    struct str text = rest(d);
    if (text.length) {
        *name = (unsigned char)text.data[0];
        take(d, 1);
        return true;
    }
    if (d->frame_count) {
        call_complain(d->c, "dc: unexpected EOS\n");
    } else {
        call_complain(d->c, "dc: unexpected EOF\n");
        d->over = true;
        d->status = 1;
    }
    return false;
}

/* The rest of the line, and its end. */
static struct str take_line(struct dc *d)
{
    struct str text = rest(d);
    ptrdiff_t newline = str_find(text, '\n');
    struct str line = newline < 0 ? text : str_first(text, (size_t)newline);
    take(d, line.length + (newline >= 0));
    call_charge_bytes(d->c, line.length);
    return line;
}

/* --- numbers and strings ------------------------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

static void read_number(struct dc *d)
{
    struct str text = rest(d);
    size_t at = 0;
    d->negative = false;
    if (text.data[0] == '_')
        for (d->negative = true, at = 1; at < text.length && (text.data[at] == ' ' || text.data[at] == '\t');)
            at++;
    buf_clear(&d->digits);
    size_t whole = 0;
    bool point = false;
    for (; at < text.length; at++) {
        char c = text.data[at];
        if (c == '.' && !point) {
            point = true;
            whole = d->digits.length;
        } else if (is_digit(c)) {
            buf_add_byte(&d->digits, (char)(c <= '9' ? c - '0' : c - 'A' + 10));
        } else {
            break;
        }
    }
    take(d, at);
    struct number_work *w = work(d, NUMBER_PARSE, NULL, NULL);
    w->base = (uint64_t)d->ibase;
    w->digits = buf_str(&d->digits);
    w->whole = point ? whole : d->digits.length;
    d->command = '0';
}

/* Goes on in a string up to the bracket that closes it, or the end of the line. */
static void read_string(struct dc *d)
{
    struct str text = rest(d);
    size_t i = 0;
    for (; i < text.length && d->depth; i++) {
        if (text.data[i] == '[')
            d->depth++;
        else if (text.data[i] == ']')
            d->depth--;
    }
    buf_add(&d->text, str_first(text, d->depth ? i : i - 1));
    call_charge_bytes(d->c, i);
    take(d, i);
    if (!d->depth) {
        push(d, (struct value){.string = string_new(d, buf_str(&d->text))});
        buf_clear(&d->text);
    } else if (d->frame_count) { /* the macro ends within it */
        d->depth = 0;
        buf_clear(&d->text);
    }
}

/* --- registers ------------------------------------------------------------------------------------------------------------ */

static struct level *top_level(struct dc *d, unsigned name, bool make)
{
    struct reg *r = &d->registers[name];
    if (!r->count && make) {
        r->levels = array_grow(d->heap, r->levels, 0, sizeof *r->levels);
        r->levels[r->count++] = (struct level){0};
    }
    return r->count ? &r->levels[r->count - 1] : NULL;
}

static void drop_array(struct dc *d, struct map *array)
{
    uint32_t at = 0;
    struct str key;
    union map_value *v;
    if (!array)
        return;
    while (map_next(array, &at, &key, &v)) {
        value_drop(d, *(struct value *)v->pointer);
        heap_free(d->heap, v->pointer);
    }
    call_charge(d->c, array->count);
    map_drop(array);
    heap_free(d->heap, array);
}

static void store(struct dc *d, unsigned name, bool deeper)
{
    struct reg *r = &d->registers[name];
    if (!need(d, 1))
        return;
    struct value v = d->stack[--d->count];
    if (deeper && r->count) {
        r->levels = array_grow(d->heap, r->levels, r->count, sizeof *r->levels);
        r->levels[r->count++] = (struct level){.value = v};
        return;
    }
    struct level *l = top_level(d, name, true);
    value_drop(d, l->value);
    l->value = v;
}

static void load(struct dc *d, unsigned name, bool away)
{
    struct level *l = top_level(d, name, false);
    bool there = l && (l->value.number || l->value.string);
    if (!there && !away) {
        push_int(d, 0);
    } else if (!there) {
        if (name > ' ' && name < 127)
            call_complain(d->c, "dc: stack register '%c' (0%o) is empty\n", name, name);
        else
            call_complain(d->c, "dc: stack register 0%o is empty\n", name);
    } else if (away) {
        push(d, l->value);
        drop_array(d, l->array);
        d->registers[name].count--;
    } else {
        push(d, value_share(l->value));
    }
}

/* The index of an array, which is taken: below 0: not one. */
static int64_t take_index(struct dc *d)
{
    int64_t index = to_int(d, *peek(d, 0));
    drop(d, 1);
    if (index < 0)
        call_complain(d->c, "dc: array index must be a nonnegative integer\n");
    return index;
}

static struct str key_of(char store[NUMBER_MOST], int64_t index)
{
    return str_of(store, number_write_int(store, index));
}

static void store_element(struct dc *d, unsigned name)
{
    char text[NUMBER_MOST];
    if (!need(d, 1))
        return;
    if (d->count == 1) { /* it goes all the same */
        drop(d, 1);
        need(d, 1);
        return;
    }
    int64_t index = take_index(d);
    struct value v = d->stack[--d->count];
    if (index < 0) {
        value_drop(d, v);
        return;
    }
    struct level *l = top_level(d, name, true);
    if (!l->array) {
        l->array = heap_new(d->heap, struct map);
        map_init(l->array, d->heap);
    }
    struct str key = key_of(text, index);
    union map_value *at = map_find(l->array, key);
    if (at) {
        value_drop(d, *(struct value *)at->pointer);
        *(struct value *)at->pointer = v;
    } else {
        struct value *copy = heap_alloc(d->heap, sizeof *copy);
        *copy = v;
        map_set_pointer(l->array, key, copy);
    }
}

static void load_element(struct dc *d, unsigned name)
{
    char text[NUMBER_MOST];
    if (!need(d, 1))
        return;
    int64_t index = take_index(d);
    struct level *l = top_level(d, name, false);
    if (index < 0)
        return;
    union map_value *at = l && l->array ? map_find(l->array, key_of(text, index)) : NULL;
    if (at)
        push(d, value_share(*(struct value *)at->pointer));
    else
        push_int(d, 0);
}

/* --- commands ------------------------------------------------------------------------------------------------------------------ */

static void calculate(struct dc *d, int command)
{
    if (!need_numbers(d, 2))
        return;
    struct number *a = peek(d, 1)->number, *b = peek(d, 0)->number;
    switch (command) {
    case '+': case '-': {
        struct number *sum = number_add(d->heap, a, b, command == '-', 0);
        drop(d, 2);
        push_number(d, sum);
        return;
    }
    case '*': work(d, NUMBER_MULTIPLY, a, b); break;
    case '^': {
        int64_t exponent = number_to_int(b);
        if (b->scale)
            call_complain(d->c, "Runtime warning: non-zero scale in exponent\n");
        if ((exponent == 0 && b->count > b->fraction) || exponent > INT32_MAX || exponent < -INT32_MAX) {
            call_complain(d->c, "Runtime error: exponent too large in raise\n");
            exponent = 0;
        }
        work(d, NUMBER_POWER, a, NULL)->exponent = exponent;
        break;
    }
    default:
        if (number_is_zero(b)) {
            call_complain(d->c, command == '%' ? "dc: remainder by zero\n" : "dc: divide by zero\n");
            return;
        }
        work(d, command == '/' ? NUMBER_DIVIDE : command == '%' ? NUMBER_REMAINDER : NUMBER_DIVIDE_BOTH, a, b);
    }
    d->command = command;
}

static void power_modulo(struct dc *d)
{
    if (!need_numbers(d, 3))
        return;
    struct number *a = peek(d, 2)->number, *b = peek(d, 1)->number, *c = peek(d, 0)->number;
    if (number_is_zero(c)) {
        call_complain(d->c, "dc: remainder by zero\n");
        return;
    }
    if (b->negative)
        return;
    if (a->scale)
        call_complain(d->c, "Runtime warning: non-zero scale in base\n");
    if (b->scale)
        call_complain(d->c, "Runtime warning: non-zero scale in exponent\n");
    if (c->scale)
        call_complain(d->c, "Runtime warning: non-zero scale in modulus\n");
    work(d, NUMBER_POWER_MODULO, a, b)->c = c;
    d->command = '|';
}

static void root(struct dc *d)
{
    if (!need(d, 1))
        return;
    struct number *n = peek(d, 0)->number;
    if (n && !n->negative) {
        work(d, NUMBER_ROOT, n, NULL);
        d->command = 'v';
        return;
    }
    call_complain(d->c, n ? "dc: square root of negative number\n" : "dc: square root of nonnumeric attempted\n");
    drop(d, 1);
}

/* What the work of a command has made. */
static void complete(struct dc *d)
{
    struct number *result = d->work.result;
    switch (d->command) {
    case '0':
        result->negative = d->negative && !number_is_zero(result);
        push_number(d, result);
        break;
    case 'v': drop(d, 1); push_number(d, result); break;
    case '|': drop(d, 3); push_number(d, result); break;
    case '~':
        drop(d, 2);
        push_number(d, result);
        push_number(d, d->work.second);
        break;
    case 'p': finish_print(d); break;
    case 'n': finish_print(d); drop(d, 1); break;
    case 'f': finish_print(d); return; /* the next one follows */
    case 'P': finish_bytes(d); break;
    default: drop(d, 2); push_number(d, result);
    }
    d->command = NO_COMMAND;
}

/* R: a count that is out of range turns nothing and says nothing, since elsewhere R drops any number. */
static void rotate(struct dc *d)
{
    if (!need(d, 1))
        return;
    struct value top = *peek(d, 0);
    int64_t count = top.number ? number_to_int(top.number) : 0;
    if (count > INT32_MAX || count < INT32_MIN)
        count = 0;
    drop(d, 1);
    bool down = count < 0;
    uint64_t many = down ? -(uint64_t)count : (uint64_t)count;
    if (many > d->count)
        many = d->count;
    if (many < 2)
        return;
    struct value *v = d->stack + (d->count - many);
    struct value moved = down ? v[many - 1] : v[0];
    memmove(down ? v + 1 : v, down ? v : v + 1, (many - 1) * sizeof *v);
    v[down ? 0 : many - 1] = moved;
    call_charge(d->c, (int64_t)(many / 4));
}

static void set_parameter(struct dc *d, int command)
{
    int64_t value;
    bool is_number;
    if (!take_int(d, &value, &is_number))
        return;
    if (value > INT32_MAX)
        value = -1;
    switch (command) {
    case 'i':
        if (value < 2 || value > 16)
            call_complain(d->c, "dc: input base must be a number between 2 and 16 (inclusive)\n");
        else
            d->ibase = (int32_t)value;
        break;
    case 'o':
        if (value < 2)
            call_complain(d->c, "dc: output base must be a number greater than 1\n");
        else
            d->obase = value;
        break;
    default:
        if (value < 0)
            call_complain(d->c, "dc: scale must be a nonnegative number\n");
        else
            d->scale = (int32_t)value;
    }
}

/* a: the lowest byte of a number, the first of a string. */
static void to_string(struct dc *d)
{
    if (!need(d, 1))
        return;
    struct value v = *peek(d, 0);
    char byte = 0;
    if (v.number)
        byte = (char)(unsigned char)(uint64_t)to_int(d, v);
    else if (v.string->length)
        byte = v.string->data[0];
    drop(d, 1);
    push(d, (struct value){.string = string_new(d, str_of(&byte, 1))});
}

static void measure(struct dc *d, int command)
{
    int64_t answer = 0;
    if (!need(d, 1))
        return;
    struct value v = *peek(d, 0);
    if (v.number && command == 'X')
        answer = v.number->scale;
    else if (v.string && command == 'Z')
        answer = (int64_t)v.string->length;
    else if (v.number && v.number->count > v.number->fraction)
        answer = (int64_t)number_digits(v.number) + v.number->scale;
    else if (v.number)
        answer = number_is_zero(v.number) ? 1 : (int64_t)(v.number->scale - number_leading_zeros(v.number));
    drop(d, 1);
    push_int(d, answer);
}

/* What cannot be compared is equal. `eX` behind the register names the one that is executed otherwise, as in the dc of the
 * BSDs; GNU's has no command e. */
static void compare(struct dc *d, char command, bool negated)
{
    unsigned name, otherwise;
    int order = 0;
    if (!take_register(d, &name))
        return;
    bool choice = rest(d).length >= 2 && rest(d).data[0] == 'e';
    if (choice) {
        take(d, 1);
        take_register(d, &otherwise);
    }
    if (need_numbers(d, 2)) {
        order = number_compare(d->heap, peek(d, 0)->number, peek(d, 1)->number);
        drop(d, 2);
    }
    if ((command == '<' ? order < 0 : command == '>' ? order > 0 : order == 0) == negated) {
        if (!choice)
            return;
        name = otherwise;
    }
    struct level *l = top_level(d, name, false);
    if (l && l->value.string)
        execute(d, value_share(l->value).string, false);
    else
        load(d, name, false);
}

static void command_word(struct dc *d)
{
    struct str text = rest(d);
    char next = text.length ? text.data[0] : 0;
    if (next == '<' || next == '=' || next == '>') {
        take(d, 1);
        compare(d, next, true);
        return;
    }
    d->command_line = str_copy(d->heap, take_line(d));
    d->command = RUN_COMMAND;
}

static void do_command(struct dc *d, char c)
{
    unsigned name;
    int64_t value;
    bool is_number;
    switch (c) {
    case ' ': case '\t': case '\n': break;
    case '+': case '-': case '*': case '/': case '%': case '^': case '~': calculate(d, c); break;
    case '|': power_modulo(d); break;
    case 'v': root(d); break;
    case 'p': case 'n':
        if (need(d, 1)) {
            print(d, peek(d, 0), c == 'p');
            if (d->working)
                d->command = c;
            else if (c == 'n')
                drop(d, 1);
        }
        break;
    case 'P':
        if (need(d, 1)) {
            print_bytes(d);
            if (d->working)
                d->command = c;
        }
        break;
    case 'f':
        d->command = 'f';
        d->at_value = d->count;
        break;
    case 'c': drop(d, d->count); break;
    case 'd':
        if (need(d, 1))
            push(d, value_share(*peek(d, 0)));
        break;
    case 'r':
        if (d->count >= 2) {
            struct value top = *peek(d, 0);
            *peek(d, 0) = *peek(d, 1);
            *peek(d, 1) = top;
        }
        break;
    case 'R': rotate(d); break;
    case 's': case 'S':
        if (take_register(d, &name))
            store(d, name, c == 'S');
        break;
    case 'l': case 'L':
        if (take_register(d, &name))
            load(d, name, c == 'L');
        break;
    case ':':
        if (take_register(d, &name))
            store_element(d, name);
        break;
    case ';':
        if (take_register(d, &name))
            load_element(d, name);
        break;
    case 'i': case 'o': case 'k': set_parameter(d, c); break;
    case 'I': push_int(d, d->ibase); break;
    case 'O': push_int(d, d->obase); break;
    case 'K': push_int(d, d->scale); break;
    case '[':
        d->depth = 1;
        read_string(d);
        break;
    case 'a': to_string(d); break;
    case 'x':
        if (need(d, 1) && peek(d, 0)->string)
            execute(d, d->stack[--d->count].string, false);
        break;
    case '<': case '=': case '>': compare(d, c, false); break;
    case '!': command_word(d); break;
    case '?': d->command = READ_LINE; break;
    case 'q': leave(d, 2, true); break;
    case 'Q':
        if (!take_int(d, &value, &is_number))
            break;
        if (value < 1)
            call_complain(d->c, "dc: Q command requires a number >= 1\n");
        else
            leave(d, value, false);
        break;
    case 'Z': case 'X': measure(d, c); break;
    case 'z': push_int(d, (int64_t)d->count); break;
    case '#': take_line(d); break;
    default: unimplemented(d, (unsigned char)c);
    }
}

/* f: all values, the topmost first; one at a time. */
static void print_all(struct dc *d)
{
    if (!d->at_value) {
        d->command = NO_COMMAND;
        return;
    }
    print(d, &d->stack[--d->at_value], true);
}

/* ?: a line of standard input is executed; where the program comes from there too, the rest of its line. */
static int read_line(struct dc *d)
{
    struct str line = {0};
    bool unended;
    int error = open_standard(d);
    if (error == E_WAIT)
        return E_WAIT;
    if (!error && d->input == d->standard && d->at < d->line.length) {
        line = str_after(buf_str(&d->line), d->at);
        d->at = d->line.length;
    } else if (!error) {
        error = text_line(d->standard, &d->answer, &unended);
        if (error == E_WAIT)
            return E_WAIT;
        line = buf_str(&d->answer);
    }
    d->command = NO_COMMAND;
    if (!error)
        execute(d, string_new(d, line), false);
    return 0;
}

/* !: what was printed goes first, then a shell has its turn. 0, E_WAIT, E_STATE: output is to go. */
static int run_command(struct dc *d)
{
    struct call *c = d->c;
    int status, error;
    if (!d->child) {
        if (c->out.length || c->err.length || c->piece_count) {
            call_flush(c);
            return E_STATE;
        }
        if (d->standard)
            input_settle(d->standard);
        struct str words[3] = {str_lit("sh"), str_lit("-c"), d->command_line};
        struct exec e = {.words = words, .count = 3};
        d->child = task_exec(c->task, &e, &error);
        if (!d->child && error == E_WAIT)
            return E_WAIT;
    }
    if (d->child && task_wait(c->task, d->child, &status) == E_WAIT)
        return E_WAIT;
    d->child = NULL;
    d->command = NO_COMMAND;
    return 0;
}

/* --- the call ------------------------------------------------------------------------------------------------------------------------ */

static int start(struct call *c)
{
    struct dc *d = c->state;
    struct str value;
    d->c = c;
    d->heap = c->heap;
    d->ibase = 10;
    d->obase = 10;
    d->command = NO_COMMAND;
    d->width = 70;
    struct buf *bufs[] = {&d->line, &d->text, &d->answer, &d->digits, &d->printed};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], c->heap);
    if (environment_find(c->task->environment, "DC_LINE_LENGTH", &value)) {
        int64_t number;
        number_parse_int(value, 10, &number, NULL);
        if (number == 0 || (number > 1 && number < INT32_MAX))
            d->width = number;
    }
    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_last(c, "hV") == 'h')
            call_print_help(c);
        else
            call_print_version(c);
        d->over = true;
        return 0;
    }
    d->use_standard = !c->option_count && !c->operand_count;
    return 0;
}

static enum step step(struct call *c)
{
    struct dc *d = c->state;
    for (;;) {
        int error = 0;
        if (!call_go(c))
            return STEP_AGAIN;
        if (d->over) {
            if (d->standard) /* the line that ended it is used up */
                input_settle(d->standard);
            return call_exit(c, d->status);
        }
        if (d->working) {
            if (!number_run(&d->work))
                return STEP_AGAIN;
            d->working = false;
            complete(d);
            continue;
        }
        if (d->command == READ_LINE)
            error = read_line(d);
        else if (d->command == RUN_COMMAND)
            error = run_command(d);
        if (error)
            return error == E_WAIT ? STEP_WAIT : STEP_AGAIN;
        if (d->command == 'f') {
            call_charge(c, 1);
            print_all(d);
            continue;
        }
        struct str text = rest(d);
        if (!text.length) {
            if (d->frame_count) {
                leave_frame(d);
                continue;
            }
            error = next_text(d);
            if (error == E_WAIT)
                return STEP_WAIT;
            d->over |= error == 1;
            continue;
        }
        call_charge(c, 1);
        if (d->depth) {
            read_string(d);
        } else if (is_digit(text.data[0]) || text.data[0] == '.' || text.data[0] == '_') {
            read_number(d);
        } else {
            take(d, 1);
            do_command(d, text.data[0]);
        }
    }
}

const struct command command_dc = {
    .name = "dc",
    .usage = "[OPTION] [file ...]",
    .summary = "a calculator with numbers of any length, which works on a stack",
    .options = options,
    .state = sizeof(struct dc),
    .start = start,
    .step = step,
};
