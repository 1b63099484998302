/* builtins/sed/substitute.c - the commands that change the pattern space: s with its replacement, y, and e. */
#include "builtins/sed/sed.h"

int sed_search(struct call *c, struct sed *s, struct sed_regex *r, size_t from, int groups)
{
    if (!s->searching) {
        if (r->regex)
            s->last_regex = r;
        else if (!s->last_regex) {
            sed_tell_runtime(c, s, "no previous regular expression");
            return SED_FAILED;
        }
        regex_start(&s->search, s->last_regex->regex, s->pattern.view, from, 0);
        s->searching = true;
    }
    enum regex_answer answer = regex_next(&s->search, s->groups, groups);
    if (answer == REGEX_MORE)
        return SED_LATER;
    s->searching = false;
    if (answer == REGEX_LIMIT) {
        call_error(c, "regular expression too complex for this text");
        c->status = SED_PANIC;
        return SED_FAILED;
    }
    return answer == REGEX_YES;
}

/* --- replacements --------------------------------------------------------------------------------------- */

/* Adds text in another case: `mode` of PART_UPPER, PART_LOWER or PART_END, and for its first character *once. */
static void add_cased(struct sed *s, struct buf *out, struct str text, enum sed_part_kind mode,
                      enum sed_part_kind *once)
{
    for (size_t i = 0; i < text.length;) {
        struct utf8_char here = utf8_first(str_after(text, i), s->locale);
        enum sed_part_kind how = mode;
        if (*once != PART_END)
            how = *once == PART_UPPER_ONE ? PART_UPPER : PART_LOWER;
        *once = PART_END;
        if (!here.valid || how == PART_END) {
            buf_add(out, str_of(text.data + i, here.length));
        } else {
            uint32_t code = how == PART_UPPER ? utf8_upper(here.code, s->locale) : utf8_lower(here.code, s->locale);
            if (code < 0x80 || s->locale == LOCALE_C) {
                buf_add_byte(out, (char)code);
            } else {
                char bytes[UTF8_MOST];
                size_t length = utf8_encode(code, bytes);
                buf_add(out, str_of(bytes, length));
            }
        }
        i += here.length;
    }
}

static struct str part_text(const struct sed *s, const struct sed_part *part)
{
    if (part->kind == PART_TEXT)
        return part->text;
    const struct match *m = &s->groups[part->group];
    if (m->start < 0)
        return (struct str){0};
    return str_of(s->pattern.view.data + m->start, (size_t)(m->end - m->start));
}

static void add_replacement(struct call *c, struct sed *s, const struct sed_substitution *u)
{
    enum sed_part_kind mode = PART_END, once = PART_END;
    size_t before = s->result.length;
    for (size_t i = 0; i < u->part_count; i++) {
        const struct sed_part *part = &u->parts[i];
        switch (part->kind) {
        case PART_TEXT: case PART_GROUP: {
            struct str text = part_text(s, part);
            if (!u->cases)
                buf_add(&s->result, text);
            else
                add_cased(s, &s->result, text, mode, &once);
            break;
        }
        case PART_UPPER: case PART_LOWER: case PART_END:
            mode = part->kind;
            once = PART_END;
            break;
        case PART_UPPER_ONE: case PART_LOWER_ONE:
            once = part->kind;
            break;
        }
    }
    call_charge_bytes(c, s->result.length - before);
}

/* --- s ---------------------------------------------------------------------------------------------------- */

static void copy_to(struct call *c, struct sed *s, size_t to)
{
    buf_add(&s->result, str_of(s->pattern.view.data + s->copied, to - s->copied));
    call_charge_bytes(c, to - s->copied);
    s->copied = to;
}

/* Goes from match to match: 0 when all is found. */
static int replace_all(struct call *c, struct sed *s, const struct sed_substitution *u)
{
    for (;;) {
        size_t length = s->pattern.view.length;
        if (s->from > length)
            return 0;
        if (!s->searching && !sed_go(c))
            return SED_LATER;
        int answer = sed_search(c, s, u->regex, s->from, s->debug ? SED_GROUPS : u->groups);
        if (answer <= 0)
            return answer;
        size_t start = (size_t)s->groups[0].start, end = (size_t)s->groups[0].end;
        bool empty = start == end;
        if (s->debug && !s->found)
            sed_debug_match(c, s);
        if (!empty || (ptrdiff_t)start != s->last_end) { /* no empty match right behind another */
            if (++s->found >= u->number) {
                copy_to(c, s, start);
                add_replacement(c, s, u);
                s->copied = end;
                s->any = true;
            }
            call_charge(c, 1);
            if (s->any && !u->global)
                return 0;
        }
        s->last_end = (ptrdiff_t)end;
        s->from = end;
        if (empty)
            s->from += end < length ? utf8_first(str_after(s->pattern.view, end), s->locale).length : 1;
    }
}

static void take_result(struct sed *s)
{
    struct buf b = s->pattern.own;
    s->pattern.own = s->result;
    s->result = b;
    s->pattern.view = buf_str(&s->pattern.own);
    s->pattern.borrowed = false;
}

int sed_substitute(struct call *c, struct sed *s, struct sed_command *k)
{
    struct sed_substitution *u = k->substitution;
    int answer;
    if (!s->substituting) {
        s->substituting = true;
        s->from = s->copied = 0;
        s->found = 0;
        s->last_end = -1;
        s->any = false;
        s->stage = 0;
        buf_clear(&s->result);
    }
    if (s->stage == 0) {
        answer = replace_all(c, s, u);
        if (answer)
            return answer;
        if (!s->any) {
            s->substituting = false;
            return 0;
        }
        copy_to(c, s, s->pattern.view.length);
        take_result(s);
        s->replaced = true;
        if (u->print_before)
            sed_put(c, s, s->out, s->pattern.view, s->pattern.chomped);
        s->stage = 1;
    }
    if (u->evaluate) {
        answer = sed_evaluate(c, s, s->pattern.view);
        if (answer)
            return answer;
        struct str text = buf_str(&s->answered);
        if (text.length && text.data[text.length - 1] == s->end)
            text.length--;
        buf_clear(&s->pattern.own);
        buf_add(&s->pattern.own, text);
        s->pattern.view = buf_str(&s->pattern.own);
    }
    if (u->print)
        sed_put(c, s, s->out, s->pattern.view, s->pattern.chomped);
    if (u->output)
        sed_put(c, s, u->output, s->pattern.view, s->pattern.chomped);
    s->substituting = false;
    return 0;
}

/* --- y ------------------------------------------------------------------------------------------------------ */

static const struct sed_pair *pair_of(const struct sed_map *map, struct str character)
{
    if (!map->begins[(unsigned char)character.data[0]])
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_equal(map->pairs[i].from, character))
            return &map->pairs[i];
    return NULL;
}

void sed_transliterate(struct call *c, struct sed *s, const struct sed_map *map)
{
    struct str text = s->pattern.view;
    call_charge_bytes(c, text.length);
    buf_clear(&s->result);
    char *out = buf_reserve(&s->result, text.length + 1);
    if (map->bytes) {
        for (size_t i = 0; i < text.length; i++)
            out[i] = (char)map->table[(unsigned char)text.data[i]];
        s->result.length = text.length;
    } else {
        for (size_t i = 0; i < text.length;) {
            struct str one = str_of(text.data + i, utf8_first(str_after(text, i), s->locale).length);
            const struct sed_pair *pair = pair_of(map, one);
            buf_add(&s->result, pair ? pair->to : one);
            i += one.length;
        }
    }
    take_result(s);
}

/* --- e ------------------------------------------------------------------------------------------------------- */

/* Starts the shell: 0, E_WAIT, SED_FAILED. */
static int start_shell(struct call *c, struct sed *s, struct str command)
{
    struct str words[3] = {str_lit("sh"), str_lit("-c"), command};
    struct file *reader, *writer;
    struct exec e = {.words = words, .count = 3};
    int error = sed_flush(c, s, true);
    if (error)
        return error;
    struct task *child = task_exec(c->task, &e, &error);
    if (!child && error == E_WAIT)
        return E_WAIT;
    buf_clear(&s->answered);
    if (!child) {
        call_error(c, "error subprocess: %m", error);
        c->status = SED_PANIC;
        return SED_FAILED;
    }
    s->child = child;
    file_pipe(c->task, &reader, &writer);
    fds_set(child, 1, writer, false);
    input_open_file(c, &s->answer, reader, str_lit("subprocess"));
    s->evaluation = EVALUATE_READ;
    return 0;
}

int sed_evaluate(struct call *c, struct sed *s, struct str command)
{
    int status;
    if (s->evaluation == EVALUATE_IDLE) {
        int answer = start_shell(c, s, command);
        if (answer)
            return answer;
    }
    while (s->evaluation == EVALUATE_READ) {
        struct str bytes;
        if (!sed_go(c))
            return SED_LATER;
        enum input_answer answer = input_block(s->answer, SIZE_MAX, &bytes);
        if (answer == INPUT_WAIT)
            return E_WAIT;
        if (answer == INPUT_MORE) {
            buf_add(&s->answered, bytes);
            call_charge_bytes(c, bytes.length);
            continue;
        }
        input_close(s->answer);
        s->answer = NULL;
        s->evaluation = EVALUATE_WAIT;
    }
    if (task_wait(c->task, s->child, &status) == E_WAIT)
        return E_WAIT;
    s->child = NULL;
    s->evaluation = EVALUATE_IDLE;
    return 0;
}
