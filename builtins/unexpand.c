/* builtins/unexpand.c - convert spaces to tabs. */
#include "builtins/tab_stops.h"

enum { FIRST_ONLY = OPTION_LONG };

static const struct option options[] = {
    {'a', "all", NULL, "convert all blanks, instead of just initial blanks"},
    {FIRST_ONLY, "first-only", NULL, "convert only leading sequences of blanks (overrides -a)"},
    {'t', "tabs", "LIST", "have tabs N characters apart instead of 8, or at a list of positions (enables -a)"},
    {0},
};

struct unexpand {
    struct tab_stops stops;
    bool all, converts;      /* converts: this part of the line is looked at */
    bool blank_before;       /* the byte before was a blank, or none */
    bool one_blank;          /* a single blank stands just before a tab stop */
    uint64_t column, next;   /* next: tab stop that the pending blanks may reach */
    struct buf pending;      /* blanks not yet written */
    struct str block;
};

static void begin_line(struct unexpand *u)
{
    u->converts = true;
    u->blank_before = true;
    u->one_blank = false;
    u->column = u->next = 0;
    buf_clear(&u->pending);
    tab_stops_restart(&u->stops);
}

static int unexpand_start(struct call *c)
{
    struct unexpand *u = c->state;

    u->all = (call_has(c, 'a') || call_has(c, 't')) && !call_has(c, FIRST_ONLY);
    buf_init(&u->pending, c->heap);
    if (tab_stops_start(c, &u->stops))
        return 1;
    begin_line(u);
    return 0;
}

/* A blank in the part that is converted: true when it was dealt with. */
static bool take_blank(struct unexpand *u, char *byte)
{
    bool last;

    u->next = tab_stops_next(&u->stops, u->column, &last);
    if (last)
        u->converts = false;
    if (!u->converts)
        return false;
    if (*byte == '\t') {
        u->column = u->next;
        if (u->pending.length > 0)
            u->pending.data[0] = '\t';
    } else {
        u->column++;
        if (!(u->blank_before && u->column == u->next)) {
            /* A blank in front of a tab stop stays one unless more follow. */
            if (u->column == u->next)
                u->one_blank = true;
            buf_add_byte(&u->pending, *byte);
            u->blank_before = true;
            return true;
        }
        /* The pending blanks reach the stop: a tab. */
        *byte = '\t';
        if (u->pending.length > 0)
            u->pending.data[0] = '\t';
    }
    /* What is pending was in front of this tab: only a tab for a blank before a stop is kept. */
    u->pending.length = u->one_blank;
    return false;
}

static void put_byte(struct call *c, struct unexpand *u, char byte)
{
    if (u->converts) {
        bool blank = byte == ' ' || byte == '\t';
        if (blank) {
            if (take_blank(u, &byte))
                return;
        } else if (byte == '\b') {
            /* Back one column; stops before it count again. */
            u->column -= u->column > 0;
            u->next = u->column;
            tab_stops_restart(&u->stops);
        } else if (byte != '\n') {
            u->column++;
        }
        if (u->pending.length > 0) {
            if (u->pending.length > 1 && u->one_blank)
                u->pending.data[0] = '\t';
            call_print(c, buf_str(&u->pending));
            buf_clear(&u->pending);
            u->one_blank = false;
        }
        u->blank_before = blank;
        u->converts &= u->all || blank;
    }
    buf_add_byte(&c->out, byte);
    if (byte == '\n')
        begin_line(u);
}

static enum step unexpand_step(struct call *c)
{
    struct unexpand *u = c->state;

    for (;;) {
        struct str piece;
        if (!call_go(c))
            return STEP_AGAIN;
        if (u->block.length == 0) {
            switch (call_read_block(c, &u->block, NULL)) {
            case INPUT_WAIT:
                return STEP_WAIT;
            case INPUT_END:
                if (u->pending.length > 1 && u->one_blank)
                    u->pending.data[0] = '\t';
                call_print(c, buf_str(&u->pending));
                return call_done(c);
            case INPUT_MORE:
                break;
            }
        }
        piece = text_piece(c->input, &u->block);
        call_charge_bytes(c, piece.length);
        for (size_t i = 0; i < piece.length; i++)
            put_byte(c, u, piece.data[i]);
    }
}

const struct command command_unexpand = {
    .name = "unexpand",
    .usage = "[OPTION]... [FILE]...",
    .summary = "Convert blanks in each FILE to tabs, writing to standard output.",
    .help = tab_stops_help,
    .options = options,
    .state = sizeof(struct unexpand),
    .start = unexpand_start,
    .step = unexpand_step,
    .flags = COMMAND_NUMBERS,
};
