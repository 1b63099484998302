/* builtins/rev.c - reverse each line, character by character. */
#include "builtins/text.h"

static const struct option options[] = {
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

struct rev {
    enum locale locale;
    size_t next;
    struct text_source source;
    bool open;
    uint64_t lines; /* of this file */
};

static int rev_start(struct call *c)
{
    struct rev *r = c->state;
    r->locale = call_locale(c);
    return 0;
}

static void put_reversed(struct call *c, struct str line, enum locale locale)
{
    char *to = buf_reserve(&c->out, line.length) + line.length;

    c->out.length += line.length;
    while (line.length > 0) {
        struct utf8_char u = utf8_first(line, locale);
        to -= u.length;
        memcpy(to, line.data, u.length);
        line = str_after(line, u.length);
    }
}

/* 0, E_WAIT, or 1 behind the last operand. */
static int open_next(struct call *c, struct rev *r)
{
    struct str name;

    while (text_operand(c, r->next, &name)) {
        int error;
        r->source = (struct text_source){0};
        error = text_source_open(c, &r->source, name);
        if (error == E_WAIT)
            return error;
        r->next++;
        r->lines = 0;
        r->open = !error;
        if (!error)
            return 0;
        call_error(c, "cannot open %S: %m", name, error);
    }
    return 1;
}

static void close_file(struct call *c, struct rev *r, int error)
{
    struct str name = c->operand_count == 0 ? str_lit("stdin") : r->source.name;

    if (error)
        call_error(c, "%S: %llu: %m", name, (unsigned long long)r->lines, error);
    buf_drop(&r->source.store);
    input_close(r->source.input);
    r->open = false;
}

static enum step rev_step(struct call *c)
{
    struct rev *r = c->state;

    if (call_has(c, 'V')) {
        call_print_text(c, "rev from util-linux 2.38.1\n");
        return call_done(c);
    }
    if (call_has(c, 'h')) {
        call_print_text(c, "Usage: rev [options] [file ...]\n\nReverse lines characterwise.\n\nOptions:\n"
                           " -h, --help     display this help\n -V, --version  display version\n\n"
                           "For more details see rev(1).\n");
        return call_done(c);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!r->open) {
            int opened = open_next(c, r);
            if (opened == E_WAIT)
                return STEP_WAIT;
            if (opened == 1)
                return call_done(c);
            call_charge(c, 1);
        }
        switch (text_source_line(c, &r->source, '\n')) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_END:
            close_file(c, r, r->source.input->error);
            continue;
        case INPUT_MORE:
            break;
        }
        if (!utf8_is_ascii(r->source.line) &&
            (r->locale == LOCALE_C || utf8_count_invalid(r->source.line, LOCALE_UTF8) > 0)) {
            close_file(c, r, E_ILSEQ);
            continue;
        }
        put_reversed(c, r->source.line, r->locale);
        if (!r->source.unended)
            call_print_byte(c, '\n');
        r->lines++;
    }
}

const struct command command_rev = {
    .name = "rev",
    .usage = "[options] [file ...]",
    .summary = "Reverse lines characterwise.",
    .options = options,
    .state = sizeof(struct rev),
    .start = rev_start,
    .step = rev_step,
};
