/* builtins/diff3.c - compare or merge three files line by line. */
#include "base/lines.h"
#include "builtins/text.h"

enum { STRIP_RETURNS = OPTION_LONG };
enum { HORIZON = 100, BINARY_LOOK = 4096, OPERATIONS = 16 };

static const struct option options[] = {
    {'A', "show-all", NULL, "output all changes, bracketing conflicts"},
    {'e', "ed", NULL, "output ed script incorporating changes from OLDFILE to YOURFILE into MYFILE"},
    {'E', "show-overlap", NULL, "like -e, but bracket conflicts"},
    {'3', "easy-only", NULL, "like -e, but incorporate only nonoverlapping changes"},
    {'x', "overlap-only", NULL, "like -e, but incorporate only overlapping changes"},
    {'X', NULL, NULL, "like -x"},
    {'i', NULL, NULL, "append 'w' and 'q' commands to ed scripts"},
    {'m', "merge", NULL, "output actual merged file, according to -A if no other options are given"},
    {'a', "text", NULL, "treat all files as text"},
    {STRIP_RETURNS, "strip-trailing-cr", NULL, "strip trailing carriage return on input"},
    {'T', "initial-tab", NULL, "make tabs line up by prepending a tab"},
    {'L', "label", "LABEL", "use LABEL instead of file name (can be repeated up to three times)"},
    {'v', NULL, NULL, "output version information and exit"},
    {0},
};

/* The three texts in the order in which they are compared: each of the first two with the last. */
enum { FIRST, SECOND, COMMON };
/* Which of them differs from the others in a block. */
enum odd { ODD_FIRST, ODD_SECOND, ODD_COMMON, ODD_ALL };

struct block {
    enum odd odd;
    int64_t low[3], high[3]; /* its lines in each text, from 1; none: high is one less than low */
};

struct side {
    struct str name;
    struct input *input;
    struct str content;      /* as it is read */
    struct str text;         /* as it is compared */
    struct buf made;
    bool taken;
};

/* Something to be printed. */
enum operation_kind {
    PUT_WORDS,     /* bytes of d->words */
    PUT_INDENTED,  /* lines of a text, as the normal format has them */
    PUT_PLAIN,     /* lines as they are */
    PUT_DOTTED,    /* lines as input of ed */
    END_DOTTED,    /* ends that input: from line `from` on `to` lines may have got a second dot */
    COPY_MINE,     /* lines of the merged file up to line `to` */
    SKIP_MINE
};
struct operation {
    enum operation_kind kind;
    int side;
    int64_t from, to;        /* bytes, or lines from 1 */
};

enum phase { LOOK, READ, COMPARE, BLOCKS, PRINT, END };

struct diff3 {
    bool script, merge;      /* -AeExX3 or -m: neither is the normal format */
    bool show_old, flag, only_overlaps, only_easy, final_write, text, strip, tab;
    struct str labels[3];
    size_t label_count;
    int map[3], back[3];     /* from the operands' order to that of comparing, and back */
    struct side sides[3];    /* as they are compared */
    enum phase phase;
    int at;                  /* of the phase: operand, text, comparison */
    struct lines *lines[2];
    const struct lines_hunk *hunks[2];
    size_t hunk_counts[2], next[2];
    struct block *blocks;
    size_t block_count, block;
    struct operation operations[OPERATIONS];
    size_t operation_count, operation;
    struct buf words;
    bool dotted;             /* a line of ed's input began with a dot */
    int64_t mine_line;       /* lines of the merged file that were copied or skipped */
    size_t mine_at;          /* bytes of them */
    bool ended;
};

/* --- options ---------------------------------------------------------------------------------------------------- */

static int read_options(struct call *c, struct diff3 *d)
{
    int kinds = 0;

    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        switch (o->letter) {
        case 'A': d->show_old = d->flag = true; kinds++; break;
        case 'e': kinds++; break;
        case 'E': d->flag = true; kinds++; break;
        case '3': d->only_easy = true; kinds++; break;
        case 'x': case 'X': d->only_overlaps = true; kinds++; break;
        case 'i': d->final_write = true; break;
        case 'm': d->merge = true; break;
        case 'a': d->text = true; break;
        case STRIP_RETURNS: d->strip = true; break;
        case 'T': d->tab = true; break;
        case 'L':
            if (d->label_count == 3)
                return call_usage_error(c, "too many file label options");
            d->labels[d->label_count++] = o->value;
            break;
        case 'v':
            call_print_version(c);
            c->finished = true;
            return 0;
        default: break;
        }
    }
    d->script = kinds > 0 && !d->merge;
    if (d->merge && kinds == 0)
        d->show_old = d->flag = true;
    if (kinds > 1 || (d->final_write && d->merge) || (d->label_count > 0 && !d->flag))
        return call_usage_error(c, "incompatible options");
    if (c->operand_count < 3)
        return call_usage_error(c, "missing operand after '%S'", c->argv[c->argc - 1]);
    return c->operand_count > 3 ? call_usage_error(c, "extra operand '%S'", c->operands[3]) : 0;
}

static int diff3_start(struct call *c)
{
    struct diff3 *d = c->state;
    int common, status;

    c->failure = 2;
    status = read_options(c, d);
    if (status || c->finished)
        return status;
    for (size_t i = d->label_count; i < 3; i++)
        d->labels[i] = c->operands[i];
    common = d->script || d->merge ? 1 : 2;
    if (str_is(c->operands[common], "-")) { /* it is read twice */
        common = 3 - common;
        if (str_is(c->operands[0], "-") || str_is(c->operands[common], "-")) {
            call_error(c, "'-' specified for more than one input file");
            return 2;
        }
    }
    d->map[1] = 3 - common;
    d->map[2] = common;
    for (int i = 0; i < 3; i++) {
        d->back[d->map[i]] = i;
        d->sides[d->map[i]].name = c->operands[i];
    }
    buf_init(&d->words, c->heap);
    return 0;
}

/* --- reading and comparing -------------------------------------------------------------------------------------- */

/* The operands are looked at before anything is read. 0, E_WAIT, or 1 after a message. */
static int look(struct call *c, struct diff3 *d)
{
    struct stat_info info;
    struct str name = c->operands[d->at];

    if (!str_is(name, "-")) {
        int error = call_stat(c, name, true, &info);
        if (error == E_WAIT)
            return error;
        if (!error && info.kind == NODE_DIRECTORY)
            error = E_ISDIR;
        if (error) {
            call_error(c, "%S: %m", name, error);
            return 1;
        }
    }
    call_charge(c, 1);
    if (++d->at == 3) {
        d->phase = READ;
        d->at = 0;
    }
    return 0;
}

static void strip_returns(struct call *c, struct side *s)
{
    size_t from = 0;

    buf_init(&s->made, c->heap);
    buf_reserve(&s->made, s->text.length);
    for (size_t i = 0; i + 1 < s->text.length; i++)
        if (s->text.data[i] == '\r' && s->text.data[i + 1] == '\n') {
            buf_add(&s->made, str_of(s->text.data + from, i - from));
            from = i + 1;
        }
    buf_add(&s->made, str_after(s->text, from));
    call_charge_bytes(c, s->text.length);
    s->text = buf_str(&s->made);
}

/* The second text first, as it is the first to be compared. */
static int read_side(struct call *c, struct diff3 *d)
{
    static const int order[3] = {SECOND, COMMON, FIRST};
    struct side *s = &d->sides[order[d->at]];
    int error = text_whole(c, &s->input, s->name, true, &s->content);

    if (error == E_WAIT)
        return error;
    if (error) {
        call_complain(c, "diff: %S: %m\n", s->name, error);
        call_error(c, "subsidiary program 'diff' failed (exit status 2)");
        return 1;
    }
    s->text = s->content;
    if (d->strip && str_find(s->text, '\r') >= 0)
        strip_returns(c, s);
    call_charge(c, 1);
    if (++d->at == 3) {
        d->phase = COMPARE;
        d->at = 1;
    }
    return 0;
}

static bool is_binary(struct str text)
{
    struct str start = str_first(text, BINARY_LOOK);
    return start.length > 0 && memchr(start.data, 0, start.length) != NULL;
}

static bool is_unended(struct str text)
{
    return text.length > 0 && text.data[text.length - 1] != '\n';
}

/* ed knows no unended lines: each that is in a hunk is told about. */
static void tell_unended(struct call *c, struct diff3 *d, int number)
{
    size_t count = d->hunk_counts[number];
    const struct lines_hunk *h = count > 0 ? &d->hunks[number][count - 1] : NULL;

    if (!d->script || !h)
        return;
    if (h->a_start + h->a_count == lines_count(d->lines[number], 0) && h->a_count > 0 && is_unended(d->sides[number].text))
        call_complain(c, "diff3: No newline at end of file\n");
    if (h->b_start + h->b_count == lines_count(d->lines[number], 1) && h->b_count > 0 && is_unended(d->sides[COMMON].text))
        call_complain(c, "diff3: No newline at end of file\n");
}

/* One of the two comparisons: first the second text with the common one, then the first. */
static int compare(struct call *c, struct diff3 *d)
{
    const struct side *a = &d->sides[d->at], *b = &d->sides[COMMON];
    struct lines_options with = {.horizon = HORIZON, .end = '\n'};

    if (!d->lines[d->at]) {
        if (!d->text && (is_binary(a->text) || is_binary(b->text)) && !str_equal(a->text, b->text)) {
            call_error(c, "diff failed: Binary files %S and %S differ", a->name, b->name);
            return 1;
        }
        d->lines[d->at] = lines_new(c->heap, a->text, b->text, &with);
    }
    if (lines_step(d->lines[d->at]) == LINES_MORE)
        return 0;
    d->hunks[d->at] = lines_hunks(d->lines[d->at], &d->hunk_counts[d->at]);
    tell_unended(c, d, d->at);
    if (d->at-- == 0) {
        d->phase = BLOCKS;
        d->at = 0;
    }
    return 0;
}

/* --- blocks ------------------------------------------------------------------------------------------------------- */

/* The lines of a hunk, from 1, on side 0 or 1. */
static int64_t low_of(const struct lines_hunk *h, int side)
{
    return (int64_t)(side ? h->b_start : h->a_start) + 1;
}

static int64_t high_of(const struct lines_hunk *h, int side)
{
    return (int64_t)(side ? h->b_start + h->b_count : h->a_start + h->a_count);
}

static struct str block_text(const struct diff3 *d, const struct block *b, int side)
{
    const struct lines *lines = d->lines[side == COMMON ? 0 : side];
    if (b->high[side] < b->low[side])
        return str_of(d->sides[side].text.data, 0);
    return lines_range(lines, side == COMMON, (size_t)b->low[side] - 1, (size_t)b->high[side]);
}

/* Do the first two texts have the same lines? To ed all lines are ended. */
static bool is_same(struct call *c, const struct diff3 *d, const struct block *b)
{
    struct str one = block_text(d, b, FIRST), two = block_text(d, b, SECOND);

    if (b->high[FIRST] - b->low[FIRST] != b->high[SECOND] - b->low[SECOND])
        return false;
    if (d->script && is_unended(one) != is_unended(two)) {
        one.length -= !is_unended(one);
        two.length -= !is_unended(two);
    }
    call_charge_bytes(c, one.length < two.length ? one.length : two.length);
    return str_equal(one, two);
}

/* Makes the next block of all hunks that touch each other, seen from the common text. */
static void add_block(struct call *c, struct diff3 *d)
{
    static const struct block none = {0};
    const struct block *last = d->block_count > 0 ? &d->blocks[d->block_count - 1] : &none;
    size_t from[2] = {d->next[0], d->next[1]};
    bool left[2] = {d->next[0] < d->hunk_counts[0], d->next[1] < d->hunk_counts[1]};
    int turn = !left[0] || (left[1] && low_of(&d->hunks[0][d->next[0]], 1) > low_of(&d->hunks[1][d->next[1]], 1));
    struct block b = {.odd = ODD_ALL};

    b.low[COMMON] = low_of(&d->hunks[turn][d->next[turn]], 1);
    b.high[COMMON] = high_of(&d->hunks[turn][d->next[turn]], 1);
    d->next[turn]++;
    for (;;) {
        int other = !turn;
        const struct lines_hunk *h = &d->hunks[other][d->next[other]];
        if (d->next[other] == d->hunk_counts[other] || low_of(h, 1) > b.high[COMMON] + 1)
            break;
        call_charge(c, 1);
        d->next[other]++;
        if (high_of(h, 1) > b.high[COMMON]) {
            b.high[COMMON] = high_of(h, 1);
            turn = other;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (d->next[i] > from[i]) {
            const struct lines_hunk *first = &d->hunks[i][from[i]], *end = &d->hunks[i][d->next[i] - 1];
            b.low[i] = b.low[COMMON] - low_of(first, 1) + low_of(first, 0);
            b.high[i] = b.high[COMMON] - high_of(end, 1) + high_of(end, 0);
        } else {
            b.low[i] = b.low[COMMON] - last->high[COMMON] + last->high[i];
            b.high[i] = b.high[COMMON] - last->high[COMMON] + last->high[i];
        }
    }
    if (d->next[FIRST] == from[FIRST])
        b.odd = ODD_SECOND;
    else if (d->next[SECOND] == from[SECOND])
        b.odd = ODD_FIRST;
    else if (is_same(c, d, &b))
        b.odd = ODD_COMMON;
    d->blocks = array_grow(c->heap, d->blocks, d->block_count, sizeof *d->blocks);
    d->blocks[d->block_count++] = b;
}

/* --- what a block prints -------------------------------------------------------------------------------------------- */

static void add_operation(struct diff3 *d, enum operation_kind kind, int side, int64_t from, int64_t to)
{
    d->operations[d->operation_count++] = (struct operation){kind, side, from, to};
}

static void add_words(struct diff3 *d, const char *format, ...)
{
    size_t from = d->words.length;
    va_list arguments;
    va_start(arguments, format);
    buf_print_list(&d->words, format, arguments);
    va_end(arguments);
    add_operation(d, PUT_WORDS, 0, (int64_t)from, (int64_t)d->words.length);
}

static void add_lines(struct diff3 *d, enum operation_kind kind, const struct block *b, int side)
{
    add_operation(d, kind, side, b->low[side], b->high[side]);
}

static int64_t count_of(const struct block *b, int side)
{
    return b->high[side] - b->low[side] + 1;
}

static void add_normal(struct diff3 *d, const struct block *b)
{
    int odd = b->odd == ODD_ALL ? 3 : d->back[b->odd];
    /* The two that are the same stand together, and of them the second is shown. */
    static const int orders[2][3] = {{0, 1, 2}, {0, 2, 1}};
    const int *order = orders[odd == 1];
    int hidden = odd == 3 ? 3 : odd == 0;

    if (odd == 3)
        add_words(d, "====\n");
    else
        add_words(d, "====%d\n", odd + 1);
    for (int i = 0; i < 3; i++) {
        int side = d->map[order[i]];
        long long low = b->low[side], high = b->high[side];
        if (high < low)
            add_words(d, "%d:%llda\n", order[i] + 1, high);
        else if (high == low)
            add_words(d, "%d:%lldc\n", order[i] + 1, low);
        else
            add_words(d, "%d:%lld,%lldc\n", order[i] + 1, low, high);
        if (order[i] != hidden && low <= high)
            add_lines(d, PUT_INDENTED, b, side);
    }
}

/* Is the block to be merged; does it show as a conflict? */
static bool is_wanted(const struct diff3 *d, const struct block *b, bool *conflict)
{
    switch (b->odd == ODD_ALL ? 3 : d->back[b->odd]) {
    case 1:
        *conflict = true;
        return d->show_old;
    case 2:
        *conflict = false;
        return !d->only_overlaps;
    case 3:
        *conflict = d->flag;
        return !d->only_easy;
    default:
        return false;
    }
}

static void add_script(struct call *c, struct diff3 *d, const struct block *b)
{
    int mine = d->map[0], old = d->map[1], yours = d->map[2];
    long long low = b->low[mine], high = b->high[mine];
    bool conflict, all = b->odd == ODD_ALL;

    if (!is_wanted(d, b, &conflict))
        return;
    if (conflict) {
        c->status = 1;
        add_words(d, "%llda\n", high);
        if (all) {
            if (d->show_old) {
                add_words(d, "||||||| %S\n", d->labels[1]);
                add_lines(d, PUT_DOTTED, b, old);
            }
            add_words(d, "=======\n");
            add_lines(d, PUT_DOTTED, b, yours);
        }
        add_words(d, ">>>>>>> %S\n", d->labels[2]);
        add_operation(d, END_DOTTED, 0, high + 2, count_of(b, old) + count_of(b, yours) + 1);
        add_words(d, "%llda\n<<<<<<< %S\n", low - 1, d->labels[all ? 0 : 1]);
        if (!all) {
            add_lines(d, PUT_DOTTED, b, old);
            add_words(d, "=======\n");
        }
        add_operation(d, END_DOTTED, 0, low + 1, count_of(b, old));
    } else if (count_of(b, yours) == 0) {
        if (low == high)
            add_words(d, "%lldd\n", low);
        else
            add_words(d, "%lld,%lldd\n", low, high);
    } else {
        if (high < low)
            add_words(d, "%llda\n", high);
        else if (high == low)
            add_words(d, "%lldc\n", high);
        else
            add_words(d, "%lld,%lldc\n", low, high);
        add_lines(d, PUT_DOTTED, b, yours);
        add_operation(d, END_DOTTED, 0, low, count_of(b, yours));
    }
}

static void add_merge(struct call *c, struct diff3 *d, const struct block *b)
{
    int mine = d->map[0], old = d->map[1], yours = d->map[2];
    bool conflict, all = b->odd == ODD_ALL;

    if (!is_wanted(d, b, &conflict))
        return;
    add_operation(d, COPY_MINE, 0, 0, b->low[mine] - 1);
    if (conflict) {
        c->status = 1;
        if (all) {
            add_words(d, "<<<<<<< %S\n", d->labels[0]);
            add_lines(d, PUT_PLAIN, b, mine);
        }
        if (d->show_old) {
            add_words(d, all ? "||||||| %S\n" : "<<<<<<< %S\n", d->labels[1]);
            add_lines(d, PUT_PLAIN, b, old);
        }
        add_words(d, "=======\n");
    }
    add_lines(d, PUT_PLAIN, b, yours);
    if (conflict)
        add_words(d, ">>>>>>> %S\n", d->labels[2]);
    add_operation(d, SKIP_MINE, 0, 0, b->high[mine]);
}

/* --- printing ----------------------------------------------------------------------------------------------------------- */

static void end_dotted(struct call *c, struct diff3 *d, const struct operation *o)
{
    call_print_text(c, ".\n");
    if (d->dotted && o->to == 1)
        call_format(c, "%llds/^\\.//\n", (long long)o->from);
    else if (d->dotted)
        call_format(c, "%lld,%llds/^\\.//\n", (long long)o->from, (long long)(o->from + o->to - 1));
    d->dotted = false;
}

static void put_line(struct call *c, struct diff3 *d, enum operation_kind kind, struct str line)
{
    if (kind == PUT_INDENTED)
        call_print_text(c, d->tab ? "\t" : "  ");
    if (kind == PUT_DOTTED && line.data[0] == '.') {
        d->dotted = true;
        call_print_byte(c, '.');
    }
    call_print(c, line);
    if (is_unended(line) && kind != PUT_PLAIN)
        call_print_text(c, kind == PUT_DOTTED ? "\n" : "\n\\ No newline at end of file\n");
    call_charge(c, 1);
    call_charge_bytes(c, line.length);
}

/* A line of the merged file. */
static void pass_line(struct call *c, struct diff3 *d, bool put)
{
    struct str rest = str_after(d->sides[d->map[0]].content, d->mine_at);
    ptrdiff_t end = str_find(rest, '\n');
    size_t length = end < 0 ? rest.length : (size_t)end + 1;

    if (put)
        call_print(c, str_first(rest, length));
    call_charge(c, 1);
    call_charge_bytes(c, length);
    d->mine_at += length;
    d->mine_line++;
}

/* Does a piece of what is to be printed; false when there is no more of it. */
static bool put_some(struct call *c, struct diff3 *d)
{
    struct operation *o = &d->operations[d->operation];

    if (d->operation == d->operation_count)
        return false;
    switch (o->kind) {
    case PUT_WORDS:
        call_print(c, str_of(d->words.data + o->from, (size_t)(o->to - o->from)));
        break;
    case END_DOTTED:
        end_dotted(c, d, o);
        break;
    case COPY_MINE: case SKIP_MINE:
        if (d->mine_line < o->to) {
            pass_line(c, d, o->kind == COPY_MINE);
            return true;
        }
        break;
    default:
        if (o->from <= o->to) {
            const struct lines *lines = d->lines[o->side == COMMON ? 0 : o->side];
            put_line(c, d, o->kind, lines_get(lines, o->side == COMMON, (size_t)o->from++ - 1));
            return true;
        }
    }
    d->operation++;
    return true;
}

/* Prints what is to be printed, and makes more: PRINT until all blocks are over. */
static int print(struct call *c, struct diff3 *d)
{
    if (put_some(c, d))
        return 0;
    d->operation = d->operation_count = 0;
    buf_clear(&d->words);
    call_charge(c, 1);
    if (d->block == d->block_count) {
        d->phase = END;
        return 0;
    }
    if (d->script)
        add_script(c, d, &d->blocks[d->block_count - 1 - d->block]); /* from the last, so that numbers stay right */
    else if (d->merge)
        add_merge(c, d, &d->blocks[d->block]);
    else
        add_normal(d, &d->blocks[d->block]);
    d->block++;
    return 0;
}

static int end_blocks(struct call *c, struct diff3 *d)
{
    if (d->next[0] < d->hunk_counts[0] || d->next[1] < d->hunk_counts[1]) {
        add_block(c, d);
        call_charge(c, 1);
        return 0;
    }
    d->phase = PRINT;
    if (d->merge && str_is(c->operands[0], "-")) { /* as it would be read a second time */
        call_error(c, "failed to reopen ‘-’ with mode ‘r’: %m", E_NOENT);
        return 1;
    }
    return 0;
}

/* What follows the last block. */
static bool put_rest(struct call *c, struct diff3 *d)
{
    const struct str *mine = &d->sides[d->map[0]].content;

    if (d->merge && d->mine_at < mine->length) {
        struct str piece = str_first(str_after(*mine, d->mine_at), TEXT_PIECE);
        call_print(c, piece);
        call_charge_bytes(c, piece.length);
        d->mine_at += piece.length;
        return true;
    }
    if (d->script && d->final_write)
        call_print_text(c, "w\nq\n");
    return false;
}

static enum step diff3_step(struct call *c)
{
    struct diff3 *d = c->state;

    for (;;) {
        int answer = 0;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (d->phase) {
        case LOOK:    answer = look(c, d); break;
        case READ:    answer = read_side(c, d); break;
        case COMPARE: answer = compare(c, d); break;
        case BLOCKS:  answer = end_blocks(c, d); break;
        case PRINT:   answer = print(c, d); break;
        case END:
            if (!put_rest(c, d))
                return call_done(c);
        }
        if (answer == E_WAIT)
            return STEP_WAIT;
        if (answer)
            return call_done(c);
    }
}

const struct command command_diff3 = {
    .name = "diff3",
    .usage = "[OPTION]... MYFILE OLDFILE YOURFILE",
    .summary = "Compare three files line by line.",
    .help = "The default output format is a somewhat human-readable representation of the changes.\n\n"
            "The -e, -E, -x, -X (and corresponding long) options cause an ed script to be output instead of the default.\n\n"
            "Finally, the -m (--merge) option causes diff3 to do the merge internally and output the actual merged file.\n"
            "For unusual input, this is more robust than using ed.\n\n"
            "If a FILE is '-', read standard input.\n"
            "Exit status is 0 if successful, 1 if conflicts, 2 if trouble.",
    .options = options,
    .state = sizeof(struct diff3),
    .start = diff3_start,
    .step = diff3_step,
    .trouble = 2,
    .flags = COMMAND_NAMED_HINT,
    .refused = "--diff-program: the comparison is part of the command\n",
};
