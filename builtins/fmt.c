/* builtins/fmt.c - fill the lines of paragraphs. */
#include "base/number.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'c', "crown-margin", NULL, "preserve indentation of first two lines"},
    {'p', "prefix", "STRING", "reformat only lines beginning with STRING, reattaching the prefix to reformatted lines"},
    {'s', "split-only", NULL, "split long lines, but do not refill"},
    {'t', "tagged-paragraph", NULL, "indentation of first line different from second"},
    {'u', "uniform-spacing", NULL, "one space between words, two after sentences"},
    {'w', "width", "WIDTH", "maximum line width (default of 75 columns)"},
    {'g', "goal", "WIDTH", "goal width (default of 93% of width)"},
    {0},
};

/* A paragraph is filled as a whole, so that the sum of what its lines cost is least: a line costs by how far it is from the goal and
 * from the length of the next one, by where it begins and ends. More than so many words or bytes are filled piece by piece. */
enum { WORDS_MOST = 1000, BYTES_MOST = 5000, TAB = 8, TAG_INDENT = 3 };
enum {
    COST_MOST = INT32_MAX, COST_LINE = 70 * 70, COST_NO_BREAK = 600 * 600, BONUS_SENTENCE = 50 * 50, BONUS_PUNCTUATION = 40 * 40,
    BONUS_PARENTHESIS = 40 * 40, CREDIT_LINE = 3 * 3, COST_WIDOW = 200 * 200, COST_ORPHAN = 150 * 150
};

struct word {
    int from, length;  /* in `bytes` */
    int space;         /* columns behind it */
    bool opens, punctuation, period, final; /* a parenthesis; ends a sentence, and does so here */
    int line;          /* columns of the best line that begins with it */
    int64_t cost;      /* of all lines from it on */
    int next;          /* the first word of the line after that */
};

enum phase { PHASE_OPEN, PHASE_BLANK, PHASE_COPY, PHASE_BEGIN, PHASE_WORD, PHASE_LINE_END };
enum { END = -1 };

struct fmt {
    bool crown, split, tagged, uniform;
    int width, goal;
    struct str prefix;       /* without the blanks around it */
    int lead, full;          /* blanks before it; its length with those behind it */

    size_t operand;
    struct input *input;
    struct str text;         /* what is not yet read */
    enum phase phase;
    int byte;                /* the one at hand, END at the end */
    bool tabs;
    int column, out_column;
    int next_indent, prefix_indent; /* of the prefix: on this line, of the paragraph */
    int first_indent, other_indent;
    int last_line;           /* columns of the last line printed; 0: none of this paragraph */
    bool refill;             /* lines that continue the paragraph are of it */
    struct word words[WORDS_MOST + 1];
    int count;
    char bytes[BYTES_MOST];
    int used;                /* bytes */
};

/* --- options -------------------------------------------------------------------------------------------- */

static int read_width(struct call *c, struct str text, int most, int *width)
{
    uint64_t value;
    size_t used = number_parse_unsigned(text, 10, &value, NULL);

    if (!used || used < text.length || str_find(text, '-') >= 0) {
        call_error(c, "invalid width: %S", call_quote_word(c, text));
        return 1;
    }
    if (value > (uint64_t)most) {
        call_error(c, "invalid width: %S: %m", call_quote_word(c, text), value > UINT32_MAX ? E_OVERFLOW : E_RANGE);
        return 1;
    }
    *width = (int)value;
    return 0;
}

static int start(struct call *c)
{
    struct fmt *f = c->state;
    struct str text;

    f->crown = call_has(c, 'c');
    f->split = call_has(c, 's');
    f->tagged = call_has(c, 't');
    f->uniform = call_has(c, 'u');
    for (size_t i = 2; i < c->argc && !str_is(c->argv[i], "--"); i++)
        if (c->argv[i].length > 1 && c->argv[i].data[0] == '-' && c->argv[i].data[1] >= '0' && c->argv[i].data[1] <= '9') {
            bool value = str_is(c->argv[i - 1], "-w") || str_is(c->argv[i - 1], "-g") || str_is(c->argv[i - 1], "-p");
            if (!value)
                return call_usage_error(c, "invalid option -- %c; -WIDTH is recognized only when it is the first\n"
                                           "option; use -w N instead", c->argv[i].data[1]);
        }
    bool wide = call_value(c, 'w', &text);
    f->width = 75;
    if (wide && read_width(c, text, BYTES_MOST / 2, &f->width))
        return 1;
    f->goal = f->width * 187 / 200;
    if (call_value(c, 'g', &text)) {
        if (read_width(c, text, f->width, &f->goal))
            return 1;
        if (!wide)
            f->width = f->goal + 10;
    }
    if (call_value(c, 'p', &text)) {
        while (text.length && text.data[0] == ' ') {
            text = str_after(text, 1);
            f->lead++;
        }
        f->full = (int)text.length;
        while (text.length && text.data[text.length - 1] == ' ')
            text.length--;
        f->prefix = text;
    }
    return 0;
}

/* --- output ------------------------------------------------------------------------------------------------ */

static void put_space(struct call *c, struct fmt *f, int count)
{
    int target = f->out_column + count, tab = target / TAB * TAB;

    if (f->tabs && f->out_column + 1 < tab)
        while (f->out_column < tab) {
            call_print_byte(c, '\t');
            f->out_column = (f->out_column / TAB + 1) * TAB;
        }
    for (; f->out_column < target; f->out_column++)
        call_print_byte(c, ' ');
}

static void put_line(struct call *c, struct fmt *f, int at, int indent)
{
    int end = f->words[at].next;

    f->out_column = 0;
    put_space(c, f, f->prefix_indent);
    call_print(c, f->prefix);
    f->out_column += (int)f->prefix.length;
    put_space(c, f, indent - f->out_column);
    for (; at < end; at++) {
        const struct word *w = &f->words[at];
        call_print(c, str_of(f->bytes + w->from, (size_t)w->length));
        f->out_column += w->length;
        if (at + 1 < end)
            put_space(c, f, w->space);
    }
    f->last_line = f->out_column;
    call_print_byte(c, '\n');
}

static void put_words(struct call *c, struct fmt *f, int end)
{
    put_line(c, f, 0, f->first_indent);
    for (int at = f->words[0].next; at != end; at = f->words[at].next)
        put_line(c, f, at, f->other_indent);
}

/* --- where lines end ------------------------------------------------------------------------------------------ */

static int64_t short_cost(int64_t columns)
{
    return 100 * columns * columns;
}

/* Of a line of `length` columns before word `next`. */
static int64_t line_cost(const struct fmt *f, int next, int length)
{
    if (next == f->count)
        return 0;
    int64_t cost = short_cost(f->goal - length);
    if (f->words[next].next != f->count)
        cost += short_cost(length - f->words[next].line) / 2;
    return cost;
}

/* Of a line that begins with the word, by the words around its beginning. */
static int64_t begin_cost(const struct fmt *f, int at)
{
    const struct word *w = &f->words[at];
    int64_t cost = COST_LINE;

    if (at > 0) {
        if (w[-1].period)
            cost += w[-1].final ? -BONUS_SENTENCE : COST_NO_BREAK;
        else if (w[-1].punctuation)
            cost -= BONUS_PUNCTUATION;
        else if (at > 1 && w[-2].final)
            cost += COST_WIDOW / (w[-1].length + 2);
    }
    if (w->opens)
        cost -= BONUS_PARENTHESIS;
    else if (w->final)
        cost += COST_ORPHAN / (w->length + 2);
    return cost;
}

static void choose_lines(struct call *c, struct fmt *f)
{
    int64_t tried = 0;

    f->words[f->count] = (struct word){.length = f->width};
    for (int at = f->count - 1; at >= 0; at--) {
        struct word *w = &f->words[at];
        int length = (at == 0 ? f->first_indent : f->other_indent) + w->length;
        int64_t best = INT64_MAX;
        for (int next = at + 1;; next++) {
            int64_t cost = line_cost(f, next, length) + f->words[next].cost;
            if (at == 0 && f->last_line > 0)
                cost += short_cost(length - f->last_line) / 2;
            if (cost < best) {
                best = cost;
                w->next = next;
                w->line = length;
            }
            tried++;
            if (next == f->count)
                break;
            length += f->words[next - 1].space + f->words[next].length;
            if (length >= f->width)
                break;
        }
        w->cost = best + begin_cost(f, at);
    }
    call_charge(c, 1 + tried / 8);
}

/* --- paragraphs -------------------------------------------------------------------------------------------------- */

/* There is no more room: prints what is best, and keeps the rest. */
static void flush(struct call *c, struct fmt *f)
{
    if (f->count == 0) {
        call_print(c, str_of(f->bytes, (size_t)f->used));
        call_charge_bytes(c, (size_t)f->used);
        f->used = 0;
        return;
    }
    choose_lines(c, f);
    int end = f->count;
    int64_t best = COST_MOST;
    for (int at = f->words[0].next; at != f->count; at = f->words[at].next) {
        int64_t saved = f->words[at].cost - f->words[f->words[at].next].cost;
        if (saved < best) {
            end = at;
            best = saved;
        }
        if (best <= COST_MOST - CREDIT_LINE)
            best += CREDIT_LINE;
    }
    put_words(c, f, end);
    int from = end < f->count ? f->words[end].from : f->words[f->count - 1].from + f->words[f->count - 1].length;
    memmove(f->bytes, f->bytes + from, (size_t)(f->used - from));
    f->used -= from;
    memmove(f->words, f->words + end, (size_t)(f->count - end) * sizeof *f->words);
    f->count -= end;
    for (int i = 0; i < f->count; i++)
        f->words[i].from -= from;
}

static int next_byte(struct fmt *f)
{
    if (!f->text.length)
        return END;
    int byte = (unsigned char)f->text.data[0];
    f->text = str_after(f->text, 1);
    return byte;
}

static void skip_space(struct fmt *f)
{
    for (;; f->byte = next_byte(f)) {
        if (f->byte == ' ') {
            f->column++;
        } else if (f->byte == '\t') {
            f->tabs = true;
            f->column = (f->column / TAB + 1) * TAB;
        } else {
            return;
        }
    }
}

/* Begins a line: its blanks and the prefix. */
static void read_prefix(struct fmt *f)
{
    f->column = 0;
    f->byte = next_byte(f);
    skip_space(f);
    if (!f->prefix.length) {
        f->next_indent = f->lead < f->column ? f->lead : f->column;
        return;
    }
    f->next_indent = f->column;
    for (size_t i = 0; i < f->prefix.length; i++) {
        if (f->byte != (unsigned char)f->prefix.data[i])
            return;
        f->column++;
        f->byte = next_byte(f);
    }
    skip_space(f);
}

static bool at_end(const struct fmt *f)
{
    return f->byte == '\n' || f->byte == END;
}

static bool continues(const struct fmt *f)
{
    return f->next_indent == f->prefix_indent && f->column >= f->next_indent + f->full && !at_end(f);
}

static void set_other_indent(struct fmt *f, bool more)
{
    if (f->split)
        f->other_indent = f->first_indent;
    else if (f->crown)
        f->other_indent = more ? f->column : f->first_indent;
    else if (!f->tagged)
        f->other_indent = f->first_indent;
    else if (more && f->column != f->first_indent)
        f->other_indent = f->column;
    else if (f->other_indent == f->first_indent)
        f->other_indent = f->first_indent == 0 ? TAG_INDENT : 0;
}

/* A NUL is one of any: so the real one takes it to open, to close and to end. */
static bool is_one_of(char byte, const char *list)
{
    return strchr(list, byte);
}

static bool is_space(int byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void take_word(struct call *c, struct fmt *f)
{
    int from = f->used;

    do {
        if (f->used == BYTES_MOST) {
            int before = f->used - from;
            set_other_indent(f, true);
            flush(c, f);
            from = f->used - before < 0 ? 0 : f->used - before;
        }
        f->bytes[f->used++] = (char)f->byte;
        f->byte = next_byte(f);
    } while (f->byte != END && !is_space(f->byte)); /* one at least: \r and its kin are no blanks */
    struct word *w = &f->words[f->count];
    *w = (struct word){.from = from, .length = f->used - from};
    f->column += w->length;
    int end = w->length - 1;
    const char *bytes = f->bytes + from;
    if (w->length > 0) {
        w->opens = is_one_of(bytes[0], "(['`\"");
        w->punctuation = (bytes[end] > 32 && bytes[end] < 48) || (bytes[end] && is_one_of(bytes[end], ":;<=>?@[\\]^_`{|}~"));
        while (end > 0 && is_one_of(bytes[end], ")]'\""))
            end--;
        w->period = is_one_of(bytes[end], ".?!");
    }
    int start = f->column;
    skip_space(f);
    w->space = f->column - start;
    w->final = f->byte == END || (w->period && (f->byte == '\n' || w->space > 1));
    if (at_end(f) || f->uniform)
        w->space = w->final ? 2 : 1;
    call_charge(c, 1);
    call_charge_bytes(c, (size_t)w->length);
    if (f->count == WORDS_MOST - 2) {
        set_other_indent(f, true);
        struct word last = *w;
        flush(c, f);
        last.from = f->used - last.length;
        f->words[f->count] = last;
    }
    f->count++;
}

static void end_paragraph(struct call *c, struct fmt *f)
{
    f->words[f->count - 1].period = f->words[f->count - 1].final = true;
    choose_lines(c, f);
    put_words(c, f, f->count);
    f->last_line = 0;
    f->phase = PHASE_BLANK;
}

/* A line that is no part of a paragraph: first what stood before the byte at hand. */
static void copy_begin(struct call *c, struct fmt *f)
{
    f->out_column = 0;
    if (f->column <= f->next_indent && at_end(f))
        return;
    put_space(c, f, f->next_indent);
    for (size_t i = 0; f->out_column != f->column && i < f->prefix.length; i++, f->out_column++)
        call_print_byte(c, f->prefix.data[i]);
    if (!at_end(f))
        put_space(c, f, f->column - f->out_column);
    if (f->byte == END && f->column >= f->next_indent + (int)f->prefix.length)
        call_print_byte(c, '\n');
}

/* Goes on until something was done: false at the end of the file. */
static bool work(struct call *c, struct fmt *f)
{
    switch (f->phase) {
    case PHASE_OPEN:
        break;
    case PHASE_BLANK:
        call_charge(c, 1);
        if (at_end(f) || f->next_indent < f->lead || f->column < f->next_indent + f->full) {
            copy_begin(c, f);
            f->phase = PHASE_COPY;
        } else {
            f->phase = PHASE_BEGIN;
        }
        break;
    case PHASE_COPY: {
        if (f->byte == END)
            return false;
        if (f->byte != '\n') {
            call_print_byte(c, (char)f->byte);
            ptrdiff_t end = str_find(str_first(f->text, TEXT_PIECE), '\n');
            struct str piece = end < 0 ? str_first(f->text, TEXT_PIECE) : str_first(f->text, (size_t)end);
            call_print(c, piece);
            call_charge_bytes(c, piece.length);
            f->text = str_after(f->text, piece.length);
            f->byte = next_byte(f);
            break;
        }
        call_print_byte(c, '\n');
        read_prefix(f);
        f->phase = PHASE_BLANK;
        break;
    }
    case PHASE_BEGIN:
        f->prefix_indent = f->next_indent;
        f->first_indent = f->column;
        f->count = f->used = 0;
        f->refill = false;
        f->phase = PHASE_WORD;
        break;
    case PHASE_WORD:
        take_word(c, f);
        if (at_end(f))
            f->phase = PHASE_LINE_END;
        break;
    case PHASE_LINE_END: {
        bool first = !f->refill;
        read_prefix(f);
        if (first)
            set_other_indent(f, continues(f));
        bool more = continues(f) && !f->split;
        if (first && f->tagged && !f->crown)
            more = more && f->column != f->first_indent;
        else if (!first || !f->crown)
            more = more && f->column == f->other_indent;
        f->refill = true;
        if (more)
            f->phase = PHASE_WORD;
        else
            end_paragraph(c, f);
        break;
    }
    }
    return true;
}

static enum step step(struct call *c)
{
    struct fmt *f = c->state;

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (f->phase != PHASE_OPEN) {
            if (!work(c, f)) {
                input_close(f->input);
                f->input = NULL;
                f->phase = PHASE_OPEN;
            }
            continue;
        }
        if (!f->input) {
            int opened = text_open_next(c, &f->operand, &f->input, "cannot open %S for reading: %m");
            if (opened)
                return opened == E_WAIT ? STEP_WAIT : call_done(c);
        }
        switch (input_all(f->input, &f->text)) {
        case INPUT_WAIT:
            return STEP_WAIT;
        case INPUT_END:
            if (f->input->error)
                call_error(c, "read error");
            input_close(f->input);
            f->input = NULL;
            continue;
        case INPUT_MORE:
            break;
        }
        f->tabs = false;
        f->other_indent = 0;
        f->last_line = 0;
        read_prefix(f);
        f->phase = PHASE_BLANK;
    }
}

const struct command command_fmt = {
    .name = "fmt",
    .usage = "[-WIDTH] [OPTION]... [FILE]...",
    .summary = "Reformat each paragraph in the FILE(s), writing to standard output.",
    .help = "The option -WIDTH is an abbreviated form of --width=DIGITS.\nWith no FILE, or when FILE is -, read standard input.",
    .options = options,
    .state = sizeof(struct fmt),
    .start = start,
    .step = step,
    .flags = COMMAND_DIGITS,
    .number = 'w',
};
