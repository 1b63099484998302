/* base/charset.c - character sets other than UTF-8, and plain spellings: for iconv and dos2unix. */
#include "base/charset.h"

#include "base/charset_tables.h"
#include "base/utf8.h"

enum { TABLES = sizeof charset_tables / sizeof *charset_tables, PLAINS = sizeof charset_plain / sizeof *charset_plain };

/* Sets without a table. */
static const struct wide {
    const char *name, *aliases;
    struct charset set;
} wide[] = {
    {"ASCII", "USASCII 646US ANSIX341968 ANSIX341986 ISO646US ISO646IRV1991 US CP367 IBM367 CSASCII ISOIR6", {.kind = CHARSET_ASCII}},
    {"UTF-8", "ISO10646UTF8 CP65001", {.kind = CHARSET_UTF8}},
    {"UNICODE", "", {.kind = CHARSET_UTF16, .marked = true, .two_bytes = true}},
    {"UTF-16", "", {.kind = CHARSET_UTF16, .marked = true}},
    {"UTF-16LE", "UNICODELITTLE", {.kind = CHARSET_UTF16}},
    {"UTF-16BE", "UNICODEBIG", {.kind = CHARSET_UTF16, .big = true}},
    {"UTF-32", "", {.kind = CHARSET_UTF32, .marked = true}},
    {"UTF-32LE", "UCS4LE WCHART", {.kind = CHARSET_UTF32}},
    {"UTF-32BE", "UCS4 UCS4BE ISO10646UCS4 CSUCS4", {.kind = CHARSET_UTF32, .big = true}},
    {"UCS-2", "UCS2LE ISO10646UCS2", {.kind = CHARSET_UTF16, .two_bytes = true}},
    {"UCS-2BE", "", {.kind = CHARSET_UTF16, .two_bytes = true, .big = true}},
};
enum { WIDES = sizeof wide / sizeof *wide };

/* --- names --------------------------------------------------------------------------------------------- */

/* Does the first word of `names` mean `name`? Only letters and digits count. *names goes on behind the word. */
static bool is_word(const char **names, struct str name)
{
    bool same = true;
    size_t at = 0;

    while (**names == ' ')
        ++*names;
    for (; **names && **names != ' '; ++*names) {
        char letter = **names;
        if (!utf8_byte_is(letter, UTF8_ALNUM))
            continue;
        while (at < name.length && !utf8_byte_is(name.data[at], UTF8_ALNUM))
            at++;
        same &= at < name.length && utf8_ascii_upper[(unsigned char)name.data[at]] == (unsigned char)letter;
        at++;
    }
    while (at < name.length && !utf8_byte_is(name.data[at], UTF8_ALNUM))
        at++;
    return same && at == name.length;
}

static bool is_named(struct str name, const char *first, const char *aliases)
{
    if (is_word(&first, name))
        return true;
    while (*aliases)
        if (is_word(&aliases, name))
            return true;
    return false;
}

const char *charset_name(size_t at)
{
    return at < WIDES ? wide[at].name : at < WIDES + TABLES ? charset_tables[at - WIDES].name : NULL;
}

/* Puts the codes of a table in order, to be found by halves. */
static void invert(struct charset *set)
{
    for (unsigned i = 0; i < 128; i++) {
        uint16_t code = set->table->upper[i];
        unsigned at = set->count;
        if (!code)
            continue;
        for (; at > 0 && set->codes[at - 1] > code; at--) {
            set->codes[at] = set->codes[at - 1];
            set->bytes[at] = set->bytes[at - 1];
        }
        set->codes[at] = code;
        set->bytes[at] = (uint8_t)(128 + i);
        set->count++;
    }
}

bool charset_find(struct charset *set, struct str name)
{
    if (!name.length)
        return false;
    for (size_t i = 0; i < WIDES; i++)
        if (is_named(name, wide[i].name, wide[i].aliases)) {
            *set = wide[i].set;
            return true;
        }
    for (size_t i = 0; i < TABLES; i++)
        if (is_named(name, charset_tables[i].name, charset_tables[i].aliases)) {
            *set = (struct charset){.kind = CHARSET_TABLE, .table = &charset_tables[i]};
            invert(set);
            return true;
        }
    return false;
}

/* --- reading --------------------------------------------------------------------------------------------- */

static uint32_t load(struct str text, size_t at, unsigned size, bool big)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)(unsigned char)text.data[at + i] << 8 * (big ? size - 1 - i : i);
    return value;
}

/* A mark at the start tells the order; without it the set stays as it is. */
static bool read_mark(struct charset *set, struct str text, unsigned size, size_t *used)
{
    uint32_t mark = load(text, 0, size, set->big), turned = size == 2 ? 0xfffe : 0xfffe0000;

    set->marked = false;
    if (mark == turned)
        set->big = !set->big;
    else if (mark != 0xfeff)
        return false;
    *used = size;
    return true;
}

enum charset_answer charset_read(struct charset *set, struct str text, uint32_t *code, size_t *used)
{
    unsigned char byte = (unsigned char)text.data[0];
    unsigned size = set->kind == CHARSET_UTF16 ? 2 : set->kind == CHARSET_UTF32 ? 4 : 1;
    uint32_t second;

    *used = 1;
    *code = byte;
    if (size > 1) {
        if (text.length < size)
            return CHARSET_PARTIAL;
        if (set->marked && read_mark(set, text, size, used)) {
            *code = CHARSET_MARK;
            return CHARSET_OK;
        }
        *code = load(text, 0, size, set->big);
        *used = size;
        if (size == 4)
            return *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000) ? CHARSET_ILLEGAL : CHARSET_OK;
        if (*code < 0xd800 || *code > 0xdfff)
            return CHARSET_OK;
        if (set->two_bytes || *code > 0xdbff)
            return CHARSET_ILLEGAL;
        if (text.length < 4)
            return CHARSET_PARTIAL;
        second = load(text, 2, 2, set->big);
        if (second < 0xdc00 || second > 0xdfff)
            return CHARSET_ILLEGAL;
        *code = 0x10000 + ((*code - 0xd800) << 10) + (second - 0xdc00);
        *used = 4;
        return CHARSET_OK;
    }
    if (byte < 128)
        return CHARSET_OK;
    if (set->kind == CHARSET_UTF8) {
        struct utf8_char u = utf8_first(text, LOCALE_UTF8);
        if (u.valid && u.code <= 0x10ffff) {
            *code = u.code;
            *used = u.length;
            return CHARSET_OK;
        }
        return !u.valid && utf8_is_partial(text) ? CHARSET_PARTIAL : CHARSET_ILLEGAL;
    }
    *code = set->kind == CHARSET_TABLE ? set->table->upper[byte - 128] : 0;
    return *code ? CHARSET_OK : CHARSET_ILLEGAL;
}

/* --- writing ----------------------------------------------------------------------------------------------- */

static void store(struct buf *out, uint32_t value, unsigned size, bool big)
{
    for (unsigned i = 0; i < size; i++)
        buf_add_byte(out, (char)(value >> 8 * (big ? size - 1 - i : i)));
}

static bool write_table(const struct charset *set, struct buf *out, uint32_t code)
{
    unsigned low = 0, high = set->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (set->codes[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == set->count || set->codes[low] != code)
        return false;
    buf_add_byte(out, (char)set->bytes[low]);
    return true;
}

bool charset_write(struct charset *set, struct buf *out, uint32_t code)
{
    unsigned size = set->kind == CHARSET_UTF16 ? 2 : 4;
    char text[UTF8_MOST];

    switch (set->kind) {
    case CHARSET_UTF8:
        buf_add(out, str_of(text, utf8_encode(code, text)));
        return true;
    case CHARSET_UTF16:
    case CHARSET_UTF32:
        if (set->two_bytes && code > 0xffff)
            return false;
        if (set->marked)
            store(out, 0xfeff, size, set->big);
        set->marked = false;
        if (size == 2 && code > 0xffff) {
            store(out, 0xd800 + ((code - 0x10000) >> 10), 2, set->big);
            code = 0xdc00 + ((code - 0x10000) & 0x3ff);
        }
        store(out, code, size, set->big);
        return true;
    default:
        if (code < 128) {
            buf_add_byte(out, (char)code);
            return true;
        }
        return set->kind == CHARSET_TABLE && write_table(set, out, code);
    }
}

bool charset_write_plain(struct charset *set, struct buf *out, uint32_t code)
{
    size_t low = 0, high = PLAINS;

    if (charset_write(set, out, code))
        return true;
    if (code >= 0x300 && code < 0x370) /* marks upon letters vanish */
        return true;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (charset_plain[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == PLAINS || charset_plain[low].code != code)
        return false;
    for (const char *p = charset_plain[low].text; *p; p++)
        charset_write(set, out, (unsigned char)*p);
    return true;
}
