/* builtins/envsubst.c - put the values of environment variables into a text. */
#include "base/map.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'v', "variables", NULL, "output the variables occurring in SHELL-FORMAT"},
    {'h', NULL, NULL, "display this help and exit"},
    {'V', NULL, NULL, "output version information and exit"},
    {0},
};

struct envsubst {
    bool chosen;       /* only the variables of SHELL-FORMAT */
    struct map names;
    struct str block;  /* read and not yet used */
    struct buf name;   /* of the variable looked up */
    struct buf held;   /* a $ and what may be its name, up to the end of the last piece */
};

static bool is_letter(char letter, bool first)
{
    return letter == '_' || utf8_byte_is(letter, UTF8_ALPHA) || (!first && utf8_byte_is(letter, UTF8_DIGIT));
}

/* The reference at the front of `text`, which begins with $: its length and name. 0: it is none; SIZE_MAX: it may go on
 * behind the end, which is not the `last`. */
static size_t reference(struct str text, struct str *name, bool last)
{
    bool braces = text.length > 1 && text.data[1] == '{';
    size_t from = braces ? 2 : 1, at = from;

    while (at < text.length && is_letter(text.data[at], at == from))
        at++;
    if (at == text.length && (!last || braces))
        return last ? 0 : SIZE_MAX;
    *name = str_of(text.data + from, at - from);
    if (at == from || (braces && text.data[at] != '}'))
        return 0;
    return at + braces;
}

static int envsubst_start(struct call *c)
{
    struct envsubst *e = c->state;
    bool list = call_has(c, 'v');
    struct str format, name;

    buf_init(&e->held, c->heap);
    buf_init(&e->name, c->heap);
    map_init(&e->names, c->heap);
    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_print_version(c);
        c->finished = true;
        return 0;
    }
    if (c->operand_count > 1) {
        call_error(c, "too many arguments");
        return 1;
    }
    if (list && !c->operand_count) {
        call_error(c, "missing arguments");
        return 1;
    }
    if (!c->operand_count)
        return 0;
    e->chosen = true;
    format = c->operands[0];
    call_charge_bytes(c, format.length);
    for (size_t i = 0; i < format.length; i++) {
        if (format.data[i] != '$' || !reference(str_after(format, i), &name, true))
            continue;
        map_add(&e->names, name, NULL);
        if (list)
            call_format(c, "%S\n", name);
    }
    c->finished = list;
    return 0;
}

static void put_value(struct call *c, struct envsubst *e, struct str text, struct str name)
{
    struct str value;

    if (e->chosen && !map_find(&e->names, name)) {
        call_print(c, text);
        return;
    }
    buf_clear(&e->name);
    buf_add(&e->name, name);
    if (environment_find(c->task->environment, buf_text(&e->name), &value))
        call_print(c, value);
}

/* Writes `text` up to a reference that may go on behind its end: what was used. */
static size_t substitute(struct call *c, struct envsubst *e, struct str text, bool last)
{
    size_t at = 0;

    while (at < text.length) {
        struct str rest = str_after(text, at), name;
        ptrdiff_t dollar = str_find(rest, '$');
        size_t length;
        call_print(c, dollar < 0 ? rest : str_first(rest, (size_t)dollar));
        if (dollar < 0)
            return text.length;
        at += (size_t)dollar;
        rest = str_after(text, at);
        length = reference(rest, &name, last);
        if (length == SIZE_MAX)
            return at;
        if (length == 0) {
            call_print_byte(c, '$');
            at++;
            continue;
        }
        put_value(c, e, str_first(rest, length), name);
        call_charge(c, 1);
        at += length;
    }
    return at;
}

static enum step envsubst_step(struct call *c)
{
    struct envsubst *e = c->state;

    for (;;) {
        struct str piece;
        size_t used;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!e->block.length) {
            struct str none = {0};
            struct str *operands = c->operands;
            enum input_answer answer;
            c->operands = &none;
            c->operand_count = 0; /* it is standard input that is read */
            answer = call_read_block(c, &e->block, NULL);
            c->operands = operands;
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_END) {
                substitute(c, e, buf_str(&e->held), true);
                return call_done(c);
            }
        }
        piece = text_piece(c->input, &e->block);
        call_charge_bytes(c, piece.length);
        if (e->held.length) { /* a name goes on: it is looked at with what was held back */
            buf_add(&e->held, piece);
            piece = buf_str(&e->held);
        }
        used = substitute(c, e, piece, false);
        if (e->held.length) {
            buf_drop_front(&e->held, used);
        } else {
            buf_add(&e->held, str_after(piece, used));
        }
    }
}

const struct command command_envsubst = {
    .name = "envsubst",
    .usage = "[OPTION] [SHELL-FORMAT]",
    .summary = "Substitutes the values of environment variables.",
    .help = "In normal operation mode, standard input is copied to standard output, with references to environment variables of the\n"
            "form $VARIABLE or ${VARIABLE} being replaced with the corresponding values. If a SHELL-FORMAT is given, only those\n"
            "environment variables that are referenced in SHELL-FORMAT are substituted; otherwise all environment variables references\n"
            "occurring in standard input are substituted.\n\n"
            "When --variables is used, standard input is ignored, and the output consists of the environment variables that are\n"
            "referenced in SHELL-FORMAT, one per line.",
    .options = options,
    .state = sizeof(struct envsubst),
    .start = envsubst_start,
    .step = envsubst_step,
};
