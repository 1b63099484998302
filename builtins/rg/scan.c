/* builtins/rg/scan.c - searches one input: from one line that matches to the next, and the lines around it. */
#include "builtins/rg/rg.h"
#include "task/sandbox.h"

enum { PIECE = 64 * 1024 /* bytes in which a NUL byte makes a file binary: it is looked for ahead of the search */ };

int64_t rg_elapsed(const struct call *c, int64_t since)
{
    return sandbox_now(c->task->sandbox) - since;
}

void rg_scan_start(struct call *c, struct rg *g, struct input *input, struct str name, bool named, bool standard)
{
    struct rg_scan *s = &g->scan;
    struct buf kept = s->kept;
    *s = (struct rg_scan){.input = input, .name = name, .named = named, .standard = standard, .left = g->most, .kept = kept};
    if (!kept.heap)
        buf_init(&s->kept, c->heap);
    buf_clear(&s->kept);
    s->finished = g->most == 0;
    s->pending = g->passthru ? UINT64_MAX : 0;
    s->printed_before = g->total.printed;
    s->json_lines = g->total.lines;
    s->json_matches = g->total.matches;
    s->began = rg_elapsed(c, 0);
    g->scanning = g->any_file = true;
}

static bool is_silent(const struct rg *g)
{
    return g->quiet || (g->mode != RG_LINES && !g->json);
}

static enum rg_binary binary_of(const struct rg *g, const struct rg_scan *s)
{
    if (g->binary == RG_TEXT || g->null_data)
        return RG_TEXT;
    return g->binary == RG_CONVERT || s->named ? RG_CONVERT : RG_QUIT;
}

/* --- reading ---------------------------------------------------------------------------------------------- */

/* Looks for a NUL byte as far as `to`. */
static bool look_for_nul(struct rg *g, struct rg_scan *s, size_t to)
{
    enum rg_binary binary = binary_of(g, s);
    if (binary != RG_TEXT && !s->binary && to > s->checked) {
        const char *nul = memchr(s->text.data + s->checked, 0, to - s->checked);
        s->binary = nul != NULL;
        s->binary_at = nul ? s->base + (uint64_t)(nul - s->text.data) : 0;
    }
    if (to > s->checked)
        s->checked = to;
    return s->binary && binary == RG_QUIT;
}

/* Counts lines as far as `to`. */
void rg_count_lines(struct call *c, struct rg *g, size_t to)
{
    struct rg_scan *s = &g->scan;
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
static void drop_front(struct call *c, struct rg *g, struct rg_scan *s)
{
    size_t keep = s->at, floor = s->pending && s->tail < s->at ? s->tail : s->at;
    if (s->at < PIECE)
        return;
    for (uint64_t i = 0; i < g->before && keep > s->tail; i++) {
        keep--;
        while (keep > s->tail && s->text.data[keep - 1] != g->end)
            keep--;
    }
    keep = keep < floor ? keep : floor;
    if (keep < s->kept.length / 2)
        return; /* moving much for little would cost more and more */
    rg_count_lines(c, g, keep);
    s->base += keep;
    buf_drop_front(&s->kept, keep);
    s->at -= keep;
    s->limit = less(s->limit, keep);
    s->checked = less(s->checked, keep);
    s->counted -= keep;
    s->tail = less(s->tail, keep);
    s->printed = less(s->printed, keep);
    s->next_from = less(s->next_from, keep);
}

static enum input_answer read_stream(struct call *c, struct rg *g, struct rg_scan *s)
{
    for (;;) {
        struct str bytes;
        enum input_answer answer = input_block(s->input, SIZE_MAX, &bytes);
        if (answer == INPUT_WAIT)
            return answer;
        size_t fresh = s->kept.length;
        if (answer == INPUT_END) {
            s->ended = true;
        } else {
            drop_front(c, g, s);
            fresh = s->kept.length;
            bool marked = g->any_encoding && !s->base && !fresh && str_starts(bytes, "\xef\xbb\xbf");
            buf_add(&s->kept, str_after(bytes, marked ? 3 : 0));
        }
        s->text = buf_str(&s->kept);
        if (look_for_nul(g, s, s->text.length))
            s->finished = true;
        size_t to = s->text.length;
        while (!s->ended && to > fresh && s->text.data[to - 1] != g->end)
            to--;
        if (to > fresh || s->ended) { /* before what is fresh there is no line end: it would have been used */
            s->limit = to;
            return to > s->at ? INPUT_MORE : INPUT_END;
        }
    }
}

/* Turns UTF-16 into UTF-8: false when it is to be called again. */
static bool decode(struct call *c, struct rg_scan *s)
{
    bool big = s->text.data[0] == '\xfe';
    const unsigned char *text = (const unsigned char *)s->text.data;
    while (s->decoded + 1 < s->text.length) {
        if (!call_go(c))
            return false;
        size_t stop = s->text.length - s->decoded > PIECE ? s->decoded + PIECE : s->text.length - s->text.length % 2;
        call_charge_bytes(c, stop - s->decoded);
        while (s->decoded < stop) {
            size_t at = s->decoded;
            uint32_t code = (uint32_t)(big ? text[at] << 8 | text[at + 1] : text[at + 1] << 8 | text[at]);
            s->decoded += 2;
            if (code >= 0xd800 && code < 0xdc00 && at + 3 < s->text.length) {
                uint32_t low = (uint32_t)(big ? text[at + 2] << 8 | text[at + 3] : text[at + 3] << 8 | text[at + 2]);
                if (low >= 0xdc00 && low < 0xe000) {
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    s->decoded += 2;
                }
            }
            if (code >= 0xd800 && code < 0xe000)
                code = 0xfffd;
            s->kept.length += utf8_encode(code, buf_reserve(&s->kept, UTF8_MOST));
        }
    }
    s->text = buf_str(&s->kept);
    return true;
}

/* Makes more that can be searched: INPUT_END when there are no lines any more. */
static enum input_answer read_more(struct call *c, struct rg *g, struct rg_scan *s)
{
    if (!s->opened && (s->input->file->kind == FILE_INODE || g->multiline)) {
        enum input_answer answer = s->decoded ? INPUT_MORE : input_all(s->input, &s->text);
        if (answer == INPUT_WAIT)
            return answer;
        if (answer == INPUT_END)
            s->text.length = 0;
        if (g->any_encoding && (str_starts(s->text, "\xff\xfe") || str_starts(s->text, "\xfe\xff"))) {
            s->decoded = s->decoded ? s->decoded : 2;
            if (!decode(c, s)) {
                c->paused = true;
                return INPUT_WAIT;
            }
        }
        s->whole = s->ended = true;
        if (g->any_encoding && str_starts(s->text, "\xef\xbb\xbf")) /* told by offsets no more than by lines */
            s->text = str_after(s->text, 3);
    }
    s->opened = true;
    if (!s->whole)
        return s->ended ? INPUT_END : read_stream(c, g, s);
    if (s->at >= s->text.length)
        return INPUT_END;
    if (g->multiline || binary_of(g, s) != RG_QUIT) {
        s->finished = look_for_nul(g, s, s->text.length < PIECE ? s->text.length : PIECE);
        s->limit = s->text.length;
        return s->finished ? INPUT_END : INPUT_MORE;
    }
    size_t to = s->text.length - s->at > PIECE ? s->at + PIECE : s->text.length;
    s->finished = look_for_nul(g, s, to);
    while (to < s->text.length && to > s->at && s->text.data[to - 1] != g->end)
        to--;
    if (to == s->at) { /* one long line */
        ptrdiff_t more = str_find(str_after(s->text, s->at), g->end);
        to = more < 0 ? s->text.length : s->at + (size_t)more + 1;
        s->finished = look_for_nul(g, s, to);
    }
    s->limit = to;
    return s->finished ? INPUT_END : INPUT_MORE;
}

/* Behind the end of the line at `at`. */
static size_t line_stop(const struct rg *g, const struct rg_scan *s, size_t at)
{
    ptrdiff_t length = str_find(str_of(s->text.data + at, s->limit - at), g->end);
    return length < 0 ? s->limit : at + (size_t)length + 1;
}

/* --- searching ----------------------------------------------------------------------------------------------- */

/* The lines of a match, with those of earlier ones that reach as far. True when they are complete. */
static bool add_to_block(const struct rg *g, struct rg_scan *s, struct match m)
{
    size_t start = (size_t)m.start, stop = (size_t)m.end;
    while (start > 0 && s->text.data[start - 1] != g->end)
        start--;
    if (!(stop > start && s->text.data[stop - 1] == g->end && m.end > m.start))
        stop = line_stop(g, s, stop);
    if (start >= s->text.length) { /* an empty match behind the last line */
        s->next_from = s->text.length + 1;
        return false;
    }
    if (s->open_block && s->stop < start)
        return true;
    if (!s->open_block)
        s->start = start;
    s->stop = s->open_block && s->stop > stop ? s->stop : stop;
    s->open_block = true;
    s->next_from = m.end > m.start ? (size_t)m.end : (size_t)m.end + 1;
    return false;
}

/* Of several lines: the next block of them. False when the meter is spent. */
static bool look_at_all(struct call *c, struct rg *g, struct rg_scan *s)
{
    if (!s->searching) {
        s->open_block = false;
        if (s->next_from < s->at)
            s->next_from = s->at;
    }
    s->searching = true;
    for (;;) {
        struct match m;
        if (!call_go(c))
            return false;
        if (s->next_from > s->text.length)
            break;
        if (s->search_from != s->next_from + 1) {
            regex_start(&s->search, g->regex, s->text, s->next_from, 0);
            s->search_from = s->next_from + 1;
        }
        enum regex_answer answer = regex_next(&s->search, &m, 1);
        if (answer == REGEX_MORE)
            return false;
        call_charge(c, 1);
        if (answer == REGEX_LIMIT) {
            call_complain(c, "%S: PCRE2: error matching: match limit exceeded\n", s->name);
            g->failed = true;
        }
        if (answer != REGEX_YES) {
            s->next_from = s->text.length + 1;
            break;
        }
        s->search_from = 0;
        if (add_to_block(g, s, m))
            break;
    }
    s->found = s->open_block;
    s->searching = false;
    s->search_from = 0;
    s->known = true;
    return true;
}

/* Looks for the next line that matches: false when the meter is spent. */
static bool look(struct call *c, struct rg *g, struct rg_scan *s)
{
    size_t start, end;
    if (!g->regex) {
        s->found = false;
        s->known = true;
        return true;
    }
    if (g->multiline)
        return look_at_all(c, g, s);
    if (!s->searching) {
        s->lines_from = s->at;
        regex_start(&s->search, g->regex, str_of(s->text.data + s->at, s->limit - s->at), 0, MATCH_LINES);
        s->searching = true;
    }
    struct str text = str_of(s->text.data + s->lines_from, s->limit - s->lines_from);
    s->search.text = text;
    switch (regex_line(&s->search, &start, &end)) {
    case REGEX_MORE:
        return false;
    case REGEX_YES:
        s->found = true;
        s->start = s->lines_from + start;
        s->stop = s->lines_from + end < s->limit ? s->lines_from + end + 1 : s->limit;
        break;
    case REGEX_NO:
        s->found = false;
        break;
    case REGEX_LIMIT:
        call_complain(c, "%S: PCRE2: error matching: match limit exceeded\n", s->name);
        g->failed = s->finished = true;
        s->found = false;
        break;
    }
    s->known = true;
    return true;
}

/* --- what is done with lines ------------------------------------------------------------------------------------ */

enum { JOB_AFTER, JOB_BEFORE, JOB_SEPARATE, JOB_CONTEXT, JOB_COUNT, JOB_SPANS, JOB_LINE };

static bool show(struct call *c, struct rg *g, struct rg_scan *s, size_t start, size_t stop, bool selected)
{
    size_t before = c->out.length;
    if (g->number)
        rg_count_lines(c, g, start);
    bool done = g->json ? rg_json_line(c, g, start, stop, selected) : rg_print_line(c, g, start, stop, selected);
    g->total.printed += c->out.length - before;
    if (done) {
        s->shown = true;
        s->printed = stop;
        g->any_shown = true;
    }
    return done;
}

/* Takes note of a selected line. True when it is also to be shown. */
static bool count_line(struct call *c, struct rg *g, struct rg_scan *s)
{
    s->selected++;
    s->left -= s->left > 0;
    s->matches += g->spans.count;
    if (g->stats || g->json) {
        size_t lines = text_occurrences(s->text.data + s->job.start, s->job.stop - s->job.start, g->end);
        g->total.lines += lines + (s->text.data[s->job.stop - 1] != g->end);
        g->total.matches += g->spans.count;
        call_charge_bytes(c, s->job.stop - s->job.start);
    }
    if (is_silent(g)) {
        bool counts = g->mode == RG_COUNT || g->mode == RG_COUNT_MATCHES;
        s->finished = s->left == 0 || (!(counts && !g->quiet) && !g->stats);
        return false;
    }
    if (!g->json && binary_of(g, s) == RG_CONVERT) {
        const char *nul = s->binary ? NULL : memchr(s->text.data + s->job.start, 0, s->job.stop - s->job.start);
        if (nul)
            s->binary_at = s->base + (uint64_t)(nul - s->text.data);
        s->binary |= nul != NULL;
        s->finished = s->binary;
    }
    return !s->finished;
}

static void prelude(struct call *c, struct rg *g, struct rg_scan *s)
{
    if (s->headed)
        return;
    size_t before = c->out.length;
    if (g->json)
        rg_json_begin(c, g);
    else
        rg_print_prelude(c, g);
    g->total.printed += c->out.length - before;
    s->headed = true;
}

/* Goes on with the job: false when it is to be called again. */
static bool work(struct call *c, struct rg *g, struct rg_scan *s)
{
    struct rg_job *j = &s->job;
    for (;;) {
        if (!call_go(c))
            return false;
        switch (j->stage) {
        case JOB_AFTER: {
            if (is_silent(g) || !s->pending || s->tail >= j->start) {
                j->stage = JOB_BEFORE;
                s->finished |= s->trailing && (!s->pending || g->passthru);
                if (j->only_after || s->finished)
                    return true;
                break;
            }
            prelude(c, g, s);
            size_t stop = line_stop(g, s, s->tail);
            if (!show(c, g, s, s->tail, stop, false))
                return false;
            s->tail = stop;
            s->pending -= s->pending != UINT64_MAX;
            call_charge(c, 1);
            break;
        }
        case JOB_BEFORE: {
            size_t from = j->begun ? j->context : j->start, at = from;
            j->begun = true;
            j->context = from;
            if (is_silent(g) || j->back == g->before || from <= s->tail) {
                j->stage = JOB_COUNT;
                break;
            }
            for (at--; at > s->tail && s->text.data[at - 1] != g->end; at--)
                ;
            j->context = at;
            j->back++;
            call_charge_bytes(c, from - at);
            break;
        }
        case JOB_COUNT:
            rg_spans_start(g);
            j->stage = JOB_SPANS;
            break;
        case JOB_SPANS: {
            size_t stop = j->stop;
            if (!g->multiline && stop > j->start && s->text.data[stop - 1] == g->end)
                stop--;
            if (g->crlf && stop > j->start && stop < j->stop && s->text.data[stop - 1] == '\r')
                stop--;
            bool unended = s->text.data[j->stop - 1] != g->end;
            struct str line = str_of(s->text.data + j->start, stop - j->start);
            if (g->granular && !g->invert && !rg_spans_find(c, g, line, unended))
                return false;
            if (!count_line(c, g, s))
                return true;
            j->stage = JOB_SEPARATE;
            break;
        }
        case JOB_SEPARATE:
            prelude(c, g, s);
            if ((g->before || g->after) && !g->passthru && !g->json && g->separate && s->shown && j->context != s->printed)
                rg_print_separator(c, g);
            j->stage = JOB_CONTEXT;
            break;
        case JOB_CONTEXT: {
            if (j->context >= j->start) {
                j->stage = JOB_LINE;
                break;
            }
            size_t stop = line_stop(g, s, j->context);
            if (!show(c, g, s, j->context, stop, false))
                return false;
            j->context = stop;
            call_charge(c, 1);
            break;
        }
        default:
            if (!show(c, g, s, j->start, j->stop, true))
                return false;
            s->tail = j->stop;
            if (s->trailing) /* one of the lines behind the last that was wanted matches too */
                s->pending -= s->pending > 0 && !g->passthru;
            else if (!g->passthru)
                s->pending = g->after;
            s->trailing |= s->left == 0;
            s->finished |= s->trailing && (!s->pending || g->passthru);
            return true;
        }
    }
}

static void begin_job(struct rg_scan *s, size_t start, size_t stop, bool only_after)
{
    s->working = true;
    s->job = (struct rg_job){.start = start, .stop = stop, .only_after = only_after};
}

/* With -v and -c: many lines at once. */
static bool take_many(struct call *c, struct rg *g, struct rg_scan *s, size_t stop)
{
    if (!g->invert || g->mode != RG_COUNT || g->most != UINT64_MAX || g->stats || g->quiet)
        return false;
    size_t length = stop - s->at;
    s->selected += text_occurrences(s->text.data + s->at, length, g->end) + (s->text.data[stop - 1] != g->end);
    call_charge_bytes(c, length);
    s->at = stop;
    return true;
}

/* What the search found: the next line, or as far as there is none. */
static void go_on(struct call *c, struct rg *g, struct rg_scan *s)
{
    size_t stop = s->found ? s->start : s->limit;
    call_charge(c, 1);
    if (g->stop_early && s->selected && (g->invert ? s->found && s->at == stop : s->at < stop)) {
        s->finished = true;
        return;
    }
    if (g->invert && s->at < stop) {
        if (take_many(c, g, s, stop))
            return;
        size_t end = line_stop(g, s, s->at);
        begin_job(s, s->at, end, false);
        s->at = end;
        return;
    }
    if (s->found) {
        s->known = false;
        s->at = s->stop;
        if (g->invert)
            return;
        if (is_silent(g) && !g->granular) { /* nothing but the number is wanted */
            s->selected++;
            s->left--;
            s->finished = s->left == 0 || g->mode != RG_COUNT || g->quiet;
        } else {
            begin_job(s, s->start, s->stop, false);
        }
        return;
    }
    s->at = s->limit;
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void print_count(struct call *c, struct rg *g, uint64_t count)
{
    if (g->scan.selected == 0 && !g->include_zero)
        return;
    if (rg_names_shown(g)) {
        rg_print_path(c, g, g->scan.name);
        call_print_byte(c, g->null_names ? 0 : ':');
    }
    number_add_unsigned(&c->out, count);
    call_print_byte(c, g->end);
}

static void finish(struct call *c, struct rg *g, struct rg_scan *s)
{
    size_t before = c->out.length;
    if (s->input->error)
        rg_file_error(c, g, s->name, NULL, s->input->error);
    s->searched = s->base + (s->at < s->text.length ? s->at : s->text.length);
    bool squashed = s->binary && binary_of(g, s) == RG_QUIT && g->mode != RG_LINES;
    bool matched = s->selected && !squashed;
    if (g->json) {
        if (s->headed)
            rg_json_end(c, g);
    } else if (!g->quiet && !squashed) {
        switch (g->mode) {
        case RG_COUNT:
            print_count(c, g, s->selected);
            break;
        case RG_COUNT_MATCHES:
            print_count(c, g, s->matches);
            break;
        case RG_WITH_MATCH:
        case RG_WITHOUT_MATCH:
            if (matched == (g->mode == RG_WITH_MATCH)) {
                rg_print_path(c, g, s->name);
                call_print_byte(c, g->null_names ? 0 : g->end);
            }
            break;
        default:
            if (s->binary && s->selected)
                rg_print_binary(c, g);
            break;
        }
    }
    g->matched |= g->mode == RG_WITHOUT_MATCH ? !matched : matched;
    g->total.printed += g->mode == RG_LINES ? c->out.length - before : 0;
    g->total.searches++;
    g->total.with_match += matched;
    g->total.searched += s->searched;
    g->total.elapsed += rg_elapsed(c, s->began);
}

enum rg_answer rg_scan(struct call *c, struct rg *g)
{
    struct rg_scan *s = &g->scan;
    for (;;) {
        if (!call_go(c))
            return RG_AGAIN;
        if (s->working) {
            if (!work(c, g, s))
                return RG_AGAIN;
            s->working = false;
            continue;
        }
        if (s->finished || (s->trailing && !s->pending)) {
            finish(c, g, s);
            return RG_OVER;
        }
        if (s->at >= s->limit && s->pending && s->tail < s->limit && !is_silent(g)) {
            begin_job(s, s->limit, s->limit, true);
            continue;
        }
        if (s->at >= s->limit) {
            s->known = s->searching = false;
            switch (read_more(c, g, s)) {
            case INPUT_WAIT: return RG_LATER;
            case INPUT_END:  s->finished = true; break;
            case INPUT_MORE: break;
            }
            continue;
        }
        if (!s->known && !look(c, g, s))
            return RG_AGAIN;
        if (!s->finished)
            go_on(c, g, s);
    }
}

void rg_stats_print(struct call *c, struct rg *g)
{
    const struct rg_stats *t = &g->total;
    int64_t all = rg_elapsed(c, g->started);
    call_format(c, "\n%llu matches\n%llu matched lines\n%llu files contained matches\n%llu files searched\n"
                   "%llu bytes printed\n%llu bytes searched\n", (unsigned long long)t->matches, (unsigned long long)t->lines,
                (unsigned long long)t->with_match, (unsigned long long)t->searches, (unsigned long long)t->printed,
                (unsigned long long)t->searched);
    call_format(c, "%lld.%06lld seconds spent searching\n", (long long)(t->elapsed / 1000000000),
                (long long)(t->elapsed / 1000 % 1000000));
    call_format(c, "%lld.%06lld seconds\n", (long long)(all / 1000000000), (long long)(all / 1000 % 1000000));
}
