/* builtins/fold.c - wrap lines to a width. */
#include "builtins/text.h"

static const struct option options[] = {
    {'b', "bytes", NULL, "count bytes rather than columns"},
    {'s', "spaces", NULL, "break at spaces"},
    {'w', "width", "WIDTH", "use WIDTH columns instead of 80"},
    {0},
};

struct fold {
    bool bytes, spaces;
    uint64_t width;
    uint64_t column;
    struct buf row;    /* what stands in the row that is being filled */
    struct str block;
};

static int fold_start(struct call *c)
{
    struct fold *f = c->state;

    f->bytes = call_has(c, 'b');
    f->spaces = call_has(c, 's');
    f->width = 80;
    buf_init(&f->row, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        int error;
        if (c->options[i].letter != 'w')
            continue;
        error = text_count(value, NULL, &f->width);
        if (!error && f->width == 0)
            error = E_RANGE;
        else if (!error && f->width > SIZE_MAX - 10)
            error = E_OVERFLOW;
        if (error == E_INVAL)
            call_error(c, "invalid number of columns: %S", call_quote_word(c, value));
        else if (error)
            call_error(c, "invalid number of columns: %S: %m", call_quote_word(c, value), error);
        if (error)
            return 1;
    }
    return 0;
}

static uint64_t advance(const struct fold *f, uint64_t column, char byte)
{
    if (f->bytes)
        return column + 1;
    switch (byte) {
    case '\b': return column - (column > 0);
    case '\r': return 0;
    case '\t': return column + 8 - column % 8;
    default: return column + 1;
    }
}

/* Ends the row behind its last blank, where -s finds one: false when it has none. */
static bool break_at_blank(struct call *c, struct fold *f)
{
    size_t end = f->row.length;

    while (end > 0 && f->row.data[end - 1] != ' ' && f->row.data[end - 1] != '\t')
        end--;
    call_charge_bytes(c, f->row.length);
    if (end == 0)
        return false;
    call_print(c, str_of(f->row.data, end));
    call_print_byte(c, '\n');
    buf_drop_front(&f->row, end);
    f->column = 0;
    for (size_t i = 0; i < f->row.length; i++)
        f->column = advance(f, f->column, f->row.data[i]);
    return true;
}

static void end_row(struct call *c, struct fold *f)
{
    call_print(c, buf_str(&f->row));
    buf_clear(&f->row);
    f->column = 0;
    call_print_byte(c, '\n');
}

static void put_byte(struct call *c, struct fold *f, char byte)
{
    if (byte == '\n') {
        end_row(c, f);
        return;
    }
    for (;;) {
        uint64_t column = advance(f, f->column, byte);
        if (column <= f->width || f->row.length == 0) {
            f->column = column;
            buf_add_byte(&f->row, byte);
            return;
        }
        if (!f->spaces || !break_at_blank(c, f))
            end_row(c, f);
    }
}

static enum step fold_step(struct call *c)
{
    struct fold *f = c->state;

    for (;;) {
        struct str piece;
        bool first = false;
        if (!call_go(c))
            return STEP_AGAIN;
        if (f->block.length == 0) {
            switch (call_read_block(c, &f->block, &first)) {
            case INPUT_WAIT:
                return STEP_WAIT;
            case INPUT_END:
                call_print(c, buf_str(&f->row));
                return call_done(c);
            case INPUT_MORE:
                break;
            }
            if (first) { /* a file that did not end in a newline ends here all the same */
                call_print(c, buf_str(&f->row));
                buf_clear(&f->row);
                f->column = 0;
            }
        }
        piece = text_piece(c->input, &f->block);
        call_charge_bytes(c, piece.length);
        for (size_t i = 0; i < piece.length; i++)
            put_byte(c, f, piece.data[i]);
    }
}

const struct command command_fold = {
    .name = "fold",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Wrap input lines in each FILE, writing to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input. Characters are bytes.",
    .options = options,
    .state = sizeof(struct fold),
    .start = fold_start,
    .step = fold_step,
    .flags = COMMAND_DIGITS,
    .number = 'w',
};
