/* regex/regex.h - the one face of patterns over text: grep, sed, awk, expr, nl, csplit, [[ =~ ]], find -regex, rg.
 *
 * Compiled on a heap; immutable afterwards but for its caches (a lazy automaton, bounded). Searches are
 * resumable: they charge the meter, stop when it is spent, and go on after it was filled. Answers are
 * leftmost-longest for POSIX syntaxes, with groups as glibc gives them; Perl's rules for REGEX_PERL.
 */
#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H

#include "base/buf.h"

enum regex_syntax {
    REGEX_BASIC,    /* POSIX BRE with GNU's extensions: \+ \? \| \w \W \s \S \b \B \< \> \` \' */
    REGEX_EXTENDED, /* POSIX ERE with the same */
    REGEX_FIXED,    /* the bytes themselves */
    REGEX_PERL,     /* pcre2 */
    REGEX_AWK,      /* ERE as gawk has it: escapes \n \t \" \/ \y \B \377 inside and outside brackets */
    REGEX_RUST,     /* ripgrep's default syntax */
    REGEX_EMACS     /* find -regex: \( \) \|, and * + ? */
};
enum {
    REGEX_FOLD = 1,      /* ignore case */
    REGEX_UTF8 = 2,      /* characters are UTF-8; else bytes */
    REGEX_NEWLINE = 4,   /* lines: ^ and $ match at newlines, . and [^x] do not match them (grep); else the text is one string */
    REGEX_WORD = 8,      /* grep -w */
    REGEX_LINE = 16,     /* grep -x */
    REGEX_NUL = 32,      /* lines end in NUL instead of newline (with REGEX_NEWLINE) */
    REGEX_MULTILINE = 64, /* sed's M: ^ and $ match at newlines too; . and [^x] do not match them */
    REGEX_NO_GROUPS = 128, /* groups will not be asked for: nested repetitions of groups are then never too big */
    REGEX_STRICT = 256,   /* POSIX only, no GNU extensions */
    REGEX_LENIENT = 512,  /* a**, a leading * + ? {, a lone { or ) are no mistakes: grep (implied by REGEX_NEWLINE), expr */
    REGEX_PAREN = 1024    /* an unmatched ) is itself in REGEX_EXTENDED: regcomp, [[ =~ ]]; not sed */
};

struct regex;

/* One pattern, or several (any may match; their order is kept). NULL and *message (a constant, in glibc's words:
 * "Unmatched [, [^, [:, [., or [=", "Invalid preceding regular expression", ...) when it is not well formed or too big.
 * Charges a step per state. All memory is on `heap`. */
struct regex *regex_compile(struct heap *heap, const struct str *patterns, size_t count, enum regex_syntax syntax,
                            unsigned flags, const char **message);
void regex_free(struct regex *r); /* gives its memory back to its heap */
/* How many groups it has (0: only the whole match). */
int regex_groups(const struct regex *r);
/* The byte that all matches are; -1 when they are more. */
int regex_byte(struct regex *r);

struct match {
    ptrdiff_t start, end; /* byte offsets; -1 when the group took no part */
};
enum {
    MATCH_NOT_BOL = 1, /* the text's start is not a line's start */
    MATCH_NOT_EOL = 2,
    MATCH_LINES = 4 /* of regex_line: it will be called again for the lines that follow */
};
enum regex_answer { REGEX_NO, REGEX_YES, REGEX_MORE, REGEX_LIMIT };

/* A search that can be left and gone on with. Zeroed by regex_start; nothing to free. */
struct search {
    struct regex *regex;
    struct str text;
    size_t from;      /* where matches may begin */
    unsigned flags;
    uint64_t state[13]; /* the engine's own */
};
void regex_start(struct search *s, struct regex *r, struct str text, size_t from, unsigned flags);
/* Looks for the leftmost match at or after `from`: REGEX_YES and groups[0..count) are set (count may be 0: only whether),
 * REGEX_NO, REGEX_MORE when the meter is spent (call again when it is not), REGEX_LIMIT when a back-tracking engine gave up. */
enum regex_answer regex_next(struct search *s, struct match *groups, int count);

/* The same in one go, for short texts: charges, never stops midway (the meter may go into debt). */
enum regex_answer regex_match(struct regex *r, struct str text, size_t from, unsigned flags, struct match *groups, int count);

/* For grep: the first line at or after offset `from` of `text` that matches (or none): [*start, *end) without its newline.
 * `text` must begin at a line's start. Needs REGEX_NEWLINE. Whole blocks at the speed of the finder. Called again after
 * REGEX_YES it goes on behind that line; who will do so says MATCH_LINES, and lines are looked for many at once. */
enum regex_answer regex_line(struct search *s, size_t *start, size_t *end);

#endif
