/* builtins/signals.h - signals by name and number, as trap and kill have them. */
#ifndef BUILTINS_SIGNALS_H
#define BUILTINS_SIGNALS_H

#include "shell/shell.h"

/* The table of `kill -l` and `trap -l`. */
void signals_list(struct call *c);
/* A number, or a name with or without SIG in any case: 0 is EXIT, and DEBUG, ERR, RETURN are numbers of enum traps. -1: none. */
int signals_find(struct str name);

#endif
