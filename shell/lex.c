/* shell/lex.c - the inside of words: text, quotes, expansions, each one piece a step. */
#include "shell/parser_parts.h"

#include "base/utf8.h"

bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9');
}

bool is_meta(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '<' || c == '>';
}

/* --- adding text --------------------------------------------------------------------------- */

/* Text joins the piece before it when that was quoted alike. */
static void add_text(struct parser *p, struct open *word, struct str text, bool quoted)
{
    int flags = quoted ? CODE_QUOTED : 0;
    struct instruction *last = p->length > word->code_start ? &p->at[p->length - 1] : NULL;
    if (last && last->op == OP_TEXT && last->flags == flags && last->a == p->string_count - 1) {
        p->bytes.length--; /* the NUL */
        buf_add(&p->bytes, text);
        buf_add_byte(&p->bytes, 0);
        p->strings[last->a].length += text.length;
        return;
    }
    emit(p, OP_TEXT, flags, intern(p, text), 0);
}

/* The WORD (or the like) that surrounds what is on top: a DQUOTE stands directly on it. */
static struct open *outer_word(struct parser *p)
{
    return top(p)->kind == DQUOTE ? top(p) - 1 : top(p);
}

static void not_plain(struct parser *p)
{
    outer_word(p)->plain = false;
}

void add_ansi(struct buf *out, struct str t)
{
    for (size_t i = 0; i < t.length; i++) {
        if (t.data[i] != '\\' || i + 1 == t.length) {
            buf_add_byte(out, t.data[i]);
            continue;
        }
        char c = t.data[++i];
        static const char from[] = "abeEfnrtv\\'\"?", to[] = "\a\b\033\033\f\n\r\t\v\\'\"?";
        const char *at = strchr(from, c);
        if (at && c) {
            buf_add_byte(out, to[at - from]);
        } else if (c >= '0' && c <= '7') {
            unsigned value = 0;
            size_t k = 0;
            for (; k < 3 && i + k < t.length && t.data[i + k] >= '0' && t.data[i + k] <= '7'; k++)
                value = value * 8 + (unsigned)(t.data[i + k] - '0');
            i += k - 1;
            if (!(value & 255)) /* bash ends the string at a NUL */
                return;
            buf_add_byte(out, (char)value);
        } else if (c == 'x' || c == 'u' || c == 'U') {
            size_t most = c == 'x' ? 2 : c == 'u' ? 4 : 8, k = 0;
            uint32_t value = 0;
            bool brace = c == 'x' && i + 1 < t.length && t.data[i + 1] == '{';
            for (; k < most && i + 1 + k < t.length; k++) {
                char d = t.data[i + 1 + k];
                int digit = d >= '0' && d <= '9' ? d - '0' : d >= 'a' && d <= 'f' ? d - 'a' + 10 : d >= 'A' && d <= 'F' ? d - 'A' + 10 : -1;
                if (digit < 0)
                    break;
                value = value * 16 + (uint32_t)digit;
            }
            if (k == 0 || brace) {
                buf_add_byte(out, '\\');
                buf_add_byte(out, c);
                continue;
            }
            i += k;
            if (value == 0)
                return;
            if (c == 'x') {
                buf_add_byte(out, (char)value);
            } else {
                char bytes[8];
                buf_add(out, str_of(bytes, utf8_encode(value, bytes)));
            }
        } else if (c == 'c' && i + 1 < t.length) {
            char d = t.data[++i];
            if (d == '\\' && i + 1 < t.length && t.data[i + 1] == '\\')
                i++;
            buf_add_byte(out, d == '?' ? 127 : (char)((d >= 'a' && d <= 'z' ? d - 32 : d) & 31));
        } else {
            buf_add_byte(out, '\\');
            buf_add_byte(out, c);
        }
    }
}

/* --- quotes --------------------------------------------------------------------------------- */

static void count_lines(struct parser *p, const char *from, const char *to)
{
    for (; from < to; from++)
        p->line += *from == '\n';
}

static void single_quote(struct parser *p)
{
    const char *from = p->p + 1, *close = from < p->end ? memchr(from, '\'', (size_t)(p->end - from)) : NULL;
    if (!close) {
        fail_unclosed(p, '\'', p->line);
        return;
    }
    not_plain(p);
    add_text(p, outer_word(p), str_of(from, (size_t)(close - from)), true);
    count_lines(p, from, close);
    p->p = close + 1;
}

static void ansi_quote(struct parser *p)
{
    const char *from = p->p + 2, *at = from;
    while (at < p->end && *at != '\'')
        at += *at == '\\' && at + 1 < p->end ? 2 : 1;
    if (at >= p->end) {
        fail_unclosed(p, '\'', p->line);
        return;
    }
    struct buf b;
    buf_init(&b, p->heap);
    add_ansi(&b, str_of(from, (size_t)(at - from)));
    not_plain(p);
    add_text(p, outer_word(p), buf_str(&b), true);
    buf_drop(&b);
    count_lines(p, from, at);
    p->p = at + 1;
}

static void open_dquote(struct parser *p)
{
    not_plain(p);
    bool here = top(p)->here;
    struct open *o = push(p, DQUOTE);
    o->quoted = true;
    o->here = here && false;
    o->line = p->line;
    o->code_start = p->length;
    o->assigned = (o - 1)->assigned;
    p->p++;
}

static void close_dquote(struct parser *p)
{
    if (p->length == top(p)->code_start) {
        pop(p);
        emit(p, OP_TEXT, CODE_QUOTED, intern(p, (struct str){0}), 0); /* "" is a word of its own */
    } else {
        pop(p);
    }
    p->p++;
}

/* --- backquotes ------------------------------------------------------------------------------ */

static void backquote(struct parser *p)
{
    struct input_below *below = heap_new(p->heap, struct input_below);
    bool quoted = top(p)->quoted && !top(p)->here;
    buf_init(&below->owned, p->heap);
    const char *at = p->p + 1;
    for (; at < p->end && *at != '`'; at++) {
        if (*at == '\\' && at + 1 < p->end && (at[1] == '`' || at[1] == '\\' || at[1] == '$' || (quoted && at[1] == '"')))
            at++;
        buf_add_byte(&below->owned, *at);
    }
    if (at >= p->end) {
        fail_unclosed(p, '`', p->line);
        return;
    }
    not_plain(p);
    int begins =
        emit(p, OP_SUBSTITUTE,
             CODE_BACKQUOTED | (top(p)->quoted ? CODE_QUOTED : 0) | (top(p)->assigned ? CODE_ASSIGNED : 0), 0, 0);
    below->begin = p->begin;
    below->p = at + 1;
    below->end = p->end;
    below->line = p->line;
    for (const char *c = p->p; c < at; c++)
        below->line += *c == '\n';
    below->below = p->below;
    p->below = below;
    p->begin = p->p = below->owned.data ? below->owned.data : "";
    p->end = p->p + below->owned.length;
    struct open *o = push(p, BACKQUOTE);
    o->start = begins;
    o->line = p->line;
}

/* --- $ --------------------------------------------------------------------------------------- */

static int piece_flags(const struct open *o)
{
    return (o->quoted ? CODE_QUOTED : 0) | (o->assigned ? CODE_ASSIGNED : 0) | (o->here ? CODE_HERE : 0);
}

static void substitution(struct parser *p)
{
    not_plain(p);
    int begins = emit(p, OP_SUBSTITUTE, piece_flags(top(p)), 0, 0);
    p->p += 2;
    struct open *o = push(p, SUBST);
    o->start = begins;
    o->line = p->line;
}

static void arithmetic(struct parser *p, bool bracket)
{
    not_plain(p);
    const char *from = p->p;
    int flags = piece_flags(top(p));
    p->p += bracket ? 2 : 3;
    struct open *o = push(p, ARITH_WORD);
    o->purpose = bracket ? ARITH_BRACKET : ARITH_TEXT;
    o->quoted = true;
    o->line = p->line;
    o->flags = flags;
    o->resume = (size_t)(from - p->begin);
    o->start = emit(p, OP_ARITH_OPEN, 0, 0, 0);
    o->code_start = p->length;
    o->string_start = p->string_count;
}

static bool is_special(char c)
{
    return c && strchr("@*#?-$!", c);
}

static bool known_not_arith(const struct parser *p)
{
    size_t at = (size_t)(p->end - p->p);
    for (size_t i = p->not_arith_count; i > 0; i--)
        if (p->not_arith[i - 1] == at)
            return true;
    return false;
}

static void dollar(struct parser *p)
{
    struct open *o = top(p);
    const char *at = p->p + 1;
    while (at + 1 < p->end && at[0] == '\\' && at[1] == '\n') { /* the $ and what it begins stand on two lines */
        join_lines_at(p, 1);
        at = p->p + 1;
        if (p->more)
            return;
    }
    size_t left = (size_t)(p->end - at);
    bool in_quotes = o->quoted && o->kind != ARITH_WORD;
    if (left && *at == '\'' && !in_quotes && o->kind != ARITH_WORD) {
        ansi_quote(p);
    } else if (left && *at == '"' && !in_quotes && o->kind != ARITH_WORD) {
        p->p++;
        open_dquote(p);
    } else if (left > 1 && at[0] == '(' && at[1] == '(' && !known_not_arith(p)) {
        arithmetic(p, false);
    } else if (left && *at == '(') {
        substitution(p);
    } else if (left && *at == '[') {
        arithmetic(p, true);
    } else if (left && *at == '{') {
        not_plain(p);
        param_step(p);
    } else if (left && is_name_start(*at)) {
        const char *end = at;
        while (end < p->end && is_name(*end))
            end++;
        not_plain(p);
        emit(p, OP_VARIABLE, piece_flags(o), intern(p, str_of(at, (size_t)(end - at))), 0);
        p->p = end;
    } else if (left && (is_special(*at) || (*at >= '0' && *at <= '9'))) {
        not_plain(p);
        emit(p, OP_SPECIAL, piece_flags(o), (unsigned char)*at, 0);
        p->p = at + 1;
    } else {
        add_text(p, outer_word(p), str_lit("$"), o->quoted);
        p->p++;
    }
}

/* --- ${...} ---------------------------------------------------------------------------------- */

/* The text of a ${...} that makes no sense, up to its brace, for the message at run time. */
static void bad_expansion(struct parser *p, const char *from)
{
    int depth = 0;
    const char *at = from;
    for (; at < p->end; at++) {
        if (*at == '\\' && at + 1 < p->end)
            at++;
        else if (*at == '\'' && !top(p)->quoted) {
            const char *close = memchr(at + 1, '\'', (size_t)(p->end - at - 1));
            if (close)
                at = close;
        } else if (*at == '{')
            depth++;
        else if (*at == '}' && --depth == 0)
            break;
    }
    if (at >= p->end) {
        fail_unclosed(p, '}', p->line);
        return;
    }
    p->expansions = array_grow(p->heap, p->expansions, (size_t)p->expansion_count, sizeof *p->expansions);
    struct expansion *e = &p->expansions[p->expansion_count];
    *e = (struct expansion){.operator = PARAM_BAD, .quoted = top(p)->quoted};
    e->name = intern(p, (struct str){0});
    e->source = intern(p, str_of(from, (size_t)(at + 1 - from)));
    emit(p, OP_PARAM_OPEN, 0, p->expansion_count, 0);
    emit(p, OP_PARAM_CLOSE, 0, p->expansion_count++, 0);
    count_lines(p, p->p, at);
    p->p = at + 1;
}

static const char *param_name_end(const struct parser *p, const char *at)
{
    if (at >= p->end)
        return at;
    if (is_name_start(*at)) {
        while (at < p->end && is_name(*at))
            at++;
    } else if (*at >= '0' && *at <= '9') {
        while (at < p->end && *at >= '0' && *at <= '9')
            at++;
    } else if (is_special(*at)) {
        at++;
    }
    return at;
}

/* At "${": reads up to where a word is needed, and opens PARAM. */
void param_step(struct parser *p)
{
    const char *from = p->p, *at = p->p + 2;
    struct expansion e = {.quoted = top(p)->quoted, .assigned = top(p)->assigned, .here = top(p)->here};
    if (at < p->end && *at == '#' && at + 1 < p->end && at[1] != '}') {
        const char *next = param_name_end(p, at + 1);
        /* ${#x}, ${#@}, ${#?}; but ${#:-w}, ${#%p}, ${#-} are operators on # */
        if (next > at + 1 && next < p->end && (*next == '}' || *next == '[')) {
            e.length = true;
            at++;
        }
    } else if (at < p->end && *at == '!' && at + 1 < p->end && (is_name(at[1]) || is_special(at[1]))) {
        const char *next = param_name_end(p, at + 1);
        if (next > at + 1) {
            e.indirect = true;
            at++;
        }
    }
    const char *end = param_name_end(p, at);
    if (end == at) {
        if (end >= p->end)
            fail_unclosed(p, '}', p->line);
        else
            bad_expansion(p, from);
        return;
    }
    e.name = intern(p, str_of(at, (size_t)(end - at)));
    if (end - at == 1 && (*at == '@' || *at == '*')) {
        e.all = *at == '@';
        e.star = *at == '*';
    }
    e.source = (int)(from - p->begin); /* made a string when it is closed */
    p->expansions = array_grow(p->heap, p->expansions, (size_t)p->expansion_count, sizeof *p->expansions);
    p->expansions[p->expansion_count] = e;
    struct open *o = push(p, PARAM);
    o->expansion = p->expansion_count++;
    o->quoted = e.quoted;
    o->here = e.here;
    o->assigned = e.assigned;
    o->line = p->line;
    o->text_start = (size_t)(from - p->begin);
    o->start = emit(p, OP_PARAM_OPEN, 0, o->expansion, 0);
    p->p = end;
    if (end < p->end && *end == '[' && is_name_start(*at)) {
        bool plain_all = end + 2 < p->end && (end[1] == '@' || end[1] == '*') && end[2] == ']';
        p->expansions[o->expansion].subscript = !plain_all;
        if (plain_all) {
            p->expansions[o->expansion].all = end[1] == '@';
            p->expansions[o->expansion].star = end[1] == '*';
            p->p = end + 3;
        } else {
            p->p = end + 1;
            begin_word(p, PARAM_INDEX);
        }
    }
}

static void param_close(struct parser *p)
{
    struct open o = *top(p);
    struct expansion *e = &p->expansions[o.expansion];
    bool simple = e->operator == PARAM_PLAIN && !e->length && !e->indirect && !e->subscript && !e->all && !e->star;
    e->source = e->name;
    /* kept for these only: each of many that are nested would keep all within */
    if (e->subscript || (e->operator == PARAM_TRANSFORM && !strchr("UuLQEPAKak", e->letter)))
        e->source = intern(p, str_of(p->begin + o.text_start, (size_t)(p->p + 1 - p->begin) - o.text_start));
    p->p++;
    pop(p);
    struct str name = str_of(p->bytes.data + p->strings[e->name].at, p->strings[e->name].length);
    if (simple && is_name_start(name.data[0]) && p->length == o.start + 1) {
        p->length = o.start;
        emit(p, OP_VARIABLE, piece_flags(&o), e->name, 0);
        return;
    }
    emit(p, OP_PARAM_CLOSE, 0, o.expansion, 0);
    if (p->at[o.start + 1].op == OP_PARAM_TEST || o.chain > 0)
        p->at[o.chain].b = p->length - 1;
}

/* Behind a subscript or the name: an operator or the closing brace. */
static void param_operator(struct parser *p)
{
    struct open *o = top(p);
    struct expansion *e = &p->expansions[o->expansion];
    const char *at = p->p;
    size_t left = (size_t)(p->end - at);
    if (!left) {
        fail_unclosed(p, '}', o->line);
        return;
    }
    if (*at == '}') {
        if (e->indirect && e->operator == PARAM_PLAIN && (e->all || e->star)) {
            struct str name = str_of(p->bytes.data + p->strings[e->name].at, p->strings[e->name].length);
            e->operator = is_name_start(name.data[0]) ? PARAM_KEYS : PARAM_PLAIN;
            if (e->operator == PARAM_KEYS)
                e->indirect = false;
        }
        param_close(p);
        return;
    }
    bool bad = e->length;
    int operator = -1;
    size_t width = 1;
    switch (*at) {
    case ':':
        if (left > 1 && strchr("-=?+", at[1])) {
            e->colon = true;
            width = 2;
            operator = at[1] == '-' ? PARAM_DEFAULT : at[1] == '=' ? PARAM_ASSIGN : at[1] == '?' ? PARAM_ERROR : PARAM_ALTERNATIVE;
        } else {
            operator = PARAM_SLICE;
        }
        break;
    case '-': operator = PARAM_DEFAULT; break;
    case '=': operator = PARAM_ASSIGN; break;
    case '?': operator = PARAM_ERROR; break;
    case '+': operator = PARAM_ALTERNATIVE; break;
    case '#':
    case '%': {
        bool two = left > 1 && at[1] == *at;
        width = two ? 2 : 1;
        operator = (*at == '#' ? PARAM_REMOVE_PREFIX : PARAM_REMOVE_SUFFIX) + two;
        break;
    }
    case '/':
        if (left > 1 && at[1] == '/')
            operator = PARAM_REPLACE_ALL, width = 2;
        else if (left > 1 && at[1] == '#')
            operator = PARAM_REPLACE_START, width = 2;
        else if (left > 1 && at[1] == '%')
            operator = PARAM_REPLACE_END, width = 2;
        else
            operator = PARAM_REPLACE;
        break;
    case '^':
    case ',':
    case '~': {
        bool two = left > 1 && at[1] == *at;
        width = two ? 2 : 1;
        operator = (*at == '^' ? PARAM_UPPER : *at == ',' ? PARAM_LOWER : PARAM_TOGGLE) + two;
        break;
    }
    case '@':
    case '*':
        if (e->indirect && left > 1 && at[1] == '}') { /* ${!prefix*} */
            operator = PARAM_NAMES;
            e->star = *at == '*';
            e->all = *at == '@';
            e->indirect = false;
            e->operator = (uint8_t)operator;
            p->p++;
            param_close(p);
            return;
        }
        if (*at == '@' && left > 2 && at[2] == '}' && is_name_start(at[1])) { /* which letters there are is told when it is run */
            e->operator = PARAM_TRANSFORM;
            e->letter = at[1];
            p->p += 2;
            param_close(p);
            return;
        }
        bad = true;
        break;
    default: bad = true;
    }
    if (bad || operator < 0) {
        const char *from = p->begin + o->text_start;
        p->length = o->start;
        pop(p);
        bad_expansion(p, from);
        return;
    }
    e->operator = (uint8_t)operator;
    p->p += width;
    if (operator <= PARAM_ALTERNATIVE) {
        o->chain = emit(p, OP_PARAM_TEST, 0, o->expansion, 0);
        begin_word(p, PARAM_VALUE);
        if (operator == PARAM_ASSIGN || operator == PARAM_ERROR)
            top(p)->assigned = true; /* its value is one text */
    } else if (operator == PARAM_SLICE) {
        begin_word(p, PARAM_OFFSET);
    } else {
        begin_word(p, operator >= PARAM_REPLACE && operator <= PARAM_REPLACE_END ? PARAM_PATTERN : PARAM_REPLACEMENT);
    }
}

/* --- words ------------------------------------------------------------------------------------- */

void begin_word(struct parser *p, enum purpose purpose)
{
    struct open below = *top(p);
    struct open *o = push(p, WORD);
    o->purpose = (uint8_t)purpose;
    o->line = p->line;
    o->code_start = p->length;
    o->string_start = p->string_count;
    o->text_start = (size_t)(p->p - p->begin);
    o->plain = true;
    switch (purpose) {
    case PARAM_VALUE:
        o->quoted = below.quoted;
        o->here = below.here;
        o->assigned = below.assigned;
        break;
    case PARAM_PATTERN:
    case PARAM_REPLACEMENT:
        o->quoted = false; /* quotes work inside patterns also between "" */
        o->here = false;
        o->assigned = true;
        o->until = below.quoted;
        break;
    case PARAM_INDEX:
    case PARAM_OFFSET:
    case PARAM_LENGTH:
    case SUBSCRIPT_WORD:
    case ELEMENT_KEY:
    case ARITH_COMMAND_TEXT:
    case ARITH_FOR_PART: o->assigned = true; break;
    case HERE_TEXT:
        o->quoted = true;
        o->here = true;
        break;
    case ASSIGN_VALUE:
    case ELEMENT_VALUE:
    case CASE_SUBJECT:
    case CASE_CHOICE:
    case OPERAND:
    case PATTERN_OPERAND:
    case REGEX_OPERAND: o->assigned = true; break;
    default: break;
    }
}

static void finish(struct parser *p)
{
    struct open word = *top(p);
    pop(p);
    word_done(p, word);
}

static bool in_pattern_group(struct parser *p, const struct open *o, char c)
{
    return p->p + 1 < p->end && p->p[1] == '(' && strchr("?*+@!", c) && c &&
           (p->s->extglob || o->purpose == PATTERN_OPERAND) && !o->quoted;
}

/* Does this byte, unquoted, end the word? */
static bool ends_word(struct parser *p, struct open *o, char c)
{
    switch (o->purpose) {
    case PARAM_VALUE: return c == '}' && !o->single;
    case PARAM_PATTERN: /* of // the first / is part of what is looked for */
        return c == '}' || (c == '/' && !(p->length == o->code_start && p->p[-1] == '/' && p->p[-2] == '/' &&
                                          p->expansions[(o - 1)->expansion].operator == PARAM_REPLACE_ALL));
    case PARAM_REPLACEMENT: return c == '}';
    case PARAM_OFFSET:
        if (c == '?')
            o->count++;
        if (c == ':' && o->count > 0 && o->parens == 0)
            return o->count--, false;
        return (c == ':' && o->parens == 0) || c == '}';
    case PARAM_LENGTH: return c == '}';
    case PARAM_INDEX:
    case SUBSCRIPT_WORD:
    case ELEMENT_KEY: return c == ']' && o->parens == 0;
    case ARITH_COMMAND_TEXT: return c == ')' && o->parens == 0;
    case ARITH_FOR_PART: return (c == ')' && o->parens == 0) || (c == ';' && o->parens == 0);
    case REGEX_OPERAND:
        if (c == '|' && p->p + 1 < p->end && p->p[1] == '|' && !o->parens)
            return true;
        if (o->parens)
            return c == '\n';
        return is_meta(c) && c != '|' && c != '(' && c != '<' && c != '>';
    case SINGLE:
    case HERE_TEXT: return false;
    default: return is_meta(c) && !o->parens;
    }
}

/* Brackets inside the word that hide what would end it. */
static void count_brackets(struct open *o, char c)
{
    switch (o->purpose) {
    case PARAM_OFFSET:
    case ARITH_COMMAND_TEXT:
    case ARITH_FOR_PART: o->parens += c == '(' ? 1 : c == ')' ? -1 : 0; break;
    case PARAM_INDEX:
    case SUBSCRIPT_WORD:
    case ELEMENT_KEY: o->parens += c == '[' ? 1 : c == ']' ? -1 : 0; break;
    case REGEX_OPERAND: o->parens += c == '(' ? 1 : c == ')' ? -1 : 0; break;
    default:
        if (o->parens)
            o->parens += c == '(' ? 1 : c == ')' ? -1 : 0;
        break;
    }
}

/* The word of a ${ } inside of an assignment's value. */
static bool in_value(const struct open *o)
{
    while (o->kind == WORD && o->purpose == PARAM_VALUE && o->assigned)
        o -= 2; /* the PARAM, and what it stands in */
    return o->kind == WORD && (o->purpose == ASSIGN_VALUE || o->declares || o->purpose == ELEMENT_VALUE);
}

static bool takes_tilde(const struct open *o, const struct parser *p)
{
    switch (o->purpose) {
    case ARITH_TEXT:
    case ARITH_BRACKET:
    case ARITH_COMMAND_TEXT:
    case ARITH_FOR_PART:
    case PARAM_INDEX:
    case PARAM_OFFSET:
    case PARAM_LENGTH:
    case SUBSCRIPT_WORD:
    case HERE_TEXT:
    case SINGLE: return o->purpose == SINGLE && p->length == o->code_start && !o->quoted;
    default: break;
    }
    if (o->quoted)
        return false;
    if (p->length == o->code_start)
        return true;
    bool value = o->purpose == ASSIGN_VALUE || o->declares || o->purpose == ELEMENT_VALUE || in_value(o);
    bool argument = o->purpose == COMMAND_WORD && !o->declares && !p->s->posix && (o - 1)->kind != FUNCTION_BODY;
    if (o->until && p->length == o->code_start)
        return true;
    if ((!value && !argument) || p->p == p->begin)
        return false;
    if (argument && p->at[o->code_start].op != OP_TEXT)
        return false;
    const struct instruction *last = &p->at[p->length - 1];
    if (last->op != OP_TEXT || last->flags & CODE_QUOTED || last->a != p->string_count - 1)
        return false;
    struct str text = str_of(p->bytes.data + p->strings[last->a].at, p->strings[last->a].length);
    char before = text.length ? text.data[text.length - 1] : 0;
    if (argument) { /* NAME=~:~ also among the arguments */
        size_t end = 0;
        const char *source = p->begin + o->text_start;
        while (is_name(source[end]))
            end++;
        if (!end || !is_name_start(*source) || source[end] != '=')
            return false;
        return (before == ':' && p->p[-1] == ':') || (before == '=' && p->p == source + end + 1);
    }
    if (before == ':' && p->p[-1] == ':')
        return true;
    return o->declares && before == '=' && p->p[-1] == '=' && str_find(text, '=') == (ptrdiff_t)text.length - 1;
}

static void tilde(struct parser *p)
{
    struct open *o = top(p);
    const char *end = p->p + 1;
    while (end < p->end && (is_name(*end) || *end == '+' || *end == '-' || *end == '.'))
        end++;
    bool value = o->purpose == ASSIGN_VALUE || o->purpose == ELEMENT_VALUE || o->declares || o->purpose == COMMAND_WORD;
    char next = end < p->end ? *end : ' ';
    bool closes = is_meta(next) || next == '/' ||
                  (next == '}' && (o->purpose == PARAM_PATTERN || o->purpose == PARAM_REPLACEMENT)) ||
                  (next == ':' && value) || (next == '}' && o->purpose == PARAM_VALUE) ||
                  (next == ':' && o->purpose == PARAM_VALUE);
    if (!closes) {
        add_text(p, o, str_lit("~"), false);
        p->p++;
        return;
    }
    o->plain = false;
    emit(p, OP_TILDE, 0, intern(p, str_of(p->p + 1, (size_t)(end - p->p - 1))), 0);
    p->p = end;
}

static void backslash(struct parser *p)
{
    struct open *o = top(p);
    if (p->p + 1 >= p->end) {
        if (may_get_more(p)) {
            p->more = true;
            return;
        }
        add_text(p, outer_word(p), str_lit("\\"), true);
        p->p++;
        return;
    }
    char c = p->p[1];
    if (c == '\n') {
        p->line++;
        p->p += 2;
        p->more = p->p >= p->end && may_get_more(p); /* the next line belongs to this one */
        return;
    }
    bool special = o->here ? c == '$' || c == '`' || c == '\\' || (c == '}' && o->purpose == PARAM_VALUE)
                           : c == '$' || c == '`' || c == '\\' || c == '"' || (c == '}' && (o->purpose == PARAM_VALUE));
    if (o->quoted && !special) {
        add_text(p, outer_word(p), str_of(p->p, 2), true);
    } else {
        not_plain(p);
        add_text(p, outer_word(p), str_of(p->p + 1, 1), true);
    }
    p->p += 2;
}

static void process_substitution(struct parser *p)
{
    not_plain(p);
    int begins = emit(p, OP_PROCESS, 0, 0, *p->p == '>');
    p->p += 2;
    struct open *o = push(p, PROCESS_SUBST);
    o->start = begins;
    o->line = p->line;
}

static bool allows_process(const struct open *o)
{
    return !o->quoted && (o->purpose == COMMAND_WORD || o->purpose == TARGET || o->purpose == ASSIGN_VALUE || o->purpose == FOR_ITEM ||
                          o->purpose == ELEMENT || o->purpose == ELEMENT_VALUE || o->purpose == SINGLE || o->purpose == OPERAND ||
                          o->purpose == PATTERN_OPERAND || o->purpose == REGEX_OPERAND || o->purpose == PARAM_VALUE ||
                          o->purpose == CASE_SUBJECT);
}

/* The end of the text inside a word. */
static void end_of_text(struct parser *p)
{
    struct open *o = top(p);
    if (o->kind == DQUOTE) {
        fail_unclosed(p, '"', o->line);
        return;
    }
    if (o->kind == ARITH_WORD) {
        fail_unclosed(p, o->purpose == ARITH_BRACKET ? ']' : ')', o->line);
        return;
    }
    switch (o->purpose) {
    case PARAM_VALUE:
        if (o->single) {
            fail_unclosed(p, '\'', o->line);
            return;
        }
        fail_unclosed(p, '}', (o - 1)->line);
        return;
    case PARAM_PATTERN:
    case PARAM_REPLACEMENT:
    case PARAM_OFFSET:
    case PARAM_LENGTH: fail_unclosed(p, '}', (o - 1)->line); return;
    case PARAM_INDEX:
    case SUBSCRIPT_WORD:
    case ELEMENT_KEY: fail_unclosed(p, ']', o->line); return;
    case ARITH_COMMAND_TEXT:
    case ARITH_FOR_PART: fail_unclosed(p, ')', o->line); return;
    default: break;
    }
    if (o->parens) {
        fail_unclosed(p, ')', o->line);
        return;
    }
    finish(p);
}

/* ")": is it the end of $((...))? If not, it was a command all along. */
static void arith_close(struct parser *p)
{
    struct open *o = top(p);
    if (o->parens > 0) {
        o->parens--;
        add_text(p, o, str_lit(")"), true);
        p->p++;
        return;
    }
    if (p->p + 1 < p->end && p->p[1] == ')') {
        struct open done = *o;
        pop(p);
        p->p += 2;
        if (p->length == done.code_start + 1 && p->at[done.code_start].op == OP_TEXT) {
            int string = p->at[done.code_start].a;
            p->length = done.start;
            emit(p, OP_ARITH, done.flags, string, 0);
        } else {
            emit(p, OP_ARITH_CLOSE, done.flags, 0, 0);
        }
        return;
    }
    p->p = p->begin + o->resume;
    p->line = o->line;
    p->length = o->start;
    p->not_arith = array_grow(p->heap, p->not_arith, p->not_arith_count, sizeof *p->not_arith);
    p->not_arith[p->not_arith_count++] = (size_t)(p->end - p->p);
    pop(p);
}

static void arith_step(struct parser *p)
{
    struct open *o = top(p);
    char c = *p->p;
    if (c == '"') { /* quotes are dropped, as inside of "" */
        p->p++;
        return;
    }
    if (c == '$') {
        dollar(p);
    } else if (c == '`') {
        backquote(p);
    } else if (c == '\\') {
        backslash(p);
    } else if (o->purpose == ARITH_TEXT && c == ')') {
        arith_close(p);
    } else if (o->purpose == ARITH_BRACKET && c == ']' && o->parens == 0) {
        struct open done = *o;
        pop(p);
        p->p++;
        emit(p, OP_ARITH_CLOSE, done.flags, 0, 0);
    } else {
        const char *from = p->p;
        for (; p->p < p->end && !strchr("\"$`\\()[]", *p->p); p->p++)
            p->line += *p->p == '\n';
        if (p->p == from) {
            if (*from == (o->purpose == ARITH_TEXT ? '(' : '['))
                o->parens++;
            else if (*from == ']' && o->purpose == ARITH_BRACKET)
                o->parens--;
            p->p++;
        }
        add_text(p, o, str_of(from, (size_t)(p->p - from)), true);
    }
}

static void dquote_step(struct parser *p)
{
    char c = *p->p;
    if (c == '"') {
        close_dquote(p);
    } else if (c == '$') {
        dollar(p);
    } else if (c == '`') {
        backquote(p);
    } else if (c == '\\') {
        backslash(p);
    } else {
        const char *from = p->p;
        while (p->p < p->end && *p->p != '"' && *p->p != '$' && *p->p != '`' && *p->p != '\\')
            p->line += *p->p++ == '\n';
        add_text(p, outer_word(p), str_of(from, (size_t)(p->p - from)), true);
    }
}

/* One piece of the word on top. */
void word_step(struct parser *p)
{
    struct open *o = top(p);
    if (o->kind == PARAM) {
        param_operator(p);
        return;
    }
    if (p->p >= p->end) {
        end_of_text(p);
        return;
    }
    if (o->kind == DQUOTE) {
        dquote_step(p);
        return;
    }
    if (o->kind == ARITH_WORD) {
        arith_step(p);
        return;
    }
    char c = *p->p;
    bool literal_quotes = o->quoted && (o->here || o->purpose == PARAM_VALUE);
    if ((!o->parens && !(o->lists && c == '(')) || o->purpose != COMMAND_WORD) {
        bool takes_process = o->purpose == REGEX_OPERAND || (o->purpose == PARAM_VALUE && !o->quoted);
        if (ends_word(p, o, c) || (takes_process && !o->parens && (c == '<' || c == '>') && p->p + 1 < p->end && p->p[1] == '(')) {
            if ((c == '<' || c == '>') && p->p + 1 < p->end && p->p[1] == '(' && allows_process(o)) {
                process_substitution(p);
                return;
            }
            finish(p);
            return;
        }
    }
    switch (c) {
    case '\'':
        if (!literal_quotes && o->purpose != HERE_TEXT) {
            single_quote(p);
            return;
        }
        if (o->purpose == PARAM_VALUE && !o->here && !p->s->posix)
            o->single = !o->single;
        break;
    case '"':
        if (!o->here) {
            if (o->quoted && o->purpose == PARAM_VALUE) { /* "${x:-"a b"}": a change of quoting inside */
                open_dquote(p);
                return;
            }
            open_dquote(p);
            return;
        }
        break;
    case '$': dollar(p); return;
    case '`': backquote(p); return;
    case '\\': backslash(p); return;
    case '~':
        if (takes_tilde(o, p)) {
            tilde(p);
            return;
        }
        break;
    default: break;
    }
    if (in_pattern_group(p, o, c) && o->purpose != REGEX_OPERAND) {
        add_text(p, o, str_of(p->p, 2), false);
        o->parens++;
        o->plain = false;
        p->p += 2;
        return;
    }
    if (c == '{')
        o->braces = true;
    if (o->lists && c == '(') {
        o->lists = false;
        o->parens++;
    } else {
        count_brackets(o, c);
    }
    const char *from = p->p;
    p->line += *p->p++ == '\n';
    while (p->p < p->end && (is_name(*p->p) || *p->p == '.' || *p->p == '/' || *p->p == '-' || *p->p == ',') &&
           !(*p->p == '/' && o->purpose == PARAM_PATTERN))
        p->p++;
    bool quoted = o->quoted;
    add_text(p, o, str_of(from, (size_t)(p->p - from)), quoted);
}

/* --- assignments ---------------------------------------------------------------------------------- */

/* Behind the bracket that closes the one at `at`, or NULL. */
static const char *behind_bracket(const char *at, const char *end)
{
    int depth = 0;
    for (; at < end; at++) {
        switch (*at) {
        case '\\': at++; break;
        case '\'': {
            const char *close = memchr(at + 1, '\'', (size_t)(end - at - 1));
            if (!close)
                return NULL;
            at = close;
            break;
        }
        case '"':
            for (at++; at < end && *at != '"'; at++)
                at += *at == '\\';
            break;
        case '[': depth++; break;
        case ']':
            if (--depth == 0)
                return at + 1;
            break;
        case '\n': return NULL;
        default: break;
        }
    }
    return NULL;
}

bool assignment_ahead(struct parser *p, size_t *name, bool *append, bool *subscript)
{
    const char *at = p->p;
    if (at >= p->end || !is_name_start(*at))
        return false;
    while (at < p->end && is_name(*at))
        at++;
    *name = (size_t)(at - p->p);
    *subscript = *append = false;
    if (at < p->end && *at == '[') {
        at = behind_bracket(at, p->end);
        if (!at)
            return false;
        *subscript = true;
    }
    if (at < p->end && *at == '=')
        return true;
    if (at + 1 < p->end && at[0] == '+' && at[1] == '=') {
        *append = true;
        return true;
    }
    return false;
}

bool unquote_delimiter(struct parser *p, struct str raw, struct buf *out)
{
    bool quoted = false;
    (void)p;
    for (size_t i = 0; i < raw.length; i++) {
        char c = raw.data[i];
        if (c == '\\' && i + 1 < raw.length) {
            quoted = true;
            if (raw.data[++i] != '\n')
                buf_add_byte(out, raw.data[i]);
        } else if (c == '\'' || (c == '$' && i + 1 < raw.length && raw.data[i + 1] == '\'')) {
            bool ansi = c == '$';
            i += ansi;
            size_t from = i + 1;
            for (i++; i < raw.length && raw.data[i] != '\''; i++)
                i += ansi && raw.data[i] == '\\';
            quoted = true;
            struct str inside = str_of(raw.data + from, (i < raw.length ? i : raw.length) - from);
            if (ansi)
                add_ansi(out, inside);
            else
                buf_add(out, inside);
        } else if (c == '"') {
            quoted = true;
            for (i++; i < raw.length && raw.data[i] != '"'; i++) {
                if (raw.data[i] == '\\' && i + 1 < raw.length && strchr("$`\"\\", raw.data[i + 1]))
                    i++;
                buf_add_byte(out, raw.data[i]);
            }
        } else {
            buf_add_byte(out, c);
        }
    }
    return quoted;
}
