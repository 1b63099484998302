/* builtins/launch.h - what commands that run another command share: its failure, durations. */
#ifndef BUILTINS_LAUNCH_H
#define BUILTINS_LAUNCH_H

#include "task/command.h"

/* Statuses of env, nice, nohup, stdbuf and timeout themselves. */
enum { LAUNCH_FAILED = 125, LAUNCH_CANNOT = 126, LAUNCH_MISSING = 127 };

/* Makes the call's task become `words`. STEP_GONE: return it at once; STEP_WAIT: return it and call again; STEP_DONE: it failed,
 * with the message `format` about the word (as "failed to run command %S: %m"; env's and nice's is "%S: %m") and c->status set.
 * Call it with nothing queued. `environment` is the caller's, held by the call's heap; NULL: the task's. */
enum step launch(struct call *c, const struct str *words, size_t count, struct environment *environment, const char *format);
/* The same with the word as the message shall show it. */
enum step launch_as(struct call *c, const struct str *words, size_t count, struct environment *environment, const char *format,
                    struct str shown);

/* A duration as sleep has it: a number of seconds with a suffix s, m, h, d. False when it is none. */
bool launch_duration(struct call *c, struct str text, double *seconds);
/* Nanoseconds, rounded up; INT64_MAX when they do not fit: for ever. */
int64_t launch_nanoseconds(double seconds);

#endif
