/* builtins/yes.c - output a line until nobody reads it. */
#include "builtins/text.h"

static const struct option options[] = {
    {0},
};

enum { YES_PIECE = 4096 }; /* bytes printed at a time, at least */

struct yes {
    struct buf piece; /* the line, many times */
};

static int yes_start(struct call *c)
{
    struct yes *y = c->state;
    size_t line;

    buf_init(&y->piece, c->heap);
    for (size_t i = 0; i < c->operand_count; i++) {
        if (i > 0)
            buf_add_byte(&y->piece, ' ');
        buf_add(&y->piece, c->operands[i]);
    }
    if (c->operand_count == 0)
        buf_add_byte(&y->piece, 'y');
    buf_add_byte(&y->piece, '\n');
    line = y->piece.length;
    while (y->piece.length < YES_PIECE) {
        buf_reserve(&y->piece, line);
        buf_add(&y->piece, str_of(y->piece.data, line));
    }
    return 0;
}

static enum step yes_step(struct call *c)
{
    struct yes *y = c->state;

    while (!c->broken) {
        if (!call_go(c))
            return STEP_AGAIN;
        call_print(c, buf_str(&y->piece));
        call_charge_bytes(c, y->piece.length);
    }
    return call_exit(c, 1);
}

const struct command command_yes = {
    .name = "yes",
    .usage = "[STRING]...\nOPTION",
    .summary = "Repeatedly output a line with all specified STRING(s), or 'y'.",
    .options = options,
    .state = sizeof(struct yes),
    .start = yes_start,
    .step = yes_step,
};
