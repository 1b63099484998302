/* shell/reprint.h - source text laid out anew: see function_print in shell/print.h. */
#ifndef SHELL_REPRINT_H
#define SHELL_REPRINT_H

#include "shell/shell.h"

/* The words that `text` begins with, up to the end of their command, with one space between them, as bash keeps them:
 * $( ) printed anew, $'...' undone. */
void reprint_words(struct shell *sh, struct str text, struct buf *out);

/* Commands as bash shows them on one line: "a; b | c". */
void reprint_commands(struct shell *sh, struct str text, struct buf *out);

#endif
