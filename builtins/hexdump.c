/* builtins/hexdump.c - show the bytes of files in formats of one's own: hexdump and hd. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/chunks.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'b', "one-byte-octal", NULL, "one-byte octal display"},
    {'c', "one-byte-char", NULL, "one-byte character display"},
    {'C', "canonical", NULL, "canonical hex+ASCII display"},
    {'d', "two-bytes-decimal", NULL, "two-byte decimal display"},
    {'o', "two-bytes-octal", NULL, "two-byte octal display"},
    {'x', "two-bytes-hex", NULL, "two-byte hexadecimal display"},
    {'L', "color", "[MODE]", "interpret color formatting specifiers; MODE is auto, always or never"},
    {'e', "format", "FORMAT", "format string to be used for displaying data"},
    {'f', "format-file", "FILE", "file that contains format strings"},
    {'n', "length", "LENGTH", "interpret only LENGTH bytes of input"},
    {'s', "skip", "OFFSET", "skip OFFSET bytes from the beginning"},
    {'v', "no-squeezing", NULL, "output identical lines"},
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

enum kind {
    KIND_TEXT,
    KIND_SIGNED,
    KIND_UNSIGNED,
    KIND_REAL,
    KIND_STRING,
    KIND_CHARACTER,
    KIND_ADDRESS,
    KIND_ESCAPED,
    KIND_PRINTABLE,
    KIND_NAMED
};

/* A conversion with the text before it, or text alone. */
struct piece {
    enum kind kind;
    struct str text;
    struct format format;
    size_t size;        /* bytes of data it shows */
    const char *color;  /* with -L: the escape before it; NULL: none */
    bool simple;        /* two hex digits, or as it is: no width and the like */
};

/* What one pair of quotes holds. */
struct unit {
    struct str format;      /* with escapes undone */
    struct piece *pieces;
    size_t count;
    uint64_t repeat;
    size_t size;            /* bytes of one turn */
    bool repeat_given, size_given;
    bool at_end;            /* it holds %_A: shown at the end of all */
    bool trim;              /* the last turn goes without the blank at its end */
};

/* What one -e, or one line of -f, says. */
struct layout {
    struct unit *units;
    size_t count;
    uint64_t size;          /* bytes it shows */
};

enum squeeze { SQUEEZE_FIRST, SQUEEZE_WAIT, SQUEEZE_DUPLICATE };
enum { BLOCK_MOST = 1 << 30 };

struct hexdump {
    struct layout *layouts;
    size_t count;
    const struct unit *end;      /* the last unit with %_A */
    bool all, color;
    uint64_t skip, limit;
    bool limited;
    size_t next_option;          /* formats of so many options are there */
    struct input *format_file;
    bool ready;
    size_t next, opened;         /* operands */
    struct chunks chunks;
    size_t block_size;
    uint64_t address;            /* of the block */
    enum squeeze squeeze;
    struct buf before;           /* the block before */
    /* The block being shown, and where in it: */
    struct str block;
    bool showing;
    size_t layout, unit;
    uint64_t turn, at;
};

/* --- formats --------------------------------------------------------------------------------------------- */

static struct str undo_escapes(struct call *c, struct str text)
{
    static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
    struct buf out;

    buf_init(&out, c->heap);
    for (size_t i = 0; i < text.length; i++) {
        char letter = text.data[i];
        if (letter == '\\' && i + 1 < text.length) {
            const char *at = strchr(letters, letter = text.data[++i]);
            if (at)
                letter = bytes[at - letters];
        }
        buf_add_byte(&out, letter);
    }
    return buf_str(&out);
}

static int bad_format(struct call *c, struct str text)
{
    call_error(c, "bad format {%S}", text);
    return 1;
}

static bool is_digit(struct str s, size_t at)
{
    return at < s.length && s.data[at] >= '0' && s.data[at] <= '9';
}

static bool is_space(struct str s, size_t at)
{
    return at < s.length && utf8_byte_is(s.data[at], UTF8_SPACE);
}

static uint64_t digits(struct str s, size_t *at)
{
    uint64_t value = 0;
    for (; is_digit(s, *at); ++*at)
        if (value < BLOCK_MOST)
            value = value * 10 + (uint64_t)(s.data[*at] - '0');
    return value < BLOCK_MOST ? value : BLOCK_MOST;
}

/* Adds what a text says: 0, or 1 after a message. */
static int add_layout(struct call *c, struct hexdump *h, struct str text)
{
    struct layout *l;
    size_t at = 0;

    h->layouts = array_grow(c->heap, h->layouts, h->count, sizeof *h->layouts);
    l = &h->layouts[h->count++];
    *l = (struct layout){0};
    for (;;) {
        struct unit u = {.repeat = 1};
        size_t from;
        while (is_space(text, at))
            at++;
        if (at >= text.length)
            return 0;
        if (is_digit(text, at)) {
            u.repeat = digits(text, &at);
            u.repeat_given = true;
            if (!is_space(text, at) && !(at < text.length && text.data[at] == '/'))
                return bad_format(c, text);
            while (is_space(text, at))
                at++;
        }
        if (at < text.length && text.data[at] == '/') {
            at++;
            while (is_space(text, at))
                at++;
        }
        if (is_digit(text, at)) {
            u.size = (size_t)digits(text, &at);
            u.size_given = u.size > 0;
            if (!is_space(text, at))
                return bad_format(c, text);
            while (is_space(text, at))
                at++;
        }
        if (at >= text.length || text.data[at] != '"')
            return bad_format(c, text);
        from = ++at;
        while (at < text.length && text.data[at] != '"')
            at++;
        if (at >= text.length)
            return bad_format(c, text);
        u.format = undo_escapes(c, str_of(text.data + from, at - from));
        at++;
        l->units = array_grow(c->heap, l->units, l->count, sizeof *l->units);
        l->units[l->count++] = u;
    }
}

/* Cuts _L[...] off the front of `text`; answers the escape of its first color, if colors are wanted. */
static const char *take_color(const struct hexdump *h, struct str *text)
{
    static const char *const names[] = {"black", "red", "green", "brown", "blue", "magenta", "cyan", "gray", "yellow"};
    static const char *const codes[] = {"\033[30m", "\033[31m", "\033[32m", "\033[33m", "\033[34m",
                                        "\033[35m", "\033[36m", "\033[37m", "\033[1;33m"};
    ptrdiff_t end;
    struct str name;

    if (!str_starts(*text, "_L[") || (end = str_find(*text, ']')) < 0)
        return NULL;
    name = str_of(text->data + 3, (size_t)end - 3);
    *text = str_after(*text, (size_t)end + 1);
    for (size_t i = 0; h->color && i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i]))
            return codes[i];
    return NULL;
}

static bool integer_size(size_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

/* What stands behind the % in `text`: its length, 0 after a message. */
static size_t read_conversion(struct call *c, const struct unit *u, struct piece *p, struct str text)
{
    size_t length = format_parse(text, 0, &p->format), size = u->size_given ? u->size : 0;
    char letter = length ? p->format.conversion : 0, second;
    bool fine = true;

    switch (letter) {
    case 'c':
        p->kind = KIND_CHARACTER;
        p->size = 1;
        fine = size <= 1;
        break;
    case 'd': case 'i': case 'o': case 'u': case 'x': case 'X':
        p->kind = letter == 'd' || letter == 'i' ? KIND_SIGNED : KIND_UNSIGNED;
        p->size = size ? size : 4;
        fine = integer_size(p->size);
        p->simple = letter == 'x' && p->size == 1 && p->format.zero && p->format.width == 2 &&
                    p->format.precision < 0 && !p->format.left && !p->format.alternate;
        break;
    case 'e': case 'E': case 'f': case 'g': case 'G':
        p->kind = KIND_REAL;
        p->size = size ? size : 8;
        fine = p->size == 4 || p->size == 8;
        break;
    case 's':
        p->kind = KIND_STRING;
        if (!size && p->format.precision < 0) {
            call_error(c, "%%s requires a precision or a byte count");
            return 0;
        }
        p->size = size ? size : (size_t)p->format.precision;
        break;
    case '_':
        second = length < text.length ? text.data[length++] : 0;
        p->size = 1;
        fine = size <= 1;
        if (second == 'A' || second == 'a') {
            char base = length < text.length ? text.data[length++] : 0;
            p->kind = KIND_ADDRESS;
            p->size = 0;
            p->format.conversion = base;
            if (base == 'd' || base == 'o' || base == 'x')
                return length;
        }
        p->kind = second == 'c' ? KIND_ESCAPED : second == 'p' ? KIND_PRINTABLE : KIND_NAMED;
        p->simple = second == 'p' && p->format.width == 0 && p->format.precision < 0;
        if (second == 'c' || second == 'p' || second == 'u')
            break;
        call_error(c, "bad conversion character %%%S", str_of(text.data + length - (second ? 2 : 1), second ? 2 : 1));
        return 0;
    default:
        call_error(c, "bad conversion character %%%S", str_of(&p->format.conversion, 1));
        return 0;
    }
    if (!fine) {
        call_error(c, "bad byte count for conversion character %S", str_of(text.data + length - 1, 1));
        return 0;
    }
    return length;
}

/* Takes the format of a unit apart: 0, or 1 after a message. */
static int read_unit(struct call *c, const struct hexdump *h, struct unit *u)
{
    struct str rest = u->format;
    size_t conversions = 0, size = 0;

    while (rest.length > 0) {
        struct piece p = {0};
        ptrdiff_t at = str_find(rest, '%');
        if (at < 0) {
            p.text = rest;
            rest.length = 0;
        } else {
            size_t length;
            p.text = str_first(rest, (size_t)at);
            rest = str_after(rest, (size_t)at + 1);
            length = read_conversion(c, u, &p, rest);
            if (!length)
                return 1;
            for (size_t i = 0; i + 1 < length; i++)
                u->at_end |= rest.data[i] == '_' && rest.data[i + 1] == 'A';
            rest = str_after(rest, length);
            p.color = take_color(h, &rest);
            if (p.kind != KIND_ADDRESS && conversions++ && u->size_given) {
                call_error(c, "byte count with multiple conversion characters");
                return 1;
            }
            size += p.size;
        }
        u->pieces = array_grow(c->heap, u->pieces, u->count, sizeof *u->pieces);
        u->pieces[u->count++] = p;
    }
    if (!u->size_given)
        u->size = size;
    return 0;
}

static uint64_t limited(uint64_t value)
{
    return value < BLOCK_MOST ? value : BLOCK_MOST;
}

/* All formats are there: sizes are known now. 0, or 1 after a message. */
static int lay_out(struct call *c, struct hexdump *h)
{
    uint64_t most = 0;

    for (size_t i = 0; i < h->count; i++) {
        struct layout *l = &h->layouts[i];
        for (size_t j = 0; j < l->count; j++) {
            struct unit *u = &l->units[j];
            if (read_unit(c, h, u))
                return 1;
            if (u->at_end)
                h->end = u;
            l->size = limited(l->size + limited(u->repeat * (uint64_t)u->size));
        }
        if (l->size > most)
            most = l->size;
    }
    h->block_size = (size_t)most;
    for (size_t i = 0; i < h->count; i++) {
        struct layout *l = &h->layouts[i];
        for (size_t j = 0; j < l->count; j++) {
            struct unit *u = &l->units[j];
            const struct piece *last = u->count ? &u->pieces[u->count - 1] : NULL;
            if (j + 1 == l->count && l->size < most && !u->repeat_given && u->size)
                u->repeat += (most - l->size) / u->size;
            u->trim = u->repeat > 1 && last && last->kind == KIND_TEXT && is_space(last->text, last->text.length - 1);
        }
    }
    return 0;
}

/* --- options ---------------------------------------------------------------------------------------------- */

static const char address_format[] = "\"%07.7_ax \" ";

/* The formats that a letter stands for: 0, or 1 after a message. */
static int add_letter(struct call *c, struct hexdump *h, int letter)
{
    static const char letters[] = "bcdox";
    static const char *const formats[] = {"16/1 \"%03o \" \"\\n\"", "16/1 \"%3_c \" \"\\n\"", "8/2 \"  %05u \" \"\\n\"",
                                          "8/2 \" %06o \" \"\\n\"", "8/2 \"   %04x \" \"\\n\""};
    const char *rest = "8/2 \"%04x \" \"\\n\"";
    struct buf text;

    if (letter == 'C') {
        add_layout(c, h, str_lit("\"%08.8_Ax\n\""));
        add_layout(c, h, str_lit("\"%08.8_ax  \" 8/1 \"%02x \" \"  \" 8/1 \"%02x \" "));
        return add_layout(c, h, str_lit("\"  |\" 16/1 \"%_p\" \"|\\n\""));
    }
    if (letter)
        rest = formats[strchr(letters, letter) - letters];
    buf_init(&text, c->heap);
    buf_add_text(&text, address_format);
    buf_add_text(&text, rest);
    add_layout(c, h, str_lit("\"%07.7_Ax\n\""));
    return add_layout(c, h, buf_str(&text));
}

/* A size as util-linux reads it: 0, or 1 after a message. */
static int read_size(struct call *c, int letter, const char *what, uint64_t *size)
{
    static const char suffixes[] = "KMGTPEZY";
    struct str s, rest;
    bool overflow = false;
    size_t used;
    uint64_t base = 1024;
    const char *suffix;

    if (!call_value(c, letter, &s))
        return 0;
    used = s.length && s.data[0] >= '0' && s.data[0] <= '9' ? number_parse_unsigned(s, 0, size, &overflow) : 0;
    rest = str_after(s, used);
    if (used && rest.length) {
        char upper = (char)utf8_ascii_upper[(unsigned char)rest.data[0]];
        suffix = upper ? strchr(suffixes, upper) : NULL;
        if (rest.length == 2 && rest.data[1] == 'B')
            base = 1000;
        else if (rest.length != 1 && !(rest.length == 3 && rest.data[1] == 'i' && rest.data[2] == 'B'))
            suffix = NULL;
        for (const char *p = suffixes; suffix && p <= suffix; p++) {
            overflow |= *size > UINT64_MAX / base;
            *size *= base;
        }
        if (!suffix)
            used = 0;
    }
    if (used && !overflow)
        return 0;
    call_error(c, "failed to parse %s: '%S': %m", what, s, overflow ? E_RANGE : E_INVAL);
    return 1;
}

static int hexdump_start(struct call *c)
{
    struct hexdump *h = c->state;
    struct str mode;

    h->limit = UINT64_MAX;
    h->all = call_has(c, 'v');
    h->color = call_value(c, 'L', &mode) && (str_is(mode, "always") || str_is(mode, "=always"));
    buf_init(&h->before, c->heap);
    if (str_is(c->name, "hd"))
        add_letter(c, h, 'C');
    return read_size(c, 'n', "length", &h->limit) || read_size(c, 's', "offset", &h->skip);
}

/* The formats of a file, a line each: 0, E_WAIT, or 1 after a message. */
static int read_formats(struct call *c, struct hexdump *h, struct str name)
{
    struct str all, line;
    int error = text_whole(c, &h->format_file, name, false, &all);

    if (error == E_WAIT)
        return error;
    if (!h->format_file) {
        call_error(c, "can't read %S: %m", name, error);
        return 1;
    }
    call_charge_bytes(c, all.length);
    while (all.length > 0) {
        ptrdiff_t at = str_find(all, '\n');
        size_t start = 0;
        line = at < 0 ? all : str_first(all, (size_t)at);
        all = str_after(all, at < 0 ? all.length : (size_t)at + 1);
        while (is_space(line, start))
            start++;
        line = str_after(line, start);
        if (line.length && line.data[0] != '#' && add_layout(c, h, str_copy(c->heap, line)))
            return 1;
    }
    input_close(h->format_file);
    h->format_file = NULL;
    return 0;
}

/* Formats of all options, in their order: 0, E_WAIT, or 1 after a message. */
static int read_options(struct call *c, struct hexdump *h)
{
    for (; h->next_option < c->option_count; h->next_option++) {
        const struct given_option *g = &c->options[h->next_option];
        int error = 0;
        if (g->letter == 'e')
            error = add_layout(c, h, g->value);
        else if (g->letter == 'f')
            error = read_formats(c, h, g->value);
        else if (g->letter < OPTION_LONG && strchr("bcCdox", g->letter))
            error = add_letter(c, h, g->letter);
        if (error)
            return error;
    }
    if (!h->count)
        add_letter(c, h, 0);
    return lay_out(c, h);
}

/* --- showing ---------------------------------------------------------------------------------------------- */

static void put_padded(struct buf *out, const struct format *f, struct str text)
{
    struct format plain = *f;
    plain.conversion = 's';
    plain.zero = false;
    format_str(out, &plain, text);
}

static void put_escaped(struct buf *out, const struct format *f, unsigned char byte)
{
    static const char letters[] = "0......abtnvfr";
    char text[3];
    size_t length = 1;

    if (byte == 0 || (byte >= 7 && byte <= 13)) {
        text[0] = '\\';
        text[1] = letters[byte];
        length = 2;
    } else if (byte >= 32 && byte < 127) {
        text[0] = (char)byte;
    } else {
        text[0] = (char)('0' + byte / 64);
        text[1] = (char)('0' + byte / 8 % 8);
        text[2] = (char)('0' + byte % 8);
        length = 3;
    }
    put_padded(out, f, str_of(text, length));
}

static void put_named(struct buf *out, const struct format *f, unsigned char byte)
{
    static const char *const names[] = {"nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "lf",
                                        "vt", "ff", "cr", "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak",
                                        "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us"};
    static const char hex[] = "0123456789abcdef";
    char text[2];

    if (byte < 32 || byte == 127) {
        put_padded(out, f, str_from(byte < 32 ? names[byte] : "del"));
    } else if (byte < 127) {
        text[0] = (char)byte;
        put_padded(out, f, str_of(text, 1));
    } else {
        text[0] = hex[byte >> 4];
        text[1] = hex[byte & 15];
        put_padded(out, f, str_of(text, 2));
    }
}

/* A number of the block; behind its end there are zeros. */
static uint64_t load(struct str block, uint64_t at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size && at + i < block.length; i++)
        value |= (uint64_t)(unsigned char)block.data[at + i] << 8 * i;
    return value;
}

static void put_real(struct buf *out, const struct piece *p, uint64_t bits)
{
    double number;

    if (p->size == 4) {
        uint32_t half = (uint32_t)bits;
        float small;
        memcpy(&small, &half, sizeof small);
        number = (double)small;
    } else {
        memcpy(&number, &bits, sizeof number);
    }
    format_double(out, &p->format, number);
}

static void put_string(struct buf *out, const struct piece *p, struct str block, uint64_t at)
{
    struct str text = str_first(str_after(block, (size_t)at), p->size);
    ptrdiff_t end = str_find(text, 0);

    if (end >= 0)
        text.length = (size_t)end;
    put_padded(out, &p->format, text);
}

static void put_data(struct buf *out, const struct piece *p, struct str block, uint64_t at, uint64_t address)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char byte = at < block.length ? (unsigned char)block.data[at] : 0;
    char letter = (char)byte;

    switch (p->kind) {
    case KIND_TEXT: break;
    case KIND_ADDRESS:
        if (p->format.conversion == 'd')
            format_int(out, &p->format, (int64_t)address);
        else
            format_unsigned(out, &p->format, address);
        break;
    case KIND_SIGNED: {
        uint64_t value = load(block, at, p->size), top = UINT64_C(1) << (p->size * 8 - 1);
        format_int(out, &p->format, (int64_t)((value ^ top) - top));
        break;
    }
    case KIND_UNSIGNED:
        if (p->simple) {
            buf_add_byte(out, hex[byte >> 4]);
            buf_add_byte(out, hex[byte & 15]);
        } else {
            format_unsigned(out, &p->format, load(block, at, p->size));
        }
        break;
    case KIND_REAL: put_real(out, p, load(block, at, p->size)); break;
    case KIND_STRING: put_string(out, p, block, at); break;
    case KIND_CHARACTER: put_padded(out, &p->format, str_of(&letter, 1)); break;
    case KIND_ESCAPED: put_escaped(out, &p->format, byte); break;
    case KIND_PRINTABLE:
        if (byte < 32 || byte >= 127)
            letter = '.';
        if (p->simple)
            buf_add_byte(out, letter);
        else
            put_padded(out, &p->format, str_of(&letter, 1));
        break;
    case KIND_NAMED: put_named(out, &p->format, byte); break;
    }
}

static void put_piece(struct call *c, const struct hexdump *h, const struct piece *p, bool trim)
{
    if (p->color)
        call_print_text(c, p->color);
    call_print(c, str_first(p->text, p->text.length - trim));
    if (p->kind != KIND_TEXT && h->block.length < h->block_size && h->at >= h->block.length)
        buf_fill(&c->out, ' ', p->format.width > 0 ? (size_t)p->format.width : 0);
    else
        put_data(&c->out, p, h->block, h->at, h->address + h->at);
    if (p->color)
        call_print_text(c, "\033[0m");
}

/* Shows some of the block: false when there is more of it. */
static bool show(struct call *c, struct hexdump *h)
{
    for (; h->layout < h->count; h->layout++, h->unit = 0, h->at = 0) {
        const struct layout *l = &h->layouts[h->layout];
        for (; h->unit < l->count; h->unit++, h->turn = 0) {
            const struct unit *u = &l->units[h->unit];
            if (u->at_end)
                break;
            for (; h->turn < u->repeat; h->turn++) {
                if (!call_go(c))
                    return false;
                for (size_t i = 0; i < u->count; i++) {
                    const struct piece *p = &u->pieces[i];
                    put_piece(c, h, p, u->trim && i + 1 == u->count && h->turn + 1 == u->repeat);
                    h->at += p->size;
                }
                if (!u->count)
                    h->at += u->size;
                if (h->turn % 8 == 0 || u->size > 64)
                    call_charge_bytes(c, 64 + u->size);
            }
        }
    }
    return true;
}

static void begin_block(struct hexdump *h)
{
    h->showing = true;
    h->layout = h->unit = 0;
    h->turn = h->at = 0;
}

/* Is the block as the one before, and so not shown? */
static bool is_duplicate(struct call *c, struct hexdump *h)
{
    struct str block = h->block;

    if (h->all)
        return false;
    call_charge_bytes(c, block.length);
    if (h->squeeze != SQUEEZE_FIRST && block.length == h->block_size && str_equal(block, buf_str(&h->before))) {
        if (h->squeeze == SQUEEZE_WAIT)
            call_print_text(c, "*\n");
        h->squeeze = SQUEEZE_DUPLICATE;
        return true;
    }
    h->squeeze = SQUEEZE_WAIT;
    buf_clear(&h->before);
    buf_add(&h->before, block);
    return false;
}

/* What %_A shows, if anything was read. */
static void show_end(struct call *c, struct hexdump *h)
{
    if (!h->end || !h->address)
        return;
    h->block = (struct str){0};
    for (size_t i = 0; i < h->end->count; i++) {
        const struct piece *p = &h->end->pieces[i];
        if (p->kind != KIND_TEXT && p->kind != KIND_ADDRESS)
            continue;
        if (p->color)
            call_print_text(c, p->color);
        call_print(c, p->text);
        put_data(&c->out, p, h->block, 0, h->address);
        if (p->color)
            call_print_text(c, "\033[0m");
    }
}

/* --- input ------------------------------------------------------------------------------------------------- */

/* Passes over the bytes of -s that lie in this file: 0, E_WAIT, or 1 when it is not read at all. */
static int skip_in(struct call *c, struct hexdump *h, struct input *in)
{
    struct stat_info info = {0};
    int error;

    if (in->file->kind != FILE_INODE) {
        if (in->file->kind == FILE_DEVICE || in->file->kind == FILE_DIRECTORY)
            return 0;
        call_error(c, "%S: Illegal seek", in->standard ? str_lit("stdin") : in->name);
        return 1;
    }
    error = file_stat(in->file, &info);
    if (error == E_WAIT)
        return error;
    if (h->skip > info.size && !in->standard) {
        h->skip -= info.size;
        h->address += info.size;
        return 1;
    }
    in->file->offset = h->skip;
    h->address += h->skip;
    h->skip = 0;
    return 0;
}

/* The next operand. */
static int open_next(struct call *c, struct input **input)
{
    struct hexdump *h = c->state;
    struct input *in = *input;

    if (in && in->error)
        call_warn(c, "%S: %m", in->name, in->error);
    for (;;) {
        bool none = c->operand_count == 0;
        int error;
        if (h->next >= (none ? 1 : c->operand_count)) {
            if (!h->opened && !none) {
                call_error(c, "all input file arguments failed");
            }
            h->opened = 1;
            return 1;
        }
        error = input_open(c, &in, none ? str_lit("-") : c->operands[h->next], none);
        if (error == E_WAIT)
            return error;
        if (!error && h->skip) {
            error = skip_in(c, h, in);
            if (error)
                input_close(in);
            if (error == E_WAIT)
                return error;
        }
        h->next++;
        if (error < 0)
            call_error(c, "%S: %m", c->operands[h->next - 1], error);
        else
            h->opened++;
        if (!error) {
            if (*input)
                input_close(*input);
            *input = in;
            return 0;
        }
    }
}

/* --- the command ----------------------------------------------------------------------------------------------- */

static enum step hexdump_step(struct call *c)
{
    struct hexdump *h = c->state;

    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_format(c, "%S from util-linux 2.38.1\n", c->name);
        return call_done(c);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!h->ready) {
            int error = read_options(c, h);
            if (error)
                return error == E_WAIT ? STEP_WAIT : call_exit(c, 1);
            h->ready = true;
            chunks_start(&h->chunks, c, NULL, h->limit);
            h->chunks.next = open_next;
        } else if (h->showing) {
            if (!show(c, h))
                return STEP_AGAIN;
            h->showing = false;
            h->address += h->block.length;
        } else {
            switch (chunks_next(&h->chunks, h->block_size, &h->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:
                chunks_finish(&h->chunks);
                show_end(c, h);
                return call_done(c);
            case INPUT_MORE: break;
            }
            call_charge(c, 1);
            if (is_duplicate(c, h))
                h->address += h->block.length;
            else
                begin_block(h);
        }
    }
}

const struct command command_hexdump = {
    .name = "hexdump",
    .usage = "[options] <file>...",
    .summary = "Display file contents in hexadecimal, decimal, octal, or ascii.",
    .help =
        "LENGTH and OFFSET may be followed by the suffixes KiB, MiB, GiB, TiB, PiB and EiB (the \"iB\" is optional), or KB and\n"
        "so on for powers of 1000.",
    .options = options,
    .state = sizeof(struct hexdump),
    .start = hexdump_start,
    .step = hexdump_step,
    .refused = "_L[COLOR:VALUE@OFFSET] in formats: colors have no conditions",
};

const struct command command_hd = {
    .name = "hd",
    .usage = "[options] <file>...",
    .summary = "Display file contents as hexdump -C.",
    .options = options,
    .state = sizeof(struct hexdump),
    .start = hexdump_start,
    .step = hexdump_step,
};
