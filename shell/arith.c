/* shell/arith.c - arithmetic: evaluated while it is read, with explicit stacks for operators and for values that are expressions.
 *
 * Operators wait on a stack of frames until what follows them binds less. A variable's value, or a subscript, that is
 * more than a plain number opens a level: a text of its own, which ends by handing its value to the level outside.
 */
#include "shell/arith.h"

#include "base/number.h"
#include "shell/vm.h"

/* Tokens: characters as they are, and these. */
enum {
    END, NUMBER, NAME, EQUAL, DIFFERENT, LESS_EQUAL, GREATER_EQUAL, SHIFT_LEFT, SHIFT_RIGHT, AND, OR, POWER,
    PRE_PLUS, PRE_MINUS, POST_PLUS, POST_MINUS, ASSIGN /* with an operator */, CONDITION
};

/* How strongly operators bind; frames of LEVEL_NONE are closed only by their own token. */
enum {
    LEVEL_NONE, LEVEL_COMMA, LEVEL_ASSIGN, LEVEL_CONDITION, LEVEL_OR, LEVEL_AND, LEVEL_BIT_OR, LEVEL_BIT_XOR, LEVEL_BIT_AND,
    LEVEL_EQUAL, LEVEL_ORDER, LEVEL_SHIFT, LEVEL_ADD, LEVEL_MULTIPLY, LEVEL_POWER, LEVEL_UNARY
};

static const uint8_t levels[128] = {
    [','] = LEVEL_COMMA, ['='] = LEVEL_ASSIGN, [ASSIGN] = LEVEL_ASSIGN, ['?'] = LEVEL_CONDITION, [OR] = LEVEL_OR, [AND] = LEVEL_AND,
    ['|'] = LEVEL_BIT_OR, ['^'] = LEVEL_BIT_XOR, ['&'] = LEVEL_BIT_AND, [EQUAL] = LEVEL_EQUAL, [DIFFERENT] = LEVEL_EQUAL,
    ['<'] = LEVEL_ORDER, ['>'] = LEVEL_ORDER, [LESS_EQUAL] = LEVEL_ORDER, [GREATER_EQUAL] = LEVEL_ORDER,
    [SHIFT_LEFT] = LEVEL_SHIFT, [SHIFT_RIGHT] = LEVEL_SHIFT, ['+'] = LEVEL_ADD, ['-'] = LEVEL_ADD,
    ['*'] = LEVEL_MULTIPLY, ['/'] = LEVEL_MULTIPLY, ['%'] = LEVEL_MULTIPLY, [POWER] = LEVEL_POWER,
};

/* What the token that was just read is for. */
enum role { OPERAND, OPERATOR, AFTER_QUESTION, AFTER_COLON, AFTER_PRE, REDUCE };
/* What a level's value is for. */
enum purpose { FOR_RESULT, FOR_VALUE, FOR_SUBSCRIPT, FOR_ASSIGNMENT };

enum {
    DEPTH_MOST = 1024,     /* levels, as bash has it */
    TOKENS_MOST = 1 << 18, /* in values: doubling definitions would take forever */
    FRAMES = 10
};

/* A variable as it is written. */
struct target {
    struct str name, subscript;
    uint32_t hash;
    bool element;          /* with a subscript */
    bool known;            /* the subscript is `index` */
    int64_t index;
};

struct waiting {
    uint8_t level, operator;
    bool middle;           /* LEVEL_NONE: of ?: and not of ( ) */
    int skipped;           /* e->skip outside */
    int64_t value, other;
    size_t at;             /* where the text behind the operator begins */
    struct target target;
};

/* The level being read. */
struct reading {
    struct str text;
    size_t at, behind;     /* next byte; behind the last token */
    size_t last;           /* where the last token begins */
    uint8_t token, before, operator; /* this token, the one before; of ASSIGN */
    enum role role;
    enum purpose purpose;
    size_t bottom;         /* frames of the levels outside */
    int64_t number;        /* of NUMBER and NAME */
    struct target target;  /* of NAME */
    int64_t value;         /* the operand so far */
};

/* Text that must live until the end. */
struct scrap {
    struct scrap *next;
    char data[];
};

struct arith {
    struct shell *sh;
    const char *prefix;
    struct reading r;
    struct reading *outside; /* the levels outside */
    size_t depth;
    struct waiting *frames;
    size_t count, room;
    int skip;              /* above 0: nothing is evaluated */
    int tokens;
    struct scrap *scraps;
    struct waiting first[FRAMES];
};

/* --- errors ------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool in_name(char c)
{
    return starts_name(c) || is_digit(c);
}

/* A message about text[..end) whose last token begins at `from`. */
static int fail_at(struct arith *e, const char *reason, size_t from, size_t end)
{
    struct str text = str_first(e->r.text, end);
    struct str token = str_after(text, from);
    while (text.length && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = str_after(text, 1);
    shell_error(e->sh, "%s%S: %s (error token is \"%S\")", e->prefix, text, reason, token);
    return -1;
}

static int fail(struct arith *e, const char *reason)
{
    return fail_at(e, reason, e->r.last, e->r.text.length);
}

static int fail_division(struct arith *e, size_t at)
{
    while (at < e->r.text.length && (e->r.text.data[at] == ' ' || e->r.text.data[at] == '\t'))
        at++;
    return fail_at(e, "division by 0", at, e->r.text.length);
}

/* --- storage ------------------------------------------------------------------------------------- */

static struct str keep(struct arith *e, struct str s)
{
    struct scrap *scrap = heap_alloc(e->sh->heap, sizeof *scrap + s.length);
    if (s.length)
        memcpy(scrap->data, s.data, s.length);
    scrap->next = e->scraps;
    e->scraps = scrap;
    return str_of(scrap->data, s.length);
}

static struct waiting *push(struct arith *e, int level, int operator)
{
    if (e->count == e->room) {
        size_t size = e->room * sizeof *e->frames;
        struct waiting *more = heap_alloc(e->sh->heap, size * 2);
        memcpy(more, e->frames, size);
        if (e->frames != e->first)
            heap_free(e->sh->heap, e->frames);
        e->frames = more;
        e->room *= 2;
    }
    struct waiting *f = &e->frames[e->count++];
    f->level = (uint8_t)level;
    f->operator = (uint8_t)operator;
    f->middle = false;
    f->skipped = e->skip;
    f->value = e->r.value;
    f->at = e->r.behind;
    return f;
}

/* Opens a level for a text that does not move (or is copied when `copy`). */
static int enter(struct arith *e, struct str text, enum purpose purpose, bool copy)
{
    if (e->depth >= DEPTH_MOST - 1 || e->tokens > TOKENS_MOST) {
        struct reading r = e->r;
        e->r.text = text;
        fail_at(e, "expression recursion level exceeded", 0, text.length);
        e->r = r;
        return -1;
    }
    e->outside = array_grow(e->sh->heap, e->outside, e->depth, sizeof *e->outside);
    e->outside[e->depth++] = e->r;
    if (copy)
        text = keep(e, text);
    e->r = (struct reading){.text = text, .purpose = purpose, .role = OPERAND, .bottom = e->count};
    return 0;
}

/* --- variables ------------------------------------------------------------------------------------ */

/* Most values are plain numbers. */
static bool is_plain(struct str s, int64_t *value)
{
    size_t i = 0;
    bool negative = s.length > 1 && s.data[0] == '-';
    i += negative;
    if (s.length - i > 18 || i >= s.length || (s.data[i] == '0' && s.length - i > 1))
        return false;
    int64_t sum = 0;
    for (; i < s.length; i++) {
        if (!is_digit(s.data[i]))
            return false;
        sum = sum * 10 + (s.data[i] - '0');
    }
    *value = negative ? -sum : sum;
    return true;
}

/* $name, ${name} and $1 in a subscript, and quotes: as written by the user of let, test -v and their kin. */
static struct str expand_subscript(struct arith *e, struct str s)
{
    bool plain = true;
    for (size_t i = 0; i < s.length && plain; i++)
        plain = !memchr("$\"'\\`", s.data[i], 5);
    if (plain)
        return s;
    struct buf out;
    buf_init(&out, e->sh->heap);
    if (has_substitution(s) && foreseen(e->sh, s, false, &out)) {
        struct str known = keep(e, buf_str(&out));
        buf_drop(&out);
        return known;
    }
    char quote = 0;
    for (size_t i = 0; i < s.length; i++) {
        char c = s.data[i];
        if (quote == '\'' ? c == '\'' : c == quote && quote) {
            quote = 0;
        } else if (!quote && (c == '\'' || c == '"')) {
            quote = c;
        } else if (c == '\\' && quote != '\'' && i + 1 < s.length) {
            buf_add_byte(&out, s.data[++i]);
        } else if (c == '$' && quote != '\'' && i + 1 < s.length) {
            bool brace = s.data[i + 1] == '{';
            size_t from = i + 1 + brace, to = from;
            while (to < s.length && in_name(s.data[to]) && !(to > from && is_digit(s.data[from])))
                to++;
            struct str name = str_of(s.data + from, to - from), value = {0};
            if (to == from || (brace && (to >= s.length || s.data[to] != '}'))) {
                buf_add_byte(&out, c);
                continue;
            }
            struct made made;
            if (is_digit(name.data[0]))
                shell_param(e->sh, (size_t)(name.data[0] - '0'), &value);
            else
                var_value(e->sh, name, code_hash(name), &made, &value);
            buf_add(&out, value);
            i = to - 1 + brace;
        } else {
            buf_add_byte(&out, c);
        }
    }
    struct str kept = keep(e, buf_str(&out));
    buf_drop(&out);
    return kept;
}

/* The name behind namerefs, which may be an element. */
static int follow(struct arith *e, struct target *t)
{
    struct variable *v = var_find(e->sh, t->name, t->hash);
    if (!v || !(v->flags & VAR_NAMEREF))
        return 0;
    struct str name = t->name, base, subscript;
    uint32_t hash = t->hash;
    if (!var_follow(e->sh, &name, &hash))
        return -1;
    if (str_equal(name, t->name))
        return 0;
    name = keep(e, name);
    t->name = name;
    t->hash = hash;
    if (!t->element && var_split(name, &base, &subscript)) {
        t->name = base;
        t->hash = code_hash(base);
        t->subscript = subscript;
        t->element = true;
        t->known = false;
    }
    return 0;
}

static bool is_assoc(struct arith *e, const struct target *t)
{
    struct variable *v = var_find(e->sh, t->name, t->hash);
    return v && v->flags & VAR_ASSOC;
}

static int fail_unbound(struct arith *e, const struct target *t)
{
    unbound(e->sh, t->name);
    return -1;
}

/* The subscript is a number, or becomes one by a level: 1 when that level must run first. */
static int know_index(struct arith *e, struct target *t, enum purpose purpose)
{
    if (t->known)
        return 0;
    if (is_plain(t->subscript, &t->index)) {
        t->known = true;
        return 0;
    }
    struct str text = expand_subscript(e, t->subscript);
    if (e->sh->wanted.data)
        return -1;
    bool blank = true;
    for (size_t i = 0; i < text.length && blank; i++)
        blank = is_space(text.data[i]);
    if (blank) {
        t->index = 0;
        t->known = true;
        return 0;
    }
    return enter(e, text, purpose, false) < 0 ? -1 : 1;
}

static struct str index_text(char store[NUMBER_MOST], int64_t index)
{
    return str_of(store, number_write_int(store, index));
}

/* The value of the NAME that was read, into r.number: 0, 1 when a level must run first, or -1. */
static int fetch(struct arith *e)
{
    struct target *t = &e->r.target;
    struct made made;
    struct str value = {0};
    bool found, bad = false;

    e->r.number = 0;
    if (e->skip)
        return 0;
    if (follow(e, t) < 0)
        return -1;
    if (t->element) {
        char store[NUMBER_MOST];
        if (is_assoc(e, t)) {
            t->subscript = expand_subscript(e, t->subscript);
            t->known = false;
            found = var_element(e->sh, t->name, t->hash, t->subscript, &made, &value, &bad);
        } else if (!t->subscript.length || str_is(t->subscript, "@") || str_is(t->subscript, "*")) {
            shell_error(e->sh, "%S[%S]: bad array subscript", t->name, t->subscript);
            return 0;
        } else {
            int wait = know_index(e, t, FOR_SUBSCRIPT);
            if (wait)
                return wait;
            found = var_element(e->sh, t->name, t->hash, index_text(store, t->index), &made, &value, &bad);
        }
        if (bad)
            return 0;
    } else {
        found = var_value(e->sh, t->name, t->hash, &made, &value);
    }
    if (!found)
        return e->sh->state.options & OPT_NOUNSET ? fail_unbound(e, t) : 0;
    if (is_plain(value, &e->r.number))
        return 0;
    size_t blank = 0;
    while (blank < value.length && is_space(value.data[blank]))
        blank++;
    if (blank == value.length)
        return 0;
    return enter(e, value, FOR_VALUE, true) < 0 ? -1 : 1;
}

/* One past the highest index. */
static uint64_t end_of(struct arith *e, const struct target *t)
{
    struct variable *v = var_find(e->sh, t->name, t->hash);
    uint64_t last = UINT64_MAX;
    if (v && v->flags & VAR_ARRAY)
        return ptree_previous(v->elements, &last) ? last + 1 : 0;
    return v && v->value;
}

/* Assigns: 0, 1 when a level for the subscript must run first, or -1. */
static int store(struct arith *e, struct target *t, int64_t value)
{
    char digits[NUMBER_MOST], place[NUMBER_MOST];
    struct str text = index_text(digits, value);
    if (follow(e, t) < 0)
        return -1;
    if (!t->element)
        return e->sh->foreseeing ? 0 : var_assign(e->sh, t->name, t->hash, text, false);
    if (is_assoc(e, t)) {
        struct str key = expand_subscript(e, t->subscript);
        if (e->sh->foreseeing)
            return e->sh->wanted.data ? -1 : 0;
        return var_assign_element(e->sh, t->name, t->hash, key, text, false);
    }
    if (!t->subscript.length) {
        shell_error(e->sh, "`%S[]': not a valid identifier", t->name);
        return 0;
    }
    if (str_is(t->subscript, "@") || str_is(t->subscript, "*")) {
        shell_error(e->sh, "%S[%S]: bad array subscript", t->name, t->subscript);
        return 0;
    }
    int wait = know_index(e, t, FOR_ASSIGNMENT);
    if (wait)
        return wait;
    if (e->sh->foreseeing)
        return 0;
    if (t->index < 0 && (uint64_t)-(t->index + 1) >= end_of(e, t)) {
        shell_error(e->sh, "%S[%S]: bad array subscript", t->name, t->subscript);
        return 0;
    }
    return var_assign_element(e->sh, t->name, t->hash, index_text(place, t->index), text, false);
}

/* --- tokens ----------------------------------------------------------------------------------------- */

static bool is_operator(uint8_t token)
{
    return (token > NAME && token < CONDITION) || (token && token < 128 && token > 31 && strchr("=><+-*/%!()&|^~?:,", token));
}

static bool is_sign(char c)
{
    return c && memchr("=><+-*/%!()&|^~?:,", c, 18);
}

/* Where the subscript that opens at text[at] closes, or 0. */
static size_t skip_subscript(struct str text, size_t at)
{
    size_t depth = 0;
    char quote = 0;
    for (; at < text.length; at++) {
        char c = text.data[at];
        if (c == '\\' && quote != '\'') {
            at++;
        } else if (quote) {
            if (c == quote)
                quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '[') {
            depth++;
        } else if (c == ']' && --depth == 0) {
            return at;
        }
    }
    return 0;
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.length && is_space(text.data[at]))
        at++;
    return at;
}

static int read_name(struct arith *e, size_t at)
{
    struct reading *r = &e->r;
    struct str text = r->text;
    struct target *t = &r->target;
    size_t end = at;
    uint32_t hash = 2166136261u; /* code_hash, while we are at it */

    for (; end < text.length && in_name(text.data[end]); end++)
        hash = (hash ^ (unsigned char)text.data[end]) * 16777619u;
    t->name = str_of(text.data + at, end - at);
    t->hash = hash;
    t->element = t->known = false;
    if (end < text.length && text.data[end] == '[') {
        size_t close = skip_subscript(text, end);
        if (!close)
            return fail(e, "bad array subscript");
        t->subscript = str_of(text.data + end + 1, close - end - 1);
        t->element = true;
        end = close + 1;
    }
    r->at = end;
    size_t next = skip_space(text, end);
    if (next < text.length && !in_name(text.data[next]) && !is_sign(text.data[next])) { /* told before the value is looked at */
        r->last = next;
        return fail(e, "syntax error: invalid arithmetic operator");
    }
    bool assigned = next < text.length && text.data[next] == '=' && !(next + 1 < text.length && text.data[next + 1] == '=');
    if (assigned && r->token != PRE_PLUS && r->token != PRE_MINUS) {
        r->number = 0;
        return 0;
    }
    return fetch(e);
}

static int read_number(struct arith *e, size_t at)
{
    struct reading *r = &e->r;
    struct str text = r->text;
    size_t end = at;
    while (end < text.length && (in_name(text.data[end]) || text.data[end] == '#' || text.data[end] == '@'))
        end++;
    struct str digits = str_of(text.data + at, end - at);
    r->at = end;
    if (is_plain(digits, &r->number))
        return 0;
    const char *reason = number_parse_constant(digits, &r->number);
    if (reason)
        return fail_at(e, reason, at, end);
    return 0;
}

static void shift_token(struct reading *r, int token)
{
    r->before = r->token;
    r->token = (uint8_t)token;
    r->behind = r->at;
}

/* An operator at text[at]; 0 or -1. */
static int read_operator(struct arith *e, size_t at)
{
    struct reading *r = &e->r;
    struct str text = r->text;
    char c = text.data[at], d = at + 1 < text.length ? text.data[at + 1] : 0;
    int token = c;
    size_t length = 2;

    if (d == '=' && (c == '=' || c == '!' || c == '<' || c == '>')) {
        token = c == '=' ? EQUAL : c == '!' ? DIFFERENT : c == '<' ? LESS_EQUAL : GREATER_EQUAL;
    } else if (c == d && (c == '<' || c == '>')) {
        token = c == '<' ? SHIFT_LEFT : SHIFT_RIGHT;
        if (at + 2 < text.length && text.data[at + 2] == '=') {
            r->operator = (uint8_t)token;
            token = ASSIGN;
            length = 3;
        }
    } else if (c == d && c == '&') {
        token = AND;
    } else if (c == d && c == '|') {
        token = OR;
    } else if (c == d && c == '*') {
        token = POWER;
    } else if (c == d && (c == '+' || c == '-')) {
        if (r->token == NAME) {
            token = c == '+' ? POST_PLUS : POST_MINUS;
        } else if (r->token == NUMBER && (r->before == PRE_PLUS || r->before == PRE_MINUS)) {
            return fail(e, c == '+' ? "++: assignment requires lvalue" : "--: assignment requires lvalue");
        } else {
            size_t next = skip_space(text, at + 2);
            if (next < text.length && starts_name(text.data[next]))
                token = c == '+' ? PRE_PLUS : PRE_MINUS;
            else
                length = 1;
        }
    } else if (d == '=' && memchr("*/%+-&^|", c, 8)) {
        r->operator = (uint8_t)c;
        token = ASSIGN;
    } else if (is_sign(c)) {
        length = 1;
    } else {
        bool operand = r->token == END || is_operator(r->token);
        return fail(e, operand ? "syntax error: operand expected" : "syntax error: invalid arithmetic operator");
    }
    r->at = at + length;
    shift_token(r, token);
    return 0;
}

/* Reads a token, which is for `role`: 0, 1 when a level must run first, or -1. */
static int next(struct arith *e, enum role role)
{
    struct reading *r = &e->r;
    struct str text = r->text;
    size_t at = r->at;

    r->role = role;
    while (at < text.length && is_space(text.data[at]))
        at++;
    meter_charge(&e->sh->sandbox->meter, 1);
    e->tokens += e->depth > 0;
    if (at == text.length) {
        r->at = at;
        shift_token(r, END);
        return 0;
    }
    r->last = at;
    char c = text.data[at];
    int answer = 0, token = NUMBER;
    if (starts_name(c)) {
        token = NAME;
        answer = read_name(e, at);
    } else if (is_digit(c)) {
        answer = read_number(e, at);
    } else {
        return read_operator(e, at);
    }
    if (answer == 0)
        shift_token(&e->r, token);
    return answer;
}

/* --- operators ---------------------------------------------------------------------------------------- */

static int64_t power(int64_t base, int64_t exponent)
{
    uint64_t result = 1, square = (uint64_t)base;
    for (; exponent; exponent >>= 1, square *= square)
        if (exponent & 1)
            result *= square;
    return (int64_t)result;
}

/* Right shift of the sign too, whatever the compiler thinks of it. */
static int64_t shift_right(int64_t a, unsigned bits)
{
    return a < 0 ? (int64_t)~(~(uint64_t)a >> bits) : (int64_t)((uint64_t)a >> bits);
}

/* a OPERATOR b; the divisor is not 0. */
static int64_t compute(int operator, int64_t a, int64_t b)
{
    uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
    switch (operator) {
    case '+': return (int64_t)(ua + ub);
    case '-': return (int64_t)(ua - ub);
    case '*': return (int64_t)(ua * ub);
    case '/': return b == -1 ? (int64_t)(0 - ua) : a / b;
    case '%': return b == -1 ? 0 : a % b;
    case '<': return a < b;
    case '>': return a > b;
    case LESS_EQUAL: return a <= b;
    case GREATER_EQUAL: return a >= b;
    case EQUAL: return a == b;
    case DIFFERENT: return a != b;
    case SHIFT_LEFT: return (int64_t)(ua << (ub & 63));
    case SHIFT_RIGHT: return shift_right(a, (unsigned)(ub & 63));
    case '&': return a & b;
    case '^': return a ^ b;
    case '|': return a | b;
    case AND: return a && b;
    case OR: return a || b;
    case POWER: return power(a, b);
    default: return b; /* the comma, and plain assignment */
    }
}

static bool divides(int operator)
{
    return operator == '/' || operator == '%';
}

/* Ends the top frame, whose right operand is r.value: 0, 1, -1. */
static int reduce(struct arith *e)
{
    struct waiting *f = &e->frames[e->count - 1];
    struct reading *r = &e->r;
    int64_t b = r->value;
    int wait;

    r->before = NUMBER;
    switch (f->level) {
    case LEVEL_UNARY:
        r->value = f->operator == '!' ? !b : f->operator == '~' ? ~b : f->operator == '-' ? (int64_t)(0 - (uint64_t)b) : b;
        break;
    case LEVEL_CONDITION:
        e->skip = f->skipped;
        r->value = f->value ? f->other : b;
        r->before = CONDITION;
        break;
    case LEVEL_ASSIGN:
        if (!f->target.known || f->operator) { /* not the second time, behind the subscript's level */
            if (divides(f->operator) && b == 0) {
                if (!e->skip)
                    return fail(e, "division by 0");
                b = 1;
            }
            if (f->operator)
                b = compute(f->operator, f->value, b);
            f->operator = 0;
            r->value = b;
        }
        if (!e->skip && (wait = store(e, &f->target, b)))
            return wait;
        break;
    case LEVEL_AND: case LEVEL_OR:
        e->skip = f->skipped;
        r->value = compute(f->operator, f->value, b);
        r->before = f->operator;
        break;
    default:
        if (divides(f->operator) && b == 0) {
            if (!e->skip)
                return fail_division(e, f->at);
            b = 1;
        }
        if (f->level == LEVEL_POWER && b < 0)
            return fail(e, "exponent less than 0");
        r->value = compute(f->operator, f->value, b);
        break;
    }
    e->count--;
    return 0;
}

static int begin_operand(struct arith *e)
{
    struct reading *r = &e->r;
    switch (r->token) {
    case '!': case '~': case '-': case '+':
        push(e, LEVEL_UNARY, r->token);
        return next(e, OPERAND);
    case '(':
        push(e, LEVEL_NONE, 0);
        return next(e, OPERAND);
    case PRE_PLUS: case PRE_MINUS:
        push(e, LEVEL_UNARY, r->token);
        return next(e, AFTER_PRE);
    case NUMBER:
        r->value = r->number;
        return next(e, OPERATOR);
    case NAME:
        r->value = r->number;
        return next(e, OPERATOR);
    default:
        return fail(e, "syntax error: operand expected");
    }
}

/* ++NAME: the frame on top tells the sign. */
static int change_before(struct arith *e)
{
    struct reading *r = &e->r;
    int sign = e->frames[--e->count].operator == PRE_PLUS ? 1 : -1;
    if (r->token != NAME)
        return fail(e, "identifier expected after pre-increment or pre-decrement");
    r->value = (int64_t)((uint64_t)r->number + (uint64_t)(int64_t)sign);
    if (!e->skip && store(e, &r->target, r->value))
        return -1;
    r->token = NUMBER;
    r->before = sign > 0 ? PRE_PLUS : PRE_MINUS;
    return next(e, OPERATOR);
}

static int change_after(struct arith *e)
{
    struct reading *r = &e->r;
    int sign = r->token == POST_PLUS ? 1 : -1;
    if (!e->skip && store(e, &r->target, (int64_t)((uint64_t)r->value + (uint64_t)(int64_t)sign)))
        return -1;
    r->token = NUMBER;
    r->before = NAME;
    return next(e, OPERATOR);
}

/* The token is no operator between operands: it ends a group, or the level. 2: the level. */
static int close(struct arith *e)
{
    struct reading *r = &e->r;
    if (e->count == r->bottom)
        return r->token == END ? 2 : fail(e, "syntax error in expression");
    struct waiting *f = &e->frames[e->count - 1];
    if (!f->middle) {
        if (r->token != ')')
            return fail(e, "missing `)'");
        e->count--;
        return next(e, OPERATOR);
    }
    if (r->token != ':')
        return fail(e, "`:' expected for conditional expression");
    e->skip = f->skipped + (f->value != 0);
    f->level = LEVEL_CONDITION;
    f->other = r->value;
    return next(e, AFTER_COLON);
}

/* An operand stands before the token: what binds as strongly is done first. 2: the level is complete. */
static int take_operator(struct arith *e)
{
    struct reading *r = &e->r;
    uint8_t token = r->token;
    int answer, level = token < 128 ? levels[token] : LEVEL_NONE;
    bool from_right = level == LEVEL_POWER || level == LEVEL_ASSIGN || level == LEVEL_CONDITION;

    if ((token == POST_PLUS || token == POST_MINUS) && r->before == NAME)
        return change_after(e);
    while (e->count > r->bottom) {
        const struct waiting *f = &e->frames[e->count - 1];
        if (f->level == LEVEL_NONE || f->level < level || (from_right && f->level == level))
            break;
        if ((answer = reduce(e))) {
            if (answer > 0)
                e->outside[e->depth - 1].role = REDUCE; /* done again when the subscript is known */
            return answer;
        }
    }
    if (level == LEVEL_NONE)
        return close(e);
    struct waiting *f;
    switch (level) {
    case LEVEL_ASSIGN:
        if (r->before != NAME)
            return fail(e, "attempted assignment to non-variable");
        f = push(e, level, token == ASSIGN ? r->operator : 0);
        f->target = r->target;
        return next(e, OPERAND);
    case LEVEL_CONDITION:
        f = push(e, LEVEL_NONE, 0);
        f->middle = true;
        e->skip += r->value == 0;
        return next(e, AFTER_QUESTION);
    case LEVEL_AND: case LEVEL_OR:
        push(e, level, token);
        e->skip += level == LEVEL_AND ? r->value == 0 : r->value != 0;
        return next(e, OPERAND);
    default:
        push(e, level, token);
        return next(e, OPERAND);
    }
}

/* A level has ended: its value goes to the one outside. 0, 1, -1. */
static int leave(struct arith *e)
{
    enum purpose purpose = e->r.purpose;
    int64_t value = e->r.value;
    int answer = 0;

    e->r = e->outside[--e->depth];
    switch (purpose) {
    case FOR_VALUE: e->r.number = value; break;
    case FOR_SUBSCRIPT:
        e->r.target.index = value;
        e->r.target.known = true;
        answer = fetch(e);
        break;
    default:
        e->frames[e->count - 1].target.index = value;
        e->frames[e->count - 1].target.known = true;
        return 0;
    }
    if (answer == 0)
        shift_token(&e->r, NAME);
    return answer;
}

static int run(struct arith *e)
{
    int answer = next(e, OPERAND);
    if (answer == 0 && e->r.token == END)
        return 0; /* nothing at all is 0 */
    while (answer >= 0) {
        if (answer == 1) { /* a level was opened: read its first token */
            answer = next(e, OPERAND);
            continue;
        }
        switch (e->r.role) {
        case AFTER_QUESTION:
            if (e->r.token == END || e->r.token == ':')
                return fail(e, "expression expected");
            answer = begin_operand(e);
            break;
        case AFTER_COLON:
            if (e->r.token == END)
                return fail(e, "expression expected");
            answer = begin_operand(e);
            break;
        case OPERAND: answer = begin_operand(e); break;
        case AFTER_PRE: answer = change_before(e); break;
        case OPERATOR: case REDUCE: answer = take_operator(e); break;
        }
        if (answer == 2) {
            if (e->depth == 0)
                return 0;
            answer = leave(e);
        }
    }
    return -1;
}

/* --- what loops count with ------------------------------------------------------------------------------ */

struct simple {
    struct str name;       /* empty: a number */
    uint32_t hash;
    int64_t value;
};

/* A number, or a scalar variable whose value is one, at text[*at]. */
static bool take_simple(struct shell *sh, struct str text, size_t *at, struct simple *s)
{
    size_t from = skip_space(text, *at), end = from;
    s->hash = 2166136261u; /* code_hash, while we are at it */
    for (; end < text.length && in_name(text.data[end]); end++)
        s->hash = (s->hash ^ (unsigned char)text.data[end]) * 16777619u;
    struct str word = str_of(text.data + from, end - from);
    *at = skip_space(text, end);
    if (end == from)
        return false;
    s->name.length = 0;
    if (is_digit(word.data[0]))
        return is_plain(word, &s->value);
    s->name = word;
    struct variable *v = var_find(sh, word, s->hash);
    if (!v || v->flags & (VAR_NAMEREF | VAR_ARRAY | VAR_ASSOC) || !v->value)
        return false;
    return is_plain(text_str(v->value), &s->value);
}

/* a, a+1, a<b, a++, a+=1 and their kin: false, and nothing done, when it is more than that. */
static bool evaluate_simple(struct shell *sh, struct str text, int64_t *value, int *answer)
{
    struct simple a, b = {.value = 1};
    char digits[NUMBER_MOST];
    size_t at = 0;

    *answer = 0;
    if (!take_simple(sh, text, &at, &a))
        return false;
    *value = a.value;
    if (at == text.length)
        return true;
    char c = text.data[at++], d = at < text.length ? text.data[at] : 0;
    int operator = c;
    bool assign = false, after = false;
    switch (c) {
    case '+': case '-':
        after = d == c;
        assign = after || d == '=';
        at += assign;
        break;
    case '<': case '>': case '=': case '!':
        if (d == '=')
            operator = c == '<' ? LESS_EQUAL : c == '>' ? GREATER_EQUAL : c == '=' ? EQUAL : DIFFERENT;
        else if (d == c || c == '=' || c == '!')
            return false;
        at += d == '=';
        break;
    case '*': case '/': case '%': case '&': case '|':
        if (d == c)
            return false;
        assign = d == '=';
        at += assign;
        break;
    default: return false;
    }
    if (after)
        at = skip_space(text, at);
    else if (!take_simple(sh, text, &at, &b))
        return false;
    if (at != text.length || (assign && !a.name.length) || (divides(operator) && b.value == 0))
        return false;
    int64_t result = compute(operator, a.value, b.value);
    if (!after)
        *value = result;
    if (assign)
        *answer = var_assign(sh, a.name, a.hash, str_of(digits, number_write_int(digits, result)), false);
    return true;
}

int arith_evaluate(struct shell *sh, struct str text, const char *prefix, int64_t *value)
{
    int answer;
    if (!sh->foreseeing && evaluate_simple(sh, text, value, &answer)) {
        meter_charge(&sh->sandbox->meter, 3);
        return answer;
    }
    struct arith e;
    e.sh = sh;
    e.prefix = prefix;
    e.r = (struct reading){.text = text};
    e.outside = NULL;
    e.depth = 0;
    e.frames = e.first;
    e.count = 0;
    e.room = FRAMES;
    e.skip = e.tokens = 0;
    e.scraps = NULL;
    meter_charge(&sh->sandbox->meter, (int64_t)(text.length / METER_BYTES));
    answer = run(&e);
    *value = e.r.value;
    if (e.frames != e.first)
        heap_free(sh->heap, e.frames);
    heap_free(sh->heap, e.outside);
    while (e.scraps) {
        struct scrap *next_scrap = e.scraps->next;
        heap_free(sh->heap, e.scraps);
        e.scraps = next_scrap;
    }
    return answer;
}
