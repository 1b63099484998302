/* builtins/tac.c - write files last line first. */
#include "builtins/text.h"
#include "regex/regex.h"

static const struct option options[] = {
    {'b', "before", NULL, "attach the separator before instead of after"},
    {'r', "regex", NULL, "interpret the separator as a regular expression"},
    {'s', "separator", "STRING", "use STRING as the separator instead of newline"},
    {0},
};

enum { REGEX_WINDOW = 256 }; /* bytes looked at first for the last match before a place */

struct tac {
    bool before;
    struct str separator;
    struct regex *regex;
    size_t next;
    struct input *input;
    bool whole;
    struct str text;
    size_t end;          /* what lies behind was put out */
    size_t search;       /* separators begin before this */
};

static int tac_start(struct call *c)
{
    struct tac *t = c->state;

    t->before = call_has(c, 'b');
    t->separator = str_lit("\n");
    call_value(c, 's', &t->separator);
    if (call_has(c, 'r')) {
        const char *message;
        unsigned flags = REGEX_MULTILINE | (call_locale(c) == LOCALE_UTF8 ? REGEX_UTF8 : 0);
        if (t->separator.length == 0) {
            call_error(c, "separator cannot be empty");
            return 1;
        }
        t->regex = regex_compile(c->heap, &t->separator, 1, REGEX_EMACS, flags, &message);
        if (!t->regex) {
            call_error(c, "%s", message);
            return 1;
        }
    } else if (t->separator.length == 0) {
        t->separator = str_of("", 1); /* NUL */
    }
    return 0;
}

/* The last place before `end` where a match begins, and how long it is: false when there is none. A search forward tells the
 * first; so windows before `end` are gone through, each twice as large as the one behind it. */
static bool find_last_match(struct call *c, const struct tac *t, size_t end, size_t *start, size_t *length)
{
    size_t window = REGEX_WINDOW, from = end;

    while (from > 0) {
        size_t stop = from;
        bool found = false;
        from = end > window ? end - window : 0;
        for (size_t at = from; at < stop;) {
            struct match m;
            call_charge(c, 1);
            if (regex_match(t->regex, str_first(t->text, end), at, 0, &m, 1) != REGEX_YES || (size_t)m.start >= stop)
                break;
            found = true;
            *start = (size_t)m.start;
            *length = (size_t)(m.end - m.start);
            at = (size_t)m.start + 1;
        }
        if (found)
            return true;
        window *= 2;
    }
    return false;
}

static bool find_last(struct call *c, const struct tac *t, size_t end, size_t *start, size_t *length)
{
    struct str s = t->separator;
    const char *data = t->text.data;
    char first = s.data[0];

    if (t->regex)
        return find_last_match(c, t, end, start, length);
    *length = s.length;
    if (end < s.length)
        return false;
    for (size_t i = end - s.length + 1; i-- > 0;) {
        if (data[i] == first && (s.length == 1 || memcmp(data + i, s.data, s.length) == 0)) {
            *start = i;
            return true;
        }
    }
    return false;
}

static void put_record(struct call *c, struct tac *t, size_t from)
{
    call_print(c, str_of(t->text.data + from, t->end - from));
    call_charge(c, 1);
    call_charge_bytes(c, t->end - from);
    t->end = from;
}

/* True when all of the text was put out. */
static bool put_last(struct call *c, struct tac *t)
{
    size_t start = 0, length = 0;

    if (!find_last(c, t, t->search, &start, &length)) {
        put_record(c, t, 0);
        return true;
    }
    t->search = start;
    if (t->before) {
        put_record(c, t, start);
    } else if (start + length < t->end) {
        put_record(c, t, start + length);
    }
    return false;
}

static enum step tac_step(struct call *c)
{
    struct tac *t = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!t->input) {
            int opened = text_open_next(c, &t->next, &t->input, "failed to open %S for reading: %m");
            if (opened == E_WAIT)
                return STEP_WAIT;
            if (opened == 1)
                return call_done(c);
            call_charge(c, 1);
            t->whole = false;
            continue;
        }
        if (!t->whole) {
            t->text = (struct str){0};
            if (input_all(t->input, &t->text) == INPUT_WAIT)
                return STEP_WAIT;
            if (t->input->error) {
                int error = t->input->error == E_ISDIR ? E_INVAL : t->input->error; /* its end cannot be sought */
                call_error(c, "%S: read error: %m", call_quote_for_colon(c, t->input->name), error);
            }
            t->whole = true;
            t->end = t->search = t->text.length;
        }
        if (t->end == 0 || put_last(c, t)) {
            input_close(t->input);
            t->input = NULL;
        }
    }
}

const struct command command_tac = {
    .name = "tac",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Write each FILE to standard output, last line first.",
    .help = "With no FILE, or when FILE is -, read standard input.",
    .options = options,
    .state = sizeof(struct tac),
    .start = tac_start,
    .step = tac_step,
};
