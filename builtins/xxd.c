/* builtins/xxd.c - make a hex dump, or make bytes of one. */
#include "base/number.h"
#include "builtins/chunks.h"

static const struct option options[] = {
    {'a', "autoskip", NULL, "toggle autoskip: A single '*' replaces nul-lines. Default off"},
    {'b', "bits", NULL, "binary digit dump (incompatible with -ps,-i,-r). Default hex"},
    {'C', "capitalize", NULL, "capitalize variable names in C include file style (-i)"},
    {'c', "cols", "COLS", "format COLS octets per line. Default 16 (-i: 12, -ps: 30)"},
    {'E', "EBCDIC", NULL, "show characters in EBCDIC. Default ASCII"},
    {'e', NULL, NULL, "little-endian dump (incompatible with -ps,-i,-r)"},
    {'g', "groupsize", "BYTES", "number of octets per group in normal output. Default 2 (-e: 4)"},
    {'h', "help", NULL, "print this summary"},
    {'i', "include", NULL, "output in C include file style; with -r read it"},
    {'l', "len", "LEN", "stop after LEN octets"},
    {'n', "name", "NAME", "set the variable name used in C include output (-i)"},
    {'o', "offset", "OFF", "add OFF to the displayed file position"},
    {'p', "ps", NULL, "output in postscript plain hexdump style"},
    {'r', "revert", NULL, "reverse operation: convert (or patch) hexdump into binary"},
    {'d', NULL, NULL, "show offset in decimal instead of hex"},
    {'s', "seek", "[+][-]SEEK", "start at SEEK bytes abs. (or +: rel.) infile offset; with -r add it to file positions"},
    {'u', NULL, NULL, "use upper case hex letters"},
    {'R', NULL, "WHEN", "colorize the output; WHEN is always, auto or never. Default never"},
    {'v', "version", NULL, "show version"},
    {0},
};

enum style { STYLE_HEX, STYLE_PLAIN, STYLE_BITS, STYLE_INCLUDE, STYLE_LITTLE };
enum status { STATUS_INPUT = 2, STATUS_OUTPUT = 3, STATUS_SEEK = 4, STATUS_REVERT = 5, STATUS_STYLE = 255 };
enum { COLUMNS_MOST = 256 };

struct xxd {
    enum style style;
    bool revert, upper, skip_zeros, decimal, ebcdic, capital, color, columns_given, group_given;
    int64_t columns, group;
    bool seeks, relative, negative; /* -s */
    uint64_t seek;
    uint64_t limit;
    uint64_t shift;      /* -o */
    struct str name;     /* of the variable; empty: from the file's */
    struct str operands[2];
    size_t operand_count;
    struct input *input;
    bool output_open, placed, begun;
    struct chunks chunks;
    uint64_t to_skip;    /* of input that cannot seek */
    uint64_t position;   /* shown with the next line */
    uint64_t count;      /* bytes of -i and -p so far */
    char *line;          /* of `room` bytes */
    size_t room;
    unsigned zero_lines; /* seen in a row */
    /* Of -r: */
    struct str block;
    int digits[3];       /* the last ones read, -1 for what is none */
    bool garbage;        /* what is no digit is passed over: at a line's start */
    bool rest;           /* up to the line's end */
    int64_t place;       /* in the line: -1 in its offset, else bytes */
    int64_t wanted, have, base;
    bool hex_begun;      /* of -r -i: 0x was read */
};

/* --- options --------------------------------------------------------------------------------------------- */

/* As strtol with base 0. */
static int64_t number_of(struct str text)
{
    int64_t value;
    number_parse_int(text, 0, &value, NULL);
    return value;
}

/* Does the option in `word`, one letter, take the value of the next word? `rest` are the words it may go on with. */
static bool take_value(struct call *c, size_t *at, struct str word, const char *rest, struct str *value)
{
    if (word.length > 2) {
        *value = str_after(word, 2);
        for (; *rest; rest += strlen(rest) + 1)
            if (str_starts(*value, rest))
                break;
        if (!*rest)
            return true;
    }
    if (*at + 1 >= c->argc)
        return false;
    *value = c->argv[++*at];
    return true;
}

static bool take_color(struct xxd *x, struct str when)
{
    x->color = str_is(when, "always");
    return x->color || str_is(when, "auto") || str_is(when, "never");
}

static void take_seek(struct xxd *x, struct str value)
{
    x->seeks = true;
    x->relative = str_starts(value, "+");
    if (x->relative)
        value = str_after(value, 1);
    x->negative = str_starts(value, "-");
    x->seek = (uint64_t)number_of(x->negative ? str_after(value, 1) : value);
}

/* One option: false when it is none or lacks its value. */
static bool take_option(struct call *c, struct xxd *x, struct str word, size_t *at)
{
    struct str value;

    switch (word.data[1]) {
    case 'a': x->skip_zeros = !x->skip_zeros; return true;
    case 'b': x->style = STYLE_BITS; return true;
    case 'C': x->capital = true; return true;
    case 'd': x->decimal = true; return true;
    case 'E': x->ebcdic = true; return true;
    case 'e': x->style = STYLE_LITTLE; return true;
    case 'p': x->style = STYLE_PLAIN; return true;
    case 'u': x->upper = true; return true;
    case 'i':
        x->style = STYLE_INCLUDE;
        x->revert |= str_is(word, "-ir");
        return true;
    case 'r':
        x->revert = true;
        if (str_is(word, "-ri"))
            x->style = STYLE_INCLUDE;
        return true;
    case 'R': return take_value(c, at, word, "", &value) && take_color(x, value);
    case 'c':
        if (str_starts(word, "-capitalize")) {
            x->capital = true;
            return true;
        }
        if (!take_value(c, at, word, "ols\0", &value))
            return false;
        x->columns = number_of(value);
        x->columns_given = true;
        return true;
    case 'g':
        if (!take_value(c, at, word, "roup\0", &value))
            return false;
        x->group = number_of(value);
        x->group_given = true;
        return true;
    case 'l':
        if (!take_value(c, at, word, "en\0", &value))
            return false;
        x->limit = (uint64_t)number_of(value);
        return true;
    case 'n': return take_value(c, at, word, "ame\0", &x->name);
    case 'o':
        if (!take_value(c, at, word, "ffset\0", &value))
            return false;
        x->shift = (uint64_t)number_of(value);
        return true;
    case 's':
        if (!take_value(c, at, word, "kip\0eek\0", &value))
            return false;
        take_seek(x, value);
        return true;
    default: return false;
    }
}

/* 0, or the status of an option that ends the command. */
static int take_options(struct call *c, struct xxd *x)
{
    bool only_operands = false;

    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (only_operands || word.length < 2 || word.data[0] != '-') {
            if (x->operand_count == 2)
                return call_usage_error(c, "");
            x->operands[x->operand_count++] = word;
            only_operands = true;
            continue;
        }
        if (str_is(word, "--")) {
            only_operands = true;
            continue;
        }
        if (word.data[1] == '-')
            word = str_after(word, 1);
        if (word.data[1] == 'h' || word.data[1] == 'v') {
            if (word.data[1] == 'h')
                call_print_help(c);
            else
                call_print_version(c);
            return -1;
        }
        if (!take_option(c, x, word, &i))
            return call_usage_error(c, "");
    }
    return 0;
}

static int check_layout(struct call *c, struct xxd *x)
{
    static const unsigned char columns[] = {16, 30, 6, 12, 16}, groups[] = {2, 0, 1, 0, 4};

    if (!x->columns_given || (x->columns == 0 && x->style != STYLE_PLAIN))
        x->columns = columns[x->style];
    if (x->columns < (x->style == STYLE_PLAIN ? 0 : 1) ||
        (x->style != STYLE_PLAIN && x->style != STYLE_INCLUDE && x->columns > COLUMNS_MOST)) {
        call_error(c, "invalid number of columns (max. %d).", COLUMNS_MOST);
        return 1;
    }
    if (!x->group_given || x->group < 0)
        x->group = groups[x->style];
    if (x->group < 1 || x->group > x->columns) {
        x->group = x->columns;
    } else if (x->style == STYLE_LITTLE && (x->group & (x->group - 1))) {
        call_error(c, "number of octets per group must be a power of 2 with -e.");
        return 1;
    }
    if (x->revert && (x->style == STYLE_BITS || x->style == STYLE_LITTLE)) {
        call_error(c, "Sorry, cannot revert this type of hexdump");
        return STATUS_STYLE;
    }
    return 0;
}

static int xxd_start(struct call *c)
{
    struct xxd *x = c->state;
    int status;

    x->limit = UINT64_MAX;
    status = take_options(c, x);
    if (status < 0) {
        c->finished = true;
        return 0;
    }
    if (!status)
        status = check_layout(c, x);
    x->garbage = true;
    x->place = -1;
    x->digits[0] = x->digits[1] = x->digits[2] = -1;
    if (x->seeks && x->revert)
        x->base = x->negative ? -(int64_t)x->seek : (int64_t)x->seek;
    return status;
}

/* --- places in files ----------------------------------------------------------------------------------------- */

/* The output file takes the place of standard output: 0, E_WAIT, or 1 after a message. */
static int open_output(struct call *c, struct xxd *x)
{
    struct file *file;
    int error;

    x->output_open = true;
    if (x->operand_count < 2 || str_is(x->operands[1], "-"))
        return 0;
    error = call_create(c, x->operands[1], OPEN_WRITE | OPEN_CREATE | (x->revert ? 0 : OPEN_TRUNCATE), &file);
    if (error) {
        x->output_open = error != E_WAIT;
        if (error != E_WAIT)
            call_error(c, "%S: %m", x->operands[1], error);
        return error == E_WAIT ? E_WAIT : 1;
    }
    fds_set(c->task, 1, file_share(file), false);
    return 0;
}

/* Goes to where the dump begins: 0, E_WAIT, or 1 when that is nowhere. */
static int place_input(struct call *c, struct xxd *x)
{
    struct file *file = x->input->file;
    uint64_t at = x->seek, size;
    struct stat_info info;
    int error;

    x->placed = true;
    chunks_start(&x->chunks, c, x->input, x->limit);
    if (!x->seeks)
        return 0;
    if (file->kind != FILE_INODE) {
        x->to_skip = x->position = x->seek;
        return x->negative ? 1 : 0;
    }
    error = file_stat(file, &info);
    if (error == E_WAIT) {
        x->placed = false;
        return E_WAIT;
    }
    size = error ? 0 : info.size;
    if (x->relative || x->negative) {
        uint64_t from = x->relative ? file->offset : size;
        if (x->negative && x->seek > from)
            return 1;
        at = x->negative ? from - x->seek : from + x->seek;
    }
    file->offset = x->position = at;
    return 0;
}

/* --- dumping ------------------------------------------------------------------------------------------------- */

static const char *digits_of(const struct xxd *x)
{
    return x->upper ? "0123456789ABCDEF" : "0123456789abcdef";
}

/* EBCDIC from 64 on. */
static const char ebcdic[] =
    " ...........<(+|&.........!$*);~-/.........,%_>?.........`:#@'=\""
    ".abcdefghi.......jklmnopqr^.......stuvwxyz...[...............].."
    "{ABCDEFGHI......}JKLMNOPQR......\\.STUVWXYZ......0123456789......";

static char shown(const struct xxd *x, unsigned char byte)
{
    if (x->ebcdic)
        return byte < 64 ? '.' : ebcdic[byte - 64];
    return byte > 31 && byte < 127 ? (char)byte : '.';
}

static size_t write_address(const struct xxd *x, char *to)
{
    static const char hex[] = "0123456789abcdef";
    uint64_t value = x->position + x->shift;
    char digits[NUMBER_MOST], *end = digits + sizeof digits, *p = end;
    bool negative = x->decimal && (int64_t)value < 0;
    size_t length;

    if (negative)
        value = 0 - value;
    if (x->decimal)
        p = number_write_back(end, value);
    else
        for (; value; value >>= 4)
            *--p = hex[value & 15];
    while (end - p + negative < 8)
        *--p = '0';
    if (negative)
        *--p = '-';
    length = (size_t)(end - p);
    memcpy(to, p, length);
    to[length] = ':';
    return length + 1;
}

/* Makes a line of a dump in x->line: its length without the newline. What stands where is a matter of the place alone,
 * so that with -e a group that is not whole may lie over the text. */
static size_t make_line(struct xxd *x, const unsigned char *bytes, size_t count)
{
    const char *hex = digits_of(x);
    size_t columns = (size_t)x->columns, group = (size_t)x->group, digits = x->style == STYLE_BITS ? 8 : 2;
    size_t width = group * digits + 1, address = write_address(x, x->line);
    size_t text = address + 3 + (width * columns - 1) / group, end = text + count;

    memset(x->line + address, ' ', x->room - address);
    for (size_t i = 0; i < count; i++) {
        char *to = x->line + address + 1 + width * (x->style == STYLE_LITTLE ? i ^ (group - 1) : i) / group;
        if (digits == 2) {
            to[0] = hex[bytes[i] >> 4];
            to[1] = hex[bytes[i] & 15];
        } else {
            for (int bit = 7; bit >= 0; bit--)
                *to++ = (char)('0' + (bytes[i] >> bit & 1));
        }
        x->line[text + i] = shown(x, bytes[i]);
    }
    return end;
}

/* The color of a byte: that of printable ones, white space, zero, all ones and others. */
static char color_of(const struct xxd *x, unsigned char byte)
{
    if (byte == 0)
        return '7';
    if (byte == 255)
        return '4';
    if (byte == '\n' || byte == '\t' || byte == '\r')
        return '3';
    return x->ebcdic ? byte >= 64 && ebcdic[byte - 64] != '.' ? '2' : '1' : byte > 31 && byte < 127 ? '2' : '1';
}

static void put_colored(struct call *c, const struct xxd *x, unsigned char byte, struct str text)
{
    char start[] = "\033[1;3xm";
    start[5] = color_of(x, byte);
    call_print_text(c, start);
    call_print(c, text);
    call_print_text(c, "\033[0m");
}

/* A line with colors: of what make_line wrote, cut at the places of the bytes. */
static void put_colors(struct call *c, const struct xxd *x, const unsigned char *bytes, size_t count, size_t length)
{
    size_t columns = (size_t)x->columns, group = (size_t)x->group, digits = x->style == STYLE_BITS ? 8 : 2;
    size_t width = group * digits + 1, address = (size_t)str_find(str_of(x->line, length), ':') + 1;
    size_t text = length - count, cells = x->style == STYLE_LITTLE ? (columns + group - 1) / group * group : columns,
           at = address;

    for (size_t i = 0; i < cells; i++) {
        size_t byte = x->style == STYLE_LITTLE ? i ^ (group - 1) : i, place = address + 1 + width * i / group;
        if (byte >= count || place + digits > length)
            continue;
        if (at == address)
            call_print(c, str_first(str_of(x->line, length), address));
        buf_fill(&c->out, ' ', place > at ? place - at : 0);
        put_colored(c, x, bytes[byte], str_of(x->line + place, digits));
        at = place + digits;
    }
    buf_fill(&c->out, ' ', text > at ? text - at : 0);
    for (size_t i = 0; i < count; i++)
        put_colored(c, x, bytes[i], str_of(x->line + text + i, 1));
    call_print_byte(c, '\n');
}

static bool is_zero(struct str bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.data[i])
            return false;
    return true;
}

static void print_line(struct call *c, struct xxd *x, struct str bytes)
{
    size_t length = make_line(x, (const unsigned char *)bytes.data, bytes.length);

    if (x->color) {
        put_colors(c, x, (const unsigned char *)bytes.data, bytes.length, length);
        return;
    }
    x->line[length] = '\n';
    call_print(c, str_of(x->line, length + 1));
}

/* Zeros that were left out: a line of them for one, a star for more. */
static void print_skipped(struct call *c, struct xxd *x, unsigned lines)
{
    static const char zeros[COLUMNS_MOST];
    uint64_t position = x->position;

    if (lines == 1) {
        x->position -= (uint64_t)x->columns;
        print_line(c, x, str_of(zeros, (size_t)x->columns));
        x->position = position;
    } else if (lines > 1) {
        call_print_text(c, "*\n");
    }
}

static void dump_line(struct call *c, struct xxd *x, struct str bytes)
{
    call_charge_bytes(c, bytes.length * 8);
    if (x->skip_zeros && bytes.length == (size_t)x->columns && is_zero(bytes)) {
        if (x->zero_lines++ == 0)
            print_line(c, x, bytes);
        x->zero_lines -= x->zero_lines > 4;
    } else {
        if (x->zero_lines > 1)
            print_skipped(c, x, x->zero_lines - 1);
        x->zero_lines = 0;
        print_line(c, x, bytes);
    }
    x->position += bytes.length;
}

/* At the end the last line is there, be it of zeros. */
static void end_dump(struct call *c, struct xxd *x)
{
    static const char zeros[COLUMNS_MOST];

    if (x->zero_lines < 2)
        return;
    x->position -= (uint64_t)x->columns;
    print_skipped(c, x, x->zero_lines - 2);
    print_line(c, x, str_of(zeros, (size_t)x->columns));
}

static void put_plain(struct call *c, struct xxd *x, struct str bytes)
{
    const char *hex = digits_of(x);
    char *to = buf_reserve(&c->out, bytes.length * 2 + 1);
    char *from = to;

    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        *to++ = hex[byte >> 4];
        *to++ = hex[byte & 15];
    }
    if (x->columns)
        *to++ = '\n';
    c->out.length += (size_t)(to - from);
    x->count += bytes.length;
    call_charge_bytes(c, bytes.length * 2);
}

static void put_include(struct call *c, struct xxd *x, struct str bytes)
{
    const char *hex = digits_of(x);

    call_print_text(c, x->count ? ",\n  " : "  ");
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        char text[] = {'0', x->upper ? 'X' : 'x', hex[byte >> 4], hex[byte & 15], ',', ' '};
        call_print(c, str_of(text, i + 1 < bytes.length ? 6 : 4));
    }
    x->count += bytes.length;
    call_charge_bytes(c, bytes.length * 4);
}

static bool has_name(const struct xxd *x)
{
    return x->name.length || (x->operand_count && !str_is(x->operands[0], "-"));
}

static void put_name(struct call *c, const struct xxd *x, const char *before, const char *behind)
{
    struct str name = x->name.length ? x->name : x->operands[0];

    call_print_text(c, before);
    if (name.data[0] >= '0' && name.data[0] <= '9')
        call_print_text(c, "__");
    for (size_t i = 0; i < name.length; i++) {
        char letter = utf8_byte_is(name.data[i], UTF8_ALNUM) ? name.data[i] : '_';
        call_print_byte(c, x->capital ? (char)utf8_ascii_upper[(unsigned char)letter] : letter);
    }
    call_print_text(c, behind);
}

static void begin(struct call *c, struct xxd *x)
{
    x->begun = true;
    x->room = (size_t)x->columns * (x->style == STYLE_BITS ? 10 : 7) * 2 + 64;
    if (x->style == STYLE_INCLUDE && has_name(x))
        put_name(c, x, "unsigned char ", "[] = {\n");
    if (x->style != STYLE_INCLUDE && x->style != STYLE_PLAIN)
        x->line = heap_alloc(c->heap, x->room);
}

static void end(struct call *c, struct xxd *x)
{
    if (x->style == STYLE_PLAIN) {
        if (!x->columns && x->count)
            call_print_byte(c, '\n');
    } else if (x->style == STYLE_INCLUDE) {
        if (x->count)
            call_print_byte(c, '\n');
        if (has_name(x)) {
            call_print_text(c, "};\n");
            put_name(c, x, "unsigned int ", x->capital ? "_LEN" : "_len");
            call_format(c, " = %llu;\n", (unsigned long long)x->count);
        }
    } else {
        end_dump(c, x);
    }
}

/* A step of dumping: false when `*answer` is the step's. */
static bool dump(struct call *c, struct xxd *x, enum step *answer)
{
    size_t size = x->columns ? (size_t)x->columns : 1024;
    struct str bytes;

    if (x->to_skip) {
        int64_t count = chunks_skip(&x->chunks, x->to_skip);
        if (count == E_WAIT)
            return *answer = STEP_WAIT, false;
        if (count == 0) {
            call_error(c, "Sorry, cannot seek.");
            return *answer = call_exit(c, STATUS_SEEK), false;
        }
        x->to_skip -= (uint64_t)count;
        call_charge_bytes(c, (size_t)count);
        return true;
    }
    if (size > 4096)
        size = 4096; /* of -p: the newlines are set apart below */
    if (x->style == STYLE_PLAIN && x->columns > 4096)
        size = (size_t)x->columns;
    switch (chunks_next(&x->chunks, size, &bytes)) {
    case INPUT_WAIT: return *answer = STEP_WAIT, false;
    case INPUT_END:
        if (x->input->error) {
            call_error(c, "%m", x->input->error);
            c->status = STATUS_INPUT;
        } else {
            end(c, x);
        }
        chunks_finish(&x->chunks);
        return *answer = call_done(c), false;
    case INPUT_MORE: break;
    }
    if (x->style == STYLE_PLAIN)
        put_plain(c, x, bytes);
    else if (x->style == STYLE_INCLUDE)
        put_include(c, x, bytes);
    else
        dump_line(c, x, bytes);
    return true;
}

/* --- back to bytes ----------------------------------------------------------------------------------------- */

/* Goes to where the next byte belongs: true when there, false when the loop shall turn; *failed: it lies behind. */
static bool go_to(struct call *c, struct xxd *x, bool *failed)
{
    int64_t target = x->base + x->wanted, gap = target - x->have;
    struct file *out = fds_get(c->task, 1);

    if (gap == 0)
        return true;
    if (out && out->kind == FILE_INODE) {
        if (c->out.length) {
            call_flush(c);
            return false;
        }
        if ((int64_t)out->offset + gap >= 0) {
            out->offset = (uint64_t)((int64_t)out->offset + gap);
            x->have = target;
            return true;
        }
    }
    if (gap < 0) {
        *failed = true;
        return false;
    }
    gap = gap < CALL_QUEUE ? gap : CALL_QUEUE;
    buf_fill(&c->out, 0, (size_t)gap);
    call_charge_bytes(c, (size_t)gap);
    x->have += gap;
    return false;
}

static void begin_line(struct xxd *x)
{
    if (x->style == STYLE_HEX)
        x->wanted = 0;
    x->place = -1;
    x->garbage = true;
}

/* The bytes of 0x.. words. */
static void read_include(struct call *c, struct xxd *x, char letter)
{
    unsigned digit = number_digit(letter);

    if (!x->hex_begun) {
        x->hex_begun = x->digits[0] == 0 && (letter == 'x' || letter == 'X');
        x->digits[0] = digit < 16 ? (int)digit : -1;
        x->digits[1] = -1;
        return;
    }
    if (digit < 16) {
        x->digits[1] = x->digits[1] < 0 ? (int)digit : (x->digits[1] << 4 | (int)digit) & 255;
        return;
    }
    if (x->digits[1] >= 0)
        call_print_byte(c, (char)x->digits[1]);
    x->hex_begun = false;
    x->digits[0] = x->digits[1] = -1;
}

/* One character of a dump: false when it is to be read again. */
static bool read_letter(struct call *c, struct xxd *x, char letter, bool *failed)
{
    bool plain = x->style == STYLE_PLAIN;
    unsigned value = number_digit(letter);
    int digit = value < 16 ? (int)value : -1;

    if (x->rest) {
        if (letter == '\n') {
            x->rest = false;
            begin_line(x);
        }
        return true;
    }
    if (letter == '\r' || (plain && (letter == ' ' || letter == '\n' || letter == '\t')))
        return true;
    if (!(digit < 0 && x->garbage) && (plain || x->place >= 0) && !go_to(c, x, failed))
        return false;
    x->digits[2] = x->digits[1];
    x->digits[1] = x->digits[0];
    x->digits[0] = digit;
    if (digit < 0 && x->garbage)
        return true;
    x->garbage = false;
    if (!plain && x->place < 0) {
        if (digit < 0)
            x->place = 0;
        else
            x->wanted = (int64_t)((uint64_t)x->wanted << 4 | (unsigned)digit);
        return true;
    }
    if (digit >= 0 && x->digits[1] >= 0) {
        call_print_byte(c, (char)(x->digits[1] << 4 | digit));
        x->have++;
        x->wanted++;
        x->digits[0] = -1;
        if (!plain && ++x->place >= x->columns)
            x->rest = true;
    } else if (digit < 0 && x->digits[1] < 0 && x->digits[2] < 0) {
        x->rest = letter != '\n';
    }
    if (letter == '\n')
        begin_line(x);
    return true;
}

/* A step of -r, up to the end of what was read or of what may be done. */
static bool revert(struct call *c, struct xxd *x, enum step *answer)
{
    bool failed = false;
    size_t i = 0;

    if (x->block.length == 0) {
        switch (input_block(x->input, SIZE_MAX, &x->block)) {
        case INPUT_WAIT: return *answer = STEP_WAIT, false;
        case INPUT_END:
            if (x->hex_begun)
                read_include(c, x, ' ');
            if (x->input->error) {
                call_error(c, "%m", x->input->error);
                c->status = STATUS_INPUT;
            }
            return *answer = call_done(c), false;
        case INPUT_MORE: break;
        }
    }
    while (i < x->block.length && !failed && call_go(c)) {
        size_t end = i + 64 < x->block.length ? i + 64 : x->block.length, from = i;
        if (x->style == STYLE_INCLUDE)
            while (i < end)
                read_include(c, x, x->block.data[i++]);
        else
            while (i < end && read_letter(c, x, x->block.data[i], &failed))
                i++;
        call_charge_bytes(c, (i - from) * 4);
        if (i < end)
            break;
    }
    x->block = str_after(x->block, i);
    if (x->input->file->kind != FILE_INODE) {
        input_unread(x->input, x->block.length);
        x->block.length = 0;
    }
    if (failed) {
        call_error(c, "Sorry, cannot seek backwards.");
        return *answer = call_exit(c, STATUS_REVERT), false;
    }
    return true;
}

/* --- the command ----------------------------------------------------------------------------------------------- */

static enum step xxd_step(struct call *c)
{
    struct xxd *x = c->state;
    enum step answer;
    int error;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!x->input) {
            struct str name = x->operand_count ? x->operands[0] : str_lit("-");
            error = input_open(c, &x->input, name, true);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "%S: %m", name, error);
                return call_exit(c, STATUS_INPUT);
            }
        } else if (!x->output_open) {
            error = open_output(c, x);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, STATUS_OUTPUT);
        } else if (x->revert) {
            if (!revert(c, x, &answer))
                return answer;
        } else if (!x->placed) {
            error = place_input(c, x);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "Sorry, cannot seek.");
                return call_exit(c, STATUS_SEEK);
            }
        } else if (!x->begun) {
            begin(c, x);
        } else if (!dump(c, x, &answer)) {
            return answer;
        }
    }
}

const struct command command_xxd = {
    .name = "xxd",
    .usage = "[options] [infile [outfile]]\n-r [-s [-]offset] [-c cols] [-ps] [infile [outfile]]",
    .summary = "Make a hex dump, or do the reverse.",
    .help = "Each option stands in a word of its own. The forms --ps and -ps are the same.",
    .options = options,
    .state = sizeof(struct xxd),
    .start = xxd_start,
    .step = xxd_step,
    .flags = COMMAND_RAW | COMMAND_HELP,
    .refused = "-r -b, -r -e: cannot be reverted",
};
