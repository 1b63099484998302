/* builtins/split.c - cut a file into pieces, each a file of its own. */
#include "base/number.h"
#include "builtins/text.h"

enum { ADDITIONAL = OPTION_LONG, FILTER, NUMERIC, HEX, VERBOSE };

static const struct option options[] = {
    {'a', "suffix-length", "N", "generate suffixes of length N (default 2)"},
    {ADDITIONAL, "additional-suffix", "SUFFIX", "append an additional SUFFIX to file names"},
    {'b', "bytes", "SIZE", "put SIZE bytes per output file"},
    {'C', "line-bytes", "SIZE", "put at most SIZE bytes of records per output file"},
    {'d', NULL, NULL, "use numeric suffixes starting at 0, not alphabetic"},
    {NUMERIC, "numeric-suffixes", "[FROM]", "same as -d, but allow setting the start value"},
    {'x', NULL, NULL, "use hex suffixes starting at 0, not alphabetic"},
    {HEX, "hex-suffixes", "[FROM]", "same as -x, but allow setting the start value"},
    {'e', "elide-empty-files", NULL, "do not generate empty output files with '-n'"},
    {FILTER, "filter", "COMMAND", "write to shell COMMAND; file name is $FILE"},
    {'l', "lines", "NUMBER", "put NUMBER lines/records per output file"},
    {'n', "number", "CHUNKS", "generate CHUNKS output files; see explanation below"},
    {'t', "separator", "SEP", "use SEP instead of newline as the record separator; '\\0' (zero) specifies the NUL character"},
    {'u', "unbuffered", NULL, "immediately copy input to output with '-n r/...'"},
    {VERBOSE, "verbose", NULL, "print a diagnostic just before each output file is opened"},
    {0},
};

enum way { WAY_NONE, WAY_LINES, WAY_BYTES, WAY_LINE_BYTES, WAY_CHUNKS, WAY_LINE_CHUNKS, WAY_ROUND };

struct output {
    struct hold *hold; /* of the open file, or pipe; NULL: none */
    struct task *child; /* of --filter */
    bool broken;        /* it reads no more */
    struct buf name;
};

struct split {
    enum way way;
    uint64_t size;               /* lines, bytes or chunks */
    uint64_t chunk;              /* the one to be printed, from 1; 0: all */
    struct str prefix, additional, start, filter;
    const char *alphabet;
    uint64_t length;             /* of the suffix; 0: not said */
    bool automatic;              /* the suffix grows */
    char separator;
    bool elide, verbose;
    /* the name of the file to come */
    struct buf base, suffix, name, told;
    bool named;
    /* input */
    struct input *input;
    struct str block;
    struct buf held;             /* of -C; of a pipe: what `block` is in */
    size_t held_at;              /* of -C: what lies before is done */
    bool whole, ended;           /* whole: `block` is all */
    uint64_t at, chunk_at, end, left; /* at: bytes done of all; end: the last byte of a chunk of lines; left: of the file being written */
    uint64_t total;
    /* output */
    struct output *outputs;      /* one, or with WAY_ROUND one for each chunk */
    size_t output_count, which;
    struct str todo;             /* to be written to that one */
    bool fresh;                  /* into a new file */
    bool empty;                  /* a file without content is to be made */
    bool done;                   /* all is written */
    bool record_open;            /* with WAY_ROUND: the last record of the block goes on */
};

static void close_file(void *file, struct meter *meter)
{
    (void)meter;
    file_close(file);
}

/* --- names --------------------------------------------------------------------------------------------- */

/* The name of the next file: false when there are no more. */
static bool next_name(struct split *s)
{
    size_t letters = strlen(s->alphabet), at;

    if (!s->named) {
        s->named = true;
        buf_add(&s->base, s->prefix);
        buf_fill(&s->suffix, s->alphabet[0], (size_t)s->length - s->start.length);
        buf_add(&s->suffix, s->start);
    } else {
        for (at = s->suffix.length; at-- > 0;) {
            size_t index = (size_t)(strchr(s->alphabet, s->suffix.data[at]) - s->alphabet) + 1;
            if (s->automatic && at == 0 && index + 1 == letters) { /* the last letter means that more follow */
                buf_add_byte(&s->base, s->alphabet[index]);
                buf_fill(&s->suffix, s->alphabet[0], 1);
                memset(s->suffix.data, s->alphabet[0], s->suffix.length);
                at = 0;
                break;
            }
            s->suffix.data[at] = s->alphabet[index < letters ? index : 0];
            if (index < letters)
                break;
            if (at == 0)
                return false;
        }
    }
    buf_clear(&s->name);
    buf_print(&s->name, "%S%S%S", buf_str(&s->base), buf_str(&s->suffix), s->additional);
    return true;
}

/* Ends the input of a filter and waits for it: 0; E_WAIT, or another error after a message, with c->status set. */
static int close_filter(struct call *c, struct split *s, struct output *o)
{
    int status, signal;
    struct str name = buf_str(&o->name);

    heap_unhold(c->heap, o->hold);
    o->hold = NULL;
    if (!o->child)
        return 0;
    if (task_wait_signal(c->task, o->child, &status, &signal) == E_WAIT)
        return E_WAIT;
    o->child = NULL;
    if (signal && signal != SIGNAL_PIPE) {
        char store[12];
        const char *word = signal_name(signal, store);
        call_error(c, "with FILE=%S, signal %s from command: %S", name, word ? word : "", s->filter);
        c->status = signal + 128;
    } else if (!signal && status) {
        call_error(c, "with FILE=%S, exit %d from command: %S", name, status, s->filter);
        c->status = status;
    }
    return (signal && signal != SIGNAL_PIPE) || (!signal && status) ? E_INVAL : 0;
}

/* Starts the command for the next piece: 0, E_WAIT, or another error after a message. */
static int open_filter(struct call *c, struct split *s)
{
    struct output *o = &s->outputs[s->which];
    struct str words[3] = {str_lit("/bin/sh"), str_lit("-c"), s->filter}, shell;
    struct file *reader, *writer;
    struct hold *hold = heap_hold(c->heap, environment_release), *end = heap_hold(c->heap, close_file);
    struct exec e = {.words = words, .count = 3};
    int error = 0;

    if (environment_find(c->task->environment, "SHELL", &shell))
        words[0] = shell;
    struct str base = str_after(words[0], (size_t)(str_find_last(words[0], '/') + 1));
    e.argv0 = base.data;
    e.argv0_length = base.length;
    hold->thing = e.environment = environment_with(c->heap, c->task->environment, str_lit("FILE"), buf_str(&s->name));
    o->child = task_exec(c->task, &e, &error);
    heap_unhold(c->heap, hold);
    if (!o->child) {
        heap_unhold(c->heap, end);
        if (error != E_WAIT) {
            call_error(c, "failed to run command: \"%S -c %S\": %m", words[0], s->filter, error);
            call_error(c, "with FILE=%S, exit 1 from command: %S", buf_str(&s->name), s->filter);
        }
        return error;
    }
    file_pipe(c->task, &reader, &writer);
    end->thing = writer;
    fds_set(o->child, 0, reader, false);
    o->hold = end;
    o->broken = false;
    return 0;
}

/* Decides on the next file, which is `s->name` then; the filter of the one before has ended. 0, E_WAIT, or another error after a
 * message. */
static int prepare_output(struct call *c, struct split *s)
{
    int error = close_filter(c, s, &s->outputs[s->which]);
    if (error || s->name.length)
        return error;
    if (!next_name(s)) {
        call_error(c, "output file suffixes exhausted");
        return E_INVAL;
    }
    if (s->verbose && s->filter.data) /* told at the end, as by GNU's where the output is no terminal */
        buf_print(&s->told, "executing with FILE=%S\n", call_quote_if_needed(c, buf_str(&s->name)));
    else if (s->verbose)
        call_format(c, "creating file %S\n", call_quote(c, buf_str(&s->name)));
    return 0;
}

/* Opens it: 0, E_WAIT, or another error after a message. */
static int open_output(struct call *c, struct split *s)
{
    struct output *o = &s->outputs[s->which];
    struct str name = buf_str(&s->name);
    struct stat_info info;
    struct file *file;

    int error = call_stat(c, name, true, &info);
    if (error == E_WAIT)
        return error;
    if (!error && s->input->file->kind == FILE_INODE && info.number == s->input->file->number) {
        call_error(c, "%S would overwrite input; aborting", call_quote(c, name));
        return E_INVAL;
    }
    struct hold *hold = heap_hold(c->heap, close_file);
    error = file_open(c->task, name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0666, &file);
    if (error) {
        heap_unhold(c->heap, hold);
        if (error != E_WAIT)
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
        return error;
    }
    hold->thing = file;
    heap_unhold(c->heap, o->hold);
    o->hold = hold;
    return 0;
}

/* It is open. */
static void take_name(struct call *c, struct split *s)
{
    struct output *o = &s->outputs[s->which];
    if (!o->name.heap)
        buf_init(&o->name, c->heap);
    buf_clear(&o->name);
    buf_add(&o->name, buf_str(&s->name));
    buf_clear(&s->name);
    s->fresh = false;
    call_charge(c, 1);
}

/* --- what goes where ---------------------------------------------------------------------------------------- */

static void take(struct split *s, size_t count)
{
    s->todo = str_first(s->block, count);
    s->block = str_after(s->block, count);
    s->at += count;
}

/* The next lines, `s->left` at most. */
static void take_lines(struct split *s)
{
    struct str piece = str_first(s->block, TEXT_PIECE);
    const char *p = piece.data, *end = p + piece.length;

    if (s->left == 0) {
        s->left = s->size;
        s->fresh = true;
    }
    while (s->left > 0) {
        p = memchr(p, s->separator, (size_t)(end - p));
        if (!p) {
            p = end;
            break;
        }
        p++;
        s->left--;
        if (p == end)
            break;
    }
    take(s, (size_t)(p - piece.data));
}

static void take_bytes(struct split *s)
{
    if (s->left == 0) {
        s->left = s->size;
        s->fresh = true;
    }
    size_t most = s->block.length < TEXT_PIECE ? s->block.length : TEXT_PIECE;
    size_t count = s->left < most ? (size_t)s->left : most;
    s->left -= count;
    take(s, count);
}

/* Cuts `s->held`: false when there is not enough for a file. */
static bool take_held(struct split *s, size_t *count)
{
    struct str held = str_after(buf_str(&s->held), s->held_at);

    if (held.length == 0 || (!s->ended && held.length < s->size))
        return false;
    *count = held.length < s->size ? held.length : (size_t)s->size;
    if (held.length >= s->size) {
        ptrdiff_t last = str_find_last(str_first(held, *count), s->separator);
        if (last >= 0)
            *count = (size_t)last + 1;
    }
    return true;
}

/* Chunks of as many bytes each; the last takes the rest. */
static void take_chunk(struct split *s)
{
    uint64_t each = s->total / s->size, more = s->total < s->size;

    each = more ? 1 : each;
    s->chunk_at++;
    s->fresh = true;
    size_t count = s->chunk_at == s->size || s->block.length < each ? s->block.length : (size_t)each;
    take(s, count);
    s->empty = count == 0;
    if (s->chunk && s->chunk != s->chunk_at)
        s->todo = (struct str){0};
}

/* Chunks that end with lines: that which begins in a chunk is all of it. */
static void take_line_chunk(struct split *s)
{
    uint64_t total = s->total < s->size ? s->size : s->total, each = total / s->size;
    bool first = s->chunk_at == 0;

    if (first) {
        s->chunk_at = 1;
        s->end = s->size == 1 ? total - 1 : each - 1;
    } else {
        s->chunk_at++;
        s->end = s->chunk_at == s->size ? total - 1 : s->end + each;
    }
    s->fresh = true;
    if (s->block.length == 0 || s->end + 1 <= s->at) { /* a line of earlier went beyond it */
        s->empty = true;
        return;
    }
    size_t skip = (size_t)(s->end - s->at) < s->block.length ? (size_t)(s->end - s->at) : s->block.length;
    ptrdiff_t found = str_find(str_after(s->block, skip), s->separator);
    take(s, found < 0 ? s->block.length : skip + (size_t)found + 1);
    if (s->chunk && s->chunk != s->chunk_at)
        s->todo = (struct str){0};
}

/* A record, or what is there of it, to the file whose turn it is. */
static void take_round(struct split *s)
{
    ptrdiff_t found = str_find(s->block, s->separator);

    if (!s->record_open)
        s->which = (size_t)(s->chunk_at++ % s->size);
    s->record_open = found < 0;
    take(s, found < 0 ? s->block.length : (size_t)found + 1);
    if (s->chunk && s->chunk != s->which + 1)
        s->todo = (struct str){0};
    s->fresh = !s->chunk && !s->outputs[s->which].hold;
}

/* --- the command ---------------------------------------------------------------------------------------------- */

static int bad_number(struct call *c, const char *what, struct str text, unsigned answer)
{
    if (answer)
        call_error(c, "%s: %S: %m", what, call_quote_word(c, text), (int)answer == NUMBER_OVERFLOW ? E_OVERFLOW : E_RANGE);
    else
        call_error(c, "%s: %S", what, call_quote_word(c, text));
    return 1;
}

/* A number above 0: 0, or 1 after a message. */
static int read_size(struct call *c, const char *what, struct str text, const char *suffixes, uint64_t *number)
{
    size_t used;
    unsigned answer = number_parse_size(text, suffixes, number, &used);

    if ((answer & ~(unsigned)NUMBER_OVERFLOW) || used < text.length || text.length == 0)
        return bad_number(c, what, text, 0);
    if (answer)
        return bad_number(c, what, text, NUMBER_OVERFLOW);
    return *number ? 0 : bad_number(c, what, text, NUMBER_INVALID);
}

static int read_chunks(struct call *c, struct split *s, struct str text)
{
    struct str first = {0};

    s->way = WAY_CHUNKS;
    if (str_starts(text, "l/") || str_starts(text, "r/")) {
        s->way = text.data[0] == 'l' ? WAY_LINE_CHUNKS : WAY_ROUND;
        text = str_after(text, 2);
    }
    ptrdiff_t slash = str_find(text, '/');
    if (slash >= 0) {
        first = str_first(text, (size_t)slash);
        text = str_after(text, (size_t)slash + 1);
    }
    if (read_size(c, "invalid number of chunks", text, "", &s->size))
        return 1;
    if (slash < 0 || first.length == 0)
        return 0;
    if (read_size(c, "invalid chunk number", first, "", &s->chunk))
        return 1;
    return s->chunk > s->size ? bad_number(c, "invalid chunk number", first, NUMBER_INVALID) : 0;
}

static int read_separator(struct call *c, struct split *s, struct str value, bool *given)
{
    if (value.length == 0) {
        call_error(c, "empty record separator");
        return 1;
    }
    char separator = str_is(value, "\\0") ? '\0' : value.data[0];
    if (value.length > 1 && !str_is(value, "\\0")) {
        call_error(c, "multi-character separator %S", call_quote_word(c, value));
        return 1;
    }
    if (*given && separator != s->separator) {
        call_error(c, "multiple separator characters specified");
        return 1;
    }
    *given = true;
    s->separator = separator;
    return 0;
}

/* Where suffixes begin: without zeros in front. */
static int read_start(struct call *c, struct split *s, struct str value)
{
    for (size_t i = 0; i < value.length; i++)
        if (!value.data[i] || !strchr(s->alphabet, value.data[i]))
            return call_usage_error(c, "%S: invalid start value for %s suffix", call_quote_word(c, value),
                                    s->alphabet[10] ? "hexadecimal" : "numerical");
    while (value.length > 1 && value.data[0] == '0')
        value = str_after(value, 1);
    s->start = value;
    return 0;
}

static int read_options(struct call *c, struct split *s)
{
    bool separator = false;

    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        int letter = c->options[i].letter, failed = 0;
        bool way = letter == 'l' || letter == 'b' || letter == 'C' || letter == 'n';
        if (way && s->way)
            return call_usage_error(c, "cannot split in more than one way");
        switch (letter) {
        case 'l': s->way = WAY_LINES; failed = read_size(c, "invalid number of lines", value, "", &s->size); break;
        case 'b': s->way = WAY_BYTES; failed = read_size(c, "invalid number of bytes", value, "bEGKkMmPTYZ0", &s->size); break;
        case 'C': s->way = WAY_LINE_BYTES; failed = read_size(c, "invalid number of bytes", value, "bEGKkMmPTYZ0", &s->size); break;
        case 'n': failed = read_chunks(c, s, value); break;
        case 't': failed = read_separator(c, s, value, &separator); break;
        case 'a': {
            size_t used;
            if (number_parse_size(value, "", &s->length, &used) || used < value.length)
                failed = bad_number(c, "invalid suffix length", value, 0);
            break;
        }
        case ADDITIONAL:
            if (str_find(value, '/') >= 0)
                return call_usage_error(c, "invalid suffix %S, contains directory separator", call_quote_word(c, value));
            s->additional = value;
            break;
        case 'd':
        case NUMERIC:
        case 'x':
        case HEX:
            s->alphabet = letter == 'x' || letter == HEX ? "0123456789abcdef" : "0123456789";
            failed = value.data ? read_start(c, s, value) : 0;
            break;
        case 'e':     s->elide = true; break;
        case FILTER:  s->filter = value; break;
        case VERBOSE: s->verbose = true; break;
        }
        if (failed)
            return failed;
    }
    return 0;
}

static int start(struct call *c)
{
    struct split *s = c->state;
    uint64_t needed = 0, last;

    s->separator = '\n';
    s->alphabet = "abcdefghijklmnopqrstuvwxyz";
    s->prefix = str_lit("x");
    if (read_options(c, s))
        return c->status ? c->status : 1;
    if (s->filter.data && s->chunk)
        return call_usage_error(c, "--filter does not process a chunk extracted to stdout");
    if (!s->way) {
        s->way = WAY_LINES;
        s->size = 1000;
    }
    if (c->operand_count > 2)
        return call_extra_operand(c, c->operands[2]);
    if (c->operand_count > 1)
        s->prefix = c->operands[1];
    s->automatic = !s->length && !s->start.data;
    if (s->way >= WAY_CHUNKS) {
        uint64_t from = 0;
        if (s->start.length)
            number_parse_unsigned(s->start, s->alphabet[10] ? 16 : 10, &from, NULL);
        last = s->size - 1;
        if (from < s->size)
            last += from;
        for (; last; last /= strlen(s->alphabet))
            needed++;
        s->automatic = false;
    }
    if (s->length && s->length < needed) {
        call_error(c, "the suffix length needs to be at least %llu", (unsigned long long)needed);
        return 1;
    }
    if (!s->length)
        s->length = needed > 2 ? needed : 2;
    if (s->start.length > s->length)
        return call_usage_error(c, "numerical suffix start value is too large for the suffix length");
    if (s->length > VFS_NAME_MOST)
        s->length = VFS_NAME_MOST + 1; /* too long for any file */
    s->output_count = s->way == WAY_ROUND && !s->chunk ? (size_t)(s->size < UINT32_MAX / 64 ? s->size : UINT32_MAX / 64) : 1;
    s->outputs = heap_zero(c->heap, s->output_count * sizeof *s->outputs);
    buf_init(&s->base, c->heap);
    buf_init(&s->suffix, c->heap);
    buf_init(&s->name, c->heap);
    buf_init(&s->told, c->heap);
    buf_init(&s->held, c->heap);
    return 0;
}

/* Opens the input: 0, E_WAIT, or 1 after a message. */
static int open_input(struct call *c, struct split *s)
{
    struct str name = c->operand_count ? c->operands[0] : str_lit("-");
    int error = input_open(c, &s->input, name, true);

    if (error == E_WAIT)
        return error;
    if (error == E_ISDIR)
        call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
    else if (error)
        call_error(c, "cannot open %S for reading: %m", call_quote(c, name), error);
    if (error)
        return 1;
    if ((s->way == WAY_CHUNKS || s->way == WAY_LINE_CHUNKS) && s->input->file->kind != FILE_INODE) {
        call_error(c, "%S: cannot determine file size", call_quote_for_colon(c, name));
        return 1;
    }
    return 0;
}

/* More input into `s->block`: 0, or the step to answer; s->ended at the end. */
static bool fill(struct call *c, struct split *s, enum step *step)
{
    enum input_answer answer = input_block(s->input, SIZE_MAX, &s->block);

    if (answer == INPUT_WAIT) {
        *step = STEP_WAIT;
        return false;
    }
    if (answer == INPUT_END) {
        s->ended = true;
        s->block = (struct str){0};
        if (s->input->error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, s->input->name), s->input->error);
            *step = call_done(c);
            return false;
        }
    } else if (s->way == WAY_CHUNKS || s->way == WAY_LINE_CHUNKS) {
        s->total = s->block.length;
    } else if (s->input->file->kind != FILE_INODE) { /* the bytes may move between two steps */
        if (s->way == WAY_LINE_BYTES) {
            buf_drop_front(&s->held, s->held_at);
            s->held_at = 0;
            buf_add(&s->held, s->block);
            s->block = (struct str){0};
        } else {
            buf_clear(&s->held);
            buf_add(&s->held, s->block);
            s->block = buf_str(&s->held);
        }
    }
    return true;
}

/* Writes what is to be written: 0, E_WAIT, or 1 after a message. */
static int write_out(struct call *c, struct split *s)
{
    if (s->chunk) {
        size_t count = s->todo.length < TEXT_PIECE ? s->todo.length : TEXT_PIECE;
        call_print(c, str_first(s->todo, count));
        call_charge_bytes(c, count);
        s->todo = str_after(s->todo, count);
        return 0;
    }
    struct output *o = &s->outputs[s->which];
    if (o->broken) {
        s->todo = (struct str){0};
        return 0;
    }
    uint64_t ignored = c->task->ignored;
    if (o->child)
        c->task->ignored |= SIGNAL_BIT(SIGNAL_PIPE);
    int64_t count = file_write(o->hold->thing, c->task, s->todo);
    c->task->ignored = ignored;
    if (count == E_WAIT)
        return E_WAIT;
    if (count == E_PIPE && o->child) {
        o->broken = true;
        return 0;
    }
    if (count < 0) {
        call_error(c, "%S: %m", call_quote_for_colon(c, buf_str(&o->name)), (int)count);
        return 1;
    }
    s->todo = str_after(s->todo, (size_t)count);
    return 0;
}

/* Decides on what comes next: false when all is done. */
static bool advance(struct call *c, struct split *s)
{
    size_t count;

    s->empty = false;
    switch (s->way) {
    case WAY_LINES: take_lines(s); break;
    case WAY_BYTES: take_bytes(s); break;
    case WAY_LINE_BYTES:
        if (take_held(s, &count)) {
            s->todo = str_first(str_after(buf_str(&s->held), s->held_at), count);
            s->held_at += count;
            s->fresh = true;
        } else {
            size_t more = s->block.length < TEXT_PIECE ? s->block.length : TEXT_PIECE;
            buf_drop_front(&s->held, s->held_at);
            s->held_at = 0;
            buf_add(&s->held, str_first(s->block, more));
            s->block = str_after(s->block, more);
        }
        break;
    case WAY_CHUNKS:
    case WAY_LINE_CHUNKS:
        if (s->chunk_at == s->size || (s->chunk && s->chunk_at == s->chunk))
            return false;
        if (s->way == WAY_CHUNKS)
            take_chunk(s);
        else
            take_line_chunk(s);
        break;
    default:
        if (!s->ended) {
            take_round(s);
            break;
        }
        if (s->chunk || s->elide)
            return false;
        while (s->which + 1 < s->size && s->outputs[s->which].hold)
            s->which++;
        if (s->outputs[s->which].hold)
            return false;
        s->fresh = s->empty = true;
        break;
    }
    call_charge(c, 1);
    if (s->chunk || (s->empty && s->elide))
        s->fresh = false;
    return true;
}

static enum step end(struct call *c, struct split *s, int status)
{
    call_print(c, buf_str(&s->told));
    return call_exit(c, status);
}

/* All is written: the filters end. */
static enum step finish(struct call *c, struct split *s)
{
    s->done = true;
    for (size_t i = 0; s->filter.data && i < s->output_count; i++) {
        int error = close_filter(c, s, &s->outputs[i]);
        if (error)
            return error == E_WAIT ? STEP_WAIT : end(c, s, c->status);
        call_charge(c, 1);
    }
    return end(c, s, c->status);
}

static enum step step(struct call *c)
{
    struct split *s = c->state;
    enum step step;
    int error;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (s->done)
            return finish(c, s);
        if (!s->input) {
            error = open_input(c, s);
            if (error)
                return error == E_WAIT ? (s->input = NULL, STEP_WAIT) : call_exit(c, 1);
        } else if (s->fresh) {
            error = prepare_output(c, s);
            if (!error)
                error = s->filter.data ? open_filter(c, s) : open_output(c, s);
            if (error)
                return error == E_WAIT ? STEP_WAIT : end(c, s, c->status);
            take_name(c, s);
        } else if (s->todo.length) {
            error = write_out(c, s);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
        } else {
            bool chunks = s->way == WAY_CHUNKS || s->way == WAY_LINE_CHUNKS;
            size_t left = s->held.length - s->held_at;
            bool held = s->way == WAY_LINE_BYTES && left && (s->ended || left >= s->size);
            if (!s->block.length && !s->ended && !held && !(chunks && s->total)) {
                if (!fill(c, s, &step))
                    return step;
                continue;
            }
            if ((s->ended && !s->block.length && !held && !chunks && s->way != WAY_ROUND) || !advance(c, s))
                return finish(c, s);
        }
    }
}

const struct command command_split = {
    .name = "split",
    .usage = "[OPTION]... [FILE [PREFIX]]",
    .summary = "Output pieces of FILE to PREFIXaa, PREFIXab, ...; default size is 1000 lines, and default PREFIX is 'x'.",
    .help = "The SIZE argument is an integer and optional unit (example: 10K is 10*1024).\n\n"
            "CHUNKS may be:\n"
            "  N       split into N files based on size of input\n"
            "  K/N     output Kth of N to stdout\n"
            "  l/N     split into N files without splitting lines/records\n"
            "  l/K/N   output Kth of N to stdout without splitting lines/records\n"
            "  r/N     like 'l' but use round robin distribution\n"
            "  r/K/N   likewise but only output Kth of N to stdout",
    .options = options,
    .state = sizeof(struct split),
    .start = start,
    .step = step,
    .flags = COMMAND_DIGITS,
    .number = 'l',
};
