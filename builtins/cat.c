/* builtins/cat.c - write files one behind the other, and show what cannot be seen. */
#include "builtins/text.h"

static const struct option options[] = {
    {'A', "show-all", NULL, "equivalent to -vET"},
    {'b', "number-nonblank", NULL, "number nonempty output lines, overrides -n"},
    {'e', NULL, NULL, "equivalent to -vE"},
    {'E', "show-ends", NULL, "display $ at end of each line"},
    {'n', "number", NULL, "number all output lines"},
    {'s', "squeeze-blank", NULL, "suppress repeated empty output lines"},
    {'t', NULL, NULL, "equivalent to -vT"},
    {'T', "show-tabs", NULL, "display TAB characters as ^I"},
    {'u', NULL, NULL, "(ignored)"},
    {'v', "show-nonprinting", NULL, "use ^ and M- notation, except for LFD and TAB"},
    {0},
};

enum { NUMBER_DIGITS = 20 };

struct cat {
    bool number, nonblank, ends, squeeze, tabs, nonprinting;
    bool plain;         /* bytes go through as they are */
    bool inside;        /* behind the first byte of a line */
    bool held;          /* a CR at the end of a piece, whose next byte is not known yet (with -E) */
    unsigned blanks;    /* empty lines in a row: 0, 1, 2 for more */
    char digits[NUMBER_DIGITS + 1]; /* the number last shown, right aligned, and a tab */
    struct str block;   /* read and not yet written */
};

static int cat_start(struct call *c)
{
    struct cat *s = c->state;
    bool all = call_has(c, 'A');

    s->nonblank = call_has(c, 'b');
    s->number = s->nonblank || call_has(c, 'n');
    s->ends = all || call_has(c, 'e') || call_has(c, 'E');
    s->squeeze = call_has(c, 's');
    s->tabs = all || call_has(c, 't') || call_has(c, 'T');
    s->nonprinting = all || call_has(c, 'e') || call_has(c, 't') || call_has(c, 'v');
    s->plain = !s->number && !s->ends && !s->squeeze && !s->tabs && !s->nonprinting;
    memset(s->digits, ' ', NUMBER_DIGITS);
    s->digits[NUMBER_DIGITS - 1] = '0';
    s->digits[NUMBER_DIGITS] = '\t';
    return 0;
}

/* Counts in text: faster than printing a number for each line. */
static void put_number(struct call *c, struct cat *s)
{
    int i = NUMBER_DIGITS - 1;
    int first = 0;

    while (i >= 0 && s->digits[i] == '9')
        s->digits[i--] = '0';
    if (i >= 0)
        s->digits[i] = s->digits[i] == ' ' ? '1' : (char)(s->digits[i] + 1);
    while (first < NUMBER_DIGITS - 6 && s->digits[first] == ' ')
        first++;
    call_print(c, str_of(s->digits + first, (size_t)(NUMBER_DIGITS + 1 - first)));
}

/* A byte as -v and -T show it. */
static void put_visible(struct buf *out, const struct cat *s, unsigned char byte)
{
    if (byte == '\t' && !s->tabs) {
        buf_add_byte(out, '\t');
        return;
    }
    if (byte == '\t') {
        buf_add(out, str_lit("^I"));
        return;
    }
    if (s->nonprinting) {
        if (byte >= 128) {
            buf_add(out, str_lit("M-"));
            byte -= 128;
        }
        if (byte < 32 || byte == 127) {
            buf_add_byte(out, '^');
            byte ^= 64;
        }
    }
    buf_add_byte(out, (char)byte);
}

/* Bytes from inside one line. */
static void put_inside(struct call *c, const struct cat *s, struct str part)
{
    if (!s->nonprinting && !s->tabs) {
        call_print(c, part);
        return;
    }
    for (size_t i = 0; i < part.length;) {
        size_t from = i;
        while (i < part.length && part.data[i] >= 32 && part.data[i] < 127)
            i++;
        buf_add(&c->out, str_of(part.data + from, i - from));
        if (i < part.length)
            put_visible(&c->out, s, (unsigned char)part.data[i++]);
    }
}

static void begin_line(struct call *c, struct cat *s)
{
    if (!s->inside) {
        s->inside = true;
        s->blanks = 0;
        if (s->number)
            put_number(c, s);
    }
}

/* The end of a line; `cr` when a CR stood before it that -E shows as ^M. */
static void end_line(struct call *c, struct cat *s)
{
    if (!s->inside) {
        if (s->blanks > 0 && s->squeeze)
            return;
        s->blanks = 1;
        if (s->number && !s->nonblank)
            put_number(c, s);
    }
    s->inside = false;
    call_print(c, s->ends ? str_lit("$\n") : str_lit("\n"));
}

static void put_piece(struct call *c, struct cat *s, struct str piece)
{
    while (piece.length > 0) {
        ptrdiff_t at = str_find(piece, '\n');
        struct str part = at < 0 ? piece : str_of(piece.data, (size_t)at);
        if (s->held) {
            s->held = false;
            call_print(c, at == 0 ? str_lit("^M") : str_lit("\r"));
        }
        if (part.length > 0) {
            bool cr = s->ends && !s->nonprinting && part.data[part.length - 1] == '\r';
            begin_line(c, s);
            if (cr)
                part.length--;
            put_inside(c, s, part);
            if (cr && at >= 0)
                call_print(c, str_lit("^M"));
            else if (cr)
                s->held = true;
        }
        if (at < 0)
            return;
        end_line(c, s);
        piece = str_after(piece, (size_t)at + 1);
        call_charge(c, 1);
    }
}

/* Is the file being read the one that is written to, with something still to be read? */
static bool is_output(const struct call *c)
{
    const struct file *in = c->input->file, *out = fds_get(c->task, 1);
    return out && in->kind == FILE_INODE && out->kind == FILE_INODE && in->number == out->number;
}

static enum step cat_step(struct call *c)
{
    struct cat *s = c->state;

    for (;;) {
        struct str piece;
        bool first = false;
        if (!call_go(c))
            return STEP_AGAIN;
        if (s->block.length == 0) {
            if (c->out.length > 0 || c->err.length > 0) { /* what was read goes out before more is looked at: files may grow */
                call_flush(c);
                return STEP_AGAIN;
            }
            switch (call_read_block(c, &s->block, &first)) {
            case INPUT_WAIT:
                return STEP_WAIT;
            case INPUT_END:
                if (s->held)
                    call_print_byte(c, '\r');
                return call_done(c);
            case INPUT_MORE:
                break;
            }
            if (first && is_output(c)) {
                call_error(c, "%S: input file is output file", c->input->name);
                call_skip_file(c);
                s->block.length = 0;
                continue;
            }
        }
        piece = text_piece(c->input, &s->block);
        call_charge_bytes(c, piece.length);
        if (s->plain)
            call_print(c, piece);
        else
            put_piece(c, s, piece);
    }
}

const struct command command_cat = {
    .name = "cat",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Concatenate FILE(s) to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input.",
    .options = options,
    .state = sizeof(struct cat),
    .start = cat_start,
    .step = cat_step,
};
