/* regex/literal.h - strings of which every match of a pattern has one. */
#ifndef REGEX_LITERAL_H
#define REGEX_LITERAL_H

#include "regex/tree.h"

enum { LITERALS_MOST = 64, LITERAL_BYTES = 24 };

struct literal {
    uint8_t length;
    uint8_t bytes[LITERAL_BYTES][2]; /* each in two cases, which may be equal */
};

struct literals {
    uint8_t count;
    struct literal items[LITERALS_MOST];
};

/* The strings of a pattern, none of them empty. *exact: they are its matches, all of them; *begins: each match begins with
 * one of them. False when there is nothing worth looking for. */
bool literals_init(struct literals *set, const struct tree *t, bool *exact, bool *begins);
/* How rare the byte at a place of a string is in text: 0 to 255. */
unsigned literal_rarity(const struct literal *l, unsigned at);

#endif
