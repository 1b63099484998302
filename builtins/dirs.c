/* builtins/dirs.c - dirs, pushd and popd: the stack of directories, which is the array DIRSTACK with the working one at 0. */
#include "base/number.h"
#include "builtins/directory.h"

static const struct str stack_name = {"DIRSTACK", 8};

struct dirs {
    struct str *at;   /* the stack, the working directory first */
    size_t count;
    bool no_change;   /* -n */
    bool clear, full, lines, numbered;
    bool indexed, from_right;
    int64_t index;    /* as given, without sign */
    struct str target; /* of pushd; data NULL: none */
};

static void add_element(void *user, struct str key, struct str value)
{
    struct call *c = user;
    struct dirs *d = c->state;
    if (str_is(key, "0"))
        return;
    d->at = array_grow(c->heap, d->at, d->count, sizeof *d->at);
    d->at[d->count++] = str_copy(c->heap, value);
}

static void load(struct call *c)
{
    struct dirs *d = c->state;
    d->at = array_grow(c->heap, NULL, 0, sizeof *d->at);
    d->at[0] = str_copy(c->heap, directory_now(c));
    d->count = 1;
    var_each(c->shell, stack_name, code_hash(stack_name), add_element, c);
}

static void save(struct call *c)
{
    struct dirs *d = c->state;
    uint32_t hash = code_hash(stack_name);
    var_make_array(c->shell, stack_name, hash, false, false);
    for (size_t i = 0; i < d->count; i++)
        var_assign_index(c->shell, stack_name, hash, i, i ? d->at[i] : directory_now(c), false);
    call_charge(c, (int64_t)d->count);
}

static void print_one(struct call *c, const struct dirs *d, size_t i)
{
    if (d->numbered)
        call_format(c, "%2zu  ", i);
    if (d->full)
        call_print(c, d->at[i]);
    else
        directory_print(c, d->at[i], &c->out);
}

static void print_all(struct call *c, const struct dirs *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (i && !d->lines)
            call_print_byte(c, ' ');
        print_one(c, d, i);
        if (d->lines)
            call_print_byte(c, '\n');
    }
    if (!d->lines)
        call_print_byte(c, '\n');
    call_charge(c, (int64_t)d->count);
}

/* +N or -N: 1; 0: it is something else; -1: it looks like it, but is no number. */
static int parse_index(struct dirs *d, struct str word)
{
    if (word.length < 2 || (word.data[0] != '+' && word.data[0] != '-'))
        return 0;
    if (!number_is_int(str_after(word, 1), &d->index) || d->index < 0)
        return -1;
    d->indexed = true;
    d->from_right = word.data[0] == '-';
    return 1;
}

/* The place that was given: false after a message. */
static bool find_index(struct call *c, struct dirs *d, size_t *place)
{
    if (d->index >= (int64_t)d->count) {
        if (d->count == 1)
            call_error(c, "directory stack empty");
        else
            call_error(c, "%c%zd: directory stack index out of range", d->from_right ? '-' : '+', (ptrdiff_t)d->index);
        return false;
    }
    *place = d->from_right ? d->count - 1 - (size_t)d->index : (size_t)d->index;
    return true;
}

static int wrong(struct call *c, const char *format, struct str word)
{
    call_error(c, format, word);
    return options_usage(c);
}

static bool is_help(struct call *c)
{
    struct options o = {0};
    return c->argc > 1 && str_is(c->argv[1], "--help") && options_next(c, &o, "") == OPTIONS_HELP;
}

/* --- dirs -------------------------------------------------------------------------------------- */

static int dirs_start(struct call *c)
{
    struct dirs *d = c->state;
    if (is_help(c))
        return options_over(c, 2);
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (str_is(word, "--"))
            break;
        if (str_is(word, "-l"))
            d->full = true;
        else if (str_is(word, "-c"))
            d->clear = true;
        else if (str_is(word, "-p"))
            d->lines = true;
        else if (str_is(word, "-v"))
            d->lines = d->numbered = true;
        else if (parse_index(d, word) <= 0)
            return wrong(c, word.data[0] == '-' || word.data[0] == '+' ? "%S: invalid number" : "%S: invalid option", word);
    }
    load(c);
    return 0;
}

static enum step dirs_step(struct call *c)
{
    struct dirs *d = c->state;
    size_t place;
    if (d->clear) {
        d->count = 1;
        save(c);
    } else if (d->indexed) {
        if (!find_index(c, d, &place))
            return call_done(c);
        print_one(c, d, place);
        call_print_byte(c, '\n');
    } else {
        print_all(c, d);
    }
    return call_done(c);
}

/* --- pushd, popd ---------------------------------------------------------------------------------- */

static int push_start(struct call *c)
{
    struct dirs *d = c->state;
    bool pops = str_is(c->name, "popd") || str_is(str_from(c->command->name), "popd");
    size_t i = 1;
    if (is_help(c))
        return options_over(c, 2);
    for (; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (str_is(word, "-n")) {
            d->no_change = true;
            continue;
        }
        if (str_is(word, "--")) {
            i++;
            break;
        }
        if (!pops && str_is(word, "-"))
            break;
        int kind = parse_index(d, word);
        if (kind < 0)
            return wrong(c, "%S: invalid number", word);
        if (kind == 0 && pops)
            return wrong(c, word.length && word.data[0] == '-' ? "%S: invalid number" : "%S: invalid argument", word);
        if (kind == 0)
            break;
    }
    if (!pops && i < c->argc) {
        if (i + 1 < c->argc) {
            call_error(c, "too many arguments");
            return 1;
        }
        d->target = c->argv[i];
        if (str_is(d->target, "-")) {
            struct str old;
            if (!shell_get(c->shell, str_lit("OLDPWD"), &old)) {
                call_error(c, "OLDPWD not set");
                return 1;
            }
            d->target = str_copy(c->heap, old);
        }
    }
    load(c);
    return 0;
}

/* Goes to `path`: 0, E_WAIT, or -2 after a message. */
static int go_to(struct call *c, struct str path)
{
    int answer = directory_change(c, path, c->shell->state.options & OPT_PHYSICAL);
    if (answer == E_WAIT || answer >= 0)
        return answer == E_WAIT ? E_WAIT : 0;
    call_error(c, "%S: %m", path, answer);
    return -2;
}

static enum step finish(struct call *c, struct dirs *d)
{
    d->at[0] = str_copy(c->heap, directory_now(c));
    save(c);
    print_all(c, d);
    return call_done(c);
}

static void rotate(struct call *c, struct dirs *d, size_t by)
{
    struct str *turned = heap_alloc(c->heap, d->count * sizeof *turned);
    for (size_t i = 0; i < d->count; i++)
        turned[i] = d->at[(i + by) % d->count];
    memcpy(d->at, turned, d->count * sizeof *turned);
}

static enum step push_step(struct call *c)
{
    struct dirs *d = c->state;
    size_t place = 1;
    int answer = 0;

    if (!call_go(c))
        return STEP_AGAIN;
    if (d->target.data) {
        if (!d->no_change)
            answer = go_to(c, d->target);
        if (answer)
            return answer == E_WAIT ? STEP_WAIT : call_done(c);
        d->at = array_grow(c->heap, d->at, d->count, sizeof *d->at);
        memmove(d->at + 2, d->at + 1, (d->count - 1) * sizeof *d->at);
        d->at[1] = d->no_change ? d->target : d->at[0];
        d->count++;
        return finish(c, d);
    }
    if (!d->indexed && d->count < 2) {
        call_error(c, "no other directory");
        return call_done(c);
    }
    if (d->indexed && !find_index(c, d, &place))
        return call_done(c);
    struct str path = d->at[place];
    if (!d->no_change)
        answer = go_to(c, path);
    if (answer)
        return answer == E_WAIT ? STEP_WAIT : call_done(c);
    if (!d->indexed) {
        d->at[1] = d->at[0];
        d->at[0] = path;
    } else {
        rotate(c, d, place);
    }
    return finish(c, d);
}

static enum step pop_step(struct call *c)
{
    struct dirs *d = c->state;
    size_t place = d->no_change ? 1 : 0;
    int answer = 0;

    if (!call_go(c))
        return STEP_AGAIN;
    if (d->count < 2) {
        call_error(c, "directory stack empty");
        return call_done(c);
    }
    if (d->indexed && !find_index(c, d, &place))
        return call_done(c);
    if (place == 0 && !d->no_change)
        answer = go_to(c, d->at[1]);
    if (answer)
        return answer == E_WAIT ? STEP_WAIT : call_done(c);
    if (place == 0)
        place = 1;
    memmove(d->at + place, d->at + place + 1, (d->count - place - 1) * sizeof *d->at);
    d->count--;
    return finish(c, d);
}

const struct command command_dirs = {
    .name = "dirs",
    .usage = "[-clpv] [+N] [-N]",
    .summary = "display the directory stack",
    .help = "-c  clear it\n-l  without ~ for the home directory\n-p  one on a line\n-v  one on a line with its place\n"
            "+N  the Nth from the left, -N from the right, from 0",
    .state = sizeof(struct dirs),
    .start = dirs_start,
    .step = dirs_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_pushd = {
    .name = "pushd",
    .usage = "[-n] [+N | -N | dir]",
    .summary = "add directories to the stack",
    .help = "Without operands the two on top change places; +N and -N rotate the stack.\n-n  the working directory stays",
    .state = sizeof(struct dirs),
    .start = push_start,
    .step = push_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};

const struct command command_popd = {
    .name = "popd",
    .usage = "[-n] [+N | -N]",
    .summary = "remove directories from the stack",
    .help = "-n  the working directory stays",
    .state = sizeof(struct dirs),
    .start = push_start,
    .step = pop_step,
    .flags = COMMAND_BUILTIN | COMMAND_NO_FILE | COMMAND_RAW,
};
