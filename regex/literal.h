/* regex/literal.h - strings of which every match of a pattern has one, and a fast look for them. */
#ifndef REGEX_LITERAL_H
#define REGEX_LITERAL_H

#include "regex/tree.h"

enum { LITERALS_MOST = 8, LITERAL_BYTES = 24 };

struct literal {
    uint8_t length;
    uint8_t bytes[LITERAL_BYTES][2]; /* each in two cases, which may be equal */
};

struct literals {
    uint8_t count;
    struct literal items[LITERALS_MOST];
};

struct finder {
    struct literals set;
    bool usable;
    bool exact;  /* the strings are the pattern's matches, all of them */
    bool begins; /* each match begins with one of them */
    bool cases;
    uint8_t longest;
    uint8_t first[LITERALS_MOST], second[LITERALS_MOST]; /* the places to look at */
};

/* What must be found: false, and f->usable false, when there is nothing worth looking for. */
bool finder_init(struct finder *f, const struct tree *t);
/* The first place in [from, limit) at which a string begins, which may end behind `limit`; -1 if none. */
ptrdiff_t finder_find(const struct finder *f, struct str text, size_t from, size_t limit);
/* The length of the longest string at `at`, where one is. */
size_t finder_longest(const struct finder *f, struct str text, size_t at);

#endif
