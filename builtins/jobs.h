/* builtins/jobs.h - jobs by operand, for jobs, fg, bg, disown. */
#ifndef BUILTINS_JOBS_H
#define BUILTINS_JOBS_H

#include "builtins/options.h"
#include "shell/vm.h"

/* The job that `word` means, with % or without; no operand (data NULL): the current one. NULL after a message. */
struct job *jobs_operand(struct call *c, struct str word);
/* "no job control" unless set -m: false after the message. */
bool jobs_controlled(struct call *c);

#endif
