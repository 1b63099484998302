/* builtins/comm.c - compare two sorted files line by line. */
#include "builtins/text.h"

enum { CHECK = OPTION_LONG, NO_CHECK, OUTPUT_DELIMITER, TOTAL };

static const struct option options[] = {
    {'1', NULL, NULL, "suppress column 1 (lines unique to FILE1)"},
    {'2', NULL, NULL, "suppress column 2 (lines unique to FILE2)"},
    {'3', NULL, NULL, "suppress column 3 (lines that appear in both files)"},
    {CHECK, "check-order", NULL, "check that the input is correctly sorted, even if all input lines are pairable"},
    {NO_CHECK, "nocheck-order", NULL, "do not check that the input is correctly sorted"},
    {OUTPUT_DELIMITER, "output-delimiter", "STR", "separate columns with STR"},
    {TOTAL, "total", NULL, "output a summary"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

struct side {
    struct text_source source;
    struct buf before;  /* the line before, to see the order */
    bool any, live;     /* there is a line before; source.line is to be dealt with */
    bool late;          /* the last line comes before the one before it, which was not asked then */
    bool warned;
};

struct comm {
    struct side sides[2];
    size_t opened;
    bool wanted[2];     /* a line of this side is to be read */
    bool shown[3];
    struct str delimiter;
    char line_end;
    bool check, never_check, unpaired;
    uint64_t counts[3];
};

static int comm_start(struct call *c)
{
    struct comm *m = c->state;
    bool given = false;

    m->delimiter = str_lit("\t");
    m->line_end = call_has(c, 'z') ? 0 : '\n';
    m->check = call_has(c, CHECK);
    m->never_check = call_has(c, NO_CHECK) && !m->check;
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        if (o->letter == CHECK || o->letter == NO_CHECK) {
            m->check = o->letter == CHECK;
            m->never_check = !m->check;
        }
        if (o->letter != OUTPUT_DELIMITER)
            continue;
        if (given && !str_equal(m->delimiter, o->value)) {
            call_error(c, "multiple output delimiters specified");
            return 1;
        }
        given = true;
        m->delimiter = o->value;
    }
    if (given && m->delimiter.length == 0)
        m->delimiter = str_of("", 1); /* an empty one is a NUL */
    for (int i = 0; i < 3; i++)
        m->shown[i] = !call_has(c, '1' + i);
    if (c->operand_count == 0)
        return call_missing_operand(c);
    if (c->operand_count == 1)
        return call_usage_error(c, "missing operand after %S", call_quote_word(c, c->operands[0]));
    if (c->operand_count > 2)
        return call_usage_error(c, "extra operand %S", call_quote_word(c, c->operands[2]));
    for (int i = 0; i < 2; i++) {
        buf_init(&m->sides[i].before, c->heap);
        m->wanted[i] = true;
    }
    return 0;
}

/* Lines must not go down: told once for a file. Unless that is asked for, it counts from the first line without its like
 * on, and for the last one at the end. False when that ends the command. */
static bool check_order(struct call *c, struct comm *m, int i)
{
    struct side *side = &m->sides[i];

    if (m->never_check)
        return true;
    if (side->live)
        side->late = side->any && str_compare(buf_str(&side->before), side->source.line) > 0;
    if (!side->late || side->warned || !(m->check || m->unpaired))
        return true;
    call_error(c, "file %d is not in sorted order", i + 1);
    side->warned = true;
    return !m->check;
}

static void put_line(struct call *c, struct comm *m, int column, struct str line)
{
    m->counts[column]++;
    if (!m->shown[column])
        return;
    if (column > 0 && m->shown[0])
        call_print(c, m->delimiter);
    if (column > 1 && m->shown[1])
        call_print(c, m->delimiter);
    call_print(c, line);
    call_print_byte(c, m->line_end);
}

static enum step finish(struct call *c, struct comm *m)
{
    struct str between = str_first(m->delimiter, m->delimiter.length > 0 && m->delimiter.data[0] ? m->delimiter.length : 0);

    if (call_has(c, TOTAL)) /* a NUL between columns is nothing here */
        call_format(c, "%llu%S%llu%S%llu%Stotal%c", (unsigned long long)m->counts[0], between, (unsigned long long)m->counts[1],
                    between, (unsigned long long)m->counts[2], between, m->line_end);
    if (m->sides[0].warned || m->sides[1].warned)
        call_error(c, "input is not in sorted order");
    return call_done(c);
}

/* Reads the line that is wanted of a side: 0, E_WAIT, or 1 when the command is over. */
static int read_side(struct call *c, struct comm *m, int i)
{
    struct side *side = &m->sides[i];

    if (side->live) { /* the line dealt with becomes the one before */
        if (!m->never_check) {
            buf_clear(&side->before);
            buf_add(&side->before, side->source.line);
        }
        side->any = true;
        side->live = false;
    }
    switch (text_source_line(c, &side->source, m->line_end)) {
    case INPUT_WAIT:
        return E_WAIT;
    case INPUT_END:
        if (side->source.input->error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, side->source.name), side->source.input->error);
            return 1;
        }
        if (!check_order(c, m, i))
            return 1;
        break;
    case INPUT_MORE:
        side->live = true;
        if (!check_order(c, m, i))
            return 1;
        break;
    }
    m->wanted[i] = false;
    return 0;
}

static enum step comm_step(struct call *c)
{
    struct comm *m = c->state;

    for (; m->opened < 2; m->opened++) {
        struct str name = c->operands[m->opened];
        int error = text_source_open(c, &m->sides[m->opened].source, name);
        if (error == E_WAIT)
            return STEP_WAIT;
        if (error) {
            call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
            return call_done(c);
        }
    }
    for (;;) {
        struct side *one = &m->sides[0], *two = &m->sides[1];
        int order;
        if (!call_go(c))
            return STEP_AGAIN;
        for (int i = 0; i < 2; i++) {
            int failed = m->wanted[i] ? read_side(c, m, i) : 0;
            if (failed)
                return failed == E_WAIT ? STEP_WAIT : call_done(c);
        }
        if (!one->live && !two->live)
            return finish(c, m);
        order = !one->live ? 1 : !two->live ? -1 : str_compare(one->source.line, two->source.line);
        call_charge(c, 1);
        m->wanted[0] = order <= 0;
        m->wanted[1] = order >= 0;
        m->unpaired |= order != 0;
        if (order == 0)
            put_line(c, m, 2, one->source.line);
        else
            put_line(c, m, order > 0, order < 0 ? one->source.line : two->source.line);
    }
}

const struct command command_comm = {
    .name = "comm",
    .usage = "[OPTION]... FILE1 FILE2",
    .summary = "Compare sorted files FILE1 and FILE2 line by line.",
    .help = "When FILE1 or FILE2 (not both) is -, read standard input.\n\n"
            "With no options, produce three-column output. Column one contains lines unique to FILE1, column two\n"
            "contains lines unique to FILE2, and column three contains lines common to both files.\n\n"
            "Examples:\n"
            "  comm -12 file1 file2  Print only lines present in both file1 and file2.\n"
            "  comm -3 file1 file2  Print lines in file1 not in file2, and vice versa.",
    .options = options,
    .state = sizeof(struct comm),
    .start = comm_start,
    .step = comm_step,
};
