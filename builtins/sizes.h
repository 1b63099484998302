/* builtins/sizes.h - sizes as ls, du and df print them: in blocks, or for people (-h, --si, --block-size). */
#ifndef BUILTINS_SIZES_H
#define BUILTINS_SIZES_H

#include "task/command.h"

struct size_unit {
    uint64_t unit;  /* bytes of one block; with `human`: 1 */
    bool human;     /* the largest unit that gives 1 or more, with its letter */
    bool decimal;   /* powers of 1000, not of 1024 */
    char suffix[4]; /* printed behind the number when not human: of --block-size=M */
};

static inline struct size_unit size_unit_of(uint64_t unit)
{
    return (struct size_unit){.unit = unit};
}
static inline struct size_unit size_unit_human(bool decimal)
{
    return (struct size_unit){.unit = 1, .human = true, .decimal = decimal};
}
/* The argument of --block-size. False: a message was printed and c->status set, when `option` ("--block-size", "-B") is given. */
bool size_unit_parse(struct call *c, const char *option, struct str text, struct size_unit *unit);
/* From the environment: the command's own variable (DU_BLOCK_SIZE; NULL: none), BLOCK_SIZE, BLOCKSIZE, or 1024, with
 * POSIXLY_CORRECT 512. */
struct size_unit size_unit_default(struct call *c, const char *variable);

/* Bytes in that unit, rounded up. */
void size_print(struct buf *out, uint64_t bytes, const struct size_unit *unit);

#endif
