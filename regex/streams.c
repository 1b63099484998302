/* regex/streams.c - lines that match, looked for in four parts of a text at once.
 *
 * From one byte to the next an automaton waits for its table, whose next place depends on what is read now. Lines do not
 * depend on each other, so four of them, from four parts of a piece of text, can be waited for together. A part that is
 * through takes half of what another has left. When all states have to be forgotten, one part after the other goes on:
 * four that forget each other's would never come to an end.
 */
#include "regex/dfa.h"

enum { STREAMS = 4, SHARE_LEAST = 256 /* bytes left that are worth sharing */, FLUSHES_MOST = 4 };

struct stream {
    size_t at, stop; /* it goes on here; its end, behind a line's */
    uint32_t row;
};

struct streams {
    size_t low, high;
    uint64_t piece;
    uint32_t flushes;
    char end; /* of lines */
    bool one_by_one;
    struct stream parts[STREAMS];
    uint64_t hits[STREAMS_MOST / 64]; /* a bit for each place of the piece */
};

struct streams *streams_new(struct heap *heap)
{
    struct streams *s = heap_alloc(heap, sizeof *s);
    s->piece = 0;
    return s;
}

bool streams_pay(const struct dfa *d)
{
    return d->scanned >= SKIP_AFTER && d->skipped < d->scanned / 2 && d->flushes < FLUSHES_MOST;
}

uint64_t streams_piece(const struct streams *s)
{
    return s->piece;
}

size_t streams_end(const struct streams *s)
{
    return s->high;
}

/* Behind the first line end at or after `at`, or `stop`. */
static size_t next_line(const struct streams *s, struct str text, size_t at, size_t stop)
{
    const char *end = at < stop ? memchr(text.data + at, s->end, stop - at) : NULL;
    return end ? (size_t)(end - text.data) + 1 : stop;
}

static uint32_t first_row(struct dfa *d)
{
    struct run run;
    dfa_start(d, &run, 0, KIND_NEWLINE, false);
    return run.row;
}

void streams_start(struct streams *s, struct dfa *d, struct str text, size_t low, size_t high)
{
    uint32_t row = first_row(d);
    size_t from = low;
    s->low = low;
    s->high = high;
    s->piece++;
    s->flushes = d->flushes;
    s->end = d->tree->end;
    s->one_by_one = false;
    for (size_t i = 0; i < STREAMS; i++) {
        size_t cut = low + (high - low) / STREAMS * (i + 1);
        size_t stop = i == STREAMS - 1 || cut <= from ? high : next_line(s, text, cut, high);
        s->parts[i] = (struct stream){.at = from, .stop = stop, .row = row};
        from = stop;
    }
    memset(s->hits, 0, (high - low + 63) / 64 * sizeof *s->hits);
}

/* All but `kept` go back to the start of their lines: their states are forgotten. */
static void restart(struct streams *s, struct dfa *d, struct str text, const struct stream *kept)
{
    uint32_t row = first_row(d);
    for (size_t i = 0; i < STREAMS; i++) {
        struct stream *part = &s->parts[i];
        if (part == kept)
            continue;
        while (part->at < part->stop && part->at > s->low && text.data[part->at - 1] != s->end)
            part->at--;
        part->row = row;
    }
    s->one_by_one = true;
    s->flushes = d->flushes;
}

/* One byte, or character, that the table alone does not do. */
static void step(struct streams *s, struct dfa *d, struct stream *part, struct str text)
{
    size_t length;
    uint32_t row = part->row, entry = dfa_entry(d, &row, dfa_column_at(d, text, part->at, &length));
    if (entry & ENTRY_DEAD) {
        size_t place = part->at - s->low;
        if (entry & ENTRY_ACCEPT)
            s->hits[place / 64] |= UINT64_C(1) << place % 64;
        part->at = next_line(s, text, part->at, part->stop);
        part->row = first_row(d);
    } else {
        part->at += length;
        part->row = entry & ENTRY_ROW;
    }
    if (s->flushes != d->flushes)
        restart(s, d, text, part);
}

/* Gives a part that is through half of what the one has left that has most: false when nobody has much. */
static bool share(struct streams *s, struct stream *idle, struct str text)
{
    struct stream *most = &s->parts[0];
    for (size_t i = 1; i < STREAMS; i++)
        if (s->parts[i].stop - s->parts[i].at > most->stop - most->at)
            most = &s->parts[i];
    if (most->stop - most->at < SHARE_LEAST)
        return false;
    size_t cut = next_line(s, text, most->at + (most->stop - most->at) / 2, most->stop);
    if (cut == most->stop)
        return false;
    *idle = (struct stream){.at = cut, .stop = most->stop, .row = idle->row};
    most->stop = cut;
    return true;
}

/* As far as all four can go by the table alone. */
static void run_all(struct streams *s, const struct dfa *d, struct str text)
{
    const unsigned char *base = (const unsigned char *)text.data;
    const unsigned char *p0 = base + s->parts[0].at, *p1 = base + s->parts[1].at, *p2 = base + s->parts[2].at, *p3 = base + s->parts[3].at;
    uint32_t r0 = s->parts[0].row, r1 = s->parts[1].row, r2 = s->parts[2].row, r3 = s->parts[3].row;
    const uint32_t *table = d->table;
    const uint16_t *of = d->alphabet->of_byte;
    size_t least = SIZE_MAX, at = 0;
    for (size_t i = 0; i < STREAMS; i++)
        if (s->parts[i].stop - s->parts[i].at < least)
            least = s->parts[i].stop - s->parts[i].at;
    for (; at < least; at++) {
        uint32_t e0 = table[r0 + of[p0[at]]], e1 = table[r1 + of[p1[at]]], e2 = table[r2 + of[p2[at]]], e3 = table[r3 + of[p3[at]]];
        if ((e0 | e1 | e2 | e3) & ENTRY_SPECIAL)
            break;
        r0 = e0, r1 = e1, r2 = e2, r3 = e3;
    }
    s->parts[0].row = r0, s->parts[1].row = r1, s->parts[2].row = r2, s->parts[3].row = r3;
    for (size_t i = 0; i < STREAMS; i++)
        s->parts[i].at += at;
}

/* One part as far as its end, or until many states were made. */
static void run_one(struct streams *s, struct dfa *d, struct stream *part, struct str text)
{
    const uint16_t *of = d->alphabet->of_byte;
    while (part->at < part->stop && d->work <= WORK_MOST) {
        uint32_t entry = d->table[part->row + of[(unsigned char)text.data[part->at]]];
        if (entry & ENTRY_SPECIAL) {
            step(s, d, part, text);
        } else {
            part->row = entry;
            part->at++;
        }
    }
}

/* Can all go on together? Those that are through are given something to do. */
static bool are_together(struct streams *s, struct str text)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (s->parts[i].at >= s->parts[i].stop && !share(s, &s->parts[i], text))
            return false;
    return true;
}

enum scan streams_scan(struct streams *s, struct dfa *d, struct str text)
{
    const uint16_t *of = d->alphabet->of_byte;
    d->work = 0;
    if (s->flushes != d->flushes) /* another search's doing */
        restart(s, d, text, NULL);
    while (d->work <= WORK_MOST && !s->one_by_one && are_together(s, text)) {
        run_all(s, d, text);
        for (size_t i = 0; i < STREAMS && !s->one_by_one; i++) {
            struct stream *part = &s->parts[i];
            if (part->at < part->stop && d->table[part->row + of[(unsigned char)text.data[part->at]]] & ENTRY_SPECIAL)
                step(s, d, part, text);
        }
    }
    for (size_t i = 0; i < STREAMS && d->work <= WORK_MOST; i++)
        run_one(s, d, &s->parts[i], text);
    if (d->work > WORK_MOST)
        return SCAN_MORE;
    d->scanned += s->high - s->low;
    return SCAN_DONE;
}

ptrdiff_t streams_next(const struct streams *s, size_t from)
{
    if (from >= s->high)
        return -1;
    size_t place = from - s->low, count = (s->high - s->low + 63) / 64, word = place / 64;
    uint64_t bits = s->hits[word] & ~UINT64_C(0) << place % 64;
    while (!bits) {
        if (++word >= count)
            return -1;
        bits = s->hits[word];
    }
    return (ptrdiff_t)(s->low + word * 64 + (size_t)__builtin_ctzll(bits));
}
