/* builtins/awk/lex.c - the words of a program. */
#include "builtins/awk/parse.h"

static const struct {
    const char *name;
    enum awk_token token;
    bool extension;
} keywords[] = {
    {"BEGIN", TOKEN_BEGIN, false}, {"BEGINFILE", TOKEN_BEGIN_FILE, true}, {"END", TOKEN_END_RULE, false},
    {"ENDFILE", TOKEN_END_FILE, true}, {"break", TOKEN_BREAK, false}, {"case", TOKEN_CASE, true},
    {"continue", TOKEN_CONTINUE, false}, {"default", TOKEN_DEFAULT, true}, {"delete", TOKEN_DELETE, false},
    {"do", TOKEN_DO, false}, {"else", TOKEN_ELSE, false}, {"exit", TOKEN_EXIT, false}, {"for", TOKEN_FOR, false},
    {"func", TOKEN_FUNCTION, true}, {"function", TOKEN_FUNCTION, false}, {"getline", TOKEN_GETLINE, false}, {"if", TOKEN_IF, false},
    {"in", TOKEN_IN, false}, {"next", TOKEN_NEXT, false}, {"nextfile", TOKEN_NEXT_FILE, false}, {"print", TOKEN_PRINT, false},
    {"printf", TOKEN_PRINTF, false}, {"return", TOKEN_RETURN, false}, {"switch", TOKEN_SWITCH, true},
    {"while", TOKEN_WHILE, false},
};

static void say(struct awk_parser *p, struct awk_place place, const char *kind)
{
    struct call *c = p->a->c;
    const struct awk_text *t = &p->program->texts[place.text];
    if (t->command_line)
        call_complain(c, "%S: cmd. line:%d: %s", c->name, place.line, kind);
    else
        call_complain(c, "%S: %S:%d: %s", c->name, t->name, place.line, kind);
}

void awk_lex_warning(struct awk_parser *p, const char *format, ...)
{
    va_list arguments;
    struct buf b;
    if (p->quiet)
        return;
    buf_init(&b, p->heap);
    va_start(arguments, format);
    buf_print_list(&b, format, arguments);
    va_end(arguments);
    say(p, p->place, "warning: ");
    call_complain(p->a->c, "%S\n", buf_str(&b));
    buf_drop(&b);
}

void awk_syntax_error(struct awk_parser *p, const char *format, ...)
{
    va_list arguments;
    struct buf b;
    if (p->failed)
        return;
    p->failed = true;
    buf_init(&b, p->heap);
    va_start(arguments, format);
    buf_print_list(&b, format, arguments);
    va_end(arguments);
    struct awk_place at = p->token_place;
    struct str text = p->program->texts[at.text].text;
    size_t start = at.at, end = at.at;
    bool is_file = !p->program->texts[at.text].command_line;
    if (p->token == TOKEN_END || (p->token == TOKEN_NEWLINE && str_starts(buf_str(&b), "unexpected newline"))) {
        if (start > 0 && start >= text.length && text.data[start - 1] == '\n')
            start = end = start - 1;
    }
    while (start > 0 && text.data[start - 1] != '\n')
        start--;
    while (end < text.length && text.data[end] != '\n')
        end++;
    struct str line = str_of(text.data + start, end - start);
    size_t column = at.at > end ? end : at.at;
    if (p->token == TOKEN_END && p->complete && start + line.length < text.length)
        at.line--; /* the line that the text ends in */
    else if ((p->token == TOKEN_END && !p->complete) || p->token == TOKEN_NEWLINE)
        at.line++;
    say(p, at, "");
    if (p->token == TOKEN_END && is_file) {
        line = str_lit("(END OF FILE)");
        column = p->complete ? 0 : column - (column > start);
        buf_clear(&b);
        buf_add_text(&b, "source files / command-line arguments must contain complete functions or rules");
        start = p->complete ? 0 : start;
    }
    call_complain(p->a->c, "%S\n", line);
    say(p, at, "");
    for (size_t i = start; i < column; i++)
        buf_add_byte(&p->a->c->err, text.data[i] == '\t' ? '\t' : ' ');
    call_complain(p->a->c, "^ %S\n", buf_str(&b));
    buf_drop(&b);
    p->a->exit_status = 1;
    p->token = TOKEN_END;
}

void awk_parse_error(struct awk_parser *p, int status, const char *kind, const char *format, ...)
{
    va_list arguments;
    struct buf b;
    buf_init(&b, p->heap);
    va_start(arguments, format);
    buf_print_list(&b, format, arguments);
    va_end(arguments);
    say(p, p->token_place, kind);
    call_complain(p->a->c, "%S\n", buf_str(&b));
    buf_drop(&b);
    p->failed = true;
    p->a->exit_status = status;
    p->token = TOKEN_END;
}

static struct str rest(const struct awk_parser *p)
{
    return str_after(p->program->texts[p->place.text].text, p->place.at);
}

static int peek(const struct awk_parser *p, size_t ahead)
{
    struct str s = p->program->texts[p->place.text].text;
    size_t at = p->place.at + ahead;
    return at < s.length ? (unsigned char)s.data[at] : -1;
}

/* Skips blanks, comments and continued lines. */
static void skip_blanks(struct awk_parser *p)
{
    for (;;) {
        int c = peek(p, 0);
        if (c == ' ' || c == '\t' || c == '\r') {
            p->place.at++;
        } else if (c == '\\' && (peek(p, 1) == '\n' || (peek(p, 1) == '\r' && peek(p, 2) == '\n'))) {
            p->place.at += peek(p, 1) == '\r' ? 3 : 2;
            p->place.line++;
        } else if (c == '#') {
            ptrdiff_t end = str_find(rest(p), '\n');
            p->place.at = end < 0 ? p->program->texts[p->place.text].text.length : p->place.at + (size_t)end;
        } else {
            return;
        }
    }
}

static bool is_name(int c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/* --- escapes --------------------------------------------------------------------------------------------------- */

static unsigned hex_value(int c)
{
    unsigned d = c < 0 ? 36 : number_digit((char)c);
    return d < 16 ? d : 16;
}

/* The letters and numbers of an escape; 0 when it is none of those. */
static size_t escape(struct str text, size_t at, char *byte, bool posix)
{
    static const char letters[] = "abfnrtv\\\"/", bytes[] = "\a\b\f\n\r\t\v\\\"/";
    int c = at < text.length ? (unsigned char)text.data[at] : -1;
    const char *found = c > 0 ? strchr(letters, c) : NULL;
    if (found) {
        *byte = bytes[found - letters];
        return 1;
    }
    if (c >= '0' && c <= '7') {
        unsigned value = 0;
        size_t n = 0;
        for (; n < 3 && at + n < text.length && text.data[at + n] >= '0' && text.data[at + n] <= '7'; n++)
            value = value * 8 + (unsigned)(text.data[at + n] - '0');
        *byte = (char)value;
        return n;
    }
    if (c == 'x' && !posix && at + 1 < text.length && hex_value((unsigned char)text.data[at + 1]) < 16) {
        unsigned value = 0;
        size_t n = 1;
        for (; n < 3 && at + n < text.length && hex_value((unsigned char)text.data[at + n]) < 16; n++)
            value = value * 16 + hex_value((unsigned char)text.data[at + n]);
        *byte = (char)value;
        return n;
    }
    return 0;
}

struct str awk_unescape_all(struct awk *a, struct str text)
{
    struct buf b;
    buf_init(&b, a->heap);
    for (size_t i = 0; i < text.length; i++) {
        char byte;
        if (text.data[i] != '\\' || i + 1 == text.length) {
            buf_add_byte(&b, text.data[i]);
            continue;
        }
        size_t used = escape(text, i + 1, &byte, a->posix);
        if (used) {
            buf_add_byte(&b, byte);
            i += used;
        } else if (text.data[i + 1] == '\n') {
            i++;
        } else {
            call_complain(a->c, "%S: warning: escape sequence `\\%c' treated as plain `%c'\n", a->c->name, text.data[i + 1],
                          text.data[i + 1]);
            buf_add_byte(&b, text.data[++i]);
        }
    }
    return buf_str(&b);
}

/* Once for each. */
static void warn_of_escape(struct awk_parser *p, struct str what)
{
    bool *warned = &p->warned[(unsigned char)what.data[0]];
    if (!*warned)
        awk_lex_warning(p, "escape sequence `\\%S' treated as plain `%S'", what, what);
    *warned |= !p->quiet;
}

static void lex_string(struct awk_parser *p)
{
    struct str text = p->program->texts[p->place.text].text;
    struct buf b;
    buf_init(&b, p->heap);
    p->place.at++;
    for (;;) {
        size_t i = p->place.at;
        char byte;
        if (i >= text.length || text.data[i] == '\n') {
            awk_syntax_error(p, "unterminated string");
            return;
        }
        if (text.data[i] == '"')
            break;
        if (text.data[i] != '\\' || i + 1 >= text.length) {
            buf_add_byte(&b, text.data[i]);
            p->place.at++;
            continue;
        }
        size_t used = escape(text, i + 1, &byte, p->a->posix);
        if (used && byte == '/') {
            warn_of_escape(p, str_lit("/"));
            buf_add_byte(&b, byte);
            p->place.at += 2;
        } else if (used) {
            buf_add_byte(&b, byte);
            p->place.at += 1 + used;
        } else if (text.data[i + 1] == '\n') {
            p->place.line++;
            p->place.at += 2;
        } else if (text.data[i + 1] == '\r' && i + 2 < text.length && text.data[i + 2] == '\n') {
            p->place.line++;
            p->place.at += 3;
        } else {
            size_t length = utf8_first(str_after(text, i + 1), p->a->locale).length;
            warn_of_escape(p, str_of(text.data + i + 1, length));
            buf_add(&b, str_of(text.data + i + 1, length));
            p->place.at += 1 + length;
        }
    }
    p->place.at++;
    p->text = buf_str(&b);
    p->token = TOKEN_STRING;
}

/* A regex up to its slash; place.at is behind the first. */
static void lex_regex(struct awk_parser *p, enum awk_token token)
{
    struct str text = p->program->texts[p->place.text].text;
    struct buf b;
    bool in_brackets = false;
    buf_init(&b, p->heap);
    for (size_t first = 0;; p->place.at++) {
        size_t i = p->place.at;
        if (i >= text.length || text.data[i] == '\n') {
            p->token_place.at++;
            awk_syntax_error(p, "unterminated regexp");
            return;
        }
        char c = text.data[i];
        if (c == '\\' && i + 1 < text.length) {
            p->place.at++;
            if (text.data[i + 1] == '\n') {
                p->place.line++;
                continue;
            }
            if (text.data[i + 1] == '\r' && i + 2 < text.length && text.data[i + 2] == '\n') {
                p->place.at++;
                p->place.line++;
                continue;
            }
            if (text.data[i + 1] != '/')
                buf_add_byte(&b, '\\');
            buf_add_byte(&b, text.data[i + 1]);
            continue;
        }
        if (!in_brackets && c == '[') {
            in_brackets = true;
            first = b.length + 1;
            if (i + 1 < text.length && text.data[i + 1] == '^')
                first++;
        } else if (in_brackets && c == '[' && i + 1 < text.length && (text.data[i + 1] == ':' || text.data[i + 1] == '.' ||
                   text.data[i + 1] == '=')) {
            buf_add_byte(&b, c);
            p->place.at++;
            buf_add_byte(&b, text.data[i + 1]);
            while (p->place.at + 2 < text.length && text.data[p->place.at + 1] != '\n' &&
                   !(text.data[p->place.at + 1] == text.data[i + 1] && text.data[p->place.at + 2] == ']'))
                buf_add_byte(&b, text.data[++p->place.at]);
            continue;
        } else if (in_brackets && c == ']' && b.length > first) {
            in_brackets = false;
        } else if (in_brackets && c == ']' && b.length == first) {
            ; /* the first in a set is itself */
        } else if (c == '/' && !in_brackets) {
            break;
        }
        buf_add_byte(&b, c);
    }
    p->place.at++;
    p->text = buf_str(&b);
    p->token = token;
}

void awk_lex_regex(struct awk_parser *p)
{
    p->place = p->token_place;
    p->place.at++;
    lex_regex(p, TOKEN_REGEX);
}

static void lex_number(struct awk_parser *p)
{
    struct str s = rest(p);
    uint64_t whole;
    size_t length;
    if (!p->a->posix && !p->a->traditional && s.length > 2 && s.data[0] == '0' && (s.data[1] | 32) == 'x' &&
        hex_value((unsigned char)s.data[2]) < 16) {
        length = number_parse_unsigned(s, 16, &whole, NULL);
        p->number = (double)whole;
    } else {
        length = number_parse_double(p->heap, s, DECIMAL_NO_HEX | DECIMAL_NO_WORDS, &p->number, NULL);
        if (!length) {
            awk_syntax_error(p, "syntax error");
            return;
        }
        bool octal = s.data[0] == '0' && length > 1 && !p->a->posix && !p->a->traditional;
        for (size_t i = 0; i < length; i++)
            octal &= s.data[i] >= '0' && s.data[i] <= '7';
        if (octal) {
            number_parse_unsigned(str_first(s, length), 8, &whole, NULL);
            p->number = (double)whole;
        }
    }
    p->place.at += length;
    p->token = TOKEN_NUMBER;
}

/* Is a name the same in each name space? Those of capitals are, and those that name one. */
static bool is_common(struct str name)
{
    bool capitals = true;
    for (size_t i = 0; i < name.length; i++) {
        capitals &= !(name.data[i] >= 'a' && name.data[i] <= 'z');
        if (name.data[i] == ':')
            return true;
    }
    return capitals;
}

static void lex_name(struct awk_parser *p)
{
    struct str s = rest(p);
    size_t length = 1;
    while (length < s.length && is_name((unsigned char)s.data[length], false))
        length++;
    if (!p->a->traditional && !p->a->posix)
        while (length + 2 < s.length && s.data[length] == ':' && s.data[length + 1] == ':' &&
               is_name((unsigned char)s.data[length + 2], true)) {
            length += 2;
            while (length < s.length && is_name((unsigned char)s.data[length], false))
                length++;
        }
    p->text = str_first(s, length);
    if (str_starts(p->text, "awk::"))
        p->text = str_after(p->text, 5);
    p->place.at += length;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (str_is(p->text, keywords[i].name) && !(keywords[i].extension && (p->a->traditional || (p->a->posix &&
            keywords[i].token != TOKEN_FUNCTION)))) {
            p->token = keywords[i].token;
            return;
        }
    for (const struct awk_builtin_info *f = awk_builtins; f->name; f++)
        if (str_is(p->text, f->name) && !(f->extension && (p->a->traditional || p->a->posix))) {
            p->builtin = f;
            p->token = TOKEN_BUILTIN;
            return;
        }
    p->token = peek(p, 0) == '(' ? TOKEN_CALL_NAME : TOKEN_NAME;
    if (p->name_space.length && p->name_space_text == p->place.text && length == p->text.length && !is_common(p->text)) {
        struct buf b;
        buf_init(&b, p->heap);
        buf_print(&b, "%S::%S", p->name_space, p->text);
        p->text = buf_str(&b);
    }
}

struct symbol {
    char text[4];
    enum awk_token token;
};

/* Longer ones first. */
static const struct symbol symbols[] = {
    {"**=", TOKEN_ASSIGN_CARET}, {"**", TOKEN_CARET}, {"*=", TOKEN_ASSIGN_STAR}, {"*", TOKEN_STAR}, {"^=", TOKEN_ASSIGN_CARET},
    {"^", TOKEN_CARET}, {"++", TOKEN_INCREMENT}, {"+=", TOKEN_ASSIGN_PLUS}, {"+", TOKEN_PLUS}, {"--", TOKEN_DECREMENT},
    {"-=", TOKEN_ASSIGN_MINUS}, {"-", TOKEN_MINUS}, {"/=", TOKEN_ASSIGN_SLASH}, {"/", TOKEN_SLASH}, {"%=", TOKEN_ASSIGN_PERCENT},
    {"%", TOKEN_PERCENT}, {"==", TOKEN_EQUAL}, {"=", TOKEN_ASSIGN}, {"!=", TOKEN_NOT_EQUAL}, {"!~", TOKEN_NOT_TILDE},
    {"!", TOKEN_NOT}, {"<=", TOKEN_LESS_EQUAL}, {"<", TOKEN_LESS}, {">>", TOKEN_APPEND}, {">=", TOKEN_GREATER_EQUAL},
    {">", TOKEN_GREATER}, {"~", TOKEN_TILDE}, {"&&", TOKEN_AND}, {"||", TOKEN_OR}, {"|&", TOKEN_PIPE_BOTH}, {"|", TOKEN_PIPE},
    {"{", TOKEN_LEFT_BRACE}, {"}", TOKEN_RIGHT_BRACE}, {"(", TOKEN_LEFT}, {")", TOKEN_RIGHT}, {"[", TOKEN_LEFT_BRACKET},
    {"]", TOKEN_RIGHT_BRACKET}, {";", TOKEN_SEMICOLON}, {",", TOKEN_COMMA}, {":", TOKEN_COLON}, {"?", TOKEN_QUESTION},
    {"$", TOKEN_DOLLAR},
};

static void lex_symbol(struct awk_parser *p)
{
    struct str s = rest(p);
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++)
        if (str_starts(s, symbols[i].text)) {
            p->token = symbols[i].token;
            p->place.at += strlen(symbols[i].text);
            return;
        }
    if (s.data[0] == '@') {
        p->place.at++;
        if (peek(p, 0) == '/') {
            p->place.at++;
            lex_regex(p, TOKEN_TYPED_REGEX);
            return;
        }
        struct str word = rest(p);
        p->token = TOKEN_AT;
        if (str_starts(word, "include")) {
            p->token = TOKEN_INCLUDE;
            p->place.at += 7;
        } else if (str_starts(word, "load")) {
            p->token = TOKEN_LOAD;
            p->place.at += 4;
        } else if (str_starts(word, "namespace")) {
            p->token = TOKEN_NAMESPACE;
            p->place.at += 9;
        }
        return;
    }
    awk_syntax_error(p, "invalid char '%S' in expression", str_first(s, 1));
}

void awk_next_token(struct awk_parser *p)
{
    if (p->failed) {
        p->token = TOKEN_END;
        return;
    }
    p->last = p->token;
    skip_blanks(p);
    p->token_place = p->place;
    meter_charge(p->heap->meter, 1);
    int c = peek(p, 0);
    if (c < 0) {
        if (p->outer_count) { /* behind @include */
            p->place = p->outer[--p->outer_count];
            p->token = TOKEN_NEWLINE;
            return;
        }
        size_t next = p->place.text + 1;
        while (next < p->program->text_count && p->program->texts[next].included)
            next++;
        if (next < p->program->text_count && p->token != TOKEN_END) {
            p->place = (struct awk_place){next, 0, 1};
            p->token = TOKEN_NEWLINE;
            return;
        }
        p->token = TOKEN_END;
        return;
    }
    if (c == '\n') {
        p->place.at++;
        p->place.line++;
        p->token = TOKEN_NEWLINE;
    } else if (c == '"') {
        lex_string(p);
    } else if ((c >= '0' && c <= '9') || (c == '.' && peek(p, 1) >= '0' && peek(p, 1) <= '9')) {
        lex_number(p);
    } else if (is_name(c, true)) {
        lex_name(p);
    } else {
        lex_symbol(p);
    }
}
