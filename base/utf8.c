/* base/utf8.c - characters: decoding, counting, widths, classes and case. */
#include "base/utf8.h"

#include "base/lanes.h"
#include "base/unicode_tables.h"

enum { CODES = 0x110000, BLOCK = 256 };

/* What a first byte promises: the length, the bits of it that count, and the least code of that length. */
static size_t promise(unsigned char byte, uint32_t *bits, uint32_t *least)
{
    if (byte < 0xc2 || byte > 0xfd)
        return 0;
    if (byte < 0xe0)
        return *bits = byte & 0x1f, *least = 0x80, 2;
    if (byte < 0xf0)
        return *bits = byte & 0x0f, *least = 0x800, 3;
    if (byte < 0xf8)
        return *bits = byte & 0x07, *least = 0x10000, 4;
    if (byte < 0xfc)
        return *bits = byte & 0x03, *least = 0x200000, 5;
    return *bits = byte & 0x01, *least = 0x4000000, 6;
}

static bool is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

static bool goes_on(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Any length. */
static struct utf8_char first_general(const unsigned char *at, size_t available)
{
    struct utf8_char invalid = {at[0], 1, at[0] < 0x80};
    uint32_t code, least;
    size_t length = promise(at[0], &code, &least);
    if (length == 0 || length > available)
        return invalid;
    for (size_t i = 1; i < length; i++) {
        if (!goes_on(at[i]))
            return invalid;
        code = code << 6 | (at[i] & 0x3f);
    }
    if (code < least || is_surrogate(code))
        return invalid;
    return (struct utf8_char){code, (uint8_t)length, true};
}

struct utf8_char utf8_first_wide(struct str s)
{
    const unsigned char *at = (const unsigned char *)s.data;
    if (s.length >= 2 && at[0] >= 0xc2 && at[0] < 0xe0 && goes_on(at[1]))
        return (struct utf8_char){(at[0] & 0x1fu) << 6 | (at[1] & 0x3f), 2, true};
    if (s.length >= 3 && at[0] >= 0xe0 && at[0] < 0xf0 && goes_on(at[1]) && goes_on(at[2])) {
        uint32_t code = (at[0] & 0xfu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3f);
        if (code >= 0x800 && !is_surrogate(code))
            return (struct utf8_char){code, 3, true};
    }
    return first_general(at, s.length);
}

bool utf8_is_partial(struct str s)
{
    if (s.length == 0)
        return false;
    const unsigned char *at = (const unsigned char *)s.data;
    uint32_t code, least;
    size_t length = promise(at[0], &code, &least);
    if (s.length >= length)
        return false;
    for (size_t i = 1; i < s.length; i++) {
        if (!goes_on(at[i]))
            return false;
        code = code << 6 | (at[i] & 0x3f);
    }
    if (s.length == 1)
        return true;
    /* The missing bytes can at most fill their bits with ones. */
    unsigned missing = 6 * (unsigned)(length - s.length);
    uint32_t most = code << missing | (((uint32_t)1 << missing) - 1);
    return most >= least && !(length == 3 && is_surrogate(code << missing));
}

struct utf8_char utf8_last(struct str s, enum locale locale)
{
    unsigned char byte = (unsigned char)s.data[s.length - 1];
    if (byte < 0x80 || locale == LOCALE_C)
        return (struct utf8_char){byte, 1, true};
    for (size_t back = 2; back <= UTF8_MOST && back <= s.length; back++) {
        unsigned char first = (unsigned char)s.data[s.length - back];
        if (goes_on(first))
            continue;
        struct utf8_char c = utf8_first(str_of(s.data + s.length - back, back), LOCALE_UTF8);
        if (c.length == back)
            return c;
        break;
    }
    return (struct utf8_char){byte, 1, false};
}

size_t utf8_encode(uint32_t code, char out[UTF8_MOST])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code > 0x7fffffff)
        return 0;
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : code < 0x200000 ? 4 : code < 0x4000000 ? 5 : 6;
    for (size_t i = length - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)((0xff00u >> length & 0xff) | code);
    return length;
}

static bool eight_ascii(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (word & 0x8080808080808080u) == 0;
}

/* The place of the first byte at or behind `i` that is not ASCII; the text's length when there is none. */
static size_t skip_ascii(struct str s, size_t i)
{
#if LANES
    for (; s.length - i >= 32; i += 32)
        if (lanes_places(lanes_load(s.data + i) | lanes_load(s.data + i + 16)))
            break;
#endif
    for (; s.length - i >= 8; i += 8)
        if (!eight_ascii(s.data + i))
            break;
    if (i > 0 && s.length >= 8 && s.length - i < 8 && eight_ascii(s.data + s.length - 8))
        return s.length;
    while (i < s.length && (unsigned char)s.data[i] < 0x80)
        i++;
    return i;
}

bool utf8_is_ascii(struct str s)
{
    return skip_ascii(s, 0) == s.length;
}

size_t utf8_count(struct str s, enum locale locale)
{
    if (locale == LOCALE_C)
        return s.length;
    size_t count = 0, i = 0;
    while (i < s.length) {
        size_t end = skip_ascii(s, i);
        count += end - i;
        for (i = end; i < s.length && (unsigned char)s.data[i] >= 0x80; count++)
            i += utf8_first_wide(str_of(s.data + i, s.length - i)).length;
    }
    return count;
}

size_t utf8_count_invalid(struct str s, enum locale locale)
{
    if (locale == LOCALE_C)
        return 0;
    size_t count = 0, i = 0;
    while (i < s.length) {
        while (s.length - i >= 8 && eight_ascii(s.data + i))
            i += 8;
        while (i < s.length && (unsigned char)s.data[i] < 0x80)
            i++;
        while (i < s.length && (unsigned char)s.data[i] >= 0x80) {
            struct utf8_char c = utf8_first_wide(str_of(s.data + i, s.length - i));
            i += c.length;
            count += !c.valid;
        }
    }
    return count;
}

size_t utf8_offset(struct str s, size_t characters, enum locale locale)
{
    if (locale == LOCALE_C)
        return characters < s.length ? characters : s.length;
    size_t i = 0;
    while (characters > 0 && i < s.length) {
        while (characters >= 8 && s.length - i >= 8 && eight_ascii(s.data + i))
            i += 8, characters -= 8;
        for (int turn = 0; turn < 8 && characters > 0 && i < s.length; turn++, characters--)
            i += utf8_first(str_of(s.data + i, s.length - i), LOCALE_UTF8).length;
    }
    return i;
}

static const struct unicode_record *record(uint32_t code)
{
    return &unicode_records[unicode_blocks[unicode_index[code / BLOCK]][code % BLOCK]];
}

int utf8_width(uint32_t code, enum locale locale)
{
    if (code == 0)
        return 0;
    if (code < 0x80)
        return code >= ' ' && code < 0x7f ? 1 : -1;
    return locale == LOCALE_UTF8 && code < CODES ? record(code)->width : -1;
}

size_t utf8_columns(struct str s, enum locale locale)
{
    size_t columns = 0;
    for (size_t i = 0; i < s.length;) {
        struct utf8_char c = utf8_first(str_of(s.data + i, s.length - i), locale);
        int width = c.valid ? utf8_width(c.code, locale) : 1;
        columns += width >= 0 ? (size_t)width : !utf8_is(c.code, UTF8_CNTRL, locale);
        i += c.length;
    }
    return columns;
}

unsigned utf8_classes(uint32_t code)
{
    return code < CODES ? record(code)->classes : 0;
}

static const char class_names[12][8] = {
    "alpha", "upper", "lower", "digit", "alnum", "space",
    "blank", "punct", "print", "graph", "cntrl", "xdigit",
};

unsigned utf8_class_named(struct str name)
{
    for (unsigned i = 0; i < 12; i++)
        if (str_is(name, class_names[i]))
            return 1u << i;
    return 0;
}

bool utf8_class_range(unsigned classes, uint32_t *from, uint32_t *last)
{
    uint32_t code = *from;
    while (code < CODES && !(record(code)->classes & classes))
        code++;
    if (code >= CODES)
        return false;
    *from = code;
    while (code < CODES && (record(code)->classes & classes))
        code++;
    *last = code - 1;
    return true;
}

uint32_t utf8_upper(uint32_t code, enum locale locale)
{
    if (code < 0x80)
        return utf8_ascii_upper[code];
    if (locale == LOCALE_C || code >= CODES)
        return code;
    return code + (uint32_t)record(code)->to_upper;
}

uint32_t utf8_lower(uint32_t code, enum locale locale)
{
    if (code < 0x80)
        return utf8_ascii_lower[code];
    if (locale == LOCALE_C || code >= CODES)
        return code;
    return code + (uint32_t)record(code)->to_lower;
}

/* The sums of enum utf8_class for each ASCII character; the rest is 0. */
const uint16_t utf8_ascii_classes[256] = {
    0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x460, 0x420, 0x420, 0x420, 0x420, 0x400,
    0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400, 0x400,
    0x400, 0x400, 0x160, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380,
    0x380, 0x380, 0x380, 0xb18, 0xb18, 0xb18, 0xb18, 0xb18, 0xb18, 0xb18, 0xb18, 0xb18, 0xb18, 0x380, 0x380,
    0x380, 0x380, 0x380, 0x380, 0x380, 0xb13, 0xb13, 0xb13, 0xb13, 0xb13, 0xb13, 0x313, 0x313, 0x313, 0x313,
    0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313, 0x313,
    0x313, 0x380, 0x380, 0x380, 0x380, 0x380, 0x380, 0xb15, 0xb15, 0xb15, 0xb15, 0xb15, 0xb15, 0x315, 0x315,
    0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315, 0x315,
    0x315, 0x315, 0x315, 0x380, 0x380, 0x380, 0x380, 0x400,
};

const uint8_t utf8_ascii_lower[256] = {
    0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,  19,
    20,  21,  22,  23,  24,  25,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,
    40,  41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,
    60,  61,  62,  63,  64,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 91,  92,  93,  94,  95,  96,  97,  98,  99,
    100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119,
    120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139,
    140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
    160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179,
    180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199,
    200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219,
    220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
    240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255,
};

const uint8_t utf8_ascii_upper[256] = {
    0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,  19,
    20,  21,  22,  23,  24,  25,  26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,
    40,  41,  42,  43,  44,  45,  46,  47,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,
    60,  61,  62,  63,  64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,
    80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,  96,  65,  66,  67,
    68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  86,  87,
    88,  89,  90,  123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139,
    140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
    160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179,
    180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199,
    200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219,
    220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
    240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255,
};
