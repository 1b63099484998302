/* shell/print.h - shell text made from values: quoting, declarations, prompts, functions. */
#ifndef SHELL_PRINT_H
#define SHELL_PRINT_H

#include "shell/vars.h"

/* As ${x@Q}: '...' or $'...'. */
void quote_shell(struct buf *out, struct str s);
/* As printf %q: backslashes, or $'...' where needed. */
void quote_words(struct buf *out, struct str s);
/* As declare -p shows values: "..." or $'...'. */
void quote_double(struct buf *out, struct str s);
/* As set and xtrace show them: only when needed, '...'. */
void quote_needed(struct buf *out, struct str s);
/* The escapes of $'...' undone (${x@E}). */
void add_ansi_escapes(struct buf *out, struct str s);
/* The escapes of PS1 (${x@P}). */
void prompt_expand(struct shell *sh, struct str s, struct buf *out);
/* `declare -a x=([0]="a")` or x='a' as ${x@A} shows it. */
void declaration_print(struct shell *sh, struct str name, uint32_t hash, bool set, struct buf *out);
/* Keys and values as ${a[@]@K} shows them. */
void pairs_print(struct shell *sh, struct str name, uint32_t hash, bool quoted, struct buf *out);
/* A function as declare -f prints it: "f () \n{ \n    echo hi\n}". */
void function_print(struct shell *sh, struct str name, const struct function *f, struct buf *out);

#endif
