/* builtins/bc/lex.c - the tokens of bc, a line at a time; comments, strings and numbers may span lines. */
#include "builtins/bc/bc.h"

static const struct {
    const char *word;
    enum bc_token token;
} words[] = {
    {"auto", TOKEN_AUTO}, {"break", TOKEN_BREAK}, {"continue", TOKEN_CONTINUE}, {"define", TOKEN_DEFINE}, {"else", TOKEN_ELSE},
    {"for", TOKEN_FOR}, {"halt", TOKEN_HALT}, {"history", TOKEN_HISTORY}, {"ibase", TOKEN_IBASE}, {"if", TOKEN_IF},
    {"last", TOKEN_LAST}, {"length", TOKEN_LENGTH}, {"limits", TOKEN_LIMITS}, {"obase", TOKEN_OBASE}, {"print", TOKEN_PRINT},
    {"quit", TOKEN_QUIT}, {"random", TOKEN_RANDOM}, {"read", TOKEN_READ}, {"return", TOKEN_RETURN}, {"scale", TOKEN_SCALE},
    {"sqrt", TOKEN_SQRT}, {"void", TOKEN_VOID}, {"warranty", TOKEN_WARRANTY}, {"while", TOKEN_WHILE},
};

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool give(struct bc *b, enum bc_token token, int32_t value, size_t length)
{
    b->token = token;
    b->value = value;
    b->at += length;
    return true;
}

static bool finish_name(struct bc *b)
{
    b->lex = LEX_NORMAL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_is(buf_str(&b->text), words[i].word))
            return give(b, words[i].token, 0, 0);
    return give(b, TOKEN_NAME, 0, 0);
}

/* Zeros in front and a point at the end are dropped: GNU's addresses count what is left. */
static bool finish_number(struct bc *b)
{
    size_t zeros = 0;
    b->lex = LEX_NORMAL;
    if (b->text.data[b->text.length - 1] == '.')
        b->text.length--;
    while (zeros < b->text.length && b->text.data[zeros] == '0')
        zeros++;
    if (zeros == b->text.length)
        zeros--;
    buf_drop_front(&b->text, zeros);
    return give(b, TOKEN_NUMBER, 0, 0);
}

/* A byte as GNU shows it in a message. */
static void illegal(struct bc *b, unsigned char c)
{
    if (c < ' ')
        bc_error(b, "illegal character: ^%c", c + '@');
    else if (c > '~')
        bc_error(b, "illegal character: \\%03o", (unsigned)c);
    else
        bc_error(b, "illegal character: %c", c);
    b->at++;
}

/* "=" behind an operator makes it an assignment. */
static bool operator(struct bc *b, enum bc_token token, char c, char next)
{
    if (next == '=')
        return give(b, TOKEN_ASSIGN, c, 2);
    return give(b, token, c, 1);
}

/* What is longer than a token's first byte: false when the line ends within it. */
static bool go_on(struct bc *b, const char *line, size_t length)
{
    size_t from = b->at;
    switch (b->lex) {
    case LEX_COMMENT:
        for (; b->at < length; b->at++) {
            if (line[b->at] == '\n')
                b->line_number++;
            if (line[b->at] == '*' && b->at + 1 < length && line[b->at + 1] == '/') {
                b->at += 2;
                b->lex = LEX_NORMAL;
                return true;
            }
        }
        return false;
    case LEX_STRING:
        while (b->at < length && line[b->at] != '"') {
            if (line[b->at] == '\n')
                b->line_number++;
            b->at++;
        }
        buf_add(&b->text, str_of(line + from, b->at - from));
        if (b->at == length)
            return false;
        b->lex = LEX_NORMAL;
        return give(b, TOKEN_STRING, 0, 1);
    case LEX_NUMBER:
        while (b->at < length) {
            char c = line[b->at];
            if (c == '\\' && b->at + 1 < length && line[b->at + 1] == '\n') {
                b->at += 2;
                b->line_number++;
                continue;
            }
            if (c == '.' && b->value) /* there was a point */
                return finish_number(b);
            if (c != '.' && !is_digit(c))
                return finish_number(b);
            b->value |= c == '.';
            buf_add_byte(&b->text, c);
            b->at++;
        }
        return false;
    case LEX_NAME:
        while (b->at < length && is_name(line[b->at]))
            buf_add_byte(&b->text, line[b->at++]);
        return b->at < length ? finish_name(b) : false;
    case LEX_NORMAL: break;
    }
    return true;
}

bool bc_lex(struct bc *b)
{
    const char *line = b->line.data;
    size_t length = b->line.length;
    for (;;) {
        if (b->lex != LEX_NORMAL) {
            bool comment = b->lex == LEX_COMMENT;
            if (!go_on(b, line, length))
                return false;
            if (!comment)
                return true;
        }
        if (b->at >= length)
            return false;
        char c = line[b->at], next = b->at + 1 < length ? line[b->at + 1] : 0;
        switch (c) {
        case ' ': case '\t': b->at++; continue;
        case '\n': b->line_number++; return give(b, TOKEN_LINE, 0, 1);
        case '\\':
            if (next == '\n') {
                b->at += 2;
                b->line_number++;
                continue;
            }
            illegal(b, '\\');
            continue;
        case '#':
            if (b->standard) {
                illegal(b, '#');
                continue;
            }
            while (b->at < length && line[b->at] != '\n')
                b->at++;
            continue;
        case '/':
            if (next == '*') {
                b->at += 2;
                b->lex = LEX_COMMENT;
                continue;
            }
            return operator(b, TOKEN_TIMES, c, next);
        case '"':
            b->at++;
            b->lex = LEX_STRING;
            buf_clear(&b->text);
            continue;
        case '*': case '%': return operator(b, TOKEN_TIMES, c, next);
        case '^': return operator(b, TOKEN_POWER, c, next);
        case '+': case '-':
            if (next == c)
                return give(b, TOKEN_STEP, c, 2);
            return operator(b, c == '+' ? TOKEN_PLUS : TOKEN_MINUS, c, next);
        case '=':
            return next == '=' ? give(b, TOKEN_RELATION, BC_EQUAL, 2) : give(b, TOKEN_ASSIGN, '=', 1);
        case '<':
            return next == '=' ? give(b, TOKEN_RELATION, BC_LESS_EQUAL, 2) : give(b, TOKEN_RELATION, BC_LESS, 1);
        case '>':
            return next == '=' ? give(b, TOKEN_RELATION, BC_GREATER_EQUAL, 2) : give(b, TOKEN_RELATION, BC_GREATER, 1);
        case '!':
            return next == '=' ? give(b, TOKEN_RELATION, BC_NOT_EQUAL, 2) : give(b, TOKEN_NOT, 0, 1);
        case '&': case '|':
            if (next == c)
                return give(b, c == '&' ? TOKEN_AND : TOKEN_OR, 0, 2);
            illegal(b, (unsigned char)c);
            continue;
        case '(': return give(b, TOKEN_OPEN, 0, 1);
        case ')': return give(b, TOKEN_CLOSE, 0, 1);
        case '[': return give(b, TOKEN_OPEN_BRACKET, 0, 1);
        case ']': return give(b, TOKEN_CLOSE_BRACKET, 0, 1);
        case '{': return give(b, TOKEN_OPEN_BRACE, 0, 1);
        case '}': return give(b, TOKEN_CLOSE_BRACE, 0, 1);
        case ',': return give(b, TOKEN_COMMA, 0, 1);
        case ';': return give(b, TOKEN_SEMICOLON, 0, 1);
        case '.':
            if (!is_digit(next))
                return give(b, TOKEN_LAST, 0, 1);
            break;
        default: break;
        }
        if (c == '.' || is_digit(c)) {
            b->lex = LEX_NUMBER;
            b->value = 0;
        } else if (c >= 'a' && c <= 'z') {
            b->lex = LEX_NAME;
        } else {
            illegal(b, (unsigned char)c);
            continue;
        }
        buf_clear(&b->text);
    }
}
