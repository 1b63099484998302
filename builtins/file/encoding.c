/* builtins/file/encoding.c - is it a text, and how is it written? */
#include "builtins/file/file.h"

/* A control character that texts have: those from bell to return, and escape. */
static bool is_text_byte(unsigned char byte)
{
    return byte >= 32 ? byte != 127 : (byte >= 7 && byte <= 13) || byte == 27;
}

/* UTF-16 or UTF-32 behind its mark. */
static bool is_wide(struct str bytes, unsigned size, bool big)
{
    for (size_t i = size; i + size <= bytes.length; i += size) {
        uint64_t code = file_number(bytes, i, size, big);
        if (code == 0xfffe || code > 0x10ffff || (code < 128 && !is_text_byte((unsigned char)code)))
            return false;
    }
    return true;
}

enum encoding_kind encoding_of(struct str bytes)
{
    bool ascii = true, latin = true, text = true;

    if (file_at(bytes, 0, "\xff\xfe\0\0") && is_wide(bytes, 4, false))
        return ENCODING_UTF32_LITTLE;
    if (file_at(bytes, 0, "\0\0\xfe\xff") && is_wide(bytes, 4, true))
        return ENCODING_UTF32_BIG;
    if (file_at(bytes, 0, "\xff\xfe") && is_wide(bytes, 2, false))
        return ENCODING_UTF16_LITTLE;
    if (file_at(bytes, 0, "\xfe\xff") && is_wide(bytes, 2, true))
        return ENCODING_UTF16_BIG;
    for (size_t i = 0; i < bytes.length && text; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        text = is_text_byte(byte);
        ascii &= byte < 128;
        latin &= byte < 128 || byte >= 160 || byte == 0x85;
    }
    if (!text)
        return ENCODING_BINARY;
    if (ascii)
        return ENCODING_ASCII;
    for (struct str rest = bytes; rest.length;) {
        struct utf8_char u = utf8_first(rest, LOCALE_UTF8);
        if (!u.valid && utf8_is_partial(rest) && bytes.length == FILE_ENCODING_LOOK)
            break;
        if (!u.valid)
            return latin ? ENCODING_LATIN1 : ENCODING_EXTENDED;
        rest = str_after(rest, u.length);
    }
    return file_at(bytes, 0, "\xef\xbb\xbf") ? ENCODING_UTF8_BOM : ENCODING_UTF8;
}

const char *encoding_charset(enum encoding_kind kind)
{
    static const char *const names[] = {"binary", "us-ascii", "utf-8", "utf-8", "iso-8859-1", "unknown-8bit",
                                        "utf-16le", "utf-16be", "utf-32le", "utf-32be"};
    return names[kind];
}

/* What the lines of a text are like. */
struct lines_of {
    size_t cr, lf, crlf, nel, longest;
    bool escape, backspace;
};

static void look_at_lines(struct lines_of *l, struct str bytes, unsigned size, bool big, bool nel, bool utf8)
{
    size_t from = 0, count = 0;
    uint64_t before = 0;

    for (size_t i = 0; i + size <= bytes.length; i += size, count++) {
        uint64_t code = size == 1 ? (unsigned char)bytes.data[i] : file_number(bytes, i, size, big);
        if (utf8 && (code & 0xc0) == 0x80)
            count--; /* it is no character of its own */
        if (code == '\n') {
            if (before == '\r') {
                l->crlf++;
                l->cr--;
            } else {
                l->lf++;
            }
        } else if (code == '\r') {
            l->cr++;
        } else if (code == 0x85 && nel) {
            l->nel++;
        } else if (code == 27) {
            l->escape = true;
        } else if (code == '\b') {
            l->backspace = true;
        }
        if (code == '\n' || (code == 0x85 && nel)) {
            if (count - from > l->longest)
                l->longest = count - from;
            from = count + 1;
        }
        before = code;
    }
    if (count > from && count - from > l->longest)
        l->longest = count - from;
}

void encoding_describe(struct buf *out, struct str bytes, enum encoding_kind kind, bool executable)
{
    static const char *const names[] = {"", "ASCII", "Unicode text, UTF-8", "Unicode text, UTF-8 (with BOM)", "ISO-8859",
                                        "Non-ISO extended-ASCII", "Unicode text, UTF-16, little-endian",
                                        "Unicode text, UTF-16, big-endian", "Unicode text, UTF-32, little-endian",
                                        "Unicode text, UTF-32, big-endian"};
    struct lines_of l = {0};
    unsigned size = kind >= ENCODING_UTF32_LITTLE ? 4 : kind >= ENCODING_UTF16_LITTLE ? 2 : 1;
    const char *comma = "";

    look_at_lines(&l, bytes, size, kind == ENCODING_UTF16_BIG || kind == ENCODING_UTF32_BIG,
                  kind == ENCODING_LATIN1 || kind == ENCODING_EXTENDED, kind == ENCODING_UTF8 || kind == ENCODING_UTF8_BOM);
    buf_add_text(out, names[kind]);
    if (size < 4)
        buf_add_text(out, executable ? " text executable" : " text");
    if (l.longest > 300)
        buf_print(out, ", with very long lines (%zu)", l.longest);
    if (!l.cr && !l.lf && !l.crlf && !l.nel) {
        buf_add_text(out, ", with no line terminators");
    } else if (l.crlf || l.cr || l.nel) {
        buf_add_text(out, ", with");
        if (l.crlf) {
            buf_add_text(out, " CRLF");
            comma = ",";
        }
        if (l.cr) {
            buf_print(out, "%s CR", comma);
            comma = ",";
        }
        if (l.lf) {
            buf_print(out, "%s LF", comma);
            comma = ",";
        }
        if (l.nel)
            buf_print(out, "%s NEL", comma);
        buf_add_text(out, " line terminators");
    }
    if (l.escape)
        buf_add_text(out, ", with escape sequences");
    if (l.backspace)
        buf_add_text(out, ", with overstriking");
}
