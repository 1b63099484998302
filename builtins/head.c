/* builtins/head.c - print the first part of files. */
#include "builtins/text.h"

enum { OLD = OPTION_LONG };

static const struct option options[] = {
    {'c', "bytes", "NUM", "print the first NUM bytes of each file; with -NUM all but the last NUM"},
    {'n', "lines", "NUM", "print the first NUM lines (default 10); with -NUM all but the last NUM"},
    {'q', "quiet", NULL, "never print headers giving file names"},
    {'q', "silent", NULL, NULL},
    {'v', "verbose", NULL, "always print headers giving file names"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

struct head {
    uint64_t count;       /* lines or bytes */
    bool bytes, but_last, headers, any_header;
    char delimiter;
    size_t next;          /* operand to open */
    struct input *input;
    uint64_t left;        /* still wanted of this file */
    struct str block;     /* read and not yet printed */
    bool whole, found;    /* with but_last: the file was read, its end was found */
    struct text_tail tail;
};

static int read_count(struct call *c, struct head *h, struct str value)
{
    int error = text_count(value, "bkKmMGTPEZY0", &h->count);

    if (!error)
        return 0;
    call_error(c, "invalid number of %s: %S%s", h->bytes ? "bytes" : "lines", call_quote_word(c, value),
               error == E_OVERFLOW ? ": Value too large for defined data type" : "");
    return 1;
}

/* The first word may be -NUM and letters, of which the last of a kind counts. The status. */
static int read_old(struct call *c, struct head *h, struct str word)
{
    size_t digits = 0;
    char unit = 0;
    struct buf count;

    while (digits < word.length && word.data[digits] >= '0' && word.data[digits] <= '9')
        digits++;
    for (size_t i = digits; i < word.length; i++) {
        switch (word.data[i]) {
        case 'c': h->bytes = true; unit = 0; break;
        case 'b': case 'k': case 'm': h->bytes = true; unit = word.data[i]; break;
        case 'l': h->bytes = false; break;
        case 'q': case 'v': h->headers = word.data[i] == 'v'; break;
        case 'z': h->delimiter = 0; break;
        default: return call_usage_error(c, "invalid trailing option -- %c", word.data[i]);
        }
    }
    buf_init(&count, c->heap);
    buf_add(&count, str_first(word, digits));
    if (unit)
        buf_add_byte(&count, unit);
    return read_count(c, h, buf_str(&count));
}

static int head_start(struct call *c)
{
    struct head *h = c->state;

    h->count = 10;
    h->delimiter = call_has(c, 'z') ? 0 : '\n';
    h->headers = c->operand_count > 1;
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        int status = 0;
        if (c->options[i].letter == OLD)
            status = read_old(c, h, value);
        if (status)
            return status;
        if (c->options[i].letter == 'q' || c->options[i].letter == 'v')
            h->headers = c->options[i].letter == 'v';
        if (c->options[i].letter != 'n' && c->options[i].letter != 'c')
            continue;
        h->bytes = c->options[i].letter == 'c';
        h->but_last = value.length > 0 && value.data[0] == '-';
        status = read_count(c, h, h->but_last ? str_after(value, 1) : value);
        if (status)
            return status;
    }
    return 0;
}

static void put_header(struct call *c, struct head *h, struct str name)
{
    if (!h->headers)
        return;
    call_format(c, "%s==> %S <==\n", h->any_header ? "\n" : "", str_is(name, "-") ? str_lit("standard input") : name);
    h->any_header = true;
}

/* 0, E_WAIT, or 1 when there is no further operand. */
static int open_next(struct call *c, struct head *h)
{
    int opened = text_open_next(c, &h->next, &h->input, "cannot open %S for reading: %m");
    if (opened)
        return opened;
    put_header(c, h, h->input->name);
    h->left = h->count;
    h->block.length = 0;
    h->whole = h->found = false;
    h->tail = (struct text_tail){0};
    return 0;
}

static void close_file(struct call *c, struct head *h)
{
    if (h->input->error) {
        struct str name = h->input->name;
        if (str_is(name, "-"))
            name = str_lit("standard input");
        call_error(c, "error reading %S: %m", call_quote(c, name), h->input->error);
    }
    input_settle(h->input);
    input_close(h->input);
    h->input = NULL;
}

/* Prints at most one piece of the block; true when the file is done with. */
static bool put_first(struct call *c, struct head *h)
{
    struct str rest = h->block, piece = text_piece(h->input, &rest);
    size_t used = piece.length;

    if (h->bytes) {
        h->left -= used; /* the block is no longer than that */
    } else {
        size_t lines = text_occurrences(piece.data, piece.length, h->delimiter);
        if (lines >= h->left) {
            const char *at = piece.data;
            for (; h->left > 0; h->left--)
                at = (const char *)memchr(at, h->delimiter, (size_t)(piece.data + piece.length - at)) + 1;
            used = (size_t)(at - piece.data);
        } else {
            h->left -= lines;
        }
    }
    call_print(c, str_of(piece.data, used));
    call_charge_bytes(c, used);
    h->block = rest;
    if (h->left > 0)
        return false;
    input_unread(h->input, piece.length - used + rest.length);
    h->block.length = 0;
    return true;
}

/* All but the last lines or bytes. As put_first, or E_WAIT, or 0 to be called again. */
static int put_all_but_last(struct call *c, struct head *h)
{
    struct str piece;

    if (!h->whole) {
        switch (input_all(h->input, &h->block)) {
        case INPUT_WAIT: return E_WAIT;
        case INPUT_END:  return 1;
        case INPUT_MORE: break;
        }
        h->whole = true;
    }
    if (!h->found) {
        if (h->bytes) {
            h->tail.end = h->count < h->block.length ? h->block.length - (size_t)h->count : 0;
        } else if (!text_tail(c, &h->tail, h->block, h->count, h->delimiter)) {
            return 0;
        }
        h->found = true;
        input_unread(h->input, h->block.length - h->tail.end); /* whoever reads on gets what is not printed */
        h->block.length = h->tail.end;
    }
    piece = str_first(h->block, TEXT_PIECE);
    call_print(c, piece);
    call_charge_bytes(c, piece.length);
    h->block = str_after(h->block, piece.length);
    return h->block.length == 0;
}

static enum step head_step(struct call *c)
{
    struct head *h = c->state;

    for (;;) {
        int done;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!h->input) {
            int opened = open_next(c, h);
            if (opened == E_WAIT)
                return STEP_WAIT;
            if (opened == 1)
                return call_done(c);
            call_charge(c, 1);
            if (!h->but_last && h->count == 0)
                close_file(c, h);
            continue;
        }
        if (h->but_last) {
            done = put_all_but_last(c, h);
            if (done == E_WAIT)
                return STEP_WAIT;
        } else {
            if (h->block.length == 0) {
                size_t most = h->bytes && h->left < SIZE_MAX ? (size_t)h->left : SIZE_MAX;
                switch (input_block(h->input, most, &h->block)) {
                case INPUT_WAIT: return STEP_WAIT;
                case INPUT_END:  close_file(c, h); continue;
                case INPUT_MORE: break;
                }
            }
            done = put_first(c, h);
        }
        if (done)
            close_file(c, h);
    }
}

const struct command command_head = {
    .name = "head",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print the first 10 lines of each FILE to standard output.\n"
               "With more than one FILE, precede each with a header giving the file name.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "NUM may have a multiplier suffix: b 512, kB 1000, K 1024, MB 1000*1000, M 1024*1024, and so on for\n"
            "G, T, P, E, Z, Y. Binary prefixes can be used, too: KiB=K, MiB=M, and so on.",
    .options = options,
    .state = sizeof(struct head),
    .start = head_start,
    .step = head_step,
    .flags = COMMAND_DIGITS_FIRST,
    .number = OLD,
};
