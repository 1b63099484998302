/* builtins/status.h - the number behind exit, return, break and shift. */
#ifndef BUILTINS_STATUS_H
#define BUILTINS_STATUS_H

#include "task/command.h"

/* A whole number with a sign and blanks around it, as bash's own commands take it. */
bool status_number(struct str text, int64_t *number);
/* The only operand of exit or return: *given says whether there is one. 0, or a status: 1 after "too many arguments", 2 after
 * "numeric argument required". */
int status_operand(struct call *c, bool *given, int64_t *number);

#endif
