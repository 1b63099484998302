/* shell/options.h - the names of set -o and shopt. */
#ifndef SHELL_OPTIONS_H
#define SHELL_OPTIONS_H

#include "shell/shell.h"

struct set_option {
    const char *name;
    char letter; /* 0: none */
    uint64_t bit; /* of enum option_bits */
};

enum { SET_OPTION_COUNT = 27 };
extern const struct set_option set_options[SET_OPTION_COUNT]; /* by name */

/* NULL when there is none of that name, or letter. */
const struct set_option *set_option_find(struct str name);
const struct set_option *set_option_letter(char letter);
/* An index into shopt_names, or -1. */
int shopt_find(struct str name);

#endif
