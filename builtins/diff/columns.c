/* builtins/diff/columns.c - side by side. */
#include "builtins/diff/diff.h"

enum { GUTTER = 3 }; /* columns between the halves, at least */

void diff_set_columns(struct diff *d)
{
    size_t tab = d->expand ? 1 : d->tabs, sum = tab + GUTTER;
    size_t middle = (d->width >> 1) + (sum >> 1) + (d->width & sum & 1);
    size_t column = middle - middle % tab;
    size_t one = column > GUTTER ? column - GUTTER : 0, two = d->width > column ? d->width - column : 0;
    d->half = one < two ? one : two;
    d->column = d->half ? column : d->width;
}

static void add(struct call *c, struct diff *d, char mark, bool left, size_t a, bool right, size_t b, size_t count)
{
    enum diff_color color = mark == '<' ? COLOR_OLD : mark == '>' ? COLOR_NEW : COLOR_NONE;
    diff_add_lines(c, d,
                   (struct piece){.kind = PIECE_COLUMNS,
                                  .color = color,
                                  .mark = mark,
                                  .from = a,
                                  .to = a + count,
                                  .other = b,
                                  .left = left,
                                  .right = right});
}

void diff_add_common(struct call *c, struct diff *d, size_t to_a, size_t to_b)
{
    size_t a = d->next[0], b = d->next[1], both = to_a - a < to_b - b ? to_a - a : to_b - b;
    d->next[0] = to_a;
    d->next[1] = to_b;
    if (d->no_common)
        return;
    if (!d->left_column) {
        add(c, d, ' ', true, a, true, b, both);
        a += both;
        b += both;
        add(c, d, ')', false, 0, true, b, to_b - b);
    }
    add(c, d, '(', true, a, false, 0, to_a - a);
}

void diff_add_columns(struct call *c, struct diff *d, const struct lines_hunk *h)
{
    size_t both = h->a_count < h->b_count ? h->a_count : h->b_count;
    diff_add_common(c, d, h->a_start, h->b_start);
    add(c, d, '|', true, h->a_start, true, h->b_start, both);
    add(c, d, '>', false, 0, true, h->b_start + both, h->b_count - both);
    add(c, d, '<', true, h->a_start + both, false, 0, h->a_count - both);
    d->next[0] = h->a_start + h->a_count;
    d->next[1] = h->b_start + h->b_count;
}

static size_t go_to(struct call *c, const struct diff *d, size_t from, size_t to)
{
    if (!d->expand)
        for (size_t tab = from + d->tabs - from % d->tabs; tab <= to; tab += d->tabs) {
            call_print_byte(c, '\t');
            from = tab;
        }
    if (from < to)
        buf_fill(&c->out, ' ', to - from);
    return to;
}

/* Puts what of a line fits into `bound` columns; answers the column behind it. */
static size_t put_half(struct call *c, const struct diff *d, struct str line, size_t indent, size_t bound)
{
    size_t in = 0, out = 0;
    for (size_t i = 0; i < line.length && line.data[i] != '\n';) {
        char byte = line.data[i];
        if (byte >= ' ' && byte <= '~') {
            if (in++ < bound) {
                out = in;
                call_print_byte(c, byte);
            }
            i++;
        } else if (byte == '\t') {
            size_t spaces = d->tabs - in % d->tabs;
            if (in == out && d->expand) {
                size_t stop = out + spaces < bound ? out + spaces : bound;
                for (; out < stop; out++)
                    call_print_byte(c, ' ');
            } else if (in == out && out + spaces < bound) {
                out += spaces;
                call_print_byte(c, byte);
            }
            in += spaces;
            i++;
        } else if (byte == '\r') {
            call_print_byte(c, byte);
            go_to(c, d, 0, indent);
            in = out = 0;
            i++;
        } else if (byte == '\b') {
            if (in != 0 && --in < bound) {
                if (out <= in) {
                    for (; out < in; out++)
                        call_print_byte(c, ' ');
                } else {
                    out = in;
                    call_print_byte(c, byte);
                }
            }
            i++;
        } else {
            struct utf8_char one = utf8_first(str_after(line, i), call_locale(c));
            if (one.valid && one.code != 0 && byte != '\f' && byte != '\v' &&
                (one.code < 0x80 || call_locale(c) == LOCALE_UTF8)) {
                int width = utf8_width(one.code, LOCALE_UTF8);
                in += width > 0 ? (size_t)width : 0;
                if (in <= bound) {
                    out = in;
                    call_print(c, str_of(line.data + i, one.length));
                }
                i += one.length;
            } else {
                if (in < bound)
                    call_print_byte(c, byte);
                i++;
            }
        }
    }
    return out;
}

static bool is_ended(struct str line)
{
    return line.length > 0 && line.data[line.length - 1] == '\n';
}

void diff_put_columns(struct call *c, struct diff *d, const struct piece *p, size_t at)
{
    size_t column = 0;
    bool newline = false;
    struct str right = {0};
    char mark = p->mark;
    if (p->right)
        right = lines_get(d->lines, 1, p->other + at - p->from);
    if (p->left) {
        struct str left = lines_get(d->lines, 0, at);
        newline = is_ended(left);
        column = put_half(c, d, left, 0, d->half);
    }
    if (mark != ' ') {
        column = go_to(c, d, column, (d->half + d->column - 1) / 2) + 1;
        if (mark == '|' && newline != is_ended(right))
            mark = newline ? '/' : '\\';
        call_print_byte(c, mark);
    }
    if (p->right) {
        newline |= is_ended(right);
        if (right.data[0] != '\n') {
            column = go_to(c, d, column, d->column);
            put_half(c, d, right, column, d->half);
        }
    }
    if (newline)
        call_print_byte(c, '\n');
}
