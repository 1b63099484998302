/* base/quote.c - names as GNU's tools show them. */
#include "base/quote.h"

const char *const quote_style_names[] = {
    "literal", "shell", "shell-always", "shell-escape", "shell-escape-always", "c", "c-maybe", "escape", "locale", "clocale", NULL,
};

/* The next character and whether it can be printed. */
static bool printable(struct str rest, enum locale locale, size_t *length)
{
    struct utf8_char c = utf8_first(rest, locale);
    *length = c.length;
    if (!c.valid || (locale == LOCALE_C && c.code >= 0x80))
        return false;
    return utf8_is(c.code, UTF8_PRINT, locale);
}

static bool is_among(char byte, const char *list)
{
    for (; list && *list; list++)
        if (*list == byte)
            return true;
    return false;
}

/* The letter of a control character's escape; 0 when it has none. */
static char escape_letter(char byte)
{
    switch (byte) {
    case '\a': return 'a';
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    default:   return 0;
    }
}

static void add_octal(struct buf *out, char byte)
{
    unsigned char b = (unsigned char)byte;
    char text[4] = {'\\', (char)('0' + b / 64), (char)('0' + b / 8 % 8), (char)('0' + b % 8)};
    buf_add(out, str_of(text, 4));
}

/* The styles with backslashes: c, escape, locale. */
static void add_escaped(struct buf *out, struct str text, struct str quote, enum locale locale, const char *also)
{
    for (size_t i = 0, length; i < text.length; i += length) {
        struct str rest = str_after(text, i);
        bool plain = printable(rest, locale, &length);
        char byte = text.data[i], letter = escape_letter(byte);
        if (letter) {
            buf_add_byte(out, '\\');
            buf_add_byte(out, letter);
        } else if (byte == '\0') {
            bool digit = i + 1 < text.length && utf8_byte_is(text.data[i + 1], UTF8_DIGIT);
            buf_add_text(out, digit ? "\\000" : "\\0");
        } else if (!plain) {
            for (size_t k = 0; k < length; k++)
                add_octal(out, rest.data[k]);
        } else {
            bool ends = quote.length && rest.length >= quote.length && memcmp(rest.data, quote.data, quote.length) == 0;
            if (byte == '\\' || ends || is_among(byte, also))
                buf_add_byte(out, '\\');
            buf_add(out, str_first(rest, length));
        }
    }
}

/* Does the C style of `text` differ from the text? */
static bool needs_c(struct str text, enum locale locale, const char *also)
{
    for (size_t i = 0, length; i < text.length; i += length) {
        bool plain = printable(str_after(text, i), locale, &length);
        if (!plain || text.data[i] == '"' || is_among(text.data[i], also))
            return true;
    }
    return false;
}

struct shell_need {
    bool quotes;        /* something is special to a shell */
    bool apostrophe;    /* there is a ' */
    bool plain_double;  /* nothing in it is special between double quotes */
};

static struct shell_need shell_need(struct str text, bool escape, enum locale locale, const char *also)
{
    struct shell_need need = {.quotes = text.length == 0, .plain_double = true};
    for (size_t i = 0, length; i < text.length; i += length) {
        char byte = text.data[i];
        bool plain = printable(str_after(text, i), locale, &length);
        if (byte == '\'') {
            need.apostrophe = need.quotes = true;
        } else if (byte == ' ') {
            need.quotes = true;
        } else if (is_among(byte, "!\"$&()*;<=>[^`|?\\")) {
            need.quotes = true;
            need.plain_double = false;
        } else if (byte == '#' || byte == '~') {
            if (i == 0)
                need.quotes = true;
            else
                need.plain_double = false;
        } else if (byte == '{' || byte == '}') {
            if (text.length == 1)
                need.quotes = true;
            else
                need.plain_double = false;
        } else if (!plain) {
            need.plain_double = false;
            if (escape || byte == '\n' || byte == '\r' || byte == '\t')
                need.quotes = true;
        }
        if (is_among(byte, also))
            need.quotes = true;
    }
    return need;
}

static void add_shell(struct buf *out, struct str text, bool escape, enum locale locale)
{
    bool inside = false; /* in $'' */
    buf_add_byte(out, '\'');
    for (size_t i = 0, length; i < text.length; i += length) {
        struct str rest = str_after(text, i);
        bool plain = printable(rest, locale, &length);
        if (escape && !plain) {
            char letter = escape_letter(rest.data[0]);
            if (!inside)
                buf_add_text(out, "'$'");
            inside = true;
            if (letter) {
                buf_add_byte(out, '\\');
                buf_add_byte(out, letter);
            } else {
                for (size_t k = 0; k < length; k++)
                    add_octal(out, rest.data[k]);
            }
        } else if (rest.data[0] == '\'') {
            buf_add_text(out, "'\\''");
            inside = false;
        } else {
            if (inside)
                buf_add_text(out, "''");
            inside = false;
            buf_add(out, str_first(rest, length));
        }
    }
    buf_add_byte(out, '\'');
}

void quote_add(struct buf *out, struct str text, enum quote_style style, enum locale locale, const char *also)
{
    switch (style) {
    case QUOTE_LITERAL:
        buf_add(out, text);
        return;
    case QUOTE_SHELL:
    case QUOTE_SHELL_ALWAYS:
    case QUOTE_SHELL_ESCAPE:
    case QUOTE_SHELL_ESCAPE_ALWAYS: {
        bool escape = style >= QUOTE_SHELL_ESCAPE;
        bool always = style == QUOTE_SHELL_ALWAYS || style == QUOTE_SHELL_ESCAPE_ALWAYS;
        struct shell_need need = shell_need(text, escape, locale, also);
        if (!need.quotes && !always) {
            buf_add(out, text);
        } else if (need.apostrophe && need.plain_double) {
            buf_add_byte(out, '"');
            buf_add(out, text);
            buf_add_byte(out, '"');
        } else {
            add_shell(out, text, escape, locale);
        }
        return;
    }
    case QUOTE_C_MAYBE:
        if (!needs_c(text, locale, also)) {
            buf_add(out, text);
            return;
        }
        /* fall through */
    case QUOTE_C:
        buf_add_byte(out, '"');
        add_escaped(out, text, str_lit("\""), locale, also);
        buf_add_byte(out, '"');
        return;
    case QUOTE_ESCAPE:
        add_escaped(out, text, str_lit(""), locale, also);
        return;
    case QUOTE_LOCALE:
    case QUOTE_CLOCALE: {
        struct str open = str_lit("\xe2\x80\x98"), close = str_lit("\xe2\x80\x99");
        if (locale == LOCALE_C)
            open = close = style == QUOTE_CLOCALE ? str_lit("\"") : str_lit("'");
        buf_add(out, open);
        add_escaped(out, text, close, locale, also);
        buf_add(out, close);
        return;
    }
    }
}
