/* builtins/variables.h - what declare, export, readonly, set, unset and their kin share: variables as text, and from it. */
#ifndef BUILTINS_VARIABLES_H
#define BUILTINS_VARIABLES_H

#include "builtins/options.h"
#include "shell/vars.h"

enum variable_form {
    FORM_DECLARE, /* declare -x name="value" */
    FORM_EXPORT, FORM_READONLY, /* the same with these words, in POSIX mode */
    FORM_PLAIN    /* name=value, as set prints it; nothing for what has no value */
};

/* Adds the variable and a newline: false when there is none of that name. */
bool variable_print(struct shell *sh, struct str name, enum variable_form form, struct buf *out);

/* A walk over all variables that goes on where it was left. */
struct variable_walk {
    struct buf last; /* the name before */
    bool begun;
};
void variable_walk_start(struct variable_walk *w, struct heap *heap);
/* NULL at the end. */
struct variable *variable_walk_next(struct variable_walk *w, struct shell *sh);

/* NAME, NAME=VALUE, NAME+=VALUE, NAME[SUBSCRIPT]=VALUE taken apart. */
struct assignment {
    struct str name, subscript, value;
    bool element, has_value, append;
    bool list; /* the value is ( ... ) as array literals come in */
};
/* False when `word` begins with no name. */
bool assignment_parse(struct str word, struct assignment *a);
/* Assigns the elements of a literal, quotes undone: 0, or -1 after a message. */
int assignment_list(struct call *c, struct str name, struct str list, bool append);

#endif
