/* shell/parse_compound.c - reserved words and compound commands: what opens them, what stands between their parts, what closes them. */
#include "shell/parser_parts.h"

/* --- closing constructs ------------------------------------------------------------------------------- */

/* A compound command has ended: the list that holds it goes on behind it. */
void compound_done(struct parser *p, int compound)
{
    struct open *o = top(p);
    if (o->kind == FUNCTION_BODY || o->kind == COPROC_BODY) {
        o->state = AFTER;
        o->compound = compound;
        o->has_words = true;
        return;
    }
    o->state = AFTER;
    o->compound = compound;
}

int compound_begin(struct parser *p)
{
    return emit(p, OP_COMPOUND, 0, 0, 0);
}

void finish_text_construct(struct parser *p)
{
    emit(p, OP_END, 0, 0, 0);
    struct open done = *top(p);
    patch(p, done.start);
    pop(p);
}

/* Functions and coprocesses end with their body. */
void body_done(struct parser *p)
{
    struct open done = *top(p);
    end_compound_redirects(p);
    int end = emit(p, OP_END, 0, -1, -1);
    if (done.kind == FUNCTION_BODY) /* where its text lies, for declare -f */
        set_source(p, end, done.text_start);
    pop(p);
    patch(p, done.start);
    p->at[done.start].line = done.line;
    compound_done(p, -1);
}

struct str raw_word(const struct parser *p)
{
    const char *at = p->p;
    while (at < p->end && !is_meta(*at) && !strchr("'\"\\$`", *at))
        at++;
    bool process = at + 1 < p->end && at > p->p && (*at == '<' || *at == '>') && at[1] == '(';
    if (process || (at < p->end && !is_meta(*at)))
        return (struct str){0}; /* quotes or expansions in it */
    return str_of(p->p, (size_t)(at - p->p));
}

void take_word(struct parser *p, struct str w)
{
    p->p += w.length;
}

static void begin_if(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, IF_TEST);
    o->start = compound;
    emit(p, OP_TEST_BEGIN, 0, 0, 0);
}

static void begin_loop(struct parser *p, bool until)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, LOOP_TEST);
    o->start = compound;
    o->until = until;
    int loop = emit(p, OP_LOOP, 0, 0, 0);
    p->at[loop].b = p->length;
    top(p)->back = loop;
    emit(p, OP_TEST_BEGIN, 0, 0, 0);
}

static void begin_brace(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    push(p, BRACE)->start = compound;
}

void begin_paren(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    int subshell = emit(p, OP_SUBSHELL, 0, 0, 0);
    struct open *o = push(p, PAREN);
    o->start = compound;
    o->back = subshell;
}

/* name or words behind `for` and `select`. */
static void begin_for(struct parser *p, bool select)
{
    begin_command(p);
    int compound = compound_begin(p);
    skip_blanks(p);
    join_lines(p);
    if (!select && p->p + 1 < p->end && p->p[0] == '(' && p->p[1] == '(') {
        struct open *o = push(p, ARITH_FOR);
        o->start = compound;
        p->p += 2;
        emit(p, OP_COMMAND, CODE_ARITHMETIC_PART, 0, 0);
        begin_word(p, ARITH_FOR_PART);
        return;
    }
    const char *from = p->p;
    while (p->p < p->end && !is_meta(*p->p))
        p->p++;
    struct str name = str_of(from, (size_t)(p->p - from));
    if (!name.length) {
        p->p = from;
        if (p->p >= p->end && may_get_more(p))
            p->more = true;
        else
            fail_token(p, token_here(p));
        return;
    }
    int string = intern(p, name);
    struct open *o = push(p, FOR_WORDS);
    o->start = compound;
    o->name = string;
    o->select = select;
    o->state = 0;
    o->text_start = p->keyword_place;
    o->first_command = p->length;
    emit(p, OP_COMMAND, CODE_FOR, 0, 0);
}

static void begin_case(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, CASE_WORD);
    o->start = compound;
    o->text_start = p->keyword_place;
    o->first_command = p->length;
    emit(p, OP_COMMAND, CODE_CASE, 0, 0);
    skip_blanks(p);
    if (p->p >= p->end || is_meta(*p->p)) {
        fail_here(p);
        return;
    }
    begin_word(p, CASE_SUBJECT);
}

static void begin_condition(struct parser *p)
{
    begin_command(p);
    int compound = compound_begin(p);
    struct open *o = push(p, CONDITION);
    o->start = compound;
    o->jump = o->chain = -1;
    o->text_start = p->keyword_place;
    o->first_command = p->length;
    emit(p, OP_COMMAND, CODE_CONDITION, 0, 0);
}

void begin_function(struct parser *p, struct str name)
{
    begin_command(p);
    int string = intern(p, name);
    int function = emit(p, OP_FUNCTION, 0, 0, string);
    struct open *o = push(p, FUNCTION_BODY);
    o->start = function;
    o->state = WANT_STAGE;
    o->text_start = place(p);
}

static void keyword_function(struct parser *p)
{
    skip_blanks(p);
    join_lines(p);
    const char *from = p->p;
    while (p->p < p->end && !is_meta(*p->p))
        p->p++;
    struct str name = str_of(from, (size_t)(p->p - from));
    if (!name.length) {
        fail_here(p);
        return;
    }
    skip_blanks(p);
    const char *at = p->p;
    if (at < p->end && *at == '(') {
        at++;
        while (at < p->end && (*at == ' ' || *at == '\t'))
            at++;
        if (at < p->end && *at == ')')
            p->p = at + 1;
    }
    begin_function(p, name);
}

static void begin_coproc(struct parser *p)
{
    begin_command(p);
    skip_blanks(p);
    /* coproc NAME compound, or coproc command */
    struct str name = str_lit("COPROC"), w = raw_word(p);
    const char *after = p->p + w.length;
    while (after < p->end && (*after == ' ' || *after == '\t'))
        after++;
    bool name_ok = w.length && is_name_start(w.data[0]);
    for (size_t i = 0; i < w.length; i++)
        name_ok &= is_name(w.data[i]);
    struct str next = str_of(after, (size_t)(p->end - after));
    static const char *const begins[] = {"{ ", "{\n", "(", "while ", "until ", "for ", "if ", "case ", "[[ "};
    static const char *const words[] = {"while", "until", "for", "if", "case", "select", "time"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        name_ok &= !str_is(w, words[i]);
    bool named = false;
    for (size_t i = 0; name_ok && i < sizeof begins / sizeof *begins; i++)
        named |= str_starts(next, begins[i]);
    if (named) {
        name = w;
        p->p = after;
    }
    int string = intern(p, name);
    int coproc = emit(p, OP_COPROC, 0, 0, string);
    struct open *o = push(p, COPROC_BODY);
    o->start = coproc;
    o->state = WANT_STAGE;
}

/* A reserved word where a command may begin: false when it is none. */
bool reserved(struct parser *p)
{
    struct open *o = top(p);
    struct str w = raw_word(p);
    if (!w.length || w.length > 8)
        return false;
    p->keyword_place = place(p);
    if (closes_words(p, w))
        return true;
    if (str_is(w, "if"))
        take_word(p, w), begin_if(p);
    else if (str_is(w, "while") || str_is(w, "until"))
        take_word(p, w), begin_loop(p, str_is(w, "until"));
    else if (str_is(w, "{"))
        take_word(p, w), begin_brace(p);
    else if (str_is(w, "for"))
        take_word(p, w), begin_for(p, false);
    else if (str_is(w, "select"))
        take_word(p, w), begin_for(p, true);
    else if (str_is(w, "case"))
        take_word(p, w), begin_case(p);
    else if (str_is(w, "[["))
        take_word(p, w), begin_condition(p);
    else if (str_is(w, "function"))
        take_word(p, w), keyword_function(p);
    else if (str_is(w, "coproc"))
        take_word(p, w), begin_coproc(p);
    else if (str_is(w, "!")) {
        take_word(p, w);
        begin_command(p);
        mark_pipeline(p, 0);
        p->at[top(p)->pipeline].flags ^= CODE_NOT;
        top(p)->state = WANT_STAGE;
        top(p)->negated = true;
    } else if (str_is(w, "time")) {
        take_word(p, w);
        begin_command(p);
        mark_pipeline(p, CODE_TIMED);
        skip_blanks(p);
        struct str next = raw_word(p);
        if (str_is(next, "-p")) {
            take_word(p, next);
            p->at[top(p)->pipeline].flags |= CODE_TIMED_POSIX;
            skip_blanks(p);
            next = raw_word(p);
        }
        if (str_is(next, "--"))
            take_word(p, next);
        top(p)->state = WANT_STAGE;
        top(p)->negated = true;
    } else {
        return false;
    }
    (void)o;
    return true;
}

/* Reserved words that close or go on with the construct on top. */
bool closes_words(struct parser *p, struct str w)
{
    static const char *const all[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}", "in"};
    struct open *o = top(p);
    size_t which = 0;
    while (which < sizeof all / sizeof *all && !str_is(w, all[which]))
        which++;
    if (which == sizeof all / sizeof *all || str_is(w, "in"))
        return false;
    bool empty = o->state == WANT_STAGE || (o->state == WANT_COMMAND && !o->has_words);
    bool fits = false;
    switch (o->kind) {
    case IF_TEST: fits = str_is(w, "then"); break;
    case IF_THEN: fits = str_is(w, "fi") || str_is(w, "else") || str_is(w, "elif"); break;
    case IF_ELSE: fits = str_is(w, "fi"); break;
    case LOOP_TEST: fits = str_is(w, "do"); break;
    case LOOP_BODY: fits = str_is(w, o->function ? "}" : "done"); break;
    case BRACE: fits = str_is(w, "}"); break;
    case CASE_BODY:
        fits = str_is(w, "esac");
        empty = o->state == WANT_STAGE;
        break;
    default: break;
    }
    if (!fits || empty) {
        fail_token(p, w);
        return true;
    }
    end_and_or(p, false);
    o = top(p);
    take_word(p, w);
    o->has_words = false;
    if (str_is(w, "then")) {
        o->exit = emit(p, OP_UNLESS, 0, 0, 0);
        top(p)->kind = IF_THEN;
    } else if (str_is(w, "else") || str_is(w, "elif")) {
        int chain = emit(p, OP_GOTO, 0, o->chain, 0);
        o = top(p);
        o->chain = chain;
        patch(p, o->exit);
        o->exit = -1;
        o->kind = str_is(w, "else") ? IF_ELSE : IF_TEST;
        if (o->kind == IF_TEST)
            emit(p, OP_TEST_BEGIN, 0, 0, 0);
    } else if (str_is(w, "fi")) {
        if (o->exit >= 0) {
            int chain = emit(p, OP_GOTO, 0, o->chain, 0);
            o = top(p);
            o->chain = chain;
            patch(p, o->exit);
            emit(p, OP_STATUS, 0, 0, 0);
        }
        struct open done = *top(p);
        for (int at = done.chain; at >= 0;) {
            int next = p->at[at].a;
            patch(p, at);
            at = next;
        }
        pop(p);
        compound_done(p, done.start);
    } else if (str_is(w, "do")) {
        o->exit = emit(p, o->until ? OP_WHEN : OP_UNLESS, 0, 0, 0);
        emit(p, OP_LOOP_BODY, 0, 0, 0);
        top(p)->kind = LOOP_BODY;
    } else if (str_is(w, "done") || (o->kind == LOOP_BODY && str_is(w, "}"))) {
        emit(p, OP_LOOP_SAVE, 0, 0, 0);
        struct open done = *top(p);
        emit(p, OP_GOTO, 0, p->at[done.back].b, 0);
        if (done.exit >= 0)
            patch(p, done.exit);
        p->at[done.back].a = p->length;
        emit(p, OP_LOOP_END, 0, 0, 0);
        pop(p);
        compound_done(p, done.start);
    } else if (str_is(w, "}")) {
        struct open done = *top(p);
        pop(p);
        compound_done(p, done.start);
    } else { /* esac */
        struct open done = *top(p);
        int chain = done.chain;
        if (done.exit >= 0) { /* a last clause without ;; */
            chain = emit(p, OP_GOTO, 0, done.chain, 0);
            patch(p, done.exit);
        }
        emit(p, OP_STATUS, 0, 0, 0);
        for (int at = chain; at >= 0;) {
            int next = p->at[at].a;
            patch(p, at);
            at = next;
        }
        emit(p, OP_CASE_END, 0, 0, 0);
        pop(p);
        compound_done(p, done.start);
    }
    return true;
}

/* --- between the parts of compound commands --------------------------------------------------------------------- */

bool skip_to_word(struct parser *p, bool newlines)
{
    for (;;) {
        skip_blanks(p);
        join_lines(p);
        if (p->p < p->end && *p->p == '\n' && newlines) {
            end_line(p);
            if (p->failed || p->more || top(p)->purpose == HERE_TEXT)
                return false;
            continue;
        }
        return true;
    }
}

static void begin_body(struct parser *p, int back, int exit, bool braces)
{
    struct open *o = top(p);
    int start = o->start;
    *o = (struct open){.kind = LOOP_BODY, .state = WANT_COMMAND, .line = o->line, .and_or = -1, .pipeline = -1,
                       .stage = -1, .jump = -1, .start = start, .exit = exit, .chain = -1, .back = back,
                       .compound = -1, .redirect = -1, .name = -1, .function = braces};
    emit(p, OP_LOOP_BODY, 0, 0, 0);
}

/* `for x` [in words]; do */
void for_step(struct parser *p)
{
    struct open *o = top(p);
    if (!skip_to_word(p, o->state == 0 || o->state == 3))
        return;
    o = top(p);
    if (p->p >= p->end) {
        fail_end(p);
        return;
    }
    struct str w = raw_word(p);
    if (o->state == 0 && str_is(w, "in")) {
        take_word(p, w);
        o->state = 1;
        return;
    }
    if (o->state == 1 && *p->p != ';' && *p->p != '\n') {
        if (is_meta(*p->p) && !((*p->p == '<' || *p->p == '>') && p->p + 1 < p->end && p->p[1] == '('))
            fail_here(p);
        else
            begin_word(p, FOR_ITEM);
        return;
    }
    if (o->state == 0 || o->state == 1) {
        int all = o->state == 0, name = o->name;
        bool select = o->select;
        set_source(p, o->first_command, o->text_start);
        if (*p->p == ';' && !(p->p + 1 < p->end && (p->p[1] == ';' || p->p[1] == '&')))
            p->p++;
        else if (*p->p == '\n')
            end_line(p);
        int loop = emit(p, OP_FOR, all ? CODE_ALL_ARGUMENTS : 0, 0, 0);
        p->at[loop].b = p->length;
        int next = emit(p, select ? OP_SELECT_NEXT : OP_FOR_NEXT, 0, 0, name);
        size_t level = top(p)->purpose == HERE_TEXT ? p->depth - 2 : p->depth - 1;
        o = &p->stack[level];
        o->state = 3;
        o->back = loop;
        o->exit = next;
        return;
    }
    if (str_is(w, "do") || str_is(w, "{")) {
        take_word(p, w);
        begin_body(p, o->back, o->exit, str_is(w, "{"));
        return;
    }
    fail_here(p);
}

void arith_for_step(struct parser *p)
{
    if (!skip_to_word(p, true))
        return;
    struct open *o = top(p);
    if (p->p >= p->end) {
        fail_end(p);
        return;
    }
    if (*p->p == ';' && o->state == 1) {
        p->p++;
        o->state = 2;
        return;
    }
    struct str w = raw_word(p);
    if (str_is(w, "do") || str_is(w, "{")) {
        take_word(p, w);
        begin_body(p, o->back, o->exit, str_is(w, "{"));
        return;
    }
    fail_here(p);
}

/* case word in ... esac */
void case_step(struct parser *p)
{
    struct open *o = top(p);
    if (!skip_to_word(p, true))
        return;
    o = top(p);
    if (p->p >= p->end) {
        fail_end(p);
        return;
    }
    struct str w = raw_word(p);
    if (o->kind == CASE_WORD) {
        if (!str_is(w, "in")) {
            fail_here(p);
            return;
        }
        set_source(p, o->first_command, o->text_start);
        take_word(p, w);
        o->kind = CASE_PATTERNS;
        o->state = 0;
        return;
    }
    /* patterns: state 0 before the first, 1 behind one */
    if (o->state == 0) {
        if (str_is(w, "esac") && !o->has_words) {
            o->kind = CASE_BODY;
            o->state = WANT_COMMAND;
            o->and_or = o->pipeline = o->stage = o->jump = o->compound = o->redirect = -1;
            closes_words(p, w);
            return;
        }
        if (*p->p == '(' && !o->has_words)
            p->p++;
        skip_blanks(p);
        if (p->p >= p->end || is_meta(*p->p)) {
            fail_here(p);
            return;
        }
        o->has_words = true;
        o->state = 1;
        begin_word(p, CASE_CHOICE);
        return;
    }
    if (*p->p == '|' && !(p->p + 1 < p->end && p->p[1] == '|')) {
        p->p++;
        o->state = 0;
        return;
    }
    if (*p->p != ')') {
        fail_here(p);
        return;
    }
    p->p++;
    int next = emit(p, OP_GOTO, 0, 0, 0);
    o = top(p);
    for (int at = o->redirect; at >= 0;) {
        int before = p->at[at].a;
        patch(p, at);
        at = before;
    }
    if (o->back >= 0) { /* ;& of the clause before comes here */
        patch(p, o->back);
        o->back = -1;
    }
    o->kind = CASE_BODY;
    o->state = WANT_COMMAND;
    o->exit = next;
    o->has_words = false;
    o->redirect = o->and_or = o->pipeline = o->stage = o->jump = o->compound = -1;
}

/* ;; ;& ;;& in a case: false when there is none here. */
bool case_separator(struct parser *p)
{
    struct open *o = top(p);
    if (o->kind != CASE_BODY || p->p + 1 >= p->end || *p->p != ';' || (p->p[1] != ';' && p->p[1] != '&'))
        return false;
    if (o->state == WANT_STAGE) {
        fail_here(p);
        return true;
    }
    bool empty = !o->has_words && o->and_or < 0;
    end_and_or(p, false);
    if (empty)
        emit(p, OP_STATUS, 0, 0, 0);
    bool fall = p->p[1] == '&', again = p->p[1] == ';' && p->p + 2 < p->end && p->p[2] == '&';
    p->p += again ? 3 : 2;
    o = top(p);
    int leave = emit(p, OP_GOTO, 0, o->chain, 0);
    o = top(p);
    if (fall) {
        o->back = leave;
    } else if (again) {
        patch(p, leave);
    } else {
        o->chain = leave;
    }
    patch(p, o->exit);
    o->exit = -1;
    o->kind = CASE_PATTERNS;
    o->state = 0;
    o->has_words = false;
    o->redirect = -1;
    return true;
}

const char *const parse_keywords[] = {"if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do",
                                      "done", "in", "function", "time", "{", "}", "!", "[[", "]]", "coproc", NULL};

bool parse_is_keyword(struct str word)
{
    for (const char *const *keyword = parse_keywords; *keyword; keyword++)
        if (str_is(word, *keyword))
            return true;
    return false;
}
