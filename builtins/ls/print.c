/* builtins/ls/print.c - the five layouts of ls. */
#include "builtins/ls/ls.h"

#include "base/mode.h"
#include "builtins/stamp.h"
#include "task/system.h"

static int digits(uint64_t n)
{
    int count = 1;
    for (; n > 9; n /= 10)
        count++;
    return count;
}

/* Puts ? in place of what cannot be printed. */
static void hide_control(struct buf *text, enum locale locale)
{
    size_t to = 0;
    for (size_t i = 0; i < text->length;) {
        struct utf8_char u = utf8_first(str_of(text->data + i, text->length - i), locale);
        bool shown = u.valid && !(locale == LOCALE_C && u.code >= 0x80) && utf8_is(u.code, UTF8_PRINT, locale);
        if (shown) {
            memmove(text->data + to, text->data + i, u.length);
            to += u.length;
        } else {
            text->data[to++] = '?';
        }
        i += u.length;
    }
    text->length = to;
}

size_t ls_show(struct ls *l, struct str name, const char *also)
{
    buf_clear(&l->text);
    quote_add(&l->text, name, l->quoting, l->locale, also);
    if (l->hide_control && l->quoting <= QUOTE_SHELL_ALWAYS)
        hide_control(&l->text, l->locale);
    return utf8_columns(buf_str(&l->text), l->locale);
}

static const char *entry_escapes(const struct ls *l)
{
    return l->escape_space ? " " : NULL;
}

/* Are names without quotes moved by a blank, so that they stand below those in quotes? */
static bool aligns_quotes(const struct ls *l)
{
    bool style = l->quoting == QUOTE_SHELL || l->quoting == QUOTE_SHELL_ESCAPE || l->quoting == QUOTE_C_MAYBE;
    bool columns = (l->layout == LAYOUT_COLUMNS || l->layout == LAYOUT_ROWS) && l->line_length;
    return style && l->some_quoted && (l->layout == LAYOUT_LONG || columns);
}

static char indicator(const struct ls *l, bool known, enum node_kind kind, uint32_t mode)
{
    if (l->indicator == INDICATOR_NONE)
        return 0;
    switch (kind) {
    case NODE_DIRECTORY: return '/';
    case NODE_FILE:      return l->indicator == INDICATOR_CLASSIFY && known && (mode & 0111) ? '*' : 0;
    case NODE_LINK:      return l->indicator == INDICATOR_SLASH ? 0 : '@';
    case NODE_FIFO:      return l->indicator == INDICATOR_SLASH ? 0 : '|';
    default:             return 0;
    }
}

int64_t ls_time(const struct ls *l, const struct ls_entry *e)
{
    switch (l->stamp) {
    case STAMP_CHANGED:  return e->info.ctime;
    case STAMP_ACCESSED: return e->info.atime;
    default:             return e->info.mtime;
    }
}

static void add_blocks(struct ls *l, struct buf *out, const struct ls_entry *e)
{
    if (e->known)
        size_print(out, e->info.blocks * 512, &l->unit);
    else
        buf_add_byte(out, '?');
}

static int blocks_width(struct ls *l, const struct ls_entry *e)
{
    buf_clear(&l->text);
    add_blocks(l, &l->text, e);
    return (int)l->text.length;
}

static void widen(int *width, int other)
{
    if (*width < other)
        *width = other;
}

/* The columns of an owner's name or number. */
static int owner_width(const struct ls *l, int kind, uint32_t number)
{
    const struct str *name = l->numeric ? NULL : owner_name(&l->owners, kind, number);
    return name ? (int)utf8_columns(*name, l->locale) : digits(number);
}

void ls_measure(struct ls *l, const struct ls_entry *e)
{
    struct widths *w = &l->widths;
    if (l->inode && (e->known || e->info.number))
        widen(&w->inode, digits(e->info.number));
    else if (l->inode)
        widen(&w->inode, 1);
    if (l->blocks)
        widen(&w->blocks, blocks_width(l, e));
    if (l->layout != LAYOUT_LONG)
        return;
    if (!e->known) {
        widen(&w->owner, 1), widen(&w->group, 1), widen(&w->author, 1), widen(&w->links, 1), widen(&w->size, 1);
        return;
    }
    if (l->show_owner)
        widen(&w->owner, owner_width(l, OWNER_USER, e->info.user));
    if (l->show_group)
        widen(&w->group, owner_width(l, OWNER_GROUP, e->info.group));
    if (l->show_author)
        widen(&w->author, owner_width(l, OWNER_USER, e->info.user));
    widen(&w->links, digits(e->info.links));
    if (e->info.kind == NODE_DEVICE) {
        widen(&w->major, digits(e->info.device >> 8));
        widen(&w->minor, digits(e->info.device & 0xff));
        widen(&w->size, w->major + 2 + w->minor);
    } else {
        buf_clear(&l->text);
        size_print(&l->text, e->info.size, &l->file_unit);
        widen(&w->size, (int)l->text.length);
    }
}

size_t ls_length(struct ls *l, const struct ls_entry *e)
{
    size_t length = e->width + (aligns_quotes(l) && !e->quoted);
    if (l->inode)
        length += 1 + (size_t)(l->layout == LAYOUT_COMMAS ? digits(e->info.number) : l->widths.inode);
    if (l->blocks)
        length += 1 + (size_t)(l->layout == LAYOUT_COMMAS ? blocks_width(l, e) : l->widths.blocks);
    if (l->contexts)
        length += 2;
    return length + (indicator(l, e->known, e->info.kind, e->info.mode) != 0);
}

/* --- places, links and colours ------------------------------------------------------------------ */

void ls_line_start(struct call *c, struct ls *l)
{
    l->line_from = c->out.length;
    l->uncounted = 0;
    if (l->dired)
        call_print_text(c, "  ");
}

void ls_line_end(struct call *c, struct ls *l)
{
    l->offset += c->out.length - l->line_from - l->uncounted;
}

/* What is in l->text, with a link around it, but not around the quotes that are set aside, and noted in `places`. */
static void print_linked(struct call *c, struct ls *l, struct str url, bool aside, struct buf *places)
{
    struct str text = buf_str(&l->text);
    size_t begins = l->offset + c->out.length - l->line_from - l->uncounted;
    if (l->dired && places)
        buf_print(places, " %zu %zu", begins, begins + text.length);
    if (!url.data) {
        call_print(c, text);
        return;
    }
    if (aside)
        call_print_byte(c, text.data[0]);
    call_format(c, "\033]8;;file://%s%S\a", SYSTEM_NODE, url);
    call_print(c, str_of(text.data + aside, text.length - 2 * (size_t)aside));
    call_print_text(c, "\033]8;;\a");
    if (aside)
        call_print_byte(c, text.data[text.length - 1]);
}

void ls_print_heading(struct call *c, struct ls *l)
{
    ls_show(l, l->current.path, ":");
    print_linked(c, l, l->url, false, &l->headings_at);
}

static void put_color(struct call *c, struct ls *l, struct str code)
{
    struct colors *colors = &l->colors;
    size_t from = c->out.length;
    if (!colors->begun) {
        colors->begun = true;
        call_print(c, colors->code[COLOR_LEFT]);
        call_print(c, colors->code[COLOR_RESET]);
        call_print(c, colors->code[COLOR_RIGHT]);
    }
    call_print(c, colors->code[COLOR_LEFT]);
    call_print(c, code);
    call_print(c, colors->code[COLOR_RIGHT]);
    l->uncounted += c->out.length - from;
}

/* Everything but names is in the colour no=, if there is one. */
static void begin_normal(struct call *c, struct ls *l)
{
    if (l->colors.on && colors_has(&l->colors, COLOR_NORMAL))
        put_color(c, l, l->colors.code[COLOR_NORMAL]);
}

static void end_color(struct call *c, struct ls *l, size_t start, size_t columns)
{
    struct colors *colors = &l->colors;
    size_t from = c->out.length;
    if (colors->code[COLOR_END].data) {
        call_print(c, colors->code[COLOR_END]);
    } else {
        call_print(c, colors->code[COLOR_LEFT]);
        call_print(c, colors->code[COLOR_RESET]);
        call_print(c, colors->code[COLOR_RIGHT]);
    }
    if (l->line_length && columns && start / l->line_length != (start + columns - 1) / l->line_length)
        call_print(c, colors->code[COLOR_CLEAR]);
    l->uncounted += c->out.length - from;
}

/* The name, or the target of a link, in its colour. */
static size_t print_name(struct call *c, struct ls *l, const struct ls_entry *e, bool target, size_t start)
{
    struct str code = l->colors.on ? colors_of(&l->colors, e, target) : (struct str){0};
    size_t columns = ls_show(l, target ? e->target : e->name, entry_escapes(l));
    bool aligned = !target && aligns_quotes(l);
    if (aligned && !e->quoted) {
        call_print_byte(c, ' ');
        columns++;
    }
    bool normal = l->colors.on && colors_has(&l->colors, COLOR_NORMAL);
    if (code.data && normal) {
        call_print(c, l->colors.code[COLOR_LEFT]);
        call_print(c, l->colors.code[COLOR_RIGHT]);
    }
    if (code.data)
        put_color(c, l, code);
    print_linked(c, l, e->url, aligned && e->quoted, target ? NULL : &l->names_at);
    if (code.data || normal)
        end_color(c, l, start, columns);
    return columns;
}

/* Inode, blocks, name and indicator: all but the long layout. */
static size_t print_short(struct call *c, struct ls *l, const struct ls_entry *e, size_t start)
{
    begin_normal(c, l);
    size_t from = c->out.length;
    bool aligned = l->layout != LAYOUT_COMMAS;
    if (l->inode) {
        if (e->known || e->info.number)
            call_format(c, "%*llu ", aligned ? l->widths.inode : 0, (unsigned long long)e->info.number);
        else
            call_format(c, "%*s ", aligned ? l->widths.inode : 0, "?");
    }
    if (l->blocks) {
        buf_clear(&l->text);
        add_blocks(l, &l->text, e);
        call_format(c, "%*S ", aligned ? l->widths.blocks : 0, buf_str(&l->text));
    }
    if (l->contexts)
        call_print_text(c, "? ");
    size_t columns = c->out.length - from;
    columns += print_name(c, l, e, false, start + columns);
    char letter = indicator(l, e->known || e->typed, e->info.kind, e->info.mode);
    if (letter) {
        call_print_byte(c, letter);
        columns++;
    }
    return columns;
}

static void print_owner(struct call *c, struct ls *l, const struct ls_entry *e, int kind, int width)
{
    uint32_t number = kind == OWNER_USER ? e->info.user : e->info.group;
    const struct str *name = l->numeric || !e->known ? NULL : owner_name(&l->owners, kind, number);
    if (!e->known) {
        call_format(c, "%-*s ", width, "?");
    } else if (name) {
        call_print(c, *name);
        buf_fill(&c->out, ' ', (size_t)width - utf8_columns(*name, l->locale) + 1);
    } else {
        call_format(c, "%*lu ", width, (unsigned long)number);
    }
}

static void print_time(struct call *c, struct ls *l, const struct ls_entry *e)
{
    int64_t when = ls_time(l, e), half_year = (int64_t)31556952 / 2 * 1000000000;
    bool recent = when > l->now - half_year && when < l->now;
    struct str format = recent ? l->recent_format : l->old_format;
    if (l->stamp == STAMP_BORN || !e->known) {
        buf_clear(&l->text);
        stamp_print(c, &l->text, l->recent_format, 0);
        call_format(c, "%*s ", (int)l->text.length, "?");
        return;
    }
    int64_t second = when / 1000000000 - (when % 1000000000 < 0);
    bool fractions = str_find(format, 'N') >= 0;
    if (fractions || l->last_text.length == 0 || l->last_second != second || l->last_recent != recent) {
        buf_clear(&l->last_text);
        stamp_print(c, &l->last_text, format, when);
        l->last_second = second;
        l->last_recent = recent;
    }
    call_print(c, buf_str(&l->last_text));
    call_print_byte(c, ' ');
}

static char kind_letter(const struct ls_entry *e)
{
    if (!e->known && !e->typed)
        return '?';
    switch (e->info.kind) {
    case NODE_DIRECTORY: return 'd';
    case NODE_LINK:      return 'l';
    case NODE_FIFO:      return 'p';
    case NODE_DEVICE:    return 'c';
    default:             return '-';
    }
}

static void print_long(struct call *c, struct ls *l, const struct ls_entry *e)
{
    struct widths *w = &l->widths;
    begin_normal(c, l);
    size_t from = c->out.length;
    char mode[MODE_TEXT];
    if (l->inode) {
        if (e->known || e->info.number)
            call_format(c, "%*llu ", w->inode, (unsigned long long)e->info.number);
        else
            call_format(c, "%*s ", w->inode, "?");
    }
    if (l->blocks) {
        buf_clear(&l->text);
        add_blocks(l, &l->text, e);
        call_format(c, "%*S ", w->blocks, buf_str(&l->text));
    }
    mode_print(mode, kind_letter(e), e->info.mode);
    if (!e->known)
        memset(mode + 1, '?', sizeof mode - 1);
    call_print(c, str_of(mode, sizeof mode));
    if (e->known)
        call_format(c, " %*llu ", w->links, (unsigned long long)e->info.links);
    else
        call_format(c, " %*s ", w->links, "?");
    if (l->show_owner)
        print_owner(c, l, e, OWNER_USER, w->owner);
    if (l->show_group)
        print_owner(c, l, e, OWNER_GROUP, w->group);
    if (l->contexts)
        call_print_text(c, "? ");
    if (l->show_author)
        print_owner(c, l, e, OWNER_USER, w->author);
    if (e->known && e->info.kind == NODE_DEVICE) {
        int extra = w->size - (w->major + 2 + w->minor);
        call_format(c, "%*lu, %*lu ", w->major + (extra > 0 ? extra : 0), (unsigned long)(e->info.device >> 8), w->minor,
                    (unsigned long)(e->info.device & 0xff));
    } else {
        buf_clear(&l->text);
        if (e->known)
            size_print(&l->text, e->info.size, &l->file_unit);
        else
            buf_add_byte(&l->text, '?');
        buf_fill(&c->out, ' ', w->size > (int)l->text.length ? (size_t)w->size - l->text.length : 0);
        call_print(c, buf_str(&l->text));
        call_print_byte(c, ' ');
    }
    print_time(c, l, e);
    size_t start = c->out.length - from;
    size_t columns = print_name(c, l, e, false, start);
    char letter = 0;
    if (e->known && e->info.kind == NODE_LINK) {
        if (!e->has_target)
            return;
        call_print_text(c, " -> ");
        print_name(c, l, e, true, start + columns + 4);
        if (e->target_found)
            letter = indicator(l, true, e->target_kind, e->target_mode);
    } else {
        letter = indicator(l, e->known || e->typed, e->info.kind, e->info.mode);
    }
    if (letter)
        call_print_byte(c, letter);
}

/* Blanks and tabs up to a column. */
static void indent(struct call *c, const struct ls *l, size_t from, size_t to)
{
    while (from < to) {
        if (l->tab && to / l->tab > (from + 1) / l->tab) {
            call_print_byte(c, '\t');
            from += l->tab - from % l->tab;
        } else {
            call_print_byte(c, ' ');
            from++;
        }
    }
}

enum { LEAST_COLUMN = 3 };

bool ls_arrange(struct call *c, struct ls *l)
{
    if (l->layout != LAYOUT_COLUMNS && l->layout != LAYOUT_ROWS)
        return true;
    size_t most = l->line_length ? l->line_length / LEAST_COLUMN + (l->line_length % LEAST_COLUMN != 0) : l->count;
    if (most > l->count)
        most = l->count;
    if (most == 0)
        most = 1;
    bool down = l->layout == LAYOUT_COLUMNS;
    if (!l->column_widths)
        l->column_widths = heap_alloc(c->heap, sizeof *l->column_widths);
    heap_free(c->heap, l->column_widths);
    l->column_widths = heap_alloc(c->heap, most * sizeof *l->column_widths);
    size_t *lengths = heap_alloc(c->heap, (l->count + 1) * sizeof *lengths);
    for (size_t i = 0; i < l->count; i++)
        lengths[i] = ls_length(l, l->sorted[i]);
    size_t columns = most;
    for (;; columns--) {
        size_t rows = (l->count + columns - 1) / columns, total = 0;
        for (size_t i = 0; i < columns; i++)
            l->column_widths[i] = LEAST_COLUMN;
        for (size_t i = 0; i < columns; i++)
            total += LEAST_COLUMN;
        bool fits = true; /* as GNU has it: only a column that is too wide makes a line too long */
        for (size_t i = 0; i < l->count && fits; i++) {
            size_t column = down ? i / rows : i % columns;
            size_t length = lengths[i] + (column == columns - 1 ? 0 : 2);
            if (l->column_widths[column] < length) {
                total += length - l->column_widths[column];
                l->column_widths[column] = length;
                fits = l->line_length == 0 || total < l->line_length || columns == 1;
            }
            if (i % 64 == 0)
                call_charge(c, 1);
        }
        if (fits)
            break;
    }
    heap_free(c->heap, lengths);
    l->columns = columns;
    l->rows = (l->count + columns - 1) / columns;
    if (!down)
        l->rows = (l->count + columns - 1) / columns;
    return true;
}

static void print_row(struct call *c, struct ls *l, size_t row)
{
    bool down = l->layout == LAYOUT_COLUMNS;
    size_t position = 0;
    for (size_t column = 0; column < l->columns; column++) {
        size_t i = down ? column * l->rows + row : row * l->columns + column;
        if (i >= l->count)
            break;
        size_t length = ls_length(l, l->sorted[i]);
        print_short(c, l, l->sorted[i], position);
        size_t next = down ? (column + 1) * l->rows + row : i + 1;
        if (next < l->count && column + 1 < l->columns)
            indent(c, l, position + length, position + l->column_widths[column]);
        position += l->column_widths[column];
    }
    call_print_byte(c, l->zero ? '\0' : '\n');
}

static void print_after_comma(struct call *c, struct ls *l, size_t i)
{
    struct ls_entry *e = l->sorted[i];
    size_t length = l->line_length ? ls_length(l, e) : 0;
    if (i) {
        bool same = !l->line_length || l->position + length + 2 < l->line_length;
        call_print_byte(c, ',');
        call_print_byte(c, same ? ' ' : l->zero ? '\0' : '\n');
        l->position = same ? l->position + 2 : 0;
    }
    print_short(c, l, e, l->position);
    l->position += length;
    if (i + 1 == l->count)
        call_print_byte(c, l->zero ? '\0' : '\n');
}

bool ls_print(struct call *c, struct ls *l)
{
    bool by_rows = l->layout == LAYOUT_COLUMNS || l->layout == LAYOUT_ROWS;
    size_t end = by_rows ? (l->count ? l->rows : 0) : l->count;
    while (l->at < end) {
        if (!call_go(c))
            return false;
        size_t i = l->at++;
        ls_line_start(c, l);
        if (by_rows) {
            print_row(c, l, i);
            call_charge(c, (int64_t)l->columns);
            continue;
        }
        if (l->layout == LAYOUT_COMMAS) {
            print_after_comma(c, l, i);
        } else {
            if (l->layout == LAYOUT_LONG)
                print_long(c, l, l->sorted[i]);
            else
                print_short(c, l, l->sorted[i], 0);
            call_print_byte(c, l->zero ? '\0' : '\n');
        }
        ls_line_end(c, l);
        call_charge(c, 1);
    }
    return true;
}
