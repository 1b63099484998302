/* builtins/awk/parse.h - what the lexer and the two halves of the parser share. */
#ifndef BUILTINS_AWK_PARSE_H
#define BUILTINS_AWK_PARSE_H

#include "builtins/awk/awk.h"

enum awk_token {
    TOKEN_END, TOKEN_NEWLINE, TOKEN_NUMBER, TOKEN_STRING, TOKEN_REGEX, TOKEN_TYPED_REGEX, TOKEN_NAME,
    TOKEN_CALL_NAME /* a name and "(" at once */, TOKEN_BUILTIN,
    TOKEN_LEFT_BRACE, TOKEN_RIGHT_BRACE, TOKEN_LEFT, TOKEN_RIGHT, TOKEN_LEFT_BRACKET, TOKEN_RIGHT_BRACKET, TOKEN_SEMICOLON,
    TOKEN_COMMA, TOKEN_COLON, TOKEN_QUESTION, TOKEN_DOLLAR, TOKEN_AT, TOKEN_NOT,
    TOKEN_PLUS, TOKEN_MINUS, TOKEN_STAR, TOKEN_SLASH, TOKEN_PERCENT, TOKEN_CARET, TOKEN_INCREMENT, TOKEN_DECREMENT,
    TOKEN_ASSIGN, TOKEN_ASSIGN_PLUS, TOKEN_ASSIGN_MINUS, TOKEN_ASSIGN_STAR, TOKEN_ASSIGN_SLASH, TOKEN_ASSIGN_PERCENT,
    TOKEN_ASSIGN_CARET,
    TOKEN_EQUAL, TOKEN_NOT_EQUAL, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_GREATER, TOKEN_GREATER_EQUAL, TOKEN_APPEND,
    TOKEN_TILDE, TOKEN_NOT_TILDE, TOKEN_AND, TOKEN_OR, TOKEN_PIPE, TOKEN_PIPE_BOTH,
    TOKEN_BEGIN, TOKEN_END_RULE, TOKEN_BEGIN_FILE, TOKEN_END_FILE, TOKEN_FUNCTION, TOKEN_IF, TOKEN_ELSE, TOKEN_WHILE, TOKEN_DO,
    TOKEN_FOR, TOKEN_IN, TOKEN_BREAK, TOKEN_CONTINUE, TOKEN_NEXT, TOKEN_NEXT_FILE, TOKEN_EXIT, TOKEN_RETURN, TOKEN_DELETE,
    TOKEN_SWITCH, TOKEN_CASE, TOKEN_DEFAULT, TOKEN_PRINT, TOKEN_PRINTF, TOKEN_GETLINE, TOKEN_INCLUDE, TOKEN_LOAD, TOKEN_NAMESPACE
};

/* A place in the texts. */
struct awk_place {
    size_t text;      /* which */
    size_t at;
    int32_t line;
};

enum awk_context { IN_NOTHING, IN_BEGIN, IN_END, IN_RULE, IN_FILE_RULE, IN_FUNCTION };

struct awk_parser {
    struct awk *a;
    struct heap *heap;
    struct awk_program *program;
    /* lexer */
    struct awk_place place, *outer;
    size_t outer_count;
    enum awk_token token;
    struct awk_place token_place;
    double number;
    struct str text;             /* of a name, string, regex */
    const struct awk_builtin_info *builtin;
    enum awk_token last;
    struct buf scratch;
    bool failed;
    bool quiet;                  /* looking ahead: no warnings */
    bool warned[256];            /* of a backslash before this byte */
    struct str name_space;       /* of @namespace, in text `name_space_text` */
    size_t name_space_text;
    bool complete;               /* the end would be right here, but for what is open */

    /* code */
    size_t room;
    size_t barrier;              /* a jump leads here: what is before is not to be changed */
    struct awk_place code_place;
    enum awk_context context;
    struct str *locals;
    size_t local_count;
    int32_t function;

    /* expression.c */
    struct awk_operator *operators;
    size_t operator_count;
    struct awk_operand *operands;
    size_t operand_count, operand_most;
    struct awk_instruction *saved; /* code set aside */
    int32_t *saved_lines, *saved_texts;
    size_t saved_count;
    bool group_open;

    /* parse.c */
    struct awk_construct *constructs;
    size_t construct_count, construct_most;
};

/* lex.c */
void awk_next_token(struct awk_parser *p);
/* After a TOKEN_SLASH or TOKEN_ASSIGN_SLASH where an operand is expected: it is a regex. */
void awk_lex_regex(struct awk_parser *p);
void awk_syntax_error(struct awk_parser *p, const char *format, ...);
/* "awk: cmd. line:1: error: message", of the word read last; `kind` is "error: ", "fatal: " or nothing. */
void awk_parse_error(struct awk_parser *p, int status, const char *kind, const char *format, ...);
void awk_lex_warning(struct awk_parser *p, const char *format, ...);

/* expression.c */
enum {
    EXPRESSION_PRINT = 1,   /* > and | end it; a group may be left open: p->group_open */
    EXPRESSION_CONCAT = 2,  /* nothing looser than concatenation */
    EXPRESSION_LVALUE = 4   /* only a variable or element: of delete */
};
/* One expression: its code, which leaves one value. With EXPRESSION_PRINT and a group, the operands of it. How many values. */
int awk_expression(struct awk_parser *p, unsigned flags);

size_t awk_emit(struct awk_parser *p, enum awk_op op);
struct awk_instruction *awk_last(struct awk_parser *p);
void awk_emit_pop(struct awk_parser *p);
/* A jump whose target is set later. */
size_t awk_emit_jump(struct awk_parser *p, enum awk_op op);
void awk_patch(struct awk_parser *p, size_t jump);
void awk_emit_jump_back(struct awk_parser *p, size_t target);
/* A variable by name: scope and index. */
enum awk_scope awk_variable(struct awk_parser *p, struct str name, int32_t *index);
int32_t awk_function_index(struct awk_parser *p, struct str name);
struct awk_regex *awk_parsed_regex(struct awk_parser *p, struct str text);

/* simplify.c: over the code of the whole program, first the one, then the other. */
void awk_simplify(struct awk_parser *p);
void awk_join(struct awk_program *g);

#endif
