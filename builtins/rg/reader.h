/* builtins/rg/reader.h - what the readers of Rust's patterns share: syntax.c and classes.c. */
#ifndef BUILTINS_RG_READER_H
#define BUILTINS_RG_READER_H

#include "builtins/rg/rg.h"

struct flags {
    bool fold, lines, dot_all, swap, spaced;
};

struct open_group {
    size_t open; /* where it begins in the pattern */
    size_t out;  /* ... and in what is written */
    struct flags flags;
};

struct reader {
    struct rg_syntax *s;
    struct heap *heap;
    size_t at;
    struct flags flags;
    struct open_group *groups;
    size_t depth;
    size_t last;    /* what an operator would be about begins here in s->out */
    bool has_last;
    bool simple;    /* ... and needs no brackets around it */
};

enum escape {
    ESCAPE_WRONG, /* a mistake */
    ESCAPE_CODE,  /* a character */
    ESCAPE_CLASS, /* several, written to `out` */
    ESCAPE_PLACE  /* \b and the like */
};

/* Notes a mistake in a part of the pattern: false. */
bool reader_fail(struct reader *r, const char *mistake, size_t from, size_t to);
/* Takes note of a literal character, for -S. */
void reader_literal(struct reader *r, uint32_t code);
/* Writes a character so that it stands for itself, also in brackets. */
void reader_code(struct buf *out, uint32_t code);
/* r->at stands on a backslash. */
enum escape reader_escape(struct reader *r, bool in_class, uint32_t *code, struct buf *out);
/* classes.c: r->at stands on a bracket. Writes the class to s->out. */
bool reader_class(struct reader *r);

#endif
