/* builtins/grep/scan.c - searches one input: segments of whole lines, from one line that matches to the next. */
#include "builtins/grep/grep.h"

enum {
    SEGMENT = 96 * 1024,  /* bytes looked at at a time: a NUL byte makes all of its segment binary, as with GNU's buffer */
    BULK = 64 * 1024      /* bytes of lines printed at once */
};

void grep_scan_start(struct call *c, struct grep *g, struct input *input, struct str name, uint64_t size, bool regular)
{
    struct grep_scan *s = &g->scan;
    struct buf kept = s->kept, zapped = s->zapped;
    *s = (struct grep_scan){.input = input, .name = name, .left = g->most, .kept = kept, .zapped = zapped};
    if (!kept.heap) {
        buf_init(&s->kept, c->heap);
        buf_init(&s->zapped, c->heap);
    }
    buf_clear(&s->kept);
    s->offset_width = 19;
    if (regular)
        for (s->offset_width = 1, size += g->number; size >= 10; size /= 10)
            s->offset_width++;
    s->known = true;
    s->finished = g->most == 0;
}

static bool is_silent(const struct grep *g)
{
    return g->quiet || g->count || g->list != LIST_NONE;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

/* What there is of a NUL byte in what was read: the input is binary from this segment on. */
static void look_for_nul(struct grep *g, struct grep_scan *s, size_t to)
{
    if (!s->nul && g->end == '\n' && g->binary != BINARY_TEXT && to > s->checked &&
        memchr(s->text.data + s->checked, 0, to - s->checked)) {
        s->nul = true;
        s->before_null = s->selected;
        if (g->binary == BINARY_WITHOUT_MATCH)
            s->finished = true;
    }
    s->checked = to;
}

/* Copies the segment with its NUL bytes made line ends. */
static void zap(struct call *c, struct grep_scan *s)
{
    size_t length = s->limit - s->from;
    char *at = buf_reserve((buf_clear(&s->zapped), &s->zapped), length);
    memcpy(at, s->text.data + s->from, length);
    s->zapped.length = length;
    for (size_t i = 0; i < length; i++)
        if (!at[i])
            at[i] = '\n';
    call_charge_bytes(c, length);
}

/* Counts lines as far as `to`. */
static void count_lines(struct call *c, struct grep *g, struct grep_scan *s, size_t to)
{
    if (to <= s->counted)
        return;
    s->lines += text_occurrences(s->text.data + s->counted, to - s->counted, g->end);
    call_charge_bytes(c, to - s->counted);
    s->counted = to;
}

static size_t less(size_t at, size_t by)
{
    return at > by ? at - by : 0;
}

/* Forgets what is kept of a stream but lines that may still be shown as context. */
static void drop_front(struct call *c, struct grep *g, struct grep_scan *s)
{
    size_t keep = s->at;
    if (s->dropped == s->at + 1)
        return; /* still within the line it was in last time */
    s->dropped = s->at + 1;
    for (uint64_t i = 0; i < g->before && keep > s->printed; i++) {
        keep--;
        while (keep > s->printed && s->text.data[keep - 1] != g->end)
            keep--;
    }
    if (keep < s->kept.length / 2 && s->kept.length - keep > SEGMENT)
        return; /* moving much for little would cost more and more */
    if (g->number)
        count_lines(c, g, s, keep);
    s->base += keep;
    buf_drop_front(&s->kept, keep);
    s->at -= keep;
    s->dropped = s->at + 1;
    s->from = less(s->from, keep);
    s->limit = less(s->limit, keep);
    s->checked -= keep;
    s->counted = less(s->counted, keep);
    s->printed = less(s->printed, keep);
    s->after_last = less(s->after_last, keep);
}

/* More of a stream. */
static enum input_answer read_more(struct call *c, struct grep *g, struct grep_scan *s)
{
    struct str bytes;
    enum input_answer answer = input_block(s->input, SIZE_MAX, &bytes);
    if (answer == INPUT_WAIT)
        return answer;
    if (answer == INPUT_END) {
        s->ended = true;
    } else {
        drop_front(c, g, s);
        buf_add(&s->kept, bytes);
    }
    s->text = buf_str(&s->kept);
    s->fresh = answer == INPUT_END ? s->text.length : s->text.length - bytes.length;
    return INPUT_MORE;
}

/* Makes the next segment: INPUT_END when there are no lines any more. */
static enum input_answer next_segment(struct call *c, struct grep *g, struct grep_scan *s)
{
    if (!s->opened && s->input->file->kind == FILE_INODE) {
        enum input_answer answer = input_all(s->input, &s->text);
        if (answer == INPUT_WAIT)
            return answer;
        if (answer == INPUT_END)
            s->text.length = 0;
        s->whole = s->ended = true;
    }
    s->opened = true;
    size_t to;
    if (s->whole) {
        to = s->at - s->at % SEGMENT + SEGMENT;
        while (to < s->at + SEGMENT / 2)
            to += SEGMENT;
        if (to >= s->text.length) {
            look_for_nul(g, s, to = s->text.length);
        } else {
            look_for_nul(g, s, to);
            size_t last = to;
            while (last > s->at && s->text.data[last - 1] != g->end)
                last--;
            if (last == s->at) { /* one long line */
                ptrdiff_t more = str_find(str_after(s->text, to), g->end);
                last = more < 0 ? s->text.length : to + (size_t)more + 1;
                look_for_nul(g, s, last);
            }
            to = last;
        }
    } else {
        for (;;) {
            if (!s->ended) {
                enum input_answer answer = read_more(c, g, s);
                if (answer != INPUT_MORE)
                    return answer;
            }
            look_for_nul(g, s, s->text.length);
            to = s->text.length;
            while (!s->ended && to > s->fresh && s->text.data[to - 1] != g->end)
                to--;
            if (to > s->fresh || s->ended)
                break; /* before what is fresh there is no line end: it would have been used */
        }
    }
    if (to <= s->at)
        return INPUT_END;
    s->from = s->at;
    s->limit = to;
    s->known = s->searching = false;
    if (s->nul)
        zap(c, s);
    return INPUT_MORE;
}

static struct str segment(const struct grep_scan *s)
{
    return s->nul ? buf_str(&s->zapped) : str_of(s->text.data + s->from, s->limit - s->from);
}

/* The end of the line at `at`, its newline not included. */
static size_t line_end(const struct grep *g, const struct grep_scan *s, size_t at)
{
    if (at >= s->from && at < s->limit) {
        struct str rest = str_after(segment(s), at - s->from);
        ptrdiff_t length = str_find(rest, g->end);
        return length < 0 ? s->limit : at + (size_t)length;
    }
    ptrdiff_t length = str_find(str_after(s->text, at), g->end);
    return length < 0 ? s->text.length : at + (size_t)length;
}

static size_t after_end(const struct grep_scan *s, size_t end)
{
    return end < s->text.length ? end + 1 : end;
}

/* --- searching ----------------------------------------------------------------------------------------------- */

/* Looks for the next line that matches, in the segment: false when the meter is spent. */
static bool look(struct call *c, struct grep *g, struct grep_scan *s)
{
    size_t start, end;
    if (!g->regex) {
        s->found = false;
        s->known = true;
        return true;
    }
    if (!s->searching) {
        regex_start(&s->search, g->regex, segment(s), s->at - s->from, MATCH_LINES);
        s->searching = true;
    }
    s->search.text = segment(s);
    switch (regex_line(&s->search, &start, &end)) {
    case REGEX_MORE:
        return false;
    case REGEX_YES:
        s->found = true;
        s->start = s->from + start;
        s->end = s->from + end;
        break;
    case REGEX_NO:
        s->found = false;
        break;
    case REGEX_LIMIT:
        call_error(c, "%S: exceeded PCRE's backtracking limit", s->name);
        g->failed = true;
        s->found = false;
        s->finished = true;
        break;
    }
    s->known = true;
    return true;
}

/* --- lines --------------------------------------------------------------------------------------------------- */

enum done { DONE, LATER };

/* Prints a line and notes that: DONE, or LATER. */
static enum done show(struct call *c, struct grep *g, struct grep_scan *s, size_t start, size_t end, bool selected)
{
    int answer;
    if (g->number)
        count_lines(c, g, s, start);
    answer = grep_print_line(c, g, start, end, selected);
    if (answer == 0)
        return LATER;
    g->any_shown |= selected;
    if (answer < 0) { /* it is left out, and told of at the end */
        s->invalid = true;
        return DONE;
    }
    s->shown = g->any_shown = true;
    s->printed = after_end(s, end);
    return DONE;
}

static void separate(struct call *c, struct grep *g, const struct grep_scan *s, size_t start)
{
    if (g->context_wanted && g->any_shown && g->separate && (!s->shown || start != s->printed))
        grep_print_separator(c, g);
}

/* A selected line: leading context, the line, and what is to follow. */
static enum done take(struct call *c, struct grep *g, struct grep_scan *s, size_t start, size_t end)
{
    enum { FIRST, FIND_CONTEXT, SEPARATE, CONTEXT, LINE };
    if (s->stage == FIRST) {
        s->selected++;
        if (is_silent(g) || s->nul) {
            g->any_shown = true;
            s->after_last = after_end(s, end);
            s->left--;
            if (!g->count || s->left == 0)
                s->finished = true;
            return DONE;
        }
        s->tail = (struct text_tail){0};
        s->stage = FIND_CONTEXT;
    }
    if (s->stage == FIND_CONTEXT && g->invert && s->selected > 1 && s->after_last == start)
        s->stage = LINE; /* of the same group as the line before, even if that was no text */
    if (s->stage == FIND_CONTEXT) {
        size_t floor = s->shown ? s->printed : 0;
        s->context = start;
        if (g->before && start > floor) {
            struct str text = str_of(s->text.data + floor, start - floor);
            if (!text_tail(c, &s->tail, text, g->before, g->end))
                return LATER;
            s->context = floor + s->tail.end;
        }
        s->stage = SEPARATE;
    }
    if (s->stage == SEPARATE) {
        separate(c, g, s, s->context);
        s->stage = CONTEXT;
    }
    while (s->stage == CONTEXT) {
        if (s->context >= start) {
            s->stage = LINE;
            break;
        }
        if (!call_go(c))
            return LATER;
        size_t stop = line_end(g, s, s->context);
        if (show(c, g, s, s->context, stop, false) == LATER)
            return LATER;
        s->context = after_end(s, stop);
        call_charge(c, 1);
    }
    if (show(c, g, s, start, end, true) == LATER)
        return LATER;
    s->stage = FIRST;
    s->after_last = after_end(s, end);
    s->pending = g->after;
    if (--s->left == 0) {
        s->trailing = true;
        if (!s->pending)
            s->finished = true;
    }
    return DONE;
}

/* A line that is not selected: context behind one that is, if so much is wanted. */
static enum done pass(struct call *c, struct grep *g, struct grep_scan *s, size_t start, size_t end)
{
    while (s->pending) {
        size_t from = s->shown ? s->printed : 0; /* earlier than `start` behind lines that were no text, as GNU's has it */
        if (from > start)
            break;
        size_t stop = from == start ? end : line_end(g, s, from);
        if (show(c, g, s, from, stop, false) == LATER)
            return LATER;
        s->pending--;
        call_charge(c, 1);
        if (from == start)
            break;
    }
    return DONE;
}

/* With -v: many lines at once, when there is nothing to be added to them. False when it must be line by line. */
static bool take_many(struct call *c, struct grep *g, struct grep_scan *s, size_t stop)
{
    if (g->count && g->most == UINT64_MAX) {
        struct str lines = str_of(segment(s).data + (s->at - s->from), stop - s->at);
        s->selected += text_occurrences(lines.data, lines.length, g->end) + (lines.data[lines.length - 1] != g->end);
        call_charge_bytes(c, lines.length);
        s->at = stop;
        return true;
    }
    if (is_silent(g) || s->nul || g->only || g->names || g->number || g->offsets || g->tabs || g->colors.on || g->context_wanted ||
        g->most != UINT64_MAX)
        return false;
    size_t to = stop - s->at > BULK ? s->at + BULK : stop;
    while (to < stop && to > s->at && s->text.data[to - 1] != g->end)
        to--;
    if (to == s->at)
        return false;
    struct str lines = str_of(s->text.data + s->at, to - s->at);
    call_charge_bytes(c, lines.length);
    if (g->binary != BINARY_TEXT && utf8_count_invalid(lines, g->locale))
        return false;
    s->selected++;
    call_print(c, lines);
    if (lines.data[lines.length - 1] != g->end)
        call_print_byte(c, g->end);
    s->at = to;
    return true;
}

/* One line, or several; DONE when something was done. */
static enum done go_on(struct call *c, struct grep *g, struct grep_scan *s)
{
    size_t stop = s->found ? s->start : s->limit;
    if (s->at < stop && !g->invert && !s->pending) {
        s->at = stop;
        return DONE;
    }
    if (s->at < stop && g->invert && !s->stage && take_many(c, g, s, stop))
        return DONE;
    if (s->at < stop) {
        size_t end = line_end(g, s, s->at);
        enum done done = g->invert && !s->trailing ? take(c, g, s, s->at, end) : pass(c, g, s, s->at, end);
        if (done == LATER)
            return LATER;
        s->at = after_end(s, end);
        call_charge(c, 1);
        return DONE;
    }
    if (s->found) {
        enum done done = g->invert || s->trailing ? pass(c, g, s, s->start, s->end) : take(c, g, s, s->start, s->end);
        if (done == LATER)
            return LATER;
        s->at = after_end(s, s->end);
        s->known = false;
        call_charge(c, 1);
    }
    return DONE;
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void finish(struct call *c, struct grep *g, struct grep_scan *s)
{
    struct input *in = s->input;
    if (in->error) {
        if (!g->silent)
            call_error(c, "%S: %m", s->name, in->error);
        g->failed = true;
    }
    if (s->left == 0 && in->standard && s->text.length > s->after_last)
        input_unread(in, s->text.length - s->after_last); /* for whoever reads on */
    if (s->selected)
        g->matched = true;
    bool silent = g->quiet || g->count || g->list != LIST_NONE;
    if (g->binary == BINARY_MESSAGE && !silent && (s->invalid || (s->nul && s->selected > s->before_null)))
        call_warn(c, "%S: binary file matches", s->name);
    if (g->quiet)
        return;
    if (g->count) {
        if (g->names > 0 || (g->names < 0 && g->found_directory))
            grep_print_name(c, g, s->name, ':');
        call_format(c, "%llu\n", (unsigned long long)s->selected);
    }
    if ((g->list == LIST_MATCHING && s->selected) || (g->list == LIST_OTHERS && !s->selected))
        grep_print_name(c, g, s->name, 0);
}

enum grep_answer grep_scan(struct call *c, struct grep *g)
{
    struct grep_scan *s = &g->scan;

    for (;;) {
        if (!call_go(c))
            return SCAN_AGAIN;
        if (s->finished || (s->trailing && !s->pending)) {
            finish(c, g, s);
            return SCAN_OVER;
        }
        if (s->at >= s->limit) {
            switch (next_segment(c, g, s)) {
            case INPUT_WAIT: return SCAN_LATER;
            case INPUT_END:  s->finished = true; break;
            case INPUT_MORE: break;
            }
            continue;
        }
        if (!s->known && !look(c, g, s))
            return SCAN_AGAIN;
        if (!s->finished && go_on(c, g, s) == LATER)
            return SCAN_AGAIN;
    }
}
