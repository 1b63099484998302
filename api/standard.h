/* api/standard.h - the tree that stands around every workspace: commands, /etc, /dev, /tmp, /home. */
#ifndef API_STANDARD_H
#define API_STANDARD_H

#include "task/sandbox.h"

/* Fills the empty file system of a new sandbox: 0 or an enum nacre_error. */
int standard_tree(struct nacre *n);

#endif
