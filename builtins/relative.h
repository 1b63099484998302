/* builtins/relative.h - paths relative to others, as text: realpath --relative-to, ln -r. */
#ifndef BUILTINS_RELATIVE_H
#define BUILTINS_RELATIVE_H

#include "task/command.h"

/* Is the absolute path `path` the same as or below `directory`? Both without dots. */
bool path_is_below(struct str path, struct str directory);
/* Appends the way from `directory` to `path`, both absolute and without dots: "../a", "." */
void path_add_relative(struct buf *out, struct str directory, struct str path);
/* Appends the components of `path` to the absolute path in `out` (empty: the root), "." and ".." taken out. */
void path_append_dots(struct buf *out, struct str path);

#endif
