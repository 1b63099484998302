/* shell/code.h - the one form between text and running: a flat array of instructions in source order.
 *
 * Words are code too, so that stopping in the middle of "a$(b)c" is a program counter. Nesting is kept as
 * forward indices, so nothing that reads code recurses. A code is immutable after parsing and counted: frames,
 * functions and tasks hold references. One object per complete command read.
 *
 * A word is built from segments (text pieces that remember how they were quoted) on the task's word stack, and ended
 * by an instruction that says what becomes of it.
 */
#ifndef SHELL_CODE_H
#define SHELL_CODE_H

#include "base/buf.h"
#include "limits/shared.h"

/* name, what `a` and `b` are */
#define SHELL_OPS(X)                                                                                  \
    X(NOP, "nothing")                                                                                 \
    X(COMMAND, "begin a command: line, its text (source from a to b, or string b); flags: kind")      \
    X(TEXT, "add string a to the word; flags: quoted; b: with the WORD behind it, it is a whole argument")\
    X(VARIABLE, "add the value of variable a; flags: quoted, length, all elements")                   \
    X(SPECIAL, "add the special or positional parameter a; flags")                                    \
    X(PARAM_OPEN, "begin ${...} by expansion a: what follows are its words")                          \
    X(PARAM_SUBSCRIPT, "the word is its subscript")                                                   \
    X(PARAM_TEST, "decide for expansion a whether its word is needed; if not, go to b")               \
    X(PARAM_WORD, "the word is its pattern, offset or message")                                       \
    X(PARAM_CLOSE, "the word is its last word, if it has one: add what it expands to")                \
    X(SUBSTITUTE, "add the output of the code up to a; flags: quoted")                                \
    X(PROCESS, "add the name of a pipe to or from the code up to a; b: 0 read, 1 write")              \
    X(ARITH, "add the value of arithmetic text a; flags: quoted")                                     \
    X(ARITH_OPEN, "begin $((...)): what follows is its text")                                         \
    X(ARITH_CLOSE, "add the value of the text; flags: quoted")                                        \
    X(TILDE, "add the directory that ~string a stands for")                                           \
    X(WORD, "the word is complete: split, expand path names, add its fields to the arguments")        \
    X(BRACES, "as the words that string a (source text) makes by brace expansion")                    \
    X(ASSIGN, "the word is the value of variable a; b: the assignment before it; flags")                  \
    X(SUBSCRIPT, "the word is the subscript of the assignment that follows")                          \
    X(ARRAY_OPEN, "begin a=( for variable a")                                                         \
    X(ARRAY_KEY, "the word is the key of the next element")                                           \
    X(ARRAY_VALUE, "the word is the value of that key; flags: append")                                \
    X(ARRAY_CLOSE, "assign the elements to variable a; flags")                                        \
    X(REDIRECT, "the word is the target of a redirection of kind a on descriptor b; flags")           \
    X(HERE, "take the text at b as input of descriptor a; flags: quoted")                             \
    X(HERE_END, "the here-document's text is complete: back to its command")                          \
    X(REDIRECT_VARIABLE, "the next redirection's descriptor is in variable a")                        \
    X(RUN, "run the arguments as a command; sets the status")                                         \
    X(COMPOUND, "a compound command: its redirections are at a, if any, and come back to the next")   \
    X(REDIRECT_PUSH, "the redirections hold until POP; go to a")                                      \
    X(REDIRECT_POP, "undo them")                                                                      \
    X(PIPELINE, "a pipeline up to a; flags: stages, not, ignored, timed")                             \
    X(STAGE, "a stage up to a; flags: its standard error goes into the pipe too")                     \
    X(PIPELINE_END, "the end of the pipeline that began at a")                                        \
    X(BACKGROUND, "run the code up to a as a background task")                                        \
    X(COPROC, "run the code up to a as the coprocess named string b")                                 \
    X(SUBSHELL, "run the code up to a in a copy of this shell")                                       \
    X(END, "the end of a subshell, substitution or stage")                                            \
    X(AND, "go to a unless the status is 0")                                                          \
    X(OR, "go to a if the status is 0")                                                               \
    X(UNLESS, "go to a unless the status is 0, and forget it")                                        \
    X(WHEN, "go to a if the status is 0, and forget it")                                              \
    X(TEST_BEGIN, "what follows is a condition: a failure does not end the shell")                    \
    X(TEST_END, "the condition's end")                                                                \
    X(STATUS, "the status is a")                                                                      \
    X(GOTO, "go to a")                                                                                \
    X(LOOP, "begin a loop that ends at a; continue goes to b")                                        \
    X(LOOP_END, "leave the loop; flags: keep status")                                                 \
    X(LOOP_BODY, "a turn of the loop begins")                                                         \
    X(LOOP_SAVE, "a turn of the loop has ended: remember its status")                                 \
    X(FOR, "begin a loop over the arguments (flags: over $@)")                                        \
    X(FOR_NEXT, "assign the next to variable b, or go to a")                                          \
    X(SELECT_NEXT, "print the menu, read an answer into variable b, or go to a")                      \
    X(CASE, "the word is what patterns are compared with")                                            \
    X(CASE_PATTERN, "go to a if the word, as a pattern, matches")                                     \
    X(CASE_END, "the end of the case")                                                                \
    X(FUNCTION, "define function string b; its body goes up to a")                                    \
    X(ARITH_COMMAND, "the word is the text of ((...)): sets the status")                              \
    X(ARITH_STEP, "the word is arithmetic text: evaluate it; flags: empty is true, test")                \
    X(COND_WORD, "the word is an operand of [[ ]]")                                                   \
    X(COND_UNARY, "test the operand with operator a")                                                 \
    X(COND_BINARY, "test the two operands with operator a; flags: the right is a pattern")            \
    X(COND_NOT, "invert the status")                                                                  \
    X(COND_END, "the end of [[ ]]")                                                                   \
    X(FORESEEN, "the word is what a text stands for that an instruction outside asked for")            \
    X(FAIL, "a syntax error found later than its line: message string a")

enum op {
#define OP(name, what) OP_##name,
    SHELL_OPS(OP)
#undef OP
};

enum {
    /* of pieces of words */
    CODE_QUOTED = 1,      /* inside "" or '' or escaped */
    CODE_LENGTH = 2,      /* ${#x} */
    CODE_ALL = 4,         /* x[@] */
    CODE_STAR = 8,        /* x[*] */
    CODE_ASSIGNED = 16,   /* in an assignment's value: no splitting */
    CODE_HERE = 32,       /* in a here-document */
    CODE_BACKQUOTED = 64, /* of SUBSTITUTE: between `` */
    /* of COMMAND: what its text is, other than a simple command */
    CODE_FOR = 1,         /* for and select, up to their words' end */
    CODE_CASE = 2,        /* case and its word */
    CODE_CONDITION = 3,   /* [[ ]] */
    CODE_ARITHMETIC = 4,  /* (( )) */
    CODE_ARITHMETIC_PART = 5, /* of for (( ; ; )) */
    /* of assignments */
    CODE_APPEND = 1,
    CODE_TEMPORARY = 2,   /* before a command: for its environment */
    CODE_SUBSCRIPT = 4,
    CODE_ARGUMENT = 8,    /* an argument of declare and its kin: becomes a word */
    CODE_FOLLOWED = 16,   /* another one comes behind it, which sees it */
    /* of pipelines */
    CODE_STAGES = 1, CODE_NOT = 2, CODE_IGNORED = 4, CODE_TIMED = 8, CODE_TIMED_POSIX = 16,
    /* of stages */
    CODE_BOTH = 1,
    /* of REDIRECT */
    CODE_DEFAULT = 1,     /* no descriptor was written: >&WORD may mean both streams */
    CODE_NAMED = 2,       /* {name}> */
    CODE_AMBIGUOUS = 4,   /* the target was no one word: a message was given */
    /* of LOOP_END and the like */
    CODE_KEEP = 1,
    CODE_EMPTY_TRUE = 1, CODE_TEST = 2,
    CODE_PATTERN = 1,
    CODE_UNQUOTED = 2,
    CODE_FALL = 1,        /* CASE_PATTERN: ;& falls here */
    CODE_ALL_ARGUMENTS = 1
};

struct instruction {
    uint16_t op, flags;
    int32_t a, b;
    int32_t line;
};

/* A string of a code: a constant, often a name, with its hash for the cache of variables. */
struct string {
    struct str text; /* a NUL is behind it */
    uint32_t hash;
};

/* ${...}: everything but its words. */
enum param_operator {
    PARAM_PLAIN, PARAM_DEFAULT /* - */, PARAM_ASSIGN /* = */, PARAM_ERROR /* ? */, PARAM_ALTERNATIVE /* + */,
    PARAM_REMOVE_PREFIX /* # */, PARAM_REMOVE_PREFIX_LONG, PARAM_REMOVE_SUFFIX /* % */, PARAM_REMOVE_SUFFIX_LONG,
    PARAM_REPLACE /* / */, PARAM_REPLACE_ALL, PARAM_REPLACE_START /* /# */, PARAM_REPLACE_END /* /% */,
    PARAM_SLICE /* : */, PARAM_UPPER /* ^ */, PARAM_UPPER_ALL, PARAM_LOWER, PARAM_LOWER_ALL, PARAM_TOGGLE /* ~ */, PARAM_TOGGLE_ALL,
    PARAM_TRANSFORM /* @ */, PARAM_NAMES /* ${!prefix*} */, PARAM_KEYS /* ${!a[@]} */, PARAM_BAD
};
struct expansion {
    int name;             /* string; for special and positional parameters too: "1", "@", "?" */
    uint8_t operator;     /* enum param_operator */
    bool colon;           /* :- and its kin: null counts as unset */
    bool length;          /* ${#...} */
    bool indirect;        /* ${!...} */
    bool subscript;       /* a subscript word comes first */
    bool all, star;       /* the subscript is @ or *, or the parameter is */
    bool quoted;
    bool assigned, here;
    bool two_words;       /* slice or replacement with a second word */
    char letter;          /* of PARAM_TRANSFORM */
    int source;           /* string: the text, of a bad one and of one with a subscript */
};

enum redirect_kind {
    REDIRECT_IN, REDIRECT_OUT, REDIRECT_APPEND, REDIRECT_CLOBBER, REDIRECT_BOTH_WAYS /* <> */, REDIRECT_DUP_IN /* <& */,
    REDIRECT_DUP_OUT /* >& */, REDIRECT_OUT_ERR /* &> */, REDIRECT_APPEND_ERR /* &>> */, REDIRECT_STRING /* <<< */, REDIRECT_HERE
};

struct code {
    struct shared shared;
    struct instruction *at;
    int length;
    struct string *strings;
    int string_count;
    struct expansion *expansions;
    int expansion_count;
    struct str source;    /* the text it was made from */
    int first_line;
    _Alignas(8) char data[]; /* all of the above lies in this block */
};

void code_release(void *code, struct meter *m);
/* The instructions as text for people, one a line. */
void code_print(const struct code *c, struct buf *out);
/* FNV-1a of the bytes: the hash of names in caches. */
static inline uint32_t code_hash(struct str s)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < s.length; i++)
        hash = (hash ^ (unsigned char)s.data[i]) * 16777619u;
    return hash;
}

#endif
