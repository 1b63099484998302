/* builtins/paths.h - text of paths, and what commands that make or remove files share. */
#ifndef BUILTINS_PATHS_H
#define BUILTINS_PATHS_H

#include "task/command.h"

/* Without the slashes at the end (but "/" stays). */
struct str path_trim(struct str path);
/* The last component, without slashes at the end; "/" of "/". */
struct str path_base(struct str path);
/* What stands before the last component, as dirname prints it. */
struct str path_directory(struct str path);
/* directory/name on c->heap, with one slash between. */
struct str path_join(struct call *c, struct str directory, struct str name);
/* "." or "..", whatever slashes follow. */
bool path_is_dots(struct str path);

/* "regular empty file" and its kin. */
const char *path_kind(const struct stat_info *info);

/* Makes every missing directory of `path` but the last component (all of it with `whole`). `at` says where it is: 0 at first, kept between
 * calls. Answers 0, E_WAIT or an error; *made is set when a directory was made, *part is the leading part it is about: call again after
 * 0 with *made, to go on, until 0 without. */
int path_make_next(struct call *c, struct str path, bool whole, uint32_t mode, size_t *at, bool *made, struct str *part);

/* The inode of the directory in which the last component is, or would be: 0, E_WAIT or an error. */
int path_parent(struct call *c, struct str path, uint64_t *parent);
/* Are both the same name in the same directory, however they are written? 1, 0 or E_WAIT. */
int path_same_entry(struct call *c, struct str a, struct str b);

#endif
