/* builtins/tail.c - print the last part of files. */
#include "builtins/text.h"

enum { FOLLOW_NAME = 'F', UNCHANGED = OPTION_LONG, PID, RETRY };

static const struct option options[] = {
    {'c', "bytes", "NUM", "print the last NUM bytes; with +NUM from byte NUM on"},
    {'f', "follow", "[HOW]", "follow (name or descriptor): here, the end of a file is the end, with a note"},
    {'F', NULL, NULL, "same as --follow=name --retry"},
    {'n', "lines", "NUM", "print the last NUM lines (default 10); with +NUM from line NUM on"},
    {UNCHANGED, "max-unchanged-stats", "N", "with --follow=name: reopen after N looks (nothing changes here)"},
    {PID, "pid", "PID", "with -f, end after process PID does"},
    {'q', "quiet", NULL, "never output headers giving file names"},
    {'q', "silent", NULL, NULL},
    {RETRY, "retry", NULL, "keep trying to open a file if it is inaccessible"},
    {'s', "sleep-interval", "N", "with -f, sleep for N seconds between looks"},
    {'v', "verbose", NULL, "always output headers giving file names"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {'l', NULL, NULL, NULL},
    {'b', NULL, NULL, NULL},
    {0},
};

struct tail {
    uint64_t count;      /* lines or bytes */
    bool bytes, from_start, follow, headers, any_header;
    char delimiter;
    size_t next;         /* operand to open */
    struct input *input;
    uint64_t left;       /* with from_start: still to be passed over */
    struct str block;    /* read and not yet printed or passed over */
    struct buf kept;     /* what may be the end of an input that is no regular file */
    size_t needed;       /* bytes of `kept` that were needed when it was last trimmed */
    bool whole, found;   /* all was read into `block`; its last part was found */
    struct text_tail tail;
};

/* --- options ------------------------------------------------------------------------------------------- */

/* One argument in the traditional form, [-+][NUM][bcl][f]: true, and then it is in `t`. */
static bool traditional(struct call *c, struct tail *t)
{
    struct str word;
    size_t i = 1, digits;
    uint64_t scale = 1;

    if (c->argc < 2 || c->argc > 4 || c->argv[1].length < 2)
        return false;
    if (c->argc == 3 && c->argv[2].length > 1 && c->argv[2].data[0] == '-')
        return false;
    if (c->argc == 4 && !str_is(c->argv[2], "--"))
        return false;
    word = c->argv[1];
    if (word.data[0] != '-' && word.data[0] != '+')
        return false;
    while (i < word.length && word.data[i] >= '0' && word.data[i] <= '9')
        i++;
    digits = i - 1;
    if (str_is(word, "-c"))
        return false;
    t->from_start = word.data[0] == '+';
    if (text_count(str_of(word.data + 1, digits), NULL, &t->count) == E_INVAL)
        t->count = 10;
    if (i < word.length && (word.data[i] == 'c' || word.data[i] == 'b' || word.data[i] == 'l')) {
        t->bytes = word.data[i] != 'l';
        scale = word.data[i] == 'b' ? 512 : 1;
        i++;
    }
    t->count = t->count > UINT64_MAX / scale ? UINT64_MAX : t->count * scale;
    if (i < word.length && word.data[i] == 'f') {
        t->follow = true;
        i++;
    }
    if (i < word.length)
        return false;
    c->operands = c->argv + (c->argc == 4 ? 3 : 2);
    c->operand_count = c->argc - (c->argc == 4 ? 3 : 2);
    return true;
}

static bool is_seconds(struct str s)
{
    size_t i = 0, digits = 0;
    bool dot = false;

    if (str_is(s, "inf") || str_is(s, "infinity"))
        return true;
    i += i < s.length && s.data[i] == '+';
    for (; i < s.length; i++) {
        if (s.data[i] == '.' && !dot)
            dot = true;
        else if (s.data[i] >= '0' && s.data[i] <= '9')
            digits++;
        else
            break;
    }
    if (digits > 0 && i + 1 < s.length && (s.data[i] | 32) == 'e') {
        i++;
        i += i + 1 < s.length && (s.data[i] == '+' || s.data[i] == '-');
        while (i < s.length && s.data[i] >= '0' && s.data[i] <= '9')
            i++;
    }
    return digits > 0 && i == s.length;
}

static int read_count(struct call *c, struct tail *t, const struct given_option *o)
{
    struct str value = o->value, number;
    int error;

    t->bytes = o->letter == 'c';
    t->from_start = false;
    if (value.length > 0 && value.data[0] == '+')
        t->from_start = true;
    else if (value.length > 0 && value.data[0] == '-')
        value = str_after(value, 1);
    number = value;
    error = text_count(number, "bkKmMGTPEZY0", &t->count);
    if (error == 0)
        return 0;
    call_error(c, "invalid number of %s: %S%s", t->bytes ? "bytes" : "lines", call_quote_word(c, value),
               error == E_OVERFLOW ? ": Value too large for defined data type" : "");
    return 1;
}

static int tail_start(struct call *c)
{
    static const char *const follows[] = {"descriptor", "name", NULL};
    struct tail *t = c->state;
    bool digits = false;
    uint64_t ignored;

    t->count = 10;
    t->delimiter = '\n';
    buf_init(&t->kept, c->heap);
    if (traditional(c, t)) {
        t->headers = c->operand_count > 1;
        return 0;
    }
    t->bytes = t->from_start = t->follow = false;
    t->count = 10;
    for (size_t i = 1; i < c->argc && !str_is(c->argv[i], "--"); i++) {
        struct str word = c->argv[i];
        if (word.length > 1 && word.data[0] == '-' && word.data[1] >= '0' && word.data[1] <= '9') {
            struct str before = c->argv[i - 1];
            bool value = i > 1 && before.length > 1 && before.data[0] == '-' &&
                         (str_is(before, "-n") || str_is(before, "-c") || str_is(before, "-s") ||
                          str_is(before, "--lines") || str_is(before, "--bytes") || str_is(before, "--pid") ||
                          str_is(before, "--sleep-interval") || str_is(before, "--max-unchanged-stats"));
            if (!value && !digits) {
                call_error(c, "option used in invalid context -- %c", word.data[1]);
                return 1;
            }
        }
    }
    t->headers = c->operand_count > 1;
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        int status = 0;
        switch (o->letter) {
        case 'b': case 'l':
            return call_usage_error(c, "invalid option -- '%c'", o->letter);
        case 'c': case 'n':
            status = read_count(c, t, o);
            break;
        case 'q': case 'v':
            t->headers = o->letter == 'v';
            break;
        case 'z':
            t->delimiter = 0;
            break;
        case 'F':
            t->follow = true;
            break;
        case 'f':
            t->follow = true;
            if (o->value.data && call_choose(c, "--follow", o->value, follows) < 0)
                status = 1;
            break;
        case 's':
            if (!is_seconds(o->value)) {
                call_error(c, "invalid number of seconds: %S", call_quote_word(c, o->value));
                status = 1;
            }
            break;
        case PID: case UNCHANGED:
            if (text_count(o->value, NULL, &ignored)) {
                const char *what = o->letter == PID ? "PID" : "maximum number of unchanged stats between opens";
                call_error(c, "invalid %s: %S", what, call_quote_word(c, o->value));
                status = 1;
            }
            break;
        default:
            break;
        }
        if (status)
            return status;
    }
    if (call_has(c, RETRY) && !t->follow)
        call_warn(c, "warning: --retry ignored; --retry is useful only when following");
    if (call_has(c, PID) && !t->follow)
        call_warn(c, "warning: PID ignored; --pid=PID is useful only when following");
    return 0;
}

/* --- files ---------------------------------------------------------------------------------------------- */

/* 0, E_WAIT, or 1 when there is no further operand. */
static int open_next(struct call *c, struct tail *t)
{
    int opened = text_open_next(c, &t->next, &t->input, "cannot open %S for reading: %m");
    if (opened)
        return opened;
    if (t->headers) {
        struct str title = str_is(t->input->name, "-") ? str_lit("standard input") : t->input->name;
        call_format(c, "%s==> %S <==\n", t->any_header ? "\n" : "", title);
        t->any_header = true;
    }
    t->left = t->from_start && t->count > 0 ? t->count - 1 : 0;
    t->block.length = t->needed = 0;
    buf_clear(&t->kept);
    t->whole = t->found = false;
    t->tail = (struct text_tail){0};
    return 0;
}

static void close_file(struct call *c, struct tail *t)
{
    struct str name = t->input->name;
    bool pipe = t->input->standard && t->input->file->kind != FILE_INODE;

    if (str_is(name, "-"))
        name = str_lit("standard input");
    if (t->input->error) {
        call_error(c, "error reading %S: %m", call_quote(c, name), t->input->error);
        if (t->follow) {
            call_error(c, "%S: cannot follow end of this type of file; giving up on this name", call_quote_for_colon(c, name));
        }
    } else if (t->follow && !pipe) {
        call_warn(c, "%S: nothing more can come: its end is the end", call_quote(c, name));
    }
    input_settle(t->input);
    input_close(t->input);
    t->input = NULL;
}

/* Prints a piece of the block, without what is to be passed over. */
static void put_piece(struct call *c, struct tail *t)
{
    struct str piece = t->whole ? str_first(t->block, TEXT_PIECE) : text_piece(t->input, &t->block);

    if (t->whole)
        t->block = str_after(t->block, piece.length);
    call_charge_bytes(c, piece.length);
    if (t->left > 0 && t->bytes) {
        size_t skip = t->left < piece.length ? (size_t)t->left : piece.length;
        t->left -= skip;
        piece = str_after(piece, skip);
    } else if (t->left > 0) {
        size_t lines = text_occurrences(piece.data, piece.length, t->delimiter);
        if (lines < t->left) {
            t->left -= lines;
            return;
        }
        for (; t->left > 0; t->left--)
            piece = str_after(piece, (size_t)str_find(piece, t->delimiter) + 1);
    }
    call_print(c, piece);
}

/* Forgets the front of `kept` when it has doubled since it was last looked at. */
static void trim(struct call *c, struct tail *t)
{
    struct text_tail search = {0};
    size_t start;

    if (t->kept.length < 2 * t->needed + TEXT_PIECE)
        return;
    if (t->bytes) {
        start = t->count < t->kept.length ? t->kept.length - (size_t)t->count : 0;
    } else {
        int64_t fuel = c->meter->fuel;
        unsigned rest = c->rest;
        c->meter->fuel = INT64_MAX / 2; /* in one go, and paid for below */
        text_tail(c, &search, buf_str(&t->kept), t->count, t->delimiter);
        c->meter->fuel = fuel;
        c->rest = rest;
        start = search.end;
    }
    call_charge(c, (int64_t)(t->kept.length / METER_BYTES));
    buf_drop_front(&t->kept, start);
    t->needed = t->kept.length;
}

/* Reads until the end is known: 0 to be called again, 1 when all is in t->block, E_WAIT. */
static int read_whole(struct call *c, struct tail *t)
{
    struct str block;

    if (t->input->file->kind == FILE_INODE) {
        switch (input_all(t->input, &t->block)) {
        case INPUT_WAIT: return E_WAIT;
        case INPUT_END:  t->block.length = 0; break;
        case INPUT_MORE: break;
        }
        return 1;
    }
    switch (input_block(t->input, TEXT_PIECE, &block)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        t->block = buf_str(&t->kept);
        return 1;
    case INPUT_MORE:
        break;
    }
    call_charge_bytes(c, block.length);
    buf_add(&t->kept, block);
    trim(c, t);
    return 0;
}

static enum step tail_step(struct call *c)
{
    struct tail *t = c->state;

    if (!t->from_start && t->count == 0 && !t->follow)
        return call_done(c); /* nothing is opened then */
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!t->input) {
            int opened = open_next(c, t);
            if (opened == E_WAIT)
                return STEP_WAIT;
            if (opened == 1) {
                bool none = t->follow && c->operand_count > 0 && !t->any_header && c->status;
                if (none)
                    call_error(c, "no files remaining");
                return call_done(c);
            }
            call_charge(c, 1);
            if (!t->from_start && t->count == 0)
                close_file(c, t);
            continue;
        }
        if (!t->from_start && !t->whole) {
            int done = read_whole(c, t);
            if (done == E_WAIT)
                return STEP_WAIT;
            t->whole = done == 1;
            continue;
        }
        if (!t->from_start && !t->found) {
            if (t->bytes)
                t->tail.end = t->count < t->block.length ? t->block.length - (size_t)t->count : 0;
            else if (!text_tail(c, &t->tail, t->block, t->count, t->delimiter))
                return STEP_AGAIN;
            t->found = true;
            t->block = str_after(t->block, t->tail.end);
        }
        if (t->block.length == 0) {
            if (t->whole) {
                close_file(c, t);
                continue;
            }
            switch (input_block(t->input, SIZE_MAX, &t->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:  t->block.length = 0; close_file(c, t); continue;
            case INPUT_MORE: break;
            }
        }
        put_piece(c, t);
    }
}

const struct command command_tail = {
    .name = "tail",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Print the last 10 lines of each FILE to standard output.\n"
               "With more than one FILE, precede each with a header giving the file name.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "NUM may have a multiplier suffix: b 512, kB 1000, K 1024, MB 1000*1000, M 1024*1024, and so on for\n"
            "G, T, P, E, Z, Y. Binary prefixes can be used, too: KiB=K, MiB=M, and so on.\n\n"
            "Files are not followed: with -f, -F and --follow tail says so on standard error at their end.",
    .options = options,
    .state = sizeof(struct tail),
    .start = tail_start,
    .step = tail_step,
    .flags = COMMAND_DIGITS,
    .number = 'n',
};
