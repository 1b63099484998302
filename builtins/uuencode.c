/* builtins/uuencode.c - files as text of printable characters: uuencode, uudecode. */
#include "base/number.h"
#include "builtins/text.h"

enum { LINE_BYTES = 45 };

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static char uu_letter(unsigned value)
{
    return value ? (char)(value + 32) : '`';
}

/* Adds three bytes, or the last one or two, as four characters. */
static void encode_group(struct buf *out, const unsigned char *bytes, size_t count, bool base64)
{
    unsigned group = (unsigned)bytes[0] << 16 | (count > 1 ? (unsigned)bytes[1] << 8 : 0) | (count > 2 ? bytes[2] : 0u);

    for (size_t i = 0; i < 4; i++) {
        unsigned value = group >> (18 - 6 * i) & 63;
        buf_add_byte(out, !base64 ? uu_letter(value) : i > count ? '=' : letters[value]);
    }
}

static void encode(struct buf *out, struct str bytes, bool base64)
{
    for (size_t i = 0; i < bytes.length; i += 3)
        encode_group(out, (const unsigned char *)bytes.data + i, bytes.length - i < 3 ? bytes.length - i : 3, base64);
}

/* --- uuencode ------------------------------------------------------------------------------------------------- */

static const struct option encode_options[] = {
    {'m', "base64", NULL, "convert using base64"},
    {'e', "encode-file-name", NULL, "encode the output file name"},
    {0},
};

struct uuencode {
    bool base64, begun;
    struct input *input;
    struct buf line; /* bytes of the line to come */
};

static int encode_start(struct call *c)
{
    struct uuencode *u = c->state;

    u->base64 = call_has(c, 'm');
    buf_init(&u->line, c->heap);
    if (c->operand_count < 1 || c->operand_count > 2) {
        call_complain(c, "uuencode (GNU sharutils) - encode a file into email friendly text\n"
                         "Usage:  uuencode [ -<flag> | --<name> ]... [<in-file>] <output-name>\n"
                         "Try 'uuencode --help' for more information.\n");
        return 64;
    }
    return 0;
}

static enum step fatal(struct call *c, const char *what, struct str name, int error)
{
    call_complain(c, "uuencode fatal error:\nfserr %d (%m) performing '%s' on %S\n", error == E_ISDIR ? 21 : error == E_ACCES ? 13 : 2, error,
                  what, name);
    return call_exit(c, 1);
}

/* Opens the input and prints the header: 0, E_WAIT, or 1 after a message. */
static int begin(struct call *c, struct uuencode *u)
{
    bool named = c->operand_count == 2;
    struct str path = named ? c->operands[0] : str_lit("-"), name = c->operands[c->operand_count - 1];
    uint32_t mode = 0666 & ~c->task->umask;
    struct stat_info info;

    int error = input_open(c, &u->input, path, !named);
    if (error == E_WAIT)
        return E_WAIT;
    if (error) {
        fatal(c, "freopen of stdin", path, error);
        return 1;
    }
    if (named && file_stat(u->input->file, &info) == 0)
        mode = info.mode & 0777;
    call_format(c, "begin%s%s %03o ", u->base64 ? "-base64" : "", call_has(c, 'e') ? "-encoded" : "", (unsigned)mode);
    if (call_has(c, 'e'))
        encode(&c->out, name, true);
    else
        call_print(c, name);
    call_print_byte(c, '\n');
    return 0;
}

static void put_line(struct call *c, struct uuencode *u)
{
    if (!u->base64)
        call_print_byte(c, uu_letter((unsigned)u->line.length));
    encode(&c->out, buf_str(&u->line), u->base64);
    call_print_byte(c, '\n');
    buf_clear(&u->line);
}

static enum step encode_step(struct call *c)
{
    struct uuencode *u = c->state;

    for (;;) {
        struct str block;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!u->begun) {
            int error = begin(c, u);
            if (error)
                return error == E_WAIT ? STEP_WAIT : STEP_DONE;
            u->begun = true;
            continue;
        }
        switch (input_block(u->input, LINE_BYTES - u->line.length, &block)) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_MORE:
            buf_add(&u->line, block);
            call_charge(c, 1);
            if (u->line.length == LINE_BYTES)
                put_line(c, u);
            continue;
        case INPUT_END:
            break;
        }
        if (u->input->error)
            return fatal(c, "fread", c->operands[0], u->input->error);
        if (u->line.length)
            put_line(c, u);
        call_print_text(c, u->base64 ? "====\n" : "`\nend\n");
        return call_done(c);
    }
}

const struct command command_uuencode = {
    .name = "uuencode",
    .usage = "[-m] [-e] [IN-FILE] OUTPUT-NAME",
    .summary = "Encode a file, or standard input, into text that decodes to OUTPUT-NAME.",
    .options = encode_options,
    .state = sizeof(struct uuencode),
    .start = encode_start,
    .step = encode_step,
    .refused = "-R, -r, --load-opts, --save-opts: options are not kept in files\n-!, --more-help: there is no pager\n-h, -v: --help and --version have no letters here",
};

/* --- uudecode --------------------------------------------------------------------------------------------------- */

static const struct option decode_options[] = {
    {'o', "output-file", "FILE", "direct output to FILE"},
    {'c', "ignore-chmod", NULL, "ignore errors of setting the mode"},
    {0},
};

enum { INVALID = 2, MISSING = 4, CANNOT = 8 }; /* statuses, added up */
enum phase { PHASE_OPEN, PHASE_HEADER, PHASE_LINES, PHASE_LAST, PHASE_CREATE, PHASE_WRITE, PHASE_MODE };

struct uudecode {
    enum phase phase;
    size_t operand;
    struct input *input;
    bool base64, done;
    uint32_t mode;
    struct buf name, bytes;
    unsigned group;          /* of base64: bits not yet whole */
    int group_count;
    const char *problem;     /* said when what there is was written; NULL */
    struct file *out;
    size_t gone;
};

static int decode_start(struct call *c)
{
    struct uudecode *u = c->state;

    buf_init(&u->name, c->heap);
    buf_init(&u->bytes, c->heap);
    if (call_has(c, 'o') && c->operand_count > 1) {
        call_complain(c, "uudecode usage error:\nYou cannot specify an output file when processing\nmultiple input files.\n"
                         "uudecode (GNU sharutils) - decode an encoded file\n"
                         "Usage:  uudecode [ -<flag> [<val>] | --<name>[{=| }<val>] ]... [<file>...]\n"
                         "Try 'uudecode --help' for more information.\n");
        return 64;
    }
    return 0;
}

static int value_of(char letter)
{
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? (int)(at - letters) : -1;
}

/* Adds what a line of base64 means; false when it means nothing. */
static bool decode_base64(struct uudecode *u, struct buf *out, struct str line)
{
    for (size_t i = 0; i < line.length; i++) {
        int value = value_of(line.data[i]);
        if (line.data[i] == '=') {
            u->group_count = 0;
            continue;
        }
        if (line.data[i] == '\r' || line.data[i] == ' ')
            continue;
        if (value < 0)
            return false;
        u->group = u->group << 6 | (unsigned)value;
        if (++u->group_count > 1)
            buf_add_byte(out, (char)(u->group >> (8 - 2 * u->group_count)));
        u->group_count %= 4;
    }
    return true;
}

/* Adds the bytes of a line of uuencode: false at the line that has none. */
static bool decode_line(struct uudecode *u, struct str line)
{
    unsigned count = line.length ? (unsigned)((unsigned char)line.data[0] - 32) & 63 : 0;

    for (size_t at = 1; count > 0; at += 4) {
        unsigned group = 0;
        for (size_t i = 0; i < 4; i++)
            group = group << 6 | (at + i < line.length ? (unsigned)((unsigned char)line.data[at + i] - 32) & 63 : 0);
        for (int shift = 16; shift >= 0 && count > 0; shift -= 8, count--)
            buf_add_byte(&u->bytes, (char)(group >> shift));
    }
    return line.length && (((unsigned char)line.data[0] - 32) & 63);
}

/* Is it "begin MODE NAME"? */
static bool read_header(struct call *c, struct uudecode *u, struct str line)
{
    struct str rest;
    bool encoded = false;
    uint64_t mode;

    if (!str_starts(line, "begin"))
        return false;
    rest = str_after(line, 5);
    u->base64 = str_starts(rest, "-base64");
    rest = str_after(rest, u->base64 ? 7 : 0);
    if (str_starts(rest, "-encoded")) {
        encoded = true;
        rest = str_after(rest, 8);
    }
    if (!rest.length || rest.data[0] != ' ')
        return false;
    size_t used = number_parse_unsigned(str_after(rest, 1), 8, &mode, NULL);
    rest = str_after(rest, 1 + used);
    if (!used || !rest.length || rest.data[0] != ' ')
        return false;
    rest = str_after(rest, 1);
    while (rest.length && rest.data[rest.length - 1] == '\r')
        rest.length--;
    buf_clear(&u->name);
    u->group_count = 0;
    if (encoded) {
        decode_base64(u, &u->name, rest);
    } else {
        struct str home;
        if (str_starts(rest, "~/") && c->task->environment && environment_find(c->task->environment, "HOME", &home)) {
            buf_add(&u->name, home);
            rest = str_after(rest, 1);
        }
        buf_add(&u->name, rest);
    }
    u->mode = (uint32_t)mode & 0777;
    u->group_count = 0;
    buf_clear(&u->bytes);
    u->problem = NULL;
    return true;
}

static struct str input_name(const struct uudecode *u)
{
    return str_is(u->input->name, "-") ? str_lit("standard input") : u->input->name;
}

/* One line of the file: its phase is changed as it says. */
static void take_line(struct call *c, struct uudecode *u, struct str line, bool end)
{
    switch (u->phase) {
    case PHASE_HEADER:
        if (end) {
            call_complain(c, "uudecode fatal error:\n%S: Invalid or missing 'begin' line\n", input_name(u));
            c->status |= INVALID;
            u->done = true;
        } else if (read_header(c, u, line)) {
            u->phase = PHASE_LINES;
        }
        return;
    case PHASE_LINES:
        if (end)
            u->problem = "Short file";
        else if (u->base64 && !str_starts(line, "====") && !decode_base64(u, &u->bytes, line))
            u->problem = "invalid input";
        if (u->problem || (u->base64 && str_starts(line, "====")))
            u->phase = PHASE_CREATE;
        else if (!u->base64 && !decode_line(u, line))
            u->phase = PHASE_LAST;
        return;
    default:
        if (end || !str_starts(line, "end") || (line.length > 3 && line.data[3] != '\r'))
            u->problem = "No `end' line";
        u->phase = PHASE_CREATE;
        return;
    }
}

static enum step next_file(struct uudecode *u)
{
    if (u->input)
        input_close(u->input);
    u->input = NULL;
    u->done = false;
    u->out = NULL;
    u->operand++;
    u->phase = PHASE_OPEN;
    return STEP_AGAIN;
}

/* Writes what was decoded: STEP_AGAIN when it makes progress. */
static enum step write_out(struct call *c, struct uudecode *u)
{
    struct str name = buf_str(&u->name), given;
    int error = 0;

    if (call_value(c, 'o', &given))
        name = given;
    bool standard = str_is(name, "-") || str_is(name, "/dev/stdout");
    if (u->phase == PHASE_CREATE && standard) {
        call_print(c, buf_str(&u->bytes));
        u->phase = PHASE_MODE;
    } else if (u->phase == PHASE_CREATE) {
        error = call_create(c, name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, &u->out);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error) {
            call_complain(c, "uudecode fatal error:\nfserr %d (%m) performing 'freopen' on %S\n",
                          error == E_ISDIR ? 21 : error == E_ACCES ? 13 : 2, error, name);
            c->status |= CANNOT;
            return next_file(u);
        }
        u->gone = 0;
        u->phase = PHASE_WRITE;
    } else if (u->phase == PHASE_WRITE) {
        int64_t count = file_write(u->out, c->task, str_first(str_after(buf_str(&u->bytes), u->gone), TEXT_PIECE));
        if (count == E_WAIT)
            return STEP_WAIT;
        if (count < 0) {
            call_complain(c, "uudecode fatal error:\nfserr 28 (%m) performing 'fwrite' on %S\n", (int)count, name);
            c->status |= CANNOT;
            return next_file(u);
        }
        u->gone += (size_t)count;
        if (u->gone == u->bytes.length)
            u->phase = PHASE_MODE;
    } else {
        if (!standard && u->out->kind == FILE_INODE)
            error = call_chmod(c, name, u->mode, true);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (u->problem) {
            call_complain(c, "uudecode fatal error:\n%S: %s\n", input_name(u), u->problem);
            c->status |= INVALID;
        }
        return next_file(u);
    }
    return STEP_AGAIN;
}

static enum step decode_step(struct call *c)
{
    struct uudecode *u = c->state;

    for (;;) {
        struct str name, line = {0};
        enum step step = STEP_AGAIN;
        if (!call_go(c))
            return STEP_AGAIN;
        if (u->phase == PHASE_OPEN) {
            if (!text_operand(c, u->operand, &name))
                return call_done(c);
            int error = input_open(c, &u->input, name, true);
            if (error == E_WAIT)
                return STEP_WAIT;
            call_charge(c, 1);
            u->phase = PHASE_HEADER;
            if (error) {
                call_warn(c, "%S: %m", name, error);
                c->status |= MISSING;
                next_file(u);
            }
            continue;
        }
        if (u->phase >= PHASE_CREATE) {
            step = write_out(c, u);
            call_charge(c, step == STEP_AGAIN);
        } else if (u->done) {
            next_file(u);
        } else {
            enum input_answer answer = input_line(u->input, '\n', &line, NULL);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            call_charge_bytes(c, line.length);
            take_line(c, u, line, answer == INPUT_END);
        }
        if (step != STEP_AGAIN)
            return step;
    }
}

const struct command command_uudecode = {
    .name = "uudecode",
    .usage = "[-o FILE] [FILE]...",
    .summary = "Decode files that uuencode made.",
    .help = "The output's name and mode stand in the encoded file. The name '-' or '/dev/stdout' is standard output.",
    .options = decode_options,
    .state = sizeof(struct uudecode),
    .start = decode_start,
    .step = decode_step,
    .refused = "-R, -r, --load-opts, --save-opts: options are not kept in files\n-!, --more-help: there is no pager\n-h, -v: --help and --version have no letters here",
};
