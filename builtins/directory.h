/* builtins/directory.h - changing the working directory, for cd, pushd and popd. */
#ifndef BUILTINS_DIRECTORY_H
#define BUILTINS_DIRECTORY_H

#include "builtins/options.h"
#include "shell/vars.h"

/* Goes to `path`, with PWD and OLDPWD. 0, E_WAIT, another error (no message), or 1: it went, but a variable is readonly (there was
 * a message). */
int directory_change(struct call *c, struct str path, bool physical);
/* The working directory as the shell calls it. */
struct str directory_now(struct call *c);
/* Adds `path` with ~ for HOME. */
void directory_print(struct call *c, struct str path, struct buf *out);

#endif
