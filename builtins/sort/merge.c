/* builtins/sort/merge.c - a stable merge sort of items, prefixes first, that can be left and gone on with. */
#include "builtins/sort/merge.h"

enum {
    FIRST_RUN = 8,     /* items sorted by insertion */
    MERGE_PIECE = 1024 /* items moved between two looks at the meter */
};

int merge_compare(struct call *c, const struct keys *keys, const struct ranked *a, const struct ranked *b)
{
    size_t length;

    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    length = a->line->length < b->line->length ? a->line->length : b->line->length;
    call_charge(c, 1);
    call_charge_bytes(c, length);
    return keys_compare(keys, a->line, b->line);
}

static void insert(struct call *c, const struct keys *keys, struct ranked *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct ranked here = items[i];
        size_t at = i;
        while (at > 0 && merge_compare(c, keys, &here, &items[at - 1]) < 0) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = here;
    }
}

void merge_start(struct merge *m, const struct keys *keys, struct ranked *items, struct ranked *room, size_t count)
{
    *m = (struct merge){.keys = keys, .from = items, .to = room, .count = count};
}

/* Merges the pair of runs at m->start for at most MERGE_PIECE items: true when the pair is done. */
static bool merge_piece(struct call *c, struct merge *m)
{
    size_t middle = m->count - m->start < m->width ? m->count : m->start + m->width;
    size_t end = m->count - middle < m->width ? m->count : middle + m->width;
    const struct ranked *a = m->from + m->left, *a_end = m->from + middle;
    const struct ranked *b = m->from + m->right, *b_end = m->from + end;
    struct ranked *to = m->to + m->at, *stop;

    if (m->at == m->start && (b == b_end || merge_compare(c, m->keys, a_end - 1, b) <= 0)) {
        memcpy(to, a, (size_t)(b_end - a) * sizeof *a); /* in order already */
        call_charge(c, (int64_t)(b_end - a) / 64);
        return true;
    }
    stop = to + ((size_t)(b_end - b) + (size_t)(a_end - a));
    if (stop - to > MERGE_PIECE)
        stop = to + MERGE_PIECE;
    call_charge(c, (stop - to) / 8);
    while (to < stop && a < a_end && b < b_end) {
        bool second = b->prefix < a->prefix;
        if (a->prefix == b->prefix)
            second = merge_compare(c, m->keys, b, a) < 0;
        *to++ = *(second ? b : a);
        a += !second;
        b += second;
    }
    if (to < stop) {
        size_t rest = (size_t)(stop - to);
        memcpy(to, a < a_end ? a : b, rest * sizeof *to);
        if (a < a_end)
            a += rest;
        else
            b += rest;
        to += rest;
    }
    m->left = (size_t)(a - m->from);
    m->right = (size_t)(b - m->from);
    m->at = (size_t)(to - m->to);
    return m->at == end;
}

static void begin_pair(struct merge *m)
{
    m->left = m->at = m->start;
    m->right = m->count - m->start < m->width ? m->count : m->start + m->width;
}

bool merge_run(struct call *c, struct merge *m)
{
    while (m->width == 0) {
        size_t left = m->count - m->start;
        if (!meter_go(c->meter))
            return false;
        insert(c, m->keys, m->from + m->start, left < FIRST_RUN ? left : FIRST_RUN);
        call_charge(c, 1);
        m->start += FIRST_RUN;
        if (m->start >= m->count) {
            m->width = FIRST_RUN;
            m->start = 0;
            begin_pair(m);
        }
    }
    while (m->width < m->count) {
        if (!meter_go(c->meter))
            return false;
        if (!merge_piece(c, m))
            continue;
        m->start = m->count - m->start < 2 * m->width ? m->count : m->start + 2 * m->width;
        if (m->start >= m->count) {
            struct ranked *swap = m->from;
            m->from = m->to;
            m->to = swap;
            m->start = 0;
            m->width *= 2;
        }
        begin_pair(m);
    }
    return true;
}
