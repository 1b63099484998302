/* shell/parse.h - text to code, one complete command at a time.
 *
 * POSIX XCU 2.3-2.10 and bash's grammar, with a stack of open constructs instead of recursion: nesting costs
 * heap, never C stack. Aliases are expanded here.
 */
#ifndef SHELL_PARSE_H
#define SHELL_PARSE_H

#include "shell/code.h"

enum parse_answer {
    PARSE_CODE,    /* *code is a complete command, to be run before more is parsed */
    PARSE_NOTHING, /* only blanks and comments up to the end */
    PARSE_MORE,    /* the text ends inside of a construct: with more text it could be complete */
    PARSE_ERROR,   /* source->message, source->message_line */
    PARSE_LATER    /* the meter is spent: call again */
};

/* What is being parsed. Zero it, then set text; it is then moved along by parse_next. */
struct source {
    struct str text;
    size_t at;             /* the next byte to be parsed */
    int line;              /* its line, from 1 */
    bool ended;            /* no more text will come */
    bool posix, extglob, expand_aliases;
    /* the value of an alias, false when there is none: borrowed until the parse of this command is done */
    bool (*alias)(void *user, struct str name, struct str *value);
    void *user;
    struct buf spliced;    /* what is left of the text when an alias had more than one command: `text` then lies here */
    /* answers */
    struct buf message;    /* of PARSE_ERROR, without "bash: line N: " ; may have two lines */
    int message_line;
    bool warned;           /* a here-document delimited by the end: `warning` */
    struct buf warning;
};

/* Parses the next complete command (up to the end of its line) of `s`. All work space is on `heap` and freed again; *code is counted. */
enum parse_answer parse_next(struct source *s, struct heap *heap, struct code **code);
/* One word of source text, as BRACES makes them: PARSE_CODE or PARSE_ERROR. */
enum parse_answer parse_word(struct source *s, struct heap *heap, struct code **code);
/* Text as in a here-document or a prompt: expansions, but no quotes. For PS4, ${x@P}. */
enum parse_answer parse_text(struct source *s, struct heap *heap, struct code **code);

/* The reserved words, then NULL. */
extern const char *const parse_keywords[];
bool parse_is_keyword(struct str word);

#endif
