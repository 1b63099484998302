/* builtins/sed/run.c - the script over one line: which commands are addressed, and what they do. */
#include "builtins/sed/sed.h"

/* --- addresses ------------------------------------------------------------------------------------- */

/* 1, 0, SED_LATER, E_WAIT, SED_FAILED; and so is what follows. */
static int matches(struct call *c, struct sed *s, const struct sed_command *k, const struct sed_address *a)
{
    switch (a->kind) {
    case ADDRESS_LINE:
        return s->line == (a->first ? a->first : 1); /* 0: of r */
    case ADDRESS_STEP:
        return s->line >= a->first && (s->line - a->first) % a->step == 0;
    case ADDRESS_LAST:
        return sed_is_last(c, s);
    case ADDRESS_REGEX:
        if (s->known == k && a == &k->from) {
            s->last_regex = a->regex;
            return 1;
        }
        return sed_search(c, s, a->regex, 0, 0);
    default:
        return 1;
    }
}

/* In a range: is it over with this line? */
static int go_on(struct call *c, struct sed *s, struct sed_command *k)
{
    uint64_t end = k->to.kind == ADDRESS_LINE ? k->to.first : k->range_end;
    int answer;
    switch (k->to.kind) {
    case ADDRESS_LINE: case ADDRESS_PLUS: case ADDRESS_MULTIPLE:
        if (s->line >= end)
            k->range = RANGE_CLOSED;
        return k->to.kind != ADDRESS_LINE || s->line <= end; /* a count that n or N went beyond ends here */
    default:
        answer = matches(c, s, k, &k->to);
        if (answer > 0)
            k->range = RANGE_CLOSED;
        return answer < 0 ? answer : 1;
    }
}

/* Outside of a range: does one begin? */
static int begin(struct call *c, struct sed *s, struct sed_command *k)
{
    bool numbered = k->from.kind == ADDRESS_LINE;
    if (numbered) {
        if (k->range == RANGE_CLOSED || s->line < k->from.first)
            return 0;
        if (k->to.kind == ADDRESS_LINE && s->line > k->to.first && s->line != k->from.first)
            return 0;
    } else if (!s->began) {
        int answer = matches(c, s, k, &k->from);
        if (answer <= 0)
            return answer;
        s->began = true;
    }
    bool over = false;
    int last;
    switch (k->to.kind) {
    case ADDRESS_LINE:
        over = s->line >= k->to.first;
        break;
    case ADDRESS_PLUS:
        k->range_end = s->line + k->to.first;
        over = k->to.first == 0;
        break;
    case ADDRESS_MULTIPLE:
        over = k->to.first == 0;
        if (!over)
            k->range_end = s->line + k->to.first - s->line % k->to.first;
        break;
    case ADDRESS_LAST:
        last = sed_is_last(c, s);
        if (last < 0)
            return last;
        over = last;
        break;
    default:
        break;
    }
    s->began = false;
    k->range = over ? RANGE_CLOSED : RANGE_ACTIVE;
    return 1;
}

static int is_selected(struct call *c, struct sed *s, struct sed_command *k)
{
    int answer = 1;
    if (k->from.kind == ADDRESS_NONE)
        return !k->negate;
    if (k->to.kind == ADDRESS_NONE)
        answer = matches(c, s, k, &k->from);
    else
        answer = k->range == RANGE_ACTIVE ? go_on(c, s, k) : begin(c, s, k);
    return answer < 0 ? answer : answer != k->negate;
}

/* --- commands ---------------------------------------------------------------------------------------- */

static void copy_space(struct call *c, struct sed_space *to, const struct sed_space *from)
{
    buf_clear(&to->own);
    buf_add(&to->own, from->view);
    to->view = buf_str(&to->own);
    to->borrowed = false;
    to->chomped = from->chomped;
    call_charge_bytes(c, from->view.length);
}

static void add_space(struct call *c, struct sed *s, struct sed_space *to, const struct sed_space *from)
{
    struct buf *b = sed_own(to);
    buf_add_byte(b, s->end);
    buf_add(b, from->view);
    to->view = buf_str(b);
    to->chomped = from->chomped;
    call_charge_bytes(c, from->view.length);
}

static void exchange(struct sed *s)
{
    if (s->pattern.borrowed)
        sed_own(&s->pattern);
    struct sed_space p = s->pattern;
    s->pattern = s->hold;
    s->hold = p;
}

static void append(struct call *c, struct sed *s, char kind, struct str text)
{
    s->appended = array_grow(c->heap, s->appended, s->append_count, sizeof *s->appended);
    s->appended[s->append_count++] = (struct sed_appended){kind, text};
}

/* The text of i and c: its last newline is what ends lines. */
static void put_lines(struct call *c, struct sed *s, struct str text)
{
    if (text.length)
        sed_put(c, s, s->out, str_first(text, text.length - 1), true);
}

/* The pattern space up to its first newline. */
static void put_first(struct call *c, struct sed *s, struct sed_output *o)
{
    ptrdiff_t at = str_find(s->pattern.view, s->end);
    if (at < 0)
        sed_put(c, s, o, s->pattern.view, s->pattern.chomped);
    else
        sed_put(c, s, o, str_first(s->pattern.view, (size_t)at), true);
}

/* R: the file's next line. 0. */
static int append_line(struct call *c, struct sed *s, struct sed_reader *r)
{
    struct str line;
    bool unended;
    if (!r->opened) {
        bool standard = str_is(r->name, "/dev/stdin");
        int error = sed_flush(c, s, true);
        if (!error)
            error = input_open(c, &r->input, standard ? str_lit("-") : r->name, standard);
        if (error == E_WAIT || error == SED_LATER || error == SED_FAILED)
            return error;
        r->opened = true;
        r->ended = error != 0;
    }
    if (r->ended)
        return 0;
    switch (input_line(r->input, s->end, &line, &unended)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        r->ended = true;
        input_close(r->input);
        return 0;
    case INPUT_MORE:
        break;
    }
    char *copy = heap_alloc(c->heap, line.length + 1);
    if (line.length)
        memcpy(copy, line.data, line.length);
    copy[line.length] = s->end;
    append(c, s, 'R', str_of(copy, line.length + !unended));
    call_charge_bytes(c, line.length);
    return 0;
}

/* n and N: 0 when the next line is there, 1 when there is none. */
static int next_line(struct call *c, struct sed *s, bool add)
{
    int answer;
    if (!s->appending) {
        answer = sed_at_end(c, s);
        if (answer < 0)
            return answer;
        if (answer) {
            if (!add && !s->correct && !s->quiet)
                sed_put(c, s, s->out, s->pattern.view, s->pattern.chomped);
            s->silent |= !add || s->posix || s->correct;
            return 1;
        }
        if (!add && !s->quiet)
            sed_put(c, s, s->out, s->pattern.view, s->pattern.chomped);
        s->appending = true;
    }
    answer = sed_dump_appended(c, s);
    if (answer)
        return answer;
    s->replaced = false;
    answer = sed_read(c, s, add);
    if (answer < 0)
        return answer;
    s->appending = false;
    return answer == 0;
}

/* e */
static int evaluate(struct call *c, struct sed *s, struct sed_command *k)
{
    int answer = sed_evaluate(c, s, k->text.length ? k->text : s->pattern.view);
    if (answer)
        return answer;
    struct str text = buf_str(&s->answered);
    if (k->text.length) {
        sed_put_raw(c, s, s->out, text);
        return 0;
    }
    if (text.length && text.data[text.length - 1] == s->end)
        text.length--;
    buf_clear(&s->pattern.own);
    buf_add(&s->pattern.own, text);
    s->pattern.view = buf_str(&s->pattern.own);
    s->pattern.borrowed = false;
    return 0;
}

/* Does an addressed command: 0 to go on with s->pc, 1 when the cycle is over, or "later". */
static int perform(struct call *c, struct sed *s, struct sed_command *k)
{
    size_t next = s->pc + 1;
    int answer = 0;
    bool over = false;
    char number[NUMBER_MOST + 1];
    switch (k->name) {
    case '{': case '}': case ':': case 'v': break;
    case '=':
        sed_put(c, s, s->out, str_of(number, number_write_unsigned(number, s->line)), true);
        break;
    case 'a': append(c, s, 'a', k->text); break;
    case 'i': put_lines(c, s, k->text); break;
    case 'c':
        if (k->to.kind == ADDRESS_NONE || k->range != RANGE_ACTIVE)
            put_lines(c, s, k->text);
        over = s->silent = true;
        break;
    case 'b': next = k->target; break;
    case 't': case 'T':
        if (s->replaced == (k->name == 't'))
            next = k->target;
        s->replaced = false;
        break;
    case 'd': over = s->silent = true; break;
    case 'D': {
        ptrdiff_t at = str_find(s->pattern.view, s->end);
        over = s->silent = true;
        if (at >= 0) {
            s->pattern.view = str_after(s->pattern.view, (size_t)at + 1);
            s->restart = true;
            call_charge_bytes(c, s->pattern.view.length);
        }
        break;
    }
    case 'e': answer = evaluate(c, s, k); break;
    case 'F': sed_put(c, s, s->out, s->name, true); break;
    case 'g': copy_space(c, &s->pattern, &s->hold); break;
    case 'G': add_space(c, s, &s->pattern, &s->hold); break;
    case 'h': copy_space(c, &s->hold, &s->pattern); break;
    case 'H': add_space(c, s, &s->hold, &s->pattern); break;
    case 'x': exchange(s); break;
    case 'l': sed_list(c, s, k->number < 0 ? s->width : k->number); break;
    case 'n': case 'N':
        answer = next_line(c, s, k->name == 'N');
        over = answer == 1;
        break;
    case 'p': sed_put(c, s, s->out, s->pattern.view, s->pattern.chomped); break;
    case 'P': put_first(c, s, s->out); break;
    case 'q': case 'Q':
        s->quitting = over = true;
        s->exit_status = k->number < 0 ? 0 : k->number;
        if (k->name == 'Q') {
            s->silent = true;
            s->append_count = 0;
        }
        break;
    case 'r':
        if (k->from.kind == ADDRESS_LINE && k->from.first == 0 && k->to.kind == ADDRESS_NONE)
            answer = sed_dump_file(c, s, k->text);
        else
            append(c, s, 'r', k->text);
        break;
    case 'R': answer = append_line(c, s, k->reader); break;
    case 's': answer = sed_substitute(c, s, k); break;
    case 'w': sed_put(c, s, k->output, s->pattern.view, s->pattern.chomped); break;
    case 'W': put_first(c, s, k->output); break;
    case 'y': sed_transliterate(c, s, k->map); break;
    case 'z':
        s->pattern.view.length = 0;
        break;
    default: break;
    }
    if (answer < 0)
        return answer;
    if (s->debug && !(over && k->name != 'D'))
        sed_debug_after(c, s, k);
    s->known = NULL;
    s->admitted = false;
    s->pc = over ? s->pc : next;
    call_charge(c, 1);
    return over;
}

int sed_run(struct call *c, struct sed *s)
{
    while (s->pc < s->count) {
        struct sed_command *k = &s->commands[s->pc];
        int answer;
        if (!sed_go(c))
            return SED_LATER;
        if (!s->admitted) {
            if (s->debug && !s->told)
                sed_debug_command(c, k);
            s->told = true;
            answer = is_selected(c, s, k);
            if (answer < 0)
                return answer;
            if (!answer) {
                s->told = false;
                s->pc = k->name == '{' ? k->target : s->pc + 1;
                call_charge(c, 1);
                continue;
            }
            s->admitted = true;
            s->told = false;
        }
        answer = perform(c, s, k);
        if (answer < 0)
            return answer;
        if (answer)
            return 0;
    }
    return 0;
}
