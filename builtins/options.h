/* builtins/options.h - options of the shell's own builtins, as bash reads them: in order, up to the first operand.
 *
 * Such a builtin is COMMAND_RAW. Messages: "cd: -x: invalid option" and "cd: usage: cd [DIR]"; --help alone is understood.
 */
#ifndef BUILTINS_OPTIONS_H
#define BUILTINS_OPTIONS_H

#include "task/command.h"

enum { OPTIONS_END = 0, OPTIONS_BAD = -1 /* c->status is set, there is a message */, OPTIONS_HELP = -2 /* help was printed */ };

struct options {
    size_t next;      /* index into argv; at the end the first operand's */
    size_t at;        /* in a bundle */
    struct str value; /* of an option that has one */
    bool plus;        /* it was +x */
    bool ended;       /* by -- */
};

/* The next option's letter, or one of the above. `letters`: those that are known, with ':' behind what takes a value, ';' for
 * one that may be attached; a '+' in front lets + begin options too. Begins with `*o` zeroed. */
int options_next(struct call *c, struct options *o, const char *letters);
/* "NAME: usage: ..." on descriptor 2: answers 2, which c->status is too. */
int options_usage(struct call *c);
/* For builtins without options: reads -- and refuses others. 0 and *first, or the exit status. */
int options_none(struct call *c, size_t *first);
/* For start functions: what a builtin ends with after OPTIONS_BAD or OPTIONS_HELP. The call is then over. */
int options_failed(struct call *c, int answer);
/* Ends a start function: the call is over with this status, also with 0. */
int options_over(struct call *c, int status);

#endif
