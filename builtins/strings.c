/* builtins/strings.c - print the texts that are in files of any kind. */
#include "base/number.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'a', "all", NULL, "scan the entire file, which is always done"},
    {'d', "data", NULL, "the same: sections are not looked at"},
    {'f', "print-file-name", NULL, "print the name of the file before each string"},
    {'n', "bytes", "NUMBER", "locate & print any sequence of at least NUMBER displayable characters (default 4); also -NUMBER"},
    {'t', "radix", "{o,d,x}", "print the location of the string in base 8, 10 or 16"},
    {'w', "include-all-whitespace", NULL, "include all whitespace as valid string characters"},
    {'o', NULL, NULL, "an alias for --radix=o"},
    {'T', "target", "BFDNAME", "the binary file format: ignored"},
    {'e', "encoding", "{s,S,b,l,B,L}", "select character size and endianness:\n"
     "                             s = 7-bit, S = 8-bit, {b,l} = 16-bit, {B,L} = 32-bit"},
    {'U', "unicode", "{d|l|i|x|e|h}", "how to treat UTF-8 encoded characters: default, locale, invalid, hex, escape, highlight"},
    {'s', "output-separator", "STRING", "string used to separate strings in output"},
    {'h', NULL, NULL, "display this information"},
    {'v', NULL, NULL, "print the version"},
    {'V', NULL, NULL, NULL},
    {0},
};

enum { WIDEST = UTF8_MOST };

struct strings {
    bool names, big;
    uint64_t least;        /* characters of a string that is printed */
    unsigned radix;        /* of locations; 0: not shown */
    char unicode;          /* d: bytes; else l, x or e */
    unsigned size;         /* bytes of a character; with `unicode` 1 */
    struct str separator;
    bool graphic[256];
    size_t next;
    struct input *input;
    struct str block;      /* read and not yet used */
    uint64_t offset;       /* of what comes next */
    unsigned char held[WIDEST]; /* the beginning of a character of several bytes */
    unsigned held_count;
    struct buf run;        /* characters that may become a string */
    uint64_t run_count;
    bool printing;         /* there are enough of them: they go out as they come */
};

static int bad_usage(struct call *c)
{
    return call_usage_error(c, "");
}

static int read_least(struct call *c, struct strings *s)
{
    struct str value;
    int64_t number;

    if (!call_value(c, 'n', &value))
        return 0;
    if (number_parse_int(value, 0, &number, NULL) != value.length || !value.length) {
        call_error(c, "invalid integer argument %S", value);
        return 1;
    }
    if (number == 0) {
        call_error(c, "invalid minimum string length 0");
        return 1;
    }
    s->least = (uint64_t)number;
    return 0;
}

static int read_unicode(struct call *c, struct strings *s)
{
    static const char *const names[] = {"default", "locale", "invalid", "hex", "escape", "highlight", NULL};
    static const char letters[] = "dlixeh", ways[] = "dldxee";
    struct str value;

    if (!call_value(c, 'U', &value))
        return 0;
    for (int i = 0; names[i]; i++)
        if (str_is(value, names[i]) || (value.length == 1 && (value.data[0] | 32) == letters[i])) {
            s->unicode = ways[i];
            return 0;
        }
    call_error(c, "invalid argument to -U/--unicode: %S", value);
    return 1;
}

static int strings_start(struct call *c)
{
    struct strings *s = c->state;
    struct str value;
    size_t dashes = 0;
    char encoding = 's';

    s->least = 4;
    s->unicode = 'd';
    s->separator = str_lit("\n");
    call_value(c, 's', &s->separator);
    s->names = call_has(c, 'f');
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *g = &c->options[i];
        if (g->letter == 'o') {
            s->radix = 8;
        } else if (g->letter == 't') {
            char letter = g->value.length == 1 ? g->value.data[0] : 0;
            s->radix = letter == 'o' ? 8 : letter == 'd' ? 10 : 16;
            if (letter != 'o' && letter != 'd' && letter != 'x')
                return bad_usage(c);
        }
    }
    if (call_value(c, 'e', &value)) {
        encoding = value.length == 1 ? value.data[0] : 0;
        if (!encoding || !strchr("sSblBL", encoding))
            return bad_usage(c);
    }
    s->big = encoding == 'b' || encoding == 'B';
    s->size = encoding == 's' || encoding == 'S' ? 1 : encoding == 'b' || encoding == 'l' ? 2 : 4;
    for (int i = 0; i < 256; i++)
        s->graphic[i] = (i >= 32 && i < 127) || i == '\t' || (call_has(c, 'w') && i >= '\t' && i <= '\r') ||
                        (encoding == 'S' && i > 127);
    buf_init(&s->run, c->heap);
    for (size_t i = 0; i < c->operand_count; i++)
        dashes += str_is(c->operands[i], "-");
    if (dashes && dashes == c->operand_count)
        return bad_usage(c);
    if (read_unicode(c, s))
        return 1;
    if (s->unicode != 'd')
        s->size = 1;
    return read_least(c, s);
}

/* What stands before a string that began `back` bytes before the offset. */
static void put_head(struct call *c, const struct strings *s, uint64_t at)
{
    static const char hex[] = "0123456789abcdef";
    char digits[24], *end = digits + sizeof digits, *p = end;

    if (s->names)
        call_format(c, "%S: ", s->input->standard ? str_lit("{standard input}") : s->input->name);
    if (!s->radix)
        return;
    do
        *--p = hex[at % s->radix];
    while (at /= s->radix);
    while (end - p < 7)
        *--p = ' ';
    call_print(c, str_of(p, (size_t)(end - p)));
    call_print_byte(c, ' ');
}

static void end_run(struct call *c, struct strings *s)
{
    if (s->printing)
        call_print(c, s->separator);
    s->printing = false;
    s->run_count = 0;
    buf_clear(&s->run);
}

/* `count` characters that belong to a string; `text` is how they are shown. `at`: where the first one is. */
static void add_run(struct call *c, struct strings *s, struct str text, uint64_t count, uint64_t at)
{
    if (s->printing) {
        call_print(c, text);
        return;
    }
    if (s->run_count + count < s->least) {
        if (!s->run_count) { /* where it began is kept in front of it */
            buf_add(&s->run, str_of((const char *)&at, sizeof at));
        }
        buf_add(&s->run, text);
        s->run_count += count;
        return;
    }
    if (s->run_count)
        memcpy(&at, s->run.data, sizeof at);
    put_head(c, s, at);
    if (s->run_count)
        call_print(c, str_after(buf_str(&s->run), sizeof at));
    call_print(c, text);
    s->printing = true;
}

/* --- one byte a character ------------------------------------------------------------------------------ */

static void scan_bytes(struct call *c, struct strings *s, struct str piece)
{
    const unsigned char *p = (const unsigned char *)piece.data, *end = p + piece.length, *from;
    const bool *graphic = s->graphic;

    while (p < end) {
        while (p < end && !graphic[*p])
            p++;
        if (p == end)
            break;
        from = p;
        while (p < end && graphic[*p])
            p++;
        /* A short one that ends in this piece is passed over at once. */
        if (p == end || s->run_count || s->printing || (uint64_t)(p - from) >= s->least)
            add_run(c, s, str_of((const char *)from, (size_t)(p - from)), (uint64_t)(p - from),
                    s->offset + (uint64_t)(from - (const unsigned char *)piece.data));
        if (p < end)
            end_run(c, s);
    }
    s->offset += piece.length;
}

/* Ends a run that reached the end of the last piece, if this one begins with something else. */
static void begin_piece(struct call *c, struct strings *s, struct str piece)
{
    if (piece.length && (s->printing || s->run_count) && !s->graphic[(unsigned char)piece.data[0]])
        end_run(c, s);
}

/* --- wide characters ------------------------------------------------------------------------------------ */

static void drop_held(struct strings *s, unsigned count)
{
    s->held_count -= count;
    memmove(s->held, s->held + count, s->held_count);
    s->offset += count;
}

static void scan_wide(struct call *c, struct strings *s, struct str piece)
{
    for (size_t i = 0; i < piece.length; i++) {
        uint32_t code = 0;
        char letter;
        s->held[s->held_count++] = (unsigned char)piece.data[i];
        if (s->held_count < s->size)
            continue;
        for (unsigned j = 0; j < s->size; j++)
            code |= (uint32_t)s->held[s->big ? s->size - 1 - j : j] << 8 * j;
        letter = (char)code;
        if (code < 256 && s->graphic[code]) {
            add_run(c, s, str_of(&letter, 1), 1, s->offset);
            drop_held(s, s->size);
        } else { /* the next may begin at any byte */
            end_run(c, s);
            drop_held(s, 1);
        }
    }
}

/* --- UTF-8 -------------------------------------------------------------------------------------------------- */

/* A character of several bytes as it is to be shown. */
static void add_character(struct call *c, struct strings *s, struct utf8_char u)
{
    struct buf text;

    buf_init(&text, c->heap);
    if (s->unicode == 'l') {
        buf_add(&text, str_of((const char *)s->held, u.length));
    } else if (s->unicode == 'e') {
        buf_print(&text, "\\u%04x", (unsigned)u.code);
    } else {
        buf_add_text(&text, "<0x");
        for (unsigned i = 0; i < u.length; i++)
            buf_print(&text, "%02x", (unsigned)s->held[i]);
        buf_add_byte(&text, '>');
    }
    add_run(c, s, buf_str(&text), 1, s->offset);
    buf_drop(&text);
    drop_held(s, u.length);
}

/* Uses what is held; what may be the beginning of a character stays, unless it is the `last`. */
static void use_held(struct call *c, struct strings *s, bool last)
{
    while (s->held_count) {
        struct str held = str_of((const char *)s->held, s->held_count);
        struct utf8_char u = utf8_first(held, LOCALE_UTF8);
        if (!u.valid && !last && utf8_is_partial(held))
            return;
        if (u.valid && u.length > 1) {
            add_character(c, s, u);
        } else if (s->held[0] < 128 && s->graphic[s->held[0]]) {
            add_run(c, s, str_first(held, 1), 1, s->offset);
            drop_held(s, 1);
        } else {
            end_run(c, s);
            drop_held(s, 1);
        }
    }
}

static void scan_utf8(struct call *c, struct strings *s, struct str piece)
{
    for (size_t i = 0; i < piece.length; i++) {
        s->held[s->held_count++] = (unsigned char)piece.data[i];
        use_held(c, s, false);
    }
}

/* --- the command -------------------------------------------------------------------------------------------- */

/* 0, E_WAIT, or 1 behind the last operand. */
static int open_next(struct call *c, struct strings *s)
{
    bool none = c->operand_count == 0;

    if (none && s->input)
        return 1;
    if (s->input) {
        if (s->unicode != 'd')
            use_held(c, s, true);
        end_run(c, s);
        s->held_count = 0;
        s->offset = 0;
        input_close(s->input);
        s->input = NULL;
    }
    for (;;) {
        struct str name = none ? str_lit("-") : (struct str){0};
        struct stat_info info;
        int error = 0;
        while (!none && s->next < c->operand_count && str_is(c->operands[s->next], "-"))
            s->next++; /* it is the same as -a */
        if (!none && s->next >= c->operand_count)
            return 1;
        if (!none)
            name = c->operands[s->next];
        if (!none) {
            error = call_stat(c, name, true, &info);
            if (error == E_WAIT)
                return error;
            if (!error && info.kind == NODE_DIRECTORY) {
                call_error(c, "Warning: '%S' is a directory", name);
                s->next++;
                continue;
            }
        }
        if (!error)
            error = input_open(c, &s->input, name, none);
        if (error == E_WAIT)
            return error;
        s->next++;
        if (!error)
            return 0;
        if (error == E_NOENT)
            call_error(c, "'%S': No such file", name);
        else
            call_error(c, "%S: %m", name, error);
    }
}

static enum step strings_step(struct call *c)
{
    struct strings *s = c->state;

    if (call_has(c, 'h') || call_has(c, 'v') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_print_version(c);
        return call_done(c);
    }
    for (;;) {
        struct str piece;
        enum input_answer answer = INPUT_END;
        if (!call_go(c))
            return STEP_AGAIN;
        if (s->block.length == 0) {
            if (s->input)
                answer = input_block(s->input, SIZE_MAX, &s->block);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_END) {
                int error;
                s->block.length = 0;
                if (s->input && s->input->error)
                    call_error(c, "%S: %m", s->input->name, s->input->error);
                error = open_next(c, s);
                if (error == E_WAIT)
                    return STEP_WAIT;
                if (error) {
                    end_run(c, s);
                    return call_done(c);
                }
                call_charge(c, 1);
                continue;
            }
        }
        piece = text_piece(s->input, &s->block);
        call_charge_bytes(c, piece.length * (s->unicode != 'd' || s->size > 1 ? 8 : 2));
        if (s->unicode != 'd') {
            scan_utf8(c, s, piece);
        } else if (s->size > 1) {
            scan_wide(c, s, piece);
        } else {
            begin_piece(c, s, piece);
            scan_bytes(c, s, piece);
        }
    }
}

const struct command command_strings = {
    .name = "strings",
    .usage = "[option(s)] [file(s)]",
    .summary = "Display printable strings in [file(s)] (stdin by default).",
    .options = options,
    .state = sizeof(struct strings),
    .start = strings_start,
    .step = strings_step,
    .flags = COMMAND_DIGITS | COMMAND_HELP,
    .number = 'n',
    .refused = "@FILE: options are not read from files",
};
