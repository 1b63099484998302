/* builtins/expand.c - convert tabs to spaces. */
#include "builtins/tab_stops.h"

static const struct option options[] = {
    {'i', "initial", NULL, "do not convert tabs after non blanks"},
    {'t', "tabs", "LIST", "have tabs N characters apart, not 8, or at a comma separated list of positions"},
    {0},
};

struct expand {
    struct tab_stops stops;
    bool initial, converts; /* converts: until something else than blanks was seen, with -i */
    uint64_t column;
    struct str block;
};

static int expand_start(struct call *c)
{
    struct expand *e = c->state;
    struct str *operands = c->operands;
    size_t kept = 0;

    e->initial = call_has(c, 'i');
    e->converts = true;
    for (size_t i = 0; i < c->option_count; i++)
        if (c->options[i].letter == 't' && tab_stops_parse(c, &e->stops, c->options[i].value))
            return 1;
    for (size_t i = 0; i < c->operand_count; i++) {
        struct str word = operands[i];
        bool old = word.length > 1 && word.data[0] == '-' && tab_stops_is_old(str_after(word, 1));
        if (!old)
            operands[kept++] = word;
        else if (tab_stops_parse(c, &e->stops, str_after(word, 1)))
            return 1;
    }
    c->operand_count = kept;
    return tab_stops_settle(c, &e->stops);
}

static void put_piece(struct call *c, struct expand *e, struct str piece)
{
    const char *p = piece.data, *end = piece.data + piece.length;

    while (p < end) {
        const char *start = p;
        char byte = *p++;
        if (byte == '\t' && e->converts) {
            bool last;
            uint64_t next = tab_stops_next(&e->stops, e->column, &last);
            buf_fill(&c->out, ' ', (size_t)(next - e->column));
            call_charge_bytes(c, (size_t)(next - e->column));
            e->column = next;
            continue;
        }
        if (byte == '\n') {
            e->column = 0;
            e->converts = true;
            tab_stops_restart(&e->stops);
        } else if (byte == '\b') {
            e->column -= e->column > 0;
            tab_stops_restart(&e->stops);
            e->converts &= !e->initial;
        } else if (byte == '\t' || byte == ' ') {
            e->column++;
        } else {
            while (p < end && (unsigned char)*p > ' ')
                p++;
            e->column += (size_t)(p - start);
            e->converts &= !e->initial;
        }
        buf_add(&c->out, str_of(start, (size_t)(p - start)));
    }
}

static enum step expand_step(struct call *c)
{
    struct expand *e = c->state;

    for (;;) {
        struct str piece;
        if (!call_go(c))
            return STEP_AGAIN;
        if (e->block.length == 0) {
            switch (call_read_block(c, &e->block, NULL)) {
            case INPUT_WAIT: return STEP_WAIT;
            case INPUT_END:  return call_done(c);
            case INPUT_MORE: break;
            }
        }
        piece = text_piece(c->input, &e->block);
        call_charge_bytes(c, piece.length);
        put_piece(c, e, piece);
    }
}

const struct command command_expand = {
    .name = "expand",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Convert tabs in each FILE to spaces, writing to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "The last position of a list can be prefixed with '/' to specify a tab size to use after the last\n"
            "explicitly specified tab stop. Also a prefix of '+' can be used to align remaining tab stops relative\n"
            "to the last specified tab stop instead of the first column.",
    .options = options,
    .state = sizeof(struct expand),
    .start = expand_start,
    .step = expand_step,
    .flags = COMMAND_NUMBERS,
};
