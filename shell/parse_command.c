/* shell/parse_command.c - simple commands: aliases, assignments, redirections, and what becomes of a word that has ended. */
#include "shell/parser_parts.h"

/* --- simple commands ------------------------------------------------------------------------------------ */

static void begin_simple(struct parser *p)
{
    struct open *o = top(p);
    if (o->state == IN_SIMPLE || o->state == AFTER)
        return;
    begin_command(p);
    int at = emit(p, OP_COMMAND, 0, 0, 0);
    o = top(p);
    o->state = IN_SIMPLE;
    o->simple_start = place(p);
    o->first_command = at;
    o->first_done = o->alone = o->declares = o->passes = o->unlisted = false;
    o->assignments = -1;
    o->has_words = true;
    o->compound = -1;
}

static void begin_array(struct parser *p, int name, int flags)
{
    emit(p, OP_ARRAY_OPEN, flags, name, 0);
    struct open *o = push(p, ARRAY);
    o->name = name;
    o->flags = flags;
    p->p++;
}

/* Behind name= : the value. */
static void begin_value(struct parser *p, int name, int flags)
{
    if (p->p < p->end && *p->p == '(') { /* of an element: refused when it is run */
        begin_array(p, name, flags);
        return;
    }
    begin_word(p, ASSIGN_VALUE);
    top(p)->name = name;
    top(p)->flags = flags;
}

static void assignment(struct parser *p, size_t name_length, bool append, bool subscript)
{
    int name = intern(p, str_of(p->p, name_length));
    p->p += name_length;
    if (subscript) {
        p->p++;
        begin_word(p, SUBSCRIPT_WORD);
        top(p)->name = name;
        top(p)->flags = CODE_SUBSCRIPT | (append ? CODE_APPEND : 0);
        return;
    }
    p->p += append ? 2 : 1;
    begin_value(p, name, append ? CODE_APPEND : 0);
}

static bool declares(struct str w)
{
    return str_is(w, "declare") || str_is(w, "typeset") || str_is(w, "local") || str_is(w, "export") || str_is(w, "readonly");
}

/* `length` bytes at p->p give way to `text`. What was read stays where it was from p->begin. */
static void splice(struct parser *p, size_t length, struct str text)
{
    struct buf whole;
    size_t at = (size_t)(p->p - p->begin);
    buf_init(&whole, p->heap);
    buf_add(&whole, str_of(p->begin, at));
    buf_add(&whole, text);
    buf_add(&whole, str_of(p->p + length, (size_t)(p->end - p->p) - length));
    struct buf *owned = p->below ? &p->below->owned : &p->spliced;
    buf_drop(owned);
    *owned = whole;
    p->begin = whole.data ? whole.data : "";
    p->p = p->begin + at;
    p->end = p->begin + whole.length;
    meter_charge_bytes(p->heap->meter, &p->rest, whole.length);
}

void join_lines_at(struct parser *p, size_t length)
{
    struct buf before;
    buf_init(&before, p->heap);
    buf_add(&before, str_of(p->p, length));
    splice(p, length + 2, buf_str(&before));
    buf_drop(&before);
    p->line++;
    p->more |= p->p + length >= p->end && may_get_more(p); /* the next line belongs to this one */
}

/* A backslash before a newline inside of a reserved word, a name or an operator: as if they were not there. */
void join_lines(struct parser *p)
{
    bool operator = p->p < p->end && is_meta(*p->p); /* of three characters at most */
    for (const char *at = p->p; at < p->end && !(operator && at - p->p > 2); at++) {
        if (*at == '\\' && at + 1 < p->end && at[1] == '\n') {
            size_t length = (size_t)(at - p->p);
            join_lines_at(p, length);
            at = p->p + length - 1;
        } else if (strchr("'\"\\$`", *at) || (operator ? !strchr("<>&|;()-", *at) : is_meta(*at))) {
            return;
        }
    }
}

/* An alias at the first word of a command: its text takes its place. */
bool expand_alias(struct parser *p)
{
    struct source *s = p->s;
    if (!s->expand_aliases || !s->alias)
        return false;
    const char *at = p->p;
    while (at < p->end && !is_meta(*at) && !strchr("'\"\\$`=", *at))
        at++;
    if (at == p->p || (at < p->end && !is_meta(*at)))
        return false;
    struct str name = str_of(p->p, (size_t)(at - p->p)), value;
    size_t remaining = (size_t)(p->end - at);
    while (p->alias_count && p->aliases[p->alias_count - 1].remaining >= (size_t)(p->end - p->p))
        p->alias_count--;
    for (size_t i = 0; i < p->alias_count; i++)
        if (str_equal(p->aliases[i].name, name))
            return false;
    if (!s->alias(s->user, name, &value))
        return false;
    p->aliases = array_grow(p->heap, p->aliases, p->alias_count, sizeof *p->aliases);
    p->aliases[p->alias_count++] = (struct alias_use){str_copy(p->heap, name), remaining};
    if (value.length && (value.data[value.length - 1] == ' ' || value.data[value.length - 1] == '\t'))
        p->alias_next = remaining;
    splice(p, name.length, value);
    return true;
}

/* A word of a simple command, or an assignment before it. */
void simple_word(struct parser *p)
{
    begin_simple(p);
    struct open *o = top(p);
    size_t name;
    bool append, subscript;
    if (!o->first_done && assignment_ahead(p, &name, &append, &subscript)) {
        assignment(p, name, append, subscript);
        return;
    }
    if (o->declares && assignment_ahead(p, &name, &append, &subscript)) {
        const char *value = p->p + name + (append ? 2 : 1);
        if (!subscript && !o->unlisted && value < p->end && *value == '(') {
            int string = intern(p, str_of(p->p, name));
            p->p = value;
            begin_array(p, string, CODE_ARGUMENT | (append ? CODE_APPEND : 0));
            return;
        }
        begin_word(p, COMMAND_WORD);
        top(p)->assigned = top(p)->declares = true;
        return;
    }
    bool list = o->joins && assignment_ahead(p, &name, &append, &subscript) && !subscript && p->p + name + append + 1 < p->end &&
                p->p[name + append + 1] == '(';
    begin_word(p, COMMAND_WORD);
    if (list) { /* let x=( 1 ): what stands between the brackets is one word with it */
        top(p)->plain = false;
        top(p)->lists = true;
    }
}

/* --- redirections ------------------------------------------------------------------------------------------ */

static void here_document(struct parser *p, int fd, bool strip, bool named)
{
    skip_blanks(p);
    join_lines(p);
    const char *from = p->p;
    while (p->p < p->end && !is_meta(*p->p)) {
        char c = *p->p;
        if (c == '\\' && p->p + 1 < p->end)
            p->p++;
        else if (c == '\'' || c == '"') {
            const char *close = memchr(p->p + 1, c, (size_t)(p->end - p->p - 1));
            if (!close) {
                fail_unclosed(p, c, p->line);
                return;
            }
            p->p = close;
        }
        p->p++;
    }
    if (p->p == from) {
        fail_here(p);
        return;
    }
    struct buf delimiter;
    buf_init(&delimiter, p->heap);
    bool quoted = unquote_delimiter(p, str_of(from, (size_t)(p->p - from)), &delimiter);
    int at = emit(p, OP_HERE, (quoted ? CODE_QUOTED : 0) | (named ? CODE_NAMED : 0), fd, 0);
    p->heres = array_grow(p->heap, p->heres, p->here_count, sizeof *p->heres);
    p->heres[p->here_count++] = (struct here){at, buf_str(&delimiter), quoted, strip, p->line};
}

/* At a redirection: [n]op word, {name}op word. False when there is none here. */
bool redirection(struct parser *p)
{
    const char *at;
    int fd = -1;
    join_lines(p);
    at = p->p;
    struct str name = {0};
    if (*at >= '0' && *at <= '9') {
        int64_t number = 0;
        for (; at < p->end && *at >= '0' && *at <= '9'; at++)
            number = number < 100000 ? number * 10 + (*at - '0') : number;
        if (at >= p->end || (*at != '<' && *at != '>'))
            return false;
        fd = (int)number;
    } else if (*at == '{') {
        const char *end = ++at;
        while (end < p->end && is_name(*end))
            end++;
        if (end == at || !is_name_start(*at))
            return false;
        const char *close = end;
        if (close < p->end && *close == '[') {
            while (close < p->end && *close != ']' && !is_meta(*close))
                close++;
            close += close < p->end;
        }
        if (close + 1 >= p->end || *close != '}' || (close[1] != '<' && close[1] != '>'))
            return false;
        name = str_of(at, (size_t)(close - at));
        at = close + 1;
    } else if (!(*at == '<' || *at == '>' || (*at == '&' && at + 1 < p->end && at[1] == '>'))) {
        return false;
    }
    if ((*at == '<' || *at == '>') && at + 1 < p->end && at[1] == '(')
        return false;
    struct str rest = str_of(at, (size_t)(p->end - at));
    int kind = -1, flags = fd < 0 ? CODE_DEFAULT : 0, standard = *at == '<' ? 0 : 1;
    size_t width = 2;
    if (str_starts(rest, "&>>"))
        kind = REDIRECT_APPEND_ERR, width = 3;
    else if (str_starts(rest, "&>"))
        kind = REDIRECT_OUT_ERR;
    else if (str_starts(rest, "<<<"))
        kind = REDIRECT_STRING, width = 3;
    else if (str_starts(rest, "<<"))
        kind = REDIRECT_HERE;
    else if (str_starts(rest, "<&"))
        kind = REDIRECT_DUP_IN;
    else if (str_starts(rest, "<>"))
        kind = REDIRECT_BOTH_WAYS;
    else if (str_starts(rest, ">>"))
        kind = REDIRECT_APPEND;
    else if (str_starts(rest, ">&"))
        kind = REDIRECT_DUP_OUT;
    else if (str_starts(rest, ">|"))
        kind = REDIRECT_CLOBBER;
    else
        kind = *at == '<' ? REDIRECT_IN : REDIRECT_OUT, width = 1;
    if (top(p)->state == AFTER && top(p)->kind != CONDITION) {
        if (top(p)->compound < 0) {
            fail_here(p);
            return true;
        }
        if (top(p)->redirect < 0) { /* the first one behind a compound command: control comes here from its beginning */
            int over = emit(p, OP_GOTO, 0, 0, 0);
            struct open *o = top(p);
            o->redirect = over;
            p->at[o->compound].a = p->length;
        }
    } else {
        begin_simple(p);
    }
    p->p = at + width;
    if (top(p)->state == IN_SIMPLE && top(p)->alone) {
        top(p)->alone = false;
        p->at[top(p)->first_command].line = p->line;
    }
    if (kind == REDIRECT_DUP_OUT && fd == 1) /* 1>&WORD, too, may mean both streams */
        flags |= CODE_DEFAULT;
    if (name.length) {
        emit(p, OP_REDIRECT_VARIABLE, 0, intern(p, name), 0);
        flags |= CODE_NAMED;
    }
    if (kind == REDIRECT_HERE) {
        bool strip = p->p < p->end && *p->p == '-';
        p->p += strip;
        here_document(p, fd < 0 ? 0 : fd, strip, name.length > 0);
        return true;
    }
    skip_blanks(p);
    if (p->p >= p->end || (is_meta(*p->p) && !((*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '('))) {
        fail_here(p);
        return true;
    }
    begin_word(p, TARGET);
    struct open *w = top(p);
    w->operator = kind;
    w->assigned = kind == REDIRECT_STRING;
    w->count = fd < 0 ? standard : fd;
    w->flags = flags;
    return true;
}

/* --- a word has ended ---------------------------------------------------------------------------------------- */

/* Behind blanks, with the lines that backslashes join. */
static const char *behind_blanks(const struct parser *p, const char *at, int *lines)
{
    for (; at < p->end; at++) {
        if (*at == '\\' && at + 1 < p->end && at[1] == '\n') {
            at++;
            ++*lines;
        } else if (*at != ' ' && *at != '\t') {
            break;
        }
    }
    return at;
}

static bool function_ahead(struct parser *p)
{
    int lines = 0;
    const char *at = behind_blanks(p, p->p, &lines);
    if (at >= p->end || *at != '(')
        return false;
    at = behind_blanks(p, at + 1, &lines);
    if (at >= p->end || *at != ')')
        return false;
    p->p = at + 1;
    p->line += lines;
    return true;
}

/* Has this source text a brace expression that bash would expand? Quotes and $ are skipped. */
static bool has_braces(struct str t)
{
    for (size_t from = 0; from < t.length; from++) {
        if (t.data[from] == '\\') {
            from++;
            continue;
        }
        if (t.data[from] == '\'' || t.data[from] == '"') {
            char quote = t.data[from];
            for (from++; from < t.length && t.data[from] != quote; from++)
                from += quote == '"' && t.data[from] == '\\';
            continue;
        }
        if (t.data[from] == '$' && from + 1 < t.length && t.data[from + 1] == '{') {
            from++;
            continue;
        }
        if (t.data[from] != '{')
            continue;
        int depth = 0;
        bool comma = false;
        for (size_t i = from; i < t.length; i++) {
            char c = t.data[i];
            if (c == '\\') {
                i++;
            } else if (c == '\'' || c == '"') {
                for (i++; i < t.length && t.data[i] != c; i++)
                    i += c == '"' && t.data[i] == '\\';
            } else if (c == '{') {
                depth++;
            } else if (c == '}' && --depth == 0) {
                if (comma)
                    return true;
                break;
            } else if (depth == 1 && (c == ',' || (c == '.' && i + 1 < t.length && t.data[i + 1] == '.'))) {
                comma = true;
            }
        }
    }
    return false;
}

static void end_argument(struct parser *p, const struct open *word)
{
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    if (word->braces && !word->declares && has_braces(source)) {
        p->length = word->code_start;
        emit(p, OP_BRACES, 0, intern(p, source), 0);
        return;
    }
    emit(p, OP_WORD, word->declares ? CODE_ASSIGNED : 0, 0, 0);
}

static void command_word(struct parser *p, const struct open *word)
{
    struct open *o = top(p);
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    if (o->alone)
        p->at[o->first_command].line = p->line;
    o->alone = !o->first_done && o->first_command == word->code_start - 1;
    if (!o->first_done) {
        bool literal = word->plain && p->length == word->code_start + 1;
        bool only = o->first_command == word->code_start - 1; /* nothing stands before it */
        if (only && function_ahead(p)) {
            struct str name = source;
            if (!literal && !str_find(name, '$')) {
                fail_token(p, str_lit("("));
                return;
            }
            p->length = o->first_command;
            o->state = WANT_COMMAND;
            o->has_words = true;
            begin_function(p, name);
            return;
        }
        o->first_done = true;
        o->declares = literal && declares(source);
        o->joins = literal && (str_is(source, "let") || str_is(source, "eval"));
        o->passes = literal && p->s->posix && str_is(source, "command");
    } else if (o->passes) { /* posix: `command export a=$b` is a declaration too */
        bool literal = word->plain && p->length == word->code_start + 1;
        o->declares = literal && declares(source);
        o->passes = !o->declares && ((literal && str_is(source, "command")) || (source.length && source.data[0] == '-'));
        o->unlisted = true;
    }
    end_argument(p, word);
}

/* A redirection's target; one that may turn out to be no single word is followed by its source, for the message. */
static void target(struct parser *p, const struct open *word)
{
    struct str source = str_of(p->begin + word->text_start, (size_t)(p->p - p->begin) - word->text_start);
    bool plain = true;
    for (size_t i = 0; i < source.length && plain; i++)
        plain = !strchr("$`*?[{", source.data[i]);
    if (word->braces && word->operator != REDIRECT_STRING && has_braces(source))
        p->length = word->code_start; /* more words than one: none will do */
    emit(p, OP_REDIRECT, word->flags, word->operator, word->count);
    if (!plain && word->operator != REDIRECT_STRING) {
        int string = intern(p, source);
        emit(p, OP_NOP, 0, p->length + 1, string);
    }
}

int operator_of(struct parser *p, struct str text)
{
    return intern(p, text);
}

void word_done(struct parser *p, struct open word)
{
    struct open *o = top(p);
    switch (word.purpose) {
    case COMMAND_WORD: command_word(p, &word); break;
    case ASSIGN_VALUE: {
        if (o->assignments < 0)
            p->at[o->first_command].line = p->line;
        else if (p->at[o->assignments].op == OP_ASSIGN)
            p->at[o->assignments].flags |= CODE_FOLLOWED;
        int at = emit(p, OP_ASSIGN, word.flags, word.name, o->assignments);
        top(p)->assignments = at;
        break;
    }
    case SUBSCRIPT_WORD:
        emit(p, OP_SUBSCRIPT, 0, 0, 0);
        p->p += word.flags & CODE_APPEND ? 3 : 2; /* ]= or ]+= */
        begin_value(p, word.name, word.flags);
        break;
    case TARGET: target(p, &word); break;
    case FOR_ITEM:
    case ELEMENT: end_argument(p, &word); break;
    case ELEMENT_KEY:
        emit(p, OP_ARRAY_KEY, 0, 0, 0);
        p->p += word.flags & CODE_APPEND ? 3 : 2;
        begin_word(p, ELEMENT_VALUE);
        top(p)->flags = word.flags;
        break;
    case ELEMENT_VALUE: emit(p, OP_ARRAY_VALUE, word.flags & CODE_APPEND, 0, 0); break;
    case CASE_SUBJECT: emit(p, OP_CASE, 0, 0, 0); break;
    case CASE_CHOICE: {
        int at = emit(p, OP_CASE_PATTERN, 0, o->redirect, 0); /* chained until the body begins */
        top(p)->redirect = at;
        break;
    }
    case OPERAND:
    case PATTERN_OPERAND:
    case REGEX_OPERAND: condition_operand(p, &word); break;
    case SINGLE: emit(p, OP_WORD, word.flags, 0, 0); break;
    case HERE_TEXT:
        if (p->single) {
            emit(p, OP_WORD, CODE_ASSIGNED, 0, 0);
            break;
        }
        emit(p, OP_HERE_END, 0, 0, 0);
        patch(p, word.start);
        pop_text(p);
        p->first_here = (size_t)word.back;
        p->here_count = (size_t)word.exit;
        read_heres(p);
        break;
    case PARAM_INDEX:
        emit(p, OP_PARAM_SUBSCRIPT, 0, o->expansion, 0);
        p->p++;
        break;
    case PARAM_VALUE:
    case PARAM_REPLACEMENT:
    case PARAM_LENGTH:
        if (word.purpose != PARAM_VALUE && p->expansions[o->expansion].two_words)
            emit(p, OP_PARAM_WORD, 1, o->expansion, 0);
        else if (word.purpose != PARAM_VALUE)
            emit(p, OP_PARAM_WORD, 0, o->expansion, 0);
        break; /* PARAM closes at the brace */
    case PARAM_PATTERN:
    case PARAM_OFFSET:
        emit(p, OP_PARAM_WORD, 0, o->expansion, 0);
        if (*p->p != '}') {
            p->expansions[o->expansion].two_words = true;
            p->p++;
            begin_word(p, word.purpose == PARAM_PATTERN ? PARAM_REPLACEMENT : PARAM_LENGTH);
        }
        break;
    case ARITH_COMMAND_TEXT:
        if (p->p + 1 < p->end && p->p[1] == ')') {
            p->p += 2;
            set_source(p, word.code_start, word.text_start - 2);
            emit(p, OP_ARITH_COMMAND, 0, 0, 0);
            compound_done(p, word.name);
            break;
        }
        /* ((...) ...): two subshells after all */
        p->p = p->begin + word.text_start;
        p->line = word.line;
        p->length = word.code_start;
        {
            int subshell = emit(p, OP_SUBSHELL, 0, 0, 0);
            struct open *outer = push(p, PAREN);
            outer->start = word.name;
            outer->back = subshell;
            outer->text_start = place(p) - 2;
            begin_paren(p);
            top(p)->text_start = place(p) - 1;
        }
        break;
    case ARITH_FOR_PART: {
        int part = o->count++;
        set_source(p, word.code_start - 1, word.text_start);
        o = top(p);
        if (part == 0) {
            emit(p, OP_ARITH_STEP, CODE_EMPTY_TRUE, 0, 0);
            o = top(p);
            o->back = emit(p, OP_LOOP, 0, 0, 0);
        } else if (part == 1) {
            emit(p, OP_ARITH_STEP, CODE_EMPTY_TRUE | CODE_TEST, 0, 0);
            o->exit = emit(p, OP_AND, 0, 0, 0);
            int body = emit(p, OP_GOTO, 0, 0, 0);
            o = top(p);
            o->jump = body;
            p->at[o->back].b = p->length;
        } else {
            emit(p, OP_ARITH_STEP, CODE_EMPTY_TRUE, 0, 0);
        }
        o = top(p);
        if (part < 2) {
            if (*p->p != ';') {
                fail_message(p, "syntax error: arithmetic expression required\nsyntax error: `((%S))'", (struct str){0});
                break;
            }
            p->p++;
            if (part == 0) { /* the test begins right behind LOOP: where a turn comes back to */
                o->chain = p->length;
            }
            emit(p, OP_COMMAND, CODE_ARITHMETIC_PART, 0, 0);
            begin_word(p, ARITH_FOR_PART);
            break;
        }
        if (p->p + 1 >= p->end || p->p[0] != ')' || p->p[1] != ')') {
            fail_here(p);
            break;
        }
        p->p += 2;
        emit(p, OP_GOTO, 0, o->chain, 0);
        patch(p, o->jump);
        o->jump = -1;
        o->state = 1; /* do or { */
        break;
    }
    }
}

/* --- a=( ) ------------------------------------------------------------------------------------------------------------ */

void array_step(struct parser *p)
{
    if (!skip_to_word(p, true))
        return;
    struct open *o = top(p);
    if (p->p >= p->end) {
        fail_unclosed(p, ')', o->line);
        return;
    }
    if (*p->p == ')') {
        struct open done = *o;
        p->p++;
        pop(p);
        int at = emit(p, OP_ARRAY_CLOSE, done.flags, done.name, top(p)->assignments);
        o = top(p);
        if (o->alone || (!(done.flags & CODE_ARGUMENT) && o->assignments < 0))
            p->at[o->first_command].line = p->line;
        o->alone = false;
        if (!(done.flags & CODE_ARGUMENT))
            o->assignments = at;
        return;
    }
    if (*p->p == '[') {
        const char *close = NULL;
        int depth = 0;
        for (const char *at = p->p; at < p->end && *at != '\n'; at++) {
            if (*at == '\\')
                at++;
            else if (*at == '\'' || *at == '"') {
                const char *end = memchr(at + 1, *at, (size_t)(p->end - at - 1));
                if (!end)
                    break;
                at = end;
            } else if (*at == '[')
                depth++;
            else if (*at == ']' && --depth == 0) {
                close = at + 1;
                break;
            }
        }
        if (close && close < p->end && (*close == '=' || (close + 1 < p->end && close[0] == '+' && close[1] == '='))) {
            p->p++;
            begin_word(p, ELEMENT_KEY);
            top(p)->flags = *close == '+' ? CODE_APPEND : 0;
            return;
        }
    }
    if (is_meta(*p->p) && !((*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '(')) {
        fail_here(p);
        return;
    }
    begin_word(p, ELEMENT);
}
