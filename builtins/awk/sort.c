/* builtins/awk/sort.c - asort, asorti and loops in the order of PROCINFO["sorted_in"]: a merge sort that can be left,
 * also to call a function of the program. */
#include "builtins/awk/awk.h"

enum rule { BY_FUNCTION, BY_INDEX_TEXT, BY_INDEX_NUMBER, BY_VALUE_TEXT, BY_VALUE_NUMBER, BY_VALUE_TYPE };

struct sort_item {
    struct awk_value key, value;
};
struct awk_sorting {
    struct awk_sorting *outer;
    struct sort_item *items;
    uint32_t *order, *spare;
    size_t count, width, start, left, right, out;
    bool merging;
    enum rule rule;
    bool descending;
    int32_t function;
    bool asked, answered;
    double answer;
    bool indices, keys;
    struct awk_array *to;
};

static const struct {
    const char *name;
    enum rule rule;
    bool descending;
} rules[] = {
    {"@ind_str_asc", BY_INDEX_TEXT, false}, {"@ind_num_asc", BY_INDEX_NUMBER, false}, {"@val_str_asc", BY_VALUE_TEXT, false},
    {"@val_num_asc", BY_VALUE_NUMBER, false}, {"@val_type_asc", BY_VALUE_TYPE, false}, {"@ind_str_desc", BY_INDEX_TEXT, true},
    {"@ind_num_desc", BY_INDEX_NUMBER, true}, {"@val_str_desc", BY_VALUE_TEXT, true}, {"@val_num_desc", BY_VALUE_NUMBER, true},
    {"@val_type_desc", BY_VALUE_TYPE, true},
};

int awk_sort_start(struct awk *a, struct awk_array *array, struct awk_array *to, struct str how, bool indices, bool keys)
{
    struct awk_sorting *s = heap_new(a->heap, struct awk_sorting);
    bool known = false;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (str_is(how, rules[i].name)) {
            s->rule = rules[i].rule;
            s->descending = rules[i].descending;
            known = true;
        }
    if (!known) {
        s->function = awk_function_named(a, how);
        if (s->function < 0) {
            awk_fatal(a, "sort comparison function `%S' is not defined", how);
            return AWK_FAILED;
        }
    }
    size_t count = array->count;
    s->items = heap_alloc(a->heap, count * sizeof *s->items);
    s->order = heap_alloc(a->heap, count * sizeof *s->order);
    s->spare = heap_alloc(a->heap, count * sizeof *s->spare);
    struct awk_value listed = awk_array_keys(a, array); /* in the order of a loop, and all of them strings */
    for (size_t i = 0; i < count; i++) {
        struct awk_value key = listed.keys->items[i];
        struct awk_value *value = awk_array_find(a, array, awk_key_of_value(a, &key));
        awk_settle(a, value);
        s->items[i] = (struct sort_item){awk_share(key), awk_share(*value)};
        s->order[i] = (uint32_t)i;
    }
    awk_drop(a, listed);
    s->count = count;
    s->width = 1;
    s->indices = indices;
    s->keys = keys;
    s->to = to;
    if (to)
        to->owners++;
    s->outer = a->sorting;
    a->sorting = s;
    return 0;
}

static int by_text(struct awk *a, struct awk_value *x, struct awk_value *y)
{
    struct awk_value p = *x, q = *y;
    if (p.type != AWK_NUMBER && p.type != AWK_UNSET)
        p.type = AWK_STRING;
    if (q.type != AWK_NUMBER && q.type != AWK_UNSET)
        q.type = AWK_STRING;
    if (a->fold)
        return awk_compare_folded(a, awk_text(a, &p), awk_text(a, &q));
    struct str first = awk_text(a, &p);
    return str_compare(first, awk_text(a, &q));
}

static int by_number(struct awk *a, struct awk_value *x, struct awk_value *y)
{
    double p = awk_number(a, x), q = awk_number(a, y);
    return p < q ? -1 : p > q;
}

static int kind(const struct awk_value *v)
{
    return v->type == AWK_ARRAY ? 3 : v->type == AWK_STRING || v->type == AWK_REGEX ? 2 : 1;
}

static int compare(struct awk *a, const struct awk_sorting *s, struct sort_item *x, struct sort_item *y)
{
    int order = 0;
    switch (s->rule) {
    case BY_INDEX_TEXT: order = by_text(a, &x->key, &y->key); break;
    case BY_INDEX_NUMBER:
        order = by_number(a, &x->key, &y->key);
        if (!order)
            order = by_text(a, &x->key, &y->key);
        break;
    case BY_VALUE_TEXT: case BY_VALUE_NUMBER: case BY_VALUE_TYPE: {
        int p = kind(&x->value), q = kind(&y->value);
        if ((p == 3 || q == 3 || s->rule == BY_VALUE_TYPE) && p != q)
            order = p - q;
        else if (p == 3)
            order = 0;
        else if (s->rule == BY_VALUE_TEXT || (s->rule == BY_VALUE_TYPE && p == 2))
            order = by_text(a, &x->value, &y->value);
        else
            order = by_number(a, &x->value, &y->value);
        if (!order && p != 3 && s->rule == BY_VALUE_NUMBER)
            order = by_text(a, &x->value, &y->value);
        if (!order)
            order = by_text(a, &x->key, &y->key);
        break;
    }
    default: break;
    }
    return s->descending ? -order : order;
}

static struct awk_value finish(struct awk *a, struct awk_sorting *s)
{
    struct awk_value result = awk_of_number((double)s->count);
    if (s->keys) {
        struct awk_keys *keys = heap_zero(a->heap, sizeof *keys);
        keys->owners = 1;
        keys->items = heap_alloc(a->heap, s->count * sizeof *keys->items);
        result = (struct awk_value){.type = AWK_KEYS, .keys = keys};
        for (size_t i = 0; i < s->count; i++)
            keys->items[keys->count++] = awk_share(s->items[s->order[i]].key);
    } else {
        awk_array_clear(a, s->to);
        for (size_t i = 0; i < s->count; i++) {
            struct sort_item *item = &s->items[s->order[i]];
            awk_array_set_number(a, s->to, (int64_t)i + 1, awk_share(s->indices ? item->key : item->value));
        }
    }
    for (size_t i = 0; i < s->count; i++) {
        awk_drop(a, s->items[i].key);
        awk_drop(a, s->items[i].value);
    }
    heap_free(a->heap, s->items);
    heap_free(a->heap, s->order);
    heap_free(a->heap, s->spare);
    if (s->to)
        awk_drop(a, (struct awk_value){.type = AWK_ARRAY, .array = s->to});
    a->sorting = s->outer;
    heap_free(a->heap, s);
    return result;
}

bool awk_sort_asked(const struct awk *a)
{
    return a->sorting->asked;
}

void awk_sort_answer(struct awk *a, double answer)
{
    a->sorting->asked = false;
    a->sorting->answered = true;
    a->sorting->answer = answer;
}

int awk_sort_step(struct awk *a, struct awk_value arguments[4], struct awk_value *result, int32_t *function)
{
    struct awk_sorting *s = a->sorting;
    while (s->width < s->count) {
        if (!meter_go(a->heap->meter))
            return AWK_LATER;
        size_t middle = s->start + s->width, end = middle + s->width;
        if (middle > s->count)
            middle = s->count;
        if (end > s->count)
            end = s->count;
        if (!s->merging) {
            s->left = s->out = s->start;
            s->right = middle;
            s->merging = true;
        }
        if (s->left < middle && s->right < end) {
            struct sort_item *x = &s->items[s->order[s->left]], *y = &s->items[s->order[s->right]];
            double order;
            if (s->rule != BY_FUNCTION) {
                order = compare(a, s, x, y);
            } else if (s->answered) {
                order = s->answer;
                s->answered = false;
            } else {
                arguments[0] = awk_share(x->key);
                arguments[1] = awk_share(x->value);
                arguments[2] = awk_share(y->key);
                arguments[3] = awk_share(y->value);
                *function = s->function;
                s->asked = true;
                return 0;
            }
            meter_charge(a->heap->meter, 1);
            s->spare[s->out++] = order > 0 ? s->order[s->right++] : s->order[s->left++];
            continue;
        }
        meter_charge(a->heap->meter, (int64_t)(end - s->out) / 16 + 1);
        while (s->left < middle)
            s->spare[s->out++] = s->order[s->left++];
        while (s->right < end)
            s->spare[s->out++] = s->order[s->right++];
        s->merging = false;
        s->start = end;
        if (s->start >= s->count) {
            uint32_t *other = s->order;
            s->order = s->spare;
            s->spare = other;
            s->start = 0;
            s->width *= 2;
        }
    }
    *result = finish(a, s);
    return 1;
}
