/* builtins/escape.c - backslash escapes of echo -e and printf. */
#include "builtins/escape.h"

#include "base/number.h"
#include "base/utf8.h"

/* Digits of a base at text[at], at most `most`: how many. */
static size_t read_digits(struct str text, size_t at, size_t most, unsigned base, uint32_t *value)
{
    size_t count = 0;
    *value = 0;
    while (count < most && at + count < text.length && number_digit(text.data[at + count]) < base)
        *value = *value * base + number_digit(text.data[at + count++]);
    return count;
}

struct escape escape_add(struct buf *out, struct str text, enum escape_style style)
{
    static const char names[] = "abefnrtv\\E", bytes[] = "\a\b\033\f\n\r\t\v\\\033";
    struct escape e = {.length = 2};
    char letter = text.length > 1 ? text.data[1] : 0;
    uint32_t value;

    if (text.length < 2) {
        buf_add_byte(out, '\\');
        e.length = 1;
        return e;
    }
    const char *at = letter ? strchr(names, letter) : NULL;
    if (at && !(letter == 'E' && style == ESCAPE_GNU_ECHO)) {
        buf_add_byte(out, bytes[at - names]);
        return e;
    }
    if (letter >= '0' && letter <= '7') {
        bool zero = letter == '0' && style != ESCAPE_FORMAT; /* the 0 is one more digit */
        if (letter == '0' || style != ESCAPE_ECHO) {
            size_t count = read_digits(text, zero ? 2 : 1, 3, 8, &value);
            buf_add_byte(out, (char)value);
            e.length = (zero ? 2 : 1) + count;
            return e;
        }
    }
    switch (letter) {
    case 'c':
        if (style != ESCAPE_FORMAT) {
            e.stop = true;
            return e;
        }
        break;
    case '"': case '\'': case '?':
        if (style == ESCAPE_FORMAT) {
            buf_add_byte(out, letter);
            return e;
        }
        break;
    case 'x': case 'u': case 'U': {
        if (letter != 'x' && style == ESCAPE_GNU_ECHO)
            break;
        size_t count = read_digits(text, 2, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, 16, &value);
        if (count == 0) {
            e.missing = letter;
            break;
        }
        char character[UTF8_MOST];
        if (letter == 'x')
            buf_add_byte(out, (char)value);
        else
            buf_add(out, str_of(character, utf8_encode(value, character)));
        e.length = 2 + count;
        return e;
    }
    default: break;
    }
    buf_add(out, str_first(text, 2));
    return e;
}
