/* builtins/basenc.c - write bytes with the letters of a small alphabet, and back: basenc, base64, base32. */
#include "base/number.h"
#include "builtins/text.h"

enum { BASE64 = OPTION_LONG, BASE64URL, BASE32, BASE32HEX, BASE16, BASE2MSBF, BASE2LSBF, Z85 };

#define COMMON_OPTIONS                                                                   \
    {'d', "decode", NULL, "decode data"},                                                \
    {'i', "ignore-garbage", NULL, "when decoding, ignore non-alphabet characters"},      \
    {'w', "wrap", "COLS", "wrap encoded lines after COLS character (default 76); use 0 to disable line wrapping"}

static const struct option options[] = {COMMON_OPTIONS, {0}};

static const struct option all_options[] = {
    {BASE64, "base64", NULL, "same as 'base64' program (RFC 4648 section 4)"},
    {BASE64URL, "base64url", NULL, "file- and url-safe base64 (RFC 4648 section 5)"},
    {BASE32, "base32", NULL, "same as 'base32' program (RFC 4648 section 6)"},
    {BASE32HEX, "base32hex", NULL, "extended hex alphabet base32 (RFC 4648 section 7)"},
    {BASE16, "base16", NULL, "hex encoding (RFC 4648 section 8)"},
    {BASE2MSBF, "base2msbf", NULL, "bit string with most significant bit (msb) first"},
    {BASE2LSBF, "base2lsbf", NULL, "bit string with least significant bit (lsb) first"},
    COMMON_OPTIONS,
    {Z85, "z85", NULL, "ascii85-like encoding (ZeroMQ spec:32/Z85); when encoding, input length must be a multiple of 4; "
                       "when decoding, input length must be a multiple of 5"},
    {0},
};

enum {
    NONE = 255,         /* of a letter that is not in the alphabet */
    Z85_BLOCK = 30720,  /* bytes that z85 takes whole: what is not complete within the last of them is not written */
    GROUP_MOST = 8      /* letters or bytes */
};

/* An encoding: groups of bytes become groups of letters. */
struct coding {
    const char *letters;
    unsigned bytes, group;
};

static const struct coding codings[] = {
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 3, 4},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 3, 4},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8},
    {"0123456789ABCDEFGHIJKLMNOPQRSTUV", 5, 8},
    {"0123456789ABCDEF", 1, 2},
    {"01", 1, 8},
    {"01", 1, 8},
    {"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#", 4, 5},
};

struct basenc {
    int kind;                      /* BASE64 and its kin */
    const struct coding *coding;
    uint64_t wrap, column;         /* wrap 0: no lines */
    bool decode, ignore;
    struct input *input;
    struct str block;              /* read and not yet done */
    struct buf rest;               /* bytes or letters of a group that is not complete */
    struct buf text;               /* what is made of a piece before it is cut into lines; letters without newlines */
    unsigned char values[256];
};

/* --- writing ------------------------------------------------------------------------------------------ */

/* Up to `coding->bytes` bytes as a whole group: letters behind the last bit are =. */
static void encode_group(const struct basenc *b, char *out, const unsigned char *in, size_t count)
{
    const struct coding *k = b->coding;
    unsigned bits = k->group == 4 ? 6 : 5;
    uint64_t all = 0;

    for (unsigned i = 0; i < k->bytes; i++)
        all = all << 8 | (i < count ? in[i] : 0);
    size_t letters = (count * 8 + bits - 1) / bits;
    for (unsigned i = 0; i < k->group; i++)
        out[i] = i < letters ? k->letters[all >> ((k->group - 1 - i) * bits) & ((1u << bits) - 1)] : '=';
}

static void encode_64(char *out, const unsigned char *in, size_t groups, const char *letters)
{
    for (; groups > 0; groups--, in += 3, out += 4) {
        uint32_t all = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        out[0] = letters[all >> 18];
        out[1] = letters[all >> 12 & 63];
        out[2] = letters[all >> 6 & 63];
        out[3] = letters[all & 63];
    }
}

static void encode_85(char *out, const unsigned char *in, const char *letters)
{
    uint32_t all = (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];

    for (int i = 4; i >= 0; i--, all /= 85)
        out[i] = letters[all % 85];
}

/* Appends whole groups to b->text. */
static void encode(struct basenc *b, const unsigned char *in, size_t groups)
{
    const struct coding *k = b->coding;
    char *out = buf_reserve(&b->text, groups * k->group);

    b->text.length += groups * k->group;
    if (k->group == 4) {
        encode_64(out, in, groups, k->letters);
        return;
    }
    for (size_t i = 0; i < groups; i++, in += k->bytes, out += k->group) {
        switch (b->kind) {
        case BASE16:
            out[0] = k->letters[*in >> 4];
            out[1] = k->letters[*in & 15];
            break;
        case BASE2MSBF:
        case BASE2LSBF:
            for (int bit = 0; bit < 8; bit++)
                out[bit] = (char)('0' + (*in >> (b->kind == BASE2MSBF ? 7 - bit : bit) & 1));
            break;
        case Z85: encode_85(out, in, k->letters); break;
        default: encode_group(b, out, in, k->bytes); break;
        }
    }
}

/* Prints b->text in lines, and empties it. */
static void print_lines(struct call *c, struct basenc *b)
{
    struct str text = buf_str(&b->text);

    if (!b->wrap) {
        call_print(c, text);
    } else {
        char *out = buf_reserve(&c->out, text.length + text.length / b->wrap + 1), *at = out;
        while (text.length > 0) {
            uint64_t room = b->wrap - b->column;
            size_t count = text.length < room ? text.length : (size_t)room;
            memcpy(at, text.data, count);
            at += count;
            text = str_after(text, count);
            b->column += count;
            if (b->column == b->wrap) {
                *at++ = '\n';
                b->column = 0;
            }
        }
        c->out.length += (size_t)(at - out);
    }
    buf_clear(&b->text);
}

static void encode_piece(struct call *c, struct basenc *b, struct str piece)
{
    size_t unit = b->kind == Z85 ? Z85_BLOCK : b->coding->bytes;

    if (b->rest.length) {
        struct str first = str_first(piece, unit - b->rest.length);
        buf_add(&b->rest, first);
        piece = str_after(piece, first.length);
        if (b->rest.length < unit)
            return;
        encode(b, (const unsigned char *)b->rest.data, unit / b->coding->bytes);
        buf_clear(&b->rest);
    }
    size_t whole = piece.length / unit * unit;
    encode(b, (const unsigned char *)piece.data, whole / b->coding->bytes);
    buf_add(&b->rest, str_after(piece, whole));
    print_lines(c, b);
}

static enum step encode_end(struct call *c, struct basenc *b)
{
    const struct coding *k = b->coding;

    if (b->kind == Z85 && b->rest.length % k->bytes) {
        call_error(c, "invalid input (length must be multiple of 4 characters)");
        return call_done(c);
    }
    size_t groups = b->rest.length / k->bytes, left = b->rest.length % k->bytes;
    if (groups)
        encode(b, (const unsigned char *)b->rest.data, groups);
    if (left) {
        encode_group(b, buf_reserve(&b->text, k->group), (const unsigned char *)b->rest.data + groups * k->bytes, left);
        b->text.length += k->group;
    }
    print_lines(c, b);
    if (b->column)
        call_print_byte(c, '\n');
    return call_done(c);
}

/* --- reading ------------------------------------------------------------------------------------------ */

static bool padding(const unsigned char *in, unsigned from, unsigned to)
{
    while (from < to)
        if (in[from++] != '=')
            return false;
    return true;
}

/* A group of `count` letters, at most 4: what is good before the first bad one counts. Answers where the output ends;
 * *good tells whether all was. */
static unsigned char *decode_4(const struct basenc *b, unsigned char *out, const unsigned char *in, size_t count, bool *good)
{
    const unsigned char *v = b->values;

    *good = false;
    if (count < 2 || v[in[0]] == NONE || v[in[1]] == NONE)
        return out;
    *out++ = (unsigned char)(v[in[0]] << 2 | v[in[1]] >> 4);
    if (count == 2)
        return out;
    if (in[2] == '=') {
        *good = count == 4 && in[3] == '=';
        return out;
    }
    if (v[in[2]] == NONE)
        return out;
    *out++ = (unsigned char)(v[in[1]] << 4 | v[in[2]] >> 2);
    if (count == 3)
        return out;
    if (in[3] != '=') {
        if (v[in[3]] == NONE)
            return out;
        *out++ = (unsigned char)(v[in[2]] << 6 | v[in[3]]);
    }
    *good = true;
    return out;
}

static unsigned char *decode_8(const struct basenc *b, unsigned char *out, const unsigned char *in, size_t count, bool *good)
{
    const unsigned char *v = b->values;

    *good = false;
    if (count < 8 || v[in[0]] == NONE || v[in[1]] == NONE)
        return out;
    *out++ = (unsigned char)(v[in[0]] << 3 | v[in[1]] >> 2);
    if (in[2] == '=') {
        *good = padding(in, 3, 8);
        return out;
    }
    if (v[in[2]] == NONE || v[in[3]] == NONE)
        return out;
    *out++ = (unsigned char)(v[in[1]] << 6 | v[in[2]] << 1 | v[in[3]] >> 4);
    if (in[4] == '=') {
        *good = padding(in, 5, 8);
        return out;
    }
    if (v[in[4]] == NONE)
        return out;
    *out++ = (unsigned char)(v[in[3]] << 4 | v[in[4]] >> 1);
    if (in[5] == '=') {
        *good = padding(in, 6, 8);
        return out;
    }
    if (v[in[5]] == NONE || v[in[6]] == NONE)
        return out;
    *out++ = (unsigned char)(v[in[4]] << 7 | v[in[5]] << 2 | v[in[6]] >> 3);
    if (in[7] != '=') {
        if (v[in[7]] == NONE)
            return out;
        *out++ = (unsigned char)(v[in[6]] << 5 | v[in[7]]);
    }
    *good = true;
    return out;
}

/* A group of the kinds without padding. */
static unsigned char *decode_plain(const struct basenc *b, unsigned char *out, const unsigned char *in, size_t count, bool *good)
{
    const struct coding *k = b->coding;
    uint64_t all = 0;

    *good = false;
    if (count < k->group)
        return out;
    for (unsigned i = 0; i < k->group; i++) {
        unsigned value = b->values[in[i]];
        if (value == NONE)
            return out;
        switch (b->kind) {
        case BASE16:    all = all << 4 | value; break;
        case BASE2MSBF: all = all << 1 | value; break;
        case BASE2LSBF: all |= (uint64_t)value << i; break;
        default:        all = all * 85 + value; break;
        }
    }
    if (all >> (8 * k->bytes))
        return out;
    for (unsigned i = k->bytes; i-- > 0;)
        *out++ = (unsigned char)(all >> (8 * i));
    *good = true;
    return out;
}

static unsigned char *decode_group(const struct basenc *b, unsigned char *out, const unsigned char *in, size_t count, bool *good)
{
    switch (b->kind) {
    case BASE64:
    case BASE64URL: return decode_4(b, out, in, count, good);
    case BASE32:
    case BASE32HEX: return decode_8(b, out, in, count, good);
    default:        return decode_plain(b, out, in, count, good);
    }
}

/* Appends the letters of a piece to b->text, without newlines (and garbage). */
static void gather(struct basenc *b, struct str piece)
{
    char *out = buf_reserve(&b->text, piece.length), *at = out;
    const char *p = piece.data, *end = p + piece.length;

    if (b->ignore) {
        for (; p < end; p++) {
            *at = *p;
            at += *p == '=' || b->values[(unsigned char)*p] != NONE;
        }
    } else {
        while (p < end) {
            const char *newline = memchr(p, '\n', (size_t)(end - p));
            size_t count = (size_t)((newline ? newline : end) - p);
            memcpy(at, p, count);
            at += count;
            p += count + 1;
        }
    }
    b->text.length += (size_t)(at - out);
}

/* False when there is a bad letter. */
static bool decode_piece(struct call *c, struct basenc *b, struct str piece)
{
    unsigned size = b->coding->group;

    if (b->kind == BASE64URL && !b->ignore && (str_find(piece, '+') >= 0 || str_find(piece, '/') >= 0))
        return false;
    buf_clear(&b->text);
    buf_add(&b->text, buf_str(&b->rest));
    buf_clear(&b->rest);
    gather(b, piece);
    size_t groups = b->text.length / size;
    const unsigned char *in = (const unsigned char *)b->text.data;
    unsigned char *begin = (unsigned char *)buf_reserve(&c->out, groups * b->coding->bytes), *out = begin;
    bool good = true;
    for (size_t i = 0; i < groups && good; i++, in += size) {
        if (size == 4) {
            unsigned v0 = b->values[in[0]], v1 = b->values[in[1]], v2 = b->values[in[2]], v3 = b->values[in[3]];
            if ((v0 | v1 | v2 | v3) < 64) {
                out[0] = (unsigned char)(v0 << 2 | v1 >> 4);
                out[1] = (unsigned char)(v1 << 4 | v2 >> 2);
                out[2] = (unsigned char)(v2 << 6 | v3);
                out += 3;
                continue;
            }
        }
        out = decode_group(b, out, in, size, &good);
    }
    c->out.length += (size_t)(out - begin);
    if (good)
        buf_add(&b->rest, str_after(buf_str(&b->text), groups * size));
    return good;
}

static enum step invalid(struct call *c)
{
    call_error(c, "invalid input");
    return call_done(c);
}

static enum step decode_end(struct call *c, struct basenc *b)
{
    bool good;

    if (b->rest.length == 0)
        return call_done(c);
    unsigned char *out = (unsigned char *)buf_reserve(&c->out, GROUP_MOST);
    c->out.length += (size_t)(decode_group(b, out, (const unsigned char *)b->rest.data, b->rest.length, &good) - out);
    return invalid(c);
}

/* --- the commands --------------------------------------------------------------------------------------- */

static int start_as(struct call *c, int kind)
{
    struct basenc *b = c->state;

    b->wrap = 76;
    b->decode = call_has(c, 'd');
    b->ignore = call_has(c, 'i');
    for (size_t i = 0; i < c->option_count; i++) {
        struct str value = c->options[i].value;
        int64_t wrap;
        size_t used;
        if (c->options[i].letter >= OPTION_LONG)
            kind = c->options[i].letter;
        if (c->options[i].letter != 'w')
            continue;
        unsigned answer = number_parse_size_signed(value, "", &wrap, &used);
        if ((answer & ~(unsigned)NUMBER_OVERFLOW) || wrap < 0 || used < value.length) {
            call_error(c, "invalid wrap size: %S", call_quote_word(c, value));
            return 1;
        }
        b->wrap = answer == NUMBER_OVERFLOW ? 0 : (uint64_t)wrap;
    }
    if (!kind)
        return call_usage_error(c, "missing encoding type");
    if (c->operand_count > 1)
        return call_extra_operand(c, c->operands[1]);
    b->kind = kind;
    b->coding = &codings[kind - BASE64];
    memset(b->values, NONE, sizeof b->values);
    for (unsigned i = 0; b->coding->letters[i]; i++)
        b->values[(unsigned char)b->coding->letters[i]] = (unsigned char)i;
    buf_init(&b->rest, c->heap);
    buf_init(&b->text, c->heap);
    return 0;
}

static int start_64(struct call *c)
{
    return start_as(c, BASE64);
}

static int start_32(struct call *c)
{
    return start_as(c, BASE32);
}

static int start(struct call *c)
{
    return start_as(c, 0);
}

static enum step step(struct call *c)
{
    struct basenc *b = c->state;

    if (!b->input) {
        struct str name = c->operand_count ? c->operands[0] : str_lit("-");
        int error = input_open(c, &b->input, name, true);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error == E_ISDIR) {
            call_error(c, "read error: %m", error);
            return call_done(c);
        }
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
            return call_done(c);
        }
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (b->block.length == 0) {
            switch (input_block(b->input, SIZE_MAX, &b->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_MORE: break;
            case INPUT_END:
                if (b->input->error) {
                    call_error(c, "read error: %m", b->input->error);
                    return call_done(c);
                }
                return b->decode ? decode_end(c, b) : encode_end(c, b);
            }
        }
        struct str piece = text_piece(b->input, &b->block);
        call_charge_bytes(c, piece.length);
        if (!b->decode)
            encode_piece(c, b, piece);
        else if (!decode_piece(c, b, piece))
            return invalid(c);
    }
}

#define DECODING "When decoding, the input may contain newlines in addition to the bytes of the formal alphabet.\n" \
                 "Use --ignore-garbage to attempt to recover from any other non-alphabet bytes in the encoded stream."

const struct command command_base64 = {
    .name = "base64",
    .usage = "[OPTION]... [FILE]",
    .summary = "Base64 encode or decode FILE, or standard input, to standard output.",
    .help = DECODING,
    .options = options,
    .state = sizeof(struct basenc),
    .start = start_64,
    .step = step,
};

const struct command command_base32 = {
    .name = "base32",
    .usage = "[OPTION]... [FILE]",
    .summary = "Base32 encode or decode FILE, or standard input, to standard output.",
    .help = DECODING,
    .options = options,
    .state = sizeof(struct basenc),
    .start = start_32,
    .step = step,
};

const struct command command_basenc = {
    .name = "basenc",
    .usage = "[OPTION]... [FILE]",
    .summary = "Encode or decode FILE, or standard input, to standard output.",
    .help = DECODING,
    .options = all_options,
    .state = sizeof(struct basenc),
    .start = start,
    .step = step,
};
