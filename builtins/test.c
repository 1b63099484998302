/* builtins/test.c - test and [: evaluate a conditional expression (POSIX XCU test). */
#include "shell/condition.h"
#include "task/command.h"

enum plan { PLAN_STRING, PLAN_UNARY, PLAN_BINARY, PLAN_BOTH, PLAN_EITHER, PLAN_EXPRESSION, PLAN_ERROR };
/* What waits for the term that is being read. */
enum pending { PENDING_NOT, PENDING_AND, PENDING_OR, PENDING_PAREN };

struct test {
    struct condition condition;
    size_t first, end;  /* arguments that are the expression: those behind `end` are not it, but may be looked at */
    size_t at;
    enum plan plan;
    bool negated;
    uint8_t *stack;     /* enum pending, with the value on the left in bit 4 */
    size_t count;
};

/* --- messages: bash's, and GNU's without a shell ------------------------------------------------- */

static enum plan wrong(struct call *c, const char *bash, const char *gnu, struct str word)
{
    if (c->shell)
        call_error(c, bash, word);
    else
        call_error(c, gnu, call_quote_word(c, word));
    c->status = 2;
    return PLAN_ERROR;
}

static bool is_unary_known(struct call *c, struct str word)
{
    return condition_is_unary(word) && (c->shell || !memchr("aovR", word.data[1], 4));
}

static enum plan not_unary(struct call *c, struct str word, struct str last)
{
    if (c->shell || (word.length == 2 && word.data[0] == '-'))
        return wrong(c, "%S: unary operator expected", "%S: unary operator expected", word);
    return wrong(c, "", "missing argument after %S", last);
}

static enum plan too_many(struct call *c, struct str word)
{
    bool dash = word.length > 0 && word.data[0] == '-';
    return wrong(c, dash ? "syntax error: `%S' unexpected" : "too many arguments", "extra argument %S", word);
}

/* --- by the number of arguments -------------------------------------------------------------------- */

static bool is_binary_known(struct call *c, struct str word)
{
    return condition_is_binary(word) && (c->shell || (word.data[0] != '<' && word.data[0] != '>'));
}

static enum plan plan(struct call *c, struct test *t)
{
    for (;;) {
        const struct str *a = c->argv + t->first;
        size_t n = t->end - t->first;
        bool negated = n > 1 && str_is(a[0], "!");
        switch (n) {
        case 0: case 1: return PLAN_STRING;
        case 2:
            if (negated)
                break;
            return is_unary_known(c, a[0]) ? PLAN_UNARY : not_unary(c, a[0], a[1]);
        case 3:
            if (is_binary_known(c, a[1]))
                return PLAN_BINARY;
            if (str_is(a[1], "-a") || str_is(a[1], "-o"))
                return a[1].data[1] == 'a' ? PLAN_BOTH : PLAN_EITHER;
            if (negated)
                break;
            if (str_is(a[0], "(") && str_is(a[2], ")")) {
                t->first++;
                t->end--;
                continue;
            }
            return wrong(c, "%S: binary operator expected", "%S: binary operator expected", a[1]);
        case 4:
            if (negated)
                break;
            if (str_is(a[0], "(") && str_is(a[3], ")")) {
                t->first++;
                t->end--;
                continue;
            }
            return PLAN_EXPRESSION;
        default: return PLAN_EXPRESSION;
        }
        t->negated = !t->negated;
        t->first++;
    }
}

/* --- expressions -------------------------------------------------------------------------------------- */

static void push(struct call *c, struct test *t, enum pending what, bool value)
{
    t->stack = array_grow(c->heap, t->stack, t->count, 1);
    t->stack[t->count++] = (uint8_t)(what | (value ? 16 : 0));
}

/* Is `what` on top? Then it is taken off, and *left the value beside it. */
static bool pop(struct test *t, enum pending what, bool *left)
{
    if (!t->count || (t->stack[t->count - 1] & 15) != what)
        return false;
    *left = t->stack[--t->count] & 16;
    return true;
}

static int answer_unary(struct call *c, struct test *t, struct str operator, struct str operand, bool *value)
{
    int error = condition_unary(&t->condition, operator, operand, value);
    if (error != E_WAIT)
        call_charge(c, 1);
    return error;
}

static int answer_binary(struct call *c, struct test *t, size_t at, bool *value)
{
    int error = condition_binary(&t->condition, c->argv[at], c->argv[at + 1], c->argv[at + 2], value);
    if (error == E_INVAL)
        wrong(c, "%S: integer expression expected", "invalid integer %S", t->condition.bad);
    if (error != E_WAIT)
        call_charge(c, 1);
    return error;
}

/* A term without ! and ( at t->at: 0 and *value, E_WAIT, or another error after a message. */
static int take_term(struct call *c, struct test *t, bool *value)
{
    size_t left = t->end - t->at;
    struct str word = c->argv[t->at];
    int error = 0;
    if (left >= 3 && is_binary_known(c, c->argv[t->at + 1])) {
        error = answer_binary(c, t, t->at, value);
        if (error == 0)
            t->at += 3;
        return error;
    }
    if (left > 1 && word.length == 2 && word.data[0] == '-') { /* the last one is a string */
        if (!is_unary_known(c, word)) {
            wrong(c, "%S: unary operator expected", "%S: unary operator expected", word);
            return E_INVAL;
        }
        error = answer_unary(c, t, word, c->argv[t->at + 1], value);
        if (error == 0)
            t->at += 2;
        return error;
    }
    *value = word.length > 0;
    t->at++;
    call_charge(c, 1);
    return 0;
}

static int close_paren(struct call *c, struct test *t)
{
    bool bracket = str_is(str_from(c->command->name), "[");
    if (t->at < t->end && str_is(c->argv[t->at], ")")) {
        t->at++;
        return 0;
    }
    if (t->at < t->end || bracket) {
        struct str found = t->at < t->end ? c->argv[t->at] : str_lit("]");
        if (c->shell)
            call_error(c, "`)' expected, found %S", found);
        else
            call_error(c, "%S expected, found %S", call_quote_word(c, str_lit(")")), call_quote_word(c, found));
    } else if (c->shell) {
        call_error(c, "`)' expected");
    } else {
        call_error(c, "%S expected", call_quote_word(c, str_lit(")")));
    }
    c->status = 2;
    return E_INVAL;
}

/* Behind a term: what waits for its value. 1: another term follows, 0: *value is the result. */
static int join(struct call *c, struct test *t, bool *value)
{
    bool left;
    for (;;) {
        while (pop(t, PENDING_NOT, &left))
            *value = !*value;
        if (pop(t, PENDING_AND, &left))
            *value = *value && left;
        if (t->at < t->end && str_is(c->argv[t->at], "-a")) {
            push(c, t, PENDING_AND, *value);
            t->at++;
            return 1;
        }
        if (pop(t, PENDING_OR, &left))
            *value = *value || left;
        if (t->at < t->end && str_is(c->argv[t->at], "-o")) {
            push(c, t, PENDING_OR, *value);
            t->at++;
            return 1;
        }
        if (!pop(t, PENDING_PAREN, &left))
            return 0;
        int error = close_paren(c, t);
        if (error)
            return error;
    }
}

static enum step evaluate(struct call *c, struct test *t)
{
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (t->at >= t->end) {
            wrong(c, "argument expected", "missing argument after %S", c->argv[t->end - 1]);
            return STEP_DONE;
        }
        if (str_is(c->argv[t->at], "!") || str_is(c->argv[t->at], "(")) {
            push(c, t, c->argv[t->at].data[0] == '!' ? PENDING_NOT : PENDING_PAREN, false);
            t->at++;
            call_charge(c, 1);
            continue;
        }
        bool value;
        int error = take_term(c, t, &value);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error)
            return call_exit(c, 2);
        int more = join(c, t, &value);
        if (more < 0)
            return STEP_DONE;
        if (more)
            continue;
        if (t->at < t->end) {
            too_many(c, c->argv[t->at]);
            return STEP_DONE;
        }
        return call_exit(c, value == t->negated);
    }
}

/* --- the command ------------------------------------------------------------------------------------------ */

static int test_start(struct call *c)
{
    struct test *t = c->state;
    t->condition.task = c->task;
    t->condition.shell = c->shell;
    t->first = 1;
    t->end = c->argc;
    c->failure = 2;
    if (str_is(str_from(c->command->name), "[")) {
        if (!c->shell && c->argc == 2 && str_is(c->argv[1], "--help")) {
            call_format(c, "Usage: test EXPRESSION\n  or:  test\n  or:  [ EXPRESSION ]\n  or:  [ ]\n  or:  [ OPTION\n%s",
                        c->command->help);
            c->finished = true;
            return 0;
        }
        if (!c->shell && c->argc == 2 && str_is(c->argv[1], "--version")) {
            call_print_text(c, "[ (nacre) 0.1.0\n");
            c->finished = true;
            return 0;
        }
        if (!str_is(c->argv[c->argc - 1], "]") || c->argc < 2) {
            if (c->shell)
                call_error(c, "missing `]'");
            else
                call_error(c, "missing %S", call_quote_word(c, str_lit("]")));
            return 2;
        }
        t->end--;
    }
    t->plan = plan(c, t);
    t->at = t->first;
    return t->plan == PLAN_ERROR ? 2 : 0;
}

static enum step test_step(struct call *c)
{
    struct test *t = c->state;
    const struct str *a = c->argv + t->first;
    bool value = false;
    int error = 0;

    switch (t->plan) {
    case PLAN_STRING: value = t->end > t->first && a[0].length > 0; break;
    case PLAN_UNARY: error = answer_unary(c, t, a[0], a[1], &value); break;
    case PLAN_BINARY: error = answer_binary(c, t, t->first, &value); break;
    case PLAN_BOTH: value = a[0].length && a[2].length; break;
    case PLAN_EITHER: value = a[0].length || a[2].length; break;
    default: return evaluate(c, t);
    }
    if (error == E_WAIT)
        return STEP_WAIT;
    return call_exit(c, error ? 2 : value == t->negated);
}

static const char help[] =
    "Exit with the status determined by EXPRESSION.\n\n"
    "( EXPR )  ! EXPR  EXPR1 -a EXPR2  EXPR1 -o EXPR2\n"
    "-n STRING, STRING  it is not empty\n"
    "-z STRING          it is empty\n"
    "STRING1 = STRING2, STRING1 != STRING2\n"
    "INTEGER1 -eq INTEGER2, and -ne -lt -le -gt -ge\n"
    "FILE1 -ef FILE2    they are the same file\n"
    "FILE1 -nt FILE2    it is newer, -ot older\n"
    "-b -c -d -e -f -g -G -h -k -L -N -O -p -r -s -S -u -w -x FILE\n"
    "-t FD              it is a terminal\n"
    "In the shell: -a FILE, -o OPTION, -v VARIABLE, -R NAMEREF, STRING1 < STRING2, STRING1 > STRING2\n";

const struct command command_test = {
    .name = "test",
    .usage = "[expr]",
    .summary = "evaluate a conditional expression",
    .help = help,
    .state = sizeof(struct test),
    .start = test_start,
    .step = test_step,
    .trouble = 2,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};

const struct command command_bracket = {
    .name = "[",
    .usage = "arg... ]",
    .summary = "evaluate a conditional expression",
    .help = help,
    .state = sizeof(struct test),
    .start = test_start,
    .step = test_step,
    .trouble = 2,
    .flags = COMMAND_BUILTIN | COMMAND_RAW,
};
