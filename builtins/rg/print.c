/* builtins/rg/print.c - lines as rg shows them: what stands before them, matches in color or alone, long lines. */
#include "builtins/rg/rg.h"

/* --- colors ---------------------------------------------------------------------------------------------- */

static int color_number(struct str text)
{
    static const char *const words[] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
    int64_t parts[3] = {0};
    int count = 0;
    for (int i = 0; i < 8; i++)
        if (str_is(text, words[i]))
            return i;
    if (str_is(text, "none"))
        return -1;
    while (count < 3 && text.length) {
        bool overflow = false, sixteen = str_starts(text, "0x");
        text = str_after(text, sixteen ? 2 : 0);
        size_t used = number_parse_int(text, sixteen ? 16 : 10, &parts[count], &overflow);
        if (!used || overflow || parts[count] < 0 || parts[count] > 255)
            return -2;
        count++;
        text = str_after(text, used);
        if (text.length && (text.data[0] != ',' || text.length == 1))
            return -2;
        text = str_after(text, 1);
    }
    if (text.length || (count != 1 && count != 3))
        return -2;
    return count == 1 ? 256 + (int)parts[0] : (int)(1 << 24 | parts[0] << 16 | parts[1] << 8 | parts[2]);
}

static bool set_style(struct rg_color *k, struct str value)
{
    bool off = str_starts(value, "no");
    struct str word = str_after(value, off ? 2 : 0);
    if (str_is(word, "bold"))
        k->bold = !off;
    else if (str_is(word, "intense"))
        k->intense = !off;
    else if (str_is(word, "underline"))
        k->underline = !off;
    else
        return false;
    return true;
}

bool rg_color_spec(struct call *c, struct rg *g, struct str spec)
{
    static const char *const parts[] = {"path", "line", "column", "match"};
    ptrdiff_t first = str_find(spec, ':');
    struct str rest = first < 0 ? (struct str){0} : str_after(spec, (size_t)first + 1);
    ptrdiff_t second = str_find(rest, ':');
    struct str kind = second < 0 ? rest : str_first(rest, (size_t)second);
    struct str value = second < 0 ? (struct str){0} : str_after(rest, (size_t)second + 1);
    struct rg_color *k = NULL;
    for (int i = 0; i < RG_PARTS && first >= 0; i++)
        if (str_is(str_first(spec, (size_t)first), parts[i]))
            k = &g->colors[i];
    if (first >= 0 && !k) {
        call_complain(c, "unrecognized output type '%S'. Choose from: path, line, column, match.\n", str_first(spec, (size_t)first));
        return false;
    }
    if (k && second < 0 && str_is(kind, "none")) {
        *k = (struct rg_color){.fore = -1, .back = -1};
        return true;
    }
    if (!k || second < 0) {
        call_complain(c, "invalid color spec format: '%S'. Valid format is '(path|line|column|match):(fg|bg|style):(value)'.\n", spec);
        return false;
    }
    if (str_is(kind, "style")) {
        if (set_style(k, value))
            return true;
        call_complain(c, "unrecognized style attribute '%S'. Choose from: nobold, bold, nointense, intense, nounderline, underline.\n", value);
        return false;
    }
    if (!str_is(kind, "fg") && !str_is(kind, "bg")) {
        call_complain(c, "unrecognized spec type '%S'. Choose from: fg, bg, style, none.\n", kind);
        return false;
    }
    int number = color_number(value);
    if (number == -2) {
        call_complain(c, "unrecognized color name '%S'. Choose from: black, blue, green, red, cyan, magenta, yellow, white\n", value);
        return false;
    }
    *(str_is(kind, "fg") ? &k->fore : &k->back) = number;
    return true;
}

static void add_color(struct call *c, int color, bool back, bool intense)
{
    int base = back ? 48 : 38;
    if (color >= 1 << 24)
        call_format(c, "\33[%d;2;%d;%d;%dm", base, color >> 16 & 255, color >> 8 & 255, color & 255);
    else if (color >= 256)
        call_format(c, "\33[%d;5;%dm", base, color - 256);
    else if (color >= 0 && intense)
        call_format(c, "\33[%d;5;%dm", base, color + 8);
    else if (color >= 0)
        call_format(c, "\33[%dm", base - 8 + color);
}

static void begin_part(struct call *c, const struct rg *g, enum rg_part part)
{
    const struct rg_color *k = &g->colors[part];
    if (!g->colored)
        return;
    call_print_text(c, "\33[0m");
    if (k->bold)
        call_print_text(c, "\33[1m");
    if (k->underline)
        call_print_text(c, "\33[4m");
    add_color(c, k->fore, false, k->intense);
    add_color(c, k->back, true, k->intense);
}

static void end_part(struct call *c, const struct rg *g)
{
    if (g->colored)
        call_print_text(c, "\33[0m");
}

static bool match_is_colored(const struct rg *g)
{
    const struct rg_color *k = &g->colors[RG_PART_MATCH];
    return g->colored && (k->fore >= 0 || k->back >= 0 || k->bold || k->underline);
}

/* --- heads ------------------------------------------------------------------------------------------------- */

bool rg_names_shown(const struct rg *g)
{
    return g->names > 0;
}

void rg_print_path(struct call *c, struct rg *g, struct str path)
{
    begin_part(c, g, RG_PART_PATH);
    for (size_t from = 0; g->path_separator && from < path.length;) {
        ptrdiff_t slash = str_find(str_after(path, from), '/');
        if (slash < 0)
            break;
        call_print(c, str_of(path.data + from, (size_t)slash));
        call_print_byte(c, g->path_separator);
        path = str_after(path, from + (size_t)slash + 1);
    }
    call_print(c, path);
    end_part(c, g);
}

void rg_print_separator(struct call *c, struct rg *g)
{
    call_print(c, g->separator);
    call_print_byte(c, '\n');
}

void rg_print_prelude(struct call *c, struct rg *g)
{
    if (g->any_shown && g->heading)
        call_print_byte(c, '\n');
    else if (g->any_shown && (g->before || g->after) && !g->passthru && g->separate)
        rg_print_separator(c, g);
    if (g->heading && rg_names_shown(g)) {
        rg_print_path(c, g, g->scan.name);
        call_print_byte(c, g->null_names ? 0 : '\n');
    }
}

static void print_number(struct call *c, struct rg *g, uint64_t number, int part, struct str mark)
{
    if (part >= 0)
        begin_part(c, g, (enum rg_part)part);
    else if (g->colored)
        call_print_text(c, "\33[0m");
    number_add_unsigned(&c->out, number);
    end_part(c, g);
    call_print(c, mark);
}

/* What stands before a line: its number is `lines` above the first one's; column 0: none. */
static void head(struct call *c, struct rg *g, bool selected, uint64_t lines, uint64_t column, uint64_t offset)
{
    struct str mark = selected ? g->match_mark : g->context_mark;
    if (!g->heading && rg_names_shown(g)) {
        rg_print_path(c, g, g->scan.name);
        if (g->null_names)
            call_print_byte(c, 0);
        else
            call_print(c, mark);
    }
    if (g->number)
        print_number(c, g, g->scan.lines + lines + 1, RG_PART_LINE, mark);
    if (g->column && column)
        print_number(c, g, column, RG_PART_COLUMN, mark);
    if (g->offsets)
        print_number(c, g, g->scan.base + offset, -1, mark);
}

void rg_print_binary(struct call *c, struct rg *g)
{
    const struct rg_scan *s = &g->scan;
    bool quit = !(g->binary == RG_CONVERT || s->named);
    if (rg_names_shown(g)) {
        rg_print_path(c, g, s->name);
        call_print_text(c, ": ");
    }
    call_format(c, quit ? "WARNING: stopped searching binary file after match (found \"\\0\" byte around offset %llu)\n"
                        : "binary file matches (found \"\\0\" byte around offset %llu)\n", (unsigned long long)s->binary_at);
    g->any_shown = true;
}

/* --- lines --------------------------------------------------------------------------------------------------- */

static struct str without_end(const struct rg *g, struct str line)
{
    if (line.length && line.data[line.length - 1] == g->end) {
        line.length--;
        if (g->crlf && line.length && line.data[line.length - 1] == '\r')
            line.length--;
    }
    return line;
}

static size_t blanks(const struct rg *g, struct str line)
{
    size_t at = 0;
    while (g->trim && at < line.length && line.data[at] != g->end && utf8_byte_is(line.data[at], UTF8_SPACE))
        at++;
    return at;
}

static void end_line(struct call *c, const struct rg *g)
{
    if (g->crlf)
        call_print_byte(c, '\r');
    call_print_byte(c, g->end);
}

static bool is_long(const struct rg *g, size_t length)
{
    return length > g->max_columns;
}

/* The part of a text from g->part to `to`, its matches in color. g->span is the first match that may lie in it. With one
 * match, or none, it is done at once. */
static bool print_colored(struct call *c, struct rg *g, struct str text, const struct match *spans, size_t count, size_t to)
{
    size_t at = g->part;
    bool lit = false;
    while (at < to) {
        if (count > 1 && !call_go(c)) {
            if (lit)
                end_part(c, g);
            g->part = at;
            return false;
        }
        while (g->span < count && (size_t)spans[g->span].end <= at)
            g->span++;
        if (g->span >= count || !match_is_colored(g)) {
            if (lit)
                end_part(c, g);
            call_print(c, str_of(text.data + at, to - at));
            lit = false;
            at = to;
            break;
        }
        struct match m = spans[g->span];
        size_t stop = (size_t)(at < (size_t)m.start ? m.start : m.end);
        if (stop > to)
            stop = to;
        if (at >= (size_t)m.start) {
            if (!lit)
                begin_part(c, g, RG_PART_MATCH);
            lit = true;
        } else if (lit) {
            end_part(c, g);
            lit = false;
        }
        call_print(c, str_of(text.data + at, stop - at));
        call_charge(c, 1);
        at = stop;
    }
    if (lit)
        end_part(c, g);
    g->part = to;
    return true;
}

/* A line that is too long: its beginning, or only that. */
static void print_long(struct call *c, struct rg *g, struct str text, size_t start, size_t stop, const struct match *spans,
                       size_t count, bool selected)
{
    if (!g->preview) {
        if (!count || g->only)
            call_print_text(c, selected ? "[Omitted long matching line]" : "[Omitted long context line]");
        else
            call_format(c, "[Omitted long line with %zu matches]", g->spans.count);
        end_line(c, g);
        return;
    }
    struct str line = str_of(text.data + start, stop - start);
    size_t end = start + utf8_offset(line, (size_t)g->max_columns, LOCALE_UTF8), more = 0;
    for (size_t at = start; at < end && g->span < count && (size_t)spans[g->span].start < end; g->span++) {
        size_t from = (size_t)spans[g->span].start > at ? (size_t)spans[g->span].start : at;
        size_t to = (size_t)spans[g->span].end < end ? (size_t)spans[g->span].end : end;
        call_print(c, str_of(text.data + at, from - at));
        if (to > from && match_is_colored(g)) {
            begin_part(c, g, RG_PART_MATCH);
            call_print(c, str_of(text.data + from, to - from));
            end_part(c, g);
        } else if (to > from) {
            call_print(c, str_of(text.data + from, to - from));
        }
        g->part = at = to > from ? to : from;
    }
    if (g->part < end)
        call_print(c, str_of(text.data + (g->part > start ? g->part : start), end - (g->part > start ? g->part : start)));
    for (size_t i = 0; i < count; i++)
        more += (size_t)spans[i].start >= end && (size_t)spans[i].start < stop;
    if (!count)
        call_print_text(c, " [... omitted end of long line]");
    else
        call_format(c, " [... %zu more %s]", more, more == 1 ? "match" : "matches");
    end_line(c, g);
    call_charge(c, (int64_t)count);
}

/* A whole line of a text with its matches. False: again. `stop` is behind its end. */
static bool print_whole(struct call *c, struct rg *g, struct str text, size_t start, size_t stop, const struct match *spans,
                        size_t count, bool selected)
{
    struct str line = str_of(text.data + start, stop - start);
    size_t end = start + without_end(g, line).length, from = start + blanks(g, str_first(line, end - start));
    if (is_long(g, stop - from)) {
        g->part = from;
        print_long(c, g, text, from, end, spans, count, selected);
        return true;
    }
    if (g->part < from)
        g->part = from;
    if (!print_colored(c, g, text, spans, count, end))
        return false;
    if (stop > end)
        call_print(c, str_of(text.data + end, stop - end));
    else
        end_line(c, g);
    return true;
}

enum { PRINT_BEGIN, PRINT_BODY };

/* Each match by itself: those of several lines in the lines they have. */
static bool print_only(struct call *c, struct rg *g, struct str text, size_t base)
{
    const struct match *spans = g->spans.items;
    for (; g->span < g->spans.count; g->span++) {
        if (!call_go(c))
            return false;
        struct match m = spans[g->span];
        size_t at = (size_t)m.start, end = (size_t)m.end;
        uint64_t lines = g->multiline ? text_occurrences(text.data, at, g->end) : 0;
        do {
            struct str part = str_of(text.data + at, end - at);
            ptrdiff_t stop = g->multiline ? str_find(part, g->end) : -1;
            struct str shown = stop < 0 ? part : str_first(part, (size_t)stop);
            size_t next = at + shown.length + (stop >= 0);
            shown = str_after(shown, blanks(g, shown));
            if (shown.length || !g->multiline) {
                head(c, g, true, lines, (uint64_t)m.start + 1, base + (size_t)m.start);
                if (is_long(g, shown.length)) {
                    struct match one = {0, (ptrdiff_t)shown.length};
                    size_t kept = g->span;
                    g->span = g->part = 0;
                    print_long(c, g, shown, 0, shown.length, &one, 1, true);
                    g->span = kept;
                } else {
                    if (shown.length && match_is_colored(g))
                        begin_part(c, g, RG_PART_MATCH);
                    call_print(c, shown);
                    if (shown.length && match_is_colored(g))
                        end_part(c, g);
                    end_line(c, g);
                }
            }
            lines++;
            at = next;
        } while (at < end);
        call_charge(c, 1);
        call_charge_bytes(c, end - (size_t)m.start);
    }
    return true;
}

/* --vimgrep: the line of each match. */
static bool print_each(struct call *c, struct rg *g, struct str text, size_t base)
{
    while (g->span < g->spans.count) {
        if (!call_go(c))
            return false;
        size_t index = g->span;
        struct match m = g->spans.items[index];
        size_t start = (size_t)m.start, stop = (size_t)m.start;
        while (start > 0 && text.data[start - 1] != g->end)
            start--;
        ptrdiff_t length = str_find(str_after(text, stop), g->end);
        stop = length < 0 ? text.length : stop + (size_t)length + 1;
        uint64_t lines = g->multiline ? text_occurrences(text.data, start, g->end) : 0;
        head(c, g, true, lines, (uint64_t)m.start - start + 1, base + (g->multiline ? start : (size_t)m.start));
        struct match one[1] = {m};
        g->span = 0;
        g->part = start;
        while (!print_whole(c, g, text, start, stop, one, 1, true))
            ; /* one match has at most three parts */
        g->span = index + 1;
        call_charge(c, 1);
        call_charge_bytes(c, stop - start);
    }
    return true;
}

bool rg_print_line(struct call *c, struct rg *g, size_t start, size_t stop, bool selected)
{
    const struct rg_scan *s = &g->scan;
    struct str text = str_of(s->text.data + start, stop - start);
    bool matching = selected && !g->invert && g->granular && g->spans.count > 0;
    const struct match *spans = matching ? g->spans.items : NULL;
    size_t count = matching ? g->spans.count : 0;
    if (matching && g->replacing)
        text = buf_str(&g->spans.replaced);
    if (g->print_stage == PRINT_BEGIN) {
        g->span = g->part = 0;
        g->line = 0;
        g->line_headed = false;
        g->print_stage = PRINT_BODY;
        call_charge_bytes(c, text.length);
    }
    bool done = true;
    if (matching && g->only) {
        done = print_only(c, g, text, start);
    } else if (matching && g->vimgrep) {
        done = print_each(c, g, text, start);
    } else {
        do {
            size_t at = g->line_at * (g->line > 0);
            ptrdiff_t length = g->multiline ? str_find(str_after(text, at), g->end) : -1;
            size_t end = length < 0 ? text.length : at + (size_t)length + 1;
            if (!g->line_headed)
                head(c, g, selected, g->line, count ? (uint64_t)spans[0].start + 1 : 0, start + at);
            g->line_headed = true;
            done = print_whole(c, g, text, at, end, spans, count, selected);
            if (!done)
                break;
            g->line_headed = false;
            g->line++;
            g->line_at = end;
            if (end >= text.length)
                break;
            call_charge(c, 1);
            done = false;
        } while (call_go(c));
    }
    if (done)
        g->print_stage = PRINT_BEGIN;
    return done;
}
