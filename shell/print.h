/* shell/print.h - shell text made from values: quoting, declarations, prompts, functions. */
#ifndef SHELL_PRINT_H
#define SHELL_PRINT_H

#include "shell/vars.h"

/* As ${x@Q}: '...' or $'...'. */
void quote_shell(struct buf *out, struct str s);
/* '...' whatever the bytes are. */
void quote_single(struct buf *out, struct str s);
/* As printf %q: backslashes, or $'...' where needed. */
void quote_words(struct buf *out, struct str s);
/* As declare -p shows values: "..." or $'...'. */
void quote_double(struct buf *out, struct str s);
/* As set shows values: only when needed, '...' or $'...'. Nothing for the empty one. */
void quote_needed(struct buf *out, struct str s);
/* As xtrace shows words: the same, but blanks and newlines in '...'. Nothing for the empty one. */
void quote_trace(struct buf *out, struct str s);
/* As messages show names: as they are, but $'...' when there is what cannot be shown. */
void quote_shown(struct buf *out, struct str s);
/* As declare -p shows keys: "..." only when needed. */
void quote_key(struct buf *out, struct str s);
/* The escapes of $'...' undone (${x@E}). */
void add_ansi_escapes(struct buf *out, struct str s);
/* The escapes of PS1 (${x@P}), then parameters and arithmetic as inside of "": command substitutions are nothing. */
void prompt_expand(struct shell *sh, struct str s, struct buf *out);
/* A subscript as builtins and namerefs are given it: its quotes and expansions, but for commands, done. What it needs is in
 * `store`, to be dropped. */
struct str subscript_expand(struct shell *sh, struct str text, struct buf *store);
/* `declare -a x=([0]="a")` or x='a' as ${x[@]@A} shows it; nothing when it is neither set nor declared. */
void declaration_print(struct shell *sh, struct str name, uint32_t hash, bool set, struct buf *out);
/* The same of one value: `declare -a x='a'`, as ${x@A} shows element 0 and ${x[1]@A} another. */
void value_declaration_print(struct shell *sh, struct str name, uint32_t hash, bool set, struct str value, struct buf *out);
/* ([0]="a" [1]="b") of an array. */
void elements_print(struct shell *sh, struct str name, uint32_t hash, struct buf *out);
/* The letters that declare has for these flags: false when there are none. */
bool attributes_print(uint32_t flags, struct buf *out);
/* Keys and values as ${a[@]@K} shows them. */
void pairs_print(struct shell *sh, struct str name, uint32_t hash, bool quoted, struct buf *out);
/* The text of the command that begins at instruction `at`, as BASH_COMMAND shows it. */
void instruction_text(struct shell *sh, const struct code *code, int at, struct buf *out);
/* A function as declare -f prints it: "f () \n{ \n    echo hi\n}". */
void function_print(struct shell *sh, struct str name, const struct function *f, struct buf *out);

#endif
