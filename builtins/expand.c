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

    e->initial = call_has(c, 'i');
    e->converts = true;
    return tab_stops_start(c, &e->stops);
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
    .help = tab_stops_help,
    .options = options,
    .state = sizeof(struct expand),
    .start = expand_start,
    .step = expand_step,
    .flags = COMMAND_NUMBERS,
};
