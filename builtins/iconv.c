/* builtins/iconv.c - convert texts from one encoding to another. */
#include "base/charset.h"
#include "builtins/text.h"

enum { VERBOSE = OPTION_LONG, USAGE };

static const struct option options[] = {
    {'f', "from-code", "NAME", "encoding of original text"},
    {'t', "to-code", "NAME", "encoding for output; NAME//TRANSLIT writes what comes near, NAME//IGNORE leaves out"},
    {'l', "list", NULL, "list all known coded character sets"},
    {'c', NULL, NULL, "omit invalid characters from output"},
    {'o', "output", "FILE", "output file"},
    {'s', "silent", NULL, "suppress warnings"},
    {VERBOSE, "verbose", NULL, "print progress information"},
    {'?', NULL, NULL, "give this help list"},
    {USAGE, "usage", NULL, "give a short usage message"},
    {'V', NULL, NULL, "print program version"},
    {0},
};

enum { STATUS_USAGE = 64, PIECE = 1024, PARTIAL_MOST = 8 };

struct iconv {
    struct charset from, to;
    bool omit, ignore, plain; /* -c, //IGNORE, //TRANSLIT */
    bool ignored;             /* something was left out because of //IGNORE */
    size_t next;
    bool output_open;
    struct input *input;
    struct str block;         /* read and not yet used */
    char held[PARTIAL_MOST];  /* the beginning of a character */
    size_t held_count;
    uint64_t position;        /* of what comes next */
};

/* Splits the suffixes off a name. */
static struct str take_name(struct iconv *v, struct str name, bool to)
{
    for (size_t i = 0; i + 1 < name.length; i++) {
        struct str rest;
        if (name.data[i] != '/' || name.data[i + 1] != '/')
            continue;
        rest = str_after(name, i);
        while (to && rest.length > 2) {
            size_t length = 0;
            rest = str_after(rest, 2);
            while (length < rest.length && rest.data[length] != '/' && rest.data[length] != ',')
                length++;
            v->plain |= str_is(str_first(rest, length), "TRANSLIT");
            v->ignore |= str_is(str_first(rest, length), "IGNORE");
            rest = str_after(rest, length);
            if (rest.length && rest.data[0] == ',')
                rest = (struct str){rest.data - 1, rest.length + 1};
        }
        return str_first(name, i);
    }
    return name;
}

static int iconv_start(struct call *c)
{
    struct iconv *v = c->state;
    struct str local = call_locale(c) == LOCALE_C ? str_lit("ASCII") : str_lit("UTF-8"), from = local, to = local;

    call_value(c, 'f', &from);
    call_value(c, 't', &to);
    v->omit = call_has(c, 'c');
    from = take_name(v, from, false);
    to = take_name(v, to, true);
    if (call_has(c, 'l') || call_has(c, '?') || call_has(c, USAGE) || call_has(c, 'V'))
        return 0;
    if (!charset_find(&v->from, from.length ? from : local) || !charset_find(&v->to, to.length ? to : local)) {
        call_error(c, "failed to start conversion processing: %m", E_NOENT);
        return 1;
    }
    return 0;
}

static enum step list_sets(struct call *c)
{
    const char *name;
    for (size_t i = 0; (name = charset_name(i)); i++)
        call_format(c, "%s//\n", name);
    return call_done(c);
}

/* Bytes that are the same in both sets go as they are: how many. */
static size_t copy_ascii(struct call *c, const struct iconv *v, struct str text)
{
    size_t length = 0;

    if (!charset_has_ascii(&v->from) || !charset_has_ascii(&v->to))
        return 0;
    while (length + 8 <= text.length) {
        uint64_t word;
        memcpy(&word, text.data + length, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
        length += 8;
    }
    while (length < text.length && (unsigned char)text.data[length] < 128)
        length++;
    call_print(c, str_first(text, length));
    return length;
}

static bool write_code(struct call *c, struct iconv *v, uint32_t code)
{
    if (!v->plain)
        return charset_write(&v->to, &c->out, code);
    return charset_write_plain(&v->to, &c->out, code) || charset_write(&v->to, &c->out, '?');
}

/* Converts some of `text`: the bytes used, fewer than there are at a partial character. *failed: what comes next cannot be. */
static size_t convert(struct call *c, struct iconv *v, struct str text, bool *failed)
{
    size_t at = 0;

    while (at < text.length) {
        struct str rest = str_after(text, at);
        uint32_t code;
        size_t used = copy_ascii(c, v, rest);
        at += used;
        if (used)
            continue;
        switch (charset_read(&v->from, rest, &code, &used)) {
        case CHARSET_PARTIAL: return at;
        case CHARSET_OK:
            if (code == CHARSET_MARK || write_code(c, v, code))
                break;
            goto bad;
        case CHARSET_ILLEGAL:
        bad:
            if (!v->omit && !v->ignore) {
                *failed = true;
                return at;
            }
            v->ignored |= !v->omit;
            break;
        }
        at += used;
    }
    return at;
}

static enum step fail(struct call *c, const struct iconv *v)
{
    call_error(c, "illegal input sequence at position %llu", (unsigned long long)v->position);
    return call_done(c);
}

/* Converts what was held back of the piece before, with as much of `block` as it needs: false when it cannot be. */
static bool convert_held(struct call *c, struct iconv *v)
{
    bool failed = false;

    while (v->held_count && v->block.length && !failed) {
        size_t used;
        v->held[v->held_count++] = v->block.data[0];
        v->block = str_after(v->block, 1);
        used = convert(c, v, str_of(v->held, v->held_count), &failed);
        v->position += used;
        v->held_count -= used;
        memmove(v->held, v->held + used, v->held_count);
    }
    return !failed;
}

/* The end of an input: true to go on with the next. */
static bool end_input(struct call *c, struct iconv *v)
{
    if (v->input->error) {
        call_error(c, "error while reading the input: %m", v->input->error);
        return false;
    }
    if (v->held_count) {
        call_error(c, "incomplete character or shift sequence at end of buffer");
        return false;
    }
    if (v->ignored) {
        fail(c, v);
        return false;
    }
    input_close(v->input);
    v->input = NULL;
    v->position = 0;
    return true;
}

/* The next input: 0, E_WAIT, or 1 behind the last. */
static int open_next(struct call *c, struct iconv *v)
{
    struct str name;

    while (text_operand(c, v->next, &name)) {
        int error = input_open(c, &v->input, name, true);
        if (error == E_WAIT)
            return error;
        v->next++;
        if (!error) {
            if (call_has(c, VERBOSE))
                call_complain(c, "%S:\n", name);
            return 0;
        }
        call_error(c, "cannot open input file `%S': %m", name, error);
    }
    return 1;
}

/* The output file takes the place of standard output: 0, E_WAIT, or 1 after a message. */
static int open_output(struct call *c, struct iconv *v)
{
    struct file *file;
    struct str name;
    int error;

    if (call_value(c, 'o', &name)) {
        error = call_create(c, name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &file);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "unable to open output file: %m", error);
            return 1;
        }
        fds_set(c->task, 1, file_share(file), false);
    }
    v->output_open = true;
    return 0;
}

static enum step iconv_step(struct call *c)
{
    struct iconv *v = c->state;

    if (call_has(c, 'l'))
        return list_sets(c);
    if (call_has(c, '?') || call_has(c, USAGE) || call_has(c, 'V')) {
        if (!call_has(c, 'V'))
            call_print_help(c);
        else
            call_print_version(c);
        return call_done(c);
    }
    for (;;) {
        bool failed = false;
        size_t size, used;
        int error;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!v->output_open) {
            error = open_output(c, v);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
            continue;
        }
        if (!v->input) {
            error = open_next(c, v);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_done(c);
            continue;
        }
        if (!v->block.length) {
            switch (input_block(v->input, v->input->file->kind == FILE_INODE ? SIZE_MAX : PIECE, &v->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:
                v->block.length = 0;
                if (!end_input(c, v))
                    return call_done(c);
                continue;
            case INPUT_MORE: break;
            }
        } /* what came through a pipe is worked on in this step */
        size = v->block.length < PIECE ? v->block.length : PIECE;
        if (v->input->file->kind != FILE_INODE && v->block.length > size) {
            input_unread(v->input, v->block.length - size);
            v->block.length = size;
        }
        if (!convert_held(c, v))
            return fail(c, v);
        if (size > v->block.length)
            size = v->block.length;
        used = convert(c, v, str_first(v->block, size), &failed);
        v->position += used;
        if (failed)
            return fail(c, v);
        if (used < size) {
            v->held_count = size - used;
            memcpy(v->held, v->block.data + used, v->held_count);
        }
        v->block = str_after(v->block, size);
        call_charge_bytes(c, size * 4);
    }
}

const struct command command_iconv = {
    .name = "iconv",
    .usage = "[OPTION...] [FILE...]",
    .summary = "Convert encoding of given files from one encoding to another.",
    .help = "Known are UTF-8, UTF-16, UTF-32, UCS-2, UCS-4, ASCII, ISO-8859-1 to 16, Windows and DOS code pages, KOI8-R and KOI8-U.",
    .options = options,
    .state = sizeof(struct iconv),
    .start = iconv_start,
    .step = iconv_step,
    .trouble = STATUS_USAGE,
    .refused = "-f, -t with EUC-JP, SHIFT-JIS, GB18030, BIG5, EUC-KR, UTF-7, EBCDIC and other sets of several bytes: their tables are large",
};
