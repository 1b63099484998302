/* task/command.h - what a command declares: one declaration per file in builtins/. */
#ifndef TASK_COMMAND_H
#define TASK_COMMAND_H

#include "task/call.h"

/* An option. Long-only ones have a `letter` of OPTION_LONG or above, their own number in this command. */
enum { OPTION_LONG = 256 };
struct option {
    int letter;
    const char *name;     /* the long form without dashes, or NULL */
    const char *argument; /* NULL: a flag; "[WHEN]" in brackets: optional, only attached; else required */
    const char *help;     /* one line for --help; NULL: accepted, not shown */
};

enum {
    COMMAND_BUILTIN = 1,   /* the shell runs it in its own task, without looking for a file */
    COMMAND_SPECIAL = 2,   /* a POSIX special builtin */
    COMMAND_NO_FILE = 4,   /* there is no /usr/bin/NAME */
    COMMAND_RAW = 8,       /* takes its words as they are: no option parsing by the driver, not even --help */
    COMMAND_IN_ORDER = 16, /* options end at the first operand (env, xargs, timeout, ...) */
    COMMAND_DIGITS = 32,   /* -NUM is -n NUM (head, tail, fold...): recorded as the option 'number' */
    COMMAND_SHELL = 64,   /* starts a task of a kind of its own: see task_exec (bash, sh) */
    COMMAND_NUMBERS = 128, /* a word of a minus and a digit or dot is an operand (seq) */
    COMMAND_USAGE = 256,   /* a usage error shows the usage line too (grep) */
    COMMAND_NAMED_HINT = 512, /* the line "Try ..." begins with the command's name too (cmp, diff, patch) */
    COMMAND_HELP = 1024,     /* a usage error shows all of --help (sed) */
    COMMAND_DIGITS_FIRST = 2048 /* a first word of a minus and a digit is the option 'number' with all that follows the minus; elsewhere
                                 * digits are a mistake (head) */
};

struct command {
    const char *name;
    const char *usage;     /* what follows the name: "[OPTION]... [FILE]..." ; lines separated by \n for several forms */
    const char *summary;   /* one sentence */
    const char *help;      /* what --help prints below the options; NULL: nothing */
    const struct option *options; /* ends with {0} */
    size_t state;          /* bytes of call->state, zeroed */
    /* Called once, before the first step: reads options and operands into c->state. 0, or the exit status with which the
     * command ends at once (its message is printed). It does not wait. NULL: nothing to prepare. */
    int (*start)(struct call *c);
    /* Called until it answers STEP_DONE. Keeps everything in c->state. */
    enum step (*step)(struct call *c);
    int trouble;           /* exit status of a usage error; 0: 1 */
    /* NULL, or what is said of an unknown option (letter 0), or one whose argument is missing or is one too many, instead of
     * the usual lines: the exit status; 0: it is passed over; -1: the usual lines are said. */
    int (*misused)(struct call *c, int letter);
    unsigned flags;
    int number;            /* with COMMAND_DIGITS: the letter that -NUM stands for */
    const char *refused;   /* options of the real tool that are not done, with the reason, for docs/commands.md: "-Z: why\n..." or NULL */
};

#endif
