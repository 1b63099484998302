/* tests/unit/ptree.c - the persistent array against a plain one, with allocations that fail. */
#include "base/ptree.h"
#include "limits/error.h"
#include "tests/unit/kit.h"

struct value {
    struct item item;
    uint64_t number;
};

static void drop_value(struct item *i, struct meter *m)
{
    shared_free(m, i);
}

static const struct item_kind kind = {drop_value, true};

static struct value *new_value(uint64_t number, uint64_t weight)
{
    long saved = fail_in;
    fail_in = 0;
    struct value *v = shared_new(&meter, sizeof *v);
    fail_in = saved;
    v->item.weight = weight;
    v->number = number;
    return v;
}

static struct item *copy_value(const struct item *i, struct meter *m)
{
    struct value *v = shared_new(m, sizeof *v);
    if (v) {
        v->item.weight = i->weight;
        v->number = ((const struct value *)i)->number;
    }
    return v ? &v->item : NULL;
}

/* The model: a few indices, some far apart, and what is there in each of some trees. */
enum { INDICES = 400, TREES = 4 };
struct slot {
    uint64_t number, weight;
    bool there;
};
static uint64_t indices[INDICES]; /* in order */
static struct slot model[TREES][INDICES];
static struct ptree tree[TREES];

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void choose_indices(void)
{
    for (int i = 0; i < INDICES; i++) {
        static const uint64_t ranges[] = {32, 100, 1024, 1u << 20, UINT64_C(1) << 34, UINT64_MAX};
        uint64_t range = ranges[draw() % 6];
        indices[i] = range == UINT64_MAX ? UINT64_MAX - draw() % 40 : draw() % range;
    }
    qsort(indices, INDICES, sizeof *indices, by_value);
    for (int i = 1; i < INDICES; i++)
        if (indices[i] <= indices[i - 1])
            indices[i] = indices[i - 1] == UINT64_MAX ? UINT64_MAX : indices[i - 1] + 1;
}

static bool same(struct ptree t, const struct slot *slots)
{
    uint64_t count = 0, weight = 0, at = 0, back = UINT64_MAX;
    for (int i = 0; i < INDICES; i++) {
        if (i > 0 && indices[i] == indices[i - 1])
            continue;
        struct value *v = (struct value *)ptree_get(t, indices[i]);
        if ((v != NULL) != slots[i].there || (v && (v->number != slots[i].number || v->item.weight != slots[i].weight)))
            return false;
        if (v) {
            count++, weight += v->item.weight;
            if (ptree_next(t, &at) != &v->item || at != indices[i])
                return false;
            at++;
        }
    }
    if (at != 0 && ptree_next(t, &at))
        return false;
    for (int i = INDICES - 1; i >= 0; i--)
        if (slots[i].there && !(i > 0 && indices[i] == indices[i - 1])) {
            struct value *v = (struct value *)ptree_previous(t, &back);
            if (!v || back != indices[i] || v->number != slots[i].number)
                return false;
            if (back-- == 0)
                break;
        }
    return count == t.count && weight == ptree_weight(t);
}

struct seen {
    const struct slot *was, *is;
    int at;
    bool right;
    size_t count;
};

static bool differ(struct slot a, struct slot b)
{
    return a.there != b.there || (a.there && a.number != b.number);
}

static void note(void *user, uint64_t index, struct item *was, struct item *is)
{
    struct seen *s = user;
    while (s->at < INDICES && indices[s->at] < index) {
        s->right &= !differ(s->was[s->at], s->is[s->at]);
        s->at++;
    }
    s->right &= s->at < INDICES && indices[s->at] == index && was != is;
    if (s->at < INDICES)
        s->right &= (was != NULL) == s->was[s->at].there && (is != NULL) == s->is[s->at].there;
    s->at++;
    s->count++;
}

static void compare(int a, int b)
{
    struct seen s = {model[a], model[b], 0, true, 0};
    uint64_t from = 0;
    size_t most = 1 + draw() % 50;
    while (ptree_compare(tree[a], tree[b], &from, most, note, &s) == most && from != 0)
        ;
    for (; s.at < INDICES; s.at++)
        s.right &= (s.at > 0 && indices[s.at] == indices[s.at - 1]) || !differ(s.was[s.at], s.is[s.at]);
    check(s.right);
}

static void play(int rounds)
{
    uint64_t numbers = 1;
    for (int r = 0; r < rounds; r++) {
        int t = (int)(draw() % TREES), i = (int)(draw() % INDICES);
        while (i > 0 && indices[i] == indices[i - 1])
            i--;
        struct slot *s = &model[t][i];
        bool may_fail = draw() % 8 == 0;
        fail_in = may_fail ? 1 + (long)(draw() % 6) : 0;
        uint64_t weight = draw() % 3 == 0 ? 0 : draw() % 1000;
        int error = 0;
        switch (draw() % 8) {
        case 0:
        case 1:
        case 2:
        case 3: {
            struct value *v = new_value(numbers, weight);
            error = ptree_set(&tree[t], indices[i], &v->item, &kind, &meter);
            if (error)
                shared_free(&meter, v);
            else
                *s = (struct slot){numbers, weight, true};
            numbers++;
            break;
        }
        case 4:
        case 5:
            error = ptree_set(&tree[t], indices[i], NULL, &kind, &meter);
            if (!error)
                s->there = false;
            break;
        case 6: {
            struct value *v = (struct value *)ptree_own(&tree[t], indices[i], copy_value, &kind, &meter, &error);
            check(v || error || !s->there);
            if (v) {
                ptree_weigh(&tree[t], indices[i], weight);
                v->number = numbers++;
                *s = (struct slot){v->number, weight, true};
            }
            break;
        }
        case 7: {
            if (draw() % 8)
                break;
            int other = (int)(draw() % TREES);
            if (other != t) {
                ptree_release(&tree[other], &kind, &meter);
                tree[other] = ptree_share(tree[t]);
                memcpy(model[other], model[t], sizeof model[t]);
            }
            break;
        }
        }
        check(error == 0 || (may_fail && error == E_NOMEM));
        fail_in = 0;
        if (r % 16 == 0 || error)
            check(same(tree[t], model[t]));
        if (r % 64 == 0)
            compare((int)(draw() % TREES), (int)(draw() % TREES));
    }
    for (int t = 0; t < TREES; t++)
        check(same(tree[t], model[t]));
}

/* What every tree must answer when it is empty, and at the ends of the range. */
static void ends(void)
{
    struct ptree t = {0};
    uint64_t at = 0;
    check(!ptree_get(t, 0) && !ptree_next(t, &at) && !ptree_previous(t, &at) && ptree_weight(t) == 0);
    check(ptree_set(&t, 5, NULL, &kind, &meter) == 0);
    check(ptree_set(&t, UINT64_MAX, &new_value(7, 3)->item, &kind, &meter) == 0);
    check(ptree_set(&t, 0, &new_value(8, 4)->item, &kind, &meter) == 0);
    check(ptree_weight(t) == 7 && t.count == 2);
    at = 1;
    check(ptree_next(t, &at) && at == UINT64_MAX);
    at = UINT64_MAX - 1;
    check(ptree_previous(t, &at) && at == 0);
    check(ptree_set(&t, UINT64_MAX, NULL, &kind, &meter) == 0);
    check(ptree_set(&t, 0, NULL, &kind, &meter) == 0);
    check(!t.root && t.count == 0);
}

/* Numbers that only grow, as those of inodes do, keep no memory when their items go. */
static void moving(void)
{
    struct ptree t = {0};
    size_t before = held;
    for (uint64_t i = 0; i < 100000; i++) {
        check(ptree_set(&t, i, &new_value(i, 1)->item, &kind, &meter) == 0);
        if (i >= 10)
            check(ptree_set(&t, i - 10, NULL, &kind, &meter) == 0);
    }
    check(held - before < 10000);
    ptree_release(&t, &kind, &meter);
    check(held == before);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    ends();
    moving();
    for (int i = 0; i < 12; i++) {
        choose_indices();
        memset(model, 0, sizeof model);
        play(6000);
        for (int t = 0; t < TREES; t++)
            ptree_release(&tree[t], &kind, &meter);
        check(held == 0 && meter.memory == 0);
    }
    return kit_end();
}
