/* base/sort.c - a stable merge sort of pointers, from the bottom up. */
#include "base/sort.h"

#include <string.h>

void sort_start(struct sort *s, struct heap *heap, void **items, size_t count, sort_order *order, void *user)
{
    *s = (struct sort){.heap = heap, .items = items, .count = count, .width = 1, .order = order, .user = user};
    s->spare = count > 1 ? heap_alloc(heap, count * sizeof *items) : NULL;
    s->from = items;
    s->to = s->spare;
}

/* Merges the pair of runs at s->start: false when the meter is spent. */
static bool merge(struct sort *s)
{
    size_t middle = s->start + s->width, end = middle + s->width;
    if (middle > s->count)
        middle = s->count;
    if (end > s->count)
        end = s->count;
    if (!s->merging) {
        s->left = s->start;
        s->right = middle;
        s->merging = true;
        if (middle < end) {
            meter_charge(s->heap->meter, 1);
            if (s->order(s->from[middle - 1], s->from[middle], s->user) <= 0) { /* in order as they are */
                memcpy(s->to + s->start, s->from + s->start, (end - s->start) * sizeof *s->to);
                return true;
            }
        }
    }
    size_t left = s->left, right = s->right;
    while (left < middle && right < end) {
        if (!meter_go(s->heap->meter)) {
            s->left = left;
            s->right = right;
            return false;
        }
        meter_charge(s->heap->meter, 1);
        size_t at = left + right - middle;
        if (s->order(s->from[left], s->from[right], s->user) <= 0)
            s->to[at] = s->from[left++];
        else
            s->to[at] = s->from[right++];
    }
    size_t at = left + right - middle;
    memcpy(s->to + at, s->from + left, (middle - left) * sizeof *s->to);
    memcpy(s->to + at + (middle - left), s->from + right, (end - right) * sizeof *s->to);
    return true;
}

bool sort_run(struct sort *s)
{
    while (s->width < s->count) {
        for (; s->start < s->count; s->start += 2 * s->width) {
            if (!meter_go(s->heap->meter) || !merge(s))
                return false;
            s->merging = false;
        }
        void **other = s->from;
        s->from = s->to;
        s->to = other;
        s->start = 0;
        s->width *= 2;
    }
    if (s->spare) {
        if (s->from != s->items)
            memcpy(s->items, s->from, s->count * sizeof *s->items);
        heap_free(s->heap, s->spare);
        s->spare = NULL;
    }
    return true;
}
