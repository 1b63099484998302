/* builtins/escape.h - backslash escapes of echo -e and printf, as bash and GNU each have them. */
#ifndef BUILTINS_ESCAPE_H
#define BUILTINS_ESCAPE_H

#include "base/buf.h"

enum escape_style {
    ESCAPE_ECHO,      /* bash's echo -e: \0NNN, \c ends */
    ESCAPE_GNU_ECHO,  /* \NNN too, no \u */
    ESCAPE_FORMAT,    /* printf's format: \NNN, \" */
    ESCAPE_ARGUMENT   /* of %b: \0NNN, \NNN, \c ends */
};

struct escape {
    size_t length;     /* bytes of it, the backslash included */
    bool stop;         /* \c: nothing more is printed */
    char missing;      /* 'x', 'u', 'U': digits are wanted and there are none (printf) */
};

/* Adds what the escape at the start of `text`, a backslash, stands for. What is none is itself. */
struct escape escape_add(struct buf *out, struct str text, enum escape_style style);

#endif
