/* builtins/pr/pages.c - pages of columns: taking lines from the files, what is skipped, stored and put into rows. */
#include "builtins/pr/pr.h"

/* --- taking lines ------------------------------------------------------------------------------------------ */

/* The next piece of a file, up to a newline, a form feed (and a newline behind it) or its end. 0, E_WAIT, or PR_OVER when the
 * file cannot be read. */
static int take_piece(struct call *c, struct pr *p, struct pr_source *s)
{
    ptrdiff_t feed;

    if (!s->some) {
        switch (text_source_line(c, &s->text, '\n')) {
        case INPUT_WAIT:
            return E_WAIT;
        case INPUT_END:
            if (s->text.input->error) {
                struct str name = !s->text.name.data || str_is(s->text.name, "-") ? str_lit("standard input") : s->text.name;
                call_error(c, "%S: %m", call_quote_for_colon(c, name), s->text.input->error);
                return PR_OVER;
            }
            p->text = (struct str){0};
            p->ending = PR_END;
            return 0;
        case INPUT_MORE:
            s->left = s->text.line;
            s->some = true;
        }
    }
    feed = str_find(s->left, '\f');
    if (feed < 0) {
        p->text = s->left;
        p->ending = s->text.unended ? PR_END : PR_NEWLINE;
        s->some = false;
    } else {
        p->text = str_first(s->left, (size_t)feed);
        p->ending = PR_FEED;
        s->left = str_after(s->left, (size_t)feed + 1);
        s->some = s->left.length > 0;
    }
    return 0;
}

/* The same, but for a form feed that comes just where a page was full anyway. */
static int take(struct call *c, struct pr *p, struct pr_column *column)
{
    for (;;) {
        int answer = take_piece(c, p, column->source);
        bool again = column->full && p->ending == PR_FEED && p->text.length == 0;
        if (answer)
            return answer;
        column->full = false;
        if (!again)
            return 0;
    }
}

/* --- the states of columns ------------------------------------------------------------------------------------ */

bool pr_is_ready(const struct pr *p)
{
    for (int64_t i = 0; i < p->column_count; i++) {
        const struct pr_column *q = &p->columns[i];
        if (q->state == PR_OPEN || q->state == PR_FED || (p->storing && q->stored > 0 && q->to_print > 0))
            return true;
    }
    return false;
}

bool pr_is_stuck(const struct pr *p)
{
    for (int64_t i = 0; i < p->column_count; i++)
        if (p->columns[i].to_print > 0 || p->columns[i].state == PR_FED)
            return false;
    return true;
}

static void close_column(struct pr *p, struct pr_column *column)
{
    if (column->state == PR_CLOSED)
        return;
    if (p->merge) {
        column->state = PR_CLOSED;
        column->to_print = 0;
    } else {
        for (int64_t i = 0; i < p->column_count; i++) {
            p->columns[i].state = PR_CLOSED;
            if (p->columns[i].stored == 0)
                p->columns[i].to_print = 0;
        }
    }
    p->live--;
}

static void hold_column(struct pr *p, struct pr_column *column)
{
    if (p->merge)
        column->state = PR_HELD;
    else
        for (int64_t i = 0; i < p->column_count; i++)
            p->columns[i].state = p->storing ? PR_FED : PR_HELD;
    column->to_print = 0;
    p->live--;
}

static void go_on(struct pr *p)
{
    for (int64_t i = 0; i < p->column_count; i++)
        if (p->columns[i].state == PR_HELD) {
            p->columns[i].state = PR_OPEN;
            p->live++;
        }
    if (p->storing)
        p->live = p->columns[0].state != PR_CLOSED;
}

/* What the end of the piece taken means for the column it was put into. */
static void end_piece(struct pr *p, struct pr_column *column)
{
    if (p->ending == PR_END) {
        close_column(p, column);
    } else if (p->ending == PR_FEED) {
        p->feed_due |= p->keep_feeds;
        hold_column(p, column);
    }
}

/* --- skipping --------------------------------------------------------------------------------------------------- */

static int skip_line(struct call *c, struct pr *p, struct pr_column *column, int64_t number)
{
    bool last = p->skip_line + 1 == p->body || p->body <= 1;
    int answer = take(c, p, column);

    if (answer)
        return answer;
    column->full = last && p->ending != PR_FEED;
    if (p->ending == PR_FEED) {
        if (last && !p->merge)
            for (int64_t i = 0; i < p->column_count; i++)
                p->columns[i].full = false;
        hold_column(p, column);
    } else if (p->ending == PR_END) {
        close_column(p, column);
    }
    if (p->count_skipped && (!p->merge || number == 0) && !(p->ending == PR_FEED && p->text.length == 0))
        p->skipped_lines = (int32_t)((uint32_t)p->skipped_lines + 1);
    return 0;
}

int pr_skip(struct call *c, struct pr *p)
{
    while (p->skip_page < p->first_page) {
        struct pr_column *column = &p->columns[p->skip_column];
        if (!call_go(c))
            return PR_LATER;
        if (column->state == PR_OPEN) {
            int answer = skip_line(c, p, column, p->skip_column);
            if (answer)
                return answer;
        }
        call_charge(c, 1);
        if (++p->skip_column < p->column_count)
            continue;
        p->skip_column = 0;
        if (++p->skip_line < p->body)
            continue;
        p->skip_line = 0;
        if (p->storing)
            for (int64_t i = 0; i < p->column_count; i++)
                if (p->columns[i].state != PR_CLOSED)
                    p->columns[i].state = PR_HELD;
        go_on(p);
        if (p->live < 1) {
            call_warn(c, "starting page number %llu exceeds page count %llu", (unsigned long long)p->first_page,
                      (unsigned long long)p->skip_page);
            p->skip_page = p->first_page;
            return PR_BEYOND;
        }
        p->skip_page++;
    }
    return PR_GO;
}

/* --- a cell ------------------------------------------------------------------------------------------------------ */

/* Blanks, the separator and the number of a column that has no text in this row. */
static void put_empty(struct call *c, struct pr *p, const struct pr_column *column)
{
    p->pad_to = column->start;
    if ((int64_t)p->separator.length < p->pad_to) {
        pr_pad(c, p, p->pad_to - (int64_t)p->separator.length);
        p->pad_to = 0;
    }
    if (p->has_separator)
        pr_put_separators(c, p);
    if (column->numbered)
        pr_put_number(c, p);
}

/* What stands in front of a cell's text. */
static void begin_cell(struct call *c, struct pr *p, const struct pr_column *column)
{
    p->printed = true;
    if (p->header_due)
        pr_put_header(c, p);
    if (p->merge && p->align) { /* the columns before are empty, and the row begins here */
        int64_t count = p->separators;
        p->separators = 0;
        for (int64_t i = 0; i < count; i++) {
            put_empty(c, p, &p->columns[i]);
            p->separators++;
        }
        p->pad_to = column->start;
        p->blanks = p->truncate ? p->column_width : 0;
        p->align = false;
    }
    if (p->pad_to != 0) {
        pr_pad(c, p, p->pad_to - (int64_t)p->separator.length);
        p->pad_to = 0;
    }
    if (p->has_separator)
        pr_put_separators(c, p);
}

/* Puts the piece taken into the row, or into the store. */
static void put_piece(struct call *c, struct pr *p, struct pr_column *column)
{
    struct pr_look look = {0};

    if (p->text.length == 0 && p->ending == PR_FEED) {
        p->only_feed = true;
        if (p->header_due && !p->into_store) {
            p->printed = true;
            pr_put_header(c, p);
            hold_column(p, column);
        } else {
            end_piece(p, column);
        }
        return;
    }
    if (p->text.length == 0 && p->ending == PR_END) {
        close_column(p, column);
        return;
    }
    if (p->text.length > 0) {
        look = pr_look(p, p->text.data[0]);
        if (p->truncate && pr_look_end(p, look) > p->column_width) {
            end_piece(p, column);
            return;
        }
    }
    if (!p->into_store)
        begin_cell(c, p, column);
    if (column->numbered)
        pr_put_number(c, p);
    p->empty_row = false;
    if (p->text.length > 0) {
        /* The first character is always put: only its own width was asked about, not that of the number. */
        pr_put_look(c, p, p->text.data[0], look);
        pr_put_text(c, p, str_after(p->text, 1));
    }
    end_piece(p, column);
}

/* --- storing a page of columns ----------------------------------------------------------------------------------- */

/* Shares the lines stored out among the columns. */
static void balance(struct pr *p)
{
    int64_t total = (int64_t)p->line_count;
    size_t first = 0;

    for (int64_t i = 0; i < p->column_count; i++) {
        p->columns[i].stored = total / p->column_count + (i < total % p->column_count);
        p->columns[i].next = first;
        p->columns[i].to_print = p->columns[i].stored;
        first += (size_t)p->columns[i].stored;
    }
}

int pr_store_page(struct call *c, struct pr *p)
{
    p->into_store = true;
    while (p->live > 0 && p->store_column < p->column_count) {
        struct pr_column *column = &p->columns[p->store_column];
        size_t from = p->store.length;
        if (!call_go(c))
            return PR_LATER;
        if (column->state == PR_OPEN) {
            int answer = take(c, p, column);
            if (answer)
                return answer;
            p->input_at = 0;
            put_piece(c, p, column);
            call_charge_bytes(c, p->store.length - from);
            if (column->state == PR_OPEN || p->store.length > from) {
                column->stored++;
                p->lines = array_grow(c->heap, p->lines, p->line_count, sizeof *p->lines);
                p->lines[p->line_count++] = (struct pr_stored){from, p->store.length, p->input_at};
            }
        }
        call_charge(c, 1);
        if (++p->store_line >= p->body) {
            p->store_line = 0;
            p->store_column++;
        }
    }
    p->into_store = false;
    balance(p);
    return PR_GO;
}

static void put_stored_cell(struct call *c, struct pr *p, struct pr_column *column)
{
    size_t number = column->next++;
    const struct pr_stored *line = number < p->line_count ? &p->lines[number] : NULL;

    p->printed = true;
    if (p->header_due)
        pr_put_header(c, p);
    if (column->state == PR_FED) {
        for (int64_t i = 0; i < p->column_count; i++)
            p->columns[i].state = PR_HELD;
        if (p->columns[0].to_print <= 0) { /* a page without text */
            p->printed = p->headers;
            return;
        }
    }
    if (p->pad_to != 0) {
        pr_pad(c, p, p->pad_to - (int64_t)p->separator.length);
        p->pad_to = 0;
    }
    if (p->has_separator)
        pr_put_separators(c, p);
    if (line)
        pr_put_stored(c, p, str_of(p->store.data + line->from, line->to - line->from));
    if (p->blanks == 0) {
        p->output_at = column->start + (line ? line->width : 0);
        if (column->start - (int64_t)p->separator.length == p->margin)
            p->output_at -= (int64_t)p->separator.length;
    }
}

/* --- rows and pages ------------------------------------------------------------------------------------------------- */

void pr_begin_page(struct pr *p)
{
    if (p->storing) {
        buf_clear(&p->store);
        p->line_count = 0;
        p->store_column = p->store_line = 0;
        for (int64_t i = 0; i < p->column_count; i++)
            p->columns[i].stored = 0;
    } else {
        for (int64_t i = 0; i < p->column_count; i++)
            p->columns[i].to_print = p->columns[i].state == PR_OPEN ? p->body : 0;
    }
}

void pr_begin_row(struct pr *p)
{
    p->output_at = p->blanks = p->separators = 0;
    p->printed = p->align = false;
    p->empty_row = true;
    p->cell = 0;
}

int pr_cells(struct call *c, struct pr *p)
{
    for (; p->cell < p->column_count; p->cell++) {
        struct pr_column *column = &p->columns[p->cell];
        size_t from = c->out.length;
        if (!call_go(c))
            return PR_LATER;
        if (column->to_print > 0 || column->state == PR_FED) {
            if (!p->storing) {
                int answer = take(c, p, column);
                if (answer)
                    return answer;
            }
            call_charge(c, 1);
            p->input_at = 0;
            p->only_feed = false;
            p->pad_to = column->start;
            if (p->storing)
                put_stored_cell(c, p, column);
            else
                put_piece(c, p, column);
            p->page_printed |= p->printed;
            call_charge_bytes(c, c->out.length - from);
            if (--column->to_print <= 0 && !pr_is_ready(p))
                return PR_GO;
            if (p->merge && column->state != PR_OPEN) {
                if (p->empty_row)
                    p->align = true;
                else if (column->state == PR_CLOSED || (column->state == PR_HELD && p->only_feed))
                    put_empty(c, p, column);
            }
        } else if (p->merge) {
            call_charge(c, 1);
            p->input_at = 0;
            if (p->empty_row)
                p->align = true;
            else
                put_empty(c, p, column);
        }
        if (p->has_separator)
            p->separators++;
    }
    return PR_GO;
}

bool pr_end_row(struct call *c, struct pr *p)
{
    if (p->printed) {
        call_print_byte(c, '\n');
        p->lines_left--;
    }
    if (!pr_is_ready(p) && !p->headers)
        return false;
    if (p->twice && p->page_printed) {
        call_print_byte(c, '\n');
        p->lines_left--;
    }
    return true;
}

bool pr_end_page(struct call *c, struct pr *p)
{
    if (p->lines_left == 0)
        for (int64_t i = 0; i < p->column_count; i++)
            p->columns[i].full |= p->columns[i].state == PR_OPEN;
    if (p->page_printed && p->headers) {
        if (p->form_feed)
            call_print_byte(c, '\f');
        else
            buf_fill(&c->out, '\n', (size_t)(p->lines_left + 5 > 0 ? p->lines_left + 5 : 0));
        call_charge_bytes(c, (size_t)(p->lines_left + 5 > 0 ? p->lines_left + 5 : 0));
    } else if (p->keep_feeds && p->feed_due) {
        call_print_byte(c, '\f');
        p->feed_due = false;
    }
    if (p->last_page < ++p->page)
        return false;
    go_on(p);
    return true;
}
