/* builtins/pr/put.c - what stands in a row: text as the options show it, numbers, separators, blanks; and the header. */
#include "builtins/pr/pr.h"

#include "base/number.h"

/* Columns from `at` to the next of the stops that are `every` apart. */
static int64_t to_tab(int64_t every, int64_t at)
{
    return every - at % every;
}

static bool is_printable(char byte)
{
    return byte >= ' ' && byte <= '~';
}

/* --- blanks and separators ------------------------------------------------------------------------------- */

void pr_put_blanks(struct call *c, struct pr *p)
{
    int64_t at = p->output_at, goal = at + p->blanks;

    while (goal - at > 1 && at + to_tab(p->out_tab_width, at) <= goal) {
        buf_add_byte(&c->out, p->out_tab);
        at += to_tab(p->out_tab_width, at);
    }
    if (goal > at)
        buf_fill(&c->out, ' ', (size_t)(goal - at));
    p->output_at = goal;
    p->blanks = 0;
}

static void put_owed(struct call *c, struct pr *p)
{
    if (p->blanks > 0)
        pr_put_blanks(c, p);
}

void pr_pad(struct call *c, struct pr *p, int64_t to)
{
    if (p->tabify) {
        p->blanks = to - p->output_at;
        return;
    }
    if (to > p->output_at)
        buf_fill(&c->out, ' ', (size_t)(to - p->output_at));
    p->output_at = to;
}

/* Of several separators that are owed, all but the first are empty columns and show as blanks only. */
void pr_put_separators(struct call *c, struct pr *p)
{
    if (p->separators > 0)
        for (size_t i = 0; i < p->separator.length; i++) {
            char byte = p->separator.data[i];
            if (byte == ' ') {
                p->blanks++;
                continue;
            }
            put_owed(c, p);
            buf_add_byte(&c->out, byte);
            p->output_at++;
        }
    put_owed(c, p);
    p->separators = 0;
}

/* --- text --------------------------------------------------------------------------------------------------- */

struct pr_look pr_look(const struct pr *p, char byte)
{
    if (byte == p->tab || byte == '\t')
        return (struct pr_look){PR_TAB, to_tab(byte == p->tab ? p->tab_width : 8, p->input_at)};
    if (is_printable(byte))
        return (struct pr_look){PR_PLAIN, 1};
    if (p->octal || (p->hat && (unsigned char)byte >= 0x80))
        return (struct pr_look){PR_OCTAL, 4};
    if (p->hat)
        return (struct pr_look){PR_HAT, 2};
    if (byte == '\b') /* not beyond the cell's beginning */
        return p->input_at > 0 ? (struct pr_look){PR_BACK, -1} : (struct pr_look){PR_NOTHING, 0};
    return (struct pr_look){PR_ZERO, 0};
}

int64_t pr_look_end(const struct pr *p, struct pr_look look)
{
    return p->input_at + look.width;
}

static void put_spaces(struct call *c, struct pr *p, int64_t count)
{
    if (p->into_store)
        buf_fill(&p->store, ' ', (size_t)count);
    else if (p->tabify)
        p->blanks += count;
    else
        buf_fill(&c->out, ' ', (size_t)count);
}

/* Bytes that are no blanks and of which `columns` show. */
static void put_bytes(struct call *c, struct pr *p, struct str bytes, int64_t columns)
{
    if (p->into_store) {
        buf_add(&p->store, bytes);
        return;
    }
    if (p->tabify) {
        put_owed(c, p);
        p->output_at += columns;
    }
    buf_add(&c->out, bytes);
}

static void put_printable(struct call *c, struct pr *p, struct str text)
{
    if (p->into_store || !p->tabify) {
        put_bytes(c, p, text, (int64_t)text.length);
        return;
    }
    while (text.length > 0) {
        size_t words = 0, spaces = 0;
        while (words < text.length && text.data[words] != ' ')
            words++;
        if (words > 0)
            put_bytes(c, p, str_first(text, words), (int64_t)words);
        text = str_after(text, words);
        while (spaces < text.length && text.data[spaces] == ' ')
            spaces++;
        p->blanks += (int64_t)spaces;
        text = str_after(text, spaces);
    }
}

void pr_put_look(struct call *c, struct pr *p, char byte, struct pr_look look)
{
    unsigned char value = (unsigned char)byte;
    char shown[4] = {'\\', (char)('0' + (value >> 6)), (char)('0' + ((value >> 3) & 7)), (char)('0' + (value & 7))};

    switch (look.shape) {
    case PR_PLAIN:
        put_printable(c, p, str_of(&byte, 1));
        break;
    case PR_TAB:
        if (p->expand)
            put_spaces(c, p, look.width);
        else
            put_bytes(c, p, str_of(&byte, 1), is_printable(byte) ? 1 : byte == '\b' ? -1 : 0);
        break;
    case PR_OCTAL:
        put_bytes(c, p, str_of(shown, 4), 4);
        break;
    case PR_HAT:
        shown[0] = '^';
        shown[1] = byte ^ 0x40;
        put_bytes(c, p, str_of(shown, 2), 2);
        break;
    case PR_BACK:
        put_bytes(c, p, str_of(&byte, 1), -1);
        break;
    case PR_NOTHING:
        break;
    case PR_ZERO:
        put_bytes(c, p, str_of(&byte, 1), 0);
        break;
    }
    p->input_at = pr_look_end(p, look);
}

void pr_put_text(struct call *c, struct pr *p, struct str text)
{
    /* The columns of the text matter to what cuts or expands, to backspaces, and to stored lines. */
    if (!p->truncate && !p->expand && !p->tabify && !p->octal && !p->hat && !p->into_store && str_find(text, '\b') < 0) {
        buf_add(&c->out, text);
        return;
    }
    for (size_t i = 0; i < text.length;) {
        size_t run = i;
        while (run < text.length && is_printable(text.data[run]) && text.data[run] != p->tab)
            run++;
        if (run > i) {
            int64_t length = (int64_t)(run - i), room = p->column_width - p->input_at;
            if (p->truncate && length > room) {
                if (room > 0) {
                    put_printable(c, p, str_of(text.data + i, (size_t)room));
                    p->input_at += room;
                }
                return;
            }
            put_printable(c, p, str_of(text.data + i, run - i));
            p->input_at += length;
            i = run;
            continue;
        }
        struct pr_look look = pr_look(p, text.data[i]);
        if (p->truncate && pr_look_end(p, look) > p->column_width)
            return;
        pr_put_look(c, p, text.data[i++], look);
    }
}

void pr_put_stored(struct call *c, struct pr *p, struct str text)
{
    for (size_t i = 0; i < text.length;) {
        size_t run = i;
        while (run < text.length && is_printable(text.data[run]))
            run++;
        if (run > i) {
            put_printable(c, p, str_of(text.data + i, run - i));
            i = run;
        } else {
            put_bytes(c, p, str_of(text.data + i, 1), text.data[i] == '\b' ? -1 : 0);
            i++;
        }
    }
}

/* The last digits of the line's number, and what stands behind it. */
void pr_put_number(struct call *c, struct pr *p)
{
    char digits[NUMBER_MOST + 1];
    size_t length = number_write_int(digits, p->line_number);
    int64_t fill = p->number_digits - (int64_t)length;

    p->line_number = (int32_t)((uint32_t)p->line_number + 1);
    if (fill > 0)
        put_spaces(c, p, fill);
    put_printable(c, p, str_after(str_of(digits, length), fill < 0 ? (size_t)-fill : 0));
    if (p->column_count > 1 && p->number_separator == '\t') {
        put_spaces(c, p, p->number_width - p->number_digits);
    } else if (is_printable(p->number_separator)) {
        put_printable(c, p, str_of(&p->number_separator, 1));
    } else {
        put_bytes(c, p, str_of(&p->number_separator, 1), p->number_separator == '\b' ? -1 : 0);
        if (p->column_count == 1 && p->number_separator == '\t')
            p->output_at += to_tab(p->out_tab_width, p->output_at);
    }
    if (p->truncate && !p->merge)
        p->input_at += p->number_width;
}

/* --- the header ------------------------------------------------------------------------------------------------ */

void pr_put_header(struct call *c, struct pr *p)
{
    struct buf page;
    int64_t room, left;

    p->output_at = 0;
    pr_pad(c, p, p->margin);
    pr_put_blanks(c, p);
    buf_init(&page, c->heap);
    buf_print(&page, "Page %llu", (unsigned long long)p->page);
    room = p->header_room - (int64_t)page.length;
    room = room < 0 ? 0 : room;
    left = room / 2;
    call_print_text(c, "\n\n");
    buf_fill(&c->out, ' ', (size_t)p->margin);
    call_format(c, "%S%*s%S%*s%S\n\n\n", buf_str(&p->date), (int)left, " ", p->title, (int)(room - left), " ", buf_str(&page));
    buf_drop(&page);
    p->header_due = false;
    p->output_at = 0;
}
