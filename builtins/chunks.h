/* builtins/chunks.h - input cut into pieces of equal size, across files: for xxd and hexdump. */
#ifndef BUILTINS_CHUNKS_H
#define BUILTINS_CHUNKS_H

#include "task/command.h"

/* Begins with a zeroed struct and chunks_start. */
struct chunks {
    struct call *call;
    struct input *input; /* what is read; NULL: nothing is open yet */
    /* Opens what comes behind the end of `input`, which may be NULL and is left open: 0, E_WAIT, or 1 when there is nothing. */
    int (*next)(struct call *c, struct input **input);
    struct str block;    /* of a regular file: read and not yet handed out */
    struct buf part;     /* bytes of pipes, and those of a piece that spans files */
    size_t at;           /* how many of `part` were handed out */
    uint64_t left;       /* bytes still wanted: no more are taken from the input */
    bool ended;
};

/* Nothing is read yet. `next` may be NULL: only `input` is read. */
void chunks_start(struct chunks *k, struct call *c, struct input *input, uint64_t wanted);
/* The next `size` bytes, fewer at the end only: valid until the next call. INPUT_WAIT: call again with the same size. */
enum input_answer chunks_next(struct chunks *k, size_t size, struct str *piece);
/* Passes over at most `size` bytes, which do not count as wanted ones: how many, or E_WAIT. 0 at the end. To be called first. */
int64_t chunks_skip(struct chunks *k, uint64_t size);
/* Gives back to the file what was read and not handed out. */
void chunks_finish(struct chunks *k);

#endif
