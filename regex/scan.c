/* regex/scan.c - going over a text with an automaton: byte by byte, or many at a time where most lead nowhere else. */
#include "base/lanes.h"
#include "regex/dfa.h"

static int32_t column_before(struct dfa *d, struct str text, size_t at, size_t *length)
{
    int32_t column = d->alphabet->of_byte[(unsigned char)text.data[at - 1]];
    *length = 1;
    if (column != COLUMN_HIGH)
        return column;
    struct utf8_char c = utf8_last(str_first(text, at), LOCALE_UTF8);
    *length = c.length;
    return dfa_high_column(d->alphabet, d->tree, c.valid ? c.code : REGEX_RAW | c.code);
}

/* Looks whether the state is one that a skip pays for. Asked at the start of each piece, so that common states come up. */
static void consider_skip(struct dfa *d, uint32_t row)
{
    struct skip s = {.row = row};
    if (d->skip_flushes != d->flushes) {
        d->skip_count = d->skip_tries = 0;
        d->skip_flushes = d->flushes;
    }
    if (d->scanned < SKIP_AFTER || d->skip_count == SKIPS || d->skip_tries == SKIP_TRIES)
        return;
    for (unsigned i = 0; i < d->skip_count; i++)
        if (d->skips[i].row == row)
            return;
    d->skip_tries++;
    for (unsigned byte = 0; byte < 256; byte++) {
        int32_t column = d->alphabet->of_byte[byte];
        if (column != COLUMN_HIGH && (uint32_t)column < d->stride && d->table[row + (uint32_t)column] == row)
            continue;
        if (s.count && s.low[s.count - 1] + s.span[s.count - 1] + 1u == byte) {
            s.span[s.count - 1]++;
        } else if (s.count == SKIP_RANGES) {
            return;
        } else {
            s.low[s.count] = (unsigned char)byte;
            s.span[s.count++] = 0;
        }
    }
    if (s.count)
        d->skips[d->skip_count++] = s;
}

/* Past bytes that lead from the skip's state back to it: to the first other one, or within 16 bytes of `stop`. */
static const unsigned char *skip(const struct skip *s, const unsigned char *p, const unsigned char *stop)
{
#if LANES
    lanes low[SKIP_RANGES], span[SKIP_RANGES];
    for (unsigned i = 0; i < SKIP_RANGES; i++) {
        unsigned from = i < s->count ? i : 0;
        low[i] = lanes_all(s->low[from]);
        span[i] = lanes_all(s->span[from]);
    }
    for (; stop - p >= 16; p += 16) {
        lanes text = lanes_load(p);
        lanes hit = (lanes)((lanes)(text - low[0]) <= span[0]) | (lanes)((lanes)(text - low[1]) <= span[1]) |
                    (lanes)((lanes)(text - low[2]) <= span[2]);
        unsigned places = lanes_places(hit);
        if (places)
            return p + __builtin_ctz(places);
    }
#else
    (void)s, (void)stop;
#endif
    return p;
}

static const struct skip *useful_skip(const struct dfa *d, unsigned number)
{
    return number < d->skip_count && d->skip_flushes == d->flushes ? &d->skips[number] : NULL;
}

static enum scan scan_earliest(struct dfa *d, struct run *r, struct str text, size_t limit)
{
    const unsigned char *base = (const unsigned char *)text.data, *p = base + r->at, *stop = base + limit;
    const uint16_t *of = d->alphabet->of_byte;
    uint32_t row = r->row;
    enum scan answer = SCAN_MORE;
    unsigned vain = 0;
    size_t skipped = 0;
    consider_skip(d, row);
    while (p < stop) {
        const uint32_t *table = d->table;
        const struct skip *first = vain < SKIP_VAIN ? useful_skip(d, 0) : NULL, *second = useful_skip(d, 1);
        while (stop - p >= 4) {
            if (first && (row == first->row || (second && row == second->row))) {
                const unsigned char *from = p;
                p = skip(row == first->row ? first : second, p, stop);
                skipped += (size_t)(p - from);
                if (p - from < 16 && ++vain == SKIP_VAIN)
                    first = NULL;
                if (stop - p < 4)
                    break;
            }
            uint32_t next = table[row + of[p[0]]];
            if (next & ENTRY_SPECIAL)
                break;
            row = table[next + of[p[1]]];
            if (row & ENTRY_SPECIAL) {
                p += 1, row = next;
                break;
            }
            next = table[row + of[p[2]]];
            if (next & ENTRY_SPECIAL) {
                p += 2;
                break;
            }
            row = table[next + of[p[3]]];
            if (row & ENTRY_SPECIAL) {
                p += 3, row = next;
                break;
            }
            p += 4;
        }
        if (p >= stop)
            break;
        size_t length;
        uint32_t here = row; /* its address is taken: `row` stays in a register */
        uint32_t entry = dfa_entry(d, &here, dfa_column_at(d, text, (size_t)(p - base), &length));
        if (entry & ENTRY_DEAD) {
            if (entry & ENTRY_ACCEPT)
                r->last = p - base;
            row = here;
            answer = SCAN_DONE;
            break;
        }
        row = entry & ENTRY_ROW;
        p += length;
        if (d->work > WORK_MOST)
            break;
    }
    d->scanned += (size_t)(p - base) - r->at;
    d->skipped += skipped;
    r->at = (size_t)(p - base);
    r->row = row;
    r->flushes = d->flushes;
    return answer;
}

static enum scan scan_longest(struct dfa *d, struct run *r, struct str text, size_t limit)
{
    const unsigned char *base = (const unsigned char *)text.data, *p = base + r->at, *stop = base + limit;
    const unsigned char *last = r->last < 0 ? NULL : base + r->last;
    const uint16_t *of = d->alphabet->of_byte;
    uint32_t row = r->row;
    enum scan answer = SCAN_MORE;
    while (p < stop) {
        const uint32_t *table = d->table;
        while (p < stop) {
            uint32_t entry = table[row + of[*p]];
            if (entry & (ENTRY_SPECIAL | ENTRY_ACCEPT)) {
                if (entry & ENTRY_SPECIAL)
                    break;
                last = p;
                entry &= ENTRY_ROW;
            }
            row = entry;
            p++;
        }
        if (p >= stop)
            break;
        size_t length;
        uint32_t entry = dfa_entry(d, &row, dfa_column_at(d, text, (size_t)(p - base), &length));
        if (entry & ENTRY_ACCEPT)
            last = p;
        if (entry & ENTRY_DEAD) {
            answer = SCAN_DONE;
            break;
        }
        row = entry & ENTRY_ROW;
        p += length;
        if (d->work > WORK_MOST)
            break;
    }
    r->at = (size_t)(p - base);
    r->row = row;
    r->flushes = d->flushes;
    r->last = last ? last - base : -1;
    return answer;
}

static enum scan scan_backward(struct dfa *d, struct run *r, struct str text, size_t limit)
{
    const unsigned char *base = (const unsigned char *)text.data, *p = base + r->at, *stop = base + limit, *last = NULL;
    const uint16_t *of = d->alphabet->of_byte;
    enum scan answer = SCAN_MORE;
    uint32_t row = r->row;
    while (p > stop) {
        const uint32_t *table = d->table;
        for (; p > stop; p--) {
            uint32_t entry = table[row + of[p[-1]]];
            if (entry & (ENTRY_SPECIAL | ENTRY_ACCEPT)) {
                if (entry & ENTRY_SPECIAL)
                    break;
                last = p;
                entry &= ENTRY_ROW;
            }
            row = entry;
        }
        if (p <= stop)
            break;
        size_t length;
        uint32_t here = row;
        uint32_t entry = dfa_entry(d, &here, column_before(d, text, (size_t)(p - base), &length));
        if (entry & ENTRY_ACCEPT)
            last = p;
        row = entry & ENTRY_ROW;
        if (entry & ENTRY_DEAD) {
            answer = SCAN_DONE;
            break;
        }
        p -= length;
        if (d->work > WORK_MOST)
            break;
    }
    r->at = (size_t)(p - base);
    r->row = row;
    r->flushes = d->flushes;
    if (last)
        r->last = last - base;
    return answer;
}

enum scan dfa_scan(struct dfa *d, struct run *r, struct str text, size_t limit)
{
    d->work = 0;
    switch (d->mode) {
    case DFA_EARLIEST: return scan_earliest(d, r, text, limit);
    case DFA_LONGEST: case DFA_FIRST: return scan_longest(d, r, text, limit);
    default: return scan_backward(d, r, text, limit);
    }
}

void dfa_finish(struct dfa *d, struct run *r, struct str text, unsigned flags)
{
    int32_t column;
    size_t length;
    if (d->mode == DFA_BACKWARD && r->at > 0)
        column = column_before(d, text, r->at, &length);
    else if (d->mode == DFA_BACKWARD)
        column = flags & MATCH_NOT_BOL ? COLUMN_EDGE_NOT : COLUMN_EDGE;
    else
        column = flags & MATCH_NOT_EOL ? COLUMN_EDGE_NOT : COLUMN_EDGE;
    if (dfa_entry(d, &r->row, column) & ENTRY_ACCEPT)
        r->last = (ptrdiff_t)r->at;
    r->flushes = d->flushes;
}
