/* builtins/sed/parse.c - the script of sed: from options, files and the first operand to an array of commands. */
#include "builtins/sed/sed.h"

enum { END = -1 };

/* Where a mistake is to be told. */
struct place_of_text {
    size_t line;           /* of a file */
    size_t expression;     /* else of which -e */
    size_t at;             /* bytes of it that were read */
    struct str file;       /* data NULL: none */
};

struct open_block {
    size_t command;
    struct place_of_text place;
};

struct sed_parse {
    size_t next_option;    /* the next one that may bring a piece of the script */
    struct input *file;
    struct str text;
    struct place_of_text place;
    size_t expressions;
    bool began;            /* some piece was parsed */
    struct open_block *blocks;
    size_t block_count;
    bool pending;          /* the text of the last command goes on in the next piece */
    struct buf typed;      /* of a, i, c, e */
};

/* --- reading ------------------------------------------------------------------------------------- */

static int get(struct sed_parse *p)
{
    if (p->place.at >= p->text.length)
        return END;
    char byte = p->text.data[p->place.at++];
    if (byte == '\n')
        p->place.line++;
    return (unsigned char)byte;
}

static void unget(struct sed_parse *p, int byte)
{
    if (byte == END)
        return;
    p->place.at--;
    if (byte == '\n')
        p->place.line--;
}

static bool is_space(int byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static int get_nonblank(struct sed_parse *p)
{
    int byte;
    do
        byte = get(p);
    while (is_space(byte) && byte != '\n');
    return byte;
}

static uint64_t get_number(struct sed_parse *p, int byte)
{
    uint64_t number = 0;
    for (; is_digit(byte); byte = get(p))
        if (number < UINT64_MAX / 10)
            number = number * 10 + (uint64_t)(byte - '0');
    unget(p, byte);
    return number;
}

/* --- mistakes ------------------------------------------------------------------------------------ */

static void tell(struct call *c, const struct place_of_text *place, const char *message)
{
    if (place->file.data)
        call_error(c, "file %S line %zu: %s", place->file, place->line, message);
    else
        call_error(c, "-e expression #%zu, char %zu: %s", place->expression, place->at, message);
    c->status = SED_USAGE;
}

void sed_tell_runtime(struct call *c, struct sed *s, const char *message)
{
    s->parse->place.at = 0;
    tell(c, &s->parse->place, message);
}

static bool bad(struct call *c, struct sed *s, const char *message)
{
    tell(c, &s->parse->place, message);
    return false;
}

static const char sandboxed[] = "e/r/w commands disabled in sandbox mode";

/* --- strings between delimiters --------------------------------------------------------------------- */

/* The rest of a bracket expression whose [ was read; false when it does not end. */
static bool take_bracket(struct sed_parse *p, bool posix, struct buf *out)
{
    int byte = get(p);
    if (byte == '^') {
        buf_add_byte(out, '^');
        byte = get(p);
    }
    for (bool first = true;; first = false, byte = get(p)) {
        if (byte == END || byte == '\n') {
            unget(p, byte);
            return false;
        }
        if (byte == ']' && !first) {
            buf_add_byte(out, ']');
            return true;
        }
        if (byte == '\\' && !posix) {
            int next = get(p);
            if (next == 'n') {
                buf_add_byte(out, '\n');
                continue;
            }
            unget(p, next);
        }
        buf_add_byte(out, (char)byte);
        if (byte != '[')
            continue;
        int kind = get(p), last = 0;
        if (kind != '.' && kind != ':' && kind != '=') {
            unget(p, kind);
            continue;
        }
        buf_add_byte(out, (char)kind);
        for (byte = get(p); byte != END && byte != '\n' && !(last == kind && byte == ']'); byte = get(p)) {
            buf_add_byte(out, (char)byte);
            last = byte;
        }
        if (byte != ']') {
            unget(p, byte);
            return false;
        }
        buf_add_byte(out, ']');
    }
}

/* What stands before the next `delimiter`, which is passed: false when there is none on this line. */
static bool take_delimited(struct call *c, struct sed *s, int delimiter, bool regex, struct str *text)
{
    struct sed_parse *p = s->parse;
    struct buf b;
    buf_init(&b, c->heap);
    for (;;) {
        int byte = get(p);
        if (byte == END || byte == '\n') {
            unget(p, byte);
            return false;
        }
        if (byte == delimiter)
            break;
        if (byte == '[' && regex) {
            buf_add_byte(&b, '[');
            if (!take_bracket(p, s->posix, &b))
                return false;
            continue;
        }
        if (byte == '\\') {
            byte = get(p);
            if (byte == END)
                return false;
            if (byte == delimiter && (regex || byte != '&'))
                ;
            else if (byte == 'n' && regex)
                byte = '\n';
            else if (byte != '\n' || !regex)
                buf_add_byte(&b, '\\');
        }
        buf_add_byte(&b, (char)byte);
    }
    *text = str_copy(c->heap, buf_str(&b));
    buf_drop(&b);
    return true;
}

static bool take_delimiter(struct call *c, struct sed *s, int *delimiter)
{
    *delimiter = get(s->parse);
    if (*delimiter >= 0x80 && s->locale == LOCALE_UTF8)
        return bad(c, s, "delimiter character is not a single-byte character");
    return true;
}

/* --- regexes --------------------------------------------------------------------------------------- */

enum { FLAG_FOLD = 1, FLAG_MULTILINE = 2 };

/* Can lines that match be looked for in a whole text? Not if it could match a newline, or the ends of a text. */
static bool is_plain(const struct sed *s, struct str text, unsigned flags)
{
    if (s->end != '\n' || flags & REGEX_MULTILINE)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\n')
            return false;
        if (text.data[i] == '\\' && i + 1 < text.length && (text.data[++i] == '`' || text.data[i] == '\''))
            return false;
    }
    return true;
}

static bool compile(struct call *c, struct sed *s, struct str text, unsigned flags, bool groups, struct sed_regex **out)
{
    struct sed_regex *r = heap_new(c->heap, struct sed_regex);
    const char *message = "";
    *out = r;
    if (!text.length) {
        s->empty_regex = true;
        if (flags)
            return bad(c, s, "cannot specify modifiers on empty regexp");
        return true;
    }
    if (sed_unescape_regex(c, s, text, &r->text) < 0)
        return bad(c, s, "recursive escaping after \\c not allowed");
    if (s->locale == LOCALE_UTF8)
        r->flags |= REGEX_UTF8;
    if (flags & FLAG_FOLD)
        r->flags |= REGEX_FOLD;
    if (flags & FLAG_MULTILINE && s->end == '\n')
        r->flags |= REGEX_MULTILINE;
    if (s->posix)
        r->flags |= REGEX_STRICT;
    (void)groups; /* an empty regex of s may ask for them */
    r->regex = regex_compile(c->heap, &r->text, 1, s->extended ? REGEX_EXTENDED : REGEX_BASIC, r->flags, &message);
    if (!r->regex)
        return bad(c, s, message);
    r->plain = is_plain(s, r->text, r->flags);
    return true;
}

/* --- addresses --------------------------------------------------------------------------------------- */

/* 1 when there is one, 0 when not (`byte` was read in vain), -1 after a message. */
static int take_address(struct call *c, struct sed *s, int byte, struct sed_address *a)
{
    struct sed_parse *p = s->parse;
    if (byte == '/' || byte == '\\') {
        struct str text;
        unsigned flags = 0;
        if (byte == '\\' && !take_delimiter(c, s, &byte))
            return -1;
        if (byte == END || byte == '\n' || !take_delimited(c, s, byte, true, &text)) {
            bad(c, s, "unterminated address regex");
            return -1;
        }
        for (;;) {
            byte = get_nonblank(p);
            if (byte == 'I' && !s->posix)
                flags |= FLAG_FOLD;
            else if (byte == 'M' && !s->posix)
                flags |= FLAG_MULTILINE;
            else
                break;
        }
        unget(p, byte);
        a->kind = ADDRESS_REGEX;
        return compile(c, s, text, flags, false, &a->regex) ? 1 : -1;
    }
    if (is_digit(byte)) {
        a->kind = ADDRESS_LINE;
        a->first = get_number(p, byte);
        byte = get_nonblank(p);
        if (byte != '~' || s->posix) {
            unget(p, byte);
            return 1;
        }
        byte = get_nonblank(p);
        if (is_digit(byte))
            a->step = get_number(p, byte);
        else
            unget(p, byte);
        if (a->step)
            a->kind = ADDRESS_STEP;
        return 1;
    }
    if ((byte == '+' || byte == '~') && !s->posix) {
        a->kind = byte == '+' ? ADDRESS_PLUS : ADDRESS_MULTIPLE;
        byte = get_nonblank(p);
        if (is_digit(byte))
            a->first = get_number(p, byte);
        else
            unget(p, byte);
        return 1;
    }
    if (byte == '$') {
        a->kind = ADDRESS_LAST;
        return 1;
    }
    return 0;
}

/* The addresses and what follows them up to the command's letter. */
static bool take_addresses(struct call *c, struct sed *s, struct sed_command *k, int *letter)
{
    struct sed_parse *p = s->parse;
    int byte = *letter, found = take_address(c, s, byte, &k->from);
    if (found < 0)
        return false;
    if (found) {
        if (k->from.kind == ADDRESS_PLUS || k->from.kind == ADDRESS_MULTIPLE)
            return bad(c, s, "invalid usage of +N or ~N as first address");
        byte = get_nonblank(p);
        if (byte == ',') {
            found = take_address(c, s, get_nonblank(p), &k->to);
            if (found < 0)
                return false;
            if (!found)
                return bad(c, s, "unexpected `,'");
            byte = get_nonblank(p);
        }
        bool zero = k->from.kind == ADDRESS_LINE && k->from.first == 0;
        bool whole_file = byte == 'r' && k->to.kind == ADDRESS_NONE; /* put in front of the first line */
        if (zero && ((k->to.kind != ADDRESS_REGEX && !whole_file) || s->posix))
            return bad(c, s, "invalid usage of line address 0");
    }
    if (byte == '!') {
        k->negate = true;
        byte = get_nonblank(p);
        if (byte == '!')
            return bad(c, s, "multiple `!'s");
    }
    *letter = byte;
    return true;
}

/* --- what follows a command's letter ----------------------------------------------------------------- */

static bool take_end(struct call *c, struct sed *s)
{
    int byte = get_nonblank(s->parse);
    if (byte == '}' || byte == '#')
        unget(s->parse, byte);
    else if (byte == '\r') {
        int next = get(s->parse);
        if (next != '\n' && next != END)
            return bad(c, s, "extra characters after command");
    } else if (byte != END && byte != '\n' && byte != ';')
        return bad(c, s, "extra characters after command");
    return true;
}

/* The text of a, i, c, e goes on until a line ends without a backslash before it. */
static void take_text_lines(struct sed_parse *p, bool anything)
{
    for (;;) {
        int byte = get(p);
        char escaped;
        if (byte == END || byte == '\n')
            break;
        if (byte != '\\') {
            buf_add_byte(&p->typed, (char)byte);
            anything = true;
            continue;
        }
        int length = sed_escape(p->text, p->place.at, true, &escaped);
        if (length > 0) {
            buf_add_byte(&p->typed, escaped);
            p->place.at += (size_t)length;
            continue;
        }
        byte = get(p);
        if (byte == END) {
            p->pending = true;
            if (!anything)
                return;
            break;
        }
        buf_add_byte(&p->typed, (char)byte);
        anything = true;
    }
    buf_add_byte(&p->typed, '\n');
}

static void finish_text(struct call *c, struct sed *s)
{
    struct sed_command *k = &s->commands[s->count - 1];
    k->text = str_copy(c->heap, buf_str(&s->parse->typed));
}

static bool take_text(struct call *c, struct sed *s, struct sed_command *k, int byte)
{
    struct sed_parse *p = s->parse;
    buf_clear(&p->typed);
    if (byte == END)
        return bad(c, s, "expected \\ after `a', `c' or `i'");
    if (byte == '\\') {
        byte = get(p);
        if (byte == END) {
            if (s->posix)
                return bad(c, s, "incomplete command");
            p->pending = true;
            return true;
        }
        if (byte == '\n') {
            take_text_lines(p, true);
        } else {
            if (byte != '\\') { /* the letter behind a backslash is itself */
                buf_add_byte(&p->typed, (char)byte);
            } else {
                unget(p, byte);
            }
            take_text_lines(p, true);
        }
    } else {
        if (s->posix && k->name != 'e')
            return bad(c, s, "expected \\ after `a', `c' or `i'");
        if (byte == '\n') { /* an empty line */
            buf_add_byte(&p->typed, '\n');
        } else {
            unget(p, byte);
            take_text_lines(p, true);
        }
    }
    k->text = str_copy(c->heap, buf_str(&p->typed));
    return true;
}

static bool take_file_name(struct call *c, struct sed *s, struct str *name)
{
    struct sed_parse *p = s->parse;
    int byte = get_nonblank(p);
    unget(p, byte);
    size_t from = p->place.at;
    while ((byte = get(p)) != END && byte != '\n')
        ;
    size_t to = p->place.at - (byte == '\n');
    if (to == from)
        return bad(c, s, "missing filename in r/R/w/W commands");
    *name = str_copy(c->heap, str_of(p->text.data + from, to - from));
    return true;
}

static struct str take_label(struct call *c, struct sed_parse *p)
{
    int byte = get_nonblank(p);
    unget(p, byte);
    size_t from = p->place.at;
    while ((byte = get(p)) != END && !is_space(byte) && byte != ';' && byte != '}' && byte != '#')
        ;
    unget(p, byte);
    return str_copy(c->heap, str_of(p->text.data + from, p->place.at - from));
}

static struct sed_output *output_named(struct call *c, struct sed *s, struct str name)
{
    struct sed_output **at = &s->outputs;
    for (; *at; at = &(*at)->next)
        if (str_equal((*at)->name, name))
            return *at;
    struct sed_output *o = heap_new(c->heap, struct sed_output);
    o->name = name;
    o->kind = str_is(name, "/dev/stdout") ? OUTPUT_STANDARD : str_is(name, "/dev/stderr") ? OUTPUT_ERROR : OUTPUT_FILE;
    buf_init(&o->queue, c->heap);
    return *at = o;
}

static struct sed_reader *reader_named(struct call *c, struct sed *s, struct str name)
{
    struct sed_reader **at = &s->readers;
    for (; *at; at = &(*at)->next)
        if (str_equal((*at)->name, name))
            return *at;
    struct sed_reader *r = heap_new(c->heap, struct sed_reader);
    r->name = name;
    return *at = r;
}

/* v: is a version at most ours? */
static bool is_known_version(struct str text)
{
    static const uint64_t ours[3] = {4, 9, 0};
    uint64_t parts[3] = {0};
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        size_t length = number_parse_unsigned(str_after(text, at), 10, &parts[i], NULL);
        if (!length)
            return false;
        at += length;
        if (at == text.length)
            break;
        if (text.data[at++] != '.')
            return false;
    }
    for (int i = 0; i < 3; i++)
        if (parts[i] != ours[i])
            return parts[i] < ours[i];
    return true;
}

/* --- s and y ----------------------------------------------------------------------------------------- */

static bool take_flags(struct call *c, struct sed *s, struct sed_substitution *u, unsigned *flags)
{
    struct sed_parse *p = s->parse;
    for (;;) {
        int byte = get(p);
        struct str name;
        switch (byte) {
        case 'i': case 'I':
            if (s->posix)
                return bad(c, s, "unknown option to `s'");
            *flags |= FLAG_FOLD;
            break;
        case 'm': case 'M':
            if (s->posix)
                return bad(c, s, "unknown option to `s'");
            *flags |= FLAG_MULTILINE;
            break;
        case 'e':
            if (s->posix)
                return bad(c, s, "unknown option to `s'");
            if (s->sandbox)
                return bad(c, s, sandboxed);
            u->evaluate = true;
            if (u->print) {
                u->print = false;
                u->print_before = true;
            }
            break;
        case 'p':
            if (u->print || u->print_before)
                return bad(c, s, "multiple `p' options to `s' command");
            u->print = true;
            break;
        case 'g':
            if (u->global)
                return bad(c, s, "multiple `g' options to `s' command");
            u->global = true;
            break;
        case 'w':
            if (s->sandbox)
                return bad(c, s, sandboxed);
            if (!take_file_name(c, s, &name))
                return false;
            u->output = output_named(c, s, name);
            return true;
        case '}': case '#':
            unget(p, byte);
            return true;
        case END: case '\n': case ';':
            return true;
        case '\r':
            if (get(p) == '\n')
                return true;
            return bad(c, s, "unknown option to `s'");
        default:
            if (is_digit(byte)) {
                if (u->number)
                    return bad(c, s, "multiple number options to `s' command");
                u->number = get_number(p, byte);
                if (!u->number)
                    return bad(c, s, "number option to `s' command may not be zero");
            } else if (!is_space(byte)) {
                return bad(c, s, "unknown option to `s'");
            }
        }
    }
}

static bool take_substitution(struct call *c, struct sed *s, struct sed_command *k)
{
    static const char unterminated[] = "unterminated `s' command";
    struct sed_substitution *u = heap_new(c->heap, struct sed_substitution);
    struct str pattern, replacement;
    unsigned flags = 0;
    int delimiter;
    k->substitution = u;
    if (!take_delimiter(c, s, &delimiter))
        return false;
    if (!take_delimited(c, s, delimiter, true, &pattern) || !take_delimited(c, s, delimiter, false, &replacement))
        return bad(c, s, unterminated);
    k->text = replacement;
    int most = sed_replacement(c, s, replacement, u);
    if (most < 0)
        return bad(c, s, "recursive escaping after \\c not allowed");
    if (!take_flags(c, s, u, &flags) || !compile(c, s, pattern, flags, most > 0, &u->regex))
        return false;
    if (u->regex->regex && most > regex_groups(u->regex->regex) && !s->posix) {
        char message[] = "invalid reference \\0 on `s' command's RHS";
        message[19] = (char)('0' + most);
        return bad(c, s, message);
    }
    return true;
}

static bool take_map(struct call *c, struct sed *s, struct sed_command *k)
{
    struct str from, to;
    int delimiter;
    if (!take_delimiter(c, s, &delimiter))
        return false;
    if (!take_delimited(c, s, delimiter, false, &from) || !take_delimited(c, s, delimiter, false, &to))
        return bad(c, s, "unterminated `y' command");
    const char *mistake = sed_map(c, s, from, to, &k->map);
    if (mistake)
        return bad(c, s, mistake);
    return take_end(c, s);
}

/* --- commands ------------------------------------------------------------------------------------------ */

static bool take_close(struct call *c, struct sed *s, struct sed_command *k)
{
    struct sed_parse *p = s->parse;
    if (!p->block_count)
        return bad(c, s, "unexpected `}'");
    if (k->from.kind)
        return bad(c, s, "`}' doesn't want any addresses");
    k->depth--;
    s->commands[p->blocks[--p->block_count].command].target = s->count - 1;
    return take_end(c, s);
}

static bool take_exit(struct call *c, struct sed *s, struct sed_command *k)
{
    int byte = get_nonblank(s->parse);
    k->number = -1;
    if (is_digit(byte) && !s->posix)
        k->number = (int64_t)get_number(s->parse, byte);
    else
        unget(s->parse, byte);
    return take_end(c, s);
}

/* What follows the letter of the command, which is the last of s->commands. */
static bool take_rest(struct call *c, struct sed *s, struct sed_command *k)
{
    struct sed_parse *p = s->parse;
    char name = k->name;
    int byte;
    if (s->posix && memchr("eFQRTvWz", name, 8))
        name = 0;
    if (k->to.kind && (name == 'q' || name == 'Q' || (s->posix && name && strchr("=airl", name))))
        return bad(c, s, "command only uses one address");
    switch (name) {
    case '{':
        p->blocks = array_grow(c->heap, p->blocks, p->block_count, sizeof *p->blocks);
        p->blocks[p->block_count++] = (struct open_block){s->count - 1, p->place};
        return true;
    case '}':
        return take_close(c, s, k);
    case '=': case 'd': case 'D': case 'F': case 'g': case 'G': case 'h': case 'H': case 'n': case 'N':
    case 'p': case 'P': case 'x': case 'z':
        return take_end(c, s);
    case 'a': case 'i': case 'c':
        return take_text(c, s, k, get_nonblank(p));
    case 'e':
        if (s->sandbox)
            return bad(c, s, sandboxed);
        byte = get_nonblank(p);
        return byte == END || byte == '\n' ? true : take_text(c, s, k, byte);
    case 'q': case 'Q': case 'l':
        return take_exit(c, s, k);
    case 'r': case 'R': case 'w': case 'W':
        if (s->sandbox)
            return bad(c, s, sandboxed);
        if (!take_file_name(c, s, &k->text))
            return false;
        if (k->name == 'R')
            k->reader = reader_named(c, s, k->text);
        else if (k->name != 'r')
            k->output = output_named(c, s, k->text);
        return true;
    case 's':
        return take_substitution(c, s, k);
    case 'y':
        return take_map(c, s, k);
    case ':':
        if (k->from.kind)
            return bad(c, s, ": doesn't want any addresses");
        k->text = take_label(c, p);
        return k->text.length ? true : bad(c, s, "\":\" lacks a label");
    case 'b': case 't': case 'T':
        k->text = take_label(c, p);
        return true;
    case 'v':
        k->text = take_label(c, p);
        if (k->text.length && !is_known_version(k->text))
            return bad(c, s, "expected newer version of sed");
        return take_end(c, s);
    default: {
        char message[] = "unknown command: `?'";
        message[18] = k->name;
        return bad(c, s, message);
    }
    }
}

/* A comment; a script that begins with #n is quiet. */
static void skip_comment(struct sed *s, bool first)
{
    struct sed_parse *p = s->parse;
    int byte = get(p);
    if (first && byte == 'n' && p->place.at == 2)
        s->quiet = true;
    while (byte != END && byte != '\n')
        byte = get(p);
}

/* One piece of the script. */
static bool parse_piece(struct call *c, struct sed *s)
{
    struct sed_parse *p = s->parse;
    bool first = !p->began;
    p->began = true;
    if (p->pending) {
        p->pending = false;
        take_text_lines(p, true);
        finish_text(c, s);
    }
    for (;;) {
        struct sed_command k = {.depth = (int)p->block_count, .number = -1};
        int byte = get(p);
        if (byte == END)
            return true;
        if (byte == ';' || is_space(byte))
            continue;
        if (byte == '#') {
            skip_comment(s, first);
            continue;
        }
        if (!take_addresses(c, s, &k, &byte))
            return false;
        if (byte == END)
            return bad(c, s, "missing command");
        if (byte == '#')
            return bad(c, s, "comments don't accept any addresses");
        k.name = (char)byte;
        s->commands = array_grow(c->heap, s->commands, s->count, sizeof *s->commands);
        s->commands[s->count++] = k;
        if (!take_rest(c, s, &s->commands[s->count - 1]))
            return false;
        call_charge(c, 1);
    }
}

/* Gives jumps their targets. */
static bool link_labels(struct call *c, struct sed *s)
{
    for (size_t i = s->count; i-- > 0;) { /* of labels that are not there the last is told */
        struct sed_command *k = &s->commands[i];
        if (k->name != 'b' && k->name != 't' && k->name != 'T')
            continue;
        k->target = s->count;
        if (!k->text.length)
            continue;
        size_t at = s->count; /* the last of the name */
        while (at > 0 && !(s->commands[at - 1].name == ':' && str_equal(s->commands[at - 1].text, k->text)))
            at--;
        call_charge_bytes(c, s->count - at);
        if (at == 0) {
            call_error(c, "can't find label for jump to `%S'", k->text);
            c->status = SED_PANIC;
            return false;
        }
        k->target = at - 1;
    }
    return true;
}

static bool finish(struct call *c, struct sed *s)
{
    struct sed_parse *p = s->parse;
    if (p->block_count) {
        struct place_of_text place = p->blocks[p->block_count - 1].place;
        place.at = 0;
        tell(c, &place, "unmatched `{'");
        return false;
    }
    return link_labels(c, s);
}

/* A file of -f: 0 and p->text, E_WAIT, SED_FAILED. */
static int read_script(struct call *c, struct sed_parse *p, struct str name)
{
    int error = 0;
    if (!p->file)
        error = input_open(c, &p->file, name, true);
    if (!error) {
        switch (input_all(p->file, &p->text)) {
        case INPUT_WAIT: return E_WAIT;
        case INPUT_END:  p->text = (struct str){0}; error = p->file->error; break;
        case INPUT_MORE: break;
        }
        if (error) {
            call_error(c, "couldn't read %S: %m", name, error);
            c->status = SED_PANIC;
            return SED_FAILED;
        }
        if (p->text.length)
            p->text = str_copy(c->heap, p->text);
        input_close(p->file);
        p->file = NULL;
        return 0;
    }
    if (error == E_WAIT)
        return error;
    call_error(c, "couldn't open file %S: %m", name, error);
    c->status = SED_PANIC;
    return SED_FAILED;
}

int sed_parse(struct call *c, struct sed *s)
{
    if (!s->parse) {
        s->parse = heap_new(c->heap, struct sed_parse);
        buf_init(&s->parse->typed, c->heap);
    }
    struct sed_parse *p = s->parse;
    bool given = false;
    for (size_t i = 0; i < c->option_count; i++)
        given |= c->options[i].letter == 'e' || c->options[i].letter == 'f';
    for (; p->next_option < (given ? c->option_count : 1); p->next_option++) {
        struct given_option script = {'e', {0}};
        if (given)
            script = c->options[p->next_option];
        else
            script.value = c->operands[0];
        if (script.letter == 'e') {
            p->text = script.value;
            p->place = (struct place_of_text){.line = 1, .expression = ++p->expressions};
        } else if (script.letter == 'f') {
            int answer = read_script(c, p, script.value);
            if (answer)
                return answer;
            p->place = (struct place_of_text){.line = 1, .file = script.value};
        } else {
            continue;
        }
        if (!parse_piece(c, s))
            return SED_FAILED;
        call_charge_bytes(c, p->text.length);
    }
    return finish(c, s) ? 0 : SED_FAILED;
}
