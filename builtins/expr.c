/* builtins/expr.c - evaluate an expression. */
#include "base/integer.h"
#include "builtins/text.h"
#include "regex/regex.h"

enum level { LEVEL_OR, LEVEL_AND, LEVEL_COMPARE, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_MATCH };

enum operation {
    OR, AND, LESS, LESS_EQUAL, EQUAL, NOT_EQUAL, GREATER_EQUAL, GREATER, ADD, SUBTRACT, MULTIPLY, DIVIDE, REMAINDER,
    MATCH, LENGTH, INDEX, SUBSTRING, MATCH_WORD, PARENTHESIS
};

static const struct operator {
    const char *text;
    enum operation operation;
    enum level level;
} operators[] = {
    {"|", OR, LEVEL_OR}, {"&", AND, LEVEL_AND},
    {"<", LESS, LEVEL_COMPARE}, {"<=", LESS_EQUAL, LEVEL_COMPARE}, {"=", EQUAL, LEVEL_COMPARE},
    {"==", EQUAL, LEVEL_COMPARE}, {"!=", NOT_EQUAL, LEVEL_COMPARE}, {">=", GREATER_EQUAL, LEVEL_COMPARE},
    {">", GREATER, LEVEL_COMPARE}, {"+", ADD, LEVEL_ADD}, {"-", SUBTRACT, LEVEL_ADD},
    {"*", MULTIPLY, LEVEL_MULTIPLY}, {"/", DIVIDE, LEVEL_MULTIPLY}, {"%", REMAINDER, LEVEL_MULTIPLY},
    {":", MATCH, LEVEL_MATCH},
};
static const struct keyword {
    const char *text;
    enum operation operation;
    int operands;
} keywords[] = {{"length", LENGTH, 1}, {"match", MATCH_WORD, 2}, {"index", INDEX, 2}, {"substr", SUBSTRING, 3}};

struct value {
    bool is_number;
    struct str text;
    struct integer number;
};

/* What waits for an operand: an operator with its left side, a keyword, an open parenthesis. */
struct frame {
    enum operation operation;
    enum level level;      /* of an operator */
    int wanted, given;     /* operands of a keyword */
    bool evaluate;         /* outside of it */
    struct value values[3];
};

enum phase { WANT_OPERAND, HAVE_VALUE, APPLY, FAILED };

struct expr {
    size_t at;             /* the word to be read next */
    enum phase phase;
    bool evaluate;
    enum locale locale;
    struct frame *frames;
    size_t count;
    struct value value;    /* with HAVE_VALUE and APPLY: the operand read last */
    struct integer_work work;
    struct regex *regex;   /* of the match being made */
    struct search search;
};

/* --- values ----------------------------------------------------------------------------------------------- */

static struct value of_text(struct str text)
{
    return (struct value){.text = text};
}

static struct value of_number(struct call *c, uint64_t number)
{
    return (struct value){.is_number = true, .number = integer_from(c->heap, number)};
}

/* Empty, or a zero as text, or 0. */
static bool is_null(const struct value *v)
{
    if (v->is_number)
        return v->number.count == 0;
    size_t i = v->text.length > 0 && v->text.data[0] == '-';
    if (v->text.length > 0 && i == v->text.length)
        return false;
    while (i < v->text.length && v->text.data[i] == '0')
        i++;
    return i == v->text.length;
}

static void make_text(struct call *c, struct value *v)
{
    struct buf b;
    if (!v->is_number)
        return;
    buf_init(&b, c->heap);
    integer_print(&b, v->number);
    *v = of_text(buf_str(&b));
}

static bool make_number(struct call *c, struct value *v)
{
    if (v->is_number)
        return true;
    if (!integer_is(v->text))
        return false;
    v->number = integer_parse(c->heap, v->text);
    v->is_number = true;
    return true;
}

/* --- what the operators do: 1 done (the result is in *left), 0 to be called again, -1 an error was told ------- */

static int fail(struct call *c, const char *message)
{
    call_error(c, "%s", message);
    return -1;
}

static int compare(struct call *c, enum operation operation, struct value *left, struct value *right)
{
    int order;
    if ((left->is_number || integer_is(left->text)) && (right->is_number || integer_is(right->text))) {
        make_number(c, left);
        make_number(c, right);
        order = integer_compare(left->number, right->number);
    } else {
        make_text(c, left);
        make_text(c, right);
        order = str_compare(left->text, right->text);
        call_charge_bytes(c, left->text.length);
    }
    bool holds = operation == LESS            ? order < 0
                 : operation == LESS_EQUAL    ? order <= 0
                 : operation == EQUAL         ? order == 0
                 : operation == NOT_EQUAL     ? order != 0
                 : operation == GREATER_EQUAL ? order >= 0
                                              : order > 0;
    *left = of_number(c, holds);
    return 1;
}

static int compute(struct call *c, struct expr *e, enum operation operation, struct value *left, struct value *right)
{
    bool done = true;
    if (!make_number(c, left) || !make_number(c, right))
        return fail(c, "non-integer argument");
    if ((operation == DIVIDE || operation == REMAINDER) && right->number.count == 0)
        return fail(c, "division by zero");
    if (operation == ADD || operation == SUBTRACT)
        e->work.result = integer_add(c->heap, left->number, right->number, operation == SUBTRACT);
    else if (operation == MULTIPLY)
        done = integer_multiply(c->heap, &e->work, left->number, right->number);
    else
        done = integer_divide(c->heap, &e->work, left->number, right->number, operation == REMAINDER);
    if (!done)
        return 0;
    *left = (struct value){.is_number = true, .number = e->work.result};
    e->work = (struct integer_work){0};
    return 1;
}

/* A bracket that opens at the very end has a message of its own. */
static const char *reword(struct call *c, struct expr *e, struct str pattern, const char *message)
{
    const char *ignored;
    size_t tail = str_ends(pattern, "[^") ? 2 : str_ends(pattern, "[") ? 1 : 0;
    struct str before = str_first(pattern, pattern.length - tail);
    unsigned flags = REGEX_LENIENT | (e->locale == LOCALE_UTF8 ? REGEX_UTF8 : 0);
    if (tail && str_starts(str_from(message), "Unmatched [,") &&
        regex_compile(c->heap, &before, 1, REGEX_BASIC, flags, &ignored))
        return "Invalid regular expression";
    return message;
}

static int match(struct call *c, struct expr *e, struct value *left, struct value *right)
{
    struct match groups[2];
    make_text(c, left);
    make_text(c, right);
    if (!e->regex) {
        const char *message;
        unsigned flags = REGEX_LENIENT | (e->locale == LOCALE_UTF8 ? REGEX_UTF8 : 0);
        e->regex = regex_compile(c->heap, &right->text, 1, REGEX_BASIC, flags, &message);
        if (!e->regex)
            return fail(c, reword(c, e, right->text, message));
        regex_start(&e->search, e->regex, left->text, 0, 0);
    }
    bool group = regex_groups(e->regex) > 0;
    enum regex_answer answer = regex_next(&e->search, groups, group ? 2 : 1);
    if (answer == REGEX_MORE)
        return 0;
    if (answer == REGEX_LIMIT) {
        call_error(c, "error in regular expression matcher");
        c->status = 3;
        return -1;
    }
    bool matched = answer == REGEX_YES && groups[0].start == 0;
    struct str text = left->text;
    if (!group)
        *left = of_number(c, matched ? utf8_count(str_first(text, (size_t)groups[0].end), e->locale) : 0);
    else if (matched && groups[1].start >= 0)
        *left = of_text(str_of(text.data + groups[1].start, (size_t)(groups[1].end - groups[1].start)));
    else
        *left = of_text(str_lit(""));
    regex_free(e->regex);
    e->regex = NULL;
    return 1;
}

/* The place of the first character that is one of `set`, from 1; 0 when there is none. */
static uint64_t find_any(struct call *c, struct expr *e, struct str text, struct str set)
{
    uint64_t place = 1;
    for (size_t i = 0; i < text.length; place++) {
        struct utf8_char one = utf8_first(str_after(text, i), e->locale);
        for (size_t k = 0; k < set.length;) {
            struct utf8_char other = utf8_first(str_after(set, k), e->locale);
            if (other.code == one.code && other.valid == one.valid)
                return place;
            k += other.length;
        }
        call_charge_bytes(c, set.length + 1);
        i += one.length;
    }
    return 0;
}

static struct value substring(struct call *c, struct expr *e, struct value *v)
{
    if (!make_number(c, &v[1]) || !make_number(c, &v[2]))
        return of_text(str_lit(""));
    uint64_t from = integer_size(v[1].number), length = integer_size(v[2].number);
    struct str text = v[0].text;
    if (from == 0 || length == 0 || from > text.length)
        return of_text(str_lit(""));
    text = str_after(text, utf8_offset(text, (size_t)from - 1, e->locale));
    if (length < text.length)
        text = str_first(text, utf8_offset(text, (size_t)length, e->locale));
    return of_text(text);
}

static int apply_keyword(struct call *c, struct expr *e, struct frame *f, struct value *result)
{
    struct value *v = f->values;
    if (f->operation == MATCH_WORD) {
        int answer = f->evaluate ? match(c, e, &v[0], &v[1]) : 1;
        *result = v[0];
        return answer;
    }
    make_text(c, &v[0]);
    call_charge_bytes(c, v[0].text.length);
    if (f->operation == LENGTH) {
        *result = of_number(c, utf8_count(v[0].text, e->locale));
    } else if (f->operation == INDEX) {
        make_text(c, &v[1]);
        *result = of_number(c, find_any(c, e, v[0].text, v[1].text));
    } else {
        *result = substring(c, e, v);
    }
    return 1;
}

/* Joins the left side kept in the frame with e->value. */
static int apply_operator(struct call *c, struct expr *e, struct frame *f, struct value *result)
{
    struct value *left = &f->values[0], *right = &e->value;
    int answer = 1;
    if (f->operation == OR) {
        if (is_null(left))
            *left = is_null(right) ? of_number(c, 0) : *right;
    } else if (f->operation == AND) {
        if (is_null(left) || is_null(right))
            *left = of_number(c, 0);
    } else if (f->level == LEVEL_COMPARE) {
        if (f->evaluate)
            answer = compare(c, f->operation, left, right);
        else
            *left = of_number(c, 0);
    } else if (f->evaluate) {
        answer = f->operation == MATCH ? match(c, e, left, right) : compute(c, e, f->operation, left, right);
    }
    *result = *left;
    return answer;
}

/* --- the syntax ------------------------------------------------------------------------------------------------ */

static struct frame *push(struct call *c, struct expr *e, enum operation operation)
{
    e->frames = array_grow(c->heap, e->frames, e->count, sizeof *e->frames);
    e->frames[e->count] = (struct frame){.operation = operation, .evaluate = e->evaluate};
    return &e->frames[e->count++];
}

static bool more_words(struct call *c, struct expr *e)
{
    if (e->at < c->argc)
        return true;
    call_error(c, "syntax error: missing argument after %S", call_quote_word(c, c->argv[c->argc - 1]));
    return false;
}

/* Reads what may begin an operand: a keyword or a parenthesis waits for more, a word is a value. */
static bool read_operand(struct call *c, struct expr *e)
{
    if (!more_words(c, e))
        return false;
    struct str word = c->argv[e->at++];
    if (str_is(word, "+")) {
        if (!more_words(c, e))
            return false;
        word = c->argv[e->at++];
    } else if (str_is(word, "(")) {
        push(c, e, PARENTHESIS);
        return true;
    } else if (str_is(word, ")")) {
        fail(c, "syntax error: unexpected ')'");
        return false;
    } else {
        for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
            if (str_is(word, keywords[i].text)) {
                push(c, e, keywords[i].operation)->wanted = keywords[i].operands;
                return true;
            }
    }
    e->value = of_text(word);
    e->phase = HAVE_VALUE;
    return true;
}

static const struct operator *next_operator(struct call *c, struct expr *e)
{
    if (e->at < c->argc)
        for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
            if (str_is(c->argv[e->at], operators[i].text))
                return &operators[i];
    return NULL;
}

/* What becomes of e->value: an operand of what waits, or the left side of the next operator. False when the end
 * is reached, or after an error. */
static bool place_value(struct call *c, struct expr *e)
{
    struct frame *f = e->count ? &e->frames[e->count - 1] : NULL;
    if (f && f->wanted) {
        f->values[f->given++] = e->value;
        e->phase = f->given == f->wanted ? APPLY : WANT_OPERAND;
        return true;
    }
    const struct operator *o = next_operator(c, e);
    bool joins = f && f->operation != PARENTHESIS;
    if (joins && (!o || f->level >= o->level)) {
        e->phase = APPLY;
        return true;
    }
    if (o) {
        e->at++;
        f = push(c, e, o->operation);
        f->level = o->level;
        f->values[0] = e->value;
        if (o->operation == OR)
            e->evaluate = e->evaluate && is_null(&e->value);
        else if (o->operation == AND)
            e->evaluate = e->evaluate && !is_null(&e->value);
        e->phase = WANT_OPERAND;
        return true;
    }
    if (f && e->at < c->argc && str_is(c->argv[e->at], ")")) {
        e->at++;
        e->count--;
        return true;
    }
    if (f && e->at == c->argc)
        call_error(c, "syntax error: expecting ')' after %S", call_quote_word(c, c->argv[c->argc - 1]));
    else if (f)
        call_error(c, "syntax error: expecting ')' instead of %S", call_quote_word(c, c->argv[e->at]));
    else if (e->at < c->argc)
        call_error(c, "syntax error: unexpected argument %S", call_quote_word(c, c->argv[e->at]));
    else
        return false;
    e->phase = FAILED;
    return false;
}

/* True: go on. */
static bool apply(struct call *c, struct expr *e)
{
    struct frame *f = &e->frames[e->count - 1];
    struct value result;
    int answer = f->wanted ? apply_keyword(c, e, f, &result) : apply_operator(c, e, f, &result);
    if (answer < 0)
        e->phase = FAILED;
    if (answer <= 0)
        return answer == 0;
    e->value = result;
    e->evaluate = f->evaluate;
    e->count--;
    e->phase = HAVE_VALUE;
    return true;
}

/* --- the command ----------------------------------------------------------------------------------------------- */

static bool abbreviates(struct str word, const char *option)
{
    return word.length > 2 && word.length <= strlen(option) && memcmp(word.data, option, word.length) == 0;
}

static int expr_start(struct call *c)
{
    struct expr *e = c->state;
    c->failure = 2;
    if (c->argc == 2 && (abbreviates(c->argv[1], "--help") || abbreviates(c->argv[1], "--version"))) {
        if (c->argv[1].data[2] == 'h')
            call_format(c, "Usage: %S EXPRESSION\n  or:  %S OPTION\n\n%s", c->name, c->name, c->command->help);
        else
            call_format(c, "%S (nacre) 0.1.0\n", c->name);
        c->finished = true;
        return 0;
    }
    e->at = c->argc > 1 && str_is(c->argv[1], "--") ? 2 : 1;
    e->evaluate = true;
    e->locale = call_locale(c);
    return e->at == c->argc ? call_missing_operand(c) : 0;
}

static enum step expr_step(struct call *c)
{
    struct expr *e = c->state;
    for (;;) {
        bool going;
        if (!call_go(c))
            return STEP_AGAIN;
        if (e->phase == WANT_OPERAND) {
            going = read_operand(c, e);
        } else if (e->phase == APPLY) {
            going = apply(c, e);
        } else {
            going = place_value(c, e);
            if (!going && e->phase != FAILED)
                break;
        }
        if (!going)
            return call_done(c);
        if (e->phase != APPLY)
            call_charge(c, 1);
    }
    c->status = is_null(&e->value);
    make_text(c, &e->value);
    call_charge_bytes(c, e->value.text.length);
    call_print(c, e->value.text);
    call_print_byte(c, '\n');
    return call_done(c);
}

const struct command command_expr = {
    .name = "expr",
    .usage = "EXPRESSION",
    .summary = "Print the value of EXPRESSION to standard output.",
    .help = "      --help        display this help and exit\n"
            "      --version     output version information and exit\n\n"
            "EXPRESSION is built of these, the weakest first:\n\n"
            "  A | B        A if it is neither null nor 0, else B\n"
            "  A & B        A if neither is null or 0, else 0\n"
            "  A < B  A <= B  A = B  A == B  A != B  A >= B  A > B\n"
            "               1 if it holds, else 0: of numbers if both are, else of texts\n"
            "  A + B  A - B  A * B  A / B  A % B\n"
            "               whole numbers of any size\n"
            "  STRING : REGEX            what \\( \\) matched at the start of STRING, without them how many "
            "characters\n"
            "  match STRING REGEX        the same\n"
            "  substr STRING POS LENGTH  part of STRING, POS counts from 1\n"
            "  index STRING CHARS        where in STRING any of CHARS is found, or 0\n"
            "  length STRING             how many characters it has\n"
            "  + WORD                    WORD as a string, even if it is a keyword or an operator\n"
            "  ( EXPRESSION )            its value\n\n"
            "The status is 0 if the value is neither null nor 0, 1 if it is, 2 if EXPRESSION is invalid, 3 if "
            "an error occurred.\n",
    .state = sizeof(struct expr),
    .start = expr_start,
    .step = expr_step,
    .trouble = 2,
    .flags = COMMAND_RAW,
};
