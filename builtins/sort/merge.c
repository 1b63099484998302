/* builtins/sort/merge.c - a stable sort of ranked lines that can be left and gone on with. */
#include "builtins/sort/merge.h"

enum {
    FIRST_RUN = 8,      /* lines sorted by insertion */
    SMALL_GROUP = 12,   /* lines that are not worth ranking again */
    LARGE_GROUP = 512,  /* lines that are dealt by the bytes of their prefixes rather than merged */
    MERGE_PIECE = 1024  /* lines worked on between two looks at the meter */
};

int merge_compare_lines(struct call *c, const struct keys *keys, const struct ranked *a, const struct ranked *b)
{
    call_charge(c, 1);
    call_charge_bytes(c, a->line->length < b->line->length ? a->line->length : b->line->length);
    return keys_compare(keys, a->line, b->line);
}

int merge_compare(struct call *c, const struct keys *keys, const struct ranked *a, const struct ranked *b)
{
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return merge_compare_lines(c, keys, a, b);
}

static void add_group(struct call *c, struct merge *m, struct group group)
{
    m->groups = array_grow(c->heap, m->groups, m->group_count, sizeof *m->groups);
    m->groups[m->group_count++] = group;
}

void merge_start(struct call *c, struct merge *m, const struct keys *keys, struct ranked *items, struct ranked *room,
                 size_t count, size_t common)
{
    *m = (struct merge){.keys = keys, .items = items, .room = room};
    if (count > 1)
        add_group(c, m, (struct group){.count = count, .level = {0, common}});
}

/* --- steps ------------------------------------------------------------------------------------------------- */

/* Each phase works on a piece of the group; the last piece sets the next phase. */

static void take(struct call *c, struct merge *m)
{
    m->group = m->groups[--m->group_count];
    m->from = m->items + m->group.start;
    m->to = m->room + m->group.start;
    m->done = 0;
    m->in_order = true;
    m->phase = m->group.compare ? MERGE_RUNS : MERGE_RANK;
    m->dealt = !m->group.compare && m->group.count >= LARGE_GROUP;
    m->byte = 0;
    if (m->dealt) {
        if (!m->tally)
            m->tally = heap_alloc(c->heap, PREFIX_PLACES * sizeof *m->tally);
        memset(m->tally, 0, PREFIX_PLACES * sizeof *m->tally);
    }
}

static size_t end_of_piece(const struct merge *m, size_t size)
{
    return m->group.count - m->done < size ? m->group.count : m->done + size;
}

static void swap_sides(struct merge *m)
{
    struct ranked *swap = m->from;

    m->from = m->to;
    m->to = swap;
}

static void rank(struct call *c, struct merge *m)
{
    size_t end = end_of_piece(m, MERGE_PIECE);

    call_charge(c, (int64_t)(end - m->done) / 4);
    for (; m->done < end; m->done++) {
        struct ranked *r = &m->from[m->done];
        r->prefix = keys_prefix(m->keys, r->line, m->group.level);
        m->in_order &= m->done == 0 || r[-1].prefix <= r->prefix;
        if (m->dealt)
            for (int i = 0; i < PREFIX_PLACES; i++)
                m->tally[i][r->prefix >> 8 * i & 255]++;
    }
    if (m->done < m->group.count)
        return;
    m->done = 0;
    m->phase = m->in_order ? MERGE_SCAN : m->dealt ? MERGE_DEAL : MERGE_RUNS;
}

/* Begins with the next byte of the prefixes that is not the same in all, from the lowest: false when there is none. The tally
 * then says where the lines with each value of the byte go. */
static bool begin_byte(struct merge *m)
{
    size_t at = 0;

    while (m->byte < PREFIX_PLACES && m->tally[m->byte][m->from->prefix >> 8 * m->byte & 255] == m->group.count)
        m->byte++;
    if (m->byte == PREFIX_PLACES)
        return false;
    for (int value = 0; value < 256; value++) {
        size_t count = m->tally[m->byte][value];
        m->tally[m->byte][value] = at;
        at += count;
    }
    return true;
}

/* Deals a piece of the lines by one byte of their prefixes, those with the same value in the order in which they are: after
 * the highest byte they are in order. */
static void deal(struct call *c, struct merge *m)
{
    size_t end = end_of_piece(m, MERGE_PIECE), *place;
    int shift;

    if (m->done == 0 && !begin_byte(m)) {
        m->phase = m->from == m->items + m->group.start ? MERGE_SCAN : MERGE_BACK;
        return;
    }
    place = m->tally[m->byte];
    shift = 8 * m->byte;
    call_charge(c, (int64_t)(end - m->done) / 8);
    for (; m->done < end; m->done++)
        m->to[place[m->from[m->done].prefix >> shift & 255]++] = m->from[m->done];
    if (m->done < m->group.count)
        return;
    swap_sides(m);
    m->done = 0;
    m->byte++;
}

/* Insertion: by prefixes, or in full. */
static void insert(struct call *c, struct merge *m, struct ranked *items, size_t count, bool full)
{
    for (size_t i = 1; i < count; i++) {
        struct ranked here = items[i];
        size_t at = i;
        while (at > 0 && (full ? merge_compare_lines(c, m->keys, &here, &items[at - 1]) < 0 :
                                 here.prefix < items[at - 1].prefix)) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = here;
    }
}

static void begin_pair(struct merge *m)
{
    m->left = m->at = m->start;
    m->right = m->group.count - m->start < m->width ? m->group.count : m->start + m->width;
}

static void make_runs(struct call *c, struct merge *m)
{
    size_t end = end_of_piece(m, MERGE_PIECE);

    call_charge(c, (int64_t)(end - m->done) / 4);
    while (m->done < end) {
        size_t left = m->group.count - m->done, count = left < FIRST_RUN ? left : FIRST_RUN;
        insert(c, m, m->from + m->done, count, m->group.compare);
        m->done += count;
    }
    if (m->done < m->group.count)
        return;
    m->width = FIRST_RUN;
    m->start = 0;
    begin_pair(m);
    m->phase = MERGE_PAIRS;
}

static bool comes_first(struct call *c, const struct merge *m, const struct ranked *b, const struct ranked *a)
{
    return m->group.compare ? merge_compare_lines(c, m->keys, b, a) < 0 : b->prefix < a->prefix;
}

/* A piece of the pair of runs at m->start: true when the pair is done. */
static bool merge_piece(struct call *c, struct merge *m)
{
    size_t count = m->group.count;
    size_t middle = count - m->start < m->width ? count : m->start + m->width;
    size_t end = count - middle < m->width ? count : middle + m->width;
    const struct ranked *a = m->from + m->left, *a_end = m->from + middle;
    const struct ranked *b = m->from + m->right, *b_end = m->from + end;
    struct ranked *to = m->to + m->at, *stop;

    if (m->at == m->start && (b == b_end || !comes_first(c, m, b, a_end - 1))) {
        memcpy(to, a, (size_t)(b_end - a) * sizeof *a); /* in order already */
        call_charge(c, (int64_t)(b_end - a) / 64 + 1);
        return true;
    }
    stop = to + ((size_t)(b_end - b) + (size_t)(a_end - a));
    if (stop - to > MERGE_PIECE)
        stop = to + MERGE_PIECE;
    call_charge(c, (stop - to) / 8);
    if (m->group.compare) {
        while (to < stop && a < a_end && b < b_end)
            *to++ = comes_first(c, m, b, a) ? *b++ : *a++;
    } else {
        while (to < stop && a < a_end && b < b_end) {
            bool second = b->prefix < a->prefix;
            *to++ = *(second ? b : a);
            a += !second;
            b += second;
        }
    }
    if (to < stop) {
        size_t rest = (size_t)(stop - to);
        memcpy(to, a < a_end ? a : b, rest * sizeof *to);
        *(a < a_end ? &a : &b) += rest;
        to += rest;
    }
    m->left = (size_t)(a - m->from);
    m->right = (size_t)(b - m->from);
    m->at = (size_t)(to - m->to);
    return m->at == end;
}

static void merge_pairs(struct call *c, struct merge *m)
{
    if (m->width >= m->group.count) {
        m->done = 0;
        m->phase = m->from == m->items + m->group.start ? MERGE_SCAN : MERGE_BACK;
        return;
    }
    if (!merge_piece(c, m))
        return;
    m->start = m->group.count - m->start < 2 * m->width ? m->group.count : m->start + 2 * m->width;
    if (m->start >= m->group.count) {
        swap_sides(m);
        m->start = 0;
        m->width *= 2;
    }
    begin_pair(m);
}

/* What is in order in the room goes back to the items. */
static void bring_back(struct call *c, struct merge *m)
{
    size_t end = end_of_piece(m, 64 * MERGE_PIECE);

    call_charge(c, (int64_t)(end - m->done) / 64 + 1);
    memcpy(m->to + m->done, m->from + m->done, (end - m->done) * sizeof *m->to);
    m->done = end;
    if (m->done < m->group.count)
        return;
    m->from = m->to;
    m->done = 0;
    m->phase = MERGE_SCAN;
}

/* Looks for lines with the same prefix. */
static void scan(struct call *c, struct merge *m)
{
    size_t end = end_of_piece(m, MERGE_PIECE), count = m->group.count;

    while (!m->group.compare && m->done < end) {
        struct ranked *first = m->from + m->done;
        size_t same = 1;
        struct group next = {.start = m->group.start + m->done};
        enum tie tie;
        while (m->done + same < count && first[same].prefix == first->prefix)
            same++;
        m->done += same;
        call_charge(c, (int64_t)same / 16);
        if (same == 1)
            continue;
        tie = keys_tie(m->keys, first->prefix, m->group.level, &next.level);
        next.count = same;
        next.compare = tie == TIE_COMPARE;
        if (tie != TIE_EQUAL && same <= SMALL_GROUP)
            insert(c, m, first, same, true);
        else if (tie != TIE_EQUAL)
            add_group(c, m, next);
    }
    call_charge(c, 1);
    if (m->group.compare || m->done >= count)
        m->phase = MERGE_TAKE;
}

bool merge_run(struct call *c, struct merge *m)
{
    for (;;) {
        if (m->phase == MERGE_TAKE && m->group_count == 0)
            return true;
        if (!meter_go(c->meter))
            return false;
        switch (m->phase) {
        case MERGE_TAKE:  take(c, m); break;
        case MERGE_RANK:  rank(c, m); break;
        case MERGE_DEAL:  deal(c, m); break;
        case MERGE_RUNS:  make_runs(c, m); break;
        case MERGE_PAIRS: merge_pairs(c, m); break;
        case MERGE_BACK:  bring_back(c, m); break;
        case MERGE_SCAN:  scan(c, m); break;
        }
    }
}
