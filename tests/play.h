/* tests/play.h - plays one case in a sandbox, in one of several ways, and says what came of it.
 *
 * Memory comes from a counting allocator, so that each play can tell what it leaked; it can refuse one
 * allocation, and it checks the sizes that the library tells it.
 */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include "include/nacre.h"
#include "tests/testfile.h"

struct counter {
    size_t bytes, blocks; /* held now */
    uint64_t calls;       /* allocations and growths so far */
    uint64_t refuse;      /* the one that is refused, from 1; 0: none */
    bool refused;
    bool moving;          /* every resize moves, and what was there is overwritten */
    const char *wrong;    /* what the library told wrongly, or NULL */
};

void *counter_allocate(void *user, void *memory, size_t old_size, size_t size);

enum way { WAY_PLAIN, WAY_SLICES, WAY_REFUSE, WAY_STOP, WAY_FORK, WAY_LAZY, WAY_MEMORY, WAYS };
extern const char *const way_names[WAYS];

/* What came out of a play. */
struct outcome {
    struct bytes out, err;
    uint64_t order;  /* a number for the order in which the bytes of both streams came */
    int status, ends;
    uint64_t steps, output, peak;
    uint64_t allocations;
    double seconds;  /* of processor time, the run alone */
};

void outcome_drop(struct outcome *o);

/* Plays the case plainly. `problem` gets text when something is wrong beyond the outcome (leaks, errors of calls). */
void play_plain(const struct test_case *c, struct outcome *o, struct bytes *problem);

/* Plays it in another way and compares with what came plainly; `number` is the slice, the allocation, the step
 * or the memory limit. Adds text to `problem` when something is wrong. */
void play_way(const struct test_case *c, enum way way, uint64_t number, const struct outcome *plain, struct bytes *problem);

/* Lines with - (wanted) and + (got) where the two differ. */
void print_difference(struct bytes *text, const char *what, struct bytes wanted, struct bytes got);

#endif
