/* builtins/tab_stops.h - the tab stops that expand and unexpand are given: N, or LIST with / and +. */
#ifndef BUILTINS_TAB_STOPS_H
#define BUILTINS_TAB_STOPS_H

#include "builtins/text.h"

struct tab_stops {
    uint64_t *list;      /* ascending columns */
    size_t count;
    uint64_t every;      /* behind the list: each multiple; 0: none */
    uint64_t increment;  /* behind the list: counted from its last; 0: none */
    size_t near;         /* of the list, those below the column asked for last */
};

/* What --help says of them. */
extern const char tab_stops_help[];

/* Reads -t and the old forms -N and -N,N..., which are taken out of the operands; one number, or none, is a size for all.
 * 0, or 1 after the message. */
int tab_stops_start(struct call *c, struct tab_stops *t);
/* Begins a line. */
void tab_stops_restart(struct tab_stops *t);
/* The first stop behind `column` (columns asked for do not go down within a line); *last when there is none: column + 1. */
uint64_t tab_stops_next(struct tab_stops *t, uint64_t column, bool *last);

#endif
