/* builtins/table.h - all commands that are linked in, sorted by name in byte order; generated at build time.
 *
 * A command is in it because a source of builtins/ or shell/ has `const struct command command_X = {`.
 */
#ifndef BUILTINS_TABLE_H
#define BUILTINS_TABLE_H

#include <stddef.h>

struct command;

extern const struct command *const builtins_table[]; /* builtins_count of them, then NULL */
extern const size_t builtins_count;

#endif
