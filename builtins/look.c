/* builtins/look.c - print the lines of a sorted file that begin with a text. */
#include "builtins/text.h"

static const struct option options[] = {
    {'a', "alternative", NULL, "use the alternative dictionary"},
    {'d', "alphanum", NULL, "compare only blanks and alphanumeric characters"},
    {'f', "ignore-case", NULL, "ignore case differences when comparing"},
    {'t', "terminate", "CHAR", "define the string-termination character"},
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

struct look {
    bool words, fold;   /* -d, -f */
    struct str wanted;  /* as compared */
    struct str path;
    struct input *input;
    struct str rest;    /* of the file */
    bool begun, found;
};

static int look_start(struct call *c)
{
    struct look *l = c->state;
    struct buf wanted;
    struct str word, until;

    if (call_has(c, 'h') || call_has(c, 'V'))
        return 0;
    if (!c->operand_count || c->operand_count > 2) {
        call_error(c, "bad usage");
        return call_usage_error(c, "");
    }
    l->path = c->operand_count > 1 ? c->operands[1] : str_lit("/usr/share/dict/words");
    l->words = call_has(c, 'd') || c->operand_count < 2;
    l->fold = call_has(c, 'f') || c->operand_count < 2;
    word = c->operands[0];
    if (call_value(c, 't', &until) && until.length) {
        ptrdiff_t at = str_find(word, until.data[0]);
        if (at >= 0)
            word = str_first(word, (size_t)at + 1);
    }
    buf_init(&wanted, c->heap);
    for (size_t i = 0; i < word.length; i++)
        if (!l->words || utf8_byte_is(word.data[i], UTF8_ALNUM | UTF8_BLANK))
            buf_add_byte(&wanted, l->fold ? (char)utf8_ascii_lower[(unsigned char)word.data[i]] : word.data[i]);
    l->wanted = buf_str(&wanted);
    return 0;
}

/* How the beginning of a line is to what is wanted: below 0, 0 or above 0. */
static int compare(const struct look *l, struct str line)
{
    size_t at = 0;

    for (size_t i = 0; i < line.length && at < l->wanted.length; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if (l->words && !utf8_byte_is(line.data[i], UTF8_ALNUM | UTF8_BLANK))
            continue;
        if (l->fold)
            byte = utf8_ascii_lower[byte];
        if (byte != (unsigned char)l->wanted.data[at])
            return byte < (unsigned char)l->wanted.data[at] ? -1 : 1;
        at++;
    }
    return at < l->wanted.length ? -1 : 0;
}

static struct str line_at(struct str text)
{
    ptrdiff_t end = str_find(text, '\n');
    return end < 0 ? text : str_first(text, (size_t)end);
}

/* The first line that is not below what is wanted, by halves. */
static struct str find_first(struct call *c, const struct look *l, struct str text)
{
    size_t low = 0, high = text.length; /* lines begin at both */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        ptrdiff_t before = str_find_last(str_of(text.data + low, middle - low), '\n');
        size_t from = before < 0 ? low : low + (size_t)before + 1;
        struct str line = line_at(str_after(text, from));
        call_charge_bytes(c, 64 + line.length + (middle - from));
        if (compare(l, line) < 0)
            low = from + line.length < text.length ? from + line.length + 1 : text.length;
        else
            high = from;
    }
    return str_after(text, low);
}

static enum step look_step(struct call *c)
{
    struct look *l = c->state;

    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_print_text(c, "look from util-linux 2.38.1\n");
        return call_done(c);
    }
    for (;;) {
        struct str line;
        int error;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!l->input) {
            error = input_open(c, &l->input, l->path, false);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "%S: %m", l->path, error);
                return call_done(c);
            }
        } else if (!l->begun) {
            enum input_answer answer = input_all(l->input, &l->rest);
            if (answer == INPUT_WAIT)
                return STEP_WAIT;
            if (answer == INPUT_END)
                l->rest = (struct str){0};
            l->begun = true;
            l->rest = find_first(c, l, l->rest);
        } else {
            line = line_at(l->rest);
            if (!l->rest.length || compare(l, line) != 0)
                return call_exit(c, l->found ? 0 : 1);
            l->found = true;
            line.length += line.length < l->rest.length; /* its end */
            call_print(c, line);
            call_charge_bytes(c, 64 + line.length);
            l->rest = str_after(l->rest, line.length);
        }
    }
}

const struct command command_look = {
    .name = "look",
    .usage = "[options] <string> [<file>...]",
    .summary = "Display lines beginning with a specified string.",
    .help = "The file is sorted. Without one it is /usr/share/dict/words, with -d and -f.",
    .options = options,
    .state = sizeof(struct look),
    .start = look_start,
    .step = look_step,
};
