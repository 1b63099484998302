/* builtins/bc/bc.c - an arbitrary precision calculator language: options, input, output. */
#include "builtins/bc/bc.h"

static const struct option options[] = {
    {'h', NULL, NULL, "print this usage and exit"},
    {'i', "interactive", NULL, "accepted: there is no prompt"},
    {'l', "mathlib", NULL, "use the predefined math routines"},
    {'q', "quiet", NULL, "don't print initial banner"},
    {'s', "standard", NULL, "non-standard bc constructs are errors"},
    {'w', "warn", NULL, "warn about non-standard bc constructs"},
    {'v', NULL, NULL, "print version information and exit"},
    {0},
};

/* --- messages and output ---------------------------------------------------------------------------------------- */

static void complain(struct bc *b, const char *kind, const char *format, va_list arguments)
{
    struct buf text;
    buf_init(&text, b->heap);
    buf_print_list(&text, format, arguments);
    call_complain(b->c, "%S %lld: %s%S\n", b->file_name, (long long)b->line_number, kind, buf_str(&text));
    buf_drop(&text);
}

void bc_error(struct bc *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    complain(b, "", format, arguments);
    va_end(arguments);
    b->had_error = true;
}

void bc_warn(struct bc *b, const char *format, ...)
{
    va_list arguments;
    if (b->in_library || (!b->standard && !b->warns))
        return;
    va_start(arguments, format);
    complain(b, b->standard ? "Error: " : "(Warning) ", format, arguments);
    va_end(arguments);
    b->had_error |= b->standard;
}

/* A line is at most `width` bytes with its end: what is longer goes on behind a backslash. */
void bc_print(struct bc *b, struct str text)
{
    struct call *c = b->c;
    if (!b->width) {
        call_print(c, text);
        call_charge_bytes(c, text.length);
        return;
    }
    call_charge_bytes(c, text.length);
    while (text.length) {
        size_t room = b->column < b->width - 2 ? (size_t)(b->width - 2 - b->column) : 0;
        ptrdiff_t newline = str_find(str_first(text, room + 1), '\n');
        if (newline >= 0) {
            call_print(c, str_first(text, (size_t)newline + 1));
            text = str_after(text, (size_t)newline + 1);
            b->column = 0;
        } else if (text.length <= room) {
            call_print(c, text);
            b->column += (int64_t)text.length;
            return;
        } else {
            call_print(c, str_first(text, room));
            call_print_text(c, "\\\n");
            text = str_after(text, room);
            call_print(c, str_first(text, 1));
            text = str_after(text, 1);
            b->column = 1;
        }
    }
}

void bc_print_limits(struct bc *b)
{
    call_print_text(b->c, "BC_BASE_MAX     = 2147483647\nBC_DIM_MAX      = 16777215\nBC_SCALE_MAX    = 2147483647\n"
                          "BC_STRING_MAX   = 2147483647\nMAX Exponent    = 9223372036854775807\nNumber of vars  = 32767\n");
}

/* --- input ---------------------------------------------------------------------------------------------------------- */

static int open_standard(struct bc *b)
{
    return b->standard_input ? 0 : input_open(b->c, &b->standard_input, str_lit("-"), true);
}

static void use_line(struct bc *b)
{
    b->line = buf_str(&b->store);
    b->at = 0;
}

/* A text's last line may lack its end. */
static void end_line(struct bc *b)
{
    b->unended = false;
    buf_clear(&b->store);
    buf_add_byte(&b->store, '\n');
    use_line(b);
}

/* 0, E_WAIT; 1 behind the last line, 2 when a file cannot be read. */
static int read_line(struct bc *b)
{
    struct call *c = b->c;
    for (;;) {
        int answer;
        if (b->library) {
            b->library = false;
            b->in_library = true;
            b->line = str_from(bc_library);
            b->at = 0;
            b->scale = 20;
            return 0;
        }
        b->in_library = false;
        if (b->reading_standard) {
            answer = open_standard(b);
            if (answer == E_WAIT)
                return E_WAIT;
            if (answer)
                return 1;
            if (b->answer_at < b->answer.length) { /* what read() has left of a line */
                buf_clear(&b->store);
                buf_add(&b->store, str_after(buf_str(&b->answer), b->answer_at));
                b->answer_at = b->answer.length;
                use_line(b);
                return 0;
            }
            answer = text_line(b->standard_input, &b->store, &b->unended);
            if (answer == 0)
                use_line(b);
            return answer;
        }
        if (b->input) {
            answer = text_line(b->input, &b->store, &b->unended);
            if (answer == 1) {
                input_close(b->input);
                b->input = NULL;
                if (b->unended && b->lex != LEX_COMMENT && b->lex != LEX_STRING) {
                    end_line(b);
                    return 0;
                }
                continue;
            }
            if (answer == 0)
                use_line(b);
            return answer;
        }
        if (b->file < c->operand_count) {
            answer = input_open(c, &b->input, c->operands[b->file], false);
            if (answer == E_WAIT)
                return E_WAIT;
            if (answer) {
                call_complain(c, "File %S is unavailable.\n", c->operands[b->file]);
                return 2;
            }
            b->file_name = c->operands[b->file++];
            b->line_number = 1;
            continue;
        }
        b->reading_standard = true;
        b->file_name = str_lit("(standard_in)");
        b->line_number = 1;
    }
}

/* When the program comes from standard input too, what follows the line that is being run is read. */
int bc_read_text(struct bc *b, struct str *text)
{
    int answer = open_standard(b);
    if (answer)
        return answer == E_WAIT ? E_WAIT : 1;
    if (b->reading_standard) {
        if (b->at < b->line.length) {
            *text = str_after(b->line, b->at);
            return 0;
        }
        answer = text_line(b->standard_input, &b->store, &b->unended);
        if (answer)
            return answer;
        use_line(b);
        *text = b->line;
        return 0;
    }
    if (b->answer_at >= b->answer.length) {
        answer = text_line(b->standard_input, &b->answer, &b->unended);
        if (answer)
            return answer;
        b->answer_at = 0;
    }
    *text = str_after(buf_str(&b->answer), b->answer_at);
    return 0;
}

void bc_read_used(struct bc *b, size_t count)
{
    if (b->reading_standard)
        b->at += count;
    else
        b->answer_at += count;
}

/* --- the call ----------------------------------------------------------------------------------------------------------- */

static bool take_option(struct bc *b, int letter)
{
    switch (letter) {
    case 'h': call_print_help(b->c); return false;
    case 'v': call_print_version(b->c); return false;
    case 'l': b->library = true; break;
    case 's': b->standard = true; break;
    case 'w': b->warns = true; break;
    default: break;
    }
    return true;
}

/* BC_ENV_ARGS is read before the command line. */
static void take_environment(struct bc *b)
{
    struct str value;
    struct environment *e = b->c->task->environment;
    b->width = 70;
    if (environment_find(e, "BC_LINE_LENGTH", &value)) {
        int64_t number;
        number_parse_int(value, 10, &number, NULL);
        if (number == 0 || (number > 2 && number < INT32_MAX))
            b->width = number;
    }
    if (environment_find(e, "POSIXLY_CORRECT", &value))
        b->standard = true;
    if (environment_find(e, "BC_ENV_ARGS", &value))
        for (size_t i = 0; i + 1 < value.length; i++)
            if (value.data[i] == '-' && (i == 0 || value.data[i - 1] == ' '))
                for (i++; i < value.length && value.data[i] != ' '; i++)
                    if (value.data[i] == 'l' || value.data[i] == 's' || value.data[i] == 'w')
                        take_option(b, value.data[i]);
}

static int start(struct call *c)
{
    struct bc *b = c->state;
    b->c = c;
    b->heap = c->heap;
    for (int i = 0; i < 3; i++)
        map_init(&b->names[i], c->heap);
    struct buf *bufs[] = {&b->store, &b->answer, &b->text, &b->digits, &b->printed};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], c->heap);
    take_environment(b);
    for (size_t i = 0; i < c->option_count; i++)
        if (!take_option(b, c->options[i].letter)) {
            b->phase = BC_OVER;
            return 0;
        }
    b->file_name = str_lit("(standard_in)");
    b->line_number = 1;
    bc_parse_start(b);
    bc_run_start(b);
    return 0;
}

/* Behind the last line: what is open ends, also a line without its end. True: there is text to be read. */
static bool end_of_text(struct bc *b)
{
    if (b->lex == LEX_COMMENT) {
        call_complain(b->c, "EOF encountered in a comment.\n");
        b->phase = BC_OVER;
        return true;
    }
    if (b->lex == LEX_STRING) { /* its quote is a byte like another, and what is behind it is read again */
        b->lex = LEX_NORMAL;
        b->unended = false;
        for (size_t i = 0; i < b->text.length; i++)
            b->line_number -= b->text.data[i] == '\n';
        bc_error(b, "illegal character: \"");
        buf_clear(&b->store);
        buf_add(&b->store, buf_str(&b->text));
        buf_add_byte(&b->store, ' ');
        use_line(b);
        return true;
    }
    if (b->unended) {
        end_line(b);
        return true;
    }
    return false;
}

static enum step step(struct call *c)
{
    struct bc *b = c->state;
    for (;;) {
        int answer;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (b->phase) {
        case BC_READ_LINE:
            answer = read_line(b);
            if (answer == E_WAIT)
                return STEP_WAIT;
            if (answer == 2)
                return call_exit(c, 1);
            b->phase = BC_LEX;
            if (answer == 1 && !end_of_text(b)) {
                b->line_number = 1;
                bc_parse(b, TOKEN_END);
                b->phase = BC_OVER;
            }
            break;
        case BC_LEX:
            if (!bc_lex(b)) {
                b->phase = BC_READ_LINE;
                break;
            }
            call_charge(c, 1);
            if (!bc_parse(b, b->token))
                b->phase = BC_OVER;
            else if (b->ready)
                b->phase = BC_RUN;
            break;
        case BC_RUN:
            answer = b->had_error ? 0 : bc_run(b);
            if (answer < 0)
                return answer == E_WAIT ? STEP_WAIT : STEP_AGAIN;
            b->had_error = b->ready = false;
            bc_code_clear(b, &b->main);
            b->phase = answer ? BC_OVER : BC_LEX;
            break;
        case BC_OVER:
            if (b->standard_input) /* the line that ended it is used up */
                input_settle(b->standard_input);
            return call_done(c);
        }
    }
}

const struct command command_bc = {
    .name = "bc",
    .usage = "[options] [file ...]",
    .summary = "a calculator with numbers of any length, and a language for it",
    .options = options,
    .state = sizeof(struct bc),
    .start = start,
    .step = step,
};
