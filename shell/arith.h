/* shell/arith.h - arithmetic of 64-bit wrapping integers, as bash has it (POSIX XCU 2.6.4 and more). */
#ifndef SHELL_ARITH_H
#define SHELL_ARITH_H

#include "shell/shell.h"

/* Evaluates `text` (after expansion): 0 and *value, or -1 after a message "EXPRESSION: reason (error token is ...)", prefixed by
 * `prefix` ("((: ", "[[: ", or ""). Values of variables are expressions themselves. No recursion; charges a step per token. */
int arith_evaluate(struct shell *sh, struct str text, const char *prefix, int64_t *value);

#endif
