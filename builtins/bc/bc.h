/* builtins/bc/bc.h - what the parts of bc share: tokens, code, variables, and where a run of it is.
 *
 * Text comes line by line, tokens are pushed into the parser, which keeps what is open on a stack of its own and emits flat code;
 * when a statement's line ends its code is run. Each part can be left and gone on with.
 */
#ifndef BUILTINS_BC_BC_H
#define BUILTINS_BC_BC_H

#include "base/map.h"
#include "base/number.h"
#include "builtins/bc/number.h"
#include "builtins/text.h"

/* What functions answer besides 0. */
enum { BC_LATER = E_STATE /* the meter is spent, or output is queued: call again */ };

/* --- tokens ------------------------------------------------------------------------------------------- */

enum bc_token {
    TOKEN_LINE, TOKEN_NUMBER, TOKEN_STRING, TOKEN_NAME, TOKEN_AND, TOKEN_OR, TOKEN_NOT, TOKEN_ASSIGN, TOKEN_RELATION, TOKEN_STEP,
    TOKEN_PLUS, TOKEN_MINUS, TOKEN_TIMES /* or / or % */, TOKEN_POWER, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_OPEN_BRACKET,
    TOKEN_CLOSE_BRACKET, TOKEN_OPEN_BRACE, TOKEN_CLOSE_BRACE, TOKEN_COMMA, TOKEN_SEMICOLON,
    TOKEN_AUTO, TOKEN_BREAK, TOKEN_CONTINUE, TOKEN_DEFINE, TOKEN_ELSE, TOKEN_FOR, TOKEN_HALT, TOKEN_HISTORY, TOKEN_IBASE, TOKEN_IF,
    TOKEN_LAST, TOKEN_LENGTH, TOKEN_LIMITS, TOKEN_OBASE, TOKEN_PRINT, TOKEN_QUIT, TOKEN_RANDOM, TOKEN_READ, TOKEN_RETURN,
    TOKEN_SCALE, TOKEN_SQRT, TOKEN_VOID, TOKEN_WARRANTY, TOKEN_WHILE, TOKEN_END
};

enum bc_lex_state { LEX_NORMAL, LEX_COMMENT, LEX_STRING, LEX_NUMBER, LEX_NAME };

/* --- code ------------------------------------------------------------------------------------------------ */

/* GNU's messages tell where in its byte code an error is: each instruction knows the address behind it there. */
enum bc_op {
    BC_NUMBER, BC_LOAD, BC_LOAD_ELEMENT, BC_STORE, BC_STORE_ELEMENT, BC_STEP_UP, BC_STEP_DOWN, BC_STEP_UP_ELEMENT,
    BC_STEP_DOWN_ELEMENT, BC_DUPLICATE, BC_POP, BC_ADD, BC_SUBTRACT, BC_MULTIPLY, BC_DIVIDE, BC_REMAINDER, BC_POWER, BC_NEGATE,
    BC_NOT, BC_EQUAL, BC_NOT_EQUAL, BC_LESS, BC_LESS_EQUAL, BC_GREATER, BC_GREATER_EQUAL, BC_JUMP, BC_JUMP_ZERO, BC_JUMP_NOT_ZERO,
    BC_PRINT_LINE, BC_PRINT, BC_PRINT_TEXT, BC_PRINT_STRING, BC_CALL, BC_ARRAY, BC_RETURN, BC_LENGTH, BC_ARRAY_LENGTH, BC_SCALE,
    BC_SQRT, BC_READ,
    BC_RANDOM, BC_HALT
};
struct bc_instruction {
    uint8_t op;
    uint8_t base;            /* BC_NUMBER: the input base that `number` was made with */
    int32_t index;           /* a variable, an array, a function, where to go */
    int32_t address;
    int32_t count;           /* BC_CALL: arguments */
    struct str text;         /* BC_NUMBER, BC_PRINT_TEXT, BC_PRINT_STRING: owned */
    struct number *number;   /* BC_NUMBER: NULL until it is made */
};
struct bc_code {
    struct bc_instruction *items;
    size_t count;
    int32_t address;         /* of the next one */
};

enum { BC_IBASE, BC_OBASE, BC_SCALE_VARIABLE, BC_HISTORY, BC_LAST, BC_FIRST_VARIABLE };

enum bc_parameter { BC_SIMPLE, BC_BY_VALUE, BC_BY_VARIABLE };
struct bc_name {
    enum bc_parameter kind;
    int32_t index;
};
struct bc_function {
    struct str name;
    bool defined, is_void;
    struct bc_code code;
    struct bc_name *names;   /* parameters, then what is auto */
    size_t parameters, name_count;
};

/* Elements in pages, which are NULL until one is set. */
enum { BC_PAGE = 64, BC_MOST_INDEX = 16777215 };
struct bc_array {
    uint32_t owners;
    size_t count;            /* pages */
    int64_t length;          /* behind the highest index that was set */
    struct number ***pages;
};

/* --- the parser's stack ------------------------------------------------------------------------------------- */

/* Flags of an expression. */
enum { EXPRESSION_ASSIGNMENT = 0, EXPRESSION_PLAIN = 1, EXPRESSION_COMPARISON = 2, EXPRESSION_PARENTHESES = 4, EXPRESSION_VOID = 8,
       EXPRESSION_EMPTY = 16 };

struct bc_frame {
    uint8_t kind, stage;
    uint8_t extra;           /* an operator */
    uint8_t flags;           /* of its left operand */
    int32_t index;           /* of the variable, array or function */
    int32_t count;           /* of arguments or parameters */
    int32_t at[4];           /* places in the code */
    int32_t breaks, continues; /* what it restores */
};

/* What is saved of a variable while a function has its own. */
struct bc_saved {
    bool is_array;
    int32_t index;
    void *old;
};
struct bc_call {
    int32_t function;        /* -1: the main code */
    int32_t at;
    uint8_t base;            /* for its numbers */
    size_t saved;            /* how many there were before */
};

/* What is on the stack: an array only as an argument. */
struct bc_value {
    struct number *number;
    int32_t array;           /* with number NULL */
};

enum bc_phase { BC_READ_LINE, BC_LEX, BC_RUN, BC_OVER };

struct bc {
    struct call *c;
    struct heap *heap;
    bool standard, warns, library;
    enum bc_phase phase;

    /* text: library, files, standard input */
    bool in_library;
    size_t file;             /* operands done */
    struct str file_name;
    struct input *input;
    struct input *standard_input;
    bool reading_standard;
    bool unended;            /* the last line had no end */
    int64_t line_number;
    struct str line;         /* being read: `store`, or the library */
    struct buf store;
    size_t at;
    struct buf answer;       /* a line that read() has not used up, when the program is elsewhere */
    size_t answer_at;

    /* tokens */
    enum bc_lex_state lex;
    struct buf text;         /* of the token */
    int32_t value;           /* of the token: an operator */
    enum bc_token token;

    /* parser */
    struct bc_frame *frames;
    size_t frame_count;
    uint8_t flags;           /* of the expression read last */
    int32_t at_error;        /* tokens until errors are told again */
    bool discarding;         /* behind an error: until a statement begins */
    bool had_error;
    bool ready;              /* the code is to be run */
    int32_t breaks, continues; /* lists of jumps to be patched, linked by index; -2: not in a loop */
    int32_t function;        /* being defined; -1: none */
    struct bc_code main;
    struct map names[3];     /* simple variables, arrays, functions */
    struct bc_function *functions;
    size_t function_count;

    /* the machine */
    struct number **variables;
    size_t variable_count;
    struct bc_array **arrays;
    size_t array_count;
    struct bc_value *stack;
    size_t top, stack_room;
    struct bc_call *calls;
    size_t call_count;
    int32_t pc;
    struct bc_saved *saved;
    size_t saved_count;
    int32_t ibase;
    int64_t obase, history;
    uint32_t scale;
    struct number *zero, *one;
    bool working;            /* the instruction has begun `work` */
    bool read_negative;
    struct number_work work;
    struct buf digits, printed;
    int64_t column, width;   /* where a line of output is; how long it may be, 0: any */
    uint32_t *random;        /* of random(): NULL: not begun */
    int random_at;
};

/* --- lex.c ------------------------------------------------------------------------------------------------------ */
/* The next token of the line: false when the line is used up. bc->token, bc->value, bc->text. */
bool bc_lex(struct bc *b);

/* --- parse.c ---------------------------------------------------------------------------------------------------- */
/* Takes a token: when b->ready is set afterwards b->main is to be run. False: the program is over. */
bool bc_parse(struct bc *b, enum bc_token token);
void bc_parse_start(struct bc *b);
/* Empties the main code. */
void bc_code_clear(struct bc *b, struct bc_code *code);

/* --- run.c -------------------------------------------------------------------------------------------------------- */
void bc_run_start(struct bc *b);
/* Runs the main code: 0; E_WAIT, BC_LATER; 1: halt. */
int bc_run(struct bc *b);
/* Sets the room for variables and arrays that the parser has named. */
void bc_run_names(struct bc *b);

/* --- bc.c ----------------------------------------------------------------------------------------------------------- */
/* "(standard_in) 1: message" on standard error; the code is not run. */
void bc_error(struct bc *b, const char *format, ...);
/* What POSIX does not have: an error with -s, a warning with -w. */
void bc_warn(struct bc *b, const char *format, ...);
/* A line of standard input for read(): 0, E_WAIT, 1 at its end. *text is what is left of the line, which bc_read_used takes. */
int bc_read_text(struct bc *b, struct str *text);
void bc_read_used(struct bc *b, size_t count);
/* Writes to standard output, folded. */
void bc_print(struct bc *b, struct str text);
void bc_print_limits(struct bc *b);

/* --- library.c -------------------------------------------------------------------------------------------------------- */
extern const char bc_library[];

#endif
