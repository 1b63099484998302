/* base/quote.h - names as GNU's tools show them: the quoting styles of `ls --quoting-style` and of messages.
 *
 * Not for the shell's own %q and @Q, whose rules are bash's.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include "base/buf.h"
#include "base/utf8.h"

enum quote_style {
    QUOTE_LITERAL, QUOTE_SHELL, QUOTE_SHELL_ALWAYS, QUOTE_SHELL_ESCAPE, QUOTE_SHELL_ESCAPE_ALWAYS,
    QUOTE_C, QUOTE_C_MAYBE, QUOTE_ESCAPE, QUOTE_LOCALE, QUOTE_CLOCALE
};

/* Their names, in that order, then NULL. */
extern const char *const quote_style_names[];

/* Adds `text` in a style. `also` holds more bytes to be escaped with a backslash in the styles that have backslashes,
 * and to force quotes in the shell's styles (ls quotes the colon of a directory's heading, -b a space); NULL: none. */
void quote_add(struct buf *out, struct str text, enum quote_style style, enum locale locale, const char *also);

/* As messages show a word that is no file name: ‘x’, in the C locale 'x'. */
static inline void quote_add_word(struct buf *out, struct str text, enum locale locale)
{
    quote_add(out, text, QUOTE_LOCALE, locale, NULL);
}

#endif
