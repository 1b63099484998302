/* builtins/awk/random.h - the numbers of rand: those of BSD's random(3) with 256 bytes of state, as gawk has them. */
#ifndef BUILTINS_AWK_RANDOM_H
#define BUILTINS_AWK_RANDOM_H

#include "builtins/awk/awk.h"

void random_seed(struct awk *a, double seed);
/* From 0 up to, not including, 1. */
double random_next(struct awk *a);

#endif
