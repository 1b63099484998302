/* builtins/prompt.h - a question to the user, and the answer from standard input: -i of rm, cp, mv, ln; -ok of find; -p of xargs. */
#ifndef BUILTINS_PROMPT_H
#define BUILTINS_PROMPT_H

#include "task/command.h"

struct prompt {
    struct input *input; /* standard input, open from the first question on */
    bool asked;          /* the question stands on standard error, the answer is waited for */
};

/* Prints the question (formats as buf_print, nothing is added) once, then reads a line: 1 for yes, 0 for no or the end of input,
 * E_WAIT. */
int prompt_ask(struct call *c, struct prompt *p, const char *format, ...);

#endif
