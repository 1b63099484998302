/* shell/condition.h - the tests of [[ ]], test and [: of files, strings, numbers, variables (POSIX XCU test, and bash's own).
 *
 * They work with and without a shell: /usr/bin/test is a command like any other, and knows no variables.
 */
#ifndef SHELL_CONDITION_H
#define SHELL_CONDITION_H

#include "shell/shell.h"

struct condition {
    struct task *task;
    struct shell *shell;   /* NULL in a task of its own */
    bool brackets;         /* [[ ]]: numbers are arithmetic, = compares with a pattern */
    struct str bad;        /* with E_INVAL: the operand that is no integer; empty: a message was given */
};

/* Is it an operator such as -f (of test: not all of them without a shell), or = and -eq (of test: not =~)? */
bool condition_is_unary(struct str word);
bool condition_is_binary(struct str word);
/* 0 and *answer; E_WAIT: again later; E_INVAL: not an integer, see `bad`, or a message was given (status 1 of [[ ]]); E_ILSEQ: the
 * regular expression is not well formed (status 2). With `brackets` the right operand of = == != is a shell pattern
 * and that of =~ a regular expression, quoted parts escaped; =~ sets BASH_REMATCH. */
int condition_unary(struct condition *c, struct str operator, struct str operand, bool *answer);
int condition_binary(struct condition *c, struct str left, struct str operator, struct str right, bool *answer);

#endif
