/* builtins/paste.c - merge lines of files. */
#include "builtins/text.h"

static const struct option options[] = {
    {'d', "delimiters", "LIST", "reuse characters from LIST instead of TABs"},
    {'s', "serial", NULL, "paste one file at a time instead of in parallel"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

struct column {
    struct text_source *source; /* standard input may be several columns */
    bool over;
};

struct paste {
    int *delimiters;        /* -1: none */
    size_t delimiter_count;
    char line_end;
    bool serial;
    struct str *names;
    size_t count;
    struct column *columns;
    size_t opened, at;      /* column or file being worked on */
    size_t live;            /* columns that are not over */
    struct text_source *standard;
    struct buf pending;     /* delimiters that go out when a line follows them */
    bool any;               /* something of this row was put out */
    size_t delimiter;       /* -s: the next to use */
};

static int paste_start(struct call *c)
{
    static const struct str dash = {"-", 1};
    struct paste *p = c->state;
    struct str list = str_lit("\t");

    call_value(c, 'd', &list);
    p->serial = call_has(c, 's');
    p->line_end = call_has(c, 'z') ? 0 : '\n';
    p->delimiters = heap_alloc(c->heap, (list.length + 1) * sizeof *p->delimiters);
    for (size_t i = 0; i < list.length; i++) {
        int byte = (unsigned char)list.data[i];
        if (byte == '\\') {
            if (++i == list.length) {
                call_error(c, "delimiter list ends with an unescaped backslash: %S", list);
                return 1;
            }
            switch (list.data[i]) {
            case '0': byte = -1; break;
            case 'b': byte = '\b'; break;
            case 'f': byte = '\f'; break;
            case 'n': byte = '\n'; break;
            case 'r': byte = '\r'; break;
            case 't': byte = '\t'; break;
            case 'v': byte = '\v'; break;
            default: byte = (unsigned char)list.data[i]; break;
            }
        }
        p->delimiters[p->delimiter_count++] = byte;
    }
    if (p->delimiter_count == 0)
        p->delimiters[p->delimiter_count++] = -1;
    p->names = c->operand_count ? c->operands : heap_alloc(c->heap, sizeof *p->names);
    p->count = c->operand_count ? c->operand_count : 1;
    if (c->operand_count == 0)
        p->names[0] = dash;
    p->columns = heap_zero(c->heap, p->count * sizeof *p->columns);
    buf_init(&p->pending, c->heap);
    return 0;
}

static void put_delimiter(struct buf *b, const struct paste *p, size_t number)
{
    int delimiter = p->delimiters[number % p->delimiter_count];
    if (delimiter >= 0)
        buf_add_byte(b, (char)delimiter);
}

/* Opens the source of a column: 0, E_WAIT, or another error. */
static int open_column(struct call *c, struct paste *p, size_t at)
{
    struct str name = p->names[at];
    bool dash = str_is(name, "-");
    int error;

    if (dash && p->standard) {
        p->columns[at].source = p->standard;
        return 0;
    }
    if (!p->columns[at].source)
        p->columns[at].source = heap_new(c->heap, struct text_source);
    error = text_source_open(c, p->columns[at].source, name);
    if (!error && dash)
        p->standard = p->columns[at].source;
    return error;
}

static void say_error(struct call *c, struct str name, int error)
{
    if (error)
        call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
}

static enum step paste_serial(struct call *c, struct paste *p)
{
    for (;;) {
        struct text_source *source;
        int error;
        if (!call_go(c))
            return STEP_AGAIN;
        if (p->at == p->count)
            return call_done(c);
        if (p->opened == p->at) {
            error = open_column(c, p, p->at);
            if (error == E_WAIT)
                return STEP_WAIT;
            call_charge(c, 1);
            p->opened++;
            p->any = false;
            p->delimiter = 0;
            if (error) {
                say_error(c, p->names[p->at++], error);
                p->opened = p->at;
                continue;
            }
        }
        source = p->columns[p->at].source;
        switch (text_source_line(c, source, p->line_end)) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_END:
            call_print_byte(c, p->line_end);
            say_error(c, source->name, source->input->error);
            source->input->error = 0;
            if (source != p->standard) {
                buf_drop(&source->store);
                input_close(source->input);
            }
            p->at++;
            continue;
        case INPUT_MORE:
            break;
        }
        if (p->any)
            put_delimiter(&c->out, p, p->delimiter++);
        p->any = true;
        call_print(c, source->line);
    }
}

static enum step paste_parallel(struct call *c, struct paste *p)
{
    for (; p->opened < p->count; p->opened++) {
        int error = open_column(c, p, p->opened);
        if (error == E_WAIT)
            return STEP_WAIT;
        call_charge(c, 1);
        if (error) {
            say_error(c, p->names[p->opened], error);
            return call_done(c);
        }
        p->live++;
    }
    for (;;) {
        struct column *column = &p->columns[p->at];
        if (!call_go(c))
            return STEP_AGAIN;
        if (p->at == 0 && p->live == 0)
            return call_done(c);
        if (!column->over) {
            enum input_answer answer = text_source_line(c, column->source, p->line_end);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_MORE) {
                call_print(c, buf_str(&p->pending));
                buf_clear(&p->pending);
                call_print(c, column->source->line);
                p->any = true;
            } else {
                say_error(c, column->source->name, column->source->input->error);
                column->source->input->error = 0;
                column->over = true;
                p->live--;
            }
        }
        if (p->at + 1 < p->count)
            put_delimiter(&p->pending, p, p->at);
        call_charge(c, 1);
        if (++p->at < p->count)
            continue;
        /* The row is whole; one in which every file was at its end is none. */
        if (p->any) {
            call_print(c, buf_str(&p->pending));
            call_print_byte(c, p->line_end);
        }
        buf_clear(&p->pending);
        p->any = false;
        p->at = 0;
    }
}

static enum step paste_step(struct call *c)
{
    struct paste *p = c->state;
    return p->serial ? paste_serial(c, p) : paste_parallel(c, p);
}

const struct command command_paste = {
    .name = "paste",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Write lines consisting of the sequentially corresponding lines from\n"
               "each FILE, separated by TABs, to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input.",
    .options = options,
    .state = sizeof(struct paste),
    .start = paste_start,
    .step = paste_step,
};
