/* base/mode.h - permission bits from and to text: 0755, u+x,go-w (POSIX chmod, with GNU's extensions), -rwxr-xr-x. */
#ifndef BASE_MODE_H
#define BASE_MODE_H

#include "base/buf.h"

struct mode; /* a parsed change of permission bits, on its heap */

/* NULL when `text` is no mode: octal digits up to 7777, or clauses [ugoa]*[-+=]([rwxXst]*|[ugo]|octal), several operators in each. */
struct mode *mode_parse(struct heap *heap, struct str text);
/* The bits (without the kind) that `old` becomes. What a clause without a who gives is cut by `umask`. As GNU has it, setuid and
 * setgid of a directory stay unless they are mentioned. *touched, if not NULL: the bits that were spoken of. */
uint32_t mode_apply(const struct mode *m, uint32_t old, bool directory, uint32_t umask, uint32_t *touched);

/* As in ls -l: the letter of the kind ('-' 'd' 'l' 'p' 'c' 'b' 's') and nine of permissions. No terminator. */
enum { MODE_TEXT = 10 };
void mode_print(char text[MODE_TEXT], char kind, uint32_t mode);

#endif
