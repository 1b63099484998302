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

/* Adds what one -t says. 0, or 1 after the message. */
int tab_stops_parse(struct call *c, struct tab_stops *t, struct str list);
/* Checks what was given, and makes one number, or none, a size for all. 0, or 1 after the message. */
int tab_stops_settle(struct call *c, struct tab_stops *t);
/* Begins a line. */
void tab_stops_restart(struct tab_stops *t);
/* The first stop behind `column` (columns asked for do not go down within a line); *last when there is none: column + 1. */
uint64_t tab_stops_next(struct tab_stops *t, uint64_t column, bool *last);
/* Joins the old forms -N and -N,N... that the digits were recorded from: true when `word` is one, without its minus. */
bool tab_stops_is_old(struct str word);

#endif
