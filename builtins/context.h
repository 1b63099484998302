/* builtins/context.h - the security contexts of SELinux, which is not there: they are asked for, and nothing is done. */
#ifndef BUILTINS_CONTEXT_H
#define BUILTINS_CONTEXT_H

#include "task/command.h"

/* Says so of --context=CTX, whose letter is given, as GNU's commands do; they differ in whose `kernel` it takes. */
static inline void context_ignore(struct call *c, int letter, const char *kernel)
{
    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].letter == letter && c->options[i].value.data)
            call_warn(c, "warning: ignoring --context; it requires an %s-enabled kernel", kernel);
}

#endif
