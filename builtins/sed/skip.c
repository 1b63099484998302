/* builtins/sed/skip.c - passes over lines that no command would touch, whole stretches of a file at a time.
 *
 * It is of use when each command outside of blocks has an address, or is an s whose regex is one: then the next line of
 * interest is the first among the lines that are addressed by number, the last line, and those where regexes match.
 */
#include "builtins/sed/sed.h"

enum { PIECE = 64 * 1024, HITS = 16, BLIND = 16 * 1024, FEW = 64 /* lines that are not counted first */ };

static bool is_numbered(const struct sed_address *a)
{
    return a->kind == ADDRESS_LINE || a->kind == ADDRESS_STEP || a->kind == ADDRESS_MULTIPLE;
}

static void note_counts(struct sed *s, const struct sed_command *k)
{
    bool from = is_numbered(&k->from), to = is_numbered(&k->to);
    if (k->name == '=' || k->to.kind == ADDRESS_MULTIPLE || (k->depth > 0 && (from || to)) ||
        (to && k->from.kind != ADDRESS_LINE))
        s->counts_always = true;
    if (from || to)
        s->counts = true;
}

/* Adds what the command is to be watched for: false when it may touch any line. */
static bool add_watch(struct call *c, struct sed *s, struct sed_command *k)
{
    struct sed_watch w = {.command = k};
    const char *message;
    if (k->name == '}' || k->name == ':' || k->name == 'v')
        return true;
    if (k->negate)
        return false;
    if (k->from.kind == ADDRESS_NONE) {
        if (k->name != 's')
            return false;
        w.regex = k->substitution->regex;
    } else if (k->from.kind == ADDRESS_REGEX) {
        w.regex = k->from.regex;
    } else if (k->from.kind == ADDRESS_LAST) {
        s->watches_last = true;
    }
    if (w.regex) {
        if (!w.regex->plain)
            return false;
        w.lines = regex_compile(c->heap, &w.regex->text, 1, s->extended ? REGEX_EXTENDED : REGEX_BASIC,
                                w.regex->flags | REGEX_NEWLINE | REGEX_NO_GROUPS, &message);
        if (!w.lines)
            return false;
    }
    s->watches = array_grow(c->heap, s->watches, s->watch_count, sizeof *s->watches);
    s->watches[s->watch_count++] = w;
    return true;
}

void sed_watch_start(struct call *c, struct sed *s)
{
    s->skips = !s->empty_regex && !s->debug && !s->unbuffered;
    for (size_t i = 0; i < s->count && s->skips; i++) {
        note_counts(s, &s->commands[i]);
        if (s->commands[i].depth == 0 && !add_watch(c, s, &s->commands[i]))
            s->skips = false;
    }
    s->counts |= s->counts_always;
}

void sed_watch_text(struct sed *s)
{
    for (size_t i = 0; i < s->watch_count; i++) {
        struct sed_watch *w = &s->watches[i];
        w->searching = w->known = false;
        w->blind = 0;
        w->resume = SIZE_MAX;
        w->hits = 0;
    }
    s->last_line = SIZE_MAX;
}

/* The first line from `line` on that a command with numbers as addresses may touch. */
static uint64_t next_number(const struct sed_command *k, uint64_t line)
{
    const struct sed_address *a = &k->from;
    if (k->range == RANGE_ACTIVE)
        return line;
    if (a->kind == ADDRESS_STEP) {
        if (line <= a->first)
            return a->first;
        return a->first + (line - a->first + a->step - 1) / a->step * a->step;
    }
    if (a->kind != ADDRESS_LINE || k->range == RANGE_CLOSED)
        return UINT64_MAX;
    if (line <= a->first || (line == 1 && a->first == 0))
        return line == 1 && a->first == 0 ? 1 : a->first;
    if (k->to.kind == ADDRESS_NONE || (k->to.kind == ADDRESS_LINE && line > k->to.first))
        return UINT64_MAX;
    return line;
}

/* Where the watched regex matches next: false when the meter is spent. */
static bool look(struct sed *s, struct sed_watch *w)
{
    size_t start, end;
    if (w->known && (w->next == SIZE_MAX || w->next >= s->at))
        return true;
    if (s->at < w->blind) {
        w->known = false;
        w->next = s->at;
        return true;
    }
    if (!w->searching && w->resume != s->at)
        regex_start(&w->search, w->lines, s->text, s->at, w->hits ? 0 : MATCH_LINES);
    w->searching = true;
    enum regex_answer answer = regex_line(&w->search, &start, &end);
    if (answer == REGEX_MORE)
        return false;
    w->searching = false;
    w->known = true;
    w->resume = answer == REGEX_YES ? end + 1 : SIZE_MAX;
    w->next = answer == REGEX_YES ? start : answer == REGEX_NO ? SIZE_MAX : s->at;
    w->hits = w->next == s->at ? w->hits + 1 : 0;
    if (w->hits >= HITS) {
        w->hits = HITS - 1; /* one more look decides about the next stretch */
        w->blind = s->at + BLIND;
    }
    return true;
}

/* The start of the last line of the text. */
static size_t last_line(struct call *c, struct sed *s)
{
    if (s->last_line == SIZE_MAX) {
        size_t at = s->text.length - 1;
        while (at > 0 && s->text.data[at - 1] != s->end)
            at--;
        call_charge_bytes(c, s->text.length - at);
        s->last_line = at;
    }
    return s->last_line;
}

/* So much of the text, up to `target`, is passed over at once: whole lines, before line number `number`. */
static size_t measure(struct call *c, struct sed *s, size_t target, uint64_t number, uint64_t *lines)
{
    const char *from = s->text.data + s->at;
    size_t length = target - s->at;
    *lines = 0;
    if (length > PIECE) {
        length = PIECE;
        while (length > 0 && from[length - 1] != s->end)
            length--;
        if (!length) {
            const char *end = memchr(from + PIECE, s->end, target - s->at - PIECE);
            length = end ? (size_t)(end - from) + 1 : target - s->at;
        }
    }
    if (s->counts) {
        uint64_t wanted = number - s->line - 1; /* lines that may be passed over */
        const char *at = from, *end = from + length;
        if (wanted > FEW) {
            *lines = text_occurrences(from, length, s->end);
            call_charge_bytes(c, length);
            if (*lines < wanted) {
                *lines += from[length - 1] != s->end;
                return length;
            }
        }
        for (*lines = 0; *lines < wanted && at < end; ++*lines) {
            const char *found = memchr(at, s->end, (size_t)(end - at));
            at = found ? found + 1 : end;
        }
        call_charge_bytes(c, (size_t)(at - from));
        return (size_t)(at - from);
    }
    return length;
}

int sed_skip(struct call *c, struct sed *s)
{
    size_t target = s->text.length;
    uint64_t number = UINT64_MAX, lines;
    struct sed_command *reason = NULL;
    bool regexes = false;
    for (size_t i = 0; i < s->watch_count; i++) {
        struct sed_watch *w = &s->watches[i];
        if (w->command->range == RANGE_ACTIVE)
            return 1;
        if (!w->regex) {
            uint64_t next = next_number(w->command, s->line + 1);
            number = next < number ? next : number;
            continue;
        }
        if (!look(s, w))
            return 0;
        regexes = true;
        bool alone = w->command->from.kind == ADDRESS_REGEX && w->command->to.kind == ADDRESS_NONE;
        if (w->known && w->next == s->at && alone)
            reason = w->command;
        target = w->next < target ? w->next : target;
    }
    if (s->watches_last && last_line(c, s) < target)
        target = s->last_line;
    if (number == s->line + 1 || target <= s->at) {
        s->known = s->watch_count == 1 ? reason : NULL;
        return 1;
    }
    bool counts = s->counts;
    s->counts = s->counts_always || (counts && number != UINT64_MAX);
    size_t length = target - s->at;
    if (!s->quiet || s->counts || regexes)
        length = measure(c, s, target, number, &lines);
    else
        lines = 0;
    s->counts = counts;
    s->line += lines;
    if (!s->quiet && length) {
        struct str piece = str_of(s->text.data + s->at, length);
        sed_put_raw(c, s, s->out, piece);
        s->out->missing_newline = piece.data[length - 1] != s->end;
    }
    call_charge(c, 1);
    call_charge_bytes(c, s->quiet ? 0 : length);
    s->at += length;
    return 0;
}
