/* regex/finder.h - a fast look for the strings of which every match of a pattern has one. */
#ifndef REGEX_FINDER_H
#define REGEX_FINDER_H

#include "regex/tree.h"

struct finder;

/* NULL when there is nothing worth looking for. */
struct finder *finder_new(const struct tree *t);
void finder_free(struct heap *heap, struct finder *f);
bool finder_exact(const struct finder *f);
bool finder_begins(const struct finder *f);
/* Are all strings of one length? */
bool finder_even(const struct finder *f);
/* The first place in [from, limit) at which a string begins, which may end behind `limit`; -1 if none. */
ptrdiff_t finder_find(const struct finder *f, struct str text, size_t from, size_t limit);
/* The length of the longest string at `at`, where one is. */
size_t finder_longest(const struct finder *f, struct str text, size_t at);

#endif
