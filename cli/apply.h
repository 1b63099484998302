/* cli/apply.h - the change is written back to the directory it came from: whole, or not at all. */
#ifndef CLI_APPLY_H
#define CLI_APPLY_H

#include "cli/program.h"

/* Applies what changed below the mount to the host's directory: 0, or -1 after messages, and then nothing was changed. */
int apply_changes(struct program *p);
/* Is there an apply that was cut off? */
bool apply_is_open(int root);
/* Finishes or undoes one that was cut off: 0, or -1 after messages. */
int apply_recover(int root);

#endif
