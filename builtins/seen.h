/* builtins/seen.h - what cp, mv and ln were given and what they made: no source is taken twice, nothing just made is replaced. */
#ifndef BUILTINS_SEEN_H
#define BUILTINS_SEEN_H

#include "base/map.h"
#include "task/command.h"

/* By directory and name, so that the other names of a file are not taken for it. */
struct seen {
    struct map given; /* to the number of the operand */
    struct map made;  /* to the inode */
};

void seen_init(struct seen *s, struct heap *heap);

/* Was this source given as another operand before? Notes it. 1, 0 or E_WAIT. */
int seen_given(struct call *c, struct seen *s, struct str source, size_t operand);

/* The inode `number` was made as `name` in the directory `parent`; or at a path, when its directory is loaded. */
void seen_make(struct seen *s, uint64_t parent, struct str name, uint64_t number);
void seen_make_at(struct call *c, struct seen *s, struct str path, uint64_t number);
/* Is it what was made there? */
bool seen_made(const struct seen *s, uint64_t parent, struct str name, uint64_t number);
bool seen_made_at(struct call *c, const struct seen *s, struct str path, uint64_t number);

#endif
