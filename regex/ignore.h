/* regex/ignore.h - the rules of .gitignore: which paths a list of patterns leaves out.
 *
 * As gitignore(5) has it: the last rule that matches decides; a rule with a slash (not only at its end) is about the path
 * below the list's directory, any other about names at any depth; one that ends in a slash is about directories; one that
 * begins with ! takes back. What lies below a directory that is left out is the caller's business.
 */
#ifndef REGEX_IGNORE_H
#define REGEX_IGNORE_H

#include "base/buf.h"

enum { IGNORE_FOLD = 1 /* ignore case */, IGNORE_BRACES = 2 /* {a,b} alternatives, as ripgrep has them */ };
enum ignore_answer { IGNORE_NOTHING, IGNORE_LEAVE_OUT, IGNORE_KEEP };

struct ignore; /* a list of rules */

struct ignore *ignore_new(struct heap *heap);
void ignore_free(struct ignore *list); /* NULL is allowed */
/* Adds a line: a rule, or nothing (empty, a comment). The text is copied. False when it was no rule. */
bool ignore_add(struct ignore *list, struct str line, unsigned flags);
/* Adds each line of a file. Charges nothing: the caller knows the bytes. */
void ignore_add_text(struct ignore *list, struct str text, unsigned flags);
/* Are there no rules in it? NULL has none. */
bool ignore_is_empty(const struct ignore *list);
/* What the rules say of the path, which is relative to the list's directory. `scratch` is a heap for work space. */
enum ignore_answer ignore_judge(const struct ignore *list, struct heap *scratch, struct str path, bool directory);

#endif
