/* base/number.h - numbers to and from text, without locale.
 *
 * Integers in all the ways bash and the GNU tools read them; doubles and struct extended (base/extended.h),
 * always rounded to nearest. Printing floating point is in base/format.h.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/buf.h"
#include "base/decimal.h"
#include "base/extended.h"

/* --- integers to text ---------------------------------------------------------------------------- */

enum { NUMBER_MOST = 20 }; /* bytes of an integer in decimal at most */

/* Writes decimal digits before `end`, which has NUMBER_MOST bytes of room. Answers where they begin. */
char *number_write_back(char *end, uint64_t value);
/* Writes forward, without terminator. Answers the bytes. */
size_t number_write_int(char out[NUMBER_MOST], int64_t value);
size_t number_write_unsigned(char out[NUMBER_MOST], uint64_t value);
void number_add_int(struct buf *b, int64_t value);
void number_add_unsigned(struct buf *b, uint64_t value);
/* In a base of 2 to 36, in lower case. */
void number_add_base(struct buf *b, uint64_t value, unsigned base);

/* --- integers from text -------------------------------------------------------------------------- */

/* The value of a digit in bases up to 36, of either case; 36 when it is none. */
unsigned number_digit(char c);

/* As strtoll and strtoull: white space, sign, digits of a base of 2 to 36 (16 and 0 allow 0x; 0 is 16 after
 * 0x, 8 after 0, else 10). Answers the bytes read, 0 when there is no number (*value is 0 then). What does
 * not fit gives the nearest limit (unsigned: UINT64_MAX) and *overflow, which may be NULL; a minus sign
 * negates unsigned values. */
size_t number_parse_int(struct str text, unsigned base, int64_t *value, bool *overflow);
size_t number_parse_unsigned(struct str text, unsigned base, uint64_t *value, bool *overflow);

/* Is all of the text an integer in decimal, as bash wants it for test, exit and shift? White space around it is
 * allowed; what does not fit is none. */
bool number_is_int(struct str text, int64_t *value);

/* Digits of a base of 2 to 64 as bash's arithmetic has them (above 36: 0-9 a-z A-Z @ _), wrapping at 64 bits.
 * Answers how many bytes were digits of that alphabet; *too_great tells that one of them does not belong to
 * the base. */
size_t number_wrap(struct str text, unsigned base, int64_t *value, bool *too_great);
/* A constant of bash's arithmetic, all of `text`: 0x1f, 017, 2#101, 10. NULL, or bash's words: "invalid
 * number", "invalid arithmetic base", "value too great for base", "invalid integer constant". */
const char *number_parse_constant(struct str text, int64_t *value);

/* What number_parse_size found, or'ed, as gnulib's xstrtoumax: too large and a suffix that is none may come
 * together. */
enum {
    NUMBER_OK = 0,
    NUMBER_OVERFLOW = 1,   /* *value is the nearest limit */
    NUMBER_BAD_SUFFIX = 2, /* *value is what stands before it */
    NUMBER_INVALID = 4     /* no number, or below zero for unsigned */
};
/* A number in decimal and a suffix out of `suffixes`: b 512, B 1024, c 1, w 2, k K M m G g T t P E Z Y powers
 * of 1024; if "0" is in `suffixes`, these may be followed by B or D (powers of 1000) or iB (1024). With a
 * valid suffix the number may be missing: 1. `suffixes` NULL: what follows is left. *used (may be NULL): the
 * bytes that belong to it. */
unsigned number_parse_size(struct str text, const char *suffixes, uint64_t *value, size_t *used);
unsigned number_parse_size_signed(struct str text, const char *suffixes, int64_t *value, size_t *used);

/* --- floating point ------------------------------------------------------------------------------ */

/* As strtod and strtold in the C locale: decimal, hexadecimal, inf, nan. `flags` are DECIMAL_NO_HEX and its
 * kin. Answers the bytes read, 0 when there is no number (then *value is 0); *out_of_range (may be NULL)
 * where errno would be ERANGE. Charges only what goes beyond reading the text once. */
size_t number_parse_double(struct heap *heap, struct str text, unsigned flags, double *value,
                           bool *out_of_range);
size_t number_parse_extended(struct heap *heap, struct str text, unsigned flags, struct extended *value,
                             bool *out_of_range);

#endif
