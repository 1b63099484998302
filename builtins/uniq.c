/* builtins/uniq.c - report or omit repeated lines. */
#include "builtins/text.h"

enum { ALL_REPEATED = OPTION_LONG, GROUP };

static const struct option options[] = {
    {'c', "count", NULL, "prefix lines by the number of occurrences"},
    {'d', "repeated", NULL, "only print duplicate lines, one for each group"},
    {'D', NULL, NULL, "print all duplicate lines"},
    {ALL_REPEATED, "all-repeated", "[METHOD]", "like -D, but separate groups: none (default), prepend, separate"},
    {'f', "skip-fields", "N", "avoid comparing the first N fields"},
    {GROUP, "group", "[METHOD]", "show all items, groups separated: separate (default), prepend, append, both"},
    {'i', "ignore-case", NULL, "ignore differences in case when comparing"},
    {'s', "skip-chars", "N", "avoid comparing the first N characters"},
    {'u', "unique", NULL, "only print unique lines"},
    {'w', "check-chars", "N", "compare no more than N characters in lines"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

enum method { METHOD_NONE, METHOD_PREPEND, METHOD_SEPARATE, METHOD_APPEND, METHOD_BOTH };

struct uniq {
    bool count, fold, unique, first, later, grouping; /* which lines of a group are shown */
    enum method method;
    uint64_t fields, characters, most; /* skipped, skipped, compared */
    char delimiter;
    struct str input_name, output_name;
    struct input *input;
    bool opened;
    struct str left;       /* of a regular file: what is still to be read */
    bool whole;            /* `left` is in use */
    bool any, any_group;   /* there is a line before; a group was ended */
    struct str previous;
    struct buf store;      /* holds `previous` when the input does not stay */
    uint64_t repeats;      /* how often the line before was seen again */
};

/* A number of `what`: too large ones mean without end. */
static int read_number(struct call *c, struct str value, const char *what, uint64_t *number)
{
    if (text_count(value, "", number) != E_INVAL)
        return 0;
    call_error(c, "%S: invalid number of %s", value, what);
    return 1;
}

/* `uniq +N` is the old way to write -s N. */
static bool is_old_skip(struct str word)
{
    if (word.length < 2 || word.data[0] != '+')
        return false;
    for (size_t i = 1; i < word.length; i++)
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
    return true;
}

static int uniq_start(struct call *c)
{
    static const char *const repeated_methods[] = {"none", "prepend", "separate", NULL};
    static const char *const group_methods[] = {"prepend", "append", "separate", "both", NULL};
    static const enum method group_numbers[] = {METHOD_PREPEND, METHOD_APPEND, METHOD_SEPARATE, METHOD_BOTH};
    struct uniq *u = c->state;
    bool selects = false;
    size_t operands = 0;
    int chosen;

    u->unique = u->first = true;
    u->most = UINT64_MAX;
    u->delimiter = '\n';
    u->input_name = u->output_name = str_lit("-");
    buf_init(&u->store, c->heap);
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        int failed = 0;
        switch (o->letter) {
        case 'c': u->count = selects = true; break;
        case 'd': u->unique = false; selects = true; break;
        case 'D': u->unique = false; u->later = selects = true; break;
        case ALL_REPEATED:
            u->unique = false;
            u->later = selects = true;
            if (o->value.data) {
                if ((chosen = call_choose(c, "--all-repeated", o->value, repeated_methods)) < 0)
                    return 1;
                u->method = (enum method)chosen;
            }
            break;
        case GROUP:
            u->grouping = true;
            u->method = METHOD_SEPARATE;
            if (o->value.data) {
                if ((chosen = call_choose(c, "--group", o->value, group_methods)) < 0)
                    return 1;
                u->method = group_numbers[chosen];
            }
            break;
        case 'f': failed = read_number(c, o->value, "fields to skip", &u->fields); break;
        case 's': failed = read_number(c, o->value, "bytes to skip", &u->characters); break;
        case 'w': failed = read_number(c, o->value, "bytes to compare", &u->most); break;
        case 'i': u->fold = true; break;
        case 'u': u->first = false; selects = true; break;
        case 'z': u->delimiter = 0; break;
        default: break;
        }
        if (failed)
            return 1;
    }
    for (size_t i = 0; i < c->operand_count; i++) {
        struct str word = c->operands[i];
        if (is_old_skip(word)) {
            text_count(word, NULL, &u->characters);
            continue;
        }
        if (operands == 2)
            return call_usage_error(c, "extra operand %S", call_quote_word(c, word));
        *(operands == 0 ? &u->input_name : &u->output_name) = word;
        operands++;
    }
    if (u->grouping && selects)
        return call_usage_error(c, "--group is mutually exclusive with -c/-d/-D/-u");
    if (u->count && u->later)
        return call_usage_error(c, "printing all duplicated lines and repeat counts is meaningless");
    return 0;
}

/* --- comparing ---------------------------------------------------------------------------------------- */

/* The part of a line that is compared. */
static struct str key_of(const struct uniq *u, struct str line)
{
    size_t i = 0;

    for (uint64_t n = 0; n < u->fields && i < line.length; n++) {
        while (i < line.length && (line.data[i] == ' ' || line.data[i] == '\t' || line.data[i] == '\n'))
            i++;
        while (i < line.length && line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\n')
            i++;
    }
    line = str_after(line, i);
    line = str_after(line, u->characters < line.length ? (size_t)u->characters : line.length);
    return u->most < line.length ? str_first(line, (size_t)u->most) : line;
}

static bool is_same(const struct uniq *u, struct str a, struct str b)
{
    if (u->fields || u->characters || u->most != UINT64_MAX) {
        a = key_of(u, a);
        b = key_of(u, b);
    }
    if (!u->fold)
        return str_equal(a, b);
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (utf8_ascii_upper[(unsigned char)a.data[i]] != utf8_ascii_upper[(unsigned char)b.data[i]])
            return false;
    return true;
}

/* --- output --------------------------------------------------------------------------------------------- */

static void put_line(struct call *c, const struct uniq *u, struct str line)
{
    buf_add(&c->out, line);
    buf_add_byte(&c->out, u->delimiter);
}

static void put_previous(struct call *c, const struct uniq *u, bool same)
{
    if (!(u->repeats == 0 ? u->unique : same ? u->later : u->first))
        return;
    if (u->count)
        call_format(c, "%7llu ", (unsigned long long)u->repeats + 1);
    put_line(c, u, u->previous);
}

static void keep(struct uniq *u, struct str line)
{
    u->any = true;
    u->previous = line;
    if (!u->whole) {
        buf_clear(&u->store);
        buf_add(&u->store, line);
        u->previous = buf_str(&u->store);
    }
}

static void see_grouped(struct call *c, struct uniq *u, struct str line)
{
    bool fresh = !u->any || !is_same(u, u->previous, line);

    if (fresh && (u->method == METHOD_PREPEND || u->method == METHOD_BOTH || u->any))
        call_print_byte(c, u->delimiter);
    put_line(c, u, line);
    keep(u, line);
}

static void see(struct call *c, struct uniq *u, struct str line)
{
    bool same;

    if (!u->any) {
        keep(u, line);
        return;
    }
    same = is_same(u, u->previous, line);
    u->repeats += same;
    if (u->method != METHOD_NONE && !same && u->repeats > 0)
        u->any_group = true;
    if (u->method != METHOD_NONE && same && u->repeats == 1 && (u->method == METHOD_PREPEND || u->any_group))
        call_print_byte(c, u->delimiter);
    if (same && !u->later)
        return;
    put_previous(c, u, same);
    if (!same)
        u->repeats = 0;
    keep(u, line);
}

static void finish(struct call *c, struct uniq *u)
{
    if (!u->any)
        return;
    if (!u->grouping)
        put_previous(c, u, false);
    else if (u->method == METHOD_APPEND || u->method == METHOD_BOTH)
        call_print_byte(c, u->delimiter);
}

/* --- files ------------------------------------------------------------------------------------------------ */

/* 0, E_WAIT, or 1 after a message. Standard output becomes the second operand, as descriptors go. */
static int open_files(struct call *c, struct uniq *u)
{
    if (!u->input) {
        int error = input_open(c, &u->input, u->input_name, true);
        if (error == E_WAIT)
            return error;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, u->input_name), error);
            return 1;
        }
    }
    if (!str_is(u->output_name, "-")) {
        struct file *file;
        int error = file_open(c->task, u->output_name, OPEN_WRITE | OPEN_CREATE | OPEN_TRUNCATE, 0666, &file);
        if (error == E_WAIT)
            return error;
        if (!error)
            error = fds_set(c->task, 1, file, false);
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, u->output_name), error);
            return 1;
        }
    }
    u->opened = true;
    return 0;
}

static enum input_answer next_line(struct call *c, struct uniq *u, struct str *line)
{
    ptrdiff_t at;

    if (!u->whole) {
        enum input_answer answer;
        if (u->input->file->kind != FILE_INODE) {
            bool unended;
            return input_line(u->input, u->delimiter, line, &unended);
        }
        answer = input_all(u->input, &u->left);
        if (answer != INPUT_MORE)
            return answer;
        u->whole = true;
    }
    if (u->left.length == 0)
        return INPUT_END;
    at = str_find(u->left, u->delimiter);
    *line = at < 0 ? u->left : str_of(u->left.data, (size_t)at);
    u->left = str_after(u->left, at < 0 ? u->left.length : (size_t)at + 1);
    call_charge(c, 1);
    return INPUT_MORE;
}

static enum step uniq_step(struct call *c)
{
    struct uniq *u = c->state;

    for (;;) {
        struct str line;
        if (!call_go(c))
            return STEP_AGAIN;
        if (!u->opened) {
            int failed = open_files(c, u);
            if (failed)
                return failed == E_WAIT ? STEP_WAIT : call_done(c);
        }
        switch (next_line(c, u, &line)) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_END:
            finish(c, u);
            if (u->input->error)
                call_error(c, "error reading %S", call_quote(c, u->input_name));
            return call_done(c);
        case INPUT_MORE:
            break;
        }
        call_charge_bytes(c, line.length);
        if (u->grouping)
            see_grouped(c, u, line);
        else
            see(c, u, line);
    }
}

const struct command command_uniq = {
    .name = "uniq",
    .usage = "[OPTION]... [INPUT [OUTPUT]]",
    .summary = "Filter adjacent matching lines from INPUT (or standard input),\n"
               "writing to OUTPUT (or standard output).",
    .help = "With no options, matching lines are merged to the first occurrence.\n\n"
            "A field is a run of blanks (usually spaces and/or TABs), then non-blank characters. Fields are skipped\n"
            "before chars.\n\n"
            "Note: 'uniq' does not detect repeated lines unless they are adjacent. You may want to sort the input\n"
            "first, or use 'sort -u' without 'uniq'.",
    .options = options,
    .state = sizeof(struct uniq),
    .start = uniq_start,
    .step = uniq_step,
    .flags = COMMAND_DIGITS,
    .number = 'f',
};
