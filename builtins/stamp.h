/* builtins/stamp.h - a time of a file as text, in the zone of the environment: for ls, find, stat, du. */
#ifndef BUILTINS_STAMP_H
#define BUILTINS_STAMP_H

#include "task/command.h"

/* `when` in ns since 1970; `format` as date's. */
void stamp_print(struct call *c, struct buf *out, struct str format, int64_t when);
/* The words of a date, as `date -d` takes them, in the zone of the environment: false when they are none. */
bool stamp_parse(struct call *c, struct str text, int64_t now, int64_t *when);
/* The same of [[CC]YY]MMDDhhmm[.ss], as touch -t. */
bool stamp_parse_digits(struct call *c, struct str text, int64_t now, int64_t *when);
/* The midnight at or before `when`. */
int64_t stamp_midnight(struct call *c, int64_t when);

#endif
