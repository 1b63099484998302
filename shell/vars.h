/* shell/vars.h - variables of a shell: scalars, arrays, namerefs, scopes, and those that are made when looked at. */
#ifndef SHELL_VARS_H
#define SHELL_VARS_H

#include "shell/shell.h"

extern const struct item_kind text_kind, variable_kind, function_kind;

/* A counted text; exhaustion does not return. */
struct text *text_new(struct shell *sh, struct str s);
void text_release(void *text, struct meter *m);
static inline struct str text_str(const struct text *t)
{
    return t ? str_of(t->data, t->length) : (struct str){0};
}

/* The binding of a name, whatever it is; NULL. Namerefs are not followed. `hash` is code_hash(name). */
struct variable *var_find(struct shell *sh, struct str name, uint32_t hash);
/* The same, to be changed in place; made (unset, global) when absent and `make`. */
struct variable *var_own(struct shell *sh, struct str name, uint32_t hash, bool make);
/* Follows namerefs: the final name in *name (may be "a[1]"). False on a circle (a message was given). */
bool var_follow(struct shell *sh, struct str *name, uint32_t *hash);
/* Splits "a[sub]": false when there is no subscript. */
bool var_split(struct str whole, struct str *name, struct str *subscript);

/* The scalar value (element 0 of arrays); false when unset. A made one lies in `store`. */
bool var_value(struct shell *sh, struct str name, uint32_t hash, struct made *store, struct str *value);
/* An element by its subscript text (evaluated here); false when unset; *bad on an error (message given). */
bool var_element(struct shell *sh, struct str name, uint32_t hash, struct str subscript, struct made *store, struct str *value, bool *bad);
bool var_is_set(struct shell *sh, struct str name, uint32_t hash, struct str subscript, bool has_subscript);
/* Is it an array (or a made one such as FUNCNAME)? */
bool var_is_array(struct shell *sh, struct str name, uint32_t hash, bool *assoc);
/* Calls each(user, key, value) for all elements in bash's order; a scalar is element 0. */
void var_each(struct shell *sh, struct str name, uint32_t hash, void (*each)(void *user, struct str key, struct str value), void *user);
size_t var_count(struct shell *sh, struct str name, uint32_t hash);

/* All answer 0 or -1 after a message. `append` is +=. Attributes of the variable (integer, case) apply. */
int var_assign(struct shell *sh, struct str name, uint32_t hash, struct str value, bool append);
int var_assign_element(struct shell *sh, struct str name, uint32_t hash, struct str subscript, struct str value, bool append);
int var_assign_index(struct shell *sh, struct str name, uint32_t hash, uint64_t index, struct str value, bool append);
/* Makes it an (empty) array; keeps a scalar as element 0 when `keep`. */
int var_make_array(struct shell *sh, struct str name, uint32_t hash, bool assoc, bool keep);
int var_unset(struct shell *sh, struct str name);
int var_unset_element(struct shell *sh, struct str name, struct str subscript);
/* Sets and clears attribute bits; makes the variable. */
int var_attributes(struct shell *sh, struct str name, uint32_t set, uint32_t clear);
int var_readonly_error(struct shell *sh, struct str name);

/* A new local binding in the scope of the function that runs; `inherit` takes the value over. */
int var_local(struct shell *sh, struct str name, uint32_t flags, bool inherit);
/* One for the assignments before a command: exported, ends with `c`. */
int var_temporary(struct shell *sh, struct control *c, struct str name, uint32_t scope);
/* Gives a name its outer binding back. */
void var_restore(struct shell *sh, struct str name);
/* The same for an assignment before a special builtin in posix mode: its value, if it still has one, stays. */
void var_settle(struct shell *sh, struct str name);
/* Bindings of the scope above are no longer visible: called when a function returns. */
struct environment *vars_environment(struct shell *sh); /* counted: the exported ones, and functions */

/* Copies and releases what a subshell takes over. */
void state_share(struct state *copy, const struct state *from);
void state_release(struct state *s, struct meter *m);
void frame_release(void *frame, struct meter *m);
void params_release(void *params, struct meter *m);
void traps_release(void *traps, struct meter *m);
/* This shell's own ones, to be changed. */
struct traps *traps_own(struct shell *sh);
/* Positional parameters become these words. */
void shell_set_params(struct shell *sh, const struct str *words, size_t count);
/* How many there are, and the number-th (1...). */
size_t shell_param_count(const struct shell *sh);
bool shell_param(const struct shell *sh, size_t number, struct str *value);
/* The frame of a function or a sourced file, called from `line`: the caller sets what it is, which may not return. */
struct frame *shell_push_frame(struct shell *sh, int line);
void shell_pop_frame(struct shell *sh);
struct params *params_new(struct shell *sh, const struct str *words, size_t count);
struct frame *frame_own(struct shell *sh); /* the innermost one, to be changed */

/* made.c: those that are made when they are looked at. A scalar, in `m`: false when it is none of them. */
bool made_value(struct shell *sh, struct str name, struct made *m);
extern const char *const made_names[]; /* their names in order, NULL at the end */
enum { MADE_NONE, MADE_FUNCNAME, MADE_LINENO, MADE_SOURCE, MADE_PIPESTATUS, MADE_GROUPS, MADE_VERSION };
/* Which array it is, and an element of it: false behind the last. */
int made_array(const struct shell *sh, struct str name);
bool made_element(struct shell *sh, int which, size_t index, struct made *m);
/* May it not be assigned? */
bool made_is_readonly(struct str name);
/* What SHELLOPTS (`set`) and BASHOPTS hold: until the next call. */
struct str made_option_list(struct shell *sh, bool set);

/* hash.c: where commands were found. The path is borrowed until the table changes. */
void hashed_keep(struct shell *sh, struct str name, struct str path, uint32_t hits);
bool hashed_find(struct shell *sh, struct str name, struct str *path, uint32_t *hits);
void hashed_forget(struct shell *sh);

/* As bash lists a table of so many buckets (a power of 2). */
void hash_order(struct heap *heap, struct str *keys, size_t count, uint32_t buckets);
/* bash's order of an associative array's keys: places in `keys`. */
void assoc_order(struct heap *heap, struct str *keys, size_t count);

#endif
