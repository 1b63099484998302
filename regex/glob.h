/* regex/glob.h - the one matcher of shell patterns: case, ${x#p}, pathname expansion, find -name,
 * rg -g, .gitignore, tar --exclude. Iterative, compiled once, bounded: linear memory in the pattern,
 * time |text| x |pattern| at worst without !(; charges a step per 64 bytes of work. A call is not resumable:
 * it runs up a debt, and answers "no match" once that is far (10^6 steps) beyond all the run may use.
 *
 * POSIX XCU 2.13; bash's extglob ?( *( +( @( !( ; bracket expressions with classes, equivalence
 * classes and collating symbols; UTF-8 characters when `utf8`, bytes else (an invalid byte is one
 * character that matches itself and ? and negated brackets; as in bash, glob_match, glob_prefix and
 * glob_suffix take all of a text that has one for bytes). Bash's own ways are kept: what follows a star does
 * not match the empty end of the text, a group that is not closed is the text itself, ${x/[^]]/} finds
 * nothing.
 */
#ifndef REGEX_GLOB_H
#define REGEX_GLOB_H

#include "base/buf.h"

enum {
    GLOB_EXTENDED = 1, /* extglob operators */
    GLOB_FOLD = 2,     /* ignore case */
    GLOB_PATH = 4,     /* * ? [ do not match / (FNM_PATHNAME) */
    GLOB_PERIOD = 8,   /* a leading . (after / too, with GLOB_PATH) must be matched explicitly (FNM_PERIOD) */
    GLOB_STARSTAR = 16,  /* ** matches across / : for .gitignore and rg -g (with GLOB_PATH) */
    GLOB_NO_ESCAPE = 32, /* a backslash is itself */
    GLOB_UTF8 = 64,
    GLOB_LEADING_DIRECTORY = 128, /* also matches if the pattern matches a leading part before a / */
    GLOB_BRACES = 256             /* {a,b} alternatives: for rg -g */
};

struct glob; /* immutable after compile, lives on its heap */

/* Never fails: a pattern that is not well formed (an open bracket) matches literally, as in bash. */
struct glob *glob_compile(struct heap *heap, struct str pattern, unsigned flags);
void glob_free(struct heap *heap, struct glob *g);
/* Does all of `text` match? `scratch` is a heap for work space, freed before the answer. */
bool glob_match(const struct glob *g, struct heap *scratch, struct str text);
/* How many bytes of the start (or end) of `text` match: the shortest or the longest; -1 if none. For ${x#p}
 * ${x##p} ${x%p} ${x%%p}. */
ptrdiff_t glob_prefix(const struct glob *g, struct heap *scratch, struct str text, bool longest);
ptrdiff_t glob_suffix(const struct glob *g, struct heap *scratch, struct str text, bool longest);
/* The first longest match at or after `from` (a byte offset): false if none. For ${x/p/r}. */
bool glob_search(const struct glob *g, struct heap *scratch, struct str text, size_t from, size_t *start,
                 size_t *end);
/* Is there an unescaped * ? [ (or extglob operator) in it? Else its text, unescaped, is the only match. */
bool glob_is_pattern(struct str pattern, unsigned flags);
/* Appends `text` with everything special escaped by backslashes. */
void glob_escape(struct buf *out, struct str text);

#endif
