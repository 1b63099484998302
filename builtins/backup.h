/* builtins/backup.h - names of backups: --backup and -S of cp, mv, ln, install. */
#ifndef BUILTINS_BACKUP_H
#define BUILTINS_BACKUP_H

#include "task/command.h"

enum backup { BACKUP_NONE, BACKUP_SIMPLE, BACKUP_EXISTING, BACKUP_NUMBERED };

struct backups {
    enum backup kind;
    struct str suffix;
};

/* Reads -b, `letter` (--backup[=CONTROL]) and -S: false after a message. */
bool backups_start(struct call *c, struct backups *b, int letter);
/* The name that what stands at `path` is moved to, on c->heap. 0, E_WAIT or an error. Only with a kind other than BACKUP_NONE. */
int backups_name(struct call *c, const struct backups *b, struct str path, struct str *name);
/* Moves what stands at `path` there: 0 and *name, E_WAIT, or 1 after a message. */
int backups_move(struct call *c, const struct backups *b, struct str path, struct str *name);
/* Moves it back from `name`, since nothing took its place. */
void backups_undo(struct call *c, struct str name, struct str path, bool verbose);

#endif
