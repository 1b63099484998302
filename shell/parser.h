/* shell/parser.h - the parser's own state: a stack of open constructs, shared by lex.c (inside words) and the parse_*.c (between them). */
#ifndef SHELL_PARSER_H
#define SHELL_PARSER_H

#include "shell/parse.h"

enum construct {
    /* lists of commands: what closes them */
    TOP, BRACE, PAREN, SUBST /* $( */, BACKQUOTE, PROCESS_SUBST, IF_TEST, IF_THEN, IF_ELSE, LOOP_TEST, LOOP_BODY, CASE_BODY,
    /* commands of more than one part */
    FOR_WORDS, CASE_WORD, CASE_PATTERNS, FUNCTION_BODY, COPROC_BODY, CONDITION, CONDITION_PAREN, ARITH_FOR, ARRAY,
    /* words and what is inside of them */
    WORD, DQUOTE, PARAM, ARITH_WORD
};

/* Where a list stands. */
enum list_state {
    WANT_COMMAND, /* a command may begin; newlines are skipped */
    WANT_STAGE,   /* after | && || ! : a command must come */
    IN_SIMPLE,    /* words of a simple command */
    AFTER         /* a compound command has ended: redirections or the end */
};

/* What becomes of a finished word, and where it ends. */
enum purpose {
    COMMAND_WORD, ASSIGN_VALUE, SUBSCRIPT_WORD, TARGET, FOR_ITEM, CASE_SUBJECT, CASE_CHOICE, ELEMENT, ELEMENT_KEY, ELEMENT_VALUE,
    OPERAND, PATTERN_OPERAND, REGEX_OPERAND, SINGLE, HERE_TEXT,
    /* inside ${ } */
    PARAM_INDEX, PARAM_VALUE, PARAM_PATTERN, PARAM_REPLACEMENT, PARAM_OFFSET, PARAM_LENGTH,
    /* arithmetic */
    ARITH_TEXT, ARITH_BRACKET, ARITH_COMMAND_TEXT, ARITH_FOR_PART
};

struct open {
    uint8_t kind, state, purpose;
    bool quoted;       /* words: inside "" */
    bool here;         /* words: in a here-document */
    bool assigned;     /* words: an assignment's value or the like: no splitting */
    bool plain;        /* WORD: only unquoted literal text so far */
    bool braces;       /* WORD: an unquoted { was seen */
    bool until, select, has_words, declares, function;
    bool negated;      /* CONDITION: ! stands before the next term */
    bool first_done;   /* IN_SIMPLE: a command word was read */
    bool alone;        /* IN_SIMPLE: so far only its first word was read; its line is where the second one ends, as in bash */
    bool joins;        /* IN_SIMPLE: of let and eval, whose arguments may be name=( ) */
    bool passes;       /* IN_SIMPLE: so far only `command`, in posix mode */
    bool unlisted;     /* IN_SIMPLE: declares, but takes no name=( ) */
    bool lists;        /* WORD: such an argument, up to its bracket */
    bool single;       /* WORD: between single quotes that hide a }, and are no quotes otherwise */
    int line;
    int and_or;        /* lists: the placeholder of BACKGROUND, or -1 */
    int pipeline, stage; /* or -1 */
    int jump;          /* AND or OR that waits for the end of its right side, or -1 */
    int start, exit, chain, back; /* the construct's own patches */
    int compound;      /* COMPOUND of the compound command just ended, or -1; redirections to it start at `redirect` */
    int redirect;
    int code_start, string_start; /* WORD: where its code began */
    size_t text_start; /* WORD: where its source began; FUNCTION_BODY, FOR_WORDS and the like too */
    size_t simple_start; /* IN_SIMPLE: where this command began */
    size_t command_start; /* lists: where this command began */
    int parens;        /* brackets open inside this word */
    int expansion;     /* PARAM */
    int name;          /* string */
    int flags;         /* of ASSIGN */
    int count;         /* ARITH_FOR: parts seen; CONDITION: operands */
    int operator;      /* CONDITION: the pending one */
    size_t resume;     /* ARITH_WORD: where the $(( began, to go back to */
    int first_command; /* SIMPLE: index of COMMAND */
    int assignments;   /* SIMPLE: the last assignment before the command word, or -1; each names the one before it */
};

struct here {
    int at;            /* the HERE instruction */
    struct str delimiter;
    bool quoted, strip;
    int line;
};

/* Texts under the one being read: what surrounds a backquoted piece. */
struct input_below {
    struct input_below *below;
    const char *begin, *p, *end;
    int line;
    struct buf owned;
};

struct alias_use {
    struct str name;
    size_t remaining; /* the alias is active while more than this is left */
};

struct parser {
    struct source *s;
    struct heap *heap;
    const char *begin, *p, *end;
    int line;
    struct input_below *below;
    struct buf spliced;          /* the text when aliases were put into it */
    struct alias_use *aliases;
    size_t alias_count;
    size_t alias_next;           /* an alias ended in a blank with this much left: the next word may be one too; SIZE_MAX: none */
    struct instruction *at;
    int length;
    struct str_slot { size_t at, length; } *strings;
    int string_count;
    struct buf bytes;
    struct expansion *expansions;
    int expansion_count;
    struct open *stack;
    size_t depth;
    struct here *heres;
    size_t here_count;
    size_t first_here;           /* those before were read */
    size_t keyword_place;        /* where the last reserved word stands */
    bool complete;               /* a complete command was read up to a newline or the end */
    bool any;                    /* something was emitted */
    bool failed, more, in_alias_check;
    bool single;                 /* parse_word */
    size_t *not_arith;           /* offsets of $(( that turned out to be commands */
    size_t not_arith_count;
    unsigned rest;
};

/* --- emitting ------------------------------------------------------------------------ */
int emit(struct parser *p, enum op op, int flags, int a, int b);
int intern(struct parser *p, struct str text);
void patch(struct parser *p, int at);

/* --- the stack ----------------------------------------------------------------------- */
static inline struct open *top(struct parser *p)
{
    return &p->stack[p->depth - 1];
}
struct open *push(struct parser *p, enum construct kind);
void pop(struct parser *p);

/* --- failing ------------------------------------------------------------------------- */
void fail_token(struct parser *p, struct str token);        /* syntax error near unexpected token `...' */
void fail_message(struct parser *p, const char *format, ...); /* any other, with the line quoted when it ends in \1 */
void fail_unclosed(struct parser *p, char what, int line);  /* unexpected EOF while looking for matching */

/* --- lex.c: one piece of the word on top of the stack ----------------------------------- */
void word_step(struct parser *p);
void param_step(struct parser *p);
void begin_word(struct parser *p, enum purpose purpose);
bool is_name_start(char c);
bool is_name(char c);
bool is_meta(char c);
/* Takes out a backslash and the newline behind it, `length` bytes from here. */
void join_lines_at(struct parser *p, size_t length);
/* Is there an assignment at p->p? Its name's length, and whether it is +=, and where a subscript begins and ends. */
bool assignment_ahead(struct parser *p, size_t *name, bool *append, bool *subscript);
/* The word on top is complete: what becomes of it. In parse_command.c. */
void word_done(struct parser *p, struct open word);
/* Removes quotes of raw text, for here-document delimiters: true when there were any. */
bool unquote_delimiter(struct parser *p, struct str raw, struct buf *out);
void add_ansi(struct buf *out, struct str text); /* $'...' */

#endif
