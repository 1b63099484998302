/* builtins/cut.c - remove sections from each line of files. */
#include "builtins/text.h"

enum { COMPLEMENT = OPTION_LONG, OUTPUT_DELIMITER };

static const struct option options[] = {
    {'b', "bytes", "LIST", "select only these bytes"},
    {'c', "characters", "LIST", "select only these characters (bytes, as in the real tool)"},
    {'d', "delimiter", "DELIM", "use DELIM instead of TAB for field delimiter"},
    {'f', "fields", "LIST", "select only these fields; also print lines without delimiter, unless -s is given"},
    {'n', NULL, NULL, "(ignored)"},
    {COMPLEMENT, "complement", NULL, "complement the set of selected bytes, characters or fields"},
    {'s', "only-delimited", NULL, "do not print lines not containing delimiters"},
    {OUTPUT_DELIMITER, "output-delimiter", "STRING", "use STRING as the output delimiter"},
    {'z', "zero-terminated", NULL, "line delimiter is NUL, not newline"},
    {0},
};

struct range {
    uint64_t from, last; /* counted from 1 */
};

struct cut {
    bool fields, only_delimited, between; /* between: there is an output delimiter for ranges of bytes */
    char delimiter, line_end;
    struct str output;       /* put between what is selected */
    struct range *ranges;    /* in order, apart from each other */
    size_t count;
    struct text_lines lines;
    struct input *whole;     /* fields are lines: a file at a time */
    size_t next;
};

/* --- lists ---------------------------------------------------------------------------------------------- */

static void add_range(struct call *c, struct cut *s, uint64_t from, uint64_t last)
{
    s->ranges = array_grow(c->heap, s->ranges, s->count, sizeof *s->ranges);
    s->ranges[s->count++] = (struct range){from, last};
}

static int zero_position(struct call *c, const struct cut *s)
{
    return call_usage_error(c, s->fields ? "fields are numbered from 1" :
                                           "byte/character positions are numbered from 1");
}

static int parse_list(struct call *c, struct cut *s, struct str list)
{
    bool digits = false, dash = false, left = false, right = false;
    uint64_t value = 0, from = 0;
    size_t start = 0;

    for (size_t i = 0;; i++) {
        char byte = i < list.length ? list.data[i] : ',';
        if (byte == '-') {
            digits = false;
            if (dash)
                return call_usage_error(c, s->fields ? "invalid field range" : "invalid byte or character range");
            dash = true;
            if (left && value == 0)
                return zero_position(c, s);
            from = left ? value : 1;
            value = 0;
        } else if (byte == ',' || byte == ' ' || byte == '\t') {
            digits = false;
            if (dash) {
                if (!left && !right)
                    return call_usage_error(c, "invalid range with no endpoint: -");
                if (right && value < from)
                    return call_usage_error(c, "invalid decreasing range");
                add_range(c, s, from, right ? value : UINT64_MAX);
                dash = false;
            } else {
                if (value == 0)
                    return zero_position(c, s);
                add_range(c, s, value, value);
            }
            value = 0;
            left = right = false;
            if (i >= list.length)
                return 0;
        } else if (byte >= '0' && byte <= '9') {
            unsigned digit = (unsigned)(byte - '0');
            if (!digits)
                start = i;
            digits = true;
            *(dash ? &right : &left) = true;
            if (value > (UINT64_MAX - digit) / 10 || value * 10 + digit == UINT64_MAX) {
                size_t end = start;
                while (end < list.length && list.data[end] >= '0' && list.data[end] <= '9')
                    end++;
                return call_usage_error(c, "%s %S is too large", s->fields ? "field number" : "byte/character offset",
                                        call_quote_word(c, str_of(list.data + start, end - start)));
            }
            value = value * 10 + digit;
        } else {
            return call_usage_error(c, "invalid %s %S", s->fields ? "field value" : "byte/character position",
                                    call_quote_word(c, str_after(list, i)));
        }
    }
}

/* Sorts the ranges and joins those that overlap. They are few, or already in order, as people write them; a merge sort keeps
 * long lists from costing squares. */
static void arrange(struct call *c, struct cut *s)
{
    struct range *from = s->ranges, *to = heap_alloc(c->heap, s->count * sizeof *to);
    size_t kept = 0;

    for (size_t width = 1; width < s->count; width *= 2) {
        struct range *swap = from;
        for (size_t low = 0; low < s->count; low += 2 * width) {
            size_t middle = low + width < s->count ? low + width : s->count;
            size_t high = middle + width < s->count ? middle + width : s->count;
            size_t a = low, b = middle;
            for (size_t at = low; at < high; at++)
                to[at] = a < middle && (b >= high || from[a].from <= from[b].from) ? from[a++] : from[b++];
        }
        from = to;
        to = swap;
        call_charge(c, (int64_t)s->count);
    }
    for (size_t i = 0; i < s->count; i++) {
        if (kept > 0 && from[i].from <= from[kept - 1].last) {
            if (from[i].last > from[kept - 1].last)
                from[kept - 1].last = from[i].last;
        } else {
            from[kept++] = from[i];
        }
    }
    s->ranges = from;
    s->count = kept;
}

static void complement(struct call *c, struct cut *s)
{
    struct range *old = s->ranges;
    size_t count = s->count;
    uint64_t from = 1;

    s->ranges = NULL;
    s->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (from < old[i].from)
            add_range(c, s, from, old[i].from - 1);
        from = old[i].last + 1; /* 0 behind an open range, which is the last */
    }
    if (from > 0)
        add_range(c, s, from, UINT64_MAX);
}

static int cut_start(struct call *c)
{
    struct cut *s = c->state;
    struct str value = {0}, list;
    bool delimiter = call_value(c, 'd', &value);
    int kind = call_last(c, "bcf"), failed;

    int lists = 0;
    for (size_t i = 0; i < c->option_count; i++) {
        const struct given_option *o = &c->options[i];
        if (o->letter == 'd' && o->value.length > 1)
            return call_usage_error(c, "the delimiter must be a single character");
        if ((o->letter == 'b' || o->letter == 'c' || o->letter == 'f') && ++lists > 1)
            return call_usage_error(c, "only one list may be specified");
    }
    if (!kind)
        return call_usage_error(c, "you must specify a list of bytes, characters, or fields");
    s->fields = kind == 'f';
    if (!s->fields && delimiter)
        return call_usage_error(c, "an input delimiter may be specified only when operating on fields");
    s->only_delimited = call_has(c, 's');
    if (!s->fields && s->only_delimited)
        return call_usage_error(c, "suppressing non-delimited lines makes sense\n\tonly when operating on fields");
    call_value(c, kind, &list);
    if ((failed = parse_list(c, s, list)))
        return failed;
    arrange(c, s);
    if (call_has(c, COMPLEMENT))
        complement(c, s);
    s->delimiter = !delimiter ? '\t' : value.length ? value.data[0] : 0;
    s->line_end = call_has(c, 'z') ? 0 : '\n';
    s->between = call_value(c, OUTPUT_DELIMITER, &s->output);
    if (s->between && s->output.length == 0)
        s->output = str_of("", 1); /* an empty one is a NUL */
    if (!s->between)
        s->output = str_of(&s->delimiter, 1);
    return 0;
}

/* --- lines -------------------------------------------------------------------------------------------------- */

static void cut_bytes(struct call *c, const struct cut *s, struct str line)
{
    bool any = false;

    for (size_t i = 0; i < s->count && s->ranges[i].from <= line.length; i++) {
        size_t from = (size_t)s->ranges[i].from - 1;
        size_t end = s->ranges[i].last < line.length ? (size_t)s->ranges[i].last : line.length;
        if (any && s->between)
            buf_add(&c->out, s->output);
        any = true;
        buf_add(&c->out, str_of(line.data + from, end - from));
    }
    buf_add_byte(&c->out, s->line_end);
}

/* Where the field that begins at `p` ends: short fields are the rule. */
static const char *end_of_field(const char *p, const char *end, char delimiter)
{
    const char *near = end - p > 24 ? p + 24 : end;

    while (p < near && *p != delimiter)
        p++;
    if (p < near || p == end)
        return p;
    p = memchr(p, delimiter, (size_t)(end - p));
    return p ? p : end;
}

static void cut_fields(struct call *c, const struct cut *s, struct str line)
{
    const char *p = line.data, *end = line.data + line.length;
    const struct range *range = s->ranges, *ranges_end = s->ranges + s->count;
    const char *stop = end_of_field(p, end, s->delimiter);
    bool any = false;

    if (stop == end) {
        if (!s->only_delimited) {
            buf_add(&c->out, line);
            buf_add_byte(&c->out, s->line_end);
        }
        return;
    }
    for (uint64_t field = 1; range < ranges_end; field++) {
        if (field >= range->from) {
            if (any)
                buf_add(&c->out, s->output);
            any = true;
            if (range->last == UINT64_MAX && !s->between) {
                buf_add(&c->out, str_of(p, (size_t)(end - p)));
                break;
            }
            buf_add(&c->out, str_of(p, (size_t)(stop - p)));
            range += field == range->last;
        }
        if (stop == end)
            break;
        p = stop + 1;
        stop = range < ranges_end ? end_of_field(p, end, s->delimiter) : end;
    }
    buf_add_byte(&c->out, s->line_end);
}

/* Fields that are divided by what ends lines: each file is one record. */
static enum step cut_lines(struct call *c, struct cut *s)
{
    struct str name, all = {0};

    for (;;) {
        if (!call_go(c))
            return STEP_AGAIN;
        if (!s->whole) {
            int error;
            if (!text_operand(c, s->next, &name))
                return call_done(c);
            error = input_open(c, &s->whole, name, true);
            if (error == E_WAIT)
                return STEP_WAIT;
            s->next++;
            if (error) {
                call_error(c, "%S: %m", call_quote_for_colon(c, name), error);
                continue;
            }
        }
        if (input_all(s->whole, &all) == INPUT_WAIT)
            return STEP_WAIT;
        if (s->whole->error)
            call_error(c, "%S: %m", call_quote_for_colon(c, s->whole->name), s->whole->error);
        call_charge_bytes(c, all.length);
        if (all.length > 0) {
            /* The delimiter at the very end only ends the last field. */
            bool ended = all.data[all.length - 1] == s->line_end;
            struct str record = str_first(all, all.length - ended);
            if (!ended || str_find(record, s->line_end) >= 0)
                cut_fields(c, s, record);
            else if (s->count > 0 && s->ranges[0].from == 1)
                call_print(c, all);
            else if (!s->only_delimited)
                call_print_byte(c, s->line_end);
        }
        input_close(s->whole);
        s->whole = NULL;
    }
}

static enum step cut_step(struct call *c)
{
    struct cut *s = c->state;

    if (s->fields && s->delimiter == s->line_end)
        return cut_lines(c, s);
    for (;;) {
        struct str lines;
        if (!call_go(c))
            return STEP_AGAIN;
        switch (text_lines(c, &s->lines, s->line_end, &lines)) {
        case INPUT_WAIT: return STEP_WAIT;
        case INPUT_END:  return call_done(c);
        case INPUT_MORE: break;
        }
        while (lines.length > 0) {
            ptrdiff_t at = str_find(lines, s->line_end);
            struct str line = at < 0 ? lines : str_of(lines.data, (size_t)at);
            lines = str_after(lines, at < 0 ? lines.length : (size_t)at + 1);
            call_charge(c, 1);
            if (s->fields)
                cut_fields(c, s, line);
            else
                cut_bytes(c, s, line);
        }
    }
}

const struct command command_cut = {
    .name = "cut",
    .usage = "OPTION... [FILE]...",
    .summary = "Print selected parts of lines from each FILE to standard output.",
    .help = "With no FILE, or when FILE is -, read standard input.\n\n"
            "Use one, and only one of -b, -c or -f. Each LIST is made up of one range, or many ranges separated by\n"
            "commas. Selected input is written in the same order that it is read, and is written exactly once.\n"
            "Each range is one of:\n\n"
            "  N     N'th byte, character or field, counted from 1\n"
            "  N-    from N'th byte, character or field, to end of line\n"
            "  N-M   from N'th to M'th (included) byte, character or field\n"
            "  -M    from first to M'th (included) byte, character or field",
    .options = options,
    .state = sizeof(struct cut),
    .start = cut_start,
    .step = cut_step,
};
