/* base/utf8.h - characters: decoding, counting, widths, classes and case, in two locales.
 *
 * LOCALE_UTF8 is glibc's C.UTF-8, LOCALE_C its C. Nothing here looks at the host's locale. As bash has
 * it, a byte that begins no character is a character of its own, invalid, one byte long. As in glibc a
 * character has up to six bytes and a code up to 0x7fffffff; surrogates and overlong forms are invalid.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

enum locale { LOCALE_C, LOCALE_UTF8 };

/* The one that a name in LC_ALL or LANG stands for: C and POSIX are LOCALE_C, all others have UTF-8. */
static inline enum locale utf8_locale(struct str name)
{
    return str_is(name, "C") || str_is(name, "POSIX") ? LOCALE_C : LOCALE_UTF8;
}

enum { UTF8_MOST = 6 }; /* bytes of one character at most */

struct utf8_char {
    uint32_t code;  /* the code point; of an invalid byte, the byte */
    uint8_t length; /* bytes, at least 1 */
    bool valid;
};

/* Decodes what does not begin with an ASCII byte: called by utf8_first. */
struct utf8_char utf8_first_wide(struct str s);

/* The first character of `s`, which has at least one byte. In LOCALE_C each byte is one, and valid. */
static inline struct utf8_char utf8_first(struct str s, enum locale locale)
{
    unsigned char byte = (unsigned char)s.data[0];
    if (byte < 0x80 || locale == LOCALE_C)
        return (struct utf8_char){byte, 1, true};
    return utf8_first_wide(s);
}

/* Could the bytes be the start of a character whose rest is missing? For input that comes in pieces. */
bool utf8_is_partial(struct str s);

/* The last character of `s`, which has at least one byte. */
struct utf8_char utf8_last(struct str s, enum locale locale);

/* Writes the character of a code below 0x80000000 (surrogates too, as bash's \u does). Returns its bytes; 0
 * and nothing written for codes above. */
size_t utf8_encode(uint32_t code, char out[UTF8_MOST]);

/* How many characters there are, invalid ones included. */
size_t utf8_count(struct str s, enum locale locale);
/* How many of them are invalid. */
size_t utf8_count_invalid(struct str s, enum locale locale);
/* The byte offset at which character number `characters` (from 0) begins; s.length when there are fewer. */
size_t utf8_offset(struct str s, size_t characters, enum locale locale);
/* Are there only bytes below 0x80? */
bool utf8_is_ascii(struct str s);

/* Columns on a screen: 0, 1 or 2; -1 for what is not printable. As wcwidth. */
int utf8_width(uint32_t code, enum locale locale);
/* Columns of a text as gnulib's mbswidth has it: unprintable and invalid characters take one, control
 * characters none. */
size_t utf8_columns(struct str s, enum locale locale);

/* The classes of <wctype.h>. */
enum utf8_class {
    UTF8_ALPHA = 1,
    UTF8_UPPER = 2,
    UTF8_LOWER = 4,
    UTF8_DIGIT = 8,
    UTF8_ALNUM = 16,
    UTF8_SPACE = 32,
    UTF8_BLANK = 64,
    UTF8_PUNCT = 128,
    UTF8_PRINT = 256,
    UTF8_GRAPH = 512,
    UTF8_CNTRL = 1024,
    UTF8_XDIGIT = 2048
};

/* Classes and cases of ASCII; 0 and the byte itself from 0x80 on. */
extern const uint16_t utf8_ascii_classes[256];
extern const uint8_t utf8_ascii_lower[256], utf8_ascii_upper[256];

/* All classes a character is in, or'ed. In LOCALE_C, and for invalid bytes, use utf8_byte_is. */
unsigned utf8_classes(uint32_t code);

/* Is the byte in one of `classes` (or'ed), by ASCII's rules? */
static inline bool utf8_byte_is(char byte, unsigned classes)
{
    return (utf8_ascii_classes[(unsigned char)byte] & classes) != 0;
}

/* Is the character in one of `classes` (or'ed)? */
static inline bool utf8_is(uint32_t code, unsigned classes, enum locale locale)
{
    if (code < 0x80)
        return (utf8_ascii_classes[code] & classes) != 0;
    return locale == LOCALE_UTF8 && (utf8_classes(code) & classes) != 0;
}

/* The class of a name as in [:alpha:]; 0 when there is none. */
unsigned utf8_class_named(struct str name);

/* The first run of characters of one of `classes` at or behind *from, in LOCALE_UTF8: [*from, *last]. False
 * when there is none. For what compiles classes. */
bool utf8_class_range(unsigned classes, uint32_t *from, uint32_t *last);

/* The other case; the code itself where there is none. As towupper and towlower. */
uint32_t utf8_upper(uint32_t code, enum locale locale);
uint32_t utf8_lower(uint32_t code, enum locale locale);

#endif
