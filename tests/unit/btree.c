/* tests/unit/btree.c - the persistent map against sorted arrays, with allocations that fail. */
#include "base/btree.h"
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

static const struct item_kind values = {drop_value, true}, numbers = {NULL, false};

static struct item *copy_value(const struct item *i, struct meter *m)
{
    struct value *v = shared_new(m, sizeof *v);
    if (v)
        v->number = ((const struct value *)i)->number;
    return v ? &v->item : NULL;
}

/* The model: names in order, and for each tree the number each has there (0: none). */
enum { NAMES = 700, TREES = 3, LONGEST = 3000 };
static struct str name[NAMES];
static uint64_t model[TREES][NAMES];
static struct btree tree[TREES];
static bool items; /* does this round hold items, or numbers? */

static const struct item_kind *kind(void)
{
    return items ? &values : &numbers;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void choose_names(void)
{
    static char bytes[NAMES][LONGEST];
    unsigned style = (unsigned)(draw() % 4);
    for (int i = 0; i < NAMES; i++) {
        size_t length;
        switch (style) {
        case 0: length = draw() % 4; break;
        case 1: length = draw() % 20; break;
        case 2: length = 200 + draw() % 100; break;
        default: length = draw() % 8 ? draw() % 40 : draw() % LONGEST; break;
        }
        for (size_t k = 0; k < length; k++) /* few different bytes, among them the least and the greatest */
            bytes[i][k] = style == 2 && k < 190 ? 'x' : "\0\1ab\377"[draw() % 5];
        name[i] = str_of(bytes[i], length);
    }
    qsort(name, NAMES, sizeof *name, by_name);
}

/* Names may be equal: all of them stand for the first. */
static int first_of(int i)
{
    while (i > 0 && str_equal(name[i], name[i - 1]))
        i--;
    return i;
}

static uint64_t number_of(union entry e)
{
    return items ? ((struct value *)e.item)->number : e.number;
}

static bool same(int t)
{
    struct btree_walk walk;
    struct str found;
    union entry entry;
    uint64_t count = 0;
    btree_walk_start(&walk, tree[t]);
    for (int i = 0; i < NAMES; i++) {
        if (!model[t][i])
            continue;
        count++;
        if (!btree_walk_next(&walk, &found, &entry) || !str_equal(found, name[i]) || number_of(entry) != model[t][i])
            return false;
        if (!btree_find(tree[t], name[i], &entry) || number_of(entry) != model[t][i])
            return false;
    }
    return !btree_walk_next(&walk, &found, &entry) && count == tree[t].count;
}

/* The first name there is above `after` (-1: of all). */
static int next_in_model(int t, int after)
{
    for (int i = after + 1; i < NAMES; i++)
        if (model[t][i])
            return i;
    return -1;
}

static bool same_next(int t)
{
    int i = first_of((int)(draw() % NAMES));
    struct str found;
    union entry entry;
    bool there = btree_next(tree[t], &name[i], &found, &entry);
    int next = next_in_model(t, i);
    return there == (next >= 0) && (!there || str_equal(found, name[next]));
}

struct seen {
    const uint64_t *was, *is;
    int at;
    bool right;
};

static void note(void *user, struct str found, const union entry *was, const union entry *is)
{
    struct seen *s = user;
    while (s->at < NAMES && str_compare(name[s->at], found) < 0) {
        s->right &= s->was[s->at] == s->is[s->at];
        s->at++;
    }
    s->right &= s->at < NAMES && str_equal(name[s->at], found);
    if (s->at < NAMES) {
        s->right &= (was ? number_of(*was) : 0) == s->was[s->at] && (is ? number_of(*is) : 0) == s->is[s->at];
        s->right &= (was != NULL) == (s->was[s->at] != 0) && (is != NULL) == (s->is[s->at] != 0);
    }
    s->at++;
}

static void compare(int a, int b)
{
    struct seen s = {model[a], model[b], 0, true};
    struct str from = {0};
    size_t most = draw() % 2 ? SIZE_MAX : 1 + draw() % 20;
    while (btree_compare(tree[a], tree[b], &from, most, note, &s) == most && from.length > 0)
        ;
    if (s.at == 1 && from.length == 0)
        return; /* only the empty name differs so far, and that cannot be gone on from */
    for (; s.at < NAMES; s.at++)
        s.right &= s.was[s.at] == s.is[s.at];
    check(s.right);
}

static void play_one(uint64_t fresh)
{
    int t = (int)(draw() % TREES), i = first_of((int)(draw() % NAMES)), error = 0;
    bool may_fail = draw() % 6 == 0;
    struct value *v = NULL;
    union entry entry = {.number = fresh};
    switch (draw() % 16) {
    default:
        if (items) {
            v = shared_new(&meter, sizeof *v);
            v->number = fresh;
            entry.item = &v->item;
        }
        fail_in = may_fail ? 1 + (long)(draw() % 5) : 0;
        error = btree_set(&tree[t], name[i], entry, kind(), &meter);
        if (!error)
            model[t][i] = fresh;
        else if (v)
            shared_free(&meter, v);
        break;
    case 6: case 7: case 8: case 9: case 10: case 11:
        fail_in = may_fail ? 1 + (long)(draw() % 5) : 0;
        error = btree_remove(&tree[t], name[i], kind(), &meter);
        check((error == E_NOENT) == (model[t][i] == 0));
        if (!error)
            model[t][i] = 0;
        if (error == E_NOENT)
            error = 0;
        break;
    case 12:
        if (!items || !model[t][i])
            break;
        fail_in = may_fail ? 1 + (long)(draw() % 5) : 0;
        v = (struct value *)btree_own(&tree[t], name[i], copy_value, kind(), &meter, &error);
        check(v || error);
        if (v)
            v->number = model[t][i] = fresh;
        break;
    case 13: { /* after both reservations neither change takes memory */
        int k = first_of((int)(draw() % NAMES));
        if (items || name[i].length > BTREE_SHORT || !model[t][k] || k == i)
            break;
        fail_in = may_fail ? 1 + (long)(draw() % 5) : 0;
        error = btree_reserve(&tree[t], name[i], kind(), &meter);
        if (!error)
            error = btree_own_path(&tree[t], name[k], kind(), &meter);
        if (error)
            break;
        fail_in = 0;
        fail_in = 1;
        check(btree_set(&tree[t], name[i], entry, kind(), &meter) == 0);
        check(fail_in == 1);
        check(btree_remove(&tree[t], name[k], kind(), &meter) == 0);
        model[t][i] = fresh;
        model[t][k] = 0;
        break;
    }
    case 14: {
        int other = (int)(draw() % TREES);
        if (draw() % 8 || other == t)
            break;
        btree_release(&tree[other], kind(), &meter);
        tree[other] = btree_share(tree[t]);
        memcpy(model[other], model[t], sizeof model[t]);
        break;
    }
    case 15: compare(t, (int)(draw() % TREES)); break;
    }
    fail_in = 0;
    check(error == 0 || (may_fail && error == E_NOMEM));
    if (error || draw() % 32 == 0)
        check(same(t));
    check(same_next(t));
}

/* All names in and out again, in one of several orders. */
static void fill_and_empty(int order)
{
    enum { COUNT = 20000 };
    struct btree t = {0};
    size_t before = held;
    char text[16];
    for (int pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < COUNT; i++) {
            unsigned n = order == 0 ? i : order == 1 ? COUNT - 1 - i : i * 7919u % COUNT;
            struct str s = str_of(text, (size_t)snprintf(text, sizeof text, "name%05u", n));
            if (pass == 0)
                check(btree_set(&t, s, (union entry){.number = n}, &numbers, &meter) == 0);
            else
                check(btree_remove(&t, s, &numbers, &meter) == 0);
        }
        if (pass == 0)
            check(t.count == COUNT && held - before < COUNT * 72u);
    }
    check(!t.root && held == before);
}

/* A tree thinned out gives back what it does not need. */
static void thin_out(void)
{
    struct btree t = {0};
    char text[16];
    for (unsigned i = 0; i < 20000; i++)
        btree_set(&t, str_of(text, (size_t)snprintf(text, sizeof text, "%05u", i)), (union entry){.number = i}, &numbers, &meter);
    for (unsigned i = 0; i < 20000; i++)
        if (i % 32)
            btree_remove(&t, str_of(text, (size_t)snprintf(text, sizeof text, "%05u", i)), &numbers, &meter);
    check(t.count == 625 && held < 625 * 200u);
    btree_release(&t, &numbers, &meter);
    check(held == 0);
}

static void count_change(void *user, struct str found, const union entry *was, const union entry *is)
{
    (void)found, (void)was, (void)is;
    ++*(int *)user;
}

/* A change in a copy costs a path, and finding it does not look at all names. */
static void share_and_change(void)
{
    struct btree a = {0}, b;
    char text[16];
    for (unsigned i = 0; i < 100000; i++)
        btree_set(&a, str_of(text, (size_t)snprintf(text, sizeof text, "%u", i * 7919u)), (union entry){.number = i}, &numbers, &meter);
    size_t before = held;
    b = btree_share(a);
    long count = allocations;
    btree_set(&b, str_lit("5000000x"), (union entry){.number = 1}, &numbers, &meter);
    check(allocations - count <= 8 && held - before < 16384);
    int changes = 0;
    struct str from = {0};
    check(btree_compare(a, b, &from, SIZE_MAX, count_change, &changes) == 1 && changes == 1);
    btree_release(&a, &numbers, &meter);
    btree_release(&b, &numbers, &meter);
    check(held == 0);
}

int main(int count, char **arguments)
{
    kit_seed(count, arguments);
    for (int order = 0; order < 3; order++)
        fill_and_empty(order);
    thin_out();
    share_and_change();
    for (int round = 0; round < 24; round++) {
        items = round % 2;
        choose_names();
        memset(model, 0, sizeof model);
        for (uint64_t i = 1; i <= 6000; i++)
            play_one(i);
        for (int t = 0; t < TREES; t++) {
            check(same(t));
            btree_release(&tree[t], kind(), &meter);
        }
        check(held == 0 && meter.memory == 0);
    }
    return kit_end();
}
