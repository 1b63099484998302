/* builtins/less.c - show files, which for want of a screen is to copy them: less, pager and more. */
#include "base/number.h"
#include "builtins/text.h"

static const struct option less_options[] = {
    {'?', "help", NULL, "display the commands of less and exit"},
    {'b', "buffers", "N", "buffer space"},
    {'e', "quit-at-eof", NULL, "quit at end of file"},
    {'E', "QUIT-AT-EOF", NULL, "the same, at once"},
    {'f', "force", NULL, "force open non-regular files"},
    {'F', "quit-if-one-screen", NULL, "quit if entire file fits on first screen"},
    {'i', "ignore-case", NULL, "ignore case in searches"},
    {'j', "jump-target", "N", "screen position of target lines"},
    {'m', "long-prompt", NULL, "set prompt style"},
    {'n', "line-numbers", NULL, "don't use line numbers"},
    {'N', "LINE-NUMBERS", NULL, "display line number at start of each line, on a screen"},
    {'o', "log-file", "FILE", "copy to log file: it is not"},
    {'p', "pattern", "PATTERN", "start at pattern"},
    {'P', "prompt", "PROMPT", "define new prompt"},
    {'r', "raw-control-chars", NULL, "output raw control characters"},
    {'R', "RAW-CONTROL-CHARS", NULL, "the same, of colors"},
    {'s', "squeeze-blank-lines", NULL, "squeeze multiple blank lines, on a screen"},
    {'S', "chop-long-lines", NULL, "chop (truncate) long lines rather than wrapping, on a screen"},
    {'t', "tag", "TAG", "find a tag"},
    {'x', "tabs", "N", "set tab stops"},
    {'X', "no-init", NULL, "don't use termcap init/deinit strings"},
    {'z', "window", "N", "set size of window"},
    {'T', "tag-file", "FILE", NULL},
    {'D', "color", "XCOLOR", NULL},
    {'h', "max-back-scroll", "N", NULL},
    {'k', "lesskey-file", "FILE", NULL},
    {'O', "LOG-FILE", "FILE", NULL},
    {'y', "max-forw-scroll", "N", NULL},
    {'a', "search-skip-screen", NULL, NULL},
    {'A', "SEARCH-SKIP-SCREEN", NULL, NULL},
    {'B', "auto-buffers", NULL, NULL},
    {'c', "clear-screen", NULL, NULL},
    {'d', "dumb", NULL, NULL},
    {'g', "hilite-search", NULL, NULL},
    {'G', "HILITE-SEARCH", NULL, NULL},
    {'I', "IGNORE-CASE", NULL, NULL},
    {'J', "status-column", NULL, NULL},
    {'K', "quit-on-intr", NULL, NULL},
    {'L', "no-lessopen", NULL, NULL},
    {'M', "LONG-PROMPT", NULL, NULL},
    {'q', "quiet", NULL, NULL},
    {'Q', "QUIET", NULL, NULL},
    {'u', "underline-special", NULL, NULL},
    {'U', "UNDERLINE-SPECIAL", NULL, NULL},
    {'V', "version", NULL, NULL},
    {'w', "hilite-unread", NULL, NULL},
    {'W', "HILITE-UNREAD", NULL, NULL},
    {'~', "tilde", NULL, NULL},
    {0},
};

static const struct option more_options[] = {
    {'d', "silent", NULL, "display help instead of ringing bell"},
    {'f', "logical", NULL, "count logical rather than screen lines"},
    {'l', "no-pause", NULL, "suppress pause after form feed"},
    {'c', "print-over", NULL, "do not scroll, display text and clean line ends"},
    {'p', "clean-print", NULL, "do not scroll, clean screen and display text"},
    {'e', "exit-on-eof", NULL, "exit on end-of-file"},
    {'s', "squeeze", NULL, "squeeze multiple blank lines into one, on a screen"},
    {'u', "plain", NULL, "suppress underlining and bold"},
    {'n', "lines", "NUMBER", "the number of lines per screenful; also -NUMBER"},
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

struct less {
    bool more;             /* as more: standard input goes first, and files have heads */
    struct str *names;
    size_t count, next;
    struct input *input;
    struct str block;      /* read and not yet written */
    bool looked, shown;    /* at the file; its head */
    bool standard_done;
};

static void add_name(struct less *l, struct str name)
{
    l->names[l->count++] = name;
}

/* --- the words of less: all that begins with a minus or a plus is an option ----------------------------- */

static const struct option *find_long(struct str name)
{
    for (const struct option *o = less_options; o->letter; o++)
        if (o->name && str_is(name, o->name))
            return o;
    return NULL;
}

/* The letters of a word; a value may be the next word. */
static void take_letters(struct call *c, struct str word, size_t *at)
{
    static const char valued[] = "bhjkoOpPtTxyzD#", flags[] = "?aAcCdeEfFgGiIJKLmMnNqQrRsSuUVwWX~0123456789";

    for (size_t i = 1; i < word.length; i++) {
        char letter = word.data[i];
        if (letter && strchr(valued, letter)) {
            if (i + 1 == word.length)
                ++*at;
            return;
        }
        if (!letter || !strchr(flags, letter)) {
            call_complain(c, "There is no -%c option (\"less --help\" for help)\n", letter);
            return;
        }
    }
}

static int less_start(struct call *c)
{
    struct less *l = c->state;
    bool only_names = false;

    l->names = heap_alloc(c->heap, c->argc * sizeof *l->names);
    l->standard_done = true;
    for (size_t i = 1; i < c->argc; i++) {
        struct str word = c->argv[i];
        if (only_names || word.length < 2 || (word.data[0] != '-' && word.data[0] != '+')) {
            add_name(l, word);
        } else if (str_is(word, "--")) {
            only_names = true;
        } else if (str_is(word, "--help") || str_is(word, "-?") || str_is(word, "--version") || str_is(word, "-V")) {
            if (str_is(word, "--help") || str_is(word, "-?"))
                call_print_help(c);
            else
                call_print_version(c);
            c->finished = true;
            return 0;
        } else if (str_starts(word, "--")) {
            const struct option *o = find_long(str_after(word, 2));
            i += o && o->argument;
        } else if (word.data[0] == '-') {
            take_letters(c, word, &i);
        }
    }
    if (!l->count)
        add_name(l, str_lit("-"));
    return 0;
}

/* --- of more ------------------------------------------------------------------------------------------------ */

static int more_start(struct call *c)
{
    struct less *l = c->state;
    struct str value;
    uint64_t lines;

    l->more = true;
    l->names = heap_alloc(c->heap, c->argc * sizeof *l->names);
    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_print_text(c, "more from util-linux 2.38.1\n");
        c->finished = true;
        return 0;
    }
    if (call_value(c, 'n', &value) &&
        (!value.length || number_parse_unsigned(value, 10, &lines, NULL) != value.length)) {
        call_error(c, "argument error: '%S'", value);
        return 1;
    }
    for (size_t i = 0; i < c->operand_count; i++)
        if (!str_starts(c->operands[i], "+"))
            add_name(l, c->operands[i]);
    return 0;
}

/* --- files ------------------------------------------------------------------------------------------------------ */

/* Opens what comes next: 0, E_WAIT, or 1 behind the last. */
static int open_next(struct call *c, struct less *l)
{
    struct stat_info info;
    struct str name;
    int error;

    l->shown = false;
    if (!l->standard_done) {
        error = input_open(c, &l->input, str_lit("-"), true);
        l->standard_done = error != E_WAIT;
        l->shown = true;
        if (error == E_WAIT || !error)
            return error;
    }
    for (; l->next < l->count; l->next++) {
        name = l->names[l->next];
        if (!l->more && str_is(name, "-")) {
            error = input_open(c, &l->input, name, true);
        } else {
            error = call_stat(c, name, true, &info);
            if (!error && info.kind == NODE_DIRECTORY) {
                if (l->more)
                    call_format(c, "\n*** %S: directory ***\n\n", name);
                else
                    call_format(c, "%S is a directory\n", name);
                continue;
            }
            if (!error)
                error = input_open(c, &l->input, name, false);
        }
        if (error == E_WAIT)
            return error;
        if (!error) {
            l->next++;
            return 0;
        }
        if (l->more)
            call_warn(c, "cannot open %S: %m", name, error);
        else
            call_format(c, "%S: %m\n", name, error);
    }
    return 1;
}

static void put_head(struct call *c, struct less *l)
{
    l->shown = true;
    if (l->more)
        call_format(c, "::::::::::::::\n%S\n::::::::::::::\n", l->input->name);
}

static enum step less_step(struct call *c)
{
    struct less *l = c->state;

    for (;;) {
        struct str piece;
        int error;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!l->input) {
            error = open_next(c, l);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error)
                return call_done(c);
            call_charge(c, 1);
        } else if (!l->block.length) {
            switch (input_block(l->input, SIZE_MAX, &l->block)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:
                l->block.length = 0;
                if (!l->shown)
                    put_head(c, l);
                input_close(l->input);
                l->input = NULL;
                break;
            case INPUT_MORE: break;
            }
        } else {
            if (!l->shown)
                put_head(c, l);
            piece = text_piece(l->input, &l->block);
            call_charge_bytes(c, piece.length);
            call_print(c, piece);
        }
    }
}

const struct command command_less = {
    .name = "less",
    .usage = "[OPTION]... [+COMMAND] [FILE]...",
    .summary = "Show files, one screen at a time on a terminal; there is none, so they are copied.",
    .options = less_options,
    .state = sizeof(struct less),
    .start = less_start,
    .step = less_step,
    .flags = COMMAND_RAW,
};

const struct command command_pager = {
    .name = "pager",
    .usage = "[OPTION]... [+COMMAND] [FILE]...",
    .summary = "The same as less.",
    .options = less_options,
    .state = sizeof(struct less),
    .start = less_start,
    .step = less_step,
    .flags = COMMAND_RAW,
};

const struct command command_more = {
    .name = "more",
    .usage = "[options] <file>...",
    .summary =
        "Show files, one screen at a time on a terminal; there is none, so they are copied, standard input first.",
    .options = more_options,
    .state = sizeof(struct less),
    .start = more_start,
    .step = less_step,
    .flags = COMMAND_DIGITS,
    .number = 'n',
};
