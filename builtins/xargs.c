/* builtins/xargs.c - run commands with arguments from standard input. */
#include "base/number.h"
#include "builtins/prompt.h"
#include "builtins/text.h"
#include "base/quote.h"
#include "task/command.h"
#include "task/sandbox.h"

enum { LONG_SHOW_LIMITS = OPTION_LONG, LONG_SLOT };
enum { LIMIT = 131072, MOST = 2095104, SLOTS_MOST = 512 };

static const struct option options[] = {
    {'0', "null", NULL, "items are separated by a null, not whitespace; disables quote and backslash processing and -E"},
    {'a', "arg-file", "FILE", "read arguments from FILE, not standard input"},
    {'d', "delimiter", "CHARACTER", "items in input stream are separated by CHARACTER, not by whitespace"},
    {'E', NULL, "END", "set logical EOF string; if END occurs as a line of input, the rest of the input is ignored"},
    {'e', "eof", "[END]", "equivalent to -E END if END is specified; otherwise, there is no end-of-file string"},
    {'I', NULL, "R", "same as --replace=R"},
    {'i', "replace", "[R]", "replace R in INITIAL-ARGS with names read from standard input; {} if R is not specified"},
    {'L', NULL, "MAX-LINES", "use at most MAX-LINES non-blank input lines per command line"},
    {'l', "max-lines", "[MAX-LINES]", "similar to -L but defaults to at most one non-blank input line"},
    {'n', "max-args", "MAX-ARGS", "use at most MAX-ARGS arguments per command line"},
    {'s', "max-chars", "MAX-CHARS", "limit length of command line to MAX-CHARS"},
    {'P', "max-procs", "MAX-PROCS", "run at most MAX-PROCS processes at a time"},
    {'o', "open-tty", NULL, "reopen stdin as /dev/tty in the child process"},
    {'p', "interactive", NULL, "prompt before running commands"},
    {LONG_SLOT, "process-slot-var", "VAR", "set environment variable VAR in child processes"},
    {'r', "no-run-if-empty", NULL, "if there are no arguments, then do not run COMMAND"},
    {LONG_SHOW_LIMITS, "show-limits", NULL, "show limits on command-line length"},
    {'t', "verbose", NULL, "print commands before executing them"},
    {'x', "exit", NULL, "exit if the size (see -s) is exceeded"},
    {0},
};

enum { PHASE_OPEN, PHASE_READ, PHASE_RUN, PHASE_FAIL, PHASE_WAIT };
/* What comes after a command was started. */
enum { NEXT_ADD, NEXT_READ, NEXT_FINISH, NEXT_FAIL };

struct xargs {
    struct str *fixed;        /* the command and its initial arguments */
    size_t fixed_count, fixed_bytes;
    struct str *items;        /* gathered, on the heap */
    size_t item_count, item_bytes;
    int64_t most_items, most_lines, most_bytes, slots;
    bool replace, delimited, exit_if_long, verbose, ask, skip_empty, tty;
    char delimiter;
    struct str pattern, end, slot_variable;
    bool has_end, has_slot;

    struct input *input;
    int phase, next;
    struct str line;          /* what is left of the line being taken apart */
    bool has_line, unended;
    struct buf word;          /* the item being put together */
    bool in_word, escaped_newline, skip_line;
    char quote;
    bool ready;               /* `word` is complete and waits to be added */
    int64_t lines;
    bool trailing_blank, ended, ran, warned_nul;
    struct task **children;
    size_t running;
    struct prompt prompt;
    bool allowed;             /* the question was answered with yes */
    bool shown;               /* -t has printed */
    int worst;                /* status so far */
    const char *problem;      /* of the input: told when what was gathered before is run */
};

/* --- options --------------------------------------------------------------------------------- */

static bool number(struct call *c, int letter, struct str value, int64_t least, int64_t most, int64_t *out)
{
    uint64_t parsed;
    bool negative = value.length && value.data[0] == '-';
    int error = text_count(negative ? str_after(value, 1) : value, "", &parsed);
    if (error == E_INVAL || value.length == 0) {
        call_error(c, "invalid number \"%S\" for -%c option", value, letter);
        call_complain(c, "Try '%S --help' for more information.\n", c->name);
        return false;
    }
    int64_t n = parsed > INT64_MAX ? INT64_MAX : (int64_t)parsed;
    if (negative)
        n = -n;
    if (n < least) {
        call_error(c, "value %S for -%c option should be >= %lld", value, letter, (long long)least);
        if (letter != 's') {
            call_complain(c, "Try '%S --help' for more information.\n", c->name);
            return false;
        }
        n = least;
    }
    if (most >= 0 && n > most) {
        call_warn(c, "value %S for -%c option should be <= %lld", value, letter, (long long)most);
        n = most;
    }
    *out = n;
    return true;
}

static bool set_delimiter(struct call *c, struct xargs *x, struct str value)
{
    x->delimited = true;
    if (value.length == 1) {
        x->delimiter = value.data[0];
        return true;
    }
    if (value.length < 2 || value.data[0] != '\\') {
        call_error(c, "Invalid input delimiter specification %S: the delimiter must be either a single character or an escape "
                      "sequence starting with \\.", value);
        return false;
    }
    static const char letters[] = "abfnrtv\\", bytes[] = "\a\b\f\n\r\t\v\\";
    char letter = value.data[1];
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found && value.length == 2) {
        x->delimiter = bytes[found - letters];
        return true;
    }
    bool hex = letter == 'x';
    unsigned sum = 0;
    size_t i = hex ? 2 : 1;
    bool good = i < value.length;
    for (; i < value.length && good; i++) {
        char b = value.data[i];
        unsigned digit = b >= '0' && b <= '9'                 ? (unsigned)(b - '0')
                         : (b | 32) >= 'a' && (b | 32) <= 'f' ? (unsigned)((b | 32) - 'a') + 10
                                                              : 99;
        good = digit < (hex ? 16u : 8u) && sum < 4096;
        sum = sum * (hex ? 16 : 8) + digit;
    }
    if (!good) {
        call_error(c, "Invalid escape sequence %S in input delimiter specification.", value);
        return false;
    }
    if (sum > 255) {
        call_error(c, "Invalid escape sequence %S in input delimiter specification; character values must not exceed %s.", value,
                   hex ? "ff" : "377");
        return false;
    }
    x->delimiter = (char)sum;
    return true;
}

static void exclusive(struct call *c, const char *option, const char *name)
{
    call_warn(c, "warning: options %s and %s are mutually exclusive, ignoring previous %s value", name, option, name);
}

static bool take_option(struct call *c, struct xargs *x, int letter, struct str value)
{
    int64_t lines = 1;

    switch (letter) {
    case '0': x->delimited = true; x->delimiter = '\0'; return true;
    case 'd': return set_delimiter(c, x, value);
    case 'E': case 'e': x->end = value; x->has_end = value.length > 0; return true;
    case 'I': case 'i':
        if (x->most_items)
            exclusive(c, "--replace/-I/-i", "--max-args");
        if (x->most_lines)
            exclusive(c, "--replace/-I/-i", "--max-lines");
        x->replace = true;
        x->pattern = value.data ? value : str_lit("{}");
        x->most_items = x->most_lines = 0;
        return true;
    case 'L': case 'l':
        if (value.data && !number(c, letter, value, 1, -1, &lines))
            return false;
        if (x->most_items)
            exclusive(c, letter == 'L' ? "-L" : "--max-lines/-l", "--max-args");
        if (x->replace)
            exclusive(c, letter == 'L' ? "-L" : "--max-lines/-l", "--replace");
        x->replace = false;
        x->most_items = 0;
        x->most_lines = lines;
        return true;
    case 'n': {
        int64_t n;
        if (!number(c, 'n', value, 1, -1, &n))
            return false;
        if (x->most_lines)
            exclusive(c, "--max-args/-n", "--max-lines");
        x->most_lines = 0;
        if (n == 1 && x->replace)
            return true; /* as they mean the same */
        if (x->replace)
            exclusive(c, "--max-args/-n", "--replace");
        x->replace = false;
        x->most_items = n;
        return true;
    }
    case 'o': x->tty = true; return true;
    case 'P': return number(c, 'P', value, 0, INT32_MAX, &x->slots);
    case 'p': x->ask = x->verbose = true; return true;
    case 'r': x->skip_empty = true; return true;
    case 's': return number(c, 's', value, 1, MOST, &x->most_bytes);
    case 't': x->verbose = true; return true;
    case 'x': x->exit_if_long = true; return true;
    case LONG_SLOT:
        if (str_find(value, '=') >= 0) {
            call_error(c, "option --process-slot-var may not be set to a value which includes `='");
            return false;
        }
        x->slot_variable = value;
        x->has_slot = true;
        return true;
    default: return true;
    }
}

static int start(struct call *c)
{
    struct xargs *x = c->state;
    static const struct str echo = {"echo", 4};
    x->most_bytes = LIMIT;
    x->slots = 1;
    buf_init(&x->word, c->heap);
    for (size_t i = 0; i < c->option_count; i++)
        if (!take_option(c, x, c->options[i].letter, c->options[i].value))
            return 1;
    x->fixed = c->operands;
    x->fixed_count = c->operand_count;
    if (!x->fixed_count) {
        x->fixed = heap_alloc(c->heap, sizeof *x->fixed);
        x->fixed[x->fixed_count++] = echo;
    }
    if (x->has_end && x->delimited)
        call_warn(c, "warning: the -E option has no effect if -0 or -d is used.\n");
    if (x->slots == 0 || x->slots > SLOTS_MOST)
        x->slots = SLOTS_MOST;
    x->children = heap_zero(c->heap, (size_t)x->slots * sizeof(struct task *));
    for (size_t i = 0; i < x->fixed_count; i++)
        x->fixed_bytes += x->fixed[i].length + 1;
    if (call_has(c, LONG_SHOW_LIMITS)) {
        size_t environment = 0;
        for (size_t i = 0; c->task->environment && i < c->task->environment->count; i++)
            environment += c->task->environment->at[i].length + 1;
        call_complain(c, "Your environment variables take up %zu bytes\n", environment);
        call_complain(c, "POSIX upper limit on argument length (this system): %zu\n", MOST - environment);
        call_complain(c, "POSIX smallest allowable upper limit on argument length (all systems): 4096\n");
        call_complain(c, "Maximum length of command we could actually use: %zu\n", MOST - environment);
        call_complain(c, "Size of command buffer we are actually using: %lld\n", (long long)x->most_bytes);
        call_complain(c, "Maximum parallelism (--max-procs must be no greater): 2147483647\n");
    }
    if (!x->replace && x->fixed_bytes > (size_t)x->most_bytes) {
        call_error(c, "cannot fit single argument within argument list size limit");
        return 1;
    }
    return 0;
}

/* --- running --------------------------------------------------------------------------------- */

static struct str replace_in(struct call *c, struct xargs *x, struct str word, struct str item)
{
    struct buf b;
    buf_init(&b, c->heap);
    for (size_t i = 0; i < word.length;) {
        if (word.length - i >= x->pattern.length && memcmp(word.data + i, x->pattern.data, x->pattern.length) == 0) {
            buf_add(&b, item);
            i += x->pattern.length;
        } else {
            buf_add_byte(&b, word.data[i++]);
        }
    }
    return buf_str(&b);
}

/* The words of the command to be run now; *bytes with their terminators. */
static struct str *make_words(struct call *c, struct xargs *x, size_t *count, size_t *bytes)
{
    size_t items = x->replace ? 0 : x->item_count;
    struct str *words = heap_alloc(c->heap, (x->fixed_count + items) * sizeof *words);
    *count = x->fixed_count + items;
    *bytes = 0;
    memcpy(words, x->fixed, x->fixed_count * sizeof *words);
    if (x->replace && x->item_count)
        for (size_t i = 1; i < x->fixed_count; i++)
            words[i] = replace_in(c, x, x->fixed[i], x->items[0]);
    if (items)
        memcpy(words + x->fixed_count, x->items, items * sizeof *words);
    for (size_t i = 0; i < *count; i++)
        *bytes += words[i].length + 1;
    return words;
}

static void free_words(struct call *c, struct xargs *x, struct str *words)
{
    if (x->replace && x->item_count)
        for (size_t i = 1; i < x->fixed_count; i++)
            heap_free(c->heap, (void *)(uintptr_t)words[i].data);
    heap_free(c->heap, words);
}

static void forget_items(struct call *c, struct xargs *x)
{
    for (size_t i = 0; i < x->item_count; i++)
        heap_free(c->heap, (void *)(uintptr_t)x->items[i].data);
    x->item_count = 0;
    x->item_bytes = 0;
    x->lines = 0;
}

static void add_item(struct call *c, struct xargs *x)
{
    x->items = array_grow(c->heap, x->items, x->item_count, sizeof *x->items);
    x->items[x->item_count++] = str_copy(c->heap, buf_str(&x->word));
    x->item_bytes += x->word.length + 1;
    buf_clear(&x->word);
    x->ready = false;
}

/* Notes how a command ended: false when that ends xargs. */
static bool note_status(struct call *c, struct xargs *x, int status)
{
    struct str name = x->fixed[0];
    if (status == 255) {
        call_error(c, "%S: exited with status 255; aborting", name);
        x->worst = 124;
        return false;
    }
    if (status > 128 && status < 128 + SIGNAL_COUNT) {
        call_error(c, "%S: terminated by signal %d", name, status - 128);
        x->worst = 125;
        return false;
    }
    if (status)
        x->worst = 123;
    return true;
}

/* Reaps what has ended: 1, 0 when nothing has, -1 when xargs is to end. */
static int reap(struct call *c, struct xargs *x)
{
    int any = 0;
    for (int64_t i = 0; i < x->slots; i++) {
        int status;
        if (!x->children[i])
            continue;
        if (task_wait(c->task, x->children[i], &status) == E_WAIT)
            continue;
        x->children[i] = NULL;
        x->running--;
        any = 1;
        if (!note_status(c, x, status))
            return -1;
    }
    return any;
}

enum ran { RAN, RAN_WAIT, RAN_AGAIN, RAN_FAILED };

/* Starts the command over what was gathered, as soon as there is a slot. */
static enum ran run(struct call *c, struct xargs *x)
{
    size_t count, bytes;
    int64_t slot = 0;
    if ((int64_t)x->running == x->slots) {
        int any = reap(c, x);
        if (any <= 0)
            return any ? RAN_FAILED : RAN_WAIT;
    }
    if (x->replace && !x->pattern.length && x->item_count) {
        call_error(c, "command too long"); /* there is no end to what could be put in */
        x->worst = 1;
        return RAN_FAILED;
    }
    struct str *words = make_words(c, x, &count, &bytes);
    for (size_t i = 0; x->replace && i < count; i++)
        if (words[i].length >= (size_t)x->most_bytes) {
            call_error(c, i ? "command too long" : "cannot fit single argument within argument list size limit");
            x->worst = 1;
            return RAN_FAILED;
        }
    if (bytes > (size_t)x->most_bytes) {
        call_error(c, "argument list too long");
        x->worst = 1;
        return RAN_FAILED;
    }
    if (x->verbose && !x->shown) {
        for (size_t i = 0; i < count; i++) {
            if (i)
                buf_add_byte(&c->err, ' ');
            quote_add(&c->err, words[i], QUOTE_SHELL_ESCAPE, call_locale(c), NULL);
        }
        if (!x->ask)
            buf_add_byte(&c->err, '\n');
        x->shown = true;
    }
    if (x->ask && !x->allowed) {
        if (!x->prompt.input) {
            int error = input_open(c, &x->prompt.input, str_lit("/dev/tty"), false);
            if (error == E_WAIT)
                return RAN_WAIT;
            if (error) {
                call_error(c, "failed to open /dev/tty for reading: %m", error);
                x->worst = 1;
                return RAN_FAILED;
            }
        }
        int answer = prompt_ask(c, &x->prompt, "?...");
        if (answer == E_WAIT)
            return RAN_WAIT;
        if (!answer) {
            x->shown = false;
            return RAN;
        }
        x->allowed = true;
    }
    if (c->out.length || c->err.length) {
        free_words(c, x, words);
        call_flush(c);
        return RAN_AGAIN;
    }
    while (x->children[slot])
        slot++;
    struct exec e = {.words = words, .count = count};
    struct hold *hold = x->has_slot ? heap_hold(c->heap, environment_release) : NULL;
    if (hold) {
        char digits[NUMBER_MOST];
        struct str number = str_of(digits, number_write_int(digits, slot));
        hold->thing = e.environment = environment_with(c->heap, c->task->environment, x->slot_variable, number);
    }
    int error = 0;
    struct file *nothing = NULL;
    bool replace_input = !call_has(c, 'a') || x->tty;
    struct task *child = NULL;
    if (replace_input)
        error = file_open(c->task, x->tty ? str_lit("/dev/tty") : str_lit("/dev/null"), OPEN_READ, 0, &nothing);
    bool no_input = error != 0;
    if (no_input)
        nothing = NULL;
    else
        child = task_exec(c->task, &e, &error);
    heap_unhold(c->heap, hold);
    free_words(c, x, words);
    if (child && nothing)
        fds_set(child, 0, nothing, false);
    else if (nothing)
        file_close(nothing);
    if (!child && error == E_WAIT)
        return RAN_WAIT;
    x->shown = x->allowed = false;
    x->ran = true;
    if (!child) {
        call_error(c, "%S: %m", no_input ? call_quote_word(c, str_lit("/dev/tty")) : x->fixed[0],
                   error == E_ISDIR ? E_ACCES : error);
        x->worst = error == E_NOENT ? 127 : 126;
        return RAN_FAILED;
    }
    x->children[slot] = child;
    x->running++;
    return RAN;
}

/* --- reading --------------------------------------------------------------------------------- */

enum taken { TAKEN_ITEM, TAKEN_LINE, TAKEN_BAD };

/* What is skipped before an item; what ends one, and lets a line go on for -L, are blanks only. */
static bool is_space(char byte)
{
    return utf8_byte_is(byte, UTF8_SPACE);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Takes the next item from the line: TAKEN_LINE when there is none any more. */
static enum taken take_item(struct call *c, struct xargs *x)
{
    struct str s = x->line;
    size_t i = 0;
    if (!x->in_word)
        while (i < s.length && is_space(s.data[i]))
            i++;
    for (; i < s.length; i++) {
        char byte = s.data[i];
        if (x->quote) {
            if (byte == x->quote)
                x->quote = 0;
            else
                buf_add_byte(&x->word, byte);
        } else if (byte == '\'' || byte == '"') {
            x->quote = byte;
            x->in_word = true;
        } else if (byte == '\\') {
            x->in_word = true;
            if (i + 1 == s.length) {
                if (x->unended) {
                    i++;
                    break;
                }
                x->line = (struct str){0};
                x->escaped_newline = true;
                buf_add_byte(&x->word, '\n');
                return TAKEN_LINE;
            }
            buf_add_byte(&x->word, s.data[++i]);
        } else if (is_blank(byte) && !x->replace) {
            break;
        } else {
            x->in_word = true;
            buf_add_byte(&x->word, byte);
        }
    }
    call_charge_bytes(c, i);
    x->trailing_blank = i < s.length && i + 1 >= s.length;
    x->line = str_after(s, i);
    if (x->quote) {
        x->problem = x->quote == '"' ? "unmatched double quote; by default quotes are special to xargs unless you use the -0 option"
                                     : "unmatched single quote; by default quotes are special to xargs unless you use the -0 option";
        return TAKEN_BAD;
    }
    if (!x->in_word)
        return TAKEN_LINE;
    x->in_word = false;
    return TAKEN_ITEM;
}

static void cut_at_nul(struct call *c, struct xargs *x)
{
    ptrdiff_t nul = str_find(buf_str(&x->word), '\0');
    if (nul < 0)
        return;
    x->word.length = (size_t)nul;
    if (!x->warned_nul)
        call_warn(c, "WARNING: a NUL character occurred in the input.  It cannot be passed through in the argument list.  Did you "
                     "mean to use the --null option?");
    x->warned_nul = true;
}

/* Reads on until an item stands in x->word (x->ready), a line has ended, or the input has: 1, 0 at the end, E_WAIT, or E_INVAL. */
static int read_item(struct call *c, struct xargs *x)
{
    if (!x->has_line) {
        enum input_answer answer = input_line(x->input, x->delimited ? x->delimiter : '\n', &x->line, &x->unended);
        if (answer == INPUT_WAIT)
            return E_WAIT;
        if (answer == INPUT_END)
            return 0;
        x->escaped_newline = false;
        if (x->delimited) {
            buf_clear(&x->word);
            ptrdiff_t nul = str_find(x->line, '\0');
            buf_add(&x->word, nul < 0 ? x->line : str_first(x->line, (size_t)nul));
            x->ready = true;
            x->lines++;
            return 1;
        }
        x->has_line = true;
        x->trailing_blank = x->line.length && is_blank(x->line.data[x->line.length - 1]);
        x->skip_line = true;
    }
    enum taken taken = take_item(c, x);
    if (taken == TAKEN_BAD)
        return E_INVAL;
    if (taken == TAKEN_ITEM) {
        cut_at_nul(c, x);
        x->skip_line = false;
        if (x->has_end && str_equal(buf_str(&x->word), x->end)) {
            x->word.length = 0;
            return 0;
        }
        x->ready = true;
    }
    bool trailing = x->line.length && is_blank(x->line.data[x->line.length - 1]);
    size_t rest = 0;
    while (rest < x->line.length && is_space(x->line.data[rest]))
        rest++;
    if (rest == x->line.length && !x->escaped_newline) {
        x->has_line = false;
        if (!x->skip_line && !trailing)
            x->lines++;
    } else if (x->escaped_newline) {
        x->has_line = false;
    }
    return 1;
}

/* What was read is wrong: what stands before it is run, unless whole lines are wanted or -x is given, and x->problem is told. */
static void fail(struct xargs *x)
{
    x->worst = 1;
    x->next = NEXT_FAIL;
    x->phase = x->item_count && !x->most_lines && !x->exit_if_long ? PHASE_RUN : PHASE_FAIL;
}

static enum step step(struct call *c)
{
    struct xargs *x = c->state;
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (x->phase) {
        case PHASE_OPEN: {
            struct str path;
            bool own = call_value(c, 'a', &path);
            int error = input_open(c, &x->input, own ? path : str_lit("-"), true);
            if (error == E_WAIT)
                return STEP_WAIT;
            if (error) {
                call_error(c, "Cannot open input file %S: %m", call_quote_word(c, path), error);
                return call_exit(c, 1);
            }
            x->phase = PHASE_READ;
            break;
        }
        case PHASE_READ: {
            if (!x->ready) {
                int answer = read_item(c, x);
                if (answer == E_WAIT)
                    return STEP_WAIT;
                if (answer == E_INVAL) {
                    fail(x);
                    break;
                }
                if (answer == 0) {
                    if (x->in_word) { /* an escaped newline at the very end */
                        x->in_word = false;
                        x->ready = true;
                    } else {
                        x->next = NEXT_FINISH;
                        x->phase = x->item_count || (!x->ran && !x->skip_empty && !x->replace) ? PHASE_RUN : PHASE_WAIT;
                        break;
                    }
                }
                call_charge(c, 1);
                if (!x->ready) {
                    if (x->most_lines && x->lines >= x->most_lines && x->item_count) {
                        x->next = NEXT_READ;
                        x->phase = PHASE_RUN;
                    }
                    break;
                }
            }
            size_t before = !x->replace ? x->fixed_bytes : x->ran ? x->fixed[0].length + 1 : 0; /* of -I the command, once it has run */
            size_t bytes = before + x->word.length + 1;
            if (bytes > (size_t)x->most_bytes) {
                x->problem = "argument line too long";
                fail(x);
                break;
            }
            if (!x->replace && bytes + x->item_bytes > (size_t)x->most_bytes) {
                if (x->most_lines || (x->exit_if_long && x->most_items)) {
                    x->problem = "argument list too long";
                    x->worst = 1;
                    x->phase = PHASE_FAIL;
                    break;
                }
                x->next = NEXT_ADD;
                x->phase = PHASE_RUN;
                break;
            }
            add_item(c, x);
            bool full = x->replace || (x->most_items && (int64_t)x->item_count >= x->most_items) ||
                        (x->most_lines && x->lines >= x->most_lines);
            if (full) {
                x->next = NEXT_READ;
                x->phase = PHASE_RUN;
            }
            break;
        }
        case PHASE_RUN: {
            enum ran ran = run(c, x);
            if (ran == RAN_WAIT)
                return STEP_WAIT;
            if (ran == RAN_AGAIN)
                return STEP_AGAIN;
            if (ran == RAN_FAILED) {
                x->phase = PHASE_WAIT;
                break;
            }
            int64_t lines = x->next == NEXT_ADD ? x->lines : 0;
            forget_items(c, x);
            x->lines = x->next == NEXT_ADD && x->most_lines && lines > 0 ? lines : 0;
            x->phase = x->next == NEXT_ADD || x->next == NEXT_READ ? PHASE_READ : x->next == NEXT_FAIL ? PHASE_FAIL : PHASE_WAIT;
            call_charge(c, 1);
            break;
        }
        case PHASE_FAIL:
            call_error(c, "%s", x->problem);
            x->phase = PHASE_WAIT;
            break;
        default: /* PHASE_WAIT */
            if (x->running) {
                int any = reap(c, x);
                if (any == 0)
                    return STEP_WAIT;
                break;
            }
            return call_exit(c, x->worst);
        }
    }
}

const struct command command_xargs = {
    .name = "xargs",
    .usage = "[OPTION]... COMMAND [INITIAL-ARGS]...",
    .summary = "run COMMAND with arguments INITIAL-ARGS and more arguments read from input",
    .options = options,
    .state = sizeof(struct xargs),
    .start = start,
    .step = step,
    .flags = COMMAND_IN_ORDER,
};
