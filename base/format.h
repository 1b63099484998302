/* base/format.h - printf's directives once: for printf(1), bash's printf, awk, date, seq, stat, numfmt.
 *
 * Every directive prints what glibc's printf prints in C.UTF-8: flags, widths and precisions count bytes, %f
 * and its kin are exact at any precision. Output goes to a buf; its heap's meter is charged a step per 64
 * bytes before they are made.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include "base/buf.h"
#include "base/extended.h"

struct format {
    bool left, plus, space, alternate, zero, group; /* - + blank # 0 ' */
    bool width_star, precision_star; /* to be given by format_set_width, format_set_precision */
    bool too_large;                  /* a width or precision does not fit an int: it is INT32_MAX */
    char conversion;                 /* the byte that ends the directive; 0 when the text ends before */
    int32_t width;                   /* bytes at least */
    int32_t precision;               /* below 0: none was given */
    int32_t argument, width_argument, precision_argument; /* of N$, *N$ and .*N$; 0: none was given */
};

/* A directive without flags. */
#define FORMAT(letter, digits) ((struct format){.conversion = (letter), .precision = (digits)})

enum {
    FORMAT_ARGUMENTS = 1,         /* %2$*3$d as in C and awk */
    FORMAT_NEGATIVE_PRECISION = 2 /* %.-3d is allowed and has no precision, as in bash */
};

/* Parses what stands behind a %: flags, width, precision, length modifiers (hjlLtz, ignored), conversion.
 * Any byte is taken as the conversion. Answers the bytes read, that of the conversion included. */
size_t format_parse(struct str text, unsigned flags, struct format *f);
/* What a * stands for: a width below 0 is left and positive, a precision below 0 none. What does not fit an
 * int sets too_large. */
void format_set_width(struct format *f, int64_t width);
void format_set_precision(struct format *f, int64_t precision);

/* %s: at most `precision` bytes. */
void format_str(struct buf *b, const struct format *f, struct str s);
/* %c */
void format_char(struct buf *b, const struct format *f, char c);
/* %d %i; for %u %o %x %X the bits are taken as unsigned. */
void format_int(struct buf *b, const struct format *f, int64_t value);
/* %u %o %x %X; %d and %i print it without sign too. */
void format_unsigned(struct buf *b, const struct format *f, uint64_t value);
/* %e %f %g %a and their capitals; the second as a long double of the x87. */
void format_double(struct buf *b, const struct format *f, double value);
void format_extended(struct buf *b, const struct format *f, struct extended value);

/* The fewest digits that read back as the same double, those nearest to it, in the layout of %g with 17
 * digits. */
void format_shortest(struct buf *b, double value);

#endif
