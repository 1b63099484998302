/* task/proc.h - what lies in /proc/self: asked of the task whose path leads there.
 *
 * A walk that comes to /proc/self stops (place.rest); these finish it. `rest` has no leading slash.
 */
#ifndef TASK_PROC_H
#define TASK_PROC_H

#include "task/file.h"

int proc_open(struct task *t, struct str rest, unsigned flags, uint32_t mode, struct file **file);
int proc_stat(struct task *t, struct str rest, bool follow, struct stat_info *info);
int proc_readlink(struct task *t, struct str rest, struct buf *target);
/* Listings of /proc/self (proc 1) and /proc/self/fd (proc 2): sets l->proc, or answers an error. */
int proc_list(struct task *t, struct str rest, struct listing *l);
bool proc_list_next(struct task *t, struct listing *l, struct str *name);

#endif
