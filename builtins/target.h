/* builtins/target.h - where the operands go: SOURCE DEST, SOURCE... DIRECTORY and -t DIRECTORY SOURCE... of cp, mv, ln, install. */
#ifndef BUILTINS_TARGET_H
#define BUILTINS_TARGET_H

#include "task/command.h"

/* What they differ in: messages, and that ln has a directory for a single operand, the working one. */
enum target_way { TARGET_COPY, TARGET_INSTALL, TARGET_LINK };

struct target {
    enum target_way way;
    struct str path;   /* of -t, or the last operand */
    bool exact;        /* -T: it is no directory to put things into */
    bool into;         /* it is one: by -t, or as target_look found */
    bool looked;
    size_t count;      /* the first so many operands are sources */
};

/* Reads -t, -T and how many operands there are: 0, or the status after a message. */
int target_start(struct call *c, struct target *t, enum target_way way);
/* Looks, once, whether it is a directory: 0, E_WAIT, or 1 after a message. `follow`: a link to a directory is one. */
int target_look(struct call *c, struct target *t, bool follow);
/* The path that `source` goes to, on c->heap or borrowed. */
struct str target_place(struct call *c, const struct target *t, struct str source);

#endif
