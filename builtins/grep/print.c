/* builtins/grep/print.c - lines as grep shows them: what stands before them, and colors. */
#include "builtins/grep/grep.h"

/* --- colors ---------------------------------------------------------------------------------------------- */

void grep_read_colors(struct call *c, struct grep *g)
{
    struct grep_colors *k = &g->colors;
    struct str text, old;
    bool matches = true;
    *k = (struct grep_colors){.on = true, .selected_match = str_lit("01;31"), .context_match = str_lit("01;31"),
        .name = str_lit("35"), .line = str_lit("32"), .offset = str_lit("32"), .separator = str_lit("36")};
    if (environment_find(c->task->environment, "GREP_COLOR", &old) && old.length) {
        call_warn(c, "warning: GREP_COLOR='%S' is deprecated; use GREP_COLORS='mt=%S'", old, old);
        k->selected_match = k->context_match = old;
    }
    if (!environment_find(c->task->environment, "GREP_COLORS", &text))
        return;
    while (text.length && matches) {
        ptrdiff_t end = str_find(text, ':');
        struct str item = end < 0 ? text : str_first(text, (size_t)end);
        text = str_after(text, end < 0 ? text.length : (size_t)end + 1);
        ptrdiff_t equals = str_find(item, '=');
        struct str name = equals < 0 ? item : str_first(item, (size_t)equals);
        struct str value = equals < 0 ? (struct str){0} : str_after(item, (size_t)equals + 1);
        for (size_t i = 0; i < value.length; i++)
            if (value.data[i] != ';' && !(value.data[i] >= '0' && value.data[i] <= '9'))
                return; /* the rest is not looked at, as in GNU's */
        static const struct { char name[3]; size_t at; } values[] = {
            {"ms", offsetof(struct grep_colors, selected_match)}, {"mc", offsetof(struct grep_colors, context_match)},
            {"sl", offsetof(struct grep_colors, selected)}, {"cx", offsetof(struct grep_colors, context)},
            {"fn", offsetof(struct grep_colors, name)}, {"ln", offsetof(struct grep_colors, line)},
            {"bn", offsetof(struct grep_colors, offset)}, {"se", offsetof(struct grep_colors, separator)}
        };
        if (str_is(name, "rv") && equals < 0)
            k->reverse = true;
        else if (str_is(name, "ne") && equals < 0)
            k->no_erase = true;
        else if (str_is(name, "mt") && equals >= 0)
            k->selected_match = k->context_match = value;
        for (size_t i = 0; i < sizeof values / sizeof *values && equals >= 0; i++)
            if (str_is(name, values[i].name))
                *(struct str *)(void *)((char *)k + values[i].at) = value;
    }
}

static void begin_color(struct call *c, const struct grep *g, struct str color)
{
    if (g->colors.on && color.length)
        call_format(c, g->colors.no_erase ? "\33[%Sm" : "\33[%Sm\33[K", color);
}

static void end_color(struct call *c, const struct grep *g, struct str color)
{
    if (g->colors.on && color.length)
        call_print_text(c, g->colors.no_erase ? "\33[m" : "\33[m\33[K");
}

static void print_mark(struct call *c, const struct grep *g, char mark)
{
    begin_color(c, g, g->colors.separator);
    call_print_byte(c, mark);
    end_color(c, g, g->colors.separator);
}

/* --- heads ------------------------------------------------------------------------------------------------- */

void grep_print_name(struct call *c, const struct grep *g, struct str name, char mark)
{
    begin_color(c, g, g->colors.name);
    call_print(c, name);
    end_color(c, g, g->colors.name);
    if (g->null_names)
        call_print_byte(c, 0);
    else if (mark)
        print_mark(c, g, mark);
    else
        call_print_byte(c, '\n');
}

static void print_number(struct call *c, const struct grep *g, uint64_t number, struct str color, char mark)
{
    begin_color(c, g, color);
    if (g->tabs)
        call_format(c, "%*llu", g->scan.offset_width, (unsigned long long)number);
    else
        number_add_unsigned(&c->out, number);
    end_color(c, g, color);
    print_mark(c, g, mark);
}

bool grep_print_head(struct call *c, struct grep *g, struct str text, uint64_t at, char mark)
{
    const struct grep_scan *s = &g->scan;
    bool names = g->names > 0 || (g->names < 0 && g->found_directory);
    if (g->binary != BINARY_TEXT && !utf8_is_ascii(text) && utf8_count_invalid(text, g->locale))
        return false;
    if (names)
        grep_print_name(c, g, s->name, mark);
    if (g->number)
        print_number(c, g, s->lines + 1, g->colors.line, mark);
    if (g->offsets)
        print_number(c, g, s->base + at, g->colors.offset, mark);
    if (g->tabs && (names || g->number || g->offsets) && text.length)
        call_print_byte(c, '\t');
    return true;
}

void grep_print_separator(struct call *c, struct grep *g)
{
    begin_color(c, g, g->colors.separator);
    call_print(c, g->separator);
    end_color(c, g, g->colors.separator);
    call_print_byte(c, '\n');
}

/* --- lines --------------------------------------------------------------------------------------------------- */

/* The matches of the line from s->part on, each by itself (-o) or in color amid the rest. As grep_print_line. */
static int print_parts(struct call *c, struct grep *g, size_t start, size_t end, struct str color, struct str match_color, char mark)
{
    struct grep_scan *s = &g->scan;
    struct str line = str_of(s->text.data + start, end - start);
    size_t from = s->part; /* what was printed or passed over */

    while (g->regex && from < line.length) {
        struct match match;
        if (!call_go(c))
            return 0;
        if (!s->part_begun) {
            regex_start(&s->parts, g->regex, line, s->part_from, 0);
            s->part_begun = true;
        }
        s->parts.text = line;
        enum regex_answer answer = regex_next(&s->parts, &match, 1);
        if (answer == REGEX_MORE)
            return 0;
        s->part_begun = false;
        call_charge(c, 1);
        if (answer != REGEX_YES || (size_t)match.start >= line.length)
            break;
        struct str found = str_of(line.data + match.start, (size_t)(match.end - match.start));
        if (found.length == 0) {
            s->part_from = (size_t)match.end + utf8_first(str_after(line, (size_t)match.end), g->locale).length;
            if (s->part_from >= line.length)
                break;
            continue;
        }
        if (g->only) {
            if (!grep_print_head(c, g, found, start + (size_t)match.start, mark))
                return -1;
        } else {
            begin_color(c, g, color);
            call_print(c, str_of(line.data + from, (size_t)match.start - from));
        }
        begin_color(c, g, match_color);
        call_print(c, found);
        end_color(c, g, match_color);
        if (g->only)
            call_print_byte(c, g->end);
        s->part = s->part_from = from = (size_t)match.end;
    }
    return 1;
}

int grep_print_line(struct call *c, struct grep *g, size_t start, size_t end, bool selected)
{
    struct grep_scan *s = &g->scan;
    struct str line = str_of(s->text.data + start, end - start);
    char mark = selected ? ':' : '-';
    bool matching = selected != g->invert;
    struct str color = {0}, match_color = {0};

    if (!s->printing) {
        if (!g->only && !grep_print_head(c, g, line, start, mark))
            return -1;
        s->printing = true;
        s->part = s->part_from = 0;
        s->part_begun = false;
    }
    if (g->colors.on) {
        color = (selected != (g->invert && g->colors.reverse)) ? g->colors.selected : g->colors.context;
        match_color = selected ? g->colors.selected_match : g->colors.context_match;
    }
    if (matching && (g->only || (g->colors.on && match_color.length))) {
        int answer = print_parts(c, g, start, end, color, match_color, g->invert ? '-' : ':');
        if (answer == 0)
            return 0;
        s->printing = false;
        if (answer < 0)
            return -1;
        line = str_after(line, s->part);
    }
    s->printing = false;
    if (g->only)
        return 1;
    if (color.length && line.length) {
        struct str tail = line;
        if (tail.data[tail.length - 1] == '\r')
            tail.length--;
        if (tail.length) {
            begin_color(c, g, color);
            call_print(c, tail);
            end_color(c, g, color);
            line = str_after(line, tail.length);
        }
    }
    call_print(c, line);
    call_print_byte(c, g->end);
    return 1;
}
