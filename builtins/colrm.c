/* builtins/colrm.c - leave out columns of each line. */
#include "base/number.h"
#include "builtins/text.h"

static const struct option options[] = {
    {'h', NULL, NULL, "display this help"},
    {'V', NULL, NULL, "display version"},
    {0},
};

enum { TAB = 8 };

struct colrm {
    uint64_t first, last;  /* columns that go, from 1; 0: none is named */
    enum locale locale;
    struct text_lines lines;
    struct str piece;
};

static int read_column(struct call *c, size_t at, const char *which, uint64_t *column)
{
    struct str word;

    if (at >= c->operand_count)
        return 0;
    word = c->operands[at];
    if (word.length && number_parse_unsigned(word, 10, column, NULL) == word.length)
        return 0;
    call_error(c, "%s argument: '%S'", which, word);
    return 1;
}

static int colrm_start(struct call *c)
{
    struct colrm *r = c->state;

    r->locale = call_locale(c);
    if (read_column(c, 0, "first", &r->first) || read_column(c, 1, "second", &r->last))
        return 1;
    c->operand_count = 0; /* standard input is read */
    return 0;
}

/* Is this column left out? */
static bool is_out(const struct colrm *r, uint64_t column)
{
    return r->first && column >= r->first && (!r->last || column <= r->last);
}

static void put_line(struct call *c, const struct colrm *r, struct str line)
{
    uint64_t column = 0; /* of what was read */
    bool dropping = false;

    while (line.length) {
        struct utf8_char u = utf8_first(line, r->locale);
        if (u.code == '\b' && u.valid) {
            column -= column > 0;
            if (!dropping)
                call_print_byte(c, '\b');
        } else if (u.code == '\t' && u.valid) {
            uint64_t end = (column + TAB) / TAB * TAB;
            bool before = !r->first || end < r->first;
            if (before)
                call_print_byte(c, '\t');
            for (uint64_t i = column + 1; i <= end && !before; i++)
                if (!is_out(r, i))
                    call_print_byte(c, ' ');
            column = end;
        } else {
            int width = u.valid ? utf8_width(u.code, r->locale) : 1;
            uint64_t wide = width > 0 ? (uint64_t)width : 0;
            if (!is_out(r, column + wide) && !is_out(r, column + (wide ? 1 : 0)))
                call_print(c, str_first(line, u.length));
            else
                for (uint64_t i = column + 1; i <= column + wide; i++)
                    if (!is_out(r, i))
                        call_print_byte(c, ' ');
            column += wide;
            dropping = is_out(r, column);
        }
        line = str_after(line, u.length);
    }
}

static enum step colrm_step(struct call *c)
{
    struct colrm *r = c->state;

    if (call_has(c, 'h') || call_has(c, 'V')) {
        if (call_has(c, 'h'))
            call_print_help(c);
        else
            call_print_text(c, "colrm from util-linux 2.38.1\n");
        return call_done(c);
    }
    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        switch (text_lines(c, &r->lines, '\n', &r->piece)) {
        case INPUT_WAIT: return STEP_WAIT;
        case INPUT_END: return call_done(c);
        case INPUT_MORE: break;
        }
        while (r->piece.length) {
            ptrdiff_t at = str_find(r->piece, '\n');
            put_line(c, r, at < 0 ? r->piece : str_first(r->piece, (size_t)at));
            if (at >= 0)
                call_print_byte(c, '\n');
            r->piece = str_after(r->piece, at < 0 ? r->piece.length : (size_t)at + 1);
            call_charge(c, 1);
        }
    }
}

const struct command command_colrm = {
    .name = "colrm",
    .usage = "[startcol [endcol]]",
    .summary = "Filter out the specified columns.",
    .help = "colrm reads from standard input and writes to standard output.",
    .options = options,
    .state = sizeof(struct colrm),
    .start = colrm_start,
    .step = colrm_step,
};
