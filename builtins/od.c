/* builtins/od.c - dump files in octal and other formats. */
#include "base/format.h"
#include "base/number.h"
#include "builtins/text.h"

enum { ENDIAN = OPTION_LONG, TRADITIONAL };

enum { WIDEST = INT32_MAX }; /* bytes of a line */

static const struct option options[] = {
    {'A', "address-radix", "RADIX", "output format for file offsets: one of [doxn], Decimal, Octal, Hex or None"},
    {ENDIAN, "endian", "{big|little}", "swap input bytes according the specified order"},
    {'j', "skip-bytes", "BYTES", "skip BYTES input bytes first"},
    {'N', "read-bytes", "BYTES", "limit dump to BYTES input bytes"},
    {'S', NULL, "BYTES", "output strings of at least BYTES graphic chars"},
    {'S', "strings", "[BYTES]", "the same; 3 is implied when BYTES is not specified"},
    {'t', "format", "TYPE", "select output format or formats"},
    {'v', "output-duplicates", NULL, "do not use * to mark line suppression"},
    {'w', "width", "[BYTES]", "output BYTES bytes per output line; 32 is implied when BYTES is not specified"},
    {TRADITIONAL, "traditional", NULL, "accept arguments in the traditional form"},
    {'a', NULL, NULL, "same as -t a, select named characters, ignoring high-order bit"},
    {'b', NULL, NULL, "same as -t o1, select octal bytes"},
    {'c', NULL, NULL, "same as -t c, select printable characters or backslash escapes"},
    {'d', NULL, NULL, "same as -t u2, select unsigned decimal 2-byte units"},
    {'f', NULL, NULL, "same as -t fF, select floats"},
    {'i', NULL, NULL, "same as -t dI, select decimal ints"},
    {'l', NULL, NULL, "same as -t dL, select decimal longs"},
    {'o', NULL, NULL, "same as -t o2, select octal 2-byte units"},
    {'s', NULL, NULL, "same as -t d2, select decimal 2-byte units"},
    {'x', NULL, NULL, "same as -t x2, select hexadecimal 2-byte units"},
    {'B', NULL, NULL, NULL}, {'D', NULL, NULL, NULL}, {'e', NULL, NULL, NULL}, {'F', NULL, NULL, NULL},
    {'h', NULL, NULL, NULL}, {'H', NULL, NULL, NULL}, {'I', NULL, NULL, NULL}, {'L', NULL, NULL, NULL},
    {'O', NULL, NULL, NULL}, {'X', NULL, NULL, NULL},
    {0},
};

/* One format: how units of some bytes are shown. */
struct spec {
    char kind;          /* a c d f o u x */
    unsigned size;      /* bytes of a unit */
    int width;          /* columns of a unit */
    int64_t pad;        /* columns added over a line to align all formats */
    bool text;          /* z: the characters behind the line */
};

struct od {
    struct spec *specs;
    size_t spec_count;
    char radix;
    bool big, all, strings, limited, labelled;
    uint64_t skip, limit, shortest, label;
    uint64_t offset;    /* of the next byte to show */
    uint64_t left;      /* with -N */
    size_t block, unit; /* bytes of a line; what a line's bytes are filled up to */
    struct str input;   /* read and not yet used */
    struct buf line;    /* bytes of the line that is not yet whole, or of the string */
    struct buf before;  /* the line before */
    bool any_before, starred, ended, opened;
};

/* --- options --------------------------------------------------------------------------------------------- */

static int width_of(char kind, unsigned size)
{
    static const unsigned char octal[] = {3, 6, 11, 22}, decimal[] = {4, 6, 11, 20}, plain[] = {3, 5, 10, 20};
    unsigned log = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;

    switch (kind) {
    case 'o': return octal[log];
    case 'd': return decimal[log];
    case 'u': return plain[log];
    case 'x': return (int)size * 2;
    case 'f': return size == 4 ? 15 : size == 8 ? 24 : 29;
    default: return 3;
    }
}

static void add_spec(struct call *c, struct od *o, char kind, unsigned size)
{
    o->specs = array_grow(c->heap, o->specs, o->spec_count, sizeof *o->specs);
    o->specs[o->spec_count++] = (struct spec){.kind = kind, .size = size, .width = width_of(kind, size)};
}

static int bad_size(struct call *c, struct str type, struct str digits, const char *what)
{
    call_error(c, "invalid type string %S;\nthis system doesn't provide a %S-byte %s type", call_quote_word(c, type), digits,
               what);
    return 1;
}

static int parse_types(struct call *c, struct od *o, struct str type)
{
    for (size_t i = 0; i < type.length;) {
        char kind = type.data[i++];
        bool real = kind == 'f';
        unsigned size = real ? 8 : 4;
        const char *letters = real ? "FDL" : "CSIL";
        static const unsigned char real_sizes[] = {4, 8, 16}, sizes[] = {1, 2, 4, 8};
        if (kind == 'a' || kind == 'c') {
            size = 1;
        } else if (kind == 'd' || kind == 'f' || kind == 'o' || kind == 'u' || kind == 'x') {
            const char *letter = i < type.length && type.data[i] ? strchr(letters, type.data[i]) : NULL;
            if (letter) {
                size = (real ? real_sizes : sizes)[letter - letters];
                i++;
            } else {
                size_t start = i;
                uint64_t number = 0;
                while (i < type.length && type.data[i] >= '0' && type.data[i] <= '9')
                    i++;
                if (i > start) {
                    struct str digits = str_of(type.data + start, i - start);
                    if (text_count(digits, NULL, &number)) {
                        call_error(c, "invalid type string %S", call_quote_word(c, type));
                        return 1;
                    }
                    if (real ? number != 4 && number != 8 && number != 16 :
                               number != 1 && number != 2 && number != 4 && number != 8)
                        return bad_size(c, type, digits, real ? "floating point" : "integral");
                    size = (unsigned)number;
                }
            }
        } else {
            call_error(c, "invalid character '%c' in type string %S", kind, call_quote_word(c, type));
            return 1;
        }
        add_spec(c, o, kind, size);
        if (i < type.length && type.data[i] == 'z') {
            o->specs[o->spec_count - 1].text = true;
            i++;
        }
    }
    return 0;
}

/* A number in any of C's bases with a suffix: 0, or 1 after a message. */
static int read_bytes(struct call *c, const struct given_option *o, uint64_t *bytes)
{
    static const char suffixes[] = "bEGKkMmPTYZ0";
    struct str s = o->value, rest;
    bool overflow = false;
    uint64_t scale = 1;
    size_t used = s.length > 0 && s.data[0] != '-' ? number_parse_unsigned(s, 0, bytes, &overflow) : 0;
    bool bare = used == 0 && s.length > 0 && s.data[0] != '0' && strchr(suffixes, s.data[0]); /* a suffix: 1 of it */
    int error = used == 0 && !bare ? E_INVAL : 0;

    if (bare)
        *bytes = 1;
    if (!error && used < s.length) {
        struct buf one;
        rest = str_after(s, used);
        buf_init(&one, c->heap);
        buf_add_byte(&one, '1');
        buf_add(&one, rest);
        error = text_count(buf_str(&one), suffixes, &scale);
    }
    if (error == E_INVAL) {
        call_error(c, "invalid %s-%c argument %S", used > 0 || bare ? "suffix in " : "", o->letter, call_quote(c, s));
        return 1;
    }
    if (error || overflow || (scale && *bytes > UINT64_MAX / scale)) {
        call_error(c, "-%c argument %S too large", o->letter, call_quote(c, s));
        return 1;
    }
    *bytes *= scale;
    return 0;
}

/* An offset as operand: [+]OFFSET[b]. The real one announces OFFSET. for decimal and then takes it for a file. */
static bool parse_offset(struct str s, uint64_t *offset)
{
    unsigned base = 8;
    uint64_t scale = 1;
    bool overflow = false;
    size_t used;

    if (s.length > 0 && s.data[0] == '+')
        s = str_after(s, 1);
    if (s.length == 0 || s.data[0] == '-' || s.data[0] == '+')
        return false;
    if (s.length > 1 && s.data[0] == '0' && (s.data[1] | 32) == 'x')
        base = 16;
    used = number_parse_unsigned(s, base, offset, &overflow);
    if (used == 0 || overflow)
        return false;
    if (used < s.length && (s.data[used] == 'b' || s.data[used] == 'B')) {
        scale = s.data[used] == 'b' ? 512 : 1024;
        used++;
    }
    if (used < s.length || *offset > UINT64_MAX / scale)
        return false;
    *offset *= scale;
    return true;
}

static int take_offsets(struct call *c, struct od *o, bool traditional)
{
    struct str *words = c->operands;
    size_t n = c->operand_count;
    uint64_t one, two;
    bool plus = n > 0 && words[n - 1].length > 0 && words[n - 1].data[0] == '+';
    bool digit = n > 0 && words[n - 1].length > 0 && words[n - 1].data[0] >= '0' && words[n - 1].data[0] <= '9';

    if (n == 1 && (traditional || plus) && parse_offset(words[0], &one)) {
        o->skip = one;
        c->operand_count = 0;
    } else if (n == 2 && (traditional || plus || digit) && parse_offset(words[1], &two)) {
        if (traditional && parse_offset(words[0], &one)) {
            o->skip = one;
            o->label = two;
            o->labelled = true;
            c->operand_count = 0;
        } else {
            o->skip = two;
            c->operand_count = 1;
        }
    } else if (n == 3 && traditional && parse_offset(words[1], &one) && parse_offset(words[2], &two)) {
        o->skip = one;
        o->label = two;
        o->labelled = true;
        c->operand_count = 1;
    }
    if (traditional && c->operand_count > 1) {
        call_error(c, "extra operand %S", call_quote_word(c, words[1]));
        call_error(c, "compatibility mode supports at most one file");
        return call_usage_error(c, "");
    }
    return 0;
}

static size_t common_multiple(size_t a, size_t b)
{
    size_t n = a;
    while (n % b)
        n += a;
    return n;
}

/* False: no memory holds such lines. */
static bool lay_out(struct call *c, struct od *o, bool width_given, uint64_t width)
{
    uint64_t widest = 0;

    o->unit = 1;
    for (size_t i = 0; i < o->spec_count; i++)
        o->unit = common_multiple(o->unit, o->specs[i].size);
    o->block = o->unit < 16 ? o->unit * (16 / o->unit) : o->unit;
    if (width_given) {
        if (width > 0 && width % o->unit == 0) {
            if (width > WIDEST) {
                call_warn(c, "memory exhausted");
                return false;
            }
            o->block = (size_t)width;
        } else {
            call_warn(c, "warning: invalid width %llu; using %zu instead", (unsigned long long)width, o->unit);
            o->block = o->unit;
        }
    }
    for (size_t i = 0; i < o->spec_count; i++) {
        uint64_t columns = (uint64_t)(o->specs[i].width + 1) * (o->block / o->specs[i].size);
        if (columns > widest)
            widest = columns;
    }
    for (size_t i = 0; i < o->spec_count; i++)
        o->specs[i].pad = (int64_t)(widest - (uint64_t)o->specs[i].width * (o->block / o->specs[i].size));
    return true;
}

static int od_start(struct call *c)
{
    static const char letters[] = "abcdfiloshxBDeFHILOX";
    static const char *const types[] = {"a", "o1", "c", "u2", "fF", "dI", "dL", "o2", "d2", "x2", "x2",
                                        "o2", "u4", "fD", "fD", "x4", "dL", "dL", "o4", "x4"};
    static const char *const orders[] = {"little", "big", NULL};
    struct od *o = c->state;
    bool modern = false, width_given = false, traditional = call_has(c, TRADITIONAL);
    uint64_t width = 32;
    int failed = 0, wrong = 0;

    o->radix = 'o';
    buf_init(&o->line, c->heap);
    buf_init(&o->before, c->heap);
    for (size_t i = 0; i < c->option_count && !failed; i++) {
        const struct given_option *g = &c->options[i];
        const char *letter = g->letter < OPTION_LONG ? strchr(letters, g->letter) : NULL;
        modern |= !letter && g->letter != TRADITIONAL;
        if (letter) {
            failed = parse_types(c, o, str_from(types[letter - letters]));
            continue;
        }
        switch (g->letter) {
        case 'A':
            if (g->value.length == 0 || !strchr("doxn", g->value.data[0])) {
                char shown = g->value.length ? g->value.data[0] : 0;
                call_error(c, "invalid output address radix '%c'; it must be one character from [doxn]", shown);
                return 1;
            }
            o->radix = g->value.data[0];
            break;
        case ENDIAN: {
            int chosen = call_choose(c, "--endian", g->value, orders);
            if (chosen < 0)
                return 1;
            o->big = chosen == 1;
            break;
        }
        case 'j': failed = read_bytes(c, g, &o->skip); break;
        case 'N':
            failed = read_bytes(c, g, &o->limit);
            o->limited = true;
            break;
        case 'S':
            o->strings = true;
            o->shortest = 3;
            if (g->value.data)
                failed = read_bytes(c, g, &o->shortest);
            break;
        case 't': wrong |= parse_types(c, o, g->value); break; /* all that is wrong is told */
        case 'v': o->all = true; break;
        case 'w':
            width_given = true;
            width = 32;
            if (g->value.data)
                failed = read_bytes(c, g, &width);
            break;
        default: break;
        }
    }
    if (failed || wrong)
        return 1;
    if (o->strings && o->spec_count > 0) {
        call_error(c, "no type may be specified when dumping strings");
        return 1;
    }
    if ((!modern || traditional) && (failed = take_offsets(c, o, traditional)))
        return failed;
    if (o->spec_count == 0)
        add_spec(c, o, 'o', 2);
    if (!lay_out(c, o, width_given, width))
        return 1;
    o->left = o->limited ? o->limit : UINT64_MAX;
    return 0;
}

/* --- units ----------------------------------------------------------------------------------------------- */

static uint64_t load(const struct od *o, const unsigned char *p, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)p[o->big ? size - 1 - i : i] << 8 * i;
    return value;
}

static void put_right(struct buf *out, int width, struct str s)
{
    if (width > 0 && (size_t)width > s.length)
        buf_fill(out, ' ', (size_t)width - s.length);
    buf_add(out, s);
}

static void put_integer(struct buf *out, int width, char kind, unsigned size, uint64_t value)
{
    static const char hex[] = "0123456789abcdef";
    char digits[24];
    char *end = digits + sizeof digits, *p = end;
    unsigned shift = kind == 'x' ? 4 : 3;
    int least = width_of(kind, size);

    if (kind == 'd' || kind == 'u') {
        uint64_t top = UINT64_C(1) << (size * 8 - 1);
        bool negative = kind == 'd' && (value & top);
        p = number_write_back(end, negative ? (top << 1) - value : value);
        if (negative)
            *--p = '-';
    } else {
        for (; least > 0; least--, value >>= shift)
            *--p = hex[value & ((1u << shift) - 1)];
    }
    put_right(out, width, str_of(p, (size_t)(end - p)));
}

static void put_character(struct buf *out, int width, char kind, unsigned char byte)
{
    static const char *const names[] = {"nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl",
                                        "vt", "ff", "cr", "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak",
                                        "syn", "etb", "can", "em", "sub", "esc", "fs", "gs", "rs", "us", "sp"};
    static const char escapes[] = "abtnvfr"; /* from 7 on */
    char text[4];
    size_t length = 1;

    if (kind == 'a') {
        byte &= 0x7f;
        if (byte <= 32 || byte == 127) {
            put_right(out, width, str_from(byte == 127 ? "del" : names[byte]));
            return;
        }
    }
    if (byte >= 32 && byte < 127) {
        text[0] = (char)byte;
    } else if (byte == 0 || (byte >= 7 && byte <= 13)) {
        text[0] = '\\';
        text[1] = byte == 0 ? '0' : escapes[byte - 7];
        length = 2;
    } else {
        text[0] = (char)('0' + byte / 64);
        text[1] = (char)('0' + byte / 8 % 8);
        text[2] = (char)('0' + byte % 8);
        length = 3;
    }
    put_right(out, width, str_of(text, length));
}

static struct extended load_extended(const struct od *o, const unsigned char *p)
{
    unsigned char bytes[16];
    struct extended value = {0};
    unsigned head;

    for (int i = 0; i < 16; i++)
        bytes[i] = p[o->big ? 15 - i : i];
    for (int i = 0; i < 8; i++)
        value.mantissa |= (uint64_t)bytes[i] << 8 * i;
    head = bytes[8] | (unsigned)bytes[9] << 8;
    value.negative = head >> 15;
    head &= 0x7fff;
    if (head == 0x7fff) {
        value.kind = value.mantissa << 1 ? EXTENDED_NAN : EXTENDED_INFINITE;
        value.mantissa = 0;
        return value;
    }
    value.exponent = (int32_t)(head ? head : 1) - 16383 - 63;
    if (head > 0 && !(value.mantissa >> 63)) { /* the processor takes it for none */
        value.kind = EXTENDED_NAN;
        value.mantissa = 0;
    }
    if (value.mantissa == 0)
        value.exponent = 0;
    return value;
}

static bool reads_back(struct heap *heap, struct str s, unsigned size, struct extended value, double number)
{
    struct extended e;
    double d;

    if (size == 16)
        return number_parse_extended(heap, s, 0, &e, NULL) == s.length && extended_compare(e, value) == 0;
    if (number_parse_double(heap, s, 0, &d, NULL) != s.length)
        return false;
    return size == 4 ? (float)d == (float)number : d == number;
}

/* The fewest digits, from those that are always exact on, that read back as the same number. */
static void put_real(struct call *c, const struct od *o, int width, const unsigned char *p, unsigned size)
{
    struct extended value = {0};
    double number = 0;
    int first = size == 4 ? 6 : size == 8 ? 15 : 18, last = size == 4 ? 9 : size == 8 ? 17 : 21;
    bool tiny;
    struct buf text;

    if (size == 16) {
        value = load_extended(o, p);
        tiny = value.kind == EXTENDED_FINITE && !(value.mantissa >> 63);
    } else if (size == 8) {
        uint64_t bits = load(o, p, 8);
        memcpy(&number, &bits, sizeof number);
        tiny = (bits >> 52 & 0x7ff) == 0;
    } else {
        uint32_t bits = (uint32_t)load(o, p, 4);
        float small;
        memcpy(&small, &bits, sizeof small);
        number = (double)small;
        tiny = (bits >> 23 & 0xff) == 0;
    }
    buf_init(&text, c->heap);
    for (int digits = tiny ? 1 : first;; digits++) {
        struct format f = FORMAT('g', digits);
        buf_clear(&text);
        if (size == 16)
            format_extended(&text, &f, value);
        else
            format_double(&text, &f, number);
        if (digits >= last || reads_back(c->heap, buf_str(&text), size, value, number))
            break;
    }
    put_right(&c->out, width, buf_str(&text));
    buf_drop(&text);
    call_charge(c, 1);
}

/* --- lines ------------------------------------------------------------------------------------------------- */

static void put_number(struct buf *out, char radix, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    char text[24];
    char *end = text + sizeof text, *p = end;
    unsigned base = radix == 'x' ? 16 : radix == 'd' ? 10 : 8;
    int least = radix == 'x' ? 6 : 7;

    for (; value > 0 || least > 0; value /= base, least--)
        *--p = digits[value % base];
    buf_add(out, str_of(p, (size_t)(end - p)));
}

static void put_address(struct call *c, const struct od *o, uint64_t offset)
{
    if (o->radix != 'n')
        put_number(&c->out, o->radix, offset);
    if (o->labelled) { /* with -A n the address itself stands there */
        call_print_text(c, o->radix == 'n' ? "(" : " (");
        put_number(&c->out, o->radix == 'n' ? 'o' : o->radix, o->radix == 'n' ? offset : offset - o->skip + o->label);
        call_print_byte(c, ')');
    }
}

static void put_units(struct call *c, const struct od *o, const struct spec *s, const unsigned char *bytes,
                      size_t length)
{
    int64_t fields = (int64_t)(o->block / s->size), blank = (int64_t)((o->block - length) / s->size);
    int64_t whole = s->pad / fields, rest = s->pad % fields; /* pad * i / fields without what no integer holds */
    int64_t pad_left = s->pad;

    for (int64_t i = fields; i > blank; i--, bytes += s->size) {
        int64_t next = whole * (i - 1) + rest * (i - 1) / fields;
        int width = (int)(pad_left - next) + s->width;
        if (s->kind == 'f')
            put_real(c, o, width, bytes, s->size);
        else if (s->kind == 'a' || s->kind == 'c')
            put_character(&c->out, width, s->kind, *bytes);
        else
            put_integer(&c->out, width, s->kind, s->size, load(o, bytes, s->size));
        pad_left = next;
    }
    if (s->text)
        buf_fill(&c->out, ' ', (size_t)(blank * s->width + whole * blank + rest * blank / fields));
}

/* Shows a line: `bytes` has zeros behind `length` up to a whole unit. */
static void put_line(struct call *c, struct od *o, const unsigned char *bytes, size_t length)
{
    bool whole = length == o->block;

    call_charge_bytes(c, length * 8);
    if (!o->all && whole && o->any_before && memcmp(o->before.data, bytes, length) == 0) {
        if (!o->starred)
            call_print_text(c, "*\n");
        o->starred = true;
        return;
    }
    o->starred = false;
    for (size_t i = 0; i < o->spec_count; i++) {
        const struct spec *s = &o->specs[i];
        if (i == 0)
            put_address(c, o, o->offset);
        else
            buf_fill(&c->out, ' ', o->radix == 'n' ? 0 : o->radix == 'x' ? 6 : 7);
        put_units(c, o, s, bytes, length);
        if (s->text) {
            call_print_text(c, "  >");
            for (size_t j = 0; j < length; j++)
                call_print_byte(c, bytes[j] >= 32 && bytes[j] < 127 ? (char)bytes[j] : '.');
            call_print_byte(c, '<');
        }
        call_print_byte(c, '\n');
    }
    if (whole) {
        buf_clear(&o->before);
        buf_add(&o->before, str_of((const char *)bytes, length));
        o->any_before = true;
    }
}

/* Uses some of the bytes there are, in whole lines where it can. */
static void dump(struct call *c, struct od *o, struct str *bytes)
{
    while (bytes->length > 0 && call_go(c)) {
        size_t more = o->block - o->line.length;
        if (o->line.length == 0 && bytes->length >= o->block) {
            put_line(c, o, (const unsigned char *)bytes->data, o->block);
            o->offset += o->block;
            *bytes = str_after(*bytes, o->block);
            continue;
        }
        if (more > bytes->length)
            more = bytes->length;
        buf_add(&o->line, str_first(*bytes, more));
        *bytes = str_after(*bytes, more);
        if (o->line.length == o->block) {
            put_line(c, o, (const unsigned char *)o->line.data, o->block);
            o->offset += o->block;
            buf_clear(&o->line);
        }
    }
}

static void finish_dump(struct call *c, struct od *o)
{
    size_t length = o->line.length;

    if (length > 0) {
        buf_fill(&o->line, 0, (o->unit - length % o->unit) % o->unit);
        put_line(c, o, (const unsigned char *)o->line.data, length);
        o->offset += length;
    }
    if (o->radix != 'n' || o->labelled) {
        put_address(c, o, o->offset);
        call_print_byte(c, '\n');
    }
}

/* --- strings ------------------------------------------------------------------------------------------------ */

static void put_string(struct call *c, const struct od *o)
{
    if (o->radix != 'n' || o->labelled) {
        put_address(c, o, o->offset - o->line.length - 1);
        call_print_byte(c, ' ');
    }
    call_print(c, buf_str(&o->line));
    call_print_byte(c, '\n');
}

/* Graphic characters before a NUL. */
static void find_strings(struct call *c, struct od *o, struct str *bytes)
{
    size_t size = bytes->length < TEXT_PIECE ? bytes->length : TEXT_PIECE;

    call_charge_bytes(c, size);
    for (size_t i = 0; i < size; i++) {
        char byte = bytes->data[i];
        o->offset++;
        if (byte >= 32 && byte < 127) {
            buf_add_byte(&o->line, byte);
            continue;
        }
        if (byte == 0 && o->line.length >= o->shortest)
            put_string(c, o);
        buf_clear(&o->line);
    }
    *bytes = str_after(*bytes, size);
}

/* --- the command ------------------------------------------------------------------------------------------------ */

/* -N: what was read and not dumped is left to the next reader. */
static void give_back(struct call *c, struct od *o)
{
    if (c->input) {
        input_unread(c->input, o->input.length);
        input_settle(c->input);
    }
    o->input.length = 0;
}

/* Reads on, and passes over what is to be skipped. */
static enum input_answer read_on(struct call *c, struct od *o)
{
    enum input_answer answer = call_read_block(c, &o->input, NULL);

    if (answer != INPUT_MORE) {
        o->input.length = 0;
        o->ended = answer == INPUT_END;
        o->opened |= c->fresh; /* an empty one */
        return answer;
    }
    o->opened = true;
    if (o->offset < o->skip) {
        uint64_t left = o->skip - o->offset;
        size_t skip = left < o->input.length ? (size_t)left : o->input.length;
        o->input = str_after(o->input, skip);
        o->offset += skip;
        call_charge(c, 1);
    }
    return answer;
}

static enum step finish(struct call *c, struct od *o)
{
    if (o->ended && !o->opened)
        return call_done(c); /* no file at all could be opened: nothing has an end */
    if (o->offset < o->skip) {
        call_error(c, "cannot skip past end of combined input");
        return call_done(c);
    }
    if (!o->ended)
        give_back(c, o);
    if (!o->strings)
        finish_dump(c, o);
    else if (!o->ended && o->line.length >= o->shortest && o->line.length > 0 &&
             o->offset - o->line.length + o->shortest < o->skip + o->limit)
        put_string(c, o); /* it ends where the limit is, with the address the real one tells */
    return call_done(c);
}

static enum step od_step(struct call *c)
{
    struct od *o = c->state;

    for (;;) {
        struct str piece, part;
        size_t size;
        if (!call_go(c))
            return STEP_AGAIN;
        if (o->ended || (o->left == 0 && o->offset >= o->skip && (o->opened || !c->operand_count)))
            return finish(c, o);
        if (o->input.length == 0) {
            enum input_answer answer = read_on(c, o);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_END || o->input.length == 0)
                continue;
        } /* what came through a pipe is worked on in this step */
        piece = part = str_first(o->input, o->left < TEXT_PIECE ? (size_t)o->left : TEXT_PIECE);
        if (o->strings)
            find_strings(c, o, &part);
        else
            dump(c, o, &part);
        size = piece.length - part.length;
        o->left -= o->left == UINT64_MAX ? 0 : size;
        o->input = str_after(o->input, size);
        if (c->input->file->kind != FILE_INODE) { /* its bytes may move between two steps */
            input_unread(c->input, o->input.length);
            o->input.length = 0;
        }
    }
}

const struct command command_od = {
    .name = "od",
    .usage = "[OPTION]... [FILE]...\n[-abcdfilosx]... [FILE] [[+]OFFSET[.][b]]\n"
             "--traditional [OPTION]... [FILE] [[+]OFFSET[.][b] [+][LABEL][.][b]]",
    .summary = "Write an unambiguous representation, octal bytes by default,\nof FILE to standard output.",
    .help = "With more than one FILE argument, concatenate them in the listed order to form the input. With no FILE,\n"
            "or when FILE is -, read standard input.\n\n"
            "TYPE is made up of one or more of these specifications:\n"
            "  a          named character, ignoring high-order bit\n"
            "  c          printable character or backslash escape\n"
            "  d[SIZE]    signed decimal, SIZE bytes per integer\n"
            "  f[SIZE]    floating point, SIZE bytes per float\n"
            "  o[SIZE]    octal, SIZE bytes per integer\n"
            "  u[SIZE]    unsigned decimal, SIZE bytes per integer\n"
            "  x[SIZE]    hexadecimal, SIZE bytes per integer\n\n"
            "SIZE is a number: 1, 2, 4, 8; for f 4, 8, 16. For TYPE in [doux], SIZE may also be C, S, I or L; if TYPE\n"
            "is f, SIZE may also be F, D or L. Adding a z suffix to any type displays printable characters at the end\n"
            "of each output line.\n\n"
            "BYTES is hex with 0x or 0X prefix, and may have a multiplier suffix: b 512, KB 1000, K 1024, MB\n"
            "1000*1000, M 1024*1024, and so on for G, T, P, E, Z, Y. Binary prefixes can be used, too: KiB=K, and so\n"
            "on. For OFFSET and LABEL, a 0x or 0X prefix indicates hexadecimal; a suffix b multiplies by 512.",
    .options = options,
    .state = sizeof(struct od),
    .start = od_start,
    .step = od_step,
};
