/* builtins/diff/print.c - the formats, and printing. */
#include "builtins/diff/diff.h"
#include "builtins/stamp.h"

enum { FUNCTION_SHOWN = 40 }; /* bytes of a function's line */

/* --- pieces -------------------------------------------------------------------------------------------------- */

static struct piece *add_piece(struct call *c, struct diff *d, struct piece piece)
{
    d->pieces = array_grow(c->heap, d->pieces, d->piece_count, sizeof *d->pieces);
    d->pieces[d->piece_count] = piece;
    return &d->pieces[d->piece_count++];
}

void diff_add_lines(struct call *c, struct diff *d, struct piece piece)
{
    if (piece.from < piece.to)
        add_piece(c, d, piece);
}

void diff_add_words(struct call *c, struct diff *d, size_t from)
{
    if (from < d->words.length)
        add_piece(c, d, (struct piece){.kind = PIECE_TEXT, .from = from, .to = d->words.length});
}

static void set_color(struct buf *out, const struct diff *d, enum diff_color color)
{
    if (d->color && color != COLOR_NONE)
        buf_print(out, "\033[%Sm", d->colors[color]);
}

/* --- lines ----------------------------------------------------------------------------------------------------- */

void diff_put_line(struct call *c, const struct diff *d, struct str line, const char *flag, char space)
{
    size_t column = 0;
    if (!d->expand) {
        call_print(c, line);
        return;
    }
    for (size_t i = 0; i < line.length; i++) {
        char byte = line.data[i];
        if (byte == '\t') {
            size_t spaces = d->tabs - column % d->tabs;
            column += spaces;
            buf_fill(&c->out, ' ', spaces);
            continue;
        }
        if (byte == '\b' && column == 0)
            continue;
        call_print_byte(c, byte);
        if (byte == '\r') {
            column = 0;
            if (flag && i + 1 < line.length && line.data[i + 1] != '\n')
                call_format(c, space ? "%s%c" : "%s", flag, space);
        } else if (byte == '\b') {
            column--;
        } else {
            column += byte >= ' ' && byte <= '~';
        }
    }
}

/* A line behind its flag or mark, and the note that it has no newline. */
static void put_flagged(struct call *c, const struct diff *d, const struct piece *p, struct str line)
{
    char mark[2] = {p->mark, 0};
    bool unified = p->kind == PIECE_MARKED, empty = line.data[0] == '\n' && d->no_blank;
    bool unended = line.data[line.length - 1] != '\n';
    struct str text = str_first(line, line.length - !unended);
    char tab = d->initial_tab ? '\t' : 0;
    set_color(&c->out, d, p->color);
    if (unified && p->mark == ' ') {
        if (!empty)
            call_print_byte(c, tab ? tab : ' ');
    } else if (unified) {
        call_print_text(c, mark);
        if (tab && !empty)
            call_print_byte(c, tab);
    } else {
        if (!empty || p->flag[0] != ' ')
            call_print_text(c, p->flag);
        if (!empty)
            call_print_byte(c, tab ? tab : ' ');
    }
    if (unified)
        diff_put_line(c, d, text, NULL, 0);
    else
        diff_put_line(c, d, text, p->flag, empty ? 0 : tab ? tab : ' ');
    if (p->color != COLOR_NONE)
        set_color(&c->out, d, COLOR_RESET);
    call_print_byte(c, '\n');
    if (unended)
        call_print_text(c, "\\ No newline at end of file\n");
}

/* A lone dot would end the input of ed: it is doubled and made single again. */
static void put_ed(struct call *c, struct diff *d, struct str line)
{
    if (!d->inserting) {
        call_print_text(c, "a\n");
        d->inserting = true;
    }
    if (str_is(line, ".\n")) {
        call_print_text(c, "..\n.\ns/.//\n");
        d->inserting = false;
    } else {
        diff_put_line(c, d, line, NULL, 0);
    }
}

static void put_piece_line(struct call *c, struct diff *d, const struct piece *p, size_t line)
{
    switch (p->kind) {
    case PIECE_FLAGGED:
    case PIECE_MARKED: put_flagged(c, d, p, lines_get(d->lines, p->side, line)); break;
    case PIECE_BARE: diff_put_line(c, d, lines_get(d->lines, p->side, line), NULL, 0); break;
    case PIECE_ED: put_ed(c, d, lines_get(d->lines, p->side, line)); break;
    case PIECE_FORMAT: diff_put_formatted(c, d, p, line); break;
    case PIECE_COLUMNS:
        set_color(&c->out, d, p->color);
        diff_put_columns(c, d, p, line);
        if (p->color != COLOR_NONE)
            set_color(&c->out, d, COLOR_RESET);
        break;
    case PIECE_TEXT: break;
    }
}

bool diff_print(struct call *c, struct diff *d)
{
    for (; d->piece < d->piece_count; d->piece++, d->piece_line = 0) {
        const struct piece *p = &d->pieces[d->piece];
        if (!call_go(c))
            return false;
        if (p->kind == PIECE_TEXT) {
            call_print(c, str_of(d->words.data + p->from, p->to - p->from));
            call_charge_bytes(c, p->to - p->from);
            call_charge(c, 1);
            continue;
        }
        if (p->kind == PIECE_ED && d->piece_line == 0)
            d->inserting = true;
        while (p->from + d->piece_line < p->to) {
            if (!call_go(c))
                return false;
            size_t before = c->out.length;
            put_piece_line(c, d, p, p->from + d->piece_line++);
            call_charge(c, 1);
            call_charge_bytes(c, c->out.length - before);
        }
        if (p->kind == PIECE_ED && d->inserting)
            call_print_text(c, ".\n");
    }
    d->piece_count = d->piece = 0;
    buf_clear(&d->words);
    return true;
}

/* --- headers
 * ----------------------------------------------------------------------------------------------------- */

/* A name that would be misread is quoted as in C, byte by byte. */
static void add_name(struct buf *out, struct str name)
{
    bool plain = true;
    for (size_t i = 0; i < name.length; i++)
        plain &= name.data[i] > ' ' && name.data[i] != '"' && name.data[i] != '\\';
    if (plain) {
        buf_add(out, name);
        return;
    }
    buf_add_byte(out, '"');
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        static const char controls[] = "\a\b\t\n\v\f\r";
        const char *at = byte ? strchr(controls, byte) : NULL;
        if (at)
            buf_print(out, "\\%c", "abtnvfr"[at - controls]);
        else if (byte < ' ' || byte >= 0x80)
            buf_print(out, "\\%03o", byte);
        else if (byte == '"' || byte == '\\')
            buf_print(out, "\\%c", byte);
        else
            buf_add_byte(out, (char)byte);
    }
    buf_add_byte(out, '"');
}

static void add_heading(struct call *c, struct diff *d, const char *mark, int side)
{
    set_color(&d->words, d, COLOR_HEADER);
    buf_print(&d->words, "%s ", mark);
    if (d->labels[side].data) {
        buf_add(&d->words, d->labels[side]);
    } else {
        bool old = d->style == DIFF_CONTEXT && call_locale(c) == LOCALE_C;
        add_name(&d->words, d->sides[side].name);
        buf_add_byte(&d->words, '\t');
        stamp_print(c, &d->words, old ? str_lit("%a %b %e %T %Y") : str_lit("%Y-%m-%d %H:%M:%S.%N %z"),
                    d->sides[side].info.mtime);
    }
    set_color(&d->words, d, COLOR_RESET);
    buf_add_byte(&d->words, '\n');
}

void diff_begin(struct call *c, struct diff *d)
{
    size_t from = d->words.length;
    if (d->begun)
        return;
    d->begun = true;
    if (d->level_count > 0) {
        buf_add(&d->words, buf_str(&d->command));
        for (int i = 0; i < 2; i++) {
            buf_add_byte(&d->words, ' ');
            add_name(&d->words, diff_label(d, i));
        }
        buf_add_byte(&d->words, '\n');
    }
    if (d->style == DIFF_CONTEXT || d->style == DIFF_UNIFIED) {
        add_heading(c, d, d->style == DIFF_CONTEXT ? "***" : "---", 0);
        add_heading(c, d, d->style == DIFF_CONTEXT ? "---" : "+++", 1);
    }
    diff_add_words(c, d, from);
}

/* --- the formats of single changes
 * ---------------------------------------------------------------------------------- */

/* A range of lines as diff writes it: of an empty one, the line before. */
static void add_range(struct buf *out, char between, size_t start, size_t count)
{
    if (count > 1)
        buf_print(out, "%zu%c%zu", start + 1, between, start + count);
    else
        buf_print(out, "%zu", start + count);
}

static void add_normal(struct call *c, struct diff *d, const struct lines_hunk *h)
{
    enum diff_change change = diff_change(h);
    size_t from = d->words.length;
    set_color(&d->words, d, COLOR_NUMBERS);
    add_range(&d->words, ',', h->a_start, h->a_count);
    buf_add_byte(&d->words, " dac"[change]);
    add_range(&d->words, ',', h->b_start, h->b_count);
    set_color(&d->words, d, COLOR_RESET);
    buf_add_byte(&d->words, '\n');
    diff_add_words(c, d, from);
    diff_add_lines(c, d, (struct piece){.kind = PIECE_FLAGGED, .color = COLOR_OLD, .flag = "<", .from = h->a_start,
                                        .to = h->a_start + h->a_count});
    from = d->words.length;
    if (change == CHANGE_BOTH)
        buf_add_text(&d->words, "---\n");
    diff_add_words(c, d, from);
    diff_add_lines(c, d,
                   (struct piece){.kind = PIECE_FLAGGED,
                                  .color = COLOR_NEW,
                                  .side = 1,
                                  .flag = ">",
                                  .from = h->b_start,
                                  .to = h->b_start + h->b_count});
}

static void add_ed(struct call *c, struct diff *d, const struct lines_hunk *h)
{
    size_t from = d->words.length;
    bool forward = d->style == DIFF_FORWARD_ED;
    char letter = " dac"[diff_change(h)];
    if (forward)
        buf_add_byte(&d->words, letter);
    add_range(&d->words, forward ? ' ' : ',', h->a_start, h->a_count);
    if (!forward)
        buf_add_byte(&d->words, letter);
    buf_add_byte(&d->words, '\n');
    diff_add_words(c, d, from);
    diff_add_lines(c, d, (struct piece){.kind = forward ? PIECE_BARE : PIECE_ED, .side = 1, .from = h->b_start,
                                        .to = h->b_start + h->b_count});
    from = d->words.length;
    if (forward && h->b_count)
        buf_add_text(&d->words, ".\n");
    diff_add_words(c, d, from);
}

static void add_rcs(struct call *c, struct diff *d, const struct lines_hunk *h)
{
    size_t from = d->words.length;
    if (h->a_count)
        buf_print(&d->words, "d%zu %zu\n", h->a_start + 1, h->a_count);
    if (h->b_count)
        buf_print(&d->words, "a%zu %zu\n", h->a_start + h->a_count, h->b_count);
    diff_add_words(c, d, from);
    diff_add_lines(
        c, d, (struct piece){.kind = PIECE_BARE, .side = 1, .from = h->b_start, .to = h->b_start + h->b_count});
}

/* --- the formats with context
 * ---------------------------------------------------------------------------------------- */

/* Changes that are so near that their contexts meet are one hunk: the number of the last one. */
static size_t last_of_hunk(const struct diff *d, size_t at)
{
    size_t near = d->context > SIZE_MAX / 4 ? SIZE_MAX : 2 * d->context + 1;
    for (;; at++) {
        size_t end = d->hunks[at].a_start + d->hunks[at].a_count;
        if (at + 1 == d->hunk_count)
            return at;
        size_t most = d->trivial && d->trivial[at + 1] ? d->context : near;
        if (d->hunks[at + 1].a_start - end >= most)
            return at;
    }
}

/* The last line before `line` that begins a function. */
static bool find_function(struct call *c, struct diff *d, size_t line, struct str *found)
{
    size_t last = d->searched;
    d->searched = line;
    for (size_t i = line; i > last; i--) {
        struct str text = lines_get(d->lines, 0, i - 1);
        text.length -= text.data[text.length - 1] == '\n';
        call_charge(c, 1);
        if (regex_match(d->function, text, 0, 0, NULL, 0) == REGEX_YES) {
            d->found = i;
            break;
        }
    }
    if (!d->found)
        return false;
    *found = lines_get(d->lines, 0, d->found - 1);
    return true;
}

static void add_function(struct call *c, struct diff *d, size_t line)
{
    struct str text;
    size_t from = 0;
    if (!d->function || !find_function(c, d, line, &text))
        return;
    while (from < text.length && text.data[from] != '\n' && utf8_byte_is(text.data[from], UTF8_SPACE))
        from++;
    text = str_first(str_after(text, from), FUNCTION_SHOWN);
    ptrdiff_t end = str_find(text, '\n');
    if (end >= 0)
        text.length = (size_t)end;
    while (text.length && utf8_byte_is(text.data[text.length - 1], UTF8_SPACE))
        text.length--;
    buf_add_byte(&d->words, ' ');
    buf_add(&d->words, text);
}

struct window {
    size_t first, last; /* changes */
    size_t from[2], to[2];
    enum diff_change change;
};

static struct window window_of(const struct diff *d, size_t first, size_t last)
{
    const struct lines_hunk *one = &d->hunks[first], *end = &d->hunks[last];
    struct window w = {.first = first, .last = last};
    size_t starts[2] = {one->a_start, one->b_start},
           ends[2] = {end->a_start + end->a_count, end->b_start + end->b_count};
    for (int i = 0; i < 2; i++) {
        size_t count = lines_count(d->lines, i);
        w.from[i] = starts[i] > d->context ? starts[i] - d->context : 0;
        w.to[i] = count - ends[i] > d->context ? ends[i] + d->context : count;
    }
    for (size_t i = first; i <= last; i++)
        w.change |= diff_change(&d->hunks[i]);
    return w;
}

static void add_unified_range(struct buf *out, size_t from, size_t to)
{
    if (to - from == 1)
        buf_print(out, "%zu", to);
    else
        buf_print(out, "%zu,%zu", to > from ? from + 1 : to, to - from);
}

static void add_unified(struct call *c, struct diff *d, const struct window *w)
{
    struct piece p = {.kind = PIECE_MARKED};
    size_t from = d->words.length, at = w->from[0];
    set_color(&d->words, d, COLOR_NUMBERS);
    buf_add_text(&d->words, "@@ -");
    add_unified_range(&d->words, w->from[0], w->to[0]);
    buf_add_text(&d->words, " +");
    add_unified_range(&d->words, w->from[1], w->to[1]);
    buf_add_text(&d->words, " @@");
    set_color(&d->words, d, COLOR_RESET);
    add_function(c, d, w->from[0]);
    buf_add_byte(&d->words, '\n');
    diff_add_words(c, d, from);
    for (size_t i = w->first; i <= w->last + 1; i++) {
        const struct lines_hunk *h = i <= w->last ? &d->hunks[i] : NULL;
        p.side = 0, p.mark = ' ', p.color = COLOR_NONE, p.from = at, p.to = h ? h->a_start : w->to[0];
        diff_add_lines(c, d, p);
        if (!h)
            break;
        p.mark = '-', p.color = COLOR_OLD, p.from = h->a_start, p.to = at = h->a_start + h->a_count;
        diff_add_lines(c, d, p);
        p.side = 1, p.mark = '+', p.color = COLOR_NEW, p.from = h->b_start, p.to = h->b_start + h->b_count;
        diff_add_lines(c, d, p);
    }
}

/* One side of a hunk in the context format. */
static void add_context_side(struct call *c, struct diff *d, const struct window *w, int side)
{
    struct piece p = {.kind = PIECE_FLAGGED, .side = side, .color = side ? COLOR_NEW : COLOR_OLD};
    size_t from = d->words.length, at = w->from[side], count = w->to[side] - w->from[side];
    set_color(&d->words, d, COLOR_NUMBERS);
    buf_add_text(&d->words, side ? "--- " : "*** ");
    add_range(&d->words, ',', w->from[side], count);
    buf_add_text(&d->words, side ? " ----" : " ****");
    set_color(&d->words, d, COLOR_RESET);
    buf_add_byte(&d->words, '\n');
    diff_add_words(c, d, from);
    if (!(w->change & (side ? CHANGE_NEW : CHANGE_OLD)))
        return;
    for (size_t i = w->first; i <= w->last; i++) {
        const struct lines_hunk *h = &d->hunks[i];
        size_t start = side ? h->b_start : h->a_start, lines = side ? h->b_count : h->a_count;
        p.flag = " ", p.from = at, p.to = start;
        diff_add_lines(c, d, p);
        p.flag = diff_change(h) == CHANGE_BOTH ? "!" : side ? "+" : "-";
        p.from = start, p.to = at = start + lines;
        diff_add_lines(c, d, p);
    }
    p.flag = " ", p.from = at, p.to = w->to[side];
    diff_add_lines(c, d, p);
}

static void add_context(struct call *c, struct diff *d, const struct window *w)
{
    size_t from = d->words.length;
    buf_add_text(&d->words, "***************");
    add_function(c, d, w->from[0]);
    buf_add_byte(&d->words, '\n');
    diff_add_words(c, d, from);
    add_context_side(c, d, w, 0);
    add_context_side(c, d, w, 1);
}

/* --- one hunk after the other
 * ------------------------------------------------------------------------------------------ */

/* What stands behind the last change. */
static bool add_tail(struct call *c, struct diff *d)
{
    size_t to[2] = {lines_count(d->lines, 0), lines_count(d->lines, 1)};
    if (d->tail || (d->style != DIFF_COLUMNS && d->style != DIFF_GROUPS))
        return false;
    d->tail = true;
    if (d->style == DIFF_COLUMNS) {
        diff_begin(c, d);
        diff_add_common(c, d, to[0], to[1]);
    } else if (d->next[0] < to[0] || d->next[1] < to[1]) {
        diff_begin(c, d);
        diff_add_group(c, d, CHANGE_NONE, d->next, to);
    }
    return true;
}

static void add_with_context(struct call *c, struct diff *d)
{
    size_t first = d->hunk, last = last_of_hunk(d, first);
    bool shown = !d->trivial;
    for (size_t i = first; i <= last && !shown; i++)
        shown = !d->trivial[i];
    d->hunk = last + 1;
    call_charge(c, (int64_t)(1 + (last - first) / 8));
    if (!shown)
        return;
    struct window w = window_of(d, first, last);
    diff_begin(c, d);
    if (d->style == DIFF_UNIFIED)
        add_unified(c, d, &w);
    else
        add_context(c, d, &w);
}

bool diff_next_hunk(struct call *c, struct diff *d)
{
    if (d->hunk == d->hunk_count)
        return add_tail(c, d);
    if (d->style == DIFF_UNIFIED || d->style == DIFF_CONTEXT) {
        add_with_context(c, d);
        return true;
    }
    size_t at = d->style == DIFF_ED ? d->hunk_count - 1 - d->hunk : d->hunk; /* ed goes backwards */
    const struct lines_hunk *h = &d->hunks[at];
    d->hunk++;
    call_charge(c, 1);
    if (d->trivial && d->trivial[at])
        return true;
    diff_begin(c, d);
    if (d->style == DIFF_ED || d->style == DIFF_FORWARD_ED) {
        add_ed(c, d, h);
    } else if (d->style == DIFF_RCS) {
        add_rcs(c, d, h);
    } else if (d->style == DIFF_COLUMNS) {
        diff_add_columns(c, d, h);
    } else if (d->style == DIFF_GROUPS) {
        size_t from[2] = {h->a_start, h->b_start}, to[2] = {h->a_start + h->a_count, h->b_start + h->b_count};
        if (d->next[0] < from[0] || d->next[1] < from[1])
            diff_add_group(c, d, CHANGE_NONE, d->next, from);
        diff_add_group(c, d, diff_change(h), from, to);
        memcpy(d->next, to, sizeof to);
    } else {
        add_normal(c, d, h);
    }
    return true;
}
