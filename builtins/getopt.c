/* builtins/getopt.c - take a script's own options apart: the program of util-linux. */
#include "task/command.h"

static const struct option options[] = {
    {'a', "alternative", NULL, "allow long options starting with single -"},
    {'l', "longoptions", "LONGOPTS", "the long options to be recognized"},
    {'n', "name", "PROGNAME", "the name under which errors are reported"},
    {'o', "options", "OPTSTRING", "the short options to be recognized"},
    {'q', "quiet", NULL, "disable error reporting by getopt(3)"},
    {'Q', "quiet-output", NULL, "no normal output"},
    {'s', "shell", "SHELL", "set quoting conventions to those of SHELL: sh, bash, csh or tcsh"},
    {'T', "test", NULL, "test for getopt(1) version"},
    {'u', "unquoted", NULL, "do not quote the output"},
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

enum { STATUS_PARAMETERS = 1, STATUS_USAGE = 2, STATUS_TEST = 4 };

enum value { VALUE_NONE, VALUE_REQUIRED, VALUE_OPTIONAL };

struct long_option {
    struct str name;
    enum value value;
};

enum order { ORDER_PERMUTE, ORDER_STOP, ORDER_KEEP };

struct getopt {
    struct str shorts;
    struct long_option *longs;
    size_t long_count;
    struct str name;
    bool alternative, quiet, silent, unquoted, csh, failed;
    enum order order;
    struct str *words;  /* what is to be taken apart */
    size_t count, at;
    struct buf rest;    /* operands, for the end */
};

/* --- its own options ----------------------------------------------------------------------------------- */

static bool is_gap(char c)
{
    return c == ',' || c == ' ' || c == '\t' || c == '\n';
}

/* 0, or the status after a message. */
static int add_longs(struct call *c, struct getopt *g, struct str list)
{
    while (list.length) {
        struct long_option o = {.value = VALUE_NONE};
        size_t length = 0;
        while (length < list.length && !is_gap(list.data[length]))
            length++;
        o.name = str_first(list, length);
        list = str_after(list, length < list.length ? length + 1 : length);
        if (!length)
            continue;
        for (; o.name.length && o.name.data[o.name.length - 1] == ':' && o.value < VALUE_OPTIONAL; o.name.length--)
            o.value++;
        if (!o.name.length) {
            call_error(c, "empty long option after -l or --long argument");
            return call_usage_error(c, "");
        }
        g->longs = array_grow(c->heap, g->longs, g->long_count, sizeof *g->longs);
        g->longs[g->long_count++] = o;
        call_charge(c, 1);
    }
    return 0;
}

/* The first word is the string of short options, as of old: nothing is quoted. */
static int start_old(struct call *c, struct getopt *g, size_t first)
{
    struct str shorts = c->argv[first];

    while (shorts.length && (shorts.data[0] == '-' || shorts.data[0] == '+'))
        shorts = str_after(shorts, 1);
    g->shorts = shorts;
    g->unquoted = true;
    g->words = c->argv + first + 1;
    g->count = c->argc - first - 1;
    return 0;
}

static int take_options(struct call *c, struct getopt *g, bool *shorts_given)
{
    struct str value;

    for (size_t i = 0; i < c->option_count; i++) {
        int status = 0;
        value = c->options[i].value;
        switch (c->options[i].letter) {
        case 'a': g->alternative = true; break;
        case 'l': status = add_longs(c, g, value); break;
        case 'n': g->name = value; break;
        case 'o':
            g->shorts = value;
            *shorts_given = true;
            break;
        case 'q': g->quiet = true; break;
        case 'Q': g->silent = true; break;
        case 's':
            g->csh = str_is(value, "csh") || str_is(value, "tcsh");
            if (!g->csh && !str_is(value, "sh") && !str_is(value, "bash")) {
                call_error(c, "unknown shell after -s or --shell argument");
                status = call_usage_error(c, "");
            }
            break;
        case 'T': return STATUS_TEST;
        case 'u': g->unquoted = true; break;
        default: break;
        }
        if (status)
            return status;
    }
    return 0;
}

static int getopt_start(struct call *c)
{
    struct getopt *g = c->state;
    bool shorts_given = false;
    struct str value;
    int status;

    buf_init(&g->rest, c->heap);
    g->name = c->name;
    bool old = environment_find(c->task->environment, "GETOPT_COMPATIBLE", &value);
    if (old && c->argc == 1) {
        call_print_text(c, " --\n");
        c->finished = true;
        return 0;
    }
    if (c->argc > 1 && (old || !str_starts(c->argv[1], "-")))
        status = start_old(c, g, 1);
    else
        status = take_options(c, g, &shorts_given);
    if (status)
        return status;
    if (!g->words) {
        if (call_has(c, 'h') || call_has(c, 'V'))
            return 0;
        if (!shorts_given && !c->operand_count) {
            call_error(c, "missing optstring argument");
            return call_usage_error(c, "");
        }
        if (!shorts_given)
            g->shorts = c->operands[0];
        g->words = c->operands + !shorts_given;
        g->count = c->operand_count - !shorts_given;
    }
    if (environment_find(c->task->environment, "POSIXLY_CORRECT", &value))
        g->order = ORDER_STOP;
    if (g->shorts.length && (g->shorts.data[0] == '+' || g->shorts.data[0] == '-')) {
        g->order = g->shorts.data[0] == '+' ? ORDER_STOP : ORDER_KEEP;
        g->shorts = str_after(g->shorts, 1);
    }
    if (g->shorts.length && g->shorts.data[0] == ':') {
        g->quiet = true;
        g->shorts = str_after(g->shorts, 1);
    }
    return 0;
}

/* --- output ------------------------------------------------------------------------------------------------- */

/* A word, in quotes of the shell. */
static void put_word(struct call *c, const struct getopt *g, struct buf *out, struct str word)
{
    buf_add_byte(out, ' ');
    call_charge_bytes(c, word.length + 64);
    if (g->unquoted) {
        buf_add(out, word);
        return;
    }
    buf_add_byte(out, '\'');
    for (size_t i = 0; i < word.length; i++) {
        char letter = word.data[i];
        if (letter == '\'')
            buf_add_text(out, "'\\''");
        else if (g->csh && letter == '\\')
            buf_add_text(out, "\\\\");
        else if (g->csh && letter == '\n')
            buf_add_text(out, "\\n");
        else if (g->csh && (letter == '!' || utf8_byte_is(letter, UTF8_SPACE)))
            buf_print(out, "'\\%c'", letter);
        else
            buf_add_byte(out, letter);
    }
    buf_add_byte(out, '\'');
}

static void complain(struct call *c, struct getopt *g, const char *format, ...)
{
    va_list arguments;

    g->failed = true;
    if (g->quiet)
        return;
    buf_print(&c->err, "%S: ", g->name);
    va_start(arguments, format);
    buf_print_list(&c->err, format, arguments);
    va_end(arguments);
    buf_add_byte(&c->err, '\n');
}

/* --- taking apart --------------------------------------------------------------------------------------------- */

static ptrdiff_t find_short(const struct getopt *g, char letter)
{
    ptrdiff_t at = letter == ':' || letter == ';' ? -1 : str_find(g->shorts, letter);
    return at;
}

/* The options of a word behind its minus. */
static void take_shorts(struct call *c, struct getopt *g, struct str letters)
{
    while (letters.length) {
        char letter = letters.data[0];
        ptrdiff_t at = find_short(g, letter);
        struct str behind;
        letters = str_after(letters, 1);
        if (at < 0) {
            complain(c, g, "invalid option -- '%c'", letter);
            continue;
        }
        behind = str_after(g->shorts, (size_t)at + 1);
        if (!str_starts(behind, ":")) {
            buf_print(&c->out, " -%c", letter);
            continue;
        }
        if (!letters.length && !str_starts(behind, "::")) {
            if (g->at == g->count) {
                complain(c, g, "option requires an argument -- '%c'", letter);
                return;
            }
            letters = g->words[g->at++];
        }
        buf_print(&c->out, " -%c", letter);
        put_word(c, g, &c->out, letters);
        return;
    }
}

static bool begins(struct str name, struct str with)
{
    return name.length >= with.length && str_equal(str_first(name, with.length), with);
}

/* A long option behind its `dashes`: false when there is none and it may be short ones. */
static bool take_long(struct call *c, struct getopt *g, struct str word, const char *dashes, bool maybe_short)
{
    ptrdiff_t equals = str_find(word, '=');
    struct str name = equals < 0 ? word : str_first(word, (size_t)equals), value;
    const struct long_option *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < g->long_count; i++) {
        const struct long_option *o = &g->longs[i];
        if (str_equal(o->name, name)) {
            found = o;
            count = 1;
            break;
        }
        if (begins(o->name, name) && !count++)
            found = o;
    }
    call_charge(c, (int64_t)g->long_count / 8 + 1);
    if (count > 1) {
        struct buf text;
        buf_init(&text, c->heap);
        for (size_t i = 0; i < g->long_count; i++)
            if (begins(g->longs[i].name, name))
                buf_print(&text, " '%s%S'", dashes, g->longs[i].name);
        complain(c, g, "option '%s%S' is ambiguous; possibilities:%S", dashes, word, buf_str(&text));
        return true;
    }
    if (!found) {
        if (maybe_short)
            return false;
        complain(c, g, "unrecognized option '%s%S'", dashes, word);
        return true;
    }
    value = equals < 0 ? (struct str){0} : str_after(word, (size_t)equals + 1);
    if (equals >= 0 && found->value == VALUE_NONE) {
        complain(c, g, "option '%s%S' doesn't allow an argument", dashes, found->name);
        return true;
    }
    if (equals < 0 && found->value == VALUE_REQUIRED) {
        if (g->at == g->count) {
            complain(c, g, "option '%s%S' requires an argument", dashes, found->name);
            return true;
        }
        value = g->words[g->at++];
    }
    buf_print(&c->out, " --%S", found->name);
    if (found->value != VALUE_NONE)
        put_word(c, g, &c->out, value);
    return true;
}

static void take_word(struct call *c, struct getopt *g)
{
    struct str word = g->words[g->at++];

    call_charge(c, 1);
    if (str_is(word, "--") || ((word.length < 2 || word.data[0] != '-') && g->order == ORDER_STOP)) {
        g->at -= word.length != 2 || word.data[0] != '-' || word.data[1] != '-';
        while (g->at < g->count)
            put_word(c, g, &g->rest, g->words[g->at++]);
    } else if (word.length < 2 || word.data[0] != '-') {
        put_word(c, g, g->order == ORDER_KEEP ? &c->out : &g->rest, word);
    } else if (word.data[1] == '-') {
        take_long(c, g, str_after(word, 2), "--", false);
    } else if (g->alternative && (word.length > 2 || find_short(g, word.data[1]) < 0)) {
        if (!take_long(c, g, str_after(word, 1), "-", find_short(g, word.data[1]) >= 0))
            take_shorts(c, g, str_after(word, 1));
    } else {
        take_shorts(c, g, str_after(word, 1));
    }
}

static enum step getopt_step(struct call *c)
{
    struct getopt *g = c->state;

    if (!g->words) {
        if (call_has(c, 'V'))
            call_print_text(c, "getopt from util-linux 2.38.1\n");
        else
            call_print_help(c);
        return call_done(c);
    }
    while (g->at < g->count)
        take_word(c, g);
    if (g->silent) {
        buf_clear(&c->out);
    } else {
        call_print_text(c, " --");
        call_print(c, buf_str(&g->rest));
        call_print_byte(c, '\n');
    }
    return call_exit(c, g->failed ? STATUS_PARAMETERS : 0);
}

const struct command command_getopt = {
    .name = "getopt",
    .usage = "<optstring> <parameters>\n[options] [--] <optstring> <parameters>\n"
             "[options] -o|--options <optstring> [options] [--] <parameters>",
    .summary = "Parse command options.",
    .options = options,
    .state = sizeof(struct getopt),
    .start = getopt_start,
    .step = getopt_step,
    .trouble = STATUS_USAGE,
    .flags = COMMAND_IN_ORDER,
};
