/* builtins/lookup.h - what a command name stands for in this shell: for command -v, type, hash. */
#ifndef BUILTINS_LOOKUP_H
#define BUILTINS_LOOKUP_H

#include "shell/parse.h"
#include "shell/shell.h"

/* The text of an alias: false when there is none. */
bool lookup_alias(struct shell *sh, struct str name, struct str *value);
/* The PATH that commands are found with. */
struct str lookup_path(struct shell *sh, bool standard);
/* "NAME is aliased to `...'" and its kin, with a newline, added to c->out: false when it is none of alias, keyword, function, builtin. */
bool lookup_describe(struct call *c, struct str name, bool functions);

#endif
